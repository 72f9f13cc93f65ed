"""The part of the graph that an analysis looks at, projected into the Graph Data Science library and always dropped."""

import math
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import getpid
from typing import TYPE_CHECKING, Any

from errors import CoingraphError
from graph.connection import Database
from graph.scope import Scope, find_scope, of_collections
from ingest.records import FACES
from measure.neighbours import resolution

if TYPE_CHECKING:
    from graphdatascience.graph.graph_api import Graph

#: The automatic threshold keeps this many edges a coin, counted over all coins. docs/analysis.md shows what other
#: numbers do.
EDGES_PER_COIN = 5


class NoEdges(CoingraphError):
    """There is nothing to analyse: no edges of this space, or none above the threshold."""


@dataclass(frozen=True)
class Layer:
    """What an analysis looks at: coins by what both sides say, or the sides of one face.

    ``strength`` is the property of the relationship that holds its percentile (0 to 100); ``seen`` tells which nodes
    have a vector in the space (Cypher over ``n`` and ``$source``).
    """

    face: str
    label: str
    relationship: str
    strength: str
    seen: str

    @property
    def nodes(self) -> str:
        return f"MATCH (n:{self.label}) WHERE {self.seen} AND {of_collections('n')}"

    @property
    def within(self) -> str:
        """The condition that both ends of an edge (a)-[r]->(b) are of ``$collections``."""
        return f"{of_collections('a')} AND {of_collections('b')}"

    @property
    def edges(self) -> str:
        return (
            f"MATCH (a:{self.label})-[r:{self.relationship}]->(b:{self.label}) "
            f"WHERE r.space = $space AND r.{self.strength} >= $percentile AND {self.within}"
        )


LAYERS = {
    "both": Layer(
        "both", "Coin", "RELATED", "score", "EXISTS { (n)-[:HAS_SIDE]->(s:Side) WHERE s[$source] IS NOT NULL }"
    ),
    "obverse": Layer("obverse", "Obverse", "SIMILAR", "percentile", "n[$source] IS NOT NULL"),
    "reverse": Layer("reverse", "Reverse", "SIMILAR", "percentile", "n[$source] IS NOT NULL"),
}

# Nodes first, so that those without an edge are part of the graph too; both parts ordered by the project's own ids, so
# that a graph written in another order gives the same result.
PROJECT = """
CALL () {{
  {nodes}
  WITH n ORDER BY n.id
  RETURN n AS source, null AS target, null AS weight, $within AS kind{vector}
  UNION ALL
  {edges}
  WITH a, b, r ORDER BY r.key
  RETURN a AS source, b AS target, {weight} AS weight, {kind} AS kind{no_vector}
}}
RETURN gds.graph.project($graph, source, target,
  {{relationshipType: kind, relationshipProperties: {{weight: weight}}{properties}}},
  {{undirectedRelationshipTypes: ['*']}})
"""

#: Relationships of a projection: those that detection goes by, and those between communities of a coarser partition.
WITHIN, BETWEEN = "WITHIN", "BETWEEN"
KIND = """CASE WHEN $coarse = '' OR EXISTS {
    (a)-[:MEMBER_OF]->(c:Community)<-[:MEMBER_OF]-(b) WHERE c.id STARTS WITH $coarse
  } THEN $within ELSE $between END"""

# GDS measures Euclidean distances; between vectors of length one these order pairs as their cosines do.
UNIT_VECTOR = "[x IN n[$vector] | x / sqrt(reduce(sum = 0.0, y IN n[$vector] | sum + y * y))]"

STRENGTH_AT = """
MATCH (a:{label})-[r:{relationship}]->(b:{label}) WHERE r.space = $space AND {within}
WITH r.{strength} AS strength ORDER BY strength DESC
WITH collect(strength) AS ranked
RETURN size(ranked) AS edges, ranked[0] AS highest,
       ranked[CASE WHEN size(ranked) < $wanted THEN size(ranked) ELSE $wanted END - 1] AS at
"""

# The pairs that the percentiles were counted from; all pairs of the nodes where the space does not say.
COUNT = """
{nodes}
WITH count(n) AS nodes
OPTIONAL MATCH (space:Space {{slug: $space}})
RETURN nodes, [face IN $faces | space['pairs_' + face]] AS pairs
"""


@dataclass(frozen=True)
class Projection:
    """A projected graph. ``percentile`` is the threshold that was used, ``automatic`` whether it was chosen here.

    ``pairs`` is the number of pairs that the percentiles were counted from."""

    graph: "Graph"
    layer: Layer
    slug: str
    percentile: float
    automatic: bool
    nodes: int
    edges: int
    scope: Scope
    pairs: int


