"""The picture files that the rows of a table name, and which sides of one coin the rows say they are."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, unquote

from ingest.headings import meaning
from ingest.images import ENDINGS
from ingest.pairing import CoinSide, Pairing
from ingest.records import FACES, Face
from ingest.scan import Found
from ingest.table import Row, Table
from ingest.values import without_zeros
from ingest.words import normal, split_words
from ingest.words.sides import FACE_WORDS, face_of, face_of_side

#: The last parts of an address of a IIIF server; the picture's name stands before the four.
IIIF = re.compile(r"/([^/]+)/[^/]+/[^/]+/[^/]+/(?:native|default|color|gray|bitonal)\.\w+$")
#: The folder without those of renditions, its face, and the name without the mark of a rendition.
Photo = tuple[str, Face | None, str]
#: The files of rows by their sides, by the rows' numbers.
Pairs = dict[int, dict[Face, Found]]
#: So many cells of a column, spread over the table, show whether it names files.
SAMPLE = 500
#: What stands between the files that one cell names.
BETWEEN_FILES = re.compile(r"\s*[;|\n,]\s*")


@dataclass
class NamedFiles:
    """The columns of a table that name files, each with the face it names (None where nothing tells), and the files.

    ``of_row`` gives for the number of a row the file of each column, ``more`` are further files that one cell names,
    ``missing`` the cells of a column that name no picture there is, ``renditions`` all files of one photograph.
    """

    table: Table
    faces: dict[str, Face | None] = field(default_factory=dict)
    of_row: dict[int, dict[str, Found]] = field(default_factory=dict)
    more: dict[int, list[Found]] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)
    renditions: dict[Photo, list[Found]] = field(default_factory=dict)

    def files(self, row: Row) -> list[Found]:
        return [*self.of_row.get(row.number, {}).values(), *self.more.get(row.number, [])]

    @cached_property
    def found(self) -> set[str]:
        """The columns of which a cell names a file that there is."""
        return {column for files in self.of_row.values() for column in files}

    @cached_property
    def side_column(self) -> str | None:
        """The column that says which side a row speaks of: both sides stand in it, and nothing else."""
        for column in self.table.headings:
            said: set[Face | None] = set()
            for cell in filter(None, (row.cells.get(column) for row in self.table.rows)):
                said.add(self._side(column, cell))
                if None in said:  # most columns end at their first cell
                    break
            if said == set(FACES):
                return column
        return None

    def side(self, row: Row) -> Face | None:
        """The side that a row speaks of, by the column of sides."""
        return self._side(self.side_column, row.cells.get(self.side_column, "")) if self.side_column else None

    def _side(self, column: str, cell: str) -> Face | None:
        """The side a cell names; a letter or a number names one where the heading says so."""
        named_so = meaning(self.table.headings[column]).name == "side"
        return face_of_side(cell.strip(" .")) if named_so else face_of(cell)


def _photo(found: Found) -> Photo:
    """What the renditions of one photograph have in common."""
    return (found.scope, found.face, found.folded)


class Files:
    """Looks up files by what a cell says: an address, a path, a name, or a name without ending where it is unique.

    A name is unique where all files that bear it are renditions of one photograph; of them the first file is meant.
    """

    def __init__(self, files: Iterable[Found]):
        names: dict[str, list[Found]] = defaultdict(list)
        paths: dict[str, Found] = {}
        for found in files:
            path = PurePosixPath(normal(found.relative).casefold())
            paths[str(path)] = paths[_spaced(str(path))] = found
            # A spreadsheet makes `12` of `0012`.
            short = path.stem.lstrip("0") if path.stem.isdecimal() else path.stem
            for name in {spelling for one in (path.name, path.stem, short) for spelling in (one, _spaced(one))}:
                names[name].append(found)
        self._names = {name: found[0] for name, found in names.items() if len(set(map(_photo, found))) == 1} | paths

    def find(self, cell: str) -> Found | None:
        return next((found for name in _spellings(cell) if (found := self._names.get(name))), None)

    def find_all(self, cell: str) -> list[Found]:
        """The file that a cell names, or those of its parts where each part names one."""
        if found := self.find(cell):
            return [found]
        several = [self.find(part) for part in BETWEEN_FILES.split(cell)]
        return [found for found in several if found] if all(several) else []


def _spellings(cell: str) -> Iterator[str]:
    """The names under which a cell may mean a file, the most exact first."""
    text = normal(cell).replace("\\", "/")
    # `File:Statère.jpg` is a page's title.
    names = [text, PurePosixPath(text).name, text.rpartition(":")[2], without_zeros(text)]
    if re.search(r"[%?#+]|://", text):
        address, _, query = text.partition("#")[0].partition("?")
        path = unquote(re.sub(r"^\w+://[^/]*", "", address))
        names += [path.lstrip("/"), PurePosixPath(path).name]
        if server := IIIF.search(address):
            name = PurePosixPath(unquote(server[1])).name
            names += [name, PurePosixPath(name).stem]
        names += [PurePosixPath(value).name for _, value in parse_qsl(query)]
    for name in names:
        folded = normal(name).casefold()
        yield from (folded, _spaced(folded))


def _spaced(name: str) -> str:
    """`Statère_avers.jpg` of an address is `Statère avers.jpg` of a page's title."""
    return re.sub(r"[_+ ]+", " ", name)


