"""The network of a space: coins with all that is known of them, and their `RELATED` or `SIMILAR` edges.

Both are read a page at a time, in the order of the coins' ids: a graph of any size takes the same memory.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from errors import tracked
from graph.centrality import MEASURES
from graph.communities import latest
from graph.connection import Database, batches
from graph.projection import LAYERS, Layer, NoEdges, weight_cypher
from graph.types import TYPE_OF
from ingest.records import ENTITIES, FACES
from measure.neighbours import resolution

PAGE = 1000

COINS = """
MATCH (c:Coin)-[:HAS_SIDE]->(s:{label}) WHERE s[$source] IS NOT NULL
WITH DISTINCT c.id AS id ORDER BY id RETURN collect(id) AS ids
"""
# Which columns the coins have, and the types of their values, such as `INTEGER NOT NULL`.
COLUMNS = """
MATCH (c:Coin) UNWIND c.columns AS name
RETURN name, collect(DISTINCT split(valueType(c[name]), ' ')[0]) AS kinds ORDER BY name
"""
ENTITY_COLUMNS = "MATCH (:Coin)-[r]->() WHERE type(r) IN $relationships RETURN collect(DISTINCT type(r)) AS found"
PAIRS = "MATCH (s:Space {slug: $space}) RETURN [face IN $faces | s['pairs_' + face]] AS pairs"
NODES = """
UNWIND range(0, size($ids) - 1) AS place
MATCH (c:Coin {{id: $ids[place]}})
{holder}
RETURN c.id AS id, c.name AS name, [key IN $columns | c[key]] AS columns, [key IN $measures | n[key]] AS measures,
       COLLECT {{ MATCH (c)-[:IN_COLLECTION]->(k) RETURN k.name }}[0] AS collection,
       {type} AS type,
       COLLECT {{ MATCH (n)-[:MEMBER_OF]->(m)-[:IN]->(:Partition {{id: $partition}}) RETURN m.id }}[0] AS community,
       COLLECT {{ MATCH (c)-[r:{entities}]->(e) RETURN [type(r), e.name] }} AS entities,
       COLLECT {{ MATCH (c)-[:HAS_SIDE]->(s:Obverse) RETURN s.uri }}[0] AS obverse,
       COLLECT {{ MATCH (c)-[:HAS_SIDE]->(s:Reverse) RETURN s.uri }}[0] AS reverse
