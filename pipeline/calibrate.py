"""The fitted probability of one type, on the `SIMILAR` and `RELATED` edges of a space, kept current by links.

It is fitted on the edges themselves, whose ends are of known type: on the percentiles of the faces, and on what `match`
says of them where it looked. A space that has them is marked ``calibrated``, and bears a checksum of the types that
they were learned from, so that `link` and `match` bring them up to date.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from graph.connection import Database
from graph.edges import Edges, Kind, difference, read_edges, write_differences
from graph.evaluation_data import field_values, only_unseen, pieces_of, read_labels, told_fields
from graph.pending import deciding
from graph.percentiles import weight
from graph.properties import property_of_coins
from graph.related import coin_of
from graph.spaces import SpaceRecord, space_named
from ingest.records import FACES, Face
from measure.leaks import KnowsTheLabel, leak
from measure.probability import (
    GEOMETRY,
    Pairs,
    PairValues,
    Reliability,
    TooFewPairs,
    cross_fitted,
    fold_of,
    geometry_evidence,
    reliability,
)

SIDES = "MATCH (s:{label}) WHERE s[$source] IS NOT NULL RETURN s.id AS id ORDER BY id"
STATE = """
MATCH (s:Space {slug: $slug})
RETURN coalesce(s.calibrated, false) AS calibrated, s.calibrated_on AS labels, coalesce(s.pairs_obverse, 0) AS obverse,
       coalesce(s.pairs_reverse, 0) AS reverse
"""
MARK = "MATCH (s:Space {slug: $slug}) SET s.calibrated = $calibrated, s.calibrated_on = $labels"
FORGET = """
MATCH ()-[e:SIMILAR|RELATED]->() WHERE e.space = $space AND e.probability IS NOT NULL
CALL (e) { REMOVE e.probability } IN TRANSACTIONS OF 10000 ROWS
RETURN count(*) AS removed
"""

SIMILAR = Kind("SIMILAR", "", "Side", ("percentile", *GEOMETRY, "probability"))
RELATED = Kind("RELATED", "Coin", "Coin", ("obverse_percentile", "reverse_percentile", "probability"))


@dataclass(frozen=True)
class Fitted:
    """The probabilities of one kind of edges, ``judged`` of which join coins of known type; ``problem`` says why there
    are none. ``kept`` tells how far those of judged edges, whose coins no fit saw, keep their word. ``left_out`` coins
    are of types that the space was trained on: nothing was learned from them."""

    edges: str
    total: int
    judged: int
    updated: int = 0
    kept: Reliability | None = None
    problem: str = ""
    left_out: int = 0

    def row(self) -> dict[str, Any]:
        kept = self.kept
        return {
            "edges": self.edges,
            "total": self.total,
            "of known types": self.judged,
            "of one type": kept.base if kept else None,
            "Brier": kept.brier if kept else None,
            "Brier of the share": kept.brier_base if kept else None,
            "calibration error": kept.error if kept else None,
            "changed": self.updated,
        }


@dataclass(frozen=True)
class _Known:
    """The coins of a space: ids, types (None: unknown), codes of pieces. Of ``left_out`` coins the space was trained to
    know the type, which counts as unknown."""

    coins: list[str]
    types: list[str | None]
    pieces: np.ndarray
    left_out: int


def keep_current(db: Database, space: SpaceRecord, run: str, edges_changed: bool) -> None:
    """Bring the probabilities of a space that has some up to date, where its edges or the coins' types changed."""
    state = db.read(STATE, slug=space.slug)[0]
    if state["calibrated"] and (edges_changed or state["labels"] != _fingerprint(property_of_coins(db, "type"))):
        with deciding(db, "bring up probabilities", slug=space.slug, run=run):
            bring_probabilities(db, space, run)


def bring_up(db: Database, slug: str, run: str) -> dict[str, int]:
    """Finish fitting the probabilities of a space that there still is, for a step that was killed."""
    space = space_named(db, slug)
    if space:
        bring_probabilities(db, space, run)
    return {}


def _fingerprint(types: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(sorted(types.items())).encode()).hexdigest()


def refuse_leak(db: Database, space: SpaceRecord) -> None:
    """Raise `KnowsTheLabel` for a space that was told the types: its likeness proves nothing."""
    fields = told_fields(db, space.slug)
    if known := leak(fields, field_values(db, fields), "type", property_of_coins(db, "type")):
        raise KnowsTheLabel(
            f"{space.name} knows the types: {known}. How probable one type is cannot be learned from it; choose "
            "another --space"
        )


