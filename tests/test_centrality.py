"""Central coins of a star and a coin alone: values that can be worked out by hand."""

import pytest
from small_graph import write_graph

from commands.network import analysis_text
from graph import centrality
from graph.connection import Database
from pipeline.analyze import analyze

COINS = ["m/hub", "m/a", "m/b", "m/c", "m/d", "m/lone"]


@pytest.fixture
def star(db: Database) -> Database:
    """A hub with four leaves, each edge of weight -log10(0.01) = 2, and a coin alone."""
    write_graph(db, COINS, [("m/hub", f"m/{leaf}", 99.0) for leaf in "abcd"])
    return db


def values(db: Database, measure: str, label: str = "Coin") -> dict[str, float]:
    rows = db.read(f"MATCH (c:{label}) RETURN c.id AS id, c.{measure}_pixels AS value ORDER BY c.id")
    return {row["id"].split("/")[1]: row["value"] for row in rows if row["value"] is not None}


@pytest.mark.long
def test_degree_is_the_sum_of_weights(star):
    analyze(star, percentile=90)
    assert values(star, "degree") == pytest.approx({"a": 2, "b": 2, "c": 2, "d": 2, "hub": 8, "lone": 0})


def test_betweenness_counts_the_shortest_paths_through_a_coin(star):
    analyze(star, percentile=90)
    assert values(star, "betweenness") == pytest.approx({"a": 0, "b": 0, "c": 0, "d": 0, "hub": 6, "lone": 0})


@pytest.mark.long
def test_closeness_compares_coins_of_separate_parts(star):
    analyze(star, percentile=90)
    leaf = (4 / 7) * (4 / 5)  # 1 + 3 * 2 steps to four others, of five
    assert values(star, "closeness") == pytest.approx(dict.fromkeys("abcd", leaf) | {"hub": 4 / 5, "lone": 0})


@pytest.mark.long
@pytest.mark.parametrize("measure", ["pagerank", "eigenvector"])
def test_the_hub_is_the_most_central(star, measure):
    analyze(star, percentile=90)
    found = values(star, measure)
    assert max(found, key=found.__getitem__) == "hub"
    assert min(found, key=found.__getitem__) == "lone"


def test_one_face_gets_its_measures_on_its_sides(star):
    analyze(star, face="reverse", percentile=90)
    assert len(values(star, "pagerank", "Reverse")) == 6
    assert values(star, "pagerank", "Obverse") == {}
    assert values(star, "pagerank") == {}


@pytest.mark.long
def test_large_graphs_get_an_estimate_and_say_so(star, monkeypatch):
    monkeypatch.setattr(centrality, "BETWEENNESS_UP_TO", 5)
    monkeypatch.setattr(centrality, "BETWEENNESS_SOURCES", 3)
    monkeypatch.setattr(centrality, "CLOSENESS_UP_TO", 5)
    result = analyze(star, percentile=90)
    assert result.centralities["betweenness"] == "estimated from 3 of 6 coins"
    assert result.centralities["closeness"] == "left out above 5 coins"
    assert "closeness: left out above 5 coins" in analysis_text(result)
    run = star.read("MATCH (r:Run {command: 'analyze'}) RETURN r.betweenness AS betweenness, r.pagerank AS pagerank")
    assert run == [{"betweenness": "estimated from 3 of 6 coins", "pagerank": "exact"}]


@pytest.mark.long
def test_a_measure_that_is_left_out_does_not_keep_its_old_values(star, monkeypatch):
    analyze(star, percentile=90)
    monkeypatch.setattr(centrality, "CLOSENESS_UP_TO", 5)
    analyze(star, percentile=90)
    assert values(star, "closeness") == {}


@pytest.mark.long
def test_a_coin_that_left_the_space_does_not_keep_its_old_values(star):
    analyze(star, percentile=90)
    star.write("MATCH (c:Coin {id: 'm/lone'})-[:HAS_SIDE]->(s) REMOVE s.source_pixels")
    analyze(star, percentile=90)
    assert "lone" not in values(star, "pagerank")
