"""What the benchmarks share: a server of their own, times with their spread, tables in Markdown, sides registered."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from dies.places import evidence
from dies.registration import Registration, Relief, bank, register
from graph.connection import Database
from graph.server.home import Home
from graph.server.process import down, up

Side = TypeVar("Side")


@contextmanager
def throwaway_server(kept: Path | None = None) -> Iterator[Database]:
    """An empty embedded server, gone afterwards: a benchmark never meets anybody's coins. In a ``kept`` folder what an
    earlier run left is there."""
    with tempfile.TemporaryDirectory(prefix="coingraph-benchmark-") as temporary:
        folder = kept.resolve() if kept else Path(temporary)
        os.environ.pop("NEO4J_URI", None)
        os.environ["COINGRAPH_HOME"] = str(folder)
        home = Home(folder)
        try:
            with Database(up(home)) as db:
                yield db
        finally:
            down(home)


def registered(
    pairs: Iterable[tuple[Side, Side]], reliefs: Mapping[Side, Relief]
) -> Iterator[tuple[Registration, Relief]]:
    """Of each pair of sides how it lies, and the second side; pairs with the same first side stand together, for it is
    looked at once."""
    for first, some in groupby(pairs, key=lambda pair: pair[0]):
        spectra = bank(reliefs[first])
        for _, second in some:
            yield register(spectra, reliefs[first], reliefs[second]), reliefs[second]


def likenesses(pairs: Iterable[tuple[Side, Side]], reliefs: Mapping[Side, Relief]) -> Iterator[float]:
    """The likeness of each pair of sides, as `registered` takes them."""
    for found, second in registered(pairs, reliefs):
        yield evidence(found, second).likeness


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def with_spread(values: Sequence[float], unit: str = "", digits: int = 3) -> str:
    """Median and, in brackets, the smallest and the largest."""
    low, middle, high = (f"{v:.{digits}g}" for v in (min(values), statistics.median(values), max(values)))
    return f"{middle}{unit} ({low} to {high})"


def markdown(rows: Sequence[dict[str, Any]]) -> str:
    from tabulate import tabulate

    return tabulate(list(rows), headers="keys", tablefmt="github")


def write_between_marks(path: Path, begin: str, end: str, text: str) -> None:
    """Replace what the two marks of a page enclose, or put it at the page's end; ``text`` has both marks."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    head, _, rest = before.partition(begin)
    tail = rest.partition(end)[2].lstrip("\n")
    parts = [head.rstrip("\n"), text.rstrip("\n"), tail.rstrip("\n")]
    path.write_text("\n\n".join(part for part in parts if part) + "\n", encoding="utf-8")
