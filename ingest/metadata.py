"""The table of a collection: its columns named and typed, its years found out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from ingest.dates import parse_date, parse_span, usual_era
from ingest.headings import Top, check_target, find_heading, find_headings, name_columns
from ingest.sheets import NoTable, Sheet, UnreadableMetadata, read_sheet
from ingest.unknown import names_something
from ingest.values import Typed, decimal_sign, typed
from ingest.vocabulary import era_of, letters_of_sides, meaning, names_end, never_key, says_key

#: A cell of more lines is hardly meant.
MOST_LINES = 30
ENDS = ("date_from", "date_to")
#: A date that names no era: years, at most with a word such as `ca.` in front.
NO_ERA = re.compile(r"(?:[^\W\d]+\.?\s*)?\d[\d\s/\u2013-]*\??")


@dataclass(frozen=True)
class Row:
    """One line of the table. ``number`` counts lines as a spreadsheet does; ``cells`` are texts, ``values`` typed."""

    number: int
    cells: dict[str, str]
    values: dict[str, Any]


@dataclass
class Table:
    """A table with normalised columns; ``headings`` gives their names in the file.

    ``keys`` are the columns whose headings say that they name the coins, ``no_keys`` those whose headings say that they
    name something else, ``numeric`` those whose values are numbers; ``key`` is the column that a person said names the
    coins. ``eras`` are those that headings name, by column of dates, ``era_columns`` the columns that hold such eras.
    ``how`` says how the file was read.
    """

    path: Path
    headings: dict[str, str]
    rows: list[Row] = field(default_factory=list)
    how: str = ""
    keys: set[str] = field(default_factory=set)
    no_keys: set[str] = field(default_factory=set)
    numeric: set[str] = field(default_factory=set)
    eras: dict[str, str] = field(default_factory=dict)
    era_columns: dict[str, str] = field(default_factory=dict)
    key: str | None = None
    notes: list[str] = field(default_factory=list)

    def column(self, asked: str) -> str:
        """The column of a heading or of its normalised name. Raises `UnreadableMetadata`."""
        if name := find_heading(asked, self.headings):
            return name
        known = ", ".join(self.headings.values())
        raise UnreadableMetadata(f"{self.path} has no column {asked!r}; its columns are: {known}")


def read_table(path: Path, sheet: str | None = None, said: Mapping[str, str] | None = None) -> Table:
    """Read a CSV, a TSV or a sheet of a workbook; ``said`` is what a person says that a heading means.

    Raises `UnreadableMetadata`.
    """
    found = read_sheet(path, sheet)
    if len(found.lines) < 2:
        raise NoTable(_why_no_rows(path, found))
    top = find_headings(found.lines)
    if not top.lines:
        raise NoTable(_why_no_rows(path, found))
    columns = [[cells[n] if n < len(cells) else "" for _, cells in top.lines] for n in range(len(top.headings))]
    asked = _asked(path, top, said or {})
    names = name_columns(top.headings, columns, asked)
    table = Table(path, dict(zip(names, top.headings, strict=True)), how=found.how)
    table.key = next((names[n] for n, target in asked.items() if target == "id"), None)
    table.keys = {name for name, heading in table.headings.items() if says_key(heading)} | {table.key or ""} - {""}
    of_sides = letters_of_sides(top.headings)
    table.no_keys = {n for n, heading in table.headings.items() if never_key(heading) or heading in of_sides} - {
        table.key
    }
    table.eras = {name: era for name, heading in table.headings.items() if (era := meaning(heading).era)}
    table.notes += [*found.notes, *top.notes, *_open_quotes(top, names, found.delimiter), *_longer(top)]
    _add_rows(table, top, dict(zip(names, columns, strict=True)))
    _add_years(table)
    return table


def _why_no_rows(path: Path, found: Sheet) -> str:
    open_quote = found.lines and any("\n" in cell for cell in found.lines[0][1])
    why = "; is a quote in its headings not closed?" if open_quote else ""
    return f"{path} holds no rows; a table has a line of headings and a line for each coin{why}"


def _asked(path: Path, top: Top, said: Mapping[str, str]) -> dict[int, str]:
    """What a person says of the headings, by the number of the column. Raises `UnreadableMetadata`."""
    if not said:
        return {}
    known = {str(n): heading for n, heading in enumerate(top.headings)}
    names = name_columns(top.headings, [[""] for _ in top.headings], {})
    asked: dict[int, str] = {}
    for heading, target in said.items():
        column = find_heading(heading, known) or find_heading(heading, dict(zip(names, known, strict=True)))
        if column is None:
            listed = ", ".join(top.headings)
            raise UnreadableMetadata(f"--map: {path} has no heading {heading!r}; its headings are: {listed}")
        target = check_target(target)
        if target in asked.values():
            raise UnreadableMetadata(f"--map gives {target} to two headings of {path}; give it to one")
        asked[int(column)] = target
    return asked


def _add_rows(table: Table, top: Top, columns: Mapping[str, list[str]]) -> None:
    values: dict[str, Typed] = {}
    decimal = decimal_sign(columns)
    for position, (name, cells) in enumerate(columns.items()):
        unit = meaning(table.headings[name]).unit or top.units.get(position)
        values[name] = typed(name, cells, unit, names=name in table.keys, decimal=decimal)
        table.notes += _notes(name, table.headings[name], values[name])
    table.numeric = {name for name, found in values.items() if found.numeric}
    for position, (line, _) in enumerate(top.lines):
        row = Row(line, {name: cells[position] for name, cells in columns.items()}, {})
        for name, found in values.items():
            if found.values[position] is not None:
                row.values[name] = found.values[position]
            if position in found.odd:
                row.values[f"{name}_text"] = found.odd[position]
        table.rows.append(row)


def _notes(name: str, heading: str, found: Typed) -> list[str]:
    notes = [f"{heading!r}: {note}" for note in found.notes]
    if found.odd:
        example = re.sub(r"\s+", " ", next(iter(found.odd.values())))[:40]
        notes.append(
            f"{heading!r}: {len(found.odd)} cells are no plain numbers, such as {example!r}; "
            f"what they say is kept as {name}_text"
        )
    return notes


def _longer(top: Top) -> list[str]:
    longer = [number for number, cells in top.lines if any(cells[len(top.headings) :])]
    return [f"{len(longer)} rows have more cells than headings (the first in line {longer[0]})"] if longer else []


def _open_quotes(top: Top, columns: list[str], delimiter: str) -> list[str]:
    """A note for each cell that looks as if a quote that is not closed had swallowed the rows behind it."""
    if not delimiter:
        return []
    notes = []
    for (before, _), (_, cells) in pairwise([(top.number, []), *top.lines]):
        for column, cell in zip(columns, cells, strict=False):
            inside = cell.splitlines()[1:]
            # A text of several paragraphs has commas with a space behind them, and not as many as a row in each line.
            found = [len(re.findall(rf"{re.escape(delimiter)}(?! )", line)) for line in inside]
            rows = sum(number >= max(len(columns) - 1, 1) for number in found)
            if len(inside) > MOST_LINES or rows >= max(len(inside) - 1, 1):
                notes.append(
                    f"the row behind line {before} has a cell of {len(inside) + 1} lines (column {column}): "
                    "its quote seems not to be closed, so that it swallowed the rows in it"
                )
    return notes if len(notes) <= 5 else [*notes[:5], f"... and {len(notes) - 5} more such cells"]


def _add_years(table: Table) -> None:
    """`date_from` and `date_to` in years: of the table's own columns where they are understood, else of `date`."""
    table.era_columns = _era_columns(table)
    pairs = [(_with_era(table, row, "date_from"), _with_era(table, row, "date_to")) for row in table.rows]
    era = usual_era(pairs)
    dates = [_with_era(table, row, "date") for row in table.rows]
    era_of_dates = usual_era((date, "") for date in dates if date)
    unclear = []
    for row, (begin, end), date in zip(table.rows, pairs, dates, strict=True):
        own = parse_span(begin, end, era) or (None, None)
        unclear += [f"{begin} to {end}"] * (own == (None, None) and bool({begin, end} - {"", "0"}))
        for name, year in zip(ENDS, own, strict=True):
            value = row.values.pop(name, None)
            if value is not None and year is None:
                row.values[f"catalogue_{name}"] = str(value)
        said = parse_date(date, era_of_dates) if date else None
        unclear += [date] * bool(date and said is None)
        span = own if own != (None, None) else said or own
        row.values.update({name: year for name, year in zip(ENDS, span, strict=True) if year is not None})
    if unclear:
        shown = re.sub(r"\s+", " ", unclear[0])[:40]
        table.notes.append(f"{len(unclear)} dates give no years, such as {shown!r}")


