"""Dies in the graph: what registrations say of pairs, `SAME_DIE` edges, the dies with their sides, their links.

What a pair says stands on its `MATCHED` record, whose photographs it belongs to. The dies of a face are a `DieStudy` of
the space whose neighbours were compared. Each group of sides is a `Die`, and a lone side is one too: a die counts also
where one coin is left of what it struck. `DIE_LINK` leads from the dies of obverses to those of reverses.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from dies.decoys import ENOUGH, Catalogued
from dies.groups import CLEAR, components
from graph.connection import Database, Transaction
from graph.matches import PHOTOGRAPHS_OF
from graph.runs import Run
from ingest.records import FACES, Face

WRITE = f"""
UNWIND $rows AS row
MATCH (a:Side {{id: row[0]}})
MATCH (b:Side {{id: row[1]}})
MERGE (a)-[m:MATCHED {{key: row[0] + '|' + row[1]}}]->(b)
SET m.die_likeness = row[2], m.die_close = row[3], m.die_places = row[4], m.die_version = $version,
    m.photographs = {PHOTOGRAPHS_OF}, m.run = $run
REMOVE m.die_mirrored, m.die_evidence, m.die_against
"""
WRITE_MIRRORED = """
UNWIND $rows AS row
MATCH (:Side {id: row[0]})-[m:MATCHED]->(:Side {id: row[1]})
SET m.die_mirrored = row[2]
"""
# What was measured, with the second side as it is or mirrored, or what it means.
READ = """
MATCH (a:{label})-[m:MATCHED]->(b:{label}) WHERE m.die_version = $version AND m[$what] IS NOT NULL
RETURN a.id AS id, collect(b.id) AS others, collect(m[$what]) AS found
"""
# What it means in this collection.
JUDGE = """
UNWIND $rows AS row
MATCH (:Side {id: row[0]})-[m:MATCHED]->(:Side {id: row[1]})
WHERE coalesce(m.die_evidence, 99) <> row[2] OR coalesce(m.die_against, '') <> coalesce(row[3], '')
SET m.die_evidence = row[2], m.die_against = row[3]
"""
# What the catalogue says of each side. A type is in doubt where `propose` holds another for likelier than not.
CATALOGUED = """
MATCH (c:Coin)-[:HAS_SIDE]->(s:{label})
OPTIONAL MATCH (c)-[:OF_TYPE]->(t:CoinType)
RETURN s.id AS id, toStringOrNull(c[$legend]) AS legend,
  CASE WHEN NOT EXISTS {{ (c)-[p:PROPOSED_TYPE]->(o) WHERE p.probability > 0.5 AND o <> t }} THEN t.name END AS type
"""
# Where one pair says one die, and the groups of dies agree.
SAME_DIE = """
UNWIND $links AS link
MATCH (a:{label} {{id: link[0]}})-[m:MATCHED]->(b:{label} {{id: link[1]}})
MERGE (a)-[e:SAME_DIE {{key: m.key}}]->(b)
ON CREATE SET e.run = $run
SET e.evidence = m.die_evidence, e.probability = 1 / (1 + exp(-m.die_evidence)), e.close = m.die_close,
    e.places = m.die_places, e.photographs = m.photographs
RETURN count(*) AS edges
"""
NOT_SAME_DIE = """
MATCH (a:{label})-[e:SAME_DIE]->(b:{label})
WHERE [a.id, b.id] IN $apart
   OR NOT EXISTS {{ (a)-[m:MATCHED]->(b) WHERE m.die_version = $version AND m.die_evidence > $clear
                   AND coalesce(m.die_against, '') <> 'legend' }}
DELETE e RETURN count(*) AS removed
"""
# What persons said of pairs of photographs that are sides of one face now; the latest verdict on a pair decides.
TOLD = """
MATCH (a:{label})<-[:ABOUT {{place: 0}}]-(v:Verdict {{undone: false}})-[:ABOUT {{place: 1}}]->(b:{label})
WHERE v.kind IN ['same-die', 'not-same-die']
WITH v, CASE WHEN a.id < b.id THEN [a.id, b.id] ELSE [b.id, a.id] END AS pair
WITH v, pair ORDER BY coalesce(v.at, datetime({{year: 1}})) DESC, v.number DESC
WITH pair, collect(v.kind)[0] AS kind
RETURN pair[0] AS one, pair[1] AS two, kind = 'same-die' AS same
"""
WRITE_DIES = """
UNWIND $rows AS row
MERGE (d:Die {id: row.id})
SET d.name = row.name, d.face = row.face, d.size = row.size, d.evidence = row.evidence,
    d.loosest_pair = row.loosest_pair
