from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from hoard import make_hoard, read_truth
from ingest.images import open_picture
from ingest.outlines import Outline, find_outline

RANDOM = np.random.default_rng(5)


def coin_on(ground: Image.Image, box: tuple[int, int, int, int], tone: int = 120) -> Image.Image:
    """A round coin with relief on a background."""
    relief = np.clip(RANDOM.normal(tone, 35, (ground.height, ground.width)), 0, 255).astype(np.uint8)
    metal = Image.fromarray(relief).filter(ImageFilter.GaussianBlur(1)).convert("RGB")
    return Image.composite(metal, ground, ellipse(ground.size, box))


def ellipse(size: tuple[int, int], box: tuple[int, int, int, int]) -> Image.Image:
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).ellipse(box, fill=255)
    return mask


def overlap(outline: Outline, truth: Image.Image) -> float:
    """Intersection over union."""
    seen, true = outline.mask(*truth.size) > 0.5, np.asarray(truth) > 127
    return float((seen & true).sum() / (seen | true).sum())


BOX = (110, 60, 290, 250)


@pytest.mark.parametrize("colour", ["white", "black", "#b0b0b0", "#203050", "#a03020"])
def test_a_coin_on_a_plain_ground(colour: str):
    outline = find_outline(coin_on(Image.new("RGB", (400, 300), colour), BOX))
    assert overlap(outline, ellipse((400, 300), BOX)) > 0.97
    assert outline.sure


def test_a_coin_on_a_mottled_ground():
    noise = Image.fromarray(RANDOM.integers(60, 220, (30, 40, 3)).astype(np.uint8))
    stone = noise.resize((400, 300), Image.Resampling.BICUBIC)
    outline = find_outline(coin_on(stone, BOX, tone=70))
    assert overlap(outline, ellipse((400, 300), BOX)) > 0.95


def test_a_coin_of_the_tone_of_its_ground_is_seen_by_its_grain():
    outline = find_outline(coin_on(Image.new("RGB", (400, 300), "#787878"), BOX))
    assert overlap(outline, ellipse((400, 300), BOX)) > 0.97


def test_its_shadow_stays_out():
    ground = Image.new("RGB", (400, 300), "#d0d0d0")
    shadow = ellipse(ground.size, (118, 68, 300, 262)).filter(ImageFilter.GaussianBlur(6))
    ground = Image.composite(Image.new("RGB", ground.size, "#909090"), ground, shadow)
    assert overlap(find_outline(coin_on(ground, BOX)), ellipse((400, 300), BOX)) > 0.96


def test_a_coin_across_two_grounds():
    ground = Image.new("RGB", (400, 300), "#e8e4da")
    ImageDraw.Draw(ground).polygon([(150, 0), (400, 0), (400, 300), (260, 300)], fill="#1b2a45")
    outline = find_outline(coin_on(ground, BOX, tone=135))
    assert overlap(outline, ellipse((400, 300), BOX)) > 0.96
    assert outline.sure


def test_a_card_larger_than_the_coin_stays_out():
    picture = coin_on(Image.new("RGB", (400, 300), "#505860"), (30, 90, 150, 210))
    draw = ImageDraw.Draw(picture)
    for k, colour in enumerate(("red", "green", "blue", "yellow", "white", "black")):
        draw.rectangle((200 + k % 2 * 90, 30 + k // 2 * 80, 290 + k % 2 * 90, 110 + k // 2 * 80), fill=colour)
    assert overlap(find_outline(picture), ellipse((400, 300), (30, 90, 150, 210))) > 0.96


def test_a_scale_bar_stays_out():
    picture = coin_on(Image.new("RGB", (400, 300), "white"), BOX)
    ImageDraw.Draw(picture).rectangle((20, 280, 260, 290), fill="black")
    assert overlap(find_outline(picture), ellipse((400, 300), BOX)) > 0.97


@pytest.mark.parametrize("size", [(100, 75), (3000, 2250)])
def test_thumbnails_and_large_photographs(size: tuple[int, int]):
    picture = coin_on(Image.new("RGB", (400, 300), "white"), BOX).resize(size)
    outline = find_outline(picture)
    assert overlap(outline, ellipse((400, 300), BOX).resize(size)) > 0.95
    assert outline.size == size


def test_a_coin_cut_by_the_edge_of_its_picture():
    picture = coin_on(Image.new("RGB", (400, 300), "white"), (80, -20, 320, 220))
    assert overlap(find_outline(picture), ellipse((400, 300), (80, -20, 320, 220))) > 0.95


@pytest.mark.parametrize("size", [(1, 1), (20, 200), (300, 200), (900, 2), (3, 700), (320, 4)])
def test_where_there_is_no_coin_the_whole_picture_is_returned_and_not_sure(size: tuple[int, int]):
    outline = find_outline(Image.new("RGB", size, "grey"))
    assert not outline.sure
    assert outline.mask(*size).shape == (size[1], size[0])


def test_a_label_without_a_coin_is_not_sure():
    picture = Image.new("RGB", (400, 300), "#505860")
    ImageDraw.Draw(picture).rectangle((120, 90, 300, 190), fill="#f0ecdf")
    ImageDraw.Draw(picture).text((140, 120), "Inv. 1234", "black")
    assert not find_outline(picture).sure


def test_grain_without_a_coin_is_not_sure():
    assert not find_outline(Image.fromarray(RANDOM.integers(0, 255, (200, 300, 3)).astype(np.uint8))).sure


def test_the_same_picture_gives_the_same_outline():
    picture = coin_on(Image.new("RGB", (400, 300), "white"), BOX)
    assert (find_outline(picture).polygon == find_outline(picture).polygon).all()


def test_stored_as_a_few_whole_pixels_it_comes_back():
    outline = find_outline(coin_on(Image.new("RGB", (400, 300), "white"), BOX))
    stored = outline.to_list()
    assert len(stored) < 200 and all(isinstance(value, int) for value in stored)
    back = Outline.from_list(stored, outline.size, outline.confidence)
    assert overlap(back, Image.fromarray((outline.mask(400, 300) * 255).astype(np.uint8))) > 0.985


def test_the_same_outline_in_the_picture_at_another_size():
    outline = find_outline(coin_on(Image.new("RGB", (400, 300), "white"), BOX))
    assert (
        overlap(outline.resized((1200, 900)), ellipse((1200, 900), (3 * BOX[0], 3 * BOX[1], 3 * BOX[2], 3 * BOX[3])))
        > 0.97
    )


def test_the_square_holds_the_coin_with_a_margin():
    left, top, side = Outline(np.array([[10, 20], [110, 20], [110, 70]], np.float32), (200, 100), 1.0).square
    assert (left, top, side) == pytest.approx((8, -7, 104))


@pytest.mark.long
def test_outlines_of_the_sample_hoard(tmp_path: Path):
    make_hoard(tmp_path / "hoard", coins=16, types=4, seed=5)
    shares = []
    for coin in read_truth(tmp_path / "hoard")["coins"]:
        for side in coin["sides"].values():
            picture = open_picture(tmp_path / "hoard" / side["file"])
            true = Outline(np.array(side["outline"], np.float32) + 0.5, picture.size, 1.0).mask(*picture.size)
            shares.append(overlap(find_outline(picture), Image.fromarray((true * 255).astype(np.uint8))))
    assert np.mean(shares) >= 0.97
