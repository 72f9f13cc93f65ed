"""Photographs after their ingest: read again, and what was found on them kept in files of the home folder.

A file bears the photograph's checksum and that of the coin's outline where this is known, in a folder for the version
of what was looked for: the same picture in two collections is one file, and a changed one is another.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar
from zipfile import BadZipFile

import numpy as np
from PIL import Image

from errors import counting, say, tracked
from ingest.images import BadImage, one_picture, open_coin
from ingest.records import Photograph, Skipped

MEMORY = 1 << 30  # bytes of what is held unpacked; the rest is read again from its file
#: Two photographs of a pair, the one of the smaller id first.
PhotographPair = tuple[Photograph, Photograph]
#: One photograph and all those it is to be compared with.
Job = tuple[Photograph, list[Photograph]]


def open_photograph(photograph: Photograph, at_least: int | None = None) -> Image.Image:
    """The picture as `open_coin` gives it, if it is still the one that was ingested. Raises `BadImage`.

    The file is opened once: what was checked is what is decoded.
    """
    try:
        with photograph.path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != photograph.sha256:
                raise BadImage("changed since ingest")
            file.seek(0)
            return open_coin(file, at_least)
    except OSError as error:
        raise BadImage(error.strerror or str(error)) from error


class Kept(Protocol):
    """Something found on a photograph."""

    @property
    def bytes(self) -> int: ...

    def packed(self) -> dict[str, np.ndarray]: ...


Found = TypeVar("Found", bound=Kept)


class PhotographCache(Generic[Found]):
    """What ``find`` finds on photographs, given the picture and the coin's outline in it where this is known.

    Several threads may use it at once.
    """

    def __init__(
        self,
        folder: Path,
        find: Callable[..., Found],
        unpacked: Callable[[dict[str, np.ndarray]], Found],
        memory: int = MEMORY,
    ):
        self.folder, self.find, self.unpacked, self.memory = folder, find, unpacked, memory
        self._held: OrderedDict[str, Found] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def file(self, photograph: Photograph) -> Path:
        return self.folder / photograph.sha256[:2] / f"{_name(photograph)}.npz"

    def make(self, photograph: Photograph) -> None:
        """Find what there is on a photograph, and keep it. Raises `BadImage`."""
        picture = open_photograph(photograph)
        with one_picture():
            found = self.find(picture, photograph.outline_at(picture.size))
        file = self.file(photograph)
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.name}.{threading.get_ident()}.part")
        with part.open("wb") as unfinished:
            np.savez(unfinished, **found.packed())  # type: ignore[arg-type]
        part.replace(file)

    def get(self, photograph: Photograph) -> Found:
        """What was found on a photograph, found again where its file is gone or damaged. Raises `BadImage`."""
        name = _name(photograph)
        with self._lock:
            if name in self._held:
                self._held.move_to_end(name)
                return self._held[name]
        try:
            found = self._read(photograph)
        except (OSError, BadZipFile, KeyError, ValueError):
            self.make(photograph)
            found = self._read(photograph)
        with self._lock:
            if name not in self._held:
                self._held[name] = found
                self._size += found.bytes
            while self._size > self.memory and len(self._held) > 2:
                self._size -= self._held.popitem(last=False)[1].bytes
        return found

    def _read(self, photograph: Photograph) -> Found:
        with np.load(self.file(photograph)) as arrays:
            return self.unpacked(dict(arrays))


def _name(photograph: Photograph) -> str:
    if photograph.outline is None:
        return photograph.sha256
    return f"{photograph.sha256}-{hashlib.sha256(repr(photograph.outline.to_list()).encode()).hexdigest()[:8]}"


def fill(
    cache: PhotographCache, photographs: Sequence[Photograph], pool: ThreadPoolExecutor, what: str
) -> tuple[set[str], list[Skipped]]:
    """Find what is not in the cache yet: the ids of the photographs that can be used, and those that cannot."""

    def make(photograph: Photograph) -> Skipped | None:
        try:
            cache.make(photograph)
        except BadImage as error:
            return Skipped(str(photograph.path), str(error))
        return None

    usable = {photograph.id for photograph in photographs}
    waiting = [photograph for photograph in photographs if not cache.file(photograph).exists()]
    skipped = []
    made = zip(waiting, pool.map(make, waiting), strict=True)
    for photograph, problem in tracked(made, what, "side", len(waiting)):
        if problem:
            say(f"skipped {problem}")
            skipped.append(problem)
            usable.discard(photograph.id)
    return usable, skipped


def compare_pairs(
    pairs: Sequence[PhotographPair],
    compare: Callable[[Job], list[Any]],
    write: Callable[[list[Any]], Any],
    pool: ThreadPoolExecutor,
    what: str,
    chunk: int,
) -> int:
    """Give each first photograph with its partners to ``compare``, and what that says of each pair to ``write``.

    Pairs come by their first; some ``chunk`` of them are written together, by one thread, while others are compared:
    what a kill can cost. Gives the number of pairs.
    """
    jobs = [(group[0][0], [two for _, two in group]) for group in _by_first(pairs)]
    stored: Future[Any] | None = None
    waiting = 0
    with ThreadPoolExecutor(1) as storing, counting(what, "pair", len(pairs)) as advance:
        for some in _chunks(jobs, chunk):
            seen = [row for rows in pool.map(compare, some) for row in rows]
            if stored:
                stored.result()
            advance.keep(waiting)
            stored, waiting = storing.submit(write, seen), len(seen)
            advance(len(seen))
        if stored:
            stored.result()
    return len(pairs)


def _by_first(pairs: Sequence[PhotographPair]) -> Iterator[list[PhotographPair]]:
    ordered = sorted(pairs, key=lambda pair: (pair[0].id, pair[1].id))
    return (list(group) for _, group in groupby(ordered, key=lambda pair: pair[0].id))


def _chunks(jobs: list[Job], size: int) -> Iterator[list[Job]]:
    chunk: list[Job] = []
    pairs = 0
    for job in jobs:
        chunk.append(job)
        pairs += len(job[1])
        if pairs >= size:
            yield chunk
            chunk, pairs = [], 0
    if chunk:
        yield chunk
