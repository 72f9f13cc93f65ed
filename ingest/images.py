"""Photographs as files: whether one can be used, its checksum and size, and its pixels upright in 8-bit RGB."""

import hashlib
import logging
import warnings
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from errors import CoingraphError

FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP", "GIF")
ENDINGS = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".tif", ".tiff", ".webp", ".gif"})
#: Pictures of other kinds, which are worth a word when a folder holds them.
OTHER_ENDINGS = frozenset(
    {".heic", ".heif", ".avif", ".jp2", ".psd", ".svg", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raw", ".orf", ".raf"}
)
#: More than any camera gives, and as much as two threads can hold beside a model.
MOST_PIXELS = 200_000_000
MOST_BYTES = 1_000_000_000

# A picture above Pillow's own limit must reach our check, which has the better message. What Pillow has to say of
# damaged tags would run between our lines on stderr, without the file's name.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.filterwarnings("ignore", module=r"PIL\.")
warnings.simplefilter("ignore", Image.DecompressionBombWarning)
logging.getLogger("PIL").setLevel(logging.CRITICAL)


class BadImage(CoingraphError):
    """A file that is not a usable picture; the message is the reason, short."""


def probe(path: Path, known: Mapping[str, tuple[int, int]] | None = None) -> tuple[str, int, int]:
    """Checksum (sha256, hexadecimal), width and height (pixels, as seen upright) of a picture that decodes to its end.

    ``known`` gives sizes of pictures that were decoded before, by checksum; such a file is only read, not decoded.
    Raises `BadImage`.
    """
    try:
        with path.open("rb") as file:
            length = path.stat().st_size
            if length == 0:
                raise BadImage("the file is empty")
            if length > MOST_BYTES:
                raise BadImage(f"the file is too large ({length / 1e9:.1f} GB; at most {MOST_BYTES / 1e9:.0f} GB)")
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            if known and sha256 in known:
                return sha256, *known[sha256]
            file.seek(0)
            # An eighth of the size is enough to see that a JPEG is whole: every block is read, few are computed.
            _, (width, height) = _decode(file, at_least=1)
            return sha256, width, height
    except OSError as error:
        raise BadImage(_why(error)) from error


def open_picture(source: Path | BinaryIO, at_least: int | None = None) -> Image.Image:
    """The picture of a file (or of an open one) upright in RGB, transparent parts white, of several frames the first.

    With ``at_least`` a JPEG may come smaller than it is, its shorter side still ``at_least`` pixels long if it was;
    that saves most of the time of decoding a large one. Raises `BadImage`.
    """
    try:
        with source.open("rb") if isinstance(source, Path) else nullcontext(source) as file:
            return _decode(file, at_least)[0]
    except OSError as error:
        raise BadImage(_why(error)) from error


def _decode(file: BinaryIO, at_least: int | None) -> tuple[Image.Image, tuple[int, int]]:
    """The picture in RGB, perhaps smaller than its file says, and the upright size that the file says."""
    try:
        with Image.open(file, formats=FORMATS) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise BadImage(f"too many pixels ({width} x {height}; at most {MOST_PIXELS // 1_000_000} million)")
            if at_least is not None:
                image.draft(None, (at_least, at_least))
            drafted = image.size
            image.load()
            upright = _upright(image)
            if image.size == drafted and upright.size != image.size:
                width, height = height, width
            return _rgb(upright), (width, height)
    except (BadImage, OSError):
        raise
    except Image.DecompressionBombError as error:
        raise BadImage(f"too many pixels (at most {MOST_PIXELS // 1_000_000} million)") from error
    except MemoryError as error:
        raise BadImage("too large for this machine's memory") from error
    except Exception as error:  # damaged files make Pillow raise nearly anything: struct.error, SyntaxError, KeyError
        raise BadImage(f"the picture is damaged ({error or type(error).__name__})") from error


def _upright(image: Image.Image) -> Image.Image:
    """Turned as its EXIF says; as it is where the EXIF is unreadable, which says nothing against the pixels."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("RGB")
    if image.mode == "LAB":
        to_rgb = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
        converted = ImageCms.applyTransform(image, to_rgb)
        assert converted is not None
        return converted
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """16- and 32-bit grey as 8-bit grey: full scale by the type; unusual ranges (floats, 32 bits) by their own span."""
    values = np.asarray(image)
    if image.mode.startswith("I;16") or (image.mode == "I" and 255 < values.max() <= 65535 and values.min() >= 0):
        return Image.fromarray((values // 257).astype(np.uint8))
    values = np.nan_to_num(values.astype(np.float64))
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high <= 1 and image.mode == "F":
        low, high = 0.0, 1.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    return Image.fromarray(((values - low) * (255 / max(high - low, 1e-12))).round().astype(np.uint8))


def _why(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, UnidentifiedImageError):
        return "not a picture, whatever its name says (JPEG, PNG, BMP, TIFF, WebP and GIF are read)"
    if error.errno is not None:
        return error.strerror or str(error)
    if "truncated" in str(error):
        return "the picture is cut off (truncated file)"
    return f"the picture is damaged ({error})"
