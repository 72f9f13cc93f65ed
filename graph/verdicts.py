"""What persons decided: verdicts, which no step takes away, and what follows from them in the graph.

A `Verdict` says what it is about by the checksums of the photographs, so that it counts again whenever these are there:
after they were ingested again, under other names, or into another graph. `settle` derives all that follows: ``ABOUT``
the present coins or sides, opinions on types, rejected proposals, and corrections of photographs. A verdict is never
changed but for being undone; its number is that of this graph, its id the same everywhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from graph.connection import Database, Transaction
from graph.corrections import OTHER_FACE, Correction, correct, current, drop_edges, lift
from graph.types import derive, drop_opinions, opinion, write_opinions
from ingest.records import FACES, Face

TYPE, ACCEPT, REJECT = "type", "accept", "reject"
SAME_TYPE, NOT_SAME_TYPE = "same-type", "not-same-type"
SAME_DIE, NOT_SAME_DIE = "same-die", "not-same-die"
SWAP, MERGE, EXCLUDE = "swap-sides", "merge", "exclude"
OF_TYPES = (TYPE, ACCEPT, REJECT)
OF_PAIRS = (SAME_TYPE, NOT_SAME_TYPE, SAME_DIE, NOT_SAME_DIE, MERGE)
#: What changes the nodes of photographs; no other step may be at work on them.
CORRECTING = (SWAP, MERGE, EXCLUDE)
OF_SIDES = (SAME_DIE, NOT_SAME_DIE, EXCLUDE)
KINDS = (*OF_TYPES, *OF_PAIRS, SWAP, EXCLUDE)

# Runs of earlier versions do not say which verdict was the last.
SINCE = """
MATCH (r:Run {id: $run}) MATCH (v:Verdict) WHERE v.kind IN $kinds
WITH v, coalesce(CASE WHEN r.verdicts IS NULL THEN v.at > r.started ELSE v.number > r.verdicts END, false) AS given,
     coalesce(v.undone AND v.undone_at > r.started, false) AS undone
WHERE given <> undone
RETURN count(v) AS number
"""
VERDICT = """
RETURN v {.*} AS verdict, EXISTS { (v)-[:ABOUT]->() } AND COUNT { (v)-[:ABOUT]->() } = size(v.coins) AS here
ORDER BY v.number
"""
READ, READ_SOME = f"MATCH (v:Verdict) {VERDICT}", f"UNWIND $ids AS id MATCH (v:Verdict {{id: id}}) {VERDICT}"
PRESENT = """
CALL () {
  MATCH (s:Side) WHERE s.sha256 IN $keys RETURN s
  UNION MATCH (s:LeftOutSide) WHERE s.sha256 IN $keys RETURN s
  UNION MATCH (s:Side|LeftOutSide) WHERE s.id IN $ids AND s.sha256 IS NULL RETURN s
}
MATCH (c)-[:HAS_SIDE|LEFT_OUT]->(s)
RETURN c.id AS coin, split(s.id, '/')[-1] AS face, coalesce(s.sha256, 'id:' + s.id) AS key, c:SidesSwapped AS swapped,
       elementId(s) AS side, elementId(c) AS node
"""
ABOUT = "MATCH (v:Verdict)-[a:ABOUT]->(n) RETURN v.number AS number, a.place AS place, elementId(n) AS node"
NOT_ABOUT = """
UNWIND $rows AS row
MATCH (:Verdict {number: row[0]})-[a:ABOUT {place: row[1]}]->(n) WHERE elementId(n) = row[2] DELETE a
"""
WRITE_ABOUT = """
UNWIND $rows AS row
MATCH (v:Verdict {number: row[0]}) MATCH (n) WHERE elementId(n) = row[2]
MERGE (v)-[:ABOUT {place: row[1]}]->(n)
"""
OPINIONS = """
MATCH (c)-[a:ATTRIBUTED_TO]->(t) WHERE a.verdict > 0
RETURN c.id AS coin, coalesce(a.by, '') AS author, a.verdict AS verdict
"""
# A proposal that was rejected keeps what it said, and comes back with it.
REJECTED = """
UNWIND $rows AS row
MATCH (c:Coin|MergedCoin {id: row[0]}) MERGE (t:CoinType {name: row[1]})
MERGE (c)-[r:REJECTED_TYPE]->(t)
WITH c, r, t MATCH (c)-[p:PROPOSED_TYPE]->(t) SET r = properties(p) DELETE p
"""
NOT_REJECTED = """
MATCH (c)-[r:REJECTED_TYPE]->(t) WHERE NOT [c.id, t.name] IN $rows
FOREACH (_ IN CASE WHEN r.probability IS NULL THEN [] ELSE [1] END |
  MERGE (c)-[p:PROPOSED_TYPE]->(t) ON CREATE SET p = properties(r))
