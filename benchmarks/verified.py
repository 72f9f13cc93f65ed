"""How many pairs of real photographs `match` calls verified, and how many of these bear different legends.

    python -m benchmarks.verified [--data ../shared/data] [--top 50] [--coins 313] [--vectors FOLDER]

The late Roman coins of `nummi`. Each side is compared with so many of its nearest in the default space. Beside the rule
that decoys tell (`dies.decoys.least_sure`) stands the one of before, 25 points over 15 % of the coin.
"""

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.common import markdown
from benchmarks.sides import nummi, vectors_of
from dies.decoys import Catalogued, least_sure
from dies.match import VERIFIED_SPREAD, Features, coin_square, find_features, match
from ingest.images import open_picture
from ingest.records import FACES
from measure.neighbours import ranked, scan

BEFORE = 25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--top", type=int, default=50)
    parser.add_argument("--coins", type=int, default=313)
    parser.add_argument("--vectors", type=Path)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    coins = nummi(asked.data)
    vectors = vectors_of(coins, asked.vectors)
    rows = []
    for face in FACES:
        found = [find_features(*coin_square(open_picture(file))) for file in coins.files[face][: asked.coins]]
        pairs = ranked(scan(vectors[face][: asked.coins], asked.top).pairs, asked.top).pairs
        said = [
            Catalogued(legend, kind)
            for legend, kind in zip(coins.labels[f"{face}_legend"], coins.labels["type"], strict=True)
        ]
        rows.append(row(face, found, said, list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))))
    print(markdown(rows))


def row(face: str, found: list[Features], said: list[Catalogued], pairs: list[tuple[int, int]]) -> dict[str, Any]:
    seen = [match(found[one], found[two]) for one, two in pairs]
    inliers = np.array([one.inliers if one.spread >= VERIFIED_SPREAD else 0 for one in seen])
    apart = np.array([said[one].differs(said[two]) is not None for one, two in pairs])
    least = least_sure(inliers[~apart], inliers[apart])
    verified = inliers >= least if least is not None else np.zeros(len(inliers), bool)
    chance = verified[apart].mean() * (~apart).sum() if apart.any() else 0.0
    return {
        "face": face,
        "pairs": len(pairs),
        "25 points": int((inliers >= BEFORE).sum()),
        "of these, other legends": int((inliers[apart] >= BEFORE).sum()),
        "points from": least,
        "verified": int(verified[~apart].sum()),
        "expected false": f"{chance:.0f}",
        "decoys": int(apart.sum()),
        "decoys above": int(verified[apart].sum()),
    }


if __name__ == "__main__":
    main()
