"""Spaces compared: figures that can be worked out by hand, and the command that prints them."""

import csv
import io
import json
from collections.abc import Sequence

import numpy as np
import pytest
from click.testing import CliRunner, Result

from cli import main
from commands.measure import comparison_rows, comparison_text
from graph.connection import Database
from graph.runs import step
from graph.spaces import SpaceRecord, ensure_space, store_vectors
from measure.coinset import CoinSet, Partition
from measure.comparison import Comparison, NoDistance, Points, compare

#: Four sides: two east (type A), two north (type B); the cosines are 1, 1 within and 0 four times across.
CROSS = np.array([[1, 0], [2, 0], [0, 1], [0, 3]], np.float32)
COINS = ["m/a1", "m/a2", "m/b1", "m/b2"]
TYPES: list[str | None] = ["A", "A", "B", "B"]


def space(
    name: str,
    matrix: np.ndarray,
    types: Sequence[str | None] | None = None,
    coins: Sequence[str] | None = None,
    groups: Sequence[int] | None = None,
    fields: tuple[str, ...] = (),
) -> CoinSet:
    """Obverses; ``groups`` are the communities of a partition, 0 for none."""
    count = len(matrix)
    covered = np.ones(count, bool)
    partitions = [] if groups is None else [Partition(f"{name}/obverse/leiden/x", "obverse", np.array(groups), covered)]
    return CoinSet(
        name,
        "obverse",
        list(coins or [f"m/{number:03}" for number in range(count)]),
        {"obverse": matrix.astype(np.float32)},
        {"type": list(types or [None] * count)},
        fields=fields,
        partitions=partitions,
    )


def cross(name: str = "cross", **more: object) -> CoinSet:
    return space(name, CROSS, TYPES, COINS, **more)  # type: ignore[arg-type]


# --- one space ------------------------------------------------------------------------------------------------------


def test_range_of_all_pairs() -> None:
    [found] = compare([cross()]).sides
    assert (found.sides, found.pairs) == (4, 6)
    assert (found.lowest, found.percent_1, found.median, found.percent_99, found.highest) == (0, 0, 0, 1, 1)


