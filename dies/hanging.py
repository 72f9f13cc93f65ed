"""Chains of coins that hang on one weak pair: without it they would fall in two."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dies.groups import POSSIBLE, Pair, components
from ingest.records import Face

SURE = math.log(99)  # log-odds from which a pair is not weak


@dataclass(frozen=True)
class Hanging:
    """The pair of coins that alone holds a chain together by one face, its log-odds, and how many coins would then be
    on its either side, the fewer first."""

    one: str
    other: str
    face: Face
    log_odds: float
    parts: tuple[int, int]


def hanging(
    groups: Mapping[Face, Sequence[Sequence[str]]], evidence: Mapping[Face, Mapping[Pair, float]]
) -> list[Hanging]:
    """The weak pairs on which chains hang, those that hold most first.

    ``groups`` are the coins of each die and ``evidence`` the log-odds of pairs of coins, both by face. Coins of one die
    hold together by the pairs of theirs that speak for it; a die that no pair holds, as a person said, holds for sure.
    """
    coins = sorted({coin for some in groups.values() for group in some for coin in group})
    at = {coin: place for place, coin in enumerate(coins)}
    edges: list[tuple[int, int]] = []
    weak: dict[int, tuple[Face, float]] = {}  # edge -> face, log-odds
    for face, some in groups.items():
        die = {coin: place for place, group in enumerate(some) for coin in group}
        held = set()
        for (one, two), value in evidence[face].items():
            if one in die and die[one] == die.get(two) and value > POSSIBLE:
                held |= {one, two}
                if value < SURE:
                    weak[len(edges)] = face, value
                edges.append((at[one], at[two]))
        edges += [(at[group[0]], at[coin]) for group in some for coin in group[1:] if not {coin, group[0]} <= held]

    found = []
    for place, (face, value) in weak.items():
        ends = edges[place]
        part = components(len(coins), edges[:place] + edges[place + 1 :])
        if part[ends[0]] != part[ends[1]]:
            fewer, more = sorted(int((part == part[end]).sum()) for end in ends)
            found.append(Hanging(coins[ends[0]], coins[ends[1]], face, value, (fewer, more)))
    return sorted(found, key=lambda pair: (-pair.parts[0], pair.log_odds, pair.one))
