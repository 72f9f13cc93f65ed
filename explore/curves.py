"""Pictures of curves: cosines of all pairs, losses of a training, reliability of probabilities, a sweep of thresholds.

Each function describes its picture as a `Chart`, and `draw` draws it: by matplotlib as PNG or SVG, by Plotly as HTML.
"""

import html
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from errors import CoingraphError
from explore import formats, plots
from explore.colours import COLOURS
from measure.coinset import CoinSet
from measure.communities import METHODS, Sweep
from measure.distribution import PERCENTILES, Distribution, distributions
from measure.neighbours import BINS, Histogram
from measure.probability import Reliability

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from graph.derived import LossCurve

MOST_BARS = 80
LABEL_WIDTH = 0.07  # of what is written above a mark, as a share of the axis
#: How matplotlib draws a mark, by Plotly's names of dashes. Pages leave dotted ones out.
MARKS: dict[str, dict[str, Any]] = {
    "solid": {"color": plots.INK, "linewidth": 1.0},
    "dash": {"color": plots.INK, "linewidth": 0.7, "linestyle": (0, (4, 3))},
    "dot": {"color": plots.FAINT, "linewidth": 0.7, "linestyle": ":"},
}
LEGENDS: dict[str, dict[str, Any]] = {
    "beside": {"loc": "upper left", "bbox_to_anchor": (1.01, 1), "borderaxespad": 0},
    "inside": {"loc": "upper right"},
}


class NoProbabilities(CoingraphError):
    """No edge between coins of known type has a probability."""


@dataclass(frozen=True)
class Line:
    """A line through ``x`` and ``y`` (m,), or with ``kind`` bars the heights ``y`` between edges ``x`` (m + 1,) rising.

    ``marker`` is the size of its points, 0 for none; ``errors`` are the lengths of error bars below and above.
    ``count`` follows the label in PNG and SVG, and the panel's title in a page. There, the mouse shows ``hover``, a
    template of Plotly's, with ``data``.
    """

    label: str
    colour: str
    x: Sequence[float] | np.ndarray
    y: Sequence[float] | np.ndarray
    kind: Literal["line", "points", "bars"] = "line"
    dash: bool = False
    marker: float = 0
    errors: tuple[Sequence[float], Sequence[float]] | None = None
    count: str = ""
    hover: str | None = None
    data: Sequence[Any] | None = None


@dataclass(frozen=True)
class Mark:
    """A vertical line at ``x``. ``label`` stands in the legend of PNG and SVG, ``above`` over the line."""

    x: float
    dash: str = "dash"
    label: str | None = None
    above: str = ""


@dataclass(frozen=True)
class Panel:
    """Lines over one pair of axes. Limits that are None follow the lines; ``title`` is the chart's for the first panel
    that has none."""

    y_label: str
    lines: Sequence[Line]
    marks: Sequence[Mark] = ()
    title: str = ""
    x_limits: tuple[float, float] | None = None
    y_limits: tuple[float, float | None] | None = None
    y_log: bool = False
    in_page: bool = True


@dataclass(frozen=True)
class Chart:
    """Panels one below the other, of ``size`` inches; ``title`` and ``subtitle`` are those of the page.

    ``x_scale`` is that of all panels: ``log`` falls from left to right. ``shows``, ``notes`` and ``rows`` go with the
    file (`plots.Drawn`).
    """

    title: str
    subtitle: str
    panels: Sequence[Panel]
    x_label: str
    size: tuple[float, float]
    shows: str
    notes: Sequence[str] = ()
    rows: Sequence[dict[str, Any]] = ()
    x_scale: Literal["linear", "whole", "log"] = "linear"
    heights: Sequence[float] | None = None
    title_size: float = 10
    legend: Literal["beside", "inside", "below"] = "beside"
    legend_size: float = 8

    @property
    def x_shared(self) -> bool:
        return sum(panel.x_limits is not None for panel in self.panels) < 2


