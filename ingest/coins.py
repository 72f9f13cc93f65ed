"""Files put together to coins with their sides; and what may belong together, or would tell the side, of the others."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import PurePosixPath

from ingest.images import Probed
from ingest.pairing import CoinSide, Pairing, paired_by_numbers, tell
from ingest.records import FACES, Face, Skipped, names_something
from ingest.scan import Found
from ingest.words import without_look_alikes

#: Where more one-sided coins than these have the same numbers, as in `Mainz 2019 boar`, the numbers tell no coin.
FEW = 3
#: Longer to shorter side: a picture of this shape may show both sides of a coin.
BOTH_SIDES = 1.5
#: Of the files without a side: two words that tell so many of them apart may be words for the sides.
MANY = 0.5
#: Of them, so many must end with 1 or 2 for `--numbered` to be named.
SOME = 0.25
SPLIT = "--split cuts it, if it shows both sides or several coins"


@dataclass
class CoinFiles:
    """The files of one coin, one for each face, the type that its ``folder`` names, and further ``views`` of a side."""

    name: str
    files: dict[Face, Found]
    type: str | None = None
    folder: str = ""
    views: dict[Found, Face] = field(default_factory=dict)


@dataclass
class Coins:
    """Files put together to coins, and what did not go in. ``views`` are further pictures of a side that is there."""

    coins: list[CoinFiles] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    misfits: list[Skipped] = field(default_factory=list)
    views: list[Skipped] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def put_together(told: Mapping[Found, CoinSide], probed: Mapping[Found, Probed]) -> Coins:
    """Coins from files of which coin and face are known, with their checksums and sizes.

    A coin keeps its name when its files move to another type folder. Only where two folders use one name for different
    coins the folder becomes part of it (``apart``). Of several files for one side the one of most pixels is used.
    """
    keys: dict[str, list[Found]] = defaultdict(list)
    for found in sorted(told, key=lambda f: (f.type is None, f.relative)):
        keys[told[found].key].append(found)
    result = Coins()
    files_of = {key: _without_copies(files, told, probed, result) for key, files in keys.items()}
    scoped = {key: _by_scope(files, told) for key, files in files_of.items()}
    unclear = {key for key, groups in scoped.items() if len(groups) > 1 and _may_be_one_coin(groups.values(), told)}
    # Where one name stands in two folders for different coins, other names are likely to do so too.
    restarts = any(len(groups) > 1 for key, groups in scoped.items() if key not in unclear)
    for key, groups in scoped.items():
        one = len(groups) == 1 or (key in unclear and not restarts)
        for scope, files in ({"": files_of[key]} if one else groups).items():
            name = f"{scope}/{key}" if scope else key
            result.coins.append(_one_coin(name, files, told, probed, result))
            result.apart += [name] * (not one)
    _name_by_their_folders(result)
    _forget_types_of_one_coin(result)
    result.coins.sort(key=lambda coin: coin.name)
    return result


def _scope(found: Found, told: CoinSide) -> str:
    """The folder that a coin lies in: that above its own, where the folder is the coin."""
    return found.scope.rpartition("/")[0] if told.of_folder else found.scope


def _by_scope(files: list[Found], told: Mapping[Found, CoinSide]) -> dict[str, list[Found]]:
    groups: dict[str, list[Found]] = defaultdict(list)
    for found in sorted(files, key=lambda f: _scope(f, told[f])):
        groups[_scope(found, told[found])].append(found)
    return groups


def _may_be_one_coin(groups: Iterable[list[Found]], told: Mapping[Found, CoinSide]) -> bool:
    """Whether files of one name may be the sides of one coin, in two folders, rather than of two coins."""
    faces = Counter(face for files in groups for face in {told[found].face for found in files})
    return max(faces.values()) == 1


def _without_copies(
    files: list[Found], told: Mapping[Found, CoinSide], probed: Mapping[Found, Probed], result: Coins
) -> list[Found]:
    kept: dict[tuple[Face, str], Found] = {}
    for found in files:
        first = kept.setdefault((told[found].face, probed[found][0]), found)
        if first is not found:
            result.skipped.append(Skipped(str(found.path), f"the same picture as {first.relative}"))
    return list(kept.values())


def _one_coin(
    name: str, files: list[Found], told: Mapping[Found, CoinSide], probed: Mapping[Found, Probed], result: Coins
) -> CoinFiles:
    coin = CoinFiles(name, {})
    for face in FACES:
        of_face = [found for found in files if told[found].face == face]
        # Among pictures of one size that of the shortest name, which is the original of its copies.
        best = sorted(of_face, key=lambda f: (told[f].part, -probed[f][1] * probed[f][2], len(f.stem)))
        for found in best[1:]:
            reason = f"a further view of the {face} of {name}; {best[0].relative} is used"
            result.views.append(Skipped(str(found.path), reason))
            coin.views[found] = face
        if best:
            coin.files[face] = best[0]
    scopes = [_scope(found, told[found]) for found in coin.files.values()]
    types = [scope.rpartition("/")[2] for scope in scopes]
    types = [one for one in types if one and names_something(one)]
    coin.type = types[0] if types else None
    coin.folder = scopes[0]
    if len(set(types)) > 1:
        reason = f"lies under {types[1]!r}, its obverse under {types[0]!r}, which is taken for the type of {name}"
        result.misfits.append(Skipped(str(coin.files["reverse"].path), reason))
    return coin


def _name_by_their_folders(result: Coins) -> None:
    """Where several folders hold one coin each, all of one name (`A12/coin_obv`, `A13/coin_obv`), take the folders'."""
    of_folder, of_name = _grouped(result.coins)
    for key, coins in of_name.items():
        alone = all(coin.folder and len(of_folder[coin.folder]) == 1 for coin in coins)
        # Numbers that begin again in each folder count the coins of types, unless the folders are numbered too.
        if len(coins) > 1 and alone and (not re.search(r"\d", key) or all(map(_numbered, coins))):
            for coin in coins:
                result.apart = [name for name in result.apart if name != coin.name]
                above, _, coin.name = coin.folder.rpartition("/")
                _move_up(coin, above)


