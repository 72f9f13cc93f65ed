"""Pairs of coins: how well likeness alone tells pairs of one label from all others, above every threshold at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from measure.likeness import NO_PAIR, UNKNOWN, Likeness
from measure.percentiles import Histogram


@dataclass(frozen=True)
class PairCounts:
    """Likeness of all pairs of labelled coins, of one label (``same``) and of two, as histograms.

    Their bins are so fine (see `measure.percentiles`) that the areas are right to three digits and more.
    """

    same: Histogram
    other: Histogram

    @cached_property
    def share(self) -> float:
        """The share of pairs that are of one label: what average precision and precision are by chance."""
        return self.same.pairs / max(self.same.pairs + self.other.pairs, 1)

    @cached_property
    def roc_auc(self) -> float | None:
        """The chance that a pair of one label is more alike than a pair of two (Hanley and McNeil 1982)."""
        if not self.same.pairs or not self.other.pairs:
            return None
        farther = self.other.pairs - np.cumsum(self.other.counts)
        won = (self.same.counts * (farther + self.other.counts / 2)).sum()
        return float(won / self.same.pairs / self.other.pairs)

    @cached_property
    def average_precision(self) -> float | None:
        """The mean, over pairs of one label, of the precision among all pairs that are as alike or more."""
        if not self.same.pairs:
            return None
        found = np.cumsum(self.same.counts)
        precision = found / np.maximum(found + np.cumsum(self.other.counts), 1)
        return float((precision * self.same.counts).sum() / self.same.pairs)

    def above(self, likeness: float) -> tuple[int, float | None, float | None]:
        """Pairs above a likeness, their precision (None where there are none) and recall."""
        same, other = self.same.above(likeness), self.other.above(likeness)
        precision = same / (same + other) if same + other else None
        return same + other, precision, same / self.same.pairs if self.same.pairs else None


def count_pairs(likeness: Likeness, labels: Sequence[str | None]) -> PairCounts:
    """Look at all pairs of labelled rows that have a face in common; doubled photographs are no pair."""
    known = np.array([label is not None for label in labels])
    _, codes = np.unique([label for label in labels if label is not None], return_inverse=True)
    some = likeness[known]
    same, other = Histogram.empty(), Histogram.empty()
    for rows, near in some.blocks(what="pairs"):
        near[:, : rows[0]] = NO_PAIR
        near[:, rows[0] : rows[0] + len(rows)][np.tri(len(rows), dtype=bool)] = NO_PAIR  # each pair once
        alike = codes[rows][:, None] == codes[None, :]
        pair = near > UNKNOWN
        same += Histogram.of(near[pair & alike])
        other += Histogram.of(near[pair & ~alike])
    return PairCounts(same, other)
