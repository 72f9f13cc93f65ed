"""What is like this coin, or this photograph, and why two coins are held to be alike."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from errors import CoingraphError
from graph.connection import Database
from graph.spaces import find_space, nearest_in_index
from ingest.images import ENDINGS, BadImage, probe
from ingest.records import FACES, Face
from measure.neighbours import Histogram
from queries.catalogue import Result, run, stored
from queries.lookup import UnknownCoin, find_coin
from queries.vectors import of_picture

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

SIDES_OF_FILE = """
MATCH (coin:Coin)-[:HAS_SIDE]->(side:Side {sha256: $sha256})
RETURN coin.id AS coin, CASE WHEN side:Obverse THEN 'obverse' ELSE 'reverse' END AS face ORDER BY coin, face
"""

FACES_OF = """
MATCH (:Coin {id: $coin})
RETURN COLLECT {
  MATCH (:Coin {id: $coin})-[:HAS_SIDE]->(s)
  RETURN CASE WHEN s:Obverse THEN 'obverse' ELSE 'reverse' END AS face ORDER BY face
} AS faces
"""

DESCRIBE = """
UNWIND $rows AS row
MATCH (coin:Coin)-[:HAS_SIDE]->(:Side {id: row.side})
RETURN coin.id AS coin, row.face AS side, row.cosine AS cosine,
       [(coin)-[:OF_TYPE]->(t) | t.name][0] AS type
