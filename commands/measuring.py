"""The commands that measure."""

import json
from typing import Any

import click

from commands.options import common, formats, print_rows


@click.command()
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
@formats
@common
def compare(spaces: tuple[str, ...], as_json: bool, as_csv: bool, **options: Any) -> None:
    """Measure spaces beside each other: colour against grey, one model against another.

    For each space: the range of its cosines, its networks, how well it parts the catalogued types, its communities. For
    two: how many of the ten nearest neighbours they share, and how far their communities agree. Writes nothing.

    \b
    Example:
      coingraph compare resnet50 resnet50-grey
      coingraph compare coin-lite2 minilm --face reverse --threshold 0.9 --percentile 99.5
      coingraph compare coin-lite2 --metric mahalanobis --csv
    """
    import pipeline
    from graph import connect

    with connect() as db:
        found = pipeline.compare(db, spaces, **options)
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=2))
    elif as_csv:
        print_rows(found.rows(), as_csv=True)
    else:
        click.echo(found.as_text())
