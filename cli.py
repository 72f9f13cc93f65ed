"""The command line: parses, calls and prints. What a command does is in the function it calls."""

import csv
import functools
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from errors import CoingraphError

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class Commands(click.Group):
    """Turns the errors meant for users into one line and exit status 1; `--debug` shows the traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CoingraphError as error:
            if _debugging():
                raise
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if _debugging() or isinstance(error, BrokenPipeError):
                raise
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror or error}") from error


def _debugging() -> bool:
    return bool(os.environ.get("COINGRAPH_DEBUG"))


def _set_home(_ctx: click.Context, _param: click.Parameter, value: Path | None) -> None:
    if value is not None:
        os.environ["COINGRAPH_HOME"] = str(value.expanduser().resolve())


def _set_debug(_ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        os.environ["COINGRAPH_DEBUG"] = "1"


def common(command: Callable) -> Callable:
    """`--home` and `--debug`, understood by every command and by `coingraph` itself."""
    command = click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False),
        callback=_set_home,
        expose_value=False,
        is_eager=True,
        help="Where this database lives (COINGRAPH_HOME).",
    )(command)
    return click.option(
        "--debug", is_flag=True, callback=_set_debug, expose_value=False, is_eager=True, help="Show tracebacks."
    )(command)


def output(command: Callable) -> Callable:
    """`--json`, `--csv` or a table, for a command that returns rows (dictionaries of one shape)."""

    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    @click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
    @functools.wraps(command)
    def wrapped(*args: Any, as_json: bool, as_csv: bool, **kwargs: Any) -> None:
        if as_json and as_csv:
            raise click.UsageError("choose one of --json and --csv")
        print_rows(command(*args, **kwargs), as_json, as_csv)

    return wrapped


def print_rows(rows: Sequence[dict[str, Any]], as_json: bool = False, as_csv: bool = False) -> None:
    if as_json:
        click.echo(json.dumps(list(rows), ensure_ascii=False, indent=2, default=str))
    elif as_csv:
        writer = csv.writer(sys.stdout)
        if rows:
            writer.writerow(rows[0])
        writer.writerows(row.values() for row in rows)
    elif rows:
        from tabulate import tabulate

        click.echo(tabulate(list(rows), headers="keys", floatfmt=".4g"))
    else:
        click.echo("nothing found")


@click.group(cls=Commands, context_settings=CONTEXT)
@click.version_option(package_name="coingraph")
@common
def main() -> None:
    """Find which ancient coins belong together.

    \b
    Example:
      coingraph run photographs/ --collection museum --metadata coins.csv
    """


# --- server ---------------------------------------------------------------------------------------------------------


# --- collections ----------------------------------------------------------------------------------------------------


@main.command("sample-hoard")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--coins", default=60, show_default=True, type=click.IntRange(1), help="How many coins.")
@click.option("--types", default=6, show_default=True, type=click.IntRange(1), help="Of how many types.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Another seed, another hoard.")
@click.option("--difficulty", default="default", show_default=True, help="easy, default, hard or a number from 0 to 1.")
@common
def sample_hoard(folder: Path, coins: int, types: int, seed: int, difficulty: str) -> None:
    """Make photographs of struck coins with known types and dies, to try things on.

    Writes photographs/, coins.csv (the catalogue) and truth.json (what is really so, and what was planted).

    \b
    Example:
      coingraph sample-hoard hoard/ --coins 200 --types 12 --difficulty hard
    """
    from ingest.hoard import make_hoard

    truth = make_hoard(folder, coins, types, seed, difficulty)
    click.echo(f"{truth.coins} coins of {len(truth.types)} types in {folder}")
    print_rows([{"planted": p.kind, "coins": ", ".join(p.coins), "what": p.note} for p in truth.plants])


# --- vectors --------------------------------------------------------------------------------------------------------


# --- edges and communities ------------------------------------------------------------------------------------------


# --- questions ------------------------------------------------------------------------------------------------------


# --- all at once ----------------------------------------------------------------------------------------------------


if __name__ == "__main__":
    main()