WITH d, row
UNWIND row.members AS member
MATCH (s:Side {id: member})
MERGE (s)-[:STRUCK_FROM]->(d)
"""
WRITE_STUDY = """
MATCH (r:Run {id: $run})
MERGE (s:DieStudy {id: $study.id})
SET s = $study, s.made = r.started
MERGE (r)-[:PRODUCED]->(s)
WITH s
MATCH (d:Die) WHERE d.id STARTS WITH s.id + '/'
MERGE (d)-[:IN]->(s)
"""
DELETE_STUDY = """
OPTIONAL MATCH (s:DieStudy {id: $id}) DETACH DELETE s
WITH DISTINCT 1 AS once
MATCH (d:Die) WHERE d.id STARTS WITH $id + '/' DETACH DELETE d RETURN count(*) AS removed
"""
LINK_DIES = """
MATCH (:DieStudy {id: $obverse})<-[:IN]-(front:Die)<-[:STRUCK_FROM]-(:Obverse)<-[:HAS_SIDE]-(c:Coin)
MATCH (c)-[:HAS_SIDE]->(:Reverse)-[:STRUCK_FROM]->(back:Die)-[:IN]->(:DieStudy {id: $reverse})
WITH front, back, count(c) AS coins
MERGE (front)-[l:DIE_LINK]->(back)
SET l.coins = coins
RETURN count(*) AS links
"""
# A die belongs to the type of most of its coins; within it the die of most of these coins is the first.
NUMBER = """
UNWIND $slugs AS study
MATCH (d:Die)-[:IN]->(:DieStudy {id: study})
CALL (d) {
  MATCH (d)<-[:STRUCK_FROM]-(:Side)<-[:HAS_SIDE]-(c:Coin)
  OPTIONAL MATCH (c)-[:OF_TYPE]->(t:CoinType)
  WITH t.name AS type, count(c) AS coins, min(c.id) AS first
  RETURN type, coins, first ORDER BY type IS NULL, coins DESC, type LIMIT 1
}
WITH study, d, type, coins, first ORDER BY coins DESC, first, d.id
WITH study, type, collect(d) AS dies
UNWIND range(1, size(dies)) AS number
WITH type, dies[number - 1] AS d, number
SET d.type = type, d.number = number, d.name = toUpper(left(d.face, 1)) + number
"""
CHAIN = "UNWIND $rows AS row MATCH (d:Die {id: row[0]}) SET d.chain = row[1]"
LINKS = """
MATCH (front:Die)-[l:DIE_LINK]->(back:Die)
WHERE front.id STARTS WITH $obverse + '/' AND back.id STARTS WITH $reverse + '/'
RETURN front.id AS obverse, back.id AS reverse, l.coins AS coins ORDER BY obverse, reverse
"""
DIES = """
MATCH (d:Die)-[:IN]->(:DieStudy {id: $study})
RETURN d.id AS id, d.name AS name, d.face AS face, d.type AS type, d.number AS number, d.chain AS chain,
       COLLECT { MATCH (c:Coin)-[:HAS_SIDE]->(:Side)-[:STRUCK_FROM]->(d) RETURN c.id AS coin ORDER BY coin } AS coins
ORDER BY size(coins) DESC, toInteger(split(id, '/')[-1])
"""


STRUCK = """
MATCH (c:Coin)-[:HAS_SIDE]->(:Side)-[:STRUCK_FROM]->(:Die)-[:IN]->(:DieStudy {space: $slug})
RETURN DISTINCT c.id AS id, [(c)-[:OF_TYPE]->(t) | t.name][0] AS type, toFloatOrNull(c.weight) AS weight,
       toFloatOrNull(c.die_axis) AS axis
