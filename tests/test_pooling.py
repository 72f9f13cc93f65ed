import numpy as np
import pytest
import torch

from embed.pooling import Pooling, inwards, windows


def test_the_mean_of_each_channel():
    maps = torch.tensor([[[[1.0, 3.0], [5.0, 7.0]]]])
    assert Pooling.named("mean")(maps).tolist() == [[4.0]]


def test_the_generalised_mean_listens_to_the_strongest_cell():
    maps = torch.tensor([[[[0.0, 0.0], [0.0, 8.0]]]])
    assert Pooling.named("gem")(maps).item() == pytest.approx((8**3 / 4) ** (1 / 3))


def test_a_grid_of_a_flat_map_is_flat():
    pooled = Pooling.named("grid5")(torch.full((2, 3, 14, 14), 2.0))
    assert pooled.shape == (2, Pooling.named("grid5").dimension(3))
    assert torch.allclose(pooled, torch.tensor(2.0))


def test_a_grid_keeps_left_and_right_apart():
    maps = torch.zeros(1, 1, 14, 14)
    maps[..., :4] = 1
    grid = Pooling.named("grid3")(maps).reshape(3, 3)
    assert (grid[:, 0] > 2 * grid[:, 2]).all()


def test_one_window_is_nearly_the_generalised_mean():
    maps = torch.rand(1, 4, 14, 14)
    assert torch.allclose(Pooling.named("grid1")(maps), Pooling.named("gem")(maps), atol=0.1)


def test_inner_windows_overlook_what_they_share():
    """Another light or camera that adds the same to every cell changes nothing."""
    maps = torch.rand(2, 6, 14, 14)
    inner = Pooling("inner", 5, power=1)
    assert torch.allclose(inner(maps), inner(maps + torch.rand(1, 6, 1, 1)), atol=1e-4)


def test_inner_windows_count_less_toward_the_rim():
    inner = Pooling.named("inner7")
    lengths = inner(torch.rand(1, 6, 14, 14)).reshape(6, 7, 7).norm(dim=0)
    assert np.allclose(lengths, inwards(7), atol=1e-4)
    assert inwards(7)[3, 3] == 1 and inwards(7)[3, 0] < 0.6 and inwards(7)[0, 0] < 0.4


def test_a_flat_map_has_nothing_inside():
    assert torch.allclose(Pooling.named("inner5")(torch.full((1, 3, 14, 14), 2.0)), torch.tensor(0.0), atol=1e-2)


def test_the_windows_are_those_of_the_paper_and_pencil():
    """Two windows over seven cells: centres at 1.25 and 4.75, sigma half of their distance."""
    expected = np.exp(-0.5 * ((np.arange(7) - 1.25) / 1.75) ** 2)
    assert np.allclose(windows(2, 7)[0], expected / expected.sum())


@pytest.mark.parametrize("length", [7, 10, 14, 28])
def test_windows_fit_maps_of_any_size(length: int):
    assert np.allclose(windows(5, length).sum(1), 1)
    assert np.allclose(windows(5, length), windows(5, length)[::-1, ::-1])


def test_an_unknown_pooling_is_refused():
    with pytest.raises(ValueError, match="inner2 to inner9"):
        Pooling.named("max")
