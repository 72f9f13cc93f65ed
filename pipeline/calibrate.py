"""The fitted probability that both ends of an edge are of one type, kept current by `link` and `match`.

It is fitted on the edges themselves, whose ends are of known type: on the percentiles of the faces, and on what `match`
says of them where it looked. The space is marked (`graph.last_link`), so that `link` and `match` bring them up to date.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from graph import edges, last_link
from graph.coins import leak_of, property_of_coins, read_coins
from graph.connection import Database
from graph.edges import Difference, Edges, Kind, difference, read_edges, write_differences
from graph.last_link import Calibration, mark_calibrated, read_calibration
from graph.pending import deciding
from graph.runs import step
from graph.spaces import SpaceRecord, find_space, space_named
from ingest.records import FACES, Face
from measure.coinset import CoinSet, PairValues
from measure.evaluation import KnowsTheLabel
from measure.neighbours import weight
from measure.probability import (
    GEOMETRY,
    LabelledPairs,
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


def calibrate(db: Database, *, space: str | None = None, with_accepted: bool = False) -> list[Fitted]:
    """Fit the probability of one type on every edge of a space (its name or slug; else the default space).

    `link` and `match` keep it current from then on. Types that somebody accepted from a proposal teach nothing, unless
    ``with_accepted``. Raises `TooFewPairs`, and `KnowsTheLabel` for a space that was told
    the types.
    """
    record = find_space(db, space)
    refuse_leak(db, record)
    with step(db, "calibrate", space=record.slug, with_accepted=with_accepted) as run:
        facts = {"slug": record.slug, "run": run.id, "with_accepted": with_accepted}
        with deciding(db, "bring up probabilities", **facts):
            found = bring_probabilities(db, record, run.id, with_accepted)
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
            removed = last_link.forget_probabilities(db, record.slug)["removed_probabilities"]
        run.removed("probabilities", removed)
    return removed


def keep_current(db: Database, space: SpaceRecord, run: str, edges_changed: bool) -> None:
    """Bring the probabilities of a space that has some up to date, where its edges or the coins' types changed."""
    state = read_calibration(db, space.slug)
    if state.calibrated and (edges_changed or types_changed(db, state)):
        facts = {"slug": space.slug, "run": run, "with_accepted": state.with_accepted}
        with deciding(db, "bring up probabilities", **facts):
            bring_probabilities(db, space, run, state.with_accepted)


def types_changed(db: Database, state: Calibration) -> bool:
    """Whether coins are of other types than those that a space's probabilities were learned from."""
    return state.calibrated and state.types != _fingerprint(db, state.with_accepted)


def bring_up(db: Database, slug: str, run: str, with_accepted: bool = False) -> dict[str, int]:
    """Finish fitting the probabilities of a space that there still is, for a step that was killed."""
    space = space_named(db, slug)
    if space:
        bring_probabilities(db, space, run, with_accepted)
    return {}


def _fingerprint(db: Database, with_accepted: bool) -> str:
    types = property_of_coins(db, "type", accepted=with_accepted)
    return hashlib.sha256(json.dumps(sorted(types.items())).encode()).hexdigest()


def refuse_leak(db: Database, space: SpaceRecord) -> None:
    """Raise `KnowsTheLabel` for a space that was told the types: its likeness proves nothing."""
    if known := leak_of(db, space, "type"):
        raise KnowsTheLabel(
            f"{space.name} knows the types: {known}. How probable one type is cannot be learned from it; choose "
            "another --space"
        )


