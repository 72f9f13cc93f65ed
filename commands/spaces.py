"""The commands that make vectors, and those of the spaces that hold them."""

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands import names
from commands.helps import command
from commands.options import (
    DEFAULT_SPACE,
    STALE,
    accepted_option,
    agree,
    collection_option,
    common,
    device_option,
    face_option,
    json_option,
    listing_group,
    name_option,
    opened,
    output,
    refit_option,
    space_option,
    yes_option,
)
from commands.printing import onward, print_json, say
from errors import counted

if TYPE_CHECKING:
    from coingraph import Adapted, Derived, Lesson, SpaceRecord, Trained
    from explore.tables import Answer


@command()
@space_option(
    "A model's name (resnet50, clip-vit-b32, timm:NAME, …, -grey after it), minilm, or a space there is already.",
    what="model",
    default=DEFAULT_SPACE,
    show_default=True,
)
@name_option("What a new space is called, so that two of one model stand side by side.")
@click.option("--template", metavar="TEXT", help="For words: `side`, `thesis`, or your own: '{mint}: {side}'.  [side]")
@click.option("--describe-with", metavar="COMMAND", help="For words: a program that describes the picture it is given.")
@device_option
@click.option("--weights", type=click.Path(path_type=Path), help="A file of weights instead of the model's own.")
@click.option("--batch", type=click.IntRange(1), default=32, show_default=True, help="Pictures at a time.")
@collection_option("Only this collection's photographs.")
@refit_option("Make the whole space again, its transform fitted on what there is now.")
@common
def embed(**options: Any) -> None:
    """Compute what a model sees in each photograph, or reads in its description: a vector for every side.

    Only sides that have no vector yet, or whose file or text changed, are computed; a run that was stopped goes on.
    A description is the legend and description of the side, or its type where it has none; or a template of your own,
    filled with the coin's metadata: a field that is not known drops its clause, and a side without any gets no vector.
    {face} is the word, {side_legend} the column obverse_legend or reverse_legend, {mint|findspot} the first known.

    \b
    Example:
      coingraph embed
      coingraph embed --space legend
      coingraph embed --space file:models/resnet50.pt2 --batch 64
      coingraph embed --space clip-vit-b32-grey --weights open_clip_model.safetensors
      coingraph embed --space minilm --template "A {denomination} of {authority}, {mint}: {reverse}" --name legends
    """
    with opened() as graph:
        result = graph.embed(**options)
    say(
        f"{result.space.name}: {result.embedded:,} sides embedded ({result.space.dimension:,} numbers each), "
        f"{result.unchanged:,} were there already, {len(result.skipped):,} skipped"
        + (f", {result.without_picture:,} have no picture" if result.without_picture else "")
        + (f", {result.without_text:,} have no text" if result.without_text else "")
        + (f", {result.illegible:,} show no letter" if result.illegible else "")
    )
    if result.uncut:
        say(
            f"{result.uncut:,} were taken whole, because where the coin ends is not sure: "
            "`coingraph plot cutout` shows them"
        )
    if result.outgrown:
        say(
            f"{result.space.name} was fitted on {result.fitted_on:,} sides and there are half as many again: "
            f"`coingraph embed --space {result.space.name} --refit` (and `link`, `analyze`) would help"
        )
    _say_gone(result.edges_gone)


@command()
@click.argument("space", shell_complete=names.spaces)
@click.option(
    "--by",
    required=True,
    type=click.Choice(["centre", "standardise", "whiten", "half-whiten"]),
    help="What is fitted on the vectors of both faces.",
)
@click.option("--dimension", type=click.IntRange(1), help="Of whitening: how many principal axes are kept [256].")
@name_option("The name of the new space [default: SPACE-standardise and so on].")
@refit_option("Make the whole space again, fitted on what there is now.")
@common
def transform(**options: Any) -> None:
    """Make a space of a space: its vectors centred, standardised (as scikit-learn's StandardScaler) or whitened (PCA).

    What was fitted is kept: run again, it computes new and changed sides only, and with the same parameters.

    \b
    Example:
      coingraph transform efficientnet-lite0 --by standardise
      coingraph transform efficientnet-lite0 --by whiten --dimension 64 --name lite0-white
    """
    with opened() as graph:
        _print_derived(graph.transform(**options), "transform")


