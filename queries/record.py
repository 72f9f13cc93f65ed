"""What is known of coins: a line of each, and the record of one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from embed.legends.letters import Legend
from errors import CoingraphError
from graph.coins import COLLECTION, ENTITY
from graph.communities import latest
from graph.connection import Database
from graph.legends import legends_of_coin
from graph.spaces import default_space
from graph.store import find_collection
from ingest.records import ENTITIES, FACES, Face, path_of
from queries.catalogue import run
from queries.find import Hit, find
from queries.lookup import find_coin
from queries.stored import stored

FACE = "CASE WHEN s:Obverse THEN 'obverse' ELSE 'reverse' END"
NAMED = ", ".join(
    f"coalesce({ENTITY.format(relationship=relationship)}, c.{name}) AS {name}"
    for name, (_, relationship) in ENTITIES.items()
)
COINS = f"""
MATCH (c:Coin)
WHERE ($coins IS NULL OR c.id IN $coins)
  AND ($collections = [] OR EXISTS {{ (c)-[:IN_COLLECTION]->(k) WHERE k.name IN $collections }})
OPTIONAL MATCH (c)-[o:OF_TYPE]->(t)
RETURN c.id AS coin, {COLLECTION} AS collection, t.name AS type, o.source AS source, o.by AS by,
       c.weight AS weight, c.diameter AS diameter, c.die_axis AS die_axis, c.date AS date, {NAMED},
       COLLECT {{ MATCH (c)-[:HAS_SIDE]->(s) RETURN [{FACE}, s.uri] }} AS sides,
       COLLECT {{
         MATCH (c)-[:HAS_SIDE]->(s)-[:STRUCK_FROM]->(d)-[:IN]->(:DieStudy {{space: $space}})
         RETURN [{FACE}, d.name] ORDER BY s:Reverse
       }} AS dies,
       COLLECT {{
         MATCH (c)-[p:PROPOSED_TYPE]->(x) RETURN [x.name, p.probability, p.like] ORDER BY p.probability DESC, x.name
       }} AS proposals,
       COLLECT {{
         MATCH (c)-[:HAS_SIDE*0..1]->()-[:MEMBER_OF]->(m)-[:IN]->(:Partition {{id: $partition}}) RETURN m.id
       }}[0] AS community
ORDER BY coin
"""
OPINIONS = """
MATCH (:Coin {id: $coin})-[a:ATTRIBUTED_TO]->(t)
RETURN t.name AS type, a.source AS source, a.by AS by, a.at AS at, a.note AS note, a.verdict AS verdict
ORDER BY CASE a.source WHEN 'person' THEN 2 WHEN 'table' THEN 1 ELSE 0 END DESC, at DESC, type
"""
PROPERTIES = "MATCH (c:Coin {id: $coin}) RETURN properties(c) AS properties, c.columns AS columns"
COMMUNITY = """
MATCH (c:Coin {id: $coin})-[:HAS_SIDE*0..1]->()-[:MEMBER_OF]->(m)-[:IN]->(:Partition {id: $partition})
RETURN m.id AS community
"""
FELLOWS = """
MATCH (m:Community {id: $community})<-[:MEMBER_OF]-(member)
MATCH (c:Coin)-[:HAS_SIDE*0..1]->(member) WHERE c.id <> $coin
OPTIONAL MATCH (c)-[:OF_TYPE]->(t)
RETURN t.name AS type, count(DISTINCT c) AS coins ORDER BY coins DESC, type
"""
STRUCK = f"""
MATCH (:Coin {{id: $coin}})-[:HAS_SIDE]->(s)-[:STRUCK_FROM]->(d)-[:IN]->(:DieStudy {{space: $space}})
RETURN {FACE} AS face, d.name AS die,
       COLLECT {{
         MATCH (d)<-[:STRUCK_FROM]-()<-[:HAS_SIDE]-(o:Coin) WHERE o.id <> $coin RETURN o.id ORDER BY o.id
       }} AS others
ORDER BY face
"""


@dataclass(frozen=True)
class Proposal:
    """A type that `propose` holds probable for a coin, and the coin of it that is most like."""

    type: str
    probability: float
    like: str | None


@dataclass(frozen=True)
class CoinEntry:
    """A coin in a line. ``source`` is who says its type: `table`, `folder` or `person`, the last with a name, ``by``.

    ``weight`` (grams), ``diameter`` (millimetres) and ``die_axis`` (hours) are as the table has them, ``named`` what it
    says of mint, findspot and the like. ``pictures`` are paths by face, None for a side without a file; ``dies`` names
    by face; ``community`` the number in the latest partition of the default space. ``doubtful``: the coins most like it
    are of another type.
    """

    coin: str
    collection: str | None
    type: str | None
    source: str | None
    by: str | None
    doubtful: bool
    weight: Any
    diameter: Any
    die_axis: Any
    date: Any
    named: dict[str, str]
    pictures: dict[Face, Path | None]
    dies: dict[Face, str]
    proposals: Sequence[Proposal]
    community: str | None

    @property
    def faces(self) -> list[Face]:
        return [face for face in FACES if face in self.pictures]


@dataclass(frozen=True)
class Opinion:
    """Who says that a coin is of a type, when (ISO) and why; ``verdict`` is the number of a person's."""

    type: str
    source: str
    by: str | None
    at: str | None
    note: str | None
    verdict: int | None


