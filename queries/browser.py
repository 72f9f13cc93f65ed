"""What Neo4j Browser needs: its address with a first question in place, the stored questions, colours and captions."""

import contextlib
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from neo4j.exceptions import Neo4jError

from errors import CoingraphError
from graph.connection import Database
from graph.server.home import Home
from graph.spaces import default_space
from queries.catalogue import complete
from queries.header import Query, literal
from queries.stored import catalogue

FAVOURITES = "coingraph-favourites.zip"
STYLE = Path(__file__).with_name("coins.grass")

# The first question that finds something is the one to begin with: 60 nodes at most. Sides stay out: their vectors are
# heavy. SPACE stands for the default space.
FIRST_QUESTIONS = (
    "MATCH (a:Coin)-[r:RELATED {space: SPACE}]->(b:Coin)\nRETURN a, r, b ORDER BY r.score DESC LIMIT 30",
    "MATCH (c:Coin)-[r]->(n) WHERE NOT n:Side\nRETURN c, r, n LIMIT 30",
    "MATCH (n)\nRETURN n LIMIT 25",
)
OF_COINS = """MATCH (c:Coin) WHERE c.id IN COINS
OPTIONAL MATCH (c)-[r:RELATED {space: SPACE}]-(d:Coin) WHERE d.id IN COINS
RETURN c, r, d"""
SAMPLE_COIN = """
MATCH (c:Coin) RETURN c.id AS id ORDER BY COUNT { (c)-[:RELATED]-() } DESC, c.id LIMIT 1
"""


def browser_url(db: Database, question: str | None = None) -> str:
    """The address that fills in server and user and puts a question into the editor, without one a first question.

    Browser asks for the password."""
    parts = urlsplit(db.address.uri)
    server = f"{parts.scheme}://{quote(db.address.username)}@{parts.netloc}"
    asked = quote(question or first_question(db), safe="")
    return f"{browser_page(db)}?dbms={quote(server, safe='')}&cmd=edit&arg={asked}"


def browser_page(db: Database) -> str:
    """Where Neo4j Browser of this server is, by the server's own word: its host, and the port it advertises."""
    parts = urlsplit(db.address.uri)
    scheme, port = ("https", 7473) if "+s" in parts.scheme else ("http", 7474)
    with contextlib.suppress(Neo4jError, CoingraphError):  # not every server shows its settings to every user
        setting = db.read(f"SHOW SETTINGS 'server.{scheme}.advertised_address' YIELD value RETURN value")
        port = int(setting[0]["value"].rpartition(":")[2]) if setting else port
    return f"{scheme}://{parts.hostname}:{port}/browser/"


def first_question(db: Database) -> str:
    """A question that draws something of what is in the graph now."""
    space = literal(default_space(db))
    questions = [question.replace("SPACE", space) for question in FIRST_QUESTIONS]
    return next((question for question in questions if _finds(db, question)), questions[-1])


def of_coins(db: Database, coins: Sequence[str]) -> str:
    """A question that draws some coins (their ids) and what joins them in the default space."""
    space = literal(default_space(db))
    return OF_COINS.replace("SPACE", space).replace("COINS", literal(list(coins)))


def _finds(db: Database, question: str) -> bool:
    pattern = question.split("\nRETURN")[0]
    return bool(db.read(f"{pattern} RETURN true AS found LIMIT 1"))


def write_browser_files(db: Database, folder: Path | None = None) -> tuple[Path, Path]:
    """The favourites and the style, each to be dragged into Browser's window. Without a folder they go to the home.

    The favourites are one archive, as Browser exports and imports them: a folder of the sidebar with a file a question.
    """
    folder = folder or Home.from_environment().path / "browser"
    folder.mkdir(parents=True, exist_ok=True)
    favourites, style = folder / FAVOURITES, folder / STYLE.name
    with zipfile.ZipFile(favourites, "w", zipfile.ZIP_DEFLATED) as archive:
        for query in catalogue():
            archive.writestr(f"coingraph/{query.name}.cypher", favourite(db, query))
    style.write_bytes(STYLE.read_bytes())
    return favourites, style


def with_values(query: Query, values: dict[str, Any]) -> str:
    """The Cypher of a question with its values in it: Browser draws nothing where `:param` lines come with one."""
    return re.sub(r"\$(\w+)", lambda name: literal(values[name[1]]), query.cypher)


def favourite(db: Database, query: Query) -> str:
    """A stored question as Browser keeps it: the title first, then the Cypher with values that fit this graph.

    The values stand in the Cypher itself: Browser draws nothing where `:param` lines come with a question.
    """
    coin = db.read(SAMPLE_COIN)
    sample = {p.name: coin[0]["id"] for p in query.parameters if p.type == "coin" and p.required and coin}
    try:
        values = complete(db, query, sample)
    except CoingraphError:  # nothing linked yet: the names stand there to be replaced
        values = {p.name: p.default if p.default is not None else p.name.upper() for p in query.parameters}
    cypher = with_values(query, values)
    about = [query.title, *query.description.splitlines()]
    about += [f"{p.name} = {literal(values[p.name])}: {p.description}" for p in query.parameters]
    return "".join(f"// {line}".rstrip() + "\n" for line in about) + f"{cypher};\n"
