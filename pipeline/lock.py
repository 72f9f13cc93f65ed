"""One writing step at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from errors import CoingraphError


class Busy(CoingraphError):
    """Another process is at work on the same database."""


_holding = False


@contextmanager
def exclusive() -> Iterator[None]:
    """One writing step at a time for a database: a lock the system itself releases, even after `kill -9`.

    The lock is a file of the user's own machine, named after the server, so it does not keep apart two machines that
    write to one remote server. A step inside a step (`run`) holds the lock already.
    """
    global _holding
    if _holding:
        yield
        return
    from graph.connection import Address
    from graph.server import Home

    home = Home.from_environment().path
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    remote = Address.from_environment()
    name = "work" if remote is None else "work-" + "".join(c if c.isalnum() else "_" for c in remote.uri)
    with Path(home, f"{name}.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Busy(
                f"process {file.read().strip() or '?'} is at work on this database; wait for it to end"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        _holding = True
        try:
            yield
        finally:
            _holding = False
