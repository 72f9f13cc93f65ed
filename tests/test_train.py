"""Heads on frozen vectors: the loss, what is learnt, what is saved; views of a coin; classes kept unseen."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from commands.cures import cure_of
from embed.augment import Change, ViewMaker
from embed.fusion_network import unit
from embed.head import TEMPERATURE, BadHead, Examples, Head, contrastive_loss, precision
from embed.registry import load_model
from explore import curves
from graph.derived import HEAD, LossCurve
from ingest.outlines import Outline
from measure.likeness import Likeness
from measure.retrieval import TooFewClasses, gain, parted, retrieval

CPU = torch.device("cpu")
SIGNAL, LENGTH = 12, 24  # numbers that know the class, and numbers in all


def made_up(classes: int, seed: int = 1, signal: float = 1.0, each: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Vectors whose first half knows the class and whose second half is louder noise, and their classes."""
    random = np.random.default_rng(seed)
    names = np.repeat(np.arange(classes), each)
    knows = signal * random.normal(size=(classes, SIGNAL))[names] + 0.5 * random.normal(size=(len(names), SIGNAL))
    return unit(np.c_[knows, 2 * random.normal(size=(len(names), LENGTH - SIGNAL))]).astype(np.float32), names


def examples(vectors: np.ndarray, classes: np.ndarray) -> Examples:
    return Examples(vectors[:, None], np.zeros(len(vectors), int), classes)


def taught(seed: int = 42, signal: float = 1.0) -> Head:
    vectors, classes = made_up(40, signal=signal)
    head = Head(seed)
    head.fit(examples(vectors, classes), classes < 32, classes >= 32, CPU)
    return head


# --- the loss -------------------------------------------------------------------------------------------------------


def test_the_loss_is_that_of_the_paper():
    vectors = unit(np.random.default_rng(3).normal(size=(5, 4)))
    classes = [0, 0, 0, 1, 1]
    each = []
    for i in range(5):
        others = [a for a in range(5) if a != i]
        total = sum(np.exp(vectors[i] @ vectors[a] / TEMPERATURE) for a in others)
        alike = [p for p in others if classes[p] == classes[i]]
        shares = [np.log(np.exp(vectors[i] @ vectors[p] / TEMPERATURE) / total) for p in alike]
        each.append(-sum(shares) / len(alike))
    loss = contrastive_loss(torch.from_numpy(vectors), torch.tensor(classes))
    assert float(loss) == pytest.approx(np.mean(each))


def test_who_has_no_like_is_not_asked():
    vectors = torch.from_numpy(unit(np.random.default_rng(3).normal(size=(4, 4))))
    assert float(contrastive_loss(vectors, torch.arange(4))) == 0


def test_watched_precision_is_that_of_the_measure():
    vectors, classes = made_up(6, each=4)
    vectors, classes = vectors[:-3], classes[:-3]  # one class of one
    measured = retrieval(vectors, [str(c) for c in classes]).map_macro.value
    assert precision(torch.from_numpy(vectors), torch.from_numpy(classes)) == pytest.approx(measured)
    assert precision(torch.from_numpy(vectors), torch.arange(len(vectors))) is None


# --- what is learnt -------------------------------------------------------------------------------------------------


def test_a_head_finds_what_tells_classes_apart_that_it_never_saw():
    vectors, classes = made_up(20, seed=2)
    found = gain(Likeness([vectors]), Likeness([taught().transform(vectors)]), [str(c) for c in classes])
    assert found.better and found.difference.value > 0.1 and found.verdict == "better than its input"


def test_where_labels_mean_nothing_it_is_no_better():
    vectors, classes = made_up(20, seed=2, signal=0)
    after = taught(signal=0).transform(vectors)
    found = gain(Likeness([vectors]), Likeness([after]), [str(c) for c in classes])
    assert not found.better and "better than its input" in found.verdict != "better than its input"


def test_what_training_does_not_better_stays_as_it_was():
    vectors, classes = made_up(12, signal=0)
    head = Head()
    learning = head.fit(examples(vectors, classes), classes < 6, classes >= 6, CPU)
    watched = learning.watched_losses
    assert learning.best_epoch in (0, 1 + int(np.argmin(watched)))
    untouched = Head(layer=np.zeros((LENGTH, LENGTH + 1), np.float32))
    assert np.allclose(untouched.transform(vectors), vectors, atol=1e-6)


def test_views_alone_teach_what_changes_between_them():
    """Without any class: views of a side share its first half, so the second is learnt to be noise."""
    random = np.random.default_rng(5)
    vectors, _ = made_up(30, each=2)
    noise = np.zeros((60, 2, LENGTH))
    noise[..., SIGNAL:] = random.normal(size=(60, 2, LENGTH - SIGNAL))
    views = np.concatenate([vectors[:, None], vectors[:, None] + noise / 2], 1)
    head = Head()
    apart = np.arange(60) % 5 == 0
    learning = head.fit(Examples(views, np.zeros(60, int), np.full(60, -1)), ~apart, apart, CPU)
    assert learning.watched_losses[learning.best_epoch - 1] < learning.watched_losses[0]
    fresh, names = made_up(20, seed=2)
    assert gain(Likeness([fresh]), Likeness([head.transform(fresh)]), [str(n) for n in names]).better


def test_the_seed_decides():
    assert taught().fingerprint == taught().fingerprint != taught(seed=1).fingerprint


