"""Which row of the table speaks of which coin, by which column, and what the rows of a coin say together."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from ingest.coins import CoinFiles
from ingest.headings import names_side, says_key
from ingest.images import ENDINGS
from ingest.named_files import NamedFiles
from ingest.records import FACES, Face, Skipped, names_something
from ingest.scan import Found
from ingest.table import Row, Table
from ingest.values import without_zeros
from ingest.words import normal

#: Numbers up to here may be years, axes or running numbers as well as the names of coins.
ANY_NUMBER = 2100
#: What spreadsheets make of ids such as `3-4`.
DATE = re.compile(r"\d{1,2}[-. ][A-Za-z]{3}\.?|[A-Za-z]{3}-\d\d|\d{4}-\d\d-\d\d")
#: So many cells of a column, spread over the table, show whether it names coins.
SAMPLE = 2000


# Coins by the names that tables use


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
        cased, exact, loose = (defaultdict[str, set[Named]](set) for _ in range(3))
        for position, coin in enumerate(coins):
            scopes = {found.scope for found in coin.files.values()} - {""}
            for name in (coin.name, *scopes):
                for known_as in (name, name.rpartition("/")[2]):
                    exact[normal(known_as).casefold()].add(Named(position))
            for face, found in coin.files.items():
                exact[found.stem.casefold()].add(Named(position, face))
            cased[coin.name].add(Named(position))
        for name, named in exact.items():
            loose[_loosely(name)] |= named
        self._cased, self._exact, self._loose = map(_where_one, (cased, exact, loose))

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


def _where_one(names: Mapping[str, set[Named]]) -> dict[str, Named]:
    """The coin of each name that means only one; its side where the name means only that."""
    known = {}
    for name, (first, *others) in names.items():
        if all(other.position == first.position for other in others):
            known[name] = Named(first.position) if others else first
    return known


def _ungrouped(text: str) -> str:
    """`18,200,001` as a person writes 18200001."""
    grouped = re.fullmatch(r"\d{1,3}(?:[.,' \u00a0\u202f]\d{3})+", text)
    return re.sub(r"[.,' \u00a0\u202f]", "", text) if grouped else text


def _loosely(name: str) -> str:
    """The letters and numbers of a name, without words that only say that it is one: `Inv. 0101` is `101`."""
    runs = [run.lstrip("0") or "0" for run in re.findall(r"[0-9]+|[^\W\d_]+", name)]
    return " ".join([run for run in runs if run.isdigit() or not says_key(run)] or runs)


# The column that names the coins


@dataclass
class Key:
    """The column that names the coins; without one, ``refused`` says which columns were not taken, and why."""

    column: str | None = None
    refused: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Candidate:
    """How well the cells of a column are the names of coins.

    ``cells`` have a value, ``different`` are these without repetitions (a row for each side is none), ``found`` are
    names of coins, ``coins`` different ones, and ``telling`` of these are no small numbers. ``counts`` is a first
    column whose numbers grow from row to row.
    """

    column: str
    counts: bool
    says: bool
    cells: int
    different: int
    found: int
    coins: int
    telling: int

    @property
    def unique(self) -> bool:
        return self.different == self.cells

    def weakness(self, coins: int, others_say: bool) -> str:
        """Why this column is no evidence for which coin a row speaks of; empty where it is."""
        most = 2 * self.found > self.cells
        enough = 4 * self.found >= self.cells or 4 * self.coins >= coins
        if self.says:
            if 2 * self.different < self.cells:
                return "its cells repeat"
            return "" if enough or self.telling else f"only {self.found} of its {self.cells} cells are"
        if not self.unique:
            return "its cells repeat"
        if not most and not (2 * self.coins >= coins and self.telling):
            return f"only {self.found} of its {self.cells} cells are"
        if 2 * self.telling > self.found:
            return ""
        if self.counts and not others_say and 10 * self.found >= 9 * self.cells and 2 * self.coins >= coins:
            return ""
        return "its heading does not say so, and small numbers may mean anything"


def choose_key(named: NamedFiles, names: CoinNames, coins: int) -> Key:
    """The column that names the coins: one whose heading says so before others, unless too few of its cells do.

    A die, an axis, a measure, a date, a mint or a reference never names a coin, nor does a column of files or of sides.
    """
    table = named.table
    columns = [column for column in table.headings if column not in named.found and column != named.side_column]
    candidates = [_candidate(named, column, names) for column in columns]
    candidates = sorted((c for c in candidates if c.found), key=lambda c: (-c.says, -c.coins, -c.unique))
    others_say = any(column in table.keys for column in columns)
    known = {candidate.column for candidate in candidates}
    refused = [_no_names(table, column) for column in columns if column in table.keys - known]
    for candidate in candidates:
        heading = table.headings[candidate.column]
        weakness = candidate.weakness(coins, others_say)
        if candidate.column in table.no_keys:
            weakness = "its heading says that it is something else"
        elif names_side(heading) and not candidate.says:
            weakness = "its heading speaks of one side"
        if not weakness:
            return Key(candidate.column)
        refused.append(
            f"rows are not matched by column {heading!r}, though {candidate.found} of its cells could name coins: "
            f"{weakness}; --id-column {heading!r} takes it all the same"
        )
    return Key(None, refused[:4])


def _no_names(table: Table, column: str) -> str:
    cell = next((row.cells[column] for row in table.rows if row.cells.get(column)), "")
    dates = "; a spreadsheet seems to have made dates of them" if DATE.fullmatch(cell) else ""
    return f"no cell of column {table.headings[column]!r} is the name of a coin, such as {cell[:40]!r}{dates}"


def _candidate(named: NamedFiles, column: str, names: CoinNames) -> Candidate:
    table, side = named.table, named.side_column
    rows = [(cell, row) for row in table.rows if names_something(cell := row.cells.get(column, ""))]
    # A column that could be the key but does not say so has names in most rows.
    some = rows if column in table.keys else rows[:: len(rows) // SAMPLE + 1]
    if not any(names.find(cell) for cell, _ in some):
        rows = []
    known = [(cell, coin) for cell, _ in rows if (coin := names.find(cell))]
    numbers = [int(cell) for cell, _ in rows if cell.isdecimal()]
    return Candidate(
        column,
        counts=next(iter(table.headings)) == column and numbers == sorted(set(numbers)),
        says=column in table.keys,
        cells=len(rows),
        different=len({(cell, row.cells.get(side or "", "")) for cell, row in rows}),
        found=len(known),
        coins=len({coin.position for _, coin in known}),
        telling=sum(_telling(last_part(cell)) for cell, _ in known),
    )


def _telling(cell: str) -> bool:
    """Whether a cell that is a coin's name is hardly one by chance: it has letters, or is a large number."""
    if cell.isdecimal():
        return int(cell) > ANY_NUMBER or (len(cell) > 3 and cell.startswith("0"))
    return re.search(r"[^\W\d_]", cell) is not None and len(cell) > 1


