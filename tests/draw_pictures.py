"""The pictures of the README and of docs, from the hoard that `make demo` leaves: `make pictures` runs this.

    python tests/draw_pictures.py demo

Without Chromium the pictures of Neo4j Browser and of the page stay as they are.
"""

import base64
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from PIL import Image

import coingraph
from cli import main

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
MADE_BY = {
    "like.png": "find SH-0050 -n 7 --sheet",
    "tsne.png": "plot tsne --face reverse --out",
    "network.png": "plot network --out",
    "pairs.png": "plot pairs SH-0050 --out",
    "distribution.png": "plot distribution --out",
}
#: Views of `coingraph explore`: the address, the theme, and what is there when the view is.
VIEWS: dict[str, tuple[str, Literal["light", "dark"], str]] = {
    "explore-coins.png": ("/coins", "light", ".card img"),
    "explore-review.png": ("/review", "dark", "#quad figure img"),
    "explore-compare.png": ("/compare?coins=hoard/SH-0041,hoard/SH-0051", "dark", "main canvas, main img"),
}
#: Coins about their communities.
DRAWN = """MATCH (coin:Coin)-[member:MEMBER_OF]->(community:Community)-[:IN]->(:Partition {space: 'coin_lite2'})
RETURN coin, member, community LIMIT 60"""
WIDEST = 1000  # pixels
COLOURS = 256
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-default-apps"),
]


def make(demo: Path) -> None:
    """Write all pictures anew; ``demo`` is the folder of `make demo`, whose server is started if it is down."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        shutil.copy(demo / "report" / "contact-sheet.png", made / "communities.png")
        for name, command in MADE_BY.items():
            main(["--home", str(demo / "database"), *command.split(), str(made / name)], standalone_mode=False)
        if find_chromium():
            with coingraph.open(demo / "database") as graph:
                photograph_browser(graph, made / "browser.png")
            photograph_page(demo / "database", made)
        for file in made.glob("*.png"):
            shrink(file, PICTURES / file.name)


def shrink(file: Path, out: Path) -> None:
    """A picture as a page shows it: not wider than `WIDEST`, of few colours."""
    with Image.open(file) as picture:
        small = picture.convert("RGB")
        small.thumbnail((WIDEST, 10 * WIDEST), Image.Resampling.LANCZOS)
        small.quantize(COLOURS, Image.Quantize.FASTOCTREE).save(out, optimize=True)


def photograph_browser(graph: coingraph.Graph, out: Path) -> None:
    """Neo4j Browser as it draws the communities of the default space."""
    _, style = graph.browser_files()
    alone = {"autoComplete": False}  # no edges but those that were asked for
    with browser_page(with_query(graph.browser_url(), DRAWN), graph.db.address.password, alone) as page:
        drop(page, style)
        page.click("[data-testid=editor-Run]")
        page.wait_for_selector("svg g.node")
        page.wait_for_timeout(15_000)  # the drawing comes to rest
        page.locator("[data-testid=frame]").filter(has=page.locator("svg g.node")).first.screenshot(path=out)


def photograph_page(home: Path, folder: Path) -> None:
    """The views of `VIEWS`, as `coingraph explore` serves them for a home."""
    from playwright.sync_api import sync_playwright

    words = [sys.executable, "-m", "cli", "--home", str(home), "explore", "--no-open", "--port", "0", "--as", "M. R."]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as serving:
        try:
            assert serving.stdout
            found = re.search(r"http://\S+token=\S+", serving.stdout.readline())
            assert found, "the page says no address"
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=find_chromium(), args=QUIET)
                page = browser.new_page(viewport={"width": 1300, "height": 900})
                page.goto(found[0])
                for name, (path, theme, there) in VIEWS.items():
                    page.emulate_media(color_scheme=theme)
                    page.goto(found[0].partition("/?")[0] + path)
                    page.wait_for_selector(there)
                    page.wait_for_load_state("networkidle")  # points and letters come last
                    page.wait_for_timeout(3_000)  # pictures fade in
                    page.screenshot(path=folder / name)
                browser.close()
        finally:
            serving.terminate()


def with_query(url: str, cypher: str) -> str:
    """The address of Browser with another query in its editor."""
    parts = urlsplit(url)
    return parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | {"arg": cypher})).geturl()


def find_chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def browser_page(
    url: str, password: str, settings: dict[str, Any] | None = None, failed: Callable[[Any], None] | None = None
) -> Iterator[Any]:
    """A Playwright page: Neo4j Browser in headless Chromium, logged in at the address that `coingraph browser` has.

    ``failed`` hears of each request that came to nothing.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=QUIET)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        if settings:
            page.add_init_script(f"localStorage.setItem('neo4j.settings', '{json.dumps(settings)}')")
        if failed:
            page.on("requestfailed", failed)
        page.set_default_timeout(60_000)
        page.goto(url)
        page.fill("[data-testid=password]", password)
        page.click("[data-testid=connect]")
        page.get_by_text("You are connected as user").or_(page.get_by_text("Getting started")).first.wait_for()
        yield page
        browser.close()


def drop(page: Any, file: Path) -> None:
    """What Browser's window gets when a person drags ``file`` into it."""
    files = page.evaluate_handle(
        """([content, name]) => {
            const data = new DataTransfer();
            data.items.add(new File([Uint8Array.from(atob(content), c => c.charCodeAt(0))], name));
            return data;
        }""",
        [base64.b64encode(file.read_bytes()).decode(), file.name],
    )
    window = page.locator(".filedrop").first
    for event in ("dragenter", "dragover", "drop"):
        window.dispatch_event(event, {"dataTransfer": files})


if __name__ == "__main__":
    make(Path(sys.argv[1]))
