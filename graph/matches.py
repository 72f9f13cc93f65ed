"""What geometry says of pairs of sides: `MATCHED`, one record a pair that was looked at, and its copy on `SIMILAR`.

Geometry sees photographs, not vectors: the record of a pair belongs to no space and outlives links. It bears the
checksums of the two photographs it was made from; where they are no longer those of the sides, it counts for nothing.
What a space's own network says of the pair, place by place, stands beside under the space's name.

Pairs that lie far apart are compared as well, to tell what chance gives: a `DECOY` has what was found, and no record.

Where letters were read on both sides, ``letters`` say how alike they are when they are laid over each other.

The candidates of a side are ranked anew by ``score``: twice the sum of the cosine, of `PLACES` times the likeness place
by place, of up to `LETTERS` times that of the letters (less, where few can be read; a pair without counts as the mean),
and of up to `BONUS` for inliers, less the ``hub`` of either side, which is the mean of that sum over its `NEIGHBOURS`
nearest. So a side that is near to everything is nearest to nothing (CSLS: Conneau and others, Word
translation without parallel data, ICLR 2018).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from embed.legends.compare import legibility
from graph.connection import Database
from graph.edges import BATCH, coin_of
from graph.legends import letters_read
from graph.schema import prepare
from graph.scope import coins_of
from graph.spaces import PHOTOGRAPH, SpaceRecord, find_space, photograph_of, read_vectors, space_named
from ingest.records import FACES, Face, Photograph
from measure.neighbours import Pairs, ranked, scan

#: How much full geometry adds to a cosine, and how many inliers are full.
BONUS, ENOUGH = 0.5, 50
#: How much the likeness place by place counts beside the cosine, and how many neighbours tell a hub.
PLACES, NEIGHBOURS = 4.0, 10
#: How much aligned letters count beside the cosine where they can be read.
LETTERS = 1.0
#: The property of a record that says how letters were aligned.
LETTERS_VERSION = "letters_version"

PHOTOGRAPHS = f"MATCH (s:{{label}}) WHERE s.sha256 IS NOT NULL RETURN {PHOTOGRAPH} ORDER BY id"
# Which two photographs, by the beginnings of their checksums.
PHOTOGRAPHS_OF = "left(a.sha256, 16) + left(b.sha256, 16)"
STALE = f"""
MATCH (a:Side)-[m:MATCHED|DECOY|SAME_DIE]->(b:Side)
WHERE m.photographs <> coalesce({PHOTOGRAPHS_OF}, '')
CALL (m) {{ DELETE m }} IN TRANSACTIONS OF 10000 ROWS
RETURN count(*) AS removed
"""
KNOWN = """
MATCH (a:{label})-[m:MATCHED]->(b:{label}) WHERE m[$what] = $version RETURN a.id AS id, collect(b.id) AS others
"""
SIMILAR = "MATCH (a:{label})-[e:SIMILAR]->(b:{label}) WHERE e.space = $space RETURN a.id AS id, collect(b.id) AS others"
WRITE = f"""
UNWIND $rows AS row
MATCH (a:Side {{id: row[0]}})
MATCH (b:Side {{id: row[1]}})
MERGE (a)-[m:MATCHED {{key: row[0] + '|' + row[1]}}]->(b)
SET m.inliers = row[2], m.inlier_spread = row[3], m.version = $version,
    m.photographs = {PHOTOGRAPHS_OF}, m.run = $run
