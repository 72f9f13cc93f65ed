"""Spaces that were made from spaces, as the graph keeps them: what was fitted, and what each vector was made from.

A `Transform` node belongs to the space of its ``space`` (a slug, or what `places_of` makes of one). It is megabytes
long and therefore not tied to the `Space` by a relationship: whoever expands that node in Neo4j Browser would fetch it.
It is stored before its `Space`, never changed, and removed after the space's last vector (`graph.replacing`). So
whatever moment a step is killed at, vectors of two fits never stand in one space.

A side's ``source_<slug>`` says which vectors its own was made from: where the parents' have changed, it is made again,
and where the picture's is gone, it goes. ``without_text_<slug>`` is true on sides that had no text.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from embed.fusion import Fusion
from embed.head import Head
from embed.registry import IMPORTED, is_text_model
from embed.transforms import Transform
from errors import CoingraphError
from graph.connection import Database
from graph.spaces import SpaceRecord, find_space
from graph.types import TYPE_OF

#: The models of spaces that are made from others, and the commands that make them.
TRANSFORM, FUSION, HEAD = "transform", "fusion", "head"
COMMANDS = {TRANSFORM: "transform", FUSION: "fuse", HEAD: "train"}

Fitted = Transform | Fusion | Head

STORE_TRANSFORM = """
MERGE (t:Transform {space: $space})
SET t.name = $name, t.sides = $sides, t.fingerprint = $fingerprint, t.parameters = $parameters
"""
READ_TRANSFORM = "MATCH (t:Transform {space: $space}) RETURN t.parameters AS parameters"
FITTED_ON = "MATCH (t:Transform {space: $space}) RETURN t.sides AS sides"

SIDES = """
MATCH (s:Side) WHERE s[$image] IS NOT NULL OR s[$own] IS NOT NULL
RETURN s.id AS id, s[$image] AS image, s[$text] AS text, s[$own] AS own ORDER BY id
"""
TYPES = f"""
MATCH (c:Coin)-[:HAS_SIDE]->(s:Side) WHERE s[$image] IS NOT NULL
WITH c, collect(s.id) AS sides, {TYPE_OF} AS type WHERE type IS NOT NULL
RETURN c.id AS coin, sides, type ORDER BY coin
"""
MARK_TEXTLESS = "UNWIND $rows AS row MATCH (s:Side {id: row.id}) SET s[$without] = row.without"
FINGERPRINT = "MATCH (t:Transform {space: $slug}) RETURN t.fingerprint AS fingerprint"
DESCRIBE = "MATCH (s:Space|Draft {slug: $slug}) SET s += $properties"
READ_CURVE = """
MATCH (s:Space {slug: $slug}) RETURN s.losses AS losses, s.held_out_losses AS held_out, s.best_epoch AS best
"""


class NotTrained(CoingraphError):
    """A space that learnt nothing, and so has no loss curve."""


@dataclass(frozen=True)
class LossCurve:
    """How a fusion or a head learnt: its loss on coins it was ``trained`` on and on those ``held_out``, one an epoch.

    What is kept are the parameters after ``best`` epochs, counted from 1; 0 is a head that stayed as it began.
    ``model`` is that of the space.
    """

    space: str
    trained: list[float]
    held_out: list[float]
    best: int
    model: str = FUSION

    @property
    def of_head(self) -> bool:
        return self.model == HEAD


@dataclass(frozen=True)
class SourcedSide:
    """A side and the sources of its parents' vectors and of its own, None where it has none."""

    id: str
    image: str | None
    text: str | None
    own: str | None
    fused: bool

    @property
    def source(self) -> str | None:
        """What its own source is to be."""
        return f"{self.image}|{self.text or ''}" if self.fused and self.image else self.image


def store_transform(db: Database, slug: str, transform: Fitted) -> None:
    """Keep what was fitted for a space that is about to be made."""
    db.write(
        STORE_TRANSFORM,
        space=slug,
        name=str(transform),
        sides=transform.sides,
        fingerprint=transform.fingerprint,
        parameters=transform.to_bytes(),
    )


