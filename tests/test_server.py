"""The embedded server's life: started, killed, found again, stopped; and what it says where it cannot."""

import json
import logging
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import neo4j
import psutil
import pytest
import yaml
from click.testing import CliRunner

import graph.server.process
from cli import main
from commands.cures import cure_of
from graph.address import Address
from graph.connection import Database, NoGds, NoServer, WrongPassword
from graph.lock import Busy
from graph.runs import step
from graph.server.home import Home, Server, initial_user_line
from graph.server.process import DiskFull, ServerDidNotStart, down, running, up
from graph.server.runtime import Runtime
from pipeline.status import Status, server_status
from queries.browser import browser_page

COINGRAPH = [sys.executable, "-m", "cli"]


def environment(home: Home) -> dict[str, str]:
    """That of a user who has set nothing but the home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NEO4J_")}
    return kept | {"COINGRAPH_HOME": str(home.path)}


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home that does not exist yet, for commands run in this process."""
    monkeypatch.delenv("NEO4J_URI", raising=False)
    monkeypatch.setenv("COINGRAPH_HOME", str(tmp_path / "own"))
    return Home.from_environment()


@pytest.fixture(scope="module")
def orphan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home whose server was started by a command that was killed before it ended."""
    home = Home(tmp_path_factory.mktemp("orphan"))
    command = subprocess.Popen([*COINGRAPH, "up"], env=environment(home), stderr=subprocess.DEVNULL)
    while running(home) is None and command.poll() is None:
        time.sleep(0.02)
    command.kill()
    command.wait()
    yield home
    down(home)


def test_the_server_survives_the_kill_of_its_command(orphan: Home):
    started = running(orphan)
    address = up(orphan)
    assert started and started == running(orphan)
    with Database(address) as database:
        assert database.read("RETURN 1 AS one") == [{"one": 1}]


def test_it_listens_on_this_machine_only(orphan: Home):
    server = live(orphan)
    listening = [c.laddr for c in psutil.Process(server.pid).net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    assert {port for _, port in listening} == {server.bolt, server.http}
    assert all(host.removeprefix("::ffff:") == "127.0.0.1" for host, _ in listening)


def test_nobody_else_can_read_the_password(orphan: Home):
    assert stat.S_IMODE(orphan.password_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(orphan.folder.stat().st_mode) == 0o700
    assert orphan.password not in " ".join(psutil.Process(live(orphan).pid).cmdline())


def test_browser_s_page_is_known_from_the_server(orphan: Home):
    with Database(up(orphan)) as database:
        assert browser_page(database) == live(orphan).browser


def test_two_homes_are_two_databases(orphan: Home, db: Database):
    db.write("CREATE (:Here)")
    with Database(up(orphan)) as other:
        assert other.address.uri != db.address.uri
        assert other.read("MATCH (n:Here) RETURN count(n) AS here") == [{"here": 0}]


@pytest.mark.long
def test_after_a_crash_the_next_start_has_the_data(orphan: Home):
    with Database(up(orphan)) as database:
        database.write("CREATE (:Kept)")
    crashed = live(orphan)
    os.kill(crashed.pid, signal.SIGKILL)
    while running(orphan):
        time.sleep(0.02)
    assert not server_status_of(orphan).running
    with Database(up(orphan)) as database:
        assert database.read("MATCH (n:Kept) RETURN count(n) AS kept") == [{"kept": 1}]
    assert live(orphan).pid != crashed.pid


def live(home: Home) -> Server:
    up(home)
    server = running(home)
    assert server
    return server


def server_status_of(home: Home) -> Status:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("NEO4J_URI", raising=False)
        return server_status(home)


@pytest.mark.long
def test_two_commands_at_once_start_one_server_whatever_the_folder_is_called(tmp_path: Path):
    home = Home(tmp_path / "Münzen & 'Marken' $1")
    plain = environment(home) | {"LC_ALL": "C"}
    commands = [subprocess.Popen([*COINGRAPH, "up"], env=plain, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [command.communicate()[0] for command in commands]
    assert outputs[0] == outputs[1] and "bolt://127.0.0.1:" in outputs[0]
    assert home.password not in outputs[0] and "coingraph status --password" in outputs[0]
    with Database(up(home)) as database:
        assert database.read("RETURN 1 AS one") == [{"one": 1}]
    assert down(home) and running(home) is None
    assert not down(home)


@pytest.mark.long
def test_a_server_without_gds_is_told_what_it_lacks(orphan: Home, monkeypatch: pytest.MonkeyPatch):
    down(orphan)
    monkeypatch.setattr(Runtime, "plugins", [])
    with Database(up(orphan)) as database, pytest.raises(NoGds, match="not installed"):
        _ = database.capabilities
    holds = server_status_of(orphan).holds
    assert holds and holds.gds == ""
    down(orphan)


def test_ports_that_others_use_are_left_to_them(tmp_path: Path):
    home = Home(tmp_path)
    home.make()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        home.write_record(Server(port, port))
        found = home.free_ports()
    assert port not in (found.bolt, found.http) and found.bolt != found.http


def test_ports_are_kept_where_they_are_free(tmp_path: Path):
    home = Home(tmp_path)
    home.make()
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        remembered = Server(first.getsockname()[1], second.getsockname()[1])
    home.write_record(remembered)
    assert home.free_ports() == remembered


@pytest.mark.parametrize("pid", [os.getpid(), 2**22 - 1], ids=["a recycled number", "no such process"])
def test_a_stale_record_is_not_a_server(tmp_path: Path, pid: int):
    home = Home(tmp_path)
    home.make()
    home.write_record(Server(7687, 7474, pid))
    assert running(home) is None
    assert not down(home)


def test_a_damaged_record_is_no_record(tmp_path: Path):
    home = Home(tmp_path)
    home.make()
    home.record_file.write_text('{"bolt": 76')
    assert home.record() is None and running(home) is None


def test_a_server_that_ends_says_why(own_home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COINGRAPH_HEAP", "nonsense")
    with pytest.raises(ServerDidNotStart, match="Invalid maximum heap size"):
        up(own_home)


def test_a_full_disk_is_named_before_anything_starts(own_home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(graph.server.process, "NEEDED_DISK", 2**60)
    with pytest.raises(DiskFull, match="Make room"):
        up(own_home)


def test_the_password_line_differs_each_time():
    assert initial_user_line("secret") != initial_user_line("secret")


def test_a_wrong_password_is_named(server: Database):
    with pytest.raises(WrongPassword, match="NEO4J_PASSWORD"):
        Database(Address(server.address.uri, server.address.username, "wrong"))


def test_no_server_is_named(server: Database):
    with pytest.raises(NoServer, match=r"bolt://127\.0\.0\.1:9") as caught:
        Database(Address("bolt://127.0.0.1:9", "neo4j", "x"))
    assert "check NEO4J_URI, start that server" in (cure_of(caught.value) or "")


def test_a_server_that_goes_before_gds_is_asked_for_is_named(server: Database):
    with Database(server.address) as gone:
        _ = gone.capabilities
        gone.driver = neo4j.GraphDatabase.driver(
            "bolt://127.0.0.1:9", auth=("neo4j", "x"), max_transaction_retry_time=0
        )
        with pytest.raises(NoServer, match="no Neo4j server answers"):
            _ = gone.gds


def test_an_embedded_server_that_is_gone_is_started_by_a_command(own_home: Home):
    with pytest.raises(NoServer, match="no Neo4j server answers") as refusal:
        Database(Address("bolt://127.0.0.1:9", "neo4j", "x"))
    assert refusal.value.facts == {"embedded": True}


def test_a_wrong_password_of_the_embedded_server_is_looked_for_in_its_file(server: Database, own_home: Home):
    own_home.make()
    changed = replace(own_home.address(Server(0, 0)), uri=server.address.uri)
    with pytest.raises(WrongPassword, match=str(own_home.password_file)):
        Database(changed)


def test_a_database_that_is_not_there_is_named_in_whole_sentences(server: Database):
    given = server.address
    with pytest.raises(NoServer, match=r"foo\. Check NEO4J_DATABASE"):
        Database(Address(given.uri, given.username, given.password, "foo")).read("RETURN 1 AS one")


def test_attempts_of_the_driver_are_not_told(server: Database):
    assert not logging.getLogger("neo4j.sync").isEnabledFor(logging.WARNING)


@pytest.mark.parametrize("uri", ["127.0.0.1:7687", "http://localhost:80", "bolt://[", "bolt+x://localhost"])
def test_an_address_that_is_none_is_named(uri: str):
    with pytest.raises(NoServer, match="not an address"):
        Database(Address(uri, "neo4j", "x"))


def test_no_traceback_for_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NEO4J_URI", "bolt://127.0.0.1:9")
    result = CliRunner().invoke(main, ["status"])
    assert result.exit_code == 1 and result.output.startswith("error: no Neo4j server answers at bolt://127.0.0.1:9")


def test_status_of_nothing_starts_nothing(own_home: Home):
    assert CliRunner().invoke(main, ["status"]).output == "There is no database yet: coingraph run FOLDER\n"
    assert not own_home.path.exists()


def test_down_of_nothing_makes_nothing(own_home: Home):
    assert CliRunner().invoke(main, ["down"]).output == "not running\n"
    assert not own_home.path.exists()


@pytest.mark.parametrize("command", ["up", "down"])
def test_what_would_not_be_used_is_neither_started_nor_stopped(server: Database, command: str):
    result = CliRunner().invoke(main, [command])
    assert result.exit_code == 2 and "NEO4J_URI" in result.output


def test_status_counts_nodes_relationships_and_coverage(db: Database):
    db.write(
        "CREATE (c:Coin)-[:HAS_SIDE]->(:Side:Obverse {source_x: 'a'}), (c)-[:HAS_SIDE]->(:Side:Reverse), "
        "(:Space {name: 'X', slug: 'x', model: 'm', weights: '', weights_source: '', dimension: 2, "
        "preprocessing: '{}', transform: 'none', fields: []})"
    )
    found = json.loads(CliRunner().invoke(main, ["status", "--json"]).output)
    assert found["nodes"] == {"Coin": 1, "Obverse": 1, "Reverse": 1, "Side": 2, "Space": 1}
    assert found["relationships"] == {"HAS_SIDE": 2}
    (space,) = found["spaces"]
    assert (space["space"], space["slug"], space["embedded"], space["sides"]) == ("X", "x", 1, 2)
    assert found["neo4j"] and found["gds"] and found["running"]


def test_a_step_keeps_other_threads_out(db: Database):
    def another() -> None:
        with step(db, "another"):
            pass

    with step(db, "test"), ThreadPoolExecutor(1) as other, pytest.raises(Busy):
        other.submit(another).result()


def test_a_failed_step_raises_its_own_error_and_is_recorded(db: Database):
    with pytest.raises(KeyError), step(db, "test"):
        raise KeyError("the first error")
    assert db.read("MATCH (r:Run) RETURN r.status AS status") == [{"status": "failed"}]


def test_a_step_whose_record_cannot_be_finished_still_raises_its_own_error(db: Database):
    with pytest.raises(KeyError), step(db, "test") as run:
        run.notes["no property"] = {"a": "map"}
        raise KeyError("the first error")


def test_docker_compose_starts_the_official_image_safely():
    compose = yaml.safe_load((Path(__file__).parents[1] / "docker-compose.yml").read_text())
    service = compose["services"]["neo4j"]
    assert service["image"].startswith("neo4j:2026")
    assert "graph-data-science" in service["environment"]["NEO4J_PLUGINS"]
    assert service["environment"]["NEO4J_AUTH"].startswith("neo4j/${NEO4J_PASSWORD:?")
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert "gds.version()" in service["healthcheck"]["test"][1]
    named, mounted = service["volumes"][0].split(":")
    assert named in compose["volumes"] and mounted == "/data"
