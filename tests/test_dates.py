"""Years from the dates that catalogues write."""

import pytest

from ingest.dates import parse_date


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
        ("100 BC - 50", (-100, -50)),
        ("27 BC - 68", (-27, 68)),
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
    ],
)
def test_centuries_and_their_parts(text: str, years: tuple[int, int]):
    assert parse_date(text) == years


@pytest.mark.parametrize(
    "text", ["", "undated", "Augustus", "12.05.1999", "20000", "Jh. 2", "after 50 AD", "0th century", "1-2-3", "AD"]
)
def test_what_is_not_understood_gives_no_years(text: str):
    assert parse_date(text) is None


@pytest.mark.parametrize("name", ["ocre", "niho"])
def test_the_dates_of_real_catalogues_are_understood(shared_data, name: str):
    from ingest.metadata import read_table

    rows = read_table(shared_data / name / "metadata.csv").rows
    unclear = [row.cells["date"] for row in rows if parse_date(row.cells["date"]) is None]
    assert len(unclear) <= 1  # one cell of niho holds a piece of a program
