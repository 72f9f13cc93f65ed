"""Spaces from files and to files: vectors made elsewhere, for sides in the graph or for coins without pictures.

A side that is known only by the name of its picture (`Side.file`) has no `uri`, no `sha256` and no size. It has vectors
like any other, and whatever needs the picture passes it over; when a later ingest finds the picture of that coin and
face, the same side gets it.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from embed.registry import IMPORTED, slug
from errors import CoingraphError
from graph.coins import input_columns, trained_classes
from graph.connection import Database
from graph.derived import texts_slug
from graph.replacing import draft_of, in_place_of
from graph.runs import Run, step
from graph.sides import (
    StoredSide,
    folder_of,
    match_names,
    named_coins,
    named_sides,
    short_names,
    store_texts,
    texts_of,
    write_named_sides,
)
from graph.spaces import (
    SpaceRecord,
    all_spaces,
    check_space,
    create_vector_indexes,
    ensure_space,
    find_space,
    space_named,
    store_vectors,
    vectors_of,
)
from graph.store import find_collection, store_reading
from graph.vector_files import Told, VectorFile, checksum, read_files, read_told, write_file, write_told
from ingest import pairing
from ingest.coins import put_together
from ingest.records import FACES, LONGEST_NAME, CoinRecord, Face, Reading, Skipped, names_something
from ingest.scan import Found

CHUNK = 4096  # vectors that travel at once
#: The thesis' sentence, and others like it, that name a coin's type.
TYPE_IN_TEXT = re.compile(r"\bcoin depicting (?P<type>.+?)\.?$")


class NothingMatched(CoingraphError):
    """No row of a file belongs to a side of the graph."""


@dataclass
class Imported:
    """What an import did: a vector for so many sides of each face, coins and sides it made, rows that found no side."""

    space: SpaceRecord
    sides: dict[Face, int]
    new_coins: int = 0
    new_sides: int = 0
    unmatched: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Exported:
    """One face of a space as files: ``sides`` rows."""

    face: Face
    sides: int
    files: list[Path]


def _record_of(files: Sequence[VectorFile], name: str, told: Told) -> SpaceRecord:
    """The space that files make. Other vectors, or the same for other pictures, make another space."""
    trained = told.label is not None and told.label not in told.fields
    first, *others = [file.path.resolve() for file in files]
    return SpaceRecord(
        name=name,
        slug=slug(name),
        model=IMPORTED,
        weights=checksum(*(file.path for file in files)),
        weights_source=", ".join([str(first), *(path.name for path in others)]),
        dimension=files[0].dimension,
        preprocessing={"made": "elsewhere", "rows": checksum(*(file.names for file in files))},
        fields=tuple(dict.fromkeys([*told.fields, *([told.label] if told.label else [])])),
        trained_label=told.label if trained else None,
        trained_on=json.dumps(told.classes, ensure_ascii=False) if trained else None,
    )


def import_space(
    db: Database,
    name: str,
    paths: dict[Face, Path],
    *,
    collection: str | None = None,
    create: bool = False,
    types: bool = True,
    fields: Sequence[str] = (),
) -> Imported:
    """Make a space of vectors that were computed elsewhere: give them to the sides that the files name.

    With ``create`` coins and sides of ``collection`` are made for the rows that find none, with the type that their
    texts name (unless ``types`` is False). ``fields`` are metadata columns that went in, beside those that the files
    name. Raises `BadVectorFile`, `NothingMatched`, `Ambiguous`, `NoCollection`, and what `ensure_space` raises; nothing
    was written then.
    """
    files, told = read_files(paths), read_told(paths.values())
    space = _record_of(files, name, replace(told, fields=(*told.fields, *fields)))
    asked = {"space": name, "files": {face: str(path) for face, path in paths.items()}, "fields": fields}
    with step(db, "spaces import", **asked, collection=collection, create=create, types=types) as run:
        return _import(db, files, space, run, collection, create, types)


def _import(
    db: Database,
    files: Sequence[VectorFile],
    space: SpaceRecord,
    run: Run,
    collection: str | None,
    create: bool,
    types: bool,
) -> Imported:
    if collection and not create:
        find_collection(db, collection)
    matched = {
        file.face: match_names(named_sides(db, file.face, collection, space.slug), file.face, file.names)
        for file in files
    }
    new = _New()
    if create and collection:
        new = _new_sides(db, files, matched, collection, types)
    else:
        for file in files:
            lost = [name for row, name in enumerate(file.names) if row not in matched[file.face]]
            new.unmatched += [Skipped(name, f"no {file.face} of this name is in the graph") for name in lost]
    if not any(matched.values()) and not new.rows:
        raise NothingMatched(
            f"no side in {collection or 'the graph'} has a picture of such a name as {files[0].names[0]!r}: ingest the "
            "photographs first, or make coins without photographs by --collection NAME --create"
        )
    check_space(db, space)
    result = Imported(space, {}, new_sides=len(new.rows), unmatched=new.unmatched)
    result.notes = [*(note for file in files for note in file.notes), *new.notes]
    if new.coins:
        assert collection
        result.new_coins = store_reading(db, _reading(db, files, collection, new.coins), run).new_coins
    # A space that is there was made of the same files: it gets the sides that came since.
    known = space_named(db, space.name) is not None
    made = space if known else draft_of(space)
    with nullcontext() if known else in_place_of(db, space.slug, space.name, run):
        ensure_space(db, made, run)
        for file in files:
            rows = [row for row in new.rows if row["face"] == file.face]
            write_named_sides(db, file.face, rows)
            result.sides[file.face] = _store(db, made.slug, file, matched[file.face] | new.sides[file.face])
    create_vector_indexes(db, space)
    run.wrote("sides", len(new.rows))
    run.wrote("vectors", sum(result.sides.values()))
    run.notes["unmatched"] = len(result.unmatched)
    return result


@dataclass
class _New:
    """Coins and sides to be made: ``rows`` for the query that writes sides, ``sides`` by face and row of the file."""

    coins: list[CoinRecord] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    sides: dict[Face, dict[int, StoredSide]] = field(default_factory=lambda: defaultdict(dict))
    unmatched: list[Skipped] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _new_sides(
    db: Database,
    files: Sequence[VectorFile],
    matched: dict[Face, dict[int, StoredSide]],
    collection: str,
    types: bool,
) -> _New:
    """Coins and sides for the rows without a side; the names are paired as those of photographs are."""
    rows: dict[Found, tuple[VectorFile, int]] = {}
    for file in files:
        for row, name in enumerate(file.names):
            path = PurePosixPath(name.replace("\\", "/"))
            scope = "/".join(part for part in path.parts[:-1] if part not in ("/", ".."))
            rows[Found(Path(file.face, path), f"{file.face}/{path}", scope, file.face, None)] = file, row
    told = pairing.tell(list(rows))
    new = _New()
    for found in rows.keys() - told.told.keys():
        # The list decides the face. A name that says the other one may be a coin's second photograph.
        told.told[found] = pairing.CoinSide(found.stem, rows[found][0].face)
        new.notes.append(f"{found.path.name} is listed as {found.face}, which its name does not say: a coin of its own")
    together = put_together(told.told, {found: (found.relative, 0, 0) for found in told.told})
    new.unmatched += [
        Skipped(PurePosixPath(skip.path).name, skip.reason) for skip in (*together.skipped, *together.views)
    ]
    coins = named_coins(db, collection)
    sides = {side.id for face in FACES for side in named_sides(db, face, collection, "")}
    for coin in together.coins:
        record = CoinRecord(collection, coin.name, {})
        texts, before = [], len(new.rows)
        there = [matched[rows[f][0].face].get(rows[f][1]) for f in coin.files.values()]
        id_ = next((side.id.rpartition("/")[0] for side in there if side), record.id)
        for face, found in coin.files.items():
            file, row = rows[found]
            texts.append(file.texts[row] if file.texts else "")
            side = f"{id_}/{face}"
            if row in matched[face]:
                continue
            if side in sides:
                new.unmatched.append(Skipped(file.names[row], f"the {face} of {id_} is another picture"))
                continue
            new.rows.append(
                {"coin": id_, "face": face, "id": side, "name": f"{coin.name} {face}", "file": file.names[row]}
            )
            new.sides[face][row] = StoredSide(side, PurePosixPath(file.names[row]), None, collection, False)
        if id_ not in coins and len(new.rows) > before:
            if types and (named := _type_of(texts, coin.name, new.notes)):
                record.type, record.type_source = named, "table"
            new.coins.append(record)
    return new


def _type_of(texts: Sequence[str], coin: str, notes: list[str]) -> str | None:
    """The type that the texts of a coin's sides name; the obverse's where they disagree."""
    found = [match["type"] for text in texts if (match := TYPE_IN_TEXT.search(text))]
    named = [name[:LONGEST_NAME] for name in found if names_something(name)]
    if len(set(named)) > 1:
        notes.append(f"the texts of {coin} name {' and '.join(named)}; the first is taken for its type")
    return named[0] if named else None


def _reading(db: Database, files: Sequence[VectorFile], collection: str, records: list[CoinRecord]) -> Reading:
    """What the graph's writer of coins takes. A collection that is there keeps the folder it came from."""
    folder = folder_of(db, collection) or files[0].path.resolve().parent
    return Reading(folder, records, collection=collection, metadata=files[0].path)


