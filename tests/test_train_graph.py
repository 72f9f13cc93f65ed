"""`coingraph train` on graphs: what is learnt from, what the space says of itself, who may be scored, coins to come."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from cli import main
from commands.cures import cure_of
from errors import Phases, Progress, listening
from explore.report import notes
from graph.coins import UnknownProperty
from graph.connection import Database
from graph.derived import LossCurve, loss_curve
from graph.matches import bring_matches
from graph.runs import step
from graph.schema import prepare
from graph.spaces import (
    SpaceRecord,
    default_space,
    ensure_space,
    find_space,
    read_vectors,
    set_default_space,
    store_vectors,
)
from hoard import HoardTruth
from measure.evaluation import KnowsTheLabel, NoLabels
from measure.retrieval import TooFewClasses
from pipeline.calibrate import calibrate
from pipeline.derive import CannotDerive
from pipeline.embed import embed
from pipeline.evaluate import evaluate
from pipeline.ingest import ingest
from pipeline.link import link
from pipeline.match import match
from pipeline.propose import propose
from pipeline.run import by_the_best
from pipeline.run import run as run_step
from pipeline.train import NothingToLearn, Trained
from pipeline.train import train as train_step
from queries.vectors import of_picture

TYPES, EACH, SIGNAL, LENGTH = 24, 5, 10, 20
COIN = """
UNWIND $rows AS row
MERGE (c:Coin {id: row.id}) SET c.name = split(row.id, '/')[1], c.animal = row.type, c.columns = ['animal']
FOREACH (_ IN CASE WHEN row.typed THEN [1] ELSE [] END |
  MERGE (t:CoinType {name: row.type}) MERGE (c)-[:OF_TYPE]->(t))
