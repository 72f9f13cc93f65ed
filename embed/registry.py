"""The names of spaces and the models behind them. To add a model, add its loader here."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from embed.encoders import TextEncoder, Words, minilm
from embed.legends.strip import SIZE
from embed.libraries import Clip, open_clip_model, timm_model, torchvision_model
from embed.models import Backbone, ImageModel, Pixels, View, efficientnet_lite, exported
from embed.pooling import Pooling
from embed.transforms import Transform
from errors import CoingraphError


class UnknownModel(CoingraphError):
    """No model goes by this name."""


class MissingPackage(CoingraphError):
    """A model needs a package that is not installed."""


def _pixels(weights: Path | None, device: str) -> Backbone:
    return Pixels()


#: Models by name: a file of weights (None for the model's own) and a device in, a backbone out.
MODELS: dict[str, Callable[[Path | None, str], Backbone]] = {
    "efficientnet-lite0": partial(efficientnet_lite, 0),
    "efficientnet-lite2": partial(efficientnet_lite, 2),
    # The weights that `pretrained=True` has always meant; the newer ones are at the end of a training that made
    # the last layer better and the one before it worse to compare by (`torchvision:resnet50/IMAGENET1K_V2`).
    "resnet50": lambda weights, device: torchvision_model("resnet50/IMAGENET1K_V1", weights, device, "resnet50"),
    "clip-vit-b32": lambda weights, device: load_clip("clip-vit-b32", weights, device).image,
    "test-pixels": _pixels,
}
#: Families of models: the rest of the name after the colon comes first.
FAMILIES: dict[str, Callable[[str, Path | None, str], Backbone]] = {
    "file": lambda path, weights, device: exported(weights or Path(path).expanduser(), device),
    "torchvision": torchvision_model,
    "timm": timm_model,
    "open_clip": lambda name, weights, device: open_clip_model(name, weights, device).image,
}
GREY = "-grey"
#: Models that see and read, by our own names for them.
CLIPS = {"clip-vit-b32": "ViT-B-32/laion2b_s34b_b79k"}
TEXT = "-text"


def _words(weights: Path | None, device: str) -> TextEncoder:
    return Words()


#: Text encoders by name: the same in, an encoder out.
TEXT_MODELS: dict[str, Callable[[Path | None, str], TextEncoder]] = {"minilm": minilm, "test-words": _words}
#: The model of spaces whose vectors came as files.
IMPORTED = "imported"


@dataclass(frozen=True)
class Recipe:
    """A space whose four parts were chosen together."""

    backbone: Callable[[Path | None, str], Backbone]
    view: View
    pooling: Pooling
    transform: Transform


def _for_coins(variant: int, block: int) -> Recipe:
    return Recipe(
        partial(efficientnet_lite, variant, block=block),
        View(cutout=True, grey=True, normalise=True, detail=96),
        Pooling.named("inner7"),
        Transform("half-whiten", exponent=0.4),
    )


def _reader(weights: Path | None, device: str) -> Backbone:
    from embed.legends.reader import Reader  # torch: a second that other spaces need not wait

    return Reader(weights, device)


LEGEND = "legend"
#: Spaces that were made for coins: the best, one of a smaller network, and one of what is written around the rim.
RECIPES: dict[str, Recipe] = {
    "coin-lite2": _for_coins(2, block=12),
    "coin-lite0": _for_coins(0, block=10),
    LEGEND: Recipe(_reader, View(cutout=True, grey=True, size=SIZE), Pooling(), Transform("centre")),
}


def slug(name: str) -> str:
    """A space's name as part of a property's name: a-z, 0-9 and `_`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "space"


