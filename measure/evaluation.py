"""How good a space is by what the catalogue knows: retrieval, pairs, communities, geometry, and what confounds it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from errors import CoingraphError
from measure.agreement import agreement
from measure.evaluated import CommunityScores, Confounded, Evaluation, Figure, Threshold
from measure.geometry import davies_bouldin, silhouettes
from measure.likeness import Likeness
from measure.pairs import PairCounts, count_pairs
from measure.retrieval import NothingToMeasure, Rate, retrieval, shared_by_nearest, to_be_found

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from graph.compare_data import Grouping
    from graph.evaluation_data import StoredEdges

RATES = ("map_macro", "map_micro", "r1_macro", "r1_micro", "r5_macro", "r5_micro")


class NoLabels(CoingraphError):
    """There is nothing to score by: no coin has the label, or all have the same."""


@dataclass(frozen=True)
class Question:
    """What is to be scored: coins, their vectors, labels, and all that was made of the space.

    ``faces`` are matrices (n, d) of the faces asked for, ``looks`` what the trivial baseline knows of the same sides;
    NaN where a side is not there. ``pieces`` (n,) are codes: one for coins of which the same photograph is there twice.
    ``scores``, one a face, are what `match` gave the pairs it looked at.
    ``labels`` and ``confounders`` are by coin, in their order. ``leak`` says how the space knows the label.
    """

    space: str
    face: str
    label: str
    coins: list[str]
    faces: list[np.ndarray]
    looks: list[np.ndarray] | None
    pieces: np.ndarray
    labels: list[str | None]
    confounders: Mapping[str, list[str | None]] = field(default_factory=dict)
    groupings: "Sequence[Grouping]" = ()
    edges: "StoredEdges | None" = None
    leak: str = ""
    left_out_coins: int = 0
    left_out_classes: int = 0
    notes: Sequence[str] = ()
    scores: "Sequence[csr_array] | None" = None


def evaluate(asked: Question, metric: str = "cosine", seed: int = 1) -> Evaluation:
    """Score a space. ``metric`` is ``cosine``, ``mahalanobis``, or ``score``: what is nearest goes by what `match` gave
    then, all else by cosine. Intervals and deals are drawn by ``seed``.

    Raises `NoLabels`, `NothingToMeasure` where no label is shared, `NoDistance`.
    """
    _check(asked)
    likeness = Likeness(asked.faces, asked.pieces, "cosine" if metric == "score" else metric)
    ranking = Likeness(asked.faces, asked.pieces, scores=asked.scores) if metric == "score" else likeness
    trivial = Likeness(asked.looks, asked.pieces, "euclidean") if asked.looks else None
    pairs = count_pairs(likeness, asked.labels)
    found = retrieval(ranking, asked.labels, seed)
    plain = retrieval(trivial, asked.labels, seed) if trivial else None
    figures = {name: _figure(getattr(found, name), getattr(plain, name) if plain else None) for name in RATES}
    figures |= _pair_figures(pairs, count_pairs(trivial, asked.labels) if trivial else None)
    figures |= _geometry(likeness, asked)
    confounders = [_confounded(ranking, trivial, name, values, seed) for name, values in asked.confounders.items()]
    return Evaluation(
        space=asked.space,
        face=asked.face,
        label=asked.label,
        metric=metric,
        leak=asked.leak,
        coins=len(asked.coins),
        labelled=sum(label is not None for label in asked.labels),
        queries=found.queries,
        classes=found.classes,
        left_out_coins=asked.left_out_coins,
        left_out_classes=asked.left_out_classes,
        doubles=len(asked.coins) - len(np.unique(asked.pieces)),
        pairs=pairs.same.pairs + pairs.other.pairs,
        pairs_of_one_label=pairs.same.pairs,
        figures=figures,
        thresholds=list(_thresholds(asked, pairs if metric != "mahalanobis" else None)),
        communities=[c for grouping in asked.groupings if (c := _communities(grouping, asked, seed))],
        confounders=[c for c in confounders if c],
        notes=[*asked.notes, *_notes(asked, confounders)],
    )


def _check(asked: Question) -> None:
    labels = Counter(label for label in asked.labels if label is not None)
    what = "coin" if asked.face == "both" else asked.face
    if not labels and asked.left_out_coins:
        raise NoLabels(
            f"{asked.space} was trained on all {asked.left_out_classes} classes of {asked.label} that there are: it "
            "can only be scored on classes it did not see. Train it on some of them, or add coins of others"
        )
    if not labels:
        raise NoLabels(
            f"no {what} of the space {asked.space} has a known {asked.label} (predictions do not count): choose "
            "another --label, or ingest a table that has it"
        )
    if len(labels) == 1:
        only, number = next(iter(labels.items()))
        raise NoLabels(
            f"all {number} coins that have one have the same {asked.label}, {only!r}: there is nothing to tell apart; "
            "choose another --label"
        )


def _figure(rate: Rate, plain: Rate | None) -> Figure:
    return Figure(rate.value, rate.low, rate.high, rate.chance, plain.value if plain else None)


def _pair_figures(pairs: PairCounts, plain: PairCounts | None) -> dict[str, Figure]:
    return {
        "roc_auc": Figure(pairs.roc_auc, chance=0.5, baseline=plain.roc_auc if plain else None),
        "average_precision": Figure(
            pairs.average_precision, chance=pairs.share, baseline=plain.average_precision if plain else None
        ),
    }


def _geometry(likeness: Likeness, asked: Question) -> dict[str, Figure]:
    """Of the coins whose label another has: one alone has no silhouette."""
    labelled = np.flatnonzero([label is not None for label in asked.labels])
    _, codes = np.unique([str(asked.labels[row]) for row in labelled], return_inverse=True)
    shared = to_be_found(codes, asked.pieces[labelled]) > 0
    some, labels = likeness[labelled[shared]], [str(asked.labels[row]) for row in labelled[shared]]
    kinds, groups = np.unique(labels, return_inverse=True)
    silhouette = float(silhouettes(some, [groups])[0].mean()) if len(kinds) > 1 else None
    return {"silhouette": Figure(silhouette), "davies_bouldin": Figure(davies_bouldin(some, labels)[0])}


def _thresholds(asked: Question, pairs: PairCounts | None) -> Iterator[Threshold]:
    """What edges at each stored threshold are worth, and what all pairs as near as the weakest of them would be."""
    edges = asked.edges
    if edges is None:
        return
    known = np.array([label is not None for label in asked.labels])
    _, codes = np.unique([str(label) for label in asked.labels], return_inverse=True)
    judged = known[edges.first] & known[edges.second] & (asked.pieces[edges.first] != asked.pieces[edges.second])
    same = codes[edges.first] == codes[edges.second]
    labels = Counter(label for label in asked.labels if label is not None)
    all_same = pairs.same.pairs if pairs else sum(number * (number - 1) // 2 for number in labels.values())
    for words, strength in edges.thresholds:
        kept = np.ones(len(same), bool) if strength is None else edges.strength >= strength
        if not kept.any():
            continue
        cosine, number, right = (
            float(edges.cosine[kept].min()),
            int((kept & judged).sum()),
            int((kept & judged & same).sum()),
        )
        above = pairs.above(cosine) if pairs else (None, None, None)
        precision = right / number if number else None
        recall = right / all_same if all_same else None
        percentile = float(edges.strength[kept].min())
        yield Threshold(words, percentile, cosine, number, precision, recall, *above)


def _communities(grouping: "Grouping", asked: Question, seed: int) -> CommunityScores | None:
    """Agreement of a partition with the labels of the coins that both know."""
    label_of = {coin: label for coin, label in zip(asked.coins, asked.labels, strict=True) if label is not None}
    coins = [coin for coin in grouping.coins if coin in label_of]
    if not coins:
        return None
    found = agreement([grouping.of(coin) for coin in coins], [label_of[coin] for coin in coins], seed=seed)
    alone = sum(coin not in grouping.community for coin in coins)
    return CommunityScores(
        partition=grouping.partition,
        face=grouping.face,
        coins=len(coins),
        communities=len({grouping.community[coin] for coin in coins if coin in grouping.community}),
        alone=alone,
        ami=found.ami,
        ari=found.ari,
        precision=found.precision,
        recall=found.recall,
        purity=found.purity,
        homogeneity=found.homogeneity,
        completeness=found.completeness,
        chance=found.by_chance,
        ami_chance_low=found.chance_low,
        ami_chance_high=found.chance_high,
    )


def _confounded(
    likeness: Likeness, trivial: Likeness | None, name: str, values: Sequence[str | None], seed: int
) -> Confounded | None:
    """How often the nearest neighbour shares a confounder; None where it tells nothing."""
    known = [value for value in values if value is not None]
    if len(set(known)) < 2:
        return None
    try:
        micro, macro = shared_by_nearest(likeness, values, seed)
    except NothingToMeasure:
        return None
    plain = shared_by_nearest(trivial, values, seed) if trivial else (None, None)
    return Confounded(name, len(known), len(set(known)), _figure(macro, plain[1]), _figure(micro, plain[0]))


def _notes(asked: Question, confounders: Sequence[Confounded | None]) -> Iterator[str]:
    if asked.left_out_coins:
        yield (
            f"{asked.space} was trained on {asked.left_out_classes} of the classes: their {asked.left_out_coins} coins "
            "are left out, and only classes it did not see are scored"
        )
    if asked.looks is None:
        yield "there are no photographs to compute the trivial baseline from"
    if asked.edges is None:
        yield "there are no edges: run `coingraph link` to see what its thresholds are worth"
    if not asked.groupings:
        yield "there are no communities: run `coingraph analyze` to see what they are worth"
    for name, found in zip(asked.confounders, confounders, strict=True):
        if not found:
            yield f"{name} tells no two groups of coins apart: whether neighbours share it was not measured"
