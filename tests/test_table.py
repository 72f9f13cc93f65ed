"""The table of a collection is read whatever its encoding, delimiter and headings."""

from pathlib import Path
from typing import Any

import pytest
from tiny_pictures import pictures

from ingest.read import read_collection
from ingest.records import FACES, Reading, Skipped
from ingest.sheets import UnreadableMetadata
from ingest.table import column_name, read_table

GERMAN = (
    "Inventarnummer;Münzstätte;Gewicht;Durchmesser (mm);Datierung;Prägeherr\n"
    "A.9;Köln;3,45;17;ca. 120-100 v. Chr.;Große Könige\n"
    "A.10;Trier;12,1;18;2. Jh. v. Chr.;\n"
)


def table(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "coins.csv"
    path.write_bytes(text.encode(encoding))
    return path


def values(folder: Path, text: str, encoding: str = "utf-8") -> list[dict[str, Any]]:
    return [row.values for row in read_table(table(folder, text, encoding)).rows]


def read(folder: Path, text: str, *names: str, **options: Any) -> Reading:
    """A folder with these pictures and this table, read."""
    pictures(folder, *names)
    table(folder, text)
    return read_collection(folder, "museum", **options)


def properties(reading: Reading) -> dict[str, dict[str, Any]]:
    return {coin.name: coin.properties for coin in reading.coins}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "mac_roman"])
def test_the_encoding_is_found_out(tmp_path: Path, encoding: str):
    assert values(tmp_path, GERMAN, encoding)[0] == {
        "inventory_number": "A.9",
        "mint": "Köln",
        "weight": 3.45,
        "diameter": 17,
        "date": "ca. 120-100 v. Chr.",
        "date_from": -120,
        "date_to": -100,
        "authority": "Große Könige",
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(tmp_path: Path, delimiter: str):
    text = 'id,mint,legend\n1,Roma,"IMP; CAES, | AVG"\n2,Lugdunum,-\n'.replace(",", delimiter)
    assert [row["mint"] for row in values(tmp_path, text)] == ["Roma", "Lugdunum"]


def test_a_delimiter_told_in_the_first_line_is_used(tmp_path: Path):
    assert values(tmp_path, "sep=;\nid;weight\nA;1,5\n") == [{"catalogue_id": "A", "weight": 1.5}]


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Münzstätte", "mint"),
        ("Nominal", "denomination"),
        ("Metall", "material"),
        ("Material", "material"),
        ("Fundort", "findspot"),
        ("Gewicht in g", "weight"),
        ("weight_g", "weight"),
        ("Durchmesser [mm]", "diameter"),
        ("Prägeherr", "authority"),
        ("Datierung", "date"),
        ("Vorderseite", "obverse"),
        ("Legende Rückseite", "reverse_legend"),
        ("Stempelstellung", "die_axis"),
        ("Sammlung", "collection"),
        ("Inv.-Nr.", "inventory_number"),
        ("Coin Type", "type"),
        ("RIC Reference", "ric_reference"),
        ("hoardName", "hoard_name"),
        ("2nd reference", "column_2nd_reference"),
        ("id", "catalogue_id"),
        ("NAME", "catalogue_name"),
        ("vector_x", "catalogue_vector_x"),
        ("x` SET c.id = 1 //", "x_set_c_id_1"),
    ],
)
def test_headings_become_names(heading: str, name: str):
    assert column_name(heading) == name


def test_two_headings_of_one_meaning_are_both_kept(tmp_path: Path):
    assert values(tmp_path, "Metall,Material,Material\nAE,Bronze,x\n") == [
        {"metall": "AE", "material": "Bronze", "material_2": "x"}
    ]


