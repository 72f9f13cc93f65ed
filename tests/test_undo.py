"""An ingest remembers its options, asks before it removes, and can be taken back."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tiny_pictures import picture, pictures

from errors import Progress, listening
from graph import pending, store, undo
from graph.connection import Database
from graph.ingest_options import TableGone
from graph.runs import step
from graph.store import Stored, TakenIds, WouldRemove
from graph.types import opinion, write_opinions
from graph.undo import NothingToUndo
from ingest.records import CoinRecord, Reading, ReadOptions
from ingest.sheets import UnreadableMetadata
from pipeline.ingest import ingest as ingest_step
from pipeline.ingest import remove_collection, undo_ingest

EVERYTHING = """
MATCH (n) WHERE NOT (n:Coingraph OR n:Run OR n:Undo OR n:UndoPart OR n:FormerCoin OR n:FormerSide)
RETURN labels(n) AS labels, properties(n) AS properties,
       COLLECT {
         MATCH (n)-[r]->(m) RETURN type(r) + ' ' + coalesce(m.id, m.name) + ' ' + coalesce(r.source, '')
       } AS out
"""
VECTORS = "MATCH (s:Side) WHERE s.vector_x IS NOT NULL RETURN s.id AS id, s.vector_x AS vector, s.source_x AS source"
PARKED = "MATCH (n:FormerCoin|FormerSide) RETURN count(n) AS parked"


@pytest.fixture
def graph(server: Database) -> Iterator[Database]:
    """The server with no node in it; constraints and indexes stay."""
    server.run_alone("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS")
    yield server


@pytest.fixture
def tray(tmp_path: Path) -> Path:
    """Three coins in two folders, and a table that knows their motifs."""
    folder = tmp_path / "tray"
    pictures(folder, *(f"{place}_{side}.png" for place in ("east/T1", "east/T2", "west/T3") for side in ("obv", "rev")))
    (folder / "finds.csv").write_text("no,motif,mint,grams\nT1,boar,Trier,5.25\nT2,stag,Trier,5.5\nT3,boar,Metz,\n")
    return folder


def agreed(_: object) -> bool:
    return True


def ingest(db: Database, folder: Path, collection: str = "tray", **options: Any) -> Stored:
    return ingest_step(db, folder, collection, **{"confirm": agreed, **options}).stored


def everything(db: Database) -> set[str]:
    """The whole graph but runs and what is kept for an undo, in an order of its own."""
    return {repr((sorted(r["labels"]), sorted(r["properties"].items()), sorted(r["out"]))) for r in db.read(EVERYTHING)}


def types(db: Database) -> dict[str, list[str]]:
    """Source and name of the types of each coin."""
    rows = db.read("MATCH (c:Coin)-[t:OF_TYPE]->(y) RETURN c.name AS coin, t.source AS source, y.name AS type")
    return {row["coin"]: [row["source"], row["type"]] for row in rows}


def give_vectors(db: Database) -> None:
    """Each side a vector of its own, as `embed` and `link` leave it, and an edge between two."""
    db.write("""
        MATCH (s:Side) WITH s ORDER BY s.id WITH collect(s) AS sides UNWIND range(0, size(sides) - 1) AS i
        WITH sides[i] AS s, i SET s.vector_x = [i + 0.5, 1.0], s.source_x = s.sha256, s.linked_x = s.sha256""")
    db.write("""
        MATCH (a:Side {id: 'tray/T1/obverse'}), (b:Side {id: 'tray/T3/obverse'})
        CREATE (a)-[:SIMILAR {key: 'x|a|b', space: 'x'}]->(b)""")


def spoil(folder: Path) -> None:
    """What one does by mistake: a side gone, a coin gone, another table, another picture, a coin that is none."""
    (folder / "east" / "T2_rev.png").unlink()
    for side in ("obv", "rev"):
        (folder / "west" / f"T3_{side}.png").unlink()
    (folder / "finds.csv").write_text("no,motif,mint\nT1,,Lyon\nT2,hind,\n")
    picture(folder / "east" / "T1_obv.png", content="a label")
    pictures(folder, "east/scale_obv.png")


@pytest.mark.long
def test_an_option_that_is_not_given_is_that_of_the_last_time(graph: Database, tray: Path):
    ingest(graph, tray, metadata=tray / "finds.csv", type_column="motif")
    heard: list[Progress] = []
    with listening(heard.append):
        assert ingest(graph, tray) == Stored(unchanged_coins=3)
    assert types(graph)["T2"] == ["table", "stag"]
    assert "as last time: --metadata finds.csv, --type motif (--forget lets go of it)" in [one.said for one in heard]


def test_an_option_that_is_given_counts_and_is_remembered(graph: Database, tray: Path):
    ingest(graph, tray, type_column="motif")
    ingest(graph, tray, type_column="mint")
    assert ingest(graph, tray) == Stored(unchanged_coins=3)
    assert types(graph)["T3"] == ["table", "Metz"]


def test_options_given_whole_are_all_that_counts(graph: Database, tray: Path):
    ingest(graph, tray, type_column="motif")
    with pytest.raises(WouldRemove, match=r"the type of 3 coins \(T1: boar, T2: stag, T3: boar\)"):
        ingest(graph, tray, options=ReadOptions(), confirm=None)
    ingest(graph, tray, options=ReadOptions())
    assert types(graph)["T2"] == ["folder", "east"]
    assert ingest(graph, tray) == Stored(unchanged_coins=3)


def test_a_failed_ingest_is_not_remembered(graph: Database, tray: Path):
    ingest(graph, tray, type_column="motif")
    with pytest.raises(UnreadableMetadata):
        ingest(graph, tray, type_column="emblem")
    assert ingest(graph, tray) == Stored(unchanged_coins=3)


def test_a_table_that_moved_with_its_folder_is_found(graph: Database, tray: Path):
    (tray / "more.csv").write_text("no\nT1\n")
    ingest(graph, tray, metadata=tray / "finds.csv")
    moved = tray.rename(tray.with_name("archive"))
    assert ingest(graph, moved).updated_sides == 6
    assert graph.read("MATCH (c:Coin {name: 'T2'}) RETURN c.grams AS grams") == [{"grams": 5.5}]


def test_another_folder_of_the_collection_is_read_with_the_table_of_the_first(graph: Database, tray: Path):
    (tray / "finds.csv").write_text("no,motif\nT1,boar\nT2,stag\nT3,boar\nT8,crane\n")
    ingest(graph, tray, metadata=tray / "finds.csv", type_column="motif")
    ingest(graph, pictures(tray.with_name("drawer"), "T8_obv.png", "T8_rev.png"))
    assert types(graph)["T8"] == ["table", "crane"]


def test_a_table_that_is_gone_ends_with_what_to_do(graph: Database, tray: Path, tmp_path: Path):
    table = (tray / "finds.csv").rename(tmp_path / "finds.csv")
    ingest(graph, tray, metadata=table)
    table.unlink()
    with pytest.raises(TableGone, match=r"finds\.csv, which is gone: name another by --metadata.*--forget"):
        ingest(graph, tray)


def test_collections_that_a_column_made_are_remembered_under_the_name_that_was_asked_for(graph: Database, tray: Path):
    (tray / "finds.csv").write_text("no,house\nT1,Trier\nT2,Trier\nT3,Metz\n")
    ingest(graph, tray, collection="loans", collection_column="house")
    assert ingest(graph, tray, collection="loans") == Stored(unchanged_coins=3)


def test_coins_that_come_another_way_leave_the_options_and_can_be_taken_back(graph: Database, tray: Path):
    ingest(graph, tray, type_column="motif")
    before = everything(graph)
    with step(graph, "spaces import") as run:
        store.store_reading(graph, Reading(tray, [CoinRecord("tray", "T9", {})], collection="tray"), run)
    assert ingest(graph, tray) == Stored(unchanged_coins=3, missing_coins=1)
    undo_ingest(graph, "tray")
    assert everything(graph) == before


def test_another_way_to_pair_takes_the_place_of_the_last_one(graph: Database, tmp_path: Path):
    folder = pictures(tmp_path / "scans", "T1_1.png", "T1_2.png")
    ingest(graph, folder, pattern=r"(?P<coin>T\d)_(?P<side>1|2)")
    assert "numbered" in kept(graph, folder, numbered=True)
    assert "pattern" not in kept(graph, folder, numbered=True)


def kept(db: Database, folder: Path, **asked: Any) -> str:
    ingest(db, folder, **asked)
    return str(db.read("MATCH (k:Collection) RETURN k.options AS options")[0]["options"])


def test_values_and_columns_are_not_removed_unasked(graph: Database, tray: Path):
    ingest(graph, tray, type_column="motif")
    before = everything(graph)
    (tray / "finds.csv").write_text("no,motif,mint\nT1,boar,Trier\nT2,stag,\nT3,boar,Metz\n")
    with pytest.raises(WouldRemove) as error:
        ingest(graph, tray, confirm=None)
    assert str(error.value.removals) == "column grams of 2 coins (T1: 5.25, T2: 5.5), column mint of 1 coin (T2: Trier)"
    assert everything(graph) == before


def test_a_type_that_becomes_another_is_no_removal_but_is_counted(graph: Database, tray: Path):
    ingest(graph, tray, type_column="motif")
    (tray / "finds.csv").write_text("no,motif,mint,grams\nT1,bear,Trier,5.25\nT2,stag,Bonn,5.5\nT3,boar,Metz,4\n")
    stored = ingest(graph, tray, confirm=None)
    assert (stored.updated_coins, stored.other_types, stored.other_values) == (3, 1, 2)


def test_a_folder_does_not_take_the_place_of_a_table_unasked(graph: Database, tray: Path):
    ingest(graph, tray, type_column="motif")
    (tray / "finds.csv").write_text("no,motif,mint,grams\nT1,boar,Trier,5.25\nT2,,Trier,5.5\nT3,boar,Metz,\n")
    with pytest.raises(WouldRemove, match=r"the type of 1 coin \(T2: stag\)"):
        ingest(graph, tray, confirm=None)


def test_without_a_table_a_folder_does_not_stand_beside_what_the_table_said(graph: Database, tray: Path):
    ingest(graph, tray, type_column="motif")
    (tray / "finds.csv").unlink()
    assert ingest(graph, tray, confirm=None) == Stored(unchanged_coins=3)


def test_pruned_coins_and_sides_are_named_before(graph: Database, tray: Path):
    ingest(graph, tray)
    spoil(tray)
    (tray / "finds.csv").unlink()
    with pytest.raises(WouldRemove, match=r"1 side \(tray/T2/reverse\), 1 coin \(tray/T3\)"):
        ingest(graph, tray, prune=True, confirm=None)


def test_coins_that_are_not_in_the_folder_are_counted(graph: Database, tray: Path):
    ingest(graph, tray)
    for side in ("obv", "rev"):
        (tray / "west" / f"T3_{side}.png").unlink()
    assert ingest(graph, tray).missing_coins == 1


def test_coins_of_another_collection_are_not_taken(graph: Database, tray: Path):
    ingest(graph, tray, collection="a/b")
    before = everything(graph)
    with pytest.raises(TakenIds, match="is a coin of a/b already"):
        ingest(graph, tray, collection="a%2Fb")
    assert everything(graph) == before


def test_a_mint_with_coordinates_stays_when_no_coin_is_struck_there_any_more(graph: Database, tray: Path):
    ingest(graph, tray)
    graph.write("MATCH (m:Mint {name: 'Metz'}) SET m.latitude = 49.12")
    (tray / "finds.csv").write_text("no,motif,mint,grams\nT1,boar,Bonn,5.25\nT2,stag,Bonn,5.5\nT3,boar,Bonn,\n")
    ingest(graph, tray)
    assert [row["mint"] for row in graph.read("MATCH (m:Mint) RETURN m.name AS mint ORDER BY mint")] == ["Bonn", "Metz"]


@pytest.fixture(params=["at once", "in parts"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few changes are made in one transaction; many are decided first and then made in parts."""
    if request.param == "in parts":
        monkeypatch.setattr(undo, "MOST_AT_ONCE", 0)


