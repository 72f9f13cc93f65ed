"""Spaces side by side: their cosines, networks, types, and how far two of them name the same neighbours."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np

from measure.coinset import CoinSet, components
from measure.communities import agreement
from measure.likeness import METRICS, Likeness, NoDistance
from measure.neighbours import SMALL, Histogram, Pairs, Scan, rounded, scan, unit
from measure.retrieval import NothingToMeasure, retrieval


@dataclass(frozen=True)
class Sides:
    """One face of a space: cosines of all ``pairs`` of its ``sides`` (None where there are no two sides)."""

    space: str
    face: str
    sides: int
    pairs: int
    lowest: float | None = None
    percent_1: float | None = None
    median: float | None = None
    percent_99: float | None = None
    highest: float | None = None


@dataclass(frozen=True)
class Types:
    """How well the ``sides`` of catalogued types that at least two of them share are parted by type.

    ``silhouette`` -1 to 1, higher is better (Rousseeuw 1987); ``davies_bouldin`` from 0, lower is better (Davies and
    Bouldin 1979); ``first_hit`` the share of sides whose nearest is of their type, and its ``chance``. ``knows`` marks
    a space that was made from the types: there these figures say nothing of the pictures.
    """

    space: str
    face: str
    sides: int
    types: int
    silhouette: float | None
    davies_bouldin: float | None
    first_hit: float | None
    chance: float | None
    knows: str


@dataclass(frozen=True)
class NetworkSize:
    """The edges between ``sides`` whose cosine lies above ``cosine``; ``asked`` says where that threshold comes from.

    ``parts`` are connected components of two sides and more, ``largest`` the sides of the largest; both and ``alone``
    are None where there are more than two million edges, whose number then comes from the histogram.
    """

    space: str
    face: str
    sides: int
    asked: str
    cosine: float
    edges: int
    alone: int | None
    parts: int | None
    largest: int | None


@dataclass(frozen=True)
class Communities:
    """The latest partition of a space, and its agreement (AMI) with the types of the ``typed`` of its ``coins``."""

    space: str
    partition: str
    coins: int
    communities: int
    alone: int
    typed: int
    ami_types: float | None
    chance: float | None
    knows: str


@dataclass(frozen=True)
class Overlap:
    """The share of the ``nearest`` neighbours that two spaces have in common, over the ``sides`` that both have."""

    space: str
    other: str
    face: str
    sides: int
    nearest: int
    shared: float
    chance: float


@dataclass(frozen=True)
class CommunityOverlap:
    """Adjusted mutual information of two spaces' communities over the ``coins`` that both partitions cover.

    ``chance`` is its mean and ``chance_high`` its 97.5 % quantile when one of the two is dealt at random.
    """

    space: str
    other: str
    coins: int
    ami: float
    chance: float
    chance_high: float


@dataclass(frozen=True)
class PastEvaluation:
    """An earlier result of `evaluate`: mean average precision (95 % interval) and first hit, over classes.

    ``made`` is when. Each space's come oldest first, so that one sees what became better.
    """

    space: str
    face: str
    label: str
    metric: str
    made: str
    coins: int
    map: float
    low: float
    high: float
    chance: float
    first_hit: float
    knows: str

    @classmethod
    def of(cls, run: dict[str, Any], space: str) -> "PastEvaluation":
        """From what `measure.evaluation.Evaluation.properties` left on a `Run`."""
        figures = (run["map_macro"], run["map_macro_low"], run["map_macro_high"], run["map_macro_chance"])
        made = f"{run['started'].to_native():%Y-%m-%d %H:%M:%S}"
        knows = "the label" if run["leak"] else ""
        of = (run["face"], run["label"], run["metric"], made, run["queries"])
        return cls(space, *of, *figures, run["r1_macro"], knows)


@dataclass(frozen=True)
class Comparison:
    """All tables of a comparison. ``metric`` is that of neighbours, silhouette and Davies-Bouldin.

    ``notes`` say what could not be measured and why.
    """

    metric: str
    sides: list[Sides]
    networks: list[NetworkSize]
    types: list[Types]
    communities: list[Communities]
    neighbours: list[Overlap]
    agreement: list[CommunityOverlap]
    notes: list[str]
    evaluations: list[PastEvaluation] = field(default_factory=list)


NEAREST = 10
#: Networks of more edges are counted by the histogram, and their connected parts are not computed.
MOST_EDGES = 2_000_000
#: The column that names a coin's type; a space that was made from it knows the answer.
LABEL = "type"


class Points:
    """The sides of one face of a space; each answer is computed once."""

    def __init__(self, coins: CoinSet, face: str, metric: str):
        rows, matrix = coins.rows_with(face), coins.faces[face]
        self.space, self.face = coins.space, face
        self.matrix = matrix if len(rows) == len(matrix) else matrix[rows]
        self.coins, self.types = [coins.coins[row] for row in rows], [coins.labels[LABEL][row] for row in rows]
        self.knows = _knows(coins)
        self.metric = metric

    def __len__(self) -> int:
        return len(self.coins)

    @property
    def by_cosine(self) -> bool:
        return self.metric == "cosine"

    @cached_property
    def placed(self) -> np.ndarray:
        """(n, d) float64: what the metric makes of the vectors. Raises `NoDistance`."""
        try:
            return METRICS[self.metric](self.matrix.astype(np.float64))
        except NoDistance as error:
            raise NoDistance(f"{self.space}: {error}") from error

    @cached_property
    def scanned(self) -> Scan:
        """All pairs compared: their histogram, and candidates for the nearest."""
        return scan(self.matrix, NEAREST)

    @property
    def histogram(self) -> Histogram:
        return self.scanned.histogram

    def nearest(self, rows: np.ndarray, k: int) -> np.ndarray:
        """The ``k`` nearest of each of some ``rows`` among them, nearest first, as places in ``rows``: (m, k).

        Equally near ones come in the order of the rows.
        """
        if not self.by_cosine:
            return nearest_by_distance(self.placed[rows], k)
        everything = len(rows) == len(self) and k <= NEAREST
        found = self.scanned.pairs if everything else scan(self.matrix[rows], k).pairs
        return nearest_of_pairs(found, len(rows), k)


def nearest_of_pairs(pairs: Pairs, count: int, k: int) -> np.ndarray:
    """(count, k): the nearest ``k`` of each row, from pairs that hold them all."""
    row = np.concatenate([pairs.first, pairs.second])
    neighbour = np.concatenate([pairs.second, pairs.first])
    order = np.lexsort((neighbour, -np.concatenate([pairs.cosine, pairs.cosine]), row))
    starts = np.searchsorted(row[order], np.arange(count))
    return neighbour[order][starts[:, None] + np.arange(k)]


def nearest_by_distance(points: np.ndarray, k: int) -> np.ndarray:
    """(n, k): the nearest ``k`` of each of ``points`` (n, d) by Euclidean distance."""
    from sklearn.metrics import pairwise_distances_chunked

    def some(distances: np.ndarray, start: int) -> np.ndarray:
        here = np.arange(len(distances))
        distances = np.round(distances, 9)  # above the noise, so that equal vectors tie
        distances[here, start + here] = np.inf
        return np.argsort(distances, axis=1, kind="stable")[:, :k]

    return np.concatenate(list(pairwise_distances_chunked(points, reduce_func=some)))


def compare(
    sets: Sequence[CoinSet],
    thresholds: Sequence[float] = (),
    percentiles: Sequence[float] = (),
    metric: str = "cosine",
) -> Comparison:
    """Measure each space, and each pair of them on the sides that both have.

    Their coins have the label `LABEL`, and at most one partition. ``thresholds`` are cosines, ``percentiles`` shares (0
    to 100) of all pairs of a face; pairs strictly above make the networks. ``metric`` is one of
    `measure.likeness.METRICS`. Raises `NoDistance`.
    """
    faces = [{face: Points(coins, face, metric) for face in coins.faces} for coins in sets]
    points = [one for by_face in faces for one in by_face.values() if len(one)]
    grouped = [coins for coins in sets if coins.partitions]
    found = Comparison(
        metric,
        [cosines_of(one) for one in points],
        [network for one in points for network in networks(one, thresholds, percentiles)],
        [types for one in points if (types := by_type(one))],
        [communities_of(coins) for coins in grouped],
        [o for a, b in combinations(faces, 2) for face in a if (o := overlap(a[face], b[face]))],
        [c for a, b in combinations(grouped, 2) if (c := community_overlap(a, b))],
        [],
    )
    found.notes.extend(_notes(sets, found))
    return found


def _knows(coins: CoinSet) -> str:
    return "the label" if LABEL in coins.fields else ""


def cosines_of(points: Points) -> Sides:
    """The range of a face's cosines: exact up to 4,096 sides, above that to a bin of the histogram."""
    count = len(points)
    pairs = count * (count - 1) // 2
    shares = [1e-9, 1, 50, 99, 100]  # just above 0, where the histogram's first pair lies
    values: list[float] | list[None] = [None] * len(shares)
    if 1 < count <= SMALL:
        units = unit(points.matrix.astype(np.float64))
        all_cosines = rounded((units @ units.T)[np.triu_indices(count, 1)])
        values = np.percentile(all_cosines, [0, *shares[1:]]).tolist()
    elif count > SMALL:
        values = [points.histogram.cosine_at(share) for share in shares]
    return Sides(points.space, points.face, count, pairs, *values)


