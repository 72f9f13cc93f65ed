"""What a file is, told by its first bytes rather than by its name, and what helps with those that are not read."""

from dataclasses import dataclass
from pathlib import Path

from ingest.images import ENDINGS

#: Bytes from the start that are enough to tell.
FIRST = 512

RAW = "raw photographs of cameras are not read: develop them to TIFF or JPEG (darktable, RawTherapee, dcraw)"
JXL = "JPEG XL is not read: convert it to PNG or JPEG (djxl, of libjxl)"
DRAWN = "files of drawing programs are not read: export them as TIFF, PNG or JPEG"
DOCUMENT = "documents are not read: take the photographs out as TIFF, PNG or JPEG (pdfimages -all does for PDF)"
ARCHIVE = "archives are not read: unpack it in this folder"
WORKBOOK = "a workbook in a folder below: --metadata reads it as the table"
OTHER = "this kind of picture is not read: convert it to TIFF, PNG or JPEG"
NAMELESS = "a photograph, but its name does not end like one: rename it (.jpg, .png, .tif ...)"

#: By their endings, for files whose content tells nothing.
UNREAD_ENDINGS: dict[str, str] = {
    **dict.fromkeys((".rw2", ".raw", ".rwl", ".nef", ".nrw", ".cr2", ".cr3", ".crw", ".arw", ".srf", ".sr2"), RAW),
    **dict.fromkeys((".dng", ".orf", ".raf", ".pef", ".srw", ".3fr", ".fff", ".iiq", ".erf", ".mrw", ".x3f"), RAW),
    **dict.fromkeys((".mef", ".mos", ".kdc", ".dcr", ".gpr", ".bay"), RAW),
    ".jxl": JXL,
    **dict.fromkeys((".psd", ".psb", ".xcf", ".svg", ".ai", ".eps", ".kra", ".afphoto", ".cdr"), DRAWN),
    **dict.fromkeys((".pdf", ".djvu", ".doc", ".docx", ".odt", ".ppt", ".pptx"), DOCUMENT),
    **dict.fromkeys((".zip", ".rar", ".7z", ".tar", ".tgz", ".gz"), ARCHIVE),
    **dict.fromkeys((".xls", ".xlsx", ".xlsm", ".ods", ".numbers"), WORKBOOK),
    **dict.fromkeys((".exr", ".hdr", ".jxr", ".wdp", ".ppm", ".pgm", ".pnm", ".tga", ".pcx", ".fits", ".dcm"), OTHER),
}
#: Beginnings that tell a kind by themselves. TIFF and zip are the shells of other kinds as well, see `_in_shell`.
UNREAD_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"IIU\0", RAW),
    (b"IIRO", RAW),
    (b"IIRS", RAW),
    (b"MMOR", RAW),
    (b"FUJIFILMCCD-RAW", RAW),
    (b"FOVb", RAW),
    (b"\0MRM", RAW),
    (b"II\x1a\0\0\0HEAPCCDR", RAW),
    (b"\xff\x0a", JXL),
    (b"\0\0\0\x0cJXL ", JXL),
    (b"8BPS", DRAWN),
    (b"gimp xcf", DRAWN),
    (b"%!PS", DRAWN),
    (b"%PDF", DOCUMENT),
    (b"AT&TFORM", DOCUMENT),
    (b"7z\xbc\xaf\x27\x1c", ARCHIVE),
    (b"Rar!\x1a\x07", ARCHIVE),
    (b"II\xbc", OTHER),
    (b"v/1\x01", OTHER),
    (b"#?RADIANCE", OTHER),
)
READ_BEGINNINGS = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF87a",
    b"GIF89a",
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
    b"\0\0\0\x0cjP  ",
    b"\xff\x4f\xff\x51",
)
#: Brands of the container that HEIC and AVIF share with films.
READ_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"})


def looks_like_one(path: Path) -> bool:
    """Whether a file is named as a picture, for those that cannot be opened."""
    return path.suffix.casefold() in ENDINGS or path.suffix.casefold() in UNREAD_ENDINGS


@dataclass(frozen=True)
class Kind:
    """What to do with a file: read it as a ``picture``, or say why not (``unread``); neither where it is no coin."""

    picture: bool = False
    unread: str = ""


def kind_of(path: Path) -> Kind:
    """What a file is. Raises `OSError` where it cannot be opened.

    A picture needs a picture's content, or a picture's ending (then reading it says what is wrong); with such content
    under a name that ends otherwise it is said, because that may be a program's copy (`.jpg~`, `.jpg_original`).
    """
    ending = path.suffix.casefold()
    with path.open("rb") as file:
        first = file.read(FIRST)
    known_ending = ending in ENDINGS or ending in UNREAD_ENDINGS
    if unread := _unread(first, ending):
        return Kind(unread=unread)
    if is_picture(first):
        return Kind(picture=True) if known_ending else Kind(unread=NAMELESS)
    return Kind(picture=True) if ending in ENDINGS else Kind(unread=UNREAD_ENDINGS.get(ending, ""))


def is_picture(first: bytes) -> bool:
    """Whether a file that begins so is a picture of a kind that is read."""
    if first[4:8] == b"ftyp":
        return first[8:12] in READ_BRANDS
    windows = first[:2] == b"BM" and first[6:10] == b"\0\0\0\0"
    return first.startswith(READ_BEGINNINGS) or windows or (first[:4] == b"RIFF" and first[8:12] == b"WEBP")


def _unread(first: bytes, ending: str) -> str:
    """Why a file that begins so cannot be read; nothing where that is not certain."""
    for beginning, reason in UNREAD_BEGINNINGS:
        if first.startswith(beginning):
            return reason
    if first[4:12] == b"ftypcrx ":
        return RAW
    if first.startswith((b"II*\0", b"MM\0*")) and (first[8:10] == b"CR" or UNREAD_ENDINGS.get(ending) == RAW):
        return RAW  # Pillow would take the preview in it for the photograph
    if first.startswith(b"PK\x03\x04"):
        return UNREAD_ENDINGS.get(ending, "")
    return ""
