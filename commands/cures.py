"""What mends an error, in words: a line that can be pasted. Errors carry a code and facts, this table the words."""

import difflib
import re

import click

from errors import CoingraphError

#: By the code of an error: a fact, and the cure where the error has that fact ("": always). The first that fits counts.
CURES: dict[str, tuple[tuple[str, str], ...]] = {
    "AmbiguousCoin": (("", "give more of the id"),),
    "BadHead": (("unreadable", "coingraph train … --refit"),),
    "BadModel": (
        ("file", "get {file} on a machine with a network, then: coingraph embed --space {space} --weights FILE"),
    ),
    "BadParameter": (
        ("measure", "coingraph query outliers measure={measure}"),
        ("unmeasured", "coingraph ingest FOLDER --metadata TABLE, with a column weight or diameter"),
    ),
    "BadOutput": (("option", "{option} {other}"), ("other", "--out {other}")),
    "BadVectors": (("", "coingraph embed"),),
    "CannotDerive": (
        ("refit", "--refit makes it again, --name OTHER another; or first: coingraph spaces remove {space}"),
        ("space", "--name OTHER, or first: coingraph spaces remove {space}"),
    ),
    "CannotRead": (("able", "--space {able[0]}"), ("", "coingraph embed --space minilm, then again")),
    "ChangedModel": (("space", "--name OTHER, or first: coingraph spaces remove {space}"),),
    "DiskFull": (("", "make room, or --home DIR on another disk"),),
    "EmptyDatabase": (("", "coingraph run FOLDER, or --home DIR for another database"),),
    "NewerGraph": (("", "install the newest coingraph, or --home DIR for another database"),),
    "NoCollection": (("", "coingraph collections list"),),
    "NoDies": (("unmade", "coingraph dies"), ("near", 'coingraph dies --type "{near[0]}"; all types: coingraph types')),
    "NoEdges": (("space", "coingraph link --space {space}"),),
    "NoFolder": (("command", "coingraph {command} FOLDER, the folder of the photographs"),),
    "NoProposal": (("", "coingraph set-type COIN TYPE; or first: coingraph propose"),),
    "NoTableFile": (("", "--metadata FILE; a table that lies in the folder is found without it"),),
    "NoLinks": (("", "coingraph dies, for both faces"),),
    "NoProbabilities": (("space", "coingraph calibrate --space {space}"),),
    "NoServer": (
        ("embedded", "coingraph up, then the same command again; finished work is kept"),
        ("", "check NEO4J_URI, start that server, then the same command again; finished work is kept"),
    ),
    "NotEmbedded": (("space", "coingraph embed --space {space}"),),
    "NotMadeYet": (("step", "coingraph {step}, then the same command again"),),
    "NotTrained": (("", "coingraph train, or: coingraph fuse --method mlp|attention"),),
    "PortTaken": (("", "coingraph explore --port 0 takes a free one"),),
    "NothingCommon": (("", "coingraph embed"),),
    "NothingLinked": (
        ("unanalyzed", "coingraph analyze --space {unanalyzed}"),
        ("taken", "coingraph embed --space OTHER, then: coingraph link --space OTHER"),
        ("", "coingraph run FOLDER; or coingraph embed, then: coingraph link"),
    ),
    "NothingRead": (("unread", "coingraph embed --space legend"),),
    "NothingToEmbed": (("nothing_read", "coingraph run FOLDER, or: coingraph ingest FOLDER --collection NAME"),),
    "NothingToMeasure": (("unmatched", "coingraph match --space {unmatched}"),),
    "NothingToUndo": (("", "coingraph collections list shows what can be taken back"),),
    "OlderGraph": (("", "wait for that command, then the same command again"),),
    "OtherModel": (
        ("lost", "embed {lost} again, then: coingraph {command} … --refit"),
        ("command", "coingraph {command} … --refit, which makes {space} again"),
    ),
    "ServerDidNotStart": (("process", "coingraph down, then the same command again"),),
    "ServerFailed": (("", "make room, coingraph down, then the same command again; finished work is kept"),),
    "TooFewTypes": (("", "coingraph ingest FOLDER --collection NAME --type COLUMN gives coins a type"),),
    "TooManyCoins": (("nodes", "a higher --percentile; or coingraph export graph, for Gephi"),),
    "TooManyEdges": (("", "a higher --percentile"),),
    "UnreadableMetadata": (("headings", "the same command with the name of one of these columns"),),
    "UnknownCoin": (
        ("near", "coingraph find {near[0]}"),
        ("", "coingraph collections list shows what there is"),
    ),
    "UnknownFusion": (("unreadable", "coingraph fuse … --refit"),),
    "UnknownModel": (("", "coingraph embed -h; spaces there are already: coingraph spaces list"),),
    "UnknownProperty": (("unanalyzed", "coingraph analyze --space {unanalyzed}, or another --colour"),),
    "UnknownQuery": (
        ("near", "coingraph query {near[0]}; all questions: coingraph query"),
        ("", "coingraph query lists all questions"),
    ),
    "UnknownSpace": (("", "coingraph spaces list; models to make one with: coingraph embed -h"),),
    "UnknownType": (
        ("near", 'coingraph set-type … "{near[0]}"; a type that no coin has yet: --new'),
        ("", "coingraph types lists them; a type that no coin has yet: --new"),
    ),
    "UnknownTransform": (("unreadable", "coingraph embed --refit"),),
    "WouldLoseVectors": (
        ("", "bring the photographs back, leave out --collection, or: coingraph ingest FOLDER --prune"),
    ),
    "WritingQuery": (("", "leave out what writes: CREATE, MERGE, SET, DELETE, REMOVE"),),
}


