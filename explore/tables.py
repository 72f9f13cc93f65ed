"""Rows of results as JSON, CSV, and tables that fit a terminal."""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from errors import CoingraphError, counted
from explore.columns import COLUMNS, Column
from ingest.records import FACES, one_line

if TYPE_CHECKING:
    from rich.segment import Segment

Row = Mapping[str, Any]
MISSING = "\N{EN DASH}"
LEAST = 16  # characters that a shortened name keeps
INDENT, BETWEEN = "  ", "  "
LISTED = ",\N{NO-BREAK SPACE}"  # between the names of a list: names may have commas of their own
NUMBER = re.compile(r"[-<>]?\d[\d,.]*( %)?")  # one that is written already, with its own digits
WIDEST = 80  # places of a sentence
SHOWN = 25  # rows of a list on a terminal
KEPT = 5  # columns for which names are shortened before they are left out, where nobody says how many
#: What stands for a sign where the terminal knows ASCII only.
ASCII = str.maketrans({"✓": "+", "✗": "x", "≠": "!=", MISSING: "-", "…": "...", "·": ","})
#: The colour of a cell that begins with a sign; colour never stands alone.
COLOURS = {"✓": "green", "✗": "red", "?": "yellow", "~": "magenta", "≠": "yellow"}


@dataclass(frozen=True)
class Answer:
    """Rows, and what a person reads around them.

    ``said`` is the answer in a sentence, ``none`` the sentence where there are no rows. ``first`` are the columns that
    a table must show; all others follow. ``hidden`` are columns of JSON and CSV only. Where rows are cut, ``order``
    says which come first; there are ``total`` of them, or, where it is a text, so many. ``below`` stands under the
    table; ``notes`` and ``onward`` (commands to go on with) are beside the answer. ``whole`` is what JSON prints
    instead of the rows. ``shown`` are the same rows as a table shows them, with signs; ``brief`` the places of those
    that are enough where nobody wants all, ``heads`` other heads for columns, ``every``
    the option that shows all rows where it is not `--top`.
    """

    rows: Sequence[Row]
    said: str = ""
    none: str = "Nothing found."
    first: Sequence[str] = ()
    hidden: Sequence[str] = ()
    order: str = ""
    total: int | str | None = None
    below: Sequence[str] = ()
    notes: Sequence[str] = ()
    onward: Sequence[str] = ()
    whole: Any = None
    shown: Sequence[Row] | None = None
    brief: Sequence[int] = ()
    heads: Mapping[str, str] = field(default_factory=dict)
    every: str = ""


class UnknownColumn(CoingraphError):
    """No column has this name; the message lists those there are."""


def to_json(rows: Sequence[Row]) -> str:
    return json.dumps([dict(row) for row in rows], ensure_ascii=False, indent=2, default=str)


