"""The Neo4j server and all that is written to it: coins, vectors, edges, communities, centralities."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.connection import Database


def connect() -> "Database":
    """The server of `NEO4J_URI`, else the embedded one of this home, started if it is not running."""
    from graph.connection import Address, Database
    from graph.pending import finish_interrupted
    from graph.server.home import Home
    from graph.server.process import up

    db = Database(Address.from_environment() or up(Home.from_environment()))
    finish_interrupted(db)
    return db
