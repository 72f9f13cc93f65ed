"""Which pipeline finds the right coin first: every step from the thesis' way to `coin-lite2`, on real and made coins.

Prints a table in Markdown: first hit and mean average precision of leave-one-out retrieval by cosine (mean over labels,
bootstrap 95 % intervals), how often the nearest neighbour comes from the same museum or camera, and milliseconds a
picture. Transforms are fitted on both faces together.

    python -m benchmarks.pipelines [--ocre ../shared/data/ocre] [--hoard-seed 101] [--only WORDS]
                                   [--write docs/discernment.md]
"""

import argparse
import csv
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.closer import TOP, WAYS, finder, look
from benchmarks.common import markdown, write_between_marks
from embed import DEFAULT_SPACE
from embed.models import Backbone, View, efficientnet_lite
from embed.pooling import Pooling
from embed.registry import RECIPES, load_model
from embed.transforms import Transform
from hoard import make_hoard, read_truth
from ingest.images import open_picture
from ingest.outlines import Outline, find_outline
from measure.likeness import Likeness
from measure.retrieval import retrieval

BATCH = 32
BEGIN, END = "<!-- begin: python -m benchmarks.pipelines -->", "<!-- end: python -m benchmarks.pipelines -->"
FACES = ("reverse", "obverse")


@dataclass(frozen=True)
class Photo:
    face: str
    file: Path
    label: str | None
    camera: str


@dataclass(frozen=True)
class Pipeline:
    """One row of the table: EfficientNet-Lite ``variant``; ``block`` None is the network's last layer."""

    name: str
    view: View = field(default_factory=View)
    block: int | None = None
    pooling: str = "mean"
    transform: Transform = field(default_factory=Transform)
    variant: int = 0


CUT = View(cutout=True, grey=True, normalise=True)
SOFT = RECIPES["coin-lite2"].view
HALF = Transform("half-whiten")
SOFTLY = RECIPES["coin-lite2"].transform
PIPELINES = [
    Pipeline("the thesis' way: grey, squashed, last layer", View(grey=True)),
    Pipeline("standardised", View(grey=True), transform=Transform("standardise")),
    Pipeline("colour, standardised", View(), transform=Transform("standardise")),
    Pipeline("cut out, grey, normalised, standardised", CUT, transform=Transform("standardise")),
    Pipeline("block 11, mean, half-whitened", CUT, 11, "mean", HALF),
    Pipeline("block 11, generalised mean, half-whitened", CUT, 11, "gem", HALF),
    Pipeline("block 11, grid 5, raw", CUT, 11, "grid5"),
    Pipeline("block 11, grid 5, centred", CUT, 11, "grid5", Transform("centre")),
    Pipeline("block 11, grid 5, whitened", CUT, 11, "grid5", Transform("whiten")),
    Pipeline("block 11, grid 5, half-whitened", CUT, 11, "grid5", HALF),
    Pipeline("the same, not cut out", View(grey=True, normalise=True), 11, "grid5", HALF),
    Pipeline("the same, in colour", View(cutout=True, normalise=True), 11, "grid5", HALF),
    Pipeline("block 10, grid 5, half-whitened", CUT, 10, "grid5", HALF),
    Pipeline("block 10, grid 7, half-whitened", CUT, 10, "grid7", HALF),
    Pipeline("the same, in colour, detail of 96 pixels", View(True, False, True, 224, 96), 10, "grid7", HALF),
    Pipeline("block 11, grid 5, detail of 96 pixels", SOFT, 11, "grid5", HALF),
    Pipeline("block 10, grid 7, detail of 96 pixels", SOFT, 10, "grid7", HALF),
    Pipeline("Lite2, block 12, grid 7", SOFT, 12, "grid7", HALF, 2),
    Pipeline("Lite2, block 13, grid 7", SOFT, 13, "grid7", HALF, 2),
    Pipeline("Lite2, block 14, grid 7", SOFT, 14, "grid7", HALF, 2),
    Pipeline("Lite2, block 12, inner 7", SOFT, 12, "inner7", HALF, 2),
    Pipeline("Lite2, block 13, inner 7, whitened by 0.4", SOFT, 13, "inner7", SOFTLY, 2),
    Pipeline("coin-lite0: block 10, inner 7, whitened by 0.4", SOFT, 10, "inner7", SOFTLY),
    Pipeline("coin-lite2: Lite2, block 12, inner 7, whitened by 0.4", SOFT, 12, "inner7", SOFTLY, 2),
]


