"""A reading becomes a graph; again, it changes nothing; what changed is brought up to date."""

from pathlib import Path
from typing import Any

import pytest
from tiny_pictures import picture, pictures

from graph.connection import Database
from graph.runs import step
from graph.scope import NoCollection
from graph.store import Stored, find_collection, list_collections, remove_collection, store_reading
from graph.types import derive, opinion, write_opinions
from ingest.read import read_collection

EVERYTHING = """
MATCH (n) WHERE NOT n:Run
RETURN labels(n) AS labels, properties(n) AS properties,
       COLLECT {
         MATCH (n)-[r]->(m) RETURN type(r) + ' ' + coalesce(m.id, m.name) + ' ' + coalesce(r.source, '')
       } AS out
"""


def ingest(db: Database, folder: Path, collection: str = "museum", prune: bool = False, **options: Any) -> Stored:
    with step(db, "ingest") as run:
        return store_reading(db, read_collection(folder, collection, **options), run, prune)


def everything(db: Database) -> set[str]:
    """The whole graph but its runs, in an order of its own."""
    return {repr((sorted(r["labels"]), sorted(r["properties"].items()), sorted(r["out"]))) for r in db.read(EVERYTHING)}


def coin(db: Database, name: str) -> dict[str, Any]:
    """The properties of a coin of the collection `museum`."""
    return db.read("MATCH (c:Coin {id: 'museum/' + $name}) RETURN properties(c) AS coin", name=name)[0]["coin"]


def types(db: Database) -> list[list[str]]:
    return db.read("MATCH (:Coin)-[t:OF_TYPE]->(y) WITH * ORDER BY t.source RETURN collect([t.source, y.name]) AS t")[
        0
    ]["t"]


@pytest.fixture
def hoard(tmp_path: Path) -> Path:
    """Two coins, one with both sides, and a table."""
    folder = tmp_path / "hoard"
    (pictures(folder, "Boii/K9_a.png", "Boii/K9_r.png", "Boii/K10_a.png") / "coins.csv").write_text(
        "id,mint,weight,date\nK9,Roma,3.5,18 BC\nK10,Roma,4,\n"
    )
    return folder


def test_a_coin_hangs_on_its_collection_sides_type_and_mint(db: Database, hoard: Path):
    ingest(db, hoard)
    row = db.read("""
        MATCH (k:Collection)<-[:IN_COLLECTION]-(c:Coin {id: 'museum/K9'})-[:OF_TYPE {source: 'folder'}]->(t:CoinType),
              (a:Side:Obverse)<-[:HAS_SIDE]-(c)-[:HAS_SIDE]->(r:Side:Reverse), (c)-[:STRUCK_AT]->(m:Mint)
        RETURN k.name, c.name, t.name, a.id, a.name, r.id, m.name""")
    assert [list(values.values()) for values in row] == [
        ["museum", "K9", "Boii", "museum/K9/obverse", "K9 obverse", "museum/K9/reverse", "Roma"]
    ]


def test_metadata_stay_on_the_coin_typed_and_under_names_that_do_not_collide(db: Database, hoard: Path):
    ingest(db, hoard)
    properties = coin(db, "K9")
    assert properties.pop("run")
    assert properties == {
        "id": "museum/K9",
        "name": "K9",
        "catalogue_id": "K9",
        "weight": 3.5,
        "date": "18 BC",
        "date_from": -18,
        "date_to": -18,
        "columns": ["catalogue_id", "date", "date_from", "date_to", "weight"],
    }


def test_a_side_knows_its_file(db: Database, hoard: Path):
    ingest(db, hoard)
    side = db.read("MATCH (s:Side {id: 'museum/K9/obverse'}) RETURN s.uri AS uri, s.width AS width, s.height AS height")
    assert side == [{"uri": (hoard / "Boii" / "K9_a.png").as_uri(), "width": 20, "height": 30}]


def test_the_same_again_changes_nothing_but_adds_its_run(db: Database, hoard: Path):
    first = ingest(db, hoard)
    before = everything(db)
    second = ingest(db, hoard)
    assert (first.new_coins, first.new_sides) == (2, 3)
    assert second == Stored(unchanged_coins=2)
    assert everything(db) == before
    assert db.read("MATCH (r:Run) RETURN count(r) AS runs") == [{"runs": 2}]


