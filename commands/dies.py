"""The command that tells which coins were struck from one die."""

import json
from pathlib import Path

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
@click.option(
    "--diagram",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Draw the links between the dies: .png or .svg.",
)
@click.option("--clear", is_flag=True, help="Take the dies and their links away.")
@formats
@common
def dies(
    space: str | None,
    top: int,
    face: str,
    workers: int | None,
    diagram: Path | None,
    clear: bool,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Find which sides were struck from one die, how the dies are linked, and how many there were.

    Each side is laid on its nearest by all of its relief. Where one die made both, place after place agrees within a
    pixel. For each type: the dies seen, those seen on one coin only, the share of the issue that comes from dies seen
    (coverage), and the estimated number of dies by Carter (1983) and by Esty (2011), with 95 % intervals.

    \b
    Example:
      coingraph dies
      coingraph dies --face obverse --json
      coingraph dies --diagram dies.svg
      coingraph dies --clear
    """
    import pipeline
    from explore import die_chart, plots
    from graph import connect

    if diagram:
        plots.checked(diagram, die_chart.FORMATS)
    with connect() as db:
        if clear:
            return click.echo(f"took {pipeline.remove_dies(db, space=space):,} dies away", err=True)
        study = pipeline.dies(db, space=space, face=face, top=top, workers=workers)
        if as_json:
            click.echo(json.dumps(study.as_dict(), ensure_ascii=False, indent=2))
        else:
            print_rows([kind.row() for kind in study.types], as_csv=as_csv)
            click.echo(study.as_text(), err=True)
        if diagram:
            die_chart.draw(study.dies, study.links, diagram)
            click.echo(f"wrote {diagram}", err=True)
