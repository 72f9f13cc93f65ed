"""One writing step at a time, between threads and between processes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from errors import CoingraphError

#: One lock for each file: with it a step inside a step of the same thread goes on, and any other is refused.
_LOCKS: dict[Path, FileLock] = {}


class Busy(CoingraphError):
    """Another process, or another thread of this one, is at work on the same database."""


@contextmanager
def exclusive(wait: float = 0) -> Iterator[None]:
    """Hold the lock of a database, which the system itself releases, even after `kill -9`. Raises `Busy` where another
    holds it for longer than ``wait`` seconds.

    The lock is a file of the user's own machine, named after the server, so it does not keep apart two machines that
    write to one remote server. A step inside a step (`run`) holds the lock already.
    """
    path = _path()
    lock = _LOCKS.setdefault(path, FileLock(path, timeout=0))
    holder = path.with_suffix(".holder")
    try:
        lock.acquire(timeout=wait)
    except Timeout:
        who = holder.read_text(encoding="utf-8").strip() if holder.exists() else ""
        raise Busy(f"process {who or '?'} is at work on this database; wait for it to end") from None
    try:
        holder.write_text(str(os.getpid()), encoding="utf-8")
        yield
    finally:
        lock.release()


def _path() -> Path:
    from graph.address import Address
    from graph.server.home import Home

    home = Home.from_environment().path
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    remote = Address.from_environment()
    name = "work" if remote is None else "work-" + "".join(c if c.isalnum() else "_" for c in remote.uri)
    return home / f"{name}.lock"
