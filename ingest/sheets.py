# ruff: noqa: RUF001, RUF002 (letters of other scripts are meant)
"""A file as lines of cells: CSV of any encoding and delimiter, or a sheet of a workbook.

Of encodings UTF-8 and UTF-16 are certain; anything else is a guess and is called one.
"""

import codecs
import csv
import datetime
import io
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from errors import CoingraphError
from ingest.words import normal

DELIMITERS = ",;\t|"
DELIMITER_NAMES = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "pipes"}
#: Endings of files that are taken for tables where they lie in the folder.
TEXT_ENDINGS = frozenset({".csv", ".tsv", ".tab"})
WORKBOOK_ENDINGS = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
#: Lists of other programs, which may be the table of the coins.
OTHER_ENDINGS = frozenset({".json", ".xml", ".mdb", ".accdb", ".fmp12", ".fp7", ".sqlite", ".numbers", ".gsheet"})
#: The first bytes of a zip archive and of an OLE file, which workbooks are.
WORKBOOK_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
#: FileMaker writes a line break within a cell as 0x0B, and 0x1D between the repetitions of a field.
REPETITION = " | "
#: How a spreadsheet is told that a number is a text.
AS_TEXT = re.compile(r"""\s*(?:="([^"]*)"|'(\d[\w./ -]*))\s*""")
#: Lines with their number in the file.
Lines = list[tuple[int, list[str]]]

#: By their byte order marks. That of UTF-32 begins with that of UTF-16, so it comes first.
MARKED = {
    "utf-8-sig": (codecs.BOM_UTF8,),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
}
#: The letters beyond a-z of each language (both cases), and the encodings that its tables are met in, the usual first.
#: In this order readings are taken that fit equally well.
LANGUAGES = (
    ("äöüß", "cp1252 mac_roman cp850 cp437"),
    ("éèêëàâçîïôûùœæüÿ", "cp1252 mac_roman cp850"),
    ("áéíóúüñçªº·ïàèòl", "cp1252 mac_roman cp850"),
    ("àèéìíòóùúº", "cp1252 mac_roman cp850"),
    ("ãõçáéíóúâêôàªº", "cp1252 mac_roman cp850"),
    ("åäöéæøü", "cp1252 mac_roman cp850"),
    ("ąćęłńóśźż", "cp1250 iso8859_2 cp852 mac_latin2"),
    ("áčďéěíňóřšťúůýž", "cp1250 iso8859_2 cp852 mac_latin2"),
    ("áäčďéíĺľňóôŕšťúýž", "cp1250 iso8859_2 cp852 mac_latin2"),
    ("áéíóöőúüű", "cp1250 iso8859_2 cp852 mac_latin2"),
    ("čćžšđ", "cp1250 iso8859_2 cp852"),
    ("ăâîşţșț", "cp1250 iso8859_2 iso8859_16"),
    ("çğıöşüiâî", "cp1254 iso8859_9 cp857 mac_turkish"),
    ("абвгдежзийклмнопрстуфхцчшщъыьэюяё", "cp1251 koi8_r cp866 iso8859_5 mac_cyrillic"),
    ("абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", "cp1251 koi8_u cp1125"),
    ("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ", "cp1253 iso8859_7 cp737 mac_greek"),
)
DOS = frozenset({"cp437", "cp737", "cp850", "cp852", "cp857", "cp866", "cp1125"})
#: Signs that stand in any table, beside letters too.
QUIET = frozenset("°½¼¾–—‘’“”„«»‹›…§×÷†‡±•·€©®№´\u00a0")
#: Of these, the signs that stand within words.
WITHIN = frozenset("’·•°")
#: Signs that stand apart from letters.
APART = frozenset("¹²³ªº£¥¤¢¿¡µ")
#: So many bytes of lines with letters beyond ASCII tell an encoding.
ENOUGH = 100_000
#: Stray ones stand in cells that were pasted from elsewhere; a file that has many is no text. FileMaker's marks between
#: lines and repetitions (0x0B, 0x1D) are not among them.
CONTROLS = re.compile("[\x00-\x08\x0e-\x1b]")
#: Of so many characters one may be such a one.
STRAY = 20