"""
CLAIMS = """
MATCH (s:DieStudy {space: $slug}) WHERE s.links IS NOT NULL
RETURN s.face AS face, s.links AS links, s.false_links AS false_links, s.unsure AS unsure, s.decoys AS decoys,
       s.share AS share
"""
# Pairs that speak clearly for one die, but lie in two, and of which nobody says anything now.
UNDECIDED = """
MATCH (s:DieStudy {space: $slug})<-[:IN]-(one)<-[:STRUCK_FROM]-(a)-[m:MATCHED]->(b)-[:STRUCK_FROM]->(two)-[:IN]->(s)
WHERE one <> two AND m.die_version = $version AND m.die_evidence > $clear
  AND m.photographs = left(a.sha256, 16) + left(b.sha256, 16)
  AND coalesce(m.die_against, '') <> 'legend'
  AND NOT EXISTS {
    (a)<-[:ABOUT]-(v:Verdict {undone: false})-[:ABOUT]->(b) WHERE v.kind IN ['same-die', 'not-same-die']
  }
MATCH (c:Coin)-[:HAS_SIDE]->(a), (other:Coin)-[:HAS_SIDE]->(b)
RETURN c.id AS coin, other.id AS other, s.face AS face ORDER BY coin, other, face
"""


@dataclass(frozen=True)
class PairSays:
    """What the registration of two sides (ids, the smaller first) says: see `dies.registration.Evidence`."""

    one: str
    two: str
    likeness: float
    close: float
    places: int

    @property
    def row(self) -> list[Any]:
        return [self.one, self.two, round(self.likeness, 4), round(self.close, 4), self.places]


@dataclass(frozen=True)
class Claims:
    """What was claimed of one face: ``links``, pairs of sides held to be of one die, and how many of these are expected
    to be false. ``unsure`` pairs are likelier of one die than not, but are not shown: they are not sure enough, or
    other pairs speak against them. ``decoys`` pairs that cannot be of one die told so, and of all pairs that can be a
    ``share`` is held to be."""

    links: int
    false_links: float
    unsure: int
    decoys: int
    share: float

    @property
    def vague(self) -> bool:
        """Whether chance is rather what it is in other collections than what it is here."""
        return self.decoys < ENOUGH


@dataclass(frozen=True)
class Die:
    """A die that was seen: its node's id, its face, the coins it struck (ids), and the number of its die chain.

    ``name`` is its number within its ``type``: O1 the obverse die of most coins. A die belongs to the type that most of
    its coins are of; None: none of them has a type.
    """

    id: str
    name: str
    face: Face
    type: str | None
    number: int
    coins: tuple[str, ...]
    chain: int


@dataclass(frozen=True)
class StruckCoin:
    """A coin of which a die is known: its type, weight (grams) and die axis (hours), None where not known."""

    id: str
    type: str | None
    weight: float | None
    axis: float | None


@dataclass(frozen=True)
class DieLink:
    """An obverse die and a reverse die (ids) that struck coins together."""

    obverse: str
    reverse: str
    coins: int


def study_id(slug: str, face: Face) -> str:
    return f"{slug}/{face}/dies"


def write_evidence(db: Database, pairs: Iterable[PairSays], version: str, run: str) -> int:
    """Write what pairs say on their records, registered by this version; how many."""
    return db.write_batches(WRITE, (pair.row for pair in pairs), version=version, run=run)


def write_mirrored(db: Database, pairs: Iterable[tuple[str, str, float]]) -> int:
    """Write how alike registered pairs are where the second side is mirrored."""
    return db.write_batches(WRITE_MIRRORED, ([one, two, round(likeness, 4)] for one, two, likeness in pairs))


def read_likeness(db: Database, face: Face, version: str, mirrored: bool = False) -> dict[tuple[str, str], float]:
    """The likeness of all pairs of a face that were registered by this version."""
    return _read(db, face, version, "die_mirrored" if mirrored else "die_likeness")


def read_evidence(db: Database, face: Face, version: str) -> dict[tuple[str, str], float]:
    """The log-odds of all pairs of a face that were judged, registered by this version."""
    return _read(db, face, version, "die_evidence")


def _read(db: Database, face: Face, version: str, what: str) -> dict[tuple[str, str], float]:
    return {
        (one, two): value
        for one, others, values in db.stream(READ.format(label=face.capitalize()), version=version, what=what)
        for two, value in zip(others, values, strict=True)
    }


def read_catalogued(db: Database, face: Face) -> dict[str, Catalogued]:
    """What the catalogue says of each side of a face, by its id."""
    rows = db.read(CATALOGUED.format(label=face.capitalize()), legend=f"{face}_legend")
    return {row["id"]: Catalogued(row["legend"], row["type"]) for row in rows}


def write_judgement(
    tx: Transaction, log_odds: Mapping[tuple[str, str], float], against: Mapping[tuple[str, str], str]
) -> None:
    """Write what pairs say in this collection, and what of the catalogue speaks against it (`legend`, `type`)."""
    tx.write_batches(JUDGE, [[*pair, round(value, 4), against.get(pair)] for pair, value in log_odds.items()])


def read_told(db: Database, face: Face) -> dict[tuple[str, str], bool]:
    """The pairs of a face (ids, the smaller first) of which a person said that they are from one die, or not."""
    rows = db.read(TOLD.format(label=face.capitalize()))
    return {(row["one"], row["two"]): row["same"] for row in rows}


def draw_same_die(
    tx: Transaction,
    face: Face,
    version: str,
    run: Run,
    links: Iterable[tuple[str, str]],
    apart: Iterable[tuple[str, str]],
) -> int:
    """Make `SAME_DIE` edges of ``links``, and remove those ``apart``; the number of links.

    Edges between other sides stay as they are, while their log-odds are above `CLEAR` and no legend speaks against
    them.
    """
    label = face.capitalize()
    told = {"version": version, "clear": CLEAR, "apart": list(map(list, apart))}
    run.removed("same_die", tx.write(NOT_SAME_DIE.format(label=label), **told)[0]["removed"])
    return tx.write(SAME_DIE.format(label=label), run=run.id, links=list(map(list, links)))[0]["edges"]


def store_groups(
    tx: Transaction,
    slug: str,
    face: Face,
    found: Sequence[Sequence[str]],
    says: Mapping[tuple[str, str], float],
    parameters: dict[str, Any],
    claims: "Claims",
    run: Run,
) -> None:
    """Write the dies of one face as a study, in place of the earlier one.

    ``found`` are the ids of the sides of each die, ``says`` the log-odds of the pairs that were compared;
    ``parameters`` and ``claims`` are kept with the study.
    """
    name = study_id(slug, face)
    remove_groups(tx, slug, face, run)
    within: dict[int, list[tuple[float, str]]] = defaultdict(list)
    place_of = {side: place for place, group in enumerate(found) for side in group}
    for (one, two), value in says.items():
        if one in place_of and place_of[one] == place_of.get(two):
            within[place_of[one]].append((value, f"{one} | {two}"))
    rows = []
    for place, group in enumerate(found):
        loosest = min(within[place], default=(None, None))
        mean = sum(value for value, _ in within[place]) / len(within[place]) if within[place] else None
        rows.append(
            {
                "id": f"{name}/{place + 1}",
                "name": f"{face[0].upper()}{place + 1}",
                "face": face,
                "size": len(group),
                "evidence": mean,
                "loosest_pair": loosest[1],
                "members": list(group),
            }
        )
    tx.write_batches(WRITE_DIES, rows, 500)
    study = {
        "id": name,
        "name": f"dies, {face}, {slug}",
        "space": slug,
        "face": face,
        "parameters": json.dumps(parameters),
        "dies": len(found),
        "coins": len(place_of),
        "alone": sum(len(group) == 1 for group in found),
        **asdict(claims),
    }
    tx.write(WRITE_STUDY, study=study, run=run.id)
    run.wrote("dies", len(found))


def remove_groups(tx: Transaction, slug: str, face: Face, run: Run) -> int:
    """Remove the study of one face with its dies; how many dies."""
    removed: int = tx.write(DELETE_STUDY, id=study_id(slug, face))[0]["removed"]
    run.removed("dies", removed)
    return removed


def link_dies(tx: Transaction, slug: str) -> list[DieLink]:
    """Link the dies of both faces by the coins that both struck, number the chains that the links make, and the dies
    within their types.

    A chain is all that links join; chains count from 1, the one of most coins first.
    """
    ids = {face: study_id(slug, face) for face in FACES}
    tx.write(LINK_DIES, **ids)
    links = die_links(tx, slug)
    dies = {die.id: die for face in FACES for die in read_dies(tx, slug, face)}
    chain_of = chains(dies, links)
    tx.write_batches(CHAIN, [[die, chain] for die, chain in chain_of.items()])
    tx.write(NUMBER, slugs=list(ids.values()))
    return links


def chains(dies: Mapping[str, Die], links: Sequence[DieLink]) -> dict[str, int]:
    """The number of the chain that each die belongs to."""
    place = {die: number for number, die in enumerate(dies)}
    parts = components(len(place), [(place[link.obverse], place[link.reverse]) for link in links])
    coins: dict[int, set[str]] = defaultdict(set)
    first: dict[int, str] = {}
    for die, part in zip(dies, parts.tolist(), strict=True):
        coins[part] |= set(dies[die].coins)
        first[part] = min(die, first.get(part, die))
    order = sorted(coins, key=lambda part: (-len(coins[part]), first[part]))
    number = {part: n for n, part in enumerate(order, 1)}
    return {die: number[part] for die, part in zip(dies, parts.tolist(), strict=True)}


def die_links(db: Database | Transaction, slug: str) -> list[DieLink]:
    rows = db.read(LINKS, **{face: study_id(slug, face) for face in FACES})
    return [DieLink(**row) for row in rows]


def read_dies(db: Database | Transaction, slug: str, face: Face) -> list[Die]:
    """The dies of one face, that of most coins first; none where they were not looked for."""
    rows = db.read(DIES, study=study_id(slug, face))
    return [
        Die(**row | {"coins": tuple(row["coins"]), "chain": row["chain"] or 0, "number": row["number"] or 0})
        for row in rows
    ]


def read_struck(db: Database, slug: str) -> dict[str, StruckCoin]:
    """The coins of which a die is known, by id."""
    return {row["id"]: StruckCoin(**row) for row in db.read(STRUCK, slug=slug)}


def undecided(db: Database, slug: str, version: str) -> list[tuple[str, str, Face]]:
    """Pairs of coins whose sides of a face speak clearly for one die, but were put to two."""
    return [
        (row["coin"], row["other"], row["face"]) for row in db.read(UNDECIDED, slug=slug, version=version, clear=CLEAR)
    ]


def read_claims(db: Database, slug: str) -> dict[Face, Claims]:
    """What was claimed of each face; of a study of an earlier version nothing is known."""
    return {row.pop("face"): Claims(**row) for row in db.read(CLAIMS, slug=slug)}


def sizes_by_type(dies: Sequence[Die], struck: Mapping[str, StruckCoin]) -> dict[str | None, list[int]]:
    """For each catalogued type the number of its coins on each of its dies; None for coins of no type."""
    counted: dict[str | None, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for die in dies:
        for coin in die.coins:
            counted[struck[coin].type][die.id] += 1
    kinds = sorted(counted, key=lambda kind: (kind is None, kind))
    return {kind: sorted(counted[kind].values(), reverse=True) for kind in kinds}


def dies_of_type(
    dies: Sequence[Die], kind: str | None, struck: Mapping[str, StruckCoin]
) -> tuple[list[Die], list[DieLink]]:
    """The dies that struck coins of a type, with these coins only, and the links that these make.

    Dies of another type come last. Chains are numbered anew among them.
    """
    some = [
        replace(die, coins=coins)
        for die in sorted(dies, key=lambda die: (die.type != kind, die.type or "", die.number))
        if (coins := tuple(coin for coin in die.coins if struck[coin].type == kind))
    ]
    back_of = {coin: die.id for die in some if die.face == "reverse" for coin in die.coins}
    pairs = Counter((die.id, back_of[c]) for die in some if die.face == "obverse" for c in die.coins if c in back_of)
    links = [DieLink(front, back, coins) for (front, back), coins in pairs.items()]
    chain_of = chains({die.id: die for die in some}, links)
    return [replace(die, chain=chain_of[die.id]) for die in some], links
