"""Which coins of known type are most like a coin, by each of its sides, and what is known of each such pair."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from measure.neighbours import scan
from measure.percentiles import Histogram, weight
from measure.probability import PairValues

NEAREST = 20  # coins of known type that may vote, by each column and then by all
NOBODY = -1


@dataclass(frozen=True)
class Asked:
    """Coins, what is known of them, and their vectors.

    ``columns`` are matrices (n, d), one for each space and face, NaN where a coin has no such side. ``types`` holds
    what the catalogue says, ``pieces`` (n,) codes that coins share whose photograph is the same file. Coins that are
    not ``fair`` (n,) vote, but nothing is learned from them: a space was trained to know their type. ``closer`` is what
    a closer look gave of some pairs, a column of evidence each.
    """

    coins: list[str]
    columns: list[np.ndarray]
    types: list[str | None]
    pieces: np.ndarray
    fair: np.ndarray
    closer: list[PairValues] = field(default_factory=list)

    @cached_property
    def kinds(self) -> list[str]:
        return sorted({kind for kind in self.types if kind is not None})

    @cached_property
    def kind(self) -> np.ndarray:
        """(n,) places in ``kinds``; `NOBODY` where the type is not known."""
        place = {kind: number for number, kind in enumerate(self.kinds)}
        return np.array([NOBODY if kind is None else place[kind] for kind in self.types])

    @property
    def looked_at(self) -> int:
        """The pairs of coins at which a closer look was taken."""
        return len(np.unique(np.concatenate([np.zeros(0, np.int64), *(values.codes for values in self.closer)])))


@dataclass(frozen=True)
class Voters:
    """For q coins (places, (q,)) the coins of known type that are most like each: places (q, k), `NOBODY` where there
    are fewer, and the evidence of each pair (q, k, f), NaN where unknown."""

    coins: np.ndarray
    others: np.ndarray
    evidence: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> "Voters":
        return Voters(self.coins[rows], self.others[rows], self.evidence[rows])


class Column:
    """One matrix as unit vectors, and where a cosine stands among those of all pairs."""

    def __init__(self, matrix: np.ndarray):
        length = np.linalg.norm(matrix.astype(np.float64), axis=1)
        self.known = np.isfinite(length) & (length > 0)
        self.unit = np.zeros(matrix.shape, np.float32)
        self.unit[self.known] = matrix[self.known] / length[self.known, None]
        enough = self.known.sum() > 1
        self.histogram = scan(self.unit[self.known], 1).histogram if enough else Histogram.empty()

    def cosines(self, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        """(b, m) float32; NaN where one of the two is not there."""
        found = self.unit[rows] @ self.unit[others].T
        found[~self.known[rows]] = np.nan
        found[:, ~self.known[others]] = np.nan
        return found

    def evidence(self, cosines: np.ndarray) -> np.ndarray:
        """The weight of the cosines' percentiles."""
        unknown = np.isnan(cosines)
        found = weight(self.histogram.percentile(np.where(unknown, 0, cosines)), self.histogram.pairs)
        return np.where(unknown, np.nan, found)


class Collection:
    """Looks up, for some coins, those of known type that are most like them."""

    def __init__(self, asked: Asked):
        self.asked = asked
        self.columns = [Column(matrix) for matrix in asked.columns]
        self.labelled = np.flatnonzero(asked.kind >= 0)

    def voters(self, coins: np.ndarray, without: np.ndarray | None = None, block: int = 512) -> Voters:
        """The `NEAREST` of each column, together; for each coin those of one type may be left out (``without``, (q,)).

        Neither a coin itself nor, for a coin of known type, one with the same photograph votes.
        """
        without = np.full(len(coins), NOBODY) if without is None else without
        starts = range(0, len(coins), block)
        parts = [self._block(coins[start : start + block], without[start : start + block]) for start in starts]
        most = max((others.shape[1] for others, _ in parts), default=1)
        padded = [(_padded(o, most, NOBODY), _padded(e, most, np.nan)) for o, e in parts]
        if not padded:
            return Voters(coins, np.zeros((0, 1), int), np.zeros((0, 1, len(self.columns) + len(self.asked.closer))))
        others, evidence = (np.concatenate(each) for each in zip(*padded, strict=True))
        return Voters(coins, others, evidence)

    def _block(self, rows: np.ndarray, without: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        asked, known = self.asked, self.labelled
        cosines = np.stack([column.cosines(rows, known) for column in self.columns], 2)
        typed = asked.kind[rows][:, None] >= 0
        barred = (rows[:, None] == known) | (typed & (asked.pieces[rows][:, None] == asked.pieces[known]))
        barred |= without[:, None] == asked.kind[known]
        near = _nearest(np.where(barred[:, :, None], np.nan, cosines))
        most = max(int(near.sum(1).max(initial=0)), 1)
        chosen = np.argsort(~near, axis=1, kind="stable")[:, :most]
        there = np.take_along_axis(near, chosen, 1)
        picked = np.take_along_axis(cosines, chosen[:, :, None], 1)
        evidence = [column.evidence(picked[:, :, i]) for i, column in enumerate(self.columns)]
        evidence += [values.at(rows[:, None], known[chosen]) for values in asked.closer]
        together = np.stack(evidence, 2)
        together[~there] = np.nan
        return np.where(there, known[chosen], NOBODY), together


def _nearest(cosines: np.ndarray) -> np.ndarray:
    """(b, m) bool: which of the others are among the `NEAREST` of a column of ``cosines`` (b, m, f)."""
    near = np.zeros(cosines.shape[:2], bool)
    for column in range(cosines.shape[2]):
        values = np.nan_to_num(cosines[:, :, column], nan=-np.inf)
        top = min(NEAREST, values.shape[1])
        if top:
            best = np.argpartition(-values, top - 1, axis=1)[:, :top]
            np.put_along_axis(near, best, np.take_along_axis(near, best, 1) | _finite(values, best), 1)
    return near


def _finite(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    return np.isfinite(np.take_along_axis(values, at, 1))


def _padded(values: np.ndarray, most: int, filler: float) -> np.ndarray:
    width = [(0, 0), (0, most - values.shape[1]), *[(0, 0)] * (values.ndim - 2)]
    return np.pad(values, width, constant_values=filler)
