"""The command that looks for a threshold."""

import json
from pathlib import Path
from typing import Any

import click

from commands.edges import top_option
from commands.options import common


@click.command()
@click.option("--space", help="Name of the space; else the default space.")
@click.option(
    "--face",
    type=click.Choice(["both", "obverse", "reverse"]),
    default="both",
    show_default=True,
    help="Coins by what both sides say, or the sides of one face.",
)
@top_option
@click.option(
    "--label", metavar="type|PROPERTY", help="Show how well the communities agree with it; never to choose by."
)
@click.option(
    "--method",
    type=click.Choice(["information", "silhouette"]),
    default="information",
    show_default=True,
    help="What the threshold is chosen by; silhouette: as Cornet et al. 2024.",
)
@click.option("--steps", default=24, show_default=True, type=click.IntRange(2, 200), help="How many thresholds.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Draw it: .png, .svg or .html.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@common
def sweep(out: Path | None, as_json: bool, **options: Any) -> None:
    """Look at thresholds from loose to strict, and recommend one.

    For each: edges, coins reached, connected parts, communities by Leiden and by label propagation with modularity,
    silhouette, and how far they stay when half of the coins are left out. Writes nothing to the graph;
    `coingraph link --threshold auto` takes what is recommended.

    \b
    Example:
      coingraph sweep
      coingraph sweep --face reverse --label type --out sweep.png
    """
    import pipeline
    from explore import curves, plots
    from graph import connect

    if out:
        plots.checked(out)
    with connect() as db:
        found = pipeline.sweep(db, **options)
    click.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=2) if as_json else found.as_text())
    if out:
        curves.draw(curves.sweep(found), out)
        click.echo(f"drawn: {out}", err=True)
