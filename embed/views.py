"""How a picture is prepared for a network: whole or cut out, in colour or grey, with the light evened out."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from embed.cutout import find_outline
from embed.outline import Outline

MEAN, DEVIATION = 120.0, 45.0  # of the coin's grey levels after ``normalise``


@dataclass(frozen=True)
class View:
    """``cutout``: the coin alone, upright in its square, white around it; otherwise the whole picture, squashed.

    ``grey``: one channel, repeated three times. ``normalise``: each channel brought to one mean and deviation inside
    the outline. ``size``: pixels of each side of the square that comes out. ``detail``: pixels that the square is
    brought down to before, so that sharp and soft cameras show equally much; None leaves what there is.
    """

    cutout: bool = False
    grey: bool = False
    normalise: bool = False
    size: int = 224
    detail: int | None = None

    def __call__(self, picture: Image.Image, outline: Outline | None = None) -> np.ndarray:
        """The picture (RGB) as (size, size, 3) uint8. The outline is looked for where a cut-out wants it."""
        mask = None
        square = (self.size, self.size)
        if self.cutout:
            outline = outline or find_outline(picture)
        if self.cutout and outline is not None and outline.sure:
            mask = outline.mask(*square, square=True)[..., None]
            picture = cropped(picture, outline.square)
        picture = picture.convert("L") if self.grey else picture
        if self.detail:
            picture = picture.resize((self.detail, self.detail), Image.Resampling.BICUBIC, reducing_gap=3.0)
        pixels = np.asarray(picture.resize(square, Image.Resampling.BICUBIC, reducing_gap=3.0), np.float32)
        pixels = pixels.reshape(*square, -1)
        if self.normalise:
            pixels = normalised(pixels, np.ones_like(pixels[..., :1]) if mask is None else mask)
        if mask is not None:
            pixels = pixels * mask + 255 * (1 - mask)
        return np.broadcast_to(pixels.round().clip(0, 255).astype(np.uint8), (*square, 3)).copy()


def cropped(picture: Image.Image, square: tuple[float, float, float]) -> Image.Image:
    """The square (left, top, side) of a picture; white where it reaches beyond."""
    left, top, side = square
    canvas = Image.new("RGB", (round(side), round(side)), "white")
    canvas.paste(picture, (round(-left), round(-top)))
    return canvas


def normalised(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Pixels (height, width, channels) with one mean and deviation where ``mask`` (height, width, 1) lies."""
    weight = mask.sum() or 1.0
    mean = (pixels * mask).sum((0, 1)) / weight
    deviation = np.sqrt((mask * (pixels - mean) ** 2).sum((0, 1)) / weight)
    return (pixels - mean) * (DEVIATION / np.maximum(deviation, 1.0)) + MEAN
