"""How labels or communities lie in a space: silhouettes of any number of groupings in one look, Davies-Bouldin."""

from collections.abc import Sequence

import numpy as np

from measure.likeness import UNKNOWN, Likeness


def silhouettes(
    likeness: Likeness, groupings: Sequence[np.ndarray], rows: np.ndarray | None = None
) -> list[np.ndarray]:
    """The silhouette (Rousseeuw 1987) of some ``rows`` (all where none are given) in each of several groupings.

    A grouping is codes (n,), from 0. Distances are those of the likeness; pairs without a face in common, and doubled
    photographs, are left out of the means. Each answer is (rows,), 0 for a row alone in its group.
    """
    from scipy.sparse import csr_array

    rows = np.arange(len(likeness)) if rows is None else rows
    n = len(likeness)
    members = [csr_array((np.ones(n, np.float32), (codes, np.arange(n)))) for codes in groupings]
    found: list[list[np.ndarray]] = [[] for _ in groupings]
    for some, near in likeness.blocks(rows, "silhouettes"):
        no_pair = near <= UNKNOWN
        distances = likeness.distance(near)
        distances[no_pair] = 0
        across = np.ascontiguousarray(distances.T)
        missing = csr_array(no_pair.T.astype(np.float32))
        for codes, group, answer in zip(groupings, members, found, strict=True):
            counts = np.asarray(group.sum(1))[:, None] - (group @ missing).toarray()
            with np.errstate(invalid="ignore", divide="ignore"):
                means = np.where(counts > 0.5, (group @ across) / counts, np.inf)
            own = codes[some], np.arange(len(some))
            inside = means[own].copy()
            means[own] = np.inf
            outside = means.min(0)
            measured = np.isfinite(inside) & np.isfinite(outside)
            with np.errstate(invalid="ignore", divide="ignore"):
                values = np.where(measured, (outside - inside) / np.maximum(inside, outside), 0)
            answer.append(np.nan_to_num(values))
    return [np.concatenate(parts) if parts else np.zeros(0) for parts in found]


def davies_bouldin(likeness: Likeness, labels: Sequence[str]) -> tuple[float | None, int]:
    """Davies and Bouldin's index (1979; lower is better) over the rows that have every face, and how many they are."""
    from sklearn.metrics import davies_bouldin_score

    whole = np.logical_and.reduce(likeness.known, axis=0)
    kinds = {label for label, one in zip(labels, whole, strict=True) if one}
    count = int(whole.sum())
    if not 1 < len(kinds) < count:
        return None, count
    points = np.concatenate(likeness[whole].faces, axis=1)
    chosen = [label for label, one in zip(labels, whole, strict=True) if one]
    return float(davies_bouldin_score(points, chosen)), count
