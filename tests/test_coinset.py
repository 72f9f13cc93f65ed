"""The coins of a space as arrays: which labels may be scored, several spaces joined, closer looks at pairs."""

import numpy as np

from measure.coinset import CoinSet, Network, PairValues, Partition


def made(space: str, coins: list[str], types: list[str | None], trained: set[str] = frozenset()) -> CoinSet:  # type: ignore[assignment]
    """Obverses that are all different; ``trained`` are the classes that the space saw."""
    trusted = np.array([kind not in trained for kind in types])
    faces = {"obverse": np.eye(len(coins), 3, dtype=np.float32)}
    return CoinSet(space, "obverse", coins, faces, {"type": types}, {"type": trusted})


def test_labels_that_a_space_was_trained_on_are_not_scored() -> None:
    assert made("s", ["a", "b", "c"], ["owl", "ox", None], {"ox"}).scored("type") == ["owl", None, None]


def test_without_a_word_of_training_every_label_is_scored() -> None:
    assert CoinSet("s", "obverse", ["a"], {}, {"type": ["owl"]}).scored("type") == ["owl"]


def test_joined_spaces_have_a_matrix_each_and_distrust_what_one_of_them_saw() -> None:
    one = made("seen", ["a", "b"], ["owl", "ox"])
    other = made("read", ["b", "c"], ["ox", "ox"], {"ox"})
    both = CoinSet.joined([one, other])
    assert (both.coins, both.labels["type"]) == (["a", "b", "c"], ["owl", "ox", "ox"])
    assert both.scored("type") == ["owl", None, None]
    seen, read = both.faces["obverse in seen"], both.faces["obverse in read"]
    np.testing.assert_array_equal(np.isnan(seen).any(1), [False, False, True])
    np.testing.assert_array_equal(read[1:], other.faces["obverse"])
    assert len(set(both.pieces)) == 3


def test_a_coin_of_no_community_is_a_group_of_its_own() -> None:
    partition = Partition("p", "both", np.array([1, 0, 1, 0]), np.ones(4, bool))
    one, two, three, four = partition.groups(np.arange(4)).tolist()
    assert one == three and len({one, two, four}) == 3


def test_rows_are_those_that_have_the_side() -> None:
    coins = made("s", ["a", "b"], ["owl", "ox"])
    coins.faces["obverse"][0] = np.nan
    assert coins.rows_with("obverse").tolist() == [1]


def test_values_of_pairs_as_a_matrix_stand_both_ways_round() -> None:
    matrix = PairValues.of(3, np.array([2]), np.array([0]), np.array([0.5])).matrix().toarray()
    np.testing.assert_array_equal(matrix, [[0, 0, 0.5], [0, 0, 0], [0.5, 0, 0]])


def test_edges_above_a_percentile_are_the_strongest() -> None:
    ends = np.array([0, 1, 2]), np.array([1, 2, 3])
    network = Network.of(4, *ends, np.array([80.0, 99.0, 90.0]), 6, np.array([0.1, 0.9, 0.5]))
    some = network.above(90)
    assert some.cosine is not None and some.cosine.tolist() == [0.9, 0.5]
    assert some.reached.tolist() == [False, True, True, True]
    assert len(network.among(np.array([True, True, False, False]))) == 1
