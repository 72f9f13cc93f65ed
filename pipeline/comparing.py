"""Spaces beside each other."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from errors import CoingraphError

if TYPE_CHECKING:
    from graph.connection import Database
    from measure.comparison import Comparison


class SameSpace(CoingraphError):
    """A space that is to be compared with itself."""


def compare(
    db: "Database",
    spaces: Sequence[str],
    *,
    face: str = "both",
    threshold: Sequence[float] = (),
    percentile: Sequence[float] = (),
    metric: str = "cosine",
) -> "Comparison":
    """Measure spaces (names or slugs) beside each other; writes nothing.

    Without a ``threshold`` or ``percentile`` the networks of the closest 1 % and 0.1 % of all pairs are shown. Raises
    `SameSpace`, and what `graph.compare_data.read_space` and `measure.comparison.compare` raise.
    """
    from graph.compare_data import read_space
    from graph.evaluation_data import past_evaluations
    from graph.spaces import find_space
    from measure.comparison import PastEvaluation
    from measure.comparison import compare as measure

    slugs = [find_space(db, name).slug for name in spaces]
    if twice := next((name for name, slug in zip(spaces, slugs, strict=True) if slugs.count(slug) > 1), None):
        raise SameSpace(f"{twice} is named twice: give each space once")
    if not threshold and not percentile:
        percentile = (99.0, 99.9)
    read = [read_space(db, slug, face) for slug in slugs]
    found = measure(read, threshold, percentile, metric)
    for space in read:
        found.evaluations.extend(PastEvaluation.of(run, space.name) for run in past_evaluations(db, space.slug))
    return found