@pytest.mark.parametrize(
    ("cells", "typed"),
    [
        (["12", "7"], [12, 7]),
        (["3.45", "12"], [3.45, 12.0]),
        (["3,45", "1.234,5"], [3.45, 1234.5]),
        (["3.45", "not weighed"], ["3.45", "not weighed"]),
        (["007", "12"], ["007", "12"]),
        (["3.45", "-"], [3.45, None]),
    ],
)
def test_a_column_is_numeric_where_all_its_values_are(tmp_path: Path, cells: list[str], typed: list[Any]):
    rows = values(tmp_path, "id;height\n" + "".join(f"K;{cell}\n" for cell in cells))
    assert [row.get("height") for row in rows] == typed


def test_units_behind_weights_are_understood(tmp_path: Path):
    assert [r["weight"] for r in values(tmp_path, "id;weight\nK;3,45 g\nL;2 g\n")] == [3.45, 2.0]


def test_years_of_the_tables_own_columns_go_before_those_of_the_date(tmp_path: Path):
    row = values(tmp_path, "id,date,von,bis\nK,2nd century BC,-120,-100\n")[0]
    assert (row["date_from"], row["date_to"]) == (-120, -100)


def test_an_open_date_gives_one_year_only(tmp_path: Path):
    rows = values(tmp_path, "id,date\nK,after 50 AD\nL,vor 44 v. Chr.\n")
    assert [(row.get("date_from"), row.get("date_to")) for row in rows] == [(50, None), (None, -44)]


def test_a_year_0_is_no_year(tmp_path: Path):
    rows = values(tmp_path, "id,von,bis\nK,-120,-100\nL,0,0\n")
    assert (rows[0]["date_from"], rows[0]["date_to"]) == (-120, -100)
    assert rows[1] == {"catalogue_id": "L", "catalogue_date_from": "0", "catalogue_date_to": "0"}


def test_years_of_two_columns_that_count_down_are_before_christ(tmp_path: Path):
    rows = values(tmp_path, "id,from,to\nK,310,305\nL,300,300\nM,290,281\nN,320,310\n")
    assert [(row["date_from"], row["date_to"]) for row in rows] == [
        (-310, -305),
        (-300, -300),
        (-290, -281),
        (-320, -310),
    ]


def test_years_that_may_be_of_two_eras_are_none(tmp_path: Path):
    rows = values(tmp_path, "id,from,to\nK,30,20\nL,40,40\nM,50,60\n")
    assert all(row.get("date_from", -1) < 0 for row in rows[:2])
    assert rows[1]["catalogue_date_from"] == "40"


def test_of_two_pairs_of_years_the_one_that_runs_forward_is_taken(tmp_path: Path):
    row = values(tmp_path, "id,From,To,Begin date,End date\nK,310,305,-310,-305\nL,300,300,-300,-300\n")[1]
    assert (row["date_from"], row["date_to"], row["from"], row["to"]) == (-300, -300, 300, 300)


def test_dates_that_are_not_understood_are_kept_and_counted(tmp_path: Path):
    reading = read_table(table(tmp_path, "id,date\nK,Augustan\nL,18 BC\n"))
    assert reading.rows[0].values == {"catalogue_id": "K", "date": "Augustan"}
    assert reading.notes == ["1 dates give no years, such as 'Augustan'"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "holds no rows"),
        (b"id,type\n", "holds no rows"),
        (b"PK\x03\x04 and so on", "is a workbook that cannot be read"),
        (b"\x89PNG\r\n\x1a\n\x00\x01\x02\x03", "is not"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, reason: str):
    (tmp_path / "coins.csv").write_bytes(content)
    with pytest.raises(UnreadableMetadata, match=reason):
        read_table(tmp_path / "coins.csv")


def test_a_table_that_is_not_there_is_an_error(tmp_path: Path):
    with pytest.raises(UnreadableMetadata, match="cannot be read"):
        read_table(tmp_path / "nowhere.csv")


def test_options_for_columns_without_a_table_are_said_to_do_nothing(tmp_path: Path):
    pictures(tmp_path, "K7_obv.png", "K7_rev.png")
    without = "there is no table, so the options that name its columns do nothing"
    assert without in read_collection(tmp_path, "museum", type_column="class").notes
    assert without not in read_collection(tmp_path, "museum").notes


