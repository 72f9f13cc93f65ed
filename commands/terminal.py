"""What reaches a terminal: names of files and coins are data of others, and may hold codes that command it."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO

#: Control characters but those of lines and tables, marks that turn the direction of writing, bytes that are no text.
COMMANDING = re.compile(r"\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
#: How a progress bar goes to its line, and back to the start of it, before and after what it shows.
BAR = re.compile(r"(\n*(?:\x1b\[A)+|\r?)(.*?)(\r?)", re.DOTALL)


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


def _spelt(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"
