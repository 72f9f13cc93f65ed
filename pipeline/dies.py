"""Which sides were struck from one die, how dies are linked, and how many there were."""

import os
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property, partial
from itertools import compress

import cv2
from PIL import Image
from scipy.special import expit
from threadpoolctl import threadpool_limits

from dies.decoys import ENOUGH, Judgement, judge, worth_a_look
from dies.estimates import DieCount, count_dies
from dies.groups import CLEAR, Pair, die_groups, unasked
from dies.hanging import Hanging, hanging
from dies.joint import jointly
from dies.match import coin_square
from dies.places import laid
from dies.redraw import redraws
from dies.registration import RELIEF_VERSION, Relief, bank, evidence_version
from errors import CoingraphError
from graph import die_graph, matches
from graph.connection import Database
from graph.die_graph import Claims, Die, DieLink, PairSays, StruckCoin
from graph.edges import coin_of
from graph.runs import Run, step
from graph.scope import find_scope
from graph.server.home import Home
from graph.spaces import SpaceRecord, find_space
from graph.types import labels
from ingest.cache import Job, PhotographCache, compare_pairs, fill
from ingest.outlines import Outline
from ingest.records import FACES, Face, Photograph, Skipped

CHUNK = 400  # pairs that are stored together: what a kill can cost
DRAWS = 200  # of dies by how sure their links are
NEAREST = 3  # of a side, which are registered whatever the catalogue says
ROUNDS = 4  # of grouping, and of registering the pairs that the groups ask for


@dataclass(frozen=True)
class TypeDies:
    """The dies of one face of a type (None: of coins without one), and how many there may have been."""

    type: str | None
    face: Face
    count: DieCount


@dataclass(frozen=True)
class FaceDies:
    """What `dies` did to one face: pairs compared now and known before, `SAME_DIE` edges, and the dies."""

    face: Face
    new: int
    known: int
    same_die: int
    dies: list[Die]


@dataclass(frozen=True)
class DieStudy:
    """The dies of a space's (slug's) coins, the links between them, and the counts by type.

    ``faces`` are those compared now, ``dies`` all that are known of either face, ``coins`` those of which a die is
    known, by id. ``undecided`` are pairs of coins and the face by which they speak for one die, but were put to two.
    ``hanging`` are the weak pairs on which chains hang.
    """

    space: str
    faces: list[FaceDies]
    dies: list[Die]
    links: list[DieLink]
    types: list[TypeDies]
    skipped: list[Skipped]
    coins: dict[str, StruckCoin]
    undecided: list[tuple[str, str, Face]]
    claims: dict[Face, Claims]
    hanging: list[Hanging]

    def of_type(self, kind: str) -> "DieStudy":
        """The part of it that speaks of the coins of a type (see `graph.die_graph.dies_of_type`). Raises `NoDies`."""
        if kind not in {coin.type for coin in self.coins.values()}:
            known = ", ".join(sorted({coin.type for coin in self.coins.values() if coin.type})) or "none"
            raise NoDies(f"no die of the type {kind} is known; types with dies: {known}")
        some, links = die_graph.dies_of_type(self.dies, kind, self.coins)
        inside = {coin: one for coin, one in self.coins.items() if one.type == kind}
        faces = [replace(face, dies=[die for die in some if die.face == face.face]) for face in self.faces]
        types = [one for one in self.types if one.type == kind]
        pairs = [pair for pair in self.undecided if pair[0] in inside and pair[1] in inside]
        weak = [pair for pair in self.hanging if pair.one in inside and pair.other in inside]
        parts = {"faces": faces, "dies": some, "links": links, "types": types, "coins": inside}
        return replace(self, **parts, undecided=pairs, hanging=weak)  # type: ignore[arg-type]


class NoDies(CoingraphError):
    """No dies of a type, or none at all, are known."""


