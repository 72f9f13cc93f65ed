"""How good a space is by what the catalogue knows: retrieval, pairs, communities, geometry, and what confounds it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from errors import CoingraphError
from measure.communities import agreement
from measure.likeness import Likeness, PairCounts, count_pairs, davies_bouldin, silhouettes
from measure.retrieval import NothingToMeasure, Rate, retrieval, shared_by_nearest, to_be_found

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from graph.compare_data import Grouping
    from graph.evaluation_data import StoredEdges


#: A field tells a label where, among coins that share its value, it leaves no more than this part of the label open.
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
NAMES = {
    "map_macro": "mean average precision, over classes",
    "map_micro": "mean average precision, over coins",
    "r1_macro": "first hit, over classes",
    "r1_micro": "first hit, over coins",
    "r5_macro": "hit among five, over classes",
    "r5_micro": "hit among five, over coins",
    "roc_auc": "pairs: area under the ROC curve",
    "average_precision": "pairs: average precision",
    "silhouette": "silhouette",
    "davies_bouldin": "Davies-Bouldin (lower is better)",
}


@dataclass(frozen=True)
class Evaluation:
    """A space scored by a label. ``leak`` says how it knows the label: then no figure says anything of the pictures.

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

    def as_dict(self) -> dict[str, Any]:
        """The figures under their own names; their intervals, chance and baseline beside them, by the same names."""
        found = asdict(self)
        figures = found.pop("figures")
        found |= {name: figure["value"] for name, figure in figures.items()}
        found["interval"] = {n: [f["low"], f["high"]] for n, f in figures.items() if f["low"] is not None}
        for beside in ("chance", "baseline"):
            found[beside] = {n: f[beside] for n, f in figures.items() if f[beside] is not None}
        for name in ("thresholds", "communities", "confounders"):
            found[name] = [row | {"leak": self.leak} for row in found.pop(name)]
        found["notes"] = found.pop("notes")
        return found

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

    def as_text(self) -> str:
        from tabulate import tabulate

        parts = [self._headline()]
        for title, rows in self._tables():
            if rows:
                marked = [row | {"leak": "KNOWS THE LABEL"} for row in rows] if self.leak else rows
                parts.append(f"{title}\n{tabulate(marked, headers='keys', disable_numparse=True)}")
        return "\n\n".join([*parts, *filter(None, ["\n".join(self.notes)])])

    def _headline(self) -> str:
        what = "both sides" if self.face == "both" else f"{self.face}s"
        head = (
            f"{self.space}, {what}, by {self.label} ({self.metric}): {self.queries:,} coins of {self.classes:,} "
            f"classes ask {self.labelled:,} labelled of {self.coins:,}"
        )
        return f"{head}\nKNOWS THE LABEL: {self.leak}" if self.leak else head

    def _tables(self) -> Iterator[tuple[str, list[dict[str, str]]]]:
        yield "Figures", [{"figure": NAMES[n], **_shown(f)} for n, f in self.figures.items() if f.value is not None]
        yield (
            f"Stored thresholds ({self.pairs_of_one_label:,} of {self.pairs:,} pairs are of one {self.label})",
            [{k.replace("_", " "): _short(v, k) for k, v in vars(row).items()} for row in self.thresholds],
        )
        yield "Communities, and what chance gives", [row for one in self.communities for row in _community_rows(one)]
        yield (
            "Nearest neighbours that share",
            [
                {"": one.property, "mean over": what, "of": f"{number:,}", **_shown(figure)}
                for one in self.confounders
                for what, number, figure in (("its values", one.values, one.macro), ("coins", one.coins, one.micro))
            ],
        )


def _community_rows(one: CommunityScores) -> Iterator[dict[str, str]]:
    known = {"partition": one.partition, "coins": f"{one.coins:,}", "communities": f"{one.communities:,}"}
    yield known | {"alone": f"{one.alone:,}"} | {name: _short(getattr(one, name)) for name in MEASURES}
    yield (
        dict.fromkeys((*known, "alone"), "")
        | {"partition": "  by chance"}
        | {name: _short(one.chance[name]) for name in MEASURES}
    )


def _shown(figure: Figure) -> dict[str, str]:
    interval = f"{figure.low:.3f} to {figure.high:.3f}" if figure.low is not None else ""
    chance, baseline = _short(figure.chance), _short(figure.baseline)
    return {"value": _short(figure.value), "95 % interval": interval, "chance": chance, "colour and size": baseline}


def _short(value: Any, name: str = "") -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.7g}" if name == "percentile" else f"{value:.5f}" if name == "cosine" else f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


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
