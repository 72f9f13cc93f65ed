"""Sheets of photographs: communities with their odd coins out, outlines of coins, a coin between those most and least
like it."""

import html
import textwrap
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from errors import with_listener
from explore import plots
from explore.colours import Dot, dots, label_of
from ingest.files import whole
from ingest.images import BadImage, one_picture, open_coin
from ingest.outlines import find_outline
from ingest.records import FACES, Face, one_line
from measure.coinset import CoinSet, NotEmbedded
from measure.neighbours import rounded

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from graph.sides import OutlinedSide

COLUMNS = 8
GAP = 8  # pixels between pictures

# --- communities ----------------------------------------------------------------------------------------------------

CELL = 112  # pixels a side's picture takes, square
CAPTION = 32
TITLE = 58
MARGIN = 28
PAPER, FRAME = "#faf8f4", "#c0392b"


@dataclass(frozen=True)
class Portrait:
    """One coin on the sheet. A missing side is None; ``odd`` frames the coin, ``note`` says why."""

    caption: str
    obverse: Path | None
    reverse: Path | None
    odd: bool = False
    note: str = ""


@dataclass(frozen=True)
class Community:
    """A community on the sheet; ``more`` is the number of its coins that are left out."""

    title: str
    subtitle: str
    coins: Sequence[Portrait]
    more: int = 0


