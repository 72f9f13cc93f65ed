"""How probable it is that two coins are of one type: fitted where types are known, and checked on coins not fitted on.

Evidence is what is known of a pair: a column for each face (and space), the higher the more alike, NaN where a coin
lacks the side. The log-odds are a sum of one bent line for each column (logistic regression on linear splines), so that
each face has a weight of its own: a worn reverse, which coins of one type often have, takes little from a clear
obverse. What is unknown has no say: each set of columns that occurs has a fit of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from errors import CoingraphError

KNOTS = (1.0, 2.0)  # where the lines may bend: of percentiles' weights, the closest tenth and the closest hundredth
FOLDS = 5
LEAST = 10  # pairs of one type, and as many of two, before anything is fitted
MOST_PAIRS = 200_000  # pairs that a fit takes, drawn where there are more
BINS = 10
GEOMETRY = ("inliers", "places", "letters")  # of what `match` says of a pair, what is evidence


class TooFewPairs(CoingraphError):
    """Too few pairs of known type to fit a probability to."""


class SameType:
    """The log-odds that two coins are of one type, fitted on pairs of known types.

    ``evidence`` is (m, f), NaN where unknown, ``same`` (m,) whether the two are of one type. Pairs of which only some
    columns are known are judged by a fit on those columns of all pairs that have them; by the share of pairs of one
    type where fewer than `LEAST` of each kind have them. Raises `TooFewPairs`.
    """

    def __init__(self, evidence: np.ndarray, same: np.ndarray, seed: int = 1):
        right = int(np.count_nonzero(same))
        if min(right, len(same) - right) < LEAST:
            raise TooFewPairs(
                f"of the pairs to learn from {right} are of one type and {len(same) - right} of two; {LEAST} of each "
                "are needed. Ingest a table that gives the types of more coins, or link with a larger --top"
            )
        if len(same) > MOST_PAIRS:
            drawn = np.random.default_rng(seed).choice(len(same), MOST_PAIRS, replace=False)
            evidence, same = evidence[drawn], same[drawn]
        self._evidence, self._same = evidence, same.astype(bool)
        self._known = ~np.isnan(evidence)
        self._fits: dict[tuple[int, ...], Any] = {}

    def log_odds(self, evidence: np.ndarray) -> np.ndarray:
        """(m,) float64 for pairs (m, f)."""
        found = np.empty(len(evidence))
        for columns, rows in _by_columns(evidence):
            fit = self._fit(columns)
            found[rows] = fit.decision_function(bent(evidence[rows][:, columns])) if fit else self._base
        return found

    def probability(self, evidence: np.ndarray) -> np.ndarray:
        """(m,) float64 from 0 to 1."""
        from scipy.special import expit

        return expit(self.log_odds(evidence))

    @cached_property
    def _base(self) -> float:
        share = self._same.mean()
        return float(np.log(share / (1 - share)))

    def _fit(self, columns: tuple[int, ...]) -> Any:
        """A fitted `sklearn.linear_model.LogisticRegression` on some columns; None where nothing can be fitted."""
        from sklearn.linear_model import LogisticRegression

        if columns not in self._fits:
            rows = self._known[:, columns].all(1)
            same = self._same[rows]
            enough = bool(columns) and min(same.sum(), (~same).sum()) >= LEAST
            model = LogisticRegression(max_iter=500)
            with threadpool_limits(1):  # on matrices this small, more threads take ten times the processor time
                self._fits[columns] = model.fit(bent(self._evidence[rows][:, columns]), same) if enough else None
        return self._fits[columns]


def _by_columns(evidence: np.ndarray) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
    """Which columns are known, and the rows of which they are."""
    patterns, which = np.unique(~np.isnan(evidence), axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        yield tuple(np.flatnonzero(pattern).tolist()), np.flatnonzero(which.reshape(-1) == number)


def bent(evidence: np.ndarray) -> np.ndarray:
    """(m, f) as the basis of linear splines, (m, 3 f)."""
    return np.hstack([evidence, *(np.maximum(evidence - knot, 0) for knot in KNOTS)])


def geometry_evidence(name: str, values: np.ndarray) -> np.ndarray:
    """What `match` found (`GEOMETRY`) as a column of evidence: inliers by their power of ten, places as they are."""
    return np.log10(1 + values) if name == "inliers" else values


def fold_of(pieces: np.ndarray, seed: int = 1) -> np.ndarray:
    """Deal coins into `FOLDS` folds: (n,) int; coins of one piece (a photograph that is there twice) into the same."""
    kinds, piece = np.unique(pieces, return_inverse=True)
    return (np.random.default_rng(seed).permutation(len(kinds)) % FOLDS)[piece]


@dataclass(frozen=True)
class LabelledPairs:
    """Pairs of coins (places, (m,) each), what is known of them, and whether they are of one type (NaN: unknown)."""

    first: np.ndarray
    second: np.ndarray
    evidence: np.ndarray
    same: np.ndarray

    @property
    def judged(self) -> np.ndarray:
        return ~np.isnan(self.same)


def cross_fitted(pairs: LabelledPairs, fold: np.ndarray) -> np.ndarray:
    """The probability that each pair is of one type, (m,): where types are known, by a fit that saw neither coin.

    Other pairs get the fit on all pairs of known types, among which they are taken to be like these. Raises
    `TooFewPairs`.
    """
    judged = pairs.judged
    everything = SameType(pairs.evidence[judged], pairs.same[judged])
    found = np.empty(len(pairs.same))
    found[~judged] = everything.probability(pairs.evidence[~judged])
    one, two = fold[pairs.first], fold[pairs.second]
    low, high = np.minimum(one, two), np.maximum(one, two)
    for a in range(FOLDS):
        for b in range(a, FOLDS):
            here = judged & (low == a) & (high == b)
            if here.any():
                seen = judged & ~np.isin(one, (a, b)) & ~np.isin(two, (a, b))
                found[here] = SameType(pairs.evidence[seen], pairs.same[seen]).probability(pairs.evidence[here])
    return found


@dataclass(frozen=True)
class Bin:
    """Predictions of about the same size: how many, their mean, and how often what they predict was so, with the 95 %
    interval of that share (Wilson 1927)."""

    number: int
    predicted: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True)
class Reliability:
    """Predicted against observed frequency. ``brier`` is the mean squared error (Brier 1950, 0 is perfect);
    ``brier_base`` that of giving every pair the share of what was so (``base``)."""

    what: str
    number: int
    base: float
    brier: float
    brier_base: float
    bins: list[Bin]

    @property
    def error(self) -> float:
        """The mean distance of predicted and observed shares over bins (expected calibration error)."""
        return sum(abs(one.predicted - one.observed) * one.number for one in self.bins) / max(self.number, 1)

    def row(self) -> dict[str, Any]:
        return {
            "of": self.what,
            "number": self.number,
            "share": self.base,
            "Brier": self.brier,
            "Brier of the share": self.brier_base,
            "calibration error": self.error,
        }


def reliability(what: str, predicted: np.ndarray, so: np.ndarray) -> Reliability:
    """Compare probabilities (m,) with what was so (m,), in `BINS` bins of equal width."""
    so = so.astype(float)
    base = float(so.mean()) if len(so) else 0.0
    place = np.minimum((predicted * BINS).astype(int), BINS - 1)
    bins = [_bin(predicted[place == number], so[place == number]) for number in np.unique(place)]
    brier = float(np.mean((predicted - so) ** 2)) if len(so) else 0.0
    return Reliability(what, len(so), base, brier, base * (1 - base), bins)


def _bin(predicted: np.ndarray, so: np.ndarray) -> Bin:
    from scipy.stats import binomtest

    interval = binomtest(int(so.sum()), len(so)).proportion_ci(method="wilson")
    return Bin(len(so), float(predicted.mean()), float(so.mean()), float(interval.low), float(interval.high))


def auroc(known: Sequence[float] | np.ndarray, unknown: Sequence[float] | np.ndarray) -> float:
    """The chance that a number of ``unknown`` is higher than one of ``known``; 0.5 is chance."""
    from sklearn.metrics import roc_auc_score

    truth = np.concatenate([np.zeros(len(known)), np.ones(len(unknown))])
    return float(roc_auc_score(truth, np.concatenate([known, unknown])))
