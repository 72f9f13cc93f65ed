"""The command that proves by geometry which sides are alike."""

import json

import click

from commands.options import common, formats, print_rows


@click.command()
@click.option("--space", help="Name of the space; else the default space.")
@click.option(
    "--top",
    default=50,
    show_default=True,
    type=click.IntRange(min=1),
    metavar="K",
    help="Look at each side's K nearest, and at all pairs that have an edge.",
)
@click.option(
    "--face",
    type=click.Choice(["both", "obverse", "reverse"]),
    default="both",
    show_default=True,
    help="Sides of which face.",
)
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Threads.  [default: one a core]")
@formats
@common
def match(space: str | None, top: int, face: str, workers: int | None, as_json: bool, as_csv: bool) -> None:
    """Prove by geometry which of each side's nearest candidates show the same.

    Points of two photographs that one shift, turn and scale explains are counted: `inliers`, and over how much of the
    coin they spread, stand on the edges between similar sides, with a score of cosine and geometry together. Pairs that
    were looked at before are not looked at again. Ask `coingraph query matched-coins coin=...` for a coin's candidates
    in the new order.

    \b
    Example:
      coingraph match
      coingraph match --top 100 --face reverse
    """
    import pipeline
    from graph import connect

    with connect() as db:
        report = pipeline.match(db, space=space, face=face, top=top, workers=workers)
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
        return
    print_rows(report.rows(), as_csv=as_csv)
    if not any(face.new for face in report.faces):
        click.echo("nothing new: all pairs were looked at before", err=True)
