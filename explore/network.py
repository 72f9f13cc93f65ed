"""The similarity network above a threshold: coins, or the sides of one face, their edges, communities in colour."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from errors import CoingraphError, counted
from explore import formats, plots
from explore.colours import Dot, Key, dots

if TYPE_CHECKING:
    from graph.coins import LinkedCoins

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
    ``chosen`` says which edges these are, ``colour`` which property the dots' values are of.
    """

    space: str
    face: str
    dots: Sequence[Dot]
    xy: np.ndarray
    edges: np.ndarray
    weights: np.ndarray
    alone: int
    components: int
    chosen: str
    colour: str
    notes: Sequence[str] = ()

    @property
    def shows(self) -> str:
        what = "coins" if self.face == "both" else f"{self.face}s"
        parts = counted(self.components, "part")
        return (
            f"{len(self.dots):,} {what} of {self.space}, {len(self.edges):,} edges ({self.chosen}), {parts}; "
            f"{self.alone:,} {what} without an edge are left out"
        )


def make_network(linked: "LinkedCoins", most: int = MOST_NODES) -> Network:
    """Lay coins, or sides, out: linked ones lie together. Raises `TooManyEdges`; `TooManyCoins` above ``most``."""
    coins, edges, chosen = linked.coins, linked.coins.edges, linked.chosen
    assert edges is not None
    if len(edges) > MOST_EDGES:
        raise TooManyEdges(
            f"{len(edges):,} edges of {coins.space} have {chosen}, and a picture shows at most {MOST_EDGES:,}: ask for "
            "a higher --percentile"
        )
    rows = np.flatnonzero(edges.reached)
    if len(rows) > most:
        raise plots.TooManyCoins(
            f"{len(rows):,} nodes of {coins.space} have an edge of {chosen}; this picture shows at most {most:,}",
            space=coins.space,
            nodes=len(rows),
        )
    edges = edges[np.lexsort((edges.second, edges.first))]
    ends = np.searchsorted(rows, np.stack([edges.first, edges.second], 1))
    xy, components = layout(len(rows), ends, edges.weights)
    alone = len(coins) - len(rows)
    return Network(
        coins.space,
        coins.face,
        dots(coins, rows),
        xy,
        ends,
        edges.weights,
        alone,
        components,
        chosen,
        linked.colour,
        linked.notes,
    )


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


def draw(network: Network, out: Path) -> plots.Drawn:
    """Draw a network; a page (.html) shows a coin's two pictures by a click. Raises `BadOutput`."""
    formats.checked(out)
    (_as_page if plots.is_page(out) else _as_picture)(network, out)
    return plots.Drawn(out, network.shows, network.notes)


def _as_picture(network: Network, out: Path) -> None:
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure

    values = [dot.value for dot in network.dots]
    key = Key(network.colour, values)
    with plots.styled():
        figure = Figure(figsize=(WIDTH + key.width, WIDTH / WIDTH_TO_HEIGHT + 0.5), layout="constrained")
        axes = figure.subplots()
        strength = _strength(network.weights)
        # Many edges are drawn thin and light, or they would hide the nodes.
        thin, light = np.clip(np.array([20, 24]) / np.sqrt(len(strength)), [0.3, 0.15], 1)
        shades = np.column_stack([np.full((len(strength), 3), 0.35), (0.4 + 0.5 * strength) * light])
        lines = LineCollection(
            list(network.xy[network.edges]), colors=shades, linewidths=(0.5 + 1.2 * strength) * thin, zorder=1
        )
        axes.add_collection(lines)
        key.draw_points(axes, network.xy, values, float(np.clip(6000 / len(values), 8, 60)), edge=0.6)
        key.draw(figure, [axes])
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


def _as_page(network: Network, out: Path) -> None:
    import plotly.graph_objects as go

    values, colour = [dot.value for dot in network.dots], network.colour
    key = Key(colour, values)
    figure = go.Figure()
    strength = _strength(network.weights)
    # Plotly draws all lines of a trace alike: three traces, from the weaker to the stronger.
    for least, most, alpha in ((0.0, 1 / 3, 0.25), (1 / 3, 2 / 3, 0.45), (2 / 3, 1.01, 0.75)):
        ends = network.xy[network.edges[(strength >= least) & (strength < most)]]
        x, y = (np.column_stack([ends[:, 0, i], ends[:, 1, i], np.full(len(ends), np.nan)]).ravel() for i in (0, 1))
        line = {"width": 0.8 + 2 * alpha, "color": f"rgba(110,105,95,{alpha})"}
        figure.add_trace(go.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False))
    texts = [f"{dot.coin}: {dot.line(colour)}" for dot in network.dots]
    figure.add_traces(key.traces(network.xy, values, texts, size=12))
    key.explain(figure)
    hidden = {"visible": False}
    figure.update_layout(xaxis=hidden, yaxis=hidden | {"scaleanchor": "x"})
    plots.save_page(figure, _title(network), _caption(network), out, plots.cards(network.dots, colour))
