"""Strips of coins that never were, with letters whose places are known: what the network learns to read from.

Only random letters are drawn, no words, so that nothing of a legend is known beforehand. A strip is drawn as a height
map at `FINE` times its size (`embed.legends.weather` wears and lights it), heights in its pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from embed.legends.glyphs import VERSIONS, Font, Glyph, Hand, extent
from embed.legends.letters import ALPHABET
from embed.legends.strip import COLUMNS, INNER, OUTER, ROWS, STRIDE, normalised
from embed.legends.weather import WIDER, photographed, slow_noise, worn

FINE = 1.5  # pixels of the height map in one of the strip
MASK = 2  # pixels of the letters' mask in one of the strip
HEIGHT, WIDTH = round(ROWS * FINE), round(COLUMNS * FINE)
RADIUS = HEIGHT / (OUTER - INNER)  # pixels of the height map in one radius of the coin
#: How often letters are drawn in three strips of five; in the others all are as frequent. They are about Latin's.
FREQUENCY = np.array([9, 2, 5, 3, 8, 2, 2.5, 1, 10, 0.4, 4, 6, 7, 6, 4, 0.8, 6, 8, 6.5, 9, 2, 0.4, 0.4])


@dataclass(frozen=True)
class Drawn:
    """``strip`` (`ROWS`, `COLUMNS`) float32 as `strip.normalised` gives it; ``letters`` (`COLUMNS` / `STRIDE`) int8:
    the number of the letter in `ALPHABET` from 1 on where a column shows the middle of one, else 0."""

    strip: np.ndarray
    letters: np.ndarray


@dataclass(frozen=True)
class Line:
    """Where the letters stand: ``base`` (`WIDTH`) is the row of their middles, ``height`` theirs, all in pixels of the
    height map; ``places`` are number of the letter, middle and width; ``relief`` is how high they rise."""

    base: np.ndarray
    height: float
    places: list[tuple[int, float, float]]
    relief: np.ndarray

    @property
    def reach(self) -> tuple[float, float]:
        """From which column to which there are letters."""
        if not self.places:
            return WIDTH / 2, WIDTH / 2
        return self.places[0][1] - self.height * 0.8, self.places[-1][1] + self.height * 0.8


def draw(rng: np.random.Generator, writers: Sequence[Hand | Font]) -> Drawn:
    """One strip by one of the ``writers``, decided by ``rng`` alone."""
    line = _letters(rng, writers[int(rng.integers(len(writers)))])
    top = line.base - line.height * rng.uniform(0.7, 1.2)
    relief = np.maximum(line.relief, _border(rng, top, line.height))
    figures, dome = _figures(rng, line)
    relief = np.maximum(relief, figures) + dome
    ground = _ground(rng, top, line.height)
    relief = worn(rng, relief, line.height)
    steep, wide = np.float32(rng.uniform(0, 1.5)), rng.uniform(2, 6)  # the edge of the coin, which falls away
    inwards = cv2.distanceTransform(cv2.resize((~ground).astype(np.uint8), (WIDTH, HEIGHT)), cv2.DIST_L2, 3)
    relief = relief - steep * np.maximum(wide - inwards, 0)
    picture = cv2.resize(photographed(rng, relief, line.height), (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
    picture += rng.standard_normal(picture.shape, np.float32) * picture.std() * rng.uniform(0, 0.3)
    picture += slow_noise(rng, ROWS, COLUMNS, ROWS // 3, COLUMNS // 4) * picture.std() * rng.uniform(0, 0.25)
    if rng.random() < 0.6:
        blur = rng.uniform(0.3, 1.2)
        picture = cv2.GaussianBlur(picture, (0, 0), blur * WIDER, sigmaY=blur)
    return Drawn(normalised(picture, ground), _targets(line))


def _targets(line: Line) -> np.ndarray:
    letters = np.zeros(COLUMNS // STRIDE, np.int8)
    middle = (np.arange(len(letters)) + 0.5) * STRIDE
    for number, x, width in line.places:
        letters[np.abs(middle - x / FINE) < max(0.3 * width / FINE, 2.2)] = number
    return letters


# --- letters --------------------------------------------------------------------------------------------------------


def _letters(rng: np.random.Generator, writer: Hand | Font) -> Line:
    height = rng.uniform(0.11, 0.18) * RADIUS
    stretch = rng.uniform(1.1, 2.1)  # by `WIDER`, and as broad as late Roman letters are
    common = FREQUENCY if rng.random() < 0.6 else np.ones(len(ALPHABET))
    text = rng.choice(len(ALPHABET), rng.integers(8, 29), p=common / common.sum())
    glyphs = [writer.glyph(ALPHABET[k], int(rng.integers(VERSIONS))) for k in text]
    extents = [extent(glyph) for glyph in glyphs]
    widths = np.array([(high - low) * height * stretch for low, high in extents])
    gaps = height * (rng.uniform(0.02, 0.35) + rng.normal(0, 0.05, len(text)))
    gaps += height * rng.uniform(0.2, 0.9) * (rng.random(len(text)) < 0.1)
    if rng.random() < 0.25:  # broken by what is shown
        gaps[rng.integers(len(text))] += height * rng.uniform(0.5, 3)
    room = WIDTH * rng.uniform(0.65, 1.0)
    squeeze = room / (widths.sum() + gaps.sum())
    if squeeze < 1:
        widths, gaps = widths * squeeze, gaps * squeeze
    else:
        squeeze = 1.0
        if rng.random() < 0.6:
            gaps += min((room - widths.sum() - gaps.sum()) / len(text) * rng.random(), height)
    free = WIDTH - widths.sum() - gaps.sum()
    start = rng.uniform(-0.02, 0.4 if rng.random() < 0.7 else 1.0) * max(free, 0.05 * WIDTH)
    middles = start + np.cumsum(widths + gaps) - gaps - widths / 2
    base = _baseline(rng)
    mask = np.zeros((ROWS * MASK, COLUMNS * MASK), np.uint8)
    places = []
    pen = _Pen(rng, base, height, stretch * squeeze)
    for number, glyph, reach, width, x in zip(text, glyphs, extents, widths, middles, strict=True):
        if 0.3 * width < x < WIDTH - 0.3 * width:
            pen.write(mask, glyph, sum(reach) / 2, x)
            places.append((int(number) + 1, float(x), float(width)))
    return Line(base, height, places, _roof(rng, mask, height))


def _baseline(rng: np.random.Generator) -> np.ndarray:
    """Rows of the letters' middles: a circle, shifted where the coin was struck off its centre."""
    turn = 2 * np.pi * np.arange(WIDTH) / WIDTH
    radius = rng.uniform(0.72, 0.86) + min(abs(rng.normal(0, 0.035)), 0.09) * np.sin(turn + rng.uniform(0, 6.3))
    radius += abs(rng.normal(0, 0.008)) * np.sin(2 * turn + rng.uniform(0, 6.3))
    return (OUTER - radius) * RADIUS


