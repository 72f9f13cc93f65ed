"""Coins, sides and what is known of them from a reading into the graph: compared first, so that only changes travel."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from tqdm import tqdm

from errors import CoingraphError
from graph.connection import Database, batches
from graph.runs import Run
from graph.schema import prepare
from ingest.records import ENTITIES, FACES, CoinRecord, Reading
from ingest.scan import normal

BATCH = 1000
MOST_NAMES = 1000
ENTITY_OF = {relationship: (column, label) for column, (label, relationship) in ENTITIES.items()}

EXISTING = f"""
MATCH (c:Coin)-[:IN_COLLECTION]->(k:Collection) WHERE k.name IN $collections
RETURN c.id AS id, properties(c) AS properties,
       COLLECT {{ MATCH (c)-[:HAS_SIDE]->(s:Side) RETURN s {{.id, .name, .sha256, .uri, .width, .height}} }} AS sides,
       COLLECT {{
         MATCH (c)-[t:OF_TYPE]->(y) WHERE t.source IN ['metadata', 'folder'] RETURN [t.source, y.name]
       }} AS types,
       COLLECT {{ MATCH (c)-[r:{"|".join(ENTITY_OF)}]->(e) RETURN [type(r), e.name] }} AS entities
"""
MERGE_COLLECTION = """
MERGE (k:Collection {name: $name})
ON CREATE SET k.created = $now
SET k.source = $source, k.version = $version, k.changed = $now
"""
COLLECTION = "MATCH (k:Collection {name: $name}) RETURN k.source AS source, k.version AS version"
WRITE_COINS = """
UNWIND $rows AS row
MATCH (k:Collection {name: row.collection})
MERGE (c:Coin {id: row.id}) ON CREATE SET c.run = $run
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
DROP_TYPES = """
UNWIND $rows AS row
MATCH (:Coin {id: row.coin})-[t:OF_TYPE {source: row.source}]->(:CoinType {name: row.name}) DELETE t
"""
WRITE_TYPES = """
UNWIND $rows AS row
MATCH (c:Coin {id: row.coin}) MERGE (y:CoinType {name: row.name}) MERGE (c)-[:OF_TYPE {source: row.source}]->(y)
"""
DROP_ENTITIES = """
UNWIND $rows AS row MATCH (:Coin {{id: row.coin}})-[r:{relationship}]->(:{label} {{name: row.name}}) DELETE r
"""
WRITE_ENTITIES = """
UNWIND $rows AS row
MATCH (c:Coin {{id: row.coin}}) MERGE (e:{label} {{name: row.name}}) MERGE (c)-[:{relationship}]->(e)
"""
REMOVE_COINS = """
UNWIND $rows AS row
MATCH (c:Coin {id: row}) OPTIONAL MATCH (c)-[:HAS_SIDE]->(s:Side) DETACH DELETE s, c
"""
REMOVE_SIDES = "UNWIND $rows AS row MATCH (s:Side {id: row}) DETACH DELETE s"
REMOVE_UNUSED = "MATCH (e:{label}) WHERE NOT EXISTS {{ (e)--() }} DELETE e"
REMOVE_COLLECTION = "MATCH (k:Collection {name: $name}) DETACH DELETE k"
LIST_COLLECTIONS = """
MATCH (k:Collection)
RETURN k.name AS collection, COUNT { (k)<-[:IN_COLLECTION]-() } AS coins,
       COUNT { (k)<-[:IN_COLLECTION]-()-[:HAS_SIDE]->(:Obverse) } AS obverses,
       COUNT { (k)<-[:IN_COLLECTION]-()-[:HAS_SIDE]->(:Reverse) } AS reverses,
       k.source AS source, toString(k.changed) AS changed
ORDER BY collection
"""
COIN_IDS = """
MATCH (c:Coin)-[:IN_COLLECTION]->(:Collection {name: $name})
RETURN c.id AS id, COUNT { (c)-[:HAS_SIDE]->() } AS sides ORDER BY id
"""
KNOWN_PICTURES = """
MATCH (s:Side) WHERE s.sha256 IS NOT NULL RETURN s.sha256 AS sha256, s.width AS width, s.height AS height
"""

MADE_OF_COINS = "RETURN EXISTS { ()-[:SIMILAR]->() } OR EXISTS { (:Partition) } AS made"


class NoCollection(CoingraphError):
    """There is no collection of this name."""


