"""What was read around the rim of sides: `legend_read`, with how sure each letter is and where it stands, and the
letters to compare by.

A reading belongs to one file: `legend_source` is the checksum of the picture that it was read from. It is no record,
which stands in the columns that a table has.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embed.legends.compare import SURE, legibility, packed, raised, unpacked
from embed.legends.letters import Legend, legend_of
from graph.connection import Database
from graph.edges import coin_of
from graph.scope import of_collections
from graph.spaces import PHOTOGRAPH, photograph_of
from ingest.records import FACES, Face, Photograph
from measure.coinset import Written

STORE = """
UNWIND $rows AS row
MATCH (s:Side {id: row.id})
SET s.legend_read = row.text, s.legend_confidence = row.confidence, s.legend_places = row.places,
    s.legend_letters = row.letters, s.legend_source = row.sha256
"""
OF_COIN = """
MATCH (:Coin {id: $coin})-[:HAS_SIDE]->(s) WHERE s.legend_source = s.sha256 AND s.legend_read <> ''
RETURN CASE WHEN s:Obverse THEN 'obverse' ELSE 'reverse' END AS face, s.legend_read AS text,
       s.legend_confidence AS confidence, coalesce(s.legend_places, []) AS places ORDER BY face
"""
READ = """
MATCH (s:{label}) WHERE s.legend_source = s.sha256 AND {within}
RETURN s.id AS id, s.legend_read AS text, s.legend_letters AS letters,
       any(one IN s.legend_confidence WHERE one > $sure) AS legible ORDER BY id
"""
LETTERS_READ = """
MATCH (s:Side) WHERE s.legend_source = s.sha256
RETURN CASE WHEN s:Obverse THEN 'obverse' ELSE 'reverse' END AS face,
       avg(size([one IN s.legend_confidence WHERE one > $sure])) AS letters
"""
SUREST = """
MATCH (c:Coin)-[:HAS_SIDE]->(s) WHERE s.legend_source = s.sha256 AND {within}
WITH c, s, CASE WHEN s:Obverse THEN 'obverse' ELSE 'reverse' END AS face,
     size([one IN s.legend_confidence WHERE one > $sure]) AS letters WHERE letters > 0
RETURN c.id AS coin, face, s.legend_read AS text, letters, toString(c[face + '_legend']) AS recorded
ORDER BY letters DESC, reduce(sum = 0.0, one IN s.legend_confidence | sum + one) / size(s.legend_confidence) DESC,
         coin, face LIMIT $limit
