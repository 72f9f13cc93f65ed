"""Options and output that commands share."""

import functools
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from commands.cures import EmptyDatabase, NoFolder, NoTableFile
from commands.helps import Group
from commands.names import collections, spaces, types
from commands.printing import print_answer, say
from errors import BadOption, counted
from explore.formats import PLOT, checked

if TYPE_CHECKING:
    from coingraph import Graph, Removals

STALE = "run `coingraph link` and `coingraph analyze` to bring edges and communities up to date"
#: `coingraph.DEFAULT_SPACE`: importing the door for it would slow every `--help` down.
DEFAULT_SPACE = "coin-lite2"
COINS_OR_SIDES = "Coins by what both sides say, or the sides of one face."


def opened(collections: Sequence[str] | None = None, new: bool = False) -> "Graph":
    """The graph that a command works on. The door is imported here, so that help and wrong usage answer at once.

    A command that takes `--collection` hands on what was given: where the graph has several, it says which it means.
    Only a command that may be the first one starts a ``new`` database. Raises `EmptyDatabase`.
    """
    import offline

    if not new and not offline.used():
        where = os.environ.get("COINGRAPH_HOME")
        raise EmptyDatabase(f"the database {where} is empty" if where else "there is no database yet")
    import coingraph

    graph = coingraph.open()
    if collections is not None:
        try:
            scope = graph.scope(collections)
        except BaseException:
            graph.close()
            raise
        if len(scope.names + scope.others) > 1:
            left_out = f", not of {counted(len(scope.others), 'other')}" if scope.others else ""
            say(f"coins of {scope.words}{left_out}", err=True)
    return graph


def _set_home(_ctx: click.Context, _param: click.Parameter, value: Path | None) -> None:
    if value is not None:
        os.environ["COINGRAPH_HOME"] = str(value.expanduser().resolve())


def _set_colour(_ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value == "never":
        os.environ["NO_COLOR"] = "1"


def _sets(variable: str) -> dict[str, Any]:
    """Settings of a flag that sets a variable of the environment, so that whatever is called knows of it."""

    def set_variable(_ctx: click.Context, _param: click.Parameter, value: bool) -> None:
        if value:
            os.environ[variable] = "1"

    return {"is_flag": True, "callback": set_variable, "expose_value": False, "is_eager": True}


def common(command: Callable) -> Callable:
    """What every command and `coingraph` itself understand; the help names it once. `BadOption` is wrong usage."""

    @click.option("--debug", **_sets("COINGRAPH_DEBUG"), help="Show tracebacks.")
    @click.option("-v", "--verbose", **_sets("COINGRAPH_VERBOSE"), help="Say what was asked with which values.")
    @click.option("-q", "--quiet", **_sets("COINGRAPH_QUIET"), help="Print the table alone, or the error.")
    @click.option("--no-pager", **_sets("COINGRAPH_NO_PAGER"), help="Show nothing in the pager.")
    @click.option(
        "--color",
        type=click.Choice(["auto", "never"]),
        callback=_set_colour,
        expose_value=False,
        is_eager=True,
        help="never: no colour, also on a terminal (NO_COLOR).",
    )
    @click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False),
        callback=_set_home,
        expose_value=False,
        is_eager=True,
        help="Where this database lives (COINGRAPH_HOME).",
    )
    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except BadOption as error:
            if error.option:
                raise click.BadParameter(str(error), param_hint=error.option) from error
            raise click.UsageError(str(error)) from error

    return wrapped


def _checked(what: str) -> Callable:
    """What refuses a wrong name before a server is started; ``what`` as `offline.check_names` calls it."""

    def check(_ctx: click.Context, _param: click.Parameter, value: Any) -> Any:
        import offline

        if what == "collections":
            offline.check_names(collections=value)
        else:
            for name in [value] if isinstance(value, str) else value or ():
                offline.check_names(**{what: name})
        return value

    return check


def space_option(
    help: str = "Name of the space; else the default space.", *names: str, what: str = "space", **settings: Any
) -> Callable:
    """`--space`: the name of a space, or, where ``what`` is `model`, of a model or a space."""
    return click.option("--space", *names, shell_complete=spaces, callback=_checked(what), help=help, **settings)


def type_option(help: str, *names: str, **settings: Any) -> Callable:
    return click.option("--type", *names, metavar="TYPE", shell_complete=types, help=help, **settings)


