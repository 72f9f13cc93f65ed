"""`dies` on photographs: dies of a sample hoard found, a later run that costs new pairs only, the chart."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import cli
from dies.groups import agreement
from dies.match import coin_square
from dies.places import NOTHING, Evidence, evidence, laid
from dies.registration import FINE, Relief, bank, register
from graph.connection import Database
from hoard import HoardTruth, make_hoard, read_truth
from ingest.images import open_picture
from pipeline.dies import NoDies, dies
from pipeline.embed import embed
from pipeline.ingest import ingest

GROUPS = "MATCH (d:Die)-[:IN]->(:DieStudy {face: 'obverse'}) RETURN [(s)-[:STRUCK_FROM]->(d) | s.id] AS sides"
LEFT = """
MATCH (d:Die) OPTIONAL MATCH (d)-[l:DIE_LINK]->(e) WITH d, collect([e.id, l.coins]) AS links
RETURN d.id AS id, d.chain AS chain, d.size AS size, links ORDER BY id
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> HoardTruth:
    """Eighteen easy coins of two types: five or so of a die."""
    return make_hoard(tmp_path_factory.mktemp("small"), coins=18, types=2, seed=7, difficulty="easy")


def die_of(truth: HoardTruth, face: str) -> dict[str, str]:
    return {f"small/{coin['id']}/{face}": coin[f"{face}_die"] for coin in truth.entries()}


@pytest.fixture(scope="module")
def reliefs(small: HoardTruth) -> dict[str, Relief]:
    return {
        coin["id"]: Relief.of(*coin_square(open_picture(small.folder / coin["sides"]["obverse"]["file"])))
        for coin in read_truth(small.folder)["coins"]
    }


@pytest.mark.long
def test_a_coin_lies_on_itself_place_by_place(reliefs: dict[str, Relief]) -> None:
    one = reliefs["SH-0001"]
    found = register(bank(one), one, one)
    assert found.likeness.min() > 0.99 and found.off.max() < 0.1
    assert found.transform == pytest.approx(np.eye(2, 3), abs=0.05)
    assert evidence(found, one).close == 1 and evidence(found, one).places > 40


def test_a_coin_photographed_from_aside_lies_on_itself(small: HoardTruth, reliefs: dict[str, Relief]) -> None:
    picture = open_picture(small.folder / small.entries()[0]["sides"]["obverse"]["file"])
    aside = picture.resize((round(0.94 * picture.width), picture.height))  # by twenty degrees
    one, two = reliefs["SH-0001"], Relief.of(*coin_square(aside))
    assert laid(bank(one), one, two).close > 0.9


def test_a_packed_relief_says_the_same(small: HoardTruth, reliefs: dict[str, Relief]) -> None:
    one, two = reliefs["SH-0001"], reliefs["SH-0002"]
    assert one.fine.shape == (FINE, FINE)
    packed = Relief.unpacked(one.packed()), Relief.unpacked(two.packed())
    plain = laid(bank(one), one, two).likeness
    assert laid(bank(packed[0]), *packed).likeness == pytest.approx(plain, abs=1)


def test_two_pictures_that_show_nothing_agree_nowhere() -> None:
    blank = Relief.of(*coin_square(Image.new("RGB", (300, 300), "grey")))
    assert laid(bank(blank), blank, blank) == Evidence(NOTHING, 0.0, 0)


def test_a_mirrored_relief_is_that_of_the_mirrored_picture(small: HoardTruth) -> None:
    grey, inside = coin_square(open_picture(small.folder / small.entries()[0]["sides"]["obverse"]["file"]))
    mirrored, of_mirrored = Relief.of(grey, inside).mirrored(), Relief.of(grey[:, ::-1], inside[:, ::-1])
    assert abs(mirrored.fine - of_mirrored.fine).mean() < 0.02


@pytest.fixture
def studied(db: Database, small: HoardTruth) -> Iterator[Database]:
    ingest(db, small.folder, "small", metadata=small.folder / "coins.csv")
    embed(db, space="test-pixels")
    yield db


@pytest.mark.long
def test_dies_finds_the_dies_and_again_changes_nothing(
    studied: Database, small: HoardTruth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COINGRAPH_HOME", str(tmp_path / "home"))
    done = CliRunner().invoke(cli.main, ["dies", "--face", "obverse", "--json"])
    assert done.exit_code == 0, done.output
    study = json.loads(done.stdout)
    assert study["faces"]["obverse"]["new_pairs"] == 18 * 17 // 2
    found = agreement([row["sides"] for row in studied.read(GROUPS)], die_of(small, "obverse"))
    assert found.pairs_true > 30 and found.precision >= 0.95 and found.recall >= 0.85
    left = studied.read(LEFT), studied.read("MATCH ()-[e:SAME_DIE]->() RETURN count(e) AS n, sum(e.evidence) AS sum")
    again = dies(studied, face="obverse")
    assert again.faces[0].new == 0
    same_die = studied.read("MATCH ()-[e:SAME_DIE]->() RETURN count(e) AS n, sum(e.evidence) AS sum")
    assert (studied.read(LEFT), same_die) == left
    _a_changed_photograph_is_registered_anew(studied, small, tmp_path)


def _a_changed_photograph_is_registered_anew(db: Database, small: HoardTruth, tmp_path: Path) -> None:
    """Begun where all is registered: to get there costs ten seconds."""
    folder = Path(shutil.copytree(small.folder, tmp_path / "small"))
    shutil.copy(folder / "photographs/SH-0001_obv.jpg", folder / "photographs/SH-0002_obv.jpg")
    ingest(db, folder, "small", metadata=folder / "coins.csv")
    embed(db, space="test-pixels")
    assert dies(db, face="obverse").faces[0].new == 17
    twins = "small/SH-0001/obverse|small/SH-0002/obverse"
    (edge,) = db.read("MATCH ()-[e:SAME_DIE {key: $twins}]->() RETURN e.close AS close", twins=twins)
    assert edge["close"] == 1
    assert "removed" in CliRunner().invoke(cli.main, ["dies", "--clear"]).output
    assert db.read("MATCH (d:Die|DieStudy) RETURN d") == []


@pytest.mark.long
def test_a_type_that_no_coin_has_is_refused_before_any_pair_is_compared(studied: Database) -> None:
    (kind, *_) = studied.read("MATCH (t:CoinType)<-[:OF_TYPE]-() RETURN DISTINCT t.name AS name ORDER BY name")
    with pytest.raises(NoDies, match=f"there are.*{kind['name']}"):
        dies(studied, kind=kind["name"] + "s")
    assert studied.read("MATCH (d:Die) RETURN d") == []


def test_a_chart_of_dies_is_pdf_png_or_svg(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli.main, ["plot", "dies", "--out", str(tmp_path / "dies.html")])
    assert done.exit_code == 2 and "a plot is .pdf, .png or .svg" in done.output
