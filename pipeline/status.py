"""What a server is and what its graph holds, told without starting one: by the file that each change writes."""

from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psutil

from errors import CoingraphError
from graph import glance
from graph.address import Address
from graph.glance import Glance, SpaceStatus
from graph.server.home import Home, Server
from graph.server.process import answers, running

if TYPE_CHECKING:
    from graph.connection import Database


@dataclass(frozen=True)
class Embedded:
    """The embedded server's files and process; ``memory`` in MB. Without a process ``pid`` is 0."""

    home: str
    password_file: str
    pid: int = 0
    since: str = ""
    memory: int = 0
    log: str = ""


@dataclass(frozen=True)
class Status:
    """Whether a server runs, where, and what its graph holds: None where nobody has written anything down yet.

    ``certain`` is false where a command that changed something has not come to its end. ``embedded`` is None for a
    server of `NEO4J_URI`.
    """

    running: bool
    uri: str = ""
    username: str = ""
    browser: str = ""
    embedded: Embedded | None = None
    holds: Glance | None = None
    certain: bool = True

    def as_dict(self) -> dict[str, Any]:
        """All of it but the names that are kept for completion, in one level."""
        found = asdict(self)
        held = found.pop("holds") or asdict(Glance())
        return found | {key: value for key, value in held.items() if key not in ("coins", "types", "partitions")}


def server_status(home: Home) -> Status:
    """The server of `NEO4J_URI`, which is asked, else the embedded one of ``home``, which is asked only where it runs
    and the file does not know. Raises `NoServer`, `WrongPassword`."""
    address = Address.from_environment()
    if address:
        return _ask(address, None)
    server = running(home)
    if server is None or not answers(server):
        kept = glance.kept()
        files = Embedded(str(home.path), str(home.password_file)) if home.folder.exists() else None
        files = _embedded(home, server) if server else files
        return Status(False, embedded=files, holds=kept.glance if kept else None, certain=not kept or kept.certain)
    kept = glance.kept()
    if kept is None or not kept.certain:
        return _ask(home.address(server), _embedded(home, server))
    return Status(True, home.address(server).uri, "neo4j", server.browser, _embedded(home, server), kept.glance)


def _embedded(home: Home, server: Server) -> Embedded:
    process = psutil.Process(server.pid)
    return Embedded(
        home=str(home.path),
        password_file=str(home.password_file),
        pid=server.pid,
        since=datetime.fromtimestamp(process.create_time()).astimezone().isoformat(timespec="seconds"),
        memory=process.memory_info().rss // 1_000_000,
        log=str(home.console_log),
    )


def _ask(address: Address, embedded: Embedded | None) -> Status:
    from graph.connection import Database
    from queries.browser import browser_page

    with Database(address) as db:
        return Status(True, address.uri, address.username, browser_page(db), embedded, read_glance(db))


def keep_glance(db: "Database") -> None:
    """Write down what the graph holds now. Where that fails the mark of the change stays (`graph.glance`)."""
    with suppress(CoingraphError, OSError):
        glance.keep(read_glance(db))


def read_glance(db: "Database") -> Glance:
    """What the graph holds now."""
    from graph import overview
    from graph.communities import list_partitions
    from graph.connection import NoGds
    from graph.deciding import known_types
    from graph.migrations import schema_of
    from graph.pending import unfinished
    from graph.sides import count_outlines
    from graph.spaces import default_space, list_spaces
    from pipeline.due import read_due

    neo4j, edition = db.version
    try:
        gds = db.capabilities.gds
    except NoGds:
        gds = ""
    nodes, relationships = overview.graph_counts(db)
    made, outlines = overview.made_of_spaces(db), count_outlines(db)
    return Glance(
        neo4j=neo4j,
        edition=edition,
        gds=gds,
        nodes=nodes,
        relationships=relationships,
        collections=overview.collection_counts(db),
        spaces=[
            SpaceStatus(one.space.name, one.space.slug, one.embedded, one.sides, **made[one.space.slug])
            for one in list_spaces(db)
        ],
        schema=schema_of(db),
        default_space=default_space(db),
        outlines=outlines.found,
        sure_outlines=outlines.sure,
        **overview.verdict_counts(db),
        unfinished=unfinished(db),
        due=read_due(db),
        coins=overview.first_coins(db, glance.NAMED),
        types=known_types(db),
        partitions=[row["id"] for row in list_partitions(db)],
    )
