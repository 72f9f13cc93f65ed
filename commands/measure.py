"""The commands that measure how good spaces and thresholds are."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.options import (
    COINS_OR_SIDES,
    accepted_option,
    collections_option,
    common,
    face_option,
    file_option,
    formats,
    json_option,
    opened,
    print_json,
    print_rows,
    space_option,
    top_option,
)

if TYPE_CHECKING:
    from coingraph import CommunityScores, Comparison, Evaluation, Figure, Sweep, SweepStep

METRICS = ("cosine", "mahalanobis")


@click.command()
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
@json_option("Print JSON; docs/evaluate.md explains its keys.")
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
    with opened(options["collections"]) as graph:
        found = graph.evaluate(**options)
    print_json(evaluation_json(found)) if as_json else click.echo(evaluation_text(found))


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
    "map_macro": "mean average precision, over classes",
    "map_micro": "mean average precision, over coins",
    "r1_macro": "first hit, over classes",
    "r1_micro": "first hit, over coins",
    "r5_macro": "hit among five, over classes",
    "r5_micro": "hit among five, over coins",
    "roc_auc": "pairs: area under the ROC curve",
    "average_precision": "pairs: average precision",
    "silhouette": "silhouette",
    "davies_bouldin": "Davies-Bouldin (lower is better)",
}
AGREEMENT = ("ami", "ari", "precision", "recall", "purity", "homogeneity", "completeness")


def evaluation_text(found: "Evaluation") -> str:
    parts = [
        f"{found.space}, {_sides(found.face)}, by {found.label} ({found.metric}): {found.queries:,} coins of "
        f"{found.classes:,} classes ask {found.labelled:,} labelled of {found.coins:,}" + _leak(found.leak)
    ]
    for title, rows in _evaluation_tables(found):
        if rows:
            marked = [row | {"leak": "KNOWS THE LABEL"} for row in rows] if found.leak else rows
            parts.append(f"{title}\n{_plain_table(marked)}")
    return "\n\n".join([*parts, *filter(None, ["\n".join(found.notes)])])


def _evaluation_tables(found: "Evaluation") -> Iterator[tuple[str, list[dict[str, str]]]]:
    figures = found.figures.items()
    yield "Figures", [{"figure": FIGURES[n], **_figure_row(f)} for n, f in figures if f.value is not None]
    yield (
        f"Stored thresholds ({found.pairs_of_one_label:,} of {found.pairs:,} pairs are of one {found.label})",
        [{k.replace("_", " "): _number(v, k) for k, v in vars(row).items()} for row in found.thresholds],
    )
    yield "Communities, and what chance gives", [row for one in found.communities for row in _community_rows(one)]
    yield (
        "Nearest neighbours that share",
        [
            {"": one.property, "mean over": what, "of": f"{number:,}", **_figure_row(figure)}
            for one in found.confounders
            for what, number, figure in (("its values", one.values, one.macro), ("coins", one.coins, one.micro))
        ],
    )


def _community_rows(one: "CommunityScores") -> Iterator[dict[str, str]]:
    known = {"partition": one.partition, "coins": f"{one.coins:,}", "communities": f"{one.communities:,}"}
    known["alone"] = f"{one.alone:,}"
    yield known | {name: _number(getattr(one, name)) for name in AGREEMENT}
    chance = {name: _number(one.chance[name]) for name in AGREEMENT}
    yield dict.fromkeys(known, "") | {"partition": "  by chance"} | chance


def _figure_row(figure: "Figure") -> dict[str, str]:
    interval = f"{figure.low:.3f} to {figure.high:.3f}" if figure.low is not None else ""
    chance, baseline = _number(figure.chance), _number(figure.baseline)
    return {"value": _number(figure.value), "95 % interval": interval, "chance": chance, "colour and size": baseline}


def _number(value: Any, name: str = "") -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.7g}" if name == "percentile" else f"{value:.5f}" if name == "cosine" else f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _sides(face: str) -> str:
    return "both sides" if face == "both" else f"{face}s"


def _leak(leak: str) -> str:
    return f"\nKNOWS THE LABEL: {leak}" if leak else ""


def _plain_table(rows: list[dict[str, str]], **settings: Any) -> str:
    """A table of cells that are texts already."""
    from tabulate import tabulate

    return tabulate(rows, headers="keys", disable_numparse=True, **settings)


@click.command()
@click.argument("spaces", nargs=-1, required=True, metavar="SPACE...")
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
    elif as_csv:
        print_rows(comparison_rows(found), as_csv=True)
    else:
        click.echo(comparison_text(found))


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


def comparison_text(found: "Comparison") -> str:
    parts = []
    for name, title in COMPARED.items():
        if items := getattr(found, name):
            rows = [{key.replace("_", " "): _compared(key, value) for key, value in vars(i).items()} for i in items]
            if not any(row.get("knows") for row in rows):
                rows = [{key: value for key, value in row.items() if key != "knows"} for row in rows]
            parts.append(f"{title.format(metric=found.metric)}\n{_plain_table(rows)}")
    return "\n\n".join([*parts, *filter(None, ["\n".join(found.notes)])])


def _compared(key: str, value: Any) -> str:
    """Cosines with enough digits to tell apart those of spaces where all lie above 0.99."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.{3 if key in COARSE else 5}f}"
    return f"{value:,}" if isinstance(value, int) else value