"""
WRITE_PLACES = f"""
UNWIND $rows AS row
MATCH (a:Side {{id: row[0]}})
MATCH (b:Side {{id: row[1]}})
MERGE (a)-[m:MATCHED {{key: row[0] + '|' + row[1]}}]->(b)
SET m[$places] = row[2], m[$what] = $version, m.photographs = {PHOTOGRAPHS_OF}, m.run = $run
"""
WRITE_LETTERS = f"""
UNWIND $rows AS row
MATCH (a:Side {{id: row[0]}})
MATCH (b:Side {{id: row[1]}})
MERGE (a)-[m:MATCHED {{key: row[0] + '|' + row[1]}}]->(b)
SET m.letters = row[2], m.letters_version = $version, m.photographs = {PHOTOGRAPHS_OF}, m.run = $run
"""
WRITE_DECOYS = f"""
UNWIND $rows AS row
MATCH (a:Side {{id: row[0]}})
MATCH (b:Side {{id: row[1]}})
MERGE (a)-[d:DECOY {{key: row[0] + '|' + row[1]}}]->(b)
SET d.inliers = row[2], d.inlier_spread = row[3], d.version = $version, d.photographs = {PHOTOGRAPHS_OF}, d.run = $run
"""
DECOYS = f"""
MATCH (a:{{label}})-[d:DECOY]->(b:{{label}}) WHERE d.version = $version AND d.photographs = {PHOTOGRAPHS_OF}
RETURN a.id AS one, b.id AS two, d.inliers AS inliers, d.inlier_spread AS spread
"""
USUAL_LETTERS = "MATCH (:{label})-[m:MATCHED]->() RETURN avg(m.letters) AS usual"
ANY = "RETURN EXISTS { ()-[:MATCHED]->() } AS any"
# All that speaks for a pair (a)-[m]-(b) but its cosine.
EVIDENCE = """coalesce($places_weight * m[$places], 0.0) + $letters_weight * coalesce(m.letters, $usual)
  + $bonus * CASE WHEN m.inliers > $enough THEN $enough ELSE coalesce(m.inliers, 0) END / $enough"""
HUBS = f"""
MATCH (a:{{label}}) WHERE a[$vector] IS NOT NULL
CALL (a) {{{{
  OPTIONAL MATCH (a)-[m:MATCHED]-(b:{{label}}) WHERE b[$vector] IS NOT NULL
    AND m.photographs IN [{PHOTOGRAPHS_OF}, left(b.sha256, 16) + left(a.sha256, 16)]
  WITH a, CASE WHEN m IS NULL THEN null ELSE gds.similarity.cosine(a[$vector], b[$vector]) + {EVIDENCE} END AS sum
  ORDER BY sum DESC LIMIT $neighbours
  WITH a, avg(sum) AS hub
  SET a[$hub] = hub
}}}} IN TRANSACTIONS OF 1000 ROWS
"""
SCORES = f"""
MATCH (a:{{label}})-[m:MATCHED]->(b:{{label}}) WHERE a[$vector] IS NOT NULL AND b[$vector] IS NOT NULL
CALL (a, m, b) {{{{
  WITH a, m, b, 2 * (gds.similarity.cosine(a[$vector], b[$vector]) + {EVIDENCE}) - a[$hub] - b[$hub] AS score
  WHERE abs(coalesce(m[$score], -99) - score) > 1e-9
  SET m[$score] = score
}}}} IN TRANSACTIONS OF 10000 ROWS
"""
# What a pair's record says, where it stands for the photographs of today; nothing elsewhere.
COPY = f"""
MATCH (a:Side)-[e:SIMILAR]->(b:Side) WHERE e.space = $space
OPTIONAL MATCH (a)-[m:MATCHED]->(b) WHERE m.photographs = {PHOTOGRAPHS_OF}
WITH e, m, m[$places] AS places, m[$score] AS score
WHERE coalesce(e.inliers, -1) <> coalesce(m.inliers, -1)
   OR coalesce(e.inlier_spread, -1) <> coalesce(m.inlier_spread, -1)
   OR coalesce(e.places, -9) <> coalesce(places, -9) OR coalesce(e.score, -99) <> coalesce(score, -99)
   OR coalesce(toInteger(e.verified), -1) <> coalesce(toInteger(m.verified), -1)
   OR coalesce(e.letters, -9) <> coalesce(m.letters, -9)
