"""Edges are written as they should be, and only what differs is touched."""

import numpy as np
import pytest
from neo4j.exceptions import ConstraintError

from graph import edges, schema
from graph.connection import Database
from graph.edges import Changes, Edges, Kind, difference, read_edges, write_differences
from graph.schema import prepare

LIKES = Kind("SIMILAR", "Side", "Side", ("cosine", "percentile"))


def some_edges(nodes: int, number: int) -> Edges:
    chance = np.random.default_rng(1)
    first, second = np.triu_indices(nodes, 1)
    chosen = chance.permutation(len(first))[:number]
    columns = {"cosine": chance.random(number), "percentile": chance.random(number)}
    columns["percentile"][::10] = np.nan
    return Edges(first[chosen], second[chosen], columns)


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(edges, "BATCH", 50)


def bring_up_to_date(db: Database, ids: list[str], wanted: Edges) -> Changes:
    todo = difference(LIKES, "pixels", ids, *read_edges(db, LIKES, "pixels", ids), wanted)
    write_differences(db, [todo], "run")
    return todo.changes


@pytest.mark.usefixtures("small_batches")
def test_what_is_written_comes_back_and_is_brought_up_to_date(db: Database):
    ids = [f"c/{number:02}/obverse" for number in range(60)]
    db.write("UNWIND $ids AS id CREATE (:Side {id: id})", ids=ids)
    wanted = some_edges(60, 700)
    assert bring_up_to_date(db, ids, wanted) == Changes(written=700)
    assert bring_up_to_date(db, ids, wanted) == Changes()
    wanted.columns["cosine"][:300] = 0.5
    assert bring_up_to_date(db, ids, wanted) == Changes(updated=300)
    assert db.read("MATCH ()-[e:SIMILAR {cosine: 0.5}]->() RETURN count(e) AS edges") == [{"edges": 300}]


def test_edges_to_nodes_that_do_not_count_any_more_are_told_apart(db: Database):
    db.write("CREATE (:Side {id: 'a'})-[:SIMILAR {key: 'pixels|a|b', space: 'pixels'}]->(:Side {id: 'b'})")
    stray = db.read("MATCH ()-[e:SIMILAR]->() RETURN elementId(e) AS element")[0]["element"]
    assert read_edges(db, LIKES, "pixels", ["a"])[1] == [stray]


def test_an_edge_that_is_there_twice_goes(db: Database):
    db.write("CREATE (a:Side {id: 'a'}), (b:Side {id: 'b'})")
    one = Edges(np.array([0]), np.array([1]), {"cosine": np.array([0.5]), "percentile": np.array([90.0])})
    without_key(db)
    for _ in range(2):
        db.write(
            "MATCH (a:Side {id: 'a'}), (b:Side {id: 'b'}) "
            "CREATE (a)-[:SIMILAR {key: 'pixels|a|b', space: 'pixels', cosine: 0.5, percentile: 90.0}]->(b)"
        )
    assert bring_up_to_date(db, ["a", "b"], one) == Changes(removed=1)


def without_key(db: Database) -> None:
    db.run_alone("DROP CONSTRAINT similar_key IF EXISTS")


def names(db: Database) -> set[str]:
    return {row["name"] for row in db.read("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name")}


def test_keys_and_indexes_are_filled_anew_where_most_edges_are(db: Database, monkeypatch):
    monkeypatch.setattr(schema, "REFILLED_LEAST", 100)
    prepare(db)
    ids = [f"c/{number:02}/obverse" for number in range(60)]
    db.write("UNWIND $ids AS id CREATE (:Side {id: id})", ids=ids)
    before = names(db)
    with schema.refilled(db, {"SIMILAR": schema.EdgeChanges(replaced=10, updated=150)}):
        assert before - names(db) == {"similar_space_percentile"}
    with schema.refilled(db, {"SIMILAR": schema.EdgeChanges(replaced=150, updated=0)}):
        assert before - names(db) == {"similar_space_percentile", "similar_key"}
    assert bring_up_to_date(db, ids, some_edges(60, 700)).written == 700
    assert names(db) == before
    with pytest.raises(ConstraintError):
        db.write("MATCH (a:Side)-[e:SIMILAR]->(b) WITH a, e, b LIMIT 1 CREATE (a)-[:SIMILAR {key: e.key}]->(b)")


def test_the_half_of_a_key_that_a_killed_server_left_is_made_whole(db: Database):
    without_key(db)
    db.run_alone("CREATE INDEX similar_key FOR ()-[e:SIMILAR]-() ON (e.key)")
    prepare(db)
    assert db.read("SHOW CONSTRAINTS YIELD name WHERE name = 'similar_key' RETURN name")
