"""What the catalogue says of coins: a property, a mint, the type or the collection, by its name."""

import difflib
from collections.abc import Sequence
from typing import Any

from errors import CoingraphError
from graph.connection import Database
from graph.texts import known_fields
from graph.types import TYPE_OF
from ingest.records import ENTITIES, names_something

COLLECTION = "COLLECT { MATCH (c)-[:IN_COLLECTION]->(k) RETURN k.name }[0]"
ENTITY = "COLLECT {{ MATCH (c)-[:{relationship}]->(e) RETURN e.name ORDER BY e.name }}[0]"
PROPERTY = "c[$property]"
BUILT_IN = {"type": TYPE_OF, "collection": COLLECTION}

HAS_PROPERTY = "MATCH (c:Coin) WHERE c[$property] IS NOT NULL RETURN 1 AS one LIMIT 1"
VALUES = "MATCH (c:Coin) WITH c.id AS coin, {value} AS value WHERE value IS NOT NULL RETURN coin, value"


class UnknownProperty(CoingraphError):
    """No coin has this property."""


def property_cypher(db: Database, name: str) -> str:
    """The value of a property, as Cypher over a coin ``c`` and the parameter ``property``, which is its name.

    Raises `UnknownProperty`, naming those that are near or those that there are.
    """
    if name in BUILT_IN:
        return BUILT_IN[name]
    known = known_fields(db)
    if name in ENTITIES and name in known:
        # What could not become a node of its own stayed a property of the coin.
        return f"coalesce({ENTITY.format(relationship=ENTITIES[name][1])}, {PROPERTY})"
    if name not in known and not db.read(HAS_PROPERTY, property=name):
        raise UnknownProperty(f"no coin has the property {name!r}; {_there_is(name, sorted({*BUILT_IN, *known}))}")
    return PROPERTY


def property_of_coins(db: Database, name: str) -> dict[str, str]:
    """Coin id to the value of a property, as text; coins without one, or where it says "unknown", are left out.

    Predicted types do not count. Raises `UnknownProperty`.
    """
    rows = db.read(VALUES.format(value=property_cypher(db, name)), property=name)
    values = {row["coin"]: _text(row["value"]) for row in rows}
    return {coin: value for coin, value in values.items() if names_something(value)}


def _text(value: Any) -> str:
    return " | ".join(map(str, value)) if isinstance(value, list) else str(value)


def _there_is(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
