"""How alike coins are, by one face or by both, and how well that separates coins of one label from others.

Likeness is computed a block of rows at a time, so that many coins need little memory.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from errors import CoingraphError, counting
from measure.neighbours import Histogram, unit

if TYPE_CHECKING:
    from scipy.sparse import csr_array


BLOCK = 1024  # rows at a time,
BLOCK_CELLS = 1 << 23  # or fewer where that were more than 34 MB of float32
NEAREST = 10  # that tell a hub
UNKNOWN = -1000.0  # the two have no face in common; lower than any likeness
NO_PAIR = -np.inf  # the coin itself, or one that was photographed twice


class NoDistance(CoingraphError):
    """Vectors that Mahalanobis distance cannot be measured between."""


class Likeness:
    """Likeness of all pairs of ``n`` coins, from -1 to 1, the higher the more alike.

    ``faces`` are matrices (n, d) of one face each; a row of NaN stands for a side that is not there. Two coins are as
    alike as the faces that both have are in the mean; without such a face it is `UNKNOWN`. ``pieces`` (n,) are codes:
    rows of the same piece (a photograph that is there twice) are no pair, nor is a row with itself.

    ``scores`` are sparse matrices (n, n), one a face, of the scores that a closer look gave some pairs: these
    replace the cosine. A pair without gets the score that its cosine predicts, by a line through those with one. Where
    both faces have scores, twice their mean less what either coin has with its `NEAREST` in the mean counts, so that a
    coin that is near to everything is nearest to nothing (CSLS: Conneau and others 2018).

    ``metric`` is one of `METRICS`. By ``cosine`` likeness is the cosine. By all others, which are distances, it is
    ``1 - 2 (distance / reach)^2``, where no distance is longer than ``reach``: as the cosine is for unit vectors.
    """

    def __init__(
        self,
        faces: Sequence[np.ndarray],
        pieces: np.ndarray | None = None,
        metric: str = "cosine",
        scores: "Sequence[csr_array] | None" = None,
    ):
        if metric not in METRICS:
            raise ValueError(f"no metric is called {metric!r}; there are {', '.join(METRICS)}")
        self.metric = metric
        self.known = np.stack([~np.isnan(face).any(1) for face in faces])
        self.faces = [_prepared(face, known, metric) for face, known in zip(faces, self.known, strict=True)]
        self.pieces = np.arange(len(faces[0])) if pieces is None else np.asarray(pieces)
        self.scores = scores
        self.lines = [_line(face, one) for face, one in zip(self.faces, scores or (), strict=False)]
        self.hubs: np.ndarray | None = None
        self.reach = 1.0
        if metric != "cosine":
            longest = [np.sqrt(np.einsum("ij,ij->i", face, face).max(initial=0)) for face in self.faces]
            self.reach = max(2 * float(max(longest)), 1e-12)
        if scores and len(scores) > 1:
            self.hubs = np.concatenate([_of_nearest(near) for _, near in self.blocks(what="finding hubs")])

    def __len__(self) -> int:
        return self.known.shape[1]

    def __getitem__(self, rows: np.ndarray) -> "Likeness":
        """The same likeness between some of the rows (positions, or a mask)."""
        some = object.__new__(Likeness)
        some.metric, some.reach = self.metric, self.reach
        some.faces, some.known = [face[rows] for face in self.faces], self.known[:, rows]
        some.pieces = self.pieces[rows]
        some.scores = [face[rows][:, rows] for face in self.scores] if self.scores else None
        some.lines, some.hubs = self.lines, self.hubs if self.hubs is None else self.hubs[rows]
        return some

    def blocks(
        self, rows: np.ndarray | None = None, what: str = "comparing"
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Some ``rows`` (else all), a block of (b,) at a time, and their likeness to all: (b, n) float32."""
        rows = np.arange(len(self)) if rows is None else rows
        with counting(what, "coin", len(rows)) as advance:
            step = max(16, min(BLOCK, BLOCK_CELLS // max(len(self), 1)))
            for start in range(0, len(rows), step):
                some = rows[start : start + step]
                yield some, self.to_all(some)
                advance(len(some))

    def distance(self, likeness: np.ndarray) -> np.ndarray:
        """Distances of that likeness: 1 - cosine, or those of the metric."""
        return 1 - likeness if self.metric == "cosine" else self.reach * np.sqrt(np.maximum(1 - likeness, 0) / 2)

    def to_all(self, rows: np.ndarray) -> np.ndarray:
        """Likeness of some ``rows`` to all: (b, n) float32."""
        total = np.zeros((len(rows), len(self)), np.float32)
        common = np.zeros_like(total)
        for number, (face, known) in enumerate(zip(self.faces, self.known, strict=True)):
            both = np.outer(known[rows], known).astype(np.float32)
            common += both
            near = face[rows] @ face.T if self.metric == "cosine" else self._distances(face, rows)
            total += both * (_scored(near, self.scores[number][rows], self.lines[number]) if self.scores else near)
        total /= np.maximum(common, 1)
        if self.hubs is not None:
            total = 2 * total - self.hubs[rows][:, None] - self.hubs[None, :]
        if self.metric != "cosine":
            total = 1 - 2 * (total / np.float32(self.reach)) ** 2
        total[common == 0] = UNKNOWN
        total[self.pieces[rows][:, None] == self.pieces[None, :]] = NO_PAIR
        return total

    @staticmethod
    def _distances(face: np.ndarray, rows: np.ndarray) -> np.ndarray:
        squares = np.einsum("ij,ij->i", face, face)
        return np.sqrt(np.maximum(squares[rows][:, None] + squares[None, :] - 2 * (face[rows] @ face.T), 0))


def _line(face: np.ndarray, scores: "csr_array") -> tuple[float, float]:
    """Slope and height of the line that predicts scores from the cosines of unit vectors ``face`` (n, d)."""
    rows = np.repeat(np.arange(len(face)), np.diff(scores.indptr))
    step = max(1, BLOCK_CELLS // max(face.shape[1], 1))
    parts = [slice(start, start + step) for start in range(0, len(rows), step)]
    found = [np.einsum("ij,ij->i", face[rows[part]], face[scores.indices[part]]) for part in parts]
    cosines = np.concatenate(found) if found else np.zeros(0)
    spread = cosines.var() if len(cosines) else 0.0
    slope = float(np.cov(cosines, scores.data, bias=True)[0, 1] / spread) if spread > 0 else 1.0
    return slope, float(scores.data.mean() - slope * cosines.mean()) if len(cosines) else 0.0


def _scored(cosines: np.ndarray, scores: "csr_array", line: tuple[float, float]) -> np.ndarray:
    """The scores where there are some, elsewhere what cosines predict."""
    near = line[0] * cosines + line[1]
    row = np.repeat(np.arange(len(near)), np.diff(scores.indptr))
    near[row, scores.indices] = scores.data
    return near


def _of_nearest(near: np.ndarray) -> np.ndarray:
    """The mean of the `NEAREST` highest likenesses of each row (b, n), of which some are no pair."""
    number = min(NEAREST, near.shape[1])
    highest = np.partition(near, near.shape[1] - number, axis=1)[:, -number:]
    there = highest > UNKNOWN
    return np.where(there, highest, 0).sum(1) / np.maximum(there.sum(1), 1)


def _prepared(face: np.ndarray, known: np.ndarray, metric: str) -> np.ndarray:
    """(n, d) float32, zero where nothing is known: what the metric makes of it."""
    values = np.where(known[:, None], face, 0).astype(np.float64)
    values[known] = METRICS[metric](values[known])
    return values.astype(np.float32)


def whitened(values: np.ndarray) -> np.ndarray:
    """(n, d) float64, whose Euclidean distances are the Mahalanobis distances of ``values`` (n, d).

    The covariance is shrunk as Ledoit and Wolf (2004) do, so that it can be inverted where there are fewer rows than
    numbers. Raises `NoDistance` where all rows are the same.
    """
    from scipy.linalg import LinAlgError, cholesky, solve_triangular
    from sklearn.covariance import LedoitWolf

    values = values.astype(np.float64)
    try:
        lower = cholesky(LedoitWolf().fit(values).covariance_, lower=True)
    except (LinAlgError, ValueError) as error:
        raise NoDistance(
            f"the {len(values)} vectors are all the same: there is no Mahalanobis distance between them; use --metric "
            "cosine"
        ) from error
    return solve_triangular(lower, (values - values.mean(0)).T, lower=True).T


#: What each metric makes of vectors (n, d) float64: after that its distances are Euclidean, but for `cosine`.
METRICS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "cosine": unit,
    "mahalanobis": whitened,
    "euclidean": lambda values: values,
}


@dataclass(frozen=True)
class PairCounts:
    """Likeness of all pairs of labelled coins, of one label (``same``) and of two, as histograms.

    Their bins are so fine (see `Histogram`) that the areas are right to three digits and more.
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


def silhouettes(
    likeness: Likeness, groupings: Sequence[np.ndarray], rows: np.ndarray | None = None
) -> list[np.ndarray]:
    """The silhouette (Rousseeuw 1987) of some ``rows`` (all where none are given) in each of several groupings.

    A grouping is codes (n,), from 0. Distances are those of the likeness; pairs without a face in common, and doubled
    photographs, are left out of the means. Each answer is (rows,), 0 for a row alone in its group.
    """
    from scipy.sparse import csr_array

    rows = np.arange(len(likeness)) if rows is None else rows
    n = len(likeness)
    members = [csr_array((np.ones(n, np.float32), (codes, np.arange(n)))) for codes in groupings]
    found: list[list[np.ndarray]] = [[] for _ in groupings]
    for some, near in likeness.blocks(rows, "silhouettes"):
        no_pair = near <= UNKNOWN
        distances = likeness.distance(near)
        distances[no_pair] = 0
        across = np.ascontiguousarray(distances.T)
        missing = csr_array(no_pair.T.astype(np.float32))
        for codes, group, answer in zip(groupings, members, found, strict=True):
            counts = np.asarray(group.sum(1))[:, None] - (group @ missing).toarray()
            with np.errstate(invalid="ignore", divide="ignore"):
                means = np.where(counts > 0.5, (group @ across) / counts, np.inf)
            own = codes[some], np.arange(len(some))
            inside = means[own].copy()
            means[own] = np.inf
            outside = means.min(0)
            measured = np.isfinite(inside) & np.isfinite(outside)
            with np.errstate(invalid="ignore", divide="ignore"):
                values = np.where(measured, (outside - inside) / np.maximum(inside, outside), 0)
            answer.append(np.nan_to_num(values))
    return [np.concatenate(parts) if parts else np.zeros(0) for parts in found]


def davies_bouldin(likeness: Likeness, labels: Sequence[str]) -> tuple[float | None, int]:
    """Davies and Bouldin's index (1979; lower is better) over the rows that have every face, and how many they are."""
    from sklearn.metrics import davies_bouldin_score

    whole = np.logical_and.reduce(likeness.known, axis=0)
    kinds = {label for label, one in zip(labels, whole, strict=True) if one}
    count = int(whole.sum())
    if not 1 < len(kinds) < count:
        return None, count
    points = np.concatenate(likeness[whole].faces, axis=1)
    chosen = [label for label, one in zip(labels, whole, strict=True) if one]
    return float(davies_bouldin_score(points, chosen)), count
