"""One connection to Neo4j: addresses, transactions, what the server can do, and errors that carry the cure."""

import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import neo4j
from neo4j.exceptions import (
    AuthError,
    ConfigurationError,
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)

from errors import CoingraphError
from graph.address import Address

if TYPE_CHECKING:
    from graphdatascience import GraphDataScience

Result = TypeVar("Result")


class NoServer(CoingraphError):
    """The server cannot be reached, or went away in the middle of the work."""


class WrongPassword(CoingraphError):
    """The server does not accept the user and password."""


class NoGds(CoingraphError):
    """The server has no Graph Data Science library, or one that does not fit."""


class ServerFailed(CoingraphError):
    """The server answered that something of its own broke: a full disk, a damaged store."""


@dataclass(frozen=True)
class Capabilities:
    """What a server can do, asked once a connection."""

    neo4j: str
    edition: str
    gds: str
    procedures: frozenset[str]

    @property
    def search_clause(self) -> bool:
        """Whether vector indexes are asked by Cypher 25's ``SEARCH`` (2026.01 and later)."""
        return self._at_least(2026, 1)

    @property
    def vector_values(self) -> bool:
        """Whether vectors travel packed (Bolt 6, 2025.10 and later): five times as fast as lists of numbers."""
        return self._at_least(2025, 10)

    @property
    def hdbscan(self) -> bool:
        return "gds.hdbscan.write" in self.procedures

    def _at_least(self, year: int, month: int) -> bool:
        # Versions look like 2026.01.4, 5.26.29 or 5.27-aura.
        major, minor = (int(part) for part in re.findall(r"\d+", f"{self.neo4j}.0")[:2])
        return (major, minor) >= (year, month)


SCHEME = re.compile(r"(bolt|neo4j)(\+s|\+ssc)?://", re.IGNORECASE)

# What a server answers beyond wrong queries: part of the code, the error of ours, what to say.
CURES: dict[str, tuple[type[CoingraphError], str]] = {
    "DatabaseNotFound": (NoServer, "{uri}: {message} Check NEO4J_DATABASE."),
    "CredentialsExpired": (WrongPassword, "{uri} wants user {user!r} to change the password before anything else."),
    "AuthenticationRateLimit": (WrongPassword, "{uri} was given wrong passwords too often; wait a minute."),
    "Security.Forbidden": (WrongPassword, "user {user!r} may not do this at {uri}: {message}"),
    "Neo.DatabaseError": (
        ServerFailed,
        "the server at {uri} failed: {message} Its log says more; a full disk is the usual cause.",
    ),
}


class Transaction:
    """Several queries of which all count, or none: see `Database.atomic`."""

    def __init__(self, tx: neo4j.Transaction | neo4j.ManagedTransaction):
        self._tx = tx

    def read(self, query: str, /, **parameters: Any) -> list[dict[str, Any]]:
        return self._tx.run(query, parameters).data()

    write = read

    def write_batches(self, query: str, rows: Iterable[Any], /, size: int = 10_000, **parameters: Any) -> int:
        """As `Database.write_batches`, all batches in this one transaction."""
        sent = 0
        for batch in batches(rows, size):
            self._tx.run(query, parameters, rows=batch).consume()
            sent += len(batch)
        return sent

    @contextmanager
    def atomic(self) -> Iterator["Transaction"]:
        """As `Database.atomic`: what is a part of a transaction counts with all of it."""
        yield self


