"""A folder of photographs and its table, read to coins; nothing is written here."""

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ingest import pairing
from ingest.images import READ, BadImage, probe
from ingest.matching import Matches, follow_table, match_rows, named_files
from ingest.metadata import Table, read_table
from ingest.records import LONGEST_NAME, CoinRecord, Reading, ReadOptions, SideRecord, Skipped, names_something
from ingest.scan import Found, NoImages, normal, scan
from ingest.sideless import without_side
from ingest.together import Probed, put_together, suggest

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
    table = _table(folder, options.metadata, reading)
    if table is None and (options.type_column or options.id_column or options.collection_column):
        reading.notes.append("there is no table, so the options that name its columns do nothing")
    if not files:
        raise NoImages(f"{folder} holds no picture ({READ}), neither do its folders{_most_unread(skipped)}")
    probed = _probe(files, reading, known)
    files = _without_copies(list(probed), probed, reading)
    told = pairing.tell_by_pattern(files, options.pattern) if options.pattern else pairing.tell(files, options.numbered)
    if table:
        named = named_files(table, files)
        follow_table(table, named, told, reading.notes, options.id_column)
    if split:
        _split(files, told, probed, folder, split, options.two_coins, dry_run, reading)
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
    matches = match_rows(table, named, together.coins, options.id_column, reading.notes) if table else Matches()
    reading.unused_rows, reading.skipped = matches.unused, reading.skipped + matches.doubled
    if table:
        _note_coverage(reading, table, matches, len(together.coins))
    columns = _Columns(table, options.type_column, options.collection_column)
    for position, coin in enumerate(together.coins):
        reading.coins.append(_record(coin, position, matches, columns, collection, probed))
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
) -> None:
    """Put the pieces of photographs of several coins in the place of these photographs."""
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


def _table(folder: Path, metadata: Path | None, reading: Reading) -> Table | None:
    if metadata is None:
        tables = [
            path
            for path in sorted(folder.iterdir())
            if path.suffix.lower() in (".csv", ".tsv") and path.is_file() and not path.name.startswith(".")
        ]
        if len(tables) != 1:
            if tables:
                names = ", ".join(path.name for path in tables)
                reading.notes.append(f"the folder holds several tables ({names}); choose one by --metadata")
            return None
        metadata = tables[0]
        reading.notes.append(f"the table {metadata.name} of the folder is used")
    elif not metadata.exists() and (folder / metadata).exists():
        metadata = folder / metadata
    table = read_table(metadata)
    reading.metadata = metadata
    delimiter = {"\t": "tabs", ";": "semicolons", ",": "commas"}.get(table.delimiter, repr(table.delimiter))
    reading.notes.append(f"{metadata.name}: {len(table.rows)} rows, {table.encoding} with {delimiter}")
    reading.notes += [f"{metadata.name}: {note}" for note in table.notes]
    return table


def _probe(files: list[Found], reading: Reading, known: Mapping[str, tuple[int, int]] | None) -> dict[Found, Probed]:
    """Checksums and sizes of the usable files; the others are skipped."""

    def look(found: Found) -> Probed | str:
        try:
            return probe(found.path, known)
        except BadImage as error:
            return str(error)

    probed = {}
    with ThreadPoolExecutor(THREADS) as pool:
        results = pool.map(look, files)
        for found, result in tqdm(
            zip(files, results, strict=True), "reading", len(files), disable=None, unit="picture", leave=False
        ):
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
        record.type, record.type_source = named[:LONGEST_NAME], "metadata"
    else:
        record.type = coin.type
        record.type_source = "folder" if record.type else None
    return record


def _note_coverage(reading: Reading, table: Table, matches: Matches, coins: int) -> None:
    if not matches.cells:
        reading.notes.append(f"no row of {table.path.name} speaks of a coin here; name the column with --id-column")
    elif len(matches.cells) < coins:
        reading.notes.append(f"{coins - len(matches.cells)} coins have no row in {table.path.name}")


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
