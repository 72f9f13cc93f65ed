"""What changes of a coin, written so that it can be written back.

A `Change` says what a coin was and what it is now. Coins and sides that go are not deleted but parked: as `FormerCoin`
and `FormerSide` they keep all their properties, vectors among them, where no query and no index finds them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from graph.connection import Database, Transaction
from graph.types import WRITE_PROPOSALS, derive, drop_opinions, opinion, write_opinions
from ingest.records import ENTITIES, FACES

ENTITY_OF = {relationship: (column, label) for column, (label, relationship) in ENTITIES.items()}
NAMED = ("CoinType", *(label for label, _ in ENTITIES.values()))
#: Coins that one query takes.
BATCH = 500

SET_COINS = "UNWIND $rows AS row MATCH (c:Coin {id: row.id}) SET c += row.properties"
# A coin that comes back from the parked ones may bear columns of a table that is not its any more.
ADD_COINS = """
UNWIND $rows AS row
MATCH (k:Collection {name: $collection})
MERGE (c:Coin {id: row.id}) ON CREATE SET c.run = $run
FOREACH (key IN coalesce(c.columns, []) | SET c[key] = null)
SET c += row.properties
MERGE (c)-[:IN_COLLECTION]->(k)
"""
WRITE_SIDES = """
UNWIND $rows AS row
MATCH (c:Coin {{id: row.coin}})
MERGE (s:Side {{id: row.side.id}})
SET s:{label}, s += row.side
MERGE (c)-[:HAS_SIDE]->(s)
"""
DROP_ENTITIES = """
UNWIND $rows AS row MATCH (:Coin {{id: row.coin}})-[r:{relationship}]->(:{label} {{name: row.name}}) DELETE r
"""
WRITE_ENTITIES = """
UNWIND $rows AS row
MATCH (c:Coin {{id: row.coin}}) MERGE (e:{label} {{name: row.name}}) MERGE (c)-[:{relationship}]->(e)
"""
# Names that somebody gave more than a name (coordinates, a description) stay.
REMOVE_UNUSED = "MATCH (e:{label}) WHERE NOT EXISTS {{ (e)--() }} AND size(keys(e)) = 1 DELETE e"
LINKS = f"""
MATCH (c:Coin) WHERE c.id IN $ids
RETURN c.id AS id,
       COLLECT {{ MATCH (c)-[:HAS_SIDE]->(s:Side) RETURN s.id }} AS sides,
       COLLECT {{
         MATCH (c)-[t:ATTRIBUTED_TO|PROPOSED_TYPE]->(y)
         RETURN {{relationship: type(t), name: y.name, properties: properties(t)}}
       }} AS types,
       COLLECT {{ MATCH (c)-[r:{"|".join(ENTITY_OF)}]->(e) RETURN [type(r), e.name] }} AS entities
