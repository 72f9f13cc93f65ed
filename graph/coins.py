"""The coins of a space as a `measure.coinset.CoinSet`, and what the catalogue and the spaces say of their labels."""

import difflib
import json
from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from errors import CoingraphError
from graph.communities import COVERS, latest, memberships
from graph.connection import Database
from graph.edges import coin_of
from graph.legends import read_written
from graph.matches import place_space, read_geometry
from graph.projection import LAYERS, NoEdges, automatic_percentile
from graph.scope import Scope, coins_of, find_scope
from graph.sides import known_fields
from graph.spaces import PHOTOGRAPH, SpaceRecord, find_space, photograph_of, vectors_of
from graph.types import NOT_ACCEPTED_TYPE_OF, TYPE_OF
from ingest.records import ENTITIES, FACES, Face, names_something, path_of
from measure.coinset import CoinSet, Network, NotEmbedded, PairValues, Partition, Picture, components
from measure.evaluation import leak
from measure.neighbours import Histogram
from measure.probability import geometry_evidence

COLLECTION = "COLLECT { MATCH (c)-[:IN_COLLECTION]->(k) RETURN k.name }[0]"
ENTITY = "COLLECT {{ MATCH (c)-[:{relationship}]->(e) RETURN e.name ORDER BY e.name }}[0]"
PROPERTY = "c[$property]"
BUILT_IN = {"type": TYPE_OF, "collection": COLLECTION}
HAS_PROPERTY = "MATCH (c:Coin) WHERE c[$property] IS NOT NULL RETURN 1 AS one LIMIT 1"
ACCEPTED = "MATCH (c:Coin)-[o:OF_TYPE]->() WHERE o.accepted RETURN c.id AS coin"
VALUES = "MATCH (c:Coin) WITH c.id AS coin, {value} AS value WHERE value IS NOT NULL RETURN coin, value"

SIDES = f"MATCH (s:{{label}}) WHERE s[$source] IS NOT NULL RETURN {PHOTOGRAPH}"
PARTITIONS = f"""
MATCH (p:Partition {{space: $space}}) WHERE p.id IN $ids OR $ids IS NULL AND {COVERS}
RETURN p.id AS id, p.face AS face, p.percentile AS percentile ORDER BY id
"""
PAIRS = "MATCH (s:Space {slug: $space}) UNWIND $faces AS face RETURN max(s['pairs_' + face]) AS pairs"
EDGES = """
MATCH (a:{label})-[r:{relationship}]->(b:{label}) WHERE r.space = $space AND r.{strength} >= $least
RETURN a.id, collect(b.id), collect(r.{strength}), collect(coalesce({cosine}, $missing))
"""
MEAN_COSINE = "(coalesce(r.obverse, r.reverse) + coalesce(r.reverse, r.obverse)) / 2"
PATHS = """
MATCH (c:Coin)-[:HAS_SIDE]->(s:Side) WHERE c.id IN $coins AND s.uri IS NOT NULL
RETURN c.id AS coin, CASE WHEN s:Obverse THEN 'obverse' ELSE 'reverse' END AS face, s.uri AS uri
"""
# The columns that went into a space, and the classes that it was trained on (`trained_on`, a list as JSON).
INPUTS = """
MATCH (s:Space {slug: $slug})
RETURN s.fields AS fields, s.trained_on AS classes, coalesce(s.trained_label, 'type') AS label,
       coalesce(s.sources, []) AS sources
"""
HISTOGRAM = "MATCH (s:Space {slug: $slug}) RETURN s['histogram_' + $face] AS counts"
EVALUATIONS = """
MATCH (r:Run {command: 'evaluate', status: 'finished'}) WHERE r.space = $space AND r.collections IS NULL
WITH r ORDER BY r.started DESC LIMIT $most
RETURN properties(r) AS run ORDER BY r.started
"""


class UnknownProperty(CoingraphError):
    """No coin has this property."""


# --- columns --------------------------------------------------------------------------------------------------------


