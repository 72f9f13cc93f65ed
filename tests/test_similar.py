"""`SIMILAR` edges in a real graph: what they say, and that additions end where a link from nothing ends."""

import math
from importlib import import_module

import pytest
from killing import MOMENTS, kill_after, killed_anywhere
from linked_graph import SLUG, add_coins, add_sides, assert_same, edges, link, snapshot, undisturbed, vectors

from errors import BadOption
from graph import comparing, schema
from graph.connection import Database
from graph.spaces import store_vectors
from pipeline import similar
from pipeline.link import LinkReport
from pipeline.link import link as link_step
from pipeline.similar import LinkOptions, TooManyEdges

LINK = import_module("pipeline.link")  # `pipeline.link` itself is the function

FAN = {
    name: (math.cos(math.radians(angle)), math.sin(math.radians(angle)))
    for name, angle in {"a": 0, "b": 10, "c": 30, "d": 70, "e": 180}.items()
}

OPTIONS = [
    {"top": 4},
    {"top": 4, "threshold": 0.3},
    {"top": 4, "percentile": 80.0},
    {"top": None, "threshold": 0.3},
    {"top": None, "percentile": 70.0},
]


def names(first: int, last: int) -> list[str]:
    """Coins that do not come in the order of their ids."""
    return [f"{number * 37 % 101:03}" for number in range(first, last)]


def changes(report: LinkReport) -> list[tuple[int, int, int]]:
    return [(part.changes.written, part.changes.updated, part.changes.removed) for part in report.parts]


@pytest.fixture
def fan(db: Database) -> Database:
    """Five obverses spread like a fan: at 0, 10, 30, 70 and 180 degrees."""
    add_sides(db, "obverse", FAN)
    return db


def test_an_edge_says_how_near_and_the_how_many_th_nearest(fan):
    link(fan, top=1)
    edge = edges(fan, "SIMILAR")["b", "c"]
    assert edge["cosine"] == pytest.approx(math.cos(math.radians(20)), abs=1e-6)
    assert (edge["rank"], edge["mutual"]) == (1, False)
    assert edge["space"] == "pixels"
    assert edge["key"] == "pixels|c/b/obverse|c/c/obverse"
    assert edge["run"] == fan.read("MATCH (r:Run) RETURN r.id AS id")[0]["id"]


def test_each_side_is_linked_to_its_nearest(fan):
    link(fan, top=1)
    assert edges(fan, "SIMILAR").keys() == {("a", "b"), ("b", "c"), ("c", "d"), ("d", "e")}
    assert edges(fan, "SIMILAR")["a", "b"]["mutual"]


def test_the_percentile_is_the_share_of_pairs_below(fan):
    link(fan, top=None)
    found = edges(fan, "SIMILAR")
    by_cosine = sorted(found, key=lambda pair: found[pair]["cosine"])
    for below, pair in enumerate(by_cosine):
        assert 10 * below - 1e-6 <= found[pair]["percentile"] <= 10 * (below + 1) + 1e-6


def test_only_the_nearest_above_a_threshold(fan):
    link(fan, top=20, threshold=math.cos(math.radians(35)))
    assert edges(fan, "SIMILAR").keys() == {("a", "b"), ("a", "c"), ("b", "c")}


def test_options_may_be_given_whole_or_one_by_one(fan):
    link(fan, top=20, threshold=0.5)
    assert link_step(fan, LinkOptions(20, threshold=0.5), space=SLUG).nothing_new
    assert not link_step(fan, LinkOptions(20, threshold=0.5), space=SLUG, threshold=0.9).nothing_new


def test_only_pairs_above_a_percentile(fan):
    link(fan, top=20, percentile=79.0)
    assert edges(fan, "SIMILAR").keys() == {("a", "b"), ("b", "c")}


def test_all_pairs_above_a_threshold(fan):
    link(fan, top=None, threshold=0.0)
    found = edges(fan, "SIMILAR")
    assert found.keys() == {(one, other) for one in "abcd" for other in "abcd" if one < other}
    assert found["a", "d"]["rank"] == 3
    assert all(edge["mutual"] for edge in found.values())


