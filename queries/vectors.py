"""What a new photograph, or words, become in a space: by the model that made it, and by what was fitted on top.

A space that was made from others has no model of its own. What is asked goes through the model of the space it began
with, then through each transform, head and fusion on the way, with the parameters that are stored. In a fused space a
photograph stands for a side without a text, unless texts are the legends that are read on it, and words for one without
a picture.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from embed.fusion import Fusion
from embed.head import Head
from embed.registry import LEGEND
from embed.transforms import Transform
from errors import CoingraphError
from graph.connection import Database
from graph.derived import COMMANDS, FUSION, HEAD, Fitted, identity, read_parameters, read_transform, texts_slug
from graph.spaces import SpaceRecord, all_spaces, default_space, find_space, space_named
from ingest.images import one_picture, open_picture
from ingest.outlines import Outline

if TYPE_CHECKING:
    from embed.encoders import TextEncoder
    from embed.legends.letters import Legend
    from embed.models import ImageModel


class OtherModel(CoingraphError):
    """What made the vectors of a space is gone, or is not the same any more."""


class CannotRead(CoingraphError):
    """A space whose vectors no words can be compared with."""


def of_picture(db: Database, space: SpaceRecord, image: Path, outline: Outline | None = None) -> np.ndarray:
    """The vector (dimension,) float32 of a photograph, as those of the space's sides were made; by the ``outline`` that
    a person drew, where one did.

    Raises `OtherModel`, `ingest.images.BadImage`, and what `embed.registry.load_model` raises.
    """
    if not space.sources:
        return embed_picture(model_of(db, space), image, outline)
    fitted, (seen, *read) = made_by(db, space)
    pictures = of_picture(db, seen, image, outline)[None]
    if isinstance(fitted, Fusion):
        seen_too = read[0].model == LEGEND
        texts = of_picture(db, read[0], image, outline) if seen_too else np.zeros(read[0].dimension, np.float32)
        return fitted.transform(pictures, texts[None])[0]
    return fitted.transform(pictures)[0]


def of_words(db: Database, space: SpaceRecord, text: str) -> np.ndarray:
    """The vector (dimension,) float32 of words; zeros where the encoder knows none of them.

    Raises `OtherModel`, `CannotRead`.
    """
    if not space.sources:
        return encoder_of(space).encode([text])[0]
    fitted, parents = made_by(db, space)
    if not isinstance(fitted, Fusion):
        words = of_words(db, parents[0], text)
        return fitted.transform(words[None])[0] if words.any() else words
    seen, read = parents
    words = of_words(db, read, text)
    if not words.any():
        return np.zeros(space.dimension, np.float32)
    return fitted.transform(np.zeros((1, seen.dimension), np.float32), words[None])[0]


def made_by(db: Database, space: SpaceRecord) -> tuple[Fitted, list[SpaceRecord]]:
    """What a space was made with, and the spaces it was made from. Raises `OtherModel` where these have changed."""
    again = {"space": space.name, "command": COMMANDS[space.model]}
    parents = []
    for source in space.sources:
        parent = space_named(db, source)
        if parent is None:
            raise OtherModel(
                f"space {space.name!r} was made {space.weights_source}, and {source} is not in the graph any more, so "
                "nothing new can be looked up",
                lost=source,
                **again,
            )
        if space.preprocessing["sources"][source] != identity(db, parent):
            raise OtherModel(f"{parent.name} was itself made again since {space.name!r} was made from it", **again)
        parents.append(parent)
    parameters = read_parameters(db, space.slug)
    if parameters is None:
        raise OtherModel(f"what {space.name!r} was made with is lost", **again)
    kinds: dict[str, type[Fitted]] = {FUSION: Fusion, HEAD: Head}
    return kinds.get(space.model, Transform).from_bytes(parameters), parents


def embed_picture(model: "ImageModel", image: Path, outline: Outline | None = None) -> np.ndarray:
    """The vector (dimension,) float32 of one photograph. Raises `BadImage`."""
    return model.embed(_prepared(model, image, outline))[0]


def read_rim(image: Path, outline: Outline | None = None) -> "Legend":
    """What is read around the rim of a photograph, cut out by the ``outline`` that a person drew, where one did.

    Raises `BadImage`.
    """
    from embed.legends.letters import legend_of
    from embed.models import ReadsLetters
    from embed.registry import load_model

    model = load_model(LEGEND)
    assert isinstance(model.backbone, ReadsLetters)
    return legend_of(model.backbone.letters(_prepared(model, image, outline))[0])


def _prepared(model: "ImageModel", image: Path, outline: Outline | None) -> np.ndarray:
    """One photograph as the model takes it, (1, size, size, 3) uint8."""
    picture = open_picture(image, model.at_least)
    with one_picture():
        return model.prepare(picture, outline.resized(picture.size) if outline else None)[None]


def model_of(db: Database, space: SpaceRecord) -> "ImageModel":
    """The model that made a space's vectors; raises `OtherModel` where its weights or preprocessing differ."""
    from embed.registry import load_model

    source = Path(space.weights_source)
    model = load_model(space.model, source if source.is_absolute() else None)
    model = model.fitted(read_transform(db, space.slug) or model.transform)
    if (model.weights_sha256, model.preprocessing) != (space.weights, space.preprocessing):
        raise OtherModel(
            f"the model {space.model!r} has changed since it made space {space.name!r}, so a new photograph cannot be "
            f"compared: restore {space.weights_source}, or remove the space and embed again"
        )
    return model


