"""Communities at two levels, on a planted graph: four wholes of three parts of five coins each."""

from itertools import combinations

import numpy as np
import pytest
from small_graph import write_graph

from graph.communities import latest, list_partitions, memberships, remove_partition
from graph.connection import Database
from graph.spaces import set_default_space
from measure.coinset import Network
from measure.communities import communities
from measure.levels import choose
from pipeline.analyze import Levels, analyze, analyze_levels
from queries.communities import list_communities, name_of, one_community

PARTS, SIZE, COINS = 3, 5, 60


def planted() -> list[tuple[int, int, float]]:
    """Each part complete, half of the pairs between parts of a whole, and a few edges between wholes."""
    edges = []
    for a, b in combinations(range(COINS), 2):
        if a // SIZE == b // SIZE:
            edges.append((a, b, 99.9))
        elif a // (SIZE * PARTS) == b // (SIZE * PARTS):
            edges += [(a, b, 97.0)] if (a + b) % 2 == 0 else []
        elif (7 * a + b) % 60 == 0:
            edges.append((a, b, 90.0))
    return edges


def network() -> Network:
    first, second, strength = zip(*planted(), strict=True)
    return Network.of(COINS, np.array(first), np.array(second), np.array(strength), COINS * (COINS - 1) // 2)


def groups(codes: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(codes == code).tolist()) for code in np.unique(codes)}


def blocks(size: int) -> set[frozenset[int]]:
    return {frozenset(range(start, start + size)) for start in range(0, COINS, size)}


def test_the_levels_that_were_planted_are_chosen_without_labels() -> None:
    coarse, fine = choose(network())
    assert groups(communities(network(), "leiden", 1, coarse.resolution)) == blocks(SIZE * PARTS)
    assert groups(communities(network(), "leiden", 1, fine.resolution)) == blocks(SIZE)
    assert (coarse, fine) == choose(network())


def test_the_fine_level_is_never_coarser_and_chance_has_none() -> None:
    rng = np.random.default_rng(4)
    first, second = np.triu_indices(40, 1)
    chosen = rng.random(len(first)) < 0.1
    noise = Network.of(40, first[chosen], second[chosen], rng.uniform(90, 100, chosen.sum()), len(first))
    coarse, fine = choose(noise)
    assert fine.resolution >= coarse.resolution and fine.information < 0.5 < choose(network())[0].information


def test_a_community_is_named_by_the_type_of_its_half_or_by_its_most_typical_coin() -> None:
    assert name_of({"owl": 2, "crab": 1, None: 5}, "c/k1") == "owl"
    assert name_of({"owl": 2, "crab": 2, "horse": 1}, "c/k1") == name_of({"owl": 1}, "c/k1") == "k1"


@pytest.fixture
def levels(db: Database) -> Levels:
    coins = [f"hoard/{number:02d}" for number in range(COINS)]
    write_graph(db, coins, [(coins[a], coins[b], strength) for a, b, strength in planted()])
    return analyze_levels(db, percentile=80)


def test_each_fine_community_is_part_of_one_coarse_one(db: Database, levels: Levels) -> None:
    assert levels.finer is not None and (levels.coarse.sizes, levels.finer.sizes) == ([15] * 4, [5] * 12)
    coarse, fine = (memberships(db, one.partition) for one in (levels.coarse, levels.finer))
    rows = db.read("MATCH (f:Community)-[:PART_OF]->(c:Community) RETURN f.id AS part, c.id AS whole")
    above = {row["part"]: row["whole"] for row in rows}
    assert len(rows) == len(above) == 12
    assert all(above[fine[coin]] == coarse[coin] for coin in fine)
    (row,) = db.read("MATCH (f:Community {id: $id}) RETURN f.conductance AS leaves", id=f"{levels.finer.partition}/1")
    assert row["leaves"] > 0.1  # edges to its siblings count as leaving
    set_default_space(db, "pixels")
    whole = list_communities(db).found[0]
    one = one_community(db, whole.number)
    assert one and (whole.parts, [part.size for part in one.parts]) == (3, [5, 5, 5])


def test_questions_go_by_the_coarse_level_and_fine_ones_go_with_it(db: Database, levels: Levels) -> None:
    assert levels.finer is not None
    assert latest(db, "pixels", "both") == levels.coarse.partition
    analyze(db, percentile=80, resolution=levels.coarse_level.resolution)
    assert [row["id"] for row in list_partitions(db)] == [levels.coarse.partition]
    again = analyze_levels(db, percentile=80)
    assert again.finer is not None and again.finer.sizes == levels.finer.sizes
    remove_partition(db, levels.coarse.partition)
    assert list_partitions(db) == db.read("MATCH (c:Community) RETURN c") == []
