"""Spaces and their vectors: what made them, storing, reading, the vector indexes."""

import json
import os
import random
from collections.abc import Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from neo4j.vector import Vector

from errors import CoingraphError
from graph.connection import Database
from graph.glance import UnknownSpace, no_space
from graph.runs import Run, step
from graph.scope import of_collections
from ingest.outlines import Outline
from ingest.records import FACES, Face, Photograph, path_of

#: Neo4j's vector index takes no longer vectors.
MOST_DIMENSIONS = 4096
#: What the slug of a `Draft` ends with, a space that is being made (`graph.replacing`) and that nobody finds;
#: `embed.registry.slug` never makes two underscores.
NEXT = "__next"

SPACES = """
MATCH (s:Space)
RETURN s {.name, .slug, .model, .weights, .weights_source, .dimension, .preprocessing, .transform, .fields, .sources,
          .trained_label, .trained_on} AS space ORDER BY s.name
"""
MERGE_SPACE = """
MERGE (s:{label} {{name: $space.name}}) SET s += $space
WITH s MATCH (r:Run {{id: $run}}) MERGE (r)-[:PRODUCED]->(s)
"""
COVERAGE = "MATCH (s:Side) RETURN count(s) AS sides, count(s[$source]) AS embedded"
IN_COLLECTION = """
  ($collection IS NULL OR EXISTS {
    (s)<-[:HAS_SIDE]-(:Coin)-[:IN_COLLECTION]->(:Collection {name: $collection})
  })
"""
# A side is embedded where it has no vector of this space, or one of a file that has changed. One that was looked at and
# gives none, since no letter can be read, bears the checksum of its file as ``blank_<slug>``.
STALE = f"coalesce(s[$source], s[$blank], '') <> s.sha256 AND {IN_COLLECTION}"
# Sides of imported vectors may have no picture (no `sha256`): they are never stale.
COUNT_SIDES = f"MATCH (s:Side) WHERE s.sha256 IS NOT NULL AND {IN_COLLECTION} RETURN count(s) AS sides"
COUNT_WITHOUT_PICTURE = f"MATCH (s:Side) WHERE s.sha256 IS NULL AND {IN_COLLECTION} RETURN count(s) AS sides"
COUNT_TO_EMBED = f"MATCH (s:Side) WHERE {STALE} RETURN count(s) AS sides"
#: What `photograph_of` reads of a side: its picture, and the coin's outline in it, if one was drawn or found.
PHOTOGRAPH = """s.id AS id, s.uri AS uri, s.sha256 AS sha256, s.width AS width, s.height AS height,
  CASE WHEN s.outline_source = s.sha256 THEN s.outline END AS outline, s.outline_confidence AS outline_confidence,
  s.outline_by AS outline_by"""
