"""The commands that measure how good spaces and thresholds are."""

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands import names, printing
from commands.helps import command
from commands.options import (
    COINS_OR_SIDES,
    accepted_option,
    collections_option,
    common,
    face_option,
    formats,
    opened,
    output,
    picture_option,
    space_option,
    top_option,
)
from commands.printing import print_json, print_rows
from errors import counted

if TYPE_CHECKING:
    from coingraph import CommunityScores, Comparison, Evaluation, Figure, Sweep, SweepStep
    from explore.tables import Answer

METRICS = ("cosine", "mahalanobis")


@command()
@space_option()
@collections_option()
@click.option(
    "--label",
    default="type",
    show_default=True,
    metavar="type|PROPERTY",
    help="What coins that belong together share: their type, or any column (reverse_design, mint, …).",
)
@face_option(COINS_OR_SIDES)
@click.option(
    "--confounder",
    "confounders",
    multiple=True,
    metavar="PROPERTY",
    help="What must not decide who is near: a museum, a camera, `collection`; may be given several times.",
)
@click.option(
    "--metric",
    type=click.Choice([*METRICS, "score"]),
    default="cosine",
    show_default=True,
    help="What is near; score: what `coingraph match` gave the pairs it looked at.",
)
@click.option("--allow-leak", is_flag=True, help="Score a space that knows the label, too, and mark every line.")
@accepted_option
@output
@common
def evaluate(**options: Any) -> "Answer":
    """Measure how well a space finds coins of the same type, beside chance and a trivial baseline.

    Each coin asks for its nearest, itself left out. Then pairs, stored thresholds, communities and silhouettes, and how
    often neighbours share a confounder. The figures are kept: `coingraph compare` shows those of earlier times.
    docs/evaluate.md explains the keys of --json.

    \b
    Example:
      coingraph evaluate
      coingraph evaluate --label reverse_design --face reverse --confounder source
      coingraph evaluate --metric score
    """
    with opened(options["collections"]) as graph:
        return of_evaluation(graph.evaluate(**options))


def evaluation_json(found: "Evaluation") -> dict[str, Any]:
    """The figures under their own names; their intervals, chance and baseline beside them, by the same names."""
    shown = asdict(found)
    figures, notes = shown.pop("figures"), shown.pop("notes")
    tables = {name: shown.pop(name) for name in ("thresholds", "communities", "confounders")}
    shown |= {name: figure["value"] for name, figure in figures.items()}
    shown["interval"] = {n: [f["low"], f["high"]] for n, f in figures.items() if f["low"] is not None}
    for beside in ("chance", "baseline"):
        shown[beside] = {n: f[beside] for n, f in figures.items() if f[beside] is not None}
    marked = {name: [row | {"leak": found.leak} for row in rows] for name, rows in tables.items()}
    return shown | marked | {"notes": notes}


FIGURES = {
    "r1_macro": "first hit",
    "map_macro": "mean average precision",
    "r5_macro": "a hit among five",
    "r1_micro": "first hit, by coin",
    "map_micro": "mean average precision, by coin",
    "r5_micro": "a hit among five, by coin",
    "roc_auc": "pairs: area under the ROC curve",
    "average_precision": "pairs: average precision",
    "silhouette": "silhouette",
    "davies_bouldin": "Davies-Bouldin, less is better",
}


def of_evaluation(found: "Evaluation") -> "Answer":
    """The figures in a row each, the communities' agreement with the label behind the first two."""
    from explore.tables import Answer

    figures = [_figure_row(FIGURES[n], f) for n in FIGURES if (f := found.figures.get(n)) and f.value is not None]
    rows = [*figures[:2], *(_agreement_row(one, found.label) for one in found.communities), *figures[2:]]
    rows += [
        _figure_row(f"nearest of the same {one.property}", figure)
        for one in found.confounders
        for figure in (one.macro,)
    ]
    if found.leak:
        rows = [row | {"leak": "KNOWS THE LABEL"} for row in rows]
    first = found.figures.get("r1_macro")
    what = f"mean of {found.classes:,} {found.label}s, {found.queries:,} coins"
    said = f"In {found.space} the nearest coin is of the same {found.label}"
    if first and first.value is not None:
        chance = f" (by chance {first.chance:.0%})" if first.chance is not None else ""
        said = f"{said} for {first.value:.0%}{chance}.".replace("%", " %")
    return Answer(
        rows,
        said=f"KNOWS THE LABEL: {found.leak}. {said}" if found.leak else said,
        none=f"{found.space} says nothing of {found.label}.",
        first=("figure", "value", "interval", "chance", *(["leak"] if found.leak else ["colour_and_size"])),
        hidden=("low", "high"),
        heads={"figure": what},
        below=[f"{_sides(found.face).capitalize()}, by {found.metric}; --json has thresholds and all of the rest."],
        notes=found.notes,
        whole=evaluation_json(found),
    )


