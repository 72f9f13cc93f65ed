"""`SIMILAR` edges between the sides of one face, and what a later link needs to add to them.

A side that was compared bears ``linked_<slug>``, the checksum that its vector had; the space's node bears the number
of these sides, of their edges, and the histogram of their cosines. Where these agree with what is in the graph and
with the options, only the rows of new sides are compared: a pair of old sides never becomes an edge later, it can only
be evicted. Otherwise (a side removed, a vector changed, other options, a link that was killed) all pairs are compared.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from errors import CoingraphError
from graph.comparing import METHODS, Comparer
from graph.connection import Database, Transaction
from graph.edges import Difference, Edges, Kind, difference, read_edges
from ingest.records import Face
from measure.neighbours import Histogram, Pairs, Ranked, Scan, last_of_nearest, ranked

MOST_EDGES = 3_000_000  # of one face, unless 20 a side are more
USUAL_TOP = 20
EDGES_VERSION = 2  # raised when edges get other properties: they are then compared anew
GDS_AUTO = 200  # sides up to which `auto` compares inside Neo4j: 0.2 s there; 1,000 take 4 s, by blocks 0.3 s

SIMILAR_COLUMNS = ("cosine", "percentile", "rank", "mutual")

SIDES = """
MATCH (s:{label}) WHERE s[$source] IS NOT NULL OR s[$linked] IS NOT NULL
RETURN s.id AS id, s[$source] AS source, s[$linked] AS linked
"""
STATE = """
MATCH (s:Space {slug: $slug})
RETURN s['histogram_' + $face] AS histogram, coalesce(s['linked_' + $face], 0) AS linked,
       coalesce(s['edges_' + $face], 0) AS edges
