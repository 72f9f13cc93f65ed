"""Killed with SIGKILL at a random moment, an ingest, an undo or a removal leaves what was there, or what was to be."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from test_undo import everything, give_vectors
from tiny_pictures import pictures

from graph import connect
from graph.connection import Database
from pipeline.ingest import ingest

ROOT = Path(__file__).parent.parent
COINS = 400
SCRIPT = """
import sys
from pathlib import Path
from pipeline.ingest import ingest
from pipeline.ingest import remove_collection
from pipeline.ingest import undo_ingest
from graph import connect, undo
folder, what, at_once = sys.argv[1:]
undo.MOST_AT_ONCE = int(at_once)
undo.PART = 50
with connect() as db:
    print("connected", flush=True)
    if what == "ingest":
        ingest(db, Path(folder), "shelf", prune=True, confirm=lambda _: True)
    elif what == "undo":
        undo_ingest(db, "shelf")
    else:
        remove_collection(db, "shelf")
    print("done", flush=True)
"""


def shelf(folder: Path, coins: range, grams: float) -> Path:
    """A folder of one-sided coins, of many types, with a table."""
    if folder.exists():
        shutil.rmtree(folder)
    pictures(folder, *(f"kind{n % 7}/S{n}_obv.png" for n in coins))
    rows = "".join(f"S{n},{grams + n / 8},Place {n % 5}\n" for n in coins)
    (folder / "shelf.csv").write_text(f"id,weight,mint\n{rows}")
    return folder


def start(folder: Path, what: str, at_once: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", SCRIPT, str(folder), what, str(at_once)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout and process.stdout.readline() == b"connected\n"
    return process


def killed(folder: Path, what: str, at_once: int, after: float) -> None:
    """Start, and kill ``after`` these seconds, unless it is done by then."""
    process = start(folder, what, at_once)
    time.sleep(after)
    os.kill(process.pid, signal.SIGKILL)
    _, errors = process.communicate()
    assert b"Traceback" not in errors, errors.decode()


def whole(folder: Path, what: str, at_once: int) -> float:
    """Run to its end; the seconds it took."""
    process = start(folder, what, at_once)
    begun = time.monotonic()
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors.decode()
    return time.monotonic() - begun


def look(db: Database) -> set[str]:
    """What the next command finds: it finishes what was decided. Runs and times aside."""
    with connect():
        pass
    db.write("MATCH (k:Collection) SET k.changed = null, k.created = null")
    return everything(db)


def ready(db: Database, folder: Path, what: str) -> Callable[[], None]:
    """A collection with vectors, and what there is to be done to it; again before each kill."""

    def make() -> None:
        db.run_alone("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS")
        ingest(db, shelf(folder, range(COINS), 3), "shelf")
        db.write("MATCH (c:Coin) SET c.run = null")
        give_vectors(db)
        shelf(folder, range(COINS // 2, COINS), 4)
        if what != "ingest":
            ingest(db, folder, "shelf", prune=True, confirm=lambda _: True)

    return make


def survive(db: Database, folder: Path, what: str, at_once: int, kills: int, seed: int) -> None:
    make = ready(db, folder, what)
    make()
    old = look(db)
    took = whole(folder, what, at_once)
    new = look(db)
    assert old != new
    moments = random.Random(seed)
    for _ in range(kills):
        make()
        after = moments.uniform(0, 1.1 * took)
        killed(folder, what, at_once, after)
        found = look(db)
        assert found in (old, new), f"killed after {after:.3f} of {took:.3f} s: {len(found - old - new)} things differ"
        if found == old:
            whole(folder, what, at_once)
            assert look(db) == new


def test_a_kill_leaves_the_old_or_the_new(server: Database, tmp_path: Path) -> None:
    survive(server, tmp_path / "shelf", "ingest", at_once=0, kills=1, seed=5)


@pytest.mark.soak
@pytest.mark.parametrize("at_once", [50_000, 0])
@pytest.mark.parametrize("what", ["ingest", "undo", "remove"])
def test_twenty_kills_leave_the_old_or_the_new(server: Database, tmp_path: Path, what: str, at_once: int) -> None:
    survive(server, tmp_path / "shelf", what, at_once, kills=20, seed=6)
