"""Place by place: what lies a little elsewhere on the other coin is found, what is not there is not."""

import numpy as np
import pytest
from test_match import coin

from dies.match import DIMENSION, NoMap, PlaceFinder, Places, disc, fit_places, near, places_likeness
from embed.models import ImageModel
from embed.registry import load_model


def map_of(seed: int) -> np.ndarray:
    """(14, 14, 8) of random directions of length one."""
    cells = np.random.default_rng(seed).normal(size=(14, 14, 8)).astype(np.float32)
    return cells / np.linalg.norm(cells, axis=2, keepdims=True)


def places(cells: np.ndarray) -> Places:
    return Places(cells[disc(14)], 14)


def test_a_map_is_like_itself_and_like_itself_moved_by_a_cell() -> None:
    one = map_of(1)
    assert places_likeness(places(one), places(one)) == pytest.approx(1)
    moved, other = places(np.roll(one, 1, axis=1)), places(map_of(2))
    assert places_likeness(places(one), moved) > 0.9 > places_likeness(places(one), other) + 0.2
    assert places_likeness(places(one), moved) == pytest.approx(places_likeness(moved, places(one)))


def test_what_lies_far_away_is_not_found() -> None:
    one = map_of(1)
    assert places_likeness(places(one), places(np.roll(one, 4, axis=1))) < 0.8


def test_a_cell_looks_at_itself_and_the_eight_around_it() -> None:
    assert near(14).diagonal().all() and near(14).sum(1).max() == 9


@pytest.fixture(scope="module")
def model() -> ImageModel:
    return load_model("coin-lite0", device="cpu")


def test_a_coin_struck_off_centre_is_more_like_itself_than_another(model: ImageModel) -> None:
    pictures = [coin(1), coin(1, turn=4, shift=6, light=0.9), *map(coin, range(2, 6))]
    finder = PlaceFinder(model, fit_places(model, iter([np.stack([model.prepare(picture) for picture in pictures])])))
    one, same, *others = map(finder, pictures)
    assert one.cells.shape == (disc(14).sum(), DIMENSION)
    assert places_likeness(one, same) > max(places_likeness(one, other) for other in others)


def test_places_are_kept_in_half_their_size(model: ImageModel) -> None:
    one, two = places(map_of(1)), places(map_of(2))
    kept = Places.unpacked(one.packed())
    assert one.packed()["cells"].dtype == np.float16
    assert places_likeness(kept, two) == pytest.approx(places_likeness(one, two), abs=1e-3)


def test_a_model_without_a_map_says_so() -> None:
    with pytest.raises(NoMap, match="sees no places"):
        fit_places(load_model("test-pixels"), iter([np.zeros((2, 8, 8, 3), np.uint8)]))
