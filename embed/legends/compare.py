"""How alike two legends are: as vectors, quickly, and by aligning their letters, closely. No letter is decided first.

Both compare the probabilities that the reader gives each column, in `COLUMNS` columns of `letters_in`.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import gaussian_filter1d

from embed.legends.letters import ALPHABET

WEIGHTS, RARITY = "reader.safetensors", "rarity"  # the file of the package's reader, and what is kept there of letters
COLUMNS = 80  # that a legend is compared in
SLACK = 2.0  # columns: deviation of the blur that lets letters of a vector stand a little elsewhere
APART = 4  # columns of a vector
DIMENSION = COLUMNS // APART * 23  # numbers of a vector: 20 columns of 23 letters
FLOOR = 0.3  # of the median: what a legend's own score counts at least, so that a bare rim is like nothing
SURE = 0.8  # a side takes part from this probability of its surest letter on
FEW, MANY = 4.5, 6.5  # sure letters of a side in the mean: up to how many they do not count, from how many fully
POWER = 0.35  # of probabilities that are aligned: a faint letter counts, too
BAND = 4  # columns that aligned letters may be apart
PAIRS = 512  # aligned at a time: 20 MB
LOOKED_AT = 200  # legends, most, by which a collection is known to begin its legends in one place or anywhere:
FEWEST = 10  # pairs, each the other's likeliest,
ELSEWHERE = 0.4  # of which this share stands more than `BAND` apart
APART_LEAST = 2  # columns that two letters of a typed legend are apart
ORDERS = 8  # in which the letters of a typed legend are looked for besides, to know what chance gives


def letters_in(read: np.ndarray) -> np.ndarray:
    """Of probabilities (n, columns, 1 + letters), those of letters in `COLUMNS` columns: (n, `COLUMNS`, letters)."""
    return read[:, :, 1:].reshape(len(read), COLUMNS, -1, read.shape[2] - 1).mean(2)


def raised(read: np.ndarray) -> np.ndarray:
    """What letters are aligned by, (n, `COLUMNS`, letters) float32, of probabilities (n, columns, 1 + letters)."""
    return (letters_in(read) ** POWER).astype(np.float32)


def packed(letters: np.ndarray) -> np.ndarray:
    """Letters of `raised` in eight bits, as they are kept."""
    return np.round(255 * letters).astype(np.uint8)


def unpacked(kept: bytes) -> np.ndarray:
    """Letters (`COLUMNS`, letters) float32 of the bytes of one side's `packed` letters."""
    return np.frombuffer(kept, np.uint8).reshape(COLUMNS, -1) / np.float32(255)


@cache
def usual_rarity() -> np.ndarray:
    """The weights of letters that the package's reader has."""
    from safetensors import safe_open

    with as_file(files("embed.legends") / WEIGHTS) as own, safe_open(own, "numpy") as opened:
        return opened.get_tensor(RARITY)


def legible(read: np.ndarray) -> np.ndarray:
    """Which sides (n,) have a letter that is sure; on the others what was read is guessed."""
    return read[:, :, 1:].max((1, 2)) > SURE


def legibility(letters: float) -> float:
    """How much letters are to count, 0 to 1, where so many are sure on a side in the mean; no label is asked."""
    return min(max((letters - FEW) / (MANY - FEW), 0.0), 1.0)


def rarity_of(read: np.ndarray) -> np.ndarray:
    """Weights of letters (letters,), 1 in the mean: the inverse root of how often each is read in (n, columns, …)."""
    rarity = np.maximum(letters_in(read).mean((0, 1)), 1e-3) ** -0.5
    return (rarity / rarity.mean()).astype(np.float32)


