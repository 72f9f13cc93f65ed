"""Whether one side lies on another: matched points that one shift, turn and scale explains."""

from dataclasses import dataclass

import cv2
import numpy as np

from dies import features
from dies.features import SIZE, Features

RATIO = 0.9  # of the distances to the best and to the second best match
NEAR = 0.15 * SIZE  # how far a match may move, once the one coin is turned like the other
WITHIN = 12.0  # pixels: how far an inlier may lie from where the transform puts it
ROUNDS = 300
SCALES = (0.7, 1.4)
TURNED = 12.0  # degrees: a smaller turn moves no point farther than `NEAR` allows
STEP = 6  # degrees: in which turns are counted
#: From so many inliers over so much of the coin two sides are held to show the same. Of 6,466 pairs of photographed
#: coins of other portraits or designs none has more than 22 (docs/dies.md).
PROVEN_INLIERS, PROVEN_SPREAD = 25, 0.15
VERSION = 2  # raised when anything here changes, so that pairs are looked at anew


@dataclass(frozen=True)
class Match:
    """What geometry says of two sides.

    ``inliers`` is the number of matched points that agree, ``spread`` the share of the coin that they cover (area of
    their convex hull over that of the coin, 0 to 1); ``transform`` (2, 3) float64 takes points of the first to the
    second; ``pairs`` (inliers, 2) are their places among both sides' points. Both are None where nothing agrees.
    """

    inliers: int
    spread: float
    transform: np.ndarray | None = None
    pairs: np.ndarray | None = None

    @property
    def verified(self) -> bool:
        return self.inliers >= PROVEN_INLIERS and self.spread >= PROVEN_SPREAD


NO_MATCH = Match(0, 0.0)


def version() -> str:
    """What a match depends on beside its photographs."""
    return f"{features.VERSION}.{VERSION}"


def match(one: Features, two: Features) -> Match:
    """The best similarity transform between two sides: upright, or turned as most matches tell.

    Mutual best matches of RootSIFT descriptors under a ratio test, then RANSAC (OpenCV's, which is the same each time).
    """
    if min(len(one), len(two)) < 4:
        return NO_MATCH
    likeness = one.descriptors @ two.descriptors.T
    first, second = _mutual(likeness)
    best = _near(one, two, likeness, 0.0)
    turn = _turn(one.angles[first], two.angles[second])
    if abs(turn) > TURNED:
        turned = _near(one, two, likeness, turn)
        best = turned if turned.inliers > best.inliers else best
    return best


def _mutual(likeness: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that are each other's best and clearly better than the first one's second best.

    ``likeness`` (n, m) float32 holds cosines; it is as it was when this returns.
    """
    rows = np.arange(len(likeness))
    best = likeness.argmax(1)
    mutual = likeness.argmax(0)[best] == rows
    top = likeness[rows, best]
    likeness[rows, best] = -1.0
    next_best = likeness.max(1)
    likeness[rows, best] = top
    # The distance of two unit vectors is the root of 2 - 2 cosine.
    kept = mutual & (top > 0) & (1 - top < RATIO**2 * (1 - next_best))
    return rows[kept], best[kept]


def _turn(one: np.ndarray, two: np.ndarray) -> float:
    """By how many degrees (-180 to 180) most points' own directions turn between their two sides."""
    votes = np.bincount(((two - one) % 360 / STEP).astype(int) % (360 // STEP), minlength=360 // STEP).astype(float)
    smooth = votes + 0.7 * (np.roll(votes, 1) + np.roll(votes, -1))
    return float((smooth.argmax() * STEP + STEP / 2 + 180) % 360 - 180)


def _near(one: Features, two: Features, likeness: np.ndarray, turn: float) -> Match:
    """What agrees among the points that lie near each other once the first side was turned by so many degrees."""
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    moved = (one.points - SIZE / 2) @ np.array([[cos, sin], [-sin, cos]], np.float32) + np.float32(SIZE / 2)
    gap = (moved**2).sum(1)[:, None] + (two.points**2).sum(1) - 2 * (moved @ two.points.T)
    first, second = _mutual(likeness * (gap < NEAR**2))
    if len(first) < 4:
        return NO_MATCH
    transform, inside = cv2.estimateAffinePartial2D(
        one.points[first], two.points[second], method=cv2.RANSAC, ransacReprojThreshold=WITHIN, maxIters=ROUNDS
    )
    if transform is None or not SCALES[0] <= np.hypot(*transform[:, 0]) <= SCALES[1]:
        return NO_MATCH
    chosen = inside.ravel().astype(bool)
    pairs = np.stack([first[chosen], second[chosen]], 1)
    hull = cv2.contourArea(cv2.convexHull(two.points[pairs[:, 1]]))
    return Match(len(pairs), min(1.0, float(hull / (np.pi / 4 * SIZE**2))), transform, pairs)