"""
STORE_STATE = """
MATCH (s:Space {slug: $slug}) SET s += $properties
"""
COUNT_EDGES = "MATCH (:{label})-[e:SIMILAR]->() WHERE e.space = $space RETURN count(e) AS edges"
MARK_SIDES = """
UNWIND $rows AS row
MATCH (s:Side {id: row[0]}) SET s[$linked] = row[1]
"""


class BadLinkOptions(CoingraphError):
    """Options of `link` that contradict each other or lie outside their range."""


class TooManyEdges(CoingraphError):
    """More edges than anybody can look at; the message says which threshold gives 20 a coin."""


@dataclass(frozen=True)
class LinkOptions:
    """Which pairs become edges: of each side the ``top`` nearest (None: all) above a cosine or a percentile."""

    top: int | None = USUAL_TOP
    threshold: float | None = None
    percentile: float | None = None
    method: str = "auto"

    def __post_init__(self) -> None:
        if self.threshold is not None and self.percentile is not None:
            raise BadLinkOptions("give --threshold (a cosine) or --percentile, not both")
        if self.threshold is not None and not -1 <= self.threshold < 1:
            raise BadLinkOptions(f"--threshold is a cosine from -1 to 1, not {self.threshold:g}")
        if self.percentile is not None and not 0 <= self.percentile < 100:
            raise BadLinkOptions(f"--percentile lies between 0 and 100, not {self.percentile:g}")
        if self.top is not None and self.top < 1:
            raise BadLinkOptions("--top is a number from 1, or `all`")
        if self.method not in ("auto", *METHODS):
            raise BadLinkOptions(f"no method is called {self.method!r}; there are auto, {', '.join(METHODS)}")
        if self.method == "knn" and self.top is None:
            raise BadLinkOptions("gds.knn finds the nearest, not all: give --top a number, or another --method")

    @property
    def lasting(self) -> dict[str, Any]:
        """What decides the edges: all exact methods write the same ones."""
        floor = {"threshold": self.threshold, "percentile": self.percentile}
        return {"top": self.top, **floor, "exact": self.method != "knn", "edges": EDGES_VERSION}

    @property
    def floor(self) -> float:
        return -np.inf if self.threshold is None else self.threshold


@dataclass(frozen=True)
class SideState:
    """A side, the checksum of its vector (None: it has none), and that of the vector it was compared with."""

    id: str
    source: str | None
    linked: str | None


@dataclass(frozen=True)
class FaceState:
    """What the graph knows of one face: its sides by id, the histogram of those compared, the edges
    there are, and whether all this agrees."""

    sides: list[SideState]
    histogram: Histogram
    edges: int
    sound: bool

    @property
    def ids(self) -> list[str]:
        """The sides that have a vector, sorted."""
        return [side.id for side in self.sides if side.source is not None]

    @property
    def compared(self) -> set[str]:
        return {side.id for side in self.sides if side.linked is not None}

    @property
    def stale(self) -> list[SideState]:
        """The sides whose mark does not tell their vector."""
        return [side for side in self.sides if side.linked != side.source]

    @property
    def unchanged(self) -> bool:
        return self.sound and not self.stale


class FaceLinks:
    """The sides of one face, their edges and cosines, read or compared only when asked for."""

    def __init__(self, db: Database, slug: str, face: Face, options: LinkOptions, trusted: bool):
        self.db, self.slug, self.face, self.options = db, slug, face, options
        self.kind = Kind("SIMILAR", face.capitalize(), "Side", SIMILAR_COLUMNS)
        self.state = read_state(db, slug, face, trusted)
        self.method = options.method
        if self.method == "auto":
            self.method = "gds" if len(self.state.ids) <= GDS_AUTO else "blocked"
        self.histogram = self.state.histogram
        self.compared = 0

    @cached_property
    def comparer(self) -> Comparer:
        return METHODS[self.method](self.db, self.slug, self.state.ids)

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
        marks = [[side.id, side.source] for side in self.state.stale]
        tx.write_batches(MARK_SIDES, marks, linked=f"linked_{self.slug}")
        properties = {
            f"histogram_{self.face}": self.histogram.counts.tolist(),
            f"pairs_{self.face}": self.histogram.pairs,
            f"linked_{self.face}": len(self.state.ids),
            f"edges_{self.face}": len(self.edges),
        }
        tx.write(STORE_STATE, slug=self.slug, properties=properties)

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
            {name: column[kept] for name, column in zip(SIMILAR_COLUMNS, columns, strict=True)},
        )

    def _all(self) -> Ranked:
        """Compare all pairs."""
        floor = self.options.floor
        if self._scanned_top is None and self.options.percentile is not None:
            self._take(self.comparer.scan(None, np.inf, None, None, None), Histogram.empty())
            floor = self.histogram.cosine_at(self.options.percentile)
        found = self.comparer.scan(self._scanned_top, floor, None, None, self._limit)
        self._take(found, Histogram.empty())
        return ranked(found.pairs, self.options.top)

    def _added(self) -> Ranked | None:
        """Compare the new sides with all; None where that is not enough."""
        floor, least = self.options.floor, self.options.percentile
        if least is not None:
            floor = self.state.histogram.cosine_at(least)
        before = self.state.compared
        new = np.array([id_ not in before for id_ in self.comparer.ids], dtype=bool)
        stored = Pairs(self.stored.first, self.stored.second, self.stored.columns["cosine"])
        top = self._scanned_top
        bounds = None if top is None else last_of_nearest(stored, len(new), top)
        found = self.comparer.scan(top, floor, new, bounds, self._limit)
        self._take(found, self.state.histogram)
        if least is not None and self.histogram.cosine_at(least) < floor:
            return None  # pairs of old sides that were no edges may now lie above the percentile
        return ranked(Pairs.all([stored, found.pairs]), self.options.top)

    def _take(self, found: Scan, before: Histogram) -> None:
        self.histogram = before + found.histogram
        self.compared += found.compared
        if found.overflow:
            raise TooManyEdges(self._too_many(found.overflow))

    @property
    def _limit(self) -> int:
        return max(MOST_EDGES, USUAL_TOP * len(self.state.ids))

    @property
    def _scanned_top(self) -> int | None:
        """``top``, or None where it is so large that all pairs above the floor are no more."""
        top = self.options.top
        return None if top is None or top * len(self.state.ids) // 2 > self._limit else top

    def _too_many(self, number: int) -> str:
        sides = len(self.comparer.ids)
        percentile = 100 * (1 - min(USUAL_TOP * sides / 2 / max(self.histogram.pairs, 1), 1))
        cosine = self.histogram.cosine_at(percentile)
        return (
            f"these options would write {number:,} edges between {sides:,} {self.face}s; at most {self._limit:,} are "
            f"written. About {USUAL_TOP} edges a coin lie above --threshold {cosine:.6g} (--percentile "
            f"{percentile:.6g}); --top {USUAL_TOP} takes the {USUAL_TOP} nearest of each."
        )


def read_state(db: Database, slug: str, face: Face, trusted: bool) -> FaceState:
    """What is in the graph; sound where ``trusted`` and the marks, the edges and the space's node agree."""
    label = face.capitalize()
    rows = db.read(SIDES.format(label=label), source=f"source_{slug}", linked=f"linked_{slug}")
    sides = sorted((SideState(**row) for row in rows), key=lambda side: side.id)
    space = db.read(STATE, slug=slug, face=face)[0]
    edges = db.read(COUNT_EDGES.format(label=label), space=slug)[0]["edges"]
    marked = [side for side in sides if side.linked is not None]
    agree = len(marked) == space["linked"] and edges == space["edges"]
    same = all(side.linked == side.source for side in marked)
    return FaceState(sides, Histogram.stored(space["histogram"]), edges, trusted and agree and same)
