"""`coingraph evaluate` on graphs: what is read from Neo4j, what is refused, and what is kept."""

# mypy: no-strict-optional

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from coded_hoard import CodedHoard
from linked_graph import add_sides

from cli import main
from commands.measure import comparison_text
from graph.coins import UnknownProperty
from graph.connection import Database
from measure.evaluation import KnowsTheLabel, NoLabels
from pipeline.evaluate import compare, evaluate

DOCS = Path(__file__).parent.parent / "docs" / "evaluate.md"


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["evaluate", *words])


# --- a hoard whose vectors know the answers -------------------------------------------------------------------------


def test_json_has_the_keys_that_the_page_explains(coded: CodedHoard):
    found = json.loads(run("--space", "dies", "--face", "reverse", "--confounder", "collection", "--json").stdout)
    explained = set(
        re.findall(r"`([a-z_0-9]+)`", "".join(re.findall(r"^\| (`.*?) \|", DOCS.read_text(), re.MULTILINE)))
    )
    assert set(found) == explained - {"value", "low", "high"}
    rows = re.findall(r"`([a-z_0-9]+)`", DOCS.read_text())
    for name in ("thresholds", "communities"):
        assert found[name] and set(found[name][0]) <= set(rows)


def test_a_space_that_knows_the_die_beats_one_that_knows_the_camera(coded: CodedHoard):
    dies = evaluate(coded.db, space="dies", face="reverse", confounders=["collection"])
    cameras = evaluate(coded.db, space="cameras", face="reverse")
    assert dies.figures["r1_macro"].value > 0.85
    assert cameras.figures["map_macro"].value < dies.figures["map_macro"].value - 0.4
    assert cameras.figures["map_macro"].low < cameras.figures["map_macro"].chance + 0.1
    assert dies.figures["map_macro"].baseline < 0.5  # of the hoard's photographs
    assert dies.communities[0].ami > 0.5 > dies.communities[0].ami_chance_high


def test_thresholds_are_those_of_the_stored_edges(coded: CodedHoard):
    found = evaluate(coded.db, space="dies", face="both")
    everything, partition = found.thresholds
    edges = coded.db.read("MATCH ()-[e:RELATED {space: 'dies'}]->() RETURN min(e.score) AS weakest")[0]
    used = coded.db.read("MATCH (p:Partition {space: 'dies'}) RETURN p.id AS id, p.percentile AS percentile")[0]
    assert everything.percentile == pytest.approx(edges["weakest"])
    assert partition.of == used["id"] and partition.percentile >= used["percentile"]
    assert partition.edge_precision > everything.edge_precision
    assert partition.edge_recall < everything.edge_recall


@pytest.mark.long
def test_compare_shows_progress(coded: CodedHoard):
    evaluate(coded.db, space="cameras", label="mint", face="obverse")
    evaluate(coded.db, space="cameras", face="obverse", metric="mahalanobis")
    *_, by_mint, by_type = compare(coded.db, ["cameras"]).evaluations
    assert (by_mint.label, by_type.label, by_type.metric) == ("mint", "type", "mahalanobis")
    assert by_mint.made <= by_type.made and by_type.low <= by_type.map <= by_type.high
    assert "oldest first" in comparison_text(compare(coded.db, ["cameras"]))


def test_an_unknown_label_names_the_near_ones(coded: CodedHoard):
    with pytest.raises(UnknownProperty, match="did you mean mint"):
        evaluate(coded.db, space="dies", label="mnt")
    failed = run("--space", "dies", "--confounder", "nonsense")
    assert failed.exit_code == 1 and "there are" in failed.output


def test_the_table_is_for_people(coded: CodedHoard):
    heads, *rows = run("--space", "dies").stdout.splitlines()
    assert heads.split("\t") == ["figure", "value", "interval", "low", "high", "chance", "colour_and_size"]
    assert rows[0].startswith("first hit\t") and any(row.startswith("communities against types\t") for row in rows)


# --- small graphs ---------------------------------------------------------------------------------------------------


