"""Models, transforms and fusion on the coins of ocre: the table at the end of docs/thesis.md, by one command.

    python -m benchmarks.thesis_models [--ocre FOLDER] [--model file:resnet50.pt2]... [--write docs/thesis.md]

Leave-one-out retrieval by cosine on reverses, by `reverse_design`: first hit and mean average precision, means over
designs, with bootstrap 95 % intervals. Transforms are fitted on both faces together, without labels. Times are those of
the processor, all threads together, so that a busy machine does not change them much.
"""

import argparse
import csv
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.common import markdown, write_between_marks
from benchmarks.pipelines import Photo, batched, ocre
from embed.fusion import LEARNED, Fusion
from embed.fusion_network import Labels, first_hit, split
from embed.models import ImageModel
from embed.registry import load_model, load_text_encoder
from embed.texts import Template
from embed.transforms import Transform
from ingest.images import open_picture
from measure.retrieval import Retrieval, retrieval

OCRE = Path(__file__).resolve().parents[2] / "shared" / "data" / "ocre"
MODELS = ("test-pixels", "efficientnet-lite0", "efficientnet-lite0-grey", "coin-lite0", "coin-lite2")
LONGEST = 4096  # numbers that Neo4j takes: nothing longer is a space, or could be fused into one
TRANSFORMS = ("none", "centre", "standardise", "whiten", "half-whiten")
#: What a catalogue says of a coin before anybody looked at its reverse, and a text that names what stands on it.
CATALOGUE = Template("A {denomination} of {mint}, {date}")
TELLING = Template("A {denomination} of {mint}, {date}: {side}")
WORDS = "minilm"
BEGIN, END = "<!-- begin: python -m benchmarks.thesis_models -->", "<!-- end: python -m benchmarks.thesis_models -->"


@dataclass(frozen=True)
class Space:
    """Vectors (n, d) of all photographs, and processor time a coin (both sides) in milliseconds."""

    model: str
    vectors: np.ndarray
    cost: float


def seen(name: str, photos: list[Photo]) -> tuple[Space, Transform]:
    """A model's vectors before any transform, and the transform that its recipe has."""
    model = load_model(name, device="cpu")
    model.raw(prepared(model, photos[:2]))  # what is loaded at first use is no part of the time
    before = time.process_time()
    vectors = np.concatenate([model.raw(prepared(model, some)) for some in batched(photos)]).astype(np.float32)
    return Space(model.name, vectors, (time.process_time() - before) * 2000 / len(photos)), model.transform


def prepared(model: ImageModel, photos: list[Photo]) -> np.ndarray:
    return np.stack([model.prepare(open_picture(photo.file, model.at_least)) for photo in photos])


def read(template: Template, folder: Path) -> Space:
    """The vectors of texts, in the order of `ocre`: obverse and reverse of coin after coin."""
    encoder = load_text_encoder(WORDS, device="cpu")
    with (folder / "metadata.csv").open(encoding="utf-8") as file:
        texts = [template(face, row) or "a coin" for row in csv.DictReader(file) for face in ("obverse", "reverse")]
    distinct = {text: place for place, text in enumerate(sorted(set(texts), key=len))}
    before = time.process_time()
    vectors = encoder.encode(list(distinct))
    cost = (time.process_time() - before) * 2000 / len(distinct)
    return Space(f"{WORDS}, “{template.text}”", vectors[[distinct[text] for text in texts]], cost)


def on_reverses(photos: list[Photo], vectors: np.ndarray) -> Retrieval:
    at = [row for row, photo in enumerate(photos) if photo.face == "reverse"]
    return retrieval(vectors[at], [photos[row].label for row in at])


def line(photos: list[Photo], space: Space, transform: str, vectors: np.ndarray, text: Space | None) -> dict[str, str]:
    """One row: vectors alone, and by late fusion with a text where there is one to fuse with."""
    alone = on_reverses(photos, vectors)
    row = {"model": space.model, "transform": transform, "numbers": f"{vectors.shape[1]:,}"}
    row |= {"first hit": str(alone.r1_macro), "mAP": str(alone.map_macro), "ms": milliseconds(space.cost)}
    if text is not None:
        fused = on_reverses(photos, Fusion("late").transform(vectors, text.vectors))
        row |= {"late: first hit": str(fused.r1_macro), "late: mAP": str(fused.map_macro)}
        row |= {"late: ms": milliseconds(space.cost + text.cost)}
    return row


def milliseconds(cost: float) -> str:
    return f"{cost:.0f}" if cost >= 1 else "< 1"


def transformed(space: Space, own: Transform) -> Iterator[tuple[str, np.ndarray]]:
    """The vectors by each transform, by its name; ``own`` is the one that the model's recipe has."""
    for kind in TRANSFORMS:
        transform = Transform(kind, own.dimension, own.exponent) if kind == own.kind else Transform(kind)
        yield kind, transform.fit(space.vectors).transform(space.vectors)