"""


class SameCoin(CoingraphError):
    """A coin that is to be compared with itself."""


class NoSuchSide(CoingraphError):
    """A coin has no photograph of the side that was asked for."""


class NoFile(CoingraphError):
    """There is no photograph of this name."""


class NothingCommon(CoingraphError):
    """Two coins have no face in common that any space has seen."""


@dataclass(frozen=True)
class Comparison:
    """One face of two coins in one space.

    ``rank`` is the place of the second among the nearest of the first, ``back_rank`` the other way round, both among
    ``others``; ``expected_rank`` is the place that chance would give. ``edge`` tells whether `SIMILAR` joins the two,
    ``without_text`` whether one had no text in a fused space, so that its picture alone was compared. ``probability``
    is that of both being of one type, where it was fitted on the edge.
    """

    space: str
    face: Face
    cosine: float
    percentile: float
    rank: int
    back_rank: int
    others: int
    edge: bool
    mutual: bool
    probability: float | None = None
    without_text: bool = False

    @property
    def row(self) -> dict[str, Any]:
        return {
            "space": self.space,
            "face": self.face,
            "cosine": self.cosine,
            "percentile": self.percentile,
            "rank": self.rank,
            "back_rank": self.back_rank,
            "others": self.others,
            "expected_rank": (self.others + 1) / 2,
            "edge": self.edge,
            "mutual": self.mutual,
            "probability": self.probability,
            "without_text": self.without_text,
        }


def related(db: Database, coin: str, space: str | None = None, top: int = 10, side: str = "both") -> Result:
    """The coins most like ``coin`` (an id, a name or a unique ending), by the stored question `related-coins`.

    Raises `NoSuchSide`, and what `find_coin` raises.
    """
    coin = find_coin(db, coin)
    if side != "both" and side not in (faces := db.read(FACES_OF, coin=coin)[0]["faces"]):
        raise NoSuchSide(f"{coin} has no {side} in the graph, only {' and '.join(faces) or 'its entry in a table'}")
    values = {"coin": coin, "side": side, "limit": top} | ({"space": space} if space else {})
    return run(db, stored("related-coins"), values)


def why(db: Database, a: str, b: str, space: str | None = None) -> list[Comparison]:
    """How alike two coins (ids) are, face by face, in one space or in all; computed even where no edge joins them.

    Raises `NothingCommon`, `SameCoin`.
    """
    if a == b:
        raise SameCoin(f"both are the same coin, {a}: name two")
    spaces = db.read(SPACES_OF, a=a, b=b)
    if space is not None:
        slug = find_space(db, space).slug
        spaces = [row for row in spaces if row["slug"] == slug]
    compared = [_compare(db, a, b, row["slug"], row["name"], face) for row in spaces for face in FACES]
    found = [comparison for comparison in compared if comparison is not None]
    if not found:
        raise NothingCommon(f"{a} and {b} have no face in common that has a vector; run `coingraph embed`")
    return found


def same_type(db: Database, a: str, b: str, space: str | None = None) -> list[str]:
    """What `calibrate` fitted for two coins (ids), by both sides together, a sentence for each space that has it."""
    slug = find_space(db, space).slug if space else None
    return [
        f"{row['space']}: of one type with probability {row['probability']:.2f}, by {row['evidence']}"
        for row in db.read(SAME_TYPE, a=a, b=b, slug=slug)
    ]


def _compare(db: Database, a: str, b: str, slug: str, name: str, face: Face) -> Comparison | None:
    query = COMPARE.format(face=face.capitalize())
    names = {key: f"{key}_{slug}" for key in ("vector", "source")} | {"without": f"without_text_{slug}"}
    found = db.read(query, a=a, b=b, slug=slug, **names)
    if not found:
        return None
    counts = db.read(HISTOGRAM, slug=slug, key=f"histogram_{face}")[0]["counts"]
    percentile = Histogram.stored(counts).percentile(np.array([found[0]["cosine"]]))[0]
    return Comparison(space=name, face=face, percentile=float(percentile), **found[0])


def verdict(comparisons: list[Comparison], close: float = 95.0) -> str:
    """One sentence on which spaces agree that the two are alike."""
    spaces = list(dict.fromkeys(c.space for c in comparisons))
    lines = {name: [c for c in comparisons if c.space == name] for name in spaces}
    agree = [name for name, rows in lines.items() if all(c.percentile >= close for c in rows)]
    partly = [name for name, rows in lines.items() if name not in agree and any(c.percentile >= close for c in rows)]
    parts = [
        f"{len(agree)} of {len(spaces)} spaces put every compared face among the closest {100 - close:g} % of pairs"
    ]
    parts += [f"one face only in {', '.join(partly)}"] if partly else []
    others = max(c.others for c in comparisons)
    return "; ".join(parts) + f" (chance: {1 - close / 100:.2g} a face); ranks are among {others} sides"


def coin_or_file(db: Database, text: str) -> str:
    """The id of a coin. Raises what `find_coin` raises, but `NoFile` for what looks like the name of a photograph."""
    try:
        return find_coin(db, text)
    except UnknownCoin as error:
        path = Path(text)
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


def nearest_to_image(
    db: Database, image: Path, space: str | None = None, top: int = 10, side: str = "both"
) -> list[dict[str, Any]]:
    """The sides nearest to a photograph that is not in the graph, from Neo4j's vector index, nearest first.

    The photograph is embedded as the sides of the space were; in a fused space it is a side without a text. Raises
    `UnknownSpace`, `OtherModel`, `BadImage`.
    """
    record = find_space(db, space)
    vector = of_picture(db, record, image)
    rows: list[dict[str, Any]] = []
    for face in FACES if side == "both" else [face for face in FACES if face == side]:
        hits = nearest_in_index(db, record.slug, vector, face, top)
        counts = db.read(HISTOGRAM, slug=record.slug, key=f"histogram_{face}")[0]["counts"]
        histogram = Histogram.stored(counts)
        found = db.read(DESCRIBE, rows=[{"side": id, "cosine": cosine, "face": face} for id, cosine in hits])
        for row in found:
            percentile = float(histogram.percentile(np.array([row["cosine"]]))[0]) if histogram.pairs else None
            rows.append({"coin": row["coin"], "side": face, "cosine": row["cosine"], "percentile": percentile} | row)
    rows.sort(key=lambda row: (-row["cosine"], row["coin"]))
    return rows[:top]
