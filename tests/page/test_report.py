"""The report as one file: what it holds, that it opens offline, and that nothing in it runs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli import main
from coingraph import Report
from explore.page.report import Written, as_dict, write_report
from page.conftest import Served

SCRIPT = "<script>window.ran = 1</script>"
IMAGE = "\"><img src=x onerror='window.ran = 1'>"


@pytest.fixture(scope="module")
def written(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Report, Written]]:
    """A report of a hoard of which a person who writes scripts has renamed a coin and decided a type."""
    folder = tmp_path_factory.mktemp("report")
    typical = served.graph.communities().found[0].typical
    served.graph.db.write("MATCH (c:Coin {id: $id}) SET c.name = $name", id=typical, name=SCRIPT)
    served.graph.set_type(str(typical), IMAGE, new=True, author=SCRIPT, note=IMAGE)
    found = served.graph.report()
    yield found, write_report(found, folder / "kept", folder / "report.html")
    served.graph.db.write("MATCH (c:Coin {id: $id}) REMOVE c.name", id=typical)
    served.forget()


def test_it_tells_what_the_graph_holds(served: Served, written: tuple[Report, Written]) -> None:
    figures = as_dict(written[0])
    communities = served.graph.communities().found
    assert figures["coins"] == len(served.graph.list_coins())
    assert figures["communities"] == len(communities)
    assert figures["coins"] - figures["alone"] == sum(one.size for one in communities)
    assert figures["proposals"] == len(served.graph.query("likely-types", limit=1000).rows) > 0
    assert figures["doubtful"] == len(served.graph.query("doubtful-types", limit=1000).rows) > 0
    assert figures["verdicts"] == [{"person": SCRIPT, "given": 1, "undone": 0, "overruled": 0}]
    assert {"ingest", "link", "analyze", "propose"} <= figures["runs"].keys()


def test_it_opens_offline_and_nothing_in_it_runs(chromium: Any, written: tuple[Report, Written]) -> None:
    found, file = written
    for width in (1300, 400):
        window = chromium.new_page(viewport={"width": width, "height": 900})
        asked: list[str] = []
        window.on("request", lambda request, asked=asked: asked.append(request.url))
        window.goto(file.path.as_uri())
        assert [url for url in asked if not url.startswith("data:")] == [file.path.as_uri()]
        assert window.evaluate("[window.ran, document.scripts.length]") == [None, 0]
        assert window.evaluate("document.querySelectorAll('img[src=x], [onerror]').length") == 0
        assert window.get_by_text(SCRIPT).count() and window.get_by_text("onerror=").count()
        pictures = "[...document.images].map(one => one.src.startsWith('data:image/webp') && one.naturalWidth > 0)"
        assert set(window.evaluate(pictures)) == {True}
        assert window.evaluate("document.documentElement.scrollWidth") <= width
        assert window.locator("#network svg image").count() == linked_coins(found)
        assert window.locator("figure.coin").count() and not window.locator("figure.coin:not(:has(.pair))").count()
        assert window.locator("#communities article").count() == len(found.shown)
        window.close()


def linked_coins(found: Report) -> int:
    """The coins that an edge reaches at the percentile of the communities."""
    assert found.linked is not None and found.linked.coins.edges is not None
    return int(found.linked.coins.edges.above(percentile(found)).reached.sum())


def percentile(found: Report) -> float:
    assert found.partition is not None
    return float(found.partition["percentile"])


def test_it_says_how_each_figure_was_made(chromium: Any, written: tuple[Report, Written]) -> None:
    found, file = written
    window = chromium.new_page()
    window.goto(file.path.as_uri())
    for part, command in [
        ("holds", "ingest"),
        ("communities", "analyze"),
        ("proposals", "propose"),
        ("network", "link"),
    ]:
        step = found.step(command)
        assert step is not None
        assert step.id in window.locator(f"#{part} .how").inner_text()
    made = window.locator("#made").inner_text()
    assert found.space is not None
    assert found.space.name in made and found.space.weights[:16] in made and f"{percentile(found):.7g}" in made
    window.close()


def test_the_command_writes_the_file_and_prints_its_figures(served: Served, tmp_path: Path) -> None:
    out = tmp_path / "new" / "report.html"
    done = CliRunner().invoke(main, ["report", str(out), "--collection", "hoard", "--json"])
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    assert (figures["file"], figures["bytes"]) == (str(out), out.stat().st_size)
    assert figures["pictures"] > 100
    assert figures["bytes"] < 10_000_000


def test_it_is_a_page_of_collections_that_there_are(served: Served, tmp_path: Path) -> None:
    refused = CliRunner().invoke(main, ["report", str(tmp_path / "report.pdf")])
    assert refused.exit_code == 2 and "a report is .html" in refused.stderr
    unknown = CliRunner().invoke(main, ["report", str(tmp_path / "report.html"), "--collection", "nowhere"])
    assert unknown.exit_code == 1 and "no collection 'nowhere'" in unknown.stderr
    assert not (tmp_path / "report.html").exists()
