"""How far the fitted probabilities of edges keep their word: predicted against observed shares of one type."""

import html
from collections.abc import Sequence
from pathlib import Path

from errors import CoingraphError
from explore import plots
from measure.probability import Reliability


class NoProbabilities(CoingraphError):
    """No edge between coins of known type has a probability."""


def draw(found: Sequence[Reliability], space: str, out: Path) -> plots.Drawn:
    """One line for each kind of edges. Raises `BadOutput`, `NoProbabilities`."""
    plots.checked(out)
    if not found:
        raise NoProbabilities(f"no edge of {space} has a fitted probability: run `coingraph calibrate` first")
    (_as_page if out.suffix.lower() == ".html" else _as_picture)(found, space, out)
    notes = ["edges between coins of known type, by fits that saw neither coin; bars are 95 % intervals"]
    return plots.Drawn(
        out, f"{sum(one.number for one in found):,} edges of {space}", notes, [one.row() for one in found]
    )


def _title(space: str) -> str:
    return f"{space}: how far probabilities of one type keep their word"


def _label(one: Reliability) -> str:
    return f"{one.what} ({one.number:,}): Brier {one.brier:.3f}, of the share {one.brier_base:.3f}"


def _as_picture(found: Sequence[Reliability], space: str, out: Path) -> None:
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter

    with plots.styled():
        figure = Figure(figsize=(6.0, 6.6), layout="constrained")
        curve, counts = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        curve.plot([0, 1], [0, 1], color=plots.FAINT, linewidth=1, label="perfect")
        for one, colour in zip(found, plots.COLOURS, strict=False):
            x, y = [b.predicted for b in one.bins], [b.observed for b in one.bins]
            spread = [[b.observed - b.low for b in one.bins], [b.high - b.observed for b in one.bins]]
            curve.errorbar(x, y, spread, color=colour, linewidth=1.2, marker="o", ms=4, capsize=2, label=_label(one))
            counts.plot(x, [b.number for b in one.bins], color=colour, linewidth=1.2, marker="o", ms=3)
        curve.set(ylabel="share that are of one type", xlim=(0, 1), ylim=(0, 1))
        curve.set_title(_title(space), loc="left")
        counts.set(xlabel="predicted probability", ylabel="edges", yscale="log")
        counts.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        figure.legend(*curve.get_legend_handles_labels(), frameon=False, loc="outside lower left", fontsize=8)
        for axes in (curve, counts):
            axes.spines[["top", "right"]].set_visible(False)
        plots.save(figure, out)


def _as_page(found: Sequence[Reliability], space: str, out: Path) -> None:
    import plotly.graph_objects as go

    figure = go.Figure()
    figure.add_trace(go.Scatter(x=[0, 1], y=[0, 1], mode="lines", name="perfect", line={"color": plots.FAINT}))
    for one, colour in zip(found, plots.COLOURS, strict=False):
        figure.add_trace(
            go.Scatter(
                x=[b.predicted for b in one.bins],
                y=[b.observed for b in one.bins],
                error_y={
                    "array": [b.high - b.observed for b in one.bins],
                    "arrayminus": [b.observed - b.low for b in one.bins],
                },
                customdata=[b.number for b in one.bins],
                hovertemplate="predicted %{x:.2f}, observed %{y:.2f}, %{customdata} edges",
                name=_label(one),
                line={"color": colour},
            )
        )
    figure.update_xaxes(title_text="predicted probability", range=[0, 1])
    figure.update_yaxes(title_text="share that are of one type", range=[0, 1])
    plots.save_page(figure, _title(space), html.escape(f"{len(found)} kinds of edges"), out)
