"""The embedded server's process, which outlives the command that started it, and the archive that it starts faster by.

The archive holds the classes that the server loads and is made once a machine: the server then starts in half the time.
It is Java's AOT cache (JEP 483, JEP 514). Where none comes about, the server starts without it.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
from filelock import FileLock

from errors import CoingraphError, counting
from graph.address import Address
from graph.server.home import Home, Server, any_free_ports, listens
from graph.server.runtime import MIB, Runtime, one_at_a_time

START_SECONDS = 180
STOP_SECONDS = 60
START_TRIES = 3
LOG_TAIL_LINES = 15
NEEDED_DISK = 300 * MIB
TRAINING_START_SECONDS = 300
TRAINING_STOP_SECONDS = 600
TRAINING_DISK = 1024 * MIB
LAUNCH = 'log=$1; shift; "$@" </dev/null >"$log" 2>&1 & echo $!'
# Without the optimising compiler the archive holds no profiles of what to optimise. With them the server compiles so
# much in its first seconds that on two cores it answers later, not earlier.
TRAINING_OPTIONS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")

TRAINING_QUESTIONS = (
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


class ServerDidNotStart(CoingraphError):
    """The server ended, or did not answer in time; the message ends with the tail of its log."""


class ServerDidNotStop(CoingraphError):
    """The server's process does not end."""


class DiskFull(CoingraphError):
    """There is no room for a database."""


def up(home: Home) -> Address:
    """Start the server of this home if it does not run, wait until it answers, and return its address.

    Raises `ServerDidNotStart`, `DiskFull`, and what `jars.fetch` raises.
    """
    server = running(home)
    if server and answers(server):
        return home.address(server)
    home.make_folder()
    with _one_at_a_time(home):
        home.make()
        server = _adopted(home) or _start(home)
        return home.address(server)


def down(home: Home) -> bool:
    """Stop the server of this home; False where none runs. Raises `ServerDidNotStop`."""
    if not home.folder.exists():
        return False
    with _one_at_a_time(home):
        server = running(home) or _find(home)
        if server is None:
            return False
        _end(server.pid)
        return True


def running(home: Home) -> Server | None:
    """The live server of this home, by its record alone. A recycled process number is not taken for it."""
    record = home.record()
    return record if record and record.pid and _is_server(record.pid, home) else None


def answers(server: Server) -> bool:
    """Whether this very process listens on both ports; another program may have taken one since we chose it.

    HTTP comes last, once the databases are there.
    """
    if not (listens(server.http) and listens(server.bolt)):
        return False
    try:
        sockets = psutil.Process(server.pid).net_connections("tcp")
    except psutil.Error:
        return False
    return {server.bolt, server.http} <= {s.laddr.port for s in sockets if s.status == psutil.CONN_LISTEN}


def log_tail(home: Home) -> str:
    """The last lines of what the server said, without the frames of Java's stack."""
    lines: list[str] = []
    with contextlib.suppress(OSError):
        lines = home.console_log.read_text(encoding="utf-8", errors="replace").splitlines()
    said = [line for line in lines if line.strip() and not line.lstrip().startswith(("at ", "WARNING", "..."))]
    return "\n".join(f"  {line}" for line in said[-LOG_TAIL_LINES:]) or "  (it said nothing)"


def _adopted(home: Home) -> Server | None:
    """A server whose starter was killed before it answered; None where there is none, or where it ended instead."""
    server = running(home) or _find(home)
    if server is None:
        return None
    home.write_record(server)
    try:
        _wait_until_it_answers(home, server)
    except ServerDidNotStart:
        if _is_server(server.pid, home):
            raise
        return None
    return server


def _start(home: Home) -> Server:
    runtime = Runtime.fetched()
    make_archive(runtime)
    free = shutil.disk_usage(home.folder).free
    if free < NEEDED_DISK:
        raise DiskFull(
            f"only {free // MIB} MB are free at {home.path}; the server needs {NEEDED_DISK // MIB} MB. Make room, or "
            "choose another place by --home."
        )
    for attempt in range(START_TRIES):
        # Where the ports were taken meanwhile others may be on their way to the usual ones too: then any will do.
        server = _launch(home, runtime, home.free_ports() if attempt == 0 else any_free_ports())
        try:
            _wait_until_it_answers(home, server)
            break
        except ServerDidNotStart:
            # Another program took the port since it was looked at, or a jar is damaged: once more, else say why.
            if attempt == START_TRIES - 1 or not (_port_was_taken(home) or runtime.mended()):
                raise
    return server


