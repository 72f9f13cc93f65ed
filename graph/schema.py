"""Constraints and indexes of the graph (not those of vectors, which come with their spaces)."""

from graph.connection import Database
from ingest.records import ENTITIES

NODE_KEYS = {
    "Collection": ("name",),
    "Coin": ("id",),
    "Side": ("id",),
    "CoinType": ("name",),
    **{label: ("name",) for label, _ in ENTITIES.values()},
    "Space": ("name", "slug"),
    "Transform": ("space",),
    "Run": ("id",),
    "Partition": ("id",),
    "Community": ("id",),
}
#: Edges with a key, and what those of a space are found by.
EDGES: dict[str, str | None] = {"SIMILAR": "percentile", "RELATED": "score", "MATCHED": None, "SAME_DIE": None}

NODE_KEY = "CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:{label}) REQUIRE n.{key} IS UNIQUE"
EDGE_KEY = "CREATE CONSTRAINT {name} IF NOT EXISTS FOR ()-[r:{type}]-() REQUIRE r.key IS UNIQUE"
EDGE_INDEX = "CREATE INDEX {name} IF NOT EXISTS FOR ()-[r:{type}]-() ON (r.space, r.{measure})"


def prepare(db: Database) -> None:
    """Create what is missing: every key unique, edges found by space and strength."""
    wanted = {
        f"{label}_{key}".lower(): NODE_KEY.format(name=f"{label}_{key}".lower(), label=label, key=key)
        for label, keys in NODE_KEYS.items()
        for key in keys
    }
    for edge, measure in EDGES.items():
        key = f"{edge}_key".lower()
        wanted[key] = EDGE_KEY.format(name=key, type=edge)
        if measure:
            index = f"{edge}_space_{measure}".lower()
            wanted[index] = EDGE_INDEX.format(name=index, type=edge, measure=measure)
    existing = {row["name"] for row in db.read("SHOW INDEXES YIELD name RETURN name")}
    missing = wanted.keys() - existing
    for name in sorted(missing):
        db.run_alone(wanted[name])
    if missing:
        db.run_alone("CALL db.awaitIndexes(300)")
