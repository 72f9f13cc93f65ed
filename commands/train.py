"""The command that trains a space on another."""

import json
from typing import TYPE_CHECKING, Any

import click

from commands.options import common
from commands.vectors import print_derived

if TYPE_CHECKING:
    from pipeline.train import Lesson


@click.command()
@click.option("--space", help="The space whose vectors it begins with; else the default space.")
@click.option(
    "--label",
    default="type",
    show_default=True,
    metavar="type|PROPERTY|none",
    help="What coins that belong together share; none: learn from the pictures alone.",
)
@click.option("--method", type=click.Choice(["contrastive"]), default="contrastive", show_default=True)
@click.option("--name", help="The name of the new space [default: SPACE-trained].")
@click.option(
    "--face",
    type=click.Choice(["both", "obverse", "reverse"]),
    default="both",
    show_default=True,
    help="Where the label can be seen: the sides that are learnt from.",
)
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
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or another name torch knows.")
@click.option("--refit", is_flag=True, help="Train anew, on what there is now.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
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
    import pipeline
    from graph import connect

    with connect() as db:
        done = pipeline.train(db, **options)
    if as_json:
        return click.echo(json.dumps(done.as_dict(), ensure_ascii=False, indent=2))
    print_derived(done.derived, "train")
    if done.lesson:
        _print_lesson(done.lesson, done.derived.space.name)


def _print_lesson(lesson: "Lesson", space: str) -> None:
    learning = lesson.learning
    what = f"{lesson.classes:,} classes of {lesson.label}" if lesson.label else "no labels, their views alone"
    click.echo(
        f"trained on {lesson.coins:,} coins ({lesson.sides:,} sides, {lesson.views} views of each; {what}); best after "
        f"{learning.best_epoch} of {len(learning.losses)} epochs; {lesson.view_seconds:.0f} s for the views, "
        f"{lesson.seconds:.0f} s in all (`coingraph plot losses --space {space}`)"
    )
    if lesson.skipped:
        click.echo(f"{len(lesson.skipped):,} photographs could not be used: their sides have no views")
    if not lesson.label:
        return click.echo(f"it saw no labels: `coingraph evaluate --space {space}` scores it by any")
    if not lesson.gain:
        return click.echo("no class was held out that could be scored: what the head is worth is not known")
    before, after, gained = lesson.gain.before, lesson.gain.after, lesson.gain.difference
    click.echo(
        f"on {after.classes:,} classes that it did not see: mean average precision {before.map_macro.value:.3f} became "
        f"{after.map_macro.value:.3f} ({gained.value:+.3f}, 95 % interval {gained.low:+.3f} to {gained.high:+.3f}), "
        f"first hit {before.r1_macro.value:.3f} became {after.r1_macro.value:.3f}: {lesson.verdict}"
    )
    if not lesson.gain.better:
        click.echo("the space was made all the same, and is marked so; its input may serve you as well")
    click.echo(f"`coingraph evaluate --space {space}` leaves out the classes that it saw: of these it knows the answer")
