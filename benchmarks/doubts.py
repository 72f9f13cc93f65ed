"""Which records `propose` doubts: wrong ones that were put in on purpose, and those of a collection as it is.

Ten records of a collection are made wrong, many times over: by exchanging them at random, and, which is harder, by
giving each the name of a type that reads most like its own. Prints a table in Markdown: how many of the ten stand among
the first ten doubts, how many the list holds, how many others it holds and how many false alarms it expects, each as a
mean with its 95 % interval (bootstrap over the trials); and how many records of the collection as it is are doubted.
Beside it the rule of before (commit a7af668), which took no account of the record: doubted was a record whose type was,
by the votes alone, less probable than another of at least 0.25, by vectors of pictures. Now vectors are those `run`
goes by, of pictures and legends, without and with the legends on record; a wrong record brings its own along. No
photograph was compared closely.

    python -m benchmarks.doubts [--data ../shared/data] [--collections nummi ocre] [--hoards 61 62 63]
                                [--ways exchanged renamed] [--seeds 0 19] [--kept FOLDER] [--write docs/discernment.md]
"""

import argparse
import difflib
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.common import markdown, write_between_marks
from benchmarks.legends import Read, joined, ocre, seen, struck
from benchmarks.sides import Collection, nummi
from embed.legends.compare import legibility, legible, raised
from embed.legends.reader import Reader
from ingest.records import FACES
from measure.coinset import CoinSet, Written
from measure.proposals import Answer, Proposals, propose

WRONG = 10  # records that are made wrong
LEAST = 0.25
BEGIN, END = "<!-- begin: python -m benchmarks.doubts -->", "<!-- end: python -m benchmarks.doubts -->"


@dataclass(frozen=True)
class Doubts:
    """The coins (places) in the order of doubt, how many of them are in the list, and the false alarms it expects."""

    order: list[int]
    listed: int
    expected: float


def weighed(found: Proposals, records: Sequence[str]) -> Doubts:
    """The records that are likelier wrong than right."""
    right = {int(answer.coin): answer.of(records[int(answer.coin)]) for answer in found.left_out}
    order = sorted(right, key=lambda coin: (right[coin], coin))
    listed = [coin for coin in order if right[coin] < 0.5]
    return Doubts(order, len(listed), sum(right[coin] for coin in listed))


def before(found: Proposals, records: Sequence[str]) -> Doubts:
    """The records that are less probable than another type, had they not been there."""

    def lead(answer: Answer) -> float:
        best = answer.proposals[0].probability if answer.proposals else 0.0
        return best - answer.of(records[int(answer.coin)]) if best >= LEAST else 0.0

    leads = {int(answer.coin): lead(answer) for answer in found.hidden}
    order = sorted(leads, key=lambda coin: (-leads[coin], coin))
    own = {int(answer.coin): answer.of(records[int(answer.coin)]) for answer in found.hidden}
    listed = [coin for coin in order if leads[coin] > 0]
    return Doubts(order, len(listed), sum(own[coin] for coin in listed))


@dataclass(frozen=True)
class Rule:
    """A way to doubt: by ``vectors`` of each face and legends ``written``, in an order of its own."""

    doubt: Callable[[Proposals, Sequence[str]], Doubts]
    vectors: Callable[[Read], dict[str, np.ndarray]]
    written: Callable[[Read, Sequence[int]], list[Written]]


def pictures_and_legends(read: Read) -> dict[str, np.ndarray]:
    return {face: joined(read, face) for face in FACES}


def written(read: Read, rows: Sequence[int]) -> list[Written]:
    """What was read beside the legends that these ``rows`` of the table have, other than the types' names."""
    labels = read.collection.labels
    return [
        Written.of(raised(read.read[face]), legible(read.read[face]), [labels[f"{face}_legend"][row] for row in rows])
        for face in FACES
        if labels[f"{face}_legend"] != labels["type"] and legibility(read.sure[face])
    ]


RULES = {
    "a7af668": Rule(before, lambda read: dict(read.image), lambda read, rows: []),
    "without recorded legends": Rule(weighed, pictures_and_legends, lambda read, rows: []),
    "now": Rule(weighed, pictures_and_legends, written),
}


def exchanged(records: Sequence[str], random: np.random.Generator) -> dict[int, int]:
    """Ten records dealt anew among their coins, so that each gets another type: whose record each coin gets."""
    while True:
        coins = random.choice(len(records), WRONG, replace=False)
        given = dict(zip(coins.tolist(), np.roll(coins, 1).tolist(), strict=True))
        if all(records[coin] != records[other] for coin, other in given.items()):
            return given


def renamed(records: Sequence[str], random: np.random.Generator) -> dict[int, int]:
    """Ten coins, each with a record whose type has, of all others, the name that reads most like its own."""
    coins, names = random.choice(len(records), WRONG, replace=False).tolist(), sorted(set(records))

    def alike(one: str, other: str) -> float:
        return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()

    given = [max((n for n in names if n != records[c]), key=lambda n: alike(records[c], n)) for c in coins]
    return {coin: records.index(name) for coin, name in zip(coins, given, strict=True)}


