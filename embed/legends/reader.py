"""The reader of legends as it comes with the package: cut-outs in, letters and vectors out."""

import hashlib
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load, save

from embed.legends.compare import RARITY, WEIGHTS, vectors_of
from embed.legends.network import Network
from embed.legends.strip import SIZE, unwrapped
from embed.models import BadModel, checksum, choose_device, first_line, read_state


class Reader:
    """Reads the legends of cut-outs; as a backbone (`embed.models.Backbone`) it turns each into a vector.

    ``weights`` is a file as `embed.legends.train` writes it, or its bytes, where it was trained on (`packed`); without
    it the package's own.
    """

    name = "legend"
    size = SIZE

    def __init__(self, weights: Path | bytes | None = None, device: str = "auto"):
        self._device = choose_device(device)
        if isinstance(weights, bytes):
            state, self.weights_sha256 = load(weights), hashlib.sha256(weights).hexdigest()
            self.weights_source = "the package's reader, trained on by its own sure readings"
        else:
            with as_file(files("embed.legends") / WEIGHTS) as own:
                state, self.weights_sha256 = read_state(weights or own), checksum(weights or own)
            self.weights_source = str(weights.resolve()) if weights else "made by this project, see embed/legends"
        network = Network()
        try:
            self.rarity = state.pop(RARITY).numpy()
            network.load_state_dict(state)
        except (RuntimeError, KeyError) as error:
            raise BadModel(
                f"{self.weights_source} does not hold the weights of the reader: {first_line(error)}"
            ) from error
        self.network = network.eval().to(self._device).to(memory_format=torch.channels_last)

    def with_weights(self, weights: bytes) -> "Reader":
        return Reader(weights, str(self._device))

    def packed(self, network: Network) -> bytes:
        """The weights of a network in place of its own, with its weights of letters."""
        state = {name: values.cpu().contiguous() for name, values in network.state_dict().items()}
        return save(state | {RARITY: torch.from_numpy(self.rarity)})

    def features(self, pictures: np.ndarray) -> np.ndarray:
        """Vectors (n, `compare.DIMENSION`) float32 of cut-outs (n, `SIZE`, `SIZE`, 3) uint8 on white."""
        return self.vectors(self.letters(pictures))

    def letters(self, pictures: np.ndarray) -> np.ndarray:
        """Probabilities as `read` gives them, of such cut-outs."""
        return self.read(self.strips(pictures))

    def vectors(self, read: np.ndarray) -> np.ndarray:
        """Vectors of such probabilities; zeros where no letter is sure."""
        return vectors_of(read, self.rarity)

    @staticmethod
    def strips(pictures: np.ndarray) -> np.ndarray:
        """The unwrapped rims (n, rows, columns) float32 of cut-outs (n, `SIZE`, `SIZE`, 3) uint8, grey, on white."""
        return np.stack([unwrapped(np.ascontiguousarray(picture[..., 0])) for picture in pictures])

    def read(self, strips: np.ndarray) -> np.ndarray:
        """Probabilities (n, columns, 1 + letters) float32: of no letter, then of those of `letters.ALPHABET`."""
        with torch.inference_mode():
            pictures = torch.from_numpy(strips.astype(np.float32))[:, None].to(self._device)
            read = [self.network(some).softmax(1).permute(0, 2, 1) for some in pictures.split(32)]
        return torch.cat(read).numpy(force=True)

    def description(self) -> dict[str, Any]:
        return {"layer": "letters"}
