"""UTF-8 and UTF-16 are certain; any other encoding is found out by its letters, and called a guess."""

# ruff: noqa: RUF001 (letters of other scripts are meant)

import pytest

from ingest.sheets import decode, mistaken

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
