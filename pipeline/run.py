"""Everything in order: ingest, embed, link, analyze, and the closer look, if it is wanted."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from embed import DEFAULT_SPACE
from errors import CoingraphError, Phases, counted
from graph.communities import AnalysisResult
from graph.connection import Database
from graph.derived import HEAD
from graph.legends import BesideRecord, surest_readings
from graph.lock import exclusive
from graph.overview import CollectionCounts, Member, collection_counts, edge_counts, members
from graph.scope import find_scope
from graph.spaces import SpaceRecord, default_space, space_named, take_default
from ingest.records import Reading
from measure.communities import Agreement, agreement
from pipeline.analyze import analyze
from pipeline.calibrate import Fitted, calibrate
from pipeline.embed import EmbedResult, embed
from pipeline.ingest import ingest
from pipeline.legends import Joined, join
from pipeline.link import link
from pipeline.match import MatchReport, match
from pipeline.propose import ProposeReport, propose
from pipeline.train import Trained, go_on, train
from queries.catalogue import Result
from queries.catalogue import run as run_query
from queries.communities import name_of
from queries.stored import stored

#: The stored questions whose answers a person should look at, the most urgent first.
TO_LOOK_AT = (
    *("doubtful-types", "likely-types", "doubles", "swapped-sides", "mules", "outliers", "one-sided-coins"),
    "doubtful-legends",
)
SPLITS = 3  # choices of the types that a trained space does not see, by which it is held to be better


@dataclass(frozen=True)
class CommunitySummary:
    """One community: its most central coins, its main type with that type's share inside and among all typed coins.

    ``odd`` are the coins catalogued as something other than a main type that holds at least half of the community.
    """

    community: str
    coins: Sequence[Member]
    main_type: str | None
    share: float | None
    by_chance: float | None
    odd: frozenset[str]

    @property
    def name(self) -> str:
        return name_of(Counter(coin.type for coin in self.coins), self.coins[0].coin)

    @classmethod
    def of(cls, community: str, coins: Sequence[Member], everywhere: Counter[str]) -> "CommunitySummary":
        types = Counter(coin.type for coin in coins if coin.type is not None)
        if not types:
            return cls(community, coins, None, None, None, frozenset())
        main, number = min(types.items(), key=lambda item: (-item[1], item[0]))
        share = number / types.total()
        odd = {coin.coin for coin in coins if coin.type not in (None, main)} if share >= 0.5 and number > 1 else set()
        return cls(community, coins, main, share, everywhere[main] / everywhere.total(), frozenset(odd))


@dataclass(frozen=True)
class Grouped:
    """The communities of a partition, the largest first, how many coins are in none, and how well the communities agree
    with the catalogued types: None where no coin has one."""

    communities: list[CommunitySummary]
    alone: int
    agreement: Agreement | None


@dataclass(frozen=True)
class CloserLook:
    """What the further steps of a thorough run gave; ``problems`` says, by step, why one gave nothing."""

    match: MatchReport | None = None
    train: Trained | None = None
    calibrate: list[Fitted] | None = None
    propose: ProposeReport | None = None
    problems: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RunResult:
    """What `run` found. ``reading`` is the folder it read; ``collections`` and all after speak of its coins only.

    ``went_by`` is the space of the edges and communities; ``joined`` says how much legends count in it, and is None
    where a space was asked for.
    ``agreement`` is that of the communities with the catalogued types, None where no coin has one; ``alone`` the number
    of coins in no community; ``proposals`` are the rows of the stored query `likely-types`; ``to_look_at`` are the
    answers to the questions of `TO_LOOK_AT`, by their names. ``readings`` are of the sides whose letters are surest.
    """

    reading: Reading
    embedded: EmbedResult
    went_by: SpaceRecord
    joined: Joined | None
    closer: CloserLook
    collections: list[CollectionCounts]
    edges: dict[str, int]
    analysis: AnalysisResult
    communities: list[CommunitySummary]
    alone: int
    agreement: Agreement | None
    proposals: list[dict[str, Any]]
    to_look_at: dict[str, Result] = field(default_factory=dict)
    readings: list[BesideRecord] = field(default_factory=list)

    @property
    def coins(self) -> int:
        return sum(c.coins for c in self.collections)

    @property
    def space(self) -> str:
        """The slug of the space."""
        return self.went_by.slug


def run(
    db: Database,
    folder: Path,
    collection: str,
    *,
    space: str | None = None,
    device: str = "auto",
    weights: Path | None = None,
    refit: bool = False,
    thorough: bool = False,
    **options: Any,
) -> RunResult:
    """Ingest, embed, link and analyze with their defaults. What is found speaks of the collections of this folder;
    edges are drawn between all coins of the graph.

    Without a ``space`` it goes by what is seen and, where letters can be read, by these (`pipeline.legends`); the space
    of both takes the place of that of the pictures as the default space.
    ``thorough`` also trains a space on that one, matches the candidates and proposes types. The trained space is gone
    by from then on where it is better on types that it did not see: in the mean of `SPLITS` choices of these, the 95 %
    interval of which is above 0. A default space that a person chose stays. ``options`` are those of `ingest`. Steps
    that are done are skipped, so a run that was stopped goes on.
    """
    with exclusive():
        phases = Phases()
        reading = ingest(db, folder, collection, **options).reading
        sides = sum(len(coin.sides) for coin in reading.coins)
        phases.ended("read", f"{counted(len(reading.coins), 'coin')}, {counted(sides, 'photograph')}")
        own = find_scope(db, sorted({coin.collection for coin in reading.coins})).chosen
        embedded = embed(db, space=space or DEFAULT_SPACE, device=device, weights=weights, refit=refit)
        joined = None if space else join(db, embedded.space, device=device, refit=refit)
        base = joined.space if joined else embedded.space
        phases.ended("embedded", f"{counted(embedded.embedded + embedded.unchanged, 'side')}, {base.name}")
        if joined:
            went_by, learnt = by_the_best(db, embedded.space, base, thorough, device, refit, phases)
        else:
            went_by, learnt = base, _learn(db, base, device, refit, phases) if thorough else CloserLook()
        slug = went_by.slug
        linked = link(db, space=slug)
        phases.ended("linked", f"{counted(linked.parts[-1].total, 'pair')} of coins")
        closer = _look_closer(db, slug, learnt, own, phases) if thorough else learnt
        analysis = analyze(db, space=slug, collections=own)
        phases.ended("analysed", counted(analysis.communities, "community", "communities"))
        found = group(db, analysis.partition, slug, own)
        return RunResult(
            reading=reading,
            embedded=embedded,
            went_by=went_by,
            joined=joined,
            closer=closer,
            collections=collection_counts(db, own),
            edges=edge_counts(db, slug, own),
            analysis=analysis,
            communities=found.communities,
            alone=found.alone,
            agreement=found.agreement,
            proposals=run_query(db, stored("likely-types"), {"space": slug, "collections": own}).rows,
            to_look_at=_to_look_at(db, slug, analysis.partition, own),
            readings=surest_readings(db, own) if joined else [],
        )


def group(db: Database, partition: str, space: str, collections: Sequence[str] = ()) -> Grouped:
    """The coins (of some collections) by their communities in a partition of a space (its slug), largest first."""
    everyone = members(db, partition, space, collections)
    together = [coin for coin in everyone if coin.community is not None]
    everywhere = Counter(coin.type for coin in everyone if coin.type is not None)
    communities = [
        CommunitySummary.of(str(community), list(coins), everywhere)
        for community, coins in groupby(together, key=lambda coin: coin.community)
    ]
    communities.sort(key=lambda one: -len(one.coins))  # of what is there now, and of these collections
    return Grouped(communities, len(everyone) - len(together), _agreement(everyone))


def _agreement(coins: Sequence[Member]) -> Agreement | None:
    typed = [coin for coin in coins if coin.type is not None]
    if not typed:
        return None
    return agreement([coin.community or coin.coin for coin in typed], [str(coin.type) for coin in typed])


def _to_look_at(db: Database, slug: str, partition: str, collections: Sequence[str]) -> dict[str, Result]:
    """The answers that a person should look at; without those to questions that cannot be asked here."""
    found = {}
    for name in TO_LOOK_AT:
        takes = {parameter.name for parameter in stored(name).parameters}
        values = {"space": slug, "partition": partition, "collections": list(collections)}
        with suppress(CoingraphError):  # no coin has a weight, or nothing is there yet
            found[name] = run_query(db, name, {key: value for key, value in values.items() if key in takes})
    return found


def by_the_best(
    db: Database, seen: SpaceRecord, base: SpaceRecord, thorough: bool, device: str, refit: bool, phases: Phases
) -> tuple[SpaceRecord, CloserLook]:
    """The space to go by, and what was learnt: ``base``, or the default space where that was trained on it.

    One that is trained now and better becomes the default, as ``base`` does in place of that of pictures, ``seen``.
    """
    default = space_named(db, default_space(db) or "")
    before = default if default and default.model == HEAD and default.sources == (base.slug,) else None
    learnt = _learn(db, base, device, refit, phases) if thorough or (before and refit) else CloserLook()
    new = learnt.train.derived.space if learnt.train else None
    if before and (new is None or before.slug != new.slug):
        go_on(db, before)
    if new and learnt.train and (lesson := learnt.train.lesson):
        take_default(db, new.slug if lesson.better else base.slug, {seen.slug, base.slug, new.slug})
    else:
        take_default(db, base.slug, {seen.slug})
    now = default_space(db)
    return next((one for one in (new, before) if one and one.slug == now), base), learnt


def _learn(db: Database, base: SpaceRecord, device: str, refit: bool, phases: Phases) -> CloserLook:
    """`train` on a space, by its vectors and labels alone: views of the photographs taught no more."""
    try:
        done = train(db, space=base.slug, views=0, splits=SPLITS, device=device, refit=refit)
    except CoingraphError as error:
        return CloserLook(problems={"train": str(error)})
    phases.ended("trained", done.derived.space.name)
    return CloserLook(train=done)


def _look_closer(
    db: Database, space: str, learnt: CloserLook, collections: Sequence[str], phases: Phases
) -> CloserLook:
    """`match`, `calibrate` and `propose`, after what was ``learnt``; a step that the collection has too few coins or
    labels for is left out."""
    # A step, what its phase is called, and what came of it.
    steps: dict[str, tuple[Callable[[], Any], str, Callable[[Any], str]]] = {
        "match": (
            lambda: match(db, space=space),
            "matched",
            lambda done: f"{counted(sum(face.total for face in done.faces), 'pair')} of sides",
        ),
        "calibrate": (
            lambda: calibrate(db, space=space),
            "calibrated",
            lambda done: counted(sum(one.total for one in done), "edge"),
        ),
        "propose": (  # and by descriptions where there are any
            lambda: propose(db, main=space, collections=collections),
            "proposed",
            lambda done: f"{counted(len(done.proposed), 'type')} for coins without one",
        ),
    }
    found: dict[str, Any] = {}
    problems = dict(learnt.problems)
    for name, (step, phase, outcome) in steps.items():
        try:
            found[name] = step()
            phases.ended(phase, outcome(found[name]))
        except CoingraphError as error:
            problems[name] = str(error)
    return replace(learnt, **found, problems=problems)
