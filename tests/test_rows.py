"""Which row speaks of which coin: by the column that names coins, by files, by one row for each side."""

from pathlib import Path
from typing import Any

import pytest
from tiny_pictures import picture, pictures

from explore.ingest_report import as_dict, as_text
from ingest.read import read_collection
from ingest.records import Reading


def coins(*names: object) -> list[str]:
    """The names of the pictures of both sides of these coins."""
    return [f"{name}_{side}.png" for name in names for side in ("obv", "rev")]


def read(folder: Path, text: str, *names: str, **options: Any) -> Reading:
    pictures(folder, *names)
    (folder / "list.csv").write_text(text, encoding="utf-8")
    return read_collection(folder, "museum", **options)


def of_coins(reading: Reading, column: str) -> dict[str, Any]:
    return {coin.name: coin.properties[column] for coin in reading.coins if column in coin.properties}


@pytest.mark.parametrize(
    "heading",
    ["Rv. die", "Stempel Rs", "Achse", "axis", "weight", "RPC", "SNG no.", "plate", "year", "hoard id", "coins"],
)
def test_a_column_that_says_something_else_never_names_coins(tmp_path: Path, heading: str):
    reading = read(tmp_path, f"Inv.,{heading},city\nX7,3,Side\nX8,1,Perge\nX9,2,Selge\n", *coins(1, 2, 3))
    assert of_coins(reading, "city") == {}
    assert any(f"'{heading}', though 3 of its cells" in note and "--id-column" in note for note in reading.notes)
    assert "no cell of column 'Inv.' is the name of a coin, such as 'X7'" in reading.notes


def test_small_numbers_below_a_heading_that_says_nothing_name_no_coins(tmp_path: Path):
    reading = read(tmp_path, "abc,xyz\nSide,3\nPerge,1\nSelge,2\n", *coins(1, 2, 3))
    assert of_coins(reading, "abc") == {}
    assert any("small numbers may mean anything" in note for note in reading.notes)


def test_a_column_whose_cells_repeat_names_no_coins(tmp_path: Path):
    reading = read(tmp_path, "city,lot\nK-7,a\nK-7,b\nK-8,c\n", *coins("K-7", "K-8"))
    assert of_coins(reading, "lot") == {}


def test_a_heading_that_says_id_goes_before_a_column_that_fits_better(tmp_path: Path):
    text = "label,id,city\nK3,K1,Side\nK2,K2,Perge\nK1,K3,Selge\nK4,K9,Etenna\n"
    assert of_coins(read(tmp_path, text, *coins("K1", "K2", "K3", "K4")), "city") == {
        "K1": "Side",
        "K2": "Perge",
        "K3": "Selge",
    }


def test_a_heading_that_says_id_gives_way_where_no_cell_is_a_coin(tmp_path: Path):
    reading = read(tmp_path, "id,label,city\n1,MZ-7,Side\n2,MZ-8,Perge\n", *coins("MZ-7", "MZ-8"))
    assert of_coins(reading, "city") == {"MZ-7": "Side", "MZ-8": "Perge"}
    assert [column.name for column in reading.columns if column.taken_for == "names the coins"] == ["label"]


def test_a_few_hits_among_many_ids_are_no_evidence(tmp_path: Path):
    ids = "".join(f"{n},c{n}\n" for n in range(7, 900, 37))
    reading = read(tmp_path, f"id,city\n{ids}", *coins(*range(1, 31)))
    assert of_coins(reading, "city") == {}
    assert any("only 1 of its 25 cells are" in note for note in reading.notes)


def test_the_column_asked_for_is_taken_whatever_it_says(tmp_path: Path):
    reading = read(tmp_path, "axis,city\n3,Side\n1,Perge\n", *coins(1, 2, 3), id_column="axis")
    assert of_coins(reading, "city") == {"3": "Side", "1": "Perge"}


def test_a_heading_mapped_to_id_names_the_coins(tmp_path: Path):
    reading = read(tmp_path, "axis,city\n3,Side\n1,Perge\n", *coins(1, 2, 3), headings={"axis": "id"})
    assert of_coins(reading, "city") == {"3": "Side", "1": "Perge"}


@pytest.mark.parametrize("cell", ["4512.0", "4.512E+03", "4,512", "Inv. 4512", "No. 04512", "#4512", "4512.png"])
def test_ids_in_the_shapes_that_spreadsheets_and_people_give_them(tmp_path: Path, cell: str):
    assert of_coins(read(tmp_path, f'Inv,city\n"{cell}",Side\n', *coins(4512, 4513)), "city") == {"4512": "Side"}


