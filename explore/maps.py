"""Maps of a space: sides that are alike lie near each other, by t-SNE or UMAP, one panel a space."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from errors import CoingraphError
from explore import plots
from graph.coins import NotEmbedded, read_coins
from graph.connection import Database
from graph.spaces import find_space
from ingest.records import Face

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PERPLEXITY, SEED = 30, 42  # the thesis'
UMAP_NEIGHBOURS = 15
FEWEST = 5
MOST = 10_000  # sides drawn; of more, a sample
PANEL = 4.5  # inches
LAYERS = 8


class NoUmap(CoingraphError):
    """The optional package that UMAP needs is not installed."""


@dataclass(frozen=True)
class Map:
    """A panel: sides and their places ``xy`` (n, 2) float; ``how`` says by what, ``notes`` what to know of it."""

    space: str
    face: Face
    dots: Sequence[plots.Dot]
    xy: np.ndarray
    how: str
    notes: Sequence[str]


def make_map(db: Database, space: str | None, face: Face, method: str = "tsne", colour: str = "type") -> Map:
    """Place the sides of a face on a plane. Raises `UnknownSpace`, `UnknownProperty`, `NotEmbedded`, `NoUmap`."""
    record = find_space(db, space)
    coins = read_coins(db, record, face, ["type"], trusted=False)
    sampled, rows = "", np.arange(len(coins))
    if len(rows) < FEWEST:
        raise NotEmbedded(f"a map needs {FEWEST} {face}s or more; the space {record.name} has {len(rows)}")
    if len(rows) > MOST:
        sampled = f"; a sample of {len(rows):,}"
        rows = np.sort(np.random.default_rng(SEED).choice(len(rows), MOST, replace=False))
    sides = plots.dots(db, record, coins, colour, rows)
    place = {"tsne": by_tsne, "umap": by_umap}[method]
    xy, how, notes = place(plots.unit(coins.faces[face][rows]))
    return Map(record.name, face, sides, xy, how + sampled, notes)


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
    plots.checked(out)
    values = [dot.value for map_ in maps for dot in map_.dots]
    title = f"{' and '.join(map_.space for map_ in maps)}: {maps[0].face}s by {colour}"
    (_as_page if out.suffix.lower() == ".html" else _as_picture)(maps, values, colour, title, out)
    notes = [f"{map_.space}: {note}" for map_ in maps for note in map_.notes]
    if out.suffix.lower() == ".html" and not _pictured(maps):
        notes.append(f"no pictures in the page: more than {plots.MOST_PICTURED:,} points")
    shows = ", ".join(f"{len(map_.dots):,} {map_.face}s of {map_.space} ({map_.how})" for map_ in maps)
    return plots.Drawn(out, shows, notes)


def _as_picture(maps: Sequence[Map], values: Sequence[Any], colour: str, title: str, out: Path) -> None:
    from matplotlib.figure import Figure

    scale = plots.is_scale(values)
    legend = None if scale else plots.most_frequent(values)
    groups = [] if scale else _legend(values, maps)
    with plots.styled():
        beside = 0.9 if scale else plots.legend_width(groups, colour)
        figure = Figure(figsize=(PANEL * len(maps) + beside, PANEL + 0.4), layout="constrained")
        axes = figure.subplots(1, len(maps), squeeze=False)[0]
        for panel, map_ in zip(axes, maps, strict=True):
            _panel(panel, map_, values, legend)
        if scale:
            ends = plots.shades(values)[2]
            figure.colorbar(axes[0].collections[-1], ax=list(axes), label=colour, shrink=0.7, aspect=30, extend=ends)
        else:
            entries = [plots.legend_entry(group) for group in groups]
            figure.legend(handles=entries, loc="outside right upper", frameon=False, title=colour, alignment="left")
        plots.save(figure, out)


def _legend(values: Sequence[Any], maps: Sequence[Map]) -> list[plots.Group]:
    """One legend for all panels, with the coins of the first counted where they all show the same."""
    first = [dot.value for dot in maps[0].dots]
    same = all([dot.id for dot in map_.dots] == [dot.id for dot in maps[0].dots] for map_ in maps)
    return plots.groups_of(first if same else values, plots.most_frequent(values))


def _panel(panel: "Axes", map_: Map, values: Sequence[Any], legend: Sequence[Any] | None) -> None:
    size = float(np.clip(9000 / len(map_.dots), 4, 34))
    own = [dot.value for dot in map_.dots]
    panel.set_title(f"{map_.space}, {map_.face}s (n = {len(own):,})", loc="left")
    panel.set_xlabel(map_.how, fontsize=8, color=plots.FAINT)
    panel.set(xticks=[], yticks=[])  # only nearness means anything
    panel.set_aspect("equal", adjustable="datalim")
    panel.margins(0.06)
    if legend is None:
        known = np.array([value is not None for value in own])
        panel.scatter(map_.xy[~known, 0], map_.xy[~known, 1], s=size, c=plots.UNLABELLED, linewidths=0)
        low, high, _ends = plots.shades(values)
        shades = [value for value in own if value is not None]
        panel.scatter(
            map_.xy[known, 0],
            map_.xy[known, 1],
            s=size,
            c=shades,
            cmap="viridis",
            vmin=low,
            vmax=high,
            linewidths=0,
        )
        return
    groups = plots.groups_of(own, legend)
    grey = [group for group in groups if group.kind != "group"]
    parts = [(group, group.members) for group in reversed(grey)]  # below all others
    # A few of each colour at a time: drawn whole, the last would hide all others where many lie on each other.
    mixed = [np.random.default_rng(SEED).permutation(group.members) for group in groups if group.kind == "group"]
    parts += [(groups[n], part[turn::LAYERS]) for turn in range(LAYERS) for n, part in enumerate(mixed)]
    for group, members in parts:
        panel.scatter(
            map_.xy[members, 0],
            map_.xy[members, 1],
            s=size,
            c=group.colour,
            marker=plots.SHAPES[group.shape],
            edgecolors="white",
            linewidths=0.4 if size > 20 else 0.2,
        )


def _pictured(maps: Sequence[Map]) -> bool:
    return sum(len(map_.dots) for map_ in maps) <= plots.MOST_PICTURED


def _as_page(maps: Sequence[Map], values: Sequence[Any], colour: str, title: str, out: Path) -> None:
    from plotly.subplots import make_subplots

    heads = [html.escape(f"{map_.space}, {map_.how}") for map_ in maps]
    figure = make_subplots(1, len(maps), subplot_titles=heads, horizontal_spacing=0.04)
    scale = plots.is_scale(values)
    legend = None if scale else plots.most_frequent(values)
    before = 0
    for column, map_ in enumerate(maps, start=1):
        own, texts = [dot.value for dot in map_.dots], [_line(dot, colour) for dot in map_.dots]
        shown = {trace.legendgroup for trace in figure.data}
        for trace in plots.traces(map_.xy, own, texts, legend=legend, scale=scale, first=before):
            # One legend for all panels.
            trace.showlegend = trace.showlegend and trace.legendgroup not in shown
            figure.add_trace(trace, row=1, col=column)
        before += len(own)
    figure.update_xaxes(showticklabels=False, showgrid=False, zeroline=False, ticks="")
    for column in range(1, len(maps) + 1):
        figure.update_yaxes(scaleanchor="x" if column == 1 else f"x{column}", row=1, col=column)
    figure.update_yaxes(showticklabels=False, showgrid=False, zeroline=False, ticks="")
    plots.colour_key(figure, colour, values)
    clicks = None
    if _pictured(maps):
        everything = [dot for map_ in maps for dot in map_.dots]
        clicks = plots.cards(everything, [dot.type or "no type" for dot in everything])
    plots.save_page(figure, title, "; ".join([*map(_counted, maps)]), out, clicks)


def _counted(map_: Map) -> str:
    return f"{len(map_.dots):,} {map_.face}s of {map_.space}" + "".join(f" ({note})" for note in map_.notes)


def _line(dot: plots.Dot, colour: str) -> str:
    known = dot.type or "no type"
    return f"{dot.coin}: {known}" + (
        "" if colour == "type" else f"; {colour} {'unknown' if dot.value is None else plots.label_of(dot.value)}"
    )
