"""The network that looks at the places of two sides: what is trained is what `dies` computes."""

import numpy as np
import pytest
import torch

from benchmarks.places import Network, altered, as_seen
from dies.places import PLACES, REACH, ROWS, Weights, _network, volume
from dies.registration import COARSE, FINE, Relief


@pytest.fixture(scope="module")
def sides() -> tuple[Relief, Relief]:
    """A side that shows something, and the same a pixel to the right."""
    rng = np.random.default_rng(1)
    field = np.exp(2j * np.pi * rng.random((FINE, FINE))).astype(np.complex64)
    coarse = np.zeros((COARSE, COARSE), np.complex64)
    return Relief(coarse, field), Relief(coarse, np.roll(field, 1, 1))


def test_correlations_are_highest_where_a_place_went(sides: tuple[Relief, Relief]) -> None:
    seen = volume(*(side.places for side in sides))
    assert seen.shape == ((2 * REACH + 1) ** 2 + 2, ROWS, ROWS)
    places = (seen[:-2] != 0).any(0)
    assert places.sum() == len(PLACES.at)
    inner = places & (np.hypot(*(np.indices((ROWS, ROWS)) - ROWS // 2)) < 0.4 * ROWS)
    down, right = np.divmod(seen[:-2].argmax(0)[inner], 2 * REACH + 1)
    assert (down == REACH).all() and (right == REACH + 1).all()


def test_what_was_trained_is_what_is_computed(sides: tuple[Relief, Relief]) -> None:
    torch.manual_seed(1)
    network, seen = Network(), volume(*(side.places for side in sides))
    values, mask = as_seen(seen[None])
    network.train()
    network(*altered(values.repeat(4, 1, 1, 1), mask.repeat(4, 1, 1, 1), torch.Generator().manual_seed(1)))
    network.eval()
    expected = 2 * network(values, mask).item() + 1
    assert Weights(network.weights(2.0, 1.0)).likeness(seen) == pytest.approx(expected, abs=1e-3)


def test_one_side_is_more_like_itself_than_mirrored(sides: tuple[Relief, Relief]) -> None:
    one, _ = sides
    same, other = (_network().likeness(volume(one.places, two.places)) for two in (one, one.mirrored()))
    assert same > 5 > other
