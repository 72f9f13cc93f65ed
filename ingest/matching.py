"""Which row of the table speaks of which coin, and which files a row names."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from ingest.images import ENDINGS
from ingest.metadata import Row, Table
from ingest.pairing import CoinFiles, Pairing, Told
from ingest.records import FACES, Face, Skipped
from ingest.scan import FACE_WORDS, Found, normal, words

ID_WORDS = frozenset(
    {"id", "coin", "number", "nr", "no", "inventory", "catalogue", "key", "coins", "accession", "object"}
)


@dataclass
class NamedFiles:
    """The columns that name files, each with the face it names (None where nothing tells), and what they name."""

    faces: dict[str, Face | None] = field(default_factory=dict)
    of_row: dict[int, dict[str, Found]] = field(default_factory=dict)


class Files:
    """Looks up files by what a cell says: a path, a name, or a name without ending where that is unique."""

    def __init__(self, files: Iterable[Found]):
        names: dict[str, list[Found]] = defaultdict(list)
        for found in files:
            path = PurePosixPath(normal(found.relative).casefold())
            for name in {str(path), path.name, path.stem}:
                names[name].append(found)
        self._names = {name: found[0] for name, found in names.items() if len(found) == 1}

    def find(self, cell: str) -> Found | None:
        path = PurePosixPath(cell.replace("\\", "/").casefold())
        return self._names.get(str(path)) or self._names.get(path.name)


def named_files(table: Table, files: Sequence[Found]) -> NamedFiles:
    """Columns of which most cells are files of the folder, or look like picture files."""
    lookup = Files(files)
    named = NamedFiles()
    for column, heading in table.headings.items():
        cells = [(row.number, cell) for row in table.rows if (cell := row.cells.get(column, ""))]
        found = {number: match for number, cell in cells if (match := lookup.find(cell))}
        pictures = sum(PurePosixPath(cell.casefold()).suffix in ENDINGS for _, cell in cells)
        if 2 * max(len(found), pictures) > len(cells):
            faces = [FACE_WORDS[word] for word in words(f"{column} {heading}") if word in FACE_WORDS]
            named.faces[column] = faces[0] if faces else None
            for number, match in found.items():
                named.of_row.setdefault(number, {})[column] = match
    return named


def follow_table(
    table: Table, named: NamedFiles, pairing: Pairing, notes: list[str], id_column: str | None = None
) -> None:
    """Let the rows say which two files are a coin, where a row names files for both faces.

    Two columns without a face in their headings go by the names of their files, else the first is the obverse. Where
    the names of the two files tell the same coin, it keeps that name; where they tell none, ``id_column`` names it.
    Raises `UnreadableMetadata` for an unknown ``id_column``.
    """
    id_column = table.column(id_column) if id_column else None
    ids = {row.number: row.cells.get(id_column, "") for row in table.rows} if id_column else {}
    columns = _face_columns(named, pairing, notes)
    pairs, again = _pairs(table, named, columns)
    moving = {number: pair for number, pair in pairs.items() if not _as_told(pair, pairing)}
    moved = {found for pair in moving.values() for found in pair.values()}
    holders: dict[str, list[Found]] = defaultdict(list)
    for found, told in pairing.told.items():
        if found not in moved:
            holders[told.key].append(found)
    changed = against = 0
    names: dict[int, str] = {}
    for number, pair in moving.items():
        of_face = {face: pairing.told.get(found) for face, found in pair.items()}
        agreed = list(dict.fromkeys(t.key for face, t in of_face.items() if t and t.face == face))
        changed += any(t and t.face != face for face, t in of_face.items())
        against += len(agreed) > 1
        names[number] = _free_name(number, pair, agreed, holders, ids.get(number, ""))
        holders[names[number]] += pair.values()
    for number, pair in moving.items():
        for face, found in pair.items():
            pairing.told[found] = Told(names[number], face, "named by the table")
    followed = {f for f, told in pairing.told.items() if told.style == "named by the table"}
    pairing.untold = [found for found in pairing.untold if found not in followed]
    paths = {str(found.path) for found in followed}
    pairing.misfits = [misfit for misfit in pairing.misfits if misfit.path not in paths]
    if changed:
        notes.append(f"{changed} rows name a file for another side than its own name does; the table is followed")
    if against:
        notes.append(f"{against} rows pair files against their names; the table is followed")
    if again:
        notes.append(f"{again} rows name a file that an earlier row has in another pair; the earlier row is followed")


def _pairs(table: Table, named: NamedFiles, columns: dict[Face, str]) -> tuple[dict[int, dict[Face, Found]], int]:
    """The files of each row that names some, by the row's number; a file goes to the first row that names it.

    Also the number of rows that lost a file to an earlier one, unless they only say the same again.
    """
    pairs: dict[int, dict[Face, Found]] = {}
    row_of: dict[Found, int] = {}
    again = 0
    for row in table.rows:
        files = named.of_row.get(row.number, {})
        pair = {face: found for face in FACES if (found := files.get(columns.get(face, "")))}
        lost = {row_of[found] for found in pair.values() if found in row_of}
        again += any(not set(pair.values()) <= set(pairs[number].values()) for number in lost)
        pair = {face: found for face, found in pair.items() if found not in row_of}
        if pair:
            pairs[row.number] = pair
            row_of |= dict.fromkeys(pair.values(), row.number)
    return pairs, again


def _as_told(pair: dict[Face, Found], pairing: Pairing) -> bool:
    """Whether the names of the files say the same as the row."""
    told = {face: pairing.told.get(found) for face, found in pair.items()}
    return all(t and t.face == face for face, t in told.items()) and len({t.key for t in told.values() if t}) == 1


def _free_name(
    number: int, pair: dict[Face, Found], agreed: list[str], holders: dict[str, list[Found]], cell: str
) -> str:
    """A name for the coin of a row that no other coin has.

    ``agreed`` are those that its files tell, obverse first; ``cell`` is what the column asked for says.
    """
    scopes = {found.scope for found in pair.values()}
    stems = [found.stem for found in pair.values()]
    if len(agreed) == 1 and not any(other.scope in scopes for other in holders[agreed[0]]):
        return agreed[0]
    names = [agreed[0], " + ".join(stems)] if agreed else [cell or stems[0]]
    free = (name for name in names if not holders[name])
    return next(free, f"{names[-1]} (line {number})")


def _face_columns(named: NamedFiles, pairing: Pairing, notes: list[str]) -> dict[Face, str]:
    columns: dict[Face, str] = {}
    for column, face in named.faces.items():
        if face and any(column in files for files in named.of_row.values()):
            columns.setdefault(face, column)
    bare = [c for c, face in named.faces.items() if not face and any(c in files for files in named.of_row.values())]
    if columns or len(bare) != 2:
        return columns
    votes = Counter(
        (told.face == "obverse") == (column == bare[0])
        for files in named.of_row.values()
        for column, found in files.items()
        if column in bare and (told := pairing.told.get(found))
    )
    first, second = bare if votes[True] >= votes[False] else reversed(bare)
    if not votes:
        notes.append(f"column {first!r} is taken for the obverse, {second!r} for the reverse")
    return {"obverse": first, "reverse": second}


@dataclass
class Matches:
    """What the table says of each coin (by its position), and rows that say nothing of any."""

    cells: dict[int, dict[str, str]] = field(default_factory=dict)
    values: dict[int, dict[str, Any]] = field(default_factory=dict)
    unused: list[Skipped] = field(default_factory=list)
    doubled: list[Skipped] = field(default_factory=list)


def match_rows(
    table: Table, named: NamedFiles, coins: Sequence[CoinFiles], id_column: str | None, notes: list[str]
) -> Matches:
    """Give each row to its coin: by ``id_column``, else by the files it names, else by the column that fits best.

    A second row for a coin fills its gaps; where it says something else it is set aside.
    Raises `UnreadableMetadata` for an unknown ``id_column``.
    """
    by_file = {found: n for n, coin in enumerate(coins) for found in coin.files.values()}
    lookup = _CoinNames(coins)
    column = table.column(id_column) if id_column else _best_column(table, named, lookup)
    matches = Matches()
    lines: dict[int, int] = {}
    by_cell = 0
    for row in table.rows:
        where = f"{table.path}:{row.number}"
        files = named.of_row.get(row.number, {})
        cell = row.cells.get(column, "") if column else ""
        of_cell = lookup.find(cell) if cell else None
        of_files = next((by_file[f] for f in files.values() if f in by_file), None)
        by_id = of_cell is not None and (id_column is not None or of_files is None)
        by_cell += by_id
        position = of_cell if by_id else of_files
        if position is None:
            mentioned = cell or next((row.cells[c] for c in named.faces if row.cells.get(c)), "")
            reason = f"no picture of {mentioned[:80]}" if mentioned else "has no id and names no picture"
            if "\n" in mentioned:
                reason = f"its cell runs over several lines ({mentioned[:40]!r} ...): is a quote not closed?"
            matches.unused.append(Skipped(where, reason))
        elif position not in lines:
            lines[position] = row.number
            matches.cells[position], matches.values[position] = dict(row.cells), dict(row.values)
        elif not _add(row, matches.cells[position], matches.values[position], named):
            reason = f"a second row for {coins[position].name}; line {lines[position]} is used"
            matches.doubled.append(Skipped(where, reason))
    naming = [c for c in (column, *named.faces) if c]
    broken = [row.number for row in table.rows if any("\n" in row.cells.get(c, "") for c in naming)]
    if broken:
        notes.append(
            f"{len(broken)} rows have a line break in the cell that names the coin or a picture (the first ends in "
            f"line {broken[0]}): is a quote not closed?"
        )
    if by_cell and column:
        notes.append(f"{by_cell} rows are matched by column {table.headings[column]!r}")
    return matches


def _add(row: Row, cells: dict[str, str], values: dict[str, Any], named: NamedFiles) -> bool:
    """Fill gaps from a second row, unless it contradicts the first outside the names of files."""
    if any(values.get(c, v) != v for c, v in row.values.items() if c not in named.faces):
        return False
    for column, value in row.values.items():
        values.setdefault(column, value)
    cells.update({column: cell for column, cell in row.cells.items() if not cells.get(column)})
    return True


class _CoinNames:
    """Looks up coins by their names, or by names that differ only in case, separators and leading zeros."""

    def __init__(self, coins: Sequence[CoinFiles]):
        exact: dict[str, set[int]] = defaultdict(set)
        loose: dict[str, set[int]] = defaultdict(set)
        for position, coin in enumerate(coins):
            names = {coin.name, coin.name.rpartition("/")[2], *(found.stem for found in coin.files.values())}
            for name in names:
                exact[name.casefold()].add(position)
                loose[_loosely(name)].add(position)
        self._exact = {name: min(found) for name, found in exact.items() if len(found) == 1}
        self._loose = {name: min(found) for name, found in loose.items() if len(found) == 1}

    def find(self, cell: str) -> int | None:
        folded = cell.casefold()
        name = PurePosixPath(folded.replace("\\", "/"))
        stem = name.stem if name.suffix in ENDINGS else folded
        if (position := self._exact.get(folded, self._exact.get(stem))) is not None:
            return position
        return self._loose.get(_loosely(stem))


def _loosely(name: str) -> str:
    return " ".join(run.lstrip("0") or "0" for run in re.findall(r"[0-9]+|[^\W\d_]+", name.casefold()))


def _best_column(table: Table, named: NamedFiles, lookup: _CoinNames) -> str | None:
    """The column whose cells are the names of most coins: more than half of its cells, or its heading says `id`."""
    scores = {}
    for column, heading in table.headings.items():
        cells = [cell for row in table.rows if (cell := row.cells.get(column, ""))]
        found = {position for cell in cells if (position := lookup.find(cell)) is not None}
        says_id = bool(ID_WORDS.intersection(words(f"{column} {heading}")))
        if found and column not in named.faces and (says_id or 2 * len(found) > len(cells)):
            scores[column] = (len(found), says_id)
    return max(scores, key=lambda column: scores[column]) if scores else None
