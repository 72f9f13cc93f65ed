"""What reaches a terminal: progress, and text without the codes that command it.

Names of files and coins are data of others, and may hold such codes.
"""

import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from threading import Lock
from typing import Any, TextIO

from errors import Progress

#: Control characters but those of lines and tables, marks that turn the direction of writing, bytes that are no text.
COMMANDING = re.compile(r"\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
BRIEF = 0.5  # seconds that a step takes before anything is shown of it
MINUTE = 60
GOES_ON = "the same command again goes on from there"


class Plain:
    """A text stream that writes such characters as `\\u001b`, which is what they are in JSON as well."""

    def __init__(self, stream: TextIO):
        self.stream = stream

    def write(self, text: str) -> int:
        return self.stream.write(COMMANDING.sub(_spelt, text))

    def write_coloured(self, text: str) -> int:
        """Write text whose codes are our own: its maker has spelt out those of others."""
        return self.stream.write(text)

    def writelines(self, lines: Iterator[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextmanager
def plain_streams() -> Iterator[None]:
    """Everything that is printed meanwhile reaches the terminal as plain text."""
    with redirect_stdout(Plain(sys.stdout)), redirect_stderr(Plain(sys.stderr)):  # type: ignore[type-var]
        yield


class Bars:
    """Shows how far the latest step has come, as one line on stderr that clears itself, and prints what steps say.

    The line is there from half a second on; with `-q` there is none. Where stderr is no terminal there is a line for
    each step that takes longer than that, and one a minute.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._steps: dict[str, Progress] = {}
        self._begun: dict[str, float] = {}
        self._told: dict[str, float] = {}
        self._line: Any = None
        self._stopped: Progress | None = None

    def reached(self) -> tuple[str, str]:
        """How far the latest step had come, for whoever stops it, and how to go on. Only what is stored is kept."""
        last = self._stopped or next(reversed(self._steps.values()), None)
        if last is None:
            return "nothing is left half done", "the same command again does the rest"
        if last.kept:
            of = f" of {last.total:,}" if last.total else ""
            return f"{last.step}, {last.kept:,}{of} {_units(last)} are kept; nothing is lost", GOES_ON
        seconds = time.monotonic() - self._begun.get(last.step, time.monotonic())
        return f"{last.step} starts over ({seconds:.0f} s); what was there before stays", GOES_ON

    def __call__(self, progress: Progress) -> None:
        with self._lock:
            quiet = bool(os.environ.get("COINGRAPH_QUIET"))
            if progress.said:
                if not quiet:
                    self._print(_ended(progress) if progress.phase else progress.said)
                return
            self._begun.setdefault(progress.step, time.monotonic())
            if progress.ended:
                self._stopped = progress if progress.stopped else None
                self._steps.pop(progress.step, None)
                self._told.pop(progress.step, None)
            else:
                self._steps[progress.step] = progress
            if sys.stderr.isatty() and not quiet:
                self._draw()
            elif not quiet:
                self._tell(progress)
            if progress.ended and not progress.stopped:
                del self._begun[progress.step]

    def _print(self, line: str) -> None:
        if self._line:
            self._line.console.print(_text(line), soft_wrap=True)
        else:
            print(line, file=sys.stderr)

    def _tell(self, progress: Progress) -> None:
        now = time.monotonic()
        took = now - self._begun[progress.step]
        due = progress.step not in self._told or now - self._told[progress.step] >= MINUTE
        if not progress.ended and took >= BRIEF and due:
            self._told[progress.step] = now
            print(f"{progress.step}: {_count(progress)}", file=sys.stderr)

    def _draw(self) -> None:
        """Bring the line up to date: it shows the step that began last, of those that are at work."""
        latest = next(reversed(self._steps.values()), None)
        if latest is None or latest.total == 0 or time.monotonic() - self._begun[latest.step] < BRIEF:
            if latest is None and self._line:
                self._line.stop()
                self._line = None
            return
        if self._line is None:
            self._line = _line()
            self._line.start()
        if not self._line.tasks or self._line.tasks[0].description != latest.step:
            for task in self._line.task_ids:
                self._line.remove_task(task)
            self._line.add_task(latest.step, total=latest.total, completed=latest.done, count=_count(latest))
        else:
            self._line.update(self._line.task_ids[0], completed=latest.done, count=_count(latest))


def _line() -> Any:
    """A line of rich: the step, a bar, how much of how much, how fast, how long still."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
    from rich.text import Text

    class Left(ProgressColumn):
        def render(self, task: Task) -> Text:
            left = task.time_remaining
            return Text("" if left is None or task.finished else f"{int(left) // 60}:{int(left) % 60:02} left")

    class Speed(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.speed or 0 if (task.elapsed or 0) > 2 else 0  # the first steps tell nothing
            return Text("" if not speed else f"{speed:,.0f}/s" if speed >= 1 else f"{60 * speed:,.0f}/min")

    class Step(ProgressColumn):
        def render(self, task: Task) -> Text:
            return _text(task.description)

    columns = (TextColumn(" "), Step(), BarColumn(16), TextColumn("{task.fields[count]}"), Speed(), Left())
    # The stream behind `Plain`: the codes are ours, and names are spelt out already.
    console = Console(file=getattr(sys.stderr, "stream", sys.stderr))
    return Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)


def _text(line: str) -> Any:
    from rich.text import Text

    return Text(COMMANDING.sub(_spelt, line))


def _ended(phase: Progress) -> str:
    """What came of a phase, in the width of the terminal: ``✓ linked   950 pairs of coins   0:05``."""
    took = f"{int(phase.seconds) // 60}:{int(phase.seconds) % 60:02}"
    line = f"✓ {phase.phase:<10} {phase.said}"
    return f"{line:<{min(shutil.get_terminal_size().columns, 80) - 1 - len(took)}} {took}"


def _count(progress: Progress) -> str:
    of = f" of {progress.total:,}" if progress.total else ""
    return f"{progress.done:,}{of} {_units(progress)}" if progress.unit else "…"


def _units(progress: Progress) -> str:
    return f"{progress.unit}{'s' * ((progress.total or progress.done) != 1)}"


def _spelt(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"
