"""Spaces made from spaces: a transform of one, or a fusion of one of pictures and one of texts.

What all of them share is here; a head is trained on a space in `pipeline.train`. What was fitted is kept beside the
space (`graph.derived`), so that sides that come later get the same.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from embed.fusion import Fusion
from embed.fusion_network import FEWEST, Labels, TooFewTypes, Training
from embed.head import Learning
from embed.registry import IMPORTED, LEGEND, is_text_model, slug
from embed.transforms import SAMPLE, Transform
from errors import CoingraphError
from graph import spaces
from graph.connection import Database
from graph.derived import (
    FUSION,
    TRANSFORM,
    Fitted,
    SourcedSide,
    before_transforms,
    describe_space,
    fitted_on,
    identity,
    mark_textless,
    read_parameters,
    sides_with_sources,
    stale_sides,
    store_transform,
    typed_sides,
)
from graph.replacing import draft_of, in_place_of
from graph.runs import Run, step
from graph.spaces import SpaceRecord
from ingest.records import FACES

CHUNK = 2048  # sides made at a time
MOST = 5000  # coins that a network is trained on


class CannotDerive(CoingraphError):
    """Spaces that the wanted one cannot be made from, or a name that another space has."""


@dataclass(frozen=True)
class Derived:
    """What was done: sides that got a vector, that had theirs already, and that lost it with their picture's.

    ``unusable`` are sides whose vector would be zero. ``training`` is None where nothing was trained now.
    ``edges_gone`` counts the edges of the former vectors of a space that was made again.
    """

    space: SpaceRecord
    made: int
    unchanged: int
    removed: int
    unusable: int = 0
    without_text: int = 0
    fitted_on: int | None = None
    training: Training | None = None
    edges_gone: int = 0

    @property
    def outgrown(self) -> bool:
        """Whether fitting again would help: there are half as many sides again."""
        return self.fitted_on is not None and 2 * (self.made + self.unchanged) >= 3 * self.fitted_on


def transform(
    db: Database, space: str, by: str, *, dimension: int | None = None, name: str | None = None, refit: bool = False
) -> Derived:
    """Make a space of a transform of ``space``, fitted on both faces together, or bring it up to date: sides that are
    new or changed get their vectors.

    ``by`` is a kind of `embed.transforms`, ``dimension`` that of whitening (256). ``refit`` makes the space again.
    Raises `CannotDerive`, `UnknownSpace`, `embed.transforms.TooFew`.
    """
    asked = {"space": space, "by": by, "dimension": dimension, "name": name, "refit": refit}
    with step(db, "transform", **asked) as run:
        if dimension and "whiten" not in by:
            raise CannotDerive(
                f"{by} leaves the number of dimensions as it is; --dimension is for whiten and half-whiten"
            )
        parent = spaces.find_space(db, space)
        named = name or f"{parent.name}-{by}"
        wanted = Transform(by, dimension or 256)
        # What is asked for, which a space of this name must have been made of.
        made_of: dict[str, Any] = {"sources": {parent.slug: identity(db, parent)}, "transform": str(wanted)}
        sides = sides_with_sources(db, parent.slug, None, slug(named))
        known = known_as(db, named, TRANSFORM, made_of, refit)
        if known:
            return bring_up(db, run, known, Transform.from_bytes(parameters_of(db, known)), sides, [parent])
        fitted = _fit(db, parent, wanted, [side.id for side in sides if side.image])
        length = _length(db, parent, fitted, sides)
        record = record_of(named, TRANSFORM, fitted, length, made_of, parent.fields, [parent])
        return make_derived(db, run, record, fitted, sides, [parent], {})


def fuse(
    db: Database,
    image: str,
    text: str,
    method: str,
    name: str,
    *,
    weight: float = 0.5,
    by_face: Sequence[float] = (),
    seed: int = 42,
    refit: bool = False,
) -> Derived:
    """Make a space of one of pictures and one of texts, or bring it up to date: sides that are new or changed get their
    vectors. It is trained where the space is new.

    ``method``, ``weight``, ``by_face`` and ``seed`` are those of `embed.fusion.Fusion`. ``refit`` makes the space
    again. Raises `CannotDerive`, `UnknownSpace`, `embed.fusion.UnknownFusion`, `embed.fusion_network.TooFewTypes`.
    """
    asked: dict[str, Any] = {"image": image, "text": text, "method": method, "name": name}
    asked |= {"weight": weight, "by_face": list(by_face), "seed": seed, "refit": refit}
    with step(db, "fuse", **asked) as run:
        begun = time.monotonic()
        fusion = Fusion.late(by_face) if by_face else Fusion(method, weight, seed)
        made = _fuse(db, run, image, text, fusion, name, refit)
        run.notes["seconds"] = round(time.monotonic() - begun, 3)
    return made


def _fuse(db: Database, run: Run, image: str, text: str, fusion: Fusion, name: str, refit: bool) -> Derived:
    seen, read = spaces.find_space(db, image), spaces.find_space(db, text)
    if seen.slug == read.slug:
        raise CannotDerive(f"{seen.name} cannot be fused with itself: give a space of pictures and one of texts")
    known_spaces = {space.slug: space for space in spaces.all_spaces(db)}
    if is_text_model(before_transforms(seen, known_spaces).model):
        raise CannotDerive(f"{seen.name} is a space of texts: give it by --text, and one of pictures by --image")
    origin = before_transforms(read, known_spaces).model
    if not is_text_model(origin) and origin not in (IMPORTED, LEGEND):
        raise CannotDerive(
            f"{read.name} is not a space of texts (but of {origin}): --text wants one, such as minilm or {LEGEND}"
        )
    made_of: dict[str, Any] = {"sources": {s.slug: identity(db, s) for s in (seen, read)}, "method": str(fusion)}
    made_of |= {"seed": fusion.seed} if fusion.learns else {}
    sides = sides_with_sources(db, seen.slug, read.slug, slug(name))
    if not any(side.image and side.text for side in sides):
        raise CannotDerive(
            f"no side has a vector both in {seen.name} and in {read.name}: embed the same collection in both first"
        )
    known, training = known_as(db, name, FUSION, made_of, refit), None
    if known:
        return bring_up(db, run, known, Fusion.from_bytes(parameters_of(db, known)), sides, [seen, read])
    if fusion.learns:
        training = _train(db, fusion, seen, read, sides)
        run.notes |= {"losses": training.losses, "held_out_losses": training.held_out_losses}
        fusion.sides = sum(side.image is not None for side in sides)
    # A network that learnt from types knows them, as texts that name them do.
    fields = tuple(dict.fromkeys([*seen.fields, *read.fields, *(["type"] if fusion.learns else [])]))
    length = fusion.dimension(seen.dimension, read.dimension)
    record = record_of(name, FUSION, fusion, length, made_of, fields, [seen, read])
    return replace(make_derived(db, run, record, fusion, sides, [seen, read], curve_of(training)), training=training)


def curve_of(learning: Training | Learning | None) -> dict[str, Any]:
    """How a space was learnt, as properties of its node; see `LossCurve`."""
    if learning is None:
        return {}
    held_out = learning.held_out_losses if isinstance(learning, Training) else learning.watched_losses
    return {"losses": learning.losses, "held_out_losses": held_out, "best_epoch": learning.best_epoch}


def known_as(db: Database, name: str, model: str, asked: dict[str, Any], refit: bool) -> SpaceRecord | None:
    """The space of this name, if it was made as it is asked for now; None where it is to be made, or made again."""
    known = next((space for space in spaces.all_spaces(db) if slug(name) == space.slug), None)
    if known is None:
        return None
    if known.model != model or known.name != name:
        raise CannotDerive(f"there is another space called {known.name!r}", space=known.slug)
    made = known.preprocessing
    if known.sources != tuple(asked["sources"]):
        raise CannotDerive(f"space {known.name!r} was made {known.weights_source}", space=known.slug)
    if refit:
        return None
    if made["sources"] != asked["sources"]:
        raise CannotDerive(f"what {known.name!r} was made from was itself made again since: make it again with --refit")
    if made != asked:
        how = ", ".join(f"{key} {made.get(key)}" for key in made if made.get(key) != asked.get(key))
        raise CannotDerive(f"space {known.name!r} was made with {how}", space=known.slug, refit=True)
    return known


def record_of(
    name: str,
    model: str,
    fitted: Fitted,
    dimension: int,
    asked: dict[str, Any],
    fields: tuple[str, ...],
    parents: Sequence[SpaceRecord],
) -> SpaceRecord:
    """Of a space that is made from ``parents``; ``asked`` is what a later run must ask for to go on with it."""
    return SpaceRecord(
        name=name,
        slug=slug(name),
        model=model,
        weights=fitted.fingerprint,
        weights_source=f"from {' and '.join(parent.name for parent in parents)}",
        dimension=dimension,
        preprocessing=asked,
        transform="none" if isinstance(fitted, Fusion) else str(fitted),
        fields=fields,
        sources=tuple(parent.slug for parent in parents),
    )


def make_derived(
    db: Database,
    run: Run,
    record: SpaceRecord,
    fitted: Fitted,
    sides: Sequence[SourcedSide],
    parents: Sequence[SpaceRecord],
    figures: Mapping[str, Any],
) -> Derived:
    """Make a space whole, with the vectors of all ``sides``, in place of the one of its name where there is one.

    ``figures`` become properties of its node, such as its `curve_of` learning.
    """
    draft = draft_of(record)
    with in_place_of(db, record.slug, record.name, run):
        store_transform(db, draft.slug, fitted)
        spaces.ensure_space(db, draft, run)
        describe_space(db, draft.slug, figures)
        made = bring_up(db, run, draft, fitted, sides, parents, fresh=True)
    spaces.create_vector_indexes(db, record)
    return replace(made, space=record, edges_gone=run.counts["removed_similar"])


def parameters_of(db: Database, space: SpaceRecord) -> bytes:
    """What was fitted for a space, as it was saved. Raises `CannotDerive` where it is lost."""
    parameters = read_parameters(db, space.slug)
    if parameters is None:
        raise CannotDerive(f"what {space.name!r} was made with is lost: make it again with --refit")
    return parameters


def _fit(db: Database, parent: SpaceRecord, wanted: Transform, ids: Sequence[str]) -> Transform:
    chosen = ids
    if len(ids) > SAMPLE:
        places = np.random.default_rng(wanted.seed).choice(len(ids), SAMPLE, replace=False)
        chosen = [ids[place] for place in np.sort(places)]
    if len(chosen) < 3:
        raise CannotDerive(
            f"{len(ids)} sides have a vector in {parent.name}, and a transform needs 3: embed more first"
        )
    fitted = wanted.fit(spaces.vectors_of(db, parent.slug, chosen))
    fitted.sides = len(ids)
    return fitted


def _length(db: Database, parent: SpaceRecord, fitted: Transform, sides: Sequence[SourcedSide]) -> int:
    one = next(side.id for side in sides if side.image)
    return fitted.transform(spaces.vectors_of(db, parent.slug, [one])).shape[1]


def _train(
    db: Database, fusion: Fusion, seen: SpaceRecord, read: SpaceRecord, sides: Sequence[SourcedSide]
) -> Training:
    coins = typed_sides(db, seen.slug)
    if len(coins) > MOST:
        places = np.sort(np.random.default_rng(fusion.seed).choice(len(coins), MOST, replace=False))
        coins = [coins[place] for place in places]
    if not coins:
        raise TooFewTypes(f"no coin has a type, and {fusion.method} learns from at least {FEWEST} that do")
    types = {name: number for number, name in enumerate(sorted({row["type"] for row in coins}))}
    rows = [(side, number, row["type"]) for number, row in enumerate(coins) for side in sorted(row["sides"])]
    ids = [side for side, _, _ in rows]
    labels = Labels(
        coins=np.array([coin for _, coin, _ in rows]),
        faces=np.array([FACES.index(_face(side)) for side in ids]),
        types=np.array([types[kind] for _, _, kind in rows]),
    )
    with_text = {side.id for side in sides if side.text}
    return fusion.fit(*_vectors(db, [seen, read], ids, with_text), labels)


def _face(side: str) -> str:
    return side.rpartition("/")[2]


def _vectors(
    db: Database, parents: Sequence[SpaceRecord], ids: Sequence[str], with_text: set[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (n, d_i) and texts (n, d_t), zeros where there is none."""
    seen, read = parents
    texts = np.zeros((len(ids), read.dimension), np.float32)
    places = [place for place, side in enumerate(ids) if side in with_text]
    texts[places] = spaces.vectors_of(db, read.slug, [ids[place] for place in places])
    return spaces.vectors_of(db, seen.slug, ids), texts


