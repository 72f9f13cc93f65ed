"""Which files are the two sides of one coin, decided for the folder as a whole."""

from pathlib import Path

import pytest
from tiny_pictures import picture

from ingest.coins import Coins, put_together, suggest
from ingest.pairing import BadPattern, Pairing, tell, tell_by_pattern
from ingest.scan import Found, scan


def found(*names: str) -> list[Found]:
    """Files as a scan of a folder gives them; the first part of the path is their face, if it is one."""
    files = []
    for name in names:
        folders = name.split("/")[:-1]
        face = folders.pop(0) if folders and folders[0] in ("obverse", "reverse") else None
        coin_type = folders[-1] if folders and folders[-1] != "unknown" else None
        files.append(Found(Path("/coins", name), name, "/".join(folders), face, coin_type))  # type: ignore[arg-type]
    return files


def together(pairing: Pairing) -> Coins:
    return put_together(pairing.told, {f: (f.relative, 9, 9) for f in pairing.told})


def coins_of(*names: str, numbered: bool = False) -> dict[str, list[str]]:
    """The coins' names with their faces."""
    return {coin.name: sorted(coin.files) for coin in together(tell(found(*names), numbered)).coins}


BOTH = ["obverse", "reverse"]


@pytest.mark.parametrize(
    ("obverse", "reverse", "coin"),
    [
        ("A.9_obv_box", "A.9_rev_box", "A.9"),
        ("K9_a", "K9_r", "K9"),
        ("00012a00", "00012r00", "00012"),
        ("9-9_av", "9-9_rv", "9-9"),
        ("Ober9-9_a", "Ober9-9_r", "Ober9-9"),
        ("heads00070", "tails00070", "00070"),
        ("A001-Obverse", "A001-Reverse", "A001"),
        ("x_o", "x_r", "x"),
        ("x_vs", "x_rs", "x"),
        ("K9_A", "K9_R", "K9"),
        ("Münze 5 (Vorderseite)", "Münze 5 (Rückseite)", "Münze 5"),
        ('O\'Brien "7" obv', 'O\'Brien "7" rev', 'O\'Brien "7"'),
        ("coin_obv_12", "coin_rev_12", "coin_12"),
    ],
)
def test_names_that_pair(obverse: str, reverse: str, coin: str):
    assert coins_of(f"{obverse}.jpg", f"{reverse}.JPG") == {coin: BOTH}


def test_names_pair_between_folders_of_the_faces():
    assert coins_of("obverse/Boii/K9_a.jpg", "reverse/Boii/K9_r.jpg") == {"K9": BOTH}
    assert coins_of("obverse/Boii/K9.jpg", "reverse/Boii/K9.jpg") == {"K9": BOTH}


def test_a_folder_may_mix_the_styles_of_several_collections():
    mixed = coins_of("K9_a.jpg", "K9_r.jpg", "A.9_obv_box.jpg", "A.9_rev_box.jpg", "00012a00.jpg", "00012r00.jpg")
    assert mixed == {"K9": BOTH, "A.9": BOTH, "00012": BOTH}


def test_the_style_in_use_is_named_with_its_files():
    assert tell(found("K9_a.jpg", "K9_r.jpg", "K10_a.jpg")).style == "a/r (3 files)"


def test_numbers_are_sides_only_when_asked_for():
    names = ("x_1.jpg", "x_2.jpg")
    assert coins_of(*names) == {}
    assert coins_of(*names, numbered=True) == {"x": BOTH}


def test_coins_counted_by_letters_are_not_taken_for_sides():
    letters = [f"{face}/coin_{letter}.jpg" for face in ("obverse", "reverse") for letter in "abcdefghijklmnopqr"]
    coins = coins_of(*letters)
    assert len(coins) == 18
    assert all(sides == BOTH for sides in coins.values())


def test_a_letter_in_front_of_a_number_is_part_of_the_coins_name():
    series = [f"{series}00{n}-{side}.jpg" for series in "AR" for n in range(5) for side in ("Obverse", "Reverse")]
    assert "A001" in coins_of(*series[:-3])
    assert "R001" in coins_of(*series[:-3])


def test_a_side_without_its_partner_is_kept():
    assert coins_of("K9_a.jpg", "K9_r.jpg", "K10_a.jpg") == {"K9": BOTH, "K10": ["obverse"]}


def test_a_name_that_tells_no_side_is_left_out():
    pairing = tell(found("K9_a.jpg", "K9_r.jpg", "map.jpg"))
    assert [f.relative for f in pairing.untold] == ["map.jpg"]


