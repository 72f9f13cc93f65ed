"""Which sides to trust: both, obverses or reverses, and whether a rule that sees no label chooses as labels would.

Prints a table in Markdown a collection: for each choice the agreement of its communities with the labels (adjusted
mutual information, AMI; coins of no community count as communities of one), and what the rules go by: the stability of
the communities when half of the coins are left out, the bits that stay (`measure.communities`), how clearly the
network parts (modularity). Then what each rule loses to the best choice.

    python -m benchmarks.sides [--data ../shared/data] [--hoards 1 2 3 4 5] [--vectors FOLDER]

Vectors are those of the default model, its transform fitted on both faces of the collection. A network keeps five edges
a coin, as `analyze` does.
"""

import argparse
import csv
import hashlib
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.common import markdown
from embed import DEFAULT_SPACE
from embed.loader import load_batches
from embed.models import ImageModel
from embed.registry import load_model
from hoard import make_hoard, read_truth
from ingest.records import FACES, Photograph
from measure.coinset import Network
from measure.communities import _stability, adjusted_information, agreement, communities, information, modularity

CHOICES = ("both", *FACES)
EDGES_A_COIN = 5
EQUAL = 0.02  # of AMI: a choice that loses less to the best is right, too


@dataclass(frozen=True)
class Collection:
    """Coins with both sides: ``files`` by face, and several ``labels`` that communities may be held to."""

    name: str
    files: dict[str, list[Path]]
    labels: dict[str, list[str | None]]


@dataclass(frozen=True)
class Choice:
    """What one choice of sides gives: the communities, and what can be known of them without a label."""

    codes: np.ndarray
    stability: float
    bits: float
    modularity: float


def ocre(data: Path) -> Collection:
    with (data / "ocre/metadata.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    files = {
        face: [data / "ocre/images" / row[column] for row in rows]
        for face, column in (("obverse", "heads"), ("reverse", "tails"))
    }
    kinds = {name: [row[name] or None for row in rows] for name in ("reverse_design", "portrait")}
    return Collection("ocre", files, kinds | {"museum": [row["source"] for row in rows]})


def nummi(data: Path) -> Collection:
    with (data / "nummi/coins.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    files = {
        face: [data / "nummi" / face / f"{row['coin']}_{short}.jpg" for row in rows]
        for face, short in (("obverse", "obv"), ("reverse", "rev"))
    }
    columns = ("type", "obverse_legend", "reverse_legend")
    return Collection("nummi", files, {name: [row[name] or None for row in rows] for name in columns})


