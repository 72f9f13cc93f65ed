"""What the folders of a collection say: where its pictures are, of which face, of which type."""

import os
from pathlib import Path

import pytest
from tiny_pictures import picture, pictures

from ingest.scan import NoImages, scan


def told(folder: Path) -> dict[str, tuple[str | None, str | None]]:
    return {found.relative: (found.face, found.type) for found in scan(folder)[0]}


def test_pictures_are_found_by_their_endings_in_either_case(tmp_path: Path):
    pictures(tmp_path, "a.JPG", "b.Jpeg", "c.png", "d.BMP", "e.tif", "f.TIFF", "g.webp", "h.gif")
    (tmp_path / "notes.txt").write_text("no picture")
    assert len(told(tmp_path)) == 8


def test_face_and_type_come_from_the_folders(tmp_path: Path):
    pictures(tmp_path, "obverse/Boii/1.png", "reverse/Boii/1.png")
    assert told(tmp_path) == {"obverse/Boii/1.png": ("obverse", "Boii"), "reverse/Boii/1.png": ("reverse", "Boii")}


@pytest.mark.parametrize(
    ("obverse", "reverse"),
    [
        ("Obverse", "Reverse"),
        ("Avers", "Revers"),
        ("Vorderseiten", "Rückseiten"),
        ("OBVERSES", "REVERSES"),
        ("01_Vorderseite", "02_Rueckseite"),
        ("obverse images", "reverse images"),
        ("heads", "tails"),
    ],
)
def test_folders_of_the_faces_have_many_names(tmp_path: Path, obverse: str, reverse: str):
    pictures(tmp_path, f"{obverse}/Boii/1.png", f"{reverse}/Boii/1.png")
    assert told(tmp_path) == {
        f"{obverse}/Boii/1.png": ("obverse", "Boii"),
        f"{reverse}/Boii/1.png": ("reverse", "Boii"),
    }


def test_a_type_called_head_is_a_type(tmp_path: Path):
    pictures(tmp_path, "Head/1_a.png", "Wheel/2_a.png", "obverse/Head/3.png")
    assert told(tmp_path)["Head/1_a.png"] == (None, "Head")
    assert told(tmp_path)["obverse/Head/3.png"] == ("obverse", "Head")


def test_the_type_may_stand_above_the_face(tmp_path: Path):
    pictures(tmp_path, "Boii/obverse/1.png")
    assert told(tmp_path) == {"Boii/obverse/1.png": ("obverse", "Boii")}


@pytest.mark.parametrize("name", ["unclassified", "Unidentified", "unbestimmt", "Ohne Zuordnung", "ohne_zuordnung"])
def test_folders_that_say_that_there_is_no_type(tmp_path: Path, name: str):
    pictures(tmp_path, f"obverse/{name}/1.png")
    assert told(tmp_path) == {f"obverse/{name}/1.png": ("obverse", None)}


def test_folders_that_say_nothing_are_no_types(tmp_path: Path):
    pictures(tmp_path, "photographs/1_a.png", "Boii/images/2_a.png")
    assert told(tmp_path) == {"photographs/1_a.png": (None, None), "Boii/images/2_a.png": (None, "Boii")}


def test_hidden_files_and_folders_of_systems_are_passed_over(tmp_path: Path):
    pictures(tmp_path, ".hidden/1.png", "._1.png", "@eaDir/1.png", "__MACOSX/1.png", "1.png")
    assert list(told(tmp_path)) == ["1.png"]


def test_a_link_to_a_folder_above_ends(tmp_path: Path):
    pictures(tmp_path, "Boii/1_a.png")
    (tmp_path / "Boii" / "again").symlink_to(tmp_path, target_is_directory=True)
    assert list(told(tmp_path)) == ["Boii/1_a.png"]


def test_a_linked_folder_elsewhere_is_read(tmp_path: Path):
    pictures(tmp_path, "elsewhere/1_a.png")
    (tmp_path / "coins").mkdir()
    (tmp_path / "coins" / "Boii").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert told(tmp_path / "coins") == {"Boii/1_a.png": (None, "Boii")}


def test_a_link_to_another_picture_of_the_folder_is_skipped(tmp_path: Path):
    picture(tmp_path / "1_a.png")
    (tmp_path / "2_a.png").symlink_to(tmp_path / "1_a.png")
    files, skipped = scan(tmp_path)
    assert [found.relative for found in files] == ["1_a.png"]
    assert "a link to 1_a.png" in skipped[0].reason


def test_a_broken_link_is_skipped_and_said(tmp_path: Path):
    (tmp_path / "1_a.png").symlink_to(tmp_path / "gone.png")
    assert scan(tmp_path)[1][0].reason == "a broken link"


def test_a_kind_of_picture_that_is_not_read_is_said(tmp_path: Path):
    (tmp_path / "coin.jxl").write_bytes(b"\xff\x0a" + bytes(90))
    assert "JPEG XL is not read" in scan(tmp_path)[1][0].reason


def test_what_is_no_file_is_skipped(tmp_path: Path):
    os.mkfifo(tmp_path / "1_a.png")
    assert scan(tmp_path)[1][0].reason == "not a file"


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path):
    with pytest.raises(NoImages, match="is not a folder"):
        scan(tmp_path / "nowhere")
