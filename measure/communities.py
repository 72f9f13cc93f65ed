"""Communities of a network, found in this process many times over: how well they agree with catalogued types, and at
which threshold of the network they tell most.

GDS finds communities on the server once (`graph.detection`). These are NetworKit's Leiden and label propagation,
weighted and by one thread like those of GDS. On 20,000 coins and 200,000 edges they take 0.4 and 0.2 s where GDS takes
1.7 and 0.6 s with what travels to and from it.

Loose thresholds join what does not belong together, strict ones leave coins alone; both lose what communities could
tell. The threshold taken is the one whose communities tell most that is not chance: bits a coin = share of coins in
company x entropy of the communities x adjusted mutual information with the communities of half of the coins. To
take the model that keeps most information from sample to sample is J. M. Buhmann's principle ("Information theoretic
model validation for clustering", ISIT 2010). No label is used. docs/sweep.md shows how near it comes to the best.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from errors import tracked
from measure.coinset import Network, components
from measure.likeness import Likeness, silhouettes

ALGORITHMS = ("leiden", "label-propagation")


def communities(network: Network, algorithm: str, seed: int = 1, resolution: float = 1.0) -> np.ndarray:
    """Codes (n,) from 0 of the communities; a coin without edges is one of its own. ``resolution`` is Leiden's."""
    import networkit

    if not len(network):
        return np.arange(network.count)
    networkit.setNumberOfThreads(1)
    networkit.setSeed(seed, False)
    ends = network.first.astype(np.uint64), network.second.astype(np.uint64)
    graph = networkit.GraphFromCoo((network.weights, ends), n=network.count, weighted=True, directed=False)
    if algorithm == "leiden":
        detection = networkit.community.ParallelLeiden(graph, randomize=False, gamma=resolution)
    else:
        detection = networkit.community.PLP(graph)
    detection.run()
    return np.unique(np.array(detection.getPartition().getVector()), return_inverse=True)[1]


def modularity(network: Network, codes: np.ndarray) -> float:
    """Weighted modularity (Newman 2004), as GDS gives it; 0 without edges."""
    weights = network.weights
    total = float(weights.sum())
    if not total:
        return 0.0
    degree = np.bincount(codes[network.first], weights, codes.max() + 1)
    degree += np.bincount(codes[network.second], weights, codes.max() + 1)
    inside = float(weights[codes[network.first] == codes[network.second]].sum())
    return inside / total - float(((degree / (2 * total)) ** 2).sum())


@dataclass(frozen=True)
class Agreement:
    """Agreement of two ways to group the same ``coins``.

    ``ami``: adjusted mutual information (arithmetic mean of the entropies), 1 for the same groups, about 0 by chance.
    ``ari``: adjusted Rand index. ``precision`` is the share of pairs of one community that are of one type, ``recall``
    that of pairs of one type that are of one community (None where there is no such pair). ``purity``: the share of
    coins that are of their community's commonest type. ``homogeneity`` and ``completeness`` (Rosenberg and Hirschberg
    2007): 1 where a community knows one type, and where a type knows one community.

    ``chance``, ``chance_low``, ``chance_high``: mean and 95 % range of ``ami`` when the types are dealt to the coins at
    random, over ``shuffles`` deals; ``by_chance`` the mean of every measure.
    """

    coins: int
    communities: int
    types: int
    ami: float
    ari: float
    precision: float | None
    recall: float | None
    purity: float
    homogeneity: float
    completeness: float
    chance: float
    chance_low: float
    chance_high: float
    shuffles: int
    by_chance: dict[str, float | None] = field(repr=False)


def agreement(
    communities: Sequence[object] | np.ndarray,
    types: Sequence[object] | np.ndarray,
    shuffles: int = 200,
    seed: int = 1,
) -> Agreement:
    """Compare the communities of coins with their types, coin by coin.

    A coin of no community should stand as one of its own (any value that no other coin has). Raises ``ValueError``
    where the two differ in length or are empty. Source: N. X. Vinh, J. Epps, J. Bailey, "Information theoretic measures
    for clusterings comparison", JMLR 11 (2010), as in scikit-learn.
    """
    if len(communities) != len(types) or not len(types):
        raise ValueError(f"{len(communities)} communities and {len(types)} types: one of each per coin is wanted")
    groups, a = np.unique([str(c) for c in communities], return_inverse=True)
    kinds, b = np.unique([str(t) for t in types], return_inverse=True)
    measures = _Measures(a, b)
    generator = np.random.default_rng(seed)
    dealt = [measures.of(generator.permutation(b)) for _ in range(shuffles)]
    low, high = np.quantile([one["ami"] for one in dealt], [0.025, 0.975])  # type: ignore[arg-type]
    means = {
        name: None if value is None else float(np.mean([o[name] for o in dealt])) for name, value in dealt[0].items()
    }
    return Agreement(
        coins=len(a),
        communities=len(groups),
        types=len(kinds),
        **measures.of(b),  # type: ignore[arg-type]
        chance=float(means["ami"] or 0.0),
        chance_low=float(low),
        chance_high=float(high),
        shuffles=shuffles,
        by_chance=means,
    )