class Learners:
    """The fusions that learn from designs, judged beside those that do not on a fifth of the coins, kept from them."""

    def __init__(self, photos: list[Photo]):
        self.at = np.array([row for row, photo in enumerate(photos) if photo.face == "reverse"])
        _, types = np.unique([str(photos[row].label) for row in self.at], return_inverse=True)
        self.labels = Labels(np.arange(len(self.at)), np.zeros(len(self.at), np.int64), types)
        self.held = split(self.labels, Fusion("mlp").seed)[1]

    def line(self, space: Space, transform: str, vectors: np.ndarray, text: Space, leaks: bool = False) -> dict:
        """One row. ``leaks`` marks a text that names the design."""
        images, texts = vectors[self.at], text.vectors[self.at]
        row = {"model": space.model, "transform": transform, "the text names the design": "**yes**" if leaks else "no"}
        row["picture alone"] = self._share(images, self.held)
        row["late"] = self._share(Fusion("late").transform(images, texts), self.held)
        begun = time.process_time()
        known = {}
        for method in LEARNED:
            fusion = Fusion(method)
            fusion.fit(images, texts, self.labels)
            fused = fusion.transform(images, texts)
            row[method] = self._share(fused, self.held)
            known[f"{method}, coins it learnt from"] = self._share(fused, ~self.held)
        return row | known | {"training both, s": f"{time.process_time() - begun:.1f}"}

    def _share(self, vectors: np.ndarray, chosen: np.ndarray) -> str:
        return f"{100 * first_hit(vectors, self.labels, chosen):.0f} %"


def measured(folder: Path, models: list[str]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Rows of models, transforms and late fusion, then of texts; and rows of the fusions that learn."""
    photos = ocre(folder)
    catalogue, telling = read(CATALOGUE, folder), read(TELLING, folder)
    learners = Learners(photos)
    rows, trained, leaking = [], [], []
    for name in tqdm(models, disable=None, unit="model"):
        space, own = seen(name, photos)
        for kind, vectors in transformed(space, own):
            rows.append(line(photos, space, kind, vectors, catalogue))
            if vectors.shape[1] <= LONGEST:
                trained.append(learners.line(space, kind, vectors, catalogue))
                if kind == own.kind:
                    leaking.append(learners.line(space, kind, vectors, telling, leaks=True))
            print(rows[-1], trained[-1], sep="\n", file=sys.stderr, flush=True)
    texts = [line(photos, text, "none", text.vectors, None) for text in (catalogue, telling)]
    texts[1]["model"] += " **leaks: it names the design**"
    return [*rows, *texts], [*trained, *leaking]


def section(folder: Path, rows: list[dict[str, str]], trained: list[dict[str, str]]) -> str:
    """The section in Markdown."""
    photos = ocre(folder)
    luck = on_reverses(photos, np.ones((len(photos), 2), np.float32))
    designs, queries = luck.classes, luck.queries
    held = int(Learners(photos).held.sum())
    chance = {
        "model": "chance",
        "transform": "",
        "numbers": "",
        "first hit": f"{luck.r1_macro.chance:.3f}",
        "mAP": f"{luck.map_macro.chance:.3f}",
    }
    return f"""{BEGIN}

## Models and transforms on ocre

{queries} reverses of {designs} designs, photographs of 100 to 175 pixels from several museums. Of each reverse two
things are asked. *First hit*: is the nearest other one of the same design? *mAP*: how far up are all of the design?
Figures are means over designs with bootstrap 95 % intervals.

- Transforms are fitted on both faces, without labels.
- `late` is half the picture's cosine and half that of what a catalogue says before anybody looked at the reverse
  (“{CATALOGUE.text}”), read by `{WORDS}`. `concat` gives the same cosines.
- The text of the last line names the design, as the thesis' texts name the type. It shows what knowing the label does.
- Times are milliseconds of the processor, for both sides of a coin, from file to vector.

`python -m benchmarks.thesis_models --model file:resnet50.pt2 --write docs/thesis.md` makes this section.

{markdown([chance, *rows])}

First hit by fusion, over the {held} held-out coins. The thesis' network (`mlp`) and the one with a gate (`attention`)
learn from the designs of the other {queries - held}; the nearest coin is looked for among all. Three things to know:

- The held-out coins say when to stop learning, which flatters both networks a little. One coin of {held}
  is {100 / held:.0f} %, so differences below 10 % say little.
- What the networks find for coins that they learnt from stands beside, and is no evidence. Neither are the last lines,
  whose text names the design of the held-out coins, too.
- Vectors of more than {LONGEST:,} numbers cannot be a space and are left out.

{markdown(trained)}

{END}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ocre", type=Path, default=OCRE)
    parser.add_argument("--model", action="append", default=[], help="one more, such as file:resnet50.pt2")
    parser.add_argument("--only", action="store_true", help="no other models than those named by --model")
    parser.add_argument("--write", type=Path, help="put the section into this file, between its two marks")
    asked = parser.parse_args()
    models = [*(() if asked.only else MODELS), *asked.model]
    text = section(asked.ocre, *measured(asked.ocre, models))
    print(text)
    if asked.write:
        write_between_marks(asked.write, BEGIN, END, text)


if __name__ == "__main__":
    main()
