"""How well dies are told apart on sample hoards that nobody has seen, where they are known, beside two other ways.

    python -m benchmarks.dies [--hoards v1 v2] [--seeds 201 202] [--coins 40] [--types 4] [--keep FOLDER]

Hoards as `sample-hoard --benchmark` has them, v1 and v2 (dies of one type as alike as real ones, photographs as
different), of other seeds. Of each face all pairs of one type are registered, and 300 of two, and judged as `dies`
does; beside both faces together stands each alone. The other ways see one type at a time, as published die studies do:

- SIFT points: sides with 25 common points or more are of one die, and what they join is one (components);
- ORB: agglomerative clustering by common points, cut where the mean silhouette is best, in the manner of Taylor,
  The computer-aided die study (2020);
- labels that spread over the graph of common ORB points (label propagation: Raghavan, Albert and Kumara 2007), from the
  number of points on whose groups have the best mean silhouette.

Precision and recall are those of all pairs that were registered, adjusted mutual information that of the sides of a
type; intervals of 95 % by a bootstrap over types, faces and hoards. The first tables are the reliability: what was
predicted of pairs, and how many of them are of one die. ``--keep`` keeps hoards and what was measured of them, and uses
it again. A hoard of 40 coins takes a minute and a half of a free core.
"""

import argparse
import csv
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import cv2
import networkx as nx
import numpy as np
from scipy.special import expit
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_mutual_info_score, silhouette_score
from threadpoolctl import threadpool_limits

from benchmarks.common import likenesses, markdown
from dies.decoys import Catalogued, judge
from dies.groups import CLEAR, Pair, components, die_groups
from dies.joint import jointly
from dies.match import VERIFIED_SPREAD, coin_square, find_features, match
from dies.registration import Relief
from hoard import HoardTruth, make_hoard
from ingest.images import open_picture
from ingest.records import FACES, Face

POINTS = 25  # that are enough for SIFT alone
BINS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
KINDS = {"v1": False, "v2": True}  # whether dies are alike
DIES, ALONE, POINTS_ALONE = "dies", "dies, each face alone", "SIFT points"
ORB, SPREAD = "ORB", "ORB, labels that spread"
OTHERS = (POINTS_ALONE, ORB, SPREAD)
WAYS = (DIES, ALONE, *OTHERS)
DECOYS = 300  # pairs of two types that are measured
NEAR = 64  # of 256 bits that two descriptors of ORB may differ by
DRAWS = 2000


@dataclass(frozen=True)
class Measured:
    """One face of a hoard: coins, their ``dies`` and ``types`` (of the side that is shown; ``catalogued`` is what the
    table says), and of each pair of them (places in ``first`` and ``second``) what was measured."""

    coins: np.ndarray
    dies: np.ndarray
    types: np.ndarray
    catalogued: np.ndarray
    first: np.ndarray
    second: np.ndarray
    likeness: np.ndarray
    points: np.ndarray
    orb: np.ndarray

    def pairs(self, values: np.ndarray) -> dict[Pair, float]:
        names = self.coins.tolist()
        pairs = zip(self.first.tolist(), self.second.tolist(), values.tolist(), strict=True)
        return {(names[one], names[two]): value for one, two, value in pairs}


@dataclass(frozen=True)
class Sides:
    """One face of a hoard, as in `Measured`, and its photographs as `dies.match.coin_square` has them."""

    coins: np.ndarray
    dies: np.ndarray
    types: np.ndarray
    catalogued: np.ndarray
    squares: list[tuple[np.ndarray, np.ndarray]]

    @classmethod
    def of(cls, truth: HoardTruth, face: Face) -> "Sides":
        entries = [entry for entry in truth.entries() if face in entry["sides"]]
        shows = [entry["sides"][face]["shows"] for entry in entries]
        catalogue = read_types(truth.folder)
        return cls(
            np.array([entry["id"] for entry in entries]),
            np.array([entry[f"{side}_die"] for entry, side in zip(entries, shows, strict=True)]),
            np.array([e["type" if s == "obverse" else "reverse_type"] for e, s in zip(entries, shows, strict=True)]),
            np.array([catalogue[entry["id"]] for entry in entries]),
            [coin_square(open_picture(truth.folder / entry["sides"][face]["file"])) for entry in entries],
        )

    @cached_property
    def reliefs(self) -> dict[int, Relief]:
        return {place: Relief.of(*square) for place, square in enumerate(self.squares)}


