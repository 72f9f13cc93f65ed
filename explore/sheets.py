"""A contact sheet of photographs with the outlines that coins are cut out by, the least sure first."""

import html
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from errors import with_listener
from explore import plots
from graph.connection import Database
from graph.sides import OutlinedSide, outlined_sides
from graph.store import find_collection
from graph.vector_files import whole
from ingest.images import BadImage, one_picture, open_coin
from ingest.outlines import find_outline
from queries.lookup import find_coin

FORMATS = (".png", ".html")
CELL, CAPTION, COLUMNS, GAP = 180, 32, 8, 8  # pixels of a picture and what is written below it
SURE, UNSURE = "#17a34a", "#e02424"
AT_LEAST = 448  # pixels of the shorter side, as `coin-lite2` has photographs decoded: the same outline comes out


@dataclass(frozen=True)
class Sheet:
    """The sides to be drawn, the least sure first, and of how many in all; ``unsure`` counts among all of them."""

    sides: Sequence[OutlinedSide]
    of: int
    unsure: int
    notes: Sequence[str]

    def table(self) -> list[dict[str, Any]]:
        return [
            {
                "coin": side.coin,
                "face": side.face,
                "confidence": side.outline.confidence if side.outline else None,
                "cut_out": bool(side.outline and side.outline.sure),
            }
            for side in self.sides
        ]


def checked(out: Path) -> Path:
    """``out``, where its ending is one of `FORMATS`. Raises `plots.BadOutput`."""
    if out.suffix.lower() not in FORMATS or out.is_dir():
        raise plots.BadOutput(f"{out}: name a file that ends in .png or .html (a page that opens offline)")
    out.parent.mkdir(parents=True, exist_ok=True)
    return out


def make_sheet(db: Database, coin: str | None = None, collection: str | None = None, most: int = 120) -> Sheet:
    """The sides of a coin (an id, a name or the end of an id), of a collection, or of all; at most ``most`` of them.

    Outlines that `embed` did not store are looked for now. Raises `UnknownCoin`, `AmbiguousCoin`, `NoCollection`.
    """
    if collection:
        find_collection(db, collection)
    sides = outlined_sides(db, collection, find_coin(db, coin) if coin else None)
    notes = []
    missing = [place for place, side in enumerate(sides) if side.outline is None]
    if missing:
        with ThreadPoolExecutor() as pool:
            for place, side in zip(missing, pool.map(_looked_at, [sides[place] for place in missing]), strict=True):
                sides[place] = side
        notes.append(
            f"{len(missing):,} outlines were looked for just now; "
            "`coingraph embed` of a space that cuts coins out keeps them"
        )
    sides.sort(key=lambda side: (side.outline.confidence if side.outline else -1, side.coin, side.face))
    unsure = sum(not (side.outline and side.outline.sure) for side in sides)
    return Sheet(sides[:most], len(sides), unsure, notes)


def _looked_at(side: OutlinedSide) -> OutlinedSide:
    try:
        with one_picture():
            return replace(side, outline=find_outline(open_coin(side.path, AT_LEAST)))
    except (BadImage, OSError):
        return side


def draw(sheet: Sheet, out: Path) -> plots.Drawn:
    """The sheet as a picture, or as a page whose pictures have their coin and confidence under the mouse."""
    with ThreadPoolExecutor() as pool:
        tiles = list(pool.map(with_listener(_tile), sheet.sides))
    title = f"{sheet.of - sheet.unsure:,} of {sheet.of:,} coins cut out; {sheet.unsure:,} not sure, taken whole"
    (_as_page if out.suffix.lower() == ".html" else _as_picture)(title, sheet, tiles, out)
    shows = f"{len(sheet.sides):,} of {sheet.of:,} photographs, the least sure first; {sheet.unsure:,} are not cut out"
    return plots.Drawn(out, shows, sheet.notes, sheet.table())


def _tile(side: OutlinedSide) -> Image.Image | None:
    """The photograph, small, with its outline."""
    picture = plots.thumbnail(side.path, CELL)
    if picture is not None and side.outline is not None:
        line = [tuple(point) for point in side.outline.resized(picture.size).polygon.tolist()]
        ImageDraw.Draw(picture).line([*line, line[0]], SURE if side.outline.sure else UNSURE, 2)
    return picture


def _caption(side: OutlinedSide) -> tuple[str, str]:
    confidence = f"{side.outline.confidence:.3f}" if side.outline else "cannot be read"
    return plots.label_of(f"{side.coin} {side.face[:3]}", 28), confidence


def _as_picture(title: str, sheet: Sheet, tiles: Sequence[Image.Image | None], out: Path) -> None:
    rows = -(-len(tiles) // COLUMNS)
    width, height = CELL + GAP, CELL + CAPTION + GAP
    canvas = Image.new("RGB", (COLUMNS * width + GAP, rows * height + 44), "white")
    pen = ImageDraw.Draw(canvas)
    pen.text((GAP, 12), title, plots.INK, ImageFont.load_default(18))
    for place, (side, tile) in enumerate(zip(sheet.sides, tiles, strict=True)):
        x, y = GAP + place % COLUMNS * width, 44 + place // COLUMNS * height
        if tile is not None:
            canvas.paste(tile, (x + (CELL - tile.width) // 2, y + (CELL - tile.height) // 2))
        name, confidence = _caption(side)
        sure = side.outline is not None and side.outline.sure
        pen.text((x, y + CELL + 2), name, plots.INK, ImageFont.load_default(11))
        pen.text((x, y + CELL + 16), confidence, SURE if sure else UNSURE, ImageFont.load_default(12))
    with whole(out) as unfinished:
        canvas.save(unfinished, "PNG")


def _as_page(title: str, sheet: Sheet, tiles: Sequence[Image.Image | None], out: Path) -> None:
    parts = []
    for side, tile in zip(sheet.sides, tiles, strict=True):
        name, confidence = _caption(side)
        image = f'<img src="{plots.jpeg_uri(tile)}">' if tile else ""
        words = f"{html.escape(name)}<br>{confidence}"
        parts.append(f'<figure style="display:inline-block;margin:6px;width:{CELL}px">{image}<br>{words}</figure>')
    plots.write_page("Cut-outs", title, "".join(parts), out)
