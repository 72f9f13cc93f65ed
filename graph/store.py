"""Coins, sides and what is known of them from a reading into the graph: compared first, so that only changes travel."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from errors import CoingraphError, counted, tracked
from graph import undo, verdicts
from graph.changes import ENTITY_OF, Change, Facts, add, put, remove_unused
from graph.connection import Database, Transaction, batches
from graph.corrections import OTHER_FACE
from graph.ingest_options import as_flags
from graph.pending import decide, finish
from graph.runs import Run
from graph.schema import prepare
from graph.scope import find_scope
from graph.types import queue
from ingest.records import ENTITIES, CoinRecord, Reading, one_line
from ingest.words import normal

BATCH = 1000
MOST_NAMES = 1000
#: Examples of what coins would lose, and of sides and coins that would go.
SHOWN, SHOWN_GONE = 3, 20

STATES = f"""
MATCH (c:Coin|MergedCoin) WHERE c.id IN $ids
RETURN c.id AS id, properties(c) AS properties, c:SidesSwapped AS swapped,
       COLLECT {{ MATCH (c)-[:IN_COLLECTION]->(k) RETURN k.name }} AS collections,
       COLLECT {{
         MATCH (c)-[:HAS_SIDE|LEFT_OUT]->(s) RETURN s {{.id, .name, .sha256, .uri, .width, .height}}
       }} AS sides,
       COLLECT {{
         MATCH (c)-[a:ATTRIBUTED_TO]->(t) WHERE a.source IN ['table', 'folder'] RETURN [a.source, t.name]
       }} AS types,
       COLLECT {{ MATCH (c)-[r:{"|".join(ENTITY_OF)}]->(e) RETURN [type(r), e.name] }} AS entities
"""
COINS = """
MATCH (c:Coin|MergedCoin)-[:IN_COLLECTION]->(k:Collection) WHERE k.name IN $collections
  AND c.by_hand IS NULL
RETURN c.id AS id, k.name AS collection, COUNT { (c)-[:HAS_SIDE|LEFT_OUT]->() } AS sides
"""
BEGIN_COLLECTION = """
MERGE (k:Collection {name: $name})
ON CREATE SET k.created = datetime(), k.changed = datetime(), k.source = $source, k.version = $version
"""
DELETE_COINS = """
MATCH (c:Coin)-[:IN_COLLECTION]->(:Collection {name: $name}) WITH c LIMIT $limit
OPTIONAL MATCH (c)-[:HAS_SIDE]->(s:Side)
WITH collect(DISTINCT c) AS coins, collect(s) AS sides
FOREACH (side IN sides | DETACH DELETE side) FOREACH (coin IN coins | DETACH DELETE coin)
RETURN size(coins) AS gone
"""
LIST_COLLECTIONS = f"""
MATCH (k:Collection)
RETURN k.name AS collection, COUNT {{ (k)<-[:IN_COLLECTION]-(:Coin) }} AS coins,
       COUNT {{ (k)<-[:IN_COLLECTION]-()-[:HAS_SIDE]->(:Obverse) }} AS obverses,
       COUNT {{ (k)<-[:IN_COLLECTION]-()-[:HAS_SIDE]->(:Reverse) }} AS reverses,
       COUNT {{ (:Obverse)<-[:HAS_SIDE]-(c)-[:HAS_SIDE]->(:Reverse) WHERE (c)-[:IN_COLLECTION]->(k) }} AS both_sides,
       COUNT {{ MATCH (k)<-[:IN_COLLECTION]-()-[:OF_TYPE]->(t) RETURN DISTINCT t }} AS types,
       COUNT {{ (k)<-[:IN_COLLECTION]-(c) WHERE NOT (c)-[:OF_TYPE]->() }} AS no_type,
       k.source AS source, k.options AS options, toString(k.changed) AS changed,
       COLLECT {{
         MATCH (u:Undo {{name: k.name}}) WHERE {undo.CAN_TURN}
         RETURN CASE WHEN u.undone THEN 'taken back' ELSE 'yes' END ORDER BY u.created DESC LIMIT 1
       }}[0] AS undo