def _store(db: Database, space: str, file: VectorFile, matched: dict[int, StoredSide]) -> int:
    """Store the vectors and texts of the rows that have a side, in the order of the sides' ids."""
    order = sorted(matched, key=lambda row: matched[row].id)
    for start in range(0, len(order), CHUNK):
        chosen = order[start : start + CHUNK]
        vectors = file.rows(chosen)
        sides = [matched[row] for row in chosen]
        # Without a picture the vector itself is what a later look can compare.
        sources = [
            side.sha256 or hashlib.sha256(vector.tobytes()).hexdigest()
            for side, vector in zip(sides, vectors, strict=True)
        ]
        store_vectors(db, space, [side.id for side in sides], sources, vectors)
    if file.texts is not None:
        store_texts(db, space, [matched[row].id for row in order], [file.texts[row] or None for row in order])
    return len(order)


def export_space(db: Database, name: str, folder: Path, collection: str | None = None) -> list[Exported]:
    """Write the vectors of a space (name or slug) as files that `import_space` takes back; nothing else changes.

    Rows are in the order of the sides' ids and go by the names of their pictures, with as many folders before them as
    tell them apart. Raises `UnknownSpace`, `NoCollection`, `NothingMatched`.
    """
    space = find_space(db, name)
    if collection:
        find_collection(db, collection)
    # The texts of a fused space are those that were fused.
    described = texts_slug(space, {known.slug: known for known in all_spaces(db)})
    exported = []
    for face in FACES:
        sides = [side for side in named_sides(db, face, collection, space.slug) if side.embedded]
        if sides:
            said = texts_of(db, described, [side.id for side in sides]) if described else {}
            texts = [said.get(side.id, "") for side in sides]
            vectors = _pages(db, space.slug, [side.id for side in sides])
            written = write_file(folder, space.slug, face, short_names(sides), texts if any(texts) else None, vectors)
            exported.append(Exported(face, len(sides), written))
    if not exported:
        raise NothingMatched(f"no side of {collection or 'the graph'} has a vector of space {space.name!r}")
    write_told(exported[0].files[0], _told(db, space.slug))
    return exported


def _told(db: Database, slug: str) -> Told:
    """What a space and those that it was made from were told. Where these learnt several labels, all but one stand as
    columns that are wholly known."""
    trained: dict[str, set[str]] = {}
    for label, classes in trained_classes(db, slug):
        trained.setdefault(label, set()).update(classes)
    if not trained:
        return Told(tuple(input_columns(db, slug)))
    label, *more = trained
    return Told(tuple(dict.fromkeys([*input_columns(db, slug), *more])), label, tuple(sorted(trained[label])))


def _pages(db: Database, slug: str, ids: Sequence[str]) -> Iterator[np.ndarray]:
    for start in range(0, len(ids), CHUNK):
        yield vectors_of(db, slug, ids[start : start + CHUNK])