"""
PARK_COINS = """
UNWIND $rows AS row
MATCH (c:Coin {id: row.id})
CALL (c) { MATCH (c)-[r]-() DELETE r }
REMOVE c:Coin SET c:FormerCoin, c.undo_of = $mark, c.undo_links = row.links
"""
# What was compared with the edges that go now is compared again when the side comes back.
PARK_SIDES = """
UNWIND $ids AS id
MATCH (s:Side {id: id})
CALL (s) { MATCH (s)-[r]-() DELETE r }
REMOVE s:Side:Obverse:Reverse SET s:FormerSide, s.undo_of = $mark
FOREACH (key IN [key IN keys(s) WHERE key STARTS WITH 'linked_'] | SET s[key] = null)
"""
PARKED = """
MATCH (c:FormerCoin) WHERE c.id IN $ids AND NOT EXISTS { (:Coin {id: c.id}) }
RETURN c.id AS id, c.undo_links AS links
"""
RETURN_COINS = """
UNWIND $ids AS id
MATCH (c:FormerCoin {id: id}), (k:Collection {name: $collection})
REMOVE c:FormerCoin, c.undo_of, c.undo_links SET c:Coin
MERGE (c)-[:IN_COLLECTION]->(k)
"""
RETURN_SIDES = """
UNWIND $ids AS id
MATCH (s:FormerSide {{id: id}}) WHERE NOT EXISTS {{ (:Side {{id: id}}) }}
REMOVE s:FormerSide, s.undo_of SET s:Side:{label}
WITH s, id MATCH (c:Coin {{id: left(id, size(id) - size('/{face}'))}})
MERGE (c)-[:HAS_SIDE]->(s)
"""


@dataclass(frozen=True)
class Facts:
    """What an ingest says of a coin, as far as it differs from what was, or from what is.

    ``sides`` are the properties of the photographs by face, None for a side that is not there; ``types`` are pairs of
    source and name, ``entities`` pairs of relationship and name.
    """

    properties: Mapping[str, Any] = field(default_factory=dict)
    sides: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    types: Sequence[Sequence[str]] = ()
    entities: Sequence[Sequence[str]] = ()


@dataclass(frozen=True)
class Change:
    """A coin as it was and as it is now; None where it is not there."""

    coin: str
    was: Facts | None
    now: Facts | None

    @property
    def back(self) -> "Change":
        return Change(self.coin, self.now, self.was)

    def as_list(self) -> list[Any]:
        """As JSON keeps it. A coin that comes or goes is parked meanwhile, and needs no more than its id."""
        both = self.was and self.now
        return [self.coin, *(None if side is None else asdict(side if both else Facts()) for side in self._both)]

    @property
    def _both(self) -> tuple[Facts | None, Facts | None]:
        return self.was, self.now

    @classmethod
    def from_list(cls, row: Sequence[Any]) -> "Change":
        coin, was, now = row
        return cls(coin, None if was is None else Facts(**was), None if now is None else Facts(**now))


def add(tx: "Database | Transaction", collection: str, changes: Sequence[Change], run: str) -> None:
    """Write coins that are new. Those that are parked come back with what a person said of them, and their vectors."""
    new = {change.coin: change.now for change in changes if change.now}
    _return_coins(tx, collection, list(new), as_new=True)
    come_back(tx, changes)
    rows = [{"id": coin, "properties": facts.properties} for coin, facts in new.items()]
    tx.write(ADD_COINS, rows=rows, collection=collection, run=run)
    _write_sides(tx, changes)
    _write_names(tx, changes)


def come_back(tx: "Database | Transaction", changes: Iterable[Change]) -> None:
    """Take the sides that coins get from the parked ones, where they are there."""
    _return_sides(tx, [f"{c.coin}/{face}" for c in changes for face, side in _new_sides(c)])


def put(tx: "Database | Transaction", collection: str, changes: Sequence[Change], mark: str) -> None:
    """Make coins what they are now: those that go are parked under ``mark``, those that come back are taken from there.

    Can be repeated.
    """
    kept = [change for change in changes if change.was and change.now]
    park(tx, [change.coin for change in changes if change.now is None], mark)
    _return_coins(tx, collection, [change.coin for change in changes if change.was is None])
    rows = [{"id": c.coin, "properties": c.now.properties} for c in kept if c.now and c.now.properties]
    _some(tx, SET_COINS, rows)
    gone = [f"{c.coin}/{face}" for c in kept if c.now for face, side in c.now.sides.items() if side is None]
    if gone:
        tx.write(PARK_SIDES, ids=gone, mark=mark)
    come_back(tx, kept)
    _write_sides(tx, kept)
    _write_names(tx, kept)


def park(tx: "Database | Transaction", coins: Sequence[str], mark: str) -> None:
    """Take coins and their sides out of the graph, with all that they need to come back, edges aside."""
    found = tx.read(LINKS, ids=coins) if coins else []
    if not found:
        return
    tx.write(PARK_SIDES, ids=[side for row in found for side in row["sides"]], mark=mark)
    rows = [{"id": row["id"], "links": json.dumps([row["types"], row["entities"]], default=str)} for row in found]
    tx.write(PARK_COINS, rows=rows, mark=mark)


def remove_unused(tx: "Database | Transaction") -> None:
    """Remove types, mints, ... that no coin has any more."""
    for label in NAMED:
        tx.write(REMOVE_UNUSED.format(label=label))


def _return_coins(tx: "Database | Transaction", collection: str, coins: Sequence[str], as_new: bool = False) -> None:
    """Take coins from the parked ones: with all that they had, or ``as_new`` with what a person said of them only."""
    found = tx.read(PARKED, ids=coins) if coins else []
    if not found:
        return
    ids = [row["id"] for row in found]
    tx.write(RETURN_COINS, ids=ids, collection=collection)
    links = [(row["id"], *json.loads(row["links"])) for row in found]
    types: dict[str, list[dict[str, Any]]] = {"ATTRIBUTED_TO": [], "PROPOSED_TYPE": []}
    for coin, some, _ in links:
        for one in some:
            if not as_new or one["properties"].get("source") == "person":
                types[one["relationship"]].append({"coin": coin, **one})
    write_opinions(tx, types["ATTRIBUTED_TO"])
    derive(tx, ids)
    _some(tx, WRITE_PROPOSALS, types["PROPOSED_TYPE"])
    if not as_new:
        _return_sides(tx, [f"{coin}/{face}" for coin in ids for face in FACES])
        _write_entities(tx, WRITE_ENTITIES, [(coin, *pair) for coin, _, some in links for pair in some])


def _return_sides(tx: "Database | Transaction", sides: Sequence[str]) -> None:
    for face in FACES:
        ids = [side for side in sides if side.endswith(f"/{face}")]
        if ids:
            tx.write(RETURN_SIDES.format(label=face.capitalize(), face=face), ids=ids)


def _new_sides(change: Change) -> Iterator[tuple[str, Mapping[str, Any]]]:
    was = change.was.sides if change.was else {}
    for face, side in (change.now.sides if change.now else {}).items():
        if side is not None and was.get(face) is None:
            yield face, side


def _write_sides(tx: "Database | Transaction", changes: Iterable[Change]) -> None:
    rows: dict[str, list[dict[str, Any]]] = {face: [] for face in FACES}
    for change in changes:
        for face, side in (change.now.sides if change.now else {}).items():
            if side is not None:
                rows[face].append({"coin": change.coin, "side": side})
    for face in FACES:
        _some(tx, WRITE_SIDES.format(label=face.capitalize()), rows[face])


def _write_names(tx: "Database | Transaction", changes: Iterable[Change]) -> None:
    """Types and entities: drop those that are no more, write those that are new."""
    opinions_changed = set()
    for write_types, query_entities, pick in (
        (drop_opinions, DROP_ENTITIES, _lost),
        (write_opinions, WRITE_ENTITIES, _won),
    ):
        opinions, entities = [], []
        for change in changes:
            was, now = change.was or Facts(), change.now or Facts()
            opinions += [opinion(change.coin, source, name) for source, name in pick(was.types, now.types)]
            entities += [(change.coin, relationship, name) for relationship, name in pick(was.entities, now.entities)]
        write_types(tx, opinions)
        opinions_changed |= {row["coin"] for row in opinions}
        _write_entities(tx, query_entities, entities)
    derive(tx, opinions_changed)


def _lost(was: Sequence[Sequence[str]], now: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    kept = {tuple(pair) for pair in now}
    return [pair for pair in was if tuple(pair) not in kept]


def _won(was: Sequence[Sequence[str]], now: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    return _lost(now, was)


def _write_entities(tx: "Database | Transaction", query: str, entities: Iterable[tuple[str, str, str]]) -> None:
    rows: dict[str, list[dict[str, str]]] = {}
    for coin, relationship, name in entities:
        rows.setdefault(relationship, []).append({"coin": coin, "name": name})
    for relationship, some in rows.items():
        _some(tx, query.format(relationship=relationship, label=ENTITY_OF[relationship][1]), some)


def _some(tx: "Database | Transaction", query: str, rows: Sequence[Any]) -> None:
    if rows:
        tx.write(query, rows=rows)