class _Pen:
    """Sets glyphs on a line: one lean and one carelessness a strip."""

    def __init__(self, rng: np.random.Generator, base: np.ndarray, height: float, stretch: float):
        self.rng, self.base, self.height, self.stretch = rng, base, height, stretch
        self.slant, self.turn = rng.normal(0, 0.08), rng.uniform(0, 0.12)
        self.off, self.size = rng.uniform(0, 0.05), rng.uniform(0, 0.07)

    def write(self, mask: np.ndarray, glyph: Glyph, middle: float, x: float) -> None:
        rng, base = self.rng, self.base
        column = int(np.clip(x, 5, WIDTH - 6))
        lean = np.arctan2(base[column + 5] - base[column - 5], 10) + rng.normal(0, self.turn)
        scale = self.height * (1 + rng.normal(0, self.size))
        y = base[column] + rng.normal(0, self.off) * self.height
        c, s = np.cos(lean), np.sin(lean)
        matrix = np.array([[c, -s], [s, c]]) @ np.array([[self.stretch, self.slant], [0, 1]]) * scale
        for group in glyph:
            points = [(((p - [middle, 0.5]) @ matrix.T + [x, y]) * (MASK / FINE) * 16).astype(np.int32) for p in group]
            cv2.fillPoly(mask, points, 255, cv2.LINE_8, shift=4)