@command()
@click.option("--image", required=True, metavar="SPACE", shell_complete=names.spaces, help="A space of pictures.")
@click.option("--text", required=True, metavar="SPACE", shell_complete=names.spaces, help="A space of words.")
@click.option("--method", required=True, type=click.Choice(["mlp", "concat", "attention", "late"]))
@name_option(required=True)
@click.option("--weight", default=0.5, show_default=True, help="late: how much the picture counts, from 0 to 1.")
@click.option("--seed", default=42, show_default=True, help="mlp and attention: another seed, another training.")
@refit_option("Make the whole space again, trained on what there is now.")
@common
def fuse(**options: Any) -> None:
    """Make one space of what is seen and what is said of each side.

    mlp (the thesis' network) and attention (a learned weight for picture and text, side by side) learn from pairs of
    coins of one type and of two; coins without a type are not learnt from, but get their vectors. concat puts one after
    the other; late is the weighted mean of both cosines. `legend`, the letters read around the rim, takes part as a
    text does. A side without a text gets the vector of its picture, and its
    edges say `without_text`. Run again, it computes new and changed sides only, with the same parameters.

    \b
    Example:
      coingraph fuse --image coin-lite2 --text minilm --method attention --name fused
      coingraph fuse --image coin-lite2 --text legend --method late --name both
    """
    with opened() as graph:
        begun = time.monotonic()
        made = graph.fuse(**options)
        seconds = time.monotonic() - begun
    _print_derived(made, "fuse")
    if trained := made.training:
        say(
            f"trained on {trained.coins:,} coins of {trained.types:,} types, {trained.held_out:,} others held out; "
            f"best after {trained.best_epoch} of {len(trained.losses)} epochs, held-out loss "
            f"{min(trained.held_out_losses):.3f}; {seconds:.1f} s in all (`coingraph plot losses --space "
            f"{made.space.name}`)"
        )
        say(
            f"nearest side of the same type: {trained.held_out_right:.0%} of held-out coins (pictures alone "
            f"{trained.held_out_picture:.0%}), {trained.trained_right:.0%} of those it learnt from"
        )
    if "type" in made.space.fields:
        say(
            "note: these vectors know the types of coins. That neighbours, edges or communities agree with the types "
            "is no evidence for the pictures; judge them by what they were not told"
        )


@command()
@space_option("The space whose vectors it begins with; else the default space.")
@click.option(
    "--label",
    default="type",
    show_default=True,
    metavar="type|PROPERTY|none",
    help="What coins that belong together share; none: learn from the pictures alone.",
)
@click.option("--method", type=click.Choice(["contrastive"]), default="contrastive", show_default=True)
@name_option("The name of the new space [default: SPACE-trained].")
@face_option("Where the label can be seen: the sides that are learnt from.")
@click.option(
    "--views",
    type=click.IntRange(0, 8),
    default=2,
    show_default=True,
    help="Of each photograph: turned, lit and worn otherwise, cut out a little off.",
)
@click.option(
    "--classes-held-out",
    "held_out",
    type=click.FloatRange(0, 0.9),
    default=0.5,
    show_default=True,
    help="The share of the classes that is not learnt from, and on which the head is scored.",
)
@click.option("--seed", default=42, show_default=True, help="Another seed, other classes held out, another training.")
@device_option
@refit_option("Train again, on what there is now.")
@accepted_option
@json_option()
@common
def train(method: str, as_json: bool, **options: Any) -> None:
    """Train a head on a space: a small layer that learns from your coins what tells them apart.

    It brings together views of one photograph and, where labels are known, coins of one class (supervised contrastive
    loss; without labels self-supervised, as SimCLR). It is scored on classes that it did not see, and says so where it
    is no better than its input; `coingraph evaluate` leaves out those that it saw. Run again, it computes new and
    changed sides only, with the same head.

    \b
    Example:
      coingraph train --label type --method contrastive
      coingraph train --label reverse_design --face reverse --name designs
      coingraph train --label none --views 4 --name alone
    """
    with opened() as graph:
        done = graph.train(**options)
    if as_json:
        return print_json(_trained_json(done))
    _print_derived(done.derived, "train")
    if done.lesson:
        _print_lesson(done.lesson, done.derived.space.name)