DELETE r
"""
# What persons say of the type of a coin, and of two coins of which one has a type.
HELD = "MATCH (c:Coin)-[:OF_TYPE {source: 'person'}]->(t) RETURN c.id AS coin, t.name AS type"
RULED_OUT = "MATCH (c:Coin)-[:REJECTED_TYPE]->(t) RETURN c.id AS coin, t.name AS type"
PAIRS_OF_TYPE = """
MATCH (one:Coin)<-[:ABOUT {place: 0}]-(v:Verdict {undone: false})-[:ABOUT {place: 1}]->(two:Coin)
WHERE v.kind IN ['same-type', 'not-same-type']
WITH v, one, two ORDER BY coalesce(v.at, datetime({year: 1})) DESC, v.number DESC
WITH CASE WHEN one.id < two.id THEN [one, two] ELSE [two, one] END AS pair, collect(v.kind)[0] AS kind
UNWIND [pair, reverse(pair)] AS way
WITH way[0] AS coin, way[1] AS like, kind MATCH (like)-[:OF_TYPE]->(t) WHERE NOT EXISTS { (coin)-[:OF_TYPE]->() }
RETURN coin.id AS coin, t.name AS type, kind = 'same-type' AS same
"""


@dataclass(frozen=True)
class Subject:
    """A coin that a verdict is about: its id then, and the keys of its obverse and reverse as they were shown.

    A key is the checksum (sha256) of the photograph; of a side without one it is ``id:`` and the side's id.
    """

    coin: str
    obverse: str | None = None
    reverse: str | None = None

    @property
    def keys(self) -> list[str]:
        return [key for key in (self.obverse, self.reverse) if key]

    def of(self, face: str | None) -> str | None:
        return {"obverse": self.obverse, "reverse": self.reverse}.get(face or "")


@dataclass(frozen=True)
class Verdict:
    """A decision (see `KINDS`) of an author on one or two coins, and what was shown when it was given.

    ``type`` is the type that a verdict names, ``face`` the side that it is about. ``instead_of`` is the type that
    counted before, ``probability`` that which ``space`` and ``run`` gave to what was decided. ``here`` says whether its
    photographs are in the graph; else it waits for them. Times are UTC, None where nobody knows.
    """

    id: str
    kind: str
    author: str
    subjects: tuple[Subject, ...]
    number: int = 0
    at: datetime | None = None
    note: str | None = None
    type: str | None = None
    face: Face | None = None
    instead_of: str | None = None
    space: str | None = None
    run: str | None = None
    probability: float | None = None
    undone: bool = False
    undone_at: datetime | None = None
    undone_by: str | None = None
    here: bool = True

    @property
    def coins(self) -> list[str]:
        """The ids that the coins had when the verdict was given."""
        return [subject.coin for subject in self.subjects]

    @property
    def of_a_type(self) -> bool:
        """Whether it says what type a coin is, or is not."""
        return self.kind in OF_TYPES

    @property
    def corrects(self) -> bool:
        """Whether it changes the nodes of photographs."""
        return self.kind in CORRECTING

    def properties(self) -> dict[str, Any]:
        """As Neo4j stores it: no maps, no nulls in lists."""
        kept = {name: value for name, value in vars(self).items() if name not in ("subjects", "here")}
        sides = {f"{face}s": [subject.of(face) or "" for subject in self.subjects] for face in FACES}
        return {**kept, "coins": self.coins, **sides}

    @classmethod
    def stored(cls, properties: Mapping[str, Any], here: bool) -> "Verdict":
        kept = dict(properties)
        sides = [kept.pop(name) for name in ("coins", "obverses", "reverses")]
        subjects = tuple(Subject(coin, one or None, two or None) for coin, one, two in zip(*sides, strict=True))
        for name in ("at", "undone_at"):
            kept[name] = kept[name].to_native() if kept.get(name) else None
        return cls(**kept, subjects=subjects, here=here)


def read_verdicts(db: Database | Transaction, ids: Iterable[str] | None = None) -> list[Verdict]:
    """All verdicts by number, or those of some ``ids``; undone ones too."""
    rows = db.read(READ) if ids is None else db.read(READ_SOME, ids=list(dict.fromkeys(ids)))
    return [Verdict.stored(row["verdict"], row["here"]) for row in rows]


def verdicts_since(db: Database, run: str, kinds: Sequence[str]) -> int:
    """How many verdicts of some ``kinds`` were given, or undone, since a run (its id) began."""
    return int(db.read(SINCE, run=run, kinds=list(kinds))[0]["number"])


def in_order(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Those that are not undone, in the order in which they were given; the last one decides."""
    beginning = datetime(1, 1, 1, tzinfo=UTC)
    return sorted((one for one in verdicts if not one.undone), key=lambda one: (one.at or beginning, one.number))


