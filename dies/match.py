"""Whether two sides show the same: by points that one shift, turn and scale explains, and place by place.

Points can be found again on another photograph by what surrounds them. Place by place, each cell of a network's map
looks for its likest among the cells within a step or two on the other coin, so that a strike off-centre, a bend or
another hand's proportions cost little. As dense correspondence in SIFT Flow (Liu, Yuen and Torralba 2011), without its
smoothness: the mean over a hundred and more cells is smooth enough to rank by. As in an ``inner`` grid of windows
(`embed.pooling`), what all cells of a picture share is taken away, and cells near the rim count less.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image

from embed import pooling
from embed.transforms import Transform
from errors import CoingraphError
from ingest.outlines import Outline, cropped, find_outline

if TYPE_CHECKING:
    from embed.models import ImageModel

SIZE = 360  # pixels of the square that a coin is brought to; all distances of `dies` are in them
KEYPOINTS = 500
CONTRAST = 0.02
CLAHE = 2.0
TILES = 8
RIM = 0.03  # of the coin's width: points nearer to its edge belong to the flan, not to the die
FEATURES_VERSION = 1  # raised when features change, so that those kept before are found again
UNIT = 512  # a number of a descriptor is kept as a whole number of so many parts
RATIO = 0.9  # of the distances to the best and to the second best match
NEAR = 0.15 * SIZE  # how far a match may move, once the one coin is turned like the other
WITHIN = 12.0  # pixels: how far an inlier may lie from where the transform puts it
ROUNDS = 300
SCALES = (0.7, 1.4)
TURNED = 12.0  # degrees: a smaller turn moves no point farther than `NEAR` allows
STEP = 6  # degrees: in which turns are counted
VERIFIED_SPREAD = 0.15  # of the coin that inliers must cover to count for a verified pair
MATCH_VERSION = 2  # raised when matching changes, so that pairs are compared again
DIMENSION = 64  # of a cell, half-whitened
REACH = 1.5 / 14  # of the map's side: how far a cell looks on the other coin
CELLS = 40  # of a side that the whitening is fitted on
PLACES_VERSION = 2  # raised when places change, so that those kept before are found again


@dataclass(frozen=True)
class Features:
    """Up to `KEYPOINTS` points of one side, the strongest.

    ``points`` (n, 2) float32 are x and y in pixels of the coin's square (`SIZE` x `SIZE`), ``angles`` (n,) float32
    degrees, ``descriptors`` (n, 128) float32 RootSIFT, whose products are cosines from 0 to 1.
    """

    points: np.ndarray
    angles: np.ndarray
    descriptors: np.ndarray

    def __len__(self) -> int:
        return len(self.points)

    @property
    def bytes(self) -> int:
        return self.points.nbytes + self.angles.nbytes + self.descriptors.nbytes

    def packed(self) -> dict[str, np.ndarray]:
        """What is kept in a file: a quarter of the size, no difference to a match."""
        small = np.round(self.descriptors * UNIT).clip(0, 255).astype(np.uint8)
        return {"points": self.points, "angles": self.angles, "descriptors": small}

    @classmethod
    def unpacked(cls, arrays: "dict[str, np.ndarray]") -> "Features":
        return cls(arrays["points"], arrays["angles"], arrays["descriptors"].astype(np.float32) / UNIT)


def coin_square(picture: Image.Image, outline: Outline | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The coin of an RGB picture, grey, in a square of `SIZE` pixels, and where in it the coin is: (SIZE, SIZE) each.

    uint8 and bool. Around the coin lies its own mean, so that the edge of the cut makes no contrast. Where no coin is
    seen the whole picture is taken. The outline is looked for where it is not given.
    """
    outline = outline or find_outline(picture)
    inside = np.ones((SIZE, SIZE), bool)
    if outline.sure:
        inside = outline.mask(SIZE, SIZE, square=True) > 0.5
        picture = cropped(picture, outline.square)
    square = picture.convert("L").resize((SIZE, SIZE), Image.Resampling.BICUBIC, reducing_gap=3.0)
    grey = np.asarray(square)
    return np.where(inside, grey, grey[inside].mean()).astype(np.uint8), inside


