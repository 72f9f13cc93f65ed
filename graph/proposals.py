"""Proposed types: `OF_TYPE` with source `predicted` beside what is known, and how probable what is known is.

What a person, a table or a folder said of a coin is never touched; its `OF_TYPE` only bears the ``probability`` that
the type had while the coin itself was left out. A prediction never counts as a label.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graph.connection import Database, Transaction
from graph.edges import coin_of
from graph.evaluation_data import CoinVectors, only_unseen, read_coins, read_labels
from graph.matches import read_geometry
from graph.spaces import SpaceRecord
from ingest.records import FACES
from measure.probability import PairValues, geometry_evidence
from measure.proposals import Answer
from measure.voters import Asked

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


def read_asked(db: Database, spaces: Sequence[SpaceRecord]) -> Asked:
    """Coins with their types and their vectors in all of ``spaces``. Raises `NotEmbedded`."""
    found = [read_coins(db, space, "both") for space in spaces]
    coins = sorted({coin for one in found for coin in one.coins})
    columns = [column for one in found for column in _spread(one, coins)]
    types = read_labels(db, coins, "type")
    fair = np.ones(len(coins), bool)
    for space in spaces:
        unseen = only_unseen(db, space, coins, types).labels
        fair &= np.array([known == seen for known, seen in zip(types, unseen, strict=True)], bool)
    place = {coin: row for row, coin in enumerate(found[0].coins)}
    later = iter(range(len(place), len(place) + len(coins)))
    pieces = np.array([found[0].pieces[place[coin]] if coin in place else next(later) for coin in coins])
    return Asked(coins, columns, types, pieces, fair, _closer(db, [space.slug for space in spaces], coins))


def _closer(db: Database, slugs: Sequence[str], coins: Sequence[str]) -> list[PairValues]:
    """What `match` found of pairs of these coins; nothing where it did not look."""
    place = {coin: row for row, coin in enumerate(coins)}
    properties = [("inliers", "inliers"), *(("places", f"places_{slug}") for slug in slugs)]
    found = []
    for face in FACES:
        for what, name in properties:
            pairs = ((coin_of(one), coin_of(two), value) for one, two, value in read_geometry(db, name, face))
            rows = [(place[one], place[two], value) for one, two, value in pairs if one in place and two in place]
            if rows:
                first, second, values = np.array(rows, np.float64).T
                column = geometry_evidence(what, values)
                found.append(PairValues.of(len(coins), first.astype(int), second.astype(int), column))
    return found


def _spread(vectors: CoinVectors, coins: Sequence[str]) -> list[np.ndarray]:
    """The faces' matrices with a row for each of ``coins``."""
    place = {coin: row for row, coin in enumerate(coins)}
    rows = np.array([place[coin] for coin in vectors.coins], np.intp)
    spread = []
    for face in vectors.faces.values():
        matrix = np.full((len(coins), face.shape[1]), np.nan, np.float32)
        matrix[rows] = face
        spread.append(matrix)
    return spread


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
