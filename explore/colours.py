"""Coins as points, and what their colours mean: the most frequent values as groups, or a scale for numbers."""

import html
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from errors import counted
from ingest.records import one_line
from measure.coinset import CoinSet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from plotly.graph_objects import Figure as PlotlyFigure
    from plotly.graph_objects import Scatter

MOST_GROUPS = 9
# Paul Tol's `muted` scheme, told apart by the colour-blind, in an order that keeps neighbours in the legend distinct;
# https://sronpersonalpages.nl/~pault/. Shapes tell groups apart in a grey print.
COLOURS = ("#332288", "#CC6677", "#117733", "#88CCEE", "#882255", "#DDAA33", "#44AA99", "#AA4499", "#999933")
SHAPES = ("o", "s", "^", "D", "v", "P", "X", "p", "h")
PLOTLY_SHAPES = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "x", "pentagon", "hexagon")
OTHER, UNLABELLED = "#949494", "#d2d2d2"
SEED = 42
LAYERS = 8


@dataclass(frozen=True)
class Dot:
    """A coin or one side of it (``id``), the value that colours it, its catalogued type, its two pictures."""

    id: str
    coin: str
    type: str | None
    value: Any
    obverse: Path | None
    reverse: Path | None

    def picture(self, face: str) -> Path | None:
        return self.obverse if face == "obverse" else self.reverse

    def line(self, colour: str) -> str:
        """Its type, and its value of the property ``colour``."""
        known = self.type or "no type"
        if colour == "type":
            return known
        if self.value is None:
            return f"{known}; no {colour}"
        label = label_of(self.value)
        return f"{known}; {label if label.startswith(colour) else f'{colour} {label}'}"


def dots(coins: CoinSet, rows: np.ndarray) -> list[Dot]:
    """Some ``rows`` of coins that were read with a colour as dots; with one face their sides."""
    columns = (coins.coins, coins.labels["type"], coins.values, coins.files["obverse"], coins.files["reverse"])
    ending = "" if coins.face == "both" else f"/{coins.face}"
    return [Dot(coins.coins[row] + ending, *(column[row] for column in columns)) for row in rows]


@dataclass(frozen=True)
class Group:
    """The members (positions) of one colour, or of a scale. ``kind`` is `group`, `other`, `unlabelled` or `scale`."""

    label: str
    colour: str
    shape: int
    members: np.ndarray
    kind: str = "group"


def groups_of(values: Sequence[Any], legend: Sequence[Any] | None = None) -> list[Group]:
    """The most frequent values, each with a colour and shape of its own, then what is left, then what has no value.

    ``legend`` fixes which values count as frequent, and in which order, so that several panels agree.
    """
    frequent = list(most_frequent(values) if legend is None else legend)
    labels = np.array([frequent.index(v) if v in frequent else (-1 if v is None else -2) for v in values], int)
    groups = [
        Group(label, COLOURS[place], place, np.flatnonzero(labels == place))
        for place, label in enumerate(labels_of(frequent))
    ]
    rest = len({value for value in values if value is not None and value not in frequent})
    groups.append(Group(counted(rest, "other"), OTHER, 0, np.flatnonzero(labels == -2), "other"))
    groups.append(Group("unlabelled", UNLABELLED, 0, np.flatnonzero(labels == -1), "unlabelled"))
    return [group for group in groups if len(group.members)]


def most_frequent(values: Sequence[Any], most: int = MOST_GROUPS) -> list[Any]:
    """The values that most members have, the most frequent first, ties by name: community 9 before community 10."""
    counts = Counter(value for value in values if value is not None)
    ranked = sorted(counts, key=lambda value: (-counts[value], _by_size(str(value))))
    return ranked[:most]


def _by_size(text: str) -> list[tuple[str, int]]:
    """A key that sorts texts by name, and numbers inside them by size."""
    return [(words, int(digits or 0)) for words, digits in re.findall(r"([^0-9]*)([0-9]*)", text)]


def is_scale(values: Sequence[Any]) -> bool:
    """Whether values are measures, such as weights: they get a scale of colours instead of a legend."""
    known = [value for value in values if value is not None]
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in known)
    return bool(known) and numbers and len(set(known)) > MOST_GROUPS


def label_of(value: Any, longest: int = 34) -> str:
    """A value as a legend shows it; a community by its number."""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if text.count("/") >= 4 and text.rpartition("/")[2].isdecimal():  # space/face/algorithm/threshold/number
        text = f"community {text.rpartition('/')[2]}"
    text = one_line(" ".join(text.split()))
    # Names of types often differ at their ends.
    return text if len(text) <= longest else f"{text[: longest - 14]}…{text[-13:]}"


def labels_of(values: Sequence[Any], longest: int = 34) -> list[str]:
    """Values as a legend shows them, no two alike: of names that differ only in the middle, the middle is shown."""
    labels = [label_of(value, longest) for value in values]
    words = [str(value).split() for value in values]
    for label in [label for label, times in Counter(labels).items() if times > 1]:
        alike = [place for place, other in enumerate(labels) if other == label]
        for _ in range(len(alike)):  # each time at least one more can be told
            same = _common([words[place] for place in alike])
            for place in alike:
                rest = " ".join(words[place][same:])
                rest = rest if len(rest) <= longest - 11 else f"{rest[: longest - 12]}…"
                labels[place] = f"{label[:10]}…{rest}"
            alike = [place for place in alike if labels.count(labels[place]) > 1]
            if not alike:
                break
    return labels


def _common(texts: Sequence[Sequence[str]]) -> int:
    """With how many words all of some texts begin."""
    return sum(1 for _ in takewhile(lambda words: len(set(words)) == 1, zip(*texts, strict=False)))


