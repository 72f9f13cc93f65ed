"""Which coin and side each file shows: told by the names and folders of all files together, or by a pattern."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, pairwise

from errors import BadOption, counted
from ingest.records import FACES, Face, Skipped
from ingest.scan import Found, base_of, likely_base_of, only_marks
from ingest.words import fold, normal
from ingest.words.sides import FACE_WORDS, LETTERS, PAIRS, VAGUE_WORDS, face_of_side, known_words, likely_first

SEPARATORS = " _-.,()[]"
#: What stands between the words for two sides that one picture shows.
BOTH = r"[\s_.,+&/-]*(?:and|und|et|e|y|i|en|och|és|a|и|και|ve)?[\s_.,+&/-]*"
#: Single letters that a coin's photographs may bear beside those of the sides; more of them count coins.
OTHER_LETTERS = 2
#: More pictures of one side than these nobody takes: higher numbers count coins.
MOST_VIEWS = 9
#: Stands for the word of a side that no name holds.
NOTHING = "(?!)"


class BadPattern(BadOption):
    """A regular expression that cannot tell coin and side."""

    option = "--pattern"


@dataclass(frozen=True)
class CoinSide:
    """The coin and the face that a file shows.

    ``of_folder``: its folder names the coin (or its side), and no type. ``part``: a detail, which only counts where
    nothing shows the whole.
    """

    key: str
    face: Face
    style: str = ""
    of_folder: bool = False
    part: bool = False


@dataclass(frozen=True)
class Style:
    """A way to name the two files of a coin: one word for each face; where a name holds several, the last counts.

    ``where`` limits single letters and numbers to places where they are not likely to mean anything else. With
    ``first`` the first of several words counts, as in `12_obv_rev2` beside `12_rev_rev2`.
    """

    obverse: str
    reverse: str
    where: str = "anywhere"
    first: bool = False

    def __str__(self) -> str:
        return "/".join(word for word in (self.obverse, self.reverse) if word != NOTHING)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        token = f"({self.obverse}|{self.reverse})"
        around = {
            "anywhere": token,
            "behind": r"(?:(?<=[\W_])|(?<=\d))" + token + r"(?=[\W_]|\d|$)|^" + token + "$",
            "in front": "^" + token + r"(?=[\W_])",
            "at the end": r"(?:(?<=[\W_])|(?<=[\W_][fp])|^[fp]?)0*" + token + r"(?=\W*$)",
        }
        return re.compile(around[self.where])

    def read(self, found: Found) -> tuple[str, str, Face] | None:
        """What stands in a file's name before and behind the face's word, and the face."""
        if self.obverse not in found.folded and self.reverse not in found.folded:
            return None
        ends = ((match, match.span()) for match in self._pattern.finditer(found.folded))
        matches = [match for match, span in ends if all(_parts_words(found.base, place) for place in span)]
        if not matches:
            return None
        match = matches[0 if self.first else -1]
        word = next(filter(None, match.groups()))
        before, after = found.base[: match.start()], found.base[match.end() :]
        if self.where == "at the end":
            before = re.sub(r"(?<=[\W_])[fp]$", "", before, flags=re.IGNORECASE)
        return before, after, "obverse" if word == self.obverse else "reverse"


def _parts_words(name: str, place: int) -> bool:
    """Whether words begin and end at a place in a name: beside other signs, or in `NeroObv` at the capital."""
    before, behind = name[place - 1 : place] if place else "", name[place : place + 1]
    return not (before.isalpha() and behind.isalpha()) or (before.islower() and behind.isupper())


def shows_both(found: Found) -> bool:
    """Whether a name says both sides in one breath, as `12_obv-rev` does: its picture shows both."""
    words = [m for m in re.finditer(r"[^\W\d_]+", found.folded) if m[0] in FACE_WORDS]
    if len(words) < 2:
        return False
    ends = found.base[: words[0].start()].strip(SEPARATORS), found.base[words[-1].end() :].strip(SEPARATORS)
    return (
        not all(ends)
        and any(
            {(one[0], other[0]), (other[0], one[0])}.intersection(PAIRS)  # `rev AV stater` is gold
            and (one[0] in VAGUE_WORDS) == (other[0] in VAGUE_WORDS)
            and re.fullmatch(BOTH, found.folded[one.end() : other.start()])
            for one, other in pairwise(words)
        )
    )


LETTER_STYLES = [[Style(o, r, where) for o, r in LETTERS] for where in ("behind", "in front")]
NUMBERED = [Style("1", "2", "at the end")]


def _tiers(files: Sequence[Found], numbered: bool) -> list[list[Style]]:
    """The styles to try: pairs of words that the names hold, the clear ones first, then letters, then numbers."""
    of_files = [{word for word in _words_of(found) if word in FACE_WORDS} for found in files]
    seen = set().union(*of_files)
    ordered: dict[Face, list[str]] = {face: sorted(w for w in seen if FACE_WORDS[w] == face) for face in FACES}
    # One word alone has a partner too, which only other files hold.
    obverses, reverses = (ordered[face] or [NOTHING] for face in FACES)
    pairs = sorted(((o, r) for o in obverses for r in reverses), key=likely_first)
    several = any(len({FACE_WORDS[word] for word in words}) > 1 for words in of_files)
    clear, vague = ([p for p in pairs if bool(VAGUE_WORDS.intersection(p)) == unsure] for unsure in (False, True))
    orders = (False, True)[: 1 + several]
    of_words = [[Style(*pair, first=first) for first in orders for pair in of] for of in (clear, vague)]
    return [*of_words, *LETTER_STYLES, *([NUMBERED] if numbered else [])]


def _words_of(found: Found) -> set[str]:
    """The words of a file's name, folded; `NeroObv` holds two more."""
    words = re.findall(r"[^\W\d_]+", found.base)
    parts = [
        "".join(f" {letter}" if _parts_words(word, n) else letter for n, letter in enumerate(word)).split()
        for word in words
        if not (word.islower() or word.isupper() or word[1:].islower())
    ]
    return {fold(word) for word in (*words, *chain.from_iterable(parts))}


