"""What a reader gains that was trained on by its own sure readings (`coingraph legends --adapt`), without a label.

Of each collection a fifth of the coins is not learnt from; on these the shares of letters are told. The tables are over
all coins that are asked for, as in `benchmarks.legends`, with the gain over the package's reader and its paired 95 %
interval; how much letters count stays.

    python -m benchmarks.adapted [--data ../shared/data] [--half 2] [--hoards 41] [--seed 1] [--kept FOLDER]
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.common import markdown
from benchmarks.legends import QUESTIONS, figures, half_of, legends, likenesses, nummi, ocre, seen, strips_seen, struck
from embed.legends.adapt import adapted, steadiness
from embed.legends.letters import share_right
from embed.legends.reader import Reader
from embed.legends.train import UNSEEN, in_eight_bits, read, read_right, strips_of
from ingest.records import FACES
from pipeline.adapt import APART, CHECKS, DRAWN

ROWS = ("legend alone", "pictures and legends", "the same, 20 nearest by 2 x letters aligned")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--half", type=int, default=2, choices=(0, 1, 2), help="Of nummi's types; 0 is both.")
    parser.add_argument("--hoards", type=int, nargs="*", default=[41], help="Seeds.")
    parser.add_argument("--seed", type=int, default=1, help="Of the coins left out and the training.")
    parser.add_argument("--kept", type=Path, help="Keep vectors and strips there, and use those that are there.")
    asked = parser.parse_args()
    reader = Reader(device="cpu")
    drawn, checks = strips_of(asked.seed, DRAWN), strips_of(asked.seed, CHECKS, UNSEEN)
    with tempfile.TemporaryDirectory() as work:
        for collection in (
            nummi(asked.data),
            ocre(asked.data),
            *(struck(Path(work) / str(seed), seed) for seed in asked.hoards),
        ):
            found, name, labels = seen(collection, reader, asked.kept), collection.name, collection.labels
            strips = {face: in_eight_bits(strips_seen(collection, face, reader, asked.kept)) for face in FACES}
            coins = len(labels["type"])
            apart = np.random.default_rng(asked.seed).permutation(coins) < APART * coins
            after = adapted(reader.network, np.concatenate([strips[face][~apart] for face in FACES]), drawn, asked.seed)
            again = {face: read(after, strips[face]) for face in FACES}
            print(f"### {name}: {apart.sum()} of {coins} coins left out\n")
            for face in FACES:
                steady = (steadiness(network, strips[face][apart]) for network in (reader.network, after))
                line = "{}s: read alike in two lights {:.3f}, then {:.3f}".format(face.capitalize(), *steady)
                if name == "nummi" or (face, name) == ("obverse", "ocre"):
                    recorded = [label for label, out in zip(labels[f"{face}_legend"], apart, strict=True) if out]
                    right = (share_right(of[face][apart], recorded) for of in (found.read, again))
                    line += "; letters of the record read {:.3f}, then {:.3f}".format(*right)
                print(f"{line}.\n")
            right = (read_right(network, checks) for network in (reader.network, after))
            print("Drawn letters read right {:.3f}, then {:.3f}.\n".format(*right))
            one = likenesses(found, reader.rarity)
            other = likenesses(replace(found, read=again, legend=legends(again, reader.rarity)), reader.rarity)
            mine = half_of(labels["type"], asked.half if name == "nummi" else 0)
            rows = [
                {"by": f"{row}{said}"}
                | {label: figures(like[row][face], one[row][face], labels[label], mine) for face, label in QUESTIONS}
                for row in ROWS
                for like, said in ((one, ""), (other, ", trained on"))
            ]
            print(f"{mine.sum()} of {coins} coins asked for:\n\n{markdown(rows)}\n")


if __name__ == "__main__":
    main()