@dataclass(frozen=True)
class Stored:
    """What a reading changed in the graph."""

    new_coins: int = 0
    updated_coins: int = 0
    unchanged_coins: int = 0
    removed_coins: int = 0
    new_sides: int = 0
    updated_sides: int = 0
    removed_sides: int = 0

    def __str__(self) -> str:
        coins = f"{self.new_coins:,} new coins, {self.updated_coins:,} updated, {self.unchanged_coins:,} unchanged"
        gone = f"; removed {self.removed_coins:,} coins, {self.removed_sides:,} sides"
        return coins + (gone if self.removed_coins or self.removed_sides else "")


@dataclass
class _Changes:
    """Rows for the queries that write; entities by their relationship."""

    new_coins: list[str] = field(default_factory=list)
    updated_coins: set[str] = field(default_factory=set)
    new_sides: int = 0
    updated_sides: int = 0
    collections: set[str] = field(default_factory=set)
    coins: list[dict[str, Any]] = field(default_factory=list)
    sides: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    dropped_types: list[dict[str, str]] = field(default_factory=list)
    types: list[dict[str, str]] = field(default_factory=list)
    dropped_entities: dict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))
    entities: dict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))


def store_reading(db: Database, reading: Reading, run: Run, prune: bool = False) -> Stored:
    """Bring the graph in line with a reading; a second time changes nothing.

    Where no table was read, what tables said before stays. With ``prune`` coins and sides that the reading does not
    have are removed from its collections, with their edges; without, nothing is. Types by persons and predictions are
    never touched.
    """
    prepare(db)
    with_coins = {coin.collection for coin in reading.coins}
    names = sorted({reading.collection, *with_coins} - {""})
    existing = {row["id"]: row for row in db.stream(EXISTING, collections=names)}
    changes = _Changes()
    for coin in reading.coins:
        _compare(coin, existing.get(coin.id), reading.metadata is not None, changes)
    removed_coins, removed_sides = _gone(reading, existing) if prune else ([], [])
    for name in sorted(with_coins):
        _write_collection(db, name, reading, name in changes.collections or bool(removed_coins or removed_sides))
    _write(db, changes, run)
    sides_of_removed = sum(len(existing[coin]["sides"]) for coin in removed_coins)
    if prune:
        _remove(db, removed_coins, removed_sides, run)
    stored = Stored(
        new_coins=len(changes.new_coins),
        updated_coins=len(changes.updated_coins),
        unchanged_coins=len(reading.coins) - len(changes.new_coins) - len(changes.updated_coins),
        removed_coins=len(removed_coins),
        new_sides=changes.new_sides,
        updated_sides=changes.updated_sides,
        removed_sides=len(removed_sides) + sides_of_removed,
    )
    run.wrote("coins", stored.new_coins)
    run.wrote("sides", stored.new_sides)
    run.removed("coins", stored.removed_coins)
    run.removed("sides", stored.removed_sides)
    run.counts.update(updated_coins=stored.updated_coins, updated_sides=stored.updated_sides)
    return stored


def _compare(coin: CoinRecord, row: Any, with_metadata: bool, changes: _Changes) -> None:
    """Note what of a coin differs from the graph's state ``row`` (None for a coin that is new)."""
    state = dict(row) if row else {"properties": {}, "sides": [], "types": [], "entities": []}
    known = state["properties"]
    touched = False
    wanted: dict[str, Any] = {"name": coin.name}
    if with_metadata or not row:
        entities = coin.entities
        columns = {name: value for name, value in coin.properties.items() if name not in entities}
        wanted |= dict.fromkeys(set(known.get("columns", ())) - columns.keys()) | columns
        wanted["columns"] = sorted(columns) or None
        touched |= _compare_entities(coin.id, {(ENTITIES[c][1], v) for c, v in entities.items()}, state, changes)
    touched |= _compare_types(coin, state, with_metadata, changes)
    changed = {name: value for name, value in wanted.items() if known.get(name) != value}
    if changed or not row:
        changes.coins.append({"id": coin.id, "collection": coin.collection, "properties": changed})
        touched = True
    sides = {side["id"]: side for side in state["sides"]}
    for face, side in coin.sides.items():
        properties = {
            "id": f"{coin.id}/{face}",
            "name": f"{coin.name} {face}",
            "sha256": side.sha256,
            "uri": side.path.as_uri(),
            "width": side.width,
            "height": side.height,
        }
        if sides.get(properties["id"]) != properties:
            changes.sides[face].append({"coin": coin.id, "side": properties})
            changes.updated_sides += properties["id"] in sides
            changes.new_sides += properties["id"] not in sides
            touched = True
    if touched:
        changes.collections.add(coin.collection)
    if not row:
        changes.new_coins.append(coin.id)
    elif touched:
        changes.updated_coins.add(coin.id)