def test_a_rounded_number_that_stands_for_several_coins_names_none(tmp_path: Path):
    reading = read(tmp_path, "Inv,city\n4.51E+06,Side\n4.51E+06,Perge\n", *coins(4510000, 4510001))
    assert of_coins(reading, "city") == {}
    assert "a spreadsheet rounded their numbers" in reading.unused_rows[0].reason


@pytest.mark.parametrize("cell", ["tray/Q 7", "tray\\Q 7", "Q 7", "q_7"])
def test_rows_match_by_the_folder_of_a_coin(tmp_path: Path, cell: str):
    reading = read(tmp_path, f"id,city\n{cell},Side\n", "tray/Q 7/x1_obv.png", "tray/Q 7/x1_rev.png")
    assert list(of_coins(reading, "city").values()) == ["Side"]


@pytest.mark.parametrize(
    "cell",
    [
        "https://x.example/pics/Sidé%20sta%C4%93r_obv.png",
        "https://x.example/Sid%C3%A9_staēr_obv.png?height=90&v=2#top",
        "https://x.example/iiif/2/Sidé%20staēr_obv.png/full/!300,300/0/default.jpg",
        "https://x.example/show?file=Sidé staēr_obv.png&page=1",
        "D:\\scans\\Sidé staēr_obv.PNG",
        "File:Sidé_staēr_obv.png",
        "sidé staēr_obv",
    ],
)
def test_addresses_and_paths_name_files(tmp_path: Path, cell: str):
    reading = read(tmp_path, f'title,obverse photo,city\nA,"{cell}",Side\n', "Sidé staēr_obv.png", "Sidé staēr_rev.png")
    assert list(of_coins(reading, "city").values()) == ["Side"]


def test_one_cell_may_name_both_files(tmp_path: Path):
    reading = read(tmp_path, 'nr,photos,city\nA,"K7_obv.png; K7_rev.png",Side\n', *coins("K7", "K8"))
    assert of_coins(reading, "city") == {"K7": "Side"}


def test_die_axes_are_no_names_of_files(tmp_path: Path):
    reading = read(tmp_path, "Inv.,axis\nA,3\nB,1\n", "3.png", "1.png", "Z_obv.png")
    assert all("is not used for a coin" not in row.reason for row in reading.unused_rows)


def test_rows_for_the_two_sides_are_joined(tmp_path: Path):
    rows = ("K7_obv.png,AR,Apollo", "K7_rev.png,AR,tripod", "K8_obv.png,AE,Ares", "K8_rev.png,AE,boar")
    text = "nr,file,metal,what\n" + "".join(f"{n},{row}\n" for n, row in enumerate(rows, 1))
    reading = read(tmp_path, text, *coins("K7", "K8"))
    assert reading.coins[1].properties == {
        "file": "K8_obv.png",
        "material": "AE",
        "obverse_number": 3,
        "reverse_number": 4,
        "obverse_what": "Ares",
        "reverse_what": "boar",
    }
    assert reading.skipped == reading.unused_rows == []
    assert "2 coins have a row for each side" in reading.notes


@pytest.mark.parametrize(("one", "other"), [("Avers", "Revers"), ("obv.", "rev."), ("O", "R"), ("1", "2")])
def test_a_column_may_say_which_side_a_row_speaks_of(tmp_path: Path, one: str, other: str):
    text = f"coin,side,legend,mint\nK7,{one},ΑΠ,Side\nK7,{other},ΣΙ,\nK8,{other},ΔΗ,Side\nK8,{one},,Side\n"
    reading = read(tmp_path, text, *coins("K7", "K8"))
    assert reading.coins[0].properties == {"coin": "K7", "mint": "Side", "obverse_legend": "ΑΠ", "reverse_legend": "ΣΙ"}
    assert reading.coins[1].properties == {"coin": "K8", "mint": "Side", "reverse_legend": "ΔΗ"}


def test_what_the_rows_of_one_coin_say_differently_takes_nothing_from_the_others(tmp_path: Path):
    rows = "".join(
        f"K{n},{s},{'Perge' if (n, s) == (2, 'rev') else 'Side'}\n" for n in (1, 2, 3) for s in ("obv", "rev")
    )
    reading = read(tmp_path, f"coin,side,mint\n{rows}", *coins("K1", "K2", "K3"))
    assert of_coins(reading, "mint") == {"K1": "Side", "K3": "Side"}
    assert of_coins(reading, "reverse_mint") == {"K2": "Perge"}


