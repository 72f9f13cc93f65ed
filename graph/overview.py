"""What the graph holds, counted, and who is in which community: the facts a report is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph.connection import Database
from graph.glance import CollectionCounts
from graph.scope import of_collections
from graph.types import TYPE_OF
from ingest.records import path_of

COUNT_COINS = """
MATCH (c:Coin)-[:IN_COLLECTION]->(l:Collection) WHERE $collections = [] OR l.name IN $collections
WITH c, l, COUNT { (c)-[:HAS_SIDE]->() } AS sides
RETURN l.name AS collection, count(c) AS coins, sum(CASE sides WHEN 2 THEN 1 ELSE 0 END) AS both_sided,
       sum(CASE sides WHEN 1 THEN 1 ELSE 0 END) AS one_sided,
       sum(COUNT { (c)-[:OF_TYPE]->() }) AS typed
ORDER BY collection
"""

COUNT_SIMILAR = f"""
MATCH (s:Side)-[e:SIMILAR {{space: $space}}]->(t:Side) WHERE {of_collections("s")} AND {of_collections("t")}
RETURN CASE WHEN s:Obverse THEN 'obverse' ELSE 'reverse' END AS face, count(e) AS edges
"""

COUNT_RELATED = f"""
MATCH (c:Coin)-[e:RELATED {{space: $space}}]->(d:Coin) WHERE {of_collections("c")} AND {of_collections("d")}
RETURN count(e) AS edges
"""

# What was made of each space; of its partitions the latest counts.
MADE_OF_SPACES = """
MATCH (s:Space)
RETURN s.slug AS slug, coalesce(s.linked_obverse, 0) + coalesce(s.linked_reverse, 0) AS linked,
       coalesce(s.calibrated, false) AS calibrated,
       EXISTS { MATCH (r:Run {command: 'match', status: 'finished'})
                WHERE r.parameters CONTAINS '"space": "' + s.slug + '"' } AS matched,
       COLLECT { MATCH (p:Partition {space: s.slug}) RETURN p.communities ORDER BY p.made DESC LIMIT 1 }[0]
         AS communities,
       COUNT { (:Die)-[:IN]->(:DieStudy {space: s.slug}) } AS dies
"""

VERDICTS = "MATCH (v:Verdict) RETURN count(v) AS verdicts, count(CASE WHEN v.undone THEN 1 END) AS undone"
COUNT_STORE = """
CALL db.stats.retrieve('GRAPH COUNTS') YIELD data
RETURN [n IN data.nodes WHERE n.label IS NOT NULL AND n.count > 0 | [n.label, n.count]] AS nodes,
       [r IN data.relationships WHERE r.relationshipType IS NOT NULL AND r.startLabel IS NULL AND r.endLabel IS NULL
                                      AND r.count > 0 | [r.relationshipType, r.count]] AS relationships
"""
FIRST_COINS = "MATCH (c:Coin) WITH c.id AS id ORDER BY id LIMIT $most RETURN collect(id) AS ids"

MEMBERS = f"""
MATCH (c:Coin) WHERE {of_collections("c")}
OPTIONAL MATCH (c)-[:MEMBER_OF]->(m:Community)-[:IN]->(:Partition {{id: $partition}})
WITH c, m, {TYPE_OF} AS type
OPTIONAL MATCH (c)-[:HAS_SIDE]->(a:Obverse)
OPTIONAL MATCH (c)-[:HAS_SIDE]->(r:Reverse)
RETURN c.id AS coin, m.id AS community, m.size AS size, type, c[$pagerank] AS pagerank,
       a.uri AS obverse, r.uri AS reverse
ORDER BY size DESC, size(community), community, pagerank DESC, coin
"""


@dataclass(frozen=True)
class Member:
    """A coin as a partition sees it; ``community`` is None for a coin of no community, ``type`` where none is known."""

    coin: str
    community: str | None
    type: str | None
    pagerank: float | None
    obverse: Path | None
    reverse: Path | None


def collection_counts(db: Database, collections: Sequence[str] = ()) -> list[CollectionCounts]:
    """Coins of each of some collections, or of every collection in the graph."""
    return [CollectionCounts(**row) for row in db.read(COUNT_COINS, collections=list(collections))]


def edge_counts(db: Database, space: str, collections: Sequence[str] = ()) -> dict[str, int]:
    """Edges of a space (its slug): ``obverse`` and ``reverse`` between sides, ``coins`` between coins.

    Of some collections those between their coins.
    """
    asked = {"space": space, "collections": list(collections)}
    edges = {"obverse": 0, "reverse": 0}
    edges |= {row["face"]: row["edges"] for row in db.read(COUNT_SIMILAR, **asked)}
    return {**edges, "coins": db.read(COUNT_RELATED, **asked)[0]["edges"]}


def made_of_spaces(db: Database) -> dict[str, dict[str, Any]]:
    """By the slug of each space: sides ``linked``, whether it is ``calibrated`` and was ``matched``, its
    ``communities`` (None: it has no partition), and its ``dies``."""
    return {row.pop("slug"): row for row in db.read(MADE_OF_SPACES)}


def verdict_counts(db: Database) -> dict[str, int]:
    """All ``verdicts``, and those that are ``undone``."""
    return db.read(VERDICTS)[0]


def first_coins(db: Database, most: int) -> list[str]:
    """The ids of the first coins."""
    return list(db.read(FIRST_COINS, most=most)[0]["ids"])


def graph_counts(db: Database) -> tuple[dict[str, int], dict[str, int]]:
    """How many nodes each label has, and relationships each type, from the server's count store."""
    nodes, edges = db.read(COUNT_STORE)[0].values()
    return dict(sorted(nodes)), dict(sorted(edges))


def members(db: Database, partition: str, space: str, collections: Sequence[str] = ()) -> list[Member]:
    """Every coin (of some collections) with its community in the partition, the largest community first, its most
    central coins first."""
    rows = db.read(MEMBERS, partition=partition, pagerank=f"pagerank_{space}", collections=list(collections))
    return [
        Member(r["coin"], r["community"], r["type"], r["pagerank"], _path(r["obverse"]), _path(r["reverse"]))
        for r in rows
    ]


def _path(uri: str | None) -> Path | None:
    return path_of(uri) if uri else None
