"""Laying one side on another by all of its relief, so that places can be compared.

Light from another side moves highlights and turns slopes dark, but a ridge keeps its direction. So a side is looked at
as a field of directions without sign: the doubled angle of the grey values' gradient, as complex numbers whose size is
the contrast, evened out. The field of one side is turned, scaled and shifted over the other's by Fourier transforms
(Reddy and Chatterji 1996, with spectra half-whitened; all turns and scales by low frequencies, and the best of them by
all), and then fitted place by place, first at half the size.

Dies of one type differ by shifts and shapes of letters and motifs. From one die all places agree within a pixel or so,
where anything is to be seen; from two dies some places agree and others, just as clear, lie elsewhere.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import cv2
import numpy as np
from scipy import fft

COARSE = 80  # pixels of the square in which turn, scale and shift are looked for
FINE = 200  # and of that in which places are compared; distances here are in its pixels
TURNS = np.arange(-68, 69, 4)  # degrees
SCALES = np.array([0.86, 0.92, 0.98, 1.04, 1.10, 1.17])
REACH = 12  # coarse pixels that one coin may be shifted against the other: 15 %
LOW = 32  # of the COARSE frequencies of a spectrum, by which all turns and scales are looked through
LOOKED_AT = 16  # turns and scales that are then looked at by all frequencies
TRIED = 3  # alignments from the coarse look that are tried closely, at half the size
#: Fits at half the size, of all that are tried and of the best, and at full size: pixels within which places look for
#: their counterpart, and how far from the fit a place may lie to take part in it.
FIRST, SECOND, LAST = (8, 3.0), (6, 2.0), (4, 1.5)
SQUEEZE = 1.15  # how much longer one way than the other a side may become in a fit, as by a camera 30 degrees aside
LEAST_ENERGY = 0.2  # of the mean of all places: a place that shows less is not seen
UNIT = 60  # a number of a field is kept as a whole number of so many parts; none is above 2
RELIEF_VERSION = 1  # raised when reliefs change, so that those kept before are made again
CLOSE = 1.5  # pixels of the fine square: a place that lies no farther off agrees
EVIDENCE_VERSION = 7  # raised when registration or `dies.places` change, so that pairs are registered again


@dataclass(frozen=True, eq=False)
class Places:
    """Places of a side whose surroundings are compared: ``at`` (places, 2), x and y in fine pixels; ``patch`` pixels
    around each, weighted to their middle with this ``deviation``."""

    at: np.ndarray
    patch: int
    deviation: float


_GRID = np.stack(np.meshgrid(*[np.linspace(0.1, 0.9, 9) * FINE] * 2), -1).reshape(-1, 2)
PLACES = Places(np.round(_GRID[np.hypot(*(_GRID - FINE / 2).T) < 0.45 * FINE]).astype(int), 32, 6.4)


@dataclass(frozen=True)
class Relief:
    """A side as fields of directions: ``coarse`` (COARSE, COARSE) and ``fine`` (FINE, FINE), both complex64."""

    coarse: np.ndarray
    fine: np.ndarray

    @property
    def bytes(self) -> int:
        """With what comparing makes of it and holds."""
        return 3 * self.coarse.nbytes + 10 * self.fine.nbytes

    @cached_property
    def places(self) -> "Field":
        """The fine field, to be compared place by place."""
        return Field(self.fine)

    @cached_property
    def spectra(self) -> tuple[np.ndarray, np.ndarray]:
        """What a `Bank` is compared with: B(k) and conj(B(-k)), (2, COARSE, half + 1), and the low ones alone."""
        spectrum = _half_white(fft.fft2(self.coarse, workers=1))
        whole = np.stack([spectrum[:, : COARSE // 2 + 1], np.conj(_reflected(spectrum))])
        return whole, _low(whole)

    @cached_property
    def half(self) -> "Field":
        """The same at half its size."""
        parts = self.fine.view(np.float32).reshape(FINE, FINE, 2)
        return Field(cv2.resize(parts, (FINE // 2,) * 2, interpolation=cv2.INTER_AREA).view(np.complex64)[..., 0])

    def packed(self) -> dict[str, np.ndarray]:
        """What is kept in a file: whole numbers of 1/`UNIT`, an eighth of the size."""
        fields = {"coarse": self.coarse, "fine": self.fine}
        return {
            name: np.round(np.stack([field.real, field.imag]) * UNIT).clip(-127, 127).astype(np.int8)
            for name, field in fields.items()
        }

    @classmethod
    def unpacked(cls, arrays: "dict[str, np.ndarray]") -> "Relief":
        parts = {name: arrays[name].astype(np.float32) / UNIT for name in ("coarse", "fine")}
        return cls(**{name: (part[0] + 1j * part[1]).astype(np.complex64) for name, part in parts.items()})

    def mirrored(self) -> "Relief":
        """Left to right; the doubled angle of a direction then changes its sign."""
        return Relief(np.conj(self.coarse[:, ::-1]), np.conj(self.fine[:, ::-1]))

    @classmethod
    def of(cls, grey: np.ndarray, inside: np.ndarray) -> "Relief":
        """Of a `dies.match.coin_square`."""
        return cls(_directions(grey, inside, COARSE, 0.7), _directions(grey, inside, FINE, 1.0))


@dataclass(frozen=True)
class Registration:
    """How well two sides lie on each other.

    ``transform`` (2, 3) takes pixels of the first side's fine square to the second's, ``moved`` is the first side's
    fine field under it. ``off`` (places,) is how many pixels each place of `PLACES` that both sides show lies off it,
    ``likeness`` (places,) the correlation there, ``best`` (places,) the highest correlation near, ``places``
    (places, 2) where they are, x and y in fine pixels.
    """

    transform: np.ndarray
    moved: "Field"
    off: np.ndarray
    likeness: np.ndarray
    best: np.ndarray
    places: np.ndarray


def _directions(grey: np.ndarray, inside: np.ndarray, size: int, blur: float) -> np.ndarray:
    """A field of directions in a square of ``size`` pixels, looked at through a blur (deviation in pixels)."""
    picture: np.ndarray = cv2.resize(grey, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)
    coin = cv2.resize(inside.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
    picture = cv2.GaussianBlur(picture, (0, 0), blur)
    x, y = cv2.Sobel(picture, cv2.CV_32F, 1, 0), cv2.Sobel(picture, cv2.CV_32F, 0, 1)
    rim = max(3, int(0.05 * size) | 1)
    inner = cv2.erode((coin > 0.5).astype(np.uint8), np.ones((rim, rim), np.uint8), borderValue=0)
    core = cv2.GaussianBlur(inner.astype(np.float32), (0, 0), 1.0)
    strength = np.hypot(x, y)
    near = size / 16
    around = cv2.GaussianBlur(strength**2 * core, (0, 0), near) / np.maximum(cv2.GaussianBlur(core, (0, 0), near), 1e-3)
    usual = float((strength**2 * core).sum() / max(core.sum(), 1e-6))
    size_of = np.minimum(strength / (np.sqrt(around) + 0.15 * usual**0.5 + 1e-6), 2.0) * core
    unit = (x + 1j * y) / np.maximum(strength, 1e-6)
    return (size_of * unit**2).astype(np.complex64)


@dataclass(frozen=True)
class Field:
    """A field of directions: ``values`` (n, n) complex64."""

    values: np.ndarray

    @property
    def size(self) -> int:
        return len(self.values)

    @property
    def step(self) -> int:
        """Fine pixels from one pixel to the next."""
        return FINE // self.size

    @cached_property
    def power(self) -> float:
        return float(np.vdot(self.values, self.values).real)

    @cached_property
    def _wide(self) -> np.ndarray:
        """(n, n, 4) float32, two numbers a pixel beside two zeros: OpenCV moves four faster than two."""
        return np.stack([self.values, np.zeros_like(self.values)], -1).view(np.float32)

    def patches(self, places: Places) -> "Patches":
        """The surroundings of places, made once."""
        if places not in self._patches:
            self._patches[places] = Patches.of(self.values, places, self.step)
        return self._patches[places]

    @cached_property
    def _patches(self) -> "dict[Places, Patches]":
        return {}

    def moved(self, transform: np.ndarray) -> np.ndarray:
        """The values under a transform of their own pixels, which turns the directions too."""
        wide = cv2.warpAffine(self._wide, transform, (self.size, self.size), flags=cv2.INTER_LINEAR)
        turn = np.exp(2j * np.arctan2(transform[1, 0], transform[0, 0]))
        return wide.view(np.complex64)[..., 0] * np.complex64(turn)

    def under(self, transform: np.ndarray) -> "Field":
        """The field under a transform of fine pixels."""
        middle = (self.step - 1) / 2  # of the first pixel, in fine ones
        own = transform.copy()
        own[:, 2] = (transform[:, :2].sum(1) * middle + transform[:, 2] - middle) / self.step
        return Field(self.moved(own))


@dataclass(frozen=True)
class Patches:
    """The surroundings of places in a field: their ``spectra`` (places, n, n) complex64 and ``energy`` (places,)."""

    spectra: np.ndarray
    energy: np.ndarray

    @classmethod
    def of(cls, field: np.ndarray, places: Places, step: int) -> "Patches":
        size = places.patch // step
        x, y = _places(places, step).T - size // 2
        # What numpy's sliding_window_view gives, without its checks, which would take longer than the rest.
        every = np.ndarray((len(field) - size + 1,) * 2 + (size,) * 2, field.dtype, field, strides=field.strides * 2)
        patches = every[y, x]
        patches *= window(size, places.deviation / step)
        flat = patches.view(np.float32).reshape(len(patches), -1)
        energy = np.einsum("pk,pk->p", flat, flat)
        return cls(fft.fft2(patches, overwrite_x=True, workers=1), energy)

    @property
    def seen(self) -> np.ndarray:
        return self.energy > LEAST_ENERGY * self.energy.mean()

    def correlations(self, other: "Patches", reach: int) -> np.ndarray:
        """How alike each place is on another side at all shifts within ``reach``: (places, shifts, shifts)."""
        product = np.conj(self.spectra)
        product *= other.spectra
        found = _at_lags(product, range(-reach, reach + 1))
        found /= np.sqrt(np.maximum(self.energy * other.energy, 1e-6))[:, None, None]
        return found


@cache
def _places(places: Places, step: int) -> np.ndarray:
    """Where places lie in a field of so many fine pixels a step; their patches lie inside it."""
    found = np.round((places.at + 0.5) / step - 0.5).astype(int)
    assert found.min() >= places.patch // step // 2 and found.max() + places.patch // step // 2 <= FINE // step
    return found


@cache
def window(size: int, deviation: float) -> np.ndarray:
    """How much each pixel of a patch counts, at most 1: (size, size)."""
    weights = np.outer(*[cv2.getGaussianKernel(size, deviation)[:, 0]] * 2).astype(np.float32)
    return weights / weights.max()


@cache
def _inverse(size: int, lags: tuple[int, ...], half: bool) -> tuple[np.ndarray, np.ndarray]:
    """What brings spectra (…, size, size), or their ``half`` by `rfft2`, to real values at some lags only, by products:
    from the left (lags, size) complex64, then from the right (2 columns, lags) float32, real and imaginary parts by
    turns."""
    left = np.exp(2j * np.pi * np.outer(lags, np.arange(size)) / size)
    columns = np.arange(size // 2 + 1 if half else size)
    twice = np.where(half & (columns % (size // 2) > 0), 2.0, 1.0)[:, None]
    right = twice * np.exp(2j * np.pi * np.outer(columns, lags) / size) / size**2
    return left.astype(np.complex64), np.stack([right.real, -right.imag], 1).reshape(-1, len(lags)).astype(np.float32)


def _at_lags(spectra: np.ndarray, lags: Sequence[int], half: bool = False) -> np.ndarray:
    """Correlations (m, lags, lags) of ``spectra``, at shifts of so many rows and columns."""
    left, right = _inverse(spectra.shape[1], tuple(lags), half)
    found = np.matmul(left, spectra).view(np.float32)
    return (found.reshape(-1, found.shape[2]) @ right).reshape(len(spectra), len(lags), len(lags))


def _about_middle(turn: float, scale: float, size: int) -> np.ndarray:
    return cv2.getRotationMatrix2D(((size - 1) / 2,) * 2, -turn, scale)


def _half_white(spectrum: np.ndarray) -> np.ndarray:
    weight = np.abs(spectrum)
    weight += 1e-6
    return spectrum * np.reciprocal(np.sqrt(weight, out=weight), out=weight)


@dataclass(frozen=True)
class Bank:
    """Spectra of a side in all turns and scales, made once for many pairs: (2, turns x scales, COARSE, half + 1).

    Only the real part of a correlation counts, which half of its spectrum gives: that of conj(A(k)) B(k) joined with
    that of A(-k) conj(B(-k)). The first axis holds conj(A(k)) and A(-k). ``low`` has the `LOW` low frequencies alone.
    """

    whole: np.ndarray
    low: np.ndarray


def bank(relief: Relief) -> Bank:
    field = Field(relief.coarse)
    whole = np.empty((2, len(TURNS), len(SCALES), COARSE, COARSE // 2 + 1), np.complex64)
    for place, turn in enumerate(TURNS.tolist()):  # one at a time, which the processor's cache holds
        moved = np.array([field.moved(_about_middle(turn, scale, COARSE)) for scale in SCALES.tolist()])
        spectra = _half_white(fft.fft2(moved, overwrite_x=True, workers=1))
        np.conj(spectra[..., : COARSE // 2 + 1], out=whole[0, place])
        whole[1, place] = _reflected(spectra)
    every = whole.reshape(2, -1, COARSE, COARSE // 2 + 1)
    return Bank(every, _low(every))


def _reflected(spectra: np.ndarray) -> np.ndarray:
    """Half of the spectra at -k."""
    columns = np.concatenate([spectra[..., :1], spectra[..., : COARSE // 2 - 1 : -1]], -1)
    return np.concatenate([columns[..., :1, :], columns[..., :0:-1, :]], -2)


def _low(spectra: np.ndarray) -> np.ndarray:
    columns = spectra[..., : LOW // 2 + 1]
    return np.concatenate([columns[..., : LOW // 2, :], columns[..., -LOW // 2 :, :]], -2)


def _joined(spectra: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    product = spectra[0] * theirs[0]
    product += spectra[1] * theirs[1]
    return product


def alignments(spectra: Bank, other: Relief) -> list[np.ndarray]:
    """The transforms (2, 3), in fine pixels, by which the side of `bank` may lie on another, the likeliest first."""
    whole, low = other.spectra
    near = range(-round(REACH * LOW / COARSE), round(REACH * LOW / COARSE) + 1)
    heights = _at_lags(_joined(spectra.low, low), near, half=True).max((1, 2))
    some = np.argpartition(-heights, LOOKED_AT)[:LOOKED_AT]
    shifts = range(-REACH, REACH + 1)
    answer = _at_lags(_joined(spectra.whole[:, some], whole), shifts, half=True).reshape(LOOKED_AT, -1)
    places, peaks = answer.argmax(1), answer.max(1)
    chosen: list[np.ndarray] = []
    taken: list[float] = []
    for row in np.argsort(-peaks):
        turn, scale = TURNS[some[row] // len(SCALES)], SCALES[some[row] % len(SCALES)]
        if all(abs(turn - other) > 9 for other in taken):
            y, x = np.divmod(places[row], len(shifts))
            transform = _about_middle(float(turn), float(scale), FINE)
            transform[:, 2] += np.array([shifts[x], shifts[y]]) * FINE / COARSE
            chosen.append(transform)
            taken.append(turn)
        if len(chosen) == TRIED:
            break
    return chosen


@dataclass(frozen=True)
class _Compared:
    """Places of two fields: where (x, y) each finds its counterpart, and how alike they are there and unmoved."""

    away: np.ndarray
    best: np.ndarray
    here: np.ndarray
    seen: np.ndarray


def _compare(one: Field, two: Field, reach: int) -> _Compared:
    """The places of a field beside those of another; all in pixels of these fields."""
    first, second = Patches.of(one.values, PLACES, one.step), two.patches(PLACES)
    found = first.correlations(second, reach)
    flat = found.reshape(len(found), -1)
    top = flat.argmax(1)
    best = flat[np.arange(len(flat)), top]
    y, x = np.divmod(top, 2 * reach + 1)
    away = np.stack([x + _between(flat, top, best, x, 1), y + _between(flat, top, best, y, 2 * reach + 1)], 1) - reach
    return _Compared(away, best, found[:, reach, reach], first.seen & second.seen)


def _between(flat: np.ndarray, top: np.ndarray, best: np.ndarray, at: np.ndarray, step: int) -> np.ndarray:
    """How far the top of each row lies from its ``best`` pixel: that of a parabola through it and its neighbours.

    The pixel is number ``top`` of a square and number ``at`` along one axis, on which ``step`` leads to the next one.
    """
    rows, last = np.arange(len(flat)), int(flat.shape[1] ** 0.5) - 1
    before, after = flat[rows, top - step * (at > 0)], flat[rows, top + step * (at < last)]
    bend = np.minimum(before - 2 * best + after, -1e-6)
    return (0.5 * (before - after) / bend).clip(-0.5, 0.5)


def register(spectra: Bank, one: Relief, two: Relief) -> Registration:
    """The best alignment of two sides and how far they agree in it; ``spectra`` is the `bank` of the first."""
    tried = [_fitted(one.half.under(start), start, two.half, *FIRST) for start in alignments(spectra, two)]
    laid = [one.half.under(transform) for transform in tried]
    best = max(range(len(tried)), key=lambda k: _overall(laid[k], two.half))
    transform = _fitted(laid[best], tried[best], two.half, *SECOND)
    transform = _fitted(one.places.under(transform), transform, two.places, *LAST)
    moved = one.places.under(transform)
    found = _compare(moved, two.places, LAST[0])
    off, seen = np.hypot(*found.away.T), found.seen
    return Registration(transform, moved, off[seen], found.here[seen], found.best[seen], PLACES.at[seen])


def _overall(one: Field, two: Field) -> float:
    return float(np.vdot(two.values, one.values).real / max(one.power * two.power, 1e-6) ** 0.5)


def _fitted(one: Field, transform: np.ndarray, two: Field, reach: int, slack: float) -> np.ndarray:
    """The transform that a field is under, brought nearer to what most places say; ``reach`` and ``slack`` are in fine
    pixels.

    At full size it also squeezes the side, as a camera that stands aside does, where that halves the number of places
    that disagree. What may bend freely would be more alike by chance.
    """
    found = _compare(one, two, reach // one.step)
    start = ((_places(PLACES, one.step)[found.seen] + 0.5) * one.step - 0.5).astype(np.float32)
    end = (start + one.step * found.away[found.seen]).astype(np.float32)
    best, most = transform, 0
    for estimate, least in ((cv2.estimateAffinePartial2D, 4), (cv2.estimateAffine2D, 6))[: 1 + (one.step == 1)]:
        if len(start) < least:
            break
        change, near = estimate(start, end, method=cv2.RANSAC, ransacReprojThreshold=slack, maxIters=200)
        if change is None or 2 * near.sum() < most + len(start) * (most > 0):
            continue
        moved = change[:, :2] @ transform
        moved[:, 2] += change[:, 2]
        if _squeezed(moved) < SQUEEZE and 0.8**2 < cv2.determinant(change[:, :2]) < 1.25**2:
            best, most = moved, int(near.sum())
    return best


def _squeezed(transform: np.ndarray) -> float:
    """How much longer one way than the other a transform makes things: the ratio of its singular values."""
    (a, b, _), (c, d, _) = transform.tolist()
    both, between = math.hypot(a + d, c - b), math.hypot(a - d, c + b)
    return (both + between) / max(abs(both - between), 1e-9)


def evidence_version() -> str:
    """What a pair's evidence depends on beside its photographs."""
    return f"{RELIEF_VERSION}.{EVIDENCE_VERSION}"
