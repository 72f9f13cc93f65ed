"""The lock file, and fetching from a small Maven repository of our own on this machine."""

import hashlib
import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import jgo.maven._core
import pytest

from graph.server import lock_jars
from graph.server.runtime import Jar, NoJars, WrongChecksum, fetch, read_lock, remove_damaged


def jar(number: int, content: bytes | None = None) -> Jar:
    digest = hashlib.sha256(content if content is not None else content_of(number)).hexdigest()
    return Jar("lib", "org.example", f"part{number}", "1.0", "linux" if number == 3 else "", digest)


def content_of(number: int) -> bytes:
    return b"jar %d " % number * 1000


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Maven repository with four jars, served over HTTP in place of Maven Central."""
    folder = tmp_path / "repository"
    for number in range(4):
        file = folder / jar(number).path
        file.parent.mkdir(parents=True)
        file.write_bytes(content_of(number))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=folder))
    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    for name in list(jgo.maven._core.DEFAULT_REMOTE_REPOS):
        monkeypatch.setitem(jgo.maven._core.DEFAULT_REMOTE_REPOS, name, f"http://127.0.0.1:{server.server_port}")
    Thread(target=server.serve_forever, daemon=True).start()
    yield folder
    server.shutdown()
    server.server_close()


def test_the_lock_file_names_each_jar_once_with_a_checksum():
    jars = read_lock()
    assert len({jar.path for jar in jars}) == len(jars)
    assert all(re.fullmatch("[0-9a-f]{64}", jar.sha256) for jar in jars)
    assert {jar.section for jar in jars} == {"lib", "plugins"}


def test_the_lock_file_holds_the_versions_of_the_script_that_writes_it():
    coordinates = {jar.coordinate for jar in read_lock()}
    assert set(lock_jars.SECTIONS["lib"]) | set(lock_jars.SECTIONS["plugins"]) <= coordinates


def test_plugins_repeat_nothing_that_the_server_has():
    sections: dict[str, set[tuple[str, str]]] = {"lib": set(), "plugins": set()}
    for locked in read_lock():
        sections[locked.section].add((locked.group, locked.artifact))
    assert not sections["lib"] & sections["plugins"]


def test_jars_come_as_they_were_locked(repository: Path, tmp_path: Path):
    folder = fetch([jar(n) for n in range(4)], tmp_path / "cache")
    assert [(folder / jar(n).path).read_bytes() for n in range(4)] == [content_of(n) for n in range(4)]
    assert not list(folder.glob("partial-*"))


def test_a_jar_with_a_classifier_keeps_it_in_its_name():
    assert jar(3).path.name == "part3-1.0-linux.jar"
    assert jar(3).coordinate == "org.example:part3:1.0:linux"


def test_what_is_there_is_not_fetched_again(repository: Path, tmp_path: Path):
    folder = fetch([jar(0), jar(1)], tmp_path / "cache")
    (repository / jar(0).path).unlink()
    assert (fetch([jar(0), jar(1), jar(2)], folder) / jar(2).path).exists()


def test_another_content_than_the_locked_one_is_refused(repository: Path, tmp_path: Path):
    changed = jar(1, content=b"what was locked")
    with pytest.raises(WrongChecksum, match="part1"):
        fetch([changed], tmp_path / "cache")
    assert not (tmp_path / "cache" / changed.path).exists()


def test_a_jar_that_is_missing_from_the_repository_leaves_the_others(repository: Path, tmp_path: Path):
    (repository / jar(2).path).unlink()
    with pytest.raises(NoJars, match="run the same command again"):
        fetch([jar(n) for n in range(4)], tmp_path / "cache")
    (repository / jar(2).path).write_bytes(content_of(2))
    folder = fetch([jar(n) for n in range(4)], tmp_path / "cache")
    assert all((folder / jar(n).path).exists() for n in range(4))


def test_no_network_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in list(jgo.maven._core.DEFAULT_REMOTE_REPOS):
        monkeypatch.setitem(jgo.maven._core.DEFAULT_REMOTE_REPOS, name, "http://127.0.0.1:9")
    with pytest.raises(NoJars, match="check the network"):
        fetch([jar(0)], tmp_path / "cache")


def test_what_a_killed_download_left_is_cleared_away(repository: Path, tmp_path: Path):
    left = tmp_path / "cache" / "partial-of-a-killed-one" / "half.jar"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    fetch([jar(0)], tmp_path / "cache")
    assert not left.exists()


def test_a_damaged_jar_is_found_and_fetched_again(repository: Path, tmp_path: Path):
    folder = fetch([jar(0), jar(1)], tmp_path / "cache")
    (folder / jar(1).path).write_bytes(b"cut")
    assert remove_damaged([jar(0), jar(1)], folder) == [jar(1)]
    assert (fetch([jar(0), jar(1)], folder) / jar(1).path).read_bytes() == content_of(1)
