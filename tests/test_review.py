"""In which order Review asks: what an answer is expected to settle comes first."""

import numpy as np
from linked_graph import add_sides, link

from graph.connection import Database
from queries.review import PROPOSAL, SAME_DIE, SAME_TYPE, Question, in_order, questions


def dies(coins: str, probability: float, between: str, joins: int) -> Question:
    return Question(SAME_DIE, tuple(coins), probability, face="obverse", dies=tuple(between), joins=joins)


def test_two_large_dies_that_may_be_one_come_before_a_surer_pair_of_coins() -> None:
    large, pair = dies("ab", 0.3, "AB", 12), dies("cd", 0.8, "CD", 1)
    assert in_order([pair, large]) == [large, pair]


def test_of_all_pairs_between_two_dies_the_first_answer_tells() -> None:
    first, second, other = dies("ab", 0.6, "AB", 4), dies("xb", 0.5, "BA", 4), dies("cd", 0.2, "CD", 1)
    found = in_order([first, second, other])
    assert found[:2] == [first, other]
    assert (found[2].coins, found[2].teaches) == (("x", "b"), 0)


def test_a_type_that_is_least_sure_comes_first_and_before_pairs_that_give_no_type() -> None:
    open_, sure = (Question(PROPOSAL, (coin,), p, other_type="T") for coin, p in (("a", 0.5), ("b", 0.95)))
    pair = Question(SAME_TYPE, ("c", "d"), 0.5, same=False, type="T", other_type="U")
    assert in_order([pair, sure, open_]) == [open_, sure, pair]


def test_before_anything_is_learnt_the_most_alike_are_asked_each_coin_once(db: Database) -> None:
    angles = {"a": 0.0, "b": 0.02, "c": 0.3, "d": 0.4, "typed": 2.0, "too": 2.01}
    add_sides(db, "obverse", {name: np.array([np.cos(x), np.sin(x)], np.float32) for name, x in angles.items()})
    link(db)
    db.write("MATCH (c:Coin) WHERE c.id STARTS WITH 'c/t' MERGE (t:CoinType {name: 'T'}) CREATE (c)-[:OF_TYPE]->(t)")
    found = questions(db)
    assert [(one.kind, *one.coins, one.probability) for one in found] == [
        (SAME_TYPE, "c/a", "c/b", None),
        (SAME_TYPE, "c/c", "c/d", None),
    ]