def test_rows_match_by_the_name_of_the_coin(tmp_path: Path):
    reading = read(tmp_path, "key,weight\nK9,3.5\nK10,4\n", "K9_a.png", "K9_r.png", "K10_a.png")
    assert properties(reading) == {"K9": {"key": "K9", "weight": 3.5}, "K10": {"key": "K10", "weight": 4.0}}


def test_rows_match_by_one_file(tmp_path: Path):
    reading = read(tmp_path, "photo,weight\nPhotos\\K9_a.PNG,3.5\n", "K9_a.png", "K9_r.png")
    assert properties(reading)["K9"]["weight"] == 3.5


def test_rows_match_by_a_number_that_lost_its_zeros(tmp_path: Path):
    reading = read(tmp_path, "id,weight\n12,3.5\n16,4\n", "00012a00.png", "00012r00.png", "00016a00.png")
    assert properties(reading)["00012"]["weight"] == 3.5


def test_rows_match_by_the_column_asked_for(tmp_path: Path):
    text = "id,label,weight\nK10,K9,3.5\nK9,K10,4\n"
    reading = read(tmp_path, text, "K9_a.png", "K10_a.png", id_column="label")
    assert properties(reading)["K9"]["weight"] == 3.5


def test_coins_whose_files_tell_no_name_are_called_as_the_column_says(tmp_path: Path):
    text = "nr,avers,revers,weight\nM 1,IMG_3.png,IMG_4.png,3.5\nM 2,K9_a.png,K9_r.png,4\n"
    reading = read(tmp_path, text, "IMG_3.png", "IMG_4.png", "K9_a.png", "K9_r.png", id_column="nr")
    assert {coin.name: coin.properties["weight"] for coin in reading.coins} == {"M 1": 3.5, "K9": 4.0}


def test_a_table_may_name_the_two_files(tmp_path: Path):
    text = "nr,Bild Vorderseite,Bild Rückseite,weight\n1,IMG_3.png,IMG_4.png,3.5\n2,IMG_5.png,IMG_6.png,4\n"
    reading = read(tmp_path, text, *(f"photos/IMG_{n}.png" for n in (3, 4, 5, 6)))
    assert [(c.name, {f: s.path.name for f, s in c.sides.items()}, c.properties["weight"]) for c in reading.coins] == [
        ("IMG_3", {"obverse": "IMG_3.png", "reverse": "IMG_4.png"}, 3.5),
        ("IMG_5", {"obverse": "IMG_5.png", "reverse": "IMG_6.png"}, 4.0),
    ]


def test_a_table_may_name_one_face_only(tmp_path: Path):
    reading = read(tmp_path, "nr,Avers,weight\n1,IMG_3.png,3.5\n", "IMG_3.png")
    assert [(coin.name, list(coin.sides)) for coin in reading.coins] == [("IMG_3", ["obverse"])]


def test_a_table_that_names_the_files_leaves_coins_the_names_their_files_tell(tmp_path: Path):
    reading = read(tmp_path, "id,obverse_image,reverse_image\n1,K9_a.png,K9_r.png\n", "K9_a.png", "K9_r.png")
    assert [coin.name for coin in reading.coins] == ["K9"]


def sides(reading: Reading) -> dict[str, list[str]]:
    """The coins' names with the files of their obverse and reverse."""
    return {coin.name: [coin.sides[face].path.stem for face in FACES if face in coin.sides] for coin in reading.coins}


FOUR = ("K1_a.png", "K1_r.png", "K2_a.png", "K2_r.png")


def test_a_table_that_pairs_files_against_their_names_is_followed(tmp_path: Path):
    reading = read(tmp_path, "img1,img2,weight\nK1_a.png,K2_r.png,3.5\nK2_a.png,K1_r.png,4\n", *FOUR)
    assert sides(reading) == {"K1": ["K1_a", "K2_r"], "K2": ["K2_a", "K1_r"]}
    assert [coin.properties["weight"] for coin in reading.coins] == [3.5, 4.0]
    assert reading.skipped == reading.unused_rows == []
    assert "2 rows pair files against their names; the table is followed" in reading.notes


