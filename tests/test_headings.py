"""The headings of a table are found where they are, and understood in the languages of the catalogues."""

# ruff: noqa: RUF001 (letters of other scripts are meant)

from pathlib import Path
from typing import Any

import pytest

from ingest.headings import meaning, never_key, says_key
from ingest.sheets import UnreadableMetadata
from ingest.table import Table, column_name, read_table


def table(folder: Path, text: str, **options: Any) -> Table:
    path = folder / "coins.csv"
    path.write_text(text, encoding="utf-8")
    return read_table(path, **options)


@pytest.mark.parametrize(
    ("name", "headings"),
    [
        ("mint", "Lieu de frappe|Luogo di emissione|Lugar de acuñación|Casa da moeda|Muntplaats|Myntort|Mint label"),
        ("mint", "Место чеканки|Νομισματοκοπείο|Darphane|Verde|Seca|Production Place"),
        ("material", "Métal|Metallo|Materiaal|Kov|Fém|Металл|Μέταλλο|Maden|primaryMaterial|Medium"),
        ("denomination", "Denominazione|Denominación|Nominał|Nominál|Címlet|Номинал|Valeur faciale"),
        ("authority", "Autorità emittente|Autoridad emisora|Münzherr|Emitent|Эмитент|Issuing Authority"),
        ("ruler", "Souverain|Imperatore|Władca|Panovník|Правитель|Hükümdar|rulerName"),
        ("findspot", "Lieu de découverte|Luogo di ritrovamento|Lugar de hallazgo|Vindplaats|Lelőhely|Место находки"),
        ("weight", "Poids (gr)|Peso [g]|Gew. in g|Waga|Hmotnost (g)|Súly|Вес, г|Βάρος (γρ.)|Ağırlık|weight_g|Masse g"),
        ("diameter", "Diamètre (mm)|Diámetro|Średnica|Průměr (mm)|Диаметр, мм|Çap|Ø (mm)|diam_mm|Module"),
        ("die_axis", "Axe|Asse di conio|Posición de cuños|Eixo|Stempelstand|Oś|Соотношение осей|dieAxis"),
        ("date", "Datation|Datazione|Cronología|Ano|Jaartal|Datowanie|Датировка|Χρονολογία|Tarih|Object Date"),
        ("date_from", "Date de début|Anno inizio|Desde|Datering van|Datowanie od|Год от|objectBeginDate|earliest date"),
        ("date_to", "Année fin|Data fine|Fecha hasta|Datering tot|Datace do|Год до|Object End Date|latest_date"),
        ("inventory_number", "N° inv.|Numero d'inventario|Nº de inventario|Nr inw.|Инв. №|Accession No.|Leltári szám"),
        ("obverse_legend", "Légende du droit|Leggenda dritto|Leyenda anverso|Vs.-Legende|Obv. inscription"),
        ("reverse_die", "Coin de revers|Rs-Stempel|Cuño reverso"),
    ],
)  # fmt: skip
def test_headings_are_understood(name: str, headings: str):
    assert {heading: column_name(heading) for heading in headings.split("|")} == dict.fromkeys(
        headings.split("|"), name
    )


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("mint_uri", "mint_uri"),
        ("material id", "material_id"),
        ("hoardName", "hoard_name"),
        ("Burial date", "burial_date"),
    ],
)
def test_what_only_resembles_a_heading_keeps_its_own_words(heading: str, name: str):
    assert column_name(heading) == name


@pytest.mark.parametrize(("heading", "name"), [("Серия", "seriya"), ("Σειρά", "seira"), ("Řada", "rada")])
def test_headings_in_other_letters_get_a_name(heading: str, name: str):
    assert column_name(heading) == name


@pytest.mark.parametrize("heading", ["ID", "Coin No.", "Kat.-Nr.", "Objektnummer", "identifiant", "Шифр", "nº", "Inv"])
def test_headings_that_name_coins(heading: str):
    assert says_key(heading) and not never_key(heading)


@pytest.mark.parametrize(
    "heading", ["RPC number", "die id", "Stempel Nr.", "Plate no.", "Achse", "hoard_id", "Crawford", "Year"]
)
def test_headings_that_name_something_else(heading: str):
    assert never_key(heading)


def test_an_era_in_the_heading_is_that_of_the_years(tmp_path: Path):
    assert meaning("Année (av. J.-C.)").era == "BC"
    rows = table(tmp_path, "nr,from (BCE),to (BCE)\nA,310,300\nB,305,\n").rows
    assert [(row.values.get("date_from"), row.values.get("date_to")) for row in rows] == [(-310, -300), (-305, None)]


@pytest.mark.parametrize(
    "above", ["Collection Müller, tray 3\n", "Collection Müller,,\nexported 2019,,\n\n", ",,\nTray 3,,\n"]
)
def test_titles_above_the_headings_are_passed_over(tmp_path: Path, above: str):
    found = table(tmp_path, f"{above}no,mint,weight\nA7,Side,10.2\nA8,Aspendos,10.4\n")
    assert list(found.headings) == ["number", "mint", "weight"]
    assert [row.cells["mint"] for row in found.rows] == ["Side", "Aspendos"]


def test_a_line_of_units_is_no_coin(tmp_path: Path):
    found = table(tmp_path, "no;Gewicht;Durchmesser;Achse\n;[g];[cm];[h]\nA7;10,2;2,1;6\nA8;9,9;2,3;12\n")
    assert [(r.values["weight"], r.values["diameter"]) for r in found.rows] == [(10.2, 21), (9.9, 23)]
    assert "line 2 gives the units of the columns" in found.notes


