"""One coin laid over another: by points that both show, as `match` finds them."""

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from dies.match import SIZE, Features, find_features, match
from explore.page.pictures import square_of
from ingest.cache import open_photograph
from ingest.images import one_picture
from ingest.records import Photograph

if TYPE_CHECKING:
    from coingraph import SidePicture

FEWEST = 6  # points that must agree: fewer tell no turn


def alignment(one: "tuple[Photograph, SidePicture]", two: "tuple[Photograph, SidePicture]") -> dict[str, Any]:
    """How the second coin's square (0 to 1) is laid over the first one's: a canvas's six numbers, and the points.

    Where too few points agree, the two outlines lie on one another. Raises `BadImage`.
    """
    first, second = features(*one), features(*two)
    found = match(second, first) if first and second else None
    if not first or not second or not found or found.transform is None or found.pairs is None or found.inliers < FEWEST:
        return {"matrix": [1.0, 0.0, 0.0, 1.0, 0.0, 0.0], "points": [], "how": "outlines", "inliers": 0}
    (a, c, e), (b, d, f) = found.transform.tolist()
    points = np.hstack([first.points[found.pairs[:, 1]], second.points[found.pairs[:, 0]]]) / SIZE
    return {
        "matrix": [round(value, 6) for value in (a, b, c, d, e / SIZE, f / SIZE)],
        "points": points.round(4).tolist(),
        "how": "match",
        "inliers": found.inliers,
    }


def features(photograph: Photograph, side: "SidePicture") -> Features | None:
    """The points of a side in its square of `SIZE` pixels; None where the coin is not cut out."""
    if side.outline is None:
        return None
    with one_picture():
        picture = open_photograph(photograph, SIZE)
        square = square_of(picture, side.outline, SIZE)
        inside = side.outline.resized(picture.size).mask(SIZE, SIZE, square=True) > 0.5
        return find_features(cv2.cvtColor(np.asarray(square), cv2.COLOR_RGB2GRAY), inside)
