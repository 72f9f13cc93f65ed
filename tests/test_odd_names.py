"""Names as they come: bytes that are no text, codes for terminals, quotes, markup. They go in and come out unharmed."""

import io
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tiny_pictures import picture

from cli import main
from commands.terminal import Plain
from graph.connection import Database
from ingest.read import read_collection
from ingest.records import one_line, path_of

ODD = [
    b"gro\xdfer Fund 7",
    b"red\x1b[31m8",
    b"two\nlines 9",
    b"tab\there 10",
    b'"quoted" O\'Brien 11',
    b"}) DETACH DELETE n -- 12",
    b"<script>alert(13)<script>",
    b"\xc2\x9b31m 14",
    "\u202egnp.15".encode(),
    b"-rf 16",
    b"n" * 245 + b"17",
]


def coingraph(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A coin of each odd name, in a folder of a type that is not UTF-8 either."""
    for name in ODD:
        for side in (b"_obv", b"_rev"):
            picture(tmp_path / "plain.png", content=str(name + side))
            target = tmp_path / "coins" / os.fsdecode(b"T\xfcr") / os.fsdecode(name + side + b".png")
            target.parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "plain.png").rename(target)
    return tmp_path / "coins"


def test_every_odd_name_is_a_coin_with_a_readable_name(folder: Path) -> None:
    reading = read_collection(folder, "museum", dry_run=True)
    assert len(reading.coins) == len(ODD)
    assert all(len(coin.sides) == 2 and coin.type == "Tür" and coin.id.encode() for coin in reading.coins)
    assert "großer Fund 7" in {coin.name for coin in reading.coins}


def test_the_path_of_any_name_is_found_again_by_its_address(folder: Path) -> None:
    for coin in read_collection(folder, "museum", dry_run=True).coins:
        assert all(path_of(side.path.as_uri()).samefile(side.path) for side in coin.sides.values())


def test_what_is_printed_commands_no_terminal(folder: Path) -> None:
    (folder / "bad\x1b[2J.jpg").write_text("not a picture")
    result = coingraph("ingest", folder, "--dry-run")
    assert result.exit_code == 0
    assert not set("\x1b\x9b\u202e") & set(result.output)
    assert r"bad\x1b[2J.jpg" in result.stderr


def test_json_gives_names_as_they_are(folder: Path) -> None:
    (folder / "bad\x1b[2J.jpg").write_text("not a picture")
    found = json.loads(coingraph("ingest", folder, "--dry-run", "--json").stdout)
    assert Path(found["skipped"][0]["path"]).name == "bad\x1b[2J.jpg"


@pytest.mark.long
def test_all_are_stored_and_listed(db: Database, folder: Path) -> None:
    assert "11 new coins" in coingraph("ingest", folder, "--collection", "a\x1b[1mb").stdout
    assert "11 unchanged" in coingraph("ingest", folder, "--collection", "a\x1b[1mb").stdout
    assert db.read("MATCH (c:Coin) RETURN count(c) AS coins") == [{"coins": len(ODD)}]
    assert r"a\x1b[1mb" in coingraph("collections", "list").stdout
    uris = [row["uri"] for row in db.read("MATCH (s:Side) RETURN s.uri AS uri")]
    assert all(path_of(uri).exists() for uri in uris)


@pytest.mark.parametrize("name", ["A\x1b[A7", "A\r7", "\x1b[31mA7"])
def test_a_name_may_not_move(name: str) -> None:
    stream = io.StringIO()
    Plain(stream).write(f"skipped {name}: too small\n")
    assert not set("\x1b\r") & set(stream.getvalue())


def test_a_name_is_spelt_out_rather_than_left_out(folder: Path) -> None:
    assert r"no\u001b[31mfolder" in coingraph("ingest", folder / "no\x1b[31mfolder", "--dry-run").output


def test_bytes_that_are_no_text_are_written_as_such() -> None:
    assert one_line(os.fsdecode(b"M\xfcnze\n")) == r"M\xfcnze\n"
