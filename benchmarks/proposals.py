"""Probabilities of proposed types and of edges against what is observed, on real photographs and on sample hoards.

Prints a section with two tables in Markdown. Coins of known type are left out in turn: how often the likeliest type is
right, the Brier score of its probability beside that of always giving the share that is right, and how well "none of
these" tells coins whose whole type was left out; by cosines alone, and with what `match` sees. Edges are those of
`link --top 20`; each probability is from a fit that saw neither coin.

    python -m benchmarks.proposals [--ocre ../shared/data/ocre] [--seeds 21 22 23] [--cache FOLDER]
                                   [--write docs/discernment.md]
"""

import argparse
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.closer import WAYS, Looked, finder, look
from benchmarks.common import markdown, write_between_marks
from benchmarks.pipelines import Photo, features, ocre
from embed.registry import load_model
from embed.transforms import Transform
from hoard import make_hoard, read_truth
from ingest.records import FACES, Face
from measure.coinset import CoinSet, PairValues
from measure.neighbours import ranked, scan, unit, weight
from measure.probability import (
    GEOMETRY,
    LabelledPairs,
    Reliability,
    cross_fitted,
    fold_of,
    geometry_evidence,
    reliability,
)
from measure.proposals import Proposals, propose

SPACE = "coin-lite2"
TOP = 20
BEGIN, END = "<!-- begin: python -m benchmarks.proposals -->", "<!-- end: python -m benchmarks.proposals -->"


@dataclass(frozen=True)
class Coins:
    """Vectors of both faces (n, d), NaN where a side is not there, and the type of each coin.

    ``closer`` are the pairs of each face that were looked at: (4, m) first, second, inliers, places.
    """

    name: str
    faces: dict[Face, np.ndarray]
    closer: dict[Face, np.ndarray]
    types: list[str]

    @classmethod
    def of(cls, name: str, photos: Sequence[tuple[int, Photo]], types: list[str]) -> "Coins":
        model = load_model(SPACE)
        (raw,), _ = features([photo for _, photo in photos], model.view, model.backbone, [model.pooling])
        fitted = Transform(model.transform.kind, model.transform.dimension, model.transform.exponent).fit(raw)
        vectors = fitted.transform(raw)
        find = finder(model, [str(photo.file) for _, photo in photos])
        faces: dict[Face, np.ndarray] = {}
        closer: dict[Face, np.ndarray] = {}
        for face in FACES:
            rows = [row for row, (_, photo) in enumerate(photos) if photo.face == face]
            coins = np.array([photos[row][0] for row in rows])
            faces[face] = np.full((len(types), vectors.shape[1]), np.nan, np.float32)
            faces[face][coins] = vectors[rows]
            seen = look(find, [str(photos[row][1].file) for row in rows], vectors[rows])
            closer[face] = np.stack([coins[seen.first], coins[seen.second], seen.inliers, seen.places])
        return cls(name, faces, closer, types)

    def evidence(self, face: Face) -> list[PairValues]:
        first, second, *found = self.closer[face]
        pairs = first.astype(int), second.astype(int)
        columns = [geometry_evidence(name, values) for name, values in zip(GEOMETRY[:2], found, strict=True)]
        return [PairValues.of(len(self.types), *pairs, column) for column in columns]

    def scores(self, face: Face) -> PairValues:
        """The scores of `match`."""
        first, second, inliers, places = self.closer[face]
        one, two, count = first.astype(int), second.astype(int), len(self.types)
        rows = unit(self.faces[face].astype(np.float64))
        looked = Looked(one, two, (rows[one] * rows[two]).sum(1), places, inliers, 0, 0)
        return PairValues.of(count, one, two, looked.scores(WAYS[-1], count))


