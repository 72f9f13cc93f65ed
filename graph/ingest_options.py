"""How a collection was read: kept on the collection, and used again where the next ingest is not told otherwise."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from errors import CoingraphError
from graph.connection import Database
from ingest.records import ReadOptions

#: What the command line calls fields of `ReadOptions` otherwise than by their names.
FLAGS = {"type_column": "--type", "headings": "--map"}
PATHS = ("metadata", "split")
#: An option that is given answers these as well: a sheet is one of its table, and two ways to pair names exclude
#: each other.
ANSWERED_BY = {"metadata": {"sheet"}, "pattern": {"numbered"}, "numbered": {"pattern"}}

# A table with a column of collections makes these, and none of the name that was asked for.
OPTIONS = """
MATCH (k:Collection) WHERE k.options IS NOT NULL AND (k.name = $name OR k.ingested_as = $name)
RETURN k.options AS options, k.source AS source ORDER BY k.name = $name DESC, k.changed DESC LIMIT 1
"""


class TableGone(CoingraphError):
    """The table that a collection was read with is no longer where it was."""


@dataclass(frozen=True)
class Recalled:
    """The options to read with, and which of them (by field, as they were kept) were not given but remembered."""

    options: ReadOptions
    again: Mapping[str, Any]


def kept_options(options: ReadOptions, folder: Path) -> str:
    """What differs from the defaults, as JSON. Paths in the folder are kept relative to it, so that it can move."""
    folder = folder.expanduser().absolute()
    kept = {name: value for name, value in vars(options).items() if value}
    for name in PATHS:
        if name in kept:
            path = _absolute(kept[name], folder if name == "metadata" else None)
            kept[name] = str(path.relative_to(folder) if path.is_relative_to(folder) else path)
    return json.dumps(kept, sort_keys=True)  # of ASCII only: a path may be no UTF-8


def recall(db: Database, collection: str, folder: Path, asked: Mapping[str, Any]) -> Recalled:
    """What was asked now, and for the rest what was asked at the last ingest. Raises `TableGone`."""
    rows = db.read(OPTIONS, name=collection)
    known = {field.name for field in fields(ReadOptions)}
    before = {name: value for name, value in json.loads(rows[0]["options"]).items() if name in known} if rows else {}
    answered = set(asked).union(*(ANSWERED_BY.get(name, ()) for name, value in asked.items() if value))
    again = {name: value for name, value in before.items() if name not in answered}
    folder = folder.expanduser().absolute()
    used = {name: folder / value if name in PATHS else value for name, value in again.items()}
    if "metadata" in used and not used["metadata"].exists():
        used["metadata"] = Path(rows[0]["source"] or folder) / again["metadata"]  # another folder, the same table
    if "metadata" in used and not used["metadata"].exists():
        raise TableGone(
            f"{collection} was read with the table {used['metadata']}, which is gone: name another by --metadata, or "
            "let go of all that is remembered of this collection by --forget"
        )
    asked = dict(asked)
    if asked.get("headings"):  # each is an option of its own
        asked["headings"] = {**before.get("headings", {}), **asked["headings"]}
    return Recalled(merged(ReadOptions(**used), asked), again)


def merged(options: ReadOptions, asked: Mapping[str, Any]) -> ReadOptions:
    """These options with what was asked; what was asked with nothing in it (``""``) is as if it had never been."""
    return replace(options, **{name: value or getattr(ReadOptions(), name) for name, value in asked.items()})


def as_flags(kept: Mapping[str, Any]) -> str:
    """Options as one gives them on the command line."""
    words = []
    for name, value in kept.items():
        flag = FLAGS.get(name, f"--{name.replace('_', '-')}")
        if isinstance(value, Mapping):
            words += [f"{flag} {heading}={column}" for heading, column in value.items()]
        else:
            words.append(flag if value is True else f"{flag} {value}")
    return ", ".join(words)


def _absolute(path: Path, folder: Path | None) -> Path:
    """As `ingest.read` finds it: a table that is not here may lie in the folder."""
    path = Path(path).expanduser()
    return (folder / path if folder and not path.exists() else path).absolute()
