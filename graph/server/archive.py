"""An archive of the classes that the server loads, made once a machine: the server then starts in half the time.

It is Java's AOT cache (JEP 483, JEP 514). Where none comes about, the server starts without it.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.connection import Database
from graph.server.home import Home, any_free_ports, listens
from graph.server.java import MIB, Runtime
from graph.server.runtime import one_at_a_time

NEEDED_DISK = 1024 * MIB
START_SECONDS = 300
STOP_SECONDS = 600
# Without the optimising compiler the archive holds no profiles of what to optimise. With them the server compiles so
# much in its first seconds that on two cores it answers later, not earlier.
OPTIONS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")

QUESTIONS = (
    "CREATE CONSTRAINT training FOR (n:Training) REQUIRE n.id IS UNIQUE",
    "UNWIND range(1, 50) AS i MERGE (n:Training {id: i}) SET n.vector = [i, 1.0, 0.5]",
    "MATCH (a:Training), (b:Training) WHERE a.id < b.id AND b.id < a.id + 4 MERGE (a)-[r:NEXT]->(b) SET r.weight = 1.0",
    "MATCH (n:Training) CALL db.create.setNodeVectorProperty(n, 'vector', [n.id, 1.0, 0.5])",
    "MATCH (a:Training)-[r:NEXT]-(b) WITH a, count(r) AS n ORDER BY n DESC LIMIT 5 RETURN a.id, n, gds.version()",
    "MATCH (a:Training)-[r:NEXT]->(b) RETURN gds.graph.project('training', a, b, "
    "{relationshipProperties: r {.weight}}, {undirectedRelationshipTypes: ['*']})",
    "CALL gds.leiden.stats('training', {randomSeed: 1}) YIELD communityCount RETURN communityCount",
    "CALL gds.pageRank.stats('training') YIELD ranIterations RETURN ranIterations",
    "CALL gds.graph.drop('training') YIELD graphName RETURN graphName",
)


def make_archive(runtime: Runtime) -> None:
    """Run a server once, use it, and keep the classes that it loaded. Takes some 20 seconds; does nothing if done."""
    if runtime.archive.exists() or shutil.disk_usage(runtime.cache).free < NEEDED_DISK:
        return
    with one_at_a_time(runtime.cache):
        if runtime.archive.exists():
            return
        if sys.stderr.isatty():
            print("preparing the server for quick starts (once, about 20 seconds) ...", file=sys.stderr)
        runtime.archive.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="partial-", dir=runtime.cache, ignore_cleanup_errors=True) as name:
            made = Path(name, "archive")
            with contextlib.suppress(Exception):  # a start without it is slower, and nothing else
                _train(runtime, Home(Path(name)), made)
            for old in runtime.archive.parent.glob("*.aot"):
                old.unlink()
            if made.exists():
                made.replace(runtime.archive)
            else:
                runtime.archive.touch()  # an empty one is passed over by Java: do not try again at every start


def _train(runtime: Runtime, home: Home, made: Path) -> None:
    home.make()
    server = any_free_ports()
    home.configure(runtime, server)
    with _run_until_here(runtime.command(home.folder, (*OPTIONS, f"-XX:AOTCacheOutput={made}")), home.console_log):
        end = time.monotonic() + START_SECONDS
        while not (listens(server.http) and listens(server.bolt)) and time.monotonic() < end:
            time.sleep(0.1)
        with Database(home.address(server)) as database:
            _ = database.capabilities
            for question in QUESTIONS:
                database.run_alone(question)
        with urllib.request.urlopen(server.browser, timeout=30) as page:
            page.read()


@contextmanager
def _run_until_here(command: list[str], log: Path) -> Iterator[None]:
    """Run ``command`` while the block lasts, then end it and wait. It ends with us even if we are killed.

    The shell waits for its input to close, which the system does for a process that is no more.
    """
    script = 'log=$1; shift; "$@" </dev/null >"$log" 2>&1 & read -r _; kill $!; wait $!'
    shell = subprocess.Popen(
        ["/bin/sh", "-c", script, "sh", str(log), *command],
        stdin=subprocess.PIPE,
        start_new_session=True,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
    )
    assert shell.stdin is not None
    try:
        yield
    finally:
        shell.stdin.close()
    shell.wait(STOP_SECONDS)
