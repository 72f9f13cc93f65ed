"""Verdicts: what persons decided counts, can be undone, and survives all that happens to the coins."""

import csv
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from linked_graph import add_coins, assert_same, edges, link, snapshot
from tiny_pictures import pictures

from cli import main
from coingraph import Graph
from graph import deciding
from graph.coins import property_of_coins
from graph.connection import Database
from graph.deciding import NoPhotographs, UndoneAlready, UnknownVerdict
from graph.die_graph import read_told
from graph.lock import Busy
from graph.migrations import schema_of, to_schema_3
from graph.schema import prepare
from graph.types import derive, labels, opinion, write_opinions
from graph.verdicts import Subject, Verdict, told_of_types
from pipeline import verdicts
from pipeline.verdicts import BadVerdicts, NoProposal, NoSide, OneCoin, UnknownType

ROOT = Path(__file__).parent.parent
# The graph without verdicts and what only they leave.
EVERYTHING = """
MATCH (n) WHERE NOT (n:Verdict OR n:Coingraph OR n:Run OR n:Undo OR n:UndoPart)
RETURN labels(n) AS labels, properties(n) AS properties, COLLECT {
  MATCH (n)-[r]->(m) RETURN [type(r), coalesce(m.id, m.name), apart(r)]
} AS out
""".replace("apart(r)", "properties(r)")
SIDES = """
MATCH (c:Coin {id: 't/T1'})-[:HAS_SIDE]->(s:Side)
RETURN split(s.id, '/')[-1] AS face, s:Obverse AS obverse, split(s.uri, '/')[-1] AS file, s.vector_x AS vector
ORDER BY face
"""
PROPOSE = """
UNWIND $rows AS row
MATCH (c:Coin {id: row[0]}) MERGE (t:CoinType {name: row[1]})
CREATE (c)-[:PROPOSED_TYPE {probability: row[2], spaces: ['x'], run: 'run', like: 't/T1'}]->(t)
"""
VECTORS = """
MATCH (s:Side) WITH s ORDER BY s.id WITH collect(s) AS sides UNWIND range(0, size(sides) - 1) AS i
WITH sides[i] AS s, i SET s.vector_x = [i + 0.5, 1.0], s.source_x = s.sha256, s.linked_x = s.sha256
"""


@pytest.fixture
def tray(tmp_path: Path) -> Path:
    """Four coins; a table knows the type of three."""
    names = [f"T{n}_{side}.png" for n in (1, 2, 3, 4) for side in ("obv", "rev")]
    folder = pictures(tmp_path / "tray", *names)
    (folder / "coins.csv").write_text("id,type\nT1,boar\nT2,boar\nT3,horse\n")
    return folder


@pytest.fixture
def graph(db: Database, tray: Path) -> Graph:
    """The tray as collection ``t``, with vectors of a space ``x``."""
    graph = Graph(db)
    ingest(graph, tray)
    db.write(
        "CREATE (:Space {name: 'x', slug: 'x', model: 'test-pixels', weights: '', weights_source: '', dimension: 1, "
        "preprocessing: '{}', transform: 'none', fields: []})"
    )
    db.write(VECTORS)
    return graph


def ingest(graph: Graph, folder: Path, collection: str = "t", prune: bool = True) -> None:
    graph.ingest(folder, collection, prune=prune, confirm=lambda _: True)


def everything(graph: Graph) -> list[str]:
    return sorted(repr((sorted(r["labels"]), sorted(r["properties"].items()), sorted(map(repr, r["out"])))) for r in
                  graph.db.read(EVERYTHING))  # fmt: skip


def sides(graph: Graph) -> dict[str, Any]:
    """The file and the vector of each side of T1."""
    return {row["face"]: (row["file"], row["vector"]) for row in graph.db.read(SIDES)}


