"""The steps that bring ingest, embed and graph together: each can be stopped at any moment and run again."""

import fcntl
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embed import DEFAULT_SPACE
from errors import CoingraphError

if TYPE_CHECKING:
    import numpy as np

    from embed.encoders import TextEncoder
    from embed.models import ImageModel
    from embed.texts import Describer, Template
    from explore.report import Report
    from graph.communities import AnalysisResult
    from graph.connection import Database
    from graph.derived import Derived
    from graph.exchange import Imported
    from graph.link import LinkReport
    from graph.runs import Run
    from graph.spaces import SpaceRecord
    from graph.store import Stored
    from ingest.records import Face, Photograph, Reading, Skipped
    from measure.comparison import Comparison


class Busy(CoingraphError):
    """Another process is at work on the same database."""


_holding = False


@contextmanager
def exclusive() -> Iterator[None]:
    """One writing step at a time for a database: a lock the system itself releases, even after `kill -9`.

    The lock is a file of the user's own machine, named after the server, so it does not keep apart two machines that
    write to one remote server. A step inside a step (`run`) holds the lock already.
    """
    global _holding
    if _holding:
        yield
        return
    from graph.connection import Address
    from graph.server import Home

    home = Home.from_environment().path
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    remote = Address.from_environment()
    name = "work" if remote is None else "work-" + "".join(c if c.isalnum() else "_" for c in remote.uri)
    with Path(home, f"{name}.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Busy(
                f"process {file.read().strip() or '?'} is at work on this database; wait for it to end"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        _holding = True
        try:
            yield
        finally:
            _holding = False


# --- ingest ---------------------------------------------------------------------------------------------------------


def ingest(
    db: "Database",
    folder: Path,
    collection: str,
    *,
    metadata: Path | None = None,
    type_column: str | None = None,
    id_column: str | None = None,
    collection_column: str | None = None,
    pattern: str | None = None,
    numbered: bool = False,
    prune: bool = False,
) -> "tuple[Reading, Stored]":
    """Read a folder of photographs and its table, and bring the graph in line with it.

    What the folder no longer has is only removed with ``prune``. Raises `NoImages`, `UnreadableMetadata`, `BadPattern`.
    """
    from graph.runs import recorded
    from graph.store import known_pictures, store_reading
    from ingest.read import read_collection
    from ingest.scan import NoImages

    asked: dict[str, Any] = {
        "metadata": metadata,
        "type_column": type_column,
        "id_column": id_column,
        "collection_column": collection_column,
        "pattern": pattern,
        "numbered": numbered,
    }
    with exclusive():
        reading = read_collection(folder, collection, known=known_pictures(db), **asked)
        for item in reading.skipped:
            print(f"skipped {item}", file=sys.stderr)
        if not reading.coins:
            raise NoImages(f"no coin came through; {len(reading.skipped)} files were skipped (see above)")
        parameters = {"folder": reading.source, "collection": collection, **asked, "prune": prune}
        with recorded(db, "ingest", parameters) as run:
            stored = store_reading(db, reading, run, prune)
            run.notes |= {"skipped": len(reading.skipped), "coins": len(reading.coins)}
    return reading, stored


def remove_collection(db: "Database", name: str) -> "Stored":
    """Remove a collection with all that hangs on its coins; raises `NoCollection`."""
    from graph import store
    from graph.runs import recorded

    with exclusive():
        store.find_collection(db, name)
        with recorded(db, "collections remove", {"collection": name}) as run:
            return store.remove_collection(db, name, run)


# --- embed ----------------------------------------------------------------------------------------------------------


class NothingToEmbed(CoingraphError):
    """There are no photographs, or none of them can be used."""


@dataclass(frozen=True)
class EmbedResult:
    """What a run of `embed` did: sides that got a vector, that had theirs already, and pictures that were skipped.

    ``fitted_on`` is the number of sides there were when the space's transform was fitted, None where it has none;
    ``without_picture`` counts the sides that came with imported vectors only, ``without_text`` those of whose coins a
    template knows nothing.
    """

    space: "SpaceRecord"
    embedded: int
    unchanged: int
    skipped: "list[Skipped]"
    fitted_on: int | None = None
    without_picture: int = 0
    without_text: int = 0

    @property
    def outgrown(self) -> bool:
        """Whether fitting the transform anew would help: there are half as many sides again."""
        return self.fitted_on is not None and 2 * (self.embedded + self.unchanged) >= 3 * self.fitted_on


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
    as it is done. A transform is fitted once, when the space is made; ``refit`` removes the space, with all that was
    made from it, and makes it anew. Raises `NothingToEmbed`, and what loading the model and `ensure_space` raise.
    """
    from embed.registry import UnknownModel, is_text_model, slug, text_models
    from graph import spaces
    from graph.runs import recorded
    from graph.transforms import fitted_on

    known = spaces.space_named(db, name or space)
    if known and known.sources:
        how = f"`coingraph {'fuse' if known.model == 'fusion' else 'transform'}` with the same options"
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
    if template or describe_with:
        raise UnknownModel(f"{space} looks at pictures: a template or a description is for {', '.join(text_models())}")
    sides, bare = spaces.count_sides(db, collection), spaces.count_without_picture(db, collection)
    if not sides:
        wanted = f"collection {collection!r} has" if collection else "there are"
        raise NothingToEmbed(f"{wanted} no photographs in the graph: run `coingraph ingest` first")
    if known and not weights and not refit and not spaces.count_to_embed(db, known.slug, collection):
        return EmbedResult(known, 0, sides, [], fitted_on(db, known.slug), bare)
    asked = {"space": space, "device": device, "weights": weights, "batch": batch, "collection": collection}
    # Before the lock: a model that cannot be had, or takes long to come, keeps nobody else waiting.
    model = _load_model(space, known, weights, device)
    model = replace(model, name=known.name if known else name or model.name)
    with exclusive(), recorded(db, "embed", asked | {"refit": refit}) as run:
        if known and refit:
            spaces.remove_space(db, known.slug, run)
        waiting = spaces.count_to_embed(db, slug(model.name), collection)
        model, record = _make_space(db, model, run, batch, collection)
        skipped = embed_waiting(db, record.slug, model, batch, collection, waiting)
        spaces.create_vector_indexes(db, record)
        run.wrote("vectors", waiting - len(skipped))
        run.notes["skipped"] = len(skipped)
    if len(skipped) == sides:
        raise NothingToEmbed(f"none of {sides} pictures can be used; the first: {skipped[0].reason}")
    return EmbedResult(record, waiting - len(skipped), sides - waiting, skipped, fitted_on(db, record.slug), bare)


def _make_space(
    db: "Database", model: "ImageModel", run: "Run", batch: int, collection: str | None
) -> "tuple[ImageModel, SpaceRecord]":
    """The model with the transform of its space, which is fitted where the space is new, and the space's record."""
    from embed.registry import slug
    from graph import spaces
    from graph.transforms import read_transform, store_transform

    name = slug(model.name)
    transform = read_transform(db, name) if spaces.space_named(db, name) else None
    if transform or model.transform.kind == "none":
        model = model.fitted(transform) if transform else model
        record = _record_of(model)
        spaces.ensure_space(db, record, run)
        return model, record
    photographs, raw = _raw_vectors(db, model, batch, collection)
    transform = replace(model.transform).fit(raw)
    transform.sides = spaces.count_sides(db, collection)
    model = model.fitted(transform)
    record = _record_of(model)
    # In this order: where a space stands, its transform does, and no vector comes before both.
    store_transform(db, name, transform)
    spaces.ensure_space(db, record, run)
    vectors = transform.transform(raw)
    good = spaces.usable(vectors)
    kept = [photograph for photograph, fine in zip(photographs, good, strict=True) if fine]
    spaces.store_vectors(db, name, [p.id for p in kept], [p.sha256 for p in kept], vectors[good])
    return model, record


def _raw_vectors(
    db: "Database", model: "ImageModel", batch: int, collection: str | None
) -> "tuple[list[Photograph], np.ndarray]":
    """What a transform is fitted on: a sample of the sides, and what the model says of them before any transform.

    What cannot be read is left out here, and named when all sides are embedded.
    """
    import numpy as np
    from tqdm import tqdm

    from embed.loader import load_batches
    from embed.transforms import SAMPLE
    from graph.spaces import sample_sides

    wanted = sample_sides(db, SAMPLE, collection)
    photographs: list[Photograph] = []
    raw = np.empty((0, 0), np.float16)
    reasons: list[Skipped] = []
    with tqdm(total=len(wanted), disable=None, unit="side", desc=f"fitting {model.name}") as bar:
        for loaded in load_batches(wanted, model, batch):
            if loaded.photographs:
                rows = model.raw(loaded.pictures)
                if not len(raw):  # half floats: 135 MB for 2,048 sides of 32,928 numbers from 0 to 6
                    raw = np.empty((len(wanted), rows.shape[1]), np.float16)
                raw[len(photographs) : len(photographs) + len(rows)] = rows
                photographs += loaded.photographs
            reasons += loaded.skipped
            bar.update(len(loaded.photographs) + len(loaded.skipped))
    if not photographs:
        raise NothingToEmbed(f"none of {len(wanted)} pictures can be used; the first: {reasons[0].reason}")
    return photographs, raw[: len(photographs)]


def _made_by(known: "SpaceRecord", model: str) -> bool:
    """Whether a space there is was made by a model of this name (or has this name itself)."""
    file = model.removeprefix("file:").removesuffix("-grey")
    same_file = model.startswith("file:") and str(Path(file).expanduser().resolve()) == known.weights_source
    return model in (known.name, known.slug, known.model) or same_file


def _load_model(space: str, known: "SpaceRecord | None", weights: Path | None, device: str) -> "ImageModel":
    """The model of a name; that of a space the graph has with the weights that space was made with."""
    from embed.registry import load_model

    if known is None:
        return load_model(space, weights, device)
    own = Path(known.weights_source)
    return load_model(known.model, weights or (own if own.is_absolute() else None), device)


def _record_of(model: "ImageModel") -> "SpaceRecord":
    from embed.registry import slug
    from graph.spaces import SpaceRecord

    return SpaceRecord(
        name=model.name,
        slug=slug(model.name),
        model=model.model,
        weights=model.weights_sha256,
        weights_source=model.weights_source,
        dimension=model.dimension,
        preprocessing=model.preprocessing,
        transform=str(model.transform),
    )


def embed_waiting(
    db: "Database", slug: str, model: "ImageModel", batch: int, collection: str | None, waiting: int
) -> "list[Skipped]":
    """Three things at once: threads read pictures, the model computes, and one thread stores the batch before."""
    from tqdm import tqdm

    from embed.loader import load_batches
    from graph.spaces import sides_to_embed, store_vectors, usable
    from ingest.records import Skipped

    skipped: list[Skipped] = []
    stored: Future[None] | None = None
    photographs = sides_to_embed(db, slug, collection)
    with ThreadPoolExecutor(1) as storing, tqdm(total=waiting, disable=None, unit="side", desc=model.name) as bar:
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
                stored = storing.submit(store_vectors, db, slug, ids, checksums, vectors[good])
            for skip in unusable:
                tqdm.write(f"skipped {skip}", file=sys.stderr)
            skipped += unusable
            bar.update(len(loaded.photographs) + len(loaded.skipped))
        if stored:
            stored.result()
    return skipped


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
    from graph.runs import recorded
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
        with recorded(db, "embed", asked) as run:
            if known and refit:
                spaces.remove_space(db, known.slug, run)
            plan = _plan_texts(db, record.slug, wording, collection, batch)
            if not plan.sides:
                wanted = f"collection {collection!r} has" if collection else "there are"
                raise NothingToEmbed(f"{wanted} no sides in the graph: run `coingraph ingest` first")
            if plan.without == plan.sides:
                raise NothingToEmbed(f"no coin has any of the fields {', '.join(fields)}: choose another --template")
            spaces.ensure_space(db, record, run)
            forget_texts(db, record.slug, plan.gone)
            embedded = _embed_texts(db, record, encoder, plan)
            spaces.create_vector_indexes(db, record)
            run.wrote("vectors", embedded)
            run.notes |= {"skipped": len(plan.skipped), "without_text": plan.without}
    if plan.skipped and len(plan.skipped) == plan.sides:
        raise NothingToEmbed(f"none of {plan.sides} pictures was described; the first: {plan.skipped[0].reason}")
    unchanged = plan.sides - plan.waiting - plan.without
    return EmbedResult(record, embedded, unchanged, plan.skipped, without_text=plan.without)


def _wording(known: "SpaceRecord | None", template: str | None, describe_with: str | None) -> "Template | Describer":
    """Where the texts come from: what was asked for, else what a space was made with, else the thesis' sentences."""
    from embed import texts

    if template and describe_with:
        raise texts.BadTemplate("a text is that of a template or that of a program: give one of the two")
    if describe_with:
        return texts.Describer(describe_with)
    if known and not template:
        made = known.preprocessing["texts"]
        return texts.Describer(made["command"]) if "command" in made else texts.stored_template(made)
    return texts.template(template or "thesis")


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
                    print(f"skipped {skipped[-1]}", file=sys.stderr)
            yield rows


def _embed_texts(db: "Database", record: "SpaceRecord", encoder: "TextEncoder", plan: _TextPlan) -> int:
    """Encode and store batch by batch; how many sides got a vector."""
    from tqdm import tqdm

    from graph.spaces import store_vectors
    from graph.texts import store_texts

    embedded = 0
    with tqdm(total=plan.waiting, disable=None, unit="side", desc=record.name) as bar:
        for rows in plan.batches:
            ids, checksums, texts = ([row[column] for row in rows] for column in range(3))
            distinct = {text: place for place, text in enumerate(dict.fromkeys(texts))}
            if rows:
                vectors = encoder.encode(list(distinct))[[distinct[text] for text in texts]]
                store_texts(db, record.slug, ids, texts)
                store_vectors(db, record.slug, ids, checksums, vectors)
            embedded += len(rows)
            bar.update(len(rows))
    return embedded


def remove_space(db: "Database", name: str) -> "SpaceRecord":
    """Remove a space (by name or slug) with its vectors, edges, partitions and measures; raises `UnknownSpace`."""
    from graph import spaces
    from graph.runs import recorded

    with exclusive(), recorded(db, "spaces remove", {"space": name}) as run:
        return spaces.remove_space(db, name, run)


def transform(
    db: "Database", space: str, by: str, *, dimension: int | None = None, name: str | None = None, refit: bool = False
) -> "Derived":
    """Make a space of a transform of ``space``, fitted on both faces, or give it the sides that are new or changed.

    ``by`` is a kind of `embed.transforms`, ``dimension`` that of whitening (256). ``refit`` makes the space anew.
    Raises what `graph.derived.transform_space` raises.
    """
    from graph.derived import transform_space
    from graph.runs import recorded

    asked = {"space": space, "by": by, "dimension": dimension, "name": name, "refit": refit}
    with exclusive(), recorded(db, "transform", asked) as run:
        return transform_space(db, run, space, by, dimension, name, refit)


def fuse(
    db: "Database",
    image: str,
    text: str,
    method: str,
    name: str,
    *,
    weight: float = 0.5,
    seed: int = 42,
    refit: bool = False,
) -> "Derived":
    """Make a space of one of pictures and one of texts, or give it the sides that are new or changed.

    ``method``, ``weight`` and ``seed`` are those of `embed.fusion.Fusion`. ``refit`` makes the space anew. Raises what
    `graph.derived.fuse_spaces` raises.
    """
    import time

    from graph.derived import fuse_spaces
    from graph.runs import recorded

    asked: dict[str, Any] = {"image": image, "text": text, "method": method, "name": name}
    asked |= {"weight": weight, "seed": seed, "refit": refit}
    with exclusive(), recorded(db, "fuse", asked) as run:
        begun = time.monotonic()
        made = fuse_spaces(db, run, image, text, method, name, weight, seed, refit)
        run.notes["seconds"] = round(time.monotonic() - begun, 3)
        return made


def import_space(
    db: "Database",
    name: str,
    files: "dict[Face, Path]",
    *,
    collection: str | None = None,
    create: bool = False,
    types: bool = True,
    fields: Sequence[str] = (),
) -> "Imported":
    """Make a space of vectors that were computed elsewhere; ``fields`` are the metadata columns that went in.

    Raises `BadVectorFile` before anything is written, and what `graph.exchange.import_files` raises.
    """
    from embed.registry import slug
    from graph import exchange
    from graph.runs import recorded
    from graph.vector_files import read_files

    read = read_files(files)
    record = exchange.record_of(read, name, slug(name), fields)
    given = {"space": name, "files": {face: str(path) for face, path in files.items()}, "fields": fields}
    asked = given | {"collection": collection, "create": create, "types": types}
    with exclusive(), recorded(db, "spaces import", asked) as run:
        return exchange.import_files(db, read, record, run, collection, create, types)


# --- link -----------------------------------------------------------------------------------------------------------


def link(
    db: "Database",
    *,
    space: str | None = None,
    top: int | None = 20,
    threshold: float | None = None,
    percentile: float | None = None,
    method: str = "auto",
) -> "LinkReport":
    """Draw `SIMILAR` edges from each side to its ``top`` nearest (None: to all) above a cosine or a percentile, then
    `RELATED` edges between coins. ``space`` is a name or slug; it may be left out where there is only one.

    Raises `BadLinkOptions`, `TooManyEdges` with the threshold that would give 20 edges a coin.
    """
    from graph.link import link_space
    from graph.runs import recorded
    from graph.similar import LinkOptions
    from graph.spaces import find_space

    options = LinkOptions(top, threshold, percentile, method)
    slug = find_space(db, space).slug
    with exclusive(), recorded(db, "link", {"space": slug, **asdict(options)}) as run:
        return link_space(db, slug, options, run)


# --- analyze --------------------------------------------------------------------------------------------------------


def analyze(
    db: "Database",
    *,
    space: str | None = None,
    face: str = "both",
    algorithm: str = "leiden",
    percentile: float | None = None,
    resolution: float | None = None,
    seed: int | None = None,
) -> "AnalysisResult":
    """Find communities and central coins of a space (its name or slug; may be left out where there is only one).

    Raises `BadOption` for an option that the algorithm does not have, `NoEdges` where nothing was linked.
    """
    from graph.centrality import write_centralities
    from graph.communities import result_of, store_partition
    from graph.detection import Options, detect
    from graph.projection import projected
    from graph.runs import recorded
    from graph.spaces import find_space

    options = Options(algorithm, face, percentile, resolution, seed).completed()
    slug = find_space(db, space).slug
    with exclusive(), recorded(db, "analyze", {"space": slug, **asdict(options)}) as run:
        with projected(db, slug, face, percentile, vectors=algorithm == "hdbscan") as projection:
            detection = detect(db, projection, options)
            centralities = write_centralities(db, projection)
        store_partition(db, projection, options, detection, run)
        result = result_of(projection, options, detection, centralities)
        run.notes |= {"threshold": result.chosen, **centralities}
    return result


def remove_partition(db: "Database", name: str) -> None:
    """Remove a partition by its id; raises `NoPartition`."""
    from graph import communities
    from graph.runs import recorded

    with exclusive(), recorded(db, "partitions remove", {"partition": name}) as run:
        communities.remove_partition(db, name, run)


# --- compare --------------------------------------------------------------------------------------------------------


class SameSpace(CoingraphError):
    """A space that is to be compared with itself."""


def compare(
    db: "Database",
    spaces: Sequence[str],
    *,
    face: str = "both",
    threshold: Sequence[float] = (),
    percentile: Sequence[float] = (),
    metric: str = "cosine",
) -> "Comparison":
    """Measure spaces (names or slugs) beside each other; writes nothing.

    Without a ``threshold`` or ``percentile`` the networks of the closest 1 % and 0.1 % of all pairs are shown. Raises
    `SameSpace`, and what `graph.compare_data.read_space` and `measure.compare.compare` raise.
    """
    from graph.compare_data import read_space
    from graph.spaces import find_space
    from measure.compare import compare as measure

    slugs = [find_space(db, name).slug for name in spaces]
    if twice := next((name for name, slug in zip(spaces, slugs, strict=True) if slugs.count(slug) > 1), None):
        raise SameSpace(f"{twice} is named twice: give each space once")
    if not threshold and not percentile:
        percentile = (99.0, 99.9)
    return measure([read_space(db, slug, face) for slug in slugs], threshold, percentile, metric)


# --- run ------------------------------------------------------------------------------------------------------------


def run(
    db: "Database",
    folder: Path,
    collection: str,
    *,
    report: Path,
    space: str = DEFAULT_SPACE,
    device: str = "auto",
    weights: Path | None = None,
    refit: bool = False,
    **options: Any,
) -> "Report":
    """Ingest, embed, link and analyze with their defaults, then report into the folder ``report``.

    ``options`` are those of `ingest`. Steps that are done are skipped, so a run that was stopped goes on.
    """
    from explore.report import make_report

    with exclusive():
        reading, _ = ingest(db, folder, collection, **options)
        embedded = embed(db, space=space, device=device, weights=weights, refit=refit)
        slug = embedded.space.slug
        link(db, space=slug)
        analysis = analyze(db, space=slug)
        notes = []
        if embedded.skipped:
            notes.append(f"{len(embedded.skipped):,} photographs could not be embedded (a line for each above).")
        if embedded.outgrown:
            notes.append(
                f"{embedded.space.name} was fitted on {embedded.fitted_on:,} sides and there are half as many again: "
                "the same command with --refit would help."
            )
        return make_report(db, reading, notes, slug, analysis, report)