@click.command()
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
@file_option("--out", "Draw it: .png, .svg or .html.")
@json_option()
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
    from explore import curves, plots

    if out:
        plots.checked(out)
    with opened(options["collections"]) as graph:
        found = graph.sweep(**options)
    print_json(_sweep_json(found)) if as_json else click.echo(_sweep_text(found))
    if out:
        curves.draw(curves.sweep(found), out)
        click.echo(f"drawn: {out}", err=True)


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


#: What the table has room for; --json has all.
SWEPT = [
    ("L", "leiden", "comm.", "communities"),
    ("L", "leiden", "mod.", "modularity"),
    ("L", "leiden", "silh.", "silhouette"),
    ("L", "leiden", "stab.", "stability"),
    ("L", "leiden", "bits", "information"),
    ("L", "leiden", "AMI", "ami"),
    ("P", "label-propagation", "comm.", "communities"),
    ("P", "label-propagation", "silh.", "silhouette"),
    ("P", "label-propagation", "stab.", "stability"),
    ("P", "label-propagation", "AMI", "ami"),
]


def _sweep_text(found: "Sweep") -> str:
    nearest = "all pairs" if found.top is None else f"the {found.top} nearest of each"
    marks = {step.percentile: method for method, step in found.by_method.items()}
    marks |= {found.recommended.percentile: "<--"}
    rows = [_step_row(step, found.label is not None) | {"": marks.get(step.percentile, "")} for step in found.steps]
    lines = [
        f"{found.space}, {_sides(found.face)}: {found.coins:,} coins, {nearest}",
        _plain_table(rows, stralign="right"),
        "L: Leiden, P: label propagation; bits: what the communities tell of a coin that stays",
        f"recommended: {found.why}",
    ]
    if best := found.best(found.algorithm):
        here, there = (step.found[found.algorithm].ami for step in (found.recommended, best))
        lines.append(
            f"by {found.label}: adjusted mutual information {here:.3f} there, {there:.3f} at the best threshold of all "
            f"(percentile {best.percentile:.7g}){_leak(found.leak)}"
        )
    return "\n".join(lines)


def _step_row(step: "SweepStep", labelled: bool) -> dict[str, str]:
    def shown(value: Any) -> str:
        return "" if value is None else f"{value:.2f}" if isinstance(value, float) else f"{value:,}"

    return {
        "percentile": f"{step.percentile:.7g}",
        "edges": f"{step.edges:,}",
        "a coin": f"{step.edges_per_coin:.1f}",
        "reached": f"{step.coverage:.0%}",
        "parts": f"{step.components:,}",
        "largest": f"{step.largest_share:.0%}",
    } | {
        f"{short} {name}": shown(getattr(step.found[of], figure))
        for short, of, name, figure in SWEPT
        if labelled or figure != "ami"
    }


COMMANDS = (evaluate, compare, sweep)
