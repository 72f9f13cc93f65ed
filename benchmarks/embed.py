"""`embed` end to end into Neo4j, against what decoding alone and the model alone permit.

Run: python -m benchmarks.embed [--space efficientnet-lite0] [--pictures 192] [--rounds 5]

Decoding and the model each use all cores when alone, so together they cannot take less than the sum of both. The share
is that sum over the time of the whole step: reading, checksums, decoding, the model, and storing in Neo4j, whose server
works on the same cores.
"""

import argparse
import os
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.common import markdown, seconds, throwaway_server, with_spread
from embed.loader import load_batches
from embed.models import ImageModel
from embed.registry import load_model, slug
from graph.connection import Database
from graph.schema import prepare
from graph.spaces import SpaceRecord, count_to_embed, sides_to_embed
from ingest.images import probe
from pipeline.embed import embed_waiting

SIDES = "UNWIND $rows AS row CREATE (:Side:Obverse {id: row.id, uri: row.uri, sha256: row.sha256})"
FORGET = "MATCH (s:Side) SET s[$vector] = null, s[$source] = null"


def photographs(folder: Path, number: int, size: int) -> Iterator[Path]:
    """JPEGs that cost what photographs cost: a disc with structure and noise on a plain ground, each another."""
    draw = np.random.default_rng(size)
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    disc = (x**2 + y**2 < 0.8)[..., None]
    waves = np.sin(20 * x)[..., None] * np.cos(15 * y)[..., None] * [40, 35, 20]
    for n in range(number):
        grain = draw.integers(-12, 13, (size, size, 1))
        coin = 120 + np.roll(waves, n * size // number, 0) + grain
        file = folder / f"{size}-{n:04d}.jpg"
        Image.fromarray(np.where(disc, coin, 235).clip(0, 255).astype(np.uint8)).save(file, quality=90)
        yield file


def store_sides(db: Database, files: Iterator[Path]) -> None:
    prepare(db)
    db.write("MATCH (s:Side) DETACH DELETE s")
    db.write(SIDES, rows=[{"id": f.stem, "uri": f.as_uri(), "sha256": probe(f)[0]} for f in files])


def measure(db: Database, model: ImageModel, batch: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of each round, the three taken in turn so that a slow minute strikes all of them."""
    space = slug(model.name)
    record = SpaceRecord(model.name, space, model.model, "", "", model.dimension, {})
    waiting = list(sides_to_embed(db, space))
    prepared = [loaded.pictures for loaded in load_batches(waiting, model, batch)]
    times: dict[str, list[float]] = {"decoding": [], "model": [], "embed": []}
    for _ in range(rounds + 1):
        times["decoding"].append(seconds(lambda: [None for _ in load_batches(waiting, model, batch)]))
        times["model"].append(seconds(lambda: [model.embed(pictures) for pictures in prepared]))
        db.write(FORGET, vector=f"vector_{space}", source=f"source_{space}")
        times["embed"].append(seconds(lambda: embed_waiting(db, record, model, batch, None, len(waiting))))
        assert count_to_embed(db, space) == 0
    return {what: values[1:] for what, values in times.items()}  # the first warms up caches and the server


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", default="efficientnet-lite0")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--pictures", type=int, default=192)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1200, 4000], help="pixels of each side")
    asked = parser.parse_args()
    model = load_model(asked.space, device=asked.device)
    rows = []
    with throwaway_server() as db:
        for size in asked.sizes:
            with tempfile.TemporaryDirectory() as folder:
                store_sides(db, photographs(Path(folder), asked.pictures, size))
                times = measure(db, model, asked.batch, asked.rounds)
            each = {what: [1000 * t / asked.pictures for t in values] for what, values in times.items()}
            shares = [(d + m) / e for d, m, e in zip(times["decoding"], times["model"], times["embed"], strict=True)]
            rows.append(
                {
                    "pixels": f"{size} x {size}",
                    **{f"{what}, ms a picture": with_spread(values) for what, values in each.items()},
                    "pictures a second": f"{1000 / statistics.median(each['embed']):.1f}",
                    "share of the possible": with_spread(shares, digits=2),
                }
            )
    print(f"{model.name}, {asked.pictures} pictures, {os.cpu_count()} cores, median of {asked.rounds} (min to max)\n")
    print(markdown(rows))


if __name__ == "__main__":
    main()