ORDER BY collection
"""
COIN_IDS = """
MATCH (c:Coin|MergedCoin)-[:IN_COLLECTION]->(:Collection {name: $name})
RETURN c.id AS id, COUNT { (c)-[:HAS_SIDE|LEFT_OUT]->() } AS sides ORDER BY id
"""
KNOWN_PICTURES = """
MATCH (s:Side) WHERE s.sha256 IS NOT NULL RETURN s.sha256 AS sha256, s.width AS width, s.height AS height
"""
MADE_OF_COINS = "RETURN EXISTS { ()-[:SIMILAR]->() } OR EXISTS { (:Partition|DieStudy) } AS made"


class TakenIds(CoingraphError):
    """Coins of another collection have the ids that coins of this one would get."""


@dataclass(frozen=True)
class Stored:
    """What a reading changes in the graph. Updated coins get another type, other values, or another picture of a side;
    ``missing_coins`` are in the collection and not in the reading."""

    new_coins: int = 0
    updated_coins: int = 0
    unchanged_coins: int = 0
    removed_coins: int = 0
    new_sides: int = 0
    updated_sides: int = 0
    removed_sides: int = 0
    other_types: int = 0
    other_values: int = 0
    missing_coins: int = 0


@dataclass
class Lost:
    """How many coins (or sides) lose something, with examples."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, example: str, shown: int = SHOWN) -> None:
        self.count += 1
        if self.count <= shown:
            self.examples.append(one_line(example))

    def __str__(self) -> str:
        return f"({', '.join(self.examples)}{', ...' if self.count > len(self.examples) else ''})"


@dataclass
class Removals:
    """What an ingest would take away: types and values from coins that stay, sides of these, whole coins."""

    types: Lost = field(default_factory=Lost)
    sides: Lost = field(default_factory=Lost)
    coins: Lost = field(default_factory=Lost)
    columns: dict[str, Lost] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.types.count or self.columns or self.sides.count or self.coins.count)

    def __str__(self) -> str:
        said = [f"the type of {counted(self.types.count, 'coin')} {self.types}"] if self.types.count else []
        for name, lost in sorted(self.columns.items()):
            said.append(f"column {name} of {counted(lost.count, 'coin')} {lost}")
        said += [f"{counted(self.sides.count, 'side')} {self.sides}"] if self.sides.count else []
        said += [f"{counted(self.coins.count, 'coin')} {self.coins}"] if self.coins.count else []
        return ", ".join(said)


class WouldRemove(CoingraphError):
    """An ingest would remove something, and nobody agreed to it. Nothing was written; ``removals`` says what."""

    def __init__(self, removals: Removals):
        super().__init__(f"this ingest would remove {removals}; nothing was written")
        self.removals = removals


@dataclass
class Changes:
    """What a reading changes in one collection. Coins that go have no ``now``."""

    new: list[CoinRecord] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    gone: list[Change] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone)


@dataclass
class Plan:
    """What a reading would do to the graph; `carry_out` does it."""

    reading: Reading
    collections: dict[str, Changes]
    removals: Removals
    counts: Stored


def store_reading(db: Database, reading: Reading, run: Run, prune: bool = False, options: str | None = None) -> Stored:
    """`plan` and `carry_out` in one, without a question."""
    return carry_out(db, plan(db, reading, prune), run, options)


def plan(db: Database, reading: Reading, prune: bool = False) -> Plan:
    """Compare a reading with the graph; nothing is written.

    Where no table was read, what tables said before stays. With ``prune`` coins and sides that the reading does not
    have are removed from its collections; without, nothing is. What persons say and what was proposed is never touched,
    nor is what was added by hand and is not in the folder.
    Raises `TakenIds`.
    """
    comparing = _Comparing(reading.metadata is not None, prune)
    for batch in batches(reading.coins, BATCH):
        states = {row["id"]: row for row in db.read(STATES, ids=[coin.id for coin in batch])}
        for coin in batch:
            comparing.take(coin, states.get(coin.id))
    read = {coin.id for coin in reading.coins}
    names = sorted({reading.collection, *comparing.collections} - {""})
    for row in db.stream(COINS, collections=names):
        if row["id"] not in read:
            comparing.miss(row["collection"], row["id"], row["sides"])
    return Plan(reading, comparing.collections, comparing.removals, Stored(**comparing.counts))


