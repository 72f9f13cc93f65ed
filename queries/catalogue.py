"""The stored questions asked: completed with what the graph knows, in read transactions.

The last column of every stored question is ``graph``, a list of the nodes and relationships that Neo4j Browser draws.
The command line asks the question as a subquery that leaves this column out, so that no vector travels. Columns that
begin with ``among_`` say how many coins were asked; ``expected`` is what chance would give.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from neo4j.exceptions import ClientError, Neo4jError, TransientError
from neo4j.graph import Node, Relationship
from neo4j.graph import Path as GraphPath

from errors import CoingraphError
from graph.connection import Database
from graph.scope import of_collections
from queries import header, lookup
from queries.chance import STANDS_OUT, standing
from queries.header import BadParameter, Query, guess, parse
from queries.stored import BadQuery, stored

if TYPE_CHECKING:
    from pandas import DataFrame

GRAPH = "graph"
#: Procedures that only read the graph.
PROCEDURES = ("gds.", "db.labels", "db.relationshipTypes", "db.propertyKeys", "db.schema.", "db.index.")
#: Parts of a plan that read files and addresses, or speak of the server and to it.
BEYOND = ("LoadCSV", "Terminate", "AdministrationCommand", "ShowSetting", "ShowTransaction", "ShowProcedure")
COUNTED = 1000  #: rows at most, where it is counted how many the limit cut

ANY = "RETURN EXISTS {{ ()-[:{relationship}]->() }} AS any"
COINS = f"""
MATCH (c:Coin) WHERE EXISTS {{ (c)-[:HAS_SIDE]->(s) WHERE s[$source] IS NOT NULL }} AND {of_collections("c")}
RETURN count(c) AS coins
"""


class TooSlow(CoingraphError):
    """A question that takes longer than it may."""


class NotMadeYet(CoingraphError):
    """A question about what no command has made yet."""


class WritingQuery(CoingraphError):
    """A question that would change the graph."""


@dataclass(frozen=True)
class Result:
    """Rows of one shape, without the nodes and relationships; ``values`` are the parameters as they were sent.

    ``coins`` is how many coins the space has that was asked; None where that is not known. ``total`` is how many rows
    there are without the limit, at most `COUNTED`, and None where it cut nothing. ``false_alarms`` is how many of all
    of these, or of those that stand out, are expected to be false alarms; None where nothing says so. Where a question
    knows what chance would give, its rows say whether they stand out (`STANDS_OUT`).
    """

    query: Query
    values: dict[str, Any]
    rows: list[dict[str, Any]]
    coins: int | None = None
    total: int | None = None
    false_alarms: float | None = None
    read_graph: Callable[[], list[Any]] = field(default=list, repr=False, compare=False)

    def pandas(self) -> "DataFrame":
        """The rows as a pandas table."""
        from pandas import DataFrame

        return DataFrame(self.rows)

    @property
    def nodes(self) -> list[dict[str, Any]]:
        """The nodes that the query draws: ``id`` (the server's), ``labels``, ``properties`` without vectors."""
        return [
            {"id": node.element_id, "labels": sorted(node.labels), "properties": _without_vectors(node)}
            for node in self._drawn
            if isinstance(node, Node)
        ]

    @property
    def edges(self) -> list[dict[str, Any]]:
        """The relationships that the query draws: ``start`` and ``end`` (ids of `nodes`), ``type``, ``properties``."""
        return [
            {
                "start": edge.start_node.element_id,
                "end": edge.end_node.element_id,
                "type": edge.type,
                "properties": _without_vectors(edge),
            }
            for edge in self._drawn
            if isinstance(edge, Relationship) and edge.start_node and edge.end_node
        ]

    @property
    def notable(self) -> list[dict[str, Any]]:
        """The rows that stand out from what chance would give; all where nothing says what it would."""
        return [row for row in self.rows if row.get(STANDS_OUT, True)]

    @property
    def more(self) -> bool:
        """Whether there are more rows than were counted."""
        return self.total is not None and self.total >= COUNTED

    @cached_property
    def _drawn(self) -> list[Node | Relationship]:
        """Each node and relationship once, read from the server when it is first asked for."""
        parts: dict[str, Node | Relationship] = {}
        waiting = self.read_graph()
        while waiting:
            part = waiting.pop()
            if isinstance(part, list):
                waiting += part
            elif isinstance(part, GraphPath):
                waiting += [*part.nodes, *part.relationships]
            elif isinstance(part, Node | Relationship):
                parts.setdefault(part.element_id, part)
        return list(parts.values())


def complete(db: Database, query: Query, values: dict[str, Any]) -> dict[str, Any]:
    """Every parameter's value, ready to send: checked, with defaults, and with what is looked up in the graph.

    Raises `BadParameter` as `checked` does, and `NothingLinked` where the graph has nothing to ask yet.
    """
    found = query.checked(values)
    for parameter in query.parameters:
        if parameter.looked_up:
            found[parameter.name] = lookup.resolve(db, parameter, found)
    return {parameter.name: found[parameter.name] for parameter in query.parameters}


def show(db: Database, query: Query, values: dict[str, Any]) -> str:
    """What to paste into Neo4j Browser: a question with what ``values`` say and the graph knows."""
    return header.show(query, complete(db, query, values))


def run(db: Database, query: Query | str, values: dict[str, Any]) -> Result:
    """Ask a stored question, by its name or read before, in a read transaction; its ``graph`` column stays on the
    server. Raises `NotMadeYet`, `UnknownQuery`.
    """
    query = stored(query) if isinstance(query, str) else query
    parameters = complete(db, query, values)
    columns = ", ".join(column for column in query.columns if column != GRAPH)
    cypher = f"CALL () {{\n{query.cypher}\n}}\nRETURN {columns}"
    rows = [record.data() for record in _asked(db, cypher, parameters)]
    if not rows and query.needs and not db.read(ANY.format(relationship=query.needs[0]))[0]["any"]:
        raise NotMadeYet(f"there is no answer to {query.name} yet", step=query.needs[1])
    chances = [row[query.false] for row in rows] if query.false else []
    total, alarms = None, sum(chances) if chances and None not in chances else None
    by_chance = max((row[query.chance] or 0.0 for row in rows), default=None) if query.chance else None
    if len(rows) == parameters.get("limit"):
        total, alarms, by_chance = _total(db, query, parameters)
    if query.chance:
        out = standing(rows, query.chance, len(rows) if total is None else total, by_chance)
        rows = [row | {STANDS_OUT: one} for row, one in zip(rows, out, strict=True)]
        alarms = max((row[query.chance] or 0.0 for row in rows if row[STANDS_OUT]), default=by_chance)
    read_graph = partial(_graph, db, query, parameters)
    return Result(query, parameters, rows, _coins(db, parameters), total, alarms, read_graph)


def _total(db: Database, query: Query, parameters: dict[str, Any]) -> tuple[int, float | None, float | None]:
    """How many rows there are up to `COUNTED`, how many of them are expected to be false alarms, and how many rows
    chance would give."""
    false = query.false or "null"
    alarms = f"CASE WHEN count({false}) = count(*) THEN sum({false}) END"
    found = f"count(*) AS rows, {alarms} AS alarms, max({query.chance or 'null'}) AS by_chance"
    cypher = f"CALL () {{\n{query.cypher}\n}}\nRETURN {found}"
    row = _asked(db, cypher, parameters | {"limit": max(COUNTED, parameters["limit"])})[0]
    return row["rows"], row["alarms"], row["by_chance"]


def _graph(db: Database, query: Query, parameters: dict[str, Any]) -> list[Any]:
    """The nodes and relationships of each row, as the last column of a stored query holds them."""
    cypher = f"CALL () {{\n{query.cypher}\n}}\nRETURN {GRAPH}"
    return [record[GRAPH] for record in _asked(db, cypher, parameters)]


def run_own(db: Database, query: Query | str, values: dict[str, Any]) -> Result:
    """Ask a user's own question, Cypher or read before. Nodes and relationships come back as their properties, less
    vectors.

    Parameters that its header does not declare are sent as they are. Raises `BadQuery`, `WritingQuery`.
    """
    query = parse(query, "cypher") if isinstance(query, str) else query
    declared = {parameter.name for parameter in query.parameters}
    parameters = complete(db, query, {name: value for name, value in values.items() if name in declared})
    parameters |= {name: guess(value) for name, value in values.items() if name not in declared}
    explain(db, query.cypher, parameters)
    rows = [{key: reduced(value) for key, value in record.items()} for record in _asked(db, query.cypher, parameters)]
    return Result(query, parameters, rows)


@dataclass(frozen=True)
class Limited:
    """The answer to a question of somebody who types it: ``columns``, at most so many ``rows``, nodes and edges of
    these as `Result` has them, and whether there are more rows (``cut``)."""

    columns: list[str]
    rows: list[dict[str, Any]]
    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]
    cut: bool


