"""Edges between similar sides and coins, and the threshold to draw them above: a sweep reads the same pairs."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from graph.coins import leak_of, read_coins
from graph.connection import Database
from graph.edges import Changes, Difference, coin_of, from_nothing, size, write_difference, write_differences
from graph.last_link import begin_draft, begin_link, end_link, mark_without_text, note_run, read_link
from graph.matches import any_matches, bring_matches
from graph.pending import decide, finish
from graph.projection import NoEdges, round_down
from graph.runs import Run, step
from graph.schema import prepare
from graph.scope import find_scope
from graph.spaces import SET_FIRST_DEFAULT, SpaceRecord, find_space, space_named
from ingest.records import FACES
from measure import communities as networks
from measure.coinset import CoinSet, Network
from measure.communities import Sweep
from measure.likeness import Likeness
from pipeline.calibrate import keep_current
from pipeline.similar import FaceLinks, LinkOptions, related_difference, related_edges

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
    `sweep` recommends; the report says which, and why. Raises `BadOption`, `NoCollection`, `TooManyEdges`
    with the threshold that would give 20 edges a coin.
    """
    if threshold not in (None, "auto"):
        changes["threshold"] = threshold
    options = replace(options or LinkOptions(), **changes)
    record = find_space(db, space)
    options = replace(options, collections=tuple(find_scope(db, options.collections).chosen))
    auto = threshold == "auto"
    swept = sweep(db, space=record.slug, top=options.top, collections=options.collections) if auto else None
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
    coins = {coin_of(side) for face in faces for side in face.ids}
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
    return Linked(f"SIMILAR {face.face}", len(face.ids), face.state.edges, Changes())


def _noted(face: FaceLinks, run: Run) -> Linked:
    """What became of one face, noted on the run too."""
    changes = face.difference.changes
    new = sum(side not in face.state.compared for side in face.ids) if face.state.sound else len(face.ids)
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
        nodes=len(face.ids),
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


def sweep(
    db: Database,
    *,
    space: str | None = None,
    face: str = "both",
    top: int | None = 20,
    label: str | None = None,
    method: str = "information",
    steps: int = 24,
    collections: Sequence[str] = (),
) -> Sweep:
    """Look at the networks that thresholds would leave of the edges of `link`; writes nothing.

    ``space`` is a name or slug, else the default space. ``label`` (`type`, or a property of coins) shows how near
    the threshold comes to the best; ``method`` is one of `measure.communities.METHODS`. Raises `NoEdges` where no two
    coins have a face in common, and `NotEmbedded`, `TooManyEdges`, `NoCollection`.
    """
    record = find_space(db, space)
    within = find_scope(db, collections).chosen
    leak = leak_of(db, record, label) if label else ""
    coins = read_coins(db, record, face, [label] if label else [], trusted=False, collections=within)
    network = _network(db, record, coins, LinkOptions(top, method="blocked", collections=tuple(within)))
    if not len(network):
        raise NoEdges(
            f"no two coins of the space {record.name} can be compared: it takes two with a vector of one face"
        )
    # Numbers that can be given back as --percentile and choose the same edges.
    percentiles = list(dict.fromkeys(round_down(percentile) for percentile in networks.thresholds(network, steps)))
    labels = coins.labels[label] if label else None
    taken = networks.sweep(network, Likeness(list(coins.faces.values())), percentiles, labels)
    return Sweep(record.name, face, top, len(coins), method, taken, label, leak)


def _network(db: Database, space: SpaceRecord, coins: CoinSet, options: LinkOptions) -> Network:
    """The edges of each coin to its nearest as `link` would draw them. Raises `TooManyEdges`."""
    faces = [FaceLinks(db, space, one, options, trusted=False) for one in FACES if one in coins.faces]
    if coins.face == "both":
        edges = related_edges(coins.coins, faces)
        first, second, strength = edges.first, edges.second, edges.columns["score"]
    else:
        edges = faces[0].edges
        rows = np.array([coins.place[coin_of(side)] for side in faces[0].comparer.ids], np.int64)
        first, second, strength = rows[edges.first], rows[edges.second], edges.columns["percentile"]
    pairs = max(one.histogram.pairs for one in faces)
    return Network.of(len(coins), first, second, strength, pairs)
