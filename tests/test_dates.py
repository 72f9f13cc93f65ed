"""Years from the dates that catalogues write."""

# ruff: noqa: RUF001 - Greek, Cyrillic and Turkish letters are meant

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.dates import EARLIEST, LATEST, parse_date, parse_span, usual_era
from ingest.words.dates import LANGUAGES, Kind


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("18 BC", (-18, -18)),
        ("348-350 AD", (348, 350)),
        ("ca. 120-100 v. Chr.", (-120, -100)),
        ("120\u2013100 v.Chr.", (-120, -100)),
        ("um 120/110 v. Chr.", (-120, -110)),
        ("27 BC - AD 14", (-27, 14)),
        ("27 BC\u201314 AD", (-27, 14)),
        ("27 v. Chr. bis 14 n. Chr.", (-27, 14)),
        ("27 BCE - 14 CE", (-27, 14)),
        ("um 50 n. Chr.", (50, 50)),
        ("c. 44 B.C.", (-44, -44)),
        ("A.D. 14\u201337", (14, 37)),
        ("AD 268 to AD 270", (268, 270)),
        ("between 120 and 100 BC", (-120, -100)),
        ("[150 v. Chr.?]", (-150, -150)),
        ("50 v. u. Z.", (-50, -50)),
        ("348", (348, 348)),
        ("1914/18", (1914, 1918)),
        ("336-7 AD", (336, 337)),
        ("27 BC - 68", (-27, 68)),
        ("80-60 a.C.", (-80, -60)),
        ("20 d.C.", (20, 20)),
        ("60s BC", (-69, -60)),
        ("80s-60s BC", (-89, -60)),
        ("260s AD", (260, 269)),
        ("60er Jahre v. Chr.", (-69, -60)),
    ],
)
def test_years_and_ranges(text: str, years: tuple[int, int]):
    assert parse_date(text) == years


