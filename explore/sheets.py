"""Sheets of photographs: communities with their odd coins out, the coins of an answer, outlines of coins, a coin
between those most and least like it."""

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
from explore import formats, plots
from explore.colours import Dot, dots, label_of
from explore.tables import column
from explore.tables import shown as written
from ingest.files import whole
from ingest.images import BadImage, one_picture, open_coin
from ingest.outlines import find_outline
from ingest.records import FACES, Face, one_line
from measure.coinset import CoinSet, NotEmbedded
from measure.neighbours import rounded, unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from explore.tables import Answer
    from explore.tables import Row as AnswerRow
    from graph.overview import Member
    from graph.sides import OutlinedSide
    from pipeline.run import CommunitySummary, RunResult
    from queries.record import CoinEntry

    Legend = Sequence[tuple[str, str]]
    Tiles = Sequence[tuple[OutlinedSide, Image.Image | None]]

COLUMNS = 8
GAP = 8  # pixels between pictures

# --- communities ----------------------------------------------------------------------------------------------------

COMMUNITIES_SHOWN = 12
COINS_SHOWN = 16
CELL = 112  # pixels a side's picture takes, square
CAPTION = 32
TITLE = 58
MARGIN = 28
PAPER, FRAME = "#faf8f4", "#c0392b"
SURE, UNSURE = "#17a34a", "#e02424"