class UnreadableMetadata(CoingraphError):
    """The table cannot be read, or does not have a column that was asked for."""


class NoTable(UnreadableMetadata):
    """The file is something else than its name says: a damaged workbook, a picture; or it has no rows."""


@dataclass
class Sheet:
    """Lines with their number in the file, as a spreadsheet counts them; empty ones are left out.

    ``how`` says how the file was read, ``delimiter`` is empty for a workbook.
    """

    lines: Lines
    how: str
    delimiter: str = ""
    notes: list[str] = field(default_factory=list)


def read_sheet(path: Path, sheet: str | None = None) -> Sheet:
    """Read a CSV or TSV, or the sheet of a workbook that ``sheet`` names (or counts, from 1). Content tells which.

    Without ``sheet`` it is the first one with rows. Raises `UnreadableMetadata`.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnreadableMetadata(f"{path} cannot be read: {error.strerror}") from error
    if raw.startswith(WORKBOOK_MARKS):
        return _read_workbook(path, raw, sheet)
    if sheet is not None:
        raise UnreadableMetadata(f"{path} is no workbook, so it has no sheet {sheet!r}")
    return _read_text(path, raw)


def looks_like_table(path: Path) -> bool:
    """Whether a text file has lines of equally many cells, three of them at least."""
    try:
        raw = path.read_bytes()[:20_000]
        lines = _read_text(path, raw.rpartition(b"\n")[0] or raw).lines
    except (UnreadableMetadata, OSError):
        return False
    widths = Counter(len(cells) for _, cells in lines)
    return len(lines) > 2 and any(width > 1 and 5 * count > 4 * len(lines) for width, count in widths.items())


def clean(cell: str) -> str:
    """A cell without control characters and spaces around it, letters and accents put together."""
    if written := AS_TEXT.fullmatch(cell):
        cell = written[1] or written[2]
    if cell.isascii() and cell.isprintable():
        return cell.strip()
    if "\x1d" in cell:
        cell = REPETITION.join(part for part in cell.split("\x1d") if part.strip())
    cell = cell.replace("\x0b", "\n")
    return normal(re.sub(r"[\x00-\x08\x0c\x0e-\x1f\x7f\u200b\u2060\ufeff]", "", cell)).strip()


def _filled(lines: Lines) -> Lines:
    cleaned = [(number, [clean(cell) for cell in cells]) for number, cells in lines]
    return [(number, cells) for number, cells in cleaned if any(cells)]


def _read_text(path: Path, raw: bytes) -> Sheet:
    if re.match(rb"(?:\xef\xbb\xbf)?\s*(?:<!doctype|<html|<\?xml|\{\\rtf|%PDF)", raw[:200], re.IGNORECASE):
        raise NoTable(f"{path} is a web page or a document, not a table; save it as CSV (UTF-8) or as a workbook")
    decoded = decode(raw)
    if decoded is None:
        raise UnreadableMetadata(f"{path} is not text in any usual encoding; save it as CSV in UTF-8")
    text, delimiter = _delimiter(decoded.text)
    try:
        csv.field_size_limit(10_000_000)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
        lines = _filled([(reader.line_num, cells) for cells in reader])
    except csv.Error as error:
        raise UnreadableMetadata(f"{path} is not a table of text: {error}") from error
    notes = [decoded.note] if decoded.note else []
    if wrong := mistaken(decoded.text):
        notes.append(f"letters were lost before it was saved, as in {wrong!r}; export it anew, as UTF-8")
    how = f"{decoded.encoding} with {DELIMITER_NAMES.get(delimiter, repr(delimiter))}"
    return Sheet(lines, how, delimiter, notes)


def _delimiter(text: str) -> tuple[str, str]:
    """The text and its delimiter: the one that cuts most lines into one number of cells, and into most."""
    if told := re.match(r"sep=(.)\r?\n", text):
        return text[told.end() :], told[1]

    def fit(delimiter: str) -> tuple[float, int]:
        counts: Counter[int] = Counter()
        try:
            for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True):
                counts[len(cells)] += bool(cells)
                if counts.total() == 200:
                    break
        except csv.Error:
            return 0, 0
        width = max((count for count in counts if count > 1), key=lambda width: counts[width], default=0)
        return counts[width] / max(counts.total(), 1), width

    fits = {delimiter: fit(delimiter) for delimiter in DELIMITERS}
    return text, max(DELIMITERS, key=lambda d: (fits[d][0] > 0.8, fits[d][1] if fits[d][0] > 0.8 else fits[d][0]))


def _read_workbook(path: Path, raw: bytes, asked: str | None) -> Sheet:
    import python_calamine as calamine

    try:
        workbook = calamine.load_workbook(io.BytesIO(raw))
        name, lines = _chosen(path, workbook, asked)
    except calamine.PasswordError as error:
        raise NoTable(f"{path} is locked by a password; save it without one") from error
    except (calamine.CalamineError, ValueError, OSError) as error:
        raise NoTable(f"{path} is a workbook that cannot be read ({error}); save its sheet as CSV (UTF-8)") from error
    others = [other for other in workbook.sheet_names if other != name]
    note = f"its other sheets are not read ({', '.join(others)}); choose one by --sheet"
    return Sheet(lines, f"sheet {name!r}", "", [note] if others else [])


def _chosen(path: Path, workbook: Any, asked: str | None) -> tuple[str, Lines]:
    """The sheet of that name or number, else the first one that is shown and has rows; and its lines."""
    names = workbook.sheet_names
    if asked is not None:
        named = [name for name in names if normal(name).casefold() == normal(asked).strip().casefold()]
        counted = names[int(asked) - 1 : int(asked)] if asked.isdecimal() and int(asked) else []
        if not (found := [*named, *counted]):
            raise UnreadableMetadata(f"{path} has no sheet {asked!r}; its sheets are: {', '.join(names)}")
        return found[0], _lines(workbook, found[0])
    shown = [sheet.name for sheet in workbook.sheets_metadata if str(sheet.visible).endswith("Visible")]
    read: dict[str, Lines] = {}
    for name in (*shown, *names):
        if name not in read:
            read[name] = _lines(workbook, name)
        if len(read[name]) > 1:
            return name, read[name]
    first = (shown or names)[0]
    return first, read[first]


def _lines(workbook: Any, name: str) -> Lines:
    rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return _filled([(number, [_shown(value) for value in row]) for number, row in enumerate(rows, 1)])


def _shown(value: Any) -> str:
    """The value of a workbook's cell as a person sees it there."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)


