"""Fixed hoards: what is measured on one of them can be compared with what was measured on it years before.

A benchmark is a recipe and a manifest. The recipe holds all arguments of `make_hoard`; the manifest the checksums of
what they gave. Neither ever changes. When the generator learns to draw something else, it draws as before wherever a
recipe of an earlier version asks (raise `make.FORMAT`, hand the recipe's own format down, and keep the old code under
it), or there is a new version beside the old. `tests/test_benchmark.py` fails where that was forgotten.
"""

import base64
import hashlib
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from errors import CoingraphError
from hoard.make import HoardTruth, make_hoard, read_truth

CELLS = 8  #: a picture's signature is the mean grey of 8 x 8 cells
TOLERANCE = 1  #: grey levels of 255 that a cell may differ by: another machine rounds otherwise, pixel by pixel
FACTS = ("id", "type", "reverse_type", "obverse_die", "reverse_die", "camera")


class NotTheBenchmark(CoingraphError):
    """What this machine draws is not what the benchmark was made of."""


@dataclass(frozen=True)
class Recipe:
    """The arguments of `make_hoard` that a benchmark is made by."""

    coins: int
    types: int
    seed: int
    difficulty: float
    made_as: int
    alike: bool = False


RECIPES = {
    "v1": Recipe(coins=48, types=6, seed=7, difficulty=0.5, made_as=1),
    "v2": Recipe(coins=60, types=5, seed=8, difficulty=0.5, made_as=1, alike=True),
}


@dataclass(frozen=True)
class Check:
    """How many pictures equal the manifest's pixel by pixel, and how many differ only by rounding."""

    same: int
    close: int


def make_benchmark(folder: Path, name: str) -> tuple[HoardTruth, Check]:
    """The benchmark ``name`` (a key of `RECIPES`) in ``folder``, held to its manifest.

    Raises `NotTheBenchmark`, and what `make_hoard` raises.
    """
    truth = make_hoard(folder, **vars(RECIPES[name]))
    return truth, check(folder, manifest(name))


def manifest(name: str) -> dict[str, Any]:
    """What the benchmark of this name was made of (see `manifest_of`)."""
    return json.loads(_manifest_file(name).read_text(encoding="utf-8"))


def check(folder: Path, manifest: dict[str, Any]) -> Check:
    """Hold a hoard to a manifest; raises `NotTheBenchmark`, which names up to five files that differ."""
    found = manifest_of(folder)
    pictures, known = found["pictures"], manifest["pictures"]
    different = [name for name in ("coins.csv", "truth.json") if found[name] != manifest[name]]
    different += sorted(pictures.keys() ^ known.keys())
    both = [name for name in known if name in pictures]
    different += [name for name in both if not close(pictures[name]["grey"], known[name]["grey"])]
    if different:
        raise NotTheBenchmark(
            f"not the benchmark's are {len(different)} of the files in {folder} ({', '.join(different[:5])}): the "
            "generator, or a library that it draws with, has changed, or somebody changed the files. Figures from here "
            "do not compare with others of this benchmark."
        )
    same = sum(pictures[name] == known[name] for name in both)
    return Check(same, len(both) - same)


def manifest_of(folder: Path) -> dict[str, Any]:
    """Checksums of the catalogue, of the truth less its measured numbers, and of each picture's pixels.

    A picture also has its signature (``grey``): the mean grey of 8 x 8 cells, 64 bytes in base 64.
    """
    truth = read_truth(folder)
    facts = [[*(coin[fact] for fact in FACTS), sorted(coin["sides"])] for coin in truth["coins"]]
    return {
        "coins.csv": _sha256((folder / "coins.csv").read_bytes()),
        "truth.json": _sha256(json.dumps([truth["plants"], facts], ensure_ascii=False).encode()),
        "pictures": {file.name: signature(file) for file in sorted((folder / "photographs").iterdir())},
    }


def signature(file: Path) -> dict[str, str]:
    """The checksum of a picture's pixels, and the mean grey of its cells."""
    with Image.open(file) as picture:
        colours = np.asarray(picture.convert("RGB"))
        grey = np.asarray(picture.convert("L").resize((CELLS, CELLS), Image.Resampling.BOX))
    return {"pixels": _sha256(colours.tobytes()), "grey": base64.b64encode(grey.tobytes()).decode()}


def close(one: str, other: str) -> bool:
    """Whether two signatures differ by rounding at most."""
    cells = [np.frombuffer(base64.b64decode(text), np.uint8).astype(int) for text in (one, other)]
    return bool((abs(cells[0] - cells[1]) <= TOLERANCE).all())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _manifest_file(name: str) -> Path:
    return Path(__file__).with_name(f"benchmark-{name}.json")


def main() -> None:
    """For the maintainer: write the manifest of a new recipe (``python -m hoard.benchmark v2``)."""
    (name,) = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder, _manifest_file(name).open("x", encoding="utf-8") as file:
        make_hoard(Path(folder), **vars(RECIPES[name]))
        json.dump(manifest_of(Path(folder)), file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