def _trained_json(done: "Trained") -> dict[str, Any]:
    made, lesson = done.derived, done.lesson
    found = {
        "space": made.space.name,
        "made_from": list(made.space.sources),
        "head": made.space.transform,
        "made": made.made,
        "unchanged": made.unchanged,
        "removed": made.removed,
        "trained": lesson is not None,
    }
    if lesson is None:
        return found
    return found | {
        "label": lesson.label,
        "sides": lesson.sides,
        "views": lesson.views,
        "classes_seen": lesson.classes,
        "classes_watched": lesson.watched,
        "classes_held_out": lesson.held_out,
        "epochs": len(lesson.learning.losses),
        "verdict": lesson.verdict,
        "skipped": len(lesson.skipped),
        "view_seconds": round(lesson.view_seconds, 1),
        "seconds": round(lesson.seconds, 1),
        **lesson.figures(),
    }


def _print_lesson(lesson: "Lesson", space: str) -> None:
    learning = lesson.learning
    what = f"{lesson.classes:,} classes of {lesson.label}" if lesson.label else "no labels, their views alone"
    say(
        f"Trained on {lesson.coins:,} coins ({lesson.sides:,} sides, {lesson.views} views of each; {what}), best after "
        f"{learning.best_epoch} of {len(learning.losses)} epochs, in {lesson.seconds:.0f} s."
    )
    if lesson.skipped:
        say(f"{counted(len(lesson.skipped), 'photograph')} could not be used: their sides have no views.")
    if lesson.gain:
        before, after, gained = lesson.gain.before, lesson.gain.after, lesson.gain.difference
        say(
            f"On {after.classes:,} classes that it did not see, mean average precision went from "
            f"{before.map_macro.value:.3f} to {after.map_macro.value:.3f} ({gained.value:+.3f}, 95 % interval "
            f"{gained.low:+.3f} to {gained.high:+.3f}) and first hits from {before.r1_macro.value:.3f} to "
            f"{after.r1_macro.value:.3f}: {lesson.verdict}."
        )
        if not lesson.gain.better:
            say("The space is kept, and marked so; its input may serve you as well.")
        say("`coingraph evaluate` leaves out the classes that it saw, since it knows their answers.")
    elif lesson.label:
        say("No class was held out that could be scored: what the head is worth is not known.")
    click.echo(onward([f"evaluate --space {space}"]))


def _print_derived(made: "Derived", command: str) -> None:
    """Say what was made; ``command`` made it."""
    say(
        f"{made.space.name} ({made.space.weights_source}): {made.made:,} sides made "
        f"({made.space.dimension:,} numbers each), {made.unchanged:,} were there already"
        + (f", {made.removed:,} removed" if made.removed else "")
        + (f", {made.unusable:,} left out because their vector is zero" if made.unusable else "")
        + (f", {made.without_text:,} have no text: their picture alone" if made.without_text else "")
    )
    if made.outgrown:
        say(
            f"{made.space.name} was fitted on {made.fitted_on:,} sides and there are half as many again: "
            f"the same `coingraph {command}` with --refit (and `link`, `analyze`) would help"
        )
    _say_gone(made.edges_gone)


