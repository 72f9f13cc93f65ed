"""One coin by hand: it is found like any other, and stays when its collection is ingested again."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from tiny_pictures import picture, pictures

from cli import main
from coingraph import Graph
from graph.connection import Database
from graph.scope import NoCollection
from graph.types import labels
from pipeline.add import KnownPhotograph, TakenName

COIN = """
MATCH (c:Coin {id: 't/N1'})
RETURN c.weight AS weight, c.by_hand AS by_hand, [(c)-[:STRUCK_AT]->(m) | m.name] AS mint,
       COUNT { (c)-[:HAS_SIDE]->(s) WHERE s['source_test_pixels'] = s.sha256 } AS embedded,
       COUNT { (c)-[:RELATED]-() } AS related
"""


@pytest.fixture
def graph(db: Database, tmp_path: Path) -> Graph:
    """Three coins of two types, embedded by a model of no weight and linked."""
    folder = tmp_path / "tray"
    pictures(folder, *(f"T{n}_{side}.png" for n in (1, 2, 3) for side in ("obv", "rev")))
    (folder / "coins.csv").write_text("id,type,mint\nT1,boar,Trier\nT2,boar,Trier\nT3,horse,Metz\n")
    graph = Graph(db)
    graph.ingest(folder, "t")
    graph.embed(space="test-pixels")
    graph.link()
    return graph


def test_a_coin_is_added_embedded_linked_and_stays(graph: Graph, tmp_path: Path) -> None:
    front, back = (picture(tmp_path / "new" / f"N1_{side}.png") for side in ("obv", "rev"))
    done = graph.add(front, back, collection="t", fields={"Weight": "3,4", "mint": "Trier"})
    assert (done.coin, done.space) == ("t/N1", "test-pixels") and done.likeliest in ("boar", "horse", None)
    assert {hit.coin for hit in done.relatives} == {"t/T1", "t/T2", "t/T3"}
    expected = {"weight": 3.4, "by_hand": True, "mint": ["Trier"], "embedded": 2, "related": 3}
    assert graph.db.read(COIN) == [expected]
    graph.ingest(tmp_path / "tray", "t", prune=True)
    assert graph.db.read(COIN) == [expected]
    (tmp_path / "tray" / "T3_obv.png").unlink()
    (tmp_path / "tray" / "T3_rev.png").unlink()
    graph.ingest(tmp_path / "tray", "t", prune=True, confirm=lambda _: True)
    assert {row["coin"] for row in graph.db.read("MATCH (c:Coin) RETURN c.id AS coin")} == {"t/T1", "t/T2", "t/N1"}


@pytest.mark.long
def test_what_the_folder_says_of_it_later_is_added(graph: Graph, tmp_path: Path) -> None:
    front = picture(tmp_path / "tray" / "N1_obv.png")
    graph.add(front, collection="t", type="boar", fields={"weight": "3.4"}, author="M. R.")
    (tmp_path / "tray" / "coins.csv").write_text(
        "id,type,mint,diameter\nT1,boar,Trier,18\nT2,boar,Trier,18\nT3,horse,Metz,18\nN1,horse,Metz,19\n"
    )
    graph.ingest(tmp_path / "tray", "t", prune=True)
    (row,) = graph.db.read(COIN)
    assert (row["weight"], row["mint"]) == (3.4, ["Metz"]) and labels(graph.db)["t/N1"] == "boar"


@pytest.mark.long
def test_what_is_there_already_is_not_added(graph: Graph, tmp_path: Path) -> None:
    with pytest.raises(KnownPhotograph, match=r"T1_obv.png is the obverse of t/T1 already"):
        graph.add(tmp_path / "tray" / "T1_obv.png", collection="t")
    new = picture(tmp_path / "new.png")
    with pytest.raises(TakenName, match="t has a coin T1 already"):
        graph.add(new, collection="t", name="T1")
    with pytest.raises(NoCollection):
        graph.add(new, collection="u")


@pytest.mark.long
def test_the_command_line_shows_the_relatives(graph: Graph, tmp_path: Path) -> None:
    new = picture(tmp_path / "new.png")
    done = CliRunner().invoke(main, ["add", str(new), "--collection", "t", "--type", "wheel", "--field", "weight=3.4"])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("coin\ttype\t") and "\nt/T1\t" in done.stdout
    wrong = CliRunner().invoke(main, ["add", str(new), "--collection", "t", "--field", "weight"])
    assert wrong.exit_code == 2 and "COLUMN=VALUE" in wrong.output
