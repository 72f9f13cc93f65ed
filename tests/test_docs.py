"""The README, docs and every help text hold to the truth. `test_examples.py` runs the examples of the pages."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import cli
from commands.reference import commands, reference

ROOT = Path(__file__).parent.parent
PAGES = {page.name: page.read_text(encoding="utf-8") for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]}
COMMANDS = dict(commands(cli.main))
#: What a block of `sh` may hold: what cannot run in a test.
BY_HAND = re.compile(r"make (demo|test) |git clone |source \.venv|NEO4J_PASSWORD=")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_an_example(name: str) -> None:
    help_text = COMMANDS[name].help or ""
    assert "Example" in help_text and f"coingraph {name}" in help_text


def examples() -> list[str]:
    """The commands that pages and help texts name, without what is quoted in them."""
    pages = [line for text in PAGES.values() for line in re.findall(r"`(coingraph [^`]+)`", text)]
    helps = [line.strip() for command in COMMANDS.values() for line in (command.help or "").splitlines()]
    return sorted({re.sub(r"\s+", " ", line) for line in pages + helps if line.startswith("coingraph ")})


@pytest.mark.parametrize("line", examples())
def test_every_option_of_an_example_exists(line: str) -> None:
    words = line.split("#")[0].split()[1:]
    command: click.Command = cli.main
    while words and isinstance(command, click.Group) and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h", "--version"}
    assert not isinstance(command, click.Group) or set(words) <= known, f"no such command: {line}"
    assert {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)} <= known


def test_the_reference_is_up_to_date() -> None:
    assert PAGES["commands.md"] == reference(cli.main), "run `make docs`"


def test_what_no_test_runs_is_done_by_hand() -> None:
    blocks = [block for text in PAGES.values() for block in re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)]
    assert [line for block in blocks for line in block.splitlines() if not BY_HAND.match(line)] == []


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    folder = next(folder for folder in (ROOT, ROOT / "docs") if (folder / page).exists())
    for link in re.findall(r"\]\(([^)#]*)(?:#[^)]*)?\)", PAGES[page]):
        assert link.startswith("http") or (folder / link).exists(), link


def test_help_needs_no_heavy_library() -> None:
    code = "import sys, cli; print(sorted({'torch', 'neo4j', 'sklearn', 'pandas', 'PIL'} & set(sys.modules)))"
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
