"""What a head that learns from labels must not see, and whether learning helped there."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from errors import CoingraphError
from measure.likeness import Likeness
from measure.retrieval import RESAMPLES, Rate, Retrieval, retrieval

FEWEST = 2  # classes of two coins or more that are scored, and as many that are learnt from
WATCHED = 0.2  # of the classes that are learnt from: they tell when to stop


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

    ``difference`` of mean average precision over classes, with the 95 % interval of 2,000 resamples of the classes.
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
    gains = np.array([second.of_class[name][2] - first.of_class[name][2] for name in sorted(first.of_class)])
    random = np.random.default_rng(seed)
    means = gains[random.integers(len(gains), size=(RESAMPLES, len(gains)))].mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Gain(first, second, Rate(float(gains.mean()), float(low), float(high), 0.0))
