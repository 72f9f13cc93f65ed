"""`status`: what is here, what is out of date and what mends it, from a file that each change writes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from linked_graph import SLUG, add_coins

import coingraph
from cli import main
from commands.printing import NO_BREAK
from commands.status import status_lines
from graph import glance
from graph.connection import Database
from graph.glance import CollectionCounts, Due, Glance, SpaceStatus
from graph.runs import step
from pipeline.due import read_due
from pipeline.status import Embedded, Status, read_glance

HELD = Glance(
    collections=[CollectionCounts("hoard", 60, 59, 1, 59)],
    spaces=[
        SpaceStatus("coin-lite2", "coin_lite2", 119, 119, 119, True, True, 6, 37),
        SpaceStatus("minilm", "minilm", 119, 119),
    ],
    default_space="coin_lite2",
    verdicts=4,
    undone=1,
    due=[Due("propose", "verdicts", 2)],
)


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("NEO4J_URI", raising=False)
    monkeypatch.setenv("COINGRAPH_HOME", str(tmp_path / "own"))
    return tmp_path / "own"


def shown(found: Status) -> list[str]:
    """The lines of `status` as a pipe gets them; on a terminal they break, but not in a command."""
    return [line.replace(NO_BREAK, " ") for line in status_lines(found)]


def test_what_is_here_what_is_due_the_spaces_the_database() -> None:
    found = Status(False, embedded=Embedded("/data/db", ""), holds=HELD)
    assert shown(found) == [
        "hoard: 60 coins, 59 with both sides, 59 with a type. 4 verdicts, 1 undone.",
        "? 2 verdicts are newer than the proposals: coingraph propose",
        "✓ coin-lite2 (default): all 119 sides embedded, linked, matched; 6 communities, 37 dies",
        "  minilm: all 119 sides embedded",
        "The server is stopped; any command starts it. Database /data/db",
    ]


@pytest.mark.parametrize(
    ("due", "line"),
    [
        (
            Due("embed", "sides", 1, "minilm"),
            "1 side without a vector of today in minilm: coingraph embed --space minilm",
        ),
        (Due("link", "sides", 7, "coin_lite2"), "7 sides of coin-lite2 not linked: coingraph link"),
        (Due("link", "edges", 0, "minilm"), "edges of minilm not whole: coingraph link --space minilm"),
        (
            Due("calibrate", "types", 0, "coin_lite2"),
            "types in coin-lite2 are newer than the probabilities: coingraph calibrate",
        ),
        (
            Due("analyze", "edges", 1200, "minilm"),
            "1,200 edges in minilm are newer than the communities: coingraph analyze --space minilm",
        ),
        (Due("dies", "verdicts", 1, "coin_lite2"), "1 verdict is newer than the dies: coingraph dies"),
    ],
)
def test_what_is_out_of_date_names_the_command_that_mends_it(due: Due, line: str) -> None:
    held = Glance(collections=HELD.collections, spaces=HELD.spaces, default_space="coin_lite2", due=[due])
    assert f"? {line}" in shown(Status(False, holds=held))


def test_the_file_comes_back_as_it_was_written(own_home: Path) -> None:
    glance.keep(HELD)
    assert glance.kept() == glance.Kept(HELD, True)


def test_a_change_that_did_not_end_leaves_doubt(own_home: Path) -> None:
    glance.keep(HELD)
    glance.begin_change()
    result = CliRunner().invoke(main, ["status"])
    assert "hoard: 60 coins" in result.stdout and "was stopped: this is from before it" in result.stdout
    glance.keep(HELD)
    assert "was stopped" not in CliRunner().invoke(main, ["status"]).stdout


@pytest.mark.parametrize("text", ["", "{", "[]", '{"verdicts": 3}', '{"spaces": [{"slug": "x"}]}'])
def test_a_file_that_is_no_glance_is_none(own_home: Path, text: str) -> None:
    own_home.mkdir()
    (own_home / "glance.json").write_text(text)
    assert glance.kept() is None


def test_the_password_is_printed_alone(own_home: Path) -> None:
    (own_home / "neo4j").mkdir(parents=True)
    (own_home / "neo4j" / "password").write_text("secret\n")
    assert CliRunner().invoke(main, ["status", "--password"]).output == "secret\n"
    assert "secret" not in CliRunner().invoke(main, ["status", "--json"]).output


def test_without_a_database_there_is_no_password(own_home: Path) -> None:
    result = CliRunner().invoke(main, ["status", "--password"])
    assert result.exit_code == 1 and "has no password" in result.stderr


# With a server.


@pytest.mark.long
def test_a_change_through_the_door_writes_the_file(db: Database) -> None:
    graph = coingraph.Graph(db)
    add_coins(db, list("abcdef"))
    glance.begin_change()  # what an earlier test kept is not of this graph
    graph.link(space=SLUG)
    kept = glance.kept()
    assert kept and kept.certain
    (space,) = kept.glance.spaces
    assert (space.slug, space.embedded, space.linked, space.communities) == (SLUG, 12, 12, None)
    assert kept.glance.coins == [f"c/{name}" for name in "abcdef"]
    found = json.loads(CliRunner().invoke(main, ["status", "--json"]).stdout)
    assert found["spaces"][0]["linked"] == 12 and "coins" not in found


def test_each_step_is_due_when_what_it_is_made_from_changed(db: Database) -> None:
    graph = coingraph.Graph(db)
    add_coins(db, list("abcdefgh"))
    db.write("MERGE (l:Collection {name: 'c'}) WITH l MATCH (c:Coin) MERGE (c)-[:IN_COLLECTION]->(l)")
    graph.link(space=SLUG, top=3)
    graph.analyze(space=SLUG)
    assert read_due(db) == []

    add_coins(db, list("ijk"), seed=5)
    assert [(due.step, due.number) for due in read_due(db)] == [("link", 6)]
    graph.link(space=SLUG, top=3)
    (due,) = read_due(db)
    assert (due.step, due.since, due.space) == ("analyze", "edges", SLUG) and due.number > 0
    graph.analyze(space=SLUG)
    assert read_due(db) == []

    db.write("MATCH (s:Side {id: 'c/a/obverse'}) SET s.sha256 = 'another'")
    assert read_due(db) == [Due("embed", "sides", 1, SLUG)]


@pytest.mark.long
def test_verdicts_given_or_undone_since_make_proposals_due(db: Database) -> None:
    add_coins(db, list("abcd"))
    graph = coingraph.Graph(db)
    with step(db, "propose", spaces=["pixels"], at_least=0.25):
        pass
    assert [due for due in read_due(db) if due.step == "propose"] == []
    graph.set_type("c/a", "Wheel", new=True, author="M. R.")
    graph.set_type("c/b", "Wheel", author="M. R.")
    assert Due("propose", "verdicts", 2) in read_due(db)
    graph.undo(2, author="M. R.")
    assert Due("propose", "verdicts", 1) in read_due(db)
    held = read_glance(db)
    assert (held.verdicts, held.undone, held.types) == (2, 1, ["Wheel"])
