"""The table of a collection: encoding, delimiter, headings and types of values found out."""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from charset_normalizer import from_bytes

from errors import CoingraphError
from ingest.dates import parse_date
from ingest.records import ENTITIES
from ingest.scan import normal

DELIMITERS = ",;\t|"
#: Encodings without a mark, in the order in which they are met.
ENCODINGS = ["cp1252", "cp1250", "mac_roman", "cp850", "utf_16_le", "utf_16_be"]
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Cells that say that there is no value.
MISSING = frozenset({"", "-", "--", "\N{EN DASH}", "\N{EM DASH}", "n/a", "nan", "null", "none", "k.a.", "k. a."})

#: Names in use for a whole heading, by the name the graph uses.
SYNONYMS = {
    "mint": "muenzstaette munzstatte praegestaette praegestatte praegeort mint_name mint_place",
    "denomination": "nominal nominale",
    "material": "metall metal werkstoff",
    "findspot": "fundort fundstelle fundplatz find_spot find_place findplace",
    "provenance": "provenienz herkunft",
    "authority": "praegeherr pragherr muenzherr muenzherrschaft issuer issuing_authority autoritaet emittent",
    "ruler": "herrscher",
    "weight": "gewicht masse gew wt",
    "diameter": "durchmesser diam dm dia",
    "thickness": "dicke",
    "die_axis": "stempelstellung stempelachse achse axis dieaxis",
    "date": "datierung datum dating praegezeit praegedatum praegejahr zeitstellung jahr year",
    "date_from": "datierung_von datum_von jahr_von year_from date_start start_date starting_date von from not_before",
    "date_to": "datierung_bis datum_bis jahr_bis year_to date_end end_date ending_date bis to not_after",
    "type": "typ coin_type cointype muenztyp",
    "collection": "sammlung",
    "inventory_number": "inventarnummer inventarnr inventar_nr inv_nr inv_no invnr inventory_no inventory",
    "obverse_die": "vorderseitenstempel aversstempel vs_stempel stempel_vs stempel_av",
    "reverse_die": "rueckseitenstempel reversstempel rs_stempel stempel_rs stempel_rv",
    "country": "land",
    "title": "titel bezeichnung",
    "reference": "referenz zitat referenzen",
    "literature": "literatur",
    "comment": "bemerkung bemerkungen anmerkung anmerkungen kommentar",
    "condition": "erhaltung erhaltungszustand zustand",
    "latitude": "breitengrad breite",
    "longitude": "laengengrad",
}
ENGLISH = {word: name for name, heard in SYNONYMS.items() for word in heard.split()}
#: Parts of headings: `Legende Vorderseite` is the obverse_legend.
PARTS = {
    **dict.fromkeys(("vorderseite", "avers", "vs", "av"), "obverse"),
    **dict.fromkeys(("rueckseite", "revers", "rs", "rv"), "reverse"),
    **{"legende": "legend", "umschrift": "legend", "beschreibung": "description", "bild": "image", "foto": "photo"},
    **{"datei": "file", "dateiname": "file_name", "stempel": "die", "kamera": "camera", "nummer": "number"},
}
#: A cell of more lines is hardly meant.
MOST_LINES = 30
UNIT = r"(?:g|gr|gramm|grams?|mm|h|uhr|grad|°)"
MEASURES = frozenset({"weight", "diameter", "thickness", "die_axis"})
#: What the graph keeps on a coin by itself.
RESERVED = frozenset({"id", "name", "columns", "run"})
RESERVED_BEGINNINGS = ("vector_", "source_", "pagerank_", "degree_", "eigenvector_", "betweenness_", "closeness_")


class UnreadableMetadata(CoingraphError):
    """The table cannot be read, or does not have a column that was asked for."""


@dataclass(frozen=True)
class Row:
    """One line of the table. ``number`` counts lines as a spreadsheet does; ``cells`` are texts, ``values`` typed."""

    number: int
    cells: dict[str, str]
    values: dict[str, Any]


@dataclass
class Table:
    """A table with normalised columns; ``headings`` gives their names in the file."""

    path: Path
    headings: dict[str, str]
    rows: list[Row] = field(default_factory=list)
    encoding: str = ""
    delimiter: str = ""
    notes: list[str] = field(default_factory=list)

    def column(self, asked: str) -> str:
        """The column of a heading or of its normalised name. Raises `UnreadableMetadata`."""
        for name, heading in self.headings.items():
            if normal(asked).strip().casefold() in (heading.casefold(), name):
                return name
        known = ", ".join(self.headings.values())
        raise UnreadableMetadata(f"{self.path} has no column {asked!r}; its columns are: {known}")


