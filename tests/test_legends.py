"""Legends: strips of coins, drawn strips, the network that reads them, and how alike two readings are."""

import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from embed.legends import train
from embed.legends.compare import DIMENSION, Aligned, legible, rarity_of, vectors_of, weighed
from embed.legends.draw import draw
from embed.legends.glyphs import ALPHABET, VERSIONS, extent, writers
from embed.legends.network import CLASSES, Network
from embed.legends.reader import DOUBTFUL, Reader, text_of
from embed.legends.strip import COLUMNS, LIMIT, ROWS, SIZE, STRIDE, unwrapped
from embed.legends.train import Plan, Training, batch, drawn, once
from embed.transforms import Transform
from graph.connection import Database
from hoard import HoardTruth
from pipeline.derive import fuse
from pipeline.embed import embed
from pipeline.ingest import ingest

READ = COLUMNS // STRIDE


def columns_of(text: str, start: int = 10, apart: int = 5) -> np.ndarray:
    """Probabilities (columns, classes) of a legend that is read without a doubt, each letter two columns wide."""
    read = np.zeros((READ, CLASSES), np.float32)
    read[:, 0] = 1
    for number, char in enumerate(text):
        at = start + apart * number
        read[at : at + 2] = np.eye(CLASSES)[ALPHABET.index(char) + 1]
    return read


