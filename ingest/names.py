"""Coins by the names that tables use for them."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote

from ingest.images import ENDINGS
from ingest.pairing import CoinFiles
from ingest.records import Face
from ingest.scan import normal
from ingest.values import without_zeros
from ingest.vocabulary import says_key


@dataclass(frozen=True)
class Named:
    """A coin by its position, and the side where it is a side that was named."""

    position: int
    face: Face | None = None


class CoinNames:
    """Looks up coins by their names, their files' names, or the folder that holds nothing but them.

    A name that differs only in case, separators and leading zeros counts where it is unique, and so do the shapes that
    spreadsheets give to numbers: `101.0`, `1.82E+07`. Of an address the last part counts.
    """

    def __init__(self, coins: Sequence[CoinFiles]):
        exact: dict[str, set[Named]] = defaultdict(set)
        for position, coin in enumerate(coins):
            for name in {coin.name, coin.name.rpartition("/")[2]}:
                exact[normal(name).casefold()].add(Named(position))
            for face, found in coin.files.items():
                for name in {found.scope, found.scope.rpartition("/")[2]} - {""}:
                    exact[normal(name).casefold()].add(Named(position))
                exact[found.stem.casefold()].add(Named(position, face))
        cased: dict[str, set[Named]] = defaultdict(set)
        for position, coin in enumerate(coins):
            cased[coin.name].add(Named(position))
        loose: dict[str, set[Named]] = defaultdict(set)
        for name, found_under in exact.items():
            loose[_loosely(name)] |= found_under
        self._cased = {name: known for name, found in cased.items() if (known := _one(found))}
        self._exact = {name: known for name, found in exact.items() if (known := _one(found))}
        self._loose = {name: known for name, found in loose.items() if (known := _one(found))}

    def find(self, cell: str) -> Named | None:
        text = last_part(normal(cell))
        if known := self._cased.get(text):
            return known
        folded = text.casefold().replace("\\", "/")
        name = PurePosixPath(folded)
        stem = name.stem if name.suffix in ENDINGS else folded
        spellings = [folded, stem, without_zeros(folded), _ungrouped(folded)]
        exact = (self._exact.get(spelling) for spelling in spellings)
        loose = (self._loose.get(_loosely(spelling)) for spelling in spellings[1:])
        return next((known for known in (*exact, *loose) if known), None)


def last_part(cell: str) -> str:
    """Of an address what stands behind its last slash, which names the thing; else the cell."""
    if not re.match(r"\w+://", cell):
        return cell
    return unquote(re.split(r"[?#]", cell)[0].rstrip("/").rpartition("/")[2])


def _one(found: set[Named]) -> Named | None:
    """The coin where all mean the same one; its side where all mean the same side."""
    if len({named.position for named in found}) > 1:
        return None
    return next(iter(found)) if len(found) == 1 else Named(next(iter(found)).position)


def _ungrouped(text: str) -> str:
    """`18,200,001` as a person writes 18200001."""
    return (
        re.sub(r"[.,' \u00a0\u202f]", "", text) if re.fullmatch(r"\d{1,3}(?:[.,' \u00a0\u202f]\d{3})+", text) else text
    )


def _loosely(name: str) -> str:
    """The letters and numbers of a name, without words that only say that it is one: `Inv. 0101` is `101`."""
    runs = [run.lstrip("0") or "0" for run in re.findall(r"[0-9]+|[^\W\d_]+", name)]
    return " ".join([run for run in runs if run.isdigit() or not says_key(run)] or runs)
