"""The stored questions as files: headers, parameters, and what is pasted into Neo4j Browser."""

import re

import neo4j
import pytest

from graph.connection import Database, NoServer
from queries import catalogue
from queries.catalogue import WritingQuery
from queries.header import BadParameter, Parameter, Query, check, literal, parse, show
from queries.stored import BadQuery, UnknownQuery, stored
from queries.stored import catalogue as all_questions

OWN = """\
// Heavy coins
//
// Which coins are heavier than this?
// Silver only.
//
// @param least number = 5: grams
// @param limit integer: rows at most
MATCH (c:Coin) WHERE c.weight > $least RETURN c.id AS coin LIMIT $limit;
"""


def test_there_are_at_least_fourteen_questions() -> None:
    assert len(all_questions()) >= 14


@pytest.mark.parametrize("query", all_questions(), ids=lambda query: query.name)
def test_every_question_has_a_title_and_asks_something(query: Query) -> None:
    assert query.title and query.question.endswith("?")


@pytest.mark.parametrize("query", all_questions(), ids=lambda query: query.name)
def test_every_parameter_is_declared_and_used(query: Query) -> None:
    assert set(re.findall(r"\$(\w+)", query.cypher)) == {parameter.name for parameter in query.parameters}


@pytest.mark.parametrize("query", all_questions(), ids=lambda query: query.name)
def test_every_question_is_of_one_space_or_of_one_run_or_of_persons_or_of_what_was_read(query: Query) -> None:
    names = {parameter.name for parameter in query.parameters}
    assert {"space", "run"} & names or query.name in ("verdicts-differ", "doubtful-legends", "unrecorded-legends")


def test_a_header_is_read() -> None:
    query = parse(OWN, "heavy")
    assert (query.title, query.question) == ("Heavy coins", "Which coins are heavier than this?")
    assert query.description.endswith("Silver only.")
    assert query.parameters == (
        Parameter("least", "number", 5.0, "grams"),
        Parameter("limit", "integer", None, "rows at most"),
    )
    assert query.cypher.startswith("MATCH") and query.cypher.endswith("$limit")


def test_cypher_without_a_header_is_a_question_too() -> None:
    assert parse("RETURN 1 AS one", "mine").cypher == "RETURN 1 AS one"


def test_a_header_line_that_cannot_be_read_is_named() -> None:
    with pytest.raises(BadParameter, match="@param least"):
        parse("// @param least\nRETURN 1", "mine")


def test_an_unknown_question_gets_the_nearest_name() -> None:
    with pytest.raises(UnknownQuery, match="there is no stored question") as refusal:
        stored("double")
    assert "doubles" in refusal.value.facts["near"]


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("integer", "12", 12),
        ("number", "2.5", 2.5),
        ("number", 3, 3.0),
        ("boolean", "true", True),
        ("text", "O'Neill", "O'Neill"),
        ("list", "a, b", ["a", "b"]),
        ("list", "[1, 2]", [1, 2]),
        ("both|obverse", "obverse", "obverse"),
    ],
)
def test_values_are_read_by_type(kind: str, given: object, value: object) -> None:
    assert check(Parameter("x", kind, None, ""), given) == value


@pytest.mark.parametrize(
    ("kind", "given"),
    [("integer", "2.5"), ("integer", True), ("number", "many"), ("boolean", "perhaps"), ("a|b", "c"), ("text", 3)],
)
def test_a_value_of_the_wrong_type_is_refused_by_name(kind: str, given: object) -> None:
    with pytest.raises(BadParameter, match="depth"):
        check(Parameter("depth", kind, None, ""), given)


@pytest.mark.parametrize(
    ("line", "given", "message"),
    [
        ("limit integer >= 1 = 5", "-1", "limit must be at least 1, not -1"),
        ("share number 0..1", "1.5", "share must be from 0 to 1, not 1.5"),
        ("share number 0..1", "nan", "share must be a number"),
        ("limit integer", "1" + 400 * "0", "limit must be an integer"),
    ],
)
def test_a_number_out_of_its_range_is_refused_by_name(line: str, given: str, message: str) -> None:
    (parameter,) = parse(f"// @param {line}: rows\nRETURN 1", "mine").parameters
    with pytest.raises(BadParameter, match=message):
        check(parameter, given)


