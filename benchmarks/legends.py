"""What legends add: finding coins of one legend and of one type by the picture, by what was read, and by both.

Prints tables in Markdown: first hit and mean average precision (mAP), leave-one-out, each the mean over classes, with
the gain over the default's vectors and its paired 95 % interval (2,000 resamples of the classes). The types of nummi
are split in halves by a fixed seed: whatever was tuned was tuned on the first, and the second is reported; queries are
of one half, candidates are all coins.

    python -m benchmarks.legends [--data ../shared/data] [--half 1] [--hoards 41 42 43] [--kept FOLDER]
                                 [--write docs/legends.md]
"""

import argparse
import csv
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from benchmarks.common import markdown, write_between_marks
from benchmarks.sides import Collection, hoard, nummi, photographs_of
from benchmarks.sides import ocre as ocre_designs
from benchmarks.sides import vectors_of as image_vectors
from embed.fusion import Fusion
from embed.legends.compare import (
    COLUMNS,
    SURE,
    Aligned,
    begin_anywhere,
    found_in,
    legibility,
    legible,
    raised,
    vectors_of,
)
from embed.legends.letters import LEAST, as_cut, legend_of, share_right
from embed.legends.reader import Reader
from embed.loader import load_batches
from embed.models import ImageModel, View
from embed.pooling import Pooling
from embed.transforms import Transform
from graph.matches import NEIGHBOURS
from ingest.records import FACES
from measure.coinset import PairValues
from measure.likeness import Likeness
from measure.neighbours import unit
from measure.retrieval import RESAMPLES
from pipeline.legends import weight_of

WEIGHTS = (0.0, 1.0, 2.0)  # of aligned letters; `match` takes `graph.matches.LETTERS`
CANDIDATES = 20  # of each side whose letters are aligned
SPLIT = 14  # seed of the halves of nummi
BEGIN, END = "<!-- begin: python -m benchmarks.legends -->", "<!-- end: python -m benchmarks.legends -->"


@dataclass(frozen=True)
class Read:
    """A collection as the two models see it: ``image`` and ``legend`` vectors and probabilities ``read``, by face;
    ``sure`` is how many letters of a side are, by which they count."""

    collection: Collection
    image: Mapping[str, np.ndarray]
    legend: Mapping[str, np.ndarray]
    read: Mapping[str, np.ndarray]
    sure: Mapping[str, float]


