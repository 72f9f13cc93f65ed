"""How near the levels of `analyze --levels`, chosen without labels, come to the types: nummi, ocre and sample hoards.

Prints a table in Markdown: adjusted mutual information of communities with the types, coins of no community counting as
communities of one. *today* is resolution 1, *best* the best of all resolutions by the types, which only they could
tell. Networks are those of both sides, five edges a coin, by pictures and legends as `run` joins them; communities are
those of `measure.communities`.

    python -m benchmarks.levels [--data ../shared/data] [--hoards 41 42 43] [--kept FOLDER] [--write docs/analysis.md]
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.common import markdown, write_between_marks
from benchmarks.legends import joined, ocre, seen, struck
from benchmarks.sides import Collection, networks, nummi
from embed.legends.reader import Reader
from ingest.records import FACES
from measure.communities import adjusted_information, communities, in_company
from measure.levels import RESOLUTIONS, choose

BEGIN, END = "<!-- begin: python -m benchmarks.levels -->", "<!-- end: python -m benchmarks.levels -->"


def row(collection: Collection, reader: Reader, kept: Path | None) -> dict[str, str]:
    found = seen(collection, reader, kept)
    network = networks({face: joined(found, face) for face in FACES})["both"]
    types = collection.labels["type"]
    coarse, fine = choose(network)
    whole = communities(network, "leiden", resolution=coarse.resolution)
    inside = network[whole[network.first] == whole[network.second]]
    parts = communities(inside, "leiden", resolution=fine.resolution) if fine.resolution > coarse.resolution else whole
    by_resolution = {one: communities(network, "leiden", resolution=one) for one in RESOLUTIONS}
    best = max(RESOLUTIONS, key=lambda one: agreed(by_resolution[one], types))
    return {
        "collection": f"{collection.name}, {network.count} coins, {len(set(filter(None, types)))} types",
        "today": told(by_resolution[1.0], types, 1.0),
        "coarse": told(whole, types, coarse.resolution),
        "fine": told(parts, types, fine.resolution),
        "best": told(by_resolution[best], types, best),
    }


def told(codes: np.ndarray, types: Sequence[str | None], resolution: float) -> str:
    several = len(np.unique(codes[in_company(codes)]))
    return f"{agreed(codes, types):.3f} ({several} at {resolution:g})"


def agreed(codes: np.ndarray, types: Sequence[str | None]) -> float:
    known = [place for place, kind in enumerate(types) if kind]
    kinds = np.unique([str(types[place]) for place in known], return_inverse=True)[1]
    return adjusted_information(np.unique(codes[known], return_inverse=True)[1], kinds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--hoards", type=int, nargs="*", default=[41, 42, 43])
    parser.add_argument("--kept", type=Path, help="Where vectors and strips are kept for the next time.")
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    reader = Reader(device="cpu")
    with tempfile.TemporaryDirectory() as folder:
        collections = [nummi(asked.data), ocre(asked.data)]
        collections += [struck(Path(folder) / str(seed), seed) for seed in asked.hoards]
        text = markdown([row(collection, reader, asked.kept) for collection in collections])
    print(text)
    if asked.write:
        write_between_marks(asked.write, BEGIN, END, f"{BEGIN}\n\n{text}\n\n{END}")


if __name__ == "__main__":
    main()
