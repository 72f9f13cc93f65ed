"""What pictures of a space show: coins or sides with the value that colours them, edges, and whole faces of vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from errors import CoingraphError
from graph.communities import latest
from graph.connection import Database
from graph.projection import LAYERS, Layer, NoEdges, automatic_percentile
from graph.properties import UnknownProperty, property_cypher
from graph.spaces import SpaceRecord, vectors_of
from graph.types import TYPE_OF
from ingest.records import Face, path_of

MOST_EDGES = 100_000

COMMUNITY = """coalesce(
  COLLECT { MATCH (n)-[:MEMBER_OF]->(m)-[:IN]->(:Partition {id: $partition}) RETURN m.id }[0],
  COLLECT { MATCH (c)-[:MEMBER_OF]->(m)-[:IN]->(:Partition {id: $partition}) RETURN m.id }[0])"""

COINS = "MATCH (c:Coin) WHERE EXISTS {{ (c)-[:HAS_SIDE]->(s:Side) WHERE s[$source] IS NOT NULL }} WITH c, c AS n"
SIDES = "MATCH (c:Coin)-[:HAS_SIDE]->(n:{label}) WHERE n[$source] IS NOT NULL"
DOTS = """
{nodes}
RETURN n.id AS id, c.id AS coin, {type} AS type, {value} AS value,
       COLLECT {{ MATCH (c)-[:HAS_SIDE]->(s:Obverse) RETURN s.uri }}[0] AS obverse,
       COLLECT {{ MATCH (c)-[:HAS_SIDE]->(s:Reverse) RETURN s.uri }}[0] AS reverse
ORDER BY id
"""
ABOVE = """
MATCH (a:{label})-[r:{relationship}]->(b:{label})
WHERE r.space = $space AND r.{strength} >= $percentile AND ($threshold IS NULL OR r.cosine > $threshold)
"""
COUNT_ABOVE = ABOVE + "RETURN count(r) AS edges"
EDGES = ABOVE + "RETURN a.id AS first, b.id AS second, r.{strength} AS percentile ORDER BY first, second"


class NoVectors(CoingraphError):
    """A space has too few vectors of this face for the picture."""


class TooManyEdges(CoingraphError):
    """More edges than a picture can show."""


@dataclass(frozen=True)
class Dot:
    """A coin or one side of it (``id``), the value that colours it, its catalogued type, its two pictures."""

    id: str
    coin: str
    type: str | None
    value: Any
    obverse: Path | None
    reverse: Path | None

    def picture(self, face: Face) -> Path | None:
        return self.obverse if face == "obverse" else self.reverse


@dataclass(frozen=True)
class Edges:
    """Pairs of ids of dots, with their percentiles (0 to 100); ``chosen`` says which edges these are."""

    pairs: list[tuple[str, str]]
    percentile: np.ndarray
    chosen: str


def dots(db: Database, space: SpaceRecord, face: str, colour: str = "type") -> list[Dot]:
    """The sides of a face (or with ``both`` the coins) that have a vector of the space, by id.

    ``colour`` is `type`, `collection`, `community` (of the latest partition) or a property. Raises `UnknownProperty`,
    `NoVectors`.
    """
    partition = latest(db, space.slug, face, "both") if colour == "community" else None
    if colour == "community" and partition is None:
        raise UnknownProperty(
            f"the space {space.name} has no communities to colour by: run `coingraph analyze --space {space.name}`, or "
            "choose another --colour"
        )
    query = DOTS.format(
        nodes=COINS.format() if face == "both" else SIDES.format(label=face.capitalize()),
        type=TYPE_OF,
        value=_value(db, colour),
    )
    rows = db.read(query, source=f"source_{space.slug}", partition=partition, property=colour)
    if not rows:
        raise NoVectors(_nothing(space, face))
    return [
        Dot(row["id"], row["coin"], row["type"], row["value"], _path(row["obverse"]), _path(row["reverse"]))
        for row in rows
    ]


def _value(db: Database, colour: str) -> str:
    """What colours a coin, as Cypher over ``c`` and ``n``."""
    return COMMUNITY if colour == "community" else property_cypher(db, colour)


def _nothing(space: SpaceRecord, face: str) -> str:
    what = "coin" if face == "both" else face
    return f"no {what} has a vector of the space {space.name}: run `coingraph embed --space {space.name}` first"


def edges(
    db: Database, space: SpaceRecord, face: str, percentile: float | None = None, threshold: float | None = None
) -> Edges:
    """The stored edges at or above a percentile, or (of one face) above a cosine; by default 5 a coin, as `analyze`.

    Raises `NoEdges`, `TooManyEdges`.
    """
    layer = LAYERS[face]
    if percentile is None and threshold is None:
        percentile = automatic_percentile(db, space.slug, face)
    given = {"space": space.slug, "percentile": percentile or 0.0, "threshold": threshold}
    chosen = f"cosine above {threshold:g}" if threshold is not None else f"percentile {percentile:g} and above"
    number = db.read(_of_layer(COUNT_ABOVE, layer), **given)[0]["edges"]
    if not number:
        # Tells where nothing was linked at all.
        highest = automatic_percentile(db, space.slug, face, 1e-9)
        raise NoEdges(
            f"no edge of {space.name} has {chosen}; the highest percentile is about {highest:g}: ask for less"
        )
    if number > MOST_EDGES:
        raise TooManyEdges(
            f"{number:,} edges of {space.name} have {chosen}, and a picture shows at most {MOST_EDGES:,}: ask for a "
            "higher --percentile"
        )
    rows = db.read(_of_layer(EDGES, layer), **given)
    return Edges(
        [(row["first"], row["second"]) for row in rows], np.array([row["percentile"] for row in rows], float), chosen
    )


def _of_layer(query: str, layer: Layer) -> str:
    if layer.face == "both":
        query = query.replace("r.cosine > $threshold", "false")  # a pair of coins has two cosines
    return query.format(label=layer.label, relationship=layer.relationship, strength=layer.strength)


def unit_vectors(db: Database, space: SpaceRecord, ids: Sequence[str]) -> np.ndarray:
    """Vectors (n, dimension) float32 of sides, of length one: their products are cosines."""
    matrix = vectors_of(db, space.slug, ids)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix


def _path(uri: str | None) -> Path | None:
    return path_of(uri) if uri else None
