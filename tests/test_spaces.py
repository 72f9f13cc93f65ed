"""Spaces in the graph: what made them, their vectors, their indexes, and removing them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from graph.connection import Database
from graph.glance import UnknownSpace
from graph.replacing import remove_space
from graph.runs import Run, step
from graph.spaces import (
    BadVectors,
    ChangedModel,
    SpaceRecord,
    count_to_embed,
    create_vector_indexes,
    ensure_space,
    find_space,
    list_spaces,
    nearest_sides,
    read_vectors,
    sides_to_embed,
    store_vectors,
    vectors_of,
)

SPACE = SpaceRecord(
    name="my-model",
    slug="my_model",
    model="my-model",
    weights="a" * 64,
    weights_source="a file",
    dimension=4,
    preprocessing={"view": {"size": 224}, "layer": "head"},
)
RUN = Run(id="r", command="embed")
COINS = """
UNWIND range(0, $coins - 1) AS n
MERGE (k:Collection {name: 'museum'})
CREATE (k)<-[:IN_COLLECTION]-(c:Coin {id: 'museum/' + n})
CREATE (c)-[:HAS_SIDE]->(:Side:Obverse {id: c.id + '/obverse', uri: $folder + '/a%20' + n + '.jpg', sha256: 'o' + n})
CREATE (c)-[:HAS_SIDE]->(:Side:Reverse {id: c.id + '/reverse', uri: $folder + '/b%20' + n + '.jpg', sha256: 'r' + n})
"""


def add_coins(db: Database, coins: int) -> list[str]:
    """Ids of the obverses, sorted."""
    db.write(COINS, coins=coins, folder="file:///photographs")
    return sorted(f"museum/{n}/obverse" for n in range(coins))


@pytest.fixture
def as_of_old(db: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The same server, asked in the way that servers before 2025.10 understand."""
    monkeypatch.setitem(db.__dict__, "capabilities", replace(db.capabilities, neo4j="5.26.0"))
    return db


def some_vectors(number: int, dimension: int = 4) -> np.ndarray:
    return np.random.default_rng(number).standard_normal((number, dimension)).astype(np.float32)


def test_vectors_come_back_as_they_were_stored_sorted_by_id(db: Database) -> None:
    ids = add_coins(db, 12)
    vectors = some_vectors(12)
    ensure_space(db, SPACE, RUN)
    store_vectors(db, "my_model", ids[::-1], ["x"] * 12, vectors[::-1], batch=5)
    read_ids, matrix = read_vectors(db, "my_model", "obverse")
    assert read_ids == ids
    assert matrix.dtype == np.float32
    np.testing.assert_array_equal(matrix, vectors)


def test_each_face_has_its_own_vectors(db: Database) -> None:
    ids = add_coins(db, 2)
    ensure_space(db, SPACE, RUN)
    store_vectors(db, "my_model", ids, ["x"] * 2, some_vectors(2))
    assert read_vectors(db, "my_model", "reverse")[0] == []


def test_vectors_of_chosen_sides_come_in_the_order_asked_for(db: Database) -> None:
    ids = add_coins(db, 5)
    vectors = some_vectors(5)
    ensure_space(db, SPACE, RUN)
    store_vectors(db, "my_model", ids, ["x"] * 5, vectors)
    np.testing.assert_array_equal(vectors_of(db, "my_model", [ids[3], ids[0]], page=1), vectors[[3, 0]])


def test_a_side_without_a_vector_is_named(db: Database) -> None:
    ids = add_coins(db, 2)
    ensure_space(db, SPACE, RUN)
    with pytest.raises(BadVectors, match="'museum/0/obverse' has no vector"):
        vectors_of(db, "my_model", ids)


def test_vectors_are_stored_as_float32(db: Database) -> None:
    (side,) = add_coins(db, 1)
    store_vectors(db, "my_model", [side], ["x"], np.full((1, 4), 0.1, np.float32))
    assert db.read("MATCH (s:Obverse) RETURN s.vector_my_model AS v")[0]["v"] == [float(np.float32(0.1))] * 4


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
def test_a_vector_without_a_direction_is_never_stored(db: Database, bad: float) -> None:
    (side,) = add_coins(db, 1)
    with pytest.raises(BadVectors, match="zero or not finite"):
        store_vectors(db, "my_model", [side], ["x"], np.full((1, 4), bad, np.float32))


