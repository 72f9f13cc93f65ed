"""A sample hoard in the graph with vectors that know the answers, so that questions can be tested without a model.

In the space ``dies`` a side's vector is made of what its picture shows: a code for the type's face, one for the die,
one for the piece of metal, and a little noise. In ``cameras`` it is a code for the camera alone. What `match` and
`dies` would find is there, too (`coded_dies`).
"""

import json
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from coded_dies import write_dies

from graph.connection import Database
from graph.runs import step
from graph.spaces import SpaceRecord, create_vector_indexes, ensure_space, set_default_space, store_vectors
from graph.store import store_reading
from hoard import HoardTruth, read_truth
from ingest.read import read_collection
from pipeline.analyze import analyze
from pipeline.calibrate import calibrate
from pipeline.link import link
from pipeline.propose import propose

DIMENSION = 64
SPACES = ("cameras", "dies")  # the second is the default space
LAST = "dies/both/leiden/auto-g1-seed1"


@dataclass(frozen=True)
class CodedHoard:
    """The graph and the truth about it."""

    db: Database
    truth: HoardTruth

    def planted(self, kind: str) -> set[str]:
        """Ids of the coins that were planted so."""
        return {f"hoard/{coin}" for coins in self.truth.planted(kind) for coin in coins}


def build(db: Database, truth: HoardTruth) -> CodedHoard:
    """Ingest, vectors of two spaces, edges and communities, by the steps that a user runs.

    Where an earlier module of tests left all that in the database, it is taken as it is.
    """
    if db.read("MATCH (p:Partition {id: $last}) RETURN p.id", last=LAST):
        return CodedHoard(db, truth)
    db.run_alone("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS")
    with step(db, "ingest") as run:
        store_reading(db, read_collection(truth.folder, "hoard", metadata=truth.folder / "coins.csv"), run)
    coins = read_truth(truth.folder)["coins"]
    doubled = {second: first for first, second in truth.planted("double")}
    for name in SPACES:
        sides, vectors = [], []
        for coin in coins:
            piece = doubled.get(coin["id"], coin["id"])
            for face, side in coin["sides"].items():
                sides.append(f"hoard/{coin['id']}/{face}")
                vectors.append(_shown(coin, piece, side["shows"]) if name == "dies" else _camera(coin, face))
        _store(db, name, sides, np.array(vectors, np.float32))
        link(db, space=name)
        analyze(db, space=name)
    set_default_space(db, SPACES[-1])
    write_dies(db, truth)
    calibrate(db, space=SPACES[-1])
    propose(db, spaces=SPACES[-1:])
    return CodedHoard(db, truth)


def _shown(coin: dict[str, Any], piece: str, shows: str) -> np.ndarray:
    kind = coin["type"] if shows == "obverse" else coin["reverse_type"]
    parts = [
        (f"{kind} {shows}", 1.0),
        (coin[f"{shows}_die"], 0.8),
        (f"{piece} {shows}", 0.4),
        (f"{coin['id']} {shows}", 0.1),
    ]
    return sum((weight * _code(text) for text, weight in parts), np.zeros(DIMENSION))


def _camera(coin: dict[str, Any], face: str) -> np.ndarray:
    return _code(coin["camera"]) + 0.3 * _code(f"{coin['id']} {face} seen")


def _code(text: str) -> np.ndarray:
    """A direction that is always the same for the same text, and nearly at right angles to any other."""
    vector = np.random.default_rng(zlib.crc32(text.encode())).standard_normal(DIMENSION)
    return vector / np.linalg.norm(vector)


def _store(db: Database, name: str, sides: list[str], vectors: np.ndarray) -> None:
    space = SpaceRecord(name, name, name, "0" * 64, "none", DIMENSION, json.loads("{}"))
    files = {row["id"]: row["sha256"] for row in db.read("MATCH (s:Side) RETURN s.id AS id, s.sha256 AS sha256")}
    with step(db, "embed", space=name) as run:
        ensure_space(db, space, run)
        store_vectors(db, name, sides, [files[side] for side in sides], vectors)
        create_vector_indexes(db, space)
    db.run_alone("CALL db.awaitIndexes(60)")
