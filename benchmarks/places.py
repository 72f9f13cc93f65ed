"""Train the network of `dies.places`, which says how much the places of two sides speak for one die, on sample hoards.

    python -m benchmarks.places --seed 1 --keep FOLDER [--weights FILE]

Hoards as `benchmarks.dies` has them, of the seeds below; `dies` was measured on none of them. Of each face all pairs of
one die take part, and 140 others, as far as there are so many, registered as `dies` does it. Two more hoards tell the
scale of a likeness: two dies of a type have 1.7 on the mean, one die has 8. ``--keep`` holds what was made of hoards.
Drawing takes four to twenty minutes of a core, training one or two.
"""

import argparse
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.numpy import save_file
from sklearn.metrics import average_precision_score, roc_auc_score
from threadpoolctl import threadpool_limits
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, relu

import dies.places
from benchmarks.common import registered
from benchmarks.dies import KINDS, Sides, chosen
from dies.places import PARTS, REACH, ROWS, volume
from dies.places import shown as shown_of
from hoard import make_hoard
from ingest.records import FACES, Face

SEEDS = {"v2": [*range(301, 309), *range(311, 315), *range(321, 341)], "v1": list(range(301, 307))}
SCALED = {"v2": [203, 204]}  # hoards that tell the scale
COINS, TYPES = 40, 4
TWO_DIES, TWO_TYPES = 110, 30  # pairs of a face
#: How often pairs are taken, by hoard and whether they are of one die.
SHARES = {("v2", True): 0.38, ("v2", False): 0.48, ("v1", True): 0.07, ("v1", False): 0.07}
STEPS, BATCH, RATE = 600, 128, 2e-3
CHANNELS = (2 * REACH + 1) ** 2
CHANCE, SAME = 1.7, 8.0  # likeness of two dies and of one, on the mean


