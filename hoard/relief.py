"""An engraver's hand: strokes, dots and rounded shapes cut as relief into a height map.

Lengths are in radii of the die: the border of a die is the unit circle, x to the right, y downwards. Heights are in the
same unit, so that slopes (and with them the light) are right at every picture size.
"""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

Heights = NDArray[np.floating]

SIDE = 352  #: pixels of a die's height map along one side
REACH = 1.1  #: the map reaches from -REACH to REACH
SCALE = SIDE / (2 * REACH)  #: pixels of the map in one die radius


def curve(points: ArrayLike, closed: bool = False, steps: int = 6) -> NDArray[np.float64]:
    """Catmull-Rom spline through the rows of ``points`` (any columns), ``steps`` pieces between two points."""
    p = np.asarray(points, float)
    if len(p) < 3:
        return p
    ends = (p[-1:], p[:2]) if closed else (2 * p[:1] - p[1:2], 2 * p[-1:] - p[-2:-1])
    q = np.concatenate([ends[0], p, ends[1]])
    t = (np.arange(steps) / steps)[None, :, None]
    a, b, c, d = (q[i : len(q) - 3 + i, None, :] for i in range(4))
    bent = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    bent = bent.reshape(-1, p.shape[1])
    return bent if closed else np.concatenate([bent, p[-1:]])