def dies(
    db: Database,
    *,
    space: str | None = None,
    face: str = "both",
    top: int = 50,
    workers: int | None = None,
    collections: Sequence[str] = (),
    kind: str | None = None,
) -> DieStudy:
    """Register each side with its ``top`` nearest of a space (its name or slug) and group the sides by dies.

    With ``collections`` only their sides, among themselves: the study that is stored is then of these.
    Of pairs that the catalogue tells apart only so many are registered as tell chance (`dies.decoys.worth_a_look`).
    Pairs that were registered before cost nothing; what is done is stored every `CHUNK` pairs. ``workers`` are threads,
    one a core. Writes `SAME_DIE` edges, the dies of each face as a study, and `DIE_LINK` between them, all in place
    of the former ones in one transaction. Pairs of which a person said that they are from one die, or not, stay
    together or apart. With ``kind`` the answer is the part that speaks of this type. Raises `UnknownSpace`, and
    `NoDies` where no coin is of the type.
    """
    record = find_space(db, space)
    scope = find_scope(db, collections)
    if kind is not None and kind not in (known := set(labels(db).values())):
        near = get_close_matches(kind, known, cutoff=0.4) or sorted(known)[:3]
        raise NoDies(f"no coin is of the type {kind}; there are {', '.join(near) or 'no types'}", near=near)
    compared: dict[Face, _Compared] = {}
    with step(db, "dies", space=record.slug, face=face, top=top, collections=scope.chosen) as run:
        run.removed("matches", matches.prepare_matches(db))
        cv2.setNumThreads(1)  # the pairs are what runs side by side
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(workers or os.cpu_count()) as pool:
            for one in FACES if face == "both" else [f for f in FACES if f == face]:
                compared[one] = _compare(db, record, one, top, pool, run, scope.chosen)
        if len(compared) == len(FACES):
            compared = _joined(compared)
        skipped = [item for one in compared.values() for item in one.skipped]
        parameters = {"clear": CLEAR, "version": evidence_version(), "collections": scope.names}
        with db.atomic() as tx:
            same_die = {}
            for one, seen in compared.items():
                die_graph.write_judgement(tx, seen.judged.log_odds, seen.judged.against)
                same_die[one] = die_graph.draw_same_die(tx, one, evidence_version(), run, seen.links, seen.apart)
                says = seen.judged.log_odds
                die_graph.store_groups(tx, record.slug, one, seen.groups, says, parameters, seen.claims, run)
            die_graph.link_dies(tx, record.slug)
        found = {one: die_graph.read_dies(db, record.slug, one) for one in FACES}
        run.notes["skipped"] = len(skipped)
    faces = [FaceDies(one, seen.new, seen.known, same_die[one], found[one]) for one, seen in compared.items()]
    study = replace(read_study(db, record.slug), faces=faces, skipped=skipped)
    return study.of_type(kind) if kind else study


def read_study(db: Database, space: str | None = None) -> DieStudy:
    """The dies that `dies` found before, by a space's name or slug (else the default space). Raises `UnknownSpace`."""
    slug = find_space(db, space).slug
    found = {face: die_graph.read_dies(db, slug, face) for face in FACES}
    struck = die_graph.read_struck(db, slug)
    says = {face: _by_coins(db, face) for face in FACES}
    types = [one for face, some in found.items() for one in _count_types(face, some, struck, says[face])]
    weak = hanging({face: [die.coins for die in some] for face, some in found.items()}, says)
    every, links = [*found["obverse"], *found["reverse"]], die_graph.die_links(db, slug)
    undecided, claims = die_graph.undecided(db, slug, evidence_version()), die_graph.read_claims(db, slug)
    return DieStudy(slug, [], every, links, types, [], struck, undecided, claims, weak)


def _by_coins(db: Database, face: Face) -> dict[Pair, float]:
    """What the pairs of a face say, by their coins, but for those of which a person said it."""
    told = die_graph.read_told(db, face)
    says = die_graph.read_evidence(db, face, evidence_version())
    return {_coins(pair): value for pair, value in says.items() if pair not in told}


