import numpy as np
import pytest

from measure.retrieval import NothingToMeasure, retrieval


def at(*degrees: float) -> np.ndarray:
    """Vectors on the unit circle."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)


def test_neighbours_of_the_same_type_give_one():
    result = retrieval(at(0, 1, 90, 91), ["ox", "ox", "owl", "owl"])
    assert (result.r1_micro.value, result.map_macro.value) == (1, 1)
    assert (result.queries, result.classes) == (4, 2)


def test_ranks_by_hand():
    """From 0°: wrong at 10°, right at 20° (precision 1/2), wrong at 40°, right at 80° (2/4)."""
    vectors, labels = at(0, 10, 20, 40, 80), ["a", "x", "a", "y", "a"]
    first = (1 / 2 + 2 / 4) / 2
    middle = (1 / 3 + 2 / 4) / 2  # 10°, then 0° and 40° as near as each other: ties count against
    last = (1 / 2 + 2 / 4) / 2
    assert retrieval(vectors, labels).map_micro.value == pytest.approx((first + middle + last) / 3)


def test_a_lonely_label_is_a_candidate_but_no_query():
    result = retrieval(at(0, 2, 1), ["a", "a", "b"])
    assert (result.queries, result.r1_micro.value) == (2, 0)


def test_sides_without_a_label_take_no_part():
    assert retrieval(at(0, 1, 2), ["a", None, "a"]).r1_micro.value == 1


def test_macro_gives_each_label_the_same_say():
    result = retrieval(at(0, 1, 2, 3, 60, 30, 90), ["a", "a", "a", "a", "b", "c", "b"])
    assert result.r1_micro.value == pytest.approx(5 / 6)  # 60° is as far from the c at 30° as from its fellow at 90°
    assert result.r1_macro.value == pytest.approx(3 / 4)
    assert result.of_class["a"] == (1, 1, 1)


def test_equal_vectors_find_nothing():
    assert retrieval(np.ones((6, 3)), ["a", "a", "b", "b", "c", "c"]).r1_micro.value == 0


@pytest.mark.long
def test_chance_is_what_random_vectors_give():
    random = np.random.default_rng(3)
    labels = [str(n) for n in np.repeat(np.arange(8), 5)]
    results = [retrieval(random.normal(size=(40, 16)), labels) for _ in range(60)]
    for name in ("r1_micro", "r5_macro", "map_micro"):
        rates = [getattr(result, name) for result in results]
        assert np.mean([rate.value for rate in rates]) == pytest.approx(rates[0].chance, abs=0.03)


def test_the_interval_holds_the_value_and_is_repeatable():
    random = np.random.default_rng(3)
    vectors, labels = random.normal(size=(60, 4)), [str(n % 10) for n in range(60)]
    rate = retrieval(vectors, labels).map_micro
    assert rate.low < rate.value < rate.high
    assert rate == retrieval(vectors, labels).map_micro


def test_a_confounder_that_rules_the_space_is_seen():
    found = retrieval(at(0, 1, 2, 90, 91, 92), ["berlin"] * 3 + ["london"] * 3)
    assert found.r1_micro.value == found.r1_macro.value == 1
    assert found.r1_micro.chance == pytest.approx(2 / 5)


def test_nothing_shared_is_nothing_to_measure():
    with pytest.raises(NothingToMeasure, match="--label"):
        retrieval(at(0, 1), ["a", "b"])