def read_table(path: Path) -> Table:
    """Read a CSV or TSV. Raises `UnreadableMetadata`."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnreadableMetadata(f"{path} cannot be read: {error.strerror}") from error
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableMetadata(f"{path} is a workbook; save its sheet as CSV (UTF-8) and give that file")
    text, encoding = _decode(path, raw)
    text, delimiter = _delimiter(text)
    try:
        csv.field_size_limit(10_000_000)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
        lines = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise UnreadableMetadata(f"{path} is not a table of text: {error}") from error
    if len(lines) < 2:
        why = "; is a quote in its headings not closed?" if lines and any("\n" in cell for cell in lines[0][1]) else ""
        raise UnreadableMetadata(f"{path} holds no rows; a table has a line of headings and a line for each coin{why}")
    headings = [normal(cell).strip() for cell in lines[0][1]]
    columns = _distinct(headings)
    table = Table(path, dict(zip(columns, headings, strict=True)), encoding=encoding, delimiter=delimiter)
    table.notes += _open_quotes(lines, columns, delimiter)
    longer = [number for number, cells in lines[1:] if any(cell.strip() for cell in cells[len(columns) :])]
    if longer:
        table.notes.append(f"{len(longer)} rows have more cells than headings (the first in line {longer[0]})")
    cells_of = [
        (number, {c: normal(v).strip() for c, v in zip(columns, cells, strict=False)}) for number, cells in lines[1:]
    ]
    typed = {column: _typed(column, [cells.get(column, "") for _, cells in cells_of]) for column in columns}
    for position, (number, cells) in enumerate(cells_of):
        values = {c: typed[c][position] for c in columns if typed[c][position] is not None}
        table.rows.append(Row(number, cells, values))
    _add_years(table)
    return table


def _open_quotes(lines: list[tuple[int, list[str]]], columns: list[str], delimiter: str) -> list[str]:
    """A note for each cell that looks as if a quote that is not closed had swallowed the rows behind it."""
    notes = []
    for (before, _), (_, cells) in pairwise(lines):
        for column, cell in zip(columns, cells, strict=False):
            inside = cell.strip().splitlines()[1:]
            # A text of several paragraphs has commas with a space behind them, and not as many as a row in each line.
            found = [len(re.findall(rf"{re.escape(delimiter)}(?! )", line)) for line in inside]
            rows = sum(number >= max(len(columns) - 1, 1) for number in found)
            if len(inside) > MOST_LINES or rows >= max(len(inside) - 1, 1):
                notes.append(
                    f"the row behind line {before} has a cell of {len(inside) + 1} lines (column {column}): "
                    "its quote seems not to be closed, so that it swallowed the rows in it"
                )
    return notes if len(notes) <= 5 else [*notes[:5], f"... and {len(notes) - 5} more such cells"]


def _decode(path: Path, raw: bytes) -> tuple[str, str]:
    encoding = next((name for mark, name in BYTE_ORDER_MARKS if raw.startswith(mark)), None)
    if encoding is None and raw[:2000].count(0) > len(raw[:2000]) / 5:
        encoding = "utf-16-be" if raw[:1] == b"\0" else "utf-16-le"
    try:
        text, encoding = raw.decode(encoding or "utf-8"), encoding or "utf-8"
    except UnicodeDecodeError as error:
        matches = [] if encoding else list(from_bytes(raw, cp_isolation=ENCODINGS))
        # A few umlauts are no evidence between close relatives: of the least chaotic readings the most usual one.
        least = min((match.chaos for match in matches), default=0)
        plausible = {name for match in matches if match.chaos == least for name in match.could_be_from_charset}
        encoding = next((name for name in ENCODINGS if name in plausible), None)
        if encoding is None:
            raise UnreadableMetadata(f"{path} is not text in any usual encoding; save it as CSV in UTF-8") from error
        text = raw.decode(encoding)
    if "\0" in text:
        raise UnreadableMetadata(f"{path} is not a table of text; save it as CSV in UTF-8")
    return text, encoding


def _delimiter(text: str) -> tuple[str, str]:
    """The text and its delimiter: the one that cuts most rows into as many cells as the headings, and into most."""
    if told := re.match(r"sep=(.)\r?\n", text):
        return text[told.end() :], told[1]

    def fit(delimiter: str) -> tuple[float, int]:
        rows = []
        try:
            for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True):
                if cells:
                    rows.append(len(cells))
                if len(rows) == 200:
                    break
        except csv.Error:
            return 0, 0
        return (sum(n == rows[0] for n in rows) / len(rows), rows[0]) if rows and rows[0] > 1 else (0, 0)

    best = max(DELIMITERS, key=lambda d: (fit(d)[0] > 0.8, fit(d)[1] if fit(d)[0] > 0.8 else fit(d)[0]))
    return text, best


def column_name(heading: str) -> str:
    """A heading as a property name: English where known, of a-z, 0-9 and `_`, never one that the graph needs itself."""
    bare = re.sub(rf"\s*(?:[\[(]\s*(?:in )?{UNIT}\s*[\])]|\bin {UNIT})\s*$", "", heading, flags=re.IGNORECASE)
    name = _plain(bare)
    without_unit = re.sub(rf"_{UNIT}$", "", name)
    if ENGLISH.get(without_unit, without_unit) in MEASURES:
        name = without_unit
    if name not in ENGLISH:
        parts = [PARTS.get(part, part) for part in name.split("_")]
        name = "_".join(sorted(parts, key=lambda part: part not in ("obverse", "reverse")))
    name = ENGLISH.get(name, name)
    if name in RESERVED or name.startswith(RESERVED_BEGINNINGS):
        return f"catalogue_{name}"
    return f"column_{name}" if name[:1].isdigit() else name


def _plain(heading: str) -> str:
    words = re.sub(r"(?<=[a-zäöüß])(?=[A-ZÄÖÜ])", "_", heading).casefold()
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        words = words.replace(umlaut, letters)
    letters = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", letters).strip("_")


def _distinct(headings: Iterable[str]) -> list[str]:
    names: list[str] = []
    for position, heading in enumerate(headings, 1):
        name = column_name(heading) or f"column_{position}"
        # `Herrscher` beside `Ruler`: the second keeps its own name.
        own = _plain(heading)
        if name in names and own and own not in names and own not in RESERVED and not own[0].isdigit():
            name = own
        base, count = name, 2
        while name in names:
            name, count = f"{base}_{count}", count + 1
        names.append(name)
    return names


def _typed(column: str, cells: list[str]) -> list[Any]:
    """Values of a column: whole numbers or decimals where every cell is one, else texts; None where there is none."""
    texts = [None if cell.casefold() in MISSING else cell for cell in cells]
    if column in ENTITIES or column in ("type", "date"):
        return texts
    units = re.compile(rf"\s*{UNIT}\.?$", re.IGNORECASE) if column in MEASURES else None
    numbers = [None if t is None else _number(units.sub("", t) if units else t) for t in texts]
    if any(number is None and text is not None for number, text in zip(numbers, texts, strict=True)):
        return texts
    if any(isinstance(number, float) for number in numbers):
        return [None if number is None else float(number) for number in numbers]
    return numbers


def _number(text: str) -> int | float | None:
    """`12`, `3.45`, `3,45`, `1.234,5`; None for a text, to which `007` belongs."""
    if re.fullmatch(r"[+-]?(?:0|[1-9]\d{0,17})", text):
        return int(text)
    if re.fullmatch(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+", text):
        return float(text.replace(".", "").replace(",", "."))
    if re.fullmatch(r"[+-]?\d{1,3}(?:,\d{3})+\.\d+", text):
        return float(text.replace(",", ""))
    if re.fullmatch(r"[+-]?\d+[.,]\d+", text):
        return float(text.replace(",", "."))
    return None


def _add_years(table: Table) -> None:
    """`date_from` and `date_to` in years: the table's own columns where they hold years, else read from `date`."""
    own = {
        name: [(row, parse_date(row.cells.get(name, ""))) for row in table.rows] for name in ("date_from", "date_to")
    }
    for name, spans in own.items():
        # A 0 says that the year is not known; it takes nothing from the years of the other rows.
        understood = all(span or row.values.get(name) in (None, 0, "0") for row, span in spans)
        for row, span in spans:
            value = row.values.pop(name, None)
            year = span[0 if name == "date_from" else 1] if understood and span else None
            if year is not None:
                row.values[name] = year
            elif value is not None:
                row.values[f"catalogue_{name}"] = str(value)
    unclear = []
    for row in table.rows:
        if "date" in row.values:
            span = parse_date(row.values["date"])
            if span is None:
                unclear.append(row.values["date"])
            elif not {"date_from", "date_to"} & row.values.keys():
                years = zip(("date_from", "date_to"), span, strict=True)
                row.values.update({name: year for name, year in years if year is not None})
    if unclear:
        first = re.sub(r"\s+", " ", unclear[0])[:40]
        table.notes.append(f"{len(unclear)} dates give no years, such as {first!r}")
