"""What the headings of tables mean: the column each stands for, its unit or era, and whether it names the coins."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from anyascii import anyascii

from ingest.records import ENTITIES, FACES, Face
from ingest.words import bare, fold, phrases
from ingest.words import headings as listed
from ingest.words.headings import UNITS, Unit
from ingest.words.sides import FACE_WORDS, LETTERS, VAGUE_WORDS, face_of

MEASURES = frozenset({"weight", "diameter", "thickness", "die_axis"})
#: How words for an inventory, and for its numbers, begin: `Inventarnr.`, `inventaire`, `inwentarzowy`, `инвентарный`.
INVENTORIES = re.compile(r"inv|inw|(?:invent|inwent)[a-z]*")


def plain(heading: str) -> str:
    """A heading in a-z, 0-9 and `_`, whatever letters it is written in: `Münzstätte (neu)` is `muenzstaette_neu`."""
    words = unicodedata.normalize("NFC", re.sub(r"(?<![^\W\d_])[Øø⌀](?![^\W\d_])", "diameter", heading))
    # `objectBeginDate` is three words.
    words = re.sub(r"([^\W\d_])(?=([^\W\d_]))", lambda m: m[1] + "_" * (m[1].islower() and m[2].isupper()), words)
    words = words.replace("#", " no ").casefold().translate(_WRITTEN)
    return re.sub(r"[^a-z0-9]+", "_", anyascii(words).casefold().replace("'", "")).strip("_")


_WRITTEN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "°": " ", "'": " ", "\u2019": " "})


@dataclass(frozen=True)
class Meaning:
    """What a heading says: the name of its column, whether that is a column we know, and the unit of its numbers, or
    the era of its years (`BC`, `AD`)."""

    name: str
    known: bool
    unit: Unit | None = None
    era: str = ""


# The lists, with each phrase as a heading in plain letters, or as the set of its words that count.


def _plain_phrases(phrases_of_list: str) -> list[str]:
    """The phrases of a list as headings are written, and as they are without accents."""
    unaccented = (plain(phrase) for phrase in phrases(bare(phrases_of_list)))
    return [*map(plain, phrases(phrases_of_list)), *(phrase for phrase in unaccented if len(phrase) > 3)]


def _bag(name: str) -> frozenset[str]:
    """The words of a plain heading that count, in no order."""
    words = name.split("_")
    return frozenset(_like(word) for word in words if word not in _LITTLE) or frozenset(words)


def _like(word: str) -> str:
    """One word for all that mean a number, and one for all that mean an inventory."""
    return "number" if word in _NUMBER else "inventory" if INVENTORIES.fullmatch(word) else word


def _bags(lists: dict[str, str]) -> dict[frozenset[str], str]:
    """What each phrase of some lists stands for; the list that comes first where several have it."""
    return {_bag(phrase): name for name, of_name in reversed(lists.items()) for phrase in _plain_phrases(of_name)}


def _by_word(lists: dict[str, str]) -> dict[str, str]:
    return {word: name for name, words in lists.items() for word in words.split()}


_NUMBER = frozenset(_plain_phrases(listed.NUMBERS))
_LITTLE, _NOISE, _LABELS = (frozenset(words.split()) for words in (listed.LITTLE, listed.NOISE, listed.LABELS))
_COUNTS, _NEVER_KEYS = frozenset(listed.COUNTS.split()), frozenset(listed.NEVER_KEYS.split())
_NEVER_KEY_COLUMNS, _ERA_WORDS = frozenset(listed.NEVER_KEY_COLUMNS.split()), frozenset(listed.ERA_WORDS.split())
_SIDES = frozenset(map(plain, listed.SIDES.split()))
_FACES = {plain(word): face for word, face in FACE_WORDS.items()}
_VAGUE = frozenset(map(plain, VAGUE_WORDS))
_KEYS = frozenset(map(_bag, _plain_phrases(listed.KEYS)))
_COLUMNS = _bags(listed.COLUMNS)
#: The same by the whole phrase, with the words that hardly count.
_PHRASES = {phrase: name for name, of in reversed(listed.COLUMNS.items()) for phrase in _plain_phrases(of)}
#: Of the columns, those of names, which may have another word such as `label` in the heading.
_NAMES = {bag: column for bag, column in _COLUMNS.items() if column in ENTITIES or column in ("ruler", "type")}
_OF_A_SIDE = _bags(listed.OF_A_SIDE)
_UNIT_SIGNS = _by_word(listed.UNIT_SIGNS)
_ERAS = {plain(era): name for name, eras in listed.ERAS.items() for era in phrases(eras)}
_SHORT_ERAS = _by_word(listed.SHORT_ERAS)
_SPAN_WORDS = {_bag(phrase): end for end, of_end in listed.SPANS.items() for phrase in _plain_phrases(of_end)}


def _spans() -> dict[frozenset[str], str]:
    """Headings of a word for the beginning or the end, alone or beside words for a date, as bags."""
    dates = [bag for bag, column in _COLUMNS.items() if column == "date"]
    ends: dict[frozenset[str], set[str]] = {}
    for words, end in _SPAN_WORDS.items():
        for date in dates:
            if words.isdisjoint(date):
                ends.setdefault(words | date, set()).add(end)
    beside_date = {bag: next(iter(found)) for bag, found in ends.items() if len(found) == 1}
    only_beside = frozenset(map(_bag, _plain_phrases(listed.SPAN_ONLY_BESIDE_DATE)))
    return beside_date | {bag: end for bag, end in _SPAN_WORDS.items() if bag not in only_beside}


_SPANS = _spans()


@cache
def meaning(heading: str) -> Meaning:
    """What a heading says; an unknown one keeps its words."""
    if re.fullmatch(r"\W*c\W*", heading, re.IGNORECASE):
        return Meaning("c", False)  # Cohen's number, not the Czech č.
    shorter, unit = _without_unit(heading)
    name = plain(shorter)
    measure, _, last = name.rpartition("_")  # `weight_g`
    sign = heading.casefold().strip(" .[]()")
    if column := _column(name):
        return Meaning(column, True, unit)
    if last in UNITS and (column := _column(measure)) in MEASURES and column:
        return Meaning(column, True, UNITS[last])
    if dated := _without_era(heading):
        return dated
    if sign in _UNIT_SIGNS:
        return Meaning(_UNIT_SIGNS[sign], True, UNITS[sign])
    return Meaning(name, False, unit)


def _column(name: str) -> str | None:
    """The column of a plain heading, or None where we do not know it: by the first rule that has one."""
    if not name:
        return None
    every, bag = frozenset(name.split("_")), _bag(name)
    # `objectBeginDate` is a date of its own, `Object Number` is more than a number.
    less = bag - _NOISE if bag - _NOISE - {"number"} else bag
    if column := _PHRASES.get(name):
        return column
    rules = (
        (_SPANS, every),  # the little words of one language are those of spans in another: `Datace do`, `Datering van`
        (_COLUMNS, bag),
        (_COLUMNS, less),
        (_NAMES, bag - _LABELS or bag),
        (_SPANS, bag),
        (_SPANS, less),
    )
    column = next((columns[words] for columns, words in rules if words in columns), None)
    return column or _of_a_side(name) or (None if bag in _KEYS else _OF_A_SIDE.get(bag))


def _of_a_side(name: str) -> str | None:
    """`obverse`, `reverse_legend`, ... for a heading that names a side, and nothing that we do not know beside it."""
    words = name.split("_")
    sides = {word: face for word in words if (face := _face(word))}
    if len(set(sides.values())) != 1:
        return None
    face = next(iter(sides.values()))
    rest = frozenset(word for word in words if word not in sides and word not in _LITTLE) - _SIDES
    what = _OF_A_SIDE.get(rest) or _OF_A_SIDE.get(rest - _NOISE)
    clear = any(word not in _VAGUE for word in sides) or not _SIDES.isdisjoint(words)
    return f"{face}_{what}" if what else face if clear and not rest - _NOISE else None


def _face(word: str) -> Face | None:
    """The side a word names, also where it is declined: `awersu`, `аверса`."""
    return _FACES.get(word) or (_FACES.get(word[:-1]) if len(word) > 4 else None)


def _without_unit(heading: str) -> tuple[str, Unit | None]:
    """`Gewicht [g]`, `Gewicht in g`, `Poids, g` without their unit; other brackets stay."""
    end = re.search(r"\s*(?:[\[(]\s*(?:in |en |v |w )?([^\])]+?)\s*[\])]|(?:\bin|\ben|,|/) ([^\s,]+))\s*$", heading)
    unit = UNITS.get((end[1] or end[2]).casefold().strip(" .")) if end else None
    return (heading[: end.start()], unit) if end and unit else (heading, None)


def _without_era(heading: str) -> Meaning | None:
    """`Date (BC)`, `Jahr v. Chr.`: a column of years that need no era in their cells."""
    for cut in re.finditer(r"[\s(\[,_]+", heading):
        column, era = _column(plain(heading[: cut.start()])), _ERAS.get(plain(heading[cut.end() :]))
        if era and column in ("date", "date_from", "date_to"):
            return Meaning(column, True, era=era)
    return None


def era_of(cell: str, heading: str) -> str:
    """`BC` or `AD` for a cell that is the name of an era; ``heading`` stands above it."""
    name = plain(cell)
    if name in _SHORT_ERAS:
        return "" if _ERA_WORDS.isdisjoint(plain(heading).split("_")) else _SHORT_ERAS[name]
    return _ERAS.get(name, "") if name else ""


def names_end(heading: str) -> str:
    """`date_from` or `date_to` for a heading with one word for that end, as in `From Era`; else nothing."""
    ends = {_SPAN_WORDS[frozenset({word})] for word in plain(heading).split("_") if frozenset({word}) in _SPAN_WORDS}
    return ends.pop() if len(ends) == 1 else ""


def names_side(heading: str) -> bool:
    """Whether a heading names a side of the coin, or something of one side."""
    return meaning(heading).name.partition("_")[0] in FACES or face_of(heading) is not None


def letters_of_sides(headings: Iterable[str]) -> set[str]:
    """Headings that are the single letters of the two sides, as in tables of dies: `A` beside `R`."""
    letters = {fold(heading.strip(" .")): heading for heading in headings}
    return {letters[letter] for pair in LETTERS if set(pair) <= letters.keys() for letter in pair}


@cache
def says_key(heading: str) -> bool:
    """Whether a heading says that the column names the coins."""
    bag = _bag(plain(heading)) if meaning(heading).name != "c" else frozenset()
    return bag in _KEYS or meaning(heading).name == "inventory_number" or (bag - _NOISE) in _KEYS


def never_key(heading: str) -> bool:
    """Whether a heading says that the column names something else: a die, a measure, a date, a reference.

    A column without a heading is the count of rows that pandas writes, `Coins` in a table of hoards counts them.
    """
    words = plain(heading).split("_")
    counts = set(words) - _LITTLE - _NUMBER
    counted = words[0] in ("", "unnamed", "index") or (counts and counts <= _COUNTS and not says_key(heading))
    return bool(counted) or meaning(heading).name in _NEVER_KEY_COLUMNS or not _NEVER_KEYS.isdisjoint(words)
