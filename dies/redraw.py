"""Dies drawn anew by how sure their links are: what an estimate of their number must allow for.

Of each group of sides a side leaves with the chance that it is of another die, by the mean of its pairs with the rest;
and two groups are one with the chance that the pairs between them speak for it. So a bootstrap over links keeps what
many pairs bear out, and does not let one unlikely pair in thousands join two dies.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from scipy.special import expit

from dies.groups import POSSIBLE, Pair, components


def redraws(
    groups: Sequence[Sequence[str]], evidence: Mapping[Pair, float], draws: int, seed: int = 0
) -> Iterator[list[list[str]]]:
    """The groups drawn anew, so many times; ``evidence`` are the log-odds of the pairs that were looked at.

    A group that no pair in ``evidence`` holds together, as of coins that a person joined, stays whole.
    """
    rng = np.random.default_rng(seed)
    of = {one: place for place, group in enumerate(groups) for one in group}
    within: dict[str, list[float]] = defaultdict(list)
    between: dict[tuple[int, int], list[float]] = defaultdict(list)
    for (one, two), value in evidence.items():
        if one in of and two in of:
            a, b = sorted((of[one], of[two]))
            if a == b:
                within[one].append(value)
                within[two].append(value)
            else:
                between[a, b].append(value)
    leaves = {one: float(expit(-np.mean(values))) for one, values in within.items()}
    joins = {pair: float(expit(np.mean(some))) for pair, some in between.items() if max(some) > POSSIBLE}
    for _ in range(draws):
        part = components(len(groups), [pair for pair, chance in joins.items() if rng.random() < chance])
        kept: dict[int, list[str]] = defaultdict(list)
        alone: list[list[str]] = []
        for place, group in enumerate(groups):
            if len(group) == 2:  # one pair: it holds or not
                gone = list(group[1:]) if rng.random() < leaves.get(group[0], 0.0) else []
            else:
                gone = [one for one in group if rng.random() < leaves.get(one, 0.0)]
            alone += [[one] for one in gone]
            kept[part[place]] += [one for one in group if one not in gone]
        yield [*(some for some in kept.values() if some), *alone]
