"""The type of a coin: which opinion counts, and that only one does."""

from datetime import UTC, datetime
from typing import Any

import pytest
from neo4j.exceptions import ConstraintError

from graph.connection import Database
from graph.schema import prepare
from graph.types import derive, drop_opinions, labels, opinion, write_opinions

TYPES = "MATCH (c:Coin)-[o:OF_TYPE]->(t) RETURN c.id AS coin, t.name AS type, properties(o) AS p, elementId(o) AS edge"


@pytest.fixture
def coins(db: Database) -> Database:
    """Two coins that nothing was said of."""
    prepare(db)
    db.write("UNWIND ['m/a', 'm/b'] AS id CREATE (:Coin {id: id, name: id})")
    return db


def say(db: Database, source: str, name: str, by: str | None = None, day: int | None = None) -> None:
    more: dict[str, Any] = {"at": datetime(2026, 1, day, tzinfo=UTC)} if day else {}
    write_opinions(db, [opinion("m/a", source, name, by, **more)])
    derive(db, ["m/a"])


@pytest.mark.long
def test_a_person_goes_before_the_table_and_the_table_before_the_folder(coins: Database):
    for source, name in (("folder", "boar"), ("table", "horse"), ("person", "wheel")):
        say(coins, source, name)
        assert labels(coins) == {"m/a": name}
    say(coins, "folder", "boar")
    assert labels(coins) == {"m/a": "wheel"}


def test_of_two_persons_the_latest_counts(coins: Database):
    say(coins, "person", "horse", by="A.", day=3)
    say(coins, "person", "wheel", by="B.", day=2)
    assert labels(coins) == {"m/a": "horse"}
    say(coins, "person", "boar", by="C.", day=4)
    assert labels(coins) == {"m/a": "boar"}
    assert coins.read(TYPES)[0]["p"]["by"] == "C."


def test_who_changes_an_opinion_has_one(coins: Database):
    say(coins, "person", "horse", by="A.", day=3)
    say(coins, "person", "wheel", by="A.", day=4)
    assert coins.read("MATCH (:Coin)-[:ATTRIBUTED_TO]->(t) RETURN t.name AS type") == [{"type": "wheel"}]
    assert labels(coins) == {"m/a": "wheel"}


def test_a_person_without_a_date_goes_after_those_with_one(coins: Database):
    say(coins, "person", "horse", by="A.")
    say(coins, "person", "wheel", by="B.", day=2)
    assert labels(coins) == {"m/a": "wheel"}


def test_an_opinion_that_is_taken_back_leaves_the_next_one(coins: Database):
    say(coins, "table", "horse")
    say(coins, "person", "wheel", by="A.", day=1)
    drop_opinions(coins, [opinion("m/a", "person", "wheel", by="A.")])
    derive(coins, ["m/a"])
    assert labels(coins) == {"m/a": "horse"}
    drop_opinions(coins, [opinion("m/a", "table", "horse")])
    derive(coins)
    assert labels(coins) == {}


def test_deriving_again_changes_nothing(coins: Database):
    say(coins, "table", "horse")
    say(coins, "person", "wheel", by="A.", day=1)
    before = coins.read(TYPES)
    derive(coins)
    derive(coins, ["m/a", "m/b"])
    with coins.atomic() as tx:
        derive(tx)
    assert coins.read(TYPES) == before


def test_the_same_type_of_another_source_is_noted(coins: Database):
    say(coins, "table", "horse")
    say(coins, "person", "horse", by="A.", day=1)
    (row,) = coins.read(TYPES)
    assert (row["type"], row["p"]["source"], row["p"]["coin"]) == ("horse", "person", "m/a")


def test_a_second_type_is_refused(coins: Database):
    say(coins, "table", "horse")
    with pytest.raises(ConstraintError):
        coins.write("MATCH (c:Coin {id: 'm/a'}) CREATE (c)-[:OF_TYPE {coin: c.id}]->(:CoinType {name: 'wheel'})")
    assert labels(coins) == {"m/a": "horse"}


def test_a_type_that_somebody_drew_beside_the_other_goes(coins: Database):
    say(coins, "table", "horse")
    coins.write("MATCH (c:Coin {id: 'm/a'}) CREATE (c)-[:OF_TYPE]->(:CoinType {name: 'wheel'})")
    derive(coins)
    assert labels(coins) == {"m/a": "horse"}
