"""Geometry: which sides lie on one another, and what is kept of each photograph."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from dies.match import SIZE, Features, coin_square, find_features, match
from ingest.cache import PhotographCache
from ingest.outlines import Outline
from ingest.records import Photograph


def coin(seed: int, turn: float = 0.0, shift: float = 0.0, light: float = 1.0) -> Image.Image:
    """A disc with a pattern of its own on white, photographed turned (degrees), moved (pixels), lit."""
    rng = np.random.default_rng(seed)
    picture = Image.new("L", (400, 400), 120)
    draw = ImageDraw.Draw(picture)
    for _ in range(120):
        x, y = rng.uniform(40, 360, 2)
        w, h = rng.uniform(6, 40, 2)
        draw.ellipse((x, y, x + w, y + h), fill=int(rng.uniform(40, 210)))
    picture = picture.rotate(turn, Image.Resampling.BICUBIC)
    disc = Image.new("L", (400, 400))
    ImageDraw.Draw(disc).ellipse((40, 40, 360, 360), fill=255)
    grey = Image.composite(picture.point(lambda v: v * light), Image.new("L", (400, 400), 250), disc)
    canvas = Image.new("L", (480, 480), 250)
    canvas.paste(grey, (round(40 + shift), 40))
    return canvas.convert("RGB")


def features(picture: Image.Image) -> Features:
    return find_features(*coin_square(picture))


@pytest.fixture(scope="module")
def plain() -> Features:
    return features(coin(1))


def test_a_coin_lies_on_itself_in_another_light_and_elsewhere_in_the_picture(plain: Features) -> None:
    found = match(plain, features(coin(1, shift=25, light=0.8)))
    assert found.inliers > 100 and found.spread > 0.5


def test_a_turned_coin_is_found_and_its_turn_told(plain: Features) -> None:
    found = match(plain, features(coin(1, turn=-70)))
    assert found.inliers > 25 and found.spread > 0.15 and found.transform is not None
    angle = np.degrees(np.arctan2(found.transform[1, 0], found.transform[0, 0]))
    assert angle == pytest.approx(70, abs=2)


def test_coins_of_other_patterns_do_not_match(plain: Features) -> None:
    assert all(match(plain, features(coin(seed))).inliers < 25 for seed in range(2, 6))


def test_the_inliers_are_where_the_transform_puts_them(plain: Features) -> None:
    other = features(coin(1, turn=20))
    found = match(plain, other)
    assert found.transform is not None and found.pairs is not None and len(found.pairs) == found.inliers
    moved = plain.points[found.pairs[:, 0]] @ found.transform[:, :2].T + found.transform[:, 2]
    assert np.hypot(*(moved - other.points[found.pairs[:, 1]]).T).max() <= 12.5


def test_a_picture_without_points_matches_nothing(plain: Features) -> None:
    empty = features(Image.new("RGB", (200, 200), "white"))
    assert len(empty) == 0 and match(empty, plain).inliers == match(plain, empty).inliers == 0


def test_packed_features_match_as_before(plain: Features) -> None:
    other = features(coin(1, turn=20))
    packed = Features.unpacked(other.packed())
    assert packed.packed()["descriptors"].dtype == np.uint8
    assert match(plain, packed).inliers == pytest.approx(match(plain, other).inliers, abs=3)


def test_points_keep_off_the_edge(plain: Features) -> None:
    away = np.hypot(*(plain.points - SIZE / 2).T)
    assert 0.3 * SIZE < away.max() < 0.46 * SIZE


def test_what_was_found_is_read_again_or_made_again_when_memory_is_short(tmp_path: Path) -> None:
    photographs, looked = [], []
    for seed in range(4):
        path = tmp_path / f"{seed}.png"
        coin(seed).save(path)
        photographs.append(Photograph(str(seed), path, hashlib.sha256(path.read_bytes()).hexdigest()))

    def find(picture: Image.Image, outline: Outline | None) -> Features:
        looked.append(outline and outline.size)
        return features(picture)

    finds = PhotographCache(tmp_path / "finds", find, Features.unpacked, memory=0)
    found = [finds.get(photograph) for photograph in photographs]
    assert len(looked) == 4 and len(finds._held) == 2  # two at least: those of the pair that is looked at
    assert (finds.get(photographs[0]).points == found[0].points).all() and len(looked) == 4
    finds.file(photographs[1]).write_bytes(b"half a file")
    assert (finds.get(photographs[1]).points == found[1].points).all() and len(looked) == 5

    drawn = Outline.drawn([(0.2, 0.2), (0.8, 0.2), (0.5, 0.8)], (40, 40))
    finds.get(replace(photographs[0], outline=drawn))
    assert looked == [None] * 5 + [(480, 480)]