def _is_picture(cell: str) -> bool:
    return cell.casefold().partition("#")[0].partition("?")[0].endswith(tuple(ENDINGS))


def named_files(table: Table, files: Sequence[Found]) -> NamedFiles:
    """Columns of which most cells are files of the folder, or look like picture files.

    Of several renditions of one photograph a name means the first of ``files``.
    """
    lookup = Files(files)
    named = NamedFiles(table)
    for one in files:
        named.renditions.setdefault(_photo(one), []).append(one)
    for column, heading in table.headings.items():
        cells = [(row.number, cell) for row in table.rows if (cell := row.cells.get(column, ""))]
        faces = [FACE_WORDS[word] for word in split_words(f"{column} {heading}") if word in FACE_WORDS]
        # A bare number is the name of a file only in a column that could name coins: not a die axis.
        bare = column in table.keys or (bool(faces) and column not in table.no_keys)
        telling = [(number, cell) for number, cell in cells if bare or not cell.isdigit()]
        some = telling[:: len(telling) // SAMPLE + 1]
        if not any(_is_picture(cell) or lookup.find_all(cell) for _, cell in some):
            continue
        found = {number: match for number, cell in telling if (match := lookup.find_all(cell))}
        if 2 * max(len(found), sum(_is_picture(cell) for _, cell in cells)) > len(cells):
            named.faces[column] = faces[0] if faces else None
            missing = [cell for number, cell in cells if number not in found and _is_picture(cell)]
            named.missing |= {column: missing} if missing else {}
            for number, match in found.items():
                named.of_row.setdefault(number, {})[column] = match[0]
                named.more.setdefault(number, []).extend(match[1:])
    return named


def follow_table(named: NamedFiles, pairing: Pairing, notes: list[str]) -> None:
    """Let the rows say which two files are a coin, where a row names files for both faces.

    Two columns without a face in their headings go by the names of their files, else the first is the obverse; so do
    two files in one cell. Where the names of the two files tell the same coin, it keeps that name; where they tell
    none, the table's ``key`` names it.
    """
    said, by = _said(named, pairing, notes)
    key = named.table.key or by
    ids = {row.number: row.cells.get(key, "") for row in named.table.rows} if key else {}
    pairs, again = _pairs(said)
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
            # Smaller renditions follow, unless their own names tell more.
            for one in (found, *(o for o in named.renditions[_photo(found)] if o not in pairing.told)):
                pairing.told[one] = CoinSide(names[number], face, "named by the table")
    followed = {f for f, told in pairing.told.items() if told.style == "named by the table"}
    pairing.untold = [found for found in pairing.untold if found not in followed]
    paths = {str(found.path) for found in followed}
    pairing.misfits = [misfit for misfit in pairing.misfits if misfit.path not in paths]
    for rows, what in (
        (changed, "name a file for another side than its own name does; the table is followed"),
        (against, "pair files against their names; the table is followed"),
        (again, "name a file that an earlier row has in another pair; the earlier row is followed"),
    ):
        notes += [f"{rows} rows {what}"] * bool(rows)


def _said(named: NamedFiles, pairing: Pairing, notes: list[str]) -> tuple[Pairs, str | None]:
    """The files of each row by the sides that it gives them, and the column that names coins whose files do not."""
    table = named.table
    if columns := _face_columns(named, pairing, notes):
        return {
            number: {face: found for face in FACES if (found := files.get(columns.get(face, "")))}
            for number, files in named.of_row.items()
        }, None
    column = next(iter(named.faces)) if len(named.faces) == 1 else None
    if column and named.side_column:
        keys = [table.key] if table.key else [key for key in table.headings if key in table.keys]
        return next(((pairs, key) for key in keys if (pairs := _rows_of_sides(named, column, key))), ({}, None))
    pairs = _two_in_a_cell(named, column, pairing, notes) if column else {}
    rows = [row for row in table.rows if row.number in pairs]
    # A column that names the coins has another name for each of these rows.
    for key in (key for key in table.headings if key in table.keys and key not in named.faces):
        if len({row.cells[key] for row in rows if row.cells.get(key)}) == len(rows):
            return pairs, key
    return pairs, None


def _rows_of_sides(named: NamedFiles, column: str, key: str) -> Pairs:
    """The two files of each coin that has a row for each side, where most coins have; under the first row's number."""
    coins: dict[str, dict[Face, tuple[int, Found]]] = defaultdict(dict)
    for row in named.table.rows:
        face, found = named.side(row), named.of_row.get(row.number, {}).get(column)
        if face and found and (cell := row.cells.get(key, "")):
            coins[cell].setdefault(face, (row.number, found))
    both = [rows for rows in coins.values() if len(rows) == 2]
    if 2 * len(both) < len(coins):
        return {}
    return {min(n for n, _ in rows.values()): {face: found for face, (_, found) in rows.items()} for rows in both}


def _two_in_a_cell(named: NamedFiles, column: str, pairing: Pairing, notes: list[str]) -> Pairs:
    """The two files that a cell names, where no name tells the side: the first is the obverse."""
    cells = {row.number: named.files(row) for row in named.table.rows}
    two = {number: files for number, files in cells.items() if len(files) == 2 and not pairing.told.keys() & {*files}}
    if two:
        heading = named.table.headings[column]
        notes.append(f"of two pictures in a cell of {heading!r} the first is taken for the obverse")
    return {number: {"obverse": first, "reverse": second} for number, (first, second) in two.items()}


def _pairs(said: Pairs) -> tuple[Pairs, int]:
    """What rows say of files, a file going to the first row that names it.

    Also the number of rows that lost a file to an earlier one, unless they only say the same again.
    """
    pairs: Pairs = {}
    row_of: dict[Found, int] = {}
    again = 0
    for row, pair in sorted(said.items()):
        if len(set(pair.values())) < len(pair):  # a photograph of both sides is neither's
            continue
        lost = {row_of[found] for found in pair.values() if found in row_of}
        again += any(not set(pair.values()) <= set(pairs[number].values()) for number in lost)
        if left := {face: found for face, found in pair.items() if found not in row_of}:
            pairs[row] = left
            row_of |= dict.fromkeys(left.values(), row)
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
    faces = {column: face for column, face in named.faces.items() if column in named.found}
    bare = [column for column, face in faces.items() if not face]
    # Two columns that name one file are no pair: an id beside the photograph that is called so.
    same = len(bare) != 2 or any(files.get(bare[0]) == files.get(bare[1]) for files in named.of_row.values())
    columns: dict[Face, str] = {face: column for column, face in reversed(faces.items()) if face}
    if columns or same:
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
