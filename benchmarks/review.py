"""What 100 answers in Review's order teach, beside 100 in random order, on sample hoards whose truth is known.

    python -m benchmarks.review [--seeds 311 312 313 314 315] [--coins 60] [--types 6] [--keep FOLDER]

Hoards as `sample-hoard --benchmark v2` has them (dies of one type as alike as real ones); the catalogue names the types
of half of the coins. Each side is registered with its `TOP` nearest, as `dies` does; `propose` and `calibrate` go by
both faces' vectors. A reviewer who knows the truth gives 100 answers; then dies are grouped and types proposed again.

The pool: every registered pair of a face (the same die?), every pair of coins that is near by either face (the same
type?), every coin without a type whose likeliest is proposed, and every record. Both ways draw from it: in the order of
`queries.review`, and at random, `DRAWS` times. The second pool is the open questions alone, those that Review asks.
Recall is that of all pairs of one die; first hit that of the coins whose type the catalogue does not name, where an
accepted type counts as found. Intervals of 95 % are of the differences by hoard (t, so many less one degrees of
freedom). ``--keep`` keeps what was measured of the hoards: that takes minutes, the rest seconds.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.special import expit
from scipy.stats import t
from threadpoolctl import threadpool_limits

from benchmarks.common import likenesses, markdown
from benchmarks.dies import read_types
from benchmarks.pipelines import Photo, features
from dies.decoys import Catalogued, judge
from dies.groups import CLEAR, Pair, agreement, die_groups
from dies.joint import jointly
from dies.match import coin_square
from dies.registration import Relief
from embed.registry import load_model
from embed.transforms import Transform
from graph.verdicts import Told
from hoard import make_hoard
from ingest.images import open_picture
from ingest.records import FACES, Face
from measure.coinset import CoinSet
from measure.neighbours import ranked, scan, weight
from measure.probability import LabelledPairs, cross_fitted, fold_of
from measure.proposals import Proposals, propose
from pipeline.propose import as_told
from queries.review import DOUBTFUL, LIKELY_ENOUGH, PROPOSAL, SAME_DIE, SAME_TYPE, Question, in_order

SPACE = "coin-lite2"
TOP = 10  # nearest of each side that are registered
EDGES = 20  # nearest of each side that `link` joins
HIDDEN = 0.5  # of the coins, whose type the catalogue does not name
ANSWERS, DRAWS = 100, 5


@dataclass(frozen=True)
class Hoard:
    """A hoard: coins (n,) with their types, the catalogue's ('' for none), and by face their dies ('' where there is no
    side), vectors (n, d, NaN), and the registered pairs: (m,) places and likeness."""

    coins: list[str]
    types: list[str]
    catalogue: list[str]
    dies: dict[Face, np.ndarray]
    vectors: dict[Face, np.ndarray]
    pairs: dict[Face, np.ndarray]
    likeness: dict[Face, np.ndarray]

    def by_pair(self, face: Face) -> dict[Pair, float]:
        pairs = [(self.coins[one], self.coins[two]) for one, two in self.pairs[face].tolist()]
        return dict(zip(pairs, self.likeness[face].tolist(), strict=True))

    def with_side(self, face: Face) -> list[str]:
        return [coin for coin, die in zip(self.coins, self.dies[face], strict=True) if die]

    @classmethod
    def kept(cls, seed: int, coins: int, types: int, keep: Path) -> "Hoard":
        """Made and measured, or as it was kept."""
        file = keep / f"review-{coins}-{types}-{seed}.npz"
        if not file.exists():
            entries = make_hoard(keep / file.stem, coins, types, seed, workers=1, alike=True).entries()
            np.savez(file, **_measured(keep / file.stem, entries))
        arrays = np.load(file)
        by_face: list[dict[Face, np.ndarray]] = [
            {face: arrays[f"{name}_{face}"] for face in FACES} for name in ("dies", "vectors", "pairs", "likeness")
        ]
        known = arrays["catalogue"].copy()
        hidden = np.random.default_rng(seed).choice(len(known), round(HIDDEN * len(known)), replace=False)
        known[hidden] = ""
        return cls(arrays["coins"].tolist(), arrays["types"].tolist(), known.tolist(), *by_face)


def _measured(folder: Path, entries: Sequence[dict[str, Any]]) -> dict[str, np.ndarray]:
    table = read_types(folder)
    found = {
        "coins": np.array([one["id"] for one in entries]),
        "types": np.array([one["type"] for one in entries]),
        "catalogue": np.array([table[one["id"]] for one in entries]),
    }
    sides = [(row, face) for face in FACES for row, one in enumerate(entries) if face in one["sides"]]
    files = [folder / entries[row]["sides"][face]["file"] for row, face in sides]
    model = load_model(SPACE, device="cpu")
    photos = [Photo(face, file, None, "") for (_, face), file in zip(sides, files, strict=True)]
    (raw,), _ = features(photos, model.view, model.backbone, [model.pooling])
    recipe = model.transform
    vectors = Transform(recipe.kind, recipe.dimension, recipe.exponent).fit(raw).transform(raw)
    for face in FACES:
        at = [number for number, (_, one) in enumerate(sides) if one == face]
        rows = np.array([sides[number][0] for number in at])
        found[f"vectors_{face}"] = np.full((len(entries), vectors.shape[1]), np.nan, np.float32)
        found[f"vectors_{face}"][rows] = vectors[at]
        shows = [entries[row]["sides"][face]["shows"] for row in rows]
        found[f"dies_{face}"] = np.full(len(entries), "", "<U60")
        found[f"dies_{face}"][rows] = [entries[row][f"{side}_die"] for row, side in zip(rows, shows, strict=True)]
        near = ranked(scan(np.ascontiguousarray(vectors[at]), TOP).pairs, TOP).pairs
        pairs = np.sort(rows[np.stack([near.first, near.second], 1)], 1)
        found[f"pairs_{face}"] = pairs = pairs[np.lexsort(pairs.T[::-1])]
        reliefs = {
            row: Relief.of(*coin_square(open_picture(files[n]))) for n, row in zip(at, rows.tolist(), strict=True)
        }
        found[f"likeness_{face}"] = np.array(list(likenesses(map(tuple, pairs.tolist()), reliefs)))
    return found


@dataclass
class Said:
    """What the reviewer has said: types of coins, coins of the same type as one whose type is known, types that coins
    are not of, and by face which pairs are of one die."""

    types: dict[str, str] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    ruled_out: set[tuple[str, str]] = field(default_factory=set)
    dies: dict[Face, dict[Pair, bool]] = field(default_factory=lambda: {face: {} for face in FACES})


@dataclass(frozen=True)
class Found:
    """What the program finds: types, the log-odds of pairs of one die, why they hardly can be, and dies, by face."""

    types: Proposals
    odds: dict[Face, dict[Pair, float]]
    against: dict[Face, dict[Pair, str]]
    dies: dict[Face, list[list[str]]]

    @classmethod
    def by(cls, hoard: Hoard, said: Said) -> "Found":
        known = [said.types.get(coin, kind) or None for coin, kind in zip(hoard.coins, hoard.catalogue, strict=True)]
        untyped = {coin for coin, kind in zip(hoard.coins, known, strict=True) if kind is None}
        held = {coin: kind for coin, kind in said.held.items() if coin in untyped}
        told = Told(held | said.types, said.ruled_out)
        coins = CoinSet(SPACE, "both", hoard.coins, dict(hoard.vectors), {"type": known})
        types = as_told(propose(coins, sure=told.held), told)
        of = {coin: Catalogued(None, kind) for coin, kind in zip(hoard.coins, known, strict=True)}
        judged = {face: judge(hoard.by_pair(face), of) for face in FACES}
        odds = dict(zip(FACES, jointly(judged["obverse"], judged["reverse"], lambda pair: pair), strict=True))
        dies = {face: die_groups(hoard.with_side(face), odds[face], told=said.dies[face]) for face in FACES}
        return cls(types, odds, {face: one.against for face, one in judged.items()}, dies)


def pools(hoard: Hoard) -> tuple[list[Question], list[Question]]:
    """All questions that could be asked, and those that Review asks (the conditions of `queries.review`)."""
    found, every, open_ = Found.by(hoard, Said()), [], []

    def add(one: Question, asked: bool) -> None:
        every.append(one)
        open_.extend([one] * asked)

    catalogue = dict(zip(hoard.coins, hoard.catalogue, strict=True))
    for answer in found.types.new:
        for first in answer.proposals[:1]:
            add(Question(PROPOSAL, (answer.coin,), first.probability, other_type=first.type), first.probability >= 0.25)
    for answer in found.types.left_out:
        own = catalogue[answer.coin]
        other = next((one.type for one in answer.proposals if one.type != own), None)
        probability = answer.of(own)
        add(Question(DOUBTFUL, (answer.coin,), probability, type=own, other_type=other), probability < 0.5)
    for (one, two), likely in of_one_type(hoard).items():
        kinds = catalogue[one] or None, catalogue[two] or None
        same = kinds[0] == kinds[1] if all(kinds) else None
        asked = abs(likely - 0.5) <= 0.2 or (likely > 0.5 and same is False)
        add(Question(SAME_TYPE, (one, two), likely, same=same, type=kinds[0], other_type=kinds[1]), asked)
    for face in FACES:
        group = {coin: die for die in found.dies[face] for coin in die}
        for (one, two), odds in found.odds[face].items():
            why = None
            if (one, two) in found.against[face]:
                why = "types differ"
            elif odds <= CLEAR:
                why = "unsure"
            elif group[one] != group[two]:
                why = "other pairs"
            dies = tuple(sorted((group[one][0], group[two][0])))
            joins = 0 if dies[0] == dies[1] else len(group[one]) * len(group[two])
            probability = float(expit(odds))
            question = Question(SAME_DIE, (one, two), probability, face=face, why=why, dies=dies, joins=joins)
            add(question, probability >= LIKELY_ENOUGH and why is not None)
    return every, open_


def of_one_type(hoard: Hoard) -> dict[Pair, float]:
    """The probability that two coins near each other by either face are of one type, as `calibrate` has it."""
    count, columns, near = len(hoard.coins), [], []
    for matrix in hoard.vectors.values():
        there = np.flatnonzero(~np.isnan(matrix).any(1))
        seen = scan(np.ascontiguousarray(matrix[there]), None)
        worth = weight(seen.histogram.percentile(seen.pairs.cosine), seen.histogram.pairs)
        strength = np.full((count, count), np.nan)
        ends = there[seen.pairs.first], there[seen.pairs.second]
        strength[ends] = strength[ends[::-1]] = worth
        columns.append(strength)
        nearest = ranked(seen.pairs, EDGES).pairs
        near.append(np.sort(there[np.stack([nearest.first, nearest.second], 1)], 1))
    first, second = np.unique(np.concatenate(near), axis=0).T
    kinds = np.array(hoard.catalogue)
    known = (kinds[first] != "") & (kinds[second] != "")
    same = np.where(known, kinds[first] == kinds[second], np.nan)
    labelled = LabelledPairs(first, second, np.stack([one[first, second] for one in columns], 1), same)
    likely = cross_fitted(labelled, fold_of(np.arange(count)))
    return {(hoard.coins[a], hoard.coins[b]): float(p) for a, b, p in zip(first, second, likely, strict=True)}


def answer(hoard: Hoard, question: Question, said: Said) -> None:
    """Say what is true, by the keys `y` and `n`."""
    truth = dict(zip(hoard.coins, hoard.types, strict=True))
    catalogue = dict(zip(hoard.coins, hoard.catalogue, strict=True))
    coin = question.coins[0]
    if question.kind == PROPOSAL and question.other_type:
        if truth[coin] == question.other_type:
            said.types[coin] = question.other_type
        else:
            said.ruled_out.add((coin, question.other_type))
    elif question.kind == DOUBTFUL:
        if truth[coin] in (question.type, question.other_type):
            said.types[coin] = truth[coin]
    elif question.kind == SAME_TYPE:
        for one, two in (question.coins, question.coins[::-1]):
            if catalogue[two] and truth[one] == truth[two]:
                said.held[one] = catalogue[two]
            elif catalogue[two]:
                said.ruled_out.add((one, catalogue[two]))
    elif question.face:
        dies = dict(zip(hoard.coins, hoard.dies[question.face].tolist(), strict=True))
        one, two = question.coins
        said.dies[question.face][one, two] = dies[one] == dies[two]


def score(hoard: Hoard, questions: Sequence[Question]) -> np.ndarray:
    """Recall and precision of dies, and first hit of `propose`, after these were answered."""
    said = Said()
    for one in questions:
        answer(hoard, one, said)
    found = Found.by(hoard, said)
    right = pairs = true = 0
    for face in FACES:
        dies = dict(zip(hoard.coins, hoard.dies[face].tolist(), strict=True))
        seen = agreement(found.dies[face], {coin: die for coin, die in dies.items() if die})
        right, pairs, true = (
            right + round(seen.recall * seen.pairs_true),
            pairs + seen.pairs_found,
            true + seen.pairs_true,
        )
    first = {one.coin: one.proposals[0].type for one in found.types.new if one.proposals} | said.types
    truth = dict(zip(hoard.coins, hoard.types, strict=True))
    hit = np.mean([first.get(c) == truth[c] for c, kind in zip(hoard.coins, hoard.catalogue, strict=True) if not kind])
    return np.array([right / true, right / max(pairs, 1), hit])


def learnt(hoard: Hoard, pool: Sequence[Question], open_: Sequence[Question], seed: int) -> np.ndarray:
    """(3, 3) scores before, after `ANSWERS` in Review's order, and after as many at random (mean of `DRAWS`)."""
    asked = in_order(open_)
    keys = {one.key for one in asked}
    asked += in_order([one for one in pool if one.key not in keys])
    draws = []
    for draw in range(DRAWS):
        some = np.random.default_rng([seed, draw]).choice(len(pool), min(ANSWERS, len(pool)), replace=False)
        draws.append(score(hoard, [pool[number] for number in some]))
    return np.stack([score(hoard, []), score(hoard, asked[:ANSWERS]), np.mean(draws, 0)])


