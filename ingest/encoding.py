# ruff: noqa: RUF001, RUF002 (letters of other scripts are meant)
"""The letters of a text file: UTF-8 and UTF-16 are certain, anything else is a guess and is called one."""

import codecs
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
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


@dataclass(frozen=True)
class Decoded:
    """A text and its encoding. Where that is a guess, ``note`` says so, with words to judge it by."""

    text: str
    encoding: str
    note: str = ""


def decode(raw: bytes) -> Decoded | None:
    """The text of a file; None where it is no text, or where no usual encoding makes words of it."""
    marked = next((name for mark, name in BYTE_ORDER_MARKS if raw.startswith(mark)), None)
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


def mistaken(text: str) -> str | None:
    """A word of a text that was once read in a wrong encoding (`MÃ¼nze`, `Ð Ð¸Ð¼`), or lost a letter; None without."""
    found = re.search(r"\S*(?:[ÃÂÅÄ][\u0080-\u00bf\u2018-\u201e]|[ÐÑ][\u0080-\u00bf]|â€|\ufffd)\S*", text)
    return found.group()[:40] if found else None