@dataclass
class Pairing:
    """Which file shows what. ``untold`` are files whose side nothing tells, ``reasons`` says more of some of them."""

    told: dict[Found, CoinSide] = field(default_factory=dict)
    misfits: list[Skipped] = field(default_factory=list)
    untold: list[Found] = field(default_factory=list)
    reasons: dict[Found, str] = field(default_factory=dict)

    @property
    def style(self) -> str:
        """The styles in use with their number of files, most frequent first."""
        counts = Counter(told.style for told in self.told.values()).most_common()
        return ", ".join(f"{style} ({counted(count, 'file')})" for style, count in counts)


def tell_by_pattern(files: Sequence[Found], pattern: str) -> Pairing:
    """Tell coin and side by a regular expression, searched in the name, then in the path.

    Its group ``coin`` is the coin's name. The side is what a group ``obverse`` or ``reverse`` matches, or what the
    group ``side`` says: of two words one may be unknown. Where none matches, the folder decides. Raises `BadPattern`.
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise BadPattern(f"{pattern!r} is not a regular expression: {error}") from error
    groups = set(compiled.groupindex)
    if "coin" not in groups or not groups & {"side", "obverse", "reverse"}:
        raise BadPattern(
            "the pattern needs two named groups: (?P<coin>...) and (?P<side>...), "
            "or in place of the second (?:(?P<obverse>...)|(?P<reverse>...))"
        )
    matches = {found: _searched(compiled, found) for found in files}
    faces = _faces_of_sides({side for _, side, _, _ in matches.values() if side})
    pairing = Pairing()
    for found, (key, side, face, word) in matches.items():
        face = face or faces.get(fold(side)) or (None if side else found.face)
        if not key or face is None:
            pairing.untold.append(found)
            if key and side:
                pairing.reasons[found] = (
                    f"{side!r} is not a word known for a side (known are {known_words()}); put (?P<obverse>...) and "
                    f"(?P<reverse>...) in place of (?P<side>...), one of them with {side}"
                )
        elif found.face and face != found.face:
            pairing.misfits.append(_misfit(found, face))
        else:
            # A folder that tells the side names no type.
            pairing.told[found] = CoinSide(key, face, "pattern", bool(word) and word == found.scope.rpartition("/")[2])
    return pairing


def _searched(compiled: re.Pattern[str], found: Found) -> tuple[str, str, Face | None, str]:
    """What a pattern says of a file: the coin, the text of the group ``side``, the face of the others and its text."""
    match = compiled.search(normal(found.path.name)) or compiled.search(found.relative)
    if not match:
        return "", "", None, ""
    said = match.groupdict()
    face = next((face for face in FACES if said.get(face)), None)
    side = said.get("side") or ""
    return (said["coin"] or "").strip(SEPARATORS), side, face, said[face] if face else side


def _faces_of_sides(sides: set[str]) -> dict[str, Face]:
    """The face of each (folded) text that the group ``side`` matched; of two, a known one tells the other's."""
    texts = {fold(side) for side in sides}
    faces = {text: face for text in texts if (face := face_of_side(text))}
    if len(texts) == 2 and len(faces) == 1:
        ((_, known),) = faces.items()
        faces |= dict.fromkeys(texts - set(faces), "reverse" if known == "obverse" else "obverse")
    return faces


