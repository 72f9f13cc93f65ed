"""Which server is meant: that of the environment, or the embedded one of a home folder. No driver is loaded for it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

#: The home that a program chose, which counts more than the environment; see `in_home`.
_chosen_home: ContextVar[Path | None] = ContextVar("home", default=None)


@contextmanager
def in_home(home: Path | None) -> Iterator[None]:
    """Inside the block, ``home`` is the home folder, and its embedded server the server; None changes nothing."""
    token = _chosen_home.set(home.expanduser().resolve() if home else _chosen_home.get())
    try:
        yield
    finally:
        _chosen_home.reset(token)


def chosen_home() -> Path | None:
    """The home of the block that `in_home` begins; None outside."""
    return _chosen_home.get()


@dataclass(frozen=True)
class Address:
    """Where a server is and who asks.

    ``database`` is None for the user's default database; ``password_file`` is where the password was read, if anywhere.
    """

    uri: str
    username: str
    password: str
    database: str | None = None
    password_file: Path | None = None

    @classmethod
    def from_environment(cls) -> "Address | None":
        """`NEO4J_URI`, `NEO4J_USERNAME`, `NEO4J_PASSWORD`, `NEO4J_DATABASE`; None without a URI, or `in_home`."""
        uri = os.environ.get("NEO4J_URI")
        if not uri or chosen_home():
            return None
        return cls(
            uri,
            os.environ.get("NEO4J_USERNAME", "neo4j"),
            os.environ.get("NEO4J_PASSWORD", ""),
            os.environ.get("NEO4J_DATABASE") or None,
        )