@dataclass
class Wobble:
    """How one die differs from its sisters: a smooth displacement of everything that is cut into it."""

    waves: NDArray[np.float64]  # rows: direction x, y of the wave, phase, displacement x, y

    @classmethod
    def drawn(cls, rng: np.random.Generator, amount: float, waves: float = 3.0) -> "Wobble":
        """``waves`` is how fast it changes across the die: radians a die radius, a deviation."""
        return cls(
            np.column_stack(
                [rng.normal(0, waves, (4, 2)), rng.uniform(0, 2 * np.pi, 4), rng.normal(0, amount / 2, (4, 2))]
            )
        )

    def __call__(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        phase = xy @ self.waves[:, :2].T + self.waves[:, 2]
        return xy + np.sin(phase) @ self.waves[:, 3:]


@dataclass
class Graver:
    """Cuts into ``height``. ``moved`` gives a graver for the same die that works in a shifted, scaled, turned frame."""

    rng: np.random.Generator
    wobble: Wobble
    height: Heights = field(default_factory=lambda: np.zeros((SIDE, SIDE), np.float32))
    matrix: NDArray[np.float64] = field(default_factory=lambda: np.eye(2))
    origin: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))
    shake: float = 0.004  #: deviation of single points, in die radii

    def moved(self, x: float = 0, y: float = 0, scale: float = 1, turn: float = 0, mirror: bool = False) -> "Graver":
        """``turn`` in degrees, clockwise; ``mirror`` flips left and right before anything else."""
        c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
        local = scale * np.array([[c, -s], [s, c]]) @ np.diag([-1.0 if mirror else 1.0, 1.0])
        origin = self.origin + self.matrix @ np.array([x, y], float)
        return Graver(self.rng, self.wobble, self.height, self.matrix @ local, origin, self.shake)

    @property
    def size(self) -> float:
        (a, b), (c, d) = self.matrix.tolist()
        return abs(a * d - b * c) ** 0.5

    def _placed(self, xy: ArrayLike) -> NDArray[np.float64]:
        points = np.asarray(xy, float).reshape(-1, 2)
        points = points + self.rng.normal(0, self.shake, points.shape) / max(self.size, 0.2)
        return self.wobble(points @ self.matrix.T + self.origin)

    # -- what the graver can do ----------------------------------------------------------------------------------

    def stroke(
        self, points: ArrayLike, width: ArrayLike, lift: float = 1.0, bend: bool = True, on_top: bool = False
    ) -> None:
        """A rounded ridge along ``points``; ``width`` (its radius) is one number or one for each point.

        A thick ridge is higher than a thin one. It merges with what is there (the higher stays), or rides on it where
        ``on_top``. ``lift`` below zero cuts a groove.
        """
        xy = self._placed(points)
        radii = np.broadcast_to(np.asarray(width, float), (len(xy),)) * self.size
        path = np.column_stack([xy, radii])
        if len(path) == 1:
            path = np.concatenate([path, path + np.array([1e-4, 0, 0])])
        elif bend:
            gap = np.abs(np.diff(xy, axis=0)).max() * SCALE
            path = curve(path, steps=int(np.clip(gap / 7, 2, 5)))
        low, high = self._window(path[:, :2] - path[:, 2:], path[:, :2] + path[:, 2:])
        if (high <= low).any():
            return
        ridge = np.zeros((high[1] - low[1], high[0] - low[0]), np.float32)
        for a, b in pairwise(path):
            self._capsule(ridge, low, a, b)
        window = self.height[low[1] : high[1], low[0] : high[0]]
        if on_top or lift < 0:
            window += lift * ridge
        else:
            np.maximum(window, lift * ridge, out=window)

    def dot(self, x: float, y: float, radius: float, lift: float = 1.0, on_top: bool = False) -> None:
        self.stroke([(x, y)], radius * float(self.rng.uniform(0.9, 1.12)), lift, on_top=on_top)

    def ring(self, x: float, y: float, radius: float, width: float, lift: float = 1.0, on_top: bool = False) -> None:
        angle = np.linspace(0, 2 * np.pi, 17)
        circle = np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)])
        circle[-1] = circle[0]
        self.stroke(circle, width, lift, on_top=on_top)

    def shape(self, outline: ArrayLike, bevel: float, height: float, on_top: bool = False, smooth: bool = True) -> None:
        """A rounded body inside the closed ``outline``: it rises over ``bevel`` from its edge to ``height``.

        ``on_top`` adds it to the relief below, otherwise the higher of the two stays.
        """
        points = self._placed(outline)
        if smooth:
            points = curve(points, closed=True)
        pixels = (points + REACH) * SCALE
        low, high = self._window(points, points)
        if (high <= low).any():
            return
        mask = Image.new("L", (int(high[0] - low[0]), int(high[1] - low[1])))
        ImageDraw.Draw(mask).polygon([tuple(p) for p in pixels - low], fill=1)
        rise = ndimage.distance_transform_edt(np.asarray(mask)) / (SCALE * bevel * self.size)
        body = height * self.size * np.sqrt(np.clip(1 - (1 - np.minimum(rise, 1)) ** 2, 0, 1))
        body = ndimage.gaussian_filter(body.astype(np.float32), 1.2)
        window = self.height[low[1] : high[1], low[0] : high[0]]
        window[:] = window + body if on_top else np.maximum(window, body)

    @staticmethod
    def _window(low: NDArray[np.float64], high: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The pixels (x, y) from and to which a cut within these corners reaches."""
        first = np.floor((low.min(0) + REACH) * SCALE).astype(int) - 3
        last = np.ceil((high.max(0) + REACH) * SCALE).astype(int) + 4
        return np.clip(first, 0, SIDE), np.clip(last, 0, SIDE)

    @staticmethod
    def _capsule(ridge: Heights, corner: NDArray[np.intp], a: NDArray[np.float64], b: NDArray[np.float64]) -> None:
        """One piece of a ridge between two points with their radii (x, y, radius); the map begins at ``corner``."""
        pa, pb = (a[:2] + REACH) * SCALE - corner, (b[:2] + REACH) * SCALE - corner
        ra, rb = a[2] * SCALE, b[2] * SCALE
        limit = ridge.shape[::-1]
        low = np.maximum(np.floor(np.minimum(pa - ra, pb - rb)).astype(int), 0)
        high = np.minimum(np.ceil(np.maximum(pa + ra, pb + rb)).astype(int) + 1, limit)
        if (high <= low).any():
            return
        x = np.arange(low[0], high[0], dtype=np.float32)[None, :] - np.float32(pa[0])
        y = np.arange(low[1], high[1], dtype=np.float32)[:, None] - np.float32(pa[1])
        dx, dy = (pb - pa).astype(np.float32)
        t = np.minimum(np.maximum((x * dx + y * dy) / max(dx * dx + dy * dy, np.float32(1e-6)), 0), 1)
        radius = np.maximum(ra + (rb - ra) * t, 0.5)
        dome = np.maximum(1 - ((x - t * dx) ** 2 + (y - t * dy) ** 2) / radius**2, 0)
        # The power makes thin strokes relatively steeper than fat bodies, as a graver and a punch leave them.
        window = ridge[low[1] : high[1], low[0] : high[0]]
        np.maximum(window, 0.36 * (radius / SCALE) ** 0.75 * np.sqrt(dome), out=window)
