"""A page is opened where there is a screen and a program for it, and what that program prints is not shown."""

import stat
from pathlib import Path

import pytest

from commands.server import open_page

PAGE = "http://127.0.0.1:7474/browser/"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of the path, on a machine with a screen."""
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(folder: Path, *lines: str) -> None:
    file = folder / "xdg-open"
    file.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def test_a_page_is_opened(programs: Path) -> None:
    program(programs, f"echo $1 > {programs}/opened")
    assert open_page(PAGE)
    assert (programs / "opened").read_text() == f"{PAGE}\n"


def test_a_program_that_finds_no_browser_is_not_heard(programs: Path, capfd: pytest.CaptureFixture[str]) -> None:
    program(programs, "echo xdg-open: lynx: not found >&2", "echo xdg-open: no method available >&2", "exit 3")
    assert not open_page(PAGE)
    assert capfd.readouterr() == ("", "")


def test_without_a_screen_nothing_is_tried(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(programs, f"touch {programs}/tried")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    assert not open_page(PAGE)
    assert not (programs / "tried").exists()


def test_without_a_program_there_is_no_browser(programs: Path) -> None:
    assert not open_page(PAGE)
