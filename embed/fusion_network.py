"""The networks that fuse pictures and texts, and how they learn from the types of coins (`embed.fusion`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from errors import CoingraphError

if TYPE_CHECKING:
    import torch

HIDDEN, DIMENSION = 256, 128  # the two layers of the thesis' network
BATCH = 128  # sides at a time, each with another one of its type
EPOCHS, PATIENCE = 100, 10  # at most, and without an improvement of the held-out loss
HELD_OUT = 0.2  # of the coins
DROPPED = 0.3  # of the sides that have both lose their picture or their text, in each batch anew
FEWEST = 10  # coins with a type to learn from
ROWS = 2048  # sides compared at a time


class TooFewTypes(CoingraphError):
    """There are not enough coins with a type to learn from."""


@dataclass(frozen=True)
class Labels:
    """Whose rows (n) these are, as numbers: coin, face, and the coin's type."""

    coins: np.ndarray
    faces: np.ndarray
    types: np.ndarray


@dataclass(frozen=True)
class Training:
    """How a network was trained: on ``coins``, ``held_out`` others kept apart, until ``best_epoch``.

    The losses are one an epoch. The last four are shares of sides whose nearest other side is of the same type, among
    the sides that have any such: fused and by the picture alone, of coins that were trained on and of held-out ones.
    """

    coins: int
    held_out: int
    types: int
    best_epoch: int
    losses: list[float]
    held_out_losses: list[float]
    trained_right: float
    trained_picture: float
    held_out_right: float
    held_out_picture: float


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows scaled to length 1, float64; rows of zeros stay."""
    rows = np.asarray(vectors, np.float64)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


# --- the networks ---------------------------------------------------------------------------------------------------


def _shapes(method: str, images: int, texts: int) -> dict[str, tuple[int, int]]:
    """The linear layers of a network, outputs by inputs; the last number of each is the bias."""
    if method == "mlp":
        return {"hidden": (HIDDEN, images + texts + 1), "out": (DIMENSION, HIDDEN + 1)}
    towers = {"image": images, "text": texts}
    layers = {f"{name}_hidden": (HIDDEN, length + 1) for name, length in towers.items()}
    layers |= {f"{name}_out": (DIMENSION, HIDDEN + 1) for name in towers}
    return layers | {f"{name}_gate": (1, DIMENSION + 1) for name in towers}


def _initial(name: str, shape: tuple[int, int], random: "torch.Generator") -> "torch.Tensor":
    """As torch begins its linear layers; gates begin even."""
    import torch

    if name.endswith("gate"):
        return torch.zeros(shape, requires_grad=True)
    bound = (shape[1] - 1) ** -0.5
    return ((torch.rand(shape, generator=random) * 2 - 1) * bound).requires_grad_()


def _linear(rows: "torch.Tensor", layer: "torch.Tensor") -> "torch.Tensor":
    return rows @ layer[:, :-1].T + layer[:, -1]


def forward(
    method: str, parameters: "dict[str, torch.Tensor]", images: "torch.Tensor", texts: "torch.Tensor"
) -> "torch.Tensor":
    """Vectors (n, 128) of rows of length 1; a row of zeros is missing."""
    import torch

    if method == "mlp":
        hidden = torch.relu(_linear(torch.cat([images, texts], 1), parameters["hidden"]))
        return _linear(hidden, parameters["out"])
    towers, gates = gated(parameters, images, texts)
    return gates[:, :1] * towers[0] + gates[:, 1:] * towers[1]


def gated(
    parameters: "dict[str, torch.Tensor]", images: "torch.Tensor", texts: "torch.Tensor"
) -> "tuple[list[torch.Tensor], torch.Tensor]":
    """What each modality says (n, 128), at length 1, and how much each counts (n, 2)."""
    import torch

    towers, scores = [], []
    for name, rows in (("image", images), ("text", texts)):
        hidden = torch.relu(_linear(rows, parameters[f"{name}_hidden"]))
        tower = torch.nn.functional.normalize(_linear(hidden, parameters[f"{name}_out"]), dim=1)
        score = _linear(tower, parameters[f"{name}_gate"])
        towers.append(tower)
        scores.append(score.masked_fill(~rows.any(1, keepdim=True), -torch.inf))
    return towers, torch.softmax(torch.cat(scores, 1), 1)


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums come out in the same order on any machine, and steps this small gain little from several threads."""
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)


