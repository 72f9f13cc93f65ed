"""A database's folder: what lies in it, and what is written there before the server starts."""

import hashlib
import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from platformdirs import user_data_dir

from graph.address import Address, chosen_home
from graph.server.runtime import Runtime, share_of_memory

USER = "neo4j"
USUAL_PORTS = (7687, 7474)

# What Neo4j Browser may load: nothing from another machine. As it comes it asks for fonts and analytics there.
HERE = "http://127.0.0.1:* http://localhost:*"
BROWSER_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    f"img-src 'self' data: {HERE}; connect-src 'self' {HERE} ws://127.0.0.1:* ws://localhost:*; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)

CONFIGURATION = """\
# Written by coingraph at every start; changes are lost.
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
dbms.security.http_static_content_security_policy_header={policy}
# Without these two every database takes 256 MB of disk before it holds anything, and keeps 2 GB of history.
db.tx_log.preallocate=false
db.tx_log.rotation.retention_policy=256M size
# The stop would wait 9 seconds for idle threads after the databases are closed.
internal.server.bolt.thread_pool_shutdown_wait_time=100ms
"""


@dataclass(frozen=True)
class Server:
    """A server's ports and process, as kept in its home. ``pid`` is 0 until one was started."""

    bolt: int
    http: int
    pid: int = 0

    @property
    def browser(self) -> str:
        return f"http://127.0.0.1:{self.http}/browser/"


@dataclass(frozen=True)
class Home:
    """A database's folder. Neo4j's own files lie in its sub-folder ``neo4j``, which only its owner can open."""

    path: Path

    @classmethod
    def from_environment(cls) -> "Home":
        """The home of `in_home`, else `COINGRAPH_HOME`, else the system's folder for data."""
        return cls(
            chosen_home() or Path(os.environ.get("COINGRAPH_HOME") or user_data_dir("coingraph")).expanduser().resolve()
        )

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

    @property
    def password(self) -> str:
        return self.password_file.read_text(encoding="utf-8").strip()

    def address(self, server: Server) -> Address:
        return Address(f"bolt://127.0.0.1:{server.bolt}", USER, self.password, password_file=self.password_file)

    def make_folder(self) -> None:
        """The folder that everything lies in; nobody else may look into it."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.mkdir(exist_ok=True, mode=0o700)

    def make(self) -> None:
        """The folders and, before the first start, a random password. Only one process may at a time."""
        self.make_folder()
        for name in ("conf", "data/dbms", "logs", "plugins", "import", "run"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        if not self.password_file.exists():
            _write_private(self.password_file, secrets.token_urlsafe(12) + "\n")

    def configure(self, runtime: Runtime, server: Server) -> None:
        """All that the server reads when it starts."""
        initial_user = self.folder / "data" / "dbms" / "auth.ini"
        if not initial_user.exists():
            _write_private(initial_user, initial_user_line(self.password))
        pagecache = os.environ.get("COINGRAPH_PAGECACHE") or f"{share_of_memory(8, 64, 1024)}m"
        text = CONFIGURATION.format(bolt=server.bolt, http=server.http, pagecache=pagecache, policy=BROWSER_POLICY)
        (self.folder / "conf" / "neo4j.conf").write_text(text, encoding="utf-8")
        plugins = self.folder / "plugins"
        for old in plugins.glob("*.jar"):
            old.unlink()
        for jar in runtime.plugins:
            (plugins / jar.name).symlink_to(jar)

    def record(self) -> Server | None:
        """What was last written down about the server; whether it still runs is another question."""
        try:
            return Server(**json.loads(self.record_file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write_record(self, server: Server) -> None:
        temporary = self.record_file.with_suffix(".new")
        temporary.write_text(json.dumps(asdict(server)), encoding="utf-8")
        temporary.replace(self.record_file)

    def free_ports(self) -> Server:
        """The ports of the last time where they are free, else the usual ones, else any."""
        record = self.record()
        remembered = (record.bolt, record.http) if record else USUAL_PORTS
        chosen: list[int] = []
        for wanted, usual in zip(remembered, USUAL_PORTS, strict=True):
            chosen.append(next((port for port in (wanted, usual) if _is_free(port)), 0) or _any_free_port())
        return Server(*chosen)


def initial_user_line(password: str) -> str:
    """The line by which Neo4j makes its first user: what `neo4j-admin dbms set-initial-password` writes.

    That command takes a second, and shows the password to everybody who lists the machine's processes.
    """
    salt, rounds = secrets.token_bytes(32), 1024
    digest = hashlib.sha256(salt + password.encode()).digest()
    for _ in range(rounds - 1):
        digest = hashlib.sha256(digest).digest()
    return f"{USER}:SHA-256,{digest.hex()},{salt.hex()},{rounds}:\n"


def any_free_ports() -> Server:
    return Server(_any_free_port(), _any_free_port())


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _is_free(port: int) -> bool:
    if listens(port):
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


def _write_private(file: Path, text: str) -> None:
    """Write a file that nobody else can read, complete or not at all."""
    temporary = file.with_name(f"{file.name}.new")
    temporary.unlink(missing_ok=True)
    temporary.touch(mode=0o600)
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(file)
