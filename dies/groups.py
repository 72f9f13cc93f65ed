"""Which sides are from one die: groups whose pairs agree on the whole, so that one false pair joins nothing.

Average linkage on the evidence of pairs (log-odds): the two groups are joined whose pairs say most clearly, on the mean
of all pairs that were looked at between them, that they are one die; until no two groups' pairs do. Sides then move to
where their pairs would have them (correlation clustering: Bansal, Blum and Chawla 2004). Plain components would chain
two dies together by one mistaken pair.
"""

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, count, islice, product
from typing import NamedTuple

import numpy as np

#: Log-odds that one pair of two groups must have, of nine in ten: sides that are merely not unlike are not joined.
CLEAR = math.log(9)
POSSIBLE = -1.0  # log-odds above which a pair may be from one die
ASKED_BETWEEN = 12  # pairs that must be looked at between two groups before they are told apart or joined
ASKED_WITHIN = 3  # and within a group, for each of its members

#: Log-odds of a pair of which somebody said that it is from one die, or not: more than all other pairs together.
TOLD = 1e6

ROUNDS = 20  # at most, of joining and moving
LEAST = 1e-9  # gain below which nothing moves

Pair = tuple[str, str]  # two sides, the smaller id first


def components(count: int, joined: Sequence[tuple[int, int]]) -> np.ndarray:
    """Of each of ``count`` places, (count,), which part it lies in, where each of ``joined`` holds two together."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows, columns = zip(*joined, strict=True) if joined else ((), ())
    graph = coo_array((np.ones(len(joined)), (rows, columns)), shape=(count, count))
    return connected_components(graph, directed=False)[1]


class _Link(NamedTuple):
    """Between two groups: the sum of their pairs' evidence, the number of these pairs, and the clearest."""

    total: float
    pairs: int
    clearest: float

    @property
    def mean(self) -> float:
        return self.total / self.pairs

    @property
    def joins(self) -> bool:
        return self.mean > 0 and self.clearest > CLEAR

    def __add__(self, other: "_Link") -> "_Link":  # type: ignore[override]
        return _Link(self.total + other.total, self.pairs + other.pairs, max(self.clearest, other.clearest))


_NOTHING = _Link(0.0, 0, -math.inf)


def die_groups(
    sides: Iterable[str],
    evidence: Mapping[Pair, float],
    told: Mapping[Pair, bool] | None = None,
) -> list[list[str]]:
    """The sides of each die, sorted; the largest group first, then by the smallest id. Lone sides are groups of one.

    ``evidence`` holds the pairs that were looked at; in whatever order it comes, it gives the same groups. Groups are
    joined, then each side goes where its own pairs would have it (the strongest pair of all may be a false one, and is
    the first to be joined), and so on until nothing changes.
    ``told`` says of pairs that they are from one die (they stay together) or not (they stay apart), whatever the
    evidence; where three of these contradict each other, two of them hold.
    """
    names = sorted(sides)
    place_of = {side: place for place, side in enumerate(names)}
    near: list[dict[int, float]] = [{} for _ in names]
    said = {pair: TOLD if same else -TOLD for pair, same in (told or {}).items()}
    for (one, two), value in {**evidence, **said}.items():
        if one in place_of and two in place_of:
            a, b = place_of[one], place_of[two]
            near[a][b] = near[b][a] = value
    group_of = list(range(len(names)))
    for _ in range(ROUNDS):
        group_of = _joined(near, group_of)
        if not _moved(near, group_of):
            break
    members: dict[int, list[str]] = defaultdict(list)
    for place, group in enumerate(group_of):
        members[group].append(names[place])
    return sorted(members.values(), key=lambda group: (-len(group), group[0]))


