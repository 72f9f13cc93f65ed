"""Where people decide, in real Chromium: Compare, Review, Network, Map, Dies, Questions and Communities."""

import json
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import networkx as nx
import pytest
from axe_playwright_python.sync_playwright import Axe

from page.conftest import Served, Window, Windows

WIDTHS = [pytest.param(1300, "light", marks=pytest.mark.long), (400, "dark")]
DRAWN = "canvas[data-drawn]"  # a canvas says when it has been painted


def asked(window: Window, path: str) -> Any:
    """What the page's own API answers, in the window's session."""
    while (answer := window.page.context.request.get(window.address + path)).status == 202:
        time.sleep(0.5)
    return answer.json()


def until(holds: Callable[[], bool], seconds: float = 15) -> None:
    """Wait for something that happens behind the page."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def number(page: Any, where: str) -> int:
    return int(re.sub(r"\D", "", page.inner_text(where)))


def serious(page: Any) -> list[str]:
    """What axe-core finds that keeps somebody from using the page."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def struck(window: Window) -> str:
    """Where the chart of a type is that has dies of both sides."""
    types = asked(window, "/api/dies")["types"]
    return str(next(one["href"] for one in types if one["links"]))


@pytest.fixture(scope="module")
def coins(served: Served) -> list[str]:
    """Three coins of one type, with both sides."""
    rows = served.graph.cypher(
        "MATCH (t:CoinType)<-[:OF_TYPE]-(c:Coin) WHERE COUNT { (c)-[:HAS_SIDE]->() } = 2 "
        "WITH t, collect(c.id) AS ids WHERE size(ids) > 2 RETURN ids ORDER BY t.name LIMIT 1"
    ).rows
    return list(rows[0]["ids"][:3])


@pytest.mark.parametrize(("width", "theme"), WIDTHS)
def test_views_fit_and_can_be_used_by_everybody(windows: Windows, coins: list[str], width: int, theme: str) -> None:
    window = windows(width, theme)
    views = {
        f"/compare?coins={','.join(coins)}": ".pane img[src]",
        f"/compare?coins={','.join(coins)}&mode=over&blend=difference": ".pane.over img[src]",
        "/review": "#quad figure",
        "/network": DRAWN,
        "/map": DRAWN,
        "/dies": "#types tbody tr",
        struck(window): ".die",
        "/questions/doubles": "#result:not([hidden]), #failed > *",
        "/communities/1": ".card",
    }
    for path in ("/api/network?face=both", "/api/map?face=obverse", "/api/map?face=reverse"):
        asked(window, path)  # the places are computed once
    found = {}
    for path, ready in views.items():
        page = window.open(path, ready)
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found[path] = serious(page) + ([f"wider than the window by {over} px"] if over > 0 else [])
    assert {path: faults for path, faults in found.items() if faults} == {}


# --- Review -----------------------------------------------------------------------------------------------------------


def boxes(page: Any) -> list[Any]:
    """Where the question, the pictures and the answers stand."""
    found = [page.locator(where).bounding_box() for where in ("#question", "#quad", "[data-answer=yes]", "#next")]
    return [(one["x"], one["y"]) for one in found] + [found[1]]


def key(page: Any) -> str:
    """Which question stands there."""
    return str(page.get_attribute("#quad", "data-key"))


def test_review_by_keyboard_alone(windows: Windows, served: Served) -> None:
    window = windows()
    page = window.open("/review", "#quad figure")
    first, second, third = asked(window, "/api/review?limit=3")["items"]
    given, left = len(served.verdicts()), number(page, "#left")
    assert key(page) == first["key"]
    stood = boxes(page)
    page.keyboard.press("y")
    assert key(page) == second["key"], "the next question stands there at once"
    page.keyboard.press("n")
    page.keyboard.press("s")
    assert number(page, "#left") == left - 3
    until(lambda: len(served.verdicts()) == given + 2)
    assert [one.kind for one in served.verdicts()[:2]] == [second["no"]["kind"], first["yes"]["kind"]]
    assert boxes(page) == stood, "nothing moves from one question to the next"
    page.keyboard.press("z")  # the skipped one comes back
    assert key(page) == third["key"]
    page.keyboard.press("z")
    page.keyboard.press("z")
    assert key(page) == first["key"] and number(page, "#left") == left
    until(lambda: all(one.undone for one in served.verdicts()[:2]))


