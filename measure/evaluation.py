"""How good a space is by what the catalogue knows: retrieval, pairs, communities, geometry, and what confounds it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from errors import CoingraphError
from measure.coinset import CoinSet, Partition
from measure.communities import agreement
from measure.likeness import Likeness, PairCounts, count_pairs, davies_bouldin, silhouettes
from measure.retrieval import NothingToMeasure, Rate, retrieval, to_be_found

#: A field determines a label where coins that share its value leave no more than this part of the label open.
OPEN = 0.05


class KnowsTheLabel(CoingraphError):
    """A space that is to be scored by what went into it."""


def leak(fields: Sequence[str], values: Mapping[str, Mapping[str, str]], label: str, labels: Mapping[str, str]) -> str:
    """How a space made from ``fields`` knows the label, in words; empty where nothing shows that it does.

    ``values`` are those of each field by coin, ``labels`` those of ``label``. All fields together are tried as well.
    """
    if label in fields:
        return f"{label} went into it"
    for one in fields:
        if determines(values.get(one, {}), labels):
            return f"{one}, which tells {label}, went into it"
    together = {coin: " | ".join(values[f].get(coin, "") for f in fields if f in values) for coin in labels}
    if len(fields) > 1 and determines(together, labels):
        return f"{', '.join(fields)}, which together tell {label}, went into it"
    return ""


def determines(field: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether who knows a coin's field knows its label: guessing the commonest label of the value is (nearly) always
    right where it would else be wrong. Only values that two coins share tell anything (Goodman and Kruskal 1954).
    """
    by_value: dict[str, list[str]] = defaultdict(list)
    for coin, value in field.items():
        if coin in labels:
            by_value[value].append(labels[coin])
    shared = [found for found in by_value.values() if len(found) > 1]
    coins = sum(map(len, shared))
    if not coins:
        return False
    wrong = coins - sum(_commonest(found) for found in shared)
    wrong_without = coins - _commonest([label for found in shared for label in found])
    return wrong <= OPEN * wrong_without if wrong_without else False


def _commonest(found: Sequence[str]) -> int:
    return Counter(found).most_common(1)[0][1]


@dataclass(frozen=True)
class Figure:
    """A figure with its bootstrap 95 % interval, what chance gives, and the trivial baseline; None: there is none."""

    value: float | None
    low: float | None = None
    high: float | None = None
    chance: float | None = None
    baseline: float | None = None


@dataclass(frozen=True)
class Threshold:
    """What stored edges from ``percentile`` on are worth, and all pairs from the ``cosine`` of the weakest of them on.

    ``of`` says what the threshold is of: the last `link`, or a partition. ``edges`` join two labelled coins;
    ``edge_precision`` of them, and ``edge_recall`` of all pairs of one label, join coins of one label. ``pairs``,
    ``precision`` and ``recall`` are the same for all pairs.
    """

    of: str
    percentile: float
    cosine: float
    edges: int
    edge_precision: float | None
    edge_recall: float | None
    pairs: int | None
    precision: float | None
    recall: float | None


@dataclass(frozen=True)
class CommunityScores:
    """Agreement of a partition with the labels (`measure.communities.Agreement`).

    ``chance`` has the mean of each measure when the labels are dealt at random, and ``ami_chance_low`` and
    ``ami_chance_high`` the range of 95 % of the deals.
    """

    partition: str
    face: str
    coins: int
    communities: int
    alone: int
    ami: float
    ari: float
    precision: float | None
    recall: float | None
    purity: float
    homogeneity: float
    completeness: float
    chance: dict[str, float | None]
    ami_chance_low: float
    ami_chance_high: float


@dataclass(frozen=True)
class Confounded:
    """The share of nearest neighbours that have the same ``property`` (a museum, a camera), of ``coins`` that have one.

    ``macro`` is the mean over its ``values``, ``micro`` over coins. A space that knows the coin stays near chance.
    """

    property: str
    coins: int
    values: int
    macro: Figure
    micro: Figure


MEASURES = ("ami", "ari", "precision", "recall", "purity", "homogeneity", "completeness")


