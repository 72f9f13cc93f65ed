"""A vector of every side, by what a model sees in its picture or reads in its text."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from embed import DEFAULT_SPACE, registry, texts
from embed.loader import load_batches
from embed.transforms import SAMPLE
from errors import CoingraphError, counting, say
from graph import spaces
from graph.connection import Database, batches
from graph.derived import COMMANDS, fitted_on, read_transform, store_transform
from graph.legends import store_legends
from graph.lock import exclusive
from graph.replacing import draft_of, in_place_of, would_lose
from graph.runs import Run, step
from graph.sides import count_outlines, known_fields, known_sides, store_outlines, store_texts
from graph.spaces import SpaceRecord
from ingest.outlines import Outline
from ingest.records import Photograph, Skipped

if TYPE_CHECKING:
    from embed.encoders import TextEncoder
    from embed.models import ImageModel

TEXTS = 500  # that are encoded and stored together
SHOWS_NOTHING = "its vector is zero or not finite: it shows nothing"


class NothingToEmbed(CoingraphError):
    """There are no photographs, or none of them can be used."""


class WouldLoseVectors(CoingraphError):
    """A space made again would lack sides that the old one has."""


@dataclass(frozen=True)
class EmbedOptions:
    """Which space is to be embedded, and how.

    ``space`` is a name of `embed.registry`, or the name or slug of a space that the graph has; ``name`` is what a new
    space is to be called instead. ``batch`` pictures are embedded at a time, on ``device`` (``auto``, or a name that
    torch knows), with the file ``weights`` instead of the model's own. ``collection`` is the only one to embed.
    ``refit`` makes the space again beside the old one, which it replaces, with all that was made from that, once every
    side has its vector.

    The text of a side is that of a ``template`` (a name of `embed.texts.TEMPLATES` or a text with ``{fields}``; if
    nothing is given, the side's legend with its description or type), or what the command ``describe_with`` says of
    the picture. A space that is there keeps the one it was made with.
    """

    space: str = DEFAULT_SPACE
    name: str | None = None
    device: str = "auto"
    weights: Path | None = None
    batch: int = 32
    collection: str | None = None
    refit: bool = False
    template: str | None = None
    describe_with: str | None = None


@dataclass(frozen=True)
class EmbedResult:
    """What a run of `embed` did: sides that got a vector, that had theirs already, and pictures that were skipped.

    ``fitted_on`` is the number of sides there were when the space's transform was fitted, None where it has none;
    ``without_picture`` counts the sides that came with imported vectors only, ``without_text`` those of whose coins a
    template knows nothing; ``uncut`` those whose coin was not cut out of its picture, because its outline is not sure.
    ``edges_gone`` counts the edges of the former vectors of a space that was made again, ``illegible`` the sides
    without a vector in a space of legends, since no letter is sure.
    """

    space: SpaceRecord
    embedded: int
    unchanged: int
    skipped: list[Skipped]
    fitted_on: int | None = None
    without_picture: int = 0
    without_text: int = 0
    uncut: int = 0
    edges_gone: int = 0
    illegible: int = 0

    @property
    def outgrown(self) -> bool:
        """Whether fitting the transform again would help: there are half as many sides again."""
        return self.fitted_on is not None and 2 * (self.embedded + self.unchanged) >= 3 * self.fitted_on


def embed(db: Database, options: EmbedOptions | None = None, **changes: Any) -> EmbedResult:
    """Give each side its vector of a space: those that have none, and those whose file or text changed since.

    ``changes`` are fields of `EmbedOptions`. Each batch is stored as it is done. A transform is fitted once, when the
    space is made. Sides without a text get no vector in a space of words. Raises `NothingToEmbed`, `WouldLoseVectors`,
    `embed.texts.BadTemplate`, and what loading the model and `graph.spaces.ensure_space` raise.
    """
    options = replace(options or EmbedOptions(), **changes)
    known = spaces.space_named(db, options.name or options.space)
    if known and known.sources:
        how = f"`coingraph {COMMANDS[known.model]}` with the same options"
        raise registry.UnknownModel(f"{known.name} was made {known.weights_source}: embed those, then run {how} again")
    if known and options.name and not _made_by(known, options.space):
        raise spaces.ChangedModel(
            f"space {known.name!r} was made by {known.model}: give that of {options.space} another name"
        )
    if registry.is_text_model(known.model if known else options.space):
        return _embed_texts(db, options, known)
    if options.template is not None or options.describe_with is not None:
        readers = ", ".join(registry.text_models())
        raise registry.UnknownModel(f"{options.space} looks at pictures: a template or a description is for {readers}")
    return embed_pictures(db, options, known)


def _made_by(known: SpaceRecord, model: str) -> bool:
    """Whether a space there is was made by a model of this name (or has this name itself)."""
    file = model.removeprefix("file:").removesuffix("-grey")
    same_file = model.startswith("file:") and str(Path(file).expanduser().resolve()) == known.weights_source
    return model in (known.name, known.slug, known.model) or same_file


def load_space_model(space: str, known: SpaceRecord | None, weights: Path | None, device: str) -> "ImageModel":
    """The model of a name; that of a space the graph has with the weights that space was made with."""
    if known is None:
        return registry.load_model(space, weights, device)
    return registry.load_model(known.model, weights or _own_weights(known), device)


def _own_weights(known: SpaceRecord | None) -> Path | None:
    """The file of the user's own weights that a space was made with."""
    own = Path(known.weights_source) if known else None
    return own if own and own.is_absolute() else None


def embed_pictures(
    db: Database, options: EmbedOptions, known: SpaceRecord | None, model: "ImageModel | None" = None
) -> EmbedResult:
    """`embed` by a ``model`` of pictures, else by that of the space's name; ``known`` is the space that there is."""
    collection, refit = options.collection, options.refit
    sides, bare = spaces.count_sides(db, collection), spaces.count_without_picture(db, collection)
    if not sides:
        wanted = f"collection {collection!r} has" if collection else "there are"
        raise NothingToEmbed(f"{wanted} no photographs in the graph", nothing_read=True)
    if known and not options.weights and not refit and not spaces.count_to_embed(db, known.slug, collection):
        illegible = spaces.count_blank(db, known.slug, collection)
        more = {"uncut": _uncut(db, known, collection), "illegible": illegible}
        return EmbedResult(known, 0, sides - illegible, [], fitted_on(db, known.slug), bare, **more)
    # Before the lock: a model that cannot be had, or takes long to come, keeps nobody else waiting.
    if model is None:
        model = load_space_model(options.space, known, options.weights, options.device)
        if model.reads and known and not options.weights and (fitted := read_transform(db, known.slug)):
            model = model.fitted(replace(model.transform, reader=fitted.reader))
    model = replace(model, name=known.name if known else options.name or model.name)
    own = registry.slug(model.name)
    with step(db, "embed", **asdict(options)) as run:
        waiting = sides if refit else spaces.count_to_embed(db, own, collection)
        before = 0 if refit else spaces.count_blank(db, own, collection)
        again = known is not None and refit
        with in_place_of(db, own, model.name, run) if again else nullcontext():
            model, made = _make_space(db, model, run, options.batch, collection, again)
            skipped = embed_waiting(db, made, model, options.batch, collection, waiting)
            if again and (lost := would_lose(db, own)):
                raise WouldLoseVectors(
                    f"{lost:,} sides that have a vector in {model.name} would lose it, since their photographs cannot "
                    "be used now or are not of this collection; the space stays as it was"
                )
        record = replace(made, name=model.name, slug=own)
        spaces.create_vector_indexes(db, record)
        illegible = spaces.count_blank(db, own, collection)
        embedded = waiting - len(skipped) - (illegible - before)
        run.wrote("vectors", embedded)
        run.notes["skipped"] = len(skipped)
    if len(skipped) == sides:
        raise NothingToEmbed(f"none of {sides} pictures can be used; the first: {skipped[0].reason}")
    return EmbedResult(
        record,
        embedded,
        sides - waiting - before,
        skipped,
        fitted_on(db, record.slug),
        bare,
        uncut=_uncut(db, record, collection),
        edges_gone=run.counts["removed_similar"],
        illegible=illegible,
    )


def _uncut(db: Database, space: SpaceRecord, collection: str | None) -> int:
    """Sides that a space which cuts coins out took whole, because no outline was sure enough."""
    cuts = space.preprocessing.get("view", {}).get("cutout")
    return count_outlines(db, collection).unsure if cuts else 0


def _make_space(
    db: Database, model: "ImageModel", run: Run, batch: int, collection: str | None, again: bool
) -> "tuple[ImageModel, SpaceRecord]":
    """The model with the transform of its space, which is fitted where the space is new, and the space's record.

    A space that is made ``again``, beside the one there is, is a draft.
    """
    name = registry.slug(model.name)
    transform = read_transform(db, name) if not again and spaces.space_named(db, name) else None
    if transform or model.transform.kind == "none":
        model = model.fitted(transform) if transform else model
        record = _record_of(model, again)
        spaces.ensure_space(db, record, run)
        return model, record
    photographs, outlines, raw, read = _raw_vectors(db, model, batch, collection)
    transform = replace(model.transform).fit(raw)
    transform.sides = spaces.count_sides(db, collection)
    model = model.fitted(transform)
    record = _record_of(model, again)
    # In this order: where a space stands, its transform does, and no vector comes before both.
    store_transform(db, record.slug, transform)
    spaces.ensure_space(db, record, run)
    _store(db, record, model, photographs, outlines, transform.transform(raw), read)
    return model, record


def _raw_vectors(
    db: Database, model: "ImageModel", batch: int, collection: str | None
) -> tuple[list[Photograph], list[Outline | None], np.ndarray, np.ndarray | None]:
    """What a transform is fitted on: a sample of the sides, their outlines, what the model says before any transform.
    Last the letters, of a model that reads.

    What cannot be read is left out here, and named when all sides are embedded.
    """
    wanted = spaces.sample_sides(db, SAMPLE, collection)
    photographs: list[Photograph] = []
    outlines: list[Outline | None] = []
    raw = np.empty((0, 0), np.float16)
    read: list[np.ndarray] = []
    reasons: list[Skipped] = []
    with counting(f"fitting {model.name}", "side", len(wanted)) as advance:
        for loaded in load_batches(wanted, model, batch):
            if loaded.photographs:
                rows, letters = model.look(loaded.pictures)
                read += [] if letters is None else [letters]
                if not len(raw):  # half floats: 135 MB for 2,048 sides of 32,928 numbers from 0 to 6
                    raw = np.empty((len(wanted), rows.shape[1]), np.float16)
                raw[len(photographs) : len(photographs) + len(rows)] = rows
                photographs += loaded.photographs
                outlines += loaded.outlines
            reasons += loaded.skipped
            advance(len(loaded.photographs) + len(loaded.skipped))
    if not photographs:
        raise NothingToEmbed(f"none of {len(wanted)} pictures can be used; the first: {reasons[0].reason}")
    return photographs, outlines, raw[: len(photographs)], np.concatenate(read) if read else None


def _record_of(model: "ImageModel", draft: bool) -> SpaceRecord:
    record = SpaceRecord(
        name=model.name,
        slug=registry.slug(model.name),
        model=model.model,
        weights=model.weights_sha256,
        weights_source=model.weights_source,
        dimension=model.dimension,
        preprocessing=model.preprocessing,
        transform=str(model.transform),
    )
    return draft_of(record) if draft else record


def embed_waiting(
    db: Database, space: SpaceRecord, model: "ImageModel", batch: int, collection: str | None, waiting: int
) -> list[Skipped]:
    """Three things at once: threads read pictures, the model computes, and one thread stores the batch before."""
    skipped: list[Skipped] = []
    stored: Future[None] | None = None
    unsure = 0
    photographs = spaces.sides_to_embed(db, space.slug, collection)
    with ThreadPoolExecutor(1) as storing, counting(f"embedding {model.name}", "side", waiting) as advance:
        for loaded in load_batches(photographs, model, batch):
            unusable = list(loaded.skipped)
            if loaded.photographs:
                raw, read = model.look(loaded.pictures)
                vectors = model.transform.transform(raw)
                if not model.reads:
                    flat = [p for p, fine in zip(loaded.photographs, spaces.usable(vectors), strict=True) if not fine]
                    unusable += [Skipped(str(p.path), SHOWS_NOTHING) for p in flat]
                if stored:
                    stored.result()
                advance.keep(unsure)
                unsure = len(loaded.photographs) + len(loaded.skipped) - len(unusable)
                stored = storing.submit(_store, db, space, model, loaded.photographs, loaded.outlines, vectors, read)
            for skip in unusable:
                say(f"skipped {skip}")
            skipped += unusable
            advance(len(loaded.photographs) + len(loaded.skipped))
        if stored:
            stored.result()
    return skipped


def _store(
    db: Database,
    space: SpaceRecord,
    model: "ImageModel",
    photographs: Sequence[Photograph],
    outlines: Sequence[Outline | None],
    vectors: np.ndarray,
    read: np.ndarray | None,
) -> None:
    """Outlines and letters first: a side that has its vector is not embedded again.

    Of those that have none because no letter is sure it is noted that they were looked at. What stands on the sides is
    what the reader read before it was trained on, whose rarity and alignment belong to it.
    """
    ids, checksums = [p.id for p in photographs], [p.sha256 for p in photographs]
    good = spaces.usable(vectors)
    store_outlines(db, ids, checksums, outlines)
    if read is not None:
        if model.transform.reader is None:
            store_legends(db, ids, checksums, read)
        blank = [p for p, fine in zip(photographs, good, strict=True) if not fine]
        spaces.mark_blank(db, space.slug, [p.id for p in blank], [p.sha256 for p in blank])
    kept = [p for p, fine in zip(photographs, good, strict=True) if fine]
    spaces.store_vectors(db, space.slug, [p.id for p in kept], [p.sha256 for p in kept], vectors[good])


@dataclass
class _Texts:
    """The sides that are ``waiting`` for a text's vector, by batches of (side's id, checksum, text).

    ``gone`` are sides with a vector of which nothing is known any more, ``told`` the metadata columns that go into the
    texts; ``skipped`` grows as the batches are drawn.
    """

    sides: int
    waiting: int
    without: int
    gone: list[str]
    told: set[str]
    batches: Iterator[list[tuple[str, str, str]]]
    skipped: list[Skipped]


def _embed_texts(db: Database, options: EmbedOptions, known: SpaceRecord | None) -> EmbedResult:
    wording = _wording(known, options.template, options.describe_with)
    if isinstance(wording, texts.Template) and options.template and not wording.name:
        wording.check(known_fields(db))
    with exclusive():
        same = known and not options.weights and known.preprocessing["texts"] == wording.description()
        if known and same and not options.refit:
            found = _read_texts(db, known, wording, options)
            if not found.waiting and not found.gone:
                return EmbedResult(known, 0, found.sides - found.without, [], without_text=found.without)
        weights = options.weights or _own_weights(known)
        encoder = registry.load_text_encoder(known.model if known else options.space, weights, options.device)
        name = known.name if known else options.name or encoder.name
        record = SpaceRecord(
            name=name,
            slug=registry.slug(name),
            model=encoder.name,
            weights=encoder.weights_sha256,
            weights_source=encoder.weights_source,
            dimension=encoder.encode(["coin"]).shape[1],
            preprocessing={"texts": wording.description(), **encoder.description()},
        )
        again = known is not None and options.refit
        with step(db, "embed", **asdict(options)) as run:
            found = _read_texts(db, draft_of(record) if again else record, wording, options)
            former = set(known.fields) if known and not again else set()
            record = replace(record, fields=tuple(sorted(former | found.told)))
            made = draft_of(record) if again else record
            if not found.sides:
                wanted = f"collection {options.collection!r} has" if options.collection else "there are"
                raise NothingToEmbed(f"{wanted} no sides in the graph", nothing_read=True)
            if found.without == found.sides:
                raise NothingToEmbed(_nothing_said(wording))
            with in_place_of(db, record.slug, record.name, run) if again else nullcontext():
                spaces.ensure_space(db, made, run)
                spaces.forget_vectors(db, made.slug, found.gone)
                embedded = _encode(db, made, encoder, found)
            spaces.create_vector_indexes(db, record)
            run.wrote("vectors", embedded)
            run.notes |= {"skipped": len(found.skipped), "without_text": found.without}
    if found.skipped and len(found.skipped) == found.sides:
        raise NothingToEmbed(f"none of {found.sides} pictures was described; the first: {found.skipped[0].reason}")
    unchanged = found.sides - found.waiting - found.without
    gone = run.counts["removed_similar"]
    return EmbedResult(record, embedded, unchanged, found.skipped, without_text=found.without, edges_gone=gone)


def _nothing_said(wording: texts.Template | texts.Describer) -> str:
    if wording == texts.TEMPLATES[texts.USUAL]:
        return "no coin has a description, a legend or a type: say what the texts are made of by --template"
    fields = wording.fields if isinstance(wording, texts.Template) else ()
    return f"no coin has any of the fields {', '.join(fields)}: choose another --template"


def _wording(
    known: SpaceRecord | None, template: str | None, describe_with: str | None
) -> texts.Template | texts.Describer:
    """Where the texts come from: what was asked for, else what a space was made with, else the usual template."""
    if template is not None and describe_with is not None:
        raise texts.BadTemplate("a text is that of a template or that of a program: give one of the two")
    if describe_with is not None:
        return texts.Describer(describe_with)
    if known and template is None:
        made = known.preprocessing["texts"]
        return texts.Describer(made["command"]) if "command" in made else texts.stored_template(made)
    return texts.template(texts.USUAL if template is None else template)


def _read_texts(
    db: Database, space: SpaceRecord, wording: texts.Template | texts.Describer, options: EmbedOptions
) -> _Texts:
    collection = options.collection
    if isinstance(wording, texts.Describer):
        skipped: list[Skipped] = []
        several = batches(spaces.sides_to_embed(db, space.slug, collection), options.batch)
        described = _described(wording, several, skipped)
        waiting = spaces.count_to_embed(db, space.slug, collection)
        return _Texts(spaces.count_sides(db, collection), waiting, 0, [], set(), described, skipped)
    todo, gone, sides, without = [], [], 0, 0
    told: set[str] = set()
    for side in known_sides(db, space.slug, collection):
        text = wording(side.face, side.values)
        checksum = hashlib.sha256(text.encode()).hexdigest() if text else None
        sides += 1
        without += text is None
        told |= wording.told(side.face, side.values)
        if text and checksum and checksum != side.source:
            todo.append((side.id, checksum, text))
        elif text is None and side.source:
            gone.append(side.id)
    # Coins of one type often have one text: side by side, so that it is encoded once.
    todo.sort(key=lambda row: (row[2], row[0]))
    return _Texts(sides, len(todo), without, gone, told, batches(todo, TEXTS), [])


def _described(
    describer: texts.Describer, photographs: Iterator[list[Photograph]], skipped: list[Skipped]
) -> Iterator[list[tuple[str, str, str]]]:
    """What an outside program says of pictures, as many at once as there are cores."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for several in photographs:
            rows = []
            for photograph, described in [(p, pool.submit(describer, p)) for p in several]:
                try:
                    rows.append((photograph.id, photograph.sha256, described.result()))
                except texts.NoDescription as error:
                    skipped.append(Skipped(str(photograph.path), str(error)))
                    say(f"skipped {skipped[-1]}")
            yield rows


def _encode(db: Database, record: SpaceRecord, encoder: "TextEncoder", found: _Texts) -> int:
    """Encode and store batch by batch; how many sides got a vector."""
    embedded = 0
    with counting(f"embedding {record.name}", "side", found.waiting) as advance:
        for rows in found.batches:
            ids, checksums, said = ([row[column] for row in rows] for column in range(3))
            distinct = {text: place for place, text in enumerate(dict.fromkeys(said))}
            if rows:
                vectors = encoder.encode(list(distinct))[[distinct[text] for text in said]]
                store_texts(db, record.slug, ids, said)
                spaces.store_vectors(db, record.slug, ids, checksums, vectors)
                advance.keep(len(rows))
            embedded += len(rows)
            advance(len(rows))
    return embedded