def face_option(help: str = "Sides of which face.") -> Callable:
    faces = click.Choice(["both", "obverse", "reverse"])
    return click.option("--face", type=faces, default="both", show_default=True, help=help)


def collection_option(help: str = "The name of this collection in the graph.", **settings: Any) -> Callable:
    return click.option("--collection", shell_complete=collections, help=help, **settings)


def collections_option(help: str = "Coins of this collection; may be given several times.  [default: all]") -> Callable:
    """`--collection`, several times: the argument ``collections``, for `opened` and for the door."""
    more: dict[str, Any] = {"multiple": True, "metavar": "NAME", "shell_complete": collections}
    return click.option("--collection", "collections", callback=_checked("collections"), help=help, **more)


def refit_option(help: str) -> Callable:
    return click.option("--refit", is_flag=True, help=help)


def name_option(help: str = "The name of the new space.", **settings: Any) -> Callable:
    return click.option("--name", help=help, **settings)


def clear_option(help: str) -> Callable:
    return click.option("--clear", is_flag=True, help=help)


device_option = click.option(
    "--device", default="auto", show_default=True, help="auto, cpu, cuda or another name torch knows."
)
accepted_option = click.option(
    "--with-accepted", is_flag=True, help="Take types that were accepted from a proposal for labels, too."
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


def json_option(help: str = "Print JSON.") -> Callable:
    """`--json`: the argument ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help=help)


def picture_option(*names: str, help: str, formats: Sequence[str] = PLOT, **settings: Any) -> Callable:
    """An option that names a picture to write, refused before anything else is done where its ending is no format."""

    def right(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
        try:
            return checked(value, formats) if value else None
        except BadOption as error:
            error.facts["option"] = param.opts[-1]
            raise click.UsageError(str(error), ctx) from error

    kind = click.Path(path_type=Path, dir_okay=False)
    return click.option(*names, type=kind, metavar="FILE", callback=right, help=help, **settings)


def folder_argument(**settings: Any) -> Callable:
    """The argument ``folder``, which must be there: answered before a server is started."""

    def there(ctx: click.Context, _param: click.Parameter, value: Path) -> Path:
        if not value.is_dir():
            raise click.UsageError(f"there is no folder {value}", ctx) from NoFolder(command=ctx.info_name)
        return value

    return click.argument("folder", type=click.Path(path_type=Path), callback=there, **settings)


def closer_look(command: Callable) -> Callable:
    """What `match` and `dies` have in common: which pairs they look at, and with how many threads."""
    pairs = "Look at each side's K nearest, and at all pairs that have an edge."
    counts = click.IntRange(min=1)
    for option in (
        click.option("--workers", type=counts, metavar="N", help="Threads.  [default: one a core]"),
        face_option(),
        click.option("--top", default=50, show_default=True, type=counts, metavar="K", help=pairs),
        space_option(),
    ):
        command = option(command)
    return command


def formats(command: Callable) -> Callable:
    """`--json` and `--csv`, of which one at most is given: the arguments ``as_json`` and ``as_csv``."""

    @json_option()
    @click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
    @functools.wraps(command)
    def wrapped(*args: Any, as_json: bool, as_csv: bool, **kwargs: Any) -> Any:
        if as_json and as_csv:
            raise click.UsageError("choose one of --json and --csv")
        return command(*args, as_json=as_json, as_csv=as_csv, **kwargs)

    return wrapped


def output(command: Callable | None = None, *, top: bool = True) -> Callable:
    """`--json`, `--csv`, `--wide`, `--columns` and `--top` for a command that returns an `Answer`, or its rows alone.

    With ``top`` false the command has a `--top` of its own.
    """
    if command is None:
        return functools.partial(output, top=top)

    @formats
    @click.option("--wide", is_flag=True, help="Show all columns, nothing shortened.")
    @click.option("--columns", metavar="A,B", help="Show these columns.")
    @functools.wraps(command)
    def wrapped(*args: Any, as_json: bool, as_csv: bool, wide: bool, columns: str | None, **kwargs: Any) -> None:
        most = kwargs.pop("most") if top else None
        answer = command(*args, **kwargs)
        if answer is not None:
            print_answer(answer, as_json, as_csv, wide, columns, most)

    counts = click.IntRange(min=1)
    return click.option("-n", "--top", "most", type=counts, help="How many rows.")(wrapped) if top else wrapped


class _Listing(Group):
    """A group that lists what there is where no command of it is named, with the options of its `list`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        always = {name for param in self.get_params(ctx) for name in param.opts}
        if not args or (args[0].startswith("-") and args[0] not in always):
            args = ["list", *args]
        return super().parse_args(ctx, args)


def listing_group(function: Callable) -> click.Group:
    """A group of commands on things that `list` lists, which is what it does alone."""
    return click.group(cls=_Listing)(function)


def _table_there(ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    """A table that is not there is answered before a server is started."""
    if value and not value.exists():
        raise click.UsageError(f"there is no table {value}", ctx) from NoTableFile()
    return value


def _headings(_ctx: click.Context, _param: click.Parameter, value: Sequence[str]) -> dict[str, str]:
    """What `--map` says: the heading before the last `=`, the column behind it."""
    said: dict[str, str] = {}
    for one in value:
        heading, _, column = (part.strip() for part in one.rpartition("="))
        if not heading or not column:
            raise click.BadParameter(f"{one!r} is not HEADING=COLUMN, as in --map Ort=findspot")
        if said.setdefault(heading, column) != column:
            raise click.BadParameter(f"{heading!r} is given two columns, {said[heading]} and {column}")
    return said


def reading_options(command: Callable) -> Callable:
    """How a folder and its table are read: the keyword arguments of `pipeline.ingest`."""
    options = [
        click.option(
            "--metadata",
            type=click.Path(path_type=Path, dir_okay=False),
            callback=_table_there,
            help="The table of the coins: CSV, TSV or a workbook (XLSX, XLS, ODS).",
        ),
        click.option("--sheet", metavar="NAME", help="The sheet of the workbook, by name or number."),
        click.option(
            "--map",
            "headings",
            multiple=True,
            callback=_headings,
            metavar="HEADING=COLUMN",
            help="Say what a heading means, as in Ort=findspot; again for others.",
        ),
        click.option("--type", "type_column", metavar="COLUMN", help="The column that holds the coins' types."),
        click.option("--id-column", metavar="COLUMN", help="The column that holds the coins' names."),
        click.option("--collection-column", metavar="COLUMN", help="The column that names each coin's collection."),
        click.option(
            "--pattern",
            metavar="REGEX",
            help="Tells coin and side: groups coin and side, or coin, obverse and reverse.",
        ),
        click.option("--numbered", is_flag=True, help="Take x_1 for the obverse and x_2 for the reverse."),
        click.option(
            "--split",
            type=click.Path(path_type=Path, file_okay=False),
            metavar="FOLDER",
            help="Cut photographs of several coins, or of both sides, into files in FOLDER.",
        ),
        click.option("--two-coins", is_flag=True, help="With --split: two coins in a photograph are never two sides."),
        click.option(
            "--forget", is_flag=True, help="Use no option of the last time, and remember those given now only."
        ),
        click.option("--prune", is_flag=True, help="Remove coins and sides that are no longer in the folder."),
        click.option("--yes", is_flag=True, help="Do not ask before types, values, sides or coins are removed."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def as_asked(forget: bool, options: dict[str, Any]) -> dict[str, Any]:
    """Of `reading_options` those that were given, as `pipeline.ingest` takes them: it remembers the others."""
    from coingraph import ReadOptions

    source = click.get_current_context().get_parameter_source
    asked = {name: value for name, value in options.items() if source(name) is not ParameterSource.DEFAULT}
    return {"options": ReadOptions(), **asked} if forget else asked


class NeedsYes(click.ClickException):
    """What would be removed needs somebody's yes, and nobody is there to ask."""

    exit_code = 2


def agree(what: str, yes: bool) -> bool:
    """Say what would happen and ask on a terminal; end where the answer is no. Raises `NeedsYes` without a terminal."""
    if not yes:
        if not sys.stdin.isatty():
            raise NeedsYes(f"{what} Nothing was done, for there is no terminal to ask on: --yes agrees.")
        click.confirm(f"{what} Go on?", abort=True, err=True)
    return True


def asking(yes: bool) -> "Callable[[Removals], bool]":
    """What `pipeline.ingest` asks before it removes anything."""
    return lambda removals: agree(f"This would remove {removals}.", yes)


def _top(_ctx: click.Context, _param: click.Parameter, value: str) -> int | None:
    if value == "all":
        return None
    if not value.isdecimal() or int(value) < 1:
        raise click.BadParameter("a number from 1, or `all`")
    return int(value)


top_option = click.option(
    "--top",
    default="20",
    show_default=True,
    metavar="K|all",
    callback=_top,
    help="Link each side to its K nearest, or to all above the threshold.",
)
