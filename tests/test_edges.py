"""Writing edges by several writers: every edge once, and no two writers at one node."""

import numpy as np
import pytest

from graph import edges
from graph.connection import Database
from graph.edges import Edges, Kind, _apart, read_edges, write_edges

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
    monkeypatch.setattr(edges, "WRITERS", 3)


@pytest.mark.usefixtures("small_batches")
def test_every_edge_is_in_one_part():
    wanted = some_edges(60, 700)
    parts = [part for parts in _apart(wanted, np.arange(700), 60) for part in parts]
    assert sorted(np.concatenate(parts).tolist()) == list(range(700))


@pytest.mark.usefixtures("small_batches")
def test_writers_of_one_round_share_no_node():
    wanted = some_edges(60, 700)
    for parts in _apart(wanted, np.arange(700), 60):
        nodes = [{*wanted.first[part].tolist(), *wanted.second[part].tolist()} for part in parts]
        assert sum(map(len, nodes)) == len(set().union(*nodes))


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
