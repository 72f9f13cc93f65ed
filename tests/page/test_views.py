"""Coins, Coin, Verdicts, Health, Add in real Chromium: what they show, each verdict and its undo, also by keyboard."""

import re
from hashlib import sha256
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import expect

from coingraph import read_rim
from graph.runs import step
from graph.sides import store_outlines
from hoard import HoardTruth
from ingest.outlines import find_outline
from page.conftest import Served, Windows

CARD = ".card[data-place]"
ROW = "#relatives .why[data-place]"
READY = {
    "/coins": CARD,
    "/coins/hoard/SH-0008": ROW,
    "/verdicts": "#verdictlist > li",
    "/health": ".fault",
    "/add": ".drop",
}
SMALL_TARGETS = """
() => [...document.querySelectorAll('main button:not(.link), main select, .tabs a, .tabs button')]
  .filter((one) => one.checkVisibility() && !one.closest('.card') && one.getBoundingClientRect().height < 43.5)
  .map((one) => one.outerHTML.slice(0, 120))
"""

SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted += one.value;
}).observe({ type: 'layout-shift', buffered: true });
"""


def text_of(page: Any, where: str) -> str:
    return " ".join(page.inner_text(where).split())


def count_of(page: Any) -> int:
    """How many coins the head of the gallery counts."""
    return int(re.sub(r"\D", "", page.inner_text("#total")))


def decide(page: Any, act: Any, says: str = "") -> None:
    """Do something that gives a verdict or takes one back: the page says so at once, then the server has it."""
    with page.expect_response(lambda answer: "/api/verdicts" in answer.url and answer.request.method == "POST") as sent:
        act()
        if says:
            expect(page.locator(".toast")).to_contain_text(says)
    assert sent.value.ok, sent.value.text()


def answered(page: Any, path: str, act: Any) -> Any:
    """Do something that asks the server, and wait for the answer."""
    with page.expect_response(lambda answer: path in answer.url) as given:
        act()
    return given.value.json()


# ---- Coins ----------------------------------------------------------------------------------------------------------


def test_coins_are_filtered_by_facet_and_by_words(windows: Windows) -> None:
    page = windows().open("/coins", CARD)
    everything = count_of(page)
    facet = page.locator('[data-facet="type"] .option').first
    name, expected = facet.get_attribute("data-value"), int(facet.locator(".n").inner_text())
    found = answered(page, "/api/facets", facet.click)
    assert found["total"] == expected < everything
    expect(page.locator("#total")).to_have_text(re.compile(f"^{expected} coins?$"))
    assert page.get_attribute(f'.option[data-value="{name}"]', "aria-pressed") == "true"
    assert text_of(page, ".filterchip") == name, "the chip names the filter"
    assert "type=" in page.url, "the address holds the filter"
    answered(page, "/api/facets", lambda: page.fill("#search", "nothing is called so"))
    page.wait_for_selector("#none h2")
    assert text_of(page, "#none h2") == "No coin has all of these"
    answered(page, "/api/facets", page.locator("#none button", has_text="Clear all").click)
    page.wait_for_selector(CARD)
    assert count_of(page) == everything


@pytest.mark.long
def test_a_range_is_chosen_on_the_histogram_by_keys(windows: Windows) -> None:
    page = windows().open("/coins", CARD)
    everything = count_of(page)
    lower = page.locator('[data-facet="weight"] input[type=range]').first
    lower.focus()
    for _step in range(3):
        page.keyboard.press("ArrowRight")
    answered(page, "/api/coins?", lambda: page.keyboard.press("ArrowRight"))
    page.wait_for_selector(".filterchip")
    assert "weight=" in page.url
    assert page.evaluate("document.activeElement.type") == "range", "the focus stays on the handle"
    expect(page.locator("#total")).not_to_have_text(f"{everything} coins")
    assert 0 < count_of(page) < everything


@pytest.mark.long
def test_the_order_and_the_place_in_it_come_back(windows: Windows) -> None:
    page = windows().open("/coins", CARD)
    answered(page, "/api/coins?", lambda: page.select_option("#sort", "-weight"))
    expect(page.locator("#sort")).to_have_value("-weight")
    page.wait_for_timeout(200)  # the rows are drawn anew
    weights = [float(text.split(" g")[0]) for text in page.locator(".card .facts span:first-child").all_inner_texts()]
    assert weights == sorted(weights, reverse=True)
    page.evaluate("scrollTo(0, 900)")
    page.wait_for_selector('.card[data-place="20"]')
    assert page.evaluate("document.querySelectorAll('*').length") < 1500, "only rows in sight are in the page"
    page.locator('.card[data-place="20"] a').click()
    expect(page.locator("#place")).to_contain_text("21 of ")
    page.go_back()
    page.wait_for_selector('.card[data-place="20"]')
    assert page.evaluate("scrollY") > 400
    assert page.input_value("#sort") == "-weight"


def test_a_proposal_is_accepted_and_rejected_on_its_card(windows: Windows, served: Served) -> None:
    page = windows().open("/coins?look=proposed", CARD)
    card = page.locator(CARD).first
    name = card.locator(".name").inner_text()
    card.hover()
    decide(page, card.locator(".answers .yes").click, says=f"{name} accepted")
    given = served.verdicts()[0]
    assert (given.kind, given.undone) == ("accept", False)
    decide(page, lambda: page.keyboard.press("z"))
    assert served.verdicts()[0].undone
    page.wait_for_selector(".card .chip.proposed", state="attached")
    card.hover()
    decide(page, card.locator(".answers .no").click, says=f"{name} rejected")
    assert served.verdicts()[0].kind == "reject"
    decide(page, lambda: page.keyboard.press("z"))
    assert served.verdicts()[0].undone


# ---- Coin -----------------------------------------------------------------------------------------------------------


def test_each_verdict_on_a_coin_and_its_undo(windows: Windows, served: Served) -> None:
    page = windows().open("/coins/hoard/SH-0020", ROW)  # leaving a side out ends its edges: no other test's coin
    kinds = []

    def given_and_undone(act: Any) -> None:
        decide(page, act)
        kinds.append(served.verdicts()[0].kind)
        decide(page, lambda: page.keyboard.press("z"))
        assert served.verdicts()[0].undone
        page.wait_for_timeout(300)  # the record is read again

    def correct() -> None:
        page.locator("#correct").click()
        page.fill("dialog input", "A type nobody knows")
        page.locator("dialog li button", has_text="New type").click()

    given_and_undone(page.locator("#yes").click)
    given_and_undone(correct)
    given_and_undone(page.get_by_role("button", name="sides swapped?").click)
    given_and_undone(page.get_by_role("button", name="leave the reverse out").click)
    assert kinds == ["type", "type", "swap-sides", "exclude"]


def test_each_verdict_on_a_pair_and_its_undo(windows: Windows, served: Served) -> None:
    page = windows().open("/coins/hoard/SH-0008", ROW)
    row = page.locator(ROW).first
    menu = ["Same obverse die", "Different obverse dies", "Same reverse die", "Different reverse dies"]
    acts = [
        ("same-type", row.locator("[data-act=y]").click),
        ("not-same-type", row.locator("[data-act=n]").click),
        *[
            (kind, lambda words=words: _from_menu(row, words))
            for kind, words in zip(["same-die", "not-same-die"] * 2, menu, strict=True)
        ],
        ("merge", lambda: _from_menu(row, "one coin, photographed twice")),
    ]
    for kind, act in acts:
        decide(page, act)
        given = served.verdicts()[0]
        assert (given.kind, given.undone) == (kind, False)
        if kind == "same-type":
            assert row.locator("[data-act=y]").get_attribute("aria-pressed") == "true"
        decide(page, lambda: page.keyboard.press("z"))
        assert served.verdicts()[0].undone
        assert row.locator('[aria-pressed="true"], .given').count() == 0, "the row is as before"


def _from_menu(row: Any, words: str) -> None:
    row.locator("summary").click()
    row.get_by_role("button", name=re.compile(words, re.IGNORECASE)).click()


def test_a_note_goes_with_a_verdict_and_never_runs(windows: Windows, served: Served) -> None:
    page = windows().open("/coins/hoard/SH-0008", ROW)
    hostile = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
    page.keyboard.press("i")
    page.fill("#note", hostile)
    decide(page, page.locator("#yes").click)
    assert served.verdicts()[0].note == hostile
    page.wait_for_selector(".voice .btn")
    assert hostile in page.inner_text("#record"), "it stands there as text"
    assert page.locator("main img[src=x]").count() == 0
    decide(page, page.locator(".voice .btn").first.click)
    assert served.verdicts()[0].undone


def cut_out(served: Served, hoard: HoardTruth, name: str) -> None:
    """Store the outlines of a coin's sides, as `embed` does."""
    files = {sha256(file.read_bytes()).hexdigest(): file for file in hoard.folder.rglob(f"*{name}*.*")}
    wanted = "MATCH (:Coin {id: $id})-[:HAS_SIDE]->(s) RETURN s.id AS id, s.sha256 AS sha256"
    sides = {row["id"]: row["sha256"] for row in served.graph.db.read(wanted, id=f"hoard/{name}")}
    outlines = [find_outline(Image.open(files[checksum])) for checksum in sides.values()]
    with step(served.graph.db, "embed"):  # the page reads the coins again when a step has begun or ended
        store_outlines(served.graph.db, list(sides), list(sides.values()), outlines)