class NoFolder(CoingraphError):
    """The folder to read is not there."""


class NoTableFile(CoingraphError):
    """The table to read is not there."""


class EmptyDatabase(CoingraphError):
    """A question to a database that was never used."""


def cure_of(error: CoingraphError) -> str | None:
    """The cure of an error; None where its message says all."""
    for needed, words in CURES.get(error.code, ()):
        if not needed or error.facts.get(needed):
            return words.format(**error.facts)
    return None


def cure_of_usage(error: click.UsageError) -> str | None:
    """The cure of a wrong word on the command line: the nearest right one, and where all of them stand."""
    if isinstance(error.__cause__, CoingraphError) and (cure := cure_of(error.__cause__)):
        return cure
    if error.ctx is None:
        return None
    help = f"{error.ctx.command_path} -h"
    if isinstance(error, click.NoSuchOption):
        near = [_as_typed(error.ctx, name) for name in error.possibilities or ()]
        return f"{' or '.join(near)}; all options: {help}" if near else f"all options: {help}"
    if isinstance(error, NoCommand):
        near = [f"{error.ctx.command_path} {name}" for name in error.near]
        return f"{' or '.join(near)}; all commands: {help}" if near else f"all commands: {help}"
    return help


def usage_text(error: click.UsageError) -> str:
    """What is wrong on the command line, with the word as typed."""
    if isinstance(error, click.NoSuchOption) and error.ctx:
        return f"{error.ctx.info_name} has no option {error.option_name}"
    if isinstance(error, click.MissingParameter) and error.param and error.ctx:
        return f"{error.ctx.info_name} needs {error.param.get_error_hint(error.ctx).strip(chr(39))}"
    text = error.format_message().rstrip(".")
    if isinstance(error, click.BadParameter):
        text = re.sub(r"is not in the range x>=(\S+)$", r"is not \1 or more", text)
        text = re.sub(r"is not in the range (\S+?)<=?x<=?(\S+)$", r"is not from \1 to \2", text)
        text = text.removeprefix("Invalid value for ").removeprefix("Invalid value: ")
        return re.sub(r"^'\[?(\S+?)\]?':", r"\1:", text)
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


class NoCommand(click.UsageError):
    """There is no command of this name; ``near`` are the names like it."""

    def __init__(self, message: str, ctx: click.Context, near: list[str]):
        super().__init__(message, ctx)
        self.near = near


def no_command(name: str, ctx: click.Context) -> NoCommand:
    """The error of a name that no command of the group of ``ctx`` has."""
    known = ctx.command.list_commands(ctx) if isinstance(ctx.command, click.Group) else []
    return NoCommand(f"there is no command {name}", ctx, difflib.get_close_matches(name, known, n=2))


def _as_typed(ctx: click.Context, name: str) -> str:
    """An option as it is typed: with the name of its value, where it takes one."""
    for param in ctx.command.params:
        if isinstance(param, click.Option) and name in param.opts:
            return name if param.is_flag else f"{name} {param.make_metavar(ctx)}"
    return name
