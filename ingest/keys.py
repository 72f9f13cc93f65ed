"""Which column of a table says which coin a row speaks of."""

import re
from dataclasses import dataclass, field

from ingest.metadata import Table
from ingest.names import CoinNames, last_part
from ingest.unknown import names_something
from ingest.vocabulary import names_side

#: Numbers up to here may be years, axes or running numbers as well as the names of coins.
ANY_NUMBER = 2100
#: What spreadsheets make of ids such as `3-4`.
DATE = re.compile(r"\d{1,2}[-. ][A-Za-z]{3}\.?|[A-Za-z]{3}-\d\d|\d{4}-\d\d-\d\d")
#: So many cells of a column, spread over the table, show whether it names coins.
SAMPLE = 2000


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


def choose_key(table: Table, pictures: set[str], lookup: CoinNames, coins: int, side: str | None) -> Key:
    """The column that names the coins: one whose heading says so before others, unless too few of its cells do.

    A die, an axis, a measure, a date, a mint or a reference never names a coin. ``pictures`` are columns of files,
    ``side`` is the column that says which side a row speaks of.
    """
    columns = [column for column in table.headings if column not in pictures and column != side]
    candidates = [_candidate(table, column, lookup, side) for column in columns]
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


def _candidate(table: Table, column: str, lookup: CoinNames, side: str | None) -> Candidate:
    rows = [(cell, row) for row in table.rows if names_something(cell := row.cells.get(column, ""))]
    # A column that could be the key but does not say so has names in most rows.
    some = rows if column in table.keys else rows[:: len(rows) // SAMPLE + 1]
    if not any(lookup.find(cell) for cell, _ in some):
        rows = []
    known = [(cell, named) for cell, row in rows if (named := lookup.find(cell))]
    numbers = [int(cell) for cell, _ in rows if cell.isdecimal()]
    return Candidate(
        column,
        counts=next(iter(table.headings)) == column and numbers == sorted(set(numbers)),
        says=column in table.keys,
        cells=len(rows),
        different=len({(cell, row.cells.get(side, "") if side else "") for cell, row in rows}),
        found=len(known),
        coins=len({named.position for _, named in known}),
        telling=sum(_telling(last_part(cell)) for cell, _ in known),
    )


def _telling(cell: str) -> bool:
    """Whether a cell that is a coin's name is hardly one by chance: it has letters, or is a large number."""
    if cell.isdecimal():
        return int(cell) > ANY_NUMBER or (len(cell) > 3 and cell.startswith("0"))
    return re.search(r"[^\W\d_]", cell) is not None and len(cell) > 1
