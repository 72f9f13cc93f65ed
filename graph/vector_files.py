"""Vectors as files, in the layout that the thesis published: a matrix for each face, a list of its rows beside it.

    fused_embeddings_ob.npy    (n, d) float32               fused_embeddings_rev.npy
    fused_filenames_ob.txt     n lines: the pictures' names  fused_filenames_rev.txt
    fused_base_texts_ob.txt    n lines: the texts, if any    fused_base_texts_rev.txt

A matrix of another name has its lists beside it as well: `mine.npy`, `mine.txt` and, if there are texts,
`mine_texts.txt`. What the vectors were told of the coins stands in `fused_space.json` (`mine_space.json`), where it is
known. Only files are known here, no graph.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from errors import CoingraphError
from graph.spaces import MOST_DIMENSIONS, usable
from ingest.files import whole
from ingest.records import FACES, Face
from ingest.words import normal

#: The faces as the thesis' file names have them.
SHORT: dict[Face, str] = {"obverse": "ob", "reverse": "rev"}
EMBEDDINGS, NAMES, TEXTS = "embeddings", "filenames", "base_texts"
CHUNK = 4096  # rows looked at or converted at once


class BadVectorFile(CoingraphError):
    """A file of vectors, or a list beside it, that cannot be used as it is."""


@dataclass(frozen=True)
class VectorFile:
    """The vectors of one face, mapped from their file: ``names`` and ``texts`` (None: there are none) go with its rows.

    ``notes`` are what a user should know of the file although it can be used.
    """

    face: Face
    path: Path
    matrix: np.ndarray
    names: list[str]
    texts: list[str] | None
    notes: list[str] = field(default_factory=list)

    @property
    def dimension(self) -> int:
        return int(self.matrix.shape[1])

    def rows(self, chosen: Sequence[int]) -> np.ndarray:
        """The vectors (len(chosen), dimension) float32 of some rows."""
        return _float32(self.matrix[np.asarray(chosen, np.intp)])


@dataclass(frozen=True)
class Told:
    """What vectors know of the coins: the metadata columns ``fields``, and of the column ``label`` the ``classes`` that
    they were trained on."""

    fields: tuple[str, ...] = ()
    label: str | None = None
    classes: tuple[str, ...] = ()


def find_files(folder: Path, prefix: str | None = None) -> dict[Face, Path]:
    """The matrices of a folder in the thesis' layout, by face. Raises `BadVectorFile` for none, or several prefixes."""
    found: dict[str, dict[Face, Path]] = {}
    for face in FACES:
        ending = f"_{EMBEDDINGS}_{SHORT[face]}.npy"
        for path in sorted(folder.glob(f"*{ending}")):
            found.setdefault(path.name.removesuffix(ending), {})[face] = path
    if prefix is not None:
        found = {prefix: found[prefix]} if prefix in found else {}
    if not found:
        raise BadVectorFile(
            f"{folder} holds no {prefix or 'NAME'}_{EMBEDDINGS}_ob.npy and no {prefix or 'NAME'}_{EMBEDDINGS}_rev.npy; "
            "name the files by --obverse and --reverse"
        )
    if len(found) > 1:
        raise BadVectorFile(f"{folder} holds several sets of vectors ({', '.join(found)}): choose one by --prefix")
    return found.popitem()[1]


def read_told(paths: Iterable[Path]) -> Told:
    """What the vectors of some matrices were told, all together. Raises `BadVectorFile`."""
    found = [_read_told(beside) for path in paths if (beside := _told_beside(path)).is_file()]
    trained = [each for each in found if each.label]
    if len({each.label for each in trained}) > 1:
        raise BadVectorFile("the two faces were trained on different labels: import them as two spaces")
    fields = dict.fromkeys(field for each in found for field in each.fields)
    classes = {name for each in trained for name in each.classes}
    return Told(tuple(fields), trained[0].label if trained else None, tuple(sorted(classes)))


def _read_told(path: Path) -> Told:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Told(tuple(told["fields"]), told["trained_label"], tuple(told["trained_on"]))
    except (ValueError, KeyError, TypeError) as error:
        raise BadVectorFile(
            f"{path} does not say what its vectors were told (fields, trained_label, trained_on): {error!r}; export "
            "the space again, or take the file away and say it by --field"
        ) from error


def _told_beside(matrix: Path) -> Path:
    stem = matrix.stem
    for short in SHORT.values():
        stem = stem.removesuffix(f"_{EMBEDDINGS}_{short}")
    return matrix.with_name(f"{stem}_space.json")


def write_told(matrix: Path, told: Told) -> Path:
    """Write what vectors were told beside their matrix; the path."""
    path = _told_beside(matrix)
    content = {"fields": told.fields, "trained_label": told.label, "trained_on": told.classes}
    with whole(path) as unfinished:
        unfinished.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def read_file(path: Path, face: Face) -> VectorFile:
    """The vectors of one face with the lists beside them, checked. Raises `BadVectorFile` with the cure."""
    matrix = _mapped(path)
    notes: list[str] = []
    if matrix.dtype != np.float32:
        notes.append(f"{path.name} holds {matrix.dtype}; its numbers are stored as float32")
    names = [normal(name.strip()) for name in _lines(_beside(path, NAMES, f"{path.stem}.txt"))]
    while names and not names[-1]:
        names.pop()
    listed = _beside(path, TEXTS, f"{path.stem}_texts.txt", needed=False)
    texts = [normal(text.strip()) for text in _lines(listed)] if listed else None
    _check_names(path, names, len(matrix))
    if texts is not None and len(texts) != len(matrix):
        raise BadVectorFile(f"{listed} has {len(texts):,} lines and {path.name} {len(matrix):,} rows: they must agree")
    _check_rows(path, matrix, names)
    return VectorFile(face, path, matrix, names, texts, notes)


