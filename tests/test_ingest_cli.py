"""`coingraph ingest` and `coingraph collections`: what they print, and how they end."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tiny_pictures import picture, pictures

from cli import main
from graph.connection import Database
from ingest.images import READ

ROOT = Path(__file__).parent.parent


def coingraph(*arguments: object, answer: str | None = None) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=answer)


@pytest.fixture
def without_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server answers here."""
    monkeypatch.setenv("NEO4J_URI", "bolt://127.0.0.1:1")


@pytest.fixture
def rough(tmp_path: Path) -> Path:
    """A folder with one of every sort of bad file beside two good coins."""
    folder = pictures(tmp_path / "rough", "K9_a.png", "K9_r.PNG", "K10_a.png", "K12_a.png", "K12_r.png")
    picture(folder / "map.png")
    picture(folder / "K9_a.bmp")
    picture(folder / "K12_a_copy.png", content=str(folder / "K12_a.png"))
    picture(folder / "K13_a.png", content=str(folder / "K10_a.png"))
    picture(folder / "K 010_r.png")
    (folder / "K14_a.jpg").write_bytes(b"")
    (folder / "K15_a.jpg").write_text("the notes of the dig")
    (folder / "K16_a.png").write_bytes((folder / "K9_a.png").read_bytes()[:50])
    (folder / "K17_a.heic").write_bytes(b"...")
    return folder


@pytest.mark.usefixtures("without_server")
def test_a_dry_run_needs_no_server_and_says_everything(rough: Path):
    result = coingraph("ingest", rough, "--dry-run")
    assert result.exit_code == 0
    for line in (
        "5 coins in rough: 2 with both sides, 3 with one",
        "names: a/r (8 files)",
        "K10: obverse only",
        "K10_a.png  -  K 010_r.png",
        "further views (of a side that another file shows): 1",
        "nothing was written",
    ):
        assert line in result.stdout


@pytest.mark.usefixtures("without_server")
def test_each_file_that_did_not_come_through_is_one_line_on_stderr(rough: Path):
    lines = coingraph("ingest", rough, "--dry-run").stderr.splitlines()
    reasons = {Path(path).name: reason for path, reason in (line[8:].split(": ", 1) for line in lines)}
    assert reasons == {
        "K12_a_copy.png": "the same picture as K12_a.png",
        "K14_a.jpg": "the file is empty",
        "K15_a.jpg": f"not a picture, whatever its name says ({READ})",
        "K16_a.png": "the picture is cut off (truncated file)",
        "K17_a.heic": f"not a picture, whatever its name says ({READ})",
        "map.png": "its name does not tell the side; --split cuts it, if it shows both sides or several coins",
    }


@pytest.mark.usefixtures("without_server")
def test_a_dry_run_as_json(rough: Path):
    found = json.loads(coingraph("ingest", rough, "--dry-run", "--json").stdout)
    assert (found["coins"], found["both_sided"], len(found["one_sided"]), len(found["skipped"])) == (5, 2, 3, 7)
    assert found["suggested_pairs"] == [["K10_a.png", "K 010_r.png"]]
    assert [[Path(path).name for path in pair] for pair in found["same_pictures"]] == [["K10_a.png", "K13_a.png"]]
    assert found["stored"] is None


