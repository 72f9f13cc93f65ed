"""Looking at photographs once, and at pairs of them side by side, with what was seen stored as it comes."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from typing import TYPE_CHECKING, Any

from errors import counting, say, tracked

if TYPE_CHECKING:
    from dies.finds import Finds
    from ingest.records import Photograph, Skipped

#: Two photographs of a pair, the one of the smaller id first.
PhotographPair = tuple["Photograph", "Photograph"]
#: One photograph and all those it is to be compared with.
Job = tuple["Photograph", "list[Photograph]"]


def look_at(
    finds: "Finds", photographs: "Sequence[Photograph]", pool: ThreadPoolExecutor, what: str
) -> "tuple[set[str], list[Skipped]]":
    """Look at the photographs that were not looked at before: the ids of those that can be used, and the others."""
    from ingest.images import BadImage
    from ingest.records import Skipped

    def make(photograph: "Photograph") -> Skipped | None:
        try:
            finds.make(photograph)
        except BadImage as error:
            return Skipped(str(photograph.path), str(error))
        return None

    usable = {photograph.id for photograph in photographs}
    waiting = [photograph for photograph in photographs if not finds.has(photograph.sha256)]
    skipped = []
    looked = zip(waiting, pool.map(make, waiting), strict=True)
    for photograph, problem in tracked(looked, what, "side", len(waiting)):
        if problem:
            say(f"skipped {problem}")
            skipped.append(problem)
            usable.discard(photograph.id)
    return usable, skipped


def look_at_pairs(
    pairs: Sequence[PhotographPair],
    look: Callable[[Job], list[Any]],
    write: Callable[[list[Any]], Any],
    pool: ThreadPoolExecutor,
    what: str,
    chunk: int,
) -> int:
    """Give each first photograph with its partners to ``look``, and what that says of each pair to ``write``.

    Pairs come by their first; some ``chunk`` of them are written together, by one thread, while others are looked at:
    what a kill can cost. Gives the number of pairs.
    """
    jobs = [(group[0][0], [two for _, two in group]) for group in _by_first(pairs)]
    stored: Future[Any] | None = None
    with ThreadPoolExecutor(1) as storing, counting(what, "pair", len(pairs)) as advance:
        for some in _chunks(jobs, chunk):
            seen = [row for rows in pool.map(look, some) for row in rows]
            if stored:
                stored.result()
            stored = storing.submit(write, seen)
            advance(len(seen))
        if stored:
            stored.result()
    return len(pairs)


def _by_first(pairs: Sequence[PhotographPair]) -> Iterator[list[PhotographPair]]:
    ordered = sorted(pairs, key=lambda pair: (pair[0].id, pair[1].id))
    return (list(group) for _, group in groupby(ordered, key=lambda pair: pair[0].id))


def _chunks(jobs: list[Job], size: int) -> Iterator[list[Job]]:
    chunk: list[Job] = []
    pairs = 0
    for job in jobs:
        chunk.append(job)
        pairs += len(job[1])
        if pairs >= size:
            yield chunk
            chunk, pairs = [], 0
    if chunk:
        yield chunk
