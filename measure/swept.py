"""What a sweep of thresholds gives, for people and for other programs."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Found:
    """The communities of one algorithm at one threshold.

    ``communities`` have two coins and more, ``alone`` are the coins of none. ``silhouette`` is the mean over coins, 0
    for those alone; ``stability`` the adjusted mutual information with the communities when half of the coins are
    left out; ``information`` how many bits a coin's community tells of it that survive this (`measure.sweep`). Where
    labels are known: ``ami`` with them, and the pairwise ``precision``, ``recall`` and ``f1`` (their harmonic mean).
    """

    communities: int
    alone: int
    largest: int
    modularity: float
    silhouette: float
    stability: float
    information: float
    ami: float | None = None
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None


@dataclass(frozen=True)
class Step:
    """The network of the edges at or above ``percentile``.

    ``reached`` coins (a share ``coverage`` of all) have an edge; ``components`` have two coins and more, the largest
    holds ``largest_share`` of all coins. ``found`` is by algorithm.
    """

    percentile: float
    edges: int
    edges_per_coin: float
    reached: int
    coverage: float
    components: int
    largest_share: float
    found: dict[str, Found]


#: How a threshold is chosen: the algorithm and the figure of its communities that is to be highest, and why.
METHODS = {
    "information": (
        "leiden",
        "information",
        "the communities tell most of a coin that stays when half of the coins are left out",
    ),
    "silhouette": (
        "label-propagation",
        "silhouette",
        "the communities by label propagation have the best silhouette (Cornet et al. 2024)",
    ),
}


@dataclass(frozen=True)
class Sweep:
    """All thresholds of a space, loose to strict, between ``coins`` linked to their ``top`` nearest (None: all).

    ``method`` is one of `METHODS`. ``label`` is what the communities were compared with, if with anything; ``leak``
    says how the space knows it.
    """

    space: str
    face: str
    top: int | None
    coins: int
    method: str
    steps: list[Step]
    label: str | None = None
    leak: str = ""

    def chosen(self, method: str) -> Step:
        """The step that a method recommends; of equal ones the loosest."""
        algorithm, figure, _ = METHODS[method]
        return max(self.steps, key=lambda step: getattr(step.found[algorithm], figure))

    @property
    def recommended(self) -> Step:
        return self.chosen(self.method)

    def best(self, algorithm: str, figure: str = "ami") -> Step | None:
        """The step whose communities agree best with the labels; None without labels."""
        known = [step for step in self.steps if getattr(step.found[algorithm], figure) is not None]
        return max(known, key=lambda step: getattr(step.found[algorithm], figure), default=None)

    @property
    def why(self) -> str:
        algorithm, figure, reason = METHODS[self.method]
        step = self.recommended
        value = getattr(step.found[algorithm], figure)
        return (
            f"percentile {step.percentile:.7g} ({step.edges:,} edges, {step.edges_per_coin:.1f} a coin, "
            f"{step.coverage:.0%} of the coins reached): there {reason} ({figure} {value:.3f})"
        )

    def as_dict(self) -> dict[str, Any]:
        algorithm = METHODS[self.method][0]
        best = self.best(algorithm)
        return {
            **{name: getattr(self, name) for name in ("space", "face", "top", "coins", "label", "leak", "method")},
            "recommended": self.recommended.percentile,
            "why": self.why,
            "recommended_by": {method: self.chosen(method).percentile for method in METHODS},
            "best": best.percentile if best else None,
            "steps": [asdict(step) for step in self.steps],
        }

    def as_text(self) -> str:
        from tabulate import tabulate

        what = "both sides" if self.face == "both" else f"{self.face}s"
        nearest = "all pairs" if self.top is None else f"the {self.top} nearest of each"
        marks = {self.chosen(method).percentile: method for method in METHODS} | {self.recommended.percentile: "<--"}
        networks = [
            {
                "percentile": f"{step.percentile:.7g}",
                "edges": f"{step.edges:,}",
                "a coin": f"{step.edges_per_coin:.1f}",
                "reached": f"{step.coverage:.0%}",
                "parts": f"{step.components:,}",
                "largest": f"{step.largest_share:.0%}",
                **self._told(step),
                "": marks.get(step.percentile, ""),
            }
            for step in self.steps
        ]
        lines = [
            f"{self.space}, {what}: {self.coins:,} coins, {nearest}",
            tabulate(networks, headers="keys", disable_numparse=True, stralign="right"),
            "L: Leiden, P: label propagation; bits: what the communities tell of a coin that stays",
            f"recommended: {self.why}",
        ]
        return "\n".join([*lines, *self._beside_the_best()])

    def _told(self, step: Step) -> dict[str, str]:
        """What the table has room for; --json has all."""
        agreed = [("L", "leiden", "AMI", "ami"), ("P", "label-propagation", "AMI", "ami")]
        ordered = sorted([*_COLUMNS, *(agreed if self.label else [])], key=lambda column: column[0])
        return {f"{short} {name}": _shown(getattr(step.found[of], figure)) for short, of, name, figure in ordered}

    def _beside_the_best(self) -> list[str]:
        algorithm = METHODS[self.method][0]
        best, here = self.best(algorithm), self.recommended.found[algorithm]
        if best is None:
            return []
        there = best.found[algorithm]
        marked = f"\nKNOWS THE LABEL: {self.leak}" if self.leak else ""
        return [
            f"by {self.label}: adjusted mutual information {here.ami:.3f} there, {there.ami:.3f} at the best threshold "
            f"of all (percentile {best.percentile:.7g}){marked}"
        ]


_COLUMNS = [
    ("L", "leiden", "comm.", "communities"),
    ("L", "leiden", "mod.", "modularity"),
    ("L", "leiden", "silh.", "silhouette"),
    ("L", "leiden", "stab.", "stability"),
    ("L", "leiden", "bits", "information"),
    ("P", "label-propagation", "comm.", "communities"),
    ("P", "label-propagation", "silh.", "silhouette"),
    ("P", "label-propagation", "stab.", "stability"),
]


def _shown(value: Any) -> str:
    return "" if value is None else f"{value:.2f}" if isinstance(value, float) else f"{value:,}"
