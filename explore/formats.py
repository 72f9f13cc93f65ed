"""The files that pictures can be written to, told by their endings. Nothing is loaded to draw with."""

from collections.abc import Sequence
from pathlib import Path

from errors import BadOption

PLOT = (".png", ".svg", ".html")
SHEET = (".png", ".html")
DIES = (".pdf", ".png", ".svg")
OVERLAY = (".png", ".gif")


class BadOutput(BadOption):
    """A file name that does not say which of the formats is wanted."""


def checked(out: Path, formats: Sequence[str] = PLOT) -> Path:
    """``out``, where its ending is one of the formats; its folder is made. Raises `BadOutput`."""
    if out.suffix.lower() not in formats or out.is_dir():
        names = " or ".join([", ".join(formats[:-1]), formats[-1]])
        raise BadOutput(f"{out}: a plot is {names}", other=str(out.with_suffix(formats[0])))
    out.parent.mkdir(parents=True, exist_ok=True)
    return out
