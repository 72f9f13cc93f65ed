"""Which rows of a list that accuses stand out from chance, and what a table says of the others."""

import pytest

from explore.answers import of_query
from queries.catalogue import Result
from queries.chance import standing
from queries.stored import stored


def rows(*expected: float | None) -> list[dict[str, float | None]]:
    return [{"expected": one} for one in expected]


@pytest.mark.parametrize(
    ("expected", "total", "most", "out"),
    [
        ((0.1, 0.2, 9.0), 3, 9.0, [True, True, False]),
        ((0.6, 1.0, 9.0), 3, 9.0, [True, True, False]),  # the second brings the first with it
        ((24.4,) * 3, 25, 24.4, [False] * 3),
        ((24.4,) * 3, 60, 24.4, [True] * 3),  # the limit cut the others
        ((5.0, None), 2, 5.0, [False, True]),
        ((), 0, None, []),
    ],
)
def test_rows_stand_out_where_chance_gives_no_more_than_half_of_them(
    expected: tuple[float | None, ...], total: int, most: float | None, out: list[bool]
) -> None:
    assert standing(rows(*expected), "expected", total, most) == out


def answer(*stands_out: bool) -> Result:
    found = [{"coin": f"t/{n}", "other": f"t/{n}0", "expected": 2.5, "stands_out": s} for n, s in enumerate(stands_out)]
    return Result(stored("doubles"), {}, found, coins=60, false_alarms=2.5)


def test_a_list_no_longer_than_chance_says_that_nothing_stands_out() -> None:
    told = of_query(answer(False, False))
    assert told.shown == [] and len(told.rows) == 2
    assert told.none == "Nothing stands out: 2 rows, and chance would give 2.5. All: --all"


def test_rows_that_do_not_stand_out_are_left_out_of_a_table() -> None:
    told = of_query(answer(True, False, False))
    assert told.shown == told.rows[:1] and told.total == 1 and told.said.startswith("1 pair of coins")
    assert told.below == ["1 of 3 rows; the others are no more than chance would give. All: --all"]


def test_all_rows_are_shown_to_somebody_who_wants_them() -> None:
    told = of_query(answer(False, False), whole=True)
    assert told.shown is None and told.said.startswith("2 pairs of coins") and "stands_out" in told.hidden


def test_the_lists_that_accuse_know_what_chance_would_give() -> None:
    lists = ("doubles", "mules", "swapped-sides", "outliers", "one-side-alike")
    assert all(stored(name).chance in stored(name).columns for name in lists)
