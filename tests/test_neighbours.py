"""Exact neighbours by blocks, held against the obvious way of computing them."""

import numpy as np
import pytest

from measure import neighbours
from measure.neighbours import Histogram, Pairs, cosines, last_of_nearest, ranked, scan


def vectors(number: int, dimension: int = 16, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(number, dimension)).astype(np.float32)


def all_pairs(matrix: np.ndarray) -> Pairs:
    first, second = np.triu_indices(len(matrix), 1)
    return Pairs(first, second, cosines(matrix, first, second))


def obvious_edges(matrix: np.ndarray, top: int, floor: float = -np.inf) -> dict[tuple[int, int], tuple[int, bool]]:
    """{(a, b): (rank, mutual)} by sorting every row's neighbours."""
    pairs = all_pairs(matrix)
    table = np.full((len(matrix), len(matrix)), -np.inf)
    table[pairs.first, pairs.second] = table[pairs.second, pairs.first] = pairs.cosine
    place: dict[tuple[int, int], int] = {}
    for row in range(len(matrix)):
        nearest = sorted((other for other in range(len(matrix)) if other != row), key=lambda o: (-table[row, o], o))
        place |= {(row, other): rank for rank, other in enumerate(nearest, 1) if table[row, other] > floor}
    return {
        (a, b): (min(rank, place[b, a]), max(rank, place[b, a]) <= top)
        for (a, b), rank in place.items()
        if a < b and min(rank, place[b, a]) <= top
    }


def as_dict(edges: neighbours.Ranked) -> dict[tuple[int, int], tuple[int, bool]]:
    keys = zip(edges.pairs.first.tolist(), edges.pairs.second.tolist(), strict=True)
    return dict(zip(keys, zip(edges.rank.tolist(), edges.mutual.tolist(), strict=True), strict=True))


@pytest.fixture(params=["float64", "float32"])
def precision(request, monkeypatch):
    """Small sets use float64; here float32 is made to serve them too, in blocks of 16 rows."""
    if request.param == "float32":
        monkeypatch.setattr(neighbours, "SMALL", 0)
    monkeypatch.setattr(neighbours, "BLOCK_BYTES", 1)


@pytest.mark.usefixtures("precision")
@pytest.mark.parametrize("top", [1, 5, 20])
def test_the_nearest_are_those_of_a_full_sort(top):
    matrix = vectors(150)
    assert as_dict(ranked(scan(matrix, top).pairs, top)) == obvious_edges(matrix, top)


@pytest.mark.usefixtures("precision")
def test_the_nearest_above_a_threshold():
    matrix = vectors(100)
    assert as_dict(ranked(scan(matrix, 5, floor=0.4).pairs, 5)) == obvious_edges(matrix, 5, 0.4)


@pytest.mark.usefixtures("precision")
def test_vectors_with_a_common_offset_are_told_apart():
    matrix = vectors(120) + np.float32(40)
    assert all_pairs(matrix).cosine.min() > 0.99
    assert as_dict(ranked(scan(matrix, 5).pairs, 5)) == obvious_edges(matrix, 5)


@pytest.mark.usefixtures("precision")
def test_all_pairs_above_a_threshold():
    matrix = vectors(100)
    expected = all_pairs(matrix)
    expected = expected[expected.cosine > 0.3]
    edges = ranked(scan(matrix, None, floor=0.3).pairs, None)
    assert as_dict(edges).keys() == set(zip(expected.first.tolist(), expected.second.tolist(), strict=True))
    assert edges.mutual.all()
    assert as_dict(edges) == {pair: (rank, True) for pair, (rank, _) in obvious_edges(matrix, 100, 0.3).items()}


def test_a_threshold_is_strict():
    matrix = np.array([[1, 0], [0.6, 0.8]], dtype=np.float64).astype(np.float32)
    cosine = cosines(matrix, np.array([0]), np.array([1]))[0]
    assert len(scan(matrix, 5, floor=cosine).pairs) == 0
    assert len(scan(matrix, 5, floor=np.nextafter(cosine, 0)).pairs) == 1


@pytest.mark.usefixtures("precision")
def test_equal_neighbours_are_taken_in_the_order_of_their_rows():
    matrix = np.repeat(vectors(3, seed=2), 10, axis=0)
    assert as_dict(ranked(scan(matrix, 4).pairs, 4)) == obvious_edges(matrix, 4)


def test_a_crowd_of_equals_does_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(neighbours, "SMALL", 0)
    monkeypatch.setattr(neighbours, "BLOCK_BYTES", 1)
    monkeypatch.setattr(neighbours, "CROWD", 500)
    matrix = np.repeat(vectors(1), 200, axis=0)
    pairs = scan(matrix, 2).pairs
    assert len(pairs) < 500
    assert as_dict(ranked(pairs, 2)) == obvious_edges(matrix, 2)


@pytest.mark.usefixtures("precision")
def test_the_histogram_counts_every_pair_once():
    matrix = vectors(90)
    found = scan(matrix, 3)
    assert found.compared == found.histogram.pairs == 90 * 89 // 2
    moved = np.abs(found.histogram.counts - Histogram.of(all_pairs(matrix).cosine).counts).sum()
    assert moved <= 0.01 * found.compared


@pytest.mark.usefixtures("precision")
@pytest.mark.parametrize("top", [4, None])
def test_new_rows_alone_bring_the_edges_of_a_full_run(top):
    matrix = vectors(120)
    floor = -np.inf if top else 0.3
    new = np.zeros(120, dtype=bool)
    new[::7] = True
    old_rows = np.flatnonzero(~new)
    before = ranked(scan(matrix[old_rows], top, floor).pairs, top).pairs
    before = Pairs(old_rows[before.first], old_rows[before.second], before.cosine)
    bounds = None if top is None else last_of_nearest(before, 120, top)
    added = scan(matrix, top, floor, new=new, bounds=bounds)
    assert added.compared == 120 * 119 // 2 - len(old_rows) * (len(old_rows) - 1) // 2
    found = ranked(Pairs.all([before, added.pairs]), top)
    assert as_dict(found) == as_dict(ranked(scan(matrix, top, floor).pairs, top))


def test_too_many_pairs_are_counted_not_kept():
    found = scan(vectors(100), None, floor=-1.0, limit=500)
    assert len(found.pairs) == 0
    assert found.overflow == 4950 == found.histogram.pairs


def test_cosines_are_those_of_float64():
    matrix = vectors(50, 64)
    first, second = np.triu_indices(50, 1)
    wide = matrix.astype(np.float64)
    wide /= np.linalg.norm(wide, axis=1, keepdims=True)
    assert cosines(matrix, first, second) == pytest.approx((wide @ wide.T)[first, second], abs=1e-12)


def test_the_same_vector_at_another_length_has_cosine_one():
    matrix = vectors(1, 512)
    assert cosines(np.vstack([matrix, matrix * 4]), np.array([0]), np.array([1]))[0] == 1.0


@pytest.mark.parametrize("number", [0, 1])
def test_nothing_to_compare(number):
    found = scan(vectors(number), 5)
    assert len(found.pairs) == found.compared == found.histogram.pairs == 0
    assert len(ranked(found.pairs, 5).pairs) == 0


def test_two_rows_are_each_others_nearest():
    edges = ranked(scan(vectors(2), 20).pairs, 20)
    assert as_dict(edges) == {(0, 1): (1, True)}