def test_a_file_that_such_a_table_leaves_over_keeps_its_own_name(tmp_path: Path):
    reading = read(tmp_path, "img1,img2\nK1_a.png,K2_r.png\n", *FOUR)
    assert sides(reading) == {"K1": ["K1_r"], "K1_a + K2_r": ["K1_a", "K2_r"], "K2": ["K2_a"]}
    assert reading.skipped == []


def test_a_table_that_takes_an_obverse_for_a_reverse_leaves_the_reverse_to_itself(tmp_path: Path):
    reading = read(tmp_path, "avers,revers\nK1_a.png,K2_a.png\n", *FOUR)
    assert sides(reading) == {"K1": ["K1_r"], "K1_a + K2_a": ["K1_a", "K2_a"], "K2": ["K2_r"]}


def test_a_file_that_two_rows_name_goes_to_the_first(tmp_path: Path):
    reading = read(tmp_path, "img1,img2\nK1_a.png,K2_r.png\nK1_a.png,K1_r.png\nK1_a.png,K2_r.png\n", *FOUR)
    assert sorted(file for files in sides(reading).values() for file in files) == ["K1_a", "K1_r", "K2_a", "K2_r"]
    assert ["K1_a", "K2_r"] in sides(reading).values()
    assert any(note.startswith("1 rows name a file that an earlier row has") for note in reading.notes)


def test_a_quote_that_is_not_closed_is_noticed(tmp_path: Path):
    reading = read(tmp_path, 'id,mint,weight\nK1,"Roma,3\nK2,Trier,4\nK3,Köln,5\n', *FOUR)
    assert any("behind line 1 has a cell of 3 lines (column mint): its quote" in note for note in reading.notes)


def test_an_id_that_swallowed_rows_is_said_in_one_line(tmp_path: Path):
    reading = read(tmp_path, 'id,mint\nK1,Roma\n"K2,Trier\nK3,Köln\n', *FOUR)
    assert "is a quote not closed?" in reading.unused_rows[0].reason
    assert any(note.startswith("1 rows have a line break in the cell that names the coin") for note in reading.notes)
    assert "\n" not in str(reading.unused_rows[0])


def test_texts_of_several_paragraphs_are_no_open_quotes(tmp_path: Path):
    text = 'id,comment\nK1,"Found in a ditch, broken,\nnow mended, with wax.\n\nSee there."\nK2,none\n'
    assert read_table(table(tmp_path, text)).notes == []


def test_a_reason_is_one_line_whatever_the_name_holds():
    assert str(Skipped("K1\n_a.jpg", "no\r\npicture")) == "K1\\n_a.jpg: no\\r\\npicture"


def test_a_row_for_each_photograph_is_one_coin(tmp_path: Path):
    text = "file,weight,mint\nK9_a.png,3.5,\nK9_r.png,3.5,Roma\n"
    reading = read(tmp_path, text, "K9_a.png", "K9_r.png")
    assert properties(reading)["K9"] == {"file": "K9_a.png", "weight": 3.5, "mint": "Roma"}
    assert reading.skipped == []


def test_a_second_row_that_contradicts_the_first_is_set_aside(tmp_path: Path):
    reading = read(tmp_path, "id,weight\nK9,3.5\nK9,4\n", "K9_a.png", "K9_r.png")
    assert properties(reading)["K9"]["weight"] == 3.5
    assert [s.reason for s in reading.skipped] == ["a second row for K9; line 2 is used"]


def test_rows_without_id_or_picture_are_reported(tmp_path: Path):
    reading = read(tmp_path, "id,weight\nK9,3.5\n,4\nK11,5\n", "K9_a.png", "K9_r.png")
    assert [row.reason for row in reading.unused_rows] == ["has no id and names no picture", "no picture of K11"]


