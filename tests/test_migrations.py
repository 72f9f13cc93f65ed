"""A graph of an earlier schema becomes what this version writes, wherever the migration is killed."""

import json
from pathlib import Path
from typing import Any

import pytest
from killing import kill_after
from test_kill import snapshot_of
from tiny_pictures import pictures

from graph import die_graph, migrations
from graph.connection import Database
from graph.lock import exclusive
from graph.migrations import NewerGraph, OlderGraph, bring_up_to_date, migrate, schema_of
from graph.runs import step
from graph.store import store_reading
from graph.types import derive, opinion, write_opinions, write_proposals
from graph.verdicts import read_verdicts
from ingest.read import read_collection
from measure.proposals import Answer, Proposal

SPACES = """
UNWIND [['first', '2026-01-02'], ['second', '2026-01-01']] AS row
CREATE (:Run {id: 'link ' + row[0], command: 'link', started: datetime(row[1])})
       -[:PRODUCED]->(s:Space {name: row[0], slug: row[0]})
WITH row MATCH (a:Side {id: 'tray/T1/obverse'}), (b:Side {id: 'tray/T2/obverse'})
CREATE (a)-[:SIMILAR {key: row[0] + '|a|b', space: row[0], percentile: 99.0}]->(b)
"""
PARTITION = """
MATCH (c:Coin {id: 'tray/T1'}), (g:Coingraph) SET g.default_space = 'first'
CREATE (:Run {id: 'analyze', command: 'analyze', started: datetime('2026-01-03')})-[:PRODUCED]->
  (p:Partition {id: 'first/both/x', space: 'first', face: 'both', algorithm: 'x', made: datetime('2026-01-03')})
CREATE (c)-[:MEMBER_OF]->(:Community {id: 'first/both/x/1', size: 1})-[:IN]->(p)
"""
# Schema 1 did not keep these.
FORGET = """
MATCH (c)-[p:PROPOSED_TYPE]->(t) SET p.spaces = null
WITH c, p, t WHERE EXISTS { (c)-[:OF_TYPE]->(t) } SET p.like = null, p.run = null
"""
# What the version before schema 2 wrote in place of what this one writes.
SCHEMA_1 = (
    "MATCH (g:Coingraph) DELETE g",
    "MATCH (v:Verdict) DETACH DELETE v",
    "MATCH ()-[a:ATTRIBUTED_TO|OF_TYPE]->() SET a.verdict = null",
    "DROP CONSTRAINT of_type_coin IF EXISTS",
    "DROP CONSTRAINT attributed_to_key IF EXISTS",
    "MATCH (c:Coin)-[o:OF_TYPE]->(t) MATCH (c)-[p:PROPOSED_TYPE]->(t) SET o.kept = p.probability DELETE p",
    """
    MATCH (c:Coin)-[a:ATTRIBUTED_TO]->(t) CREATE (c)-[o:OF_TYPE]->(t)
    SET o = a {.*, key: null, source: CASE a.source WHEN 'table' THEN 'metadata' ELSE a.source END} DELETE a""",
    """
    MATCH (c:Coin)-[new:OF_TYPE]->(t) WHERE new.coin IS NOT NULL
    MATCH (c)-[o:OF_TYPE {source: CASE new.source WHEN 'table' THEN 'metadata' ELSE new.source END}]->(t)
    WHERE o.coin IS NULL AND coalesce(o.by, '') = coalesce(new.by, '') SET o.probability = new.kept DELETE new""",
    """
    MATCH (c:Coin)-[p:PROPOSED_TYPE]->(t)
    CREATE (c)-[:OF_TYPE {source: 'predicted', probability: p.probability, like: p.like, run: p.run}]->(t) DELETE p""",
    "MATCH (s)-[x:STRUCK_FROM]->(d) CREATE (s)-[:MEMBER_OF]->(d) DELETE x",
    "MATCH (d:Die) SET d:Community",
    """
    MATCH (p:DieStudy) SET p:Partition, p.algorithm = 'dies', p.communities = p.dies, p.dies = null
    REMOVE p:DieStudy""",
    "MATCH (p:Partition) SET p.made = null",
)
TYPES = """
MATCH (c:Coin)-[o]->(t:CoinType)
RETURN c.id AS coin, type(o) AS relationship, o.source AS source, t.name AS type, o.probability AS probability
ORDER BY coin, relationship, source, type
"""


