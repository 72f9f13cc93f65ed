"""The commands that say how probable one type is, of edges and of coins."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.ask import draw_sheet, sheet_option
from commands.helps import command
from commands.options import (
    accepted_option,
    clear_option,
    collections_option,
    common,
    opened,
    output,
    space_option,
)
from commands.printing import say
from errors import counted

if TYPE_CHECKING:
    from coingraph import Fitted
    from explore.tables import Answer


@command()
@space_option()
@clear_option("Take the probabilities away.")
@accepted_option
@output
@common
def calibrate(space: str | None, clear: bool, with_accepted: bool) -> "Answer | None":
    """Fit, on every edge, the probability that both ends are of one type.

    Learned from the edges between coins of known type, each face by its own worth; an edge between two of them gets its
    probability from a fit that saw neither. `link` and `match` keep it current. Brier is the mean squared error, beside
    that of giving every edge the same share; `coingraph plot reliability` draws predicted against observed.

    \b
    Example:
      coingraph calibrate
      coingraph calibrate --space coin-lite2 --json
    """
    from explore.tables import Answer

    with opened() as graph:
        if clear:
            removed = graph.forget_probabilities(space=space)
            say(f"took the probabilities of {removed:,} edges away", err=True)
            return None
        found = graph.calibrate(space=space, with_accepted=with_accepted)
        name = graph.space(space).name
    notes = [f"{one.edges}: no probability: {one.problem}" for one in found if one.problem]
    if left_out := found[-1].left_out:
        known = "coins of types that the space was trained on: it knows them too well"
        notes.append(f"learned without the {left_out} {known}")
    told = sum(one.total for one in found if not one.problem)
    return Answer(
        [_fitted_row(one) for one in found],
        said=f"In {name} {counted(told, 'edge')} bear the probability that both ends are of one type.",
        first=("edges", "total", "of known types", "of one type", "Brier", "Brier of the share"),
        heads={"of known types": "known", "Brier of the share": "by the share"},
        below=["Brier: the mean squared error, less is better; by the share: where every edge gets the same."],
        notes=notes,
        onward=("propose", "plot reliability"),
    )


def _fitted_row(found: "Fitted") -> dict[str, Any]:
    kept = found.kept
    return {
        "edges": found.edges,
        "total": found.total,
        "of known types": found.judged,
        "of one type": kept.base if kept else None,
        "Brier": kept.brier if kept else None,
        "Brier of the share": kept.brier_base if kept else None,
        "calibration error": kept.error if kept else None,
        "changed": found.updated,
    }


@command()
@space_option("Go by this space; may be given several times.  [default: see below]", "spaces", multiple=True)
@collections_option("Types for coins of this collection; may be given several times.  [default: all]")
@click.option(
    "--at-least",
    default=0.25,
    show_default=True,
    type=click.FloatRange(0, 1),
    metavar="P",
    help="Propose a type from this probability.",
)
@click.option(
    "--trust",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="P",
    help="Share of the catalogue's records that are right.  [default: estimated from the collection]",
)
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@clear_option("Take all proposals away.")
@sheet_option
@output
@common
def propose(clear: bool, sheet: Path | None, **options: Any) -> "Answer | None":
    """Propose a type for every coin that has none, with its probability; "none of these" is an answer, too.

    The coins of known type that are most like a coin vote, by both sides, by descriptions where there are any, and
    by what `match` found where it looked. Where the table has legends and letters can be read, a type whose legends
    are found on the coin gains. Without --space these are the default space (of a trained one what it was
    trained on) and all spaces of words that were not told the types; a coin without words is judged by its
    pictures. How sure that is was learned on coins of known type, each left out. Predictions stand beside what is
    known, never instead, and never count as labels. What the catalogue says of a coin is evidence, too: a record is
    doubtful where it is likelier wrong than right, and votes little. Most catalogues are right for 97 of 100 coins;
    the share is estimated, or given with --trust. With --collection the coins of all others vote, and what was
    proposed for them stays.

    \b
    Example:
      coingraph propose
      coingraph propose --space coin-lite2 --space minilm --at-least 0.5 --dry-run
      coingraph propose --trust 0.9
      coingraph propose --clear
    """
    from explore.answers import of_proposals

    with opened(None if clear else options["collections"]) as graph:
        if clear:
            say(f"took {counted(graph.clear_proposals(), 'proposal')} away", err=True)
            return None
        report = graph.propose(**options)
        answer = of_proposals(report)
        answer = draw_sheet(graph, answer, sheet, answer.said)
    if options["dry_run"] or not (report.written or report.removed):
        return answer
    note = f"{counted(report.written, 'proposal')} written, {report.removed:,} taken away"
    return replace(answer, notes=(*answer.notes, note))


COMMANDS = (calibrate, propose)
