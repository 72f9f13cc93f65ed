"""The similarity network above a threshold: coins, or the sides of one face, their edges, communities in colour."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from errors import CoingraphError
from explore import plots
from graph.coins import UnknownProperty, read_coins
from graph.connection import Database
from graph.projection import NoEdges, automatic_percentile
from graph.spaces import find_space

SEED = 42
MOST_NODES, MOST_EDGES = 3000, 100_000
SMALL = 60  # nodes up to which Kamada and Kawai's layout, the better one, takes no time
WIDTH_TO_HEIGHT = 1.3
WIDTH = 5.9  # inches
GAP = 1.0  # between parts; nodes of a part lie about as far apart


class TooManyEdges(CoingraphError):
    """More edges than a picture can show."""


@dataclass(frozen=True)
class Network:
    """Those nodes that have an edge, their places ``xy`` (n, 2) float, edges (m, 2) int by position of the nodes.

    ``weights`` (m,) are those of communities, ``-log10(1 - percentile / 100)``; ``alone`` counts nodes without an edge,
    ``chosen`` says which edges these are.
    """

    space: str
    face: str
    dots: Sequence[plots.Dot]
    xy: np.ndarray
    edges: np.ndarray
    weights: np.ndarray
    alone: int
    components: int
    chosen: str
    notes: Sequence[str] = ()

    @property
    def shows(self) -> str:
        what = "coins" if self.face == "both" else f"{self.face}s"
        parts = f"{self.components:,} {'part' if self.components == 1 else 'parts'}"
        return (
            f"{len(self.dots):,} {what} of {self.space}, {len(self.edges):,} edges ({self.chosen}), {parts}; "
            f"{self.alone:,} {what} without an edge are left out"
        )


def make_network(
    db: Database,
    space: str | None,
    face: str = "both",
    percentile: float | None = None,
    threshold: float | None = None,
    colour: str = "community",
    most: int = MOST_NODES,
) -> Network:
    """The stored edges at or above a percentile, or above a cosine, and a layout in which linked nodes lie together.

    Raises `UnknownSpace`, `UnknownProperty`, `NoEdges`, `TooManyEdges`, and `TooManyCoins` above ``most`` nodes.
    """
    record = find_space(db, space)
    least = percentile
    if percentile is None and threshold is None:
        least = automatic_percentile(db, record.slug, face)
    coins = read_coins(db, record, face, ["type"], trusted=False, vectors=False, edges=least or 0.0)
    chosen = f"percentile {least:g} and above" if threshold is None else f"cosine above {threshold:g}"
    edges = coins.edges
    if edges is not None and edges.cosine is not None and threshold is not None:
        edges = edges[edges.cosine > threshold]
    if edges is None or not len(edges):
        # Tells where nothing was linked at all.
        highest = automatic_percentile(db, record.slug, face, 1e-9)
        raise NoEdges(
            f"no edge of {record.name} has {chosen}; the highest percentile is about {highest:g}: ask for less"
        )
    if len(edges) > MOST_EDGES:
        raise TooManyEdges(
            f"{len(edges):,} edges of {record.name} have {chosen}, and a picture shows at most {MOST_EDGES:,}: ask for "
            "a higher --percentile"
        )
    rows = np.flatnonzero(edges.reached)
    if len(rows) > most:
        raise plots.TooManyCoins(
            f"{len(rows):,} nodes of {record.name} have an edge of {chosen}; this picture shows at most "
            f"{most:,}. Ask for a higher --percentile, or `coingraph export graph` for Gephi"
        )
    notes = []
    try:
        nodes = plots.dots(db, record, coins, colour, rows)
    except UnknownProperty as error:
        if colour != "community":
            raise
        nodes = plots.dots(db, record, coins, "type", rows)
        notes.append(f"coloured by type: {error}")
    edges = edges[np.lexsort((edges.second, edges.first))]
    ends = np.searchsorted(rows, np.stack([edges.first, edges.second], 1))
    xy, components = layout(len(nodes), ends, edges.weights)
    alone = len(coins) - len(nodes)
    return Network(record.name, face, nodes, xy, ends, edges.weights, alone, components, chosen, notes)


def layout(nodes: int, ends: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, int]:
    """Places (nodes, 2) float and the number of connected parts; ``ends`` (m, 2), ``weights`` (m,).

    Each part is laid out by itself (Kamada and Kawai 1989; above 60 nodes Fruchterman and Reingold 1991, networkx) and
    the parts are set in rows, the largest first: forces between parts would only push them off the page.
    """
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(range(nodes))
    graph.add_weighted_edges_from((int(a), int(b), float(w)) for (a, b), w in zip(ends, weights, strict=True))
    parts = sorted(nx.connected_components(graph), key=lambda part: (-len(part), min(part)))
    drawings = []
    for part in parts:
        # In the order of ids: a set's own order would change from run to run.
        members = sorted(part)
        some = nx.Graph()
        some.add_nodes_from(members)
        some.add_weighted_edges_from(graph.edges(members, data="weight"))
        if len(members) <= SMALL:
            placed = nx.kamada_kawai_layout(some, weight=None)
        else:
            placed = nx.spring_layout(some, seed=SEED, weight="weight", iterations=120, k=2.2 / np.sqrt(len(members)))
        drawings.append((members, _boxed(np.array([placed[member] for member in members]))))
    return _packed(nodes, drawings), len(parts)


def _boxed(xy: np.ndarray) -> np.ndarray:
    """A part turned so that it lies flat, its corner at 0 and its area in proportion to its nodes."""
    xy = xy - xy.mean(axis=0)
    if len(xy) > 2:
        _, _, axes = np.linalg.svd(xy, full_matrices=False)
        xy = xy @ axes.T
    elif len(xy) == 2:
        xy = np.array([[0.0, 0.0], [1.0, 0.0]])
    span = np.ptp(xy, axis=0)
    side = max(float(span.max()), 1e-9)
    # A long thin part is not drawn longer than a round one of as many nodes could be.
    xy = xy / side * np.sqrt(len(xy)) * (1.0 if len(xy) > 2 else 0.75)
    return xy - xy.min(axis=0)


def _packed(nodes: int, drawings: Sequence[tuple[list[int], np.ndarray]]) -> np.ndarray:
    """Parts in rows, each in the middle of its row, on a page of `WIDTH_TO_HEIGHT` that they fill as well as may be."""
    spans = np.array([np.ptp(xy, axis=0) + GAP for _, xy in drawings]).reshape(-1, 2)
    least = max(float(np.sqrt(spans.prod(axis=1).sum())), float(spans[:, 0].max(initial=0.0)))
    layouts = [_rows(spans, least * stretch) for stretch in np.linspace(1.0, 2.5, 16)]
    rows = min(layouts, key=lambda rows: _page_width(spans, rows))
    width = max(float(spans[row, 0].sum()) for row in rows)
    places = np.zeros((nodes, 2))
    y = 0.0
    for row in rows:
        height = float(spans[row, 1].max())
        free = (width - float(spans[row, 0].sum())) / len(row)
        x = free / 2
        for number in row:
            members, xy = drawings[number]
            places[members] = xy + np.array([x, -y - (height + spans[number, 1] - GAP) / 2])
            x += float(spans[number, 0]) + free
        y += height
    return places


def _rows(spans: np.ndarray, width: float) -> list[list[int]]:
    """Positions of parts, in order, row by row."""
    rows: list[list[int]] = [[]]
    used = 0.0
    for number, span in enumerate(spans[:, 0]):
        if rows[-1] and used + span > width + 1e-9:
            rows.append([])
            used = 0.0
        rows[-1].append(number)
        used += float(span)
    return rows


def _page_width(spans: np.ndarray, rows: list[list[int]]) -> float:
    """How wide a page of the wanted shape must be for these rows."""
    height = sum(float(spans[row, 1].max()) for row in rows)
    return max(WIDTH_TO_HEIGHT * height, *(float(spans[row, 0].sum()) for row in rows))


def draw(network: Network, colour: str, out: Path) -> plots.Drawn:
    """Draw a network; a page (.html) shows a coin's two pictures by a click. Raises `BadOutput`."""
    plots.checked(out)
    colour = "type" if network.notes else colour
    (_as_page if out.suffix.lower() == ".html" else _as_picture)(network, colour, out)
    return plots.Drawn(out, network.shows, network.notes)