def contact_sheet(communities: Sequence[Community], heading: str, out: Path) -> Path:
    """Draw the communities into one PNG at ``out``. A picture that cannot be opened leaves an empty place."""
    rows = [-(-len(community.coins) // COLUMNS) for community in communities]
    coin_width, coin_height = 2 * CELL + GAP, CELL + CAPTION
    width = 2 * MARGIN + COLUMNS * coin_width + (COLUMNS - 1) * 2 * GAP
    height = 2 * MARGIN + 48 + sum(TITLE + n * (coin_height + GAP) + GAP for n in rows)
    sheet = Image.new("RGB", (width, height), PAPER)
    pen = ImageDraw.Draw(sheet)
    _write(pen, (MARGIN, MARGIN - 6), heading, width - 2 * MARGIN, 26)
    y = MARGIN + 48
    for community, community_rows in zip(communities, rows, strict=True):
        pen.line((MARGIN, y, width - MARGIN, y), plots.FAINT)
        _write(pen, (MARGIN, y + 8), community.title, width - 2 * MARGIN, 20)
        more = f"   (+ {community.more} more)" if community.more else ""
        _write(pen, (MARGIN, y + 32), community.subtitle + more, width - 2 * MARGIN, 14, plots.FAINT)
        y += TITLE
        for i, coin in enumerate(community.coins):
            x = MARGIN + (i % COLUMNS) * (coin_width + 2 * GAP)
            _draw_coin(sheet, pen, coin, x, y + (i // COLUMNS) * (coin_height + GAP))
        y += community_rows * (coin_height + GAP) + GAP
    return _save(sheet, out)


def _draw_coin(sheet: Image.Image, pen: ImageDraw.ImageDraw, coin: Portrait, x: int, y: int) -> None:
    for i, path in enumerate((coin.obverse, coin.reverse)):
        left = x + i * (CELL + GAP)
        picture = plots.thumbnail(path, CELL)
        if picture is None:
            pen.ellipse((left + 12, y + 12, left + CELL - 12, y + CELL - 12), outline=plots.FAINT)
        else:
            _paste(sheet, picture, left, y, CELL)
    width = 2 * CELL + GAP
    if coin.odd:
        pen.rectangle((x - 4, y - 4, x + width + 3, y + CELL + CAPTION), outline=FRAME, width=3)
    _write(pen, (x, y + CELL + 1), coin.caption, width, 12)
    _write(pen, (x, y + CELL + 14), coin.note, width, 11, FRAME if coin.odd else plots.FAINT)


def _paste(sheet: Image.Image, picture: Image.Image, x: int, y: int, cell: int) -> None:
    """Put a picture in the middle of a square of the sheet."""
    sheet.paste(picture, (x + (cell - picture.width) // 2, y + (cell - picture.height) // 2))


def _write(
    pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, width: int, size: int, colour: str = plots.INK
) -> None:
    """Write ``text`` on one line, shortened until it fits ``width`` pixels."""
    text, font = one_line(text), ImageFont.load_default(size)
    if pen.textlength(text, font) > width:
        while text and pen.textlength(text + "…", font) > width:
            text = text[:-1]
        text += "…"
    pen.text(at, text, colour, font)


def _save(sheet: Image.Image, out: Path) -> Path:
    out.parent.mkdir(parents=True, exist_ok=True)
    with whole(out) as unfinished:
        sheet.save(unfinished, "PNG", optimize=True)
    return out


# --- outlines -------------------------------------------------------------------------------------------------------

OUTLINE_FORMATS = (".png", ".html")
OUTLINE_CELL = 180
SURE, UNSURE = "#17a34a", "#e02424"
AT_LEAST = 448  # pixels of the shorter side, as `coin-lite2` has photographs decoded: the same outline comes out


@dataclass(frozen=True)
class Outlines:
    """The sides to be drawn, the least sure first, and of how many in all; ``unsure`` counts among all of them."""

    sides: "Sequence[OutlinedSide]"
    of: int
    unsure: int
    notes: Sequence[str]

    def table(self) -> list[dict[str, Any]]:
        return [
            {
                "coin": side.coin,
                "face": side.face,
                "confidence": side.outline.confidence if side.outline else None,
                "cut_out": side.sure,
            }
            for side in self.sides
        ]


def make_outlines(found: "Sequence[OutlinedSide]", most: int = 120) -> Outlines:
    """At most ``most`` of some sides. Outlines that `embed` did not store are looked for now."""
    with ThreadPoolExecutor() as pool:
        sides = list(pool.map(_outlined, found))
    notes = []
    if missing := sum(side.outline is None for side in found):
        notes.append(
            f"{missing:,} outlines were looked for just now; "
            "`coingraph embed` of a space that cuts coins out keeps them"
        )
    sides.sort(key=lambda side: (side.outline.confidence if side.outline else -1, side.coin, side.face))
    return Outlines(sides[:most], len(sides), sum(not side.sure for side in sides), notes)


def _outlined(side: "OutlinedSide") -> "OutlinedSide":
    if side.outline is not None:
        return side
    try:
        with one_picture():
            return replace(side, outline=find_outline(open_coin(side.path, AT_LEAST)))
    except (BadImage, OSError):
        return side


def draw_outlines(sheet: Outlines, out: Path) -> plots.Drawn:
    """Draw photographs with their outlines; the page has the same captions. Raises `BadOutput`."""
    plots.checked(out, OUTLINE_FORMATS)
    with ThreadPoolExecutor() as pool:
        tiles = list(pool.map(with_listener(_tile), sheet.sides))
    title = f"{sheet.of - sheet.unsure:,} of {sheet.of:,} coins cut out; {sheet.unsure:,} not sure, taken whole"
    (_outlines_as_page if plots.is_page(out) else _outlines_as_picture)(title, sheet, tiles, out)
    shows = f"{len(sheet.sides):,} of {sheet.of:,} photographs, the least sure first; {sheet.unsure:,} are not cut out"
    return plots.Drawn(out, shows, sheet.notes, sheet.table())


def _tile(side: "OutlinedSide") -> Image.Image | None:
    """The photograph, small, with its outline."""
    picture = plots.thumbnail(side.path, OUTLINE_CELL)
    if picture is not None and side.outline is not None:
        line = [tuple(point) for point in side.outline.resized(picture.size).polygon.tolist()]
        ImageDraw.Draw(picture).line([*line, line[0]], SURE if side.sure else UNSURE, 2)
    return picture


def _caption(side: "OutlinedSide") -> tuple[str, str]:
    confidence = f"{side.outline.confidence:.3f}" if side.outline else "cannot be read"
    return label_of(f"{side.coin} {side.face[:3]}", 28), confidence


def _outlines_as_picture(title: str, sheet: Outlines, tiles: Sequence[Image.Image | None], out: Path) -> None:
    rows = -(-len(tiles) // COLUMNS)
    width, height = OUTLINE_CELL + GAP, OUTLINE_CELL + CAPTION + GAP
    canvas = Image.new("RGB", (COLUMNS * width + GAP, rows * height + 44), "white")
    pen = ImageDraw.Draw(canvas)
    _write(pen, (GAP, 12), title, canvas.width - GAP, 18)
    for place, (side, tile) in enumerate(zip(sheet.sides, tiles, strict=True)):
        x, y = GAP + place % COLUMNS * width, 44 + place // COLUMNS * height
        if tile is not None:
            _paste(canvas, tile, x, y, OUTLINE_CELL)
        name, confidence = _caption(side)
        _write(pen, (x, y + OUTLINE_CELL + 2), name, width, 11)
        _write(pen, (x, y + OUTLINE_CELL + 16), confidence, width, 12, SURE if side.sure else UNSURE)
    _save(canvas, out)


def _outlines_as_page(title: str, sheet: Outlines, tiles: Sequence[Image.Image | None], out: Path) -> None:
    parts = []
    for side, tile in zip(sheet.sides, tiles, strict=True):
        name, confidence = _caption(side)
        image = f'<img src="{plots.jpeg_uri(tile)}">' if tile else ""
        style = f"display:inline-block;margin:6px;width:{OUTLINE_CELL}px"
        parts.append(f'<figure style="{style}">{image}<br>{html.escape(name)}<br>{confidence}</figure>')
    plots.write_page("Cut-outs", title, "".join(parts), out)


# --- a coin and those most and least like it -------------------------------------------------------------------------

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


def make_pairs(coins: CoinSet, coin: str) -> Pairs:
    """Compare each side of a coin (its id) with all others of its face; the coins are read with a colour.

    Raises `NotEmbedded`.
    """
    rows: list[Row] = []
    notes: list[str] = []
    for face in FACES:
        here = coins.rows_with(face)
        own = coins.place.get(coin, -1)
        if own not in here:
            notes.append(f"{coin} has no {face} in the space {coins.space}")
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
        portrait, *found = dots(coins, np.array([own, *others[shown]]))
        alike = [Alike(dot, float(cosines[place])) for dot, place in zip(found, shown, strict=True)]
        rows.append(Row(face, portrait, alike[:SHOWN], alike[SHOWN:], len(others)))
    if not rows:
        raise NotEmbedded(f"{coin} has no vector in the space {coins.space}: run `coingraph embed` first")
    return Pairs(coins.space, coin, rows[0].own.type, rows, notes)


def draw_pairs(pairs: Pairs, out: Path) -> plots.Drawn:
    """Draw a coin and those most and least like it. Raises `BadOutput`."""
    plots.checked(out)
    title = f"{pairs.coin} ({pairs.type or 'no type'}) in {pairs.space}"
    (_pairs_as_page if plots.is_page(out) else _pairs_as_picture)(pairs, title, out)
    compared = ", ".join(f"{row.compared:,} {row.face}s" for row in pairs.rows)
    return plots.Drawn(out, f"{pairs.coin} against {compared} of {pairs.space}", pairs.notes, pairs.table())


def _pairs_as_picture(pairs: Pairs, title: str, out: Path) -> None:
    from matplotlib.figure import Figure

    with plots.styled():
        figure = Figure(figsize=(11, 0.5 + 2.2 * len(pairs.rows)), layout="constrained")
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
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


def _portrait(axes: "Axes", dot: Dot, face: Face, above: str, bold: bool = False) -> None:
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
    lines = [above, label_of(dot.coin, 22), *kind]
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


def _pairs_as_page(pairs: Pairs, title: str, out: Path) -> None:
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
    plots.write_page(title, f"cosines to {compared}", "".join(parts) + "</table>", out)


def _figure(dot: Dot, face: Face, head: str) -> str:
    source = plots.data_uri(dot.picture(face))
    picture = f'<img src="{source}" alt="{html.escape(dot.coin)}">' if source else '<div class="empty"></div>'
    caption = f"{html.escape(dot.coin)}<br>{html.escape(dot.type or 'no type')}"
    return f"<figure><b>{html.escape(head)}</b>{picture}<figcaption>{caption}</figcaption></figure>"
