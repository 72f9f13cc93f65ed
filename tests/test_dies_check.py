"""What links are worth at a limit, and how far the two faces of coins bear each other out."""

import numpy as np
import pytest

from dies.check import both_faces, limits
from dies.decoys import SAME, SAME_DEVIATION, Catalogued


def test_decoys_of_the_other_half_stay_below_the_limits_and_pairs_of_one_die_above() -> None:
    rng = np.random.default_rng(1)
    of = {f"s{n:03d}": Catalogued(f"legend {'ab'[n % 2]}", None) for n in range(200)}
    names = sorted(of)
    pairs = [(one, two) for place, one in enumerate(names) for two in names[place + 1 : place + 25]]
    likeness = {pair: float(rng.normal(1.3, 0.9) + rng.exponential(0.5)) for pair in pairs}
    true = [pair for pair in pairs if of[pair[0]].letters == of[pair[1]].letters][:60]
    likeness |= {pair: float(rng.normal(SAME, SAME_DEVIATION)) for pair in true}
    found = limits(likeness, of, {}, {side: int(side[1:]) // 100 for side in names})
    assert [one.probability for one in found] == [0.5, 0.9, 0.99]
    assert found[1].links >= 40 and found[1].false < 0.1 * found[1].links
    assert found[1].above <= 1 and found[1].held > 1000
    assert found[0].links >= found[1].links >= found[2].links and found[0].above >= found[1].above >= found[2].above


def test_faces_that_bear_each_other_out_are_linked_together_oftener_than_chance_gives() -> None:
    found = both_faces([(True, True, "a")] * 10 + [(False, False, "a")] * 30)
    assert (found.pairs, found.obverse, found.reverse, found.both, found.expected) == (40, 10, 10, 10, 2.5)
    assert found.times == 4


def test_faces_that_know_nothing_of_each_other_are_linked_together_as_often_as_chance_gives() -> None:
    assert both_faces([(o, r, "a") for o in (True, False) for r in (True, False)] * 10).times == 1


def test_that_coins_are_of_one_type_is_no_evidence_that_the_faces_agree() -> None:
    within = [(True, True, "a")] * 4 + [(False, False, "b")] * 96
    assert both_faces(within).times == pytest.approx(1.0)
    assert both_faces([(o, r, "all") for o, r, _ in within]).times == pytest.approx(25.0)


def test_without_links_there_is_nothing_to_compare_with() -> None:
    assert both_faces([(True, False, "a"), (False, False, "a")]).times is None
