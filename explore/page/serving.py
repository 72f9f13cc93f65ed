"""The page served on this machine: one page a home, and one more address for each further person who asks."""

import json
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

import uvicorn

from coingraph import CoingraphError, Graph
from explore.page.app import make_app
from explore.page.security import ADDRESSES, LOOPBACK, NAME_HEADER, Access

PATIENCE = 2  # seconds that an answer of a page on this machine may take
PATIENCE_AT_END = 20  # seconds for a question that was under way
ENDING = 3  # seconds that requests under way have when the page ends


class PortTaken(CoingraphError):
    """Another program listens at the page's port."""


@dataclass(frozen=True)
class Record:
    """Where the page of a home runs, and the key by which it gives one more address."""

    port: int
    key: str

    @classmethod
    def of(cls, home: Path) -> Path:
        return home / "page.json"


def running_address(home: Path, person: str) -> str | None:
    """A new address of the page that runs for this home; None where none does."""
    try:
        record = Record(**json.loads(Record.of(home).read_text("utf-8")))
        origin = f"http://{LOOPBACK}:{record.port}"
        headers = {
            "Origin": origin,
            "Content-Type": "application/json",
            "Authorization": f"Bearer {record.key}",
            NAME_HEADER: quote(person),
        }
        asked = Request(origin + ADDRESSES, b"{}", headers, method="POST")
        with build_opener(ProxyHandler({})).open(asked, timeout=PATIENCE) as answer:  # never by a proxy
            return str(json.load(answer)["address"])
    except (OSError, URLError, ValueError, KeyError, TypeError):
        return None


def serve(graph: Graph, home: Path, person: str, port: int, opened: Callable[[str], object]) -> None:
    """Serve the page until somebody ends it; ``opened`` gets its first address when it answers. Raises `PortTaken`."""
    listening = _bound(port)
    access = Access(listening.getsockname()[1])
    app = make_app(graph, access, home / "features")
    server = uvicorn.Server(
        uvicorn.Config(
            app, log_level="error", access_log=False, server_header=False, timeout_graceful_shutdown=ENDING, ws="none"
        )
    )
    record = Record.of(home)
    _write(record, access)
    telling = threading.Thread(target=_tell, args=(server, access.address(person), opened), daemon=True)
    telling.start()
    warming = threading.Thread(target=app.state.site.warm, daemon=True)
    warming.start()
    try:
        server.run([listening])
    finally:
        record.unlink(missing_ok=True)
        app.state.site.close()
        warming.join(PATIENCE_AT_END)  # its connection must not be closed in the middle of a question


def _tell(server: uvicorn.Server, address: str, opened: Callable[[str], object]) -> None:
    waited = threading.Event()
    while not server.started:
        if server.should_exit:
            return
        waited.wait(0.02)
    opened(address)


def _bound(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere it would let two programs listen at one port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((LOOPBACK, port))
    except OSError as error:
        listening.close()
        raise PortTaken(f"another program listens at port {port}") from error
    return listening


def _write(record: Path, access: Access) -> None:
    """Keep where the page runs, for its owner only."""
    record.unlink(missing_ok=True)
    opened = os.open(record, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "w") as file:
        json.dump({"port": access.port, "key": access.key}, file)
