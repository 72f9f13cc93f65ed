"""What is out of date, and which step mends it: what the graph's own marks, runs and verdicts tell of each step."""

from collections.abc import Iterator, Mapping

from embed.registry import IMPORTED, is_text_model
from graph.connection import Database
from graph.derived import COMMANDS, FUSION, sides_with_sources, stale_sides
from graph.glance import Due
from graph.last_link import count_unlinked, read_calibration
from graph.runs import CHANGED, NEW, edges_since, latest_run, maker_of, of_space
from graph.spaces import SpaceRecord, all_spaces, count_to_embed
from graph.verdicts import CORRECTING, NOT_SAME_DIE, NOT_SAME_TYPE, SAME_DIE, SAME_TYPE, TYPE, verdicts_since
from pipeline.calibrate import types_changed

#: The verdicts that `propose` and `dies` learn from. What is accepted or rejected counts at once.
OF_PROPOSALS = (TYPE, SAME_TYPE, NOT_SAME_TYPE, *CORRECTING)
OF_DIES = (SAME_DIE, NOT_SAME_DIE, *CORRECTING)


def read_due(db: Database) -> list[Due]:
    """What is out of date, in the order in which it is to be mended."""
    spaces = {space.slug: space for space in all_spaces(db)}
    found = [due for space in spaces.values() for due in _of_space(db, space, spaces)]
    return [*found, *_of_proposals(db, spaces)]


def _of_space(db: Database, space: SpaceRecord, spaces: Mapping[str, SpaceRecord]) -> Iterator[Due]:
    slug = space.slug
    if waiting := _to_embed(db, space, spaces):
        yield Due(COMMANDS.get(space.model, "embed"), "sides", waiting, slug)
    unlinked = count_unlinked(db, slug)
    if unlinked is not None:
        yield Due("link", "sides" if unlinked else "edges", unlinked, slug)
    if types_changed(db, read_calibration(db, slug)):
        yield Due("calibrate", "types", 0, slug)
    if (run := latest_run(db, "match", of_space(slug))) and (edges := edges_since(db, run[0], slug, NEW)):
        yield Due("match", "edges", edges, slug)
    if (maker := maker_of(db, "Partition", slug)) and (edges := edges_since(db, maker, slug, CHANGED)):
        yield Due("analyze", "edges", edges, slug)
    if maker := maker_of(db, "DieStudy", slug):
        if told := verdicts_since(db, maker, OF_DIES):
            yield Due("dies", "verdicts", told, slug)
        if edges := edges_since(db, maker, slug, NEW):
            yield Due("dies", "edges", edges, slug)


def _to_embed(db: Database, space: SpaceRecord, spaces: Mapping[str, SpaceRecord]) -> int:
    """Sides whose vector is not that of their picture, or of what the space was made from, of today.

    Of texts it is not known without reading all of them.
    """
    if space.sources:
        if not all(source in spaces for source in space.sources):
            return 0
        text = space.sources[1] if space.model == FUSION else None
        return len(stale_sides(sides_with_sources(db, space.sources[0], text, space.slug)))
    return 0 if is_text_model(space.model) or space.model == IMPORTED else count_to_embed(db, space.slug)


def _of_proposals(db: Database, spaces: Mapping[str, SpaceRecord]) -> Iterator[Due]:
    if run := latest_run(db, "propose", '"at_least"'):
        id, asked = run
        if told := verdicts_since(db, id, OF_PROPOSALS):
            yield Due("propose", "verdicts", told)
        slugs = [space.slug for space in spaces.values() if space.name in asked["spaces"]]
        if edges := sum(edges_since(db, id, slug, CHANGED) for slug in slugs):
            yield Due("propose", "edges", edges)
