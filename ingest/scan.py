"""The picture files of a folder, and what their folders say: the face, the type."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath

from errors import CoingraphError
from ingest.faces import FACE_WORDS, LETTERS, PLAIN_WORDS, face_of, fold, vague, words
from ingest.kinds import WORKBOOK, kind_of, looks_like_one
from ingest.records import Face, Skipped, names_something
from ingest.renditions import base_of, is_folder_of_renditions

#: Folders in which systems keep thumbnails and the like.
SYSTEM_FOLDERS = frozenset(
    {"__MACOSX", "@eaDir", "$RECYCLE.BIN", "#recycle", "lost+found", "System Volume Information", "CaptureOne"}
)


class NoImages(CoingraphError):
    """The folder is missing, cannot be read or holds no picture."""


@dataclass(frozen=True)
class Found:
    """A picture file. ``scope`` is its folder without the parts that name a face or nothing (``''`` at the top);
    ``face`` and ``type`` are what its folders say. All but ``path`` is text that can be stored and shown."""

    path: Path
    relative: str
    scope: str
    face: Face | None
    type: str | None

    @cached_property
    def stem(self) -> str:
        return normal(self.path.stem)

    @cached_property
    def base(self) -> str:
        """The name without what marks a rendition: `K9_obv` for `K9_obv.width350`."""
        return base_of(self.stem)

    @cached_property
    def folded(self) -> str:
        """``base`` in lower case without accents, letter for letter."""
        return fold(self.base)


def scan(folder: Path) -> tuple[list[Found], list[Skipped]]:
    """Picture files below ``folder`` in the order of their names, and files that may be coins but cannot be read.

    Files are told by their content. Hidden files and folders, and whatever can be no coin's photograph, are passed
    over. Links are followed once, so that a link to a folder above ends. Raises `NoImages` where there is no such
    folder.
    """
    if not folder.is_dir():
        raise NoImages(f"{folder} is not a folder; give the folder that holds the photographs")
    skipped: list[Skipped] = []
    paths = [path for path in _walk(folder, set(), skipped) if _is_photograph(path, folder, skipped)]
    face_folders = _face_folders(path.relative_to(folder).parts for path in paths)
    return [_read_folders(path, path.relative_to(folder), face_folders) for path in paths], skipped


def _is_photograph(path: Path, folder: Path, skipped: list[Skipped]) -> bool:
    """Whether a file is to be read; one that is not, and may be a coin, is set aside with its reason."""
    named_like_one = looks_like_one(path)
    if not path.is_file():
        if named_like_one:
            skipped.append(Skipped(str(path), "a broken link" if path.is_symlink() else "not a file"))
        return False
    try:
        kind = kind_of(path)
    except OSError as error:
        if named_like_one:
            skipped.append(Skipped(str(path), error.strerror or str(error)))
        return False
    if kind.unread and not (kind.unread == WORKBOOK and path.parent == folder):
        skipped.append(Skipped(str(path), kind.unread, alike=True))
    elif kind.picture and path.is_symlink() and path.resolve().is_relative_to(folder.resolve()):
        skipped.append(Skipped(str(path), f"a link to {normal(str(path.resolve().relative_to(folder.resolve())))}"))
    else:
        return kind.picture
    return False


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


def _face_folders(files: Iterable[tuple[str, ...]]) -> dict[str, Face]:
    """Folder names that stand for a face, from the paths of the files.

    A name that may as well be a type's (`heads`, `droit`), and a single letter, counts only beside a folder of the
    other face, and where no file in it is named for the other face.
    """
    against: dict[tuple[str, ...], set[Face]] = defaultdict(set)
    for *folders, name in files:
        sure = {FACE_WORDS[word] for word in words(fold(normal(name))) if word in FACE_WORDS and not vague(word)}
        for depth in range(1, len(folders) + 1):
            against[tuple(folders[:depth])] |= sure
    told = {path: face for path in against if (face := face_of(normal(path[-1])))}
    clear = {path: face for path, face in told.items() if not vague(normal(path[-1]))}
    taken = {(path[:-1], face) for path, face in clear.items()}
    unsure = {path: face for path, face in told.items() if path not in clear} | _letter_folders(
        set(against) - set(told)
    )
    beside = {(path[:-1], face) for path, face in (told | unsure).items()}
    faces = {path[-1]: face for path, face in clear.items()}
    for path, face in unsure.items():
        other: Face = "reverse" if face == "obverse" else "obverse"
        if (path[:-1], other) in beside and (path[:-1], face) not in taken and other not in against[path]:
            faces.setdefault(path[-1], face)
    return faces


def _letter_folders(paths: set[tuple[str, ...]]) -> dict[tuple[str, ...], Face]:
    """Folders whose names are the single letters of the two sides, with no other letter beside them."""
    letters: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = defaultdict(dict)
    for path in paths:
        if len(letter := fold(normal(path[-1]))) == 1 and letter.isalpha():
            letters[path[:-1]][letter] = path
    found: dict[tuple[str, ...], Face] = {}
    for there in letters.values():
        for obverse, reverse in LETTERS:
            if set(there) == {obverse, reverse}:
                found |= {there[obverse]: "obverse", there[reverse]: "reverse"}
    return found


def _read_folders(path: Path, relative: PurePath, face_folders: dict[str, Face]) -> Found:
    face: Face | None = None
    told = []
    for part in relative.parts[:-1]:
        name = normal(part)
        if face is None and part in face_folders:
            face = face_folders[part]
        elif not (words(name) and set(words(name)) <= PLAIN_WORDS) and not is_folder_of_renditions(name):
            told.append(name)
    coin_type = told[-1] if told and names_something(told[-1]) else None
    return Found(path, normal(relative.as_posix()), "/".join(told), face, coin_type)


def normal(name: str) -> str:
    """A name as text: in one spelling of the two that Unicode has for umlauts, and readable where it is not UTF-8.

    File names from macOS keep letter and dots apart; those from old systems are taken for western European.
    """
    readable = re.sub("[\udc80-\udcff]+", _western, name)
    return unicodedata.normalize("NFC", re.sub("[\ud800-\udfff]", "\ufffd", readable))


def _western(found: re.Match[str]) -> str:
    """Bytes that are not UTF-8, as western European; the five that cp1252 leaves open as Latin-1 has them."""
    content = found.group().encode("utf-8", "surrogateescape")
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return content.decode("latin-1")
