"""How a fusion or a head learnt: its loss, epoch by epoch, on coins it was trained on and on those held out."""

from pathlib import Path

import numpy as np

from explore import plots
from graph.derived import HEAD, LossCurve

#: What the two lines are; they are not the same measure, so that one lies above the other means nothing.
FUSED = ("coins trained on: drawn pairs, some without picture or text", "held-out coins: all their pairs")
TRAINED = ("coins trained on: drawn views", "coins watched: 1 - mean average precision; without labels this loss")
STYLES = ((plots.COLOURS[0], "-"), (plots.COLOURS[1], "--"))


def draw(curve: LossCurve, out: Path) -> plots.Drawn:
    """Draw a loss curve. Raises `BadOutput`."""
    plots.checked(out)
    (_as_page if out.suffix.lower() == ".html" else _as_picture)(curve, out)
    rows = [
        {"space": curve.space, "epoch": epoch, "trained": trained, "held out": held_out, "kept": epoch == curve.best}
        for epoch, (trained, held_out) in enumerate(zip(curve.trained, curve.held_out, strict=True), start=1)
    ]
    return plots.Drawn(out, f"{len(rows)} epochs of {curve.space}, kept after {curve.best}", [], rows)


def _title(curve: LossCurve) -> str:
    return f"{curve.space}: {'contrastive' if curve.model == HEAD else 'cosine embedding'} loss"


def _lines(curve: LossCurve) -> list[tuple[str, str, str, list[float]]]:
    """Label, colour, style and values of the two lines."""
    labels = TRAINED if curve.model == HEAD else FUSED
    losses = (curve.trained, curve.held_out)
    return [(label, *style, values) for label, style, values in zip(labels, STYLES, losses, strict=True)]


def _as_picture(curve: LossCurve, out: Path) -> None:
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    epochs = np.arange(1, len(curve.trained) + 1)
    with plots.styled():
        figure = Figure(figsize=(6.4, 3.4), layout="constrained")
        axes = figure.subplots()
        for label, colour, style, losses in _lines(curve):
            axes.plot(epochs, losses, color=colour, linestyle=style, linewidth=1.4, label=label)
        axes.plot(*_kept_at(curve), "o", color=STYLES[1][0], ms=5, label=_kept(curve))
        axes.set_title(_title(curve), loc="left")
        axes.set(xlabel="epoch", ylabel="loss", xlim=(0.5, len(epochs) + 0.5), ylim=(0, None))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="upper right", fontsize=8)
        plots.save(figure, out)


def _kept_at(curve: LossCurve) -> tuple[list[int], list[float]]:
    """Where the kept epoch is drawn: nowhere if what was kept is how it began."""
    return ([curve.best], [curve.held_out[curve.best - 1]]) if curve.best else ([], [])


def _kept(curve: LossCurve) -> str:
    if not curve.best:
        return f"kept: its input, which none of {len(curve.trained)} epochs bettered"
    return f"kept: after {curve.best} of {len(curve.trained)} epochs"


def _as_page(curve: LossCurve, out: Path) -> None:
    import plotly.graph_objects as go

    epochs = list(range(1, len(curve.trained) + 1))
    figure = go.Figure()
    for label, colour, style, losses in _lines(curve):
        line = {"color": colour, "dash": "dash" if style == "--" else "solid"}
        figure.add_trace(go.Scatter(x=epochs, y=losses, mode="lines", name=label, line=line))
    x, y = _kept_at(curve)
    figure.add_trace(go.Scatter(x=x, y=y, mode="markers", name=_kept(curve), marker={"color": STYLES[1][0], "size": 9}))
    figure.update_xaxes(title_text="epoch")
    figure.update_yaxes(title_text="loss", rangemode="tozero")
    plots.save_page(figure, _title(curve), "each line has a measure of its own: compare its ends, not the two", out)
