import numpy as np
import pytest

from embed import transforms
from embed.transforms import KINDS, TooFew, Transform, UnknownTransform

RANDOM = np.random.default_rng(7)
VECTORS = (RANDOM.normal(size=(60, 200)) * np.linspace(5, 0.1, 200) + 3).astype(np.float32)


def cosines(vectors: np.ndarray) -> np.ndarray:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit @ unit.T


def test_none_leaves_vectors_alone():
    assert (Transform("none").fit(VECTORS).transform(VECTORS) == VECTORS).all()


def test_centre_takes_the_mean_away():
    assert np.allclose(Transform("centre").fit(VECTORS).transform(VECTORS).mean(0), 0, atol=1e-5)


def test_standardise_is_scikit_learns_standard_scaler():
    from sklearn.preprocessing import StandardScaler

    expected = StandardScaler().fit_transform(VECTORS)
    assert np.allclose(Transform("standardise").fit(VECTORS).transform(VECTORS), expected, atol=1e-4)


def test_a_number_that_never_changes_stays_out():
    vectors = VECTORS.copy()
    vectors[:, 3] = 1
    assert (Transform("standardise").fit(vectors).transform(vectors)[:, 3] == 0).all()


def test_whitened_axes_have_one_deviation():
    """Before the last scaling to length 1, which is undone here by looking at ratios between the axes."""
    vectors = np.concatenate([VECTORS] * 2) + RANDOM.normal(size=(120, 200)).astype(np.float32)
    deviations = Transform("whiten", dimension=10).fit(vectors).transform(vectors).std(0)
    assert deviations.max() / deviations.min() < 1.3


def test_half_whitening_is_between_plain_axes_and_whitened_ones():
    half, full = (
        Transform(kind, dimension=20).fit(VECTORS).transform(VECTORS).std(0) for kind in ("half-whiten", "whiten")
    )
    assert half[0] / half[-1] > full[0] / full[-1]


def test_vectors_come_out_at_length_one_and_at_most_one_axis_less_than_there_are_sides():
    out = Transform("half-whiten", dimension=256).fit(VECTORS).transform(VECTORS)
    assert out.shape == (60, 59)
    assert np.allclose(np.linalg.norm(out, axis=1), 1, atol=1e-5)


def test_both_gram_matrices_give_the_same_axes():
    wide = VECTORS - VECTORS.mean(0)
    tall = wide[:, :40] - wide[:, :40].mean(0)
    for rows in (wide, tall):
        axes, deviations = transforms.principal_axes(rows, 20)
        expected = np.linalg.svd(rows, full_matrices=False)
        assert np.allclose(deviations, expected.S[:20] / np.sqrt(len(rows)), rtol=1e-3)
        assert np.allclose(np.abs((axes * expected.Vh[:20]).sum(1)), 1, atol=1e-3)


def test_a_fit_reads_a_bounded_sample(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(transforms, "SAMPLE", 30)
    fitted = Transform("half-whiten").fit(VECTORS)
    assert fitted.axes is not None and len(fitted.axes) == 29
    assert fitted.fingerprint == Transform("half-whiten").fit(VECTORS).fingerprint


@pytest.mark.parametrize("kind", KINDS)
def test_saved_and_loaded_it_gives_the_very_same_vectors(kind: str):
    fitted = Transform(kind).fit(VECTORS)
    loaded = Transform.from_bytes(fitted.to_bytes())
    assert (loaded.transform(VECTORS[:7]) == fitted.transform(VECTORS[:7])).all()
    assert (loaded.kind, loaded.sides, loaded.fingerprint) == (kind, 60, fitted.fingerprint)


def test_another_fit_has_another_fingerprint():
    assert Transform("centre").fit(VECTORS).fingerprint != Transform("centre").fit(VECTORS[:50]).fingerprint


def test_sides_that_are_all_alike_give_numbers_and_not_nan():
    for kind in KINDS:
        assert np.isfinite(Transform(kind).fit(np.ones((5, 30))).transform(np.ones((5, 30)))).all()


def test_two_sides_are_too_few():
    with pytest.raises(TooFew, match="at least 3"):
        Transform("whiten").fit(VECTORS[:2])


def test_what_is_no_transform_is_refused():
    with pytest.raises(UnknownTransform):
        Transform.from_bytes(b"not a transform")
    with pytest.raises(UnknownTransform, match="half-whiten"):
        Transform("scale")


def test_its_name_says_what_was_asked_for():
    assert str(Transform("half-whiten", dimension=64)) == "half-whiten by 0.5 to 64"
    assert str(Transform("centre")) == "centre"
