"""What is like a coin, a photograph or words, and why two coins are alike."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from embed.legends.compare import found_in, usual_rarity
from embed.legends.letters import as_cut
from errors import CoingraphError
from graph.coins import column_cypher, input_columns
from graph.connection import Database
from graph.derived import texts_slug
from graph.legends import read_legends
from graph.scope import find_scope
from graph.sides import texts_of
from graph.spaces import SpaceRecord, all_spaces, find_space, nearest_sides
from graph.types import TYPE_OF
from ingest.images import ENDINGS, BadImage, probe
from ingest.outlines import Outline
from ingest.records import FACES, Face
from measure.neighbours import Histogram
from queries.catalogue import run
from queries.lookup import UnknownCoin, find_coin
from queries.stored import stored
from queries.vectors import CannotRead, of_picture, of_words, space_of_words

#: The number of all coins, or of those of ``$collections``.
COINS_AMONG = """CASE WHEN $collections = [] THEN COUNT { (:Coin) }
     ELSE COUNT { (:Coin)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections } END"""
FACE_OF = "CASE WHEN {side}:Obverse THEN 'obverse' ELSE 'reverse' END"

#: Both sides of two coins in one space. Ranks count the sides that are nearer, whether they have an edge or not.
COMPARE = """
MATCH (:Coin {{id: $a}})-[:HAS_SIDE]->(one:{face}), (:Coin {{id: $b}})-[:HAS_SIDE]->(two:{face})
WHERE one[$source] IS NOT NULL AND two[$source] IS NOT NULL
OPTIONAL MATCH (one)-[edge:SIMILAR {{space: $slug}}]-(two)
WITH one, two, edge, one[$vector] AS first, two[$vector] AS second // once: to read a vector costs more than its cosine
WITH *, gds.similarity.cosine(first, second) AS cosine
CALL (one, two, first, second, cosine) {{
  MATCH (x:{face}) WHERE x[$source] IS NOT NULL AND NOT x IN [one, two]
  WITH first, second, cosine, x[$vector] AS other
  RETURN 1 + sum(CASE WHEN gds.similarity.cosine(first, other) > cosine THEN 1 ELSE 0 END) AS rank,
         1 + sum(CASE WHEN gds.similarity.cosine(second, other) > cosine THEN 1 ELSE 0 END) AS back_rank,
         count(*) + 1 AS others
}}
RETURN coalesce(edge.cosine, cosine) AS cosine, rank, back_rank, others, edge IS NOT NULL AS edge,
       coalesce(edge.mutual, false) AS mutual, edge.probability AS probability,
       coalesce(one[$without] OR two[$without], false) AS without_text
"""
HISTOGRAM = "MATCH (s:Space {slug: $slug}) RETURN s[$key] AS counts"
SPACES_OF = """
MATCH (coin:Coin)-[:HAS_SIDE]->(side) WHERE coin.id IN [$a, $b]
MATCH (s:Space) WHERE side['source_' + s.slug] IS NOT NULL
RETURN DISTINCT s.slug AS slug, s.name AS name ORDER BY name
"""
SAME_TYPE = """
MATCH (:Coin {id: $a})-[e:RELATED]-(:Coin {id: $b}) WHERE e.probability IS NOT NULL AND coalesce(e.space = $slug, true)
MATCH (s:Space {slug: e.space})
RETURN s.name AS space, e.probability AS probability, e.evidence AS evidence ORDER BY space
"""
SIDES_OF_FILE = f"""
MATCH (coin:Coin)-[:HAS_SIDE]->(side:Side {{sha256: $sha256}})
RETURN coin.id AS coin, {FACE_OF.format(side="side")} AS face ORDER BY coin, face
"""
FACES_OF = f"MATCH (:Coin {{id: $coin}})-[:HAS_SIDE]->(s) RETURN {FACE_OF.format(side='s')} AS face ORDER BY face"
FEWEST_LETTERS = 3  # of a legend that is looked for
COIN_OF = "UNWIND $sides AS id MATCH (c:Coin)-[:HAS_SIDE]->(:Side {id: id}) RETURN id AS side, c.id AS coin"
#: The columns of the catalogue that a hit shows. For another one its name here is enough.
COLUMNS = ("weight", "diameter", "mint", "findspot")
DESCRIBE = f"""
UNWIND $coins AS id
MATCH (c:Coin {{id: id}})
RETURN id AS coin, {TYPE_OF} AS type, {{{", ".join(f"{name}: {column_cypher(name)}" for name in COLUMNS)}}} AS columns,
       {COINS_AMONG} AS among,
       COLLECT {{
         MATCH (c)-[:HAS_SIDE]->(s) WHERE s.uri IS NOT NULL RETURN [{FACE_OF.format(side="s")}, s.uri]
       }} AS pictures
