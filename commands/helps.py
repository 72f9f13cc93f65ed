"""Help: the commands by what a person wants, and of one command its examples, then its options by purpose.

`-h`, `--help` and `coingraph help NAME` are one, in at most 80 places; the pager takes what is longer than the screen.
"""

import inspect
import re
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import click

from commands.cures import no_command
from commands.printing import page

WIDTH = 80
#: Where the options of a purpose begin, and the widest that is written of one before its help.
INDENT, OPTION = 9, 28

#: Commands in groups, as they are typed, and what each is for. What has no words of its own says its name; a command
#: that stands in no group is listed behind them.
GROUPS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Start",
        (
            ("run FOLDER", "read photographs, compare, report"),
            ("demo", "the same with a sample hoard"),
            ("explore", "a page to look, compare and decide"),
        ),
    ),
    (
        "Look",
        (
            ("coins, coin ID", "list coins; all that is known of one"),
            ("find WHAT", "coins like a coin, a photograph, words"),
            ("query [NAME]", "answer one of the stored questions"),
            ("types, dies, plot", "types; dies and their coins; pictures"),
            ("report FILE.html", "all that was found, in a file to mail"),
        ),
    ),
    (
        "Decide",
        (
            ("propose", "a type for each coin that has none"),
            ("set-type, accept, reject", "what a coin's type is"),
            ("same-type, not-same-type", "whether two coins share a type,"),
            ("same-die, not-same-die", "or a die"),
            ("swap-sides, merge, exclude", "put photographs right"),
            ("history, undo, verdicts", "see, take back, exchange"),
        ),
    ),
    (
        "Measure",
        (
            ("evaluate, compare, sweep", "how good spaces are; which threshold"),
            ("calibrate, train", "learn probabilities; learn likeness"),
        ),
    ),
    ("Steps", (("ingest, add, embed, link, analyze, match, transform, fuse, legends, export", ""),)),
    (
        "Upkeep",
        (("status, doctor, collections, spaces, partitions, up, down, browser, sample-hoard, completion, help", ""),),
    ),
)
ALWAYS = "--home DIR  --color never  --no-pager  -q  -v  --debug  -h"

#: What options are for, by the names of their arguments; all others say how.
PURPOSES = {
    "Where": ("collection", "collections", "space", "spaces", "face", "side", "type_", "kind"),
    "Table": ("metadata", "sheet", "headings", "type_column", "id_column", "collection_column"),
    "Files": ("pattern", "numbered", "split", "two_coins"),
    "Who": ("author", "note"),
    "Show": ("top", "most", "sheet", "out", "as_shown", "report", "folder"),
    "Care": ("dry_run", "prune", "forget", "clear", "refit", "yes"),
}
ORDER = ("Where", "How", "Table", "Files", "Who", "Show", "Care")
#: What the last line of a help names, where the command takes it.
ROWS = {"as_json": "--json", "as_csv": "--csv", "wide": "--wide", "columns": "--columns A,B"}
#: What every command takes (`commands.options.common`): it stands in the help of `coingraph` itself.
COMMON = {"home", "debug", "color", "quiet", "verbose", "no_pager"}


def grouped() -> Iterator[tuple[str, str]]:
    """The names of the commands in the order of the help, each with its group."""
    for group, rows in GROUPS:
        for shown, _ in rows:
            for name in shown.split(", "):
                yield name.split()[0], group


class _Helped(click.Command):
    """A command whose help is ours."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option:
            option.callback = _show
        return option


class Command(_Helped):
    """One that does something: what it does, examples, then its options by purpose."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write("\n".join(_of_command(self, ctx)))


class Group(_Helped, click.Group):
    """One of several commands on the same things."""

    command_class = Command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise no_command(args[0], ctx)
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        said, _ = _paragraphs(self)
        names = self.list_commands(ctx)
        lines = [*_wrapped(" ".join(said)), f"Usage: {ctx.command_path} COMMAND [OPTIONS]"]
        width = max(map(len, names)) + 2
        for name in names:
            first = _paragraphs(self.commands[name])[0][0]
            lines += _hanging(f"  {name:<{width}}", first)
        formatter.write("\n".join([*lines, f"More: {ctx.command_path} COMMAND -h"]))


def command(name: str | None = None) -> Any:
    """As `click.command`, with our help."""
    return click.command(name, cls=Command)


def group(name: str | None = None) -> Any:
    """As `click.group`, with our help."""
    return click.group(name, cls=Group)


def top(names: Sequence[str]) -> list[str]:
    """The help of `coingraph` itself, which has commands of these ``names``."""
    lines = [f"{'Which ancient coins belong together?':<42}Usage: coingraph COMMAND [OPTIONS]"]
    for name, rows in GROUPS:
        before = f"{name:<{INDENT}}"
        for shown, said in rows:
            lines += _hanging(f"{before}{shown:<{OPTION + 1}}", said) if said else _hanging(before, shown)
            before = " " * INDENT
    if others := sorted({*names} - {name for name, _ in grouped()}):
        lines += _hanging(f"{'Also':<{INDENT}}", ", ".join(others))
    return [*lines, f"{'Always':<{INDENT}}{ALWAYS}", "More: coingraph COMMAND -h"]


