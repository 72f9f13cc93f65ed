"""Where a cosine stands among all pairs."""

import numpy as np
import pytest

from measure.neighbours import BINS, Histogram, resolution, weight


def cosines(number: int, low: float = -1.0, high: float = 1.0) -> np.ndarray:
    return np.random.default_rng(1).uniform(low, high, number)


def true_percentile(values: np.ndarray, cosine: float) -> float:
    return 100 * float(np.mean(values < cosine))


@pytest.mark.parametrize("low", [-1.0, 0.0, 0.99, 0.9999])
def test_the_percentile_is_the_share_of_pairs_that_lie_below(low):
    values = cosines(20_000, low)
    asked = np.quantile(values, [0.01, 0.5, 0.9, 0.999])
    expected = [true_percentile(values, cosine) for cosine in asked]
    assert Histogram.of(values).percentile(asked) == pytest.approx(expected, abs=0.1)


def test_close_pairs_of_a_narrow_space_are_told_apart():
    closest = Histogram.of(cosines(100_000, 0.99)).percentile(np.array([0.9990, 0.9991, 0.9992]))
    assert np.diff(closest) == pytest.approx([1.0, 1.0], abs=0.1)


def test_the_same_direction_has_everything_below_it():
    assert Histogram.of(cosines(100)).percentile(np.array([1.0, -1.0])) == pytest.approx([100.0, 0.0])


def test_cosine_at_is_the_inverse():
    histogram = Histogram.of(cosines(20_000, -0.2, 0.7))
    for percentile in (0.5, 50, 99, 99.99):
        cosine = histogram.cosine_at(percentile)
        assert histogram.percentile(np.array([cosine]))[0] == pytest.approx(percentile, abs=1e-6)


def test_where_several_cosines_have_the_percentile_the_smallest_is_given():
    histogram = Histogram.of(np.array([0.1, 0.9]))
    assert histogram.cosine_at(50) == pytest.approx(0.1, abs=1e-3)
    assert histogram.cosine_at(51) == pytest.approx(0.9, abs=1e-3)


def test_counts_of_parts_add_up_to_the_counts_of_all():
    values = cosines(1000)
    together = Histogram.of(values[:300]) + Histogram.of(values[300:])
    assert np.array_equal(together.counts, Histogram.of(values).counts)


def test_counts_of_float32_are_those_of_float64_but_for_a_few_at_the_edges():
    values = cosines(200_000)
    moved = np.abs(Histogram.of(values.astype(np.float32)).counts - Histogram.of(values).counts).sum()
    assert moved < 0.005 * len(values)


def test_every_pair_is_counted_once_even_a_hair_outside_the_range():
    histogram = Histogram.of(np.array([-1.0000001, -1.0, 0.0, 1.0, 1.0000001]))
    assert histogram.pairs == 5
    assert histogram.counts[0] == 2 and histogram.counts[BINS - 1] == 2


def test_how_many_pairs_lie_above():
    assert Histogram.of(cosines(10_000)).above(0.5) == pytest.approx(2500, rel=0.05)


def test_no_pairs_no_percentile():
    assert Histogram.empty().percentile(np.array([0.5])) == [0.0]


def test_a_stored_list_comes_back():
    histogram = Histogram.of(cosines(50))
    assert np.array_equal(Histogram.stored(histogram.counts.tolist()).counts, histogram.counts)
    assert Histogram.stored(None).pairs == 0


def test_weights_count_the_zeros_of_the_share_above():
    assert weight(np.array([90.0, 99.0, 99.9]), pairs=1_000_000) == pytest.approx([1, 2, 3])


@pytest.mark.parametrize("pairs", [0, 1, 3, 10**9])
def test_weights_are_finite_and_above_zero(pairs):
    weights = weight(np.array([0.0, 100.0]), pairs)
    assert np.isfinite(weights).all() and (weights > 0).all()


def test_the_resolution_is_half_a_pair():
    assert resolution(1000) == 1 / 2000