def test_the_run_says_what_it_wrote(db: Database, hoard: Path):
    ingest(db, hoard)
    run = db.read("MATCH (r:Run) RETURN r {.written_coins, .written_sides, .updated_coins, .removed_coins} AS run")
    assert run[0]["run"] == {"written_coins": 2, "written_sides": 3, "updated_coins": 0, "removed_coins": 0}
    assert db.read("MATCH (c:Coin), (r:Run {id: c.run}) RETURN count(*) AS coins") == [{"coins": 2}]


def test_a_changed_photograph_is_updated(db: Database, hoard: Path):
    ingest(db, hoard)
    old = db.read("MATCH (s:Side {id: 'museum/K9/obverse'}) RETURN s.sha256 AS sha256")
    picture(hoard / "Boii" / "K9_a.png", content="cleaned")
    stored = ingest(db, hoard)
    assert (stored.updated_coins, stored.updated_sides, stored.unchanged_coins) == (1, 1, 1)
    assert db.read("MATCH (s:Side {id: 'museum/K9/obverse'}) RETURN s.sha256 AS sha256") != old


def test_changed_metadata_are_updated_and_vanished_columns_removed(db: Database, hoard: Path):
    ingest(db, hoard)
    (hoard / "coins.csv").write_text("id,mint,diameter\nK9,Lugdunum,17\nK10,Roma,18\n")
    ingest(db, hoard)
    properties = coin(db, "K9")
    assert properties["diameter"] == 17
    assert not {"weight", "date", "date_from", "date_to"} & properties.keys()
    assert db.read("MATCH (:Coin {id: 'museum/K9'})-[:STRUCK_AT]->(m) RETURN m.name AS mint") == [{"mint": "Lugdunum"}]


def test_without_a_table_what_tables_said_before_stays(db: Database, hoard: Path):
    ingest(db, hoard)
    before = everything(db)
    (hoard / "coins.csv").unlink()
    assert ingest(db, hoard).updated_coins == 0
    assert everything(db) == before


def test_what_analysis_wrote_on_a_coin_stays(db: Database, hoard: Path):
    ingest(db, hoard)
    db.write("MATCH (c:Coin {id: 'museum/K9'}) SET c.pagerank_x = 1.5")
    (hoard / "coins.csv").write_text("id,mint\nK9,Lugdunum\n")
    ingest(db, hoard)
    assert coin(db, "K9")["pagerank_x"] == 1.5


def test_a_coin_survives_the_move_of_its_files_to_another_type(db: Database, hoard: Path):
    ingest(db, hoard)
    (hoard / "Boii").rename(hoard / "Vindelici")
    stored = ingest(db, hoard)
    assert (stored.new_coins, stored.updated_coins) == (0, 2)
    assert types(db) == [["folder", "Vindelici"]] * 2
    assert "Vindelici" in db.read("MATCH (s:Side) RETURN s.uri AS uri")[0]["uri"]


def test_a_type_of_the_table_replaces_that_of_the_folder(db: Database, hoard: Path):
    ingest(db, hoard)
    (hoard / "coins.csv").write_text("id,type\nK9,Horse\nK10,Horse\n")
    ingest(db, hoard)
    assert types(db) == [["table", "Horse"]] * 2


def test_types_by_persons_and_proposals_are_not_touched(db: Database, hoard: Path):
    ingest(db, hoard)
    write_opinions(db, [opinion("museum/K9", "person", "Horse")])
    derive(db)
    db.write("""
        MATCH (c:Coin {id: 'museum/K9'}), (t:CoinType {name: 'Horse'})
        CREATE (c)-[:PROPOSED_TYPE {probability: 0.9}]->(t)""")
    (hoard / "Boii").rename(hoard / "unknown")
    ingest(db, hoard, prune=True)
    assert types(db) == [["person", "Horse"]]
    assert db.read("MATCH (:Coin)-[p:PROPOSED_TYPE]->(t) RETURN p.probability AS p, t.name AS type") == [
        {"p": 0.9, "type": "Horse"}
    ]


def test_a_mint_that_is_not_known_is_no_mint(db: Database, hoard: Path):
    (hoard / "coins.csv").write_text("id,mint\nK9,unknown\nK10,Roma\n")
    ingest(db, hoard)
    assert db.read("MATCH (m:Mint) RETURN m.name AS mint") == [{"mint": "Roma"}]
    assert "mint" not in coin(db, "K9")


def test_what_is_gone_from_the_folder_stays_without_prune(db: Database, hoard: Path):
    ingest(db, hoard)
    for name in ("K10_a.png", "K9_r.png"):
        (hoard / "Boii" / name).unlink()
    before = everything(db)
    ingest(db, hoard)
    assert everything(db) == before


