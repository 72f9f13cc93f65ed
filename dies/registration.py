"""Laying one side on another by all of its relief, and how much the places that agree speak for one die.

Light from another side moves highlights and turns slopes dark, but a ridge keeps its direction. So a side is looked at
as a field of directions without sign: the doubled angle of the grey values' gradient, as complex numbers whose size is
the contrast, evened out. The field of one side is turned, scaled and shifted over the other's by Fourier transforms
(Reddy and Chatterji 1996, with spectra half-whitened), and then fitted place by place.

Dies of one type differ by shifts and shapes of letters and motifs. From one die all places agree within a pixel or so,
where anything is to be seen; from two dies some places agree and others, just as clear, lie elsewhere.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import fft

COARSE = 80  # pixels of the square in which turn, scale and shift are looked for
FINE = 200  # and of that in which places are compared; distances here are in its pixels
TURNS = np.arange(-68, 69, 4)  # degrees
SCALES = np.array([0.86, 0.92, 0.98, 1.04, 1.10, 1.17])
REACH = 12  # coarse pixels that one coin may be shifted against the other: 15 %
PATCH = 32
TRIED = 3  # alignments from the coarse look that are tried closely
STEPS = (7, 5, 4)  # pixels within which places look for their counterpart, fit after fit
SLACK = (3.0, 2.0, 1.5)  # and how far from the fit a place may lie to take part in the next
LEAST_ENERGY = 0.2  # of the mean of all places: a place that shows less is not seen
UNIT = 60  # a number of a field is kept as a whole number of so many parts; none is above 2
RELIEF_VERSION = 1  # raised when reliefs change, so that those kept before are made again
CLOSE = 1.5  # pixels of the fine square: a place that lies no farther off agrees
EVIDENCE_VERSION = 3  # raised when registration changes, so that pairs are registered again
FEWEST = 12  # places that both sides must show: less proves nothing
NOTHING = -20.0  # likeness of two sides that show too little together
#: What a pair's likeness counts: how near its places lie to where they should, how much of the best correlation near is
#: kept there, and the best correlation itself, which is against: of two clear places more agree if they are of one die.
#: Logistic regression on pairs of one type of a sample hoard and on pairs of photographs that cannot be of one die,
#: rounded (docs/dies.md).
NEAR, KEPT, BEST = 20.0, 10.0, -20.0

_GRID = np.stack(np.meshgrid(*[np.linspace(0.1, 0.9, 9) * FINE] * 2), -1).reshape(-1, 2)
PLACES = np.round(_GRID[np.hypot(*(_GRID - FINE / 2).T) < 0.45 * FINE]).astype(int)
_WINDOW = np.outer(*[cv2.getGaussianKernel(PATCH, PATCH / 5)[:, 0]] * 2).astype(np.float32)
_WINDOW /= _WINDOW.max()


@dataclass(frozen=True)
class Relief:
    """A side as fields of directions: ``coarse`` (COARSE, COARSE) and ``fine`` (FINE, FINE), both complex64."""

    coarse: np.ndarray
    fine: np.ndarray

    @property
    def bytes(self) -> int:
        return self.coarse.nbytes + self.fine.nbytes

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

    ``transform`` (2, 3) takes pixels of the first side's fine square to the second's. ``off`` (places,) is how many
    pixels each place of `PLACES` that both sides show lies off it, ``likeness`` (places,) the correlation there,
    ``best`` (places,) the highest correlation near, ``places`` (places, 2) where they are, x and y in fine pixels.
    """

    transform: np.ndarray
    overall: float
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


def _moved(field: np.ndarray, transform: np.ndarray) -> np.ndarray:
    """A field of directions under a transform, which turns the directions too."""
    size = field.shape[::-1]
    parts = [
        cv2.warpAffine(np.ascontiguousarray(part), transform, size, flags=cv2.INTER_LINEAR)
        for part in (field.real, field.imag)
    ]
    turn = np.arctan2(transform[1, 0], transform[0, 0])
    return ((parts[0] + 1j * parts[1]) * np.exp(2j * turn)).astype(np.complex64)