@pytest.mark.long
@pytest.mark.parametrize("options", [{"top": 3}, {"top": None, "percentile": 60.0}])
def test_inside_neo4j_and_by_blocks_the_edges_are_identical(db, options):
    add_coins(db, names(0, 40))
    by_gds = undisturbed(db, method="gds", **options)
    assert_same(by_gds, undisturbed(db, method="blocked", **options))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_several_additions_end_where_a_link_from_nothing_ends(db, options):
    add_coins(db, names(0, 25), seed=1)
    link(db, method="blocked", **options)
    add_coins(db, names(25, 26), seed=2)
    link(db, method="blocked", **options)
    add_sides(db, "reverse", dict(zip(names(26, 40), vectors(14, seed=3), strict=True)))
    link(db, method="gds", **options)
    add_sides(db, "obverse", dict(zip(names(30, 45), vectors(15, seed=4), strict=True)))
    report = link(db, method="blocked", **options)
    assert [part.new for part in report.parts] == [15, 0, 0]
    assert_same(snapshot(db), undisturbed(db, method="blocked", **options))


def test_only_rows_of_new_sides_are_compared(db):
    add_coins(db, names(0, 30))
    link(db)
    add_coins(db, names(30, 33))
    compared = [part.compared for part in link(db).parts]
    assert compared == [30 * 3 + 3, 30 * 3 + 3, None]


def test_an_addition_evicts_an_edge_and_leaves_others_with_their_run(fan):
    link(fan, top=1)
    before = edges(fan, "SIMILAR")
    add_sides(fan, "obverse", {"f": (math.cos(math.radians(65)), math.sin(math.radians(65)))})
    link(fan, top=1)
    after = edges(fan, "SIMILAR")
    assert ("c", "d") not in after and ("d", "f") in after
    assert after["a", "b"]["run"] == before["a", "b"]["run"] != after["d", "f"]["run"]


def test_a_second_link_changes_nothing_but_adds_its_run(db):
    add_coins(db, names(0, 20))
    link(db)
    before = snapshot(db)
    assert changes(link(db)) == [(0, 0, 0)] * 3
    assert snapshot(db) == before
    assert db.read("MATCH (r:Run)-[:PRODUCED]->(:Space) RETURN count(r) AS runs") == [{"runs": 2}]


def test_a_changed_vector_is_compared_anew(db):
    add_coins(db, names(0, 20))
    link(db, top=3)
    add_sides(db, "obverse", {names(0, 20)[7]: vectors(1, seed=9)[0]})
    link(db, top=3)
    assert_same(snapshot(db), undisturbed(db, top=3))


def test_another_vector_of_the_same_picture_is_noticed(db):
    add_coins(db, names(0, 20))
    link(db, top=3)
    store_vectors(db, "pixels", [f"c/{names(0, 20)[7]}/obverse"], ["as before"], vectors(1, seed=9))
    db.write("MATCH (s:Side) SET s.source_pixels = s.sha256")
    link(db, top=3)
    assert_same(snapshot(db), undisturbed(db, top=3))


@pytest.mark.long
def test_where_a_coin_is_gone_the_next_nearest_take_its_place(db):
    add_coins(db, names(0, 20))
    link(db, top=3)
    db.write("MATCH (c:Coin {id: $id})-[:HAS_SIDE]->(s) DETACH DELETE c, s", id=f"c/{names(0, 20)[3]}")
    add_coins(db, names(20, 22))
    link(db, top=3)
    assert_same(snapshot(db), undisturbed(db, top=3))


def test_a_side_that_lost_its_vector_loses_its_edges(db):
    add_coins(db, names(0, 10))
    link(db, top=3)
    db.write("MATCH (s:Side {id: $id}) REMOVE s.vector_pixels, s.source_pixels", id=f"c/{names(0, 1)[0]}/obverse")
    link(db, top=3)
    assert_same(snapshot(db), undisturbed(db, top=3))


