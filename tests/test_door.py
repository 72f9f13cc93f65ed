"""coingraph as a library: the door, as a notebook would use it."""

import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from coded_hoard import CodedHoard

import coingraph
import commands.options
import pipeline
from graph.lock import _path
from graph.server.home import Home
from queries.header import BadParameter

ROOT = Path(__file__).parent.parent


@pytest.fixture
def graph(coded: CodedHoard) -> coingraph.Graph:
    return coingraph.Graph(coded.db)


@pytest.mark.long
def test_hits_say_how_like_a_coin_is_and_where_its_pictures_are(graph: coingraph.Graph, coded: CodedHoard) -> None:
    one, other = sorted(coded.planted("double"))
    hit = graph.find(one, space="dies", top=3)[0]
    assert isinstance(hit, coingraph.Hit) and hit.coin == other
    assert set(hit.pictures) == set(hit.faces) == {"obverse", "reverse"}


def test_a_query_gives_rows_a_table_and_its_nodes_and_edges(graph: coingraph.Graph) -> None:
    result = graph.query("doubles", space="dies")
    assert list(result.pandas()["coin"]) == [row["coin"] for row in result.rows]
    coins = {node["properties"]["id"] for node in result.nodes if "Coin" in node["labels"]}
    assert {row["coin"] for row in result.rows} <= coins
    ids = {node["id"] for node in result.nodes}
    assert result.edges and all(edge["start"] in ids and edge["end"] in ids for edge in result.edges)
    assert not any(name.startswith("vector_") for node in result.nodes for name in node["properties"])


def test_cypher_of_ones_own_only_reads(graph: coingraph.Graph) -> None:
    assert graph.cypher("MATCH (c:Coin) RETURN count(c) > $least AS many", least=1).rows == [{"many": True}]
    with pytest.raises(coingraph.CoingraphError, match="only reads"):
        graph.cypher("MATCH (c:Coin) DETACH DELETE c")
    with pytest.raises(BadParameter):
        graph.query("doubles", no_such_value=1)


def test_coins_are_arrays(graph: coingraph.Graph) -> None:
    coins = graph.coins("dies", edges=0)
    assert coins.coins == sorted(coins.coins)
    assert all(matrix.shape[0] == len(coins) for matrix in coins.faces.values())
    assert all(matrix.dtype == np.float32 for matrix in coins.faces.values())
    assert len(coins.labels["type"]) == len(coins)


def test_a_step_reports_its_progress_and_prints_nothing(coded: CodedHoard, capsys: pytest.CaptureFixture[str]) -> None:
    heard: list[coingraph.Progress] = []
    graph = coingraph.Graph(coded.db, progress=heard.append)
    graph.sweep(space="dies", steps=2)
    assert heard and capsys.readouterr() == ("", "")


STEPS = [module.name for module in pkgutil.iter_modules(pipeline.__path__)]


@pytest.mark.parametrize("name", [name for name in STEPS if hasattr(import_module(f"pipeline.{name}"), name)])
def test_the_step_of_a_module_is_a_method_with_the_same_arguments(name: str) -> None:
    assert getattr(coingraph.Graph, name).__wrapped__ is getattr(import_module(f"pipeline.{name}"), name)


def test_commands_name_the_default_space_as_the_door_does() -> None:
    assert commands.options.DEFAULT_SPACE == coingraph.DEFAULT_SPACE


def test_two_homes_have_a_lock_and_caches_each(tmp_path: Path) -> None:
    from graph.address import in_home

    with in_home(tmp_path / "one"):
        one = _path(), Home.from_environment()
        with in_home(tmp_path / "two"):
            two = _path(), Home.from_environment()
        assert (_path(), Home.from_environment()) == one
    assert one[0].parent == one[1].path == tmp_path / "one"
    assert two[0].parent == two[1].path == tmp_path / "two"


@pytest.mark.long
def test_importing_the_door_is_all_a_program_needs(tmp_path: Path) -> None:
    program = "import coingraph; assert coingraph.status().running is False; print(*sorted(coingraph.__all__))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"COINGRAPH_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert {"CoinSet", "Graph", "Hit", "Result"} <= set(done.stdout.split())
