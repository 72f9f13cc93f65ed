"""How far the likeness of two sides can be believed in one collection: told by pairs that cannot be of one die.

Two groups (Efron, Large-Scale Inference, 2010, chapters 2 and 6): of the pairs that may be of one die a share is, and
the rest are alike by chance. Decoys, which are pairs of the same coins, cameras and wear, give the shape of chance with
its tail: a normal distribution with an exponential right side. Two dies of one type are more alike than sides of two
types, so the pairs themselves tell how far this shape is moved and stretched for them. How alike pairs of one die are
is known from sample hoards, and their mean is fitted to the collection. Where there are few decoys, chance is what it
is in most collections (`CHANCE`).
"""

import random
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dies.groups import Pair
from dies.places import NOTHING

#: Of decoys' likeness: place and deviation of the normal part, mean of the exponential part (logarithms but the first);
#: and how far each differs between collections.
CHANCE, CHANCE_DIFFERS = np.array([1.2, -0.15, -0.7]), np.array([0.5, 0.25, 0.5])
#: How many deviations other pairs lie above decoys, and by what factors both parts are wider (logarithms); and how far
#: these differ between collections and faces.
MOVED, MOVED_DIFFERS = np.array([0.35, 0.2, 0.2]), np.array([0.4, 0.15, 0.4])
SAME, SAME_DIFFERS = 8.0, 1.0  # likeness of pairs of one die, and how far its mean differs between collections
SAME_DEVIATION = 3.3  # of such pairs in one collection
FIRST_SHARE = 0.01  # of pairs from one die, with which the search begins
ENOUGH = 300  # decoys of a face: more change nothing that can be seen
UNSURE = re.compile(r"[\[\](){}<>?…]|\.\.|--")  # what was not read, or was filled in by an editor
FEWEST = 100  # decoys that tell where a list of verified pairs begins: with fewer nothing is verified
FALSE = 0.1  # of the verified pairs at most, to be expected
LIKELIEST = 6.0  # log-odds: no fit knows more
STEP = 2  # digits of a likeness that matter to the fit


@dataclass(frozen=True)
class Catalogued:
    """What the catalogue says of a side: the legend that it bears, and the coin's type unless that is in doubt."""

    legend: str | None
    type: str | None

    @cached_property
    def letters(self) -> str | None:
        """The letters of a legend that was read whole; V for U and I for J, as they were cut."""
        if not self.legend or UNSURE.search(self.legend):
            return None
        return "".join(filter(str.isalpha, self.legend.upper())).replace("U", "V").replace("J", "I") or None

    def differs(self, other: "Catalogued") -> str | None:
        """Why this side and another can hardly be of one die: `legend`, `type`, or None where nothing says so.

        One die may have struck two types, which differ on the other side: where both legends are known, they decide.
        """
        if self.letters and other.letters:
            return "legend" if self.letters != other.letters else None
        return "type" if self.type and other.type and self.type != other.type else None


@dataclass(frozen=True)
class Chance:
    """Likeness by chance: an exponentially modified normal distribution."""

    place: float
    deviation: float
    mean: float  # of the exponential part

    def log_density(self, values: np.ndarray) -> np.ndarray:
        from scipy.special import log_ndtr

        z, bend = (values - self.place) / self.deviation, self.deviation / self.mean
        return bend**2 / 2 - z * bend + log_ndtr(z - bend) - np.log(self.mean)

    def moved(self, by: float, wider: float, longer: float) -> "Chance":
        """So many of its deviations higher, its parts so many times as wide."""
        middle = self.place + self.mean + by * np.hypot(self.deviation, self.mean)
        return Chance(middle - longer * self.mean, wider * self.deviation, longer * self.mean)


@dataclass(frozen=True)
class TwoGroups:
    """Pairs of which a ``share`` is from one die, whose likeness is ``same`` on the mean; the others are alike by
    ``chance``."""

    chance: Chance
    share: float
    same: float

    def log_ratio(self, values: np.ndarray) -> np.ndarray:
        """(m,) how much likelier these likenesses are among pairs of one die than among others, as logarithms.

        It never falls as likeness grows: a pair more alike than most of one die is no less one of them.
        """
        grid = np.linspace(-10.0, 20.0, 3000)
        ratio = same_density(grid, self.same) - self.chance.log_density(grid)
        least = int(ratio.argmin())
        ratio = np.maximum.accumulate(np.r_[np.full(least, ratio[least]), ratio[least:]])
        return np.interp(values, grid, ratio)

    def log_odds(self, values: np.ndarray) -> np.ndarray:
        """(m,) that pairs of these likenesses are from one die, from -`LIKELIEST` to `LIKELIEST`."""
        if not self.share > 0:
            return np.full(len(values), -LIKELIEST)
        odds = self.log_ratio(values) + np.log(self.share / (1 - self.share))
        return np.clip(odds, -LIKELIEST, LIKELIEST)


def same_density(values: np.ndarray, same: float) -> np.ndarray:
    """The logarithm of the density of likeness among pairs of one die, which is ``same`` on the mean."""
    return -(((values - same) / SAME_DEVIATION) ** 2) / 2 - np.log(SAME_DEVIATION * np.sqrt(2 * np.pi))


