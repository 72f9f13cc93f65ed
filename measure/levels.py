"""How fine communities may be: a coarse and a fine resolution of Leiden, chosen by what the edges agree on.

No label is used. Communities are found twice, each time from other edges; what they tell of a coin both times is not
chance (`measure.communities.information`, in bits). What two halves that share no edge agree on is coarse and holds;
what two draws of most edges agree on is finer, and holds less. docs/analysis.md shows how near both come to the types.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from errors import tracked
from measure.coinset import Network
from measure.communities import adjusted_information, communities, in_company, information

#: From coarse to fine; 1 is plain modularity.
RESOLUTIONS = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.7, 8.0, 11.0, 16.0, 22.0, 32.0)
DRAWS = 6  # pairs of draws that are compared
MOST = 0.6  # of the edges are in each draw of the fine level


@dataclass(frozen=True)
class Level:
    """A ``resolution``, the ``agreement`` of its communities from draw to draw (adjusted mutual information), and what
    they tell of a coin, less what does not stay: ``information`` in bits."""

    resolution: float
    agreement: float
    information: float


def choose(network: Network, seed: int = 1) -> tuple[Level, Level]:
    """The coarse and the fine level of a network; the fine one is never coarser than the coarse one.

    The same seed gives the same answer. Of equal resolutions the lowest is taken.
    """
    halves: list[Level] = []
    draws: list[Level] = []
    for resolution in tracked(RESOLUTIONS, "choosing levels", "resolution"):
        whole = communities(network, "leiden", seed, resolution)
        for levels, pairs in ((halves, _halves(network, seed)), (draws, _draws(network, seed))):
            agreement = _agreement(whole, pairs, resolution, seed)
            levels.append(Level(resolution, agreement, information(whole, agreement)))
    coarse = max(halves, key=lambda level: level.information)
    finer = [level for level in draws if level.resolution >= coarse.resolution]
    return coarse, max(finer, key=lambda level: level.information)


Pairs = Iterator[tuple[Network, Network]]


def _halves(network: Network, seed: int) -> Pairs:
    for number in range(DRAWS):
        first = np.random.default_rng([seed, number, 0]).random(len(network)) < 0.5
        yield network[first], network[~first]


def _draws(network: Network, seed: int) -> Pairs:
    for number in range(DRAWS):
        first, second = np.random.default_rng([seed, number, 1]).random((2, len(network))) < MOST
        yield network[first], network[second]


def _agreement(whole: np.ndarray, pairs: Pairs, resolution: float, seed: int) -> float:
    """In the mean over the pairs, among coins that the ``whole`` has in a community; a pair with only one counts 0."""
    looked_at = in_company(whole)
    found = []
    for pair in pairs:
        codes = [communities(network, "leiden", seed, resolution)[looked_at] for network in pair]
        several = all(len(np.unique(one)) > 1 for one in codes)
        one, other = (np.unique(one, return_inverse=True)[1] for one in codes)
        found.append(adjusted_information(one, other) if several else 0.0)
    return float(np.mean(found))