@pytest.mark.parametrize(
    ("text", "years"),
    [("-27", (-27, -27)), ("-27 - 14", (-27, 14)), ("-120/-100", (-120, -100)), ("-120 to -100", (-120, -100))],
)
def test_years_with_a_sign(text: str, years: tuple[int, int]):
    assert parse_date(text) == years


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("2. Jh. v. Chr.", (-200, -101)),
        ("3rd century AD", (201, 300)),
        ("2nd c. BC", (-200, -101)),
        ("2.-1. Jh. v. Chr.", (-200, -1)),
        ("2./1. Jahrhundert v. Chr.", (-200, -1)),
        ("4th-5th century", (301, 500)),
        ("1st century BC - 1st century AD", (-100, 100)),
        ("2. Hälfte 2. Jh. v. Chr.", (-150, -101)),
        ("first half of the 1st century BC", (-100, -51)),
        ("Anfang 1. Jh. n. Chr.", (1, 33)),
        ("mid-2nd century BC", (-167, -134)),
        ("late 3rd century AD", (268, 300)),
        ("1. H. 1. Jh. v. Chr.", (-100, -51)),
        ("2. H. 1. Jh. v. Chr.", (-50, -1)),
        ("2.H.1.Jh.v.Chr.", (-50, -1)),
        ("2. Hälfte d. 1. Jhs. n. Chr.", (51, 100)),
        ("late 2nd - early 1st century BC", (-133, -68)),
        ("Ende 2./Anfang 1. Jh. v. Chr.", (-133, -68)),
        ("2. H. 2. - 1. H. 1. Jh. v. Chr.", (-150, -51)),
        ("II-I BC", (-200, -1)),
        ("I-II AD", (1, 200)),
        ("I BC - I AD", (-100, 100)),
        ("IV a.C.", (-400, -301)),
        ("sec. XIX d.C.", (1801, 1900)),
    ],
)
def test_centuries_and_their_parts(text: str, years: tuple[int, int]):
    assert parse_date(text) == years


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("before 44 BC", (None, -44)),
        ("vor 44 v. Chr.", (None, -44)),
        ("bis 50 n. Chr.", (None, 50)),
        ("vor 50/49 v. Chr.", (None, -49)),
        ("before the 1st century BC", (None, -100)),
        ("nach 50 v. Chr.", (-50, None)),
        ("after 50 AD", (50, None)),
        ("after AD 50", (50, None)),
        ("kurz nach ca. 50 n. Chr.", (50, None)),
        ("nach 120/119 v. Chr.", (-120, None)),
        ("after the 2nd century BC", (-101, None)),
        ("<270", (None, 270)),
        (">270", (270, None)),
        ("post 270", (270, None)),
        ("post-270", (270, None)),
        ("avant 31 av. J.-C.", (None, -31)),
        ("prima del 31 a.C.", (None, -31)),
        ("dopo il 270 d.C.", (270, None)),
        ("до 31 г. до н. э.", (None, -31)),
        ("после 270 г. н. э.", (270, None)),
        ("270-? AD", (270, None)),
        ("0270/..", (270, None)),
        ("?-270 AD", (None, 270)),
        ("31 BC or later", (-31, None)),
        ("after 60 BC, before 31 BC", (-60, -31)),
    ],
)
def test_dates_that_are_open_to_one_side(text: str, years: tuple[int | None, int | None]):
    assert parse_date(text) == years


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("60 av. J.-C.", (-60, -60)),
        ("vers 211-217 apr. J.-C.", (211, 217)),
        ("entre 89 et 82 av. J.-C.", (-89, -82)),
        ("IIIe siècle ap. J.-C.", (201, 300)),
        ("V\u1d49 siècle avant notre ère", (-500, -401)),
        ("2e moitié du IIIe s. av. J.-C.", (-250, -201)),
        ("début du Ier siècle", (1, 33)),
        ("dernier tiers du IIIe s. av. n. è.", (-233, -201)),
        ("années 80 av. J.-C.", (-89, -80)),
        ("IV-III sec. a.C.", (-400, -201)),
        ("seconda metà del II secolo d.C.", (151, 200)),
        ("metà del IV sec. a.C.", (-367, -334)),
        ("primo quarto del III sec. d.C.", (201, 225)),
        ("tra il 44 e il 31 a. C.", (-44, -31)),
        ("siglo III a. de C.", (-300, -201)),
        ("mediados del s. II a.C.", (-167, -134)),
        ("primera mitad del siglo I d. C.", (1, 50)),
        ("segunda metade do século IV d.C.", (351, 400)),
        ("1r quart del segle II aC", (-200, -176)),
        ("50-45 v. u. Z.", (-50, -45)),
        ("zwischen 31 und 27 v. Chr.", (-31, -27)),
        ("3. Viertel 1. Jh. v. Chr.", (-50, -26)),
        ("Mitte/Ende 3. Jh. n. Chr.", (234, 300)),
        ("3e eeuw n.Chr.", (201, 300)),
        ("tussen 60 en 50 v. Chr.", (-60, -50)),
        ("1. połowa III w. p.n.e.", (-300, -251)),
        ("29 r. p.n.e.", (-29, -29)),
        ("2. pol. 3. stol. př. n. l.", (-250, -201)),
        ("100-talet f.Kr.", (-199, -100)),
        ("260 e.Kr.", (260, 260)),
        ("Kr. e. 3. század második fele", (-250, -201)),
        ("i. e. 89-től 82-ig", (-89, -82)),
        ("i. sz. 270-275", (270, 275)),
        ("2-я пол. IV в. до н. э.", (-350, -301)),
        ("конец III \u2013 начало II в. до н.э.", (-233, -168)),
        ("89\u201382 гг. до н. э.", (-89, -82)),
        ("ок. 270 г. н. э.", (270, 270)),
        ("3ος-2ος αι. π.Χ.", (-300, -101)),
        ("270-275 μ.Χ.", (270, 275)),
        ("MÖ 3. yüzyılın ilk yarısı", (-300, -251)),
        ("M.S. 270-275", (270, 275)),
    ],
)
def test_dates_in_other_languages(text: str, years: tuple[int, int]):
    assert parse_date(text) == years


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_for_an_era_is_taken_for_something_else(language: str):
    words = {kind: LANGUAGES[language].get(kind, "").split(", ") for kind in (Kind.BC, Kind.AD)}
    for word in words[Kind.BC]:
        assert {parse_date(text) for text in (f"62 {word}", f"{word} 62")} == {(-62, -62)}
        assert parse_date(f"IV {word}") == (-400, -301)
    for word in words[Kind.AD]:
        assert {parse_date(text) for text in (f"62 {word}", f"{word} 62")} == {(62, 62)}
        assert parse_date(f"IV {word}") == (301, 400)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_for_before_and_after_is_taken_for_something_else(language: str):
    words = {kind: LANGUAGES[language].get(kind, "").split(", ") for kind in (Kind.BEFORE, Kind.AFTER, Kind.UNTIL)}
    for word in filter(None, words[Kind.BEFORE] + words[Kind.UNTIL]):
        assert parse_date(f"{word} 62 AD") == (None, 62)
    for word in filter(None, words[Kind.AFTER]):
        assert parse_date(f"{word} 62 AD") == (62, None)


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("410 BC - 390 BC", (-410, -390)),
        ("410 BCE\u2013390 BCE", (-410, -390)),
        ("circa 301/0-297/6 BC", (-301, -296)),
        ("90-80/79 BC", (-90, -79)),
        ("110/9 BC", (-110, -109)),
        ("100/99 BC", (-100, -99)),
        ("AD 211/212", (211, 212)),
        ("AD 199/0", (199, 200)),
        ("AD 161-80", (161, 180)),
        ("80-90 BC", (-90, -80)),
        ("89 or 88 BC", (-89, -88)),
        ("from 31 BC to AD 4", (-31, 4)),
        ("1st-2nd quarter of the 3rd century BC", (-300, -251)),
        ("early to mid-3rd century BC", (-300, -234)),
        ("mid 3rd-late 2nd centuries BC", (-267, -101)),
        ("early 340s AD", (340, 342)),
        ("290-280s BC", (-299, -280)),
        ("80-60-е гг. до н. э.", (-89, -60)),
        ("271\u201370 BC", (-271, -270)),
        ("2nd century BC/AD", (-200, 200)),
        ("3. Jh. v. - 2. Jh. n. Chr.", (-300, 200)),
        ("31 v. \u2013 4 n. Chr.", (-31, 4)),
        ("31 av.-4 apr. J.-C.", (-31, 4)),
    ],
)
def test_what_one_end_leaves_unsaid_stands_at_the_other(text: str, years: tuple[int, int]):
    assert parse_date(text) == years


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("summer 42 BC", (-42, -42)),
        ("Winter 49/48 v. Chr.", (-49, -48)),
        ("Spring 43-Autumn 42 BC", (-43, -42)),
        ("June-July 69", (69, 69)),
        ("14 September 81 AD", (81, 81)),
        ("March 13, 222 AD", (222, 222)),
        ("3-5 June 68 AD", (68, 68)),
        ("28 June \u2013 2 July 68 AD", (68, 68)),
        ("0211-02-04", (211, 211)),
        ("-0031", (-31, -31)),
        ("-31.0", (-31, -31)),
        ("31BC", (-31, -31)),
        ("circa-270", (270, 270)),
        ("C3-C4 AD", (201, 400)),
    ],
)
def test_seasons_days_and_the_years_of_machines(text: str, years: tuple[int, int]):
    assert parse_date(text) == years


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("AH 96 / AD 715", (715, 715)),
        ("AH 96 (AD 714/5)", (714, 715)),
        ("year 40 (273/2 BC)", (-273, -272)),
        ("171/0 BC (SE 142)", (-171, -170)),
        ("Claudius (AD 41-54)", (41, 54)),
        ("42 BC (Crawford 494/23)", (-42, -42)),
        ("Ephesus, 42 BC", (-42, -42)),
    ],
)
def test_other_words_are_passed_over_where_the_years_name_their_era(text: str, years: tuple[int, int]):
    assert parse_date(text) == years


