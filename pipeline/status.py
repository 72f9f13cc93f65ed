"""What a server is and what it holds, asked without starting one."""

from dataclasses import dataclass, field
from datetime import datetime

import psutil

from graph.address import Address
from graph.connection import Database, NoGds
from graph.migrations import schema_of
from graph.overview import node_counts, relationship_counts
from graph.pending import unfinished
from graph.server.home import Home
from graph.server.process import answers, running
from graph.sides import Outlines, count_outlines
from graph.spaces import default_space, list_spaces
from queries.browser import browser_page


@dataclass(frozen=True)
class SpaceStatus:
    """A space's coverage: how many of all ``sides`` have its vector."""

    space: str
    slug: str
    embedded: int
    sides: int


@dataclass(frozen=True)
class Embedded:
    """The embedded server's process and files; ``memory`` in MB."""

    home: str
    password_file: str
    pid: int
    since: str
    memory: int
    log: str


@dataclass(frozen=True)
class Status:
    """``gds`` is empty where the library is missing, ``schema`` None where the graph is empty.

    ``embedded`` is None for a server of `NEO4J_URI`; ``default_space`` is a slug; ``outlines`` are those that coins are
    cut out of their photographs by, ``unfinished`` what stopped commands left to the next.
    """

    running: bool
    uri: str = ""
    username: str = ""
    browser: str = ""
    neo4j: str = ""
    edition: str = ""
    gds: str = ""
    embedded: Embedded | None = None
    nodes: dict[str, int] = field(default_factory=dict)
    relationships: dict[str, int] = field(default_factory=dict)
    spaces: list[SpaceStatus] = field(default_factory=list)
    schema: int | None = None
    default_space: str | None = None
    outlines: Outlines = field(default_factory=Outlines)
    unfinished: list[str] = field(default_factory=list)


def server_status(home: Home) -> Status:
    """The server of `NEO4J_URI`, else the embedded one of ``home``. Raises `NoServer`, `WrongPassword`."""
    address = Address.from_environment()
    if address:
        return _ask(address, None)
    server = running(home)
    if server is None or not answers(server):
        return Status(running=False)
    process = psutil.Process(server.pid)
    embedded = Embedded(
        home=str(home.path),
        password_file=str(home.password_file),
        pid=server.pid,
        since=datetime.fromtimestamp(process.create_time()).astimezone().isoformat(timespec="seconds"),
        memory=process.memory_info().rss // 1_000_000,
        log=str(home.console_log),
    )
    return _ask(home.address(server), embedded)


def _ask(address: Address, embedded: Embedded | None) -> Status:
    with Database(address) as db:
        neo4j, edition = db.version
        try:
            gds = db.capabilities.gds
        except NoGds:
            gds = ""
        return Status(
            running=True,
            uri=address.uri,
            username=address.username,
            browser=browser_page(db),
            neo4j=neo4j,
            edition=edition,
            gds=gds,
            embedded=embedded,
            nodes=node_counts(db),
            relationships=relationship_counts(db),
            spaces=[SpaceStatus(c.space.name, c.space.slug, c.embedded, c.sides) for c in list_spaces(db)],
            schema=schema_of(db),
            default_space=default_space(db),
            outlines=count_outlines(db),
            unfinished=unfinished(db),
        )
