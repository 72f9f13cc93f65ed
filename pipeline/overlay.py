"""Two sides laid on one another as `dies` does it, to be looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from dies.match import SIZE, coin_square
from dies.places import evidence
from dies.registration import CLOSE, FINE, Relief, bank, evidence_version, register
from graph import die_graph, matches
from graph.connection import Database
from graph.edges import coin_of
from ingest.images import open_picture
from ingest.records import Face
from pipeline.verdicts import NoSide


@dataclass(frozen=True)
class Overlay:
    """Two sides in one square of pixels, grey (SIZE, SIZE) uint8: the ``first`` turned and moved onto the ``second``.

    ``places`` (k, 2) are the places that both show, x and y in these pixels, and ``close`` (k,) whether they agree.
    ``log_odds`` is what `dies` made of the pair; None where it was not compared.
    """

    coins: tuple[str, str]
    face: Face
    first: np.ndarray
    second: np.ndarray
    places: np.ndarray
    close: np.ndarray
    likeness: float
    log_odds: float | None


def overlay(db: Database, coin: str, other: str, face: Face) -> Overlay:
    """Lay the sides of two coins (ids) on one another. Raises `NoSide`, and what opening a picture does."""
    photographs = matches.read_photographs(db, face)
    sides = sorted(f"{one}/{face}" for one in (coin, other))
    if missing := [side for side in sides if side not in photographs]:
        raise NoSide(f"{coin_of(missing[0])} has no {face}")
    chosen = [photographs[side] for side in sides]
    pictures = [open_picture(one.path) for one in chosen]
    squares = [
        coin_square(picture, one.outline_at(picture.size)) for picture, one in zip(pictures, chosen, strict=True)
    ]
    says = die_graph.read_evidence(db, face, evidence_version())
    return lay((coin_of(sides[0]), coin_of(sides[1])), face, squares, says.get((sides[0], sides[1])))


def lay(
    coins: tuple[str, str], face: Face, squares: Sequence[tuple[np.ndarray, np.ndarray]], log_odds: float | None
) -> Overlay:
    """Lay two `dies.match.coin_square` on one another."""
    one, two = (Relief.of(*square) for square in squares)
    found = register(bank(one), one, two)
    scale = SIZE / FINE
    transform = found.transform.copy()
    transform[:, 2] *= scale
    ground = int(squares[0][0][0, 0])
    first = cv2.warpAffine(squares[0][0], transform, (SIZE, SIZE), borderValue=(ground,))
    places, close = found.places * scale, found.off < CLOSE
    return Overlay(coins, face, first, squares[1][0], places, close, evidence(found, two).likeness, log_odds)
