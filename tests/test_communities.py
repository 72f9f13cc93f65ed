"""Communities on a small planted graph: two groups of five, a bridge between them, a coin that is like no other."""

import json
import random

import pytest
from small_graph import write_graph

from errors import BadOption
from graph.communities import latest, list_partitions, memberships, remove_partition
from graph.connection import Database
from graph.detection import Options, number, weakest_edges
from graph.projection import NoEdges, projected, round_down
from ingest.records import FACES
from pipeline.analyze import analyze

COINS = [f"hoard/{name}" for name in ("a1", "a2", "a3", "a4", "a5", "b1", "b2", "b3", "b4", "b5", "lone")]


def planted_edges() -> list[tuple[str, str, float]]:
    """Each group complete at percentile 99.9 but for a coin on one edge of 99.2; a bridge at 97; an edge at 40."""
    edges = []
    for group in ("a", "b"):
        names = [f"hoard/{group}{n}" for n in range(1, 6)]
        edges += [(a, b, 99.9) for i, a in enumerate(names) for b in names[i + 1 :] if not b.endswith("5")]
        edges.append((names[0], names[4], 99.2))
    return [*edges, ("hoard/a1", "hoard/b1", 97.0), ("hoard/a2", "hoard/lone", 40.0)]


@pytest.fixture
def hoard(db: Database) -> Database:
    write_graph(db, COINS, planted_edges())
    return db


@pytest.mark.long
@pytest.mark.parametrize("algorithm", ["leiden", "louvain", "label-propagation"])
def test_the_planted_groups_are_found(hoard, algorithm):
    result = analyze(hoard, algorithm=algorithm, percentile=90)
    found = memberships(hoard, result.partition)
    assert [{c for c in found if found[c] == f"{result.partition}/{n}"} for n in (1, 2)] == [
        set(COINS[:5]),
        set(COINS[5:10]),
    ]
    assert (result.communities, result.sizes, result.alone) == (2, [5, 5], 1)


@pytest.mark.long
def test_connected_components_follow_the_bridge(hoard):
    assert analyze(hoard, algorithm="wcc", percentile=90).sizes == [10]
    assert analyze(hoard, algorithm="wcc", percentile=98).sizes == [5, 5]


def test_sides_of_one_face_are_grouped_by_similar_edges(hoard):
    result = analyze(hoard, face="reverse", percentile=90)
    assert memberships(hoard, result.partition)["hoard/a1"] == f"{result.partition}/1"
    assert hoard.read("MATCH (:Reverse)-[:MEMBER_OF]->() RETURN count(*) AS n") == [{"n": 10}]


def test_a_coin_alone_has_no_community(hoard):
    result = analyze(hoard, percentile=90)
    assert result.alone == 1
    assert hoard.read("MATCH (c:Coin) WHERE NOT (c)-[:MEMBER_OF]->() RETURN c.id AS id") == [{"id": "hoard/lone"}]


def test_a_community_knows_its_weakest_link_and_how_much_leaves_it(hoard):
    result = analyze(hoard, percentile=90)
    community = hoard.read("MATCH (c:Community {id: $id}) RETURN c {.*} AS c", id=f"{result.partition}/1")[0]["c"]
    assert community["bottleneck"] == 99.2
    assert community["loosest_pair"] == "hoard/a1 | hoard/a5"
    inside, leaving = 2 * (6 * 3 + 2.09691), 1.52288
    assert community["conductance"] == pytest.approx(leaving / (inside + leaving), abs=1e-4)


def test_the_partition_says_what_made_it(hoard):
    result = analyze(hoard, percentile=90, resolution=1.5, seed=7)
    assert result.partition == "pixels/both/leiden/p90-g1.5-seed7"
    node = hoard.read("MATCH (r:Run)-[:PRODUCED]->(p:Partition) RETURN p {.*} AS p, r.command AS command")[0]
    assert node["command"] == "analyze"
    assert json.loads(node["p"]["parameters"]) == {
        "percentile": 90,
        "automatic": False,
        "resolution": 1.5,
        "seed": 7,
    }
    assert (node["p"]["communities"], node["p"]["coins"], node["p"]["seed"]) == (2, 11, 7)


@pytest.mark.long
def test_the_latest_partition_of_the_first_face_that_has_one(hoard):
    analyze(hoard, percentile=95)
    reverses = analyze(hoard, face="reverse", percentile=90, algorithm="wcc").partition
    assert (latest(hoard, "pixels", "both", *FACES) or "").endswith("p95-g1-seed1")
    newest = analyze(hoard, percentile=90).partition
    assert latest(hoard, "pixels", "both") == latest(hoard, "pixels", "obverse", "both") == newest
    assert latest(hoard, "pixels", "reverse", "both") == reverses
    assert latest(hoard, "pixels", "obverse") is latest(hoard, "elsewhere", "both") is None


@pytest.mark.long
def test_partitions_stand_side_by_side_and_each_is_replaced_by_its_like(hoard):
    for _ in range(2):
        analyze(hoard, percentile=90)
        analyze(hoard, percentile=90, algorithm="wcc")
    assert [p["id"] for p in list_partitions(hoard)] == [
        "pixels/both/leiden/p90-g1-seed1",
        "pixels/both/wcc/p90",
    ]
    assert hoard.read("MATCH (c:Community) RETURN count(c) AS n") == [{"n": 3}]
    assert hoard.read("MATCH ()-[m:MEMBER_OF]->() RETURN count(m) AS n") == [{"n": 20}]


