"""coingraph as a library: steps and questions on one graph, which return dataclasses and print nothing.

>>> import coingraph
>>> with coingraph.open("coins-home") as graph:
...     graph.ingest(Path("photographs"), "museum", type_column="type")
...     graph.embed(); graph.link(); graph.analyze()
...     for hit in graph.find("A.9", top=3):
...         print(hit.coin, hit.type, hit.score)

`Graph.progress` hears how far a step has come (`Progress`). Errors that a person can mend are `CoingraphError`.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import pipeline
from errors import CoingraphError, Progress, listening
from graph import connect
from graph.coins import linked_coins, read_coins
from graph.communities import list_partitions
from graph.connection import Database, in_home
from graph.derived import loss_curve
from graph.server import process
from graph.server.home import Home
from graph.sides import OutlinedSide, outlined_sides
from graph.spaces import SpaceRecord, default_space, find_space, list_spaces, set_default_space
from graph.store import find_collection, list_collections
from ingest.read import read_collection as read
from ingest.records import Reading, ReadOptions
from measure.coinset import CoinSet
from pipeline import EmbedOptions, LinkOptions
from queries import catalogue
from queries import find as finding
from queries.catalogue import Result
from queries.find import Hit, Likeness, OneType, Why
from queries.header import Query, parse
from queries.lookup import find_coin

__all__ = [
    "CoinSet",
    "CoingraphError",
    "EmbedOptions",
    "Graph",
    "Hit",
    "Likeness",
    "LinkOptions",
    "OneType",
    "Progress",
    "Query",
    "ReadOptions",
    "Reading",
    "Result",
    "SpaceRecord",
    "Why",
    "down",
    "open",
    "read",
    "status",
    "up",
]

P = ParamSpec("P")
R = TypeVar("R")


def open(home: Path | str | None = None, *, progress: Callable[[Progress], object] | None = None) -> "Graph":
    """The graph of a home folder, whose embedded server is started if it is down.

    Without ``home`` it is that of the server of `NEO4J_URI`, else of the home of `COINGRAPH_HOME`, else of the usual
    home. ``progress`` is called as a step goes on, possibly by several threads at once.
    """
    folder = Path(home) if home is not None else None
    with in_home(folder), listening(progress) if progress else nullcontext():
        return Graph(connect(), folder, progress)


def up(home: Path | str | None = None) -> None:
    """Start the embedded server of a home folder, unless it is up."""
    with in_home(Path(home) if home is not None else None):
        process.up(Home.from_environment())


def down(home: Path | str | None = None) -> bool:
    """Stop the embedded server of a home folder; False where it was not up."""
    with in_home(Path(home) if home is not None else None):
        return process.down(Home.from_environment())


def status(home: Path | str | None = None) -> pipeline.Status:
    """What the server and the graph hold. No server is started."""
    with in_home(Path(home) if home is not None else None):
        return pipeline.server_status(Home.from_environment())


def _bound(function: Callable[Concatenate[Database, P], R]) -> "Callable[Concatenate[Graph, P], R]":
    """A function of a database as a method of a graph, with the same arguments and docstring."""

    @functools.wraps(function)
    def method(self: "Graph", *args: P.args, **kwargs: P.kwargs) -> R:
        with self._here():
            return function(self.db, *args, **kwargs)

    return method


class Graph:
    """A graph of coins. Use it in a ``with`` block, or call `close`.

    A space is given by its name or slug; without one, a method takes the default space. A coin is given by its id, its
    name, or a unique ending of its id.
    """

    def __init__(self, db: Database, home: Path | None = None, progress: Callable[[Progress], object] | None = None):
        self.db, self.home, self.progress = db, home, progress

    def __enter__(self) -> "Graph":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection. The server stays up."""
        self.db.close()

    @contextmanager
    def _here(self) -> Iterator[None]:
        with in_home(self.home), listening(self.progress) if self.progress else nullcontext():
            yield

    # Steps, each in the module of `pipeline` that has its name.
    ingest = _bound(pipeline.ingest)
    undo_ingest = _bound(pipeline.undo_ingest)
    embed = _bound(pipeline.embed)
    transform = _bound(pipeline.transform)
    fuse = _bound(pipeline.fuse)
    train = _bound(pipeline.train)
    link = _bound(pipeline.link)
    analyze = _bound(pipeline.analyze)
    match = _bound(pipeline.match)
    dies = _bound(pipeline.dies)
    calibrate = _bound(pipeline.calibrate)
    propose = _bound(pipeline.propose)
    evaluate = _bound(pipeline.evaluate)
    compare = _bound(pipeline.compare)
    sweep = _bound(pipeline.sweep)
    run = _bound(pipeline.run)
    import_space = _bound(pipeline.import_space)
    export_space = _bound(pipeline.export_space)
    export_network = _bound(pipeline.export_graph)
    remove_collection = _bound(pipeline.remove_collection)
    remove_space = _bound(pipeline.remove_space)
    remove_partition = _bound(pipeline.remove_partition)
    remove_dies = _bound(pipeline.remove_dies)
    forget_probabilities = _bound(pipeline.forget_probabilities)
    clear_proposals = _bound(pipeline.clear_proposals)

    # What there is.
    collections = _bound(list_collections)
    partitions = _bound(list_partitions)
    spaces = _bound(list_spaces)
    default_space = _bound(default_space)
    set_default_space = _bound(set_default_space)

    # Questions. They only read.
    find = _bound(finding.find)
    coin_id = _bound(find_coin)
    linked_coins = _bound(linked_coins)
    loss_curve = _bound(loss_curve)
    reliability = _bound(pipeline.read_reliability)

    def why(self, coin: str, other: str, space: str | None = None) -> list[Why]:
        """How alike two coins are, face by face, in one space or in all."""
        return finding.why(self.db, find_coin(self.db, coin), find_coin(self.db, other), space)

    def of_one_type(self, coin: str, other: str, space: str | None = None) -> list[OneType]:
        """How probable it is that two coins are of one type, in each space where `calibrate` has fitted it."""
        return finding.of_one_type(self.db, find_coin(self.db, coin), find_coin(self.db, other), space)

    def queries(self) -> tuple[Query, ...]:
        """The stored queries, by name."""
        return catalogue.catalogue()

    def query(self, name: str, **values: Any) -> Result:
        """The answer to a stored query; ``values`` are its parameters."""
        return catalogue.run(self.db, catalogue.stored(name), values)

    def cypher(self, text: str, **values: Any) -> Result:
        """The answer to Cypher of your own, in a read transaction; ``values`` are its parameters."""
        return catalogue.run_own(self.db, parse(text, "cypher"), values)

    def coins(
        self,
        space: str | None = None,
        *,
        face: str = "both",
        labels: Sequence[str] = ("type",),
        edges: float | None = None,
        partitions: Sequence[str] | None = (),
        colour: str | None = None,
    ) -> CoinSet:
        """The coins of a space as arrays: vectors by face, ``labels`` by column.

        ``edges`` adds the edges at or above a percentile (0: all), ``partitions`` these by their ids (None: all),
        ``colour`` for pictures the values of `type`, `collection`, `community` or a property, and the photographs.
        """
        record = find_space(self.db, space)
        return read_coins(self.db, record, face, labels, edges=edges, partitions=partitions, colour=colour)

    def outlines(self, coin: str | None = None, collection: str | None = None) -> list[OutlinedSide]:
        """The photographs of a coin, of a collection, or all, with the outlines that are stored."""
        if collection:
            find_collection(self.db, collection)
        return outlined_sides(self.db, collection, find_coin(self.db, coin) if coin else None)