def property_cypher(db: Database, name: str) -> str:
    """The value of a property, as Cypher over a coin ``c`` and the parameter ``property``, which is its name.

    Raises `UnknownProperty`, naming those that are near or those that there are.
    """
    if name in BUILT_IN:
        return BUILT_IN[name]
    known = known_fields(db)
    if name in ENTITIES and name in known:
        return column_cypher(name, PROPERTY)
    if name not in known and not db.read(HAS_PROPERTY, property=name):
        raise UnknownProperty(f"no coin has the property {name!r}; {_there_is(name, sorted({*BUILT_IN, *known}))}")
    return PROPERTY


def column_cypher(name: str, stored: str | None = None) -> str:
    """The value of a column of the catalogue, as Cypher over a coin ``c``; ``stored`` is the coin's own property."""
    stored = stored or f"c.{name}"
    if name not in ENTITIES:
        return stored
    # What could not become a node of its own stayed a property of the coin.
    return f"coalesce({ENTITY.format(relationship=ENTITIES[name][1])}, {stored})"


def _there_is(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"


def property_of_coins(db: Database, name: str, numbers: bool = False, accepted: bool = True) -> dict[str, Any]:
    """Coin id to the value of a property, as text; coins without one, or where it says "unknown", are left out.

    With ``numbers``, values that are numbers stay numbers. Predicted types do not count, and types that somebody
    ``accepted`` from a proposal only where that is true. Raises `UnknownProperty`.
    """
    value = property_cypher(db, name) if accepted or name != "type" else NOT_ACCEPTED_TYPE_OF
    rows = db.read(VALUES.format(value=value), property=name)
    values = {row["coin"]: _plain(row["value"], numbers) for row in rows}
    return {coin: value for coin, value in values.items() if names_something(str(value))}


def _plain(value: Any, numbers: bool) -> Any:
    if isinstance(value, list):
        return " | ".join(map(str, value))
    return value if numbers and isinstance(value, int | float) else str(value)


# --- what a space knows of labels -----------------------------------------------------------------------------------


def input_columns(db: Database, slug: str) -> list[str]:
    """The columns that went into a space. The label that a learned space was trained on is none of them: of that it
    knows only the classes that it saw (`trained_classes`), unless the column went into a space that it was made from.
    """
    for row in db.read(INPUTS, slug=slug):
        earlier = [field for source in row["sources"] for field in input_columns(db, source)]
        inherited = {
            field for source in row["sources"] for seen in db.read(INPUTS, slug=source) for field in seen["fields"]
        }
        learned = {row["label"]} if row["classes"] else set()
        own = [field for field in row["fields"] if field not in inherited | learned]
        return list(dict.fromkeys([*earlier, *own]))
    return []


def leak_of(db: Database, space: SpaceRecord, label: str) -> str:
    """How the columns that went into a space tell a label, in words; empty where nothing shows that they do.

    Columns that were never read here show nothing. Raises `UnknownProperty` for the label.
    """
    values = {}
    for field in (fields := input_columns(db, space.slug)):
        with suppress(UnknownProperty):
            values[field] = property_of_coins(db, field)
    return leak(fields, values, label, property_of_coins(db, label))


def trained_classes(db: Database, slug: str) -> list[tuple[str, set[str]]]:
    """The labels, with their classes, that a space and those that it was made from learnt."""
    found, waiting = [], [slug]
    while waiting:
        for row in db.read(INPUTS, slug=waiting.pop()):
            waiting += row["sources"]
            if row["classes"]:
                found.append((row["label"], set(json.loads(row["classes"]))))
    return found


def _trusted(db: Database, space: SpaceRecord, coins: Sequence[str], labels: Sequence[str | None]) -> np.ndarray:
    """(n,) bool: False for every class of which a coin is of the classes that a learned space was trained on.

    The space's classes may be of another label than the one it is scored by.
    """
    seen = set()
    for column, classes in trained_classes(db, space.slug):
        of_coin = property_of_coins(db, column)
        seen |= {label for coin, label in zip(coins, labels, strict=True) if label and of_coin.get(coin) in classes}
    return np.array([label not in seen for label in labels], bool)


# --- coins ----------------------------------------------------------------------------------------------------------


def read_coins(
    db: Database,
    space: SpaceRecord,
    face: str,
    labels: Iterable[str] = (),
    *,
    trusted: bool = True,
    accepted: bool = True,
    vectors: bool = True,
    edges: float | None = None,
    partitions: Sequence[str] | None = (),
    colour: str | None = None,
    collections: Sequence[str] = (),
) -> CoinSet:
    """The coins that have a vector of one face, or of either with ``face`` both, with their ``labels``.

    With ``collections`` theirs only, and edges between these; percentiles stay those of the whole space. Which labels
    are ``trusted``, types that somebody ``accepted`` from a proposal, the ``vectors``, the stored ``edges`` at or above
    a percentile, and ``partitions`` (their ids; None: those of the space that grouped all of these coins) are read
    where the arguments say so. For pictures, ``colour`` (a property, `type`, `collection`, or `community`: of the
    latest partition by this face, else by both) gives the coins' values and files. Raises `NotEmbedded` where there is
    no vector, `UnknownProperty`, `NoCollection`.
    """
    scope = find_scope(db, collections)
    kept = coins_of(db, scope.chosen)
    sides = {one: _sides(db, space.slug, one, kept) for one in FACES}
    chosen: list[Face] = [one for one in FACES if face in (one, "both")]
    coins = sorted({coin for one in chosen for coin in sides[one]})
    if not coins and vectors:
        which = "side" if face == "both" else f"{face} side"
        whose = f" of {scope.words}" if scope.others else ""
        raise NotEmbedded(f"no {which}{whose} has a vector of the space {space.name}", space=space.name)
    pictures = {str(one): [sides[one].get(coin) for coin in coins] for one in chosen}
    values = {name: list(map(property_of_coins(db, name, accepted=accepted).get, coins)) for name in labels}
    return CoinSet(
        space=space.name,
        face=face,
        coins=coins,
        faces={one: _matrix(db, space, one, coins, sides[one]) for one in chosen} if vectors else {},
        labels=values,
        trusted={name: _trusted(db, space, coins, some) for name, some in values.items()} if trusted else {},
        pieces=_pieces(pictures, len(coins)),
        fields=space.fields,
        values=() if colour is None else _values(db, space, face, coins, colour, scope),
        files={} if colour is None else _files(db, coins),
        edges=None if edges is None else _stored_edges(db, space.slug, face, coins, edges),
        partitions=_partitions(db, space.slug, coins, sides, partitions, scope),
        pictures=pictures,
        histograms=_histograms(db, space.slug, chosen) if scope.others else {},
    )


def _sides(db: Database, slug: str, face: Face, kept: Container[str] | None) -> dict[str, Picture]:
    """The pictures of a face's sides that have a vector, by coin; those of ``kept`` coins, or all."""
    found = {}
    for row in db.read(SIDES.format(label=face.capitalize()), source=f"source_{slug}"):
        if kept is not None and coin_of(row["id"]) not in kept:
            continue
        known = row["sha256"] and row["uri"]
        photograph = photograph_of(row) if known else None
        found[coin_of(row["id"])] = Picture(photograph, row["width"] or np.nan, row["height"] or np.nan)
    return found


def _matrix(
    db: Database, space: SpaceRecord, face: Face, coins: Sequence[str], sides: Mapping[str, Picture]
) -> np.ndarray:
    """(n, d) float32, NaN where a coin has no such side."""
    rows = np.array([row for row, coin in enumerate(coins) if coin in sides], np.intp)
    matrix = np.full((len(coins), space.dimension), np.nan, np.float32)
    matrix[rows] = vectors_of(db, space.slug, [f"{coins[row]}/{face}" for row in rows])
    return matrix


def _pieces(pictures: Mapping[str, Sequence[Picture | None]], count: int) -> np.ndarray:
    """(n,) codes of coins joined by a photograph that is there twice."""
    first_with: dict[tuple[str, str], int] = {}
    joined: list[tuple[int, int]] = []
    for face, some in pictures.items():
        for row, picture in enumerate(some):
            if picture and picture.photograph:
                joined.append((first_with.setdefault((face, picture.photograph.sha256), row), row))
    return components(count, *np.array(joined, np.int64).reshape(-1, 2).T)


def _stored_edges(db: Database, slug: str, face: str, coins: Sequence[str], least: float) -> Network | None:
    """The edges between coins by a face, or by both, at or above a percentile; None where there are none."""
    layer, ending = LAYERS[face], "" if face == "both" else f"/{face}"
    query = EDGES.format(
        label=layer.label,
        relationship=layer.relationship,
        strength=layer.strength,
        cosine=MEAN_COSINE if face == "both" else "r.cosine",
    )
    place = {coin + ending: row for row, coin in enumerate(coins)}
    found = [np.zeros((0, 4))]
    for start, *columns in db.stream(query, space=slug, least=least, missing=np.nan):
        ends = zip(*columns, strict=True)
        rows = [(place[start], place[end], *values) for end, *values in ends if start in place and end in place]
        found.append(np.array(rows, np.float64).reshape(-1, 4))
    first, second, strength, cosine = np.concatenate(found).T
    if not len(first):
        return None
    faces = [one for one in FACES if face in (one, "both")]
    pairs = db.read(PAIRS, space=slug, faces=faces)[0]["pairs"] or len(coins) * (len(coins) - 1) // 2
    return Network.of(len(coins), first.astype(np.int64), second.astype(np.int64), strength, pairs, cosine)


def _histograms(db: Database, slug: str, faces: Sequence[Face]) -> dict[str, Histogram]:
    """The cosines of all pairs of a space that `link` counted, by face; nothing where it has not."""
    found = {str(face): Histogram.stored(db.read(HISTOGRAM, slug=slug, face=face)[0]["counts"]) for face in faces}
    return {face: histogram for face, histogram in found.items() if histogram.pairs}


def _partitions(
    db: Database,
    slug: str,
    coins: Sequence[str],
    sides: Mapping[Face, Mapping[str, Picture]],
    ids: Sequence[str] | None,
    scope: Scope,
) -> list[Partition]:
    found = []
    asked = {"ids": ids, "names": list(scope.names)}
    for row in db.read(PARTITIONS, space=slug, **asked) if ids is None or ids else ():
        members = memberships(db, row["id"])
        number = {name: code for code, name in enumerate(sorted(set(members.values())), 1)}
        numbers = np.array([number.get(members.get(coin, ""), 0) for coin in coins], np.int32)
        faces = [one for one in FACES if row["face"] in (one, "both")]
        covered = np.array([any(coin in sides[one] for one in faces) for coin in coins], bool)
        found.append(Partition(row["id"], row["face"], numbers, covered, row["percentile"]))
    return found


def read_closer(
    db: Database, coins: Sequence[str], properties: Sequence[str], faces: Iterable[Face] = FACES
) -> list[PairValues]:
    """What `match` found of pairs of ``coins``: for each face and each of some properties of its records, where it
    found any. Inliers come as evidence (`measure.probability.geometry_evidence`)."""
    place = {coin: row for row, coin in enumerate(coins)}
    found = []
    for face in faces:
        for name in properties:
            pairs = ((coin_of(one), coin_of(two), value) for one, two, value in read_geometry(db, name, face))
            rows = [(place[one], place[two], value) for one, two, value in pairs if one in place and two in place]
            if rows:
                first, second, values = np.array(rows, np.float64).T
                column = geometry_evidence(name, values)
                found.append(PairValues.of(len(coins), first.astype(int), second.astype(int), column))
    return found


def _values(db: Database, space: SpaceRecord, face: str, coins: Sequence[str], name: str, scope: Scope) -> list[Any]:
    """What colours each coin in a picture: a property, a number where it is one, or its `community`."""
    if name != "community":
        return list(map(property_of_coins(db, name, numbers=True).get, coins))
    partition = latest(db, space.slug, face, "both", scope=scope)
    if partition is None:
        whose = f" of {scope.words}" if scope.others else ""
        raise UnknownProperty(f"the space {space.name} has no communities{whose} to colour by", unanalyzed=space.name)
    return list(map(memberships(db, partition).get, coins))


def _files(db: Database, coins: Sequence[str]) -> dict[str, list[Path | None]]:
    """The files of the photographs of some coins, by face."""
    found = {(row["coin"], row["face"]): path_of(row["uri"]) for row in db.read(PATHS, coins=coins)}
    return {face: [found.get((coin, face)) for coin in coins] for face in FACES}


@dataclass(frozen=True)
class LinkedCoins:
    """The coins of a space with those of their edges that a picture is to show: ``chosen`` says which these are.

    The coins' values are those of the property ``colour``; ``notes`` say why it is not the one that was wanted.
    """

    coins: CoinSet
    chosen: str
    colour: str
    notes: Sequence[str] = ()


def linked_coins(
    db: Database,
    space: str | None = None,
    face: str = "both",
    *,
    percentile: float | None = None,
    threshold: float | None = None,
    colour: str = "community",
    collections: Sequence[str] = (),
) -> LinkedCoins:
    """The stored edges at or above a percentile, or above a cosine; without either, some five a coin.

    With ``collections`` those between their coins. Where there are no communities, types colour the coins. Raises
    `UnknownSpace`, `UnknownProperty`, `NoEdges`, `NoCollection`.
    """
    record = find_space(db, space)
    least = percentile
    within = find_scope(db, collections).chosen
    if percentile is None and threshold is None:
        least = automatic_percentile(db, record.slug, face, collections=within)
    chosen = f"percentile {least:g} and above" if threshold is None else f"cosine above {threshold:g}"
    read = partial(read_coins, db, record, face, ["type"], trusted=False, vectors=False)
    read = partial(read, edges=least or 0.0, collections=within)
    notes = []
    try:
        coins = read(colour=colour)
    except UnknownProperty as error:
        if colour != "community":
            raise
        coins, colour = read(colour="type"), "type"
        notes.append(f"coloured by type: {error}")
    edges = coins.edges
    if edges is not None and edges.cosine is not None and threshold is not None:
        edges = edges[edges.cosine > threshold]
    if edges is None or not len(edges):
        # Tells where nothing was linked at all.
        highest = automatic_percentile(db, record.slug, face, 1e-9, within)
        raise NoEdges(
            f"no edge of {record.name} has {chosen}; the highest percentile is about {highest:g}: ask for less"
        )
    return LinkedCoins(replace(coins, edges=edges), chosen, colour, notes)


def past_evaluations(db: Database, slug: str, most: int = 10) -> list[dict[str, Any]]:
    """The latest `Run` nodes on which evaluations of a space left their figures, oldest first."""
    return [row["run"] for row in db.read(EVALUATIONS, space=slug, most=most)]


def read_voters(db: Database, spaces: Sequence[SpaceRecord]) -> CoinSet:
    """The coins of all of ``spaces`` with their types, what `match` found of them, its scores in the first of them, and
    what was read on them.

    Raises `NotEmbedded`.

    Types that somebody accepted from a proposal are not trusted: they vote, but nothing is learned from them.
    """
    coins = CoinSet.joined([read_coins(db, space, "both", ["type"]) for space in spaces])
    proposed = {row["coin"] for row in db.read(ACCEPTED)}
    fair = coins.trusted["type"] & np.array([coin not in proposed for coin in coins.coins], bool)
    places = dict.fromkeys(place_space(db, space).slug for space in spaces)
    properties = ["inliers", "letters", *(f"places_{slug}" for slug in places)]
    scores = [one for face in FACES for one in read_closer(db, coins.coins, [f"score_{spaces[0].slug}"], [face])]
    whole = len(scores) == len(FACES)
    closer = read_closer(db, coins.coins, properties)
    written = read_written(db, coins.coins)
    return replace(coins, trusted={"type": fair}, closer=closer, scores=scores if whole else [], written=written)
