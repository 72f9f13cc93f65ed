"""What verdicts change about photographs, done to the nodes: swapped sides, photographs left out, records of one coin.

A coin whose sides are swapped is a `SidesSwapped`, and its two side nodes bear each other's photograph. A photograph
that is left out is a `LeftOutSide` behind `LEFT_OUT`, and the second record of a coin is a `MergedCoin` without `Side`
nodes: no query, index or projection finds them. All of it can be lifted, which leaves nodes as an ingest writes them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graph.connection import Database, Transaction
from graph.types import derive
from ingest.records import FACES

OTHER_FACE = dict(zip(FACES, reversed(FACES), strict=True))

CURRENT = """
CALL () {
  MATCH (c:SidesSwapped) RETURN c
  UNION MATCH (c:MergedCoin) RETURN c
  UNION MATCH (c)-[:LEFT_OUT]->(:LeftOutSide) RETURN c
}
RETURN c.id AS coin, c:SidesSwapped AS swapped, c.one_with AS one_with,
       COLLECT { MATCH (c)-[:LEFT_OUT]->(s) WHERE c:Coin RETURN coalesce(s.sha256, 'id:' + s.id) } AS left_out
"""
SPLIT = """
UNWIND $coins AS id
MATCH (c:MergedCoin {id: id}) WHERE NOT EXISTS { (:Coin {id: id}) }
REMOVE c:MergedCoin, c.one_with SET c:Coin
"""
TAKE_BACK = """
UNWIND $coins AS id
MATCH (c:Coin {{id: id}})-[out:LEFT_OUT]->(s:LeftOutSide {{id: id + '/{face}'}})
WHERE NOT EXISTS {{ (:Side {{id: s.id}}) }}
REMOVE s:LeftOutSide SET s:Side:{label}
DELETE out MERGE (c)-[:HAS_SIDE]->(s)
"""
SLUGS = "MATCH (s:Space) RETURN collect(s.slug) AS slugs"
# A vector goes with the photograph that it was made from; one of words stays with its face.
EXCHANGE = """
UNWIND $coins AS id
MATCH (a:Obverse)<-[:HAS_SIDE]-(:Coin {id: id})-[:HAS_SIDE]->(b:Reverse)
WITH a, b, [slug IN $slugs WHERE a['source_' + slug] = a.sha256 OR b['source_' + slug] = b.sha256] AS slugs
WITH a, b, reduce(keys = $keys, slug IN slugs | keys + [name IN $of_space | name + '_' + slug]) AS keys
WITH a, b, keys, [key IN keys | a[key]] AS of_a, [key IN keys | b[key]] AS of_b
FOREACH (place IN range(0, size(keys) - 1) | SET a[keys[place]] = of_b[place], b[keys[place]] = of_a[place])
"""
# The only photograph of a coin becomes that of its other side.
TURN = """
UNWIND $coins AS id
MATCH (c:Coin {id: id})-[:HAS_SIDE]->(s:Side) WHERE COUNT { (c)-[:HAS_SIDE]->() } = 1
WITH c, s, s:Obverse AS obverse
FOREACH (_ IN CASE WHEN obverse THEN [1] ELSE [] END |
  REMOVE s:Obverse SET s:Reverse, s.id = c.id + '/reverse', s.name = c.name + ' reverse')
FOREACH (_ IN CASE WHEN obverse THEN [] ELSE [1] END |
  REMOVE s:Reverse SET s:Obverse, s.id = c.id + '/obverse', s.name = c.name + ' obverse')
