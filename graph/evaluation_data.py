"""What an evaluation reads from the graph: vectors, labels, confounders, photographs, edges and communities."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from graph.communities import memberships
from graph.compare_data import Grouping, NotEmbedded
from graph.connection import Database
from graph.edges import RELATED, SIMILAR, coin_of, read_edges
from graph.properties import UnknownProperty, property_of_coins
from graph.spaces import SpaceRecord, read_vectors
from ingest.records import FACES, Face, Photograph, path_of

SIDES = """
MATCH (s:{label}) WHERE s[$source] IS NOT NULL
RETURN s.id AS id, s.sha256 AS sha256, s.uri AS uri, s.width AS width, s.height AS height
"""
PARTITIONS = """
MATCH (p:Partition {space: $space}) RETURN p.id AS id, p.face AS face, p.percentile AS percentile ORDER BY id
"""
# What a space was told of all coins, and what it was trained to know of some (`trained_on`, a list as JSON).
TOLD = """
MATCH (s:Space {slug: $slug})
RETURN s.fields AS fields, s.trained_on AS classes, coalesce(s.trained_label, 'type') AS label,
       coalesce(s.sources, []) AS sources
"""
HISTORY = """
MATCH (r:Run {command: 'evaluate', status: 'finished'}) WHERE r.space = $space
WITH r ORDER BY r.started DESC LIMIT $most
RETURN properties(r) AS run ORDER BY r.started
"""


@dataclass(frozen=True)
class StoredEdges:
    """The edges of a space between coins (places in a list, (m,)), with their cosine and strength (a percentile).

    ``thresholds`` names the strengths at which something was made of them: None is all of them.
    """

    first: np.ndarray
    second: np.ndarray
    cosine: np.ndarray
    strength: np.ndarray
    thresholds: list[tuple[str, float | None]]


@dataclass(frozen=True)
class Picture:
    """A side's photograph, where it has one, and its size in pixels."""

    photograph: Photograph | None
    width: float
    height: float


@dataclass(frozen=True)
class CoinVectors:
    """Coins that have a vector on one of the faces asked for, by id.

    ``faces`` holds (n, d) float32, NaN where a coin lacks the side; ``pictures`` the same sides' photographs;
    ``pieces`` (n,) codes that coins share whose photograph is the same file.
    """

    coins: list[str]
    faces: dict[Face, np.ndarray]
    pictures: dict[Face, list[Picture | None]]
    pieces: np.ndarray


@dataclass(frozen=True)
class Unseen:
    """The labels that are to be scored: None for coins of the classes that the space was trained on."""

    labels: list[str | None]
    left_out_coins: int
    left_out_classes: int


def read_coins(db: Database, space: SpaceRecord, face: str) -> CoinVectors:
    """The vectors of one face, or of both, by coin. Raises `NotEmbedded`."""
    asked: list[Face] = [f for f in FACES if face in (f, "both")]
    found = {one: read_vectors(db, space.slug, one) for one in asked}
    coins = sorted({coin_of(side) for ids, _ in found.values() for side in ids})
    if not coins:
        which = "" if face == "both" else f" {face}"
        raise NotEmbedded(
            f"no{which} side has a vector of the space {space.name}: run `coingraph embed --space {space.name}` first"
        )
    place = {coin: row for row, coin in enumerate(coins)}
    faces, pictures = {}, {}
    for one, (ids, matrix) in found.items():
        rows = np.array([place[coin_of(side)] for side in ids], np.intp)
        faces[one] = np.full((len(coins), space.dimension), np.nan, np.float32)
        faces[one][rows] = matrix
        pictures[one] = _pictures(db, space.slug, one, coins)
    return CoinVectors(coins, faces, pictures, _pieces(pictures))


def pieces_of(db: Database, slug: str, coins: Sequence[str]) -> np.ndarray:
    """(n,) codes that coins share whose photograph is the same file, by the sides that have a vector of the space."""
    return _pieces({one: _pictures(db, slug, one, coins) for one in FACES})


def _pictures(db: Database, slug: str, face: Face, coins: Sequence[str]) -> list[Picture | None]:
    rows = db.read(SIDES.format(label=face.capitalize()), source=f"source_{slug}")
    found = {coin_of(row["id"]): _picture(row) for row in rows}
    return [found.get(coin) for coin in coins]


def _picture(row: dict[str, Any]) -> Picture:
    known = row["sha256"] and row["uri"]
    photograph = Photograph(row["id"], path_of(row["uri"]), row["sha256"]) if known else None
    return Picture(photograph, row["width"] or np.nan, row["height"] or np.nan)