def test_what_a_killed_run_left_is_swept_away(hoard):
    whole = snapshot_after(hoard)
    hoard.write(
        "MATCH (p:Partition) DETACH DELETE p WITH count(*) AS n MATCH (c:Coin {id: 'hoard/lone'}) "
        "CREATE (c)-[:MEMBER_OF]->(:Community {id: 'pixels/both/leiden/p90-g1-seed1/9'})"
    )
    assert snapshot_after(hoard) == whole


@pytest.mark.long
def test_a_graph_written_in_another_order_gives_the_same_result(db):
    generator = random.Random(5)
    edges = [
        (f"hoard/{a:03}", f"hoard/{b:03}", 90 + 9.9 * generator.random())
        for a in range(120)
        for b in generator.sample(range(a + 1, 121), min(4, 120 - a))
    ]
    coins = [f"hoard/{n:03}" for n in range(121)]
    write_graph(db, coins, edges)
    first = snapshot_after(db)
    db.write("MATCH (n) DETACH DELETE n")
    generator.shuffle(edges)
    generator.shuffle(coins)
    write_graph(db, coins, edges)
    assert snapshot_after(db) == first


def snapshot_after(db: Database) -> list:
    """Communities, memberships and central coins after an analysis."""
    analyze(db, percentile=90)
    return [
        db.read("MATCH (c:Community) RETURN c {.*} AS c ORDER BY c.id"),
        db.read("MATCH (n)-[:MEMBER_OF]->(c) RETURN n.id AS n, c.id AS c ORDER BY n, c"),
        db.read("MATCH (c:Coin) RETURN c {.*} AS c ORDER BY c.id"),
    ]


@pytest.mark.long
def test_the_automatic_threshold_keeps_five_edges_a_coin(db):
    coins = [f"hoard/{n:02}" for n in range(20)]
    edges = [(a, b, 100 - (i * 20 + j) / 10) for i, a in enumerate(coins) for j, b in enumerate(coins) if a < b]
    write_graph(db, coins, edges)
    result = analyze(db)
    assert result.edges == 50
    assert result.chosen.endswith("chosen for 5 edges a coin")
    assert analyze(db, percentile=result.percentile).edges == 50


@pytest.mark.parametrize(("percentile", "shown"), [(97.123456, 97.123), (99.99981234, 99.9998123), (100, 100), (0, 0)])
def test_a_threshold_is_rounded_so_that_it_can_be_typed(percentile, shown):
    assert round_down(percentile) == shown


@pytest.mark.long
def test_a_removed_partition_takes_its_communities_along(hoard):
    result = analyze(hoard, percentile=90)
    remove_partition(hoard, result.partition)
    assert hoard.read("MATCH (n:Partition|Community) RETURN n") == []
    assert hoard.read("MATCH (c:Coin) WHERE c.pagerank_pixels IS NOT NULL RETURN c") == []


def test_nothing_linked_is_an_error_with_its_cure(db):
    write_graph(db, COINS, [])
    with pytest.raises(NoEdges, match="edges"):
        analyze(db)


def test_a_threshold_above_all_edges_is_an_error(hoard):
    with pytest.raises(NoEdges, match="none of the 16 RELATED edges"):
        analyze(hoard, percentile=99.95)


@pytest.mark.long
def test_projections_are_dropped_also_after_an_error(hoard):
    with pytest.raises(KeyboardInterrupt), projected(hoard, "pixels", "both", 90):
        assert len(hoard.gds.graph.list()) == 1
        raise KeyboardInterrupt
    assert hoard.gds.graph.list() == []


def test_the_projection_of_a_killed_process_is_dropped(hoard):
    projected(hoard, "pixels", "both", 90).__enter__()
    analyze(hoard, percentile=90)
    assert hoard.gds.graph.list() == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"algorithm": "wcc", "resolution": 2}, "wcc has no --resolution; it belongs to leiden"),
        ({"algorithm": "louvain", "seed": 1}, "louvain has no --seed"),
        ({"algorithm": "hdbscan", "face": "obverse", "percentile": 99}, "hdbscan has no --percentile"),
        ({"algorithm": "hdbscan"}, "add --face obverse or --face reverse"),
        ({"percentile": 101}, "a number from 0 to 100"),
        ({"resolution": 0}, "a number above 0"),
    ],
)
def test_options_that_an_algorithm_does_not_have_are_refused(options, message):
    with pytest.raises(BadOption, match=message):
        Options(**options).completed()


def test_communities_are_numbered_by_size_then_smallest_member():
    found = number({"c": 7, "d": 7, "a": 3, "b": 3, "x": 1, "y": 5, "e": 3})
    assert found == [(3, ["a", "b", "e"]), (7, ["c", "d"])]


def test_a_group_that_its_own_edges_do_not_join_has_no_weakest_link():
    edges = [("a", "b", 99.0), ("c", "d", 98.0), ("b", "x", 99.5)]
    assert weakest_edges([["a", "b", "c", "d"]], edges) == [(None, None)]
