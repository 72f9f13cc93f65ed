"""Exact nearest neighbours, and where each cosine stands among all pairs of its space and face.

`scan` compares all pairs once, by blocks of matrix products, and counts them in a `Histogram`, which turns cosines into
percentiles. Products are float32 (float64 for small sets); pairs that may belong to somebody's nearest, within the
error bound of the products, are kept as candidates, whose cosines are then computed in float64. Memory: the vectors
twice, one block per core, and the candidates.
"""

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from threadpoolctl import threadpool_limits

from errors import counting

BINS = 16_384
CHUNK = 1 << 16  # values binned at once: the temporaries stay in the processor's cache


@dataclass(frozen=True)
class Histogram:
    """How many pairs fall in each bin; ``counts`` is (BINS,) int64, the closest pairs first.

    Bins are equal in half the chord between two unit vectors, ``sqrt((1 - cosine) / 2)``, from 0 (same direction) to 1
    (opposite). They grow finer towards cosine 1, where the pairs that matter lie: of 16,384 bins 1,158 lie above 0.99,
    and the first reaches only to 1 - 7.5e-9. Inside a bin pairs are taken as evenly spread.
    """

    counts: np.ndarray

    @classmethod
    def empty(cls) -> "Histogram":
        return cls(np.zeros(BINS, dtype=np.int64))

    @classmethod
    def of(cls, cosines: np.ndarray) -> "Histogram":
        """Count the cosines of an array of any shape; float32 is binned as float32."""
        counts = np.zeros(BINS, dtype=np.int64)
        flat = cosines.reshape(-1)
        for start in range(0, len(flat), CHUNK):
            position = _position(flat[start : start + CHUNK])
            counts += np.bincount(np.minimum(position, BINS - 1).astype(np.intp), minlength=BINS)
        return cls(counts)

    @classmethod
    def stored(cls, counts: Sequence[int] | None) -> "Histogram":
        """From the list kept on the space's node; an empty one where there is none."""
        return cls(np.asarray(counts, dtype=np.int64)) if counts else cls.empty()

    def __add__(self, other: "Histogram") -> "Histogram":
        return Histogram(self.counts + other.counts)

    @cached_property
    def pairs(self) -> int:
        return int(self.counts.sum())

    @cached_property
    def _below(self) -> np.ndarray:
        """Pairs farther apart than each bin's near edge, (BINS + 1,) float64, falling from all pairs to 0."""
        below = np.zeros(BINS + 1)
        below[:-1] = np.cumsum(self.counts[::-1])[::-1]
        return below

    def percentile(self, cosines: np.ndarray) -> np.ndarray:
        """The share (0 to 100) of all pairs that lie below each cosine; 0 where no pair was counted."""
        if not self.pairs:
            return np.zeros(np.shape(cosines))
        below = np.interp(_position(np.asarray(cosines, dtype=np.float64)), np.arange(BINS + 1), self._below)
        return 100.0 * below / self.pairs

    def cosine_at(self, percentile: float) -> float:
        """The smallest cosine that this share (0 to 100) of all pairs lies below; the inverse of `percentile`."""
        target = percentile / 100.0 * self.pairs
        near, far = self._below[:-1], self._below[1:]
        bin_ = max(int(np.count_nonzero(near >= target)) - 1, 0)  # the farthest bin that still has enough below it
        inside = (near[bin_] - target) / max(near[bin_] - far[bin_], 1.0)
        return float(1.0 - 2.0 * ((bin_ + min(max(inside, 0.0), 1.0)) / BINS) ** 2)

    def above(self, cosine: float) -> int:
        """About how many pairs lie above a cosine."""
        return round(self.pairs * (1.0 - float(self.percentile(np.array([cosine]))[0]) / 100.0))


def _position(cosines: np.ndarray) -> np.ndarray:
    """Half chords in units of bins, 0 to BINS, in the cosines' own precision."""
    position = 1 - cosines
    np.clip(position, 0, 2, out=position)
    position *= 0.5
    np.sqrt(position, out=position)
    position *= BINS
    return position


def resolution(pairs: int) -> float:
    """The smallest share that ``pairs`` pairs can tell from nothing: half a pair."""
    return 0.5 / max(pairs, 1)