def draw(chart: Chart, out: Path) -> plots.Drawn:
    """Draw a chart. Raises `BadOutput`."""
    formats.checked(out)
    (_as_page if plots.is_page(out) else _as_picture)(chart, out)
    return plots.Drawn(out, chart.shows, chart.notes, chart.rows)


# --- the pictures ---------------------------------------------------------------------------------------------------


def cosines(coins: CoinSet) -> Chart:
    """How the cosines of all pairs lie: of one type against two, a panel a face, with percentiles marked.

    Raises `NotEmbedded` where no face has a pair.
    """
    found = distributions(coins)
    return Chart(
        title=f"{coins.space}: cosines of all pairs",
        subtitle="dashed: percentiles of all pairs",
        panels=[_cosines(distribution) for distribution in found],
        x_label="cosine",
        size=(8.4, 0.5 + 2.7 * len(found)),
        legend_size=9,
        shows=", ".join(f"{d.all.pairs:,} pairs of {_sides(d)}" for d in found),
        rows=[row for distribution in found for row in distribution.rows()],
    )


def _sides(found: Distribution) -> str:
    sampled = f" (a sample of {found.of:,})" if found.sides < found.of else ""
    return f"{found.sides:,} {found.face}s{sampled}"


def _cosines(found: Distribution) -> Panel:
    # Dark and light, which also a grey print and the colour-blind tell apart.
    kinds = [("same type", COLOURS[0], found.same), ("different types", COLOURS[5], found.different)]
    if not found.typed:
        kinds = [("all pairs; no types known", COLOURS[0], found.all)]
    kinds = [kind for kind in kinds if kind[2].pairs]
    # Fewer bars where a kind has few pairs, so that chance is not drawn.
    number = int(np.clip(4 * min(histogram.pairs for *_, histogram in kinds) ** (1 / 3), 12, MOST_BARS))
    low, high = span(found.all)
    edges = np.linspace(low, high, number + 1)
    bars = Line("", "", edges, (), "bars", hover="cosine %{x:.4f}: %{y:.2f} % of these pairs<extra></extra>")
    lines = [
        replace(bars, label=name, colour=colour, y=np.diff(h.percentile(edges)), count=f"{h.pairs:,} pairs")
        for name, colour, h in kinds
    ]
    marks = [Mark(found.cosine_at(percentile), above=f"{percentile:g} %") for percentile in PERCENTILES]
    marks[0] = replace(marks[0], label="percentiles of all pairs")  # once in the legend
    title = f"{found.space}, {_sides(found)}"
    return Panel("% of the pairs of its kind", lines, marks, title, x_limits=(low, high), y_limits=(0, None))


def span(histogram: Histogram) -> tuple[float, float]:
    """The lowest and the highest cosine counted, as far as bins tell them, rounded outwards."""
    filled = np.flatnonzero(histogram.counts)
    low, high = (1 - 2 * (place / BINS) ** 2 for place in (filled[-1] + 1, filled[0]))
    pad = 0.02 * (high - low) + 1e-9
    return float(max(low - pad, -1.0)), float(min(high + pad, 1.0))


