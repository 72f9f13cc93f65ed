"""coingraph as a library: steps and questions on one graph, which return dataclasses and print nothing.

>>> import coingraph
>>> with coingraph.open("coins-home") as graph:
...     graph.ingest("photographs", "museum", type_column="type")
...     graph.embed(); graph.link(); graph.analyze()
...     for hit in graph.find("A.9", top=3):
...         print(hit.coin, hit.type, hit.score)

`Graph.progress` hears how far a step has come (`Progress`). Errors that a person can mend are `CoingraphError`.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from embed import DEFAULT_SPACE
from embed.registry import LEGEND
from errors import BadOption, CoingraphError, Progress, listening
from graph import connect, connect_if_running, glance
from graph.address import in_home
from graph.coins import linked_coins, read_coins
from graph.communities import AnalysisResult, find_partition, list_partitions, remove_partition
from graph.connection import Database, NoServer
from graph.deciding import decided_on
from graph.derived import FUSION, loss_curve
from graph.detection import Options as AnalysisOptions
from graph.groups import Group, coins_of_group, keep_group, list_groups, remove_group
from graph.legends import surest_readings
from graph.replacing import remove_space
from graph.schema import prepare
from graph.scope import Scope, find_scope
from graph.sides import OutlinedSide, outlined_sides, store_image_urls
from graph.spaces import SpaceRecord, default_space, find_space, list_spaces, set_default_space
from graph.store import Removals, Stored, find_removable, list_collections, made_of_coins
from graph.undo import Kept
from graph.undo import find as find_undo
from graph.vector_files import find_files as find_vector_files
from graph.verdicts import Verdict
from ingest.read import read_collection as read
from ingest.records import FACES, Reading, ReadOptions, skipped_lines
from measure.coinset import CoinSet
from measure.communities import Step as SweepStep
from measure.communities import Sweep
from measure.comparison import Comparison
from measure.evaluation import CommunityScores, Evaluation, Figure
from offline import BadParameter, Query, down, home_folder, own_query, queries, running, status, stored_query, up
from pipeline.adapt import Adapted, adapt
from pipeline.add import Added, add
from pipeline.analyze import Levels, analyze, analyze_levels
from pipeline.calibrate import Fitted, calibrate, forget_probabilities, read_reliability
from pipeline.check_dies import DieCheck, check_dies
from pipeline.demo import Demo, Finding, demo
from pipeline.derive import Derived, fuse, transform
from pipeline.dies import DieStudy, TypeDies, dies, read_study, remove_dies
from pipeline.embed import EmbedOptions, embed
from pipeline.evaluate import compare, evaluate
from pipeline.exchange import export_space, import_space
from pipeline.export import export_graph
from pipeline.faults import Faults, find_faults
from pipeline.ingest import foresee, ingest, remove_collection, undo_ingest
from pipeline.link import Linked, link, sweep
from pipeline.match import MatchReport, match
from pipeline.overlay import Overlay, overlay
from pipeline.propose import ProposeReport, clear_proposals, propose
from pipeline.report import Report, report
from pipeline.run import CommunitySummary, RunResult, run
from pipeline.similar import LinkOptions
from pipeline.status import Status, keep_glance
from pipeline.strips import Strips, strips
from pipeline.train import Lesson, Trained, train
from pipeline.verdicts import (
    History,
    Imported,
    accept,
    decide,
    exclude,
    export_verdicts,
    history,
    import_verdicts,
    merge,
    reject,
    same_die,
    same_type,
    set_type,
    speaker,
    swap_sides,
    undo,
)
from queries import browser, catalogue, details, review, zero_shot
from queries import find as finding
from queries import pairs as pairing
from queries.cards import Card, SidePicture, Version, find_picture, find_pictures, graph_version, read_cards
from queries.catalogue import Limited, Result
from queries.communities import list_communities, one_community
from queries.find import Hit, Likeness, OneType, Why
from queries.gallery import Filters, Gallery
from queries.lookup import find_coin
from queries.pairs import Pair
from queries.record import CoinEntry, CoinRecord, coin_record, doubtful_coins, list_coins
from queries.review import Question
from queries.traits import Traits, traits
from queries.vectors import read_rim
from queries.zero_shot import read_labels, right_names

__all__ = [
    "DEFAULT_SPACE",
    "FACES",
    "FUSION",
    "LEGEND",
    "Adapted",
    "Added",
    "AnalysisOptions",
    "AnalysisResult",
    "BadOption",
    "BadParameter",
    "Card",
    "CoinEntry",
    "CoinRecord",
    "CoinSet",
    "CoingraphError",
    "CommunityScores",
    "CommunitySummary",
    "Comparison",
    "Demo",
    "Derived",
    "DieCheck",
    "DieStudy",
    "EmbedOptions",
    "Evaluation",
    "Faults",
    "Figure",
    "Filters",
    "Finding",
    "Fitted",
    "Gallery",
    "Graph",
    "Group",
    "History",
    "Hit",
    "Imported",
    "Kept",
    "Lesson",
    "Levels",
    "Likeness",
    "Limited",
    "LinkOptions",
    "Linked",
    "MatchReport",
    "OneType",
    "Overlay",
    "Pair",
    "Progress",
    "ProposeReport",
    "Query",
    "Question",
    "ReadOptions",
    "Reading",
    "Removals",
    "Report",
    "Result",
    "RunResult",
    "Scope",
    "SidePicture",
    "SpaceRecord",
    "Status",
    "Stored",
    "Strips",
    "Sweep",
    "SweepStep",
    "Trained",
    "Traits",
    "TypeDies",
    "Verdict",
    "Version",
    "Why",
    "down",
    "find_vector_files",
    "home_folder",
    "open",
    "open_if_running",
    "own_query",
    "queries",
    "read",
    "read_labels",
    "read_rim",
    "right_names",
    "running",
    "skipped_lines",
    "speaker",
    "status",
    "stored_query",
    "traits",
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


def open_if_running() -> "Graph | None":
    """As `open`, where a server answers already; no server is started and no migration done."""
    db = connect_if_running()
    return Graph(db) if db else None


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

    #: Whether every change is followed by a new glance for `status`. Who sets it to false calls `keep_glance` in time.
    glances = True

    def __init__(self, db: Database, home: Path | None = None, progress: Callable[[Progress], object] | None = None):
        self.db, self.home, self.progress = db, home, progress
        db.before_change = glance.begin_change

    def __enter__(self) -> "Graph":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection. The server stays up."""
        self.db.close()

    def keep_glance(self) -> None:
        """Write down what the graph holds now, where something was changed."""
        with in_home(self.home):
            if self.db.changed or glance.kept() is None:
                self.db.changed = False  # a change by another thread, from here on, is written down next time
                keep_glance(self.db)

    @contextmanager
    def _here(self) -> Iterator[None]:
        with in_home(self.home), listening(self.progress) if self.progress else nullcontext():
            try:
                yield
            except NoServer:
                raise
            except BaseException:
                with suppress(Exception):  # what went wrong first is what counts
                    self._after()
                raise
            self._after()

    def _after(self) -> None:
        if self.glances:
            self.keep_glance()

    # Steps, each in the module of `pipeline` that has its name.
    ingest = _bound(ingest)
    foresee = _bound(foresee)
    undo_ingest = _bound(undo_ingest)
    add = _bound(add)
    embed = _bound(embed)
    transform = _bound(transform)
    fuse = _bound(fuse)
    train = _bound(train)
    link = _bound(link)
    analyze = _bound(analyze)
    analyze_levels = _bound(analyze_levels)
    match = _bound(match)
    dies = _bound(dies)
    die_study = _bound(read_study)
    calibrate = _bound(calibrate)
    propose = _bound(propose)
    evaluate = _bound(evaluate)
    compare = _bound(compare)
    sweep = _bound(sweep)
    run = _bound(run)
    demo = _bound(demo)
    import_space = _bound(import_space)
    export_space = _bound(export_space)
    export_network = _bound(export_graph)
    remove_collection = _bound(remove_collection)
    remove_space = _bound(remove_space)
    remove_partition = _bound(remove_partition)
    check_dies = _bound(check_dies)
    overlay = _bound(overlay)
    strips = _bound(strips)
    adapt = _bound(adapt)
    readings = _bound(surest_readings)
    remove_dies = _bound(remove_dies)
    forget_probabilities = _bound(forget_probabilities)
    clear_proposals = _bound(clear_proposals)

    # What a person decides: `pipeline.verdicts`.
    set_type = _bound(set_type)
    accept = _bound(accept)
    reject = _bound(reject)
    same_type = _bound(same_type)
    same_die = _bound(same_die)
    swap_sides = _bound(swap_sides)
    merge = _bound(merge)
    exclude = _bound(exclude)
    decide = _bound(decide)
    undo = _bound(undo)
    history = _bound(history)
    export_verdicts = _bound(export_verdicts)
    import_verdicts = _bound(import_verdicts)

    # Groups of coins that a person named.
    groups = _bound(list_groups)
    coins_of_group = _bound(coins_of_group)
    keep_group = _bound(keep_group)
    remove_group = _bound(remove_group)

    # What there is.
    prepare = _bound(prepare)
    collections = _bound(list_collections)
    scope = _bound(find_scope)
    find_removable = _bound(find_removable)
    find_undo = _bound(find_undo)
    made_of_coins = _bound(made_of_coins)
    partitions = _bound(list_partitions)
    find_partition = _bound(find_partition)
    spaces = _bound(list_spaces)
    space = _bound(find_space)
    loss_curve = _bound(loss_curve)
    reliability = _bound(read_reliability)
    default_space = _bound(default_space)
    set_default_space = _bound(set_default_space)

    # Questions. They only read.
    find = _bound(finding.find)
    coin_or_file = _bound(finding.coin_or_file)
    known_photograph = _bound(finding.known_photograph)
    list_coins = _bound(list_coins)
    coin = _bound(coin_record)
    doubtful_coins = _bound(doubtful_coins)
    types = _bound(zero_shot.list_types)
    zero_shot = _bound(zero_shot.zero_shot)
    show_query = _bound(catalogue.show)
    browser_url = _bound(browser.browser_url)
    browser_files = _bound(browser.write_browser_files)
    coin_id = _bound(find_coin)
    linked_coins = _bound(linked_coins)
    version = _bound(graph_version)
    gallery = _bound(Gallery.read)
    cards = _bound(read_cards)
    picture = _bound(find_picture)
    pictures = _bound(find_pictures)
    relatives = _bound(pairing.relatives)
    pairs = _bound(pairing.pairs)
    compared = _bound(pairing.compared)
    review_questions = _bound(review.questions)
    report = _bound(report)
    communities = _bound(list_communities)
    community = _bound(one_community)
    faults = _bound(find_faults)
    store_image_urls = _bound(store_image_urls)
    coin_details = _bound(details.coin_details)
    centralities = _bound(details.read_centralities)
    verdicts_on = _bound(details.verdicts_on)
    coins_of_verdicts = _bound(details.coins_of_verdicts)
    decided_on = _bound(decided_on)
    linked_spaces = _bound(details.linked_spaces)

    def why(self, coin: str, other: str, space: str | None = None) -> list[Why]:
        """How alike two coins are, face by face, in one space or in all."""
        return finding.why(self.db, find_coin(self.db, coin), find_coin(self.db, other), space)

    def of_one_type(self, coin: str, other: str, space: str | None = None) -> list[OneType]:
        """How probable it is that two coins are of one type, in each space where `calibrate` has fitted it."""
        return finding.of_one_type(self.db, find_coin(self.db, coin), find_coin(self.db, other), space)

    def query(self, query: str | Query, /, **values: Any) -> Result:
        """The answer to a stored query, by its name; ``values`` are its parameters."""
        return catalogue.run(self.db, query, values)

    def cypher(self, text: str | Query, /, **values: Any) -> Result:
        """The answer to Cypher of your own, in a read transaction; ``values`` are its parameters."""
        return catalogue.run_own(self.db, text, values)

    def question_text(self, query: Query, values: dict[str, Any]) -> str:
        """The Cypher of a question with its values in it, as Neo4j Browser draws it; the graph tells those left out."""
        return browser.with_values(query, catalogue.complete(self.db, query, values))

    def coins_text(self, coins: Sequence[str]) -> str:
        """Cypher that draws some coins (their ids) with what joins them."""
        return browser.of_coins(self.db, coins)

    def limited_cypher(self, text: str, values: dict[str, Any], most: int = 1000, seconds: float = 20) -> Limited:
        """The answer to Cypher that somebody typed: at most so many rows, within some seconds, from the graph alone."""
        return catalogue.run_limited(self.db, text, values, most, seconds)

    def coins(
        self,
        space: str | None = None,
        *,
        face: str = "both",
        labels: Sequence[str] = ("type",),
        edges: float | None = None,
        partitions: Sequence[str] | None = (),
        colour: str | None = None,
        collections: Sequence[str] = (),
    ) -> CoinSet:
        """The coins of a space, or of some ``collections``, as arrays: vectors by face, ``labels`` by column.

        ``edges`` adds the edges at or above a percentile (0: all), ``partitions`` these by their ids (None: all),
        ``colour`` for pictures the values of `type`, `collection`, `community` or a property, and the photographs.
        """
        record = find_space(self.db, space)
        more: dict[str, Any] = {"edges": edges, "partitions": partitions, "colour": colour}
        return read_coins(self.db, record, face, labels, collections=collections, **more)

    def outlines(self, coin: str | None = None, collections: Sequence[str] = ()) -> list[OutlinedSide]:
        """The photographs of a coin, of some collections, or all, with the outlines that are stored."""
        scope = find_scope(self.db, collections)
        return outlined_sides(self.db, scope.chosen, find_coin(self.db, coin) if coin else None)