def write(db: Database, types: dict[str, str], **space: object) -> None:
    """Obverses of coins with types, near to their fellows; properties of the space."""
    random = np.random.default_rng(2)
    codes = {kind: row for row, kind in enumerate(sorted(set(types.values())))}
    vectors = {c: np.eye(8)[codes[kind]] + 0.1 * random.normal(size=8) for c, kind in types.items()}
    add_sides(db, "obverse", vectors)
    query = """UNWIND $rows AS row MATCH (c:Coin {id: row[0]})
               MERGE (t:CoinType {name: row[1]}) MERGE (c)-[:OF_TYPE]->(t)"""
    db.write(query, rows=[[f"c/{coin}", kind] for coin, kind in types.items()])
    db.write("MATCH (s:Space) SET s += $space", space=space)


TYPES = {f"{kind}{n}": kind for kind in ("boar", "horse", "wheel") for n in range(4)}


@pytest.mark.long
def test_a_space_that_was_told_the_type_is_refused(db: Database):
    write(db, TYPES, fields=["type"])
    with pytest.raises(KnowsTheLabel, match="--allow-leak"):
        evaluate(db, face="obverse")
    assert "KNOWS THE LABEL" in run("--face", "obverse", "--allow-leak").stdout
    assert db.read("MATCH (r:Run) RETURN r.leak AS leak") == [{"leak": "type went into it"}]


def test_a_field_that_determines_the_label_is_refused(db: Database):
    write(db, TYPES, fields=["description"])
    db.write("MATCH (c:Coin)-[:OF_TYPE]->(t) SET c.description = 'Depicts a ' + t.name, c.columns = ['description']")
    with pytest.raises(KnowsTheLabel, match="description, which tells type"):
        evaluate(db, face="obverse")


def test_classes_that_a_learned_space_saw_are_not_scored(db: Database):
    write(db, TYPES, trained_on=json.dumps(["boar"]), trained_label="type")
    found = evaluate(db, face="obverse")
    assert (found.labelled, found.classes, found.left_out_coins, found.left_out_classes) == (8, 2, 4, 1)
    assert any("left out" in note for note in found.notes)
    db.write("MATCH (s:Space) SET s.trained_on = $all", all=json.dumps(["boar", "horse", "wheel"]))
    with pytest.raises(NoLabels, match="classes it did not see"):
        evaluate(db, face="obverse")


def test_what_a_space_was_trained_on_is_left_out_and_what_it_was_told_is_refused(db: Database):
    """A learned space lists the label that it was trained on; one made of it and of texts was told it as well."""
    write(db, TYPES, fields=["type"], trained_on=json.dumps(["boar"]), trained_label="type")
    assert evaluate(db, face="obverse").classes == 2
    told = """MATCH (s:Space {name: 'pixels'}) CREATE (t:Space)
              SET t = s {.*, name: 'texts', slug: 'texts', trained_on: null}, s.sources = ['texts']"""
    db.write(told)
    with pytest.raises(KnowsTheLabel, match="type went into it"):
        evaluate(db, space="pixels", face="obverse")


def test_what_was_seen_by_another_label_is_left_out_too(db: Database):
    write(db, TYPES, trained_on=json.dumps(["boar"]), trained_label="type")
    db.write("MATCH (c:Coin)-[:OF_TYPE]->(t) SET c.animal = CASE t.name WHEN 'wheel' THEN 'none here' ELSE t.name END")
    db.write("MATCH (c:Coin {id: 'c/horse1'}) SET c.animal = 'boar'")
    found = evaluate(db, face="obverse", label="animal")
    assert (found.left_out_coins, found.left_out_classes) == (5, 1)


def test_predictions_are_no_labels(db: Database):
    write(db, TYPES)
    db.write("MATCH (c)-[o:OF_TYPE]->(t) CREATE (c)-[:PROPOSED_TYPE {probability: 1.0}]->(t) DELETE o")
    with pytest.raises(NoLabels, match="predictions do not count"):
        evaluate(db, face="obverse")


def test_the_same_file_twice_is_one_piece(db: Database):
    write(db, TYPES)
    db.write("MATCH (s:Side) WHERE s.id STARTS WITH 'c/boar' SET s.sha256 = 'the same', s.uri = 'file:///nowhere.jpg'")
    found = evaluate(db, face="obverse")
    assert (found.doubles, found.queries, found.classes) == (3, 8, 2)


def test_a_face_without_vectors_is_an_error(db: Database):
    write(db, TYPES)
    failed = run("--face", "reverse")
    assert failed.exit_code == 1 and "no reverse side has a vector" in failed.output