def losses(curve: "LossCurve") -> Chart:
    """How a fusion or a head learnt: its loss, epoch by epoch, on coins it was trained on and on those held out."""
    # The two are not the same measure, so that one lies above the other means nothing.
    trained, held_out = "coins trained on: drawn pairs, some without picture or text", "held-out coins: all their pairs"
    if curve.of_head:
        trained = "coins trained on: drawn views"
        held_out = "coins watched: 1 - mean average precision; without labels this loss"
    epochs = range(1, len(curve.trained) + 1)
    kept = f"after {curve.best} of {len(epochs)} epochs"
    if not curve.best:
        kept = f"the input, because no epoch of {len(epochs)} improved on it"
    best = [curve.best] if curve.best else []  # nothing is marked where what was kept is how it began
    lines = [
        Line(trained, COLOURS[0], epochs, curve.trained),
        Line(held_out, COLOURS[1], epochs, curve.held_out, dash=True),
        Line(f"kept: {kept}", COLOURS[1], best, [curve.held_out[epoch - 1] for epoch in best], "points", marker=5),
    ]
    return Chart(
        title=f"{curve.space}: {'contrastive' if curve.of_head else 'cosine embedding'} loss",
        subtitle="each line has a measure of its own: compare its ends, not the two",
        panels=[Panel("loss", lines, x_limits=(0.5, len(epochs) + 0.5), y_limits=(0, None))],
        x_label="epoch",
        x_scale="whole",
        size=(6.4, 3.4),
        legend="inside",
        shows=f"{len(epochs)} epochs of {curve.space}, kept after {curve.best}",
        rows=[
            {"space": curve.space, "epoch": epoch, "trained": one, "held out": other, "kept": epoch == curve.best}
            for epoch, one, other in zip(epochs, curve.trained, curve.held_out, strict=True)
        ],
    )


def reliability(found: Sequence[Reliability], space: str) -> Chart:
    """Predicted against observed shares of one type, a line for each kind of edges. Raises `NoProbabilities`."""
    if not found:
        raise NoProbabilities(f"no edge of {space} has a fitted probability", space=space)
    shares, counts = [Line("perfect", plots.FAINT, [0, 1], [0, 1])], []
    for one, colour in zip(found, COLOURS, strict=False):
        x, y, number = ([getattr(b, name) for b in one.bins] for name in ("predicted", "observed", "number"))
        label = f"{one.what} ({one.number:,}): Brier {one.brier:.3f}, of the share {one.brier_base:.3f}"
        errors = [b.observed - b.low for b in one.bins], [b.high - b.observed for b in one.bins]
        hover = "predicted %{x:.2f}, observed %{y:.2f}, %{customdata} edges"
        shares.append(Line(label, colour, x, y, marker=4, errors=errors, hover=hover, data=number))
        counts.append(Line("", colour, x, number, marker=3))
    return Chart(
        title=f"{space}: probabilities of one type, predicted against observed",
        subtitle=f"{len(found)} kinds of edges",
        panels=[
            Panel("share that are of one type", shares, x_limits=(0, 1), y_limits=(0, 1)),
            Panel("edges", counts, y_log=True, in_page=False),
        ],
        x_label="predicted probability",
        size=(6.0, 6.6),
        heights=(3, 1),
        legend="below",
        shows=f"{sum(one.number for one in found):,} edges of {space}",
        notes=["edges between coins of known type, by fits that saw neither coin; bars are 95 % intervals"],
        rows=[one.row() for one in found],
    )


def sweep(swept: Sweep) -> Chart:
    """Network, communities and their quality over thresholds, and the recommended one.

    They stand at the edges a coin that they leave: on that scale thresholds of all spaces and sizes can be compared.
    """
    places = [step.edges_per_coin for step in swept.steps]
    percentiles = [f"{step.percentile:.7g}" for step in swept.steps]

    def line(label: str, colour: int, values: Sequence[float | None], dash: bool = False) -> Line:
        known = [np.nan if value is None else float(value) for value in values]
        hover = "percentile %{customdata}: %{y:.3f}"
        return Line(label, COLOURS[colour], places, known, dash=dash, hover=hover, data=percentiles)

    def both(label: str, figure: str, colour: int) -> list[Line]:
        leiden, propagation = (
            [getattr(step.found[algorithm], figure) for step in swept.steps]
            for algorithm in ("leiden", "label-propagation")
        )
        names = f"{label}, Leiden", f"{label}, label propagation"
        return [line(names[0], colour, leiden), line(names[1], colour, propagation, dash=True)]

    reached = line("coins reached", 0, [step.coverage for step in swept.steps])
    largest = line("in the largest part", 1, [step.largest_share for step in swept.steps])
    quality = [
        both("modularity", "modularity", 3),
        both("silhouette", "silhouette", 1),
        both("stability", "stability", 2),
    ]
    if swept.label:
        quality.append(both("AMI with the labels", "ami", 5))
    marks = []
    for method in METHODS:
        taken, step = method == swept.method, swept.chosen(method)
        label = f"{'recommended' if taken else 'it would be'}, by {method}: {step.percentile:.7g}"
        marks.append(Mark(step.edges_per_coin, "solid" if taken else "dot", label))
    unnamed = [replace(mark, label=None) for mark in marks]  # named once
    what = "both sides" if swept.face == "both" else f"{swept.face}s"
    title, why = f"{swept.space}, {what}: thresholds from loose to strict", f"recommended: {swept.why}"
    return Chart(
        title=title,
        subtitle=why,
        panels=[
            Panel("share of the coins", [reached, largest], marks, f"{title}\n{textwrap.fill(why, 112)}"),
            Panel("communities", both("communities", "communities", 0), unnamed),
            Panel("", [one for two in quality for one in two], unnamed),
            Panel("bits a coin", both("information kept", "information", 4), unnamed),
        ],
        x_label="edges a coin, from loose to strict",
        x_scale="log",
        size=(8.4, 9.4),
        title_size=8.5,
        legend_size=7.5,
        shows=f"{len(swept.steps)} thresholds; {why}",
    )


