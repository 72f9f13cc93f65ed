"""The tables that a comparison of spaces gives, for people and for other programs."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Sides:
    """One face of a space: cosines of all ``pairs`` of its ``sides`` (None where there are no two sides)."""

    space: str
    face: str
    sides: int
    pairs: int
    lowest: float | None = None
    percent_1: float | None = None
    median: float | None = None
    percent_99: float | None = None
    highest: float | None = None


@dataclass(frozen=True)
class Types:
    """How well the ``sides`` of catalogued types that at least two of them share are parted by type.

    ``silhouette`` -1 to 1, higher is better (Rousseeuw 1987); ``davies_bouldin`` from 0, lower is better (Davies and
    Bouldin 1979); ``first_hit`` the share of sides whose nearest is of their type, and its ``chance``. ``knows`` marks
    a space that was made from the types: there these figures say nothing of the pictures.
    """

    space: str
    face: str
    sides: int
    types: int
    silhouette: float | None
    davies_bouldin: float | None
    first_hit: float | None
    chance: float | None
    knows: str


@dataclass(frozen=True)
class Network:
    """The edges between ``sides`` whose cosine lies above ``cosine``, which is what was ``asked`` for.

    ``parts`` are connected components of two sides and more, ``largest`` the sides of the largest; both and ``alone``
    are None where there are more than two million edges, whose number then comes from the histogram.
    """

    space: str
    face: str
    sides: int
    asked: str
    cosine: float
    edges: int
    alone: int | None
    parts: int | None
    largest: int | None


@dataclass(frozen=True)
class Communities:
    """The latest partition of a space, and its agreement (AMI) with the types of the ``typed`` of its ``coins``."""

    space: str
    partition: str
    coins: int
    communities: int
    alone: int
    typed: int
    ami_types: float | None
    chance: float | None
    knows: str


@dataclass(frozen=True)
class Overlap:
    """The share of the ``nearest`` neighbours that two spaces have in common, over the ``sides`` that both have."""

    space: str
    other: str
    face: str
    sides: int
    nearest: int
    shared: float
    chance: float


@dataclass(frozen=True)
class CommunityOverlap:
    """Adjusted mutual information of two spaces' communities over the ``coins`` that both partitions looked at.

    ``chance`` is its mean and ``chance_high`` its 97.5 % quantile when one of the two is dealt at random.
    """

    space: str
    other: str
    coins: int
    ami: float
    chance: float
    chance_high: float


@dataclass(frozen=True)
class PastEvaluation:
    """What `evaluate` once said of a space: mean average precision (95 % interval) and first hit, over classes.

    ``made`` is when. Each space's come oldest first, so that one sees what became better.
    """

    space: str
    face: str
    label: str
    metric: str
    made: str
    coins: int
    map: float
    low: float
    high: float
    chance: float
    first_hit: float
    knows: str

    @classmethod
    def of(cls, run: dict[str, Any], space: str) -> "PastEvaluation":
        """From what `measure.evaluated.Evaluation.properties` left on a `Run`."""
        figures = (run["map_macro"], run["map_macro_low"], run["map_macro_high"], run["map_macro_chance"])
        made = f"{run['started'].to_native():%Y-%m-%d %H:%M:%S}"
        knows = "the label" if run["leak"] else ""
        of = (run["face"], run["label"], run["metric"], made, run["queries"])
        return cls(space, *of, *figures, run["r1_macro"], knows)


@dataclass(frozen=True)
class Comparison:
    """All tables of a comparison. ``metric`` is that of neighbours, silhouette and Davies-Bouldin.

    ``notes`` say what could not be measured and why.
    """

    metric: str
    sides: list[Sides]
    networks: list[Network]
    types: list[Types]
    communities: list[Communities]
    neighbours: list[Overlap]
    agreement: list[CommunityOverlap]
    notes: list[str]
    evaluations: list[PastEvaluation] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def rows(self) -> list[dict[str, Any]]:
        """One row a figure, for tables of other programs: what it is of, how many sides (or coins), its value."""
        return [row for name, _ in TABLES for item in getattr(self, name) for row in _figures(name, item)]

    def as_text(self) -> str:
        from tabulate import tabulate

        parts = []
        for name, title in TABLES:
            if items := getattr(self, name):
                rows = [{key.replace("_", " "): _shown(key, value) for key, value in vars(i).items()} for i in items]
                if not any(row.get("knows") for row in rows):
                    rows = [{key: value for key, value in row.items() if key != "knows"} for row in rows]
                table = tabulate(rows, headers="keys", disable_numparse=True)
                parts.append(f"{title.format(metric=self.metric)}\n{table}")
        return "\n\n".join([*parts, *filter(None, ["\n".join(self.notes)])])


TABLES = [
    ("sides", "Cosines of all pairs"),
    ("networks", "Networks: pairs of a cosine above a threshold"),
    ("evaluations", "What `coingraph evaluate` said, oldest first"),
    ("types", "By catalogued type, for types of two sides and more ({metric})"),
    ("communities", "Communities of the latest partition"),
    ("neighbours", "Share of the nearest neighbours that two spaces have in common ({metric})"),
    ("agreement", "Adjusted mutual information of two spaces' communities"),
]
_KEYS = ("space", "other", "face", "asked", "partition", "label", "metric", "made", "knows")
_OF = ("sides", "coins")


def _figures(table: str, item: Any) -> Iterator[dict[str, Any]]:
    known = {key: getattr(item, key, "") for key in _KEYS}
    of = next(getattr(item, name) for name in _OF if hasattr(item, name))
    for one in fields(item):
        if one.name not in (*_KEYS, *_OF):
            yield {"table": table, **known, "of": of, "figure": one.name, "value": getattr(item, one.name)}


def _shown(key: str, value: Any) -> str:
    """Cosines with enough digits to tell apart those of spaces where all lie above 0.99."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.{3 if key in _COARSE else 5}f}"
    return f"{value:,}" if isinstance(value, int) else value


_COARSE: tuple[str, ...] = ("silhouette", "davies_bouldin", "first_hit", "map", "low", "high", "chance")
_COARSE += ("chance_high", "ami", "ami_types", "shared")