"""
MARK_SWAPPED = "UNWIND $coins AS id MATCH (c:Coin {id: id}) SET c:SidesSwapped"
UNMARK_SWAPPED = "UNWIND $coins AS id MATCH (c:Coin {id: id}) REMOVE c:SidesSwapped"
LEAVE_OUT = """
UNWIND $rows AS row
MATCH (c:Coin {id: row[0]})-[has:HAS_SIDE]->(s:Side) WHERE row[1] IS NULL OR coalesce(s.sha256, 'id:' + s.id) IN row[1]
REMOVE s:Side:Obverse:Reverse SET s:LeftOutSide
DELETE has MERGE (c)-[:LEFT_OUT]->(s)
"""
MERGE_COINS = """
UNWIND $rows AS row
MATCH (c:Coin {id: row[0]})
OPTIONAL MATCH (c)-[type:OF_TYPE]->() DELETE type
REMOVE c:Coin SET c:MergedCoin, c.one_with = row[1]
"""
# Edges speak of the photographs that the sides bore. `MATCHED` names its photographs, and counts again with them.
DROP_EDGES = """
UNWIND $coins AS id
MATCH (c:Coin|MergedCoin {id: id})
OPTIONAL MATCH (c)-[related:RELATED]-() DELETE related
WITH DISTINCT c MATCH (c)-[:HAS_SIDE|LEFT_OUT]->(s)
FOREACH (key IN [key IN keys(s) WHERE key STARTS WITH 'linked_'] | SET s[key] = null)
WITH c, s OPTIONAL MATCH (s)-[edge:SIMILAR|SAME_DIE|STRUCK_FROM]-() DELETE edge
"""
# Who is not there is in no network, community or die.
DROP_OUT = """
UNWIND $coins AS id
MATCH (c:Coin|MergedCoin {id: id})-[:LEFT_OUT]->(s)
OPTIONAL MATCH (s)-[edge]-() WHERE NOT type(edge) IN ['LEFT_OUT', 'ABOUT'] DELETE edge
"""
DROP_MERGED = "UNWIND $coins AS id MATCH (:MergedCoin {id: id})-[edge:MEMBER_OF]-() DELETE edge"
#: What a side bears of its photograph, and of its vector in a space (followed by `_` and the space's slug).
PHOTOGRAPH = (
    *("sha256", "uri", "width", "height", "file", "outline", "outline_confidence", "outline_source", "outline_by"),
    *("legend_read", "legend_confidence", "legend_places", "legend_letters", "legend_source"),
)
OF_SPACE = ("vector", "source", "linked", "blank", "text", "without_text")


@dataclass(frozen=True)
class Correction:
    """How a coin differs from what an ingest read: sides swapped, photographs (by their keys) left out, and the coin
    (its id) whose second record it is."""

    swapped: bool = False
    left_out: frozenset[str] = frozenset()
    one_with: str | None = None

    def __bool__(self) -> bool:
        return self != Correction()


def current(tx: Database | Transaction) -> dict[str, Correction]:
    """How the nodes are corrected, by coin."""
    return {
        row["coin"]: Correction(row["swapped"], frozenset(row["left_out"]), row["one_with"]) for row in tx.read(CURRENT)
    }


def correct(tx: Database | Transaction, wanted: Mapping[str, Correction]) -> None:
    """Bring the nodes from their corrections to those that are ``wanted``, coin by coin; nothing else is touched."""
    now = current(tx)
    changed = {coin for coin in now.keys() | wanted.keys() if now.get(coin) != wanted.get(coin)}
    lift(tx, {coin: now[coin] for coin in changed if coin in now})
    _apply(tx, {coin: wanted[coin] for coin in sorted(changed) if coin in wanted})


def lift(tx: Database | Transaction, corrections: Mapping[str, Correction]) -> None:
    """Leave the nodes of these coins as an ingest writes them, the last correction first."""
    if not corrections:
        return
    coins = sorted(corrections)
    tx.write(SPLIT, coins=coins)
    for face in FACES:
        tx.write(TAKE_BACK.format(face=face, label=face.capitalize()), coins=coins)
    _swap(tx, [coin for coin, one in corrections.items() if one.swapped], UNMARK_SWAPPED)
    derive(tx, [coin for coin, one in corrections.items() if one.one_with])


def drop_edges(tx: Database | Transaction, coins: Iterable[str]) -> None:
    """Take away what was made of photographs that now stand elsewhere, or nowhere."""
    if some := sorted(coins):
        for query in (DROP_EDGES, DROP_OUT, DROP_MERGED):
            tx.write(query, coins=some)


def _apply(tx: Database | Transaction, corrections: Mapping[str, Correction]) -> None:
    _swap(tx, [coin for coin, one in corrections.items() if one.swapped], MARK_SWAPPED)
    out = [[coin, None if one.one_with else sorted(one.left_out)] for coin, one in corrections.items()]
    merged = [[coin, one.one_with] for coin, one in corrections.items() if one.one_with]
    if corrections:
        tx.write(LEAVE_OUT, rows=out)
    if merged:
        tx.write(MERGE_COINS, rows=merged)


def _swap(tx: Database | Transaction, coins: list[str], mark: str) -> None:
    """Exchange the photographs of both sides, each with the vectors that were made from it."""
    if coins:
        slugs = tx.read(SLUGS)[0]["slugs"]
        tx.write(EXCHANGE, coins=coins, slugs=slugs, keys=list(PHOTOGRAPH), of_space=list(OF_SPACE))
        tx.write(TURN, coins=coins)
        tx.write(mark, coins=coins)
