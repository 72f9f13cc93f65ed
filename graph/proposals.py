"""Proposed types: `OF_TYPE` with source `predicted` beside what is known, and how probable what is known is.

What a person, a table or a folder said of a coin is never touched; its `OF_TYPE` only bears the ``probability`` that
the type had while the coin itself was left out. A prediction never counts as a label.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from graph.coins import read_closer, read_coins
from graph.connection import Database, Transaction
from graph.spaces import SpaceRecord
from measure.coinset import CoinSet
from measure.proposals import Answer

STORED = """
MATCH (c:Coin)-[o:OF_TYPE {source: 'predicted'}]->(t:CoinType)
RETURN c.id AS coin, t.name AS type, o.probability AS probability, o.like AS like
"""
REMOVE = """
UNWIND $rows AS row
MATCH (:Coin {id: row[0]})-[o:OF_TYPE {source: 'predicted'}]->(:CoinType {name: row[1]}) DELETE o
"""
WRITE = """
UNWIND $rows AS row
MATCH (c:Coin {id: row[0]})
MATCH (t:CoinType {name: row[1]})
MERGE (c)-[o:OF_TYPE {source: 'predicted'}]->(t)
SET o.probability = row[2], o.like = row[3], o.run = $run
"""
KNOWN = """
MATCH (c:Coin)-[o:OF_TYPE]->(t:CoinType) WHERE o.source <> 'predicted'
RETURN c.id AS coin, t.name AS type, o.source AS source, o.probability AS probability
"""
SET_KNOWN = """
UNWIND $rows AS row
MATCH (:Coin {id: row[0]})-[o:OF_TYPE {source: row[1]}]->(:CoinType {name: row[2]}) SET o.probability = row[3]
"""
NONE = "MATCH (c:Coin) WHERE c.none_of_these IS NOT NULL RETURN c.id AS coin, c.none_of_these AS none"
SET_NONE = "UNWIND $rows AS row MATCH (c:Coin {id: row[0]}) SET c.none_of_these = row[1]"
DIGITS = 4


@dataclass(frozen=True)
class Written:
    """Predicted types written (or given another probability), left as they were, and removed."""

    written: int
    kept: int
    removed: int


def read_voters(db: Database, spaces: Sequence[SpaceRecord]) -> CoinSet:
    """The coins of all of ``spaces`` with their types, and what `match` found of them. Raises `NotEmbedded`."""
    coins = CoinSet.joined([read_coins(db, space, "both", ["type"]) for space in spaces])
    properties = ["inliers", *(f"places_{space.slug}" for space in spaces)]
    return replace(coins, closer=read_closer(db, coins.coins, properties))


def write_proposals(db: Database, new: Sequence[Answer], left_out: Sequence[Answer], least: float, run: str) -> Written:
    """Make the stored predictions these, in one transaction.

    They are types of at least a probability for coins without a type, and for coins whose known type is less probable
    than another, that one.
    """
    known: dict[str, list[tuple[str, str, float | None]]] = {}
    for row in db.read(KNOWN):
        known.setdefault(row["coin"], []).append((row["type"], row["source"], row["probability"]))
    wanted: dict[tuple[str, str], tuple[float, str]] = {}
    for answer in [*new, *left_out]:
        own = [kind for kind, _, _ in known.get(answer.coin, [])]
        above = max([least, *(answer.of(kind) for kind in own)])
        for one in answer.proposals:
            if one.probability >= above and one.type not in own:
                wanted[answer.coin, one.type] = round(one.probability, DIGITS), one.like
    stored = {(row["coin"], row["type"]): (row["probability"], row["like"]) for row in db.read(STORED)}
    gone = [list(key) for key in stored if key not in wanted]
    changed = [[*key, *value] for key, value in wanted.items() if stored.get(key) != value]
    said = {answer.coin: answer for answer in left_out}
    backing = [
        [coin, source, kind, value]
        for coin, entries in known.items()
        for kind, source, before in entries
        if (value := round(said[coin].of(kind), DIGITS) if coin in said else None) != before
    ]
    none = {answer.coin: round(answer.none, DIGITS) for answer in [*new, *left_out]}
    with db.atomic() as tx:
        tx.write_batches(REMOVE, gone)
        tx.write_batches(WRITE, changed, run=run)
        tx.write_batches(SET_KNOWN, backing)
        _write_none(tx, none)
    return Written(len(changed), len(wanted) - len(changed), len(gone))


def clear_proposals(db: Database) -> int:
    """Take all predictions away; how many there were."""
    return write_proposals(db, [], [], 1.0, "").removed


def _write_none(tx: Transaction, wanted: dict[str, float]) -> None:
    stored = {row["coin"]: row["none"] for row in tx.read(NONE)}
    rows: list[list[object]] = [[coin, None] for coin in stored if coin not in wanted]
    rows += [[coin, none] for coin, none in wanted.items() if stored.get(coin) != none]
    tx.write_batches(SET_NONE, rows)