@pytest.mark.long
def test_ingest_stores_the_coins_and_ends_well_though_files_were_skipped(db: Database, rough: Path):
    result = coingraph("ingest", rough, "--collection", "museum")
    assert result.exit_code == 0
    assert "stored: 5 new coins" in result.stdout
    assert "skipped" in result.stderr
    assert db.read("MATCH (c:Coin) RETURN count(c) AS coins") == [{"coins": 5}]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["nowhere", "--collection", "x"], 2, "there is no folder nowhere"),
        (["empty", "--collection", "x"], 1, "holds no picture"),
        (["broken", "--collection", "x"], 1, "no coin came through"),
        (["broken", "--dry-run"], 1, "no coin came through"),
        (["good"], 2, "--collection NAME"),
        (["good", "--dry-run", "--pattern", "("], 2, "not a regular expression"),
        (["good", "--dry-run", "--metadata", "nowhere.csv"], 2, "there is no table nowhere.csv"),
        (["good", "--dry-run", "--metadata", "binary.csv"], 1, "is a workbook"),
        (["good", "--dry-run", "--metadata", "good.csv", "--type", "x"], 1, "no column 'x'"),
        (["good", "--dry-run", "--metadata", "good.csv", "--id-column", "x"], 1, "no column 'x'"),
        (["good", "--dry-run", "--metadata", "good.csv", "--collection-column", "x"], 1, "no column 'x'"),
        (["--nonsense"], 2, "ingest has no option --nonsense"),
    ],
)
def test_what_cannot_work_is_said_in_a_line(
    server: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    status: int,
    message: str,
):
    monkeypatch.chdir(tmp_path)
    pictures(tmp_path, "good/K9_a.png", "good/K9_r.png")
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "K9_a.jpg").write_bytes(b"")
    (tmp_path / "binary.csv").write_bytes(b"PK\x03\x04")
    (tmp_path / "good.csv").write_text("id,weight\nK9,3.5\n")
    result = coingraph("ingest", *arguments)
    assert result.exit_code == status
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_an_ingest_that_fails_leaves_no_trace(db: Database, tmp_path: Path):
    coingraph("ingest", tmp_path, "--collection", "museum")
    assert db.read("MATCH (n) RETURN count(n) AS nodes") == [{"nodes": 0}]


def test_a_table_without_pictures_is_reported(tmp_path: Path):
    (pictures(tmp_path, "K9_a.png", "K9_r.png") / "coins.csv").write_text("id,weight\nK9,3.5\nK77,4\n")
    result = coingraph("ingest", tmp_path, "--dry-run")
    assert "the table coins.csv of the folder is used" in result.stdout
    assert "rows without pictures: 1" in result.stdout
    assert "no picture of K77" in result.stdout


@pytest.mark.usefixtures("without_server")
def test_numbered_is_offered_where_it_would_pair_the_files(tmp_path: Path):
    folder = pictures(tmp_path, "K9_a.png", "K9_r.png", "x_1.png", "x_2.png", "y_1.png", "map.png")
    lines = coingraph("ingest", folder, "--dry-run").stderr.splitlines()
    assert [Path(line.split(": ")[0]).name for line in lines if "--numbered" in line] == ["x_1.png", "x_2.png"]
    assert "--numbered" not in coingraph("ingest", folder, "--dry-run", "--numbered").stderr


@pytest.mark.long
def test_removing_coins_says_that_edges_and_communities_are_behind(db: Database, tmp_path: Path):
    folder = pictures(tmp_path, *(f"K{n}_{side}.png" for n in range(1, 4) for side in "ar"))
    coingraph("ingest", folder, "--collection", "museum")
    db.write("MATCH (a:Side {id: 'museum/K1/obverse'}), (b:Side {id: 'museum/K2/obverse'}) CREATE (a)-[:SIMILAR]->(b)")
    (folder / "K3_a.png").unlink()
    assert "coingraph link" not in coingraph("ingest", folder, "--collection", "museum").stderr
    assert (
        "run `coingraph link` and `coingraph analyze`"
        in coingraph("ingest", folder, "--collection", "museum", "--prune", "--yes").stderr
    )
    # With the last edge nothing is left to bring up to date, unless there are communities.
    assert "coingraph link" not in coingraph("collections", "remove", "museum", "--yes").output
    coingraph("ingest", folder, "--collection", "museum")
    db.write("CREATE (:Partition {id: 'x'})")
    assert "run `coingraph link`" in coingraph("collections", "remove", "museum", "--yes").stderr


def test_collections_are_listed_with_their_coins_and_sides(db: Database, tmp_path: Path):
    coingraph("ingest", pictures(tmp_path, "K9_a.png", "K9_r.png", "K10_a.png"), "--collection", "museum")
    row = json.loads(coingraph("collections", "list", "--json").stdout)[0]
    assert (row["collection"], row["coins"], row["obverses"], row["reverses"]) == ("museum", 2, 2, 1)


def on_a_terminal(answer: str, *arguments: object) -> tuple[int, str]:
    """The exit status of a command that is answered on a terminal, and what it said."""
    main_end, their_end = pty.openpty()
    command = [sys.executable, "-m", "cli", *map(str, arguments)]
    with subprocess.Popen(
        command, stdin=their_end, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT
    ) as process:
        os.write(main_end, answer.encode() + b"\n")
        said, _ = process.communicate(timeout=120)
    os.close(main_end)
    os.close(their_end)
    return process.returncode, said.decode()


