"""`coingraph explore` from the first address to Ctrl-C, on a graph that holds nothing yet."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from graph.connection import Database

ROOT = Path(__file__).parents[2]


def command(*options: str) -> "subprocess.Popen[str]":
    line = [sys.executable, str(ROOT / "cli.py"), "explore", "--no-open", *options]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)


def address_of(running: "subprocess.Popen[str]") -> str:
    assert running.stdout
    found = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", running.stdout.readline())
    assert found, running.stderr and running.stderr.read()
    return found[0]


@pytest.fixture
def page(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["subprocess.Popen[str]"]:
    monkeypatch.setenv("COINGRAPH_HOME", str(tmp_path))
    running = command("--port", "0", "--as", "Anna Krause")
    yield running
    running.kill()
    running.wait()


def test_the_page_from_its_first_address_to_its_end(page: "subprocess.Popen[str]", tmp_path: Path) -> None:
    client = requests.Session()
    client.trust_env = False
    first = address_of(page)
    answer = client.get(first, timeout=60)
    assert (answer.status_code, answer.url.endswith("/coins")) == (200, True)
    assert client.get(first.partition("?")[0] + "api/people", timeout=60).json()["me"]["name"] == "Anna Krause"
    for view in ("review", "network", "map", "dies", "questions", "verdicts", "add", "health", "compare"):
        assert client.get(first.partition("?")[0] + view, timeout=60).status_code == 200, view
    for path in ("network", "map", "communities", "dies", "review"):
        told = client.get(f"{first.partition('?')[0]}api/{path}", timeout=60)
        assert told.status_code == 200, path
        assert path == "review" or told.json()["missing"], path

    second = command("--as", "Max Ritter")
    other = requests.Session()
    other.trust_env = False
    other.get(address_of(second), timeout=60)
    assert second.wait(60) == 0
    assert other.get(first.partition("?")[0] + "api/people", timeout=60).json()["me"]["name"] == "Max Ritter"

    page.send_signal(signal.SIGINT)
    assert page.wait(60) == 0
    assert not (tmp_path / "page.json").exists()
