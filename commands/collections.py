"""The commands that bring photographs and their tables in."""

import json
from pathlib import Path
from typing import Any

import click

from commands.options import STALE, common, output, print_rows, reading_options


@click.command("sample-hoard")
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
    number, kinds = truth.coins, len(truth.types)
    click.echo(f"{number} coin{'s' * (number != 1)} of {kinds} type{'s' * (kinds != 1)} in {folder}")
    if truth.plants:
        print_rows([{"planted": p.kind, "coins": ", ".join(p.coins), "what": p.note} for p in truth.plants])


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--collection", help="The name of this collection in the graph.")
@reading_options
@click.option("--dry-run", is_flag=True, help="Show what would happen; needs no server.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@common
def ingest(folder: Path, collection: str | None, prune: bool, dry_run: bool, as_json: bool, **options: Any) -> None:
    """Read photographs and their table into the graph.

    Layouts that need no options: obverse/TYPE/file with reverse/TYPE/file, TYPE/file, TYPE/COIN/obverse.jpg, one flat
    folder, or a table whose columns name the two files. The only CSV at the top of FOLDER is used where --metadata does
    not name another. Words for the sides are known in 15 languages and more; where names use others, --pattern says
    which is which: '(?P<coin>.+)_(?:(?P<obverse>kopf)|(?P<reverse>adler))'. Of several files of one side the largest is
    used.

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
    from ingest.pairing import BadPattern
    from ingest.summary import as_dict, as_text, skipped_lines

    collection = collection or (folder.resolve().name if dry_run else None)
    if not collection:
        raise click.UsageError("give the collection a name: --collection NAME")
    try:
        if dry_run:
            from ingest.read import read_collection

            reading, stored, stale = read_collection(folder, collection, dry_run=True, **options), None, False
            for line in skipped_lines(reading.skipped):
                click.echo(line, err=True)
        else:
            import pipeline
            from graph.connection import connect
            from graph.store import made_of_coins

            with connect() as db:
                reading, stored = pipeline.ingest(db, folder, collection, prune=prune, **options)
                stale = bool(stored.removed_coins or stored.removed_sides) and made_of_coins(db)
    except BadPattern as error:
        raise click.BadParameter(str(error), param_hint="--pattern") from error
    if as_json:
        result = {**as_dict(reading), "stored": vars(stored) if stored else None}
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        click.echo(as_text(reading))
        click.echo(f"stored: {stored}" if stored else "nothing was written (dry run)")
    if stale:
        click.echo(STALE, err=True)
    if not reading.coins:
        raise click.ClickException("no coin came through; the lines above say why")


@click.group()
@common
def collections() -> None:
    """The collections in the graph."""


@collections.command("list")
@output
@common
def collections_list() -> list[dict[str, Any]]:
    """List collections with their coins and sides.

    \b
    Example:
      coingraph collections list
    """
    from graph.connection import connect
    from graph.store import list_collections

    with connect() as db:
        return list_collections(db)


@collections.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def collections_remove(name: str, yes: bool) -> None:
    """Remove a collection: its coins, their sides, vectors and edges. The photographs stay where they are.

    \b
    Example:
      coingraph collections remove museum
    """
    import pipeline
    from graph.connection import connect
    from graph.store import find_collection, made_of_coins

    with connect() as db:
        coins = find_collection(db, name)
        if not yes:
            click.confirm(f"Remove {name} with its {coins:,} coins from the graph?", abort=True)
        stored = pipeline.remove_collection(db, name)
        stale = made_of_coins(db)
    click.echo(f"removed {name}: {stored.removed_coins:,} coins, {stored.removed_sides:,} sides")
    if stale:
        click.echo(STALE, err=True)
