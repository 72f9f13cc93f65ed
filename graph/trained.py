"""A space made by a head that was trained on another: what is read for it, what it leaves, who may be scored by it."""

import json
from dataclasses import dataclass, replace
from typing import Any

from embed.head import Head, Learning
from embed.registry import IMPORTED, is_text_model, slug
from graph import derived, spaces
from graph.connection import Database
from graph.derived import HEAD, CannotDerive, Derived
from graph.evaluation_data import field_values, only_unseen, told_fields
from graph.properties import property_of_coins
from graph.runs import Run
from graph.spaces import SpaceRecord
from measure.leaks import KnowsTheLabel, leak

NO_LABEL = "none"


@dataclass(frozen=True)
class Plan:
    """A space that is to be made or brought up to date: of which, under which name, asked for how."""

    parent: SpaceRecord
    name: str
    asked: dict[str, Any]
    known: SpaceRecord | None


def plan(db: Database, space: str | None, name: str | None, options: dict[str, Any], refit: bool) -> Plan:
    """What is to be done; ``options`` are what a later run must ask for to go on with the same head.

    Raises `CannotDerive`, `UnknownSpace`.
    """
    parent = spaces.find_space(db, space)
    named = name or f"{parent.name}-trained"
    if slug(named) == parent.slug:
        raise CannotDerive(f"{parent.name} is what is learnt from: give the new space another --name")
    if options["views"] and (parent.sources or parent.model == IMPORTED or is_text_model(parent.model)):
        raise CannotDerive(
            f"{parent.name} has no model that looks at pictures, so no views can be made for it: train the space of "
            "pictures that it comes from, or learn from its vectors and labels alone (--views 0)"
        )
    asked = {"sources": {parent.slug: derived.identity(db, parent)}, "head": "contrastive"} | options
    return Plan(parent, named, asked, derived.known_as(db, named, HEAD, asked, refit))


def labels_of(db: Database, parent: SpaceRecord, label: str) -> dict[str, str]:
    """What there is to learn from, by coin; nothing where no coin has the label, or it is `NO_LABEL`.

    Raises `KnowsTheLabel` where the space was told it, `UnknownProperty`.
    """
    if label == NO_LABEL:
        return {}
    known = property_of_coins(db, label)
    fields = told_fields(db, parent.slug)
    if told := leak(fields, field_values(db, fields), label, known):
        raise KnowsTheLabel(f"{parent.name} knows the label ({told}): there is nothing to learn from it")
    return known


def scored_labels(
    db: Database, parent: SpaceRecord, coins: list[str], labels: dict[str, str], held_out: frozenset[str]
) -> list[str | None]:
    """The labels of held-out classes, None for all other coins; without classes that the parent itself learnt from."""
    return only_unseen(db, parent, coins, [c if (c := labels.get(coin)) in held_out else None for coin in coins]).labels


def make(
    db: Database,
    run: Run,
    plan: Plan,
    head: Head,
    learning: Learning,
    label: str | None,
    seen: frozenset[str],
    note: str,
    figures: dict[str, Any],
) -> Derived:
    """Make the space of a new head. ``seen`` are the classes of ``label`` it learnt from, ``note`` what it is worth.

    ``figures`` are what was measured; they become properties of the space.

    The space lists the label among its fields, since of coins that it learnt from it knows it.
    """
    fields = tuple(dict.fromkeys([*plan.parent.fields, *([label] if label else [])]))
    record = derived.record_of(plan.name, HEAD, head, plan.parent.dimension, plan.asked, fields, [plan.parent])
    record = replace(
        record,
        transform=f"{head}, {note}",
        trained_label=label,
        trained_on=json.dumps(sorted(seen), ensure_ascii=False) if label else None,
    )
    sides = derived.sides_of(db, plan.parent.slug, None, record.slug)
    learnt = derived.curve_of(learning) | figures
    return derived.make_derived(db, run, record, head, sides, [plan.parent], learnt)


def bring_up(db: Database, run: Run, known: SpaceRecord, parent: SpaceRecord) -> Derived:
    """Give new and changed sides of a known space their vectors, by the head that is kept."""
    head = Head.from_bytes(derived.parameters_of(db, known))
    sides = derived.sides_of(db, parent.slug, None, known.slug)
    return derived.bring_up(db, run, known, head, sides, [parent])
