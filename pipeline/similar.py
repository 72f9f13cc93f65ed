"""Which sides are similar and which coins are related: the edges of a space as they should be.

Only the rows of new sides are compared where the marks of the last link (`graph.last_link`) agree with what is in the
graph and with the options: a pair of old sides never becomes an edge later, it can only be evicted. Otherwise (a side
removed, a vector changed, other options, a link that was killed) all pairs are compared.

Two coins are candidates where their obverses or their reverses are `SIMILAR`. The cosines of both faces are computed
for each of them; the score is the mean percentile of the faces that both coins have. A face that one of them lacks says
nothing: it is unknown, not zero. ``contrast`` tells how much rarer the likeness of one face is than that of the other,
in powers of ten: pairs of coins from one die, and mules, have a high one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from errors import BadOption, CoingraphError
from graph.comparing import METHODS, Comparer
from graph.connection import Database, Transaction
from graph.edges import RELATED, SIMILAR, Difference, Edges, coin_of, difference, read_edges
from graph.last_link import mark_face, read_face
from graph.scope import coins_of
from graph.spaces import SpaceRecord
from ingest.records import Face
from measure.neighbours import Histogram, Pairs, Ranked, Scan, last_of_nearest, ranked, weight

MOST_EDGES = 3_000_000  # of one face, unless 20 a side are more
USUAL_TOP = 20
EDGES_VERSION = 2  # raised when edges get other properties: they are then compared again
GDS_AUTO = 200  # sides up to which `auto` compares inside Neo4j: 0.2 s there; 1,000 take 4 s, by blocks 0.3 s


class TooManyEdges(CoingraphError):
    """More edges than anybody can look at; the message says which threshold gives 20 a coin."""


@dataclass(frozen=True)
class LinkOptions:
    """Which pairs become edges: of each side the ``top`` nearest (None: all) above a cosine or a percentile.

    With ``collections`` only sides of these have edges, to each other; percentiles are those of all pairs.
    """

    top: int | None = USUAL_TOP
    threshold: float | None = None
    percentile: float | None = None
    method: str = "auto"
    collections: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.threshold is not None and self.percentile is not None:
            raise BadOption("give --threshold (a cosine) or --percentile, not both")
        if self.threshold is not None and not -1 <= self.threshold < 1:
            raise BadOption(f"--threshold is a cosine from -1 to 1, not {self.threshold:g}")
        if self.percentile is not None and not 0 <= self.percentile < 100:
            raise BadOption(f"--percentile lies between 0 and 100, not {self.percentile:g}")
        if self.top is not None and self.top < 1:
            raise BadOption("--top is a number from 1, or `all`")
        if self.method not in ("auto", *METHODS):
            raise BadOption(f"no method is called {self.method!r}; there are auto, {', '.join(METHODS)}")
        if self.method == "knn" and self.top is None:
            raise BadOption("gds.knn finds the nearest, not all: give --top a number, or another --method")

    @property
    def lasting(self) -> dict[str, Any]:
        """What decides the edges: all exact methods write the same ones."""
        floor = {"threshold": self.threshold, "percentile": self.percentile}
        within = {"collections": list(self.collections)} if self.collections else {}
        return {"top": self.top, **floor, "exact": self.method != "knn", "edges": EDGES_VERSION, **within}

    @property
    def floor(self) -> float:
        return -np.inf if self.threshold is None else self.threshold


class FaceLinks:
    """The sides of one face, their edges and cosines, read or compared only when needed."""

    def __init__(self, db: Database, space: SpaceRecord, face: Face, options: LinkOptions, trusted: bool):
        self.db, self.slug, self.face, self.options = db, space.slug, face, options
        self.kind = replace(SIMILAR, label=face.capitalize())
        self.state = read_face(db, space.slug, face, trusted)
        coins = coins_of(db, options.collections)
        self.ids = [side for side in self.state.ids if coins is None or coin_of(side) in coins]
        self.method = options.method
        if self.method == "auto":
            self.method = "gds" if len(self.state.ids) <= GDS_AUTO else "blocked"
        self.histogram = self.state.histogram
        self.compared = 0

    @cached_property
    def comparer(self) -> Comparer:
        """Of the sides that may have edges."""
        return METHODS[self.method](self.db, self.slug, self.ids)

    @cached_property
    def everyone(self) -> Comparer:
        """Of all sides, for percentiles."""
        return METHODS[self.method](self.db, self.slug, self.state.ids) if self._some else self.comparer

    @property
    def _some(self) -> bool:
        return len(self.ids) < len(self.state.ids)

    @cached_property
    def _read(self) -> tuple[Edges, list[str]]:
        return read_edges(self.db, self.kind, self.slug, self.comparer.ids)

    @property
    def stored(self) -> Edges:
        return self._read[0]

    @cached_property
    def edges(self) -> Edges:
        """The edges as they should be."""
        return self.stored if self.state.unchanged else self._compare()

    @cached_property
    def difference(self) -> Difference:
        """What is to be done to the stored edges."""
        stored, strays = self._read
        return difference(self.kind, self.slug, self.comparer.ids, stored, strays, self.edges)

    def mark(self, tx: Transaction) -> None:
        """Bring the marks on the sides and the space's node up to date, with the edges or once these are."""
        mark_face(tx, self.slug, self.face, self.state, self.histogram, len(self.edges))

    def _compare(self) -> Edges:
        found = self._added() if self.state.sound and self.method != "knn" else None
        if found is None:
            found = self._all()
        percentile = self.histogram.percentile(found.pairs.cosine)
        least = self.options.percentile
        kept = np.ones(len(percentile), dtype=bool) if least is None else percentile > least
        if np.count_nonzero(kept) > self._limit:
            raise TooManyEdges(self._too_many(int(np.count_nonzero(kept))))
        columns = (found.pairs.cosine, percentile, found.rank, found.mutual)
        return Edges(
            found.pairs.first[kept],
            found.pairs.second[kept],
            {name: column[kept] for name, column in zip(SIMILAR.columns, columns, strict=True)},
        )

    def _all(self) -> Ranked:
        """Compare all pairs."""
        floor = self.options.floor
        if self._some or (self._scanned_top is None and self.options.percentile is not None):
            self._count(self.everyone.count(None), Histogram.empty())
        if self._scanned_top is None and self.options.percentile is not None:
            floor = self.histogram.cosine_at(self.options.percentile)
        found = self.comparer.scan(self._scanned_top, floor, None, None, self._limit)
        self._take(found, Histogram.empty())
        return ranked(found.pairs, self.options.top)

    def _added(self) -> Ranked | None:
        """Compare the new sides with all; None where that is not enough."""
        floor, least = self.options.floor, self.options.percentile
        if least is not None:
            floor = self.state.histogram.cosine_at(least)
        new = self._new(self.comparer)
        if self._some:
            self._count(self.everyone.count(self._new(self.everyone)), self.state.histogram)
        stored = Pairs(self.stored.first, self.stored.second, self.stored.columns["cosine"])
        top = self._scanned_top
        bounds = None if top is None else last_of_nearest(stored, len(new), top)
        found = self.comparer.scan(top, floor, new, bounds, self._limit)
        self._take(found, self.state.histogram)
        if least is not None and self.histogram.cosine_at(least) < floor:
            return None  # pairs of old sides that were no edges may now lie above the percentile
        return ranked(Pairs.all([stored, found.pairs]), self.options.top)

    def _new(self, comparer: Comparer) -> np.ndarray:
        before = self.state.compared
        return np.array([id_ not in before for id_ in comparer.ids], dtype=bool)

    def _count(self, found: Scan, before: Histogram) -> None:
        self.histogram = before + found.histogram
        self.compared += found.compared

    def _take(self, found: Scan, before: Histogram) -> None:
        """Count the pairs of a scan, unless those of all sides were counted, which are more."""
        if not self._some:
            self._count(found, before)
        if found.overflow:
            raise TooManyEdges(self._too_many(found.overflow))

    @property
    def _limit(self) -> int:
        return max(MOST_EDGES, USUAL_TOP * len(self.ids))

    @property
    def _scanned_top(self) -> int | None:
        """``top``, or None where it is so large that all pairs above the floor are no more."""
        top = self.options.top
        return None if top is None or top * len(self.ids) // 2 > self._limit else top

    def _too_many(self, number: int) -> str:
        sides = len(self.comparer.ids)
        percentile = 100 * (1 - min(USUAL_TOP * sides / 2 / max(self.histogram.pairs, 1), 1))
        cosine = self.histogram.cosine_at(percentile)
        return (
            f"these options would write {number:,} edges between {sides:,} {self.face}s; at most {self._limit:,} are "
            f"written. About {USUAL_TOP} edges a coin lie above --threshold {cosine:.6g} (--percentile "
            f"{percentile:.6g}); --top {USUAL_TOP} takes the {USUAL_TOP} nearest of each."
        )


