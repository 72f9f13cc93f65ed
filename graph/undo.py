"""Taking an ingest back: what it changed of a collection is kept beside, until the next ingest of the collection.

An `Undo` node stands for an ingest and bears the collection's own properties before it; its `UndoPart` nodes bear the
coins' changes, some hundred each, so that nothing of any size has to be held at once. It is open while the ingest is
under way: one that was killed is gone on with by the next, and both are taken back together.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from errors import CoingraphError
from graph.changes import Change, put, remove_unused
from graph.connection import Database, Transaction
from graph.pending import decide, finish
from graph.runs import Run
from graph.types import queue
from graph.verdicts import lifted

#: Coins whose changes stand on one node.
PART = 500
#: Relationships and nodes that one transaction may touch; more are done step by step, and finished after a kill.
MOST_AT_ONCE = 50_000
#: What a coin with its sides, type and mint counts as.
WEIGHT_OF_COIN = 10

COLLECTION = """
MATCH (k:Collection {name: $name})
RETURN k {.source, .version, .options, .ingested_as, created: toString(k.created), changed: toString(k.changed)} AS kept
"""
# What is not said of it stays.
SET_COLLECTION = """
MERGE (k:Collection {name: $name}) WITH k, k.created AS created
SET k += $kept, k.created = coalesce(datetime($kept.created), created, datetime()),
    k.changed = coalesce(datetime($kept.changed), datetime())
"""
REMOVE_COLLECTION = """
MATCH (k:Collection {name: $name}) WHERE NOT EXISTS { (k)<-[:IN_COLLECTION]-() } DETACH DELETE k
"""
#: Whether an ingest ``u`` changed something that can be taken back.
CAN_TURN = "(NOT u.open OR EXISTS { (:UndoPart {run: u.run, made: true}) })"
FIND = f"""
MATCH (u:Undo {{name: $name}}) WHERE {CAN_TURN}
RETURN u.run AS mark, toString(u.created) AS at, u.undone AS undone
ORDER BY u.created DESC LIMIT 1
"""
OPEN = "MATCH (u:Undo {name: $name, open: true}) RETURN u.run AS mark"
BEGIN = """
MERGE (u:Undo {run: $mark})
SET u.name = $name, u.created = datetime(), u.open = true, u.undone = false, u.collection = $collection
"""
# Changes that a killed ingest kept but did not decide on were not made.
DROP_PLANNED = "MATCH (p:UndoPart {run: $mark, made: false}) DELETE p"
KEEP = """
MATCH (u:Undo {run: $mark}) OPTIONAL MATCH (p:UndoPart {run: $mark}) WITH u, count(p) AS parts
CREATE (:UndoPart {name: u.name, run: $mark, number: parts, made: $made, changes: $changes})
"""
PARTS = "MATCH (p:UndoPart {run: $mark, made: $made}) RETURN p.number AS number ORDER BY number"
READ_PART = "MATCH (p:UndoPart {run: $mark, number: $number}) RETURN p.changes AS changes"
CLOSE = """
MATCH (u:Undo {run: $mark}) SET u.open = false, u.undone = $undone, u.collection = coalesce($collection, u.collection)
WITH u OPTIONAL MATCH (p:UndoPart {run: u.run}) SET p.made = true
WITH DISTINCT u MATCH (old:Undo {name: u.name}) WHERE old <> u DELETE old
"""
STATE = "MATCH (u:Undo {run: $mark}) RETURN u.collection AS collection, u.undone AS undone"
REMOVE = "MATCH (u:Undo {name: $name}) DELETE u"
SWEEP = """
MATCH (n:{label}) WHERE NOT EXISTS {{ (:Undo {{run: n.{mark}}}) }} WITH n LIMIT 1000 DETACH DELETE n
RETURN count(*) AS gone
"""
SWEPT = {"UndoPart": "run", "FormerSide": "undo_of", "FormerCoin": "undo_of"}
DEGREES = """
MATCH (c:Coin) WHERE c.id IN $ids
RETURN coalesce(sum(COUNT { (c)--() }), 0) AS coins,
       coalesce(sum(COUNT { (c)-[:HAS_SIDE]->()--() }), 0) AS sides
