"""Errors in two lines: what is wrong, and what mends it."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from benchmarks.structure import PACKAGES
from cli import main
from commands.cures import CURES, cure_of
from commands.printing import error_lines
from graph.projection import NoEdges
from queries.header import BadParameter

ROOT = Path(__file__).parent.parent


def coingraph(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), prog_name="coingraph")


def codes() -> set[str]:
    """The names of all error classes."""
    found = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for line in path.read_text(encoding="utf-8").splitlines():
                if line.startswith("class ") and "(" in line:
                    found.add(line.removeprefix("class ").partition("(")[0])
    return found


def test_every_cure_is_of_an_error_that_exists() -> None:
    assert set(CURES) - codes() == set()


def test_a_cure_is_made_of_the_facts() -> None:
    assert cure_of(NoEdges("the space x has no edges", space="x")) == "coingraph link --space x"


def test_coins_without_any_weight_are_given_one_by_a_table() -> None:
    cure = cure_of(BadParameter("no coin has a number 'weight'", unmeasured=True))
    assert cure == "coingraph ingest FOLDER --metadata TABLE, with a column weight or diameter"


def test_an_error_without_the_facts_has_no_cure() -> None:
    assert cure_of(NoEdges("no edges")) is None


@pytest.mark.parametrize(
    ("line", "error", "cure"),
    [
        ("find --tops 3", "find has no option --tops", "--top "),
        ("finde A.9", "there is no command finde", "coingraph find; all commands: coingraph -h"),
        ("query dubles", "there is no stored question 'dubles'", "coingraph query doubles; all questions"),
        ("find", "give a coin, words with --text, or a legend", "coingraph find -h"),
        ("plot tsne --face x", "--face: 'x' is not one of", "coingraph plot tsne -h"),
    ],
)
def test_a_wrong_word_is_two_lines_and_status_2(line: str, error: str, cure: str) -> None:
    result = coingraph(*line.split())
    first, second = result.stderr.splitlines()
    assert result.exit_code == 2
    assert first.startswith(f"error: {error}")
    assert cure in second and second.startswith("cure:  ")


def test_on_a_terminal_an_error_breaks_at_words_and_a_command_to_copy_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    text, command = "there is no type like this one; " * 4, 'coingraph set-type … "Galba; horse left"' + " " * 60
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    lines = error_lines("error", text, f"{command}x; a new one: --new")
    assert all(len(line) <= 80 for line in lines[:2]) and lines[-2:] == [f"cure:  {command}x;", "a new one: --new"]
    monkeypatch.setattr("sys.stderr.isatty", lambda: False, raising=False)
    assert error_lines("error", text, command) == [f"error: {text}", f"cure:  {command}"]


@pytest.mark.parametrize("words", [[], ["plot"], ["verdicts"]])
def test_a_name_of_several_commands_alone_shows_its_help(words: list[str]) -> None:
    result = coingraph(*words)
    assert (result.exit_code, result.stderr, result.stdout) == (0, "", coingraph(*words, "-h").stdout)
