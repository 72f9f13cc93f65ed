"""Embedding pictures."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from errors import counting, say
from pipeline.embedded import NothingToEmbed

if TYPE_CHECKING:
    import numpy as np

    from embed.models import ImageModel
    from embed.outline import Outline
    from graph.connection import Database
    from graph.runs import Run
    from graph.spaces import SpaceRecord
    from ingest.records import Photograph, Skipped


def make_space(
    db: "Database", model: "ImageModel", run: "Run", batch: int, collection: str | None, anew: bool
) -> "tuple[ImageModel, SpaceRecord]":
    """The model with the transform of its space, which is fitted where the space is new, and the space's record.

    A space that is made ``anew``, beside the one there is, is a draft.
    """
    from embed.registry import slug
    from graph import spaces
    from graph.outlines import store_outlines
    from graph.transforms import read_transform, store_transform

    name = slug(model.name)
    transform = read_transform(db, name) if not anew and spaces.space_named(db, name) else None
    if transform or model.transform.kind == "none":
        model = model.fitted(transform) if transform else model
        record = _record_of(model, anew)
        spaces.ensure_space(db, record, run)
        return model, record
    photographs, outlines, raw = _raw_vectors(db, model, batch, collection)
    transform = replace(model.transform).fit(raw)
    transform.sides = spaces.count_sides(db, collection)
    model = model.fitted(transform)
    record = _record_of(model, anew)
    # In this order: where a space stands, its transform does, and no vector comes before both.
    store_transform(db, record.slug, transform)
    spaces.ensure_space(db, record, run)
    vectors = transform.transform(raw)
    good = spaces.usable(vectors)
    kept = [photograph for photograph, fine in zip(photographs, good, strict=True) if fine]
    store_outlines(db, [p.id for p in photographs], [p.sha256 for p in photographs], outlines)
    spaces.store_vectors(db, record.slug, [p.id for p in kept], [p.sha256 for p in kept], vectors[good])
    return model, record


def _raw_vectors(
    db: "Database", model: "ImageModel", batch: int, collection: str | None
) -> "tuple[list[Photograph], list[Outline | None], np.ndarray]":
    """What a transform is fitted on: a sample of the sides, their outlines, what the model says before any transform.

    What cannot be read is left out here, and named when all sides are embedded.
    """
    import numpy as np

    from embed.loader import load_batches
    from embed.transforms import SAMPLE
    from graph.spaces import sample_sides

    wanted = sample_sides(db, SAMPLE, collection)
    photographs: list[Photograph] = []
    outlines: list[Outline | None] = []
    raw = np.empty((0, 0), np.float16)
    reasons: list[Skipped] = []
    with counting(f"fitting {model.name}", "side", len(wanted)) as advance:
        for loaded in load_batches(wanted, model, batch):
            if loaded.photographs:
                rows = model.raw(loaded.pictures)
                if not len(raw):  # half floats: 135 MB for 2,048 sides of 32,928 numbers from 0 to 6
                    raw = np.empty((len(wanted), rows.shape[1]), np.float16)
                raw[len(photographs) : len(photographs) + len(rows)] = rows
                photographs += loaded.photographs
                outlines += loaded.outlines
            reasons += loaded.skipped
            advance(len(loaded.photographs) + len(loaded.skipped))
    if not photographs:
        raise NothingToEmbed(f"none of {len(wanted)} pictures can be used; the first: {reasons[0].reason}")
    return photographs, outlines, raw[: len(photographs)]


def load_space_model(space: str, known: "SpaceRecord | None", weights: Path | None, device: str) -> "ImageModel":
    """The model of a name; that of a space the graph has with the weights that space was made with."""
    from embed.registry import load_model

    if known is None:
        return load_model(space, weights, device)
    own = Path(known.weights_source)
    return load_model(known.model, weights or (own if own.is_absolute() else None), device)


def _record_of(model: "ImageModel", draft: bool) -> "SpaceRecord":
    from embed.registry import slug
    from graph.replacing import draft_of
    from graph.spaces import SpaceRecord

    record = SpaceRecord(
        name=model.name,
        slug=slug(model.name),
        model=model.model,
        weights=model.weights_sha256,
        weights_source=model.weights_source,
        dimension=model.dimension,
        preprocessing=model.preprocessing,
        transform=str(model.transform),
    )
    return draft_of(record) if draft else record


def embed_waiting(
    db: "Database", slug: str, model: "ImageModel", batch: int, collection: str | None, waiting: int
) -> "list[Skipped]":
    """Three things at once: threads read pictures, the model computes, and one thread stores the batch before."""
    from embed.loader import load_batches
    from graph.spaces import sides_to_embed, usable
    from ingest.records import Skipped

    skipped: list[Skipped] = []
    stored: Future[None] | None = None
    photographs = sides_to_embed(db, slug, collection)
    with ThreadPoolExecutor(1) as storing, counting(model.name, "side", waiting) as advance:
        for loaded in load_batches(photographs, model, batch):
            unusable = list(loaded.skipped)
            if loaded.photographs:
                vectors = model.embed(loaded.pictures)
                good = usable(vectors)
                flat = [p for p, fine in zip(loaded.photographs, good, strict=True) if not fine]
                unusable += [Skipped(str(p.path), "its vector is zero or not finite: it shows nothing") for p in flat]
                kept = [p for p, fine in zip(loaded.photographs, good, strict=True) if fine]
                if stored:
                    stored.result()
                ids, checksums = [p.id for p in kept], [p.sha256 for p in kept]
                outlines = [seen for seen, fine in zip(loaded.outlines, good, strict=True) if fine]
                stored = storing.submit(_store, db, slug, ids, checksums, outlines, vectors[good])
            for skip in unusable:
                say(f"skipped {skip}")
            skipped += unusable
            advance(len(loaded.photographs) + len(loaded.skipped))
        if stored:
            stored.result()
    return skipped


def _store(
    db: "Database",
    slug: str,
    ids: list[str],
    checksums: list[str],
    outlines: "list[Outline | None]",
    vectors: "np.ndarray",
) -> None:
    """Outlines first: a side that has its vector is not looked at again."""
    from graph.outlines import store_outlines
    from graph.spaces import store_vectors

    store_outlines(db, ids, checksums, outlines)
    store_vectors(db, slug, ids, checksums, vectors)