"""


COUNTS = ("came", "went", "changed", "sides_came", "sides_went", "pictures")


class NothingToUndo(CoingraphError):
    """No ingest of this collection is kept, so none can be taken back."""


@dataclass(frozen=True)
class Kept:
    """An ingest that can be taken back, or one that was taken back and can be brought again (``undone``).

    The counts are those of the next undo: coins that come, go, and change; of the coins that stay, sides that come, go,
    and get another picture.
    """

    collection: str
    mark: str
    at: str
    undone: bool
    came: int
    went: int
    changed: int
    sides_came: int
    sides_went: int
    pictures: int


def mark_of(tx: "Database | Transaction", collection: str, run: Run) -> str:
    """Open the undo of an ingest; the mark under which its parts are kept: that of a killed one, where there is one."""
    found = tx.read(OPEN, name=collection)
    if found:
        tx.write(DROP_PLANNED, mark=found[0]["mark"])
        return str(found[0]["mark"])
    mark = f"{run.id} {collection}"
    tx.write(BEGIN, mark=mark, name=collection, collection=json.dumps(collection_of(tx, collection)))
    return mark


def keep(tx: "Database | Transaction", mark: str, changes: Sequence[Change], made: bool) -> None:
    """Keep changes, which are ``made`` already, or still to be made."""
    if changes:
        tx.write(KEEP, mark=mark, made=made, changes=json.dumps([change.as_list() for change in changes]))


def parts(tx: "Database | Transaction", mark: str, made: bool = True) -> Iterator[list[Change]]:
    """The changes kept under a mark, part by part."""
    for row in tx.read(PARTS, mark=mark, made=made):
        part = tx.read(READ_PART, mark=mark, number=row["number"])
        yield [Change.from_list(one) for one in json.loads(part[0]["changes"])]


def close(tx: "Database | Transaction", mark: str) -> None:
    """The ingest is done: what was kept of earlier ones can go (see `sweep`)."""
    tx.write(CLOSE, mark=mark, undone=False, collection=None)


def remove(tx: "Database | Transaction", collection: str) -> None:
    """Keep nothing of a collection any more (see `sweep`)."""
    tx.write(REMOVE, name=collection)


def sweep(db: Database) -> None:
    """Delete in batches what was kept of ingests that can no longer be taken back."""
    for label, mark in SWEPT.items():
        while db.write(SWEEP.format(label=label, mark=mark))[0]["gone"]:
            pass


def collection_of(tx: "Database | Transaction", name: str) -> dict[str, Any] | None:
    """The properties of a collection's node, times as text; None where there is none."""
    found = tx.read(COLLECTION, name=name)
    return dict(found[0]["kept"]) if found else None


def set_collection(tx: "Database | Transaction", name: str, kept: Mapping[str, Any] | None) -> None:
    """Bring a collection's node to what `collection_of` told; an empty one goes where that was None."""
    if kept is None:
        tx.write(REMOVE_COLLECTION, name=name)
    else:
        tx.write(SET_COLLECTION, name=name, kept=kept)


def weight(db: "Database | Transaction", coins: Sequence[str]) -> int:
    """How much a transaction touches that takes these coins out of the graph."""
    total = 0
    for start in range(0, len(coins), PART):
        row = db.read(DEGREES, ids=coins[start : start + PART])[0]
        total += row["coins"] + row["sides"]
    return total


def is_kept(db: Database, collection: str) -> bool:
    return bool(db.read(FIND, name=collection))


def find(db: Database, collection: str) -> Kept:
    """What an undo of this collection would do. Raises `NothingToUndo`."""
    found = db.read(FIND, name=collection)
    if not found:
        raise NothingToUndo(
            f"no ingest into {collection!r} is kept: none changed anything, or the collection was removed"
        )
    counts: Counter[str] = Counter()
    for part in parts(db, found[0]["mark"]):
        for change in part:
            counts.update(_does(change if found[0]["undone"] else change.back))
    return Kept(collection, found[0]["mark"], found[0]["at"], found[0]["undone"], **{n: counts[n] for n in COUNTS})


def take_back(db: Database, kept: Kept) -> None:
    """Bring a collection to where it was before its last ingest; after an undo, to where the ingest had brought it.

    All of it is done, or nothing, or the next command that connects finishes it.
    """
    sweep(db)
    now = collection_of(db, kept.collection)
    if _weight(db, kept) <= MOST_AT_ONCE:
        with db.atomic() as tx:
            queue(tx)
            turn(tx, kept.collection, kept.mark, not kept.undone, now)
    else:
        decide(db, "collections undo", name=kept.collection, mark=kept.mark, back=not kept.undone, now=now)
        finish(db)
    sweep(db)


def turn(tx: "Database | Transaction", name: str, mark: str, back: bool, now: Mapping[str, Any] | None) -> None:
    """Make the changes kept under ``mark``, backwards or again; ``now`` is what the collection's node says before.

    Can be repeated.
    """
    header = tx.read(STATE, mark=mark)
    if not header or header[0]["undone"] == back:
        return  # done already
    target = json.loads(header[0]["collection"])
    if target:
        set_collection(tx, name, target)
    tx.write(DROP_PLANNED, mark=mark)
    with lifted(tx):
        for part in parts(tx, mark):
            with tx.atomic() as whole:
                put(whole, name, [change.back if back else change for change in part], mark)
    if not target:
        set_collection(tx, name, None)
    remove_unused(tx)
    tx.write(CLOSE, mark=mark, undone=back, collection=json.dumps(now))


def _weight(db: Database, kept: Kept) -> int:
    total = WEIGHT_OF_COIN * (kept.came + kept.changed)
    for part in parts(db, kept.mark):
        going = [change.coin for change in part if (change.now if kept.undone else change.was) is None]
        total += weight(db, going)
    return total


def _does(change: Change) -> Iterator[str]:
    """What a change comes to, as names of `Kept`."""
    if change.was is None or change.now is None:
        yield "came" if change.was is None else "went"
        return
    yield "changed"
    for face, side in change.now.sides.items():
        before = change.was.sides.get(face)
        if side is None or before is None:
            yield "sides_went" if side is None else "sides_came"
        elif side.get("sha256") != before.get("sha256"):
            yield "pictures"