@pytest.mark.long
def test_review_keeps_a_note(windows: Windows, served: Served) -> None:
    page = windows().open("/review", "#quad figure")
    given = len(served.verdicts())
    page.keyboard.press("i")
    page.keyboard.type("the legends differ <b>y</b>")
    page.keyboard.press("Enter")
    page.keyboard.press("n")
    until(lambda: len(served.verdicts()) > given)
    assert served.verdicts()[0].note == "the legends differ <b>y</b>"
    page.keyboard.press("z")
    until(lambda: served.verdicts()[0].undone)


@pytest.mark.long
def test_review_says_who_was_faster(windows: Windows, served: Served) -> None:
    window, other = windows(), windows(person="M. R.")
    page = window.open("/review", "#quad figure")
    item = asked(other, "/api/review")["items"][0]
    post, headers = other.page.context.request.post, {"Origin": other.address}
    verdict = {**item["no"], "id": uuid.uuid4().hex}
    answer = post(f"{other.address}/api/verdicts", data=verdict, headers=headers)
    assert answer.ok and key(page) == item["key"]
    page.keyboard.press("y")
    page.wait_for_selector("#refused:not([hidden])")
    assert key(page) == item["key"], "the question comes back"
    assert "M. R." in page.inner_text("#refused")
    window.wrong.clear()  # the refusal stands in the console, too
    given = len(served.verdicts())
    page.click("#refused .link")
    until(lambda: len(served.verdicts()) == given + 1)
    assert served.verdicts()[0].kind == item["yes"]["kind"]
    page.keyboard.press("z")
    until(lambda: served.verdicts()[0].undone)
    post(f"{other.address}/api/verdicts/{answer.json()['verdict']['number']}/undo", data={}, headers=headers)


# --- Compare ----------------------------------------------------------------------------------------------------------


def scales(page: Any) -> list[str]:
    found = page.eval_on_selector_all(".pane .stage", "all => all.map(one => one.style.transform)")
    return [re.sub(r"translate\([^)]*\) ", "", one) for one in found]


@pytest.mark.long
def test_compare_moves_all_coins_together(windows: Windows, coins: list[str]) -> None:
    page = windows().open(f"/compare?coins={','.join(coins)}", ".pane img[src]")
    assert page.locator(".pane").count() == 3 and page.locator("#pairs li").count() == 3
    page.focus(".pane")
    page.keyboard.press("+")
    page.keyboard.press("]")
    until(lambda: set(scales(page)) == {"scale(1.25) rotate(1deg)"})
    until(lambda: page.inner_text("#zoomed") == "125 %")
    page.keyboard.press("u")
    page.keyboard.press("+")
    until(lambda: len(set(scales(page))) > 1)
    assert scales(page)[1:] == ["scale(1.25) rotate(1deg)"] * 2
    page.keyboard.press("3")
    assert page.locator(".pane").count() == 6, "both sides of each"
    page.keyboard.press("0")
    until(lambda: set(scales(page)) == {"scale(1) rotate(0deg)"})


@pytest.mark.long
def test_compare_lays_two_over_each_other(windows: Windows, coins: list[str]) -> None:
    page = windows().open(f"/compare?coins={','.join(coins[:2])}", ".pane img[src]")
    page.keyboard.press("v")
    page.wait_for_selector(".pane.over img.upper[src]")
    upper = page.locator("img.upper")
    page.click("[data-blend=difference]")
    assert upper.evaluate("one => one.style.mixBlendMode") == "difference"
    page.keyboard.down("b")
    assert upper.evaluate("one => one.style.opacity") == "0", "away while the key is held"
    page.keyboard.up("b")
    assert upper.evaluate("one => one.style.opacity") == "1"
    page.focus("#opacity")
    page.keyboard.press("Home")
    assert upper.evaluate("one => one.style.opacity") == "0"
    assert "mode=over" in page.url and "coins=" in page.url, "the address can be sent to somebody"


@pytest.mark.parametrize(
    ("letter", "kind"), [("d", "same-die"), ("D", "not-same-die"), ("y", "same-type"), ("n", "not-same-type")]
)
def test_compare_takes_verdicts_and_gives_them_back(
    windows: Windows, served: Served, coins: list[str], letter: str, kind: str
) -> None:
    page = windows().open(f"/compare?coins={','.join(coins[:2])}&face=reverse", ".pane img[src]")
    given = len(served.verdicts())
    page.keyboard.press(letter)
    assert page.locator("#pairs [aria-pressed=true]").count() == 1, "it shows at once"
    until(lambda: len(served.verdicts()) == given + 1)
    last = served.verdicts()[0]
    assert (last.kind, last.face) == (kind, "reverse" if "die" in kind else None)
    assert last.author == "Anna Krause"
    page.keyboard.press("z")
    until(lambda: served.verdicts()[0].undone)
    until(lambda: page.locator("#pairs [aria-pressed=true]").count() == 0)