@contextmanager
def projected(
    db: Database,
    slug: str,
    face: str,
    percentile: float | None = None,
    vectors: bool = False,
    scope: Scope | None = None,
    coarse: str | None = None,
) -> Iterator[Projection]:
    """Project the nodes of a space and their edges at or above ``percentile``; dropped whatever happens.

    Of a ``scope`` only its coins, or their sides, and the edges between these. Edges that leave a community of the
    partition ``coarse`` (its id) are of the type `BETWEEN`, all others `WITHIN`.

    The projection is undirected; its relationships carry ``weight`` = -log10(1 - percentile/100), and with ``vectors``
    its nodes carry ``vector``, of length one. Without ``percentile`` the threshold keeps `EDGES_PER_COIN`. Raises
    `NoEdges`.
    """
    layer = LAYERS[face]
    scope = scope or find_scope(db)
    if percentile is None:
        threshold = automatic_percentile(db, slug, face, collections=scope.chosen)
    else:
        threshold = _checked(db, slug, layer, percentile, scope.chosen)
    _, pairs = _count(db, slug, layer, scope.chosen)
    name = _name(slug, face)
    query = PROJECT.format(
        nodes=layer.nodes,
        edges=layer.edges,
        weight=weight_cypher(f"r.{layer.strength}", "$step"),
        kind=KIND,
        vector=f", {UNIT_VECTOR} AS vector" if vectors else "",
        no_vector=", null AS vector" if vectors else "",
        properties=", sourceNodeProperties: {vector: vector}, targetNodeProperties: {}" if vectors else "",
    )
    parameters = {"space": slug, "source": f"source_{slug}", "percentile": threshold, "step": resolution(pairs)}
    parameters |= {"collections": scope.chosen, "coarse": f"{coarse}/" if coarse else ""}
    parameters |= {"within": WITHIN, "between": BETWEEN}
    if vectors:
        parameters["vector"] = f"vector_{slug}"
    _drop_leftovers(db)
    try:
        with db.explained():
            graph, result = db.gds.graph.project.cypher(query, graph=name, **parameters)
        edges = result.relationship_count // 2
        yield Projection(graph, layer, slug, threshold, percentile is None, result.node_count, edges, scope, pairs)
    finally:
        _drop(db, name)


def automatic_percentile(
    db: Database, slug: str, face: str, edges_per_coin: float = EDGES_PER_COIN, collections: Sequence[str] = ()
) -> float:
    """The threshold that leaves so many edges a coin, on average over all coins of the space (or sides of a face).

    With ``collections`` their coins and the edges between these are counted. Rounded down to four significant digits
    of its distance from 100, so that the number that is shown can be given back as ``--percentile`` and selects the
    same edges. Raises `NoEdges` where nothing was linked.
    """
    layer = LAYERS[face]
    nodes, _ = _count(db, slug, layer, collections)
    return round_down(_strengths(db, slug, layer, collections, math.ceil(nodes * edges_per_coin / 2))["at"])


def _checked(db: Database, slug: str, layer: Layer, percentile: float, collections: Sequence[str]) -> float:
    found = _strengths(db, slug, layer, collections)
    if percentile > found["highest"]:
        raise NoEdges(
            f"none of the {found['edges']} {layer.relationship} edges of the space {slug} lies at or above percentile "
            f"{percentile:g} (the highest: {found['highest']:.6g}); give a lower --percentile"
        )
    return percentile


def _strengths(db: Database, slug: str, layer: Layer, collections: Sequence[str], wanted: int = 1) -> dict[str, Any]:
    """Number of ``edges``, the ``highest`` percentile of one, and that ``at`` the wanted place from above."""
    query = STRENGTH_AT.format(
        label=layer.label, relationship=layer.relationship, strength=layer.strength, within=layer.within
    )
    found = db.read(query, space=slug, wanted=max(1, wanted), collections=list(collections))[0]
    if not found["edges"]:
        among = f" among the coins of {' and '.join(collections)}" if collections else ""
        raise NoEdges(f"the space {slug} has no {layer.relationship} edges{among}", space=slug)
    return found


def _count(db: Database, slug: str, layer: Layer, collections: Sequence[str]) -> tuple[int, int]:
    """Nodes of the layer, and the pairs that stand behind its percentiles."""
    faces = list(FACES) if layer.face == "both" else [layer.face]
    query, asked = COUNT.format(nodes=layer.nodes), {"source": f"source_{slug}", "collections": list(collections)}
    found = db.read(query, space=slug, faces=faces, **asked)[0]
    nodes = found["nodes"]
    return nodes, max((pairs for pairs in found["pairs"] if pairs), default=nodes * (nodes - 1) // 2)


def round_down(percentile: float) -> float:
    """The next lower percentile whose distance from 100 has four significant digits."""
    rest = 100 - percentile
    if rest <= 0:
        return 100.0
    unit = 10.0 ** (math.floor(math.log10(rest)) - 3)
    return max(0.0, round(100 - math.ceil(rest / unit - 1e-9) * unit, 12))


def weight_cypher(percentile: str, step: str) -> str:
    """`measure.neighbours.weight` in Cypher, of two expressions: a percentile or score, and the pairs' `resolution`."""
    share = f"(1.0 - {percentile} / 100.0)"
    return f"-log10(CASE WHEN {share} < {step} THEN {step} WHEN {share} > 1 - {step} THEN 1 - {step} ELSE {share} END)"


def _name(slug: str, face: str) -> str:
    return f"{_prefix()}{getpid()}-{slug}-{face}"


def _prefix() -> str:
    return f"coingraph-{socket.gethostname()}-"


def _drop_leftovers(db: Database) -> None:
    """Projections that a killed process of this machine left behind: only one process at a time is at work."""
    with db.explained():
        for graph in db.gds.graph.list():
            if graph.graph_name.startswith(_prefix()):
                _drop(db, graph.graph_name)


def _drop(db: Database, name: str) -> None:
    with db.explained():
        db.gds.graph.drop(name, fail_if_missing=False)
