"""Photographs and their tables into the graph, and out of it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph.lock import exclusive

if TYPE_CHECKING:
    from graph.connection import Database
    from graph.store import Stored
    from ingest.records import Reading


def ingest(
    db: "Database",
    folder: Path,
    collection: str,
    *,
    metadata: Path | None = None,
    type_column: str | None = None,
    id_column: str | None = None,
    collection_column: str | None = None,
    pattern: str | None = None,
    numbered: bool = False,
    split: Path | None = None,
    two_coins: bool = False,
    prune: bool = False,
) -> "tuple[Reading, Stored]":
    """Read a folder of photographs and its table, and bring the graph in line with it.

    What the folder no longer has is only removed with ``prune``. The other options are those of
    `ingest.read.read_collection`. Raises `NoImages`, `UnreadableMetadata`, `BadPattern`, `BadSplitFolder`.
    """
    from graph.runs import recorded
    from graph.store import known_pictures, store_reading
    from ingest.read import read_collection
    from ingest.scan import NoImages
    from ingest.summary import skipped_lines

    asked: dict[str, Any] = {
        "metadata": metadata,
        "type_column": type_column,
        "id_column": id_column,
        "collection_column": collection_column,
        "pattern": pattern,
        "numbered": numbered,
        "split": split,
        "two_coins": two_coins,
    }
    with exclusive():
        reading = read_collection(folder, collection, known=known_pictures(db), **asked)
        for line in skipped_lines(reading.skipped):
            print(line, file=sys.stderr)
        if not reading.coins:
            raise NoImages(f"no coin came through; {len(reading.skipped)} files were skipped (see above)")
        parameters = {"folder": reading.source, "collection": collection, **asked, "prune": prune}
        with recorded(db, "ingest", parameters) as run:
            stored = store_reading(db, reading, run, prune)
            run.notes |= {"skipped": len(reading.skipped), "coins": len(reading.coins)}
    return reading, stored


def remove_collection(db: "Database", name: str) -> "Stored":
    """Remove a collection with all that hangs on its coins; raises `NoCollection`."""
    from graph import store
    from graph.runs import recorded

    with exclusive():
        store.find_collection(db, name)
        with recorded(db, "collections remove", {"collection": name}) as run:
            return store.remove_collection(db, name, run)
