"""The commands by which a person decides: what a coin's type is, what coins share, what is wrong with photographs."""

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands import names
from commands.helps import command, group
from commands.options import common, opened, output
from commands.printing import NO_BREAK, say
from errors import counted

if TYPE_CHECKING:
    from coingraph import Verdict
    from explore.tables import Answer

MISSING = "\N{EN DASH}"
REDRAW = "Go on: coingraph link · analyze bring edges and communities up to date"

by_option = click.option("--as", "author", metavar="NAME", help="Who decides.  [COINGRAPH_AS, else your login name]")
face_of_pair = click.option("--face", required=True, type=click.Choice(["obverse", "reverse"]), help="Of which side.")


def speaking(command: Callable) -> Callable:
    """`--as` and `--note`, which every verdict has: the arguments ``author`` and ``note``."""
    note = click.option("--note", metavar="TEXT", help="Why; kept with the verdict.")
    return by_option(note(command))


@command("set-type")
@click.argument("coin", shell_complete=names.coins)
@click.argument("type", shell_complete=names.types)
@click.option("--new", is_flag=True, help="The type is a new one, which no coin has yet.")
@speaking
@common
def set_type(coin: str, type: str, **options: Any) -> None:
    """Say what the type of a coin is. It counts before what tables and folders say.

    \b
    Example:
      coingraph set-type hoard/c001 "Wheel and branch" --as "M. R." --note "as c033"
    """
    with opened() as graph:
        _print_given([graph.set_type(coin, type, **options)])


@command()
@click.argument("coins", nargs=-1, required=True, shell_complete=names.coins)
@speaking
@common
def accept(coins: tuple[str, ...], **options: Any) -> None:
    """Accept the types that are proposed for coins.

    A type that was accepted counts like any other, but spaces are not scored by it: see evaluate --with-accepted.

    \b
    Example:
      coingraph accept hoard/c001 hoard/c002
    """
    with opened() as graph:
        _print_given(graph.accept(coins, **options))


@command()
@click.argument("coins", nargs=-1, required=True, shell_complete=names.coins)
@speaking
@common
def reject(coins: tuple[str, ...], **options: Any) -> None:
    """Reject the types that are proposed for coins: they are not proposed for these again.

    \b
    Example:
      coingraph reject hoard/c001
    """
    with opened() as graph:
        _print_given(graph.reject(coins, **options))


@command("same-type")
@click.argument("coin", shell_complete=names.coins)
@click.argument("other", shell_complete=names.coins)
@speaking
@common
def same_type(coin: str, other: str, **options: Any) -> None:
    """Say that two coins are of one type, whatever it is called.

    \b
    Example:
      coingraph same-type hoard/c001 hoard/c002
    """
    with opened() as graph:
        _print_given([graph.same_type(coin, other, **options)])


@command("not-same-type")
@click.argument("coin", shell_complete=names.coins)
@click.argument("other", shell_complete=names.coins)
@speaking
@common
def not_same_type(coin: str, other: str, **options: Any) -> None:
    """Say that two coins are not of one type.

    \b
    Example:
      coingraph not-same-type hoard/c001 hoard/c002
    """
    with opened() as graph:
        _print_given([graph.same_type(coin, other, same=False, **options)])


@command("same-die")
@click.argument("coin", shell_complete=names.coins)
@click.argument("other", shell_complete=names.coins)
@face_of_pair
@speaking
@common
def same_die(coin: str, other: str, **options: Any) -> None:
    """Say that the obverses, or the reverses, of two coins are from one die: `dies` keeps them together.

    \b
    Example:
      coingraph same-die hoard/c001 hoard/c002 --face obverse
    """
    with opened() as graph:
        _print_given([graph.same_die(coin, other, **options)])


@command("not-same-die")
@click.argument("coin", shell_complete=names.coins)
@click.argument("other", shell_complete=names.coins)
@face_of_pair
@speaking
@common
def not_same_die(coin: str, other: str, **options: Any) -> None:
    """Say that the obverses, or the reverses, of two coins are not from one die: `dies` keeps them apart.

    \b
    Example:
      coingraph not-same-die hoard/c001 hoard/c002 --face reverse
    """
    with opened() as graph:
        _print_given([graph.same_die(coin, other, same=False, **options)])


