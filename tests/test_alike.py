"""Dies of one type that are as alike as real ones."""

from collections import Counter
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest

from hoard import alike, dies
from hoard.dies import CoinType, invent_types
from hoard.plan import Plan
from hoard.relief import Heights
from ingest.records import FACES, Face


def unlike(cut: Callable[[CoinType, Face, int, int], Heights], face: Face) -> np.ndarray:
    """How little three dies of one type correlate, pair by pair."""
    kind = invent_types(2, seed=5)[0]
    three = [cut(kind, face, number, 5).ravel() for number in range(3)]
    return np.array([1 - np.corrcoef(one, two)[0, 1] for one, two in combinations(three, 2)])


@pytest.mark.parametrize("face", FACES)
def test_dies_of_a_type_are_more_alike_than_in_version_1_and_not_the_same(face: Face) -> None:
    now, before = unlike(alike.cut_die, face), unlike(dies.cut_die, face)
    assert now.mean() < before.mean() / 2 and now.min() > 0.02


def test_a_die_is_cut_the_same_each_time() -> None:
    kind = invent_types(2, seed=5)[0]
    one, two = (alike.cut_die(kind, "reverse", 3, 5) for _ in range(2))
    assert (one == two).all()


def test_each_die_left_one_to_four_coins() -> None:
    for face in FACES:
        struck = [alike.die_of(face, 1, place, seed=8) for place in range(60)]
        left = Counter(struck)
        assert struck == sorted(struck) and list(left) == list(range(len(left)))
        assert set(left.values()) <= {1, 2, 3, 4} and len(set(left.values())) > 2


def test_a_plan_of_alike_dies_has_the_same_coins_of_the_same_types() -> None:
    one, two = Plan.drawn(60, 5, 8), Plan.drawn(60, 5, 8, alike=True)
    assert (one.of_type == two.of_type).all() and one.plants == two.plants
    assert any(one.entry(coin).dies != two.entry(coin).dies for coin in range(60))