def adjusted_information(one: np.ndarray, other: np.ndarray) -> float:
    """Adjusted mutual information of two groupings, codes (n,) from 0."""
    return float(_Measures(one, other).of(other)["ami"] or 0.0)


class _Measures:
    """All measures of communities ``a`` against types dealt in any order: what no deal changes is computed once."""

    def __init__(self, a: np.ndarray, b: np.ndarray):
        from scipy.stats import entropy

        self.a, self.sizes, self.kinds = a, np.bincount(a), np.bincount(b)
        self.entropies = float(entropy(self.sizes)), float(entropy(self.kinds))
        self.expected = _expected_information(self.sizes, self.kinds)
        self.pairs = float(_pairs(np.array([len(a)])))
        self.together, self.alike = float(_pairs(self.sizes)), float(_pairs(self.kinds))

    def of(self, b: np.ndarray) -> dict[str, float | None]:
        code, count = np.unique(self.a.astype(np.int64) * len(self.kinds) + b, return_counts=True)
        group, kind = np.divmod(code, len(self.kinds))
        n = len(b)
        information = float((count / n * np.log(count * n / (self.sizes[group] * self.kinds[kind]))).sum())
        both = float(_pairs(count))
        commonest = np.maximum.reduceat(count, np.flatnonzero(np.diff(group, prepend=-1)))
        of_groups, of_kinds = self.entropies
        return {
            "ami": _adjusted(information, self.expected, (of_groups + of_kinds) / 2),
            "ari": _adjusted(both, self.together * self.alike / max(self.pairs, 1), (self.together + self.alike) / 2),
            "precision": both / self.together if self.together else None,
            "recall": both / self.alike if self.alike else None,
            "purity": float(commonest.sum() / n),
            "homogeneity": information / of_kinds if of_kinds else 1.0,
            "completeness": information / of_groups if of_groups else 1.0,
        }


def _expected_information(sizes: np.ndarray, kinds: np.ndarray) -> float:
    """The mutual information (nats) of groups of these sizes with types of those, dealt at random.

    Vinh, Epps, Bailey (2010), theorem 1. Groups of one size are counted together, so that thousands of small ones, as a
    strict threshold leaves, take no longer than a few large ones.
    """
    from scipy.special import gammaln

    n = int(sizes.sum())
    logs = gammaln(np.arange(n + 2))  # logs[k + 1] is the logarithm of k!
    total = 0.0
    many, how_many = np.unique(kinds, return_counts=True)
    for a, groups in zip(*np.unique(sizes, return_counts=True), strict=True):
        for b, types in zip(many, how_many, strict=True):
            both = np.arange(max(1, a + b - n), min(a, b) + 1)
            chance = logs[a + 1] + logs[b + 1] + logs[n - a + 1] + logs[n - b + 1] - logs[n + 1]
            chance = chance - logs[both + 1] - logs[a - both + 1] - logs[b - both + 1] - logs[n - a - b + both + 1]
            total += groups * types * float((both / n * np.log(n * both / (a * b)) * np.exp(chance)).sum())
    return total


def _adjusted(value: float, expected: float, most: float) -> float:
    """1 at the most there can be, 0 at what chance gives; 1 where chance gives the most."""
    return (value - expected) / (most - expected) if most - expected > 1e-12 else 1.0


def _pairs(sizes: np.ndarray) -> np.ndarray:
    """Unordered pairs within groups of these sizes."""
    return (sizes * (sizes - 1) / 2).sum()


# --- thresholds from loose to strict --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """The communities of one algorithm at one threshold.

    ``communities`` have two coins and more, ``alone`` are the coins of none. ``silhouette`` is the mean over coins, 0
    for those alone; ``stability`` the adjusted mutual information with the communities when half of the coins are
    left out; ``information`` how many bits of a coin's community survive this. Where
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