def _say_gone(edges: int) -> None:
    if edges:
        say(f"the {edges:,} edges of the former vectors are gone, and what was found by them: {STALE}", err=True)


@command()
@click.option("--adapt", is_flag=True, help="Train the reader on by what it is sure of here, and make its spaces.")
@collection_option("Only this collection's sides are listed, or learnt from.")
@click.option("--seed", default=1, show_default=True, help="--adapt: another seed, other coins left out.")
@device_option
@refit_option("--adapt: train on again, from the package's reader, on what there is now.")
@output
@common
def legends(adapt: bool, collection: str | None, **options: Any) -> "Answer":
    """List what was read around the rim of sides, the surest first; or train the reader on by it (--adapt).

    It learns from letters that it is sure of, beside drawn ones so that it forgets nothing; of no label and no record.
    A fifth of the coins are left out, and show what came of it. What it reads then are spaces of their own:
    legend-adapted, and such as coin-lite2-legend-adapted. `legend` and the readings on the sides stay. Run again, new
    and changed sides get their vectors from the same reader.

    \b
    Example:
      coingraph legends --top 5
      coingraph legends --adapt
    """
    from explore.tables import Answer

    with opened([collection] if collection else []) as graph:
        if adapt:
            return _of_adapted(graph.adapt(collection=collection, **options))
        rows = [asdict(one) for one in graph.readings([collection] if collection else [], sys.maxsize)]
    shown = [{"legend_read" if name == "text" else name: value for name, value in row.items()} for row in rows]
    return Answer(
        shown,
        said="What was read, with so many letters that are sure; it is a reading, not the record.",
        none="No letter was read: `coingraph embed --space legend` reads them.",
    )


MEASURED = {
    "steady": "letters read alike in two lights",
    "drawn": "letters of drawn strips read right",
    "recorded": "letters of the table's legends read",
}


def _of_adapted(made: "Adapted") -> "Answer":
    """What became of the reader, a measure a row."""
    from explore.tables import Answer

    rows = [{"what": MEASURED[name], **asdict(change)} for name, change in made.changes.items()]
    spaces = " and ".join(space.name for space in [made.space, *made.fused])
    embedded = made.embedded
    said = f"{spaces}: {embedded.embedded:,} sides read, {embedded.unchanged:,} were there already"
    if made.learnt:
        said = f"The reader learnt from {made.learnt:,} sides; coins it did not learn from show what came of it. {said}"
    onward = [f"evaluate --space {space.name}" for space in made.fused[:1]]
    return Answer(rows, said=f"{said}.", none=f"{said}, by the reader that was trained before.", onward=onward)


@listing_group
@common
def spaces() -> None:
    """The sets of vectors in the graph, one for each model; alone, list them."""


@spaces.command("list")
@output
@common
def spaces_list() -> "Answer":
    """List spaces: vectors' length, sides that have one, where the weights came from.

    `transform` is what was fitted, or how a space was fused; `fields` the metadata columns that its vectors know.
    `default` is the space that commands and questions take without --space.

    \b
    Example:
      coingraph spaces list
    """
    from explore.tables import Answer

    with opened() as graph:
        default, found = graph.default_space(), graph.spaces()
    names = {coverage.space.slug: coverage.space.name for coverage in found}
    rows = [
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
            "made_from": _made_from(coverage.space, names),
            "learned_from": coverage.space.trained_label if coverage.space.trained_on else None,
        }
        for coverage in found
    ]
    first = ("space", "embedded", "made_from", "learned_from", "default")
    return Answer(rows, none="There is no space yet.", first=first, hidden=("slug", "sides"))


def _made_from(space: "SpaceRecord", names: dict[str, str]) -> str:
    """What the vectors of a space were made from, in words."""
    sources = [names.get(slug, slug) for slug in space.sources]
    return ", ".join(sources) or ("columns of the table" if space.fields else "photographs")