def _grouped(coins: Iterable[CoinFiles]) -> tuple[dict[str, list[CoinFiles]], dict[str, list[CoinFiles]]]:
    of_folder, of_name = defaultdict(list), defaultdict(list)
    for coin in coins:
        of_folder[coin.folder].append(coin)
        of_name[coin.name.rpartition("/")[2]].append(coin)
    return of_folder, of_name


def _forget_types_of_one_coin(result: Coins) -> None:
    """A folder that bears its coin's name is no type; nor are folders that all hold one coin, under numbers."""
    in_folders = [coin for coin in result.coins if coin.folder]
    of_folder, _ = _grouped(in_folders)
    alone = [coins[0] for coins in of_folder.values() if len(coins) == 1 and len(coins[0].files) == len(FACES)]
    every = bool(alone) and len(alone) == len(of_folder) and all(map(_numbered, alone))
    for coin in alone:
        folder = coin.folder.rpartition("/")[2]
        if every or _plain(folder) == _plain(coin.name.rpartition("/")[2]):
            _move_up(coin, coin.folder.rpartition("/")[0])
    if every:
        result.notes.append("each folder holds one coin, so the names of the folders are not taken for types")


def _numbered(coin: CoinFiles) -> bool:
    """Whether the name of a coin's folder holds a number, as those of coins do and those of types seldom."""
    return bool(re.search(r"\d", coin.folder.rpartition("/")[2]))


def _move_up(coin: CoinFiles, folder: str) -> None:
    above = folder.rpartition("/")[2]
    coin.folder, coin.type = folder, above if above and names_something(above) else None


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


# What may be meant


def suggest(coins: Iterable[CoinFiles], untold: Sequence[Found] = ()) -> list[tuple[str, str]]:
    """Files of one-sided coins (obverse, reverse) whose names differ only in case, separators, zeros or letters.

    Also files, of these and of the ``untold``, that a letter of another alphabet keeps apart: `3O` with a Greek O.
    """
    alone = [coin for coin in coins if len(coin.files) == 1]
    obverses, reverses = (defaultdict[tuple[int, ...] | str, list[tuple[str, Found]]](list) for _ in FACES)
    for coin in alone:
        ((face, found),) = coin.files.items()
        letters = _letters(coin.name)
        (obverses if face == "obverse" else reverses)[_digits(coin.name) or letters].append((letters, found))
    pairs = _look_alikes([found for coin in alone for found in coin.files.values()] + list(untold))
    for same in (key for key in obverses if key in reverses):
        likely = len(obverses[same]) <= FEW and len(reverses[same]) <= FEW
        pairs += [
            (obverse.relative, reverse.relative)
            for letters, obverse in obverses[same]
            for others, reverse in reverses[same]
            if letters == others or (likely and SequenceMatcher(None, letters, others).ratio() >= 0.75)
        ]
    return list(dict.fromkeys(pairs))


def _look_alikes(files: Sequence[Found]) -> list[tuple[str, str]]:
    """Files that are the sides of one coin if letters of other alphabets are the Latin ones that they look like."""
    latin = {_in_latin(found): found for found in files}
    if all(one.relative == found.relative for one, found in latin.items()):
        return []
    sides: dict[str, dict[Face, Found]] = defaultdict(dict)
    for one, told in tell(list(latin)).told.items():
        sides[f"{one.scope}/{told.key}"][told.face] = one
    pairs = [(faces["obverse"], faces["reverse"]) for faces in sides.values() if len(faces) == 2]
    return [
        (latin[obverse].relative, latin[reverse].relative)
        for obverse, reverse in pairs
        if any(latin[one].relative != one.relative for one in (obverse, reverse))
    ]


def _in_latin(found: Found) -> Found:
    relative = without_look_alikes(found.relative)
    name = without_look_alikes(found.stem) + found.path.suffix
    return Found(found.path.with_name(name), relative, without_look_alikes(found.scope), found.face, found.type)


def _digits(name: str) -> tuple[int, ...]:
    return tuple(int(run) for run in re.findall(r"[0-9]+", PurePosixPath(name).name))


def _letters(name: str) -> str:
    return re.sub(r"[\W\d_]+", "", name.rpartition("/")[2]).casefold()


# Files that are no side of any coin


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
                for found in untold.intersection(of_word.values()) - beside.keys() - others.keys():
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