def _pieces(pictures: Mapping[Face, Sequence[Picture | None]]) -> np.ndarray:
    """Coins joined by a photograph that is there twice: the numbers of the connected components."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    first_with: dict[tuple[Face, str], int] = {}
    joined: list[tuple[int, int]] = [(0, 0)]
    for face, sides in pictures.items():
        for row, side in enumerate(sides):
            if side and side.photograph:
                joined.append((first_with.setdefault((face, side.photograph.sha256), row), row))
    count = len(next(iter(pictures.values())))
    a, b = np.array(joined).T
    return connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(count, count)), directed=False)[1]


def read_labels(db: Database, coins: Sequence[str], label: str) -> list[str | None]:
    """What the catalogue says of each coin, predictions aside. Raises `UnknownProperty`."""
    known = property_of_coins(db, label)
    return [known.get(coin) for coin in coins]


def told_fields(db: Database, slug: str) -> list[str]:
    """The columns that went into a space. The label that a learned space was trained on is none of them: of that it
    knows the classes that it saw (`only_unseen`), unless a space that it was made from was told.
    """
    for row in db.read(TOLD, slug=slug):
        told = [field for source in row["sources"] for field in told_fields(db, source)]
        inherited = {
            field for source in row["sources"] for seen in db.read(TOLD, slug=source) for field in seen["fields"]
        }
        learned = {row["label"]} if row["classes"] else set()
        own = [field for field in row["fields"] if field not in inherited | learned]
        return list(dict.fromkeys([*told, *own]))
    return []


def field_values(db: Database, fields: Sequence[str]) -> dict[str, dict[str, str]]:
    """What these columns say of each coin; without columns that were never read here."""
    values = {}
    for field in fields:
        with suppress(UnknownProperty):
            values[field] = property_of_coins(db, field)
    return values


def only_unseen(db: Database, space: SpaceRecord, coins: Sequence[str], labels: list[str | None]) -> Unseen:
    """Leave out every class of which a coin is of the classes that a learned space was trained on.

    The space's classes may be of another label than the one it is scored by.
    """
    seen: set[str] = set()
    for label, classes in trained_classes(db, space.slug):
        of_coin = dict(zip(coins, read_labels(db, coins, label), strict=True))
        seen |= {known for coin, known in zip(coins, labels, strict=True) if known and of_coin[coin] in classes}
    left = [None if label in seen else label for label in labels]
    return Unseen(left, sum(label in seen for label in labels), len(seen))


def trained_classes(db: Database, slug: str) -> list[tuple[str, set[str]]]:
    """The labels, with their classes, that a space and those that it was made from learnt."""
    found, waiting = [], [slug]
    while waiting:
        for row in db.read(TOLD, slug=waiting.pop()):
            waiting += row["sources"]
            if row["classes"]:
                found.append((row["label"], set(json.loads(row["classes"]))))
    return found


def read_groupings(db: Database, slug: str, coins: Sequence[str]) -> list[Grouping]:
    """All partitions of a space, with those of the coins that they looked at."""
    looked_at: dict[str, set[str]] = {}
    for one in FACES:
        rows = db.read(SIDES.format(label=one.capitalize()), source=f"source_{slug}")
        looked_at[one] = {coin_of(row["id"]) for row in rows}
    looked_at["both"] = looked_at["obverse"] | looked_at["reverse"]
    return [
        Grouping(row["id"], row["face"], memberships(db, row["id"]), [c for c in coins if c in looked_at[row["face"]]])
        for row in db.read(PARTITIONS, space=slug)
    ]


def read_stored_edges(db: Database, slug: str, face: str, coins: Sequence[str]) -> StoredEdges | None:
    """The edges of a face, or of both, and the thresholds that were used on them; None where nothing was linked."""
    if face == "both":
        kind, ids = replace(RELATED, columns=("score", "obverse", "reverse")), list(coins)
    else:
        kind = replace(SIMILAR, label=face.capitalize(), columns=("percentile", "cosine"))
        ids = [f"{coin}/{face}" for coin in coins]
    edges, _ = read_edges(db, kind, slug, ids)
    if not len(edges):
        return None
    strength, *cosines = (edges.columns[name] for name in kind.columns)
    used: dict[float, list[str]] = {}
    for row in db.read(PARTITIONS, space=slug):
        if row["face"] == face and row["percentile"] is not None:
            used.setdefault(row["percentile"], []).append(row["id"])
    thresholds = [(", ".join(names), percentile) for percentile, names in sorted(used.items())]
    return StoredEdges(
        edges.first, edges.second, np.nanmean(cosines, axis=0), strength, [("link, all edges", None), *thresholds]
    )


def past_evaluations(db: Database, slug: str, most: int = 10) -> list[dict[str, Any]]:
    """The latest `Run` nodes on which evaluations of a space left their figures, oldest first."""
    return [row["run"] for row in db.read(HISTORY, space=slug, most=most)]
