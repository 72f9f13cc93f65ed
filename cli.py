"""The command line: parses, calls and prints. What a command does is in the function it calls."""

import csv
import functools
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from embed import DEFAULT_SPACE
from errors import CoingraphError

if TYPE_CHECKING:
    from explore.plots import Drawn
    from graph.derived import Derived
    from ingest.records import Face
    from queries.catalogue import Result

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
STALE = "run `coingraph link` and `coingraph analyze` to bring edges and communities up to date"


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


def reading_options(command: Callable) -> Callable:
    """How a folder and its table are read: the keyword arguments of `pipeline.ingest`."""
    options = [
        click.option(
            "--metadata", type=click.Path(path_type=Path, dir_okay=False), help="The table of the coins, CSV or TSV."
        ),
        click.option("--type", "type_column", metavar="COLUMN", help="The column that holds the coins' types."),
        click.option("--id-column", metavar="COLUMN", help="The column that holds the coins' names."),
        click.option("--collection-column", metavar="COLUMN", help="The column that names each coin's collection."),
        click.option("--pattern", metavar="REGEX", help="Tells coin and side: groups (?P<coin>...) and (?P<side>...)."),
        click.option("--numbered", is_flag=True, help="Take x_1 for the obverse and x_2 for the reverse."),
        click.option("--prune", is_flag=True, help="Remove coins and sides that are no longer in the folder."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


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


@main.command()
@common
def up() -> None:
    """Start the embedded Neo4j server, if it does not run, and say how to reach it.

    Every command that needs the graph starts it by itself. COINGRAPH_HEAP=4g and COINGRAPH_PAGECACHE=1g bound its
    memory; NEO4J_URI names another server to use instead.

    \b
    Example:
      coingraph up
      coingraph up --home ~/coins-of-the-museum
    """
    from graph.connection import Address
    from graph.server import Home, running
    from graph.server import up as start

    if Address.from_environment():
        raise click.UsageError("NEO4J_URI names a server, which is used instead; unset it to start the embedded one")
    home = Home.from_environment()
    address = start(home)
    server = running(home)
    click.echo(f"Neo4j     {address.uri}")
    if server:
        click.echo(f"Browser   {server.browser}")
    click.echo(f"user      {address.username}\npassword  {address.password}  (in {home.password_file})")


@main.command()
@common
def down() -> None:
    """Stop the embedded Neo4j server; what it holds stays.

    \b
    Example:
      coingraph down
    """
    from graph.connection import Address
    from graph.server import Home
    from graph.server import down as stop

    if Address.from_environment():
        raise click.UsageError("NEO4J_URI names a server, which is not ours to stop; unset it to stop the embedded one")
    click.echo("stopped" if stop(Home.from_environment()) else "not running")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@common
def status(as_json: bool) -> None:
    """Show the server, its versions, what the graph holds and which spaces cover it. Starts nothing.

    \b
    Example:
      coingraph status
    """
    from graph.server import Home
    from graph.status import server_status

    found = server_status(Home.from_environment())
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=2))
    elif not found.running:
        click.echo("not running; `coingraph up` starts it")
    else:
        click.echo(f"Neo4j     {found.uri}, version {found.neo4j} {found.edition}")
        click.echo(f"GDS       {found.gds or 'not installed'}\nBrowser   {found.browser}\nuser      {found.username}")
        if found.embedded:
            embedded = found.embedded
            click.echo(f"password  in {embedded.password_file}\nhome      {embedded.home}\nlog       {embedded.log}")
            click.echo(f"process   {embedded.pid}, since {embedded.since}, {embedded.memory:,} MB")
        rows = [{"label": name, "nodes": number} for name, number in found.nodes.items()]
        rows_of_types = [{"type": name, "relationships": number} for name, number in found.relationships.items()]
        for table in filter(None, (rows, rows_of_types, [vars(space) for space in found.spaces])):
            click.echo()
            print_rows(table)