def _figure_row(name: str, figure: "Figure") -> dict[str, Any]:
    """``interval`` is for people; ``low`` and ``high`` are its numbers."""
    return {
        "figure": name,
        "value": figure.value,
        "interval": f"{figure.low:.2f} to {figure.high:.2f}" if figure.low is not None else None,
        "low": figure.low,
        "high": figure.high,
        "chance": figure.chance,
        "colour_and_size": figure.baseline,
    }


def _agreement_row(one: "CommunityScores", label: str) -> dict[str, Any]:
    parts = one.partition.split("/")
    whose = "" if len(parts) < 3 or parts[1:3] == ["both", "leiden"] else f" ({parts[1]}, {parts[2]})"
    empty = dict.fromkeys(("interval", "low", "high"))
    named = {"figure": f"communities against {label}s{whose}", "value": float(one.ami), **empty}
    return named | {"chance": one.chance["ami"], "colour_and_size": None}


def _number(value: Any, name: str = "") -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.7g}" if name == "percentile" else f"{value:.5f}" if name == "cosine" else f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _sides(face: str) -> str:
    return "both sides" if face == "both" else f"{face}s"


@command()
@click.argument("spaces", nargs=-1, required=True, metavar="SPACE...", shell_complete=names.spaces)
@face_option()
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
    type=click.Choice(METRICS),
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
    with opened() as graph:
        found = graph.compare(spaces, **options)
    if as_json:
        print_json(asdict(found))
    elif as_csv or not printing.is_terminal():
        print_rows(comparison_rows(found), as_csv=as_csv)
    else:
        click.echo(comparison_text(found, shutil.get_terminal_size().columns))


COMPARED = {
    "sides": "Cosines of all pairs",
    "networks": "Networks: pairs of a cosine above a threshold",
    "evaluations": "What `coingraph evaluate` said, oldest first",
    "types": "By catalogued type, for types of two sides and more ({metric})",
    "communities": "Communities of the latest partition",
    "neighbours": "Share of the nearest neighbours that two spaces have in common ({metric})",
    "agreement": "Adjusted mutual information of two spaces' communities",
}
COARSE = {"silhouette", "davies_bouldin", "first_hit", "map", "low", "high", "chance"}
COARSE |= {"chance_high", "ami", "ami_types", "shared"}


def comparison_rows(found: "Comparison") -> list[dict[str, Any]]:
    """A row for each figure: what it is of, how many sides (or coins), its value."""
    keys = ("space", "other", "face", "asked", "partition", "label", "metric", "made", "knows")
    rows = []
    for table, item in [(name, item) for name in COMPARED for item in getattr(found, name)]:
        about = {key: getattr(item, key, "") for key in keys}
        counted = "sides" if hasattr(item, "sides") else "coins"
        rows += [
            {"table": table, **about, "of": getattr(item, counted), "figure": name, "value": value}
            for name, value in vars(item).items()
            if name not in (*keys, "sides", "coins")
        ]
    return rows


def comparison_text(found: "Comparison", width: int | None = None) -> str:
    """A table for each kind of figure, of at most ``width`` places; None: all columns."""
    from explore.tables import table

    parts = []
    for name, title in COMPARED.items():
        if items := getattr(found, name):
            rows = [{key.replace("_", " "): _compared(key, value) for key, value in vars(i).items()} for i in items]
            if not any(row.get("knows") for row in rows):
                rows = [{key: value for key, value in row.items() if key != "knows"} for row in rows]
            made = table(rows, width)
            more = [f"{counted(made.left_out, 'more column')}: --csv"] if made.left_out else []
            parts.append("\n".join([title.format(metric=found.metric), *made.lines, *more]))
    return "\n\n".join([*parts, *filter(None, ["\n".join(found.notes)])])


