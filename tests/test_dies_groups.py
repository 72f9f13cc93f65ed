"""Groups of sides from one die, out of evidence that is sometimes wrong."""

from itertools import combinations

import numpy as np

from dies.groups import agreement, die_groups, unasked


def evidence(dies: dict[str, str], same: float = 3.0, other: float = -3.0) -> dict[tuple[str, str], float]:
    return {(a, b): same if dies[a] == dies[b] else other for a, b in combinations(sorted(dies), 2)}


DIES = {"a1": "A", "a2": "A", "a3": "A", "b1": "B", "b2": "B", "c1": "C"}
GROUPS = [["a1", "a2", "a3"], ["b1", "b2"], ["c1"]]


def test_clear_evidence_gives_the_dies() -> None:
    assert die_groups(DIES, evidence(DIES)) == GROUPS


def test_one_false_pair_joins_nothing() -> None:
    assert die_groups(DIES, evidence(DIES) | {("a3", "b1"): 5.0}) == GROUPS


def test_one_missed_pair_parts_nothing() -> None:
    assert die_groups(DIES, evidence(DIES) | {("a1", "a3"): -2.0}) == GROUPS


def test_pairs_that_nobody_looked_at_say_nothing() -> None:
    assert die_groups(DIES, {("a1", "a2"): 2.5, ("a2", "a3"): 2.5, ("b1", "b2"): 2.5}) == GROUPS


def test_two_sides_that_are_merely_not_unlike_are_not_joined() -> None:
    assert die_groups(["a", "b"], {("a", "b"): 0.6}) == [["a"], ["b"]]
    weak = {("a1", "a2"): 4.0, ("a1", "a3"): 4.0, ("a2", "a3"): 0.1}
    assert die_groups(["a1", "a2", "a3"], weak) == [["a1", "a2", "a3"]]


def test_the_order_of_the_evidence_does_not_matter() -> None:
    rng = np.random.default_rng(3)
    sides = [f"s{n:02}" for n in range(25)]
    found = {pair: float(value) for pair, value in zip(combinations(sides, 2), rng.normal(-1, 2, 300), strict=True)}
    order = rng.permutation(300)
    shuffled = [list(found.items())[place] for place in order]
    assert die_groups(sides, found) == die_groups(reversed(sides), dict(shuffled))


def test_more_is_asked_where_a_pair_would_join_two_groups() -> None:
    known = {("a1", "a2"): 3.0, ("b1", "b2"): 3.0, ("a2", "b1"): 1.0}
    groups = [["a1", "a2"], ["b1", "b2"]]
    assert set(unasked(groups, known)) == {("a1", "b1"), ("a1", "b2"), ("a2", "b2")}


def test_nothing_is_asked_where_all_was_looked_at_or_nothing_links() -> None:
    assert unasked(GROUPS, evidence(DIES)) == []
    assert unasked([["a1"], ["b1"]], {("a1", "b1"): -1.0}) == []


def test_agreement_counts_pairs() -> None:
    found = agreement([["a1", "a2", "b1"], ["a3"], ["b2"], ["c1"]], DIES)
    assert (found.pairs_found, found.pairs_true) == (3, 4)
    assert found.precision == 1 / 3 and found.recall == 1 / 4


def test_sides_of_unknown_die_do_not_count() -> None:
    found = agreement([["a1", "a2", "nobody knows"]], DIES | {})
    assert (found.precision, found.pairs_found) == (1.0, 1)


def test_what_a_person_said_of_two_sides_holds_against_the_evidence() -> None:
    told = {("a1", "b1"): True, ("a1", "a2"): False, ("b2", "x9"): True}  # x9 is not among the sides
    groups = die_groups(DIES, evidence(DIES), told=told)
    group_of = {side: place for place, group in enumerate(groups) for side in group}
    assert group_of["a1"] == group_of["b1"] and group_of["a1"] != group_of["a2"]


def test_two_sides_that_nobody_compared_are_joined_where_a_person_says_so() -> None:
    assert die_groups(["a", "b", "c"], {}, told={("a", "c"): True}) == [["a", "c"], ["b"]]