def _of_command(command: click.Command, ctx: click.Context) -> list[str]:
    said, examples = _paragraphs(command)
    pieces = [piece for piece in command.collect_usage_pieces(ctx) if piece != "[OPTIONS]"]
    lines = _wrapped(said[0])
    lines += _hanging("Usage: ", " ".join([ctx.command_path, *pieces, "[OPTIONS]"]), "       ")
    lines += examples
    shown = {one: _shown(one, ctx) for one in command.params if isinstance(one, click.Option)}
    width = max((len(text) for text in shown.values() if len(text) <= OPTION), default=0) + 2
    for purpose in ORDER:
        before = f"{purpose:<{INDENT}}"
        for option in (one for one in shown if _purpose(one, command) == purpose):
            lines += _of_option(option, shown[option], width, ctx, before)
            before = " " * INDENT
    rows = [shown for name, shown in ROWS.items() if any(one.name == name for one in command.params)]
    lines += [f"{'Print':<{INDENT}}{'  '.join(rows)}"] if rows else []
    for more in said[1:]:
        lines += ["", *_wrapped(more)]
    return lines


def _paragraphs(command: click.Command) -> tuple[list[str], list[str]]:
    """What a command's docstring says, a text for each paragraph, and its examples, a line for each."""
    said, examples = [], []
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(command.help or "")):
        if paragraph.startswith("\b"):
            examples += [f"  {line.strip()}" for line in paragraph.splitlines() if line.strip().startswith("coingraph")]
        else:
            said.append(" ".join(paragraph.split()))
    return said or [""], examples


def _purpose(option: click.Option, command: click.Command) -> str | None:
    name = option.name or ""
    if name in COMMON or name in ROWS:
        return None
    fitting = [purpose for purpose, names in PURPOSES.items() if name in names]
    reads_table = any(one.name == "metadata" for one in command.params)
    return next((purpose for purpose in fitting if purpose != "Table" or reads_table), "How")


def _shown(option: click.Option, ctx: click.Context) -> str:
    """An option as it is typed, with what it takes."""
    shown = ", ".join(option.opts)
    if option.is_flag:
        return shown
    kind = option.type
    return f"{shown} {'|'.join(map(str, kind.choices)) if isinstance(kind, click.Choice) else _metavar(option, ctx)}"


def _of_option(option: click.Option, shown: str, width: int, ctx: click.Context, before: str) -> list[str]:
    help = option.help or ""
    if option.required:
        help += "  [required]"
    elif option.show_default and not option.is_flag and (default := option.get_default(ctx)) is not None:
        help += f"  [{default}]"
    if len(shown) <= OPTION or not help:
        return _hanging(f"{before}{shown:<{width}}", help.lstrip())
    return [f"{before}{shown}", *_hanging(" " * (INDENT + width), help.lstrip())]


def _metavar(option: click.Option, ctx: click.Context) -> str:
    if option.metavar:
        return option.metavar
    if isinstance(option.type, click.types.IntParamType | click.types.FloatParamType):
        return "N"
    if isinstance(option.type, click.Path):
        return "FILE" if option.type.file_okay else "FOLDER"
    name = (option.name or "").removesuffix("s")
    return "NAME" if name in ("space", "collection", "name") else name.upper()


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _width(), break_on_hyphens=False)


def _hanging(before: str, text: str, indent: str | None = None) -> list[str]:
    """Text behind ``before``; its further lines begin under it, or with ``indent``."""
    after = " " * len(before) if indent is None else indent
    lines = textwrap.wrap(
        text, _width(), initial_indent=before, subsequent_indent=after, break_on_hyphens=False, break_long_words=False
    )
    return lines or [before.rstrip()]


def _width() -> int:
    return min(shutil.get_terminal_size().columns, WIDTH)


def _show(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        page(ctx.get_help() + "\n")
        ctx.exit()


@command("help")
@click.argument("names", nargs=-1, metavar="[COMMAND]...")
@click.pass_context
def help_(ctx: click.Context, names: Sequence[str]) -> None:
    """Show the help of a command, as its -h does.

    \b
    Example:
      coingraph help find
      coingraph help spaces import
    """
    root = ctx.find_root()
    shown = root
    for name in names:
        found = shown.command.get_command(shown, name) if isinstance(shown.command, click.Group) else None
        if found is None:
            raise no_command(" ".join(names), root)
        shown = click.Context(found, parent=shown, info_name=name, help_option_names=root.help_option_names)
    page(shown.get_help() + "\n")


COMMANDS = (help_,)
