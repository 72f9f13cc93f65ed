"""Files of which nothing tells the side of the coin: what each may be, and which option would read it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from ingest.images import Probed
from ingest.pairing import Pairing, paired_by_numbers
from ingest.records import Skipped
from ingest.scan import Found

#: Longer to shorter side: a picture of this shape may show both sides of a coin.
BOTH_SIDES = 1.5
#: Of the files without a side: two words that tell so many of them apart may be words for the sides.
MANY = 0.5

#: Of them, so many must end with 1 or 2 for `--numbered` to be named.
SOME = 0.25

SPLIT = "--split cuts it, if it shows both sides or several coins"


def without_side(
    pairing: Pairing,
    probed: Mapping[Found, Probed],
    pattern: str | None,
    numbered: bool,
    suggested: Iterable[tuple[str, str]] = (),
) -> list[Skipped]:
    """Each file whose side nothing tells, with the reason and what would help.

    ``suggested`` are pairs of files that may be the sides of one coin, by their names.
    """
    used = {probed[found][0]: found.relative for found in reversed(list(pairing.told))}
    by_numbers = set() if pattern or numbered else paired_by_numbers(pairing.untold)
    if len(by_numbers) < SOME * len(pairing.untold):  # of running numbers, 1 and 2
        by_numbers = set()
    beside, by_words = ({}, {}) if pattern else _told_apart_by_words(pairing)
    partners = {one: other for pair in suggested for one, other in (pair, pair[::-1])}

    def reason(found: Found) -> str:
        sha256, width, height = probed[found]
        if sha256 in used:
            return f"the same picture as {used[sha256]}"
        if found in pairing.reasons:
            return pairing.reasons[found]
        if pattern:
            return "the pattern does not tell its coin and side"
        wide = max(width, height) >= BOTH_SIDES * min(width, height)
        return f"its name does not tell the side{hint(found, wide)}{'; ' + SPLIT if wide else ''}"

    def hint(found: Found, wide: bool) -> str:
        if found.relative in partners:
            return (
                ", unless a letter of it is meant for the Latin one that it looks like: rename it, if it belongs to "
                f"{partners[found.relative]}"
            )
        if found in by_numbers and found not in beside:
            return " (--numbered takes _1 or f1 for the obverse, _2 or f2 for the reverse)"
        if found in beside or found in by_words:
            return beside.get(found) or by_words[found]
        return "" if wide else f" (see --pattern; {SPLIT})"

    return [Skipped(str(found.path), reason(found)) for found in pairing.untold]


def _told_apart_by_words(pairing: Pairing) -> tuple[dict[Found, str], dict[Found, str]]:
    """For files whose names differ from another's in one word: the pattern that makes these words the two sides.

    First those beside a file that is the only side of its coin, then those beside another one without a side.
    """
    faces: dict[str, set[str]] = defaultdict(set)
    for told in pairing.told.values():
        faces[told.key].add(told.face)
    alone = [found for found, told in pairing.told.items() if len(faces[told.key]) == 1]
    frames: dict[tuple[str, str], dict[str, Found]] = defaultdict(dict)
    for found in (*alone, *pairing.untold):
        for before, word, after in _frames(found):
            frames[before, after][word] = found
    pairs: dict[tuple[str, str], list[dict[str, Found]]] = defaultdict(list)
    for of_word in frames.values():
        if len(of_word) == 2:
            pairs[_ordered(of_word, pairing)].append(of_word)
    untold = set(pairing.untold)
    beside: dict[Found, str] = {}
    others: dict[Found, str] = {}
    for words, couples in sorted(pairs.items(), key=lambda item: -len(item[1])):
        files = {found for of_word in couples for found in of_word.values()}
        near = beside if files - untold else others
        if near is beside or len(untold & files) >= MANY * len(untold):
            for of_word in couples:
                for found in of_word.values():
                    if found not in untold or found in beside or found in others:
                        continue
                    near[found] = _reason(found, of_word, *words)
    return beside, others


def _frames(found: Found) -> list[tuple[str, str, str]]:
    """A file's path without ending around each of its words, and the word."""
    path = found.relative[: len(found.relative) - len(found.path.suffix)]
    # A letter alone within a name is part of a number, as in `btv1b10`.
    return [
        (path[: match.start()], match.group(), path[match.end() :])
        for match in re.finditer(r"[^\W\d_]{2,}|[^\W\d_]$", path)
    ]


def _ordered(of_word: Mapping[str, Found], pairing: Pairing) -> tuple[str, str]:
    """The two words, that of a known obverse first and that of a known reverse last."""
    one, other = sorted(of_word)
    told = pairing.told.get(of_word[one]), pairing.told.get(of_word[other])
    swap = (told[0] and told[0].face == "reverse") or (told[1] and told[1].face == "obverse")
    return (other, one) if swap else (one, other)


def _reason(found: Found, files: Mapping[str, Found], obverse: str, reverse: str) -> str:
    """The words that tell a file from its neighbour, which it names, and the pattern that takes them for the sides."""
    groups = f"(?:(?P<obverse>{re.escape(obverse)})|(?P<reverse>{re.escape(reverse)}))"
    neighbour = next(one for one in files.values() if one is not found)
    before, _, after = next(frame for frame in _frames(found) if files.get(frame[1]) is found)
    if "/" in after:
        pattern = f"{groups}/.*?(?P<coin>[^/]+)[.]"
    elif before.rpartition("/")[2]:
        pattern = f"(?P<coin>[^/]+?)[ _.-]*{groups}(?![a-z])"
    else:
        pattern = f"{groups}[ _.-]*(?P<coin>[^/]+)[.]"
    return f"; if {obverse!r} and {reverse!r} tell it, here and in {neighbour.relative}, give --pattern '{pattern}'"