def run_limited(db: Database, cypher: str, values: dict[str, Any], most: int = 1000, seconds: float = 20) -> Limited:
    """Ask Cypher in a read transaction that ends after some ``seconds``, for at most so many rows.

    What would read files or addresses, or speak to the server itself, is refused. Raises `BadQuery`, `WritingQuery`,
    `TooSlow`.
    """
    explain(db, cypher, values, alone=True)
    records: list[Any] = []
    columns: list[str] = []
    try:
        session = db.driver.session(database=db.address.database, default_access_mode="READ")
        with db.explained(), session, session.begin_transaction(timeout=seconds) as tx:
            found = tx.run(cypher, values)
            columns = list(found.keys())
            for record in found:
                records.append(record)
                if len(records) > most:
                    break
    except TransientError as error:
        raise _slow_or(error, seconds) from error
    except CoingraphError as error:
        if isinstance(error.__cause__, TransientError):
            raise _slow_or(error.__cause__, seconds) from error
        raise
    except Neo4jError as error:
        if "TimedOut" in (error.code or "") or "Terminated" in (error.code or ""):
            raise TooSlow(f"this question took more than {seconds:g} seconds") from error
        raise _explained(error) from error
    shown = records[:most]
    result = Result(parse(cypher, "cypher"), values, [], read_graph=lambda: [_parts_of(record) for record in shown])
    rows = [{key: reduced(value) for key, value in record.items()} for record in shown]
    return Limited(columns, rows, result.nodes, result.edges, len(records) > most)


