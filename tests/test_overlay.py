"""Two sides laid on one another: what is drawn, and that the dots say where they agree."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import cli
from graph.connection import Database
from hoard import HoardTruth, make_hoard
from pipeline.ingest import ingest
from pipeline.overlay import NoSide, Overlay, overlay


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> HoardTruth:
    return make_hoard(tmp_path_factory.mktemp("small"), coins=18, types=2, seed=7, difficulty="easy")


@pytest.fixture
def filled(db: Database, small: HoardTruth) -> Database:
    ingest(db, small.folder, "small", metadata=small.folder / "coins.csv")
    return db


def agree(found: Overlay) -> float:
    return float(found.close.mean())


@pytest.mark.long
def test_sides_of_one_die_agree_nearly_everywhere_and_those_of_two_do_not(filled: Database, small: HoardTruth) -> None:
    coins = small.entries()
    die = {f"small/{coin['id']}": coin["obverse_die"] for coin in coins if "obverse" in coin["sides"]}
    first = min(coin for coin in die if list(die.values()).count(die[coin]) > 1)
    same = next(coin for coin in sorted(die) if coin != first and die[coin] == die[first])
    apart = next(coin for coin in sorted(die) if die[coin] != die[first])
    found = overlay(filled, first, same, "obverse")
    assert agree(found) > 0.6 > 0.5 > agree(overlay(filled, first, apart, "obverse"))
    assert found.first.shape == found.second.shape and len(found.places) == len(found.close) > 40
    assert found.log_odds is None and found.likeness > 5


def test_the_order_of_the_coins_does_not_matter(filled: Database) -> None:
    one, two = (
        overlay(filled, "small/SH-0001", "small/SH-0002", "obverse"),
        overlay(filled, "small/SH-0002", "small/SH-0001", "obverse"),
    )
    assert one.coins == two.coins and np.array_equal(one.first, two.first)


def test_a_coin_without_this_face_is_named(filled: Database) -> None:
    with pytest.raises(NoSide, match="small/none has no reverse"):
        overlay(filled, "small/SH-0001", "small/none", "reverse")


def test_it_is_drawn_and_blinks(filled: Database, tmp_path: Path) -> None:
    picture, blink = tmp_path / "overlay.png", tmp_path / "blink.gif"
    for out in (picture, blink):
        done = CliRunner().invoke(cli.main, ["plot", "overlay", "SH-0001", "SH-0002", "--out", str(out)])
        assert done.exit_code == 0 and "places agree" in done.stderr, done.output
    with Image.open(picture) as shown:
        assert shown.width > 3 * 400
    with Image.open(blink) as shown:
        assert getattr(shown, "n_frames", 1) == 2
    assert "a plot is .png or .gif" in CliRunner().invoke(cli.main, ["plot", "overlay", "a", "b", "-o", "x.pdf"]).output
