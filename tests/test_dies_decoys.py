"""Two groups of pairs, told by decoys: probabilities that hold where the truth is known."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from dies.decoys import (
    ENOUGH,
    LIKELIEST,
    SAME,
    SAME_DEVIATION,
    Catalogued,
    fit,
    judge,
    least_sure,
    worth_a_look,
)
from dies.match import coin_square
from dies.places import NOTHING, laid
from dies.registration import Relief, bank
from ingest.images import open_picture


def by_chance(rng: np.random.Generator, number: int, higher: float = 0.0) -> np.ndarray:
    return 1.3 + higher + rng.normal(0, 0.85, number) + rng.exponential(0.5, number)


def drawn(rng: np.random.Generator, pairs: int, same: int, higher: float) -> np.ndarray:
    """Pairs of two dies, then pairs of one."""
    return np.r_[by_chance(rng, pairs, higher), rng.normal(SAME, SAME_DEVIATION, same)]


@pytest.mark.parametrize(("pairs", "same", "higher"), [(4000, 40, 0.2), (300, 100, 0.6)])
def test_probabilities_are_frequencies(pairs: int, same: int, higher: float) -> None:
    rng = np.random.default_rng(1)
    false = expected = shown = 0.0
    for _ in range(8):
        values = drawn(rng, pairs, same, higher)
        odds = fit(values, by_chance(rng, 1000))[0].log_odds(values)
        held = odds > 0
        shown += held.sum()
        false += held[:pairs].sum()
        expected += expit(-odds[held]).sum()
    assert shown > 8 * same / 2
    assert expected / 2 < false < 2 * expected


@pytest.mark.parametrize("mean", [6.5, 9.5])
def test_the_mean_likeness_of_one_die_is_told_by_the_collection(mean: float) -> None:
    rng = np.random.default_rng(4)
    values = np.r_[by_chance(rng, 1000, 0.3), rng.normal(mean, SAME_DEVIATION, 250)]
    found = fit(values, by_chance(rng, 1000))[0]
    assert abs(found.same - mean) < abs(SAME - mean) / 2
    few = fit(values[:1003], by_chance(rng, 1000))[0]
    assert abs(few.same - SAME) < abs(SAME - mean) / 2  # three pairs tell nothing


def test_where_no_pair_is_of_one_die_hardly_one_is_shown() -> None:
    rng = np.random.default_rng(2)
    shown = 0
    for _ in range(10):
        values = drawn(rng, 2000, 0, 0.2)
        shown += (fit(values, by_chance(rng, 500))[0].log_odds(values) > np.log(9)).sum()
    assert shown <= 2


@pytest.mark.parametrize("number", [0, 20, 1000])
def test_two_pairs_in_thousands_are_found_with_few_decoys_and_with_many(number: int) -> None:
    rng = np.random.default_rng(3)
    values = np.r_[by_chance(rng, 3000), 11.0, 13.0]
    odds = fit(values, by_chance(rng, number))[0].log_odds(values)
    assert (odds[-2:] > np.log(9)).all() and (odds[:-2] > np.log(9)).sum() <= 1


def test_decoys_that_are_of_one_die_after_all_do_not_hide_others() -> None:
    rng = np.random.default_rng(4)
    values, decoys = drawn(rng, 300, 100, 0.2), drawn(rng, 1200, 8, 0.0)
    pairs, others = fit(values, decoys)
    assert (pairs.log_odds(values)[300:] > np.log(9)).mean() > 0.5
    assert others.share == pytest.approx(8 / 1208, abs=0.005)


def test_pairs_are_verified_from_where_decoys_end() -> None:
    decoys = np.r_[np.zeros(990), np.arange(20, 30)]
    values = np.r_[np.zeros(980), np.full(20, 40.0)]
    assert least_sure(values, decoys) == 40
    assert least_sure(np.r_[values, np.full(200, 35.0)], decoys) == 35
    assert least_sure(np.r_[values, np.full(10, 22.0)], decoys) == 40  # as many decoys have these


def test_few_decoys_and_few_pairs_verify_nothing() -> None:
    values = np.r_[np.zeros(980), np.full(20, 40.0)]
    assert least_sure(values, np.zeros(99)) is None
    assert least_sure(values, np.zeros(200)) is None and least_sure(values, np.zeros(600)) == 40
    assert least_sure(np.r_[np.zeros(999), 40.0], np.zeros(5000)) is None
    assert least_sure(np.zeros(0), np.zeros(200)) is None


def test_no_odds_fall_as_likeness_grows() -> None:
    rng = np.random.default_rng(5)
    groups, _ = fit(drawn(rng, 500, 20, 0.0), by_chance(rng, 500))
    assert (np.diff(groups.log_odds(np.linspace(-10, 30, 500))) >= 0).all()


@pytest.mark.parametrize(
    ("one", "two", "why"),
    [
        (("IMP C MAXIMIANVS P F AVG", "a"), ("IMP.C.MAXIMIANUS PF AVG", "b"), None),  # one die may strike two types
        (("IMP C MAXIMIANVS P F AVG", "a"), ("IMP MAXIMIANVS P F AVG", "a"), "legend"),
        (("IMP C MAX[...]", "a"), ("IMP MAXIMIANVS P F AVG", "b"), "type"),  # what is not read says nothing
        ((None, "a"), ("IMP MAXIMIANVS P F AVG", "b"), "type"),
        ((None, None), (None, "b"), None),
    ],
)
def test_what_the_catalogue_says_of_two_sides(
    one: tuple[str | None, str | None], two: tuple[str | None, str | None], why: str | None
) -> None:
    assert Catalogued(*one).differs(Catalogued(*two)) == why


def test_different_legends_bar_a_pair_however_alike() -> None:
    rng = np.random.default_rng(6)
    sides = [f"s{number:02}" for number in range(40)]
    of = {side: Catalogued("ABC" if number % 2 else "ABD", None) for number, side in enumerate(sides)}
    likeness = {pair: float(by_chance(rng, 1)[0]) for pair in combinations(sides, 2)}
    judged = judge(likeness | {("s00", "s01"): 12.0, ("s00", "s02"): 12.0, ("s01", "s03"): NOTHING}, of)
    assert ("s00", "s01") in judged.barred and ("s00", "s02") not in judged.barred
    assert judged.log_odds["s00", "s02"] > np.log(9) and judged.log_odds["s01", "s03"] == -LIKELIEST
    assert judged.decoys == 400


def test_no_more_pairs_that_the_catalogue_tells_apart_are_looked_at_than_tell_chance() -> None:
    sides = [f"s{number:02}" for number in range(60)]
    of = {side: Catalogued("ABC" if number % 2 else "ABD", None) for number, side in enumerate(sides)}
    pairs = list(combinations(sides, 2))
    same = {pair for pair in pairs if of[pair[0]] == of[pair[1]]}
    near = {("s00", "s01"), ("s02", "s05"), ("s00", "s02")}
    of_two = [pair for pair in pairs if pair not in same]  # 900
    assert len(set(worth_a_look(pairs, near, of, [])) - same) == ENOUGH
    known = [pair for pair in of_two if pair not in near][:100]
    left = set(pairs) - set(known)
    looked = worth_a_look(left, near, of, known * 2)  # as if 200 were known
    assert same | near <= set(looked) and len(set(looked) - same) == ENOUGH - 200
    assert set(worth_a_look(left, near, of, known * 3)) == same | near


def test_two_dies_of_real_photographs_stand_out_among_pairs_of_their_type(shared_data: Path) -> None:
    def relief(coin: str) -> Relief:
        return Relief.of(*coin_square(open_picture(shared_data / f"nummi/obverse/{coin}_obv.jpg")))

    coins = {coin: relief(coin) for coin in ("0345", "0370", "0444", "0494")}
    spectra = {coin: bank(one) for coin, one in coins.items()}
    likeness = {(one, two): laid(spectra[one], coins[one], coins[two]).likeness for one, two in combinations(coins, 2)}
    same = {pair for pair, value in likeness.items() if value > 8}
    assert same == {("0345", "0494"), ("0370", "0444")}
    assert max(value for pair, value in likeness.items() if pair not in same) < 5
