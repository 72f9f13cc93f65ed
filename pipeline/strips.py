"""The rims of one type, unwrapped and read, to be looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embed.legends.letters import Legend, legend_of
from embed.legends.strip import unwrapped
from embed.loader import load_batches
from embed.models import ReadsLetters
from embed.registry import LEGEND, load_model
from errors import CoingraphError
from graph.connection import Database
from graph.legends import sides_of_type
from graph.scope import find_scope
from ingest.records import Face, Skipped


class NoSides(CoingraphError):
    """No coin of a type has a photograph of this side."""


@dataclass(frozen=True)
class ReadStrip:
    """The rim of a coin's side, (rows, columns) as `embed.legends.strip` unwraps it, what was read, and the record."""

    coin: str
    strip: np.ndarray
    legend: Legend
    recorded: str | None


@dataclass(frozen=True)
class Strips:
    """Strips of one face of the coins of a type, ``of`` so many; ``skipped`` photographs cannot be used."""

    kind: str
    face: Face
    strips: list[ReadStrip]
    of: int
    skipped: list[Skipped]


def strips(
    db: Database, kind: str, face: Face = "obverse", *, most: int = 40, collections: Sequence[str] = ()
) -> Strips:
    """Unwrap and read at most ``most`` sides of the type ``kind``, those with the most sure letters first.

    Raises `NoSides`, `NoCollection`.
    """
    found = sides_of_type(db, kind, face, find_scope(db, collections).chosen)
    if not found:
        raise NoSides(f"no coin of the type {kind!r} has a photograph of its {face}")
    known = {photograph.id: (coin, recorded) for photograph, coin, recorded in found}
    model = load_model(LEGEND)
    assert isinstance(model.backbone, ReadsLetters)
    rows: list[ReadStrip] = []
    skipped: list[Skipped] = []
    for batch in load_batches([photograph for photograph, _, _ in found[:most]], model, 8):
        skipped += batch.skipped
        if batch.photographs:
            read = model.backbone.letters(batch.pictures)
            for photograph, picture, letters in zip(batch.photographs, batch.pictures, read, strict=True):
                coin, recorded = known[photograph.id]
                strip = unwrapped(np.ascontiguousarray(picture[..., 0]))
                rows.append(ReadStrip(coin, strip, legend_of(letters), recorded))
    return Strips(kind, face, rows, len(found), skipped)
