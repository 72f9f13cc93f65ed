"""One real Neo4j for all tests: of `NEO4J_URI`, else embedded in a throw-away home, else (if asked for) in Docker."""

import os

# Hoards are drawn alike on processors with and without AVX-512, whose sines and roots differ in the last bit.
os.environ.setdefault("NPY_DISABLE_CPU_FEATURES", "X86_V4 AVX512_ICL AVX512_SPR")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # matrices of tests are small: more threads only wait for each other
# Servers of tests plan many queries once: Java's optimising compiler costs a third of their time and gains none.
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")
import functools
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from coded_hoard import CodedHoard, build
from filelock import FileLock

from graph.address import Address
from graph.connection import Database
from graph.schema import wanted
from graph.server import home as server_home
from graph.server.home import Home
from graph.server.process import down, up
from hoard import HoardTruth, make_hoard
from hoard.benchmark import make_benchmark

#: Files, most of a minute or more each.
SLOW = ("test_derived", "test_fuzz", "test_golden", "test_kill", "test_kill_ingest", "test_scope", "test_train_graph")
# A test's graph grows from nothing, so that the server plans each query anew in every test: an eighth of the time.
KEPT_PLANS = "dbms.cypher.min_replan_interval=1h\n"
EMPTY_BATCHES = "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate-golden", action="store_true", help="write tests/golden anew (tests/test_golden.py)")
    parser.addoption("--rewrite-docs", action="store_true", help="write what examples print (tests/test_examples.py)")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Processes of `make test`, each with a server of its own; one alone where they would share a server."""
    shared = os.environ.get("NEO4J_URI") or os.environ.get("COINGRAPH_TEST_SERVER")
    return 1 if shared else min(os.cpu_count() or 1, 4)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that read `coded` come first, then the slowest and the page's; those without a server last, so that no
    process waits long at the end, nor for another that draws the hoard."""
    reads = {item.path for item in items if "coded" in getattr(item, "fixturenames", ())}
    looks = {item.path for item in items if "served" in getattr(item, "fixturenames", ())}
    serves = {item.path for item in items if "server" in getattr(item, "fixturenames", ())}

    def place(item: pytest.Item) -> tuple[bool, ...]:
        slow, served = item.path.stem in SLOW, item.path in serves
        empties = item.path in reads and "db" in getattr(item, "fixturenames", ())  # after all that read it
        return empties, item.path not in reads, not slow, item.path not in looks, not served

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests of a file run in one process; so do all files that read `coded`, and all that look at the page: the graph
    of each is made once."""
    from xdist.scheduler import LoadScopeScheduling

    @functools.cache
    def scope(file: str) -> str:
        taken = re.findall(r"\bdef \w+\([^)]*?\b(coded|served|windows)\b", (config.rootpath / file).read_text("utf-8"))
        if file.startswith("tests/page/") and taken:
            return "page"
        return "coded" if "coded" in taken else file

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return scope(nodeid.partition("::")[0])

    return ByFile(config, log)


def pytest_report_header() -> str:
    from graph.server.lock_jars import GDS, NEO4J

    where = os.environ.get("NEO4J_URI") or os.environ.get("COINGRAPH_TEST_SERVER") or f"embedded {NEO4J}, GDS {GDS}"
    return f"server: {where}; driver {version('neo4j')}, torch {version('torch')}, numpy {version('numpy')}"


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """The server of the whole test session. Commands under test find it by the environment."""
    given = Address.from_environment()
    if given:
        _refuse_to_empty(given)
        yield given
    elif os.environ.get("COINGRAPH_TEST_SERVER") == "container":
        yield from _container()
    else:
        home = Home(tmp_path_factory.mktemp("server"))
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(server_home, "CONFIGURATION", server_home.CONFIGURATION + KEPT_PLANS)
                address = up(home)
            yield address
        finally:
            down(home)


def _refuse_to_empty(address: Address) -> None:
    """The tests delete everything on their server; somebody's coins must not be the price of a set variable."""
    with Database(address) as database:
        nodes = database.read("MATCH (n) RETURN count(n) AS nodes")[0]["nodes"]
    if nodes and not os.environ.get("COINGRAPH_TEST_ERASE"):
        pytest.exit(
            f"{address.uri} holds {nodes} nodes, which the tests would delete: unset NEO4J_URI, or set "
            "COINGRAPH_TEST_ERASE=1",
            returncode=2,
        )


def _container() -> Iterator[Address]:
    from testcontainers.community.neo4j import Neo4jContainer

    container = Neo4jContainer("neo4j:2026.01.4").with_env("NEO4J_PLUGINS", '["graph-data-science"]')
    with container:
        yield Address(container.get_connection_url(), container.username, container.password)


@pytest.fixture(scope="session")
def server(address: Address, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """An open connection, with `NEO4J_URI` and its sisters set so that every command reaches the same server."""
    variables = {"NEO4J_URI": address.uri, "NEO4J_USERNAME": address.username, "NEO4J_PASSWORD": address.password}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        patch.setenv("COINGRAPH_HOME", str(tmp_path_factory.mktemp("home")))
        with Database(address) as database:
            yield database


@pytest.fixture
def db(server: Database) -> Database:
    """The server with nothing in it."""
    empty(server)
    return server


def empty(server: Database) -> None:
    """Delete all nodes, GDS projections, and indexes that are not of every graph: to make those takes a second."""
    server.run_alone(EMPTY_BATCHES)
    strange = "SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' AND NOT name IN $known RETURN name"
    for row in server.read(strange, known=list(wanted())):
        server.run_alone(f"DROP INDEX `{row['name']}`")
    server.run_alone(
        "CALL gds.graph.list() YIELD graphName CALL gds.graph.drop(graphName) YIELD graphName AS g RETURN g"
    )


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real photographs beside the project; tests that need it skip where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real photographs: {folder} is absent")
    return folder


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the hoards that all processes of a run share; the first that wants one draws it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "drawn"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def hoard(shared_folder: Path) -> HoardTruth:
    """Sixty coins of six types at the default difficulty; to be read, not changed. It lies in `hoard.folder`."""
    with FileLock(shared_folder / "hoard.lock"):
        return make_hoard(shared_folder / "hoard", seed=3)


@pytest.fixture(scope="session")
def easy_hoard(shared_folder: Path) -> HoardTruth:
    """Forty easy coins of four types; read it, do not change it."""
    with FileLock(shared_folder / "easy.lock"):
        return make_hoard(shared_folder / "easy", coins=40, types=4, seed=3, difficulty="easy")


@pytest.fixture(scope="session")
def benchmark_v1(shared_folder: Path) -> HoardTruth:
    """The fixed hoard of 48 coins; read it, do not change it."""
    with FileLock(shared_folder / "v1.lock"):
        return make_benchmark(shared_folder / "v1", "v1")[0]


@pytest.fixture(scope="module")
def coded(server: Database, hoard: HoardTruth) -> CodedHoard:
    """The hoard in the graph with edges and communities from vectors that know the answers; to be read only."""
    return build(server, hoard)
