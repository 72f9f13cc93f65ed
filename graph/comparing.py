"""Three ways to compare the sides of one face: here by blocks, inside Neo4j pair by pair, and by `gds.knn`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from errors import CoingraphError
from graph.connection import Database
from graph.spaces import usable, vectors_of
from measure import neighbours
from measure.neighbours import Histogram, Pairs, Scan, rounded

GDS_MOST = 5000  # sides; more would take `--method gds` minutes to hours
SAMPLED_PAIRS = 1_000_000
SAMPLED_SIDES = 500
SEED = 1
FLOAT32_NOISE = 1e-6

USABLE_IN_SERVER = """
MATCH (s:Side) WHERE s.id IN $ids AND gds.similarity.cosine(s[$vector], s[$vector]) > 0.5
RETURN s.id AS id
"""
SCAN_IN_SERVER = """
UNWIND range(0, size($ids) - 1) AS place
MATCH (s:Side {id: $ids[place]})
WITH s ORDER BY place
WITH collect(s[$vector]) AS vectors
UNWIND range($old, size(vectors) - 1) AS row
WITH vectors, row, vectors[row] AS one
RETURN row, [other IN vectors[..row] | gds.similarity.cosine(one, other)] AS cosines
"""
COSINES_IN_SERVER = """
UNWIND $pairs AS pair
MATCH (a:Side {id: pair[0]}) MATCH (b:Side {id: pair[1]})
RETURN gds.similarity.cosine(a[$vector], b[$vector]) AS cosine
"""
PROJECT_SIDES = """
MATCH (s:Side) WHERE s.id IN $ids
WITH s ORDER BY s.id
RETURN gds.graph.project($graph, s, null,
  {sourceNodeProperties: {vector: s[$vector]}, targetNodeProperties: null})
"""
KNN = """
CALL gds.knn.stream($graph, {nodeProperties: {vector: 'COSINE'}, topK: $top, sampleRate: 1.0, deltaThreshold: 0.0,
                             randomSeed: $seed, concurrency: 1})
YIELD node1, node2
RETURN gds.util.asNode(node1).id AS first, gds.util.asNode(node2).id AS second
"""


class TooManySides(CoingraphError):
    """Pair by pair inside Neo4j would take too long."""


@dataclass(frozen=True)
class Recall:
    """The share of the true nearest that `gds.knn` found, on a sample of sides."""

    share: float
    sides: int


class Comparer(Protocol):
    """Knows the vectors of the sides ``ids`` (sorted, those without a direction left out) of one face, or where they
    are; ``recall`` is set where neighbours are approximate."""

    ids: list[str]
    recall: Recall | None

    def scan(
        self, top: int | None, floor: float, new: np.ndarray | None, bounds: np.ndarray | None, limit: int | None
    ) -> Scan:
        """See `measure.neighbours.scan`."""

    def count(self, new: np.ndarray | None) -> Scan:
        """The cosines of all pairs with a ``new`` side, or of all pairs, counted; without the pairs."""
        return self.scan(None, np.inf, new, None, None)

    def cosines(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Float64 cosines of pairs of positions in ``ids``."""


