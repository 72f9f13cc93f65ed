"""Where the coin is in its photograph: an outline, so that background, shadow, scale bar and label do not take part.

A coin is first found roughly: on a plain background as what differs from it, on any other by what tells the middle of
the picture from its border in colour and grain. Rays from its centre then look for the edge itself, all of them at once
(`_closed_path`): the sharpest step with nothing but quiet outside. That leaves out a shadow, whose edge is soft.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

LOOK = 320  # pixels of the longer side at which the edge is looked for
ROUGH = 160  # and at which the coin is found on difficult backgrounds
DIFFERENCE = 24  # of 255: how far a pixel's most different channel must be from a plain background
MARGIN = 1.04  # of the square crop, against the coin's own width
RAYS = 160
SURE = 0.8  # outlines of less confidence are better not used: no coin seen had less, hardly anything else has more
CLEAR = 0.95  # and at this confidence no other way of looking is tried

_ANGLES = np.arange(RAYS) * (2 * np.pi / RAYS)
_DIRECTIONS = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], 1).astype(np.float32)


@dataclass(frozen=True)
class Outline:
    """A coin's outline in its photograph.

    ``polygon`` is (n, 2) float32, x and y in pixels of the picture that was looked at; ``size`` is that picture's width
    and height; ``confidence`` is 0 (no coin seen) to 1.
    """

    polygon: np.ndarray
    size: tuple[int, int]
    confidence: float

    @property
    def sure(self) -> bool:
        """Whether the outline is good enough to cut the coin out by it."""
        return self.confidence >= SURE

    @property
    def square(self) -> tuple[float, float, float]:
        """Left, top and side in pixels of the square around the coin; it may reach beyond the picture."""
        low, high = self.polygon.min(0), self.polygon.max(0)
        side = float((high - low).max()) * MARGIN
        left, top = (low + high) / 2 - side / 2
        return float(left), float(top), side

    def mask(self, width: int, height: int, square: bool = False) -> np.ndarray:
        """The coin as (height, width) float32 from 0 to 1, smooth at the edge: in the picture, or in its ``square``."""
        if square:
            left, top, side = self.square
            points = (self.polygon - (left, top)) * (width / side, height / side)
        else:
            points = self.polygon * (width / self.size[0], height / self.size[1])
        canvas = np.zeros((height, width), np.uint8)
        cv2.fillPoly(canvas, [np.round((points - 0.5) * 16).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
        return canvas.astype(np.float32) / 255

    def to_list(self) -> list[float]:
        """x, y, x, y … as shares of the picture's width and height: what a graph can store."""
        return [round(float(value), 5) for value in (self.polygon / self.size).ravel()]

    @classmethod
    def from_list(cls, values: list[float], size: tuple[int, int], confidence: float) -> "Outline":
        return cls(np.asarray(values, np.float32).reshape(-1, 2) * np.asarray(size, np.float32), size, confidence)


@dataclass(frozen=True)
class _Star:
    """An outline as rays see it: ``radius`` (RAYS) pixels from ``centre`` (x, y)."""

    centre: np.ndarray
    radius: np.ndarray

    def polygon(self) -> np.ndarray:
        return (self.centre + _DIRECTIONS * self.radius[:, None]).astype(np.float32)

    @classmethod
    def around(cls, points: np.ndarray) -> "_Star":
        """The rays' view of a closed line of ``points`` (n, 2), from the middle of what it encloses."""
        moments = cv2.moments(points.astype(np.float32))
        area = moments["m00"]
        centre = np.array([moments["m10"], moments["m01"]]) / area if area else points.mean(0)
        away = points - centre
        angles = np.arctan2(away[:, 1], away[:, 0]) % (2 * np.pi)
        order = np.argsort(angles)
        radius = np.interp(_ANGLES, angles[order], np.hypot(*away.T)[order], period=2 * np.pi)
        return cls(centre, np.maximum(radius, 4.0))


