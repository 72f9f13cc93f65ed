"""What is seen and what is said of a side, made one vector: fitted, saved and applied to coins to come."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from embed.fusion_network import DIMENSION, Labels, Training, forward, trained, unit
from errors import CoingraphError
from ingest.records import FACES

METHODS = ("mlp", "concat", "attention", "late")
LEARNED = ("mlp", "attention")
ROWS = 2048  # sides fused at a time


class UnknownFusion(CoingraphError):
    """No such method, a weight out of range, or a saved fusion that this version cannot read."""


@dataclass
class Fusion:
    """Pictures (n, d_i) and texts (n, d_t) to one vector a side; a row of zeros stands for a text that is missing.

    All begin with both scaled to length 1, u and v. ``concat`` puts one after the other. ``late`` does so with weights:
    the cosine of two sides with texts is exactly ``weight`` times the pictures' cosine plus ``1 - weight`` times the
    texts'; of two sides without, exactly the pictures'; of one with and one without, the pictures' times the root of
    ``weight``: the order of neighbours is that by picture, and they come after equally alike ones whose texts agree.
    ``concat`` gives the cosines of ``late`` at 0.5. With ``by_face`` (obverse, reverse) each face has a weight of its
    own in ``late``, and ``weight`` is their mean.

    ``mlp`` is the thesis' network: both after each other to 256, ReLU, to 128. ``attention`` brings each by such a
    network of its own to 128 numbers of length 1, which a learned gate (softmax) weighs for each side; a missing
    text weighs nothing. Both learn by the cosine embedding loss: two coins of one type towards 1, two of different
    types to at most 0.
    """

    method: str
    weight: float = 0.5
    seed: int = 42
    sides: int = 0
    parameters: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    @classmethod
    def late(cls, by_face: Sequence[float]) -> "Fusion":
        """``late`` with a weight of the picture for obverses and one for reverses; 1 where the text says nothing."""
        weights = np.array(by_face, np.float64)
        return cls("late", float(weights.mean()), parameters={"by_face": weights})

    @property
    def by_face(self) -> tuple[float, ...]:
        """The weight of the picture on obverses and on reverses, where ``late`` was made with both."""
        return tuple(self.parameters.get("by_face", np.zeros(0)).tolist())

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UnknownFusion(f"unknown method {self.method!r}; choose one of {', '.join(METHODS)}")
        if not 0 < self.weight < 1:
            raise UnknownFusion(f"the weight of the picture is between 0 and 1, not {self.weight:g}")

    @property
    def learns(self) -> bool:
        return self.method in LEARNED

    def __str__(self) -> str:
        if self.by_face:
            weights = (f"{one:g} of {face}s" for one, face in zip(self.by_face, FACES, strict=True))
            return f"late, picture {', '.join(weights)}"
        return f"late, picture {self.weight:g}" if self.method == "late" else self.method

    def fit(self, images: np.ndarray, texts: np.ndarray, labels: Labels) -> Training:
        """Train ``mlp`` or ``attention`` on sides of coins with a type; the same for the same rows and ``seed``.

        Pairs are of one face. Raises `TooFewTypes`.
        """
        self.parameters, training = trained(self.method, images, texts, labels, self.seed)
        return training

    def transform(self, images: np.ndarray, texts: np.ndarray, faces: np.ndarray | None = None) -> np.ndarray:
        """Vectors (n, k) float32 of pictures and texts. A row is the same in whatever company it is computed.

        ``faces`` (n,) are places in `FACES`; None where they are not known.
        """
        weights = np.full((len(images), 1), self.weight if self.method == "late" else 0.5)
        if faces is not None and self.by_face:
            weights = np.array(self.by_face)[faces][:, None]
        starts = (slice(start, start + ROWS) for start in range(0, len(images), ROWS))
        parts = [self._fused(unit(images[some]), unit(texts[some]), weights[some]) for some in starts]
        return np.concatenate([np.empty((0, self.dimension(images.shape[1], texts.shape[1])), np.float32), *parts])

    def _fused(self, images: np.ndarray, texts: np.ndarray, weights: np.ndarray) -> np.ndarray:
        if not self.learns:
            there = texts.any(1, keepdims=True)
            seen = np.where(there, np.sqrt(weights), 1.0) * images
            return np.concatenate([seen, np.sqrt(1 - weights) * texts], 1).astype(np.float32)
        import torch

        # In double precision, so that a vector is the same, once rounded, in whatever batch it is computed.
        parameters = {name: torch.from_numpy(value).double() for name, value in self.parameters.items()}
        with torch.inference_mode():
            fused = forward(self.method, parameters, torch.from_numpy(images), torch.from_numpy(texts))
        return unit(fused.numpy()).astype(np.float32)

    def dimension(self, images: int, texts: int) -> int:
        """How long the vectors are, made of such of this length."""
        return DIMENSION if self.learns else images + texts

    def to_bytes(self) -> bytes:
        """The whole fusion as an .npz file."""
        file = io.BytesIO()
        numbers = np.array([self.weight, self.seed, self.sides])
        np.savez(file, fusion_method=self.method, fusion_numbers=numbers, **self.parameters)  # type: ignore[arg-type]
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Fusion":
        """What ``to_bytes`` wrote. Raises `UnknownFusion` for anything else."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                weight, seed, sides = file["fusion_numbers"].tolist()
                parameters = {name: file[name] for name in file.files if not name.startswith("fusion_")}
                return cls(str(file["fusion_method"]), weight, int(seed), int(sides), parameters)
        except (ValueError, KeyError, OSError, EOFError) as error:
            raise UnknownFusion("the saved fusion cannot be read", unreadable=True) from error

    @property
    def fingerprint(self) -> str:
        """Of what decides the vectors: those of two fusions must never be compared, and this tells them apart."""
        digest = hashlib.sha256(str(self).encode())
        for name in sorted(self.parameters):
            digest.update(self.parameters[name].tobytes())
        return digest.hexdigest()[:16]
