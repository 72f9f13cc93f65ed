"""Linking one face: this project's exact neighbours against `gds.knn.write` with its defaults on the same server.

Run: python -m benchmarks.link [--sides 20000] [--dimension 512] [--top 20] [--rounds 3] [--added 200]

Both begin with vectors in Neo4j and end with edges in Neo4j. The floor is the matrix products alone, without reading,
choosing, counting or writing.
"""

import argparse
import os

import numpy as np

from benchmarks.common import markdown, seconds, throwaway_server, with_spread
from graph.connection import Database
from graph.edges import Difference, write_differences
from graph.runs import Run
from graph.schema import prepare
from graph.spaces import SpaceRecord, ensure_space, find_space, store_vectors
from ingest.records import FACES
from measure.neighbours import ranked, scan
from pipeline.link import link
from pipeline.similar import FaceLinks, LinkOptions, related_difference

SLUG = "benchmark"
COINS = """
UNWIND $rows AS coin
CREATE (:Coin {id: coin})-[:HAS_SIDE]->(:Side:Obverse {id: coin + '/obverse', name: coin})
"""
FORGET = (
    "MATCH ()-[e:SIMILAR]->() CALL (e) { DELETE e } IN TRANSACTIONS OF 10000 ROWS",
    "MATCH ()-[e:RELATED]->() CALL (e) { DELETE e } IN TRANSACTIONS OF 10000 ROWS",
    "MATCH ()-[e:KNN]->() CALL (e) { DELETE e } IN TRANSACTIONS OF 10000 ROWS",
    "MATCH (s:Side) CALL (s) { REMOVE s.linked_benchmark } IN TRANSACTIONS OF 10000 ROWS",
    "MATCH (s:Space) REMOVE s.link_options, s.linked_obverse, s.edges_obverse, s.edges_related",
)
# The way GDS documents: a native projection of one label and one property, then write.
PROJECT = "CALL gds.graph.project('benchmark', 'Obverse', '*', {nodeProperties: 'vector_benchmark'})"
KNN = """
CALL gds.knn.write('benchmark', {nodeProperties: {vector_benchmark: 'COSINE'}, topK: $top,
                                 writeRelationshipType: 'KNN', writeProperty: 'score'})
YIELD relationshipsWritten RETURN relationshipsWritten
"""
FOUND = "MATCH (a:Side)-[:KNN]->(b:Side) RETURN a.id AS one, b.id AS other"


def vectors(sides: int, dimension: int) -> np.ndarray:
    """(sides, dimension) float32: dies with some ten coins each, and what tells those apart."""
    chance = np.random.default_rng(1)
    dies = chance.normal(size=(max(sides // 10, 1), dimension))
    return (dies[chance.integers(0, len(dies), sides)] + chance.normal(size=(sides, dimension))).astype(np.float32)


def add(db: Database, ids: list[str], matrix: np.ndarray) -> None:
    db.write_batches(COINS, ids)
    sides = [f"{coin}/obverse" for coin in ids]
    store_vectors(db, SLUG, sides, ["x"] * len(sides), matrix)


def forget(db: Database) -> None:
    for query in FORGET:
        db.run_alone(query)


def knn(db: Database, top: int) -> None:
    db.run_alone(PROJECT)
    try:
        db.run_alone(KNN, top=top)
    finally:
        db.run_alone("CALL gds.graph.drop('benchmark') YIELD graphName RETURN graphName")


def recall(db: Database, ids: list[str], matrix: np.ndarray, top: int) -> float:
    """The share of all true neighbours that `gds.knn.write` found."""
    position = {f"{coin}/obverse": row for row, coin in enumerate(ids)}
    found = {(position[row["one"]], position[row["other"]]) for row in db.read(FOUND)}
    exact = ranked(scan(matrix, top).pairs, top)
    either = exact.pairs[exact.rank <= top]
    pairs = set(zip(either.first.tolist(), either.second.tolist(), strict=True))
    return sum(((a, b) in found) or ((b, a) in found) for a, b in pairs) / len(pairs)


def stages(db: Database, top: int) -> dict[str, float]:
    """The parts of a link, one after the other."""
    options = LinkOptions(top=top, method="blocked")
    space = find_space(db, SLUG)
    faces = [FaceLinks(db, space, face, options, trusted=False) for face in FACES]
    one = faces[0]
    times = {"… reading vectors": seconds(lambda: one.comparer), "… comparing": seconds(lambda: one.edges)}
    coins: list[Difference] = []
    times["… what is to be written"] = seconds(lambda: coins.append(related_difference(db, space, faces)))
    times["… writing"] = seconds(lambda: write_differences(db, [one.difference, *coins], "benchmark"))
    times["… marks"] = seconds(lambda: _marked(db, one))
    return times


def _marked(db: Database, face: FaceLinks) -> None:
    with db.atomic() as tx:
        face.mark(tx)


def products(matrix: np.ndarray, half: bool) -> None:
    """Bare float32 products of all pairs, each once with ``half``."""
    for start in range(0, len(matrix), 1024):
        _ = matrix[start : start + 1024] @ (matrix[: start + 1024] if half else matrix).T


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", type=int, default=20_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--top", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--added", type=int, default=200)
    asked = parser.parse_args()
    ids = [f"museum/{number:07d}" for number in range(asked.sides + asked.added)]
    matrix = vectors(len(ids), asked.dimension)
    unit = matrix[: asked.sides] / np.linalg.norm(matrix[: asked.sides], axis=1, keepdims=True)
    times: dict[str, list[float]] = {}

    def note(what: str, value: float) -> None:
        times.setdefault(what, []).append(value)

    with throwaway_server() as db:
        prepare(db)
        ensure_space(db, SpaceRecord(SLUG, SLUG, "none", "0" * 64, "none", asked.dimension, {}), Run("none", "link"))
        add(db, ids[: asked.sides], matrix[: asked.sides])
        for _ in range(asked.rounds):  # in turn, so that a slow minute strikes all of them
            note("gds.knn.write, defaults", seconds(lambda: knn(db, asked.top)))
            share = recall(db, ids[: asked.sides], matrix[: asked.sides], asked.top)
            forget(db)
            for what, value in stages(db, asked.top).items():
                note(what, value)
            forget(db)
            note("link", seconds(lambda: link(db, top=asked.top, method="blocked")))
            note("products alone, all", seconds(lambda: products(unit, half=False)))
            note("products alone, each pair once", seconds(lambda: products(unit, half=True)))
        note("link again, nothing new", seconds(lambda: link(db, top=asked.top, method="blocked")))
        add(db, ids[asked.sides :], matrix[asked.sides :])
        again = f"link of {asked.added} more"
        note(again, seconds(lambda: link(db, top=asked.top, method="blocked")))
    order = ["gds.knn.write, defaults", "link", *(key for key in times if key.startswith("…"))]
    print(f"{asked.sides:,} vectors of {asked.dimension}, top {asked.top}, {os.cpu_count()} cores\n")
    base = float(np.median(times[order[0]]))
    rows = [
        {
            "what": what,
            "seconds": with_spread(times[what]),
            "times as fast as gds.knn": f"{base / float(np.median(times[what])):.1f}",
            "recall": {order[0]: f"{share:.2f}", "link": "1.00"}.get(what, ""),
        }
        for what in [*order, *(key for key in times if key not in order)]
    ]
    print(markdown(rows))


if __name__ == "__main__":
    main()