def _as_picture(network: Network, colour: str, out: Path) -> None:
    import matplotlib
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure

    values = [dot.value for dot in network.dots]
    scale = plots.is_scale(values)
    groups = [] if scale else plots.groups_of(values)
    with plots.styled():
        beside = 0.9 if scale else plots.legend_width(groups, colour)
        figure = Figure(figsize=(WIDTH + beside, WIDTH / WIDTH_TO_HEIGHT + 0.5), layout="constrained")
        axes = figure.subplots()
        strength = _strength(network.weights)
        # Many edges are drawn thin and light, or they would hide the nodes.
        thin, light = np.clip(np.array([20, 24]) / np.sqrt(len(strength)), [0.3, 0.15], 1)
        shades = np.column_stack([np.full((len(strength), 3), 0.35), (0.4 + 0.5 * strength) * light])
        lines = LineCollection(
            list(network.xy[network.edges]), colors=shades, linewidths=(0.5 + 1.2 * strength) * thin, zorder=1
        )
        axes.add_collection(lines)
        size = float(np.clip(6000 / len(values), 8, 60))
        style: dict[str, Any] = {"s": size, "edgecolors": "white", "linewidths": 0.6, "zorder": 2}
        if scale:
            numbers = np.array([np.nan if value is None else value for value in values])
            low, high, ends = plots.shades(values)
            style |= {"cmap": matplotlib.colormaps["viridis"].with_extremes(bad=plots.UNLABELLED)}
            style |= {"vmin": low, "vmax": high, "plotnonfinite": True}
            drawn = axes.scatter(network.xy[:, 0], network.xy[:, 1], c=numbers, **style)
            figure.colorbar(drawn, ax=axes, label=colour, shrink=0.7, aspect=30, extend=ends)
        else:
            for group in reversed(groups):
                marker = plots.SHAPES[group.shape]
                x, y = network.xy[group.members].T
                axes.scatter(x, y, c=group.colour, marker=marker, **style)
            entries = [plots.legend_entry(group) for group in groups]
            figure.legend(handles=entries, loc="outside right upper", frameon=False, title=colour, alignment="left")
        axes.set_title(_title(network), loc="left")
        axes.set_xlabel(_caption(network), fontsize=8, color=plots.FAINT, loc="left")
        axes.set(xticks=[], yticks=[])
        axes.set_aspect("equal", adjustable="datalim")
        axes.margins(0.04)
        axes.spines[:].set_visible(False)
        plots.save(figure, out)