def networks(points: Points, thresholds: Sequence[float], percentiles: Sequence[float]) -> Iterator[NetworkSize]:
    """What edges above each threshold make of a face's sides."""
    count = len(points)
    if count < 2:
        return
    asked = [(f"cosine > {t:g}", t) for t in thresholds]
    asked += [(f"percentile > {p:g}", points.histogram.cosine_at(p)) for p in percentiles]
    about = [points.histogram.above(cosine) for _, cosine in asked]
    floors = [cosine for (_, cosine), edges in zip(asked, about, strict=True) if edges <= MOST_EDGES]
    drawn = scan(points.matrix, None, min(floors)).pairs if floors else Pairs.none()
    for (words, cosine), edges in zip(asked, about, strict=True):
        if edges > MOST_EDGES:
            yield NetworkSize(points.space, points.face, count, words, cosine, edges, None, None, None)
        else:
            kept = drawn[drawn.cosine > cosine]
            sizes = np.bincount(components(count, kept.first, kept.second))
            alone, parts = int((sizes == 1).sum()), int((sizes > 1).sum())
            yield NetworkSize(
                points.space, points.face, count, words, cosine, len(kept), alone, parts, int(sizes.max())
            )


def by_type(points: Points) -> Types | None:
    """Silhouette, Davies-Bouldin and first hit of a face; None where no two sides share a catalogued type."""
    from sklearn.metrics import davies_bouldin_score, silhouette_score

    numbers = Counter(points.types)
    rows = np.array([row for row, kind in enumerate(points.types) if kind and numbers[kind] > 1], np.intp)
    labels = [str(points.types[row]) for row in rows]
    if not labels:
        return None
    kinds = len(set(labels))
    values = points.placed[rows]
    silhouette = davies_bouldin = None
    if kinds > 1:
        metric = "cosine" if points.by_cosine else "euclidean"
        silhouette = float(silhouette_score(values, labels, metric=metric))
        davies_bouldin = float(davies_bouldin_score(values, labels))
    hit, chance = first_hit(points)
    return Types(points.space, points.face, len(rows), kinds, silhouette, davies_bouldin, hit, chance, points.knows)


