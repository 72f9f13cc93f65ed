"""`RELATED` edges between coins: what both sides say together.

Candidates are the pairs of coins whose obverses or whose reverses are `SIMILAR`. The cosines of both faces are computed
for each of them; the score is the mean percentile of the faces that both coins have. A face that one of them lacks says
nothing: it is unknown, not zero. ``contrast`` tells how much rarer the likeness of one face is than that of the other,
in powers of ten: pairs of coins from one die, and mules, have a high one.
"""

from collections.abc import Sequence

import numpy as np

from graph.connection import Database
from graph.edges import Difference, Edges, Kind, difference, read_edges
from graph.similar import FaceLinks
from measure.neighbours import weight

RELATED = Kind(
    "RELATED",
    "Coin",
    "Coin",
    ("score", "obverse", "reverse", "obverse_percentile", "reverse_percentile", "evidence", "contrast"),
)
# Edges say where a fused vector knew no text and speaks of the picture alone (`graph.derived`).
MARKS = (
    """
    MATCH (a:Side)-[e:SIMILAR {space: $slug}]->(b:Side)
    WITH e, CASE WHEN a[$without] OR b[$without] THEN true END AS without
    WHERE (e.without_text IS NULL) <> (without IS NULL)
    CALL (e, without) { SET e.without_text = without } IN TRANSACTIONS OF 10000 ROWS
    """,
    """
    MATCH (a:Coin)-[e:RELATED {space: $slug}]->(b:Coin)
    WITH e, CASE WHEN EXISTS { (a)-[:HAS_SIDE]->(s:Side) WHERE s[$without] }
                   OR EXISTS { (b)-[:HAS_SIDE]->(s:Side) WHERE s[$without] } THEN true END AS without
    WHERE (e.without_text IS NULL) <> (without IS NULL)
    CALL (e, without) { SET e.without_text = without } IN TRANSACTIONS OF 10000 ROWS
    """,
)
FUSED = "MATCH (s:Space {slug: $slug, model: 'fusion'}) RETURN s.slug"


def mark_without_text(db: Database, slug: str) -> None:
    """Set ``without_text`` on the edges of a fused space where a side of either end had no text."""
    if db.read(FUSED, slug=slug):
        for query in MARKS:
            db.run_alone(query, slug=slug, without=f"without_text_{slug}")


def coin_of(side: str) -> str:
    """The id of the coin that a side belongs to."""
    return side.rpartition("/")[0]


def related_difference(db: Database, slug: str, faces: Sequence[FaceLinks]) -> Difference:
    """What is to be done so that the stored edges say of coins what the edges of both faces do."""
    coins = sorted({coin_of(side) for face in faces for side in face.comparer.ids})
    stored, strays = read_edges(db, RELATED, slug, coins)
    return difference(RELATED, slug, coins, stored, strays, related_edges(coins, faces))


def related_edges(coins: Sequence[str], faces: Sequence[FaceLinks]) -> Edges:
    """The edges between ``coins`` (sorted ids)."""
    position = {coin: place for place, coin in enumerate(coins)}
    count = max(len(coins), 1)
    coin_of_side = [np.array([position[coin_of(side)] for side in face.comparer.ids], np.int64) for face in faces]
    codes = [np.zeros(0, np.int64)]
    for face, owners in zip(faces, coin_of_side, strict=True):
        one, other = owners[face.edges.first], owners[face.edges.second]
        codes.append(np.minimum(one, other) * count + np.maximum(one, other))
    first, second = np.divmod(np.unique(np.concatenate(codes)), count)
    columns: dict[str, np.ndarray] = {}
    for face, owners in zip(faces, coin_of_side, strict=True):
        side_of_coin = np.full(count, -1, np.int64)
        side_of_coin[owners] = np.arange(len(owners))
        one, other = side_of_coin[first], side_of_coin[second]
        both = (one >= 0) & (other >= 0)
        columns[face.face] = np.full(len(first), np.nan)
        columns[face.face][both] = face.comparer.cosines(one[both], other[both])
        columns[f"{face.face}_percentile"] = np.full(len(first), np.nan)
        columns[f"{face.face}_percentile"][both] = face.histogram.percentile(columns[face.face][both])
    percentiles = np.stack([columns["obverse_percentile"], columns["reverse_percentile"]])
    known = ~np.isnan(percentiles)
    columns["score"] = np.where(known, percentiles, 0).sum(0) / np.maximum(known.sum(0), 1)
    rarity = [weight(p, face.histogram.pairs) for p, face in zip(percentiles, faces, strict=True)]
    columns["contrast"] = np.abs(rarity[0] - rarity[1])
    columns["evidence"] = np.where(known.all(0), "both sides", np.where(known[0], "obverse only", "reverse only"))
    return Edges(first, second, columns)
