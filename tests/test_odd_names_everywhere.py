"""A collection whose every name and cell is hostile goes through all commands: no traceback, nothing that commands."""

import csv
import json
import os
import re
import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner, Result
from conftest import empty
from PIL import Image

from cli import main
from graph.connection import Database
from queries.stored import catalogue

pytestmark = pytest.mark.long

COLLECTION = "q'}) DETACH DELETE n //\x1b]0;t\x07"
NAMES = [
    b"a'b\"c`d",
    b"line\nbreak",
    b"\x1b[2K\rover",
    b"}) MATCH (n) DETACH DELETE n",
    b"<img src=x onerror=alert(1)>",
    b"w" * 246,
    unicodedata.normalize("NFC", "Jülich").encode(),
    unicodedata.normalize("NFD", "Zürich").encode(),
    "🐎\u202egnp".encode(),
    b"stra\xdfe",
]
TYPES = [b"<i>'\x1b[7m", "two\nlines \u2067".encode()]
HEADINGS = ["Nr", "mint", "findspot", "n'ote`s\x1b[1m", "weight"]
CELLS = ["\x1b[5mTrier'})", "<script>alert(NUMBER)</script>", "b\x07ell\nand\x00 more $x_2$", "3.5"]
COMMANDING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
SPACE = "s'}) //\x1b[4m<b>"


def coingraph(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


def odd_folder(folder: Path) -> Path:
    for number, name in enumerate(NAMES):
        for side in (b"_obv.jpg", b"_rev.jpg"):
            noise = np.random.default_rng((number, side[1])).integers(0, 255, (64, 64, 3)).astype(np.uint8)
            file = folder / os.fsdecode(TYPES[number % 2]) / os.fsdecode(name + side)
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(noise).save(file, format="JPEG")
    with (folder / "t\x1b[1mable.csv").open("w", newline="", encoding="utf-8") as table:
        csv.writer(table).writerow(HEADINGS)
        for number, name in enumerate(NAMES):
            csv.writer(table).writerow(
                [name.decode("utf-8", "ignore"), *(cell.replace("NUMBER", str(number % 3)) for cell in CELLS)]
            )
    return folder


@pytest.fixture(scope="module")
def odd(server: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder, in the graph with vectors, edges, communities, and a space of a hostile name."""
    empty(server)
    folder = odd_folder(tmp_path_factory.mktemp("odd") / "coins")
    report = tmp_path_factory.mktemp("report") / "r\x1b[1m"
    for command in (
        ["run", folder, "--collection", COLLECTION, "--space", "test-pixels", "--report", report],
        ["transform", "test-pixels", "--by", "centre", "--name", SPACE],
        ["link", "--space", SPACE],
        ["analyze", "--space", SPACE],
    ):
        unharmed(coingraph(*command))
    return folder


def unharmed(result: Result) -> Result:
    assert result.exit_code == 0, result.output
    shown = re.sub(r"\r[^\r\n]*(?=\r|\n|$)", "", result.stderr)  # bars of progress
    found = COMMANDING.search(result.stdout.replace("\r\n", "\n") + shown)
    assert not found, repr(found)
    return result


def coins(db: Database) -> list[str]:
    return [row["id"] for row in db.read("MATCH (c:Coin) RETURN c.id AS id ORDER BY id")]


def test_all_coins_and_cells_are_there(odd: Path, server: Database) -> None:
    row = server.read(
        "MATCH (c:Coin)-[:STRUCK_AT]->(m:Mint) RETURN count(c) AS coins, collect(DISTINCT m.name) AS mints"
    )
    assert len(coins(server)) == len(NAMES)
    assert row == [{"coins": 9, "mints": ["[5mTrier'})"]}]  # the row of the name that is not UTF-8 has no coin


def test_each_coin_is_found_by_its_id(odd: Path, server: Database) -> None:
    for coin in coins(server):
        assert unharmed(coingraph("find", coin, "--top", "3")).stdout.count("\n") == 1 + 3


def test_json_has_the_names_as_they_are(odd: Path, server: Database) -> None:
    ids = coins(server)
    found = json.loads(coingraph("find", ids[0], "--json").stdout)
    assert {row["coin"] for row in found} == set(ids[1:])


@pytest.mark.parametrize("name", [query.name for query in catalogue()])
def test_each_stored_question_is_answered(odd: Path, server: Database, name: str) -> None:
    coin = f"coin={coins(server)[2]}"
    runs = server.read("MATCH (r:Run) RETURN r.id AS id LIMIT 1")
    needs = {
        "related-coins": [coin],
        "matched-coins": [coin],
        "spaces-disagree": ["other_space=test-pixels"],
        "run-changes": [f"run={runs[0]['id']}"],
    }
    if name in (
        "matched-coins",
        "die-chains",
        "die-contradictions",
        "die-links",
        "die-review",
    ):  # nothing was matched here
        assert "cure:  coingraph " in coingraph("query", name, *needs.get(name, [])).stderr
        return
    unharmed(coingraph("query", name, *needs.get(name, [])))
    if name in needs:
        unharmed(coingraph("query", name, *needs[name], "--csv"))
        unharmed(coingraph("query", name, *needs[name], "--show"))


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["types"],
        ["types", "--csv"],
        ["collections", "list"],
        ["spaces", "list"],
        ["partitions", "list"],
        ["compare", "test-pixels", SPACE],
        ["evaluate", "--label", "findspot", "--space", "test-pixels"],
        ["propose", "--dry-run", "--space", "test-pixels"],
    ],
    ids=" ".join,
)
def test_what_commands_print_commands_nothing(odd: Path, command: list[str]) -> None:
    unharmed(coingraph(*command))


# PNG and SVG have one renderer: one picture is enough to see what either makes of names.
PICTURES = [(what, "html") for what in ("tsne", "pairs", "network", "distribution", "cutout")]


@pytest.mark.parametrize(("what", "ending"), [*PICTURES, ("pairs", "svg"), ("network", "png")])
def test_each_picture_opens(odd: Path, server: Database, tmp_path: Path, what: str, ending: str) -> None:
    out = tmp_path / f"{what}.{ending}"
    about = [coins(server)[0]] if what == "pairs" else []
    unharmed(coingraph("plot", what, *about, "--out", out))
    if ending == "svg":
        ElementTree.parse(out)
    if ending == "html":
        assert not re.search(r"<img src=x|<script>alert|<i>'", out.read_text("utf-8"))


def test_the_exports_can_be_read(odd: Path, tmp_path: Path) -> None:
    unharmed(coingraph("export", "graph", tmp_path / "g.graphml"))
    unharmed(coingraph("export", "graph", tmp_path / "tables", "--csv"))
    ElementTree.parse(tmp_path / "g.graphml")
    with (tmp_path / "tables" / "nodes.csv").open(encoding="utf-8", newline="") as table:
        assert len(list(csv.DictReader(table))) == len(NAMES)


def test_vectors_go_out_and_come_back(odd: Path, tmp_path: Path) -> None:
    unharmed(coingraph("spaces", "export", SPACE, tmp_path / "vectors"))
    back = unharmed(coingraph("spaces", "import", tmp_path / "vectors", "--name", "back"))
    assert "10 obverses and 10 reverses" in back.stdout
    unharmed(coingraph("spaces", "remove", "back", "--yes"))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["vectors"]