@pytest.mark.usefixtures("either_way")
def test_undo_brings_everything_back_but_the_edges_of_what_was_gone(graph: Database, tray: Path):
    ingest(graph, tray, type_column="motif")
    give_vectors(graph)
    before, vectors = everything(graph), graph.read(VECTORS)
    spoil(tray)
    ingest(graph, tray, prune=True, type_column="mint")
    after = everything(graph)
    done = undo_ingest(graph, "tray")
    assert (done.went, done.came, done.changed, done.sides_came, done.pictures) == (1, 1, 2, 1, 1)
    assert graph.read(VECTORS) == vectors
    graph.write("MATCH (s:Side) SET s.linked_x = s.sha256")
    graph.write("""
        MATCH (a:Side {id: 'tray/T1/obverse'}), (b:Side {id: 'tray/T3/obverse'})
        CREATE (a)-[:SIMILAR {key: 'x|a|b', space: 'x'}]->(b)""")
    assert everything(graph) == before
    undo_ingest(graph, "tray")
    assert everything(graph) == after


def test_sides_that_come_back_are_linked_anew(graph: Database, tray: Path):
    ingest(graph, tray)
    give_vectors(graph)
    spoil(tray)
    ingest(graph, tray, prune=True)
    undo_ingest(graph, "tray")
    rows = graph.read("MATCH (s:Side) WHERE s.linked_x IS NULL RETURN s.id AS id ORDER BY id")
    assert [row["id"] for row in rows] == ["tray/T2/reverse", "tray/T3/obverse", "tray/T3/reverse"]