def shades(values: Sequence[Any]) -> tuple[float, float, str]:
    """The lowest and the highest value that a scale tells apart, and which ends go on, as matplotlib names them.

    A few values far from all others would leave one colour for these: the outermost 2 % share the colour of an end.
    """
    known = np.array([value for value in values if value is not None], float)
    low, high = np.percentile(known, [2, 98])
    if low == high:
        low, high = known.min(), known.max()
    below, above = bool(known.min() < low), bool(known.max() > high)
    ends = "both" if below and above else "min" if below else "max" if above else "neither"
    return float(low), float(high), ends


def _counted(group: Group) -> str:
    return f"{group.label}  ({len(group.members):,})"


class Key:
    """What the colours of a picture mean: groups of ``values``, or a scale where they are measures.

    The legend counts the values ``counted``, which are all of them unless it is given.
    """

    def __init__(self, title: str, values: Sequence[Any], counted: Sequence[Any] | None = None):
        self.title, self.values, self.scale = title, values, is_scale(values)
        self.frequent = most_frequent(values)
        self.groups = [] if self.scale else self._groups(values if counted is None else counted)

    def _groups(self, values: Sequence[Any]) -> list[Group]:
        """All groups of some values; with a scale those that have a place on it are one."""
        if not self.scale:
            return groups_of(values, self.frequent)
        known = np.array([value is not None for value in values], bool)
        grey = [group for group in groups_of(values, ()) if group.kind == "unlabelled"]
        return [Group("", "", 0, np.flatnonzero(known), "scale"), *grey]

    @property
    def width(self) -> float:
        """Inches beside a picture, so that it keeps its size whatever the groups are called."""
        if self.scale:
            return 0.9
        return 0.5 + 0.075 * max(len(label) for label in [self.title, *map(_counted, self.groups)])

    def draw_points(self, axes: "Axes", xy: np.ndarray, values: Sequence[Any], size: float, edge: float) -> None:
        """Draw points (n, 2) with matplotlib, grey ones below all others."""
        groups = self._groups(values)
        coloured = [group for group in groups if group.kind == "group"]
        parts = [(group, group.members) for group in reversed(groups) if group.kind != "group"]
        # A few of each colour at a time: drawn whole, the last would hide all others where many lie on each other.
        mixed = [np.random.default_rng(SEED).permutation(group.members) for group in coloured]
        parts += [
            (group, part[turn::LAYERS]) for turn in range(LAYERS) for group, part in zip(coloured, mixed, strict=True)
        ]
        for group, members in parts:
            style: dict[str, Any] = {"c": group.colour, "marker": SHAPES[group.shape]}
            if group.kind == "scale":
                low, high, _ends = shades(self.values)
                style |= {"c": [values[member] for member in members], "cmap": "viridis", "vmin": low, "vmax": high}
            x, y = xy[members].T
            axes.scatter(x, y, s=size, edgecolors="white", linewidths=edge, zorder=2, **style)

    def draw(self, figure: "Figure", axes: Sequence["Axes"]) -> None:
        """Draw the legend, or the scale, right of all axes."""
        from matplotlib.lines import Line2D

        if self.scale:
            ends = shades(self.values)[2]
            points = axes[0].collections[-1]
            figure.colorbar(points, ax=list(axes), label=self.title, shrink=0.7, aspect=30, extend=ends)
            return
        entries = [
            Line2D(
                [],
                [],
                ls="",
                marker=SHAPES[group.shape],
                color=group.colour,
                # Matplotlib keeps labels that begin with `_` to itself.
                label=" " * group.label.startswith("_") + _counted(group),
                ms=5,
            )
            for group in self.groups
        ]
        figure.legend(handles=entries, loc="outside right upper", frameon=False, title=self.title, alignment="left")

    def traces(
        self, xy: np.ndarray, values: Sequence[Any], texts: Sequence[str], first: int = 0, size: float = 9
    ) -> "list[Scatter]":
        """Points (n, 2) as Plotly draws them, one trace a group, grey ones first. The figure needs `explain`.

        ``texts`` are shown under the mouse; a click shows the card of a point's number, counted from ``first``.
        """
        from plotly.graph_objects import Scatter

        made = []
        for group in reversed(self._groups(values)):
            marker: dict[str, Any] = {"size": size, "line": {"width": size / 14, "color": "white"}}
            if group.kind == "scale":
                marker |= {"color": [values[member] for member in group.members], "coloraxis": "coloraxis"}
            else:
                marker |= {"color": group.colour, "symbol": PLOTLY_SHAPES[group.shape]}
            made.append(
                Scatter(
                    x=xy[group.members, 0],
                    y=xy[group.members, 1],
                    mode="markers",
                    name=html.escape(f"{group.label} ({len(group.members):,})"),
                    legendgroup=group.label,
                    showlegend=group.kind != "scale",
                    marker=marker,
                    text=[html.escape(texts[member]) for member in group.members],
                    hoverinfo="text",
                    customdata=first + group.members,
                )
            )
        return made

    def explain(self, figure: "PlotlyFigure") -> None:
        """Give a Plotly figure its legend, in which the grey ones, drawn first, stand last, or its scale."""
        figure.update_layout(legend={"title_text": html.escape(self.title), "traceorder": "reversed"})
        if self.scale:
            low, high, _ends = shades(self.values)
            bar = {"title": html.escape(self.title), "y": 0, "yanchor": "bottom", "len": 0.8}
            figure.update_layout(coloraxis={"colorscale": "Viridis", "cmin": low, "cmax": high, "colorbar": bar})
