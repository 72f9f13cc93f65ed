"""What `dies` claims of real photographs whose legends are known, beside pairs that cannot be of one die.

    python -m benchmarks.decoys [--data ../shared/data] [--coins 313] [--decoys 240]

The late Roman coins of `nummi`. Of each face all pairs of one legend and type are registered, on obverses all pairs of
one legend, and as many pairs of two legends as asked for. Coins are dealt into two halves: for each, chance is told by
decoys of its coins and held to decoys of the other half, of which none can be of one die. Some 2,600 pairs and 240
decoys take three minutes of a free core.
"""

import argparse
import csv
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.special import expit
from threadpoolctl import threadpool_limits

from benchmarks.common import likenesses, markdown
from dies.decoys import fit
from dies.groups import CLEAR, Pair
from dies.match import coin_square
from dies.places import NOTHING
from dies.registration import Relief
from ingest.images import open_picture
from ingest.records import FACES, Face

PARTNERS = 12  # of one decoy with others: its spectra are made once


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--coins", type=int, default=313)
    parser.add_argument("--decoys", type=int, default=240)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    threadpool_limits(1)
    coins = read_coins(asked.data, asked.coins)
    rows, shown = [], []
    for face in FACES:
        likeness = dict(registered(asked.data / "nummi", face, pairs_alike(coins, face)))
        decoys = dict(registered(asked.data / "nummi", face, decoy_pairs(coins, face, asked.decoys)))
        rows.append(row(face, likeness, decoys))
        shown += likeliest(face, likeness, decoys)
    print(markdown(rows), "\n")
    print(markdown(shown))


def read_coins(data: Path, first: int | None = None) -> dict[str, dict[str, str]]:
    """The catalogue of `nummi` by coin."""
    with (data / "nummi/coins.csv").open(encoding="utf-8") as file:
        return {row["coin"]: row for row in list(csv.DictReader(file))[:first]}


def photograph_of(folder: Path, coin: str, face: Face) -> Path:
    return folder / face / f"{coin}_{face[:3]}.jpg"


def pairs_alike(coins: dict[str, dict[str, str]], face: Face) -> list[Pair]:
    """The pairs that may be of one die."""
    column = "obverse_legend" if face == "obverse" else "type"
    return [(one, two) for one, two in combinations(sorted(coins), 2) if coins[one][column] == coins[two][column]]


def decoy_pairs(coins: dict[str, dict[str, str]], face: Face, number: int) -> list[Pair]:
    """Pairs of two legends, drawn at random."""
    rng = np.random.default_rng(0)
    found: list[Pair] = []
    for one in rng.permutation(sorted(coins)).tolist():
        others = [two for two in sorted(coins) if coins[one][f"{face}_legend"] != coins[two][f"{face}_legend"]]
        some = rng.choice(others, min(PARTNERS, len(others)), replace=False).tolist()
        found += [(one, two) for two in some if (two, one) not in found]
        if len(found) >= number:
            break
    return found[:number]


def registered(folder: Path, face: Face, pairs: list[Pair]) -> Iterator[tuple[Pair, float]]:
    """The likeness of each pair that shows anything."""
    coins = dict.fromkeys(coin for pair in pairs for coin in pair)
    reliefs = {coin: Relief.of(*coin_square(open_picture(photograph_of(folder, coin, face)))) for coin in coins}
    found = zip(pairs, likenesses(pairs, reliefs), strict=True)
    yield from ((pair, likeness) for pair, likeness in found if likeness > NOTHING)


def row(face: Face, likeness: dict[Pair, float], decoys: dict[Pair, float]) -> dict[str, Any]:
    values = np.array(list(likeness.values()))
    odds = fit(values, np.array(list(decoys.values())))[0].log_odds(values)
    links, above, held = odds > CLEAR, 0, 0
    for half in (0, 1):
        own = np.array([value for pair, value in decoys.items() if half_of(pair) == half])
        other = np.array([value for pair, value in decoys.items() if half_of(pair) == 1 - half])
        above += int((fit(values, own)[0].log_odds(other) > 0).sum())
        held += len(other)
    return {
        "face": face,
        "pairs that may be": len(likeness),
        "likeness": f"{values.mean():.2f} ± {values.std():.2f}",
        "decoys": len(decoys),
        "their likeness": f"{np.mean(list(decoys.values())):.2f} ± {np.std(list(decoys.values())):.2f}",
        "links": int(links.sum()),
        "expected false": f"{expit(-odds[links]).sum():.2f}",
        "likelier than not beside these": int(((odds > 0) & ~links).sum()),
        "held-out decoys above even": f"{above} of {held}",
    }


def half_of(pair: Pair) -> int | None:
    """The half that both coins belong to; None where they are of two."""
    one, two = (int(coin) % 2 for coin in pair)
    return one if one == two else None


def likeliest(face: Face, likeness: dict[Pair, float], decoys: dict[Pair, float]) -> list[dict[str, Any]]:
    """The five likeliest pairs of a face."""
    values = np.array(list(likeness.values()))
    odds = fit(values, np.array(list(decoys.values())))[0].log_odds(values)
    pairs = list(likeness)
    best = np.argsort(-values)[:5].tolist()
    numbers = [{"likeness": f"{values[k]:.1f}", "probability": f"{expit(odds[k]):.3f}"} for k in best]
    return [{"face": face, "pair": " and ".join(pairs[k])} | found for k, found in zip(best, numbers, strict=True)]


if __name__ == "__main__":
    main()
