"""Named groups of coins that a person put together: ``(:Group {name})-[:HOLDS]->(:Coin)``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from errors import CoingraphError
from graph.connection import Database, Transaction

LIST = """
MATCH (g:Group) RETURN g.name AS name, COUNT { (g)-[:HOLDS]->(:Coin) } AS coins, g.by AS by, g.at AS at
ORDER BY name
"""
EXISTS = "RETURN EXISTS { (:Group {name: $name}) } AS here"
WRITE = """
MERGE (g:Group {name: $name}) SET g.by = $by, g.at = datetime($at)
WITH g CALL (g) { MATCH (g)-[held:HOLDS]->() DELETE held }
UNWIND $coins AS id MATCH (c:Coin {id: id}) MERGE (g)-[:HOLDS]->(c)
RETURN count(c) AS coins
"""
REMOVE = "MATCH (g:Group {name: $name}) DETACH DELETE g"
COINS = "MATCH (:Group {name: $name})-[:HOLDS]->(c:Coin) RETURN c.id AS coin ORDER BY coin"
LONGEST = 200


class TakenGroup(CoingraphError):
    """A group has this name already."""


class NoGroup(CoingraphError):
    """No group has this name."""


class BadGroup(CoingraphError):
    """A group without a name, or without coins."""


@dataclass(frozen=True)
class Group:
    """A named group: how many coins it holds, who made it and when (ISO)."""

    name: str
    coins: int
    by: str | None
    at: str | None


def list_groups(db: Database) -> list[Group]:
    """All groups, by name."""
    return [Group(**{**row, "at": row["at"].to_native().isoformat()}) for row in db.read(LIST)]


def coins_of_group(db: Database, name: str) -> list[str]:
    """The ids of the coins of a group. Raises `NoGroup`."""
    _checked(db, name)
    return [row["coin"] for row in db.read(COINS, name=name)]


def keep_group(db: Database, name: str, coins: Sequence[str], *, by: str | None = None, replace: bool = False) -> int:
    """Put coins (ids) together under a name; how many there are. Raises `TakenGroup` unless it is to ``replace``."""
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST or not coins:
        raise BadGroup(f"a group needs coins, and a name of at most {LONGEST} letters")
    at = datetime.now(UTC).isoformat()

    def work(tx: Transaction) -> int:
        if not replace and tx.read(EXISTS, name=name)[0]["here"]:
            raise TakenGroup(f"there is a group {name!r} already")
        return int(tx.write(WRITE, name=name, coins=list(coins), by=by, at=at)[0]["coins"])

    return db.transact(work)


def remove_group(db: Database, name: str) -> None:
    """Forget a group; its coins stay. Raises `NoGroup`."""
    _checked(db, name)
    db.write(REMOVE, name=name)


def _checked(db: Database, name: str) -> None:
    if not db.read(EXISTS, name=name)[0]["here"]:
        raise NoGroup(f"no group is called {name!r}")
