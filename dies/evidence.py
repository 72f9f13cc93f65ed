"""How much a registration speaks for one die: log-odds of what was measured on sample hoards, where the dies are known.

Dies of one type differ by shifts and shapes of letters and motifs. A close look at many places tells them apart: from
one die all places agree within a pixel or so, where anything is to be seen; from two dies some places agree and others,
just as clear, lie elsewhere.
"""

from dataclasses import dataclass

import numpy as np

from dies import registration
from dies.registration import Registration

CLOSE = 1.5  # pixels of the fine square: a place that lies no farther off agrees
VERSION = 2  # raised when anything here changes, so that pairs are looked at anew

MEASURES = ("overall", "best", "close", "kept", "kept_squared", "close_weighted", "soft", "clear_close", "places")
#: Fitted by logistic regression on sample hoards of seeds 1 to 3, difficulties 0.3, 0.5 and 0.7, 60 coins of 6 types
#: each (`python -m benchmarks.dies --fit`): for each measure its mean and deviation there and its weight, then the
#: constant. Pairs of one die against pairs of two, nearly all of one type.
MEANS = (0.2013, 0.3397, 0.3027, 0.5314, 0.5639, 0.4173, 0.2428, 0.4061, 54.34)
DEVIATIONS = (0.145, 0.112, 0.1991, 0.2045, 0.1756, 0.2308, 0.1697, 0.244, 5.7)
WEIGHTS = (0.8544, -3.407, 1.3, 3.259, -0.1864, -1.127, 2.517, -0.1004, 0.6778)
CONSTANT = -1.306
MOST = 6.0  # log-odds: no pair speaks louder, for no fit knows that much
#: Where fewer places agree, a pair is no clear one (`dies.groups.CLEAR`) whatever the rest says: of photographs unlike
#: those of the fit, such as two blurred ones, a sum of measures may say anything.
AGREEING, DOUBTFUL = 1 / 3, 1.0
FEWEST = 12  # places that both sides must show: less proves nothing


@dataclass(frozen=True)
class Evidence:
    """What a pair says. ``log_odds`` above 0 speak for one die; ``close`` is the share of places that agree.

    ``places`` is how many places both sides show.
    """

    log_odds: float
    close: float
    places: int


def version() -> str:
    """What a pair's evidence depends on beside its photographs."""
    return f"{registration.VERSION}.{VERSION}"


def measures(found: Registration) -> np.ndarray:
    """(9,) float64, in the order of `MEASURES`.

    ``overall`` correlation; mean ``best`` correlation of the places; shares of places that lie ``close``: of all,
    weighted by the square of their best correlation, softly, and of the clearer half; how much of the best correlation
    is ``kept`` where the places should be, plain and squared; the number of ``places``, which is not none.
    """
    off, likeness, best = found.off, found.likeness, np.maximum(found.best, 1e-3)
    close = off < CLOSE
    weight = best**2
    clearer = np.argsort(-best, kind="stable")[: max(8, len(off) // 2)]
    return np.array(
        [
            found.overall,
            best.mean(),
            close.mean(),
            likeness.sum() / best.sum(),
            (np.maximum(likeness, 0) ** 2).sum() / weight.sum(),
            (weight * close).sum() / weight.sum(),
            np.exp(-(off**2) / 2).mean(),
            close[clearer].mean(),
            len(off),
        ]
    )


def evidence(found: Registration) -> Evidence:
    """What a registration says of the dies of its two sides; two that show nothing together are held apart."""
    if len(found.off) < FEWEST:
        return Evidence(-MOST, 0.0, len(found.off))
    values = measures(found)
    standard = (values - np.array(MEANS)) / np.array(DEVIATIONS)
    close = float(values[MEASURES.index("close")])
    most = MOST if close >= AGREEING else DOUBTFUL
    return Evidence(float(np.clip(standard @ np.array(WEIGHTS) + CONSTANT, -MOST, most)), close, len(found.off))
