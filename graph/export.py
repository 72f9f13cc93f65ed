"""The network of a space as GraphML (Gephi, Cytoscape, networkx, igraph) or as two CSV tables (Gephi, pandas).

Nodes are coins, with all that is known of them; edges are `RELATED`, or the `SIMILAR` of one face. Both are read and
written a page at a time, in the order of the coins' ids: a graph of any size takes the same memory, and the same graph
gives the same files.
"""

import csv
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from tqdm import tqdm

from graph.centrality import MEASURES
from graph.communities import latest
from graph.connection import Database, batches
from graph.percentiles import resolution, weight_cypher
from graph.projection import LAYERS, Layer, NoEdges
from graph.spaces import find_space
from graph.types import TYPE_OF
from graph.vector_files import whole
from ingest.records import ENTITIES, FACES

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
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


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


@dataclass(frozen=True)
class GraphFiles:
    """What was written. ``partition`` is the id of the partition whose communities the nodes bear; None without."""

    nodes: int
    edges: int
    partition: str | None
    files: list[Path]


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


def export_graph(db: Database, space: str | None, out: Path, face: str = "both", as_csv: bool = False) -> GraphFiles:
    """Write the network of a space (name or slug) to the file ``out``, or as nodes.csv and edges.csv to that folder.

    ``weight`` is ``-log10(1 - percentile / 100)``, as communities and centralities use it. Metadata columns keep their
    names, but for those that mean something else here, which get ``metadata_`` before them. Raises `UnknownSpace`,
    `NoEdges`.
    """
    slug, layer = find_space(db, space).slug, LAYERS[face]
    probe = f"MATCH (:{layer.label})-[r:{layer.relationship}]->(:{layer.label}) WHERE r.space = $space RETURN 1 LIMIT 1"
    if not db.read(probe, space=slug):
        raise NoEdges(f"the space {slug} has no {layer.relationship} edges; run `coingraph link --space {slug}` first")
    label = "Side" if face == "both" else layer.label
    ids = db.read(COINS.format(label=label), source=f"source_{slug}")[0]["ids"]
    partition = latest(db, slug, face)
    known = _columns(db)
    columns = [*OWN_COLUMNS, *(Column(f"metadata_{c.name}" if c.name in TAKEN else c.name, c.kind) for c in known)]
    nodes = _nodes(db, slug, layer, ids, [column.name for column in known], partition)
    edges = _Counted(_edges(db, slug, layer, ids))
    if as_csv:
        files = write_csv(out, nodes, columns, edges, EDGE_COLUMNS[layer.relationship])
    else:
        files = write_graphml(out, nodes, columns, edges, EDGE_COLUMNS[layer.relationship])
    return GraphFiles(len(ids), edges.number, partition, files)


class _Counted:
    """Edges that are counted as they pass."""

    def __init__(self, edges: Iterator[Edge]):
        self.edges, self.number = edges, 0

    def __iter__(self) -> Iterator[Edge]:
        for edge in self.edges:
            self.number += 1
            yield edge


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
    pages = batches(tqdm(ids, "coins", disable=None, unit="coin", leave=False), PAGE)
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
    for page in batches(tqdm(ids, "edges", disable=None, unit="coin", leave=False), PAGE):
        from_ids = [id_ + ending for id_ in page]
        for row in db.stream(query, ids=from_ids, space=slug, keys=keys, step=resolution(pairs)):
            source, target = row["source"].removesuffix(ending), row["target"].removesuffix(ending)
            if target in known:
                yield Edge(source, target, row["weight"], row["values"])


def write_csv(
    folder: Path, nodes: Iterable[Node], columns: Sequence[Column], edges: Iterable[Edge], of_edges: Sequence[Column]
) -> list[Path]:
    """Write nodes.csv and edges.csv (UTF-8) with the headings that Gephi takes; the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "nodes.csv", folder / "edges.csv"]
    with whole(paths[0]) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Id", "Label", *(column.name for column in columns)])
        writer.writerows([node.id, node.label, *map(_cell, node.values)] for node in nodes)
    with whole(paths[1]) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Source", "Target", "Type", "Weight", *(column.name for column in of_edges)])
        writer.writerows([e.source, e.target, "Undirected", e.weight, *map(_cell, e.values)] for e in edges)
    return paths


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_graphml(
    path: Path, nodes: Iterable[Node], columns: Sequence[Column], edges: Iterable[Edge], of_edges: Sequence[Column]
) -> list[Path]:
    """Write one GraphML file; what is not known of a node or an edge is left out. The path, in a list.

    Format: http://graphml.graphdrawing.org/specification.html
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    of_nodes = [Column("label", "string"), *columns]
    of_edges = [Column("weight", "double"), *of_edges]
    with whole(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="\n") as file:
        file.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"'
            ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation='
            '"http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n'
        )
        for domain, some in (("node", of_nodes), ("edge", of_edges)):
            for place, column in enumerate(some):
                name = _attribute(column.name)
                file.write(f'  <key id="{domain[0]}{place}" for="{domain}" attr.name="{name}"')
                file.write(f' attr.type="{column.kind}"/>\n')
        file.write('  <graph id="coins" edgedefault="undirected">\n')
        for node in nodes:
            data = _data("n", of_nodes, [node.label, *node.values])
            file.write(f'    <node id="{_attribute(node.id)}">{data}</node>\n')
        for edge in edges:
            ends = f'source="{_attribute(edge.source)}" target="{_attribute(edge.target)}"'
            file.write(f"    <edge {ends}>{_data('e', of_edges, [edge.weight, *edge.values])}</edge>\n")
        file.write("  </graph>\n</graphml>\n")
    return [path]


def _data(domain: str, columns: Sequence[Column], values: Sequence[Any]) -> str:
    known = ((place, value) for place, value in enumerate(values) if value is not None)
    return "".join(f'<data key="{domain}{place}">{_text(_xml(value))}</data>' for place, value in known)


def _xml(value: Any) -> str:
    """As XML Schema writes it."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("INF" if value > 0 else "-INF")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _text(text: str) -> str:
    return escape(NOT_XML.sub("\ufffd", text), {"\r": "&#13;"})


def _attribute(text: str) -> str:
    return escape(NOT_XML.sub("\ufffd", text), {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
