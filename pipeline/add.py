"""One coin by hand: into a collection, embedded, linked, with what it is most like."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from errors import CoingraphError
from graph.connection import Database
from graph.derived import HEAD
from graph.last_link import read_link
from graph.lock import exclusive
from graph.matches import place_space
from graph.runs import step
from graph.sides import folder_of, named_coins, store_outlines
from graph.spaces import find_space
from graph.store import find_collection, store_reading
from ingest.images import BadImage, probe
from ingest.outlines import Outline
from ingest.pairing import tell
from ingest.records import FACES, CoinRecord, Face, Reading, SideRecord
from ingest.scan import Found
from ingest.table import column_name
from ingest.values import number
from pipeline.embed import embed
from pipeline.legends import is_joined, join
from pipeline.link import link
from pipeline.similar import LinkOptions
from pipeline.train import go_on
from pipeline.verdicts import set_type, speaker
from queries.catalogue import run as run_query
from queries.find import Hit, find, known_photograph
from queries.stored import stored


class KnownPhotograph(CoingraphError):
    """The photograph is in the graph already."""


class TakenName(CoingraphError):
    """The collection has a coin of this name."""


@dataclass(frozen=True)
class Added:
    """A coin that was added (its id), the space (name) in which it was embedded, and the coins most like it.

    ``likeliest`` is the type that its neighbours vote for, with their ``share`` of the votes; None where they say
    nothing, or where the ``type`` was given.
    """

    coin: str
    space: str
    relatives: list[Hit]
    type: str | None = None
    likeliest: str | None = None
    share: float | None = None


def add(
    db: Database,
    obverse: Path,
    reverse: Path | None = None,
    *,
    collection: str,
    name: str | None = None,
    type: str | None = None,
    fields: Mapping[str, str] | None = None,
    author: str | None = None,
    top: int = 10,
    outlines: Mapping[Face, Outline] | None = None,
) -> Added:
    """Add one coin, whose photographs stay where they are, to a collection; embed it in the default space and link it.

    Its ``name`` is else told by the files' names. The ``type`` is a verdict of the ``author``, who also drew the
    ``outlines``, where there are any; ``fields`` are what a table would say. A later ingest of the collection's folder
    leaves the coin as it is. Raises `NoCollection`, `BadImage`, `KnownPhotograph`, `TakenName`, `UnknownSpace`.
    """
    find_collection(db, collection)
    record = _record(db, obverse, reverse, collection, name, fields or {})
    with exclusive():
        if record.id in named_coins(db, collection):
            raise TakenName(f"{collection} has a coin {record.name} already; give this one another name")
        chosen = find_space(db)
        seen = place_space(db, chosen)
        base = find_space(db, chosen.sources[0]) if chosen.model == HEAD else chosen
        joined = is_joined(db, base)
        space = chosen if joined or base == seen else seen
        with step(db, "add", coin=record.id, space=space.slug) as run:
            folder = folder_of(db, collection) or obverse.parent.absolute()
            reading = Reading(folder, [record], collection=collection, metadata=folder)
            store_reading(db, reading, run)
            for face, outline in (outlines or {}).items():
                side = record.sides[face]
                store_outlines(db, [f"{record.id}/{face}"], [side.sha256], [outline], by=speaker(author))
        embed(db, space=seen.slug)
        if joined:
            join(db, seen)
        if space.model == HEAD:
            go_on(db, space)
        link(db, _as_before(db, space.slug), space=space.slug)
    if type:
        set_type(db, record.id, type, new=True, author=author)
    relatives = find(db, record.id, space=space.slug, top=top)
    votes = run_query(db, stored("likely-types"), {"space": space.slug, "limit": 1_000_000}).rows
    vote: dict[str, Any] = next((row for row in votes if row["coin"] == record.id), {})
    return Added(record.id, space.name, relatives, type, vote.get("likeliest"), vote.get("share"))


def _record(
    db: Database, obverse: Path, reverse: Path | None, collection: str, name: str | None, fields: Mapping[str, str]
) -> CoinRecord:
    sides = {}
    for face, path in zip(FACES, (obverse, reverse), strict=True):
        if path is not None:
            path = path.expanduser().absolute()
            for row in known_photograph(db, path):
                raise KnownPhotograph(f"{path.name} is the {row['face']} of {row['coin']} already")
            sides[face] = SideRecord(face, path, *probe(path))
    if len({side.sha256 for side in sides.values()}) < len(sides):
        raise BadImage(f"{obverse} and {reverse} are the same picture; a coin has two sides")
    found = {face: Found(side.path, side.path.name, "", face, None) for face, side in sides.items()}
    told = tell(list(found.values())).told
    names = {told[one].key if one in told else one.stem for one in found.values()}
    own = name or (names.pop() if len(names) == 1 else found["obverse"].stem)
    values = {column_name(heading): _value(text) for heading, text in fields.items()}
    return CoinRecord(collection, own, sides, properties=values, by_hand=True)


def _value(text: str) -> Any:
    found = number(text)
    return text if found is None else found


def _as_before(db: Database, slug: str) -> LinkOptions | None:
    """The options with which a space was linked last."""
    kept = json.loads(read_link(db, slug).options or "{}")
    method = "auto" if kept.get("exact", True) else "knn"
    return LinkOptions(kept["top"], kept["threshold"], kept["percentile"], method) if kept else None
