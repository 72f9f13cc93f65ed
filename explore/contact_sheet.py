"""A contact sheet: communities one below the other, each coin by both its sides, the odd coin out framed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from explore.plots import thumbnail, whole
from ingest.records import one_line

CELL = 112  # pixels a side's picture takes, square
GAP = 8
CAPTION = 32
TITLE = 58
COLUMNS = 8
MARGIN = 28

PAPER, INK, FAINT, FRAME = "#faf8f4", "#22201c", "#8a857b", "#c0392b"


@dataclass(frozen=True)
class Portrait:
    """One coin on the sheet. A missing side is None; ``odd`` frames the coin, ``note`` says why."""

    caption: str
    obverse: Path | None
    reverse: Path | None
    odd: bool = False
    note: str = ""


@dataclass(frozen=True)
class Group:
    """A community on the sheet; ``more`` is the number of its coins that are left out."""

    title: str
    subtitle: str
    coins: Sequence[Portrait]
    more: int = 0


def contact_sheet(groups: Sequence[Group], heading: str, out: Path) -> Path:
    """Draw the groups into one PNG at ``out``. A picture that cannot be opened leaves an empty place."""
    rows = [-(-len(group.coins) // COLUMNS) for group in groups]
    coin_width, coin_height = 2 * CELL + GAP, CELL + CAPTION
    width = 2 * MARGIN + COLUMNS * coin_width + (COLUMNS - 1) * 2 * GAP
    height = 2 * MARGIN + 48 + sum(TITLE + n * (coin_height + GAP) + GAP for n in rows)
    sheet = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((MARGIN, MARGIN - 6), _fitting(draw, heading, width - 2 * MARGIN, 26), INK, _font(26))
    y = MARGIN + 48
    for group, group_rows in zip(groups, rows, strict=True):
        draw.line((MARGIN, y, width - MARGIN, y), FAINT)
        draw.text((MARGIN, y + 8), _fitting(draw, group.title, width - 2 * MARGIN, 20), INK, _font(20))
        more = f"   (+ {group.more} more)" if group.more else ""
        draw.text((MARGIN, y + 32), _fitting(draw, group.subtitle + more, width - 2 * MARGIN, 14), FAINT, _font(14))
        y += TITLE
        for i, coin in enumerate(group.coins):
            x = MARGIN + (i % COLUMNS) * (coin_width + 2 * GAP)
            _draw_coin(sheet, draw, coin, x, y + (i // COLUMNS) * (coin_height + GAP))
        y += group_rows * (coin_height + GAP) + GAP
    out.parent.mkdir(parents=True, exist_ok=True)
    with whole(out) as unfinished:
        sheet.save(unfinished, "PNG", optimize=True)
    return out


def _draw_coin(sheet: Image.Image, draw: ImageDraw.ImageDraw, coin: Portrait, x: int, y: int) -> None:
    for i, path in enumerate((coin.obverse, coin.reverse)):
        place = (x + i * (CELL + GAP), y)
        picture = thumbnail(path, CELL)
        if picture is None:
            box = (place[0] + 12, place[1] + 12, place[0] + CELL - 12, place[1] + CELL - 12)
            draw.ellipse(box, outline=FAINT)
        else:
            corner = (place[0] + (CELL - picture.width) // 2, place[1] + (CELL - picture.height) // 2)
            sheet.paste(picture, corner)
    width = 2 * CELL + GAP
    if coin.odd:
        draw.rectangle((x - 4, y - 4, x + width + 3, y + CELL + CAPTION), outline=FRAME, width=3)
    draw.text((x, y + CELL + 1), _fitting(draw, coin.caption, width, 12), INK, _font(12))
    if coin.note:
        draw.text((x, y + CELL + 14), _fitting(draw, coin.note, width, 11), FRAME if coin.odd else FAINT, _font(11))


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _fitting(draw: ImageDraw.ImageDraw, text: str, width: int, size: int) -> str:
    """``text`` on one line, shortened until it fits ``width`` pixels."""
    text = one_line(text)
    if draw.textlength(text, _font(size)) <= width:
        return text
    while text and draw.textlength(text + "…", _font(size)) > width:
        text = text[:-1]
    return text + "…"
