"""The words of a search, and how the full-text index is asked for each."""

import re

LEAST_PART = 3  # letters of a word that is looked for inside others


def words_of(text: str) -> list[str]:
    """The words of a search, at most eight, each of letters and digits."""
    return re.findall(r"[^\W_]+", text.casefold())[:8]


def spelt(word: str) -> list[str]:
    """A word as it is written, and as legends write it: V for U and I for J."""
    return list(dict.fromkeys([word, word.replace("u", "v").replace("j", "i")]))


def begun(word: str) -> str:
    """A word as the index is asked for it and for what begins with it."""
    return " OR ".join(f"{form}^8 OR {form}*^3" for form in spelt(word))


def slipped(word: str) -> str:
    """A word as the index is asked for what holds it, or for it with a slip, two in longer ones."""
    asked = [f"*{form}*" for form in spelt(word)]
    if len(word) > LEAST_PART:
        asked += [f"{form}~{1 if len(word) < 8 else 2}^0.3" for form in spelt(word)]
    return " OR ".join(asked)
