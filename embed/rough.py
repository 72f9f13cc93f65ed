"""Where a coin roughly is in its photograph: several ways of looking, of which each has its blind spots."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from embed.rays import RAYS, Star, closed_path, dense, steps, unrolled

ROUGH = 160  # pixels of the longer side at which grain is looked at
THINGS, CIRCLES = 3, 5  # tried at most
THINNEST = 0.07  # of the picture's longer side: what is thinner is no coin
DIFFERENCE = 24  # of 255: how far a pixel's most different channel must be from a plain background


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
    """A coarse outline drawn anew, twice, by what is like its inside and unlike its outside."""
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