@pytest.mark.long
def test_pictures_are_shown_as_asked(windows: Windows, served: Served, hoard: HoardTruth) -> None:
    cut_out(served, hoard, "SH-0008")
    page = windows().open("/coins/hoard/SH-0008", ".disc.ready img")
    for key, kind in (("e", "even"), ("p", "whole"), ("p", "cut")):
        page.keyboard.press(key)
        page.wait_for_selector(f'.shot .ready img[src*="/{kind}/"]')
    page.keyboard.press("o")
    expect(page.locator(".shot polygon")).to_have_count(page.locator(".shot img").count())
    assert page.locator("#scale path").count() == 1, "a ruler of 10 mm, since the diameter is known"


@pytest.mark.long
def test_two_people_decide_on_one_coin(windows: Windows, served: Served) -> None:
    first, second = windows(), windows(person="M. R.")
    mine, theirs = (window.open("/coins/hoard/SH-0009", ROW) for window in (first, second))
    decide(mine, mine.locator("#yes").click)
    with theirs.expect_response(lambda answer: answer.url.endswith("/api/verdicts")) as refused:
        theirs.locator("#yes").click()
    assert refused.value.status == 409
    expect(theirs.locator("#refused")).to_contain_text("Anna Krause")  # the page says who has just decided
    assert len([one for one in served.verdicts() if not one.undone]) == 1
    decide(theirs, theirs.get_by_role("button", name="Give mine too").click)
    assert len([one for one in served.verdicts() if not one.undone]) == 2
    for window in (second, first):
        decide(window.page, lambda window=window: window.page.keyboard.press("z"))
    assert all(one.undone for one in served.verdicts())
    second.wrong.clear()  # the browser has logged the refusal


