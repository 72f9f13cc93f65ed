"""`coingraph query` and `coingraph find` as a person meets them."""

import csv
import io
import json
import os
import pty
import re
import shutil
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from coded_hoard import CodedHoard
from rich.cells import cell_len

from cli import main
from queries.stored import catalogue


def coingraph(*words: str) -> Result:
    return CliRunner().invoke(main, words)


@pytest.fixture(autouse=True)
def _graph(coded: CodedHoard) -> None:
    """Every command here meets the planted hoard."""


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """What a command prints on a terminal of so many columns, without colour."""

    def printed(*words: str, columns: int = 80) -> list[str]:
        with monkeypatch.context() as patch:
            patch.setattr("commands.printing.is_terminal", lambda: True)
            patch.setenv("NO_COLOR", "1")
            patch.setenv("COLUMNS", str(columns))
            result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, result.output
        return result.stdout.splitlines()

    return printed


@pytest.fixture
def own(tmp_path: Path) -> Path:
    file = tmp_path / "mine.cypher"
    file.write_text(
        "MATCH (c:Coin)-[:HAS_SIDE]->(s) WITH c, count(s) AS sides WHERE sides < $most RETURN c.id AS coin, c"
    )
    return file


def test_a_real_terminal_gets_colour_and_a_pipe_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal, redirect_stdout(terminal):
        main(["coins", "--doubtful", "--top", "1"], standalone_mode=False)
        terminal.flush()
        shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert "\x1b[33m? " in shown and "\x1b" not in coingraph("coins", "--doubtful").stdout


def test_query_alone_lists_every_question() -> None:
    shown = coingraph("query").output
    assert all(query.name in shown and query.question in shown for query in catalogue())


def test_the_answer_is_a_sentence_above_its_table(terminal: Callable[..., list[str]]) -> None:
    said, more, heads, *rows = terminal("query", "doubtful-types", "share=0.7")
    alarms = r"\(false alarms expected: \d\.\d\)"
    sentence = rf"\d types? (is|are) doubtful {alarms}: the coins most like (it|them) are of another type\."
    assert re.fullmatch(sentence, f"{said} {more}")
    assert heads.startswith("  coin     type ")
    assert rows[0].startswith("  SH-00")


