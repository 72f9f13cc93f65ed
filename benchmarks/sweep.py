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
from pathlib import Path
from typing import Any

import psutil

import pipeline
from benchmarks.common import markdown, seconds, throwaway_server
from benchmarks.link import SLUG, add, vectors
from embed import DEFAULT_SPACE
from graph.connection import Database
from graph.runs import Run
from graph.schema import prepare
from graph.spaces import SpaceRecord, ensure_space
from ingest.hoard import make_hoard
from measure.swept import Step, Sweep

ALGORITHMS = {"leiden": "Leiden", "label-propagation": "label propagation"}
COINS, TYPES = 120, 10


def against_types(
    db: Database, name: str, folder: Path, spaces: Sequence[str], **options: Any
) -> Iterator[dict[str, str]]:
    pipeline.ingest(db, folder, name, **options)
    for space in spaces:
        pipeline.embed(db, space=space)
        for face in ("both", "reverse"):
            yield from rows(name, pipeline.sweep(db, space=space, face=face, label="type"))


def rows(name: str, found: Sweep) -> list[dict[str, str]]:
    usual = min(found.steps, key=lambda step: abs(step.edges_per_coin - 5))
    result = []
    for algorithm, called in ALGORITHMS.items():
        best = found.best(algorithm)
        assert best is not None
        row = {
            "space": found.space,
            "collection": name,
            "face": found.face,
            "communities": called,
            "best": _at(best, algorithm),
        }
        for what, step in (
            ("recommended", found.chosen("information")),
            ("best silhouette", found.chosen("silhouette")),
            ("5 edges a coin", usual),
        ):
            share = _ami(step, algorithm) / max(_ami(best, algorithm), 1e-9)
            row[what] = f"{_at(step, algorithm)}: {share:.0%}"
        result.append(row)
    return result


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
        took, grown = with_peak(lambda: kept.append(pipeline.sweep(db, face="obverse")))
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
    table: list[dict[str, str]] = []
    if asked.ocre.is_dir():
        with throwaway_server() as db:
            table += against_types(db, "ocre", asked.ocre.resolve(), spaces, type_column="reverse_design")
    for seed in asked.seeds:
        with throwaway_server() as db:
            folder = Path(os.environ["COINGRAPH_HOME"], "hoard")
            make_hoard(folder, COINS, TYPES, seed)
            table += against_types(db, f"hoard {seed}", folder, spaces)
    print(markdown(sorted(table, key=lambda row: spaces.index(row["space"]))))


if __name__ == "__main__":
    started = time.perf_counter()
    main()
    print(f"\n{time.perf_counter() - started:.0f} s in all")
