"""The command line: parses, calls and prints. What a command does is in the function it calls."""

import os
import sys
from typing import Any

import click

from commands import (
    ask,
    collect,
    completion,
    decide,
    explore,
    helps,
    measure,
    network,
    plot,
    propose,
    report,
    run,
    server,
    spaces,
    status,
)
from commands.cures import cure_of, cure_of_usage, usage_text
from commands.helps import Group
from commands.options import common
from commands.printing import error_lines
from commands.terminal import Bars, plain_streams
from errors import CoingraphError, listening

#: Colour is let through because nothing here is coloured: what looks like it stands in a name, which `plain_streams`
#: spells out where click would leave it out.
CONTEXT = {"help_option_names": ["-h", "--help"], "color": True}


class Commands(Group):
    """Tells errors in two lines, what is wrong and what mends it. `--debug` shows tracebacks.

    The exit status is 1, or 2 for a wrong word on the command line, or 130 after Ctrl-C.
    """

    def main(self, *args: Any, **kwargs: Any) -> Any:
        standalone = kwargs.get("standalone_mode", True)
        kwargs["standalone_mode"] = False
        bars = Bars()
        told: tuple[str, str, str | None, int]
        with plain_streams(), listening(bars):
            try:
                answer = super().main(*args, **kwargs)
            except click.exceptions.Abort:
                told = ("stopped", *bars.reached(), 130)
            except click.exceptions.NoArgsIsHelpError as error:
                click.echo(error.message)
                sys.exit(0)
            except click.UsageError as error:
                told = ("error", usage_text(error), cure_of_usage(error), error.exit_code)
            except click.ClickException as error:
                told = ("error", error.format_message(), None, error.exit_code)
            except CoingraphError as error:
                if _debugging():
                    raise
                told = ("error", str(error), cure_of(error), 1)
            except OSError as error:
                if _debugging() or isinstance(error, BrokenPipeError):
                    raise
                where = f"{error.filename}: " if error.filename else ""
                told = ("error", f"{where}{error.strerror or error}", None, 1)
            else:
                if standalone:
                    sys.exit(answer if isinstance(answer, int) else 0)
                return answer
            what, text, cure, status = told
            for line in error_lines(what, text, cure):
                click.echo(line, err=True, color=True)  # not stripped: `plain_streams` spells codes out
        sys.exit(status)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write("\n".join(helps.top(self.list_commands(ctx))))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BaseException as error:
            if not _by_interrupt(error):
                raise
            raise click.exceptions.Abort from error


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


for topic in (
    server,
    status,
    explore,
    collect,
    spaces,
    network,
    measure,
    propose,
    decide,
    ask,
    plot,
    report,
    run,
    completion,
    helps,
):
    for command in topic.COMMANDS:
        main.add_command(command)


if __name__ == "__main__":
    main()