def test_a_strip_begins_at_the_lower_left_and_runs_clockwise() -> None:
    cutout = np.full((512, 512), 128, np.uint8)
    cutout[:200, 236:276] = 0  # twelve o'clock: 135 of 360 degrees after the lower left
    strip = unwrapped(cutout)
    assert strip.shape == (ROWS, COLUMNS)
    assert abs(int(strip[ROWS // 2].argmin()) - COLUMNS * 135 // 360) < 12


def test_the_ground_around_a_coin_says_nothing() -> None:
    x, y = np.meshgrid(np.arange(512) - 255.5, np.arange(512) - 255.5)
    noise = np.random.default_rng(1).integers(60, 160, (512, 512))
    cutout = np.where(np.hypot(x, y) < 200, noise, 255).astype(np.uint8)
    strip = unwrapped(cutout)
    assert not strip[:5].any()
    assert strip[-5:].std() > 0.5
    assert np.abs(strip).max() <= LIMIT


def test_a_strip_is_decided_by_its_seed() -> None:
    hands = writers(1)
    first, again, other = (draw(np.random.default_rng([1, seed]), hands) for seed in (5, 5, 6))
    assert (first.strip == again.strip).all()
    assert (first.strip != other.strip).any()
    assert first.letters.any()


def test_every_writer_has_every_letter_about_one_high() -> None:
    for writer in writers(1)[::20]:
        for char in ALPHABET:
            glyph = writer.glyph(char, VERSIONS - 1)
            ys = np.concatenate([polygon[:, 1] for group in glyph for polygon in group])
            low, high = extent(glyph)
            assert -0.5 < ys.min() < 0.3 and 0.7 < ys.max() < 1.5 and 0 < high - low < 2, char


def test_the_network_reads_a_letter_for_each_column() -> None:
    network = Network()
    assert network(torch.zeros(2, 1, ROWS, COLUMNS)).shape == (2, CLASSES, READ)
    assert sum(values.numel() for values in network.parameters()) < 1_000_000  # below 4 MB


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Plan, Path]:
    """A plan of two steps on six strips, four at a time."""
    monkeypatch.setattr(train, "BATCH", 4)
    return Plan(seed=3, strips=6, steps=2), tmp_path


def test_training_that_was_stopped_ends_as_any_other(small: tuple[Plan, Path]) -> None:
    plan, folder = small
    strips = drawn(plan, folder, lambda line: None)
    whole, half, rest = (Training(plan, torch.device("cpu")) for _ in range(3))
    list(whole.go_on(strips))
    list(islice(half.go_on(strips), 1))
    half.save(folder / "half.pt")
    rest.load(folder / "half.pt")
    list(rest.go_on(strips))
    ended = rest.reader.state_dict()
    assert all((values == ended[name]).all() for name, values in whole.reader.state_dict().items())


def test_a_tiny_training_makes_a_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "BATCH", 4)
    monkeypatch.setattr(train, "CHECKS", 4)
    plan = Plan(seed=1, strips=8, steps=2)
    train.train(plan, tmp_path, 5, torch.device("cpu"), lambda line: None)
    reader = Reader(tmp_path / "reader.safetensors", "cpu")
    noise = np.random.default_rng(1).integers(0, 200, (2, SIZE, SIZE, 1)).repeat(3, 3).astype(np.uint8)
    assert reader.read(reader.strips(noise)).sum(2) == pytest.approx(1, abs=1e-4)
    assert reader.features(noise).shape == (2, DIMENSION)
    record = json.loads((tmp_path / "reader.json").read_text())
    assert record["command"] == f"python -m embed.legends.train --seed 1 --strips {plan.strips} --steps 2"


def test_strips_that_are_there_are_not_drawn_again(small: tuple[Plan, Path]) -> None:
    plan, folder = small
    fewer = Plan(plan.seed, 2, plan.steps)
    first = np.array(drawn(fewer, folder, lambda line: None).pictures)
    (folder / "letters-3.i8").open("ab").write(b"cut off")
    again = drawn(plan, folder, lambda line: None)
    assert len(again) == 6
    assert (again.pictures[:2] == first).all()
    assert set(np.unique(again.letters)) <= set(range(CLASSES))


def test_a_state_of_another_seed_is_refused(small: tuple[Plan, Path]) -> None:
    plan, folder = small
    Training(plan, torch.device("cpu")).save(folder / "state.pt")
    with pytest.raises(ValueError, match="another --folder"):
        Training(Plan(seed=4), torch.device("cpu")).load(folder / "state.pt")


def test_a_batch_keeps_letters_under_their_pictures(small: tuple[Plan, Path]) -> None:
    plan, folder = small
    strips = drawn(plan, folder, lambda line: None)
    pictures, letters = batch(strips, np.random.default_rng(1))
    assert pictures.shape == (4, 1, ROWS, COLUMNS)
    assert letters.shape == (4, READ)
    assert sorted(map(once, strips.letters.astype(int)))  # runs of letters, without the columns of none


def test_letters_are_spelled_once_each_and_doubtful_ones_are_hidden() -> None:
    read = columns_of("AVGG")
    read[10:12] *= 0.4
    text, sure = text_of(read)
    assert text == f"{DOUBTFUL}VGG"
    assert sure.tolist() == pytest.approx([0.4, 1, 1, 1])


def test_letters_that_stand_a_little_elsewhere_are_aligned() -> None:
    read = np.stack([columns_of("CONSTANTINVS"), columns_of("CONSTANTINVS", start=14), columns_of("MAXIMIANVSCA")])
    scores = Aligned(read, np.ones(len(ALPHABET)))(np.array([0, 0, 0]), np.array([0, 1, 2]))
    assert scores[0] == pytest.approx(1, abs=1e-5)
    assert scores[1] > 0.8 > 0.6 > scores[2]


def test_a_bare_rim_is_like_nothing() -> None:
    faint = columns_of("")
    faint[:, 1:] = 1e-6
    read = np.stack([columns_of("CONSTANTINVS"), columns_of("MAXIMIANVS"), faint, faint])
    scores = Aligned(read, np.ones(len(ALPHABET)))(np.array([2, 2]), np.array([3, 0]))
    assert scores.max() < 0.2
    assert legible(read).tolist() == [True, True, False, False]


def test_vectors_of_legends_are_near_where_their_letters_are() -> None:
    random = np.random.default_rng(1)
    texts = ["".join(random.choice(list(ALPHABET), 12)) for _ in range(200)]
    read = np.stack([columns_of(texts[0], start=12), columns_of(""), *map(columns_of, texts)])
    vectors = vectors_of(read, rarity_of(read))
    near = weighed(Transform("centre").fit(vectors).transform(vectors))
    assert near.shape == (202, DIMENSION)
    assert near[0] @ near[2] > 0.5 > near[0] @ near[3] + 0.3
    assert not near[1].any()


def test_a_space_of_legends_is_joined_with_one_of_pictures(db: Database, easy_hoard: HoardTruth) -> None:
    ingest(db, easy_hoard.folder, "hoard")
    pictures, read = embed(db, space="test-pixels"), embed(db, space="legend")
    assert read.space.dimension == DIMENSION
    assert read.embedded + len(read.skipped) == pictures.embedded
    both = fuse(db, "test-pixels", "legend", "late", "both")
    assert both.made == pictures.embedded