def find_features(grey: np.ndarray, inside: np.ndarray) -> Features:
    """The features of a `coin_square`.

    RootSIFT: Arandjelovic and Zisserman, Three things everyone should know to improve object retrieval, CVPR 2012.
    """
    even = cv2.createCLAHE(CLAHE, (TILES, TILES)).apply(grey)
    reach = int(RIM * SIZE)
    core = cv2.erode(inside.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8), borderValue=0)
    sift = cv2.SIFT.create(nfeatures=KEYPOINTS, contrastThreshold=CONTRAST)
    found, described = sift.detectAndCompute(even, core)
    if described is None:
        return Features(np.zeros((0, 2), np.float32), np.zeros(0, np.float32), np.zeros((0, 128), np.float32))
    points = np.array([point.pt for point in found], np.float32)[:KEYPOINTS]
    angles = np.array([point.angle for point in found], np.float32)[:KEYPOINTS]
    root = np.sqrt(described / np.maximum(described.sum(1, keepdims=True), 1e-9))[:KEYPOINTS]
    return Features(points, angles, root)


@dataclass(frozen=True)
class Match:
    """What geometry says of two sides.

    ``inliers`` is the number of matched points that agree, ``spread`` the share of the coin that they cover (area of
    their convex hull over that of the coin, 0 to 1); ``transform`` (2, 3) float64 takes points of the first to the
    second; ``pairs`` (inliers, 2) are their places among both sides' points. Both are None where nothing agrees.
    """

    inliers: int
    spread: float
    transform: np.ndarray | None = None
    pairs: np.ndarray | None = None


NO_MATCH = Match(0, 0.0)


def match_version() -> str:
    """What a match depends on beside its photographs."""
    return f"{FEATURES_VERSION}.{MATCH_VERSION}"


def match(one: Features, two: Features) -> Match:
    """The best similarity transform between two sides: upright, or turned as most matches tell.

    Mutual best matches of RootSIFT descriptors under a ratio test, then RANSAC (OpenCV's, which is the same each time).
    """
    if min(len(one), len(two)) < 4:
        return NO_MATCH
    likeness = one.descriptors @ two.descriptors.T
    first, second = _mutual(likeness)
    best = _near(one, two, likeness, 0.0)
    turn = _turn(one.angles[first], two.angles[second])
    if abs(turn) > TURNED:
        turned = _near(one, two, likeness, turn)
        best = turned if turned.inliers > best.inliers else best
    return best


