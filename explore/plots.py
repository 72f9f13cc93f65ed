"""What all pictures have in common: file formats, the colours of groups, thumbnails, and a page that opens offline."""

import base64
import html
import io
import json
import os
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps

from errors import CoingraphError, say, with_listener
from graph.coins import read_paths, read_values
from graph.connection import Database
from graph.spaces import SpaceRecord
from graph.vector_files import whole
from ingest.images import BadImage, one_picture, open_coin
from ingest.records import Skipped, one_line
from measure.coinset import CoinSet

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from plotly.graph_objects import Figure as PlotlyFigure
    from plotly.graph_objects import Scatter

FORMATS = (".png", ".svg", ".html")
MOST_GROUPS = 9
MOST_PICTURED = 1500  # coins whose pictures a page holds: some 10 KB each
THUMBNAIL = 160  # pixels

# Paul Tol's `muted` scheme, told apart by the colour-blind, in an order that keeps neighbours in the legend distinct;
# https://sronpersonalpages.nl/~pault/. Shapes tell groups apart in a grey print.
COLOURS = ("#332288", "#CC6677", "#117733", "#88CCEE", "#882255", "#DDAA33", "#44AA99", "#AA4499", "#999933")
SHAPES = ("o", "s", "^", "D", "v", "P", "X", "p", "h")
PLOTLY_SHAPES = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "x", "pentagon", "hexagon")
BUTTONS = ("toImage", "zoom2d", "pan2d", "resetScale2d")
OTHER, UNLABELLED, INK, FAINT = "#949494", "#d2d2d2", "#22201c", "#8a857b"

STYLE: Any = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.6,
    "text.parse_math": False,  # a `$` in a type's name is a `$`
    "text.color": INK,
    "svg.hashsalt": "coingraph",
}


class BadOutput(CoingraphError):
    """A file name that does not say which of the formats is wanted."""


class TooManyCoins(CoingraphError):
    """More coins than a picture can show."""


@dataclass(frozen=True)
class Drawn:
    """A picture that was made: its file, what it shows in a line, what the reader should know, and its figures."""

    path: Path
    shows: str
    notes: Sequence[str] = ()
    rows: Sequence[dict[str, Any]] = ()


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


def dots(db: Database, space: SpaceRecord, coins: CoinSet, colour: str, rows: np.ndarray) -> list[Dot]:
    """Some of the coins (places), which have their types, as dots; with one face their sides. Raises `UnknownProperty`.

    ``colour`` is `type`, `collection`, `community` (of the latest partition) or a property.
    """
    types = coins.labels["type"]
    values = types if colour == "type" else read_values(db, space, coins, colour)
    paths = read_paths(db, [coins.coins[row] for row in rows])
    found = []
    for row in rows:
        coin = coins.coins[row]
        pictures = paths.get((coin, "obverse")), paths.get((coin, "reverse"))
        id_ = coin if coins.face == "both" else f"{coin}/{coins.face}"
        found.append(Dot(id_, coin, types[row], values[row], *pictures))
    return found


def unit(matrix: np.ndarray) -> np.ndarray:
    """Rows of length one: their products are cosines."""
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


@dataclass(frozen=True)
class Group:
    """The members (positions) of one colour. ``kind`` is `group`, `other` or `unlabelled`."""

    label: str
    colour: str
    shape: int
    members: np.ndarray
    kind: str = "group"


def checked(out: Path) -> Path:
    """``out``, where its ending is one of `FORMATS`. Raises `BadOutput`."""
    if out.suffix.lower() not in FORMATS or out.is_dir():
        raise BadOutput(f"{out}: name a file that ends in .png, .svg or .html (a page that opens offline)")
    out.parent.mkdir(parents=True, exist_ok=True)
    return out


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
    groups.append(
        Group(f"{rest:,} {'other' if rest == 1 else 'others'}", OTHER, 0, np.flatnonzero(labels == -2), "other")
    )
    groups.append(Group("unlabelled", UNLABELLED, 0, np.flatnonzero(labels == -1), "unlabelled"))
    return [group for group in groups if len(group.members)]


def most_frequent(values: Sequence[Any], most: int = MOST_GROUPS) -> list[Any]:
    """The values that most members have, the most frequent first, ties by name."""
    counts = Counter(value for value in values if value is not None)
    ranked = sorted(counts, key=lambda value: (-counts[value], str(value)))
    return ranked[:most]


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


