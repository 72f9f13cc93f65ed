"""What an evaluation gives, for people and, under keys that stay, for other programs (docs/evaluate.md)."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any


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
    """Agreement of a partition with the labels (`measure.agreement.Agreement`).

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
