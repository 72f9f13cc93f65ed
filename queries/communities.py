"""Communities as a page shows them: who is typical, who is odd, and what holds them together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph.connection import Database
from queries.cards import latest_partition, number_of

OF_PARTITION = "MATCH (m:Community)-[:IN]->(p:Partition {id: $partition})"
PARTS = "MATCH (m:Community)-[:PART_OF]->(:Community {id: $whole}) MATCH (m)-[:IN]->(p:Partition)"
LINES = """
CALL (m, p) {
  MATCH (c:Coin)-[:HAS_SIDE*0..1]->(n)-[:MEMBER_OF]->(m)
  WITH DISTINCT c, coalesce(n['pagerank_' + p.space], 0.0) AS weight ORDER BY weight DESC, c.id
  RETURN collect(c.id) AS coins, collect([(c)-[:OF_TYPE]->(t) | t.name][0]) AS types
}
RETURN m.id AS id, size(coins) AS size, coins[0] AS typical, types, p.percentile AS percentile, p.space AS space,
       COUNT { (:Community)-[:PART_OF]->(m) } AS parts
ORDER BY size DESC, id
"""
MEMBERS = """
MATCH (p:Partition {id: $partition})
MATCH (m:Community {id: $partition + '/' + $number})
MATCH (c:Coin)-[:HAS_SIDE*0..1]->(n)-[:MEMBER_OF]->(m)
WITH DISTINCT p, m, c, n, coalesce(n['pagerank_' + p.space], 0.0) AS weight
WITH *, COUNT { (n)-[r:RELATED|SIMILAR {space: p.space}]-()-[:MEMBER_OF]->(m)
                WHERE coalesce(r.score, r.percentile) >= p.percentile } AS ties
RETURN c.id AS coin, ties, weight, m.size AS size, m.conductance AS conductance, m.loosest_pair AS loosest
ORDER BY weight DESC, coin
"""
LOOSEST = """
MATCH (a:Coin)-[:HAS_SIDE*0..1]->()-[r:RELATED|SIMILAR]-()<-[:HAS_SIDE*0..1]-(b:Coin)
WHERE a.id IN $coins AND b.id IN $coins AND a.id < b.id AND r.space = $space
  AND coalesce(r.score, r.percentile) >= $percentile
RETURN a.id AS one, b.id AS two, coalesce(r.score, r.percentile) AS percentile ORDER BY percentile, one, two LIMIT 1
"""


@dataclass(frozen=True)
class CommunityLine:
    """A community: its number, its size, the coins of each type (None: no type), the most typical coin, and how many
    finer communities it is divided into (`analyze --levels`)."""

    number: int
    size: int
    types: dict[str | None, int]
    typical: str | None
    parts: int = 0

    @property
    def name(self) -> str:
        return name_of(self.types, self.typical)


@dataclass(frozen=True)
class Communities:
    """The communities of the latest partition of the default space, the largest first."""

    partition: str | None = None
    space: str | None = None
    percentile: float | None = None
    found: list[CommunityLine] = field(default_factory=list)


@dataclass(frozen=True)
class OneCommunity:
    """A community: its coins (ids), the most typical first, and those with the fewest ties inside (``odd``); the pair
    (``weakest``) that its loosest tie joins, with its percentile; the finer communities that it is divided into."""

    number: int
    members: list[str]
    odd: list[str]
    weakest: tuple[str, str, float] | None = None
    parts: list[CommunityLine] = field(default_factory=list)


def name_of(types: Mapping[str | None, int], typical: str | None) -> str:
    """What a community is called: the type of two coins or more that at least half of its typed coins are of, else the
    name of its most typical coin. ``types`` counts its coins by type; None is no type."""
    typed = {kind: number for kind, number in types.items() if kind is not None}
    kind, number = min(typed.items(), key=lambda one: (-one[1], one[0]), default=("", 0))
    return kind if number > 1 and 2 * number >= sum(typed.values()) else (typical or "").rpartition("/")[2]


def list_communities(db: Database) -> Communities:
    """The communities that a page shows; nothing where none were found yet."""
    partition = latest_partition(db)
    rows = db.read(OF_PARTITION + LINES, partition=partition) if partition else []
    if not rows:
        return Communities(partition)
    return Communities(partition, rows[0]["space"], rows[0]["percentile"], _lines(rows))


def one_community(db: Database, number: int, odd: int = 5) -> OneCommunity | None:
    """A community by its number in the latest partition of the default space; None where there is none."""
    partition = latest_partition(db)
    rows = db.read(MEMBERS, partition=partition, number=str(number)) if partition else []
    if not rows:
        return None
    members = [row["coin"] for row in rows]
    strange = sorted(rows[1:], key=lambda row: (row["ties"], row["weight"], row["coin"]))[:odd]
    found = db.read("MATCH (p:Partition {id: $id}) RETURN p.space AS space, p.percentile AS percentile", id=partition)
    loosest = db.read(LOOSEST, coins=members, **found[0])
    weakest = (loosest[0]["one"], loosest[0]["two"], loosest[0]["percentile"]) if loosest else None
    parts = _lines(db.read(PARTS + LINES, whole=f"{partition}/{number}"))
    return OneCommunity(number, members, [row["coin"] for row in strange], weakest, parts)


def _lines(rows: Iterable[Mapping[str, Any]]) -> list[CommunityLine]:
    return [
        CommunityLine(number_of(row["id"]) or 0, row["size"], _counted(row["types"]), row["typical"], row["parts"])
        for row in rows
    ]


def _counted(types: Sequence[str | None]) -> dict[str | None, int]:
    counts: dict[str | None, int] = {}
    for name in types:
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0] or "")))
