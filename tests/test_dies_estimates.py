"""Estimates of the original number of dies, beside published figures."""

from math import comb

import numpy as np
import pytest

from dies.estimates import carter, count_dies, interval, seen
from dies.redraw import redraws


def test_naxos_staters_as_silver_publishes_them() -> None:
    # SILVER (Royal Library of Belgium): 19 coins, 8 obverse dies, 3 of them on one coin.
    found = count_dies([5, 4, 3, 2, 2, 1, 1, 1])
    assert (found.coins, found.dies, found.singletons) == (19, 8, 3)
    assert found.carter.dies == pytest.approx(11.49, abs=0.005)
    assert found.esty.dies == pytest.approx(13.82, abs=0.005)
    assert found.coverage == pytest.approx(0.8421, abs=5e-5)


@pytest.mark.parametrize(("n", "d", "expected"), [(150, 100, 240.4), (250, 100, 139.4), (400, 100, 116.5)])
def test_carter_takes_the_factors_of_the_number_of_coins_a_die(n: int, d: int, expected: float) -> None:
    assert carter(n, d) == pytest.approx(expected, abs=0.05)


def test_under_the_geometric_model_every_division_of_the_coins_is_as_likely() -> None:
    # Bose and Einstein: of D dies d show with the chance C(D, d) C(n - 1, d - 1) / C(D + n - 1, n).
    n, dies = 12, 9
    expected = [0.0, *(comb(dies, d) * comb(n - 1, d - 1) / comb(dies + n - 1, n) for d in range(1, dies + 1))]
    assert seen(n, dies, 1.0)[: dies + 1] == pytest.approx(expected)


@pytest.mark.parametrize("shape", [1.0, 2.0])
def test_the_interval_holds_the_true_number_in_95_of_100_samples(shape: float) -> None:
    rng = np.random.default_rng(5)
    dies_seen = []
    for _ in range(300):
        output = rng.gamma(shape, size=30)
        dies_seen.append(len(set(rng.choice(30, size=60, p=output / output.sum()).tolist())))
    intervals = {d: interval(60, d, shape) for d in set(dies_seen)}
    held = sum(intervals[d][0] <= 30 <= (intervals[d][1] or np.inf) for d in dies_seen)
    assert 0.94 <= held / 300 <= 0.995


def test_the_estimates_lie_in_their_intervals() -> None:
    found = count_dies([6, 5, 4, 3, 2, 2, 1, 1, 1, 1])
    for estimate in (found.carter, found.esty):
        assert estimate.dies is not None and estimate.high is not None
        assert 10 <= estimate.low < estimate.dies < estimate.high
    assert found.coverage_low is not None and found.coverage_high is not None
    assert found.coverage_low < found.coverage < found.coverage_high


def test_coins_of_a_die_each_set_no_upper_end() -> None:
    found = count_dies([1] * 10)
    assert found.coverage == 0 and found.carter.dies is found.esty.dies is None
    assert found.coverage_low is found.coverage_high is None  # not "0 % for certain"
    assert found.esty.high is None and found.esty.low > 10


def test_one_die_that_struck_everything_is_all_there_was() -> None:
    found = count_dies([20])
    assert found.coverage == 1 and found.esty.low == 1 and found.esty.dies == pytest.approx(20 / 19)


def test_links_that_are_not_sure_make_the_interval_wider_and_no_other_estimate() -> None:
    sure, unsure = count_dies([5, 4, 3, 2, 2, 1, 1, 1]), count_dies([5, 4, 3, 2, 2, 1, 1, 1], [7, 8, 8, 9, 9, 10])
    assert (unsure.dies_low, unsure.dies_high) == (7, 9) and (sure.dies_low, sure.dies_high) == (8, 8)
    assert unsure.carter.dies == sure.carter.dies
    assert unsure.carter.low < sure.carter.low and unsure.carter.high is not None and sure.carter.high is not None
    assert unsure.carter.high > sure.carter.high


def test_coins_that_allow_almost_any_number_of_dies_estimate_none() -> None:
    found = count_dies([2, 1, 1, 1])
    assert found.esty.high is not None and found.esty.high > 100 * found.esty.low
    assert found.carter.dies is found.esty.dies is None


def test_sure_dies_are_drawn_as_they_are_and_unsure_ones_as_often_as_is_likely() -> None:
    groups = [["a", "b", "c"], ["d", "e"], ["f"]]
    sure = {("a", "b"): 6.0, ("a", "c"): 6.0, ("b", "c"): 6.0, ("d", "e"): 0.0, ("a", "f"): -6.0, ("d", "f"): -6.0}
    numbers = [len(drawn) for drawn in redraws(groups, sure, 1000)]
    assert set(numbers) <= {3, 4, 5} and 0.4 < np.mean(np.array(numbers) >= 4) < 0.6
    joined = [drawn for drawn in redraws(groups, sure | {("a", "f"): 0.0}, 1000) if ["a", "b", "c", "f"] in drawn]
    assert 400 < len(joined) < 600


def test_what_a_person_joined_stays_together() -> None:
    assert all(drawn == [["a", "b", "c"]] for drawn in redraws([["a", "b", "c"]], {}, 20))