@pytest.mark.parametrize("query", all_questions(), ids=lambda query: query.name)
def test_every_number_has_a_range(query: Query) -> None:
    assert all(p.range for p in query.parameters if p.type in ("integer", "number"))


def test_what_is_shown_tells_the_range() -> None:
    query = parse("// @param limit integer >= 1 = 5: rows\nRETURN $limit AS n", "mine")
    assert "// limit (integer, at least 1): rows" in show(query, {"limit": 5})


def test_an_unknown_parameter_is_refused_with_those_there_are() -> None:
    with pytest.raises(BadParameter, match="no parameter 'most'; it takes least, limit"):
        parse(OWN, "heavy").checked({"most": 1})


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(BadParameter, match="needs limit"):
        parse(OWN, "heavy").checked({})


def test_shown_values_are_cypher_literals(server: Database) -> None:
    values = {
        "text": 'it\'s a \\ "quote"\nand `more`',
        "none": None,
        "flag": True,
        "list": ["a", 1, 2.5],
        "small": 1e-7,
    }
    literals = ", ".join(f"{literal(value)} AS {name}" for name, value in values.items())
    assert server.read(f"RETURN {literals.replace('AS text', 'AS t')}") == [
        {"t": values["text"], "none": None, "flag": True, "list": ["a", 1, 2.5], "small": 1e-7}
    ]


def test_what_is_shown_has_a_param_line_for_every_parameter() -> None:
    shown = show(parse(OWN, "heavy"), {"least": 5.0, "limit": 3})
    assert shown.splitlines()[:2] == [":param least => 5.0;", ":param limit => 3;"]


def test_bad_cypher_is_explained(server: Database) -> None:
    with pytest.raises(BadQuery, match="Invalid input") as caught:
        catalogue.run_own(server, parse("MATCH (c:Coin RETURN c", "mine"), {})
    *_, message, shown, caret = str(caught.value).splitlines()
    assert "(line 1, column 15)" in message and shown == '"MATCH (c:Coin RETURN c"'
    assert caret.index("^") == shown.index("RETURN")


def test_a_server_that_is_gone_is_named_before_a_question_is_asked(server: Database) -> None:
    with Database(server.address) as gone:
        gone.driver = neo4j.GraphDatabase.driver("bolt://127.0.0.1:9", auth=("neo4j", "x"))
        with pytest.raises(NoServer, match="no Neo4j server answers"):
            catalogue.explain(gone, "RETURN 1 AS one", {})


def test_a_parameter_that_was_not_given_is_named_by_the_server(server: Database) -> None:
    with pytest.raises(BadParameter, match="depth"):
        catalogue.run_own(server, parse("RETURN $depth AS depth", "mine"), {})


@pytest.mark.parametrize(
    "cypher", ["CREATE (c:Coin)", "MATCH (c) DETACH DELETE c", "CREATE INDEX FOR (c:Coin) ON (c.x)"]
)
def test_a_question_that_writes_is_refused(server: Database, cypher: str) -> None:
    with pytest.raises(WritingQuery, match="only reads"):
        catalogue.run_own(server, parse(cypher, "mine"), {})


def test_nodes_come_back_without_vectors(db: Database) -> None:
    db.write("CREATE (s:Side {id: 'a', vector_test: [1.0, 2.0]})")
    rows = catalogue.run_own(db, parse("MATCH (s:Side) RETURN s", "mine"), {}).rows
    assert rows == [{"s": {"labels": ["Side"], "id": "a"}}]


def test_a_path_comes_back_as_its_parts(db: Database) -> None:
    db.write("CREATE (:Coin {id: 'a'})-[:HAS_SIDE]->(:Side {id: 's'})")
    rows = catalogue.run_own(db, parse("MATCH p = (:Coin)-->() RETURN p", "mine"), {}).rows
    assert [part.get("type") or part["id"] for part in rows[0]["p"]] == ["a", "s", "HAS_SIDE"]
