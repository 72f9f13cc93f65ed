"""Pictures and texts made one vector: what each method gives, what is learnt, and what a missing text means."""

import numpy as np
import pytest
import torch

from commands.cures import cure_of
from embed.fusion import LEARNED, METHODS, Fusion, UnknownFusion
from embed.fusion_network import EPOCHS, Labels, TooFewTypes, Training, gated, unit

COINS, TYPES = 60, 4
RANDOM = np.random.default_rng(5)
#: Both sides of each coin; of every coin a picture that hints at its type, of most a text that nearly says it.
LABELS = Labels(np.repeat(np.arange(COINS), 2), np.tile([0, 1], COINS), np.repeat(np.arange(COINS) % TYPES, 2))
IMAGES = (
    RANDOM.normal(size=(2, TYPES, 24))[LABELS.faces, LABELS.types] * 0.5 + RANDOM.normal(size=(2 * COINS, 24))
).astype(np.float32)
TEXTS = (
    RANDOM.normal(size=(2, TYPES, 12))[LABELS.faces, LABELS.types] + 0.3 * RANDOM.normal(size=(2 * COINS, 12))
).astype(np.float32)
WITHOUT = LABELS.coins % 5 == 0
TEXTS[WITHOUT] = 0


@pytest.fixture(scope="module", params=LEARNED)
def learnt(request: pytest.FixtureRequest) -> tuple[Fusion, Training]:
    fusion = Fusion(request.param)
    return fusion, fusion.fit(IMAGES, TEXTS, LABELS)


def cosines(vectors: np.ndarray) -> np.ndarray:
    rows = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return rows @ rows.T


def test_late_is_the_weighted_mean_of_both_cosines_where_there_are_texts() -> None:
    found = cosines(Fusion("late", 0.7).transform(IMAGES, TEXTS))
    expected = 0.7 * cosines(IMAGES) + 0.3 * cosines(TEXTS)
    both = ~WITHOUT[:, None] & ~WITHOUT[None, :]
    assert np.allclose(found[both], expected[both], atol=1e-5)


def test_late_is_the_pictures_cosine_where_neither_has_a_text() -> None:
    found = cosines(Fusion("late", 0.7).transform(IMAGES, TEXTS))
    neither = WITHOUT[:, None] & WITHOUT[None, :]
    assert np.allclose(found[neither], cosines(IMAGES)[neither], atol=1e-5)


def test_late_between_one_with_and_one_without_text_keeps_the_order_by_picture() -> None:
    found = cosines(Fusion("late", 0.7).transform(IMAGES, TEXTS))
    one = WITHOUT[:, None] & ~WITHOUT[None, :]
    assert np.allclose(found[one], 0.7**0.5 * cosines(IMAGES)[one], atol=1e-5)


def test_concat_puts_both_after_each_other_at_length_one() -> None:
    fused = Fusion("concat").transform(IMAGES, TEXTS)
    assert fused.shape == (2 * COINS, 24 + 12)
    assert np.allclose(cosines(fused), cosines(Fusion("late").transform(IMAGES, TEXTS)), atol=1e-5)
    assert not fused[WITHOUT, 24:].any()


def test_the_network_of_the_thesis_has_its_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embed.fusion_network.EPOCHS", 1)
    fusion = Fusion("mlp")
    fusion.fit(np.tile(IMAGES, (1, 22))[:, :512], np.tile(TEXTS, (1, 43))[:, :512], LABELS)
    shapes = {name: layer.shape for name, layer in fusion.parameters.items()}
    assert shapes == {"hidden": (256, 1024 + 1), "out": (128, 256 + 1)}  # the last column is the bias


def test_what_is_learnt_holds_for_coins_that_were_held_out(learnt: tuple[Fusion, Training]) -> None:
    _, training = learnt
    assert (training.coins, training.held_out, training.types) == (48, 12, TYPES)
    assert training.held_out_right > training.held_out_picture


def test_training_stops_where_the_held_out_loss_is_least(learnt: tuple[Fusion, Training]) -> None:
    _, training = learnt
    assert len(training.losses) == len(training.held_out_losses) <= EPOCHS
    assert training.held_out_losses[training.best_epoch - 1] == min(training.held_out_losses)
    assert training.losses[-1] < training.losses[0]


def test_the_same_seed_gives_the_same_network(learnt: tuple[Fusion, Training]) -> None:
    fusion, training = learnt
    again = Fusion(fusion.method)
    assert again.fit(IMAGES, TEXTS, LABELS) == training
    assert again.fingerprint == fusion.fingerprint
    other = Fusion(fusion.method, seed=1)
    other.fit(IMAGES, TEXTS, LABELS)
    assert other.fingerprint != fusion.fingerprint


def test_a_saved_network_gives_what_it_gave_before_in_any_company(learnt: tuple[Fusion, Training]) -> None:
    fusion, _ = learnt
    back = Fusion.from_bytes(fusion.to_bytes())
    assert (back.transform(IMAGES[3:10], TEXTS[3:10]) == fusion.transform(IMAGES, TEXTS)[3:10]).all()
    assert back.fingerprint == fusion.fingerprint


def test_attention_leans_on_the_picture_where_there_is_no_text() -> None:
    fusion = Fusion("attention")
    fusion.fit(IMAGES, TEXTS, LABELS)
    parameters = {name: torch.from_numpy(value).double() for name, value in fusion.parameters.items()}
    with torch.inference_mode():
        _towers, gates = gated(parameters, torch.from_numpy(unit(IMAGES)), torch.from_numpy(unit(TEXTS)))
    weights = gates[:, 1].numpy()
    assert (weights[WITHOUT] == 0).all()
    assert ((weights[~WITHOUT] > 0) & (weights[~WITHOUT] < 1)).all()
    assert len(set(weights[~WITHOUT].round(4).tolist())) > 1  # a weight of each side's own


@pytest.mark.parametrize("method", METHODS)
def test_every_side_gets_a_vector_with_a_text_or_without(method: str) -> None:
    fusion = Fusion(method)
    if fusion.learns:
        fusion.fit(IMAGES, TEXTS, LABELS)
    fused = fusion.transform(IMAGES, TEXTS)
    assert fused.shape == (2 * COINS, fusion.dimension(24, 12))
    assert np.isfinite(fused).all() and fused.any(1).all()


def test_too_few_coins_with_a_type_are_refused() -> None:
    few = Labels(LABELS.coins[:8], LABELS.faces[:8], LABELS.types[:8])
    with pytest.raises(TooFewTypes, match="4 coins with a type, of 4 types; at least 10"):
        Fusion("mlp").fit(IMAGES[:8], TEXTS[:8], few)


def test_types_of_one_coin_each_teach_nothing() -> None:
    with pytest.raises(TooFewTypes, match="no two coins of one type"):
        Fusion("mlp").fit(IMAGES, TEXTS, Labels(LABELS.coins, LABELS.faces, LABELS.coins))


def test_a_weight_is_between_none_and_all() -> None:
    with pytest.raises(UnknownFusion, match="between 0 and 1"):
        Fusion("late", 1.5)


def test_what_is_no_fusion_is_refused() -> None:
    with pytest.raises(UnknownFusion) as caught:
        Fusion.from_bytes(b"no fusion")
    assert "--refit" in (cure_of(caught.value) or "")
