"""A vector of every side, by what a model sees in its picture or reads in its text."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from embed import DEFAULT_SPACE
from graph.lock import exclusive
from pipeline.embedded import EmbedResult, NothingToEmbed, WouldLoseVectors
from pipeline.pictures import embed_waiting, load_space_model, make_space
from pipeline.texts import embed_texts

if TYPE_CHECKING:
    from graph.connection import Database
    from graph.spaces import SpaceRecord


def embed(
    db: "Database",
    *,
    space: str = DEFAULT_SPACE,
    device: str = "auto",
    weights: Path | None = None,
    batch: int = 32,
    collection: str | None = None,
    refit: bool = False,
    name: str | None = None,
    template: str | None = None,
    describe_with: str | None = None,
) -> EmbedResult:
    """Give each side its vector of a space: those that have none, and those whose file changed since.

    ``space`` is a name of `embed.registry`, or the name or slug of a space that the graph has; ``name`` is what a new
    space is to be called instead. ``template`` and ``describe_with`` are those of `embed_texts`. Each batch is stored
    as it is done. A transform is fitted once, when the space is made. ``refit`` makes the space anew beside the old
    one, which it replaces, with all that was made from that, once every side has its vector. Raises `NothingToEmbed`,
    `WouldLoseVectors`, and what loading the model and `ensure_space` raise.
    """
    from embed.registry import UnknownModel, is_text_model, slug, text_models
    from graph import spaces
    from graph.derived import COMMANDS
    from graph.replacing import in_place_of, would_lose
    from graph.runs import recorded
    from graph.transforms import fitted_on

    known = spaces.space_named(db, name or space)
    if known and known.sources:
        how = f"`coingraph {COMMANDS[known.model]}` with the same options"
        raise UnknownModel(f"{known.name} was made {known.weights_source}: embed those, then run {how} again")
    if known and name and not _made_by(known, space):
        raise spaces.ChangedModel(f"space {known.name!r} was made by {known.model}: give that of {space} another name")
    if is_text_model(known.model if known else space):
        return embed_texts(
            db,
            space,
            name,
            template=template,
            describe_with=describe_with,
            device=device,
            weights=weights,
            batch=batch,
            collection=collection,
            refit=refit,
        )
    if template is not None or describe_with is not None:
        raise UnknownModel(f"{space} looks at pictures: a template or a description is for {', '.join(text_models())}")
    sides, bare = spaces.count_sides(db, collection), spaces.count_without_picture(db, collection)
    if not sides:
        wanted = f"collection {collection!r} has" if collection else "there are"
        raise NothingToEmbed(f"{wanted} no photographs in the graph: run `coingraph ingest` first")
    if known and not weights and not refit and not spaces.count_to_embed(db, known.slug, collection):
        return EmbedResult(known, 0, sides, [], fitted_on(db, known.slug), bare, uncut=_uncut(db, known, collection))
    asked = {"space": space, "device": device, "weights": weights, "batch": batch, "collection": collection}
    # Before the lock: a model that cannot be had, or takes long to come, keeps nobody else waiting.
    model = load_space_model(space, known, weights, device)
    model = replace(model, name=known.name if known else name or model.name)
    own = slug(model.name)
    with exclusive(), recorded(db, "embed", asked | {"refit": refit}) as run:
        waiting = sides if refit else spaces.count_to_embed(db, own, collection)
        anew = known is not None and refit
        with in_place_of(db, own, model.name, run) if anew else nullcontext():
            model, made = make_space(db, model, run, batch, collection, anew)
            skipped = embed_waiting(db, made.slug, model, batch, collection, waiting)
            if anew and (lost := would_lose(db, own)):
                raise WouldLoseVectors(
                    f"{lost:,} sides that have a vector in {model.name} would lose it, since their photographs cannot "
                    "be used now or are not of this collection; the space stays as it was. Bring them back, leave out "
                    "--collection, or take their coins away (`coingraph ingest … --prune`)"
                )
        record = replace(made, name=model.name, slug=own)
        spaces.create_vector_indexes(db, record)
        run.wrote("vectors", waiting - len(skipped))
        run.notes["skipped"] = len(skipped)
    if len(skipped) == sides:
        raise NothingToEmbed(f"none of {sides} pictures can be used; the first: {skipped[0].reason}")
    return EmbedResult(
        record,
        waiting - len(skipped),
        sides - waiting,
        skipped,
        fitted_on(db, record.slug),
        bare,
        uncut=_uncut(db, record, collection),
        edges_gone=run.counts["removed_similar"],
    )


def _uncut(db: "Database", space: "SpaceRecord", collection: str | None) -> int:
    """Sides that a space which cuts coins out took whole, because no outline was sure enough."""
    from graph.outlines import count_outlines

    cuts = space.preprocessing.get("view", {}).get("cutout")
    return count_outlines(db, collection).unsure if cuts else 0


def _made_by(known: "SpaceRecord", model: str) -> bool:
    """Whether a space there is was made by a model of this name (or has this name itself)."""
    file = model.removeprefix("file:").removesuffix("-grey")
    same_file = model.startswith("file:") and str(Path(file).expanduser().resolve()) == known.weights_source
    return model in (known.name, known.slug, known.model) or same_file


def set_default_space(db: "Database", name: str) -> "SpaceRecord":
    """Make a space (by name or slug) the one that is taken where none is named; raises `UnknownSpace`."""
    from graph import spaces
    from graph.runs import recorded

    with exclusive(), recorded(db, "spaces default", {"space": name}):
        space = spaces.find_space(db, name)
        db.write(spaces.SET_DEFAULT, slug=space.slug)
    return space


def remove_space(db: "Database", name: str) -> "SpaceRecord":
    """Remove a space (by name or slug) with its vectors, edges, partitions and measures; raises `UnknownSpace`."""
    from graph import replacing
    from graph.runs import recorded

    with exclusive(), recorded(db, "spaces remove", {"space": name}) as run:
        return replacing.remove_space(db, name, run)
