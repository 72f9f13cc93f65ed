"""How well dies are told apart on sample hoards, where they are known.

    python -m benchmarks.dies                                     seeds 21 to 23, the default difficulty
    python -m benchmarks.dies --seeds 21 --difficulties 0.15 0.3 0.5 0.7 0.85
    python -m benchmarks.dies --coins 200 --types 12 --seeds 21

Each hoard goes through ingest, embed and dies in a database of its own. Pairwise precision and recall are those of all
pairs of sides of one face, pooled over the seeds. Of the links, which are pairs shown as of one die, so many are false,
and so many were expected to be. Beside the groups stand two simpler ways: what any pair with clear
evidence joins (components), and every type as one die.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import markdown, throwaway_server
from dies.groups import CLEAR, agreement
from dies.registration import evidence_version
from graph.connection import Database
from graph.die_graph import read_evidence
from hoard import HoardTruth, make_hoard, read_truth
from ingest.records import FACES, Face
from pipeline.dies import dies
from pipeline.embed import embed
from pipeline.ingest import ingest

GROUPS = """
MATCH (d:Die)-[:IN]->(:DieStudy {face: $face}) RETURN [(s)-[:STRUCK_FROM]->(d) | s.id] AS sides
"""


@dataclass
class Tally:
    """Pairs that a way of grouping found, those of them that are true, and all true ones."""

    right: float = 0.0
    found: int = 0
    true: int = 0

    def add(self, groups: Sequence[Sequence[str]], die_of: dict[str, str]) -> None:
        one = agreement(groups, die_of)
        self.right += one.precision * one.pairs_found
        self.found += one.pairs_found
        self.true += one.pairs_true

    def __str__(self) -> str:
        return f"{self.right / max(self.found, 1):.3f} / {self.right / max(self.true, 1):.3f}"


@dataclass
class Level:
    """What hoards of one difficulty gave."""

    wear: list[float] = field(default_factory=list)
    groups: Tally = field(default_factory=Tally)
    components: Tally = field(default_factory=Tally)
    types: Tally = field(default_factory=Tally)
    links: int = 0
    false: int = 0
    expected_false: float = 0.0
    dies: int = 0
    true_dies: int = 0
    pairs: int = 0
    seconds: float = 0.0

    def row(self, difficulty: float) -> dict[str, Any]:
        return {
            "difficulty": difficulty,
            "mean wear": f"{np.mean(self.wear):.2f}",
            "groups: precision / recall": str(self.groups),
            "components": str(self.components),
            "types as dies": str(self.types),
            "links": self.links,
            "false": self.false,
            "expected": f"{self.expected_false:.1f}",
            "dies found": self.dies,
            "true": self.true_dies,
            "pairs of sides": self.pairs,
            "pairs a second": f"{self.pairs / self.seconds:.0f}",
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coins", type=int, default=60)
    parser.add_argument("--types", type=int, default=6)
    parser.add_argument("--seeds", type=int, nargs="+", default=[21, 22, 23])
    parser.add_argument("--difficulties", type=float, nargs="+", default=[0.5])
    parser.add_argument("--space", default="coin-lite0")
    options = parser.parse_args()
    rows = []
    for difficulty in options.difficulties:
        level = Level()
        for seed in options.seeds:
            with tempfile.TemporaryDirectory() as folder, throwaway_server() as db:
                truth = make_hoard(Path(folder) / "hoard", options.coins, options.types, seed, difficulty)
                measure(db, truth, options.space, level)
        rows.append(level.row(difficulty))
        print(markdown(rows[-1:]), flush=True)
    print(markdown(rows))


def measure(db: Database, truth: HoardTruth, space: str, level: Level) -> None:
    """Find the dies of a hoard and add to a level what came of it."""
    ingest(db, truth.folder, "hoard", metadata=truth.folder / "coins.csv")
    embed(db, space=space)
    begun = time.perf_counter()
    study = dies(db)
    level.seconds += time.perf_counter() - begun
    entries = read_truth(truth.folder)["coins"]
    level.wear += [entry["wear"] for entry in entries]
    for face in FACES:
        die_of, type_of = _truth(entries, face)
        groups = [row["sides"] for row in db.read(GROUPS, face=face)]
        says = read_evidence(db, face, evidence_version())
        level.groups.add(groups, die_of)
        shown = [pair for pair, value in says.items() if value > CLEAR]
        level.links += len(shown)
        level.false += sum(die_of[one] != die_of[two] for one, two in shown)
        level.expected_false += study.claims[face].false_links
        level.components.add(components(die_of, shown), die_of)
        by_type = [[side for side in type_of if type_of[side] == kind] for kind in set(type_of.values())]
        level.types.add(by_type, die_of)
        level.dies += len(groups)
        level.true_dies += len(set(die_of.values()))
    level.pairs += sum(face.new for face in study.faces)


def _truth(entries: Sequence[dict[str, Any]], face: Face) -> tuple[dict[str, str], dict[str, str]]:
    """Of each photographed side of a face the die, and the type whose side it shows."""
    die_of, type_of = {}, {}
    for entry in entries:
        if face in entry["sides"]:
            shows = entry["sides"][face]["shows"]
            side = f"hoard/{entry['id']}/{face}"
            die_of[side] = entry[f"{shows}_die"]
            type_of[side] = f"{entry['type' if shows == 'obverse' else 'reverse_type']} {shows}"
    return die_of, type_of


def components(sides: dict[str, str], pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from(sides)
    graph.add_edges_from(pairs)
    return [sorted(part) for part in networkx.connected_components(graph)]


if __name__ == "__main__":
    main()
