"""Train the reader of legends from scratch, on strips that this program draws.

    python -m embed.legends.train --seed 1 --minutes 50 --folder /tmp/legends

Strips are drawn first, into a file in the folder; then the network learns, and writes `reader.safetensors` and
`reader.json` (command, figures) beside it at the end. Strips and every step are decided by the seed and their number
alone. What stops before its last step, after ``--minutes`` or because it was stopped, goes on from there the next time,
and so does what is to take more steps than it took, or to learn from more strips from now on.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import save_file
from torch.nn.functional import cross_entropy, ctc_loss, log_softmax
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from embed.legends.compare import RARITY, rarity_of
from embed.legends.draw import draw
from embed.legends.glyphs import writers
from embed.legends.letters import ALPHABET, CLASSES
from embed.legends.network import Network
from embed.legends.strip import COLUMNS, LIMIT, ROWS, STRIDE

GAIN = 127 / LIMIT  # a strip is kept in eight bits
BATCH = 16
RATE = 3e-3  # of learning, reached after `WARM` steps; later it falls with the root of the steps
WARM, EVEN = 100, 400
KEPT = 0.99  # of the mean of the weights of all steps that reads in the end; each step adds the rest
BLANK = 0.5  # weight of columns without a letter
ORDER = 0.3  # weight of the CTC loss, which asks for the letters in their order (Graves et al. 2006)
ORDER_FROM = 300  # steps after which it counts
SAVED = 100  # steps after which the state is saved
CHECKS = 32  # strips that it is tried on then
FITTED = 400  # strips on which it is seen how often each letter is read
UNSEEN = 1 << 20  # numbers from here on are strips for checks; their writers are of another seed, too


@dataclass(frozen=True)
class Plan:
    """What decides the weights: ``seed``, how many ``strips`` are drawn, how many ``steps`` the network takes."""

    seed: int = 1
    strips: int = 5000
    steps: int = 1500


@dataclass(frozen=True)
class Strips:
    """Drawn strips in eight bits (n, `ROWS`, `COLUMNS`) int8, and their letters (n, `COLUMNS` / `STRIDE`) int8."""

    pictures: np.ndarray
    letters: np.ndarray

    def __len__(self) -> int:
        return len(self.pictures)


def drawn(plan: Plan, folder: Path, told: Callable[[str], None]) -> Strips:
    """The strips of a plan, from the file in ``folder`` as far as they are there."""
    pictures, letters = folder / f"strips-{plan.seed}.i8", folder / f"letters-{plan.seed}.i8"
    size, width = ROWS * COLUMNS, COLUMNS // STRIDE
    there = min(_bytes(pictures) // size, _bytes(letters) // width)
    with pictures.open("ab") as first, letters.open("ab") as second:
        first.truncate(there * size)
        second.truncate(there * width)
        for number in range(there, plan.strips):
            strip, read = _one(plan.seed, number)
            first.write(strip.tobytes())
            second.write(read.tobytes())
            if number % 500 == 0:
                told(f"{number} strips drawn")
    shape = (plan.strips, ROWS, COLUMNS)
    return Strips(
        np.memmap(pictures, np.int8, "r", shape=shape),
        np.memmap(letters, np.int8, "r", shape=(plan.strips, width)),
    )


def _bytes(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _one(seed: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    strip = draw(np.random.default_rng([seed, number]), writers(seed if number < UNSEEN else seed + UNSEEN))
    return in_eight_bits(strip.strip), strip.letters


def in_eight_bits(strips: np.ndarray) -> np.ndarray:
    return np.round(strips * GAIN).astype(np.int8)


def strips_of(seed: int, count: int, first: int = 0) -> Strips:
    """Strips as they are drawn for a plan of this seed; from the ``first`` `UNSEEN` on no plan learns from them, and
    they are by other hands (the fonts are the same)."""
    pairs = [_one(seed, first + number) for number in range(count)]
    return Strips(np.stack([strip for strip, _ in pairs]), np.stack([letters for _, letters in pairs]))


def batch(strips: Strips, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Some strips (`BATCH`, 1, `ROWS`, `COLUMNS`), turned, shifted, dimmed, with light from the other side; letters."""
    pictures, letters = [], []
    for number in rng.integers(len(strips), size=BATCH):
        turn, down = int(rng.integers(-10, 11)), int(rng.integers(-3, 4))
        picture = np.roll(strips.pictures[number], (down, turn * STRIDE), (0, 1)) / np.float32(GAIN)
        pictures.append(picture * np.float32(rng.uniform(0.7, 1.4) * rng.choice([-1, 1])))
        letters.append(np.roll(strips.letters[number], turn))
    noise = rng.standard_normal((BATCH, ROWS, COLUMNS), np.float32) * np.float32(rng.uniform(0, 0.3))
    seen = torch.from_numpy(np.stack(pictures) + noise)[:, None]
    return seen.contiguous(memory_format=torch.channels_last), torch.from_numpy(np.stack(letters).astype(np.int64))


