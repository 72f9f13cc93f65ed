"""Pictures read ahead of the model: threads decode and prepare the next ones while it computes."""

import os
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np

from embed.models import ImageModel
from ingest.cache import open_photograph
from ingest.images import BadImage, one_picture
from ingest.outlines import Outline
from ingest.records import Photograph, Skipped


@dataclass(frozen=True)
class Batch:
    """Pictures ready for the model, in the order they were asked for.

    ``pictures`` is (n, size, size, 3) uint8, one for each of ``photographs``, and so are ``outlines`` (None for a model
    that looks at whole pictures); ``skipped`` are those that were asked for among them and cannot be used. Either may
    be empty.
    """

    photographs: list[Photograph]
    pictures: np.ndarray
    outlines: list[Outline | None]
    skipped: list[Skipped]


def load_batches(
    photographs: Iterable[Photograph], model: ImageModel, batch: int = 32, threads: int | None = None
) -> Generator[Batch, None, None]:
    """Read and prepare ``photographs`` for ``model``, ``batch`` at a time (``threads``: one a core).

    At most two batches are read ahead, so memory does not grow with the collection.
    """
    ahead: deque[tuple[Photograph, Future[tuple[np.ndarray, Outline | None]]]] = deque()
    waiting = iter(photographs)
    pool = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="decode")

    def read_ahead() -> None:
        for photograph in islice(waiting, 2 * batch - len(ahead)):
            ahead.append((photograph, pool.submit(read, photograph, model)))

    try:
        read_ahead()
        while ahead:
            good: list[Photograph] = []
            pictures: list[np.ndarray] = []
            outlines: list[Outline | None] = []
            skipped: list[Skipped] = []
            while ahead and len(good) < batch:
                photograph, future = ahead.popleft()
                read_ahead()
                try:
                    picture, outline = future.result()
                    pictures.append(picture)
                    outlines.append(outline)
                    good.append(photograph)
                except BadImage as error:
                    skipped.append(Skipped(str(photograph.path), str(error)))
            yield Batch(good, np.stack(pictures) if pictures else np.empty(0, np.uint8), outlines, skipped)
    finally:
        pool.shutdown(cancel_futures=True)


def read(photograph: Photograph, model: ImageModel) -> tuple[np.ndarray, Outline | None]:
    """One photograph prepared for ``model``, (size, size, 3) uint8, and the coin's outline where it is wanted.

    Raises `BadImage`.
    """
    picture = open_photograph(photograph, model.at_least)
    with one_picture():
        outline = photograph.outline_at(picture.size) or model.outline(picture)
        return model.prepare(picture, outline), outline
