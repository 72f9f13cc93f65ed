"""Makes a sample hoard: strikes and photographs every coin of a plan and writes pictures, catalogue and truth."""

import csv
import json
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from errors import CoingraphError, tracked
from hoard import alike as alike_dies
from hoard import dies
from hoard.photograph import photograph, take_shot
from hoard.plan import Entry, Plan, Plant
from hoard.strike import prepare_body
from ingest.records import FACES, Face

MADE_BY = "coingraph sample-hoard"
#: Raised when files of the same seed change, so that an old hoard is made anew. From 2 on legends are recorded.
FORMAT = 2
LEVELS = {"easy": 0.15, "default": 0.5, "hard": 0.85}
COLUMNS = (
    *("id", "type", "obverse_die", "reverse_die", "mint", "findspot", "weight", "diameter"),
    *("denomination", "material", "authority", "date", "camera"),
)
LEGENDS: dict[Face, str] = {"obverse": "obverse_legend", "reverse": "reverse_legend"}  # columns of the catalogue


class ForeignFolder(CoingraphError):
    """The folder holds files that no sample hoard left there."""


class BadHoard(CoingraphError):
    """A hoard of these sizes or this difficulty cannot be made."""


@dataclass(frozen=True)
class HoardTruth:
    """What is known about a hoard that was made; the coins themselves are in ``truth.json``, one a line."""

    folder: Path
    coins: int
    types: tuple[str, ...]
    seed: int
    level: float
    plants: tuple[Plant, ...]

    def planted(self, kind: str) -> list[tuple[str, ...]]:
        """Ids of the coins of each plant of this kind."""
        return [plant.coins for plant in self.plants if plant.kind == kind]

    def entries(self) -> list[dict[str, Any]]:
        """Every coin with its types, dies, wear, camera, and for each photograph its file, turn and outline."""
        return read_truth(self.folder)["coins"]


def read_truth(folder: Path) -> dict[str, Any]:
    """``truth.json`` of a hoard."""
    return json.loads((folder / "truth.json").read_text(encoding="utf-8"))


def make_hoard(
    folder: Path,
    coins: int = 60,
    types: int = 6,
    seed: int = 1,
    difficulty: str | float = "default",
    workers: int | None = None,
    made_as: int = FORMAT,
    alike: bool = False,
) -> HoardTruth:
    """Writes ``photographs/``, ``coins.csv`` and ``truth.json`` into ``folder``, as the format ``made_as`` has them.

    ``difficulty`` is easy, default, hard or a number from 0 to 1. With ``alike`` dies of one type are as alike as real
    ones, and wear, light and focus differ from coin to coin whatever the difficulty (`hoard.alike`). The files depend
    on all arguments but ``workers`` (threads; as many as there are cores, at most 4) and on nothing else. A folder that
    already holds exactly this hoard is left as it is, one that holds another sample hoard is made anew.

    Raises:
        ForeignFolder: the folder holds something else.
        BadHoard: no such hoard can be made.
    """
    level = _level(difficulty)
    if types < 1 or coins < types:
        raise BadHoard(f"{coins} coins of {types} types: ask for at least one type and one coin of each")
    plan = Plan.drawn(coins, types, seed, alike, wrong_legends=made_as > 1)
    truth = HoardTruth(folder, coins, tuple(t.name for t in plan.types), seed, level, tuple(plan.plants))
    head = {
        "made_by": MADE_BY,
        "format": made_as,
        "seed": seed,
        "difficulty": level,
        "number_of_coins": coins,
        "types": list(truth.types),
        "cameras": [camera.name for camera in plan.cameras],
        "plants": [asdict(plant) for plant in plan.plants],
    }
    if alike:
        head["dies"] = "alike"
    if not _clear(folder, head):
        _write(folder, plan, level, head, workers or min(os.cpu_count() or 1, 4))
    return truth


def _level(difficulty: str | float) -> float:
    try:
        level = LEVELS[difficulty] if difficulty in LEVELS else float(difficulty)  # type: ignore[index]
    except ValueError:
        level = -1.0
    if not 0 <= level <= 1:
        raise BadHoard(f"difficulty {difficulty!r}: use easy, default, hard or a number from 0 to 1")
    return level


def _clear(folder: Path, head: dict[str, Any]) -> bool:
    """Makes room for a hoard; True where exactly this one is already there."""
    whole, part = folder / "truth.json", folder / "truth.json.part"
    if folder.is_dir() and any(folder.iterdir()):
        ours = next((path for path in (whole, part) if path.is_file()), None)
        first = ours.read_text(encoding="utf-8").split("\n", 1)[0] if ours else ""
        if MADE_BY not in first:
            raise ForeignFolder(f"{folder} is not empty and holds no sample hoard; give an empty or a new folder")
        pictures = list((folder / "photographs").glob("SH-*_*.jpg"))
        one_sided = sum(plant["kind"] == "one_sided" for plant in head["plants"])
        all_there = len(pictures) == 2 * head["number_of_coins"] - one_sided and (folder / "coins.csv").is_file()
        if ours == whole and first == _opening(head) and all_there:
            return True
        for picture in pictures:
            picture.unlink()
    (folder / "photographs").mkdir(parents=True, exist_ok=True)
    part.write_text(_opening(head) + "\n", encoding="utf-8")
    whole.unlink(missing_ok=True)
    return False


