"""What a collection is once it has been read: coins with the photographs of their sides."""

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote_to_bytes, urlsplit

from ingest.words.sides import FACES as FACES
from ingest.words.sides import Face as Face
from ingest.words.unknown import names_something as names_something

if TYPE_CHECKING:
    from ingest.outlines import Outline

#: Metadata that become nodes of their own, by property name: (label, relationship from the coin).
ENTITIES: dict[str, tuple[str, str]] = {
    "mint": ("Mint", "STRUCK_AT"),
    "material": ("Material", "MADE_OF"),
    "denomination": ("Denomination", "OF_DENOMINATION"),
    "authority": ("Authority", "ISSUED_BY"),
    "findspot": ("Findspot", "FOUND_AT"),
    "provenance": ("Provenance", "FROM_PROVENANCE"),
}

#: Longer lists are cut in texts for people.
SHOWN = 20
#: Of files of a kind that is not read, so many are named in a line.
NAMED = 6
#: A longer text is no name of a mint or a findspot, and too long for an index.
LONGEST_NAME = 1000


def one_line(text: str) -> str:
    """With line breaks, other control characters and bytes that are no text written as `\\n`: a line for each file."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", _escaped, text)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found.group())
    # A byte of a file's name that is not UTF-8 comes as one of these.
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else found.group().encode("unicode_escape").decode()


@dataclass(frozen=True)
class SideRecord:
    """One photographed face of a coin. ``path`` is absolute; ``width`` and ``height`` are pixels as seen upright."""

    face: Face
    path: Path
    sha256: str
    width: int
    height: int


@dataclass(frozen=True)
class Photograph:
    """A side's picture to be read again: the side's id, the file, and the checksum (sha256) it had when ingested.

    ``outline`` is the coin's, where it is known; without it, it is looked for.
    """

    id: str
    path: Path
    sha256: str
    outline: "Outline | None" = field(default=None, compare=False)

    def outline_at(self, size: tuple[int, int]) -> "Outline | None":
        """The outline in the picture at this width and height."""
        return self.outline.resized(size) if self.outline else None


@dataclass
class CoinRecord:
    """One coin. ``properties`` holds every metadata column under its normalised name.

    ``id`` is ``collection/name``, a slash in the collection's name written as ``%2F``. A coin that was added
    ``by_hand`` belongs to no folder: what a folder lacks of it stays.
    """

    collection: str
    name: str
    sides: dict[Face, SideRecord]
    type: str | None = None
    type_source: Literal["table", "folder"] | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    by_hand: bool = False

    @property
    def id(self) -> str:
        return f"{self.collection.replace('/', '%2F')}/{self.name}"

    @property
    def entities(self) -> dict[str, str]:
        """The metadata that become nodes, by property name; a text too long for a name stays a property."""
        named = ((column, str(self.properties[column])) for column in ENTITIES if column in self.properties)
        return {column: value for column, value in named if names_something(value) and len(value) <= LONGEST_NAME}


@dataclass(frozen=True)
class Skipped:
    """A file (or a row of the table) that did not come through, and why.

    Where ``alike``, files of the same reason are named together.
    """

    path: str
    reason: str
    alike: bool = False

    def __str__(self) -> str:
        return one_line(f"{self.path}: {self.reason}")


def skipped_lines(skipped: Sequence[Skipped]) -> list[str]:
    """A line for each file that did not come through; those of a kind that is not read share one.

    So do those of one reason where they are too many to list.
    """
    counts = Counter(item.reason for item in skipped)
    skipped = [replace(item, alike=item.alike or counts[item.reason] > SHOWN) for item in skipped]
    together: dict[str, list[str]] = {}
    for item in skipped:
        if item.alike:
            together.setdefault(item.reason, []).append(item.path)
    alike = [
        f"skipped {item}" if len(paths) == 1 else f"skipped {len(paths):,} files: {reason}: {_some(paths)}"
        for reason, paths in together.items()
        for item in [Skipped(paths[0], reason)]
    ]
    return [*(f"skipped {item}" for item in skipped if not item.alike), *map(one_line, alike)]


def _some(paths: Sequence[str]) -> str:
    names = [Path(path).name for path in paths[:NAMED]]
    return ", ".join(names) + f" and {len(paths) - NAMED:,} more (--json lists all)" * (len(paths) > NAMED)


@dataclass(frozen=True)
class Column:
    """A column of the table: its heading, its name in the graph, and what it was taken for."""

    heading: str
    name: str
    taken_for: str

    def __str__(self) -> str:
        return f"{self.heading or '(no heading)'} -> {self.name} ({self.taken_for})"


@dataclass(frozen=True)
class ReadOptions:
    """How a folder is to be read.

    ``metadata`` is its table and ``sheet`` the sheet of a workbook; without ``metadata`` the only table at the top of
    the folder is taken. ``type_column``, ``id_column`` and ``collection_column`` name columns by their heading, and
    ``headings`` says what a heading means (``{"Ort": "findspot"}``). ``pattern`` is a regular expression with groups
    ``coin`` and ``side``; ``numbered`` takes ``_1`` for the obverse and ``_2`` for the reverse. Photographs of several
    coins are cut into files in the folder ``split``; with ``two_coins`` two coins in one photograph are two coins
    rather than the sides of one.
    """

    metadata: Path | None = None
    sheet: str | None = None
    type_column: str | None = None
    id_column: str | None = None
    collection_column: str | None = None
    headings: Mapping[str, str] = field(default_factory=dict)
    pattern: str | None = None
    numbered: bool = False
    split: Path | None = None
    two_coins: bool = False

    def __post_init__(self) -> None:
        for name in ("metadata", "split"):
            if isinstance(value := getattr(self, name), str) and value:
                object.__setattr__(self, name, Path(value))


@dataclass
class Reading:
    """A folder as read, before anything is written.

    ``suggestions`` are pairs of one-sided coins whose names nearly match; ``misfits`` are files whose name contradicts
    their folder. Neither is ever joined silently. ``views`` are further pictures of a side that another file shows:
    smaller renditions, details. ``unused_rows`` are rows of the table ``metadata`` without a coin,
    ``doubles`` pairs of kept files with the same picture, ``split`` the photographs of several coins with their pieces,
    ``columns`` what the headings of the table became, ``notes`` what else a user should know of the reading.
    """

    source: Path
    coins: list[CoinRecord]
    skipped: list[Skipped] = field(default_factory=list)
    suggestions: list[tuple[str, str]] = field(default_factory=list)
    misfits: list[Skipped] = field(default_factory=list)
    views: list[Skipped] = field(default_factory=list)
    unused_rows: list[Skipped] = field(default_factory=list)
    doubles: list[tuple[str, str]] = field(default_factory=list)
    split: list[dict[str, Any]] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    style: str = ""
    collection: str = ""
    metadata: Path | None = None


def path_of(uri: str) -> Path:
    """The file of a picture whose ``uri`` was stored by ``Path.as_uri``."""
    return Path(os.fsdecode(unquote_to_bytes(urlsplit(uri).path)))
