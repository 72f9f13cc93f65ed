"""Every command, on a hoard that never changes, answers as it did: `tests/golden` holds what.

Where an output changes on purpose, name the change in CHANGELOG.md and write the files anew, then read their diff:

    pytest tests/test_golden.py --regenerate-golden
"""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import empty
from golden_steps import ABSOLUTE, RELATIVE, TOLERANCES, differences, read_network, settled, steps, written
from PIL import Image, ImageOps

from cli import main
from graph.connection import Database
from hoard import HoardTruth

FOLDER = Path(__file__).parent / "golden"
STEPS = steps()
WRITES = {"export-graphml": "coins.graphml", "export-csv": "tables"}
SHOWN = 25  #: differences


@pytest.fixture(scope="module")
def outputs(
    server: Database, benchmark_v1: HoardTruth, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> dict[str, Any]:
    """What each step printed or wrote, without what differs in every run."""
    empty(server)
    tmp = tmp_path_factory.mktemp("golden")
    _unknown_photograph(benchmark_v1, tmp / "unknown.png")
    folders = {str(benchmark_v1.folder): "HOARD", str(tmp): "TMP"}
    found = {}
    for name, words in STEPS.items():
        places = {place: folder for folder, place in folders.items()}
        if "run=RUN" in words:
            places["RUN"] = server.read("MATCH (r:Run) RETURN r.id AS id ORDER BY r.started LIMIT 1")[0]["id"]
        found[name] = settled(_answer(name, words, places, tmp), folders)
    if request.config.getoption("regenerate_golden"):
        _write(found)
    return found


def _unknown_photograph(hoard: HoardTruth, file: Path) -> None:
    """A photograph that is not in the graph: one of the hoard's, brighter and turned a little."""
    with Image.open(hoard.folder / "photographs" / "SH-0010_rev.jpg") as picture:
        ImageOps.autocontrast(picture.rotate(7, Image.Resampling.BICUBIC, fillcolor=picture.getpixel((2, 2)))).save(
            file
        )


def _answer(name: str, words: list[str], places: dict[str, str], tmp: Path) -> Any:
    words = [_filled(word, places) for word in words]
    result = CliRunner().invoke(main, words)
    if result.exit_code:
        return {"exit status": result.exit_code, "said": result.output.splitlines(), "raised": repr(result.exception)}
    if name in WRITES:
        return read_network(tmp / WRITES[name])
    return json.loads(result.stdout) if "--json" in words else result.stdout.splitlines()


def _filled(word: str, places: dict[str, str]) -> str:
    for place, value in places.items():
        word = word.replace(place, value)
    return word


def _write(outputs: dict[str, Any]) -> None:
    failed = [name for name, value in outputs.items() if isinstance(value, dict) and "exit status" in value]
    assert not failed, f"these commands failed, nothing was written: {[outputs[name] for name in failed]}"
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for name, value in outputs.items():
        (FOLDER / f"{name}.json").write_text(f"{written(value)}\n", encoding="utf-8")


@pytest.mark.long
@pytest.mark.parametrize("name", STEPS)
def test_the_output_is_as_it_was(outputs: dict[str, Any], name: str) -> None:
    file = FOLDER / f"{name}.json"
    assert file.exists(), f"{name} has no golden file yet: pytest tests/test_golden.py --regenerate-golden"
    expected = json.loads(file.read_text(encoding="utf-8"))
    found = list(differences(expected, outputs[name], TOLERANCES.get(name, (RELATIVE, ABSOLUTE))))
    shown = "\n  ".join(found[:SHOWN])
    assert not found, f"coingraph {' '.join(STEPS[name])}: {len(found)} differences from {file.name}\n  {shown}"


def test_no_golden_file_is_left_over() -> None:
    assert {file.stem for file in FOLDER.glob("*.json")} == set(STEPS)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"coins": 3, "rows": [{"share": 0.71}]}, ["coins"]),
        ({"coins": 2.0, "rows": [{"share": 0.71}]}, ["coins"]),
        ({"coins": 2, "rows": [{"share": 0.75}]}, ["share"]),
        ({"coins": 2, "rows": [{"share": None}]}, ["share"]),
        ({"coins": 2, "rows": []}, ["0 entries, not 1"]),
        ({"rows": [{"share": 0.71}], "coins": 2}, ["the keys are"]),
        ({"coins": 2, "rows": [{"share": 0.71, "more": 1}]}, ["the keys are"]),
        ({"coins": 2, "rows": [{"share": 0.7101}]}, []),
    ],
)
def test_differences_are_told(other: dict[str, Any], said: list[str]) -> None:
    found = list(differences({"coins": 2, "rows": [{"share": 0.71}]}, other, (RELATIVE, ABSOLUTE)))
    assert len(found) == len(said)
    assert all(part in line for part, line in zip(said, found, strict=True))


@pytest.mark.parametrize(
    ("sentence", "same"),
    [("Brier 0.121 on 48 coins", True), ("Brier 0.131 on 48 coins", False), ("Brier 0.121 on 49 coins", False)],
)
def test_fractions_in_sentences_have_a_tolerance_and_counts_have_none(sentence: str, same: bool) -> None:
    assert same == (not list(differences("Brier 0.120 on 48 coins", sentence, (RELATIVE, ABSOLUTE))))