def read_files(paths: dict[Face, Path]) -> list[VectorFile]:
    """Several faces of one space. Raises `BadVectorFile`, also where their vectors differ in length."""
    files = [read_file(path, face) for face, path in paths.items()]
    lengths = {file.path.name: file.dimension for file in files}
    if len(set(lengths.values())) > 1:
        told = " and ".join(f"{name} vectors of {dimension} numbers" for name, dimension in lengths.items())
        raise BadVectorFile(f"{told}: both faces of a space have vectors of one length; import them as two spaces")
    return files


def checksum(*parts: Path | Sequence[str]) -> str:
    """The sha256 (hexadecimal) of files and lists of names, one after the other."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            with part.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        else:
            digest.update("".join(f"{name}\n" for name in part).encode())
    return digest.hexdigest()


def write_file(
    folder: Path, prefix: str, face: Face, names: Sequence[str], texts: Sequence[str] | None, rows: Iterator[np.ndarray]
) -> list[Path]:
    """Write the vectors of one face and their lists; ``rows`` are matrices (some, dimension) that follow each other.

    No file is there under its name before it is whole. The paths written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    matrix = folder / f"{prefix}_{EMBEDDINGS}_{SHORT[face]}.npy"
    with whole(matrix) as unfinished:
        start, mapped = 0, None
        for some in rows:
            if mapped is None:
                shape = (len(names), some.shape[1])
                mapped = np.lib.format.open_memmap(unfinished, mode="w+", dtype=np.float32, shape=shape)
            mapped[start : start + len(some)] = some
            start += len(some)
        if mapped is not None:
            mapped.flush()
            del mapped
    written = [matrix]
    for what, lines in ((NAMES, names), (TEXTS, texts)):
        path = folder / f"{prefix}_{what}_{SHORT[face]}.txt"
        if lines is None:
            path.unlink(missing_ok=True)  # texts of an earlier export would be read with these vectors
            continue
        with whole(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(" ".join(line.split("\n")).strip() + "\n" for line in lines)
        written.append(path)
    return written


def _mapped(path: Path) -> np.ndarray:
    try:
        matrix = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise
    except (ValueError, EOFError) as error:
        raise BadVectorFile(
            f"{path} is no matrix that numpy can read ({error}); write it by numpy.save, as numbers, not as objects"
        ) from error
    if not isinstance(matrix, np.ndarray):
        raise BadVectorFile(f"{path} is an archive of several arrays; save the matrix by itself with numpy.save")
    if matrix.ndim != 2:
        raise BadVectorFile(f"{path} has the shape {matrix.shape}; a row for each picture is needed: (rows, numbers)")
    if matrix.dtype.kind not in "fiu":
        raise BadVectorFile(f"{path} holds {matrix.dtype}; float32 is needed")
    if not len(matrix) or not 0 < matrix.shape[1] <= MOST_DIMENSIONS:
        raise BadVectorFile(
            f"{path} has the shape {matrix.shape}; Neo4j holds vectors of 1 to {MOST_DIMENSIONS:,} numbers, so longer "
            "ones need fewer dimensions first (a PCA, for example)"
        )
    return matrix


def _beside(path: Path, what: str, plain: str, needed: bool = True) -> Path | None:
    """The list that belongs to a matrix: by the thesis' names, else by ``plain``."""
    published = f"{path.stem.replace(EMBEDDINGS, what)}.txt"
    names = [published, plain] if EMBEDDINGS in path.stem else [plain]
    found = next((path.with_name(name) for name in names if path.with_name(name).is_file()), None)
    if found is None and needed:
        raise BadVectorFile(
            f"which picture is which row of {path}? Put the file names beside it, one a line, as {' or '.join(names)}"
        )
    return found


def _lines(path: Path | None) -> list[str]:
    assert path is not None
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadVectorFile(f"{path} is not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8") from error
    return text.removesuffix("\n").split("\n") if text else []


def _check_names(path: Path, names: list[str], rows: int) -> None:
    if len(names) != rows:
        raise BadVectorFile(f"{path} has {rows:,} rows, and {len(names):,} names are listed beside it: they must agree")
    if "" in names:
        raise BadVectorFile(f"line {names.index('') + 1} of the names beside {path} is empty; each row needs its name")
    doubled = [name for name, times in Counter(names).items() if times > 1]
    if doubled:
        raise BadVectorFile(
            f"{len(doubled)} names beside {path} stand there twice ({', '.join(doubled[:3])}): a picture has one "
            "vector; where several pictures have one name, put their folders before it"
        )


def _check_rows(path: Path, matrix: np.ndarray, names: list[str]) -> None:
    bad: list[int] = []
    for start in range(0, len(matrix), CHUNK):
        bad += (start + np.flatnonzero(~usable(_float32(matrix[start : start + CHUNK])))).tolist()
    if bad:
        shown = ", ".join(f"{names[row]} (row {row + 1})" for row in bad[:3])
        raise BadVectorFile(
            f"{len(bad):,} of {len(matrix):,} rows of {path} are zero or not finite, so they have no cosine: "
            f"{shown}{' ...' * (len(bad) > 3)}; leave them out, with their names"
        )


def _float32(matrix: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is told as such
        return np.asarray(matrix, np.float32)