def test_prune_removes_what_is_gone_with_its_edges(db: Database, hoard: Path):
    (hoard / "coins.csv").write_text("id,mint\nK9,Roma\nK10,Lugdunum\n")
    ingest(db, hoard)
    db.write("""
        MATCH (a:Side {id: 'museum/K10/obverse'}), (b:Side {id: 'museum/K9/obverse'})
        CREATE (a)-[:SIMILAR {key: 'x|a|b'}]->(b)""")
    for name in ("K10_a.png", "K9_r.png"):
        (hoard / "Boii" / name).unlink()
    stored = ingest(db, hoard, prune=True)
    assert (stored.removed_coins, stored.removed_sides) == (1, 2)
    assert db.read("MATCH (c:Coin)-[:HAS_SIDE]->(s) RETURN s.id AS side") == [{"side": "museum/K9/obverse"}]
    assert db.read("MATCH ()-[e:SIMILAR]->() RETURN count(e) AS edges") == [{"edges": 0}]
    assert db.read("MATCH (m:Mint) RETURN m.name AS mint") == [{"mint": "Roma"}]
    removed = db.read("MATCH (r:Run) RETURN r.removed_coins AS coins, r.removed_names AS names ORDER BY r.started DESC")
    assert removed[0] == {"coins": 1, "names": ["museum/K10"]}


def test_prune_leaves_other_collections_alone(db: Database, hoard: Path, tmp_path: Path):
    ingest(db, hoard, collection="first")
    ingest(db, pictures(tmp_path / "other", "K1_o.png", "K1_r.png"), collection="second", prune=True)
    assert [(row["collection"], row["coins"]) for row in list_collections(db)] == [("first", 2), ("second", 1)]


NASTY = ["O'Brien", 'the "big" one', "}) DETACH DELETE n //", "Münze ß 5", "` + $x", "名前", "a%2Fb", "back\\slash"]


def test_names_hold_whatever_a_file_name_can(db: Database, tmp_path: Path):
    names = [name.replace("/", "") for name in NASTY]
    for name in names:
        pictures(tmp_path, f"{name}_obv.png", f"{name}_rev.png")
    ingest(db, tmp_path, collection='Museum / "A\'B"')
    stored = db.read("MATCH (c:Coin)-[:HAS_SIDE]->(s) WITH c, count(s) AS sides RETURN c.name AS name, sides")
    assert {row["name"]: row["sides"] for row in stored} == {name.strip(): 2 for name in names}


def test_values_hold_whatever_a_cell_can(db: Database, tmp_path: Path):
    pictures(tmp_path, *(f"K{n}_a.png" for n in range(len(NASTY))))
    rows = "".join(f'K{n};"{name.replace(chr(34), chr(34) * 2)}/{n}"\n' for n, name in enumerate(NASTY))
    (tmp_path / "coins.csv").write_text("id;mint\n" + rows)
    ingest(db, tmp_path)
    mints = {row["mint"] for row in db.read("MATCH (m:Mint) RETURN m.name AS mint")}
    assert mints == {f"{name}/{n}" for n, name in enumerate(NASTY)}


def test_a_slash_in_a_collections_name_does_not_mix_coins(db: Database, tmp_path: Path):
    ingest(db, pictures(tmp_path / "1", "B/1_o.png", "C/1_o.png"), collection="A")
    ingest(db, pictures(tmp_path / "2", "1_o.png"), collection="A/B")
    assert {row["id"] for row in db.read("MATCH (c:Coin) RETURN c.id AS id")} == {"A/B/1", "A/C/1", "A%2FB/1"}


def test_a_collection_that_got_no_coin_is_not_made(db: Database, hoard: Path):
    (hoard / "coins.csv").write_text("id,museum\nK9,Manching\nK10,Kelheim\n")
    ingest(db, hoard, collection_column="museum")
    assert [row["collection"] for row in list_collections(db)] == ["Kelheim", "Manching"]


def test_a_removed_collection_leaves_nothing_behind(db: Database, hoard: Path):
    ingest(db, hoard, collection="first")
    before = everything(db)
    ingest(db, hoard, collection="second")
    with step(db, "collections remove") as run:
        stored = remove_collection(db, "second", run)
    assert (stored.removed_coins, stored.removed_sides) == (2, 3)
    assert everything(db) == before


def test_an_unknown_collection_is_an_error_that_names_the_known_ones(db: Database, hoard: Path):
    ingest(db, hoard)
    with pytest.raises(NoCollection, match="no collection 'musem'; there is museum"):
        find_collection(db, "musem")
