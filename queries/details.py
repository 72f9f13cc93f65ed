"""All that is known of one coin beside its card, and which coins and verdicts belong together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from embed.legends.letters import Legend
from graph.connection import Database
from graph.legends import legends_of_coin
from graph.spaces import default_space
from ingest.records import ENTITIES, Face
from queries.record import FELLOWS, PROPERTIES, STRUCK, Opinion, Proposal, Struck, opinions_on

MEASURES = ("pagerank", "degree", "betweenness")
PROPOSALS = """
MATCH (:Coin {id: $coin})-[p:PROPOSED_TYPE]->(t)
RETURN t.name AS type, p.probability AS probability, p.like AS like, p.spaces AS spaces
ORDER BY probability DESC, type
"""
NAMED = f"""
MATCH (c:Coin {{id: $coin}})-[r:{"|".join(relationship for _, relationship in ENTITIES.values())}]->(e)
RETURN type(r) AS relationship, e.name AS name
"""
COMMUNITY = """
MATCH (c:Coin {id: $coin})-[:HAS_SIDE*0..1]->(n)-[:MEMBER_OF]->(m)-[:IN]->(p:Partition {id: $partition})
WITH m, p, n, coalesce(n['pagerank_' + p.space], 0.0) AS own LIMIT 1
RETURN m.id AS id, m.size AS size,
       1 + COUNT { (m)<-[:MEMBER_OF]-(o) WHERE o <> n AND coalesce(o['pagerank_' + p.space], 0.0) > own } AS place
"""
CENTRAL = """
MATCH (c:Coin) WHERE c['pagerank_' + $space] IS NOT NULL
RETURN c.id AS coin, [measure IN $measures | c[measure + '_' + $space]] AS found
"""
VERDICTS_ON = """
MATCH (c:Coin|MergedCoin {id: $coin})-[:HAS_SIDE|LEFT_OUT*0..1]->()<-[:ABOUT]-(v:Verdict)
RETURN DISTINCT v.number AS number
"""
COINS_OF_VERDICTS = """
MATCH (v:Verdict)-[a:ABOUT]->(n) WHERE v.number IN $numbers
WITH v, a, coalesce([(c)-[:HAS_SIDE|LEFT_OUT]->(n) | c.id][0], n.id) AS coin ORDER BY a.place
WITH v, collect(coin) AS coins WHERE size(coins) = size(v.coins)
RETURN v.number AS number, coins
"""
LINKED = """
MATCH (s:Space) WHERE EXISTS { ()-[r:RELATED]->() WHERE r.space = s.slug }
RETURN s.slug AS slug, EXISTS { ()-[r:RELATED]->() WHERE r.space = s.slug AND r.probability IS NOT NULL } AS calibrated
"""


@dataclass(frozen=True)
class Central:
    """The place of a coin among all (``of``) by a measure, the greatest first."""

    measure: str
    place: int
    of: int


@dataclass(frozen=True)
class Details:
    """What is known of a coin beside its card. ``fellows`` counts the other coins of its community by type;
    ``place`` is its own among them, the most typical first. ``read`` are legends as they were read, by face."""

    facts: dict[str, Any]
    opinions: list[Opinion]
    proposals: list[Proposal]
    dies: list[Struck]
    fellows: dict[str | None, int] = field(default_factory=dict)
    place: int | None = None
    read: dict[Face, Legend] = field(default_factory=dict)


def coin_details(db: Database, coin: str, partition: str | None) -> Details:
    """The details of a coin by its id; ``partition`` is that of the communities."""
    space = default_space(db)
    row = db.read(PROPERTIES, coin=coin)[0]
    facts = {name: row["properties"][name] for name in row["columns"] or () if name in row["properties"]}
    column = {relationship: name for name, (_, relationship) in ENTITIES.items()}
    facts |= {column[one["relationship"]]: one["name"] for one in db.read(NAMED, coin=coin)}
    found = db.read(COMMUNITY, coin=coin, partition=partition)
    fellows = db.read(FELLOWS, community=found[0]["id"], coin=coin) if found else []
    return Details(
        facts,
        opinions_on(db, coin),
        [Proposal(one["type"], one["probability"], one["like"]) for one in db.read(PROPOSALS, coin=coin)],
        [Struck(**one) for one in db.read(STRUCK, coin=coin, space=space)],
        {one["type"]: one["coins"] for one in fellows},
        found[0]["place"] if found else None,
        legends_of_coin(db, coin),
    )


@dataclass(frozen=True)
class Centralities:
    """How central every coin is: by measure its places among all, from 1; equal ones share a place."""

    coins: dict[str, int]
    places: dict[str, np.ndarray]

    def of(self, coin: str) -> list[Central]:
        """The places of a coin (its id); none where it was not measured."""
        row = self.coins.get(coin)
        if row is None:
            return []
        return [Central(name, int(places[row]), len(self.coins)) for name, places in self.places.items()]


def read_centralities(db: Database) -> Centralities:
    """The measures of the default space, of all coins that have them."""
    coins: dict[str, int] = {}
    values = []
    for coin, found in db.stream(CENTRAL, measures=list(MEASURES), space=default_space(db) or ""):
        coins[coin] = len(coins)
        values.append([np.nan if value is None else value for value in found])
    table = np.array(values, float).reshape(-1, len(MEASURES))
    places = {}
    for name, column in zip(MEASURES, table.T, strict=True):
        if len(column) and not np.isnan(column).any():
            places[name] = 1 + len(column) - np.searchsorted(np.sort(column), column, "right")
    return Centralities(coins, places)


def verdicts_on(db: Database, coin: str) -> set[int]:
    """The numbers of all verdicts on a coin (its id), undone ones too."""
    return {row["number"] for row in db.read(VERDICTS_ON, coin=coin)}


def coins_of_verdicts(db: Database, numbers: Sequence[int]) -> dict[int, list[str]]:
    """The present coins (ids) of verdicts, by number; those that wait for a photograph are left out."""
    return {row["number"]: row["coins"] for row in db.read(COINS_OF_VERDICTS, numbers=list(numbers))}


def linked_spaces(db: Database) -> dict[str, bool]:
    """The spaces (slugs) that have edges between coins, and whether these have probabilities."""
    return {row["slug"]: row["calibrated"] for row in db.read(LINKED)}
