"""A collection as a data set of torch: sides one by one, and coins with both sides."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from embed.registry import load_model
from ingest.dataset import Pairs, Sides, collate
from ingest.images import BadImage
from ingest.read import read_collection
from ingest.records import Reading


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    """Two coins of types, one without, and one that lacks its reverse; each picture of one colour."""
    files = ["Horse/1_obverse.png", "Horse/1_reverse.png", "Boar/2_obverse.png", "Boar/2_reverse.png"]
    files += ["unknown/3_obverse.png", "unknown/3_reverse.png", "Boar/4_obverse.png"]
    for number, name in enumerate(files):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (20, 30), (0, 0, 30 * number)).save(tmp_path / name)
    return read_collection(tmp_path, "museum")


def test_sides_come_one_by_one_with_their_files_and_types(reading: Reading) -> None:
    sides = Sides(reading)
    assert len(sides) == 7
    found = {(item.file, item.face, item.coin, item.label) for item in (sides[n] for n in range(7))}
    assert ("1_reverse.png", "reverse", "museum/1", "Horse") in found
    assert ("3_obverse.png", "obverse", "museum/3", None) in found


def test_a_picture_is_a_tensor_from_0_to_1(reading: Reading) -> None:
    item = next(item for item in map(Sides(reading).__getitem__, range(7)) if item.file == "2_reverse.png")
    assert (item.image.shape, item.image.dtype) == ((3, 224, 224), torch.float32)
    np.testing.assert_allclose(item.image[:, 0, 0], [0, 0, 90 / 255])


def test_one_face_alone(reading: Reading) -> None:
    reverses = Sides(reading, face="reverse")
    assert [reverses[n].face for n in range(len(reverses))] == ["reverse"] * 3


def test_coins_come_with_both_sides(reading: Reading) -> None:
    pairs = Pairs(reading)
    assert len(pairs) == 3
    assert pairs.one_sided == ["museum/4"]
    coin = next(pair for pair in map(pairs.__getitem__, range(3)) if pair.coin == "museum/2")
    assert (coin.obverse_file, coin.reverse_file, coin.label) == ("2_obverse.png", "2_reverse.png", "Boar")
    assert coin.reverse[2, 0, 0] > coin.obverse[2, 0, 0]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_loader_makes_batches_of_sides(reading: Reading, workers: int) -> None:
    batches = list(DataLoader(Sides(reading), batch_size=4, num_workers=workers, collate_fn=collate))
    assert [len(batch.images) for batch in batches] == [4, 3]
    assert batches[0].images.shape == (4, 3, 224, 224)
    assert len(batches[1].files) == len(batches[1].labels) == 3


def test_a_loader_makes_batches_of_coins(reading: Reading) -> None:
    (batch,) = DataLoader(Pairs(reading), batch_size=8, collate_fn=collate)
    assert batch.obverses.shape == batch.reverses.shape == (3, 3, 224, 224)
    assert sorted(batch.labels, key=str) == ["Boar", "Horse", None]


def test_a_models_own_preparation_is_a_transform(reading: Reading) -> None:
    model = load_model("test-pixels")
    (batch,) = DataLoader(Sides(reading, model.prepare), batch_size=8, collate_fn=collate)
    assert batch.images.shape == (7, 8, 8, 3)
    assert model.embed(batch.images.numpy()).shape == (7, 64)


def test_a_picture_that_is_gone_is_named_an_error(reading: Reading) -> None:
    sides = Sides(reading)
    sides.sides[0][0].path.unlink()
    with pytest.raises(BadImage):
        sides[0]