def _count_types(
    face: Face, found: Sequence[Die], struck: dict[str, StruckCoin], says: dict[Pair, float]
) -> Iterator[TypeDies]:
    """The dies of each type, with what the coins would show if links were drawn by their probability."""
    redrawn: dict[str | None, list[int]] = defaultdict(list)
    for groups in redraws([die.coins for die in found], says, DRAWS):
        shown = Counter(kind for group in groups for kind in {struck[coin].type for coin in group})
        for kind, number in shown.items():
            redrawn[kind].append(number)
    for kind, sizes in die_graph.sizes_by_type(found, struck).items():
        yield TypeDies(kind, face, count_dies(sizes, redrawn[kind]))


def remove_dies(db: Database, *, space: str | None = None) -> int:
    """Remove the dies of a space (its name or slug; else the default space) and their links; how many dies there were.

    What was registered stays, so that `dies` finds them again at once.
    """
    record = find_space(db, space)
    with step(db, "dies", space=record.slug, clear=True) as run, db.atomic() as tx:
        return sum(die_graph.remove_groups(tx, record.slug, face, run) for face in FACES)


@dataclass(frozen=True)
class _Compared:
    """What came of one face: pairs compared, pairs known before, what they say in this collection, what persons
    ``told`` of pairs, the sides by dies, and the photographs that cannot be used."""

    new: int
    known: int
    judged: Judgement
    told: dict[Pair, bool]
    groups: list[list[str]]
    skipped: list[Skipped]

    @cached_property
    def likely(self) -> dict[Pair, float]:
        """Pairs that are likelier of one die than not, and no legend speaks against it."""
        odds, barred = self.judged.log_odds, self.judged.barred
        return {pair: value for pair, value in odds.items() if value > 0 and pair not in barred}

    @cached_property
    def links(self) -> dict[Pair, float]:
        """Clear pairs whose sides are of one group: the other pairs of both agree."""
        die = {side: place for place, group in enumerate(self.groups) for side in group}
        clear = {pair: value for pair, value in self.likely.items() if value > CLEAR and self.told.get(pair, True)}
        return {(one, two): value for (one, two), value in clear.items() if die[one] == die[two]}

    @property
    def apart(self) -> set[Pair]:
        """Clear pairs that are no links, and those that a person put to two dies."""
        clear = {pair for pair, value in self.judged.log_odds.items() if value > CLEAR}
        return clear - self.links.keys() | {pair for pair, same in self.told.items() if not same}

    @property
    def claims(self) -> Claims:
        unsure = len(self.likely.keys() - self.links.keys() - self.told.keys())
        false = float(sum(expit(-value) for value in self.links.values()))
        return Claims(len(self.links), false, unsure, self.judged.decoys, self.judged.share)


def _joined(compared: dict[Face, _Compared]) -> dict[Face, _Compared]:
    """What each face says where the other bears it out or not, and the sides grouped anew."""
    odds = jointly(compared["obverse"].judged, compared["reverse"].judged, _coins)
    found = {}
    for face, says in zip(FACES, odds, strict=True):
        seen = compared[face]
        sides = [side for group in seen.groups for side in group]
        groups = die_groups(sides, says, told=dict.fromkeys(seen.judged.barred, False) | seen.told)
        found[face] = replace(seen, judged=replace(seen.judged, log_odds=says), groups=groups)
    return found


def _coins(sides: Pair) -> Pair:
    one, two = map(coin_of, sides)
    return (one, two) if one < two else (two, one)