def test_only_sides_without_a_vector_of_their_file_are_embedded(db: Database) -> None:
    add_coins(db, 2)
    store_vectors(db, "my_model", ["museum/0/obverse", "museum/0/reverse"], ["o0", "another"], some_vectors(2))
    waiting = list(sides_to_embed(db, "my_model"))
    assert [p.id for p in waiting] == ["museum/0/reverse", "museum/1/obverse", "museum/1/reverse"]
    assert waiting[1].path == Path("/photographs/a 1.jpg")
    assert waiting[1].sha256 == "o1"
    assert count_to_embed(db, "my_model") == 3


def test_sides_come_page_by_page_each_once(db: Database) -> None:
    add_coins(db, 5)
    ids = [p.id for p in sides_to_embed(db, "my_model", page=3)]
    assert len(ids) == len(set(ids)) == 10


def test_one_collection_can_be_embedded_alone(db: Database) -> None:
    add_coins(db, 2)
    assert count_to_embed(db, "my_model", "museum") == 4
    assert count_to_embed(db, "my_model", "mus") == 0


def test_a_space_is_found_by_name_by_slug_or_because_it_is_the_only_one(db: Database) -> None:
    ensure_space(db, SPACE, RUN)
    assert find_space(db) == find_space(db, "my-model") == find_space(db, "my_model") == SPACE


def test_an_unknown_space_is_answered_with_the_known_ones(db: Database) -> None:
    ensure_space(db, SPACE, RUN)
    with pytest.raises(UnknownSpace, match="'yours'; there is my-model"):
        find_space(db, "yours")


def test_without_spaces_the_next_step_is_named(db: Database) -> None:
    with pytest.raises(UnknownSpace, match="there are no vectors yet"):
        find_space(db, "my-model")


def test_among_several_spaces_one_must_be_chosen(db: Database) -> None:
    ensure_space(db, SPACE, RUN)
    ensure_space(db, replace(SPACE, name="other", slug="other"), RUN)
    with pytest.raises(UnknownSpace, match=r"choose one with --space \(my-model, other\)"):
        find_space(db)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weights": "b" * 64}, "other weights (aaaaaaaaaaaa from a file; now bbbbbbbbbbbb from a file)"),
        ({"dimension": 8}, "vectors of 4 numbers (now 8)"),
        ({"preprocessing": {"view": {"size": 300}, "layer": "head"}}, '{"view": {"size": 224}}'),
        ({"transform": "centre"}, "another transform (none; now centre)"),
    ],
)
def test_a_changed_model_under_an_old_name_is_refused_with_the_cure(db: Database, change: dict, said: str) -> None:
    ensure_space(db, SPACE, RUN)
    with pytest.raises(ChangedModel) as refusal:
        ensure_space(db, replace(SPACE, **change), RUN)
    assert said in str(refusal.value)
    assert refusal.value.facts == {"space": "my-model"}


def test_the_same_weights_may_move_to_another_file(db: Database) -> None:
    ensure_space(db, SPACE, RUN)
    ensure_space(db, replace(SPACE, weights_source="elsewhere"), RUN)
    assert find_space(db).weights_source == "elsewhere"


def test_two_names_with_one_slug_are_refused(db: Database) -> None:
    ensure_space(db, SPACE, RUN)
    with pytest.raises(ChangedModel, match="'my model' and 'my-model' are the same in the graph"):
        ensure_space(db, replace(SPACE, name="my model"), RUN)


def test_vectors_that_are_too_long_for_neo4j_are_refused(db: Database) -> None:
    with pytest.raises(BadVectors, match="5000 numbers; Neo4j holds at most 4096"):
        ensure_space(db, replace(SPACE, dimension=5000), RUN)


def test_the_run_that_made_a_space_is_kept(db: Database) -> None:
    with step(db, "embed") as run:
        ensure_space(db, SPACE, run)
    assert db.read("MATCH (r:Run)-[:PRODUCED]->(s:Space) RETURN r.id AS run, s.name AS space") == [
        {"run": run.id, "space": "my-model"}
    ]


