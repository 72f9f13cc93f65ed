"""The schema of the graph, and how a graph of an earlier schema is migrated.

The schema is a number on the `Coingraph` node; a graph without this node is of schema 1. Whoever connects migrates
first, readers too. A migration works in batches, and each part can be repeated: the next command that connects finishes
one that was killed.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from errors import CoingraphError
from graph.connection import Database
from graph.deciding import adopt
from graph.lock import Busy, exclusive
from graph.schema import prepare
from graph.types import WRITE_PROPOSALS, derive, opinion, write_opinions

SCHEMA = 3
#: Coins that one transaction migrates.
BATCH = 1000

READ_SCHEMA = """
OPTIONAL MATCH (g:Coingraph)
RETURN CASE WHEN g IS NULL AND EXISTS { MATCH (:Coin|Collection|Space|Run) } THEN 1 ELSE g.schema END AS schema
"""
WRITE_SCHEMA = "MERGE (g:Coingraph {id: 'coingraph'}) SET g.schema = $schema"

# In schema 1 every opinion and every prediction was an `OF_TYPE`, and none of them had the coin's id.
FORMER_TYPES = """
MATCH (c:Coin)-[o:OF_TYPE]->(t:CoinType) WHERE o.coin IS NULL
WITH c, collect({name: t.name, properties: properties(o)}) AS types LIMIT $limit
RETURN c.id AS coin, types
"""
DROP_FORMER_TYPES = "MATCH (c:Coin)-[o:OF_TYPE]->() WHERE c.id IN $coins AND o.coin IS NULL DELETE o"
PARKED = "MATCH (c:FormerCoin) WHERE c.undo_links IS NOT NULL RETURN elementId(c) AS node, c.id AS coin"
READ_PARKED = "MATCH (c:FormerCoin) WHERE elementId(c) = $node RETURN c.undo_links AS links"
WRITE_PARKED = "MATCH (c:FormerCoin) WHERE elementId(c) = $node SET c.undo_links = $links"
CHANGES = "MATCH (p:UndoPart) RETURN p.run AS run, p.number AS number"
READ_CHANGES = "MATCH (p:UndoPart {run: $run, number: $number}) RETURN p.changes AS changes"
WRITE_CHANGES = "MATCH (p:UndoPart {run: $run, number: $number}) SET p.changes = $changes"


#: Where a source of schema 1 stands among the others; whatever is not named here a person wrote.
FORMER_RANK = {"predicted": 0, "folder": 1, "metadata": 2}

# In schema 1 the dies of a face were a partition, and each die a community. What says so goes last.
MIGRATE_DIES = (
    """
    MATCH (s)-[m:MEMBER_OF]->(d:Die) CALL (s, m, d) { MERGE (s)-[:STRUCK_FROM]->(d) DELETE m }
    IN TRANSACTIONS OF 5000 ROWS""",
    "MATCH (d:Die:Community) CALL (d) { REMOVE d:Community } IN TRANSACTIONS OF 5000 ROWS",
    """
    MATCH (p:Partition {algorithm: 'dies'})
    SET p.dies = p.communities, p.communities = null, p.algorithm = null, p:DieStudy REMOVE p:Partition""",
)
MIGRATE_PARTITIONS = """
MATCH (p:Partition|DieStudy)<-[:PRODUCED]-(r:Run) WITH p, max(r.started) AS made SET p.made = made
"""

# In schema 1 the space that a run had produced last, of those that had edges, was the default.
MIGRATE_DEFAULT = """
MATCH (space:Space)
OPTIONAL MATCH (run:Run)-[:PRODUCED]->(space) WHERE run.command <> 'embed'
WITH space, max(run.started) AS linked
WHERE EXISTS { MATCH ()-[edge:SIMILAR]->() WHERE edge.space = space.slug AND edge.percentile >= 0 }
WITH space ORDER BY coalesce(linked, datetime({year: 1})) DESC, space.slug LIMIT 1
MERGE (g:Coingraph {id: 'coingraph'}) ON CREATE SET g.schema = 1
SET g.default_space = coalesce(g.default_space, space.slug)
"""


class NewerGraph(CoingraphError):
    """The graph was written by a later version of coingraph."""


class OlderGraph(CoingraphError):
    """The graph was written by an earlier version of coingraph, and another process keeps it from being migrated."""


def schema_of(db: Database) -> int | None:
    """The schema of the graph; None where nothing was written yet."""
    found: int | None = db.read(READ_SCHEMA)[0]["schema"]
    return found


def bring_up_to_date(db: Database) -> bool:
    """Migrate a graph of an earlier schema; whether there was something to do. Raises `NewerGraph`, `OlderGraph`."""
    if _readable(schema_of(db)):
        return False
    try:
        with exclusive():
            migrate(db)
    except Busy as error:
        raise OlderGraph(
            f"an earlier version of coingraph wrote this graph, which has to be migrated first, but {error}"
        ) from error
    return True


def migrate(db: Database) -> None:
    """Bring the graph to this schema before anything else is written. Raises `NewerGraph`.

    The caller holds the lock.
    """
    found = schema_of(db)
    if _readable(found):
        if found is None:
            db.write(WRITE_SCHEMA, schema=SCHEMA)
        return
    for schema, migration in MIGRATIONS.items():
        if found is not None and found < schema:
            migration(db)
            db.write(WRITE_SCHEMA, schema=schema)


def _readable(schema: int | None) -> bool:
    """Whether this program can read the graph as it is. Raises `NewerGraph`."""
    if schema is not None and schema > SCHEMA:
        raise NewerGraph(
            f"a later version of coingraph wrote this graph (schema {schema}; this one knows up to {SCHEMA})"
        )
    return schema in (None, SCHEMA)


def to_schema_2(db: Database) -> None:
    """Opinions, proposals and the type that counts get relationships of their own, and dies are no partitions."""
    _migrate_types(db)
    _migrate_kept(db)
    for query in MIGRATE_DIES:
        db.run_alone(query)
    db.write(MIGRATE_PARTITIONS)
    db.write(MIGRATE_DEFAULT)


def to_schema_3(db: Database) -> None:
    """What persons said of types becomes verdicts."""
    prepare(db)
    adopt(db)


def _migrate_types(db: Database) -> None:
    if db.read(FORMER_TYPES, limit=1):
        prepare(db)
    while rows := db.read(FORMER_TYPES, limit=BATCH):
        parted = [_parted(row["coin"], row["types"]) for row in rows]
        coins = [row["coin"] for row in rows]
        with db.atomic() as tx:
            tx.write(DROP_FORMER_TYPES, coins=coins)
            write_opinions(tx, [opinion for opinions, _ in parted for opinion in opinions])
            tx.write(WRITE_PROPOSALS, rows=[proposal for _, proposals in parted for proposal in proposals])
            derive(tx, coins)


def _migrate_kept(db: Database) -> None:
    """Of what is kept for `collections undo`: coins that were taken out, and changes that can be taken back."""
    for row in db.read(PARKED):
        types, entities = json.loads(db.read(READ_PARKED, node=row["node"])[0]["links"])
        if any("relationship" not in one for one in types):
            opinions, proposals = _parted(row["coin"], types)
            kept = [{"relationship": "ATTRIBUTED_TO", **one} for one in opinions]
            kept += [{"relationship": "PROPOSED_TYPE", **one} for one in proposals]
            db.write(WRITE_PARKED, node=row["node"], links=json.dumps([kept, entities]))
    for part in db.read(CHANGES):
        changes = json.loads(db.read(READ_CHANGES, **part)[0]["changes"])
        for _, was, now in changes:
            for facts in (was, now):
                if facts:
                    facts["types"] = [[_source(source), name] for source, name in facts["types"]]
        db.write(WRITE_CHANGES, changes=json.dumps(changes), **part)


def _parted(coin: str, types: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The opinions and the proposals among the types of a coin in schema 1, as `graph.types` writes them.

    The probability of the type that counts becomes a proposal of its own type.
    """
    opinions: dict[str, dict[str, Any]] = {}
    proposals = []
    by_name = sorted(types, key=lambda one: str(one["name"]))
    for place, one in enumerate(sorted(by_name, key=_former_rank, reverse=True)):
        properties = dict(one["properties"])
        source, probability = properties.pop("source", None), properties.pop("probability", None)
        if source == "predicted" or (place == 0 and probability is not None):
            proposal = {"probability": probability, "like": properties.get("like"), "run": properties.get("run")}
            proposals.append({"coin": coin, "name": one["name"], "properties": proposal})
        if source != "predicted":
            said = opinion(coin, _source(source), one["name"], **properties)
            if said["properties"]["key"] in opinions:  # two of one source were possible
                said["properties"]["key"] += f"|{place}"
            opinions[said["properties"]["key"]] = said
    return list(opinions.values()), proposals


def _former_rank(one: Mapping[str, Any]) -> tuple[int, str]:
    """The rank of a type in schema 1: by its source, then by its time."""
    return FORMER_RANK.get(one["properties"].get("source"), len(FORMER_RANK)), str(one["properties"].get("at") or "")


def _source(source: str | None) -> str:
    return {"metadata": "table", None: "person"}.get(source, source or "person")


MIGRATIONS: dict[int, Callable[[Database], None]] = {2: to_schema_2, 3: to_schema_3}