def test_obverses_photographed_first_have_the_names_they_will_have_with_their_reverses():
    before = coins_of("obverse/K9_a.jpg", "obverse/K10_a.jpg")
    after = coins_of("obverse/K9_a.jpg", "obverse/K10_a.jpg", "reverse/K9_r.jpg", "reverse/K10_r.jpg")
    assert before.keys() == after.keys() == {"K9", "K10"}


def test_near_misses_are_suggested_and_not_joined():
    coins = together(tell(found("1_av.jpg", "1_rv.jpg", "_20-1146_av.jpg", "20-1146_rv.jpg"))).coins
    assert len(coins) == 3
    assert suggest(coins) == [("_20-1146_av.jpg", "20-1146_rv.jpg")]


@pytest.mark.parametrize("reverse", ["zia0023_r", "ZiA 0023_r", "Zia23_r", "Zias0023_r"])
def test_names_that_differ_in_case_space_zeros_or_a_letter_are_near_misses(reverse: str):
    coins = together(tell(found("1_a.jpg", "1_r.jpg", "Zia0023_a.jpg", f"{reverse}.jpg"))).coins
    assert suggest(coins) == [("Zia0023_a.jpg", f"{reverse}.jpg")]


def test_neighbouring_numbers_are_no_near_misses():
    assert suggest(together(tell(found("1_a.jpg", "1_r.jpg", "MC0498_a.jpg", "MC0499_r.jpg"))).coins) == []


def test_a_year_that_all_names_share_makes_no_near_misses():
    obverses = [f"Hoard 2019 {animal} obv.jpg" for animal in ("boar", "deer", "hare", "snake")]
    reverses = [f"Hoard 2019 {animal} rev.jpg" for animal in ("bear", "horse", "stork", "ram")]
    coins = together(tell(found("K1_obv.jpg", "K1_rev.jpg", *obverses, *reverses))).coins
    assert len(coins) == 9
    assert suggest(coins) == []


def test_a_file_whose_name_contradicts_its_folder_is_a_misfit():
    pairing = tell(found("obverse/K9_a.jpg", "reverse/K9_r.jpg", "obverse/Zia0023_r.jpg", "reverse/Zia0023_r.jpg"))
    assert [misfit.path for misfit in pairing.misfits] == ["/coins/obverse/Zia0023_r.jpg"]
    assert {c.name: sorted(c.files) for c in together(pairing).coins} == {"K9": BOTH, "Zia0023": ["reverse"]}


def test_two_files_for_one_side():
    result = together(tell(found("K9_a.jpg", "K9_r.jpg", "K9_a.png")))
    assert len(result.coins) == 1
    assert not result.skipped
    assert [(s.path, s.reason) for s in result.views] == [
        ("/coins/K9_a.png", "a further view of the obverse of K9; K9_a.jpg is used")
    ]


def test_details_beside_the_whole_are_not_taken_for_the_coin():
    assert coins_of("K9_a.jpg", "K9_r.jpg", "K9_a_detail.jpg") == {"K9": BOTH}


def test_a_coin_keeps_its_name_in_another_type_folder():
    before = coins_of("obverse/Boii/K9_a.jpg", "reverse/Boii/K9_r.jpg")
    after = coins_of("obverse/Vindelici/K9_a.jpg", "reverse/Vindelici/K9_r.jpg")
    assert before == after == {"K9": BOTH}


def test_sides_pair_though_only_one_has_been_given_a_type():
    result = together(tell(found("obverse/unknown/K9_a.jpg", "reverse/Boii/K9_r.jpg")))
    assert len(result.coins) == 1
    assert not result.misfits


def test_sides_under_different_types_are_reported():
    result = together(tell(found("obverse/Boii/K9_a.jpg", "reverse/Vindelici/K9_r.jpg")))
    assert len(result.coins) == 1
    assert "lies under 'Vindelici', its obverse under 'Boii'" in result.misfits[0].reason


def test_one_name_for_coins_of_two_folders_is_told_apart_by_the_folder():
    result = together(tell(found("Boii/1_a.jpg", "Boii/1_r.jpg", "Vindelici/1_a.jpg", "Vindelici/1_r.jpg")))
    assert [coin.name for coin in result.coins] == result.apart == ["Boii/1", "Vindelici/1"]


def test_where_numbers_begin_again_in_each_folder_sides_do_not_pair_between_folders():
    names = (
        "Boii/1_a.jpg",
        "Boii/1_r.jpg",
        "Vindelici/1_a.jpg",
        "Vindelici/1_r.jpg",
        "Boii/2_a.jpg",
        "Vindelici/2_r.jpg",
    )
    result = together(tell(found(*names)))
    assert {c.name: sorted(c.files) for c in result.coins if "2" in c.name} == {
        "Boii/2": ["obverse"],
        "Vindelici/2": ["reverse"],
    }


