"""A coin's outline in its photograph: its mask, the square around it, and the numbers that a graph can store."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

MARGIN = 1.04  # of the square crop, against the coin's own width
SURE = 0.5  # outlines of less confidence are better not used


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