def ocre(folder: Path) -> list[Photo]:
    photos = []
    with (folder / "metadata.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            photos.append(Photo("obverse", folder / "images" / row["heads"], row["portrait"] or None, row["source"]))
            photos.append(Photo("reverse", folder / "images" / row["tails"], row["reverse_design"], row["source"]))
    return photos


def hoard(folder: Path, seed: int) -> list[Photo]:
    make_hoard(folder, coins=120, types=10, seed=seed)
    photos = []
    for coin in read_truth(folder)["coins"]:
        for face, side in coin["sides"].items():
            kind = coin["type"] if side["shows"] == "obverse" else coin["reverse_type"]
            photos.append(Photo(face, folder / side["file"], f"{kind} {side['shows']}", coin["camera"]))
    return photos


def features(photos: list[Photo], view: View, backbone: Backbone, poolings: list[Pooling]) -> tuple[list, float]:
    """For each pooling the vectors of all photos, and milliseconds a photo from file to vector."""
    parts: list[list[np.ndarray]] = [[] for _ in poolings]
    started = time.perf_counter()
    for some in batched(photos):
        pictures = np.stack([view(open_picture(photo.file, 2 * view.size)) for photo in some])
        maps = backbone.features(pictures)
        for part, pooling in zip(parts, poolings, strict=True):
            part.append(np.asarray(pooling(maps)))  # type: ignore[arg-type]
    return [np.concatenate(part) for part in parts], (time.perf_counter() - started) * 1000 / len(photos)


def batched(photos: list[Photo]) -> Iterator[list[Photo]]:
    for start in tqdm(range(0, len(photos), BATCH), disable=None, unit="batch", leave=False):
        yield photos[start : start + BATCH]


def places_of(photos: list[Photo], face: str) -> list[int]:
    return [i for i, photo in enumerate(photos) if photo.face == face]


def measured(photos: list[Photo], likeness: dict[str, np.ndarray | Likeness]) -> dict[str, str]:
    """The figures of both faces, of which vectors or a likeness are given."""
    row = {}
    for face, near in likeness.items():
        at = places_of(photos, face)
        found = retrieval(near, [photos[i].label for i in at])
        row[f"{face}: first hit"], row[f"{face}: mAP"] = str(found.r1_macro), str(found.map_macro)
        shared = retrieval(near, [photos[i].camera for i in at])
        over_sides, over_cameras = shared.r1_micro, shared.r1_macro
        row[f"{face}: same camera"] = f"{over_sides.value:.2f} / {over_cameras.value:.2f}"
    return row


def closer_rows(photos: list[Photo], vectors: np.ndarray) -> list[dict[str, str]]:
    """What a closer look at the candidates of the default space adds, step by step."""
    find = finder(load_model(DEFAULT_SPACE, device="cpu"), [str(photo.file) for photo in photos])
    seen = {}
    for face in FACES:
        at = places_of(photos, face)
        seen[face] = look(find, [str(photos[i].file) for i in at], vectors[at])
    rows = []
    for way in WAYS:
        likeness = {face: seen[face].likeness(vectors[places_of(photos, face)], way) for face in FACES}
        rows.append({"pipeline": f"its {TOP} nearest, {way.name}"} | measured(photos, likeness))
    for face, each in seen.items():
        print(f"{face}: {each.ms_places:.2f} ms a pair by place, {each.ms_geometry:.1f} by geometry", file=sys.stderr)
    return rows


def chance(photos: list[Photo]) -> dict[str, str]:
    row = {"pipeline": "chance"}
    for face in FACES:
        some = [photo for photo in photos if photo.face == face]
        found = retrieval(np.ones((len(some), 2)), [photo.label for photo in some])
        row[f"{face}: first hit"] = f"{found.r1_macro.chance:.3f}"
        row[f"{face}: mAP"] = f"{found.map_macro.chance:.3f}"
        shared = retrieval(np.ones((len(some), 2)), [photo.camera for photo in some])
        over_sides, over_cameras = shared.r1_micro, shared.r1_macro
        row[f"{face}: same camera"] = f"{over_sides.chance:.2f} / {over_cameras.chance:.2f}"
    return row


def table(photos: list[Photo], pipelines: list[Pipeline]) -> list[dict[str, str]]:
    rows: dict[str, dict[str, str]] = {}
    best = None
    looks = dict.fromkeys((pipeline.view, pipeline.variant, pipeline.block) for pipeline in pipelines)
    for view, variant, block in looks:
        mine = [p for p in pipelines if (p.view, p.variant, p.block) == (view, variant, block)]
        poolings = list(dict.fromkeys(Pooling.named(p.pooling) for p in mine))
        found, each = features(photos, view, efficientnet_lite(variant, None, "cpu", block), poolings)
        for p in mine:
            raw = found[poolings.index(Pooling.named(p.pooling))]
            transform = Transform(p.transform.kind, p.transform.dimension, p.transform.exponent).fit(raw)
            vectors = transform.transform(raw)
            likeness = {face: vectors[places_of(photos, face)] for face in FACES}
            rows[p.name] = measured(photos, likeness) | {"ms": f"{each:.0f}"}
            best = vectors if p.name.startswith(DEFAULT_SPACE) else best
            print(p.name, rows[p.name], file=sys.stderr)
    closer = closer_rows(photos, best) if best is not None else []
    return [chance(photos), *({"pipeline": p.name} | rows[p.name] for p in pipelines), *closer]


def overlap(folder: Path) -> tuple[float, int, int]:
    """The cut-out's mean intersection over union with the known outlines, pictures, and pictures it is not sure of."""
    shares, unsure = [], 0
    for coin in read_truth(folder)["coins"]:
        for side in coin["sides"].values():
            picture = open_picture(folder / side["file"])
            seen = find_outline(picture)
            true = Outline(np.array(side["outline"], np.float32) + 0.5, picture.size, 1.0)
            a, b = (outline.mask(*picture.size) > 0.5 for outline in (seen, true))
            shares.append((a & b).sum() / (a | b).sum())
            unsure += not seen.sure
    return float(np.mean(shares)), len(shares), unsure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ocre", type=Path, default=Path("../shared/data/ocre"))
    parser.add_argument("--hoard-seed", type=int, default=101)
    parser.add_argument("--only", help="Only pipelines whose name holds these words.")
    parser.add_argument("--json", type=Path, help="Write the rows there as well.")
    parser.add_argument("--write", type=Path, help="Put the tables into this file, between their two marks.")
    asked = parser.parse_args()
    pipelines = [p for p in PIPELINES if not asked.only or asked.only in p.name]
    results = {}
    with tempfile.TemporaryDirectory() as temporary:
        made = Path(temporary, "hoard")
        data = {f"sample hoard, seed {asked.hoard_seed}": partial(hoard, made, asked.hoard_seed)}
        if asked.ocre.is_dir():
            data = {"ocre": partial(ocre, asked.ocre), **data}
        for name, photos in data.items():
            results[name] = table(photos(), pipelines)
        share, pictures, unsure = overlap(made)
    parts = [f"### {name}\n\n{markdown(rows)}" for name, rows in results.items()]
    parts.append(f"Cut-out: mean intersection over union {share:.3f} on {pictures} pictures, {unsure} not sure.")
    text = "\n\n".join([BEGIN, *parts, END]) + "\n"
    print(text)
    if asked.write:
        write_between_marks(asked.write, BEGIN, END, text)
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