def loss_of(scores: torch.Tensor, letters: torch.Tensor, order: bool) -> torch.Tensor:
    """Cross-entropy a column, and CTC over the letters in their ``order``."""
    weight = torch.ones(CLASSES, device=scores.device)
    weight[0] = BLANK
    loss = cross_entropy(scores, letters, weight=weight, label_smoothing=0.02)
    if not order:
        return loss
    texts = [once(row) for row in letters.numpy(force=True)]
    together = torch.tensor([letter for text in texts for letter in text], device=scores.device)
    lengths = torch.tensor([len(text) for text in texts])
    columns = torch.full((len(texts),), scores.shape[2])
    likely = log_softmax(scores, 1).permute(2, 0, 1)
    return loss + ORDER * ctc_loss(likely, together, columns, lengths, zero_infinity=True)


def once(columns: np.ndarray) -> list[int]:
    """The letters of columns in their order: each run once, without the columns of none."""
    first = np.flatnonzero(np.diff(columns, prepend=0))
    return [int(letter) for letter in columns[first] if letter]


def read_right(network: Network, strips: Strips) -> float:
    """The share of letters read right, as difflib's ratio of what was read and what was drawn, in the mean."""
    likeliest = read(network, strips.pictures).argmax(2)
    texts = [(_text(once(a)), _text(once(b))) for a, b in zip(likeliest, strips.letters, strict=True)]
    return float(np.mean([SequenceMatcher(None, a, b, False).ratio() for a, b in texts if b]))


def _text(letters: list[int]) -> str:
    return "".join(ALPHABET[letter - 1] for letter in letters)