def test_coins_without_a_row_are_counted(tmp_path: Path):
    reading = read(tmp_path, "id,weight\nK9,3.5\n", "K9_a.png", "K9_r.png", "K10_a.png")
    assert "1 coins have no row in coins.csv" in reading.notes


def test_a_table_that_speaks_of_no_coin_is_said(tmp_path: Path):
    reading = read(tmp_path, "id,weight\nX1,3.5\n", "K9_a.png", "K9_r.png")
    assert any(note.startswith("no row of coins.csv speaks of a coin") for note in reading.notes)


@pytest.mark.parametrize("heading", ["type", "Typ", "coin_type", "Münztyp"])
def test_the_type_comes_from_its_column_before_the_folder(tmp_path: Path, heading: str):
    reading = read(tmp_path, f"id,{heading}\nK9,Boii\nK10,unbestimmt\n", "Celtic/K9_a.png", "Celtic/K10_a.png")
    assert {coin.name: (coin.type, coin.type_source) for coin in reading.coins} == {
        "K9": ("Boii", "table"),
        "K10": ("Celtic", "folder"),
    }


def test_the_column_of_the_type_can_be_named(tmp_path: Path):
    reading = read(tmp_path, "id,type,design\nK9,x,Horse\n", "K9_a.png", type_column="Design")
    assert reading.coins[0].type == "Horse"
    assert reading.coins[0].properties == {"catalogue_id": "K9", "type": "x", "design": "Horse"}


def test_a_column_that_is_not_there_is_an_error(tmp_path: Path):
    with pytest.raises(UnreadableMetadata, match="no column 'desing'; its columns are: id, design"):
        read(tmp_path, "id,design\nK9,Horse\n", "K9_a.png", type_column="desing")


def test_one_folder_may_hold_several_museums(tmp_path: Path):
    text = "id,Museum\nK9,Manching\nK10,\n"
    reading = read(tmp_path, text, "K9_a.png", "K10_a.png", collection_column="museum")
    assert {coin.name: coin.id for coin in reading.coins} == {"K9": "Manching/K9", "K10": "museum/K10"}


def test_of_several_tables_none_is_chosen(tmp_path: Path):
    pictures(tmp_path, "K9_a.png")
    for name in ("a.csv", "b.tsv"):
        (tmp_path / name).write_text("id,weight\nK9,1\n")
    reading = read_collection(tmp_path, "museum")
    assert reading.metadata is None
    assert reading.notes == ["the folder holds several tables (a.csv, b.tsv); choose one by --metadata"]


@pytest.mark.long
@pytest.mark.parametrize(("name", "coins"), [("ocre", 272), ("niho", 33)])
def test_real_collections_have_both_sides_and_a_row_for_every_coin(shared_data: Path, name: str, coins: int):
    known: dict[str, tuple[int, int]] = {}
    reading = read_collection(shared_data / name, name, known=known)
    assert len(reading.coins) == coins
    assert all(len(coin.sides) == 2 and coin.properties["denomination"] for coin in reading.coins)
    assert reading.skipped == reading.misfits == reading.unused_rows == []


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("id,date,era\nK,88-84,BC\n", (-88, -84)),
        ("id,date,era\nK,ca. 81,BCE\n", (-81, -81)),
        ("id,date,era\nK,81,CE\n", (81, 81)),
        ("id;von;bis;v./n. Chr.\nK;60;58;v\n", (-60, -58)),
        ("id;Date;Ère\nK;60;av. J.-C.\n", (-60, -60)),
        ("id,From Date,From Era,To Date,To Era\nK,12,BC,9,AD\n", (-12, 9)),
        ("id,from,era,to,era\nK,12,BC,9,AD\n", (-12, 9)),
    ],
)
def test_a_column_of_eras_speaks_of_the_dates_beside_it(tmp_path: Path, text: str, years: tuple[int, int]):
    (row,) = values(tmp_path, text)
    assert (row["date_from"], row["date_to"]) == years
