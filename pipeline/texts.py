"""Embedding what is said of sides."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from errors import counting, say
from graph.lock import exclusive
from pipeline.embedded import EmbedResult, NothingToEmbed

if TYPE_CHECKING:
    from embed.encoders import TextEncoder
    from embed.texts import Describer, Template
    from graph.connection import Database
    from graph.spaces import SpaceRecord
    from ingest.records import Photograph, Skipped


def embed_texts(
    db: "Database",
    space: str,
    name: str | None = None,
    *,
    template: str | None = None,
    describe_with: str | None = None,
    device: str = "auto",
    weights: Path | None = None,
    batch: int = 32,
    collection: str | None = None,
    refit: bool = False,
) -> EmbedResult:
    """Give each side the vector of its text: those that have none, and those whose text changed since.

    The text is that of a ``template`` (a name of `embed.texts.TEMPLATES` or a text with ``{fields}``; ``thesis`` where
    nothing is asked), or what the command ``describe_with`` says of the picture. A space that is there keeps the one it
    was made with. Sides without a text get no vector. Raises `BadTemplate`, `NothingToEmbed`, and what loading the
    encoder and `ensure_space` raise.
    """
    from embed.registry import load_text_encoder, slug
    from embed.texts import Template
    from graph import spaces
    from graph.replacing import draft_of, in_place_of
    from graph.runs import step
    from graph.texts import forget_texts, known_fields

    known = spaces.space_named(db, name or space)
    wording = _wording(known, template, describe_with)
    if isinstance(wording, Template) and template and not wording.name:
        wording.check(known_fields(db))
    asked: dict[str, Any] = {"space": space, "name": name, "template": template, "describe_with": describe_with}
    asked |= {"device": device, "weights": weights, "collection": collection, "refit": refit}
    own = Path(known.weights_source) if known and Path(known.weights_source).is_absolute() else None
    with exclusive():
        if known and not weights and not refit and known.preprocessing["texts"] == wording.description():
            plan = _plan_texts(db, known.slug, wording, collection, batch)
            if not plan.waiting and not plan.gone:
                return EmbedResult(known, 0, plan.sides - plan.without, [], without_text=plan.without)
        encoder = load_text_encoder(known.model if known else space, weights or own, device)
        fields = wording.fields if isinstance(wording, Template) else ()
        record = spaces.SpaceRecord(
            name=known.name if known else name or encoder.name,
            slug=slug(known.name if known else name or encoder.name),
            model=encoder.name,
            weights=encoder.weights_sha256,
            weights_source=encoder.weights_source,
            dimension=encoder.encode(["coin"]).shape[1],
            preprocessing={"texts": wording.description(), **encoder.description()},
            fields=fields,
        )
        anew = known is not None and refit
        made = draft_of(record) if anew else record
        with step(db, "embed", **asked) as run:
            plan = _plan_texts(db, made.slug, wording, collection, batch)
            if not plan.sides:
                wanted = f"collection {collection!r} has" if collection else "there are"
                raise NothingToEmbed(f"{wanted} no sides in the graph: run `coingraph ingest` first")
            if plan.without == plan.sides:
                raise NothingToEmbed(f"no coin has any of the fields {', '.join(fields)}: choose another --template")
            with in_place_of(db, record.slug, record.name, run) if anew else nullcontext():
                spaces.ensure_space(db, made, run)
                forget_texts(db, made.slug, plan.gone)
                embedded = _embed_texts(db, made, encoder, plan)
            spaces.create_vector_indexes(db, record)
            run.wrote("vectors", embedded)
            run.notes |= {"skipped": len(plan.skipped), "without_text": plan.without}
    if plan.skipped and len(plan.skipped) == plan.sides:
        raise NothingToEmbed(f"none of {plan.sides} pictures was described; the first: {plan.skipped[0].reason}")
    unchanged = plan.sides - plan.waiting - plan.without
    edges_gone = run.counts["removed_similar"]
    return EmbedResult(record, embedded, unchanged, plan.skipped, without_text=plan.without, edges_gone=edges_gone)


def _wording(known: "SpaceRecord | None", template: str | None, describe_with: str | None) -> "Template | Describer":
    """Where the texts come from: what was asked for, else what a space was made with, else the thesis' sentences."""
    from embed import texts

    if template is not None and describe_with is not None:
        raise texts.BadTemplate("a text is that of a template or that of a program: give one of the two")
    if describe_with is not None:
        return texts.Describer(describe_with)
    if known and template is None:
        made = known.preprocessing["texts"]
        return texts.Describer(made["command"]) if "command" in made else texts.stored_template(made)
    return texts.template("thesis" if template is None else template)