@pytest.mark.usefixtures("either_way")
def test_undo_of_the_first_ingest_removes_the_collection(graph: Database, tray: Path):
    ingest(graph, tray)
    undo_ingest(graph, "tray")
    assert everything(graph) == set()


@pytest.mark.usefixtures("either_way")
def test_the_right_ingest_after_a_wrong_one_needs_no_new_vectors(graph: Database, tray: Path):
    ingest(graph, tray)
    give_vectors(graph)
    vectors = graph.read(VECTORS)
    undo_ingest(graph, "tray")
    (tray / "finds.csv").write_text("no,motif\nT1,boar\nT2,stag\nT3,bear\n")
    assert ingest(graph, tray, type_column="motif").new_coins == 3
    assert graph.read(VECTORS) == vectors
    assert graph.read("MATCH (c:Coin {name: 'T1'}) RETURN c.grams AS grams, c.columns AS columns") == [
        {"grams": None, "columns": ["motif", "number"]}
    ]
    assert graph.read(PARKED) == [{"parked": 0}]


def test_what_a_person_said_of_a_coin_outlives_its_absence(graph: Database, tray: Path):
    ingest(graph, tray)
    write_opinions(graph, [opinion("tray/T3", "person", "wolf", by="A.", at=datetime(2026, 1, 2, tzinfo=UTC))])
    spoil(tray)
    ingest(graph, tray, prune=True)
    assert "T3" not in types(graph)
    pictures(tray, "west/T3_obv.png", "west/T3_rev.png")
    ingest(graph, tray)
    assert types(graph)["T3"] == ["person", "wolf"]
    assert graph.read("MATCH (:Coin {name: 'T3'})-[o:OF_TYPE]->() RETURN o.at.year AS year, o.by AS by") == [
        {"year": 2026, "by": "A."}
    ]