def tell(files: Sequence[Found], numbered: bool = False) -> Pairing:
    """Tell coin and side of every file by the styles that explain most of the folder.

    The style that completes most pairs is taken first, then the one that completes most of what is left: words before
    single letters before, where ``numbered``, `_1` and `_2`. A file whose name and folder disagree under a style that
    the folder uses is a misfit. A style that completes no pair only counts where nothing else fits.
    """
    pairing = Pairing()
    both = {found: None for found in files if shows_both(found)}
    files = [found for found in files if found not in both]
    tiers = _tiers(files, numbered)
    letters = _last_letters(files)
    readings = {
        s: {f: told for f, told in _readings(s, files).items() if not _counts_coins(s, told, letters)}
        for tier in tiers
        for s in tier
    }
    by_folder = _by_folder(files)
    pool = dict.fromkeys(files)
    used: list[Style] = []
    for tier in tiers:
        while True:
            # Coins counted a, b, c ... r in folders that tell the face: there `_a` and `_r` are no sides.
            scores = {
                s: paired
                for s in tier
                if s not in used and (paired := _paired(readings[s], pool))
                if len(paired) >= len(_paired(by_folder, [f for f in pool if f in readings[s]]))
            }
            if not scores:
                break
            best = max(scores, key=lambda s: len(scores[s]))
            used.append(best)
            _take(pairing, pool, readings[best], scores[best])
            _set_misfits_aside(pairing, pool, readings[best])
    _take(pairing, pool, by_folder, _paired(by_folder, pool))
    for style in used:
        _take(pairing, pool, readings[style])
    for tier in tiers:
        for style in (s for s in tier if s not in used):
            if tier is tiers[0] or sum(f in readings[style] for f in pool) > len(files) / 2:
                _set_misfits_aside(pairing, pool, readings[style])
                _take(pairing, pool, readings[style])
    _take(pairing, pool, by_folder)
    pairing.untold = [*pool, *both]
    pairing.reasons = dict.fromkeys(both, "its name says both sides; --split cuts it, if it shows both")
    _name_by_folders(pairing)
    return pairing


def paired_by_numbers(files: Sequence[Found]) -> set[Found]:
    """The files that `_1` and `_2` at the end of their names would make coins with both sides."""
    return set(_paired(_readings(NUMBERED[0], files), files))


def _by_folder(files: Sequence[Found]) -> dict[Found, CoinSide]:
    """What the folders alone say: their face, and the file's name for the coin."""
    told = [found for found in files if found.face]
    names = {(found.scope, found.face, found.base) for found in told}
    read = {}
    for found in told:
        plain = likely_base_of(found.base)
        key = plain if (found.scope, found.face, plain) in names else found.base
        read[found] = CoinSide(key, found.face, "the folders tell the side")  # type: ignore[arg-type]
    return read


@dataclass(frozen=True)
class _Parts:
    """A file's name around the word for its side, and the name of its coin without (``short``) and with the rest.

    ``rest`` tells pictures of one coin and face apart, or is part of the coin's name. Where no name stands before the
    word, the folder is the coin (``of_folder``).
    """

    short: str
    whole: str
    rest: str
    face: Face
    of_folder: bool

    @classmethod
    def of(cls, found: Found, before: str, after: str, face: Face) -> "_Parts | None":
        before = base_of(before.rstrip(SEPARATORS)).rstrip(SEPARATORS)
        rest = after.strip(SEPARATORS + "@#")
        # `_box` behind `A.9_obv` and `00` behind `00012a` say nothing of the coin, `2` behind `coin_obv_` may.
        rest = "" if not rest.strip("0") or only_marks(after) or only_marks(rest) else rest
        if before:
            return cls(before, f"{before}_{rest}" if rest else before, rest, face, False)
        folder = found.scope.rpartition("/")[2]
        return cls(folder, rest or folder, rest, face, True) if rest or folder else None

    @property
    def number(self) -> int:
        return int(self.rest) if re.fullmatch("[0-9]{1,9}", self.rest) else 0


def _readings(style: Style, files: Iterable[Found]) -> dict[Found, CoinSide]:
    """What the names say under one style. The short name of a coin is used unless it would merge different coins."""
    parts: dict[Found, _Parts] = {}
    coins: dict[tuple[str, str], dict[Face, set[str]]] = defaultdict(lambda: defaultdict(set))
    for found in files:
        if (result := style.read(found)) and (part := _Parts.of(found, *result)):
            parts[found] = part
            coins[_coin_of(found, part)][part.face].add(part.rest)
    views = _are_numbers_views(coins)
    # The same behind the side in every name, such as `_1`, tells no coin from another.
    same = len(coins) > 1 and len({rest for of_coin in coins.values() for of in of_coin.values() for rest in of}) == 1
    read = {}
    for found, part in parts.items():
        rests = coins[_coin_of(found, part)]
        named = not part.of_folder and re.search(r"\d", part.short)
        if (same and named) or _one_coin(part.short, rests, views, len(coins)):
            read[found] = CoinSide(part.short, part.face, str(style), part.of_folder, _is_part(part, rests))
        else:
            read[found] = CoinSide(part.whole, part.face, str(style), part.of_folder and not part.rest)
    return read