WAYS = {"exchanged": ("exchanged at random", exchanged), "renamed": ("most alike by name", renamed)}
COLLECTIONS = {"nummi": nummi, "ocre": ocre}


def proposed(read: Read, rule: Rule, rows: Sequence[int]) -> Proposals:
    """What is proposed where each coin has one of the ``rows`` of the table."""
    coins = [f"{place:05}" for place in range(len(rows))]
    types = [read.collection.labels["type"][row] for row in rows]
    written = rule.written(read, rows)
    return propose(CoinSet(read.collection.name, "both", coins, rule.vectors(read), {"type": types}, written=written))


def with_interval(values: Sequence[float], seed: int = 1) -> str:
    """The mean, and the 95 % interval of it by 2,000 bootstrap samples."""
    drawn = np.random.default_rng(seed).choice(values, (2000, len(values))).mean(1)
    low, high = np.percentile(drawn, (2.5, 97.5))
    return f"{np.mean(values):.2f} ({low:.2f} to {high:.2f})"


def rows_of(read: Read, ways: Sequence[str], seeds: Sequence[int]) -> Iterator[dict[str, str]]:
    name = read.collection.name
    records = [str(value) for value in read.collection.labels["type"]]
    for rule, how in RULES.items():
        as_it_is = proposed(read, how, range(len(records)))
        kept = how.doubt(as_it_is, records)
        for way, make in (WAYS[name] for name in ways):
            found, doubts = [], []
            for seed in seeds:
                given = make(records, np.random.default_rng(seed))
                rows = [given.get(place, place) for place in range(len(records))]
                found.append(proposed(read, how, rows))
                doubts.append((how.doubt(found[-1], [records[row] for row in rows]), set(given)))
            caught = [len(coins & set(d.order[: d.listed])) for d, coins in doubts]
            others = [d.listed - number for (d, _), number in zip(doubts, caught, strict=True)]
            yield {
                "collection": f"{name} ({len(records)} coins, {len(set(records))} types)",
                "ten wrong": way,
                "rule": rule,
                "of the ten, among the first ten": with_interval(
                    [len(coins & set(d.order[:WRONG])) for d, coins in doubts]
                ),
                "in the list": with_interval(caught),
                "others in the list": with_interval(others),
                "false alarms expected": with_interval([d.expected for d, _ in doubts]),
                "doubted as it is": f"{kept.listed} ({100 * kept.listed / len(records):.1f} %)",
            }
            trust = with_interval([proposals.trust for proposals in found])
            print(
                f"{name}, {rule}, {way}: trust {as_it_is.trust:.3f} as it is, {trust} then", file=sys.stderr, flush=True
            )


def section(rows: Sequence[dict[str, str]], asked: argparse.Namespace) -> str:
    """The section in Markdown."""
    words = {name: " ".join(map(str, getattr(asked, name))) for name in ("collections", "hoards", "ways", "seeds")}
    options = "".join(f" --{name} {some}".rstrip() for name, some in words.items())
    return f"""{BEGIN}
## Doubts of records

Ten records were made wrong, {asked.seeds[1] - asked.seeds[0] + 1} times over: exchanged at random among their coins,
or each given the type whose name reads most like its own. Now by pictures and legends, as `run` goes; before, by
pictures. Means over the trials with 95 % intervals;
*others* were in the catalogue before, and some of them may be wrong; *false alarms expected* is what the program itself
says of its list.

{markdown(rows)}

`python -m benchmarks.doubts{options} --write docs/discernment.md` makes this section.
{END}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--collections", nargs="*", choices=list(COLLECTIONS), default=list(COLLECTIONS))
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--hoards", type=int, nargs="*", default=[61, 62, 63])
    parser.add_argument("--seeds", type=int, nargs=2, default=[0, 19], help="The first and the last: a trial each.")
    parser.add_argument("--kept", type=Path, help="Keep vectors and strips there, and use those that are there.")
    parser.add_argument("--write", type=Path, help="put the section into this file, between its two marks")
    asked = parser.parse_args()
    reader, rows = Reader(None, "cpu"), []
    with tempfile.TemporaryDirectory() as work:
        for collection in collections(asked.data, asked.collections, asked.hoards, Path(work)):
            first, last = asked.seeds
            rows += list(rows_of(seen(collection, reader, asked.kept), asked.ways, range(first, last + 1)))
    text = section(rows, asked)
    print(text)
    if asked.write:
        write_between_marks(asked.write, BEGIN, END, text)


def collections(data: Path, names: Sequence[str], seeds: Sequence[int], work: Path) -> Iterator[Collection]:
    for name in names:
        if (data / name).is_dir():
            yield COLLECTIONS[name](data)
    for seed in seeds:
        yield struck(work / f"hoard-{seed}", seed)


if __name__ == "__main__":
    main()