def test_an_ingest_that_changes_nothing_leaves_the_undo_of_the_one_before(graph: Database, tray: Path):
    ingest(graph, tray)
    before = everything(graph)
    pictures(tray, "west/T4_obv.png")
    ingest(graph, tray)
    ingest(graph, tray)
    undo_ingest(graph, "tray")
    assert {row["n"] for row in graph.read("MATCH (c:Coin) RETURN c.name AS n")} == {"T1", "T2", "T3"}
    assert len(everything(graph)) == len(before)


def test_only_the_last_ingest_is_kept(graph: Database, tray: Path):
    ingest(graph, tray)
    spoil(tray)
    ingest(graph, tray, prune=True)
    pictures(tray, "west/T5_obv.png")
    ingest(graph, tray)
    assert graph.read(PARKED) == [{"parked": 0}]
    assert graph.read("MATCH (u:Undo) RETURN count(u) AS kept") == [{"kept": 1}]


def test_without_an_ingest_there_is_nothing_to_undo(graph: Database, tray: Path):
    ingest(graph, tray)
    remove_collection(graph, "tray")
    with pytest.raises(NothingToUndo, match="no ingest into 'tray' is kept"):
        undo_ingest(graph, "tray")


def test_a_collection_whose_first_ingest_was_undone_can_be_removed_for_good(graph: Database, tray: Path):
    ingest(graph, tray)
    undo_ingest(graph, "tray")
    remove_collection(graph, "tray")
    assert graph.read("MATCH (n) WHERE NOT (n:Run OR n:Coingraph) RETURN count(n) AS nodes") == [{"nodes": 0}]


