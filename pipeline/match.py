"""The nearest candidates of each side looked at closely: by geometry, and place by place."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline.looking import Job, look_at, look_at_pairs

if TYPE_CHECKING:
    from dies.features import Features
    from dies.finds import Finds
    from graph.connection import Database
    from graph.matches import Looked
    from graph.spaces import SpaceRecord
    from ingest.records import Face, Skipped

CHUNK = 2000  # pairs that are stored together: what a kill can cost


@dataclass(frozen=True)
class FaceMatches:
    """What `match` did to one face.

    ``new`` pairs were looked at now and ``known`` before; ``verified`` of all in ``total`` are proven alike by
    geometry. ``places`` were compared place by place now.
    """

    face: str
    new: int
    known: int
    total: int
    verified: int
    places: int


@dataclass(frozen=True)
class MatchReport:
    """What `match` did in a space (its slug). ``edges`` counts the `SIMILAR` edges that were given new values."""

    space: str
    faces: list[FaceMatches]
    edges: int
    skipped: "list[Skipped]"

    def as_dict(self) -> dict[str, Any]:
        """For other programs, in the manner of `dies`."""
        faces = {
            face.face: {
                "new_pairs": face.new,
                "known_pairs": face.known,
                "new_places": face.places,
                "pairs": face.total,
                "verified": face.verified,
            }
            for face in self.faces
        }
        skipped = [str(item) for item in self.skipped]
        return {"space": self.space, "faces": faces, "edges": self.edges, "skipped": skipped}

    def rows(self) -> list[dict[str, Any]]:
        """For a table."""
        return [
            {
                "face": face.face,
                "new pairs": face.new,
                "known before": face.known,
                "place by place": face.places,
                "pairs in all": face.total,
                "proven alike": face.verified,
            }
            for face in self.faces
        ]


@dataclass(frozen=True)
class _Way:
    """A way to look at pairs: ``property`` of their records is ``version`` where it was done."""

    name: str
    property: str
    version: str
    finds: "Finds"
    look: Any
    write: Any


def match(
    db: "Database", *, space: str | None = None, face: str = "both", top: int = 50, workers: int | None = None
) -> MatchReport:
    """Look closely at each side and its ``top`` nearest of a space (its name or slug), and at all `SIMILAR` pairs.

    Local features are matched and, where the space's model gives a map of a picture, the maps compared place by place.
    Pairs that were looked at before cost nothing; what is done is stored every `CHUNK` pairs. ``workers`` are threads,
    one a core. What is found is copied to the space's `SIMILAR` edges, whose probabilities, where there are any, are
    fitted anew. Raises `UnknownSpace`.
    """
    import cv2
    from threadpoolctl import threadpool_limits

    from graph import matches
    from graph.pending import deciding
    from graph.runs import step
    from graph.spaces import find_space
    from ingest.records import FACES
    from pipeline.calibrate import keep_current

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
                    new[way.name], known[way.name], unusable = _look(db, record.slug, one, top, way, pool)
                    skipped |= {str(item): item for item in unusable}
                run.wrote("matches", new["geometry"])
                total, verified = matches.count_matches(db, one)
                done.append(FaceMatches(one, new["geometry"], known["geometry"], total, verified, new.get("places", 0)))
        with deciding(db, "bring up edges", slug=record.slug, run=run.id):
            edges = matches.bring_matches(db, record.slug)
            keep_current(db, record, run.id, edges > 0)
        run.counts["updated_similar"] += edges
        run.notes["skipped"] = len(skipped)
    return MatchReport(record.slug, done, edges, list(skipped.values()))


def _look(
    db: "Database", slug: str, face: "Face", top: int, way: _Way, pool: ThreadPoolExecutor
) -> "tuple[int, int, list[Skipped]]":
    """Look at one face in one way: pairs looked at now, pairs known before, photographs that cannot be used."""
    from graph import matches

    todo = matches.candidates(db, slug, face, top, way.property, way.version)
    usable, skipped = look_at(way.finds, todo.photographs_of_pairs, pool, f"{way.name}: {face}s")
    pairs = [pair for pair in todo.pairs() if pair[0].id in usable and pair[1].id in usable]
    return look_at_pairs(pairs, way.look, way.write, pool, f"{way.name}: {face}s", CHUNK), todo.known, skipped


def _geometry(db: "Database", run: str) -> _Way:
    from dies import geometry
    from graph import matches

    finds = feature_finds()

    def look(job: Job) -> "list[Looked]":
        first, others = job
        found = [geometry.match(finds.get(first), finds.get(two)) for two in others]
        return [
            matches.Looked(first.id, two.id, one.inliers, one.spread, one.verified)
            for two, one in zip(others, found, strict=True)
        ]

    version = geometry.version()
    write = partial(matches.write_matches, db, version=version, run=run)
    return _Way("geometry", "version", version, finds, look, write)


def _places(db: "Database", space: "SpaceRecord", run: str) -> list[_Way]:
    """Place by place, where the space's model can."""
    from dies.finds import Finds
    from embed.places import Places, likeness
    from graph import matches
    from graph.server.home import Home
    from pipeline.places import place_finder

    finder = place_finder(db, space)
    if finder is None:
        return []
    folder = Home.from_environment().path / "features" / f"places-{finder.version}"
    finds: Finds[Places] = Finds(folder, finder, Places.unpacked)

    def look(job: Job) -> list[tuple[str, str, float]]:
        first, others = job
        return [(first.id, two.id, likeness(finds.get(first), finds.get(two))) for two in others]

    write = partial(matches.write_places, db, space.slug, version=finder.version, run=run)
    return [_Way("places", matches.places_version(space.slug), finder.version, finds, look, write)]


def feature_finds() -> "Finds[Features]":
    """The local features of photographs, kept in this home."""
    from dies import features
    from dies.finds import Finds
    from graph.server.home import Home

    def find(picture: Any) -> "Features":
        return features.find_features(*features.coin_square(picture))

    folder = Home.from_environment().path / "features" / f"sift{features.VERSION}"
    return Finds(folder, find, features.Features.unpacked)
