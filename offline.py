"""The part of the door that needs no server: it is loaded at once, and answers while the server sleeps.

`coingraph` has the same names; commands take them from here where they must not load what the steps need.
"""

from collections.abc import Sequence
from pathlib import Path

from graph import glance
from graph.address import Address, in_home
from graph.glance import Due, Glance, SpaceStatus
from graph.scope import scope_among
from graph.server import process
from graph.server.home import Home, Server
from pipeline import doctor
from pipeline.doctor import Check, has_screen
from pipeline.status import Status, server_status
from queries.header import BadParameter, Query
from queries.stored import catalogue as queries
from queries.stored import read_own as own_query
from queries.stored import stored as stored_query

__all__ = [
    "BadParameter",
    "Check",
    "Due",
    "Glance",
    "Query",
    "SpaceStatus",
    "Status",
    "check_names",
    "down",
    "examine",
    "has_screen",
    "home_folder",
    "kept_glance",
    "own_query",
    "password_file",
    "queries",
    "running",
    "status",
    "stored_query",
    "up",
    "used",
]


def up(home: Path | str | None = None) -> Address:
    """Start the embedded server of a home folder, unless it is up; where it is, and the password."""
    with in_home(Path(home) if home is not None else None):
        return process.up(Home.from_environment())


def running(home: Path | str | None = None) -> Server | None:
    """The embedded server of a home folder; None where it is not up."""
    with in_home(Path(home) if home is not None else None):
        return process.running(Home.from_environment())


def down(home: Path | str | None = None) -> bool:
    """Stop the embedded server of a home folder; False where it was not up."""
    with in_home(Path(home) if home is not None else None):
        return process.down(Home.from_environment())


def password_file(home: Path | str | None = None) -> Path:
    """Where the password of the embedded server of a home folder lies, once it was started."""
    with in_home(Path(home) if home is not None else None):
        return Home.from_environment().password_file


def home_folder(home: Path | str | None = None) -> Path:
    """The folder of a home: what is kept beside the graph lies in it."""
    with in_home(Path(home) if home is not None else None):
        folder = Home.from_environment().path
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def kept_glance(home: Path | str | None = None) -> Glance | None:
    """What the graph of a home folder held when it was last written down; None where nobody has."""
    with in_home(Path(home) if home is not None else None):
        found = glance.kept()
        return found.glance if found else None


def used(home: Path | str | None = None) -> bool:
    """Whether there is a database: the embedded server of a home folder was started once, or `NEO4J_URI` names one."""
    with in_home(Path(home) if home is not None else None):
        return Address.from_environment() is not None or Home.from_environment().folder.exists()


def check_names(space: str | None = None, collections: Sequence[str] = (), model: str | None = None) -> None:
    """Refuse the name of a space, of collections, or of a model or a space, that nothing has.

    That is told while the embedded server sleeps, since then its file tells the truth; else the server will tell.
    Raises `graph.glance.UnknownSpace`, `graph.scope.NoCollection`, `embed.registry.UnknownModel`.
    """
    if Address.from_environment() or running():
        return
    found = glance.kept() if used() else glance.Kept(Glance(), certain=True)
    if found is None or not found.certain:
        return
    spaces = {name for one in found.glance.spaces for name in (one.space, one.slug)}
    if model is not None and model not in spaces:
        from embed.registry import check_name

        check_name(model)
    if found.glance.collections:
        scope_among([one.collection for one in found.glance.collections], collections)
        if space is not None and space not in spaces and not space.startswith("file:"):
            raise glance.no_space(space, [one.space for one in found.glance.spaces])


def examine(home: Path | str | None = None) -> list[Check]:
    """Whether this machine has what is needed for the database of a home folder. Nothing is started."""
    with in_home(Path(home) if home is not None else None):
        return doctor.examine(Home.from_environment())


def status(home: Path | str | None = None) -> Status:
    """What the server and the graph hold. No server is started."""
    with in_home(Path(home) if home is not None else None):
        return server_status(Home.from_environment())
