"""What is wrong with the data of a graph: photographs that are gone or not cut out, names that nearly match, and what
is out of date."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from graph.connection import Database
from graph.glance import Due
from graph.sides import photographs_of_sides
from pipeline.due import read_due

NEAR = 0.9  # of two names, as difflib measures them
MOST_COMPARED = 500  # one-sided coins whose names are compared


@dataclass(frozen=True)
class Faults:
    """Photographs that are gone (paths), coins with a side that is not cut out (ids), pairs of one-sided coins (ids)
    whose names nearly match and whose sides are different ones, and steps that are due."""

    unreadable: list[str]
    not_cut: list[str]
    near_misses: list[tuple[str, str]]
    due: list[Due]


def find_faults(db: Database) -> Faults:
    """What is wrong now."""
    sides = photographs_of_sides(db)
    unreadable = [str(one.path) for one in sides if not one.path.is_file()]
    not_cut = list(dict.fromkeys(one.coin for one in sides if one.sure is False))
    faces: dict[str, list[str]] = {}
    for one in sides:
        faces.setdefault(one.coin, []).append(one.face)
    single = {coin: some[0] for coin, some in faces.items() if len(some) == 1}
    return Faults(unreadable, not_cut, _near(single, sorted(single)[:MOST_COMPARED]), read_due(db))


def _near(face_of: dict[str, str], coins: Sequence[str]) -> list[tuple[str, str]]:
    found = []
    for place, one in enumerate(coins):
        for two in coins[place + 1 :]:
            if face_of[one] != face_of[two] and difflib.SequenceMatcher(None, one, two).ratio() >= NEAR:
                found.append((one, two))
    return found
