"""How the cosines of all pairs lie: pairs of one type against pairs of two, and where thresholds cut."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from explore import plots
from graph.coins import NotEmbedded, read_coins
from graph.connection import Database
from graph.spaces import find_space
from ingest.records import FACES, Face
from measure.neighbours import BINS, Histogram, rounded

PERCENTILES = (95.0, 99.0, 99.5, 99.9)
MOST = 10_000  # sides whose pairs are all compared (50 million, some seconds); of more, a sample
SEED = 42
BLOCK = 512  # rows compared with all others at once: 20 MB for 10,000 sides
MOST_BARS = 80
MARKS = "percentiles of all pairs"
NAME_WIDTH = 0.07  # of a percentile's name, as a share of the axis
#: Dark and light, which also a grey print and the colour-blind tell apart.
KINDS = (("same type", plots.COLOURS[0]), ("different types", plots.COLOURS[5]))


@dataclass(frozen=True)
class Distribution:
    """Pairs of one face by cosine: of one catalogued type, of two, and with a coin without a type.

    ``sides`` is the number of sides compared, ``of`` how many there are.
    """

    space: str
    face: Face
    sides: int
    of: int
    same: Histogram
    different: Histogram
    unknown: Histogram

    @property
    def all(self) -> Histogram:
        return self.same + self.different + self.unknown

    @property
    def typed(self) -> bool:
        return self.same.pairs + self.different.pairs > 0

    def rows(self) -> list[dict[str, Any]]:
        """At each percentile its cosine, the pairs above, and which share of those with two types are of one."""
        everything = self.all
        rows = []
        for percentile in PERCENTILES:
            cosine = everything.cosine_at(percentile)
            same, different = self.same.above(cosine), self.different.above(cosine)
            share = same / (same + different) if same + different else None
            rows.append(
                {"space": self.space, "face": self.face, "percentile": percentile, "cosine": cosine}
                | {"pairs above": everything.above(cosine), "of one type": share}
            )
        return rows


def measure(db: Database, space: str | None, face: Face) -> Distribution:
    """Compare all pairs of a face, block by block; of more than 10,000 sides those of a seeded sample.

    Predicted types do not count. Raises `UnknownSpace`, `NotEmbedded`.
    """
    record = find_space(db, space)
    coins = read_coins(db, record, face, ["type"], trusted=False)
    number, labels = len(coins), coins.labels["type"]
    if number < 2:
        raise NotEmbedded(f"a pair needs two {face}s; the space {record.name} has {number}")
    rows = np.arange(number)
    if number > MOST:
        rows = np.sort(np.random.default_rng(SEED).choice(number, MOST, replace=False))
    codes = {name: code for code, name in enumerate(sorted({name for name in labels if name is not None}))}
    types = np.array([-1 if name is None else codes[name] for name in labels])[rows]
    vectors = plots.unit(coins.faces[face][rows])
    return Distribution(record.name, face, len(rows), number, *histograms(vectors, types))


def measure_faces(db: Database, space: str | None, face: str) -> list[Distribution]:
    """`measure` of one face, or of ``both``: those that have two sides or more. Raises as `measure` does."""
    if face != "both":
        return [measure(db, space, "reverse" if face == "reverse" else "obverse")]
    found, failed = [], None
    for one in FACES:
        try:
            found.append(measure(db, space, one))
        except NotEmbedded as error:
            failed = failed or error
    if failed and not found:
        raise failed
    return found


def histograms(vectors: np.ndarray, types: np.ndarray) -> tuple[Histogram, Histogram, Histogram]:
    """Cosines of all pairs of rows (n, d) of length one: of the same type, of different ones, with a type of -1."""
    counts = [Histogram.empty() for _ in range(3)]
    for start in range(0, len(vectors), BLOCK):
        rows = vectors[start : start + BLOCK]
        later = vectors[start:]
        # Few sides cost nothing in float64, and vectors that all but agree need it.
        wide: type = np.float64 if len(vectors) <= 4096 else np.float32
        cosines = rounded(np.matmul(rows, later.T, dtype=wide))
        one, other = types[start : start + BLOCK, None], types[None, start:]
        pairs = np.triu(np.ones(cosines.shape, bool), k=1)  # each pair once, no side with itself
        known = pairs & (one >= 0) & (other >= 0)
        for kind, chosen in enumerate((known & (one == other), known & (one != other), pairs & ~known)):
            counts[kind] = counts[kind] + Histogram.of(cosines[chosen])
    return counts[0], counts[1], counts[2]


def shares(histogram: Histogram, edges: np.ndarray) -> np.ndarray:
    """The share (0 to 100) of a histogram's pairs between each two neighbours of ``edges`` (m + 1,) rising: (m,)."""
    return np.diff(histogram.percentile(edges))


def span(histogram: Histogram) -> tuple[float, float]:
    """The lowest and the highest cosine counted, as far as bins tell them, rounded outwards."""
    filled = np.flatnonzero(histogram.counts)
    low, high = (1 - 2 * (place / BINS) ** 2 for place in (filled[-1] + 1, filled[0]))
    pad = 0.02 * (high - low) + 1e-9
    return float(max(low - pad, -1.0)), float(min(high + pad, 1.0))


def bars(distribution: Distribution) -> np.ndarray:
    """The edges of the bars, (m + 1,) rising: fewer where a kind has few pairs, so that chance is not drawn."""
    fewest = min(histogram.pairs for _, _, histogram in _kinds(distribution))
    number = int(np.clip(4 * fewest ** (1 / 3), 12, MOST_BARS))
    return np.linspace(*span(distribution.all), number + 1)


