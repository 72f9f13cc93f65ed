"""More detail of a coin than the 96 pixels that the default model keeps: alone, beside these, and with legends.

Prints tables in Markdown as `benchmarks.legends` does: first hit / mAP, with the gain over the 96 pixels, without
legends or with them, and its paired 95 % interval. `nummi` has 560 pixels a picture, `ocre` 100 to 175, which more
detail only blurs up.

    python -m benchmarks.detail [--data ../shared/data] [--details 128 176] [--half 2] [--kept FOLDER]
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.common import markdown
from benchmarks.legends import QUESTIONS, cosines, figures, half_of, joined, ocre, seen
from benchmarks.sides import nummi, vectors_of
from embed import DEFAULT_SPACE
from embed.legends.reader import Reader
from embed.registry import load_model
from ingest.records import FACES
from measure.neighbours import unit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--details", type=int, nargs="+", default=[128, 176], help="Pixels.")
    parser.add_argument("--half", type=int, default=2, choices=(0, 1, 2), help="Of nummi's types; 0 is both.")
    parser.add_argument("--kept", type=Path, help="Keep vectors there, and use those that are there.")
    asked = parser.parse_args()
    model = load_model(DEFAULT_SPACE, device="cpu")
    for collection in (nummi(asked.data), ocre(asked.data)):
        found = seen(collection, Reader(device="cpu"), asked.kept)
        vectors = {"96 pixels, the default": {face: unit(found.image[face]) for face in FACES}}
        for detail in asked.details:
            fine = replace(model, view=replace(model.view, detail=detail))
            alone = vectors_of(replace(collection, name=f"{collection.name}-{detail}"), asked.kept, fine)
            vectors[f"{detail} pixels"] = {face: unit(alone[face]) for face in FACES}
            both = {face: np.hstack([unit(found.image[face]), unit(alone[face])]) for face in FACES}
            vectors[f"96 and {detail} pixels"] = both
        labels = collection.labels
        mine = half_of(labels["type"], asked.half if collection.name == "nummi" else 0)
        rows = []
        for said in ("", ", with legends"):
            base: dict[str, np.ndarray] = {}
            for name, image in vectors.items():
                of = replace(found, image=image)
                like = {face: cosines(joined(of, face) if said else image[face]) for face in FACES}
                like["both"] = like["obverse"] + like["reverse"]
                base = base or like
                shown = {label: figures(like[face], base[face], labels[label], mine) for face, label in QUESTIONS}
                rows.append({"by": name + said} | shown)
        print(f"### {collection.name}: {mine.sum()} of {len(mine)} coins asked for\n\n{markdown(rows)}\n")


if __name__ == "__main__":
    main()
