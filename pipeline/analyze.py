"""Communities and central coins."""

from collections.abc import Sequence
from dataclasses import asdict, replace

from graph.centrality import centralities
from graph.communities import AnalysisResult, result_of, store_partition
from graph.connection import Database
from graph.detection import Options, detect
from graph.projection import projected
from graph.runs import step
from graph.scope import find_scope
from graph.spaces import find_space


def analyze(
    db: Database,
    *,
    space: str | None = None,
    face: str = "both",
    algorithm: str = "leiden",
    percentile: float | None = None,
    resolution: float | None = None,
    seed: int | None = None,
    collections: Sequence[str] = (),
) -> AnalysisResult:
    """Find communities and central coins of a space (its name or slug; else the default space).

    With ``collections`` their coins only, by the edges between these; the partition remembers it. Raises `BadOption`
    for an option that the algorithm does not have, `NoEdges` where nothing was linked, `NoCollection`.
    """
    options = Options(algorithm, face, percentile, resolution, seed).completed()
    scope = find_scope(db, collections)
    options = replace(options, collections=tuple(scope.chosen))
    slug = find_space(db, space).slug
    with step(db, "analyze", space=slug, **asdict(options)) as run:
        with projected(db, slug, face, percentile, algorithm == "hdbscan", scope) as projection:
            detection = detect(db, projection, options)
            measures, ways = centralities(db, projection)
        store_partition(db, projection, options, detection, measures, run)
        result = result_of(projection, options, detection, ways)
        run.notes |= {"threshold": result.chosen, **ways}
    return result
