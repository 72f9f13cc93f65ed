"""Spaces whose transform is fitted on the collection: one fit a space, also after kills, growth and refits."""

from pathlib import Path

import numpy as np
import pytest

from embed.models import View
from embed.pooling import Pooling
from embed.registry import RECIPES, Recipe, _pixels
from embed.transforms import Transform
from graph import spaces
from graph.connection import Database
from graph.derived import read_transform, store_transform
from graph.replacing import remove_space
from hoard import make_hoard
from pipeline.embed import embed
from pipeline.ingest import ingest

SPACE = "small-fitted"


@pytest.fixture(autouse=True)
def recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    small = Recipe(_pixels, View(size=8), Pooling(), Transform("half-whiten", dimension=16))
    monkeypatch.setitem(RECIPES, SPACE, small)


@pytest.fixture(scope="module")
def hoards(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folders = [tmp_path_factory.mktemp("hoards") / name for name in ("first", "second")]
    for seed, folder in enumerate(folders, 1):
        make_hoard(folder, coins=8, types=2, seed=seed)
    return folders


def ingested(db: Database, folder: Path, collection: str = "first") -> None:
    ingest(db, folder / "photographs", collection, metadata=folder / "coins.csv")


def vectors(db: Database) -> np.ndarray:
    return np.concatenate([spaces.read_vectors(db, "small_fitted", face)[1] for face in ("obverse", "reverse")])


@pytest.mark.long
def test_a_space_keeps_the_transform_it_was_made_with(db: Database, hoards: list[Path]) -> None:
    ingested(db, hoards[0])
    result = embed(db, space=SPACE)
    transform = read_transform(db, "small_fitted")
    assert transform is not None
    assert transform.sides == result.fitted_on == result.embedded
    assert result.space.transform == "half-whiten by 0.5 to 16"
    assert vectors(db).shape == (result.embedded, min(16, result.embedded - 1))


def test_a_long_transform_comes_back_as_it_was_stored(db: Database) -> None:
    fitted = Transform("whiten").fit(np.random.default_rng(1).normal(size=(100, 20000)))
    store_transform(db, "long", fitted)
    back = read_transform(db, "long")
    assert back is not None
    assert back.fingerprint == fitted.fingerprint


def test_coins_that_come_later_get_the_stored_transform(db: Database, hoards: list[Path]) -> None:
    ingested(db, hoards[0])
    embed(db, space=SPACE)
    before, fingerprint = vectors(db), fingerprint_of(db)
    ingested(db, hoards[1], "second")
    result = embed(db, space=SPACE)
    assert fingerprint_of(db) == fingerprint
    assert (vectors(db)[: len(before) // 2] == before[: len(before) // 2]).all()
    assert result.outgrown


@pytest.mark.long
def test_refit_makes_the_space_anew(db: Database, hoards: list[Path]) -> None:
    ingested(db, hoards[0])
    embed(db, space=SPACE)
    fingerprint = fingerprint_of(db)
    ingested(db, hoards[1], "second")
    result = embed(db, space=SPACE, refit=True)
    assert fingerprint_of(db) != fingerprint
    assert result.fitted_on == result.embedded
    assert not result.outgrown


@pytest.mark.long
def test_what_was_killed_goes_on_with_the_same_fit(
    db: Database, hoards: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    ingested(db, hoards[0])
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(spaces, "store_vectors", interrupted)
        embed(db, space=SPACE)
    fingerprint = fingerprint_of(db)
    embed(db, space=SPACE)
    assert fingerprint_of(db) == fingerprint
    once = vectors(db)
    embed(db, space=SPACE, refit=True)
    assert np.allclose(vectors(db), once, atol=1e-3)


@pytest.mark.long
def test_a_space_goes_with_its_transform(db: Database, hoards: list[Path]) -> None:
    ingested(db, hoards[0])
    embed(db, space=SPACE)
    remove_space(db, SPACE)
    assert read_transform(db, "small_fitted") is None


def fingerprint_of(db: Database) -> str:
    transform = read_transform(db, "small_fitted")
    assert transform is not None
    return transform.fingerprint


def interrupted(*_args: object) -> None:
    raise KeyboardInterrupt