# Rows and coins


@dataclass
class Matches:
    """What the table says of each coin (by its position), and rows that say nothing of any. ``key`` is the column by
    which rows were matched."""

    cells: dict[int, dict[str, str]] = field(default_factory=dict)
    values: dict[int, dict[str, Any]] = field(default_factory=dict)
    unused: list[Skipped] = field(default_factory=list)
    doubled: list[Skipped] = field(default_factory=list)
    key: str | None = None


#: The rows of one coin, each with the side it speaks of (None where nothing tells).
RowsOfCoin = list[tuple[Row, Face | None]]


def match_rows(
    named: NamedFiles, coins: Sequence[CoinFiles], notes: list[str], pieces: Mapping[Found, Sequence[Found]]
) -> Matches:
    """Give each row to its coin: by the table's ``key``, else by the files it names, else by a column that names coins.

    ``pieces`` are the files that photographs were cut into. Two rows for the two sides of a coin are joined: what they
    say differently is said of the side. Another second row fills gaps; where it says something else it is set aside.
    """
    table, names = named.table, CoinNames(coins)
    key = Key(table.key) if table.key else choose_key(named, names, len(coins))
    by_file = {found: (n, face) for n, coin in enumerate(coins) for found, face in coin.views.items()}
    by_file |= {found: (n, face) for n, coin in enumerate(coins) for face, found in coin.files.items()}
    finder = _Finder(named, names, key.column, pieces, by_file)
    matches = Matches(key=key.column)
    matched: dict[int, RowsOfCoin] = defaultdict(list)
    for row in table.rows:
        position, face = finder.find(row)
        if position is None:
            matches.unused.append(Skipped(f"{table.path}:{row.number}", finder.why_not(row)))
        else:
            matched[position].append((row, face))
    sided = _sided(matched.values(), named)
    for position, rows in matched.items():
        cells, values, left = _joined(rows, sided, named)
        matches.cells[position], matches.values[position] = cells, values
        for row in left:
            reason = f"a second row for {coins[position].name}; line {rows[0][0].number} is used"
            matches.doubled.append(Skipped(f"{table.path}:{row.number}", reason))
    matches.doubled.sort(key=lambda item: int(item.path.rpartition(":")[2]))
    joined = sum(bool(_by_side(rows)) for rows in matched.values())
    notes += [f"{joined} coins have a row for each side"] * bool(joined)
    naming = [column for column in (key.column, *named.faces) if column]
    broken = [row.number for row in table.rows if any("\n" in row.cells.get(column, "") for column in naming)]
    if broken := [number for number in broken if not named.more.get(number)]:
        notes.append(
            f"{len(broken)} rows have a line break in the cell that names the coin or a picture (the first ends in "
            f"line {broken[0]}): is a quote not closed?"
        )
    notes += [
        f"{len(cells)} cells of column {table.headings[column]!r} name pictures that are not here, such as {cells[0]!r}"
        for column, cells in named.missing.items()
    ]
    if finder.by_key and key.column:
        notes.append(f"{finder.by_key} rows are matched by column {table.headings[key.column]!r}")
    elif not matched:
        notes += key.refused
    return matches


