"""What the graph holds at a glance, kept in a small file of the home, so that `status` and completion need no server.

Whoever changes the graph through the door leaves a mark first and takes it away with the new file (`keep`). So a
command that was killed leaves the mark, and nobody takes the file for the truth.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from errors import CoingraphError
from graph.address import Address
from graph.server.home import Home
from ingest.files import whole

#: Coins at most whose names are kept for completion.
NAMED = 200


class UnknownSpace(CoingraphError):
    """No space of this name is in the graph, or none was named where there are several."""


def no_space(name: str, known: Sequence[str]) -> UnknownSpace:
    """The error of a name that no space has."""
    return UnknownSpace(f"no space is called {name!r}; there is {', '.join(known) or 'none'}")


@dataclass(frozen=True)
class CollectionCounts:
    """Coins of one collection."""

    collection: str
    coins: int
    both_sided: int
    one_sided: int
    typed: int


@dataclass(frozen=True)
class SpaceStatus:
    """A space: how many of all ``sides`` have its vector, how many of these were linked, what else was made of it.

    ``communities`` are those of the latest partition; None where there is none.
    """

    space: str
    slug: str
    embedded: int
    sides: int
    linked: int = 0
    matched: bool = False
    calibrated: bool = False
    communities: int | None = None
    dies: int = 0


@dataclass(frozen=True)
class Due:
    """One thing that is out of date: the ``step`` that mends it, of which space (its slug), and how much there is.

    ``since`` says what changed: sides, edges, types, or verdicts.
    """

    step: str
    since: str
    number: int
    space: str | None = None


@dataclass(frozen=True)
class Glance:
    """The facts of a graph that are few enough to be kept beside it.

    ``gds`` is empty where the library is missing, ``schema`` None where the graph is empty; ``default_space`` is a
    slug; ``outlines`` and ``sure_outlines`` count those that coins are cut out of their photographs by; ``unfinished``
    is what stopped commands left to the next. ``coins`` are the first `NAMED` by their ids.
    """

    neo4j: str = ""
    edition: str = ""
    gds: str = ""
    nodes: dict[str, int] = field(default_factory=dict)
    relationships: dict[str, int] = field(default_factory=dict)
    collections: list[CollectionCounts] = field(default_factory=list)
    spaces: list[SpaceStatus] = field(default_factory=list)
    schema: int | None = None
    default_space: str | None = None
    outlines: int = 0
    sure_outlines: int = 0
    verdicts: int = 0
    undone: int = 0
    unfinished: list[str] = field(default_factory=list)
    due: list[Due] = field(default_factory=list)
    coins: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    partitions: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Kept:
    """What the file says, and whether no change has begun since that did not come to its end."""

    glance: Glance
    certain: bool


def begin_change() -> None:
    """Mark that the graph is going to change, so that the file is not taken for the truth."""
    _mark().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _mark().touch()


def keep(glance: Glance) -> None:
    """Write the file, and take the mark away."""
    _file().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with whole(_file()) as unfinished:
        unfinished.write_text(json.dumps(asdict(glance), ensure_ascii=False), encoding="utf-8")
    _mark().unlink(missing_ok=True)


def kept() -> Kept | None:
    """What is kept; None where there is no file yet, or one of another version."""
    try:
        found = json.loads(_file().read_text(encoding="utf-8"))
        rows: dict[str, Any] = {"collections": CollectionCounts, "spaces": SpaceStatus, "due": Due}
        made: dict[str, Any] = {
            name: [rows[name](**row) for row in value] if name in rows else value for name, value in found.items()
        }
        if made.keys() != {one.name for one in fields(Glance)}:
            return None
        return Kept(Glance(**made), not _mark().exists())
    except (OSError, ValueError, TypeError, AttributeError):  # no file, no JSON, or none of this shape
        return None


def _file() -> Path:
    """In the home; of another server, by its address."""
    address = Address.from_environment()
    name = "glance" if address is None else "glance-" + "".join(c if c.isalnum() else "_" for c in address.uri)
    return Home.from_environment().path / f"{name}.json"


def _mark() -> Path:
    return _file().with_suffix(".changing")
