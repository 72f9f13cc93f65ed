"""What a photograph shows without a look at the coin: its mean colour, for the trivial baseline of evaluations."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from errors import tracked
from ingest.images import BadImage, one_picture, open_picture
from ingest.records import Photograph

SHORTER_SIDE = 64  # pixels are enough for a mean


def mean_colours(photographs: Sequence[Photograph], cache: Path) -> np.ndarray:
    """Mean red, green and blue (n, 3) from 0 to 255; NaN where a picture is gone or damaged.

    What was computed before is read from ``cache`` (an .npz file, by the pictures' checksums), and what is new added.
    """
    known = _read(cache)
    new = list({photograph.sha256: photograph for photograph in photographs if photograph.sha256 not in known}.values())
    if new:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            colours = list(tracked(pool.map(_mean, new), "colours", "picture", len(new)))
        good = [(p.sha256, c) for p, c in zip(new, colours, strict=True) if c is not None]
        known |= dict(good)
        if good:
            _write(cache, known)
    nothing = np.full(3, np.nan)
    return np.array([known.get(photograph.sha256, nothing) for photograph in photographs]).reshape(-1, 3)


def _mean(photograph: Photograph) -> np.ndarray | None:
    try:
        with one_picture():
            return np.asarray(open_picture(photograph.path, SHORTER_SIDE), np.float64).mean((0, 1))
    except (BadImage, OSError):
        return None


def _read(cache: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(cache) as stored:
            return dict(zip(stored["sha256"].tolist(), stored["colour"], strict=True))
    except (OSError, ValueError, KeyError):  # absent, or cut off: it is only a cache
        return {}


def _write(cache: Path, known: dict[str, np.ndarray]) -> None:
    """Complete or not at all."""
    temporary = cache.with_suffix(".new.npz")
    cache.parent.mkdir(parents=True, exist_ok=True)
    np.savez(temporary, sha256=np.array(list(known)), colour=np.array(list(known.values())))
    temporary.replace(cache)
