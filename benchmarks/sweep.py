"""How near the threshold that `sweep` recommends comes to the best one, and how long a sweep takes.

    python -m benchmarks.sweep [--space NAME …] [--ocre DIR] [--seeds 11 12 13]     against known types
    python -m benchmarks.sweep --sides 20000 [--dimension 256]                      time and memory

Against known types each collection goes through ingest, embed and sweep in a database of its own. Beside what `sweep`
recommends stand the threshold of best silhouette (Cornet et al. 2024) and the one that leaves 5 edges a coin, as
`analyze` takes without being asked; each with the adjusted mutual information of its communities with the types, and
its share of what the best of all thresholds reaches. For the time, made-up vectors of dies with some ten coins each
stand in Neo4j, one face.
"""

import argparse
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.common import markdown, seconds, throwaway_server
from benchmarks.link import SLUG, add, vectors
from embed import DEFAULT_SPACE
from graph.connection import Database
from graph.runs import Run
from graph.schema import prepare
from graph.spaces import SpaceRecord, ensure_space
from hoard import make_hoard
from measure.communities import Step, Sweep
from pipeline.embed import embed
from pipeline.ingest import ingest
from pipeline.link import sweep

ALGORITHMS = {"leiden": "Leiden", "label-propagation": "label propagation"}
COINS, TYPES = 120, 10


@dataclass(frozen=True)
class Beside:
    """Communities of one algorithm at chosen thresholds beside the best threshold.

    Agreement with the types stands as `_at` shows it; ``shares`` (0 to 1) are those of the best one's.
    """

    space: str
    collection: str
    face: str
    algorithm: str
    best: str
    at: dict[str, str]
    shares: dict[str, float]

    def row(self) -> dict[str, str]:
        chosen = {name: f"{self.at[name]}: {share:.0%}" for name, share in self.shares.items()}
        called = ALGORITHMS[self.algorithm]
        start = {"space": self.space, "collection": self.collection, "face": self.face, "communities": called}
        return {**start, "best": self.best, **chosen}


def against_types(db: Database, name: str, folder: Path, spaces: Sequence[str], **options: Any) -> Iterator[Beside]:
    ingest(db, folder, name, **options)
    for space in spaces:
        embed(db, space=space)
        for face in ("both", "reverse"):
            yield from beside_the_best(name, sweep(db, space=space, face=face, label="type"))


def beside_the_best(name: str, found: Sweep) -> Iterator[Beside]:
    chosen = {
        "recommended": found.chosen("information"),
        "best silhouette": found.chosen("silhouette"),
        "5 edges a coin": min(found.steps, key=lambda step: abs(step.edges_per_coin - 5)),
    }
    for algorithm in ALGORITHMS:
        best = found.best(algorithm)
        assert best is not None
        most = max(_ami(best, algorithm), 1e-9)
        at = {what: _at(step, algorithm) for what, step in chosen.items()}
        shares = {what: _ami(step, algorithm) / most for what, step in chosen.items()}
        yield Beside(found.space, name, found.face, algorithm, _at(best, algorithm), at, shares)


def summary(found: Sequence[Beside]) -> list[dict[str, str]]:
    """By space, `ocre` or hoards, and algorithm: the mean of the shares and, in brackets, the worst."""
    groups: dict[tuple[str, str, str], list[Beside]] = {}
    for one in found:
        kind = one.collection if one.collection == "ocre" else "hoards"
        groups.setdefault((one.space, kind, ALGORITHMS[one.algorithm]), []).append(one)
    return [
        dict(zip(("space", "collections", "communities"), key, strict=True))
        | {what: _mean_and_worst([one.shares[what] for one in some]) for what in some[0].shares}
        for key, some in groups.items()
    ]


def _mean_and_worst(shares: Sequence[float]) -> str:
    return f"{sum(shares) / len(shares):.0%} ({min(shares):.0%})"


def _ami(step: Step, algorithm: str) -> float:
    ami = step.found[algorithm].ami
    assert ami is not None
    return ami


def _at(step: Step, algorithm: str) -> str:
    return f"{_ami(step, algorithm):.3f} at {step.edges_per_coin:.1f}"


def with_peak(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds, and by how many MB this process grew at the most while it worked."""
    process, peak, done = psutil.Process(), [0], threading.Event()
    before = process.memory_info().rss

    def watch() -> None:
        while not done.wait(0.05):
            peak[0] = max(peak[0], process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        took = seconds(work)
    finally:
        done.set()
        watcher.join()
    return took, (max(peak[0], before) - before) / 1e6


def time_of(sides: int, dimension: int) -> None:
    ids = [f"museum/{number:07d}" for number in range(sides)]
    with throwaway_server() as db:
        prepare(db)
        ensure_space(db, SpaceRecord(SLUG, SLUG, "none", "0" * 64, "none", dimension, {}), Run("none", "sweep"))
        add(db, ids, vectors(sides, dimension))
        kept: list[Sweep] = []
        took, grown = with_peak(lambda: kept.append(sweep(db, face="obverse")))
    (found,) = kept
    print(f"{sides:,} vectors of {dimension}, {len(found.steps)} thresholds, {os.cpu_count()} cores")
    print(f"{took:.0f} s, {grown:,.0f} MB more than before; {found.steps[0].edges:,} edges at the loosest")
    print(f"recommended: {found.why}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", action="append", help=f"may be given several times (default: {DEFAULT_SPACE})")
    parser.add_argument("--ocre", type=Path, default=Path("../shared/data/ocre"))
    parser.add_argument("--seeds", type=int, nargs="*", default=[11, 12, 13])
    parser.add_argument("--sides", type=int)
    parser.add_argument("--dimension", type=int, default=256)
    asked = parser.parse_args()
    if asked.sides:
        return time_of(asked.sides, asked.dimension)
    spaces = asked.space or [DEFAULT_SPACE]
    found: list[Beside] = []
    if asked.ocre.is_dir():
        with throwaway_server() as db:
            found += against_types(db, "ocre", asked.ocre.resolve(), spaces, type_column="reverse_design")
    for seed in asked.seeds:
        with throwaway_server() as db:
            folder = Path(os.environ["COINGRAPH_HOME"], "hoard")
            make_hoard(folder, COINS, TYPES, seed)
            found += against_types(db, f"hoard {seed}", folder, spaces)
    found.sort(key=lambda one: spaces.index(one.space))
    print(markdown(summary(found)))
    print()
    print(markdown([one.row() for one in found]))


if __name__ == "__main__":
    started = time.perf_counter()
    main()
    print(f"\n{time.perf_counter() - started:.0f} s in all")
