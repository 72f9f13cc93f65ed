"""Questions as files: the stored ones, found by name, and a person's own. Neither takes a server."""

import difflib
from functools import cache
from pathlib import Path

from errors import BadOption, CoingraphError
from queries.header import Query, parse

FOLDER = Path(__file__).parent


class UnknownQuery(BadOption):
    """No stored question has this name."""


class BadQuery(CoingraphError):
    """The server does not understand the Cypher."""


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
    raise UnknownQuery(f"there is no stored question {name!r}", near=near)


def read_own(file: Path) -> Query:
    """A user's own question. Raises `BadQuery` for a file without one."""
    try:
        query = parse(file.read_text("utf-8-sig"), file.name)
    except UnicodeDecodeError as error:
        raise BadQuery(f"{file} is not a text in UTF-8") from error
    if not query.cypher:
        raise BadQuery(f"{file} holds no query; write Cypher such as MATCH (c:Coin) RETURN c.id AS coin LIMIT 5")
    if query.cypher.startswith(":"):
        raise BadQuery(f"{file} begins with a line for Neo4j Browser (:param): leave such lines out and add NAME=VALUE")
    return query
