"""The coins of a space as arrays: what every measurement takes.

`graph.coins` reads a `CoinSet` from Neo4j; tests build one from arrays.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from embed.legends.compare import borne, usual_rarity
from embed.legends.letters import as_cut
from errors import CoingraphError
from ingest.records import Photograph
from measure.neighbours import Histogram, weight

if TYPE_CHECKING:
    from scipy.sparse import csr_array


class NotEmbedded(CoingraphError):
    """A space without vectors, or with too few for the purpose."""


@dataclass(frozen=True)
class Picture:
    """The picture of a side: the photograph, where it is known, and its size in pixels."""

    photograph: Photograph | None
    width: float
    height: float


@dataclass(frozen=True)
class Network:
    """Edges (m,) between ``count`` coins, places and strengths (percentiles, 0 to 100), the strongest first.

    ``pairs`` is the number of pairs that the percentiles were counted from (see `measure.neighbours.weight`).
    ``cosine``, where it is known, is the mean over the faces that both coins have.
    """

    count: int
    first: np.ndarray
    second: np.ndarray
    strength: np.ndarray
    pairs: int
    cosine: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.first)

    @classmethod
    def of(
        cls,
        count: int,
        first: np.ndarray,
        second: np.ndarray,
        strength: np.ndarray,
        pairs: int,
        cosine: np.ndarray | None = None,
    ) -> "Network":
        """Equally strong edges come in the order of their ends, so that the same edges give the same network."""
        order = np.lexsort((second, first, -strength))
        return cls(count, first, second, strength, pairs, cosine)[order]

    def __getitem__(self, chosen: np.ndarray | slice) -> "Network":
        """Some of the edges."""
        cosine = None if self.cosine is None else self.cosine[chosen]
        ends = self.first[chosen], self.second[chosen]
        return Network(self.count, *ends, self.strength[chosen], self.pairs, cosine)

    def above(self, percentile: float) -> "Network":
        """The edges at or above a percentile."""
        return self[: int(np.searchsorted(-self.strength, -percentile, "right"))]

    def among(self, kept: np.ndarray) -> "Network":
        """The edges between coins of a mask (n,); the others are left without any."""
        return self[kept[self.first] & kept[self.second]]

    @property
    def weights(self) -> np.ndarray:
        return weight(self.strength, self.pairs)

    @property
    def reached(self) -> np.ndarray:
        """Which coins (n,) have an edge."""
        found = np.zeros(self.count, bool)
        found[self.first] = found[self.second] = True
        return found


def components(count: int, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Codes (count,) of the parts that edges between places, (m,) each, connect."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(first), np.int8), (first, second)), shape=(count, count))
    return connected_components(graph, directed=False)[1]


@dataclass(frozen=True)
class Partition:
    """The communities of a partition of coins by a ``face``, or by both.

    ``number`` (n,) is the community of each coin from 1, and 0 for coins of none; ``covered`` (n,) says which coins the
    partition could group: those with a vector of its face. ``percentile`` is the threshold of its edges.
    """

    id: str
    face: str
    number: np.ndarray
    covered: np.ndarray
    percentile: float | None = None

    def groups(self, rows: np.ndarray) -> np.ndarray:
        """The community of each of some ``rows``; a coin of none is a group of its own, below 0."""
        return np.where(self.number[rows] > 0, self.number[rows], -1 - rows)


@dataclass(frozen=True)
class PairValues:
    """What a closer look gave of some pairs of ``count`` coins: ``codes`` (m,), sorted, name the pairs, ``values`` (m,)
    are float64."""

    count: int
    codes: np.ndarray
    values: np.ndarray

    @classmethod
    def of(cls, count: int, first: np.ndarray, second: np.ndarray, values: np.ndarray) -> "PairValues":
        """Of pairs of coins (places, (m,) each), in either order."""
        codes = _codes(count, first, second)
        order = np.argsort(codes, kind="stable")
        return cls(count, codes[order], np.asarray(values, np.float64)[order])

    def at(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """The values of pairs of any shape; NaN where there was no closer look."""
        wanted = _codes(self.count, first, second)
        if not len(self.codes):
            return np.full(wanted.shape, np.nan)
        place = np.minimum(np.searchsorted(self.codes, wanted), len(self.codes) - 1)
        return np.where(self.codes[place] == wanted, self.values[place], np.nan)

    def matrix(self) -> "csr_array":
        """The values as a sparse matrix (count, count) float32, each pair both ways round."""
        from scipy.sparse import csr_array

        ends = np.divmod(self.codes, max(self.count, 1))
        rows, columns = np.concatenate(ends), np.concatenate(ends[::-1])
        values = np.tile(self.values.astype(np.float32), 2)
        return csr_array((values, (rows, columns)), shape=(self.count, self.count))


def _codes(count: int, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.minimum(first, second).astype(np.int64) * max(count, 1) + np.maximum(first, second)


@dataclass(frozen=True)
class Written:
    """The legends of a face that tables have, beside what was read: ``recorded`` (n,) is the legend of each coin, below
    0 where none is recorded; ``found`` (n, l) float32 says how much better each legend is found on a coin than on
    others, 0 where nothing was read."""

    recorded: np.ndarray
    found: np.ndarray

    @classmethod
    def of(cls, letters: np.ndarray, legible: np.ndarray, legends: Sequence[str | None]) -> "Written":
        """From ``letters`` (n, columns, letters) of `embed.legends.compare.raised`, which coins (n,) have some, and the
        legends on record."""
        cut = [as_cut(legend or "") for legend in legends]
        texts = sorted(set(cut) - {""})
        place = {text: number for number, text in enumerate(texts)}
        found = np.zeros((len(cut), len(texts)), np.float32)
        found[legible] = borne(letters[legible], texts, usual_rarity())
        return cls(np.array([place.get(text, -1) for text in cut]), found)


@dataclass(frozen=True)
class CoinSet:
    """Coins (n, sorted ids) that have a vector of a ``space`` on a ``face``: obverse, reverse, or both for either.

    ``faces`` are matrices (n, d) float32, NaN where a coin has no such side. ``labels`` hold by column what the
    catalogue says of each coin, None where it says nothing; predictions do not count. ``trusted`` (n,) bool is False,
    by column, where the space was trained to know the label. ``pieces`` (n,) are codes: one for coins of which the same
    photograph is there twice. ``fields`` are the columns of metadata that went into the vectors.

    ``histograms`` (by face) count the cosines of all pairs of the space, where these coins are not all of it and they
    are known. ``edges``, ``partitions``, ``pictures`` (by face), ``closer``, the results of `match` for some pairs,
    ``scores``, its score of these on each face where all have some, and what is ``written`` on faces where letters can
    be read, are optional. So are, for pictures of the coins, ``values`` (n,), which colour them, and ``files`` (by
    face, also where a side has no vector), their photographs.
    """

    space: str
    face: str
    coins: list[str]
    faces: dict[str, np.ndarray]
    labels: dict[str, list[str | None]] = field(default_factory=dict)
    trusted: dict[str, np.ndarray] = field(default_factory=dict)
    pieces: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    fields: tuple[str, ...] = ()
    edges: Network | None = None
    partitions: Sequence[Partition] = ()
    pictures: dict[str, list[Picture | None]] = field(default_factory=dict)
    closer: Sequence[PairValues] = ()
    scores: Sequence[PairValues] = ()
    written: Sequence[Written] = ()
    values: Sequence[Any] = ()
    files: dict[str, list[Path | None]] = field(default_factory=dict)
    histograms: dict[str, Histogram] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not len(self.pieces):
            object.__setattr__(self, "pieces", np.arange(len(self.coins)))

    def __len__(self) -> int:
        return len(self.coins)

    @cached_property
    def place(self) -> dict[str, int]:
        """The row of each coin."""
        return {coin: row for row, coin in enumerate(self.coins)}

    @property
    def examined(self) -> int:
        """The pairs of coins at which a closer look was taken."""
        return len(np.unique(np.concatenate([np.zeros(0, np.int64), *(values.codes for values in self.closer)])))

    def rows_with(self, face: str) -> np.ndarray:
        """The rows (places) of the coins that have a vector of this face."""
        return np.flatnonzero(~np.isnan(self.faces[face]).any(1))

    def scored(self, column: str) -> list[str | None]:
        """The labels that may be scored: None where the space was trained on the coin's class."""
        trusted = self.trusted.get(column)
        if trusted is None:
            return self.labels[column]
        return [label if one else None for label, one in zip(self.labels[column], trusted, strict=True)]

    @classmethod
    def joined(cls, sets: "Sequence[CoinSet]") -> "CoinSet":
        """The coins of several sets of one graph, with a matrix for each face of each.

        A class that one of the spaces was trained on is not trusted; doubled photographs are those of the first set.
        """
        coins = sorted({coin for one in sets for coin in one.coins})
        place = {coin: row for row, coin in enumerate(coins)}
        rows = [np.array([place[coin] for coin in one.coins], np.intp) for one in sets]
        faces, labels, trusted = {}, {}, {}
        for one, at in zip(sets, rows, strict=True):
            for face, matrix in one.faces.items():
                faces[f"{face} in {one.space}"] = spread = np.full((len(coins), matrix.shape[1]), np.nan, np.float32)
                spread[at] = matrix
        for column in sets[0].labels:
            of_coin = {coin: label for one in sets for coin, label in zip(one.coins, one.labels[column], strict=True)}
            seen = {
                label
                for one in sets
                for label, scored in zip(one.labels[column], one.scored(column), strict=True)
                if label != scored
            }
            labels[column] = [of_coin[coin] for coin in coins]
            trusted[column] = np.array([label not in seen for label in labels[column]], bool)
        pieces = len(coins) + np.arange(len(coins))
        pieces[rows[0]] = sets[0].pieces
        return replace(sets[0], coins=coins, faces=faces, labels=labels, trusted=trusted, pieces=pieces)
