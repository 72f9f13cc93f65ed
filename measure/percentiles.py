"""Where a cosine stands among all pairs of its space and face: a histogram of cosines, percentiles, and weights.

Bins are equal in half the chord between two unit vectors, ``sqrt((1 - cosine) / 2)``, from 0 (same direction) to 1
(opposite). They grow finer towards cosine 1, where the pairs that matter lie: of 16,384 bins 1,158 lie above 0.99, and
the first reaches only to 1 - 7.5e-9. Inside a bin pairs are taken as evenly spread.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

BINS = 16_384
CHUNK = 1 << 16  # values binned at once: the temporaries stay in the processor's cache


@dataclass(frozen=True)
class Histogram:
    """How many pairs fall in each bin; ``counts`` is (BINS,) int64, the closest pairs first."""

    counts: np.ndarray

    @classmethod
    def empty(cls) -> "Histogram":
        return cls(np.zeros(BINS, dtype=np.int64))

    @classmethod
    def of(cls, cosines: np.ndarray) -> "Histogram":
        """Count the cosines of an array of any shape; float32 is binned as float32."""
        counts = np.zeros(BINS, dtype=np.int64)
        flat = cosines.reshape(-1)
        for start in range(0, len(flat), CHUNK):
            position = _position(flat[start : start + CHUNK])
            counts += np.bincount(np.minimum(position, BINS - 1).astype(np.intp), minlength=BINS)
        return cls(counts)

    @classmethod
    def stored(cls, counts: Sequence[int] | None) -> "Histogram":
        """From the list kept on the space's node; an empty one where there is none."""
        return cls(np.asarray(counts, dtype=np.int64)) if counts else cls.empty()

    def __add__(self, other: "Histogram") -> "Histogram":
        return Histogram(self.counts + other.counts)

    @cached_property
    def pairs(self) -> int:
        return int(self.counts.sum())

    @cached_property
    def _below(self) -> np.ndarray:
        """Pairs farther apart than each bin's near edge, (BINS + 1,) float64, falling from all pairs to 0."""
        below = np.zeros(BINS + 1)
        below[:-1] = np.cumsum(self.counts[::-1])[::-1]
        return below

    def percentile(self, cosines: np.ndarray) -> np.ndarray:
        """The share (0 to 100) of all pairs that lie below each cosine; 0 where no pair was counted."""
        if not self.pairs:
            return np.zeros(np.shape(cosines))
        below = np.interp(_position(np.asarray(cosines, dtype=np.float64)), np.arange(BINS + 1), self._below)
        return 100.0 * below / self.pairs

    def cosine_at(self, percentile: float) -> float:
        """The smallest cosine that this share (0 to 100) of all pairs lies below; the inverse of `percentile`."""
        target = percentile / 100.0 * self.pairs
        near, far = self._below[:-1], self._below[1:]
        bin_ = max(int(np.count_nonzero(near >= target)) - 1, 0)  # the farthest bin that still has enough below it
        inside = (near[bin_] - target) / max(near[bin_] - far[bin_], 1.0)
        return float(1.0 - 2.0 * ((bin_ + min(max(inside, 0.0), 1.0)) / BINS) ** 2)

    def above(self, cosine: float) -> int:
        """About how many pairs lie above a cosine."""
        return round(self.pairs * (1.0 - float(self.percentile(np.array([cosine]))[0]) / 100.0))


def _position(cosines: np.ndarray) -> np.ndarray:
    """Half chords in units of bins, 0 to BINS, in the cosines' own precision."""
    position = 1 - cosines
    np.clip(position, 0, 2, out=position)
    position *= 0.5
    np.sqrt(position, out=position)
    position *= BINS
    return position


def resolution(pairs: int) -> float:
    """The smallest share that ``pairs`` pairs can tell from nothing: half a pair."""
    return 0.5 / max(pairs, 1)


def weight(percentile: np.ndarray, pairs: int) -> np.ndarray:
    """``-log10(1 - percentile / 100)``: 2 for the closest hundredth of all pairs, 3 for the closest thousandth.

    Kept half a pair away from both ends, so that every weight is finite and above 0.
    """
    step = resolution(pairs)
    return -np.log10(np.clip(1.0 - np.asarray(percentile) / 100.0, step, 1.0 - step))


def weight_cypher(percentile: str, step: str) -> str:
    """`weight` as a Cypher expression of two others: a percentile (or a score) and `resolution` of the pairs."""
    share = f"(1.0 - {percentile} / 100.0)"
    return f"-log10(CASE WHEN {share} < {step} THEN {step} WHEN {share} > 1 - {step} THEN 1 - {step} ELSE {share} END)"
