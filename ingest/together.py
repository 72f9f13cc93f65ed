"""Files put together to coins: one for each side, the largest; and one-sided coins that may belong together."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import PurePosixPath

from ingest.faces import without_look_alikes
from ingest.images import Probed
from ingest.pairing import CoinFiles, Told, tell
from ingest.records import FACES, Face, Skipped, names_something
from ingest.scan import Found

#: Where more one-sided coins than these have the same numbers, as in `Mainz 2019 boar`, the numbers tell no coin.
FEW = 3


@dataclass
class Coins:
    """Files put together to coins, and what did not go in. ``views`` are further pictures of a side that is there."""

    coins: list[CoinFiles] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    misfits: list[Skipped] = field(default_factory=list)
    views: list[Skipped] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def put_together(told: Mapping[Found, Told], probed: Mapping[Found, Probed]) -> Coins:
    """Coins from files of which coin and face are known, with their checksums and sizes.

    A coin keeps its name when its files move to another type folder. Only where two folders use one name for different
    coins the folder becomes part of it (``apart``). Of several files for one side the one of most pixels is used.
    """
    keys: dict[str, list[Found]] = defaultdict(list)
    for found in sorted(told, key=lambda f: (f.type is None, f.relative)):
        keys[told[found].key].append(found)
    result = Coins()
    several = {key: _by_scope(_without_copies(files, told, probed, result), told) for key, files in keys.items()}
    # Where one name stands in two folders for different coins, other names are likely to do so too.
    restarts = any(len(groups) > 1 and "?" not in groups for groups in several.values())
    for key, groups in several.items():
        if "?" in groups:
            files = groups["?"]
            groups = _each_scope(files, told) if restarts else {"": files}
        for scope, files in groups.items():
            name = f"{scope}/{key}" if len(groups) > 1 and scope else key
            coin = _one_coin(name, files, told, probed, result)
            if len(groups) > 1:
                result.apart.append(name)
            result.coins.append(coin)
    _name_by_their_folders(result)
    _forget_types_of_one_coin(result)
    result.coins.sort(key=lambda coin: coin.name)
    return result


def _scope(found: Found, told: Told) -> str:
    """The folder that a coin lies in: that above its own, where the folder is the coin."""
    return found.scope.rpartition("/")[0] if told.of_folder else found.scope


def _by_scope(files: list[Found], told: Mapping[Found, Told]) -> dict[str, list[Found]]:
    """The files of one name by coin; under "?" those that may be the sides of one coin or of two, in two folders."""
    scopes: dict[Face, set[str]] = defaultdict(set)
    for found in files:
        scopes[told[found].face].add(_scope(found, told[found]))
    every = set().union(*scopes.values())
    if len(every) == 1:
        return {"": files}
    return {"?": files} if all(len(of_face) == 1 for of_face in scopes.values()) else _each_scope(files, told)


def _each_scope(files: list[Found], told: Mapping[Found, Told]) -> dict[str, list[Found]]:
    groups: dict[str, list[Found]] = defaultdict(list)
    for found in sorted(files, key=lambda f: _scope(f, told[f])):
        groups[_scope(found, told[found])].append(found)
    return groups


def _without_copies(
    files: list[Found], told: Mapping[Found, Told], probed: Mapping[Found, Probed], result: Coins
) -> list[Found]:
    kept: dict[tuple[Face, str], Found] = {}
    for found in files:
        first = kept.setdefault((told[found].face, probed[found][0]), found)
        if first is not found:
            result.skipped.append(Skipped(str(found.path), f"the same picture as {first.relative}"))
    return list(kept.values())


def _one_coin(
    name: str, files: list[Found], told: Mapping[Found, Told], probed: Mapping[Found, Probed], result: Coins
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
        # Numbers that begin anew in each folder count the coins of types, unless the folders are numbered too.
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
    alone = [coins[0] for coins in of_folder.values() if len(coins) == 1 and not coins[0].files.keys() ^ set(FACES)]
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


def suggest(coins: Iterable[CoinFiles], untold: Sequence[Found] = ()) -> list[tuple[str, str]]:
    """Files of one-sided coins (obverse, reverse) whose names differ only in case, separators, zeros or letters.

    Also files, of these and of the ``untold``, that a letter of another alphabet keeps apart: `3O` with a Greek O.
    """
    alone = [coin for coin in coins if len(coin.files) == 1]
    obverses: dict[tuple[int, ...] | str, list[tuple[str, Found]]] = defaultdict(list)
    reverses: dict[tuple[int, ...] | str, list[tuple[str, Found]]] = defaultdict(list)
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