# --- Network and map --------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_network_counts_exactly(windows: Windows) -> None:
    window = windows()
    answer = asked(window, "/api/network?face=both")  # laid out once; then the page finds it kept
    page = window.open("/network", DRAWN)
    edges = list(zip(answer["first"], answer["second"], answer["percentile"], strict=True))
    edges.sort(key=lambda edge: -edge[2])
    seen = set()
    for position in (0, 40, 120, 250, 400, 520):
        page.locator("#slider").evaluate(
            "(one, to) => { one.value = to; one.dispatchEvent(new Event('input')); }", position
        )
        count = number(page, "#edges")
        graph = nx.Graph([edge[:2] for edge in edges[:count]])
        assert number(page, "#reached") == graph.number_of_nodes()
        assert number(page, "#parts") == nx.number_connected_components(graph)
        if 0 < count < len(edges):
            assert edges[count - 1][2] > edges[count][2], "edges of one percentile come together"
            assert page.inner_text("#percentile") == f"{edges[count - 1][2]:.2f}"
        seen.add(count)
    assert len(seen) > 3


@pytest.mark.long
def test_network_by_keyboard(windows: Windows) -> None:
    window = windows()
    answer = asked(window, "/api/network?face=both")
    edges = list(zip(answer["first"], answer["second"], answer["percentile"], strict=True))
    graph = nx.Graph([edge[:2] for edge in edges])
    parts: list[list[int]] = [sorted(part) for part in nx.connected_components(graph)]
    part = max(parts, key=len)
    start = part[0]
    page = window.open(f"/network?coin={answer['ids'][start]}&percentile={edges[-1][2] - 0.001:.4f}", "#inspector li")
    assert page.inner_text("#inspector h2") == answer["names"][start]
    assert number(page, "#inspector h3") == graph.degree(start)
    page.focus("#canvas")
    for arrow in ("ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"):
        page.keyboard.press(arrow)
    at = answer["names"].index(page.inner_text("#inspector h2"))
    assert at in part
    page.click("#inspector .two button")
    page.focus("#canvas")
    page.keyboard.press("ArrowRight" if at != start else "ArrowDown")
    ends = page.inner_text("#inspector h2")
    if " to " in ends:
        one, two = (answer["names"].index(name) for name in ends.split(" to "))
        steps = page.locator("#inspector li").count() - 1
        assert steps == nx.shortest_path_length(graph, one, two)


@pytest.mark.long
def test_network_panel_stays_when_a_card_comes_late(windows: Windows) -> None:
    window = windows()
    answer = asked(window, "/api/network?face=both")
    late: list[Any] = []
    window.page.route("**/api/coins?ids=*", lambda route: late.append(route))
    first = answer["ids"][answer["first"][0]]
    page = window.open(f"/network?coin={first}&percentile={min(answer['percentile']) - 0.001:.4f}", "#inspector li")

    def come() -> None:
        with page.expect_response("**/api/coins?ids=*"):
            late.pop().continue_()

    page.click("#inspector .two button")
    note = page.inner_text("#inspector .note")
    assert note
    come()
    page.wait_for_selector("#inspector .chip")
    assert page.inner_text("#inspector .note") == note

    page.reload()
    page.wait_for_selector("#inspector li")
    page.click("#inspector .two button")
    for arrow in ("ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"):
        if " to " not in page.inner_text("#inspector h2"):
            page.keyboard.press(arrow)
    path = page.inner_text("#inspector")
    assert " to " in page.inner_text("#inspector h2")
    come()
    page.wait_for_timeout(300)  # longer than the page waits before it tells of a coin again
    assert page.inner_text("#inspector") == path


FOLDED = """async answer => {
    const { Edges } = await import("/static/edges.js"), { Folding } = await import("/static/folding.js");
    const columns = { a: answer.first, b: answer.second, percentile: answer.percentile, cosine: answer.cosine };
    const edges = new Edges(columns, answer.ids.length), folding = new Folding(answer, edges);
    const drawn = () => folding.hidden.filter(one => !one).length;
    const seen = () => ({ edges: folding.shown(edges.count).edges.count, drawn: drawn() });
    const closed = seen();
    folding.open(answer.folds[0].community);
    return { closed, opened: seen() };
}"""


