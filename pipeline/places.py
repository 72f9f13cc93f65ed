"""The model that compares two coins place by place: the space's own network, with what was fitted on its maps."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from errors import counting
from pipeline.embed import load_space_model

if TYPE_CHECKING:
    import numpy as np

    from embed.models import ImageModel
    from embed.places import PlaceFinder
    from embed.transforms import Transform
    from graph.connection import Database
    from graph.spaces import SpaceRecord

SIDES = 512  # at most that the whitening of the maps' cells is fitted on


def place_finder(db: "Database", space: "SpaceRecord") -> "PlaceFinder | None":
    """What finds the places of a photograph in a space; None where the space's model gives no map of a picture.

    The whitening of the cells is fitted once, on the first sides there are, and kept in the graph beside the space's.
    """
    from embed.places import NoMap, PlaceFinder, fit
    from embed.registry import IMPORTED, is_text_model
    from graph.derived import places_of, read_transform, store_transform

    if space.sources or space.model == IMPORTED or is_text_model(space.model):
        return None
    model = load_space_model(space.name, space, None, "auto")
    where = places_of(space.slug)
    transform: Transform | None = read_transform(db, where)
    try:
        if transform is None:
            transform = fit(model, _sample(db, model))
            store_transform(db, where, transform)
        return PlaceFinder(model, transform)
    except NoMap:
        return None


def _sample(db: "Database", model: "ImageModel") -> "Iterator[np.ndarray]":
    """Prepared pictures of a sample of the sides, batch by batch; what cannot be read is left out."""
    from embed.loader import load_batches
    from graph.spaces import sample_sides

    wanted = sample_sides(db, SIDES, None)
    with counting(f"fitting places of {model.name}", "side", len(wanted)) as advance:
        for loaded in load_batches(wanted, model):
            advance(len(loaded.photographs) + len(loaded.skipped))
            if loaded.photographs:
                yield loaded.pictures