@pytest.mark.long
def test_a_verdict_that_finds_no_graph_waits_and_is_sent(windows: Windows, served: Served) -> None:
    window = windows()
    page = window.open("/coins/hoard/SH-0008", ROW)
    given = len(served.verdicts())
    page.route("**/api/verdicts", lambda route: route.abort())
    page.locator("#yes").click()
    expect(page.locator("#waiting")).to_have_text("1 waits")
    assert len(served.verdicts()) == given
    page.unroute("**/api/verdicts")
    decide(page, page.reload)
    assert len(served.verdicts()) == given + 1
    expect(page.locator("#waiting")).to_be_hidden()
    window.wrong.clear()  # the browser has logged the request that was cut off


# ---- Verdicts, Health, Add ------------------------------------------------------------------------------------------


def test_the_list_of_verdicts_takes_back_and_gives_again(windows: Windows, served: Served) -> None:
    served.graph.same_type("SH-0008", "SH-0010", author="Anna Krause")
    served.graph.same_type("SH-0008", "SH-0010", same=False, author="M. R.")
    page = windows().open("/verdicts", ".verdictline")
    line = page.locator(".verdictline").first
    assert "M. R." in line.inner_text()
    assert "people differ" in line.inner_text()
    answered(page, "/api/verdicts?", page.locator("[data-which=differ]").click)
    expect(page.locator(".verdictline")).to_have_count(2)
    answered(page, "/api/verdicts?", page.locator("[data-which=all]").click)
    decide(page, page.locator(".verdictline").first.locator("button").click)
    assert served.verdicts()[0].undone
    page.wait_for_selector(".verdictline.undone")
    page.wait_for_timeout(300)
    decide(page, page.locator(".verdictline").first.locator("button", has_text="Redo").click)
    assert not served.verdicts()[0].undone


