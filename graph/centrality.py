"""Which coins (or sides) are central: five measures by Graph Data Science, kept as properties named after the space.

PageRank, degree and eigenvector weigh the edges; betweenness and closeness count steps. One thread each, so that sums
of floating-point numbers come out the same in every run.
"""

from graph.connection import Database
from graph.projection import Layer, Projection

MEASURES = ("pagerank", "degree", "eigenvector", "betweenness", "closeness")

#: Above this many nodes betweenness is estimated from this many sources, and closeness is left out.
EXACT_UP_TO = 5_000
SAMPLED_SOURCES = 200

FORGET = """
MATCH (n:{label}) WHERE n.{name} IS NOT NULL AND ({which})
CALL (n) {{ REMOVE n.{name} }} IN TRANSACTIONS OF 10000 ROWS
"""


def write_centralities(db: Database, projection: Projection, seed: int = 1) -> dict[str, str]:
    """Store the measures on the nodes of a projection as ``pagerank_<slug>`` …; how each was computed, by name.

    The ways are ``exact``, ``estimated from 200 of 20000 coins`` and ``left out above 5000 coins``. ``seed`` chooses
    the sources. Values of an earlier analysis are replaced, or removed where they are not computed any more.

    ``degree`` is the sum of the weights; ``betweenness`` is not normalised; ``closeness`` is Wasserman's and Faust's,
    which compares nodes of separate parts of the graph.
    """
    gds, graph, slug = db.gds, projection.graph, projection.slug
    small = projection.nodes <= EXACT_UP_TO
    ways = dict.fromkeys(MEASURES, "exact")
    if not small:
        what = "coins" if projection.layer.face == "both" else "sides"
        ways["betweenness"] = f"estimated from {SAMPLED_SOURCES} of {projection.nodes} {what}"
        ways["closeness"] = f"left out above {EXACT_UP_TO} {what}"
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
            sampling_size=None if small else SAMPLED_SOURCES,
            sampling_seed=None if small else seed,
        )
        if small:
            gds.closeness.write(graph, f"closeness_{slug}", use_wasserman_faust=True, concurrency=1)
    for measure in MEASURES:
        left_out = ways[measure].startswith("left out")
        _forget(db, projection.layer, measure, slug, "true" if left_out else f"NOT ({projection.layer.seen})")
    return ways


def remove_centralities(db: Database, layer: Layer, slug: str) -> None:
    """Take the measures of a space off the coins, or off the sides of one face."""
    for measure in MEASURES:
        _forget(db, layer, measure, slug, "true")


def _forget(db: Database, layer: Layer, measure: str, slug: str, which: str) -> None:
    query = FORGET.format(label=layer.label, name=f"{measure}_{slug}", which=which)
    db.run_alone(query, source=f"source_{slug}")
