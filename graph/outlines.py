"""The outlines of coins in their photographs, kept on the sides: what was cut out, and what was not sure enough."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from embed.outline import SURE, Outline
from graph.connection import Database
from ingest.records import Face, path_of

# An outline belongs to one file: `outline_source` is the checksum of the picture that it was found in.
SIZES = """
MATCH (s:Side) WHERE s.id IN $ids AND s.width IS NOT NULL RETURN s.id AS id, s.width AS width, s.height AS height
"""
STORE_OUTLINES = """
UNWIND $rows AS row
MATCH (s:Side {id: row.id})
SET s.outline = row.outline, s.outline_confidence = row.confidence, s.outline_source = row.sha256
"""
COUNT_OUTLINES = """
MATCH (s:Side) WHERE s.outline_source = s.sha256
  AND ($collection IS NULL OR EXISTS {
    (s)<-[:HAS_SIDE]-(:Coin)-[:IN_COLLECTION]->(:Collection {name: $collection})
  })
RETURN count(s) AS found, count(CASE WHEN s.outline_confidence >= $sure THEN 1 END) AS sure
"""
SIDES = """
MATCH (k:Collection)<-[:IN_COLLECTION]-(c:Coin)-[:HAS_SIDE]->(s:Side)
WHERE s.sha256 IS NOT NULL AND s.width IS NOT NULL
  AND ($collection IS NULL OR k.name = $collection) AND ($coin IS NULL OR c.id = $coin)
WITH c, s, s.outline_source = s.sha256 AS found
RETURN c.id AS coin, CASE WHEN s:Obverse THEN 'obverse' ELSE 'reverse' END AS face, s.uri AS uri, s.width AS width,
       s.height AS height, CASE WHEN found THEN s.outline END AS outline,
       CASE WHEN found THEN s.outline_confidence END AS confidence
ORDER BY coin, face
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


def store_outlines(
    db: Database, ids: Sequence[str], sha256s: Sequence[str], outlines: Sequence[Outline | None], batch: int = 1000
) -> None:
    """Keep the outlines of sides, with the checksums of the pictures that they were found in.

    An outline may come from a picture that was decoded smaller; it is stored in pixels of the upright photograph.
    """
    found = {side: (sha256, seen) for side, sha256, seen in zip(ids, sha256s, outlines, strict=True) if seen}
    sizes = {row["id"]: (row["width"], row["height"]) for row in db.read(SIZES, ids=list(found))} if found else {}
    rows = (
        {
            "id": side,
            "sha256": found[side][0],
            "outline": found[side][1].resized(size).to_list(),
            "confidence": found[side][1].confidence,
        }
        for side, size in sizes.items()
    )
    db.write_batches(STORE_OUTLINES, rows, size=batch)


def count_outlines(db: Database, collection: str | None = None) -> Outlines:
    """Outlines of the pictures as they are now; those of pictures that have changed since do not count."""
    return Outlines(**db.read(COUNT_OUTLINES, collection=collection, sure=SURE)[0])


def outlined_sides(db: Database, collection: str | None = None, coin: str | None = None) -> list[OutlinedSide]:
    """Sides that have a picture, by coin: of one coin (its id), of one collection, or all."""
    return [
        OutlinedSide(row["coin"], row["face"], path_of(row["uri"]), _outline(row))
        for row in db.read(SIDES, collection=collection, coin=coin)
    ]


def _outline(row: dict) -> Outline | None:
    if row["outline"] is None:
        return None
    return Outline.from_list(row["outline"], (row["width"], row["height"]), row["confidence"])