def weight(percentile: np.ndarray, pairs: int) -> np.ndarray:
    """``-log10(1 - percentile / 100)``: 2 for the closest hundredth of all pairs, 3 for the closest thousandth.

    Kept half a pair away from both ends, so that every weight is finite and above 0.
    """
    step = resolution(pairs)
    return -np.log10(np.clip(1.0 - np.asarray(percentile) / 100.0, step, 1.0 - step))


DECIMALS = 12  # cosines are rounded here, above the noise of summation, so that equal pictures tie and have cosine 1
SMALL = 4096  # rows up to which float64 products cost nothing worth saving
BLOCK_BYTES = 64 << 20
CROWD = 4_000_000  # candidates kept before they are thinned out


@dataclass(frozen=True)
class Pairs:
    """Unordered pairs of rows, ``first < second`` (int64), and their float64 cosines; all of shape (m,)."""

    first: np.ndarray
    second: np.ndarray
    cosine: np.ndarray

    def __len__(self) -> int:
        return len(self.first)

    def __getitem__(self, chosen: np.ndarray) -> "Pairs":
        return Pairs(self.first[chosen], self.second[chosen], self.cosine[chosen])

    @classmethod
    def all(cls, parts: Sequence["Pairs"]) -> "Pairs":
        """Several one after the other; at least one."""
        columns = ([p.first for p in parts], [p.second for p in parts], [p.cosine for p in parts])
        return cls(*(np.concatenate(column) for column in columns))

    @classmethod
    def none(cls) -> "Pairs":
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


@dataclass(frozen=True)
class Scan:
    """The result of a scan of pairs: candidates for edges, a histogram of all pairs compared, and how many they were.

    ``overflow`` is the number of pairs above the floor where it exceeds the limit; then there are no candidates.
    """

    pairs: Pairs
    histogram: Histogram
    compared: int
    overflow: int = 0


@dataclass(frozen=True)
class Ranked:
    """Edges: ``rank`` is the better of both directions, ``mutual`` whether each is among the other's nearest."""

    pairs: Pairs
    rank: np.ndarray
    mutual: np.ndarray


def scan(
    matrix: np.ndarray,
    top: int | None,
    floor: float = -np.inf,
    new: np.ndarray | None = None,
    bounds: np.ndarray | None = None,
    limit: int | None = None,
) -> Scan:
    """All pairs that can be among the ``top`` nearest of one of their rows and lie above ``floor``.

    ``matrix`` is (n, d) float32, rows in the order that breaks ties, none of them zero. ``top`` None takes every pair
    above the floor, unless there are more than ``limit``. With ``new``, an (n,) mask, only pairs with a new row are
    compared, and ``bounds`` (n,) holds the cosine of each old row's last nearest neighbour (``floor`` where it
    has fewer).
    """
    count = len(matrix)
    old = 0
    order = np.arange(count)
    if new is not None:
        order = np.concatenate([np.flatnonzero(~new), np.flatnonzero(new)])
        old = int(np.count_nonzero(~new))
    lowest = np.full(count, floor) if bounds is None else np.maximum(bounds, floor)[order]
    compared = (count * (count - 1) - old * (old - 1)) // 2
    precisions: list[type] = [np.float64] if count <= SMALL else [np.float32, np.float64]
    for precision in precisions:
        unit = _unit(matrix, order, precision)
        candidates = _Candidates(top, lowest.copy(), _error(matrix.shape[1], precision), limit, precision == np.float64)
        try:
            histogram = _products(unit, old, candidates, compared)
            break
        except _Crowded:  # so many equal neighbours that float32 cannot thin them out
            continue
    if candidates.overflow:
        return Scan(Pairs.none(), histogram, compared, candidates.overflow)
    row, column, _ = candidates.thinned()
    ends = np.sort(np.stack([order[row], order[column]]), axis=0)
    pairs = Pairs(ends[0], ends[1], cosines(matrix, ends[0], ends[1]))
    return Scan(pairs[pairs.cosine > floor], histogram, compared)


def ranked(pairs: Pairs, top: int | None) -> Ranked:
    """The pairs that are among the ``top`` nearest of at least one of their rows (None: all), ordered by rows.

    Neighbours are ordered by falling cosine, equal ones by row. ``pairs`` must hold all of a row's ``top`` nearest.
    """
    near, far = _ranks(pairs)
    best, worst = np.minimum(near, far), np.maximum(near, far)
    kept = np.arange(len(pairs)) if top is None else np.flatnonzero(best <= top)
    kept = kept[np.lexsort((pairs.second[kept], pairs.first[kept]))]
    mutual = np.ones(len(kept), dtype=bool) if top is None else worst[kept] <= top
    return Ranked(pairs[kept], best[kept], mutual)


