"""A closer look at the nearest candidates of each side: what each evidence adds to the cosine, and what it costs.

The candidates are the 50 nearest of the best space; they are ranked anew by a sum of evidences, doubled and less the
hubs of both sides, where the name says so (see `graph.matches`). `benchmarks.pipelines` shows the rows in its tables.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from dies.match import PlaceFinder, coin_square, find_features, fit_places, match, places_likeness
from embed.models import ImageModel
from graph.matches import BONUS, ENOUGH, NEIGHBOURS, PLACES
from ingest.images import open_picture
from measure.likeness import Likeness
from measure.neighbours import ranked, scan

TOP = 50


@dataclass(frozen=True)
class Way:
    """One row: how cosine, likeness by places and inliers (m,) become a sum, and whether hubs are taken away."""

    name: str
    evidence: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    hubs: bool = False


def _points(inliers: np.ndarray) -> np.ndarray:
    return BONUS * np.minimum(inliers, ENOUGH) / ENOUGH


WAYS = [
    Way("less the hubs", lambda cosine, places, inliers: cosine, True),
    Way("with geometry", lambda cosine, places, inliers: cosine + _points(inliers)),
    Way("with geometry, less the hubs", lambda cosine, places, inliers: cosine + _points(inliers), True),
    Way("place by place", lambda cosine, places, inliers: cosine + PLACES * places),
    Way("place by place, less the hubs", lambda cosine, places, inliers: cosine + PLACES * places, True),
    Way("all of it: `match`", lambda cosine, places, inliers: cosine + PLACES * places + _points(inliers), True),
]


@dataclass(frozen=True)
class Looked:
    """What a closer look at the pairs (m,) of one face gave, and milliseconds a pair of either kind."""

    first: np.ndarray
    second: np.ndarray
    cosine: np.ndarray
    places: np.ndarray
    inliers: np.ndarray
    ms_places: float
    ms_geometry: float

    def likeness(self, vectors: np.ndarray, way: Way) -> Likeness:
        """The likeness of one face's vectors (n, d) with these pairs' scores in front."""
        score, n = self.scores(way, len(vectors)), len(vectors)
        pairs = csr_array((np.concatenate([score, score]), (self._both, self._others)), shape=(n, n), dtype=np.float32)
        return Likeness([vectors], scores=[pairs])

    def scores(self, way: Way, n: int) -> np.ndarray:
        """The scores (m,) of these pairs of ``n`` sides."""
        total = way.evidence(self.cosine, self.places, self.inliers)
        if not way.hubs:
            return total
        near = csr_array((np.concatenate([total, total]), (self._both, self._others)), shape=(n, n))
        rows = np.split(near.data, near.indptr[1:-1])
        hub = np.array([np.sort(row)[-NEIGHBOURS:].mean() if len(row) else 0.0 for row in rows])
        return 2 * total - hub[self.first] - hub[self.second]

    @property
    def _both(self) -> np.ndarray:
        return np.concatenate([self.first, self.second])

    @property
    def _others(self) -> np.ndarray:
        return np.concatenate([self.second, self.first])


def finder(model: ImageModel, files: Sequence[str]) -> PlaceFinder:
    """The whitening of the maps' cells, fitted on these pictures."""

    def batches() -> Iterator[np.ndarray]:
        for start in tqdm(range(0, len(files), 32), "fitting places", leave=False, disable=None):
            some = files[start : start + 32]
            yield np.stack([model.prepare(open_picture(file, model.at_least)) for file in some])

    return PlaceFinder(model, fit_places(model, batches()))


def look(find_places: PlaceFinder, files: Sequence[str], vectors: np.ndarray) -> Looked:
    """Look at the candidates of one face: the `TOP` nearest of each of ``vectors`` (n, d), whose pictures are given."""
    pairs = ranked(scan(np.ascontiguousarray(vectors, np.float32), TOP).pairs, TOP).pairs
    at = list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:

        def all_of(what: str, work: Callable, of: Sequence) -> tuple[list, float]:
            begun = time.perf_counter()
            done = list(tqdm(pool.map(work, of), what, len(of), leave=False, disable=None))
            return done, (time.perf_counter() - begun) * 1000 / max(len(of), 1)

        places, _ = all_of("places", lambda file: find_places(open_picture(file)), files)
        features, _ = all_of("features", lambda file: find_features(*coin_square(open_picture(file))), files)
        alike, ms_places = all_of("place by place", lambda p: places_likeness(places[p[0]], places[p[1]]), at)
        inliers, ms_geometry = all_of("geometry", lambda p: match(features[p[0]], features[p[1]]).inliers, at)
    cosine = pairs.cosine
    return Looked(pairs.first, pairs.second, cosine, np.array(alike), np.array(inliers), ms_places, ms_geometry)
