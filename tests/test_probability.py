"""Probabilities of one type: what they are fitted to, that they keep their word, that no fit sees what it judges."""

import numpy as np
import pytest

from measure.coinset import PairValues
from measure.probability import (
    FOLDS,
    LabelledPairs,
    SameType,
    TooFewPairs,
    auroc,
    cross_fitted,
    fold_of,
    reliability,
)


def made(coins: int = 120, kinds: int = 6, wear: float = 0.0, seed: int = 1) -> LabelledPairs:
    """Pairs of coins: on each face those of one type are more alike, but for worn reverses (a share ``wear`` of all),
    which are like nothing."""
    random = np.random.default_rng(seed)
    kind = random.integers(0, kinds, coins)
    worn = random.random(coins) < wear
    first, second = np.triu_indices(coins, 1)
    same = kind[first] == kind[second]
    evidence = random.normal(np.where(same, 2.0, 0.5)[:, None], 0.6, (len(same), 2))
    spoilt = worn[first] | worn[second]
    evidence[spoilt, 1] = random.normal(0.5, 0.6, spoilt.sum())
    return LabelledPairs(first, second, evidence, same.astype(float))


def test_probabilities_keep_their_word() -> None:
    pairs = made()
    kept = reliability("pairs", cross_fitted(pairs, fold_of(np.arange(120))), pairs.same)
    assert kept.brier < 0.4 * kept.brier_base and kept.error < 0.02


def test_a_worn_reverse_does_not_drown_a_clear_obverse() -> None:
    pairs = made(wear=0.4)
    fitted = SameType(pairs.evidence, pairs.same)
    clear_and_worn, middling = np.array([[3.5, 0.3]]), np.array([[1.9, 1.9]])
    assert fitted.probability(clear_and_worn)[0] > fitted.probability(middling)[0]
    assert fitted.probability(clear_and_worn)[0] > 0.5


def test_an_unknown_side_has_no_say() -> None:
    pairs = made()
    alone = SameType(pairs.evidence[:, :1], pairs.same).probability(np.array([[2.0]]))
    unknown = SameType(pairs.evidence, pairs.same).probability(np.array([[2.0, np.nan]]))
    np.testing.assert_allclose(unknown, alone, atol=1e-6)


def test_of_nothing_known_the_share_is_given() -> None:
    pairs = made()
    given = SameType(pairs.evidence, pairs.same).probability(np.full((1, 2), np.nan))
    assert given[0] == pytest.approx(pairs.same.mean())


def test_no_fit_sees_the_coins_it_judges() -> None:
    pairs, fold = made(coins=60), fold_of(np.arange(60))
    before = cross_fitted(pairs, fold)
    one = int(np.flatnonzero(fold == 0)[0])
    of_one = (pairs.first == one) | (pairs.second == one)
    lied = LabelledPairs(pairs.first, pairs.second, pairs.evidence, np.where(of_one, 1 - pairs.same, pairs.same))
    np.testing.assert_array_equal(cross_fitted(lied, fold)[of_one], before[of_one])


def test_pairs_of_unknown_type_get_the_fit_on_all() -> None:
    pairs = made(coins=60)
    hidden = pairs.first == 0
    asked = LabelledPairs(pairs.first, pairs.second, pairs.evidence, np.where(hidden, np.nan, pairs.same))
    found = cross_fitted(asked, fold_of(np.arange(60)))[hidden]
    everything = SameType(pairs.evidence[~hidden], pairs.same[~hidden])
    np.testing.assert_allclose(found, everything.probability(pairs.evidence[hidden]))


def test_one_type_alone_is_not_enough() -> None:
    pairs = made(kinds=1)
    with pytest.raises(TooFewPairs, match="0 of two"):
        cross_fitted(pairs, fold_of(np.arange(120)))


def test_what_a_closer_look_gave_is_found_in_either_order() -> None:
    values = PairValues.of(9, np.array([5, 2]), np.array([1, 8]), np.array([0.5, 0.0]))
    np.testing.assert_array_equal(values.at(np.array([[1], [8]]), np.array([5, 2])), [[0.5, np.nan], [np.nan, 0.0]])
    assert np.isnan(PairValues.of(9, *np.zeros((3, 0), int)).at(np.array([1]), np.array([2]))).all()


def test_coins_of_one_piece_fall_into_one_fold() -> None:
    pieces = np.repeat(np.arange(50), 2)
    fold = fold_of(pieces)
    assert (fold[::2] == fold[1::2]).all() and set(fold) == set(range(FOLDS))


def test_a_perfect_forecast_has_no_error() -> None:
    kept = reliability("all", np.array([0.0, 1.0, 1.0, 0.0]), np.array([0, 1, 1, 0]))
    assert (kept.brier, kept.error, kept.brier_base) == (0, 0, 0.25)


def test_the_interval_of_a_share_is_wilsons() -> None:
    (one,) = reliability("pairs", np.zeros(10), np.zeros(10)).bins
    assert (one.low, one.high) == pytest.approx((0, 0.2775), abs=1e-4)


def test_auroc_of_numbers_apart_is_one() -> None:
    assert auroc([0.1, 0.2], [0.3]) == 1 and auroc([0.1, 0.2], [0.1, 0.2]) == 0.5