MEASURES = ("recall of dies", "precision of dies", "first hit of `propose`")


def rows(name: str, scores: np.ndarray) -> Iterator[dict[str, Any]]:
    """A row a measure, from scores (hoards, 3, 3)."""
    for number, measure in enumerate(MEASURES):
        before, order, chance = scores[:, :, number].T
        more = order - chance
        middle, far = more.mean(), t.ppf(0.975, len(more) - 1) * more.std(ddof=1) / np.sqrt(len(more))
        raised, by_chance = (order - before).mean(), (chance - before).mean()
        times = f"{raised / by_chance:.1f}" if by_chance > 0 else "random raises nothing"
        yield {
            "pool": name,
            "measure": measure,
            "before": f"{before.mean():.3f}",
            "in order": f"{order.mean():.3f}",
            "at random": f"{chance.mean():.3f}",
            "in order less at random": f"{middle:+.3f} ({middle - far:+.3f} to {middle + far:+.3f})",
            "raise, times": "" if "precision" in measure else times,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[311, 312, 313, 314, 315])
    parser.add_argument("--coins", type=int, default=60)
    parser.add_argument("--types", type=int, default=6)
    parser.add_argument("--keep", type=Path, help="a folder for hoards and what was measured of them")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    wide, narrow, sizes = [], [], []
    with tempfile.TemporaryDirectory() as work, threadpool_limits(1):
        for seed in asked.seeds:
            hoard = Hoard.kept(seed, asked.coins, asked.types, asked.keep or Path(work))
            pool, open_ = pools(hoard)
            wide.append(learnt(hoard, pool, open_, seed))
            narrow.append(learnt(hoard, open_, open_, seed))
            sizes.append((len(pool), len(open_)))
    print(f"questions in the pools by hoard: {sizes}\n")
    print(markdown([*rows("all", np.stack(wide)), *rows("open", np.stack(narrow))]))


if __name__ == "__main__":
    main()