@pytest.mark.parametrize("options", [{"top": 2}, {"top": 6}, {"top": 4, "threshold": 0.4}], ids=str)
def test_other_options_end_where_a_link_from_nothing_ends(db, options):
    add_coins(db, names(0, 20))
    link(db, top=4)
    link(db, **options)
    assert_same(snapshot(db), undisturbed(db, **options))


def test_edges_that_somebody_deleted_come_back(db):
    add_coins(db, names(0, 15))
    link(db, top=3)
    before = snapshot(db)
    db.write("MATCH ()-[e:SIMILAR]->() WITH e LIMIT 3 DELETE e")
    db.write("MATCH ()-[e:RELATED]->() WITH e LIMIT 3 DELETE e")
    link(db, top=3)
    assert_same(snapshot(db), before)


@pytest.mark.long
@pytest.mark.parametrize("writes", [3, 4, 6, 8])
def test_a_link_that_was_killed_is_noticed_and_finished(db, monkeypatch, writes):
    add_coins(db, names(0, 15))
    link(db, top=3)
    add_coins(db, names(15, 20))
    monkeypatch.setattr(LINK, "ATOMIC", 0)
    kill_after(monkeypatch, writes)
    with pytest.raises(KeyboardInterrupt):
        link(db, top=3)
    monkeypatch.undo()
    link(db, top=3)
    assert_same(snapshot(db), undisturbed(db, top=3))


@pytest.mark.long
@pytest.mark.parametrize("moments", MOMENTS)
@pytest.mark.parametrize("atomic", [LINK.ATOMIC, 0], ids=["in one transaction", "beside"])
def test_a_link_with_other_options_that_was_killed_leaves_the_old_edges_or_the_new(db, monkeypatch, atomic, moments):
    monkeypatch.setattr(LINK, "ATOMIC", atomic)
    add_coins(db, names(0, 12))
    assert killed_anywhere(db, lambda: link(db, top=5), lambda: link(db, top=2), moments)


@pytest.mark.long
def test_keys_that_a_killed_link_left_out_are_made_by_the_next(db, monkeypatch):
    monkeypatch.setattr(schema, "REFILLED_LEAST", 0)
    monkeypatch.setattr(LINK, "ATOMIC", 0)
    add_coins(db, names(0, 15))
    link(db, top=2)
    make = schema._make

    def made_before_the_edges_only(db, queries):
        if len(queries) < len(schema.wanted()):
            raise KeyboardInterrupt
        return make(db, queries)

    with monkeypatch.context() as patch:
        patch.setattr(schema, "_make", made_before_the_edges_only)
        with pytest.raises(KeyboardInterrupt):
            link(db, top=3)
    keys = "SHOW CONSTRAINTS YIELD name WHERE name IN ['similar_key', 'related_key'] RETURN name"
    assert not db.read(keys)
    link(db, top=3)
    assert len(db.read(keys)) == 2
    assert_same(snapshot(db), undisturbed(db, top=3))


@pytest.mark.parametrize("method", ["gds", "blocked"])
def test_a_zero_vector_is_like_nothing(fan, method):
    fan.write("MATCH (s:Side {id: 'c/c/obverse'}) CALL db.create.setNodeVectorProperty(s, 'vector_pixels', [0.0, 0.0])")
    link(fan, top=2, method=method)
    assert {name for pair in edges(fan, "SIMILAR") for name in pair} == {"a", "b", "d", "e"}
    assert changes(link(fan, top=2, method=method)) == [(0, 0, 0)] * 3


@pytest.mark.parametrize("method", ["gds", "blocked", "knn"])
@pytest.mark.parametrize("sides", [1, 2])
def test_one_or_two_sides(db, sides, method):
    add_sides(db, "reverse", dict(zip("ab", vectors(sides), strict=False)))
    link(db, method=method)
    found = edges(db, "SIMILAR")
    assert len(found) == sides - 1
    assert all((edge["rank"], edge["mutual"]) == (1, True) for edge in found.values())


