"""The network as files: read back by networkx and pandas, with every character and every number."""

import math
from pathlib import Path

import networkx as nx
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from small_graph import write_graph

from cli import main
from graph.connection import Database
from graph.network import Column, Edge, Node
from pipeline.export import write_csv, write_graphml

AWKWARD = 'A & "B" <i>\n2nd line;, \x0b\u0001 Süddeutsche\t\U0001fa99'
READABLE = AWKWARD.replace("\x0b", "\ufffd").replace("\u0001", "\ufffd")

DESCRIBE = """
MATCH (a:Coin {id: 'm/a'}), (b:Coin {id: 'm/b'}), (c:Coin {id: 'm/c'})
SET a += {columns: ['weight', 'note', 'year', 'genuine', 'mixed'], weight: 1.5, note: $note, year: -120, genuine: true,
          mixed: 3},
    b += {columns: ['weight', 'mixed'], weight: 2, mixed: 'three'}, c.columns = ['mint'], c.mint = '?'
MERGE (k:Collection {name: 'm'})
MERGE (a)-[:IN_COLLECTION]->(k)
MERGE (a)-[:STRUCK_AT]->(:Mint {name: 'Manching'})
MERGE (a)-[:ATTRIBUTED_TO {source: 'folder'}]->(:CoinType {name: 'Cross'})
MERGE (a)-[:OF_TYPE]->(:CoinType {name: 'Wheel'})
MERGE (b)-[:PROPOSED_TYPE]->(:CoinType {name: 'Guess'})
"""


@pytest.fixture
def described(db: Database) -> Database:
    """Four coins, of which three are joined; one knows much, one a little, and one has no edge."""
    write_graph(db, ["m/a", "m/b", "m/c", "m/d"], [("m/a", "m/b", 99.0), ("m/b", "m/c", 90.0)])
    db.write(DESCRIBE, note=AWKWARD)
    return db


def coingraph(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_networkx_reads_what_the_graph_holds(described: Database, tmp_path: Path) -> None:
    assert coingraph("analyze", "--percentile", "0").exit_code == 0
    result = coingraph("export", "graph", tmp_path / "coins.graphml")
    assert result.exit_code == 0, result.output
    assert "4 coins, 2 edges, communities of pixels/both/leiden/p0-g1-seed1" in result.stdout
    graph = nx.read_graphml(tmp_path / "coins.graphml")
    coin = graph.nodes["m/a"]
    assert coin["note"] == READABLE
    assert (coin["label"], coin["collection"], coin["type"], coin["mint"]) == ("m/a", "m", "Wheel", "Manching")
    assert (coin["metadata_weight"], coin["year"], coin["genuine"], coin["mixed"]) == (1.5, -120, True, "3")
    assert graph.nodes["m/b"]["metadata_weight"] == 2 and "type" not in graph.nodes["m/b"]
    assert graph.nodes["m/c"]["mint"] == "?"
    assert {graph.nodes[f"m/{name}"].get("community") for name in "abc"} == {1}
    assert "community" not in graph.nodes["m/d"] and graph.nodes["m/d"]["pagerank"] == pytest.approx(0.15)
    assert {(a, b): edge["score"] for a, b, edge in graph.edges(data=True)} == {
        ("m/a", "m/b"): 99.0,
        ("m/b", "m/c"): 90.0,
    }
    assert graph.edges["m/a", "m/b"]["weight"] == pytest.approx(2.0)


def test_pandas_reads_the_two_tables(described: Database, tmp_path: Path) -> None:
    result = coingraph("export", "graph", tmp_path / "tables", "--csv")
    assert result.exit_code == 0 and "no communities" in result.stdout
    nodes = pd.read_csv(tmp_path / "tables" / "nodes.csv").set_index("Id")
    edges = pd.read_csv(tmp_path / "tables" / "edges.csv")
    assert list(nodes.index) == ["m/a", "m/b", "m/c", "m/d"]
    assert nodes.loc["m/a", "note"] == AWKWARD and nodes.loc["m/b", "metadata_weight"] == 2
    assert list(edges.columns[:4]) == ["Source", "Target", "Type", "Weight"]
    assert edges["Weight"].tolist() == pytest.approx([2.0, 1.0])
    graph = nx.from_pandas_edgelist(edges, "Source", "Target", edge_attr=True)
    assert graph.edges["m/c", "m/b"]["score"] == 90.0


@pytest.mark.long
def test_the_network_of_one_face_joins_coins(described: Database, tmp_path: Path) -> None:
    coingraph("analyze", "--face", "reverse", "--algorithm", "wcc", "--percentile", "95")
    result = coingraph("export", "graph", tmp_path / "coins.graphml", "--space", "pixels", "--face", "reverse")
    assert result.exit_code == 0, result.output
    graph = nx.read_graphml(tmp_path / "coins.graphml")
    assert set(graph.edges) == {("m/a", "m/b"), ("m/b", "m/c")}
    assert graph.edges["m/a", "m/b"]["percentile"] == 99.0
    assert [graph.nodes[coin].get("community") for coin in graph] == [1, 1, None, None]
    assert "no SIMILAR edges" in coingraph("export", "graph", tmp_path / "o.graphml", "--face", "obverse").stderr
    assert not (tmp_path / "o.graphml").exists()


def test_the_same_graph_gives_the_same_file(described: Database, tmp_path: Path) -> None:
    for name in ("one", "two"):
        coingraph("export", "graph", tmp_path / f"{name}.graphml")
    assert (tmp_path / "one.graphml").read_bytes() == (tmp_path / "two.graphml").read_bytes()


@pytest.mark.parametrize(("out", "more"), [("coins.gexf", []), ("folder", []), ("coins.graphml", ["--csv"])])
def test_where_it_cannot_go(tmp_path: Path, out: str, more: list[str]) -> None:
    assert coingraph("export", "graph", tmp_path / out, *more).exit_code == 2


def test_numbers_that_are_none(tmp_path: Path) -> None:
    """An eigenvector that did not converge is not a number; XML and tables each have their word for it."""
    nodes = [Node("a", "a", [math.nan]), Node("b", "b", [None])]
    columns, edges = [Column("eigenvector", "double")], [Edge("a", "b", 1.0, [])]
    write_graphml(tmp_path / "g.graphml", nodes, columns, edges, [])
    write_csv(tmp_path, nodes, columns, edges, [])
    graph = nx.read_graphml(tmp_path / "g.graphml")
    assert math.isnan(graph.nodes["a"]["eigenvector"]) and "eigenvector" not in graph.nodes["b"]
    assert pd.read_csv(tmp_path / "nodes.csv")["eigenvector"].isna().all()


def test_a_broken_off_export_leaves_the_former_file(tmp_path: Path) -> None:
    def broken():
        yield Node("a", "a", [])
        raise KeyboardInterrupt

    path = tmp_path / "g.graphml"
    path.write_text("former")
    with pytest.raises(KeyboardInterrupt):
        write_graphml(path, broken(), [], [], [])
    assert [file.name for file in tmp_path.iterdir()] == ["g.graphml"] and path.read_text() == "former"