def _compare_types(coin: CoinRecord, state: dict[str, Any], with_metadata: bool, changes: _Changes) -> bool:
    before = {(source, name) for source, name in state["types"] if with_metadata or source == "folder"}
    after = {(coin.type_source, coin.type)} if coin.type and coin.type_source else set()
    changes.dropped_types += [{"coin": coin.id, "source": s, "name": n} for s, n in before - after]
    changes.types += [{"coin": coin.id, "source": s, "name": n} for s, n in after - before]
    return before != after


def _compare_entities(coin: str, after: set[tuple[str, str]], state: dict[str, Any], changes: _Changes) -> bool:
    before = {(relationship, name) for relationship, name in state["entities"]}
    for relationship, name in before - after:
        changes.dropped_entities[relationship].append({"coin": coin, "name": name})
    for relationship, name in after - before:
        changes.entities[relationship].append({"coin": coin, "name": name})
    return before != after


def _gone(reading: Reading, existing: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Ids of coins that the reading does not have, and of sides of coins that it has."""
    faces = {coin.id: {f"{coin.id}/{face}" for face in coin.sides} for coin in reading.coins}
    coins = [coin for coin in existing if coin not in faces]
    sides = [
        side["id"]
        for coin, row in existing.items()
        if coin in faces
        for side in row["sides"]
        if side["id"] not in faces[coin]
    ]
    return coins, sides


def _write_collection(db: Database, name: str, reading: Reading, changed: bool) -> None:
    wanted = {"source": normal(str(reading.source)), "version": version("coingraph")}
    if changed or db.read(COLLECTION, name=name) != [wanted]:
        db.write(MERGE_COLLECTION, name=name, now=datetime.now(UTC), **wanted)


def _write(db: Database, changes: _Changes, run: Run) -> None:
    rows: list[Any] = changes.coins
    for batch in batches(tqdm(rows, "coins", disable=None, unit="coin", leave=False), BATCH):
        db.write(WRITE_COINS, rows=batch, run=run.id)
    for face in FACES:
        db.write_batches(WRITE_SIDES.format(label=face.capitalize()), changes.sides[face], size=BATCH)
    db.write_batches(DROP_TYPES, changes.dropped_types, size=BATCH)
    db.write_batches(WRITE_TYPES, changes.types, size=BATCH)
    for relationship, (_, label) in ENTITY_OF.items():
        names = {"relationship": relationship, "label": label}
        db.write_batches(DROP_ENTITIES.format(**names), changes.dropped_entities[relationship], size=BATCH)
        db.write_batches(WRITE_ENTITIES.format(**names), changes.entities[relationship], size=BATCH)


def _remove(db: Database, coins: list[str], sides: Iterable[str], run: Run) -> None:
    db.write_batches(REMOVE_SIDES, sides, size=BATCH)
    db.write_batches(REMOVE_COINS, coins, size=BATCH)
    for label in ("CoinType", *(label for label, _ in ENTITIES.values())):
        db.write(REMOVE_UNUSED.format(label=label))
    if coins:
        run.notes["removed_names"] = coins[:MOST_NAMES]


def known_pictures(db: Database) -> dict[str, tuple[int, int]]:
    """Width and height of every picture in the graph by its checksum: these need no decoding again."""
    return {row["sha256"]: (row["width"], row["height"]) for row in db.stream(KNOWN_PICTURES)}


def list_collections(db: Database) -> list[dict[str, Any]]:
    """Collections with their numbers of coins and sides."""
    return db.read(LIST_COLLECTIONS)


def find_collection(db: Database, name: str) -> int:
    """Number of coins of a collection. Raises `NoCollection`."""
    collections = {row["collection"]: row["coins"] for row in list_collections(db)}
    if name not in collections:
        known = f"there is {', '.join(collections)}" if collections else "the graph holds no collection"
        raise NoCollection(f"no collection {name!r}; {known}")
    return collections[name]


def made_of_coins(db: Database) -> bool:
    """Whether there are edges or partitions, which coins that are removed leave behind as they were with them."""
    return bool(db.read(MADE_OF_COINS)[0]["made"])


def remove_collection(db: Database, name: str, run: Run) -> Stored:
    """Remove a collection, its coins and sides with their edges, and types, mints, ... that no coin uses any more."""
    coins = db.read(COIN_IDS, name=name)
    _remove(db, [row["id"] for row in coins], [], run)
    db.write(REMOVE_COLLECTION, name=name)
    stored = Stored(removed_coins=len(coins), removed_sides=sum(row["sides"] for row in coins))
    run.removed("coins", stored.removed_coins)
    run.removed("sides", stored.removed_sides)
    return stored