SIDES_TO_EMBED = f"""
MATCH (s:Side) WHERE s.id > $after AND {STALE}
RETURN {PHOTOGRAPH} ORDER BY s.id LIMIT $limit
"""
SIDE_IDS = f"MATCH (s:Side) WHERE s.sha256 IS NOT NULL AND {IN_COLLECTION} RETURN s.id AS id ORDER BY id"
PHOTOGRAPHS = f"""
MATCH (s:Side) WHERE s.id IN $ids RETURN {PHOTOGRAPH} ORDER BY id
"""
# Where vectors travel packed, the procedure unpacks them to the same stored list of float32.
STORE_VECTORS = """
UNWIND $rows AS row
MATCH (s:Side {id: row.id})
CALL db.create.setNodeVectorProperty(s, $vector, row.vector)
SET s[$source] = row.sha256, s[$linked] = null, s[$blank] = null
"""
MARK_BLANK = """
UNWIND $rows AS row MATCH (s:Side {id: row.id})
SET s[$vector] = null, s[$source] = null, s[$linked] = null, s[$blank] = row.sha256
"""
COUNT_BLANK = f"MATCH (s:Side) WHERE s[$blank] = s.sha256 AND {IN_COLLECTION} RETURN count(s) AS sides"
FORGET_VECTORS = """
UNWIND $rows AS row MATCH (s:Side {id: row})
SET s[$vector] = null, s[$source] = null, s[$linked] = null, s[$blank] = null, s[$text] = null, s[$without_text] = null
"""
NEAREST_OF = """
MATCH (s:{label}) WHERE s[$source] IS NOT NULL AND {within}
WITH s.id AS id, gds.similarity.cosine(s[$property], $vector) AS cosine ORDER BY cosine DESC, id LIMIT $k
RETURN id, cosine
"""
EMBEDDED_IDS = "MATCH (s:{label}) WHERE s[$source] IS NOT NULL RETURN collect(s.id) AS ids"
# One record a page: a record for each vector takes the server and us twice as long.
READ_VECTORS = """
UNWIND range(0, size($ids) - 1) AS row
MATCH (s:Side {id: $ids[row]})
WITH row, s[$vector] AS vector WHERE size(vector) = $dimension
RETURN collect(row) AS rows, collect(vector) AS vectors
"""
READ_PACKED = """
CYPHER 25 UNWIND range(0, size($ids) - 1) AS row
MATCH (s:Side {id: $ids[row]})
WITH row, s[$vector] AS vector WHERE size(vector) = $dimension
RETURN collect(row) AS rows, collect(vector(vector, $dimension, FLOAT32)) AS vectors
"""
INDEX = """
CREATE VECTOR INDEX {index} IF NOT EXISTS FOR (s:{label}) ON s.vector_{slug}
OPTIONS {{indexConfig: {{`vector.dimensions`: {dimension}, `vector.similarity_function`: 'cosine',
                       `vector.quantization.enabled`: false}}}}
"""
SEARCH = """
CYPHER 25 MATCH (s)
SEARCH s IN (VECTOR INDEX {index} FOR $vector LIMIT $k) SCORE AS score
RETURN s.id AS id, score ORDER BY score DESC, id
"""
QUERY_NODES = """
CALL db.index.vector.queryNodes($index, $k, $vector) YIELD node, score
RETURN node.id AS id, score ORDER BY score DESC, id
"""
INDEX_STATE = "SHOW VECTOR INDEXES YIELD name, state WHERE name = $index RETURN state"
# The default space, then those that have edges, the one linked last first.
SPACES_BY_DEFAULT = """
OPTIONAL MATCH (graph:Coingraph)
MATCH (space:Space)
OPTIONAL MATCH (run:Run {command: 'link'})-[:PRODUCED]->(space)
WITH space, coalesce(space.slug = graph.default_space, false) AS chosen, max(run.started) AS linked
WHERE chosen OR EXISTS { MATCH ()-[edge:SIMILAR]->() WHERE edge.space = space.slug AND edge.percentile >= 0 }
RETURN space.slug AS slug ORDER BY chosen DESC, coalesce(linked, datetime({year: 1})) DESC, slug
"""
SET_DEFAULT = "MATCH (g:Coingraph) SET g.default_space = $slug"
CHOOSE = "MATCH (g:Coingraph) SET g.default_space = $slug, g.chosen_space = $slug"
CHOSEN = "MATCH (g:Coingraph) WHERE g.chosen_space = g.default_space RETURN 1 AS one"
# Only where no space is the default yet.
SET_FIRST_DEFAULT = """
MATCH (g:Coingraph) WHERE NOT EXISTS { (:Space {slug: g.default_space}) } SET g.default_space = $slug
"""
DEFAULT = "MATCH (g:Coingraph) MATCH (s:Space {slug: g.default_space}) RETURN s.slug AS slug"
NO_VECTORS = "there are no vectors yet"


class ChangedModel(CoingraphError):
    """Another model, or another preparation, under the name of a space that has vectors already."""


class BadVectors(CoingraphError):
    """Vectors that cannot be those of this space."""


@dataclass(frozen=True)
class SpaceRecord:
    """What made the vectors of a space.

    ``weights`` is the sha256 of the model's weights; ``preprocessing`` and the weights decide a vector; ``transform``
    is what was fitted on the collection (``none``); ``fields`` are the metadata columns that went in (none for
    pictures); ``sources`` are the slugs of the spaces that this one was made from. ``trained_on`` are the values of the
    column ``trained_label`` that a learned space saw, as a JSON list; None where it learnt from no labels.
    """

    name: str
    slug: str
    model: str
    weights: str
    weights_source: str
    dimension: int
    preprocessing: dict[str, Any]
    transform: str = "none"
    fields: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    trained_label: str | None = None
    trained_on: str | None = None

    def properties(self) -> dict[str, Any]:
        """As Neo4j can store it: no maps in maps."""
        preprocessing = json.dumps(self.preprocessing, sort_keys=True)
        lists = {"fields": list(self.fields), "sources": list(self.sources)}
        return {**asdict(self), "preprocessing": preprocessing, **lists}

    @classmethod
    def of(cls, properties: dict[str, Any]) -> "SpaceRecord":
        changed = {
            "preprocessing": json.loads(properties["preprocessing"]),
            "fields": tuple(properties["fields"]),
            "sources": tuple(properties["sources"] or ()),
        }
        return cls(**{**properties, **changed})