def niho(data: Path) -> Collection:
    with (data / "niho/metadata.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = {path.name: path for path in (data / "niho").rglob("*.webp")}
    files = {face: [found[row[f"{face}_image"]] for row in rows] for face in FACES}
    return Collection("niho", files, {name: [row[name] or None for row in rows] for name in ("leader", "mint")})


def hoard(folder: Path, seed: int) -> Collection:
    make_hoard(folder, coins=120, types=10, seed=seed)
    coins = [coin for coin in read_truth(folder)["coins"] if len(coin["sides"]) == 2]
    files = {face: [folder / coin["sides"][face]["file"] for coin in coins] for face in FACES}
    return Collection(f"hoard {seed}", files, {"type": [coin["type"] for coin in coins]})


def vectors_of(collection: Collection, kept: Path | None, model: ImageModel | None = None) -> dict[str, np.ndarray]:
    """The vectors of each face by a model (else the default one), its transform fitted on both; from a file where they
    are kept."""
    file = kept and kept / f"{collection.name.replace(' ', '-')}.npz"
    if file and file.exists():
        return dict(np.load(file))
    model = model or load_model(DEFAULT_SPACE, device="cpu")
    raw = []
    for batch in load_batches(photographs_of([path for face in FACES for path in collection.files[face]]), model):
        if batch.skipped:
            raise SystemExit(f"{collection.name}: {batch.skipped[0]}")
        raw.append(model.raw(batch.pictures))
    together = np.concatenate(raw)
    fitted = model.fitted(replace(model.transform).fit(together))
    whole = fitted.transform.transform(together)
    count = len(collection.files["obverse"])
    vectors = {"obverse": whole[:count], "reverse": whole[count:]}
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(file, **vectors)  # type: ignore[arg-type]
    return vectors


def photographs_of(files: Sequence[Path]) -> list[Photograph]:
    return [Photograph(str(path), path, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]


def networks(vectors: dict[str, np.ndarray]) -> dict[str, Network]:
    """The network of each choice with `EDGES_A_COIN`, by the percentiles of all pairs."""
    count = len(vectors["obverse"])
    first, second = np.triu_indices(count, 1)
    percentile = {}
    for face, rows in vectors.items():
        unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        cosine = (unit[first] * unit[second]).sum(1)
        percentile[face] = 100 * np.argsort(np.argsort(cosine)) / len(cosine)
    percentile["both"] = (percentile["obverse"] + percentile["reverse"]) / 2
    edges = count * EDGES_A_COIN // 2
    return {name: Network.of(count, first, second, percentile[name], len(first))[:edges] for name in CHOICES}


def look(network: Network) -> Choice:
    codes = communities(network, "leiden")
    stability = _stability(network, {"leiden": codes}, seed=1)["leiden"]
    return Choice(codes, stability, information(codes, stability), modularity(network, codes))


def most(figure: str) -> Callable[[dict[str, Choice]], str]:
    return lambda seen: max(CHOICES, key=lambda name: getattr(seen[name], figure))


def sides_agree(seen: dict[str, Choice]) -> float:
    return adjusted_information(seen["obverse"].codes, seen["reverse"].codes)


def by_agreement(least: float) -> Callable[[dict[str, Choice]], str]:
    """Both where the sides say the same, else the side whose communities keep more bits."""
    return lambda seen: "both" if sides_agree(seen) >= least else max(FACES, key=lambda face: seen[face].bits)


RULES: dict[str, Callable[[dict[str, Choice]], str]] = {
    "always both": lambda seen: "both",
    "always the reverse": lambda seen: "reverse",
    "most stable": most("stability"),
    "most bits that stay": most("bits"),
    "highest modularity": most("modularity"),
    "both if the sides agree to 0.1, else most bits": by_agreement(0.1),
    "both if the sides agree to 0.2, else most bits": by_agreement(0.2),
    "both if the sides agree to 0.3, else most bits": by_agreement(0.3),
}


def agreed(codes: np.ndarray, labels: Sequence[str | None]) -> float:
    known = [row for row, label in enumerate(labels) if label is not None]
    return agreement(codes[known], [labels[row] for row in known], shuffles=1).ami


def collections(data: Path, hoards: Sequence[int], work: Path) -> Iterator[Collection]:
    for name, read in (("ocre", ocre), ("nummi", nummi), ("niho", niho)):
        if (data / name).is_dir():
            yield read(data)
    for seed in hoards:
        yield hoard(work / f"hoard-{seed}", seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--hoards", type=int, nargs="*", default=[1, 2, 3, 4, 5])
    parser.add_argument("--vectors", type=Path, help="Keep vectors there, and use those that are there.")
    asked = parser.parse_args()
    rows, losses = [], []
    with tempfile.TemporaryDirectory() as work:
        for collection in collections(asked.data, asked.hoards, Path(work)):
            print(collection.name, file=sys.stderr, flush=True)
            seen = {name: look(one) for name, one in networks(vectors_of(collection, asked.vectors)).items()}
            scores = {
                label: {name: agreed(one.codes, values) for name, one in seen.items()}
                for label, values in collection.labels.items()
            }
            rows += [
                {"collection": collection.name, "sides": name, "stability": f"{one.stability:.2f}"}
                | {"bits": f"{one.bits:.2f}", "modularity": f"{one.modularity:.2f}"}
                | {"the sides agree": f"{sides_agree(seen):.2f}" if name == "both" else ""}
                | {"AMI with": ", ".join(f"{label} {found[name]:.2f}" for label, found in scores.items())}
                for name, one in seen.items()
            ]
            for label, found in scores.items():
                if label != "museum":
                    losses.append(_losses(collection.name, label, found, seen))
    print(markdown(rows), "\n")
    print(markdown(losses), "\n")
    print(markdown([_summary(rule, losses) for rule in RULES]))


def _losses(name: str, label: str, found: dict[str, float], seen: dict[str, Choice]) -> dict[str, str]:
    best = max(CHOICES, key=lambda choice: found[choice])
    row = {"collection": name, "label": label, "best": f"{best} ({found[best]:.2f})"}
    for rule, choose in RULES.items():
        chosen = choose(seen)
        row[rule] = f"{chosen} -{found[best] - found[chosen]:.2f}"
    return row


def _summary(rule: str, losses: Sequence[dict[str, str]]) -> dict[str, str]:
    lost = [float(row[rule].split("-")[-1]) for row in losses]
    right = sum(loss < EQUAL for loss in lost)
    return {
        "rule": rule,
        "right": f"{right} of {len(lost)}",
        "mean loss of AMI": f"{np.mean(lost):.3f}",
        "worst": f"{max(lost):.2f}",
    }


if __name__ == "__main__":
    main()
