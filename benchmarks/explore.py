"""How soon the page answers on a large synthetic collection, and how smoothly it moves.

    python -m benchmarks.explore [--coins 100000] [--repeats 15] [--folder DIR] [--browser-only]

The coins are those of `benchmarks.query_latency`, without vectors: names, types, mints, findspots, weights, diameters.
They are written by `LOAD`, as an ingest leaves them, before the indexes are there, which are then filled at once.
The page runs as it does for people, with its guard, in this process; times are those of a client on this machine,
from the request to the last byte. "Processor" is what page, client and database worked on one request, all cores
together: on a machine that others use it tells more than the times do. "Begin" is what the page reads once, beside its
first answers.

In Chromium, drawn by software: nodes of the document while 100 screens of coins are scrolled through; frames a second
while a network of 2,000 coins and 6,000 edges is panned, and where all of it is drawn anew each frame; and how long the
threshold of 20,000 coins and 200,000 edges takes from a step of the slider until it is drawn. Network and pictures are
made up: the answer to the page's question is given in the server's place, and one picture stands for all.
"""

import argparse
import json
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil
import requests
import uvicorn
from PIL import Image, ImageDraw
from tabulate import tabulate

import coingraph
from benchmarks.common import throwaway_server
from benchmarks.query_latency import coin, timed
from explore.page.app import make_app
from explore.page.security import Access
from graph.connection import Database
from graph.schema import prepare
from ingest.records import CoinRecord
from queries.gallery import Gallery

BATCH = 2000
NAMED = ("Collection", "CoinType", "Mint", "Findspot")
NAMES = "UNWIND $names AS name CREATE (:{label} {{name: name}})"
#: Coins as `graph.store` leaves them, all names being there.
LOAD = """
UNWIND $rows AS row
MATCH (k:Collection {name: row.collection}) MATCH (m:Mint {name: row.mint}) MATCH (f:Findspot {name: row.findspot})
OPTIONAL MATCH (t:CoinType {name: row.type})
CREATE (c:Coin)-[:IN_COLLECTION]->(k), (c)-[:STRUCK_AT]->(m), (c)-[:FOUND_AT]->(f)
SET c = row.properties
FOREACH (_ IN CASE WHEN t IS NULL THEN [] ELSE [1] END |
  CREATE (c)-[:ATTRIBUTED_TO {key: c.id + '|table|', source: 'table'}]->(t)
  CREATE (c)-[:OF_TYPE {coin: c.id, source: 'table'}]->(t))
FOREACH (one IN [side IN row.sides WHERE side.id ENDS WITH 'obverse'] |
  CREATE (c)-[:HAS_SIDE]->(s:Side:Obverse) SET s = one)
FOREACH (one IN [side IN row.sides WHERE side.id ENDS WITH 'reverse'] |
  CREATE (c)-[:HAS_SIDE]->(s:Side:Reverse) SET s = one)
"""
#: Scrolls on, screen by screen; the most nodes that the document had.
SCROLLED = """async () => {
  let most = 0;
  for (let k = 0; k < 100; k += 1) {
    scrollBy(0, innerHeight);
    await new Promise((go) => requestAnimationFrame(() => setTimeout(go, 40)));
    most = Math.max(most, document.querySelectorAll("*").length);
  }
  return most;
}"""
#: Frames a second over three seconds, of a canvas that is panned, or drawn anew.
FRAMES = """async (how) => {
  const canvas = document.querySelector("#canvas"), box = canvas.getBoundingClientRect();
  const at = (clientX, clientY, type) => canvas.dispatchEvent(new PointerEvent(type, { clientX, clientY }));
  canvas.setPointerCapture = () => {};
  const x = box.left + box.width / 2, y = box.top + box.height / 2, slider = document.querySelector("#slider");
  if (how === "pan") at(x, y, "pointerdown");
  let frames = 0;
  const begun = performance.now();
  while (performance.now() - begun < 3000) {
    frames += 1;
    if (how === "pan") at(x + 150 * Math.sin(frames / 20), y + 80 * Math.cos(frames / 20), "pointermove");
    else slider.dispatchEvent(new Event("input"));
    await new Promise(requestAnimationFrame);
  }
  const rate = frames / ((performance.now() - begun) / 1000);
  if (how === "pan") at(x, y, "pointerup");
  await new Promise((go) => setTimeout(go, 400));
  return rate;
}"""
#: Milliseconds from each of 30 steps of the slider until the frame after it.
STEPS = """async () => {
  const slider = document.querySelector("#slider"), found = [];
  for (let k = 0; k < 32; k += 1) {
    slider.value = (slider.max * (31 - k)) / 32;
    const begun = performance.now();
    slider.dispatchEvent(new Event("input"));
    await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
    if (k > 1) found.push(performance.now() - begun);
    await new Promise((go) => setTimeout(go, 60));
  }
  return found;
}"""
#: What is asked, and in how many milliseconds it is to be answered.
LIMITS = {"first page": 1000, "facets": 300, "search": 200, "coin": 300}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coins", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--folder", type=Path, help="keep the database there, and use the one that is there")
    parser.add_argument("--browser-only", action="store_true", help="leave the server's times out")
    options = parser.parse_args()
    with throwaway_server(options.folder) as db, TemporaryDirectory() as folder:
        if not db.read("MATCH (c:Coin) RETURN c LIMIT 1"):
            build(db, options.coins)
        with served(Path(folder)) as (access, gallery):
            if not options.browser_only:
                print(tabulate(measured(access, gallery, options.repeats), headers="keys", floatfmt=".0f"), flush=True)
            print(tabulate(seen(access), headers="keys", floatfmt=".0f"))