class Training:
    """A network on its way: ``step`` steps are done. `save` and `load` keep it in a file.

    ``reader`` is the running mean of its weights (Polyak and Juditsky 1992), which reads better than any of them.
    """

    def __init__(self, plan: Plan, device: torch.device):
        torch.manual_seed(plan.seed)
        self.plan, self.device, self.step = plan, device, 0
        self.stages: dict[int, int] = {}  # how many strips it learned from, up to which step
        self.network = Network().to(device).to(memory_format=torch.channels_last)
        self.mean = AveragedModel(self.network, multi_avg_fn=get_ema_multi_avg_fn(KEPT), use_buffers=True)
        self.optimiser = torch.optim.AdamW(self.network.parameters(), lr=RATE, weight_decay=1e-3)

    @property
    def reader(self) -> Network:
        network = self.mean.module
        assert isinstance(network, Network)
        return network

    def go_on(self, strips: Strips) -> Iterator[float]:
        """One step after the other, up to the last; the loss of each."""
        self.network.train()
        while self.step < self.plan.steps:
            for group in self.optimiser.param_groups:
                group["lr"] = RATE * min((self.step + 1) / WARM, 1, (EVEN / (self.step + 1)) ** 0.5)
            torch.manual_seed(self.plan.seed * 1_000_003 + self.step)  # what is dropped out, too
            pictures, letters = batch(strips, np.random.default_rng([self.plan.seed, self.step, BATCH]))
            loss = loss_of(self.network(pictures.to(self.device)), letters.to(self.device), self.step >= ORDER_FROM)
            self.optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
            self.optimiser.step()
            self.mean.update_parameters(self.network)
            self.step += 1
            self.stages[self.plan.strips] = self.step
            yield loss.item()

    def save(self, file: Path) -> None:
        state = {"network": self.network.state_dict(), "mean": self.mean.state_dict()}
        state["optimiser"] = self.optimiser.state_dict()
        part = file.with_suffix(".part")
        torch.save(state | {"step": self.step, "seed": self.plan.seed, "stages": self.stages}, part)
        part.replace(file)

    def load(self, file: Path) -> None:
        """Raises ValueError where the file is of another seed."""
        state = torch.load(file, map_location=self.device, weights_only=True)
        if state["seed"] != self.plan.seed:
            raise ValueError(f"{file} is of seed {state['seed']}: take another --folder, or remove it")
        self.network.load_state_dict(state["network"])
        self.mean.load_state_dict(state["mean"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.stages = state["step"], state["stages"]


def train(plan: Plan, folder: Path, minutes: float, device: torch.device, told: Callable[[str], None]) -> Training:
    """Draw and learn until the plan is done or ``minutes`` are over; goes on from what is in ``folder``."""
    cv2.setNumThreads(1)
    folder.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + 60 * minutes
    strips, checks = drawn(plan, folder, told), strips_of(plan.seed, CHECKS, UNSEEN)
    training, file = Training(plan, device), folder / f"training-{plan.seed}.pt"
    if file.exists():
        training.load(file)
        told(f"going on after step {training.step}")
    losses: list[float] = []
    for loss in training.go_on(strips):
        losses.append(loss)
        over = time.monotonic() > end
        if training.step % SAVED == 0 or over or training.step == plan.steps:
            training.save(file)
            right = read_right(training.reader, checks)
            told(f"step {training.step}: loss {np.mean(losses[-SAVED:]):.3f}, unseen strips read right {right:.3f}")
        if over:
            break
    publish(training, strips, checks, folder)
    return training


def read(network: Network, pictures: np.ndarray) -> np.ndarray:
    """Probabilities (n, columns, `CLASSES`) float32 of strips in eight bits (n, `ROWS`, `COLUMNS`)."""
    device = next(network.parameters()).device
    before = network.training
    network.eval()
    with torch.inference_mode():
        some = (
            torch.from_numpy(part / np.float32(GAIN))[:, None]
            for part in np.array_split(pictures, -(-len(pictures) // 32))
        )
        probabilities = torch.cat([network(part.to(device)).softmax(1).permute(0, 2, 1) for part in some])
    network.train(before)
    return probabilities.numpy(force=True)


def publish(training: Training, strips: Strips, checks: Strips, folder: Path) -> None:
    """Write the weights, with those of the letters as they are read on strips it learned from, and what they can do."""
    rarity = rarity_of(read(training.reader, strips.pictures[:FITTED]))
    state = {name: values.contiguous() for name, values in training.reader.state_dict().items()}
    save_file(state | {RARITY: torch.from_numpy(rarity)}, folder / "reader.safetensors")
    right = read_right(training.reader, checks)
    record = {
        "command": asked_for(training),
        "unseen strips, letters read right": round(right, 3),
    }
    (folder / "reader.json").write_text(json.dumps(record, indent=1) + "\n")


def asked_for(training: Training) -> str:
    """The commands that make these weights, one after the other in one folder."""
    program = f"python -m embed.legends.train --seed {training.plan.seed}"
    return " && ".join(f"{program} --strips {strips} --steps {steps}" for strips, steps in training.stages.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=Plan.seed)
    parser.add_argument("--strips", type=int, default=Plan.strips)
    parser.add_argument("--steps", type=int, default=Plan.steps)
    parser.add_argument("--minutes", type=float, default=180)
    parser.add_argument("--folder", type=Path, required=True, help="Where strips and the state are kept.")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    asked = parser.parse_args()
    plan = Plan(asked.seed, asked.strips, asked.steps)
    started = time.monotonic()

    def told(line: str) -> None:
        print(f"{time.monotonic() - started:6.0f} s  {line}", file=sys.stderr, flush=True)

    train(plan, asked.folder, asked.minutes, torch.device(asked.device), told)


if __name__ == "__main__":
    main()