def load_model(name: str, weights: Path | None = None, device: str = "auto") -> ImageModel:
    """The model of a space's name: of `RECIPES`, `MODELS` or `FAMILIES` (``timm:NAME``), the latter two with ``-grey``.

    A model from a file takes the name that its JSON gives. ``device`` is ``auto``, ``cpu``, ``cuda`` or another name
    torch knows. Raises `UnknownModel`, `MissingPackage`, `embed.models.BadModel`, `embed.models.NoDevice`.
    """
    if name == IMPORTED:
        raise UnknownModel(
            "the vectors of this space were imported: there is no model here that can make more of them. Compute them "
            "where they come from, and import them under another name"
        )
    if is_text_model(name):
        raise UnknownModel(f"{name} reads texts; it cannot look at pictures")
    check_name(name)
    plain = name.removesuffix(GREY)
    family, _, rest = plain.partition(":")
    try:
        if recipe := RECIPES.get(name):
            made = recipe.backbone(weights, device)
            return ImageModel(name, name, recipe.view, made, recipe.pooling, recipe.transform)
        own = MODELS.get(plain)
        backbone = own(weights, device) if own else FAMILIES[family](rest, weights, device)
    except ModuleNotFoundError as error:
        raise MissingPackage(f"{name} needs the package {error.name}: pip install {error.name}") from error
    grey = plain != name
    model = f"{family}:{backbone.weights_source}" if family == "file" else plain
    view = View(size=backbone.size, grey=grey)
    return ImageModel(backbone.name + GREY * grey, model + GREY * grey, view, backbone, Pooling())


def check_name(name: str) -> None:
    """See that a model may have this name; whether a family has one of it, loading it tells. Raises `UnknownModel`."""
    plain = name.removesuffix(GREY)
    family, colon, _ = plain.partition(":")
    if not (name in RECIPES or plain in MODELS or (colon and family in FAMILIES) or is_text_model(name)):
        raise UnknownModel(f"no model is called {name!r}; known are {', '.join(known_models())}")


def is_text_model(name: str) -> bool:
    """Whether a model of this name reads texts rather than looks at pictures."""
    return name in TEXT_MODELS or (name.endswith(TEXT) and _sees_and_reads(name.removesuffix(TEXT)))


def _sees_and_reads(name: str) -> bool:
    return name in CLIPS or name.startswith("open_clip:")


def reads_words(name: str) -> bool:
    """Whether words can be compared with the vectors of a model: those of texts, and those of pictures by a CLIP."""
    return is_text_model(name) or _sees_and_reads(name.removesuffix(GREY))


def load_clip(name: str, weights: Path | None = None, device: str = "auto") -> Clip:
    """Both towers of one of `CLIPS` or of ``open_clip:NAME/TAG``, with ``-grey`` or without. Raises as `load_model`."""
    plain = name.removesuffix(GREY)
    if not _sees_and_reads(plain):
        raise UnknownModel(
            f"{name} cannot read; models that see and read are {', '.join(CLIPS)} and open_clip:NAME/TAG"
        )
    return open_clip_model(CLIPS.get(plain, plain.removeprefix("open_clip:")), weights, device, plain)


def load_text_encoder(name: str, weights: Path | None = None, device: str = "auto") -> TextEncoder:
    """The text encoder of one of `TEXT_MODELS`, or of a CLIP model with ``-text``. Raises as `load_model` does."""
    try:
        if name in TEXT_MODELS:
            return TEXT_MODELS[name](weights, device)
        if is_text_model(name):
            return load_clip(name.removesuffix(TEXT), weights, device).text
    except ModuleNotFoundError as error:
        raise MissingPackage(f"{name} needs the package {error.name}: pip install {error.name}") from error
    raise UnknownModel(f"no text encoder is called {name!r}; known are {', '.join(text_models())}")


def text_models() -> list[str]:
    return [*_shown(TEXT_MODELS), *(name + TEXT for name in CLIPS), "open_clip:NAME/TAG-text"]


def known_models() -> list[str]:
    families = ["file:PATH.pt2", "torchvision:NAME", "timm:NAME", "open_clip:NAME/TAG"]
    return [*RECIPES, *_shown(MODELS), *families, "each of the models with -grey after its name", *text_models()]


def _shown(names: Iterable[str]) -> list[str]:
    """Without the small models that tests run with."""
    return [name for name in names if not name.startswith("test-")]
