"""Which coins of known type are most like a coin, and what is known of each such pair: who may vote on its type."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from measure.coinset import CoinSet, Written
from measure.likeness import UNKNOWN, Likeness
from measure.neighbours import Histogram, scan, weight

SAMPLE = 256  # coins whose pairs tell how high a likeness by all faces is
NEAREST = 20  # coins of known type that may vote, by each column and then by all
FELLOWS = 20  # of a coin's own record at most, and of others, that it is compared with whether near or not
STRANGERS = 200
BLOCK = 64  # coins that are compared with given others at a time
NOBODY = -1
LABEL = "type"


@dataclass(frozen=True)
class Voters:
    """For q coins (places, (q,)) the coins of known type that are most like each: places (q, k), `NOBODY` where there
    are fewer, and the evidence of each pair (q, k, f), NaN where unknown."""

    coins: np.ndarray
    others: np.ndarray
    evidence: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> "Voters":
        return Voters(self.coins[rows], self.others[rows], self.evidence[rows])


@dataclass(frozen=True)
class Recorded:
    """Coins of known type with their ``voters``, other coins of the same record (``fellows``), and coins drawn from all
    others (``strangers``)."""

    voters: Voters
    fellows: Voters
    strangers: Voters

    def __getitem__(self, rows: np.ndarray) -> "Recorded":
        return Recorded(self.voters[rows], self.fellows[rows], self.strangers[rows])


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

    def beside(self, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        """The cosines of coins (b,) with coins of their own (b, k); NaN where one of the two is not there."""
        found = np.einsum("bd,bkd->bk", self.unit[rows], self.unit[others])
        return np.where(self.known[rows][:, None] & self.known[others], found, np.nan)

    def evidence(self, cosines: np.ndarray) -> np.ndarray:
        """The weight of the cosines' percentiles."""
        unknown = np.isnan(cosines)
        found = weight(self.histogram.percentile(np.where(unknown, 0, cosines)), self.histogram.pairs)
        return np.where(unknown, np.nan, found)