def vectors_of(read: np.ndarray, rarity: np.ndarray) -> np.ndarray:
    """Legends (n, columns, 1 + letters) as vectors (n, `DIMENSION`) float32; zeros on a side that is not legible.

    Roots of probabilities, weighed by ``rarity``, blurred by `SLACK` columns, of which each `APART`-th then tells all.
    They are compared less the mean of a collection (transform ``centre``), which is what letters look alike anyway.
    """
    blurred = gaussian_filter1d(np.sqrt(letters_in(read) * rarity), SLACK, axis=1)
    vectors = blurred[:, APART // 2 :: APART].reshape(len(read), -1)
    return np.where(legible(read)[:, None], vectors, 0).astype(np.float32)


def weighed(centred: np.ndarray) -> np.ndarray:
    """Centred vectors (n, d) of a length below 1, the shorter the less was read: for comparing by their products."""
    squares = (centred**2).sum(1, keepdims=True)
    some = squares[squares > 0]
    return centred / np.sqrt(squares + FLOOR * (np.median(some) if len(some) else 1))


class Aligned:
    """Scores of pairs of legends whose letters were laid over each other, in their order.

    The score of two legends is the best sum over pairs of columns, none crossing another and none more than `BAND`
    apart, of how alike the columns are; divided by the root of what each scores against itself. Where legends
    ``begin`` ``anywhere``, one is first turned along the rim to where their columns agree most.
    """

    def __init__(self, letters: np.ndarray, rarity: np.ndarray, anywhere: bool = False):
        """``letters`` are those of `raised`, ``rarity`` the weights of `rarity_of`."""
        self.letters, self.anywhere = (letters * np.sqrt(rarity)).astype(np.float32), anywhere
        own = np.square(self.letters).sum((1, 2))
        self.own = np.sqrt(np.maximum(own, FLOOR * np.median(own) + 1e-6))

    def __call__(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Scores (p,) of the pairs of legends ``first`` and ``second`` (p,), about 0 to 1."""
        scores = np.empty(len(first), np.float32)
        for start in range(0, len(first), PAIRS):
            a, b = first[start : start + PAIRS], second[start : start + PAIRS]
            one, two = self.letters[a], self.letters[b]
            best = _best_path(one, two)
            if self.anywhere:
                best = np.maximum(best, _best_path(one, _turned(two, turns(one, two))))
            scores[start : start + PAIRS] = best / (self.own[a] * self.own[b])
        return scores


def turns(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """By how many columns (p,) each of ``second`` (p, `COLUMNS`, letters) agrees most with its ``first``: the peak of
    their circular cross-correlation."""
    one, two = (np.fft.rfft(some - some.mean(1, keepdims=True), axis=1) for some in (first, second))
    return np.fft.irfft((one.conj() * two).sum(2), COLUMNS, axis=1).argmax(1)


def _turned(letters: np.ndarray, by: np.ndarray) -> np.ndarray:
    return np.take_along_axis(letters, ((np.arange(COLUMNS) + by[:, None]) % COLUMNS)[..., None], 1)


def begin_anywhere(letters: np.ndarray, rarity: np.ndarray) -> bool:
    """Whether the legends of a collection begin in different places, by the ``letters`` of `raised` of legible sides.

    Of up to `LOOKED_AT` sides all pairs are aligned, turned as far as need be. Pairs of which each is the other's
    likeliest mostly bear one legend; how many of them had to be turned tells. No label is asked.
    """
    count = min(len(letters), LOOKED_AT)
    chosen = letters[np.random.default_rng(0).permutation(len(letters))[:count]]
    first, second = np.triu_indices(count, 1)
    alike = np.full((count, count), -1.0)
    alike[first, second] = alike[second, first] = Aligned(chosen, rarity, anywhere=True)(first, second)
    one = np.arange(count)
    two = alike.argmax(1) if count > 1 else one
    one, two = one[mutual := (two[two] == one) & (one < two)], two[mutual]
    by = turns(chosen[one], chosen[two])
    return len(one) >= FEWEST and float(np.mean(np.minimum(by, COLUMNS - by) > BAND)) > ELSEWHERE


def _best_path(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The best sums (p,) for pairs of columns (p, `COLUMNS`, letters): a longest common subsequence within a band."""
    padded = np.pad(second, ((0, 0), (BAND, BAND), (0, 0)))
    # near[:, t, d] is how alike are column t of the first and column t + d - BAND of the second.
    near = np.einsum("ptl,ptld->ptd", first, sliding_window_view(padded, 2 * BAND + 1, axis=1), optimize=True)
    best = np.zeros((len(first), 2 * BAND + 1), np.float32)
    for column in near.transpose(1, 0, 2):
        step = best + column
        step[:, :-1] = np.maximum(step[:, :-1], best[:, 1:])  # a column of the first is passed over
        best = np.maximum.accumulate(step, axis=1)  # or some of the second
    return best.max(1)


def borne(letters: np.ndarray, texts: Sequence[str], rarity: np.ndarray) -> np.ndarray:
    """How much better each of some legends (as `letters.as_cut` gives them) is found on sides than on the mean side:
    (n, texts) float32, of ``letters`` (n, `COLUMNS`, letters) of `raised`. A letter that is surely there counts some 1.
    """
    found = np.zeros((len(letters), len(texts)), np.float32)
    for column, text in enumerate(texts):
        found[:, column] = _in_order(letters, *_spelt(text, rarity))
    return found - found.mean(0) if len(found) else found


def found_in(letters: np.ndarray, text: str, rarity: np.ndarray) -> np.ndarray:
    """How far a typed legend is found on sides: (n,) about 0 to 1, of ``letters`` (n, `COLUMNS`, letters) of `raised`.

    1 is each letter of ``text`` (as `letters.as_cut` gives it) surely there, in its order, with any gaps; 0 what the
    same letters score in other orders.
    """
    places, weights = _spelt(text, rarity)
    random = np.random.default_rng(len(text))
    orders = [random.permutation(len(text)) for _ in range(ORDERS)]
    whole = _in_order(letters, places, weights)
    chance = np.mean([_in_order(letters, places[order], weights[order]) for order in orders], axis=0)
    return (whole - chance) / np.maximum(weights.sum() - chance, 1e-6)


def _spelt(text: str, rarity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of a text's letters, and what each counts."""
    places = np.array([ALPHABET.index(char) for char in text], int)
    return places, np.sqrt(rarity)[places].astype(np.float32)


def _in_order(letters: np.ndarray, places: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The best sums (n,) over columns that show these letters one after the other; any may be missing."""
    best = np.zeros(letters.shape[:2], np.float32)
    for place, weight in zip(places, weights, strict=True):
        taken = letters[:, :, place] * weight
        taken[:, APART_LEAST:] += best[:, :-APART_LEAST]
        best = np.maximum.accumulate(np.maximum(best, taken), axis=1)
    return best[:, -1] if best.size else np.zeros(len(letters), np.float32)