@command("swap-sides")
@click.argument("coin", shell_complete=names.coins)
@speaking
@common
def swap_sides(coin: str, **options: Any) -> None:
    """Say that obverse and reverse of a coin are swapped. The files stay as they are.

    \b
    Example:
      coingraph swap-sides hoard/c001
    """
    with opened() as graph:
        _print_given([graph.swap_sides(coin, **options)])
    click.echo(REDRAW, err=True)


@command()
@click.argument("coin", shell_complete=names.coins)
@click.argument("other", shell_complete=names.coins)
@speaking
@common
def merge(coin: str, other: str, **options: Any) -> None:
    """Say that two records are one coin. The first stays; the other is left out of all that is found and counted.

    \b
    Example:
      coingraph merge hoard/c001 hoard/c002
    """
    with opened() as graph:
        _print_given([graph.merge(coin, other, **options)])
    click.echo(REDRAW, err=True)


@command()
@click.argument("coin", shell_complete=names.coins)
@face_of_pair
@speaking
@common
def exclude(coin: str, **options: Any) -> None:
    """Leave the photograph of a side out of all that is found and counted. The file stays as it is.

    \b
    Example:
      coingraph exclude hoard/c001 --face reverse --note "not of this coin"
    """
    with opened() as graph:
        _print_given([graph.exclude(coin, **options)])
    click.echo(REDRAW, err=True)


@command()
@click.argument("number", required=False, type=click.IntRange(1))
@by_option
@common
def undo(number: int | None, author: str | None) -> None:
    """Take a verdict back: the last one, or that of a number. The history keeps it, marked.

    \b
    Example:
      coingraph undo
      coingraph undo 3
    """
    with opened() as graph:
        one = graph.undo(number, author=author)
    said = _said(one, [one])
    if not one.of_a_type:
        said = f"{' and '.join(_short(one.coins, [one]))} {said.partition(': ')[2].partition(',')[0]}"
    say(f"Undone: {one.number}, {said}. History keeps it, marked.")
    if one.corrects:
        click.echo(REDRAW, err=True)


@command()
@output
@common
def history() -> "Answer":
    """List what was decided, by whom and when, the latest first; undone verdicts too.

    \b
    Example:
      coingraph history
      coingraph history --json
    """
    from explore.tables import Answer

    with opened() as graph:
        found = graph.history()
    rows = [_row(one) for one in found.verdicts]
    return Answer(
        rows,
        said=f"{counted(len(found.verdicts), 'verdict')} of {counted(found.people, 'person', 'people')}, "
        f"{found.undone or 'none'} undone, {found.disputed or 'none'} in dispute. Latest first.",
        none="There is no verdict yet.",
        first=("number", "when", "who", "what"),
        hidden=[name for row in rows[:1] for name in row if name != "number"],
        shown=[_line(one, found.verdicts) | row for one, row in zip(found.verdicts, rows, strict=True)],
        heads={"number": "no."},
        order="the latest first",
        onward=["query verdicts-differ"] if found.disputed else [],
    )


@group()
@common
def verdicts() -> None:
    """Exchange verdicts with others, as a table."""


@verdicts.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@common
def verdicts_export(file: Path) -> None:
    """Write all verdicts to a CSV file, undone ones too. They name photographs by their checksums.

    \b
    Example:
      coingraph verdicts export verdicts.csv
    """
    with opened() as graph:
        number = graph.export_verdicts(file)
    click.echo(f"{counted(number, 'verdict')} in {file}")


@verdicts.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@common
def verdicts_import(file: Path) -> None:
    """Add the verdicts of a CSV file that somebody exported. Those that are here already are not doubled.

    Where two people differ both verdicts stay, and the later one decides: `coingraph query verdicts-differ` lists them.

    \b
    Example:
      coingraph verdicts import verdicts.csv
    """
    with opened(new=True) as graph:
        done = graph.import_verdicts(file)
        disputed = graph.history().disputed
    known = done.total - done.new
    text = f"{counted(done.new, 'new verdict')}, {known:,} known already"
    text += f", {done.undone:,} of them undone now" * bool(done.undone)
    click.echo(f"{text}; {disputed or 'none'} in dispute.")
    if disputed:
        click.echo("Go on: coingraph query verdicts-differ", err=True)


# How a verdict reads.


def _print_given(given: "Sequence[Verdict]") -> None:
    """A sentence for each verdict: what holds now, and how to take it back."""
    for one in given:
        undo = f"Undo: coingraph undo {one.number}".replace(" ", NO_BREAK)
        say(f"{_sign(one)} {_holds(one, given)}. {undo}")


