"""Picture files: what a file is by its content, its checksum and size, and its pixels upright in 8-bit RGB."""

import hashlib
import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageCms, ImageOps, TiffImagePlugin, UnidentifiedImageError

from errors import CoingraphError, tracked
from ingest.records import Photograph

FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP", "GIF", "AVIF", "HEIF", "JPEG2000")
ENDINGS = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".tif", ".tiff", ".webp", ".gif"}
    | {".heic", ".heif", ".hif", ".avif", ".jp2", ".j2k", ".jpx", ".jpf"}
)
#: The kinds of pictures that are read, for messages.
READ = "JPEG, PNG, BMP, TIFF, WebP, GIF, HEIC, AVIF and JPEG 2000 are read"
#: Bytes from a file's start that tell what it is.
FIRST = 512
#: Beginnings of pictures that are read, and brands of the container that HEIC and AVIF share with films.
READ_BEGINNINGS = (
    *(b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    *(b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"),
)
READ_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"})

# Why a file is not read, and what helps.
RAW = "raw photographs of cameras are not read: develop them to TIFF or JPEG (darktable, RawTherapee, dcraw)"
JXL = "JPEG XL is not read: convert it to PNG or JPEG (djxl, of libjxl)"
DRAWN = "files of drawing programs are not read: export them as TIFF, PNG or JPEG"
DOCUMENT = "documents are not read: take the photographs out as TIFF, PNG or JPEG (pdfimages -all does for PDF)"
ARCHIVE = "archives are not read: unpack it in this folder"
WORKBOOK = "a workbook in a folder below: --metadata reads it as the table"
OTHER = "this kind of picture is not read: convert it to TIFF, PNG or JPEG"
NAMELESS = "a photograph, but its name does not end like one: rename it (.jpg, .png, .tif ...)"

#: By their endings, for files whose content tells nothing.
UNREAD_ENDINGS = {
    f".{ending}": reason
    for reason, endings in {
        RAW: """rw2 raw rwl nef nrw cr2 cr3 crw arw srf sr2 dng orf raf pef srw 3fr fff iiq erf mrw x3f mef mos kdc dcr
            gpr bay""",
        JXL: "jxl",
        DRAWN: "psd psb xcf svg ai eps kra afphoto cdr",
        DOCUMENT: "pdf djvu doc docx odt ppt pptx",
        ARCHIVE: "zip rar 7z tar tgz gz",
        WORKBOOK: "xls xlsx xlsm ods numbers",
        OTHER: "exr hdr jxr wdp ppm pgm pnm tga pcx fits dcm",
    }.items()
    for ending in endings.split()
}
#: Beginnings that tell a kind by themselves. TIFF and zip hold other kinds as well, see `_why_unread`.
UNREAD_BEGINNINGS = {
    RAW: (b"IIU\0", b"IIRO", b"IIRS", b"MMOR", b"FUJIFILMCCD-RAW", b"FOVb", b"\0MRM", b"II\x1a\0\0\0HEAPCCDR"),
    JXL: (b"\xff\x0a", b"\0\0\0\x0cJXL "),
    DRAWN: (b"8BPS", b"gimp xcf", b"%!PS"),
    DOCUMENT: (b"%PDF", b"AT&TFORM"),
    ARCHIVE: (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07"),
    OTHER: (b"II\xbc", b"v/1\x01", b"#?RADIANCE"),
}
#: More than any camera gives, and as much as two threads can hold beside a model.
MOST_PIXELS = 200_000_000
MOST_BYTES = 1_000_000_000
#: Pixels of the shorter side: on fewer no coin can be told from another, nor its edge be looked for.
NARROWEST = 16
#: Longer to shorter side: a row of coins is shorter, dividers and rulers are longer.
LONGEST_SHAPE = 25
#: Of 255: a profile that moves colours by no more on average is as good as sRGB (a gamma of 2.2 in place of sRGB's
#: curve: 1.9; Display P3: 15), and its picture stays as it is.
UNSEEN = 3
#: Pixels of the shorter side that are enough for a mean colour.
SHORTER_SIDE = 64
#: Tags of TIFF files: whether colours lie in separate planes (2), and whether zero is white (0).
PLANES, WHITE_OR_BLACK = 284, 262

# A picture above Pillow's own limit must reach our check, which has the better message. What Pillow has to say of
# damaged tags would run between our lines on stderr, without the file's name.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.filterwarnings("ignore", module=r"PIL\.")
warnings.simplefilter("ignore", Image.DecompressionBombWarning)
logging.getLogger("PIL").setLevel(logging.CRITICAL)
# Pillow's own decoder of uncompressed TIFF files garbles 16 bits in separate planes; libtiff reads them right.
TiffImagePlugin.READ_LIBTIFF = True


#: Checksum (sha256, hexadecimal), width and height (pixels, as seen upright) of a picture.
Probed = tuple[str, int, int]


class BadImage(CoingraphError):
    """A file that is not a usable picture; the message is the reason, short."""


# What a file is


def named_like_picture(path: Path) -> bool:
    """Whether a file is named as a picture, for those that cannot be opened."""
    return path.suffix.casefold() in ENDINGS or path.suffix.casefold() in UNREAD_ENDINGS


def kind_of(path: Path) -> tuple[bool, str]:
    """Whether a file is to be read as a picture, else why not; no reason where it can be no coin's photograph.

    A picture needs a picture's content, or a picture's ending (then reading it says what is wrong). A picture under
    another ending is named, because it may be a program's copy (`.jpg~`, `.jpg_original`). Raises `OSError` where the
    file cannot be opened.
    """
    ending = path.suffix.casefold()
    with path.open("rb") as file:
        first = file.read(FIRST)
    if unread := _why_unread(first, ending):
        return False, unread
    if _is_picture(first):
        return (True, "") if named_like_picture(path) else (False, NAMELESS)
    return ending in ENDINGS, UNREAD_ENDINGS.get(ending, "")


def _is_picture(first: bytes) -> bool:
    """Whether a file that begins so is a picture of a kind that is read."""
    if first[4:8] == b"ftyp":
        return first[8:12] in READ_BRANDS
    windows = first[:2] == b"BM" and first[6:10] == b"\0\0\0\0"
    return first.startswith(READ_BEGINNINGS) or windows or (first[:4] == b"RIFF" and first[8:12] == b"WEBP")


def _why_unread(first: bytes, ending: str) -> str:
    """Why a file that begins so cannot be read; nothing where that is not certain."""
    if reason := next((why for why, beginnings in UNREAD_BEGINNINGS.items() if first.startswith(beginnings)), ""):
        return reason
    if first[4:12] == b"ftypcrx ":
        return RAW
    if first.startswith((b"II*\0", b"MM\0*")) and (first[8:10] == b"CR" or UNREAD_ENDINGS.get(ending) == RAW):
        return RAW  # Pillow would take the preview in it for the photograph
    return UNREAD_ENDINGS.get(ending, "") if first.startswith(b"PK\x03\x04") else ""


# What it shows


@contextmanager
def one_picture() -> Iterator[None]:
    """Work on one picture of many: whatever goes wrong is a `BadImage`, which skips this picture and no other.

    What concerns more than this picture (`CoingraphError`, a full disk or another `OSError`) is left as it is.
    """
    try:
        yield
    except (CoingraphError, OSError):
        raise
    except MemoryError as error:
        raise BadImage("too large for this machine's memory") from error
    except Exception as error:  # an odd picture makes OpenCV, numpy and Pillow raise nearly anything
        said = " ".join(str(error).split())[:120]
        raise BadImage(f"it cannot be worked with ({said or type(error).__name__})") from error


def probe(path: Path, known: Mapping[str, tuple[int, int]] | None = None) -> Probed:
    """Checksum (sha256, hexadecimal), width and height (pixels, as seen upright) of a picture that decodes to its end.

    ``known`` gives sizes of pictures that were decoded before, by checksum; such a file is only read, not decoded.
    Raises `BadImage`, also for a picture too narrow to show a coin.
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
                width, height = known[sha256]
            else:
                file.seek(0)
                # An eighth of the size is enough to see that a JPEG is whole: every block is read, few are computed.
                _, (width, height) = _decode(file, at_least=1)
            refuse_narrow(width, height)
            return sha256, width, height
    except OSError as error:
        raise BadImage(_why(error)) from error


def refuse_narrow(width: int, height: int) -> None:
    """Raise `BadImage` for a picture too narrow to show a coin."""
    if min(width, height) < NARROWEST or max(width, height) > LONGEST_SHAPE * min(width, height):
        raise BadImage(f"too narrow to show a coin ({width} x {height} pixels)")


def open_picture(source: Path | BinaryIO, at_least: int | None = None) -> Image.Image:
    """The picture of a file (or of an open one) upright in RGB, transparent parts white, of several frames the first.

    With ``at_least`` a JPEG may come smaller than it is, its shorter side still ``at_least`` pixels long if it was;
    that saves most of the time of decoding a large one. Raises `BadImage`.
    """
    return _open(source, at_least)[0]


def open_coin(source: Path | BinaryIO, at_least: int | None = None) -> Image.Image:
    """As `open_picture`, and raises `BadImage` also for a picture too narrow to show a coin."""
    picture, size = _open(source, at_least)
    refuse_narrow(*size)
    return picture


def _open(source: Path | BinaryIO, at_least: int | None) -> tuple[Image.Image, tuple[int, int]]:
    try:
        with source.open("rb") if isinstance(source, Path) else nullcontext(source) as file:
            return _decode(file, at_least)
    except OSError as error:
        raise BadImage(_why(error)) from error


def _decode(file: BinaryIO, at_least: int | None) -> tuple[Image.Image, tuple[int, int]]:
    """The picture in RGB, perhaps smaller than its file says, and the upright size that the file says."""
    _learn_heif()
    try:
        with Image.open(file, formats=FORMATS) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise BadImage(f"too many pixels ({width} x {height}; at most {MOST_PIXELS // 1_000_000} million)")
            if at_least is not None:
                image.draft(None, (at_least, at_least))
            drafted = image.size
            deep = any("16" in str(tile[3]) for tile in getattr(image, "tile", []))
            image.load()
            upright = _upright(_of_eight_bits(image, file, deep))
            if image.size == drafted and upright.size != image.size:
                width, height = height, width
            return _rgb(upright, image.info.get("icc_profile")), (width, height)
    except (BadImage, OSError):
        raise
    except Image.DecompressionBombError as error:
        raise BadImage(f"too many pixels (at most {MOST_PIXELS // 1_000_000} million)") from error
    except MemoryError as error:
        raise BadImage("too large for this machine's memory") from error
    except Exception as error:  # damaged files make Pillow raise nearly anything: struct.error, SyntaxError, KeyError
        raise BadImage(f"the picture is damaged ({error or type(error).__name__})") from error


@cache
def _learn_heif() -> None:
    """Teach Pillow to read HEIC."""
    from pillow_heif import register_heif_opener

    register_heif_opener()


def _upright(image: Image.Image) -> Image.Image:
    """Turned as its EXIF says; as it is where the EXIF is unreadable, which says nothing against the pixels."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image


def _of_eight_bits(image: Image.Image, file: BinaryIO, deep: bool) -> Image.Image:
    """With 8 bits a colour; ``deep`` tells a file of 16 bits, of which Pillow keeps the upper 8 where it has colours.

    Cameras and scanners put 10, 12 or 14 bits of data in 16: where the upper 8 are nearly empty, all are read again.
    """
    grey = image.mode.startswith(("I", "F"))
    if not grey and not (deep and image.mode in ("RGB", "RGBA") and np.asarray(image)[..., :3].max() < 64):
        return image
    result = _eight_bits(image) if grey else _full_depth(image, file)
    result.info["exif"] = image.getexif().tobytes()
    return result


def _full_depth(image: Image.Image, file: BinaryIO) -> Image.Image:
    import cv2

    if image.format == "TIFF" and image.tag_v2.get(PLANES) == 2:  # type: ignore[attr-defined]
        raise BadImage("16 bits a colour in separate planes, nearly black: save it with 8 bits a colour")
    file.seek(0)
    values = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.ndim != 3:
        return image.copy()
    colours = _scaled(values[..., 2::-1])
    return Image.fromarray(np.dstack([colours, (values[..., 3:] // 257).astype(np.uint8)]))


def _rgb(image: Image.Image, profile: Any) -> Image.Image:
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        image = Image.alpha_composite(white, layer).convert("RGB")
    if image.mode == "LAB":
        return _applied(_from_lab(), image)
    if image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("RGB")
    to_srgb = _to_srgb(profile, image.mode) if isinstance(profile, bytes) else None
    return _applied(to_srgb, image) if to_srgb else image.convert("RGB")


def _applied(transform: ImageCms.ImageCmsTransform, image: Image.Image) -> Image.Image:
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None
    return converted


@cache
def _from_lab() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")


@lru_cache(64)
def _to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """What brings colours of a profile to sRGB; None where they are that already, or the profile is of no use."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if source.profile.xcolor_space.strip() != {"L": "GRAY"}.get(mode, mode):
            return None
        if mode != "CMYK" and "srgb" in (source.profile.profile_description or "").casefold():
            return None
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):  # a damaged profile says nothing against the pixels
        return None
    return transform if mode == "CMYK" or _moves_colours(transform, mode) else None


def _moves_colours(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    levels = np.arange(0, 256, 17)
    every = np.stack(np.meshgrid(levels, levels, levels), -1).astype(np.uint8).reshape(-1, len(levels), 3)
    colours = Image.fromarray(every) if mode == "RGB" else Image.linear_gradient("L")
    moved = np.asarray(_applied(transform, colours), int) - np.asarray(colours.convert("RGB"), int)
    return bool(np.abs(moved).mean() > UNSEEN)


def _eight_bits(image: Image.Image) -> Image.Image:
    """16- and 32-bit grey as 8-bit grey: full scale by the type; unusual ranges (floats, 32 bits) by their own span."""
    values = np.asarray(image)
    if image.mode.startswith("I;16") or (image.mode == "I" and 255 < values.max() <= 65535 and values.min() >= 0):
        white_is_zero = image.format == "TIFF" and image.tag_v2.get(WHITE_OR_BLACK) == 0  # type: ignore[attr-defined]
        scaled = _scaled(values)
        return Image.fromarray(255 - scaled if white_is_zero else scaled)
    values = np.nan_to_num(values.astype(np.float64))
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high <= 1 and image.mode == "F":
        low, high = 0.0, 1.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    return Image.fromarray(((values - low) * (255 / max(high - low, 1e-12))).round().astype(np.uint8))


def _scaled(values: np.ndarray) -> np.ndarray:
    """16-bit values as uint8 by the bits that are in use: 8, 10, 12, 14 or all."""
    bits = next(bits for bits in (8, 10, 12, 14, 16) if int(values.max()) < 1 << bits)
    return (values.astype(np.uint32) * 255 // ((1 << bits) - 1)).astype(np.uint8)


def _why(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, UnidentifiedImageError):
        return f"not a picture, whatever its name says ({READ})"
    if error.errno is not None:
        return error.strerror or str(error)
    if "truncated" in str(error):
        return "the picture is cut off (truncated file)"
    return f"the picture is damaged ({error})"


# Mean colours


def mean_colours(photographs: Sequence[Photograph], cache: Path) -> np.ndarray:
    """Mean red, green and blue (n, 3) from 0 to 255, the trivial baseline of evaluations; NaN for unreadable pictures.

    What was computed before is read from ``cache`` (an .npz file, by the pictures' checksums), and what is new added.
    """
    known = _read_colours(cache)
    new = list({photograph.sha256: photograph for photograph in photographs if photograph.sha256 not in known}.values())
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        colours = list(tracked(pool.map(_mean, new), "colours", "picture", len(new)))
    if good := {p.sha256: colour for p, colour in zip(new, colours, strict=True) if colour is not None}:
        known |= good
        complete = cache.with_suffix(".new.npz")
        cache.parent.mkdir(parents=True, exist_ok=True)
        np.savez(complete, sha256=np.array(list(known)), colour=np.array(list(known.values())))
        complete.replace(cache)
    nothing = np.full(3, np.nan)
    return np.array([known.get(photograph.sha256, nothing) for photograph in photographs]).reshape(-1, 3)


def _mean(photograph: Photograph) -> np.ndarray | None:
    try:
        with one_picture():
            return np.asarray(open_picture(photograph.path, SHORTER_SIDE), np.float64).mean((0, 1))
    except (BadImage, OSError):
        return None


def _read_colours(cache: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(cache) as stored:
            return dict(zip(stored["sha256"].tolist(), stored["colour"], strict=True))
    except (OSError, ValueError, KeyError):  # absent, or cut off: it is only a cache
        return {}