def bring_probabilities(db: Database, space: SpaceRecord, run: str) -> list[Fitted]:
    """Fit and store the probabilities of a space's edges, where they are not those already; what became of each kind.

    Where there are too few pairs of known type those that were stored are taken away.
    """
    state = db.read(STATE, slug=space.slug)[0]
    sides = {face: _sides(db, space.slug, face) for face in FACES}
    coins = sorted({coin_of(side) for ids in sides.values() for side in ids})
    unseen = only_unseen(db, space, coins, read_labels(db, coins, "type"))
    known = _Known(coins, unseen.labels, pieces_of(db, space.slug, coins), unseen.left_out_coins)
    place = {coin: row for row, coin in enumerate(coins)}
    fitted, differences = [], []
    geometry: list[PairValues] = []
    for face in FACES:
        kind = replace(SIMILAR, label=face.capitalize())
        stored, _ = read_edges(db, kind, space.slug, sides[face])
        owner = np.array([place[coin_of(side)] for side in sides[face]], np.int64)
        first, second = owner[stored.first], owner[stored.second]
        columns = [geometry_evidence(name, stored.columns[name]) for name in GEOMETRY]
        geometry += [PairValues.of(len(coins), first, second, column) for column in columns]
        evidence = np.stack([weight(stored.columns["percentile"], state[face]), *columns], 1)
        one, probability = _fit(f"SIMILAR {face}", known, first, second, evidence)
        fitted.append(one)
        differences.append(_difference(kind, space.slug, sides[face], stored, probability))
    stored, _ = read_edges(db, RELATED, space.slug, coins)
    columns = [weight(stored.columns[f"{face}_percentile"], state[face]) for face in FACES]
    columns += [values.at(stored.first, stored.second) for values in geometry]
    one, probability = _fit("RELATED", known, stored.first, stored.second, np.stack(columns, 1))
    fitted.append(one)
    differences.append(_difference(RELATED, space.slug, coins, stored, probability))
    write_differences(db, differences, run)
    found = [replace(a, updated=b.changes.updated) for a, b in zip(fitted, differences, strict=True)]
    labels = _fingerprint(property_of_coins(db, "type"))
    db.write(MARK, slug=space.slug, calibrated=any(one.kept for one in found), labels=labels)
    return found


def read_reliability(db: Database, space: SpaceRecord) -> list[Reliability]:
    """How far the probabilities that are stored keep their word, of each kind of edges that has them."""
    sides = {face: _sides(db, space.slug, face) for face in FACES}
    coins = sorted({coin_of(side) for ids in sides.values() for side in ids})
    unseen = only_unseen(db, space, coins, read_labels(db, coins, "type"))
    known = _Known(coins, unseen.labels, pieces_of(db, space.slug, coins), unseen.left_out_coins)
    place = {coin: row for row, coin in enumerate(coins)}
    found = []
    for kind, ids in [*((replace(SIMILAR, label=face.capitalize()), sides[face]) for face in FACES), (RELATED, coins)]:
        stored, _ = read_edges(db, kind, space.slug, ids)
        owner = np.array([place[id_ if kind is RELATED else coin_of(id_)] for id_ in ids], np.int64)
        same = _same(known, owner[stored.first], owner[stored.second])
        predicted = stored.columns["probability"]
        judged = ~np.isnan(same) & ~np.isnan(predicted)
        if judged.any():
            name = kind.relationship if kind is RELATED else f"{kind.relationship} {kind.label.lower()}"
            found.append(reliability(name, predicted[judged], same[judged]))
    return found


def forget_probabilities(db: Database, slug: str) -> int:
    """Take the probabilities of a space's edges away; how many."""
    with deciding(db, "forget probabilities", slug=slug):
        return carry_out_forgetting(db, slug)["removed_probabilities"]


def carry_out_forgetting(db: Database, slug: str) -> dict[str, int]:
    db.write(MARK, slug=slug, calibrated=None, labels=None)
    return {"removed_probabilities": db.run_alone(FORGET, space=slug)[0]["removed"]}


def _sides(db: Database, slug: str, face: Face) -> list[str]:
    return [row["id"] for row in db.read(SIDES.format(label=face.capitalize()), source=f"source_{slug}")]


def _same(known: _Known, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(m,): 1 where two coins are of one type, 0 of two, NaN where that is not known or both are one piece."""
    place = {kind: number for number, kind in enumerate(sorted({kind for kind in known.types if kind}))}
    kind = np.array([place[name] if name else -1 for name in known.types], np.int64)
    one, two = kind[first], kind[second]
    judged = (one >= 0) & (two >= 0) & (known.pieces[first] != known.pieces[second])
    return np.where(judged, (one == two).astype(float), np.nan)


def _fit(
    name: str, known: _Known, first: np.ndarray, second: np.ndarray, evidence: np.ndarray
) -> tuple[Fitted, np.ndarray]:
    """What became of one kind of edges, and their probabilities: NaN where there are too few to fit."""
    pairs = Pairs(first, second, evidence, _same(known, first, second))
    judged = int(pairs.judged.sum())
    try:
        probability = cross_fitted(pairs, fold_of(known.pieces))
    except TooFewPairs as error:
        problem = str(error)
        if known.left_out:
            problem = (
                f"{problem.partition('. ')[0]}; {known.left_out} coins are of types that the space was trained on, "
                "which prove nothing. Calibrate the --space it was trained from, or train with a larger "
                "--classes-held-out"
            )
        return Fitted(name, len(first), judged, problem=problem, left_out=known.left_out), np.full(len(first), np.nan)
    kept = reliability(name, probability[pairs.judged], pairs.same[pairs.judged])
    return Fitted(name, len(first), judged, kept=kept, left_out=known.left_out), np.round(probability, 6)


def _difference(kind: Kind, slug: str, ids: Sequence[str], stored: Edges, probability: np.ndarray) -> Any:
    wanted = Edges(stored.first, stored.second, {**stored.columns, "probability": probability})
    return difference(kind, slug, ids, stored, [], wanted)
