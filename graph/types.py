"""The type of a coin: what folders, tables and persons say of it, and what `propose` proposes.

Each of them has its own relationship. ``ATTRIBUTED_TO`` is an opinion: at most one of the folder, one of the table and
one of each person. ``OF_TYPE`` is the type that counts, at most one a coin: the latest person's, else the table's, else
the folder's. ``PROPOSED_TYPE`` is a type that `propose` finds probable; it never counts.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graph.connection import Database, Transaction

if TYPE_CHECKING:
    from measure.proposals import Answer

#: The type of the coin ``c``, as Cypher; null where it has none.
TYPE_OF = "[(c)-[:OF_TYPE]->(t) | t.name][0]"
#: The same without types that somebody accepted from a proposal: a space would be scored against itself by them.
NOT_ACCEPTED_TYPE_OF = "[(c)-[o:OF_TYPE]->(t) WHERE o.accepted IS NULL | t.name][0]"

LABELS = "MATCH (c:Coin)-[:OF_TYPE]->(t) RETURN c.id AS coin, t.name AS type ORDER BY coin"
DROP_OPINIONS = """
UNWIND $rows AS row MATCH (:Coin {id: row.coin})-[a:ATTRIBUTED_TO {key: row.properties.key}]->() DELETE a
"""
# What was kept as JSON has its time as a text.
WRITE_OPINIONS = """
UNWIND $rows AS row
MATCH (c:Coin {id: row.coin})
OPTIONAL MATCH (c)-[former:ATTRIBUTED_TO {key: row.properties.key}]->() DELETE former
WITH c, row MERGE (t:CoinType {name: row.name})
CREATE (c)-[a:ATTRIBUTED_TO {key: row.properties.key}]->(t)
SET a = row.properties, a.at = datetime(row.properties.at)
"""
# `OF_TYPE` has what the opinion has, but for the key: `coin` takes its place, which is unique.
DERIVE = """
CALL (c) {
  OPTIONAL MATCH (c)-[a:ATTRIBUTED_TO]->(t:CoinType)
  WITH c, a, t ORDER BY CASE a.source WHEN 'person' THEN 2 WHEN 'table' THEN 1 ELSE 0 END DESC,
                        coalesce(a.at, datetime({year: 1})) DESC, t.name LIMIT 1
  WITH c, a, t, [(c)-[old:OF_TYPE]->() | old] AS old
  WITH c, a, t, old, [key IN keys(a) WHERE key <> 'key'] AS keys
  WHERE NOT coalesce(a IS NULL AND old = [] OR size(old) = 1 AND endNode(old[0]) = t AND old[0].coin = c.id
                     AND size(keys(old[0])) = size(keys) + 1 AND all(key IN keys WHERE old[0][key] = a[key]), false)
  FOREACH (one IN old | DELETE one)
  FOREACH (_ IN CASE WHEN t IS NULL THEN [] ELSE [1] END |
    CREATE (c)-[new:OF_TYPE {coin: c.id}]->(t) SET new += a {.*, key: null})
}
"""
DERIVE_SOME = f"MATCH (c:Coin) WHERE c.id IN $coins {DERIVE}"
DERIVE_ALL = f"MATCH (c:Coin) {DERIVE}"

PROPOSED = """
MATCH (c:Coin)-[p:PROPOSED_TYPE]->(t:CoinType)
RETURN c.id AS coin, t.name AS type, p.probability AS probability, p.like AS like, p.spaces AS spaces
"""
DROP_PROPOSALS = """
UNWIND $rows AS row MATCH (:Coin {id: row[0]})-[p:PROPOSED_TYPE]->(:CoinType {name: row[1]}) DELETE p
"""
WRITE_PROPOSALS = """
UNWIND $rows AS row
MATCH (c:Coin {id: row.coin}) MERGE (t:CoinType {name: row.name})
MERGE (c)-[p:PROPOSED_TYPE]->(t) SET p = row.properties
"""
NONE = "MATCH (c:Coin) WHERE c.none_of_these IS NOT NULL RETURN c.id AS coin, c.none_of_these AS none"
SET_NONE = "UNWIND $rows AS row MATCH (c:Coin {id: row[0]}) SET c.none_of_these = row[1]"
EVEN = 0.5  # a record less probable than this is likelier wrong than right
# What nobody keeps, but two transactions cannot write at once.
QUEUE = "MATCH (g:Coingraph) SET g.queue = true REMOVE g.queue"


@dataclass(frozen=True)
class Written:
    """Proposals written (or given another probability) and removed, without those of the coins' own types."""

    written: int
    removed: int