def _holds(one: "Verdict", among: "Iterable[Verdict]") -> str:
    name = _short(one.coins, among)
    if one.kind == "type":
        before = f", not {one.instead_of}" if one.instead_of else ""
        return f"{name[0]}: {one.type}" + (", as before" if one.instead_of == one.type else before)
    if one.kind in ("accept", "reject"):
        shown = f" ({_probability(one.probability)} {_word(one.probability)})" if one.probability is not None else ""
        return f"{name[0]}: {'not ' * (one.kind == 'reject')}{one.type}, as proposed{shown}"
    if one.kind == "merge":
        return f"{_said(one, among)}; {name[1]} is left out"
    return _said(one, among)


def _said(one: "Verdict", among: "Iterable[Verdict]") -> str:
    """What was decided, in words."""
    name = ", ".join(_short(one.coins, among))
    if one.kind == "type":
        return f"{name} is {one.type}"
    if one.kind in ("accept", "reject"):
        shown = "" if one.probability is None else f" {_probability(one.probability)}"
        return f"{name} is {'not ' * (one.kind == 'reject')}{one.type}, as proposed{shown}"
    words = {
        "same-type": "the same type",
        "not-same-type": "not the same type",
        "same-die": f"the same die, {one.face}",
        "not-same-die": f"not the same die, {one.face}",
        "swap-sides": "sides swapped",
        "merge": "one coin",
        "exclude": f"{one.face} left out",
    }
    return f"{name}: {words[one.kind]}"


def _line(one: "Verdict", among: "Iterable[Verdict]") -> dict[str, Any]:
    """A verdict as a row of the history that a person reads."""
    what = _said(one, among) + (f': "{one.note}"' if one.note else "")
    waits = "" if one.here else "; waits for its photographs"
    said = f"undone {_when(one.undone_at, one.at)}: {what}" if one.undone else f"{_sign(one)} {what}{waits}"
    return {"number": one.number, "when": _when(one.at), "who": one.author or MISSING, "what": said}


def _row(one: "Verdict") -> dict[str, Any]:
    return {
        "number": one.number,
        "at": one.at.isoformat() if one.at else None,
        "author": one.author or None,
        "kind": one.kind,
        "coin": one.coins[0],
        "other": one.coins[1] if len(one.coins) > 1 else None,
        "face": one.face,
        "type": one.type,
        "instead_of": one.instead_of,
        "probability": one.probability,
        "space": one.space,
        "run": one.run,
        "note": one.note,
        "here": one.here,
        "undone": one.undone,
        "undone_at": one.undone_at.isoformat() if one.undone_at else None,
        "undone_by": one.undone_by,
    }


def _short(coins: Sequence[str], among: "Iterable[Verdict]") -> list[str]:
    """Ids of coins, without the collection where all that are shown are of one."""
    collections = {coin.partition("/")[0] for one in among for coin in one.coins}
    return [coin.partition("/")[2] or coin for coin in coins] if len(collections) == 1 else list(coins)


def _sign(one: "Verdict") -> str:
    yes, no = "✓✗" if (sys.stdout.encoding or "").lower().startswith("utf") else "+x"
    return no if one.kind in ("reject", "not-same-type", "not-same-die", "exclude") else yes


def _when(at: datetime | None, beside: datetime | None = None) -> str:
    """In local time; without the day where it is that of the time ``beside``, without the year where it is this one."""
    if at is None:
        return MISSING
    at = at.astimezone()
    if beside and at.date() == beside.astimezone().date():
        return f"{at:%H:%M}"
    return f"{at.day} {at:%b}{'' if at.year == datetime.now().year else f' {at.year}'} {at:%H:%M}"


def _probability(value: float | None) -> str:
    value = value or 0.0
    return "<0.01" if value < 0.01 else ">0.99" if value > 0.99 else f"{value:.2f}"


def _word(value: float | None) -> str:
    value = value or 0.0
    if 0.4 <= value <= 0.6:
        return "undecided"
    return "sure" if value >= 0.9 else "likely" if value > 0.6 else "unlikely"


COMMANDS = (
    *(set_type, accept, reject, same_type, not_same_type, same_die, not_same_die),
    *(swap_sides, merge, exclude, history, undo, verdicts),
)
