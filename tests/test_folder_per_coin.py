"""Folders that hold one coin each: the folder names the coin, and the folder above it the type."""

from pathlib import Path

import pytest
from tiny_pictures import pictures

from ingest.read import read_collection


def coins(folder: Path, numbered: bool = False) -> dict[str, tuple[str | None, int]]:
    """Type and number of sides of each coin."""
    reading = read_collection(folder, "museum", dry_run=True, numbered=numbered)
    return {coin.name: (coin.type, len(coin.sides)) for coin in reading.coins}


@pytest.mark.parametrize(
    ("obverse", "reverse"),
    [("Obverse", "Reverse"), ("av", "rv"), ("O", "R"), ("vs_opt", "rs_opt"), ("awers", "rewers"), ("obv_1", "rev_1")],
)
def test_files_that_name_the_side_only(tmp_path: Path, obverse: str, reverse: str) -> None:
    pictures(tmp_path, *(f"{coin}/{side}.png" for coin in ("771", "772") for side in (obverse, reverse)))
    assert coins(tmp_path) == {"771": (None, 2), "772": (None, 2)}


def test_numbers_for_the_sides_when_asked_for(tmp_path: Path) -> None:
    pictures(tmp_path, *(f"{coin}/f{n}.png" for coin in ("ark81", "ark82") for n in (1, 2)))
    assert coins(tmp_path) == {}
    assert coins(tmp_path, numbered=True) == {"ark81": (None, 2), "ark82": (None, 2)}


def test_the_folder_above_is_the_type(tmp_path: Path) -> None:
    pictures(
        tmp_path, *(f"Hoard/{coin}/{side}.png" for coin in ("Crab/x", "Crab/y", "Eagle/z") for side in ("vs", "rs"))
    )
    assert coins(tmp_path) == {"x": ("Crab", 2), "y": ("Crab", 2), "z": ("Eagle", 2)}


def test_folders_of_pictures_within_the_coins_folder(tmp_path: Path) -> None:
    pictures(tmp_path, *(f"{coin}/images/{side}.png" for coin in ("771", "772") for side in ("front", "back")))
    assert coins(tmp_path) == {"771": (None, 2), "772": (None, 2)}


def test_files_that_bear_the_coins_number_as_well(tmp_path: Path) -> None:
    pictures(tmp_path, *(f"Crab/{coin}/{coin}_{side}.png" for coin in ("771", "772") for side in ("obv", "rev")))
    assert coins(tmp_path) == {"771": ("Crab", 2), "772": ("Crab", 2)}


def test_files_of_one_name_in_every_folder(tmp_path: Path) -> None:
    pictures(tmp_path, *(f"Inv 771-{n}/photo_{side}.png" for n in (1, 2) for side in ("obv", "rev")))
    assert coins(tmp_path) == {"Inv 771-1": (None, 2), "Inv 771-2": (None, 2)}


def test_files_whose_numbers_have_no_partner(tmp_path: Path) -> None:
    pictures(tmp_path, "771/DSC1_obv.png", "771/DSC2_rev.png", "772/DSC3_obv.png", "772/DSC4_rev.png")
    assert coins(tmp_path) == {"771": (None, 2), "772": (None, 2)}


def test_types_of_one_coin_each_are_types_where_their_names_are_words(tmp_path: Path) -> None:
    pictures(tmp_path, *(f"{name}_{side}.png" for name in ("Crab/K9", "Eagle/K10") for side in "ar"))
    assert coins(tmp_path) == {"K9": ("Crab", 2), "K10": ("Eagle", 2)}


def test_a_third_picture_in_the_folder_is_reported(tmp_path: Path) -> None:
    pictures(tmp_path, "771/obverse.png", "771/reverse.png", "771/edge.png")
    reading = read_collection(tmp_path, "museum", dry_run=True)
    assert [Path(skip.path).name for skip in reading.skipped] == ["edge.png"]
    assert len(reading.coins) == 1


def test_coins_of_one_folder_name_under_two_types_are_told_apart(tmp_path: Path) -> None:
    pictures(tmp_path, *(f"{kind}/1/{side}.png" for kind in ("Crab", "Eagle") for side in ("obv", "rev")))
    assert coins(tmp_path) == {"Crab/1": ("Crab", 2), "Eagle/1": ("Eagle", 2)}
