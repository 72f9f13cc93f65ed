"""The picture files of a folder: what their folders say (face, type), and which are renditions of one photograph.

Renditions are sizes for the web, thumbnails, edited copies; marks in a file's name tell them.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath

from errors import CoingraphError
from ingest.images import WORKBOOK, kind_of, named_like_picture
from ingest.records import Face, Skipped, names_something
from ingest.words import fold, normal, split_words
from ingest.words.sides import FACE_WORDS, LETTERS, PLAIN_WORDS, face_of, vague

#: Folders in which systems keep thumbnails and the like.
SYSTEM_FOLDERS = frozenset(
    {"__MACOSX", "@eaDir", "$RECYCLE.BIN", "#recycle", "lost+found", "System Volume Information", "CaptureOne"}
)
#: Marks that mean nothing else at the end of a name, or as a folder's name.
_SURE = (
    r"width\d{2,4}|height\d{2,4}|\d{2,5} ?x ?\d{2,5}|\d{2,5} ?px|\d{2,4} ?dpi|[2-4]x|thumbs?|thumbnails?|thb|tn"
    r"|previews?|vorschau|icons?|edited|edit|retouched|bearbeitet|retouche|edytowane|scaled|resized|rescaled|verkleinert|compressed"
    r"|cropped|crop|lowres|low res|hires|hi res|highres|high res|fullsize|full size|web|opt|orig|originals?|masters?"
    r"|noscale|e\d{9,13}|vignettes?|miniatures?|miniature|miniaturas?|miniaturki|derivatives?|access|dzi"
)
#: Marks that may as well be part of a coin's name: they count behind the word for a side, and beside a file without.
_LIKELY = (
    r"small|medium|large|big|full|mini|micro|low|high|hi|s|m|l|xl|xs|sm|md|lg|th|w\d{2,4}|\d{2,4}w|h\d{2,4}|\d{2,4}h"
    r"|klein|mittel|gross|groß|petite?|moyen|grande?|piccol[oa]|medi[oa]|pequeno|pequena|groot|maly|duzy|liten|stor"
)
_BEFORE = r"(?:[\s._\-(\[]+|@|(?<=\d)(?=@))"
_SURE_END = re.compile(rf"(?:{_BEFORE}(?:{_SURE})[)\]]*)+$")
_ANY_END = re.compile(rf"(?:(?:{_BEFORE}|^)(?:{_SURE}|{_LIKELY})[)\]]*)+$")
_SURE_START = re.compile(
    r"^(?:\d{2,5}px|copy of|kopie von|copie de|copia d[ei]|thumbs?|thumbnails?|tn|preview|resized|scaled|edited)"
    r"[\s._-]+"
)
_FOLDER = re.compile(
    rf"(?:^|[\s._-]+)(?:{_SURE}|small|medium|large|big|full|mini|square|versions?|copies|kopien|exports?)(?=$|[\s._-])"
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
    named_like_one = named_like_picture(path)
    if not path.is_file():
        if named_like_one:
            skipped.append(Skipped(str(path), "a broken link" if path.is_symlink() else "not a file"))
        return False
    try:
        picture, unread = kind_of(path)
    except OSError as error:
        if named_like_one:
            skipped.append(Skipped(str(path), error.strerror or str(error)))
        return False
    if unread and not (unread == WORKBOOK and path.parent == folder):
        skipped.append(Skipped(str(path), unread, alike=True))
    if picture and path.is_symlink() and path.resolve().is_relative_to(folder.resolve()):
        skipped.append(Skipped(str(path), f"a link to {normal(str(path.resolve().relative_to(folder.resolve())))}"))
        return False
    return picture


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
        sure = {FACE_WORDS[word] for word in split_words(fold(normal(name))) if word in FACE_WORDS and not vague(word)}
        for depth in range(1, len(folders) + 1):
            against[tuple(folders[:depth])] |= sure
    told = {path: face for path in against if (face := face_of(normal(path[-1])))}
    clear = {path: face for path, face in told.items() if not vague(normal(path[-1]))}
    taken = {(path[:-1], face) for path, face in clear.items()}
    letters = _letter_folders(set(against) - set(told))
    unsure = {path: face for path, face in told.items() if path not in clear} | letters
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
        elif not (split_words(name) and set(split_words(name)) <= PLAIN_WORDS) and not is_folder_of_renditions(name):
            told.append(name)
    coin_type = told[-1] if told and names_something(told[-1]) else None
    return Found(path, normal(relative.as_posix()), "/".join(told), face, coin_type)


# Renditions


def base_of(stem: str) -> str:
    """A file's name without the marks of its rendition: `K9_obv` for `K9_obv.width350` and `thumb_K9_obv@2x`."""
    folded = fold(stem)
    start = _SURE_START.match(folded)
    end = _SURE_END.search(folded)
    base = stem[start.end() if start else 0 : end.start() if end else len(stem)]
    return base or stem


def likely_base_of(stem: str) -> str:
    """The same without the marks that may as well belong to the coin's name: `K9` for `K9_small`."""
    end = _ANY_END.search(fold(stem))
    return stem[: end.start()] if end and end.start() else stem


def only_marks(text: str) -> bool:
    """Whether what follows the word for a side says only which rendition a file is."""
    return bool(_ANY_END.fullmatch(fold(text)))


def is_folder_of_renditions(name: str) -> bool:
    """Whether a folder holds thumbnails, originals, sizes ..., and says nothing of coins."""
    rest = _FOLDER.sub(" ", fold(name)).split()
    return not rest or all(word in PLAIN_WORDS for word in rest)