# --- PNG and SVG ----------------------------------------------------------------------------------------------------


def _as_picture(chart: Chart, out: Path) -> None:
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    plain = FuncFormatter(lambda value, _: f"{value:,g}")
    with plots.styled():
        figure = Figure(figsize=chart.size, layout="constrained")
        every = figure.subplots(
            len(chart.panels), 1, squeeze=False, sharex=chart.x_shared, height_ratios=chart.heights
        )[:, 0]
        for axes, panel in zip(every, chart.panels, strict=True):
            for line in panel.lines:
                _draw_line(axes, line)
            axes.set_ylabel(panel.y_label)
            axes.ticklabel_format(axis="x", useOffset=False)
            if panel.x_limits:
                axes.set_xlim(*panel.x_limits)
            if panel.y_limits:
                axes.set_ylim(*panel.y_limits)
            if panel.y_log:
                axes.set_yscale("log")
                axes.yaxis.set_major_formatter(plain)
            levels = _draw_marks(axes, panel)
            title = panel.title or (chart.title if axes is every[0] else "")
            axes.set_title(title, loc="left", pad=6 + 10 * levels, fontsize=chart.title_size)
            axes.spines[["top", "right"]].set_visible(False)
            if chart.legend in LEGENDS:
                axes.legend(frameon=False, fontsize=chart.legend_size, **LEGENDS[chart.legend])
        if chart.legend == "below":
            names = every[0].get_legend_handles_labels()
            figure.legend(*names, frameon=False, loc="outside lower left", fontsize=chart.legend_size)
        below = every[-1]
        below.set_xlabel(chart.x_label)
        if chart.x_scale == "whole":
            below.xaxis.set_major_locator(MaxNLocator(integer=True))
        if chart.x_scale == "log":
            below.set_xscale("log")
            below.invert_xaxis()
            below.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            below.xaxis.set_minor_locator(NullLocator())
            below.xaxis.set_major_formatter(plain)
        plots.save(figure, out)


def _draw_line(axes: "Axes", line: Line) -> None:
    label = f"{line.label} ({line.count})" if line.count else line.label
    if line.kind == "bars":
        axes.stairs(line.y, line.x, fill=True, color=line.colour, alpha=0.35, label=label)
        axes.stairs(line.y, line.x, color=line.colour, linewidth=1)
        return
    style: dict[str, Any] = {"color": line.colour, "linewidth": 1.2, "label": label}
    style |= {"linestyle": "none" if line.kind == "points" else (0, (4, 2)) if line.dash else "-"}
    if line.marker:
        style |= {"marker": "o", "ms": line.marker}
    if line.errors:
        axes.errorbar(line.x, line.y, line.errors, capsize=2, **style)
    else:
        axes.plot(line.x, line.y, **style)


