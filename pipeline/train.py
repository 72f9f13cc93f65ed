"""A space trained on another: a head on its vectors, taught by views of the photographs and by labels."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from embed import augment
from embed.head import Examples, Head, Learning
from embed.registry import IMPORTED, is_text_model, slug
from errors import CoingraphError
from graph.coins import leak_of, read_coins
from graph.connection import Database
from graph.derived import HEAD, identity, read_transform, sides_with_sources
from graph.runs import Run, step
from graph.server.home import Home
from graph.spaces import SpaceRecord, find_space
from ingest.cache import PhotographCache, fill
from ingest.records import Skipped
from measure.coinset import CoinSet
from measure.evaluation import KnowsTheLabel
from measure.likeness import Likeness
from measure.retrieval import Gain, NothingToMeasure, Parts, difference, gain, parted
from pipeline.derive import CannotDerive, Derived, bring_up, curve_of, known_as, make_derived, parameters_of, record_of
from pipeline.embed import load_space_model

MOST = 5000  # coins that are learnt from: 10,000 sides and their views are 30 MB
FEWEST = 10  # coins to learn from without labels
ALONE = 0.2  # of the coins are watched where there are no classes
NO_LABEL = "none"


class NothingToLearn(CoingraphError):
    """There are neither labels nor views to learn from, or too few coins."""


@dataclass(frozen=True)
class Lesson:
    """What a head was taught, and what came of it.

    ``classes`` of ``label`` are those it saw, ``watched`` those among them that told when to stop, ``held_out`` those
    it did not see; without a label all are 0. ``gain`` is None where nothing was held out; its difference is that of
    all splits. ``seconds`` are those of the views and those of all.
    """

    label: str | None
    coins: int
    sides: int
    views: int
    classes: int
    watched: int
    held_out: int
    learning: Learning
    gain: Gain | None
    skipped: list[Skipped]
    view_seconds: float
    seconds: float

    @property
    def better(self) -> bool:
        return self.gain is not None and self.gain.better

    @property
    def verdict(self) -> str:
        return self.gain.verdict if self.gain else "not measured"

    def figures(self) -> dict[str, Any]:
        """As properties of a space and its run."""
        found = {"trained_coins": self.coins, "best_epoch": self.learning.best_epoch}
        if not self.gain:
            return found
        before, after, gained = self.gain.before, self.gain.after, self.gain.difference
        return found | {
            "unseen_classes": int(after.classes),
            "unseen_map_before": before.map_macro.value,
            "unseen_map_after": after.map_macro.value,
            "unseen_map_gain": gained.value,
            "unseen_map_gain_low": gained.low,
            "unseen_map_gain_high": gained.high,
            "unseen_r1_before": before.r1_macro.value,
            "unseen_r1_after": after.r1_macro.value,
        }


@dataclass(frozen=True)
class Trained:
    """The space as it is now; ``lesson`` is None where its head was trained before."""

    derived: Derived
    lesson: Lesson | None


@dataclass(frozen=True)
class Plan:
    """A space that is to be made or brought up to date: from which, under which name, and what a later run must ask for
    to go on with the same head. ``known`` is the space that is there already."""

    parent: SpaceRecord
    name: str
    asked: dict[str, Any]
    known: SpaceRecord | None


def train(
    db: Database,
    *,
    space: str | None = None,
    label: str = "type",
    name: str | None = None,
    face: str = "both",
    views: int = 2,
    held_out: float = 0.5,
    seed: int = 42,
    device: str = "auto",
    splits: int = 1,
    refit: bool = False,
    with_accepted: bool = False,
) -> Trained:
    """Train a head on a space (else the default one) and make a space of it, or give that new and changed sides.

    It learns to bring together the ``views`` of each photograph and, where coins have the ``label`` (`type`, a
    property, or `none`), the sides of one class. A share of the classes, ``held_out``, is not learnt from, and what the
    head is worth is measured on these; with more ``splits``, by heads that are taught and measured by as many choices
    of classes, of which the first is kept. ``face`` is where the label can be seen. Types that somebody accepted from a
    proposal are no labels, unless ``with_accepted``. Raises `NothingToLearn`, `NotEmbedded`,
    `CannotDerive`, `UnknownSpace`, `UnknownProperty`, `KnowsTheLabel` where the space was told the label,
    `measure.retrieval.TooFewClasses`.
    """
    options = {"label": label, "face": face, "views": views, "held_out": held_out, "seed": seed}
    if with_accepted:
        options["with_accepted"] = True
    with step(db, "train", space=space, name=name, device=device, refit=refit, **options) as run:
        begun = time.monotonic()
        plan = _plan(db, space, name, options, refit)
        if plan.known:
            return Trained(_brought_up(db, run, plan.known, plan.parent), None)
        taught = partial(_taught, db, plan, label, face, views, held_out, device, with_accepted)
        head, parts, lesson = taught(seed)
        if lesson.gain:
            gains = [lesson.gain, *(one for n in range(1, splits) if (one := taught(seed + n)[2].gain))]
            over_splits = difference([(one.before, one.after) for one in gains])
            lesson = replace(lesson, gain=replace(lesson.gain, difference=over_splits))
        lesson = replace(lesson, seconds=time.monotonic() - begun)
        made = _make(db, run, plan, head, lesson, parts.seen if parts else frozenset())
        run.notes |= lesson.figures() | {"seconds": round(lesson.seconds, 3), "skipped": len(lesson.skipped)}
        return Trained(made, lesson)


def go_on(db: Database, space: SpaceRecord) -> Derived:
    """Give new and changed sides their vectors in a trained space, however it was trained. Raises `CannotDerive`."""
    parent = find_space(db, space.sources[0])
    known_as(db, space.name, HEAD, space.preprocessing | {"sources": {parent.slug: identity(db, parent)}}, refit=False)
    with step(db, "train", space=parent.slug, name=space.name) as run:
        return _brought_up(db, run, space, parent)


def _brought_up(db: Database, run: Run, space: SpaceRecord, parent: SpaceRecord) -> Derived:
    head = Head.from_bytes(parameters_of(db, space))
    return bring_up(db, run, space, head, sides_with_sources(db, parent.slug, None, space.slug), [parent])


def _plan(db: Database, space: str | None, name: str | None, options: dict[str, Any], refit: bool) -> Plan:
    parent = find_space(db, space)
    named = name or f"{parent.name}-trained"
    if slug(named) == parent.slug:
        raise CannotDerive(f"{parent.name} is what is learnt from: give the new space another --name")
    if options["views"] and (parent.sources or parent.model == IMPORTED or is_text_model(parent.model)):
        raise CannotDerive(
            f"{parent.name} has no model that looks at pictures, so no views can be made for it: train the space of "
            "pictures that it comes from, or learn from its vectors and labels alone (--views 0)"
        )
    asked = {"sources": {parent.slug: identity(db, parent)}, "head": "contrastive"} | options
    return Plan(parent, named, asked, known_as(db, named, HEAD, asked, refit))


def _taught(
    db: Database,
    plan: Plan,
    label: str,
    face: str,
    views: int,
    held_out: float,
    device: str,
    with_accepted: bool,
    seed: int,
) -> tuple[Head, Parts | None, Lesson]:
    from embed.models import choose_device

    begun, where = time.monotonic(), choose_device(device)
    columns = [] if label == NO_LABEL else [label]
    if columns and (told := leak_of(db, plan.parent, label)):
        raise KnowsTheLabel(f"{plan.parent.name} knows the label ({told}): there is nothing to learn from it")
    coins = read_coins(db, plan.parent, face, columns, accepted=with_accepted)
    of_coin = coins.labels.get(label, [None] * len(coins))
    labelled = any(of_coin)
    parts = parted(of_coin, held_out, seed) if labelled else None
    chosen, watched = _chosen(of_coin, parts, views, seed)
    rows, views_from = _sides_of(coins, chosen), time.monotonic()
    seen, skipped = _views(db, plan.parent, coins, rows, views, device)
    view_seconds = time.monotonic() - views_from
    head, apart = Head(seed), watched[rows[:, 1]]
    learning = head.fit(_examples(coins, rows, seen, of_coin), ~apart, apart, where)
    lesson = Lesson(
        label=label if labelled else None,
        coins=len(chosen),
        sides=len(rows),
        views=views,
        classes=len(parts.seen) if parts else 0,
        watched=len(parts.watched) if parts else 0,
        held_out=len(parts.held_out) if parts else 0,
        learning=learning,
        gain=_gain(coins, label, head, parts) if parts and parts.held_out else None,
        skipped=skipped,
        view_seconds=view_seconds,
        seconds=time.monotonic() - begun,
    )
    return head, parts, lesson


def _chosen(labels: Sequence[str | None], parts: Parts | None, views: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The coins to learn from, as places, `MOST` at most; and which of all coins (n, bool) are watched.

    Of a held-out class no coin is among them. Coins without a label are, by their views. Raises `NothingToLearn`.
    """
    random = np.random.default_rng(seed)
    if parts is None:
        if not views:
            raise NothingToLearn("no coin has the label, and without views there is nothing else to learn from")
        if len(labels) < FEWEST:
            raise NothingToLearn(f"{len(labels)} coins are there; at least {FEWEST} are needed to learn from")
        watched = random.random(len(labels)) < ALONE
        able = np.arange(len(labels))
    else:
        watched = np.array([label in parts.watched for label in labels])
        able = np.flatnonzero([label in parts.seen if label else views > 0 for label in labels])
    return np.sort(random.permutation(able)[:MOST]), watched


