"""Latency of every stored question on a synthetic collection, and how long the graph takes to link and analyze.

    python -m benchmarks.query_latency [--sides 20000] [--repeats 20] [--folder DIR]

Coins are made of types, dies and noise in two spaces: a type's obverse and reverse are directions, a die lies near its
type, a coin near its dies. Types have few coins or many (Zipf), as in a hoard. Everything else is done by the project
itself: ingest's writer, vectors, `link`, `analyze`. Times are of the whole call from Python, with the lookup of
parameters that were left out and the rows' way back; coins asked about are drawn at random.
"""

import argparse
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from tabulate import tabulate

from graph import connect
from graph.connection import Database
from graph.runs import step
from graph.server.home import Home
from graph.server.process import down
from graph.spaces import SpaceRecord, create_vector_indexes, ensure_space, store_vectors
from graph.store import store_reading
from ingest.records import FACES, CoinRecord, Reading, SideRecord
from pipeline.analyze import analyze
from pipeline.link import link
from queries.catalogue import Query, run
from queries.stored import catalogue

DIMENSION = 128
MINTS, FINDSPOTS, DIES = 12, 30, 4
#: How far dies lie from their type and coins from their dies, in units of the distance between types, by space.
SPREAD = {"first": (0.5, 2.2), "second": (0.6, 2.6)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--folder", type=Path, help="keep the database there, and use the one that is there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        os.environ.pop("NEO4J_URI", None)
        os.environ["COINGRAPH_HOME"] = str(options.folder or temporary)
        home = Home.from_environment()
        try:
            with connect() as db:
                if not db.read("MATCH (p:Partition) RETURN p"):
                    build(db, options.sides)
                rows = [measured(db, query, options.repeats) for query in catalogue()]
                print(tabulate([counted(db)], headers="keys"), end="\n\n")
                print(tabulate(rows, headers="keys", floatfmt=".1f"))
        finally:
            down(home)


def build(db: Database, sides: int) -> None:
    """Coins with their metadata and vectors of two spaces, linked and analyzed."""
    generator = np.random.default_rng(1)
    types = np.minimum(generator.zipf(1.3, sides // 2), sides // 40)
    coins = [coin(n, int(kind), generator) for n, kind in enumerate(types)]
    with timed("coins"), step(db, "ingest") as writing:
        store_reading(db, Reading(Path("/synthetic"), coins, collection="museum"), writing)
    for space, (die, noise) in SPREAD.items():
        with timed(f"vectors, space {space}"), step(db, "embed") as writing:
            record = SpaceRecord(space, space, "none", "none", "none", DIMENSION, {})
            ensure_space(db, record, writing)
            create_vector_indexes(db, record)
            for face in FACES:
                photographed = [n for n, c in enumerate(coins) if face in c.sides]
                vectors = made(types[photographed], die, noise, generator)
                ids = [f"{coins[n].id}/{face}" for n in photographed]
                store_vectors(db, space, ids, [coins[n].sides[face].sha256 for n in photographed], vectors)
        with timed(f"link, space {space}"):
            link(db, space=space)
        with timed(f"analyze, space {space}"):
            print(analyze(db, space=space))
    db.run_alone("CALL db.awaitIndexes(600)")


def coin(n: int, kind: int, generator: np.random.Generator) -> CoinRecord:
    """One in 30 has no type, one in 100 no reverse; mint and findspot go with the type, but not always."""
    name = f"{n:06}"
    faces = FACES[:1] if generator.random() < 0.01 else FACES
    sides = {
        f: SideRecord(f, Path(f"/synthetic/{name}_{f}.jpg"), hashlib.sha256(f"{n}{f}".encode()).hexdigest(), 400, 400)
        for f in faces
    }
    home = kind if generator.random() < 0.8 else int(generator.integers(1000))
    properties: dict[str, Any] = {
        "mint": f"Mint {home % MINTS}",
        "findspot": f"Findspot {home % FINDSPOTS}",
        "weight": round(float(generator.normal(2 + kind % 5, 0.1)), 2),
        "diameter": round(float(generator.normal(15 + kind % 7, 0.5)), 1),
    }
    known = generator.random() > 1 / 30
    return CoinRecord("museum", name, sides, f"Type {kind}" if known else None, "table" if known else None, properties)


def made(types: np.ndarray, die: float, noise: float, generator: np.random.Generator) -> np.ndarray:
    """Vectors (n, DIMENSION) float32 around a direction that all share, as those of a network are."""
    dies = types * DIES + generator.integers(0, DIES, len(types))
    centres = generator.normal(size=(types.max() + 1, DIMENSION))
    struck = centres[np.arange((types.max() + 1) * DIES) // DIES]
    struck = struck + die * generator.normal(size=struck.shape)
    common = 2 * generator.normal(size=DIMENSION)
    return (common + struck[dies] + noise * generator.normal(size=(len(types), DIMENSION))).astype(np.float32)


def measured(db: Database, query: Query, repeats: int) -> dict[str, Any]:
    """Milliseconds of a question asked again and again; the first two times, for planning and warming, do not count."""
    generator = np.random.default_rng(2)
    coins = [row["id"] for row in db.read("MATCH (c:Coin) RETURN c.id AS id ORDER BY id")]
    times, rows = [], 0
    for _ in range(repeats + 2):
        values: dict[str, Any] = {}
        for parameter in query.parameters:
            if parameter.name == "coin":
                values["coin"] = str(generator.choice(coins))
        begun = time.perf_counter()
        rows = len(run(db, query, values).rows)
        times.append(1000 * (time.perf_counter() - begun))
    median, late = np.percentile(times[2:], [50, 95])
    return {"question": query.name, "rows": rows, "median ms": float(median), "95th percentile ms": float(late)}


def counted(db: Database) -> dict[str, int]:
    query = """
    RETURN COUNT { (:Coin) } AS coins, COUNT { (:Side) } AS sides, COUNT { ()-[:SIMILAR]->() } AS similar,
           COUNT { ()-[:RELATED]->() } AS related, COUNT { (:Community) } AS communities, COUNT { (:CoinType) } AS types
    """
    return db.read(query)[0]


@contextmanager
def timed(what: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    print(f"{what}: {time.perf_counter() - begun:.1f} s", flush=True)


if __name__ == "__main__":
    main()