def ocre(data: Path) -> Collection:
    """Its obverse legend is what stands before the colon of the description, letters only."""
    collection = ocre_designs(data)
    with (data / "ocre/metadata.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    legends = ["".join(filter(str.isalpha, row["obverse"].partition(":")[0])).upper() for row in rows]
    labels = {"obverse_legend": [text or None for text in legends], "type": collection.labels["reverse_design"]}
    return Collection("ocre", collection.files, labels | {"reverse_legend": collection.labels["reverse_design"]})


def struck(folder: Path, seed: int) -> Collection:
    """A sample hoard; each side is of its coin's type, and so is its legend."""
    made = hoard(folder, seed)
    return Collection(
        f"hoard-{seed}", made.files, dict.fromkeys(("type", "obverse_legend", "reverse_legend"), made.labels["type"])
    )


def seen(collection: Collection, reader: Reader, kept: Path | None, turned: tuple[int, ...] = ()) -> Read:
    """What the models see; with the strips flipped along axes, letters are those of no alphabet that is known."""
    image = image_vectors(collection, kept)
    strips = {face: strips_seen(collection, face, reader, kept) for face in FACES}
    strips = {face: np.ascontiguousarray(np.flip(strips[face], turned)) for face in FACES}
    read: dict[str, np.ndarray] = {face: reader.read(strips[face]) for face in FACES}
    sure = {face: sure_letters(read[face]) for face in FACES}
    return Read(collection, image, legends(read, reader.rarity), read, sure)


def legends(read: Mapping[str, np.ndarray], rarity: np.ndarray) -> dict[str, np.ndarray]:
    """The vectors of what was read, by face."""
    raw = np.concatenate([vectors_of(read[face], rarity) for face in FACES])
    obverse, reverse = np.split(Transform("centre").fit(raw).transform(raw), 2)
    return {"obverse": obverse, "reverse": reverse}


def strips_seen(collection: Collection, face: str, reader: Reader, kept: Path | None) -> np.ndarray:
    file = kept and kept / f"strips-{collection.name}-{face}.npy"
    if file and file.exists():
        return np.load(file)
    model = ImageModel("legend", "legend", View(cutout=True, grey=True, size=reader.size), reader, Pooling())
    batches = load_batches(photographs_of(collection.files[face]), model, 8)
    strips = np.concatenate([reader.strips(batch.pictures) for batch in batches if batch.photographs])
    if file:
        np.save(file, strips.astype(np.float16))
    return strips


# --- likeness ---------------------------------------------------------------------------------------------------------


def cosines(vectors: np.ndarray) -> np.ndarray:
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return unit @ unit.T


def joined(found: Read, face: str) -> np.ndarray:
    """The vectors of a face in the space that `run` goes by, of pictures and legends (`pipeline.legends`)."""
    weight = 1 - weight_of(found.sure[face])
    return Fusion("late", weight).transform(found.image[face], found.legend[face]) if weight < 1 else found.image[face]


def sure_letters(read: np.ndarray) -> float:
    """How many letters of a side are sure, in the mean."""
    return float(np.mean([sum(one > SURE for one in legend_of(side).confidence) for side in read]))


def looked_at(found: Read, face: str, rarity: np.ndarray, weight: float) -> csr_array:
    """Scores of the `CANDIDATES` nearest of each side as `match` gives them by cosine and letters, its other looks left
    out: ``weight`` is that of letters where they can be read."""
    vectors = unit(joined(found, face))
    likeness, read = vectors @ vectors.T, found.read[face]
    near = np.zeros(likeness.shape, bool)
    np.put_along_axis(near, np.argsort(-(likeness - 9 * np.eye(len(likeness))), 1)[:, :CANDIDATES], True, 1)
    first, second = np.nonzero(np.triu(near | near.T, 1))
    sure = legible(read)
    letters = Aligned(raised(read), rarity, begin_anywhere(raised(read[sure]), rarity))(first, second)
    both = sure[first] & sure[second]
    letters[~both] = letters[both].mean() if both.any() else 0
    total = likeness[first, second] + weight * legibility(found.sure[face]) * letters
    known = np.full(likeness.shape, -np.inf)
    known[first, second] = known[second, first] = total
    nearest = -np.sort(-known, 1)[:, :NEIGHBOURS]
    there = np.isfinite(nearest)
    hub = np.where(there, nearest, 0).sum(1) / np.maximum(there.sum(1), 1)
    return PairValues.of(len(known), first, second, 2 * total - hub[first] - hub[second]).matrix()


def whole(likeness: Likeness) -> np.ndarray:
    return np.concatenate([near for _, near in likeness.blocks()])


# --- figures ----------------------------------------------------------------------------------------------------------


def by_class(likeness: np.ndarray, labels: Sequence[str | None], asked: np.ndarray) -> dict[str, tuple[float, float]]:
    """First hit and average precision of each class, in the mean over its sides that are ``asked`` (a mask)."""
    found: dict[str, list[tuple[float, float]]] = {}
    names = np.array([label or "" for label in labels])
    for row in np.flatnonzero(asked & (names != "")):
        order = np.argsort(-likeness[row], kind="stable")
        hits = names[order[(order != row) & (names[order] != "")]] == names[row]
        if hits.any():
            ranks = np.flatnonzero(hits) + 1
            found.setdefault(str(names[row]), []).append((hits[0], (np.arange(1, len(ranks) + 1) / ranks).mean()))
    return {name: tuple(np.mean(values, 0)) for name, values in found.items()}


def figures(likeness: np.ndarray, base: np.ndarray, labels: Sequence[str | None], asked: np.ndarray) -> str:
    """`first hit / mAP`, and both gains over ``base`` with intervals."""
    ours, theirs = by_class(likeness, labels, asked), by_class(base, labels, asked)
    values = np.array([ours[name] for name in sorted(ours)])
    first, precision = values.mean(0)
    if likeness is base:
        return f"{first:.3f} / {precision:.3f}"
    gains = values - np.array([theirs[name] for name in sorted(theirs)])
    random = np.random.default_rng(1)
    means = gains[random.integers(len(gains), size=(RESAMPLES, len(gains)))].mean(1)
    low, high = np.percentile(means, [2.5, 97.5], 0)
    shown = (f"{gain:+.3f} [{a:+.3f}, {b:+.3f}]" for gain, a, b in zip(gains.mean(0), low, high, strict=True))
    return f"{first:.3f} / {precision:.3f} ({', '.join(shown)})"


def likenesses(found: Read, rarity: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """What is compared, by its name: likeness by face, and by both."""
    vectors: dict[str, Mapping[str, np.ndarray]] = {
        "default vectors": found.image,
        "legend alone": found.legend,
        "pictures and legends": {face: joined(found, face) for face in FACES},
    }
    rows: dict[str, dict[str, np.ndarray]] = {}
    for name, of in vectors.items():
        rows[name] = {face: cosines(of[face]) for face in FACES}
        rows[name]["both"] = rows[name]["obverse"] + rows[name]["reverse"]
    last = vectors["pictures and legends"]
    for weight in WEIGHTS:
        scores = {face: looked_at(found, face, rarity, weight) for face in FACES}
        name = (
            f"the same, {CANDIDATES} nearest by {weight:g} x letters aligned" if weight else "the same, hubs taken away"
        )
        rows[name] = {face: whole(Likeness([last[face]], scores=[scores[face]])) for face in FACES}
        rows[name]["both"] = whole(Likeness([last[face] for face in FACES], scores=[scores[face] for face in FACES]))
    return rows


QUESTIONS = (("obverse", "obverse_legend"), ("reverse", "reverse_legend"), ("both", "type"))


def half_of(labels: Sequence[str | None], half: int) -> np.ndarray:
    """Which coins (a mask) are of the types of one half (1 or 2; 0 is all), by the seed `SPLIT`."""
    names = np.random.default_rng(SPLIT).permutation(sorted({label for label in labels if label}))
    chosen = set({0: names, 1: names[::2], 2: names[1::2]}[half])
    return np.array([label in chosen for label in labels])


def table(seen: Read, rarity: np.ndarray, asked: np.ndarray) -> str:
    rows = likenesses(seen, rarity)
    base = rows["default vectors"]
    labels = seen.collection.labels
    shown = [
        {"by": name} | {label: figures(like[face], base[face], labels[label], asked) for face, label in QUESTIONS}
        for name, like in rows.items()
    ]
    return markdown(shown)


def by_wear(found: Read) -> str:
    """The share of letters read right by how many of a side are sure."""
    rows = []
    for low, high in pairwise((0, 3, 6, 9, 12, 100)):
        row = {"sure letters of a side": f"{low} to {high - 1}" if high < 100 else f"{low} and more"}
        for face in FACES:
            read, legends = found.read[face], found.collection.labels[f"{face}_legend"]
            here = [low <= sum(p > SURE for p in legend_of(one).confidence) < high for one in read]
            chosen = [legend if one else None for legend, one in zip(legends, here, strict=True)]
            row[face] = f"{share_right(read, chosen):.2f} ({sum(here)} sides)"
        rows.append(row)
    return markdown(rows)


def strange(kept: Path | None, reader: Reader, collection: Collection) -> str:
    """Types by both sides, with letters that the network does not know; and how many sides look surer as they are."""
    rows, surest = [], np.zeros(0)
    axes = {"as they are": (), "mirrored": (2,), "mirrored upside down": (1,), "running outward": (1, 2)}
    for how, turned in axes.items():
        found = seen(collection, reader, kept, turned)
        sure = np.array(
            [sum(max(p - LEAST, 0) for p in legend_of(one).confidence) for face in FACES for one in found.read[face]]
        )
        surest = surest if len(surest) else sure
        base = np.sum([cosines(found.image[face]) for face in FACES], 0)
        both = np.sum([cosines(joined(found, face)) for face in FACES], 0)
        letters = " and ".join(f"{found.sure[face]:.1f}" for face in FACES)
        labels = collection.labels["type"]
        less = f"{(sure < surest).mean():.2f}" if turned else ""
        type_ = figures(both, base, labels, half_of(labels, 0))
        rows.append({"letters": how, "sure": letters, "sides less sure so": less, "type": type_})
    return markdown(rows)


def elsewhere(found: Read, half: int, rarity: np.ndarray) -> str:
    """Coins of one legend by aligned letters alone, with the legends of some sides turned along the rim at random."""
    rows, random = [], np.random.default_rng(1)
    for share in (0.0, 0.25, 0.5, 1.0):
        row = {"begin elsewhere": f"{share:.0%} of sides"}
        for face in FACES:
            labels, letters = found.collection.labels[f"{face}_legend"], raised(found.read[face])
            by = random.integers(COLUMNS, size=len(letters)) * (random.random(len(letters)) < share)
            letters = np.stack([np.roll(one, turn, 0) for one, turn in zip(letters, by, strict=True)])
            anywhere = begin_anywhere(letters[legible(found.read[face])], rarity)
            standing = alike(letters, rarity, False)
            turned = alike(letters, rarity, True) if anywhere else standing
            asked = half_of(labels, half)
            row[f"{face}s as they stand"] = figures(standing, standing, labels, asked)
            row[f"{face}s by the rule"] = figures(turned, standing, labels, asked) if anywhere else "the same"
        rows.append(row)
    return markdown(rows)


def alike(letters: np.ndarray, rarity: np.ndarray, anywhere: bool) -> np.ndarray:
    first, second = np.triu_indices(len(letters), 1)
    values = Aligned(letters, rarity, anywhere)(first, second)
    return PairValues.of(len(letters), first, second, values).matrix().toarray()


def typed(found: Read, half: int, rarity: np.ndarray) -> str:
    """How often a coin with the legend stands first where that is typed (`find --legend`)."""
    said = []
    for face in FACES:
        legends = np.array([legend or "" for legend in found.collection.labels[f"{face}_legend"]])
        wanted = sorted(set(legends[half_of(list(legends), half)]) - {""})
        letters = raised(found.read[face])
        right = [legends[found_in(letters, as_cut(one), rarity).argmax()] == one for one in wanted]
        said.append(f"{np.mean(right):.2f} of {len(right)} {face} legends")
    return f"Typed, {' and '.join(said)} bring a coin that bears them first."


def section(found: Read, half: int, rarity: np.ndarray) -> str:
    """The tables of one collection."""
    labels, name = found.collection.labels, found.collection.name
    mine = half_of(labels["type"], half)
    parts = [f"### {name}: {mine.sum()} of {len(mine)} coins asked for"]
    for face in FACES:
        sides = legible(found.read[face]).mean()
        text = f"{face.capitalize()}s: {sides:.2f} of them legible, {found.sure[face]:.1f} sure letters each"
        text += f", so that legends count {weight_of(found.sure[face]):.2f}"
        if name == "nummi" or (face, name) == ("obverse", "ocre"):
            text += f", {share_right(found.read[face], labels[f'{face}_legend']):.3f} of the letters read right"
        parts.append(text + ".")
    return "\n\n".join([*parts, table(found, rarity, mine)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--hoards", type=int, nargs="*", default=[41, 42, 43], help="Seeds.")
    parser.add_argument("--kept", type=Path, help="Keep vectors and strips there, and use those that are there.")
    parser.add_argument("--weights", type=Path, help="Of another reader than the package's.")
    parser.add_argument("--half", type=int, default=2, choices=(0, 1, 2), help="Of nummi's types; 0 is both.")
    parser.add_argument("--write", type=Path, help="The page whose section is made of it.")
    asked = parser.parse_args()
    reader = Reader(asked.weights, "cpu")
    with tempfile.TemporaryDirectory() as work:
        hoards = [struck(Path(work) / str(seed), seed) for seed in asked.hoards]
        some = [nummi(asked.data), ocre(asked.data), *hoards]
        found = [seen(collection, reader, asked.kept) for collection in some]
    parts = [section(one, asked.half if one is found[0] else 0, reader.rarity) for one in found]
    parts += ["### Letters of nummi read right, by wear", by_wear(found[0])]
    parts += ["### Letters that the network does not know (all of nummi)", strange(asked.kept, reader, some[0])]
    parts += ["### Legends of nummi that begin elsewhere, by aligned letters alone"]
    parts += [elsewhere(found[0], asked.half, reader.rarity)]
    parts += ["### Legends of nummi that are typed", typed(found[0], asked.half, reader.rarity)]
    text = "\n\n".join([*parts, "### Twenty readings of nummi", readings(found[0], 20)])
    print(text)
    if asked.write:
        write_between_marks(asked.write, BEGIN, END, f"{BEGIN}\n\n{text}\n\n{END}")


def readings(found: Read, count: int) -> str:
    """Some readings beside the record, evenly spread over obverses and reverses of the collection."""
    rows = []
    for number, coin in enumerate(np.linspace(0, len(found.collection.files["obverse"]) - 1, count).astype(int)):
        face = FACES[number % 2]
        text = legend_of(found.read[face][coin]).text
        file = found.collection.files[face][coin].stem
        rows.append({"picture": file, "read": text, "record": found.collection.labels[f"{face}_legend"][coin]})
    return markdown(rows)


if __name__ == "__main__":
    main()
