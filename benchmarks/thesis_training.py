"""How long `fuse` trains for 1,000 coins, and that twice the same comes out.

    python -m benchmarks.thesis_training [--coins 1000] [--types 40]

Made-up vectors as long as those of ResNet-50 and of the sentence encoder, on both faces, of which types explain a part:
learning goes on for long, so that nothing ends it early but the number of epochs.
"""

import argparse
import time

import numpy as np

from benchmarks.common import markdown
from embed.fusion import LEARNED, Fusion, Labels

IMAGE, TEXT = 2048, 384
HINT = 0.25  # of a type, as a share of a coin's own deviation


def made_up(coins: int, types: int) -> tuple[np.ndarray, np.ndarray, Labels]:
    random = np.random.default_rng(1)
    labels = Labels(np.repeat(np.arange(coins), 2), np.tile([0, 1], coins), np.repeat(np.arange(coins) % types, 2))
    vectors = []
    for length in (IMAGE, TEXT):
        hints = HINT * random.normal(size=(2, types, length))[labels.faces, labels.types]
        vectors.append((hints + random.normal(size=hints.shape)).astype(np.float32))
    return vectors[0], vectors[1], labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coins", type=int, default=1000)
    parser.add_argument("--types", type=int, default=40)
    asked = parser.parse_args()
    images, texts, labels = made_up(asked.coins, asked.types)
    rows = []
    for method in LEARNED:
        wall, processor, prints = time.perf_counter(), time.process_time(), []
        for _ in range(2):
            fusion = Fusion(method)
            training = fusion.fit(images, texts, labels)
            prints.append(fusion.fingerprint)
        row = {"method": method, "coins": asked.coins, "epochs": len(training.losses)}
        row |= {"seconds": f"{(time.perf_counter() - wall) / 2:.1f}"}
        row |= {"processor seconds": f"{(time.process_time() - processor) / 2:.1f}"}
        rows.append(row | {"twice the same": "yes" if prints[0] == prints[1] else "no"})
    print(markdown(rows))


if __name__ == "__main__":
    main()
