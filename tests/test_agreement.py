"""Agreement of communities with types, beside chance."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from measure.communities import agreement


def test_the_same_groups_under_other_names_agree_fully():
    found = agreement(["x", "x", "y", "y", "z", "z"], ["boar", "boar", "horse", "horse", "wheel", "wheel"])
    assert found.ami == pytest.approx(1)
    assert found.ari == pytest.approx(1)
    assert (found.coins, found.communities, found.types) == (6, 3, 3)


def test_random_groups_lie_in_the_range_of_chance():
    generator = np.random.default_rng(3)
    types = generator.integers(0, 6, 600)
    found = agreement(generator.integers(0, 8, 600), types)
    assert found.chance_low <= found.ami <= found.chance_high
    assert found.chance == pytest.approx(0, abs=0.005)


def test_chance_is_the_index_of_shuffled_types():
    generator = np.random.default_rng(4)
    groups, types = generator.integers(0, 5, 80), generator.integers(0, 4, 80)
    found = agreement(groups, types, shuffles=20, seed=9)
    shuffler = np.random.default_rng(9)
    slow = [adjusted_mutual_info_score(shuffler.permutation(types), groups) for _ in range(20)]
    assert found.chance == pytest.approx(np.mean(slow), abs=1e-9)


def test_the_same_seed_gives_the_same_range():
    types = list("aabbccdd") * 5
    groups = list("abcd") * 10
    assert agreement(groups, types, seed=2) == agreement(groups, types, seed=2)


@pytest.mark.parametrize(("groups", "types"), [(["a"] * 6, list("xxyyzz")), (list("abcdef"), ["x"] * 6)])
def test_one_group_for_all_says_nothing(groups, types):
    assert agreement(groups, types).ami == pytest.approx(0)


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="2 communities and 1 types"):
        agreement(["a", "b"], ["x"])
