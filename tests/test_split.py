"""Photographs that show several coins: found, cut, named, and never doubled."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image, ImageDraw, ImageFilter
from skimage.data import coins as tray_of_24

from cli import main
from graph.connection import Database
from ingest.outlines import find_outlines
from ingest.read import read_collection
from ingest.records import Reading
from ingest.split import BadSplitFolder
from pipeline.ingest import ingest

RANDOM = np.random.default_rng(7)
Place = tuple[int, int, int]  # x, y and radius in pixels


def photograph(file: Path, *places: Place, size: tuple[int, int] = (800, 500)) -> Path:
    """Coins with relief on grey paper."""
    picture = Image.new("RGB", size, "#d8d4cc")
    for x, y, radius in places:
        relief = np.clip(RANDOM.normal(110, 40, (2 * radius, 2 * radius)), 0, 255).astype(np.uint8)
        metal = Image.fromarray(relief).filter(ImageFilter.GaussianBlur(1.5))
        mask = Image.new("L", metal.size)
        ImageDraw.Draw(mask).ellipse((0, 0, 2 * radius - 1, 2 * radius - 1), fill=255)
        picture.paste(metal.convert("RGB"), (x - radius, y - radius), mask)
    file.parent.mkdir(parents=True, exist_ok=True)
    picture.save(file, quality=92)
    return file


TWO_SIDES = ((220, 250, 150), (580, 250, 148))
TRAY = ((120, 120, 70), (350, 110, 80), (600, 130, 60), (150, 370, 90), (480, 380, 85))


def read(folder: Path, split: Path, **options: Any) -> Reading:
    return read_collection(folder, "museum", split=split, **options)


def names(reading: Reading) -> dict[str, list[str]]:
    return {coin.name: sorted(coin.sides) for coin in reading.coins}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "photographs"


@pytest.fixture
def pieces(tmp_path: Path) -> Path:
    return tmp_path / "pieces"


@pytest.mark.long
def test_all_24_coins_of_a_well_known_tray() -> None:
    outlines = find_outlines(Image.fromarray(tray_of_24()).convert("RGB"))
    assert len(outlines) == 24
    rows = [[round(float(one.polygon[:, 0].mean())) for one in outlines[k : k + 6]] for k in (0, 6, 12, 18)]
    assert all(row == sorted(row) for row in rows)


def test_both_sides_in_one_photograph_become_one_coin(folder: Path, pieces: Path) -> None:
    photograph(folder / "A.17.jpg", *TWO_SIDES)
    reading = read(folder, pieces)
    assert names(reading) == {"A.17": ["obverse", "reverse"]}
    assert reading.coins[0].sides["obverse"].path == pieces / "A.17_obv.jpg"
    assert reading.coins[0].sides["reverse"].path == pieces / "A.17_rev.jpg"
    with Image.open(folder / "A.17.jpg") as whole, Image.open(pieces / "A.17_obv.jpg") as left:
        there = np.asarray(left.convert("L"), float)
        box = json.loads((pieces / "split.json").read_text())["pieces"]["A.17_obv.jpg"]["box"]
        assert np.abs(np.asarray(whole.crop(box).convert("L"), float) - there).mean() < 3
        assert box[2] < 400


def test_two_coins_when_told_so(folder: Path, pieces: Path) -> None:
    photograph(folder / "pair.jpg", *TWO_SIDES)
    assert names(read(folder, pieces, two_coins=True)) == {"pair_01": ["obverse"], "pair_02": ["obverse"]}


def test_two_coins_of_different_size_are_two_coins(folder: Path, pieces: Path) -> None:
    photograph(folder / "pair.jpg", (220, 250, 170), (600, 250, 90))
    assert names(read(folder, pieces)) == {"pair_01": ["obverse"], "pair_02": ["obverse"]}


def test_a_tray_becomes_its_coins_row_by_row(folder: Path, pieces: Path) -> None:
    photograph(folder / "tray 3.png", *TRAY)
    reading = read(folder, pieces)
    assert list(names(reading)) == [f"tray 3_{n:02d}" for n in range(1, 6)]
    first = reading.coins[0].sides["obverse"]
    assert first.path.suffix == ".png"
    assert 140 <= first.width <= 170
    assert any("nothing tells which side 5 coins" in note for note in reading.notes)


def test_the_same_tray_turned_over_gives_the_reverses(folder: Path, pieces: Path) -> None:
    photograph(folder / "tray_obv.jpg", *TRAY)
    photograph(folder / "tray_rev.jpg", *TRAY)
    assert names(read(folder, pieces)) == {f"tray_{n:02d}": ["obverse", "reverse"] for n in range(1, 6)}


def test_a_tray_that_lost_a_coin_on_the_way_is_not_split(folder: Path, pieces: Path) -> None:
    photograph(folder / "tray_obv.jpg", *TRAY)
    photograph(folder / "tray_rev.jpg", *TRAY[1:])
    reading = read(folder, pieces)
    assert names(reading) == {"tray": ["obverse", "reverse"]}
    assert any("tray_obv.jpg (5) and tray_rev.jpg (4)" in note for note in reading.notes)


def test_photographs_of_one_coin_stay_as_they_are(folder: Path, pieces: Path) -> None:
    file = photograph(folder / "B1_obv.jpg", (400, 250, 180))
    photograph(folder / "C2.jpg", *TWO_SIDES)
    reading = read(folder, pieces)
    assert names(reading) == {"B1": ["obverse"], "C2": ["obverse", "reverse"]}
    assert reading.coins[0].sides["obverse"].path == file


def test_a_dry_run_says_what_would_be_cut_and_writes_nothing(folder: Path, pieces: Path) -> None:
    photograph(folder / "A.17.jpg", *TWO_SIDES)
    shown = coingraph("ingest", str(folder), "--split", str(pieces), "--dry-run")
    assert "photographs of several coins, split: 1\n  A.17.jpg: 1 coin (A.17_obv.jpg, A.17_rev.jpg)" in shown.stdout
    assert not pieces.exists()


def coingraph(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def checksums(folder: Path) -> dict[str, str]:
    return {str(f): hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(folder.rglob("*")) if f.is_file()}


def test_run_again_nothing_doubles_and_the_originals_stay(db: Database, folder: Path) -> None:
    photograph(folder / "A.17.jpg", *TWO_SIDES)
    photograph(folder / "tray.jpg", *TRAY)
    before, inside = checksums(folder), folder / "split"
    stored = ingest(db, folder, "museum", split=inside).stored
    assert stored.new_coins == 6
    after = checksums(folder)
    assert before.items() <= after.items()
    again = ingest(db, folder, "museum", split=inside).stored
    assert (again.new_coins, again.unchanged_coins, again.updated_sides) == (0, 6, 0)
    assert checksums(folder) == after


def test_pieces_of_a_photograph_that_changed_are_renewed(folder: Path, pieces: Path) -> None:
    photograph(folder / "tray.jpg", *TRAY)
    read(folder, pieces)
    photograph(folder / "tray.jpg", *TRAY[:3])
    read(folder, pieces)
    assert sorted(file.name for file in pieces.glob("*.jpg")) == [f"tray_{n:02d}_obv.jpg" for n in (1, 2, 3)]


@pytest.mark.parametrize("size", [(800, 4), (640, 26), (17, 400), (16, 16)])
def test_a_line_among_the_photographs_stops_nothing(folder: Path, pieces: Path, size: tuple[int, int]) -> None:
    photograph(folder / "A.17.jpg", *TWO_SIDES)
    Image.new("RGB", size, "grey").save(folder / "line.png")
    reading = read(folder, pieces)
    assert names(reading) == {"A.17": ["obverse", "reverse"]}
    assert [Path(skip.path).name for skip in reading.skipped] == ["line.png"]


def test_a_folder_with_other_files_is_refused(folder: Path, pieces: Path) -> None:
    photograph(folder / "tray.jpg", *TRAY)
    photograph(pieces / "mine.jpg", (400, 250, 180))
    with pytest.raises(BadSplitFolder, match="is not empty"):
        read(folder, pieces)
    photograph(folder.with_name("others") / "tray.jpg", *TRAY)
    read(folder, pieces.with_name("own"))
    with pytest.raises(BadSplitFolder, match=r"holds the pieces of .*photographs"):
        read(folder.with_name("others"), pieces.with_name("own"))