def test_health_says_what_to_do(windows: Windows) -> None:
    page = windows().open("/health", ".fault")
    fault = page.locator(".fault", has_text="one side only").first
    assert fault.locator("a.link").get_attribute("href") == "/coins?look=one-sided"


def test_a_photograph_that_is_known_is_recognised(windows: Windows, hoard: HoardTruth) -> None:
    window = windows()
    page = window.open("/add", "#drops")
    picture = next(iter(sorted(hoard.folder.rglob("*SH-0008*"))))
    page.set_input_files("input[name=obverse]", picture)
    page.wait_for_selector("#found .error, #found form", timeout=30_000)
    assert "SH-0008" in page.inner_text("#found"), "it says which coin this photograph is of"
    read = read_rim(picture).text.strip("·")
    assert read and read in page.inner_text("#found .rims"), "and what is read around its rim"


# ---- everywhere -----------------------------------------------------------------------------------------------------


def test_a_coin_is_found_decided_and_undone_by_keyboard_alone(windows: Windows, served: Served) -> None:
    page = windows().open("/coins", CARD)
    keys = page.keyboard
    keys.press("/")
    answered(page, "q=SH-0008", lambda: keys.type("SH-0008"))
    page.wait_for_selector(".filterchip")
    answered(
        page,
        "/relatives?",
        lambda: (keys.press("Enter"), page.wait_for_selector(f"{CARD} a:focus"), keys.press("Enter")),
    )
    page.wait_for_selector(ROW)
    keys.press("x")
    page.wait_for_selector(".dock:not([hidden])")
    keys.press("ArrowDown")
    decide(page, lambda: keys.press("y"))
    assert served.verdicts()[0].kind == "same-type"
    decide(page, lambda: keys.press("d"))
    assert served.verdicts()[0].kind == "same-die"
    decide(page, lambda: keys.press("z"))
    keys.press("g")
    keys.press("v")
    page.wait_for_selector(".verdictline")
    keys.press("j")
    keys.press("j")
    decide(page, lambda: keys.press("u"))
    assert all(one.undone for one in served.verdicts())
    keys.press("?")
    assert "Undo the last verdict" in page.inner_text("dialog[open]")
    keys.press("Escape")
    assert page.locator("dialog[open]").count() == 0


@pytest.mark.long
@pytest.mark.parametrize("view", READY)
def test_a_telephone_shows_it_whole(windows: Windows, view: str) -> None:
    window = windows(400)
    window.page.add_init_script(SHIFTS)
    page = window.open(view, READY[view])
    page.wait_for_load_state("networkidle")
    assert page.evaluate("shifted") < 0.001, "nothing moves when pictures and answers come"
    assert page.evaluate("document.documentElement.scrollWidth") == 400, "nothing stands out to the right"
    assert page.locator(".tabs a").count() == 4
    assert page.evaluate(SMALL_TARGETS) == []
    if view == "/coins":
        page.locator("#openfilters").click()
        answered(page, "/api/facets", page.locator("dialog .option:not(.zero)").first.click)
        page.locator("#closefilters").click()
        page.wait_for_selector(".filterchip")
    page.locator("#more").click()
    assert page.locator("#moresheet a[href='/verdicts']").is_visible()


@pytest.mark.long
@pytest.mark.parametrize("view", READY)
def test_axe_finds_nothing_serious(windows: Windows, view: str) -> None:
    page = windows(bypass_csp=True).open(view, READY[view])  # axe is a script of the test's own
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.wait_for_timeout(200)
        found = Axe().run(page).response["violations"]
        serious = [(one["id"], one["nodes"][0]["target"]) for one in found if one["impact"] in ("serious", "critical")]
        assert serious == [], theme