def to_csv(rows: Sequence[Row], delimiter: str = ",") -> str:
    """A line of column names and a line for each row; lists as one text, nothing for None."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", delimiter=delimiter)
    if rows:
        writer.writerow(_flat(rows[0]))
    writer.writerows(_flat(row).values() for row in rows)
    return text.getvalue()


def to_lines(rows: Sequence[Row]) -> str:
    """What another program reads from a pipe: a head and a line a row, columns parted by tabs, nothing shortened."""
    shown = [{name: _piped(value) for name, value in _flat(row).items()} for row in rows]
    lines = [list(shown[0])] if shown else []
    return "".join("\t".join(line) + "\n" for line in [*lines, *(list(row.values()) for row in shown)])


def chosen(rows: Sequence[Row], names: Sequence[str]) -> list[dict[str, Any]]:
    """The rows with these columns, by their names or their heads, in this order. Raises `UnknownColumn`."""
    known = list(rows[0]) if rows else []
    found = {name: name for name in known}
    for name in known:
        found.setdefault(column(name).head, name)
    for name in names:
        if rows and name not in found:
            raise UnknownColumn(f"there is no column {name}; there are {', '.join(known)}")
    return [{found[name]: row[found[name]] for name in names} for row in rows]


def column(name: str) -> Column:
    """How a column looks; of one that nobody declared, by its values."""
    return COLUMNS.get(name) or Column(name, one_line(name.replace("_", " ")))


@dataclass(frozen=True)
class Table:
    """A table as text lines of at most a width, and how many columns it had no room for."""

    lines: Sequence[str]
    left_out: int = 0


@dataclass
class Cells:
    """A column as a table shows it: what it is, the text of each row, and whether these stand to the right."""

    column: Column
    texts: list[str]
    right: bool
    width: int = field(init=False)

    @property
    def plain(self) -> list[str]:
        """The texts with the names of lists parted by usual spaces."""
        return [text.replace(LISTED, ", ") for text in self.texts]

    def __post_init__(self) -> None:
        self.width = max(map(_length, [self.column.head, *self.texts]))

    @property
    def least(self) -> int:
        return max(_length(self.column.head), min(self.width, LEAST)) if self.shrinks else self.width

    @property
    def shrinks(self) -> bool:
        return not self.right and self.column.shape not in ("coin", "id", "time")


def table(
    rows: Sequence[Row],
    width: int | None,
    first: Sequence[str] = (),
    colour: bool = False,
    heads: Mapping[str, str] | None = None,
) -> Table:
    """Rows as a table of at most ``width`` characters a line (None: all columns, nothing shortened).

    The collection before ids is left out where all rows share it, then columns from the right, but for the ``first``;
    then names are shortened in the middle; then columns are left out that must be.
    """
    cells = cells_of(rows, first, heads)
    _without_collection(cells)
    every = len(cells)
    if width is not None:
        cells = _fitting(cells, width, sum(one.column.name in first for one in cells) or min(KEPT, every))
    return Table(_drawn(cells, colour), every - len(cells))


def cells_of(rows: Sequence[Row], first: Sequence[str] = (), heads: Mapping[str, str] | None = None) -> list[Cells]:
    """The columns of a table: the ``first``, then the others, those of least use last, without those that say nothing.

    ``heads`` are other heads than the declared ones, by the columns' names.
    """
    return [_cells(name, rows, (heads or {}).get(name)) for name in (_ordered(rows, first) if rows else ())]


def _ordered(rows: Sequence[Row], first: Sequence[str]) -> list[str]:
    names = [name for name in rows[0] if any(shown(row[name]) != MISSING for row in rows)]
    leading = [name for name in first if name in names]
    others = sorted((name for name in names if name not in leading), key=lambda name: column(name).later)
    return leading + others


def _cells(name: str, rows: Sequence[Row], head: str | None) -> Cells:
    declared, values = column(name), [row[name] for row in rows]
    declared = replace(declared, head=head) if head else declared
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    digits = _digits(numbers)
    texts = [shown(value, declared.shape, digits) for value in values]
    if not declared.shape or declared.shape == "name":
        texts = [
            LISTED.join(map(shown, v)) if isinstance(v, list) and v else t for v, t in zip(values, texts, strict=True)
        ]
    worded = declared.shape in ("coin", "id", "name", "time", "faces")
    written = not worded and all(NUMBER.fullmatch(text) or text == MISSING for text in texts)
    return Cells(declared, texts, bool(numbers) or written)


def _digits(numbers: Sequence[float]) -> int:
    """Digits behind the point, the same down a column: two, and more where all are small."""
    most = max((abs(number) for number in numbers), default=1)
    return 2 if most >= 0.1 or not most else 4


def shown(value: Any, shape: str = "", digits: int = 2) -> str:
    """A value as a table shows it."""
    if shape == "faces" and isinstance(value, list | tuple):
        return "both" if len(value) == len(FACES) else "".join(value) or "none"
    if value is None or (isinstance(value, str | list | tuple) and not value):
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(one_line(str(part)) for part in value if not isinstance(part, dict)) or MISSING
    if isinstance(value, str):
        return local_time(value) if shape == "time" else one_line(value)
    if isinstance(value, int | float):
        return _number(value, shape, digits)
    return one_line(str(value))


def _number(value: float, shape: str, digits: int) -> str:
    match shape:
        case "probability":
            return _bounded(min(value, 1 - 1e-9), 1)  # nothing is certain: a 1 was rounded
        case "percentile":
            return _bounded(value, 100)
        case "share":
            return f"{value:.0%}".replace("%", " %")
        case "cosine" | "grams":
            return f"{value:.2f}"
        case "mm":
            return f"{value:.1f}"
        case "hours":
            return f"{value:.0f}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.{digits}f}"


def _bounded(value: float, most: int) -> str:
    """Two digits, which never say 0 or all where it is not quite that."""
    if 0 < value < 0.005:
        return "<0.01"
    return f">{most - 0.01:.2f}" if most - 0.005 <= value < most else f"{value:.2f}"


def local_time(text: str) -> str:
    """An ISO time as ``28 Nov 20:35`` here, with the year where it is another; what is no time stays."""
    try:
        at = datetime.fromisoformat(text).astimezone()
    except ValueError:
        return one_line(text)
    return f"{at.day} {at:%b} {at:%H:%M}" if at.year == datetime.now().year else f"{at.day} {at:%b %Y}"


def plain(row: Row, hidden: Sequence[str] = ()) -> dict[str, Any]:
    """A row without nodes, relationships and hidden columns."""
    return {name: value for name, value in row.items() if not isinstance(value, dict) and name not in hidden}


def on_terminal(answer: Answer, most: int | None, brief: bool) -> Sequence[Row]:
    """The rows that a table shows: at most so many, or where ``brief`` those that are enough."""
    rows = answer.rows if answer.shown is None else answer.shown
    return [rows[place] for place in answer.brief] if brief and answer.brief else rows[:most]


def ending(answer: Answer, shown: int, left_out: int) -> list[str]:
    """The lines under a table: what was cut, and how to see all of it."""
    total = answer.total or len(answer.rows)
    lines = []
    if not isinstance(total, int) or total > shown:
        number = total if isinstance(total, str) else f"{total:,}"
        order = f", {answer.order}" if answer.order else ""
        count = number.split(" ")[0].replace(",", "")
        lines.append(f"{shown:,} of {number}{order}. All: {answer.every or f'--top {count}'}")
    if left_out:
        lines.append(f"{counted(left_out, 'more column')}: --wide")
    return lines + [line for text in answer.below for line in sentence(text)]


def false_alarms(expected: float | None) -> str:
    """What follows the number of rows of a list that accuses: how many of them are expected to be false alarms."""
    return "" if expected is None else f" (false alarms expected: {expected:.1f})"


def sentence(text: str, bold: bool = False) -> list[str]:
    """A sentence in lines of at most 80 places, broken at words."""
    lines: list[str] = []
    for word in re.split(" (?!%)", one_line(text)):
        if lines and _length(f"{lines[-1]} {word}") <= WIDEST:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return [f"\x1b[1m{line}\x1b[0m" for line in lines if line] if bold else [line for line in lines if line]


def _without_collection(cells: Sequence[Cells]) -> None:
    """Leave the collection out before the ids where all are of one."""
    ids = [one for one in cells if one.column.shape == "coin"]
    named = [text for one in ids for text in one.texts if text != MISSING]
    before = {part for text in named for part in [one.partition("/")[0] for one in text.split(", ")]}
    if len(before) != 1 or not all("/" in part for text in named for part in text.split(", ")):
        return
    prefix = f"{before.pop()}/"
    for one in ids:
        one.texts = [", ".join(part.removeprefix(prefix) for part in text.split(", ")) for text in one.texts]
        one.__post_init__()


def _fitting(cells: list[Cells], width: int, kept: int) -> list[Cells]:
    def room(some: Sequence[Cells], least: bool = False) -> int:
        taken = sum(one.least if least else one.width for one in some)
        return width - len(INDENT) - taken - len(BETWEEN) * (len(some) - 1)

    number = len(cells)
    while number > kept and room(cells[:number]) < 0:
        number -= 1
    while number > 1 and room(cells[:number], least=True) < 0:
        number -= 1
    cells = cells[:number]
    wide = [one for one in cells if one.shrinks]
    while room(cells) < 0 and any(one.width > one.least for one in wide):
        # The widest loses one place after the other, so that long names of two columns end equally wide.
        max((one for one in wide if one.width > one.least), key=lambda one: one.width).width -= 1
    for one in cells:
        one.texts = [shortened(text, one.width) for text in one.texts] if one.shrinks else one.texts
    if room(cells) < 0:  # one column alone that is too wide
        one = cells[0]
        one.width = width - len(INDENT)
        one.texts = [shortened(text, one.width) for text in one.texts]
    return cells


def shortened(text: str, width: int) -> str:
    """A name with its middle left out, so that it has at most ``width`` characters; of two halves parted by a stroke
    each, because legends differ at their ends. Of a list the first names, and how many more there are."""
    if _length(text) <= width:
        return text
    if LISTED in text:
        return _fewer(text.split(LISTED), width)
    halves = text.split(" / ")
    if len(halves) == 2 and width >= LEAST:
        room = width - 3
        first = min(_length(halves[0]), max(room // 2, room - _length(halves[1])))
        return f"{shortened(halves[0], first)} / {shortened(halves[1], room - first)}"
    behind = (width - 1) // 2
    return f"{_cut(text, width - 1 - behind)}…{_cut(text, behind, end=True)}"


def _fewer(names: Sequence[str], width: int) -> str:
    for kept in range(len(names) - 1, 0, -1):
        made = LISTED.join([*names[:kept], f"{len(names) - kept} more"])
        if _length(made) <= width:
            return made
    more = f"{LISTED}{len(names) - 1} more"
    return shortened(names[0], max(width - len(more), 1)) + more


def _cut(text: str, width: int, end: bool = False) -> str:
    """As much of a text's beginning, or of its end, as fills ``width`` places."""
    taken, places = "", 0
    for letter in reversed(text) if end else text:
        places += _length(letter)
        if places > width:
            break
        taken = letter + taken if end else taken + letter
    return taken