@main.command()
@click.option("--no-open", is_flag=True, help="Print the address instead of opening it.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Where the two files go.")
@common
def browser(no_open: bool, folder: Path | None) -> None:
    """Open Neo4j Browser with a first question in place, and write files to drag into its window.

    The files hold the stored questions as favourites and the colours and captions of coins, types and communities.

    \b
    Example:
      coingraph browser
      coingraph browser --no-open --folder browser-files/
    """
    from graph.connection import Address, connect
    from graph.server import Home
    from queries.browser import browser_url, write_browser_files

    with connect() as db:
        favourites, style = write_browser_files(db, folder or Home.from_environment().path / "browser")
        url = browser_url(db)
    click.echo(url)
    if not Address.from_environment():
        click.echo(f"user {db.address.username}, password {db.address.password}")
    click.echo(f"drag into Browser's window: {favourites} (the stored questions)")
    click.echo(f"                            {style} (colours and captions)")
    if not no_open:
        click.launch(url)


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
    number, kinds = truth.coins, len(truth.types)
    click.echo(f"{number} coin{'s' * (number != 1)} of {kinds} type{'s' * (kinds != 1)} in {folder}")
    if truth.plants:
        print_rows([{"planted": p.kind, "coins": ", ".join(p.coins), "what": p.note} for p in truth.plants])


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--collection", help="The name of this collection in the graph.")
@reading_options
@click.option("--dry-run", is_flag=True, help="Show what would happen; needs no server.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@common
def ingest(folder: Path, collection: str | None, prune: bool, dry_run: bool, as_json: bool, **options: Any) -> None:
    """Read photographs and their table into the graph.

    Layouts that need no options: obverse/TYPE/file with reverse/TYPE/file, TYPE/file, one flat folder, or a table whose
    columns name the two files. The only CSV at the top of FOLDER is used where --metadata does not name another.

    \b
    Example:
      coingraph ingest photographs/ --collection museum --metadata coins.csv --dry-run
      coingraph ingest photographs/ --collection museum --metadata coins.csv
    """
    from ingest.pairing import BadPattern
    from ingest.summary import as_dict, as_text

    collection = collection or (folder.resolve().name if dry_run else None)
    if not collection:
        raise click.UsageError("give the collection a name: --collection NAME")
    try:
        if dry_run:
            from ingest.read import read_collection

            reading, stored, stale = read_collection(folder, collection, **options), None, False
            for item in reading.skipped:
                click.echo(f"skipped {item}", err=True)
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


@main.group()
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


# --- vectors --------------------------------------------------------------------------------------------------------


@main.command()
@click.option(
    "--space",
    default=DEFAULT_SPACE,
    show_default=True,
    help="A model's name (resnet50, clip-vit-b32, timm:NAME, …, -grey after it), minilm, or a space there is already.",
)
@click.option("--name", help="What a new space is called, so that two of one model stand side by side.")
@click.option("--template", metavar="TEXT", help="For words: `thesis`, or your own: 'A {denomination}, {mint}'.")
@click.option("--describe-with", metavar="COMMAND", help="For words: a program that describes the picture it is given.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or another name torch knows.")
@click.option("--weights", type=click.Path(path_type=Path), help="A file of weights instead of the model's own.")
@click.option("--batch", type=click.IntRange(1), default=32, show_default=True, help="Pictures at a time.")
@click.option("--collection", help="Only this collection's photographs.")
@click.option("--refit", is_flag=True, help="Make the space anew, with its transform fitted on what there is now.")
@common
def embed(**options: Any) -> None:
    """Compute what a model sees in each photograph, or reads in its description: a vector for every side.

    Only sides that have no vector yet, or whose file or text changed, are computed; a run that was stopped goes on.
    A description is a template filled with the coin's metadata: a field that is not known drops its clause, and a side
    without any gets no vector. {face} is the word, {side_legend} the column obverse_legend or reverse_legend.

    \b
    Example:
      coingraph embed
      coingraph embed --space file:models/resnet50.pt2 --batch 64
      coingraph embed --space clip-vit-b32-grey --weights open_clip_model.safetensors
      coingraph embed --space minilm --template "A {denomination} of {authority}, {mint}: {reverse}" --name legends
    """
    import pipeline
    from graph.connection import connect

    with connect() as db:
        result = pipeline.embed(db, **options)
    click.echo(
        f"{result.space.name}: {result.embedded:,} sides embedded ({result.space.dimension:,} numbers each), "
        f"{result.unchanged:,} were there already, {len(result.skipped):,} skipped"
        + (f", {result.without_picture:,} have no picture" if result.without_picture else "")
        + (f", {result.without_text:,} have no text" if result.without_text else "")
    )
    if result.outgrown:
        click.echo(
            f"{result.space.name} was fitted on {result.fitted_on:,} sides and there are half as many again: "
            f"`coingraph embed --space {result.space.name} --refit` (and `link`, `analyze`) would help"
        )


@main.command()
@click.argument("space")
@click.option(
    "--by",
    required=True,
    type=click.Choice(["centre", "standardise", "whiten", "half-whiten"]),
    help="What is fitted on the vectors of both faces.",
)
@click.option("--dimension", type=click.IntRange(1), help="Of whitening: how many principal axes are kept [256].")
@click.option("--name", help="The name of the new space [default: SPACE-standardise and so on].")
@click.option("--refit", is_flag=True, help="Make the space anew, fitted on what there is now.")
@common
def transform(**options: Any) -> None:
    """Make a space of a space: its vectors centred, standardised (as scikit-learn's StandardScaler) or whitened (PCA).

    What was fitted is kept: run again, it computes new and changed sides only, and with the same parameters.

    \b
    Example:
      coingraph transform efficientnet-lite0 --by standardise
      coingraph transform efficientnet-lite0 --by whiten --dimension 64 --name lite0-white
    """
    import pipeline
    from graph.connection import connect

    with connect() as db:
        _print_derived(pipeline.transform(db, **options), "transform")


@main.command()
@click.option("--image", required=True, metavar="SPACE", help="A space of pictures.")
@click.option("--text", required=True, metavar="SPACE", help="A space of words.")
@click.option("--method", required=True, type=click.Choice(["mlp", "concat", "attention", "late"]))
@click.option("--name", required=True, help="The name of the new space.")
@click.option("--weight", default=0.5, show_default=True, help="late: how much the picture counts, from 0 to 1.")
@click.option("--seed", default=42, show_default=True, help="mlp and attention: another seed, another training.")
@click.option("--refit", is_flag=True, help="Make the space anew, trained on what there is now.")
@common
def fuse(**options: Any) -> None:
    """Make one space of what is seen and what is said of each side.

    mlp (the thesis' network) and attention (a learned weight for picture and text, side by side) learn from pairs of
    coins of one type and of two; coins without a type are not learnt from, but get their vectors. concat puts one after
    the other; late is the weighted mean of both cosines. A side without a text gets the vector of its picture, and its
    edges say `without_text`. Run again, it computes new and changed sides only, with the same parameters.

    \b
    Example:
      coingraph fuse --image coin-lite0 --text minilm --method attention --name fused
      coingraph fuse --image coin-lite0 --text minilm --method late --weight 0.7 --name late
    """
    import time

    import pipeline
    from graph.connection import connect

    with connect() as db:
        begun = time.monotonic()
        made = pipeline.fuse(db, **options)
        seconds = time.monotonic() - begun
    _print_derived(made, "fuse")
    if trained := made.training:
        click.echo(
            f"trained on {trained.coins:,} coins of {trained.types:,} types, {trained.held_out:,} others held out; "
            f"best after {trained.best_epoch} of {len(trained.losses)} epochs, held-out loss "
            f"{min(trained.held_out_losses):.3f}; {seconds:.1f} s in all"
        )
        click.echo(
            f"nearest side of the same type: {trained.held_out_right:.0%} of held-out coins (pictures alone "
            f"{trained.held_out_picture:.0%}), {trained.trained_right:.0%} of those it learnt from"
        )
    if "type" in made.space.fields:
        click.echo(
            "note: these vectors know the types of coins. That neighbours, edges or communities agree with the types "
            "is no evidence for the pictures; judge them by what they were not told"
        )


def _print_derived(made: "Derived", command: str) -> None:
    click.echo(
        f"{made.space.name} ({made.space.weights_source}): {made.made:,} sides made "
        f"({made.space.dimension:,} numbers each), {made.unchanged:,} were there already"
        + (f", {made.removed:,} removed" if made.removed else "")
        + (f", {made.unusable:,} left out because their vector is zero" if made.unusable else "")
        + (f", {made.without_text:,} have no text: their picture alone" if made.without_text else "")
    )
    if made.outgrown:
        click.echo(
            f"{made.space.name} was fitted on {made.fitted_on:,} sides and there are half as many again: "
            f"the same `coingraph {command}` with --refit (and `link`, `analyze`) would help"
        )


@main.group()
@common
def spaces() -> None:
    """The sets of vectors in the graph, one for each model."""


@spaces.command("list")
@output
@common
def spaces_list() -> list[dict[str, Any]]:
    """List spaces: vectors' length, sides that have one, where the weights came from.

    \b
    Example:
      coingraph spaces list
    """
    from graph.connection import connect
    from graph.spaces import list_spaces

    with connect() as db:
        return [
            {
                "space": coverage.space.name,
                "slug": coverage.space.slug,
                "dimension": coverage.space.dimension,
                "embedded": coverage.embedded,
                "sides": coverage.sides,
                "transform": coverage.space.transform,
                "weights": coverage.space.weights_source,
                "fields": ", ".join(coverage.space.fields),
            }
            for coverage in list_spaces(db)
        ]


@spaces.command("remove")
@click.argument("space")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def spaces_remove(space: str, yes: bool) -> None:
    """Remove a space with its vectors, similarity edges, partitions and measures.

    \b
    Example:
      coingraph spaces remove efficientnet-lite0
    """
    import pipeline
    from graph.connection import connect
    from graph.spaces import find_space

    with connect() as db:
        name = find_space(db, space).name
        if not yes:
            click.confirm(f"Remove {name} with its vectors, edges and partitions from the graph?", abort=True)
        removed = pipeline.remove_space(db, space)
    click.echo(f"removed {removed.name}")


@spaces.command("export")
@click.argument("space")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--collection", help="Only this collection's sides.")
@common
def spaces_export(space: str, folder: Path, collection: str | None) -> None:
    """Write a space's vectors into FOLDER: for each face a NumPy matrix, the list of its pictures' names, and texts.

    `spaces import` takes them back, on this graph or another one with the same photographs.

    \b
    Example:
      coingraph spaces export efficientnet-lite0 vectors/
    """
    from graph.connection import connect
    from graph.exchange import export_space

    with connect() as db:
        for part in export_space(db, space, folder, collection):
            click.echo(f"{part.sides:,} {part.face}s: {', '.join(str(path) for path in part.files)}")


@spaces.command("import")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True), required=False)
@click.option("--name", required=True, help="The name of the space.")
@click.option("--prefix", help="What the files' names begin with, where FOLDER holds several sets.")
@click.option("--obverse", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="The obverses' matrix.")
@click.option("--reverse", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="The reverses' matrix.")
@click.option("--collection", help="Whose pictures the files name, where several collections have such names.")
@click.option("--create", is_flag=True, help="Make coins of --collection for names that are not in the graph.")
@click.option("--types/--no-types", default=True, help="With --create: types from texts (`... coin depicting TYPE.`).")
@click.option("--field", "fields", multiple=True, metavar="COLUMN", help="A metadata column that the vectors know.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@common
def spaces_import(
    folder: Path | None,
    name: str,
    prefix: str | None,
    obverse: Path | None,
    reverse: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Make a space of vectors that were computed elsewhere: NumPy matrices with a list of file names beside each.

    FOLDER holds PREFIX_embeddings_ob.npy and PREFIX_filenames_ob.txt, the same with _rev, and PREFIX_base_texts_ob.txt
    where there are texts; or name a matrix X.npy, with X.txt (and X_texts.txt) beside it. Rows go to the sides whose
    picture has the name; with --create coins without pictures are made for the others.

    \b
    Example:
      coingraph spaces import vectors/ --name elsewhere
      coingraph spaces import published/ --name fused --collection thesis --create --field type
    """
    import pipeline
    from graph.connection import connect
    from graph.vector_files import find_files
    from ingest.records import FACES

    if options["create"] and not options["collection"]:
        raise click.UsageError("--create makes coins of a collection: name it by --collection")
    if (folder is None) == (obverse is None and reverse is None):
        raise click.UsageError("give a folder, or --obverse and --reverse files")
    files = find_files(folder, prefix) if folder else {}
    files |= {face: path for face, path in zip(FACES, (obverse, reverse), strict=True) if path}
    with connect() as db:
        result = pipeline.import_space(db, name, files, **options)
    if as_json:
        return click.echo(json.dumps(result.as_dict(), ensure_ascii=False, indent=2))
    for note in result.notes:
        click.echo(note, err=True)
    for skip in result.unmatched[:20]:
        click.echo(f"not used: {skip}", err=True)
    click.echo(result.as_text())


# --- edges and communities ------------------------------------------------------------------------------------------


def _top(_ctx: click.Context, _param: click.Parameter, value: str) -> int | None:
    if value == "all":
        return None
    if not value.isdecimal() or int(value) < 1:
        raise click.BadParameter("a number from 1, or `all`")
    return int(value)


@main.command()
@click.option("--space", help="Name of the space; may be left out where there is only one.")
@click.option(
    "--top",
    default="20",
    show_default=True,
    metavar="K|all",
    callback=_top,
    help="Link each side to its K nearest, or to all above the threshold.",
)
@click.option("--threshold", type=float, metavar="T", help="Only pairs of a cosine above T (-1 to 1).")
@click.option("--percentile", type=float, metavar="P", help="Only pairs closer than P % of all pairs, such as 99.5.")
@click.option(
    "--method",
    type=click.Choice(["auto", "gds", "blocked", "knn"]),
    default="auto",
    show_default=True,
    help="gds: pair by pair inside Neo4j; blocked: here, the same edges; knn: approximate, inside Neo4j.",
)
@output
@common
def link(**options: Any) -> list[dict[str, Any]]:
    """Draw edges between similar sides, and between the coins that they belong to.

    Sides that came since the last link are added to its edges; other options draw them anew.

    \b
    Example:
      coingraph link
      coingraph link --top all --percentile 99.9
    """
    import pipeline
    from graph.connection import connect
    from graph.similar import BadLinkOptions, LinkOptions

    try:
        LinkOptions(**{name: options[name] for name in ("top", "threshold", "percentile", "method")})
    except BadLinkOptions as error:
        raise click.UsageError(str(error)) from error
    with connect() as db:
        report = pipeline.link(db, **options)
    if report.nothing_new:
        click.echo("nothing new: all edges were there already", err=True)
    return report.rows()


@main.command()
@click.option("--space", help="Name of the space; may be left out where there is only one.")
@click.option(
    "--face",
    type=click.Choice(["both", "obverse", "reverse"]),
    default="both",
    show_default=True,
    help="Coins by what both sides say, or the sides of one face.",
)
@click.option(
    "--algorithm",
    type=click.Choice(["leiden", "louvain", "label-propagation", "wcc", "hdbscan"]),
    default="leiden",
    show_default=True,
    help="wcc: whatever edges join; hdbscan: by one face's vectors.",
)
@click.option(
    "--percentile",
    type=float,
    help="Use edges from this percentile of all pairs, such as 99.5 (default: 5 edges a coin).",
)
@click.option("--resolution", type=float, help="leiden: above 1 for smaller communities. [default: 1]")
@click.option("--seed", type=int, help="leiden: where chance begins. [default: 1]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@common
def analyze(as_json: bool, **options: Any) -> None:
    """Find communities and central coins by the similarity edges.

    The communities become a partition; the same question asked again replaces its answer, another stands beside it.

    \b
    Example:
      coingraph analyze
      coingraph analyze --face reverse --algorithm louvain --percentile 99.5
    """
    import pipeline
    from graph.connection import connect
    from graph.detection import BadOption, Options

    try:
        Options(**{name: value for name, value in options.items() if name != "space"}).completed()
    except BadOption as error:
        raise click.UsageError(str(error)) from error
    with connect() as db:
        result = pipeline.analyze(db, **options)
    click.echo(json.dumps(result.as_dict(), ensure_ascii=False, indent=2) if as_json else result.as_text())


@main.group()
@common
def partitions() -> None:
    """The communities that were found, one partition for each way to look for them."""


@partitions.command("list")
@output
@common
def partitions_list() -> list[dict[str, Any]]:
    """List partitions.

    \b
    Example:
      coingraph partitions list
    """
    from graph.communities import list_partitions
    from graph.connection import connect

    with connect() as db:
        return list_partitions(db)


@partitions.command("remove")
@click.argument("partition")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def partitions_remove(partition: str, yes: bool) -> None:
    """Remove a partition and its communities.

    \b
    Example:
      coingraph partitions remove coin_lite0/both/leiden/auto-g1-seed1
    """
    import pipeline
    from graph.communities import find_partition
    from graph.connection import connect

    with connect() as db:
        find_partition(db, partition)
        if not yes:
            click.confirm(f"Remove {partition} with its communities from the graph?", abort=True)
        pipeline.remove_partition(db, partition)
    click.echo(f"removed {partition}")


@main.group()
@common
def export() -> None:
    """What the graph holds, as files for other programs."""


@export.command("graph")
@click.argument("out", type=click.Path(path_type=Path), metavar="FILE.graphml|FOLDER")
@click.option("--space", help="Name of the space; may be left out where there is only one.")
@click.option(
    "--face",
    type=click.Choice(["both", "obverse", "reverse"]),
    default="both",
    show_default=True,
    help="Edges by what both sides say, or by the sides of one face.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Write nodes.csv and edges.csv into FOLDER.")
@common
def export_graph(out: Path, space: str | None, face: str, as_csv: bool) -> None:
    """Write the network of coins for Gephi, Cytoscape, networkx (GraphML), or for Gephi and pandas (CSV).

    Coins come with their metadata, type, community of the latest `analyze` and centralities; edges with the weight that
    communities use, and their cosines.

    \b
    Example:
      coingraph export graph coins.graphml --space efficientnet-lite0
      coingraph export graph tables/ --csv --face reverse
    """
    from graph.connection import connect
    from graph.export import export_graph as write_graph

    if as_csv and (out.suffix or out.is_file()):
        raise click.UsageError("--csv writes two tables: name a folder")
    if not as_csv and (out.suffix.lower() != ".graphml" or out.is_dir()):
        raise click.UsageError("name a file that ends in .graphml, or a folder with --csv")
    with connect() as db:
        written = write_graph(db, space, out, face, as_csv)
    whose = f"communities of {written.partition}" if written.partition else "no communities (see `coingraph analyze`)"
    click.echo(f"{written.nodes:,} coins, {written.edges:,} edges, {whose}: {', '.join(map(str, written.files))}")


# --- measuring ------------------------------------------------------------------------------------------------------


@main.command()
@click.argument("spaces", nargs=-1, required=True, metavar="SPACE...")
@click.option(
    "--face",
    type=click.Choice(["both", "obverse", "reverse"]),
    default="both",
    show_default=True,
    help="Sides of which face.",
)
@click.option(
    "--threshold",
    multiple=True,
    type=click.FloatRange(-1, 1),
    metavar="T",
    help="Show the network of pairs of a cosine above T; may be given several times.",
)
@click.option(
    "--percentile",
    multiple=True,
    type=click.FloatRange(0, 100),
    metavar="P",
    help="Or of pairs closer than P % of all.  [default: 99 and 99.9]",
)
@click.option(
    "--metric",
    type=click.Choice(["cosine", "mahalanobis"]),
    default="cosine",
    show_default=True,
    help="What neighbours and figures by type go by.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, one figure a line.")
@common
def compare(spaces: tuple[str, ...], as_json: bool, as_csv: bool, **options: Any) -> None:
    """Measure spaces beside each other: colour against grey, one model against another.

    For each space: the range of its cosines, its networks, how well it parts the catalogued types, its communities. For
    two: how many of the ten nearest neighbours they share, and how far their communities agree. Writes nothing.

    \b
    Example:
      coingraph compare resnet50 resnet50-grey
      coingraph compare coin-lite0 minilm --face reverse --threshold 0.9 --percentile 99.5
      coingraph compare coin-lite0 --metric mahalanobis --csv
    """
    import pipeline
    from graph.connection import connect

    if as_json and as_csv:
        raise click.UsageError("choose one of --json and --csv")
    with connect() as db:
        found = pipeline.compare(db, spaces, **options)
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=2))
    elif as_csv:
        print_rows(found.rows(), as_csv=True)
    else:
        click.echo(found.as_text())


# --- questions ------------------------------------------------------------------------------------------------------


@main.command()
@click.argument("name", required=False)
@click.argument("values", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--file", "own", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Your own Cypher.")
@click.option("--show", "as_shown", is_flag=True, help="Print it as Neo4j Browser takes it, and what it means.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@common
def query(
    name: str | None, values: tuple[str, ...], own: Path | None, as_shown: bool, as_json: bool, as_csv: bool
) -> None:
    """Ask a stored question; without a name, list them.

    Questions only read. A space may be given by name or slug, a coin by a unique ending of its id.

    \b
    Example:
      coingraph query
      coingraph query doubles
      coingraph query outliers measure=diameter deviations=4 --csv
      coingraph query related-coins coin=museum/A.9 --show
      coingraph query --file mine.cypher least=3
    """
    from graph.connection import connect
    from queries import catalogue, header

    if as_json and as_csv:
        raise click.UsageError("choose one of --json and --csv")
    if own is not None:
        values = (name, *values) if name else values
        question = catalogue.read_own(own)
    elif name is None:
        rows = [{"name": q.name, "question": q.question, "takes": q.takes} for q in catalogue.catalogue()]
        return print_rows(rows, as_json, as_csv)
    else:
        question = catalogue.stored(name)
    given = _key_values(values, next((p.name for p in question.parameters if p.required), None))
    try:
        declared = {p.name for p in question.parameters}
        header.checked(question, {k: v for k, v in given.items() if own is None or k in declared})
    except header.BadParameter as error:
        raise click.UsageError(str(error)) from error
    with connect() as db:
        if as_shown:
            click.echo(header.show(question, catalogue.complete(db, question, given)))
            return click.echo("Browser draws a question that runs alone: run the :param lines first.", err=True)
        result = (catalogue.run_own if own else catalogue.run)(db, question, given)
    _print_result(result, as_json, as_csv)


def _key_values(values: Sequence[str], required: str | None) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    for key, equals, _value in pairs:
        if not equals or not key:
            write = f"{required}={key}" if required and key else "KEY=VALUE"
            raise click.UsageError(f"{key!r} is not a parameter; write {write}")
    return {key: value for key, _equals, value in pairs}


def _print_result(result: "Result", as_json: bool, as_csv: bool) -> None:
    if as_json or as_csv:
        return print_rows(result.rows if as_json else result.flat, as_json, as_csv)
    click.echo(result.heading)
    if result.rows and not any(result.table):
        return click.echo(f"{len(result.rows)} rows of nodes and relationships; --json prints them")
    if result.rows:
        print_rows(result.table)
    click.echo(result.footing)


@main.command()
@click.argument("coin", required=False)
@click.option("--text", metavar="WORDS", help="Find what words describe, instead of what is like a coin.")
@click.option("--why", metavar="COIN", help="Explain how alike the two coins are.")
@click.option("--space", help="The space to look in [default: the one linked last; for --why all].")
@click.option("--top", default=10, show_default=True, type=click.IntRange(1), help="How many to list.")
@click.option("--side", type=click.Choice(["both", "obverse", "reverse"]), default="both", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@common
def find(
    coin: str | None,
    text: str | None,
    why: str | None,
    space: str | None,
    top: int,
    side: str,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Find what is most like a coin of the graph, or like a photograph that is not in it.

    COIN is an id, a name, a unique ending of an id, or an image file. Words are compared with the pictures in a CLIP
    space, and with the descriptions in a space of words (see `embed`).

    \b
    Example:
      coingraph find museum/A.9
      coingraph find A.9 --why A.12
      coingraph find new-find.jpg --side obverse
      coingraph find --text "a horse above a wheel" --space minilm
    """
    from graph.connection import connect
    from queries import find as finding
    from queries.lookup import find_coin
    from queries.words import nearest_to_words

    if as_json and as_csv:
        raise click.UsageError("choose one of --json and --csv")
    if (coin is None) == (text is None) or (text is not None and why is not None):
        raise click.UsageError("give a coin, or words with --text")
    if not all(given.strip() for given in (coin, text, why) if given is not None):
        raise click.UsageError("a coin's name and words cannot be empty")
    with connect() as db:
        if text is not None:
            return print_rows(nearest_to_words(db, text, space, top, side), as_json, as_csv)
        assert coin is not None
        if why is not None:
            comparisons = finding.why(db, find_coin(db, coin), find_coin(db, why), space)
            print_rows([comparison.row for comparison in comparisons], as_json, as_csv)
            return click.echo(finding.verdict(comparisons), err=as_json or as_csv)
        photograph = Path(coin) if Path(coin).is_file() else None
        known = finding.known_photograph(db, photograph) if photograph else []
        for row in known:
            click.echo(f"{coin} is the {row['face']} of {row['coin']}, which is in the graph", err=True)
        if photograph and not known:
            click.echo("sides nearest to this photograph, by the vector index; chance gives percentile 50", err=True)
            return print_rows(finding.nearest_to_image(db, photograph, space, top, side), as_json, as_csv)
        which = known[0]["coin"] if known else finding.coin_or_file(db, coin)
        _print_result(finding.related(db, which, space, top, side), as_json, as_csv)


@main.command()
@click.option(
    "--zero-shot",
    "names",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="LABELS.txt",
    help="Say which of these names, one a line, each coin's pictures are most like.",
)
@click.option("--space", help="A CLIP space; may be left out where there is only one.")
@click.option("--template", default="a coin showing {label}", show_default=True, help="The sentence for a name.")
@output
@common
def types(names: Path | None, space: str | None, template: str) -> list[dict[str, Any]]:
    """List the types of the graph, or name coins without having learnt from any (CLIP's zero-shot use).

    The probabilities are those among the given names only. Nothing is written.

    \b
    Example:
      coingraph types
      coingraph types --zero-shot labels.txt --space clip-vit-b32 --template "an ancient coin with {label}"
    """
    from graph.connection import connect
    from queries import words

    labels = words.read_labels(names) if names else []
    with connect() as db:
        if not names:
            return words.list_types(db)
        found = words.zero_shot(db, labels, space, template)
    judged, right = words.right_names(found, labels)
    if judged:
        click.echo(f"the type of {judged:,} coins is among the names; for {right:,} of them it was found", err=True)
    return [vars(coin) for coin in found]


# --- pictures -------------------------------------------------------------------------------------------------------


def _out(name: str) -> Callable:
    return click.option(
        "--out",
        type=click.Path(path_type=Path, dir_okay=False),
        default=Path(name),
        show_default=True,
        metavar="FILE",
        help="FILE.png, FILE.svg, or FILE.html: a page that opens offline.",
    )


def _drawn(drawn: "Drawn") -> list[dict[str, Any]]:
    for note in drawn.notes:
        click.echo(f"note: {note}", err=True)
    click.echo(f"{drawn.path}: {drawn.shows}", err=True)
    return list(drawn.rows)


@main.group()
@common
def plot() -> None:
    """Pictures of spaces, networks and pairs: PNG, SVG, or HTML that opens offline."""


@plot.command("tsne")
@click.option("--space", "spaces", multiple=True, help="Name of a space; two or more are drawn side by side.")
@click.option(
    "--face", type=click.Choice(["obverse", "reverse"]), default="obverse", show_default=True, help="Which sides."
)
@click.option(
    "--method", type=click.Choice(["tsne", "umap"]), default="tsne", show_default=True, help="How the map is made."
)
@click.option(
    "--colour",
    "--color",
    default="type",
    show_default=True,
    metavar="PROPERTY",
    help="type, collection, community, or any property of the coins.",
)
@_out("tsne.png")
@common
def plot_tsne(spaces: tuple[str, ...], face: str, method: str, colour: str, out: Path) -> None:
    """Draw a map on which sides that are alike lie near each other.

    t-SNE has perplexity 30 (less where there are few sides) and seed 42. The most frequent groups get colours, other
    ones are dark grey, sides without a value light grey; a property of many numbers gets a scale.

    \b
    Example:
      coingraph plot tsne
      coingraph plot tsne --face reverse --colour mint --out reverses.svg
      coingraph plot tsne --space coin-lite0 --space efficientnet-lite0 --out both.html
    """
    from explore import plots, tsne
    from graph.connection import connect

    plots.checked(out)
    with connect() as db:
        side: Face = "reverse" if face == "reverse" else "obverse"
        maps = [tsne.make_map(db, space, side, method, colour) for space in spaces or (None,)]
    _drawn(tsne.draw(maps, colour, out))


@plot.command("pairs")
@click.argument("coin")
@click.option("--space", help="Name of the space; may be left out where there is only one.")
@_out("pairs.png")
@output
@common
def plot_pairs(coin: str, space: str | None, out: Path) -> list[dict[str, Any]]:
    """Show a coin with its three most and its three least similar, by each side, with their cosines.

    COIN is an id, a name or a unique ending of an id.

    \b
    Example:
      coingraph plot pairs museum/A.9 --out A9.png
    """
    from explore import pairs, plots
    from graph.connection import connect

    plots.checked(out)
    with connect() as db:
        return _drawn(pairs.draw(pairs.make_pairs(db, coin, space), out))


@plot.command("network")
@click.option("--space", help="Name of the space; may be left out where there is only one.")
@click.option(
    "--face",
    type=click.Choice(["both", "obverse", "reverse"]),
    default="both",
    show_default=True,
    help="Coins by what both sides say, or the sides of one face.",
)
@click.option("--percentile", type=float, metavar="P", help="Edges from this percentile [default: 5 edges a coin].")
@click.option("--threshold", type=float, metavar="T", help="Edges of a cosine above T; with --face obverse or reverse.")
@click.option(
    "--colour",
    "--color",
    default="community",
    show_default=True,
    metavar="PROPERTY",
    help="community (of the latest `analyze`), type, collection, or any property.",
)
@_out("network.png")
@common
def plot_network(out: Path, colour: str, **options: Any) -> None:
    """Draw the similarity network above a threshold, communities in colour; in a page a click shows the coin.

    Drawn are edges that `link` stored: by default the 20 nearest of each side. For all pairs above a threshold, run
    `coingraph link --top all --percentile 99` first.

    \b
    Example:
      coingraph plot network --out network.html
      coingraph plot network --face reverse --percentile 99.5
    """
    from explore import network, plots
    from graph.connection import connect

    plots.checked(out)
    if options["threshold"] is not None and options["face"] == "both":
        raise click.UsageError("--threshold is a cosine between sides: add --face obverse or --face reverse")
    if options["threshold"] is not None and options["percentile"] is not None:
        raise click.UsageError("give --threshold (a cosine) or --percentile, not both")
    most = plots.MOST_PICTURED if out.suffix.lower() == ".html" else network.MOST_NODES
    with connect() as db:
        made = network.make_network(db, colour=colour, most=most, **options)
    _drawn(network.draw(made, colour, out))


@plot.command("distribution")
@click.option("--space", help="Name of the space; may be left out where there is only one.")
@click.option(
    "--face",
    type=click.Choice(["both", "obverse", "reverse"]),
    default="both",
    show_default=True,
    help="Which sides; both: one panel each.",
)
@_out("distribution.png")
@output
@common
def plot_distribution(space: str | None, face: str, out: Path) -> list[dict[str, Any]]:
    """Draw how the cosines of all pairs lie: of coins of one type against two types, with percentiles marked.

    Prints the cosine at each percentile, and the share of pairs of one type among those above. Predicted types do not
    count.

    \b
    Example:
      coingraph plot distribution --out cosines.png
      coingraph plot distribution --face reverse --json
    """
    from explore import distribution, plots
    from graph.connection import connect

    plots.checked(out)
    with connect() as db:
        measured = distribution.measure_faces(db, space, face)
    return _drawn(distribution.draw(measured, out))


# --- all at once ----------------------------------------------------------------------------------------------------


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--collection", required=True, help="The name of this collection in the graph.")
@reading_options
@click.option("--space", default=DEFAULT_SPACE, show_default=True, help="The model (see `embed`).")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or another name torch knows.")
@click.option("--refit", is_flag=True, help="Fit the space anew on all that is there now.")
@click.option("--report", type=click.Path(path_type=Path, file_okay=False), help="[default: report-COLLECTION]")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@common
def run(folder: Path, collection: str, report: Path | None, as_json: bool, **options: Any) -> None:
    """Do it all: ingest, embed, link, analyze, and report what was found.

    Run it again after a stop and it goes on; run it again when photographs were added and only they are computed.

    \b
    Example:
      coingraph run photographs/ --collection museum --metadata coins.csv --type type
    """
    import pipeline
    from explore.report import as_text
    from graph.connection import connect

    report = report or Path(f"report-{''.join(c if c.isalnum() else '-' for c in collection)}")
    with connect() as db:
        result = pipeline.run(db, folder, collection, report=report, **options)
    click.echo(json.dumps(result.as_dict(), ensure_ascii=False, indent=2) if as_json else as_text(result))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path("demo"))
@click.option("--coins", default=60, show_default=True, type=click.IntRange(20), help="How many coins.")
@click.option("--types", default=6, show_default=True, type=click.IntRange(2), help="Of how many types.")
@common
def demo(folder: Path, coins: int, types: int) -> None:
    """Run everything on a sample hoard, look for the oddities planted in it, and leave the server up.

    The hoard, its database and the report lie in FOLDER, apart from your own coins. Again, it takes seconds.

    \b
    Example:
      coingraph demo
    """
    import pipeline
    from explore import oddities
    from explore.report import as_text
    from graph.connection import connect
    from ingest.hoard import make_hoard
    from queries.browser import browser_url

    # Sample coins must never come among somebody's own.
    os.environ.pop("NEO4J_URI", None)
    os.environ["COINGRAPH_HOME"] = str((folder / "database").resolve())
    truth = make_hoard(folder / "hoard", coins, types)
    with connect() as db:
        result = pipeline.run(db, folder / "hoard", "hoard", report=folder / "report")
        verdicts = oddities.look_for(db, truth, "hoard", result.space, result.analysis.partition)
        url = browser_url(db)
    click.echo(as_text(result) + "\n\n" + oddities.as_text(verdicts) + "\n")
    click.echo(f"The server is up at {db.address.uri}: user {db.address.username}, password {db.address.password}")
    click.echo(f"Neo4j Browser: {url}")
    activate = f"source '{Path(sys.prefix, 'bin', 'activate')}'; " if sys.prefix != sys.base_prefix else ""
    click.echo(f"For the commands above: {activate}export COINGRAPH_HOME='{os.environ['COINGRAPH_HOME']}'")


if __name__ == "__main__":
    main()
