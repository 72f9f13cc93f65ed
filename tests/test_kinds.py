"""Files are told by their content; none that may be a coin's photograph is passed over in silence."""

from pathlib import Path

import pytest
from PIL import Image
from tiny_pictures import picture, pictures

from ingest.read import read_collection
from ingest.records import Skipped, skipped_lines
from ingest.scan import NoImages, scan

TIFF = b"II*\0\x08\0\0\0"


def reasons(folder: Path) -> dict[str, str]:
    return {Path(skip.path).name: skip.reason for skip in scan(folder)[1]}


@pytest.mark.parametrize(
    ("name", "content", "help_"),
    [
        ("a.ORF", b"IIRO\x08\0\0\0", "develop them"),
        ("a.CR3", b"\0\0\0\x18ftypcrx \0\0\0\1", "develop them"),
        ("a.nef", b"MM\0*\0\0\0\x08", "develop them"),
        ("a.jpg", TIFF + b"CR\2\0", "develop them"),
        ("a.RAF", b"FUJIFILMCCD-RAW 0201", "develop them"),
        ("a.arw", bytes(90), "develop them"),
        ("a.jxl", b"\xff\x0a", "djxl"),
        ("a", b"\0\0\0\x0cJXL \r\n\x87\n", "djxl"),
        ("a.psd", b"8BPS\0\1", "export them"),
        ("a.png", b"%PDF-1.7", "pdfimages"),
        ("a.zip", b"PK\3\4", "unpack"),
        ("below/a.ods", b"PK\3\4", "--metadata"),
    ],
)
def test_what_is_not_read_is_named_with_what_helps(tmp_path: Path, name: str, content: bytes, help_: str) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / name).write_bytes(content)
    assert help_ in reasons(tmp_path)[Path(name).name]


@pytest.mark.parametrize("name", ["5O", "5_obv.jpg ", "5_obv.jpg~", "5_obv.jpeg_original", "5_obv.tmp"])
def test_a_photograph_under_a_name_without_a_pictures_ending_is_reported(tmp_path: Path, name: str) -> None:
    picture(tmp_path / name)
    assert "rename it" in reasons(tmp_path)[name]


def test_a_photograph_under_the_wrong_ending_is_read(tmp_path: Path) -> None:
    for name, kind in (("5_obv.HEIC", "JPEG"), ("5_rev.arw", "PNG")):
        Image.new("RGB", (40, 40), "red" if "obv" in name else "blue").save(tmp_path / name, kind)
    assert len(read_collection(tmp_path, "museum").coins[0].sides) == 2


@pytest.mark.parametrize(
    "name", ["notes.txt", "5_obv.xmp", "5_obv.json", "film.mov", "README", ".DS_Store", "Thumbs.db", "desktop.ini"]
)
def test_what_can_be_no_photograph_is_not_mentioned(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xd0\xcf\x11\xe0 anything")
    assert scan(tmp_path) == ([], [])


def test_files_of_one_kind_share_a_line(tmp_path: Path) -> None:
    for n in range(9):
        (tmp_path / f"{n}_obv.dng").write_bytes(bytes(90))
    (tmp_path / "5.jxl").write_bytes(b"\xff\x0a")
    lines = skipped_lines(scan(tmp_path)[1])
    assert len(lines) == 2
    assert lines[0].startswith("skipped 9 files: raw photographs")
    assert lines[0].endswith(
        "0_obv.dng, 1_obv.dng, 2_obv.dng, 3_obv.dng, 4_obv.dng, 5_obv.dng and 3 more (--json lists all)"
    )


def test_a_folder_of_nothing_else_says_what_helps(tmp_path: Path) -> None:
    (tmp_path / "1_obv.dng").write_bytes(bytes(90))
    with pytest.raises(NoImages, match="develop them"):
        read_collection(tmp_path, "museum")


@pytest.mark.parametrize("names", [("lot 5",), ("lot_1", "lot_2"), ("nero 3", "galba 3")])
@pytest.mark.parametrize("size", [(90, 40), (40, 90)])
def test_a_wide_picture_without_a_side_may_show_both(
    tmp_path: Path, names: tuple[str, ...], size: tuple[int, int]
) -> None:
    for name in names:
        Image.new("RGB", size, "red" if name == names[0] else "blue").save(tmp_path / f"{name}.png")
    pictures(tmp_path, "K9_a.png", "K9_r.png")
    skipped = read_collection(tmp_path, "museum").skipped
    assert len(skipped) == len(names)
    assert all("--split cuts it, if it shows both sides" in skip.reason for skip in skipped)


def test_many_files_of_one_reason_share_a_line():
    lines = skipped_lines([Skipped(f"a/{n}.png", "too dark") for n in range(30)] + [Skipped("a/x.png", "too bright")])
    assert lines == [
        "skipped a/x.png: too bright",
        "skipped 30 files: too dark: 0.png, 1.png, 2.png, 3.png, 4.png, 5.png and 24 more (--json lists all)",
    ]
