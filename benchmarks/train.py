"""What a trained head is worth on classes that it did not see, before and after, and how long it takes.

    python -m benchmarks.train [--ocre ../shared/data/ocre] [--hoard-seed 21] [--seeds 1 2 3] [--views 2]

Reverses in `coin-lite2`, by their design: half of the classes (by the seed) are learnt from, a fifth of those watched
to know when to stop; the other half is scored, leave-one-out by cosine. As `coingraph train --face reverse`, without a
server. Three ways to learn: from views and labels, from views alone, from labels alone.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.common import markdown
from benchmarks.pipelines import Photo, hoard, ocre
from embed import DEFAULT_SPACE
from embed.augment import ViewMaker
from embed.head import Examples, Head
from embed.models import choose_device
from embed.registry import load_model
from ingest.images import open_picture
from measure.likeness import Likeness
from measure.unseen import Gain, gain, parted

WAYS = {"views and labels": (True, True), "views alone": (True, False), "labels alone": (False, True)}


def looked_at(photos: Sequence[Photo], number: int, device: str) -> tuple[np.ndarray, np.ndarray, list[str], float]:
    """Vectors (n, d) of reverses and of their views (n, number, d), their labels, and seconds for the views.

    The transform is fitted on both faces.
    """
    model = load_model(DEFAULT_SPACE, None, device)

    def raw(photo: Photo) -> np.ndarray:
        return model.raw(model.prepare(open_picture(photo.file, model.at_least))[None])[0]

    reverses = [photo for photo in photos if photo.face == "reverse"]
    with threadpool_limits(1), ThreadPoolExecutor() as pool:
        seen = np.stack(list(pool.map(raw, photos)))
        transform = model.transform.fit(seen)
        own = transform.transform(seen[[photo.face == "reverse" for photo in photos]])
        maker, begun = ViewMaker(model.fitted(transform), number), time.perf_counter()
        views = np.stack(list(pool.map(lambda photo: maker(open_picture(photo.file)).vectors, reverses)))
    return own, views, [str(photo.label) for photo in reverses], time.perf_counter() - begun


def learnt(
    own: np.ndarray, views: np.ndarray, labels: list[str], seed: int, way: tuple[bool, bool], device: str
) -> tuple[Gain, int]:
    """The gain on the classes that were held out, and the epoch that was kept."""
    with_views, with_labels = way
    parts = parted(labels, 0.5, seed)
    codes = {label: code for code, label in enumerate(sorted(set(labels)))}
    stacked = np.concatenate([own[:, None], views], 1) if with_views else own[:, None]
    classes = np.array([codes[label] if with_labels else -1 for label in labels])
    trained, watched = (np.array([label in part for label in labels]) for part in (parts.trained, parts.watched))
    head = Head(seed)
    learning = head.fit(Examples(stacked, np.zeros(len(own), int), classes), trained, watched, choose_device(device))
    asked = [label if label in parts.held_out else None for label in labels]
    return gain(Likeness([own]), Likeness([head.transform(own)]), asked), learning.best_epoch


def table(name: str, photos: Sequence[Photo], seeds: Sequence[int], views: int, device: str) -> list[dict[str, str]]:
    own, seen, labels, view_seconds = looked_at(photos, views, device)
    print(f"{name}: {len(own)} reverses, {view_seconds:.0f} s for {views} views of each", file=sys.stderr)
    rows = []
    for words, way in WAYS.items():
        begun = time.process_time()
        found = [learnt(own, seen, labels, seed, way, device) for seed in seeds]
        seconds = (time.process_time() - begun) / len(seeds)
        gains = [one for one, _ in found]
        rows.append(
            {
                "photographs": name,
                "learnt from": words,
                "mAP before": f"{np.mean([g.before.map_macro.value for g in gains]):.3f}",
                "after": f"{np.mean([g.after.map_macro.value for g in gains]):.3f}",
                "gain by seed [95 %]": "; ".join(
                    f"{g.difference.value:+.3f} [{g.difference.low:+.3f} {g.difference.high:+.3f}]" for g in gains
                ),
                "first hit before": f"{np.mean([g.before.r1_macro.value for g in gains]):.3f}",
                "then": f"{np.mean([g.after.r1_macro.value for g in gains]):.3f}",
                "epochs kept": ", ".join(str(best) for _, best in found),
                "processor seconds": f"{seconds:.0f}",
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ocre", type=Path, default=Path("../shared/data/ocre"))
    parser.add_argument("--hoard-seed", type=int, default=21)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--views", type=int, default=2)
    parser.add_argument("--device", default="auto")
    asked = parser.parse_args()
    rows = []
    if asked.ocre.is_dir():
        rows += table("ocre", ocre(asked.ocre), asked.seeds, asked.views, asked.device)
    with tempfile.TemporaryDirectory() as temporary:
        photos = hoard(Path(temporary, "hoard"), asked.hoard_seed)
        rows += table(f"sample hoard, seed {asked.hoard_seed}", photos, asked.seeds, asked.views, asked.device)
    print(markdown(rows))


if __name__ == "__main__":
    main()