def build(db: Database, number: int) -> None:
    """Coins with their metadata, in batches."""
    generator = np.random.default_rng(1)
    types = np.minimum(generator.zipf(1.3, number), number // 20)
    coins = [coin(n, int(kind), generator) for n, kind in enumerate(types)]
    with timed(f"{number:,} coins"):
        for name in (
            "SHOW CONSTRAINTS YIELD name RETURN name",
            "SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name",
        ):
            for row in db.read(name):
                kind = "CONSTRAINT" if "CONSTRAINTS" in name else "INDEX"
                db.run_alone(f"DROP {kind} `{row['name']}` IF EXISTS")
        for label, names in names_of(coins).items():
            db.write(NAMES.format(label=label), names=sorted(names))
        for label in NAMED:
            db.run_alone(f"CREATE INDEX load_{label} FOR (n:{label}) ON (n.name)")
        db.run_alone("CALL db.awaitIndexes(60)")
        for start in range(0, number, BATCH):
            db.write(LOAD, rows=[written(one) for one in coins[start : start + BATCH]])
        for label in NAMED:
            db.run_alone(f"DROP INDEX load_{label}")
    with timed("indexes"):
        prepare(db)
        db.run_alone("CALL db.awaitIndexes(600)")


def names_of(coins: Sequence[CoinRecord]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {label: set() for label in NAMED}
    for one in coins:
        for label, name in zip(NAMED, (one.collection, one.type, *named(one)), strict=True):
            found[label] |= {name} - {None}  # type: ignore[operator]
    return found


def named(one: CoinRecord) -> tuple[str, str]:
    """Its mint and findspot."""
    return one.properties["mint"], one.properties["findspot"]


def written(one: CoinRecord) -> dict[str, Any]:
    mint, findspot = named(one)
    sides = [
        {"id": f"{one.id}/{face}", "name": f"{one.name} {face}", "sha256": side.sha256, "uri": side.path.as_uri(),
         "width": side.width, "height": side.height}
        for face, side in one.sides.items()
    ]  # fmt: skip
    measures = {name: one.properties[name] for name in ("weight", "diameter")}
    properties = {"id": one.id, "name": one.name, "columns": sorted(measures), **measures}
    return {"properties": properties, "sides": sides, "type": one.type, "mint": mint, "findspot": findspot,
            "collection": one.collection}  # fmt: skip


@contextmanager
def served(folder: Path) -> Iterator[tuple[Access, Gallery]]:
    """The page on a free port of this machine, warm; who may come in, and its coins."""
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
        yield access, app.state.site.gallery
        server.should_exit = True
        serving.join(10)


def measured(access: Access, gallery: Gallery, repeats: int) -> list[dict[str, Any]]:
    """A row for each thing that is asked: median and 95th percentile in milliseconds, beside the limit."""

    def get(path: str) -> requests.Response:
        gallery.__dict__.pop("found", None)  # no word was asked before
        return client.get(access.origins[0] + path)

    client = requests.Session()
    client.trust_env = False
    client.get(access.address("benchmark"))
    return asked(get, gallery.ids, repeats)


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


def seen(access: Access) -> list[dict[str, Any]]:
    """What Chromium measures, beside the limits."""
    from playwright.sync_api import sync_playwright

    token = access.address("benchmark").partition("token=")[2]
    cookie = {"name": access.cookie, "value": str(access.sign_in(token)), "url": access.origins[0]}
    picture = one_picture()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1300, "height": 940})
        page.context.add_cookies([cookie])
        page.route("**/pictures/**", lambda route: route.fulfill(body=picture, content_type="image/webp"))

        def network(coins: int, edges: int) -> None:
            answer = json.dumps(made_network(coins, edges))
            page.unroute("**/api/network?*")
            page.route("**/api/network?*", lambda route: route.fulfill(body=answer, content_type="application/json"))
            page.goto(f"{access.origins[0]}/network")
            page.wait_for_selector("#canvas[data-drawn]")
            page.wait_for_timeout(8000)  # pictures come

        page.goto(f"{access.origins[0]}/coins")
        page.wait_for_selector(".card")
        nodes = page.evaluate(SCROLLED)
        network(2000, 6000)
        page.evaluate("document.querySelector('#slider').value = 0")
        page.evaluate("document.querySelector('#slider').dispatchEvent(new Event('input'))")
        rates = {name: page.evaluate(FRAMES, how) for name, how in (("panning", "pan"), ("all drawn", "draw"))}
        network(20_000, 200_000)
        steps = page.evaluate(STEPS)
        browser.close()
    frames = "2,000 coins, 6,000 edges, {}: frames a second"
    return [
        {"what": "nodes of the document while scrolling, at most", "measured": nodes, "limit": "under 1,500"},
        {"what": frames.format("panning"), "measured": rates["panning"], "limit": "30 at least"},
        {"what": frames.format("all drawn"), "measured": rates["all drawn"], "limit": "12 at least"},
        {"what": "slider at 20,000 coins, median ms", "measured": float(np.median(steps)), "limit": "under 200"},
        {"what": "slider at 20,000 coins, slowest ms", "measured": max(steps), "limit": ""},
    ]


