"""What the lists that accuse find on sample hoards, and how many of the rows that stand out are false alarms.

    python -m benchmarks.lists [--seeds 31 32 33] [--coins 100] [--types 9] [--difficulty 0.5]

Each hoard goes through `run` in a database of its own; doubtful types are listed again after `propose`. Beside the
planted coins that stand out are those that are rows at all, and the false rows of both kinds.
"""

import argparse
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.common import markdown, throwaway_server
from graph.connection import Database
from hoard import HoardTruth, make_hoard
from pipeline.propose import propose
from pipeline.run import RunResult, run
from queries.catalogue import run as ask
from queries.stored import stored

#: The planted oddity that each list is for. What else is odd in a hoard counts as a false alarm.
LISTS = {
    "double": "doubles",
    "swapped": "swapped-sides",
    "mule": "mules",
    "weight_outlier": "outliers",
    "wrong_legend": "doubtful-legends",
    "miscatalogued": "doubtful-types",
}
PROPOSED = "doubtful-types after propose"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[31, 32, 33])
    parser.add_argument("--coins", type=int, default=100)
    parser.add_argument("--types", type=int, default=9)
    parser.add_argument("--difficulty", type=float, default=0.5)
    options = parser.parse_args()
    counted: Counter[tuple[str, str]] = Counter()
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as folder, throwaway_server() as db:
            truth = make_hoard(Path(folder, "hoard"), options.coins, options.types, seed, options.difficulty)
            counted += count(db, truth)
    columns = ("planted", "stand out", "rows", "false that stand out", "false rows")
    names = [*LISTS.values(), PROPOSED]
    print(markdown([{"list": name} | {c: counted[name, c] for c in columns} for name in names]))


def count(db: Database, truth: HoardTruth) -> Counter[tuple[str, str]]:
    done, counted = run(db, truth.folder, "hoard", confirm=lambda _: True), Counter[tuple[str, str]]()
    for kind, name in LISTS.items():
        counted += count_rows(db, truth, done, kind, name)
    propose(db)
    return counted + count_rows(db, truth, done, "miscatalogued", PROPOSED)


def count_rows(db: Database, truth: HoardTruth, done: RunResult, kind: str, name: str) -> Counter[tuple[str, str]]:
    counted: Counter[tuple[str, str]] = Counter()
    question = stored(name.split()[0])
    takes = {parameter.name for parameter in question.parameters}
    values = {"space": done.space, "partition": done.analysis.partition, "limit": 1000}
    found = ask(db, question, {key: value for key, value in values.items() if key in takes})
    planted = {frozenset(f"hoard/{coin}" for coin in plant) for plant in truth.planted(kind)}
    for row in found.rows:
        true = frozenset(filter(None, (row["coin"], row.get("other")))) in planted
        counted[name, "rows" if true else "false rows"] += 1
        if row in found.notable:
            counted[name, "stand out" if true else "false that stand out"] += 1
    counted[name, "planted"] += len(planted)
    return counted


if __name__ == "__main__":
    main()