"""
#: Places among the sides that an edge joins: to the `--top` of `link` these are the places among all.
RANKS = f"""
MATCH (:Coin {{id: $coin}})-[:HAS_SIDE]->(one)-[edge:SIMILAR {{space: $slug}}]-(two)<-[:HAS_SIDE]-(other:Coin)
WHERE other.id IN $others
RETURN other.id AS coin, {FACE_OF.format(side="one")} AS face, edge.mutual AS mutual,
       1 + COUNT {{ (one)-[near:SIMILAR {{space: $slug}}]-() WHERE near.cosine > edge.cosine }} AS rank,
       1 + COUNT {{ (two)-[near:SIMILAR {{space: $slug}}]-() WHERE near.cosine > edge.cosine }} AS back_rank
"""


class SameCoin(CoingraphError):
    """A coin that is to be compared with itself."""


class NoSuchSide(CoingraphError):
    """A coin has no photograph of the side that was asked for."""


class NothingRead(CoingraphError):
    """A legend of too few letters, or a graph whose coins were not read."""


class NoFile(CoingraphError):
    """There is no photograph of this name."""


class NothingCommon(CoingraphError):
    """Two coins have no face in common that any space has seen."""


@dataclass(frozen=True)
class Likeness:
    """How like one face of a coin is; None for what is not known.

    ``cosine`` lies between -1 and 1, ``percentile`` between 0 and 100: 99 says that 99 % of all pairs of this face are
    less alike. ``rank`` is the coin's place among the linked neighbours of what it was compared with, ``back_rank`` the
    other way round; ``mutual`` says whether each is among the nearest of the other.
    """

    cosine: float
    percentile: float | None = None
    rank: int | None = None
    back_rank: int | None = None
    mutual: bool | None = None


@dataclass(frozen=True)
class Hit:
    """A coin that is like a coin, a photograph or words. Photographs and words are compared with each face of
    a coin; ``faces`` is then the one that is most like them.

    ``columns`` are what the catalogue says in `COLUMNS`, ``pictures`` the addresses of the photographs by face.
    ``fields`` are the columns that went into the space: it proves nothing about them. ``among`` is the number of coins
    in the graph, or in the collections that were searched. Three values come from an edge between two coins: ``score``,
    the mean percentile of the faces that both have, ``evidence``, the names of these, and ``probability`` of one type,
    where `calibrate` has fitted it. ``without_text`` is true where a fused vector of one of the two has no text.
    ``text`` is the description that words were compared with; of a legend what was read on the coin, and the ``cosine``
    of its face is how far the letters were found in their order: 1 all of them, 0 no more than in any other order.
    """

    coin: str
    type: str | None
    faces: dict[Face, Likeness]
    among: int
    columns: dict[str, Any] = field(default_factory=dict)
    pictures: dict[Face, str] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    score: float | None = None
    evidence: str | None = None
    probability: float | None = None
    without_text: bool = False
    text: str | None = None


@dataclass(frozen=True)
class Why:
    """One face of two coins in one space, whether or not an edge joins them.

    ``percentile`` is None in a space that has no edges yet.
    ``rank`` is the place of the second among the nearest of the first, ``back_rank`` the other way round, both among
    ``others``; ``edge`` tells whether `SIMILAR` joins the two. ``probability`` is that of both being of one type, where
    `calibrate` fitted it on the edge. ``without_text`` is as in `Hit`.
    """

    space: str
    face: Face
    cosine: float
    percentile: float | None
    rank: int
    back_rank: int
    others: int
    edge: bool
    mutual: bool
    probability: float | None = None
    without_text: bool = False

    @property
    def expected_rank(self) -> float:
        """The place that chance would give."""
        return (self.others + 1) / 2


@dataclass(frozen=True)
class OneType:
    """How probable it is in a space that two coins are of one type; ``evidence`` names the sides that say so."""

    space: str
    probability: float
    evidence: str


def find(
    db: Database,
    coin: str | None = None,
    *,
    photograph: Path | None = None,
    words: str | None = None,
    legend: str | None = None,
    space: str | None = None,
    side: str = "both",
    top: int = 10,
    collections: Sequence[str] = (),
    outline: Outline | None = None,
) -> list[Hit]:
    """The coins most like one of the four: a coin of the graph, a photograph, what words describe, or a typed
    ``legend``; likest first.

    ``coin`` is an id, a name or a unique ending of an id. A photograph that is in the graph stands for its coin. Of a
    legend letters alone count, in their order and with any gaps. ``outline`` is where a person drew the coin in the
    photograph. ``side`` is ``both`` or the face to compare. With
    ``collections`` only their coins are found. Raises `NoSuchSide`, `BadImage`, `CannotRead`, `NothingRead`,
    `OtherModel`, `UnknownSpace`, `NoCollection`, and what `find_coin` raises.
    """
    within = find_scope(db, collections).chosen
    if legend is not None:
        return _of_legend(db, legend, side, top, within)
    if words is not None:
        reading = space_of_words(db, space)
        vector = of_words(db, reading, words)
        if not vector.any():
            raise CannotRead(f"{reading.name} knows no word of {words!r}")
        return _like_vector(db, reading, vector, side, top, within, is_text=True)
    if photograph is not None:
        if known := known_photograph(db, photograph):
            coin = known[0]["coin"]
        else:
            seeing = find_space(db, space)
            return _like_vector(db, seeing, of_picture(db, seeing, photograph, outline), side, top, within)
    if coin is None:
        raise TypeError("find takes a coin, a photograph, words or a legend")
    return _like_coin(db, find_coin(db, coin), space, side, top, within)


def _like_coin(db: Database, coin: str, space: str | None, side: str, top: int, collections: list[str]) -> list[Hit]:
    """The neighbours of a coin by the edges of a space: the stored query `related-coins`, with ranks and pictures."""
    faces = [row["face"] for row in db.read(FACES_OF, coin=coin)]
    if side != "both" and side not in faces:
        raise NoSuchSide(f"{coin} has no {side} in the graph, only {' and '.join(faces) or 'its entry in a table'}")
    values = {"coin": coin, "side": side, "limit": top, "collections": collections}
    values |= {"space": space} if space else {}
    result = run(db, stored("related-coins"), values)
    others = [row["coin"] for row in result.rows]
    slug = result.values["space"]
    places = {(row["coin"], row["face"]): row for row in db.read(RANKS, coin=coin, slug=slug, others=others)}
    found = _described(db, slug, others, collections)
    hits = []
    for row in result.rows:
        likenesses: dict[Face, Likeness] = {}
        for face in FACES:
            if row[face] is not None:
                place = places.get((row["coin"], face), {})
                ranks = {name: place.get(name) for name in ("rank", "back_rank", "mutual")}
                likenesses[face] = Likeness(row[face], row[f"{face}_percentile"], **ranks)
        edge = {name: row[name] for name in ("score", "evidence", "probability", "without_text")}
        hits.append(Hit(row["coin"], faces=likenesses, **edge, **found[row["coin"]]))
    return hits


def _like_vector(
    db: Database,
    space: SpaceRecord,
    vector: np.ndarray,
    side: str,
    top: int,
    collections: list[str],
    is_text: bool = False,
) -> list[Hit]:
    """The coins nearest to a vector (dimension,), each by its nearest side, by Neo4j's vector index; nearest first."""
    if not vector.any() or not np.isfinite(vector).all():  # a photograph that shows nothing of what the space reads
        return []
    texts = texts_slug(space, {one.slug: one for one in all_spaces(db)}) if is_text else None
    nearest: list[tuple[float, str, Face, float | None, str | None]] = []
    for face in FACES if side == "both" else [face for face in FACES if face == side]:
        cosines = dict(nearest_sides(db, space.slug, vector, face, top, collections))
        coins = {row["side"]: row["coin"] for row in db.read(COIN_OF, sides=list(cosines))}
        said = texts_of(db, texts, list(cosines)) if texts else {}
        percentiles = {} if is_text else _percentiles(db, space.slug, face, cosines)
        nearest += [(cosines[id], coins[id], face, percentiles.get(id), said.get(id)) for id in coins]
    nearest.sort(key=lambda one: (-one[0], one[1], one[2]))
    by_coin = {one[1]: one for one in reversed(nearest)}  # each coin once, by its nearest side
    nearest = [one for one in nearest if by_coin[one[1]] is one]
    found = _described(db, space.slug, [coin for _, coin, *_ in nearest[:top]], collections)
    return [
        Hit(coin, faces={face: Likeness(cosine, percentile)}, text=text, **found[coin])
        for cosine, coin, face, percentile, text in nearest[:top]
    ]


