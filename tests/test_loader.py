"""Pictures read ahead of the model."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from embed.loader import load_batches, read
from embed.registry import load_model
from ingest.images import BadImage
from ingest.records import Photograph

MODEL = load_model("test-pixels")


def photograph(folder: Path, name: str, grey: int = 90, size: tuple[int, int] = (20, 20)) -> Photograph:
    file = folder / f"{name}.png"
    Image.new("RGB", size, (grey, grey, grey)).save(file)
    return Photograph(name, file, hashlib.sha256(file.read_bytes()).hexdigest())


@pytest.fixture
def seven(tmp_path: Path) -> list[Photograph]:
    return [photograph(tmp_path, f"side{n}", grey=10 * n) for n in range(7)]


def test_batches_keep_the_order(seven: list[Photograph]) -> None:
    loaded = list(load_batches(seven, MODEL, batch=3))
    assert [[p.id for p in b.photographs] for b in loaded] == [
        ["side0", "side1", "side2"],
        ["side3", "side4", "side5"],
        ["side6"],
    ]
    assert [int(picture[0, 0, 0]) for b in loaded for picture in b.pictures] == [10 * n for n in range(7)]


def test_a_missing_file_is_skipped_and_the_others_come(seven: list[Photograph]) -> None:
    seven[1].path.unlink()
    (loaded,) = load_batches(seven, MODEL, batch=32)
    assert [(s.path, s.reason) for s in loaded.skipped] == [(str(seven[1].path), "No such file or directory")]
    assert len(loaded.pictures) == 6


def test_a_damaged_picture_is_skipped(seven: list[Photograph], tmp_path: Path) -> None:
    file = tmp_path / "cut.png"
    file.write_bytes(seven[0].path.read_bytes()[:45])
    cut = Photograph("cut", file, hashlib.sha256(file.read_bytes()).hexdigest())
    (loaded,) = load_batches([cut, *seven], MODEL, batch=32)
    assert [s.path for s in loaded.skipped] == [str(file)]
    assert len(loaded.pictures) == 7


def test_a_picture_that_changed_since_ingest_is_skipped_with_the_cure(seven: list[Photograph]) -> None:
    Image.new("RGB", (20, 20), "red").save(seven[3].path)
    with pytest.raises(BadImage, match="changed since ingest"):
        read(seven[3], MODEL)


def test_nothing_but_bad_files_gives_a_batch_without_pictures(tmp_path: Path) -> None:
    (loaded,) = load_batches([Photograph("gone", tmp_path / "gone.jpg", "")], MODEL)
    assert (loaded.photographs, len(loaded.pictures), len(loaded.skipped)) == ([], 0, 1)


def test_no_more_than_two_batches_are_read_ahead(seven: list[Photograph]) -> None:
    asked = 0

    def endless() -> Iterator[Photograph]:
        nonlocal asked
        while True:
            asked += 1
            yield seven[asked % 7]

    batches = load_batches(endless(), MODEL, batch=5)
    next(batches)
    assert asked <= 15
    next(batches)
    assert asked <= 20
    batches.close()


def test_a_large_jpeg_is_decoded_small(tmp_path: Path) -> None:
    file = tmp_path / "large.jpg"
    Image.linear_gradient("L").resize((1600, 1600)).save(file, quality=95)
    prepared, _ = read(Photograph("large", file, hashlib.sha256(file.read_bytes()).hexdigest()), MODEL)
    expected = np.linspace(255 / 16, 255 * 15 / 16, 8)
    np.testing.assert_allclose(prepared[:, 0, 0], expected, atol=3)


@pytest.mark.parametrize("size", [(900, 2), (1, 1), (3, 700), (320, 4), (13, 13)])
def test_a_line_that_an_older_ingest_let_in_is_skipped(tmp_path: Path, size: tuple[int, int]) -> None:
    (loaded,) = load_batches([photograph(tmp_path, "thin", size=size), photograph(tmp_path, "coin")], MODEL)
    assert [p.id for p in loaded.photographs] == ["coin"]
    assert loaded.skipped[0].reason == f"too narrow to show a coin ({size[0]} x {size[1]} pixels)"


def test_a_small_jpeg_that_is_read_smaller_still_is_no_line(tmp_path: Path) -> None:
    file = tmp_path / "thumbnail.jpg"
    Image.linear_gradient("L").resize((118, 112)).save(file)
    prepared, _ = read(Photograph("thumbnail", file, hashlib.sha256(file.read_bytes()).hexdigest()), MODEL)
    assert prepared.shape[:2] == (8, 8)


def test_an_error_of_one_picture_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import cv2

    def fails(_model: object, picture: Image.Image) -> None:
        if picture.width == 33:
            cv2.resize(np.zeros((1, 1, 3), np.uint8), (0, 0))

    monkeypatch.setattr(type(MODEL), "outline", fails)
    odd, plain = photograph(tmp_path, "odd", size=(33, 20)), photograph(tmp_path, "plain")
    (loaded,) = load_batches([odd, plain], MODEL)
    assert [p.id for p in loaded.photographs] == ["plain"]
    assert loaded.skipped[0].path == str(odd.path)
    assert "cannot be worked with" in loaded.skipped[0].reason