@dataclass
class _TextPlan:
    """The sides that are ``waiting`` for a text's vector, by batches of (side's id, checksum, text).

    ``gone`` are sides with a vector of which nothing is known any more; ``skipped`` grows as the batches are drawn.
    """

    sides: int
    waiting: int
    without: int
    gone: list[str]
    batches: "Iterator[list[tuple[str, str, str]]]"
    skipped: "list[Skipped]"


def _plan_texts(
    db: "Database", slug: str, wording: "Template | Describer", collection: str | None, batch: int
) -> _TextPlan:
    """What is to be done for a space of words."""
    import hashlib

    from embed.texts import Describer
    from graph import spaces
    from graph.connection import batches
    from graph.texts import known_sides

    skipped: list[Skipped] = []
    if isinstance(wording, Describer):
        described = _described(wording, batches(spaces.sides_to_embed(db, slug, collection), batch), skipped)
        waiting = spaces.count_to_embed(db, slug, collection)
        return _TextPlan(spaces.count_sides(db, collection), waiting, 0, [], described, skipped)
    todo, gone, sides, without = [], [], 0, 0
    for side in known_sides(db, slug, collection):
        text = wording(side.face, side.values)
        checksum = hashlib.sha256(text.encode()).hexdigest() if text else None
        sides += 1
        without += text is None
        if text and checksum and checksum != side.source:
            todo.append((side.id, checksum, text))
        elif text is None and side.source:
            gone.append(side.id)
    # Coins of one type often have one text: side by side, so that it is encoded once.
    todo.sort(key=lambda row: (row[2], row[0]))
    return _TextPlan(sides, len(todo), without, gone, batches(todo, 500), skipped)


def _described(
    describer: "Describer", photographs: "Iterator[list[Photograph]]", skipped: "list[Skipped]"
) -> "Iterator[list[tuple[str, str, str]]]":
    """What an outside program says of pictures, as many at once as there are cores."""
    from embed.texts import NoDescription
    from ingest.records import Skipped

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for several in photographs:
            rows = []
            for photograph, said in [(p, pool.submit(describer, p)) for p in several]:
                try:
                    rows.append((photograph.id, photograph.sha256, said.result()))
                except NoDescription as error:
                    skipped.append(Skipped(str(photograph.path), str(error)))
                    say(f"skipped {skipped[-1]}")
            yield rows


def _embed_texts(db: "Database", record: "SpaceRecord", encoder: "TextEncoder", plan: _TextPlan) -> int:
    """Encode and store batch by batch; how many sides got a vector."""
    from graph.spaces import store_vectors
    from graph.texts import store_texts

    embedded = 0
    with counting(record.name, "side", plan.waiting) as advance:
        for rows in plan.batches:
            ids, checksums, texts = ([row[column] for row in rows] for column in range(3))
            distinct = {text: place for place, text in enumerate(dict.fromkeys(texts))}
            if rows:
                vectors = encoder.encode(list(distinct))[[distinct[text] for text in texts]]
                store_texts(db, record.slug, ids, texts)
                store_vectors(db, record.slug, ids, checksums, vectors)
            embedded += len(rows)
            advance(len(rows))
    return embedded