def last_of_nearest(pairs: Pairs, count: int, top: int) -> np.ndarray:
    """(count,) float64: the cosine of each row's ``top``-th nearest neighbour, -inf for rows with fewer."""
    last = np.full(count, -np.inf)
    for rows, rank in zip((pairs.first, pairs.second), _ranks(pairs), strict=True):
        exactly = rank == top
        last[rows[exactly]] = pairs.cosine[exactly]
    return last


def cosines(matrix: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Float64 cosines of pairs of rows, in [-1, 1], the same to the last bit whichever pairs are computed together."""
    norms = _norms(matrix)
    result = np.empty(len(first))
    step = max((16 << 20) // (8 * matrix.shape[1]), 1)
    for start in range(0, len(first), step):
        one, other = first[start : start + step], second[start : start + step]
        dot = np.einsum("ij,ij->i", matrix[one].astype(np.float64), matrix[other].astype(np.float64))
        result[start : start + step] = dot / (norms[one] * norms[other])
    return rounded(result)


def unit(matrix: np.ndarray) -> np.ndarray:
    """Rows of length one, whose products are cosines; rows of zeros stay."""
    return matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-12)


def rounded(values: np.ndarray) -> np.ndarray:
    """Cosines as they are stored: within [-1, 1] and free of the last digits' noise."""
    return np.clip(np.round(values, DECIMALS), -1.0, 1.0)


def _ranks(pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """The rank of each pair among the neighbours of its first row, and of its second; from 1."""
    row = np.concatenate([pairs.first, pairs.second])
    neighbour = np.concatenate([pairs.second, pairs.first])
    order = np.lexsort((neighbour, -np.concatenate([pairs.cosine, pairs.cosine]), row))
    rank = np.empty(len(row), dtype=np.int64)
    rank[order] = _places(row[order])
    return rank[: len(pairs)], rank[len(pairs) :]


def _places(groups: np.ndarray) -> np.ndarray:
    """1, 2, 3 … within each run of equal values."""
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]]) if len(groups) else np.zeros(0, np.int64)
    return np.arange(len(groups)) - np.repeat(starts, np.diff(np.r_[starts, len(groups)])) + 1


def _nth_largest(rows: np.ndarray, values: np.ndarray, nth: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows that have ``nth`` values, and the ``nth`` largest of each, rounded down by at most 1e-9."""
    steps = ((values.astype(np.float64) + 1.0) * 2**30).astype(np.int64)
    keys = np.sort((rows.astype(np.int64) << 32) - steps)  # one sort of integers, several times as fast as by two keys
    rows = (keys + (1 << 31)) >> 32
    nth_of_row = np.flatnonzero(_places(rows) == nth)
    rows = rows[nth_of_row]
    return rows, ((rows << 32) - keys[nth_of_row]) / 2**30 - 1.0


class _Crowded(Exception):
    """More candidates than memory is meant for, and no way to tell them apart in float32."""


class _Candidates:
    """Pairs that may be edges, thinned out as better ones turn up; shared by the threads that make products.

    ``bounds[i]`` never exceeds the product of row i's last nearest neighbour, so a pair below both its rows' bounds
    (less the error of two products) is nobody's neighbour.
    """

    def __init__(self, top: int | None, bounds: np.ndarray, error: float, limit: int | None, exact: bool):
        self.top, self.bounds, self.margin, self.limit, self.exact = top, bounds, 2 * error, limit, exact
        self.crowd = max(CROWD, 2 * (top or 0) * len(bounds))
        self.parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.size = 0
        self.overflow = 0
        self.lock = threading.Lock()

    def offer(self, products: np.ndarray, start: int) -> None:
        """Take what may count from a block of products of rows ``start`` … with all rows before them."""
        row_bound = (self.bounds[start : start + len(products)] - self.margin).astype(products.dtype)
        column_bound = (self.bounds[: products.shape[1]] - self.margin).astype(products.dtype)
        chosen = products >= row_bound[:, None]
        chosen |= products >= column_bound
        flat = np.flatnonzero(chosen)
        value = products.reshape(-1)[flat]
        flat, value = flat[value >= -1.5], value[value >= -1.5]  # -2 marks what is no pair
        row, column = np.divmod(flat, products.shape[1])
        with self.lock:
            self.size += len(flat)
            if self.limit is not None and self.top is None and self.size > self.limit:
                self.overflow, self.parts = self.size, []
                return
            self.parts.append(((row + start).astype(np.int32), column.astype(np.int32), value))
            if self.top is not None and self.size > self.crowd:
                self.parts = [self.thinned()]
                self.size = len(self.parts[0][0])
                if self.size > self.crowd // 2 and not self.exact:
                    raise _Crowded

    def thinned(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The candidates that still count, as rows, columns and products; tightens the bounds."""
        if not self.parts:
            return np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0)
        row, column, value = (np.concatenate(part) for part in zip(*self.parts, strict=True))
        if self.top is None:
            return row, column, value
        owners, last = _nth_largest(np.concatenate([row, column]), np.concatenate([value, value]), self.top)
        self.bounds[owners] = np.maximum(self.bounds[owners], last)
        kept = value >= np.minimum(self.bounds[row], self.bounds[column]) - self.margin
        row, column, value = row[kept], column[kept], value[kept]
        if self.exact and len(row) > self.crowd // 2:  # a crowd of equals: their rows decide
            near, far = _ranks(Pairs(row.astype(np.int64), column.astype(np.int64), rounded(value)))
            kept = np.minimum(near, far) <= self.top
            row, column, value = row[kept], column[kept], value[kept]
        return row, column, value


