"""Thresholds from loose to strict, and the one to take."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.connection import Database
    from graph.spaces import SpaceRecord
    from measure.coinset import CoinSet, Network
    from measure.sweep import Sweep


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

    ``space`` is a name or slug, else the default space. ``label`` (`type`, or a property of coins) shows how near
    the threshold comes to the best; ``method`` is one of `measure.sweep.METHODS`. Raises `NoEdges` where no two coins
    have a face in common, and `NotEmbedded`, `TooManyEdges`.
    """
    from graph.coins import leak_of, read_coins
    from graph.projection import NoEdges, round_down
    from graph.spaces import find_space
    from measure import sweep as measure
    from measure.likeness import Likeness

    record = find_space(db, space)
    leak = leak_of(db, record, label) if label else ""
    coins = read_coins(db, record, face, [label] if label else [], trusted=False)
    network = _network(db, record, coins, top)
    if not len(network):
        raise NoEdges(
            f"no two coins of the space {record.name} can be compared: it takes two with a vector of one face"
        )
    # Numbers that can be given back as --percentile and choose the same edges.
    percentiles = list(dict.fromkeys(round_down(percentile) for percentile in measure.thresholds(network, steps)))
    labels = coins.labels[label] if label else None
    taken = measure.sweep(network, Likeness(list(coins.faces.values())), percentiles, labels)
    return measure.Sweep(record.name, face, top, len(coins), method, taken, label, leak)


def _network(db: "Database", space: "SpaceRecord", coins: "CoinSet", top: int | None) -> "Network":
    """The edges of each coin to its ``top`` nearest (None: all) as `link` would draw them. Raises `TooManyEdges`."""
    import numpy as np

    from graph.edges import coin_of
    from ingest.records import FACES
    from measure.coinset import Network
    from pipeline.similar import FaceLinks, LinkOptions, related_edges

    options = LinkOptions(top, method="blocked")
    links = [FaceLinks(db, space, one, options, trusted=False) for one in FACES if one in coins.faces]
    if coins.face == "both":
        edges = related_edges(coins.coins, links)
        first, second, strength = edges.first, edges.second, edges.columns["score"]
    else:
        edges = links[0].edges
        rows = np.array([coins.place[coin_of(side)] for side in links[0].comparer.ids], np.int64)
        first, second, strength = rows[edges.first], rows[edges.second], edges.columns["percentile"]
    pairs = max(link.histogram.pairs for link in links)
    return Network.of(len(coins), first, second, strength, pairs)
