"""Which coins (or sides) are central: five measures by Graph Data Science, kept as properties named after the space.

PageRank, degree and eigenvector weigh the edges; betweenness and closeness count steps. One thread each, so that sums
of floating-point numbers come out the same in every run.
"""

from graph.connection import Database
from graph.projection import Layer, Projection

MEASURES = ("pagerank", "degree", "eigenvector", "betweenness", "closeness")

#: Above so many nodes betweenness is estimated from some sources (all sources of 20,000 coins take minutes, each of
#: 100,000 coins a tenth of a second), and closeness is left out.
BETWEENNESS_UP_TO = 5_000
BETWEENNESS_SOURCES = 300
CLOSENESS_UP_TO = 20_000

FORGET = """
MATCH (n:{label}) WHERE n.{name} IS NOT NULL AND ({which})
CALL (n) {{ REMOVE n.{name} }} IN TRANSACTIONS OF 10000 ROWS
"""


def write_centralities(db: Database, projection: Projection, seed: int = 1) -> dict[str, str]:
    """Store the measures on the nodes of a projection as ``pagerank_<slug>`` …; how each was computed, by name.

    The ways are ``exact``, ``estimated from 300 of 20000 coins`` and ``left out above 20000 coins``. ``seed`` chooses
    the sources. Values of an earlier analysis are replaced, or removed where they are not computed any more.

    ``degree`` is the sum of the weights; ``betweenness`` is not normalised; ``closeness`` is Wasserman's and Faust's,
    which compares nodes of separate parts of the graph.
    """
    gds, graph, slug = db.gds, projection.graph, projection.slug
    ways = _ways(projection)
    sampled, left_out = ways["betweenness"] != "exact", ways["closeness"] != "exact"
    with db.explained():
        gds.page_rank.write(
            graph, f"pagerank_{slug}", max_iterations=100, relationship_weight_property="weight", concurrency=1
        )
        gds.degree.write(graph, f"degree_{slug}", relationship_weight_property="weight", concurrency=1)
        gds.eigenvector.write(
            graph, f"eigenvector_{slug}", max_iterations=100, relationship_weight_property="weight", concurrency=1
        )
        gds.betweenness.write(
            graph,
            f"betweenness_{slug}",
            concurrency=1,
            sampling_size=BETWEENNESS_SOURCES if sampled else None,
            sampling_seed=seed if sampled else None,
        )
        if not left_out:
            gds.closeness.write(graph, f"closeness_{slug}", use_wasserman_faust=True, concurrency=1)
    for measure in MEASURES:
        gone = measure == "closeness" and left_out
        _forget(db, projection.layer, measure, slug, "true" if gone else f"NOT ({projection.layer.seen})")
    return ways


def _ways(projection: Projection) -> dict[str, str]:
    ways = dict.fromkeys(MEASURES, "exact")
    what = "coins" if projection.layer.face == "both" else "sides"
    if projection.nodes > BETWEENNESS_UP_TO:
        ways["betweenness"] = f"estimated from {BETWEENNESS_SOURCES} of {projection.nodes} {what}"
    if projection.nodes > CLOSENESS_UP_TO:
        ways["closeness"] = f"left out above {CLOSENESS_UP_TO} {what}"
    return ways


def remove_centralities(db: Database, layer: Layer, slug: str) -> None:
    """Take the measures of a space off the coins, or off the sides of one face."""
    for measure in MEASURES:
        _forget(db, layer, measure, slug, "true")


def _forget(db: Database, layer: Layer, measure: str, slug: str, which: str) -> None:
    query = FORGET.format(label=layer.label, name=f"{measure}_{slug}", which=which)
    db.run_alone(query, source=f"source_{slug}")
