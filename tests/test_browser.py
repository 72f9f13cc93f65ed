"""The real Neo4j Browser in headless Chromium: log in, load colours and favourites by a drag, run a stored question."""

import base64
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from small_graph import write_graph

from cli import main
from graph.connection import Database
from queries.browser import browser_url, write_browser_files
from queries.catalogue import explain
from queries.stored import catalogue

QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-default-apps"),
]
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
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(60_000)
        page.goto(browser_url(coins))
        page.fill("[data-testid=password]", coins.address.password)
        page.click("[data-testid=connect]")
        page.get_by_text("You are connected as user").or_(page.get_by_text("Getting started")).first.wait_for()
        yield page
        browser.close()


def drop(page, file: Path) -> None:
    """What the window gets when a person drags ``file`` into it."""
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
    page.get_by_text("Related coins").first.click()
    page.click("[data-testid=editor-Run]")
    answer = page.locator("[data-testid=frame]").filter(has_text="// Related coins")
    answer.locator(DRAWN).first.wait_for()
    page.screenshot(path=tmp_path / "browser.png")
    assert answer.locator(DRAWN).count() == 3  # h/b and the two that are like it


def test_the_favourites_are_all_stored_questions(coins: Database, tmp_path: Path):
    favourites, _ = write_browser_files(coins, tmp_path)
    with zipfile.ZipFile(favourites) as archive:
        assert archive.namelist() == [f"coingraph/{query.name}.cypher" for query in catalogue()]
        text = archive.read("coingraph/related-coins.cypher").decode()
    assert text.startswith("// Related coins\n")
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
    db.write("CREATE (:Coin)-[:RELATED {score: 1.0}]->(:Coin)")
    assert "RELATED" in browser_url(db)


def test_the_password_is_not_in_the_address(coins: Database):
    assert coins.address.password not in browser_url(coins)
