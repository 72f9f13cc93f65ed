"""Joint evidence of both faces: two coins that one die struck are likelier to share the other die, too.

How much likelier, the collection says: each pair of coins is of one of four kinds (both dies shared, one, the other,
none), whose shares are the likeliest under what both faces show (expectation and maximization: Dempster, Laird and
Rubin 1977). Where faces know nothing of each other the shares come out so, and nothing changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dies.decoys import LIKELIEST
from dies.groups import Pair

ROUNDS = 200  # of expectation and maximization
#: Pairs that speak for faces that know nothing of each other, so that a few pairs do not tell otherwise.
WEIGHT = 20.0


@dataclass(frozen=True)
class Joint:
    """Log-odds of each face for pairs of coins whose both faces were compared, and how many ``times`` as often two
    coins share both dies as they would by chance."""

    obverse: dict[Pair, float]
    reverse: dict[Pair, float]
    times: float


def joint(obverse: Mapping[Pair, float], reverse: Mapping[Pair, float], shares: tuple[float, float]) -> Joint:
    """From the log-ratios of both faces by pairs of coins (`dies.decoys.TwoGroups.log_ratio`), and the ``shares`` of
    pairs of one die on each face alone. Pairs that only one face knows take no part."""
    pairs = sorted(obverse.keys() & reverse.keys())
    ratios = np.array([[obverse[pair], reverse[pair]] for pair in pairs]).reshape(-1, 2)
    front, back = (np.clip(share, 1e-6, 0.999) for share in shares)
    apart = np.array([[(1 - front) * (1 - back), (1 - front) * back], [front * (1 - back), front * back]])
    kinds = apart.copy()
    likely = np.stack([np.zeros(len(pairs)), ratios[:, 1], ratios[:, 0], ratios.sum(1)], 1)
    for _ in range(ROUNDS):
        held = likely + np.log(kinds).ravel()
        held = np.exp(held - held.max(1, keepdims=True))
        counted = (held / held.sum(1, keepdims=True)).sum(0).reshape(2, 2)
        kinds = (counted + WEIGHT * apart) / (len(pairs) + WEIGHT)
    odds = []
    for face, shared in ((0, kinds), (1, kinds.T)):
        other = ratios[:, 1 - face]
        one = np.logaddexp(np.log(shared[1, 1]) + other, np.log(shared[1, 0]))
        two = np.logaddexp(np.log(shared[0, 1]) + other, np.log(shared[0, 0]))
        value = np.clip(ratios[:, face] + one - two, -LIKELIEST, LIKELIEST)
        odds.append(dict(zip(pairs, value.tolist(), strict=True)))
    times = kinds[1, 1] / (kinds[1].sum() * kinds[:, 1].sum())
    return Joint(odds[0], odds[1], float(times))
