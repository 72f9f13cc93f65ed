"""Unwrapped rims of a type: which are read, what stands beside them, and that both pictures show them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from coded_hoard import CodedHoard
from PIL import Image

import cli
from embed.legends.strip import COLUMNS, ROWS
from explore.strips import BAND, GAP, HEAD, SCALE, TOP, draw
from pipeline.strips import NoSides, Strips, strips


@pytest.fixture(scope="module")
def found(coded: CodedHoard) -> Strips:
    """The reverses of the type of the coin whose reverse legend is recorded wrong."""
    (odd,) = coded.planted("wrong_legend")
    (row,) = coded.db.read("MATCH (c:Coin {id: $id})-[:OF_TYPE]->(t) RETURN t.name AS kind", id=odd)
    return strips(coded.db, row["kind"], "reverse")


def test_the_strips_of_a_type_stand_beside_their_records(coded: CodedHoard, found: Strips) -> None:
    (odd,) = coded.planted("wrong_legend")
    recorded = {one.coin: one.recorded for one in found.strips}
    others = {legend for coin, legend in recorded.items() if coin != odd}
    assert len(found.strips) == found.of > 4 and not found.skipped
    assert recorded[odd] not in others
    assert len(strips(coded.db, found.kind, "reverse", most=2).strips) == 2


def test_letters_have_places_from_the_left_to_the_right(found: Strips) -> None:
    assert any(len(one.legend.text) > 3 for one in found.strips)
    for one in found.strips:
        places = one.legend.places
        assert one.strip.shape == (ROWS, COLUMNS) and len(places) == len(one.legend.text)
        assert list(places) == sorted(places) and all(0 < place < 1 for place in places)


def test_both_pictures_show_each_strip(found: Strips, tmp_path: Path) -> None:
    drawn = draw(found, tmp_path / "legends.png")
    with Image.open(drawn.path) as picture:
        each = HEAD + round(ROWS * SCALE) + BAND + GAP
        assert picture.size == (round(COLUMNS * SCALE) + 2 * GAP, TOP + len(found.strips) * each)
    page = draw(found, tmp_path / "legends.html").path.read_text(encoding="utf-8")
    assert page.count("<img") == len(found.strips) and all(one.coin in page for one in found.strips)


def test_a_type_without_coins_is_named(coded: CodedHoard) -> None:
    with pytest.raises(NoSides, match="no coin of the type 'Horse and cart'"):
        strips(coded.db, "Horse and cart")


def test_the_command_gives_its_readings_as_json(coded: CodedHoard, found: Strips, tmp_path: Path) -> None:
    words = ["plot", "legends", "--type", found.kind, "--face", "reverse", "--most", "1", "--json"]
    done = CliRunner().invoke(cli.main, [*words, "--out", str(tmp_path / "one.png")])
    assert done.exit_code == 0, done.output
    (row,) = json.loads(done.stdout)
    assert list(row) == ["coin", "side", "read", "sure letters", "recorded"] and row["side"] == "reverse"