def related_difference(db: Database, space: SpaceRecord, faces: Sequence[FaceLinks]) -> Difference:
    """What is to be done so that the stored edges say of coins what the edges of both faces do."""
    coins = sorted({coin_of(side) for face in faces for side in face.comparer.ids})
    stored, strays = read_edges(db, RELATED, space.slug, coins)
    return difference(RELATED, space.slug, coins, stored, strays, related_edges(coins, faces))


def related_edges(coins: Sequence[str], faces: Sequence[FaceLinks]) -> Edges:
    """The edges between ``coins`` (sorted ids)."""
    position = {coin: place for place, coin in enumerate(coins)}
    count = max(len(coins), 1)
    coin_of_side = [np.array([position[coin_of(side)] for side in face.comparer.ids], np.int64) for face in faces]
    codes = [np.zeros(0, np.int64)]
    for face, owners in zip(faces, coin_of_side, strict=True):
        one, other = owners[face.edges.first], owners[face.edges.second]
        codes.append(np.minimum(one, other) * count + np.maximum(one, other))
    first, second = np.divmod(np.unique(np.concatenate(codes)), count)
    columns: dict[str, np.ndarray] = {}
    for face, owners in zip(faces, coin_of_side, strict=True):
        side_of_coin = np.full(count, -1, np.int64)
        side_of_coin[owners] = np.arange(len(owners))
        one, other = side_of_coin[first], side_of_coin[second]
        both = (one >= 0) & (other >= 0)
        columns[face.face] = np.full(len(first), np.nan)
        columns[face.face][both] = face.comparer.cosines(one[both], other[both])
        columns[f"{face.face}_percentile"] = np.full(len(first), np.nan)
        columns[f"{face.face}_percentile"][both] = face.histogram.percentile(columns[face.face][both])
    percentiles = np.stack([columns["obverse_percentile"], columns["reverse_percentile"]])
    known = ~np.isnan(percentiles)
    columns["score"] = np.where(known, percentiles, 0).sum(0) / np.maximum(known.sum(0), 1)
    rarity = [weight(p, face.histogram.pairs) for p, face in zip(percentiles, faces, strict=True)]
    columns["contrast"] = np.abs(rarity[0] - rarity[1])
    columns["evidence"] = np.where(known.all(0), "both sides", np.where(known[0], "obverse only", "reverse only"))
    return Edges(first, second, columns)
