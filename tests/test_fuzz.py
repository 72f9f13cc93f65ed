"""Damaged pictures and tables: none ends in a traceback, and none changes a coin that it does not name.

``make test`` tries a few of each, always the same; ``make fuzz`` tries 500 pictures and 200 tables, others each time.
"""

import io
import os
import random
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from test_kill import snapshot_of

from embed.loader import read
from embed.models import ImageModel
from embed.registry import load_model
from errors import CoingraphError
from graph.connection import Database
from ingest.images import BadImage
from ingest.read import read_collection
from ingest.records import Photograph, Reading
from pipeline.ingest import ingest

LONG = bool(os.environ.get("COINGRAPH_FUZZ"))
PICTURES, TABLES, STORED = (500, 200, 40) if LONG else (10, 20, 2)


def often(examples: int) -> settings:
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=examples, deadline=None, derandomize=not LONG, suppress_health_check=checks)


# Pictures


def encoded(kind: str, mode: str, size: tuple[int, int]) -> bytes:
    """A picture of noise with a coin in it, in a file format."""
    noise = np.random.default_rng(size[0]).integers(0, 255, (*reversed(size), 3)).astype(np.uint8)
    picture = Image.fromarray(noise).convert("L" if mode.startswith("I") else mode)
    file = io.BytesIO()
    picture.convert(mode).save(file, kind)
    return file.getvalue()


FORMATS = [
    ("JPEG", "RGB"),
    ("JPEG", "CMYK"),
    ("JPEG", "L"),
    ("PNG", "RGBA"),
    ("PNG", "I;16"),
    ("PNG", "P"),
    ("TIFF", "RGB"),
    ("TIFF", "LAB"),
    ("TIFF", "F"),
    ("WEBP", "RGBA"),
    ("GIF", "P"),
    ("BMP", "RGB"),
]
SIZES = [(64, 60), (300, 240), (1000, 3), (3, 900), (1, 1), (17, 16), (41, 400)]
PLACES = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=40)


@st.composite
def damaged_pictures(draw: st.DrawFn) -> tuple[str, bytes]:
    """The ending of a file and its content: whole, cut off, with bytes changed, put in or left out, or of two files."""
    (kind, mode), size = draw(st.sampled_from(FORMATS)), draw(st.sampled_from(SIZES))
    content = bytearray(encoded(kind, mode, size))
    header = draw(st.booleans())  # damage at the beginning does most
    for place, byte in draw(PLACES):
        content[int(place * (min(len(content), 400) if header else len(content)))] = byte
    how = draw(st.sampled_from(["whole", "cut", "more", "less", "two"]))
    at = int(draw(st.floats(0, 1)) * len(content))
    if how == "cut":
        del content[at:]
    elif how == "more":
        content[at:at] = draw(st.binary(max_size=300))
    elif how == "less":
        del content[at : at + draw(st.integers(1, 200))]
    elif how == "two":
        content[at:] = encoded(*draw(st.sampled_from(FORMATS)), size)[at:]
    return draw(st.sampled_from([".jpg", ".png", ".tif", ".webp", ".heic", ".JPG", ".gif"])), bytes(content)