def all_kinds(graph: Graph) -> list[Verdict]:
    """A verdict of each kind, by two persons who differ on T3."""
    graph.db.write(PROPOSE, rows=[["t/T4", "boar", 0.7], ["t/T2", "horse", 0.6]])
    return [
        graph.set_type("T3", "boar", author="M. R.", note="the ear"),
        *graph.accept(["T4"], author="M. R."),
        *graph.reject(["T2"], author="A. K."),
        graph.same_type("T1", "T2", author="A. K."),
        graph.same_type("T1", "T3", same=False, author="M. R."),
        graph.same_die("T1", "T2", "reverse", author="M. R."),
        graph.same_die("T1", "T4", "obverse", same=False, author="A. K."),
        graph.swap_sides("T1", author="A. K."),
        graph.exclude("T3", "reverse", author="A. K."),
        graph.set_type("T3", "stag", new=True, author="A. K."),
        graph.merge("T4", "T2", author="A. K."),
    ]


@pytest.mark.long
def test_a_person_counts_before_the_table_and_an_undo_brings_it_back(graph: Graph) -> None:
    before = everything(graph)
    one = graph.set_type("T1", "horse", author="M. R.", note="by the reins")
    assert (one.number, one.instead_of, one.author, one.note) == (1, "boar", "M. R.", "by the reins")
    assert labels(graph.db)["t/T1"] == "horse"
    assert graph.undo(1, author="A. K.").undone_by == "A. K."
    assert everything(graph) == before
    assert [one.undone for one in graph.history().verdicts] == [True]