@dataclass
class _Comparing:
    """Compares coins with what the graph says of them; ``counts`` by the names of `Stored`."""

    with_metadata: bool
    prune: bool
    collections: dict[str, Changes] = field(default_factory=lambda: defaultdict(Changes))
    removals: Removals = field(default_factory=Removals)
    counts: Counter[str] = field(default_factory=Counter)

    def take(self, coin: CoinRecord, state: Mapping[str, Any] | None) -> None:
        """Note what becomes of a coin that was read; ``state`` is None for one that is not there."""
        changes = self.collections[coin.collection]
        if state is None:
            changes.new.append(coin)
            self.counts.update(new_coins=1, new_sides=len(coin.sides))
        elif state["collections"] and coin.collection not in state["collections"]:
            other = state["collections"][0]
            raise TakenIds(f"{coin.id} is a coin of {other} already: give {coin.collection} another name")
        elif change := self.compare(coin, state):
            changes.changed.append(change)
            self.counts["updated_coins"] += 1
        else:
            self.counts["unchanged_coins"] += 1

    def miss(self, collection: str, coin: str, sides: int) -> None:
        """Note what becomes of a coin that was not read."""
        if self.prune:
            self.removals.coins.add(coin, SHOWN_GONE)
            self.counts.update(removed_coins=1, removed_sides=sides)
            self.collections[collection].gone.append(Change(coin, Facts(), None))
        else:
            self.counts["missing_coins"] += 1

    def compare(self, coin: CoinRecord, state: Mapping[str, Any]) -> Change | None:
        """What of a coin differs from its state in the graph; None where nothing does."""
        was, now = _facts_of(state), facts(coin, state, self.with_metadata)
        properties = {name for name in now.properties if was.properties.get(name) != now.properties[name]}
        sides = {face for face in now.sides if was.sides.get(face) != now.sides[face]}
        if self.prune and not was.properties.get("by_hand"):
            sides |= was.sides.keys() - now.sides.keys()
        types, entities = _differ(was.types, now.types), _differ(was.entities, now.entities)
        if not (properties or sides or types or entities):
            return None
        self._count(coin, was, now, sides)
        before, after = (
            Facts(
                {name: one.properties.get(name) for name in sorted(properties)},
                {face: one.sides.get(face) for face in sorted(sides)},
                sorted(_pairs(one.types)) if types else (),
                sorted(_pairs(one.entities)) if entities else (),
            )
            for one in (was, now)
        )
        return Change(coin.id, before, after)

    def _count(self, coin: CoinRecord, was: Facts, now: Facts, sides: Iterable[str]) -> None:
        had, has = dict(_pairs(was.types)), dict(_pairs(now.types))
        # What a folder says does not make up for what a table said.
        if had and (not has or ("table" in had and "table" not in has)):
            self.removals.types.add(f"{coin.name}: {had.get('table') or had['folder']}")
        elif had and set(had.values()) != set(has.values()):
            self.counts["other_types"] += 1
        before, after = _values(was), _values(now) if self.with_metadata else _values(was)
        for column in sorted(before.keys() - after.keys()):
            self.removals.columns.setdefault(column, Lost()).add(f"{coin.name}: {before[column]}")
        self.counts["other_values"] += any(before[column] != after[column] for column in before.keys() & after.keys())
        for face in sides:
            if face not in now.sides:
                self.removals.sides.add(f"{coin.id}/{face}", SHOWN_GONE)
                self.counts["removed_sides"] += 1
            else:
                self.counts["updated_sides" if face in was.sides else "new_sides"] += 1


