"""Coins as a page shows them: what stands on a card, the version of what is decided, and a picture by its checksum."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from errors import CoingraphError
from graph.coins import COLLECTION, ENTITY
from graph.connection import Database
from graph.types import TYPE_OF
from graph.verdicts import CORRECTING
from ingest.outlines import Outline
from ingest.records import ENTITIES, FACES, Face, Photograph, path_of
from queries.record import FACE, Proposal, latest_partition

MINT, MATERIAL = (
    f"coalesce({ENTITY.format(relationship=ENTITIES[name][1])}, c.{name})" for name in ("mint", "material")
)
#: What is told of the coin ``c``, whose node and ``$partition`` are given: the same for cards and for the gallery.
FACTS = f"""
c.id AS coin, c.name AS name, {COLLECTION} AS collection, {TYPE_OF} AS type,
[(c)-[o:OF_TYPE]->() | o.source][0] AS source, [(c)-[o:OF_TYPE]->() | o.by][0] AS by,
c.weight AS weight, c.diameter AS diameter, c.die_axis AS die_axis, c.date AS date,
c.date_from AS date_from, c.date_to AS date_to, {MINT} AS mint, {MATERIAL} AS material,
COLLECT {{ MATCH (c)-[:HAS_SIDE*0..1]->()-[:MEMBER_OF]->(m)-[:IN]->(:Partition {{id: $partition}}) RETURN m.id }}[0]
  AS community,
COLLECT {{
  MATCH (c)-[p:PROPOSED_TYPE]->(x) WHERE NOT EXISTS {{ (c)-[:OF_TYPE]->(x) }}
  RETURN [x.name, p.probability, p.like] ORDER BY p.probability DESC, x.name LIMIT 1
}}[0] AS proposal
"""
CARDS = f"""
UNWIND $coins AS id MATCH (c:Coin|MergedCoin {{id: id}})
RETURN {FACTS}, c.obverse_legend AS obverse_legend, c.reverse_legend AS reverse_legend,
       COLLECT {{ MATCH (c)-[:HAS_SIDE]->(s) RETURN [{FACE}, s {{.sha256, .width, .height, .outline, .outline_by,
         confidence: CASE WHEN s.outline_source = s.sha256 THEN s.outline_confidence END}}] }} AS sides
"""
#: Verdicts that stand, by coin, and how often something was decided on each alone, or taken back.
ABOUT = "(c)-[:HAS_SIDE|LEFT_OUT*0..1]->()<-[:ABOUT]-(v:Verdict)"
COUNTED = """
WITH DISTINCT c, v
RETURN c.id AS coin, sum(toInteger(NOT v.undone)) AS verdicts,
       sum(CASE WHEN size(v.coins) = 1 THEN 1 + toInteger(v.undone) ELSE 0 END) AS version
"""
DECIDED = f"UNWIND $coins AS id MATCH (c:Coin|MergedCoin {{id: id}}) MATCH {ABOUT} {COUNTED}"
DECIDED_ALL = f"MATCH (v:Verdict)-[:ABOUT]->(n) MATCH (n)<-[:HAS_SIDE|LEFT_OUT*0..1]-(c:Coin|MergedCoin) {COUNTED}"
VERSION = """
MATCH (r:Run) WITH count(r) AS runs, count(r.finished) AS ended
RETURN runs, ended, COUNT { (:Verdict) } AS verdicts, COUNT { (v:Verdict) WHERE v.undone } AS undone,
       COLLECT {
         MATCH (v:Verdict) WHERE v.kind IN $correcting RETURN sum(1 + toInteger(v.undone))
       }[0] AS corrections, COUNT { (:Coin) } AS coins, COUNT { (:Pending) } AS pending
"""
#: A photograph may be there several times; the outline of one is that of all.
PICTURE = """
UNWIND $keys AS key MATCH (s:Side|LeftOutSide {sha256: key}) WHERE s.uri IS NOT NULL
RETURN key, s.id AS id, s.uri AS uri, s.width AS width, s.height AS height, s.outline AS outline,
       coalesce(s.outline_source = s.sha256, false) AS found, s.outline_confidence AS confidence,
       s.outline_by AS outline_by
