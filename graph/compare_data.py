"""What a comparison of spaces reads from the graph: vectors with catalogued types, and the latest communities."""

from dataclasses import dataclass

import numpy as np

from errors import CoingraphError
from graph.communities import find_partition, latest, memberships
from graph.connection import Database
from graph.related import coin_of
from graph.spaces import find_space, read_vectors
from graph.types import labels
from ingest.records import FACES, Face


class NotEmbedded(CoingraphError):
    """A space without vectors."""


@dataclass(frozen=True)
class FaceVectors:
    """The sides of one face in a space: ids, sorted; ``matrix`` (n, d) float32; the coins' catalogued types.

    A type is None where none is catalogued; predictions do not count.
    """

    ids: list[str]
    matrix: np.ndarray
    types: list[str | None]


@dataclass(frozen=True)
class Grouping:
    """The communities of a partition: coin to community, and all coins that the partition looked at.

    ``face`` is ``both`` where it groups coins by both sides.
    """

    partition: str
    face: str
    community: dict[str, str]
    coins: list[str]

    def of(self, coin: str) -> str:
        """The coin's community; a coin of none stands as one of its own."""
        return self.community.get(coin, coin)


@dataclass(frozen=True)
class SpaceData:
    """A space to be compared. ``fields`` are the metadata columns that went into its vectors."""

    name: str
    slug: str
    fields: tuple[str, ...]
    faces: dict[Face, FaceVectors]
    grouping: Grouping | None


def read_space(db: Database, name: str, face: str = "both") -> SpaceData:
    """A space (its name or slug) with the vectors of one face or of both, and its latest partition.

    With ``face`` both, that is the latest of coins, else of sides; else the latest of this face. Raises `UnknownSpace`,
    `NotEmbedded`.
    """
    space = find_space(db, name)
    types = labels(db)
    asked: tuple[Face, ...] = tuple(f for f in FACES if face in (f, "both"))
    faces = {}
    for one in asked:
        ids, matrix = read_vectors(db, space.slug, one)
        faces[one] = FaceVectors(ids, matrix, [types.get(coin_of(side)) for side in ids])
    if not any(vectors.ids for vectors in faces.values()):
        which = "" if face == "both" else f" {face}"
        raise NotEmbedded(
            f"no{which} side has a vector of the space {space.name}: run `coingraph embed --space {space.name}` first"
        )
    return SpaceData(space.name, space.slug, space.fields, faces, _latest(db, space.slug, faces, face))


def _latest(db: Database, slug: str, faces: dict[Face, FaceVectors], face: str) -> Grouping | None:
    partition = latest(db, slug, face, *(FACES if face == "both" else ()))
    if partition is None:
        return None
    looked_at = find_partition(db, partition)["face"]
    seen = [vectors for one, vectors in faces.items() if looked_at in (one, "both")]
    coins = sorted({coin_of(side) for vectors in seen for side in vectors.ids})
    return Grouping(partition, looked_at, memberships(db, partition), coins)