@dataclass(frozen=True)
class Evaluation:
    """A space scored by a label. ``leak`` says how it knows the label; the figures are then no evidence about the
    pictures.

    ``coins`` have a vector, ``labelled`` of them are scored, ``queries`` of these have a fellow in one of ``classes``.
    """

    space: str
    face: str
    label: str
    metric: str
    leak: str
    coins: int
    labelled: int
    queries: int
    classes: int
    left_out_coins: int
    left_out_classes: int
    doubles: int
    pairs: int
    pairs_of_one_label: int
    figures: dict[str, Figure]
    thresholds: list[Threshold]
    communities: list[CommunityScores]
    confounders: list[Confounded]
    notes: list[str]

    def properties(self) -> dict[str, Any]:
        """What a `Run` keeps: one number each."""
        kept = ("space", "face", "label", "metric", "leak", "coins", "labelled", "queries", "classes")
        found: dict[str, Any] = {name: getattr(self, name) for name in kept}
        for name, figure in self.figures.items():
            found[name] = figure.value
        for name in ("map_macro", "r1_macro"):
            figure = self.figures[name]
            found |= {f"{name}_low": figure.low, f"{name}_high": figure.high, f"{name}_chance": figure.chance}
        found |= {f"nearest_shares_{one.property}": one.macro.value for one in self.confounders}
        return {name: value for name, value in found.items() if value is not None}


RATES = ("map_macro", "map_micro", "r1_macro", "r1_micro", "r5_macro", "r5_micro")


class NoLabels(CoingraphError):
    """There is nothing to score by: no coin has the label, or all have the same."""


def evaluate(
    coins: CoinSet,
    label: str,
    confounders: Sequence[str] = (),
    metric: str = "cosine",
    *,
    leak: str = "",
    looks: Sequence[np.ndarray] | None = None,
    seed: int = 1,
) -> Evaluation:
    """Score a space by a column of labels; the columns ``confounders`` should not decide who is near.

    ``metric`` is one of `measure.likeness.METRICS`, or ``score``: what is nearest goes by what `match` gave then
    (``coins.closer``, one a face), all else by cosine. ``looks`` are what the trivial baseline knows of the same sides,
    matrices like ``coins.faces``; ``leak`` says how the space knows the label. Intervals and deals are drawn by
    ``seed``. Raises `NoLabels`, `NothingToMeasure` where no label is shared, `NoDistance`.
    """
    _check(coins, label)
    labels, faces = coins.scored(label), list(coins.faces.values())
    likeness = Likeness(faces, coins.pieces, "cosine" if metric == "score" else metric)
    ranking = likeness
    if metric == "score":
        ranking = Likeness(faces, coins.pieces, scores=[values.matrix() for values in coins.closer])
    trivial = Likeness(looks, coins.pieces, "euclidean") if looks else None
    pairs = count_pairs(likeness, labels)
    found = retrieval(ranking, labels, seed)
    plain = retrieval(trivial, labels, seed) if trivial else None
    figures = {name: _figure(getattr(found, name), getattr(plain, name) if plain else None) for name in RATES}
    figures |= _pair_figures(pairs, count_pairs(trivial, labels) if trivial else None)
    figures |= _geometry(likeness, labels)
    measured = {name: _confounded(ranking, trivial, name, coins.labels[name], seed) for name in confounders}
    left_out = [one for one, scored in zip(coins.labels[label], labels, strict=True) if one != scored]
    notes = [
        f"{name} tells no two groups of coins apart: whether neighbours share it was not measured"
        for name, one in measured.items()
        if not one
    ]
    return Evaluation(
        space=coins.space,
        face=coins.face,
        label=label,
        metric=metric,
        leak=leak,
        coins=len(coins),
        labelled=sum(one is not None for one in labels),
        queries=found.queries,
        classes=found.classes,
        left_out_coins=len(left_out),
        left_out_classes=len(set(left_out)),
        doubles=len(coins) - len(np.unique(coins.pieces)),
        pairs=pairs.same.pairs + pairs.other.pairs,
        pairs_of_one_label=pairs.same.pairs,
        figures=figures,
        thresholds=list(_thresholds(coins, labels, pairs if likeness.metric == "cosine" else None)),
        communities=[c for partition in coins.partitions if (c := _communities(partition, labels, seed))],
        confounders=[one for one in measured.values() if one],
        notes=[*_notes(coins, left_out, looks is not None), *notes],
    )