def test_what_a_question_was_asked_with_shows_when_somebody_wants_to_know(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "share=" not in coingraph("query", "doubtful-types").output
    monkeypatch.setenv("COINGRAPH_VERBOSE", "1")
    assert "share=0.6" in coingraph("query", "doubtful-types").stderr


LISTS = [
    *(["query", query.name] for query in catalogue() if not any(p.required for p in query.parameters)),
    ["query", "related-coins", "coin=SH-0007"],
    ["query", "matched-coins", "coin=SH-0007"],
    ["query"],
    ["coins"],
    ["coin", "SH-0007"],
    ["find", "SH-0007"],
    ["find", "SH-0007", "--why", "SH-0008"],
    ["propose", "--dry-run"],
    ["types"],
    ["collections"],
    ["spaces"],
    ["partitions"],
]


@pytest.mark.parametrize("words", LISTS, ids=" ".join)
def test_no_line_is_wider_than_the_terminal(words: list[str], terminal: Callable[..., list[str]]) -> None:
    lines = terminal(*words)
    assert lines and all(cell_len(line) <= 80 for line in lines if "/photographs/" not in line)


def test_a_pipe_gets_rows_alone_parted_by_tabs() -> None:
    heads, *rows = coingraph("query", "one-sided-coins").stdout.splitlines()
    assert heads.split("\t")[:2] == ["coin", "type"] and len({line.count("\t") for line in [heads, *rows]}) == 1


def test_columns_are_chosen_and_a_wrong_one_lists_the_right_ones() -> None:
    assert coingraph("query", "doubles", "--columns", "coin,other").stdout.splitlines()[0] == "coin\tother"
    wrong = coingraph("query", "doubles", "--columns", "coyn")
    assert wrong.exit_code == 1 and "no column coyn; there are coin, other, margin" in wrong.output


def test_a_list_that_was_cut_says_how_to_see_all(terminal: Callable[..., list[str]]) -> None:
    lines = terminal("coins")
    assert "25 of 60, those that need a look first. All: --top 60" in lines


def test_coins_that_need_a_look_come_first(coded: CodedHoard) -> None:
    rows = json.loads(coingraph("coins", "--json").stdout)
    assert len(rows) == 60 and rows[0]["doubtful"]
    assert next(row["type"] for row in rows if not row["doubtful"]) is None


def test_coins_can_be_chosen(coded: CodedHoard) -> None:
    def chosen(*words: str) -> set[str]:
        return {row["coin"] for row in json.loads(coingraph("coins", *words, "--json").stdout)}

    assert chosen("--untyped") == coded.planted("unclassified")
    assert chosen("--one-sided") == coded.planted("one_sided")
    assert chosen("--doubtful") >= coded.planted("miscatalogued")
    assert chosen("--untyped", "--one-sided") == set()


def test_no_rows_is_an_answer(terminal: Callable[..., list[str]]) -> None:
    assert terminal("coins", "--type", "none of this name") == ["No coin in hoard has the type none of this name."]


def test_a_record_says_who_says_the_type_and_where_the_photographs_are(coded: CodedHoard) -> None:
    (coin,) = coded.planted("miscatalogued")
    shown = coingraph("coin", coin).stdout
    assert "says the table; doubtful." in shown and "counts" in shown and "_obv.jpg" in shown
    found = json.loads(coingraph("coin", coin, "--json").stdout)
    assert found["opinions"][0]["source"] == "table" and len(found["relatives"]) == 3


@pytest.mark.parametrize("name", ["like.png", "like.html"])
def test_a_sheet_shows_both_sides_of_each_coin(tmp_path: Path, name: str) -> None:
    result = coingraph("find", "SH-0007", "--top", "3", "--sheet", str(tmp_path / name))
    assert result.exit_code == 0 and (tmp_path / name).stat().st_size > 10_000
    if name.endswith(".html"):  # the coin asked about, then each with how alike its sides are
        words = re.findall(r"<br>(hoard/[^<]*)<br>", (tmp_path / name).read_text(encoding="utf-8"))
        assert words[0] == "hoard/SH-0007" and all(re.search(r"  (obv|rev) [\d.>]+.* %$", one) for one in words[1:])


def test_a_sheet_of_another_ending_is_refused_before_the_question(tmp_path: Path) -> None:
    assert "like.gif" in coingraph("query", "doubles", "--sheet", str(tmp_path / "like.gif")).output


def test_json_is_json(coded: CodedHoard) -> None:
    rows = json.loads(coingraph("query", "doubles", "--json").output)
    assert {rows[0]["coin"], rows[0]["other"]} == coded.planted("double")


def test_csv_is_csv(coded: CodedHoard) -> None:
    rows = list(csv.DictReader(io.StringIO(coingraph("query", "likely-types", "--csv").output)))
    assert {rows[0]["coin"]} == coded.planted("unclassified") and "; " in rows[0]["also_like"]


def test_a_space_may_be_named_and_a_coin_shortened(coded: CodedHoard) -> None:
    shown = coingraph("query", "related-coins", "coin=0007", "space=cameras", "--show").output
    assert ":param coin => 'hoard/SH-0007';" in shown and ":param space => 'cameras';" in shown


def test_show_gives_every_parameter_its_value() -> None:
    shown = coingraph("query", "typical-coins", "--show").output.splitlines()
    assert shown[:2] == [":param space => 'dies';", ":param partition => 'dies/both/leiden/auto-g1-seed1';"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nonsense"], "there is no stored question 'nonsense'"),
        (["outliers", "measure=colour"], "no coin has a number 'colour'; numbers are "),
        (["related-coins", "coin=7"], "'7' may be hoard/SH-0007, hoard/SH-0017"),
        (["doubles", "space=none"], "no space is called 'none'; there is cameras, dies"),
        (["bridges", "partition=none"], "there is no partition 'none'; there is cameras/both"),
        (["bridges", "space=cameras", "partition=dies/both/leiden/auto-g1-seed1"], "belongs to space 'dies'"),
        (["run-changes", "run=1999"], "there is no run '1999'"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(words: list[str], message: str) -> None:
    result = coingraph("query", *words)
    assert result.exit_code == (1 if "may be" in message else 2)  # a coin that is not clear is no wrong word
    assert message in result.output and "Traceback" not in result.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["doubles", "limit=many"], "limit must be an integer, not 'many'"),
        (["doubles", "limit=-1"], "limit must be at least 1, not -1"),
        (["doubles", "percentile=200"], "percentile must be from 0 to 100, not 200"),
        (["doubles", "most=1"], "doubles has no parameter 'most'; it takes space, percentile, weighing, pairs, limit"),
        (["related-coins"], "related-coins needs coin"),
        (["related-coins", "SH-0001"], "write coin=SH-0001"),
    ],
)
def test_wrong_values_are_wrong_usage(words: list[str], message: str) -> None:
    result = coingraph("query", *words)
    assert result.exit_code == 2 and message in result.output


def test_the_measures_there_are_leave_out_centralities() -> None:
    told = coingraph("query", "outliers", "measure=colour").output
    assert "pagerank" not in told and "cure:  coingraph query outliers measure=weight" in told


def test_nothing_found_is_a_sentence(terminal: Callable[..., list[str]]) -> None:
    assert terminal("query", "outliers", "deviations=1e6") == ["No coin is far from the rest of its community."]
    assert coingraph("query", "outliers", "deviations=1e6").stdout == ""