@dataclass(frozen=True)
class Coverage:
    """How many of all sides have a vector of a space."""

    space: SpaceRecord
    embedded: int
    sides: int


def all_spaces(db: Database) -> list[SpaceRecord]:
    return [SpaceRecord.of(row["space"]) for row in db.read(SPACES)]


def space_named(db: Database, name: str) -> SpaceRecord | None:
    """The space of this name or slug; None where there is none."""
    return next((space for space in all_spaces(db) if name in (space.name, space.slug)), None)


def find_space(db: Database, name: str | None = None) -> SpaceRecord:
    """The space of this name or slug (or ``file:PATH`` it was made from); without a name the default space.

    Where there is no default, the one linked last; where none was linked, the only one. Raises `UnknownSpace`, naming
    those that exist.
    """
    spaces = all_spaces(db)
    if not spaces:
        raise UnknownSpace(NO_VECTORS)
    if name is None:
        name = next(iter(spaces_by_default(db)), spaces[0].slug if len(spaces) == 1 else None)
    if name is None:
        known = ", ".join(space.name for space in spaces)
        raise UnknownSpace(f"there are several spaces: choose one with --space ({known})")
    source = str(Path(name.removeprefix("file:")).expanduser().resolve()) if name.startswith("file:") else None
    for space in spaces:
        if name in (space.name, space.slug) or source == space.weights_source:
            return space
    raise no_space(name, [space.name for space in spaces])


def spaces_by_default(db: Database) -> list[str]:
    """Slugs in the order in which spaces are taken where none is named: the default, then the one linked last."""
    return [row["slug"] for row in db.read(SPACES_BY_DEFAULT)]


def set_default_space(db: Database, name: str) -> SpaceRecord:
    """Make a space (by name or slug) the one that is taken where none is named, as a person chose it, which nothing
    but another choice changes. Raises `UnknownSpace`."""
    with step(db, "spaces default", space=name):
        space = find_space(db, name)
        db.write(CHOOSE, slug=space.slug)
    return space


def take_default(db: Database, slug: str, instead: Container[str]) -> None:
    """Make a space the default one, where there is none or it is one of ``instead`` and nobody chose it."""
    now = default_space(db)
    if now != slug and (now is None or (now in instead and not db.read(CHOSEN))):
        with step(db, "spaces default", space=slug):
            db.write(SET_DEFAULT, slug=slug)


def default_space(db: Database) -> str | None:
    """The slug of the default space; None where no space was linked yet."""
    found = db.read(DEFAULT)
    return found[0]["slug"] if found else None


def ensure_space(db: Database, space: SpaceRecord, run: Run) -> None:
    """Record a space, or see that the one of this name was made the same way; raises what `check_space` does."""
    check_space(db, space)
    label = "Draft" if space.slug.endswith(NEXT) else "Space"
    db.write(MERGE_SPACE.format(label=label), space=space.properties(), run=run.id)


def check_space(db: Database, space: SpaceRecord) -> None:
    """See that there is no space of this name, or that it was made the same way.

    Raises `ChangedModel` where it was not, or where another space's name gives the same slug, and `BadVectors`.
    """
    if not 0 < space.dimension <= MOST_DIMENSIONS:
        raise BadVectors(
            f"{space.name} gives vectors of {space.dimension} numbers; Neo4j holds at most {MOST_DIMENSIONS}"
        )
    for known in all_spaces(db):
        if known.slug == space.slug and known.name != space.name:
            raise ChangedModel(
                f"the names {space.name!r} and {known.name!r} are the same in the graph ({space.slug})",
                space=known.name,
            )
        if known.name == space.name and (difference := _difference(known, space)):
            raise ChangedModel(
                f"space {space.name!r} was made with {difference}. Vectors of both cannot be compared",
                space=space.name,
            )


def _difference(old: SpaceRecord, new: SpaceRecord) -> str:
    if old.weights != new.weights:
        return (
            f"other weights ({old.weights[:12]} from {old.weights_source}; "
            f"now {new.weights[:12]} from {new.weights_source})"
        )
    if old.dimension != new.dimension:
        return f"vectors of {old.dimension} numbers (now {new.dimension})"
    if old.preprocessing != new.preprocessing:
        keys = sorted(old.preprocessing.keys() | new.preprocessing.keys())
        changed = [key for key in keys if old.preprocessing.get(key) != new.preprocessing.get(key)]
        was, now = ({key: record.preprocessing.get(key) for key in changed} for record in (old, new))
        return f"another preparation ({json.dumps(was)}; now {json.dumps(now)})"
    if old.transform != new.transform:
        return f"another transform ({old.transform}; now {new.transform})"
    return ""


