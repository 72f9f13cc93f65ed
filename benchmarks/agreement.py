"""How well communities agree with known types: algorithms, and thresholds by edges a coin, beside chance.

    python -m benchmarks.agreement                                   sample hoards of 60 and 600 coins
    python -m benchmarks.agreement DIR [--metadata FILE] [--type COLUMN]

Each collection goes through ingest, embed and link in a database of its own. Then every algorithm runs on projections
that keep so many edges a coin; nothing of this is stored. The numbers are adjusted mutual information with the
catalogued types, coins of no community counting as communities of one; the last column is the 95 % range of chance.
"""

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

from tabulate import tabulate

from embed import DEFAULT_SPACE
from graph import connect
from graph.connection import Database
from graph.detection import ALGORITHMS, Options, detect
from graph.projection import automatic_percentile, projected
from graph.server.home import Home
from graph.server.process import down
from graph.types import labels
from hoard import make_hoard
from measure.communities import Agreement, agreement
from pipeline.embed import embed
from pipeline.ingest import ingest
from pipeline.link import link

EDGES_A_COIN = (2, 3, 5, 8, 12, 20)
HOARDS = [(60, 6, seed) for seed in (1, 2, 3)] + [(600, 30, 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--metadata", type=Path)
    parser.add_argument("--type", dest="type_column")
    parser.add_argument("--space", default=DEFAULT_SPACE)
    parser.add_argument("--work", type=Path, help="keep hoards and databases there, and use those that are there")
    options = parser.parse_args()
    os.environ.pop("NEO4J_URI", None)
    with tempfile.TemporaryDirectory() as temporary:
        work = (options.work or Path(temporary)).resolve()
        if options.folder:
            metadata = options.metadata and options.metadata.resolve()
            name = options.folder.resolve().name
            measure(work / name, options.folder.resolve(), metadata, options.type_column, options.space)
        for coins, types, seed in [] if options.folder else HOARDS:
            folder = work / f"hoard-{coins}-{types}-{seed}"
            make_hoard(folder / "hoard", coins, types, seed)
            measure(folder, folder / "hoard", folder / "hoard" / "coins.csv", None, options.space)


def measure(work: Path, folder: Path, metadata: Path | None, type_column: str | None, space: str) -> None:
    """Bring a collection into a database in ``work`` and print the table of agreement."""
    os.environ["COINGRAPH_HOME"] = str(work / "home")
    try:
        with connect() as db:
            ingest(db, folder, work.name, metadata=metadata, type_column=type_column)
            slug = embed(db, space=space).space.slug
            link(db, space=slug)
            types = labels(db)
            print(f"\n{work.name}: {len(types)} coins of {len(set(types.values()))} types, space {space}")
            for face in ("both", "obverse", "reverse"):
                rows = [row(db, slug, face, algorithm, types) for algorithm in ALGORITHMS]
                print(tabulate([r for r in rows if r], headers="keys", floatfmt=".2f"), flush=True)
    finally:
        down(Home.from_environment())


def row(db: Database, slug: str, face: str, algorithm: str, types: dict[str, str]) -> dict[str, Any]:
    """AMI of one algorithm for every number of edges a coin."""
    if algorithm == "hdbscan" and face == "both":
        return {}
    result: dict[str, Any] = {"face": face, "algorithm": algorithm}
    found = None
    for edges in EDGES_A_COIN if algorithm != "hdbscan" else (5,):
        with projected(
            db, slug, face, automatic_percentile(db, slug, face, edges), algorithm == "hdbscan"
        ) as projection:
            communities = detect(db, projection, Options(algorithm, face).completed()).communities
        of = {member: c.number for c in communities for member in c.members}
        ids = {coin: coin if face == "both" else f"{coin}/{face}" for coin in types}
        found = agreement([of.get(ids[coin], coin) for coin in types], list(types.values()))
        result[f"{edges}"] = found.ami
    return result | {"chance": _range(found)}


def _range(found: Agreement | None) -> str:
    return f"{found.chance_low:.2f} to {found.chance_high:.2f}" if found else ""


if __name__ == "__main__":
    main()
