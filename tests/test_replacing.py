"""What replaces a space, or removes it, leaves the old or the new, wherever it is killed."""

from typing import Any

import pytest
from click.testing import CliRunner
from killing import MOMENTS, kill_after, killed_anywhere
from linked_graph import SLUG, add_coins, link

from cli import main
from errors import Progress, listening
from graph import connect, glance
from graph.communities import list_partitions, remove_partition
from graph.connection import Database
from graph.glance import UnknownSpace
from graph.replacing import remove_space
from graph.spaces import all_spaces, find_space
from pipeline.analyze import analyze
from pipeline.derive import transform as transform_step
from pipeline.link import link as link_step

EVEN = "even"
VECTORS = "MATCH (s:Side) WHERE s.vector_even IS NOT NULL RETURN count(s) AS vectors"


def transform(db: Database, refit: bool = True) -> None:
    transform_step(db, SLUG, "standardise", name=EVEN, refit=refit)


def link_even(db: Database) -> None:
    link_step(db, space=EVEN, top=2)


def remove(db: Database) -> None:
    remove_space(db, EVEN)


@pytest.fixture
def coins(db: Database) -> Database:
    """Eight coins with two spaces, both linked; the second is made of the first."""
    add_coins(db, [f"k{number}" for number in range(8)])
    link(db, top=3)
    transform(db)
    link_even(db)
    return db


@pytest.mark.long
@pytest.mark.parametrize("moments", MOMENTS)
def test_a_space_made_anew(coins: Database, moments: int | None) -> None:
    assert killed_anywhere(coins, lambda: transform(coins), lambda: link_even(coins), moments) > 10


@pytest.mark.long
@pytest.mark.parametrize("moments", MOMENTS)
def test_a_space_removed(coins: Database, moments: int | None) -> None:
    def back() -> None:
        transform(coins)
        link_even(coins)

    assert killed_anywhere(coins, lambda: remove(coins), back, moments) > 5


@pytest.mark.long
def test_what_a_stopped_command_left_is_told_of_and_finished(coins: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        kill_after(patch, 2)  # the start of the run, and what was decided
        with pytest.raises(KeyboardInterrupt):
            glance.begin_change()  # as the door does, which this test goes round
            remove(coins)
    said = CliRunner().invoke(main, ["status"]).stdout
    assert "remove space: a command is at it, or was stopped" in said
    heard: list[Progress] = []
    with listening(heard.append), connect() as db:
        assert heard == [Progress(said="finished what a stopped command had begun")]
        assert EVEN not in [space.name for space in all_spaces(db)]
    assert "remove space" not in CliRunner().invoke(main, ["status"]).stdout


@pytest.mark.long
@pytest.mark.parametrize("moments", MOMENTS)
def test_communities_found_anew(coins: Database, moments: int | None) -> None:
    def back() -> None:
        link(coins, top=1)
        analyze(coins, space=SLUG)
        link(coins, top=3)

    assert killed_anywhere(coins, lambda: analyze(coins, space=SLUG), back, moments) > 1


@pytest.mark.parametrize("moments", MOMENTS)
def test_a_partition_removed(coins: Database, moments: int | None) -> None:
    def removed() -> None:
        remove_partition(coins, list_partitions(coins)[0]["id"])

    def back() -> None:
        analyze(coins, space=SLUG)

    back()
    assert killed_anywhere(coins, removed, back, moments) > 1


@pytest.mark.long
def test_nobody_finds_a_space_that_is_being_made(coins: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    remove(coins)
    with monkeypatch.context() as patch:
        kill_after(patch, 6)
        with pytest.raises(KeyboardInterrupt):
            transform(coins)
    assert coins.read("MATCH (d:Draft) RETURN d.slug AS slug") == [{"slug": "even__next"}]
    assert [space.name for space in all_spaces(coins)] == [SLUG]
    with pytest.raises(UnknownSpace):
        find_space(coins, EVEN)
    transform(coins)
    assert coins.read(VECTORS) == [{"vectors": 16}]
    assert not coins.read("MATCH (d:Draft) RETURN d")


@pytest.mark.long
def test_a_space_made_anew_keeps_its_runs(coins: Database) -> None:
    history = "MATCH (r:Run)-[:PRODUCED]->(:Space {name: 'even'}) RETURN count(r) AS runs"
    before: list[dict[str, Any]] = coins.read(history)
    transform(coins)
    assert coins.read(history)[0]["runs"] == before[0]["runs"] + 1
