"""Linking a space: `SIMILAR` edges of both faces, then `RELATED`, and the marks by which a killed link is noticed."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graph.connection import Database
from graph.edges import Changes, Difference, from_nothing, size, write_difference, write_differences
from graph.matches import any_matches, bring_matches
from graph.pending import decide, finish
from graph.probabilities import keep_current
from graph.related import coin_of, mark_without_text, related_difference
from graph.runs import Run
from graph.schema import prepare
from graph.similar import FaceLinks, LinkOptions
from graph.spaces import NEXT, SET_FIRST_DEFAULT, space_named
from ingest.records import FACES

STATE = """
MATCH (s:Space {slug: $slug})
RETURN s.link_options AS options, s.linking AS linking, coalesce(s.edges_related, 0) AS related,
       COUNT { (:Coin)-[e:RELATED]->() WHERE e.space = $slug } AS stored
"""
PRODUCED = "MATCH (s:Space {slug: $slug}), (r:Run {id: $run}) MERGE (r)-[:PRODUCED]->(s)"
BEGIN = "MATCH (s:Space {slug: $slug}) SET s.linking = $run"
END = """
MATCH (s:Space {slug: $slug}) SET s.link_options = $options, s.edges_related = $related
REMOVE s.linking
"""
#: Edges that change in one transaction at most: the server holds some 1,000 bytes of memory for each until its end.
ATOMIC = 100_000
# Above, edges of other options are written beside the former ones, under the slug of a draft.
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


@dataclass(frozen=True)
class Linked:
    """What became of one kind of edges, between ``nodes`` sides or coins.

    Of sides: how many were ``new`` (or all, compared anew), how many pairs were ``compared`` (with `gds.knn` the sample
    for percentiles), and the share of true neighbours found. None where nothing was compared.
    """

    edges: str
    nodes: int
    total: int
    changes: Changes
    new: int = 0
    method: str | None = None
    compared: int | None = None
    recall: float | None = None


@dataclass(frozen=True)
class LinkReport:
    """What a link did in a space (its slug): one part a face, and one for coins.

    ``chosen`` says which percentile was chosen by a sweep, and why; empty where it was given.
    """

    space: str
    parts: list[Linked]
    chosen: str = ""

    @property
    def nothing_new(self) -> bool:
        """Whether every edge was there already."""
        return all(part.changes == Changes() and part.compared is None for part in self.parts)

    def rows(self) -> list[dict[str, Any]]:
        """A table for people."""
        return [
            {
                "edges": part.edges,
                "between": part.nodes,
                "new": part.new,
                "method": part.method,
                "pairs compared": part.compared,
                "recall": part.recall,
                "total": part.total,
                "written": part.changes.written,
                "updated": part.changes.updated,
                "removed": part.changes.removed,
            }
            for part in self.parts
        ]


def link_space(db: Database, slug: str, options: LinkOptions, run: Run) -> LinkReport:
    """Bring all edges of a space up to date; nothing is written before every face was compared.

    Raises `TooManyEdges`, `TooManySides`.
    """
    begun = time.monotonic()
    state = db.read(STATE, slug=slug)[0]
    lasting = json.dumps(options.lasting, sort_keys=True)
    trusted = state["linking"] is None and state["options"] == lasting
    faces = [FaceLinks(db, slug, face, options, trusted) for face in FACES]
    parts = {face.face: _untouched(face) for face in faces}
    related, changes = state["related"], Changes()
    work = [face for face in faces if not face.state.unchanged]
    if work or state["related"] != state["stored"]:
        between_coins = related_difference(db, slug, faces)
        changes, related = between_coins.changes, len(between_coins.wanted)
        _write(db, slug, work, between_coins, lasting, state["options"], run)
        parts |= {face.face: _noted(face, run) for face in work}
    db.write(PRODUCED, slug=slug, run=run.id)
    db.write(SET_FIRST_DEFAULT, slug=slug)
    _count(run, "related", changes)
    run.notes["seconds"] = round(time.monotonic() - begun, 3)
    coins = {coin_of(side) for face in faces for side in face.state.ids}
    return LinkReport(slug, [*parts.values(), Linked("RELATED", len(coins), related, changes)])


def _write(
    db: Database,
    slug: str,
    faces: Sequence[FaceLinks],
    between_coins: Difference,
    options: str,
    former: str | None,
    run: Run,
) -> None:
    """Write the edges of some ``faces`` and those between coins: all of them in one transaction where that can hold
    them; else, in place of edges of other options, beside these; else one by one, as additions are."""
    differences = [*(face.difference for face in faces), between_coins]
    few = size(differences) <= ATOMIC
    beside = not few and former not in (None, options)
    if few:
        prepare(db)
    elif beside:
        db.write(DRAFT, slug=slug + NEXT)
        write_differences(db, [from_nothing(one, slug + NEXT) for one in differences], run.id)
    else:
        db.write(BEGIN, slug=slug, run=run.id)
        write_differences(db, differences, run.id)
    with db.atomic() as tx:
        if few:
            for one in differences:
                write_difference(tx, one, run.id)
        if beside:
            decide(tx, "replace edges", slug=slug, run=run.id)
        for face in faces:
            face.mark(tx)
        tx.write(END, slug=slug, options=options, related=len(between_coins.wanted))
        decide(tx, "bring up edges", slug=slug, run=run.id)
    finish(db)


def carry_out_replacement(db: Database, slug: str, run: str) -> dict[str, int]:
    """Put the edges that were written beside those of a space, by this run, in their place."""
    for edges in ("SIMILAR", "RELATED"):
        db.run_alone(DROP_FORMER.format(edges=edges), slug=slug, run=run)
        db.run_alone(TAKE_OVER.format(edges=edges), slug=slug, draft=slug + NEXT)
    db.write(DROP_DRAFT, slug=slug + NEXT)
    return {}


def bring_up(db: Database, slug: str, run: str) -> dict[str, int]:
    """Bring up to date what edges bear beside their cosines: marks, what closer looks found, probabilities."""
    mark_without_text(db, slug)
    if any_matches(db):
        bring_matches(db, slug)
    space = space_named(db, slug)
    if space:
        keep_current(db, space, run, edges_changed=True)
    return {}


def _untouched(face: FaceLinks) -> Linked:
    return Linked(f"SIMILAR {face.face}", len(face.state.ids), face.state.edges, Changes())


def _noted(face: FaceLinks, run: Run) -> Linked:
    """What became of one face, noted on the run too."""
    changes = face.difference.changes
    new = len(face.state.ids) - len(face.state.compared) if face.state.sound else len(face.state.ids)
    _count(run, "similar", changes)
    run.notes |= {
        f"method_{face.face}": face.method,
        f"new_{face.face}": new,
        f"compared_{face.face}": face.compared,
    }
    recall = face.comparer.recall
    if recall is not None:
        run.notes |= {f"recall_{face.face}": recall.share, f"recall_sides_{face.face}": recall.sides}
    return Linked(
        edges=f"SIMILAR {face.face}",
        nodes=len(face.state.ids),
        total=len(face.edges),
        changes=changes,
        new=new,
        method=face.method,
        compared=face.compared,
        recall=recall.share if recall else 1.0,
    )


def _count(run: Run, what: str, changes: Changes) -> None:
    run.wrote(what, changes.written)
    run.removed(what, changes.removed)
    run.counts[f"updated_{what}"] += changes.updated
