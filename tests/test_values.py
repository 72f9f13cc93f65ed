"""Cells are read one by one: numbers with their units, axes as hours, and what is neither stays as it is written."""

# ruff: noqa: RUF001 (letters of other scripts are meant)

from typing import Any

import pytest

from ingest.values import number, typed
from ingest.words.headings import UNITS
from ingest.words.unknown import names_something


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-44.0", -44),
        ("3,07", 3.07),
        (".91", 0.91),
        ("\u221212", -12),
        ("1 204,5", 1204.5),
        ("1'204.5", 1204.5),
        ("2.5E+03", 2500),
        ("08", None),
        ("3a", None),
        ("3.1.2", None),
    ],
)
def test_numbers(text: str, value: float | None):
    assert number(text) == value


@pytest.mark.parametrize(
    ("column", "cells", "values"),
    [
        ("weight", "7.02 gms|6,9 gr.|7 г|7.1g|6.88 grammes", [7.02, 6.9, 7, 7.1, 6.88]),
        ("weight", "7020 mg|100 grains", [7.02, 6.479891]),
        ("diameter", "2.3 cm|24 mm|25|2,6 см|1 inch", [23, 24, 25, 26, 25.4]),
        ("thickness", "3 mm|0.25 cm", [3, 2.5]),
        ("die_axis", "4h|4 h.|4 o'clock|4:00|4h00|120°|120 deg|IV|4 Uhr", [4] * 9),
        ("die_axis", "0°|360°|12|0 h|XII|↑↑", [12] * 6),
        ("die_axis", "90|270|180|0", [3, 9, 6, 12]),
        ("die_axis", "↑↓|↓|coin alignment|6.0", [6] * 4),
    ],
)
def test_units_are_understood(column: str, cells: str, values: list[float]):
    assert typed(column, cells.split("|")).values == pytest.approx(values)


def test_the_unit_of_the_heading_is_that_of_bare_cells():
    assert typed("diameter", ["2.1", "22 mm"], UNITS["cm"]).values == [21, 22]


def test_what_is_converted_is_said():
    assert typed("diameter", ["2.1 cm", "20"]).notes == ["1 cells in cm are kept in millimetres"]


def test_an_odd_cell_makes_no_text_of_a_column():
    found = typed("weight", ["7.02", "broken", "6.9 (chipped)", "4 mm", "unknown"])
    assert found.values == [7.02, None, None, None, None]
    assert found.odd == {1: "broken", 2: "6.9 (chipped)", 3: "4 mm"}


@pytest.mark.parametrize("cell", ["45°", "7.5h", "100°"])
def test_an_axis_between_two_hours_keeps_what_was_written(cell: str):
    found = typed("die_axis", ["6h", cell])
    assert isinstance(found.values[1], int) and found.odd == {1: cell}


def test_among_degrees_a_small_number_may_be_an_hour():
    assert typed("die_axis", ["180", "270", "6"]).values == [6, 9, None]


@pytest.mark.parametrize(
    ("column", "cells", "values"),
    [
        ("height", ["4", "5", "n/a", "lost"], [4, 5, None, None]),
        ("grade", ["fine", "2", "worn"], ["fine", "2", "worn"]),
        ("obverse_die", ["3", "4", "4a"], ["3", "4", "4a"]),
        ("ric_reference", ["2.10", "2.1"], ["2.10", "2.1"]),
        ("find_year", ["1931.0", "1936.0"], [1931, 1936]),
        ("box", ["007", "12"], ["007", "12"]),
    ],
)
def test_columns_of_numbers_and_of_names(column: str, cells: list[str], values: list[Any]):
    assert typed(column, cells).values == values


def test_the_names_of_coins_are_no_decimals():
    assert typed("catalogue_id", ["12.10", "12.1", "13"], names=True).values == ["12.10", "12.1", "13"]
    assert typed("catalogue_id", ["77.0", "3.4E+06"], names=True).values == [77, 3_400_000]


NOTHING = """Uncertain|UNATTRIBUTED|(unknown)|not determined|n.d.|N/A|-|—|???|.|#N/A|NULL|to be identified
Unbekannt|unbestimmbar|nicht zuweisbar|keine Angaben|k. A.|ohne Typ|unsichere Münzstätte|noch zu bestimmen
indéterminée|inconnu|non attribué|atelier incertain|s.d.|sans indication|à identifier
non identificata|zecca incerta|sconosciuto|n.d.|indeterminato
desconocida|ceca incierta|sin identificar|no consta|sin datos|desconegut|indeterminada
não identificado|desconhecida|indeterminado
onbekend|niet gedetermineerd|onzekere muntplaats|okänd|osäker|ukendt
nieznany|nieokreślona|niepewne|brak danych|neznámý|neurčeno|nejistá
ismeretlen|bizonytalan|meghatározatlan
неизвестен|не определено|монетный двор неизвестен|нет данных|б/д
άγνωστο|αβέβαιη|απροσδιόριστο|bilinmeyen|belirsiz"""


@pytest.mark.parametrize("line", NOTHING.splitlines())
def test_words_for_unknown_are_nothing(line: str):
    assert [word for word in line.split("|") if names_something(word)] == []


@pytest.mark.parametrize(
    "text",
    [
        "Side",
        "uncertain Pamphylian mint",
        "Perge?",
        "no",
        "non",
        "0",
        "S F",
        "K A",
        "Nota",
        "without legend",
        "↑↓",
        "NON",
        "A",
    ],
)
def test_what_says_something_is_kept(text: str):
    assert names_something(text)


@pytest.mark.parametrize("column", ["weight", "comment", "mint", "box", "catalogue_id"])
def test_unknown_is_nothing_in_any_column(column: str):
    assert typed(column, ["unbestimmt", "?", "3"]).values[:2] == [None, None]


@pytest.mark.parametrize(
    ("cells", "decimal", "values"),
    [
        (["2,450", "17,300", "950"], ".", [2450, 17300, 950]),
        (["2.450", "17.300", "950"], ",", [2450, 17300, 950]),
        (["2,450,000", "3,100"], "", [2450000, 3100]),
        (["2.450", "17.300"], "", [2.45, 17.3]),
        (["2,450", "17,3"], "", [2.45, 17.3]),
        (["2,450", "17,300", "950"], "", ["2,450", "17,300", "950"]),
        (["2.450", "17.300"], ",", ["2.450", "17.300"]),
    ],
)
def test_a_sign_between_thousands_is_told_by_the_decimals_of_the_table(cells: list[str], decimal: str, values: list):
    assert typed("price", cells, decimal=decimal).values == values


def test_a_number_that_may_be_two_is_kept_as_a_text_and_said():
    assert typed("price", ["2,450"]).notes == ["2,450 may be 2450 or 2.450, so the column is kept as text"]


def test_weights_and_coordinates_have_no_thousands():
    assert typed("weight", ["2,450", "4,125"]).values == [2.45, 4.125]
    assert typed("latitude", ["41.903", "12"], decimal=",").values == [41.903, 12.0]
