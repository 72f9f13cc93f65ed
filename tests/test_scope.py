"""Two collections in one graph: what `--collection` speaks of, and what stays that of the whole graph."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from conftest import empty
from linked_graph import CONSTRAINTS, WRITE_SIDES, WRITE_SPACE, assert_same, snapshot, undisturbed
from linked_graph import link as link_all
from tiny_pictures import pictures

from cli import main
from graph.coins import linked_coins, read_coins
from graph.communities import latest, list_partitions, memberships
from graph.connection import Database
from graph.matches import candidates
from graph.scope import NoCollection, Scope, find_scope
from graph.spaces import create_vector_indexes, find_space, nearest_sides
from graph.types import derive, opinion, write_opinions
from ingest.records import FACES
from measure.distribution import distribution
from pipeline.analyze import analyze
from pipeline.evaluate import evaluate
from pipeline.link import link, sweep
from pipeline.propose import propose
from pipeline.run import run
from queries.catalogue import Result as Answer
from queries.catalogue import run as ask
from queries.find import find
from queries.lookup import NothingLinked
from queries.stored import catalogue

SIZES = {"museum": 18, "niho": 12}
COLLECTIONS = """
UNWIND $rows AS row
MERGE (k:Collection {name: row.collection})
WITH k, row MATCH (c:Coin {id: row.coin}) SET c.weight = row.weight MERGE (c)-[:IN_COLLECTION]->(k)
"""
EDGES = """
MATCH (a)-[e:SIMILAR|RELATED]->(b) RETURN a.id AS one, b.id AS two, coalesce(e.percentile, e.score) AS percentile
"""
PAGERANKS = "MATCH (c:Coin) WHERE c.pagerank_pixels IS NOT NULL RETURN c.id AS coin, c.pagerank_pixels AS rank"
PROPOSED = "MATCH (c:Coin)-[p:PROPOSED_TYPE]->() RETURN DISTINCT c.id AS coin, p.run AS run"
SPOKEN_OF = [query for query in catalogue() if any(p.name == "collections" for p in query.parameters)]
MADE = [query for query in SPOKEN_OF if query.needs is None]


def coins(collection: str) -> list[str]:
    return [f"{collection}/{number:02}" for number in range(SIZES[collection])]


def write(db: Database, names: list[str], seed: int = 7) -> None:
    """Coins of three types, whose obverses and reverses lie about one direction a type."""
    random = np.random.default_rng(seed)
    for constraint in CONSTRAINTS:
        db.run_alone(constraint)
    db.write(WRITE_SPACE, dimension=8)
    for face in FACES:
        rows = []
        for coin in names:
            vector = 2.0 * np.eye(8)[int(coin[-2:]) % 3] + random.normal(size=8) * 0.5
            rows.append({"coin": coin, "vector": vector.tolist(), "sha256": f"{hash((coin, face)):x}"})
        db.write(WRITE_SIDES, rows=rows, face=face)
    db.write(
        COLLECTIONS, rows=[{"coin": c, "collection": c.split("/")[0], "weight": 5.0 + int(c[-2:]) / 10} for c in names]
    )
    # Of niho the last three have no type, and one has a wrong one.
    typed = [c for c in names if c not in coins("niho")[-3:]]
    kinds = {c: f"type {(int(c[-2:]) + (c == 'niho/00')) % 3}" for c in typed}
    write_opinions(db, [opinion(c, "table", kind) for c, kind in kinds.items()])
    derive(db)


def build(db: Database) -> Database:
    empty(db)
    write(db, coins("museum") + coins("niho"))
    link_all(db)
    return db


@pytest.fixture(scope="module")
def both(server: Database) -> Database:
    """Both collections linked, and grouped together; to be read only."""
    build(server)
    create_vector_indexes(server, find_space(server, "pixels"))
    analyze(server)
    propose(server)
    server.run_alone("CALL db.awaitIndexes(60)")
    return server


@pytest.fixture
def two(server: Database) -> Database:
    """Both collections linked; to be changed."""
    return build(server)


def coingraph(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def named(answer: Answer) -> set[str]:
    return {row[column] for row in answer.rows for column in ("coin", "other") if row.get(column)}


# --- which are meant ------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_without_names_all_are_meant(both: Database) -> None:
    assert find_scope(both) == Scope(("museum", "niho")) == find_scope(both, ["niho", "museum"])
    assert (find_scope(both).chosen, find_scope(both).words) == ([], "museum and niho")


def test_one_of_two_leaves_the_other_out(both: Database) -> None:
    assert find_scope(both, ["niho"]) == Scope(("niho",), others=("museum",))


def test_an_unknown_name_is_an_error_with_those_there_are(both: Database) -> None:
    with pytest.raises(NoCollection, match="no collection 'nix'; there is museum, niho"):
        find_scope(both, ["niho", "nix"])


# --- reading --------------------------------------------------------------------------------------------------------


def test_coins_and_edges_are_those_of_the_collection(both: Database) -> None:
    record = find_space(both, "pixels")
    some = read_coins(both, record, "both", ["type"], edges=0.0, collections=["niho"])
    everyone = read_coins(both, record, "both", ["type"], edges=0.0)
    assert some.coins == coins("niho") and some.edges and everyone.edges
    rows = np.array([everyone.place[coin] for coin in some.coins])
    within = everyone.edges[np.isin(everyone.edges.first, rows) & np.isin(everyone.edges.second, rows)]
    assert (some.edges.strength == within.strength).all() and some.edges.pairs == everyone.edges.pairs


def test_percentiles_of_a_distribution_stay_those_of_the_space(both: Database) -> None:
    record = find_space(both, "pixels")
    some, everyone = (
        distribution(read_coins(both, record, "obverse", ["type"], collections=names), "obverse")
        for names in (["niho"], [])
    )
    assert some.all.pairs == 12 * 11 / 2
    assert [row["cosine"] for row in some.rows()] == pytest.approx([row["cosine"] for row in everyone.rows()], abs=1e-3)


@pytest.mark.parametrize("query", MADE, ids=lambda query: query.name)
def test_a_question_speaks_of_the_coins_of_the_collection(both: Database, query) -> None:
    given = {"coin": "niho/03"} if "coin" in query.takes.lower().split(", ") else {}
    spaces = {"space": "pixels", "other_space": "pixels"} if "other_space" in query.takes else {}
    answer = ask(both, query, {**given, **spaces, "collections": ["niho"]})
    assert named(answer) <= set(coins("niho")) and answer.values["collections"] == ["niho"]


@pytest.mark.parametrize("name", ["doubles", "typical-coins", "one-sided-coins"])
def test_a_question_of_all_collections_is_that_without_any(both: Database, name: str) -> None:
    assert ask(both, name, {"collections": ["museum", "niho"]}).rows == ask(both, name, {}).rows


def test_pairs_of_a_collection_are_found_behind_closer_ones_of_others(both: Database) -> None:
    first = ask(both, "alike-apart", {"percentile": 0, "limit": 1, "collections": ["niho"]}).rows
    assert "niho/00" in named(Answer(SPOKEN_OF[0], {}, first))


def test_coins_of_other_collections_vote(both: Database) -> None:
    rows = ask(both, "likely-types", {"collections": ["niho"], "score": 0}).rows
    assert {row["coin"] for row in rows} == set(coins("niho")[-3:])
    assert any(voter.startswith("museum/") for row in rows for voter in [row["nearest"], *row["also_like"]])


def test_coins_are_counted_among_those_of_the_collection(both: Database) -> None:
    (row, *_) = ask(both, "related-coins", {"coin": "museum/03", "collections": ["niho"]}).rows
    assert row["among_coins"] == 12


def test_find_looks_in_the_collection(both: Database) -> None:
    hits = find(both, "museum/03", top=5, collections=["niho"])
    assert hits and {hit.coin.split("/")[0] for hit in hits} == {"niho"} and hits[0].among == 12
    assert {hit.coin for hit in hits} <= {hit.coin for hit in find(both, "museum/03", top=40)}


def test_the_nearest_sides_to_a_vector_are_those_of_the_collection(both: Database) -> None:
    record = find_space(both, "pixels")
    everyone = read_coins(both, record, "reverse")
    vector = everyone.faces["reverse"][everyone.place["museum/04"]]
    found = nearest_sides(both, "pixels", vector, "reverse", 4, ["niho"])
    matrix = everyone.faces["reverse"]
    cosines = matrix @ vector / np.linalg.norm(matrix, axis=1) / np.linalg.norm(vector)
    ranked = [everyone.coins[row] for row in np.argsort(-cosines) if everyone.coins[row].startswith("niho/")]
    assert [side for side, _ in found] == [f"{coin}/reverse" for coin in ranked[:4]]
    assert [cosine for _, cosine in found] == pytest.approx([cosines[everyone.place[coin]] for coin in ranked[:4]])


def test_dies_are_looked_for_among_the_sides_of_the_collection(both: Database) -> None:
    both.write("MATCH (s:Side) SET s.uri = 'file:///' + s.id")
    some = candidates(both, "pixels", "obverse", 5, "die_version", "1", ["niho"])
    assert {one.id for one in some.photographs} == {f"{coin}/obverse" for coin in coins("niho")}


def test_a_picture_of_the_network_shows_the_collection(both: Database) -> None:
    shown = linked_coins(both, collections=["niho"], colour="type")
    assert shown.coins.coins == coins("niho") and shown.coins.edges


def test_a_sweep_looks_at_the_collection(both: Database) -> None:
    assert sweep(both, steps=3, collections=["niho"]).coins == 12


# --- as people type it ----------------------------------------------------------------------------------------------


def test_a_command_says_which_collections_it_speaks_of(both: Database) -> None:
    result = coingraph("find", "museum/03", "--collection", "niho", "--json")
    assert result.stderr == "coins of niho, not of 1 other\n"
    assert {row["coin"].split("/")[0] for row in json.loads(result.stdout)} == {"niho"}
    assert coingraph("find", "museum/03", "--json").stderr == "coins of museum and niho\n"


@pytest.mark.parametrize(
    "command",
    [["link"], ["analyze"], ["query", "doubles"], ["find", "niho/03"], ["evaluate"], ["propose"], ["dies"], ["sweep"]],
)
def test_an_unknown_collection_is_refused(both: Database, command: list[str]) -> None:
    result = coingraph(*command, "--collection", "nix")
    assert result.exit_code == 1 and "no collection 'nix'; there is museum, niho" in result.stderr


def test_a_question_about_a_run_has_no_collection() -> None:
    result = coingraph("query", "run-changes", "--collection", "niho")
    assert result.exit_code == 2 and "run-changes has no parameter 'collections'" in result.stderr


# --- communities ----------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_partition_of_one_collection_is_not_taken_for_that_of_all(two: Database) -> None:
    whole = analyze(two).partition
    found = analyze(two, collections=["niho"])
    assert (found.partition, found.collections, found.coins) == (f"{whole}-of-niho", ("niho",), 12)
    assert set(memberships(two, found.partition)) <= set(coins("niho"))
    assert latest(two, "pixels", "both") == whole
    assert latest(two, "pixels", "both", scope=find_scope(two, ["niho"])) == found.partition
    assert [row["collections"] for row in list_partitions(two)] == [["museum", "niho"], ["niho"]]


def test_a_partition_of_all_tells_of_each_collection_that_has_none_of_its_own(two: Database) -> None:
    whole = analyze(two).partition
    assert latest(two, "pixels", "both", scope=find_scope(two, ["niho"])) == whole


@pytest.mark.long
def test_a_partition_of_one_collection_answers_no_question_about_all(two: Database) -> None:
    analyze(two, collections=["niho"])
    with pytest.raises(NothingLinked, match="no communities of museum and niho, only of niho"):
        ask(two, "typical-coins", {})
    assert named(ask(two, "typical-coins", {"collections": ["niho"]})) <= set(coins("niho"))
    assert [scored.partition for scored in evaluate(two).communities] == []
    assert len(evaluate(two, collections=["niho"]).communities) == 1


@pytest.mark.long
def test_centralities_of_other_collections_stay(two: Database) -> None:
    analyze(two)
    before = {row["coin"]: row["rank"] for row in two.read(PAGERANKS)}
    analyze(two, collections=["niho"])
    after = {row["coin"]: row["rank"] for row in two.read(PAGERANKS)}
    assert {coin: after[coin] for coin in coins("museum")} == {coin: before[coin] for coin in coins("museum")}
    assert all(after[coin] != before[coin] for coin in coins("niho"))


# --- edges ----------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_only_sides_of_the_collection_are_linked_at_the_percentiles_of_all(two: Database) -> None:
    link(two, top=None)
    before = {(row["one"], row["two"]): row["percentile"] for row in two.read(EDGES)}
    link(two, top=None, collections=("niho",))
    after = {(row["one"], row["two"]): row["percentile"] for row in two.read(EDGES)}
    within = {ends: value for ends, value in before.items() if all(end.startswith("niho/") for end in ends)}
    assert after == pytest.approx(within)


def test_the_nearest_are_those_of_the_collection(two: Database) -> None:
    report = link(two, top=3, collections=("niho",))
    assert [part.nodes for part in report.parts] == [12, 12, 12]
    degree = dict.fromkeys(coins("niho"), 0)
    for row in two.read(EDGES):
        for end in (row["one"], row["two"]):
            if end.endswith("/obverse"):
                degree[end.removesuffix("/obverse")] += 1
    assert min(degree.values()) >= 3


@pytest.mark.long
@pytest.mark.parametrize("options", [{}, {"percentile": 60.0}, {"top": None, "method": "blocked"}])
def test_coins_that_come_later_are_linked_as_all_at_once(two: Database, options: dict) -> None:
    asked = {"collections": ("niho",), "top": 4, **options}
    link(two, **asked)
    write(two, ["museum/30", "niho/30", "niho/31"], seed=9)
    link(two, **asked)
    found = snapshot(two)
    assert_same(found, undisturbed(two, **asked))
    assert link(two, **asked).nothing_new


# --- types ----------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_proposals_for_other_collections_stay(two: Database) -> None:
    first = propose(two, at_least=0.0)
    again = propose(two, at_least=0.0, collections=["niho"])
    assert {answer.coin for answer in again.found.new} == set(coins("niho")[-3:])
    assert {answer.coin for answer in again.found.left_out} <= set(coins("niho"))
    assert again.found.top == first.found.top
    assert {row["coin"] for row in two.read(PROPOSED)} >= set(coins("museum"))


# --- all at once ----------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_run_speaks_of_its_own_collection(db: Database, tmp_path: Path) -> None:
    for name in ("museum", "niho"):
        files = [f"{number}_{face}.png" for number in range(6) for face in ("obv", "rev")]
        found = run(db, pictures(tmp_path / name, *files), name, space="test-pixels")
    assert [counts.collection for counts in found.collections] == ["niho"]
    assert found.analysis.collections == ("niho",) and found.analysis.coins == 6
    assert {coin.coin.split("/")[0] for one in found.communities for coin in one.coins} <= {"niho"}
    assert sum(len(one.coins) for one in found.communities) + found.alone == 6
