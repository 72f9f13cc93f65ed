"""Years from the dates that catalogues write: `18 BC`, `348-350 AD`, `ca. 120-100 v. Chr.`, `2. Jh. v. Chr.`"""

import re

BEFORE = r"b\.? ?c\.?(?: ?e\.?)?|v\.? ?chr\.?|vor christus|vor chr\.?|v\.? ?u\.? ?z\.?|a\. ?c\.?"
AFTER = r"a\.? ?d\.?|c\.? ?e\.?|n\.? ?chr\.?|nach christus|nach chr\.?|n\.? ?u\.? ?z\.?|u\. ?z\.?|[pd]\. ?c\.?"
ERA = re.compile(rf"(?<![^\W\d_])(?:(?P<before>{BEFORE})|(?P<after>{AFTER}))(?![^\W\d_])")
#: Words that say no year. `c.` is one only in front of a number; behind one it is a century.
ABOUT = re.compile(
    r"(?<![\w.])(?:(?:circa|etwa|um|about|approx(?:imately)?\.?|around|probably|wohl|vermutlich|ungefähr|between"
    r"|zwischen|from|von|year|jahr|the|of|der|des|in|ca\.?|struck|geprägt|shortly|kurz)(?![^\W\d_])"
    r"|[cd]\.? ?(?=\d))|[?~()\[\]<>≈]"
)
TO = re.compile(r" ?(?:[-/]|\bto\b|\btill\b|\buntil\b|\bbis\b|\band\b|\bund\b) ?")
#: A date that is open to one side: all that is known is what it lies before, or after.
OPEN = re.compile(r"(?:(?P<before>before|vor|ante|until|till|bis)|(?P<after>after|nach|post|since|seit|ab)) (?!chr)")
DASHES = re.compile("[\u2010-\u2015\u2212]")
#: A minus before a year, rather than a dash between two.
SIGN = re.compile(r"(^|[-/] ?|\bto |\bbis )-(?=\d)")
ORDINAL = r"(?:st|nd|rd|th|\.)?"
CENTURY_WORD = r" ?(?:century|centuries|cent\.?|c\.?|jahrhunderts?|jhdt?s?\.?|jhs?\.?)"
CENTURY = re.compile(rf"(\d{{1,2}})({ORDINAL}{CENTURY_WORD})")
#: The 60s are ten years; of the 100s nobody knows whether they are ten or a hundred.
DECADE = re.compile(r"(\d{0,3}[1-9]0)(?:['\u2019]?s|er(?: jahren?)?)")
#: `II` and `s. II`, which are a century where an era stands behind.
ROMAN = re.compile(rf"(?:(?:saec|sec|s)\.? )?(x{{0,2}}(?:ix|iv|v?i{{0,3}}))(?:\.?{CENTURY_WORD})?")
ROMAN_VALUES = {"i": 1, "v": 5, "x": 10}
#: Parts of a century as fractions of it, from its beginning on.
PARTS = (
    (r"(?:1st|first|1\.|erste[ns]?) (?:half|hälfte|h\.?)", 0, 1 / 2),
    (r"(?:2nd|second|2\.|zweite[ns]?) (?:half|hälfte|h\.?)", 1 / 2, 1),
    (r"(?:1st|first|1\.|erste[ns]?) (?:quarter|viertel)", 0, 1 / 4),
    (r"(?:2nd|second|2\.|zweite[ns]?) (?:quarter|viertel)", 1 / 4, 1 / 2),
    (r"(?:3rd|third|3\.|dritte[ns]?) (?:quarter|viertel)", 1 / 2, 3 / 4),
    (r"(?:4th|fourth|last|4\.|vierte[ns]?|letzte[ns]?) (?:quarter|viertel)", 3 / 4, 1),
    (r"early|beginning|anfang|frühes|beginn", 0, 1 / 3),
    (r"mid|middle|mitte", 1 / 3, 2 / 3),
    (r"late|end|ende|spätes", 2 / 3, 1),
)
ANY_PART = "|".join(pattern for pattern, _, _ in PARTS)
LATEST = 2100

Span = tuple[int, int]


