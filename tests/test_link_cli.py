"""`coingraph link` as a person types it."""

import json

import pytest
from click.testing import CliRunner, Result
from linked_graph import add_coins

from cli import main
from graph.connection import Database
from pipeline import similar


def coingraph(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["link", *arguments])


@pytest.fixture
def coins(db: Database) -> Database:
    add_coins(db, [f"{number:02}" for number in range(30)])
    return db


def rows(*arguments: str) -> dict[str, dict]:
    result = coingraph(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return {row["edges"]: row for row in json.loads(result.stdout)}


@pytest.mark.long
def test_it_tells_what_it_wrote(coins):
    found = rows("--top", "3")
    assert found["SIMILAR obverse"]["pairs compared"] == 30 * 29 // 2
    assert found["SIMILAR obverse"]["written"] == found["SIMILAR obverse"]["total"] > 45
    assert found["RELATED"]["written"] >= found["SIMILAR reverse"]["written"]


def test_a_table_for_people(coins):
    result = coingraph("--space", "pixels")
    assert result.exit_code == 0
    assert "SIMILAR reverse" in result.stdout


def test_a_second_link_says_that_nothing_is_new(coins):
    assert "nothing new" not in coingraph().stderr
    assert "nothing new" in coingraph().stderr


def test_all_pairs_above_a_percentile(coins):
    found = rows("--top", "all", "--percentile", "90")
    assert found["SIMILAR obverse"]["total"] == pytest.approx(0.1 * 30 * 29 / 2, abs=2)


@pytest.mark.long
def test_every_method(coins):
    totals = {method: rows("--method", method)["SIMILAR obverse"]["total"] for method in ("gds", "blocked", "auto")}
    assert len(set(totals.values())) == 1
    assert rows("--method", "knn")["SIMILAR obverse"]["method"] == "knn"


def test_an_unknown_space(coins):
    result = coingraph("--space", "nonsense")
    assert result.exit_code == 1
    assert "nonsense" in result.stderr and "pixels" in result.stderr


@pytest.mark.usefixtures("db")
def test_nothing_embedded_yet():
    result = coingraph()
    assert result.exit_code == 1
    assert "coingraph embed" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--top", "many"],
        ["--top", "0"],
        ["--threshold", "2"],
        ["--threshold", "0.5", "--percentile", "99"],
        ["--method", "knn", "--top", "all"],
    ],
    ids=" ".join,
)
def test_wrong_usage(arguments):
    result = coingraph(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ") and "link -h\n" in result.stderr


def test_too_many_edges(coins, monkeypatch):
    monkeypatch.setattr(similar, "MOST_EDGES", 10)
    monkeypatch.setattr(similar, "USUAL_TOP", 2)
    result = coingraph("--top", "all")
    assert result.exit_code == 1
    assert "435 edges" in result.stderr and "--threshold" in result.stderr
