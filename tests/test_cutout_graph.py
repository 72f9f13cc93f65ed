"""Outlines on the sides of the graph, and the sheet that shows them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image, ImageDraw

from cli import main
from graph.connection import Database
from graph.matches import read_photographs
from graph.sides import count_outlines, outlined_sides, store_outlines
from graph.spaces import find_space
from ingest.outlines import Outline
from pipeline.add import add
from pipeline.embed import embed
from pipeline.ingest import ingest
from pipeline.link import link
from queries.vectors import of_picture


def coingraph(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def coin(file: Path, box: tuple[int, int, int, int], size: tuple[int, int] = (1500, 1000)) -> None:
    """A photograph of a coin with some relief, 1,500 pixels wide: embedding reads it smaller than it is."""
    picture, mask = Image.new("RGB", size, "white"), Image.new("L", size)
    ImageDraw.Draw(mask).ellipse(box, fill=255)
    relief = np.random.default_rng(1).integers(60, 160, (size[1] // 20, size[0] // 20)).astype(np.uint8)
    picture.paste(Image.fromarray(relief).resize(size).convert("RGB"), mask=mask)
    file.parent.mkdir(exist_ok=True)
    picture.save(file, quality=90)


BOX = (300, 200, 900, 800)


@pytest.fixture
def museum(db: Database, tmp_path: Path) -> Path:
    """Three coins, one of them photographed out of focus beyond hope."""
    folder = tmp_path / "photographs"
    coin(folder / "A1_obv.jpg", BOX)
    coin(folder / "A2_obv.jpg", (500, 300, 1000, 800))
    noise = np.random.default_rng(2).integers(0, 256, (90, 120, 3)).astype(np.uint8)
    Image.fromarray(noise).save(folder / "A3_obv.jpg")
    ingest(db, folder, "museum")
    return folder


@pytest.fixture
def embedded(db: Database, museum: Path) -> Result:
    return coingraph("embed")


def test_embedding_keeps_the_outlines_in_pixels_of_the_photograph(db: Database, embedded: Result) -> None:
    sides = {side.coin: side.outline for side in outlined_sides(db)}
    first = sides["museum/A1"]
    assert first and first.sure and first.size == (1500, 1000)
    assert first.polygon.min(0) == pytest.approx(BOX[:2], abs=6)
    assert first.polygon.max(0) == pytest.approx(BOX[2:], abs=6)


@pytest.mark.long
def test_what_is_not_sure_is_counted_and_said(db: Database, embedded: Result) -> None:
    assert "1 were taken whole, because where the coin ends is not sure" in embedded.stdout
    counted = count_outlines(db, "museum")
    assert (counted.found, counted.sure) == (3, 2)
    assert coingraph("status", "--json").exit_code == 0
    said = json.loads(coingraph("status", "--json").stdout)
    assert (said["outlines"], said["sure_outlines"]) == (3, 2)


@pytest.mark.long
def test_a_changed_photograph_gets_its_outline_anew(db: Database, museum: Path, embedded: Result) -> None:
    coin(museum / "A3_obv.jpg", BOX)
    ingest(db, museum, "museum")
    assert count_outlines(db).found == 2
    embed(db)
    assert count_outlines(db).sure == 3


@pytest.mark.long
def test_the_sheet_begins_with_the_least_sure(db: Database, embedded: Result, tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    result = coingraph("plot", "cutout", "--collection", "museum", "--out", str(out), "--json")
    rows = json.loads(result.stdout)
    assert [row["cut_out"] for row in rows] == [False, True, True]
    assert rows[0]["coin"] == "museum/A3"
    assert "3 of 3 photographs, the least sure first; 1 are not cut out" in result.stderr
    with Image.open(out) as sheet:
        colours = {colour for _, colour in sheet.convert("RGB").getcolors(1 << 20) or []}
    assert (23, 163, 74) in colours and (224, 36, 36) in colours


def test_the_sheet_of_one_coin_that_was_not_embedded(museum: Path, tmp_path: Path) -> None:
    out = tmp_path / "A1.html"
    result = coingraph("plot", "cutout", "A1", "--out", str(out))
    assert "1 outlines were found just now" in result.stderr
    assert "data:image/jpeg" in out.read_text()


def test_other_formats_are_refused(tmp_path: Path) -> None:
    result = coingraph("plot", "cutout", "--out", str(tmp_path / "sheet.svg"))
    assert result.exit_code == 2
    assert "a plot is .png or .html" in result.stderr


def test_an_outline_without_a_coin_is_stored_as_unsure(db: Database, museum: Path) -> None:
    whole = Outline(np.array([[0, 0], [120, 0], [120, 90], [0, 90]], np.float32), (120, 90), 0.0)
    store_outlines(db, ["museum/A3/obverse", "museum/A1/obverse"], ["x", "y"], [whole, None])
    row = db.read("MATCH (s:Side {id: 'museum/A3/obverse'}) RETURN s.outline AS o, s.outline_confidence AS c")[0]
    assert sorted(row["o"]) == [0, 0, 0, 0, 90, 90, 120, 120]
    assert row["c"] == 0


@pytest.mark.long
def test_an_outline_that_a_person_drew_is_embedded_compared_and_stays(
    db: Database, museum: Path, embedded: Result, tmp_path: Path
) -> None:
    space = find_space(db)
    link(db, space=space.slug)
    coin(tmp_path / "new.jpg", (320, 210, 900, 790))
    half = Outline.drawn([(0.2, 0.2), (0.4, 0.2), (0.4, 0.8), (0.2, 0.8)], (1500, 1000))
    added = add(db, tmp_path / "new.jpg", collection="museum", name="A9", author="M. R.", outlines={"obverse": half})

    def stored() -> tuple[Any, ...]:
        side = db.read("MATCH (s:Side {id: $id}) RETURN s", id=f"{added.coin}/obverse")[0]["s"]
        return side["outline_by"], side["outline"], side[f"vector_{space.slug}"]

    by, outline, vector = stored()
    assert (by, outline) == ("M. R.", [300, 200, 600, 200, 600, 800, 300, 800])
    drawn, found = (of_picture(db, space, tmp_path / "new.jpg", one) for one in (half, None))
    assert vector == pytest.approx(drawn, abs=1e-4) and vector != pytest.approx(found, abs=1e-2)
    seen = read_photographs(db, "obverse")[f"{added.coin}/obverse"].outline_at((150, 100))
    assert seen and seen.sure and seen.to_list() == [30, 20, 60, 20, 60, 80, 30, 80]  # what `match` and `dies` cut out
    embed(db, space=space.name, refit=True)
    assert stored()[:2] == (by, outline)