class Network(nn.Module):
    """What `dies.places.Weights` computes, to be trained."""

    def __init__(self, wide: int = 48, deep: int = 32, drop: float = 0.1):
        super().__init__()
        self.first, self.evened1 = nn.Conv2d(CHANNELS + 5, wide, 1), nn.BatchNorm2d(wide)
        self.second = nn.Conv2d(wide, deep, 1)
        self.third, self.evened3 = nn.Conv2d(deep, deep, 3, padding=1), nn.BatchNorm2d(deep)
        self.fourth, self.evened4 = nn.Conv2d(deep, deep, 3, padding=1), nn.BatchNorm2d(deep)
        self.counts, self.says = nn.Conv2d(deep, 1, 1), nn.Conv2d(deep, deep, 1)
        self.pair, self.likeness, self.drop = nn.Linear(2 * deep, 24), nn.Linear(24, 1), nn.Dropout(drop)

    def forward(self, seen: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        best, here = seen[:, :CHANNELS].amax(1, keepdim=True), seen[:, CHANNELS // 2, None]
        x = torch.cat([seen, best, here, best - here], 1) * mask
        x = relu(self.evened1(self.first(x))) * mask
        x = relu(self.second(x)) * mask
        x = x + relu(self.evened3(self.third(x))) * mask
        x = x + relu(self.evened4(self.fourth(x))) * mask
        share = self.counts(x).masked_fill(mask == 0, -1e4).flatten(2).softmax(2)
        pair = torch.cat([(self.says(x).flatten(2) * share).sum(2), x.sum((2, 3)) / mask.sum((2, 3))], 1)
        found: torch.Tensor = self.likeness(self.drop(relu(self.pair(self.drop(pair)))))[:, 0]
        return found

    def weights(self, scale: float, shift: float) -> dict[str, np.ndarray]:
        """As `dies.places.Weights` takes them: what evens out is part of its layer, the answer is a likeness."""
        found: dict[str, np.ndarray] = {}
        for name, layer in self.named_children():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                found[f"{name}.weight"] = layer.weight.detach().movedim(1, -1).flatten(1).numpy()
                found[f"{name}.bias"] = layer.bias.detach().numpy()  # type: ignore[union-attr]
        evens = {"first": self.evened1, "third": self.evened3, "fourth": self.evened4}
        for name, even in evens.items():
            variance, mean = even.running_var, even.running_mean
            assert variance is not None and mean is not None
            by = (even.weight / torch.sqrt(variance + even.eps)).detach().numpy()
            found[f"{name}.weight"] = found[f"{name}.weight"] * by[:, None]
            found[f"{name}.bias"] = (found[f"{name}.bias"] - mean.numpy()) * by + even.bias.detach().numpy()
        found["likeness.weight"] = found["likeness.weight"] * scale
        found["likeness.bias"] = found["likeness.bias"] * scale + shift
        return {name: np.ascontiguousarray(values, np.float32) for name, values in found.items()}


def pairs_of(kind: str, seed: int, face: Face, keep: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Volumes of some pairs of a face, which are of one die, and which of one type; made now, or as they were kept."""
    file = keep / f"places-{kind}-{COINS}-{TYPES}-{seed}-{face}.npz"
    if not file.exists():
        folder = keep / f"{kind}-{COINS}-{TYPES}-{seed}"
        sides = Sides.of(make_hoard(folder, COINS, TYPES, seed, workers=1, alike=KINDS[kind]), face)
        pairs = np.array(chosen(sides.catalogued))
        die, same_type = (labels[pairs[:, 0]] == labels[pairs[:, 1]] for labels in (sides.dies, sides.types))
        some = _some(die, same_type)
        seen = [volume(found.moved, two.places) for found, two in registered(pairs[some].tolist(), sides.reliefs)]
        np.savez(file, seen=np.stack(seen), die=die[some], type=same_type[some])
    found = np.load(file)
    return found["seen"], found["die"], found["type"]


def _some(die: np.ndarray, kind: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(3)
    two_dies = rng.permutation(np.flatnonzero(kind & ~die))[:TWO_DIES]
    return np.sort(np.r_[np.flatnonzero(kind & die), two_dies, rng.permutation(np.flatnonzero(~kind))[:TWO_TYPES]])


def gathered(seeds: dict[str, list[int]], keep: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Volumes that show something, which are of one die, which of one type, and how their hoard was made."""
    every = [(kind, *pairs_of(kind, seed, face, keep)) for kind in seeds for seed in seeds[kind] for face in FACES]
    seen, die, same_type = (np.concatenate([one[n] for one in every]) for n in (1, 2, 3))
    kinds = np.concatenate([np.full(len(one[1]), one[0]) for one in every])
    some = shown_of(seen).any((1, 2))
    return seen[some], die[some], same_type[some], kinds[some]


def as_seen(seen: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    values = torch.from_numpy(seen).float()
    values[:, :CHANNELS] /= PARTS / 2
    values[:, CHANNELS:] /= 30
    return values, torch.from_numpy(shown_of(seen)).float()[:, None]


def altered(seen: torch.Tensor, mask: torch.Tensor, rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Mirrored, turned, seen from the other side, with less contrast, more noise, and some parts worn away."""
    found, energy = seen[:, :CHANNELS].unflatten(1, (2 * REACH + 1,) * 2), torch.cat([seen[:, CHANNELS:], mask], 1)
    across, down, turn, other = (torch.rand(4, generator=rng) < 0.5).tolist()
    if across:
        found, energy = found.flip(2, 4), energy.flip(3)
    if down:
        found, energy = found.flip(1, 3), energy.flip(2)
    if turn:
        found, energy = found.transpose(1, 2).transpose(3, 4), energy.transpose(2, 3)
    if other:
        found, energy = found.flip(1, 2), energy.flip(1)
    number = len(seen)
    gain = (1 + 0.25 * torch.randn(number, 1, 1, 1, generator=rng)).clamp(0.5, 1.5)
    found = found.flatten(1, 2) * gain + 0.04 * torch.randn(number, CHANNELS, ROWS, ROWS, generator=rng)
    energy, mask = energy[:, :2] + 0.15 * torch.randn(number, 2, 1, 1, generator=rng), energy[:, 2:]
    left = torch.rand(number, 1, 5, 5, generator=rng) > 0.24 * torch.rand(number, 1, 1, 1, generator=rng)
    hidden = mask * nn.functional.interpolate(left.float(), size=(ROWS, ROWS))
    left_over = torch.where(hidden.sum((1, 2, 3), keepdim=True) < 20, mask, hidden)
    return torch.cat([found.clamp(-2, 2), energy], 1), left_over


def trained(seed: int, seen: np.ndarray, die: np.ndarray, kinds: np.ndarray) -> Network:
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    network = Network()
    weight = np.zeros(len(die))
    for (kind, same), share in SHARES.items():
        some = (kinds == kind) & (die == same)
        weight[some] = share / max(some.sum(), 1)
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS, pct_start=0.15)
    for step in range(STEPS):
        rows = torch.multinomial(torch.from_numpy(weight), BATCH, True, generator=rng).numpy()
        values, mask = as_seen(seen[rows])
        wanted = torch.from_numpy(die[rows]).float() * 0.98 + 0.01
        loss = binary_cross_entropy_with_logits(network(*altered(values, mask, rng)), wanted)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if (step + 1) % 100 == 0:
            print(f"{step + 1} of {STEPS}: {loss.item():.3f}", file=sys.stderr, flush=True)
    return network.eval()


@torch.no_grad()
def answers(network: Network, seen: np.ndarray) -> np.ndarray:
    parts = [network(*as_seen(some)).numpy() for some in np.array_split(seen, max(len(seen) // 200, 1))]
    return np.concatenate(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=Path(dies.places.__file__).with_name(dies.places.WEIGHTS))
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    with threadpool_limits(1):
        seen, die, _, kinds = gathered(SEEDS, asked.keep)
        network = trained(asked.seed, seen, die, kinds)
        seen, die, same_type, _ = gathered(SCALED, asked.keep)
        says, die = answers(network, seen[same_type]), die[same_type]
    scale = (SAME - CHANCE) / float(says[die].mean() - says[~die].mean())
    save_file(network.weights(scale, CHANCE - scale * float(says[~die].mean())), asked.weights)
    figures = {
        "command": f"python -m benchmarks.places --seed {asked.seed}",
        "hoards v2, seeds 203 and 204, area under the curve": round(float(roc_auc_score(die, says)), 3),
        "average precision": round(float(average_precision_score(die, says)), 3),
        "deviation of two dies, of one": [round(scale * float(some.std()), 2) for some in (says[~die], says[die])],
    }
    asked.weights.with_suffix(".json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
