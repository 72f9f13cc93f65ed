"""All coins in one photograph: a tray, a plate, or both sides of a coin next to each other."""

from collections.abc import Iterable, Iterator, Sequence

import cv2
import numpy as np
from PIL import Image

from embed.cutout import NARROWEST, edge, find_outline
from embed.outline import SURE, Outline
from embed.rays import Star, dense
from embed.rough import by_roundness, shrunk, things

LOOK = 640  # pixels of the longer side at which coins are found roughly
CLOSE = 240  # pixels of the square in which the edge of one is looked for
MOST = 120  # coins in a photograph
LEVELS = (16, 28, 44, 64, 90)  # of 255: differences from the ground
THINNEST = 0.03  # of the longer side
ALONE = 0.6  # of the longer side: beside so large a coin there is no room for another
EVEN = 0.4  # of the largest diameter: what is smaller is a detail, or a mark on a scale


def find_outlines(picture: Image.Image) -> list[Outline]:
    """The outlines of all coins in an RGB picture, row by row from the left; none where none is sure."""
    only = find_outline(picture)
    if only.sure and _diameter(only) > ALONE * max(picture.size):
        return [only]
    pixels = shrunk(picture, LOOK)
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
    yield from _new(by_roundness(pixels, MOST // 2, LOOK // 2, THINNEST), seen)


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
    taken = np.zeros((LOOK, LOOK), bool)
    for outline in outlines:
        mask = outline.mask(LOOK, LOOK) > 0.5
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
