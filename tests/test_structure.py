"""What import-linter cannot see: where Cypher stands, who prints, and that `errors.py` imports nothing of ours."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.structure import LOANS, PACKAGES, Program
from cli import main

ROOT = Path(__file__).parent.parent
CYPHER = re.compile(r"\b(MATCH|MERGE|UNWIND) *[({\[$]|\b(CREATE|RETURN) \(?\w+:")
BARS = {"tqdm", "trange", "print", "echo", "secho"}


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def texts(path: Path) -> Iterator[str]:
    """Every string of a file but its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def calls(path: Path) -> set[str]:
    """The names of the functions that a file calls, without what stands before the dot."""
    called = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return {f.id if isinstance(f, ast.Name) else f.attr for f in called if isinstance(f, ast.Name | ast.Attribute)}


def test_errors_imports_the_standard_library_alone() -> None:
    tree = ast.parse((ROOT / "errors.py").read_text(encoding="utf-8"))
    imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    imported += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {name.partition(".")[0] for name in imported} <= set(sys.stdlib_module_names)


def test_cypher_stands_in_graph_and_queries_only() -> None:
    found = {name_of(path) for path in sources(*PACKAGES) if any(CYPHER.search(text) for text in texts(path))}
    assert "graph/spaces.py" in found
    assert {name for name in found if not name.startswith(("graph/", "queries/"))} == set()


def test_only_commands_print_and_draw_bars() -> None:
    others = (package for package in PACKAGES if package != "commands")
    for_maintainers = {"graph/server/lock_jars.py", "embed/legends/train.py"}
    assert {name_of(path) for path in sources(*others) if calls(path) & BARS} == for_maintainers


@pytest.mark.long
def test_no_message_below_the_commands_names_a_command() -> None:
    """The cure in words stands in `commands/cures.py`; explore/report.py and summary.py say what to go on with."""
    named = re.compile(r"coingraph (" + "|".join(re.escape(name) for name in main.commands) + r")\b")
    others = (package for package in PACKAGES if package != "commands")
    found = {name_of(path) for path in sources(*others) if any(named.search(text) for text in texts(path))}
    # What made a folder is written into it: no message. The page says its cures itself, for a browser shows them.
    told = {"explore/report.py", "explore/summary.py", "ingest/split.py", "hoard/make.py"}
    assert {name for name in found - told if not name.startswith("explore/page/")} == set()


@pytest.fixture(scope="module")
def program() -> Program:
    return Program()


@pytest.mark.long
@pytest.mark.parametrize("command", ["evaluate", "compare", "sweep", "link", "embed", "dies", "spaces list"])
def test_the_files_of_a_capability_begin_with_its_command(program: Program, command: str) -> None:
    assert next(iter(program.files(program.own(command)))).startswith("commands/")


@pytest.mark.parametrize(
    ("command", "most"), [("evaluate", 4), ("compare", 4), ("sweep", 4), ("link", 7), ("embed", 8)]
)
def test_a_capability_stands_in_few_files(program: Program, command: str, most: int) -> None:
    assert len(program.files(program.own(command))) <= most


def test_no_loan_is_out_of_date(program: Program) -> None:
    assert {(borrower, lent) for borrower, lent in LOANS if lent not in program.calls.get(borrower, ())} == set()
