"""Spaces made from spaces: a transform of one, or a fusion of one of pictures and one of texts.

What all of them share is here; a head that was trained on a space is made in `graph.trained`.

What was fitted is kept beside the space (`graph.transforms`), so that sides that come later get the same. A side's
``source_<slug>`` says which vectors its own was made from: where the parents' have changed, it is made again, and where
the picture's is gone, it goes. ``without_text_<slug>`` is true on sides that had no text.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from embed.fusion import Fusion
from embed.fusion_network import FEWEST, Labels, TooFewTypes, Training
from embed.head import Head, Learning
from embed.registry import IMPORTED, is_text_model, slug
from embed.transforms import SAMPLE, Transform
from errors import CoingraphError
from graph import spaces
from graph.connection import Database
from graph.replacing import draft_of, in_place_of
from graph.runs import Run
from graph.spaces import SpaceRecord
from graph.transforms import fitted_on, read_parameters, store_transform
from graph.types import TYPE_OF
from ingest.records import FACES

CHUNK = 2048  # sides made at a time
MOST = 5000  # coins that a network is trained on
#: The models of spaces that are made from others, and the commands that make them.
TRANSFORM, FUSION, HEAD = "transform", "fusion", "head"
COMMANDS = {TRANSFORM: "transform", FUSION: "fuse", HEAD: "train"}

Fitted = Transform | Fusion | Head

SIDES = """
MATCH (s:Side) WHERE s[$image] IS NOT NULL OR s[$own] IS NOT NULL
RETURN s.id AS id, s[$image] AS image, s[$text] AS text, s[$own] AS own ORDER BY id
"""
TYPES = f"""
MATCH (c:Coin)-[:HAS_SIDE]->(s:Side) WHERE s[$image] IS NOT NULL
WITH c, collect(s.id) AS sides, {TYPE_OF} AS type WHERE type IS NOT NULL
RETURN c.id AS coin, sides, type ORDER BY coin
"""
MARK = "UNWIND $rows AS row MATCH (s:Side {id: row.id}) SET s[$without] = row.without"
FORGET = """
UNWIND $rows AS row MATCH (s:Side {id: row})
SET s[$vector] = null, s[$source] = null, s[$linked] = null, s[$without] = null
"""
FINGERPRINT = "MATCH (t:Transform {space: $slug}) RETURN t.fingerprint AS fingerprint"
DESCRIBE = "MATCH (s:Space|Draft {slug: $slug}) SET s += $properties"
READ_CURVE = """
MATCH (s:Space {slug: $slug}) RETURN s.losses AS losses, s.held_out_losses AS held_out, s.best_epoch AS best
"""


class CannotDerive(CoingraphError):
    """Spaces that the wanted one cannot be made from, or a name that another space has."""


class NotTrained(CoingraphError):
    """A space that learnt nothing, of which a loss curve was asked for."""


@dataclass(frozen=True)
class Derived:
    """What was done: sides that got a vector, that had theirs already, and that lost it with their picture's.

    ``unusable`` are sides whose vector would be zero. ``training`` is None where nothing was trained now.
    ``edges_gone`` counts the edges of the former vectors of a space that was made anew.
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
        """Whether fitting anew would help: there are half as many sides again."""
        return self.fitted_on is not None and 2 * (self.made + self.unchanged) >= 3 * self.fitted_on


@dataclass(frozen=True)
class LossCurve:
    """How a fusion or a head learnt: its loss on coins it was ``trained`` on and on those ``held_out``, one an epoch.

    What is kept are the parameters after ``best`` epochs, counted from 1; 0 is a head that stayed as it began.
    ``model`` is that of the space.
    """

    space: str
    trained: list[float]
    held_out: list[float]
    best: int
    model: str = FUSION


@dataclass(frozen=True)
class SourcedSide:
    """A side and the sources of its parents' vectors and of its own, None where it has none."""

    id: str
    image: str | None
    text: str | None
    own: str | None
    fused: bool

    @property
    def source(self) -> str | None:
        """What its own source is to be."""
        return f"{self.image}|{self.text or ''}" if self.fused and self.image else self.image


