"""The cells of a column as numbers, whatever units they are written in; what is no number stays as it is written."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.records import ENTITIES
from ingest.words.headings import UNITS, Unit
from ingest.words.unknown import names_something

#: Columns of texts, even where many of their cells are numbers.
TEXTS = frozenset({*ENTITIES, "type", "date", "date_from", "date_to", "ruler", "collection", "title", "reference"})
#: What the columns of measures measure; an axis is a matter of its own.
KIND_OF = {"weight": "mass", "diameter": "length", "thickness": "length"}
#: Columns of names and numbers of things: numbers where all cells are, else texts, never one beside the other.
NAMES = re.compile(
    r"(?:^|_)(?:id|number|no|nr|die|reference|ref|ric|rrc|rpc|legend|description|inventory|key|code|page|plate)(?:_|$)"
)
#: Minus signs and spaces of typographers, as people type them.
SIGNS = str.maketrans("\u2212\u2013\u2012\ufe63\uff0d\u00a0\u202f\u2009", "-----   ")
#: A longer row of digits is no number that somebody measured.
LONGEST_NUMBER = 30
WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
#: Positions of a die as hours. A single letter (`v`, `x`) may be another mark than a Roman numeral.
HOURS = {
    **{f"{word} o'clock": hour for hour, word in enumerate(WORDS, 1)},
    **{"ii": 2, "iii": 3, "iv": 4, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "xi": 11, "xii": 12},
    **dict.fromkeys(("→", "↑→", "↑ →"), 3),
    **dict.fromkeys(("↓", "↑↓", "↑ ↓", "⇅", "coin", "coin alignment", "monnaie", "frappe monnaie", "down"), 6),
    **{"kehrprägung": 6, "←": 9, "↑←": 9, "↑ ←": 9},
    **dict.fromkeys(("↑", "↑↑", "↑ ↑", "⇈", "medal", "medal alignment", "médaille", "frappe médaille"), 12),
    **{"medaille": 12, "up": 12},
}
COORDINATES = frozenset({"latitude", "longitude"})
#: A number whose sign may stand before decimals or between thousands.
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*")


@dataclass
class Typed:
    """The values of a column, one a cell (None where there is none), and ``odd``: the texts that are no numbers
    between numbers, by their position. ``notes`` says what was converted."""

    values: list[Any]
    numeric: bool = False
    odd: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def typed(
    column: str, cells: Sequence[str], unit: Unit | None = None, *, names: bool = False, decimal: str = ""
) -> Typed:
    """Values of a column: numbers where most cells are numbers, else texts.

    Weights are grams, diameters and thicknesses millimetres, die axes hours from 1 to 12; ``unit`` is that of cells
    that name none. A cell that says that nothing is known has no value. With ``names`` the column names coins: it
    holds whole numbers where all cells are, else texts, as do columns of references and dies. ``decimal`` is the sign
    in front of decimals in the table, where that is known.
    """
    texts = [cell if names_something(cell) else None for cell in cells]
    if column == "die_axis":
        found = _axes(texts, unit)
    elif column in KIND_OF:
        found = _measured(texts, KIND_OF[column], unit)
    elif column in TEXTS or names or NAMES.search(column):
        return _whole([None if text is None else without_zeros(text) for text in texts], column not in TEXTS)
    else:
        grouping = _grouping([text for text in texts if text], decimal) if column not in COORDINATES else ""
        if grouping is None:
            example = next(text for text in texts if text and GROUPED.fullmatch(text))
            both = f"{re.sub('[.,]', '', example)} or {example.replace(',', '.')}"
            return Typed(texts, notes=[f"{example} may be {both}, so the column is kept as text"])
        plain = [text.replace(grouping, "") if text and grouping else text for text in texts]
        found = Typed([None if text is None else number(text) for text in plain])
        codes = any(text and re.fullmatch(r"0\d+", text) for text in texts)
        if codes or 2 * len(_known(found.values)) <= len(_known(texts)):
            return Typed(texts)
    if not _known(found.values):
        return Typed(texts)
    found.numeric = True
    found.odd |= {n: t for n, (t, value) in enumerate(zip(texts, found.values, strict=True)) if t and value is None}
    if column in KIND_OF or any(isinstance(value, float) for value in found.values):
        found.values = [None if value is None else float(value) for value in found.values]
    return found


def decimal_sign(columns: Mapping[str, Sequence[str]]) -> str:
    """The sign in front of decimals, as weights and diameters have it; empty where they do not tell."""
    cells = [cell for name in KIND_OF for cell in columns.get(name, ())]
    signs = {m[1] for cell in cells if (m := re.match(r"\d+([.,])(?:\d{1,2}|\d{4,})(?!\d)", cell))}
    return signs.pop() if len(signs) == 1 else ""


def _grouping(texts: Sequence[str], decimal: str) -> str | None:
    """The sign between thousands (`1,250`) in a column; empty where it has none, None where it may be decimals."""
    grouped = [m for text in texts if (m := GROUPED.fullmatch(text))]
    signs = {match[1] for match in grouped}
    others = [text for text in texts if re.fullmatch(r"[+-]?\d*[.,]\d+", text) and not GROUPED.fullmatch(text)]
    if len(signs) != 1 or others:
        return ""
    sign = signs.pop()
    if any(match[0].count(sign) > 1 for match in grouped):
        return sign
    if sign == decimal or (sign == "." and not decimal):
        return ""
    return sign if decimal and any(text.isdecimal() for text in texts) else None


def _known(values: Sequence[Any]) -> list[Any]:
    return [value for value in values if value is not None]


def _whole(texts: list[Any], numbers: bool) -> Typed:
    """Whole numbers where all texts are; `2.10` is no number but the name of something."""
    values = [None if text is None else number(text) for text in texts]
    whole = all(isinstance(value, int) == (text is not None) for text, value in zip(texts, values, strict=True))
    return Typed(values, True) if numbers and whole and _known(values) else Typed(texts)


def without_zeros(text: str) -> str:
    """`101.0`, which a spreadsheet made of 101, as `101`, and `1.82E+07` as `18200000`."""
    if re.fullmatch(r"[+-]?\d+[.,]0", text):
        return text[:-2]
    if re.fullmatch(r"\d(?:[.,]\d+)?[eE]\+?\d{1,2}", text):
        value = float(text.replace(",", "."))
        return str(int(value)) if value == int(value) else text
    return text


def number(text: str) -> int | float | None:
    """`12`, `3.45`, `3,45`, `1.234,5`, `1 234`, `1.8E+07`; None for a text, to which `007` belongs."""
    if len(text) > LONGEST_NUMBER or not any(map(str.isdecimal, text[:3])):
        return None
    text = text.translate(SIGNS)
    if re.fullmatch(r"[+-]?(?:0|[1-9]\d{0,17})(?:[.,]0)?", text):
        return int(re.split("[.,]", text)[0])
    if re.fullmatch(r"[+-]?\d{1,3}(?: \d{3})+(?:[.,]\d+)?", text):
        return number(text.replace(" ", ""))
    if re.fullmatch(r"[+-]?\d{1,3}(?:[.']\d{3})+,\d+", text):
        return float(re.sub(r"[.']", "", text).replace(",", "."))
    if re.fullmatch(r"[+-]?\d{1,3}(?:[,']\d{3})+\.\d+", text):
        return float(re.sub(r"[,']", "", text))
    if re.fullmatch(r"[+-]?\d*[.,]\d+(?:[eE][+-]?\d{1,2})?", text):
        return float(text.replace(",", "."))
    return None


def _measured(texts: Sequence[str | None], kind: str, unit: Unit | None) -> Typed:
    """Grams or millimetres, to which other units are converted."""
    values: list[Any] = []
    converted: Counter[str] = Counter()
    for text in texts:
        amount, own = _with_unit(text or "")
        used = own or unit
        if amount is None or (used and used.kind != kind):
            values.append(None)
        elif used and used.factor != 1:
            values.append(round(amount * used.factor, 6))
            converted[used.name] += 1
        else:
            values.append(amount)
    to = "grams" if kind == "mass" else "millimetres"
    return Typed(values, notes=[f"{count} cells in {name} are kept in {to}" for name, count in converted.items()])


def _with_unit(text: str) -> tuple[int | float | None, Unit | None]:
    """A number and the unit behind it: `16.63 gms`, `180°`, `6h`."""
    found = re.fullmatch(r"(.*?[\d.,])\s*([^\W\d].*|[°º])?", text.strip())
    if not found:
        return None, None
    unit = UNITS.get((found[2] or "").casefold().strip(" ."))
    return (number(found[1]) if unit or not found[2] else None), unit


def _axes(texts: Sequence[str | None], unit: Unit | None) -> Typed:
    """Hours of a clock. Numbers without a unit are degrees where one of them is more than 12."""
    read = [_with_unit(_clock(text)) if text else (None, None) for text in texts]
    bare = [amount for amount, own in read if amount is not None and own is None]
    unit = unit or (UNITS["degrees"] if any(amount > 12 for amount in bare) else UNITS["hours"])
    result = Typed([])
    degrees = 0
    for position, (text, (amount, own)) in enumerate(zip(texts, read, strict=True)):
        used = own or unit
        hour = HOURS.get(text.casefold().strip(" .")) if text else None
        exact = hour is not None
        # Between degrees, a bare 1 to 12 may be an hour: nobody can tell.
        doubtful = own is None and used.name == "degrees" and amount is not None and 0 < amount <= 12
        if hour is None and amount is not None and not doubtful and _on_clock(amount, used):
            turn = amount / 30 if used.name == "degrees" else amount
            hour, exact = int(turn + 0.5) % 12 or 12, turn == int(turn)
            degrees += used.name == "degrees"
        result.values.append(hour)
        if text and hour is not None and not exact:
            result.odd[position] = text
    result.notes += [f"{degrees} cells in degrees are kept in hours"] * bool(degrees)
    return result


def _clock(text: str) -> str:
    """`6:00`, `6h00` and `06h` as `6 h`."""
    return re.sub(
        r"^0?(\d{1,2})\s*(?:[:h.]\s*00\s*h?|h)?$", r"\1 h" if re.search(r"[:h]|\.00", text) else r"\1", text.strip()
    )


def _on_clock(amount: float, unit: Unit) -> bool:
    return unit.kind in ("hours", "degrees") and 0 <= amount <= (360 if unit.name == "degrees" else 12)
