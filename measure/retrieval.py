"""Leave-one-out retrieval: does a side's nearest neighbour show the same thing, and how far down are the others?

A space that learned from labels is only scored on classes that it did not see (`parted`, `gain`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from errors import CoingraphError
from measure.likeness import Likeness

RESAMPLES = 2000


class NothingToMeasure(CoingraphError):
    """No label is shared by two sides."""


@dataclass(frozen=True)
class Rate:
    """A figure with its bootstrap 95 % interval and what chance alone would give."""

    value: float
    low: float
    high: float
    chance: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}-{self.high:.3f}]"


@dataclass(frozen=True)
class Retrieval:
    """How well a space finds sides of the same label. ``micro`` is the mean over sides, ``macro`` over labels.

    ``r1`` and ``r5``: a side of the same label is the nearest, or among the five nearest; ``map``: mean average
    precision. Sides whose label nobody shares are candidates but no queries. ``queries`` and ``classes`` are
    their numbers. ``of_class`` gives each label's mean (r1, r5, average precision).
    """

    r1_micro: Rate
    r5_micro: Rate
    map_micro: Rate
    r1_macro: Rate
    r5_macro: Rate
    map_macro: Rate
    queries: int
    classes: int
    of_class: dict[str, tuple[float, float, float]] = field(repr=False)


def retrieval(vectors: np.ndarray | Likeness, labels: Sequence[str | None], seed: int = 1) -> Retrieval:
    """Ask for each row of ``vectors`` (n, d) which others are nearest by cosine (or another `Likeness`), by labels.

    Rows without a label (None) take no part; a doubled photograph is neither found nor in the way. The interval
    resamples sides (micro) and labels (macro), 2,000 times. Raises
    ``NothingToMeasure`` where no two rows share a label.
    """
    likeness = vectors if isinstance(vectors, Likeness) else Likeness([vectors])
    known = np.array([label is not None for label in labels])
    names, codes = np.unique([label for label in labels if label is not None], return_inverse=True)
    likeness = likeness[known]
    relevant = to_be_found(codes, likeness.pieces)
    queries = np.flatnonzero(relevant)
    if not len(queries):
        raise NothingToMeasure("no label is shared by two sides, so there is nothing to find; choose another --label")
    scores = _scores(likeness, codes, queries)
    others = len(codes) - np.bincount(likeness.pieces)[likeness.pieces[queries]]
    chance = _chance(relevant[queries], others)
    _, group = np.unique(codes[queries], return_inverse=True)
    sizes = np.bincount(group)
    per_class = np.stack([np.bincount(group, column) / sizes for column in scores.T], 1)
    chance_class = np.stack([np.bincount(group, column) / sizes for column in chance.T], 1)
    micro = _rates(scores, chance, seed)
    macro = _rates(per_class, chance_class, seed)
    found = names[np.unique(codes[queries])]
    of_class = {str(name): (float(a), float(b), float(c)) for name, (a, b, c) in zip(found, per_class, strict=True)}
    return Retrieval(*micro, *macro, len(queries), len(found), of_class)


def to_be_found(codes: np.ndarray, pieces: np.ndarray) -> np.ndarray:
    """How many other pieces share the label of each row: (n,); rows of one piece are one coin photographed twice."""
    piece_and_label = codes.astype(np.int64) * (int(pieces.max(initial=0)) + 1) + pieces
    _, which, doubles = np.unique(piece_and_label, return_inverse=True, return_counts=True)
    return np.bincount(codes)[codes] - doubles[which]


def _scores(likeness: Likeness, codes: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """First hit, hit among five and average precision of each query: (queries, 3)."""
    scores = []
    for rows, near in likeness.blocks(queries, "retrieval"):
        # The rank of each true neighbour is one more than the number of rows above it: no need to sort them all.
        for row, its in zip(rows, near, strict=True):
            same = (codes == codes[row]) & (likeness.pieces != likeness.pieces[row])
            hits = np.sort(its[same])[::-1]
            wrong = np.sort(its[~same])
            # Ties count against the space: a true neighbour ranks behind the wrong ones that are as near as it.
            found = np.arange(1, len(hits) + 1)
            ranks = found + len(wrong) - np.searchsorted(wrong, hits, "left")
            scores.append((ranks[0] == 1, ranks[0] <= 5, (found / ranks).mean()))
    return np.array(scores, np.float64)


def _chance(relevant: np.ndarray, others: np.ndarray) -> np.ndarray:
    """What a random order gives each query with ``relevant`` of ``others`` to be found: (queries, 3)."""
    share = relevant / others
    missed = np.ones_like(share)
    for i in range(5):
        missed *= np.maximum(others - relevant - i, 0) / np.maximum(others - i, 1)
    # Expected average precision of a random order (Bestgen 2015): (R-1)/(N-1) + (N-R)/(N(N-1)) H_N.
    harmonic = np.cumsum(1 / np.arange(1, others.max() + 1))[others - 1]
    less = np.maximum(others - 1, 1)
    expected = np.where(others > 1, (relevant - 1) / less + (others - relevant) / (others * less) * harmonic, 1.0)
    return np.stack([share, 1 - missed, expected], 1)


def _rates(values: np.ndarray, chance: np.ndarray, seed: int) -> tuple[Rate, Rate, Rate]:
    """The means of the three columns of ``values`` (n, 3), with intervals from one set of resamples of the rows."""
    n = len(values)
    random = np.random.default_rng(seed)
    means = np.stack([values[random.integers(n, size=n)].mean(0) for _ in range(RESAMPLES)])
    low, high = np.percentile(means, [2.5, 97.5], axis=0)
    columns = zip(values.mean(0), low, high, chance.mean(0), strict=True)
    first, five, precision = (Rate(*(float(number) for number in column)) for column in columns)
    return first, five, precision


FEWEST = 2  # classes of two coins or more that are scored, and as many that are learnt from
WATCHED = 0.2  # of the classes that are learnt from: they decide when to stop


class TooFewClasses(CoingraphError):
    """There are not enough classes to learn from some and be scored by others."""


@dataclass(frozen=True)
class Parts:
    """The classes of a label, none of them in two parts."""

    trained: frozenset[str]
    watched: frozenset[str]
    held_out: frozenset[str]

    @property
    def seen(self) -> frozenset[str]:
        return self.trained | self.watched


def parted(labels: Sequence[str | None], share: float, seed: int) -> Parts:
    """Classes to train on, to watch, and, a ``share`` of all, to be held out; the same for the same ``seed``.

    Classes of one coin alone are parted the same way. Raises `TooFewClasses`.
    """
    sizes = Counter(label for label in labels if label is not None)
    random = np.random.default_rng(seed)
    parts: list[set[str]] = [set(), set(), set()]
    for shared in (True, False):
        names = random.permutation(sorted(name for name, size in sizes.items() if (size > 1) == shared))
        held = round(share * len(names))
        watched = max(int(shared), round(WATCHED * (len(names) - held)))
        for part, some in zip(parts, np.split(names, [len(names) - held - watched, len(names) - held]), strict=True):
            part.update(str(name) for name in some)
        if shared and (len(parts[0]) < FEWEST or (share and len(parts[2]) < FEWEST)):
            raise TooFewClasses(
                f"{len(names)} classes have two coins or more, too few to learn from some and be scored by others: "
                "take another --label, learn from the pictures alone (--label none), or learn from all and be scored "
                f"by none (--classes-held-out 0, with at least {FEWEST + 1} classes)"
            )
    return Parts(*map(frozenset, parts))


@dataclass(frozen=True)
class Gain:
    """Leave-one-out retrieval among coins of classes that were not learnt from, before and after.

    ``difference`` is that of mean average precision over classes; see `difference`.
    """

    before: Retrieval
    after: Retrieval
    difference: Rate

    @property
    def better(self) -> bool:
        """Whether it is sure beyond the choice of classes."""
        return self.difference.low > 0

    @property
    def verdict(self) -> str:
        if self.better:
            return "better than its input"
        return "no better than its input" if self.difference.value <= 0 else "not surely better than its input"


def gain(before: Likeness, after: Likeness, labels: Sequence[str | None], seed: int = 1) -> Gain:
    """Score the same coins by both; coins without a label (None) take no part. Raises `NothingToMeasure`."""
    first, second = retrieval(before, labels, seed), retrieval(after, labels, seed)
    return Gain(first, second, difference([(first, second)], seed))


def difference(splits: Sequence[tuple[Retrieval, Retrieval]], seed: int = 1) -> Rate:
    """What mean average precision over classes gained from the first to the second, with the 95 % interval of 2,000
    resamples of the classes. A class counts once: by its mean over the ``splits`` that scored it."""
    of_class: dict[str, list[float]] = {}
    for before, after in splits:
        for name, (*_, precision) in before.of_class.items():
            of_class.setdefault(name, []).append(after.of_class[name][2] - precision)
    gains = np.array([np.mean(of_class[name]) for name in sorted(of_class)])
    random = np.random.default_rng(seed)
    means = gains[random.integers(len(gains), size=(RESAMPLES, len(gains)))].mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Rate(float(gains.mean()), float(low), float(high), 0.0)