def measure(sides: Sides) -> Measured:
    """The pairs of a face, measured in each way: all of one type as catalogued, and some of two."""
    features = [find_features(*square) for square in sides.squares]
    orbs = [cv2.ORB.create(500).detectAndCompute(grey, inside.astype(np.uint8))[1] for grey, inside in sides.squares]
    matcher = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True)
    found, pairs = [], chosen(sides.catalogued)
    for (one, two), likeness in zip(pairs, likenesses(pairs, sides.reliefs), strict=True):
        points = match(features[one], features[two])
        near = sum(m.distance < NEAR for m in matcher.match(orbs[one], orbs[two]))
        found.append((one, two, likeness, points.inliers * (points.spread >= VERIFIED_SPREAD), near))
    first, second, likely, points_of, orb = np.array(found, float).T
    return Measured(
        sides.coins,
        sides.dies,
        sides.types,
        sides.catalogued,
        first.astype(int),
        second.astype(int),
        likely,
        points_of,
        orb,
    )


def chosen(catalogued: np.ndarray) -> list[tuple[int, int]]:
    """All pairs that may be of one die as the catalogue has it, and `DECOYS` of the others."""
    rng = np.random.default_rng(0)
    pairs = np.array(list(combinations(range(len(catalogued)), 2)))
    one, two = catalogued[pairs].T
    apart = (one != two) & (one != "") & (two != "")
    drawn = rng.permutation(np.flatnonzero(apart))[:DECOYS]
    return list(map(tuple, pairs[np.sort(np.r_[np.flatnonzero(~apart), drawn])].tolist()))


def measured(kind: str, seed: int, coins: int, types: int, keep: Path) -> dict[Face, Measured]:
    """Both faces of a hoard, made and measured, or as they were kept."""
    folder, found = keep / f"{kind}-{coins}-{types}-{seed}", {}
    for face in FACES:
        file = keep / f"{folder.name}-{face}.npz"
        if not file.exists():
            truth = make_hoard(folder, coins, types, seed, workers=1, alike=KINDS[kind])
            np.savez(file, **vars(measure(Sides.of(truth, face))))
        found[face] = Measured(**np.load(file))
    return found


def read_types(folder: Path) -> dict[str, str]:
    with (folder / "coins.csv").open(encoding="utf-8") as file:
        return {row["id"]: row["type"] for row in csv.DictReader(file)}


def log_odds(faces: dict[Face, Measured]) -> dict[str, dict[Face, dict[Pair, float]]]:
    """What all pairs say, with both faces weighed together, as `pipeline.dies` does, and each face alone."""
    judged = {}
    for face, seen in faces.items():
        of = {coin: Catalogued(None, kind or None) for coin, kind in zip(seen.coins, seen.catalogued, strict=True)}
        judged[face] = judge(seen.pairs(seen.likeness), of)
    together = jointly(judged["obverse"], judged["reverse"], lambda pair: pair)
    alone = {face: one.log_odds for face, one in judged.items()}
    return {DIES: dict(zip(FACES, together, strict=True)), ALONE: alone}


def labels_of(groups: Sequence[Sequence[Any]], coins: Sequence[Any]) -> np.ndarray:
    place = {coin: number for number, group in enumerate(groups) for coin in group}
    return np.array([place[coin] for coin in coins])


def by_type(seen: Measured, way: str) -> np.ndarray:
    """The groups of one of the other ways, type by type as catalogued; each coin's is a number."""
    found = np.arange(len(seen.coins))
    square = np.zeros((len(seen.coins),) * 2)
    grouped = {POINTS_ALONE: joined, ORB: clustered, SPREAD: spread}[way]
    square[seen.first, seen.second] = seen.points if way == POINTS_ALONE else seen.orb
    square += square.T
    for kind in set(seen.catalogued.tolist()) - {""}:
        some = np.flatnonzero(seen.catalogued == kind)
        if len(some) > 2:
            labels = grouped(square[np.ix_(some, some)])
            found[some] = some[np.unique(labels, return_index=True)[1]][labels]
    return found


def joined(common: np.ndarray) -> np.ndarray:
    """What pairs with `POINTS` in common join."""
    return components(len(common), list(zip(*np.nonzero(np.triu(common >= POINTS, 1)), strict=True)))


def clustered(common: np.ndarray) -> np.ndarray:
    """Agglomerative clustering (average linkage) of sides with so many ``common`` points, by the best silhouette."""
    distance = distances(common)
    return clearest(
        distance,
        (
            AgglomerativeClustering(number, metric="precomputed", linkage="average").fit_predict(distance)
            for number in range(2, len(common))
        ),
    )


def spread(common: np.ndarray) -> np.ndarray:
    """Label propagation between sides with enough ``common`` points: how many is told by the best silhouette."""
    graphs = (nx.from_numpy_array(np.where(common >= least, common, 0)) for least in np.unique(common[common > 0]))
    found = (nx.community.asyn_lpa_communities(graph, "weight", seed=1) for graph in graphs)
    tries = (labels_of([list(group) for group in groups], range(len(common))) for groups in found)
    return clearest(distances(common), tries)