def _strength(weights: np.ndarray) -> np.ndarray:
    """From 0 (the weakest edge drawn) to 1."""
    low, high = (float(weights.min()), float(weights.max())) if len(weights) else (0.0, 0.0)
    return (weights - low) / (high - low) if high > low else np.full(len(weights), 0.5)


def _title(network: Network) -> str:
    what = "coins by both sides" if network.face == "both" else f"{network.face}s"
    return f"{network.space}: {what}, {network.chosen}"


def _caption(network: Network) -> str:
    alone = f"; {network.alone:,} without an edge not shown" if network.alone else ""
    return f"{len(network.dots):,} nodes, {len(network.edges):,} edges{alone}; darker edges are closer"


def _as_page(network: Network, colour: str, out: Path) -> None:
    import plotly.graph_objects as go

    if len(network.dots) > plots.MOST_PICTURED:
        raise plots.TooManyCoins(
            f"{len(network.dots):,} nodes have an edge, and a page holds the pictures of at most "
            f"{plots.MOST_PICTURED:,}: ask for a higher --percentile, or for a .png"
        )
    values = [dot.value for dot in network.dots]
    figure = go.Figure()
    strength = _strength(network.weights)
    # Plotly draws all lines of a trace alike: three traces, from the weaker to the stronger.
    for least, most, alpha in ((0.0, 1 / 3, 0.25), (1 / 3, 2 / 3, 0.45), (2 / 3, 1.01, 0.75)):
        ends = network.xy[network.edges[(strength >= least) & (strength < most)]]
        x, y = (np.column_stack([ends[:, 0, i], ends[:, 1, i], np.full(len(ends), np.nan)]).ravel() for i in (0, 1))
        line = {"width": 0.8 + 2 * alpha, "color": f"rgba(110,105,95,{alpha})"}
        figure.add_trace(go.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False))
    texts = [f"{dot.coin}: {_line(dot, colour)}" for dot in network.dots]
    figure.add_traces(plots.traces(network.xy, values, texts, scale=plots.is_scale(values), size=12))
    plots.colour_key(figure, colour, values)
    hidden = {"visible": False}
    figure.update_layout(xaxis=hidden, yaxis=hidden | {"scaleanchor": "x"})
    clicks = plots.cards(network.dots, [_line(dot, colour) for dot in network.dots])
    plots.save_page(figure, _title(network), _caption(network), out, clicks)


def _line(dot: plots.Dot, colour: str) -> str:
    known = dot.type or "no type"
    if colour == "type":
        return known
    return f"{known}; {plots.label_of(dot.value) if dot.value is not None else f'no {colour}'}"
