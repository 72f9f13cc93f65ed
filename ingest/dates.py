"""Years from the dates that catalogues write: `18 BC`, `ca. 120-100 v. Chr.`, `2e moitié du IIe s. av. J.-C.`

A text is cut into tokens (`date_tokens`), the tokens into points in time at the words and dashes between them, and the
points help each other out: what one leaves unsaid (era, century, first digits) stands at its neighbour. A date
that may be read in two eras is not understood: no date is better than a wrong one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from ingest.date_tokens import OPEN, Token, tidy, tokens_of
from ingest.words.dates import Kind

BC, AD = -1, 1
EARLIEST, LATEST = -3000, 2100
#: Letters of the longest text that is taken for a date.
LONGEST = 200

Span = tuple[int, int]
#: First and last year, negative before Christ; None where a date is open to that side.
OpenSpan = tuple[int | None, int | None]

ERAS = {Kind.BC: BC, Kind.AD: AD}
UNITS = {Kind.HALF: 2, Kind.THIRD: 3, Kind.QUARTER: 4}
#: Parts of a span, as the thirds of it that they begin and end with.
THIRDS = {Kind.EARLY: (0, 1 / 3), Kind.MIDDLE: (1 / 3, 2 / 3), Kind.LATE: (2 / 3, 1)}
#: What parts a date from other words beside it.
PIECES = re.compile(r"[()\[\]=;,]|(?<!\d)/|/(?!\d)")


def parse_date(text: str, era: int | None = AD) -> OpenSpan | None:
    """First and last year of a date or range, negative before Christ; None where it is not understood.

    An era behind a range is that of both ends (`120-100 v. Chr.`). `336-7` is 336 to 337, `133/2 BC` 133 to 132 BC.
    `before 44 BC` has no first year, `after 50 AD` no last one. There is no year 0, so it is not understood.

    `era` is that of years that name none: AD (1), BC (-1) or not known (None). Years that count against it, as
    `550-545` do against AD, are not understood; `usual_era` tells from a whole column which era it keeps.
    """
    text = tidy(text)
    points = _points(text)
    if points is not None:
        return _opened(points, _years(points, era))
    return _passing_over(text)


def parse_span(begin: str, end: str, era: int | None = AD) -> OpenSpan | None:
    """First and last year of a row of two columns, such as From and To; None where they are not understood.

    Each cell may hold what `parse_date` understands, and years in the forms of a machine (`-550.0`, `-0027`,
    `0098-01-01`). An empty cell, a 0 or a `?` leaves its side open. Years without an era that count down (`550`, `545`)
    are before Christ here, for two columns hold no abbreviations. The first year is never after the last.

    Call `usual_era` with all pairs of the columns first and hand its answer on as `era`: where other rows count down,
    `500` and `500` are before Christ, too. What is not understood should be kept as text, and counted for the reader.
    """
    cells = [tidy(cell) for cell in (begin, end)]
    known = [not re.fullmatch(r"[-+]?0*(?:\.0+)?", cell.strip(" ?")) for cell in cells]
    if not all(known):
        span = parse_date(begin if known[0] else end, era) if any(known) else None
        # One year begins or ends what is open to the other side; a longer span says both.
        return span if not span or span[0] != span[1] else (span[0], None) if known[0] else (None, span[1])
    points = _columns(*cells)
    return _opened(points, _years(points, era, columns=True)) if points else None


def usual_era(pairs: Iterable[tuple[str, str]]) -> int | None:
    """The era of the years of a column that name none: AD (1), BC (-1), or None where the rows contradict each other.

    `pairs` are the cells of From and To, or the cells of one column of dates, each with "" behind it. The years are
    after Christ where no range counts down, but for a slip here and there, and before Christ where several do and none
    counts up or says AD.
    """
    down, up, other, before, after = 0, 0, 0, 0, 0
    for begin, end in pairs:
        points = _columns(tidy(begin), tidy(end)) if end else _points(tidy(begin))
        if points and any(point.era for point in points):
            before += all(point.era != AD and point.number and not point.number.sign for point in points)
            after += all(point.era != BC for point in points)
        elif points and (spans := _spans(points, [AD] * len(points), named=False)):
            down += spans[0][0] > spans[-1][0]
            up += spans[0][0] < spans[-1][0]
            other += spans[0][0] == spans[-1][0]
    if 20 * down < up + down + other or not down:
        return AD
    return BC if not (up or after) and (down >= 3 or down + before >= other) else None


# Points in time


@dataclass(frozen=True)
class Point:
    """A year, decade or century, or a part of one, as far as the words at one end of a range say it."""

    number: Token | None = None
    #: What the number counts: None for years, else CENTURY, HUNDRED or DECADE.
    counts: Kind | None = None
    counts_leads: bool = False
    #: BC or AD, and whether it stands in front of the number, where it holds for the numbers behind, too.
    era: int = 0
    era_leads: bool = False
    #: The part of it as fractions; and as unit and place, such as 4 and 2 for a second quarter.
    part: tuple[float, float] | None = None
    unit: int = 0
    place: int = 0
    month: bool = False
    day: bool = False
    #: `year 5`, which may be a year of a reign.
    counted: bool = False
    open: Kind | None = None
    #: What leads here from the point before: TO, UNTIL or SLASH, or None from another column.
    joint: Kind | None = None


@lru_cache(maxsize=8192)
def _points(text: str) -> tuple[Point, ...] | None:
    """The points of a tidy text, each with what its neighbours lend it; None where a word or the order is not known."""
    tokens = tokens_of(text) if len(text) <= LONGEST else [Token(Kind.UNKNOWN)]
    if any(token.kind is Kind.UNKNOWN for token in tokens) or re.match(r"\s*-\s", text):
        return None
    points = [_point(joint, words) for joint, words in _ends(tokens)]
    known = [point for point in points if point]
    if not known or len(known) < len(points):
        return None
    lent = _lend(known)
    joints = "".join("/" if point.joint is Kind.SLASH else "-" for point in lent[1:])
    # `1-2-3` and `12/05/1999` are no ranges.
    return lent if re.fullmatch("/?(-/?)?", joints) and all(point.number for point in lent) else None


def _ends(tokens: list[Token]) -> list[tuple[Kind, list[Token]]]:
    """The tokens between slashes, dashes and `to`, each with what leads there."""
    ends: list[tuple[Kind, list[Token]]] = [(Kind.TO, [])]
    for place, token in enumerate(tokens):
        # `until 50` and the Hungarian `50-ig` are open to one side.
        inner = 0 < place < len(tokens) - 1
        begun = {said.kind for said in ends[-1][1]}
        if token.kind in OPEN and Kind.NUMBER in begun and not begun.isdisjoint(OPEN):
            ends.append((Kind.TO, [token]))  # `after 60 BC, before 27 BC`
        elif token.kind not in (Kind.TO, Kind.SLASH, Kind.UNTIL) or (token.kind is Kind.UNTIL and not inner):
            ends[-1][1].append(token)
        elif begun.difference(OPEN):
            ends.append((token.kind, []))
        elif token.kind is not Kind.SLASH and not begun:
            ends[-1] = (token.kind, [])
    return [end for end in ends if end[1]]


def _point(joint: Kind, tokens: list[Token]) -> Point | None:
    """What the words of one end say; None where they contradict each other or make no date."""
    words = _without_day(tokens)
    point = Point(joint=joint, day=len(words) < len(tokens))
    numbers: list[Token] = []
    for place, token in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else None
        if token.kind is Kind.NUMBER or token.kind is Kind.LAST:
            if following and following.kind in UNITS:
                continue  # `second` of `second quarter`
            if token.kind is Kind.LAST:
                return None
            numbers.append(token)
            continue
        added = _added(point, token, words[place - 1] if place else None, bool(numbers))
        if added is None:
            return None
        point = added
    return _numbered(point, numbers)


def _without_day(tokens: list[Token]) -> list[Token]:
    """Without the 15 of `15 March 44 BC`, `March 15, 44 BC` and `15 March`."""
    numbers = [place for place, token in enumerate(tokens) if token.kind is Kind.NUMBER]
    for step in (1, -1) if len(numbers) == 2 else (1,):
        for place in numbers:
            beside = tokens[place + step] if 0 <= place + step < len(tokens) else None
            if beside and beside.kind is Kind.MONTH and 1 <= tokens[place].value <= 31:
                return [*tokens[:place], *tokens[place + 1 :]]
    return tokens


def _added(point: Point, token: Token, before: Token | None, numbered: bool) -> Point | None:
    """The point with what one more word says of it."""
    kind = token.kind
    if kind in ERAS:
        same = point.era in (0, ERAS[kind])
        return replace(point, era=ERAS[kind], era_leads=point.era_leads or not numbered) if same else None
    if kind in UNITS or kind in THIRDS:
        return None if point.part else _with_part(point, kind, before)
    if kind in (Kind.CENTURY, Kind.HUNDRED):
        return replace(point, counts=kind, counts_leads=not numbered)
    if kind is Kind.DECADE and not numbered:
        return replace(point, counts=kind)
    if kind in (Kind.YEAR, Kind.DECADE):
        return replace(point, counted=not numbered)
    if kind is Kind.MONTH:
        return replace(point, month=True)
    return replace(point, open=kind) if kind in OPEN and not point.open else None


def _with_part(point: Point, kind: Kind, before: Token | None) -> Point | None:
    if kind in THIRDS:
        return replace(point, part=THIRDS[kind])
    unit = UNITS[kind]
    if before and before.kind in (Kind.NUMBER, Kind.LAST):
        place = unit if before.kind is Kind.LAST else before.value
        return _in_part(point, unit, place) if 1 <= place <= unit else None
    # `metà del II secolo` is its middle.
    return replace(point, part=THIRDS[Kind.MIDDLE]) if kind is Kind.HALF else None


def _in_part(point: Point, unit: int, place: int) -> Point:
    return replace(point, part=((place - 1) / unit, place / unit), unit=unit, place=place)


def _numbered(point: Point, numbers: list[Token]) -> Point | None:
    if not numbers:
        return point if point.part or point.month or point.era else None
    number = numbers[0]
    if len(numbers) > 1 or (number.sign and point.era not in (0, number.sign)):
        return None
    if point.counts_leads and point.counts is Kind.CENTURY and not (number.ordinal or point.era):
        return None  # `Jh. 2` may be the number of a book
    if number.decade:
        point = replace(point, counts=Kind.DECADE)
    return replace(point, number=number, era=point.era or number.sign, era_leads=point.era_leads and not number.sign)


def _lend(points: list[Point]) -> tuple[Point, ...]:
    """The points with what stands only at a neighbour: the number, the century, the unit of a part."""
    points = _merged(points)
    if any(point.day for point in points):
        points = [replace(p, number=None, month=True) if _may_be_day(p) else p for p in points]
    for place in reversed(range(len(points) - 1)):
        points[place] = _borrowing(points[place], points[place + 1], behind=True)
    for place in range(1, len(points)):
        points[place] = _borrowing(points[place], points[place - 1], behind=False)
    return tuple(points)


def _merged(points: list[Point]) -> list[Point]:
    """`mid-2nd century`: a part without a number belongs to a number without a part."""
    merged: list[Point] = []
    for point in points:
        last = merged[-1] if merged else None
        if last and last.part and not last.number and point.number and not point.part:
            merged[-1] = replace(point, part=last.part, unit=last.unit, place=last.place, joint=last.joint)
        else:
            merged.append(point)
    return merged


def _may_be_day(point: Point) -> bool:
    """`15 March` of `15 March - 3 April 44 BC`."""
    return bool(point.number and point.number.value <= 31 and not (point.era or point.counts or point.day))


def _borrowing(point: Point, other: Point, behind: bool) -> Point:
    if not other.number:
        return point
    if not point.number and point.era:  # `1st century BC/AD`
        return replace(point, number=other.number, counts=other.counts) if other.counts is Kind.CENTURY else point
    if not point.number and point.month and not (other.month or point.part):
        return point  # `Mar-45` is what a spreadsheet makes of many things
    if not point.number:
        return replace(point, number=other.number, counts=other.counts, era=other.era, era_leads=other.era_leads)
    value = point.number.value
    if behind and other.number.decade and not (point.counts or point.era or value % 10):  # `330-320s`
        return replace(point, counts=Kind.DECADE)
    if point.counts or point.number.sign or point.number.digits > 2 or (point.era and not point.number.ordinal):
        return point
    if behind and other.place > value > 0 and not point.part:  # `1st-2nd quarter of the 4th century`
        return _in_part(replace(other, open=point.open, joint=point.joint), other.unit, value)
    if other.counts is Kind.CENTURY and (behind or point.number.ordinal):
        return replace(point, counts=Kind.CENTURY)
    return point


# Years


def _years(points: tuple[Point, ...], usual: int | None, columns: bool = False) -> list[Span] | None:
    """A span a point, in the order of time; None where the points may be read in several eras, or in none."""
    eras = _governed(points)
    if any(eras):
        fills = (AD,) if any(point.number and point.number.sign for point in points) else (BC, AD)
        readings = {tuple(era or fill for era in eras) for fill in fills}
        # `50-100 BC` says its era, whatever the order.
        any_order = all(era == BC for era in eras)
        possible = [spans for reading in readings if (spans := _ordered(points, reading, True, any_order))]
        return possible[0] if len(possible) == 1 else None
    if any(point.counted for point in points):
        return None
    after = _ordered(points, (AD,) * len(points), named=False)
    before = _ordered(points, (BC,) * len(points), named=usual == BC)
    if columns and not after and usual != BC:
        joined = tuple(replace(point, joint=point.joint or Kind.TO) for point in points)
        if _ordered(joined, (AD,) * len(points), named=False):
            return None  # 336 and 7 may be short for 336 and 337
    if usual is None:
        # What counts up can only be after Christ, what counts down only before; one year alone may be either.
        return (None if before else after) or (before if columns and not after else None)
    return before if usual == BC else after or (before if columns else None)


def _governed(points: tuple[Point, ...]) -> list[int]:
    """The era of each point, 0 where none is said: `AD` holds for the points behind it, `v. Chr.` for those before."""
    eras = [point.era for point in points]
    for order, leads in ((range(len(points)), True), (reversed(range(len(points))), False)):
        current = 0
        for place in order:
            point = points[place]
            if point.era:
                signed = point.number and point.number.sign
                current = point.era if point.era_leads is leads and not signed else 0
            else:
                eras[place] = eras[place] or current
    return eras


def _ordered(
    points: tuple[Point, ...], eras: tuple[int, ...], named: bool, any_order: bool = False
) -> list[Span] | None:
    """The spans of the points; None where time would run backwards, or further than a date of a coin does."""
    spans = _spans(points, eras, named)
    if not spans:
        return None
    first, last = min(span[0] for span in spans), max(span[1] for span in spans)
    if first < EARLIEST or last > LATEST:
        return None
    if not any_order and any(a[0] > b[0] for a, b in pairwise(spans)):
        return None
    # `05/1999` is a month, `12-1999` no date of a coin.
    longest = max((b[1] - a[0] for a, b, p in zip(spans, spans[1:], points[1:], strict=False) if p.joint), default=0)
    slashed = any(point.joint is Kind.SLASH for point in points[1:])
    return spans if named or longest <= (200 if slashed else 1000) else None


def _spans(points: tuple[Point, ...], eras: Iterable[int], named: bool) -> list[Span] | None:
    spans: list[Span] = []
    before: tuple[Point, int] | None = None
    for point, era in zip(points, eras, strict=True):
        assert point.number
        value = point.number.value
        if before and _is_short(point, *before):
            led = any(earlier.era_leads for earlier in points)
            value = _completed(before[1], point, era, named, led)
        span = _span(point, value, era, named)
        if span is None:
            return None
        spans.append(span)
        before = (point, value)
    return spans


def _is_short(point: Point, before: Point, value: int) -> bool:
    """Whether the first digits of a year may stand at the year before it only, as in `336-7`."""
    number = point.number
    if number is None or number.ordinal or number.sign or point.counts or before.counts or point.joint is None:
        return False
    own_era = before.era and not before.era_leads
    return not own_era and number.digits < len(str(value)) and number.value < value


def _completed(before: int, point: Point, era: int, named: bool, led: bool) -> int:
    """7 of `336-7` as 337, 2 of `133/2 BC` as 132, 0 of `199/0` as 200; the number itself where it is no short form.

    `100-50` may be 100 to 50 before Christ, and `100-50 AD` 100 BC to 50 AD; `AD 100-50` is neither.
    """
    number = point.number
    assert number
    step = 10**number.digits
    next_year = (before + era) % step == number.value
    slashed = point.joint is Kind.SLASH
    clear = slashed or (number.digits == 1 and before >= 100) or before >= 1000
    if not clear and not (era == AD and led) and not (next_year and named and (era == AD or before >= 100)):
        return number.value
    if next_year:
        return before + era
    near = before // step * step + number.value
    onwards = near > before if era == AD else near < before
    return near if onwards or (slashed and number.digits == 1 and before >= 100) else number.value


def _span(point: Point, value: int, era: int, named: bool) -> Span | None:
    """First and last year of a point; None for a year 0, a 100th century, a `4th` of no known what, and `March 15`."""
    assert point.number
    counts = point.counts or (Kind.CENTURY if point.number.ordinal and named and not point.counted else None)
    if counts is Kind.HUNDRED and value % 100:
        counts = Kind.DECADE
    if (
        value < 1
        or (counts is None and point.number.ordinal)
        or (point.month and value <= 31 and not named)
        or (counts is Kind.CENTURY and value > 30)
    ):
        return None
    if counts is Kind.DECADE and (value % 10 or value == 0):
        return None
    length = {None: 1, Kind.DECADE: 10}.get(counts, 100)
    if counts is Kind.CENTURY:
        first = 100 * (value - 1) + 1 if era == AD else -100 * value
    else:
        first = value if era == AD else -value - length + 1
    low, high = point.part if point.part and length > 1 else (0.0, 1.0)
    # The years of a century in the order in which they passed.
    return first + round(length * low), first + round(length * high) - 1


def _opened(points: tuple[Point, ...], spans: list[Span] | None) -> OpenSpan | None:
    """First and last year of all points, without the one that `before` or `after` leaves open."""
    if spans is None:
        return None
    first, last = min(span[0] for span in spans), max(span[1] for span in spans)
    parts = [place for place, point in enumerate(points) if place and point.joint is not Kind.SLASH]
    cut = parts[-1] if parts else len(points)
    begin, end = (next((p.open for p in some if p.open), None) for some in (points[:cut], points[cut:]))
    until = end in (Kind.BEFORE, Kind.UNTIL) or any(point.joint is Kind.UNTIL for point in points)
    if begin is Kind.AFTER and until:
        return first, last
    if Kind.AFTER in (begin, end):
        # After a century is after its last year; `after 50/49` says which year only roughly, and the earlier one holds.
        return None if begin in (Kind.BEFORE, Kind.UNTIL) else (first if len(points) > 1 else last, None)
    if begin:
        return None, first if begin is Kind.BEFORE and len(points) == 1 else last
    return first, last


def _columns(begin: str, end: str) -> tuple[Point, ...] | None:
    first, last = _points(begin), _points(end)
    return first and last and (*first, replace(last[0], joint=None), *last[1:])


def _passing_over(text: str) -> OpenSpan | None:
    """The date among brackets, commas and other words, such as `AH 132 / AD 750` and `133/2 BC (CY 2)`.

    Other words may be an era that is not known here; the years count only where they say their own.
    """
    pieces = [piece for piece in PIECES.split(text) if piece.strip()]
    named: list[OpenSpan] = []
    bare: list[OpenSpan] = []
    for piece in pieces if len(pieces) > 1 and len(text) <= LONGEST else []:
        points = _points(piece)
        eras = {point.era for point in points or ()} - {0}
        if points and (span := _opened(points, _years(points, AD))):
            (named if eras else bare).append(span)
        elif any(token.kind in (*ERAS, *OPEN, Kind.CENTURY) for token in tokens_of(piece)):
            return None
    # A number beside the date may be a year of another era, or a page.
    return _together(named) if named and not bare else None


def _together(spans: list[OpenSpan]) -> OpenSpan | None:
    firsts = [first for first, _ in spans if first is not None]
    lasts = [last for _, last in spans if last is not None]
    first = min(firsts) if len(firsts) == len(spans) else None
    last = max(lasts) if len(lasts) == len(spans) else None
    return None if first is None and last is None else (first, last)