def test_a_partition_alone_tells_its_space() -> None:
    shown = coingraph("query", "bridges", "partition=cameras/both/leiden/auto-g1-seed1", "--show").output
    assert ":param space => 'cameras';" in shown


def test_a_word_without_a_value_is_wrong_usage() -> None:
    result = coingraph("query", "doubles", "limit")
    assert result.exit_code == 2 and "write KEY=VALUE" in result.output


def test_a_file_of_ones_own_is_asked(coded: CodedHoard, own: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(coingraph("query", "--file", str(own), "most=2", "--csv").output)))
    assert rows == [{"coin": coin} for coin in coded.planted("one_sided")]


def test_nodes_of_ones_own_question_come_as_json(own: Path) -> None:
    (row,) = json.loads(coingraph("query", "--file", str(own), "most=2", "--json").output)
    assert row["c"]["labels"] == ["Coin"] and row["c"]["id"] == row["coin"]


def test_a_file_that_writes_is_refused_and_changes_nothing(coded: CodedHoard, tmp_path: Path) -> None:
    file = tmp_path / "bad.cypher"
    file.write_text("MATCH (c:Coin) DETACH DELETE c")
    result = coingraph("query", "--file", str(file))
    assert result.exit_code == 1 and "only reads" in result.output
    assert coded.db.read("MATCH (c:Coin) RETURN count(c) AS coins") == [{"coins": 60}]


def test_bad_cypher_is_shown_without_a_traceback(tmp_path: Path) -> None:
    file = tmp_path / "bad.cypher"
    file.write_text("MATCH (c:Coin RETURN c")
    result = coingraph("query", "--file", str(file))
    assert result.exit_code == 1 and "Invalid input" in result.output and "Traceback" not in result.output


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no query"),
        (b"// only words\n", "holds no query"),
        (b"\xff\xfe", "UTF-8"),
        (b":param limit => 3;\n\nMATCH (c) RETURN c LIMIT $limit", "begins with a line for Neo4j Browser"),
    ],
)
def test_a_file_without_a_question_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "empty.cypher"
    file.write_bytes(content)
    result = coingraph("query", "--file", str(file))
    assert result.exit_code == 1 and "empty.cypher" in result.output and message in result.output


def test_find_ranks_the_coins_like_one(coded: CodedHoard) -> None:
    one, other = sorted(coded.planted("double"))
    rows = json.loads(coingraph("find", one.removeprefix("hoard/"), "--top", "3", "--json").output)
    assert rows[0]["coin"] == other and len(rows) == 3


def test_find_explains_a_pair(coded: CodedHoard, terminal: Callable[..., list[str]]) -> None:
    one, other = sorted(coded.planted("double"))
    assert "expected_rank" in coingraph("find", one, "--why", other).stdout
    shown = " ".join(terminal("find", one, "--why", other))
    assert (
        "among the closest 5 % of pairs by every side compared" in shown and "among 59 sides, by likeness to" in shown
    )


def test_a_coin_is_not_explained_by_itself() -> None:
    result = coingraph("find", "SH-0007", "--why", "0007")
    assert result.exit_code == 1 and "both are the same coin, hoard/SH-0007" in result.output


@pytest.mark.parametrize("words", [[""], ["SH-0007", "--why", " "], ["--text", ""]], ids=str)
def test_find_wants_a_name(words: list[str]) -> None:
    assert coingraph("find", *words).exit_code == 2


def test_a_photograph_that_is_not_there_is_called_a_file(tmp_path: Path) -> None:
    result = coingraph("find", str(tmp_path / "nix.jpg"))
    assert result.exit_code == 1 and f"there is no file {tmp_path / 'nix.jpg'}" in result.output


def test_a_photograph_that_is_damaged_is_named(coded: CodedHoard, tmp_path: Path) -> None:
    file = tmp_path / "trunc.jpg"
    file.write_bytes((coded.truth.folder / "photographs" / "SH-0007_rev.jpg").read_bytes()[:2000])
    assert f"error: {file}: " in coingraph("find", str(file)).output


def test_a_side_that_a_coin_lacks_is_named(coded: CodedHoard) -> None:
    (coin,) = coded.planted("one_sided")
    (row,) = json.loads(coingraph("query", "one-sided-coins", "--json").output)
    result = coingraph("find", coin, "--side", row["lacks"])
    assert result.exit_code == 1 and f"{coin} has no {row['lacks']} in the graph, only {row['has']}" in result.output


def test_find_knows_a_photograph_of_the_graph(coded: CodedHoard, tmp_path: Path) -> None:
    copy = shutil.copy(coded.truth.folder / "photographs" / "SH-0007_rev.jpg", tmp_path / "new.jpg")
    result = coingraph("find", str(copy))
    assert "is the reverse of hoard/SH-0007" in result.output


def test_find_refuses_a_coin_that_is_not_there() -> None:
    result = coingraph("find", "no-such-coin")
    assert result.exit_code == 1 and "no coin is called 'no-such-coin'" in result.output
