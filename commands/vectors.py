"""The commands that make vectors: spaces of pictures, of words, and of other spaces."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.options import STALE, agree, common, output
from embed import DEFAULT_SPACE

if TYPE_CHECKING:
    from pipeline.derive import Derived


@click.command()
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
    from graph import connect

    with connect() as db:
        result = pipeline.embed(db, **options)
    click.echo(
        f"{result.space.name}: {result.embedded:,} sides embedded ({result.space.dimension:,} numbers each), "
        f"{result.unchanged:,} were there already, {len(result.skipped):,} skipped"
        + (f", {result.without_picture:,} have no picture" if result.without_picture else "")
        + (f", {result.without_text:,} have no text" if result.without_text else "")
    )
    if result.uncut:
        click.echo(
            f"{result.uncut:,} were taken whole, because where the coin ends is not sure: "
            "`coingraph plot cutout` shows them"
        )
    if result.outgrown:
        click.echo(
            f"{result.space.name} was fitted on {result.fitted_on:,} sides and there are half as many again: "
            f"`coingraph embed --space {result.space.name} --refit` (and `link`, `analyze`) would help"
        )
    say_gone(result.edges_gone)


@click.command()
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
    from graph import connect

    with connect() as db:
        print_derived(pipeline.transform(db, **options), "transform")


@click.command()
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
      coingraph fuse --image coin-lite2 --text minilm --method attention --name fused
      coingraph fuse --image coin-lite2 --text minilm --method late --weight 0.7 --name late
    """
    import time

    import pipeline
    from graph import connect

    with connect() as db:
        begun = time.monotonic()
        made = pipeline.fuse(db, **options)
        seconds = time.monotonic() - begun
    print_derived(made, "fuse")
    if trained := made.training:
        click.echo(
            f"trained on {trained.coins:,} coins of {trained.types:,} types, {trained.held_out:,} others held out; "
            f"best after {trained.best_epoch} of {len(trained.losses)} epochs, held-out loss "
            f"{min(trained.held_out_losses):.3f}; {seconds:.1f} s in all (`coingraph plot losses --space "
            f"{made.space.name}`)"
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


def print_derived(made: "Derived", command: str) -> None:
    """Say what was made; ``command`` made it."""
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
    say_gone(made.edges_gone)


def say_gone(edges: int) -> None:
    if edges:
        click.echo(f"the {edges:,} edges of the former vectors are gone, and what was found by them: {STALE}", err=True)


@click.group()
@common
def spaces() -> None:
    """The sets of vectors in the graph, one for each model."""


@spaces.command("list")
@output
@common
def spaces_list() -> list[dict[str, Any]]:
    """List spaces: vectors' length, sides that have one, where the weights came from.

    `transform` is what was fitted, or how a space was fused; `fields` the metadata columns that its vectors know.
    `default` is the space that commands and questions take without --space.

    \b
    Example:
      coingraph spaces list
    """
    from graph import connect
    from graph.spaces import default_space, list_spaces

    with connect() as db:
        default = default_space(db)
        return [
            {
                "space": coverage.space.name,
                "slug": coverage.space.slug,
                "default": coverage.space.slug == default,
                "dimension": coverage.space.dimension,
                "embedded": coverage.embedded,
                "sides": coverage.sides,
                "transform": coverage.space.preprocessing.get("method", coverage.space.transform),
                "weights": coverage.space.weights_source,
                "fields": ", ".join(coverage.space.fields),
            }
            for coverage in list_spaces(db)
        ]


@spaces.command("default")
@click.argument("space")
@common
def spaces_default(space: str) -> None:
    """Set the space that commands and questions take where no --space is given.

    The first space that is linked becomes the default by itself; later ones do not.

    \b
    Example:
      coingraph spaces default coin-lite2
    """
    import pipeline
    from graph import connect

    with connect() as db:
        click.echo(f"{pipeline.set_default_space(db, space).name} is the default space")


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
    from graph import connect
    from graph.spaces import default_space, find_space

    with connect() as db:
        name = find_space(db, space).name
        agree(f"This would remove {name} with its vectors, edges and partitions from the graph.", yes)
        before = default_space(db)
        removed = pipeline.remove_space(db, space)
        now = default_space(db)
    click.echo(f"removed {removed.name}")
    if before == removed.slug:
        instead = f"{now}, which was linked last, is it now" if now else "the next one that is linked becomes it"
        click.echo(f"it was the default space; {instead} (`coingraph spaces default` sets another)", err=True)


@spaces.command("export")
@click.argument("space")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--collection", help="Only this collection's sides.")
@common
def spaces_export(space: str, folder: Path, collection: str | None) -> None:
    """Write a space's vectors into FOLDER: for each face a NumPy matrix, the list of its pictures' names, and texts.

    `spaces import` takes them back, on this graph or another one with the same photographs. PREFIX_space.json says what
    the space was told of the coins, and which classes it was trained on, so that `evaluate` still leaves these out.

    \b
    Example:
      coingraph spaces export efficientnet-lite0 vectors/
    """
    from graph import connect
    from pipeline import export_space

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
    from graph import connect
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
