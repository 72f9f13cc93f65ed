"""The README and every help text hold to the truth."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import cli

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


COMMANDS = dict(commands(cli.main))


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_an_example(name: str) -> None:
    help_text = COMMANDS[name].help or ""
    assert "Example" in help_text and f"coingraph {name}" in help_text


def examples() -> list[str]:
    blocks = re.findall(r"```(?:console|sh|bash)?\n(.*?)```", README, flags=re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    helps = [line.strip() for command in COMMANDS.values() for line in (command.help or "").splitlines()]
    return sorted({line for line in lines + helps if line.startswith("coingraph ")})


@pytest.mark.parametrize("line", examples())
def test_every_option_of_an_example_exists(line: str) -> None:
    words = line.split("#")[0].split()[1:]
    command: click.Command = cli.main
    while words and isinstance(command, click.Group) and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h", "--version"}
    assert not isinstance(command, click.Group) or set(words) <= known, f"no such command: {line}"
    assert {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)} <= known


def test_help_needs_no_heavy_library() -> None:
    code = "import sys, cli; print(sorted({'torch', 'neo4j', 'sklearn', 'pandas', 'PIL'} & set(sys.modules)))"
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
