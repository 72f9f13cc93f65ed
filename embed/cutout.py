"""Where the coin is in its photograph: an outline, so that background, scale bar and label do not take part."""

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

LOOK = 320  # pixels of the longer side at which the coin is looked for
DIFFERENCE = 24  # of 255: how far a pixel's most different channel must be from the background
MARGIN = 1.04  # of the square crop, against the coin's own width


@dataclass(frozen=True)
class Outline:
    """A coin's outline in its photograph.

    ``polygon`` is (n, 2) float32, x and y in pixels of the picture that was looked at; ``size`` is that picture's width
    and height; ``confidence`` is 0 (no coin seen) to 1.
    """

    polygon: np.ndarray
    size: tuple[int, int]
    confidence: float

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

    def to_list(self) -> list[float]:
        """x, y, x, y … as shares of the picture's width and height: what a graph can store."""
        return [round(float(value), 5) for value in (self.polygon / self.size).ravel()]

    @classmethod
    def from_list(cls, values: list[float], size: tuple[int, int], confidence: float) -> "Outline":
        return cls(np.asarray(values, np.float32).reshape(-1, 2) * np.asarray(size, np.float32), size, confidence)


def find_outline(picture: Image.Image) -> Outline:
    """The outline of the one coin in an RGB picture."""
    scale = min(1.0, LOOK / max(picture.size))
    small = picture.resize(
        (max(1, round(picture.width * scale)), max(1, round(picture.height * scale))), Image.Resampling.BOX
    )
    pixels = np.asarray(small)
    mask = _largest(_different(pixels))
    if not mask.any():
        width, height = picture.size
        whole = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        return Outline(whole, picture.size, 0.0)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.convexHull(max(contours, key=cv2.contourArea))[:, 0, :].astype(np.float32) + 0.5
    return Outline(
        hull * np.array([picture.width / small.width, picture.height / small.height], np.float32), picture.size, 1.0
    )


def _different(pixels: np.ndarray) -> np.ndarray:
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    smooth = cv2.GaussianBlur(pixels, (0, 0), 0.7)
    far = np.abs(smooth.astype(np.int16) - np.median(border, 0)).max(2)
    return (far > DIFFERENCE).astype(np.uint8)


def _disc(radius: float) -> np.ndarray:
    r = max(1, round(radius))
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1, 2 * r + 1))


def _largest(mask: np.ndarray) -> np.ndarray:
    longest = max(mask.shape)
    pad = round(0.1 * longest) + 1
    mask = cv2.copyMakeBorder(mask, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=0)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _disc(0.01 * longest))
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(mask, contours, -1, 1, cv2.FILLED)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, _disc(0.07 * longest / 2))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count > 1:
        mask = (labels == 1 + stats[1:, cv2.CC_STAT_AREA].argmax()).astype(np.uint8)
    return mask[pad:-pad, pad:-pad].copy()