def count_sides(db: Database, collection: str | None = None) -> int:
    """The sides that have a picture."""
    return db.read(COUNT_SIDES, collection=collection)[0]["sides"]


def count_without_picture(db: Database, collection: str | None = None) -> int:
    """The sides of which only the name of the picture is known (`pipeline.exchange`)."""
    return db.read(COUNT_WITHOUT_PICTURE, collection=collection)[0]["sides"]


def count_to_embed(db: Database, slug: str, collection: str | None = None) -> int:
    return db.read(COUNT_TO_EMBED, **_marks(slug), collection=collection)[0]["sides"]


def _marks(slug: str) -> dict[str, str]:
    return {name: f"{name}_{slug}" for name in ("source", "blank")}


def sides_to_embed(db: Database, slug: str, collection: str | None = None, page: int = 2000) -> Iterator[Photograph]:
    """The sides without a vector of this space, or whose file changed since, by id; asked page by page.

    Sides given out once do not come again, whether their vector was stored or not.
    """
    after = ""
    while True:
        rows = db.read(SIDES_TO_EMBED, **_marks(slug), collection=collection, after=after, limit=page)
        yield from (photograph_of(row, found=False) for row in rows)
        if len(rows) < page:
            return
        after = rows[-1]["id"]


def sample_sides(db: Database, most: int, collection: str | None = None, seed: int = 1) -> list[Photograph]:
    """At most ``most`` sides, drawn from all of them, by id: the same ones for the same sides."""
    ids = [row["id"] for row in db.read(SIDE_IDS, collection=collection)]
    chosen = sorted(random.Random(seed).sample(ids, min(most, len(ids))))
    return [photograph_of(row, found=False) for row in db.read(PHOTOGRAPHS, ids=chosen)]


def photograph_of(row: dict[str, Any], found: bool = True) -> Photograph:
    """The photograph of a side, with the coin's outline if there is one; if not ``found``, only one that was drawn."""
    outline = None
    if row["outline"] and (found or row["outline_by"]):
        outline = Outline.from_list(row["outline"], (row["width"], row["height"]), row["outline_confidence"])
    return Photograph(row["id"], path_of(row["uri"]), row["sha256"], outline)


def store_vectors(
    db: Database, slug: str, ids: Sequence[str], sha256s: Sequence[str], vectors: np.ndarray, batch: int = 500
) -> None:
    """Store ``vectors`` (n, dimension) float32 on the sides ``ids``, with the checksums of the files they come from.

    A side's vector and checksum are written in one transaction, in which its edges cease to pass for up to date. Raises
    `BadVectors` for values that are not finite and for zero vectors, which have no cosine.
    """
    if not usable(vectors).all():
        raise BadVectors("vectors that are zero or not finite cannot be stored")
    packed = db.capabilities.vector_values
    rows = (
        {"id": side, "sha256": sha256, "vector": Vector(vector) if packed else vector.tolist()}
        for side, sha256, vector in zip(ids, sha256s, vectors.astype(np.float32, copy=False), strict=True)
    )
    query = "CYPHER 25" + STORE_VECTORS if packed else STORE_VECTORS
    names = {name: f"{name}_{slug}" for name in ("vector", "source", "linked", "blank")}
    db.write_batches(query, rows, batch, **names)


def mark_blank(db: Database, slug: str, ids: Sequence[str], sha256s: Sequence[str]) -> None:
    """Mark sides that were looked at and give no vector, since nothing can be read there; a former vector goes."""
    rows = [{"id": side, "sha256": sha256} for side, sha256 in zip(ids, sha256s, strict=True)]
    names: dict[str, Any] = {name: f"{name}_{slug}" for name in ("vector", "source", "linked", "blank")}
    db.write_batches(MARK_BLANK, rows, **names)


def count_blank(db: Database, slug: str, collection: str | None = None) -> int:
    """The sides that were looked at and give no vector, as their files are now."""
    return db.read(COUNT_BLANK, blank=f"blank_{slug}", collection=collection)[0]["sides"]


def forget_vectors(db: Database, slug: str, ids: Sequence[str]) -> None:
    """Take from sides their vectors of a space, with the texts that these were made from."""
    kinds = ("vector", "source", "linked", "blank", "text", "without_text")
    names: dict[str, Any] = {name: f"{name}_{slug}" for name in kinds}
    db.write_batches(FORGET_VECTORS, ids, **names)