class Together:
    """How alike coins are by all faces together: by what `match` scored, pairs that it did not look at filled in, hubs
    taken away (`measure.likeness`). Where it stands among all pairs is told by those of `SAMPLE` coins."""

    def __init__(self, coins: CoinSet):
        faces = list(coins.faces.values())[: len(coins.scores)]
        self.likeness = Likeness(faces, coins.pieces, scores=[values.matrix() for values in coins.scores])
        some = np.random.default_rng(1).permutation(len(coins))[:SAMPLE]
        near = self.likeness.to_all(np.sort(some))
        self.sorted = np.sort(near[near > UNKNOWN])

    def evidence(self, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        """The weight of percentiles of ``rows`` (b,) and ``others`` (b, m): (b, m), NaN without a common face."""
        near = np.take_along_axis(self.likeness.to_all(rows), others, 1)
        below = np.searchsorted(self.sorted, near) / max(len(self.sorted), 1)
        return np.where(near > UNKNOWN, weight(100 * below, max(len(self.sorted), 1)), np.nan)


class Legends:
    """The legends that tables have of each type's coins on a face, and how well they are found on a coin."""

    def __init__(self, written: Written, kind: np.ndarray, kinds: int):
        self.written, self.kind = written, kind
        self.counts = np.zeros((kinds, written.found.shape[1]), int)
        both = (kind >= 0) & (written.recorded >= 0)
        np.add.at(self.counts, (kind[both], written.recorded[both]), 1)
        self.others = (self.counts == 1).sum(1) / np.maximum(self.counts.sum(1), 1)

    def found(self, coins: np.ndarray) -> np.ndarray:
        """(q, kinds): how well the legend of each type is found on ``coins`` (q,); of several that other coins of the
        type bear the one that is found best, NaN where none is known."""
        found, own, kind = self.written.found[coins], self.written.recorded[coins], self.kind[coins]
        best = np.full((len(coins), len(self.counts)), np.nan, np.float32)
        for number, borne in enumerate(self.counts > 0):
            if borne.any():
                best[:, number] = found[:, borne].max(1)
        for row in np.flatnonzero((own >= 0) & (kind >= 0) & (self.counts[kind, own] == 1)):
            others = np.setdiff1d(np.flatnonzero(self.counts[kind[row]]), own[row])
            best[row, kind[row]] = found[row, others].max() if len(others) else np.nan
        return best


class Collection:
    """Coins with their types, and a look-up of those of known type that are most like some of them.

    ``kinds`` are the types, sorted; ``kind`` (n,) is the place of each coin's type among them, `NOBODY` where it is not
    known. Coins that are not ``fair`` (n,) vote, but nothing is learned from them: a space was trained to know their
    type.
    """

    def __init__(self, coins: CoinSet):
        types = coins.labels[LABEL]
        self.coins, self.pieces, self.closer = coins.coins, coins.pieces, coins.closer
        self.kinds = sorted({kind for kind in types if kind is not None})
        place = {kind: number for number, kind in enumerate(self.kinds)}
        self.kind = np.array([NOBODY if kind is None else place[kind] for kind in types])
        self.fair = coins.trusted.get(LABEL, np.ones(len(coins), bool))
        self.columns = [Column(matrix) for matrix in coins.faces.values()]
        self.together = [Together(coins)] if coins.scores else []
        self.labelled = np.flatnonzero(self.kind >= 0)
        self.written = [Legends(written, self.kind, len(self.kinds)) for written in coins.written]

    @cached_property
    def alone(self) -> np.ndarray:
        """(n,) bool: whether a coin is the only piece of its type."""
        pieces: dict[int, set[int]] = {}
        for kind, piece in zip(self.kind.tolist(), self.pieces.tolist(), strict=True):
            pieces.setdefault(kind, set()).add(piece)
        return np.array([kind >= 0 and len(pieces[kind]) == 1 for kind in self.kind.tolist()], bool)

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
            kinds = len(self.columns) + len(self.closer) + len(self.together)
            return Voters(coins, np.zeros((0, 1), int), np.zeros((0, 1, kinds)))
        others, evidence = (np.concatenate(each) for each in zip(*padded, strict=True))
        return Voters(coins, others, evidence)

    def found(self, coins: np.ndarray) -> np.ndarray:
        """(q, kinds): how well the legends of each type are found on ``coins`` (q,); NaN where they are not known."""
        faces = [np.zeros((len(coins), len(self.kinds)), np.float32), *(face.found(coins) for face in self.written)]
        return np.sum(faces, axis=0)

    @cached_property
    def other_legends(self) -> np.ndarray:
        """(kinds,): how probable it is that a coin of a type bears legends that no other coin of it does: on a face,
        the share of its coins of which that is so (Good 1953)."""
        faces = [np.ones(len(self.kinds)), *(1 - face.others for face in self.written)]
        return 1 - np.prod(faces, axis=0)

    def recorded(self, coins: np.ndarray) -> Recorded:
        """What tells whether the records of coins of known type can be right."""
        drawn = np.random.default_rng(1).permutation(self.labelled)
        fellows, strangers = [], []
        for coin in coins:
            others = drawn[self.pieces[drawn] != self.pieces[coin]]
            own = self.kind[others] == self.kind[coin]
            fellows.append(others[own][:FELLOWS])
            strangers.append(others[~own][:STRANGERS])
        return Recorded(self.voters(coins), self._beside(coins, fellows), self._beside(coins, strangers))

    def _beside(self, coins: np.ndarray, lists: Sequence[np.ndarray]) -> Voters:
        """Coins with others of their own, whether near or not: by each face, not by all together."""
        most = max((len(others) for others in lists), default=1) or 1
        others = np.full((len(coins), most), NOBODY)
        for row, one in zip(others, lists, strict=True):
            row[: len(one)] = one
        evidence = np.empty((*others.shape, len(self.columns) + len(self.closer)))
        for start in range(0, len(coins), BLOCK):
            some, rows = others[start : start + BLOCK], coins[start : start + BLOCK]
            cosines = [column.beside(rows, some) for column in self.columns]
            evidence[start : start + BLOCK] = np.stack(self._by_face(rows, some, cosines), 2)
        evidence[others == NOBODY] = np.nan
        return Voters(coins, others, evidence)

    def _by_face(self, rows: np.ndarray, others: np.ndarray, cosines: Sequence[np.ndarray]) -> list[np.ndarray]:
        """What is known of ``rows`` (b,) and ``others`` (b, m) with ``cosines`` (b, m) of each column: columns of
        evidence (b, m), by each matrix and by each thing that `match` found."""
        found = [column.evidence(one) for column, one in zip(self.columns, cosines, strict=True)]
        return found + [values.at(rows[:, None], others) for values in self.closer]

    def _block(self, rows: np.ndarray, without: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        known = self.labelled
        cosines = np.stack([column.cosines(rows, known) for column in self.columns], 2)
        typed = self.kind[rows][:, None] >= 0
        barred = (rows[:, None] == known) | (typed & (self.pieces[rows][:, None] == self.pieces[known]))
        barred |= without[:, None] == self.kind[known]
        near = _nearest(np.where(barred[:, :, None], np.nan, cosines))
        most = max(int(near.sum(1).max(initial=0)), 1)
        chosen = np.argsort(~near, axis=1, kind="stable")[:, :most]
        there = np.take_along_axis(near, chosen, 1)
        picked = np.take_along_axis(cosines, chosen[:, :, None], 1)
        evidence = self._by_face(rows, known[chosen], list(np.moveaxis(picked, 2, 0)))
        evidence += [one.evidence(rows, known[chosen]) for one in self.together]
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
