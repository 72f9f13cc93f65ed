"""The plan of a hoard: which coin is of which type and dies, and which coins are planted to be found out.

Everything about one coin follows from the seed and its number, so that coins can be made in any order and by any
number of workers.
"""

from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import numpy as np

from hoard import alike as alike_dies
from hoard.dies import FINDSPOTS, CoinType, invent_types
from hoard.photograph import CAMERAS, Camera
from ingest.records import FACES, Face

PlantKind = Literal[
    "double", "miscatalogued", "swapped", "mule", "weight_outlier", "unclassified", "one_sided", "wrong_legend"
]
KINDS: tuple[PlantKind, ...] = get_args(PlantKind)
FEWEST_WITH_PLANTS = 20  #: coins; in a smaller hoard the oddities would outnumber the rule
COINS_A_PLANT = 300  #: one more of every kind for each so many coins
CAMERAS_IN_USE = 5


@dataclass(frozen=True)
class Plant:
    """Something odd that was put into the hoard. ``coins`` are ids; ``note`` says what is wrong."""

    kind: PlantKind
    coins: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Entry:
    """One coin: what it is, and how it stands in the catalogue."""

    id: str
    kinds: dict[Face, CoinType]  # what each face shows; two types make a mule
    dies: dict[Face, int]
    body_seed: tuple[int, ...]
    shot_seed: tuple[int, ...]
    camera: Camera
    catalogued: str | None
    mint: str
    findspot: str
    weight: float
    diameter: float
    legends: dict[Face, str]  # as recorded
    swapped: bool = False
    faces: tuple[Face, ...] = FACES

    def die_name(self, face: Face) -> str:
        return f"{face[0].upper()}{self.kinds[face].number + 1}.{self.dies[face] + 1}"


