"""What networks at thresholds from loose to strict look like, and which threshold to take.

Loose thresholds join what does not belong together, strict ones leave coins alone; both lose what communities could
tell. The threshold taken is the one whose communities tell most that is not chance: bits a coin = share of coins in
company x entropy of the communities x adjusted mutual information with the communities of half of the coins. To
take the model that keeps most information from sample to sample is J. M. Buhmann's principle ("Information theoretic
model validation for clustering", ISIT 2010). No label is used. docs/sweep.md shows how near it comes to the best.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from errors import tracked
from measure.coinset import Network, components
from measure.communities import ALGORITHMS, adjusted_information, agreement, communities, modularity
from measure.likeness import Likeness, silhouettes


@dataclass(frozen=True)
class Found:
    """The communities of one algorithm at one threshold.

    ``communities`` have two coins and more, ``alone`` are the coins of none. ``silhouette`` is the mean over coins, 0
    for those alone; ``stability`` the adjusted mutual information with the communities when half of the coins are
    left out; ``information`` how many bits of a coin's community survive this (`measure.sweep`). Where
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

    @property
    def algorithm(self) -> str:
        """The algorithm whose communities the method goes by."""
        return METHODS[self.method][0]

    @property
    def by_method(self) -> dict[str, Step]:
        """The step that each method recommends."""
        return {method: self.chosen(method) for method in METHODS}

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


SILHOUETTE_COINS = 2000  # a sample that is larger changes no third digit
RESAMPLES = 8
KEPT = 0.5  # of the coins in each resample


def thresholds(network: Network, steps: int = 24) -> list[float]:
    """Percentiles that leave from all edges down to one for each ten coins, in equal steps of the logarithm."""
    few = max(min(network.count // 10, len(network)), 1)
    edges = np.unique(np.geomspace(few, len(network), steps).round().astype(int))[::-1]
    return list(dict.fromkeys(float(network.strength[number - 1]) for number in edges))


def sweep(
    network: Network,
    likeness: Likeness,
    percentiles: Sequence[float],
    labels: Sequence[str | None] | None = None,
    seed: int = 1,
) -> list[Step]:
    """The network at each percentile, and its communities, loose to strict as the ``percentiles`` come.

    ``likeness`` is that of the coins of the network, for silhouettes. With ``labels`` the communities are compared with
    them. The same seed gives the same answer.
    """
    found: list[tuple[Network, dict[str, np.ndarray], dict[str, float]]] = []
    for percentile in tracked(percentiles, "sweeping", "threshold"):
        at = network.above(percentile)
        codes = {name: communities(at, name, seed) for name in ALGORITHMS}
        found.append((at, codes, _stability(at, codes, seed)))
    some = np.sort(np.random.default_rng(seed).permutation(network.count)[:SILHOUETTE_COINS])
    groupings = [codes for _, by_name, _ in found for codes in by_name.values()]
    values = iter(silhouettes(likeness, groupings, some))
    return [
        _step(percentile, at, codes, stable, {name: float(next(values).mean()) for name in codes}, labels)
        for percentile, (at, codes, stable) in zip(percentiles, found, strict=True)
    ]


def _stability(network: Network, codes: Mapping[str, np.ndarray], seed: int) -> dict[str, float]:
    """How far communities stay when half of the coins are left out: the mean adjusted mutual information, over those
    of the others that are in a community; 0 where no two communities are left to tell apart.
    """
    stable: dict[str, list[float]] = {name: [] for name in codes}
    for number in range(RESAMPLES):
        kept = np.random.default_rng([seed, number]).random(network.count) < KEPT
        part = network.among(kept)
        for name, whole in codes.items():
            again = communities(part, name, seed)
            looked_at = kept & in_company(whole)
            one, other = _renumbered(whole[looked_at]), _renumbered(again[looked_at])
            several = one.max(initial=0) > 0 and other.max(initial=0) > 0
            stable[name].append(adjusted_information(one, other) if several else 0.0)
    return {name: float(np.mean(values)) for name, values in stable.items()}


def in_company(codes: np.ndarray) -> np.ndarray:
    """Which coins (n,) are in a community of two and more."""
    return np.bincount(codes)[codes] > 1


def _renumbered(codes: np.ndarray) -> np.ndarray:
    return np.unique(codes, return_inverse=True)[1]


def _step(
    percentile: float,
    network: Network,
    codes: Mapping[str, np.ndarray],
    stable: Mapping[str, float],
    silhouette: Mapping[str, float],
    labels: Sequence[str | None] | None,
) -> Step:
    parts = np.bincount(components(network.count, network.first, network.second))
    reached = network.reached
    return Step(
        percentile=percentile,
        edges=len(network),
        edges_per_coin=2 * len(network) / max(network.count, 1),
        reached=int(reached.sum()),
        coverage=float(reached.mean()),
        components=int((parts > 1).sum()),
        largest_share=float(parts.max() / network.count) if len(network) else 0.0,
        found={name: _found(network, groups, stable[name], silhouette[name], labels) for name, groups in codes.items()},
    )


def information(codes: np.ndarray, stability: float) -> float:
    """What communities tell of a coin and keep, in bits: see the head of this module."""
    sizes = np.bincount(codes)
    company = sizes[sizes > 1]
    if not len(company):
        return 0.0
    share = company / company.sum()
    return float(company.sum() / len(codes) * -(share * np.log2(share)).sum() * stability)


def _found(
    network: Network, codes: np.ndarray, stability: float, silhouette: float, labels: Sequence[str | None] | None
) -> Found:
    sizes = np.bincount(codes)
    ami = precision = recall = f1 = None
    if labels is not None:
        known = [row for row, label in enumerate(labels) if label is not None]
        agreed = agreement(codes[known], [labels[row] for row in known], shuffles=1)
        ami, precision, recall = agreed.ami, agreed.precision, agreed.recall
        both = (precision or 0.0) + (recall or 0.0)
        f1 = 2 * (precision or 0.0) * (recall or 0.0) / both if both else 0.0
    return Found(
        communities=int((sizes > 1).sum()),
        alone=int((sizes == 1).sum()),
        largest=int(sizes.max()),
        modularity=modularity(network, codes),
        silhouette=silhouette,
        stability=stability,
        information=information(codes, stability),
        ami=ami,
        precision=precision,
        recall=recall,
        f1=f1,
    )