def _compared(key: str, value: Any) -> str | None:
    """Cosines with enough digits to tell apart those of spaces where all lie above 0.99."""
    if value is None:
        return None
    if isinstance(value, float):
        return f"{value:.{3 if key in COARSE else 5}f}"
    return f"{value:,}" if isinstance(value, int) else value


@command()
@space_option()
@collections_option()
@face_option(COINS_OR_SIDES)
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
@picture_option("-o", "--out", help="Draw it: .png, .svg or .html.")
@output(top=False)
@common
def sweep(out: Path | None, **options: Any) -> "Answer":
    """Look at thresholds from loose to strict, and recommend one.

    For each: edges, coins reached, connected parts, communities by Leiden and by label propagation with modularity,
    silhouette, and how far they stay when half of the coins are left out. Writes nothing to the graph;
    `coingraph link --threshold auto` takes what is recommended.

    \b
    Example:
      coingraph sweep
      coingraph sweep --face reverse --label type --out sweep.png
    """
    from explore import curves

    with opened(options["collections"]) as graph:
        found = graph.sweep(**options)
    if out:
        curves.draw(curves.sweep(found), out)
        click.echo(f"drawn: {out}", err=True)
    return of_sweep(found)


def _sweep_json(found: "Sweep") -> dict[str, Any]:
    best = found.best(found.algorithm)
    return {
        **{name: getattr(found, name) for name in ("space", "face", "top", "coins", "label", "leak", "method")},
        "recommended": found.recommended.percentile,
        "why": found.why,
        "recommended_by": {method: step.percentile for method, step in found.by_method.items()},
        "best": best.percentile if best else None,
        "steps": [asdict(step) for step in found.steps],
    }


def of_sweep(found: "Sweep") -> "Answer":
    """The thresholds in a row each; a table shows the recommended one between a looser and a stricter one."""
    from explore.tables import Answer

    rows = [_step_row(step, found) for step in found.steps]
    place = found.steps.index(found.recommended)
    step, apart = rows[place], max(len(rows) // 8, 1)
    percentile = f"{step['percentile']:.7g}"
    below = ["Use it: coingraph link --threshold auto"]
    if best := found.best(found.algorithm):
        here, there = (one.found[found.algorithm].ami for one in (found.recommended, best))
        best_of_all = f"{there:.2f} at the best threshold, percentile {best.percentile:.7g}"
        below.insert(0, f"Agreement with {found.label}: {here:.2f} there, {best_of_all}.")
    return Answer(
        rows,
        said=(
            f"Take the closest {100 - step['percentile']:.2g} % of pairs: percentile {percentile}, "
            f"{step['edges']:,} edges, {step['communities']:,} communities."
        ),
        first=("chosen", "percentile", "edges", "edges_per_coin", "reached", "communities", "stability", "information"),
        heads={"chosen": " ", "percentile": "percentile"},
        every="--wide",
        shown=[row | {"chosen": "✓" if row["chosen"] else " "} for row in rows],
        brief=sorted({max(place - apart, 0), place, min(place + apart, len(rows) - 1)}),
        below=below,
        notes=[found.why.replace("%", " %"), *([f"KNOWS THE LABEL: {found.leak}"] if found.leak else [])],
        whole=_sweep_json(found),
    )


def _step_row(step: "SweepStep", found: "Sweep") -> dict[str, Any]:
    by = step.found[found.algorithm]
    row = {"chosen": step is found.recommended, "percentile": step.percentile, "edges": step.edges}
    row |= {"edges_per_coin": step.edges_per_coin, "reached": step.coverage, "communities": by.communities}
    row |= {"stability": by.stability, "information": by.information, "silhouette": by.silhouette}
    row |= {"modularity": by.modularity, "parts": step.components, "largest": step.largest_share}
    return row | ({"ami": by.ami} if found.label else {})


COMMANDS = (evaluate, compare, sweep)
