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
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.common import markdown
from benchmarks.pipelines import Photo, batched, ocre
from embed.fusion import LEARNED, Fusion, Labels
from embed.models import ImageModel
from embed.registry import load_model, load_text_encoder
from embed.texts import Template
from embed.transforms import Transform
from ingest.images import open_picture
from measure.retrieval import Retrieval, retrieval

OCRE = Path(__file__).resolve().parents[2] / "shared" / "data" / "ocre"
MODELS = ("test-pixels", "efficientnet-lite0", "efficientnet-lite0-grey", "coin-lite0")
JUDGED = ("coin-lite0",)  # a network for each takes longer than all the rest
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


def rows_of(photos: list[Photo], space: Space, own: Transform, text: Space) -> tuple[list[dict[str, str]], np.ndarray]:
    """A row for each transform; also the vectors of the space as the program makes it."""
    rows = []
    default = space.vectors
    for kind in TRANSFORMS:
        transform = Transform(kind, own.dimension, own.exponent) if kind == own.kind else Transform(kind)
        vectors = transform.fit(space.vectors).transform(space.vectors)
        if kind == own.kind:
            default = vectors
        rows.append(line(photos, space, kind, vectors, text))
    return rows, default


def learned(photos: list[Photo], name: str, vectors: np.ndarray, text: Space) -> list[dict[str, str]]:
    """Fusions that learn from labels, judged on coins that were kept from them."""
    at = np.array([row for row, photo in enumerate(photos) if photo.face == "reverse"])
    _, types = np.unique([str(photos[row].label) for row in at], return_inverse=True)
    labels = Labels(np.arange(len(at)), np.zeros(len(at), np.int64), types)
    rows = []
    for method in LEARNED:
        begun = time.process_time()
        made = Fusion(method).fit(vectors[at], text.vectors[at], labels)
        rows.append(
            {
                "model": name,
                "fusion": method,
                "trained on": f"{made.coins} coins",
                "first hit of these": f"{made.trained_right:.3f} (picture alone {made.trained_picture:.3f})",
                "held out": f"{made.held_out} coins",
                "first hit of held out": f"{made.held_out_right:.3f} (picture alone {made.held_out_picture:.3f})",
                "training, s": f"{time.process_time() - begun:.1f}",
            }
        )
    return rows


def measured(folder: Path, models: list[str], also: list[str]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Rows of models, transforms and texts; and of fusions that learn, of `JUDGED` and the models in ``also``."""
    photos = ocre(folder)
    catalogue, telling = read(CATALOGUE, folder), read(TELLING, folder)
    rows, trained = [], []
    for name in tqdm(models, disable=None, unit="model"):
        space, own = seen(name, photos)
        mine, default = rows_of(photos, space, own, catalogue)
        rows += mine
        print(*mine, sep="\n", file=sys.stderr)
        if name in JUDGED or name in also:
            trained += learned(photos, space.model, default, catalogue)
    return [*rows, *(line(photos, text, "none", text.vectors, None) for text in (catalogue, telling))], trained


def section(folder: Path, rows: list[dict[str, str]], trained: list[dict[str, str]]) -> str:
    """The section in Markdown."""
    photos = ocre(folder)
    luck = on_reverses(photos, np.ones((len(photos), 2), np.float32))
    designs, queries = luck.classes, luck.queries
    chance = {
        "model": "chance",
        "transform": "",
        "numbers": "",
        "first hit": f"{luck.r1_macro.chance:.3f}",
        "mAP": f"{luck.map_macro.chance:.3f}",
    }
    return f"""{BEGIN}

## Models and transforms on ocre

{queries} reverses of {designs} designs, photographs of 100 to 175 pixels from several museums. For each reverse: is
the nearest other one of the same design (first hit), and how far up are all of them (mAP); means over designs with
bootstrap 95 % intervals. Transforms are fitted on both faces, without labels. `late` is half the picture's cosine and
half that of what a catalogue says before anybody looked at the reverse (“{CATALOGUE.text}”), read by
`{WORDS}`. The last line's text names the design, as the thesis' texts name the type: that is what knowing the label
looks like. Times are milliseconds of the processor, for both sides of a coin, from file to vector.

`python -m benchmarks.thesis_models --model file:resnet50.pt2 --write docs/thesis.md` makes this section.

{markdown([chance, *rows])}

The thesis' network (`mlp`) and the one with a gate (`attention`) learn from the designs, so they are judged on a fifth
of the coins that were kept from them, whose nearest is looked for among all. The pictures' vectors have the transform
of their space.

{markdown(trained)}

{END}
"""


def write(path: Path, text: str) -> None:
    """Replace what stands between the marks, or put the section at the end."""
    before = path.read_text(encoding="utf-8") if path.exists() else "# The thesis' results and ours\n"
    head, _, rest = before.partition(BEGIN)
    tail = rest.partition(END)[2].lstrip("\n")
    path.write_text(head.rstrip("\n") + "\n\n" + text + (f"\n{tail}" if tail else ""), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ocre", type=Path, default=OCRE)
    parser.add_argument("--model", action="append", default=[], help="one more, such as file:resnet50.pt2")
    parser.add_argument("--only", action="store_true", help="no other models than those named by --model")
    parser.add_argument("--write", type=Path, help="put the section into this file, between its two marks")
    asked = parser.parse_args()
    models = [*(() if asked.only else MODELS), *asked.model]
    text = section(asked.ocre, *measured(asked.ocre, models, asked.model))
    print(text)
    if asked.write:
        write(asked.write, text)


if __name__ == "__main__":
    main()
