"""Writes coins with vectors as `ingest` and `embed` leave them, links them, and reads back what `link` made."""

from typing import Any

import numpy as np

from graph.connection import Database
from ingest.records import FACES
from pipeline.link import LinkReport
from pipeline.link import link as link_step

SLUG = "pixels"

# Those of `graph.schema` that link uses; to make and drop all of them costs a test a second.
CONSTRAINTS = (
    "CREATE CONSTRAINT side_id IF NOT EXISTS FOR (n:Side) REQUIRE n.id IS UNIQUE",
    "CREATE CONSTRAINT coin_id IF NOT EXISTS FOR (n:Coin) REQUIRE n.id IS UNIQUE",
    "CREATE CONSTRAINT similar_key IF NOT EXISTS FOR ()-[r:SIMILAR]-() REQUIRE r.key IS UNIQUE",
    "CREATE CONSTRAINT related_key IF NOT EXISTS FOR ()-[r:RELATED]-() REQUIRE r.key IS UNIQUE",
)
WRITE_SPACE = """
MERGE (s:Space {name: 'pixels'})
SET s += {slug: 'pixels', model: 'pixels', weights: '', weights_source: '', dimension: $dimension,
          preprocessing: '{}', transform: 'none', fields: []}
"""
WRITE_SIDES = """
UNWIND $rows AS row
MERGE (c:Coin {id: row.coin}) SET c.name = row.coin
MERGE (s:Side {id: row.coin + '/' + $face}) SET s.name = row.coin + ' ' + $face
MERGE (c)-[:HAS_SIDE]->(s)
FOREACH (_ IN CASE $face WHEN 'obverse' THEN [1] ELSE [] END | SET s:Obverse)
FOREACH (_ IN CASE $face WHEN 'reverse' THEN [1] ELSE [] END | SET s:Reverse)
WITH s, row
CALL db.create.setNodeVectorProperty(s, 'vector_pixels', row.vector)
SET s.source_pixels = row.sha256, s.sha256 = row.sha256
"""
EDGES = """
MATCH (a)-[e:SIMILAR|RELATED]->(b)
RETURN type(e) AS type, a.id AS start, b.id AS end, properties(e) AS properties
"""
STATE = """
MATCH (s:Space {slug: 'pixels'}) RETURN properties(s) AS properties
"""


def vectors(number: int, seed: int = 1, dimension: int = 8) -> np.ndarray:
    """(number, dimension) float32; every fifth is the same as the one before it, as of a coin photographed twice."""
    values = np.random.default_rng(seed).normal(size=(number, dimension)).astype(np.float32)
    values[4::5] = values[3::5][: len(values[4::5])]
    return values


def add_sides(db: Database, face: str, sides: dict[str, Any]) -> None:
    """Coins (their short names) with a vector of one face."""
    rows = [
        {"coin": f"c/{name}", "vector": [float(x) for x in vector], "sha256": f"{hash(tuple(vector)):x}"}
        for name, vector in sides.items()
    ]
    for constraint in CONSTRAINTS:
        db.run_alone(constraint)
    db.write(WRITE_SPACE, dimension=len(rows[0]["vector"]))
    db.write(WRITE_SIDES, rows=rows, face=face)


def add_coins(db: Database, names: list[str], seed: int = 1) -> None:
    """Coins with both sides."""
    for face, number in zip(FACES, (seed, seed + 1), strict=True):
        add_sides(db, face, dict(zip(names, vectors(len(names), number), strict=True)))


def link(db: Database, **options: Any) -> LinkReport:
    return link_step(db, space=SLUG, **options)


def edges(db: Database, relationship: str, face: str = "") -> dict[tuple[str, str], dict[str, Any]]:
    """``{(coin, coin): properties}`` of `SIMILAR` of a face or of `RELATED`, by the coins' short names."""
    rows = [row for row in db.read(EDGES) if row["type"] == relationship and row["start"].endswith(face)]
    short = {row["start"]: row["start"].split("/")[1] for row in rows} | {
        row["end"]: row["end"].split("/")[1] for row in rows
    }
    return {(short[row["start"]], short[row["end"]]): row["properties"] for row in rows}


def snapshot(db: Database) -> dict[str, Any]:
    """Everything that a link leaves, as one flat table of values, runs aside."""
    table = {}
    for row in db.read(EDGES):
        for name, value in row["properties"].items():
            if name != "run":
                table[f"{row['type']} {row['start']} {row['end']} {name}"] = value
    for name, value in db.read(STATE)[0]["properties"].items():
        table[f"space {name}"] = value
    for row in db.read("MATCH (s:Side) WHERE s.linked_pixels IS NOT NULL RETURN s.id AS id, s.linked_pixels AS linked"):
        table[f"linked {row['id']}"] = row["linked"]
    return table


def undisturbed(db: Database, **options: Any) -> dict[str, Any]:
    """What a link of the same sides from nothing leaves. Forgets all links before."""
    db.write("MATCH ()-[e:SIMILAR|RELATED]->() DELETE e")
    db.write("MATCH (s:Side) REMOVE s.linked_pixels")
    db.write(
        "MATCH (s:Space) WITH s, [k IN keys(s) WHERE k STARTS WITH 'link' OR k STARTS WITH 'histogram_' OR "
        "k STARTS WITH 'pairs_' OR k STARTS WITH 'edges_'] AS old FOREACH (k IN old | SET s[k] = null)"
    )
    link(db, **options)
    return snapshot(db)


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Equal but for the last digits of numbers."""
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        if isinstance(value, float):
            assert abs(found[name] - value) < 1e-6, name
        else:
            assert found[name] == value, name
