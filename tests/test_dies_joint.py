"""Two faces that bear each other out say more together, and nothing where they know nothing of each other."""

import numpy as np
import pytest
from scipy.special import expit

from dies.groups import Pair
from dies.joint import joint


def drawn(shared: np.ndarray, apart: float = 2.2, seed: int = 1) -> tuple[dict[Pair, float], dict[Pair, float]]:
    """Log-ratios of both faces of pairs of coins that share a die or not (m, 2): normal, so far apart."""
    seen = np.random.default_rng(seed).normal(np.where(shared, apart / 2, -apart / 2)) * apart
    pairs = [(f"{n:06d}", "x") for n in range(len(shared))]
    return tuple(dict(zip(pairs, column.tolist(), strict=True)) for column in seen.T)  # type: ignore[return-value]


def together(pairs: int, both: int, one: int) -> np.ndarray:
    """Whether each pair shares the obverse die and the reverse die."""
    shared = np.zeros((pairs, 2), bool)
    shared[:both] = True
    shared[both : both + one, 0] = shared[both + one : both + 2 * one, 1] = True
    return shared


def mistaken(shared: np.ndarray, log_odds: np.ndarray) -> int:
    """Obverses that are false or missed."""
    return int(((log_odds > 0) != shared[:, 0]).sum())


def test_where_dies_are_shared_together_fewer_pairs_are_mistaken() -> None:
    shared = together(5000, 300, 100)
    obverse, reverse = drawn(shared)
    found = joint(obverse, reverse, (0.08, 0.08))
    assert found.times == pytest.approx(0.06 / 0.08**2, rel=0.25)
    alone = np.array(list(obverse.values())) + np.log(0.08 / 0.92)
    assert mistaken(shared, np.array(list(found.obverse.values()))) < 0.9 * mistaken(shared, alone)


def test_joint_probabilities_are_frequencies() -> None:
    shared = together(20000, 1000, 400)
    found = joint(*drawn(shared), (0.07, 0.07))
    predicted = expit(np.array(list(found.obverse.values())))
    for low, high in ((0.1, 0.3), (0.3, 0.7), (0.7, 0.9), (0.9, 1.0)):
        inside = (predicted >= low) & (predicted < high)
        assert shared[inside, 0].mean() == pytest.approx(predicted[inside].mean(), abs=0.08)


def test_faces_that_know_nothing_of_each_other_stay_as_they_are() -> None:
    shared = np.random.default_rng(2).random((20000, 2)) < 0.05
    obverse, reverse = drawn(shared)
    found = joint(obverse, reverse, (0.05, 0.05))
    assert found.times == pytest.approx(1.0, abs=0.2)
    moved = [abs(found.obverse[pair] - np.clip(obverse[pair] + np.log(0.05 / 0.95), -6, 6)) for pair in obverse]
    assert max(moved) < 0.6


def test_few_pairs_do_not_tell_otherwise_and_pairs_of_one_face_take_no_part() -> None:
    obverse, reverse = {("a", "b"): 4.0, ("a", "c"): 3.0}, {("a", "b"): 4.0}
    found = joint(obverse, reverse, (0.01, 0.01))
    assert found.obverse.keys() == found.reverse.keys() == {("a", "b")}
    assert joint({}, {}, (0.1, 0.1)).times == pytest.approx(1.0)