class Blocked(Comparer):
    """Exact, by blocks of matrix products on this machine."""

    recall: Recall | None = None

    def __init__(self, db: Database, slug: str, ids: Sequence[str]):
        matrix = vectors_of(db, slug, ids)
        good = usable(matrix)
        self.ids = [id_ for id_, one in zip(ids, good, strict=True) if one]
        self.matrix = matrix if good.all() else matrix[good]

    def scan(
        self, top: int | None, floor: float, new: np.ndarray | None, bounds: np.ndarray | None, limit: int | None
    ) -> Scan:
        return neighbours.scan(self.matrix, top, floor, new, bounds, limit)

    def cosines(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return neighbours.cosines(self.matrix, first, second)


class InServer(Comparer):
    """Exact, by `gds.similarity.cosine` over all pairs: vectors never leave Neo4j."""

    recall: Recall | None = None

    def __init__(self, db: Database, slug: str, ids: Sequence[str]):
        if len(ids) > GDS_MOST:
            raise TooManySides(
                f"--method gds compares pair by pair and takes at most {GDS_MOST:,} sides of a face; here are "
                f"{len(ids):,}. Use --method blocked: it writes the same edges."
            )
        self.db = db
        self.vector = f"vector_{slug}"
        good = {row["id"] for row in db.read(USABLE_IN_SERVER, ids=list(ids), vector=self.vector)}
        self.ids = [id_ for id_ in ids if id_ in good]

    def scan(
        self, top: int | None, floor: float, new: np.ndarray | None, bounds: np.ndarray | None, limit: int | None
    ) -> Scan:
        count = len(self.ids)
        new = np.ones(count, dtype=bool) if new is None else new
        order = np.concatenate([np.flatnonzero(~new), np.flatnonzero(new)])
        parts, histogram, compared = [Pairs.none()], Histogram.empty(), 0
        arguments = {"ids": [self.ids[i] for i in order], "vector": self.vector, "old": int(np.count_nonzero(~new))}
        for row, values in self.db.stream(SCAN_IN_SERVER, **arguments) if count else ():
            cosines = rounded(np.array(values, dtype=np.float64))
            histogram += Histogram.of(cosines)
            compared += len(cosines)
            others = order[:row]
            pairs = Pairs(np.minimum(others, order[row]), np.maximum(others, order[row]), cosines)
            parts.append(pairs[cosines > floor])
        found = Pairs.all(parts)
        if limit is not None and top is None and len(found) > limit:
            return Scan(Pairs.none(), histogram, compared, len(found))
        return Scan(found, histogram, compared)

    def cosines(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        pairs = [[self.ids[one], self.ids[other]] for one, other in zip(first, second, strict=True)]
        rows = self.db.read(COSINES_IN_SERVER, pairs=pairs, vector=self.vector)
        return rounded(np.array([row["cosine"] for row in rows], dtype=np.float64))


class Knn(Blocked):
    """Approximate, by `gds.knn`; percentiles from a seeded sample of pairs. ``recall`` is set by a scan."""

    def __init__(self, db: Database, slug: str, ids: Sequence[str]):
        super().__init__(db, slug, ids)
        self.db = db
        self.slug = slug

    @cached_property
    def position(self) -> dict[str, int]:
        return {id_: place for place, id_ in enumerate(self.ids)}

    def scan(
        self, top: int | None, floor: float, new: np.ndarray | None, bounds: np.ndarray | None, limit: int | None
    ) -> Scan:
        """All sides anew, whichever are new: the graph of `gds.knn` cannot be added to."""
        assert top is not None
        histogram, compared = self._sampled_histogram()
        if len(self.ids) < 2:
            return Scan(Pairs.none(), histogram, compared)
        graph = f"coingraph-knn-{self.slug}"
        self.db.gds.graph.drop(graph, fail_if_missing=False)
        try:
            self.db.run_alone(PROJECT_SIDES, graph=graph, ids=self.ids, vector=f"vector_{self.slug}")
            rows = self.db.run_alone(KNN, graph=graph, top=min(top, len(self.ids) - 1), seed=SEED)
        finally:
            self.db.gds.graph.drop(graph, fail_if_missing=False)
        found = np.array([[self.position[row["first"]], self.position[row["second"]]] for row in rows], dtype=np.int64)
        self.recall = self._measured(found, top)
        ends = np.unique(np.sort(found.reshape(-1, 2), axis=1), axis=0)
        pairs = Pairs(ends[:, 0], ends[:, 1], self.cosines(ends[:, 0], ends[:, 1]))
        return Scan(pairs[pairs.cosine > floor], histogram, compared)

    def count(self, new: np.ndarray | None) -> Scan:
        """Those of a sample of all pairs, whichever sides are new."""
        return Scan(Pairs.none(), *self._sampled_histogram())

    def _sampled_histogram(self) -> tuple[Histogram, int]:
        count = len(self.ids)
        if count * (count - 1) // 2 <= SAMPLED_PAIRS:
            first, second = np.triu_indices(count, 1)
        else:
            chance = np.random.default_rng(SEED)
            first = chance.integers(0, count, SAMPLED_PAIRS)
            second = (first + chance.integers(1, count, SAMPLED_PAIRS)) % count
        return Histogram.of(self.cosines(first, second)), len(first)

    def _measured(self, found: np.ndarray, top: int) -> Recall:
        """Compare what was found with the exact nearest of a sample; a neighbour as near as the last one counts."""
        count = len(self.ids)
        nearest = min(top, count - 1)
        sample = np.random.default_rng(SEED).permutation(count)[:SAMPLED_SIDES]
        lengths = np.linalg.norm(self.matrix, axis=1)
        found = found[np.argsort(found[:, 0], kind="stable")]
        starts = np.searchsorted(found[:, 0], np.arange(count + 1))
        hits = 0
        for side in sample:
            cosines = self.matrix @ self.matrix[side] / (lengths * lengths[side])
            cosines[side] = -np.inf
            last = np.partition(cosines, count - nearest)[count - nearest]
            neighbours_found = found[starts[side] : starts[side + 1], 1]
            hits += int(np.count_nonzero(cosines[neighbours_found] >= last - FLOAT32_NOISE))
        return Recall(hits / (nearest * len(sample)), len(sample))


METHODS: dict[str, type[Blocked] | type[InServer]] = {"gds": InServer, "blocked": Blocked, "knn": Knn}
