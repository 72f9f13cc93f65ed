"""The table of a collection: where its headings are, what each column holds, its rows as values, its dates in years."""

import difflib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count, pairwise, zip_longest
from pathlib import Path
from typing import Any

from ingest.dates import parse_date, parse_span, usual_era
from ingest.headings import Meaning, era_of, letters_of_sides, meaning, names_end, never_key, plain, says_key
from ingest.images import ENDINGS
from ingest.records import ENTITIES, FACES
from ingest.sheets import Lines, NoTable, UnreadableMetadata, read_sheet
from ingest.values import Typed, decimal_sign, number, typed, without_zeros
from ingest.words import fold, normal
from ingest.words.headings import COLUMNS, OF_A_SIDE, UNITS, Unit
from ingest.words.sides import PAIRS, face_of
from ingest.words.unknown import names_something

#: Headings stand among the first lines, below titles and notes.
SEARCHED = 20
YEAR = re.compile(r"[-\u2212\u2013]?\d{1,4}")
#: What the graph keeps on a coin by itself.
RESERVED = frozenset({"id", "name", "columns", "run", "by_hand"})
RESERVED_BEGINNINGS = ("vector_", "source_", "pagerank_", "degree_", "eigenvector_", "betweenness_", "closeness_")
#: What `--map` can say of a heading: that it means one of these.
TARGETS = ("id", *COLUMNS, "date_from", "date_to", *(f"{face}_{what}" for face in FACES for what in OF_A_SIDE))
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
        raise UnreadableMetadata(f"{self.path} has no column {asked!r}; its columns are: {known}", headings=known)


@dataclass
class Top:
    """The headings of a table, the number of their line, and the lines below.

    ``units`` are those of a line of units.
    """

    headings: list[str]
    number: int
    lines: list[tuple[int, list[str]]]
    units: dict[int, Unit] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_table(path: Path, sheet: str | None = None, said: Mapping[str, str] | None = None) -> Table:
    """Read a CSV, a TSV or a sheet of a workbook; ``said`` is what a person says that a heading means.

    Raises `UnreadableMetadata`.
    """
    found = read_sheet(path, sheet)
    top = find_headings(found.lines) if len(found.lines) > 1 else None
    if not top or not top.lines:
        open_quote = found.lines and any("\n" in cell for cell in found.lines[0][1])
        why = "; is a quote in its headings not closed?" if open_quote else ""
        raise NoTable(f"{path} holds no rows; a table has a line of headings and a line for each coin{why}")
    columns = [[cells[n] if n < len(cells) else "" for _, cells in top.lines] for n in range(len(top.headings))]
    asked = _asked(path, top, said or {})
    names = name_columns(top.headings, columns, asked)
    table = Table(path, dict(zip(names, top.headings, strict=True)), how=found.how)
    table.key = next((names[n] for n, target in asked.items() if target == "id"), None)
    table.keys = {name for name, heading in table.headings.items() if says_key(heading)} | {table.key or ""} - {""}
    of_sides = letters_of_sides(top.headings)
    never = {name for name, heading in table.headings.items() if never_key(heading) or heading in of_sides}
    table.no_keys = never - {table.key}
    table.eras = {name: era for name, heading in table.headings.items() if (era := meaning(heading).era)}
    table.notes += [*found.notes, *top.notes, *_open_quotes(top, names, found.delimiter)]
    if longer := [number for number, cells in top.lines if any(cells[len(top.headings) :])]:
        table.notes.append(f"{len(longer)} rows have more cells than headings (the first in line {longer[0]})")
    _add_rows(table, top, dict(zip(names, columns, strict=True)))
    _add_years(table)
    return table


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
        found = typed(name, cells, unit, names=name in table.keys, decimal=decimal)
        if found.odd:
            example = re.sub(r"\s+", " ", next(iter(found.odd.values())))[:40]
            found.notes.append(
                f"{len(found.odd)} cells are no plain numbers, such as {example!r}; "
                f"what they say is kept as {name}_text"
            )
        table.notes += [f"{table.headings[name]!r}: {note}" for note in found.notes]
        values[name] = found
    table.numeric = {name for name, found in values.items() if found.numeric}
    for position, (line, _) in enumerate(top.lines):
        row = Row(line, {name: cells[position] for name, cells in columns.items()}, {})
        for name, found in values.items():
            if found.values[position] is not None:
                row.values[name] = found.values[position]
            if position in found.odd:
                row.values[f"{name}_text"] = found.odd[position]
        table.rows.append(row)


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


