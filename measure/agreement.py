"""How well communities agree with catalogued types, and what chance would give."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Agreement:
    """Agreement of two ways to group the same ``coins``.

    ``ami``: adjusted mutual information (arithmetic mean of the entropies), 1 for the same groups, about 0 by chance.
    ``ari``: adjusted Rand index. ``chance``, ``chance_low``, ``chance_high``: mean and 95 % range of ``ami`` when the
    types are dealt to the coins at random, over ``shuffles`` deals.
    """

    coins: int
    communities: int
    types: int
    ami: float
    ari: float
    chance: float
    chance_low: float
    chance_high: float
    shuffles: int


def agreement(
    communities: "Sequence[object] | np.ndarray",
    types: "Sequence[object] | np.ndarray",
    shuffles: int = 200,
    seed: int = 1,
) -> Agreement:
    """Compare the communities of coins with their types, coin by coin.

    A coin of no community should stand as one of its own (any value that no other coin has). Raises ``ValueError``
    where the two differ in length or are empty. Source: N. X. Vinh, J. Epps, J. Bailey, "Information theoretic measures
    for clusterings comparison", JMLR 11 (2010), as in scikit-learn.
    """
    import numpy as np
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, mutual_info_score

    if len(communities) != len(types) or not len(types):
        raise ValueError(f"{len(communities)} communities and {len(types)} types: one of each per coin is wanted")
    groups, a = np.unique([str(c) for c in communities], return_inverse=True)
    kinds, b = np.unique([str(t) for t in types], return_inverse=True)
    expected, largest = _adjustment(a, b)
    generator = np.random.default_rng(seed)
    # A shuffle changes neither the expected information nor the entropies, so only the information is computed again.
    shuffled = np.array([mutual_info_score(a, generator.permutation(b)) for _ in range(shuffles)])
    chances = (shuffled - expected) / (largest - expected) if largest > expected else np.ones(shuffles)
    low, high = np.quantile(chances, [0.025, 0.975])
    return Agreement(
        coins=len(a),
        communities=len(groups),
        types=len(kinds),
        ami=float(adjusted_mutual_info_score(b, a)),
        ari=float(adjusted_rand_score(b, a)),
        chance=float(chances.mean()),
        chance_low=float(low),
        chance_high=float(high),
        shuffles=shuffles,
    )


def _adjustment(a: "np.ndarray", b: "np.ndarray") -> tuple[float, float]:
    """The mutual information that chance gives, and the most that there can be (the mean of both entropies)."""
    import numpy as np
    from scipy.stats import entropy
    from sklearn.metrics.cluster import contingency_matrix, expected_mutual_information

    table = contingency_matrix(b, a, sparse=True)
    most = (entropy(np.bincount(a)) + entropy(np.bincount(b))) / 2
    return float(expected_mutual_information(table, len(a))), float(most)
