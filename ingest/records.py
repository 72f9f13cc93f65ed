"""What a collection is once it has been read: coins with the photographs of their sides."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Face = Literal["obverse", "reverse"]
FACES: tuple[Face, Face] = ("obverse", "reverse")

#: Metadata that become nodes of their own, by property name: (label, relationship from the coin).
ENTITIES: dict[str, tuple[str, str]] = {
    "mint": ("Mint", "STRUCK_AT"),
    "material": ("Material", "MADE_OF"),
    "denomination": ("Denomination", "OF_DENOMINATION"),
    "authority": ("Authority", "ISSUED_BY"),
    "findspot": ("Findspot", "FOUND_AT"),
    "provenance": ("Provenance", "FROM_PROVENANCE"),
}


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
    """A side's picture to be read again: the side's id, the file, and the checksum (sha256) it had when ingested."""

    id: str
    path: Path
    sha256: str


@dataclass
class CoinRecord:
    """One coin. ``id`` is ``collection/name``; ``properties`` holds every metadata column under its normalised name."""

    collection: str
    name: str
    sides: dict[Face, SideRecord]
    type: str | None = None
    type_source: Literal["person", "metadata", "folder"] | None = None
    properties: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.collection}/{self.name}"


@dataclass(frozen=True)
class Skipped:
    """A file (or a row of the table) that did not come through, and why."""

    path: str
    reason: str


@dataclass
class Reading:
    """A folder as read, before anything is written.

    ``suggestions`` are pairs of one-sided coins whose names nearly match; ``misfits`` are files whose name contradicts
    their folder. Neither is ever joined silently. ``unused_rows`` are rows of the table without a coin, ``doubles``
    pairs of kept files with the same picture, ``notes`` what else the user should know of how the folder was read.
    """

    source: Path
    coins: list[CoinRecord]
    skipped: list[Skipped] = field(default_factory=list)
    suggestions: list[tuple[str, str]] = field(default_factory=list)
    misfits: list[Skipped] = field(default_factory=list)
    unused_rows: list[Skipped] = field(default_factory=list)
    doubles: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    style: str = ""
    collection: str = ""
