"""Coin types and the dies that were cut for them.

A type fixes what is shown: head, beast, symbols, legends, border. The dies of a type show the same, each cut anew by
hand: the motif a little shifted, scaled and bent, letters of other size, spacing and lean.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from hoard import figures, heads
from hoard.letters import border, legend
from hoard.relief import Graver, Heights, Wobble
from ingest.records import Face

# Rulers, mints and findspots are invented; no real issue should be mistaken for ours.
RULERS = (
    *("CATVMAROS", "ΑΔΡΟΜΑΡΟΣ", "VELITANOS", "ΔΑΜΟΚΛΕΩΝ", "NERTOBIOS", "SEGOLATIX", "ΘΕΟΞΕΝΙΟΣ", "BRANNOGENOS"),
    *("ΛΥΣΑΝΔΡΙΟΝ", "TARVODIX", "ΦΙΛΑΓΡΙΟΣ", "ORGETOS", "ΝΙΚΟΒΙΟΣ", "LVCOTEROS", "ΠΟΛΥΞΕΝΙΔ", "MORITASG"),
)
CITIES = ("NOREA", "ΚΑΛΛΙΣΤΑ", "VESVNIA", "ΤΑΡΣΙΝΟΙ", "BELARIA", "ΕΡΥΘΡΙΑ", "CARANTON", "ΛΑΡΙΝΩΝ", "SENODVM", "ΟΛΒΕΙΑ")
MINTS = ("Kalliste", "Norea", "Vesunia", "Belaria", "Tarsinoi", "Carantum", "Larinon", "Senodunum")
FINDSPOTS = ("Oberlindach", "Kaltenried", "Saint-Aubrac", "Montelupo", "Ravna", "Thornby")
BORDERS = ("dots", "dots", "line", "wreath")


@dataclass(frozen=True)
class CoinType:
    """One type. ``weight`` in grams and ``diameter`` in millimetres are its standards."""

    number: int
    name: str
    head: str
    head_left: bool
    obverse_legend: str
    obverse_border: str
    figure: str
    figure_left: bool
    symbols: tuple[tuple[str, float, float], ...]
    reverse_legend: str
    reverse_border: str
    authority: str
    denomination: str
    mint: str
    second_mint: str
    findspot: str
    weight: float
    diameter: float
    date: str


def _pairs(names: list[str], symmetric: set[str], rng: np.random.Generator) -> list[tuple[str, bool]]:
    """Every motif once in random order, facing a random way, then those that can be mirrored the other way."""
    first = [(n, bool(rng.integers(2)) and n not in symmetric) for n in rng.permutation(names)]
    return first + [(n, not left) for n, left in first if n not in symmetric]


def invent_types(count: int, seed: int) -> list[CoinType]:
    """``count`` types with different names; no two show the same on both sides."""
    rng = np.random.default_rng([seed, 1])
    fronts = _pairs(list(heads.HEADS), heads.SYMMETRIC, rng)
    backs = _pairs(list(figures.FIGURES), figures.SYMMETRIC, rng)
    rulers, cities = rng.permutation(RULERS), rng.permutation(CITIES)
    mints, findspots = rng.permutation(MINTS), rng.permutation(FINDSPOTS)
    types: list[CoinType] = []
    names: set[str] = set()
    for number in range(count):
        head, head_left = fronts[number % len(fronts)]
        # A second round through the reverses is shifted, so that it meets other obverses.
        figure, figure_left = backs[(number + number // len(backs)) % len(backs)]
        ruler = str(rulers[number % len(rulers)])
        kinds = rng.permutation(figures.SYMBOLS)
        places = [(0.0, -0.6), (0.0, 0.66), (-0.5, -0.46), (0.52, 0.46)]
        taken = rng.permutation(len(places))[: 1 + int(rng.integers(2))]
        symbols = tuple((str(kinds[i]), *places[p]) for i, p in enumerate(taken))
        start = -int(rng.integers(30, 95)) - number // len(rulers)
        name = f"{figure.capitalize()} and {symbols[0][0]}"
        if name in names:
            name = f"{name} ({head})"
        while name in names:
            name += " II"
        names.add(name)
        types.append(
            CoinType(
                number=number,
                name=name,
                head=head,
                head_left=head_left,
                obverse_legend=ruler,
                obverse_border=str(rng.choice(BORDERS)),
                figure=figure,
                figure_left=figure_left,
                symbols=symbols,
                reverse_legend=str(cities[(number + number // len(cities)) % len(cities)]),
                reverse_border=str(rng.choice(BORDERS)),
                authority=LATIN.get(ruler, ruler).capitalize(),
                denomination="stater" if number % 3 else "drachm",
                mint=str(mints[(number // 2) % len(mints)]),
                second_mint=str(mints[(number // 2 + 1) % len(mints)]),
                findspot=str(findspots[number % len(findspots)]),
                weight=round(float(rng.uniform(3.2, 7.8)), 2),
                diameter=round(float(rng.uniform(16, 23)), 1),
                date=f"{-start + 40}-{-start} BC",
            )
        )
    return types


LATIN = {
    "ΑΔΡΟΜΑΡΟΣ": "Adromaros",
    "ΔΑΜΟΚΛΕΩΝ": "Damokleon",
    "ΘΕΟΞΕΝΙΟΣ": "Theoxenios",
    "ΛΥΣΑΝΔΡΙΟΝ": "Lysandrion",
    "ΦΙΛΑΓΡΙΟΣ": "Philagrios",
    "ΝΙΚΟΒΙΟΣ": "Nikobios",
    "ΠΟΛΥΞΕΝΙΔ": "Polyxenidas",
    "MORITASG": "Moritasgos",
}


def cut_die(kind: CoinType, face: Face, number: int, seed: int) -> Heights:
    """Height map (SIDE x SIDE, float32, in die radii) of the die ``number`` of one face of a type."""
    rng = np.random.default_rng([seed, 2, kind.number, face == "reverse", number])
    # What all dies of a type share, such as where the legend begins, must not depend on the die.
    habit = np.random.default_rng([seed, 3, kind.number, face == "reverse"])
    plate = Graver(rng, Wobble.drawn(rng, 0.016))
    shift = rng.normal(0, 0.03, 2)
    field = plate.moved(shift[0], shift[1], scale=rng.uniform(0.93, 1.06), turn=rng.normal(0, 3.5))
    pellets = bool(habit.integers(2))
    letters = habit.uniform(0.14, 0.175)
    if face == "obverse":
        heads.HEADS[kind.head](field.moved(0.0, -0.02, 0.98, mirror=kind.head_left))
        start = habit.choice([-150, -120, 20]) if kind.head not in heads.SYMMETRIC else -170
        if kind.head_left and start == 20:
            start = -130
        legend(plate, kind.obverse_legend, float(start), letters, pellets)
        border(plate, kind.obverse_border)
    else:
        figures.FIGURES[kind.figure](field.moved(0.0, 0.0, 0.97, mirror=kind.figure_left))
        for sign, x, y in kind.symbols:
            figures.symbol(field.moved(x + rng.normal(0, 0.03), y + rng.normal(0, 0.03), turn=rng.normal(0, 15)), sign)
        legend(plate, kind.reverse_legend, float(habit.choice([-160, -60, 100])), letters, pellets)
        border(plate, kind.reverse_border)
    return ndimage.gaussian_filter(plate.height, 0.8)
