"""Thresholds from loose to strict, and the one to take."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.connection import Database
    from graph.spaces import SpaceRecord
    from measure.swept import Sweep


def sweep(
    db: "Database",
    *,
    space: str | None = None,
    face: str = "both",
    top: int | None = 20,
    label: str | None = None,
    method: str = "information",
    steps: int = 24,
) -> "Sweep":
    """Look at the networks that thresholds would leave of the edges of `link`; writes nothing.

    ``label`` (`type`, or a property of coins) is only looked at to say how near the threshold comes to the best;
    ``method`` is one of `measure.swept.METHODS`. Raises `NoEdges` where no two coins have a face in common, and what
    `pipeline.similar.read_linkable` raises.
    """
    from graph.spaces import find_space

    return sweep_space(db, find_space(db, space), face, top, label, method, steps)


def sweep_space(
    db: "Database",
    space: "SpaceRecord",
    face: str = "both",
    top: int | None = 20,
    label: str | None = None,
    method: str = "information",
    steps: int = 24,
) -> "Sweep":
    """`sweep` of a space that was looked up."""
    from graph.evaluation_data import field_values, read_labels, told_fields
    from graph.projection import NoEdges, round_down
    from graph.properties import property_of_coins
    from measure.leaks import leak
    from measure.likeness import Likeness
    from measure.partitioning import Network
    from measure.sweep import sweep as measure
    from measure.sweep import thresholds
    from measure.swept import Sweep
    from pipeline.similar import read_linkable

    fields = told_fields(db, space.slug) if label else []
    knows = leak(fields, field_values(db, fields), label, property_of_coins(db, label)) if label else ""
    found = read_linkable(db, space, face, top)
    coins = found.vectors.coins
    labels = read_labels(db, coins, label) if label else None
    network = Network.of(len(coins), found.edges.first, found.edges.second, found.strength, found.pairs)
    if not len(network):
        raise NoEdges(f"no two coins of the space {space.name} can be compared: it takes two with a vector of one face")
    # Numbers that can be given back as --percentile and choose the same edges.
    percentiles = list(dict.fromkeys(round_down(percentile) for percentile in thresholds(network, steps)))
    likeness = Likeness(list(found.vectors.faces.values()))
    taken = measure(network, likeness, percentiles, labels)
    return Sweep(space.name, face, top, len(coins), method, taken, label, knows)
