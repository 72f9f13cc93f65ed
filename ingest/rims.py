"""The edge of a coin: rays from its middle, the cheapest closed line around it, and how sure it is a coin's.

A coin is first found roughly, in several ways, of which each has its blind spots. Rays from its centre then look for
the edge itself, all of them at once (`closed_path`): the sharpest step with nothing but quiet outside. That leaves out
a shadow, whose edge is soft.
"""

from collections.abc import Iterator
from dataclasses import astuple, dataclass

import cv2
import numpy as np
from PIL import Image

RAYS = 160
ROUGH = 160  # pixels of the longer side at which grain is examined
THINGS, CIRCLES = 3, 5  # tried at most
THINNEST = 0.07  # of the picture's longer side: what is thinner is no coin
DIFFERENCE = 24  # of 255: how far a pixel's most different channel must be from a plain background
_ANGLES = np.arange(RAYS) * (2 * np.pi / RAYS)
DIRECTIONS = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], 1).astype(np.float32)


@dataclass(frozen=True)
class Star:
    """An outline as rays see it: ``radius`` (RAYS) pixels from ``centre`` (x, y)."""

    centre: np.ndarray
    radius: np.ndarray

    def polygon(self) -> np.ndarray:
        """(RAYS, 2) float32, x and y in pixels."""
        return (self.centre + DIRECTIONS * self.radius[:, None]).astype(np.float32)

    def filled(self, width: int, height: int) -> np.ndarray:
        """What it encloses: (height, width) bool."""
        canvas = np.zeros((height, width), np.uint8)
        cv2.fillPoly(canvas, [np.round(self.polygon() - 0.5).astype(np.int32)], 1)
        return canvas.astype(bool)

    @classmethod
    def around(cls, points: np.ndarray) -> "Star":
        """The rays' view of a closed line of ``points`` (n, 2), from the middle of what it encloses."""
        moments = cv2.moments(points.astype(np.float32))
        area = moments["m00"]
        centre = np.array([moments["m10"], moments["m01"]]) / area if area else points.mean(0)
        away = points - centre
        angles = np.arctan2(away[:, 1], away[:, 0]) % (2 * np.pi)
        order = np.argsort(angles)
        radius = np.interp(_ANGLES, angles[order], np.hypot(*away.T)[order], period=2 * np.pi)
        return cls(centre, np.maximum(radius, 4.0))


def dense(polygon: np.ndarray, points: int = 400) -> np.ndarray:
    """A closed polygon (n, 2) with many points on its sides."""
    closed = np.concatenate([polygon, polygon[:1]])
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    at = np.linspace(0, along[-1], points, endpoint=False)
    return np.stack([np.interp(at, along, closed[:, axis]) for axis in (0, 1)], 1)


def unrolled(image: np.ndarray, centre: np.ndarray, radii: np.ndarray, outside: float | None = None) -> np.ndarray:
    """The image along the rays: (RAYS, radii[, channels]); beyond its border the border's pixels or ``outside``."""
    x, y = ((centre[axis] - 0.5 + DIRECTIONS[:, axis, None] * radii).astype(np.float32) for axis in (0, 1))
    border = cv2.BORDER_REPLICATE if outside is None else cv2.BORDER_CONSTANT
    return cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=border, borderValue=outside or 0.0)


def steps(along: np.ndarray, width: int) -> np.ndarray:
    """The difference in tone between each place on a ray and the one ``width`` pixels farther out: (RAYS, radii)."""
    step = np.zeros(along.shape[:2], np.float32)
    apart = along[:, width:] - along[:, :-width]
    step[:, :-width] = np.sqrt(np.einsum("ijk,ijk->ij", apart, apart))
    return step


