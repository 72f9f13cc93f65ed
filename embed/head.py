"""A head on the vectors of a space: a small layer that learns what tells coins apart, saved, applied to coins to come.

A head gives v + W v + b of a vector v of length 1, at length 1 again. It begins as nothing (W = 0), so that it only
leaves what the network gave as far as what it is trained on pays for it. Plain gradient descent at a high temperature
keeps it there: it moves along the few directions that all coins ask for, where Adam, or a low temperature, learns each
coin by heart and loses on classes that it did not see (`benchmarks/train.py`).
"""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from embed.fusion_network import one_thread, unit
from errors import CoingraphError

if TYPE_CHECKING:
    import torch

TEMPERATURE = 0.5
EPOCHS, PATIENCE = 150, 40  # at most, and without an improvement of what is watched
BATCH = 256  # sides at a time, two views of each
TOGETHER = 8  # sides of a class at most that come into a batch as one
RATE, MOMENTUM, DECAY = 0.1, 0.9, 0.06  # of gradient descent; the decay draws the head back to its input
WATCHED = 1024  # sides of a face at most that are watched


class BadHead(CoingraphError):
    """A saved head that this version cannot read."""


@dataclass(frozen=True)
class Examples:
    """Sides that a head learns from.

    ``views`` is (n, 1 + v, d): the stored vector of each side, then those of its other views. ``faces`` (n) are
    numbers, and so are ``classes`` (n), -1 where a side's is not known: then only its own views are its like.
    """

    views: np.ndarray
    faces: np.ndarray
    classes: np.ndarray

    @property
    def codes(self) -> np.ndarray:
        """Classes (n), where every side of no known class is one by itself."""
        return np.where(self.classes >= 0, self.classes, self.classes.max(initial=0) + 1 + np.arange(len(self.classes)))


@dataclass(frozen=True)
class Learning:
    """How a head learnt: its loss on what it was trained on, one an epoch, and as many of what was watched.

    These are how far the mean average precision of the watched classes is from 1; the loss, where they share none.
    What is kept are the parameters after ``best_epoch`` epochs; 0 where none was better than the head's input.
    """

    best_epoch: int
    losses: list[float]
    watched_losses: list[float]


