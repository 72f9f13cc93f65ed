"""Where the coin is in its photograph: an outline, so that background, shadow, scale bar and label do not take part.

A coin is first found roughly, in up to three ways (`embed.rough`): on a plain background as what differs from it; on
any other by what tells the middle of the picture from its border in colour and grain; or as what is round. Rays from
its centre then look for the edge itself, all of them at once (`embed.rays.closed_path`): the sharpest step with nothing
but quiet outside. That leaves out a shadow, whose edge is soft. Of all finds the one that most looks like a coin
(`embed.signs`) is the outline.
"""

from collections.abc import Iterator

import numpy as np
from PIL import Image

from embed.outline import Outline
from embed.rays import RAYS, Star, closed_path, steps, unrolled
from embed.rough import by_grain, by_roundness, on_plain, shrunk
from embed.signs import Signs, signs

NARROWEST = 12  # pixels of the shorter side at that scale: in less no edge of a coin can be told
LOOK = 320  # pixels of the longer side at which the edge is looked for
CLEAR = 0.95  # at this confidence no other way of looking is tried


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


def edge(tones: np.ndarray, rough: Star, reach: float) -> tuple[Star, Signs]:
    """The coin's edge near a rough outline, at most ``reach`` times as far from the centre, and what speaks for it."""
    first = max(0, int(rough.radius.min() * 0.78))
    radii = np.arange(first, int(np.ceil(rough.radius.max() * reach)) + 8)
    step = steps(unrolled(tones, rough.centre, radii), 1)
    # How restless it is just outside: over the seven pixels that follow, against what the background always has.
    total = np.cumsum(np.pad(step, ((0, 0), (1, 9)), mode="edge"), 1)
    restless = (total[:, 8 : 8 + len(radii)] - total[:, 2 : 2 + len(radii)]) / 6
    noise = float(np.median(step[:, -6:]))
    cost = 3.75 * np.maximum(restless - noise, 0) - np.minimum(step, 0.3)
    share = radii / rough.radius[:, None]
    path = closed_path(np.where((share > 0.78) & (share < reach), cost, 100.0), 0.02)
    star = Star(rough.centre, first + path + 0.5)
    return star, signs(tones, star, step[np.arange(RAYS), path], noise)
