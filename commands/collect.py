"""The commands that bring photographs and their tables in."""

import shlex
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands import names
from commands.helps import command
from commands.options import (
    STALE,
    agree,
    as_asked,
    asking,
    collection_option,
    common,
    folder_argument,
    json_option,
    listing_group,
    opened,
    output,
    reading_options,
    type_option,
    yes_option,
)
from commands.printing import print_json, print_rows, say
from errors import counted

if TYPE_CHECKING:
    from coingraph import Kept, Reading, Stored
    from explore.tables import Answer


@command("sample-hoard")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--coins", default=60, show_default=True, type=click.IntRange(1), help="How many coins.")
@click.option("--types", default=6, show_default=True, type=click.IntRange(1), help="Of how many types.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Another seed, another hoard.")
@click.option("--difficulty", default="default", show_default=True, help="easy, default, hard or a number from 0 to 1.")
@click.option(
    "--benchmark",
    metavar="v1|v2",
    help="A fixed hoard, which is the same for ever, to compare figures by; "
    "the dies of v2 are as alike as real ones, its photographs as different.",
)
@common
@click.pass_context
def sample_hoard(ctx: click.Context, folder: Path, benchmark: str | None, **options: Any) -> None:
    """Make photographs of struck coins with known types and dies, to try things on.

    Writes photographs/, coins.csv (the catalogue) and truth.json (what is really so, and what was planted).

    \b
    Example:
      coingraph sample-hoard sample/ --coins 200 --types 12 --difficulty hard
      coingraph sample-hoard sample/ --benchmark v2
    """
    from hoard import make_hoard
    from hoard.benchmark import RECIPES, make_benchmark

    check = None
    if benchmark is None:
        truth = make_hoard(folder, **options)
    elif benchmark not in RECIPES:
        raise click.UsageError(f"there is no benchmark {benchmark!r}; there is {', '.join(RECIPES)}")
    elif any(ctx.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT for name in options):
        raise click.UsageError(f"--benchmark {benchmark} is fixed: leave the other options out")
    else:
        truth, check = make_benchmark(folder, benchmark)
    number, kinds = truth.coins, len(truth.types)
    click.echo(f"{counted(number, 'coin')} of {counted(kinds, 'type')} in {folder}")
    if check:
        click.echo(f"benchmark {benchmark}: {check.same} pictures are its own, {check.close} differ by rounding only")
    if truth.plants:
        print_rows([{"planted": p.kind, "coins": ", ".join(p.coins), "what": p.note} for p in truth.plants])


