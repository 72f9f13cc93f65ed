"""What `propose` reads: coins with their types, their vectors in several spaces, and what `match` found."""

from collections.abc import Sequence

import numpy as np

from graph.connection import Database
from graph.evaluation_data import CoinVectors, only_unseen, read_coins, read_labels
from graph.matches import read_geometry
from graph.related import coin_of
from graph.spaces import SpaceRecord
from ingest.records import FACES
from measure.probability import PairValues, geometry_evidence
from measure.voters import Asked


def read_asked(db: Database, spaces: Sequence[SpaceRecord]) -> Asked:
    """Coins with their types and their vectors in all of ``spaces``. Raises `NotEmbedded`."""
    found = [read_coins(db, space, "both") for space in spaces]
    coins = sorted({coin for one in found for coin in one.coins})
    columns = [column for one in found for column in _spread(one, coins)]
    types = read_labels(db, coins, "type")
    fair = np.ones(len(coins), bool)
    for space in spaces:
        unseen = only_unseen(db, space, coins, types).labels
        fair &= np.array([known == seen for known, seen in zip(types, unseen, strict=True)], bool)
    place = {coin: row for row, coin in enumerate(found[0].coins)}
    later = iter(range(len(place), len(place) + len(coins)))
    pieces = np.array([found[0].pieces[place[coin]] if coin in place else next(later) for coin in coins])
    return Asked(coins, columns, types, pieces, fair, _closer(db, [space.slug for space in spaces], coins))


def _closer(db: Database, slugs: Sequence[str], coins: Sequence[str]) -> list[PairValues]:
    """What `match` found of pairs of these coins; nothing where it did not look."""
    place = {coin: row for row, coin in enumerate(coins)}
    properties = [("inliers", "inliers"), *(("places", f"places_{slug}") for slug in slugs)]
    found = []
    for face in FACES:
        for what, name in properties:
            pairs = ((coin_of(one), coin_of(two), value) for one, two, value in read_geometry(db, name, face))
            rows = [(place[one], place[two], value) for one, two, value in pairs if one in place and two in place]
            if rows:
                first, second, values = np.array(rows, np.float64).T
                column = geometry_evidence(what, values)
                found.append(PairValues.of(len(coins), first.astype(int), second.astype(int), column))
    return found


def _spread(vectors: CoinVectors, coins: Sequence[str]) -> list[np.ndarray]:
    """The faces' matrices with a row for each of ``coins``."""
    place = {coin: row for row, coin in enumerate(coins)}
    rows = np.array([place[coin] for coin in vectors.coins], np.intp)
    spread = []
    for face in vectors.faces.values():
        matrix = np.full((len(coins), face.shape[1]), np.nan, np.float32)
        matrix[rows] = face
        spread.append(matrix)
    return spread
