"""What was found on a photograph, kept in files of the home folder, so that no photograph is looked at twice.

A file bears the photograph's checksum and the version of what was looked for: the same picture in two collections is
one file, and a changed one is another.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Generic, Protocol, TypeVar
from zipfile import BadZipFile

import numpy as np

from embed.loader import open_photograph
from ingest.images import one_picture
from ingest.records import Photograph

MEMORY = 384 << 20  # bytes of what is held unpacked; the rest is read again from its file


class Kept(Protocol):
    """Something found on a photograph."""

    @property
    def bytes(self) -> int: ...

    def packed(self) -> dict[str, np.ndarray]: ...


Found = TypeVar("Found", bound=Kept)


class Finds(Generic[Found]):
    """What ``find`` finds on photographs, by their checksums; to be asked by several threads at once."""

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

    def file(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / f"{sha256}.npz"

    def has(self, sha256: str) -> bool:
        return self.file(sha256).exists()

    def make(self, photograph: Photograph) -> None:
        """Look at a photograph and keep what was found. Raises `BadImage`."""
        picture = open_photograph(photograph)
        with one_picture():
            found = self.find(picture)
        file = self.file(photograph.sha256)
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.name}.{threading.get_ident()}.part")
        with part.open("wb") as unfinished:
            np.savez(unfinished, **found.packed())  # type: ignore[arg-type]
        part.replace(file)

    def get(self, photograph: Photograph) -> Found:
        """What was found on a photograph, looked at anew where its file is gone or damaged. Raises `BadImage`."""
        with self._lock:
            if photograph.sha256 in self._held:
                self._held.move_to_end(photograph.sha256)
                return self._held[photograph.sha256]
        try:
            found = self._read(photograph.sha256)
        except (OSError, BadZipFile, KeyError, ValueError):
            self.make(photograph)
            found = self._read(photograph.sha256)
        with self._lock:
            if photograph.sha256 not in self._held:
                self._held[photograph.sha256] = found
                self._size += found.bytes
            while self._size > self.memory and len(self._held) > 2:
                self._size -= self._held.popitem(last=False)[1].bytes
        return found

    def _read(self, sha256: str) -> Found:
        with np.load(self.file(sha256)) as arrays:
            return self.unpacked(dict(arrays))