def _of_legend(db: Database, legend: str, side: str, top: int, collections: list[str]) -> list[Hit]:
    """The coins on which the letters of a legend were read, each by the side that shows most of them."""
    text = as_cut(legend)
    if len(text) < FEWEST_LETTERS:
        raise NothingRead(f"{legend!r} has {len(text)} letters that coins bear: give {FEWEST_LETTERS} or more")
    nearest: list[tuple[float, str, Face, str]] = []
    for face in FACES if side == "both" else [face for face in FACES if face == side]:
        sides = read_legends(db, face, collections)
        scores = found_in(sides.letters, text, usual_rarity()) if sides.ids else np.zeros(0)
        rows = zip(scores.tolist(), sides.ids, sides.texts, strict=True)
        nearest += [(score, id.rpartition("/")[0], face, read) for score, id, read in rows]
    if not nearest:
        raise NothingRead("no legend was read yet", unread=True)
    nearest.sort(key=lambda one: (-one[0], one[1], one[2]))
    first = {one[1]: one for one in reversed(nearest)}  # each coin once, by its side that shows most
    nearest = [one for one in nearest if first[one[1]] is one][:top]
    found = _described(db, "", [coin for _, coin, *_ in nearest], collections)
    return [Hit(coin, faces={face: Likeness(score)}, text=read, **found[coin]) for score, coin, face, read in nearest]


