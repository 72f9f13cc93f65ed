"""Edges between similar sides and coins."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from graph.connection import Database
from graph.edges import Changes, Difference, coin_of, from_nothing, size, write_difference, write_differences
from graph.linked import begin_draft, begin_link, end_link, mark_without_text, note_run, read_link
from graph.matches import any_matches, bring_matches
from graph.pending import decide, finish
from graph.runs import Run, step
from graph.schema import prepare
from graph.spaces import SET_FIRST_DEFAULT, SpaceRecord, find_space, space_named
from ingest.records import FACES
from pipeline.calibrate import keep_current
from pipeline.similar import FaceLinks, LinkOptions, related_difference
from pipeline.sweep import sweep

#: Edges that change in one transaction at most: the server holds some 1,000 bytes of memory for each until its end.
#: Above, edges of other options are written beside the former ones, under the slug of a draft.
ATOMIC = 100_000


@dataclass(frozen=True)
class Linked:
    """What became of one kind of edges, between ``nodes`` sides or coins.

    Of sides: how many were ``new`` (all, if all were compared), how many pairs were ``compared`` (with `gds.knn` the
    sample for percentiles), and the share of true neighbours found. None where nothing was compared.
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


def link(
    db: Database,
    options: LinkOptions | None = None,
    *,
    space: str | None = None,
    threshold: float | Literal["auto"] | None = None,
    **changes: Any,
) -> LinkReport:
    """Draw `SIMILAR` edges from each side to its ``top`` nearest (None: to all) above a cosine or a percentile, then
    `RELATED` edges between coins. ``space`` is a name or slug; else the default space.

    ``threshold`` and ``changes`` are fields of `LinkOptions`. With ``threshold`` auto the percentile is the one that
    `pipeline.sweep` recommends; the report says which, and why. Raises `BadOption`, `TooManyEdges` with the
    threshold that would give 20 edges a coin.
    """
    if threshold not in (None, "auto"):
        changes["threshold"] = threshold
    options = replace(options or LinkOptions(), **changes)
    record = find_space(db, space)
    swept = sweep(db, space=record.slug, top=options.top) if threshold == "auto" else None
    if swept:
        options = replace(options, percentile=swept.recommended.percentile)
    with step(db, "link", space=record.slug, **asdict(options)) as run:
        report = _link(db, record, options, run)
        keep_current(db, record, run.id, edges_changed=False)  # the types may have changed
        if swept:
            run.notes["threshold"] = f"auto: {swept.why}"
    return replace(report, chosen=swept.why) if swept else report


def _link(db: Database, space: SpaceRecord, options: LinkOptions, run: Run) -> LinkReport:
    """Bring all edges of a space up to date; nothing is written before every face was compared.

    Raises `TooManyEdges`, `TooManySides`.
    """
    begun = time.monotonic()
    state = read_link(db, space.slug)
    lasting = json.dumps(options.lasting, sort_keys=True)
    trusted = not state.unfinished and state.options == lasting
    faces = [FaceLinks(db, space, face, options, trusted) for face in FACES]
    parts = {face.face: _untouched(face) for face in faces}
    related, changes = state.related, Changes()
    work = [face for face in faces if not face.state.unchanged]
    if work or state.related != state.stored:
        between_coins = related_difference(db, space, faces)
        changes, related = between_coins.changes, len(between_coins.wanted)
        _write(db, space, work, between_coins, lasting, state.options, run)
        parts |= {face.face: _noted(face, run) for face in work}
    note_run(db, space.slug, run.id)
    db.write(SET_FIRST_DEFAULT, slug=space.slug)
    _count(run, "related", changes)
    run.notes["seconds"] = round(time.monotonic() - begun, 3)
    coins = {coin_of(side) for face in faces for side in face.state.ids}
    return LinkReport(space.slug, [*parts.values(), Linked("RELATED", len(coins), related, changes)])


def _write(
    db: Database,
    space: SpaceRecord,
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
        draft = begin_draft(db, space.slug)
        write_differences(db, [from_nothing(one, draft) for one in differences], run.id)
    else:
        begin_link(db, space.slug, run.id)
        write_differences(db, differences, run.id)
    with db.atomic() as tx:
        if few:
            for one in differences:
                write_difference(tx, one, run.id)
        if beside:
            decide(tx, "replace edges", slug=space.slug, run=run.id)
        for face in faces:
            face.mark(tx)
        end_link(tx, space.slug, options, len(between_coins.wanted))
        decide(tx, "bring up edges", slug=space.slug, run=run.id)
    finish(db)


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
