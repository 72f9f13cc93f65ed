# ruff: noqa: RUF001 (Greek capitals are meant)
"""Legends: Latin and Greek capitals as strokes, set along the border of a die."""

import numpy as np

from hoard.relief import Graver

# Each letter is one or more strokes in a box one high and about 0.7 wide, (0, 0) its upper left corner.
# A string "x,y x,y" is straight, "~x,y x,y" is bent through its points.
LETTERS: dict[str, tuple[str, ...]] = {
    "A": ("0,1 .35,0 .7,1", ".14,.62 .56,.62"),
    "B": ("0,0 0,1", "~0,0 .5,.06 .55,.25 .4,.44 0,.48", "~0,.48 .55,.52 .62,.75 .5,.95 0,1"),
    "C": ("~.66,.18 .4,0 .1,.2 .02,.5 .1,.8 .4,1 .66,.82",),
    "D": ("0,0 0,1", "~0,0 .4,.05 .66,.3 .66,.7 .4,.95 0,1"),
    "E": ("0,0 0,1", "0,0 .5,0", "0,.5 .42,.5", "0,1 .5,1"),
    "F": ("0,0 0,1", "0,0 .5,0", "0,.5 .42,.5"),
    "G": ("~.66,.18 .4,0 .1,.2 .02,.5 .1,.8 .4,1 .62,.88", ".62,.9 .62,.55 .4,.55"),
    "H": ("0,0 0,1", ".6,0 .6,1", "0,.5 .6,.5"),
    "I": (".1,0 .1,1",),
    "K": ("0,0 0,1", ".6,0 0,.55", ".18,.42 .62,1"),
    "L": ("0,0 0,1 .5,1",),
    "M": ("0,1 .1,0 .4,.7 .7,0 .8,1",),
    "N": ("0,1 0,0 .62,1 .62,0",),
    "O": ("~.36,0 .06,.22 .06,.78 .36,1 .66,.78 .66,.22 .36,0",),
    "P": ("0,0 0,1", "~0,0 .5,.04 .6,.28 .5,.5 0,.56"),
    "Q": ("~.36,0 .06,.22 .06,.78 .36,1 .66,.78 .66,.22 .36,0", ".4,.75 .75,1.1"),
    "R": ("0,0 0,1", "~0,0 .5,.04 .58,.25 .45,.46 0,.52", ".2,.52 .62,1"),
    "S": ("~.58,.14 .35,0 .1,.14 .14,.38 .5,.6 .56,.84 .3,1 .04,.86",),
    "T": ("0,0 .66,0", ".33,0 .33,1"),
    "V": ("0,0 .34,1 .68,0",),
    "X": ("0,0 .62,1", ".62,0 0,1"),
    "Y": ("0,0 .32,.5 .64,0", ".32,.5 .32,1"),
    "Z": ("0,0 .6,0 0,1 .6,1",),
    "Γ": ("0,1 0,0 .55,0",),
    "Δ": ("0,1 .36,0 .72,1 0,1",),
    "Θ": ("~.36,0 .06,.22 .06,.78 .36,1 .66,.78 .66,.22 .36,0", ".36,.45 .36,.55"),
    "Λ": ("0,1 .35,0 .7,1",),
    "Ξ": ("0,0 .6,0", ".1,.5 .5,.5", "0,1 .6,1"),
    "Π": ("0,1 0,0 .62,0 .62,1",),
    "Σ": (".6,.02 0,0 .4,.5 0,1 .6,.98",),
    "Φ": ("~.36,.2 .04,.35 .04,.65 .36,.8 .68,.65 .68,.35 .36,.2", ".36,0 .36,1"),
    "Ψ": ("~0,0 .1,.45 .35,.58 .6,.45 .7,0", ".35,0 .35,1"),
    "Ω": ("~.04,1 .22,.85 .04,.5 .12,.15 .36,0 .6,.15 .68,.5 .5,.85 .68,1",),
}
# Greek capitals that look like Latin ones share their strokes.
LETTERS |= {greek: LETTERS[latin] for greek, latin in zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True)}


def letter(graver: Graver, char: str, height: float, weight: float, pellets: bool) -> None:
    """Cuts one letter centred on the graver's origin. ``pellets`` ends its strokes in dots, the Hellenistic way."""
    for text in LETTERS.get(char, ()):
        points = np.array([[float(v) for v in p.split(",")] for p in text.lstrip("~").split()])
        points = (points - [0.34, 0.5]) * [height * 0.86, height]
        graver.stroke(points, weight, lift=1.15, bend=text.startswith("~"))
        if pellets:
            for x, y in points[[0, -1]]:
                graver.dot(x, y, weight * 1.45, lift=1.1)


def legend(graver: Graver, text: str, start: float, height: float = 0.15, pellets: bool = False) -> None:
    """Sets ``text`` clockwise along the border, beginning ``start`` degrees after twelve o'clock, tops outwards.

    Every die has its own spacing, letters of its own size and lean, and now and then one out of line.
    """
    rng = graver.rng
    spacing = rng.uniform(0.92, 1.12)
    weight = 0.019 * rng.uniform(0.85, 1.25)
    radius, angle = 0.79 + rng.normal(0, 0.008), start + rng.normal(0, 5)
    for char in text:
        if char == " ":
            angle += 9 * spacing
            continue
        step = _step(char) * height / 0.15 * spacing
        angle += step / 2
        place = np.radians(angle + rng.normal(0, 0.6))
        r = radius + rng.normal(0, 0.008)
        at = graver.moved(
            r * np.sin(place), -r * np.cos(place), scale=rng.uniform(0.92, 1.08), turn=angle + rng.normal(0, 4)
        )
        letter(at, char, height, weight, pellets)
        angle += step / 2


def angles_of(text: str, start: float, height: float) -> list[float]:
    """Where the letters of a legend stand without anybody's hand, in degrees after twelve o'clock, clockwise."""
    angles: list[float] = []
    angle = start
    for char in text:
        step = (9 if char == " " else _step(char)) * height / 0.15
        angles.append(angle + step / 2)
        angle += step
    return angles


def _step(char: str) -> float:
    """How wide a letter of a height of 0.15 stands, in degrees."""
    return {"I": 7.5, "Ι": 7.5, "M": 14.5, "Μ": 14.5}.get(char, 12.5)


def border(graver: Graver, kind: str) -> None:
    """``dots``, ``line``, ``wreath`` or ``none`` along the edge of the die."""
    rng = graver.rng
    if kind == "line":
        graver.ring(0, 0, 0.93, 0.022)
    elif kind == "dots":
        count = int(rng.integers(44, 58))
        for a in np.linspace(0, 2 * np.pi, count, endpoint=False):
            graver.dot(0.935 * np.sin(a), -0.935 * np.cos(a), 0.028)
    elif kind == "wreath":
        count = int(rng.integers(30, 36))
        for a in np.linspace(0, 360, count, endpoint=False):
            leaf = graver.moved(0.92 * np.sin(np.radians(a)), -0.92 * np.cos(np.radians(a)), turn=a)
            leaf.stroke([(-0.07, 0.03), (0, 0), (0.08, -0.035)], [0.012, 0.03, 0.008])
            leaf.stroke([(-0.05, -0.02), (0.03, 0.03), (0.08, 0.04)], [0.01, 0.024, 0.008])