def _opening(head: dict[str, Any]) -> str:
    """The first line of ``truth.json``: everything but the coins, the list of which it leaves open."""
    return json.dumps(head, ensure_ascii=False)[:-1] + ', "coins": ['


def _write(folder: Path, plan: Plan, level: float, head: dict[str, Any], workers: int) -> None:
    part = folder / "truth.json.part"
    with (
        (folder / "coins.csv").open("w", newline="", encoding="utf-8") as catalogue,
        part.open("w", encoding="utf-8") as truth,
        ThreadPoolExecutor(workers) as pool,
    ):
        columns = [*COLUMNS, *LEGENDS.values()] if head["format"] > 1 else COLUMNS
        rows = csv.DictWriter(catalogue, columns, extrasaction="ignore", lineterminator="\n")
        rows.writeheader()
        truth.write(_opening(head))
        made = _in_order(pool, 4 * workers, plan, level, folder)
        for number, (row, known) in enumerate(tracked(made, "sample hoard", "coin", plan.coins)):
            rows.writerow(row)
            truth.write((",\n" if number else "\n") + json.dumps(known, ensure_ascii=False))
        truth.write("\n]}\n")
    part.replace(folder / "truth.json")


def _in_order(
    pool: ThreadPoolExecutor, ahead: int, plan: Plan, level: float, folder: Path
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Catalogue row and truth of every coin, in order, with only ``ahead`` coins under way."""
    under_way: deque[Future] = deque()
    for coin in range(plan.coins):
        under_way.append(pool.submit(make_coin, plan, coin, level, folder))
        if len(under_way) >= ahead:
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()


#: A die strikes several coins; keeping some hundred of them (0.5 MB each) saves cutting it again.
_cut = lru_cache(maxsize=200)(dies.cut_die)
_cut_alike = lru_cache(maxsize=200)(alike_dies.cut_die)


def make_coin(plan: Plan, coin: int, level: float, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write the photographs of one coin into ``photographs/`` of a folder; its catalogue row and its truth."""
    entry = plan.entry(coin)
    if plan.alike:
        level = alike_dies.level_of(entry.body_seed)
    body = prepare_body(np.random.default_rng(entry.body_seed), level)
    sides = {}
    for face in entry.faces:
        shows = face if not entry.swapped else FACES[1 - FACES.index(face)]
        rng = np.random.default_rng([*entry.shot_seed, FACES.index(face)])
        camera, shot = entry.camera, take_shot(rng, entry.camera, level)
        if plan.alike:
            camera, shot = alike_dies.another_light(rng, camera, shot)
        die = (_cut_alike if plan.alike else _cut)(entry.kinds[shows], shows, entry.dies[shows], plan.seed)
        taken = photograph(die, body, shows, camera, shot)
        name = f"photographs/{entry.id}_{face[:3]}.jpg"
        (folder / name).write_bytes(taken.jpeg)
        sides[face] = {
            "file": name,
            "shows": shows,
            "turn": round(shot.turn, 1),
            "size": [taken.side, taken.side],
            "outline": np.round(taken.outline.astype(float), 1).tolist(),
        }
    known = {
        "id": entry.id,
        "type": entry.kinds["obverse"].name,
        "reverse_type": entry.kinds["reverse"].name,
        "obverse_die": entry.die_name("obverse"),
        "reverse_die": entry.die_name("reverse"),
        "wear": round(body.wear, 3),
        "corrosion": round(body.corrosion, 3),
        "camera": entry.camera.name,
        "sides": sides,
    }
    return _row(entry, body.metal), known


def _row(entry: Entry, metal: str) -> dict[str, Any]:
    """The coin as its catalogue has it. Who does not know the type does not know the dies either."""
    known = entry.catalogued is not None
    kind = entry.kinds["obverse"]
    return {
        "id": entry.id,
        "type": entry.catalogued or "",
        "obverse_die": entry.die_name("obverse") if known else "",
        "reverse_die": entry.die_name("reverse") if known and "reverse" in entry.faces else "",
        "mint": entry.mint if known else "",
        "findspot": entry.findspot,
        "weight": entry.weight,
        "diameter": entry.diameter,
        "denomination": kind.denomination if known else "",
        "material": metal,
        "authority": kind.authority if known else "",
        "date": kind.date if known else "",
        "camera": entry.camera.name,
        **{LEGENDS[face]: entry.legends[face] if known and face in entry.faces else "" for face in FACES},
    }
