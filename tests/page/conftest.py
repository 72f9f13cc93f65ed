"""The page on a real server over the coded hoard, and one real Chromium that looks at it."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from coded_hoard import build
from conftest import empty
from draw_pictures import find_chromium

import coingraph
from explore.page.app import make_app
from explore.page.security import Access
from explore.page.site import Site
from graph.connection import Database
from hoard import HoardTruth


@dataclass
class Served:
    """A running page: its address, the graph behind it, and who may come in."""

    access: Access
    graph: coingraph.Graph
    site: Site

    @property
    def address(self) -> str:
        return self.access.origins[0]

    def cookie(self, person: str = "Anna Krause") -> str:
        """The cookie of a new session of a person."""
        token = self.access.address(person).partition("token=")[2]
        return str(self.access.sign_in(token))

    def verdicts(self) -> list[coingraph.Verdict]:
        """All verdicts, the latest first."""
        return list(self.graph.history().verdicts)

    def forget(self) -> None:
        """Take back every verdict that still stands."""
        for one in self.verdicts():
            if not one.undone:
                self.graph.undo(one.number)


@pytest.fixture(scope="package")
def running(server: Database, hoard: HoardTruth, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The page over a coded hoard, for all modules of this folder."""
    empty(server)
    build(server, hoard)
    listening = socket.create_server(("127.0.0.1", 0))
    access = Access(listening.getsockname()[1])
    with coingraph.open() as graph:
        graph.prepare()
        app = make_app(graph, access, tmp_path_factory.mktemp("page"))
        serving = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        thread = threading.Thread(target=serving.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield Served(access, graph, app.state.site)
        finally:
            serving.should_exit = True
            thread.join(timeout=20)
            app.state.site.close()
            listening.close()
            empty(server)


@pytest.fixture(scope="module")
def served(running: Served, server: Database) -> Iterator[Served]:
    """The running page. What a module's tests decide and keep is gone after it."""
    yield running
    running.forget()
    server.write("MATCH (n:Verdict|Group) DETACH DELETE n")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for all tests of a module, for a process has one at a time; without Chromium they are skipped."""
    if not find_chromium():
        pytest.skip("no Chromium on this machine: the page's views are not looked at")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Window:
    """A page in a browser, with what it asked for and what went wrong in it."""

    page: Any
    address: str
    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def open(self, path: str, ready: str) -> Any:
        """Go to a view, and wait for what shows that it is there."""
        self.page.goto(self.address + path)
        self.page.wait_for_selector(ready)
        return self.page


class Windows:
    """Opens windows of a page, each with a session of its own, and closes them after the test."""

    def __init__(self, browser: Any, served: Served):
        self.browser, self.served = browser, served
        self.opened: list[Window] = []

    def __call__(self, width: int = 1300, theme: str = "light", person: str = "Anna Krause", **more: Any) -> Window:
        height = 940 if width > 760 else 860
        context = self.browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme, **more)
        context.add_cookies(
            [{"name": self.served.access.cookie, "value": self.served.cookie(person), "url": self.served.address}]
        )
        window = Window(context.new_page(), self.served.address)
        window.page.set_default_timeout(30_000)  # a busy machine must fail no test
        window.page.on("request", lambda request: window.asked.append(request.url))
        window.page.on("pageerror", lambda error: window.wrong.append(str(error)))
        window.page.on(
            "console", lambda message: window.wrong.append(message.text) if message.type == "error" else None
        )
        self.opened.append(window)
        return window

    def close(self) -> None:
        for window in self.opened:
            window.page.context.close()


@pytest.fixture
def windows(chromium: Any, served: Served) -> Iterator[Windows]:
    """Opens a window; at the end no window may have met an error or have asked another machine.

    Verdicts that a test leaves are taken back, so that each begins with the same coins.
    """
    opened = Windows(chromium, served)
    yield opened
    opened.close()
    served.forget()
    for window in opened.opened:
        strangers = [url for url in window.asked if not url.startswith((served.address, "data:", "blob:"))]
        assert not strangers, "a request left the machine"
        assert not window.wrong, window.wrong