def test_the_index_finds_the_nearest_of_one_face_with_raw_cosines(db: Database) -> None:
    obverses = add_coins(db, 50)
    reverses = [side.replace("obverse", "reverse") for side in obverses]
    vectors = some_vectors(50)
    ensure_space(db, SPACE, RUN)
    store_vectors(db, "my_model", obverses + reverses, ["x"] * 100, np.concatenate([vectors, vectors[::-1]]))
    create_vector_indexes(db, SPACE)
    found = nearest_sides(db, "my_model", vectors[7], "obverse", 5)
    cosines = vectors @ vectors[7] / np.linalg.norm(vectors, axis=1) / np.linalg.norm(vectors[7])
    expected = np.argsort(-cosines)[:5]
    assert [side for side, _ in found] == [obverses[n] for n in expected]
    np.testing.assert_allclose([cosine for _, cosine in found], cosines[expected], atol=1e-6)


def test_older_servers_are_asked_in_their_own_way(as_of_old: Database) -> None:
    ids = add_coins(as_of_old, 6)
    vectors = some_vectors(6)
    ensure_space(as_of_old, SPACE, RUN)
    store_vectors(as_of_old, "my_model", ids, ["x"] * 6, vectors)
    np.testing.assert_array_equal(read_vectors(as_of_old, "my_model", "obverse")[1], vectors)
    ((side, cosine),) = nearest_sides(as_of_old, "my_model", vectors[4], "obverse", 1)
    assert (side, round(cosine, 6)) == (ids[4], 1.0)


def test_the_index_is_made_when_it_is_missing(db: Database) -> None:
    ids = add_coins(db, 3)
    vectors = some_vectors(3)
    ensure_space(db, SPACE, RUN)
    store_vectors(db, "my_model", ids, ["x"] * 3, vectors)
    assert nearest_sides(db, "my_model", vectors[0], "obverse", 1)[0][0] == ids[0]


def test_the_list_says_how_many_sides_have_a_vector(db: Database) -> None:
    ids = add_coins(db, 3)
    ensure_space(db, SPACE, RUN)
    store_vectors(db, "my_model", ids[:2], ["x"] * 2, some_vectors(2))
    (coverage,) = list_spaces(db)
    assert (coverage.space, coverage.embedded, coverage.sides) == (SPACE, 2, 6)


EDGES_AND_MEASURES = """
MATCH (a:Coin {id: 'museum/0'})-[:HAS_SIDE]->(x:Obverse), (b:Coin {id: 'museum/1'})-[:HAS_SIDE]->(y:Obverse)
CREATE (x)-[:SIMILAR {space: $slug}]->(y), (a)-[:RELATED {space: $slug}]->(b)
CREATE (a)-[:MEMBER_OF]->(:Community {id: $slug + '/both/leiden/auto/1'})-[:IN]->(:Partition {id: $slug, space: $slug})
SET a['pagerank_' + $slug] = 1.0, x['degree_' + $slug] = 1.0
"""
LEFT = """
MATCH (n) WHERE NOT (n:Run OR n:Coingraph) OPTIONAL MATCH (n)-[e]->()
WITH n, collect(type(e)) AS edges
RETURN labels(n) AS labels, properties(n) AS properties, edges ORDER BY n.id, n.name
"""


def test_removing_a_space_leaves_no_trace_of_it(db: Database) -> None:
    ids = add_coins(db, 2)
    before = db.read(LEFT)
    ensure_space(db, SPACE, RUN)
    store_vectors(db, "my_model", ids, ["x"] * 2, some_vectors(2))
    create_vector_indexes(db, SPACE)
    db.write(EDGES_AND_MEASURES, slug="my_model")
    remove_space(db, "my-model")
    assert db.read(LEFT) == before
    assert db.read("SHOW VECTOR INDEXES YIELD name RETURN name") == []
    assert db.read("MATCH (r:Run {command: 'spaces remove'}) RETURN r.removed_vectors AS vectors") == [{"vectors": 2}]


def test_removing_a_space_leaves_the_others(db: Database) -> None:
    ids = add_coins(db, 2)
    for space in (SPACE, replace(SPACE, name="model", slug="model")):
        ensure_space(db, space, RUN)
        store_vectors(db, space.slug, ids, ["x"] * 2, some_vectors(2))
        db.write(EDGES_AND_MEASURES, slug=space.slug)
    remove_space(db, "model")
    assert [coverage.embedded for coverage in list_spaces(db)] == [2]
    assert db.read("MATCH ()-[e:SIMILAR|RELATED]->() RETURN collect(e.space) AS spaces")[0]["spaces"] == [
        "my_model",
        "my_model",
    ]
    assert db.read("MATCH (c:Coin {id: 'museum/0'}) RETURN keys(c) AS keys")[0]["keys"] == ["id", "pagerank_my_model"]
