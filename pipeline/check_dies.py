"""How far the links of `dies` hold in a collection: told by its own pairs, without a die that is known."""

from collections.abc import Sequence
from dataclasses import dataclass

from dies.check import BothFaces, Limit, both_faces, limits
from dies.decoys import judge
from dies.groups import CLEAR, Pair
from dies.registration import evidence_version
from graph import die_graph
from graph.connection import Database
from graph.edges import coin_of
from graph.scope import coins_of, find_scope
from graph.types import labels
from ingest.records import FACES, Face
from pipeline.dies import NoDies


@dataclass(frozen=True)
class DieCheck:
    """What the links of each face are worth at several limits, and how far the two faces bear each other out."""

    limits: dict[Face, list[Limit]]
    both: BothFaces


def check_dies(db: Database, *, collections: Sequence[str] = ()) -> DieCheck:
    """Check what `dies` registered: nothing is compared anew, nothing is written. Raises `NoDies`."""
    coins, version = coins_of(db, find_scope(db, collections).chosen), evidence_version()
    types = labels(db)
    found: dict[Face, list[Limit]] = {}
    linked: dict[Face, dict[Pair, bool]] = {}

    def these(pairs: dict[Pair, float]) -> dict[Pair, float]:
        return {pair: v for pair, v in pairs.items() if coins is None or all(coin_of(side) in coins for side in pair)}

    for face in FACES:
        likeness = these(die_graph.read_likeness(db, face, version))
        mirrored = these(die_graph.read_likeness(db, face, version, mirrored=True))
        catalogued = die_graph.read_catalogued(db, face)
        linked[face] = {}
        if likeness:
            sides = sorted({side for pair in likeness for side in pair})
            half = {side: place % 2 for place, side in enumerate(sides)}
            found[face] = limits(likeness, catalogued, mirrored, half)
            # Of each face alone: joint evidence would bear itself out.
            alone = judge(likeness, catalogued, list(mirrored.values()))
            linked[face] = {_coins(pair): value > CLEAR for pair, value in alone.log_odds.items()}
    if not found:
        raise NoDies("there is nothing to check yet: no dies were looked for", unmade=True)
    pairs = sorted(linked["obverse"].keys() & linked["reverse"].keys())
    return DieCheck(found, both_faces([(linked["obverse"][p], linked["reverse"][p], _kind(types, p)) for p in pairs]))


def _coins(sides: Pair) -> Pair:
    one, two = sorted(map(coin_of, sides))
    return one, two


def _kind(types: dict[str, str], pair: Pair) -> str:
    """One type, two, or a type that is not known: coins of one type share dies first of all."""
    one, two = (types.get(coin) for coin in pair)
    return "unknown" if one is None or two is None else f"one type: {one}" if one == two else "two types"
