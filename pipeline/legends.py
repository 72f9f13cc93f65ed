"""One space of what is seen and of what is read: the letters count by how many of them can be read."""

from dataclasses import dataclass

import numpy as np

from embed.fusion import Fusion
from embed.legends.compare import Aligned, begin_anywhere, legibility, usual_rarity
from embed.registry import LEGEND
from graph import matches
from graph.connection import Database
from graph.derived import FUSION
from graph.legends import letters_read, read_legends
from graph.spaces import SpaceRecord, find_space, space_named
from ingest.records import FACES, Face
from pipeline.derive import fuse, parameters_of
from pipeline.embed import embed

MOST = 0.5  # of a cosine: what legends count beside pictures where they can be read


@dataclass(frozen=True)
class Joined:
    """The ``space`` to go by: ``letters`` are sure on a side of each face in the mean, and count ``weights`` of its
    cosines (0 to 1)."""

    space: SpaceRecord
    letters: dict[Face, float]
    weights: dict[Face, float]


def weight_of(letters: float) -> float:
    """How much legends count by how many letters of a side are sure in the mean: no label is asked."""
    return round(MOST * legibility(letters), 2)


def join(db: Database, seen: SpaceRecord, *, device: str = "auto", refit: bool = False) -> Joined:
    """Read the legends of all sides and make one space of them and ``seen``, of pictures, or bring it up to date.

    Where too few letters can be read the space is ``seen``. Weights are found where the space is new, and with
    ``refit``. Raises what `embed` and `fuse` raise.
    """
    embed(db, space=LEGEND, device=device, refit=refit and space_named(db, LEGEND) is not None)
    letters, name = letters_read(db), f"{seen.name}-{LEGEND}"
    weights = {face: weight_of(letters[face]) for face in FACES}
    known = space_named(db, name)
    if known and not refit:
        by_face = Fusion.from_bytes(parameters_of(db, known)).by_face
        weights = {face: round(1 - one, 2) for face, one in zip(FACES, by_face, strict=True)}
    if not any(weights.values()) or not any(letters.values()):
        return Joined(seen, letters, dict.fromkeys(FACES, 0.0))
    by_face = tuple(round(1 - weights[face], 2) for face in FACES)
    made = fuse(db, seen.name, LEGEND, "late", name, by_face=by_face, refit=refit and known is not None)
    return Joined(made.space, letters, weights)


def is_joined(db: Database, space: SpaceRecord) -> bool:
    """Whether a space is one of pictures and of what was read on them."""
    return space.model == FUSION and find_space(db, space.sources[1]).model == LEGEND


def align(db: Database, space: SpaceRecord, face: Face, top: int, run: str) -> int:
    """Lay the letters of sides over each other: of each side those of its ``top`` nearest, where both are legible.

    Where too few letters can be read to count in a score none are aligned: they are poor evidence of types, too. Pairs
    that were aligned before cost nothing, unless legends now are known to begin anywhere. How many were aligned now.
    """
    read = space_named(db, LEGEND) if legibility(letters_read(db)[face]) else None
    sides = read_legends(db, face) if read else None
    if read is None or sides is None or not sides.legible.any():
        return 0
    anywhere = begin_anywhere(sides.letters[sides.legible], usual_rarity())
    version = f"1/{read.weights[:12]}{'/anywhere' if anywhere else ''}"
    todo = matches.candidates(db, space.slug, face, top, matches.LETTERS_VERSION, version)
    place = {id: row for row, id in enumerate(sides.ids)}
    at = np.array([place.get(photograph.id, -1) for photograph in todo.photographs], np.int64)
    at[at >= 0] = np.where(sides.legible[at[at >= 0]], at[at >= 0], -1)
    first, second = at[todo.first], at[todo.second]
    both = (first >= 0) & (second >= 0)
    scores = Aligned(sides.letters, usual_rarity(), anywhere)(first[both], second[both])
    ids = zip(first[both].tolist(), second[both].tolist(), scores.tolist(), strict=True)
    return matches.write_letters(db, ((sides.ids[a], sides.ids[b], score) for a, b, score in ids), version, run)
