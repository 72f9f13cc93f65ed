"""Models of torchvision, timm and open_clip by their own names, with weights from the library's hub or from a file."""

import hashlib
import logging
import socket
import urllib.request
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from embed.models import BadModel, TorchBackbone, choose_device, first_line, read_state

if TYPE_CHECKING:
    import torch

REACH = 5  # seconds until a hub counts as out of reach
SILENCE = 30  # seconds without a byte until a download counts as broken
TEXTS_AT_ONCE = 64


def torchvision_model(name: str, weights: Path | None, device: str, called: str = "") -> TorchBackbone:
    """A classification network of torchvision without its last layer.

    ``name`` is the model's, or ``MODEL/TAG`` for other weights than its default ones (``resnet50/IMAGENET1K_V1``).
    ``called`` is the space's name. Raises `BadModel`.
    """
    import torch
    from torchvision import models

    name, _, tag = name.partition("/")
    if name not in models.list_models(module=models):
        raise BadModel(
            f"torchvision has no model {name!r} of whole pictures{_similar(name, models.list_models(models))}"
        )
    tags = models.get_model_weights(name)
    if tag and tag not in tags.__members__:
        raise BadModel(f"torchvision's {name} has no weights {tag!r}; there are {', '.join(tags.__members__)}")
    known: Any = tags[tag] if tag else tags.DEFAULT
    with _quiet():
        network = models.get_model(name, weights=None)
    head = _last_layer(network, name)
    if weights:
        state = read_state(weights)
    else:
        file = f"{Path(known.url).name} ({known.url})"
        state = _fetched(lambda: known.get_state_dict(progress=True, check_hash=True), called or name, file, known.url)
    parent, _, last = head.rpartition(".")
    setattr(network.get_submodule(parent), last, torch.nn.Identity())
    _fill(network, state, (head,), weights or Path(f"torchvision's {known}"))
    preparation = known.transforms()
    return _backbone(
        called or f"torchvision:{name}{'/' * bool(tag)}{tag}",
        network,
        device,
        size=preparation.crop_size[0],
        mean=preparation.mean,
        std=preparation.std,
        layer="before the last",
        source=str(weights.resolve()) if weights else f"torchvision's hub, {known}",
    )


def _last_layer(network: "torch.nn.Module", name: str) -> str:
    """The name of the layer that tells the classes."""
    import torch

    linear = [layer for layer, module in network.named_modules() if isinstance(module, torch.nn.Linear)]
    if not linear:
        raise BadModel(f"torchvision's {name} does not end in a layer that tells the classes; choose another model")
    return linear[-1]


def timm_model(name: str, weights: Path | None, device: str) -> TorchBackbone:
    """A network of timm without its classifier, such as ``vit_small_patch14_dinov2.lvd142m``. Raises `BadModel`."""
    import timm

    if not timm.is_model(name.partition(".")[0]):
        raise BadModel(f"timm has no model {name!r}{_similar(name, timm.list_models())}")
    try:
        network = timm.create_model(name, pretrained=False, num_classes=0)
    except RuntimeError as error:
        known = timm.list_pretrained(f"{name.partition('.')[0]}.*")
        raise BadModel(f"timm: {first_line(error)} It has {', '.join(known)}") from error
    config: Any = network.pretrained_cfg
    hub = config.get("hf_hub_id")
    if weights:
        classifier = config.get("classifier") or ()
        heads = (classifier,) if isinstance(classifier, str) else tuple(classifier)
        _fill(network, read_state(weights), heads, weights)
    elif not hub:
        raise BadModel(f"timm has no weights for {name}: give a file of them with --weights FILE")
    else:
        file = f"model.safetensors of {hub}"
        network = _fetched(lambda: timm.create_model(name, pretrained=True, num_classes=0), f"timm:{name}", file)
    preparation = timm.data.resolve_model_data_config(network)
    return _backbone(
        f"timm:{name}",
        network,
        device,
        size=preparation["input_size"][-1],
        mean=preparation["mean"],
        std=preparation["std"],
        layer="before the classifier",
        source=str(weights.resolve()) if weights else f"timm's hub, {hub}",
    )


@dataclass(frozen=True)
class Clip:
    """The two towers of one model: what looks at pictures and what reads words, their vectors made to agree."""

    image: TorchBackbone
    text: "ClipText"