def _compare(
    db: Database,
    space: SpaceRecord,
    face: Face,
    top: int,
    pool: ThreadPoolExecutor,
    run: Run,
    collections: Sequence[str],
) -> _Compared:
    """Register the pairs of one face, judge them, and group its sides."""
    todo = matches.candidates(db, space.slug, face, top, "die_version", evidence_version(), collections, NEAREST)
    known = die_graph.read_likeness(db, face, evidence_version())
    cache = _reliefs()
    usable, skipped = fill(cache, todo.photographs, pool, f"reliefs: {face}s")
    photograph = {one.id: one for one in todo.photographs if one.id in usable}
    named = [(one.id, two.id) for one, two in todo.pairs()]
    near = set(compress(named, todo.close))
    looked = [pair for pair in known if pair[0] in photograph and pair[1] in photograph]
    pairs = worth_a_look(named, near, die_graph.read_catalogued(db, face), looked)
    write = partial(die_graph.write_evidence, db, version=evidence_version(), run=run.id)
    told = die_graph.read_told(db, face)
    new = 0
    for _ in range(ROUNDS):
        usable_pairs = [(photograph[a], photograph[b]) for a, b in pairs if a in photograph and b in photograph]
        new += compare_pairs(usable_pairs, partial(_register, cache), write, pool, f"dies: {face}s", CHUNK)
        judged = _judged(db, face, photograph, cache, pool)
        found = die_groups(photograph, judged.log_odds, told=dict.fromkeys(judged.barred, False) | told)
        pairs = unasked(found, judged.log_odds)
        if not pairs:
            break
    run.wrote("registrations", new)
    return _Compared(new, len(known), judged, told, found, skipped)


def _judged(
    db: Database,
    face: Face,
    photograph: dict[str, Photograph],
    cache: PhotographCache[Relief],
    pool: ThreadPoolExecutor,
) -> Judgement:
    """What the registered pairs of these photographs say, by decoys: pairs that the catalogue tells apart.

    Where these are few, pairs are registered once more with one side mirrored.
    """

    def these(found: dict[Pair, float]) -> dict[Pair, float]:
        return {pair: value for pair, value in found.items() if pair[0] in photograph and pair[1] in photograph}

    likeness = these(die_graph.read_likeness(db, face, evidence_version()))
    catalogued = die_graph.read_catalogued(db, face)
    lacking = ENOUGH - sum(catalogued[a].differs(catalogued[b]) is not None for a, b in likeness)
    if lacking <= 0:
        return judge(likeness, catalogued)
    known = these(die_graph.read_likeness(db, face, evidence_version(), mirrored=True))
    wanted = random.Random(0).sample(sorted(likeness), min(lacking, len(likeness)))
    pairs = [(photograph[a], photograph[b]) for a, b in wanted if (a, b) not in known]
    write = partial(die_graph.write_mirrored, db)
    compare_pairs(pairs, partial(_register_mirrored, cache), write, pool, f"decoys: {face}s", CHUNK)
    mirrored = these(die_graph.read_likeness(db, face, evidence_version(), mirrored=True))
    return judge(likeness, catalogued, list(mirrored.values())[:lacking])


def _reliefs() -> PhotographCache[Relief]:
    """The reliefs of photographs, kept in this home."""

    def find(picture: Image.Image, outline: Outline | None) -> Relief:
        return Relief.of(*coin_square(picture, outline))

    folder = Home.from_environment().path / "features" / f"relief{RELIEF_VERSION}"
    return PhotographCache(folder, find, Relief.unpacked)


def _register(cache: PhotographCache[Relief], job: Job) -> list[PairSays]:
    """Register one side with all its partners."""
    first, others = job
    one = cache.get(first)
    spectra = bank(one)
    found = [laid(spectra, one, cache.get(two)) for two in others]
    return [
        PairSays(first.id, two.id, says.likeness, says.close, says.places)
        for two, says in zip(others, found, strict=True)
    ]


def _register_mirrored(cache: PhotographCache[Relief], job: Job) -> list[tuple[str, str, float]]:
    """Register one side with all its partners, mirrored."""
    first, others = job
    one = cache.get(first)
    spectra = bank(one)
    return [(first.id, two.id, laid(spectra, one, cache.get(two).mirrored()).likeness) for two in others]
