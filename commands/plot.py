"""The commands that draw."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from commands import names
from commands.helps import group
from commands.options import (
    COINS_OR_SIDES,
    collections_option,
    common,
    face_option,
    formats,
    opened,
    output,
    picture_option,
    space_option,
    type_option,
)
from commands.printing import print_rows, say
from explore.formats import DIES, OVERLAY, SHEET

if TYPE_CHECKING:
    from explore.plots import Drawn


def _out(name: str, help: str = "FILE.png, .svg, or .html: a page that opens offline.", **more: Any) -> Callable:
    return picture_option("-o", "--out", help=help, default=Path(name), show_default=True, **more)


def _drawn(drawn: "Drawn") -> list[dict[str, Any]]:
    for note in drawn.notes:
        say(f"note: {note}", err=True)
    say(f"{drawn.path}: {drawn.shows}", err=True)
    return list(drawn.rows)


@group()
@common
def plot() -> None:
    """Pictures of spaces, networks, pairs and dies: PNG, SVG, or HTML that opens offline; dies as PDF, too."""


@plot.command("tsne")
@space_option("Name of a space; two or more are drawn side by side.", "spaces", multiple=True)
@click.option(
    "--face", type=click.Choice(["obverse", "reverse"]), default="obverse", show_default=True, help="Which sides."
)
@click.option(
    "--method", type=click.Choice(["tsne", "umap"]), default="tsne", show_default=True, help="How the map is made."
)
@click.option(
    "--colour",
    default="type",
    show_default=True,
    metavar="PROPERTY",
    help="type, collection, community, or any property of the coins.",
)
@collections_option()
@_out("tsne.png")
@common
def plot_tsne(
    spaces: tuple[str, ...], face: str, method: str, colour: str, collections: tuple[str, ...], out: Path
) -> None:
    """Draw a map on which sides that are alike lie near each other.

    A map is of one face, since an obverse is compared with obverses alone. t-SNE has perplexity 30 (less where there
    are few sides) and seed 42. The most frequent groups get colours, other ones are dark grey, sides without a value
    light grey; a property of many numbers gets a scale.

    \b
    Example:
      coingraph plot tsne
      coingraph plot tsne --face reverse --colour mint --out reverses.svg
      coingraph plot tsne --space coin-lite2 --space efficientnet-lite0 --out both.html
    """
    from explore import maps

    with opened(collections) as graph:
        more: dict[str, Any] = {"face": face, "colour": colour, "collections": collections}
        coins = [graph.coins(space, **more) for space in spaces or (None,)]
    _drawn(maps.draw([maps.make_map(some, method) for some in coins], colour, out))
    if click.get_current_context().get_parameter_source("face") is ParameterSource.DEFAULT:
        say("A map is of one face, here the obverses; the reverses: --face reverse", err=True)


@plot.command("pairs")
@click.argument("coin", shell_complete=names.coins)
@space_option()
@collections_option("Coins of this collection beside it; may be given several times.  [default: all]")
@_out("pairs.png")
@output
@common
def plot_pairs(coin: str, space: str | None, collections: tuple[str, ...], out: Path) -> list[dict[str, Any]]:
    """Show a coin with its three most and its three least similar, by each side, with their cosines.

    COIN is an id, a name or a unique ending of an id.

    \b
    Example:
      coingraph plot pairs museum/A.9 --out A9.png
    """
    from explore import sheets

    with opened(collections) as graph:
        wanted = graph.coin_id(coin)
        pairs = sheets.make_pairs(graph.coins(space, colour="type", collections=collections), wanted)
    return _drawn(sheets.draw_pairs(pairs, out))


@plot.command("network")
@space_option()
@face_option(COINS_OR_SIDES)
@click.option("--percentile", type=float, metavar="P", help="Edges from this percentile [default: 5 edges a coin].")
@click.option("--threshold", type=float, metavar="T", help="Edges of a cosine above T; with --face obverse or reverse.")
@click.option(
    "--colour",
    default="community",
    show_default=True,
    metavar="PROPERTY",
    help="community (of the latest `analyze`), type, collection, or any property.",
)
@collections_option()
@_out("network.png")
@common
def plot_network(out: Path, **options: Any) -> None:
    """Draw the similarity network above a threshold, communities in colour; in a page a click shows the coin.

    Drawn are edges that `link` stored: by default the 20 nearest of each side. For all pairs above a threshold, run
    `coingraph link --top all --percentile 99` first.

    \b
    Example:
      coingraph plot network --out network.html
      coingraph plot network --face reverse --percentile 99.5
    """
    from explore import network, plots

    if options["threshold"] is not None and options["face"] == "both":
        raise click.UsageError("--threshold is a cosine between sides: add --face obverse or --face reverse")
    if options["threshold"] is not None and options["percentile"] is not None:
        raise click.UsageError("give --threshold (a cosine) or --percentile, not both")
    most = plots.MOST_PICTURED if out.suffix.lower() == ".html" else network.MOST_NODES
    with opened(options["collections"]) as graph:
        linked = graph.linked_coins(**options)
    _drawn(network.draw(network.make_network(linked, most), out))


@plot.command("distribution")
@space_option()
@face_option("Which sides; both: one panel each.")
@collections_option()
@_out("distribution.png")
@output
@common
def plot_distribution(space: str | None, face: str, collections: tuple[str, ...], out: Path) -> list[dict[str, Any]]:
    """Draw how the cosines of all pairs lie: of coins of one type against two types, with percentiles marked.

    Prints the cosine at each percentile, and the share of pairs of one type among those above. Predicted types do not
    count.

    \b
    Example:
      coingraph plot distribution --out cosines.png
      coingraph plot distribution --face reverse --json
    """
    from explore import curves

    with opened(collections) as graph:
        coins = graph.coins(space, face=face, collections=collections)
    return _drawn(curves.draw(curves.cosines(coins), out))


@plot.command("losses")
@space_option("Name of a space that `train` or `fuse` (mlp or attention) trained.")
@_out("losses.png")
@output
@common
def plot_losses(space: str | None, out: Path) -> list[dict[str, Any]]:
    """Draw how a trained or fused space learnt: the loss of each epoch, on coins trained on and on those held out.

    \b
    Example:
      coingraph plot losses --space fused
      coingraph plot losses --space fused --out losses.svg --json
    """
    from explore import curves

    with opened() as graph:
        curve = graph.loss_curve(space)
    return _drawn(curves.draw(curves.losses(curve), out))


@plot.command("reliability")
@space_option()
@_out("reliability.png")
@output
@common
def plot_reliability(space: str | None, out: Path) -> list[dict[str, Any]]:
    """Draw the probabilities of `calibrate` against how often two coins are of one type, on edges of known types.

    \b
    Example:
      coingraph plot reliability --out reliability.png
    """
    from explore import curves

    with opened() as graph:
        name, found = graph.reliability(space)
    return _drawn(curves.draw(curves.reliability(found, name), out))


@plot.command("cutout")
@click.argument("coin", required=False, shell_complete=names.coins)
@collections_option()
@click.option("--most", type=click.IntRange(1), default=120, show_default=True, help="How many photographs at most.")
@_out("cutouts.png", "FILE.png, or FILE.html: a page that opens offline.", formats=SHEET)
@formats
@common
def plot_cutout(
    coin: str | None, collections: tuple[str, ...], most: int, out: Path, as_json: bool, as_csv: bool
) -> None:
    """Show where coins were found in their photographs, the least sure outline first.

    Green is what the coin is cut out by; red is not sure enough, so the whole photograph is used. COIN is an id, a name
    or a unique ending of an id; without it all photographs are looked at.

    \b
    Example:
      coingraph plot cutout --collection museum --out cutouts.png
      coingraph plot cutout museum/A.9 --out A9.html --json
    """
    from explore import sheets

    with opened(collections) as graph:
        sides = graph.outlines(coin, collections)
    rows = _drawn(sheets.draw_outlines(sides, most, out))
    if as_json or as_csv:
        print_rows(rows, as_json, as_csv)


@plot.command("dies")
@space_option()
@type_option("Only this type.", "kind")
@_out("dies.pdf", "FILE.pdf of a page a type, or FILE.png, FILE.svg: a file a page.", formats=DIES)
@output
@common
def plot_dies(space: str | None, kind: str | None, out: Path) -> list[dict[str, Any]]:
    """Draw which obverse dies struck coins with which reverse dies, a page of A4 a type.

    Shown are the dies that `coingraph dies` found, numbered within their type.

    \b
    Example:
      coingraph plot dies
      coingraph plot dies --type "Wheel and branch" --out wheel.svg
    """
    from explore import die_chart

    with opened() as graph:
        study = graph.die_study(space)
    return _drawn(die_chart.draw(study, out, kind))


@plot.command("overlay")
@click.argument("coin", shell_complete=names.coins)
@click.argument("other", shell_complete=names.coins)
@click.option(
    "--face", type=click.Choice(["obverse", "reverse"]), default="obverse", show_default=True, help="Which sides."
)
@_out("overlay.png", "FILE.png, or FILE.gif, which blinks from one to the other.", formats=OVERLAY)
@output
@common
def plot_overlay(coin: str, other: str, out: Path, **face: Any) -> list[dict[str, Any]]:
    """Lay the sides of two coins on one another as `dies` does, to see whether one die struck both.

    Red is the first alone, cyan the second alone, grey is both. Green rings are places that agree, red ones places that
    are as clear and lie elsewhere. COIN and OTHER are ids, names or unique endings of ids.

    \b
    Example:
      coingraph plot overlay SH-0012 SH-0049 --out overlay.png
      coingraph plot overlay SH-0012 SH-0049 --face reverse --out blink.gif
    """
    from explore import overlay

    with opened() as graph:
        found = graph.overlay(graph.coin_id(coin), graph.coin_id(other), **face)
    return _drawn(overlay.draw(found, out))


@plot.command("legends")
@type_option("Coins of this type.", "kind", required=True)
@click.option(
    "--face", type=click.Choice(["obverse", "reverse"]), default="obverse", show_default=True, help="Which sides."
)
@collections_option()
@click.option("--most", type=click.IntRange(1), default=40, show_default=True, help="How many sides at most.")
@_out("legends.png", "FILE.png, or FILE.html: a page that opens offline.", formats=SHEET)
@output
@common
def plot_legends(kind: str, out: Path, **options: Any) -> list[dict[str, Any]]:
    """Unwrap the rims of a type's coins, one under the other, with the letters that are read where they are seen.

    Green letters are sure, brown ones are not; a dot is a letter that nobody can tell. What is read is no record. The
    sides of which `embed --space legend` (and so `run`) read most come first.

    \b
    Example:
      coingraph plot legends --type "Wheel and branch"
      coingraph plot legends --type "Wheel and branch" --face reverse --out reverses.html
    """
    from explore import strips

    with opened(options["collections"]) as graph:
        found = graph.strips(kind, **options)
    return _drawn(strips.draw(found, out))


COMMANDS = (plot,)
