"""Transforms kept in the graph, so that coins that come later get the one that their space was made with.

A `Transform` node belongs to the space of its ``space`` (a slug, or what `places_of` makes of one). It is megabytes
long and therefore not tied to the `Space` by a relationship: whoever expands that node in Neo4j Browser would fetch it.

A transform is stored before its `Space`, never changed, and removed after the space's last vector (`graph.spaces`).
So whatever moment a step is killed at, vectors of two fits never stand in one space.
"""

from embed.fusion import Fusion
from embed.head import Head
from embed.transforms import Transform
from graph.connection import Database

STORE = """
MERGE (t:Transform {space: $space})
SET t.name = $name, t.sides = $sides, t.fingerprint = $fingerprint, t.parameters = $parameters
"""
READ = "MATCH (t:Transform {space: $space}) RETURN t.parameters AS parameters"
FITTED_ON = "MATCH (t:Transform {space: $space}) RETURN t.sides AS sides"


def store_transform(db: Database, slug: str, transform: Transform | Fusion | Head) -> None:
    """Keep what was fitted for a space that is about to be made."""
    db.write(
        STORE,
        space=slug,
        name=str(transform),
        sides=transform.sides,
        fingerprint=transform.fingerprint,
        parameters=transform.to_bytes(),
    )


def places_of(slug: str) -> str:
    """Where the transform of a space's places (`embed.places`) is kept, beside that of its vectors."""
    return f"{slug}/places"


def read_transform(db: Database, slug: str) -> Transform | None:
    """The fitted transform of a space; None where there is none."""
    parameters = read_parameters(db, slug)
    return None if parameters is None else Transform.from_bytes(parameters)


def read_parameters(db: Database, slug: str) -> bytes | None:
    """What was fitted for a space, as it is stored; None where there is nothing."""
    # Streamed, since a list of plain dictionaries would be made byte by byte: minutes for megabytes.
    for (parameters,) in db.stream(READ, space=slug):
        return bytes(parameters)
    return None


def fitted_on(db: Database, slug: str) -> int | None:
    """How many sides there were when a space's transform was fitted; None where it has none."""
    rows = db.read(FITTED_ON, space=slug)
    return rows[0]["sides"] if rows else None
