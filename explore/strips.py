"""The unwrapped rims of a type under each other, each with the letters that were seen, where they were seen."""

import html
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from embed.legends.compare import SURE
from embed.legends.strip import LIMIT
from explore import formats, plots
from ingest.files import whole
from ingest.records import one_line

if TYPE_CHECKING:
    from pipeline.strips import ReadStrip, Strips

SCALE = 1.5  # pixels of the picture in one of a strip
BAND, HEAD, GAP, TOP = 24, 20, 10, 40  # pixels: letters below a strip, its caption, between strips, the title
SEEN, GUESSED = "#0b6e3a", "#b0752a"


def draw(found: "Strips", out: Path) -> plots.Drawn:
    """Draw strips as PNG or HTML. Letters stand below where they were seen: green if sure, brown and small if not.

    Raises `BadOutput`.
    """
    formats.checked(out, formats.SHEET)
    number = len(found.strips)
    title = f"{found.kind}, {found.face}s: {number:,} of {found.of:,} rims, clockwise from the lower left"
    tiles = [(_caption(one), _tile(one)) for one in found.strips]
    (_as_page if plots.is_page(out) else _as_picture)(title, tiles, out)
    notes = [f"skipping {one.path}: {one.reason}" for one in found.skipped]
    return plots.Drawn(out, title, notes, [_row(found, one) for one in found.strips])


def _row(found: "Strips", one: "ReadStrip") -> dict[str, Any]:
    sure = sum(probability > SURE for probability in one.legend.confidence)
    read = {"read": one.legend.text, "sure letters": sure, "recorded": one.recorded}
    return {"coin": one.coin, "side": found.face} | read


def _caption(one: "ReadStrip") -> str:
    recorded = f", recorded as {one.recorded}" if one.recorded else ""
    return one_line(f"{one.coin}: {one.legend.text or 'nothing'}{recorded}")


def _tile(one: "ReadStrip") -> Image.Image:
    """A strip with its letters in a band below."""
    grey = np.round(127.5 * (1 + one.strip / LIMIT)).astype(np.uint8)
    rows, columns = grey.shape
    rim = Image.fromarray(grey).resize((round(columns * SCALE), round(rows * SCALE)), Image.Resampling.BICUBIC)
    tile = Image.new("RGB", (rim.width, rim.height + BAND), "white")
    tile.paste(rim, (0, 0))
    pen = ImageDraw.Draw(tile)
    for letter, probability, place in zip(one.legend.text, one.legend.confidence, one.legend.places, strict=True):
        sure = probability > SURE
        at = (place * tile.width, tile.height - BAND / 2)
        pen.text(at, letter, SEEN if sure else GUESSED, ImageFont.load_default(20 if sure else 14), anchor="mm")
    return tile


def _as_picture(title: str, tiles: list[tuple[str, Image.Image]], out: Path) -> None:
    width = max(tile.width for _, tile in tiles) if tiles else 400
    height = sum(HEAD + tile.height + GAP for _, tile in tiles)
    canvas = Image.new("RGB", (width + 2 * GAP, TOP + height), "white")
    pen = ImageDraw.Draw(canvas)
    pen.text((GAP, 10), one_line(title), plots.INK, ImageFont.load_default(18))
    y = TOP
    for caption, tile in tiles:
        pen.text((GAP, y), caption, plots.INK, ImageFont.load_default(13))
        canvas.paste(tile, (GAP, y + HEAD))
        y += HEAD + tile.height + GAP
    with whole(out) as unfinished:
        canvas.save(unfinished, "PNG", optimize=True)


def _as_page(title: str, tiles: list[tuple[str, Image.Image]], out: Path) -> None:
    figures = [
        f'<figure style="margin:12px 0">{html.escape(caption)}<br><img src="{plots.jpeg_uri(tile)}"></figure>'
        for caption, tile in tiles
    ]
    plots.write_page("Legends", title, "".join(figures), out)