def usable(vectors: np.ndarray) -> np.ndarray:
    """Which rows (n,) bool of ``vectors`` (n, dimension) have a cosine: finite and not zero."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.isfinite(vectors).all(1) & (np.linalg.norm(vectors, axis=1) > 0)


def read_vectors(db: Database, slug: str, face: Face) -> tuple[list[str], np.ndarray]:
    """Ids of the sides of one face that have a vector of this space, sorted, and the vectors (n, dimension) float32.

    Beside the matrix a few pages of vectors are in memory at a time.
    """
    ids = ids_with_vector(db, slug, face)
    return ids, vectors_of(db, slug, ids)


def ids_with_vector(db: Database, slug: str, face: Face) -> list[str]:
    """Ids of the sides of one face that have a vector of this space, sorted."""
    return sorted(db.read(EMBEDDED_IDS.format(label=face.capitalize()), source=f"source_{slug}")[0]["ids"])


def vectors_of(db: Database, slug: str, ids: Sequence[str], page: int = 500) -> np.ndarray:
    """The vectors (n, dimension) float32 of the sides ``ids``, in this order.

    Raises `BadVectors` where one has none.
    """
    dimension = find_space(db, slug).dimension
    matrix = np.empty((len(ids), dimension), np.float32)
    found = np.zeros(len(ids), bool)
    packed = db.capabilities.vector_values
    query = READ_PACKED if packed else READ_VECTORS

    def fetch(start: int) -> None:
        asked = list(ids[start : start + page])
        answer = db.read(query, ids=asked, vector=f"vector_{slug}", dimension=dimension)[0]
        rows = start + np.array(answer["rows"], np.intp)
        if packed:
            numbers = b"".join(vector.raw() for vector in answer["vectors"])
            matrix[rows] = np.frombuffer(numbers, ">f4").reshape(-1, dimension)
        elif len(rows):
            matrix[rows] = answer["vectors"]
        found[rows] = True

    # Several sessions at once: the server packs one page while another is unpacked here.
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        list(pool.map(fetch, range(0, len(ids), page)))
    if not found.all():
        lost = ids[int(np.flatnonzero(~found)[0])]
        raise BadVectors(f"side {lost!r} has no vector of {dimension} numbers in space {slug!r}")
    return matrix


def index_name(slug: str, face: Face) -> str:
    return f"vector_{slug}_{face}"


def create_vector_indexes(db: Database, space: SpaceRecord) -> None:
    """One vector index a face, so that the nearest of one face need no filter. They fill in the background.

    Quantization, on by default, loses most true neighbours where vectors have a common offset: off. A draft gets none
    until it stands.
    """
    if space.slug.endswith(NEXT):
        return
    for face in FACES:
        db.run_alone(
            INDEX.format(
                index=index_name(space.slug, face),
                label=face.capitalize(),
                slug=space.slug,
                dimension=space.dimension,
            )
        )


def nearest_sides(
    db: Database, slug: str, vector: np.ndarray, face: Face, k: int, collections: Sequence[str] = ()
) -> list[tuple[str, float]]:
    """Ids and raw cosines of about the ``k`` sides of one face nearest to ``vector`` (dimension,), nearest first.

    The index is approximate, and its cosines are float32. It is made where it is missing, and waited for. It knows no
    ``collections``: the sides of these are compared one by one.
    """
    space = find_space(db, slug)
    if collections:
        query = NEAREST_OF.format(label=face.capitalize(), within=of_collections("s"))
        asked = {"property": f"vector_{slug}", "source": f"source_{slug}", "collections": list(collections)}
        rows = db.read(query, vector=np.asarray(vector, np.float64).tolist(), k=k, **asked)
        return [(row["id"], row["cosine"]) for row in rows]
    index = index_name(space.slug, face)
    _await_index(db, space, index)
    values = np.asarray(vector, np.float64).tolist()
    if db.capabilities.search_clause:
        rows = db.read(SEARCH.format(index=index), vector=values, k=k)
    else:
        rows = db.read(QUERY_NODES, index=index, vector=values, k=k)
    # The index answers (1 + cosine) / 2.
    return [(row["id"], 2 * row["score"] - 1) for row in rows]


def _await_index(db: Database, space: SpaceRecord, index: str) -> None:
    state = db.read(INDEX_STATE, index=index)
    if not state:
        create_vector_indexes(db, space)
    if not state or state[0]["state"] != "ONLINE":
        db.run_alone("CALL db.awaitIndex($index, 3600)", index=index)


def list_spaces(db: Database) -> list[Coverage]:
    """All spaces by name, and how many sides have a vector of each."""
    result = []
    for space in all_spaces(db):
        row = db.read(COVERAGE, source=f"source_{space.slug}")[0]
        result.append(Coverage(space, row["embedded"], row["sides"]))
    return result
