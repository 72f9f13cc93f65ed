"""What a sweep of thresholds looks at: the edges that `link` would draw, and the vectors behind them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graph.connection import Database
from graph.edges import Edges
from graph.evaluation_data import CoinVectors, read_coins
from graph.related import coin_of, related_edges
from graph.similar import FaceLinks, LinkOptions
from graph.spaces import SpaceRecord
from ingest.records import FACES


@dataclass(frozen=True)
class Linkable:
    """Coins of a space, by id, and the edges between them as `link` would draw them, with their percentiles."""

    vectors: CoinVectors
    edges: Edges
    strength: np.ndarray
    pairs: int


def read_linkable(db: Database, space: SpaceRecord, face: str, top: int | None) -> Linkable:
    """The edges of each coin to its ``top`` nearest (None: all), of one face or by both. Raises `NotEmbedded`,
    `TooManyEdges`.
    """
    vectors = read_coins(db, space, face)
    options = LinkOptions(top, method="blocked")
    links = [FaceLinks(db, space.slug, one, options, trusted=False) for one in FACES if face in (one, "both")]
    if face == "both":
        edges = related_edges(vectors.coins, links)
        strength = edges.columns["score"]
    else:
        edges = _by_coin(links[0].edges, links[0].comparer.ids, vectors.coins)
        strength = edges.columns["percentile"]
    return Linkable(vectors, edges, strength, max(link.histogram.pairs for link in links))


def _by_coin(edges: Edges, sides: Sequence[str], coins: Sequence[str]) -> Edges:
    place = {coin: row for row, coin in enumerate(coins)}
    rows = np.array([place[coin_of(side)] for side in sides], np.int64)
    return Edges(rows[edges.first], rows[edges.second], edges.columns)
