"""How far the links of one collection hold, without a label: by decoys that the fit did not see, and by the other face.

Coins are dealt into two halves. Chance is told by decoys of the coins of one half and held to those of the other, none
of which can be of one die. And two coins that one die struck are likelier to share the other die, too: so, of coins
linked by one face, more should be linked by the other than chance gives, which links of no worth would not show.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from dies.decoys import ENOUGH, Catalogued, fit
from dies.groups import Pair
from dies.places import NOTHING

LIMITS = (0.5, 0.9, 0.99)  # probabilities


@dataclass(frozen=True)
class Limit:
    """From a ``probability`` on: ``links`` of pairs that may be of one die, of which so many are expected to be
    ``false``, and how many of the ``held`` decoys, none of which can be of one die, are ``above`` it."""

    probability: float
    links: int
    false: float
    above: int
    held: int


@dataclass(frozen=True)
class BothFaces:
    """Pairs of coins that were compared by both faces: linked by the ``obverse``, by the ``reverse``, by ``both``, and
    by how many of both chance ``expected``, among pairs that the catalogue holds to be as alike."""

    pairs: int
    obverse: int
    reverse: int
    both: int
    expected: float

    @property
    def times(self) -> float | None:
        """How much oftener than by chance; None where chance gives nothing to compare with."""
        return self.both / self.expected if self.expected else None


def limits(
    likeness: Mapping[Pair, float],
    of: Mapping[str, Catalogued],
    mirrored: Mapping[Pair, float],
    half: Mapping[str, int],
) -> list[Limit]:
    """What the links of one face are worth at each of `LIMITS`; ``half`` deals its sides, by their coins.

    Decoys are pairs that differ in legend or type, with ``mirrored`` ones where these are few (`dies.decoys.judge`).
    """
    seen = {pair: value for pair, value in likeness.items() if value > NOTHING}
    decoys = {pair: value for pair, value in seen.items() if of[pair[0]].differs(of[pair[1]])}
    values = np.array([value for pair, value in seen.items() if pair not in decoys])
    known = list(decoys.items())
    if len(known) < ENOUGH:
        known += [(pair, value) for pair, value in mirrored.items() if value > NOTHING]
    halves: list[list[float]] = [[], []]
    for (one, two), value in known:
        if half[one] == half[two]:
            halves[half[one]].append(value)
    odds = fit(values, np.array([value for _, value in known]))[0].log_odds(values)
    others = [np.array(some) for some in halves]
    held = np.concatenate([fit(values, others[1 - n])[0].log_odds(others[n]) for n in (0, 1)])
    found = []
    for probability in LIMITS:
        links = odds > logit(probability)
        false = float(expit(-odds[links]).sum())
        found.append(Limit(probability, int(links.sum()), false, int((held > logit(probability)).sum()), len(held)))
    return found


def both_faces(
    coins: Sequence[tuple[bool, bool, str]],
) -> BothFaces:
    """Of pairs of coins compared by both faces: whether each is linked by the obverse, by the reverse, and its kind.

    Within a kind (pairs of one type, say) chance links the faces independently.
    """
    counted = Counter(coins)
    kinds = {kind for _, _, kind in counted}
    expected = obverse = reverse = both = 0.0
    for kind in kinds:
        cells = {(o, r): counted[o, r, kind] for o in (False, True) for r in (False, True)}
        by_obverse, by_reverse = cells[True, True] + cells[True, False], cells[True, True] + cells[False, True]
        expected += by_obverse * by_reverse / sum(cells.values())
        obverse, reverse, both = obverse + by_obverse, reverse + by_reverse, both + cells[True, True]
    return BothFaces(len(coins), int(obverse), int(reverse), int(both), expected)
