"""The rim of a coin as a strip: unwrapped clockwise from the lower left, with one mean and spread everywhere."""

import cv2
import numpy as np

from ingest.outlines import MARGIN

ROWS, COLUMNS = 48, 640  # of a strip: the edge of the coin above, its inside below
INNER, OUTER = 0.52, 1.0  # radii of its lowest and its uppermost row
STRIDE = 4  # columns of a strip for which one letter is read
START = 0.75 * np.pi  # where a strip begins: clockwise after three o'clock, so at the lower left
SIZE = 512  # pixels of a cut-out's sides
LIMIT = 3.0  # values of a strip are clipped to this many deviations
GROUND = 240  # grey levels from here on are the white around a cut-out, where nothing darker lies further out
SPREAD = 9.0  # pixels over which mean and deviation are taken,
COARSE = 4  # on a strip so many times smaller, which is as good and much sooner done


def unwrapped(cutout: np.ndarray) -> np.ndarray:
    """The strip (`ROWS`, `COLUMNS`) float32 of a cut-out (n, n) uint8 whose ground is white."""
    angle = START + np.linspace(0, 2 * np.pi, 2 * COLUMNS, endpoint=False)
    middle = (len(cutout) - 1) / 2
    radius = np.linspace(OUTER, INNER, 2 * ROWS)[:, None] * (len(cutout) / 2 / MARGIN)
    x, y = middle + radius * np.cos(angle), middle + radius * np.sin(angle)
    smooth = cv2.GaussianBlur(cutout, (0, 0), 0.8)
    wide = cv2.remap(smooth, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR)
    strip = cv2.resize(wide, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
    ground = np.minimum.accumulate((strip >= GROUND).astype(np.uint8), axis=0)
    return normalised(strip, cv2.dilate(ground, np.ones((3, 3), np.uint8)) > 0)


def normalised(strip: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """A strip (rows, columns) with local mean 0 and local deviation about 1, clipped to `LIMIT`; 0 on the ``ground``.

    The deviation is a mixture of the local and that of the whole strip, so that bare metal stays calm.
    """
    coin = (~ground).astype(np.float32)
    if not coin.any():
        return np.zeros(strip.shape, np.float32)

    def near(values: np.ndarray) -> np.ndarray:
        small = cv2.resize(values, None, fx=1 / COARSE, fy=1 / COARSE, interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), SPREAD / COARSE, borderType=cv2.BORDER_REFLECT)
        return cv2.resize(small, values.shape[::-1], interpolation=cv2.INTER_LINEAR)

    weight = near(coin) + 1e-3
    deviation = (strip - near(strip.astype(np.float32) * coin) / weight) * coin
    squares = deviation**2
    spread = 0.7 * np.sqrt(near(squares) / weight) + 0.3 * np.sqrt(squares.sum() / coin.sum())
    return np.clip(deviation / (spread + 1e-6), -LIMIT, LIMIT).astype(np.float32)