"""
RECORDED = """
MATCH (c:Coin)-[:HAS_SIDE]->(s:Side) WHERE s.id IN $ids
WITH s, c[CASE WHEN s:Obverse THEN 'obverse_legend' ELSE 'reverse_legend' END] AS recorded WHERE recorded IS NOT NULL
RETURN s.id AS id, toString(recorded) AS recorded
"""
OF_TYPE = f"""
MATCH (:CoinType {{{{name: $kind}}}})<-[:OF_TYPE]-(c:Coin)-[:HAS_SIDE]->(s:{{label}})
WHERE s.sha256 IS NOT NULL AND {{within}}
RETURN c.id AS coin, {PHOTOGRAPH}, toString(c[$column]) AS recorded
ORDER BY size([one IN coalesce(s.legend_confidence, []) WHERE one > $sure]) DESC, id
"""


@dataclass(frozen=True)
class BesideRecord:
    """What was read on one side, with ``letters`` that are sure, beside the legend that the table has of it, if any."""

    coin: str
    face: Face
    text: str
    letters: int
    recorded: str | None


@dataclass(frozen=True)
class ReadSides:
    """Sides of one face (n, sorted ids) that were read: what their ``letters`` (n, columns, letters) are aligned by
    (`embed.legends.compare.raised`), the readings as ``texts``, and which are ``legible`` (n,)."""

    ids: list[str]
    texts: list[str]
    letters: np.ndarray
    legible: np.ndarray


def store_legends(db: Database, ids: Sequence[str], sha256s: Sequence[str], read: np.ndarray) -> None:
    """Keep what was read on sides, (n, columns, `CLASSES`), with the checksums of the pictures it was read from."""
    rows = []
    for side, sha256, letters, probabilities in zip(ids, sha256s, packed(raised(read)), read, strict=True):
        legend = legend_of(probabilities)
        values = {"text": legend.text, "confidence": list(legend.confidence), "places": list(legend.places)}
        values |= {"letters": letters.tobytes()}
        rows.append({"id": side, "sha256": sha256} | values)
    db.write_batches(STORE, rows)


def legends_of_coin(db: Database, coin: str) -> dict[Face, Legend]:
    """What was read on the sides of a coin (its id), as their photographs are now; sides without a letter left out."""
    return {
        row["face"]: Legend(row["text"], tuple(row["confidence"]), tuple(row["places"]))
        for row in db.read(OF_COIN, coin=coin)
    }


def letters_read(db: Database) -> dict[Face, float]:
    """How many letters of a side are sure, in the mean over the sides of each face that were read."""
    return dict.fromkeys(FACES, 0.0) | {row["face"]: row["letters"] for row in db.read(LETTERS_READ, sure=SURE)}


def surest_readings(db: Database, collections: Sequence[str] = (), limit: int = 10) -> list[BesideRecord]:
    """The sides, of some collections or of all, with the most letters that are sure."""
    query = SUREST.format(within=of_collections("c"))
    return [BesideRecord(**row) for row in db.read(query, collections=list(collections), sure=SURE, limit=limit)]


def sides_of_type(
    db: Database, kind: str, face: Face, collections: Sequence[str] = ()
) -> list[tuple[Photograph, str, str | None]]:
    """The photographs of a type's sides with coin and recorded legend; those with the most sure letters first."""
    query = OF_TYPE.format(label=face.capitalize(), within=of_collections("c"))
    asked = {"kind": kind, "column": f"{face}_legend", "collections": list(collections), "sure": SURE}
    return [(photograph_of(row), row["coin"], row["recorded"]) for row in db.read(query, **asked)]


def recorded_legends(db: Database, ids: Sequence[str]) -> dict[str, str]:
    """The legends that the table has of sides, by the sides' ids."""
    return {row["id"]: row["recorded"] for row in db.read(RECORDED, ids=list(ids))}


def read_written(db: Database, coins: Sequence[str]) -> list[Written]:
    """Of ``coins`` (ids), what was read beside the legends that the table has: of each face on which letters can be
    read."""
    counts = {face: legibility(letters) for face, letters in letters_read(db).items()}
    found, place = [], {coin: row for row, coin in enumerate(coins)}
    for face in (face for face in FACES if counts[face]):
        sides = read_legends(db, face)
        recorded = recorded_legends(db, sides.ids)
        kept = [row for row, side in enumerate(sides.ids) if coin_of(side) in place]
        at = [place[coin_of(sides.ids[row])] for row in kept]
        letters = np.zeros((len(coins), *sides.letters.shape[1:]), np.float32)
        legible, legends = np.zeros(len(coins), bool), np.full(len(coins), None, object)
        letters[at], legible[at] = sides.letters[kept], sides.legible[kept]
        legends[at] = [recorded.get(sides.ids[row]) for row in kept]
        if recorded:
            found.append(Written.of(letters, legible, legends.tolist()))
    return found


def read_legends(db: Database, face: Face, collections: Sequence[str] = ()) -> ReadSides:
    """The sides of a face, of some collections or of all, that were read as their photographs are now."""
    asked = {"collections": list(collections), "sure": SURE}
    rows = list(db.stream(READ.format(label=face.capitalize(), within=of_collections("s")), **asked))
    letters = np.stack([unpacked(bytes(row["letters"])) for row in rows]) if rows else np.empty((0, 1, 1), np.float32)
    texts, legible = [row["text"] for row in rows], np.array([row["legible"] for row in rows], bool)
    return ReadSides([row["id"] for row in rows], texts, letters, legible)
