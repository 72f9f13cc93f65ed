"""`coingraph embed` and `coingraph spaces`, as typed."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from cli import main
from graph.connection import Database
from graph.lock import exclusive
from graph.spaces import read_vectors
from pipeline.embed import EmbedOptions
from pipeline.embed import embed as embed_step

SIDE = """
MERGE (g:Coingraph {id: 'coingraph'}) SET g.schema = 3
MERGE (k:Collection {name: $collection})
MERGE (c:Coin {id: $collection + '/' + $coin}) MERGE (c)-[:IN_COLLECTION]->(k)
MERGE (s:Side:Obverse {id: c.id + '/obverse'}) MERGE (c)-[:HAS_SIDE]->(s)
SET s.uri = $uri, s.sha256 = $sha256
"""


def add_side(db: Database, file: Path, seed: int = 0, collection: str = "museum") -> None:
    """A photograph (of noise) and its side in the graph; again with another seed, and it is a changed photograph."""
    noise = np.random.default_rng(seed).integers(0, 256, (30, 30, 3)).astype(np.uint8)
    Image.fromarray(noise).save(file)
    checksum = hashlib.sha256(file.read_bytes()).hexdigest()
    db.write(SIDE, collection=collection, coin=file.stem, uri=file.as_uri(), sha256=checksum)


def coingraph(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def embed(*more: str) -> Result:
    return coingraph("embed", "--space", "test-pixels", *more)


@pytest.fixture
def five(db: Database, tmp_path: Path) -> list[Path]:
    files = [tmp_path / f"coin {n}.png" for n in range(5)]
    for seed, file in enumerate(files):
        add_side(db, file, seed)
    return files


@pytest.mark.long
def test_every_side_gets_its_vector(db: Database, five: list[Path]) -> None:
    result = embed("--batch", "2")
    assert result.exit_code == 0
    assert "test-pixels: 5 sides embedded (64 numbers each), 0 were there already, 0 skipped" in result.stdout
    ids, vectors = read_vectors(db, "test_pixels", "obverse")
    assert ids == [f"museum/coin {n}/obverse" for n in range(5)]
    assert vectors.shape == (5, 64)


@pytest.mark.long
def test_a_second_run_computes_nothing(db: Database, five: list[Path]) -> None:
    embed()
    assert "0 sides embedded (64 numbers each), 5 were there already" in embed().stdout


def test_options_may_be_given_whole(db: Database, five: list[Path]) -> None:
    options = EmbedOptions("test-pixels", name="mine", batch=2)
    assert embed_step(db, options).embedded == 5
    assert embed_step(db, options, name="other").space.name == "other"


@pytest.mark.long
def test_only_new_sides_and_changed_photographs_are_computed(db: Database, five: list[Path], tmp_path: Path) -> None:
    embed()
    _, before = read_vectors(db, "test_pixels", "obverse")
    add_side(db, five[2], seed=99)
    add_side(db, tmp_path / "coin 5.png", seed=5)
    assert "2 sides embedded (64 numbers each), 4 were there already" in embed().stdout
    _, after = read_vectors(db, "test_pixels", "obverse")
    assert [bool((before[n] == after[n]).all()) for n in range(5)] == [True, True, False, True, True]


def test_bad_files_are_skipped_with_their_reasons_and_counted(db: Database, five: list[Path]) -> None:
    five[0].unlink()
    five[1].write_bytes(b"changed")
    result = embed()
    assert result.exit_code == 0
    assert f"skipped {five[0]}: No such file or directory" in result.stderr
    assert f"skipped {five[1]}: changed since ingest" in result.stderr
    assert "3 sides embedded" in result.stdout
    assert "2 skipped" in result.stdout


def test_a_picture_that_shows_nothing_is_skipped(db: Database, five: list[Path]) -> None:
    Image.new("RGB", (30, 30), (127, 127, 127)).save(five[0])  # the middle of the scale: a zero vector
    checksum = hashlib.sha256(five[0].read_bytes()).hexdigest()
    db.write("MATCH (s:Side {uri: $uri}) SET s.sha256 = $sha256", uri=five[0].as_uri(), sha256=checksum)
    result = embed()
    assert f"skipped {five[0]}: its vector is zero or not finite" in result.stderr
    assert "4 sides embedded" in result.stdout


@pytest.mark.long
def test_when_no_picture_can_be_used_that_is_an_error(db: Database, five: list[Path]) -> None:
    for file in five:
        file.unlink()
    result = embed()
    assert result.exit_code == 1
    assert "none of 5 pictures can be used; the first: No such file or directory" in result.stderr


@pytest.mark.long
def test_one_collection_can_be_embedded_first(db: Database, five: list[Path], tmp_path: Path) -> None:
    add_side(db, tmp_path / "loan.png", collection="loans")
    assert "1 sides embedded (64 numbers each), 0 were there already" in embed("--collection", "loans").stdout
    assert "5 sides embedded (64 numbers each), 1 were there already" in embed().stdout


@pytest.mark.long
def test_a_space_that_is_there_can_be_named_by_its_slug(db: Database, five: list[Path]) -> None:
    embed()
    assert "5 were there already" in coingraph("embed", "--space", "test_pixels").stdout


@pytest.mark.long
def test_two_spaces_of_one_model_stand_side_by_side_under_their_names(db: Database, five: list[Path]) -> None:
    embed()
    assert "second: 5 sides embedded" in embed("--name", "second").stdout
    assert "second: 0 sides embedded" in coingraph("embed", "--space", "second").stdout
    refused = coingraph("embed", "--space", "test-words", "--name", "second")
    assert "space 'second' was made by test-pixels: give that of test-words another name" in refused.stderr
    listed = json.loads(coingraph("spaces", "list", "--json").stdout)
    assert [row["space"] for row in listed] == ["second", "test-pixels"]


@pytest.mark.long
def test_the_run_says_what_was_written(db: Database, five: list[Path]) -> None:
    five[0].unlink()
    embed()
    assert db.read("MATCH (r:Run) RETURN r.status AS status, r.written_vectors AS written, r.skipped AS skipped") == [
        {"status": "finished", "written": 4, "skipped": 1}
    ]


@pytest.mark.long
def test_the_space_says_what_made_it(db: Database, five: list[Path]) -> None:
    embed()
    space = db.read("MATCH (s:Space) RETURN properties(s) AS p")[0]["p"]
    assert (space["name"], space["slug"], space["dimension"]) == ("test-pixels", "test_pixels", 64)
    assert len(space["weights"]) == 64
    assert json.loads(space["preprocessing"])["view"]["size"] == 8
    assert space["fields"] == []


def test_an_empty_graph_says_what_to_do_first(db: Database) -> None:
    result = embed()
    assert result.exit_code == 1
    assert "there are no photographs in the graph" in result.stderr


def test_an_unknown_collection_is_an_error(db: Database, five: list[Path]) -> None:
    result = embed("--collection", "musem")
    assert result.exit_code == 1
    assert "collection 'musem' has no photographs" in result.stderr


def test_an_unknown_model_is_an_error_without_a_traceback(db: Database, five: list[Path]) -> None:
    result = coingraph("embed", "--space", "resnet5")
    assert result.exit_code == 1
    assert "no model is called 'resnet5'" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.long
def test_spaces_are_listed_and_removed(db: Database, five: list[Path]) -> None:
    embed()
    (row,) = json.loads(coingraph("spaces", "list", "--json").stdout)
    assert (row["space"], row["dimension"], row["embedded"], row["sides"]) == ("test-pixels", 64, 5, 5)
    assert CliRunner().invoke(main, ["spaces", "remove", "test-pixels"]).exit_code == 2  # nobody to ask
    assert len(json.loads(coingraph("spaces", "list", "--json").stdout)) == 1
    assert "removed test-pixels" in coingraph("spaces", "remove", "test-pixels", "--yes").stdout
    assert json.loads(coingraph("spaces", "list", "--json").stdout) == []


@pytest.mark.long
def test_removing_an_unknown_space_names_the_known_ones(db: Database, five: list[Path]) -> None:
    embed()
    result = coingraph("spaces", "remove", "pixels")
    assert result.exit_code == 1
    assert "no space is called 'pixels'; there is test-pixels" in result.stderr


def test_a_model_that_cannot_be_had_is_said_while_another_process_works(
    five: list[Path],
) -> None:
    with exclusive(), ThreadPoolExecutor(1) as another:
        assert "is at work on this database" in another.submit(embed).result().stderr
        told = another.submit(coingraph, "embed", "--space", "nope").result().stderr
        assert "nope" in told and "at work" not in told


@pytest.mark.long
def test_a_refit_that_cannot_read_a_photograph_leaves_the_space_as_it_was(db: Database, five: list[Path]) -> None:
    embed()
    before = read_vectors(db, "test_pixels", "obverse")
    five[2].rename(five[2].with_suffix(".away"))
    result = embed("--refit")
    assert result.exit_code == 1
    assert "1 sides that have a vector in test-pixels would lose it" in result.stderr
    ids, vectors = read_vectors(db, "test_pixels", "obverse")
    assert ids == before[0] and (vectors == before[1]).all()


@pytest.mark.long
def test_a_refit_for_one_collection_does_not_take_the_vectors_of_others(
    db: Database, five: list[Path], tmp_path: Path
) -> None:
    add_side(db, tmp_path / "guest.png", seed=9, collection="guests")
    embed()
    assert embed("--refit", "--collection", "guests").exit_code == 1
    assert len(read_vectors(db, "test_pixels", "obverse")[0]) == 6


@pytest.mark.long
def test_a_refit_says_that_the_edges_are_gone(db: Database, five: list[Path]) -> None:
    embed()
    coingraph("link", "--space", "test-pixels")
    assert "edges of the former vectors are gone" in embed("--refit").stderr
    assert "gone" not in embed("--refit").stderr