def _slow_or(error: TransientError, seconds: float) -> CoingraphError:
    if "TimedOut" in (error.code or "") or "Terminated" in (error.code or ""):
        return TooSlow(f"this question took more than {seconds:g} seconds")
    return CoingraphError(error.message or str(error))


def _parts_of(value: Any) -> list[Any]:
    """Nodes, relationships and paths anywhere in a record."""
    if isinstance(value, Node | Relationship | GraphPath):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [part for one in value for part in _parts_of(one)] if isinstance(value, list | tuple) else []


def _coins(db: Database, parameters: dict[str, Any]) -> int | None:
    if "space" not in parameters:
        return None
    asked = {"source": f"source_{parameters['space']}", "collections": parameters.get("collections", [])}
    return db.read(COINS, **asked)[0]["coins"]


def explain(db: Database, cypher: str, parameters: dict[str, Any], alone: bool = False) -> list[str]:
    """The columns of a question, from its plan. Raises `BadQuery`, `WritingQuery`.

    With ``alone`` it must ask nothing but the graph: no files, no addresses, nothing of the server.
    """
    session = db.driver.session(database=db.address.database, default_access_mode="READ")
    try:
        with db.explained(), session:
            result = session.run(f"EXPLAIN\n{cypher}", parameters)  # on a line of its own, so that columns are right
            columns, summary = list(result.keys()), result.consume()
    except ClientError as error:
        raise _explained(error, above=1) from error
    if summary.query_type not in ("r", None):
        raise WritingQuery("this question would change the graph, and a question only reads")
    if alone and (beyond := _beyond(dict(summary.plan or {}))):
        raise WritingQuery(f"this question would ask more than the graph: {beyond}")
    return columns


def _beyond(plan: dict[str, Any]) -> str:
    """What of a plan reads something else than the graph; nothing where it does not."""
    operator = str(plan.get("operatorType", "")).partition("@")[0]
    details = str(plan.get("args", {}).get("Details", ""))
    if operator.startswith(BEYOND):
        return operator
    if "ProcedureCall" in operator and not details.startswith(PROCEDURES):
        return details.partition("(")[0]
    return next((found for child in plan.get("children", ()) if (found := _beyond(child))), "")


def _asked(db: Database, cypher: str, parameters: dict[str, Any]) -> list[Any]:
    try:
        return list(db.stream(cypher, **parameters))
    except Neo4jError as error:
        raise _explained(error) from error


def _explained(error: Neo4jError, above: int = 0) -> CoingraphError:
    """What is wrong with a question, which stood ``above`` so many lines that are ours."""
    if "ParameterMissing" in (error.code or ""):
        return BadParameter(f"{(error.message or '').rstrip('.')}; add NAME=VALUE for each")
    if "AccessMode" in (error.code or ""):
        return WritingQuery("this question would change the graph, and a question only reads")
    where = r"\(line (\d+), column (\d+) \(offset: \d+\)\)"
    message = re.sub(where, lambda m: f"(line {int(m[1]) - above}, column {m[2]})", error.message or "")
    return BadQuery(f"Neo4j does not accept this question: {message}")


def reduced(value: Any) -> Any:
    """Nodes, relationships and paths as dictionaries of their properties without vectors; anything else as it is."""
    if isinstance(value, GraphPath):
        return [reduced(part) for part in (*value.nodes, *value.relationships)]
    if isinstance(value, Node | Relationship):
        kind = {"labels": sorted(value.labels)} if isinstance(value, Node) else {"type": value.type}
        return kind | _without_vectors(value)
    if isinstance(value, list):
        return [reduced(part) for part in value]
    if isinstance(value, dict):
        return {key: reduced(part) for key, part in value.items()}
    return value


def _without_vectors(part: Node | Relationship) -> dict[str, Any]:
    return {key: value for key, value in part.items() if not key.startswith("vector_")}
