"""Where the headings of a table are, and which column each of them names."""

import difflib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from ingest.dates import parse_date
from ingest.faces import PAIRS, face_of, fold
from ingest.images import ENDINGS
from ingest.records import ENTITIES, FACES
from ingest.scan import normal
from ingest.sheets import UnreadableMetadata
from ingest.unknown import names_something
from ingest.values import number, without_zeros
from ingest.vocabulary import COLUMNS, OF_A_SIDE, UNITS, Meaning, Unit, meaning, plain, says_key

Lines = Sequence[tuple[int, list[str]]]
#: Headings stand among the first lines, below titles and notes.
SEARCHED = 20
YEAR = re.compile(r"[-\u2212\u2013]?\d{1,4}")
#: What the graph keeps on a coin by itself.
RESERVED = frozenset({"id", "name", "columns", "run"})
RESERVED_BEGINNINGS = ("vector_", "source_", "pagerank_", "degree_", "eigenvector_", "betweenness_", "closeness_")
#: What `--map` can say of a heading: that it means one of these.
TARGETS = ("id", *COLUMNS, "date_from", "date_to", *(f"{face}_{what}" for face in FACES for what in OF_A_SIDE))


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
        like = [other for other in below if _kind(other) == _kind(cell)]
        again = strange and cell in below
        if cell and (again or (_kind(cell) != "text" and 2 * len(like) > len(below))):
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
        elif (
            _known(cells) >= 2 and 2 * _known(cells) >= _filled(cells) and not any(_kind(c) == "number" for c in cells)
        ):
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
        if said.known and not (
            said.name in ("date_from", "date_to") and column not in asked and not _dates(cells[column])
        ):
            wanted[said.name].append(column)
    chosen = {columns[0]: name for name, columns in wanted.items() if len(columns) == 1}
    for name, columns in wanted.items():
        if len(columns) > 1:
            rank = {c: (c in asked, *_worth(name, c, columns.index(c), cells, wanted), -c) for c in columns}
            chosen[max(columns, key=lambda c: rank[c])] = name
    names = {column: _property(name) for column, name in chosen.items()}
    taken = set(names.values())
    for column, heading in enumerate(headings):
        if column not in names:
            own = plain(heading)
            usable = own and own not in RESERVED and not own[0].isdigit()
            base = own if meanings[column].known and usable else column_name(heading) or f"column_{column + 1}"
            names[column] = _free(_property(base), taken)
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


def _free(base: str, taken: set[str]) -> str:
    name, count = base, 2
    while name in taken:
        name, count = f"{base}_{count}", count + 1
    return name


def _dates(cells: Sequence[str]) -> bool:
    """Whether a column whose heading says `from` holds dates, rather than places."""
    said = [cell for cell in cells if names_something(cell)][:200]
    return 2 * sum(bool(YEAR.fullmatch(without_zeros(cell))) or parse_date(cell) is not None for cell in said) >= len(
        said
    )


def _worth(
    name: str, column: int, rank: int, cells: Sequence[Sequence[str]], wanted: Mapping[str, Sequence[int]]
) -> tuple[int, ...]:
    """How well a column fits what its heading means, beside others of the same meaning."""
    said = [cell for cell in cells[column] if names_something(cell)]
    if name in ENTITIES or name == "type":
        # `AR` and `http://…/ar` are codes, `Silver` is a name.
        named = sum(re.search(r"[^\W\d_]{3}", cell) is not None and not re.match(r"\w+:\S", cell) for cell in said)
        return (int(2 * named > len(said)), int(bool(said)))
    if name in ("date_from", "date_to") and all(len(wanted.get(end, ())) > rank for end in ("date_from", "date_to")):
        first, last = (cells[wanted[end][rank]] for end in ("date_from", "date_to"))
        years = [(number(without_zeros(a)), number(without_zeros(b))) for a, b in zip(first, last, strict=True)]
        return (sum(a is not None and b is not None and a <= b for a, b in years),)
    return (int(bool(said)),)
