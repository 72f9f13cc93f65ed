"""`run`, killed with SIGKILL at random moments (the command or the server), ends as an undisturbed one."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from graph.connection import Database
from graph.server.home import Home
from graph.server.process import down, running, up
from hoard import HoardTruth

pytestmark = pytest.mark.long

#: Properties that say when and by which run something was made, not what it is.
PROVENANCE = {"run", "created", "changed", "made"}

NODES = "MATCH (n) WHERE NOT n:Run RETURN labels(n) AS labels, properties(n) AS properties"
RELATIONSHIPS = """
MATCH (a)-[r]->(b) WHERE NOT a:Run
RETURN type(r) AS type, coalesce(a.id, a.name) AS start, coalesce(b.id, b.name) AS end, properties(r) AS properties
"""


def snapshot(home: Path) -> list[str]:
    with Database(up(Home(home))) as db:
        return snapshot_of(db)


def snapshot_of(db: Database) -> list[str]:
    """Every node and relationship as text, runs aside, sorted: equal lists are equal graphs."""
    rows = db.read(NODES) + db.read(RELATIONSHIPS)
    return sorted(json.dumps(_without_provenance(row), sort_keys=True, default=str) for row in rows)


def _without_provenance(row: dict[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in row["properties"].items() if k not in PROVENANCE}
    return {**row, "properties": {k: round(v, 9) if isinstance(v, float) else v for k, v in kept.items()}}


def command(home: Path, hoard: Path) -> subprocess.Popen[bytes]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NEO4J_")}
    options = ["--collection", "hoard", "--space", "test-pixels", "--report", str(home / "report")]
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "run", str(hoard), *options],
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


def disturb(home: Path, hoard: Path, undisturbed: float, kills: int, seed: int) -> list[str]:
    """Start `run` and kill it, or its server, ``kills`` times at random moments; then let it end. What was killed."""
    moments = random.Random(seed)
    story = []
    for kill in range(kills):
        process = command(home, hoard)
        time.sleep(moments.uniform(0.05, 1.0) * undisturbed)
        victim = _server(home) if kill % 2 else process.pid
        if victim is not None:
            os.kill(victim, signal.SIGKILL)
        _, errors = process.communicate(timeout=300)
        assert b"Traceback" not in errors, errors.decode()
        story.append(f"{'server' if kill % 2 else 'command'}: exit {process.returncode}")
    finish(home, hoard)
    return story


def _server(home: Path) -> int | None:
    server = running(Home(home))
    return server.pid if server else None


@pytest.fixture
def homes(tmp_path: Path):
    quiet, killed = tmp_path / "quiet", tmp_path / "killed"
    yield quiet, killed
    for home in (quiet, killed):
        down(Home(home))


def compare(homes: tuple[Path, Path], hoard: Path, kills: int, seed: int) -> None:
    quiet, killed = homes
    undisturbed = finish(quiet, hoard)
    expected = snapshot(quiet)
    down(Home(quiet))
    story = disturb(killed, hoard, undisturbed, kills, seed)
    found = snapshot(killed)
    missing, more = Counter(expected) - Counter(found), Counter(found) - Counter(expected)
    assert not missing and not more, f"{story}: missing {list(missing)[:5]}, too much {list(more)[:5]}"


def test_a_kill_changes_nothing(homes: tuple[Path, Path], easy_hoard: HoardTruth) -> None:
    compare(homes, easy_hoard.folder, kills=1, seed=3)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_many_kills_change_nothing(homes: tuple[Path, Path], easy_hoard: HoardTruth, seed: int) -> None:
    compare(homes, easy_hoard.folder, kills=12, seed=seed)