@pytest.mark.parametrize(
    "text", ["AH 96", "AH 96 (714/5)", "SE 142", "year 40", "RY 7", "Jahr 9", "Actian era, 57", "H 96"]
)
def test_years_of_reigns_and_other_eras_are_not_years_of_ours(text: str):
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "410-390",
        "301/300",
        "301/0-297/6",
        "2nd-1st century",
        "410-90",
        "31 BC - 14",
        "100-40 AD",
        "90-80 AD",
        "AD 80 - 90 BC",
        "early 3rd",
    ],
)
def test_no_date_is_better_than_a_wrong_era(text: str):
    assert parse_date(text) is None


@pytest.mark.parametrize("text", ["0", "0 AD", "-0", "0-50 AD", "1 BC - 0", "after 0"])
def test_there_is_no_year_0(text: str):
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "undated", "Augustus", "12.05.1999", "20000", "Jh. 2", "0th century", "1-2-3", "AD", "II", "100s BC"),
        *(
            "after",
            "3/1999",
            "7-Mar",
            "Mar-62",
            "4 July AD",
            "2. Jahrtausend v. Chr.",
            "A17",
            "62\u00b2",
            "100 BC \u00b1 20",
        ),
    ],
)
def test_what_is_not_understood_gives_no_years(text: str):
    assert parse_date(text) is None