def bring_up(
    db: Database,
    run: Run,
    record: SpaceRecord,
    fitted: Fitted,
    sides: Sequence[SourcedSide],
    parents: Sequence[SpaceRecord],
    *,
    fresh: bool = False,
) -> Derived:
    """Make the vectors that are missing or of other sources than they were made from, and drop those without any.

    In a ``fresh`` space all are missing, whatever the sides have of the one it is to replace.
    """
    there = [side for side in sides if side.image]
    waiting = there if fresh else stale_sides(there)
    gone = [side.id for side in sides if not side.image]
    spaces.forget_vectors(db, record.slug, gone)
    made = 0
    for start in range(0, len(waiting), CHUNK):
        part = waiting[start : start + CHUNK]
        if not isinstance(fitted, Fusion):
            vectors = fitted.transform(spaces.vectors_of(db, parents[0].slug, [side.id for side in part]))
        else:
            with_text = {side.id for side in part if side.text}
            faces = np.array([FACES.index(_face(side.id)) for side in part])
            vectors = fitted.transform(*_vectors(db, parents, [side.id for side in part], with_text), faces)
            # Before the vectors, since these tell that a side is done.
            mark_textless(db, record.slug, part)
        good = spaces.usable(vectors)
        kept = [side for side, fine in zip(part, good, strict=True) if fine]
        spaces.store_vectors(db, record.slug, [s.id for s in kept], [s.source or "" for s in kept], vectors[good])
        spaces.forget_vectors(db, record.slug, [side.id for side in part if side not in kept])
        made += len(kept)
    spaces.create_vector_indexes(db, record)
    run.wrote("vectors", made)
    run.removed("vectors", len(gone))
    lacking = sum(side.text is None for side in there)
    learnt = not isinstance(fitted, Fusion) or fitted.learns
    return Derived(
        space=record,
        made=made,
        unchanged=len(there) - len(waiting),
        removed=len(gone),
        unusable=len(waiting) - made,
        without_text=lacking,
        fitted_on=fitted_on(db, record.slug) if learnt else None,
    )
