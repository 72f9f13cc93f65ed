"""Tables that fit a terminal, and what a pipe, JSON and CSV get instead."""

import csv
import io

import pytest
from rich.cells import cell_len

from commands.printing import say
from explore.tables import Answer, UnknownColumn, chosen, ending, sentence, shortened, shown, table, to_csv, to_lines

LONG = "IMP C CONSTANTINVS P F AVG / SOLI INVICTO COMITI with a very long description behind it"
ROWS = [
    {
        "coin": f"hoard/SH-00{number:02}",
        "type": LONG,
        "probability": number / 1000,
        "other": "hoard/SH-0099",
        "verified": True,
        "inliers": 1234 * number,
        "mint": "Senodunum upon the river",
        "findspot": None if number else "Ravna",
    }
    for number in range(3)
]


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert all(cell_len(line) <= width for line in table(ROWS, width).lines)


def test_wide_shows_every_column_in_full() -> None:
    found = table(ROWS, None)
    assert found.left_out == 0 and LONG in found.lines[1]


def test_the_collection_is_left_out_where_all_rows_share_it() -> None:
    assert table(ROWS, 80).lines[1].startswith("  SH-0000 ")
    mixed = [*ROWS, ROWS[0] | {"coin": "other/X-1"}]
    assert table(mixed, 80).lines[1].startswith("  hoard/SH-0000 ")


def test_columns_are_left_out_from_the_right_before_names_are_shortened() -> None:
    rows = [{"coin": "SH-1", "type": "Lyre and star", "mint": "M" * 40, "findspot": "F" * 40}]
    found = table(rows, 80, first=["coin", "type"])
    assert found.left_out == 1 and "M" * 40 in found.lines[1]


def test_ids_are_never_shortened() -> None:
    assert "SH-0002" in table(ROWS, 40).lines[-1]


def test_a_name_is_shortened_in_its_middle() -> None:
    assert shortened("IMP C CONSTANTINVS P F AVG", 20) == "IMP C CONS…S P F AVG"


def test_a_list_is_cut_between_its_names_which_may_have_commas() -> None:
    rows = [{"coin": "a", "mixes": ["Diana, in tunic: 7", "Galley left: 3", "Bull butting right: 2"]}]
    assert table(rows, 80).lines[1].endswith("Diana, in tunic: 7, Galley left: 3, Bull butting right: 2")
    assert table(rows, 50).lines[1].endswith("  Diana, in tunic: 7, Galley left: 3, 1 more")
    assert table(rows, 28).lines[1] == "  a     Diana,…ic: 7, 2 more"


def test_each_half_of_obverse_and_reverse_is_shortened() -> None:
    both = "IMP C CONSTANTINVS P F AVG / SOLI INVICTO COMITI"
    assert shortened(both, 31) == "IMP C C… F AVG / SOLI IN…COMITI"


@pytest.mark.parametrize(
    ("value", "shape", "text"),
    [
        (0.00007, "probability", "<0.01"),
        (0.999, "probability", ">0.99"),
        (1.0, "probability", ">0.99"),
        (0.0, "probability", "0.00"),
        (99.9991, "percentile", ">99.99"),
        (98.654, "percentile", "98.65"),
        (0.975, "share", "98 %"),
        (5.557, "grams", "5.56"),
        (18.84, "mm", "18.8"),
        (6.0, "hours", "6"),
        (12345, "", "12,345"),
        (True, "", "yes"),
        (None, "probability", "\N{EN DASH}"),
        (["obverse", "reverse"], "faces", "both"),
        ([], "faces", "none"),
    ],
)
def test_values_have_the_digits_of_their_kind(value: object, shape: str, text: str) -> None:
    assert shown(value, shape) == text


def test_numbers_are_right_aligned() -> None:
    heads, *lines = table([{"coin": "a", "inliers": 5}, {"coin": "b", "inliers": 5000}], 80).lines
    assert heads == "  coin  points" and lines == ["  a          5", "  b      5,000"]


def test_numbers_that_are_written_already_are_right_aligned_too() -> None:
    assert table([{"edges a coin": "9.12345"}, {"edges a coin": "-1.5"}], 80).lines[2] == "          -1.5"


def test_a_column_that_says_nothing_is_not_shown() -> None:
    assert table([{"coin": "a", "mint": None}], 80).lines[0] == "  coin"


def test_a_name_cannot_command_the_terminal() -> None:
    assert "\x1b" not in table([{"coin": "a\x1b[31m", "type": "b\nc"}], 80).lines[1]


def test_colour_is_beside_the_sign_that_says_the_same() -> None:
    rows = [{"coin": "a", "type": "? Lyre"}]
    assert "\x1b[33m? Lyre" in table(rows, 80, colour=True).lines[1]
    assert "\x1b" not in "".join(table(rows, 80).lines)


def test_a_pipe_gets_rows_parted_by_tabs_with_a_head() -> None:
    assert (
        to_lines([{"coin": "a/b", "mutual": ["obverse"], "edge": True}]) == "coin\tmutual\tedge\na/b\tobverse\ttrue\n"
    )
    assert to_lines([]) == ""


def test_csv_holds_every_column_and_numbers_as_numbers() -> None:
    (first, *_) = csv.DictReader(io.StringIO(to_csv(ROWS)))
    assert list(first) == list(ROWS[0]) and float(first["probability"]) == 0


def test_columns_are_chosen_by_name_or_by_head() -> None:
    assert chosen(ROWS[:1], ["prob.", "coin"]) == [{"probability": 0.0, "coin": "hoard/SH-0000"}]


def test_a_column_that_is_not_there_lists_the_right_ones() -> None:
    with pytest.raises(UnknownColumn, match="there is no column wight; there are coin, type, probability, other"):
        chosen(ROWS, ["wight"])


def test_a_cut_list_says_how_to_see_all() -> None:
    answer = Answer(ROWS, total=67, order="the most doubtful first")
    assert ending(answer, 25, 7) == ["25 of 67, the most doubtful first. All: --top 67", "7 more columns: --wide"]


def test_sentences_end_at_column_80() -> None:
    lines = sentence("word " * 40)
    assert len(lines) == 3 and all(len(line) <= 80 for line in lines)


def test_long_names_of_two_columns_end_equally_wide() -> None:
    rows = [{"coin": "hoard/a", "type": "T" * 90, "rather": "R" * 90}]
    (_, line) = table(rows, 80, first=["coin", "type", "rather"]).lines
    ours, other = (len(part) for part in line.split()[1:])
    assert abs(ours - other) <= 1 and len(line) <= 80


def test_a_column_that_says_nothing_is_left_out() -> None:
    rows = [{"coin": "hoard/a", "weight": None, "type": ""}, {"coin": "hoard/b", "weight": None, "type": "Wheel"}]
    assert table(rows, 80, first=["coin", "weight", "type"]).lines[0].split() == ["coin", "type"]


@pytest.mark.parametrize("person", [True, False])
def test_sentences_break_where_a_person_reads_and_nowhere_else(
    person: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("commands.printing.is_terminal", lambda: person)
    say("a sentence of some words " * 8)
    lines = capsys.readouterr().out.splitlines()
    assert (len(lines) > 1, max(map(len, lines)) <= 80) == (person, person)