def find_outline(picture: Image.Image) -> Outline:
    """The outline of the one coin in an RGB picture; with confidence 0 the whole picture."""
    pixels = _shrunk(picture, LOOK)
    # The square root spaces dark tones as the eye does: a dark coin in a dark shadow still has an edge.
    tones = np.sqrt(pixels.astype(np.float32) / 255)
    best, confidence = None, 0.0
    for look in (_on_plain, _by_grain):
        rough = look(pixels, picture)
        if rough is None:
            continue
        star, certain = _edge(tones, rough)
        if certain > confidence:
            best, confidence = star, certain
        if confidence >= CLEAR:
            break
    scale = np.array([picture.width / pixels.shape[1], picture.height / pixels.shape[0]], np.float32)
    if best is None:
        corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
        return Outline(corners * np.asarray(picture.size, np.float32), picture.size, 0.0)
    return Outline(best.polygon() * scale, picture.size, round(confidence, 3))


def _shrunk(picture: Image.Image, longest: int) -> np.ndarray:
    scale = min(1.0, longest / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return np.asarray(picture.resize(size, Image.Resampling.BOX))


# --- roughly --------------------------------------------------------------------------------------------------------


def _on_plain(pixels: np.ndarray, picture: Image.Image) -> _Star | None:
    """What differs from the border, where nearly all of the border is of one colour."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]).astype(np.int16)
    ground = np.median(border, 0)
    if (np.abs(border - ground).max(1) > DIFFERENCE).mean() > 0.3:
        return None
    smooth = cv2.GaussianBlur(pixels, (0, 0), 0.7).astype(np.int16)
    return _largest((np.abs(smooth - ground).max(2) > DIFFERENCE).astype(np.uint8))


def _largest(mask: np.ndarray) -> _Star | None:
    """The largest thing in a mask once gaps are closed, holes filled, and scale bars and threads worn away."""
    longest = max(mask.shape)
    pad = round(0.1 * longest) + 1
    mask = cv2.copyMakeBorder(mask, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=0)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8), iterations=max(1, longest // 200))
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(mask, contours, -1, 1, cv2.FILLED)
    # Opening with a disc of 7 % of the picture, by distances: a large disc is slow to move over every pixel.
    reach = 0.035 * longest
    core = (cv2.distanceTransform(mask, cv2.DIST_L2, 3) > reach).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(core)
    if count < 2:
        return None
    core = (labels != 1 + stats[1:, cv2.CC_STAT_AREA].argmax()).astype(np.uint8)
    mask[cv2.distanceTransform(core, cv2.DIST_L2, 3) > reach] = 0
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.convexHull(max(contours, key=cv2.contourArea))[:, 0, :] - pad + 0.5
    return _Star.around(_dense(hull))


def _dense(polygon: np.ndarray, points: int = 400) -> np.ndarray:
    """A closed polygon with many points on its sides."""
    closed = np.concatenate([polygon, polygon[:1]])
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    at = np.linspace(0, along[-1], points, endpoint=False)
    return np.stack([np.interp(at, along, closed[:, axis]) for axis in (0, 1)], 1)


def _by_grain(pixels: np.ndarray, picture: Image.Image) -> _Star | None:
    """What differs from the border in colour and grain, learnt from this picture alone.

    Two normal distributions, one of the coin and one of the ground, start as the middle against the border and are
    learnt again inside and outside of the outline that they gave.
    """
    small = _shrunk(picture, ROUGH)
    height, width = small.shape[:2]
    if min(height, width) < 24:
        return None
    features = _features(small)
    border = np.ones((height, width), bool)
    thick = max(2, round(0.04 * max(small.shape)))
    border[thick:-thick, thick:-thick] = False
    odd = np.log1p(_Normal.of(features[border]).distance(features))
    tone = cv2.normalize(odd, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)  # type: ignore[call-overload]
    _, mask = cv2.threshold(tone, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    star = _largest(mask)
    if star is None:
        return None
    inside = _filled(_Star(star.centre, star.radius * 0.75), width, height)
    outside = border & ~_filled(star, width, height)
    for _ in range(2):
        if inside.sum() < 30:
            return None
        ground = features[outside if outside.sum() > 30 else border]
        coin, plain = _Normal.of(features[inside]), _Normal.of(np.concatenate([ground, _shaded(ground)]))
        evidence = (coin.likelihood(features) - plain.likelihood(features)).clip(-4, 4)
        star = _enclosing(evidence, small, star.centre)
        inside = _filled(star, width, height)
        outside = ~_filled(_Star(star.centre, star.radius + 3), width, height)
    ratio = pixels.shape[1] / width
    return _Star(star.centre * ratio, star.radius * ratio)


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
        return (((features - self.mean) @ self.root.T) ** 2).sum(-1)

    def likelihood(self, features: np.ndarray) -> np.ndarray:
        """Its logarithm, up to a constant."""
        return np.log(np.diag(self.root)).sum() - 0.5 * self.distance(features)


def _filled(star: _Star, width: int, height: int) -> np.ndarray:
    canvas = np.zeros((height, width), np.uint8)
    cv2.fillPoly(canvas, [np.round(star.polygon() - 0.5).astype(np.int32)], 1)
    return canvas.astype(bool)


def _enclosing(evidence: np.ndarray, small: np.ndarray, centre: np.ndarray) -> _Star:
    """The line that has most of the evidence for the coin inside and a step in tone under it."""
    reach = int(0.75 * max(small.shape))
    radii = np.arange(reach)
    tones = np.sqrt(small.astype(np.float32) / 255)
    seen = _unrolled(evidence.astype(np.float32), centre, radii, outside=-4.0)
    step = np.minimum(_step(_unrolled(tones, centre, radii), 2), 0.35)
    cost = -0.3 * np.cumsum(seen, 1) - 8 * step
    cost[:, : max(3, reach // 15)] = np.inf
    return _Star(centre, _closed_path(cost, 0.3) + 1.0)


# --- exactly --------------------------------------------------------------------------------------------------------


def _edge(tones: np.ndarray, rough: _Star) -> tuple[_Star, float]:
    """The coin's edge near a rough outline, and how sure it is."""
    first = max(0, int(rough.radius.min() * 0.78))
    radii = np.arange(first, int(np.ceil(rough.radius.max() * 1.06)) + 8)
    unrolled = _unrolled(tones, rough.centre, radii)
    step = _step(unrolled, 1)
    # How restless it is just outside: over the seven pixels that follow, against what the background always has.
    total = np.cumsum(np.pad(step, ((0, 0), (1, 9)), mode="edge"), 1)
    restless = (total[:, 8 : 8 + len(radii)] - total[:, 2 : 2 + len(radii)]) / 6
    noise = float(np.median(step[:, -6:]))
    cost = 3.75 * np.maximum(restless - noise, 0) - np.minimum(step, 0.3)
    share = radii / rough.radius[:, None]
    path = _closed_path(np.where((share > 0.78) & (share < 1.06), cost, 100.0), 0.02)
    star = _Star(rough.centre, first + path + 0.5)
    return star, _confidence(star, step[np.arange(RAYS), path], noise, tones.shape)


def _confidence(star: _Star, step: np.ndarray, noise: float, shape: tuple[int, ...]) -> float:
    """From 0 to 1: a clear edge nearly all around, a rounded shape, neither tiny nor larger than the picture."""
    height, width = shape[:2]
    polygon = star.polygon()
    clear = float((step > max(0.02, 3 * noise)).mean())
    area = cv2.contourArea(polygon)
    hull = cv2.contourArea(cv2.convexHull(polygon))
    (_, (short, long), _) = cv2.fitEllipse(polygon)
    rounded = (area / hull if hull else 0.0) * min(1.0, 1.4 * short / long)
    inside = float(((polygon > 0.5) & (polygon < np.array([width, height]) - 0.5)).all(1).mean())
    large = min(1.0, area / (0.03 * width * height))
    return clear * rounded**2 * min(1.0, 0.4 + inside) * large


def _unrolled(image: np.ndarray, centre: np.ndarray, radii: np.ndarray, outside: float | None = None) -> np.ndarray:
    """The image along the rays: (RAYS, radii[, channels]); beyond its border the border's pixels or ``outside``."""
    x, y = ((centre[axis] - 0.5 + _DIRECTIONS[:, axis, None] * radii).astype(np.float32) for axis in (0, 1))
    border = cv2.BORDER_REPLICATE if outside is None else cv2.BORDER_CONSTANT
    return cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=border, borderValue=outside or 0.0)


def _step(unrolled: np.ndarray, width: int) -> np.ndarray:
    """The difference in tone between each place on a ray and the one ``width`` pixels farther out: (RAYS, radii)."""
    step = np.zeros(unrolled.shape[:2], np.float32)
    step[:, :-width] = np.sqrt(((unrolled[:, width:] - unrolled[:, :-width]) ** 2).sum(2))
    return step


def _closed_path(cost: np.ndarray, bend: float) -> np.ndarray:
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