def parse_date(text: str) -> tuple[int | None, int | None] | None:
    """First and last year of a date or range, negative before Christ; None where it is not understood.

    An era behind a range is that of both ends (`120-100 v. Chr.`); without one the years are AD. `336-7` is 336 to 337.
    `before 44 BC` has no first year, `after 50 AD` no last one. There is no year 0, so it is not understood.
    """
    tidy = _tidy(text)
    if not (limit := OPEN.match(tidy)):
        return _closed(tidy)
    span = _closed(tidy[limit.end() :])
    if span is None:
        return None
    # Before a century is before its first year; `before 50/49` says which year only roughly, and the later one holds.
    rough = len(TO.split(tidy[limit.end() :])) > 1
    return (None, span[1 if rough else 0]) if limit["before"] else (span[0 if rough else 1], None)


def _closed(tidy: str) -> Span | None:
    ends = [end for end in TO.split(tidy) if end]
    if not 1 <= len(ends) <= 2:
        return None
    eras = [_era(end) for end in ends]
    years = [re.sub(r" +", " ", ERA.sub(" ", end)).strip(" .,;") for end in ends]
    if eras[-1]:
        years = [_roman(year) for year in years]
    if len(ends) == 2:
        years[0] = _with_century(years[0], years[1])
        if eras[1] is None and eras[0] == -1:
            # `27 BC - 14`: a number that counts down goes on before Christ, one that counts up is past it.
            eras[1] = -1 if _number(years[1]) <= _number(years[0]) else 1
        eras[0] = eras[0] or eras[1]
        if eras[0] != -1 and years[0].isdigit() and years[1].isdigit():
            years[1] = _completed(years[0], years[1])
    spans = [_span(year, era or 1) for year, era in zip(years, eras, strict=True)]
    known = [year for span in spans if span for year in span]
    return (min(known), max(known)) if all(spans) and max(known) <= LATEST else None


def _tidy(text: str) -> str:
    """Lower case, one kind of dash and space, no words that say no year, `!` for a minus sign."""
    text = re.sub(r"\s+", " ", DASHES.sub("-", text.casefold())).replace("mid-", "mid ")
    text = re.sub(r"(?<=[^\W\d_]\.)(?=\d)|(?<=\d\.)(?=[^\W\d_])", " ", text)
    text = re.sub(r" +", " ", ABOUT.sub(" ", text)).strip(" .,;")
    return SIGN.sub(r"\1!", text)


def _era(text: str) -> int | None:
    match = ERA.search(text)
    return None if match is None else -1 if match["before"] else 1


def _number(text: str) -> int:
    match = re.search(r"\d+", text)
    return int(match.group()) if match else 0


def _with_century(first: str, second: str) -> str:
    """`2.` of `2.-1. jh.` and `late 4th` of `late 4th-5th century`, with the word that stands behind the other."""
    century = CENTURY.search(second)
    bare = re.fullmatch(rf"((?:(?:{ANY_PART}) )?)(\d{{1,2}}){ORDINAL}", first)
    return f"{bare[1]}{bare[2]}{century[2]}" if century and bare else first


def _roman(text: str) -> str:
    """`ii` as `2. jh.`; other texts as they are."""
    match = ROMAN.fullmatch(text)
    if not match or not match[1]:
        return text
    values = [ROMAN_VALUES[letter] for letter in match[1]]
    return f"{sum(-v if v < after else v for v, after in zip(values, [*values[1:], 0], strict=True))}. jh."


def _completed(first: str, second: str) -> str:
    """`336-7` is 336 to 337."""
    shorter = len(second) < len(first) and int(second) < int(first)
    return first[: len(first) - len(second)] + second if shorter else second


def _span(text: str, era: int) -> Span | None:
    if re.fullmatch(r"!?\d{1,4}", text):
        year = -int(text[1:]) if text.startswith("!") else era * int(text)
        return (year, year) if year else None
    if decade := DECADE.fullmatch(text):
        year = int(decade[1])
        return (year, year + 9) if era == 1 else (-year - 9, -year)
    begin, end = 0.0, 1.0
    for pattern, low, high in PARTS:
        if match := re.match(rf"(?:{pattern}) ", text):
            text, begin, end = text[match.end() :], low, high
            break
    century = CENTURY.fullmatch(text)
    if not century or not int(century[1]):
        return None
    # The years of a century in the order in which they passed.
    first = 100 * (int(century[1]) - 1) + 1 if era == 1 else -100 * int(century[1])
    return first + round(100 * begin), first + round(100 * end) - 1