def tray(folder: Path, *coins: str) -> Path:
    return pictures(folder, *(f"{coin}_{side}.png" for coin in coins for side in ("obv", "rev")))


def ingest(db: Database, folder: Path) -> None:
    with step(db, "ingest") as run:
        store_reading(db, read_collection(folder, "tray"), run, prune=True)


@pytest.fixture
def fresh(db: Database, tmp_path: Path) -> Database:
    """Opinions of folders, a table and persons, proposals, coins that an ingest took out, two spaces, dies."""
    folder = tray(tmp_path / "tray", "boar/T1", "boar/T2", "horse/T3", "horse/T4", "T5")
    (folder / "coins.csv").write_text("id,type\nT2,wheel\nT4,boar\n")
    ingest(db, folder)
    write_opinions(
        db,
        [opinion("tray/T1", "person", "wheel", by="A."), opinion("tray/T4", "person", "stag"),
         opinion("tray/T2", "folder", "boar")],
    )  # fmt: skip
    derive(db)
    guesses = [Proposal("boar", 0.7, "tray/T2"), Proposal("wheel", 0.2, "tray/T1")]
    left_out = [Answer(f"tray/T{n}", guesses, 0.1) for n in (1, 2, 3, 4)]
    write_proposals(db, [Answer("tray/T5", guesses, 0.1)], left_out, 0.25, ["first"], "run")
    db.write(FORGET)
    for side in ("obv", "rev"):
        (folder / "horse" / f"T4_{side}.png").unlink()
    (folder / "coins.csv").write_text("id,type\nT2,wheel\nT3,stag\n")
    ingest(db, folder)
    db.write(SPACES)
    db.write(PARTITION)
    with step(db, "dies") as run, db.atomic() as tx:
        for face in ("obverse", "reverse"):
            groups = [[f"tray/T1/{face}", f"tray/T2/{face}"], [f"tray/T3/{face}"]]
            die_graph.store_groups(tx, "first", face, groups, {}, {}, die_graph.Claims(0, 0.0, 0, 0, 0.0), run)
        die_graph.link_dies(tx, "first")
    assert {row["source"] for row in db.read(TYPES)} == {"folder", "table", "person", None}
    assert db.read("MATCH (c:FormerCoin) RETURN c.id AS id") == [{"id": "tray/T4"}]
    migrations.to_schema_3(db)
    assert [one.coins for one in read_verdicts(db)] == [["tray/T1"]]
    return db


def write_as_schema_1(db: Database) -> None:
    for query in SCHEMA_1:
        db.run_alone(query)
    for row in db.read("MATCH (c:FormerCoin) RETURN c.undo_links AS links"):
        types, entities = json.loads(row["links"])
        own = {one["name"]: one["properties"]["probability"] for one in types if one["relationship"] == "PROPOSED_TYPE"}
        old: list[dict[str, Any]] = []
        for one in types:
            said = {k: v for k, v in one["properties"].items() if k != "key" and v is not None}
            if one["relationship"] == "ATTRIBUTED_TO":
                said["source"] = said["source"].replace("table", "metadata")
                said |= {"probability": own.pop("stag")} if one["name"] == "stag" else {}
            elif one["name"] != "stag":
                said["source"] = "predicted"
            else:
                continue
            old.append({"name": one["name"], "properties": said})
        links = json.dumps([old, entities])
        db.write("MATCH (c:FormerCoin {id: 'tray/T4'}) SET c.undo_links = $links", links=links)
    db.write("MATCH (p:UndoPart) SET p.changes = replace(p.changes, '[\"table\"', '[\"metadata\"')")
    assert schema_of(db) == 1


def settled(db: Database) -> list[str]:
    """The graph, with what is kept as JSON in an order of its own."""
    rows = []
    for line in snapshot_of(db):
        row = json.loads(line)
        for key in {"undo_links", "changes"} & row["properties"].keys():
            row["properties"][key] = _sorted(json.loads(row["properties"][key]))
        rows.append(json.dumps(row, sort_keys=True))
    return sorted(rows)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(part) for key, part in sorted(value.items()) if part is not None and key != "coin"}
    return sorted((_sorted(part) for part in value), key=str) if isinstance(value, list) else value