def _era_columns(table: Table) -> dict[str, str]:
    """For each column of dates the column that holds its eras: `BC`, `AD` and nothing else.

    Its heading says which end it speaks of. Else a single one speaks of all dates, one of several of that before it.
    """
    dates = [column for column in table.headings if column in ("date", *ENDS)]
    found = {}
    for column, heading in table.headings.items():
        cells = [cell for row in table.rows if names_something(cell := row.cells.get(column, ""))]
        if dates and cells and all(era_of(cell, heading) for cell in cells):
            found[column] = names_end(heading)
    order = list(table.headings)
    eras: dict[str, str] = {}
    for column, end in found.items():
        before = [date for date in dates if order.index(date) < order.index(column)]
        named = [end] if end in dates else dates if len(found) == 1 else before[-1:]
        eras |= dict.fromkeys(named, column)
    return eras


def _with_era(table: Table, row: Row, column: str) -> str:
    """A date with the era that the heading of its column, or a column of eras, names, where it names none itself.

    Empty for no date.
    """
    date, of_row = str(row.values.get(column, "")), table.era_columns.get(column, "")
    era = era_of(row.cells.get(of_row, ""), table.headings.get(of_row, "")) or table.eras.get(column)
    return f"{date} {era}" if era and NO_ERA.fullmatch(date) else date