CALL (e, m, places, score) {{
  SET e.inliers = m.inliers, e.inlier_spread = m.inlier_spread, e.verified = m.verified, e.places = places,
      e.letters = m.letters, e.score = score
}} IN TRANSACTIONS OF 10000 ROWS
RETURN count(*) AS changed
"""
GEOMETRY = f"""
MATCH (a:{{label}})-[m:MATCHED]->(b:{{label}}) WHERE m.photographs = {PHOTOGRAPHS_OF} AND m[$name] IS NOT NULL
RETURN a.id AS id, collect(b.id) AS others, collect(m[$name]) AS found
"""
# Which pairs show the same, as far as decoys tell (`dies.decoys.least_sure`); none where ``least`` is null.
VERIFY = """
MATCH (:{label})-[m:MATCHED]->() WHERE m.inliers IS NOT NULL
WITH m, coalesce(m.inliers >= $least, false) AND m.inlier_spread >= $spread AND NOT m.key IN $barred AS verified
WHERE coalesce(m.verified <> verified, true)
CALL (m, verified) {{ SET m.verified = verified }} IN TRANSACTIONS OF 10000 ROWS
"""
COUNTS = """
MATCH (:{label})-[m:MATCHED]->() WHERE m.inliers IS NOT NULL
RETURN count(m) AS pairs, sum(toInteger(m.verified)) AS verified
"""


@dataclass(frozen=True)
class Candidates:
    """Pairs of one face that are to be looked at: places in ``photographs`` (by id), ``first < second``, (m,) each.

    ``close`` (m,) says which are among the very nearest of a side. ``photographs`` are all that have a vector of the
    space. ``known`` counts the candidates that have their record already and are not among them.
    """

    photographs: list[Photograph]
    first: np.ndarray
    second: np.ndarray
    close: np.ndarray
    known: int

    def __len__(self) -> int:
        return len(self.first)

    @property
    def photographs_of_pairs(self) -> list[Photograph]:
        """The photographs that take part."""
        return [self.photographs[i] for i in np.union1d(self.first, self.second)]

    def pairs(self) -> list[tuple[Photograph, Photograph]]:
        """The pairs, by their first."""
        at = self.photographs
        return [(at[i], at[k]) for i, k in zip(self.first.tolist(), self.second.tolist(), strict=True)]


@dataclass(frozen=True)
class Looked:
    """What geometry says of one pair of sides (ids, the smaller first): see `dies.match.Match`."""

    one: str
    two: str
    inliers: int
    spread: float

    @property
    def row(self) -> list[Any]:
        return [self.one, self.two, self.inliers, round(self.spread, 4)]


def prepare_matches(db: Database) -> int:
    """Make the keys that are needed, and sweep away the records of other photographs; how many those were."""
    prepare(db)
    return db.run_alone(STALE)[0]["removed"]


def candidates(
    db: Database,
    slug: str,
    face: Face,
    top: int,
    what: str,
    version: str,
    collections: Sequence[str] = (),
    close: int = 0,
) -> Candidates:
    """The pairs of one face that nobody has looked at: of each side the ``top`` nearest, and all that are `SIMILAR`.

    With ``collections`` only their sides, and pairs of these. Among the ``close`` nearest of a side they are marked.
    A pair was looked at where the property ``what`` of its record is ``version``. Sides without a photograph are left
    out. The pairs come by their first side, so that one look at it serves many.
    """
    label = face.capitalize()
    ids, matrix = read_vectors(db, slug, face)
    if (coins := coins_of(db, collections)) is not None:
        kept = np.array([coin_of(id_) in coins for id_ in ids], bool)
        ids, matrix = [id_ for id_, one in zip(ids, kept, strict=True) if one], matrix[kept]
    embedded = set(ids)
    photographs = [photograph for id_, photograph in read_photographs(db, face).items() if id_ in embedded]
    place = {photograph.id: i for i, photograph in enumerate(photographs)}
    at = np.array([place.get(id_, -1) for id_ in ids], np.int64)
    most = max(top, close)
    near = ranked(scan(matrix, most).pairs if len(ids) > 1 else Pairs.none(), most)
    first, second = at[near.pairs.first], at[near.pairs.second]
    seen = (first >= 0) & (second >= 0)
    count = max(len(photographs), 1)
    codes, rank = first[seen] * count + second[seen], near.rank[seen]
    wanted = np.union1d(codes[rank <= top], _codes(db, SIMILAR.format(label=label), place, space=slug))
    known = _codes(db, KNOWN.format(label=label), place, what=what, version=version)
    todo = np.setdiff1d(wanted, known, assume_unique=True)
    closest = np.isin(todo, codes[rank <= close])
    return Candidates(photographs, *np.divmod(todo, count), closest, known=len(wanted) - len(todo))


def far_pairs(db: Database, slug: str, face: Face, number: int) -> list[tuple[Photograph, Photograph]]:
    """Pairs of sides drawn at random from the less alike half of all pairs of a face: so many, or as there are.

    The smaller id stands first. The same vectors give the same pairs.
    """
    ids, matrix = read_vectors(db, slug, face)
    files = read_photographs(db, face)
    kept = [place for place, id_ in enumerate(ids) if id_ in files]
    if len(kept) < 2:
        return []
    drawn = np.random.default_rng(0).choice(kept, (4 * number, 2))
    drawn = np.unique(np.sort(drawn[drawn[:, 0] != drawn[:, 1]], axis=1), axis=0)
    cosines = np.einsum("ij,ij->i", matrix[drawn[:, 0]], matrix[drawn[:, 1]])
    far = drawn[cosines <= np.median(cosines)] if len(drawn) else drawn
    far = np.random.default_rng(1).permutation(far)[:number]
    pairs = [(files[ids[one]], files[ids[two]]) for one, two in far.tolist()]
    return [(one, two) if one.id < two.id else (two, one) for one, two in pairs]


def _codes(db: Database, query: str, place: dict[str, int], **parameters: Any) -> np.ndarray:
    """The pairs of a query as sorted numbers: the first one's place times the number of places plus the second's."""
    count = max(len(place), 1)
    codes = [
        place[one] * count + place[two]
        for one, others in db.stream(query, **parameters)
        if one in place
        for two in others
        if two in place
    ]
    return np.unique(np.array(codes, np.int64))


def write_matches(db: Database, looked: Iterable[Looked], version: str, run: str) -> int:
    """Write the records of pairs, looked at by this version of geometry; how many."""
    return db.write_batches(WRITE, (each.row for each in looked), BATCH, version=version, run=run)


def write_decoys(db: Database, looked: Iterable[Looked], version: str, run: str) -> int:
    """Write what this version of geometry says of pairs that lie far apart; how many."""
    return db.write_batches(WRITE_DECOYS, (each.row for each in looked), BATCH, version=version, run=run)


def read_decoys(db: Database, face: Face, version: str) -> dict[tuple[str, str], Looked]:
    """What this version of geometry said of pairs of a face that lie far apart, by the ids of their sides."""
    rows = db.read(DECOYS.format(label=face.capitalize()), version=version)
    return {(row["one"], row["two"]): Looked(**row) for row in rows}


def write_places(db: Database, slug: str, looked: Iterable[tuple[str, str, float]], version: str, run: str) -> int:
    """Write how alike pairs (ids of two sides) are place by place in a space; how many."""
    rows = ([one, two, round(likeness, 6)] for one, two, likeness in looked)
    asked = {"places": f"places_{slug}", "what": places_version(slug), "version": version, "run": run}
    return db.write_batches(WRITE_PLACES, rows, BATCH, **asked)


def write_letters(db: Database, looked: Iterable[tuple[str, str, float]], version: str, run: str) -> int:
    """Write how alike the letters of pairs (ids of two sides) are; how many."""
    rows = ([one, two, round(likeness, 6)] for one, two, likeness in looked)
    return db.write_batches(WRITE_LETTERS, rows, BATCH, version=version, run=run)


def places_version(slug: str) -> str:
    """The property of a record that says how the places of a space were compared."""
    return f"places_version_{slug}"


def place_space(db: Database, space: SpaceRecord) -> SpaceRecord:
    """The space of pictures that a space was made from, by transforms, fusions and training; itself for most.

    By its model pairs are compared place by place.
    """
    while space.sources and (parent := space_named(db, space.sources[0])):
        space = parent
    return space


def bring_matches(db: Database, slug: str) -> int:
    """Copy what the records say to a space's `SIMILAR` edges, and take away what none says; the edges that changed.

    Records of other photographs are swept away before.
    """
    db.run_alone(STALE)
    names = {name: f"{name}_{slug}" for name in ("vector", "hub", "score")}
    names["places"] = f"places_{place_space(db, find_space(db, slug)).slug}"
    weights = {"places_weight": PLACES, "bonus": BONUS, "enough": float(ENOUGH), "neighbours": NEIGHBOURS}
    letters = letters_read(db)
    for face in FACES:
        usual = db.read(USUAL_LETTERS.format(label=face.capitalize()))[0]["usual"]
        weights |= {"usual": usual or 0.0, "letters_weight": LETTERS * legibility(letters[face])}
        for query in (HUBS, SCORES):
            db.run_alone(query.format(label=face.capitalize()), **names, **weights)
    return db.run_alone(COPY, space=slug, places=names["places"], score=names["score"])[0]["changed"]


def read_geometry(db: Database, name: str, face: Face) -> Iterator[tuple[str, str, float]]:
    """The pairs of one face (ids of two sides) whose record has the property ``name``, and what it is."""
    for one, others, found in db.stream(GEOMETRY.format(label=face.capitalize()), name=name):
        yield from ((one, two, value) for two, value in zip(others, found, strict=True))


def write_verified(
    db: Database, face: Face, least: float | None, spread: float, barred: Iterable[tuple[str, str]] = ()
) -> None:
    """Mark the pairs of a face that are verified: at least so many inliers over at least such a spread, and not
    ``barred``; with ``least`` None there are none."""
    keys = [f"{one}|{two}" for one, two in barred]
    db.run_alone(VERIFY.format(label=face.capitalize()), least=least, spread=spread, barred=keys)


def read_photographs(db: Database, face: Face) -> dict[str, Photograph]:
    """The photographs of a face, by the ids of their sides."""
    rows = db.read(PHOTOGRAPHS.format(label=face.capitalize()))
    return {row["id"]: photograph_of(row) for row in rows}


def any_matches(db: Database) -> bool:
    return db.read(ANY)[0]["any"]


def count_matches(db: Database, face: Face) -> tuple[int, int]:
    """The pairs of one face that were looked at, and those that are verified."""
    row = db.read(COUNTS.format(label=face.capitalize()))[0]
    return row["pairs"], row["verified"]