def draw(distributions: Sequence[Distribution], out: Path) -> plots.Drawn:
    """Draw one panel a face. Raises `BadOutput`."""
    plots.checked(out)
    (_as_page if out.suffix.lower() == ".html" else _as_picture)(distributions, out)
    shows = ", ".join(f"{d.all.pairs:,} pairs of {d.sides:,} {d.face}s" + _sampled(d) for d in distributions)
    rows = [row for distribution in distributions for row in distribution.rows()]
    return plots.Drawn(out, shows, [], rows)


def _sampled(distribution: Distribution) -> str:
    return f" (a sample of {distribution.of:,})" if distribution.sides < distribution.of else ""


def _kinds(distribution: Distribution) -> list[tuple[str, str, Histogram]]:
    """What is drawn: (label, colour, histogram); where no pair has two types, all pairs."""
    if not distribution.typed:
        return [("all pairs; no types known", plots.COLOURS[0], distribution.all)]
    histograms = (distribution.same, distribution.different)
    return [(name, colour, h) for (name, colour), h in zip(KINDS, histograms, strict=True) if h.pairs]


def _title(distribution: Distribution) -> str:
    return f"{distribution.space}, {distribution.sides:,} {distribution.face}s" + _sampled(distribution)


def _counted(distribution: Distribution) -> str:
    return ", ".join(f"{histogram.pairs:,} pairs of {name}" for name, _, histogram in _kinds(distribution))


def _as_picture(distributions: Sequence[Distribution], out: Path) -> None:
    from matplotlib.figure import Figure

    with plots.styled():
        figure = Figure(figsize=(8.4, 0.5 + 2.7 * len(distributions)), layout="constrained")
        for axes, distribution in zip(
            figure.subplots(len(distributions), 1, squeeze=False)[:, 0], distributions, strict=True
        ):
            edges = bars(distribution)
            for name, colour, histogram in _kinds(distribution):
                heights = shares(histogram, edges)
                label = f"{name} ({histogram.pairs:,} pairs)"
                axes.stairs(heights, edges, fill=True, color=colour, alpha=0.35, label=label)
                axes.stairs(heights, edges, color=colour, linewidth=1)
            levels = _mark(axes, distribution)
            axes.set_title(_title(distribution), loc="left", pad=6 + 10 * levels)
            axes.set(xlim=(edges[0], edges[-1]), ylim=(0, None), ylabel="% of the pairs of its kind")
            axes.spines[["top", "right"]].set_visible(False)
            axes.ticklabel_format(axis="x", useOffset=False)
            axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0)
        axes.set_xlabel("cosine")
        plots.save(figure, out)


def _mark(axes: Any, distribution: Distribution) -> int:
    """A line at each percentile of all pairs; a name that would run into another stands higher. The levels needed."""
    low, high = span(distribution.all)
    levels: list[float] = []  # where the last name of each level stands, as a share of the axis
    for percentile in PERCENTILES:
        cosine = distribution.all.cosine_at(percentile)
        place = (cosine - low) / (high - low)
        level = next((i for i, last in enumerate(levels) if place - last > NAME_WIDTH), len(levels))
        levels[level:] = [place, *levels[level + 1 :]]
        label = MARKS if percentile == PERCENTILES[0] else None  # once in the legend
        axes.axvline(cosine, color=plots.INK, linewidth=0.7, linestyle=(0, (4, 3)), label=label)
        axes.annotate(
            f"{percentile:g} %",
            (cosine, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2 + 10 * level),
            textcoords="offset points",
            ha="center",
            fontsize=7.5,
        )
    return len(levels)


def _as_page(distributions: Sequence[Distribution], out: Path) -> None:
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    heads = [html.escape(f"{_title(distribution)}: {_counted(distribution)}") for distribution in distributions]
    figure = make_subplots(len(distributions), 1, subplot_titles=heads, vertical_spacing=0.24)
    figure.update_annotations(x=0, xanchor="left", yshift=24)
    for row, distribution in enumerate(distributions, start=1):
        edges = bars(distribution)
        for name, colour, histogram in _kinds(distribution):
            figure.add_trace(
                go.Bar(
                    x=(edges[:-1] + edges[1:]) / 2,
                    y=shares(histogram, edges),
                    width=np.diff(edges),
                    name=name,
                    legendgroup=name,
                    showlegend=row == 1,
                    marker={"color": colour, "opacity": 0.5, "line": {"width": 0}},
                    hovertemplate="cosine %{x:.4f}: %{y:.2f} % of these pairs<extra></extra>",
                ),
                row=row,
                col=1,
            )
        for place, found in enumerate(distribution.rows()):
            head: dict[str, Any] = {"annotation_text": f"{found['percentile']:g} %", "annotation_position": "top"}
            head |= {"annotation_yshift": 12 * (place % 2)}
            figure.add_vline(found["cosine"], line={"width": 1, "dash": "dash"}, row=row, col=1, **head)
        figure.update_yaxes(title_text="% of the pairs of its kind", row=row, col=1)
    figure.update_xaxes(title_text="cosine", row=len(distributions), col=1)
    figure.update_layout(barmode="overlay", bargap=0)
    plots.save_page(figure, f"{distributions[0].space}: cosines of all pairs", f"dashed: {MARKS}", out)