@pytest.mark.long
def test_a_collection_is_removed_only_after_a_yes(db: Database, tmp_path: Path):
    coingraph("ingest", pictures(tmp_path, "K9_a.png", "K9_r.png"), "--collection", "museum")
    assert on_a_terminal("n", "collections", "remove", "museum")[0] == 130
    assert db.read("MATCH (c:Coin) RETURN count(c) AS coins") == [{"coins": 1}]
    assert "1 coins, 2 sides" in on_a_terminal("y", "collections", "remove", "museum")[1]
    assert db.read("MATCH (n) WHERE NOT (n:Run OR n:Coingraph) RETURN count(n) AS nodes") == [{"nodes": 0}]


def test_without_a_terminal_nothing_is_removed_unless_yes_is_said(db: Database, tmp_path: Path):
    coingraph("ingest", pictures(tmp_path, "K9_a.png", "K9_r.png"), "--collection", "museum")
    for arguments in (["collections", "remove", "museum"], ["collections", "undo", "museum"]):
        result = coingraph(*arguments, answer="y\n")
        assert result.exit_code == 2
        assert "there is no terminal to ask on: --yes agrees" in result.stderr
    assert db.read("MATCH (c:Coin) RETURN count(c) AS coins") == [{"coins": 1}]


@pytest.fixture
def catalogued(db: Database, tmp_path: Path) -> Path:
    """A collection with types from a table, which loses a column afterwards."""
    folder = pictures(tmp_path / "cabinet", "K21_a.png", "K21_r.png", "K22_a.png")
    (folder / "list.csv").write_text("id,emblem,mint\nK21,owl,Cyrene\nK22,bee,Ephesos\n")
    assert coingraph("ingest", folder, "--collection", "cabinet", "--type", "emblem").exit_code == 0
    (folder / "list.csv").write_text("id,emblem\nK21,owl\nK22,bee\n")
    return folder


def test_an_ingest_that_would_remove_something_ends_with_status_2(db: Database, catalogued: Path):
    result = coingraph("ingest", catalogued, "--collection", "cabinet")
    assert result.exit_code == 2
    assert "would remove column mint of 2 coins (K21: Cyrene, K22: Ephesos)" in result.stderr
    assert db.read("MATCH (m:Mint) RETURN count(m) AS mints") == [{"mints": 2}]


def test_an_ingest_removes_after_a_yes(db: Database, catalogued: Path):
    status, said = on_a_terminal("y", "ingest", catalogued, "--collection", "cabinet")
    assert (status, "as last time: --type emblem" in said) == (0, True)
    assert db.read("MATCH (m:Mint) RETURN count(m) AS mints") == [{"mints": 0}]


def test_a_dry_run_says_what_would_be_removed_where_a_server_runs(db: Database, catalogued: Path):
    said = coingraph("ingest", catalogued, "--collection", "cabinet", "--dry-run", "--forget").stdout
    assert "would store: 0 new coins, 2 updated" in said
    assert "would remove: the type of 2 coins (K21: owl, K22: bee), column mint of 2 coins" in said


def test_run_asks_before_it_removes_as_well(db: Database, catalogued: Path, tmp_path: Path):
    result = coingraph("run", catalogued, "--collection", "cabinet", "--report", tmp_path / "report")
    assert (result.exit_code, "would remove column mint" in result.stderr) == (2, True)


def test_an_ingest_is_taken_back(db: Database, catalogued: Path):
    coingraph("ingest", catalogued, "--collection", "cabinet", "--yes")
    result = coingraph("collections", "undo", "cabinet", "--yes")
    assert result.exit_code == 0
    assert "into cabinet: 2 coins get what they had before" in result.stdout
    assert db.read("MATCH (m:Mint) RETURN count(m) AS mints") == [{"mints": 2}]


def test_the_list_says_how_a_collection_was_ingested_and_whether_that_can_be_undone(db: Database, catalogued: Path):
    row = json.loads(coingraph("collections", "list", "--json").stdout)[0]
    assert (row["source"], row["options"], row["undo"]) == (str(catalogued), "--type emblem", "yes")


def test_removing_an_unknown_collection_is_an_error(db: Database):
    result = coingraph("collections", "remove", "nix", "--yes")
    assert result.exit_code == 1
    assert "no collection 'nix'" in result.stderr
