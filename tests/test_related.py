"""`RELATED` edges: what both sides of two coins say together."""

import math

import pytest
from linked_graph import add_sides, assert_same, edges, link, snapshot, undisturbed

from graph.connection import Database
from ingest.records import FACES


def at(degrees: float) -> tuple[float, float]:
    return math.cos(math.radians(degrees)), math.sin(math.radians(degrees))


@pytest.fixture
def coins(db: Database) -> Database:
    """Obverses of a, b, c near each other; reverses of a and d; b lacks a reverse, d an obverse."""
    add_sides(db, "obverse", {"a": at(0), "b": at(10), "c": at(30)})
    add_sides(db, "reverse", {"a": at(0), "c": at(90), "d": at(5)})
    return db


def test_either_face_makes_a_candidate(coins):
    link(coins, top=1)
    assert edges(coins, "SIMILAR", "obverse").keys() == {("a", "b"), ("b", "c")}
    assert edges(coins, "SIMILAR", "reverse").keys() == {("a", "d"), ("c", "d")}
    assert edges(coins, "RELATED").keys() == {("a", "b"), ("b", "c"), ("a", "d"), ("c", "d")}


def test_both_cosines_are_computed_also_where_only_one_face_is_near(coins):
    link(coins, top=None, threshold=0.8)
    edge = edges(coins, "RELATED")["a", "c"]
    assert ("a", "c") not in edges(coins, "SIMILAR", "reverse")
    assert edge["obverse"] == pytest.approx(math.cos(math.radians(30)), abs=1e-6)
    assert edge["reverse"] == pytest.approx(0, abs=1e-6)
    assert edge["evidence"] == "both sides"


def test_the_score_is_the_mean_percentile_of_both_faces(coins):
    link(coins, top=None)
    edge = edges(coins, "RELATED")["a", "c"]
    assert edge["score"] == pytest.approx((edge["obverse_percentile"] + edge["reverse_percentile"]) / 2)
    assert edge["obverse_percentile"] == edges(coins, "SIMILAR", "obverse")["a", "c"]["percentile"]


def test_a_missing_side_is_unknown_not_zero(coins):
    link(coins)
    found = edges(coins, "RELATED")
    one, other = found["a", "b"], found["a", "d"]
    assert (one["evidence"], one["score"]) == ("obverse only", one["obverse_percentile"])
    assert (other["evidence"], other["score"]) == ("reverse only", other["reverse_percentile"])
    assert "reverse" not in one and "obverse_percentile" not in other


def test_the_smaller_coin_comes_first_whatever_its_sides_are_called(db):
    """Of the sides `a/obverse` and `a-1/obverse` the latter comes first, of the coins the former."""
    add_sides(db, "obverse", {"a": at(0), "a-1": at(10)})
    link(db)
    assert edges(db, "SIMILAR").keys() == {("a-1", "a")}
    assert edges(db, "RELATED").keys() == {("a", "a-1")}
    assert edges(db, "RELATED")["a", "a-1"]["key"] == "pixels|c/a|c/a-1"


def test_a_reverse_that_comes_later_changes_the_evidence(coins):
    link(coins, top=2)
    add_sides(coins, "reverse", {"b": at(2)})
    link(coins, top=2)
    assert edges(coins, "RELATED")["a", "b"]["evidence"] == "both sides"
    assert_same(snapshot(coins), undisturbed(coins, top=2))


def test_the_edges_of_a_coin_that_is_gone_go_too(coins):
    link(coins, top=2)
    coins.write("MATCH (c:Coin {id: 'c/a'})-[:HAS_SIDE]->(s) DETACH DELETE c, s")
    link(coins, top=2)
    assert_same(snapshot(coins), undisturbed(coins, top=2))


def test_where_a_face_has_no_vectors_the_other_speaks_alone(db):
    add_sides(db, "reverse", {"a": at(0), "b": at(10), "c": at(30)})
    link(db)
    assert {edge["evidence"] for edge in edges(db, "RELATED").values()} == {"reverse only"}
    assert len(edges(db, "RELATED")) == 3


@pytest.mark.parametrize("method", ["gds", "blocked"])
def test_every_method_gives_the_same(coins, method):
    link(coins, method=method)
    assert_same(snapshot(coins), undisturbed(coins, method="blocked"))


def test_contrast_is_how_much_rarer_the_likeness_of_one_face_is_in_powers_of_ten(coins):
    link(coins, top=None)
    found = edges(coins, "RELATED")
    edge = found["a", "c"]
    rarity = [-math.log10(min(max(1 - edge[f"{face}_percentile"] / 100, 0.5 / 3), 1 - 0.5 / 3)) for face in FACES]
    assert edge["contrast"] == pytest.approx(abs(rarity[0] - rarity[1])) and edge["contrast"] > 0
    assert "contrast" not in found["a", "b"]
