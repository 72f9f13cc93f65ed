"""From a feature map to a vector: the mean, the generalised mean, or windows that keep where things are."""

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    import torch

FADE = 8 / 7  # how far from the middle, in halves of the square, an inner window counts 1/e


@dataclass(frozen=True)
class Pooling:
    """How the cells of a feature map (channels x height x width) become one vector.

    ``mean`` averages each channel; ``gem`` takes its generalised mean, the ``power``-th root of the mean of powers
    (Radenović, Tolias and Chum 2019), which listens to the strongest cells; ``grid`` takes that mean in ``n`` x ``n``
    overlapping Gaussian windows, so that a wreath on the left stays apart from one on the right. ``inner`` is a grid
    of which each window tells how it differs from the others: what all of them share, which is the light, the camera
    and the state of the metal rather than the design, is taken away (as instance normalisation does, Ulyanov and others
    2016); each then has one length, and counts the less the nearer it lies to the rim, where coins are
    off-centre, cracked and lettered.
    """

    kind: Literal["mean", "gem", "grid", "inner"] = "mean"
    n: int = 1
    power: float = 3.0

    @classmethod
    def named(cls, name: str) -> "Pooling":
        """``mean``, ``gem``, ``gridN`` or ``innerN``; ValueError for anything else."""
        if name in ("mean", "gem"):
            return cls(kind="mean" if name == "mean" else "gem")
        if match := re.fullmatch(r"grid([1-9])", name):
            return cls("grid", int(match[1]))
        if match := re.fullmatch(r"inner([2-9])", name):
            return cls("inner", int(match[1]))
        raise ValueError(f"unknown pooling {name!r}: mean, gem, grid1 to grid9, or inner2 to inner9")

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
        if self.kind == "inner":
            weights = grid.new_tensor(inwards(self.n))
            shared = (grid * weights**2).sum((2, 3), keepdim=True) / (weights**2).sum()
            own = grid - shared
            grid = own / own.norm(dim=1, keepdim=True).clamp_min(1e-3) * weights
        return grid.flatten(1)


@cache
def windows(n: int, length: int) -> np.ndarray:
    """Weights (n, length) of ``n`` Gaussian windows along one axis of a map; each row sums to 1.

    The windows' centres are evenly spaced and their sigma is half of their distance.
    """
    centres = (np.arange(n) + 0.5) * length / n - 0.5
    weights = np.exp(-0.5 * ((np.arange(length) - centres[:, None]) / (length / n / 2)) ** 2)
    return (weights / weights.sum(1, keepdims=True)).astype(np.float32)


@cache
def inwards(n: int) -> np.ndarray:
    """How much each of ``n`` x ``n`` windows counts: a Gaussian of its centre's distance from the middle."""
    centres = (np.arange(n) + 0.5) * 2 / n - 1
    return np.exp(-(centres[:, None] ** 2 + centres**2) / FADE**2).astype(np.float32)
