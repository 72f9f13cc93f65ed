"""From a feature map to a vector: the mean, the generalised mean, or a grid of windows that keeps where things are."""

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    import torch

CELLS = 7  # the grid's windows are laid over a map averaged to 7 x 7, whatever the network gave


@dataclass(frozen=True)
class Pooling:
    """How the cells of a feature map (channels x height x width) become one vector.

    ``mean`` averages each channel; ``gem`` takes its generalised mean, the ``power``-th root of the mean of powers
    (Radenović, Tolias and Chum 2019), which listens to the strongest cells; ``grid`` takes that mean in ``n`` x ``n``
    overlapping Gaussian windows, so that a wreath on the left stays apart from one on the right.
    """

    kind: Literal["mean", "gem", "grid"] = "mean"
    n: int = 1
    power: float = 3.0

    @classmethod
    def named(cls, name: str) -> "Pooling":
        """``mean``, ``gem`` or ``gridN`` as written in a space's name; ValueError for anything else."""
        if name in ("mean", "gem"):
            return cls(kind="mean" if name == "mean" else "gem")
        if match := re.fullmatch(r"grid([1-9])", name):
            return cls("grid", int(match[1]))
        raise ValueError(f"unknown pooling {name!r}: mean, gem, or grid1 to grid9")

    def dimension(self, channels: int) -> int:
        return channels * self.n**2

    def __call__(self, maps: "torch.Tensor") -> "torch.Tensor":
        """Maps (batch, channels, height, width), not negative unless the kind is ``mean``, to (batch, dimension)."""
        if self.kind == "mean":
            return maps.mean((2, 3))
        powered = maps.clamp_min(0) ** self.power
        if self.kind == "gem":
            return powered.mean((2, 3)) ** (1 / self.power)
        rows = powered.new_tensor(windows(self.n, maps.shape[2]))
        columns = powered.new_tensor(windows(self.n, maps.shape[3]))
        # Two thin products instead of one window at a time: Gaussian windows are separable.
        grid = (rows @ powered @ columns.T) ** (1 / self.power)
        return grid.flatten(1)


@cache
def windows(n: int, length: int) -> np.ndarray:
    """Weights (n, length) of ``n`` Gaussian windows along one axis of a map; each row sums to 1.

    The axis is first averaged to ``CELLS`` cells; the windows' centres are evenly spaced and their sigma is half of
    their distance (7 / n / 2 cells).
    """
    cells = np.arange(CELLS)
    centres = (np.arange(n) + 0.5) * CELLS / n - 0.5
    weights = np.exp(-0.5 * ((cells - centres[:, None]) / (CELLS / n / 2)) ** 2)
    weights /= weights.sum(1, keepdims=True)
    return (weights @ _averaging(length)).astype(np.float32)


def _averaging(length: int) -> np.ndarray:
    """The matrix (CELLS, length) that averages an axis to ``CELLS`` cells, sharing what straddles two of them."""
    edges = np.linspace(0, length, CELLS + 1)
    starts = np.arange(length)
    overlap = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    overlap = overlap.clip(0)
    return overlap / overlap.sum(1, keepdims=True)
