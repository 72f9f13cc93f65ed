"""What a network sees place by place: cells of its map, compared with those nearby on another coin.

A grid of windows (`embed.pooling`) asks whether the same things stand in the same windows. Here every cell of the map
looks for its likest among the cells within a step or two on the other coin, so that a strike off-centre, a bend or
another hand's proportions cost little. As dense correspondence in SIFT Flow (Liu, Yuen and Torralba 2011), without its
smoothness: the mean over a hundred and more cells is smooth enough to rank by. As in an ``inner`` grid, what all cells
of a picture share is taken away, and cells near the rim count less.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from embed import pooling
from embed.transforms import Transform
from errors import CoingraphError

if TYPE_CHECKING:
    from embed.models import ImageModel

DIMENSION = 64  # of a cell, half-whitened
REACH = 1.5 / 14  # of the map's side: how far a cell looks on the other coin
CELLS = 40  # of a side that the whitening is fitted on
VERSION = 2  # raised when anything here changes, so that what was kept before is made anew


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
        return f"{VERSION}.{self.transform.fingerprint}"

    def __call__(self, picture: Image.Image) -> Places:
        maps = disc_cells(self.model, self.model.prepare(picture)[None])
        return Places(self.transform.transform(maps[0]).astype(np.float32), side_of(maps.shape[1]))


def fit(model: "ImageModel", prepared: Iterator[np.ndarray], seed: int = 1) -> Transform:
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


def likeness(one: Places, two: Places) -> float:
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
