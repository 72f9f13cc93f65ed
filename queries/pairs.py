"""Two coins side by side: how like their faces are, what a closer look found, and what persons said of them."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

from errors import CoingraphError
from graph.connection import Database
from graph.spaces import default_space, find_space
from ingest.records import FACES, Face
from queries.catalogue import run
from queries.find import FACE_OF, Hit, Likeness, Why, find, why
from queries.lookup import find_coin
from queries.stored import stored

#: What `match` and `dies` found of the faces of two coins, where it stands for the photographs of today.
CLOSER = f"""
UNWIND $pairs AS pair
MATCH (:Coin {{id: pair[0]}})-[:HAS_SIDE]->(a)-[m:MATCHED]-(b)<-[:HAS_SIDE]-(:Coin {{id: pair[1]}})
WHERE m.photographs IN [left(a.sha256, 16) + left(b.sha256, 16), left(b.sha256, 16) + left(a.sha256, 16)]
RETURN pair[0] AS one, pair[1] AS two, {FACE_OF.format(side="a")} AS face, m.inliers AS points, m.verified AS verified,
       CASE WHEN m.die_likeness IS NOT NULL THEN 1 / (1 + exp(-m.die_evidence)) END AS die
"""
VERDICTS = """
UNWIND $pairs AS pair
MATCH (a:Coin|MergedCoin {id: pair[0]})-[:HAS_SIDE|LEFT_OUT*0..1]->()<-[:ABOUT]-(v:Verdict)
WHERE size(v.coins) = 2
MATCH (v)-[:ABOUT]->()<-[:HAS_SIDE|LEFT_OUT*0..1]-(b:Coin|MergedCoin {id: pair[1]})
WITH DISTINCT pair, v ORDER BY v.number
RETURN pair[0] AS one, pair[1] AS two, collect(v.number) AS numbers, sum(1 + toInteger(v.undone)) AS version
"""
EDGES = """
UNWIND $pairs AS pair
MATCH (:Coin {id: pair[0]})-[r:RELATED {space: $space}]-(:Coin {id: pair[1]})
RETURN pair[0] AS one, pair[1] AS two, r.score AS score, r.evidence AS evidence, r.probability AS probability,
       r.obverse AS obverse, r.reverse AS reverse, r.obverse_percentile AS obverse_percentile,
       r.reverse_percentile AS reverse_percentile
"""

#: The edges of the faces of two coins, in every space that has one.
EVERYWHERE = f"""
UNWIND $pairs AS pair
MATCH (:Coin {{id: pair[0]}})-[:HAS_SIDE]->(a)-[e:SIMILAR]-(b)<-[:HAS_SIDE]-(:Coin {{id: pair[1]}})
MATCH (s:Space {{slug: e.space}})
RETURN pair[0] AS one, pair[1] AS two, s.name AS space, {FACE_OF.format(side="a")} AS face, e.cosine AS cosine,
       e.percentile AS percentile, e.mutual AS mutual, e.probability AS probability ORDER BY space, face