def one_picture() -> bytes:
    """A disc that stands for every coin."""
    image = Image.new("RGBA", (96, 96))
    ImageDraw.Draw(image).ellipse((2, 2, 93, 93), fill="#9a8f7d")
    found = BytesIO()
    image.save(found, "WEBP")
    return found.getvalue()


def made_network(coins: int, edges: int) -> dict[str, Any]:
    """An answer of `/api/network`: coins in groups of about 40, each linked to some near it."""
    rng = np.random.default_rng(3)
    groups = coins // 40
    group = rng.integers(groups, size=coins)
    centres = rng.random((groups, 2))
    xy = centres[group] + rng.normal(scale=0.3 / np.sqrt(groups), size=(coins, 2))
    first = rng.integers(coins, size=edges)
    order = np.argsort(group, kind="stable")
    place = np.empty(coins, int)
    place[order] = np.arange(coins)
    second = order[(place[first] + rng.integers(1, 30, edges)) % coins]
    strength = np.sort(100 - rng.gamma(1.5, 1.5, edges).clip(0, 90))[::-1]
    stems = [[f"/pictures/{n:064x}/0", None] for n in range(coins)]
    return {
        "version": "1", "ids": [f"m/{n}" for n in range(coins)], "names": [str(n) for n in range(coins)],
        "x": xy[:, 0].round(5).tolist(), "y": xy[:, 1].round(5).tolist(), "types": group.tolist(),
        "type_names": [f"Type {n}" for n in range(groups)], "collection": [0] * coins, "collection_names": ["m"],
        "community": (group + 1).tolist(), "columns": {}, "stems": stems, "mm": [[18.0, None]] * coins, "space": "s",
        "face": "both", "first": first.tolist(), "second": second.tolist(), "percentile": strength.round(4).tolist(),
        "cosine": (strength / 100).round(5).tolist(), "same": (group[first] == group[second]).astype(int).tolist(),
        "histogram": {"edges": [], "all": [], "same": []}, "steps": [], "advised": float(strength[edges // 2]),
        "percentiles_of": {"least": float(strength[-1]), "most": float(strength[0])}, "folded": coins > 2000,
        "folds": [{"community": n + 1, "coin": int(np.flatnonzero(group == n)[0]), "size": int((group == n).sum())}
                  for n in range(groups)],
        "missing": None,
    }  # fmt: skip


def processor() -> float:
    """Seconds that this process and the embedded server have worked."""
    server = coingraph.running()
    some = [psutil.Process(), *([psutil.Process(server.pid)] if server else [])]
    return sum(times.user + times.system for times in (one.cpu_times() for one in some))


if __name__ == "__main__":
    main()
