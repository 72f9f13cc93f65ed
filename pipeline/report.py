"""What a report tells of a graph: all that it shows is read here, and nothing is changed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from errors import CoingraphError
from graph.coins import LinkedCoins, linked_coins
from graph.communities import latest, list_partitions
from graph.connection import Database
from graph.overview import CollectionCounts, collection_counts, edge_counts
from graph.runs import Ran, finished_runs
from graph.scope import Scope, find_scope
from graph.spaces import SpaceRecord, all_spaces, find_space
from graph.verdicts import Verdict
from ingest.records import Photograph
from pipeline.run import CommunitySummary, Grouped, group
from pipeline.verdicts import history
from queries.cards import Card, SidePicture, find_pictures, read_cards
from queries.catalogue import Result
from queries.catalogue import run as run_query
from queries.gallery import Filters, Gallery
from queries.traits import Traits, traits

#: The steps whose runs say how what is shown was made.
STEPS = (
    *("ingest", "add", "embed", "import", "transform", "fuse", "train"),
    *("link", "analyze", "match", "calibrate", "propose", "dies"),
)
COMMUNITIES, TYPICAL, ODD = 24, 5, 3  # that are shown with pictures
LISTED = 24  # proposals, and doubtful types
NODES = 600  # coins of the network up to which each is drawn as its picture

Found = TypeVar("Found")


@dataclass(frozen=True)
class Report:
    """What is known of the coins of a ``scope``, by a ``space`` (None: there is none).

    ``partition`` is its row, None where nothing was analysed for this scope; ``linked`` are all stored edges.
    ``proposals`` and ``doubtful`` answer the stored questions `likely-types` and `doubtful-types`. ``steps`` are the
    latest runs that led here. ``cards`` and ``photographs`` (by checksum) are of the coins that are shown;
    ``overruled`` are verdicts (their numbers) that a later one of somebody else contradicts. ``problems`` say, by part,
    why one is missing.
    """

    made: datetime
    scope: Scope
    space: SpaceRecord | None
    collections: list[CollectionCounts]
    traits: Traits
    edges: dict[str, int]
    partition: dict[str, Any] | None
    grouped: Grouped | None
    linked: LinkedCoins | None
    proposals: Result | None
    doubtful: Result | None
    verdicts: list[Verdict]
    overruled: frozenset[int]
    steps: list[Ran]
    cards: dict[str, Card] = field(default_factory=dict)
    photographs: dict[str, tuple[Photograph, SidePicture]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def step(self, command: str) -> Ran | None:
        """The latest run of a command."""
        return next((one for one in self.steps if one.command == command), None)

    @property
    def shown(self) -> list[CommunitySummary]:
        """The communities that are shown with pictures."""
        return self.grouped.communities[:COMMUNITIES] if self.grouped else []

    @staticmethod
    def chosen(one: CommunitySummary) -> tuple[list[str], list[str]]:
        """The coins of a community that are shown: the most typical, and others of another type."""
        odd = [coin.coin for coin in one.coins if coin.coin in one.odd][:ODD]
        return [coin.coin for coin in one.coins if coin.coin not in odd][:TYPICAL], odd


def report(db: Database, space: str | None = None, collections: Sequence[str] = ()) -> Report:
    """Read what a report on some collections, or on all, tells by a space. Raises `UnknownSpace`, `NoCollection`.

    What was not made yet is missing, and `Report.problems` says why.
    """
    scope = find_scope(db, collections)
    problems: dict[str, str] = {}

    def tried(part: str, read: Callable[[], Found]) -> Found | None:
        try:
            return read()
        except CoingraphError as error:
            problems[part] = str(error)
            return None

    record = find_space(db, space) if space else tried("space", lambda: find_space(db, None))
    gallery = Gallery.read(db)
    ids = gallery.select(db, Filters({"collection": scope.names} if scope.others else {}), "id")
    slug = record.slug if record else ""
    asked: dict[str, Any] = {"space": slug, "collections": scope.chosen}
    partition = _partition(db, slug, scope) if record else None
    name = partition["id"] if partition else None
    found = Report(
        made=datetime.now(UTC),
        scope=scope,
        space=record,
        collections=collection_counts(db, scope.names),
        traits=traits(gallery, ids),
        edges=edge_counts(db, slug, scope.chosen) if record else {},
        partition=partition,
        grouped=group(db, name, slug, scope.chosen) if name else None,
        linked=tried("network", lambda: linked_coins(db, slug, percentile=0.0, collections=scope.chosen)),
        proposals=tried("proposals", lambda: _asked(db, "likely-types", asked)),
        doubtful=tried("doubtful", lambda: _asked(db, "doubtful-types", asked)),
        verdicts=_verdicts(db, scope, set(ids)),
        overruled=frozenset(row["other_number"] for row in _asked(db, "verdicts-differ", {}, 1_000_000).rows),
        steps=list(_steps(db, record, scope, partition)),
        problems=problems,
    )
    found.cards.update(read_cards(db, _pictured(found), name))
    sides = [side.sha256 for card in found.cards.values() for side in card.pictures.values()]
    found.photographs.update(find_pictures(db, sides))
    return found


def _asked(db: Database, question: str, values: dict[str, Any], limit: int = LISTED) -> Result:
    return run_query(db, question, values | {"limit": limit})


def _verdicts(db: Database, scope: Scope, ids: set[str]) -> list[Verdict]:
    """Those on coins of the scope, the latest first; ids are those that the coins had."""
    every = history(db).verdicts
    return [one for one in every if not scope.others or ids.intersection(one.coins)]


def _partition(db: Database, slug: str, scope: Scope) -> dict[str, Any] | None:
    """The row of the latest partition of coins that tells of the scope."""
    name = latest(db, slug, "both", scope=scope)
    return next((row for row in list_partitions(db) if row["id"] == name), None)


def _steps(db: Database, space: SpaceRecord | None, scope: Scope, partition: dict[str, Any] | None) -> Iterator[Ran]:
    """Of each command the latest run that what is shown goes back to; of `ingest` that of each collection, of `embed`
    that of each space, of `analyze` the one that made the partition."""
    spaces = {one.slug: one for one in all_spaces(db)}
    waiting, names = [space] if space else [], set()
    while waiting:
        one = waiting.pop()
        names |= {one.slug, one.name}
        waiting += [spaces[source] for source in one.sources if source in spaces]
    known: set[tuple[str, Any]] = set()
    for ran in finished_runs(db, STEPS):
        given = ran.parameters
        of_spaces = {given.get("name") or given.get("space") or given.get("image"), *(given.get("spaces") or ())}
        if (of_spaces - {None}) and not names.intersection(of_spaces):
            continue
        if ran.command == "analyze" and (not partition or datetime.fromisoformat(partition["made"]) != ran.started):
            continue
        collection = given.get("collection") if ran.command in ("ingest", "add") else None
        if collection is not None and collection not in scope.names:
            continue
        which = (ran.command, collection or given.get("space") if ran.command in ("ingest", "add", "embed") else None)
        if which not in known:
            known.add(which)
            yield ran


def _pictured(found: Report) -> list[str]:
    """The ids of the coins whose pictures are shown."""
    coins = [coin for one in found.shown for some in found.chosen(one) for coin in some]
    for answer in (found.proposals, found.doubtful):
        coins += [row[name] for row in (answer.rows if answer else ()) for name in ("coin", "nearest") if row[name]]
    if found.linked and len(found.linked.coins) <= NODES:
        coins += found.linked.coins.coins
    return list(dict.fromkeys(coins))
