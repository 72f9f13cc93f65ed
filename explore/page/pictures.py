"""Pictures for the page: of registered photographs only, made anew and kept in the home.

A picture is asked for by the checksum of its photograph, never by a path. It is decoded and encoded again, so that
nothing but pixels leaves this machine's files.
"""

import hmac
import json
import os
import secrets
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from ingest.cache import open_photograph
from ingest.files import whole
from ingest.images import BadImage, one_picture
from ingest.outlines import MARGIN, Outline
from ingest.records import Photograph

if TYPE_CHECKING:
    from coingraph import SidePicture

VERSION = 1
#: What there is of a photograph: pixels of the coin's square, of the longer side, of a strip's height.
SIZES = {"cut": (96, 192, 384, 768), "whole": (384, 768, 1536), "even": (768, 1536), "strip": (64, 128)}
DRAWN_IN = 2.0  # pixels by which the edge of a coin is drawn in, at 384 pixels
SOFT = 1.5  # pixels over which the edge fades
STRIP_INNER, STRIP_ASPECT = 0.55, 12.0  # of the radius; width of a strip in heights
STRIP_START = np.pi / 2  # clockwise after three o'clock: at six
QUALITY = 84
CELL, ACROSS, MOST_CELLS = 64, 32, 512  # of an atlas: pixels, cells in a row, cells at most
AT_ONCE = 2  # pictures decoded at the same time: each may take a gigabyte


class NoSuchPicture(Exception):
    """There is no picture of this kind and size."""


