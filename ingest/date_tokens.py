"""The text of a date cut into words, numbers and signs, each with what it says in a date."""

# ruff: noqa: RUF001 - Greek and Cyrillic letters are meant

import re
from dataclasses import dataclass, replace
from functools import cache

from ingest.words import bare
from ingest.words.dates import BEHIND_A_NUMBER, LANGUAGES, Kind

OPEN = (Kind.BEFORE, Kind.AFTER, Kind.UNTIL)


@dataclass(frozen=True)
class Token:
    """A word, number or sign; of a number its value, how many digits were written, and what stood right beside it."""

    kind: Kind
    value: int = 0
    digits: int = 0
    ordinal: bool = False
    decade: bool = False
    sign: int = 0


@cache
def _vocabulary() -> dict[str, tuple[Kind, int]]:
    """What each phrase of all languages says; the language listed first where several have it."""
    phrases: dict[str, tuple[Kind, int]] = {}
    for words in LANGUAGES.values():
        for kind, listed in words.items():
            for place, forms in enumerate(listed.split(","), 1):
                for form in forms.split("|"):
                    phrases.setdefault(bare(form).strip(), (kind, place if kind is Kind.ORDINAL else 0))
    return {bare(word): (Kind.UNKNOWN, 0) for word in BEHIND_A_NUMBER} | phrases


@cache
def _phrases(letter: str) -> tuple[re.Pattern[str], list[tuple[Kind, int]]]:
    """One pattern of the phrases that begin with a letter, a group each, longest first; and what they say."""
    vocabulary = _vocabulary()
    order = sorted(
        (phrase for phrase in vocabulary if phrase[0] == letter),
        key=lambda phrase: (-phrase.count(" ") - phrase.count("."), -len(phrase)),
    )
    return re.compile("|".join(f"({_pattern(phrase)})" for phrase in order) or "(?!)"), [vocabulary[p] for p in order]


@cache
def _is_month(word: str) -> bool:
    """Whether a word is a month or season, or the first letters of one."""
    return len(word) > 2 and any(
        phrase.startswith(word) for phrase, says in _vocabulary().items() if says[0] is Kind.MONTH
    )


def _pattern(phrase: str) -> str:
    letters = {" ": r"[\s.'\u2019-]*", ".": r"\.\s*", "*": r"[^\W\d_]*"}
    # One letter right before a digit is a shelf mark (`A44`) rather than a word, except in `c100`.
    end = r"(?![^\W_])" if len(phrase) == 1 and phrase != "c" else r"(?![^\W\d_])"
    return r"(?<![^\W\d_])" + "".join(letters.get(letter, re.escape(letter)) for letter in phrase) + end


ORDINAL = "st|nd|rd|th|er|ers|re|ere|e|eme|ieme|nde?|o|a|ª|º|°|de|ste|oσ|οσ|ου|ο|η|n|r|t|:[ae]|-?(?:й|я|го|ая|ой|ом|м)"
DECADE = "['\u2019]?s|er|-?(?:е|х|ые|ых)"
NUMBER = re.compile(
    r"(?P<iso>\d{4,5}-\d\d-\d\d(?:t[\d:.z+-]*)?|0\d{3}-(?:0[1-9]|1[0-2]))(?!\d)"
    rf"|(?P<digits>\d+)(?!\d)(?:[.,]0+(?!\d))?(?:(?P<decade>{DECADE})|(?P<ordinal>{ORDINAL}))?(?![^\W\d_])"
    r"|(?P<bare>\d+)"
)
#: Roman numerals, also with the Cyrillic letters that look alike.
ROMAN = re.compile(
    r"(?<![^\W_])(?=[ivxхі])([xх]{0,2}(?:[iі][xх]|[iі]v|v?[iі]{0,3}))(?:er|e|eme|ieme|o|a|ª|º|οσ|-?й)?(?![^\W_])"
)
ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "х": 10, "і": 1}
SIGNS = {"-": Kind.TO, "/": Kind.SLASH} | dict.fromkeys("<\u2264", Kind.BEFORE) | dict.fromkeys(">\u2265", Kind.AFTER)
LETTERS = re.compile(r"[^\W\d_]+")
NOTHING = re.compile(r"[\s.,:'\u2019\"~\u2248()\[\]{}?*]+")


