"""The reader trained on by its own sure readings: what it learns from, what stays, and how it is kept."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import cli
import embed.legends.adapt as learning
import pipeline.adapt
from embed.legends.adapt import UNSURE, adapted, steadiness, sure_readings
from embed.legends.compare import SURE
from embed.legends.reader import Reader
from embed.legends.train import UNSEEN, Strips, read, strips_of
from embed.registry import LEGEND, load_model
from embed.transforms import Transform
from graph.connection import Database
from graph.derived import read_transform
from graph.replacing import remove_space
from graph.spaces import read_vectors, space_named
from hoard import HoardTruth
from ingest.records import FACES, path_of
from pipeline.adapt import ADAPTED, Adapted, NothingSure, adapt
from pipeline.embed import embed
from pipeline.exchange import export_space, import_space
from pipeline.ingest import ingest
from pipeline.legends import is_joined, join
from queries.vectors import of_picture


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few steps and few strips: how it is kept, not what it gains."""
    monkeypatch.setattr(learning, "STEPS", 3)
    for name, value in (("FEWEST", 1), ("DRAWN", 4), ("CHECKS", 2)):
        monkeypatch.setattr(pipeline.adapt, name, value)


@pytest.fixture(scope="module")
def strips() -> Strips:
    return strips_of(1, 4, UNSEEN)


def test_only_what_is_sure_is_learnt_from(strips: Strips) -> None:
    network = Reader(device="cpu").network
    own = sure_readings(network, strips.pictures)
    likely = read(network, own.pictures)
    assert 0 < len(own) <= len(strips)
    assert ((own.letters == UNSURE) == (likely.max(2) < SURE)).all()
    assert (own.letters == likely.argmax(2))[own.letters != UNSURE].all()


def test_the_reader_before_stays_and_the_one_after_is_the_same_each_time(strips: Strips, quick: None) -> None:
    reader = Reader(device="cpu")
    before = reader.packed(reader.network)
    after = [reader.packed(adapted(reader.network, strips.pictures, strips, seed=5)) for _ in range(2)]
    assert after[0] == after[1] != before == reader.packed(reader.network)
    assert 0 < steadiness(reader.network, strips.pictures) <= 1


def test_a_transform_brings_the_reader_it_was_fitted_after() -> None:
    model = load_model(LEGEND, device="cpu")
    assert isinstance(model.backbone, Reader)
    weights = np.frombuffer(model.backbone.packed(model.backbone.network), np.uint8)
    usual = Transform("centre").fit(np.eye(4, dtype=np.float32))
    fitted = Transform("centre", reader=weights).fit(np.eye(4, dtype=np.float32))
    back = Transform.from_bytes(fitted.to_bytes())
    assert back.fingerprint == fitted.fingerprint != usual.fingerprint
    assert (str(back), str(usual)) == ("centre, after a reader that was trained on", "centre")
    assert model.fitted(usual).weights_source == model.weights_source != model.fitted(back).weights_source


@pytest.fixture
def made(db: Database, easy_hoard: HoardTruth, quick: None) -> Adapted:
    ingest(db, easy_hoard.folder, "hoard")
    seen = embed(db, space="test-pixels").space
    embed(db, space=LEGEND)
    # As a collection with large, fresh coins has them.
    db.write("MATCH (s:Side) WHERE s.legend_read IS NOT NULL SET s.legend_confidence = [one IN range(1, 9) | 0.9]")
    join(db, seen)
    return adapt(db, device="cpu")


def readings(db: Database) -> list[dict]:
    return db.read("MATCH (s:Side) RETURN s.id AS id, s.legend_read AS read, s.vector_legend AS vector ORDER BY id")


@pytest.mark.long
def test_a_reader_that_was_trained_on_makes_spaces_beside_the_old_ones(db: Database, made: Adapted) -> None:
    assert made.space.name == ADAPTED and [space.name for space in made.fused] == [f"test-pixels-{ADAPTED}"]
    assert is_joined(db, made.fused[0]) and made.learnt > 0
    assert made.changes["drawn"].of == 2 and 0 < made.changes["steady"].before <= 1
    for face in FACES:
        usual, own = (read_vectors(db, slug, face) for slug in (LEGEND, made.space.slug))
        assert own[1].any() and not np.array_equal(usual[1], own[1])
    before = readings(db)
    again = adapt(db, device="cpu")
    assert (again.changes, again.embedded.embedded, again.space) == ({}, 0, made.space)
    assert readings(db) == before
    fitted = read_transform(db, made.space.slug)
    assert fitted and fitted.reader is not None


@pytest.mark.long
def test_a_side_that_comes_later_is_read_by_the_same_reader(db: Database, made: Adapted) -> None:
    stored = "MATCH (s:Side) WHERE s.source_legend_adapted IS NOT NULL RETURN s.id AS id, s.vector_legend_adapted AS v"
    first = db.read(f"{stored} ORDER BY id LIMIT 1")[0]
    db.write("MATCH (s:Side {id: $id}) REMOVE s.vector_legend_adapted, s.source_legend_adapted", id=first["id"])
    assert adapt(db, device="cpu").embedded.embedded == 1
    again = next(row for row in db.read(stored) if row["id"] == first["id"])
    assert np.allclose(again["v"], first["v"], atol=1e-4)
    (side,) = db.read("MATCH (s:Side {id: $id}) RETURN s.uri AS uri", id=first["id"])
    assert np.allclose(of_picture(db, made.space, path_of(side["uri"])), first["v"], atol=1e-2)
    embed(db, space=ADAPTED, refit=True, device="cpu")
    refitted = space_named(db, ADAPTED)
    assert refitted and refitted.weights == made.space.weights


@pytest.mark.long
def test_the_space_of_a_reader_goes_out_comes_back_and_goes(db: Database, made: Adapted, tmp_path: Path) -> None:
    parts = {part.face: part.files[0] for part in export_space(db, ADAPTED, tmp_path)}
    back = import_space(db, "elsewhere", parts)
    for face in FACES:
        assert np.allclose(read_vectors(db, "elsewhere", face)[1], read_vectors(db, made.space.slug, face)[1])
    assert back.space.dimension == made.space.dimension
    remove_space(db, ADAPTED)
    assert read_transform(db, made.space.slug) is None and space_named(db, LEGEND)


@pytest.mark.long
def test_a_reader_that_is_sure_of_nothing_is_not_trained_on(
    db: Database, easy_hoard: HoardTruth, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(db, easy_hoard.folder, "hoard")
    monkeypatch.setattr(pipeline.adapt, "FEWEST", 10_000)
    with pytest.raises(NothingSure):
        adapt(db, device="cpu")
    assert space_named(db, ADAPTED) is None


@pytest.mark.long
def test_the_command_lists_readings_and_says_what_became_of_the_reader(db: Database, made: Adapted) -> None:
    listed = CliRunner().invoke(cli.main, ["legends", "--top", "3", "--json"])
    assert listed.exit_code == 0 and listed.output.count('"legend_read"') == 3
    assert "steady" not in CliRunner().invoke(cli.main, ["legends", "--adapt"]).output
