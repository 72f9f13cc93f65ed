"""The real Neo4j Browser in headless Chromium: log in, load colours and favourites by a drag, run a stored question."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from click.testing import CliRunner
from draw_pictures import browser_page, drop, find_chromium
from small_graph import write_graph

from cli import main
from graph.connection import Database
from graph.spaces import set_default_space
from queries.browser import browser_url, write_browser_files
from queries.catalogue import explain
from queries.stored import catalogue

pytestmark = pytest.mark.long

DRAWN = "svg g.node"
COINS = ["h/a", "h/b", "h/c", "h/d"]


@pytest.fixture
def coins(db: Database) -> Database:
    """Four coins in a row, the first two the most alike."""
    write_graph(db, COINS, [("h/a", "h/b", 99.9), ("h/b", "h/c", 99.0), ("h/c", "h/d", 98.0)])
    db.write("MATCH (s:Space) SET s.linked = datetime()")
    return db


@pytest.fixture
def page(coins: Database) -> Iterator:
    """Browser, logged in at the address that `coingraph browser` prints, the first question in the editor."""
    if not find_chromium():
        pytest.skip("no Chromium on this machine")
    with browser_page(browser_url(coins), coins.address.password) as page:
        yield page


def test_browser_draws_stored_questions_in_our_colours(page, coins: Database, tmp_path: Path):
    favourites, style = write_browser_files(coins, tmp_path)

    page.click("[data-testid=editor-Run]")
    page.wait_for_selector(DRAWN)
    assert page.locator(DRAWN).count() == len(COINS)  # the first question

    drop(page, style)
    page.get_by_text("node.Coin {").first.wait_for()
    page.locator(f"{DRAWN} circle[fill='#C9A227' i]").first.wait_for(state="attached")

    drop(page, favourites)
    page.click("[data-testid=navigationFavorites]")
    page.click("[data-testid=expandFolder-coingraph]")
    page.get_by_text("Coins most like one coin").first.click()
    page.click("[data-testid=editor-Run]")
    answer = page.locator("[data-testid=frame]").filter(has_text="// Coins most like one coin")
    answer.locator(DRAWN).first.wait_for()
    page.screenshot(path=tmp_path / "browser.png")
    assert answer.locator(DRAWN).count() == 3  # h/b and the two that are like it


def test_browser_asks_for_nothing_outside_this_machine(coins: Database):
    if not find_chromium():
        pytest.skip("no Chromium on this machine")
    outside: list[str] = []

    def note(request: Any) -> None:
        if urlsplit(request.url).hostname not in ("127.0.0.1", "localhost", None) and request.failure != "csp":
            outside.append(f"{request.url}: {request.failure}")

    with browser_page(browser_url(coins), coins.address.password, failed=note) as page:
        page.click("[data-testid=editor-Run]")
        page.wait_for_selector(DRAWN)
    assert outside == []


def test_the_favourites_are_all_stored_questions(coins: Database, tmp_path: Path):
    favourites, _ = write_browser_files(coins, tmp_path)
    with zipfile.ZipFile(favourites) as archive:
        assert archive.namelist() == [f"coingraph/{query.name}.cypher" for query in catalogue()]
        text = archive.read("coingraph/related-coins.cypher").decode()
    assert text.startswith("// Coins most like one coin\n")
    assert "MATCH (coin:Coin {id: 'h/b'})-[related:RELATED {space: 'pixels'}]-(other:Coin)" in text


def test_every_favourite_runs_as_it_stands_and_returns_the_columns_that_are_read_from_its_text(
    coins: Database, tmp_path: Path
):
    favourites, _ = write_browser_files(coins, tmp_path)
    with zipfile.ZipFile(favourites) as archive:
        for query in catalogue():
            cypher = archive.read(f"coingraph/{query.name}.cypher").decode().rstrip().removesuffix(";")
            assert explain(coins, cypher, {}) == query.columns


def test_favourites_can_be_had_before_anything_is_linked(db: Database, tmp_path: Path):
    favourites, _ = write_browser_files(db, tmp_path)
    with zipfile.ZipFile(favourites) as archive:
        assert "RELATED {space: 'SPACE'}" in archive.read("coingraph/related-coins.cypher").decode()


def test_the_command_prints_the_address_and_writes_the_files(coins: Database, tmp_path: Path):
    result = CliRunner().invoke(main, ["browser", "--no-open", "--folder", str(tmp_path)])
    assert browser_url(coins) in result.output
    assert coins.address.password not in result.output
    assert {file.name for file in tmp_path.iterdir()} == {"coingraph-favourites.zip", "coins.grass"}


def test_the_first_question_fits_what_is_there(db: Database):
    assert "RELATED" not in browser_url(db)
    write_graph(db, ["k/a", "k/b"], [("k/a", "k/b", 99.0)])
    set_default_space(db, "pixels")
    assert "RELATED {space: 'pixels'}" in unquote(browser_url(db))


def test_the_password_is_not_in_the_address(coins: Database):
    assert coins.address.password not in browser_url(coins)