# Headings


def find_headings(lines: Lines) -> Top:
    """Tell the line of headings from titles above it and units below it, or say that there is none."""
    width = sorted(_filled(cells) for _, cells in lines)[len(lines) // 2]
    wide = next(n for n, (_, cells) in enumerate(lines) if _filled(cells) >= max(width / 2, min(width, 2)))
    known = [_known(cells) for _, cells in lines[:SEARCHED]]
    best = max(range(len(known)), key=lambda n: (known[n], -n))
    position = best if known[best] >= min(width, 2) and (wide >= len(known) or known[best] > known[wide]) else wide
    if 3 * _known(lines[position][1]) < _filled(lines[position][1]) and _looks_like_a_row(lines, position):
        columns = max(len(cells) for _, cells in lines)
        note = (
            "it has no line of headings: its first line looks like a coin, so the columns are called column_1 to "
            f"column_{columns}; say what they mean by --map, as in --map column_1=id"
        )
        return Top([f"column_{n}" for n in range(1, columns + 1)], 0, list(lines[position:]), notes=[note])
    top = Top(_below_groups(lines, position), lines[position][0], list(lines[position + 1 :]))
    if position:
        top.notes.append(f"the headings are in line {lines[position][0]}; what stands above them is no coin")
    _take_units(top)
    return top


def _filled(cells: Sequence[str]) -> int:
    return sum(bool(cell) for cell in cells)


def _known(cells: Sequence[str]) -> int:
    """How many cells are headings that we know; a side alone may be the value of a row."""
    return sum(
        bool(cell) and (says_key(cell) or meaning(cell).known) and meaning(cell).name not in (*FACES, "side")
        for cell in set(cells)
    )


def _looks_like_a_row(lines: Lines, position: int) -> bool:
    """Whether a line of headings that we hardly know is like those below: a number among numbers, a word once more."""
    strange = not _known(lines[position][1])
    for column, cell in enumerate(lines[position][1]):
        below = [cells[column] for _, cells in lines[position + 1 :] if column < len(cells) and cells[column]]
        alike = _kind(cell) != "text" and 2 * sum(_kind(other) == _kind(cell) for other in below) > len(below)
        if cell and (alike or (strange and cell in below)):
            return True
    return False


def _kind(cell: str) -> str:
    if number(cell) is not None or cell.isdigit():
        return "number"
    return "picture" if cell.casefold().endswith(tuple(ENDINGS)) else "text"


def _below_groups(lines: Lines, position: int) -> list[str]:
    """The headings, each below its group where the line above has groups: `Obverse` above `Legend` and `Die`."""
    headings = list(lines[position][1])
    above = lines[position - 1][1] if position else []
    if _filled(above) < 2 or lines[position - 1][0] + 1 < lines[position][0]:
        return headings
    # A cell that is merged with the one below shows its text in the upper one.
    headings = [heading or upper for heading, upper in zip_longest(headings, above, fillvalue="")]
    if not any(face_of(cell) for cell in above):
        return headings
    group = ""
    for column, heading in enumerate(lines[position][1]):
        group = above[column] if column < len(above) and above[column] else group
        if face_of(group) and heading and not face_of(heading):
            headings[column] = f"{group} {heading}"
    return headings


def _take_units(top: Top) -> None:
    """Take lines of units, and of the same headings in another language, out of the rows."""
    while len(top.lines) > 1:
        cells = top.lines[0][1]
        units = {n: UNITS.get(cell.casefold().strip(" .[]()")) for n, cell in enumerate(cells) if cell}
        if units and all(unit or not names_something(cells[n]) for n, unit in units.items()) and any(units.values()):
            top.units = {n: unit for n, unit in units.items() if unit}
            top.notes.append(f"line {top.lines[0][0]} gives the units of the columns")
        elif _known(cells) >= max(2, _filled(cells) / 2) and not any(_kind(cell) == "number" for cell in cells):
            top.notes.append(f"line {top.lines[0][0]} holds headings once more, so it is no coin")
        else:
            return
        del top.lines[0]


def column_name(heading: str) -> str:
    """A heading as a property name: English where known, of a-z, 0-9 and `_`, never one that the graph needs itself."""
    return _property(meaning(heading).name)


def _property(name: str) -> str:
    if name in RESERVED or name.startswith(RESERVED_BEGINNINGS):
        return f"catalogue_{name}"
    return f"column_{name}" if name[:1].isdigit() else name


def find_heading(asked: str, headings: Mapping[str, str]) -> str | None:
    """The column of a heading, or of a column's name; ``headings`` gives the heading of each column."""
    folded = normal(asked).strip().casefold()
    return next((name for name, heading in headings.items() if folded in (heading.casefold(), name)), None)


def check_target(target: str) -> str:
    """The column that `--map` names. Raises `UnreadableMetadata` for one that there is not."""
    name = plain(target)
    if name in TARGETS:
        return name
    near = difflib.get_close_matches(name, TARGETS, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(TARGETS)}"
    raise UnreadableMetadata(f"--map knows no column {target!r}; {hint}")


def name_columns(headings: Sequence[str], cells: Sequence[Sequence[str]], asked: Mapping[int, str]) -> list[str]:
    """A name for each column, all different. ``cells`` are those of each column; ``asked`` says what a column means.

    Where several headings mean the same, the column of names goes before one of codes, and years that run forward
    before others; the rest keep their own words.
    """
    meanings = [Meaning(asked[n], True) if n in asked else meaning(heading) for n, heading in enumerate(headings)]
    _learn_sides(headings, meanings)
    wanted: dict[str, list[int]] = defaultdict(list)
    for column, said in enumerate(meanings):
        if said.known and (said.name not in ENDS or column in asked or _dates(cells[column])):
            wanted[said.name].append(column)
    names: dict[int, str] = {}
    for name, columns in wanted.items():
        rank = {c: (c in asked, *_worth(name, c, columns.index(c), cells, wanted), -c) for c in columns}
        names[max(columns, key=rank.__getitem__)] = _property(name)
    taken = set(names.values())
    for column, heading in enumerate(headings):
        if column not in names:
            own = plain(heading)
            usable = own and own not in RESERVED and not own[0].isdigit()
            base = own if meanings[column].known and usable else column_name(heading) or f"column_{column + 1}"
            spellings = (f"{_property(base)}{ending}" for ending in chain([""], (f"_{n}" for n in count(2))))
            names[column] = next(name for name in spellings if name not in taken)
            taken.add(names[column])
    return [names[column] for column in range(len(headings))]


def _learn_sides(headings: Sequence[str], meanings: list[Meaning]) -> None:
    """Words that may mean other things are sides beside their partner: `Droit` beside `Revers`, `Líc` beside `Rub`.

    A table that has a clear word for the side needs none.
    """
    places = {fold(normal(heading).strip(" .:")): n for n, heading in enumerate(headings)}
    pair = next((pair for pair in PAIRS if places.keys() >= set(pair)), ())
    for face, word in zip(FACES, pair, strict=False):
        if all(said.name != face for said in meanings):
            meanings[places[word]] = Meaning(face, True)


def _dates(cells: Sequence[str]) -> bool:
    """Whether a column whose heading says `from` holds dates, rather than places."""
    said = [cell for cell in cells if names_something(cell)][:200]
    dated = [cell for cell in said if YEAR.fullmatch(without_zeros(cell)) or parse_date(cell) is not None]
    return 2 * len(dated) >= len(said)


def _worth(
    name: str, column: int, rank: int, cells: Sequence[Sequence[str]], wanted: Mapping[str, Sequence[int]]
) -> tuple[int, ...]:
    """How well a column fits what its heading means, beside others of the same meaning."""
    said = [cell for cell in cells[column] if names_something(cell)]
    if name in ENTITIES or name == "type":
        # `AR` and `http://…/ar` are codes, `Silver` is a name.
        named = sum(re.search(r"[^\W\d_]{3}", cell) is not None and not re.match(r"\w+:\S", cell) for cell in said)
        return (int(2 * named > len(said)), int(bool(said)))
    if name in ENDS and all(len(wanted.get(end, ())) > rank for end in ENDS):
        first, last = (cells[wanted[end][rank]] for end in ENDS)
        years = [(number(without_zeros(a)), number(without_zeros(b))) for a, b in zip(first, last, strict=True)]
        return (sum(a is not None and b is not None and a <= b for a, b in years),)
    return (int(bool(said)),)
