"""A folder of photographs and its table, read to coins; nothing is written here but the pieces of split photographs."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from errors import tracked
from ingest import pairing
from ingest.coins import CoinFiles, put_together, suggest, without_side
from ingest.images import READ, BadImage, Probed, probe
from ingest.named_files import NamedFiles, follow_table, named_files
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
from ingest.rows import Matches, match_rows
from ingest.scan import Found, NoImages, scan
from ingest.sheets import OTHER_ENDINGS, TEXT_ENDINGS, WORKBOOK_ENDINGS, NoTable, looks_like_table
from ingest.table import Table, read_table
from ingest.words import normal

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
    if options.split:
        options = replace(options, split=options.split.expanduser().absolute())
    folder = folder.expanduser().absolute()
    reading = Reading(source=folder, coins=[], collection=normal(collection))
    # The files that can be used, and the table.
    files, reading.skipped = scan(folder)
    table = _table(folder, options, reading)
    probed = _probe(files, options, reading, known)
    named = named_files(table, sorted(probed, key=lambda f: -probed[f][1] * probed[f][2])) if table else None
    # Coins with their sides.
    coins, pieces = _coins(probed, named, options, dry_run, reading)
    # What the table says of them.
    matches = match_rows(named, coins, reading.notes, pieces) if named else Matches()
    reading.unused_rows = matches.unused
    reading.skipped += matches.doubled
    _add_records(coins, named, matches, options, probed, reading)
    return reading


# The files and the table


def _table(folder: Path, options: ReadOptions, reading: Reading) -> Table | None:
    """The table that was asked for, else the only one at the top of the folder."""
    path, note = (options.metadata, "") if options.metadata else _only_table(folder)
    if path and not path.exists() and (folder / path).exists():
        path = folder / path
    table = None
    try:
        table = read_table(path, options.sheet, options.headings) if path else None
    except NoTable as error:
        if options.metadata or path is None:
            raise
        note = f"the table {path.name} of the folder is not used: {error}"
    reading.notes += [note] * bool(note)
    if table:
        reading.metadata = table.path
        notes = (f"{len(table.rows)} rows, {table.how}", *table.notes)
        reading.notes += [f"{table.path.name}: {note}" for note in notes]
    elif options.type_column or options.id_column or options.collection_column or options.headings or options.sheet:
        reading.notes.append("there is no table, so the options that name its columns do nothing")
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
    return None, f"{_some(others)} is not read; save the table of the coins as CSV (UTF-8)" if others else ""


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + f" and {len(names) - 3} more" * (len(names) > 3)


def _probe(
    files: list[Found], options: ReadOptions, reading: Reading, known: Mapping[str, tuple[int, int]] | None
) -> dict[Found, Probed]:
    """Checksums and sizes of the usable files; the others are skipped. Raises `NoImages` where there are no files."""
    if options.split:  # pieces of a former run, where they lie among the photographs
        files = [found for found in files if not found.path.is_relative_to(options.split)]
    if not files:
        most = Counter(item.reason for item in reading.skipped).most_common(2)
        why = "".join(f"; {count} files: {reason}" for reason, count in most)
        raise NoImages(f"{reading.source} holds no picture ({READ}), neither do its folders{why}")

    def probe_one(found: Found) -> Probed | str:
        try:
            return probe(found.path, known)
        except BadImage as error:
            return str(error)

    probed = {}
    with ThreadPoolExecutor(THREADS) as pool:
        results = zip(files, pool.map(probe_one, files), strict=True)
        for found, result in tracked(results, "reading", "picture", len(files)):
            if isinstance(result, str):
                reading.skipped.append(Skipped(str(found.path), result))
            else:
                probed[found] = result
    return _without_copies(probed, reading)


def _without_copies(probed: dict[Found, Probed], reading: Reading) -> dict[Found, Probed]:
    """Without `K9_a copy`, `K9_a (1)`, `K9_a - Kopie` beside a `K9_a` of the same content."""
    originals: dict[tuple[str, Path], Found] = {}
    copies = {}
    for found in sorted(probed, key=lambda f: len(f.stem)):
        first = originals.setdefault((probed[found][0], found.path.parent), found)
        rest = found.stem.removeprefix(first.stem)
        if first is not found and rest != found.stem and not rest[:1].isalnum():
            copies[found] = Skipped(str(found.path), f"the same picture as {first.relative}")
    reading.skipped += copies.values()
    return {found: result for found, result in probed.items() if found not in copies}


# Coins and their sides


def _coins(
    probed: dict[Found, Probed], named: NamedFiles | None, options: ReadOptions, dry_run: bool, reading: Reading
) -> tuple[list[CoinFiles], dict[Found, list[Found]]]:
    """The coins of the files, and the pieces of each photograph that was split.

    Coin and side of a file are told by the pattern or by names and folders; the table overrules both.
    """
    if options.pattern:
        told = pairing.tell_by_pattern(list(probed), options.pattern)
    else:
        told = pairing.tell(list(probed), options.numbered)
    if named:
        if options.id_column:
            named.table.key = named.table.column(options.id_column)
        follow_table(named, told, reading.notes)
    pieces = _split(told, probed, options, dry_run, reading) if options.split else {}
    together = put_together(told.told, probed)
    reading.style = told.style
    reading.misfits = told.misfits + together.misfits
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
    return together.coins, pieces


def _split(
    told: pairing.Pairing, probed: dict[Found, Probed], options: ReadOptions, dry_run: bool, reading: Reading
) -> dict[Found, list[Found]]:
    """Put the pieces of photographs of several coins in the place of these photographs, and return them."""
    from ingest.split import split_pictures

    assert options.split
    found = split_pictures(
        told.told, probed, reading.source, options.split, two_coins=options.two_coins, write=not dry_run
    )
    told.untold = [one for one in told.untold if one not in found.pieces]
    for source, pieces in found.pieces.items():
        told.told.pop(source, None)
        for piece in pieces:
            told.told[piece.found] = piece.told
            probed[piece.found] = piece.probed
    reading.split = found.lines()
    reading.notes += found.notes
    return {source: [piece.found for piece in pieces] for source, pieces in found.pieces.items()}


# Records


def _add_records(
    coins: list[CoinFiles],
    named: NamedFiles | None,
    matches: Matches,
    options: ReadOptions,
    probed: dict[Found, Probed],
    reading: Reading,
) -> None:
    """Add a record for each coin with its sides and what the table says of it, and notes on the whole."""
    type_column = collection_column = None
    if named:
        table = named.table
        if options.type_column:
            type_column = table.column(options.type_column)
        elif "type" in table.headings:
            type_column = "type"
        if options.collection_column:
            collection_column = table.column(options.collection_column)
        reading.columns = _columns(named, matches.key, type_column, collection_column)
    kept: dict[str, CoinRecord] = {}
    for position, coin in enumerate(coins):
        cells, values = matches.cells.get(position, {}), matches.values.get(position, {})
        sides = {face: SideRecord(face, found.path, *probed[found]) for face, found in coin.files.items()}
        record = CoinRecord(cells.get(collection_column or "") or reading.collection, coin.name, sides)
        # A column of another name stays a property as well, so that it can be asked for by its own name.
        record.properties = {name: value for name, value in values.items() if (name, type_column) != ("type", "type")}
        if type_column and names_something(named_type := cells.get(type_column, "")):
            record.type, record.type_source = named_type[:LONGEST_NAME], "table"
        elif coin.type:
            record.type, record.type_source = coin.type, "folder"
        if kept.setdefault(record.id, record) is not record:
            reading.skipped += [Skipped(str(side.path), f"a second coin {record.id}") for side in sides.values()]
    reading.coins = list(kept.values())
    if named:
        _note_coverage(reading, named.table, matches, [coin.name for coin in coins])
    first: dict[str, SideRecord] = {}
    for side in (side for coin in reading.coins for side in coin.sides.values()):
        if (other := first.setdefault(side.sha256, side)) is not side:
            reading.doubles.append((str(other.path), str(side.path)))


def _columns(
    named: NamedFiles, key: str | None, type_column: str | None, collection_column: str | None
) -> list[Column]:
    """Which heading became which column, and what it was taken for."""
    table = named.table
    roles = {**dict.fromkeys(table.numeric, "number"), **dict.fromkeys(("date_from", "date_to"), "years")}
    roles |= {column: f"picture ({face})" if face else "picture" for column, face in named.faces.items()}
    roles |= {column: role for column, role in ((collection_column, "collection"), (type_column, "type")) if column}
    filled = {column for row in table.rows for column, cell in row.cells.items() if cell}
    roles |= {column: "empty" for column in table.headings if column not in filled}
    if key:
        roles[key] = "names the coins"
    return [Column(heading, column, roles.get(column, "text")) for column, heading in table.headings.items()]


def _note_coverage(reading: Reading, table: Table, matches: Matches, coins: list[str]) -> None:
    if not matches.cells:
        reading.notes.append(f"no row of {table.path.name} speaks of a coin here; name the column with --id-column")
    elif len(matches.cells) < len(coins):
        reading.notes.append(f"{len(coins) - len(matches.cells)} coins have no row in {table.path.name}")
    names = {name.casefold() for name in coins}
    if odd := next((heading for heading in table.headings.values() if heading.casefold() in names), None):
        reading.notes.append(
            f"{odd!r} in the headings of {table.path.name} is the name of a coin: does it lack a line of headings?"
        )
