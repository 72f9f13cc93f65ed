"""The command line: parses, calls and prints. What a command does is in the function it calls."""

import os
from typing import Any

import click

from commands import ask, collect, decide, measure, network, plot, propose, run, server, spaces
from commands.options import common
from commands.terminal import Bars, plain_streams
from errors import CoingraphError, listening

#: Colour is let through because nothing here is coloured: what looks like it stands in a name, which `plain_streams`
#: spells out where click would leave it out.
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110, "color": True}


class Commands(click.Group):
    """Turns the errors meant for users into one line and exit status 1; `--debug` shows the traceback."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        with plain_streams(), listening(Bars()):
            return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return self._invoke(ctx)
        except BaseException as error:
            if not _by_interrupt(error):
                raise
            click.echo("\nstopped; nothing is left half done: the same command, given again, goes on", err=True)
            raise KeyboardInterrupt from error

    def _invoke(self, ctx: click.Context) -> Any:
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


def _by_interrupt(error: BaseException | None) -> bool:
    """Whether Ctrl-C began it: what is closed afterwards, in the middle of a transaction, may fail for that."""
    while error and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def _debugging() -> bool:
    return bool(os.environ.get("COINGRAPH_DEBUG"))


@click.group(cls=Commands, context_settings=CONTEXT)
@click.version_option(package_name="coingraph")
@common
def main() -> None:
    """Find which ancient coins belong together.

    \b
    Example:
      coingraph run photographs/ --collection museum --metadata coins.csv
    """


for topic in (server, collect, spaces, network, measure, propose, decide, ask, plot, run):
    for command in topic.COMMANDS:
        main.add_command(command)


if __name__ == "__main__":
    main()
