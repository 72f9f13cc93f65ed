"""The space of pictures and legends: when letters count, new photographs in it, and letters that are aligned."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from embed.legends.compare import FEW, MANY
from graph.connection import Database
from graph.runs import step
from graph.spaces import default_space, find_space, set_default_space, vectors_of
from hoard import HoardTruth
from ingest.records import FACES, path_of
from pipeline.add import add
from pipeline.embed import embed
from pipeline.ingest import ingest
from pipeline.legends import MOST, Joined, align, is_joined, join, weight_of
from pipeline.link import link
from pipeline.run import run
from queries.find import find
from queries.vectors import of_picture

#: Sure letters on each side, as a collection with large, fresh coins has them.
LEGIBLE = "MATCH (s:Side) WHERE s.legend_read IS NOT NULL SET s.legend_confidence = [one IN range(1, 9) | 0.9]"


@pytest.fixture
def joined(db: Database, easy_hoard: HoardTruth) -> Joined:
    """A hoard whose letters are taken for sure, so that they count."""
    ingest(db, easy_hoard.folder, "hoard")
    seen = embed(db, space="test-pixels").space
    embed(db, space="legend")
    db.write(LEGIBLE)
    return join(db, seen)


def test_legends_count_by_how_many_letters_are_sure() -> None:
    assert weight_of(0) == weight_of(FEW) == 0
    assert weight_of((FEW + MANY) / 2) == MOST / 2
    assert weight_of(MANY) == weight_of(20) == MOST


@pytest.mark.long
def test_a_run_reads_legends_and_goes_by_them_as_far_as_they_are_legible(db: Database, easy_hoard: HoardTruth) -> None:
    found = run(db, easy_hoard.folder, "hoard")
    assert found.joined is not None and set(found.joined.letters) == set(FACES)
    assert found.joined.weights == {face: weight_of(letters) for face, letters in found.joined.letters.items()}
    assert found.space == ("coin_lite2_legend" if any(found.joined.weights.values()) else "coin_lite2")
    assert found.edges["coins"] > 0
    db.write(LEGIBLE)
    assert run(db, easy_hoard.folder, "hoard").space == default_space(db) == "coin_lite2_legend"


@pytest.mark.long
def test_a_run_goes_by_the_space_that_was_asked_for(db: Database, easy_hoard: HoardTruth) -> None:
    found = run(db, easy_hoard.folder, "hoard", space="test-pixels")
    assert (found.joined, found.space) == (None, "test_pixels")


def test_pictures_and_legends_are_one_space_whose_weights_stay(db: Database, joined: Joined) -> None:
    assert joined.space.name == "test-pixels-legend" and is_joined(db, joined.space)
    assert joined.weights == dict.fromkeys(FACES, MOST)
    db.write("MATCH (s:Side) SET s.legend_confidence = s.legend_confidence[..2]")
    fewer = join(db, find_space(db, "test-pixels"))
    assert (fewer.space, fewer.weights) == (joined.space, joined.weights)
    db.write("MATCH (s:Side) SET s.legend_confidence = []")
    again = join(db, find_space(db, "test-pixels"))
    assert (again.space.name, again.weights) == ("test-pixels", dict.fromkeys(FACES, 0.0))


@pytest.mark.long
def test_a_photograph_is_read_too_where_legends_are_part_of_the_space(db: Database, joined: Joined) -> None:
    (side,) = db.read(
        "MATCH (s:Obverse) WHERE s.source_legend IS NOT NULL RETURN s.id AS id, s.uri AS uri ORDER BY s.id LIMIT 1"
    )
    new = of_picture(db, joined.space, path_of(side["uri"]))
    stored = vectors_of(db, joined.space.slug, [side["id"]])[0]
    assert new @ stored / np.linalg.norm(new) / np.linalg.norm(stored) == pytest.approx(1, abs=1e-3)


@pytest.mark.long
def test_an_added_coin_is_read_and_linked_in_the_joined_space(db: Database, joined: Joined, tmp_path: Path) -> None:
    link(db, space=joined.space.slug)
    set_default_space(db, joined.space.slug)
    (side,) = db.read("MATCH (s:Obverse) RETURN s.uri AS uri ORDER BY s.id LIMIT 1")
    with Image.open(path_of(side["uri"])) as picture:
        picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "new-obverse.png")
    added = add(db, tmp_path / "new-obverse.png", collection="hoard", name="new")
    assert added.space == joined.space.name
    assert vectors_of(db, joined.space.slug, [f"{added.coin}/obverse"]).any()
    assert len(find(db, added.coin, top=3)) == 3


@pytest.mark.long
def test_letters_of_pairs_are_aligned_once(db: Database, joined: Joined) -> None:
    with step(db, "match") as done:
        counts = [align(db, joined.space, "obverse", 3, done.id) for _ in range(2)]
    (row,) = db.read("MATCH ()-[m:MATCHED]->() RETURN count(m) AS pairs, min(m.letters) AS low, max(m.letters) AS high")
    assert counts == [row["pairs"], 0]
    assert 0 <= row["low"] < row["high"] <= 1.01
    db.write("MATCH (s:Side) SET s.legend_confidence = []")
    with step(db, "match") as done:
        assert align(db, joined.space, "obverse", 6, done.id) == 0
