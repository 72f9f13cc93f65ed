"""Which records `propose` doubts: wrong ones that were put in on purpose, and those of a collection as it is.

Ten records of a collection are made wrong, many times over: by exchanging them at random, and, which is harder, by
giving each the name of a type that reads most like its own. Prints a table in Markdown: how many of the ten stand among
the first ten doubts, how many the list holds, how many others it holds and how many false alarms it expects, each as a
mean with its 95 % interval (bootstrap over the trials); and how many records of the collection as it is are doubted.
Beside it the rule of before (commit a7af668), which took no account of the record: doubted was a record whose type was,
by the votes alone, less probable than another of at least 0.25, by vectors of pictures. Now vectors are those `run`
goes by, of pictures and legends. No photograph was compared closely.

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
from benchmarks.legends import Read, joined, seen, struck
from benchmarks.sides import Collection, nummi, ocre
from embed.legends.reader import Reader
from ingest.records import FACES
from measure.coinset import CoinSet
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
    """A way to doubt: by ``vectors`` of each face, in an order of its own."""

    doubt: Callable[[Proposals, Sequence[str]], Doubts]
    vectors: Callable[[Read], dict[str, np.ndarray]]


RULES = {
    "a7af668": Rule(before, lambda read: dict(read.image)),
    "now": Rule(weighed, lambda read: {face: joined(read, face) for face in FACES}),
}


def exchanged(records: list[str], random: np.random.Generator) -> tuple[list[str], set[int]]:
    """Ten records dealt anew among their coins, so that each gets another type; and the places of these coins."""
    while True:
        coins = random.choice(len(records), WRONG, replace=False)
        given = [records[coin] for coin in np.roll(coins, 1)]
        if all(records[coin] != name for coin, name in zip(coins, given, strict=True)):
            return _with(records, coins.tolist(), given)


def renamed(records: list[str], random: np.random.Generator) -> tuple[list[str], set[int]]:
    """Ten records with the name, of another type, that reads most like theirs."""
    coins, names = random.choice(len(records), WRONG, replace=False).tolist(), sorted(set(records))

    def alike(one: str, other: str) -> float:
        return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()

    given = [max((n for n in names if n != records[c]), key=lambda n: alike(records[c], n)) for c in coins]
    return _with(records, coins, given)


def _with(records: list[str], coins: list[int], given: list[str]) -> tuple[list[str], set[int]]:
    new = dict(zip(coins, given, strict=True))
    return [new.get(place, record) for place, record in enumerate(records)], set(coins)


WAYS = {"exchanged": ("exchanged at random", exchanged), "renamed": ("most alike by name", renamed)}
COLLECTIONS = {"nummi": nummi, "ocre": ocre}


def proposed(name: str, vectors: dict[str, np.ndarray], records: list[str]) -> Proposals:
    coins = [f"{place:05}" for place in range(len(records))]
    return propose(CoinSet(name, "both", coins, vectors, {"type": list(records)}))


def with_interval(values: Sequence[float], seed: int = 1) -> str:
    """The mean, and the 95 % interval of it by 2,000 bootstrap samples."""
    drawn = np.random.default_rng(seed).choice(values, (2000, len(values))).mean(1)
    low, high = np.percentile(drawn, (2.5, 97.5))
    return f"{np.mean(values):.2f} ({low:.2f} to {high:.2f})"


def rows_of(read: Read, ways: Sequence[str], seeds: Sequence[int]) -> Iterator[dict[str, str]]:
    name, label = read.collection.name, next(iter(read.collection.labels.values()))
    records = [str(value) for value in label]
    for rule, how in RULES.items():
        vectors = how.vectors(read)
        as_it_is = proposed(name, vectors, records)
        kept = how.doubt(as_it_is, records)
        for way, make in (WAYS[name] for name in ways):
            trials = [make(records, np.random.default_rng(seed)) for seed in seeds]
            found = [(proposed(name, vectors, wrong), wrong, coins) for wrong, coins in trials]
            doubts = [(how.doubt(proposals, wrong), coins) for proposals, wrong, coins in found]
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
            trust = with_interval([proposals.trust for proposals, *_ in found])
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
