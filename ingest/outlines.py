"""Where the coins are in a photograph: outlines, so that background, shadow, scale bar and label do not take part.

One coin is first found roughly, in up to three ways (`ingest.rims`): on a plain background as what differs from it; on
any other by what tells the middle of the picture from its border in colour and grain; or as what is round. Near each of
these finds its edge is looked for, and the one that most looks like a coin's is the outline. Several coins (a tray, a
plate, both sides of a coin next to each other) are things that stand out from the ground near by.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from ingest.rims import Signs, Star, by_grain, by_roundness, dense, edge, on_plain, shrunk, things

MARGIN = 1.04  # of the square crop, against the coin's own width
SURE = 0.5  # outlines of less confidence are better not used
NARROWEST = 12  # pixels of the shorter side at that scale: in fewer no edge of a coin can be seen
LOOK = 320  # pixels of the longer side at which the edge is looked for
CLEAR = 0.95  # at this confidence no other way of looking is tried
LOOK_SEVERAL = 640  # pixels of the longer side at which several coins are found roughly
CLOSE = 240  # pixels of the square in which the edge of one is looked for
MOST = 120  # coins in a photograph
LEVELS = (16, 28, 44, 64, 90)  # of 255: differences from the ground
THINNEST = 0.03  # of the longer side
ALONE = 0.6  # of the longer side: beside so large a coin there is no room for another
EVEN = 0.4  # of the largest diameter: what is smaller is a detail, or a mark on a scale


@dataclass(frozen=True)
class Outline:
    """A coin's outline in its photograph.

    ``polygon`` is (n, 2) float32, x and y in pixels of the picture in which it was found; ``size`` is that picture's
    width and height; ``confidence`` is 0 (no coin seen) to 1.
    """

    polygon: np.ndarray
    size: tuple[int, int]
    confidence: float

    @classmethod
    def drawn(cls, shares: Sequence[Sequence[float]], size: tuple[int, int]) -> "Outline":
        """What a person drew: x and y in shares of the picture's width and height."""
        return cls(np.asarray(shares, np.float32) * np.asarray(size, np.float32), size, 1.0)

    @property
    def sure(self) -> bool:
        """Whether the outline is good enough to cut the coin out by it."""
        return self.confidence >= SURE

    @property
    def square(self) -> tuple[float, float, float]:
        """Left, top and side in pixels of the square around the coin; it may reach beyond the picture."""
        low, high = self.polygon.min(0), self.polygon.max(0)
        side = float((high - low).max()) * MARGIN
        left, top = (low + high) / 2 - side / 2
        return float(left), float(top), side

    def mask(self, width: int, height: int, square: bool = False) -> np.ndarray:
        """The coin as (height, width) float32 from 0 to 1, smooth at the edge: in the picture, or in its ``square``."""
        if square:
            left, top, side = self.square
            points = (self.polygon - (left, top)) * (width / side, height / side)
        else:
            points = self.polygon * (width / self.size[0], height / self.size[1])
        canvas = np.zeros((height, width), np.uint8)
        cv2.fillPoly(canvas, [np.round((points - 0.5) * 16).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
        return canvas.astype(np.float32) / 255

    def resized(self, size: tuple[int, int]) -> "Outline":
        """The same outline in the same picture of another width and height."""
        scale = np.array([size[0] / self.size[0], size[1] / self.size[1]], np.float32)
        return Outline(self.polygon * scale, size, self.confidence)

    def to_list(self) -> list[int]:
        """x, y, x, y … in whole pixels, corners that matter by more than 0.2 % of the coin: what a graph stores."""
        slack = 0.002 * float(np.ptp(self.polygon, 0).max())
        corners = cv2.approxPolyDP(self.polygon.astype(np.float32)[:, None], slack, True)
        return [int(value) for value in corners.round().ravel()]

    @classmethod
    def from_list(cls, values: Sequence[int], size: tuple[int, int], confidence: float) -> "Outline":
        return cls(np.asarray(values, np.float32).reshape(-1, 2), size, confidence)


def find_outline(picture: Image.Image) -> Outline:
    """The outline of the one coin in an RGB picture; with confidence 0 the whole picture."""
    pixels = shrunk(picture, LOOK)
    best, confidence = None, 0.0
    for star, seen in candidates(pixels) if min(pixels.shape[:2]) >= NARROWEST else ():
        if seen.confidence > confidence:
            best, confidence = star, seen.confidence
        if confidence >= CLEAR:
            break
    if best is None:
        corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
        return Outline(corners * np.asarray(picture.size, np.float32), picture.size, 0.0)
    found = Outline(best.polygon(), (pixels.shape[1], pixels.shape[0]), round(confidence, 3))
    return found.resized(picture.size)


def candidates(pixels: np.ndarray) -> Iterator[tuple[Star, Signs]]:
    """Every outline that might be a coin's in ``pixels`` (height, width, 3) uint8, the quickest found first."""
    # The square root spaces dark tones as the eye does: a dark coin in a dark shadow still has an edge.
    tones = np.sqrt(pixels.astype(np.float32) / 255)
    for look, reach in ((on_plain, 1.06), (by_grain, 1.06), (by_roundness, 1.3)):
        for rough in look(pixels):
            yield edge(tones, rough, reach)


def find_outlines(picture: Image.Image) -> list[Outline]:
    """The outlines of all coins in an RGB picture, row by row from the left; none where none is sure."""
    only = find_outline(picture)
    if only.sure and _diameter(only) > ALONE * max(picture.size):
        return [only]
    pixels = shrunk(picture, LOOK_SEVERAL)
    if min(pixels.shape[:2]) < NARROWEST:
        return []
    scale = np.array([picture.width / pixels.shape[1], picture.height / pixels.shape[0]], np.float32)
    found = [_close_up(picture, rough.polygon() * scale) for rough in _roughly(pixels)]
    sure = sorted((outline for outline in found if outline.confidence >= SURE), key=lambda one: -one.confidence)
    coins = _apart(sure)
    largest = max((_diameter(outline) for outline in coins), default=0.0)
    return in_rows([outline for outline in coins if _diameter(outline) >= EVEN * largest])


def _close_up(picture: Image.Image, rough: np.ndarray) -> Outline:
    """The outline near a rough one (n, 2), looked for in a square around it that shows it as large as any coin."""
    low, high = rough.min(0), rough.max(0)
    half = 0.72 * float((high - low).max())
    left, top = np.maximum((low + high) / 2 - half, 0)
    right, bottom = np.minimum((low + high) / 2 + half, picture.size)
    scale = CLOSE / max(right - left, bottom - top, 1.0)
    size = (max(2, round((right - left) * scale)), max(2, round((bottom - top) * scale)))
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    pixels = np.asarray(picture.resize(size, how, (left, top, right, bottom)))
    ratio = np.array([size[0] / (right - left), size[1] / (bottom - top)])
    tones = np.sqrt(pixels.astype(np.float32) / 255)
    star, seen = edge(tones, Star.around(dense((rough - (left, top)) * ratio)), 1.12)
    polygon = (star.polygon() / ratio + (left, top)).astype(np.float32)
    return Outline(polygon, picture.size, round(seen.confidence, 3))


def _roughly(pixels: np.ndarray) -> Iterator[Star]:
    """Things that stand out from the ground near by, at several strengths, and circles; each only once."""
    small = cv2.resize(pixels, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    window = max(3, round(0.35 * max(small.shape)) | 1)
    # The median of a wide window is the ground's colour, which a slope of light changes; the border's, where coins
    # cover most of the picture.
    near = cv2.resize(cv2.medianBlur(small, window), pixels.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    border = np.median(np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]), 0)
    seen: list[np.ndarray] = []
    for ground in (np.broadcast_to(border.astype(np.uint8), pixels.shape), near):
        away = cv2.GaussianBlur(cv2.absdiff(pixels, ground).max(2), (0, 0), 0.7)
        for level in LEVELS:
            yield from _new(things((away > level).astype(np.uint8), MOST, THINNEST), seen)
    yield from _new(by_roundness(pixels, MOST // 2, LOOK_SEVERAL // 2, THINNEST), seen)


def _new(stars: Iterable[Star], seen: list[np.ndarray]) -> Iterator[Star]:
    """Those whose place (x, y) and size differ from all that were ``seen``, by more than the edge will be moved."""
    for star in stars:
        circle = np.array([*star.centre, star.radius.mean()])
        if all(np.abs(circle - other).max() > 0.06 * circle[2] for other in seen):
            seen.append(circle)
            yield star


def _apart(outlines: Sequence[Outline]) -> list[Outline]:
    """Those that share no ground with one before them."""
    kept: list[Outline] = []
    taken = np.zeros((LOOK_SEVERAL, LOOK_SEVERAL), bool)
    for outline in outlines:
        mask = outline.mask(LOOK_SEVERAL, LOOK_SEVERAL) > 0.5
        if (mask & taken).sum() <= 0.1 * mask.sum():
            kept.append(outline)
            taken |= mask
    return kept


def _diameter(outline: Outline) -> float:
    return 2 * float(np.sqrt(cv2.contourArea(outline.polygon) / np.pi))


def in_rows(outlines: Sequence[Outline]) -> list[Outline]:
    """In the order one reads: rows from above, each from the left."""
    rows: list[list[Outline]] = []
    for outline in sorted(outlines, key=lambda o: float(o.polygon[:, 1].mean())):
        middle = outline.polygon[:, 1].mean()
        # A coin is of a row when its middle is at the height of the row's last coin.
        if rows and rows[-1][-1].polygon[:, 1].max() > middle > rows[-1][-1].polygon[:, 1].min():
            rows[-1].append(outline)
        else:
            rows.append([outline])
    return [outline for row in rows for outline in sorted(row, key=lambda o: float(o.polygon[:, 0].mean()))]


def cropped(picture: Image.Image, square: tuple[float, float, float]) -> Image.Image:
    """The square (left, top, side) of a picture; white where it reaches beyond."""
    left, top, side = square
    canvas = Image.new("RGB", (round(side), round(side)), "white")
    canvas.paste(picture, (round(-left), round(-top)))
    return canvas