MERGE (s:Side:Reverse {id: row.id + '/reverse'}) SET s.file = c.name + '-reverse.jpg'
MERGE (c)-[:HAS_SIDE]->(s) MERGE (k:Collection {name: 'm'}) MERGE (c)-[:IN_COLLECTION]->(k)
"""


def coingraph(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def add_coins(db: Database, first: int, last: int, typed: bool = True) -> None:
    """Reverses whose vectors know the type in their first half and nothing in the louder second; no photographs."""
    numbers = range(first, last)
    rows = [{"id": f"m/c{n:03}", "type": f"type {n // EACH:02}", "typed": typed} for n in numbers]
    db.write(COIN, rows=rows)
    known = np.random.default_rng(7).normal(size=(TYPES + 2, SIGNAL))[[n // EACH for n in numbers]]
    random = np.random.default_rng(first)
    noise = random.normal(size=(len(rows), LENGTH)) * np.repeat([0.4, 2.0], SIGNAL)
    vectors = np.c_[known, np.zeros((len(rows), SIGNAL))] + noise
    with step(db, "embed") as run:
        ensure_space(db, SpaceRecord("seen", "seen", "imported", "w", "nowhere", LENGTH, {}), run)
    ids = [f"{row['id']}/reverse" for row in rows]
    store_vectors(db, "seen", ids, [f"{first}"] * len(ids), vectors.astype(np.float32))


@pytest.fixture
def museum(db: Database) -> Database:
    """120 coins of 24 types with vectors that came from elsewhere."""
    prepare(db)
    add_coins(db, 0, TYPES * EACH)
    return db


def train(db: Database, **more: object) -> Trained:
    return train_step(db, space="seen", views=0, **more)  # type: ignore[arg-type]


# --- learning from vectors and labels ---------------------------------------------------------------------------------


@pytest.mark.long
def test_it_is_scored_by_types_that_it_did_not_see(museum: Database):
    done = train(museum)
    assert done.lesson and done.lesson.gain
    assert (done.lesson.classes, done.lesson.held_out, done.lesson.coins) == (12, 12, 60)
    assert done.lesson.gain.better and done.lesson.gain.after.classes == 12
    assert (done.derived.space.name, done.derived.made) == ("seen-trained", 120)
    assert done.derived.space.transform == "contrastive head, better than its input"
    assert not done.derived.outgrown  # half of the sides were kept from it, and none came since


@pytest.mark.long
def test_evaluate_refuses_the_types_that_it_saw_and_agrees_on_the_others(museum: Database):
    done = train(museum)
    assert done.lesson and done.lesson.gain
    found = evaluate(museum, space="seen-trained")
    assert (found.left_out_classes, found.left_out_coins, found.classes) == (12, 60, 12)
    assert found.figures["map_macro"].value == pytest.approx(done.lesson.gain.after.map_macro.value, abs=1e-6)
    by_animal = evaluate(museum, space="seen-trained", label="animal")
    assert by_animal.left_out_classes == 12  # the same classes by another name


@pytest.mark.long
def test_what_saw_every_type_cannot_be_scored(museum: Database):
    done = train(museum, held_out=0)
    assert done.lesson and done.lesson.gain is None and done.lesson.classes == TYPES
    assert done.derived.space.transform == "contrastive head, not measured"
    with pytest.raises(NoLabels, match="classes it did not see"):
        evaluate(museum, space="seen-trained")


@pytest.mark.long
def test_probabilities_are_learned_from_types_that_it_did_not_see(museum: Database):
    train(museum)
    link(museum, space="seen-trained")
    result = coingraph("calibrate", "--space", "seen-trained")
    assert result.exit_code == 0 and "without the 60 coins" in result.output
    proposed = propose(museum, spaces=["seen-trained"], dry_run=True)
    assert proposed.figures()["coins"] == 60


@pytest.mark.long
def test_where_it_saw_every_type_there_are_none_to_learn_probabilities_from(museum: Database):
    train(museum, held_out=0)
    link(museum, space="seen-trained")
    for command in ("calibrate", "propose"):
        failed = coingraph(command, "--space", "seen-trained")
        assert failed.exit_code == 1 and "--classes-held-out" in failed.output


def test_the_space_says_what_it_saw(museum: Database):
    train(museum, label="animal", name="by animal")
    space = find_space(museum, "by animal")
    assert space.trained_label == "animal" and space.fields == ("animal",)
    assert space.trained_on and len(json.loads(space.trained_on)) == 12
    row = museum.read("MATCH (s:Space {slug: 'by_animal'}) RETURN properties(s) AS s")[0]["s"]
    assert row["unseen_map_after"] - row["unseen_map_before"] == pytest.approx(row["unseen_map_gain"])


@pytest.mark.long
def test_exported_and_imported_it_still_says_what_it_saw(museum: Database, tmp_path: Path):
    train(museum)
    assert coingraph("spaces", "export", "seen-trained", str(tmp_path)).exit_code == 0
    assert coingraph("spaces", "import", str(tmp_path), "--name", "back").exit_code == 0
    trained, back = (find_space(museum, name) for name in ("seen-trained", "back"))
    assert (back.fields, back.trained_label, back.trained_on) == (("type",), "type", trained.trained_on)
    found, again = (evaluate(museum, space=name) for name in ("seen-trained", "back"))
    assert (again.left_out_classes, again.figures["map_macro"]) == (12, found.figures["map_macro"])


@pytest.mark.long
def test_what_two_labels_taught_is_wholly_known_after_an_import(museum: Database, tmp_path: Path):
    train(museum)
    train_step(museum, space="seen-trained", views=0, label="animal", name="twice", seed=5)
    assert coingraph("spaces", "export", "twice", str(tmp_path)).exit_code == 0
    assert coingraph("spaces", "import", str(tmp_path), "--name", "back").exit_code == 0
    back = find_space(museum, "back")
    assert (back.trained_label, set(back.fields)) == ("animal", {"animal", "type"})
    with pytest.raises(KnowsTheLabel, match="type went into it"):
        evaluate(museum, space="back", label="type")


@pytest.mark.long
def test_where_labels_mean_nothing_it_is_marked(museum: Database):
    museum.write("MATCH (c:Coin) SET c.drawer = toString(toInteger(right(c.id, 3)) % 24), c.columns = ['drawer']")
    printed = coingraph("train", "--space", "seen", "--views", "0", "--label", "drawer")
    assert printed.exit_code == 0, printed.output
    told = " ".join(printed.stdout.split())
    assert "better than its input." in told and ": better" not in told
    assert "marked so" in told
    listed = json.loads(coingraph("spaces", "list", "--json").stdout)
    marked = next(row["transform"] for row in listed if row["space"] == "seen-trained")
    assert marked in (
        "contrastive head, no better than its input",
        "contrastive head, not surely better than its input",
    )


def best(db: Database, thorough: bool = True, refit: bool = False) -> tuple[str, bool]:
    """The space that a run goes by, and whether it trained one."""
    seen = find_space(db, "seen")
    went_by, learnt = by_the_best(db, seen, seen, thorough, "cpu", refit, Phases())
    return went_by.slug, bool(learnt.train and learnt.train.lesson)


def test_a_run_goes_by_what_it_finds_better_from_then_on(museum: Database):
    link(museum, space="seen")
    assert best(museum) == ("seen_trained", True) and default_space(museum) == "seen_trained"
    assert best(museum) == best(museum, thorough=False) == ("seen_trained", False)
    add_coins(museum, TYPES * EACH, TYPES * EACH + 3, typed=False)
    assert best(museum, thorough=False) == ("seen_trained", False)
    assert len(read_vectors(museum, "seen_trained", "reverse")[0]) == 123
    assert propose(museum, dry_run=True).spaces == ["seen"]  # half of the types taught the trained one


@pytest.mark.long
def test_a_default_that_a_person_chose_stays(museum: Database):
    set_default_space(museum, "seen")
    assert best(museum) == ("seen", True) and default_space(museum) == "seen"
    set_default_space(museum, "seen-trained")
    museum.write("MATCH (c:Coin)-[o:OF_TYPE]->() DELETE o")
    assert best(museum, refit=True) == ("seen_trained", False)


@pytest.mark.long
def test_what_is_no_better_any_more_is_gone_by_no_more(museum: Database):
    assert best(museum) == ("seen_trained", True)
    museum.write(
        "MATCH (t:CoinType) WITH collect(t) AS types MATCH (c:Coin)-[o:OF_TYPE]->() DELETE o "
        "WITH c, types[toInteger(right(c.id, 3)) % 24] AS type MERGE (c)-[:OF_TYPE]->(type)"
    )
    assert best(museum, refit=True) == ("seen", True) and default_space(museum) == "seen"


@pytest.mark.long
def test_coins_to_come_get_the_same_head(museum: Database):
    first = train(museum)
    before = dict(zip(*read_vectors(museum, "seen_trained", "reverse"), strict=True))
    add_coins(museum, TYPES * EACH, TYPES * EACH + 3, typed=False)
    again = train(museum)
    assert (again.derived.made, again.derived.unchanged, again.lesson) == (3, 120, None)
    assert again.derived.space == first.derived.space
    after = dict(zip(*read_vectors(museum, "seen_trained", "reverse"), strict=True))
    assert len(after) == 123 and all((after[side] == vector).all() for side, vector in before.items())


@pytest.mark.long
def test_the_same_seed_trains_the_same_and_another_does_not(museum: Database):
    one, two, other = train(museum), train(museum, name="again"), train(museum, name="other", seed=1)
    assert one.derived.space.weights == two.derived.space.weights != other.derived.space.weights
    assert one.derived.space.trained_on != other.derived.space.trained_on


@pytest.mark.long
def test_other_options_want_another_name_or_refit(museum: Database):
    train(museum)
    with pytest.raises(CannotDerive, match=r"made with .*seed 42") as caught:
        train(museum, seed=1)
    assert "--refit" in (cure_of(caught.value) or "")
    add_coins(museum, TYPES * EACH, TYPES * EACH + 10)
    anew = train(museum, seed=1, refit=True)
    assert anew.lesson and anew.derived.made == 130


@pytest.mark.long
def test_the_loss_curve_stays(museum: Database):
    lesson = train(museum).lesson
    assert lesson
    curve = LossCurve(
        "seen-trained", lesson.learning.losses, lesson.learning.watched_losses, lesson.learning.best_epoch
    )
    kept = loss_curve(museum, "seen-trained")
    assert (kept.trained, kept.held_out, kept.best, kept.model) == (curve.trained, curve.held_out, curve.best, "head")


@pytest.mark.long
def test_without_labels_and_views_there_is_nothing_to_learn(museum: Database):
    with pytest.raises(NothingToLearn, match="without views"):
        train(museum, label="none")


def test_an_unknown_label_is_an_error(museum: Database):
    with pytest.raises(UnknownProperty, match="animal"):
        train(museum, label="anmal")


def test_too_few_types_are_an_error(museum: Database):
    museum.write("MATCH (c:Coin)-[o:OF_TYPE]->(t) WHERE t.name > 'type 03' DELETE o")
    with pytest.raises(TooFewClasses, match="--classes-held-out 0"):
        train(museum)


def test_a_space_that_was_told_the_label_teaches_nothing(museum: Database):
    museum.write("MATCH (s:Space {slug: 'seen'}) SET s.fields = ['type']")
    with pytest.raises(KnowsTheLabel, match="nothing to learn"):
        train(museum)


def test_vectors_without_a_model_have_no_views(museum: Database):
    failed = coingraph("train", "--space", "seen")
    assert failed.exit_code == 1 and "--views 0" in failed.output


@pytest.mark.long
def test_what_a_trained_parent_saw_is_not_scored_either(museum: Database):
    train(museum)
    again = train_step(museum, space="seen-trained", views=0, label="animal", name="twice", seed=5)
    assert again.lesson and again.lesson.gain and again.lesson.gain.after.classes < 12
    assert evaluate(museum, space="twice").classes == again.lesson.gain.after.classes


# --- learning from photographs ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def few(easy_hoard: HoardTruth, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The photographs of twenty coins."""
    folder = tmp_path_factory.mktemp("few")
    for picture in sorted((easy_hoard.folder / "photographs").glob("*.jpg"))[:40]:
        shutil.copy(picture, folder)
    return folder


