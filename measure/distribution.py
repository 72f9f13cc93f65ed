"""The cosines of all pairs of a face: of coins of one type against those of two."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ingest.records import FACES, Face
from measure.coinset import CoinSet, NotEmbedded
from measure.neighbours import Histogram, rounded, unit

PERCENTILES = (95.0, 99.0, 99.5, 99.9)
MOST = 10_000  # sides whose pairs are all compared (50 million, some seconds); of more, a sample
SEED = 42
BLOCK = 512  # rows compared with all others at once: 20 MB for 10,000 sides


@dataclass(frozen=True)
class Distribution:
    """Pairs of one face by cosine: of one catalogued type, of two, and with a coin without a type.

    ``sides`` is the number of sides compared, ``of`` how many there are. ``space_pairs`` are all pairs of the space
    where these are not, and where they are known: percentiles are theirs.
    """

    space: str
    face: Face
    sides: int
    of: int
    same: Histogram
    different: Histogram
    unknown: Histogram
    space_pairs: Histogram | None = None

    def cosine_at(self, percentile: float) -> float:
        return (self.space_pairs or self.all).cosine_at(percentile)

    @property
    def all(self) -> Histogram:
        return self.same + self.different + self.unknown

    @property
    def typed(self) -> bool:
        return self.same.pairs + self.different.pairs > 0

    def rows(self) -> list[dict[str, Any]]:
        """At each percentile its cosine, the pairs above, and which share of those with two types are of one."""
        everything = self.all
        rows = []
        for percentile in PERCENTILES:
            cosine = self.cosine_at(percentile)
            same, different = self.same.above(cosine), self.different.above(cosine)
            share = same / (same + different) if same + different else None
            rows.append(
                {"space": self.space, "face": self.face, "percentile": percentile, "cosine": cosine}
                | {"pairs above": everything.above(cosine), "of one type": share}
            )
        return rows


def distribution(coins: CoinSet, face: Face) -> Distribution:
    """Compare all pairs of a face of coins with types, block by block; of more than 10,000 sides those of a sample.

    Raises `NotEmbedded` where there is no pair.
    """
    rows = coins.rows_with(face)
    number = len(rows)
    if number < 2:
        raise NotEmbedded(f"a pair needs two {face}s; the space {coins.space} has {number}")
    if number > MOST:
        rows = rows[np.sort(np.random.default_rng(SEED).choice(number, MOST, replace=False))]
    codes: dict[str, int] = {}
    names = (coins.labels["type"][row] for row in rows)
    types = np.array([-1 if name is None else codes.setdefault(name, len(codes)) for name in names])
    counted = histograms(unit(coins.faces[face][rows]), types)
    return Distribution(coins.space, face, len(rows), number, *counted, coins.histograms.get(face))


def distributions(coins: CoinSet) -> list[Distribution]:
    """Those of the faces of the coins that two sides or more have. Raises `NotEmbedded` where there is none."""
    faces = [face for face in FACES if face in coins.faces]
    paired = [face for face in faces if len(coins.rows_with(face)) > 1]
    return [distribution(coins, face) for face in paired or faces[:1]]


def histograms(vectors: np.ndarray, types: np.ndarray) -> tuple[Histogram, Histogram, Histogram]:
    """Cosines of all pairs of rows (n, d) of length one: of the same type, of different ones, with a type of -1."""
    counts = [Histogram.empty() for _ in range(3)]
    for start in range(0, len(vectors), BLOCK):
        rows = vectors[start : start + BLOCK]
        later = vectors[start:]
        # Few sides cost nothing in float64, and vectors that all but agree need it.
        wide: type = np.float64 if len(vectors) <= 4096 else np.float32
        cosines = rounded(np.matmul(rows, later.T, dtype=wide))
        one, other = types[start : start + BLOCK, None], types[None, start:]
        pairs = np.triu(np.ones(cosines.shape, bool), k=1)  # each pair once, no side with itself
        known = pairs & (one >= 0) & (other >= 0)
        for kind, chosen in enumerate((known & (one == other), known & (one != other), pairs & ~known)):
            counts[kind] = counts[kind] + Histogram.of(cosines[chosen])
    return counts[0], counts[1], counts[2]
