"""Tables as they lie in the folder: CSV of any encoding, workbooks, what is no table."""

# ruff: noqa: RUF001 (letters of other scripts are meant)

import datetime
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tiny_pictures import pictures

from ingest.read import read_collection
from ingest.sheets import NoTable, UnreadableMetadata, decode, mistaken, read_sheet
from ingest.table import read_table

ROWS: list[list[Any]] = [["Inv.", "Münzstätte", "Gewicht"], ["K7", "Side", 10.5], ["K8", "Perge", 11]]


def workbook(path: Path, sheets: dict[str, list[list[Any]]], hidden: str = "") -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name == hidden else "visible"
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def open_document(path: Path, rows: list[list[str]]) -> Path:
    """An ODS with one sheet, of the parts that it needs."""
    cells = "".join(
        "<table:table-row>"
        + "".join(f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>' for c in row)
        + "</table:table-row>"
        for row in rows
    )
    space = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = " ".join(f'xmlns:{name}="{space}:{name}:1.0"' for name in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0"?><office:document-content {spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="Tabelle">{cells}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{space}:manifest:1.0"/>')
        archive.writestr("content.xml", content)
    return path


@pytest.mark.parametrize("name", ["coins.xlsx", "coins.csv", "coins"])
def test_a_workbook_is_told_by_its_content(tmp_path: Path, name: str):
    path = workbook(tmp_path / "book.xlsx", {"Münzen": ROWS}).rename(tmp_path / name)
    found = read_table(path)
    assert [row.values for row in found.rows] == [
        {"inventory_number": "K7", "mint": "Side", "weight": 10.5},
        {"inventory_number": "K8", "mint": "Perge", "weight": 11.0},
    ]
    assert found.how == "sheet 'Münzen'"


def test_an_open_document_is_read(tmp_path: Path):
    found = read_table(open_document(tmp_path / "coins.ods", [[str(cell) for cell in row] for row in ROWS]))
    assert [row.values["mint"] for row in found.rows] == ["Side", "Perge"]


def test_the_first_sheet_with_rows_is_read_and_the_others_are_named(tmp_path: Path):
    path = workbook(
        tmp_path / "b.xlsx", {"About": [["by me"]], "Old": ROWS[:2], "New": ROWS, "": ROWS[:0]}, hidden="Old"
    )
    found = read_table(path)
    assert (found.how, len(found.rows)) == ("sheet 'New'", 2)
    assert any("other sheets are not read (About, Old" in note and "--sheet" in note for note in found.notes)


@pytest.mark.parametrize("asked", ["old", "2", "Old"])
def test_a_sheet_is_chosen_by_name_or_number(tmp_path: Path, asked: str):
    path = workbook(tmp_path / "b.xlsx", {"New": ROWS, "Old": ROWS[:2]})
    assert read_table(path, asked).how == "sheet 'Old'"


def test_a_sheet_that_is_not_there_is_an_error(tmp_path: Path):
    path = workbook(tmp_path / "b.xlsx", {"New": ROWS})
    with pytest.raises(UnreadableMetadata, match="no sheet 'Nwe'; its sheets are: New"):
        read_table(path, "Nwe")
    (tmp_path / "b.csv").write_text("id,mint\nK7,Side\n")
    with pytest.raises(UnreadableMetadata, match="no workbook, so it has no sheet"):
        read_table(tmp_path / "b.csv", "New")


def test_cells_of_a_workbook_are_as_a_person_sees_them(tmp_path: Path):
    row = [4512.0, 3.4499999999999997, True, datetime.date(2019, 5, 4), datetime.datetime(2019, 5, 4, 8, 30)]
    (_, cells), *_ = read_sheet(workbook(tmp_path / "b.xlsx", {"A": [row]})).lines
    assert cells == ["4512", "3.45", "TRUE", "2019-05-04", "2019-05-04T08:30:00"]


def test_rows_are_counted_as_the_spreadsheet_counts_them(tmp_path: Path):
    path = workbook(tmp_path / "b.xlsx", {"A": [["My coins"], [], ROWS[0], [], ROWS[1]]})
    assert [row.number for row in read_table(path).rows] == [5]


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 broken", b"<html><table><tr><td>id</td></tr></table>", b"{\\rtf1 coins}"]
)
def test_what_is_no_table_ends_no_reading_of_the_folder(tmp_path: Path, content: bytes):
    (pictures(tmp_path, "K7_obv.png") / "coins.xls").write_bytes(content)
    reading = read_collection(tmp_path, "museum")
    assert len(reading.coins) == 1
    assert any("the table coins.xls of the folder is not used" in note for note in reading.notes)
    with pytest.raises(NoTable):
        read_collection(tmp_path, "museum", metadata=tmp_path / "coins.xls")


def test_a_lone_workbook_is_the_table_of_its_folder(tmp_path: Path):
    workbook(pictures(tmp_path, "K7_obv.png", "K8_obv.png") / "museum.xlsx", {"A": ROWS})
    workbook(tmp_path / "~$museum.xlsx", {"A": ROWS})
    assert [coin.properties["mint"] for coin in read_collection(tmp_path, "museum").coins] == ["Side", "Perge"]


def test_a_workbook_beside_a_csv_is_named(tmp_path: Path):
    workbook(pictures(tmp_path, "K7_obv.png") / "museum.xlsx", {"A": ROWS})
    (tmp_path / "a.csv").write_text("id,mint\nK7,Selge\n")
    reading = read_collection(tmp_path, "museum")
    assert reading.coins[0].properties["mint"] == "Selge"
    assert "the table a.csv of the folder is used; museum.xlsx is not (--metadata chooses)" in reading.notes


def test_a_text_file_that_looks_like_a_table_is_suggested(tmp_path: Path):
    (pictures(tmp_path, "K7_obv.png") / "list.txt").write_text("id\tmint\nK7\tSide\nK8\tPerge\n")
    (tmp_path / "readme.txt").write_text("These are my coins.\nSide, Perge and others.\nEnjoy them.\n")
    assert read_collection(tmp_path, "museum").notes == [
        "list.txt looks like a table; if it is that of the coins, give it by --metadata"
    ]


def test_marks_of_filemaker_become_lines_and_lists(tmp_path: Path):
    (tmp_path / "f.csv").write_bytes(b"id,mint,note\rK7,Side\x1dPerge\x1d,one\x0btwo\rK8,Selge,x\r")
    assert read_table(tmp_path / "f.csv").rows[0].values == {
        "catalogue_id": "K7",
        "mint": "Side | Perge",
        "comment": "one\ntwo",
    }


def test_letters_that_were_lost_before_are_noticed(tmp_path: Path):
    (tmp_path / "f.csv").write_text("id,mint\nK7,MÃ¼nster\n", encoding="utf-8")
    assert any("letters were lost" in note and "MÃ¼nster" in note for note in read_table(tmp_path / "f.csv").notes)


# Encodings: UTF-8 and UTF-16 are certain; any other is found out by its letters, and called a guess.

TEXTS = {
    "no;mint\n1;Opole, śląska moneta\n2;Gdańsk\n": "cp1250 iso8859_2 cp852",
    "no;mincovna\n1;Jáchymov, tolar stříbrný\n2;Olomouc, Žižka, červený\n": "cp1250 iso8859_2 cp852",
    "no;verde\n1;Győr, ezüst dénár\n2;Körmöcbánya\n": "cp1250 iso8859_2",
    "№;Место\n1;Ольвия\n2;Пантикапей\n": "cp1251 cp866 mac_cyrillic",
    "но;тип\n1;денарий, чекан Ольвии\n": "koi8_r iso8859_5",
    "no;Πόλη\n1;Μίλητος\n2;Ερέτρια\n": "cp1253 iso8859_7",
    "no;yer\n1;Ayasuluk, gümüş akçe, sağ yüz\n": "cp1254 iso8859_9 cp857",
    "no;Münzstätte\n1;Nürnberg\n2;Würzburg, schön, größer\n": "cp1252 mac_roman cp850",
    "no;métal\n1;cuivre doré, très usé\n2;étain, fêlé à droite\n": "cp1252 mac_roman cp850",
    "no;ceca\n1;Zaragoza, año de emisión\n2;Cádiz\n": "cp1252 mac_roman",
}


@pytest.mark.parametrize(("text", "encoding"), [(text, e) for text, all_of in TEXTS.items() for e in all_of.split()])
def test_a_guess_is_right_and_called_a_guess(text: str, encoding: str):
    found = decode(text.encode(encoding))
    assert found is not None and found.text == text
    assert "is a guess" in found.note and "Save it as UTF-8" in found.note


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_unicode_is_no_guess(encoding: str):
    found = decode("no;mint\n1;Gdańsk\n2;Μίλητος\n".encode(encoding))
    assert found is not None and found.text == "no;mint\n1;Gdańsk\n2;Μίλητος\n" and found.note == ""


def test_a_reading_that_is_as_good_is_shown():
    found = decode("no;mint\n1;Mölln\n".encode("mac_roman"))
    assert found is not None and "could as well be" in found.note


@pytest.mark.parametrize("raw", ["Gdańsk ".encode() + "Kołobrzeg".encode("cp1250"), b"\xff\xfe\x00", bytes(range(256))])
def test_what_makes_no_words_is_refused(raw: bytes):
    assert decode(raw) is None


@pytest.mark.parametrize("text", ["1;MÃ¼nster", "1;Å\u0081Ã³dÅº", "1;caf\ufffd", "1;Ð\u00a0Ð¸Ð¼"])
def test_letters_lost_before_are_noticed(text: str):
    assert mistaken(text) is not None
    assert mistaken("1;Århus, Łódź, Ärger; São Paulo") is None


def test_a_cell_without_a_space_costs_no_more_than_its_length() -> None:
    """Four million letters: what looks again from each of them would not end."""
    assert mistaken("x" * 4_000_000) is None
    assert mistaken("a " + "x" * 4_000_000 + "MÃ¼nze b") == "x" * 19 + "MÃ¼nze"
    assert mistaken("a\tMÃ¼nze b") == "MÃ¼nze"
