"""A coin between its most and its least similar, side by side, with their cosines."""

import html
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from explore import plots
from explore.plots import Dot
from graph.coins import NotEmbedded, read_coins
from graph.connection import Database
from graph.spaces import find_space
from ingest.records import FACES, Face
from measure.neighbours import rounded
from queries.lookup import find_coin

SHOWN = 3  # the thesis'
PAGE = 2000  # vectors in memory at once
PIXELS = 320
TYPE_LINES = 3  # of a long name under its picture


@dataclass(frozen=True)
class Alike:
    """A side and its cosine to the coin's own."""

    dot: Dot
    cosine: float


@dataclass(frozen=True)
class Row:
    """One side of the coin, the most similar sides (nearest first) and the least similar (farthest last)."""

    face: Face
    own: Dot
    most: Sequence[Alike]
    least: Sequence[Alike]
    compared: int


@dataclass(frozen=True)
class Pairs:
    """A coin's rows, one for each side that has a vector."""

    space: str
    coin: str
    type: str | None
    rows: Sequence[Row]
    notes: Sequence[str]

    def table(self) -> list[dict[str, Any]]:
        return [
            {"face": row.face, "alike": which, "coin": one.dot.coin, "cosine": one.cosine, "type": one.dot.type}
            for row in self.rows
            for which, some in (("most", row.most), ("least", row.least))
            for one in some
        ]


def make_pairs(db: Database, coin: str, space: str | None = None) -> Pairs:
    """Compare each side of a coin with all others of its face. ``coin`` is an id, a name or the end of an id.

    Raises `UnknownCoin`, `AmbiguousCoin`, `UnknownSpace`, `NotEmbedded`.
    """
    record = find_space(db, space)
    wanted = find_coin(db, coin)
    coins = read_coins(db, record, "both", ["type"], trusted=False)
    rows: list[Row] = []
    notes: list[str] = []
    for face in FACES:
        here = coins.rows_with(face)
        own = coins.place.get(wanted, -1)
        if own not in here:
            notes.append(f"{wanted} has no {face} in the space {record.name}")
            continue
        others, vectors = here[here != own], coins.faces[face]
        vector = plots.unit(vectors[[own]])[0].astype(np.float64)
        cosines = np.empty(len(others))
        for start in range(0, len(others), PAGE):
            some = plots.unit(vectors[others[start : start + PAGE]])
            cosines[start : start + PAGE] = rounded(some.astype(np.float64) @ vector)
        # Sorted by id already, so equal cosines keep that order.
        order = np.argsort(-cosines, kind="stable")
        shown = [*order[:SHOWN], *order[SHOWN:][-SHOWN:]]
        portrait, *dots = plots.dots(db, record, coins, "type", np.array([own, *others[shown]]))
        alike = [Alike(dot, float(cosines[place])) for dot, place in zip(dots, shown, strict=True)]
        rows.append(Row(face, portrait, alike[:SHOWN], alike[SHOWN:], len(others)))
    if not rows:
        raise NotEmbedded(f"{wanted} has no vector in the space {record.name}: run `coingraph embed` first")
    return Pairs(record.name, wanted, rows[0].own.type, rows, notes)


def draw(pairs: Pairs, out: Path) -> plots.Drawn:
    """Draw a coin and those most and least like it. Raises `BadOutput`."""
    plots.checked(out)
    (_as_page if out.suffix.lower() == ".html" else _as_picture)(pairs, out)
    compared = ", ".join(f"{row.compared:,} {row.face}s" for row in pairs.rows)
    return plots.Drawn(out, f"{pairs.coin} against {compared} of {pairs.space}", pairs.notes, pairs.table())


def _title(pairs: Pairs) -> str:
    return f"{pairs.coin} ({pairs.type or 'no type'}) in {pairs.space}"


