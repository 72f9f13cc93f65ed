"""The network of a space as GraphML (Gephi, Cytoscape, networkx, igraph) or as two CSV tables (Gephi, pandas).

The same graph gives the same files.
"""

import csv
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from graph.connection import Database
from graph.network import Column, Edge, Node, read_network
from graph.spaces import find_space
from ingest.files import whole

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class GraphFiles:
    """What was written. ``partition`` is the id of the partition whose communities the nodes bear; None without."""

    nodes: int
    edges: int
    partition: str | None
    files: list[Path]


def export_graph(db: Database, space: str | None, out: Path, face: str = "both", as_csv: bool = False) -> GraphFiles:
    """Write the network of a space (name or slug) to the file ``out``, or as nodes.csv and edges.csv to that folder.

    Raises `UnknownSpace`, `NoEdges`.
    """
    network = read_network(db, find_space(db, space).slug, face)
    edges = _Counted(network.edges)
    write = write_csv if as_csv else write_graphml
    files = write(out, network.nodes, network.node_columns, edges, network.edge_columns)
    return GraphFiles(network.coins, edges.number, network.partition, files)


class _Counted:
    """Edges that are counted as they pass."""

    def __init__(self, edges: Iterator[Edge]):
        self.edges, self.number = edges, 0

    def __iter__(self) -> Iterator[Edge]:
        for edge in self.edges:
            self.number += 1
            yield edge


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
