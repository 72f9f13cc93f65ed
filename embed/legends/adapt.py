"""The reader trained on by strips of a collection, where it is sure of what it reads; no label or record is asked."""

import copy

import numpy as np
import torch

from embed.legends.compare import SURE
from embed.legends.network import Network
from embed.legends.train import BATCH, Strips, batch, loss_of, read
from errors import tracked

STEPS = 180
ROUNDS = 3  # times that what is sure is read anew
RATE = 2e-3  # of learning, which falls as a cosine; chosen on the first half of the types of nummi
UNSURE = -100  # in place of a letter: cross-entropy passes over these columns
LEAST = 8  # columns that surely show a letter: what a strip that is learnt from has at least


def sure_readings(network: Network, pictures: np.ndarray) -> Strips:
    """The strips of which enough can be read, and what is sure on them; `UNSURE` elsewhere."""
    likely = read(network, pictures)
    letters = np.where(likely.max(2) >= SURE, likely.argmax(2), UNSURE).astype(np.int8)
    enough = (letters > 0).sum(1) >= LEAST
    return Strips(pictures[enough], letters[enough])


def steadiness(network: Network, pictures: np.ndarray) -> float:
    """The share of columns with a letter (in either) that are read alike where the light comes from the other side."""
    one, other = (read(network, some).argmax(2) for some in (pictures, -pictures))
    shown = (one > 0) | (other > 0)
    return float((one == other)[shown].mean()) if shown.any() else 0.0


def adapted(before: Network, pictures: np.ndarray, drawn: Strips, seed: int = 1) -> Network:
    """The network after `STEPS` steps, each on some strips of its own readings and as many drawn ones.

    ``pictures`` (n, `ROWS`, `COLUMNS`) int8 are those of a collection; ``drawn`` are there so that it forgets nothing.
    """
    torch.manual_seed(seed)
    network = copy.deepcopy(before).train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=1e-3)
    for step in tracked(range(STEPS), "training the reader on", "step"):
        if step % (STEPS // ROUNDS) == 0:
            own = sure_readings(network, pictures)
        for group in optimiser.param_groups:
            group["lr"] = RATE * (0.5 + 0.5 * np.cos(np.pi * step / STEPS))
        rng = np.random.default_rng([seed, step])
        (first, surely), (second, known) = batch(own, rng), batch(drawn, rng)
        scores = network(torch.cat([first, second]))
        loss = loss_of(scores[:BATCH], surely, order=False) + loss_of(scores[BATCH:], known, order=True)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimiser.step()
    return network.eval()
