"""What reaches a terminal: progress bars, and text without the codes that command it.

Names of files and coins are data of others, and may hold such codes.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from threading import Lock
from typing import Any, TextIO

from errors import Progress

#: Control characters but those of lines and tables, marks that turn the direction of writing, bytes that are no text.
COMMANDING = re.compile(r"\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
#: How a progress bar goes to its line, and back to the start of it, before and after what it shows.
BAR = re.compile(r"(\n*(?:\x1b\[A)+|\r?)(.*?)(\r?)", re.DOTALL)
BRIEF = 5  # seconds


class Plain:
    """A text stream that writes such characters as `\\u001b`, which is what they are in JSON as well.

    Where ``bars`` are shown, what moves them is let through.
    """

    def __init__(self, stream: TextIO, bars: bool = False):
        self._stream = stream
        self._bars = bars

    def write(self, text: str) -> int:
        moved = BAR.fullmatch(text) if self._bars else None
        before, shown, after = moved.groups() if moved else ("", text, "")
        return self._stream.write(before + COMMANDING.sub(_spelt, shown) + after)

    def write_coloured(self, text: str) -> int:
        """Write text whose codes are our own: its maker has spelt out those of others."""
        return self._stream.write(text)

    def writelines(self, lines: Iterator[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def plain_streams() -> Iterator[None]:
    """Everything that is printed meanwhile reaches the terminal as plain text."""
    with redirect_stdout(Plain(sys.stdout)), redirect_stderr(Plain(sys.stderr, bars=True)):  # type: ignore[type-var]
        yield


class Bars:
    """Draws the progress of steps as bars on stderr, where that is a terminal, and prints what they say.

    The bar of a step that took less than `BRIEF` seconds vanishes with its end.
    """

    def __init__(self) -> None:
        self._bars: dict[str, Any] = {}
        self._lock = Lock()
        self._last: Progress | None = None

    def reached(self) -> str:
        """How far the latest step had come, for whoever stops it. What was not stored yet is lost, and nothing else."""
        last = self._last
        if last is None or last.ended:
            return "nothing is left half done"
        of = f" of {last.total:,}" if last.total else ""
        done = f", {last.done:,}{of} {last.unit}".rstrip() if last.unit else ""
        return f"{last.step}{done}; nothing is left half done"

    def __call__(self, progress: Progress) -> None:
        with self._lock:
            if not progress.said:
                self._last = progress
            if progress.said:
                self._print(progress.said)
            elif progress.total != 0 and sys.stderr.isatty():
                self._draw(progress)

    def _print(self, line: str) -> None:
        for bar in self._bars.values():
            return bar.write(line, file=sys.stderr)
        print(line, file=sys.stderr)

    def _draw(self, progress: Progress) -> None:
        if progress.step not in self._bars:
            self._bars[progress.step] = _bar(progress)
        bar = self._bars[progress.step]
        bar.update(progress.done - bar.n)
        if progress.ended:
            del self._bars[progress.step]
            bar.leave = bar.format_dict["elapsed"] >= BRIEF
            bar.close()


def _bar(progress: Progress) -> Any:
    from tqdm import tqdm

    if not progress.unit:
        return tqdm(desc=progress.step, bar_format="{desc} ...")
    many = (progress.total or 0) >= 10_000
    return tqdm(desc=progress.step, total=progress.total, unit=progress.unit, unit_scale=many)


def _spelt(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"