def _percentiles(db: Database, slug: str, face: Face, cosines: dict[str, float]) -> dict[str, float]:
    """The percentiles of cosines among all pairs of a face; nothing before these were counted by `link`."""
    counts = db.read(HISTOGRAM, slug=slug, key=f"histogram_{face}")[0]["counts"]
    histogram = Histogram.stored(counts)
    if not histogram.pairs:
        return {}
    return dict(zip(cosines, map(float, histogram.percentile(np.array(list(cosines.values())))), strict=True))


def _described(db: Database, slug: str, coins: list[str], collections: list[str]) -> dict[str, dict]:
    """What `Hit` says of coins beside how like they are, by their ids."""
    fields = tuple(input_columns(db, slug))
    found: dict[str, dict] = defaultdict(dict)
    for row in db.read(DESCRIBE, coins=coins, collections=collections):
        pictures = dict(sorted(row["pictures"]))
        known = {name: row[name] for name in ("type", "among")}
        known["columns"] = {name: row["columns"][name] for name in COLUMNS}  # Neo4j gives a map in an order of its own
        found[row["coin"]] = {**known, "pictures": pictures, "fields": fields}
    return found


def why(db: Database, a: str, b: str, space: str | None = None) -> list[Why]:
    """How alike two coins (ids) are, face by face, in one space or in all that have edges; computed even where no edge
    joins the two.

    Raises `NothingCommon`, `SameCoin`.
    """
    if a == b:
        raise SameCoin(f"both are the same coin, {a}: name two")
    spaces = db.read(SPACES_OF, a=a, b=b)
    if space is not None:
        slug = find_space(db, space).slug
        spaces = [row for row in spaces if row["slug"] == slug]
    compared = [_compare(db, a, b, row["slug"], row["name"], face) for row in spaces for face in FACES]
    found = [one for one in compared if one is not None]
    if not found:
        raise NothingCommon(f"{a} and {b} have no face in common that has a vector")
    return [one for one in found if one.percentile is not None] or found


def _compare(db: Database, a: str, b: str, slug: str, name: str, face: Face) -> Why | None:
    query = COMPARE.format(face=face.capitalize())
    names = {key: f"{key}_{slug}" for key in ("vector", "source")} | {"without": f"without_text_{slug}"}
    found = db.read(query, a=a, b=b, slug=slug, **names)
    if not found:
        return None
    counts = db.read(HISTOGRAM, slug=slug, key=f"histogram_{face}")[0]["counts"]
    histogram = Histogram.stored(counts)
    percentile = float(histogram.percentile(np.array([found[0]["cosine"]]))[0]) if histogram.pairs else None
    return Why(space=name, face=face, percentile=percentile, **found[0])


def of_one_type(db: Database, a: str, b: str, space: str | None = None) -> list[OneType]:
    """How probable `calibrate` holds it that two coins (ids) are of one type, in each space that has fitted it."""
    slug = find_space(db, space).slug if space else None
    return [OneType(**row) for row in db.read(SAME_TYPE, a=a, b=b, slug=slug)]


def coin_or_file(db: Database, text: str) -> str | Path:
    """What a person named: an image file, else the id of a coin.

    Raises what `find_coin` raises, but `NoFile` for what looks like the name of a photograph.
    """
    path = Path(text)
    if path.is_file():
        return path
    try:
        return find_coin(db, text)
    except UnknownCoin as error:
        if path.suffix.lower() in ENDINGS or path.is_absolute() or text.startswith((".", "~")):
            raise NoFile(f"there is no file {text}") from error
        raise


def known_photograph(db: Database, image: Path) -> list[dict[str, str]]:
    """Coins and sides that are this very file (by checksum). Raises `BadImage` for what is no picture."""
    try:
        sha256, _width, _height = probe(image)
    except BadImage as error:
        raise BadImage(f"{image}: {error}") from error
    return db.read(SIDES_OF_FILE, sha256=sha256)
