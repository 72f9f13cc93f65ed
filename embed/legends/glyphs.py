"""Capitals as polygons: the strokes of the sample hoard's engraver in many hands, and the fonts that Matplotlib brings.

A glyph is a list of groups of polygons (k, 2), x to the right and y downwards, in a box one high whose upper left
corner is (0, 0). A group is filled where an odd number of its polygons lie on each other; groups are united.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from matplotlib import get_data_path
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from embed.legends.letters import ALPHABET
from hoard.letters import LETTERS
from hoard.relief import curve

FONTS = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSerif", "DejaVuSerif-Bold"),
    *("STIXGeneral", "STIXGeneralBol", "cmr10", "cmb10", "cmss10"),
)
HANDS = 150
VERSIONS = 3  # of each letter of a hand
#: Other ways in which letters were cut, beside those of `hoard.letters`, in the same notation.
VARIANTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "A": (
        ("0,1 .35,0 .7,1",),
        ("0,1 .22,0 .5,0 .7,1", ".13,.6 .58,.6"),
        ("0,1 .1,0 .6,0 .7,1", ".06,.55 .64,.55"),
        ("0,1 .35,0 .7,1", ".18,.55 .35,.78 .52,.55"),
        ("0,1 .35,0 .72,1", ".08,0 .62,0"),
        ("0,1 .35,0 .7,1", ".15,0 .55,0", ".14,.62 .56,.62"),
    ),
    "C": (("~.55,.08 .3,0 .05,.28 .05,.72 .3,1 .55,.92",),),
    "E": (
        ("0,0 0,1", "0,0 .34,0", "0,.5 .3,.5", "0,1 .38,1"),
        ("~.6,.1 .3,0 .04,.3 .04,.7 .3,1 .6,.9", ".04,.5 .5,.5"),
    ),
    "G": (
        ("~.62,.14 .36,0 .08,.2 .02,.5 .08,.8 .36,1 .6,.88", ".6,1 .6,.58"),
        ("~.6,.15 .34,0 .08,.2 .02,.5 .1,.8 .34,1 .58,.86 .58,.62 .4,.6",),
    ),
    "L": (("0,0 0,1 .36,1",), ("0,0 0,.95 .5,1.06",)),
    "M": (
        ("0,1 0,0 .4,.92 .8,0 .8,1",),
        ("0,1 .16,0 .4,1 .64,0 .8,1",),
        ("0,1 .05,0 .4,.55 .75,0 .8,1",),
    ),
    "N": (("0,1 .04,0 .5,1 .54,0",), ("0,1 0,0 .74,1 .74,0",)),
    "P": (("0,0 0,1", "~0,0 .4,0 .52,.2 .4,.4 .06,.42"),),
    "R": (("0,0 0,1", "~0,0 .4,0 .5,.24 .4,.45 0,.5", ".05,.5 .56,1"),),
    "S": (("~.5,.1 .26,0 .06,.2 .28,.48 .5,.75 .3,1 0,.9",), (".5,0 .05,.3 .5,.7 0,1",)),
    "V": (("0,0 .3,1 .6,0",), ("0,0 .1,1 .5,1 .62,0",), ("~0,0 .02,.7 .3,1 .58,.7 .6,0",)),
    "X": (("0,.05 .7,.95", ".7,0 0,1"),),
}
Glyph = list[list[np.ndarray]]


@dataclass(frozen=True)
class Hand:
    """How an engraver cuts, in letter heights.

    ``weight`` of a stroke, ``serif`` half its length, ``pellet`` its radius; ``flare``: how much wider a stroke is at
    its ends; ``width``: of letters, against the usual; ``shake``: deviation of points; ``variants``: a number a letter
    that decides the way it is cut, of those there are.
    """

    weight: float
    flare: float
    serif: float
    pellet: float
    width: float
    shake: float
    variants: tuple[int, ...]

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> "Hand":
        return cls(
            weight=float(rng.uniform(0.13, 0.3)),
            flare=float(rng.choice([0, rng.uniform(0.3, 1), rng.uniform(0.8, 2.2)])),
            serif=float(rng.choice([0, rng.uniform(0.1, 0.25), rng.uniform(0.14, 0.3), rng.uniform(0.14, 0.3)])),
            pellet=float(rng.choice([0, 0, 0, rng.uniform(0.07, 0.13)])),
            width=float(rng.uniform(0.8, 1.15)),
            shake=float(rng.uniform(0.005, 0.025)),
            variants=tuple(int(n) for n in rng.integers(0, 1 << 16, len(ALPHABET))),
        )

    @cache  # noqa: B019 (hands are few, and live as long as the program)
    def glyph(self, char: str, version: int) -> Glyph:
        """One letter, a little different in each of its `VERSIONS`; a hand keeps to its way of cutting it, mostly."""
        rng = np.random.default_rng([*self.variants, ALPHABET.index(char), version])
        ways = (LETTERS[char], *VARIANTS.get(char, ()))
        mine = self.variants[ALPHABET.index(char)] if rng.random() < 0.85 else int(rng.integers(1 << 16))
        # Every other hand cuts the usual letter.
        strokes = ways[0] if mine % 2 else ways[mine // 2 % len(ways)]
        return [[polygon] for stroke in strokes for polygon in self._cut(stroke, rng)]

    def _cut(self, stroke: str, rng: np.random.Generator) -> list[np.ndarray]:
        points = np.array([[float(v) for v in p.split(",")] for p in stroke.lstrip("~").split()])
        points = (points + rng.normal(0, self.shake, points.shape)) * [self.width, 1]
        if stroke.startswith("~"):
            return [self._ridge(curve(points, steps=5), self.flare / 2, rng)]
        # A corner is where two strokes of the tool meet: each is flared by itself.
        pieces = []
        for a, b in pairwise(points):
            pieces.append(self._ridge(np.linspace(a, b, 7), self.flare, rng))
        return pieces + [shape for at, inwards in _ends(points) for shape in self._end(at, inwards)]

    def _ridge(self, path: np.ndarray, flare: float, rng: np.random.Generator) -> np.ndarray:
        along = np.linspace(-1, 1, len(path))
        width = self.weight * (1 + flare * along**2) * rng.uniform(0.8, 1.2)
        tangent = np.gradient(path, axis=0)
        tangent /= np.hypot(tangent[:, 0], tangent[:, 1])[:, None] + 1e-9
        aside = np.column_stack([-tangent[:, 1], tangent[:, 0]]) * width[:, None] / 2
        return np.concatenate([path + aside, (path - aside)[::-1]])

    def _end(self, at: np.ndarray, inwards: np.ndarray) -> list[np.ndarray]:
        shapes = []
        if self.pellet:
            angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
            shapes.append(at + self.pellet * np.column_stack([np.cos(angle), np.sin(angle)]))
        if self.serif and abs(inwards[1]) > 0.6:  # on upright strokes: a wedge
            half, thick = np.array([self.serif, 0]), np.array([0, np.sign(inwards[1]) * self.weight * 0.35])
            deep = inwards * self.serif * 1.1
            shapes.append(np.stack([at - half, at + half, at + half + thick, at + deep, at - half + thick]))
        return shapes


def _ends(points: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """The two ends of a line of points, each with the direction from there into the line, of length one."""
    ways = points[1] - points[0], points[-2] - points[-1]
    return [(at, way / (np.hypot(*way) + 1e-9)) for at, way in zip((points[0], points[-1]), ways, strict=True)]


@dataclass(frozen=True)
class Font:
    """A font of Matplotlib's: every letter always the same, but for a V that is now and then a U."""

    name: str

    @cache  # noqa: B019
    def glyph(self, char: str, version: int) -> Glyph:
        return _of_font(self.name, "U" if char == "V" and version == 0 else char)