class Stop(BaseException):
    """Stands for whatever ends a program in the middle."""


def stop(*_: object, **__: object) -> None:
    raise Stop


@pytest.mark.long
def test_an_ingest_stopped_among_its_new_coins_is_gone_on_with_and_taken_back_whole(
    graph: Database, tray: Path, monkeypatch: pytest.MonkeyPatch
):
    ingest(graph, tray)
    before = everything(graph)
    spoil(tray)
    with monkeypatch.context() as patch:
        patch.setattr(undo, "MOST_AT_ONCE", 0)
        patch.setattr(store, "decide", stop)
        with pytest.raises(Stop):
            ingest(graph, tray, prune=True)
    assert before < everything(graph)
    assert ingest(graph, tray, prune=True).new_coins == 0
    undo_ingest(graph, "tray")
    assert everything(graph) == before


@pytest.fixture
def decided(graph: Database, tray: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Every change is decided first, and then the program ends."""
    ingest(graph, tray)
    with monkeypatch.context() as patch:
        patch.setattr(undo, "MOST_AT_ONCE", 0)
        for module in (store, undo):
            patch.setattr(module, "finish", stop)
        yield tray


def test_an_ingest_that_was_decided_is_done_by_the_next_command(graph: Database, decided: Path):
    spoil(decided)
    with pytest.raises(Stop):
        ingest(graph, decided, prune=True)
    assert pending.finish(graph) == ["ingest"]
    assert ingest(graph, decided, prune=True) == Stored(unchanged_coins=3)


def test_a_removal_that_was_decided_is_done_by_the_next_command(graph: Database, decided: Path):
    with pytest.raises(Stop):
        remove_collection(graph, "tray")
    assert pending.finish(graph) == ["collections remove"]
    assert everything(graph) == set()


def test_an_undo_that_was_decided_is_done_once_by_the_next_command(graph: Database, decided: Path):
    with pytest.raises(Stop):
        undo_ingest(graph, "tray")
    graph.write("MATCH (p:Pending) CREATE (:Pending {id: 'again', what: p.what, facts: p.facts, decided: p.decided})")
    assert pending.finish(graph) == ["collections undo"] * 2
    assert everything(graph) == set()