def _launch(home: Home, runtime: Runtime, server: Server) -> Server:
    home.write_record(server)  # the ports, so that `_find` knows them should we be killed right here
    home.configure(runtime, server)
    # The shell ends at once, so that the server is nobody's child: no signal of our terminal reaches it, and
    # whoever started it need not wait for its end.
    shell = subprocess.run(
        ["/bin/sh", "-c", LAUNCH, "sh", str(home.console_log), *runtime.command(home.folder)],
        start_new_session=True,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        cwd=home.folder,
        env=os.environ | {"LC_ALL": "C.UTF-8"},  # without, Java cannot open a path with letters beyond ASCII
    )
    server = replace(server, pid=int(shell.stdout))
    home.write_record(server)
    return server


def _wait_until_it_answers(home: Home, server: Server) -> None:
    end = time.monotonic() + START_SECONDS
    while not answers(server):
        if not _is_server(server.pid, home):
            raise ServerDidNotStart(f"the Neo4j server of {home.path} ended while it started:\n{log_tail(home)}")
        if time.monotonic() > end:
            raise ServerDidNotStart(
                f"the Neo4j server of {home.path} (process {server.pid}) did not answer within {START_SECONDS} s. Its "
                f"log:\n{log_tail(home)}",
                process=server.pid,
            )
        time.sleep(0.03)


def _end(pid: int) -> None:
    try:
        process = psutil.Process(pid)
        process.terminate()
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(STOP_SECONDS)
            return
        process.kill()  # nothing is lost: the transaction log is replayed at the next start
        process.wait(10)
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired:
        raise ServerDidNotStop(f"process {pid} does not end, not even by a kill") from None


def _port_was_taken(home: Home) -> bool:
    return any(words in log_tail(home) for words in ("Address already in use", "PortBindException"))


def _is_server(pid: int, home: Home) -> bool:
    """Whether this process is the server of this home: its command line names the folder."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and f"--home-dir={home.folder}" in process.cmdline()
    except psutil.Error:
        return False


def _find(home: Home) -> Server | None:
    """A server of this home whose process number was never written down: its starter was killed in between."""
    record = home.record()
    if record is None:
        return None
    return next((replace(record, pid=pid) for pid in psutil.pids() if _is_server(pid, home)), None)


def _one_at_a_time(home: Home) -> FileLock:
    return FileLock(home.folder / "start.lock")


def make_archive(runtime: Runtime) -> None:
    """Run a server once, use it, and keep the classes that it loaded. Takes some 20 seconds; does nothing if done."""
    if runtime.archive.exists() or shutil.disk_usage(runtime.cache).free < TRAINING_DISK:
        return
    with one_at_a_time(runtime.cache):
        if runtime.archive.exists():
            return
        runtime.archive.parent.mkdir(exist_ok=True)
        with (
            counting("preparing the server for quick starts (once, about 20 seconds)", ""),
            tempfile.TemporaryDirectory(prefix="partial-", dir=runtime.cache, ignore_cleanup_errors=True) as name,
        ):
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
    from graph.connection import Database

    home.make()
    server = any_free_ports()
    home.configure(runtime, server)
    with _run_until_here(
        runtime.command(home.folder, (*TRAINING_OPTIONS, f"-XX:AOTCacheOutput={made}")), home.console_log
    ):
        end = time.monotonic() + TRAINING_START_SECONDS
        while not (listens(server.http) and listens(server.bolt)) and time.monotonic() < end:
            time.sleep(0.1)
        with Database(home.address(server)) as database:
            _ = database.capabilities
            for question in TRAINING_QUESTIONS:
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
    shell.wait(TRAINING_STOP_SECONDS)
