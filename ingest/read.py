"""A folder of photographs and its table, read to coins; nothing is written here."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from errors import tracked
from ingest import pairing
from ingest.images import READ, BadImage, Probed, probe
from ingest.matching import Matches, NamedFiles, follow_table, match_rows, named_files
from ingest.metadata import Table, read_table
from ingest.records import (
    LONGEST_NAME,
    CoinRecord,
    Column,
    Reading,
    ReadOptions,
    SideRecord,
    Skipped,
    names_something,
)
from ingest.scan import Found, NoImages, normal, scan
from ingest.sheets import OTHER_ENDINGS, TEXT_ENDINGS, WORKBOOK_ENDINGS, NoTable, looks_like_table
from ingest.sideless import without_side
from ingest.together import put_together, suggest

#: Decoding leaves Python's lock; more threads than processors hide the waiting for slow disks.
THREADS = 8


def read_collection(
    folder: Path,
    collection: str,
    options: ReadOptions | None = None,
    *,
    dry_run: bool = False,
    known: Mapping[str, tuple[int, int]] | None = None,
    **asked: Any,
) -> Reading:
    """Read a folder to coins with their sides and metadata.

    ``asked`` are fields of `ReadOptions` by name, and count before those of ``options``. With ``dry_run`` no photograph
    is split. ``known`` gives sizes of pictures by checksum that need no decoding again. Raises `NoImages`,
    `UnreadableMetadata`, `BadPattern`, `BadSplitFolder`.
    """
    options = replace(options or ReadOptions(), **asked)
    folder = folder.expanduser().absolute()
    split = options.split.expanduser().absolute() if options.split else None
    collection = normal(collection)
    files, skipped = scan(folder)
    if split:  # pieces of a former run, where they lie among the photographs
        files = [found for found in files if not found.path.is_relative_to(split)]
    reading = Reading(source=folder, coins=[], skipped=skipped, collection=collection)
    table = _table(folder, options, reading)
    if table is None and (
        options.type_column or options.id_column or options.collection_column or options.headings or options.sheet
    ):
        reading.notes.append("there is no table, so the options that name its columns do nothing")
    if not files:
        raise NoImages(f"{folder} holds no picture ({READ}), neither do its folders{_most_unread(skipped)}")
    probed = _probe(files, reading, known)
    files = _without_copies(list(probed), probed, reading)
    told = pairing.tell_by_pattern(files, options.pattern) if options.pattern else pairing.tell(files, options.numbered)
    if table:
        named = named_files(table, sorted(files, key=lambda f: -probed[f][1] * probed[f][2]))
        follow_table(table, named, told, reading.notes, options.id_column)
    pieces: dict[Found, list[Found]] = {}
    if split:
        pieces = _split(files, told, probed, folder, split, options.two_coins, dry_run, reading)
    reading.style = told.style
    reading.misfits = told.misfits
    together = put_together(told.told, probed)
    reading.misfits += together.misfits
    reading.views = together.views
    reading.notes += together.notes
    reading.suggestions = suggest(together.coins, told.untold)
    if together.apart:
        shown = ", ".join(together.apart[:4])
        reading.notes.append(
            f"{len(together.apart)} coins share their name with another folder's coin and are told apart by the "
            f"folder's name: {shown}{' ...' * (len(together.apart) > 4)}"
        )
    reading.skipped += together.skipped
    reading.skipped += without_side(told, probed, options.pattern, options.numbered, reading.suggestions)
    matches = Matches()
    if table:
        matches = match_rows(table, named, together.coins, options.id_column, reading.notes, pieces)
    reading.unused_rows, reading.skipped = matches.unused, reading.skipped + matches.doubled
    columns = _Columns(table, options.type_column, options.collection_column)
    if table:
        reading.columns = _columns(table, named, matches, columns)
    for position, coin in enumerate(together.coins):
        reading.coins.append(_record(coin, position, matches, columns, collection, probed))
    if table:
        _note_coverage(reading, table, matches, len(together.coins))
    _drop_doubled_ids(reading)
    _note_same_pictures(reading)
    return reading


def _split(
    files: list[Found],
    told: pairing.Pairing,
    probed: dict[Found, Probed],
    folder: Path,
    split: Path,
    two_coins: bool,
    dry_run: bool,
    reading: Reading,
) -> dict[Found, list[Found]]:
    """Put the pieces of photographs of several coins in the place of these photographs, and return them."""
    from ingest.split import split_pictures

    found = split_pictures(files, told.told, probed, folder, split, two_coins=two_coins, write=not dry_run)
    told.untold = [one for one in told.untold if one not in found.pieces]
    for source, pieces in found.pieces.items():
        told.told.pop(source, None)
        for piece in pieces:
            told.told[piece.found] = piece.told
            probed[piece.found] = piece.probed
    reading.split = found.lines()
    reading.notes += found.notes
    return {source: [piece.found for piece in pieces] for source, pieces in found.pieces.items()}


def _table(folder: Path, options: ReadOptions, reading: Reading) -> Table | None:
    """The table that was asked for, else the only one at the top of the folder."""
    path, chosen = options.metadata, ""
    if path is None:
        path, chosen = _only_table(folder)
    elif not path.exists() and (folder / path).exists():
        path = folder / path
    if path is None:
        reading.notes += [chosen] * bool(chosen)
        return None
    try:
        table = read_table(path, options.sheet, options.headings)
    except NoTable as error:
        if options.metadata:
            raise
        reading.notes.append(f"the table {path.name} of the folder is not used: {error}")
        return None
    reading.metadata = path
    reading.notes += [chosen] * bool(chosen)
    reading.notes.append(f"{path.name}: {len(table.rows)} rows, {table.how}")
    reading.notes += [f"{path.name}: {note}" for note in table.notes]
    return table


def _only_table(folder: Path) -> tuple[Path | None, str]:
    """The only CSV at the top of a folder, or the only workbook, and what to say of it or of others."""
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith((".", "~$"))]
    texts = [path for path in files if path.suffix.lower() in TEXT_ENDINGS]
    workbooks = [path for path in files if path.suffix.lower() in WORKBOOK_ENDINGS]
    tables = texts or workbooks
    if len(tables) == 1:
        others = [path.name for path in workbooks if path not in tables]
        beside = f"; {', '.join(others)} is not (--metadata chooses)" if others else ""
        return tables[0], f"the table {tables[0].name} of the folder is used{beside}"
    if tables:
        names = ", ".join(path.name for path in tables)
        return None, f"the folder holds several tables ({names}); choose one by --metadata"
    lists = [path.name for path in files if path.suffix.lower() == ".txt" and looks_like_table(path)]
    if not lists:
        lists = [str(path.relative_to(folder)) for path in sorted(folder.glob("*/*.[ct]sv"))]
    if lists:
        return None, f"{_some(lists)} looks like a table; if it is that of the coins, give it by --metadata"
    others = [path.name for path in files if path.suffix.lower() in OTHER_ENDINGS]
    return (
        None,
        f"{_some(others)} is not read; save the table of the coins as CSV (UTF-8)" if others else "",
    )


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + f" and {len(names) - 3} more" * (len(names) > 3)


def _probe(files: list[Found], reading: Reading, known: Mapping[str, tuple[int, int]] | None) -> dict[Found, Probed]:
    """Checksums and sizes of the usable files; the others are skipped."""

    def look(found: Found) -> Probed | str:
        try:
            return probe(found.path, known)
        except BadImage as error:
            return str(error)

    probed = {}
    with ThreadPoolExecutor(THREADS) as pool:
        results = zip(files, pool.map(look, files), strict=True)
        for found, result in tracked(results, "reading", "picture", len(files)):
            if isinstance(result, str):
                reading.skipped.append(Skipped(str(found.path), result))
            else:
                probed[found] = result
    return probed


def _without_copies(files: list[Found], probed: dict[Found, Probed], reading: Reading) -> list[Found]:
    """Without `K9_a copy`, `K9_a (1)`, `K9_a - Kopie` beside a `K9_a` of the same content."""
    originals: dict[tuple[str, Path], Found] = {}
    copies = {}
    for found in sorted(files, key=lambda f: len(f.stem)):
        first = originals.setdefault((probed[found][0], found.path.parent), found)
        rest = found.stem.removeprefix(first.stem)
        if first is not found and rest != found.stem and not rest[:1].isalnum():
            copies[found] = Skipped(str(found.path), f"the same picture as {first.relative}")
    reading.skipped += copies.values()
    return [found for found in files if found not in copies]


def _most_unread(skipped: list[Skipped]) -> str:
    """What most of the files that cannot be read need, for a folder that holds nothing else."""
    reasons = Counter(item.reason for item in skipped)
    return "".join(f"; {count} files: {reason}" for reason, count in reasons.most_common(2))


class _Columns:
    """The columns that give type and collection."""

    def __init__(self, table: Table | None, type_column: str | None, collection_column: str | None):
        self.type = self.collection = None
        if table:
            self.type = table.column(type_column) if type_column else ("type" if "type" in table.headings else None)
            self.collection = table.column(collection_column) if collection_column else None


def _columns(table: Table, named: NamedFiles, matches: Matches, chosen: _Columns) -> list[Column]:
    """Which heading became which column, and what it was taken for."""
    roles = {**dict.fromkeys(table.numeric, "number"), **dict.fromkeys(("date_from", "date_to"), "years")}
    roles |= {column: f"picture ({face})" if face else "picture" for column, face in named.faces.items()}
    roles |= {column: role for column, role in ((chosen.collection, "collection"), (chosen.type, "type")) if column}
    filled = {column for row in table.rows for column, cell in row.cells.items() if cell}
    roles |= {column: "empty" for column in table.headings if column not in filled}
    if matches.key:
        roles[matches.key] = "names the coins"
    return [Column(heading, column, roles.get(column, "text")) for column, heading in table.headings.items()]


def _record(
    coin: pairing.CoinFiles,
    position: int,
    matches: Matches,
    columns: _Columns,
    collection: str,
    probed: dict[Found, Probed],
) -> CoinRecord:
    cells, values = matches.cells.get(position, {}), matches.values.get(position, {})
    sides = {face: SideRecord(face, found.path, *probed[found]) for face, found in coin.files.items()}
    record = CoinRecord(cells.get(columns.collection or "") or collection, coin.name, sides)
    # A column of another name stays a property as well, so that it can be asked for by its own name.
    record.properties = dict(values)
    if columns.type == "type":
        record.properties.pop("type", None)
    if columns.type and names_something(named := cells.get(columns.type, "")):
        record.type, record.type_source = named[:LONGEST_NAME], "table"
    else:
        record.type = coin.type
        record.type_source = "folder" if record.type else None
    return record


def _note_coverage(reading: Reading, table: Table, matches: Matches, coins: int) -> None:
    if not matches.cells:
        reading.notes.append(f"no row of {table.path.name} speaks of a coin here; name the column with --id-column")
    elif len(matches.cells) < coins:
        reading.notes.append(f"{coins - len(matches.cells)} coins have no row in {table.path.name}")
    names = {coin.name.casefold() for coin in reading.coins}
    if odd := next((heading for heading in table.headings.values() if heading.casefold() in names), None):
        reading.notes.append(
            f"{odd!r} in the headings of {table.path.name} is the name of a coin: does it lack a line of headings?"
        )


def _drop_doubled_ids(reading: Reading) -> None:
    ids = Counter(coin.id for coin in reading.coins)
    kept: dict[str, CoinRecord] = {}
    for coin in reading.coins:
        if ids[coin.id] > 1 and coin.id in kept:
            reading.skipped += [Skipped(str(side.path), f"a second coin {coin.id}") for side in coin.sides.values()]
        else:
            kept[coin.id] = coin
    reading.coins = list(kept.values())


def _note_same_pictures(reading: Reading) -> None:
    first: dict[str, SideRecord] = {}
    for coin in reading.coins:
        for side in coin.sides.values():
            other = first.setdefault(side.sha256, side)
            if other is not side:
                reading.doubles.append((str(other.path), str(side.path)))
