"""What commands print: an answer as a table, as lines, CSV or JSON; in colour, through the pager."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from explore.tables import Answer


NO_BREAK = "\N{NO-BREAK SPACE}"


def print_rows(rows: Sequence[Mapping[str, Any]], as_json: bool = False, as_csv: bool = False) -> None:
    """Print rows alone as JSON, as CSV, or as a table."""
    from explore.tables import Answer

    print_answer(Answer(rows), as_json, as_csv)


def print_answer(
    answer: "Answer | Sequence[Mapping[str, Any]]",
    as_json: bool = False,
    as_csv: bool = False,
    wide: bool = False,
    columns: str | None = None,
    most: int | None = None,
) -> None:
    """Print an answer: on a terminal as sentence, table and what to go on with, else its rows alone, in full."""
    from explore import tables

    answer = answer if isinstance(answer, tables.Answer) else tables.Answer(answer)
    quiet, told = bool(os.environ.get("COINGRAPH_QUIET")), is_terminal() and not (as_json or as_csv)
    rows: Sequence[Mapping[str, Any]] = answer.rows[:most]
    if columns:
        rows = tables.chosen(rows, [name.strip() for name in columns.split(",")])
    if as_json and answer.whole is not None and not (columns or most):
        print_json(answer.whole)
    elif as_json:
        click.echo(tables.to_json(rows))
    elif as_csv:
        click.echo(tables.to_csv(rows), nl=False)
    elif not told:
        click.echo(tables.to_lines(rows), nl=False)
    else:
        if not columns:
            rows = tables.on_terminal(answer, most or (None if wide else tables.SHOWN), brief=not (most or wide))
        _print_table(answer, rows, wide or bool(columns), quiet)
    if not quiet:
        notes = [line for note in answer.notes for line in broken(note, err=True)]
        for line in (*notes, *([onward(answer.onward)] if told and answer.onward else ())):
            click.echo(line, err=True)


def _print_table(answer: "Answer", rows: Sequence, wide: bool, quiet: bool) -> None:
    from explore import tables

    coloured = _coloured()
    lines = [] if quiet else tables.sentence(answer.said if rows else answer.none, coloured)
    shown = [tables.plain(row, () if wide else answer.hidden) for row in rows]
    if shown and not any(shown):
        lines.append(f"{len(shown):,} rows of nodes and relationships; --json prints them.")
    elif shown:
        width = None if wide else shutil.get_terminal_size().columns
        made = tables.table(shown, width, answer.first, coloured, answer.heads)
        lines += made.lines
        if not quiet:
            lines += tables.ending(answer, len(shown), made.left_out)
    text = "\n".join(lines)
    if (sys.stdout.encoding or "").lower().replace("-", "") != "utf8":
        text = text.translate(tables.ASCII)
    if lines:
        (page if wide else _write)(text + "\n")


def is_terminal() -> bool:
    """Whether a person reads stdout."""
    return sys.stdout.isatty()


def _coloured() -> bool:
    return not (os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb")


def _write(text: str) -> None:
    """Write text whose codes for colour are ours: what stands in cells is spelt out already."""
    getattr(sys.stdout, "write_coloured", sys.stdout.write)(text)


def page(text: str) -> None:
    """Show what may be wider or longer than the screen in the pager; write it where no person reads it, or none is."""
    pager = shlex.split(os.environ.get("COINGRAPH_PAGER") or os.environ.get("PAGER") or "less -FRSX")
    if not is_terminal() or os.environ.get("COINGRAPH_NO_PAGER") or not pager or not shutil.which(pager[0]):
        return _write(text)
    subprocess.run(pager, input=text.encode(), check=False)


def onward(commands: Sequence[str]) -> str:
    """The line that names commands to go on with."""
    return f"Go on: coingraph {' · '.join(commands)}"


def say(text: str, err: bool = False) -> None:
    """Print sentences, a paragraph a line; where a person reads them no line is wider than 80 places."""
    lines = [part for line in text.split("\n") for part in broken(line, err)]
    click.echo("\n".join(lines), err=err)


def broken(line: str, err: bool = False) -> list[str]:
    """A line as it is, or, where a person reads it on a terminal, broken at words.

    It never breaks at a `NO_BREAK`, which becomes a space.
    """
    from explore.tables import sentence

    lines = sentence(line) if (sys.stderr.isatty() if err else is_terminal()) else [line]
    return [part.replace(NO_BREAK, " ") for part in lines]


def error_lines(what: str, text: str, cure: str | None) -> list[str]:
    """The lines of an error and its cure. On a terminal they break at words; a command of the cure stays whole, so that
    it can be copied: a cure breaks between its parts alone."""
    lines = [part for line in f"{what}: {text}".split("\n") for part in broken(line, err=True)]
    if cure:
        parts = re.split(r'(?<=;) (?=[^"]*$)', f"cure:  {cure}")
        whole = " ".join(part.replace(" ", NO_BREAK) for part in parts)
        lines += broken(whole, err=True)
    return lines


def print_lines(lines: Sequence[str]) -> None:
    """Print lines that may bear signs, as this terminal can show them."""
    from explore.tables import ASCII

    text = "\n".join(lines)
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    click.echo(text if utf8 else text.translate(ASCII))


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
