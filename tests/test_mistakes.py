"""Mistakes are answered before anything heavy is loaded, and before a server starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from graph import glance
from graph.address import in_home
from graph.glance import CollectionCounts, Glance, SpaceStatus

ROOT = Path(__file__).parent.parent
HEAVY = ("torch", "sklearn", "cv2", "pandas", "scipy", "neo4j", "numpy", "PIL", "matplotlib", "coingraph")
#: Runs a command as `coingraph` does, and says on stdout which of the heavy modules it loaded.
PROGRAM = f"""
import sys
from cli import main
try:
    main(sys.argv[1:], prog_name="coingraph")
finally:
    print(sorted(set({HEAVY!r}) & set(sys.modules)))
"""


def answered(line: str, home: Path) -> tuple[int, str, list[str]]:
    """The exit status of a command, the heavy modules that it loaded, and the lines of its error."""
    command = [sys.executable, "-c", PROGRAM, *line.split(), "--home", str(home)]
    own = {name: value for name, value in os.environ.items() if name != "NEO4J_URI"}
    done = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True)
    return done.returncode, done.stdout.strip(), done.stderr.splitlines()


@pytest.mark.parametrize(
    ("line", "error", "cure"),
    [
        ("run /nope", "there is no folder /nope", "coingraph run FOLDER, the folder of the photographs"),
        ("ingest /nope", "there is no folder /nope", "coingraph ingest FOLDER, the folder of the photographs"),
        ("run . --metadata no.csv", "there is no table no.csv", "--metadata FILE; a table that lies in the folder is"),
        ("query dubles", "there is no stored question 'dubles'", "coingraph query doubles"),
        ("query doubles deviations=3", "doubles has no parameter 'deviations'", "coingraph query -h"),
        ("query doubles percentile=x", "percentile must be a number, not 'x'", "coingraph query -h"),
        ("plot tsne --out map.gif", "map.gif: a plot is .png, .svg or .html", "--out map.png"),
        ("plot cutout -o map.svg", "map.svg: a plot is .png or .html", "--out map.png"),
        ("plot dies -o map.html", "map.html: a plot is .pdf, .png or .svg", "--out map.pdf"),
        ("sweep -o map.pdf", "map.pdf: a plot is .png, .svg or .html", "--out map.png"),
        ("coins --sheet coins.pdf", "coins.pdf: a plot is .png or .html", "--sheet coins.png"),
        ("find SH-0050 --side front", "--side: 'front' is not one of 'both', 'obverse', 'reverse'", "find -h"),
        ("dies --top 0", "--top: 0 is not 1 or more", "coingraph dies -h"),
        ("link --threshold high", "--threshold: a cosine from -1 to 1, or `auto`", "coingraph link -h"),
        ("spaces delete x", "there is no command delete", "all commands: coingraph spaces -h"),
        ("exclude SH-0050", "exclude needs --face", "coingraph exclude -h"),
    ],
)
def test_a_mistake_is_answered_at_once(line: str, error: str, cure: str, tmp_path: Path) -> None:
    status, heavy, (first, second) = answered(line, tmp_path / "home")
    assert (status, heavy) == (2, "[]")
    assert first.startswith(f"error: {error}")
    assert second.startswith("cure:  ") and cure in second
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("line", ["find SH-0050", "query doubles", "embed", "coins --doubtful", "dies --space clip"])
def test_a_database_that_was_never_used_is_not_started_for_a_question(line: str, tmp_path: Path) -> None:
    status, _, lines = answered(line, home := tmp_path / "home")
    cure = "cure:  coingraph run FOLDER, or --home DIR for another database"
    assert (status, lines) == (1, [f"error: the database {home} is empty", cure])
    assert not home.exists()


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("find SH-0050 --space clip", "no space is called 'clip'; there is coin-lite2"),
        ("query doubles space=clip", "no space is called 'clip'; there is coin-lite2"),
        ("propose --space coin-lite2 --space clip", "no space is called 'clip'; there is coin-lite2"),
        ("coins --collection niho", "no collection 'niho'; there is hoard"),
        ("embed --space resnet500", "no model is called 'resnet500'; known are"),
    ],
)
def test_a_name_that_nothing_has_is_refused_while_the_server_sleeps(line: str, error: str, tmp_path: Path) -> None:
    held = Glance(
        collections=[CollectionCounts("hoard", 2, 2, 0, 2)], spaces=[SpaceStatus("coin-lite2", "coin_lite2", 4, 4)]
    )
    (tmp_path / "neo4j").mkdir()
    with in_home(tmp_path):
        glance.keep(held)
    status, _, lines = answered(line, tmp_path)
    assert status == 1 and lines[0].startswith(f"error: {error}") and lines[1].startswith("cure:  ")
    assert not (tmp_path / "neo4j" / "server.json").exists()