def test_large_faces_take_their_range_from_the_histogram(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.random.default_rng(1).normal(size=(60, 5))
    [exact] = compare([space("some", vectors)]).sides
    monkeypatch.setattr("measure.comparison.SMALL", 10)
    [about] = compare([space("some", vectors)]).sides
    for name in ("lowest", "median", "highest"):
        assert getattr(about, name) == pytest.approx(getattr(exact, name), abs=0.01)


def test_edges_lie_strictly_above_a_threshold() -> None:
    half, nothing, everything = compare([cross()], thresholds=[0.5, 1.0, -0.5]).networks
    assert (half.edges, half.parts, half.alone, half.largest) == (2, 2, 0, 2)
    assert (nothing.edges, nothing.parts, nothing.alone, nothing.largest) == (0, 0, 4, 1)
    assert (everything.edges, everything.parts, everything.largest) == (6, 1, 4)


def test_a_percentile_keeps_the_same_share_in_every_space() -> None:
    random = np.random.default_rng(1).normal(size=(101, 4))
    narrow = random + 100
    for found in compare([space("wide", random), space("narrow", narrow)], percentiles=[90]).networks:
        assert found.edges == pytest.approx(505, abs=2)  # a tenth of 5,050 pairs


def test_networks_too_large_to_draw_are_only_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("measure.comparison.MOST_EDGES", 3)
    few, many = compare([cross()], thresholds=[0.5, -0.5]).networks
    assert (few.edges, few.parts) == (2, 2)
    assert (many.edges, many.parts, many.alone) == (6, None, None)


def test_types_that_lie_apart() -> None:
    [found] = compare([cross()]).types
    assert (found.sides, found.types) == (4, 2)
    assert found.silhouette == pytest.approx(1)  # no distance within a type
    assert found.davies_bouldin == pytest.approx(0)
    assert (found.first_hit, found.chance) == (1, pytest.approx(1 / 3))


def test_silhouette_worked_out_by_hand() -> None:
    """Each type holds one east and one north: within 1, to the other type the mean of 0 and 1, so (0.5 - 1) / 1."""
    [found] = compare([space("mixed", CROSS, ["A", "B", "A", "B"], COINS)]).types
    assert found.silhouette == pytest.approx(-0.5)
    assert found.first_hit == 0


def test_sides_of_no_type_or_of_a_type_of_their_own_are_not_measured() -> None:
    vectors = np.vstack([CROSS, [[1, 1], [1, 2]]])
    [found] = compare([space("more", vectors, [*TYPES, None, "C"])]).types
    assert (found.sides, found.types, found.silhouette) == (4, 2, pytest.approx(1))


def test_without_types_nothing_is_measured_by_type() -> None:
    found = compare([space("untyped", CROSS)])
    assert found.types == []
    assert any("no type" in note for note in found.notes)


def test_a_space_made_from_the_types_is_marked() -> None:
    found = compare([cross("fused", fields=("mint", "type")), cross("seen")])
    assert [row.knows for row in found.types] == ["the label", ""]
    assert any(note.startswith("fused knows the label") for note in found.notes)
    assert any("the label" in line for line in comparison_text(found).splitlines())


def test_one_side_has_no_pairs() -> None:
    found = compare([space("one", CROSS[:1])], thresholds=[0.5])
    assert (found.sides[0].sides, found.sides[0].median, found.networks) == (1, None, [])


# --- two spaces -----------------------------------------------------------------------------------------------------


def test_neighbours_of_a_turned_and_stretched_space_are_the_same() -> None:
    vectors = np.random.default_rng(1).normal(size=(30, 3))
    turned = 7 * vectors[:, [1, 2, 0]]
    [found] = compare([space("one", vectors), space("turned", turned)]).neighbours
    assert (found.sides, found.nearest, found.shared) == (30, 10, 1)
    assert found.chance == pytest.approx(10 / 29)


def test_a_third_of_the_two_nearest_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve sides in four groups of three, whose third members change places: the other two keep one mate of two."""
    monkeypatch.setattr("measure.comparison.NEAREST", 2)
    before, after = np.eye(4)[np.arange(12) // 3], np.eye(4)[[0, 0, 3, 1, 1, 0, 2, 2, 1, 3, 3, 2]]
    [found] = compare([space("before", before), space("after", after)]).neighbours
    assert (found.nearest, found.shared, found.chance) == (2, pytest.approx(8 / 12 / 2), pytest.approx(2 / 11))


def test_only_sides_of_both_spaces_count() -> None:
    vectors = np.random.default_rng(1).normal(size=(30, 3))
    everyone = space("all", vectors)
    [found] = compare([everyone, space("some", vectors[10:], coins=everyone.coins[10:])]).neighbours
    assert (found.sides, found.shared, found.chance) == (20, 1, pytest.approx(10 / 19))


def test_spaces_of_other_sides_are_not_compared() -> None:
    found = compare([cross("one"), space("other", CROSS)])
    assert found.neighbours == []
    assert any("no three sides" in note for note in found.notes)


def test_communities_that_agree_and_that_do_not() -> None:
    groups = {"one": [1, 1, 2, 2], "same": [2, 2, 1, 1], "across": [1, 2, 1, 2]}
    spaces = [cross(name, groups=numbers) for name, numbers in groups.items()]
    found = compare(spaces)
    agree = {(row.space, row.other): row.ami for row in found.agreement}
    assert agree["one", "same"] == pytest.approx(1)
    assert agree["one", "across"] < 0  # worse than chance: four coins can be dealt no further apart
    assert [row.ami_types for row in found.communities] == [pytest.approx(1), pytest.approx(1), agree["one", "across"]]


def test_a_space_without_communities_says_so() -> None:
    found = compare([cross("one", groups=[0] * 4), cross("none")])
    assert [(row.space, row.communities, row.alone) for row in found.communities] == [("one", 0, 4)]
    assert found.agreement == []
    assert any(note.startswith("none has no communities") for note in found.notes)


# --- Mahalanobis ----------------------------------------------------------------------------------------------------


def test_mahalanobis_distance_is_that_of_the_shrunk_covariance() -> None:
    from scipy.spatial.distance import mahalanobis
    from sklearn.covariance import LedoitWolf

    vectors = np.random.default_rng(1).normal(size=(40, 6)).astype(np.float32) * [1, 1, 1, 5, 5, 50]
    points = Points(space("some", vectors), "obverse", "mahalanobis")
    fitted = LedoitWolf().fit(points.matrix.astype(float))
    expected = mahalanobis(points.matrix[0], points.matrix[1], fitted.precision_)
    assert np.linalg.norm(points.placed[0] - points.placed[1]) == pytest.approx(expected)


def test_mahalanobis_sees_what_a_strong_axis_hides() -> None:
    """Types differ on a weak axis; a strong one, where they do not, decides the cosines."""
    random = np.random.default_rng(1)
    strong, weak = 10 * random.normal(size=400), np.repeat([-1.0, 1.0], 200) + random.normal(size=400) / 50
    data = space("strong", np.stack([strong, weak], 1), ["A"] * 200 + ["B"] * 200)
    [by_cosine], [by_distance] = (compare([data], metric=m).types for m in ("cosine", "mahalanobis"))
    assert by_distance.silhouette is not None and by_cosine.silhouette is not None
    assert by_distance.silhouette > by_cosine.silhouette + 0.2
    assert by_distance.first_hit is not None and by_distance.first_hit > 0.99


def test_vectors_that_are_all_the_same_have_no_mahalanobis_distance() -> None:
    with pytest.raises(NoDistance, match="all the same"):
        compare([space("flat", np.ones((4, 3)), TYPES)], metric="mahalanobis")


# --- as rows --------------------------------------------------------------------------------------------------------


def test_every_figure_is_a_row_that_says_of_how_many_sides_it_speaks() -> None:
    found: Comparison = compare([cross("one", groups=[0] * 4), cross("two", groups=[0] * 4)], thresholds=[0.5])
    rows = comparison_rows(found)
    assert {row["of"] for row in rows} == {4}
    assert {row["table"] for row in rows} == {"sides", "networks", "types", "communities", "neighbours", "agreement"}
    [edges] = [row for row in rows if row["figure"] == "edges" and row["space"] == "two"]
    assert (edges["asked"], edges["value"]) == ("cosine > 0.5", 2)


# --- the command ----------------------------------------------------------------------------------------------------

WRITE_COINS = """
UNWIND $coins AS coin
CREATE (c:Coin {id: coin.id, name: coin.id})-[:HAS_SIDE]->(s:Side:Obverse {id: coin.id + '/obverse', sha256: 'x'})
MERGE (t:CoinType {name: coin.type})
CREATE (c)-[:OF_TYPE]->(t)
CREATE (c)-[:PROPOSED_TYPE]->(:CoinType {name: 'guessed ' + coin.id})
"""
WRITE_PARTITION = """
CREATE (p:Partition {id: $id, space: $space, face: 'both', made: datetime($made)})
WITH p UNWIND $communities AS members
CREATE (m:Community {id: $id + '/' + members[0]})-[:IN]->(p)
WITH m, members UNWIND members AS member
MATCH (c:Coin {id: member}) CREATE (c)-[:MEMBER_OF]->(m)
"""


@pytest.fixture
def graph(db: Database) -> Database:
    """Four obverses in the spaces `colour` and `fused`, the latter made from the types; `colour` has two partitions."""
    kinds = zip(COINS, TYPES, strict=True)
    db.write(WRITE_COINS, coins=[{"id": coin, "type": kind} for coin, kind in kinds])
    ids = [f"{coin}/obverse" for coin in COINS]
    with step(db, "embed") as run:
        for name, fields in (("colour", ()), ("fused", ("type",)), ("empty", ())):
            ensure_space(db, SpaceRecord(name, name, "test", "", "", 2, {}, fields=fields), run)
            if name != "empty":
                store_vectors(db, name, ids, ["x"] * 4, CROSS)
    add_partition(db, "colour/old", "colour", "2026-01-01", [COINS])
    add_partition(db, "colour/new", "colour", "2026-01-02", [COINS[:2], COINS[2:]])
    return db


def add_partition(db: Database, name: str, space: str, made: str, communities: list[list[str]]) -> None:
    db.write(WRITE_PARTITION, id=name, space=space, made=f"{made}T00:00:00Z", communities=communities)


def coingraph(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.mark.long
def test_compare_reads_what_the_graph_holds(graph: Database) -> None:
    result = coingraph("compare", "colour", "fused", "--threshold", "0.5", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert [(row["space"], row["sides"], row["highest"]) for row in found["sides"]] == [
        ("colour", 4, 1),
        ("fused", 4, 1),
    ]
    assert [row["edges"] for row in found["networks"]] == [2, 2]
    assert [(row["types"], row["knows"]) for row in found["types"]] == [(2, ""), (2, "the label")]
    [latest] = found["communities"]
    assert (latest["partition"], latest["communities"], latest["ami_types"]) == ("colour/new", 2, pytest.approx(1))
    assert [row["shared"] for row in found["neighbours"]] == [1]


def test_a_word_for_unknown_is_no_type(graph: Database) -> None:
    graph.write("MATCH (c:Coin {id: 'm/a1'})-[:OF_TYPE]->(t) SET t.name = 'unknown'")
    [types] = json.loads(coingraph("compare", "colour", "--json").stdout)["types"]
    assert (types["types"], types["sides"]) == (1, 2)


def test_compare_prints_tables_and_changes_nothing(graph: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commands.printing.is_terminal", lambda: True)
    before = graph.read("MATCH (n) RETURN count(n) AS nodes")
    result = coingraph("compare", "colour", "--face", "obverse")
    assert result.exit_code == 0, result.output
    assert "Cosines of all pairs" in result.output and "percentile > 99.9" in result.output
    assert graph.read("MATCH (n) RETURN count(n) AS nodes") == before


def test_compare_as_csv(graph: Database) -> None:
    rows = list(csv.DictReader(io.StringIO(coingraph("compare", "colour", "--csv").stdout)))
    assert {row["space"] for row in rows} == {"colour"}
    assert [row["value"] for row in rows if row["figure"] == "median"] == ["0.0"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere",), "no space is called 'nowhere'"),
        (("empty",), "coingraph embed --space empty"),
        (("colour", "--face", "reverse"), "no reverse side has a vector"),
        (("colour", "colour"), "named twice"),
    ],
)
def test_what_cannot_be_compared_is_an_error_and_status_1(
    graph: Database, arguments: tuple[str, ...], words: str
) -> None:
    result = coingraph("compare", *arguments)
    assert result.exit_code == 1
    assert words in result.output
    assert [line[:6] for line in result.output.splitlines()] in (["error:"], ["error:", "cure: "])


def test_a_threshold_is_a_cosine(graph: Database) -> None:
    assert coingraph("compare", "colour", "--threshold", "2").exit_code == 2