@dataclass(frozen=True)
class Struck:
    """A die of a coin, and the other coins from it."""

    face: Face
    die: str
    others: list[str]


@dataclass(frozen=True)
class CoinRecord:
    """All that is known of a coin: its line, the columns of the table, who says the type, what it belongs to.

    ``fellows`` counts the other coins of its community by their type (None: no type), the commonest first;
    ``relatives`` are the nearest coins in the default space. ``legends`` are what was read on its sides: readings, not
    what the table says.
    """

    entry: CoinEntry
    facts: dict[str, Any]
    opinions: list[Opinion]
    fellows: dict[str | None, int] = field(default_factory=dict)
    dies: list[Struck] = field(default_factory=list)
    relatives: list[Hit] = field(default_factory=list)
    legends: dict[Face, Legend] = field(default_factory=dict)


def list_coins(
    db: Database,
    collections: Sequence[str] = (),
    *,
    coins: Sequence[str] | None = None,
    type: str | None = None,
    untyped: bool = False,
    one_sided: bool = False,
    doubtful: bool = False,
) -> list[CoinEntry]:
    """Coins by their ids, those that need a look first: doubtful types (the most doubtful first), then no type.

    Of some collections, of some ids (``coins``), of a type (its name; case does not matter), without a type, with one
    side only, or with a doubtful type. Raises `NoCollection`.
    """
    for name in collections:
        find_collection(db, name)
    doubts = {coin: place for place, coin in enumerate(doubtful_coins(db))}
    entries = _entries(db, doubts, collections, coins)
    if type is not None:
        entries = [one for one in entries if (one.type or "").casefold() == type.casefold()]
    kept = [
        one
        for one in entries
        if (not untyped or one.type is None)
        and (not one_sided or len(one.pictures) == 1)
        and (not doubtful or one.doubtful)
    ]
    return sorted(kept, key=lambda one: (doubts.get(one.coin, len(doubts)), one.type is not None, one.coin))


def doubtful_coins(db: Database) -> list[str]:
    """The ids of coins with a doubtful type, the most doubtful first; none where nothing is linked yet."""
    if not default_space(db):
        return []
    try:
        return [row["coin"] for row in run(db, stored("doubtful-types"), {"limit": 10**6}).rows]
    except CoingraphError:  # nothing is linked yet
        return []


def coin_record(db: Database, coin: str, relatives: int = 3) -> CoinRecord:
    """What is known of a coin: its id, its name, or a unique ending of its id. Raises what `find_coin` raises."""
    id, slug = find_coin(db, coin), default_space(db)
    doubts = {one: place for place, one in enumerate(doubtful_coins(db))}
    (entry,) = _entries(db, doubts, (), [id])
    row = db.read(PROPERTIES, coin=id)[0]
    community = _community(db, id)
    try:
        near = find(db, id, top=relatives) if slug else []
    except CoingraphError:  # the coin has no side in the default space
        near = []
    return CoinRecord(
        entry,
        {name: row["properties"].get(name) for name in row["columns"] or () if name in row["properties"]},
        opinions_on(db, id),
        {one["type"]: one["coins"] for one in db.read(FELLOWS, community=community, coin=id)} if community else {},
        [Struck(**one) for one in db.read(STRUCK, coin=id, space=slug)],
        near,
        legends_of_coin(db, id),
    )


def opinions_on(db: Database, coin: str) -> list[Opinion]:
    """Who says what of the type of a coin (its id): persons before the table, the latest first."""
    rows = db.read(OPINIONS, coin=coin)
    return [Opinion(**row | {"at": row["at"] and row["at"].to_native().isoformat()}) for row in rows]


def latest_partition(db: Database) -> str | None:
    """The partition that communities are told of: the latest of the default space."""
    slug = default_space(db)
    return latest(db, slug, "both", *FACES) if slug else None


def _community(db: Database, coin: str) -> str | None:
    partition = latest_partition(db)
    found = db.read(COMMUNITY, coin=coin, partition=partition) if partition else []
    return found[0]["community"] if found else None


def _entries(
    db: Database, doubts: dict[str, int], collections: Sequence[str], coins: Sequence[str] | None
) -> list[CoinEntry]:
    asked = {
        "space": default_space(db),
        "partition": latest_partition(db),
        "collections": list(collections),
        "coins": list(coins) if coins is not None else None,
    }
    return [_entry(row, row["coin"] in doubts) for row in db.stream(COINS, **asked)]


def _entry(row: Any, doubtful: bool) -> CoinEntry:
    plain = ("coin", "collection", "type", "source", "by", "weight", "diameter", "die_axis", "date")
    return CoinEntry(
        **{name: row[name] for name in plain},
        doubtful=doubtful,
        named={name: row[name] for name in ENTITIES if row[name] is not None},
        pictures={face: path_of(uri) if uri else None for face, uri in sorted(row["sides"], key=lambda one: one[0])},
        dies=dict(row["dies"]),
        proposals=[Proposal(*one) for one in row["proposals"] if one[0] != row["type"]],
        community=row["community"] and row["community"].rsplit("/", 1)[-1],
    )
