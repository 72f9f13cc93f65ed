"""Sides found by the names of their pictures, as files of vectors name them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from errors import CoingraphError
from graph.connection import Database
from ingest.records import Face, one_line, path_of
from ingest.words import normal

SIDES = """
MATCH (k:Collection)<-[:IN_COLLECTION]-(:Coin)-[:HAS_SIDE]->(s:{label})
WHERE $collection IS NULL OR k.name = $collection
RETURN s.id AS id, s.uri AS uri, s.file AS file, s.sha256 AS sha256, k.name AS collection,
       s[$source] IS NOT NULL AS embedded
ORDER BY id
"""


class Ambiguous(CoingraphError):
    """A file name that stands for several sides."""


@dataclass(frozen=True)
class StoredSide:
    """A side of the graph by the name of its picture: ``path``, on one line, ends in it, its folders before it."""

    id: str
    path: PurePosixPath
    sha256: str | None
    collection: str
    embedded: bool


def named_sides(db: Database, face: Face, collection: str | None, slug: str) -> list[StoredSide]:
    """The sides of one face whose picture, or its name, is known."""
    query = SIDES.format(label=face.capitalize())
    rows = db.read(query, collection=collection, source=f"source_{slug}")
    found = []
    for row in rows:
        named = str(path_of(row["uri"])) if row["uri"] else row["file"]
        if named:
            path = PurePosixPath(one_line(normal(named)))
            found.append(StoredSide(row["id"], path, row["sha256"], row["collection"], row["embedded"]))
    return found


def match_names(sides: Sequence[StoredSide], face: Face, names: Sequence[str]) -> dict[int, StoredSide]:
    """The side of each name that has one, by the name's place. Names may have folders before them, with / or \\.

    Raises `Ambiguous`.
    """
    by_name: dict[str, list[StoredSide]] = defaultdict(list)
    for side in sides:
        by_name[_path(str(side.path)).name].append(side)
    matched: dict[int, StoredSide] = {}
    doubtful: list[tuple[str, list[StoredSide]]] = []
    for row, name in enumerate(names):
        path = _path(name)
        candidates = _most_alike(path, by_name.get(path.name, []))
        if len(candidates) == 1:
            matched[row] = candidates[0]
        elif candidates:
            doubtful.append((name, candidates))
    if doubtful:
        name, candidates = doubtful[0]
        several = sorted({side.collection for side in candidates})
        one = f"choose one by --collection ({', '.join(several)})"
        cure = one if len(several) > 1 else "put its folders before it"
        raise Ambiguous(
            f"{len(doubtful):,} names stand for several {face}s; {name!r} may be "
            f"{' or '.join(side.id for side in candidates[:3])}: {cure}"
        )
    rows_of: dict[str, list[str]] = defaultdict(list)
    for row, side in matched.items():
        rows_of[side.id].append(names[row])
    if several_rows := next((some for some in rows_of.values() if len(some) > 1), None):
        raise Ambiguous(f"{' and '.join(several_rows)} are one {face} in the graph")
    return matched


def _path(name: str) -> PurePosixPath:
    """A name for comparison: on both sides a backslash parts folders, though a file may have one in its name."""
    return PurePosixPath("/".join(part.strip() for part in name.replace("\\", "/").split("/")))


def _most_alike(path: PurePosixPath, candidates: list[StoredSide]) -> list[StoredSide]:
    """Of the sides whose picture has this name, those that share most of the folders before it."""
    if len(candidates) < 2 or len(path.parts) == 1:
        return candidates
    shared = [_shared(path.parts, _path(str(side.path)).parts) for side in candidates]
    return [side for side, number in zip(candidates, shared, strict=True) if number == max(shared)]


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(reversed(one), reversed(other), strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def short_names(sides: Sequence[StoredSide]) -> list[str]:
    """The file name of each side's picture, with as many of its folders as tell it from the others."""
    names = [side.path.name for side in sides]
    deepest = max((len(side.path.parts) for side in sides), default=1)
    for depth in range(2, deepest + 1):
        rows_of: dict[str, list[int]] = defaultdict(list)
        for row, name in enumerate(names):
            rows_of[name].append(row)
        doubled = [row for rows in rows_of.values() if len(rows) > 1 for row in rows]
        if not doubled:
            break
        for row in doubled:
            names[row] = "/".join(sides[row].path.parts[-depth:])
    return names