"""


@dataclass(frozen=True)
class InSpace:
    """One face of two coins in one space; ranks and how many sides there are only where they were asked for."""

    space: str
    face: Face
    cosine: float
    percentile: float | None
    mutual: bool
    probability: float | None
    edge: bool = True
    rank: int | None = None
    back_rank: int | None = None
    others: int | None = None


@dataclass(frozen=True)
class Closer:
    """What a closer look found of one face of two coins: matched ``points``, whether they prove that both show the
    same, and how probable one ``die`` is. None where nobody has looked."""

    points: int | None = None
    verified: bool | None = None
    die: float | None = None


@dataclass(frozen=True)
class Pair:
    """Two coins (ids): likeness by face in one space, ``score`` and ``probability`` of their edge where there is one.

    ``verdicts`` are the numbers of those on just these two, undone ones too; ``version`` counts them and their undoing.
    ``everywhere`` is filled where it was asked for: the faces in every space.
    """

    coins: tuple[str, str]
    faces: dict[Face, Likeness] = field(default_factory=dict)
    closer: dict[Face, Closer] = field(default_factory=dict)
    score: float | None = None
    evidence: str | None = None
    probability: float | None = None
    verdicts: Sequence[int] = ()
    version: int = 0
    everywhere: Sequence[InSpace] = ()


def relatives(
    db: Database, coin: str, *, space: str | None = None, face: str = "both", score: str = "edge", top: int = 12
) -> list[Pair]:
    """The coins most like a coin, each with all that is known of the pair; likest first.

    ``score`` is ``edge`` or ``matched``, the order of a closer look. Raises what `find` raises, and `NotMadeYet`.
    """
    id = find_coin(db, coin)
    if score == "matched":
        values = {"coin": id, "side": face, "limit": 4 * top} | ({"space": space} if space else {})
        rows = run(db, stored("matched-coins"), values).rows
        others = list(dict.fromkeys(row["coin"] for row in rows))[:top]
        return pairs(db, [(id, other) for other in others], space)
    hits = find(db, id, space=space, side=face, top=top)
    return _closer(db, [_of_hit(id, hit) for hit in hits])


def pairs(db: Database, wanted: Sequence[tuple[str, str]], space: str | None = None) -> list[Pair]:
    """Pairs of coins (ids), by their edges in one space (name or slug); without one the default space."""
    slug = find_space(db, space).slug if space else default_space(db)
    edges = {(row["one"], row["two"]): row for row in db.read(EDGES, pairs=[list(one) for one in wanted], space=slug)}
    found = []
    for both in wanted:
        edge = edges.get(both, {})
        faces: dict[Face, Likeness] = {
            face: Likeness(edge[face], edge[f"{face}_percentile"]) for face in FACES if edge.get(face) is not None
        }
        plain: dict[str, Any] = {name: edge.get(name) for name in ("score", "evidence", "probability")}
        found.append(Pair(both, faces, **plain))
    return _closer(db, found)


def compared(db: Database, coins: Sequence[str], ranks: bool = False) -> list[Pair]:
    """Every pair of some coins (two to six), in every space where an edge joins them.

    With ``ranks`` in every space, edge or not; to count them every vector is read.
    """
    ids = list(dict.fromkeys(find_coin(db, coin) for coin in coins))
    both = list(combinations(ids, 2))
    found: dict[tuple[str, str], list[InSpace]] = defaultdict(list)
    if ranks:
        for one, two in both:
            with suppress(CoingraphError):  # no face in common that has a vector
                found[one, two] = [_in_space(told) for told in why(db, one, two)]
    else:
        for row in db.read(EVERYWHERE, pairs=[list(one) for one in both]):
            found[row.pop("one"), row.pop("two")].append(InSpace(**row))
    return [replace(one, everywhere=found[one.coins]) for one in pairs(db, both)]


def _in_space(told: Why) -> InSpace:
    plain = ("space", "face", "cosine", "percentile", "mutual", "probability", "edge", "rank", "back_rank", "others")
    return InSpace(**{name: getattr(told, name) for name in plain})


def _of_hit(coin: str, hit: Hit) -> Pair:
    return Pair((coin, hit.coin), hit.faces, {}, hit.score, hit.evidence, hit.probability)


def _closer(db: Database, some: Sequence[Pair]) -> list[Pair]:
    """With what a closer look and what persons say."""
    asked = [list(one.coins) for one in some]
    closer: dict[tuple[str, str], dict[Face, Closer]] = defaultdict(dict)
    for row in db.read(CLOSER, pairs=asked):
        closer[row["one"], row["two"]][row["face"]] = Closer(row["points"], row["verified"], row["die"])
    told = {(row["one"], row["two"]): row for row in db.read(VERDICTS, pairs=asked)}
    return [
        replace(
            one,
            closer=closer.get(one.coins, {}),
            verdicts=told.get(one.coins, {}).get("numbers", ()),
            version=told.get(one.coins, {}).get("version", 0),
        )
        for one in some
    ]
