"""Which files show the two sides of one coin: told by their names and folders, decided for the folder as a whole."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property

from errors import CoingraphError
from ingest.records import FACES, Face, Skipped
from ingest.scan import FACE_WORDS, Found, normal

WORD_PAIRS = (
    *(("obverse", "reverse"), ("obv", "rev"), ("avers", "revers"), ("av", "rv"), ("obvers", "revers"), ("obv", "rv")),
    *(("av", "rev"), ("avers", "reverse"), ("vorderseite", "rückseite"), ("vorderseite", "rueckseite"), ("vs", "rs")),
    *(("heads", "tails"), ("head", "tail"), ("front", "back"), ("anverso", "reverso"), ("droit", "revers")),
)
LETTER_PAIRS = (("a", "r"), ("o", "r"), ("v", "r"))
#: What the group ``side`` of a pattern may hold, beside the words.
SIDE_GROUPS: dict[str, Face] = {
    **FACE_WORDS,
    **dict.fromkeys(("a", "o", "v", "1", "01"), "obverse"),
    **dict.fromkeys(("r", "b", "2", "02"), "reverse"),
}
SEPARATORS = " _-.,()[]"
#: Where more one-sided coins than these have the same numbers, as in `Mainz 2019 boar`, the numbers tell no coin.
FEW = 3
NOT_A_LETTER_BEFORE, NOT_A_LETTER_AFTER = r"(?<![^\W\d_])", r"(?![^\W\d_])"


class BadPattern(CoingraphError):
    """A regular expression that cannot tell coin and side."""


@dataclass(frozen=True)
class Told:
    """The coin and the face that a file shows."""

    key: str
    face: Face
    style: str = ""


@dataclass(frozen=True)
class Style:
    """A way to name the two files of a coin: one word for each face; where a name holds several, the last counts.

    ``where`` limits single letters and numbers to places where they are not likely to mean anything else.
    """

    obverse: str
    reverse: str
    where: str = "anywhere"

    def __str__(self) -> str:
        return f"{self.obverse}/{self.reverse}"

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        token = f"({self.obverse}|{self.reverse})"
        around = {
            "anywhere": NOT_A_LETTER_BEFORE + token + NOT_A_LETTER_AFTER,
            "behind": r"(?:(?<=[\W_])|(?<=\d))" + token + r"(?=[\W_]|\d|$)",
            "in front": "^" + token + r"(?=[\W_])",
            "at the end": r"(?<=[\W_])" + token + r"(?=\W*$)",
        }
        return re.compile(around[self.where], re.IGNORECASE)

    def read(self, stem: str) -> tuple[str, str, Face] | None:
        """Name of the coin, name with what follows the face's word, face."""
        found = list(self._pattern.finditer(stem))
        if not found:
            return None
        last = found[-1]
        before, after = stem[: last.start()].rstrip(SEPARATORS), stem[last.end() :].strip(SEPARATORS)
        face: Face = "obverse" if last[1].casefold() == self.obverse else "reverse"
        if not before or not after:
            name = before or after
            return (name, name, face) if name else None
        whole = f"{before}_{after}"
        # `_box` behind `A.9_obv` and `00` behind `00012a` say nothing of the coin, `2` behind `coin_obv_` does.
        return (before if not after.strip("0") or not re.search(r"\d", after) else whole), whole, face


TIERS = (
    [Style(o, r) for o, r in WORD_PAIRS],
    [Style(o, r, "behind") for o, r in LETTER_PAIRS],
    [Style(o, r, "in front") for o, r in LETTER_PAIRS],
)
NUMBERED = [Style("1", "2", "at the end")]


@dataclass
class Pairing:
    """Which file shows what. ``untold`` are files whose side nothing tells."""

    told: dict[Found, Told] = field(default_factory=dict)
    misfits: list[Skipped] = field(default_factory=list)
    untold: list[Found] = field(default_factory=list)

    @property
    def style(self) -> str:
        """The styles in use with their number of files, most frequent first."""
        counts: dict[str, int] = defaultdict(int)
        for told in self.told.values():
            counts[told.style] += 1
        ordered = sorted(counts.items(), key=lambda item: -item[1])
        return ", ".join(f"{style} ({count} file{'s' * (count != 1)})" for style, count in ordered)