@command()
@folder_argument()
@collection_option()
@reading_options
@click.option("--dry-run", is_flag=True, help="Show what would happen; needs no server.")
@json_option()
@common
def ingest(
    folder: Path,
    collection: str | None,
    prune: bool,
    forget: bool,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Read photographs and their table into the graph.

    Layouts that need no options: obverse/TYPE/file with reverse/TYPE/file, TYPE/file, TYPE/COIN/obverse.jpg, one flat
    folder, or a table whose columns name the two files. Words for the sides are known in 15 languages and more; where
    names use others, --pattern says which is which: '(?P<coin>.+)_(?:(?P<obverse>kopf)|(?P<reverse>adler))'. Of several
    files of one side the largest is used.

    The only table (CSV, TSV or workbook) at the top of FOLDER is used where --metadata does not name another. The dry
    run shows which heading became which column; --map says it otherwise.

    A collection remembers the options it was ingested with: those not given are taken from the last time, until
    --forget. Before types, values, sides or coins are removed you are asked; without a terminal nothing is done and the
    exit status is 2, unless --yes is given. `coingraph collections undo` takes an ingest back.

    With --split a photograph of several coins becomes several coins (NAME_01_obv.jpg, NAME_02_obv.jpg, …), row by row
    from the left; two coins of one size next to each other become obverse (left) and reverse of one (NAME_obv.jpg,
    NAME_rev.jpg). A name that tells the side (NAME_rev.jpg) tells it of all coins it shows. The originals stay as they
    are.

    \b
    Example:
      coingraph ingest photographs/ --collection museum --metadata coins.csv --dry-run
      coingraph ingest photographs/ --collection museum --metadata coins.csv
      coingraph ingest trays/ --collection trays --split trays-split/ --dry-run
    """
    from explore.ingest_report import as_dict, as_text

    collection = collection or (folder.resolve().name if dry_run else None)
    if not collection:
        raise click.UsageError("give the collection a name: --collection NAME")
    asked = as_asked(forget, options)
    done = _foresee(folder, collection, prune, asked) if dry_run else _ingest(folder, collection, prune, yes, asked)
    if as_json:
        print_json({**as_dict(done.reading), **done.facts})
    else:
        click.echo("\n".join([as_text(done.reading), *done.lines]))
    if done.stale:
        say(STALE, err=True)
    if not done.reading.coins:
        raise click.ClickException("no coin came through; the lines above say why")


@dataclass(frozen=True)
class _Done:
    """What an ingest or a dry run has to say beside the reading, as lines and as JSON."""

    reading: "Reading"
    lines: list[str]
    facts: dict[str, Any]
    stale: bool = False


def _ingest(folder: Path, collection: str, prune: bool, yes: bool, asked: dict[str, Any]) -> _Done:
    with opened(new=True) as graph:
        done = graph.ingest(folder, collection, prune=prune, confirm=asking(yes), **asked)
        stored = done.stored
        stale = bool(stored.removed_coins or stored.removed_sides) and graph.made_of_coins()
    return _Done(done.reading, [f"stored: {_stored_text(stored)}"], {"stored": vars(stored)}, stale)


def _foresee(folder: Path, collection: str, prune: bool, asked: dict[str, Any]) -> _Done:
    """Compared with the graph where a server answers, but none is started for it."""
    import coingraph

    graph = coingraph.open_if_running()
    if graph is None:
        reading = coingraph.read(folder, collection, dry_run=True, **asked)
        for line in coingraph.skipped_lines(reading.skipped):
            click.echo(line, err=True)
        line = "nothing was written (dry run; no server runs, so it was not compared with what is stored)"
        return _Done(reading, [line], {"stored": None})
    with graph:
        _, plan = graph.foresee(folder, collection, prune=prune, **asked)
    lines = [f"would store: {_stored_text(plan.counts)}"]
    if plan.removals:
        lines.append(f"would remove: {plan.removals}")
    facts = {"stored": None, "would_store": vars(plan.counts), "would_remove": asdict(plan.removals)}
    return _Done(plan.reading, [*lines, "nothing was written (dry run)"], facts)


def _stored_text(stored: "Stored") -> str:
    details = [
        f"{what} for {number:,}"
        for what, number in (("other types", stored.other_types), ("other values", stored.other_values))
        if number
    ]
    details += [f"other pictures of {stored.updated_sides:,} sides"] if stored.updated_sides else []
    text = f"{stored.new_coins:,} new coins, {stored.updated_coins:,} updated"
    text += f" ({', '.join(details)})" if details else ""
    text += f", {stored.unchanged_coins:,} unchanged"
    if stored.removed_coins or stored.removed_sides:
        text += f"; removed {stored.removed_coins:,} coins, {stored.removed_sides:,} sides"
    if missing := stored.missing_coins:
        text += f"; {counted(missing, 'coin')} not in the folder stay (--prune removes them)"
    return text


@listing_group
@common
def collections() -> None:
    """The collections in the graph; alone, list them."""


@collections.command("list")
@output
@common
def collections_list() -> "Answer":
    """List collections with their coins and sides, how they were ingested, and whether that can be undone.

    \b
    Example:
      coingraph collections list
    """
    from explore.tables import Answer

    first = ("collection", "coins", "both_sides", "types", "no_type", "changed", "source")
    with opened() as graph:
        return Answer(graph.collections(), none="The graph holds no collection.", first=first, hidden=("options",))


@collections.command("remove")
@click.argument("name", shell_complete=names.collections)
@yes_option
@common
def collections_remove(name: str, yes: bool) -> None:
    """Remove a collection: its coins, their sides, vectors and edges. The photographs stay where they are.

    \b
    Example:
      coingraph collections remove museum
    """
    with opened() as graph:
        coins = graph.find_removable(name)
        agree(f"This would remove {name} with its {coins:,} coins from the graph, for good.", yes)
        stored = graph.remove_collection(name)
        stale = graph.made_of_coins()
    click.echo(f"removed {name}: {stored.removed_coins:,} coins, {stored.removed_sides:,} sides")
    if stale:
        say(STALE, err=True)


@collections.command("undo")
@click.argument("name", shell_complete=names.collections)
@yes_option
@common
def collections_undo(name: str, yes: bool) -> None:
    """Take the last ingest of a collection back: coins, sides, types, values and options are as before it.

    What --prune removed comes back with its vectors; `coingraph link` draws the edges again. What a person said
    of a coin stays. The undo of a collection's first ingest removes the collection. Undo again brings the ingest back.
    It is kept until the next ingest that changes something, or `coingraph collections remove`.

    \b
    Example:
      coingraph collections undo museum
    """
    with opened() as graph:
        kept = graph.find_undo(name)
        agree(f"This takes back {_kept_text(kept)}.", yes)
        kept = graph.undo_ingest(name)
        stale = bool(kept.came or kept.went or kept.sides_came or kept.sides_went) and graph.made_of_coins()
    say(f"took back {_kept_text(kept)}")
    say(f"`coingraph collections undo {shlex.quote(name)}` does the opposite")
    if kept.pictures:
        say(f"run `coingraph embed`: {kept.pictures:,} sides have another picture again", err=True)
    if stale:
        say(STALE, err=True)


def _kept_text(kept: "Kept") -> str:
    what = "the undo of the ingest" if kept.undone else "the ingest"
    does = {
        "coins go": kept.went,
        "coins come back": kept.came,
        "coins get what they had before": kept.changed,
        "sides go": kept.sides_went,
        "sides come back": kept.sides_came,
    }
    said = ", ".join(f"{number:,} {text}" for text, number in does.items() if number) or "no coin changes"
    return f"{what} of {kept.at[:16].replace('T', ' ')} UTC into {kept.collection}: {said}"


def _fields(_ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]) -> dict[str, str]:
    """What `--field` says: the column before the first `=`, the value behind it."""
    said = {}
    for one in value:
        column, _, text = (part.strip() for part in one.partition("="))
        if not column or not text:
            raise click.BadParameter(f"{one!r} is not COLUMN=VALUE, as in --field weight=3.4")
        said[column] = text
    return said


@command()
@click.argument("obverse", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("reverse", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@collection_option("The collection that the coin belongs to.", required=True)
@click.option("--name", metavar="NAME", help="What the coin is called.  [told by the files' names]")
@type_option("Its type, as `set-type` would say it.")
@click.option(
    "--field", "fields", multiple=True, callback=_fields, metavar="COLUMN=VALUE", help="What a table would say of it."
)
@click.option("--as", "author", metavar="NAME", help="Who gives the type.  [COINGRAPH_AS, else your login name]")
@click.option("-n", "--top", default=10, show_default=True, type=click.IntRange(1), help="How many relatives.")
@output(top=False)
@common
def add(obverse: Path, reverse: Path | None, **options: Any) -> "Answer":
    """Add one coin by hand, and show what it is like.

    The photographs stay where they are. The coin is embedded in the default space and linked; it stays when the folder
    of the collection is ingested again.

    \b
    Example:
      coingraph add found.jpg --collection hoard
      coingraph add found_obv.jpg found_rev.jpg --collection hoard --field weight=3.4
    """
    from explore.answers import hit_row, like_coin

    with opened() as graph:
        done = graph.add(obverse, reverse, **options)
        doubtful = graph.doubtful_coins()
    said = f"{done.coin.partition('/')[2]} is new in {options['collection']}"
    if done.type:
        said += f": {done.type}"
    elif done.likeliest and done.share is not None:
        said += f". The coins most like it say {done.likeliest} ({done.share:.0%} of their votes)"
    facts = {"coin": done.coin, "type": done.type, "likeliest": done.likeliest, "share": done.share}
    whole = {**facts, "space": done.space, "relatives": [hit_row(hit) for hit in done.relatives]}
    answer = like_coin(done.coin, done.type, done.relatives, doubtful, done.space)
    return replace(answer, said=f"{said}.", none=f"{said}.", whole=whole)


COMMANDS = (sample_hoard, ingest, add, collections)