def test_headings_in_a_second_language_are_no_coin(tmp_path: Path):
    found = table(tmp_path, "Nr.,Münzstätte,Gewicht\nNo.,Mint,Weight\nA7,Side,10.2\nA8,Perge,10.1\n")
    assert [row.cells["mint"] for row in found.rows] == ["Side", "Perge"]


def test_headings_below_groups_belong_to_their_side(tmp_path: Path):
    found = table(tmp_path, "Coin,Droit,,Revers,\nNo.,Légende,Coin,Légende,Coin\nA7,ΣΙ,4,ΔΗ,5\nA8,ΣΙ,4,ΔΗ,6\n")
    assert list(found.headings)[1:] == ["obverse_legend", "obverse_die", "reverse_legend", "reverse_die"]


@pytest.mark.parametrize(
    "text", ['"77","AE","Side","4.1"\n"78","AR","Perge","4.3"\n', "a_1.jpg,x\nb_1.jpg,y\n", "K,Side\nL,Side\n"]
)
def test_a_table_without_headings_keeps_its_first_coin(tmp_path: Path, text: str):
    found = table(tmp_path, text)
    assert [row.number for row in found.rows] == [1, 2]
    assert list(found.headings)[:2] == ["column_1", "column_2"]
    assert any("no line of headings" in note and "--map column_1=id" in note for note in found.notes)


def test_names_go_before_codes(tmp_path: Path):
    text = "no,metal,metal label,mint,mint name\nA7,AR,Silver,http://x.example/side,Side\nA8,AE,Bronze,nm:perge,Perge\n"
    assert [(r.values["material"], r.values["mint"]) for r in table(tmp_path, text).rows] == [
        ("Silver", "Side"),
        ("Bronze", "Perge"),
    ]


def test_headings_that_stand_twice_are_both_kept(tmp_path: Path):
    row = table(tmp_path, "no,Notes,Notes,note\nA7,a,b,c\n").rows[0]
    assert sorted(row.values.values()) == ["A7", "a", "b", "c"]


def test_a_column_from_which_no_year_speaks_is_no_date(tmp_path: Path):
    assert table(tmp_path, "no,from\nA7,a dealer\nA8,the finder\n").rows[0].values["from"] == "a dealer"


def test_a_person_says_what_a_heading_means(tmp_path: Path):
    found = table(tmp_path, "Ref,Ort,Mint\nA7,Perge,Side\n", said={"Ort": "findspot", "ref": "id", "Mint": "region"})
    assert found.key == "catalogue_id"
    assert found.rows[0].values == {"catalogue_id": "A7", "findspot": "Perge", "region": "Side"}


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"Platz": "findspot"}, "has no heading 'Platz'; its headings are: Ref, Ort"),
        ({"Ort": "findspott"}, "no column 'findspott'; did you mean findspot"),
        ({"Ort": "mint", "Ref": "mint"}, "gives mint to two headings"),
    ],
)
def test_what_a_person_says_wrongly_is_an_error(tmp_path: Path, said: dict[str, str], message: str):
    with pytest.raises(UnreadableMetadata, match=message):
        table(tmp_path, "Ref,Ort\nA7,Perge\n", said=said)


def test_the_kind_of_object_is_no_type_of_coins():
    assert meaning("Object type").name == meaning("Objekttyp").name == "object_type"


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("g", "weight"),
        ("[mm]", "diameter"),
        ("h", "die_axis"),
        ("#", "number"),
        ("Mzst.", "mint"),
        ("Ref.", "reference"),
    ],
)
def test_short_headings_of_catalogues(heading: str, name: str):
    assert meaning(heading).name == name


@pytest.mark.parametrize("heading", ["Ön yüz", "Εμπρόσθια όψη", "Лицевая сторона", "front side", "Obverse side"])
def test_a_word_for_side_says_nothing_beside_a_word_for_the_obverse(heading: str):
    assert meaning(heading).name == "obverse"


@pytest.mark.parametrize("headings", ["Droit;Revers", "Líc;Rub", "Face;Pile", "Tura;Yazı", "Head;Tail"])
def test_words_that_may_mean_other_things_are_sides_beside_their_partner(tmp_path: Path, headings: str):
    assert list(table(tmp_path, f"nr;{headings}\n5;boar;tree\n").headings) == ["number", "obverse", "reverse"]


def test_a_word_that_may_mean_other_things_is_no_side_alone(tmp_path: Path):
    assert list(table(tmp_path, "nr;Droit\n5;boar\n").headings) == ["number", "droit"]


def test_headings_merged_with_the_cell_below_stand_in_the_line_above(tmp_path: Path):
    found = table(tmp_path, "Kat.;Vs.;;Rs.\n;Legende;Stempel;Legende\nQ4;ΑΠ;V2;ΣΙ\n")
    assert list(found.headings) == ["kat", "obverse_legend", "obverse_die", "reverse_legend"]
    assert found.rows[0].cells["kat"] == "Q4"


def test_a_clear_word_for_a_side_goes_before_one_that_may_mean_other_things(tmp_path: Path):
    found = table(tmp_path, "nr;head;tail;obverse;reverse\n5;a.png;b.png;boar;tree\n")
    assert list(found.headings) == ["number", "head", "tail", "obverse", "reverse"]
