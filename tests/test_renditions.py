"""Several files of one photograph, several photographs of one side: the largest counts, no coin is made of others."""

import hashlib
from pathlib import Path

import pytest
from PIL import Image

from explore.ingest_report import as_dict, as_text
from ingest.read import read_collection
from ingest.records import Reading
from ingest.scan import base_of, is_folder_of_renditions


def read(folder: Path) -> Reading:
    return read_collection(folder, "museum", dry_run=True)


def photograph(file: Path, size: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    tone = int(hashlib.sha256(str(file).encode()).hexdigest(), 16) % 200
    Image.new("RGB", (size, size), (tone, 200 - tone, 90)).save(file)


def sizes(reading: Reading) -> dict[str, list[int]]:
    """The width of the picture used for each side of each coin, the obverse first."""
    return {coin.name: [coin.sides[face].width for face in sorted(coin.sides)] for coin in reading.coins}


@pytest.mark.parametrize(
    ("large", "small"),
    [
        ("{}.width800", "{}.width120"),
        ("{}", "{}-640x480"),
        ("{}", "{}_thumbnail"),
        ("{}", "thumb_{}"),
        ("{}@3x", "{}"),
        ("{}_edited", "{}"),
        ("{}_large", "{}_medium"),
        ("{}_lg", "{}_sm"),
        ("{}_600dpi", "{}_96dpi"),
        ("{}", "330px-{}"),
        ("{}", "Copy of {}"),
        ("{}", "square thumbnails/{}"),
        ("{}", "previews/{}"),
        ("1200px/{}", "200px/{}"),
        ("originals/{}", "web/{}"),
    ],
)
def test_the_largest_of_several_renditions_is_used(tmp_path: Path, large: str, small: str) -> None:
    for name in ("G7_obv", "G7_rev", "G8_obv", "G8_rev"):
        photograph(tmp_path / f"{large.format(name)}.png", 60)
        photograph(tmp_path / f"{small.format(name)}.png", 30)
    reading = read(tmp_path)
    assert sizes(reading) == {"G7": [60, 60], "G8": [60, 60]}
    assert {coin.type for coin in reading.coins} == {None}
    assert len(reading.views) == 4


def test_a_small_jpeg_beside_its_master(tmp_path: Path) -> None:
    for side in "OR":
        photograph(tmp_path / f"701{side}.tiff", 90)
        photograph(tmp_path / f"701{side}.jpg", 20)
    assert sizes(read(tmp_path)) == {"701": [90, 90]}


def test_thumbnails_within_the_folders_of_the_sides(tmp_path: Path) -> None:
    for side in ("obverse", "reverse"):
        photograph(tmp_path / side / "Anchor" / "5.png", 50)
        photograph(tmp_path / side / "Anchor" / "thumbs" / "5.png", 20)
    reading = read(tmp_path)
    assert sizes(reading) == {"5": [50, 50]}
    assert reading.coins[0].type == "Anchor"


def test_a_mark_without_a_larger_file_beside_it_is_no_part_of_the_name(tmp_path: Path) -> None:
    for side in ("obv", "rev"):
        photograph(tmp_path / f"G7_{side}_small.png", 30)
    assert sizes(read(tmp_path)) == {"G7": [30, 30]}


def test_small_and_large_may_be_coins(tmp_path: Path) -> None:
    for size in ("large", "small"):
        for side in ("obv", "rev"):
            photograph(tmp_path / f"bronze_{size}_{side}.png", 30)
    assert set(sizes(read(tmp_path))) == {"bronze_large", "bronze_small"}


def test_numbers_behind_the_side_count_its_pictures_where_they_have_no_partner(tmp_path: Path) -> None:
    for name, size in (("m5_obv_1", 30), ("m5_rev_1", 30), ("m5_rev_2", 40), ("m6_obv_1", 30), ("m6_rev_1", 30)):
        photograph(tmp_path / f"{name}.png", size)
    reading = read(tmp_path)
    assert sizes(reading) == {"m5": [30, 40], "m6": [30, 30]}
    assert [Path(view.path).name for view in reading.views] == ["m5_rev_1.png"]


def test_numbers_behind_the_side_count_coins_where_they_pair(tmp_path: Path) -> None:
    for number in range(1, 5):
        for side in ("obv", "rev"):
            photograph(tmp_path / f"stater_{side}_{number}.png", 30)
    (tmp_path / "stater_rev_4.png").unlink()
    assert set(sizes(read(tmp_path))) == {f"stater_{number}" for number in range(1, 5)}


def test_a_detail_is_no_side_though_it_is_larger(tmp_path: Path) -> None:
    for name, size in (("G7_obv", 30), ("G7_rev", 30), ("G7_rev_inscription", 80)):
        photograph(tmp_path / f"{name}.png", size)
    reading = read(tmp_path)
    assert sizes(reading) == {"G7": [30, 30]}
    assert "a further view of the reverse of G7; G7_rev.png is used" in reading.views[0].reason


def test_further_views_are_listed_and_not_called_skipped(tmp_path: Path) -> None:
    for name, size in (("G7_obv", 60), ("G7_rev", 30), ("G7_obv_tn", 20)):
        photograph(tmp_path / f"{name}.png", size)
    reading = read(tmp_path)
    assert not reading.skipped
    assert "further views (of a side that another file shows): 1" in as_text(reading)
    assert [Path(view["path"]).name for view in as_dict(reading)["further_views"]] == ["G7_obv_tn.png"]


@pytest.mark.parametrize("name", ["Hoard_W12", "denarius_10x", "K9", "A.9_obv_box", "Sestertius_small"])
def test_what_may_be_a_coins_name_is_left(name: str) -> None:
    assert base_of(name) == name


@pytest.mark.parametrize(
    ("name", "says_nothing"), [("300x300", True), ("Master TIFFs", False), ("Small bronze", False)]
)
def test_folders_of_renditions(name: str, says_nothing: bool) -> None:
    assert is_folder_of_renditions(name) == says_nothing
