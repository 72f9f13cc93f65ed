"""Other views of a photographed coin: turned a little, lit from another side, more worn, cut out a little off.

What stays the same through all of them is the coin; a head that is trained on them (`embed.head`) learns to overlook
the rest. The photograph is changed, and then goes through the same model and stored transform as any other.
"""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from ingest.outlines import MARGIN, Outline, cropped

if TYPE_CHECKING:
    from embed.models import ImageModel

VERSION = 1  # raised when anything here changes, so that what was kept before is made anew
ROOM = 1.3  # around the coin, of its width: a coin that is turned or cut out off its middle stays in the picture
TURN = 15.0  # degrees at most, either way


@dataclass(frozen=True)
class Change:
    """How one view differs from the photograph.

    ``turn`` is in degrees; ``scale`` and ``shift`` (x, y) are how far the cut is off, in widths of the coin; ``light``
    (x, y) how much brighter the right and the lower edge are than the middle; ``gamma`` and ``contrast`` are 1 where
    nothing changes. ``wear`` is the share of fine relief that is gone, ``blur`` the sigma of what is left, in widths.
    """

    turn: float
    scale: float
    shift: tuple[float, float]
    light: tuple[float, float]
    gamma: float
    contrast: float
    wear: float
    blur: float

    @classmethod
    def drawn(cls, random: np.random.Generator) -> "Change":
        towards, strength = random.uniform(0, 2 * np.pi), random.uniform(0, 0.4)
        x, y = random.uniform(-0.03, 0.03, 2)
        return cls(
            turn=random.uniform(-TURN, TURN),
            scale=random.uniform(0.96, 1.06),
            shift=(float(x), float(y)),
            light=(strength * float(np.cos(towards)), strength * float(np.sin(towards))),
            gamma=float(np.exp(random.uniform(-0.25, 0.25))),
            contrast=random.uniform(0.7, 1.15),
            wear=random.uniform(0, 0.5),
            blur=random.uniform(0, 0.012),
        )

    def __call__(self, picture: Image.Image, outline: Outline | None, size: int) -> tuple[Image.Image, Outline | None]:
        """An upright RGB picture and its outline, changed, with the coin (or the whole of it) ``size`` pixels wide."""
        coin = outline if outline and outline.sure else None
        pixels: np.ndarray = np.asarray(_around(picture, coin, size), np.float32)
        side = len(pixels)
        # Without a coin to cut out it is the picture that is shifted, not the cut.
        placed = (1.0, (0.0, 0.0)) if coin else (self.scale, self.shift)
        matrix = _moved(side, self.turn, placed[0], (placed[1][0] * size, placed[1][1] * size))
        pixels = cv2.warpAffine(pixels, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        pixels = self._lit(self._worn(pixels, size))
        changed = Image.fromarray(pixels.round().clip(0, 255).astype(np.uint8))
        if coin is None:
            # As unsure as before: nobody is to look for a coin in what was made here.
            return changed, outline and Outline(_corners(side), (side, side), 0.0)
        left, top, length = _room(coin)
        polygon = (coin.polygon - (left, top)) * (side / length)
        polygon = np.c_[polygon, np.ones(len(polygon))] @ matrix.T
        middle = (polygon.min(0) + polygon.max(0)) / 2
        polygon = (polygon - middle) * self.scale + middle + np.array(self.shift) * size
        return changed, Outline(polygon.astype(np.float32), (side, side), coin.confidence)

    def _worn(self, pixels: np.ndarray, size: int) -> np.ndarray:
        low = cv2.GaussianBlur(pixels, (0, 0), 0.06 * size)
        pixels = low + (1 - self.wear) * (pixels - low)
        return cv2.GaussianBlur(pixels, (0, 0), self.blur * size) if self.blur * size > 0.2 else pixels

    def _lit(self, pixels: np.ndarray) -> np.ndarray:
        across = np.linspace(-1, 1, len(pixels), dtype=np.float32)
        light = 1 + self.light[0] * across[None, :, None] + self.light[1] * across[:, None, None]
        tones = (pixels * light / 255).clip(0, 1) ** self.gamma
        mean = tones.mean()
        return 255 * (mean + self.contrast * (tones - mean))


def _room(coin: Outline) -> tuple[float, float, float]:
    left, top, side = coin.square
    more = side * (ROOM / MARGIN - 1) / 2
    return left - more, top - more, side + 2 * more


def _around(picture: Image.Image, coin: Outline | None, size: int) -> Image.Image:
    """The coin with some room around it, or the whole picture, as a square."""
    side = round(size * ROOM) if coin else size
    part = cropped(picture, _room(coin)) if coin else picture
    return part.convert("RGB").resize((side, side), Image.Resampling.BICUBIC, reducing_gap=3.0)


def _moved(side: int, turn: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    return cv2.getRotationMatrix2D((side / 2, side / 2), turn, scale) + np.array([[0, 0, shift[0]], [0, 0, shift[1]]])


def _corners(side: int) -> np.ndarray:
    return np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)


@dataclass(frozen=True)
class Views:
    """The vectors (views, dimension) float32 of the views of one photograph."""

    vectors: np.ndarray

    @property
    def bytes(self) -> int:
        return self.vectors.nbytes

    def packed(self) -> dict[str, np.ndarray]:
        return {"vectors": self.vectors}

    @classmethod
    def unpacked(cls, arrays: dict[str, np.ndarray]) -> "Views":
        return cls(arrays["vectors"])


@dataclass(frozen=True)
class ViewMaker:
    """Makes ``number`` views of a photograph and has the model, with its stored transform, look at them.

    Which views is decided by the photograph alone, so that they are the same in whatever order they are made.
    """

    model: "ImageModel"
    number: int

    def __call__(self, picture: Image.Image, outline: Outline | None = None) -> Views:
        seed = int.from_bytes(hashlib.sha256(picture.tobytes()).digest()[:8])
        random = np.random.default_rng(seed)
        outline, size = outline or self.model.outline(picture), self.model.at_least
        views = [Change.drawn(random)(picture, outline, size) for _ in range(self.number)]
        return Views(self.model.embed(np.stack([self.model.prepare(*view) for view in views])))