def _mutual(likeness: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that are each other's best and clearly better than the first one's second best.

    ``likeness`` (n, m) float32 holds cosines; it is as it was when this returns.
    """
    rows = np.arange(len(likeness))
    best = likeness.argmax(1)
    mutual = likeness.argmax(0)[best] == rows
    top = likeness[rows, best]
    likeness[rows, best] = -1.0
    next_best = likeness.max(1)
    likeness[rows, best] = top
    # The distance of two unit vectors is the root of 2 - 2 cosine.
    kept = mutual & (top > 0) & (1 - top < RATIO**2 * (1 - next_best))
    return rows[kept], best[kept]


def _turn(one: np.ndarray, two: np.ndarray) -> float:
    """By how many degrees (-180 to 180) most points' own directions turn between their two sides."""
    votes = np.bincount(((two - one) % 360 / STEP).astype(int) % (360 // STEP), minlength=360 // STEP).astype(float)
    smooth = votes + 0.7 * (np.roll(votes, 1) + np.roll(votes, -1))
    return float((smooth.argmax() * STEP + STEP / 2 + 180) % 360 - 180)


def _near(one: Features, two: Features, likeness: np.ndarray, turn: float) -> Match:
    """What agrees among the points that lie near each other once the first side was turned by so many degrees."""
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    moved = (one.points - SIZE / 2) @ np.array([[cos, sin], [-sin, cos]], np.float32) + np.float32(SIZE / 2)
    gap = (moved**2).sum(1)[:, None] + (two.points**2).sum(1) - 2 * (moved @ two.points.T)
    first, second = _mutual(likeness * (gap < NEAR**2))
    if len(first) < 4:
        return NO_MATCH
    transform, inside = cv2.estimateAffinePartial2D(
        one.points[first], two.points[second], method=cv2.RANSAC, ransacReprojThreshold=WITHIN, maxIters=ROUNDS
    )
    if transform is None or not SCALES[0] <= np.hypot(*transform[:, 0]) <= SCALES[1]:
        return NO_MATCH
    chosen = inside.ravel().astype(bool)
    pairs = np.stack([first[chosen], second[chosen]], 1)
    hull = cv2.contourArea(cv2.convexHull(two.points[pairs[:, 1]]))
    return Match(len(pairs), min(1.0, float(hull / (np.pi / 4 * SIZE**2))), transform, pairs)


class NoMap(CoingraphError):
    """The model gives a vector and no map."""


@dataclass(frozen=True)
class Places:
    """The cells of one side that lie in the map's disc, row by row: (p, `DIMENSION`) float32, each of length one."""

    cells: np.ndarray
    side: int  # cells from edge to edge of the map

    @property
    def bytes(self) -> int:
        return self.cells.nbytes

    def packed(self) -> dict[str, np.ndarray]:
        return {"cells": self.cells.astype(np.float16), "side": np.array(self.side)}

    @classmethod
    def unpacked(cls, arrays: dict[str, np.ndarray]) -> "Places":
        return cls(arrays["cells"].astype(np.float32), int(arrays["side"]))


@dataclass(frozen=True)
class PlaceFinder:
    """Finds the `Places` of a picture; ``transform`` is what `fit` gave."""

    model: "ImageModel"
    transform: Transform

    @property
    def version(self) -> str:
        """What places, and the likeness of two of them, depend on beside the photograph and the model."""
        return f"{PLACES_VERSION}.{self.transform.fingerprint}"

    def __call__(self, picture: Image.Image, outline: Outline | None = None) -> Places:
        maps = disc_cells(self.model, self.model.prepare(picture, outline)[None])
        return Places(self.transform.transform(maps[0]).astype(np.float32), side_of(maps.shape[1]))


def fit_places(model: "ImageModel", prepared: Iterator[np.ndarray], seed: int = 1) -> Transform:
    """The whitening of cells, fitted on `CELLS` of each picture; ``prepared`` are batches (n, size, size, 3) uint8.

    Raises `NoMap`.
    """
    random = np.random.default_rng(seed)
    sample = [random.permutation(cells)[:CELLS] for batch in prepared for cells in disc_cells(model, batch)]
    return Transform("half-whiten", DIMENSION).fit(np.concatenate(sample))


def disc_cells(model: "ImageModel", prepared: np.ndarray) -> np.ndarray:
    """The cells of the model's maps that lie in the disc, less their mean: (n, p, channels) float32. Raises `NoMap`."""
    maps: Any = model.backbone.features(prepared)
    if maps.ndim != 4 or maps.shape[2] != maps.shape[3] or maps.shape[2] < 5:
        raise NoMap(f"{model.name} sees no places, only the whole")
    maps = maps.numpy(force=True)
    cells = maps.transpose(0, 2, 3, 1)[:, disc(maps.shape[2])].astype(np.float32)
    return cells - cells.mean(1, keepdims=True)


def places_likeness(one: Places, two: Places) -> float:
    """The mean cosine, from -1 to 1, of each cell of one side to its likest within `REACH` on the other, both ways.

    Inner cells count more (`inwards`).
    """
    cosines = np.where(near(one.side), one.cells @ two.cells.T, -1.0)
    return float((cosines.max(0) + cosines.max(1)) @ inwards(one.side)) / 2


@cache
def disc(side: int) -> np.ndarray:
    """Which cells of a square map lie in its inscribed circle: (side, side) bool."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    return np.hypot(y, x) <= side / 2


@cache
def inwards(side: int) -> np.ndarray:
    """How much each of a disc's cells counts, all together 1: as both windows of a pair of ``inner`` grids."""
    weights = pooling.inwards(side)[disc(side)] ** 2
    return weights / weights.sum()


@cache
def near(side: int) -> np.ndarray:
    """Which of a disc's cells lie within `REACH` of each other: (p, p) bool."""
    places = np.argwhere(disc(side))
    return np.hypot(*(places[:, None] - places).transpose(2, 0, 1)) <= max(REACH * side, 1.0)


@cache
def side_of(cells: int) -> int:
    """The side of the map whose disc has so many cells."""
    return next(side for side in range(1, 1000) if disc(side).sum() == cells)
