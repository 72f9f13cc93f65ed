"""What the graph remembers of a space's last link, so that the next one only compares what is new.

A side that was compared bears ``linked_<slug>``, the checksum that its vector had; the space's node bears the options,
the number of these sides, of their edges, and the histogram of their cosines. A space whose edges have probabilities is
marked ``calibrated``, with a checksum of the types that they were learned from.
"""

from dataclasses import dataclass

from graph.connection import Database, Transaction
from graph.spaces import NEXT
from ingest.records import Face
from measure.neighbours import Histogram

SIDES = """
MATCH (s:{label}) WHERE s[$source] IS NOT NULL OR s[$linked] IS NOT NULL
RETURN s.id AS id, s[$source] AS source, s[$linked] AS linked
"""
FACE = """
MATCH (s:Space {slug: $slug})
RETURN s['histogram_' + $face] AS histogram, coalesce(s['linked_' + $face], 0) AS linked,
       coalesce(s['edges_' + $face], 0) AS edges
"""
STORE_FACE = "MATCH (s:Space {slug: $slug}) SET s += $properties"
COUNT_EDGES = "MATCH (:{label})-[e:SIMILAR]->() WHERE e.space = $space RETURN count(e) AS edges"
MARK_SIDES = """
UNWIND $rows AS row
MATCH (s:Side {id: row[0]}) SET s[$linked] = row[1]
"""
# `FaceState.stale` and `LinkState`, counted by the server.
COUNT_STALE = """
MATCH (s:Space {slug: $slug}) WHERE s.link_options IS NOT NULL
CALL (s) {
  MATCH (side:Side) WHERE coalesce(side[$linked], '') <> coalesce(side[$source], '') RETURN count(side) AS sides
}
RETURN sides, s.linking IS NOT NULL
              OR coalesce(s.edges_related, 0) <> COUNT { (:Coin)-[e:RELATED]->() WHERE e.space = $slug } AS other
"""
LINKED = """
MATCH (s:Space {slug: $slug})
RETURN s.link_options AS options, s.linking IS NOT NULL AS unfinished, coalesce(s.edges_related, 0) AS related,
       COUNT { (:Coin)-[e:RELATED]->() WHERE e.space = $slug } AS stored
"""
PRODUCED = "MATCH (s:Space {slug: $slug}), (r:Run {id: $run}) MERGE (r)-[:PRODUCED]->(s)"
BEGIN = "MATCH (s:Space {slug: $slug}) SET s.linking = $run"
END = """
MATCH (s:Space {slug: $slug}) SET s.link_options = $options, s.edges_related = $related
REMOVE s.linking
"""
DRAFT = "MERGE (d:Draft {slug: $slug}) SET d.name = $slug"
DROP_DRAFT = "MATCH (d:Draft {slug: $slug}) DELETE d"
DROP_FORMER = """
MATCH ()-[e:{edges}]->() WHERE e.space = $slug AND e.run <> $run
CALL (e) {{ DELETE e }} IN TRANSACTIONS OF 10000 ROWS
"""
TAKE_OVER = """
MATCH ()-[e:{edges}]->() WHERE e.space = $draft
CALL (e) {{ SET e.space = $slug, e.key = $slug + substring(e.key, size($draft)) }} IN TRANSACTIONS OF 10000 ROWS
"""
# Edges say where a fused vector knew no text and speaks of the picture alone (`pipeline.derive`).
MARKS = (
    """
    MATCH (a:Side)-[e:SIMILAR {space: $slug}]->(b:Side)
    WITH e, CASE WHEN a[$without] OR b[$without] THEN true END AS without
    WHERE (e.without_text IS NULL) <> (without IS NULL)
    CALL (e, without) { SET e.without_text = without } IN TRANSACTIONS OF 10000 ROWS
    """,
    """
    MATCH (a:Coin)-[e:RELATED {space: $slug}]->(b:Coin)
    WITH e, CASE WHEN EXISTS { (a)-[:HAS_SIDE]->(s:Side) WHERE s[$without] }
                   OR EXISTS { (b)-[:HAS_SIDE]->(s:Side) WHERE s[$without] } THEN true END AS without
    WHERE (e.without_text IS NULL) <> (without IS NULL)
    CALL (e, without) { SET e.without_text = without } IN TRANSACTIONS OF 10000 ROWS
    """,
)
FUSED = "MATCH (s:Space {slug: $slug, model: 'fusion'}) RETURN s.slug"
CALIBRATED = """
MATCH (s:Space {slug: $slug})
RETURN coalesce(s.calibrated, false) AS calibrated, s.calibrated_on AS types,
       coalesce(s.calibrated_with_accepted, false) AS with_accepted,
       {obverse: coalesce(s.pairs_obverse, 0), reverse: coalesce(s.pairs_reverse, 0)} AS pairs
"""
MARK_CALIBRATED = """
MATCH (s:Space {slug: $slug})
SET s.calibrated = $calibrated, s.calibrated_on = $types, s.calibrated_with_accepted = $with_accepted
"""
FORGET_PROBABILITIES = """
MATCH ()-[e:SIMILAR|RELATED]->() WHERE e.space = $space AND e.probability IS NOT NULL
CALL (e) { REMOVE e.probability } IN TRANSACTIONS OF 10000 ROWS
RETURN count(*) AS removed
"""


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


