"""How alike two legends are: as vectors, quickly, and by aligning their letters, closely. No letter is decided first.

Both compare the probabilities that the reader gives each column, in `COLUMNS` columns of `letters_in`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import gaussian_filter1d

from embed.transforms import principal_axes

COLUMNS = 80  # that a legend is compared in
DIMENSION = 128  # numbers of a vector
SLACK = 2.0  # columns: deviation of the blur that lets letters of a vector stand a little elsewhere
FLOOR = 0.3  # of the median: what a legend's own score counts at least, so that a bare rim is like nothing
SURE = 0.8  # a side takes part from this probability of its surest letter on
POWER = 0.35  # of probabilities that are aligned: a faint letter counts, too
BAND = 4  # columns that aligned letters may be apart
PAIRS = 512  # aligned at a time: 20 MB


def letters_in(read: np.ndarray) -> np.ndarray:
    """Of probabilities (n, columns, 1 + letters), those of letters in `COLUMNS` columns: (n, `COLUMNS`, letters)."""
    return read[:, :, 1:].reshape(len(read), COLUMNS, -1, read.shape[2] - 1).mean(2)


def legible(read: np.ndarray) -> np.ndarray:
    """Which sides (n,) have a letter that is sure; on the others what was read is guessed."""
    return read[:, :, 1:].max((1, 2)) > SURE


@dataclass(frozen=True)
class Projection:
    """Legends as vectors, by principal axes that are fitted once: a vector does not change with its collection.

    ``rarity`` (letters) weighs rare letters more; ``mean`` (d) and ``axes`` (`DIMENSION`, d) are of blurred columns;
    ``spread`` is the median square of a vector.
    """

    rarity: np.ndarray
    mean: np.ndarray
    axes: np.ndarray
    spread: float

    @classmethod
    def fit(cls, read: np.ndarray, dimension: int = DIMENSION) -> "Projection":
        """Fit on the probabilities (n, columns, 1 + letters) of as many legends as there are, at least `DIMENSION`."""
        letters = letters_in(read)
        rarity = np.maximum(letters.mean((0, 1)), 1e-3) ** -0.5
        rarity /= rarity.mean()
        blurred = _blurred(letters, rarity)
        mean = blurred.mean(0)
        axes, _ = principal_axes(blurred - mean, dimension)
        turned = (blurred - mean) @ axes.T
        return cls(rarity, mean, axes, float(np.median((turned**2).sum(1))))

    def __call__(self, read: np.ndarray) -> np.ndarray:
        """Vectors (n, `DIMENSION`) float32, shorter than 1 where little was read, and 0 where nothing is sure."""
        turned = (_blurred(letters_in(read), self.rarity) - self.mean) @ self.axes.T
        length = np.sqrt((turned**2).sum(1, keepdims=True) + FLOOR * self.spread)
        return np.where(legible(read)[:, None], turned / length, 0).astype(np.float32)

    def state(self) -> dict[str, np.ndarray]:
        return {
            "projection.rarity": self.rarity.astype(np.float32),
            "projection.mean": self.mean.astype(np.float32),
            "projection.axes": self.axes.astype(np.float16),
            "projection.spread": np.array([self.spread], np.float32),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, np.ndarray]) -> "Projection":
        rarity, mean, axes, spread = (state[f"projection.{name}"] for name in ("rarity", "mean", "axes", "spread"))
        return cls(rarity, mean, axes.astype(np.float32), float(spread[0]))


def _blurred(letters: np.ndarray, rarity: np.ndarray) -> np.ndarray:
    rooted = np.sqrt(letters) * np.sqrt(rarity)
    return gaussian_filter1d(rooted, SLACK, axis=1).reshape(len(letters), -1)


class Aligned:
    """Scores of pairs of legends whose letters were laid over each other, in their order.

    The score of two legends is the best sum over pairs of columns, none crossing another and none more than `BAND`
    apart, of how alike the columns are; divided by the root of what each scores against itself.
    """

    def __init__(self, read: np.ndarray, rarity: np.ndarray):
        """``read`` are probabilities (n, columns, 1 + letters), ``rarity`` the weights of letters of a `Projection`."""
        self.letters = (letters_in(read) ** POWER * np.sqrt(rarity)).astype(np.float32)
        own = np.square(self.letters).sum((1, 2))
        self.own = np.sqrt(np.maximum(own, FLOOR * np.median(own) + 1e-6))

    def __call__(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Scores (p,) of the pairs of legends ``first`` and ``second`` (p,), about 0 to 1."""
        scores = np.empty(len(first), np.float32)
        for start in range(0, len(first), PAIRS):
            a, b = first[start : start + PAIRS], second[start : start + PAIRS]
            scores[start : start + PAIRS] = _best_path(self.letters[a], self.letters[b]) / (self.own[a] * self.own[b])
        return scores


def _best_path(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The best sums (p,) for pairs of columns (p, `COLUMNS`, letters): a longest common subsequence within a band."""
    padded = np.pad(second, ((0, 0), (BAND, BAND), (0, 0)))
    # near[:, t, d] is how alike are column t of the first and column t + d - BAND of the second.
    near = np.einsum("ptl,ptld->ptd", first, sliding_window_view(padded, 2 * BAND + 1, axis=1), optimize=True)
    best = np.zeros((len(first), 2 * BAND + 1), np.float32)
    for column in near.transpose(1, 0, 2):
        step = best + column
        step[:, :-1] = np.maximum(step[:, :-1], best[:, 1:])  # a column of the first is passed over
        best = np.maximum.accumulate(step, axis=1)  # or some of the second
    return best.max(1)
