"""Mistakes are answered before anything heavy is loaded, and before a server starts."""

import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    ("line", "error", "cure"),
    [
        ("run /nope", "there is no folder /nope", "coingraph run FOLDER, the folder of the photographs"),
        ("ingest /nope", "there is no folder /nope", "coingraph ingest FOLDER, the folder of the photographs"),
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
    home = tmp_path / "home"
    command = [sys.executable, "-c", PROGRAM, *line.split(), "--home", str(home)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    first, second = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "[]\n")
    assert first.startswith(f"error: {error}")
    assert second.startswith("cure:  ") and cure in second
    assert not home.exists()