def facts(coin: CoinRecord, state: Mapping[str, Any] | None, with_metadata: bool) -> Facts:
    """What the graph is to say of a coin that it knows as ``state`` (None: not at all)."""
    properties: dict[str, Any] = {"name": coin.name}
    known = state["properties"] if state else {}
    types: list[Any] = [(coin.type_source, coin.type)] if coin.type and coin.type_source else []
    entities: list[Any] = state["entities"] if state else []
    if with_metadata or not state:
        columns = {name: value for name, value in coin.properties.items() if name not in coin.entities}
        named = {ENTITIES[column][1]: name for column, name in coin.entities.items()}
        if known.get("by_hand"):  # what the table does not say of it stays
            columns = {name: known[name] for name in known.get("columns", ()) if name in known} | columns
            named = dict(_pairs(entities)) | named
        properties |= dict.fromkeys(set(known.get("columns", ())) - columns.keys()) | columns
        properties["columns"] = sorted(columns) or None
        entities = list(named.items())
        if coin.by_hand:
            properties["by_hand"] = True
    elif any(source == "table" for source, _ in state["types"]):
        types = state["types"]  # beside it, what the folder says does not count
    sides: dict[str, Any] = {
        face: {
            "id": f"{coin.id}/{face}",
            "name": f"{coin.name} {face}",
            "sha256": side.sha256,
            "uri": side.path.as_uri(),
            "width": side.width,
            "height": side.height,
        }
        for face, side in coin.sides.items()
    }
    return Facts(properties, sides, types, entities)


def _facts_of(state: Mapping[str, Any]) -> Facts:
    """What an ingest said of a coin, whatever verdicts made of it."""
    sides = {side["id"].rpartition("/")[2]: side for side in state["sides"]}
    if state["swapped"]:
        coin, name = state["id"], state["properties"]["name"]
        sides = {
            OTHER_FACE[face]: {**side, "id": f"{coin}/{OTHER_FACE[face]}", "name": f"{name} {OTHER_FACE[face]}"}
            for face, side in sides.items()
        }
    return Facts(state["properties"], sides, state["types"], state["entities"])


def _pairs(pairs: Iterable[Sequence[str]]) -> list[tuple[str, str]]:
    return [(first, second) for first, second in pairs]


def _differ(was: Iterable[Sequence[str]], now: Iterable[Sequence[str]]) -> bool:
    return set(_pairs(was)) != set(_pairs(now))


def _values(facts: Facts) -> dict[str, Any]:
    """What a table said of a coin, by column, whether it stands on the coin or on a node of its own."""
    columns = {name: facts.properties.get(name) for name in facts.properties.get("columns") or ()}
    return columns | {ENTITY_OF[relationship][0]: name for relationship, name in facts.entities}


def carry_out(db: Database, plan: Plan, run: Run, options: str | None = None) -> Stored:
    """Do what was planned, and keep how to take it back; ``options`` are remembered (see `graph.ingest_options`).

    What is there changes at once, or not at all. Coins that are new come at once where they are few, else in batches:
    the same ingest goes on with those that a killed one left out.
    """
    prepare(db)
    undo.sweep(db)
    changed = {name: changes for name, changes in plan.collections.items() if changes}
    for name in plan.collections.keys() - changed.keys():
        _bring_up_to_date(db, name, _told(plan, options))
    if _weight(db, changed.values()) <= undo.MOST_AT_ONCE:
        with db.atomic() as tx:
            queue(tx)
            steps = [_prepare(tx, name, changes, plan, run, options) for name, changes in changed.items()]
            make_planned(tx, steps)
    else:
        steps = [_prepare(db, name, changes, plan, run, options) for name, changes in changed.items()]
        decide(db, "ingest", steps=steps)
        finish(db)
    undo.sweep(db)
    _tell(run, plan)
    return plan.counts


def make_planned(tx: "Database | Transaction", steps: Iterable[Sequence[Any]]) -> None:
    """Make the changes that `_prepare` kept, collection by collection (each a name, a mark, and what the collection's
    node is to say). Can be repeated."""
    with verdicts.lifted(tx):
        for name, mark, told in steps:
            for part in undo.parts(tx, mark, made=False):
                with tx.atomic() as whole:
                    put(whole, name, part, mark)
            undo.set_collection(tx, name, told)
            undo.close(tx, mark)
    remove_unused(tx)


def _prepare(
    tx: "Database | Transaction", name: str, changes: Changes, plan: Plan, run: Run, options: str | None
) -> list[Any]:
    """Write the new coins of a collection, and keep beside what else is to change: a step of `make_planned`."""
    told = _told(plan, options)
    mark = undo.mark_of(tx, name, run)
    tx.write(BEGIN_COLLECTION, name=name, source=told["source"], version=told["version"])
    for batch in batches(tracked(changes.new, f"coins of {name}", "coin"), undo.PART):
        new = [Change(coin.id, None, facts(coin, None, True)) for coin in batch]
        with tx.atomic() as whole:
            add(whole, name, new, run.id)
            undo.keep(whole, mark, new, made=True)
    for planned in batches([*changes.changed, *changes.gone], undo.PART):
        undo.keep(tx, mark, planned, made=False)
    return [name, mark, told]