def test_a_copy_in_another_folder_is_no_second_coin(tmp_path: Path):
    for name in ("Boii/1_a.png", "Boii/1_r.png", "unknown/1_a.png"):
        picture(tmp_path / name, content=name[-5:])
    pairing = tell(scan(tmp_path)[0])
    result = put_together(pairing.told, {f: (f.path.read_bytes().hex(), 9, 9) for f in pairing.told})
    assert [coin.name for coin in result.coins] == ["1"]
    assert result.skipped[0].reason == "the same picture as Boii/1_a.png"


def test_a_pattern_tells_coin_and_side_from_the_name():
    pairing = tell_by_pattern(found("left-K9.jpg", "K9.jpg"), r"(?P<side>left|K)-?(?P<coin>\w+)")
    assert pairing.told == {}
    pairing = tell_by_pattern(found("Vs.K9.jpg", "Rs.K9.jpg", "K9.jpg"), r"^(?P<side>\w+)\.(?P<coin>\w+)\.jpg")
    assert {c.name: sorted(c.files) for c in together(pairing).coins} == {"K9": BOTH}
    assert [f.relative for f in pairing.untold] == ["K9.jpg"]


def test_a_pattern_may_look_at_the_path():
    pairing = tell_by_pattern(found("K9/1.jpg", "K9/2.jpg"), r"(?P<coin>[^/]+)/(?P<side>[12])\.jpg$")
    assert {c.name: sorted(c.files) for c in together(pairing).coins} == {"K9": BOTH}


@pytest.mark.parametrize("pattern", ["(", "(?P<coin>.*)", "no groups"])
def test_a_pattern_that_cannot_work_is_refused(pattern: str):
    with pytest.raises(BadPattern):
        tell_by_pattern(found("K9.jpg"), pattern)


def test_the_coins_of_the_thesis_pair_by_their_published_names(shared_data: Path):
    names = [
        f"{face}/{name}"
        for face, suffix in (("obverse", "ob"), ("reverse", "rev"))
        for name in (shared_data / "seed" / f"fused_filenames_{suffix}.txt").read_text().split("\n")
        if name
    ]
    pairing = tell(found(*names))
    coins = together(pairing).coins
    assert sum(len(coin.files) == 2 for coin in coins) == 738
    assert [coin.name for coin in coins if len(coin.files) == 1] == ["20-1146", "A.89", "MC0498", "_20-1146"]
    assert [misfit.path for misfit in pairing.misfits] == ["/coins/obverse/Zia0023_r.jpg"]
    assert suggest(coins) == [("obverse/_20-1146_av.jpg", "reverse/20-1146_rv.jpg")]


def test_a_capital_begins_the_word_for_a_side():
    assert coins_of("GalbaAsRevers.jpg", "GalbaAsAvers.jpg") == {"GalbaAs": BOTH}
    assert coins_of("ObvGalba.jpg", "RevGalba.jpg") == {"Galba": BOTH}


def test_the_first_of_two_words_counts_where_it_completes_the_coins():
    names = [f"{coin} {side} rev3.png" for coin in ("K8", "K9") for side in ("obv", "rev")]
    assert coins_of(*names) == {"K8": BOTH, "K9": BOTH}


@pytest.mark.parametrize("name", ["K7_obv_rev.jpg", "K7 avers+revers.jpg", "Vs und Rs K7.jpg", "K7_recto-verso.jpg"])
def test_a_name_that_says_both_sides_is_neither(name: str):
    pairing = tell(found("K7_obv.jpg", "K7_rev.jpg", name))
    assert [f.relative for f in pairing.untold] == [name]
    assert "--split" in pairing.reasons[pairing.untold[0]]


def test_a_head_on_the_obverse_says_one_side():
    assert coins_of("boar head obverse.jpg", "boar head reverse.jpg") == {"boar head": BOTH}


def test_what_stands_behind_the_side_in_every_coin_is_no_part_of_its_name():
    names = [f"K{number}_{side}01.jpg" for number in (4, 5, 6) for side in ("av", "rv")]
    assert coins_of(*names) == {"K4": BOTH, "K5": BOTH, "K6": BOTH}


def test_words_behind_the_side_that_mark_no_rendition_tell_coins_apart():
    names = [f"K{n} {side} {place}.jpg" for n in (4, 5) for side in ("av", "rv") for place in ("Ulm", "Bonn")]
    assert len(coins_of(*names)) == 4
    names = [
        f"{metal}_{side}_{ruler}.jpg" for metal in ("gold", "iron") for side in ("av", "rv") for ruler in ("I", "X")
    ]
    assert len(coins_of(*names)) == 4
