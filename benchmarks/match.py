"""Matched pairs a second, and the share of the time that the bare OpenCV calls would take.

    python -m benchmarks.match                    100 coins of a sample hoard, one thread and as many as there are cores
    python -m benchmarks.match --coins 60

The bare calls are those that a plain script would make for the same pair: the two nearest of each descriptor
(`BFMatcher.knnMatch`), the nearest the other way, and `estimateAffinePartial2D` on the matches that pass. *pipeline*
is the whole step `match`: candidates, features from their files, matching, records and edges in Neo4j.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.common import markdown, throwaway_server, with_spread
from dies.features import Features, coin_square, find_features
from dies.geometry import RATIO, ROUNDS, WITHIN, match
from ingest.hoard import make_hoard
from ingest.images import open_picture
from pipeline import embed, ingest, link
from pipeline import match as match_step

ROUNDS_MEASURED = 3
PAIRS = 1500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coins", type=int, default=100)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as temporary, throwaway_server() as db, threadpool_limits(1, "blas"):
        truth = make_hoard(Path(temporary) / "hoard", options.coins, seed=21)
        pictures = sorted((truth.folder / "photographs").glob("*_obv.jpg"))
        begun = time.perf_counter()
        features = [find_features(*coin_square(open_picture(picture))) for picture in pictures]
        looked = (time.perf_counter() - begun) / len(features)
        rng = np.random.default_rng(0)
        pairs = [(features[i], features[k]) for i, k in rng.integers(len(features), size=(PAIRS, 2))]
        rows = []
        for threads in sorted({1, os.cpu_count() or 1}):
            ours, theirs = [], []
            for _ in range(ROUNDS_MEASURED):
                theirs.append(pairs_a_second(bare, pairs, threads))
                ours.append(pairs_a_second(lambda pair: match(*pair), pairs, threads))
            share = float(np.median(theirs) / np.median(ours))
            rows.append(
                {
                    "threads": threads,
                    "match, pairs a second": with_spread(ours),
                    "bare OpenCV calls": with_spread(theirs),
                    "share of their time": f"{share:.2f}",
                }
            )
        ingest(db, truth.folder, "hoard")
        embed(db, space="efficientnet-lite0")
        link(db)
        begun = time.perf_counter()
        report = match_step(db)
        first = time.perf_counter() - begun
        begun = time.perf_counter()
        match_step(db)
        again = time.perf_counter() - begun
    print(markdown(rows))
    new = sum(face.new for face in report.faces)
    print(f"\nfeatures of a photograph: {1000 * looked:.0f} ms, once")
    print(f"pipeline: {new} pairs in {first:.1f} s with the features, {new / first:.0f} a second; again {again:.2f} s")


def pairs_a_second(work: Callable, pairs: Sequence[tuple[Features, Features]], threads: int) -> float:
    begun = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, pairs))
    return len(pairs) / (time.perf_counter() - begun)


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
