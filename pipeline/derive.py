"""Spaces that are made of other spaces, or elsewhere."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graph.connection import Database
    from graph.derived import Derived
    from pipeline.exchange import Imported
    from ingest.records import Face


def transform(
    db: "Database", space: str, by: str, *, dimension: int | None = None, name: str | None = None, refit: bool = False
) -> "Derived":
    """Make a space of a transform of ``space``, fitted on both faces, or give it the sides that are new or changed.

    ``by`` is a kind of `embed.transforms`, ``dimension`` that of whitening (256). ``refit`` makes the space anew.
    Raises what `graph.derived.transform_space` raises.
    """
    from graph.derived import transform_space
    from graph.runs import step

    asked = {"space": space, "by": by, "dimension": dimension, "name": name, "refit": refit}
    with step(db, "transform", **asked) as run:
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
    from graph.runs import step

    asked: dict[str, Any] = {"image": image, "text": text, "method": method, "name": name}
    asked |= {"weight": weight, "seed": seed, "refit": refit}
    with step(db, "fuse", **asked) as run:
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
    """Make a space of vectors that were computed elsewhere; ``fields`` are metadata columns that went in, beside those
    that the files name.

    Raises `BadVectorFile` before anything is written, and what `pipeline.exchange.import_files` raises.
    """
    from embed.registry import slug
    from graph import exchange
    from graph.runs import step
    from graph.vector_files import read_files, read_told

    read, told = read_files(files), read_told(files.values())
    record = exchange.record_of(read, name, slug(name), replace(told, fields=(*told.fields, *fields)))
    given = {"space": name, "files": {face: str(path) for face, path in files.items()}, "fields": fields}
    asked = given | {"collection": collection, "create": create, "types": types}
    with step(db, "spaces import", **asked) as run:
        return exchange.import_files(db, read, record, run, collection, create, types)
