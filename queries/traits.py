"""What some coins have in common, beside all coins: counts of names, ranges of measures."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from queries.gallery import Gallery

LISTED = 12  # values of a column


@dataclass(frozen=True)
class Share:
    """A value (None: no value), how many of the coins have it, and how many of all."""

    value: str | None
    coins: int
    all: int


@dataclass(frozen=True)
class Measured:
    """A measure of those coins of which it is ``known``; None where it is of none."""

    known: int = 0
    mean: float | None = None
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True)
class Traits:
    """The commonest values of the coins, and their measures: grams, millimetres, years (negative before Christ)."""

    coins: int
    types: list[Share]
    mints: list[Share]
    materials: list[Share]
    collections: list[Share]
    weight: Measured
    diameter: Measured
    year: Measured


def traits(gallery: Gallery, ids: Sequence[str]) -> Traits:
    """What coins (their ids; others are left out) have in common."""
    rows = np.array([gallery.place[coin] for coin in ids if coin in gallery.place], np.intp)

    def shares(name: str) -> list[Share]:
        column = gallery.named[name]
        every = Counter(column.codes.tolist())
        some = Counter(column.codes[rows].tolist())
        return [
            Share(column.names[code] if code >= 0 else None, coins, every[code])
            for code, coins in some.most_common(LISTED)
        ]

    first, last = gallery.numbers["from"], gallery.numbers["to"]
    begin, end = _measured(first[rows]), _measured(np.where(np.isnan(last), first, last)[rows])
    return Traits(
        coins=len(rows),
        types=shares("type"),
        mints=shares("mint"),
        materials=shares("material"),
        collections=shares("collection"),
        weight=_measured(gallery.numbers["weight"][rows]),
        diameter=_measured(gallery.numbers["diameter"][rows]),
        year=Measured(begin.known, begin.mean, begin.least, end.most),
    )


def _measured(values: np.ndarray) -> Measured:
    known = values[~np.isnan(values)]
    if not len(known):
        return Measured()
    return Measured(len(known), float(known.mean()), float(known.min()), float(known.max()))