@dataclass(frozen=True)
class Told:
    """What persons say of types: by coin the one that they hold it to be, and pairs of a coin and what it is not."""

    held: dict[str, str]
    ruled_out: set[tuple[str, str]]

    def allows(self, coin: str, kind: str) -> bool:
        """Whether a coin may still be of a type."""
        return self.held.get(coin, kind) == kind and (coin, kind) not in self.ruled_out


def told_of_types(db: Database) -> Told:
    """What verdicts on types, and on coins of the same type, leave open."""
    pairs = db.read(PAIRS_OF_TYPE)
    held = {row["coin"]: row["type"] for row in [*(one for one in pairs if one["same"]), *db.read(HELD)]}
    ruled_out = [*(one for one in pairs if not one["same"]), *db.read(RULED_OUT)]
    return Told(held, {(row["coin"], row["type"]) for row in ruled_out})


# --- what follows from verdicts -------------------------------------------------------------------------------------


@contextmanager
def lifted(tx: Database | Transaction) -> Iterator[None]:
    """In the block all sides and coins are as an ingest writes them; afterwards all verdicts count again."""
    before = current(tx)
    lift(tx, before)
    tx.write(NOT_REJECTED, rows=[])
    yield
    settle(tx, before)


def settle(tx: Database | Transaction, before: Mapping[str, Correction] | None = None) -> None:
    """Bring all that follows from verdicts up to date; ``before`` are the corrections that were lifted, if any were.

    Can be repeated.
    """
    before = current(tx) if before is None else before
    everything = read_verdicts(tx)
    if not everything and not before:
        return
    present = _Present.read(tx, everything)
    verdicts = in_order(everything)
    wanted = _corrections(verdicts, present)
    correct(tx, wanted)
    drop_edges(tx, {coin for coin in before.keys() | wanted.keys() if before.get(coin) != wanted.get(coin)})
    present = _Present.read(tx, everything) if wanted or before else present
    _write_about(tx, everything, present)
    _write_opinions(tx, verdicts, present)
    rejected = [list(pair) for pair in _rejected(verdicts, present)]
    tx.write(NOT_REJECTED, rows=rejected)
    if rejected:
        tx.write(REJECTED, rows=rejected)


@dataclass(frozen=True)
class _Present:
    """The sides there are of some photographs: by coin, the face that an ingest gives to each key; the nodes of coins
    and of sides (by coin and key)."""

    faces: dict[str, dict[str, str]]
    coins_of: dict[str, set[str]]
    nodes: dict[str, str]
    sides: dict[tuple[str, str], str]

    @classmethod
    def read(cls, tx: Database | Transaction, verdicts: Iterable[Verdict]) -> "_Present":
        keys = sorted({key for one in verdicts for subject in one.subjects for key in subject.keys})
        ids = [key.removeprefix("id:") for key in keys if key.startswith("id:")]
        found = cls({}, defaultdict(set), {}, {})
        for row in tx.read(PRESENT, keys=keys, ids=ids):
            face = OTHER_FACE[row["face"]] if row["swapped"] else row["face"]
            found.faces.setdefault(row["coin"], {})[face] = row["key"]
            found.coins_of[row["key"]].add(row["coin"])
            found.nodes[row["coin"]] = row["node"]
            found.sides[row["coin"], row["key"]] = row["side"]
        return found

    def coin(self, subject: Subject) -> str | None:
        """The coin that has most of the photographs of a subject; of several the one that had them before."""
        coins = {coin for key in subject.keys for coin in self.coins_of.get(key, ())}
        shared = {coin: len(set(subject.keys) & set(self.faces[coin].values())) for coin in coins}
        return min(coins, key=lambda coin: (-shared[coin], coin != subject.coin, coin), default=None)

    def all(self, verdict: Verdict) -> list[str] | None:
        """The coins of a verdict; None where one of them is not here."""
        coins = [coin for subject in verdict.subjects if (coin := self.coin(subject))]
        return coins if len(coins) == len(verdict.subjects) else None


