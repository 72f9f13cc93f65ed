"""Verdicts given and taken back, each in one transaction with all that follows from it; and what was shown then."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256

from errors import CoingraphError
from graph.connection import Database, Transaction
from graph.types import queue
from graph.verdicts import TYPE, Subject, Verdict, read_verdicts, settle
from ingest.records import Face

LAST = "MATCH (v:Verdict) RETURN coalesce(max(v.number), 0) AS number"
INSERT = """
UNWIND $rows AS row
MERGE (v:Verdict {id: row.id}) ON CREATE SET v += row, v.at = datetime(row.at), v.undone_at = datetime(row.undone_at)
"""
UNDO = """
MATCH (v:Verdict {id: $id}) WHERE NOT v.undone
SET v.undone = true, v.undone_at = coalesce(datetime($at), datetime()), v.undone_by = $by
"""
# A side without a photograph, which came with its vector only, is known by its id.
SUBJECT = """
MATCH (c:Coin|MergedCoin {id: $coin})
RETURN COLLECT {
  MATCH (c)-[:HAS_SIDE|LEFT_OUT]->(s) RETURN [split(s.id, '/')[-1], coalesce(s.sha256, 'id:' + s.id)]
} AS sides, [(c)-[:OF_TYPE]->(t) | t.name][0] AS type
"""
# All that was decided on just these coins (ids): how often, and who decided last, of a verdict given or taken back.
ON_COINS = """
MATCH (c:Coin|MergedCoin)-[:HAS_SIDE|LEFT_OUT*0..1]->()<-[:ABOUT]-(v:Verdict)
WHERE c.id IN $coins AND size(v.coins) = size($coins)
WITH v, count(DISTINCT c) AS coins WHERE coins = size($coins)
UNWIND [[v.at, v.author, false]] + CASE WHEN v.undone THEN [[v.undone_at, v.undone_by, true]] ELSE [] END AS event
WITH v, event ORDER BY coalesce(event[0], datetime({year: 1})), v.number
RETURN event[1] AS by, v.number AS number, event[2] AS undone
"""
# Opinions of persons from before there were verdicts.
UNNUMBERED = """
MATCH (c:Coin)-[a:ATTRIBUTED_TO {source: 'person'}]->(t) WHERE a.verdict IS NULL
RETURN c.id AS coin, t.name AS type, coalesce(a.by, '') AS author, toString(a.at) AS at
"""


# The most probable proposal that is not the type of the coin already, or the one of a certain type.
PROPOSED = """
MATCH (c:Coin {id: $coin})-[p:PROPOSED_TYPE]->(t)
WHERE $type = t.name OR $type IS NULL AND NOT EXISTS { (c)-[:OF_TYPE]->(t) }
RETURN t.name AS type, p.probability AS probability, p.spaces AS spaces, p.run AS run
ORDER BY probability DESC, type LIMIT 1
"""
RELATED = """
MATCH (:Coin {id: $coin})-[r:RELATED {space: $space}]-(:Coin {id: $other})
RETURN r.probability AS probability, r.run AS run, $space AS space
"""
DIES = """
MATCH (:Coin {{id: $coin}})-[:HAS_SIDE]->(:{label})-[m:MATCHED]-(:{label})<-[:HAS_SIDE]-(:Coin {{id: $other}})
WHERE m.die_evidence IS NOT NULL
RETURN 1 / (1 + exp(-m.die_evidence)) AS probability, m.run AS run, null AS space
"""
TYPES = "MATCH (t:CoinType) RETURN t.name AS type ORDER BY type"


class UnknownVerdict(CoingraphError):
    """No verdict has this number."""


class UndoneAlready(CoingraphError):
    """The verdict was taken back before."""


class Overtaken(CoingraphError):
    """Somebody else has decided on the same coins meanwhile; the fact ``since`` lists what they did (`Decided`)."""


class NoPhotographs(CoingraphError):
    """A coin without sides, of which nothing can be said that would be found again."""


@dataclass(frozen=True)
class Decided:
    """Somebody (``by``) gave a verdict, by its number, or took it back (``undone``)."""

    by: str
    number: int
    undone: bool


@dataclass(frozen=True)
class Shown:
    """What a person saw of a decision: the probability that a space (slug) and a run gave to it, and the type."""

    probability: float | None = None
    space: str | None = None
    run: str | None = None
    type: str | None = None


def proposed(db: Database, coin: str, kind: str | None = None) -> Shown | None:
    """The type that is proposed for a coin (its id), else what was said of the type ``kind``; None for nothing."""
    for row in db.read(PROPOSED, coin=coin, type=kind):
        return Shown(row["probability"], ", ".join(row["spaces"] or ()) or None, row["run"], row["type"])
    return None


def shown_of_pair(db: Database, coin: str, other: str, space: str | None, face: Face | None = None) -> Shown:
    """How probable one type is of two coins (ids) in a space (slug), or one die where a ``face`` is given."""
    query = DIES.format(label=face.capitalize()) if face else RELATED
    rows = db.read(query, coin=coin, other=other, space=space)
    return Shown(**rows[0]) if rows else Shown()


def known_types(db: Database) -> list[str]:
    """The names of all types, sorted."""
    return [row["type"] for row in db.read(TYPES)]


def subject_of(db: Database | Transaction, coin: str) -> tuple[Subject, str | None]:
    """A coin (its id) as a verdict is about it, and the type that counts. Raises `NoPhotographs`."""
    found = db.read(SUBJECT, coin=coin)
    if not found or not found[0]["sides"]:
        raise NoPhotographs(f"{coin} has no photograph; a verdict would not find it again")
    return Subject(coin, **dict(found[0]["sides"])), found[0]["type"]


def decided_on(db: Database | Transaction, coins: Sequence[str]) -> list[Decided]:
    """What was decided on just these coins (ids), or taken back, in this order."""
    return [Decided(**row) for row in db.read(ON_COINS, coins=list(coins))]


def insert(db: Database, verdicts: Sequence[Verdict], seen: int | None = None) -> list[Verdict]:
    """Add verdicts of new ids, with the next numbers, and undo those that are here and undone there; the verdicts with
    these ids as they are now, in the order given. All of it is done, or nothing; again, it changes nothing.

    ``seen`` is how much of `decided_on` the author knew. Raises `Overtaken` where somebody else has decided since.
    """

    def work(tx: Transaction) -> list[Verdict]:
        queue(tx)
        ids = [one.id for one in verdicts]
        known = {one.id: one for one in read_verdicts(tx, ids)}
        for one in verdicts if seen is not None else ():
            others = [event for event in decided_on(tx, one.coins)[seen:] if event.by != one.author]
            if others and one.id not in known:
                raise Overtaken("somebody else has decided on this meanwhile", since=others)
        new = list({one.id: one for one in verdicts if one.id not in known}.values())
        last = tx.read(LAST)[0]["number"]
        tx.write(INSERT, rows=[replace(one, number=last + place).properties() for place, one in enumerate(new, 1)])
        for one in verdicts:
            if one.undone and one.id in known and not known[one.id].undone:
                tx.write(UNDO, id=one.id, at=one.undone_at, by=one.undone_by)
        settle(tx)
        now = {one.id: one for one in read_verdicts(tx, ids)}
        return [now[one.id] for one in verdicts]

    return db.transact(work)


def take_back(db: Database, number: int, by: str) -> Verdict:
    """Undo a verdict. Raises `UnknownVerdict`, `UndoneAlready`."""
    at = datetime.now(UTC)

    def work(tx: Transaction) -> Verdict:
        queue(tx)
        one = find_verdict(read_verdicts(tx), number)
        if one.undone and one.undone_at != at:
            raise UndoneAlready(f"verdict {number} is undone already")
        tx.write(UNDO, id=one.id, at=at, by=by)
        settle(tx)
        return replace(one, undone=True, undone_at=at, undone_by=by)

    return db.transact(work)


def find_verdict(verdicts: Sequence[Verdict], number: int | None) -> Verdict:
    """The verdict of this number; without one the last that is not undone. Raises `UnknownVerdict`."""
    if number is None:
        kept = [one for one in verdicts if not one.undone]
        if not kept:
            raise UnknownVerdict("there is no verdict to take back")
        return kept[-1]
    if found := [one for one in verdicts if one.number == number]:
        return found[0]
    known = f"there are 1 to {verdicts[-1].number}" if verdicts else "there is none yet"
    raise UnknownVerdict(f"there is no verdict {number}; {known}")


def adopt(db: Database) -> None:
    """Make verdicts of the opinions of persons from before there were any. Can be repeated."""
    found = []
    for row in db.read(UNNUMBERED):
        at = datetime.fromisoformat(row["at"]) if row["at"] else None
        try:
            subject, _ = subject_of(db, row["coin"])
        except NoPhotographs:
            continue  # the opinion stays as it is
        name = "|".join([*subject.keys, row["author"], row["type"], row["at"] or ""])
        found.append(Verdict(_hash(name), TYPE, row["author"], (subject,), at=at, type=row["type"]))
    if found:
        insert(db, found)


def _hash(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:32]