@contextmanager
def styled() -> Iterator[None]:
    """Matplotlib with the settings of all our pictures."""
    import matplotlib

    with warnings.catch_warnings(), matplotlib.rc_context(STYLE):
        # A letter that the font lacks, as in a name in Chinese, is drawn as a box.
        warnings.filterwarnings("ignore", message="Glyph")
        yield


def save(figure: "Figure", out: Path) -> None:
    """Write a matplotlib figure as PNG (200 dots an inch) or SVG; the same figure gives the same file.

    A control character in a name, which no SVG may hold, is spelt out.
    """
    from matplotlib.text import Text

    for words in figure.findobj(Text):
        words.set_text("\n".join(map(one_line, words.get_text().split("\n"))))
    kind = out.suffix.lower().removeprefix(".")
    with whole(out) as unfinished:
        # Tight: what a layout did not reckon with, such as the last line of a long name, is not cut off.
        figure.savefig(
            unfinished,
            format=kind,
            dpi=200,
            bbox_inches="tight",
            pad_inches=0.06,
            metadata={"Date": None} if kind == "svg" else None,
        )


def legend_width(groups: Sequence[Group], title: str) -> float:
    """Inches that a legend takes, so that a picture beside it keeps its size whatever the groups are called."""
    longest = max([len(title), *(len(group.label) + len(f"  ({len(group.members):,})") for group in groups)])
    return 0.5 + 0.075 * longest


def legend_entry(group: Group) -> Any:
    from matplotlib.lines import Line2D

    # Matplotlib keeps labels that begin with `_` to itself.
    label = f" {group.label}" if group.label.startswith("_") else group.label
    shape = SHAPES[group.shape]
    return Line2D([], [], ls="", marker=shape, color=group.colour, label=f"{label}  ({len(group.members):,})", ms=5)


def traces(
    xy: np.ndarray,
    values: Sequence[Any],
    texts: Sequence[str],
    *,
    legend: Sequence[Any] | None = None,
    scale: bool = False,
    first: int = 0,
    size: float = 9,
) -> "list[Scatter]":
    """The points (n, 2) of a page as plotly draws them: one trace a group of ``values``, grey ones first, or a scale.

    ``texts`` are shown under the mouse; a click shows the card of a point's number, counted from ``first``. A figure
    with a scale needs `colour_key`.
    """
    from plotly.graph_objects import Scatter

    groups = list(reversed(groups_of(values, legend)))
    if scale:
        known = np.array([value is not None for value in values])
        groups = [group for group in groups if group.kind == "unlabelled"]
        groups.append(Group("", "", 0, np.flatnonzero(known)))
    made = []
    for group in groups:
        shaded = scale and group.kind == "group"
        marker: dict[str, Any] = {"size": size, "line": {"width": size / 14, "color": "white"}}
        if shaded:
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
                showlegend=not shaded,
                marker=marker,
                text=[html.escape(texts[member]) for member in group.members],
                hoverinfo="text",
                customdata=first + group.members,
            )
        )
    return made


def colour_key(figure: "PlotlyFigure", colour: str, values: Sequence[Any]) -> None:
    """What the colours of `traces` mean, as a legend or a scale; the grey ones, drawn first, stand last."""
    figure.update_layout(legend={"title_text": html.escape(colour), "traceorder": "reversed"})
    if is_scale(values):
        low, high, _ends = shades(values)
        bar = {"title": html.escape(colour), "y": 0, "yanchor": "bottom", "len": 0.8}
        figure.update_layout(coloraxis={"colorscale": "Viridis", "cmin": low, "cmax": high, "colorbar": bar})


def thumbnail(path: Path | None, size: int = THUMBNAIL) -> Image.Image | None:
    """A picture of at most ``size`` x ``size`` pixels; None without a file that can be read, which is then named."""
    if path is None:
        return None
    try:
        with one_picture():
            return ImageOps.contain(open_coin(path, at_least=size), (size, size), Image.Resampling.LANCZOS)
    except (BadImage, OSError) as error:
        say(f"skipped {Skipped(str(path), str(error))}")
        return None


