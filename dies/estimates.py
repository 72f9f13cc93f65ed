"""How many dies an issue was struck from, by those that its surviving coins show.

Of ``n`` coins that show ``d`` dies, ``d1`` of them on one coin only and ``d2`` on two:

- *Coverage*, the share of the issue that was struck from dies seen: 1 - d1/n (Good 1953), its 95 % interval by
  Esty, How to estimate the original number of dies and the coverage of a sample, Numismatic Chronicle 166 (2006).
- *Carter*, A simplified method for calculating the original number of dies from die link statistics, ANS Museum
  Notes 28 (1983): dies differ moderately in what they struck (gamma distribution of shape 2).
- *Esty*, The geometric model for estimating the number of dies, in: de Callatay (ed.), Quantifying Monetary Supplies in
  Greco-Roman Times (2011): dies differ much (geometric distribution, shape 1).

Both intervals are exact under the distribution that the estimate assumes: the numbers of dies under which neither so
few nor so many dies would show in less than 2.5 % of samples. Where links are not sure they reach as far as those of
dies that are drawn anew by how sure they are (`dies.redraw`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

CARTER = ((2.0, 1.214, 1.197), (3.0, 1.124, 1.016), (math.inf, 1.069, 0.843))  # coins a die below, and two factors
CARTER_SHAPE, ESTY_SHAPE = 2.0, 1.0  # of the distribution of a die's output
TAIL = 0.025
WIDEST = 10.0  # times the lower end: an interval that reaches farther estimates nothing
MOST = 1_000_000  # dies: an interval that reaches so far has no upper end


@dataclass(frozen=True)
class Estimate:
    """An estimated number of dies and its 95 % interval; ``high`` is None where the coins set no upper end.

    ``dies`` is None where the interval has no upper end, or one more than `WIDEST` times the lower: such coins tell no
    more than that there were so many dies at least.
    """

    dies: float | None
    low: float
    high: float | None


@dataclass(frozen=True)
class DieCount:
    """What an issue's coins say: ``coins`` of which a die is known, ``dies`` seen, ``singletons`` seen on one coin.

    ``coverage`` is a share from 0 to 1 with its 95 % interval, whose ends are None where every die was seen once, or
    none once or twice: there the formula knows no spread. Below two coins a die all of it is vague. ``dies_low`` and
    ``dies_high`` are how many dies the coins may show, as far as their links are sure (95 %).
    """

    coins: int
    dies: int
    singletons: int
    coverage: float
    coverage_low: float | None
    coverage_high: float | None
    carter: Estimate
    esty: Estimate
    dies_low: int
    dies_high: int


def count_dies(sizes: Sequence[int], redrawn: Sequence[int] = ()) -> DieCount:
    """From the number of coins of each die that was seen; at least one die, each with at least one coin.

    ``redrawn`` are the numbers of dies that the same coins show where links are drawn by their probability.
    """
    n, d = int(sum(sizes)), len(sizes)
    shown = sorted({*(int(np.quantile(redrawn, tail)) for tail in (TAIL, 1 - TAIL) if len(redrawn)), d})
    d1, d2 = sum(size == 1 for size in sizes), sum(size == 2 for size in sizes)
    coverage = 1 - d1 / n
    spread = 2 / n * math.sqrt(max(d1 + 2 * d2 - d1**2 / n, 0.0))
    return DieCount(
        coins=n,
        dies=d,
        singletons=d1,
        coverage=coverage,
        coverage_low=max(coverage - spread, 0.0) if spread else None,
        coverage_high=min(coverage + spread, 1.0) if spread else None,
        carter=_estimate(carter(n, d), n, shown, CARTER_SHAPE),
        esty=_estimate(esty(n, d), n, shown, ESTY_SHAPE),
        dies_low=shown[0],
        dies_high=shown[-1],
    )


def _estimate(dies: float | None, n: int, shown: Sequence[int], shape: float) -> Estimate:
    low, high = interval(n, shown[0], shape)[0], interval(n, shown[-1], shape)[1]
    return Estimate(None if high is None or high > WIDEST * low else dies, low, high)


def carter(n: int, d: int) -> float | None:
    """Carter's estimate; None where each coin has its own die, for which the formula was not made."""
    if d >= n:
        return None
    one, other = next((one, other) for below, one, other in CARTER if n / d < below)
    return n * d / (one * n - other * d)


def esty(n: int, d: int) -> float | None:
    """Esty's estimate under the geometric model; None where each coin has its own die."""
    return n * d / (n - d) if d < n else None


@cache
def interval(n: int, d: int, shape: float) -> tuple[float, float | None]:
    """The 95 % interval of the number of dies where their outputs have a gamma distribution of this shape."""
    low = _boundary(n, d, shape, few=False)
    high = _boundary(n, d, shape, few=True)
    return float(low or d), None if high is None else float(high)


def _boundary(n: int, d: int, shape: float, few: bool) -> int | None:
    """The fewest dies (or the most, with ``few``) of which ``d`` could show on ``n`` coins; None for no end."""

    def possible(dies: int) -> bool:
        chances = seen(n, dies, shape)
        tail = chances[: d + 1].sum() if few else chances[d:].sum()
        return bool(tail >= TAIL)

    if not few and possible(d):
        return d
    # Ever more dies make so many easier to see and so few harder.
    near, far = d, 2 * d + 1
    while possible(far) == few:
        near, far = far, 2 * far
        if far > MOST:
            return None
    while far - near > 1:
        middle = (near + far) // 2
        near, far = (middle, far) if possible(middle) == few else (near, middle)
    return near if few else far


def seen(n: int, dies: int, shape: float) -> np.ndarray:
    """(n + 1,) the chances that ``n`` coins show 0, 1, 2 … of so many dies.

    Coin after coin: the next is of a die not seen before with the chance that Polya's urn gives it.
    """
    chances = np.zeros(n + 1)
    chances[0] = 1.0
    known = np.arange(n + 1)
    for coin in range(n):
        new = np.clip(shape * (dies - known) / (shape * dies + coin), 0.0, 1.0)
        moved = chances * new
        chances = chances - moved
        chances[1:] += moved[:-1]
    return chances
