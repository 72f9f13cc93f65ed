"""Spaces made from spaces: what is kept, what is made again and when, and what the edges say."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from cli import main
from commands.cures import cure_of
from embed.fusion_network import TooFewTypes
from embed.registry import UnknownModel
from graph.connection import Database
from graph.derived import LossCurve, NotTrained, loss_curve
from graph.glance import UnknownSpace
from graph.replacing import remove_space
from graph.runs import step
from graph.schema import prepare
from graph.spaces import SpaceRecord, ensure_space, find_space, read_vectors, store_vectors
from pipeline.derive import CannotDerive, fuse, transform
from pipeline.embed import embed
from pipeline.exchange import export_space
from pipeline.link import link
from queries.find import find, why

COINS, TYPES = 20, 2
COIN = """
UNWIND $rows AS row
MERGE (c:Coin {id: row.id}) SET c.name = row.id
FOREACH (kind IN row.types | MERGE (t:CoinType {name: kind}) MERGE (c)-[:OF_TYPE]->(t))
MERGE (o:Side {id: row.id + '/obverse'}) SET o:Obverse
MERGE (r:Side {id: row.id + '/reverse'}) SET r:Reverse
MERGE (c)-[:HAS_SIDE]->(o) MERGE (c)-[:HAS_SIDE]->(r)
"""
FORGET_TEXT = "MATCH (s:Side {id: $id}) SET s.vector_read = null, s.source_read = null"
SAID = "MATCH (:Coin)-[r:RELATED {space: $space}]-(:Coin) RETURN count(r.without_text) AS without, count(r) AS all"


def coin(number: int) -> str:
    return f"museum/c{number:02}"


def sides(first: int, last: int) -> list[str]:
    return [f"{coin(number)}/{face}" for number in range(first, last) for face in ("obverse", "reverse")]


def add_coins(db: Database, first: int, last: int, typed: bool = True) -> None:
    kinds = [[f"type {number % TYPES}"] if typed else [] for number in range(first, last)]
    db.write(COIN, rows=[{"id": coin(n), "types": kind} for n, kind in zip(range(first, last), kinds, strict=True)])


def add_vectors(db: Database, name: str, ids: list[str], length: int, seed: int = 1, weights: str = "w") -> None:
    """A space of made-up vectors that know a little of the types; the source names the seed."""
    fields = ("mint",) if name == "read" else ()
    model = "test-pixels" if name == "seen" else "test-words"
    with step(db, "embed") as run:
        ensure_space(db, SpaceRecord(name, name, model, weights, "nowhere", length, {}, fields=fields), run)
    random = np.random.default_rng(seed)
    hints = np.random.default_rng(9).normal(size=(TYPES, length))
    kinds = [int(side.split("/")[1][1:]) % TYPES for side in ids]
    vectors = (hints[kinds] + random.normal(size=(len(ids), length)) + 3).astype(np.float32)
    store_vectors(db, name, ids, [f"{name} {seed}"] * len(ids), vectors)


@pytest.fixture(autouse=True)
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """How well a network learns is not what is asked here."""
    monkeypatch.setattr("embed.fusion_network.EPOCHS", 4)


@pytest.fixture
def museum(db: Database) -> Database:
    """Twenty coins with pictures; the last four have no text."""
    prepare(db)
    add_coins(db, 0, COINS)
    add_vectors(db, "seen", sides(0, COINS), 8)
    add_vectors(db, "read", sides(0, COINS - 4), 6)
    return db


def vectors(db: Database, slug: str) -> dict[str, np.ndarray]:
    both = [read_vectors(db, slug, face) for face in ("obverse", "reverse")]
    return {side: vector for ids, rows in both for side, vector in zip(ids, rows, strict=True)}


def coingraph(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.mark.long
def test_a_standardised_space_is_fitted_on_both_faces(museum: Database) -> None:
    made = transform(museum, "seen", "standardise")
    assert (made.space.name, made.space.sources, made.space.transform) == (
        "seen-standardise",
        ("seen",),
        "standardise",
    )
    rows = np.array(list(vectors(museum, "seen_standardise").values()))
    assert np.allclose(rows.mean(0), 0, atol=1e-5) and np.allclose(rows.std(0), 1, atol=1e-4)


@pytest.mark.long
def test_fields_are_inherited(museum: Database) -> None:
    assert transform(museum, "read", "centre").space.fields == ("mint",)


@pytest.mark.long
def test_later_sides_get_the_stored_transform_and_others_are_left_alone(museum: Database) -> None:
    first = transform(museum, "seen", "whiten", dimension=4, name="white")
    before = vectors(museum, "white")
    add_coins(museum, COINS, COINS + 2)
    add_vectors(museum, "seen", sides(COINS, COINS + 2), 8)
    again = transform(museum, "seen", "whiten", dimension=4, name="white")
    assert (first.made, again.made, again.unchanged) == (40, 4, 40)
    assert again.space == first.space
    after = vectors(museum, "white")
    assert len(after) == 44 and all((after[side] == vector).all() for side, vector in before.items())


@pytest.mark.long
def test_a_second_run_makes_nothing(museum: Database) -> None:
    transform(museum, "seen", "centre")
    again = transform(museum, "seen", "centre")
    assert (again.made, again.unchanged) == (0, 40)


@pytest.mark.long
def test_a_side_whose_picture_changed_is_made_again(museum: Database) -> None:
    transform(museum, "seen", "centre")
    add_vectors(museum, "seen", sides(3, 4), 8, seed=2)
    assert transform(museum, "seen", "centre").made == 2


@pytest.mark.long
def test_refit_fits_anew(museum: Database) -> None:
    first = transform(museum, "seen", "centre")
    add_coins(museum, COINS, 2 * COINS)
    add_vectors(museum, "seen", sides(COINS, 2 * COINS), 8, seed=3)
    assert transform(museum, "seen", "centre").outgrown
    anew = transform(museum, "seen", "centre", refit=True)
    assert anew.made == 80 and not anew.outgrown and anew.space.weights != first.space.weights


@pytest.mark.long
def test_a_space_whose_parent_was_made_anew_must_be_too(museum: Database) -> None:
    transform(museum, "seen", "centre")
    remove_space(museum, "seen")
    add_vectors(museum, "seen", sides(0, COINS), 8, weights="others")
    with pytest.raises(CannotDerive, match=r"made again since.*--refit"):
        transform(museum, "seen", "centre")
    assert transform(museum, "seen", "centre", refit=True).made == 40


@pytest.mark.long
def test_a_fused_space_says_what_it_knows(museum: Database) -> None:
    late = fuse(museum, "seen", "read", "late", "late")
    mlp = fuse(museum, "seen", "read", "mlp", "mlp")
    assert (late.space.fields, mlp.space.fields) == (("mint",), ("mint", "type"))
    assert (late.space.dimension, mlp.space.dimension) == (14, 128)
    assert late.space.sources == mlp.space.sources == ("seen", "read")


@pytest.mark.long
def test_later_sides_get_the_same_network(museum: Database) -> None:
    first = fuse(museum, "seen", "read", "attention", "fused")
    before = vectors(museum, "fused")
    add_coins(museum, COINS, COINS + 1, typed=False)
    add_vectors(museum, "seen", sides(COINS, COINS + 1), 8)
    again = fuse(museum, "seen", "read", "attention", "fused")
    assert (first.made, again.made, again.unchanged) == (40, 2, 40)
    assert again.training is None and again.space == first.space
    after = vectors(museum, "fused")
    assert all((after[side] == vector).all() for side, vector in before.items())


@pytest.mark.long
def test_a_text_that_comes_later_counts(museum: Database) -> None:
    assert fuse(museum, "seen", "read", "late", "late").without_text == 8
    add_vectors(museum, "read", sides(COINS - 4, COINS - 3), 6)
    again = fuse(museum, "seen", "read", "late", "late")
    assert (again.made, again.without_text) == (2, 6)


@pytest.mark.long
def test_a_text_that_goes_leaves_the_picture(museum: Database) -> None:
    fuse(museum, "seen", "read", "late", "late")
    museum.write(FORGET_TEXT, id=f"{coin(0)}/obverse")
    again = fuse(museum, "seen", "read", "late", "late")
    assert (again.made, again.without_text) == (1, 9)


@pytest.mark.long
def test_a_side_without_its_picture_loses_its_vector(museum: Database) -> None:
    fuse(museum, "seen", "read", "late", "late")
    museum.write("MATCH (s:Side {id: $id}) SET s.source_seen = null", id=f"{coin(0)}/obverse")
    assert fuse(museum, "seen", "read", "late", "late").removed == 1
    assert len(vectors(museum, "late")) == 39


@pytest.mark.long
def test_edges_say_where_there_was_no_text(museum: Database) -> None:
    fuse(museum, "seen", "read", "late", "late")
    link(museum, space="late", top=None)
    (said,) = museum.read(SAID, space="late")
    assert said == {"without": 2 * (190 - 120), "all": 2 * 190}  # 16 of 20 coins have a text: 120 of 190 pairs do
    assert {hit.without_text for hit in find(museum, coin(0), space="late", top=20)} == {True, False}
    assert [c.without_text for c in why(museum, coin(0), coin(COINS - 1), "late")] == [True, True]
    assert [c.without_text for c in why(museum, coin(0), coin(1), "late")] == [False, False]


def test_edges_follow_when_texts_come(museum: Database) -> None:
    fuse(museum, "seen", "read", "late", "late")
    link(museum, space="late", top=None)
    add_vectors(museum, "read", sides(COINS - 4, COINS), 6)
    fuse(museum, "seen", "read", "late", "late")
    link(museum, space="late", top=None)
    assert museum.read(SAID, space="late")[0]["without"] == 0


@pytest.mark.long
def test_the_loss_curve_stays_on_the_space(museum: Database) -> None:
    training = fuse(museum, "seen", "read", "mlp", "mlp").training
    assert training is not None
    assert loss_curve(museum, "mlp") == LossCurve("mlp", training.losses, training.held_out_losses, training.best_epoch)
    with pytest.raises(NotTrained, match="seen was not trained"):
        loss_curve(museum, "seen")


@pytest.mark.long
def test_a_removed_fusion_leaves_nothing_on_sides(museum: Database) -> None:
    fuse(museum, "seen", "read", "late", "late")
    remove_space(museum, "late")
    keys = museum.read("MATCH (s:Side) UNWIND keys(s) AS key RETURN collect(DISTINCT key) AS keys")[0]["keys"]
    assert not [key for key in keys if key.endswith("_late")]


@pytest.mark.long
def test_without_types_nothing_is_trained(museum: Database) -> None:
    museum.write("MATCH (t:CoinType) DETACH DELETE t")
    with pytest.raises(TooFewTypes, match="no coin has a type, and mlp learns from at least 10") as caught:
        fuse(museum, "seen", "read", "mlp", "mlp")
    assert "--type COLUMN" in (cure_of(caught.value) or "")
    assert fuse(museum, "seen", "read", "late", "late").made == 40


@pytest.mark.long
def test_spaces_without_common_sides_are_refused(museum: Database) -> None:
    add_coins(museum, COINS, COINS + 2)
    add_vectors(museum, "apart", sides(COINS, COINS + 2), 6)
    with pytest.raises(CannotDerive, match="no side has a vector both in seen and in apart"):
        fuse(museum, "seen", "apart", "late", "late")


@pytest.mark.long
def test_spaces_in_the_wrong_order_are_refused(museum: Database) -> None:
    transform(museum, "read", "centre")
    transform(museum, "seen", "centre")
    for image, text, said in [
        ("read", "seen", "read is a space of texts: give it by --text"),
        ("read-centre", "seen", "read-centre is a space of texts"),
        ("seen", "seen-centre", r"seen-centre is not a space of texts \(but of test-pixels\)"),
        ("seen", "seen", "cannot be fused with itself"),
    ]:
        with pytest.raises(CannotDerive, match=said):
            fuse(museum, image, text, "late", "late")
    assert fuse(museum, "seen-centre", "read-centre", "late", "late").made == 40


@pytest.mark.long
def test_a_fused_space_is_exported_with_the_texts_that_went_in(museum: Database, tmp_path: Path) -> None:
    museum.write(
        "MATCH (c:Coin)-[:HAS_SIDE]->(s) MERGE (k:Collection {name: 'museum'}) MERGE (c)-[:IN_COLLECTION]->(k) "
        "SET s.file = replace(s.id, '/', '-') + '.jpg', s.text_read = CASE WHEN s.id < 'museum/c02' THEN s.id END"
    )
    transform(museum, "read", "centre")
    fuse(museum, "seen", "read-centre", "late", "late")
    obverses = export_space(museum, "late", tmp_path)[0]
    assert [path.name for path in obverses.files][-1] == "late_base_texts_ob.txt"
    assert obverses.files[-1].read_text().splitlines()[:3] == ["museum/c00/obverse", "museum/c01/obverse", ""]
    assert len(export_space(museum, "seen", tmp_path)[0].files) == 2


def test_an_unknown_space_is_named_with_those_that_exist(museum: Database) -> None:
    with pytest.raises(UnknownSpace, match="there is read, seen"):
        fuse(museum, "seen", "written", "late", "late")


def test_a_name_that_another_kind_of_space_has_is_refused(museum: Database) -> None:
    with pytest.raises(CannotDerive, match="another space called 'read'") as caught:
        transform(museum, "seen", "centre", name="read", refit=True)
    assert "--name OTHER" in (cure_of(caught.value) or "")
    fuse(museum, "seen", "read", "late", "late")
    with pytest.raises(CannotDerive, match=r"made with method late, picture 0.5"):
        fuse(museum, "seen", "read", "late", "late", weight=0.7)
    assert find_space(museum, "late").sources == ("seen", "read")


@pytest.mark.long
def test_a_derived_space_is_not_embedded(museum: Database) -> None:
    transform(museum, "seen", "centre")
    with pytest.raises(UnknownModel, match="made from seen"):
        embed(museum, space="seen-centre")


@pytest.mark.long
def test_the_commands_say_what_was_done(museum: Database) -> None:
    result = coingraph("transform", "seen", "--by", "half-whiten", "--dimension", "4")
    assert "seen-half-whiten (from seen): 40 sides made (4 numbers each), 0 were there already" in result.output
    result = coingraph("fuse", "--image", "seen", "--text", "read", "--method", "attention", "--name", "fused")
    assert "8 have no text: their picture alone" in result.output
    assert "trained on 16 coins of 2 types, 4 others held out" in result.output
    assert "note: these vectors know the types" in result.output
    assert "mint, type" in coingraph("spaces", "list").output
    result = coingraph("transform", "seen", "--by", "centre", "--dimension", "4")
    assert result.exit_code == 1 and "--dimension is for whiten" in result.output
