"""How sure an outline is a coin's: the signs of a coin's edge, and the probability that they give together."""

from dataclasses import astuple, dataclass

import cv2
import numpy as np

from embed.rays import Star, steps, unrolled


@dataclass(frozen=True)
class Signs:
    """What speaks for or against an outline; all but the logarithms are shares from 0 to 1.

    ``clear``: rays (of those that end in the picture) with a step in tone that stands out from the ground's; ``alone``:
    rays on which nothing as strong follows farther out, as the true edge does behind an inner circle, and anything does
    in a pattern; ``faintest``: logarithm of the difference between the bands inside and outside, on the fifth of the
    rays where it is least; ``step``: logarithm of the step in tone; ``grain``: logarithm of how much more restless it
    is inside than outside; ``convex``: area against that of the hull, at most 0.97, and ``round``: shorter against
    longer axis, at most 0.8, because a broken coin is a coin; ``ragged``: how far neighbouring rays differ; ``boxed``:
    how much more of its bounding rectangle it fills than an ellipse would, as labels and cards do.
    """

    clear: float
    alone: float
    faintest: float
    step: float
    grain: float
    convex: float
    round: float
    ragged: float
    boxed: float

    @property
    def confidence(self) -> float:
        """Probability that the outline overlaps the coin's by at least 0.9 (intersection over union)."""
        return float(1 / (1 + np.exp(-(np.dot(astuple(WEIGHTS), astuple(self)) + INTERCEPT))))


# Logistic regression on made photographs with known outlines:
# `python -m benchmarks.cutout --fit --seeds 1 2 3 4 5 --each 6`.
WEIGHTS = Signs(
    clear=7.41,
    alone=6.82,
    faintest=0.855,
    step=0.47,
    grain=-0.581,
    convex=6.17,
    round=2.14,
    ragged=-570,
    boxed=-23.6,
)
INTERCEPT = -12.4


def signs(tones: np.ndarray, star: Star, step: np.ndarray, noise: float) -> Signs:
    """The signs of an outline in ``tones`` (height, width, 3), with the ``step`` in tone on each ray.

    ``noise`` is the step that the ground has anywhere.
    """
    height, width = tones.shape[:2]
    polygon = star.polygon()
    area, hull = cv2.contourArea(polygon), cv2.contourArea(cv2.convexHull(polygon))
    short, long = sorted(cv2.fitEllipse(polygon)[1])
    across, down = cv2.minAreaRect(polygon)[1]
    within = ((polygon > 0.5) & (polygon < np.array([width, height]) - 0.5)).all(1)
    clear = step > max(0.02, 3 * noise)
    edge = star.radius[:, None]
    radii = np.arange(int(star.radius.max() * 1.4) + 8)
    along = unrolled(tones, star.centre, radii)
    anywhere = steps(along, 1)
    beyond = (radii > edge + 3) & (radii < edge * 1.35 + 4)
    strongest = np.where(beyond, anywhere, 0).max(1)
    inner, outer = (radii > edge - 7) & (radii < edge - 1.5), (radii > edge + 1.5) & (radii < edge + 7)
    apart = np.sqrt(((_means(along, inner) - _means(along, outer)) ** 2).sum(1))
    field = (radii > edge * 0.3) & (radii < edge * 0.9)
    restless = [float(anywhere[where].mean()) if where.any() else 0.0 for where in (field, beyond)]
    return Signs(
        clear=float(clear[within].mean()) if within.any() else 0.0,
        alone=float((0.8 * step > strongest).mean()),
        faintest=float(np.log(np.quantile(apart, 0.2) + 0.01)),
        step=float(np.log(np.median(step) + 0.01).clip(-5, -0.7)),
        grain=float(np.log((restless[0] + 0.005) / (restless[1] + 0.005)).clip(-1.5, 2.5)),
        convex=min(0.97, area / hull) if hull else 0.0,
        round=min(0.8, short / long) if long else 0.0,
        ragged=min(0.1, float(np.abs(star.radius - np.roll(star.radius, 1)).mean() / star.radius.mean())),
        boxed=max(0.0, area / (across * down) - 0.84) if across * down else 0.0,
    )


def _means(along: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Mean tone (rays, 3) of the places (rays, radii) of each ray."""
    return np.einsum("ijk,ij->ik", along, where.astype(np.float32)) / np.maximum(where.sum(1), 1)[:, None]