def closed_path(cost: np.ndarray, bend: float) -> np.ndarray:
    """The cheapest line around: each ray's place, neighbours at most 3 apart; ``bend`` is the price of a pixel moved.

    Dynamic programming over one and a half turns, of which the middle turn is kept, so that the ends meet.
    """
    rays, places = cost.shape
    turns = np.concatenate([cost[-rays // 4 :], cost, cost[: rays // 4]])
    moves = np.arange(-3, 4)
    penalty = (bend * np.abs(moves) ** 1.5).astype(np.float32)
    came = np.empty((len(turns), places), np.int8)
    padded = np.full(places + 6, np.inf, np.float32)
    padded[3:-3] = turns[0]
    reachable = np.lib.stride_tricks.sliding_window_view(padded, 7)
    every = np.arange(places)
    for ray in range(1, len(turns)):
        options = reachable + penalty
        choice = options.argmin(1)
        came[ray] = choice
        padded[3:-3] = options[every, choice] + turns[ray]
    path = np.empty(len(turns), np.intp)
    path[-1] = padded[3:-3].argmin()
    for ray in range(len(turns) - 1, 0, -1):
        path[ray - 1] = path[ray] + moves[came[ray, path[ray]]]
    return path[rays // 4 : rays // 4 + rays]


@dataclass(frozen=True)
class Signs:
    """What speaks for or against an outline; all but the logarithms are shares from 0 to 1.

    ``clear``: rays (of those that end in the picture) with a step in tone that stands out from the ground's; ``alone``:
    rays on which nothing as strong follows farther out, as the true edge does behind an inner circle, and anything does
    in a pattern; ``faintest``: logarithm of the difference between the bands inside and outside, on the fifth of the
    rays where it is least; ``step``: logarithm of the step in tone; ``grain``: logarithm of how much more restless it
    is inside than outside; ``convex``: area against that of the hull, at most 0.97, and ``round``: shorter against
    longer axis, at most 0.8, because a broken coin is a coin; ``ragged``: how far neighbouring rays differ; ``boxed``:
    how much more of its bounding rectangle it fills than an ellipse would, as labels and cards do.
    """

    clear: float
    alone: float
    faintest: float
    step: float
    grain: float
    convex: float
    round: float
    ragged: float
    boxed: float

    @property
    def confidence(self) -> float:
        """Probability that the outline overlaps the coin's by at least 0.9 (intersection over union)."""
        return float(1 / (1 + np.exp(-(np.dot(astuple(WEIGHTS), astuple(self)) + INTERCEPT))))


# Logistic regression on made photographs with known outlines:
# `python -m benchmarks.cutout --fit --seeds 1 2 3 4 5 --each 6`.
WEIGHTS = Signs(
    clear=7.41,
    alone=6.82,
    faintest=0.855,
    step=0.47,
    grain=-0.581,
    convex=6.17,
    round=2.14,
    ragged=-570,
    boxed=-23.6,
)
INTERCEPT = -12.4


def shrunk(picture: Image.Image, longest: int) -> np.ndarray:
    """The picture as (height, width, 3) uint8, its longer side at most ``longest`` pixels."""
    scale = min(1.0, longest / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return np.asarray(picture.resize(size, Image.Resampling.BOX))


def on_plain(pixels: np.ndarray) -> Iterator[Star]:
    """What differs from the border, where nearly all of the border is of one colour or of two; the largest first."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]).astype(np.int16)
    one = np.median(border, 0)[None]
    smooth = cv2.GaussianBlur(pixels, (0, 0), 0.7).astype(np.int16)
    for ground in (one, _two_colours(border)):
        if (_away(border, ground) > DIFFERENCE).mean() <= 0.3:
            yield from things((_away(smooth, ground) > DIFFERENCE).astype(np.uint8), THINGS)
            return


def _away(pixels: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """How far each pixel (…, 3) is from the nearest of some ``colours`` (n, 3), in its most different channel."""
    # Channel by channel: numpy is slow along an axis of three.
    return np.minimum.reduce(
        [np.maximum.reduce([np.abs(pixels[..., i] - colour[i]) for i in range(3)]) for colour in colours]
    )


def _two_colours(border: np.ndarray) -> np.ndarray:
    """The two colours (2, 3) of a border (n, 3) that lies on two grounds."""
    colours = np.percentile(border, (10, 90), axis=0)
    for _ in range(3):
        second = np.abs(border - colours[0]).max(1) > np.abs(border - colours[1]).max(1)
        if second.all() or not second.any():
            break
        colours = np.stack([np.median(border[~second], 0), np.median(border[second], 0)])
    return colours


def things(mask: np.ndarray, most: int, thinnest: float = THINNEST) -> Iterator[Star]:
    """The largest things in a mask (height, width) of 0 and 1, at most ``most``.

    None is thinner than ``thinnest`` times the picture's longer side. Before, gaps are closed, holes filled, and scale
    bars and threads worn away.
    """
    longest = max(mask.shape)
    pad = round(0.1 * longest) + 1
    mask = cv2.copyMakeBorder(mask, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=0)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8), iterations=max(1, longest // 200))
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(mask, contours, -1, 1, cv2.FILLED)
    # Opening with a disc, by distances: a large disc is slow to move over every pixel.
    reach = 0.5 * thinnest * longest
    core = (cv2.distanceTransform(mask, cv2.DIST_L2, 3) > reach).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(core)
    for label in (1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA], kind="stable"))[:most]:
        near = cv2.distanceTransform((labels != label).astype(np.uint8), cv2.DIST_L2, 3) <= reach
        contours, _ = cv2.findContours(mask * near, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        hull = cv2.convexHull(max(contours, key=cv2.contourArea))[:, 0, :] - pad + 0.5
        yield Star.around(dense(hull))


def by_roundness(pixels: np.ndarray, most: int = CIRCLES, look: int = ROUGH, smallest: float = 0.06) -> Iterator[Star]:
    """Circles that edges in the picture agree on, whatever the ground is; those of most agreement first.

    They are looked for at ``look`` pixels; ``smallest`` is the least radius, of the picture's longer side.
    """
    scale = min(1.0, look / max(pixels.shape))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), (0, 0), 1.0)
    longest = max(grey.shape)
    bounds = {"minRadius": round(smallest * longest), "maxRadius": round(0.6 * longest)}
    found = cv2.HoughCircles(grey, cv2.HOUGH_GRADIENT, 1.5, 0.05 * longest, param1=120, param2=16, **bounds)
    for x, y, radius in [] if found is None else found[0][:most]:
        yield Star((np.array([x, y]) + 0.5) / scale, np.full(RAYS, radius / scale * 1.05))


def by_grain(pixels: np.ndarray) -> Iterator[Star]:
    """What differs from the border in colour and grain, learnt from this picture alone.

    Two normal distributions, one of the coin and one of the ground, start as the middle against the border and are
    learnt again inside and outside of the outline that they gave.
    """
    scale = min(1.0, ROUGH / max(pixels.shape))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, width = small.shape[:2]
    if min(height, width) < 24:
        return
    features = _features(small)
    border = np.ones((height, width), bool)
    thick = max(2, round(0.04 * max(small.shape)))
    border[thick:-thick, thick:-thick] = False
    odd = np.log1p(_Normal.of(features[border]).distance(features))
    tone = cv2.normalize(odd, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)  # type: ignore[call-overload]
    _, mask = cv2.threshold(tone, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    for star in things(mask, 2):
        learnt = _learnt(star, features, small, border)
        if learnt is not None:
            yield Star(learnt.centre / scale, learnt.radius / scale)


def _learnt(star: Star, features: np.ndarray, small: np.ndarray, border: np.ndarray) -> Star | None:
    """A coarse outline drawn again, twice, by what is like its inside and unlike its outside."""
    height, width = small.shape[:2]
    inside = Star(star.centre, star.radius * 0.75).filled(width, height)
    outside = border & ~star.filled(width, height)
    for _ in range(2):
        if inside.sum() < 30:
            return None
        ground = features[outside if outside.sum() > 30 else border]
        coin, plain = _Normal.of(features[inside]), _Normal.of(np.concatenate([ground, _shaded(ground)]))
        evidence = (coin.likelihood(features) - plain.likelihood(features)).clip(-4, 4)
        star = _enclosing(evidence, small, star.centre)
        inside = star.filled(width, height)
        outside = ~Star(star.centre, star.radius + 3).filled(width, height)
    return star


def _features(small: np.ndarray) -> np.ndarray:
    """Each pixel's colour and how uneven its surroundings are, near and wider: (height, width, 5)."""
    tones = np.sqrt(small.astype(np.float32) / 255)
    grey = tones.mean(2)
    planes = [cv2.GaussianBlur(tones, (0, 0), 0.8)]
    for sigma in (1.0, 2.4):
        variance = cv2.GaussianBlur((grey - cv2.GaussianBlur(grey, (0, 0), sigma)) ** 2, (0, 0), sigma)
        planes.append(np.log(np.sqrt(variance) + 0.004)[..., None])
    return np.concatenate(planes, 2)


def _shaded(ground: np.ndarray) -> np.ndarray:
    """The same ground in shadows of every depth."""
    light = np.sqrt(np.random.default_rng(0).uniform(0.3, 1, (len(ground), 1))).astype(np.float32)
    grain = np.log((np.exp(ground[:, 3:]) - 0.004).clip(0) * light + 0.004)
    return np.concatenate([ground[:, :3] * light, grain], 1)


@dataclass(frozen=True)
class _Normal:
    """A normal distribution of features; ``root`` is the inverse of its covariance's Cholesky factor."""

    mean: np.ndarray
    root: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray) -> "_Normal":
        """Fitted twice, the second time without the tenth of the rows that is farthest out."""
        floor = np.diag([1e-4, 1e-4, 1e-4, 3e-3, 3e-3])
        first = cls._fit(rows, floor)
        distance = first.distance(rows)
        return cls._fit(rows[distance <= np.quantile(distance, 0.9)], floor, 1.3)

    @classmethod
    def _fit(cls, rows: np.ndarray, floor: np.ndarray, widened: float = 1.0) -> "_Normal":
        covariance = np.cov(rows.T) * widened + floor
        root = np.linalg.inv(np.linalg.cholesky(covariance))
        return cls(rows.mean(0), root.astype(np.float32))

    def distance(self, features: np.ndarray) -> np.ndarray:
        """Squared Mahalanobis distance of each feature vector."""
        turned = (features - self.mean.astype(np.float32)) @ self.root.T
        return np.einsum("...i,...i->...", turned, turned)

    def likelihood(self, features: np.ndarray) -> np.ndarray:
        """Its logarithm, up to a constant."""
        return np.log(np.diag(self.root)).sum() - 0.5 * self.distance(features)


def _enclosing(evidence: np.ndarray, small: np.ndarray, centre: np.ndarray) -> Star:
    """The line that has most of the evidence for the coin inside and a step in tone under it."""
    reach = int(0.75 * max(small.shape))
    radii = np.arange(reach)
    tones = np.sqrt(small.astype(np.float32) / 255)
    seen = unrolled(evidence.astype(np.float32), centre, radii, outside=-4.0)
    step = np.minimum(steps(unrolled(tones, centre, radii), 2), 0.35)
    cost = -0.3 * np.cumsum(seen, 1) - 8 * step
    cost[:, : max(3, reach // 15)] = np.inf
    return Star(centre, closed_path(cost, 0.3) + 1.0)


def edge(tones: np.ndarray, rough: Star, reach: float) -> tuple[Star, Signs]:
    """The coin's edge near a rough outline, at most ``reach`` times as far from the centre, and what speaks for it."""
    first = max(0, int(rough.radius.min() * 0.78))
    radii = np.arange(first, int(np.ceil(rough.radius.max() * reach)) + 8)
    step = steps(unrolled(tones, rough.centre, radii), 1)
    # How restless it is just outside: over the seven pixels that follow, against what the background always has.
    total = np.cumsum(np.pad(step, ((0, 0), (1, 9)), mode="edge"), 1)
    restless = (total[:, 8 : 8 + len(radii)] - total[:, 2 : 2 + len(radii)]) / 6
    noise = float(np.median(step[:, -6:]))
    cost = 3.75 * np.maximum(restless - noise, 0) - np.minimum(step, 0.3)
    share = radii / rough.radius[:, None]
    path = closed_path(np.where((share > 0.78) & (share < reach), cost, 100.0), 0.02)
    star = Star(rough.centre, first + path + 0.5)
    return star, signs(tones, star, step[np.arange(RAYS), path], noise)


def signs(tones: np.ndarray, star: Star, step: np.ndarray, noise: float) -> Signs:
    """The signs of an outline in ``tones`` (height, width, 3), with the ``step`` in tone on each ray.

    ``noise`` is the step that the ground has anywhere.
    """
    height, width = tones.shape[:2]
    polygon = star.polygon()
    area, hull = cv2.contourArea(polygon), cv2.contourArea(cv2.convexHull(polygon))
    short, long = sorted(cv2.fitEllipse(polygon)[1])
    across, down = cv2.minAreaRect(polygon)[1]
    within = ((polygon > 0.5) & (polygon < np.array([width, height]) - 0.5)).all(1)
    clear = step > max(0.02, 3 * noise)
    edge = star.radius[:, None]
    radii = np.arange(int(star.radius.max() * 1.4) + 8)
    along = unrolled(tones, star.centre, radii)
    anywhere = steps(along, 1)
    beyond = (radii > edge + 3) & (radii < edge * 1.35 + 4)
    strongest = np.where(beyond, anywhere, 0).max(1)
    inner, outer = (radii > edge - 7) & (radii < edge - 1.5), (radii > edge + 1.5) & (radii < edge + 7)
    apart = np.sqrt(((_means(along, inner) - _means(along, outer)) ** 2).sum(1))
    field = (radii > edge * 0.3) & (radii < edge * 0.9)
    restless = [float(anywhere[where].mean()) if where.any() else 0.0 for where in (field, beyond)]
    return Signs(
        clear=float(clear[within].mean()) if within.any() else 0.0,
        alone=float((0.8 * step > strongest).mean()),
        faintest=float(np.log(np.quantile(apart, 0.2) + 0.01)),
        step=float(np.log(np.median(step) + 0.01).clip(-5, -0.7)),
        grain=float(np.log((restless[0] + 0.005) / (restless[1] + 0.005)).clip(-1.5, 2.5)),
        convex=min(0.97, area / hull) if hull else 0.0,
        round=min(0.8, short / long) if long else 0.0,
        ragged=min(0.1, float(np.abs(star.radius - np.roll(star.radius, 1)).mean() / star.radius.mean())),
        boxed=max(0.0, area / (across * down) - 0.84) if across * down else 0.0,
    )


def _means(along: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Mean tone (rays, 3) of the places (rays, radii) of each ray."""
    return np.einsum("ijk,ij->ik", along, where.astype(np.float32)) / np.maximum(where.sum(1), 1)[:, None]