def distances(common: np.ndarray) -> np.ndarray:
    distance = 1 - common / max(common.max(), 1)
    np.fill_diagonal(distance, 0)
    return distance


def clearest(distance: np.ndarray, tries: Iterator[np.ndarray]) -> np.ndarray:
    """The labels of the best mean silhouette; each side alone where no try has from two groups to one less than all."""
    some = [labels for labels in tries if 1 < len(set(labels.tolist())) < len(labels)]
    score = [float(silhouette_score(distance, labels, metric="precomputed")) for labels in some]
    return some[int(np.argmax(score))] if some else np.arange(len(distance))


@dataclass(frozen=True)
class Part:
    """The sides of one type on one face of a hoard, as one way grouped them: pairs found and right, and all true
    ones, counted with the first of their coins; adjusted mutual information."""

    right: int
    found: int
    true: int
    ami: float


def parts(seen: Measured, groups: np.ndarray) -> Iterator[Part]:
    together, same = (labels[seen.first] == labels[seen.second] for labels in (groups, seen.dies))
    for kind in sorted(set(seen.types.tolist())):
        own = seen.types[seen.first] == kind
        some = seen.types == kind
        ami = float(adjusted_mutual_info_score(seen.dies[some], groups[some]))
        yield Part(int((together & same & own).sum()), int((together & own).sum()), int((same & own).sum()), ami)


def row(name: dict[str, Any], found: Sequence[Part]) -> dict[str, Any]:
    counted = np.array([(part.right, part.found, part.true, part.ami) for part in found])
    drawn = counted[np.random.default_rng(1).integers(0, len(counted), (DRAWS, len(counted)))]

    def figures(some: np.ndarray) -> list[np.ndarray]:
        right, pairs, true = (some[..., n].sum(-1) for n in range(3))
        precision = np.where(pairs > 0, right / np.maximum(pairs, 1), 1.0)
        return [precision, right / np.maximum(true, 1), 2 * right / np.maximum(pairs + true, 1), some[..., 3].mean(-1)]

    middle, spread = figures(counted), [np.percentile(one, (2.5, 97.5)) for one in figures(drawn)]
    said = [f"{float(m):.3f} ({low:.2f} to {high:.2f})" for m, (low, high) in zip(middle, spread, strict=True)]
    return name | dict(zip(("precision", "recall", "F1", "AMI"), said, strict=True))


def reliability(says: np.ndarray, same: np.ndarray) -> list[dict[str, Any]]:
    """Pairs by predicted probability: how many, what was predicted, and the share that is of one die."""
    rows = []
    for low, high in pairwise(BINS):
        inside = (says >= low) & (says < high) if high < 1 else says >= low
        predicted, seen = (f"{values[inside].mean():.2f}" if inside.any() else "" for values in (says, same))
        rows.append(
            {"probability": f"{low} to {high}", "pairs": int(inside.sum()), "predicted": predicted, "of one die": seen}
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hoards", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[201])
    parser.add_argument("--coins", type=int, default=40)
    parser.add_argument("--types", type=int, default=4)
    parser.add_argument("--keep", type=Path, help="a folder for hoards and what was measured of them")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as work:
        report(asked.hoards, asked.seeds, asked.coins, asked.types, asked.keep or Path(work))


def report(hoards: Sequence[str], seeds: Sequence[int], coins: int, types: int, keep: Path) -> None:
    rows: list[dict[str, Any]] = []
    for kind in hoards:
        found: dict[str, list[Part]] = {way: [] for way in WAYS}
        says: list[np.ndarray] = []
        same: list[np.ndarray] = []
        together: list[np.ndarray] = []
        for seed in seeds:
            with threadpool_limits(1):
                faces = measured(kind, seed, coins, types, keep)
            odds_of = log_odds(faces)
            for face, seen in faces.items():
                coins_of, odds = seen.coins.tolist(), odds_of[DIES][face]
                groups = {way: labels_of(die_groups(coins_of, said[face]), coins_of) for way, said in odds_of.items()}
                for way, labels in groups.items():
                    found[way] += parts(seen, labels)
                for way in OTHERS:
                    found[way] += parts(seen, by_type(seen, way))
                says.append(expit(np.array(list(odds.values()))))
                same.append(seen.dies[seen.first] == seen.dies[seen.second])
                together.append(groups[DIES][seen.first] == groups[DIES][seen.second])
        rows += [row({"hoards": kind, "way": way}, some) for way, some in found.items()]
        every, of_one = np.concatenate(says), np.concatenate(same)
        links = (every > expit(CLEAR)) & np.concatenate(together)
        print(markdown(reliability(every, of_one)))
        expected = (1 - every[links]).sum()
        print(f"\n{kind}: {links.sum()} links, {(~of_one[links]).sum()} false, {expected:.1f} expected\n", flush=True)
    print(markdown(rows))


if __name__ == "__main__":
    main()