@spaces.command("default")
@click.argument("space", shell_complete=names.spaces)
@common
def spaces_default(space: str) -> None:
    """Set the space that commands and questions take where no --space is given.

    The first space that is linked becomes the default by itself. `run` puts a better one in its place, but never in
    that of one that was set here.

    \b
    Example:
      coingraph spaces default coin-lite2
    """
    with opened() as graph:
        say(f"{graph.set_default_space(space).name} is the default space")


@spaces.command("remove")
@click.argument("space", shell_complete=names.spaces)
@yes_option
@common
def spaces_remove(space: str, yes: bool) -> None:
    """Remove a space with its vectors, similarity edges, partitions and measures.

    \b
    Example:
      coingraph spaces remove efficientnet-lite0
    """
    with opened() as graph:
        name = graph.space(space).name
        agree(f"This would remove {name} with its vectors, edges and partitions from the graph.", yes)
        before = graph.default_space()
        removed = graph.remove_space(space)
        now = graph.default_space()
    say(f"removed {removed.name}")
    if before == removed.slug:
        instead = f"{now}, which was linked last, is it now" if now else "the next one that is linked becomes it"
        say(f"it was the default space; {instead} (`coingraph spaces default` sets another)", err=True)


@spaces.command("export")
@click.argument("space", shell_complete=names.spaces)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@collection_option("Only this collection's sides.")
@common
def spaces_export(space: str, folder: Path, collection: str | None) -> None:
    """Write a space's vectors into FOLDER: for each face a NumPy matrix, the list of its pictures' names, and texts.

    `spaces import` takes them back, on this graph or another one with the same photographs. PREFIX_space.json says what
    the space was told of the coins, and which classes it was trained on, so that `evaluate` still leaves these out.

    \b
    Example:
      coingraph spaces export efficientnet-lite0 vectors/
    """
    with opened() as graph:
        for part in graph.export_space(space, folder, collection):
            say(f"{part.sides:,} {part.face}s: {', '.join(str(path) for path in part.files)}")


@spaces.command("import")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True), required=False)
@name_option("The name of the space.", required=True)
@click.option("--prefix", help="What the files' names begin with, where FOLDER holds several sets.")
@click.option("--obverse", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="The obverses' matrix.")
@click.option("--reverse", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="The reverses' matrix.")
@collection_option("Whose pictures the files name, where several collections have such names.")
@click.option("--create", is_flag=True, help="Make coins of --collection for names that are not in the graph.")
@click.option("--types/--no-types", default=True, help="With --create: types from texts (`... coin depicting TYPE.`).")
@click.option("--field", "fields", multiple=True, metavar="COLUMN", help="A metadata column that the vectors know.")
@json_option()
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
    from coingraph import FACES, find_vector_files

    if options["create"] and not options["collection"]:
        raise click.UsageError("--create makes coins of a collection: name it by --collection")
    if (folder is None) == (obverse is None and reverse is None):
        raise click.UsageError("give a folder, or --obverse and --reverse files")
    files = find_vector_files(folder, prefix) if folder else {}
    files |= {face: path for face, path in zip(FACES, (obverse, reverse), strict=True) if path}
    with opened(new=True) as graph:
        result = graph.import_space(name, files, **options)
    if as_json:
        return print_json(asdict(result))
    for note in result.notes:
        say(note, err=True)
    for skip in result.unmatched[:20]:
        say(f"not used: {skip}", err=True)
    sides = " and ".join(f"{number:,} {face}s" for face, number in result.sides.items())
    made = f"; made {result.new_coins:,} coins, {result.new_sides:,} sides without pictures" if result.new_sides else ""
    say(
        f"{result.space.name}: vectors of {result.space.dimension:,} numbers for {sides}{made}; "
        f"{len(result.unmatched):,} rows not used"
    )


COMMANDS = (embed, transform, fuse, train, legends, spaces)