def read_ocre(folder: Path) -> Coins:
    photos = ocre(folder)
    types = [str(photo.label) for photo in photos if photo.face == "reverse"]
    return Coins.of("ocre, reverse design", [(number // 2, photo) for number, photo in enumerate(photos)], types)


def read_hoard(seed: int) -> Coins:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make_hoard(folder, coins=120, types=10, seed=seed)
        coins = read_truth(folder)["coins"]
        photos = [
            (number, Photo(face, folder / side["file"], None, coin["camera"]))
            for number, coin in enumerate(coins)
            for face, side in coin["sides"].items()
        ]
        return Coins.of(f"sample hoard, seed {seed}", photos, [coin["type"] for coin in coins])


def collections(folder: Path, seeds: Sequence[int], cache: Path | None) -> Iterator[Coins]:
    if folder.is_dir():
        yield _kept_in(cache, "ocre", lambda: read_ocre(folder))
    for seed in seeds:
        yield _kept_in(cache, f"hoard{seed}", lambda seed=seed: read_hoard(seed))  # type: ignore[misc]


def _kept_in(cache: Path | None, name: str, make: Callable[[], Coins]) -> Coins:
    if cache is None:
        return make()
    file = cache / f"{name}.npz"
    if not file.exists():
        coins = make()
        cache.mkdir(parents=True, exist_ok=True)
        closer = {f"closer_{face}": values for face, values in coins.closer.items()}
        np.savez(file, name=coins.name, types=coins.types, **coins.faces, **closer)  # type: ignore[arg-type]
    stored = np.load(file)
    closer = {face: stored[f"closer_{face}"] for face in FACES}
    return Coins(str(stored["name"]), {face: stored[face] for face in FACES}, closer, stored["types"].tolist())


def proposed(coins: Coins, faces: Sequence[Face], closer: bool) -> Proposals:
    count = len(coins.types)
    matrices = {str(face): coins.faces[face] for face in faces}
    looks = [values for face in faces for values in coins.evidence(face)] if closer else []
    names = [f"{number:05}" for number in range(count)]
    scores = [coins.scores(face) for face in faces] if closer and len(faces) > 1 else []
    labels = {"type": list(coins.types)}
    return propose(CoinSet(coins.name, "both", names, matrices, labels, closer=looks, scores=scores))


def proposals_row(coins: Coins, faces: Sequence[Face]) -> dict[str, str]:
    both = [proposed(coins, faces, closer) for closer in (False, True)]
    return {
        "coins": f"{coins.name} ({len(set(coins.types))} types)",
        "by": " and ".join(faces),
        "right": _then(found.top for found in both),
        "commonest type": f"{both[0].commonest:.3f}",
        "Brier score": _then(found.kept.brier for found in both),
        "of the share": _then(found.kept.brier_base for found in both),
        "calibration error": _then(found.kept.error for found in both),
        "unknown type": _then(found.unknown for found in both),
    }


def edges_row(coins: Coins) -> dict[str, str]:
    """Brier scores of each kind of edges, by cosines alone and with a closer look, and that of the share."""
    alone, closer = list(edges(coins, False)), list(edges(coins, True))
    row = {"coins": coins.name}
    for one, two in zip(alone, closer, strict=True):
        row[one.what] = f"{_then((one.brier, two.brier))} ({one.brier_base:.3f})"
    return row | {"calibration error of RELATED": _then((alone[-1].error, closer[-1].error))}


def _then(values: Iterable[float]) -> str:
    return " / ".join(f"{value:.3f}" for value in values)


def edges(coins: Coins, closer: bool) -> Iterator[Reliability]:
    """Of the edges of each face, and of those between coins; these know of a closer look what the former do."""
    kind = np.unique(coins.types, return_inverse=True)[1]
    count = len(kind)
    codes, columns = [np.zeros(0, np.int64)], {}
    seen: list[PairValues] = []
    for face, matrix in coins.faces.items():
        there = np.flatnonzero(~np.isnan(matrix).any(1))
        found = scan(matrix[there], None)
        pairs = ranked(found.pairs, TOP).pairs
        strength = np.full((count, count), np.nan)
        every = found.pairs
        worth = weight(found.histogram.percentile(every.cosine), found.histogram.pairs)
        strength[there[every.first], there[every.second]] = strength[there[every.second], there[every.first]] = worth
        columns[face] = strength
        first, second = there[pairs.first], there[pairs.second]
        codes.append(first * count + second)
        looks = [values.at(first, second) for values in coins.evidence(face)] if closer else []
        seen += [PairValues.of(count, first, second, look) for look in looks]
        yield _kept(f"SIMILAR {face}", kind, first, second, [strength[first, second], *looks])
    first, second = np.divmod(np.unique(np.concatenate(codes)), count)
    evidence = [columns[face][first, second] for face in FACES] + [values.at(first, second) for values in seen]
    yield _kept("RELATED", kind, first, second, evidence)


def _kept(
    name: str, kind: np.ndarray, first: np.ndarray, second: np.ndarray, evidence: Sequence[np.ndarray]
) -> Reliability:
    same = (kind[first] == kind[second]).astype(float)
    pairs = LabelledPairs(first, second, np.stack(evidence, 1), same)
    return reliability(name, cross_fitted(pairs, fold_of(np.arange(len(kind)))), same)


def section(proposals: Sequence[dict[str, str]], probabilities: Sequence[dict[str, str]]) -> str:
    """The section in Markdown."""
    return f"""{BEGIN}
## Probabilities and proposals

`coin-lite2`, hoards of seeds that nothing was tuned on; before the stroke by cosines alone, after it with what `match`
found, which takes part where it looked. Types, each coin left out: how often the likeliest is right, the Brier score of
its probability beside that of always giving the share that is right, and how well "none of these" tells coins whose
whole type was left out from the others (*unknown type*, the area under the ROC curve; chance 0.5).

{markdown(proposals)}

The probability of one type on edges: Brier scores, in brackets that of giving every edge the same share.

{markdown(probabilities)}

`python -m benchmarks.proposals --write docs/discernment.md` makes this section.
{END}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ocre", type=Path, default=Path("../shared/data/ocre"))
    parser.add_argument("--seeds", type=int, nargs="*", default=[21, 22, 23])
    parser.add_argument("--cache", type=Path, help="Keep vectors in this folder, and take them from there.")
    parser.add_argument("--write", type=Path, help="put the section into this file, between its two marks")
    asked = parser.parse_args()
    proposals, probabilities = [], []
    for coins in collections(asked.ocre, asked.seeds, asked.cache):
        proposals += [proposals_row(coins, faces) for faces in ([FACES[0]], [FACES[1]], FACES)]
        probabilities.append(edges_row(coins))
    text = section(proposals, probabilities)
    print(text)
    if asked.write:
        write_between_marks(asked.write, BEGIN, END, text)


if __name__ == "__main__":
    main()
