"""Photographs and their tables into the graph, and out of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from errors import say
from graph import store, undo
from graph.connection import Database
from graph.ingest_options import as_flags, kept_options, merged, recall
from graph.lock import exclusive
from graph.runs import step
from graph.store import Plan, Removals, Stored, WouldRemove, carry_out, known_pictures
from graph.store import plan as plan_changes
from graph.undo import Kept
from ingest.read import read_collection
from ingest.records import Reading, ReadOptions, skipped_lines
from ingest.scan import NoImages


@dataclass(frozen=True)
class Ingested:
    """A folder as it was read, and what of it was new in the graph."""

    reading: Reading
    stored: Stored


def ingest(
    db: Database,
    folder: Path | str,
    collection: str,
    options: ReadOptions | None = None,
    *,
    prune: bool = False,
    confirm: Callable[[Removals], bool] | None = None,
    **asked: Any,
) -> Ingested:
    """Read a folder of photographs and its table, and bring the graph in line with it.

    ``asked`` are fields of `ReadOptions`. What is not asked is done as at the collection's last ingest, or as
    ``options`` say where they are given. What the folder no longer has is only removed with ``prune``. Where types,
    values, sides or coins would be removed, ``confirm`` is asked; without it, or where it says no, `WouldRemove` is
    raised and nothing was written. Raises `NoImages`, `UnreadableMetadata`, `BadPattern`, `BadSplitFolder`,
    `TableGone`, `TakenIds`.
    """
    folder = Path(folder)
    with exclusive():
        read_with, plan = foresee(db, folder, collection, options, prune=prune, dry_run=False, **asked)
        reading = plan.reading
        if not reading.coins:
            raise NoImages(f"no coin came through; {len(reading.skipped)} files were skipped (see above)")
        if plan.removals and not (confirm and confirm(plan.removals)):
            raise WouldRemove(plan.removals)
        parameters = {"folder": reading.source, "collection": collection, **vars(read_with), "prune": prune}
        with step(db, "ingest", **parameters) as run:
            stored = carry_out(db, plan, run, kept_options(read_with, folder))
            run.notes |= {"skipped": len(reading.skipped), "coins": len(reading.coins)}
    return Ingested(reading, stored)


def foresee(
    db: Database,
    folder: Path,
    collection: str,
    options: ReadOptions | None = None,
    *,
    prune: bool = False,
    dry_run: bool = True,
    **asked: Any,
) -> tuple[ReadOptions, Plan]:
    """What `ingest` would read, with which options, and what it would change. Nothing is written."""
    if options is None:
        recalled = recall(db, collection, folder, asked)
        options = recalled.options
        if recalled.again:
            say(f"as last time: {as_flags(recalled.again)} (--forget lets go of it)")
    else:
        options = merged(options, asked)
    reading = read_collection(folder, collection, options, known=known_pictures(db), dry_run=dry_run)
    for line in skipped_lines(reading.skipped):
        say(line)
    return options, plan_changes(db, reading, prune)


def remove_collection(db: Database, name: str) -> Stored:
    """Remove a collection with all that hangs on its coins; raises `NoCollection`."""
    with exclusive():
        store.find_removable(db, name)
        with step(db, "collections remove", collection=name) as run:
            return store.remove_collection(db, name, run)


def undo_ingest(db: Database, name: str) -> Kept:
    """Bring a collection to where it was before its last ingest; a second time, to where the ingest had brought it.

    What was done is described by the answer. Raises `NothingToUndo`.
    """
    with exclusive():
        undo.find(db, name)
        with step(db, "collections undo", collection=name) as run:
            kept = undo.find(db, name)
            undo.take_back(db, kept)
            run.removed("coins", kept.went)
            run.wrote("coins", kept.came)
            run.notes["updated_coins"] = kept.changed
    return kept