@dataclass
class Plan:
    """A hoard before it is struck; ``entry(i)`` for i from 0 to ``coins`` - 1."""

    coins: int
    seed: int
    types: list[CoinType]
    cameras: list[Camera]
    of_type: np.ndarray  # (coins,) number of each coin's type
    alike: bool = False  # whether dies of one type are as alike as real ones
    plants: list[Plant] = field(default_factory=list)
    _odd: dict[int, tuple[PlantKind, int]] = field(default_factory=dict)  # coin -> kind, partner coin or other type

    @classmethod
    def drawn(cls, coins: int, types: int, seed: int, alike: bool = False, wrong_legends: bool = True) -> "Plan":
        rng = np.random.default_rng([seed, 4])
        kinds = invent_types(types, seed)
        # Sizes between about 0.6 and 1.5 of the mean: unequal, but none too small to be found again.
        share = rng.permutation(np.linspace(1.5, 0.65, types)) if types > 1 else np.ones(1)
        bounds = np.round(np.cumsum(share) / share.sum() * coins).astype(int)
        of_type = rng.permutation(np.searchsorted(bounds, np.arange(coins), side="right"))
        cameras = [CAMERAS[i] for i in rng.permutation(len(CAMERAS))[:CAMERAS_IN_USE]]
        plan = cls(coins, seed, kinds, cameras, of_type, alike)
        if coins >= FEWEST_WITH_PLANTS:
            plan._plant(rng, wrong_legends)
        return plan

    def _plant(self, rng: np.random.Generator, wrong_legends: bool) -> None:
        rounds = 1 + self.coins // COINS_A_PLANT
        free = iter(rng.permutation(self.coins)[: rounds * (len(KINDS) + 1)].tolist())
        for kind in KINDS[:-1] * rounds:
            coin, other = next(free), -1
            if kind == "double":
                other = next(free)
                self.of_type[coin] = self.of_type[other]
            elif kind in ("miscatalogued", "mule"):
                if len(self.types) < 2:
                    continue
                other = (int(self.of_type[coin]) + int(rng.integers(1, len(self.types)))) % len(self.types)
            self._add(coin, kind, other)
        for _ in range(rounds if wrong_legends else 0):  # last, so that the other plants and all pictures stay
            coin = next(free)
            if others := self._of_other_legends(int(self.of_type[coin])):
                self._add(coin, "wrong_legend", others[0])
        self.plants.sort(key=lambda plant: (KINDS.index(plant.kind), plant.coins))

    def _add(self, coin: int, kind: PlantKind, other: int) -> None:
        self._odd[coin] = (kind, other)
        self.plants.append(self._described(coin, kind, other))

    def _of_other_legends(self, kind: int) -> list[int]:
        """The types whose reverse bears another legend, the next one first."""
        legends = [one.reverse_legend for one in self.types]
        others = [(kind + step) % len(legends) for step in range(1, len(legends))]
        return [other for other in others if legends[other] != legends[kind]]

    def _described(self, coin: int, kind: PlantKind, other: int) -> Plant:
        own = self.types[self.of_type[coin]].name
        strange = self.types[other].name if other >= 0 and kind != "double" else ""
        ids: tuple[str, ...] = (self.id(other), self.id(coin)) if kind == "double" else (self.id(coin),)
        note = {
            "double": "one coin, photographed twice and catalogued as two",
            "miscatalogued": f"catalogued as {strange}, but it is {own}",
            "swapped": "obverse and reverse photographs are swapped",
            "mule": f"obverse of {own}, reverse of {strange}",
            "weight_outlier": "far too light for its type",
            "unclassified": f"no type in the catalogue; it is {own}",
            "one_sided": "only the obverse was photographed",
            "wrong_legend": f"recorded with the reverse legend of {strange}, but it bears that of {own}",
        }[kind]
        return Plant(kind, ids, note)

    def id(self, coin: int) -> str:
        return f"SH-{coin + 1:0{max(4, len(str(self.coins)))}d}"

    def entry(self, coin: int) -> Entry:
        odd, other = self._odd.get(coin, (None, -1))
        if odd == "double":
            return self._second_photograph(coin, other)
        entry = self._plain(coin)
        if odd == "miscatalogued":
            return replace(entry, catalogued=self.types[other].name)
        if odd == "mule":
            kinds: dict[Face, CoinType] = {"obverse": entry.kinds["obverse"], "reverse": self.types[other]}
            dies = {**entry.dies, "reverse": self._dies(other, coin)["reverse"]}
            return replace(entry, kinds=kinds, dies=dies, legends=_legends(kinds))
        if odd == "swapped":
            return replace(entry, swapped=True)
        if odd == "weight_outlier":
            return replace(entry, weight=round(entry.weight * 0.6, 2))
        if odd == "unclassified":
            return replace(entry, catalogued=None)
        if odd == "one_sided":
            return replace(entry, faces=("obverse",))
        if odd == "wrong_legend":
            return replace(entry, legends={**entry.legends, "reverse": self.types[other].reverse_legend})
        return entry

    def _plain(self, coin: int) -> Entry:
        rng = np.random.default_rng([self.seed, 5, coin])
        number = int(self.of_type[coin])
        kind = self.types[number]
        kinds: dict[Face, CoinType] = {"obverse": kind, "reverse": kind}
        return Entry(
            id=self.id(coin),
            kinds=kinds,
            dies=self._dies(number, coin),
            body_seed=(self.seed, 6, coin),
            shot_seed=(self.seed, 7, coin),
            camera=self.cameras[int(rng.integers(len(self.cameras)))],
            catalogued=kind.name,
            mint=kind.mint if rng.random() < 0.85 else kind.second_mint,
            findspot=kind.findspot if rng.random() < 0.6 else str(rng.choice(FINDSPOTS)),
            weight=round(kind.weight * (1 + 0.025 * float(np.clip(rng.normal(), -2, 2))), 2),
            diameter=round(kind.diameter * (1 + 0.02 * float(np.clip(rng.normal(), -2, 2))), 1),
            legends=_legends(kinds),
        )

    def _second_photograph(self, coin: int, first: int) -> Entry:
        """The same coin under another number: other camera, other light, weighed again."""
        entry = self.entry(first)
        rng = np.random.default_rng([self.seed, 5, coin])
        others = [camera for camera in self.cameras if camera != entry.camera]
        return replace(
            entry,
            id=self.id(coin),
            shot_seed=(self.seed, 7, coin),
            camera=others[int(rng.integers(len(others)))],
            weight=round(entry.weight + float(rng.choice([-0.01, 0.01])), 2),
        )

    def _dies(self, number: int, coin: int) -> dict[Face, int]:
        """Which dies struck a coin. Each reverse die was used with one obverse die, sometimes also with the next.

        Early dies of a type left more coins than late ones; about four coins share an obverse die.
        """
        if self.alike:
            place = int((self.of_type[:coin] == number).sum())
            return {face: alike_dies.die_of(face, number, place, self.seed) for face in FACES}
        rng = np.random.default_rng([self.seed, 8, number, coin])
        of_this = int((self.of_type == number).sum())
        obverses, reverses = max(2, round(of_this / 5)), max(3, round(of_this / 4))
        reverse = int(reverses * rng.random() ** 1.4)
        obverse = (reverse * obverses // reverses + int(rng.random() < 0.25)) % obverses
        return {"obverse": obverse, "reverse": reverse}


def _legends(kinds: dict[Face, CoinType]) -> dict[Face, str]:
    return {"obverse": kinds["obverse"].obverse_legend, "reverse": kinds["reverse"].reverse_legend}