def _about_middle(turn: float, scale: float, size: int) -> np.ndarray:
    return cv2.getRotationMatrix2D(((size - 1) / 2,) * 2, -turn, scale)


def _half_white(spectrum: np.ndarray) -> np.ndarray:
    return spectrum / np.sqrt(np.maximum(np.abs(spectrum), 1e-6))


def bank(relief: Relief) -> np.ndarray:
    """Spectra of a side in all turns and scales, made once for many pairs: (2, turns, scales, COARSE, half + 1).

    Only the real part of a correlation counts, which half of its spectrum gives: that of conj(A(k)) B(k) joined with
    that of A(-k) conj(B(-k)). The first axis holds conj(A(k)) and A(-k).
    """
    rows = [[_moved(relief.coarse, _about_middle(float(t), float(s), COARSE)) for s in SCALES] for t in TURNS]
    spectra = _half_white(fft.fft2(np.array(rows), workers=1))
    return np.stack([np.conj(spectra[..., : COARSE // 2 + 1]), _reflected(spectra)])


def _reflected(spectra: np.ndarray) -> np.ndarray:
    """Half of the spectra at -k."""
    back = -np.arange(COARSE) % COARSE
    return spectra[..., back[:, None], back[: COARSE // 2 + 1]]


def alignments(spectra: np.ndarray, other: Relief) -> list[np.ndarray]:
    """The transforms (2, 3), in fine pixels, by which the side of `bank` may lie on another, the likeliest first."""
    theirs = _half_white(fft.fft2(other.coarse))
    product = spectra[0] * theirs[:, : COARSE // 2 + 1]
    product += spectra[1] * np.conj(_reflected(theirs))
    answer = fft.irfft2(product, (COARSE, COARSE), workers=1)
    near = np.r_[0 : REACH + 1, COARSE - REACH : COARSE]
    answer = answer[:, :, near][:, :, :, near]
    heights = answer.reshape(len(TURNS), -1)
    places, peaks = heights.argmax(1), heights.max(1)
    chosen: list[np.ndarray] = []
    taken: list[float] = []
    for row in np.argsort(-peaks):
        if all(abs(TURNS[row] - turn) > 9 for turn in taken):
            scale, y, x = np.unravel_index(places[row], answer.shape[1:])
            shift = np.array([near[x], near[y]], float)
            shift[shift > COARSE / 2] -= COARSE
            transform = _about_middle(float(TURNS[row]), float(SCALES[scale]), FINE)
            transform[:, 2] += shift * FINE / COARSE
            chosen.append(transform)
            taken.append(TURNS[row])
        if len(chosen) == TRIED:
            break
    return chosen


def _patches(field: np.ndarray) -> np.ndarray:
    """The surroundings of `PLACES`: (places, PATCH, PATCH), weighted to their middle."""
    half = PATCH // 2
    padded = np.pad(field, half)
    views = np.lib.stride_tricks.sliding_window_view(padded, (PATCH, PATCH))
    return views[PLACES[:, 1], PLACES[:, 0]] * _WINDOW


@dataclass(frozen=True)
class _Compared:
    """Places of two fields: where (x, y) each finds its counterpart, and how alike they are there and unmoved."""

    away: np.ndarray
    best: np.ndarray
    here: np.ndarray
    seen: np.ndarray


def _compare(one: np.ndarray, spectra: np.ndarray, energy: np.ndarray, reach: int) -> _Compared:
    """The places of a field beside those of another, whose patches have these ``spectra`` and this ``energy``."""
    patches = _patches(one)
    power = (np.abs(patches) ** 2).sum((1, 2))
    answer = fft.ifft2(spectra * np.conj(fft.fft2(patches))).real
    answer /= np.sqrt(np.maximum(power * energy, 1e-6))[:, None, None]
    near = np.r_[-reach : reach + 1]
    window = answer[:, near][:, :, near]
    flat = window.reshape(len(window), -1)
    y, x = np.divmod(flat.argmax(1), 2 * reach + 1)
    away = np.stack([x - reach + _between(window, y, x, 0, 1), y - reach + _between(window, y, x, 1, 0)], 1)
    seen = (power > LEAST_ENERGY * power.mean()) & (energy > LEAST_ENERGY * energy.mean())
    return _Compared(away, flat.max(1), window[:, reach, reach], seen)


def _between(window: np.ndarray, y: np.ndarray, x: np.ndarray, down: int, right: int) -> np.ndarray:
    """How far the top lies from the highest pixel along one axis: that of a parabola through it and its neighbours."""
    rows, last = np.arange(len(window)), window.shape[1] - 1
    middle = window[rows, y, x]
    before = window[rows, np.maximum(y - down, 0), np.maximum(x - right, 0)]
    after = window[rows, np.minimum(y + down, last), np.minimum(x + right, last)]
    bend = np.minimum(before - 2 * middle + after, -1e-6)
    return (0.5 * (before - after) / bend).clip(-0.5, 0.5)


def register(spectra: np.ndarray, one: Relief, two: Relief) -> Registration:
    """The best alignment of two sides and how far they agree in it; ``spectra`` is the `bank` of the first."""
    patches = _patches(two.fine)
    energy = (np.abs(patches) ** 2).sum((1, 2))
    wanted = fft.fft2(patches)
    tries = [_step(one, start, wanted, energy, 0) for start in alignments(spectra, two)]
    overall = [_overall(one, two, transform) for transform in tries]
    transform = tries[int(np.argmax(overall))]
    for step in range(1, len(STEPS)):
        transform = _step(one, transform, wanted, energy, step)
    found = _compare(_moved(one.fine, transform), wanted, energy, STEPS[-1])
    off = np.hypot(*found.away.T)
    seen = found.seen
    whole = _overall(one, two, transform)
    return Registration(transform, whole, off[seen], found.here[seen], found.best[seen], PLACES[seen])


def _overall(one: Relief, two: Relief, transform: np.ndarray) -> float:
    moved = _moved(one.fine, transform)
    both = float((np.abs(moved) ** 2).sum() * (np.abs(two.fine) ** 2).sum())
    return float((moved * np.conj(two.fine)).real.sum() / max(both, 1e-6) ** 0.5)


def _step(one: Relief, transform: np.ndarray, wanted: np.ndarray, energy: np.ndarray, step: int) -> np.ndarray:
    """A transform brought nearer to what most places say."""
    found = _compare(_moved(one.fine, transform), wanted, energy, STEPS[step])
    start = PLACES[found.seen].astype(np.float32)
    if len(start) < 4:
        return transform
    end = (start + found.away[found.seen]).astype(np.float32)
    change, _ = cv2.estimateAffinePartial2D(
        start, end, method=cv2.RANSAC, ransacReprojThreshold=SLACK[step], maxIters=200
    )
    if change is None or not 0.8 < np.hypot(*change[:, 0]) < 1.25:
        return transform
    return (np.vstack([change, [0, 0, 1]]) @ np.vstack([transform, [0, 0, 1]]))[:2]


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


def evidence_version() -> str:
    """What a pair's evidence depends on beside its photographs."""
    return f"{RELIEF_VERSION}.{EVIDENCE_VERSION}"


def evidence(found: Registration) -> Evidence:
    """What a registration says of its two sides."""
    off, best = found.off, np.maximum(found.best, 1e-3)
    if len(off) < FEWEST:
        return Evidence(NOTHING, 0.0, len(off))
    near, kept = np.exp(-(off**2) / 2).mean(), found.likeness.sum() / best.sum()
    likeness = NEAR * near + KEPT * kept + BEST * best.mean()
    return Evidence(float(max(likeness, NOTHING)), float((off < CLOSE).mean()), len(off))
