"""What reaches a terminal: names of files and coins are data of others, and may hold codes that command it."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO

#: Control characters but those of lines and tables, marks that turn the direction of writing, bytes that are no text.
#: What moves a progress bar up is let through.
COMMANDING = re.compile(r"(?!\x1b\[A)[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Plain:
    """A text stream that writes such characters as `\\u001b`, which is what they are in JSON as well."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(COMMANDING.sub(lambda found: f"\\u{ord(found.group()):04x}", text))

    def writelines(self, lines: Iterator[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def plain_streams() -> Iterator[None]:
    """Everything that is printed meanwhile reaches the terminal as plain text."""
    with redirect_stdout(Plain(sys.stdout)), redirect_stderr(Plain(sys.stderr)):  # type: ignore[type-var]
        yield