def fit(values: np.ndarray, decoys: np.ndarray) -> tuple[TwoGroups, TwoGroups]:
    """The two groups of pairs that may be of one die, (m,) likenesses, and those of ``decoys`` (k,).

    Among decoys too some may be of one die, where a catalogue errs. The likeliest numbers are taken, what is known of
    other collections counting as much as their spread allows (maximum a posteriori).
    """

    def by_chance(numbers: np.ndarray) -> Chance:
        return Chance(numbers[0], np.exp(numbers[1]), np.exp(numbers[2]))

    def moved(numbers: np.ndarray) -> Chance:
        return of_decoys.chance.moved(numbers[0], *np.exp(numbers[1:3]))

    of_decoys = _likeliest(by_chance, decoys, CHANCE, CHANCE_DIFFERS)
    return _likeliest(moved, values, MOVED, MOVED_DIFFERS), of_decoys


def _likeliest(
    chance: Callable[[np.ndarray], Chance], values: np.ndarray, known: np.ndarray, differs: np.ndarray
) -> TwoGroups:
    """The two groups that make the values likeliest; the numbers of ``chance`` are ``known`` to what they differ by,
    and so is the mean likeness of one die."""
    from scipy.optimize import minimize
    from scipy.special import expit

    known, differs = np.r_[known, SAME], np.r_[differs, SAME_DIFFERS]
    values, times = np.unique(np.round(values, STEP), return_counts=True)

    def unlikely(numbers: np.ndarray) -> float:
        share = np.clip(expit(numbers[-1]), 1e-12, 1 - 1e-12)
        same = same_density(values, numbers[-2])
        both = np.logaddexp(np.log(share) + same, np.log1p(-share) + chance(numbers).log_density(values))
        return -float(times @ both) + float((((numbers[:-1] - known) / differs) ** 2).sum()) / 2

    start = [*known, np.log(FIRST_SHARE)]
    best = minimize(unlikely, start, method="Nelder-Mead", options={"maxiter": 4000, "xatol": 1e-4, "fatol": 1e-4}).x
    return TwoGroups(chance(best), float(expit(best[-1])), float(best[-2]))


def least_sure(values: np.ndarray, decoys: np.ndarray) -> float | None:
    """The value from which on at most `FALSE` of the pairs (m,) are expected to be alike by chance.

    That is told by ``decoys`` (k,), as if all pairs were alike by chance; one more than there are is held to be above
    any value, so that few decoys promise little. None where no value is so sure, or with fewer decoys than `FEWEST`.
    """
    if len(decoys) < FEWEST:
        return None
    levels, values, decoys = np.unique(values), np.sort(values), np.sort(decoys)
    above = len(values) - np.searchsorted(values, levels)
    chance = (len(decoys) - np.searchsorted(decoys, levels) + 1) / (len(decoys) + 1)
    sure = levels[len(values) * chance <= FALSE * above]
    return float(sure.min()) if len(sure) else None


@dataclass(frozen=True)
class Judgement:
    """What pairs say in one collection: log-odds, and why some can hardly be of one die: `legend` or `type`.

    ``share`` of the pairs that may be of one die are; ``decoys`` pairs told what chance does. ``log_ratios`` are what
    these pairs show by themselves (`TwoGroups.log_ratio`).
    """

    log_odds: dict[Pair, float]
    against: dict[Pair, str]
    share: float
    decoys: int
    log_ratios: dict[Pair, float]

    @property
    def barred(self) -> set[Pair]:
        """The pairs that are never linked: their legends differ."""
        return {pair for pair, why in self.against.items() if why == "legend"}


def worth_a_look(
    pairs: Iterable[Pair], near: Collection[Pair], of: Mapping[str, Catalogued], known: Iterable[Pair]
) -> list[Pair]:
    """The pairs that may be of one die, and of those that the catalogue tells apart enough to tell chance.

    Told apart are most pairs of a large collection. Beside the ``near`` ones, where a catalogue that errs would show,
    so many are drawn that there are `ENOUGH` with those ``known``.
    """

    def apart(pair: Pair) -> bool:
        return of[pair[0]].differs(of[pair[1]]) is not None

    ordered = sorted(pairs)
    others = [pair for pair in ordered if pair not in near and apart(pair)]
    chosen = [pair for pair in ordered if pair in near or not apart(pair)]
    lacking = ENOUGH - sum(map(apart, known)) - sum(map(apart, chosen))
    return chosen + random.Random(0).sample(others, min(max(lacking, 0), len(others)))


def judge(likeness: Mapping[Pair, float], of: Mapping[str, Catalogued], mirrored: Sequence[float] = ()) -> Judgement:
    """Judge pairs by their likeness, in a collection whose sides are catalogued so.

    Pairs that differ in legend or type are decoys; ``mirrored`` are likenesses of pairs one of which was mirrored,
    where there are too few of the former. Pairs that show nothing are held apart and take no part in the fit.
    """
    against = {pair: why for pair in likeness if (why := of[pair[0]].differs(of[pair[1]]))}
    seen = [pair for pair, value in likeness.items() if value > NOTHING]
    alike, apart = [pair for pair in seen if pair not in against], [pair for pair in seen if pair in against]
    values, decoys = np.array([likeness[pair] for pair in alike]), np.array([likeness[pair] for pair in apart])
    others = np.array([value for value in mirrored if value > NOTHING])
    of_pairs, of_decoys = fit(values, np.r_[decoys, others])
    log_odds = dict.fromkeys(likeness, -LIKELIEST)
    log_odds |= dict(zip(alike, of_pairs.log_odds(values).tolist(), strict=True))
    log_odds |= dict(zip(apart, of_decoys.log_odds(decoys).tolist(), strict=True))
    ratios = dict(zip(alike, of_pairs.log_ratio(values).tolist(), strict=True))
    return Judgement(log_odds, against, of_pairs.share, len(decoys) + len(others), ratios)
