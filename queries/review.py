"""What a person's look teaches most: open questions on coins and pairs, the most telling first.

A question is worth what its answer is expected to settle. Of a type it tells most where the answer is least known, at a
probability of one half (D. Lewis and W. Gale, "A sequential algorithm for training text classifiers", SIGIR 1994:
uncertainty sampling), and a little more where the catalogue contradicts the pictures. Of two dies a yes brings all
their sides together: what is probable between two large dies is worth most. `benchmarks.review` tells what this gains.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from errors import CoingraphError
from graph.connection import Database
from graph.spaces import default_space
from ingest.records import Face
from queries.catalogue import run
from queries.record import FACE
from queries.stored import stored

PROPOSAL, DOUBTFUL, SAME_TYPE, SAME_DIE = "proposal", "doubtful", "same-type", "same-die"
MOST = 2000  # questions of each kind
LIKELY_ENOUGH = 0.1  # of one die: pairs less likely are not asked
CONTRADICTS = 0.25  # what a contradiction adds to how much is learnt

PROPOSALS = """
MATCH (c:Coin)-[p:PROPOSED_TYPE]->(t) WHERE NOT EXISTS { (c)-[:OF_TYPE]->() }
WITH c, p, t ORDER BY p.probability DESC, t.name
WITH c, collect({type: t.name, probability: p.probability, like: p.like})[0] AS first
RETURN c.id AS coin, first.type AS type, first.probability AS probability, first.like AS like
ORDER BY abs(probability - 0.5), coin LIMIT $limit
"""
#: Pairs whose edge leaves open whether they are of one type, or whose types the edge contradicts.
PAIRS = """
MATCH (a:Coin)-[r:RELATED]->(b:Coin) WHERE r.space = $space AND r.probability IS NOT NULL
WITH a, b, r, [(a)-[:OF_TYPE]->(t) | t.name][0] AS type, [(b)-[:OF_TYPE]->(t) | t.name][0] AS other_type
WITH *, CASE WHEN type IS NULL OR other_type IS NULL THEN null ELSE type = other_type END AS same
WHERE abs(r.probability - 0.5) <= $about OR r.probability > 0.5 AND NOT same
RETURN a.id AS coin, b.id AS other, r.probability AS probability, same, type, other_type, r.score AS score
ORDER BY abs(r.probability - 0.5), coin, other LIMIT $limit
"""
#: The nearest pairs, where nothing has told yet how probable one type is and one of the two has none.
NEAREST = """
MATCH (a:Coin)-[r:RELATED]->(b:Coin) WHERE r.space = $space AND r.probability IS NULL
WITH a, b, r, [(a)-[:OF_TYPE]->(t) | t.name][0] AS type, [(b)-[:OF_TYPE]->(t) | t.name][0] AS other_type
WHERE type IS NULL OR other_type IS NULL
RETURN a.id AS coin, b.id AS other, type, other_type, r.score AS score ORDER BY score DESC, coin, other LIMIT $limit
"""
#: The die of each side, and how many sides it struck.
DIES = f"""
MATCH (c:Coin)-[:HAS_SIDE]->(s)-[:STRUCK_FROM]->(d)-[:IN]->(:DieStudy {{space: $space}})
RETURN c.id AS coin, {FACE} AS face, d.id AS die, COUNT {{ (d)<-[:STRUCK_FROM]-() }} AS sides
"""


@dataclass(frozen=True)
class Question:
    """An open question on one coin or two (ids). ``kind`` says which.

    Of a ``proposal`` and of ``doubtful`` types the second coin is the one that speaks for ``other_type``, which is
    proposed; ``type`` is what counts now. ``same`` says whether the catalogue holds both coins for one type. ``why`` is
    what `die-review` says against a pair. ``dies`` are those of the two sides, ``joins`` the pairs of sides that come
    together if they are one die. ``score`` is how alike the two are where no probability was learnt.
    """

    kind: str
    coins: tuple[str, ...]
    probability: float | None
    face: Face | None = None
    type: str | None = None
    other_type: str | None = None
    same: bool | None = None
    why: str | None = None
    dies: tuple[str, ...] = ()  # none but of `same-die`
    joins: int = 0
    score: float = 0.0

    @property
    def key(self) -> str:
        """The name of the question, the same however the coins come."""
        about = sorted(self.coins) if self.kind in (SAME_TYPE, SAME_DIE) else self.coins[:1]
        return "|".join([self.kind, *([self.face] if self.face else []), *about])

    @property
    def contradicts(self) -> bool:
        """Whether the catalogue says otherwise than the pictures."""
        if self.kind == DOUBTFUL or self.why in ("types differ", "legends differ"):
            return True
        return self.same is not None and self.probability is not None and (self.probability > 0.5) != self.same

    @property
    def teaches(self) -> float:
        """How much an answer is expected to settle. Of one die: the pairs of sides that it would bring together, by its
        probability. Of a coin's type: from a half to one coin; of a pair's at most a half, and half of that where it
        gives no coin a type."""
        open_ = 0.5 if self.probability is None else 1 - abs(2 * self.probability - 1)
        if self.kind == SAME_DIE:
            return (0.5 if self.probability is None else self.probability) * self.joins
        if self.kind in (PROPOSAL, DOUBTFUL):
            return 0.5 + open_ / 2
        return (open_ + CONTRADICTS * self.contradicts) / (2 if (self.type is None) != (self.other_type is None) else 4)


def questions(db: Database) -> list[Question]:
    """All open questions, the most telling first; each coin and pair once a kind."""
    return in_order([*_proposals(db), *_doubtful(db), *_pairs(db), *_nearest(db), *_dies(db)])


def in_order(some: Iterable[Question]) -> list[Question]:
    """The most telling first; each coin and pair once a kind. Of all pairs between two dies the first answer tells: the
    others settle nothing."""
    asked: set[Any] = set()
    found = []
    for one in sorted({one.key: one for one in some}.values(), key=_most_telling):
        between = (one.face, frozenset(one.dies))
        found.append(replace(one, joins=0) if between in asked and one.dies else one)
        asked.add(between)
    return sorted(found, key=_most_telling)


def _most_telling(one: Question) -> tuple[float, float, str]:
    return -one.teaches, -one.score, one.key


def _proposals(db: Database) -> Iterator[Question]:
    for row in db.read(PROPOSALS, limit=MOST):
        coins = (row["coin"], row["like"]) if row["like"] else (row["coin"],)
        yield Question(PROPOSAL, coins, row["probability"], other_type=row["type"])


def _doubtful(db: Database) -> Iterator[Question]:
    for row in _asked(db, "doubtful-types"):
        if row["neighbours_say"] and row["neighbours_say"] != row["type"]:
            own = row["probability_own"] if row["probability_own"] is not None else row["share_own"]
            coins = (row["coin"], row["nearest"]) if row["nearest"] else (row["coin"],)
            yield Question(DOUBTFUL, coins, own, type=row["type"], other_type=row["neighbours_say"])


def _pairs(db: Database) -> Iterator[Question]:
    for row in db.read(PAIRS, space=default_space(db), about=0.2, limit=MOST):
        types = {"type": row["type"], "other_type": row["other_type"]}
        yield Question(SAME_TYPE, (row["coin"], row["other"]), row["probability"], same=row["same"], **types)


def _nearest(db: Database) -> Iterator[Question]:
    """Pairs from the most alike on, each coin once."""
    asked: set[str] = set()
    for row in db.read(NEAREST, space=default_space(db), limit=MOST):
        coins = (row["coin"], row["other"])
        if asked.isdisjoint(coins):
            asked.update(coins)
            types = {"type": row["type"], "other_type": row["other_type"]}
            yield Question(SAME_TYPE, coins, None, score=row["score"], **types)


def _dies(db: Database) -> Iterator[Question]:
    rows = _asked(db, "die-review", probability=LIKELY_ENOUGH)
    found = db.read(DIES, space=default_space(db)) if rows else []
    die_of = {(row["coin"], row["face"]): (row["die"], row["sides"]) for row in found}
    for row in rows:
        coins, face = (row["coin"], row["other"]), row["side"]
        (one, sides), (other, others) = (die_of.get((coin, face), (coin, 1)) for coin in coins)
        joins = 0 if one == other else sides * others
        about = {"type": row["type"], "other_type": row["other_type"], "why": row["why"]}
        yield Question(SAME_DIE, coins, row["probability"], face=face, dies=(one, other), joins=joins, **about)


def _asked(db: Database, name: str, **values: Any) -> list[dict[str, Any]]:
    """The rows of a stored question; none where nothing was made yet that it asks about."""
    try:
        return run(db, stored(name), {"limit": MOST, **values}).rows
    except CoingraphError:
        return []
