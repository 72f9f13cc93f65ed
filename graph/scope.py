"""Which collections a step or a question speaks of.

A scope decides which coins are linked, grouped, scored or listed. Percentiles stay those of the whole space.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from errors import CoingraphError
from ingest.words import normal

if TYPE_CHECKING:
    from graph.connection import Database

NAMES = "MATCH (k:Collection) RETURN k.name AS name ORDER BY name"
COINS = "MATCH (c:Coin)-[:IN_COLLECTION]->(k:Collection) WHERE k.name IN $collections RETURN collect(c.id) AS coins"


class NoCollection(CoingraphError):
    """There is no collection of this name."""


@dataclass(frozen=True)
class Scope:
    """The collections that are spoken of, by ``names``, sorted; ``others`` are those that the graph has beside."""

    names: tuple[str, ...]
    others: tuple[str, ...] = ()

    @property
    def chosen(self) -> list[str]:
        """``$collections`` in Cypher: the names, or nothing where they are all there are."""
        return list(self.names) if self.others else []

    @property
    def words(self) -> str:
        """The names as a sentence has them: ``hoard``, ``hoard and niho``, ``30 collections``."""
        if len(self.names) > 5:
            return f"{len(self.names)} collections"
        return " and ".join(filter(None, (", ".join(self.names[:-1]), *self.names[-1:])))


def find_scope(db: "Database", collections: Sequence[str] = ()) -> Scope:
    """The scope of these collections; without any, that of all. Raises `NoCollection` with the names there are."""
    return scope_among([row["name"] for row in db.read(NAMES)], collections)


def scope_among(names: Sequence[str], collections: Sequence[str]) -> Scope:
    """The same, where ``names`` are those of all collections."""
    wanted = set(map(normal, collections)) or set(names)
    if unknown := sorted(wanted.difference(names)):
        raise NoCollection(f"no collection {unknown[0]!r}; {_there_is(unknown[0], names)}")
    return Scope(tuple(name for name in names if name in wanted), tuple(name for name in names if name not in wanted))


def _there_is(name: str, names: Sequence[str]) -> str:
    if not names:
        return "the graph holds no collection"
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.6) if len(names) > 10 else []
    return f"did you mean {' or '.join(near)}?" if near else f"there is {', '.join(names)}"


def coins_of(db: "Database", collections: Sequence[str]) -> frozenset[str] | None:
    """The ids of the coins of some collections; None, which stands for all coins, without any."""
    return frozenset(db.read(COINS, collections=list(collections))[0]["coins"]) if collections else None


def of_collections(node: str) -> str:
    """The condition that a coin or a side is of ``$collections``, or that these are none, as Cypher over its name."""
    return (
        f"($collections = [] OR EXISTS {{ ({node})<-[:HAS_SIDE*0..1]-()-[:IN_COLLECTION]->(k) "
        "WHERE k.name IN $collections })"
    )
