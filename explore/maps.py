"""Maps of a space: sides that are alike lie near each other, by t-SNE or UMAP, one panel a space."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from errors import CoingraphError
from explore import formats, plots
from explore.colours import Dot, Key, dots
from measure.coinset import CoinSet, NotEmbedded
from measure.neighbours import unit

PERPLEXITY, SEED = 30, 42  # the thesis'
UMAP_NEIGHBOURS = 15
FEWEST = 5
MOST = 10_000  # sides drawn; of more, a sample
PANEL = 4.5  # inches


class NoUmap(CoingraphError):
    """The optional package that UMAP needs is not installed."""


@dataclass(frozen=True)
class Map:
    """A panel: sides and their places ``xy`` (n, 2) float; ``how`` says by what, ``notes`` what to know of it."""

    space: str
    face: str
    dots: Sequence[Dot]
    xy: np.ndarray
    how: str
    notes: Sequence[str]

    @property
    def values(self) -> list[Any]:
        return [dot.value for dot in self.dots]

    @property
    def counted(self) -> str:
        return f"{len(self.dots):,} {self.face}s of {self.space}"


def make_map(coins: CoinSet, method: str = "tsne") -> Map:
    """Place the sides of a face on a plane; the coins are read with a colour. Raises `NotEmbedded`, `NoUmap`."""
    sampled, rows, face = "", np.arange(len(coins)), coins.face
    if len(rows) < FEWEST:
        raise NotEmbedded(f"a map needs {FEWEST} {face}s or more; the space {coins.space} has {len(rows)}")
    if len(rows) > MOST:
        sampled = f"; a sample of {len(rows):,}"
        rows = np.sort(np.random.default_rng(SEED).choice(len(rows), MOST, replace=False))
    place = {"tsne": by_tsne, "umap": by_umap}[method]
    xy, how, notes = place(unit(coins.faces[face][rows]))
    return Map(coins.space, face, dots(coins, rows), xy, how + sampled, notes)


def by_tsne(vectors: np.ndarray) -> tuple[np.ndarray, str, list[str]]:
    """Places (n, 2), how, and notes. ``vectors`` (n, d) have length one, so that distances follow cosines.

    L. van der Maaten and G. Hinton, Visualizing Data using t-SNE, JMLR 9 (2008); scikit-learn's Barnes-Hut.
    """
    from sklearn.manifold import TSNE

    # Three times the perplexity is what t-SNE looks at around each side.
    perplexity = min(PERPLEXITY, (len(vectors) - 1) // 3)
    notes = (
        [] if perplexity == PERPLEXITY else [f"perplexity {perplexity}: {PERPLEXITY} needs {3 * PERPLEXITY + 1} sides"]
    )
    # PCA's own axes need as many numbers as it keeps; a start from few or equal vectors is drawn by chance.
    start = "pca" if min(vectors.shape) > 2 and np.ptp(vectors, axis=0).any() else "random"
    model = TSNE(perplexity=perplexity, random_state=SEED, init=start, n_jobs=2)
    return model.fit_transform(vectors), f"t-SNE, perplexity {perplexity}, seed {SEED}", notes


def by_umap(vectors: np.ndarray) -> tuple[np.ndarray, str, list[str]]:
    """Places (n, 2), how, and notes. Raises `NoUmap`.

    L. McInnes, J. Healy and J. Melville, UMAP, arXiv:1802.03426.
    """
    import warnings

    try:
        from umap import UMAP
    except ImportError as error:
        raise NoUmap("UMAP needs the package umap-learn: `pip install umap-learn`, or leave out --method") from error

    neighbours = min(UMAP_NEIGHBOURS, len(vectors) - 1)
    start = "spectral" if len(vectors) > 10 else "random"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a seed means one thread, which is what we want
        model = UMAP(n_neighbors=neighbours, metric="cosine", init=start, random_state=SEED)
        xy = np.asarray(model.fit_transform(vectors))
    return xy, f"UMAP, {neighbours} neighbours, seed {SEED}", []


def draw(maps: Sequence[Map], colour: str, out: Path) -> plots.Drawn:
    """Draw maps side by side with one legend. Raises `BadOutput`."""
    formats.checked(out)
    first, *others = maps
    values = [value for map_ in maps for value in map_.values]
    # Where all panels show the same sides, the legend counts them once.
    same = all([dot.id for dot in map_.dots] == [dot.id for dot in first.dots] for map_ in others)
    key = Key(colour, values, first.values if same else values)
    (_as_page if plots.is_page(out) else _as_picture)(maps, key, out)
    notes = [f"{map_.space}: {note}" for map_ in maps for note in map_.notes]
    if plots.is_page(out) and len(values) > plots.MOST_PICTURED:
        notes.append(f"no pictures in the page: more than {plots.MOST_PICTURED:,} points")
    return plots.Drawn(out, ", ".join(f"{map_.counted} ({map_.how})" for map_ in maps), notes)


def _as_picture(maps: Sequence[Map], key: Key, out: Path) -> None:
    from matplotlib.figure import Figure

    with plots.styled():
        figure = Figure(figsize=(PANEL * len(maps) + key.width, PANEL + 0.4), layout="constrained")
        panels = figure.subplots(1, len(maps), squeeze=False)[0]
        for axes, map_ in zip(panels, maps, strict=True):
            size = float(np.clip(9000 / len(map_.dots), 4, 34))
            axes.set_title(f"{map_.space}, {map_.face}s (n = {len(map_.dots):,})", loc="left")
            axes.set_xlabel(map_.how, fontsize=8, color=plots.FAINT)
            axes.set(xticks=[], yticks=[])  # only nearness means anything
            axes.set_aspect("equal", adjustable="datalim")
            axes.margins(0.06)
            key.draw_points(axes, map_.xy, map_.values, size, edge=0 if key.scale else 0.4 if size > 20 else 0.2)
        key.draw(figure, panels)
        plots.save(figure, out)


def _as_page(maps: Sequence[Map], key: Key, out: Path) -> None:
    from plotly.subplots import make_subplots

    heads = [html.escape(f"{map_.space}, {map_.how}") for map_ in maps]
    figure = make_subplots(1, len(maps), subplot_titles=heads, horizontal_spacing=0.04)
    everything = [dot for map_ in maps for dot in map_.dots]
    before = 0
    for column, map_ in enumerate(maps, start=1):
        texts = [f"{dot.coin}: {dot.line(key.title)}" for dot in map_.dots]
        shown = {trace.legendgroup for trace in figure.data}
        for trace in key.traces(map_.xy, map_.values, texts, first=before):
            # One legend for all panels.
            trace.showlegend = trace.showlegend and trace.legendgroup not in shown
            figure.add_trace(trace, row=1, col=column)
        before += len(texts)
        figure.update_yaxes(scaleanchor="x" if column == 1 else f"x{column}", row=1, col=column)
    bare = {"showticklabels": False, "showgrid": False, "zeroline": False, "ticks": ""}
    figure.update_xaxes(**bare)
    figure.update_yaxes(**bare)
    key.explain(figure)
    clicks = plots.cards(everything, key.title) if len(everything) <= plots.MOST_PICTURED else None
    title = f"{' and '.join(map_.space for map_ in maps)}: {maps[0].face}s by {key.title}"
    notes = ("".join(f" ({note})" for note in map_.notes) for map_ in maps)
    subtitle = "; ".join(map_.counted + note for map_, note in zip(maps, notes, strict=True))
    plots.save_page(figure, title, subtitle, out, clicks)