@pytest.fixture
def photographed(db: Database, few: Path, easy_hoard: HoardTruth) -> Database:
    ingest(db, few, "hoard", metadata=easy_hoard.folder / "coins.csv", type_column="type")
    embed(db, space="test-pixels")
    return db


def features() -> list[Path]:
    from graph.server.home import Home

    return sorted((Home.from_environment().path / "features").glob("views-*/*/*.npz"))


@pytest.mark.long
def test_from_views_alone(photographed: Database):
    done = json.loads(coingraph("train", "--space", "test-pixels", "--label", "none", "--json").stdout)
    assert (done["label"], done["views"], done["sides"], done["verdict"]) == (None, 2, done["made"], "not measured")
    space = find_space(photographed, "test-pixels-trained")
    assert (space.trained_label, space.trained_on, space.fields) == (None, None, ())
    assert evaluate(photographed, space="test-pixels-trained").left_out_classes == 0


@pytest.mark.long
def test_photographs_are_looked_at_once(photographed: Database):
    train_step(photographed, space="test-pixels", held_out=0)
    made = {file: file.stat().st_mtime_ns for file in features()}
    assert made
    train_step(photographed, space="test-pixels", held_out=0, refit=True)
    assert {file: file.stat().st_mtime_ns for file in features()} == made


