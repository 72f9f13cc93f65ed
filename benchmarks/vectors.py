"""Storing and reading vectors, against the bare driver with one plain query each.

Run: python -m benchmarks.vectors [--sides 20000] [--dimension 512] [--rounds 5]
"""

import argparse
import os

import numpy as np

from benchmarks.common import markdown, seconds, throwaway_server, with_spread
from graph.connection import Database
from graph.runs import Run
from graph.schema import prepare
from graph.spaces import SpaceRecord, ensure_space, read_vectors, store_vectors

SIDES = "UNWIND $rows AS id CREATE (:Side:Obverse {id: id})"
BARE_READ = "MATCH (s:Obverse) RETURN s.id AS id, s.vector_benchmark AS vector ORDER BY id"
BARE_STORE = """
UNWIND $rows AS row MATCH (s:Side {id: row.id})
CALL db.create.setNodeVectorProperty(s, 'vector_benchmark', row.vector)
"""


def bare_read(db: Database) -> np.ndarray:
    with db.driver.session() as session:
        return np.array([record["vector"] for record in session.run(BARE_READ)], np.float32)


def bare_store(db: Database, ids: list[str], vectors: np.ndarray, batch: int) -> None:
    with db.driver.session() as session:
        for start in range(0, len(ids), batch):
            part = slice(start, start + batch)
            rows = [{"id": i, "vector": v} for i, v in zip(ids[part], vectors[part].tolist(), strict=True)]
            session.run(BARE_STORE, rows=rows).consume()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", type=int, default=20_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    ids = [f"museum/{n:07d}/obverse" for n in range(asked.sides)]
    vectors = np.random.default_rng(1).standard_normal((asked.sides, asked.dimension)).astype(np.float32)
    times: dict[str, list[float]] = {"store": [], "store, bare driver": [], "read": [], "read, bare driver": []}
    with throwaway_server() as db:
        prepare(db)
        db.write_batches(SIDES, ids)
        space = SpaceRecord("benchmark", "benchmark", "none", "0" * 64, "none", asked.dimension, {})
        ensure_space(db, space, Run("none", "benchmark"))
        for _ in range(asked.rounds + 1):  # in turn, so that a slow minute strikes all of them
            times["store, bare driver"].append(seconds(lambda: bare_store(db, ids, vectors, asked.batch)))
            times["store"].append(seconds(lambda: store_vectors(db, "benchmark", ids, ids, vectors, batch=asked.batch)))
            times["read, bare driver"].append(seconds(lambda: bare_read(db)))
            times["read"].append(seconds(lambda: read_vectors(db, "benchmark", "obverse")))
        found, matrix = read_vectors(db, "benchmark", "obverse")
        assert found == ids and np.array_equal(matrix, vectors)
    print(f"{asked.sides:,} vectors of {asked.dimension}, {os.cpu_count()} cores, median of {asked.rounds}\n")
    rows = [
        {
            "what": what,
            "seconds": with_spread(values[1:]),
            "vectors a second": f"{asked.sides / np.median(values[1:]):,.0f}",
        }
        for what, values in times.items()
    ]
    print(markdown(rows))


if __name__ == "__main__":
    main()