def _roof(rng: np.random.Generator, mask: np.ndarray, height: float) -> np.ndarray:
    """Letters (of the mask) as they rise from the field: sloping sides up to a flat top."""
    broad = int(rng.choice([1, 3, 5, 7], p=[0.25, 0.3, 0.3, 0.15]))  # as the punch was
    mask = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (broad, broad)))
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, 3) * (FINE / MASK)
    rise = cv2.resize(inside, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    rise = np.minimum(rise, height * rng.uniform(0.06, 0.2)) * rng.uniform(1.0, 3.0)
    if rng.random() < 0.3:  # steep sides
        step = rng.uniform(0.2, 0.8)
        rise = np.where(rise > 0.05, np.minimum(rise + step, rise.max() * 0.8), rise)
    return rise.astype(np.float32)


# --- what stands around letters --------------------------------------------------------------------------------------


def _border(rng: np.random.Generator, top: np.ndarray, height: float) -> np.ndarray:
    """Beads, a line or nothing along the rows ``top``."""
    relief = np.zeros((HEIGHT, WIDTH), np.float32)
    kind, rise = rng.random(), rng.uniform(0.05, 0.15) * height
    if kind < 0.65:
        step = rng.uniform(0.16, 0.5) * height
        radius = step * rng.uniform(0.25, 0.5)
        for x in np.arange(0, WIDTH, step):
            y = top[int(x)] + rng.normal(0, 0.04) * height
            if -radius < y < HEIGHT:
                at = (int(x * 8), int(y * 8))
                cv2.circle(relief, at, int(radius * 8), float(rise), -1, cv2.LINE_AA, shift=3)
    elif kind < 0.85:
        line = np.column_stack([np.arange(0, WIDTH, 16), top[::16]])
        _stroke(relief, line, height * rng.uniform(0.06, 0.2), rise)
    return relief


def _figures(rng: np.random.Generator, line: Line) -> tuple[np.ndarray, np.ndarray]:
    """What is shown: strokes below the letters and where there are none, and the swell of the body they lie on."""
    height = line.height
    relief = np.zeros((HEIGHT, WIDTH), np.float32)
    below = line.base + height * rng.uniform(0.5, 1.4)
    first, last = line.reach
    if rng.random() < 0.85:
        for _ in range(rng.integers(1, 6)):
            left = rng.uniform(-0.1, 1) * WIDTH
            right = left + rng.uniform(0.05, 0.3) * WIDTH
            low = float(below[int(np.clip((left + right) / 2, 0, WIDTH - 1))])
            if low < HEIGHT:
                _hatch(
                    rng,
                    relief,
                    (left, right),
                    (low + 0.2 * height, HEIGHT + 0.3 * height),
                    int(rng.integers(3, 16)),
                    height,
                )
    for left, right in ((0.0, first), (last, float(WIDTH))):
        if right - left > 1.5 * height and rng.random() < 0.85:
            upper = 0 if rng.random() < 0.5 else 0.3 * HEIGHT
            number = int((right - left) / height * rng.uniform(0.3, 2.0))
            _hatch(rng, relief, (left, right), (upper, HEIGHT), number, height)
    columns, rows = np.arange(WIDTH), np.arange(HEIGHT)[:, None]
    beside = (columns < first) | (columns > last)
    relief *= (rows > below) | beside
    dome = np.zeros_like(relief)
    if rng.random() < 0.8:
        edge = below + 0.5 * height * slow_noise(rng, 1, WIDTH, 1, 9)[0]
        if rng.random() < 0.5:  # a body that reaches up beside the letters: a bust's shoulder, a figure
            edge = edge - cv2.blur(beside[None].astype(np.float32), (31, 1))[0] * height * rng.uniform(0.5, 2.5)
        dome = np.clip((rows - edge) / height, 0, 1.5) * height * rng.uniform(0.05, 0.4)
    return relief, dome.astype(np.float32)


def _hatch(
    rng: np.random.Generator,
    relief: np.ndarray,
    columns: tuple[float, float],
    rows: tuple[float, float],
    number: int,
    height: float,
) -> None:
    """Strokes side by side, as hair, drapery, wings and feathers are cut; now and then dots."""
    lean, bent, dots = rng.uniform(0, np.pi), rng.normal(0, 0.6), rng.random() < 0.15
    along = np.linspace(-0.5, 0.5, 7)
    for _ in range(number):
        x, y = rng.uniform(*columns), rng.uniform(*rows)
        rise = height * rng.uniform(0.03, 0.25)
        if dots:
            cv2.circle(relief, (int(x), int(y)), int(0.1 * height) + 1, float(rise), -1, cv2.LINE_AA)
            continue
        way, length = lean + rng.normal(0, 0.3), rng.uniform(0.3, 3) * height
        aside = (bent + rng.normal(0, 0.2)) * along**2
        points = np.column_stack([along * np.cos(way) - aside * np.sin(way), along * np.sin(way) + aside * np.cos(way)])
        _stroke(relief, points * length + [x, y], height * rng.uniform(0.06, 0.25), rise)


def _stroke(relief: np.ndarray, points: np.ndarray, width: float, rise: float) -> None:
    line = [np.round(points).astype(np.int32)]
    cv2.polylines(relief, line, False, float(rise), max(1, round(width)), cv2.LINE_AA)


def _ground(rng: np.random.Generator, top: np.ndarray, height: float) -> np.ndarray:
    """Which pixels of the strip lie outside of a coin that is not round, or smaller than its outline says."""
    if rng.random() > 0.8:
        return np.zeros((ROWS, COLUMNS), bool)
    edge = top / FINE - rng.uniform(-0.1, 1.2) * height / FINE
    edge = np.interp(np.arange(COLUMNS) * FINE, np.arange(WIDTH), edge) + 1.5 * slow_noise(rng, 1, COLUMNS, 1, 8)[0]
    return np.arange(ROWS)[:, None] < edge
