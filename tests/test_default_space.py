"""The space that is taken where none is named: chosen once, and not by what is linked or imported later."""

import json
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from linked_graph import add_coins

from cli import main
from graph.connection import Database
from graph.runs import step
from graph.spaces import SpaceRecord, UnknownSpace, default_space, ensure_space, find_space, store_vectors
from pipeline.link import link
from queries.catalogue import complete
from queries.stored import stored

COINS = [f"k{n}" for n in range(6)]
SPACES = ("one", "two", "three")


@pytest.fixture
def spaces(db: Database) -> Database:
    """Six coins in three spaces, none of them linked."""
    add_coins(db, COINS)
    db.write("MATCH (s:Space) DELETE s")
    random = np.random.default_rng(1)
    ids = [f"c/{coin}/{face}" for coin in COINS for face in ("obverse", "reverse")]
    with step(db, "embed") as run:
        for name in SPACES:
            ensure_space(db, SpaceRecord(name, name, "test", "", "", 8, {}), run)
            store_vectors(db, name, ids, ["x"] * len(ids), random.normal(size=(len(ids), 8)).astype(np.float32))
    return db


def coingraph(*arguments: str) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return result


def asked(db: Database, query: str = "related-coins", **values: Any) -> dict[str, Any]:
    """The parameters that a stored question is asked with."""
    return complete(db, stored(query), {"coin": "k1", **values} if query == "related-coins" else values)


def test_the_first_space_that_is_linked_is_the_default_and_stays_it(spaces: Database):
    with pytest.raises(UnknownSpace, match="several spaces"):
        link(spaces)
    assert default_space(spaces) is None
    link(spaces, space="one")
    link(spaces, space="two")
    assert default_space(spaces) == find_space(spaces).slug == asked(spaces)["space"] == "one"
    assert asked(spaces, "spaces-disagree")["other_space"] == "two"
    assert link(spaces).space == "one"


@pytest.mark.long
def test_a_default_that_was_set_is_taken_by_every_command(spaces: Database):
    link(spaces, space="one")
    link(spaces, space="two")
    assert "two is the default space" in coingraph("spaces", "default", "two").output
    assert find_space(spaces).slug == asked(spaces)["space"] == "two"
    assert json.loads(coingraph("find", "k1", "--json").stdout) == json.loads(
        coingraph("find", "k1", "--space", "two", "--json").stdout
    )
    assert json.loads(coingraph("status", "--json").stdout)["default_space"] == "two"
    listed = json.loads(coingraph("spaces", "list", "--json").stdout)
    assert {row["space"]: row["default"] for row in listed} == {"one": False, "three": False, "two": True}
    link(spaces, space="one")
    with step(spaces, "spaces import") as run:
        ensure_space(spaces, SpaceRecord("three", "three", "test", "", "", 8, {}), run)
    assert default_space(spaces) == "two"


@pytest.mark.long
def test_where_the_default_is_removed_the_space_linked_last_takes_its_place(spaces: Database):
    for name in SPACES:
        link(spaces, space=name)
    link(spaces, space="two")
    assert (
        "it was the default space; two, which was linked last, is it now"
        in coingraph("spaces", "remove", "one", "--yes").output
    )
    assert default_space(spaces) == "two"
    assert "default" not in coingraph("spaces", "remove", "three", "--yes").output
    assert "the next one that is linked becomes it" in coingraph("spaces", "remove", "two", "--yes").output
    assert default_space(spaces) is None


def test_an_unknown_space_cannot_be_the_default(spaces: Database):
    result = CliRunner().invoke(main, ["spaces", "default", "four"])
    assert result.exit_code == 1 and "no space is called 'four'" in result.output