@dataclass(frozen=True)
class LinkState:
    """The last link of a space: its options (JSON), whether it was killed in the middle, and the number of `RELATED`
    edges that it left, beside that of those ``stored``."""

    options: str | None
    unfinished: bool
    related: int
    stored: int


@dataclass(frozen=True)
class Calibration:
    """Whether edges have probabilities, a checksum of the types these were learned from, whether types that were
    accepted from proposals are among them, and the number of ``pairs`` of each face that were compared."""

    calibrated: bool
    types: str | None
    with_accepted: bool
    pairs: dict[Face, int]


def read_face(db: Database, slug: str, face: Face, trusted: bool) -> FaceState:
    """What is in the graph; sound where ``trusted`` and the marks, the edges and the space's node agree."""
    label = face.capitalize()
    rows = db.read(SIDES.format(label=label), source=f"source_{slug}", linked=f"linked_{slug}")
    sides = sorted((SideState(**row) for row in rows), key=lambda side: side.id)
    space = db.read(FACE, slug=slug, face=face)[0]
    edges = db.read(COUNT_EDGES.format(label=label), space=slug)[0]["edges"]
    marked = [side for side in sides if side.linked is not None]
    agree = len(marked) == space["linked"] and edges == space["edges"]
    same = all(side.linked == side.source for side in marked)
    return FaceState(sides, Histogram.stored(space["histogram"]), edges, trusted and agree and same)


def mark_face(tx: Transaction, slug: str, face: Face, state: FaceState, histogram: Histogram, edges: int) -> None:
    """Bring the marks on the sides and the space's node up to date, with the edges or once these are."""
    marks = [[side.id, side.source] for side in state.stale]
    tx.write_batches(MARK_SIDES, marks, linked=f"linked_{slug}")
    properties = {
        f"histogram_{face}": histogram.counts.tolist(),
        f"pairs_{face}": histogram.pairs,
        f"linked_{face}": len(state.ids),
        f"edges_{face}": edges,
    }
    tx.write(STORE_FACE, slug=slug, properties=properties)


def read_link(db: Database, slug: str) -> LinkState:
    return LinkState(**db.read(LINKED, slug=slug)[0])


def count_unlinked(db: Database, slug: str) -> int | None:
    """How many sides of a space that was linked stand otherwise than they were compared; 0 too where edges alone are
    not as they were left. None where all is as the last link left it, or there was none."""
    rows = db.read(COUNT_STALE, slug=slug, linked=f"linked_{slug}", source=f"source_{slug}")
    return rows[0]["sides"] if rows and (rows[0]["sides"] or rows[0]["other"]) else None


def note_run(db: Database, slug: str, run: str) -> None:
    """Note that a run linked the space, whether or not it found something to do."""
    db.write(PRODUCED, slug=slug, run=run)


def begin_link(db: Database, slug: str, run: str) -> None:
    """Mark a space whose edges are going to change in several transactions."""
    db.write(BEGIN, slug=slug, run=run)


def end_link(tx: Transaction, slug: str, options: str, related: int) -> None:
    """Mark a space whose edges are as ``options`` (JSON) say."""
    tx.write(END, slug=slug, options=options, related=related)


def begin_draft(db: Database, slug: str) -> str:
    """The slug under which edges of other options are written beside those of a space."""
    db.write(DRAFT, slug=slug + NEXT)
    return slug + NEXT


def replace_edges(db: Database, slug: str, run: str) -> dict[str, int]:
    """Put the edges that were written beside those of a space, by this run, in their place."""
    for edges in ("SIMILAR", "RELATED"):
        db.run_alone(DROP_FORMER.format(edges=edges), slug=slug, run=run)
        db.run_alone(TAKE_OVER.format(edges=edges), slug=slug, draft=slug + NEXT)
    db.write(DROP_DRAFT, slug=slug + NEXT)
    return {}


def mark_without_text(db: Database, slug: str) -> None:
    """Set ``without_text`` on the edges of a fused space where a side of either end had no text."""
    if db.read(FUSED, slug=slug):
        for query in MARKS:
            db.run_alone(query, slug=slug, without=f"without_text_{slug}")


def read_calibration(db: Database, slug: str) -> Calibration:
    return Calibration(**db.read(CALIBRATED, slug=slug)[0])


def mark_calibrated(db: Database, slug: str, calibrated: bool, types: str, with_accepted: bool) -> None:
    """``types`` is a checksum of the types that the probabilities were learned from."""
    told = True if with_accepted else None
    db.write(MARK_CALIBRATED, slug=slug, calibrated=calibrated, types=types, with_accepted=told)


def forget_probabilities(db: Database, slug: str) -> dict[str, int]:
    """Take the probabilities of a space's edges away. Can be repeated."""
    db.write(MARK_CALIBRATED, slug=slug, calibrated=None, types=None, with_accepted=None)
    return {"removed_probabilities": db.run_alone(FORGET_PROBABILITIES, space=slug)[0]["removed"]}
