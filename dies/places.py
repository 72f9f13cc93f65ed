"""How much two sides laid on one another speak for one die: what a small network says of their places.

From one die all places agree where anything is to be seen, and what lies elsewhere lies anywhere. From two dies of one
type a letter or a leaf lies elsewhere as a whole, as clear as before. So at `PLACES`, 10 of 200 pixels apart, the
surroundings of the one side are looked for within `REACH` pixels on the other, and a network looks at all these
correlations together. `python -m benchmarks.places` trains it on sample hoards; `places.json` says how.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from safetensors.numpy import load

from dies.registration import CLOSE, FINE, Bank, Field, Patches, Places, Registration, Relief, register, window

ROWS, STEP = 17, 10  # places across, and how far apart, in fine pixels
REACH = 4  # fine pixels within which its counterpart is looked for
WEIGHTS = "places.safetensors"
FEWEST = 12  # places of `register` that both sides must show: less proves nothing
NOTHING = -20.0  # likeness of two sides that show too little together
#: What counts beside the network: how near the places of `register` lie to where they should, how much of the best
#: correlation near is kept there, and the best correlation itself, which is against: of two clear places more agree if
#: they are of one die. Logistic regression on pairs of one type of a sample hoard and on pairs of photographs that
#: cannot be of one die, rounded (docs/dies.md).
NEAR, KEPT, BEST = 20.0, 10.0, -20.0
SHARE = 1 / 3  # of the network in a likeness: alone it is too sure of itself
PARTS = 120  # a correlation is kept as a whole number of so many parts
LEAST = 6  # energy, as `Volume` counts it, below which a place shows nothing

_ALL = np.stack(np.meshgrid(*[np.arange(ROWS) * STEP + (FINE - (ROWS - 1) * STEP) // 2] * 2), -1).reshape(-1, 2)
_INSIDE = np.hypot(*(_ALL - FINE / 2).T) < 0.46 * FINE
PLACES = Places(_ALL[_INSIDE], 24, 4.0)
_ROW, _COLUMN = np.indices((ROWS, ROWS)).reshape(2, -1, 1)
_NINE = (_ROW + np.arange(9) // 3) * (ROWS + 2) + _COLUMN + np.arange(9) % 3  # a place and its neighbours, in `_around`


@dataclass(frozen=True)
class Evidence:
    """What a pair shows: its ``likeness``, the share of its places that lie ``close``, and how many ``places`` both
    sides show. Where these are fewer than `FEWEST`, the likeness is `NOTHING`.

    Chance gives a likeness of 2 give or take 1, one die of 8 give or take 3: what it is worth, the collection says
    (`dies.decoys`).
    """

    likeness: float
    close: float
    places: int


def laid(spectra: Bank, one: Relief, two: Relief) -> Evidence:
    """What two sides show, laid on one another; ``spectra`` is the `dies.registration.bank` of the first."""
    return evidence(register(spectra, one, two), two)


def evidence(found: Registration, two: Relief) -> Evidence:
    """What the registration of a side with ``two`` says."""
    if len(found.off) < FEWEST:
        return Evidence(NOTHING, 0.0, len(found.off))
    off, best = found.off, np.maximum(found.best, 1e-3)
    near, kept = np.exp(-(off**2) / 2).mean(), found.likeness.sum() / best.sum()
    plain = NEAR * near + KEPT * kept + BEST * best.mean()
    likeness = (1 - SHARE) * plain + SHARE * _network().likeness(volume(found.moved, two.places))
    return Evidence(float(max(likeness, NOTHING)), float((off < CLOSE).mean()), len(off))


def volume(one: Field, two: Field) -> np.ndarray:
    """Of each place (`ROWS`, `ROWS`) int8: its correlations at all shifts within `REACH`, row after row, in `PARTS`,
    then the energy of both sides, as 20 times a logarithm to the base of two: ((2 `REACH` + 1)² + 2, …)."""
    sides = Patches.of(one.values, PLACES, one.step), two.patches(PLACES)
    found = sides[0].correlations(sides[1], REACH)
    seen = np.zeros(((2 * REACH + 1) ** 2 + 2, len(_ALL)), np.int8)
    seen[:-2, _INSIDE] = np.round(found.reshape(len(found), -1).T * PARTS).clip(-127, 127)
    counted = window(PLACES.patch, PLACES.deviation).sum()
    for row, side in zip((-2, -1), sides, strict=True):
        seen[row, _INSIDE] = np.round(20 * np.log2(1 + 4 * side.energy / counted)).clip(0, 127)
    return seen.reshape(-1, ROWS, ROWS)


def shown(seen: np.ndarray) -> np.ndarray:
    """Which places both sides of volumes (…, channels, `ROWS`, `ROWS`) show, (…, `ROWS`, `ROWS`) bool."""
    return (seen[..., -2, :, :] > LEAST) & (seen[..., -1, :, :] > LEAST) & _INSIDE.reshape(ROWS, ROWS)


@dataclass(frozen=True)
class Weights:
    """The network of `benchmarks.places` after its training, in numpy: four layers and two ways to sum up a pair."""

    of: dict[str, np.ndarray]

    def likeness(self, seen: np.ndarray) -> float:
        """Of a `volume`."""
        mask = shown(seen).reshape(-1, 1)
        if not mask.any():
            return NOTHING
        correlations = seen[:-2].reshape(len(seen) - 2, -1).T / np.float32(PARTS / 2)
        energy = seen[-2:].reshape(2, -1).T / np.float32(30)
        best, here = correlations.max(1, keepdims=True), correlations[:, [correlations.shape[1] // 2]]
        x = np.hstack([correlations, energy, best, here, best - here]) * mask
        for layer in ("first", "second"):
            x = np.maximum(self._linear(layer, x), 0) * mask
        for layer in ("third", "fourth"):
            x = x + np.maximum(self._linear(layer, _around(x)), 0) * mask
        told = self._linear("counts", x)[mask[:, 0]]
        share = np.exp(told - told.max())
        weighed = (self._linear("says", x)[mask[:, 0]] * share).sum(0) / share.sum()
        pair = np.maximum(self._linear("pair", np.r_[weighed, x.sum(0) / mask.sum()]), 0)
        return float(self._linear("likeness", pair)[0])

    def _linear(self, layer: str, x: np.ndarray) -> np.ndarray:
        return x @ self.of[f"{layer}.weight"].T + self.of[f"{layer}.bias"]


def _around(x: np.ndarray) -> np.ndarray:
    """Each place (places, channels) with its eight neighbours, row after row: (places, 9 channels)."""
    padded = np.zeros((ROWS + 2, ROWS + 2, x.shape[1]), x.dtype)
    padded[1:-1, 1:-1] = x.reshape(ROWS, ROWS, -1)
    return padded.reshape(-1, x.shape[1])[_NINE].reshape(len(x), -1)


@cache
def _network() -> Weights:
    return Weights(load((files("dies") / WEIGHTS).read_bytes()))
