"""Joint evidence of both faces: two coins that one die struck are likelier to share the other die, too.

How much likelier, the collection says. The shares of pairs of one die are those of each face alone; how many pairs
share both dies is the number that makes likeliest what both faces show. Where faces know nothing of each other that is
what chance gives, and nothing changes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from dies.decoys import LIKELIEST, Judgement
from dies.groups import Pair

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
    from scipy.optimize import minimize_scalar

    pairs = sorted(obverse.keys() & reverse.keys())
    ratios = np.array([[obverse[pair], reverse[pair]] for pair in pairs]).reshape(-1, 2)
    front, back = (float(np.clip(share, 1e-9, 0.999)) for share in shares)
    likely = np.stack([np.zeros(len(pairs)), ratios[:, 1], ratios[:, 0], ratios.sum(1)], 1)
    apart = _kinds(front, back, front * back).ravel()

    def unlikely(both: float) -> float:
        log_kinds = np.log(_kinds(front, back, both).ravel())
        return -float(np.logaddexp.reduce(likely + log_kinds, axis=1).sum() + WEIGHT * apart @ log_kinds)

    ends = max(0.0, front + back - 1), min(front, back)
    both = float(minimize_scalar(unlikely, bounds=ends, method="bounded", options={"xatol": 1e-12}).x)
    kinds = _kinds(front, back, both)
    odds = []
    for face, shared in ((0, kinds), (1, kinds.T)):
        other = ratios[:, 1 - face]
        one = np.logaddexp(np.log(shared[1, 1]) + other, np.log(shared[1, 0]))
        two = np.logaddexp(np.log(shared[0, 1]) + other, np.log(shared[0, 0]))
        value = np.clip(ratios[:, face] + one - two, -LIKELIEST, LIKELIEST)
        odds.append(dict(zip(pairs, value.tolist(), strict=True)))
    return Joint(odds[0], odds[1], both / (front * back))


def jointly(
    obverse: Judgement, reverse: Judgement, coins: Callable[[Pair], Pair]
) -> tuple[dict[Pair, float], dict[Pair, float]]:
    """The log-odds of all pairs of each face, where the other bears them out or not; ``coins`` are a pair's coins.

    Pairs of coins that the catalogue tells apart by either face are left as they are.
    """
    judged = (obverse, reverse)
    against = {coins(pair) for one in judged for pair in one.against}
    ratios = [
        {of: value for pair, value in one.log_ratios.items() if (of := coins(pair)) not in against} for one in judged
    ]
    found = joint(ratios[0], ratios[1], (obverse.share, reverse.share))
    front, back = (
        {pair: odds.get(coins(pair), value) for pair, value in one.log_odds.items()}
        for one, odds in ((obverse, found.obverse), (reverse, found.reverse))
    )
    return front, back


def _kinds(front: float, back: float, both: float) -> np.ndarray:
    """(2, 2) the shares of pairs of two dies and of one, by the obverse and by the reverse."""
    return np.clip([[1 - front - back + both, back - both], [front - both, both]], 1e-12, 1.0)