class Pictures:
    """Pictures in the folder ``kept``, made where they are not there yet."""

    def __init__(self, folder: Path):
        self.folder = folder / f"page{VERSION}"
        self._turn = threading.BoundedSemaphore(AT_ONCE)
        self._key = _key(folder / "page.key")

    def get(self, photograph: Photograph, side: "SidePicture", kind: str, size: int) -> Path:
        """The WebP file of a picture. Raises `NoSuchPicture`, `BadImage`."""
        if size not in SIZES.get(kind, ()) or (kind == "strip" and side.outline is None):
            raise NoSuchPicture
        file = self.folder / side.sha256[:2] / f"{side.sha256}-{side.shape}-{kind}-{size}.webp"
        if file.exists():
            return file
        make: Callable[[Photograph, Outline | None, int], Image.Image] = MAKERS[kind]
        with self._turn, one_picture():
            if not file.exists():
                picture = make(photograph, side.outline, size)
                file.parent.mkdir(parents=True, exist_ok=True)
                save(picture, file)
        return file

    def atlas(self, sides: "Sequence[tuple[Photograph, SidePicture] | None]") -> Path:
        """Many coins cut out on one sheet: `CELL` pixels each, `ACROSS` in a row, in the order given.

        A side that cannot be read leaves its place empty.
        """
        names = [f"{one[1].sha256}-{one[1].shape}" if one else "" for one in sides]
        file = self.folder / "atlas" / f"{sha256('|'.join(names).encode()).hexdigest()[:32]}.webp"
        if file.exists():
            return file
        sheet = Image.new("RGBA", (CELL * ACROSS, CELL * -(-len(sides) // ACROSS)))
        for place, one in enumerate(sides):
            if one is None:
                continue
            with suppress(BadImage), Image.open(self.get(*one, "cut", 96)) as picture:
                small = picture.convert("RGBA").resize((CELL, CELL), Image.Resampling.LANCZOS)
                sheet.paste(small, (CELL * (place % ACROSS), CELL * (place // ACROSS)))
        file.parent.mkdir(parents=True, exist_ok=True)
        save(sheet, file)
        return file

    def signature(self, checksum: str) -> str:
        """What lets a picture be seen without a session: it is good for this picture only."""
        return hmac.digest(self._key, checksum.encode(), "sha256").hex()[:32]

    def signed(self, checksum: str, signature: str) -> bool:
        return hmac.compare_digest(self.signature(checksum), signature)


def save(picture: Image.Image, file: Path) -> None:
    """Write a picture as WebP, whole or not at all."""
    written = BytesIO()
    picture.save(written, "WEBP", quality=QUALITY, method=2)
    own = file.with_name(f"{secrets.token_hex(4)}-{file.name}")
    with whole(own) as unfinished:
        unfinished.write_bytes(written.getvalue())
    own.replace(file)


def cut(photograph: Photograph, outline: Outline | None, size: int) -> Image.Image:
    """The coin's square with everything around the coin transparent; without an outline the whole picture, padded."""
    picture = open_photograph(photograph, None if outline else size)
    if outline is None:
        picture.thumbnail((size, size), Image.Resampling.LANCZOS)
        padded = Image.new("RGBA", (size, size))
        padded.paste(picture, ((size - picture.width) // 2, (size - picture.height) // 2))
        return padded
    square = square_of(picture, outline, size)
    square.putalpha(Image.fromarray(_alpha(outline.resized(picture.size), size)))
    return square


def as_photographed(photograph: Photograph, _outline: Outline | None, size: int) -> Image.Image:
    """The whole picture, its longer side ``size`` pixels at most."""
    picture = open_photograph(photograph, size)
    picture.thumbnail((size, size), Image.Resampling.LANCZOS)
    return picture


def evened(photograph: Photograph, outline: Outline | None, size: int) -> Image.Image:
    """As `cut`, with light and contrast the same everywhere, by contrast-limited equalisation of small tiles.

    K. Zuiderveld, Contrast Limited Adaptive Histogram Equalization, Graphics Gems IV (1994); OpenCV's.
    """
    picture = cut(photograph, outline, size)
    pixels = np.asarray(picture.convert("RGB"))
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(2.5, (6, 6)).apply(lab[..., 0])
    even = Image.fromarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB))
    even.putalpha(picture.getchannel("A"))
    return even


def strip(photograph: Photograph, outline: Outline | None, size: int) -> Image.Image:
    """The rim unrolled clockwise, the edge of the coin above; it begins at six o'clock."""
    assert outline is not None
    picture = open_photograph(photograph)
    side = 1024
    square = np.dstack([np.asarray(square_of(picture, outline, side)), _alpha(outline.resized(picture.size), side)])
    width = round(size * STRIP_ASPECT)
    angle = STRIP_START + np.linspace(0, 2 * np.pi, width, endpoint=False)
    radius = np.linspace(1.0, STRIP_INNER, size)[:, None] * (side / 2 / MARGIN)
    middle = (side - 1) / 2
    x, y = middle + radius * np.cos(angle), middle + radius * np.sin(angle)
    return Image.fromarray(cv2.remap(square, x.astype(np.float32), y.astype(np.float32), cv2.INTER_AREA))


MAKERS = {"cut": cut, "whole": as_photographed, "even": evened, "strip": strip}


def square_of(picture: Image.Image, outline: Outline, size: int) -> Image.Image:
    """The square around the coin, its pixels white where it reaches beyond the picture."""
    left, top, side = outline.resized(picture.size).square
    scale = side / size
    how = Image.Resampling.BICUBIC
    box = (left, top, left + side, top + side)
    if left >= 0 and top >= 0 and box[2] <= picture.width and box[3] <= picture.height:
        return picture.resize((size, size), Image.Resampling.LANCZOS, box)
    if scale > 2:  # what is turned by a matrix is not smoothed before
        reduced = max(1, int(scale))
        picture = picture.reduce(reduced)
        left, top, scale = left / reduced, top / reduced, scale / reduced
    return picture.transform(
        (size, size), Image.Transform.AFFINE, (scale, 0, left, 0, scale, top), how, fillcolor="white"
    )


def _alpha(outline: Outline, size: int) -> np.ndarray:
    """(size, size) uint8: the coin without the outermost pixels, where the ground shines through."""
    mask = outline.mask(size, size, square=True)
    inside = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    drawn = max(DRAWN_IN * size / 384, 0.5)
    soft = max(SOFT * size / 384, 0.75)
    return (np.clip((inside - drawn) / soft, 0, 1) * 255).astype(np.uint8)


def _key(file: Path) -> bytes:
    """The key of the signatures, made once for a home; nobody else may read it."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(opened, "w") as written:
            json.dump(secrets.token_hex(32), written)
    return bytes.fromhex(json.loads(file.read_text("utf-8")))


__all__ = ["MOST_CELLS", "SIZES", "BadImage", "NoSuchPicture", "Pictures", "save"]
