"""Proposals and probabilities in the graph: the sample hoard's unclassified and miscatalogued coins are found."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from coded_hoard import CodedHoard

from cli import main
from coingraph import Graph
from explore.answers import of_proposals
from graph.coins import read_voters
from graph.replacing import remove_space
from graph.runs import step
from graph.spaces import SpaceRecord, ensure_space, find_space, store_vectors
from graph.types import derive
from hoard import read_truth
from measure.evaluation import KnowsTheLabel
from measure.proposals import propose
from pipeline.calibrate import calibrate, forget_probabilities
from pipeline.link import link
from pipeline.propose import propose as propose_step
from queries.catalogue import run
from queries.stored import stored

TYPES = """
MATCH (c:Coin)-[o:OF_TYPE|PROPOSED_TYPE]->(t)
RETURN c.id AS coin, type(o) AS relationship, t.name AS type, properties(o) AS p ORDER BY coin, relationship, type
"""
PREDICTED = """
MATCH (c:Coin)-[:PROPOSED_TYPE]->(t) WHERE NOT EXISTS { (c)-[:OF_TYPE]->(t) } RETURN count(*) AS n
"""
HIDE = "MATCH (c:Coin)-[o:OF_TYPE]->() WHERE c.id < $before DELETE o"
MATCHED = """
MATCH (a:Coin)-[:HAS_SIDE]->(:Obverse)-[m:MATCHED]->(:Obverse)<-[:HAS_SIDE]-(b:Coin)
RETURN a.id AS one, b.id AS two, m.inliers AS inliers
"""
EDGES = """
MATCH ()-[e:SIMILAR|RELATED {space: 'dies'}]->() RETURN e.key AS key, e.probability AS p ORDER BY type(e), key
"""


def coingraph(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def true_type(coded: CodedHoard, coin: str) -> str:
    return next(entry["type"] for entry in read_truth(coded.truth.folder)["coins"] if f"hoard/{entry['id']}" == coin)


def test_the_unclassified_coin_gets_its_true_type(coded: CodedHoard) -> None:
    (row,) = run(coded.db, stored("surest-proposals"), {"space": "dies"}).rows
    assert {row["coin"]} == coded.planted("unclassified")
    assert row["type"] == true_type(coded, row["coin"])
    assert row["probability"] > 0.6 > 0.4 > row["expected"] and row["none_of_these"] < 0.4


def test_the_miscatalogued_coin_is_doubted_with_its_true_type(coded: CodedHoard) -> None:
    first, *more = run(coded.db, stored("doubtful-types"), {"space": "dies"}).rows
    assert {first["coin"]} == coded.planted("miscatalogued")
    assert first["neighbours_say"] == true_type(coded, first["coin"])
    assert first["probability_own"] < 0.2 < 0.6 < first["probability_other"]
    assert {row["coin"] for row in more} <= coded.planted("mule") | coded.planted("swapped")


@pytest.mark.long
def test_the_question_lists_what_propose_doubts_in_its_order(coded: CodedHoard) -> None:
    report = propose_step(coded.db, spaces=["dies"], dry_run=True)
    found = run(coded.db, stored("doubtful-types"), {"space": "dies"})
    assert [row["coin"] for row in found.rows] == [answer.coin for answer in report.doubted] != []
    assert [row["probability_own"] for row in found.rows] == [row["its_probability"] for row in report.doubted_rows()]
    assert [row["neighbours_say"] for row in found.rows] == [row["rather"] for row in report.doubted_rows()]
    cut = run(coded.db, stored("doubtful-types"), {"space": "dies", "limit": 1})
    assert found.false_alarms == cut.false_alarms == pytest.approx(report.false_alarms)
    assert cut.total == len(found.rows)


def test_the_likely_type_is_the_one_proposed(coded: CodedHoard) -> None:
    (likely,) = run(coded.db, stored("likely-types"), {"space": "dies"}).rows
    (proposed,) = propose_step(coded.db, spaces=["dies"], dry_run=True).rows()
    assert (likely["coin"], likely["likeliest"]) == (proposed["coin"], proposed["type"])
    assert likely["probability"] == proposed["probability"]


@pytest.mark.long
def test_trust_in_the_records_decides_what_is_doubted(coded: CodedHoard) -> None:
    def doubted(trust: str) -> dict[str, Any]:
        return json.loads(coingraph("propose", "--space", "dies", "--trust", trust, "--dry-run", "--json").stdout)

    assert doubted("1")["doubtful"] == [] and doubted("1")["false_alarms_expected"] == 0
    little = doubted("0.5")
    assert {row["coin"] for row in little["doubtful"]} >= coded.planted("miscatalogued")
    assert 0 < little["false_alarms_expected"] < len(little["doubtful"]) / 2


def test_a_prediction_stands_beside_what_is_known(coded: CodedHoard) -> None:
    (coin,) = coded.planted("miscatalogued")
    rows = [row for row in coded.db.read(TYPES) if row["coin"] == coin]
    assert [row["relationship"] for row in rows] == ["OF_TYPE", "PROPOSED_TYPE", "PROPOSED_TYPE"]
    own, other = sorted(rows[1:], key=lambda row: row["type"] != rows[0]["type"])
    assert own["type"] == rows[0]["type"] and own["p"]["probability"] < 0.2 < 0.6 < other["p"]["probability"]
    assert other["p"]["spaces"] == ["dies"]


def test_a_prediction_is_no_label(coded: CodedHoard) -> None:
    (coin,) = coded.planted("unclassified")
    coins = read_voters(coded.db, [find_space(coded.db, "dies")])
    assert coins.labels["type"][coins.coins.index(coin)] is None


def test_what_match_found_is_evidence(coded: CodedHoard) -> None:
    coins = read_voters(coded.db, [find_space(coded.db, "dies")])
    pairs = coded.db.read(MATCHED)
    values = coins.closer[0].at(*np.array([[coins.coins.index(row[end]) for row in pairs] for end in ("one", "two")]))
    assert len(pairs) > 20
    np.testing.assert_allclose(values, np.log10([1 + row["inliers"] for row in pairs]))


def test_what_match_found_in_another_photograph_is_none(coded: CodedHoard) -> None:
    count = sum(len(values.codes) for values in read_voters(coded.db, [find_space(coded.db, "dies")]).closer)
    coded.db.write("MATCH ()-[m:MATCHED]->() SET m.was = m.photographs, m.photographs = 'others'")
    try:
        assert count and read_voters(coded.db, [find_space(coded.db, "dies")]).closer == []
    finally:
        coded.db.write("MATCH ()-[m:MATCHED]->() SET m.photographs = m.was, m.was = null")


def test_a_second_run_changes_nothing(coded: CodedHoard) -> None:
    before = coded.db.read(TYPES)
    report = propose_step(coded.db, spaces=["dies"])
    assert (report.written, report.removed) == (0, 0)
    assert coded.db.read(TYPES) == before


def test_a_dry_run_writes_nothing(coded: CodedHoard) -> None:
    before, runs = coded.db.read(TYPES), coded.db.read("MATCH (r:Run) RETURN count(r) AS n")
    result = coingraph("propose", "--space", "dies", "--at-least", "0", "--dry-run", "--json")
    found = json.loads(result.stdout)
    assert found["proposals"] and (found["written"], found["removed"]) == (0, 0)
    assert coded.db.read(TYPES) == before and coded.db.read("MATCH (r:Run) RETURN count(r) AS n") == runs


@pytest.mark.long
def test_only_types_that_are_probable_enough_are_proposed(coded: CodedHoard) -> None:
    try:
        report = propose_step(coded.db, spaces=["dies"], at_least=1)
        assert report.proposed == [] and coded.db.read(PREDICTED)[0]["n"] == len(report.doubted)
    finally:
        propose_step(coded.db, spaces=["dies"])


@pytest.mark.long
def test_clear_takes_away_all_that_propose_wrote(coded: CodedHoard) -> None:
    try:
        predicted = coded.db.read(PREDICTED)[0]["n"]
        assert f"took {predicted} proposals away" in coingraph("propose", "--clear").output
        rows = coded.db.read(TYPES)
        assert rows and all(row["relationship"] == "OF_TYPE" for row in rows)
        assert coded.db.read("MATCH (c:Coin) WHERE c.none_of_these IS NOT NULL RETURN c") == []
    finally:
        propose_step(coded.db, spaces=["dies"])


def test_figures_of_left_out_coins_beat_chance(coded: CodedHoard) -> None:
    figures = propose_step(coded.db, spaces=["dies"], dry_run=True).figures()
    assert figures["right"] > 0.9 > 2 * figures["right_by_commonest"]
    assert figures["brier"] < 0.1 and figures["auroc_unknown_type"] > 0.9


def test_two_spaces_are_joined(coded: CodedHoard) -> None:
    report = propose_step(coded.db, spaces=["dies", "cameras"], dry_run=True)
    assert report.spaces == ["dies", "cameras"] and report.found.top > 0.9


@pytest.mark.long
def test_a_coin_without_words_is_judged_by_its_pictures(coded: CodedHoard) -> None:
    coins = [row["id"] for row in coded.db.read("MATCH (c:Coin) RETURN c.id AS id ORDER BY id")]
    (without_type,) = coded.planted("unclassified")
    worded = [f"{coin}/obverse" for coin in coins[::2] if coin != without_type]
    noise = np.random.default_rng(1).normal(size=(len(worded), 8)).astype(np.float32)
    runs = [row["id"] for row in coded.db.read("MATCH (r:Run) RETURN r.id AS id")]
    try:
        with step(coded.db, "embed") as run:
            ensure_space(coded.db, SpaceRecord("words", "words", "minilm", "w", "nowhere", 8, {}), run)
            store_vectors(coded.db, "words", worded, worded, noise)
        report = propose_step(coded.db, dry_run=True)
        assert report.spaces == ["dies", "words"]
        (answer,) = report.found.new
        assert answer.proposals[0].type == true_type(coded, without_type)
        assert report.found.top > 0.9, "words that say nothing do no harm"
    finally:
        remove_space(coded.db, "words")
        coded.db.write("MATCH (r:Run) WHERE NOT r.id IN $runs DETACH DELETE r", runs=runs)


def test_cameras_alone_know_no_type(coded: CodedHoard) -> None:
    found = propose(replace(read_voters(coded.db, [find_space(coded.db, "cameras")]), closer=[], scores=[]))
    assert found.top < 0.5
    assert found.kept.brier < found.kept.brier_base + 0.05


def test_geometry_helps_where_vectors_do_not(coded: CodedHoard) -> None:
    report = propose_step(coded.db, spaces=["cameras"], dry_run=True)
    assert report.found.top > 0.9 and report.matched > 1000
    assert f"By cameras and geometry of {report.matched:,} pairs." in of_proposals(report).below


def test_a_space_that_was_told_the_types_is_refused(coded: CodedHoard) -> None:
    coded.db.write("MATCH (s:Space {slug: 'cameras'}) SET s.fields = ['type']")
    try:
        for refused in (propose_step, calibrate):
            with pytest.raises(KnowsTheLabel, match="type went into it"):
                refused(coded.db, **({"spaces": ["cameras"]} if refused is propose_step else {"space": "cameras"}))
    finally:
        coded.db.write("MATCH (s:Space {slug: 'cameras'}) SET s.fields = []")


def test_every_edge_has_a_probability(coded: CodedHoard) -> None:
    assert all(0 <= row["p"] <= 1 for row in coded.db.read(EDGES))


def test_edges_of_one_type_are_more_probable(coded: CodedHoard) -> None:
    rows = calibrate(coded.db, space="dies")
    assert [one.edges for one in rows] == ["SIMILAR obverse", "SIMILAR reverse", "RELATED"]
    assert all(one.updated == 0 for one in rows), "a second run changes nothing"
    assert all(one.kept and one.kept.brier < 0.6 * one.kept.brier_base for one in rows)


@pytest.mark.long
def test_a_link_keeps_probabilities_current(coded: CodedHoard) -> None:
    edges = EDGES.replace("dies", "cameras")
    runs = [row["id"] for row in coded.db.read("MATCH (r:Run) RETURN r.id AS id")]
    try:
        calibrate(coded.db, space="cameras")
        link(coded.db, space="cameras", top=12)
        assert all(row["p"] is not None for row in coded.db.read(edges))
        assert all(one.updated == 0 for one in calibrate(coded.db, space="cameras"))
    finally:
        link(coded.db, space="cameras")
        forget_probabilities(coded.db, space="cameras")
        # Other tests ask for the one link of a space.
        coded.db.write("MATCH (r:Run) WHERE NOT r.id IN $runs DETACH DELETE r", runs=runs)


@pytest.mark.long
def test_a_link_learns_from_types_that_came_later(coded: CodedHoard) -> None:
    runs = [row["id"] for row in coded.db.read("MATCH (r:Run) RETURN r.id AS id")]
    try:
        coded.db.write(HIDE, before="hoard/SH-0020")
        calibrate(coded.db, space="cameras")
        derive(coded.db)
        before = coded.db.read(EDGES.replace("dies", "cameras"))
        assert link(coded.db, space="cameras").nothing_new
        assert coded.db.read(EDGES.replace("dies", "cameras")) != before
        assert all(one.updated == 0 for one in calibrate(coded.db, space="cameras"))
    finally:
        derive(coded.db)
        forget_probabilities(coded.db, space="cameras")
        coded.db.write("MATCH (r:Run) WHERE NOT r.id IN $runs DETACH DELETE r", runs=runs)


@pytest.mark.long
def test_probabilities_can_be_taken_away(coded: CodedHoard) -> None:
    try:
        assert coingraph("calibrate", "--space", "dies", "--clear").exit_code == 0
        assert all(row["p"] is None for row in coded.db.read(EDGES))
        result = coingraph("plot", "reliability", "--space", "dies")
        assert result.exit_code == 1 and "coingraph calibrate" in result.output
    finally:
        calibrate(coded.db, space="dies")


def test_why_tells_the_probability_of_one_type(coded: CodedHoard) -> None:
    one, other = sorted(coded.planted("double"))
    (row, _) = json.loads(coingraph("find", one, "--why", other, "--space", "dies", "--json").stdout)
    assert row["probability"] > 0.5


@pytest.mark.long
def test_the_reliability_diagram_counts_the_judged_edges(coded: CodedHoard, tmp_path) -> None:
    result = coingraph("plot", "reliability", "--space", "dies", "--json", "--out", str(tmp_path / "kept.png"))
    rows = json.loads(result.stdout)
    judged = {one.edges: one.judged for one in calibrate(coded.db, space="dies")}
    assert {row["of"]: row["number"] for row in rows} == judged
    assert (tmp_path / "kept.png").stat().st_size > 10_000
    assert coingraph("plot", "reliability", "--space", "dies", "--out", str(tmp_path / "k.html")).exit_code == 0


@pytest.mark.long
def test_without_labels_the_error_says_what_is_needed(coded: CodedHoard) -> None:
    coded.db.write(HIDE, before="i")
    try:
        result = coingraph("calibrate", "--space", "dies")
        assert result.exit_code == 1 and "0 are of one type" in result.output
        result = coingraph("propose", "--space", "dies")
        assert result.exit_code == 1 and "0 coins of known type" in result.output
    finally:
        derive(coded.db)
        calibrate(coded.db, space="dies")


@pytest.mark.long
def test_a_rejected_type_is_not_proposed_again(coded: CodedHoard) -> None:
    (coin,), graph = coded.planted("unclassified"), Graph(coded.db)
    (verdict,) = graph.reject([coin])
    try:
        assert verdict.type == true_type(coded, coin) and verdict.space == "dies" and (verdict.probability or 0) > 0.6
        assert run(coded.db, stored("surest-proposals"), {"space": "dies"}).rows == []
        proposed = {row["coin"]: row["type"] for row in graph.propose(spaces=["dies"], dry_run=True).rows()}
        assert proposed.get(coin) != verdict.type
    finally:
        graph.undo(verdict.number)
    (row,) = run(coded.db, stored("surest-proposals"), {"space": "dies"}).rows
    assert (row["coin"], row["type"]) == (coin, verdict.type)


@pytest.mark.long
def test_a_type_that_a_person_confirmed_is_not_doubted(coded: CodedHoard) -> None:
    (coin,), graph = coded.planted("miscatalogued"), Graph(coded.db)
    own = next(row["type"] for row in coded.db.read(TYPES) if (row["coin"], row["relationship"]) == (coin, "OF_TYPE"))
    verdict = graph.set_type(coin, own)
    try:
        assert coin not in {row["coin"] for row in graph.query("doubtful-types", space="dies").rows}
        doubted = graph.propose(spaces=["dies"], dry_run=True).doubted_rows()
        assert coin not in {row["coin"] for row in doubted}
    finally:
        graph.undo(verdict.number)
    assert coin in {row["coin"] for row in graph.query("doubtful-types", space="dies").rows}


@pytest.mark.long
def test_an_accepted_type_teaches_nothing_unless_that_is_wanted(coded: CodedHoard) -> None:
    (coin,), graph = coded.planted("unclassified"), Graph(coded.db)
    (verdict,) = graph.accept([coin])
    try:
        labelled = [graph.evaluate(space="dies", with_accepted=both).labelled for both in (False, True)]
        assert labelled[1] == labelled[0] + 1
        coins = read_voters(coded.db, [find_space(coded.db, "dies")])
        place = coins.coins.index(coin)
        assert coins.labels["type"][place] == verdict.type and not coins.trusted["type"][place]
    finally:
        graph.undo(verdict.number)