ORDER BY place
"""
EDGES = """
UNWIND $ids AS id
MATCH (a:{label} {{id: id}})-[r:{relationship}]->(b:{label}) WHERE r.space = $space
RETURN a.id AS source, b.id AS target, {weight} AS weight, [key IN $keys | r[key]] AS values ORDER BY source, target
"""
#: What GraphML calls the types of values.
KINDS = {"INTEGER": "long", "FLOAT": "double", "BOOLEAN": "boolean"}


@dataclass(frozen=True)
class Column:
    """One thing known of a node or an edge; ``kind`` is `long`, `double`, `boolean` or `string`."""

    name: str
    kind: str


@dataclass(frozen=True)
class Node:
    """A coin: its id, its name, and a value (or None) for each column."""

    id: str
    label: str
    values: list[Any]


@dataclass(frozen=True)
class Edge:
    """Two coins (their ids), the weight as communities use it, and a value for each further column."""

    source: str
    target: str
    weight: float
    values: list[Any]


EDGE_COLUMNS = {
    "RELATED": [
        *(Column(name, "double") for name in ("score", "obverse", "reverse")),
        *(Column(f"{face}_percentile", "double") for face in FACES),
        Column("evidence", "string"),
    ],
    "SIMILAR": [
        *(Column(name, "double") for name in ("cosine", "percentile")),
        Column("rank", "long"),
        Column("mutual", "boolean"),
    ],
}
OWN_COLUMNS = [
    *(Column(name, "string") for name in ("collection", "type")),
    Column("community", "long"),
    *(Column(measure, "double") for measure in MEASURES),
    *(Column(f"{face}_picture", "string") for face in FACES),
]
#: Names that the programs which read these files take for their own.
TAKEN = {"id", "label", "name", "shared name", "source", "target", "weight", *(column.name for column in OWN_COLUMNS)}


@dataclass(frozen=True)
class Network:
    """The network of a space: how many coins, the columns of nodes and edges, and both as they are read.

    ``weight`` of an edge is ``-log10(1 - percentile / 100)``, as communities and centralities use it. ``partition`` is
    the id of the partition whose communities the nodes bear; None without.
    """

    coins: int
    partition: str | None
    node_columns: list[Column]
    edge_columns: list[Column]
    nodes: Iterator[Node]
    edges: Iterator[Edge]


def read_network(db: Database, slug: str, face: str = "both") -> Network:
    """Metadata columns keep their names, but for those that mean something else here, which get ``metadata_`` before
    them. Raises `NoEdges`.
    """
    layer = LAYERS[face]
    probe = f"MATCH (:{layer.label})-[r:{layer.relationship}]->(:{layer.label}) WHERE r.space = $space RETURN 1 LIMIT 1"
    if not db.read(probe, space=slug):
        raise NoEdges(f"the space {slug} has no {layer.relationship} edges", space=slug)
    label = "Side" if face == "both" else layer.label
    ids = db.read(COINS.format(label=label), source=f"source_{slug}")[0]["ids"]
    partition = latest(db, slug, face)
    known = _columns(db)
    columns = [*OWN_COLUMNS, *(Column(f"metadata_{c.name}" if c.name in TAKEN else c.name, c.kind) for c in known)]
    nodes = _nodes(db, slug, layer, ids, [column.name for column in known], partition)
    edge_columns = EDGE_COLUMNS[layer.relationship]
    return Network(len(ids), partition, columns, edge_columns, nodes, _edges(db, slug, layer, ids))


def _columns(db: Database) -> list[Column]:
    """The metadata that any coin has, entities (mints, findspots, ...) included, by name."""
    columns = {row["name"]: Column(row["name"], _kind(row["kinds"])) for row in db.read(COLUMNS)}
    used = db.read(ENTITY_COLUMNS, relationships=[r for _, r in ENTITIES.values()])[0]["found"]
    columns |= {name: Column(name, "string") for name, (_, relationship) in ENTITIES.items() if relationship in used}
    return [columns[name] for name in sorted(columns)]


def _kind(kinds: Sequence[str]) -> str:
    """The GraphML type that holds all of some Cypher types."""
    wanted = {KINDS.get(kind, "string") for kind in kinds if kind != "NULL"}
    if wanted == {"long", "double"}:
        return "double"
    return wanted.pop() if len(wanted) == 1 else "string"


def _nodes(
    db: Database, slug: str, layer: Layer, ids: Sequence[str], columns: list[str], partition: str | None
) -> Iterator[Node]:
    whose = "WITH place, c, c AS n" if layer.face == "both" else f"MATCH (c)-[:HAS_SIDE]->(n:{layer.label})"
    entities = "|".join(relationship for _, relationship in ENTITIES.values())
    query = NODES.format(holder=whose, type=TYPE_OF, entities=entities)
    measures = [f"{measure}_{slug}" for measure in MEASURES]
    column_of = {relationship: column for column, (_, relationship) in ENTITIES.items()}
    pages = batches(tracked(ids, "coins", "coin"), PAGE)
    for page in pages:
        for row in db.read(query, ids=page, columns=columns, measures=measures, partition=partition):
            community = int(row["community"].rpartition("/")[2]) if row["community"] else None
            metadata = dict(zip(columns, row["columns"], strict=True))
            metadata |= {column_of[relationship]: name for relationship, name in row["entities"]}
            own = [row["collection"], row["type"], community, *row["measures"], row["obverse"], row["reverse"]]
            yield Node(row["id"], row["name"], [*own, *metadata.values()])


def _edges(db: Database, slug: str, layer: Layer, ids: Sequence[str]) -> Iterator[Edge]:
    faces = [layer.face] if layer.face in FACES else list(FACES)
    pairs = max((n for n in db.read(PAIRS, space=slug, faces=faces)[0]["pairs"] if n), default=1)
    ending = "" if layer.face == "both" else f"/{layer.face}"
    query = EDGES.format(
        label=layer.label, relationship=layer.relationship, weight=weight_cypher(f"r.{layer.strength}", "$step")
    )
    keys = [column.name for column in EDGE_COLUMNS[layer.relationship]]
    known = set(ids)
    for page in batches(tracked(ids, "edges", "coin"), PAGE):
        from_ids = [id_ + ending for id_ in page]
        for row in db.stream(query, ids=from_ids, space=slug, keys=keys, step=resolution(pairs)):
            source, target = row["source"].removesuffix(ending), row["target"].removesuffix(ending)
            if target in known:
                yield Edge(source, target, row["weight"], row["values"])