def _length(text: str) -> int:
    """The places that a text takes on a terminal: letters of East Asia take two, marks upon letters none."""
    from rich.cells import cell_len

    return cell_len(text)


def _drawn(cells: Sequence[Cells], colour: bool) -> list[str]:
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(box=None, pad_edge=False, padding=(0, len(BETWEEN), 0, 0), header_style="bold" if colour else "")
    for one in cells:
        drawn.add_column(Text(one.column.head), justify="right" if one.right else "left", no_wrap=True, width=one.width)
    for row in zip(*(one.plain for one in cells), strict=True):
        drawn.add_row(*(Text(text, COLOURS.get(text[:1], "") if text[1:2] == " " else "") for text in row))
    width = sum(one.width + len(BETWEEN) for one in cells)
    lines = Console(width=width, color_system=None, legacy_windows=False).render_lines(drawn, pad=False)
    return [INDENT + "".join(_coloured(part, colour) for part in line).rstrip() for line in lines]


def _coloured(part: "Segment", colour: bool) -> str:
    if not colour or part.style is None:
        return part.text
    from rich.color import ColorSystem

    return part.style.render(part.text, color_system=ColorSystem.STANDARD)


def _flat(row: Row) -> dict[str, Any]:
    """A row without nodes and relationships; lists as one text."""
    return {name: _joined(value) for name, value in plain(row).items()}


def _joined(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return "; ".join(str(part) for part in value if not isinstance(part, dict))
    return "" if value is None else value


def _piped(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else one_line(str(value))
