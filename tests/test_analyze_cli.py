"""The commands `analyze` and `partitions` as a user types them."""

import json

import numpy as np
import pytest
from click.testing import CliRunner, Result
from small_graph import write_graph

from cli import main
from graph.connection import Database

COINS = [f"m/{group}{n}" for group in "ab" for n in range(6)]


@pytest.fixture
def hoard(db: Database) -> Database:
    """Two groups of six coins, complete at percentile 99, and vectors that lie accordingly."""
    edges = [(a, b, 99.0) for i, a in enumerate(COINS) for b in COINS[i + 1 :] if a[2] == b[2]]
    write_graph(db, COINS, [*edges, ("m/a0", "m/b0", 95.0)])
    angles = np.concatenate([np.linspace(0, 0.1, 6), np.linspace(1.5, 1.6, 6)])
    rows = [[coin, [10 * np.cos(angle), 10 * np.sin(angle)]] for coin, angle in zip(COINS, angles, strict=True)]
    db.write(
        "UNWIND $rows AS row MATCH (s:Side) WHERE s.id STARTS WITH row[0] + '/' "
        "CALL db.create.setNodeVectorProperty(s, 'vector_pixels', row[1])",
        rows=rows,
    )
    return db


def coingraph(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.mark.long
def test_analyze_says_what_it_found(hoard):
    result = coingraph("analyze", "--percentile", "90")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "2 communities of 6 to 6 coins; 0 stand alone.",
        "By leiden (modularity 0.48) of 12 coins: 31 edges from percentile 90.",
        "Partition: pixels/both/leiden/p90-g1-seed1",
    ]


def test_analyze_as_json(hoard):
    found = json.loads(coingraph("analyze", "--algorithm", "wcc", "--json").output)
    assert (found["algorithm"], found["communities"], found["sizes"]) == ("wcc", 2, [6, 6])


@pytest.mark.long
def test_hdbscan_groups_the_vectors_of_a_face(hoard):
    if not hoard.capabilities.hdbscan:
        pytest.skip("this server's GDS has no HDBSCAN")
    result = coingraph("analyze", "--algorithm", "hdbscan", "--face", "reverse", "--space", "pixels")
    assert result.exit_code == 0, result.output
    assert "2 communities of 6 to 6 reverses" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("--space", "nowhere"),
        ("--percentile", "99.9"),
    ],
)
def test_what_cannot_be_done_is_two_lines_at_most_and_status_1(hoard, arguments):
    result = coingraph("analyze", *arguments)
    assert result.exit_code == 1
    assert result.output.startswith("error: ")
    assert result.output.count("\n") <= 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("--algorithm", "guess"),
        ("--algorithm", "wcc", "--seed", "1"),
        ("--algorithm", "louvain", "--seed", "1"),
        ("--algorithm", "hdbscan"),
        ("--percentile", "101"),
        ("--resolution", "0"),
    ],
)
def test_wrong_options_are_wrong_usage(db, arguments):
    result = coingraph("analyze", *arguments)
    assert result.exit_code == 2 and result.output.startswith("error: ") and "analyze -h\n" in result.output


@pytest.mark.long
def test_partitions_are_listed_and_removed(hoard):
    coingraph("analyze", "--percentile", "90")
    coingraph("analyze", "--algorithm", "louvain", "--percentile", "90")
    assert [row["id"] for row in json.loads(coingraph("partitions", "list", "--json").output)] == [
        "pixels/both/leiden/p90-g1-seed1",
        "pixels/both/louvain/p90",
    ]
    louvain = ("partitions", "remove", "pixels/both/louvain/p90")
    assert CliRunner().invoke(main, louvain).exit_code == 2  # nobody to ask
    assert len(json.loads(coingraph("partitions", "list", "--json").output)) == 2
    assert coingraph(*louvain, "--yes").output == "removed pixels/both/louvain/p90\n"
    assert len(json.loads(coingraph("partitions", "list", "--json").output)) == 1


def test_removing_a_partition_that_is_not_there_names_those_that_are(hoard):
    coingraph("analyze", "--percentile", "90")
    result = coingraph("partitions", "remove", "nothing")
    assert result.exit_code == 1
    assert "there is pixels/both/leiden/p90-g1-seed1" in result.output
