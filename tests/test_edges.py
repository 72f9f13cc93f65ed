"""Edges are written as they should be, and only what differs is touched."""

import numpy as np
import pytest

from graph import edges
from graph.connection import Database
from graph.edges import Edges, Kind, read_edges, write_edges

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


@pytest.mark.usefixtures("small_batches")
def test_what_is_written_comes_back_and_is_brought_up_to_date(db: Database):
    ids = [f"c/{number:02}/obverse" for number in range(60)]
    db.write("UNWIND $ids AS id CREATE (:Side {id: id})", ids=ids)
    wanted = some_edges(60, 700)
    nothing, _ = read_edges(db, LIKES, "pixels", ids)
    assert write_edges(db, LIKES, "pixels", ids, nothing, wanted, "run").written == 700
    stored, strays = read_edges(db, LIKES, "pixels", ids)
    assert write_edges(db, LIKES, "pixels", ids, stored, wanted, "run") == edges.Changes(0, 0, 0) and not strays
    wanted.columns["cosine"][:300] = 0.5
    assert write_edges(db, LIKES, "pixels", ids, stored, wanted, "run") == edges.Changes(0, 300, 0)
    assert db.read("MATCH ()-[e:SIMILAR {cosine: 0.5}]->() RETURN count(e) AS edges") == [{"edges": 300}]


def test_edges_to_nodes_that_do_not_count_any_more_are_told_apart(db: Database):
    db.write("CREATE (:Side {id: 'a'})-[:SIMILAR {key: 'pixels|a|b', space: 'pixels'}]->(:Side {id: 'b'})")
    assert read_edges(db, LIKES, "pixels", ["a"])[1] == ["pixels|a|b"]