def _coin_of(found: Found, part: _Parts) -> tuple[str, str]:
    return (found.scope if part.of_folder else "", part.short)


def _one_coin(short: str, rests: Mapping[Face, set[str]], views: bool, coins: int) -> bool:
    """Whether the files of one short name are pictures of one coin, and not coins told apart by what follows."""
    every = set().union(*rests.values())
    if not short:
        return False
    if not any(re.search(r"\d", rest) for rest in every):  # words alone: the whole coin beside its details
        return "" in every or all(len(of_face) == 1 for of_face in rests.values())
    named = bool(re.search(r"\d", short))
    counted = views and (named or coins > 1) and all(rest == "" or rest.isdigit() for rest in every)
    return ("" in every and named) or counted


def _are_numbers_views(coins: Mapping[tuple[str, str], Mapping[Face, set[str]]]) -> bool:
    """Whether numbers behind the side (`rev_1`, `rev_2`) count pictures of it: then most of them have no partner."""
    alone = both = 0
    for rests in (of_coin for of_coin in coins.values() if len(of_coin) == 2):
        one, other = ({int(rest) for rest in of_face if re.fullmatch("[0-9]{1,9}", rest)} for of_face in rests.values())
        if max(one | other, default=0) > MOST_VIEWS:
            return False
        both += len({n for n in one & other if n > 1})
        alone += len({n for n in one ^ other if n > 1})
    return alone > both


def _is_part(part: _Parts, rests: Mapping[Face, set[str]]) -> bool:
    """Whether a file shows a detail, or a state, of what another shows whole."""
    return bool(part.rest) and not part.number and any(rest != part.rest for rest in rests[part.face])


def _last_letters(files: Iterable[Found]) -> dict[str, set[str]]:
    """The single letters that end names, by what stands before them (both folded)."""
    letters: dict[str, set[str]] = defaultdict(set)
    for found in files:
        if match := re.fullmatch(r"(.*[\W\d_])([^\W\d_])", found.folded):
            letters[match[1].rstrip(SEPARATORS)].add(match[2])
    return letters


def _counts_coins(style: Style, told: CoinSide, letters: Mapping[str, set[str]]) -> bool:
    """Whether letters count coins: beside `12a` and `12r` there are `12b`, `12c`, `12d` ..."""
    others = letters.get(fold(told.key), set()) - {style.obverse, style.reverse}
    return style.where == "behind" and len(others) > OTHER_LETTERS


def _paired(readings: dict[Found, CoinSide], pool: Iterable[Found]) -> list[Found]:
    """Files of the pool whose coin has both sides under these readings."""
    coins: dict[str, dict[Face, list[Found]]] = defaultdict(lambda: defaultdict(list))
    for found in pool:
        told = readings.get(found)
        if told and found.face in (None, told.face):
            key = f"{found.scope}/" if told.of_folder else told.key
            coins[key][told.face].append(found)
    return [f for faces in coins.values() if len(faces) == 2 for files in faces.values() for f in files]


def _take(
    pairing: Pairing, pool: dict[Found, None], readings: Mapping[Found, CoinSide], files: Iterable[Found] | None = None
) -> None:
    """Follow ``readings`` for the files of the pool, or for ``files`` of it, and take them out of the pool."""
    for found in list(pool if files is None else files):
        if found in readings:
            pairing.told[found] = readings[found]
            del pool[found]


def _set_misfits_aside(pairing: Pairing, pool: dict[Found, None], readings: dict[Found, CoinSide]) -> None:
    for found in [f for f in pool if f in readings and f.face not in (None, readings[f].face)]:
        pairing.misfits.append(_misfit(found, readings[found].face))
        del pool[found]


def _misfit(found: Found, face: Face) -> Skipped:
    return Skipped(str(found.path), f"its name says {face}, its folder {found.face}")


def _name_by_folders(pairing: Pairing) -> None:
    """Name coins by their folders where each folder holds one obverse and one reverse of names that have no partner."""
    folders: dict[str, dict[Face, list[Found]]] = defaultdict(lambda: defaultdict(list))
    for found, told in pairing.told.items():
        folders[found.scope][told.face].append(found)
    single = all(len(faces) == 2 and all(len(files) == 1 for files in faces.values()) for faces in folders.values())
    if single and len(folders) > 1 and "" not in folders and not _paired(pairing.told, pairing.told):
        for found, told in pairing.told.items():
            pairing.told[found] = replace(told, key=found.scope.rpartition("/")[2], of_folder=True)