@dataclass
class Head:
    """Vectors (n, d) to vectors (n, d) of length 1; see above. ``layer`` (d, d + 1) is W, and b in its last column."""

    seed: int = 42
    sides: int = 0
    layer: np.ndarray | None = field(default=None, repr=False)

    def fit(self, examples: Examples, trained: np.ndarray, watched: np.ndarray, device: "torch.device") -> Learning:
        """Train on the sides ``trained`` (n, bool) until it no longer helps those ``watched`` (n, bool).

        The loss is `contrastive_loss` of sides of one face. The same for the same examples and ``seed`` on a CPU.
        """
        self.sides = len(examples.views)
        learner = _Learner(examples, trained, watched, self.seed, device)
        with one_thread():
            learning = learner.run()
        self.layer = learner.best.numpy(force=True).astype(np.float32)
        return learning

    def transform(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors (n, d) float32 of length 1; a row of zeros stays. The same in whatever company a row is computed."""
        assert self.layer is not None
        rows = unit(vectors)
        # Row by row in double precision: a product of one row and one of many may differ in the last bits before.
        moved = rows + rows @ self.layer[:, :-1].T.astype(np.float64) + self.layer[:, -1]
        return np.where(rows.any(1, keepdims=True), unit(moved), 0).astype(np.float32)

    def __str__(self) -> str:
        return "contrastive head"

    def to_bytes(self) -> bytes:
        """The whole head as an .npz file."""
        file = io.BytesIO()
        np.savez(file, head_numbers=np.array([self.seed, self.sides]), layer=self.layer)  # type: ignore[arg-type]
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Head":
        """What ``to_bytes`` wrote. Raises `BadHead` for anything else."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                seed, sides = file["head_numbers"].tolist()
                return cls(int(seed), int(sides), file["layer"])
        except (ValueError, KeyError, OSError, EOFError) as error:
            raise BadHead("the saved head cannot be read", unreadable=True) from error

    @property
    def fingerprint(self) -> str:
        """Of the parameters: vectors of two heads must never be compared, and this tells them apart."""
        assert self.layer is not None
        return hashlib.sha256(b"head" + self.layer.tobytes()).hexdigest()[:16]


def contrastive_loss(vectors: "torch.Tensor", classes: "torch.Tensor") -> "torch.Tensor":
    """The supervised contrastive loss (Khosla et al. 2020, L_out) of vectors (m, d) of length 1 and their classes (m).

    Where every side is a class by itself, with two views, that is NT-Xent (Chen et al. 2020). The mean over those of
    whose class there is another.
    """
    import torch

    itself = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    logits = (vectors @ vectors.T / TEMPERATURE).masked_fill(itself, -torch.inf)
    alike = (classes[:, None] == classes[None, :]) & ~itself
    shares = logits - torch.logsumexp(logits, 1, keepdim=True)
    each = -shares.masked_fill(~alike, 0).sum(1) / alike.sum(1).clamp_min(1)
    counted = alike.any(1)
    return (each * counted).sum() / counted.sum().clamp_min(1)


class _Learner:
    """One training: ``layer`` as it stands, ``best`` as it is kept."""

    def __init__(
        self, examples: Examples, trained: np.ndarray, watched: np.ndarray, seed: int, device: "torch.device"
    ) -> None:
        import torch

        self.examples, self.trained, self.device = examples, trained, device
        self.codes = torch.from_numpy(examples.codes).to(device)
        self.views = torch.from_numpy(unit_views(examples.views)).to(device)
        self.random = np.random.default_rng(seed)
        length = examples.views.shape[2]
        self.layer = torch.zeros((length, length + 1), device=device, requires_grad=True)
        self.best = self.layer.detach().clone()
        self.fixed = [batch for face in np.unique(examples.faces) if (batch := self._watched(face, watched))]

    def run(self) -> Learning:
        import torch

        optimiser = torch.optim.SGD([self.layer], lr=RATE, momentum=MOMENTUM, weight_decay=DECAY)
        best, best_epoch = self._watched_loss(), 0
        losses: list[float] = []
        watched_losses: list[float] = []
        for epoch in range(1, EPOCHS + 1):
            total, batches = 0.0, 0
            for rows in self._batches():
                vectors, codes = self._two_views(rows)
                loss = contrastive_loss(self._forward(vectors), codes)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                total, batches = total + float(loss.detach()), batches + 1
            losses.append(total / max(batches, 1))
            watched_losses.append(self._watched_loss())
            if watched_losses[-1] < best:
                best, best_epoch, self.best = watched_losses[-1], epoch, self.layer.detach().clone()
            elif epoch - best_epoch >= PATIENCE:
                break
        return Learning(best_epoch, losses, watched_losses)

    def _forward(self, rows: "torch.Tensor") -> "torch.Tensor":
        import torch

        moved = rows + rows @ self.layer[:, :-1].T + self.layer[:, -1]
        return torch.nn.functional.normalize(moved, dim=-1)

    def _two_views(self, rows: np.ndarray) -> "tuple[torch.Tensor, torch.Tensor]":
        """Two different views of each row, drawn anew, and their classes; one of each where there is no other."""
        import torch

        order = self.random.random((len(rows), self.views.shape[1])).argsort(1)
        chosen = order[:, :2].T.ravel()
        both = torch.from_numpy(np.tile(rows, len(chosen) // len(rows))).to(self.device)
        return self.views[both, torch.from_numpy(chosen).to(self.device)], self.codes[both]

    def _batches(self) -> Iterator[np.ndarray]:
        """Rows of one face, sides of one class next to each other: a batch holds pairs to bring together."""
        batches: list[np.ndarray] = []
        for face in np.unique(self.examples.faces):
            rows = self.random.permutation(np.flatnonzero(self.trained & (self.examples.faces == face)))
            classes = self.examples.codes[rows]
            of_class = [rows[classes == code] for code in np.unique(classes)]
            parts = [part for some in of_class for part in np.array_split(some, -(-len(some) // TOGETHER))]
            if parts:
                together = np.concatenate([parts[place] for place in self.random.permutation(len(parts))])
                batches += np.array_split(together, -(-len(together) // BATCH))
        yield from (batches[place] for place in self.random.permutation(len(batches)))

    def _watched(self, face: int, watched: np.ndarray) -> "tuple[torch.Tensor, torch.Tensor] | None":
        """Watched sides of a face, each with another view where it has one, (views, n, d), and their classes (n)."""
        import torch

        rows = self.random.permutation(np.flatnonzero(watched & (self.examples.faces == face)))[:WATCHED]
        if not len(rows):
            return None
        some = torch.from_numpy(rows).to(self.device)
        return self.views[some, :2].transpose(0, 1), self.codes[some]

    def _watched_loss(self) -> float:
        import torch

        parts: list[float] = []
        with torch.inference_mode():
            found = [precision(self._forward(views[0]), codes) for views, codes in self.fixed]
            for (views, codes), precise in zip(self.fixed, found, strict=True):
                if precise is not None:
                    parts.append(1 - precise)
                elif not any(found):
                    parts.append(float(contrastive_loss(self._forward(views.flatten(0, 1)), codes.repeat(len(views)))))
        return float(np.mean(parts)) if parts else float("inf")


def precision(vectors: "torch.Tensor", classes: "torch.Tensor") -> float | None:
    """Mean average precision of leave-one-out retrieval by cosine over classes (n); None where none is shared.

    Of vectors (n, d) of length 1. `measure.retrieval` says more, and takes longer than an epoch.
    """
    import torch

    cosines = (vectors @ vectors.T).fill_diagonal_(-torch.inf)
    order = torch.sort(cosines, dim=1, descending=True, stable=True).indices[:, :-1]
    found = (classes[order] == classes[:, None]).double()
    ranks = torch.arange(1, len(classes), device=vectors.device)
    each = (found * found.cumsum(1) / ranks).sum(1) / found.sum(1).clamp_min(1)
    asked = found.any(1)
    if not asked.any():
        return None
    _, which = classes[asked].unique(return_inverse=True)
    sums = torch.zeros(int(which.max()) + 1, dtype=torch.double, device=vectors.device).index_add(0, which, each[asked])
    return float((sums / which.bincount()).mean())


def unit_views(views: np.ndarray) -> np.ndarray:
    """Vectors (n, views, d) float32 scaled to length 1; those of zeros stay."""
    return unit(views.reshape(-1, views.shape[2])).astype(np.float32).reshape(views.shape)