ORDER BY found, id DESC
"""


class NoPicture(CoingraphError):
    """No photograph of the graph has this checksum."""


@dataclass(frozen=True)
class SidePicture:
    """The photograph of a side: its checksum, its size in pixels, and the outline of the coin where one is sure, with
    the person who drew it, if one did."""

    sha256: str
    width: int
    height: int
    outline: Outline | None = None
    drawn_by: str | None = None

    @property
    def shape(self) -> str:
        """A short code of the outline: another outline makes other pictures."""
        if self.outline is None:
            return "0"
        return hashlib.sha256(json.dumps(self.outline.to_list()).encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Card:
    """A coin as galleries show it. Measures are grams, millimetres, hours and years (negative before Christ).

    ``verdicts`` are those that stand, also on pairs; ``version`` counts those on this coin alone, and their undoing.
    """

    id: str
    name: str
    collection: str | None = None
    type: str | None = None
    source: str | None = None
    by: str | None = None
    weight: Any = None
    diameter: Any = None
    die_axis: Any = None
    date: Any = None
    years: tuple[int | None, int | None] | None = None
    mint: str | None = None
    material: str | None = None
    legends: Mapping[Face, str | None] = field(default_factory=dict)
    pictures: Mapping[Face, SidePicture] = field(default_factory=dict)
    proposal: Proposal | None = None
    community: int | None = None
    verdicts: int = 0
    version: int = 0


@dataclass(frozen=True)
class Version:
    """What the graph stands at: runs begun and ended, verdicts given and undone, coins. Any change changes one.

    ``corrections`` are verdicts on photographs, given and taken back: edges go with them. ``pending`` is what a step
    has decided and not done: where it was killed, another command does it without a run of its own.
    """

    runs: int
    ended: int
    verdicts: int
    undone: int
    corrections: int
    coins: int
    pending: int

    @property
    def step(self) -> str:
        """What edges, communities and the like stand at."""
        return f"{self.runs}.{self.ended}.{self.corrections}.{self.coins}.{self.pending}"

    def __str__(self) -> str:
        return f"{self.step}.{self.verdicts}.{self.undone}"


def graph_version(db: Database) -> Version:
    """What the graph stands at; one cheap question."""
    return Version(**db.read(VERSION, correcting=list(CORRECTING))[0])


def read_cards(db: Database, coins: Sequence[str], partition: str | None = None) -> dict[str, Card]:
    """The cards of some coins by their ids; ids of none are left out. ``partition`` saves looking it up."""
    partition = partition or latest_partition(db)
    decided = {row["coin"]: row for row in db.read(DECIDED, coins=list(coins))}
    rows = db.read(CARDS, coins=list(dict.fromkeys(coins)), partition=partition)
    return {row["coin"]: _card(row, decided.get(row["coin"], {})) for row in rows}


def find_picture(db: Database, sha256: str) -> tuple[Photograph, SidePicture]:
    """A registered photograph by its checksum. Raises `NoPicture`."""
    found = find_pictures(db, [sha256])
    if not found:
        raise NoPicture("no photograph of this checksum is registered")
    return found[sha256]


def find_pictures(db: Database, sha256s: Sequence[str]) -> dict[str, tuple[Photograph, SidePicture]]:
    """Registered photographs by their checksums; what is not registered is left out."""
    found = {}
    for row in db.read(PICTURE, keys=list(sha256s)):
        photograph = Photograph(row["id"], path_of(row["uri"]), row["key"])
        confidence = row["confidence"] if row["found"] else None
        found[row["key"]] = photograph, _picture({**row, "sha256": row["key"], "confidence": confidence})
    return found


def _card(row: Mapping[str, Any], decided: Mapping[str, Any]) -> Card:
    years = (row["date_from"], row["date_to"])
    plain = ("collection", "type", "source", "by", "weight", "diameter", "die_axis", "date", "mint", "material")
    return Card(
        id=row["coin"],
        **{name: row[name] for name in plain},
        name=str(row["name"] or row["coin"]),
        years=years if years != (None, None) else None,
        legends={face: row[f"{face}_legend"] for face in FACES},
        pictures={face: _picture(side) for face, side in row["sides"] if side["sha256"]},
        proposal=Proposal(*row["proposal"]) if row["proposal"] else None,
        community=number_of(row["community"]),
        verdicts=decided.get("verdicts", 0),
        version=decided.get("version", 0),
    )


def number_of(community: str | None) -> int | None:
    """The number of a community by its id."""
    return int(community.rsplit("/", 1)[-1]) if community else None


def _picture(side: Mapping[str, Any]) -> SidePicture:
    size = int(side["width"] or 0), int(side["height"] or 0)
    outline = None
    if side["outline"] and side["confidence"] is not None and all(size):
        outline = Outline.from_list(side["outline"], size, side["confidence"])
    sure = outline if outline and outline.sure else None
    return SidePicture(side["sha256"], *size, sure, side["outline_by"] if sure else None)
