"""Help: each command once on the first page, examples before options, in 80 places."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

import cli
from commands.helps import GROUPS, ORDER, grouped, top


def coingraph(*arguments: str, columns: int = 80) -> str:
    return CliRunner().invoke(cli.main, list(arguments), env={"COLUMNS": str(columns)}, prog_name="coingraph").output


def paths(group: click.Group, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*before, name)
        if isinstance(command, click.Group):
            yield from paths(command, (*before, name))


ALL = list(paths(cli.main))
EXAMPLES_OF = [path for path in ALL if len(path) > 1 or not isinstance(cli.main.commands[path[0]], click.Group)]


def test_no_command_stands_in_two_groups() -> None:
    names = [name for name, _ in grouped()]
    assert len(names) == len(set(names)) and set(names) <= set(cli.main.commands)


def test_a_command_of_no_group_is_listed_behind_them() -> None:
    assert "Also     heaviest" in top([*cli.main.commands, "heaviest"])


def test_the_first_page_fits_a_small_terminal() -> None:
    lines = coingraph("-h").splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines[1:] if line[0].isalpha()] == [g for g, _ in GROUPS] + ["Always", "More:"]


@pytest.mark.parametrize("path", [(), ("find",), ("spaces",), ("spaces", "import")], ids=" ".join)
def test_three_ways_to_one_help(path: tuple[str, ...]) -> None:
    shown = coingraph(*path, "-h")
    assert shown and shown == coingraph(*path, "--help") == coingraph("help", *path)


@pytest.mark.parametrize("path", EXAMPLES_OF, ids=" ".join)
def test_examples_come_before_options(path: tuple[str, ...]) -> None:
    lines = coingraph(*path, "-h").splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith(f"  coingraph {' '.join(path)}"))
    assert all(i > first for i, line in enumerate(lines) if line.startswith(tuple(f"{word}  " for word in ORDER)))


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_no_sentence_is_wider_than_80(path: tuple[str, ...], columns: int) -> None:
    lines = coingraph(*path, "-h", columns=columns).splitlines()
    assert [
        line for line in lines if len(line) > 80 and not line.startswith("  coingraph ") and "(?P<" not in line
    ] == []


def test_help_on_what_is_no_command_is_an_error() -> None:
    result = CliRunner().invoke(cli.main, ["help", "finde"], prog_name="coingraph")
    assert result.exit_code == 2
    assert result.stderr == "error: there is no command finde\ncure:  coingraph find; all commands: coingraph -h\n"


def test_options_of_every_command_stand_on_the_first_page_alone() -> None:
    assert "--debug" in coingraph("-h") and "--debug" not in coingraph("find", "-h")
