"""Start and stop of the embedded server, from the call to the first answered question.

    python -m benchmarks.server [--runs 5] [--prepare]

`--prepare` also measures what happens once a machine, in an empty cache: the download of the jars and the making of
the archive of loaded classes.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil

import graph.server.process
from benchmarks.common import markdown, seconds, with_spread
from graph.connection import Database
from graph.server.home import Home
from graph.server.process import down, make_archive, running, up
from graph.server.runtime import Runtime

QUESTION = "RETURN gds.version() AS version"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--prepare", action="store_true")
    options = parser.parse_args()
    os.environ.pop("NEO4J_URI", None)
    rows = prepare() if options.prepare else []
    make_archive(Runtime.fetched())
    rows += measure(options.runs, "")
    archive, make = Runtime.archive, graph.server.process.make_archive
    Runtime.archive, graph.server.process.make_archive = Path("none"), lambda runtime: None
    rows += measure(options.runs, ", without the archive")[:2]
    Runtime.archive, graph.server.process.make_archive = archive, make
    print(
        markdown([{"what": what, "seconds: median (least to most)": value, "runs": runs} for what, value, runs in rows])
    )


def measure(runs: int, note: str) -> list[tuple[str, str, int]]:
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="coingraph-benchmark-") as folder:
        for number in range(runs):
            home = Home(Path(folder, str(number)))

            def took(what: str, work: Callable[[], object]) -> None:
                times.setdefault(what, []).append(seconds(work))

            took(f"first start of a new database{note}", partial(ask, home))
            down(home)
            took(f"start{note}", partial(ask, home))
            took("`coingraph up` where it runs", partial(command, home))
            server = running(home)
            assert server
            times.setdefault("memory after the start, MB", []).append(
                psutil.Process(server.pid).memory_info().rss / 1e6
            )
            took("stop", partial(down, home))
    return [(what, with_spread(values), len(values)) for what, values in times.items()]


def ask(home: Home) -> None:
    with Database(up(home)) as database:
        database.read(QUESTION)


def command(home: Home) -> None:
    environment = os.environ | {"COINGRAPH_HOME": str(home.path)}
    subprocess.run([sys.executable, "-m", "cli", "up"], env=environment, check=True, stdout=subprocess.DEVNULL)


def prepare() -> list[tuple[str, str, int]]:
    kept = os.environ.get("COINGRAPH_CACHE")
    with tempfile.TemporaryDirectory(prefix="coingraph-benchmark-") as folder:
        os.environ["COINGRAPH_CACHE"] = folder
        download = seconds(Runtime.fetched)
        archive = seconds(lambda: make_archive(Runtime.fetched()))
        megabytes = sum(file.stat().st_size for file in Path(folder).rglob("*.aot")) / 1e6
    os.environ.pop("COINGRAPH_CACHE")
    if kept:
        os.environ["COINGRAPH_CACHE"] = kept
    return [
        ("download of the jars, once a machine", with_spread([download]), 1),
        (f"making the archive ({megabytes:.0f} MB), once a machine", with_spread([archive]), 1),
    ]


if __name__ == "__main__":
    main()
