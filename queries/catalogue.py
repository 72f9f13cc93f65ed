"""The stored questions: each a `.cypher` file whose header says what it asks and which parameters it takes.

A header is the comment block at the top of the file::

    // Likely doubles                                        the title
    //
    // Which coins may be one coin photographed twice?       the question, then anything a reader should know
    //
    // @param space space: the space to ask                  name, type, what it is; no default: required or looked up
    // @param limit integer = 25: rows at most

A type is text, integer, number, boolean, list, or alternatives such as ``obverse|reverse|both``. Four more are texts
that are looked up in the graph (`complete`): ``space`` (name or slug; default: the latest linked), ``partition``
(default: the latest finished of that space), ``run`` (default: the latest) and ``coin`` (an id or a unique ending of
one). A trailing ``?`` makes a looked-up parameter optional: null where the graph has nothing to offer.

The last column of every stored question is ``graph``, a list of the nodes and relationships that Neo4j Browser draws.
The command line asks the question as a subquery that leaves this column out, so that no vector travels.
"""

import difflib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from neo4j.exceptions import ClientError, Neo4jError
from neo4j.graph import Node, Relationship
from neo4j.graph import Path as GraphPath

from errors import CoingraphError
from graph.connection import Database

FOLDER = Path(__file__).parent
GRAPH = "graph"
LOOKED_UP = ("space", "partition", "run", "coin")
PARAMETER = re.compile(r"@param (?P<name>\w+) (?P<type>[\w|]+)(?P<optional>\?)?(?: = (?P<default>.*?))?: (?P<what>.+)")


class UnknownQuery(CoingraphError):
    """No stored question has this name."""


class BadParameter(CoingraphError):
    """A parameter is missing, unknown or of the wrong type; the message names it."""


class BadQuery(CoingraphError):
    """The server does not understand the Cypher."""


class WritingQuery(CoingraphError):
    """A question that would change the graph."""


class NothingLinked(CoingraphError):
    """The question needs a space, a partition or a run that the graph does not have yet."""


@dataclass(frozen=True)
class Parameter:
    """``default`` is None where a value must be given or is looked up in the graph."""

    name: str
    type: str
    default: Any
    description: str
    optional: bool = False

    @property
    def looked_up(self) -> bool:
        return self.type in LOOKED_UP


@dataclass(frozen=True)
class Query:
    """A question. ``cypher`` is the file without its header; ``description`` begins with the question itself."""

    name: str
    title: str
    description: str
    parameters: tuple[Parameter, ...]
    cypher: str

    @property
    def question(self) -> str:
        """The first sentence of the description."""
        return self.description.split("?")[0].replace("\n", " ") + "?" if "?" in self.description else self.title

    @property
    def signature(self) -> str:
        """The parameters as they are given on the command line, those that must be given first."""
        ordered = sorted(self.parameters, key=lambda p: p.looked_up and p.type != "coin")
        return " ".join(f"{p.name}={p.type if p.default is None else p.default}" for p in ordered)


@dataclass(frozen=True)
class Result:
    """Rows of one shape, without the nodes and relationships; ``values`` are the parameters as they were sent."""

    query: Query
    values: dict[str, Any]
    rows: list[dict[str, Any]]

    @property
    def heading(self) -> str:
        """The question and the values it was asked with, for the line above a table."""
        asked = ", ".join(f"{name}={value}" for name, value in self.values.items())
        return f"{self.query.question} ({asked})" if asked else self.query.question

    @property
    def flat(self) -> list[dict[str, Any]]:
        """The rows for a table or CSV: lists as one text, nothing as nothing, no nodes and relationships."""
        return [{key: _flat(value) for key, value in row.items() if not isinstance(value, dict)} for row in self.rows]


def _flat(value: Any) -> Any:
    if isinstance(value, list):
        return "; ".join(str(part) for part in value if not isinstance(part, dict))
    return "" if value is None else value


@cache
def catalogue() -> tuple[Query, ...]:
    """Every stored question, by name."""
    return tuple(parse(path.read_text("utf-8"), path.stem) for path in sorted(FOLDER.glob("*.cypher")))


