"""Matched pairs a second, and the share of the time that the bare OpenCV calls would take.

    python -m benchmarks.match                    100 coins of a sample hoard, one thread and as many as there are cores
    python -m benchmarks.match --coins 60

The bare calls are those that a plain script would make for the same pair: the two nearest of each descriptor
(`BFMatcher.knnMatch`), the nearest the other way, and `estimateAffinePartial2D` on the matches that pass. Both run in
turns on the same pairs; processor seconds depend less than a clock on what else the machine does. The whole step
`match`, with candidates, features, comparison place by place, records and edges in Neo4j, is run on all coins but
`LATER`, again with nothing new, and again when those have come.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.common import markdown, throwaway_server, with_spread
from dies.match import RATIO, ROUNDS, WITHIN, Features, coin_square, find_features, match
from embed import DEFAULT_SPACE
from graph.connection import Database
from hoard import make_hoard
from ingest.images import open_picture
from pipeline.embed import embed
from pipeline.ingest import ingest
from pipeline.link import link
from pipeline.match import match as match_step

ROUNDS_MEASURED = 3
PAIRS = 1500
LATER = 5  # coins that come when the others are matched


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coins", type=int, default=100)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = make_hoard(Path(temporary) / "hoard", options.coins, seed=21).folder
        with threadpool_limits(1, "blas"):
            bare_rows = beside_bare_calls(folder)
        with throwaway_server() as db:
            step_rows = whole_step(db, folder, Path(temporary))
    print(markdown(bare_rows))
    print()
    print(markdown(step_rows))


def beside_bare_calls(hoard: Path) -> list[dict[str, Any]]:
    """Geometry alone, on pairs of obverses at random."""
    pictures = sorted((hoard / "photographs").glob("*_obv.jpg"))
    begun = time.process_time()
    features = [find_features(*coin_square(open_picture(picture))) for picture in pictures]
    looked = (time.process_time() - begun) / len(features)
    print(f"features of a photograph: {1000 * looked:.0f} ms of a processor, once\n")
    rng = np.random.default_rng(0)
    pairs = [(features[i], features[k]) for i, k in rng.integers(len(features), size=(PAIRS, 2))]
    rows = []
    for threads in sorted({1, os.cpu_count() or 1}):
        ours, theirs = [], []
        for _ in range(ROUNDS_MEASURED):
            theirs.append(timed(bare, pairs, threads))
            ours.append(timed(lambda pair: match(*pair), pairs, threads))
        (wall, busy), (bare_wall, bare_busy) = np.median(ours, 0), np.median(theirs, 0)
        rows.append(
            {
                "threads": threads,
                "match, pairs a second": with_spread([PAIRS / one for one, _ in ours]),
                "bare OpenCV calls": with_spread([PAIRS / one for one, _ in theirs]),
                "share of their time": f"{wall / bare_wall:.2f}",
                "match, processor ms a pair": f"{1000 * busy / PAIRS:.1f}",
                "bare": f"{1000 * bare_busy / PAIRS:.1f}",
                "share": f"{busy / bare_busy:.2f}",
            }
        )
    return rows


def whole_step(db: Database, hoard: Path, temporary: Path) -> list[dict[str, Any]]:
    """`match` on a new collection, on what it knows, and with coins that came later."""
    few = temporary / "few"
    few.mkdir()
    pictures = sorted((hoard / "photographs").glob("*.jpg"))
    coins = sorted({picture.stem.rpartition("_")[0] for picture in pictures})
    later = [picture for picture in pictures if picture.stem.rpartition("_")[0] in coins[-LATER:]]
    for picture in set(pictures) - set(later):
        shutil.copy(picture, few)
    rows = []
    for what in ("all new", "nothing new", f"{LATER} coins more"):
        if what.endswith("more"):
            for picture in later:
                shutil.copy(picture, few)
        ingest(db, few, "few")
        embed(db, space=DEFAULT_SPACE)
        link(db)
        begun, busy = time.perf_counter(), time.process_time()
        report = match_step(db)
        took, busy = time.perf_counter() - begun, time.process_time() - busy
        rows.append(
            {
                "`match`": what,
                "coins": len(coins) if what.endswith("more") else len(coins) - LATER,
                "pairs looked at": sum(face.new for face in report.faces),
                "seconds": f"{took:.1f}",
                "processor seconds here": f"{busy:.1f}",
            }
        )
    return rows


def timed(work: Callable, pairs: Sequence[tuple[Features, Features]], threads: int) -> tuple[float, float]:
    """Seconds and processor seconds that all pairs take."""
    begun, busy = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, pairs))
    return time.perf_counter() - begun, time.process_time() - busy


def bare(pair: tuple[Features, Features]) -> None:
    one, two = pair
    matcher = cv2.BFMatcher(cv2.NORM_L2)
    nearest = matcher.knnMatch(one.descriptors, two.descriptors, k=2)
    back = {m.queryIdx: m.trainIdx for m in matcher.match(two.descriptors, one.descriptors)}
    good = [m for m, n in nearest if m.distance < RATIO * n.distance and back[m.trainIdx] == m.queryIdx]
    if len(good) >= 4:
        first, second = (np.array(ends) for ends in zip(*[(m.queryIdx, m.trainIdx) for m in good], strict=True))
        cv2.estimateAffinePartial2D(
            one.points[first],
            two.points[second],
            method=cv2.RANSAC,
            ransacReprojThreshold=WITHIN,
            maxIters=ROUNDS,
        )


if __name__ == "__main__":
    main()
