"""The names of spaces and the models behind them. To add a model, add its loader here."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from embed.encoders import TextEncoder, Words, minilm
from embed.models import Backbone, ImageModel, Pixels, efficientnet_lite0, exported
from embed.pooling import Pooling
from embed.transforms import Transform
from embed.views import View
from errors import CoingraphError


class UnknownModel(CoingraphError):
    """No model goes by this name."""


class MissingPackage(CoingraphError):
    """A model needs a package that is not installed."""


def _pixels(weights: Path | None, device: str) -> Backbone:
    return Pixels()


#: Models by name: a file of weights (None for the model's own) and a device in, a backbone out.
MODELS: dict[str, Callable[[Path | None, str], Backbone]] = {
    "efficientnet-lite0": efficientnet_lite0,
    "test-pixels": _pixels,
}
#: Families of models: the rest of the name after the colon comes first.
FAMILIES: dict[str, Callable[[str, Path | None, str], Backbone]] = {
    "file": lambda path, weights, device: exported(weights or Path(path).expanduser(), device),
}
GREY = "-grey"


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


#: Spaces that were made for coins.
RECIPES: dict[str, Recipe] = {
    "coin-lite0": Recipe(
        partial(efficientnet_lite0, block=10),
        View(cutout=True, grey=True, normalise=True, detail=96),
        Pooling.named("grid7"),
        Transform("half-whiten"),
    ),
}


def slug(name: str) -> str:
    """A space's name as part of a property's name: a-z, 0-9 and `_`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "space"


def load_model(name: str, weights: Path | None = None, device: str = "auto") -> ImageModel:
    """The model of a space's name: one of `RECIPES` or `MODELS`, ``file:PATH.pt2``, or the latter two with ``-grey``.

    A model from a file takes the name that its JSON gives. ``device`` is ``auto``, ``cpu``, ``cuda`` or another name
    torch knows. Raises `UnknownModel`, `MissingPackage`, `embed.models.BadModel`, `embed.models.NoDevice`.
    """
    if name == IMPORTED:
        raise UnknownModel(
            "the vectors of this space were imported: there is no model here that can make more of them. Compute them "
            "where they come from, and import them under another name"
        )
    plain = name.removesuffix(GREY)
    family, colon, rest = plain.partition(":")
    try:
        if recipe := RECIPES.get(name):
            made = recipe.backbone(weights, device)
            return ImageModel(name, name, recipe.view, made, recipe.pooling, recipe.transform)
        if plain in MODELS:
            backbone = MODELS[plain](weights, device)
        elif colon and family in FAMILIES:
            backbone = FAMILIES[family](rest, weights, device)
        else:
            raise UnknownModel(f"no model is called {name!r}; known are {', '.join(known_models())}")
    except ModuleNotFoundError as error:
        raise MissingPackage(f"{name} needs the package {error.name}: pip install {error.name}") from error
    grey = plain != name
    model = f"{family}:{backbone.weights_source}" if family == "file" else plain
    view = View(size=backbone.size, grey=grey)
    return ImageModel(backbone.name + GREY * grey, model + GREY * grey, view, backbone, Pooling())


def is_text_model(name: str) -> bool:
    """Whether a model of this name reads texts rather than looks at pictures."""
    return name in TEXT_MODELS


def load_text_encoder(name: str, weights: Path | None = None, device: str = "auto") -> TextEncoder:
    """The text encoder of one of `TEXT_MODELS`. Raises as `load_model` does."""
    try:
        if name in TEXT_MODELS:
            return TEXT_MODELS[name](weights, device)
    except ModuleNotFoundError as error:
        raise MissingPackage(f"{name} needs the package {error.name}: pip install {error.name}") from error
    raise UnknownModel(f"no text encoder is called {name!r}; known are {', '.join(TEXT_MODELS)}")


def known_models() -> list[str]:
    return [*RECIPES, *MODELS, "file:PATH.pt2", "and each of the models with -grey after its name"]