def queue(tx: Transaction) -> None:
    """Wait for those who write opinions or proposals; until the transaction ends the others wait."""
    tx.write(QUEUE)


def opinion(coin: str, source: str, name: str, by: str | None = None, **more: Any) -> dict[str, Any]:
    """What a source (``folder``, ``table`` or ``person``) says of a coin, as `write_opinions` takes it."""
    properties = {**more, "key": f"{coin}|{source}|{by or ''}", "source": source, "by": by}
    return {"coin": coin, "name": name, "properties": properties}


def write_opinions(db: Database | Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """Write opinions (see `opinion`) in place of the former ones of the same source and person.

    `derive` makes them count.
    """
    if rows:
        db.write(WRITE_OPINIONS, rows=rows)


def drop_opinions(db: Database | Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """Remove the opinions of the coins and sources of these, whatever type they name."""
    if rows:
        db.write(DROP_OPINIONS, rows=rows)


def derive(db: Database | Transaction, coins: Iterable[str] | None = None) -> None:
    """Bring ``OF_TYPE`` of coins (ids; None: of all) to what the opinions say. Can be repeated.

    Of all coins by a `Database`, this takes several transactions.
    """
    if coins is not None:
        db.write(DERIVE_SOME, coins=list(coins))
    elif isinstance(db, Database):
        db.run_alone(f"{DERIVE_ALL} IN TRANSACTIONS OF 5000 ROWS")
    else:
        db.write(DERIVE_ALL)


def labels(db: Database) -> dict[str, str]:
    """Coin id to the type that counts."""
    return {row["coin"]: row["type"] for row in db.read(LABELS)}


def write_proposals(
    db: Database,
    new: Sequence["Answer"],
    left_out: Sequence["Answer"],
    least: float,
    spaces: Sequence[str],
    run: str,
    coins: Container[str] | None = None,
) -> Written:
    """Make the stored proposals of ``coins`` (ids; None: of all) these, in one transaction; ``spaces`` (slugs) are what
    they go by.

    They are types of at least a probability for coins without a type. Coins of known type have their own type with the
    probability that it is right; those that are doubtful also have the likeliest other, and more of at least a
    probability.
    """
    own = labels(db)
    kinds = {answer.coin: own[answer.coin] for answer in left_out}
    wanted = {
        (answer.coin, name): {"probability": probability, "like": like, "spaces": list(spaces)}
        for answer in [*new, *left_out]
        for name, (probability, like) in _worth_storing(answer, kinds.get(answer.coin), least).items()
    }
    stored = {
        (row.pop("coin"), row.pop("type")): row for row in db.read(PROPOSED) if coins is None or row["coin"] in coins
    }
    gone = [list(key) for key in stored if key not in wanted]
    changed: list[dict[str, Any]] = [
        {"coin": coin, "name": name, "properties": {**one, "run": run}}
        for (coin, name), one in wanted.items()
        if stored.get((coin, name)) != one
    ]
    none = {answer.coin: answer.none for answer in [*new, *left_out]}
    with db.atomic() as tx:
        queue(tx)
        tx.write_batches(DROP_PROPOSALS, gone)
        tx.write_batches(WRITE_PROPOSALS, changed)
        _write_none(tx, none, coins)
    written = sum(own.get(row["coin"]) != row["name"] for row in changed)
    return Written(written, sum(own.get(coin) != name for coin, name in gone))


def clear_proposals(db: Database) -> int:
    """Remove all proposals; how many there were."""
    return write_proposals(db, [], [], 1.0, [], "").removed


def doubtful(own: float) -> bool:
    """Whether a record of this probability is likelier wrong than right. `doubtful-types` holds the same."""
    return own < EVEN


def _worth_storing(answer: "Answer", own: str | None, least: float) -> dict[str, tuple[float, str | None]]:
    """Types with their probability and the coin most like it: for a coin without a type those probable enough."""
    likely = [one for one in answer.proposals if one.type != own]
    found = {one.type: (one.probability, one.like) for one in likely if one.probability >= least}
    if own is None:
        return found
    like = next((one.like for one in answer.proposals if one.type == own), None)
    given = answer.of(own)
    others = found | {one.type: (one.probability, one.like) for one in likely[:1]} if doubtful(given) else {}
    return others | {own: (given, like)}


def _write_none(tx: Transaction, wanted: dict[str, float], coins: Container[str] | None) -> None:
    stored = {row["coin"]: row["none"] for row in tx.read(NONE) if coins is None or row["coin"] in coins}
    rows: list[list[object]] = [[coin, None] for coin in stored if coin not in wanted]
    rows += [[coin, none] for coin, none in wanted.items() if stored.get(coin) != none]
    tx.write_batches(SET_NONE, rows)