def encoder_of(space: SpaceRecord) -> "TextEncoder":
    """What turns words into vectors of a space that was made from no other.

    Raises `CannotRead`, and `OtherModel` where its weights have changed.
    """
    from embed.registry import is_text_model, load_clip, load_text_encoder, reads_words

    if not reads_words(space.model):
        raise CannotRead(f"space {space.name!r} cannot read words: {space.model} made it")
    source = Path(space.weights_source)
    weights = source if source.is_absolute() else None
    encoder: TextEncoder
    if is_text_model(space.model):
        encoder = load_text_encoder(space.model, weights)
        checksum = encoder.weights_sha256
    else:
        clip = load_clip(space.model, weights)
        encoder, checksum = clip.text, clip.image.weights_sha256
    if checksum != space.weights:
        raise OtherModel(
            f"the weights of {space.model!r} have changed since it made space {space.name!r}: restore "
            f"{space.weights_source}, or remove the space and embed again"
        )
    return encoder


def space_of_words(db: Database, name: str | None) -> SpaceRecord:
    """The space of this name, which words can be compared with; without one the default space, or else the only such
    space that was made from no other.

    Raises `CannotRead`.
    """
    spaces = {space.slug: space for space in all_spaces(db)}
    all_able = [space for space in spaces.values() if not _why_not(space, spaces)]
    able = [space for space in all_able if not space.sources] or all_able
    if name is not None:
        space = find_space(db, name)
        if reason := _why_not(space, spaces):
            raise CannotRead(f"space {space.name!r} cannot read words: {reason}", able=[one.name for one in able])
        return space
    default = default_space(db)
    able = [space for space in all_able if space.slug == default] or able
    if not able:
        raise CannotRead("no space can read words yet")
    if len(able) > 1:
        raise CannotRead(f"several spaces can read words: choose one with --space ({names_of(able)})")
    return able[0]


def _why_not(space: SpaceRecord, spaces: Mapping[str, SpaceRecord]) -> str:
    """Why words cannot be compared with a space; nothing where they can. ``spaces`` are all, by slug."""
    from embed.registry import reads_words

    if not space.sources:
        return "" if reads_words(space.model) else f"its model is {space.model}"
    parents = [spaces.get(source) for source in space.sources]
    lost = [source for source, parent in zip(space.sources, parents, strict=True) if parent is None]
    if lost:
        return f"{lost[0]}, which it was made from, is gone"
    *_, last = [parent for parent in parents if parent]
    reason = _why_not(last, spaces)
    if not reason and space.model != FUSION and not texts_slug(last, spaces):
        # CLIP's words lie apart from its pictures: what was fitted on these would not do the same to those.
        reason = f"it was fitted on the pictures of {last.name}, and words lie elsewhere there"
    return reason


def names_of(spaces: Sequence[SpaceRecord]) -> str:
    """The names of spaces, for a message."""
    return ", ".join(space.name for space in spaces)