def places_of(slug: str) -> str:
    """Where the transform of a space's places (`dies.match`) is kept, beside that of its vectors."""
    return f"{slug}/places"


def read_transform(db: Database, slug: str) -> Transform | None:
    """The fitted transform of a space; None where there is none."""
    parameters = read_parameters(db, slug)
    return None if parameters is None else Transform.from_bytes(parameters)


def read_parameters(db: Database, slug: str) -> bytes | None:
    """What was fitted for a space, as it is stored; None where there is nothing."""
    # Streamed, since a list of plain dictionaries would be made byte by byte: minutes for megabytes.
    for (parameters,) in db.stream(READ_TRANSFORM, space=slug):
        return bytes(parameters)
    return None


def fitted_on(db: Database, slug: str) -> int | None:
    """How many sides there were when a space's transform was fitted; None where it has none."""
    rows = db.read(FITTED_ON, space=slug)
    return rows[0]["sides"] if rows else None


def identity(db: Database, space: SpaceRecord) -> str:
    """Of all that decides a space's vectors: another one where the space was removed and made otherwise since."""
    rows = db.read(FINGERPRINT, slug=space.slug)
    parts = [space.weights, space.preprocessing, space.transform, rows[0]["fingerprint"] if rows else None]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def sides_with_sources(db: Database, image: str, text: str | None, own: str) -> list[SourcedSide]:
    """The sides that have a vector of the picture, or have one of the space itself, by id."""
    keys = {"image": f"source_{image}", "text": f"source_{text or image}", "own": f"source_{own}"}
    fused = text is not None
    return [SourcedSide(row["id"], row["image"], row["text"], row["own"], fused) for row in db.stream(SIDES, **keys)]


def stale_sides(sides: Sequence[SourcedSide]) -> list[SourcedSide]:
    """Those whose own vector is not made from what their parents' vectors are now."""
    return [side for side in sides if side.own != side.source]


def typed_sides(db: Database, slug: str) -> list[dict[str, Any]]:
    """The coins of known type that have a vector of a space: ``coin``, ``type`` and the ids of their ``sides``."""
    return db.read(TYPES, image=f"source_{slug}")


def mark_textless(db: Database, slug: str, sides: Sequence[SourcedSide]) -> None:
    """Mark the sides whose vector of a fused space knows no text."""
    rows = [{"id": side.id, "without": None if side.text else True} for side in sides]
    db.write_batches(MARK_TEXTLESS, rows, without=f"without_text_{slug}")


def describe_space(db: Database, slug: str, figures: Mapping[str, Any]) -> None:
    """Keep ``figures`` as properties of a space's node, also while it is a draft."""
    db.write(DESCRIBE, slug=slug, properties=figures)


def before_transforms(space: SpaceRecord, known: Mapping[str, SpaceRecord]) -> SpaceRecord:
    """The space that a transform or a head was put on, once or several times, as long as it is there.

    ``known`` are all, by slug.
    """
    while space.model in (TRANSFORM, HEAD) and space.sources[0] in known:
        space = known[space.sources[0]]
    return space


def texts_slug(space: SpaceRecord, known: Mapping[str, SpaceRecord]) -> str | None:
    """The slug of the space whose texts went into a space; None for one of pictures alone. ``known`` are all, by slug.

    That of a fusion is the space of its texts, that of a transform the space that was transformed.
    """
    while space.sources:
        if space.sources[-1] not in known:
            return None
        space = known[space.sources[-1]]
    return space.slug if is_text_model(space.model) or space.model == IMPORTED else None


def loss_curve(db: Database, space: str | None) -> LossCurve:
    """The loss curve of a fused or trained space, by its name or slug. Raises `NotTrained`, `UnknownSpace`."""
    record = find_space(db, space)
    (row,) = db.read(READ_CURVE, slug=record.slug)
    if not row["losses"]:
        raise NotTrained(f"{record.name} was not trained, so it has no loss")
    return LossCurve(record.name, row["losses"], row["held_out"], row["best"], record.model)