def stored(name: str) -> Query:
    """The stored question of this name; raises `UnknownQuery` with the nearest names."""
    queries = {query.name: query for query in catalogue()}
    if name in queries:
        return queries[name]
    near = difflib.get_close_matches(name, queries, n=3, cutoff=0.4)
    hint = f"Did you mean {' or '.join(near)}?" if near else "`coingraph query` lists them all."
    raise UnknownQuery(f"there is no stored question {name!r}. {hint}")


def parse(text: str, name: str) -> Query:
    """A question from the text of its file. The header may be missing; raises `BadParameter` where it is malformed."""
    lines = text.strip().splitlines()
    length = next((i for i, line in enumerate(lines) if not line.startswith("//")), len(lines))
    header = [line[2:].strip() for line in lines[:length]]
    parameters = tuple(_parameter(line, name) for line in header if line.startswith("@param"))
    prose = [line for line in header if not line.startswith("@param")]
    title = prose[0] if prose else name
    cypher = "\n".join(lines[length:]).strip().removesuffix(";")
    return Query(name, title, "\n".join(prose[1:]).strip(), parameters, cypher)


def _parameter(line: str, query: str) -> Parameter:
    match = PARAMETER.fullmatch(line)
    if match is None:
        raise BadParameter(
            f"{query}: cannot read the header line {line!r}; write `@param NAME TYPE = DEFAULT: MEANING`"
        )
    parameter = Parameter(match["name"], match["type"], None, match["what"], bool(match["optional"]))
    if match["default"] is None:
        return parameter
    return Parameter(parameter.name, parameter.type, check(parameter, match["default"]), parameter.description)


def check(parameter: Parameter, value: Any) -> Any:
    """``value`` (of the right Python type, or a text to be read as one) as the parameter wants it, or `BadParameter`."""
    kind = parameter.type
    if "|" in kind:
        choices = kind.split("|")
        if value in choices:
            return value
        raise BadParameter(f"{parameter.name} must be one of {', '.join(choices)}, not {value!r}")
    try:
        if kind in ("text", *LOOKED_UP) and isinstance(value, str):
            return value
        if kind == "boolean":
            return value if isinstance(value, bool) else {"true": True, "false": False}[value.lower()]
        if kind == "integer" and not isinstance(value, bool | float):
            return int(value)
        if kind == "number" and not isinstance(value, bool):
            return float(value)
        if kind == "list":
            return json.loads(value) if isinstance(value, str) and value.startswith("[") else _as_list(value)
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    raise BadParameter(f"{parameter.name} must be {_article(kind)}, not {value!r}")


def _as_list(value: Any) -> list[Any]:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else list(value)


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def checked(query: Query, values: dict[str, Any]) -> dict[str, Any]:
    """``values`` converted, with defaults. Looked-up parameters that were not given are left out.

    Raises `BadParameter` for one that is unknown, missing or of the wrong type.
    """
    known = {parameter.name: parameter for parameter in query.parameters}
    for name in values:
        if name not in known:
            takes = ", ".join(known) or "no parameters"
            raise BadParameter(f"{query.name} has no parameter {name!r}; it takes {takes}")
    complete: dict[str, Any] = {}
    for name, parameter in known.items():
        if name in values:
            complete[name] = check(parameter, values[name])
        elif parameter.default is not None:
            complete[name] = parameter.default
        elif not parameter.looked_up or parameter.type == "coin":
            kind = "a coin's id" if parameter.type == "coin" else parameter.type
            raise BadParameter(f"{query.name} needs {name} ({kind}: {parameter.description}); add {name}=…")
    return complete


def complete(db: Database, query: Query, values: dict[str, Any]) -> dict[str, Any]:
    """Every parameter's value, ready to send: checked, with defaults, and with what is looked up in the graph.

    Raises `BadParameter` as `checked` does, and `NothingLinked` where the graph has nothing to ask yet.
    """
    from queries import lookup

    found = checked(query, values)
    for parameter in query.parameters:
        if parameter.looked_up:
            found[parameter.name] = lookup.resolve(db, parameter, found)
    return {parameter.name: found[parameter.name] for parameter in query.parameters}