def _corrections(verdicts: Iterable[Verdict], present: _Present) -> dict[str, Correction]:
    """How the nodes are to be corrected, by coin."""
    swapped: dict[str, bool] = {}
    left_out: dict[str, set[str]] = defaultdict(set)
    first: dict[str, str] = {}  # of a record that is merged, the one that it is merged into
    for one in verdicts:
        coins = present.all(one) if one.corrects else None
        if coins and one.kind == SWAP:
            subject, faces = one.subjects[0], present.faces[coins[0]]
            swapped[coins[0]] = any(subject.of(face) and faces.get(face) == subject.of(face) for face in FACES)
        elif coins and one.kind == EXCLUDE and (key := one.subjects[0].of(one.face)):
            left_out[coins[0]].add(key)
        elif coins and one.kind == MERGE:
            kept, other = (_first(first, coin) for coin in coins)
            if kept != other:
                first[other] = kept
    found = {}
    for coin in swapped.keys() | left_out.keys() | first.keys():
        one_with = _first(first, coin) if coin in first else None
        out = frozenset() if one_with else frozenset(left_out[coin])
        found[coin] = Correction(swapped.get(coin, False), out & set(present.faces[coin].values()), one_with)
    return {coin: one for coin, one in found.items() if one}


def _first(first: Mapping[str, str], coin: str) -> str:
    while coin in first:
        coin = first[coin]
    return coin


def _write_about(tx: Database | Transaction, verdicts: Iterable[Verdict], present: _Present) -> None:
    wanted = set()
    for one in verdicts:
        for place, subject in enumerate(one.subjects):
            coin = present.coin(subject)
            if coin and one.kind in OF_SIDES:
                wanted.add((one.number, place, present.sides.get((coin, subject.of(one.face) or ""))))
            elif coin:
                wanted.add((one.number, place, present.nodes[coin]))
    wanted = {row for row in wanted if row[2]}
    stored = {(row["number"], row["place"], row["node"]) for row in tx.read(ABOUT)}
    for query, rows in ((NOT_ABOUT, stored - wanted), (WRITE_ABOUT, wanted - stored)):
        if rows:
            tx.write(query, rows=[list(row) for row in sorted(rows)])


def _write_opinions(tx: Database | Transaction, verdicts: Iterable[Verdict], present: _Present) -> None:
    """The opinions of persons: of each the last one on a coin, unless somebody has rejected it since."""
    wanted: dict[tuple[str, str], Verdict] = {}
    for one, coin in _of_types(verdicts, present):
        if one.kind == REJECT:
            wanted = {key: said for key, said in wanted.items() if key[0] != coin or said.type != one.type}
        else:
            wanted[coin, one.author] = one
    stored = {(row["coin"], row["author"]): row["verdict"] for row in tx.read(OPINIONS)}
    gone = [opinion(coin, "person", "", author or None) for coin, author in stored.keys() - wanted.keys()]
    new = [
        opinion(coin, "person", str(one.type), author or None, at=one.at, verdict=one.number)
        if one.kind == TYPE
        else opinion(coin, "person", str(one.type), author or None, at=one.at, verdict=one.number, accepted=True)
        for (coin, author), one in wanted.items()
        if stored.get((coin, author)) != one.number
    ]
    drop_opinions(tx, gone)
    write_opinions(tx, new)
    if gone or new:
        derive(tx, {row["coin"] for row in [*gone, *new]})


def _rejected(verdicts: Iterable[Verdict], present: _Present) -> set[tuple[str, str]]:
    """Coins and the types that were rejected for them, and not given to them since."""
    found: set[tuple[str, str]] = set()
    for one, coin in _of_types(verdicts, present):
        (found.add if one.kind == REJECT else found.discard)((coin, str(one.type)))
    return found


def _of_types(verdicts: Iterable[Verdict], present: _Present) -> Iterator[tuple[Verdict, str]]:
    for one in verdicts:
        if one.of_a_type and (coin := present.coin(one.subjects[0])):
            yield one, coin