@pytest.mark.long
def test_a_large_network_folds_into_its_communities(windows: Windows) -> None:
    window = windows()
    page = window.open("/network", DRAWN)
    answer = asked(window, "/api/network?face=both")
    inside, folds = answer["community"], answer["folds"]
    pairs = {
        frozenset((inside[a], inside[b]))
        for a, b in zip(answer["first"], answer["second"], strict=True)
        if inside[a] != inside[b] and inside[a] and inside[b]
    }
    found = page.evaluate(FOLDED, answer)
    assert found["closed"] == {"edges": len(pairs), "drawn": len(folds)}
    assert found["opened"]["drawn"] == len(folds) - 1 + inside.count(folds[0]["community"])
    assert found["opened"]["edges"] > len(pairs)


def test_map_keeps_a_group(windows: Windows, served: Served) -> None:
    window = windows()
    for face in ("obverse", "reverse"):
        asked(window, f"/api/map?face={face}")
    page = window.open("/map", f".mapbox:first-child {DRAWN}")
    page.wait_for_selector(f".mapbox:nth-child(2) {DRAWN}")
    box = page.locator(".mapbox:first-child canvas").bounding_box()
    corners = [(0.02, 0.08), (0.98, 0.08), (0.98, 0.98), (0.02, 0.98)]
    points = [(box["x"] + x * box["width"], box["y"] + y * (box["height"] - 20)) for x, y in corners]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in [*points[1:], points[0]]:
        page.mouse.move(*point, steps=4)
    page.mouse.up()
    chosen = number(page, "#title")
    assert chosen > 10
    page.wait_for_selector("#facts dd")
    page.fill("#name", "All of <i>them</i>")
    page.keyboard.press("Enter")
    page.wait_for_selector("#said a")
    kept = {one.name: one.coins for one in served.graph.groups()}
    assert kept == {"All of <i>them</i>": chosen}
    page.click("#grouplist .iconbtn")
    page.wait_for_selector(".toast")
    assert not served.graph.groups()
    page.keyboard.press("z")
    until(lambda: len(served.graph.groups()) == 1)
    served.graph.remove_group("All of <i>them</i>")


# --- Dies, questions, communities -------------------------------------------------------------------------------------


@pytest.mark.long
def test_die_chart_is_walked_by_keyboard(windows: Windows) -> None:
    window = windows()
    page = window.open(struck(window), ".die")
    answer = asked(window, f"/api{struck(window)}")
    assert page.locator(".die").count() == len(answer["obverse"]) + len(answer["reverse"])
    assert page.locator("#links tr").count() == len(answer["links"])
    page.focus(".die[data-face=obverse][aria-pressed], .die[tabindex='0']")
    page.keyboard.press("ArrowDown")
    chosen = page.locator(".die[aria-pressed=true]")
    assert chosen.count() == 1
    die = chosen.get_attribute("data-die")
    coins = next(one["coins"] for one in answer["obverse"] + answer["reverse"] if one["id"] == die)
    assert page.locator("#coins li").count() == len(coins)


@pytest.mark.long
def test_questions_answer_as_table_gallery_and_graph(windows: Windows) -> None:
    window = windows()
    page = window.open("/questions/related-coins", "#form input")
    page.fill("#form [name=coin]", asked(window, "/api/coins?limit=1")["coins"][0]["id"])
    page.keyboard.press("Enter")
    page.wait_for_selector("#result table tbody tr")
    rows = page.locator("#result tbody tr").count()
    assert page.inner_text("#count").startswith(f"{rows} ") and rows > 0
    page.click("[data-show=gallery]")
    assert page.locator("#result .card").count() >= rows
    page.click("[data-show=graph]")
    page.wait_for_selector(f"#result {DRAWN}")
    assert "coin=" in page.url and "show=graph" in page.url


def test_cypher_of_ones_own_only_reads(windows: Windows, served: Served) -> None:
    window = windows()
    page = window.open("/questions", "#text")
    page.fill("#text", "MATCH (c:Coin) RETURN c.id AS coin ORDER BY coin LIMIT 3")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#result tbody tr")
    assert page.locator("#result .coincell").count() == 3
    page.fill("#text", "CREATE (:Intruder) RETURN 1")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#failed .error")
    assert not served.graph.cypher("MATCH (n:Intruder) RETURN n").rows
    window.wrong.clear()  # the refusal stands in the console, too


@pytest.mark.long
def test_community_shows_what_is_typical(windows: Windows) -> None:
    window = windows()
    page = window.open("/communities/1", ".card")
    answer = asked(window, "/api/communities/1")
    shown = page.locator("#galleries section").first.locator(".name").all_inner_texts()
    assert shown == [card["name"] for card in answer["typical"]]
    assert json.loads(page.evaluate("JSON.stringify(document.querySelectorAll('#facts dd').length)")) > 0
