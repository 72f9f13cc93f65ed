"""The fitted probability that both ends of an edge are of one type, kept current by `link` and `match`.

It is fitted on the edges themselves, whose ends are of known type: on the percentiles of the faces, and on what `match`
says of them where it looked. The space is marked (`graph.linked`), so that `link` and `match` bring them up to date.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from graph import edges, linked
from graph.connection import Database
from graph.edges import Difference, Edges, Kind, coin_of, difference, read_edges, write_differences
from graph.evaluation_data import field_values, only_unseen, pieces_of, read_labels, told_fields
from graph.linked import mark_calibrated, read_calibration
from graph.pending import deciding
from graph.percentiles import weight
from graph.properties import property_of_coins
from graph.runs import step
from graph.spaces import SpaceRecord, find_space, ids_with_vector, space_named
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

SIMILAR = replace(edges.SIMILAR, columns=("percentile", *GEOMETRY, "probability"))
RELATED = replace(edges.RELATED, columns=("obverse_percentile", "reverse_percentile", "probability"))


@dataclass(frozen=True)
class Fitted:
    """The probabilities of one kind of edges, ``judged`` of which join coins of known type; ``problem`` says why there
    are none. ``kept`` is the reliability of those of judged edges, whose coins no fit saw. ``left_out`` coins
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
    """The sides and coins of a space: ids, types (None: unknown), codes of pieces. Of ``left_out`` coins the space was
    trained to know the type, which counts as unknown."""

    sides: dict[Face, list[str]]
    coins: list[str]
    types: list[str | None]
    pieces: np.ndarray
    left_out: int

    @classmethod
    def read(cls, db: Database, space: SpaceRecord) -> "_Known":
        sides = {face: ids_with_vector(db, space.slug, face) for face in FACES}
        coins = sorted({coin_of(side) for ids in sides.values() for side in ids})
        unseen = only_unseen(db, space, coins, read_labels(db, coins, "type"))
        return cls(sides, coins, unseen.labels, pieces_of(db, space.slug, coins), unseen.left_out_coins)


def calibrate(db: Database, *, space: str | None = None) -> list[Fitted]:
    """Fit the probability of one type on every edge of a space (its name or slug; else the one linked last).

    `link` and `match` keep it current from then on. Raises `TooFewPairs`, and `KnowsTheLabel` for a space that was told
    the types.
    """
    record = find_space(db, space)
    refuse_leak(db, record)
    with step(db, "calibrate", space=record.slug) as run:
        with deciding(db, "bring up probabilities", slug=record.slug, run=run.id):
            found = bring_probabilities(db, record, run.id)
        run.counts["updated_probabilities"] += sum(one.updated for one in found)
        for one in found:
            if one.kept:
                key = one.edges.lower().replace(" ", "_")
                run.notes |= {f"brier_{key}": one.kept.brier, f"brier_base_{key}": one.kept.brier_base}
        if not any(one.kept for one in found):
            raise TooFewPairs(f"edges of {record.name}: {found[-1].problem}")
    return found


def forget_probabilities(db: Database, *, space: str | None = None) -> int:
    """Take the probabilities of a space's edges away; how many."""
    record = find_space(db, space)
    with step(db, "calibrate", space=record.slug, clear=True) as run:
        with deciding(db, "forget probabilities", slug=record.slug):
            removed = linked.forget_probabilities(db, record.slug)["removed_probabilities"]
        run.removed("probabilities", removed)
    return removed


def keep_current(db: Database, space: SpaceRecord, run: str, edges_changed: bool) -> None:
    """Bring the probabilities of a space that has some up to date, where its edges or the coins' types changed."""
    state = read_calibration(db, space.slug)
    if state.calibrated and (edges_changed or state.types != _fingerprint(property_of_coins(db, "type"))):
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
    pairs_of = read_calibration(db, space.slug).pairs
    known = _Known.read(db, space)
    sides, coins = known.sides, known.coins
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
        evidence = np.stack([weight(stored.columns["percentile"], pairs_of[face]), *columns], 1)
        one, probability = _fit(f"SIMILAR {face}", known, first, second, evidence)
        fitted.append(one)
        differences.append(_difference(kind, space.slug, sides[face], stored, probability))
    stored, _ = read_edges(db, RELATED, space.slug, coins)
    columns = [weight(stored.columns[f"{face}_percentile"], pairs_of[face]) for face in FACES]
    columns += [values.at(stored.first, stored.second) for values in geometry]
    one, probability = _fit("RELATED", known, stored.first, stored.second, np.stack(columns, 1))
    fitted.append(one)
    differences.append(_difference(RELATED, space.slug, coins, stored, probability))
    write_differences(db, differences, run)
    found = [replace(a, updated=b.changes.updated) for a, b in zip(fitted, differences, strict=True)]
    types = _fingerprint(property_of_coins(db, "type"))
    mark_calibrated(db, space.slug, any(one.kept for one in found), types)
    return found


def read_reliability(db: Database, space: SpaceRecord) -> list[Reliability]:
    """The reliability of the probabilities that are stored, for each kind of edges that has them."""
    known = _Known.read(db, space)
    sides, coins = known.sides, known.coins
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


def _difference(kind: Kind, slug: str, ids: Sequence[str], stored: Edges, probability: np.ndarray) -> Difference:
    wanted = Edges(stored.first, stored.second, {**stored.columns, "probability": probability})
    return difference(kind, slug, ids, stored, [], wanted)