def test_a_saved_head_gives_the_same():
    head, (vectors, _) = taught(), made_up(5, seed=9)
    again = Head.from_bytes(head.to_bytes())
    assert again.fingerprint == head.fingerprint and again.sides == head.sides == 240
    together = head.transform(vectors)
    assert (again.transform(vectors) == together).all()
    assert all((again.transform(vectors[i : i + 1])[0] == together[i]).all() for i in range(len(vectors)))
    assert np.allclose(np.linalg.norm(together, axis=1), 1)


def test_a_damaged_head_says_what_to_do():
    with pytest.raises(BadHead) as caught:
        Head.from_bytes(b"nothing")
    assert "--refit" in (cure_of(caught.value) or "")


@pytest.mark.parametrize("ending", ["png", "html"])
def test_a_curve_of_which_nothing_was_kept_can_be_drawn(tmp_path: Path, ending: str):
    curve = LossCurve("designs", [5.1, 5.0], [0.52, 0.53], 0, model=HEAD)
    drawn = curves.draw(curves.losses(curve), tmp_path / f"losses.{ending}")
    assert drawn.path.stat().st_size > 1000 and not any(row["kept"] for row in drawn.rows)
    assert curves.losses(replace(curve, best=1)).rows[0]["kept"]


# --- views ----------------------------------------------------------------------------------------------------------


def coin() -> tuple[Image.Image, Outline]:
    """A dark ellipse on white, and its outline."""
    picture = Image.new("RGB", (300, 200), "white")
    ImageDraw.Draw(picture).ellipse((60, 40, 199, 159), fill=(60, 50, 40))
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    polygon = np.c_[130 + 70 * np.cos(angles), 100 + 60 * np.sin(angles)].astype(np.float32)
    return picture, Outline(polygon, picture.size, 0.9)


def test_the_outline_turns_with_its_coin():
    still = Change(30, 1, (0, 0), (0, 0), 1, 1, 0, 0)
    turned, outline = still(*coin(), size=128)
    assert outline is not None
    dark, inside = np.asarray(turned.convert("L")) < 150, outline.mask(*turned.size) > 0.5
    assert (dark & inside).sum() / (dark | inside).sum() > 0.96
    assert abs(outline.square[2] - 128 * 1.04) < 5  # the coin is as wide as it was asked for


def test_a_cut_that_is_off_moves_the_outline_and_not_the_coin():
    straight = Change(0, 1, (0, 0), (0, 0), 1, 1, 0, 0)
    off = Change(0, 1, (0.1, 0), (0, 0), 1, 1, 0, 0)
    (picture, there), (same, moved) = straight(*coin(), 128), off(*coin(), 128)
    assert there is not None and moved is not None
    assert (np.asarray(picture) == np.asarray(same)).all()
    assert np.allclose(moved.polygon - there.polygon, [12.8, 0], atol=0.01)


def test_a_picture_taken_whole_stays_whole():
    picture, outline = coin()
    unsure = Outline(outline.polygon, picture.size, 0.1)
    changed, seen = Change.drawn(np.random.default_rng(1))(picture, unsure, 64)
    assert changed.size == (64, 64) and seen is not None and not seen.sure
    assert Change.drawn(np.random.default_rng(1))(picture, None, 64)[1] is None


def test_light_brightens_one_side_and_wear_takes_relief():
    grey = Image.fromarray(np.full((64, 64, 3), 120, np.uint8))
    lit = np.asarray(Change(0, 1, (0, 0), (0.4, 0), 1, 1, 0, 0)(grey, None, 64)[0], float)
    assert lit[:, 50:].mean() > lit[:, :14].mean() + 40
    relief = Image.fromarray(np.kron(np.indices((16, 16)).sum(0) % 2 * 200, np.ones((4, 4))).astype(np.uint8)).convert(
        "RGB"
    )
    worn = np.asarray(Change(0, 1, (0, 0), (0, 0), 1, 1, 0.5, 0)(relief, None, 64)[0], float)
    assert worn.std() < 0.7 * np.asarray(relief, float).std()


def test_a_photograph_has_the_same_views_each_time_and_another_has_others():
    maker = ViewMaker(load_model("test-pixels"), 3)
    noise = np.random.default_rng(4).integers(0, 256, (2, 40, 40, 3)).astype(np.uint8)
    one, again, other = (maker(Image.fromarray(noise[n])).vectors for n in (0, 0, 1))
    assert one.shape == (3, 64) and (one == again).all() and not (one == other).any(1).all()
    assert not np.allclose(one[0], one[1])


# --- classes kept unseen ----------------------------------------------------------------------------------------------


def test_no_class_is_in_two_parts():
    labels = [f"type {n // 3}" for n in range(60)] + ["alone 1", "alone 2", None]
    parts = parted(labels, 0.5, seed=1)
    every = [*parts.trained, *parts.watched, *parts.held_out]
    assert sorted(every) == sorted({label for label in labels if label})
    assert len([name for name in parts.held_out if name.startswith("type")]) == 10 and len(parts.watched) == 2
    assert parted(labels, 0.5, seed=1) == parts != parted(labels, 0.5, seed=2)
    assert not parted(labels, 0, seed=1).held_out


def test_too_few_classes_are_refused():
    with pytest.raises(TooFewClasses, match=r"4 classes .*--classes-held-out 0"):
        parted([f"type {n % 4}" for n in range(20)], 0.5, seed=1)
    assert len(parted([f"type {n % 4}" for n in range(20)], 0, seed=1).trained) == 3
