"""Two sides laid on one another: side by side and as one picture, or one after the other as a picture that blinks."""

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from explore import formats, plots
from ingest.records import one_line

if TYPE_CHECKING:
    from pipeline.overlay import Overlay

CELL, GAP, HEAD = 480, 8, 30  # pixels
BLINK = 600  # milliseconds
AGREES, ELSEWHERE = (0, 150, 60), (214, 39, 40)
DOT = 5


def draw(found: "Overlay", out: Path) -> plots.Drawn:
    """Draw an overlay, the formats being `formats.OVERLAY`. Raises `BadOutput`.

    A PNG shows the first side, the second, and both: the first in red, the second in cyan, so that what lies on one
    another is grey. Dots are the places that both show, green where they agree. A GIF shows one after the other.
    """
    formats.checked(out, formats.OVERLAY)
    sides = [_even(side) for side in (found.first, found.second)]
    (_blink if out.suffix.lower() == ".gif" else _panels)(found, sides, out)
    agree = f"{int(found.close.sum())} of {len(found.close)} places agree"
    chance = "" if found.log_odds is None else f", probability of one die {1 / (1 + np.exp(-found.log_odds)):.2f}"
    row = {
        "coin": found.coins[0],
        "other": found.coins[1],
        "side": found.face,
        "likeness": found.likeness,
        "agree": float(found.close.mean()) if len(found.close) else 0.0,
        "places": len(found.close),
    }
    return plots.Drawn(out, f"{' on '.join(found.coins)}, {found.face}: {agree}{chance}", rows=[row])


def _even(grey: np.ndarray) -> np.ndarray:
    """Grey values with local contrast evened out, in a cell."""
    even = cv2.createCLAHE(2.0, (4, 4)).apply(grey)
    return cv2.resize(even, (CELL, CELL), interpolation=cv2.INTER_CUBIC)


def _panels(found: "Overlay", sides: list[np.ndarray], out: Path) -> None:
    both = np.stack([sides[0], sides[1], sides[1]], 2)
    canvas = Image.new("RGB", (3 * CELL + 2 * GAP, CELL + HEAD), "white")
    heads = (found.coins[0], found.coins[1], "both")
    pen = ImageDraw.Draw(canvas)
    for place, (head, panel) in enumerate(zip(heads, [*sides, both], strict=True)):
        canvas.paste(Image.fromarray(panel).convert("RGB"), (place * (CELL + GAP), HEAD))
        pen.text((place * (CELL + GAP) + 4, 8), one_line(head), plots.INK, ImageFont.load_default(16))
    scale = CELL / len(found.second)
    left = 2 * (CELL + GAP)
    for (x, y), close in zip((found.places * scale).tolist(), found.close.tolist(), strict=True):
        ring = (left + x - DOT, HEAD + y - DOT, left + x + DOT, HEAD + y + DOT)
        pen.ellipse(ring, outline=AGREES if close else ELSEWHERE, width=2)
    canvas.save(out)


def _blink(_found: "Overlay", sides: list[np.ndarray], out: Path) -> None:
    frames = [Image.fromarray(side) for side in sides]
    frames[0].save(out, save_all=True, append_images=frames[1:], duration=BLINK, loop=0)