def transform_space(
    db: Database, run: Run, space: str, by: str, dimension: int | None, name: str | None, refit: bool
) -> Derived:
    """Bring a transform of a space up to date; it is fitted on both faces together where the space is new.

    Raises `CannotDerive`, `UnknownSpace`, `embed.transforms.TooFew`.
    """
    if dimension and "whiten" not in by:
        raise CannotDerive(f"{by} leaves the number of dimensions as it is; --dimension is for whiten and half-whiten")
    parent = spaces.find_space(db, space)
    named = name or f"{parent.name}-{by}"
    wanted = Transform(by, dimension or 256)
    # What is asked for, which a space of this name must have been made of.
    asked: dict[str, Any] = {"sources": {parent.slug: identity(db, parent)}, "transform": str(wanted)}
    sides = sides_of(db, parent.slug, None, slug(named))
    known = known_as(db, named, TRANSFORM, asked, refit)
    if known:
        return bring_up(db, run, known, Transform.from_bytes(parameters_of(db, known)), sides, [parent])
    fitted = _fit(db, parent, wanted, [side.id for side in sides if side.image])
    dimension = _length(db, parent, fitted, sides)
    record = record_of(named, TRANSFORM, fitted, dimension, asked, parent.fields, [parent])
    return make_derived(db, run, record, fitted, sides, [parent], {})


def fuse_spaces(
    db: Database, run: Run, image: str, text: str, method: str, name: str, weight: float, seed: int, refit: bool
) -> Derived:
    """Bring a fusion of a space of pictures and one of texts up to date; it is trained where the space is new.

    Raises `CannotDerive`, `UnknownSpace`, `embed.fusion.UnknownFusion`, `embed.fusion_network.TooFewTypes`.
    """
    fusion = Fusion(method, weight, seed)
    seen, read = spaces.find_space(db, image), spaces.find_space(db, text)
    if seen.slug == read.slug:
        raise CannotDerive(f"{seen.name} cannot be fused with itself: give a space of pictures and one of texts")
    known_spaces = {space.slug: space for space in spaces.all_spaces(db)}
    if is_text_model(_before_transforms(seen, known_spaces).model):
        raise CannotDerive(f"{seen.name} is a space of texts: give it by --text, and one of pictures by --image")
    origin = _before_transforms(read, known_spaces).model
    if not is_text_model(origin) and origin != IMPORTED:
        raise CannotDerive(f"{read.name} is not a space of texts (but of {origin}): --text wants one, such as minilm")
    asked: dict[str, Any] = {"sources": {s.slug: identity(db, s) for s in (seen, read)}, "method": str(fusion)}
    asked |= {"seed": seed} if fusion.learns else {}
    sides = sides_of(db, seen.slug, read.slug, slug(name))
    if not any(side.image and side.text for side in sides):
        raise CannotDerive(
            f"no side has a vector both in {seen.name} and in {read.name}: embed the same collection in both first"
        )
    known, training = known_as(db, name, FUSION, asked, refit), None
    if known:
        return bring_up(db, run, known, Fusion.from_bytes(parameters_of(db, known)), sides, [seen, read])
    if fusion.learns:
        training = _train(db, fusion, seen, read, sides)
        run.notes |= {"losses": training.losses, "held_out_losses": training.held_out_losses}
        fusion.sides = sum(side.image is not None for side in sides)
    # A network that learnt from types knows them, as texts that name them do.
    fields = tuple(dict.fromkeys([*seen.fields, *read.fields, *(["type"] if fusion.learns else [])]))
    length = fusion.dimension(seen.dimension, read.dimension)
    record = record_of(name, FUSION, fusion, length, asked, fields, [seen, read])
    return replace(make_derived(db, run, record, fusion, sides, [seen, read], curve_of(training)), training=training)


def _before_transforms(space: SpaceRecord, known: Mapping[str, SpaceRecord]) -> SpaceRecord:
    """The space that a transform or a head was put on, once or several times, as long as it is there.

    ``known`` are all, by slug.
    """
    while space.model in (TRANSFORM, HEAD) and space.sources[0] in known:
        space = known[space.sources[0]]
    return space


def texts_slug(space: SpaceRecord, known: Mapping[str, SpaceRecord]) -> str | None:
    """The slug of the space whose texts went into a space; None for one of pictures alone. ``known`` are all, by slug.

    That of a fusion is the space of its texts, that of a transform the space that was transformed.
    """
    while space.sources:
        if space.sources[-1] not in known:
            return None
        space = known[space.sources[-1]]
    return space.slug if is_text_model(space.model) or space.model == IMPORTED else None


def curve_of(learning: Training | Learning | None) -> dict[str, Any]:
    """How a space was learnt, as properties of its node; see `LossCurve`."""
    if learning is None:
        return {}
    held_out = learning.held_out_losses if isinstance(learning, Training) else learning.watched_losses
    return {"losses": learning.losses, "held_out_losses": held_out, "best_epoch": learning.best_epoch}


