"""Chains that one weak pair holds together."""

from dies.hanging import Hanging, hanging
from ingest.records import FACES, Face

GROUPS: dict[Face, list[list[str]]] = {
    "obverse": [["a", "b", "c"], ["d", "e"]],
    "reverse": [["c", "d"], ["a"], ["b"], ["e"]],
}
SURE = {("a", "b"): 6.0, ("a", "c"): 6.0, ("b", "c"): 6.0, ("d", "e"): 6.0}


def test_a_weak_pair_that_alone_joins_two_dies_is_named_with_what_hangs_on_it() -> None:
    assert hanging(GROUPS, {"obverse": SURE, "reverse": {("c", "d"): 2.5}}) == [
        Hanging("c", "d", "reverse", 2.5, (2, 3))
    ]


def test_a_sure_pair_holds() -> None:
    assert hanging(GROUPS, {"obverse": SURE, "reverse": {("c", "d"): 5.0}}) == []


def test_nothing_hangs_on_a_weak_pair_beside_others() -> None:
    weak = dict.fromkeys([("a", "b"), ("a", "c"), ("b", "c")], 2.5)
    assert hanging({"obverse": [["a", "b", "c"]]}, {"obverse": weak}) == []
    both: dict[Face, list[list[str]]] = {face: [["a", "b"]] for face in FACES}
    assert hanging(both, {"obverse": {("a", "b"): 2.5}, "reverse": {("a", "b"): 3.0}}) == []


def test_what_a_person_joined_holds() -> None:
    assert hanging({"obverse": [["a", "b"]]}, {"obverse": {}}) == []
