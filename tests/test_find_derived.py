"""Words and photographs looked up in spaces that were made from others."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_embed_cli import add_side
from test_zero_shot import HORSES, coingraph
from tiny_clip import make_tiny_clip

from commands.cures import cure_of
from graph.connection import Database
from graph.replacing import remove_space
from graph.spaces import find_space, read_vectors, vectors_of
from pipeline.derive import fuse, transform
from pipeline.embed import embed
from queries.find import find
from queries.vectors import CannotRead, OtherModel, of_picture, of_words, space_of_words

NAME = "MATCH (c:Coin {id: $id}) SET c.shows = $shows, c.columns = ['shows']"


@pytest.fixture
def museum(db: Database, tmp_path: Path) -> Database:
    """Three pictures with descriptions and a fourth without, and the spaces that are made of both."""
    for seed, name in enumerate((*HORSES, "4")):
        add_side(db, tmp_path / f"{name}.png", seed)
        if name in HORSES:
            db.write(NAME, id=f"museum/{name}", shows=HORSES[name])
    embed(db, space="test-pixels")
    embed(db, space="test-words", template="{shows}")
    transform(db, "test-words", "centre")
    transform(db, "test-pixels", "standardise")
    fuse(db, "test-pixels-standardise", "test-words", "late", "late", weight=0.7)
    return db


@pytest.mark.long
@pytest.mark.parametrize("space", ["test-words-centre", "late"])
def test_words_find_descriptions_in_a_space_made_of_them(museum: Database, space: str) -> None:
    first, *others = find(museum, words=HORSES["2"], space=space)
    assert (first.coin, first.text) == ("museum/2", HORSES["2"])
    assert others and len({first.coin, *(hit.coin for hit in others)}) == 1 + len(others)  # a coin once


@pytest.mark.long
def test_words_are_transformed_as_the_texts_were(museum: Database) -> None:
    vector = of_words(museum, find_space(museum, "test-words-centre"), HORSES["3"])
    (stored,) = vectors_of(museum, "test_words_centre", ["museum/3/obverse"])
    assert vector == pytest.approx(stored)
    first, *_ = find(museum, words=HORSES["3"], space="test-words-centre")
    assert first.faces["obverse"].cosine == pytest.approx(1, abs=1e-6)


@pytest.mark.long
def test_words_alone_meet_the_texts_share_of_a_fused_vector(museum: Database) -> None:
    first, *_ = find(museum, words=HORSES["1"], space="late")
    assert (first.coin, first.faces["obverse"].cosine) == ("museum/1", pytest.approx(0.3**0.5, abs=1e-6))


@pytest.mark.long
def test_a_space_made_from_no_other_is_the_one_that_reads(museum: Database) -> None:
    assert space_of_words(museum, None).name == "test-words"


@pytest.mark.long
def test_words_cannot_be_compared_with_a_transform_of_pictures(museum: Database) -> None:
    with pytest.raises(CannotRead, match="its model is test-pixels") as caught:
        space_of_words(museum, "test-pixels-standardise")
    assert cure_of(caught.value) == "--space test-words"


def test_words_are_not_sent_through_what_was_fitted_on_pictures(db: Database, tmp_path: Path) -> None:
    clip, weights = make_tiny_clip(tmp_path)
    for seed in range(4):
        add_side(db, tmp_path / f"{seed}.png", seed)
    embed(db, space=clip, weights=weights)
    transform(db, clip, "centre", name="centred")
    with pytest.raises(CannotRead, match=f"fitted on the pictures of {clip}, and words lie elsewhere") as caught:
        find(db, words="a horse", space="centred")
    assert cure_of(caught.value) == f"--space {clip}"


def another_file_of(picture: Path) -> Path:
    """The same pixels in other bytes, so that the graph does not know the file."""
    copy = picture.with_suffix(".bmp")
    Image.open(picture).save(copy)
    return copy


@pytest.mark.long
@pytest.mark.parametrize(("space", "side"), [("test-pixels-standardise", "museum/3"), ("late", "museum/4")])
def test_a_photograph_becomes_what_it_is_in_the_space(museum: Database, tmp_path: Path, space: str, side: str) -> None:
    first, *_ = find(museum, photograph=another_file_of(tmp_path / f"{side[-1]}.png"), space=space)
    assert (first.coin, first.faces["obverse"].cosine) == (side, pytest.approx(1, abs=1e-6))


@pytest.mark.long
def test_a_photograph_in_a_fused_space_is_a_side_without_a_text(museum: Database, tmp_path: Path) -> None:
    vector = of_picture(museum, find_space(museum, "late"), tmp_path / "1.png")
    ids, stored = read_vectors(museum, "late", "obverse")
    cosines = dict(zip(ids, stored @ vector / np.linalg.norm(stored, axis=1) / np.linalg.norm(vector), strict=True))
    assert cosines["museum/1/obverse"] == pytest.approx(0.7**0.5, abs=1e-6)


@pytest.mark.long
def test_a_parent_that_is_gone_or_was_made_anew_is_named(museum: Database, tmp_path: Path) -> None:
    remove_space(museum, "test-words")
    with pytest.raises(CannotRead, match=r"test_words, which it was made from, is gone"):
        find(museum, words="a horse", space="late")
    with pytest.raises(OtherModel, match="test_words is not in the graph any more") as caught:
        find(museum, photograph=another_file_of(tmp_path / "1.png"), space="late")
    assert "--refit" in (cure_of(caught.value) or "")
    embed(museum, space="test-words", template="Coin with {shows}")
    with pytest.raises(OtherModel, match="test-words was itself made again since"):
        find(museum, words="a horse", space="late")


@pytest.mark.long
def test_the_command_says_that_only_the_picture_is_compared(museum: Database, tmp_path: Path) -> None:
    add_side(museum, tmp_path / "new.png", 9)
    museum.write("MATCH (c:Coin {id: 'museum/new'})--(s:Side) DETACH DELETE c, s")
    result = coingraph("find", str(tmp_path / "new.png"), "--space", "late")
    assert result.exit_code == 0, result.output
    assert "late is of pictures and texts: the photograph counts as a side without a text" in result.stderr
