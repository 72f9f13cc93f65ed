"""What all pictures have in common: file formats, thumbnails, and a page that opens offline."""

import base64
import html
import io
import json
import os
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageOps

from errors import CoingraphError, say, with_listener
from ingest.files import whole
from ingest.images import BadImage, one_picture, open_coin
from ingest.records import Skipped, one_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from plotly.graph_objects import Figure as PlotlyFigure

    from explore.colours import Dot

MOST_PICTURED = 1500  # coins whose pictures a page holds: some 10 KB each
THUMBNAIL = 160  # pixels

BUTTONS = ("toImage", "zoom2d", "pan2d", "resetScale2d")
INK, FAINT = "#22201c", "#8a857b"

STYLE: Any = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.6,
    "text.parse_math": False,  # a `$` in a type's name is a `$`
    "text.color": INK,
    "svg.hashsalt": "coingraph",
}


class TooManyCoins(CoingraphError):
    """More coins than a picture can show."""


@dataclass(frozen=True)
class Drawn:
    """A picture that was made: its file, what it shows in a line, what the reader should know, and its figures."""

    path: Path
    shows: str
    notes: Sequence[str] = ()
    rows: Sequence[dict[str, Any]] = ()


def is_page(out: Path) -> bool:
    return out.suffix.lower() == ".html"


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


def cards(dots: "Sequence[Dot]", colour: str) -> list[list[Any]]:
    """For each dot what its click shows: the coin's id, a line, the pictures of obverse and reverse."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        obverses = list(pool.map(with_listener(data_uri), (dot.obverse for dot in dots)))
        reverses = list(pool.map(with_listener(data_uri), (dot.reverse for dot in dots)))
    lines = (dot.line(colour) for dot in dots)
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
