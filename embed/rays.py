"""A coin's edge as rays from its middle see it, and the cheapest closed line around it."""

from dataclasses import dataclass

import cv2
import numpy as np

RAYS = 160

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