def loss_curve(db: Database, space: str | None) -> LossCurve:
    """The loss curve of a fused or trained space, by its name or slug. Raises `NotTrained`, `UnknownSpace`."""
    record = spaces.find_space(db, space)
    (row,) = db.read(READ_CURVE, slug=record.slug)
    if not row["losses"]:
        raise NotTrained(
            f"{record.name} was not trained: a loss has what `coingraph train` or `coingraph fuse --method "
            "mlp|attention` made"
        )
    return LossCurve(record.name, row["losses"], row["held_out"], row["best"], record.model)


def identity(db: Database, space: SpaceRecord) -> str:
    """Of all that decides a space's vectors: another one where the space was removed and made otherwise since."""
    rows = db.read(FINGERPRINT, slug=space.slug)
    parts = [space.weights, space.preprocessing, space.transform, rows[0]["fingerprint"] if rows else None]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def sides_of(db: Database, image: str, text: str | None, own: str) -> list[SourcedSide]:
    """The sides that have a vector of the picture, or have one of the space itself, by id."""
    keys = {"image": f"source_{image}", "text": f"source_{text or image}", "own": f"source_{own}"}
    fused = text is not None
    return [SourcedSide(row["id"], row["image"], row["text"], row["own"], fused) for row in db.stream(SIDES, **keys)]


def known_as(db: Database, name: str, model: str, asked: dict[str, Any], refit: bool) -> SpaceRecord | None:
    """The space of this name, if it was made as it is asked for now; None where it is to be made, or made anew."""
    known = next((space for space in spaces.all_spaces(db) if slug(name) == space.slug), None)
    if known is None:
        return None
    other = f"choose another --name, or remove that space first (`coingraph spaces remove {known.slug}`)"
    if known.model != model or known.name != name:
        raise CannotDerive(f"there is another space called {known.name!r}: {other}")
    made = known.preprocessing
    if known.sources != tuple(asked["sources"]):
        raise CannotDerive(f"space {known.name!r} was made {known.weights_source}: {other}")
    if refit:
        return None
    if made["sources"] != asked["sources"]:
        raise CannotDerive(f"what {known.name!r} was made from was itself made anew since: make it again with --refit")
    if made != asked:
        how = ", ".join(f"{key} {made.get(key)}" for key in made if made.get(key) != asked.get(key))
        raise CannotDerive(f"space {known.name!r} was made with {how}: {other}, or make it anew with --refit")
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
        db.write(DESCRIBE, slug=draft.slug, properties=figures)
        made = bring_up(db, run, draft, fitted, sides, parents, fresh=True)
    spaces.create_vector_indexes(db, record)
    return replace(made, space=record, edges_gone=run.counts["removed_similar"])


def parameters_of(db: Database, space: SpaceRecord) -> bytes:
    """What was fitted for a space, as it was saved. Raises `CannotDerive` where it is lost."""
    parameters = read_parameters(db, space.slug)
    if parameters is None:
        raise CannotDerive(f"what {space.name!r} was made with is lost: make it anew with --refit")
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
    coins = db.read(TYPES, image=f"source_{seen.slug}")
    if len(coins) > MOST:
        places = np.sort(np.random.default_rng(fusion.seed).choice(len(coins), MOST, replace=False))
        coins = [coins[place] for place in places]
    if not coins:
        raise TooFewTypes(
            f"no coin has a type, and {fusion.method} learns from at least {FEWEST} that do: give types (`coingraph "
            "ingest … --type COLUMN`), or take --method late or concat, which learn nothing"
        )
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
    waiting = [side for side in there if fresh or side.source != side.own]
    gone = [side.id for side in sides if not side.image]
    without = f"without_text_{record.slug}"
    keys: dict[str, Any] = {name: f"{name}_{record.slug}" for name in ("vector", "source", "linked")}
    keys["without"] = without
    db.write_batches(FORGET, gone, **keys)
    made = 0
    for start in range(0, len(waiting), CHUNK):
        part = waiting[start : start + CHUNK]
        if not isinstance(fitted, Fusion):
            vectors = fitted.transform(spaces.vectors_of(db, parents[0].slug, [side.id for side in part]))
        else:
            with_text = {side.id for side in part if side.text}
            vectors = fitted.transform(*_vectors(db, parents, [side.id for side in part], with_text))
            # Before the vectors, since these tell that a side is done.
            db.write_batches(MARK, [{"id": s.id, "without": None if s.text else True} for s in part], without=without)
        good = spaces.usable(vectors)
        kept = [side for side, fine in zip(part, good, strict=True) if fine]
        spaces.store_vectors(db, record.slug, [s.id for s in kept], [s.source or "" for s in kept], vectors[good])
        db.write_batches(FORGET, [s.id for s in part if s not in kept], **keys)
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