def _sides_of(coins: CoinSet, chosen: np.ndarray) -> np.ndarray:
    """The sides of some coins (places): (n, 2), the number of the face and the coin's place."""
    return np.array(
        [
            (number, row)
            for number, matrix in enumerate(coins.faces.values())
            for row in chosen
            if not np.isnan(matrix[row]).any()
        ],
        np.intp,
    ).reshape(-1, 2)


def _views(
    db: Database, space: SpaceRecord, coins: CoinSet, rows: np.ndarray, number: int, device: str
) -> tuple[Mapping[int, np.ndarray], list[Skipped]]:
    """The views (number, d) of sides, by their place in ``rows``, and the photographs that none can be made of.

    They are kept in this home, so that they are made once.
    """
    if not number:
        return {}, []
    pictures = list(coins.pictures.values())
    photographs = {
        place: side.photograph
        for place, (face, coin) in enumerate(rows)
        if (side := pictures[face][coin]) and side.photograph
    }
    model = load_space_model(space.name, space, None, device)
    model = model.fitted(read_transform(db, space.slug) or model.transform)
    version = f"views-{augment.VERSION}.{identity(db, space)}.{number}"
    folder = Home.from_environment().path / "features" / version
    cache = PhotographCache(folder, augment.ViewMaker(model, number), augment.Views.unpacked)
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:
        usable, skipped = fill(cache, list(photographs.values()), pool, f"views for {space.name}")
        return {place: cache.get(one).vectors for place, one in photographs.items() if one.id in usable}, skipped


