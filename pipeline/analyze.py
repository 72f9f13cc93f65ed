"""Communities and central coins."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from graph.centrality import centralities
from graph.communities import AnalysisResult, coarser_id, result_of, store_partition
from graph.connection import Database
from graph.detection import Options, detect, network_of
from graph.projection import projected
from graph.runs import step
from graph.scope import find_scope
from graph.spaces import find_space
from measure import levels
from measure.levels import Level


@dataclass(frozen=True)
class Levels:
    """Communities at two levels. ``finer`` lie each in one of the ``coarse``; None where none hold that are finer.

    ``coarse_level`` and ``fine_level`` are how the resolutions were chosen.
    """

    coarse: AnalysisResult
    finer: AnalysisResult | None
    coarse_level: Level
    fine_level: Level


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
    return _analyze(db, space, Options(algorithm, face, percentile, resolution, seed, tuple(collections)))


def analyze_levels(
    db: Database,
    *,
    space: str | None = None,
    face: str = "both",
    percentile: float | None = None,
    seed: int | None = None,
    collections: Sequence[str] = (),
) -> Levels:
    """Find communities at two levels, coarse and fine, whose resolutions `measure.levels` chooses without labels.

    Each is a partition of its own, and the coarse one is what questions go by where none is named. Fine communities
    go when the coarse ones are found anew. Raises what `analyze` raises.
    """
    options = Options(face=face, percentile=percentile, seed=seed, collections=tuple(collections))
    scope = find_scope(db, collections)
    with projected(db, find_space(db, space).slug, face, percentile, scope=scope) as projection:
        network = network_of(db, projection)
    coarse, fine = levels.choose(network, 1 if seed is None else seed)
    found = _analyze(db, space, replace(options, resolution=coarse.resolution))
    if fine.resolution == coarse.resolution:
        return Levels(found, None, coarse, fine)
    finer = _analyze(db, space, replace(options, resolution=fine.resolution, within=coarse.resolution))
    return Levels(found, finer, coarse, fine)


def _analyze(db: Database, space: str | None, options: Options) -> AnalysisResult:
    options = options.completed()
    scope = find_scope(db, options.collections)
    options = replace(options, collections=tuple(scope.chosen))
    slug = find_space(db, space).slug
    by_vectors = options.algorithm == "hdbscan"
    with step(db, "analyze", space=slug, **asdict(options)) as run:
        coarser = coarser_id(slug, options)
        with projected(db, slug, options.face, options.percentile, by_vectors, scope, coarser) as projection:
            detection = detect(db, projection, options)
            measures, ways = centralities(db, projection)
        store_partition(db, projection, options, detection, measures, run)
        result = result_of(projection, options, detection, ways)
        run.notes |= {"threshold": result.chosen, **ways}
    return result