def contact_sheet(result: "RunResult", out: Path) -> Path:
    """Draw the largest communities of a run into one PNG at ``out``, their odd coins out last and framed.

    A picture that cannot be opened leaves an empty place.
    """
    shown = [(community, _shown(community)) for community in result.communities[:COMMUNITIES_SHOWN]]
    rows = [-(-len(coins) // COLUMNS) for _, coins in shown]
    coin_width, coin_height = 2 * CELL + GAP, CELL + CAPTION
    inner = COLUMNS * coin_width + (COLUMNS - 1) * 2 * GAP
    height = 2 * MARGIN + 48 + sum(TITLE + n * (coin_height + GAP) + GAP for n in rows)
    sheet = Image.new("RGB", (2 * MARGIN + inner, height), PAPER)
    pen = ImageDraw.Draw(sheet)
    heading = (
        f"{result.coins - result.alone} of {result.coins} coins in {len(result.communities)} communities, "
        f"by {result.went_by.name}" + (f"; the {len(shown)} largest" if len(shown) < len(result.communities) else "")
    )
    if any(community.odd for community, _ in shown):
        heading += "; framed: another type than most of its community"
    _write(pen, (MARGIN, MARGIN - 6), heading, inner, 26)
    y = MARGIN + 48
    for (community, coins), community_rows in zip(shown, rows, strict=True):
        pen.line((MARGIN, y, MARGIN + inner, y), plots.FAINT)
        title = f"Community {community.community.rsplit('/', 1)[-1]}: {len(community.coins)} coins"
        _write(pen, (MARGIN, y + 8), title, inner, 20)
        _write(pen, (MARGIN, y + 32), _subtitle(community, len(coins)), inner, 14, plots.FAINT)
        y += TITLE
        for i, coin in enumerate(coins):
            x = MARGIN + (i % COLUMNS) * (coin_width + 2 * GAP)
            frame = FRAME if coin.coin in community.odd else None
            sides, words = (coin.obverse, coin.reverse), (coin.coin, coin.type or "")
            _draw_sides(sheet, pen, sides, words, frame, x, y + (i // COLUMNS) * (coin_height + GAP))
        y += community_rows * (coin_height + GAP) + GAP
    return _save(sheet, out)


def _shown(community: "CommunitySummary") -> "list[Member]":
    """The coins that there is room for: the odd ones, after the most central of the others."""
    odd = [coin for coin in community.coins if coin.coin in community.odd][:COINS_SHOWN]
    others = [coin for coin in community.coins if coin.coin not in community.odd]
    return [*others[: COINS_SHOWN - len(odd)], *odd]


def _subtitle(community: "CommunitySummary", shown: int) -> str:
    text = "no coin of a catalogued type"
    if community.main_type is not None:
        own, of_all = (f"{share:.0%}".replace("%", " %") for share in (community.share, community.by_chance))
        text = f"{community.main_type}: {own} of its typed coins ({of_all} of all)"
    left_out = len(community.coins) - shown
    return text + (f"   (+ {left_out} more)" if left_out else "")


def _draw_sides(
    sheet: Image.Image,
    pen: ImageDraw.ImageDraw,
    sides: tuple[Path | None, Path | None],
    words: tuple[str, str],
    frame: str | None,
    x: int,
    y: int,
) -> None:
    """Both sides of a coin, obverse left, two lines under them, and a frame of a colour."""
    for i, path in enumerate(sides):
        left = x + i * (CELL + GAP)
        picture = plots.thumbnail(path, CELL)
        if picture is None:
            pen.ellipse((left + 12, y + 12, left + CELL - 12, y + CELL - 12), outline=plots.FAINT)
        else:
            _paste(sheet, picture, left, y, CELL)
    width = 2 * CELL + GAP
    if frame:
        pen.rectangle((x - 4, y - 4, x + width + 3, y + CELL + CAPTION), outline=frame, width=3)
    _write(pen, (x, y + CELL + 1), words[0], width, 12)
    _write(pen, (x, y + CELL + 14), words[1], width, 11, frame or plots.FAINT)


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


# --- an answer -------------------------------------------------------------------------------------------------------

#: What a frame says, and its colour.
FRAMES = {"doubtful": (FRAME, "the type is doubtful"), "proposed": ("#a23b9b", "no type; one is proposed")}
FRAMES |= {"person": (SURE, "a person decided the type")}


def coins_of(answer: "Answer") -> list[str]:
    """The ids of the coins that an answer names, each once."""
    return list(dict.fromkeys(coin for row in answer.rows for coin in _coins_of_row(row)))


def _coins_of_row(row: "AnswerRow") -> list[str]:
    named = [row[name] for name in row if column(name).shape == "coin"]
    each = [coin for value in named for coin in (value if isinstance(value, list) else [value])]
    return list(dict.fromkeys(coin for coin in each if coin))


def draw_answer(answer: "Answer", coins: "Sequence[CoinEntry]", title: str, out: Path) -> None:
    """Draw both sides of the coins of each row, those of a row beside each other, as PNG or as a page.

    Frames are explained at the top. Raises `BadOutput`.
    """
    formats.checked(out, formats.SHEET)
    known = {coin.coin: coin for coin in coins}
    groups = [[known[coin] for coin in _coins_of_row(row) if coin in known] for row in answer.rows]
    shown = [coin for group in groups for coin in group]
    kinds = [kind for kind in FRAMES if any(_frame(coin) == kind for coin in shown)]
    legend = [(FRAMES[kind][0], FRAMES[kind][1]) for kind in kinds]
    named = {coin.coin: coin.coin for coin in shown}
    named |= {row["coin"]: f"{row['coin']}  {likeness}" for row in answer.rows if (likeness := _likeness(row))}
    (_answer_as_page if plots.is_page(out) else _answer_as_picture)(title, legend, groups, named, out)


def _likeness(row: "AnswerRow") -> str:
    """How alike the sides of a row's one coin are to those asked about, in per cent of all pairs."""
    values = {short: row.get(f"{face}_percentile") for short, face in (("obv", "obverse"), ("rev", "reverse"))}
    known = [f"{short} {written(value, 'percentile')}" for short, value in values.items() if value is not None]
    return f"{'  '.join(known)} %" if known and len(_coins_of_row(row)) == 1 else ""


def _frame(coin: "CoinEntry") -> str | None:
    if coin.type is None:
        return "proposed" if coin.proposals else None
    return "person" if coin.source == "person" else "doubtful" if coin.doubtful else None


def _said_of(coin: "CoinEntry") -> str:
    return coin.type or (f"{coin.proposals[0].type}?" if coin.proposals else "no type")


def _answer_as_picture(
    title: str, legend: "Legend", groups: "Sequence[Sequence[CoinEntry]]", named: dict[str, str], out: Path
) -> None:
    coin_width, coin_height = 2 * CELL + GAP, CELL + CAPTION + 2 * GAP
    widest = max((len(group) for group in groups), default=1)
    across = max(COLUMNS // 2 // widest, 1)  # groups in a line
    inner = max(across * widest * (coin_width + 2 * GAP), 4 * coin_width)
    lines = -(-len(groups) // across)
    sheet = Image.new("RGB", (2 * MARGIN + inner, 2 * MARGIN + 64 + lines * coin_height), PAPER)
    pen = ImageDraw.Draw(sheet)
    _write(pen, (MARGIN, MARGIN - 6), title, inner, 20)
    x = MARGIN
    for colour, words in legend:
        pen.rectangle((x, MARGIN + 28, x + 18, MARGIN + 42), outline=colour, width=3)
        _write(pen, (x + 26, MARGIN + 27), words, inner, 14)
        x += 50 + int(pen.textlength(words, ImageFont.load_default(14)))
    for place, group in enumerate(groups):
        left = MARGIN + place % across * widest * (coin_width + 2 * GAP)
        top = MARGIN + 64 + place // across * coin_height
        for i, coin in enumerate(group):
            sides = (coin.pictures.get("obverse"), coin.pictures.get("reverse"))
            frame, said = _frame(coin), (named[coin.coin], _said_of(coin))
            framed = FRAMES[frame][0] if frame else None
            _draw_sides(sheet, pen, sides, said, framed, left + i * (coin_width + 2 * GAP), top)
    _save(sheet, out)


def _answer_as_page(
    title: str, legend: "Legend", groups: "Sequence[Sequence[CoinEntry]]", named: dict[str, str], out: Path
) -> None:
    parts = [f'<p><span style="border:3px solid {colour}">&emsp;</span> {words}</p>' for colour, words in legend]
    for group in groups:
        parts.append('<div style="display:inline-block;margin:6px;border-top:1px solid #ccc">')
        for coin in group:
            frame = _frame(coin)
            border = f"border:3px solid {FRAMES[frame][0]};" if frame else ""
            images = [plots.data_uri(path, OUTLINE_CELL) for path in map(coin.pictures.get, FACES)]
            shown = "".join(f'<img src="{image}" width="{CELL}">' for image in images if image)
            words = f"{html.escape(named[coin.coin])}<br>{html.escape(_said_of(coin))}"
            parts.append(f'<figure style="display:inline-block;margin:6px;{border}">{shown}<br>{words}</figure>')
        parts.append("</div>")
    plots.write_page(title, f"{sum(map(len, groups)):,} coins, obverse left", "".join(parts), out)


# --- outlines -------------------------------------------------------------------------------------------------------

OUTLINE_CELL = 180
AT_LEAST = 448  # pixels of the shorter side, as `coin-lite2` has photographs decoded: the same outline comes out


def draw_outlines(found: "Sequence[OutlinedSide]", most: int, out: Path) -> plots.Drawn:
    """Draw at most ``most`` photographs with their outlines, the least sure first, as PNG or HTML.

    Outlines that `embed` did not store are looked for now. Raises `BadOutput`.
    """
    formats.checked(out, formats.SHEET)
    with ThreadPoolExecutor() as pool:
        sides = list(pool.map(_outlined, found))
        sides.sort(key=lambda side: (side.outline.confidence if side.outline else -1, side.coin, side.face))
        tiles = list(zip(sides, pool.map(with_listener(_tile), sides[:most]), strict=False))
    unsure = sum(not side.sure for side in sides)
    title = f"{len(sides) - unsure:,} of {len(sides):,} coins cut out; {unsure:,} not sure, taken whole"
    (_outlines_as_page if plots.is_page(out) else _outlines_as_picture)(title, tiles, out)
    notes = []
    if missing := sum(side.outline is None for side in found):
        notes.append(
            f"{missing:,} outlines were found just now and are not kept: only embedding in a space that cuts coins out "
            "keeps them"
        )
    shows = f"{len(tiles):,} of {len(sides):,} photographs, the least sure first; {unsure:,} are not cut out"
    return plots.Drawn(out, shows, notes, [_outline_row(side) for side, _ in tiles])


def _outline_row(side: "OutlinedSide") -> dict[str, Any]:
    confidence = side.outline.confidence if side.outline else None
    return {"coin": side.coin, "face": side.face, "confidence": confidence, "cut_out": side.sure}


def _outlined(side: "OutlinedSide") -> "OutlinedSide":
    if side.outline is not None:
        return side
    try:
        with one_picture():
            return replace(side, outline=find_outline(open_coin(side.path, AT_LEAST)))
    except (BadImage, OSError):
        return side


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


def _outlines_as_picture(title: str, tiles: "Tiles", out: Path) -> None:
    rows = -(-len(tiles) // COLUMNS)
    width, height = OUTLINE_CELL + GAP, OUTLINE_CELL + CAPTION + GAP
    canvas = Image.new("RGB", (COLUMNS * width + GAP, rows * height + 44), "white")
    pen = ImageDraw.Draw(canvas)
    _write(pen, (GAP, 12), title, canvas.width - GAP, 18)
    for place, (side, tile) in enumerate(tiles):
        x, y = GAP + place % COLUMNS * width, 44 + place // COLUMNS * height
        if tile is not None:
            _paste(canvas, tile, x, y, OUTLINE_CELL)
        name, confidence = _caption(side)
        _write(pen, (x, y + OUTLINE_CELL + 2), name, width, 11)
        _write(pen, (x, y + OUTLINE_CELL + 16), confidence, width, 12, SURE if side.sure else UNSURE)
    _save(canvas, out)


def _outlines_as_page(title: str, tiles: "Tiles", out: Path) -> None:
    parts = []
    for side, tile in tiles:
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


Alike = tuple[Dot, float]  # a side and its cosine to the coin's own


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
            {"face": row.face, "alike": which, "coin": dot.coin, "cosine": cosine, "type": dot.type}
            for row in self.rows
            for which, some in (("most", row.most), ("least", row.least))
            for dot, cosine in some
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
        vector = unit(vectors[[own]])[0].astype(np.float64)
        cosines = np.empty(len(others))
        for start in range(0, len(others), PAGE):
            some = unit(vectors[others[start : start + PAGE]])
            cosines[start : start + PAGE] = rounded(some.astype(np.float64) @ vector)
        # Sorted by id already, so equal cosines keep that order.
        order = np.argsort(-cosines, kind="stable")
        shown = [*order[:SHOWN], *order[SHOWN:][-SHOWN:]]
        portrait, *found = dots(coins, np.array([own, *others[shown]]))
        alike = list(zip(found, cosines[shown].tolist(), strict=True))
        rows.append(Row(face, portrait, alike[:SHOWN], alike[SHOWN:], len(others)))
    if not rows:
        raise NotEmbedded(f"{coin} has no vector in the space {coins.space}", space=coins.space)
    return Pairs(coins.space, coin, rows[0].own.type, rows, notes)


def draw_pairs(pairs: Pairs, out: Path) -> plots.Drawn:
    """Draw a coin and those most and least like it. Raises `BadOutput`."""
    formats.checked(out)
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
                for axes, (dot, cosine) in zip(columns[first:], some, strict=False):
                    _portrait(axes, dot, row.face, f"{cosine:.4f}")
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
            cells = [_figure(dot, row.face, f"{cosine:.4f}") for dot, cosine in some]
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