def test_the_name_is_that_given_else_that_of_the_environment(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COINGRAPH_AS", "A. K.")
    assert graph.set_type("T1", "horse").author == "A. K."
    assert graph.set_type("T1", "horse", author="M. R.").author == "M. R."


def test_a_type_that_nobody_knows_has_to_be_called_new(graph: Graph) -> None:
    with pytest.raises(UnknownType, match=r"no type is called 'hors'; there is horse"):
        graph.set_type("T1", "hors")
    assert graph.set_type("T1", "wheel", new=True).type == "wheel"
    assert labels(graph.db)["t/T1"] == "wheel"


def test_of_two_persons_the_later_decides_and_both_stay(graph: Graph) -> None:
    graph.set_type("T1", "horse", author="M. R.")
    later = graph.set_type("T1", "stag", new=True, author="A. K.")
    (row,) = graph.query("verdicts-differ").rows
    assert (row["coin"], row["what"], row["says"], row["who"]) == ("t/T1", "type", "stag", "A. K.")
    assert (row["other_says"], row["other_who"], row["other_number"]) == ("horse", "M. R.", 1)
    assert labels(graph.db)["t/T1"] == "stag" and graph.history().disputed == 1
    graph.undo(later.number)
    assert labels(graph.db)["t/T1"] == "horse" and graph.history().disputed == 0


def test_who_changes_their_mind_is_not_in_dispute(graph: Graph) -> None:
    graph.set_type("T1", "horse", author="M. R.")
    graph.set_type("T1", "boar", author="M. R.")
    assert labels(graph.db)["t/T1"] == "boar" and graph.query("verdicts-differ").rows == []


def test_an_accepted_type_counts_but_is_no_label_to_be_scored_by(graph: Graph) -> None:
    graph.db.write(PROPOSE, rows=[["t/T4", "boar", 0.72]])
    (one,) = graph.accept(["T4"])
    assert (one.type, one.probability, one.space, one.run) == ("boar", 0.72, "x", "run")
    assert labels(graph.db)["t/T4"] == property_of_coins(graph.db, "type")["t/T4"] == "boar"
    assert "t/T4" not in property_of_coins(graph.db, "type", accepted=False)
    graph.set_type("T4", "boar", author="A. K.")
    assert property_of_coins(graph.db, "type", accepted=False)["t/T4"] == "boar"


def test_without_a_proposal_nothing_is_accepted(graph: Graph) -> None:
    graph.db.write(PROPOSE, rows=[["t/T4", "boar", 0.72]])
    with pytest.raises(NoProposal, match="t/T1"):
        graph.accept(["T4", "T1"])
    assert graph.history().verdicts == []


def test_a_rejected_proposal_is_gone_until_the_verdict_is_undone(graph: Graph) -> None:
    graph.db.write(PROPOSE, rows=[["t/T4", "boar", 0.72]])
    before = everything(graph)
    (one,) = graph.reject(["T4"])
    assert graph.db.read("MATCH ()-[p:PROPOSED_TYPE]->() RETURN p") == []
    assert not told_of_types(graph.db).allows("t/T4", "boar") and told_of_types(graph.db).allows("t/T4", "horse")
    graph.undo(one.number)
    assert everything(graph) == before


def test_a_later_rejection_by_another_decides(graph: Graph) -> None:
    graph.db.write(PROPOSE, rows=[["t/T1", "horse", 0.72]])
    graph.set_type("T4", "horse", author="M. R.")
    graph.db.write(PROPOSE, rows=[["t/T4", "stag", 0.8]])
    graph.accept(["T4"], author="M. R.")
    assert labels(graph.db)["t/T4"] == "stag"
    rejected = Verdict("id", "reject", "A. K.", graph.history().verdicts[0].subjects, type="stag", at=datetime.now(UTC))
    deciding.insert(graph.db, [rejected])
    assert "t/T4" not in labels(graph.db) and graph.history().disputed == 1


def test_what_persons_say_of_two_coins_tells_what_may_be_proposed(graph: Graph) -> None:
    graph.same_type("T4", "T1")
    assert told_of_types(graph.db).held["t/T4"] == "boar"
    graph.same_type("T1", "T4", same=False)
    told = told_of_types(graph.db)
    assert "t/T4" not in told.held and not told.allows("t/T4", "boar")


def test_the_latest_verdict_on_two_dies_decides(graph: Graph) -> None:
    graph.same_die("T2", "T1", "obverse")
    assert read_told(graph.db, "obverse") == {("t/T1/obverse", "t/T2/obverse"): True}
    graph.same_die("T1", "T2", "obverse", same=False, author="A. K.")
    assert read_told(graph.db, "obverse") == {("t/T1/obverse", "t/T2/obverse"): False}
    assert read_told(graph.db, "reverse") == {}
    assert [row["what"] for row in graph.query("verdicts-differ").rows] == ["same die, obverse"]


def test_swapped_sides_exchange_photographs_with_their_vectors(graph: Graph) -> None:
    before, was = everything(graph), sides(graph)
    one = graph.swap_sides("T1")
    assert sides(graph) == {"obverse": was["reverse"], "reverse": was["obverse"]}
    graph.undo(one.number)
    assert sides(graph) == was
    graph.db.write("MATCH (s:Side) SET s.linked_x = s.sha256")  # as the next link does
    assert everything(graph) == before


def test_swapped_sides_stay_so_when_the_folder_is_read_again(graph: Graph, tray: Path) -> None:
    graph.swap_sides("T1")
    now = everything(graph)
    ingest(graph, tray)
    assert everything(graph) == now
    (tray / "coins.csv").write_text("id,type\nT1,stag\n")
    ingest(graph, tray)
    assert sides(graph)["obverse"][0] == "T1_rev.png" and labels(graph.db) == {"t/T1": "stag"}
    graph.undo_ingest("t")
    assert everything(graph) == now


def test_sides_whose_files_were_put_right_are_not_swapped_again(graph: Graph, tray: Path) -> None:
    graph.swap_sides("T1")
    (tray / "T1_obv.png").rename(tray / "T1_x.png")
    (tray / "T1_rev.png").rename(tray / "T1_obv.png")
    (tray / "T1_x.png").rename(tray / "T1_rev.png")
    ingest(graph, tray)
    assert {face: file for face, (file, _) in sides(graph).items()} == {
        "obverse": "T1_obv.png",
        "reverse": "T1_rev.png",
    }


def test_the_only_side_of_a_coin_becomes_the_other_one(graph: Graph, tray: Path) -> None:
    (tray / "T1_rev.png").unlink()
    ingest(graph, tray)
    before, was = everything(graph), sides(graph)
    one = graph.swap_sides("T1")
    assert sides(graph) == {"reverse": was["obverse"]}
    ingest(graph, tray)
    assert sides(graph) == {"reverse": was["obverse"]}
    graph.undo(one.number)
    graph.db.write("MATCH (s:Side) SET s.linked_x = s.sha256")
    assert everything(graph) == before


def test_a_photograph_that_is_left_out_stays_out_and_comes_back(graph: Graph, tray: Path) -> None:
    before = everything(graph)
    one = graph.exclude("T1", "reverse")
    assert list(sides(graph)) == ["obverse"]
    now = everything(graph)
    ingest(graph, tray)
    assert everything(graph) == now
    graph.undo(one.number)
    graph.db.write("MATCH (s:Side) SET s.linked_x = s.sha256")
    assert everything(graph) == before
    with pytest.raises(NoSide, match="t/T1 has no photograph of its reverse"):
        (tray / "T1_rev.png").unlink()
        ingest(graph, tray)
        graph.exclude("T1", "reverse")


def test_two_records_of_one_coin_count_once(graph: Graph, tray: Path) -> None:
    before = everything(graph)
    one = graph.merge("T1", "T2")
    assert graph.collections()[0]["coins"] == 3 and set(labels(graph.db)) == {"t/T1", "t/T3"}
    now = everything(graph)
    ingest(graph, tray)
    assert everything(graph) == now
    graph.undo(one.number)
    graph.db.write("MATCH (s:Side) SET s.linked_x = s.sha256")
    assert everything(graph) == before


def test_records_merged_both_ways_are_one_coin_still(graph: Graph) -> None:
    one = graph.merge("T1", "T2")
    again = Verdict("id", "merge", "A. K.", one.subjects[::-1], at=datetime.now(UTC))
    deciding.insert(graph.db, [again])
    assert graph.collections()[0]["coins"] == 3


def test_two_coins_are_two(graph: Graph) -> None:
    with pytest.raises(OneCoin):
        graph.merge("T1", "t/T1")


def test_a_coin_without_photographs_gets_no_verdict(graph: Graph) -> None:
    graph.db.write("CREATE (:Coin {id: 't/bare', name: 'bare'})")
    with pytest.raises(NoPhotographs):
        graph.set_type("bare", "boar")


@pytest.mark.long
def test_undo_takes_the_last_that_stands_and_says_what_it_cannot(graph: Graph) -> None:
    with pytest.raises(UnknownVerdict, match="no verdict to take back"):
        graph.undo()
    graph.set_type("T1", "horse")
    graph.set_type("T2", "horse")
    assert [graph.undo().number, graph.undo().number] == [2, 1]
    with pytest.raises(UndoneAlready):
        graph.undo(1)
    with pytest.raises(UnknownVerdict, match="there are 1 to 2"):
        graph.undo(3)
    assert graph.set_type("T1", "horse").number == 3


@pytest.fixture
def decided(graph: Graph) -> Iterator[tuple[Graph, list[Verdict]]]:
    """The tray with a verdict of each kind; afterwards all of them must be there, once, and unchanged."""
    given = all_kinds(graph)
    yield graph, given
    found = {one.id: one for one in graph.history().verdicts}
    assert {id: one for id, one in found.items() if not one.undone} == {one.id: one for one in given}
    assert [one.number for one in graph.history().verdicts] == list(range(len(given), 0, -1))


def count(graph: Graph) -> None:
    """See that verdicts of all kinds count, whatever the coins are called."""
    (differ,) = graph.query("verdicts-differ").rows
    assert (differ["says"], differ["other_says"]) == ("stag", "boar")
    assert sorted(labels(graph.db).values()) == ["boar", "boar", "stag"]
    assert len(read_told(graph.db, "obverse")) == 0  # T1's sides are swapped: its obverse is a reverse
    assert graph.db.read("MATCH (c:MergedCoin) RETURN count(c) AS n") == [{"n": 1}]
    assert graph.db.read("MATCH (c:SidesSwapped) RETURN count(c) AS n") == [{"n": 1}]
    assert graph.db.read("MATCH (:Coin)-[:HAS_SIDE]->(s:Side) RETURN count(s) AS n") == [{"n": 5}]


def test_verdicts_survive_a_second_ingest(decided: tuple[Graph, list[Verdict]], tray: Path) -> None:
    graph, _ = decided
    now = everything(graph)
    ingest(graph, tray)
    assert everything(graph) == now
    count(graph)


def test_verdicts_survive_other_names_and_folders(decided: tuple[Graph, list[Verdict]], tray: Path) -> None:
    graph, _ = decided
    moved = tray.with_name("moved")
    for n in (1, 2, 3, 4):
        for side in ("obv", "rev"):
            (moved / "deep").mkdir(parents=True, exist_ok=True)
            shutil.move(tray / f"T{n}_{side}.png", moved / "deep" / f"U{n}_{side}.png")
    (moved / "coins.csv").write_text("id,type\nU1,boar\nU2,boar\nU3,horse\n")
    ingest(graph, moved)
    assert {row["coin"][:3] for row in graph.db.read("MATCH (c:Coin) RETURN c.id AS coin")} == {"t/U"}
    count(graph)
    graph.undo_ingest("t")
    count(graph)


@pytest.mark.long
def test_verdicts_wait_for_coins_that_are_gone(decided: tuple[Graph, list[Verdict]], tray: Path) -> None:
    graph, _ = decided
    graph.remove_collection("t")
    assert not any(one.here for one in graph.history().verdicts)
    ingest(graph, tray, "other")
    count(graph)


@pytest.mark.long
def test_verdicts_survive_vectors_made_again(decided: tuple[Graph, list[Verdict]]) -> None:
    graph, _ = decided
    graph.db.write(VECTORS)
    graph.db.write("MATCH (s:Side) SET s.vector_x = null, s.source_x = null")
    graph.db.write(VECTORS)
    count(graph)


@pytest.mark.long
def test_verdicts_come_into_another_graph_as_a_table(
    decided: tuple[Graph, list[Verdict]], tray: Path, tmp_path: Path
) -> None:
    graph, given = decided
    file = tmp_path / "verdicts.csv"
    assert graph.export_verdicts(file) == len(given)
    graph.db.run_alone("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS")
    ingest(graph, tray, "elsewhere")
    assert (graph.import_verdicts(file).new, graph.import_verdicts(file).new) == (len(given), 0)
    count(graph)


def test_an_undo_travels_with_the_table(graph: Graph, tmp_path: Path) -> None:
    graph.set_type("T1", "horse")
    graph.export_verdicts(tmp_path / "before.csv")
    graph.undo()
    graph.export_verdicts(tmp_path / "after.csv")
    graph.db.write("MATCH (v:Verdict) DETACH DELETE v")
    graph.import_verdicts(tmp_path / "before.csv")
    assert labels(graph.db)["t/T1"] == "horse"
    assert graph.import_verdicts(tmp_path / "after.csv").undone == 1
    assert graph.import_verdicts(tmp_path / "before.csv").undone == 0
    assert labels(graph.db)["t/T1"] == "boar"


def test_a_table_that_is_wrong_changes_nothing(graph: Graph, tmp_path: Path) -> None:
    graph.set_type("T1", "horse")
    file = tmp_path / "verdicts.csv"
    graph.export_verdicts(file)
    rows = list(csv.DictReader(file.open()))
    for name, value in (("kind", "guess"), ("obverse", ""), ("at", "noon"), ("type", "")):
        wrong = [*rows, rows[0] | {"id": "new", name: value, "reverse": ""}]
        with file.open("w") as table:
            writer = csv.DictWriter(table, list(rows[0]))
            writer.writeheader()
            writer.writerows(wrong)
        with pytest.raises(BadVerdicts, match="row 3"):
            graph.import_verdicts(file)
    (tmp_path / "coins.csv").write_text("id,type\nT1,boar\n")
    with pytest.raises(BadVerdicts, match="no table of verdicts"):
        graph.import_verdicts(tmp_path / "coins.csv")
    assert len(graph.history().verdicts) == 1


def test_two_processes_at_once_lose_nothing(graph: Graph) -> None:
    program = """
import sys, coingraph
with coingraph.open() as graph:
    for n in range(8):
        graph.set_type(f"T{1 + n % 4}", ("boar", "horse")[n % 2], author=sys.argv[1], note=str(n))
        if n % 4 == 3:
            graph.exclude("T4", "obverse", author=sys.argv[1])
"""
    running = [
        subprocess.Popen([sys.executable, "-c", program, name], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for name in ("A. K.", "M. R.")
    ]
    assert [process.communicate()[1] for process in running] == ["", ""]
    found = graph.history().verdicts
    assert [one.number for one in found] == list(range(20, 0, -1))
    assert {(one.author, one.note) for one in found if one.note} == {
        (name, str(n)) for name in ("A. K.", "M. R.") for n in range(8)
    }


def test_only_what_changes_photographs_waits_for_other_steps(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(wait: float = 0) -> None:
        raise Busy("process 7 is at work on this database; wait for it to end")

    monkeypatch.setattr(verdicts, "exclusive", busy)
    assert graph.set_type("T1", "horse").number == 1
    with pytest.raises(Busy):
        graph.swap_sides("T1")


def test_opinions_from_before_there_were_verdicts_become_some(graph: Graph) -> None:
    write_opinions(
        graph.db,
        [
            opinion("t/T1", "person", "horse", by="A. K.", at=datetime(2026, 1, 3, tzinfo=UTC)),
            opinion("t/T2", "person", "stag"),
        ],
    )
    derive(graph.db)
    before = labels(graph.db)
    to_schema_3(graph.db)
    to_schema_3(graph.db)
    found = graph.history().verdicts[::-1]
    assert [(one.author, one.type, one.at and one.at.day) for one in found] == [
        ("A. K.", "horse", 3),
        ("", "stag", None),
    ]
    assert labels(graph.db) == before
    for one in found:
        graph.undo(one.number)
    assert labels(graph.db) == {"t/T1": "boar", "t/T2": "boar", "t/T3": "horse"}


def coingraph_says(*arguments: str) -> str:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_command_line_says_what_holds_and_how_to_take_it_back(
    graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commands.printing.is_terminal", lambda: True)
    monkeypatch.setenv("NO_COLOR", "1")
    graph.db.write(PROPOSE, rows=[["t/T4", "boar", 0.72]])
    assert coingraph_says("set-type", "T3", "boar", "--as", "M. R.", "--note", "as T1") == (
        "✓ T3: boar, not horse. Undo: coingraph undo 1\n"
    )
    assert coingraph_says("accept", "T4") == "✓ T4: boar, as proposed (0.72 likely). Undo: coingraph undo 2\n"
    assert coingraph_says("not-same-die", "T1", "T2", "--face", "obverse", "--as", "A. K.") == (
        "✗ T1, T2: not the same die, obverse. Undo: coingraph undo 3\n"
    )
    assert coingraph_says("undo", "3") == "Undone: 3, T1 and T2 not the same die. History keeps it, marked.\n"
    said = coingraph_says("history")
    assert said.startswith("3 verdicts of 3 people, 1 undone, none in dispute. Latest first.\n  no.  when")
    assert "✓ T4 is boar, as proposed 0.72" in said and '✓ T3 is boar: "as T1"' in said
    assert "T1, T2: not the same die, obverse" in said
    assert coingraph_says("verdicts", "export", str(tmp_path / "v.csv")).startswith("3 verdicts in ")
    assert coingraph_says("verdicts", "import", str(tmp_path / "v.csv")) == (
        "0 new verdicts, 3 known already; none in dispute.\n"
    )


def test_a_key_of_a_side_without_a_photograph_is_its_id(graph: Graph) -> None:
    graph.db.write("""
        CREATE (:Coin {id: 't/v', name: 'v'})-[:HAS_SIDE]->(:Side:Obverse {id: 't/v/obverse', name: 'v', file: 'v'})""")
    one = graph.set_type("v", "boar")
    assert one.subjects == (Subject("t/v", "id:t/v/obverse"),) and one.here
    assert labels(graph.db)["t/v"] == "boar"


def test_numbers_and_ids_are_guarded_by_constraints(db: Database) -> None:
    prepare(db)
    names = {row["name"] for row in db.read("SHOW CONSTRAINTS YIELD name RETURN name")}
    assert {"verdict_number", "verdict_id"} <= names


def test_schema_3_is_what_is_written(graph: Graph) -> None:
    assert schema_of(graph.db) == 3


@pytest.mark.long
@pytest.mark.parametrize("kind", ["swap_sides", "exclude", "merge"])
def test_edges_follow_photographs_and_come_back_with_an_undo(db: Database, kind: str) -> None:
    add_coins(db, [f"k{n:02}" for n in range(12)])
    link(db)
    graph, before = Graph(db), snapshot(db)
    one = getattr(graph, kind)("k03", **{"exclude": {"face": "reverse"}, "merge": {"other": "k04"}}.get(kind, {}))
    link(db)
    gone = "k04" if kind == "merge" else "k03"
    found = {coin for pair in edges(db, "SIMILAR", "reverse") for coin in pair}
    assert (gone in found) == (kind == "swap_sides")
    assert snapshot(db) != before
    graph.undo(one.number)
    link(db)
    assert_same(snapshot(db), before)