def bring_probabilities(db: Database, space: SpaceRecord, run: str, with_accepted: bool = False) -> list[Fitted]:
    """Fit and store the probabilities of a space's edges, where they are not those already; what became of each kind.

    Where there are too few pairs of known type those that were stored are taken away.
    """
    state = read_calibration(db, space.slug)
    coins = read_coins(db, space, "both", ["type"], accepted=with_accepted, vectors=False)
    fitted, differences = [], []
    geometry: list[PairValues] = []
    for kind, face, ids in _kinds(coins):
        stored, _ = read_edges(db, kind, space.slug, ids)
        if face is None:
            columns = [weight(stored.columns[f"{one}_percentile"], state.pairs[one]) for one in FACES]
            columns += [values.at(stored.first, stored.second) for values in geometry]
        else:
            seen = [geometry_evidence(name, stored.columns[name]) for name in GEOMETRY]
            geometry += [PairValues.of(len(coins), stored.first, stored.second, column) for column in seen]
            columns = [weight(stored.columns["percentile"], state.pairs[face]), *seen]
        one, probability = _fit(_name(kind, face), coins, stored.first, stored.second, np.stack(columns, 1))
        fitted.append(one)
        differences.append(_difference(kind, space.slug, ids, stored, probability))
    write_differences(db, differences, run)
    found = [replace(a, updated=b.changes.updated) for a, b in zip(fitted, differences, strict=True)]
    types = _fingerprint(db, with_accepted)
    mark_calibrated(db, space.slug, any(one.kept for one in found), types, with_accepted)
    return found


def read_reliability(db: Database, space: str | None = None) -> tuple[str, list[Reliability]]:
    """A space's name, and the reliability of its stored probabilities, for each kind of edges that has them."""
    record = find_space(db, space)
    accepted = read_calibration(db, record.slug).with_accepted
    coins = read_coins(db, record, "both", ["type"], accepted=accepted, vectors=False)
    found = []
    for kind, face, ids in _kinds(coins):
        stored, _ = read_edges(db, kind, record.slug, ids)
        same = _same(coins, stored.first, stored.second)
        predicted = stored.columns["probability"]
        judged = ~np.isnan(same) & ~np.isnan(predicted)
        if judged.any():
            found.append(reliability(_name(kind, face), predicted[judged], same[judged]))
    return record.name, found


def _kinds(coins: CoinSet) -> list[tuple[Kind, Face | None, list[str]]]:
    """The kinds of edges of a space, those of each face first, with the ids of their nodes in the coins' order."""
    of_sides: list[tuple[Kind, Face | None, list[str]]] = [
        (replace(SIMILAR, label=face.capitalize()), face, [f"{coin}/{face}" for coin in coins.coins]) for face in FACES
    ]
    return [*of_sides, (RELATED, None, coins.coins)]


def _name(kind: Kind, face: Face | None) -> str:
    return f"{kind.relationship} {face}" if face else kind.relationship


def _same(coins: CoinSet, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(m,): 1 where two coins are of one type, 0 of two, NaN where that is not known or both are one piece."""
    types = coins.scored("type")
    place = {kind: number for number, kind in enumerate(sorted({kind for kind in types if kind}))}
    code = np.array([place[kind] if kind else -1 for kind in types], np.int64)
    one, two = code[first], code[second]
    judged = (one >= 0) & (two >= 0) & (coins.pieces[first] != coins.pieces[second])
    return np.where(judged, (one == two).astype(float), np.nan)


def _fit(
    name: str, coins: CoinSet, first: np.ndarray, second: np.ndarray, evidence: np.ndarray
) -> tuple[Fitted, np.ndarray]:
    """What became of one kind of edges, and their probabilities: NaN where there are too few to fit."""
    pairs = LabelledPairs(first, second, evidence, _same(coins, first, second))
    judged = int(pairs.judged.sum())
    left_out = int((~coins.trusted["type"]).sum())
    try:
        probability = cross_fitted(pairs, fold_of(coins.pieces))
    except TooFewPairs as error:
        problem = str(error)
        if left_out:
            problem = (
                f"{problem.partition('. ')[0]}; {left_out} coins are of types that the space was trained on, "
                "which prove nothing. Calibrate the --space it was trained from, or train with a larger "
                "--classes-held-out"
            )
        return Fitted(name, len(first), judged, problem=problem, left_out=left_out), np.full(len(first), np.nan)
    kept = reliability(name, probability[pairs.judged], pairs.same[pairs.judged])
    return Fitted(name, len(first), judged, kept=kept, left_out=left_out), np.round(probability, 6)


def _difference(kind: Kind, slug: str, ids: Sequence[str], stored: Edges, probability: np.ndarray) -> Difference:
    wanted = Edges(stored.first, stored.second, {**stored.columns, "probability": probability})
    return difference(kind, slug, ids, stored, [], wanted)
