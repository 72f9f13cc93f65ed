"""Local features of a coin's side: points that can be found again on another photograph, and what surrounds them."""

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from embed.cutout import find_outline
from embed.views import cropped

SIZE = 360  # pixels of the square that a coin is brought to; all distances of `dies` are in them
KEYPOINTS = 500
CONTRAST = 0.02
CLAHE = 2.0
TILES = 8
RIM = 0.03  # of the coin's width: points nearer to its edge belong to the flan, not to the die
VERSION = 1  # raised when anything here changes, so that what was kept before is made anew
UNIT = 512  # a number of a descriptor is kept as a whole number of so many parts


@dataclass(frozen=True)
class Features:
    """Up to `KEYPOINTS` points of one side, the strongest.

    ``points`` (n, 2) float32 are x and y in pixels of the coin's square (`SIZE` x `SIZE`), ``angles`` (n,) float32
    degrees, ``descriptors`` (n, 128) float32 RootSIFT, whose products are cosines from 0 to 1.
    """

    points: np.ndarray
    angles: np.ndarray
    descriptors: np.ndarray

    def __len__(self) -> int:
        return len(self.points)

    @property
    def bytes(self) -> int:
        return self.points.nbytes + self.angles.nbytes + self.descriptors.nbytes

    def packed(self) -> dict[str, np.ndarray]:
        """What is kept in a file: a quarter of the size, no difference to a match."""
        small = np.round(self.descriptors * UNIT).clip(0, 255).astype(np.uint8)
        return {"points": self.points, "angles": self.angles, "descriptors": small}

    @classmethod
    def unpacked(cls, arrays: "dict[str, np.ndarray]") -> "Features":
        return cls(arrays["points"], arrays["angles"], arrays["descriptors"].astype(np.float32) / UNIT)


def coin_square(picture: Image.Image) -> tuple[np.ndarray, np.ndarray]:
    """The coin of an RGB picture, grey, in a square of `SIZE` pixels, and where in it the coin is: (SIZE, SIZE) each.

    uint8 and bool. Around the coin lies its own mean, so that the edge of the cut makes no contrast. Where no coin is
    seen the whole picture is taken.
    """
    outline = find_outline(picture)
    inside = np.ones((SIZE, SIZE), bool)
    if outline.sure:
        inside = outline.mask(SIZE, SIZE, square=True) > 0.5
        picture = cropped(picture, outline.square)
    square = picture.convert("L").resize((SIZE, SIZE), Image.Resampling.BICUBIC, reducing_gap=3.0)
    grey = np.asarray(square)
    return np.where(inside, grey, grey[inside].mean()).astype(np.uint8), inside


def find_features(grey: np.ndarray, inside: np.ndarray) -> Features:
    """The features of a `coin_square`.

    RootSIFT: Arandjelovic and Zisserman, Three things everyone should know to improve object retrieval, CVPR 2012.
    """
    even = cv2.createCLAHE(CLAHE, (TILES, TILES)).apply(grey)
    reach = int(RIM * SIZE)
    core = cv2.erode(inside.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8), borderValue=0)
    sift = cv2.SIFT.create(nfeatures=KEYPOINTS, contrastThreshold=CONTRAST)
    found, described = sift.detectAndCompute(even, core)
    if described is None:
        return Features(np.zeros((0, 2), np.float32), np.zeros(0, np.float32), np.zeros((0, 128), np.float32))
    points = np.array([point.pt for point in found], np.float32)[:KEYPOINTS]
    angles = np.array([point.angle for point in found], np.float32)[:KEYPOINTS]
    root = np.sqrt(described / np.maximum(described.sum(1, keepdims=True), 1e-9))[:KEYPOINTS]
    return Features(points, angles, root)
