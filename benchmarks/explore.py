"""How soon the page answers on a large synthetic collection.

    python -m benchmarks.explore [--coins 100000] [--repeats 15] [--folder DIR]

The coins are those of `benchmarks.query_latency`, without vectors: names, types, mints, findspots, weights, diameters.
The page runs as it does for people, with its guard, in this process; times are those of a client on this machine,
from the request to the last byte. "Processor" is what page, client and database worked on one request, all cores
together: on a machine that others use it tells more than the times do. "Begin" is what the page reads once, beside its
first answers.
"""

import argparse
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil
import requests
import uvicorn
from tabulate import tabulate

import coingraph
from benchmarks.common import throwaway_server
from benchmarks.query_latency import coin, timed
from explore.page.app import make_app
from explore.page.security import Access
from graph.connection import Database
from graph.runs import step
from graph.store import store_reading
from ingest.records import Reading

#: What is asked, and in how many milliseconds it is to be answered.
LIMITS = {"first page": 1000, "facets": 300, "search": 200, "coin": 300}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coins", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--folder", type=Path, help="keep the database there, and use the one that is there")
    options = parser.parse_args()
    with throwaway_server(options.folder) as db, TemporaryDirectory() as folder:
        if not db.read("MATCH (c:Coin) RETURN c LIMIT 1"):
            build(db, options.coins)
        print(tabulate(measured(Path(folder), options.repeats), headers="keys", floatfmt=".0f"))


def build(db: Database, number: int) -> None:
    """Coins with their metadata."""
    generator = np.random.default_rng(1)
    types = np.minimum(generator.zipf(1.3, number), number // 20)
    coins = [coin(n, int(kind), generator) for n, kind in enumerate(types)]
    with timed(f"{number:,} coins"), step(db, "ingest") as writing:
        store_reading(db, Reading(Path("/synthetic"), coins, collection="museum"), writing)
    db.run_alone("CALL db.awaitIndexes(600)")


def measured(folder: Path, repeats: int) -> list[dict[str, Any]]:
    """A row for each thing that is asked: median and 95th percentile in milliseconds, beside the limit."""
    listening = socket.create_server(("127.0.0.1", 0))
    access = Access(listening.getsockname()[1])
    with coingraph.open() as graph:
        graph.prepare()
        app = make_app(graph, access, folder)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        serving.start()
        with timed("begin"):
            app.state.site.warm()
        client = requests.Session()
        client.trust_env = False
        client.get(access.address("benchmark"))
        rows = asked(lambda path: client.get(access.origins[0] + path), app.state.site.gallery.ids, repeats)
        server.should_exit = True
        serving.join(10)
    return rows


def asked(get: Callable[[str], requests.Response], ids: list[str], repeats: int) -> list[dict[str, Any]]:
    generator = np.random.default_rng(2)

    def some() -> str:
        return str(generator.choice(ids))

    questions: dict[str, list[Callable[[], str]]] = {
        "first page": [lambda: "/coins"],
        "facets": [
            lambda: "/api/facets",
            lambda: f"/api/facets?mint=Mint {generator.integers(12)}&weight=2..4",
            lambda: f"/api/facets?type=Type {generator.integers(1, 50)}",
        ],
        "search": [
            lambda: f"/api/coins?q={some()[-5:]}",
            lambda: f"/api/coins?q=type {generator.integers(1, 99)}",
            lambda: f"/api/coins?q=mint {generator.integers(12)} findspot",
            lambda: "/api/coins?q=findspto",
        ],
        "coin": [lambda: f"/coins/{some()}"],
    }
    rows = []
    for name, addresses in questions.items():
        for number, address in enumerate(addresses, 1):
            times = []
            for turn in range(repeats + 2):
                if turn == 2:  # the first two are for planning and warming
                    worked = processor()
                path = address()
                begun = time.perf_counter()
                answer = get(path)
                times.append(1000 * (time.perf_counter() - begun))
                assert answer.status_code == 200, answer.text[:300]
            median, late = np.percentile(times[2:], [50, 95])
            work = 1000 * (processor() - worked) / repeats
            rows.append(
                {"what": f"{name} {number}", "such as": path, "median ms": median, "95th percentile ms": late,
                 "processor ms": work, "limit ms": LIMITS[name], "bytes": len(answer.content)}
            )  # fmt: skip
    return rows


def processor() -> float:
    """Seconds that this process and the embedded server have worked."""
    server = coingraph.running()
    some = [psutil.Process(), *([psutil.Process(server.pid)] if server else [])]
    return sum(times.user + times.system for times in (one.cpu_times() for one in some))


if __name__ == "__main__":
    main()