@pytest.mark.parametrize(
    ("cells", "years"),
    [
        (("410", "390"), (-410, -390)),
        (("-410.0", "-390.0"), (-410, -390)),
        (("31 BC", "AD 14"), (-31, 14)),
        (("410", "390 BC"), (-410, -390)),
        (("-31", "14"), (-31, 14)),
        (("0211-02-04", "0217-04-08"), (211, 217)),
        (("", "270"), (None, 270)),
        (("0", "270"), (None, 270)),
        (("270", "?"), (270, None)),
        (("2. Jh. v. Chr.", ""), (-200, -101)),
        (("-390", "-410"), (-410, -390)),
    ],
)
def test_two_columns_are_read_together(cells: tuple[str, str], years: tuple[int | None, int | None]):
    assert parse_span(*cells) == years


@pytest.mark.parametrize("cells", [("", ""), ("0", "0"), ("Nero", "68"), ("31 BC", "14"), ("270", "5")])
def test_two_columns_that_say_no_years(cells: tuple[str, str]):
    assert parse_span(*cells) is None


def test_the_other_rows_tell_the_era_of_a_row_that_does_not():
    columns = [("410", "390"), ("380", "380"), ("375", "350")]
    assert [parse_span(*row, era=usual_era(columns)) for row in columns] == [(-410, -390), (-380, -380), (-375, -350)]
    cells = ["410-390", "c. 380", "375-350"]
    era = usual_era((cell, "") for cell in cells)
    assert [parse_date(cell, era=era) for cell in cells] == [(-410, -390), (-380, -380), (-375, -350)]


def test_rows_of_both_eras_leave_a_single_year_open():
    era = usual_era([("410", "390"), ("211", "217"), ("270", "270")])
    assert era is None
    assert parse_span("270", "270", era) is None
    assert parse_span("211", "217", era) == (211, 217)


def test_dates_that_say_bc_tell_of_those_that_say_nothing():
    cells = ["390 BC", "380 BC", "375-350", "360", "early 3rd"]
    era = usual_era((cell, "") for cell in cells)
    assert [parse_date(cell, era) for cell in cells[2:]] == [(-375, -350), (-360, -360), (-300, -268)]


def test_one_slip_does_not_move_a_column_to_another_era():
    assert usual_era([("270", "275")] * 60 + [("275", "270")]) == 1


@pytest.mark.parametrize("name", ["ocre", "niho"])
def test_the_dates_of_real_catalogues_are_understood(shared_data, name: str):
    from ingest.table import read_table

    rows = read_table(shared_data / name / "metadata.csv").rows
    unclear = [row.cells["date"] for row in rows if parse_date(row.cells["date"]) is None]
    assert len(unclear) <= 1  # one cell of niho holds a piece of a program


WORDS = sorted(
    {word.strip(" *") for table in LANGUAGES.values() for words in table.values() for word in re.split("[,|]", words)}
)
PIECES = st.one_of(
    st.sampled_from(WORDS),
    st.integers(0, 2200).map(str),
    st.sampled_from(
        ["-", "/", "?", "(", ")", "<", ">", ".", ",", " - ", "II", "iv", "2nd", "3.", "60s", "1/2", "-0027"]
    ),
)
DATES = st.one_of(st.text(), st.lists(PIECES, max_size=8).map(" ".join), st.lists(PIECES, max_size=8).map("".join))


def _is_in_order(span: tuple[int | None, int | None] | None) -> bool:
    if span is None:
        return True
    years = [year for year in span if year is not None]
    return bool(years) and years == sorted(years) and all(year and EARLIEST <= year <= LATEST for year in years)


@settings(deadline=None)
@given(DATES, st.sampled_from([-1, 1, None]))
@example("1 BC - 1 AD", 1)
@example("before 60 BC, after 27 BC", 1)
def test_any_text_gives_years_in_order_or_none(text: str, era: int | None):
    assert _is_in_order(parse_date(text, era))


@settings(deadline=None)
@given(DATES, DATES, st.sampled_from([-1, 1, None]))
def test_any_two_cells_give_years_in_order_or_none(begin: str, end: str, era: int | None):
    assert _is_in_order(parse_span(begin, end, era))


@settings(deadline=None)
@given(st.integers(1, 900), st.integers(0, 80), st.sampled_from(["{}-{} BC", "{} bis {} v. Chr.", "{}/{} a.C."]))
def test_a_range_before_christ_begins_with_its_first_year_and_ends_before_christ(last: int, length: int, form: str):
    first = -last - length
    span = parse_date(form.format(-first, last))
    assert span in [(first, year) for year in range(first, 0)]
