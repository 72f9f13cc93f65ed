"""Six pairs of a sample hoard laid on one another: two that are right, two wrong and two undecided.

    python -m benchmarks.overlays [--seed 1] [--coins 48] [--types 4] [--difficulty 0.5] [--write docs/pictures]

All pairs of obverses are registered and judged by decoys of other types, as `dies` does it. Right are the surest pair
of one die and the least sure one of nine in ten or more; wrong are the two dies that are held likeliest for one and
the pair of one die that is held least likely; undecided are the pairs of one die and of two whose probabilities are
nearest to one half. Prints a table, and writes the pictures where a folder is given.
"""

import argparse
import tempfile
from itertools import combinations
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image
from scipy.special import expit

from benchmarks.common import likenesses, markdown
from dies.decoys import Catalogued, judge
from dies.groups import CLEAR, Pair
from dies.match import coin_square
from dies.registration import Relief
from explore.overlay import draw
from hoard import make_hoard
from ingest.images import open_picture
from pipeline.overlay import lay

Squares = dict[str, tuple[np.ndarray, np.ndarray]]
DECOYS = 400
WIDEST, COLOURS = 1000, 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--coins", type=int, default=48)
    parser.add_argument("--types", type=int, default=4)
    parser.add_argument("--difficulty", type=float, default=0.5)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        truth = make_hoard(Path(folder), asked.coins, asked.types, asked.seed, asked.difficulty)
        coins = {c["id"]: c for c in truth.entries() if "obverse" in c["sides"] and c["type"] == c["reverse_type"]}
        coins = {name: c for name, c in coins.items() if c["sides"]["obverse"]["shows"] == "obverse"}
        files = {name: Path(folder) / coin["sides"]["obverse"]["file"] for name, coin in coins.items()}
        squares = {name: coin_square(open_picture(file)) for name, file in files.items()}
    odds = judged(squares, {name: coin["type"] for name, coin in coins.items()})
    rows = []
    for name, pair in chosen(odds, {name: coin["obverse_die"] for name, coin in coins.items()}).items():
        found = lay(pair, "obverse", [squares[coin] for coin in pair], odds[pair])
        if asked.write:
            asked.write.mkdir(parents=True, exist_ok=True)
            shrink(draw(found, asked.write / f"dies-{name}.png").path)
        same = coins[pair[0]]["obverse_die"] == coins[pair[1]]["obverse_die"]
        rows.append(row(name, pair, same, odds[pair], found.close))
    print(markdown(rows))


def shrink(file: Path) -> None:
    """A picture as a page shows it."""
    with Image.open(file) as picture:
        small = picture.convert("RGB")
    small.thumbnail((WIDEST, WIDEST))
    small.quantize(COLOURS).save(file, optimize=True)


def judged(squares: Squares, type_of: dict[str, str]) -> dict[Pair, float]:
    """The log-odds of all pairs of one type."""
    rng = np.random.default_rng(0)
    pairs = list(combinations(sorted(squares), 2))
    alike = [pair for pair in pairs if type_of[pair[0]] == type_of[pair[1]]]
    apart = [pair for pair in pairs if type_of[pair[0]] != type_of[pair[1]]]
    apart = sorted(apart[place] for place in rng.choice(len(apart), min(DECOYS, len(apart)), replace=False).tolist())
    reliefs = {name: Relief.of(*square) for name, square in squares.items()}
    likeness = dict(zip(alike + apart, likenesses(alike + apart, reliefs), strict=True))
    found = judge(likeness, {name: Catalogued(None, kind) for name, kind in type_of.items()})
    return {pair: found.log_odds[pair] for pair in alike}


def chosen(odds: dict[Pair, float], die_of: dict[str, str]) -> dict[str, Pair]:
    same = {pair: value for pair, value in odds.items() if die_of[pair[0]] == die_of[pair[1]]}
    other = {pair: value for pair, value in odds.items() if pair not in same}
    links = {pair: value for pair, value in same.items() if value > CLEAR}
    likeliest = max(other, key=lambda pair: other[pair])
    rest = {pair: value for pair, value in other.items() if pair != likeliest}
    return {
        "right-sure": max(links, key=lambda pair: links[pair]),
        "right-just": min(links, key=lambda pair: links[pair]),
        "wrong-two-dies": likeliest,
        "wrong-missed": min(same, key=lambda pair: same[pair]),
        "undecided-one-die": min(same, key=lambda pair: abs(same[pair])),
        "undecided-two-dies": min(rest, key=lambda pair: abs(rest[pair])),
    }


def row(name: str, pair: Pair, same: bool, log_odds: float, close: np.ndarray) -> dict[str, Any]:
    return {
        "picture": f"dies-{name}.png",
        "pair": " and ".join(pair),
        "dies": "one" if same else "two",
        "probability": f"{expit(log_odds):.2f}",
        "places that agree": f"{int(close.sum())} of {len(close)}",
    }


if __name__ == "__main__":
    main()
