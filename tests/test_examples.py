"""Every example of the README and of docs runs on the hoard of `make demo`, and prints what the page shows.

A block of `console` holds commands after `$`, with what they print; `…` as the last line stands for more lines. Blocks
of `python` and `cypher` run, too. Where an output changes on purpose, write the pages anew, then read their diff:

    pytest tests/test_examples.py -m examples --rewrite-docs
"""

import io
import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import empty

from cli import main
from explore.summary import summary
from graph.connection import Database
from graph.verdicts import lifted
from hoard import make_hoard
from pipeline.demo import demo

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```(console|python|cypher)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MORE = "…"
DEMO = "demo.txt"  # what `make demo` said when the hoard was prepared
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
WHEN = re.compile(r"\d{1,2} [A-Z][a-z]{2} \d\d:\d\d")
#: What a page may have added, by the command that removes it.
ADDED = {
    "collections remove": "MATCH (k:Collection) WHERE k.name <> 'hoard' RETURN k.name AS name",
    "spaces remove": """MATCH (s:Space) WHERE NOT s.name IN ['coin-lite2', 'coin-lite2-trained', 'legend']
                        RETURN s.name AS name""",
    "partitions remove": "MATCH (p:Partition) WHERE NOT 'hoard' IN p.collections RETURN p.id AS name",
}
#: Vectors differ a little from one processor to the next, and so do the figures that come from them.
RELATIVE, ABSOLUTE = 0.05, 0.05


def pages() -> list[str]:
    found = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [str(page.relative_to(ROOT)) for page in found if BLOCK.search(page.read_text(encoding="utf-8"))]


@pytest.fixture(scope="module")
def prepared(server: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `make demo` leaves there, and a few photographs with a table as somebody may have them."""
    empty(server)
    folder = tmp_path_factory.mktemp("examples")
    done = demo(server, folder / "demo")
    (folder / DEMO).write_text("\n".join(summary(done.result, Path("demo", "report"))), encoding="utf-8")
    own = make_hoard(folder / "own", coins=20, types=2, seed=5, difficulty="easy")
    (folder / "photographs").symlink_to(own.folder / "photographs")
    (folder / "coins.csv").symlink_to(own.folder / "coins.csv")
    return folder


@pytest.fixture
def folder(prepared: Path, server: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The prepared folder as the current one. Afterwards the graph is as it was: the hoard alone, no verdict."""
    monkeypatch.chdir(prepared)
    monkeypatch.setattr("commands.printing.is_terminal", lambda: True)
    monkeypatch.setattr("commands.terminal.BRIEF", 3600)  # progress is no part of an answer
    for name, value in {"NO_COLOR": "1", "COLUMNS": "80", "COINGRAPH_AS": "M. R."}.items():
        monkeypatch.setenv(name, value)
    yield prepared
    bring_back(server)


def bring_back(server: Database) -> None:
    """Remove what a page added or decided; edges, percentiles and proposals are then made as they were."""
    decided = server.read("MATCH (v:Verdict) RETURN v LIMIT 1")
    with lifted(server):
        server.write("MATCH (v:Verdict) DETACH DELETE v")
    steps = [[*remove.split(), row["name"], "--yes"] for remove, added in ADDED.items() for row in server.read(added)]
    steps += [["link"], ["analyze"], ["propose"]] if steps or decided else []
    steps += [["dies", "--clear"]] if server.read("MATCH (d:DieStudy) RETURN d LIMIT 1") else []
    for words in steps:
        assert CliRunner().invoke(main, words).exit_code == 0, words


@pytest.mark.examples
@pytest.mark.parametrize("page", pages())
def test_a_page_shows_what_happens(page: str, folder: Path, server: Database, request: pytest.FixtureRequest) -> None:
    wrong: list[str] = []
    text = as_it_is((ROOT / page).read_text(encoding="utf-8"), folder, server, wrong)
    if request.config.getoption("rewrite_docs"):
        (ROOT / page).write_text(text, encoding="utf-8")
    else:
        assert not wrong, "\n\n".join(wrong)


def as_it_is(page: str, folder: Path, server: Database, wrong: list[str]) -> str:
    """Run the blocks of a page; the page with what they print now. What is not as shown is added to ``wrong``."""

    def run(block: re.Match[str]) -> str:
        kind, text = block[1], block[2]
        if kind == "python":
            _run_python(text)
        elif kind == "cypher":
            assert server.read(text), f"no rows: {text}"
        else:
            text = "".join(_run_command(line, shown, folder, wrong) for line, shown in commands_of(text))
        return f"```{kind}\n{text}```"

    return BLOCK.sub(run, page)


def commands_of(block: str) -> list[tuple[str, list[str]]]:
    """The commands of a block, each with the lines that are shown below it."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line, []))
        else:
            found[-1][1].append(line)
    return found


def _run_command(line: str, shown: list[str], folder: Path, wrong: list[str]) -> str:
    """Run a line and compare what it prints with what is ``shown``; the text of both as it should be."""
    typed, _, file = line[2:].partition(" > ")
    program, *words = shlex.split(typed, comments=True)
    if line == "$ make demo":
        output = Path(DEMO).read_text(encoding="utf-8")
    else:
        assert program == "coingraph", f"what cannot run here stands in a block of sh: {line}"
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, f"{line}\n{result.output}{result.exception!r}"
        output = result.stderr if file else result.stdout + result.stderr
    if file:
        Path(file).write_text(result.stdout, encoding="utf-8")
    printed = output.replace(f"{folder}/", "").rstrip().splitlines()
    if shown and shown != [MORE]:
        printed = [*printed[: len(shown) - 1], MORE] if shown[-1] == MORE else printed
    elif not shown:
        printed = []
    if not alike(shown, printed):
        wrong.append("\n".join([line, "shown:", *shown, "printed:", *printed]))
    return "".join(f"{one}\n" for one in (line, *printed))


def alike(shown: list[str], printed: list[str]) -> bool:
    """Whether two texts are the same but for times, spaces, and small differences of numbers."""
    texts = [WHEN.sub("WHEN", " ".join(" ".join(lines).split())) for lines in (shown, printed)]
    one, other = ([float(number.replace(",", "")) for number in NUMBER.findall(text)] for text in texts)
    same = len({NUMBER.sub("#", text) for text in texts}) == 1
    return same and one == pytest.approx(other, rel=RELATIVE, abs=ABSOLUTE)


def _run_python(text: str) -> None:
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(text, "example", "exec"), {"__name__": "example"})
    assert printed.getvalue().strip()


def test_texts_are_compared_as_a_reader_would() -> None:
    assert alike(["hoard   99.88", "29 Nov 10:00"], ["hoard 99.85", "1 Dec 23:59"])
    assert not alike(["3 of 60 coins"], ["4 of 60 coins"])
    assert not alike(["3 of 60 coins"], ["3 of 60 sides"])
