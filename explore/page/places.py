"""Where coins lie in the network and on the map: computed once, beside the page, and kept in its folder."""

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explore.network import layout
from ingest.files import whole
from measure.coinset import components
from measure.communities import communities

if TYPE_CHECKING:
    from coingraph import CoinSet

STEPS = 16
PER_COIN = 5.0  # edges a coin that the layout follows; all of them would pull everything into one heap
FOLDED = 2000  # coins from which communities are drawn in place of their coins
WAIT = 0.5  # seconds that somebody waits before he is told that it is being made


class Places:
    """Results that take seconds, made one after the other and kept as files by what they were made from."""

    def __init__(self, folder: Path):
        self.folder = folder / "places1"
        self._made: dict[str, Future[dict[str, np.ndarray]]] = {}
        self._lock, self._turn = threading.Lock(), threading.Lock()

    def get(self, key: str, make: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray] | None:
        """The arrays of a key; None while they are being made. Raises what ``make`` raises."""
        file = self.folder / f"{key}.npz"
        if file.exists():
            with np.load(file) as arrays:
                return dict(arrays)
        with self._lock:
            if key not in self._made:
                self._made[key] = Future()
                # A thread that the end of the page does not wait for: nothing is lost with it.
                threading.Thread(target=self._make, args=(self._made[key], file, make), daemon=True).start()
            waited = self._made[key]
        try:
            return waited.result(WAIT)
        except TimeoutError:
            return None
        finally:
            if waited.done():
                self._made.pop(key, None)

    def _make(
        self, told: "Future[dict[str, np.ndarray]]", file: Path, make: Callable[[], dict[str, np.ndarray]]
    ) -> None:
        try:
            with self._turn:
                arrays = make()
            file.parent.mkdir(parents=True, exist_ok=True)
            with whole(file) as unfinished, unfinished.open("wb") as opened:
                np.savez(opened, **arrays)  # type: ignore[arg-type]
            told.set_result(arrays)
        except BaseException as error:
            told.set_exception(error)


def key_of(*parts: Any) -> str:
    """A name for what results were made from: texts and arrays."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.tobytes() if isinstance(part, np.ndarray) else repr(part).encode())
    return digest.hexdigest()[:24]


def lay_out(coins: "CoinSet") -> dict[str, np.ndarray]:
    """Places ``xy`` (n, 2) from 0 to 1 by the strongest edges; coins without any lie in rows below."""
    edges = coins.edges
    xy = np.zeros((len(coins), 2))
    if edges is None or not len(edges):
        return {"xy": _in_rows(len(coins))}
    strongest = edges[: max(int(len(coins) * PER_COIN / 2), 1)]
    rows = np.flatnonzero(strongest.reached)
    ends = np.searchsorted(rows, np.stack([strongest.first, strongest.second], 1))
    xy[rows], _ = layout(len(rows), ends, strongest.weights)
    alone = np.setdiff1d(np.arange(len(coins)), rows)
    if len(alone):
        span = np.ptp(xy[rows], axis=0)
        xy[alone] = _in_rows(len(alone)) * (span[0], span[0]) + (xy[rows, 0].min(), xy[rows, 1].max() + 1.5)
    return {"xy": _boxed(xy)}


def steps(coins: "CoinSet", seed: int = 1) -> list[dict[str, Any]]:
    """Thresholds from loose to strict with what they leave: edges, coins reached, parts, communities of each coin."""
    edges = coins.edges
    if edges is None or not len(edges):
        return []
    counts = np.unique(np.geomspace(max(len(coins) // 4, 1), len(edges), STEPS).astype(int))[::-1]
    found = []
    for percentile in dict.fromkeys(float(edges.strength[count - 1]) for count in counts):
        kept = edges.above(percentile)
        codes = communities(kept, "leiden", seed)
        sizes = np.bincount(codes)
        order = np.argsort(-sizes, kind="stable")
        number = np.zeros(len(sizes), int)
        number[order] = np.arange(1, len(sizes) + 1)
        number[sizes < 2] = 0
        reached = kept.reached
        parts = len(np.unique(components(len(coins), kept.first, kept.second)[reached]))
        found.append(
            {
                "percentile": percentile,
                "edges": len(kept),
                "reached": int(reached.sum()),
                "parts": parts,
                "communities": int((sizes > 1).sum()),
                "community": number[codes].tolist(),
            }
        )
    return found


def _in_rows(count: int) -> np.ndarray:
    """Places (count, 2) in rows of a square."""
    across = max(int(np.ceil(np.sqrt(count))) * 2, 1)
    return np.stack(np.divmod(np.arange(count), across)[::-1], 1) / max(across, 1)


def _boxed(xy: np.ndarray) -> np.ndarray:
    """Places from 0 to 1, as wide to high as they were."""
    low, span = xy.min(0), float(np.ptp(xy, axis=0).max()) or 1.0
    return (xy - low) / span
