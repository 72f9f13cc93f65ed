"""The Neo4j server and all that is written to it: coins, vectors, edges, communities, centralities."""

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from errors import say

if TYPE_CHECKING:
    from graph.connection import Database


def connect() -> "Database":
    """The server of `NEO4J_URI`, else the embedded one of this home, started if it is not running.

    A graph that an earlier version of coingraph wrote is migrated. Raises `NewerGraph`, `OlderGraph`.
    """
    from graph.address import Address
    from graph.connection import Database
    from graph.migrations import bring_up_to_date
    from graph.pending import finish_interrupted
    from graph.server.home import Home
    from graph.server.process import up

    db = Database(Address.from_environment() or up(Home.from_environment()))
    if bring_up_to_date(db):
        say("migrated the graph, which an earlier version of coingraph had written")
    if finish_interrupted(db):
        say("finished what a stopped command had begun")
    return db


def connect_if_running() -> "Database | None":
    """As `connect`, where a server answers already; nothing is started, finished or waited for."""
    from errors import CoingraphError
    from graph.address import Address
    from graph.connection import Database
    from graph.server.home import Home
    from graph.server.process import running

    address = Address.from_environment()
    if address is None:
        home = Home.from_environment()
        server = running(home)
        address = home.address(server) if server else None
    if address is None or not _answers(address.uri):
        return None
    try:
        return Database(address)
    except CoingraphError:
        return None


def _answers(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        with socket.create_connection((parts.hostname or "", parts.port or 7687), timeout=2):
            return True
    except (OSError, ValueError):
        return False