def _draw_marks(axes: "Axes", panel: Panel) -> int:
    """Draw the marks; what would run into another text above them stands higher. The levels needed."""
    levels: list[float] = []  # where the last text of each level stands, as a share of the axis
    for mark in panel.marks:
        axes.axvline(mark.x, label=mark.label, **MARKS[mark.dash])
        if mark.above:
            low, high = axes.get_xlim()
            place = (mark.x - low) / (high - low)
            level = next((i for i, last in enumerate(levels) if place - last > LABEL_WIDTH), len(levels))
            levels[level:] = [place, *levels[level + 1 :]]
            style: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
            axes.annotate(mark.above, (mark.x, 1), xytext=(0, 2 + 10 * level), ha="center", fontsize=7.5, **style)
    return len(levels)


# --- HTML -----------------------------------------------------------------------------------------------------------


def _as_page(chart: Chart, out: Path) -> None:
    from plotly.subplots import make_subplots

    panels = [panel for panel in chart.panels if panel.in_page]
    heads = [_counted(panel) for panel in panels]
    spacing = 0.24 if any(heads) else 0.04
    figure = make_subplots(len(panels), 1, shared_xaxes=chart.x_shared, subplot_titles=heads, vertical_spacing=spacing)
    figure.update_annotations(x=0, xanchor="left", yshift=24)
    for row, panel in enumerate(panels, start=1):
        for line in panel.lines:
            figure.add_trace(_trace(line, row), row=row, col=1)
        for place, mark in enumerate(mark for mark in panel.marks if mark.dash != "dot"):
            above = {"text": mark.above, "position": "top", "yshift": 12 * (place % 2)} if mark.above else {}
            head = {f"annotation_{name}": value for name, value in above.items()}
            figure.add_vline(mark.x, line={"width": 1, "dash": mark.dash, "color": plots.INK}, row=row, col=1, **head)
        figure.update_yaxes(title_text=panel.y_label, row=row, col=1)
        if panel.x_limits:
            figure.update_xaxes(range=panel.x_limits, row=row, col=1)
        if panel.y_limits:
            free = panel.y_limits[1] is None
            limits: dict[str, Any] = {"rangemode": "tozero"} if free else {"range": panel.y_limits}
            figure.update_yaxes(**limits, row=row, col=1)
    figure.update_xaxes(title_text=chart.x_label, row=len(panels), col=1)
    if chart.x_scale == "log":
        figure.update_xaxes(type="log", autorange="reversed")
    figure.update_layout(barmode="overlay", bargap=0)
    plots.save_page(figure, chart.title, chart.subtitle, out)


def _counted(panel: Panel) -> str:
    counts = ", ".join(f"{line.count} of {line.label}" for line in panel.lines if line.count)
    return html.escape(f"{panel.title}: {counts}") if counts else ""


def _trace(line: Line, row: int) -> Any:
    import plotly.graph_objects as go

    shown: dict[str, Any] = {"name": line.label, "hovertemplate": line.hover, "customdata": line.data}
    if line.kind == "bars":
        edges = np.asarray(line.x)
        marker = {"color": line.colour, "opacity": 0.5, "line": {"width": 0}}
        shown |= {"legendgroup": line.label, "showlegend": row == 1, "marker": marker}
        return go.Bar(x=(edges[:-1] + edges[1:]) / 2, y=line.y, width=np.diff(edges), **shown)
    if line.errors:
        below, above = line.errors
        shown["error_y"] = {"array": above, "arrayminus": below}
    mode = "markers" if line.kind == "points" else "lines+markers" if line.marker else "lines"
    style = {"color": line.colour, "dash": "dash" if line.dash else "solid"}
    marker = {"color": line.colour, "size": 1.8 * line.marker}
    return go.Scatter(x=list(line.x), y=line.y, mode=mode, line=style, marker=marker, **shown)