# --- training -------------------------------------------------------------------------------------------------------


def split(labels: Labels, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The coins, and which rows (n) bool are those of coins that are held out. Raises `TooFewTypes`."""
    coins, types = np.unique(labels.coins), np.unique(labels.types)
    if len(coins) < FEWEST or len(types) < 2:
        raise TooFewTypes(
            f"there are {len(coins)} coins with a type, of {len(types)} types; at least {FEWEST} of 2 are needed to "
            "learn from"
        )
    chosen = np.random.default_rng(seed).permutation(coins)[: max(1, round(HELD_OUT * len(coins)))]
    held = np.isin(labels.coins, chosen)
    kinds = np.stack([labels.faces, labels.types])[:, ~held]
    faces = [np.unique(kinds[1, kinds[0] == face], return_counts=True)[1] for face in np.unique(kinds[0])]
    if not any(len(counts) > 1 and counts.max() > 1 for counts in faces):
        raise TooFewTypes("no two coins of one type, and one of another, are left to learn from")
    return coins, held


class _Pairs:
    """Pairs of rows that are trained on, of one face: each with another coin's of its type, and with one of another."""

    def __init__(self, labels: Labels, chosen: np.ndarray):
        self.faces, self.types = labels.faces, labels.types
        self.of_face = {face: np.flatnonzero(chosen & (labels.faces == face)) for face in np.unique(labels.faces)}
        self.of_type = {
            (face, kind): rows[labels.types[rows] == kind]
            for face, rows in self.of_face.items()
            for kind in np.unique(labels.types[rows])
        }

    def drawn(self, anchors: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Rows, then places among them of either end of the pairs, and +1 for one type, -1 for two."""
        partners = np.array([self._partner(row, random) for row in anchors.tolist()])
        rows, places = np.concatenate([anchors, partners]), np.arange(len(anchors))
        alike = self.types[anchors, None] == self.types[None, rows]
        others = ~alike & (self.faces[anchors, None] == self.faces[None, rows])
        another = np.where(others, random.random(others.shape), -1).argmax(1)
        able = others.any(1)
        first = np.concatenate([places, places[able]])
        second = np.concatenate([places + len(anchors), another[able]])
        targets = np.where(self.types[rows[first]] == self.types[rows[second]], 1, -1)
        real = rows[first] != rows[second]
        return rows, first[real], second[real], targets[real]

    def _partner(self, row: int, random: np.random.Generator) -> int:
        """Of its type where there is another, else any of its face."""
        same = self.of_type[self.faces[row], self.types[row]]
        if len(same) == 1:
            return int(random.choice(self.of_face[self.faces[row]]))
        other = same[random.integers(len(same) - 1)]
        return int(same[-1] if other == row else other)


def trained(
    method: str, images: np.ndarray, texts: np.ndarray, labels: Labels, seed: int
) -> tuple[dict[str, np.ndarray], Training]:
    """The layers of a network, and how it learnt them; see `embed.fusion.Fusion.fit`."""
    import torch

    coins, held = split(labels, seed)
    with one_thread():
        random = torch.Generator().manual_seed(seed)
        parameters = {
            name: _initial(name, shape, random)
            for name, shape in _shapes(method, images.shape[1], texts.shape[1]).items()
        }
        seen, read = torch.from_numpy(unit(images)).float(), torch.from_numpy(unit(texts)).float()
        best_epoch, losses, held_losses = _train(method, parameters, seen, read, labels, held, seed)
        with torch.inference_mode():
            fused, number = forward(method, parameters, seen, read).numpy(), len(np.unique(labels.coins[held]))
        training = Training(
            coins=len(coins) - number,
            held_out=number,
            types=len(np.unique(labels.types)),
            best_epoch=best_epoch,
            losses=losses,
            held_out_losses=held_losses,
            trained_right=first_hit(fused, labels, ~held),
            trained_picture=first_hit(images, labels, ~held),
            held_out_right=first_hit(fused, labels, held),
            held_out_picture=first_hit(images, labels, held),
        )
    return {name: value.numpy(force=True) for name, value in parameters.items()}, training


def _train(
    method: str,
    parameters: "dict[str, torch.Tensor]",
    images: "torch.Tensor",
    texts: "torch.Tensor",
    labels: Labels,
    held: np.ndarray,
    seed: int,
) -> tuple[int, list[float], list[float]]:
    """Train in place; the best epoch, counted from 1, and the losses on trained and on held-out coins."""
    import torch

    random = np.random.default_rng(seed)
    optimiser = torch.optim.Adam(parameters.values(), lr=1e-3)
    criterion = torch.nn.CosineEmbeddingLoss()
    pairs, rows = _Pairs(labels, ~held), np.flatnonzero(~held)
    losses: list[float] = []
    held_losses: list[float] = []
    best = {name: value.detach().clone() for name, value in parameters.items()}
    best_epoch = 0
    for epoch in range(EPOCHS):
        total, batches = 0.0, 0
        drawn = random.permutation(rows)[: -(-len(rows) // 2)]  # with their partners as many as there are
        for anchors in np.array_split(drawn, -(-len(drawn) // BATCH)):
            chosen, first, second, targets = pairs.drawn(anchors, random)
            if not len(first):
                continue
            fused = forward(method, parameters, *_dropped(images[chosen], texts[chosen], random))
            loss = criterion(fused[first], fused[second], torch.from_numpy(targets).to(fused.dtype))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total, batches = total + float(loss.detach()), batches + 1
        losses.append(total / max(batches, 1))
        with torch.inference_mode():
            held_losses.append(_loss(forward(method, parameters, images, texts).numpy(), labels, held))
        if held_losses[-1] <= min(held_losses):
            best, best_epoch = {name: value.detach().clone() for name, value in parameters.items()}, epoch + 1
        elif epoch + 1 - best_epoch >= PATIENCE:
            break
    with torch.no_grad():
        for name, value in parameters.items():
            value.copy_(best[name])
    return best_epoch, losses, held_losses


def _dropped(
    images: "torch.Tensor", texts: "torch.Tensor", random: np.random.Generator
) -> "tuple[torch.Tensor, torch.Tensor]":
    """Some sides without their picture, as many without their text: a network that leans on one alone learns both."""
    import torch

    chance = torch.from_numpy(random.random((len(images), 1)))
    without_text, without_image = chance < DROPPED / 2, (chance > 1 - DROPPED / 2) & texts.any(1, keepdim=True)
    return images.masked_fill(without_image, 0), texts.masked_fill(without_text, 0)


def _loss(fused: np.ndarray, labels: Labels, held: np.ndarray) -> float:
    """The cosine embedding loss of all pairs with a held-out coin; both kinds of pairs count the same."""
    rows = unit(fused).astype(np.float32)
    parts: list[list[float]] = []
    for row_cosines, same, other in _compared(rows, labels, held):
        for target, mask in enumerate((other, same)):
            if mask.any():
                values = 1 - row_cosines[mask] if target else row_cosines[mask].clip(0)
                parts.append([target, float(values.sum(dtype=np.float64)), float(mask.sum())])
    sums = np.array(parts).reshape(-1, 3)
    means = [sums[sums[:, 0] == target, 1:].sum(0) for target in (0, 1)]
    return float(np.mean([total / count for total, count in means if count]))


def first_hit(vectors: np.ndarray, labels: Labels, chosen: np.ndarray) -> float:
    """The share of the chosen sides whose nearest other side is of their type, of those that have any such."""
    right = total = 0
    for cosines, same, other in _compared(unit(vectors).astype(np.float32), labels, chosen):
        able = same.any(1)
        nearest = np.where(same | other, cosines, -2).argmax(1)
        right += int(same[np.arange(len(same)), nearest][able].sum())
        total += int(able.sum())
    return right / total if total else float("nan")


def _compared(
    vectors: np.ndarray, labels: Labels, chosen: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Cosines (n, m) of chosen rows with all of their face; which of these are of the same type, which of another."""
    for face in np.unique(labels.faces):
        all_ = np.flatnonzero(labels.faces == face)
        rows = all_[chosen[all_]]
        for start in range(0, len(rows), ROWS):
            part = rows[start : start + ROWS]
            same = labels.types[part, None] == labels.types[None, all_]
            own = labels.coins[part, None] == labels.coins[None, all_]
            yield vectors[part] @ vectors[all_].T, same & ~own, ~same