class ClipText:
    """The text tower of a CLIP model (Radford et al. 2021)."""

    def __init__(self, name: str, model: Any, tokenizer: Callable, device: "torch.device", source: str):
        self.name, self.weights_source = name, source
        towers = {key: values for key, values in model.state_dict().items() if not key.startswith("visual.")}
        self.weights_sha256 = fingerprint(towers)
        self._model, self._tokenizer, self._device = model, tokenizer, device

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors (n, dimension) float32 of ``texts``; what is longer than the model reads is cut."""
        import torch

        parts = [texts[start : start + TEXTS_AT_ONCE] for start in range(0, len(texts), TEXTS_AT_ONCE)]
        with torch.inference_mode():
            vectors = [self._model.encode_text(self._tokenizer(list(part)).to(self._device)) for part in parts]
        return torch.cat(vectors).float().numpy(force=True)

    def description(self) -> dict[str, Any]:
        return {"layer": "text tower"}


def open_clip_model(name: str, weights: Path | None, device: str, called: str = "") -> Clip:
    """A model of open_clip, ``NAME/TAG`` such as ``ViT-B-32/laion2b_s34b_b79k``; with a file NAME alone will do.

    The tag decides on weights, normalisation and activation. ``called`` is the space's name. Raises `BadModel`.
    """
    import open_clip

    space = called or f"open_clip:{name}"
    name, _, tag = name.partition("/")
    if name not in open_clip.list_models():
        raise BadModel(f"open_clip has no model {name!r}{_similar(name, open_clip.list_models())}")
    tags = open_clip.list_pretrained_tags_by_model(name)
    if (tag or not weights) and tag not in tags:
        wanted = f"no weights {tag!r}" if tag or not tags else "several sets of weights: choose one"
        choice = f"it has {', '.join(tags)}" if tags else "give a file of them with --weights FILE"
        raise BadModel(f"open_clip's {name} has {wanted}, as in open_clip:{name}/TAG; {choice}")
    config = open_clip.get_pretrained_cfg(name, tag) if tag else {}
    hub = str(config.get("hf_hub") or "").strip("/")
    asked = {"force_quick_gelu": bool(config.get("quick_gelu")), "pretrained_text": False}
    if weights:
        model = _from_file(name, weights, asked)
    else:
        file = f"open_clip_model.safetensors (or .bin) of {hub}" if hub else str(config.get("url"))
        load = lambda: open_clip.create_model(name, pretrained=tag, **asked)  # noqa: E731
        model = _fetched(load, space, file, "" if hub else str(config.get("url")))
    # Words are cut up by a list that most models have in the library, and some fetch.
    tokenizer = _fetched(lambda: open_clip.get_tokenizer(name), space, f"the tokenizer of {name}")
    preparation = open_clip.get_model_preprocess_cfg(model)
    size = model.visual.image_size
    where = choose_device(device)
    source = str(weights.resolve()) if weights else f"open_clip's hub, {hub or tag}"
    model.eval().to(where)
    image = _backbone(
        space,
        model.visual,
        device,
        size=size if isinstance(size, int) else size[0],
        mean=config.get("mean") or preparation["mean"],
        std=config.get("std") or preparation["std"],
        layer="image tower",
        source=source,
    )
    return Clip(image, ClipText(f"{space}-text", model, tokenizer, where, source))


def _from_file(name: str, weights: Path, asked: dict[str, Any]) -> Any:
    import open_clip

    read_state(weights)  # says what is wrong with a file that holds no weights at all
    with _quiet():
        model = open_clip.create_model(name, **asked)
        try:
            open_clip.load_checkpoint(model, str(weights))
        except Exception as error:
            raise BadModel(f"{weights} does not hold the weights of open_clip's {name}: {first_line(error)}") from error
    return model


def _backbone(
    name: str,
    network: "torch.nn.Module",
    device: str,
    *,
    size: int,
    mean: Sequence[float],
    std: Sequence[float],
    layer: str,
    source: str,
) -> TorchBackbone:
    import torch

    checksum = fingerprint(network.state_dict())
    where = choose_device(device)
    return TorchBackbone(
        name,
        network.eval().to(where).to(memory_format=torch.channels_last),
        where,
        size=size,
        mean=tuple(mean),
        std=tuple(std),
        layer=layer,
        weights_sha256=checksum,
        weights_source=source,
    )


def _fill(network: "torch.nn.Module", state: "dict[str, torch.Tensor]", heads: tuple[str, ...], file: Path) -> None:
    """Fill a network whose last layers ``heads`` were taken off; a file may have them, for any number of classes."""
    beginnings = tuple(f"{head}." for head in heads)
    for name in [name for name in state if name.startswith(beginnings)]:
        del state[name]  # in place: a copy would lose the versions of the layers that torch keeps with the weights
    try:
        network.load_state_dict(state)
    except (RuntimeError, ValueError) as error:
        raise BadModel(
            f"{file} does not hold the weights of this model: {' '.join(str(error).split())[:300]}"
        ) from error


def fingerprint(state: "dict[str, torch.Tensor]") -> str:
    """sha256 of weights by name: the same from a hub and from a file, whatever the file's format."""
    digest = hashlib.sha256()
    for name, values in sorted(state.items()):
        digest.update(f"{name} {tuple(values.shape)} {values.dtype}".encode())
        digest.update(values.contiguous().flatten().view(-1).numpy(force=True).tobytes())
    return digest.hexdigest()


def _similar(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, 4, 0.5)
    return f"; it has {', '.join(near)}" if near else ""


# --- hubs -----------------------------------------------------------------------------------------------------------


def _fetched(load: Callable[[], Any], space: str, file: str, address: str = "") -> Any:
    """What ``load`` gets from a hub, from the hub's folder on this machine where it has been fetched before.

    Raises `BadModel` with the ``file`` to get by hand. ``address`` is where it comes from, if not from Hugging Face.
    """
    with _quiet(), _impatient(address):
        try:
            return load()
        except Exception as error:  # each hub and each version of its client has its own
            raise BadModel(
                f"the weights of {space} cannot be fetched ({first_line(error)})", space=space, file=str(file)
            ) from error


@contextmanager
def _impatient(address: str) -> Iterator[None]:
    """Nothing waits for a hub that is out of reach: its client would try for most of a minute."""
    from huggingface_hub import constants

    before, offline = socket.getdefaulttimeout(), constants.HF_HUB_OFFLINE
    socket.setdefaulttimeout(SILENCE)
    constants.HF_HUB_OFFLINE = offline or not (address or _reachable(constants.ENDPOINT))
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
        constants.HF_HUB_OFFLINE = offline


def _reachable(address: str) -> bool:
    if urllib.request.getproxies():
        return True  # what lies behind a proxy only the client can tell
    parts = urlsplit(address)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 443), REACH).close()
    except OSError:
        return False
    return True


@contextmanager
def _quiet() -> Iterator[None]:
    """Libraries log what the error says again, and that weights are random before they are filled in."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