@pytest.mark.long
def test_a_photograph_can_be_found_by(photographed: Database, easy_hoard: HoardTruth):
    train_step(photographed, space="test-pixels", held_out=0)
    space = find_space(photographed, "test-pixels-trained")
    ids, vectors = read_vectors(photographed, space.slug, "reverse")
    uri = photographed.read("MATCH (s:Side {id: $id}) RETURN s.uri AS uri", id=ids[0])[0]["uri"]
    assert np.allclose(of_picture(photographed, space, Path(uri.removeprefix("file://"))), vectors[0], atol=1e-5)


@pytest.mark.long
def test_where_nothing_is_labelled_it_learns_alone(photographed: Database):
    photographed.write("MATCH ()-[o:OF_TYPE]->() DELETE o")
    printed = coingraph("train", "--space", "test-pixels").stdout
    assert "no labels, their views alone" in printed and "Go on: coingraph evaluate --space" in printed
    assert "worth is not known" not in printed, "nothing was to be held out"


@pytest.mark.long
def test_a_photograph_that_is_gone_is_named_and_its_side_learnt_from_all_the_same(photographed: Database):
    heard: list[Progress] = []
    photographed.write("MATCH (s:Side) WITH s ORDER BY s.id LIMIT 1 SET s.uri = 'file:///gone.png', s.sha256 = 'gone'")
    with listening(heard.append):
        done = train_step(photographed, space="test-pixels", held_out=0)
    assert done.lesson and len(done.lesson.skipped) == 1
    assert [one.said for one in heard if one.said] == [f"skipped {done.lesson.skipped[0]}"]


@pytest.mark.long
def test_run_thorough_does_all_that_the_coins_allow_and_says_what_not(db: Database, few: Path, easy_hoard: HoardTruth):
    table = easy_hoard.folder / "coins.csv"
    found = run_step(db, few, "hoard", space="test-pixels", thorough=True, metadata=table, type_column="type")
    runs = {(row["c"], row["s"]) for row in db.read("MATCH (r:Run) RETURN r.command AS c, r.status AS s")}
    assert {("match", "finished"), ("calibrate", "finished"), ("propose", "finished")} <= runs
    matched, trained, calibrated, proposed = notes(found)[:4]
    assert "pairs of sides were looked at closely" in matched and "Brier score" in calibrated
    assert trained.startswith("train: ") and "too few to learn from some and be scored by others" in trained
    assert "were proposed one, by test-pixels (" in proposed

    # What geometry says is weighed as soon as it is known.
    db.write("MATCH ()-[m:MATCHED]->() DELETE m")
    bring_matches(db, "test_pixels")
    without = [one.kept.brier for one in calibrate(db, space="test-pixels") if one.kept]
    match(db, space="test-pixels")
    again = calibrate(db, space="test-pixels")
    assert all(one.updated == 0 for one in again) and [one.kept.brier for one in again if one.kept] != without