def _joined(near: Sequence[Mapping[int, float]], group_of: Sequence[int]) -> list[int]:
    """Groups joined by average linkage while the mean of the pairs between two is above zero, and one is `CLEAR`."""
    members: dict[int, list[int]] = defaultdict(list)
    for place, group in enumerate(group_of):
        members[group].append(place)
    links: dict[int, dict[int, _Link]] = defaultdict(dict)
    for place, others in enumerate(near):
        for other in sorted(others):
            a, b = group_of[place], group_of[other]
            if place < other and a != b:
                links[a][b] = links[b][a] = links[a].get(b, _NOTHING) + _Link(others[other], 1, others[other])
    heap = [(-link.mean, a, b) for a in links for b, link in links[a].items() if a < b and link.joins]
    heapq.heapify(heap)
    numbers = count(len(near))
    while heap:
        _, a, b = heapq.heappop(heap)
        if a not in members or b not in members:
            continue
        new = next(numbers)
        members[new] = members.pop(a) + members.pop(b)
        from_a, from_b = links.pop(a), links.pop(b)
        for other in sorted((from_a.keys() | from_b.keys()) - {a, b}):
            link = from_a.get(other, _NOTHING) + from_b.get(other, _NOTHING)
            links[new][other] = links[other][new] = link
            links[other].pop(a, None)
            links[other].pop(b, None)
            if link.joins:
                heapq.heappush(heap, (-link.mean, other, new))
    result = [0] * len(near)
    for places in members.values():
        for place in places:
            result[place] = min(places)
    return result


def _moved(near: Sequence[Mapping[int, float]], group_of: list[int]) -> bool:
    """Let each side go to the group that its pairs speak for more than for its own; whether any went.

    A side that is alone stays so: to join it is not to move it.
    """
    any_moved = False
    for _ in range(ROUNDS):
        before = list(group_of)
        sizes = Counter(group_of)
        for place, others in enumerate(near):
            links: dict[int, _Link] = defaultdict(lambda: _NOTHING)
            for other in sorted(others):
                links[group_of[other]] += _Link(others[other], 1, others[other])
            own = links.pop(group_of[place], _NOTHING)
            best = max(links, key=lambda group: (links[group].total, -group), default=None)
            if best is None or sizes[group_of[place]] < 2 or links[best].clearest <= CLEAR:
                continue
            if links[best].total > max(own.total, 0.0) + LEAST:
                sizes[group_of[place]] -= 1
                sizes[best] += 1
                group_of[place] = best
        if group_of == before:
            break
        any_moved = True
    return any_moved


def unasked(groups: Sequence[Sequence[str]], evidence: Mapping[Pair, float]) -> list[Pair]:
    """Pairs that should be looked at before groups are believed: too few were between or within them.

    Only candidates of the vectors are looked at first. Where a pair would join two groups, and within each group, some
    more are asked for, so that a mean is a mean of many.
    """
    group_of = {side: place for place, group in enumerate(groups) for side in group}
    looked: dict[tuple[int, int], int] = defaultdict(int)
    linked: set[tuple[int, int]] = set()
    for (one, two), value in evidence.items():
        between = (min(group_of[one], group_of[two]), max(group_of[one], group_of[two]))
        looked[between] += 1
        if value > POSSIBLE:
            linked.add(between)
    wanted: list[Pair] = []
    for a, b in sorted(linked):
        if a == b:
            pairs: Iterable[Pair] = combinations(groups[a], 2)
            enough = ASKED_WITHIN * len(groups[a])
        else:
            pairs = ((min(pair), max(pair)) for pair in product(groups[a], groups[b]))
            enough = ASKED_BETWEEN
        new = (pair for pair in pairs if pair not in evidence)
        wanted += islice(new, max(enough - looked[a, b], 0))
    return wanted


@dataclass(frozen=True)
class Agreement:
    """How far groups agree with the truth, over all pairs of sides: shares from 0 to 1, 1 where there is no pair."""

    precision: float
    recall: float
    pairs_found: int
    pairs_true: int


def agreement(groups: Iterable[Iterable[str]], die_of: Mapping[str, str]) -> Agreement:
    """Pairwise precision and recall of groups; sides whose die is not known (not in ``die_of``) are left out."""
    found = [[side for side in group if side in die_of] for group in groups]
    true: dict[str, int] = defaultdict(int)
    right = pairs = 0
    for group in found:
        dies: dict[str, int] = defaultdict(int)
        for side in group:
            dies[die_of[side]] += 1
            true[die_of[side]] += 1
        pairs += len(group) * (len(group) - 1) // 2
        right += sum(size * (size - 1) // 2 for size in dies.values())
    wanted = sum(size * (size - 1) // 2 for size in true.values())
    return Agreement(right / pairs if pairs else 1.0, right / wanted if wanted else 1.0, pairs, wanted)
