"""Geometry on the nearest candidates of each side."""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pipeline.lock import exclusive

if TYPE_CHECKING:
    from dies.features import Features
    from dies.finds import Finds
    from graph.connection import Database
    from graph.matches import Candidates, Looked
    from graph.runs import Run
    from ingest.records import Face, Photograph, Skipped

CHUNK = 2000  # pairs that are stored together: what a kill can cost


@dataclass(frozen=True)
class FaceMatches:
    """What `match` did to one face: pairs looked at now, known before, and how many of all are proven alike."""

    face: str
    new: int
    known: int
    total: int
    verified: int


@dataclass(frozen=True)
class MatchReport:
    """What `match` did in a space (its slug). ``edges`` counts the `SIMILAR` edges that were given new values."""

    space: str
    faces: list[FaceMatches]
    edges: int
    skipped: "list[Skipped]"

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "face": face.face,
                "new pairs": face.new,
                "known before": face.known,
                "pairs in all": face.total,
                "proven alike": face.verified,
            }
            for face in self.faces
        ]


def match(
    db: "Database", *, space: str | None = None, face: str = "both", top: int = 50, workers: int | None = None
) -> MatchReport:
    """Match local features of each side and its ``top`` nearest of a space (its name or slug), and of `SIMILAR` pairs.

    Pairs that were looked at before cost nothing; what is done is stored every `CHUNK` pairs. ``workers`` are threads,
    one a core. What is found is copied to the space's `SIMILAR` edges. Raises `UnknownSpace`.
    """
    import cv2
    from threadpoolctl import threadpool_limits

    from graph import matches
    from graph.runs import recorded
    from graph.spaces import find_space
    from ingest.records import FACES

    slug = find_space(db, space).slug
    asked = {"space": slug, "face": face, "top": top}
    done: list[FaceMatches] = []
    skipped: list[Skipped] = []
    with exclusive(), recorded(db, "match", asked) as run:
        run.removed("matches", matches.prepare_matches(db))
        finds = feature_finds()
        cv2.setNumThreads(1)  # the pairs are what runs side by side
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(workers or os.cpu_count()) as pool:
            for one in FACES if face == "both" else [f for f in FACES if f == face]:
                todo = matches.candidates(db, slug, one, top, "version", matches.version())
                usable, unusable = look_at(finds, photographs_of(todo), pool, "features")
                skipped += unusable
                new = _match_all(db, todo, usable, finds, pool, run, one)
                run.wrote("matches", new)
                total, verified = matches.count_matches(db, one)
                done.append(FaceMatches(one, new, todo.known, total, verified))
        edges = matches.bring_matches(db, slug)
        run.counts["updated_similar"] += edges
        run.notes["skipped"] = len(skipped)
    return MatchReport(slug, done, edges, skipped)


def feature_finds() -> "Finds[Features]":
    """The local features of photographs, kept in this home."""
    from dies import features
    from dies.finds import Finds
    from graph.home import Home

    def find(picture: Any) -> "Features":
        return features.find_features(*features.coin_square(picture))

    folder = Home.from_environment().path / "features" / f"sift{features.VERSION}"
    return Finds(folder, find, features.Features.unpacked)


def photographs_of(todo: "Candidates") -> "list[Photograph]":
    import numpy as np

    return [todo.photographs[i] for i in np.union1d(todo.first, todo.second)]


def look_at(
    finds: "Finds", photographs: "list[Photograph]", pool: ThreadPoolExecutor, what: str
) -> "tuple[set[str], list[Skipped]]":
    """Look at the photographs that were not looked at before: the ids of those that can be used, and the others."""
    from tqdm import tqdm

    from ingest.images import BadImage
    from ingest.records import Skipped

    def make(photograph: "Photograph") -> Skipped | None:
        try:
            finds.make(photograph)
        except BadImage as error:
            return Skipped(str(photograph.path), str(error))
        return None

    usable = {photograph.id for photograph in photographs}
    waiting = [photograph for photograph in photographs if not finds.has(photograph.sha256)]
    skipped = []
    for photograph, problem in tqdm(
        zip(waiting, pool.map(make, waiting), strict=True), total=len(waiting), unit="side", disable=None, desc=what
    ):
        if problem:
            print(f"skipped {problem}", file=sys.stderr)
            skipped.append(problem)
            usable.discard(photograph.id)
    return usable, skipped


def _match_all(
    db: "Database",
    todo: "Candidates",
    usable: set[str],
    finds: "Finds[Features]",
    pool: ThreadPoolExecutor,
    run: "Run",
    face: "Face",
) -> int:
    """Match all pairs; one thread stores those before while the others match."""
    from tqdm import tqdm

    from dies.geometry import match as match_features
    from graph.matches import Looked, write_matches

    photographs = todo.photographs
    pairs = [
        (photographs[i], photographs[k])
        for i, k in zip(todo.first.tolist(), todo.second.tolist(), strict=True)
        if photographs[i].id in usable and photographs[k].id in usable
    ]

    def look(pair: "tuple[Photograph, Photograph]") -> "Looked":
        one, two = pair
        return Looked(one.id, two.id, match_features(finds.get(one), finds.get(two)))

    stored: Future[int] | None = None
    with (
        ThreadPoolExecutor(1) as storing,
        tqdm(total=len(pairs), unit="pair", unit_scale=True, disable=None, desc=face) as bar,
    ):
        for chunk in _chunks(pairs):
            looked = list(pool.map(look, chunk))
            if stored:
                stored.result()
            stored = storing.submit(write_matches, db, looked, run.id)
            bar.update(len(chunk))
        if stored:
            stored.result()
    return len(pairs)


def _chunks(pairs: "list[tuple[Photograph, Photograph]]") -> "Iterator[list[tuple[Photograph, Photograph]]]":
    bounds = [*range(0, len(pairs), CHUNK), len(pairs)]
    return (pairs[start:stop] for start, stop in pairwise(bounds))
