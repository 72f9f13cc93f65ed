"""The texts of sides: what is known of each side's coin, and the description that a space of words was made from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from graph.connection import Database
from graph.spaces import IN_COLLECTION
from graph.types import TYPE_OF
from ingest.records import ENTITIES, Face

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
FORGET = """
UNWIND $rows AS row MATCH (s:Side {id: row})
SET s[$vector] = null, s[$source] = null, s[$text] = null, s[$linked] = null
"""
TEXTS_OF = "MATCH (s:Side) WHERE s.id IN $ids AND s[$text] IS NOT NULL RETURN s.id AS id, s[$text] AS text"


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


def store_texts(db: Database, slug: str, ids: Sequence[str], texts: Sequence[str]) -> None:
    """Store the texts of sides. Their vectors are to follow: only these tell that a side is done."""
    rows = [{"id": side, "text": text} for side, text in zip(ids, texts, strict=True)]
    db.write_batches(STORE_TEXTS, rows, text=f"text_{slug}")


def forget_texts(db: Database, slug: str, ids: Sequence[str]) -> None:
    """Take texts and vectors from sides of which nothing is known any more."""
    keys: dict[str, Any] = {name: f"{name}_{slug}" for name in ("vector", "source", "text", "linked")}
    db.write_batches(FORGET, ids, **keys)


def texts_of(db: Database, slug: str, ids: Sequence[str]) -> dict[str, str]:
    """The texts of those of ``ids`` that have one."""
    return {row["id"]: row["text"] for row in db.read(TEXTS_OF, ids=list(ids), text=f"text_{slug}")}
