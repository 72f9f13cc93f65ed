"""The pictures of the page: a coin cut out, as photographed, evened out, and its rim unrolled."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explore.page.aligning import alignment
from explore.page.pictures import NoSuchPicture, Pictures
from ingest.outlines import MARGIN, Outline
from ingest.records import Photograph
from queries.cards import SidePicture

SIDE, MIDDLE, RADIUS = 400, 200.0, 120.0


@pytest.fixture
def coin(tmp_path: Path) -> tuple[Photograph, SidePicture]:
    """A disc with a mark at six o'clock on a white ground."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(float)
    pixels = np.full((SIDE, SIDE, 3), 255, np.uint8)
    pixels[np.hypot(x - MIDDLE, y - MIDDLE) < RADIUS] = (120, 90, 60)
    pixels[np.hypot(x - MIDDLE, y - MIDDLE - 0.85 * RADIUS) < 10] = (250, 0, 0)
    file = tmp_path / "coin.png"
    Image.fromarray(pixels).save(file)
    turn = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    polygon = np.stack([MIDDLE + RADIUS * np.cos(turn), MIDDLE + RADIUS * np.sin(turn)], 1).astype(np.float32)
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    side = SidePicture(sha256, SIDE, SIDE, Outline(polygon, (SIDE, SIDE), 1.0))
    return Photograph("x/1/obverse", file, sha256), side


def made(tmp_path: Path, coin: tuple[Photograph, SidePicture], kind: str, size: int) -> np.ndarray:
    return np.asarray(Image.open(Pictures(tmp_path / "kept").get(*coin, kind, size)).convert("RGBA"), int)


def test_a_coin_is_cut_out_with_its_edge_drawn_in(tmp_path: Path, coin: tuple[Photograph, SidePicture]) -> None:
    picture = made(tmp_path, coin, "cut", 384)
    assert picture.shape == (384, 384, 4)
    alpha = picture[192, :, 3]
    assert (alpha[0], alpha[192]) == (0, 255)
    wide = (alpha > 127).sum()
    assert 384 / MARGIN - 10 < wide < 384 / MARGIN - 2
    seen = picture[picture[..., 3] > 200][:, :3]
    assert np.abs(seen - (120, 90, 60)).mean() < 12, "no white of the ground is left"


def test_as_photographed_it_is_whole(tmp_path: Path, coin: tuple[Photograph, SidePicture]) -> None:
    picture = made(tmp_path, coin, "whole", 384)
    assert picture.shape[:2] == (384, 384)
    assert (picture[0, 0] > 240).all()


def test_the_rim_begins_at_six_oclock(tmp_path: Path, coin: tuple[Photograph, SidePicture]) -> None:
    strip = made(tmp_path, coin, "strip", 64)
    red = (strip[..., 0] - strip[..., 1] > 120).any(0)
    assert red[0] and red[-1]
    assert not red[len(red) // 4 : 3 * len(red) // 4].any()


def test_without_an_outline_the_whole_picture_is_padded(tmp_path: Path, coin: tuple[Photograph, SidePicture]) -> None:
    photograph, side = coin
    bare = SidePicture(side.sha256, SIDE, SIDE)
    assert made(tmp_path, (photograph, bare), "cut", 96).shape == (96, 96, 4)
    with pytest.raises(NoSuchPicture):
        Pictures(tmp_path / "kept").get(photograph, bare, "strip", 64)


def test_a_file_that_changed_is_not_shown(tmp_path: Path, coin: tuple[Photograph, SidePicture]) -> None:
    from ingest.images import BadImage

    photograph, side = coin
    Image.new("RGB", (SIDE, SIDE), "blue").save(photograph.path)
    with pytest.raises(BadImage, match="changed since ingest"):
        Pictures(tmp_path / "kept").get(photograph, side, "cut", 96)


def test_a_signature_is_for_one_picture_and_one_home(tmp_path: Path) -> None:
    here, there = Pictures(tmp_path / "here"), Pictures(tmp_path / "there")
    assert here.signed("a" * 64, here.signature("a" * 64))
    assert not here.signed("b" * 64, here.signature("a" * 64))
    assert not there.signed("a" * 64, here.signature("a" * 64))
    assert Pictures(tmp_path / "here").signature("a" * 64) == here.signature("a" * 64)


def test_a_turned_coin_is_laid_over(tmp_path: Path) -> None:
    """The same relief turned by 30 degrees: the matrix turns it back."""
    generator = np.random.default_rng(1)
    rough = generator.integers(0, 255, (60, 60)).astype(np.uint8)
    relief = Image.fromarray(rough).resize((SIDE, SIDE), Image.Resampling.BICUBIC).convert("RGB")
    turn = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    polygon = np.stack([MIDDLE + 190 * np.cos(turn), MIDDLE + 190 * np.sin(turn)], 1).astype(np.float32)
    sides = []
    for name, degrees in (("one", 0), ("two", 30)):
        file = tmp_path / f"{name}.png"
        relief.rotate(degrees, Image.Resampling.BICUBIC).save(file)
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        outline = Outline(polygon, (SIDE, SIDE), 1.0)
        sides.append((Photograph(name, file, sha256), SidePicture(sha256, SIDE, SIDE, outline)))
    found = alignment(*sides)
    assert found["how"] == "match"
    a, b, *_ = found["matrix"]
    assert np.degrees(np.arctan2(b, a)) == pytest.approx(30, abs=1)
    assert np.hypot(a, b) == pytest.approx(1, abs=0.02)
    assert len(found["points"]) == found["inliers"] >= 6