def test_a_graph_of_schema_1_becomes_what_a_fresh_ingest_writes(fresh: Database):
    expected = settled(fresh)
    write_as_schema_1(fresh)
    assert settled(fresh) != expected
    assert bring_up_to_date(fresh)
    assert settled(fresh) == expected
    assert schema_of(fresh) == 3 and not bring_up_to_date(fresh)


@pytest.mark.long
def test_a_migration_that_is_killed_is_finished_by_the_next_command(fresh: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(migrations, "BATCH", 1)
    expected = settled(fresh)
    for writes in range(80):
        write_as_schema_1(fresh)
        with pytest.MonkeyPatch.context() as patch:
            kill_after(patch, writes)
            try:
                bring_up_to_date(fresh)
                break
            except KeyboardInterrupt:
                pass
        assert schema_of(fresh) in (1, 2)
        assert bring_up_to_date(fresh)
        assert settled(fresh) == expected, f"killed after {writes} writes"
    assert 10 < writes < 80


def test_types_of_schema_1_keep_their_order(db: Database):
    db.write("""
        UNWIND [['a', 'folder', 'boar', null], ['a', 'metadata', 'horse', 0.2], ['a', 'predicted', 'boar', 0.7],
                ['b', 'metadata', 'horse', 0.9], ['b', 'person', 'wheel', 0.1], ['c', 'predicted', 'boar', 0.6]] AS row
        MERGE (c:Coin {id: row[0]}) MERGE (t:CoinType {name: row[2]})
        CREATE (c)-[:OF_TYPE {source: row[1], probability: row[3]}]->(t)""")
    assert bring_up_to_date(db)
    assert [tuple(row.values()) for row in db.read(TYPES)] == [
        ("a", "ATTRIBUTED_TO", "folder", "boar", None),
        ("a", "ATTRIBUTED_TO", "table", "horse", None),
        ("a", "OF_TYPE", "table", "horse", None),
        ("a", "PROPOSED_TYPE", None, "boar", 0.7),
        ("a", "PROPOSED_TYPE", None, "horse", 0.2),
        ("b", "ATTRIBUTED_TO", "person", "wheel", None),
        ("b", "ATTRIBUTED_TO", "table", "horse", None),
        ("b", "OF_TYPE", "person", "wheel", None),
        ("b", "PROPOSED_TYPE", None, "wheel", 0.1),
        ("c", "PROPOSED_TYPE", None, "boar", 0.6),
    ]


def test_two_persons_of_whom_nothing_more_is_known_are_both_kept(db: Database):
    db.write("""
        CREATE (c:Coin {id: 'a'})-[:OF_TYPE {source: 'person'}]->(:CoinType {name: 'wheel'}),
               (c)-[:OF_TYPE {source: 'person'}]->(:CoinType {name: 'horse'})""")
    bring_up_to_date(db)
    assert [(row["relationship"], row["type"]) for row in db.read(TYPES)] == [
        ("ATTRIBUTED_TO", "horse"), ("ATTRIBUTED_TO", "wheel"), ("OF_TYPE", "horse")
    ]  # fmt: skip


def test_a_new_graph_is_of_this_schema(db: Database):
    assert schema_of(db) is None and not bring_up_to_date(db)
    with step(db, "ingest"):
        assert schema_of(db) == migrations.SCHEMA == 3


def test_a_graph_of_a_later_version_is_refused(db: Database):
    db.write("CREATE (:Coingraph {id: 'coingraph', schema: 4})")
    with pytest.raises(NewerGraph, match="schema 4"):
        bring_up_to_date(db)
    with pytest.raises(NewerGraph), exclusive():
        migrate(db)
    with pytest.raises(NewerGraph), step(db, "ingest"):
        pass
    assert db.read("MATCH (r:Run) RETURN r") == []


def test_who_cannot_migrate_is_told_what_to_do(db: Database, monkeypatch: pytest.MonkeyPatch):
    db.write("CREATE (:Coin {id: 'a'})")

    def busy() -> None:
        raise migrations.Busy("process 7 is at work on this database; wait for it to end")

    monkeypatch.setattr(migrations, "exclusive", busy)
    with pytest.raises(OlderGraph, match="process 7 "):
        bring_up_to_date(db)
    assert schema_of(db) == 1