def tidy(text: str) -> str:
    """Folded, with one kind of dash, and without the small words that look like other ones."""
    text = re.sub(r"(?<=[IVX\d]) i (?=[IVX\d])", " and ", text)  # Polish and Catalan
    text = re.sub(r"\bC(\d)\b", r"\1th century", text)  # C2 of archaeologists; c2 is about the year 2
    text = re.sub("[\u00b2\u00b3\u00b9\u2070-\u2089]", "#", text)  # the number of a footnote is no digit of a year
    text = re.sub("[\u2010-\u2015\u2212]", "-", bare(text))
    text = re.sub(r"(?<=[\d.]) ve (?=\d)", " and ", text)  # Turkish
    text = re.sub(r"<([^<>]*)>", r"\1", text)
    text = re.sub(r"(?<=\d)-(?=(?:tol|ig|bol|ban|ben|tal|tall?et)\b)", " ", text)  # Hungarian and Scandinavian endings
    text = re.sub(r"-\s*\?(?=\D*$)|-\s*$|/\s*\.\.\s*$", " onwards ", text)  # `330-?`, `0330/..`
    text = re.sub(r"^(\D*)(?:\?\s*-|\.\.\s*/)", r"\1 until ", text)  # `?-330`
    return re.sub(r"^\s*ve? (?=\d)", "", text)  # Czech: in


def tokens_of(text: str) -> list[Token]:
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        end, token = _token(text, at, tokens[-1] if tokens else None)
        if token and token.kind is not Kind.NOISE:
            tokens.append(token)
        at = end
    return tokens


def _token(text: str, at: int, previous: Token | None) -> tuple[int, Token | None]:
    """The token at a place, and where the next one begins."""
    if match := NOTHING.match(text, at):
        return match.end(), None
    if text[at] in "-+" and text[at + 1 : at + 2].isdigit() and _is_minus(text, at, previous):
        number = NUMBER.match(text, at + 1)
        assert number
        return number.end(), replace(_number(number), sign=-1 if text[at] == "-" else 1)
    if match := NUMBER.match(text, at):
        return match.end(), _number(match)
    pattern, says = _phrases(text[at])
    if (match := pattern.match(text, at)) and (word := _word(match[0], says[(match.lastindex or 1) - 1], previous)):
        return match.end(), word
    if (match := ROMAN.match(text, at)) and match[1]:
        return match.end(), Token(Kind.NUMBER, _roman(match[1]), ordinal=True)
    if match := LETTERS.match(text, at):
        return match.end(), Token(Kind.MONTH if _is_month(match[0]) else Kind.UNKNOWN)
    return at + 1, Token(SIGNS.get(text[at], Kind.UNKNOWN))


def _is_minus(text: str, at: int, previous: Token | None) -> bool:
    """Whether a dash belongs to the year behind it, rather than leading there from a year, an era or a `post-`."""
    if text[at - 1 : at].isalpha() or text[:at].rstrip().endswith("?"):
        return False
    return previous is None or previous.kind in (Kind.TO, Kind.SLASH, *OPEN)


def _number(match: re.Match[str]) -> Token:
    if match["iso"]:
        return Token(Kind.NUMBER, int(match["iso"].split("-")[0]), 4)
    digits = match["digits"] or match["bare"]
    if len(digits) > 4:
        return Token(Kind.UNKNOWN)
    value = int(digits)
    # Of the 100s nobody knows whether they are ten years or a hundred; `1er` is French for first.
    if match["decade"] and value % 10:
        return Token(Kind.NUMBER if match["decade"] != "s" else Kind.UNKNOWN, value, len(digits), ordinal=True)
    if match["decade"] and not value % 100:
        return Token(Kind.UNKNOWN)
    return Token(Kind.NUMBER, value, len(digits), ordinal=bool(match["ordinal"]), decade=bool(match["decade"]))


def _word(phrase: str, says: tuple[Kind, int], previous: Token | None) -> Token | None:
    kind, value = says
    if phrase in BEHIND_A_NUMBER and previous and previous.kind in (Kind.NUMBER, Kind.LAST, Kind.CENTURY):
        return Token(BEHIND_A_NUMBER[phrase])
    if kind is Kind.ORDINAL:
        return Token(Kind.NUMBER, value, ordinal=True)
    return None if kind is Kind.UNKNOWN else Token(kind, value)


def _roman(letters: str) -> int:
    values = [ROMAN_VALUES[letter] for letter in letters]
    return sum(-v if v < after else v for v, after in zip(values, [*values[1:], 0], strict=True))
