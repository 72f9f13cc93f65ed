"""The picture files of a folder, and what their folders say: the face, the type."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from errors import CoingraphError
from ingest.images import ENDINGS, OTHER_ENDINGS
from ingest.records import Face, Skipped, names_something

#: Words for the two faces as folders, file names and column headings use them.
FACE_WORDS: dict[str, Face] = {
    **dict.fromkeys(("obverse", "obverses", "obvers", "obv", "avers", "averse", "aversen", "av"), "obverse"),
    **dict.fromkeys(("vorderseite", "vorderseiten", "vs", "anverso", "droit", "dritto"), "obverse"),
    **dict.fromkeys(("head", "heads", "front"), "obverse"),
    **dict.fromkeys(("reverse", "reverses", "revers", "reversen", "rev", "rv"), "reverse"),
    **dict.fromkeys(("rückseite", "rückseiten", "rueckseite", "rueckseiten", "ruckseite", "ruckseiten"), "reverse"),
    **dict.fromkeys(("rs", "reverso", "rovescio", "tail", "tails", "back"), "reverse"),
}
#: Of these, the words that name types as well (`Head`, `Wheel`, `Boar`).
VAGUE_WORDS = frozenset({"head", "heads", "tail", "tails", "front", "back", "droit"})
#: Folders that hold pictures and say nothing about the coins.
PLAIN_WORDS = frozenset(
    {"image", "images", "img", "imgs", "picture", "pictures", "pics", "photo", "photos", "photograph", "photographs"}
    | {"foto", "fotos", "fotografien", "bild", "bilder", "aufnahmen", "scan", "scans", "thumbnails", "coins", "münzen"}
    | {"muenzen", "jpg", "jpeg", "png", "tif", "tiff", "webp", "side", "sides", "seite", "seiten", "of"}
)
#: Folders in which systems keep thumbnails and the like.
SYSTEM_FOLDERS = frozenset({"__MACOSX", "@eaDir", "$RECYCLE.BIN", "lost+found"})


class NoImages(CoingraphError):
    """The folder is missing, cannot be read or holds no picture."""


@dataclass(frozen=True)
class Found:
    """A picture file. ``scope`` is its folder without the parts that name a face or nothing (``''`` at the top);
    ``face`` and ``type`` are what its folders say."""

    path: Path
    relative: str
    scope: str
    face: Face | None
    type: str | None

    @property
    def stem(self) -> str:
        return normal(self.path.stem)


def scan(folder: Path) -> tuple[list[Found], list[Skipped]]:
    """Picture files below ``folder`` in the order of their names, and files that are pictures only by their ending.

    Hidden files and folders are passed over. Links are followed once, so that a link to a folder above ends.
    Raises `NoImages` where there is no such folder.
    """
    if not folder.is_dir():
        raise NoImages(f"{folder} is not a folder; give the folder that holds the photographs")
    skipped: list[Skipped] = []
    seen: set[Path] = set()
    paths = []
    for path in _walk(folder, seen, skipped):
        ending = path.suffix.lower()
        if ending in OTHER_ENDINGS:
            skipped.append(Skipped(str(path), f"{ending[1:].upper()} is not read; save it as JPEG, PNG, TIFF or WebP"))
        elif ending not in ENDINGS:
            continue
        elif not path.is_file():
            skipped.append(Skipped(str(path), "a broken link" if path.is_symlink() else "not a file"))
        elif path.is_symlink() and path.resolve().is_relative_to(folder.resolve()):
            skipped.append(Skipped(str(path), f"a link to {path.resolve().relative_to(folder.resolve())}"))
        else:
            paths.append(path)
    face_folders = _face_folders({part for path in paths for part in path.relative_to(folder).parts[:-1]})
    return [_read_folders(path, path.relative_to(folder), face_folders) for path in paths], skipped


def _walk(folder: Path, seen: set[Path], skipped: list[Skipped]) -> Iterator[Path]:
    real = folder.resolve()
    if real in seen:
        return
    seen.add(real)
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        skipped.append(Skipped(str(folder), f"the folder cannot be read ({error.strerror})"))
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name in SYSTEM_FOLDERS:
            continue
        if entry.is_dir():
            yield from _walk(entry, seen, skipped)
        else:
            yield entry


def _face_folders(names: set[str]) -> dict[str, Face]:
    """Folder names that stand for a face; `heads` only beside `tails`, and where no clearer name does."""
    faces = {name: face for name in names if (face := face_of(name))}
    clear = {name: face for name, face in faces.items() if not VAGUE_WORDS.intersection(words(name))}
    return clear if clear or len(set(faces.values())) < 2 else faces


def _read_folders(path: Path, relative: PurePath, face_folders: dict[str, Face]) -> Found:
    face: Face | None = None
    told = []
    for part in relative.parts[:-1]:
        if face is None and part in face_folders:
            face = face_folders[part]
        elif not words(part) or not set(words(part)) <= PLAIN_WORDS:
            told.append(normal(part))
    coin_type = told[-1] if told and names_something(told[-1]) else None
    return Found(path, relative.as_posix(), "/".join(told), face, coin_type)


def face_of(name: str) -> Face | None:
    """The face that a folder or a column is named after: `Obverse`, `01 Vorderseiten`, `reverse_images`; else None."""
    faces = [w for w in words(name) if w not in PLAIN_WORDS]
    return FACE_WORDS.get(faces[0]) if len(faces) == 1 else None


def words(name: str) -> list[str]:
    """Runs of letters, in lower case."""
    return re.findall(r"[^\W\d_]+", normal(name).casefold())


def normal(name: str) -> str:
    """One spelling for the two that Unicode has for umlauts: file names from macOS keep letter and dots apart."""
    return unicodedata.normalize("NFC", name)