def _check(coins: CoinSet, label: str) -> None:
    labels = Counter(one for one in coins.scored(label) if one is not None)
    if labels and len(labels) > 1:
        return
    known = {one for one in coins.labels[label] if one is not None}
    what = "coin" if coins.face == "both" else coins.face
    if not labels and known:
        raise NoLabels(
            f"{coins.space} was trained on all {len(known)} classes of {label} that there are: it "
            "can only be scored on classes it did not see. Train it on some of them, or add coins of others"
        )
    if not labels:
        raise NoLabels(
            f"no {what} of the space {coins.space} has a known {label} (predictions do not count): choose "
            "another --label, or ingest a table that has it"
        )
    only, number = next(iter(labels.items()))
    raise NoLabels(
        f"all {number} coins that have one have the same {label}, {only!r}: there is nothing to tell apart; "
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


def _geometry(likeness: Likeness, labels: list[str | None]) -> dict[str, Figure]:
    """Of the coins whose label another has: one alone has no silhouette."""
    labelled = np.flatnonzero([label is not None for label in labels])
    _, codes = np.unique([str(labels[row]) for row in labelled], return_inverse=True)
    shared = to_be_found(codes, likeness.pieces[labelled]) > 0
    some, chosen = likeness[labelled[shared]], [str(labels[row]) for row in labelled[shared]]
    kinds, groups = np.unique(chosen, return_inverse=True)
    silhouette = float(silhouettes(some, [groups])[0].mean()) if len(kinds) > 1 else None
    return {"silhouette": Figure(silhouette), "davies_bouldin": Figure(davies_bouldin(some, chosen)[0])}


def _thresholds(coins: CoinSet, labels: list[str | None], pairs: PairCounts | None) -> Iterator[Threshold]:
    """What edges at each stored threshold are worth, and what all pairs as near as the weakest of them would be."""
    edges = coins.edges
    if edges is None or edges.cosine is None:
        return
    known = np.array([label is not None for label in labels])
    _, codes = np.unique([str(label) for label in labels], return_inverse=True)
    judged = known[edges.first] & known[edges.second] & (coins.pieces[edges.first] != coins.pieces[edges.second])
    same = codes[edges.first] == codes[edges.second]
    numbers = Counter(label for label in labels if label is not None)
    all_same = pairs.same.pairs if pairs else sum(number * (number - 1) // 2 for number in numbers.values())
    used: dict[float, list[str]] = {}
    for one in coins.partitions:
        if one.face == coins.face and one.percentile is not None:
            used.setdefault(one.percentile, []).append(one.id)
    for least, names in [(-np.inf, ["link, all edges"]), *sorted(used.items())]:
        kept = edges.strength >= least
        if not kept.any():
            continue
        cosine = float(edges.cosine[kept].min())
        number, right = int((kept & judged).sum()), int((kept & judged & same).sum())
        above = pairs.above(cosine) if pairs else (None, None, None)
        precision = right / number if number else None
        recall = right / all_same if all_same else None
        percentile = float(edges.strength[kept].min())
        yield Threshold(", ".join(names), percentile, cosine, number, precision, recall, *above)


def _communities(partition: Partition, labels: list[str | None], seed: int) -> CommunityScores | None:
    """Agreement of a partition with the labels of the coins that it covers."""
    rows = np.flatnonzero(partition.covered & np.array([label is not None for label in labels]))
    if not len(rows):
        return None
    found = agreement(partition.groups(rows), [labels[row] for row in rows], seed=seed)
    numbers = partition.number[rows]
    return CommunityScores(
        partition=partition.id,
        face=partition.face,
        coins=len(rows),
        communities=len(np.unique(numbers[numbers > 0])),
        alone=int((numbers == 0).sum()),
        **{name: getattr(found, name) for name in MEASURES},
        chance=found.by_chance,
        ami_chance_low=found.chance_low,
        ami_chance_high=found.chance_high,
    )


def _confounded(
    likeness: Likeness, trivial: Likeness | None, name: str, values: Sequence[str | None], seed: int
) -> Confounded | None:
    """How often the nearest neighbour shares a confounder; None where it cannot be measured."""
    known = [value for value in values if value is not None]
    if len(set(known)) < 2:
        return None
    try:
        found = retrieval(likeness, values, seed)
    except NothingToMeasure:
        return None
    plain = retrieval(trivial, values, seed) if trivial else None
    macro = _figure(found.r1_macro, plain.r1_macro if plain else None)
    micro = _figure(found.r1_micro, plain.r1_micro if plain else None)
    return Confounded(name, len(known), len(set(known)), macro, micro)


def _notes(coins: CoinSet, left_out: Sequence[str | None], looks: bool) -> Iterator[str]:
    if left_out:
        yield (
            f"{coins.space} was trained on {len(set(left_out))} of the classes: their {len(left_out)} coins "
            "are left out, and only classes it did not see are scored"
        )
    if not looks:
        yield "there are no photographs to compute the trivial baseline from"
    if coins.edges is None:
        yield "there are no edges, so thresholds are not measured"
    if not coins.partitions:
        yield "there are no communities, so they are not measured"