def _examples(
    coins: CoinSet, rows: np.ndarray, views: Mapping[int, np.ndarray], labels: Sequence[str | None]
) -> Examples:
    """What a head learns from. A side without views stands for its views itself."""
    faces = list(coins.faces.values())
    number = 1 + max((len(seen) for seen in views.values()), default=0)
    vectors = np.stack([faces[face][coin] for face, coin in rows])
    stacked = np.repeat(vectors[:, None], number, 1)
    for place, seen in views.items():
        stacked[place, 1:] = seen
    codes = {label: code for code, label in enumerate(sorted({label for label in labels if label}))}
    classes = np.array([codes[label] if (label := labels[coin]) else -1 for _, coin in rows])
    return Examples(stacked, rows[:, 0], classes)


def _make(db: Database, run: Run, plan: Plan, head: Head, lesson: Lesson, seen: frozenset[str]) -> Derived:
    """Make the space of a new head. ``seen`` are the classes of the label it learnt from.

    The space lists the label among its fields, since of coins that it learnt from it knows it.
    """
    sides = sides_with_sources(db, plan.parent.slug, None, slug(plan.name))
    # All there are, held-out classes and the other face too: only from there on has the collection grown.
    head.sides = sum(side.image is not None for side in sides)
    label = lesson.label
    fields = tuple(dict.fromkeys([*plan.parent.fields, *([label] if label else [])]))
    record = record_of(plan.name, HEAD, head, plan.parent.dimension, plan.asked, fields, [plan.parent])
    record = replace(
        record,
        transform=f"{head}, {lesson.verdict}",
        trained_label=label,
        trained_on=json.dumps(sorted(seen), ensure_ascii=False) if label else None,
    )
    return make_derived(db, run, record, head, sides, [plan.parent], curve_of(lesson.learning) | lesson.figures())


def _gain(coins: CoinSet, label: str, head: Head, parts: Parts) -> Gain | None:
    """What the head is worth on classes it did not see; None where these hold nothing to be found."""
    held_out = [one if one in parts.held_out else None for one in coins.scored(label)]
    before = list(coins.faces.values())
    after = [np.full_like(face, np.nan) for face in before]
    for old, new in zip(before, after, strict=True):
        known = ~np.isnan(old).any(1)
        new[known] = head.transform(old[known])
    try:
        return gain(Likeness(before, coins.pieces), Likeness(after, coins.pieces), held_out)
    except NothingToMeasure:
        return None