# Encodings


@dataclass(frozen=True)
class Decoded:
    """A text and its encoding. Where that is a guess, ``note`` says so, with words to judge it by."""

    text: str
    encoding: str
    note: str = ""


def decode(raw: bytes) -> Decoded | None:
    """The text of a file; None where it is no text, or where no usual encoding makes words of it."""
    marked = next((name for name, marks in MARKED.items() if raw.startswith(marks)), None)
    if marked is None and raw[:2000].count(0) > len(raw[:2000]) / 5:
        marked = "utf-16-be" if raw[:1] == b"\0" else "utf-16-le"
    found: Decoded | None
    try:
        found = Decoded(raw.decode(marked or "utf-8"), marked or "utf-8")
    except UnicodeDecodeError:
        found = None if marked else _guess(raw)
    return None if found is None or len(CONTROLS.findall(found.text)) * STRAY > len(found.text) else found


def _guess(raw: bytes) -> Decoded | None:
    """The reading that makes the most of its letters those of one language, and leaves no signs within words."""
    telling = b"\n".join(line for line in raw.splitlines() if not line.isascii())[:ENOUGH]
    readings: dict[str, tuple[float, str]] = {}
    for letters, encodings in LANGUAGES:
        alphabet = frozenset(letters + letters.upper() + "ẞ" * ("ß" in letters) + "İ" * ("ı" in letters))
        for encoding in encodings.split():
            try:
                raw.decode(encoding)
            except UnicodeDecodeError:
                continue
            text = telling.decode(encoding, "replace")
            score = _likely(text, alphabet)
            if score > readings.get(text, (0.0, ""))[0]:
                readings[text] = (score, encoding)
    if not readings:
        return None
    # Of readings that are as good, DOS's is the least likely today.
    best = max(readings, key=lambda text: (readings[text][0], readings[text][1] not in DOS))
    score, encoding = readings[best]
    equal = [text for text, (other, _) in readings.items() if other == score and text != best]
    note = f"its encoding is a guess: {encoding}, which reads {', '.join(_words(best)[:4])}"
    if equal:
        one, other = next(pair for pair in zip(_words(best), _words(equal[0]), strict=False) if len(set(pair)) == 2)
        note += f"; {one} could as well be {other}"
    return Decoded(raw.decode(encoding), encoding, f"{note}. Save it as UTF-8 if letters look wrong")


