"""The letters that are read, as a string with how sure each is, and as what a typed string is compared with."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

ALPHABET = "ABCDEFGHIKLMNOPQRSTVXYZ"  # 23 letters: U and V are one, and so are I and J
CLASSES = len(ALPHABET) + 1  # class 0 is no letter
DOUBTFUL = "·"  # stands for a letter that is less likely than asked for
LEAST = 0.5  # probability from which on a letter is shown
CUT = str.maketrans({"U": "V", "J": "I", "W": "VV", "Æ": "AE", "Œ": "OE"})  # as they were cut
GREEK = str.maketrans("ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣϹΤΥΦΧΨΩ", "ABTAEZHOIKAMNEOIPZCTYOXVQ")  # what they are read as


@dataclass(frozen=True)
class Legend:
    """What a side was read to say; it is a reading, not the record.

    ``text`` has `DOUBTFUL` for letters that are not sure, ``confidence`` the probability of each letter of it, and
    ``places`` where its middle was seen: 0 at the beginning of the strip, 1 at its end; empty where it is not kept.
    """

    text: str
    confidence: tuple[float, ...]
    places: tuple[float, ...] = ()


def legend_of(read: np.ndarray, least: float = LEAST) -> Legend:
    """What probabilities (columns, `CLASSES`) spell.

    A run of columns with one letter is one letter; `DOUBTFUL` where it is less likely than ``least`` everywhere.
    """
    likeliest = read.argmax(1)
    starts = np.flatnonzero(np.diff(likeliest, prepend=-1))
    text, sure, places = [], [], []
    for start, end in zip(starts, [*starts[1:], len(read)], strict=True):
        if letter := int(likeliest[start]):
            probability = float(read[start:end, letter].max())
            text.append(ALPHABET[letter - 1] if probability >= least else DOUBTFUL)
            sure.append(round(probability, 3))
            places.append(float(start + end) / 2 / len(read))
    return Legend("".join(text), tuple(sure), tuple(places))


def share_right(read: np.ndarray, recorded: Sequence[str | None]) -> float:
    """How much of recorded legends was read, by probabilities (n, columns, `CLASSES`): difflib's ratio, in the mean."""
    cut = [as_cut(text or "") for text in recorded]
    pairs = [(legend_of(one, 0.3).text, text) for one, text in zip(read, cut, strict=True) if text]
    return float(np.mean([SequenceMatcher(None, text, legend, False).ratio() for text, legend in pairs]))


def as_cut(text: str) -> str:
    """The letters of a typed or recorded legend as the reader knows them: capitals, V for U, I for J, A for Δ and Λ."""
    plain = unicodedata.normalize("NFD", text.upper().translate(CUT)).translate(GREEK)
    return "".join(char for char in plain if char in ALPHABET)
