"""The command that scores a space."""

import json
from typing import Any

import click

from commands.options import common


@click.command()
@click.option("--space", help="Name of the space; else the default space.")
@click.option(
    "--label",
    default="type",
    show_default=True,
    metavar="type|PROPERTY",
    help="What coins that belong together share: their type, or any column (reverse_design, mint, …).",
)
@click.option(
    "--face",
    type=click.Choice(["both", "obverse", "reverse"]),
    default="both",
    show_default=True,
    help="Coins by what both sides say, or the sides of one face.",
)
@click.option(
    "--confounder",
    "confounders",
    multiple=True,
    metavar="PROPERTY",
    help="What must not decide who is near: a museum, a camera, `collection`; may be given several times.",
)
@click.option(
    "--metric",
    type=click.Choice(["cosine", "mahalanobis", "score"]),
    default="cosine",
    show_default=True,
    help="What is near; score: what `coingraph match` gave the pairs it looked at.",
)
@click.option("--allow-leak", is_flag=True, help="Score a space that knows the label, too, and mark every line.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; docs/evaluate.md explains its keys.")
@common
def evaluate(as_json: bool, **options: Any) -> None:
    """Measure how well a space finds coins of the same type, beside chance and a trivial baseline.

    Each coin asks for its nearest, itself left out. Then pairs, stored thresholds, communities and silhouettes, and how
    often neighbours share a confounder. The figures are kept: `coingraph compare` shows those of earlier times.

    \b
    Example:
      coingraph evaluate
      coingraph evaluate --label reverse_design --face reverse --confounder source
      coingraph evaluate --metric score
    """
    import pipeline
    from graph import connect

    with connect() as db:
        found = pipeline.evaluate(db, **options)
    click.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=2) if as_json else found.as_text())
