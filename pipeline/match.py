"""The nearest candidates of each side compared closely: by geometry, and place by place."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image
from threadpoolctl import threadpool_limits

from dies.decoys import FEWEST, least_sure
from dies.match import (
    FEATURES_VERSION,
    VERIFIED_SPREAD,
    Features,
    NoMap,
    PlaceFinder,
    Places,
    coin_square,
    find_features,
    fit_places,
    match_version,
    places_likeness,
)
from dies.match import match as match_features
from embed.loader import load_batches
from embed.registry import IMPORTED, is_text_model
from errors import counting
from graph import matches
from graph.connection import Database
from graph.derived import places_of, read_transform, store_transform
from graph.die_graph import read_catalogued
from graph.matches import place_space
from graph.pending import deciding
from graph.runs import step
from graph.server.home import Home
from graph.spaces import SpaceRecord, find_space, sample_sides
from ingest.cache import Job, PhotographCache, compare_pairs, fill
from ingest.outlines import Outline
from ingest.records import FACES, Face, Skipped
from pipeline.calibrate import keep_current
from pipeline.embed import load_space_model
from pipeline.legends import align

if TYPE_CHECKING:
    from embed.models import ImageModel

CHUNK = 2000  # pairs that are stored together: what a kill can cost
DECOYS = 1000  # of a face: with fewer, pairs far apart are looked at too
SIDES = 512  # at most that the whitening of the maps' cells is fitted on


@dataclass(frozen=True)
class FaceMatches:
    """What `match` did to one face.

    ``new`` pairs were compared now and ``known`` before; ``verified`` of all in ``total`` show the same, as far as
    ``decoys`` tell, pairs that cannot: these have ``least`` inliers at least, so that one in ten is expected to be
    false at most. Where ``least`` is None nothing is so sure. ``places`` were compared place by place now, and of
    ``letters`` those that were read.
    """

    face: str
    new: int
    known: int
    total: int
    verified: int
    places: int
    least: int | None
    decoys: int
    letters: int = 0

    @property
    def too_few(self) -> bool:
        """Whether there were too few decoys to tell anything."""
        return self.decoys < FEWEST


@dataclass(frozen=True)
class MatchReport:
    """What `match` did in a space (its slug). ``edges`` counts the `SIMILAR` edges that were given new values."""

    space: str
    faces: list[FaceMatches]
    edges: int
    skipped: list[Skipped]


@dataclass(frozen=True)
class _Way:
    """A way to compare pairs: ``property`` of their records is ``version`` where it was done."""

    name: str
    property: str
    version: str
    cache: PhotographCache
    compare: Any
    write: Any


def match(
    db: Database, *, space: str | None = None, face: str = "both", top: int = 50, workers: int | None = None
) -> MatchReport:
    """Compare each side closely with its ``top`` nearest of a space (its name or slug), and all `SIMILAR` pairs.

    Local features are matched and, where the space's model gives a map of a picture, the maps compared place by place;
    where letters were read, these are laid over each other.
    Pairs that were compared before cost nothing; what is done is stored every `CHUNK` pairs. ``workers`` are threads,
    one a core. What is found is copied to the space's `SIMILAR` edges, whose probabilities, where there are any, are
    fitted again. Raises `UnknownSpace`.
    """
    record = find_space(db, space)
    done: list[FaceMatches] = []
    skipped: dict[str, Skipped] = {}
    with step(db, "match", space=record.slug, face=face, top=top) as run:
        run.removed("matches", matches.prepare_matches(db))
        ways = [_geometry(db, run.id), *_places(db, record, run.id)]
        cv2.setNumThreads(1)  # the pairs are what runs side by side
        with threadpool_limits(1), ThreadPoolExecutor(workers or os.cpu_count()) as pool:
            for one in FACES if face == "both" else [f for f in FACES if f == face]:
                new, known = {}, {}
                for way in ways:
                    new[way.name], known[way.name], unusable = _compare(db, record, one, top, way, pool)
                    skipped |= {str(item): item for item in unusable}
                run.wrote("matches", new["geometry"])
                letters = align(db, record, one, top, run.id)
                least, decoys = _verify(db, record, one, ways[0], pool, run.id)
                total, verified = matches.count_matches(db, one)
                looked = new["geometry"], known["geometry"], total, verified, new.get("places", 0)
                done.append(FaceMatches(one, *looked, least, decoys, letters))
        with deciding(db, "bring up edges", slug=record.slug, run=run.id):
            edges = matches.bring_matches(db, record.slug)
            keep_current(db, record, run.id, edges > 0)
        run.counts["updated_similar"] += edges
        run.notes["skipped"] = len(skipped)
    return MatchReport(record.slug, done, edges, list(skipped.values()))


def _compare(
    db: Database, space: SpaceRecord, face: Face, top: int, way: _Way, pool: ThreadPoolExecutor
) -> tuple[int, int, list[Skipped]]:
    """Compare one face in one way: pairs compared now, pairs known before, photographs that cannot be used."""
    todo = matches.candidates(db, space.slug, face, top, way.property, way.version)
    usable, skipped = fill(way.cache, todo.photographs_of_pairs, pool, f"{way.name} of {face}s")
    pairs = [pair for pair in todo.pairs() if pair[0].id in usable and pair[1].id in usable]
    return compare_pairs(pairs, way.compare, way.write, pool, f"matching {face}s", CHUNK), todo.known, skipped


def _verify(
    db: Database, space: SpaceRecord, face: Face, geometry: _Way, pool: ThreadPoolExecutor, run: str
) -> tuple[int | None, int]:
    """Mark the pairs of a face that are verified: how many inliers that takes, and how many decoys said so.

    Decoys are the pairs looked at whose legends, or types, are known to differ; where there are too few, pairs that lie
    far apart in the space are looked at too.
    """
    spread = {(one, two): value for one, two, value in matches.read_geometry(db, "inlier_spread", face)}
    inliers = {(one, two): value for one, two, value in matches.read_geometry(db, "inliers", face)}
    seen = {pair: _counting(int(value), spread[pair]) for pair, value in inliers.items()}
    catalogued = read_catalogued(db, face)
    against = {pair: why for pair in seen if (why := catalogued[pair[0]].differs(catalogued[pair[1]]))}
    decoys = [seen[pair] for pair in against]
    if len(decoys) < DECOYS:
        decoys += _far_apart(db, space, face, DECOYS - len(decoys), geometry, pool, run)
    least = least_sure(np.array([n for pair, n in seen.items() if pair not in against]), np.array(decoys))
    barred = [pair for pair, why in against.items() if why == "legend" and least is not None and seen[pair] >= least]
    matches.write_verified(db, face, least, VERIFIED_SPREAD, barred)
    return None if least is None else int(least), len(decoys)


def _far_apart(
    db: Database, space: SpaceRecord, face: Face, number: int, geometry: _Way, pool: ThreadPoolExecutor, run: str
) -> list[int]:
    """The inliers of so many pairs that lie far apart in a space, or of as many as there are.

    Pairs that were compared before cost nothing, as candidates do.
    """
    far = matches.far_pairs(db, space.slug, face, DECOYS)[:number]
    known = matches.read_decoys(db, face, geometry.version)
    new = [(one, two) for one, two in far if (one.id, two.id) not in known]
    usable, _ = fill(geometry.cache, list({one.id: one for pair in new for one in pair}.values()), pool, "decoys")
    jobs = [(one, two) for one, two in new if one.id in usable and two.id in usable]
    write = partial(matches.write_decoys, db, version=geometry.version, run=run)
    compare_pairs(jobs, geometry.compare, write, pool, f"decoys: {face}s", CHUNK)
    known = matches.read_decoys(db, face, geometry.version)
    found = [known[one.id, two.id] for one, two in far if (one.id, two.id) in known]
    return [_counting(one.inliers, one.spread) for one in found]


def _counting(inliers: int, spread: float) -> int:
    """The inliers, where they are spread so far that they count."""
    return inliers if spread >= VERIFIED_SPREAD else 0


def _geometry(db: Database, run: str) -> _Way:
    def find(picture: Image.Image, outline: Outline | None) -> Features:
        return find_features(*coin_square(picture, outline))

    def compare(job: Job) -> list[matches.Looked]:
        first, others = job
        found = [match_features(cache.get(first), cache.get(two)) for two in others]
        return [
            matches.Looked(first.id, two.id, one.inliers, one.spread) for two, one in zip(others, found, strict=True)
        ]

    cache = PhotographCache(_folder(f"sift{FEATURES_VERSION}"), find, Features.unpacked)
    write = partial(matches.write_matches, db, version=match_version(), run=run)
    return _Way("geometry", "version", match_version(), cache, compare, write)


def _places(db: Database, space: SpaceRecord, run: str) -> list[_Way]:
    """Place by place, where the space's model can."""
    space = place_space(db, space)
    finder = _place_finder(db, space)
    if finder is None:
        return []
    cache = PhotographCache(_folder(f"places-{finder.version}"), finder, Places.unpacked)

    def compare(job: Job) -> list[tuple[str, str, float]]:
        first, others = job
        return [(first.id, two.id, places_likeness(cache.get(first), cache.get(two))) for two in others]

    write = partial(matches.write_places, db, space.slug, version=finder.version, run=run)
    return [_Way("places", matches.places_version(space.slug), finder.version, cache, compare, write)]


def _folder(name: str) -> Path:
    """Where what was found on photographs is kept in this home."""
    return Home.from_environment().path / "features" / name


def _place_finder(db: Database, space: SpaceRecord) -> PlaceFinder | None:
    """What finds the places of a photograph in a space; None where the space's model gives no map of a picture.

    The whitening of the cells is fitted once, on the first sides there are, and kept in the graph beside the space's.
    """
    if space.sources or space.model == IMPORTED or is_text_model(space.model):
        return None
    model = load_space_model(space.name, space, None, "auto")
    where = places_of(space.slug)
    transform = read_transform(db, where)
    try:
        if transform is None:
            transform = fit_places(model, _sample(db, model))
            store_transform(db, where, transform)
        return PlaceFinder(model, transform)
    except NoMap:
        return None


def _sample(db: Database, model: "ImageModel") -> Iterator[np.ndarray]:
    """Prepared pictures of a sample of the sides, batch by batch; what cannot be read is left out."""
    wanted = sample_sides(db, SIDES, None)
    with counting(f"fitting places of {model.name}", "side", len(wanted)) as advance:
        for loaded in load_batches(wanted, model):
            advance(len(loaded.photographs) + len(loaded.skipped))
            if loaded.photographs:
                yield loaded.pictures
