"""`match` in the graph: records of pairs, their copies on edges, and what a later look costs."""

import json
import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import cli
from graph import matches
from graph.connection import Database
from graph.replacing import remove_space
from hoard import HoardTruth, read_truth
from pipeline.embed import embed
from pipeline.ingest import ingest
from pipeline.link import link
from pipeline.match import match
from queries.catalogue import run
from queries.stored import stored

EDGES = "MATCH (a)-[e:SIMILAR]->(b) RETURN a.id AS a, b.id AS b, properties(e) AS e ORDER BY a, b"
SCORED = "MATCH (a)-[e:SIMILAR]->(b) RETURN properties(e) AS e, [a.hub_test_pixels, b.hub_test_pixels] AS hubs"
FAR_APART = "MATCH (a)-[d:DECOY]->(b) RETURN a.id + ' ' + b.id AS pair, d.inliers AS points, d.run AS run ORDER BY pair"
RECORDS = "MATCH (a)-[m:MATCHED]->(b) RETURN a.id + ' ' + b.id AS pair, m.inliers AS inliers ORDER BY pair"


@pytest.fixture(scope="module")
def few(easy_hoard: HoardTruth, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The photographs of nine coins."""
    folder = tmp_path_factory.mktemp("few")
    for picture in sorted((easy_hoard.folder / "photographs").glob("*.jpg"))[:18]:
        shutil.copy(picture, folder)
    return folder


@pytest.fixture
def folder(few: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(few, tmp_path / "few"))


def begin(db: Database, folder: Path, top: int = 2) -> None:
    ingest(db, folder, "few")
    embed(db, space="test-pixels")
    link(db, top=top)


def edges(db: Database) -> list[dict[str, Any]]:
    return [row["e"] for row in db.read(EDGES)]


def test_every_candidate_pair_has_a_record_and_every_edge_its_copy(db: Database, folder: Path) -> None:
    begin(db, folder)
    report = match(db, top=4)
    sides = len(list(folder.iterdir())) // 2
    assert all(2 * sides <= face.new <= 4 * sides for face in report.faces)
    assert len(db.read(RECORDS)) == sum(face.new for face in report.faces) > len(edges(db)) == report.edges
    for row in db.read(SCORED):
        edge = row["e"]
        points = 0.5 * min(edge["inliers"], 50) / 50
        assert edge["score"] == pytest.approx(2 * (edge["cosine"] + points) - sum(row["hubs"]))
        assert not edge["verified"]
    assert all(face.too_few and face.least is None for face in report.faces)  # nine coins


@pytest.mark.long
def test_the_new_order_puts_sides_that_show_the_same_first(db: Database, folder: Path, easy_hoard: HoardTruth) -> None:
    begin(db, folder, top=50)
    match(db)
    shows = {
        f"few/{coin['id']}/{face}": coin["type" if side["shows"] == "obverse" else "reverse_type"]
        for coin in read_truth(easy_hoard.folder)["coins"]
        for face, side in coin["sides"].items()
    }
    pairs = [(row["a"], row["b"], row["e"]) for row in db.read(EDGES)]

    def first_hits(order: str) -> int:
        sides = {side for a, b, _ in pairs for side in (a, b)}
        first = [max((pair for pair in pairs if side in pair), key=lambda pair: pair[2][order]) for side in sides]
        return sum(shows[a] == shows[b] for a, b, _ in first)

    assert first_hits("score") == 18 > 2 * first_hits("cosine")


@pytest.mark.long
def test_a_second_look_costs_nothing_and_changes_nothing(db: Database, folder: Path) -> None:
    begin(db, folder)
    match(db, top=4)
    before = db.read(RECORDS), db.read(FAR_APART), edges(db)
    assert len(before[1]) == 36  # the less alike half of all pairs of nine coins, on both faces
    again = match(db, top=4)
    assert [face.new for face in again.faces] == [0, 0] and again.edges == 0
    assert (db.read(RECORDS), db.read(FAR_APART), edges(db)) == before


def test_only_pairs_far_apart_of_a_changed_photograph_are_compared_again(db: Database, folder: Path) -> None:
    begin(db, folder)
    match(db, top=4)
    before = {row["pair"]: row["run"] for row in db.read(FAR_APART)}
    shutil.copy(folder / "SH-0001_obv.jpg", folder / "SH-0002_obv.jpg")
    ingest(db, folder, "few")
    match(db, top=4)
    again = {row["pair"] for row in db.read(FAR_APART) if before.get(row["pair"]) != row["run"]}
    assert again and all("few/SH-0002/obverse" in pair for pair in again)


@pytest.mark.long
def test_a_new_coin_costs_its_own_pairs_only(db: Database, folder: Path, easy_hoard: HoardTruth) -> None:
    begin(db, folder)
    match(db, top=50)
    known = {row["pair"] for row in db.read(RECORDS)}
    for picture in sorted((easy_hoard.folder / "photographs").glob("*.jpg"))[18:20]:
        shutil.copy(picture, folder)
    begin(db, folder)
    report = match(db, top=50)
    assert [face.new for face in report.faces] == [9, 9]
    new = {row["pair"] for row in db.read(RECORDS)} - known
    assert all("SH-0010" in pair for pair in new) and len(new) == 18


@pytest.mark.long
def test_a_changed_photograph_is_matched_anew_and_no_edge_keeps_the_old_word(db: Database, folder: Path) -> None:
    begin(db, folder, top=50)
    match(db)
    before = {(row["a"], row["b"]): row["e"] for row in db.read(EDGES)}
    shutil.copy(folder / "SH-0001_obv.jpg", folder / "SH-0002_obv.jpg")
    begin(db, folder, top=50)
    touched = [row["e"] for row in db.read(EDGES) if "few/SH-0002/obverse" in (row["a"], row["b"])]
    assert len(touched) == 8 and all("inliers" not in edge and "score" not in edge for edge in touched)
    assert [face.new for face in match(db).faces] == [8, 0]
    after = {(row["a"], row["b"]): row["e"] for row in db.read(EDGES)}
    twins = ("few/SH-0001/obverse", "few/SH-0002/obverse")
    assert after[twins]["inliers"] > 200 > before[twins]["inliers"]
    untouched = ("few/SH-0001/obverse", "few/SH-0003/obverse")
    assert after[untouched]["inliers"] == before[untouched]["inliers"]


@pytest.mark.long
def test_link_with_other_options_keeps_what_is_known(db: Database, folder: Path) -> None:
    begin(db, folder, top=1)
    match(db, top=50)
    link(db, top=50)
    assert len(edges(db)) == 72 and all("inliers" in edge for edge in edges(db))


class Killed(BaseException):
    """Stands for a process that ends between two chunks."""


@pytest.fixture
def killed_after_the_first_chunk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(import_module("pipeline.match"), "CHUNK", 5)
    write, calls = matches.write_matches, []

    def once(*args: Any, **asked: Any) -> int:
        calls.append(args)
        if len(calls) == 2:
            raise Killed
        return write(*args, **asked)

    monkeypatch.setattr(matches, "write_matches", once)
    yield
    monkeypatch.undo()


@pytest.mark.long
def test_a_killed_match_goes_on(
    db: Database, folder: Path, killed_after_the_first_chunk: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(db, folder)
    with pytest.raises(Killed):
        match(db, top=4)
    done = len(db.read(RECORDS))
    assert done >= 5
    monkeypatch.undo()
    report = match(db, top=4)
    assert report.faces[0].known == done and report.faces[0].new > 0
    found = db.read(RECORDS)
    db.write("MATCH ()-[m:MATCHED]->() DELETE m")
    match(db, top=4)
    assert db.read(RECORDS) == found


@pytest.mark.long
def test_a_photograph_that_is_gone_is_skipped_and_named(
    db: Database, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begin(db, folder)
    monkeypatch.setenv("COINGRAPH_HOME", str(tmp_path / "home"))
    (folder / "SH-0003_rev.jpg").unlink()
    report = match(db, top=50)
    assert [Path(item.path).name for item in report.skipped] == ["SH-0003_rev.jpg"]
    assert [face.new for face in report.faces] == [36, 28]


@pytest.mark.long
def test_the_command_prints_what_it_did_and_the_question_ranks_anew(db: Database, folder: Path) -> None:
    begin(db, folder)
    done = CliRunner().invoke(cli.main, ["match", "--top", "50", "--json"])
    assert done.exit_code == 0, done.output
    faces = json.loads(done.stdout)["faces"]
    assert {face: found["new_pairs"] for face, found in faces.items()} == {"obverse": 36, "reverse": 36}
    rows = run(db, stored("matched-coins"), {"coin": "few/SH-0001", "limit": 100}).rows
    assert len(rows) == 16 and {row["edge"] for row in rows} == {True, False}
    assert [row["match_score"] for row in rows] == sorted((row["match_score"] for row in rows), reverse=True)
    assert all(row["places"] is None for row in rows)  # the test space has no map


@pytest.mark.long
def test_a_network_that_gives_a_map_also_compares_place_by_place(db: Database, folder: Path) -> None:
    ingest(db, folder, "few")
    embed(db, space="coin-lite0")
    link(db)
    report = match(db)
    assert all(face.places == face.new > 0 for face in report.faces)
    said = [edge["places"] for edge in edges(db)]
    assert said and all(0 < likeness < 1 for likeness in said)
    assert [face.places for face in match(db).faces] == [0, 0]
    remove_space(db, "coin-lite0")
    assert (
        db.read("MATCH ()-[m:MATCHED]->() RETURN max(m.places_coin_lite0) AS most, max(m.inliers) AS points")[0]["most"]
        is None
    )
    assert not db.read("MATCH (t:Transform) RETURN t.space AS space")
