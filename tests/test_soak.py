"""Commands that replace or remove something, killed at random moments: what is left is the old or the new.

Each goes back and forth between two states of a small hoard: `forward` is what is killed, `back` restores. After a kill
the graph is one or the other, to the last property.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_kill import snapshot_of

from cli import main
from graph import connect
from graph.lock import exclusive
from graph.pending import settle
from graph.server.home import Home
from graph.server.process import down, running
from hoard import make_hoard

PROJECT = Path(__file__).parent.parent
SPACE = "test-pixels"  # a model of no weight: what can be cut short are the writes
LINK = ["link", "--space", SPACE]
FUSE = ["fuse", "--image", SPACE, "--text", "test-words", "--method", "late", "--name", "fused"]
IMPORT = ["spaces", "import", "vectors", "--name", "elsewhere", "--prefix", "test_pixels"]
TRANSFORM = ["transform", SPACE, "--by", "standardise", "--name", "even"]
TRAIN = ["train", "--space", SPACE, "--views", "0", "--classes-held-out", "0", "--name", "taught"]
ANALYZE = ["analyze", "--space", SPACE]


@dataclass(frozen=True)
class Step:
    """Commands, by their arguments: ``once`` before all, ``forward`` (the last of them is killed), and ``back``."""

    once: list[list[str]]
    forward: list[str]
    back: list[list[str]]


STEPS = {
    "refit": Step([], ["embed", "--space", SPACE, "--refit"], [LINK, ANALYZE]),
    "link": Step([], [*LINK, "--top", "3"], [LINK]),
    "analyze": Step([], ANALYZE, [[*LINK, "--top", "3"], ANALYZE, LINK]),
    "transform": Step([TRANSFORM], [*TRANSFORM, "--refit"], [["link", "--space", "even"]]),
    "fuse": Step([["embed", "--space", "test-words"], FUSE], [*FUSE, "--refit"], [["link", "--space", "fused"]]),
    "train": Step([TRAIN], [*TRAIN, "--refit"], [["link", "--space", "taught"]]),
    "import": Step([["spaces", "export", SPACE, "vectors"]], IMPORT, [["spaces", "remove", "elsewhere", "--yes"]]),
    "remove space": Step([TRANSFORM], ["spaces", "remove", "even", "--yes"], [TRANSFORM, ["link", "--space", "even"]]),
    "dies": Step([["dies", "--top", "4"]], ["dies", "--top", "4"], [["dies", "--clear"]]),
    "calibrate": Step([], ["calibrate"], [["calibrate", "--clear"]]),
    "propose": Step([["propose"]], ["propose"], [["propose", "--clear"]]),
}


class Bench:
    """A home with a small hoard in it, whose commands can be run and killed."""

    def __init__(self, home: Path):
        self.home = home
        make_hoard(home / "hoard", coins=40, types=4, seed=5, difficulty="easy")
        self.run("run", "hoard", "--collection", "hoard", "--space", SPACE, "--report", "report")

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "cli", *arguments],
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self.home,
        )

    def run(self, *arguments: str) -> None:
        """Run a command to its end, in this process, which has everything loaded. What is gone needs no removal."""
        result = CliRunner().invoke(main, arguments, catch_exceptions=False)
        assert result.exit_code == 0 or "no space is called" in result.output, f"{arguments}: {result.output}"

    def time(self, *arguments: str) -> float:
        """The seconds that a command takes in a process of its own."""
        begun = time.monotonic()
        process = self.start(*arguments)
        _, errors = process.communicate(timeout=600)
        assert process.returncode == 0, f"{arguments}: {errors.decode()}"
        return time.monotonic() - begun

    def kill(self, *arguments: str, after: float, server: bool) -> None:
        process = self.start(*arguments)
        time.sleep(after)
        up = running(Home(self.home))
        os.kill(up.pid if server and up else process.pid, signal.SIGKILL)
        _, errors = process.communicate(timeout=600)
        while server and up and running(Home(self.home)) == up:  # a large process takes a moment to die
            time.sleep(0.1)
        assert b"Traceback" not in errors, errors.decode()

    def state(self) -> list[str]:
        with connect() as db, exclusive():
            settle(db)
            return snapshot_of(db)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    home = tmp_path_factory.mktemp("bench")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("NEO4J_")]:
            patch.delenv(name)
        patch.setenv("COINGRAPH_HOME", str(home))
        patch.chdir(home)
        yield Bench(home)
        down(Home(home))


def survive(bench: Bench, step: Step, kills: int, seed: int) -> list[str]:
    """Kill a step so many times; what was left each time, which must be the old or the new."""
    for arguments in [*step.once, *step.back]:
        bench.run(*arguments)
    old = bench.state()
    took = bench.time(*step.forward)
    new = bench.state()
    assert old != new
    moments, story = random.Random(seed), []
    for kill in range(kills):
        for arguments in step.back:
            bench.run(*arguments)
        assert bench.state() == old
        bench.kill(*step.forward, after=moments.uniform(0.3, 1.0) * took, server=kill % 4 == 3)
        found = bench.state()
        story.append("old" if found == old else "new" if found == new else "neither")
        assert found in (old, new), f"kill {kill} of {step.forward}: {difference(found, old, new)}"
    return story


def difference(found: list[str], old: list[str], new: list[str]) -> str:
    said = {name: sorted(set(found) ^ set(state))[:4] for name, state in (("old", old), ("new", new))}
    return json.dumps(said, indent=1)


@pytest.mark.soak
@pytest.mark.parametrize("name", STEPS)
def test_many_kills_leave_the_old_or_the_new(bench: Bench, name: str) -> None:
    print(name, survive(bench, STEPS[name], kills=20, seed=sorted(STEPS).index(name)))