def data_uri(path: Path | None, size: int = THUMBNAIL) -> str | None:
    """A thumbnail as JPEG inside a `data:` address."""
    picture = thumbnail(path, size)
    return None if picture is None else jpeg_uri(picture)


def jpeg_uri(picture: Image.Image) -> str:
    """A picture as JPEG inside a `data:` address."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=82, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()


def cards(dots: Sequence[Dot], lines: Sequence[str]) -> list[list[Any]]:
    """For each dot what its click shows: the coin's id, a line, the pictures of obverse and reverse."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        obverses = list(pool.map(with_listener(data_uri), (dot.obverse for dot in dots)))
        reverses = list(pool.map(with_listener(data_uri), (dot.reverse for dot in dots)))
    return [list(row) for row in zip((dot.coin for dot in dots), lines, obverses, reverses, strict=True)]


PAGE_STYLE = """
body { margin: 0; font: 14px/1.4 system-ui, sans-serif; color: #22201c; background: #fff; }
h1 { font-size: 18px; font-weight: 600; margin: 14px 20px 0; } h1 + p { margin: 2px 20px 8px; color: #6b675f; }
main { display: flex; height: calc(100vh - 76px); } #plot { flex: 1; min-width: 0; }
#plot > div { height: 100%; }
aside { order: 1; width: 190px; padding: 12px 20px; border-left: 1px solid #e3dfd6; overflow-wrap: anywhere; }
aside img { display: block; max-width: 160px; margin: 8px 0 0; } aside small, figcaption { color: #6b675f; }
table { border-collapse: collapse; margin: 16px 20px; } th, td { padding: 6px 5px 6px 8px; vertical-align: top; }
th { text-align: left; font-weight: 600; } figure { margin: 0; width: 144px; overflow-wrap: anywhere; }
figure img { max-width: 144px; display: block; } .empty { width: 130px; height: 130px; border: 1px solid #bbb;
border-radius: 50%; } .gap { border-left: 1px solid #e3dfd6; }
"""
# Only text is put into the page, never markup, whatever the coins are called.
CLICK = """
const cards = JSON.parse(document.getElementById('cards').textContent);
function show(card) {
  const aside = document.querySelector('aside');
  aside.replaceChildren();
  const name = document.createElement('b'), line = document.createElement('small');
  name.textContent = card[0]; line.textContent = card[1];
  aside.append(name, document.createElement('br'), line);
  ['obverse', 'reverse'].forEach((face, i) => {
    if (!card[2 + i]) return;
    const picture = document.createElement('img');
    picture.src = card[2 + i]; picture.alt = face;
    aside.append(picture);
  });
}
document.getElementById('{plot_id}').on('plotly_click', event => {
  const card = cards[event.points[0].customdata];
  if (card) show(card);
});
"""


def save_page(
    figure: "PlotlyFigure", title: str, subtitle: str, out: Path, clicks: Sequence[Any] | None = None
) -> None:
    """Write a plotly figure as one HTML file that needs no network: the library is inside.

    A click on a point shows the card of ``clicks`` (see `cards`) that the point's ``customdata`` numbers.
    """
    from plotly.io import to_html

    figure.update_layout(margin={"l": 20, "r": 20, "t": 64, "b": 20}, template="plotly_white", font_color=INK)
    plot = to_html(
        figure,
        include_plotlyjs=True,
        full_html=False,
        default_height="100%",
        div_id="coins",
        config={"displaylogo": False, "responsive": True, "modeBarButtons": [list(BUTTONS)]},
        post_script=CLICK if clicks is not None else None,
    )
    # Before the plot, which takes the room that is left when it is drawn.
    aside = "" if clicks is None else "<aside><small>Click a point to see the coin.</small></aside>"
    data = "" if clicks is None else _json_block("cards", clicks)
    write_page(title, subtitle, f'{data}<main>{aside}<div id="plot">{plot}</div></main>', out)


def _json_block(name: str, value: Any) -> str:
    inside = json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{inside}</script>'


def write_page(title: str, subtitle: str, body: str, out: Path) -> None:
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{PAGE_STYLE}</style></head><body><h1>{html.escape(title)}</h1><p>{html.escape(subtitle)}</p>{body}"
        "</body></html>"
    )
    with whole(out) as unfinished:
        unfinished.write_text(page, encoding="utf-8")