def _products(unit: np.ndarray, old: int, candidates: _Candidates, compared: int) -> Histogram:
    """Multiply blocks of the rows from ``old`` on with all rows before them; one block a core at a time."""
    count = len(unit)
    step = int(np.clip(BLOCK_BYTES // max(unit.itemsize * count, 1), 16, 1024))
    with (
        threadpool_limits(1, "blas"),
        ThreadPoolExecutor(os.cpu_count()) as pool,
        counting("comparing", "pair", compared) as advance,
    ):
        blocks = [
            pool.submit(_block, unit, start, min(start + step, count), candidates) for start in range(old, count, step)
        ]
        histogram = Histogram.empty()
        try:
            for block in blocks:
                counted = block.result()
                histogram += counted
                advance(counted.pairs)
        finally:
            for block in blocks:
                block.cancel()
    return histogram


def _block(unit: np.ndarray, start: int, stop: int, candidates: _Candidates) -> Histogram:
    products = unit[start:stop] @ unit[:stop].T
    square = products[:, start:]
    np.fill_diagonal(square, -2)
    if candidates.top is not None:
        _raise_bounds(candidates, products, start)
    later = np.triu(np.ones(square.shape, dtype=bool))  # each pair once: only columns before the row
    square[later] = 1
    histogram = Histogram.of(products)
    histogram.counts[0] -= np.count_nonzero(later)
    square[later] = -2
    candidates.offer(products, start)
    return histogram


def _raise_bounds(candidates: _Candidates, products: np.ndarray, start: int) -> None:
    """A row's ``top``-th best among some columns is a lower bound of its ``top``-th best among all."""
    top = candidates.top or 0
    enough = int((50 * top * len(candidates.bounds)) ** 0.5)  # more would cost more than the candidates it saves
    some = products[:, :: max(products.shape[1] // max(enough, 1), 1)]
    if some.shape[1] > top:
        last = np.partition(some, some.shape[1] - top, axis=1)[:, some.shape[1] - top]
        rows = slice(start, start + len(products))
        candidates.bounds[rows] = np.maximum(candidates.bounds[rows], last)


def _norms(matrix: np.ndarray) -> np.ndarray:
    """(n,) float64 lengths of the rows."""
    norms = np.empty(len(matrix))
    for start in range(0, len(matrix), 4096):
        rows = matrix[start : start + 4096].astype(np.float64)
        norms[start : start + 4096] = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    return norms


def _unit(matrix: np.ndarray, order: np.ndarray, precision: type) -> np.ndarray:
    """Rows of length 1, in this order and precision."""
    unit: np.ndarray = np.empty(matrix.shape, dtype=precision)
    norms = _norms(matrix)
    for start in range(0, len(matrix), 4096):
        rows = order[start : start + 4096]
        unit[start : start + 4096] = matrix[rows] / norms[rows, None]
    return unit


def _error(dimension: int, precision: type) -> float:
    """By how much a product of two unit vectors can be off: each addition rounds once, and each factor was rounded."""
    return (dimension + 8) * float(np.finfo(precision).eps) / 2 + 10.0**-DECIMALS
