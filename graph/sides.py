"""What the graph keeps on sides beside their vectors: the outlines of coins, texts, and the names of pictures."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from errors import CoingraphError
from graph.connection import Database
from graph.spaces import IN_COLLECTION, PHOTOGRAPH, photograph_of
from graph.types import TYPE_OF
from ingest.outlines import SURE, Outline
from ingest.records import ENTITIES, Face, one_line, path_of
from ingest.words import normal

# An outline belongs to one file: `outline_source` is the checksum of the picture that it was found in, `outline_by` the
# person who drew it there. None that is found takes its place.
PICTURE_SIZES = """
MATCH (s:Side) WHERE s.id IN $ids AND s.width IS NOT NULL RETURN s.id AS id, s.width AS width, s.height AS height
"""
STORE_OUTLINES = """
UNWIND $rows AS row
MATCH (s:Side {id: row.id}) WHERE $by IS NOT NULL OR s.outline_by IS NULL OR s.outline_source <> row.sha256
SET s.outline = row.outline, s.outline_confidence = row.confidence, s.outline_source = row.sha256, s.outline_by = $by
"""
COUNT_OUTLINES = f"""
MATCH (s:Side) WHERE s.outline_source = s.sha256
  AND {IN_COLLECTION}
RETURN count(s) AS found, count(CASE WHEN s.outline_confidence >= $sure THEN 1 END) AS sure
"""
OUTLINED_SIDES = f"""
MATCH (k:Collection)<-[:IN_COLLECTION]-(c:Coin)-[:HAS_SIDE]->(s:Side)
WHERE s.sha256 IS NOT NULL AND s.width IS NOT NULL
  AND ($collections = [] OR k.name IN $collections) AND ($coin IS NULL OR c.id = $coin)
RETURN c.id AS coin, CASE WHEN s:Obverse THEN 'obverse' ELSE 'reverse' END AS face, {PHOTOGRAPH} ORDER BY coin, face
"""
PHOTOGRAPHS = """
MATCH (c:Coin)-[:HAS_SIDE]->(s:Side) WHERE s.uri IS NOT NULL
RETURN c.id AS coin, CASE WHEN s:Obverse THEN 'obverse' ELSE 'reverse' END AS face, s.uri AS uri,
       CASE WHEN s.outline_source = s.sha256 THEN s.outline_confidence >= $sure END AS sure
ORDER BY coin, face
"""
IMAGE_URLS = "MATCH (s:Side) WHERE s.sha256 IS NOT NULL RETURN s.id AS id, s.sha256 AS sha256, s.image_url AS url"
STORE_IMAGE_URLS = "UNWIND $rows AS row MATCH (s:Side {id: row.id}) SET s.image_url = row.url"
COLUMN_OF = {relationship: column for column, (_label, relationship) in ENTITIES.items()}

FIELDS = f"""
MATCH (c:Coin) UNWIND coalesce(c.columns, []) AS field RETURN DISTINCT field
UNION
MATCH (:Coin)-[r:OF_TYPE|{"|".join(COLUMN_OF)}]->() RETURN DISTINCT type(r) AS field
"""
DESCRIBED = f"""
MATCH (c:Coin)-[:HAS_SIDE]->(s:Side) WHERE {IN_COLLECTION}
WITH c, collect([s.id, s:Obverse, s[$source]]) AS sides
RETURN sides, c.columns AS columns, properties(c) AS properties,
       COLLECT {{ MATCH (c)-[r:{"|".join(COLUMN_OF)}]->(e) RETURN [type(r), e.name] }} AS entities,
       {TYPE_OF} AS type
"""
STORE_TEXTS = "UNWIND $rows AS row MATCH (s:Side {id: row.id}) SET s[$text] = row.text"
TEXTS_OF = "MATCH (s:Side) WHERE s.id IN $ids AND s[$text] IS NOT NULL RETURN s.id AS id, s[$text] AS text"
NAMED_SIDES = """
MATCH (k:Collection)<-[:IN_COLLECTION]-(:Coin)-[:HAS_SIDE]->(s:{label})
WHERE $collection IS NULL OR k.name = $collection
RETURN s.id AS id, s.uri AS uri, s.file AS file, s.sha256 AS sha256, k.name AS collection,
       s[$source] IS NOT NULL AS embedded
ORDER BY id
"""


@dataclass(frozen=True)
class Outlines:
    """How many sides have an outline, and how many of these are sure enough to cut the coin out by."""

    found: int = 0
    sure: int = 0

    @property
    def unsure(self) -> int:
        return self.found - self.sure


@dataclass(frozen=True)
class OutlinedSide:
    """A side, its picture, and the coin's outline in pixels of the upright picture, where one is stored."""

    coin: str
    face: Face
    path: Path
    outline: Outline | None

    @property
    def sure(self) -> bool:
        """Whether the coin is cut out by its outline."""
        return self.outline is not None and self.outline.sure


def store_outlines(
    db: Database,
    ids: Sequence[str],
    sha256s: Sequence[str],
    outlines: Sequence[Outline | None],
    batch: int = 1000,
    by: str | None = None,
) -> None:
    """Keep the outlines of sides, with the checksums of the pictures that they were found in, or drawn in ``by`` whom.

    An outline may come from a picture that was decoded smaller; it is stored in pixels of the upright photograph.
    """
    found = {side: (sha256, seen) for side, sha256, seen in zip(ids, sha256s, outlines, strict=True) if seen}
    sizes = (
        {row["id"]: (row["width"], row["height"]) for row in db.read(PICTURE_SIZES, ids=list(found))} if found else {}
    )
    changes = (
        {
            "id": side,
            "sha256": found[side][0],
            "outline": found[side][1].resized(size).to_list(),
            "confidence": found[side][1].confidence,
        }
        for side, size in sizes.items()
    )
    db.write_batches(STORE_OUTLINES, changes, size=batch, by=by)