def run(db: Database, query: Query, values: dict[str, Any]) -> Result:
    """Ask a stored question in a read transaction; the ``graph`` column stays on the server."""
    parameters = complete(db, query, values)
    columns = [column for column in explain(db, query.cypher, parameters) if column != GRAPH]
    cypher = f"CALL () {{\n{query.cypher}\n}}\nRETURN {', '.join(columns)}"
    return Result(query, parameters, [record.data() for record in _asked(db, cypher, parameters)])


def run_own(db: Database, query: Query, values: dict[str, Any]) -> Result:
    """Ask a user's own question as it stands. Nodes and relationships come back as their properties, less vectors.

    Parameters that its header does not declare are sent as they are. Raises `BadQuery`, `WritingQuery`.
    """
    declared = {parameter.name for parameter in query.parameters}
    parameters = complete(db, query, {name: value for name, value in values.items() if name in declared})
    parameters |= {name: guess(value) for name, value in values.items() if name not in declared}
    explain(db, query.cypher, parameters)
    rows = [{key: reduced(value) for key, value in record.items()} for record in _asked(db, query.cypher, parameters)]
    return Result(query, parameters, rows)


def guess(value: Any) -> Any:
    """A value given for a parameter without a declared type: a number, a truth value or a list if it reads as JSON."""
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


def explain(db: Database, cypher: str, parameters: dict[str, Any]) -> list[str]:
    """The columns of a question, from its plan. Raises `BadQuery` for bad Cypher, `WritingQuery` where it would write."""
    with db.driver.session(database=db.address.database, default_access_mode="READ") as session:
        try:
            result = session.run(f"EXPLAIN {cypher}", parameters)
            columns, summary = list(result.keys()), result.consume()
        except ClientError as error:
            raise _explained(error) from error
    if summary.query_type not in ("r", None):
        raise WritingQuery("this question would change the graph; `coingraph query` only reads")
    return columns


def _asked(db: Database, cypher: str, parameters: dict[str, Any]) -> list[Any]:
    try:
        return list(db.stream(cypher, **parameters))
    except Neo4jError as error:
        raise _explained(error) from error


def _explained(error: Neo4jError) -> CoingraphError:
    if "ParameterMissing" in (error.code or ""):
        return BadParameter(f"{(error.message or '').rstrip('.')}; add NAME=VALUE for each")
    if "AccessMode" in (error.code or ""):
        return WritingQuery("this question would change the graph; `coingraph query` only reads")
    return BadQuery(f"Neo4j does not accept this question: {error.message}")


def reduced(value: Any) -> Any:
    """Nodes, relationships and paths as dictionaries of their properties without vectors; anything else as it is."""
    if isinstance(value, GraphPath):
        return [reduced(part) for part in (*value.nodes, *value.relationships)]
    if isinstance(value, Node | Relationship):
        kind = {"labels": sorted(value.labels)} if isinstance(value, Node) else {"type": value.type}
        return kind | {key: part for key, part in value.items() if not key.startswith("vector_")}
    if isinstance(value, list):
        return [reduced(part) for part in value]
    if isinstance(value, dict):
        return {key: reduced(part) for key, part in value.items()}
    return value


def show(query: Query, values: dict[str, Any]) -> str:
    """What to paste into Neo4j Browser: a `:param` line for each of ``values``, then the question."""
    lines = [f":param {name} => {literal(value)};" for name, value in values.items()]
    comments = [f"// {line}".rstrip() for line in (query.title, "", *query.description.splitlines())]
    about = [f"// {p.name} ({p.type}): {p.description}" for p in query.parameters]
    return "\n".join([*lines, "", *comments, "//", *about, query.cypher + ";"])


def literal(value: Any) -> str:
    """A value as a Cypher literal."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(literal(part) for part in value)}]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
        return f"'{escaped}'"
    return repr(value)