def two_coins(path: Path) -> None:
    """A photograph of both sides of a coin, next to each other."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (640, 320), "white")
    for x, tone in ((150, "#555"), (480, "#665")):
        ImageDraw.Draw(image).ellipse((x - 110, 50, x + 110, 270), fill=tone)
    image.save(path)


def test_a_row_of_a_photograph_of_both_sides_is_that_of_its_coin(tmp_path: Path):
    two_coins(tmp_path / "SNR7.png")
    text = "photo,city\nSNR7.png,Side\n"
    (tmp_path / "list.csv").write_text(text)
    reading = read_collection(tmp_path, "museum", split=tmp_path / "cut")
    assert of_coins(reading, "city") == {"SNR7": "Side"}
    left = read_collection(tmp_path, "museum").unused_rows
    assert [row.reason for row in left] == ["its picture SNR7.png is not used for a coin (see the lines above)"]


@pytest.mark.parametrize("text", ["photo,id,city\nSNR7.png,SNR7,Side\n", "avers,revers,city\nSNR7.png,SNR7.png,Side\n"])
def test_a_photograph_that_a_row_names_twice_is_not_both_sides(tmp_path: Path, text: str):
    two_coins(tmp_path / "SNR7.png")
    (tmp_path / "list.csv").write_text(text)
    assert read_collection(tmp_path, "museum").coins == []
    assert of_coins(read_collection(tmp_path, "museum", split=tmp_path / "cut"), "city") == {"SNR7": "Side"}


def test_the_count_of_rows_names_no_coins(tmp_path: Path):
    reading = read(tmp_path, ",city\n0,Side\n1,Perge\n2,Selge\n3,Etenna\n", *coins(1, 2, 3, 4))
    assert of_coins(reading, "city") == {}


def test_a_report_says_what_became_of_each_heading(tmp_path: Path):
    reading = read(
        tmp_path, "Inv.,Gewicht (g),Ort,Vs.-Bild\nK7,3,Side,K7_obv.png\nK8,3.4,,K8_obv.png\n", *coins("K7", "K8")
    )
    assert as_dict(reading)["columns"] == [
        {"heading": "Inv.", "name": "inventory_number", "taken_for": "names the coins"},
        {"heading": "Gewicht (g)", "name": "weight", "taken_for": "number"},
        {"heading": "Ort", "name": "ort", "taken_for": "text"},
        {"heading": "Vs.-Bild", "name": "obverse_image", "taken_for": "picture (obverse)"},
    ]
    assert "Gewicht (g) -> weight (number)" in as_text(reading)


def test_a_heading_that_is_the_name_of_a_coin_is_noticed(tmp_path: Path):
    reading = read(tmp_path, "K7,Side\nK8,Perge\n", *coins("K7", "K8"))
    assert "'K7' in the headings of list.csv is the name of a coin: does it lack a line of headings?" in reading.notes


def test_a_picture_that_is_left_out_is_no_coin_of_a_row(tmp_path: Path):
    picture(tmp_path / "K7_obv.png")
    reading = read(tmp_path, "file,city\nmap.png,Side\n", "map.png")
    assert of_coins(reading, "city") == {}


@pytest.mark.parametrize("headings", ["Av.;Rv.", "Obverse;Reverse", "A;R", "V;R", "Vs.;Rs.", "Droit;Revers"])
def test_columns_of_the_two_sides_never_name_coins(tmp_path: Path, headings: str):
    reading = read(tmp_path, f"{headings};city\n1;1;Side\n2;1;Perge\n3;2;Selge\n", *coins(1, 2, 3))
    assert of_coins(reading, "city") == {}


def test_numbers_of_cohen_are_no_numbers_of_coins(tmp_path: Path):
    reading = read(tmp_path, "city,C.\nSide,2\nPerge,3\nSelge,1\n", *coins(1, 2, 3))
    assert of_coins(reading, "city") == {}


def sides_of(reading: Reading) -> dict[str, list[str]]:
    """The files of each coin, the obverse first."""
    return {coin.name: [coin.sides[face].path.name for face in sorted(coin.sides)] for coin in reading.coins}


def test_rows_for_the_two_sides_say_what_their_files_show(tmp_path: Path):
    rows = "Q1,Rs.,P8.png,boar\nQ1,Vs.,P9.png,Ares\nQ2,Vs.,P3.png,Apollo\nQ2,Rs.,P2.png,tripod\n"
    reading = read(tmp_path, f"coin,Seite,file,what\n{rows}", "P2.png", "P3.png", "P8.png", "P9.png")
    assert sides_of(reading) == {"Q1": ["P9.png", "P8.png"], "Q2": ["P3.png", "P2.png"]}
    assert of_coins(reading, "obverse_what") == {"Q1": "Ares", "Q2": "Apollo"}


def test_of_two_pictures_in_a_cell_the_first_shows_the_obverse(tmp_path: Path):
    text = "Inv,pics,city\nQ1,P9.png | P8.png,Side\nQ2,P2.png | P3.png,Perge\n"
    reading = read(tmp_path, text, "P2.png", "P3.png", "P8.png", "P9.png")
    assert sides_of(reading) == {"Q1": ["P9.png", "P8.png"], "Q2": ["P2.png", "P3.png"]}
    assert "of two pictures in a cell of 'pics' the first is taken for the obverse" in reading.notes


def test_a_number_without_its_zeros_names_a_file(tmp_path: Path):
    text = "Inv,photo avers,photo revers\nQ1,41,42\n"
    assert list(sides_of(read(tmp_path, text, "0041.png", "0042.png")).values()) == [["0041.png", "0042.png"]]


def large(path: Path) -> None:
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (200, 200), (int(path.stem[1]) * 20, 90, 90)).save(path)


def test_a_row_may_name_a_smaller_rendition(tmp_path: Path):
    large(tmp_path / "K7_obv.tif")
    text = "nr,file,city\nQ,K7_obv.png,Side\n"
    assert of_coins(read(tmp_path, text, *coins("K7")), "city") == {"K7": "Side"}


def test_a_name_means_the_largest_rendition_and_the_others_follow(tmp_path: Path):
    for n in (5, 6):
        large(tmp_path / f"masters/P{n}.png")
    reading = read(tmp_path, "nr,obverse,reverse\nQ,P5,P6\n", "thumbs/P5.png", "thumbs/P6.png")
    assert [side.path.parent.name for side in reading.coins[0].sides.values()] == ["masters", "masters"]
    assert len(reading.views) == 2
    assert reading.skipped == []


def test_pictures_that_are_not_there_are_counted(tmp_path: Path):
    text = "nr,avers,revers\nQ,K7_obv.png,K7_back.png\nR,K8_obv.png,K8_rev.png\n"
    reading = read(tmp_path, text, *coins("K7", "K8"))
    assert "1 cells of column 'revers' name pictures that are not here, such as 'K7_back.png'" in reading.notes


def test_an_id_finds_the_coin_of_its_own_case_first(tmp_path: Path):
    reading = read(tmp_path, "id,city\nQ7,Side\nq7,Perge\n", *coins("Q7", "q7"))
    assert of_coins(reading, "city") == {"Q7": "Side", "q7": "Perge"}


def test_the_last_part_of_an_address_names_a_coin(tmp_path: Path):
    text = "uri,city\nhttps://x.example/coin/MZ%207?v=2,Side\nhttps://x.example/coin/MZ%208/,Perge\n"
    assert of_coins(read(tmp_path, text, *coins("MZ 7", "MZ 8")), "city") == {"MZ 7": "Side", "MZ 8": "Perge"}


def test_small_numbers_at_the_end_of_addresses_are_no_evidence(tmp_path: Path):
    text = "city,mint uri,uri\nSide,https://x.example/mint/2,https://x.example/9\nPerge,https://x.example/mint/1,\n"
    assert of_coins(read(tmp_path, text, *coins(1, 2)), "city") == {}


def test_ids_that_a_spreadsheet_turned_into_dates_are_said(tmp_path: Path):
    reading = read(tmp_path, "id,city\n04-May,Side\n", *coins("4-5"))
    assert any("'04-May'; a spreadsheet seems to have made dates of them" in note for note in reading.notes)


@pytest.mark.parametrize("cell", ['"=""0412"""', "'0412"])
def test_numbers_marked_as_texts_by_a_spreadsheet(tmp_path: Path, cell: str):
    reading = read(tmp_path, f"Inv,city\n{cell},Side\n", *coins("0412"))
    assert reading.coins[0].properties == {"inventory_number": "0412", "city": "Side"}


def test_a_table_without_rows_stops_nothing(tmp_path: Path):
    reading = read(tmp_path, "id,city\n", *coins("K7"))
    assert len(reading.coins) == 1
    assert any("list.csv holds no rows" in note for note in reading.notes)


def test_a_table_in_a_folder_below_and_one_of_another_kind_are_mentioned(tmp_path: Path):
    pictures(tmp_path / "one", *coins("K7"))
    (tmp_path / "one/lists").mkdir()
    (tmp_path / "one/lists/all.csv").write_text("id,city\nK7,Side\n")
    assert "lists/all.csv looks like a table" in " ".join(read_collection(tmp_path / "one", "museum").notes)
    pictures(tmp_path / "two", *coins("K7"))
    (tmp_path / "two/all.accdb").write_text("x")
    assert "all.accdb is not read" in " ".join(read_collection(tmp_path / "two", "museum").notes)
