"""The steps that bring ingest, embed and graph together: each can be stopped at any moment and run again."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from errors import CoingraphError

if TYPE_CHECKING:
    from graph.communities import AnalysisResult
    from graph.connection import Database


class Busy(CoingraphError):
    """Another process is at work on the same database."""


_holding = False


@contextmanager
def exclusive() -> Iterator[None]:
    """One writing step at a time for a database: a lock the system itself releases, even after `kill -9`.

    The lock is a file of the user's own machine, named after the server, so it does not keep apart two machines that
    write to one remote server. A step inside a step (`run`) holds the lock already.
    """
    global _holding
    if _holding:
        yield
        return
    from graph.connection import Address
    from graph.server import Home

    home = Home.from_environment().path
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    remote = Address.from_environment()
    name = "work" if remote is None else "work-" + "".join(c if c.isalnum() else "_" for c in remote.uri)
    with Path(home, f"{name}.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Busy(
                f"process {file.read().strip() or '?'} is at work on this database; wait for it to end"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        _holding = True
        try:
            yield
        finally:
            _holding = False


# --- ingest ---------------------------------------------------------------------------------------------------------


# --- embed ----------------------------------------------------------------------------------------------------------


# --- link -----------------------------------------------------------------------------------------------------------


# --- analyze --------------------------------------------------------------------------------------------------------


def analyze(
    db: "Database",
    *,
    space: str | None = None,
    face: str = "both",
    algorithm: str = "leiden",
    percentile: float | None = None,
    resolution: float | None = None,
    seed: int | None = None,
) -> "AnalysisResult":
    """Find communities and central coins of a space (its name or slug; may be left out where there is only one).

    Raises `BadOption` for an option that the algorithm does not have, `NoEdges` where nothing was linked.
    """
    from graph.centrality import write_centralities
    from graph.communities import result_of, store_partition
    from graph.detection import Options, detect
    from graph.projection import projected
    from graph.runs import recorded
    from graph.spaces import find_space

    options = Options(algorithm, face, percentile, resolution, seed).completed()
    slug = find_space(db, space).slug
    with exclusive(), recorded(db, "analyze", {"space": slug, **asdict(options)}) as run:
        with projected(db, slug, face, percentile, vectors=algorithm == "hdbscan") as projection:
            detection = detect(db, projection, options)
            centralities = write_centralities(db, projection)
        store_partition(db, projection, options, detection, run)
        result = result_of(projection, options, detection, centralities)
        run.notes |= {"threshold": result.chosen, **centralities}
    return result


def remove_partition(db: "Database", name: str) -> None:
    """Remove a partition by its id; raises `NoPartition`."""
    from graph import communities
    from graph.runs import recorded

    with exclusive(), recorded(db, "partitions remove", {"partition": name}) as run:
        communities.remove_partition(db, name, run)



# --- run ------------------------------------------------------------------------------------------------------------
