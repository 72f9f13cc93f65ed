"""The words for the sides of a coin: in names, as folders, and in patterns."""

from pathlib import Path

import pytest
from tiny_pictures import pictures

from ingest.pairing import tell_by_pattern
from ingest.read import read_collection
from ingest.records import Reading
from ingest.scan import scan
from ingest.words import fold
from ingest.words.sides import LANGUAGES, face_of

PAIRS = [
    ("Obverses", "Reverses"),
    ("Vorderseite", "Rueckseite"),
    ("DROIT", "REVERS"),
    ("diritto", "rovescio"),
    ("anverso", "reverso"),
    ("cara", "coroa"),
    ("voorzijde", "keerzijde"),
    ("awers", "rewers"),
    ("líc", "rub"),
    ("åtsida", "fransida"),
    ("előlap", "hatlap"),
    ("anvers", "revers"),
    ("лицевая", "оборотная"),
    ("ΕΜΠΡΟΣΘΌΤΥΠΟΣ", "οπισθοτυπος"),
    ("ön yüz", "ARKA YÜZ"),
    ("recto", "verso"),
]


def read(folder: Path, pattern: str | None = None) -> Reading:
    return read_collection(folder, "museum", dry_run=True, pattern=pattern)


def coins(reading: Reading) -> dict[str, tuple[str | None, int]]:
    """Type and number of sides of each coin."""
    return {coin.name: (coin.type, len(coin.sides)) for coin in reading.coins}


def test_no_word_stands_for_both_sides_in_two_languages() -> None:
    sides = [
        {fold(word) for words in LANGUAGES.values() for word in words[side].replace("|", "").split()} for side in (0, 1)
    ]
    assert not sides[0] & sides[1]


def test_every_language_has_words_for_both_sides() -> None:
    assert all(obverse.strip("| ") and reverse.strip("| ") for obverse, reverse in LANGUAGES.values())


@pytest.mark.parametrize(("obverse", "reverse"), PAIRS)
def test_the_words_in_names(tmp_path: Path, obverse: str, reverse: str) -> None:
    pictures(tmp_path, *(f"solidus {n}_{word}.png" for n in (31, 32) for word in (obverse, reverse)))
    assert coins(read(tmp_path)) == {"solidus 31": (None, 2), "solidus 32": (None, 2)}


@pytest.mark.parametrize(("obverse", "reverse"), [*PAIRS, ("O", "R"), ("V", "R")])
def test_the_words_as_folders(tmp_path: Path, obverse: str, reverse: str) -> None:
    pictures(tmp_path, *(f"{word}/Anchor/{n}.png" for n in (31, 32) for word in (obverse, reverse)))
    assert coins(read(tmp_path)) == {"31": ("Anchor", 2), "32": ("Anchor", 2)}


@pytest.mark.parametrize(
    ("name", "face"),
    [("лицевая сторона", "obverse"), ("Οπίσθια όψη", "reverse"), ("02 Keerzijden", "reverse"), ("Anchor", None)],
)
def test_a_folder_may_say_more_than_the_word(name: str, face: str | None) -> None:
    assert face_of(name) == face


def test_types_that_are_called_head_and_tail_hold_both_sides(tmp_path: Path) -> None:
    pictures(tmp_path, "Head/5_obv.png", "Head/5_rev.png", "Tail/6_obv.png", "Tail/6_rev.png")
    assert coins(read(tmp_path)) == {"5": ("Head", 2), "6": ("Tail", 2)}


def test_gold_in_a_name_is_no_obverse(tmp_path: Path) -> None:
    pictures(tmp_path, "obv AV stater 5.png", "rev AV stater 5.png")
    assert coins(read(tmp_path)) == {"AV stater 5": (None, 2)}


def test_coins_counted_by_letters_have_no_sides(tmp_path: Path) -> None:
    pictures(tmp_path, *(f"{tray}{letter}.png" for tray in (7, 8) for letter in "abcdefgh"))
    assert coins(read(tmp_path)) == {}


def test_an_unknown_word_is_named_with_its_partner_and_the_pattern_that_reads_it(tmp_path: Path) -> None:
    pictures(tmp_path, "Q1_obv.png", "Q1_adler.png", "Q2_obv.png", "Q2_adler.png")
    reading = read(tmp_path)
    assert coins(reading) == {"Q1": (None, 1), "Q2": (None, 1)}
    reason = next(skip.reason for skip in reading.skipped if "Q1_adler" in skip.path)
    assert "here and in Q1_obv.png" in reason
    assert coins(read(tmp_path, pattern=reason.split("'")[-2])) == {"Q1": (None, 2), "Q2": (None, 2)}


@pytest.mark.parametrize("names", [("{}_kopf", "{}_adler"), ("Kopf/{}", "Adler/{}"), ("kopf {}", "adler {}")])
def test_the_pattern_offered_for_two_unknown_words_reads_them(tmp_path: Path, names: tuple[str, str]) -> None:
    pictures(tmp_path, *(f"{name.format(n)}.png" for n in ("Q18", "Q19") for name in names))
    reading = read(tmp_path)
    assert len(reading.skipped) == 4
    pattern = reading.skipped[0].reason.split("'")[-2]
    assert coins(read(tmp_path, pattern=pattern)) == {"Q18": (None, 2), "Q19": (None, 2)}


def test_of_two_words_in_a_pattern_one_may_be_unknown(tmp_path: Path) -> None:
    pictures(tmp_path, "Q1.kopf.png", "Q1.rovescio.png")
    assert coins(read(tmp_path, pattern=r"(?P<coin>\w+)\.(?P<side>\w+)\.png")) == {"Q1": (None, 2)}


def test_two_unknown_words_in_a_pattern_are_named(tmp_path: Path) -> None:
    pictures(tmp_path, "Q1.kopf.png", "Q1.adler.png")
    reasons = [skip.reason for skip in read(tmp_path, pattern=r"(?P<coin>\w+)\.(?P<side>\w+)\.png").skipped]
    assert "'adler' is not a word known for a side (known are obverse/reverse" in reasons[0]
    assert "(?P<obverse>...)" in reasons[0]


def test_a_pattern_may_say_which_word_is_which(tmp_path: Path) -> None:
    files = scan(pictures(tmp_path, "Q1.kopf.png", "Q1.adler.png"))[0]
    told = tell_by_pattern(files, r"(?P<coin>\w+)\.(?:(?P<obverse>adler)|(?P<reverse>kopf))").told
    assert {found.relative: one.face for found, one in told.items()} == {
        "Q1.adler.png": "obverse",
        "Q1.kopf.png": "reverse",
    }


@pytest.mark.parametrize("name", ["88\N{CYRILLIC CAPITAL LETTER O}", "88_\N{CYRILLIC SMALL LETTER O}bv"])
def test_a_letter_of_another_alphabet_is_suggested_for_the_one_it_looks_like(tmp_path: Path, name: str) -> None:
    pairs = ("90O", "90R", "88R") if "_" not in name else ("90_obv", "90_rev", "88_rev")
    pictures(tmp_path, f"{name}.png", *(f"{one}.png" for one in pairs))
    reading = read(tmp_path)
    assert reading.suggestions == [(f"{name}.png", f"{pairs[2]}.png")]
    assert "meant for the Latin one" in reading.skipped[0].reason
