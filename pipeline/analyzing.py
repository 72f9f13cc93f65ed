"""Communities and central coins."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from graph.lock import exclusive

if TYPE_CHECKING:
    from graph.communities import AnalysisResult
    from graph.connection import Database


def analyze(
    db: "Database",
    *,
    space: str | None = None,
    face: str = "both",
    algorithm: str = "leiden",
    percentile: float | None = None,
    resolution: float | None = None,
    seed: int | None = None,
) -> "AnalysisResult":
    """Find communities and central coins of a space (its name or slug; else the default space).

    Raises `BadOption` for an option that the algorithm does not have, `NoEdges` where nothing was linked.
    """
    from graph.centrality import centralities
    from graph.communities import result_of, store_partition
    from graph.detection import Options, detect
    from graph.projection import projected
    from graph.runs import recorded
    from graph.spaces import find_space

    options = Options(algorithm, face, percentile, resolution, seed).completed()
    slug = find_space(db, space).slug
    with exclusive(), recorded(db, "analyze", {"space": slug, **asdict(options)}) as run:
        with projected(db, slug, face, percentile, vectors=algorithm == "hdbscan") as projection:
            detection = detect(db, projection, options)
            measures, ways = centralities(db, projection)
        store_partition(db, projection, options, detection, measures, run)
        result = result_of(projection, options, detection, ways)
        run.notes |= {"threshold": result.chosen, **ways}
    return result


def remove_partition(db: "Database", name: str) -> None:
    """Remove a partition by its id; raises `NoPartition`."""
    from graph import communities
    from graph.runs import recorded

    with exclusive(), recorded(db, "partitions remove", {"partition": name}) as run:
        communities.remove_partition(db, name, run)
