"""Networks at thresholds from loose to strict, on coins whose groups are known."""

import json

import networkx
import numpy as np
import pytest
from click.testing import CliRunner
from coded_hoard import CodedHoard
from linked_graph import add_coins, edges

from cli import main
from explore import curves
from graph.connection import Database
from graph.detection import Options, detect
from graph.projection import projected
from measure.coinset import Network, components
from measure.communities import (
    ALGORITHMS,
    METHODS,
    Sweep,
    adjusted_information,
    communities,
    information,
    modularity,
    sweep,
    thresholds,
)
from measure.likeness import Likeness
from measure.neighbours import scan
from pipeline.link import link
from pipeline.link import sweep as sweep_step

KINDS, EACH = 8, 12


@pytest.fixture(scope="module")
def planted() -> tuple[Network, Likeness, list[str]]:
    """Eight groups of twelve that overlap a little, linked to their twenty nearest: a looser link than is good."""
    random = np.random.default_rng(4)
    codes = np.repeat(np.arange(KINDS), EACH)
    vectors = (1.1 * np.eye(16)[codes] + 0.25 * random.normal(size=(len(codes), 16))).astype(np.float32)
    seen = scan(vectors, 20)
    percentile = seen.histogram.percentile(seen.pairs.cosine)
    network = Network.of(len(codes), seen.pairs.first, seen.pairs.second, percentile, seen.histogram.pairs)
    return network, Likeness([vectors]), [f"type {code}" for code in codes]


@pytest.fixture(scope="module")
def swept(planted: tuple[Network, Likeness, list[str]]) -> Sweep:
    network, likeness, labels = planted
    steps = sweep(network, likeness, thresholds(network, 12), labels)
    return Sweep("space", "both", 20, network.count, "information", steps, "type")


# --- networks and communities ---------------------------------------------------------------------------------------


def test_thresholds_go_from_all_edges_to_few(planted):
    network, _, _ = planted
    found = thresholds(network, 12)
    assert found == sorted(found) and len(found) == 12
    assert len(network.above(found[0])) == len(network)
    assert len(network.above(found[-1])) == pytest.approx(network.count / 10, abs=2)


def test_network_and_modularity_are_those_of_networkx(planted):
    network = planted[0].above(97)
    graph = networkx.Graph()
    graph.add_nodes_from(range(network.count))
    graph.add_weighted_edges_from(zip(network.first, network.second, network.weights, strict=True))
    codes = communities(network, "leiden")
    groups = [set(np.flatnonzero(codes == code)) for code in np.unique(codes)]
    assert len(set(components(network.count, network.first, network.second))) == networkx.number_connected_components(
        graph
    )
    assert modularity(network, codes) == pytest.approx(networkx.community.modularity(graph, groups))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_communities_find_what_was_planted_and_can_be_repeated(planted, algorithm):
    network, _, labels = planted
    codes = communities(network.above(92), algorithm)
    truth = np.unique(labels, return_inverse=True)[1]
    assert adjusted_information(codes, truth) > 0.9
    assert (communities(network.above(92), algorithm) == codes).all()


def test_a_coin_without_edges_is_alone():
    network = Network.of(4, np.array([0]), np.array([1]), np.array([99.0]), 6)
    for algorithm in ALGORITHMS:
        codes = communities(network, algorithm)
        assert codes[0] == codes[1] and len(set(codes)) == 3
    assert list(network.reached) == [True, True, False, False]


def test_one_community_of_all_and_coins_alone_tell_nothing():
    assert information(np.zeros(8, int), 1.0) == 0
    assert information(np.arange(8), 1.0) == 0
    assert information(np.repeat(np.arange(4), 2), 1.0) == 2  # bits
    assert information(np.array([0, 0, 1, 1, 2, 3, 4, 5]), 0.5) == 0.25


# --- the sweep ------------------------------------------------------------------------------------------------------


def test_the_recommended_threshold_is_near_the_best(swept):
    for algorithm in ALGORITHMS:
        assert swept.recommended.found[algorithm].ami > 0.9 * swept.best(algorithm).found[algorithm].ami
    assert 0 < swept.steps.index(swept.recommended) < len(swept.steps) - 1
    by_propagation = [step.found["label-propagation"].f1 for step in (swept.steps[0], swept.recommended)]
    assert by_propagation[0] < 0.5 < by_propagation[1]


