"""The fixed hoard is what it was, here and on other machines."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from cli import main
from hoard import HoardTruth, make_hoard
from hoard.benchmark import (
    RECIPES,
    Check,
    NotTheBenchmark,
    check,
    close,
    make_benchmark,
    manifest,
    manifest_of,
    signature,
)
from hoard.make import make_coin
from hoard.plan import KINDS, Plan


@pytest.fixture(scope="module")
def drawn(benchmark_v1: HoardTruth) -> Path:
    return benchmark_v1.folder


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Two coins, to be changed."""
    return make_hoard(tmp_path / "small", coins=2, types=1, seed=5).folder


def shifted(picture: Path, levels: int) -> None:
    """Write the picture anew, every pixel brighter by so many grey levels, without loss."""
    with Image.open(picture) as opened:
        pixels = np.clip(np.asarray(opened).astype(int) + levels, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(picture, format="PNG")


def test_version_1_is_what_it_was(drawn: Path) -> None:
    _, found = make_benchmark(drawn, "v1")
    assert found.same + found.close == 95


@pytest.mark.parametrize("name", RECIPES)
def test_the_first_coin_of_a_version_is_what_it_was(name: str, tmp_path: Path) -> None:
    recipe = RECIPES[name]
    (tmp_path / "photographs").mkdir()
    plan = Plan.drawn(recipe.coins, recipe.types, recipe.seed, recipe.alike, wrong_legends=recipe.made_as > 1)
    make_coin(plan, 0, recipe.difficulty, tmp_path)
    found = {picture.name: signature(picture) for picture in (tmp_path / "photographs").iterdir()}
    known = {file: manifest(name)["pictures"][file] for file in ("SH-0001_obv.jpg", "SH-0001_rev.jpg")}
    assert found.keys() == known.keys()
    assert all(close(found[file]["grey"], known[file]["grey"]) for file in known)


def test_version_1_holds_every_kind_of_plant_of_its_format(benchmark_v1: HoardTruth) -> None:
    assert {plant.kind for plant in benchmark_v1.plants} == set(KINDS) - {"wrong_legend"}


def test_a_hoard_is_its_own_benchmark_pixel_by_pixel(small: Path) -> None:
    assert check(small, manifest_of(small)) == Check(same=4, close=0)


def test_rounding_is_told_from_another_picture(small: Path) -> None:
    manifest = manifest_of(small)
    shifted(small / "photographs" / "SH-0002_rev.jpg", 1)
    assert check(small, manifest) == Check(same=3, close=1)
    shifted(small / "photographs" / "SH-0002_rev.jpg", 2)
    with pytest.raises(NotTheBenchmark, match=r"SH-0002_rev\.jpg"):
        check(small, manifest)


def test_another_seed_is_another_hoard(small: Path, tmp_path: Path) -> None:
    other = make_hoard(tmp_path / "other", coins=2, types=1, seed=6).folder
    with pytest.raises(NotTheBenchmark, match=r"6 of the files .*coins\.csv, truth\.json, SH-0001_obv\.jpg"):
        check(other, manifest_of(small))


def test_a_catalogue_that_was_edited_is_named(small: Path) -> None:
    manifest = manifest_of(small)
    (small / "coins.csv").write_text((small / "coins.csv").read_text().replace("SH-0001", "SH-0009"))
    with pytest.raises(NotTheBenchmark, match=r"1 of the files .*coins\.csv"):
        check(small, manifest)


def test_a_missing_picture_is_named(small: Path) -> None:
    manifest = manifest_of(small)
    (small / "photographs" / "SH-0001_rev.jpg").unlink()
    with pytest.raises(NotTheBenchmark, match="SH-0001_rev"):
        check(small, manifest)


def test_the_command_says_that_it_is_the_benchmark(drawn: Path) -> None:
    said = CliRunner().invoke(main, ["sample-hoard", str(drawn), "--benchmark", "v1"]).output
    assert "48 coins of 6 types" in said and "benchmark v1: " in said


@pytest.mark.parametrize(
    ("options", "why"),
    [(["--benchmark", "v0"], "no benchmark 'v0'"), (["--benchmark", "v1", "--seed", "7"], "is fixed")],
)
def test_a_benchmark_takes_no_other_options(tmp_path: Path, options: list[str], why: str) -> None:
    result = CliRunner().invoke(main, ["sample-hoard", str(tmp_path / "new"), *options])
    assert result.exit_code == 2 and why in result.output
    assert not (tmp_path / "new").exists()
