"""A sweep of thresholds as a picture: network, communities, their quality, and the recommended threshold."""

import html
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from explore import plots
from measure.sweep import METHODS, Step, Sweep

NAMES = {"leiden": "Leiden", "label-propagation": "label propagation"}
DASHES = {"leiden": "-", "label-propagation": (0, (4, 2))}
PLOTLY_DASHES = {"leiden": "solid", "label-propagation": "dash"}


class Line:
    """One figure of each step as a line: a name, a colour, an algorithm ("" for the network itself)."""

    def __init__(self, name: str, colour: int, of: Callable[[Step], float | None], algorithm: str = ""):
        self.name, self.colour, self.of, self.algorithm = name, plots.COLOURS[colour], of, algorithm

    @property
    def label(self) -> str:
        return f"{self.name}, {NAMES[self.algorithm]}" if self.algorithm else self.name

    def values(self, sweep: Sweep) -> list[float]:
        found = (self.of(step) for step in sweep.steps)
        return [np.nan if value is None else float(value) for value in found]


def panels(sweep: Sweep) -> list[tuple[str, list[Line]]]:
    """What is drawn, from top to bottom: a title for the axis and its lines."""
    network = [
        Line("coins reached", 0, lambda step: step.coverage),
        Line("in the largest part", 1, lambda step: step.largest_share),
    ]
    quality = [("modularity", 3), ("silhouette", 1), ("stability", 2), *([("ami", 5)] if sweep.label else [])]
    return [
        ("share of the coins", network),
        ("communities", [_of(name, "communities", 0) for name in NAMES]),
        ("", [_of(name, figure, colour) for figure, colour in quality for name in NAMES]),
        ("bits a coin", [_of(name, "information", 4) for name in NAMES]),
    ]


def _of(algorithm: str, figure: str, colour: int) -> Line:
    name = {"ami": "AMI with the labels", "information": "information kept"}.get(figure, figure)
    return Line(name, colour, lambda step: getattr(step.found[algorithm], figure), algorithm)


def draw(sweep: Sweep, out: Path) -> plots.Drawn:
    """Write the picture. Raises `plots.BadOutput`."""
    plots.checked(out)
    what = "both sides" if sweep.face == "both" else f"{sweep.face}s"
    title = f"{sweep.space}, {what}: thresholds from loose to strict"
    (_as_page if out.suffix.lower() == ".html" else _as_picture)(sweep, title, out)
    return plots.Drawn(out, f"{len(sweep.steps)} thresholds; recommended: {sweep.why}")


def _places(sweep: Sweep) -> list[float]:
    """Edges a coin: a scale on which thresholds of all spaces and sizes can be compared."""
    return [step.edges_per_coin for step in sweep.steps]


def _as_picture(sweep: Sweep, title: str, out: Path) -> None:
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    with plots.styled():
        figure = Figure(figsize=(8.4, 9.4), layout="constrained")
        every = figure.subplots(4, 1, sharex=True)
        places = _places(sweep)
        for axes, (name, lines) in zip(every, panels(sweep), strict=True):
            for line in lines:
                style: Any = DASHES.get(line.algorithm, "-")
                axes.plot(
                    places, line.values(sweep), color=line.colour, linestyle=style, linewidth=1.2, label=line.label
                )
            for method in METHODS:
                taken = method == sweep.method
                axes.axvline(
                    sweep.chosen(method).edges_per_coin,
                    color=plots.INK if taken else plots.FAINT,
                    linewidth=1.0 if taken else 0.7,
                    linestyle="-" if taken else ":",
                    label=_mark(sweep, method) if axes is every[0] else None,
                )
            axes.set_ylabel(name)
            axes.spines[["top", "right"]].set_visible(False)
            axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0, fontsize=7.5)
        every[-1].set_xscale("log")
        every[-1].invert_xaxis()
        every[-1].xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        every[-1].xaxis.set_minor_locator(NullLocator())
        every[-1].xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        every[-1].set_xlabel("edges a coin, from loose to strict")
        why = textwrap.fill(f"recommended: {sweep.why}", 112)
        every[0].set_title(f"{title}\n{why}", loc="left", fontsize=8.5)
        plots.save(figure, out)


def _mark(sweep: Sweep, method: str) -> str:
    word = "recommended" if method == sweep.method else "it would be"
    return f"{word}, by {method}: {sweep.chosen(method).percentile:.7g}"


def _as_page(sweep: Sweep, title: str, out: Path) -> None:
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    drawn = panels(sweep)
    figure = make_subplots(len(drawn), 1, shared_xaxes=True, vertical_spacing=0.04)
    for row, (name, lines) in enumerate(drawn, start=1):
        for line in lines:
            figure.add_trace(
                go.Scatter(
                    x=_places(sweep),
                    y=line.values(sweep),
                    name=line.label,
                    line={"color": line.colour, "dash": PLOTLY_DASHES.get(line.algorithm, "solid")},
                    customdata=[f"{step.percentile:.7g}" for step in sweep.steps],
                    hovertemplate="percentile %{customdata}: %{y:.3f}",
                ),
                row=row,
                col=1,
            )
        figure.update_yaxes(title_text=name, row=row, col=1)
    figure.add_vline(sweep.recommended.edges_per_coin, line={"width": 1, "color": plots.INK})
    figure.update_xaxes(type="log", autorange="reversed")
    figure.update_xaxes(title_text="edges a coin, from loose to strict", row=len(drawn), col=1)
    plots.save_page(figure, title, html.escape(f"recommended: {sweep.why}"), out)
