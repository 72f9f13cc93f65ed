"""Which coins (or sides) are central: five measures by Graph Data Science, kept as properties named after the space.

PageRank, degree and eigenvector weigh the edges; betweenness and closeness count steps. One thread each, so that sums
of floating-point numbers come out the same in every run.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from graph.connection import Database, Transaction
from graph.projection import Layer, Projection
from graph.scope import of_collections

if TYPE_CHECKING:
    import pandas as pd

MEASURES = ("pagerank", "degree", "eigenvector", "betweenness", "closeness")

#: Above so many nodes betweenness is estimated from some sources (all sources of 20,000 coins take minutes, each of
#: 100,000 coins a tenth of a second), and closeness is left out.
BETWEENNESS_UP_TO = 5_000
BETWEENNESS_SOURCES = 300
CLOSENESS_UP_TO = 20_000

WRITE = """
UNWIND $rows AS row
MATCH (n:{label} {{id: row[0]}})
FOREACH (place IN range(0, size($names) - 1) | SET n[$names[place]] = row[place + 1])
"""
FORGET = "MATCH (n:{label}) WHERE n[$name] IS NOT NULL AND {within} SET n[$name] = null"


def centralities(db: Database, projection: Projection, seed: int = 1) -> "tuple[pd.DataFrame, dict[str, str]]":
    """The measures of the nodes of a projection, a column each beside their ``id``; how each was computed, by name.

    The ways are ``exact``, ``estimated from 300 of 20000 coins`` and ``left out above 20000 coins``. ``seed`` chooses
    the sources.

    ``degree`` is the sum of the weights; ``betweenness`` is not normalised; ``closeness`` is Wasserman's and Faust's,
    which compares nodes of separate parts of the graph.
    """
    gds, graph = db.gds, projection.graph
    ways = _ways(projection)
    sampled, left_out = ways["betweenness"] != "exact", ways["closeness"] != "exact"
    with db.explained():
        gds.page_rank.mutate(
            graph, "pagerank", max_iterations=100, relationship_weight_property="weight", concurrency=1
        )
        gds.degree.mutate(graph, "degree", relationship_weight_property="weight", concurrency=1)
        gds.eigenvector.mutate(
            graph, "eigenvector", max_iterations=100, relationship_weight_property="weight", concurrency=1
        )
        gds.betweenness.mutate(
            graph,
            "betweenness",
            concurrency=1,
            sampling_size=BETWEENNESS_SOURCES if sampled else None,
            sampling_seed=seed if sampled else None,
        )
        if not left_out:
            gds.closeness.mutate(graph, "closeness", use_wasserman_faust=True, concurrency=1)
        measured = [measure for measure in MEASURES if not (measure == "closeness" and left_out)]
        found = gds.graph.node_properties.stream(graph, measured, db_node_properties=["id"])
    return found[["id", *measured]], ways


def store_centralities(tx: Transaction, projection: Projection, found: "pd.DataFrame") -> None:
    """Put the measures on the nodes as ``pagerank_<slug>`` …, in place of those of an earlier analysis of theirs."""
    forget_centralities(tx, projection.layer, projection.slug, projection.scope.chosen)
    names = [f"{measure}_{projection.slug}" for measure in found.columns[1:]]
    query = WRITE.format(label=projection.layer.label)
    tx.write_batches(query, found.itertuples(index=False, name=None), names=names)


def _ways(projection: Projection) -> dict[str, str]:
    ways = dict.fromkeys(MEASURES, "exact")
    what = "coins" if projection.layer.face == "both" else "sides"
    if projection.nodes > BETWEENNESS_UP_TO:
        ways["betweenness"] = f"estimated from {BETWEENNESS_SOURCES} of {projection.nodes} {what}"
    if projection.nodes > CLOSENESS_UP_TO:
        ways["closeness"] = f"left out above {CLOSENESS_UP_TO} {what}"
    return ways


def forget_centralities(tx: Transaction, layer: Layer, slug: str, collections: Sequence[str] = ()) -> None:
    """Take the measures of a space off the coins, or off the sides of one face; of ``collections`` or of all."""
    query = FORGET.format(label=layer.label, within=of_collections("n"))
    for measure in MEASURES:
        tx.write(query, name=f"{measure}_{slug}", collections=list(collections))