class Database:
    """A connection to one database. Values travel as parameters, results come back as lists of dictionaries."""

    #: What is called before the first change; whether something was changed since somebody last set this to false.
    before_change: Callable[[], object] | None = None
    changed = False

    def __init__(self, address: Address):
        self.address = address
        if not SCHEME.match(address.uri):
            raise NoServer(
                f"{address.uri} is not an address of a Neo4j server: it begins with bolt:// or neo4j:// (with +s or "
                "+ssc for TLS), such as bolt://localhost:7687. Correct NEO4J_URI."
            )
        if not os.environ.get("COINGRAPH_DEBUG"):
            # The driver tells of each attempt before the last; the error after the last says it all.
            logging.getLogger("neo4j").setLevel(logging.CRITICAL)
        try:
            self.driver = neo4j.GraphDatabase.driver(
                address.uri,
                auth=(address.username, address.password),
                notifications_min_severity="OFF",
                max_transaction_retry_time=15,
                connection_timeout=15,
            )
        except (ConfigurationError, DriverError, ValueError) as error:
            raise NoServer(f"{address.uri} is not an address of a Neo4j server: {error}") from error
        with self.explained():
            self.driver.verify_connectivity()

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.driver.close()

    def read(self, query: str, /, **parameters: Any) -> list[dict[str, Any]]:
        """Run one query in a read transaction; a query that writes is refused by the server."""
        with self.explained(), self._session(neo4j.READ_ACCESS) as session:
            return session.execute_read(lambda tx: tx.run(query, parameters).data())

    def write(self, query: str, /, **parameters: Any) -> list[dict[str, Any]]:
        """Run one query in a write transaction."""
        with self.explained(), self._session(neo4j.WRITE_ACCESS) as session:
            return session.execute_write(lambda tx: tx.run(query, parameters).data())

    def write_batches(self, query: str, rows: Iterable[Any], /, size: int = 10_000, **parameters: Any) -> int:
        """Run ``query`` once a batch of ``rows`` (its parameter ``$rows``), each batch a transaction; the rows sent."""
        sent = 0
        with self.explained(), self._session(neo4j.WRITE_ACCESS) as session:
            for batch in batches(rows, size):
                session.execute_write(_run_batch, query, parameters, batch)
                sent += len(batch)
        return sent

    @contextmanager
    def atomic(self) -> Iterator[Transaction]:
        """Several queries in one transaction, which the server holds in memory until the block ends.

        An error in the block takes all of it back.
        """
        with self.explained(), self._session(neo4j.WRITE_ACCESS) as session, session.begin_transaction() as tx:
            yield Transaction(tx)
            tx.commit()

    def transact(self, work: Callable[[Transaction], Result]) -> Result:
        """What ``work`` returns, done in one transaction, which is tried again where another one stood in its way.

        What ``work`` writes must be the same whenever it is done.
        """
        with self.explained(), self._session(neo4j.WRITE_ACCESS) as session:
            return session.execute_write(lambda tx: work(Transaction(tx)))

    def stream(self, query: str, /, **parameters: Any) -> Iterator[neo4j.Record]:
        """Records one by one as they arrive, for results too large for a list."""
        with self.explained(), self._session(neo4j.READ_ACCESS) as session, session.begin_transaction() as tx:
            yield from tx.run(query, parameters)

    def run_alone(self, query: str, /, **parameters: Any) -> list[dict[str, Any]]:
        """Run a query that manages its own transactions or the schema (``CREATE INDEX``, ``IN TRANSACTIONS``)."""
        with self.explained(), self._session(neo4j.WRITE_ACCESS) as session:
            return session.run(query, parameters).data()

    @cached_property
    def version(self) -> tuple[str, str]:
        """The version and the edition of Neo4j."""
        row = self.read("CALL dbms.components() YIELD versions, edition RETURN versions[0] AS version, edition")[0]
        return row["version"], row["edition"]

    @cached_property
    def capabilities(self) -> Capabilities:
        """Raises `NoGds` where the Graph Data Science library is missing or does not fit the server."""
        version, edition = self.version
        names = frozenset(row["name"] for row in self.read("SHOW PROCEDURES YIELD name RETURN name"))
        if "gds.leiden.write" not in names:
            found = "does not fit this server" if any(n.startswith("gds.") for n in names) else "is not installed"
            raise NoGds(
                f"The Graph Data Science library {found} ({self.address.uri}, Neo4j {version}). Install the GDS "
                "version for this Neo4j as a plugin, or leave NEO4J_URI unset to use the embedded server."
            )
        gds = self.read("RETURN gds.version() AS v")[0]["v"]
        return Capabilities(version, edition, gds, names)

    @cached_property
    def gds(self) -> "GraphDataScience":
        """The Graph Data Science client on this connection's driver."""
        from graphdatascience import GraphDataScience
        from graphdatascience.error.unable_to_connect import UnableToConnectError
        from graphdatascience.query_runner.neo4j_query_runner import Neo4jQueryRunner

        class Runner(Neo4jQueryRunner):
            """Gives up on a server that is gone at once, where the client's own would try for ten minutes."""

            def _verify_connectivity(self, database: str | None, retry_config: object) -> None:
                self._driver.verify_connectivity()

        _ = self.capabilities
        with self.explained():
            try:
                return GraphDataScience(
                    Runner(self.driver, "bolt", database=self.address.database, show_progress=False),
                    arrow=False,
                    show_progress=False,
                )
            except UnableToConnectError as error:
                raise error.args[0] from error  # the driver's own error, which `explained` knows

    def _session(self, access: str) -> neo4j.Session:
        if access == neo4j.WRITE_ACCESS and not self.changed:
            self.changed = True
            if self.before_change:
                self.before_change()
        return self.driver.session(database=self.address.database, default_access_mode=access)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn the driver's errors into ones that carry the cure; for calls that use ``gds`` or ``driver`` directly."""
        try:
            yield
        except AuthError as error:
            raise WrongPassword(
                f"{self.address.uri} does not accept user {self.address.username!r} with this password. "
                + _password_cure(self.address)
            ) from error
        except (ServiceUnavailable, SessionExpired) as error:
            embedded = Address.from_environment() is None
            raise NoServer(f"no Neo4j server answers at {self.address.uri}", embedded=embedded) from error
        except TransientError as error:
            raise CoingraphError(_short_of(error)) from error
        except Neo4jError as error:
            cure = next((cure for code, cure in CURES.items() if code in (error.code or "")), None)
            if cure:
                said = _sentence(error)
                raise cure[0](cure[1].format(uri=self.address.uri, user=self.address.username, message=said)) from error
            raise


def _run_batch(tx: neo4j.ManagedTransaction, query: str, parameters: dict[str, Any], batch: list[Any]) -> None:
    tx.run(query, parameters, rows=batch).consume()


def batches(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Lists of at most ``size`` items."""
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch


def _sentence(error: Neo4jError) -> str:
    """The server's own words, which end with a full stop here even where they do not there."""
    return f"{(error.message or str(error)).rstrip(' .')}."


def _password_cure(address: Address) -> str:
    if address.password_file is None:
        return "Check NEO4J_USERNAME and NEO4J_PASSWORD."
    return f"The embedded server's should be the one in {address.password_file}; was it changed?"


def _short_of(error: TransientError) -> str:
    if "Memory" in (error.code or ""):
        return f"the server has too little memory: {_sentence(error)} COINGRAPH_HEAP=8g gives the embedded one more."
    return f"the server is short of something: {_sentence(error)} Run the command again."