def first_hit(points: Points) -> tuple[float | None, float | None]:
    """The share of sides whose nearest typed side is of their type, and chance. Sides of a lonely type only mislead."""
    near = Likeness([points.matrix]) if points.by_cosine else Likeness([points.placed], metric="euclidean")
    try:
        rate = retrieval(near, points.types).r1_micro
    except NothingToMeasure:
        return None, None
    return rate.value, rate.chance


def overlap(a: Points, b: Points) -> Overlap | None:
    """The mean share of nearest neighbours that two spaces agree on; None where they have no three sides in common."""
    common = sorted(set(a.coins) & set(b.coins))
    if len(common) < 3:
        return None
    k = min(NEAREST, len(common) - 1)
    near = []
    for points in (a, b):
        place = {coin: row for row, coin in enumerate(points.coins)}
        near.append(points.nearest(np.array([place[coin] for coin in common]), k))
    shared = (near[0][:, :, None] == near[1][:, None, :]).any(2).mean()
    return Overlap(a.space, b.space, a.face, len(common), k, float(shared), k / (len(common) - 1))


def communities_of(coins: CoinSet) -> Communities:
    partition, labels = coins.partitions[0], coins.labels[LABEL]
    covered = np.flatnonzero(partition.covered)
    typed = np.array([row for row in covered if labels[row] is not None], np.intp)
    found = agreement(partition.groups(typed), [labels[row] for row in typed]) if len(typed) else None
    numbers = partition.number[covered]
    return Communities(
        coins.space,
        partition.id,
        len(covered),
        len(np.unique(numbers[numbers > 0])),
        int((numbers == 0).sum()),
        len(typed),
        found.ami if found else None,
        found.chance if found else None,
        _knows(coins),
    )


def community_overlap(a: CoinSet, b: CoinSet) -> CommunityOverlap | None:
    """How far two partitions agree, over the coins that both cover; None where there are none."""
    covered = [{coin for coin, one in zip(c.coins, c.partitions[0].covered, strict=True) if one} for c in (a, b)]
    common = sorted(covered[0] & covered[1])
    if not common:
        return None
    one, other = (c.partitions[0].groups(np.array([c.place[coin] for coin in common])) for c in (a, b))
    found = agreement(one, other)
    return CommunityOverlap(a.space, b.space, found.coins, found.ami, found.chance, found.chance_high)


def _notes(sets: Sequence[CoinSet], found: Comparison) -> Iterator[str]:
    for coins in sets:
        if _knows(coins):
            yield f"{coins.space} knows the label: it was made from the coins' types, which it is measured by"
        elif coins.fields:
            yield f"{coins.space} was made from {', '.join(coins.fields)}: where these tell the type, it knows it"
        if not coins.partitions:
            yield f"{coins.space} has no communities{' of this face' if coins.face != 'both' else ''} to compare"
    if not found.types:
        yield "no type is catalogued for two coins of these spaces, so nothing is measured by type"
    if len({coins.partitions[0].face for coins in sets if coins.partitions}) > 1:
        yield "the partitions are of different faces: analyze the same --face of each to compare like with like"
    compared = {(row.space, row.other) for row in found.neighbours}
    for a, b in combinations(sets, 2):
        if (a.space, b.space) not in compared:
            yield (
                f"{a.space} and {b.space} have no three sides of one face in common: their neighbours are not compared"
            )
