"""New photographs in real Chromium: an outline is corrected by mouse and by keys, and is what is added."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageDraw

from page.conftest import Served, Windows
from page.test_decide import until

SIDE = "MATCH (s:Side {id: 'found/F2/obverse'}) RETURN s.outline AS outline, s.outline_by AS by"


def coin(file: Path, box: tuple[int, int, int, int]) -> Path:
    image = Image.new("RGB", (600, 400), "white")
    ImageDraw.Draw(image).ellipse(box, fill=(150, 110, 60))
    image.save(file)
    return file


@pytest.fixture
def seeing(served: Served, tmp_path: Path) -> Iterator[None]:
    """A space whose model is at hand, and a collection that coins can be added to."""
    graph, usual = served.graph, served.graph.default_space()
    (tmp_path / "found").mkdir()
    coin(tmp_path / "found" / "F1_obverse.png", (100, 60, 380, 340))
    graph.ingest(tmp_path / "found", "found")
    graph.embed(space="test-pixels")
    graph.link(space="test-pixels")
    graph.set_default_space("test-pixels")
    yield
    graph.set_default_space(str(usual))
    graph.remove_space("test-pixels")
    graph.remove_collection("found")


def ends(page: Any) -> list[float]:
    """Left, top, right and bottom of the outline that is shown, in pixels of the photograph."""
    points = [tuple(map(float, one.split(","))) for one in page.get_attribute(".rim", "points").split()]
    return [round(best(one[axis] for one in points)) for best in (min, max) for axis in (0, 1)]


@pytest.mark.usefixtures("seeing")
def test_an_outline_is_corrected_and_added(windows: Windows, served: Served, tmp_path: Path) -> None:
    page = windows().open("/add", "#drops")

    def seen(act: Any) -> None:
        with page.expect_response(lambda answer: answer.url.endswith("/api/photographs")):
            act()

    def drag() -> None:
        grip = page.locator('.grip[data-edge="2"]').bounding_box()
        x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 60, y, steps=4)
        page.mouse.up()

    file = coin(tmp_path / "F2.png", (200, 100, 400, 300))
    seen(lambda: page.set_input_files("input[name=obverse]", file))
    page.wait_for_selector(".rim")
    assert ends(page) == pytest.approx([200, 100, 400, 300], abs=4)
    assert not [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    seen(drag)
    left, top, right, bottom = ends(page)
    assert [left, top, bottom] == pytest.approx([200, 100, 300], abs=4)
    assert right > 440, "the edge goes where it is dragged"

    page.focus(".rim")
    seen(lambda: page.keyboard.press("Escape"))
    until(lambda: ends(page) == pytest.approx([200, 100, 400, 300], abs=4))  # the one that was found
    page.wait_for_function("document.activeElement.matches('.rim')")
    seen(
        lambda: [page.keyboard.press(key) for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Shift+ArrowRight", "+")]
    )
    drawn = ends(page)
    assert drawn == pytest.approx([200, 100, 412, 306], abs=4)
    page.wait_for_selector("#found [type=submit]:not([disabled])")
    page.fill("[name=collection]", "found")
    page.click("#found [type=submit]")
    page.wait_for_url("**/coins/found/F2")
    page.locator("#record", has_text="outline drawn by Anna Krause").wait_for()
    (side,) = served.graph.db.read(SIDE)
    corners = side["outline"]
    assert side["by"] == "Anna Krause"
    assert [min(corners[::2]), min(corners[1::2]), max(corners[::2]), max(corners[1::2])] == pytest.approx(drawn, abs=1)