def test_no_vectors_no_edges(fan):
    fan.write("MATCH (s:Side) REMOVE s.vector_pixels, s.source_pixels")
    assert changes(link(fan)) == [(0, 0, 0)] * 3


@pytest.mark.parametrize("method", ["gds", "blocked"])
def test_among_the_same_pictures_the_smaller_ids_are_nearest(db, method):
    add_sides(db, "obverse", dict.fromkeys("abcde", (0.3, 0.7, 0.1)))
    link(db, top=1, method=method)
    found = edges(db, "SIMILAR")
    assert found.keys() == {("a", "b"), ("a", "c"), ("a", "d"), ("a", "e")}
    assert {edge["cosine"] for edge in found.values()} == {1.0}


@pytest.mark.long
def test_too_many_edges_are_refused_with_a_threshold_that_gives_twenty_a_coin(db, monkeypatch):
    monkeypatch.setattr(similar, "MOST_EDGES", 1500)
    add_coins(db, names(0, 101))
    with pytest.raises(TooManyEdges) as refused:
        link(db, top=None, threshold=-0.9)
    message = str(refused.value)
    assert "at most 2,020" in message
    assert not db.read("MATCH ()-[e:SIMILAR|RELATED]->() RETURN e LIMIT 1")
    link(db, top=None, threshold=float(message.partition("--threshold ")[2].split()[0]))
    assert len(edges(db, "SIMILAR", "obverse")) == pytest.approx(20 * 101 / 2, rel=0.02)


def test_many_nearest_are_refused_too(db, monkeypatch):
    monkeypatch.setattr(similar, "MOST_EDGES", 1500)
    add_coins(db, names(0, 101))
    with pytest.raises(TooManyEdges, match="5,050 edges between 101 obverses"):
        link(db, top=100)


@pytest.mark.long
def test_knn_finds_most_and_says_how_many(db):
    add_coins(db, names(0, 60))
    link(db, top=3, method="knn")
    exact = undisturbed(db, top=3)
    link(db, top=3, method="knn")
    found = {name: value for name, value in snapshot(db).items() if name.endswith("cosine")}
    assert sum(name in exact for name in found) > 0.8 * len(found)
    assert all(exact[name] == value for name, value in found.items() if name in exact)
    run = db.read("MATCH (r:Run) RETURN r ORDER BY r.started DESC LIMIT 1")[0]["r"]
    assert 0.5 < run["recall_obverse"] <= 1 and run["recall_sides_obverse"] == 60


@pytest.mark.long
def test_knn_takes_its_percentiles_from_a_sample(db, monkeypatch):
    add_coins(db, names(0, 60))
    exact = undisturbed(db)
    monkeypatch.setattr(comparing, "SAMPLED_PAIRS", 1000)
    link(db, method="knn")
    sampled = snapshot(db)
    assert sampled["space pairs_obverse"] == 1000
    for name, value in sampled.items():
        if name in exact and name.endswith("percentile"):
            assert value == pytest.approx(exact[name], abs=5)


def test_the_run_says_what_was_done(db):
    add_coins(db, names(0, 20))
    link(db, method="blocked")
    run = db.read("MATCH (r:Run) RETURN r")[0]["r"]
    assert (run["method_obverse"], run["compared_obverse"], run["new_reverse"]) == ("blocked", 190, 20)
    assert run["written_similar"] == len(edges(db, "SIMILAR", "obverse")) + len(edges(db, "SIMILAR", "reverse"))
    assert run["written_related"] == len(edges(db, "RELATED"))
    assert run["updated_similar"] == run["removed_similar"] == 0


@pytest.mark.parametrize(
    "options",
    [
        {"threshold": 0.5, "percentile": 99},
        {"threshold": 1.5},
        {"percentile": 100},
        {"top": -1},
        {"method": "fast"},
        {"method": "knn", "top": None},
    ],
    ids=str,
)
def test_options_that_make_no_sense(options):
    with pytest.raises(BadOption):
        LinkOptions(**options)