@dataclass
class _Finder:
    """Finds the coin of a row, and the side it speaks of. ``key`` is the column that names coins."""

    named: NamedFiles
    names: CoinNames
    key: str | None
    pieces: Mapping[Found, Sequence[Found]]
    by_file: dict[Found, tuple[int, Face]]
    by_key: int = 0

    @cached_property
    def rounded(self) -> set[str]:
        """Numbers such as `1.82E+07` that stand in several rows: a spreadsheet has rounded them to one."""
        cells = Counter(row.cells.get(self.key, "") for row in self.named.table.rows) if self.key else Counter()
        return {cell for cell, count in cells.items() if count > 1 and re.fullmatch(r"\d[.,]?\d*[eE]\+?\d+", cell)}

    def find(self, row: Row) -> tuple[int | None, Face | None]:
        """The position of the row's coin, and the row's side where it speaks of one only."""
        files = [self.by_file[found] for found in self.named.files(row) if found in self.by_file]
        face = self.named.side(row)
        cell = row.cells.get(self.key, "") if self.key else ""
        known = self.names.find(cell) if cell and cell not in self.rounded else None
        if known and (self.named.table.key or not files):
            self.by_key += 1
            return known.position, face or known.face
        if files:
            faces = {of_file for _, of_file in files}
            return files[0][0], face or (faces.pop() if len(faces) == 1 else None)
        cut = self._cut(row)
        return (cut.pop(), face) if len(cut) == 1 else (None, None)

    def _cut(self, row: Row) -> set[int]:
        """The coins that the photographs that a row names were cut into."""
        pieces = (piece for found in self.named.files(row) for piece in self.pieces.get(found, []))
        return {self.by_file[piece][0] for piece in pieces if piece in self.by_file}

    def why_not(self, row: Row) -> str:
        """Why a row has no coin."""
        if cut := self._cut(row):
            return f"its photograph shows {len(cut)} coins; a row speaks of one"
        if files := self.named.files(row):
            return f"its picture {files[0].relative} is not used for a coin (see the lines above)"
        naming = [*([self.key] if self.key else sorted(self.named.table.keys)), *self.named.faces]
        mentioned = next((row.cells[column] for column in naming if row.cells.get(column)), "")
        if "\n" in mentioned:
            return f"its cell runs over several lines ({mentioned[:40]!r} ...): is a quote not closed?"
        if mentioned in self.rounded:
            return f"{mentioned} stands for several coins; a spreadsheet rounded their numbers"
        return f"no picture of {mentioned[:80]}" if mentioned else "has no id and names no picture"


def _by_side(rows: RowsOfCoin) -> dict[Face, Row]:
    """A row for each side where the rows of a coin are of that kind, else nothing."""
    sides = {face: row for row, face in reversed(rows) if face}
    return sides if len(sides) == 2 else {}


def _sided(matched: Iterable[RowsOfCoin], named: NamedFiles) -> set[str]:
    """The columns that speak of one side where there is a row for each: those that differ in most coins."""
    pairs = [(sides["obverse"].values, sides["reverse"].values) for rows in matched if (sides := _by_side(rows))]
    both = [(column, one, other) for one, other in pairs for column in one.keys() & other.keys() - named.faces.keys()]
    known = Counter(column for column, _, _ in both)
    differ = Counter(column for column, one, other in both if one[column] != other[column])
    return {column for column, count in differ.items() if 2 * count > known[column]}


def _joined(rows: RowsOfCoin, sided: set[str], named: NamedFiles) -> tuple[dict[str, str], dict[str, Any], list[Row]]:
    """The cells and values of a coin, and the rows that went into neither."""
    sides = _by_side(rows)
    first = sides["obverse"] if sides else rows[0][0]
    cells, values = dict(first.cells), dict(first.values)
    if sides:
        other = sides["reverse"]
        for column in {**first.values, **other.values}.keys() - {named.side_column}:
            own = first.values.get(column), other.values.get(column)
            if column not in named.faces and (column in sided or (None not in own and own[0] != own[1])):
                values.pop(column, None)
                values |= {f"{face}_{column}": v for face, v in zip(FACES, own, strict=True) if v is not None}
            else:
                values.setdefault(column, other.values.get(column))
        # A text that is of one side only is none of the coin: it gives no type and no collection.
        kept = {column: cell or other.cells.get(column, "") for column, cell in first.cells.items()}
        cells = {column: cell for column, cell in kept.items() if f"obverse_{column}" not in values}
        values.pop(named.side_column or "", None)
    others = [row for row, _ in rows if row is not first and row not in sides.values()]
    return cells, values, [row for row in others if not _add(row, cells, values, named)]


def _add(row: Row, cells: dict[str, str], values: dict[str, Any], named: NamedFiles) -> bool:
    """Fill gaps from a second row, unless it contradicts the first outside the names of files."""
    if any(values.get(c, v) != v for c, v in row.values.items() if c not in named.faces):
        return False
    for column, value in row.values.items():
        values.setdefault(column, value)
    cells.update({column: cell for column, cell in row.cells.items() if not cells.get(column)})
    return True