def test_labels_are_not_looked_at_to_choose(planted, swept):
    network, likeness, _ = planted
    blind = sweep(network, likeness, thresholds(network, 12))
    for method in METHODS:
        assert Sweep("", "both", 20, 0, method, blind).recommended.percentile == swept.chosen(method).percentile
    assert blind[0].found["leiden"].ami is None


def test_strict_thresholds_leave_fewer_edges_and_reach_fewer_coins(swept):
    numbers = [(step.edges, step.reached, step.largest_share) for step in swept.steps]
    assert numbers == sorted(numbers, reverse=True)


def test_noise_is_less_stable_than_groups(swept):
    random = np.random.default_rng(5)
    vectors = random.normal(size=(96, 16)).astype(np.float32)
    seen = scan(vectors, 20)
    percentile = seen.histogram.percentile(seen.pairs.cosine)
    network = Network.of(96, seen.pairs.first, seen.pairs.second, percentile, seen.histogram.pairs)
    noise = Sweep("", "both", 20, 96, "information", sweep(network, Likeness([vectors]), thresholds(network, 6)))
    for alike, noisy in zip(swept.steps[:3], noise.steps[:2], strict=False):
        assert noisy.found["leiden"].stability < 0.7 < alike.found["leiden"].stability


@pytest.mark.parametrize("ending", ["png", "svg", "html"])
def test_the_picture_opens(swept, tmp_path, ending):
    drawn = curves.draw(curves.sweep(swept), tmp_path / f"sweep.{ending}")
    assert drawn.path.stat().st_size > 10_000
    assert f"{swept.recommended.percentile:.7g}" in drawn.shows


# --- on the graph ---------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_step_is_what_analyze_finds_at_that_percentile(coded: CodedHoard):
    found = sweep_step(coded.db, space="dies", steps=6)
    for step in found.steps[1:4]:
        for algorithm in ALGORITHMS:
            with projected(coded.db, "dies", "both", step.percentile) as projection:
                detected = detect(coded.db, projection, Options(algorithm).completed())
            assert (projection.nodes, projection.edges) == (found.coins, step.edges)
            ours = step.found[algorithm]
            assert ours.modularity == pytest.approx(detected.modularity, abs=0.02)
            assert ours.communities == pytest.approx(len(detected.communities), abs=2)


def test_json_and_table(coded: CodedHoard, tmp_path):
    words = ["sweep", "--space", "dies", "--face", "reverse", "--label", "type", "--steps", "5"]
    result = CliRunner().invoke(main, [*words, "--json", "--out", str(tmp_path / "sweep.svg")])
    found = json.loads(result.stdout)
    assert found["recommended"] in [step["percentile"] for step in found["steps"]]
    assert set(found["recommended_by"]) == set(METHODS)
    assert found["steps"][0]["found"]["leiden"].keys() >= {
        "modularity",
        "silhouette",
        "stability",
        "information",
        "ami",
    }
    assert (tmp_path / "sweep.svg").is_file()
    heads, *rows = CliRunner().invoke(main, [*words, "--method", "silhouette"]).stdout.splitlines()
    assert heads.startswith("chosen\tpercentile") and sum(row.startswith("true") for row in rows) == 1


@pytest.mark.long
def test_link_takes_what_is_recommended(db: Database):
    add_coins(db, [f"{number:02d}" for number in range(40)])
    wanted = sweep_step(db, face="both").recommended.percentile
    report = link(db, threshold="auto")
    assert f"{wanted:.7g}" in report.chosen
    assert all(edge["percentile"] > wanted for edge in edges(db, "SIMILAR", "obverse").values())
    notes = db.read("MATCH (r:Run {command: 'link'}) RETURN r.threshold AS why, r.parameters AS parameters")[0]
    assert notes["why"].startswith("auto: percentile") and json.loads(notes["parameters"])["percentile"] == wanted
    assert link(db, threshold="auto").nothing_new


def test_auto_and_a_percentile_exclude_each_other():
    result = CliRunner().invoke(main, ["link", "--threshold", "auto", "--percentile", "99"])
    assert result.exit_code == 2 and "leave --percentile out" in result.output
    assert CliRunner().invoke(main, ["link", "--threshold", "high"]).exit_code == 2