def _words(text: str) -> list[str]:
    """The words with letters beyond a-z, to show a person."""
    return list(dict.fromkeys(re.findall(r"[^\s;,|\"]*[^\x00-\x7f][^\s;,|\"]*", text)))


def _likely(text: str, alphabet: frozenset[str]) -> float:
    """How well the letters beyond ASCII, each with its neighbours, are those of a text in this alphabet: 1 at most."""
    found = Counter(re.findall(r"(?s)(?<=(.))([^\x00-\x7f])(?=(.))", f" {text} "))
    total = sum(found.values())
    return sum(
        _letter(before, letter, after, alphabet) * count for (before, letter, after), count in found.items()
    ) / max(total, 1)


def _letter(before: str, letter: str, after: str, alphabet: frozenset[str]) -> float:
    """What one letter says for a reading: 1 where it stands in the alphabet and well among its neighbours."""
    beside = before.isalpha() or after.isalpha()
    between = before.isalpha() and after.isalpha()
    if letter in APART and (between or letter not in alphabet):
        return -2.0 if beside else 0.0
    if letter in alphabet:
        # Cyrillic read as another Cyrillic turns the case of letters; Latin letters do not stand in its words.
        turned = letter.isupper() and (before.islower() or (before.isupper() and after.islower()))
        turned |= letter.islower() and before.isupper() and after.isupper()
        mixed = len({_script(c) for c in (before, letter, after)} - {""}) > 1
        return -2.0 if turned or mixed else -1.5 if before.isdigit() or after.isdigit() else 1.0
    if letter in QUIET:
        return 0.5 if not between else 0.0 if letter in WITHIN else -2.0
    if letter.isalpha():
        return -2.0 if letter.isupper() and before.islower() else -1.0
    return -3.0 if beside or unicodedata.category(letter) in ("Cc", "Co", "Cn") else -1.0


@cache
def _script(letter: str) -> str:
    """`LATIN`, `GREEK`, `CYRILLIC`; empty for what is no letter of these."""
    first = unicodedata.name(letter, "").split(" ")[0]
    return first if first in ("LATIN", "GREEK", "CYRILLIC") else ""


#: Letters of a text that was read in a wrong encoding, and the sign for one that was lost.
MISREAD = re.compile("[ÃÂÅÄ][\u0080-\u00bf\u2018-\u201e]|[ÐÑ][\u0080-\u00bf]|â€|\ufffd")


def mistaken(text: str) -> str | None:
    """A word of a text that was once read in a wrong encoding (`MÃ¼nze`, `Ð Ð¸Ð¼`), or lost a letter; None without."""
    found = MISREAD.search(text)
    if not found:
        return None
    at = found.start()
    near = text[max(0, at - 40) : at], text[at : at + 40]
    return re.findall(r"\S*\Z", near[0])[0][-20:] + re.findall(r"\A\S*", near[1])[0][:20]
