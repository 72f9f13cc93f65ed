"""What is fitted on a collection before its vectors are compared: objects to be saved and applied to coins to come."""

import hashlib
import io
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from errors import CoingraphError

SAMPLE = 2048  # sides at most that a transform is fitted on: at 32,928 numbers a side 270 MB
ROWS = 128  # vectors turned at a time: at 32,928 numbers a side 67 MB
ARRAYS = ("mean", "scale", "axes", "reader")  # that a saved transform may have
KINDS = ("none", "centre", "standardise", "whiten", "half-whiten")


class TooFew(CoingraphError):
    """There are not enough sides to fit a transform on."""


class UnknownTransform(CoingraphError):
    """A saved transform that this version cannot read."""


@dataclass
class Transform:
    """Vectors (n, d) to vectors that are compared by cosine.

    ``none`` leaves them as they are; ``centre`` takes their mean away, and leaves a vector of zeros, which says
    nothing, as it is; ``standardise`` also divides each number by its
    deviation (scikit-learn's StandardScaler). ``whiten`` scales each vector to length 1, centres, turns to the first
    ``dimension`` principal axes, divides each by its deviation and scales to length 1 again; ``half-whiten`` divides by
    the ``exponent``-th power of the deviation, which does not blow up the weak axes when there are few coins.

    Parameters after ``fit``: ``mean`` (d), ``scale`` (d or k) and ``axes`` (k, d) in float16, as they are saved, so
    that a transform that was loaded gives exactly what it gave before. ``reader`` are the weights of the reader
    that saw what comes in, where it was trained on (`embed.legends.adapt`): (n) uint8, as in its file.
    """

    kind: str = "none"
    dimension: int = 256
    exponent: float = 0.5
    seed: int = 1
    sides: int = 0
    mean: np.ndarray | None = field(default=None, repr=False)
    scale: np.ndarray | None = field(default=None, repr=False)
    axes: np.ndarray | None = field(default=None, repr=False)
    reader: np.ndarray | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownTransform(f"unknown transform {self.kind!r}; choose one of {', '.join(KINDS)}")

    def fit(self, vectors: np.ndarray) -> "Transform":
        """Fit on vectors (n, d), which may be a memory-mapped file: at most ``SAMPLE`` rows of it are read.

        ``seed`` chooses them. Raises ``TooFew`` where fewer than three vectors are there.
        """
        self.sides = len(vectors)
        if self.kind == "none":
            return self
        if len(vectors) < 3:
            raise TooFew(
                f"a transform needs at least 3 sides to be fitted on, and there are {len(vectors)}: take a space that "
                "has none, such as --space efficientnet-lite0"
            )
        principal = self.kind in ("whiten", "half-whiten")
        rows = sampled(vectors, self.seed)
        if principal:
            _to_unit_length(rows)
        said = rows.any(1)
        self.mean = rows[said].mean(0, dtype=np.float64).astype(np.float32) if said.any() else rows[0]
        rows -= self.mean
        if principal:
            axes, deviations = principal_axes(rows, min(self.dimension, len(rows) - 1, rows.shape[1]))
            self.axes = axes.astype(np.float16)
        elif self.kind == "standardise":
            deviations = rows.std(0, dtype=np.float64)
        else:
            return self
        # A number that is the same on all sides says nothing: it stays 0 instead of becoming infinite.
        dead = deviations < 1e-6 * max(deviations.max(), 1e-30)
        exponent = self.exponent if self.kind == "half-whiten" else 1.0
        self.scale = (~dead / np.where(dead, 1, deviations) ** exponent).astype(np.float32)
        return self

    def transform(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors (n, d) to float32 (n, k)."""
        vectors = np.asarray(vectors, np.float32)
        if self.mean is None:
            return vectors
        if self.axes is None:
            centred = np.where(vectors.any(1, keepdims=True), vectors - self.mean, np.float32(0))
            return centred if self.scale is None else centred * self.scale
        # In double precision, so that a vector is the same, once rounded, in whatever company it is computed.
        parts = np.array_split(vectors, -(-len(vectors) // ROWS)) if len(vectors) else []
        return np.concatenate([np.empty((0, len(self.axes)), np.float32), *map(self._turned, parts)])

    def _turned(self, vectors: np.ndarray) -> np.ndarray:
        assert self._axes is not None
        centred = _to_unit_length(vectors.astype(np.float64)) - self.mean
        return _to_unit_length((centred @ self._axes.T) * self.scale).astype(np.float32)

    @cached_property
    def _axes(self) -> np.ndarray | None:
        return None if self.axes is None else self.axes.astype(np.float64)

    def __str__(self) -> str:
        """What is asked for, the same before and after ``fit``."""
        power = f" by {self.exponent:g}" if self.kind == "half-whiten" else ""
        kind = f"{self.kind}{power} to {self.dimension}" if "whiten" in self.kind else self.kind
        return kind if self.reader is None else f"{kind}, after a reader that was trained on"

    def to_bytes(self) -> bytes:
        """The whole transform as an .npz file."""
        arrays = {name: a for name in ARRAYS if (a := getattr(self, name)) is not None}
        file = io.BytesIO()
        numbers = np.array([self.dimension, self.exponent, self.seed, self.sides])
        np.savez(file, kind=self.kind, numbers=numbers, **arrays)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Transform":
        """What ``to_bytes`` wrote. Raises ``UnknownTransform`` for anything else."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                dimension, exponent, seed, sides = file["numbers"].tolist()
                arrays = {name: file[name] for name in ARRAYS if name in file}
                return cls(str(file["kind"]), int(dimension), exponent, int(seed), int(sides), **arrays)
        except (ValueError, KeyError, OSError, EOFError) as error:
            raise UnknownTransform("the saved transform cannot be read", unreadable=True) from error

    @property
    def fingerprint(self) -> str:
        """Of the parameters: vectors of two fits must never be compared, and this tells them apart."""
        digest = hashlib.sha256(self.kind.encode())
        for array in (self.mean, self.scale, self.axes):
            digest.update(b"-" if array is None else array.tobytes())
        if self.reader is not None:
            digest.update(self.reader.tobytes())
        return digest.hexdigest()[:16]


def sampled(vectors: np.ndarray, seed: int) -> np.ndarray:
    """At most ``SAMPLE`` rows as a float32 copy, the same ones for the same seed and number of rows."""
    chosen: slice | np.ndarray = slice(None)
    if len(vectors) > SAMPLE:
        chosen = np.sort(np.random.default_rng(seed).choice(len(vectors), SAMPLE, replace=False))
    return np.array(vectors[chosen], np.float32)


def principal_axes(centred: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The first ``k`` principal axes (k, d) and the deviations along them (k) of centred rows (n, d).

    Exact, by the smaller of the two Gram matrices.
    """
    from scipy.linalg import eigh

    n, d = centred.shape
    gram = (centred @ centred.T if n <= d else centred.T @ centred).astype(np.float64)
    values, vectors = eigh(gram, subset_by_index=[len(gram) - k, len(gram) - 1])
    singular = np.sqrt(values[::-1].clip(0))
    axes = vectors.T[::-1]
    if n <= d:
        axes = (axes.astype(np.float32) @ centred) / np.maximum(singular, 1e-6 * singular.max(initial=1e-30))[:, None]
    return axes, singular / np.sqrt(n)


def _to_unit_length(vectors: np.ndarray) -> np.ndarray:
    """Scale each row to length 1, in place; a row of zeros stays."""
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return vectors