def _as_picture(pairs: Pairs, out: Path) -> None:
    from matplotlib.figure import Figure

    with plots.styled():
        figure = Figure(figsize=(11, 0.5 + 2.2 * len(pairs.rows)), layout="constrained")
        figure.suptitle(_title(pairs), x=0.01, ha="left", fontsize=11)
        # Narrow empty columns set the coin, its likes and its unlikes apart.
        widths = [1, 0.12, *[1] * SHOWN, 0.12, *[1] * SHOWN]
        grid = figure.subplots(len(pairs.rows), len(widths), squeeze=False, width_ratios=widths)
        for number, row in enumerate(pairs.rows):
            columns = grid[number]
            for axes in columns:
                axes.axis("off")
            _portrait(columns[0], row.own, row.face, f"{row.face}", bold=True)
            for first, some in ((2, row.most), (3 + SHOWN, row.least)):
                for place, one in enumerate(some):
                    _portrait(columns[first + place], one.dot, row.face, f"{one.cosine:.4f}")
            if number == 0:
                style = {"loc": "left", "color": plots.FAINT}
                columns[2].set_title(f"most similar of {row.compared:,}, by cosine", **style)
                columns[3 + SHOWN].set_title("least similar", **style)
        plots.save(figure, out)


def _portrait(axes: Any, dot: Dot, face: Face, above: str, bold: bool = False) -> None:
    from matplotlib.patches import Circle

    picture = plots.thumbnail(dot.picture(face), PIXELS)
    axes.set(xlim=(0, PIXELS), ylim=(PIXELS, 0), aspect="equal")
    if picture is None:
        axes.add_patch(Circle((PIXELS / 2, PIXELS / 2), PIXELS / 2.4, fill=False, edgecolor=plots.FAINT))
        axes.text(PIXELS / 2, PIXELS / 2, "no picture", ha="center", va="center", fontsize=7, color=plots.FAINT)
    else:
        x, y = (PIXELS - picture.width) / 2, (PIXELS - picture.height) / 2
        axes.imshow(
            np.asarray(picture), extent=(x, x + picture.width, y + picture.height, y), interpolation="antialiased"
        )
        axes.set(xlim=(0, PIXELS), ylim=(PIXELS, 0))
    kind = textwrap.wrap(dot.type or "no type", 25, max_lines=TYPE_LINES, placeholder=" …")
    lines = [above, plots.label_of(dot.coin, 22), *kind]
    for line, text in enumerate(lines):
        weight = "bold" if line == 0 else "normal"
        colour = plots.FAINT if line > 1 else plots.INK
        axes.annotate(
            text,
            (0.5, 0),
            xycoords="axes fraction",
            xytext=(0, -2 - 9.5 * line),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=8 if line == 0 or (bold and line == 1) else 7,
            fontweight=weight,
            color=colour,
        )


def _as_page(pairs: Pairs, out: Path) -> None:
    parts = ["<table><tr><th>the coin</th>"]
    parts.append(f'<th colspan="{SHOWN}" class="gap">most similar</th>')
    parts.append(f'<th colspan="{SHOWN}" class="gap">least similar</th></tr>')
    for row in pairs.rows:
        parts.append(f"<tr><td>{_figure(row.own, row.face, row.face)}</td>")
        for some in (row.most, row.least):
            cells = [_figure(one.dot, row.face, f"{one.cosine:.4f}") for one in some]
            cells += [""] * (SHOWN - len(cells))
            parts += [f"<td{' class=gap' * (place == 0)}>{cell}</td>" for place, cell in enumerate(cells)]
        parts.append("</tr>")
    compared = " and ".join(f"{row.compared:,} other {row.face}s" for row in pairs.rows)
    plots.write_page(_title(pairs), f"cosines to {compared}", "".join(parts) + "</table>", out)


def _figure(dot: Dot, face: Face, head: str) -> str:
    source = plots.data_uri(dot.picture(face))
    picture = f'<img src="{source}" alt="{html.escape(dot.coin)}">' if source else '<div class="empty"></div>'
    caption = f"{html.escape(dot.coin)}<br>{html.escape(dot.type or 'no type')}"
    return f"<figure><b>{html.escape(head)}</b>{picture}<figcaption>{caption}</figcaption></figure>"
