"""What a shell completes, from the file in the home alone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from graph import glance
from graph.glance import CollectionCounts, Glance, SpaceStatus

ROOT = Path(__file__).parent.parent
HELD = Glance(
    collections=[CollectionCounts("hoard", 2, 2, 0, 2)],
    spaces=[SpaceStatus("coin-lite2", "coin_lite2", 4, 4)],
    coins=["hoard/SH-0001", "hoard/SH-0002"],
    types=["Wheel and branch", "Lyre"],
    partitions=["coin_lite2/both/leiden/1"],
)
HEAVY = ("torch", "sklearn", "cv2", "pandas", "scipy", "neo4j", "numpy", "PIL", "matplotlib", "coingraph")
PROGRAM = f"""
import sys
from cli import main
try:
    main(prog_name="coingraph")
finally:
    assert not set({HEAVY!r}) & set(sys.modules), set({HEAVY!r}) & set(sys.modules)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("NEO4J_URI", raising=False)
    monkeypatch.setenv("COINGRAPH_HOME", str(tmp_path))
    glance.keep(HELD)
    return tmp_path


def completed(line: str, shell: str = "bash") -> list[str]:
    words = line.split(" ")
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_COINGRAPH_COMPLETE": f"{shell}_complete"}
    if shell == "fish":
        asked["COMP_CWORD"] = words[-1]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=os.environ | asked, capture_output=True, text=True, check=True
    )
    return [row.partition(",")[2].partition("\t")[0] for row in done.stdout.splitlines() if row]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("coingraph swe", ["sweep"]),
        ("coingraph find SH-", ["SH-0001", "SH-0002"]),
        ("coingraph coin hoard/SH-0002", ["hoard/SH-0002"]),
        ("coingraph set-type SH-0001 ", ["'Wheel and branch'", "Lyre"]),
        ("coingraph set-type SH-0001 'whe", ["Wheel and branch"]),
        ("coingraph coins --type L", ["Lyre"]),
        ("coingraph link --space c", ["coin-lite2"]),
        ("coingraph spaces default ", ["coin-lite2"]),
        ("coingraph collections remove ", ["hoard"]),
        ("coingraph coins --collection h", ["hoard"]),
        ("coingraph partitions remove coin", ["coin_lite2/both/leiden/1"]),
        ("coingraph query doub", ["doubles", "doubtful-legends", "doubtful-types"]),
        ("coingraph query related-coins si", ["side="]),
        ("coingraph query related-coins coin = SH-0002", ["SH-0002"]),
        ("coingraph query related-coins coin = hoard/SH-0002", ["hoard/SH-0002"]),
        ("coingraph query related-coins side = o", ["obverse"]),
    ],
)
def test_bash_completes(home: Path, line: str, names: list[str]) -> None:
    assert completed(line) == names


def test_fish_quotes_and_parts_words_itself(home: Path) -> None:
    assert completed("coingraph set-type SH-0001 W", "fish") == ["Wheel and branch"]
    assert completed("coingraph query related-coins space=c", "fish") == ["space=coin-lite2"]


def test_without_a_file_there_are_no_names_and_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COINGRAPH_HOME", str(tmp_path / "none"))
    assert completed("coingraph find ") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_script(shell: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli", "completion", shell], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "_COINGRAPH_COMPLETE" in done.stdout
    if program := shutil.which(shell):
        assert subprocess.run([program, "-n"], input=done.stdout, text=True).returncode == 0