def _told(plan: Plan, options: str | None) -> dict[str, Any]:
    """What the node of a collection says of the ingest."""
    told = {"source": normal(str(plan.reading.source)), "version": version("coingraph")}
    if options is not None:
        told |= {"options": options, "ingested_as": plan.reading.collection}
    return told


def _bring_up_to_date(db: Database, name: str, told: Mapping[str, Any]) -> None:
    """Of a collection whose coins do not change."""
    there = undo.collection_of(db, name)
    if there is not None and any(there.get(key) != value for key, value in told.items()):
        undo.set_collection(db, name, told)


def _weight(db: Database, changed: Iterable[Changes]) -> int:
    total = 0
    for changes in changed:
        parted = [c.coin for c in changes.changed if c.now and None in c.now.sides.values()]
        total += undo.weight(db, [*parted, *(change.coin for change in changes.gone)])
        total += undo.WEIGHT_OF_COIN * (len(changes.new) + len(changes.changed))
    return total


def _tell(run: Run, plan: Plan) -> None:
    counts = plan.counts
    run.wrote("coins", counts.new_coins)
    run.wrote("sides", counts.new_sides)
    run.removed("coins", counts.removed_coins)
    run.removed("sides", counts.removed_sides)
    run.counts.update(updated_coins=counts.updated_coins, updated_sides=counts.updated_sides)
    gone = [change.coin for changes in plan.collections.values() for change in changes.gone]
    if gone:
        run.notes["removed_names"] = gone[:MOST_NAMES]


def known_pictures(db: Database) -> dict[str, tuple[int, int]]:
    """Width and height of every picture in the graph by its checksum: these need no decoding again."""
    return {row["sha256"]: (row["width"], row["height"]) for row in db.stream(KNOWN_PICTURES)}


def list_collections(db: Database) -> list[dict[str, Any]]:
    """Collections with their numbers of coins and sides, and how they were ingested last."""
    rows = db.read(LIST_COLLECTIONS)
    return [{**row, "options": as_flags(json.loads(row["options"] or "{}"))} for row in rows]


def find_collection(db: Database, name: str) -> int:
    """Number of coins of a collection. Raises `NoCollection`."""
    find_scope(db, [name])
    return next(row["coins"] for row in list_collections(db) if row["collection"] == name)


def find_removable(db: Database, name: str) -> int:
    """As `find_collection`, also of a collection that is only kept for an undo."""
    return 0 if undo.is_kept(db, name) and not undo.collection_of(db, name) else find_collection(db, name)


def made_of_coins(db: Database) -> bool:
    """Whether there are edges or partitions, which coins that are removed leave behind as they were with them."""
    return bool(db.read(MADE_OF_COINS)[0]["made"])


def remove_collection(db: Database, name: str, run: Run) -> Stored:
    """Remove a collection, its coins and sides with their edges, types, mints, ... that no coin uses any more, and what
    was kept to take its last ingest back. All of it goes, or nothing, or the next command finishes it."""
    coins = db.read(COIN_IDS, name=name)
    if undo.weight(db, [row["id"] for row in coins]) <= undo.MOST_AT_ONCE:
        with db.atomic() as tx:
            queue(tx)
            delete_collection(tx, name)
    else:
        decide(db, "collections remove", name=name)
        finish(db)
    undo.sweep(db)
    stored = Stored(removed_coins=len(coins), removed_sides=sum(row["sides"] for row in coins))
    run.removed("coins", stored.removed_coins)
    run.removed("sides", stored.removed_sides)
    return stored


def delete_collection(tx: "Database | Transaction", name: str) -> None:
    """Delete coins in batches, then the collection. Can be repeated."""
    with verdicts.lifted(tx):
        while tx.write(DELETE_COINS, name=name, limit=undo.PART)[0]["gone"]:
            pass
    undo.remove(tx, name)
    undo.set_collection(tx, name, None)
    remove_unused(tx)
