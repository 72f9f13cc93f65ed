"""Only one writing step at a time: of several threads, and of several processes."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from graph.lock import Busy, exclusive


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("NEO4J_URI", raising=False)
    monkeypatch.setenv("COINGRAPH_HOME", str(tmp_path))
    return tmp_path


def enter() -> str:
    try:
        with exclusive():
            return "inside"
    except Busy as busy:
        return str(busy)


def test_a_step_inside_a_step_goes_on() -> None:
    with exclusive():
        assert enter() == "inside"


def test_a_second_thread_is_kept_out_until_the_first_is_done() -> None:
    with ThreadPoolExecutor(1) as another:
        with exclusive():
            assert "at work on this database" in another.submit(enter).result()
        assert another.submit(enter).result() == "inside"


def test_a_lock_outlives_a_step_inside_it() -> None:
    with ThreadPoolExecutor(1) as another, exclusive():
        assert enter() == "inside"
        assert another.submit(enter).result() != "inside"


def test_another_process_is_kept_out_and_told_who_is_at_work() -> None:
    holding = "from graph.lock import exclusive\nwith exclusive():\n    print('inside', flush=True)\n    input()"
    root = Path(__file__).parent.parent
    with subprocess.Popen(
        [sys.executable, "-c", holding], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root
    ) as process:
        assert process.stdout and process.stdout.readline() == b"inside\n"
        assert f"process {process.pid} is at work" in enter()
        process.communicate(b"\n")
    assert enter() == "inside"
