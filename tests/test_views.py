import numpy as np
import pytest
from PIL import Image, ImageDraw

from embed.models import DEVIATION, MEAN, View

CUT = View(cutout=True, grey=True, normalise=True)
RANDOM = np.random.default_rng(5)
METAL = Image.fromarray(RANDOM.integers(20, 220, (30, 40, 3)).astype(np.uint8)).resize((400, 300))


def coin(at: tuple[int, int] = (200, 150), ground: str = "white", radius: int = 90) -> Image.Image:
    mask = Image.new("L", (400, 300))
    ImageDraw.Draw(mask).ellipse((at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius), fill=255)
    metal = Image.new("RGB", (400, 300))
    metal.paste(METAL, (at[0] - 200, at[1] - 150))
    return Image.composite(metal, Image.new("RGB", (400, 300), ground), mask)


def test_the_whole_picture_is_squashed():
    view = View(size=32)(coin())
    assert view.shape == (32, 32, 3)
    assert view.dtype == np.uint8
    expected = np.asarray(coin().resize((32, 32), Image.Resampling.BICUBIC), int)
    assert np.abs(view - expected).max() <= 4


def test_grey_is_one_channel_three_times():
    view = View(grey=True, size=32)(coin())
    assert (view[..., 0] == view[..., 1]).all() and (view[..., 1] == view[..., 2]).all()


def test_the_cut_out_fills_its_square_and_is_white_around():
    view = CUT(coin())
    assert (view[:4, :4] == 255).all()
    middle = view[112]
    assert (middle[15:-15] < 255).mean() > 0.95


def test_the_cut_out_does_not_know_where_the_coin_lay():
    one, other = (CUT(coin(at)).astype(int) for at in ((150, 120), (250, 180)))
    assert np.abs(one - other).mean() < 12


def test_the_cut_out_does_not_know_its_background():
    on_white, on_blue = (CUT(coin(ground=ground)).astype(int) for ground in ("white", "#103060"))
    assert np.abs(on_white - on_blue).mean() < 8


def test_normalised_light_has_one_mean_and_deviation():
    view = CUT(coin())
    inside = view[60:160, 60:160, 0]
    assert inside.mean() == pytest.approx(MEAN, abs=10)
    assert inside.std() == pytest.approx(DEVIATION, abs=12)


def test_a_darker_exposure_gives_the_same_view():
    bright = coin()
    dark = bright.point([round(value * 0.6) for value in range(256)] * 3)
    assert np.abs(CUT(bright).astype(int) - CUT(dark)).mean() < 4


def test_detail_beyond_the_limit_is_left_out():
    sharp = Image.fromarray(RANDOM.integers(0, 255, (300, 300)).astype(np.uint8)).convert("RGB")

    def grain(view: View) -> float:
        return float(np.abs(np.diff(view(sharp)[..., 0].astype(float))).mean())

    assert grain(View(detail=48)) < grain(View()) / 2


def test_a_picture_without_a_coin_is_used_whole():
    noise = Image.fromarray(RANDOM.integers(0, 255, (80, 120, 3)).astype(np.uint8))
    assert (View(cutout=True, size=32)(noise) == View(size=32)(noise)).all()