@pytest.fixture(scope="module")
def model() -> ImageModel:
    """One that cuts coins out; its network is not asked."""
    return load_model("coin-lite0", None, "cpu")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three coins with both sides, and no table."""
    folder = tmp_path_factory.mktemp("three")
    for number, name in enumerate(f"K{coin}_{side}.png" for coin in (1, 2, 3) for side in ("obv", "rev")):
        noise = np.random.default_rng(number).integers(0, 255, (50, 40, 3)).astype(np.uint8)
        Image.fromarray(noise).save(folder / name)
    return folder


def coins_of(reading: Reading) -> dict[str, tuple[Any, ...]]:
    return {coin.name: (coin.type, coin.properties, coin.sides) for coin in reading.coins}


@cache
def _read_once(folder: Path) -> dict[str, tuple[Any, ...]]:
    return coins_of(read_collection(folder, "c"))


@often(PICTURES)
@given(damaged=damaged_pictures())
def test_a_damaged_picture_is_read_or_named(
    damaged: tuple[str, bytes], three: Path, model: ImageModel, tmp_path: Path
) -> None:
    expected = _read_once(three)
    ending, content = damaged
    victim = three / f"Q_obv{ending}"
    victim.write_bytes(content)
    try:
        found = read_collection(three, "c")
        cut = read_collection(three, "c", split=tmp_path / "split", dry_run=True)
        sides = [side for coin in found.coins if coin.name == "Q" for side in coin.sides.values()]
        for side in sides:
            try:
                prepared, _ = read(Photograph("c/Q/obverse", side.path, side.sha256), model)
                assert prepared.dtype == np.uint8 and prepared.ndim == 3
            except BadImage:
                pass
    finally:
        victim.unlink()
    assert {name: coin for name, coin in coins_of(found).items() if not name.startswith("Q")} == expected
    named = [*found.skipped, *found.misfits]
    assert sides or not content or any("Q_obv" in str(skip) for skip in named), "passed over in silence"
    assert {"K1", "K2", "K3"} <= {coin.name for coin in cut.coins}


# Tables

ROWS = [
    ["K1", "Boar", "3,45", "18 mm", "120-100 v. Chr.", "Mainz"],
    ["K2", "Wheel; small", "3.1 g", "17", "AD 97/98", "Trier"],
    ["K3", 'Head "left"', "n/a", "1.9 cm", "IIe s. av. J.-C.", "Łódź"],
    ["Z9", "Boar", "2.9", "", "?", "unbekannt"],
]
HEADINGS = ["Nr", "Typ", "Gewicht (g)", "Durchmesser", "Datierung", "Münzstätte"]
CELLS = st.one_of(st.text(max_size=30), st.sampled_from(["K1", "k 2", "0", "-", "=1+1", "\0", "1e400", "2" * 400]))


@st.composite
def damaged_tables(draw: st.DrawFn) -> bytes:
    """A table in an encoding, with cells, rows and headings changed, doubled or left out, and characters changed."""
    headings, rows = list(HEADINGS), [list(row) for row in ROWS]
    for row, column, cell in draw(st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 5), CELLS), max_size=6)):
        (headings if row < 0 else rows[row])[column] = cell
    random.Random(draw(st.integers(0, 99))).shuffle(rows)
    rows += draw(st.lists(st.sampled_from(ROWS), max_size=2))
    lines = [headings, *rows][draw(st.integers(0, 1)) :]
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"]))
    quote = draw(st.sampled_from(['"', ""]))
    text = draw(st.sampled_from(["\n", "\r\n", "\r"])).join(
        delimiter.join(f"{quote}{cell.replace(quote, quote * 2) if quote else cell}{quote}" for cell in line)
        for line in lines
    )
    content = bytearray(
        text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1250", "cp1252"])), "replace")
    )
    for place, byte in draw(PLACES):
        if content:
            content[int(place * len(content))] = byte
    return bytes(content[: int(draw(st.sampled_from([1.0, 1.0, 0.7, 0.1])) * len(content))])


def says(content: bytes, name: str) -> bool:
    """Whether a table may speak of a coin: its name stands in it in some encoding, spaces and case aside."""
    texts = [content.decode(encoding, "ignore") for encoding in ("utf-8", "utf-16-le", "utf-16-be", "cp1252", "cp1250")]
    return any(name.casefold() in "".join(c for c in text if c.isalnum()).casefold() for text in texts)


@often(TABLES)
@given(content=damaged_tables())
def test_a_damaged_table_is_read_or_refused_and_speaks_of_no_other_coin(content: bytes, three: Path) -> None:
    table = three / "coins.csv"
    table.write_bytes(content)
    try:
        found = coins_of(read_collection(three, "c"))
    except CoingraphError as refused:
        assert str(refused)
        return
    finally:
        table.unlink()
    for name, (kind, properties, sides) in found.items():
        assert len(sides) == 2
        if not says(content, name):
            assert not kind and not properties, f"{name} is not named in the table"


@often(STORED)
@given(content=damaged_tables())
def test_a_damaged_table_changes_no_coin_in_the_graph_that_it_does_not_name(
    content: bytes, three: Path, db: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "coins"
    if not folder.exists():
        shutil.copytree(three, folder)
    good = ",".join(HEADINGS) + "".join("\n" + ",".join(f'"{cell}"' for cell in row[:1] + ["x"] * 5) for row in ROWS)
    table = folder / "coins.csv"
    table.write_text(good)
    ingest(db, folder, "c", confirm=lambda _: True)
    before, coins = snapshot_of(db), {row["id"]: row for row in db.read(COINS)}
    table.write_bytes(content)
    try:
        ingest(db, folder, "c")  # nobody says yes to removals
    except CoingraphError:
        assert snapshot_of(db) == before
        return
    for row in db.read(COINS):
        assert row == coins[row["id"]] or says(content, row["id"][2:]), row


COINS = """
MATCH (c:Coin) RETURN c.id AS id, properties(c) AS properties,
  COLLECT { MATCH (c)-[r]->(n) WHERE NOT n:Collection RETURN [type(r), coalesce(n.id, n.name)] ORDER BY n.name } AS near
"""
