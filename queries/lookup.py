"""What people leave out or abbreviate: the space, partition, run or coin that a question is about."""

from collections.abc import Sequence
from typing import Any

from errors import CoingraphError
from graph.communities import analysed_collections, latest
from graph.connection import Database
from graph.glance import UnknownSpace
from graph.scope import find_scope
from graph.spaces import find_space, spaces_by_default
from ingest.records import FACES
from queries.header import BadParameter, Parameter

LATEST_RUN = "MATCH (run:Run) RETURN run.id AS id ORDER BY run.started DESC, id DESC LIMIT 1"

COIN_BY_ID = "MATCH (coin:Coin {id: $text}) RETURN coin.id AS id"

# An exact name before an ending, so that coin `9` can be named where there is a coin `109`.
COIN_BY_ENDING = """
MATCH (coin:Coin) WHERE toLower(coin.id) ENDS WITH toLower($text)
RETURN coin.id AS id ORDER BY toLower(coin.name) = toLower($text) DESC, size(coin.id), id
"""

COINS_LIKE = """
MATCH (coin:Coin) WHERE toLower(coin.id) CONTAINS toLower($text) RETURN coin.id AS id ORDER BY id LIMIT 5
"""

HAS_NUMBER = """
RETURN EXISTS { MATCH (c:Coin) WHERE valueType(c[$name]) STARTS WITH 'INT' OR valueType(c[$name]) STARTS WITH 'FLOAT' }
  AS has
"""

# Centralities are left out: they bear the names of spaces; so is what `propose` says.
NUMBERS = """
MATCH (c:Coin) WITH c ORDER BY c.id LIMIT 20000
UNWIND keys(c) AS name
WITH c, name WHERE valueType(c[name]) STARTS WITH 'INT' OR valueType(c[name]) STARTS WITH 'FLOAT'
WITH DISTINCT name WHERE name <> 'none_of_these' AND NOT EXISTS { MATCH (s:Space) WHERE name ENDS WITH '_' + s.slug }
RETURN name ORDER BY name
"""


class NothingLinked(CoingraphError):
    """The question needs a space, a partition or a run that the graph does not have yet."""


class UnknownCoin(CoingraphError):
    """No coin has this id, name or ending."""


class AmbiguousCoin(CoingraphError):
    """Several coins have this name or ending."""


def resolve(db: Database, parameter: Parameter, values: dict[str, Any]) -> str | list[str]:
    """The value of a looked-up parameter; ``values`` holds what was given and what was looked up before it.

    Raises `BadParameter`, `NothingLinked`, `UnknownCoin`, `AmbiguousCoin` or `NoCollection`.
    """
    given = values.get(parameter.name)
    if parameter.type == "collections":
        return find_scope(db, given or ()).chosen
    if parameter.type == "coin":
        return find_coin(db, str(given))
    if parameter.type == "measure":
        return find_measure(db, str(given))
    if parameter.type == "space":
        taken = {name: value for name, value in values.items() if name != parameter.name and "space" in name}
        if given is None and parameter.name == "space" and values.get("partition"):
            given = space_of_partition(db, values["partition"])
        return space_slug(db, given, set(taken.values()), parameter)
    if parameter.type == "partition":
        return find_partition(db, given, values.get("space"), parameter, values.get("collections", ()))
    return find_run(db, given, parameter)


def find_coin(db: Database, text: str) -> str:
    """The id of the coin with this id, this name, or else this ending of an id (case does not matter)."""
    if db.read(COIN_BY_ID, text=text):
        return text
    ids = [row["id"] for row in db.read(COIN_BY_ENDING, text=text)]
    named = [id for id in ids if id.rpartition("/")[2].lower() == text.lower()]
    candidates = named or ids
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        shown = ", ".join(candidates[:10]) + (f" and {len(candidates) - 10} more" if len(candidates) > 10 else "")
        raise AmbiguousCoin(f"{text!r} may be {shown}")
    like = [row["id"] for row in db.read(COINS_LIKE, text=text)]
    hint = f"; there are {', '.join(like)}" if like else ""
    raise UnknownCoin(f"no coin is called {text!r}{hint}", near=like)


def space_slug(db: Database, given: str | None, taken: set[str], parameter: Parameter) -> str:
    """The slug of a space given by name or slug; else the default one, or one linked, that is not ``taken``."""
    if given is not None:
        try:
            return find_space(db, given).slug
        except UnknownSpace as error:
            raise BadParameter(f"{parameter.name}: {error}") from error
    slugs = [slug for slug in spaces_by_default(db) if slug not in taken]
    if slugs:
        return slugs[0]
    if taken:
        linked = ", ".join(find_space(db, slug).name for slug in sorted(taken))
        raise NothingLinked(f"this compares two spaces, and only {linked} is linked", taken=sorted(taken))
    raise NothingLinked("no space has edges yet")


def find_partition(
    db: Database, given: str | None, space: str | None, parameter: Parameter, collections: Sequence[str] = ()
) -> str:
    """The id of a partition; by default the latest of ``space`` that grouped all coins of the collections, of coins
    rather than of sides."""
    if given is not None:
        found = db.read("MATCH (p:Partition {id: $given}) RETURN p.id AS id, p.space AS space", given=given)
        if found and found[0]["space"] == space:
            return given
        if found:
            raise BadParameter(f"{parameter.name}: {given!r} belongs to space {found[0]['space']!r}, not {space!r}")
        ids = ", ".join(row["id"] for row in db.read("MATCH (p:Partition) RETURN p.id AS id ORDER BY id"))
        raise BadParameter(f"{parameter.name}: there is no partition {given!r}; there is {ids or 'none yet'}")
    # Coins are what questions are about, so a partition of coins goes before one of sides.
    scope = find_scope(db, collections)
    if space and (partition := latest(db, space, "both", *FACES, scope=scope)):
        return partition
    made = [" and ".join(names) for names in analysed_collections(db, space)] if space else []
    if made and scope.words:
        options = "".join(f" --collection '{name}'" for name in scope.chosen)
        raise NothingLinked(
            f"space {space!r} has no communities of {scope.words}, only of {'; of '.join(made)}",
            unanalyzed=f"{space}{options}",
        )
    raise NothingLinked(f"space {space!r} has no communities yet", unanalyzed=space)


def space_of_partition(db: Database, partition: str) -> str | None:
    found = db.read("MATCH (p:Partition {id: $partition}) RETURN p.space AS space", partition=partition)
    return found[0]["space"] if found else None


def find_measure(db: Database, given: str) -> str:
    """The name of a property, where some coin has a number there."""
    if db.read(HAS_NUMBER, name=given)[0]["has"]:
        return given
    names = [row["name"] for row in db.read(NUMBERS)]
    other = next((name for name in ("weight", "diameter") if name in names), None)
    there = f"; numbers are {', '.join(names)}" if names else ""
    raise BadParameter(f"no coin has a number {given!r}{there}", measure=other, unmeasured=not other)


def find_run(db: Database, given: str | None, parameter: Parameter) -> str:
    """The id of a run given by its id or the beginning of one; by default the latest."""
    if given is None:
        found = db.read(LATEST_RUN)
        if found:
            return found[0]["id"]
        raise NothingLinked("nothing has been run on this database yet")
    ids = [row["id"] for row in db.read("MATCH (r:Run) WHERE r.id STARTS WITH $given RETURN r.id AS id", given=given)]
    if given in ids or len(ids) == 1:
        return given if given in ids else ids[0]
    problem = f"{len(ids)} runs begin with" if ids else "there is no run"
    raise BadParameter(f"{parameter.name}: {problem} {given!r}")