def _of_font(name: str, char: str) -> Glyph:
    prop = FontProperties(fname=Path(get_data_path(), "fonts", "ttf", f"{name}.ttf"))
    tall = np.asarray(TextPath((0, 0), "H", size=100, prop=prop).vertices)[:, 1].max()
    outlines = TextPath((0, 0), char, size=100, prop=prop).to_polygons(closed_only=True)
    polygons = [np.asarray(outline, float) for outline in outlines]
    left = min(polygon[:, 0].min() for polygon in polygons)
    return [[(polygon - [left, tall]) * [1, -1] / tall for polygon in polygons]]


@lru_cache(maxsize=2)
def writers(seed: int) -> list[Hand | Font]:
    """Who writes the strips of a ``seed``: `HANDS` engravers, and one in four a font."""
    rng = np.random.default_rng([seed, HANDS])
    fonts = [Font(FONTS[n % len(FONTS)]) for n in range(HANDS // 3)]
    return [*(Hand.drawn(rng) for _ in range(HANDS)), *fonts]


def extent(glyph: Sequence[Sequence[np.ndarray]]) -> tuple[float, float]:
    """From where to where a glyph reaches along the line."""
    xs = np.concatenate([polygon[:, 0] for group in glyph for polygon in group])
    return float(xs.min()), float(xs.max())
