"""What a server is and what it holds, asked without starting one."""

import contextlib
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import psutil
from neo4j.exceptions import Neo4jError

from errors import CoingraphError
from graph.connection import Address, Database, NoGds
from graph.migrations import schema_of
from graph.outlines import Outlines, count_outlines
from graph.pending import unfinished
from graph.server.home import Home
from graph.server.process import answers, running
from graph.spaces import default_space, list_spaces


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

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


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


def browser_page(db: Database) -> str:
    """Where Neo4j Browser of this server is, by the server's own word: its host, and the port it advertises."""
    parts = urlsplit(db.address.uri)
    scheme, port = ("https", 7473) if "+s" in parts.scheme else ("http", 7474)
    with contextlib.suppress(Neo4jError, CoingraphError):  # not every server shows its settings to every user
        setting = db.read(f"SHOW SETTINGS 'server.{scheme}.advertised_address' YIELD value RETURN value")
        port = int(setting[0]["value"].rpartition(":")[2]) if setting else port
    return f"{scheme}://{parts.hostname}:{port}/browser/"


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
            nodes=_counts(db, "CALL db.labels() YIELD label AS name", "MATCH (n:{}) RETURN count(n) AS number"),
            relationships=_counts(
                db,
                "CALL db.relationshipTypes() YIELD relationshipType AS name",
                "MATCH ()-[r:{}]->() RETURN count(r) AS number",
            ),
            spaces=[SpaceStatus(c.space.name, c.space.slug, c.embedded, c.sides) for c in list_spaces(db)],
            schema=schema_of(db),
            default_space=default_space(db),
            outlines=count_outlines(db),
            unfinished=unfinished(db),
        )


def _counts(db: Database, names: str, count: str) -> dict[str, int]:
    """Nodes per label or relationships per type, from the server's count store: one quick question each."""
    counts = {}
    for row in db.read(f"{names} RETURN name ORDER BY name"):
        quoted = "`" + row["name"].replace("`", "``") + "`"
        counts[row["name"]] = db.read(count.format(quoted))[0]["number"]
    return {name: number for name, number in counts.items() if number}