def count_outlines(db: Database, collection: str | None = None) -> Outlines:
    """Outlines of the pictures as they are now; those of pictures that have changed since do not count."""
    return Outlines(**db.read(COUNT_OUTLINES, collection=collection, sure=SURE)[0])


def outlined_sides(db: Database, collections: Sequence[str] = (), coin: str | None = None) -> list[OutlinedSide]:
    """Sides that have a picture, by coin: of one coin (its id), of some collections, or all."""
    rows = db.read(OUTLINED_SIDES, collections=list(collections), coin=coin)
    seen = [(row["coin"], row["face"], photograph_of(row)) for row in rows]
    return [OutlinedSide(bearer, face, one.path, one.outline) for bearer, face, one in seen]


@dataclass(frozen=True)
class SidePhotograph:
    """The photograph of a side of a coin, and whether its outline is ``sure``; None where none was looked for."""

    coin: str
    face: Face
    path: Path
    sure: bool | None


def photographs_of_sides(db: Database) -> list[SidePhotograph]:
    """Every side that has a photograph, by coin."""
    return [
        SidePhotograph(row["coin"], row["face"], path_of(row["uri"]), row["sure"])
        for row in db.stream(PHOTOGRAPHS, sure=SURE)
    ]


def store_image_urls(db: Database, url_of: Callable[[str], str]) -> int:
    """Give each side the address at which its picture can be seen, told from its checksum; how many got another one."""
    rows = [(row["id"], row["url"], url_of(row["sha256"])) for row in db.stream(IMAGE_URLS)]
    changed = [{"id": id, "url": new} for id, old, new in rows if old != new]
    return db.write_batches(STORE_IMAGE_URLS, changed)


@dataclass(frozen=True)
class KnownSide:
    """A side and the metadata of its coin by column; ``source`` is the checksum of what its vector was made from."""

    id: str
    face: Face
    source: str | None
    values: dict[str, Any]


def known_fields(db: Database) -> list[str]:
    """The columns that any coin has, and ``type`` where any has one, sorted."""
    found = {row["field"] for row in db.read(FIELDS)}
    return sorted(COLUMN_OF.get(field, "type" if field == "OF_TYPE" else field) for field in found)


def known_sides(db: Database, slug: str, collection: str | None = None) -> Iterator[KnownSide]:
    """All sides with their coins' metadata; also those without a picture."""
    for row in db.stream(DESCRIBED, source=f"source_{slug}", collection=collection):
        properties = row["properties"]
        values = {column: properties.get(column) for column in row["columns"] or ()}
        values |= {COLUMN_OF[relationship]: name for relationship, name in row["entities"]}
        if row["type"]:
            values["type"] = row["type"]
        for side, obverse, source in row["sides"]:
            yield KnownSide(side, "obverse" if obverse else "reverse", source, values)


def store_texts(db: Database, slug: str, ids: Sequence[str], texts: Sequence[str | None]) -> None:
    """Store the texts of sides, before their vectors: only these tell that a side is done."""
    rows = [{"id": side, "text": text} for side, text in zip(ids, texts, strict=True)]
    db.write_batches(STORE_TEXTS, rows, text=f"text_{slug}")


def texts_of(db: Database, slug: str, ids: Sequence[str]) -> dict[str, str]:
    """The texts of those of ``ids`` that have one."""
    return {row["id"]: row["text"] for row in db.read(TEXTS_OF, ids=list(ids), text=f"text_{slug}")}


NAMED_COINS = "MATCH (c:Coin)-[:IN_COLLECTION]->(:Collection {name: $name}) RETURN collect(c.id) AS ids"
FOLDER = "MATCH (k:Collection {name: $name}) RETURN k.source AS folder"
WRITE_NAMED_SIDES = """
UNWIND $rows AS row
MATCH (c:Coin {{id: row.coin}})
MERGE (s:Side {{id: row.id}})
ON CREATE SET s:{label}, s.name = row.name
SET s.file = row.file
MERGE (c)-[:HAS_SIDE]->(s)
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
    query = NAMED_SIDES.format(label=face.capitalize())
    rows = db.read(query, collection=collection, source=f"source_{slug}")
    found = []
    for row in rows:
        named = str(path_of(row["uri"])) if row["uri"] else row["file"]
        if named:
            path = PurePosixPath(one_line(normal(named)))
            found.append(StoredSide(row["id"], path, row["sha256"], row["collection"], row["embedded"]))
    return found


def named_coins(db: Database, collection: str) -> set[str]:
    """The ids of a collection's coins."""
    return set(db.read(NAMED_COINS, name=collection)[0]["ids"])


def folder_of(db: Database, collection: str) -> Path | None:
    """The folder that a collection was read from; None where there is no such collection, or it has none."""
    found = db.read(FOLDER, name=collection)
    return Path(found[0]["folder"]) if found and found[0]["folder"] else None


def write_named_sides(db: Database, face: Face, rows: Sequence[dict[str, Any]]) -> None:
    """Make sides of which only the name of the picture is known: rows of ``id``, ``name``, ``file``, ``coin``."""
    db.write_batches(WRITE_NAMED_SIDES.format(label=face.capitalize()), rows, size=1000)


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
