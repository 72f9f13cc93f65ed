"""`run`, killed with SIGKILL at random moments (the command or the server), ends with the graph of an undisturbed run."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from graph.connection import Database
from graph.server import Home, down, server_pid, up

#: Properties that say when and by which run something was made, not what it is.
PROVENANCE = {"run", "created", "updated", "started", "finished", "versions"}

NODES = "MATCH (n) WHERE NOT n:Run RETURN labels(n) AS labels, properties(n) AS properties"
RELATIONSHIPS = """
MATCH (a)-[r]->(b) WHERE NOT a:Run
RETURN type(r) AS type, coalesce(a.id, a.name) AS start, coalesce(b.id, b.name) AS end, properties(r) AS properties
"""


def snapshot(home: Path) -> list[str]:
    """Every node and relationship as text, runs aside, sorted: equal lists are equal graphs."""
    with Database(up(Home(home))) as db:
        rows = db.read(NODES) + db.read(RELATIONSHIPS)
    return sorted(json.dumps(_without_provenance(row), sort_keys=True, default=str) for row in rows)


def _without_provenance(row: dict[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in row["properties"].items() if k not in PROVENANCE}
    return {**row, "properties": {k: round(v, 9) if isinstance(v, float) else v for k, v in kept.items()}}


def command(home: Path, hoard: Path) -> subprocess.Popen[bytes]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NEO4J_")}
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "run", str(hoard), "--collection", "hoard", "--space", "test-pixels"]
        + ["--report", str(home / "report")],  # noqa: RUF005 (one line is too long)
        env={**environment, "COINGRAPH_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    )


def finish(home: Path, hoard: Path) -> float:
    """Run to the end, undisturbed; the seconds it took."""
    start = time.monotonic()
    process = command(home, hoard)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()
    return time.monotonic() - start


def disturb(home: Path, hoard: Path, kills: int, seed: int) -> list[str]:
    """Start `run` and kill it, or its server, ``kills`` times at random moments; then let it end. What was killed."""
    moments = random.Random(seed)
    undisturbed = finish(home / "rehearsal", hoard)
    down(Home(home / "rehearsal"))
    story = []
    for kill in range(kills):
        process = command(home, hoard)
        time.sleep(moments.uniform(0.05, 1.0) * undisturbed)
        victim = server_pid(Home(home)) if kill % 2 else process.pid
        if victim is not None:
            os.kill(victim, signal.SIGKILL)
        _, errors = process.communicate(timeout=300)
        assert b"Traceback" not in errors, errors.decode()
        story.append(f"{'server' if kill % 2 else 'command'}: exit {process.returncode}")
    finish(home, hoard)
    return story


@pytest.fixture
def homes(tmp_path: Path):
    quiet, killed = tmp_path / "quiet", tmp_path / "killed"
    yield quiet, killed
    for home in (quiet, killed, killed / "rehearsal"):
        down(Home(home))


def test_three_kills_change_nothing(homes: tuple[Path, Path], easy_hoard: Path) -> None:
    quiet, killed = homes
    finish(quiet, easy_hoard)
    story = disturb(killed, easy_hoard, kills=3, seed=3)
    assert snapshot(killed) == snapshot(quiet), story


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_many_kills_change_nothing(homes: tuple[Path, Path], easy_hoard: Path, seed: int) -> None:
    quiet, killed = homes
    finish(quiet, easy_hoard)
    story = disturb(killed, easy_hoard, kills=12, seed=seed)
    assert snapshot(killed) == snapshot(quiet), story