def tell_by_pattern(files: Iterable[Found], pattern: str) -> Pairing:
    """Tell coin and side by a regular expression with these two groups, searched in the name, then in the path.

    Where ``side`` matches nothing, the folder decides. Raises `BadPattern`.
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise BadPattern(f"{pattern!r} is not a regular expression: {error}") from error
    if not {"coin", "side"} <= set(compiled.groupindex):
        raise BadPattern("the pattern needs two named groups: (?P<coin>...) and (?P<side>...)")
    pairing = Pairing()
    for found in files:
        match = compiled.search(normal(found.path.name)) or compiled.search(normal(found.relative))
        key = (match["coin"] or "").strip(SEPARATORS) if match else ""
        side = (match["side"] or "").casefold() if match else ""
        face = SIDE_GROUPS.get(side) if side else found.face
        if not key or face is None:
            pairing.untold.append(found)
        elif found.face and face != found.face:
            pairing.misfits.append(_misfit(found, face))
        else:
            pairing.told[found] = Told(key, face, "pattern")
    return pairing


def tell(files: Sequence[Found], numbered: bool = False) -> Pairing:
    """Tell coin and side of every file by the styles that explain most of the folder.

    The style that completes most pairs is taken first, then the one that completes most of what is left: words before
    single letters before, where ``numbered``, `_1` and `_2`. A file whose name and folder disagree under a style that
    the folder uses is a misfit. A style that completes no pair only counts where nothing else fits.
    """
    pairing = Pairing()
    readings = {s: _readings(s, files) for tier in (*TIERS, NUMBERED if numbered else []) for s in tier}
    by_folder = {f: Told(f.stem, f.face, "the folders tell the side") for f in files if f.face}
    pool = dict.fromkeys(files)
    used: list[Style] = []
    for tier in (*TIERS, NUMBERED if numbered else []):
        while True:
            scores = {s: _paired(readings[s], pool) for s in tier if s not in used and readings[s]}
            # Coins counted a, b, c ... r in folders that tell the face: there `_a` and `_r` are no sides.
            scores = {
                s: paired
                for s, paired in scores.items()
                if paired and len(paired) >= len(_paired(by_folder, [f for f in pool if f in readings[s]]))
            }
            if not scores:
                break
            best = max(scores, key=lambda s: len(scores[s]))
            used.append(best)
            _take(pairing, pool, {f: readings[best][f] for f in scores[best]})
            _set_misfits_aside(pairing, pool, readings[best])
    _take(pairing, pool, {f: by_folder[f] for f in _paired(by_folder, pool)})
    for style in used:
        _take(pairing, pool, {f: readings[style][f] for f in pool if f in readings[style]})
    for style in (s for tier in TIERS for s in tier if s not in used):
        matching = [f for f in pool if f in readings[style]]
        if style in TIERS[0] or len(matching) > len(files) / 2:
            _set_misfits_aside(pairing, pool, readings[style])
            _take(pairing, pool, {f: readings[style][f] for f in pool if f in readings[style]})
    _take(pairing, pool, {f: by_folder[f] for f in pool if f in by_folder})
    pairing.untold = list(pool)
    return pairing


def paired_by_numbers(files: Sequence[Found]) -> set[Found]:
    """The files that `_1` and `_2` at the end of their names would make coins with both sides."""
    return set(_paired(_readings(NUMBERED[0], files), files))


def _readings(style: Style, files: Iterable[Found]) -> dict[Found, Told]:
    """What the names say under one style. The short name of a coin is used unless it would merge different files."""
    read = {}
    longer: dict[tuple[str, Face], set[str]] = defaultdict(set)
    for found in files:
        stem = found.stem
        folded = stem.casefold()
        if (style.obverse in folded or style.reverse in folded) and (result := style.read(stem)):
            read[found] = result
            longer[result[0], result[2]].add(result[1])
    doubtful = {short for (short, _), wholes in longer.items() if len(wholes) > 1}
    return {
        f: Told(whole if short in doubtful else short, face, str(style)) for f, (short, whole, face) in read.items()
    }


def _paired(readings: dict[Found, Told], pool: Iterable[Found]) -> list[Found]:
    """Files of the pool whose coin has both sides under these readings."""
    coins: dict[str, dict[Face, list[Found]]] = defaultdict(lambda: defaultdict(list))
    for found in pool:
        told = readings.get(found)
        if told and found.face in (None, told.face):
            coins[told.key][told.face].append(found)
    return [f for faces in coins.values() if len(faces) == 2 for files in faces.values() for f in files]


def _take(pairing: Pairing, pool: dict[Found, None], told: dict[Found, Told]) -> None:
    pairing.told.update(told)
    for found in told:
        pool.pop(found, None)


def _set_misfits_aside(pairing: Pairing, pool: dict[Found, None], readings: dict[Found, Told]) -> None:
    for found in [f for f in pool if f in readings and f.face not in (None, readings[f].face)]:
        pairing.misfits.append(_misfit(found, readings[found].face))
        del pool[found]


def _misfit(found: Found, face: Face) -> Skipped:
    return Skipped(str(found.path), f"its name says {face}, its folder {found.face}")


@dataclass
class CoinFiles:
    """The files of one coin."""

    name: str
    files: dict[Face, Found]


@dataclass
class Coins:
    """Files put together to coins, and what did not go in."""

    coins: list[CoinFiles] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    misfits: list[Skipped] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)


def put_together(told: dict[Found, Told], sha256: dict[Found, str]) -> Coins:
    """Coins from files of which coin and face are known.

    A coin keeps its name when its files move to another type folder. Only where two folders use one name for different
    coins the folder becomes part of it (``apart``). Two files for one side: the first by name is used.
    """
    keys: dict[str, list[Found]] = defaultdict(list)
    for found in sorted(told, key=lambda f: (f.type is None, f.relative)):
        keys[told[found].key].append(found)
    result = Coins()
    several = {}
    for key, files in keys.items():
        files = _without_copies(files, told, sha256, result)
        scopes = {f.scope for f in files}
        if len({told[f].face for f in files}) == len(files):
            several[key] = {"": files} if len(scopes) == 1 else {"": files, "?": files}
        else:
            several[key] = {s: [f for f in files if f.scope == s] for s in sorted(scopes)}
    # Where one name stands in two folders for different coins, other names are likely to do so too.
    restarts = any(len(groups) > 1 and "?" not in groups for groups in several.values())
    for key, groups in several.items():
        if "?" in groups:
            groups = {f.scope: [f] for f in groups[""]} if restarts else {"": groups[""]}
        for scope, files in groups.items():
            name = f"{scope}/{key}" if len(groups) > 1 and scope else key
            if len(groups) > 1:
                result.apart.append(name)
            result.coins.append(_one_coin(name, files, told, result))
    result.coins.sort(key=lambda coin: coin.name)
    return result


def _without_copies(
    files: list[Found], told: dict[Found, Told], sha256: dict[Found, str], result: Coins
) -> list[Found]:
    kept: dict[tuple[Face, str], Found] = {}
    for found in files:
        first = kept.setdefault((told[found].face, sha256[found]), found)
        if first is not found:
            result.skipped.append(Skipped(str(found.path), f"the same picture as {first.relative}"))
    return list(kept.values())


def _one_coin(name: str, files: list[Found], told: dict[Found, Told], result: Coins) -> CoinFiles:
    coin = CoinFiles(name, {})
    for found in files:
        face = told[found].face
        if face in coin.files:
            reason = f"a second {face} of {name}; {coin.files[face].relative} is used"
            result.skipped.append(Skipped(str(found.path), reason))
        else:
            coin.files[face] = found
    types = [coin.files[face].type for face in FACES if face in coin.files]
    if len(types) == 2 and all(types) and types[0] != types[1]:
        reason = f"lies under {types[1]!r}, its obverse under {types[0]!r}, which is taken for the type of {name}"
        result.misfits.append(Skipped(str(coin.files["reverse"].path), reason))
    return coin


def suggest(coins: Iterable[CoinFiles]) -> list[tuple[str, str]]:
    """Files of one-sided coins (obverse, reverse) whose names differ only in case, separators, zeros or letters."""
    obverses: dict[tuple[int, ...] | str, list[tuple[str, Found]]] = defaultdict(list)
    reverses: dict[tuple[int, ...] | str, list[tuple[str, Found]]] = defaultdict(list)
    for coin in coins:
        if len(coin.files) == 1:
            ((face, found),) = coin.files.items()
            letters = _letters(coin.name)
            (obverses if face == "obverse" else reverses)[_digits(coin.name) or letters].append((letters, found))
    pairs = []
    for same in (key for key in obverses if key in reverses):
        likely = len(obverses[same]) <= FEW and len(reverses[same]) <= FEW
        pairs += [
            (obverse.relative, reverse.relative)
            for letters, obverse in obverses[same]
            for others, reverse in reverses[same]
            if letters == others or (likely and SequenceMatcher(None, letters, others).ratio() >= 0.75)
        ]
    return pairs


def _digits(name: str) -> tuple[int, ...]:
    return tuple(int(run) for run in re.findall(r"[0-9]+", name.rpartition("/")[2]))


def _letters(name: str) -> str:
    return re.sub(r"[\W\d_]+", "", name.rpartition("/")[2]).casefold()
