"""The reader of legends trained on by what it is sure of in these photographs, and the spaces that it gives."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from embed.fusion import Fusion
from embed.loader import load_batches
from embed.models import ImageModel
from embed.registry import LEGEND, load_model
from embed.transforms import SAMPLE
from errors import CoingraphError, counting
from graph.connection import Database
from graph.derived import FUSION, describe_space
from graph.edges import coin_of
from graph.legends import recorded_legends
from graph.runs import step
from graph.spaces import SpaceRecord, all_spaces, sample_sides, space_named
from ingest.records import Photograph
from pipeline.derive import fuse, parameters_of
from pipeline.embed import EmbedOptions, EmbedResult, embed, embed_pictures

if TYPE_CHECKING:
    from embed.legends.network import Network

ADAPTED = f"{LEGEND}-adapted"
APART = 0.2  # of the coins are not learnt from: what they show tells what came of it
FEWEST = 20  # sides that are learnt from: fewer would be learnt by heart
DRAWN, CHECKS = 400, 64  # strips that are drawn to learn from, and to see what was forgotten


class NothingSure(CoingraphError):
    """Too few sides can be read to learn from."""


@dataclass(frozen=True)
class Change:
    """A share ``before`` and ``after``, over so many sides or strips."""

    before: float
    after: float
    of: int


@dataclass(frozen=True)
class Adapted:
    """The ``space`` of the reader that was trained on, and one with pictures beside each that there is of `legend`.

    ``changes`` are empty where the reader was trained before. ``steady`` is the share of letters that are read alike in
    two lights, ``recorded`` that of the table's legends that is read (not there without any), both on coins that were
    not learnt from; ``drawn`` the share of letters read right on drawn strips. ``learnt`` sides were learnt from.
    """

    embedded: EmbedResult
    fused: list[SpaceRecord]
    changes: dict[str, Change]
    learnt: int = 0

    @property
    def space(self) -> SpaceRecord:
        return self.embedded.space


def adapt(
    db: Database, *, collection: str | None = None, device: str = "auto", seed: int = 1, refit: bool = False
) -> Adapted:
    """Train the reader on by its own sure readings (of a ``collection``), and make spaces of what it reads then.

    No label and no record is learnt from. The space `legend` stays, and so do the readings on the sides. Where the
    reader was trained before, only new and changed sides get their vectors, unless ``refit``. Raises `NothingSure`, and
    what `embed` and `fuse` raise.
    """
    with step(db, "legends", collection=collection, device=device, seed=seed, refit=refit) as run:
        known = space_named(db, ADAPTED)
        if known and not refit:
            return Adapted(embed(db, space=ADAPTED, device=device), _fused(db, refit), {})
        model, changes, learnt = _trained(db, load_model(LEGEND, None, device), collection, seed)
        options = EmbedOptions(space=LEGEND, name=ADAPTED, device=device, refit=known is not None)
        made = embed_pictures(db, options, known, model)
        figures = {f"{name}_{key}": value for name, one in changes.items() for key, value in asdict(one).items()}
        run.notes |= figures
        describe_space(db, made.space.slug, figures)
        return Adapted(made, _fused(db, refit), changes, learnt)


def _trained(
    db: Database, model: ImageModel, collection: str | None, seed: int
) -> tuple[ImageModel, dict[str, Change], int]:
    """The model after training on, what changed, and how many sides it learnt from."""
    from embed.legends.adapt import adapted, steadiness, sure_readings
    from embed.legends.letters import share_right
    from embed.legends.reader import Reader
    from embed.legends.train import UNSEEN, in_eight_bits, read, read_right, strips_of

    reader = model.backbone
    assert isinstance(reader, Reader)
    photographs: list[Photograph] = []
    parts: list[np.ndarray] = []
    wanted = sample_sides(db, SAMPLE, collection)
    with counting("unwrapping rims", "side", len(wanted)) as advance:
        for batch in load_batches(wanted, model):
            photographs += batch.photographs
            parts += [in_eight_bits(reader.strips(batch.pictures))] if batch.photographs else []
            advance(len(batch.photographs) + len(batch.skipped))
    strips, ids = np.concatenate(parts) if parts else np.empty(0, np.int8), [one.id for one in photographs]
    apart = _apart(ids, seed)
    learnt = len(sure_readings(reader.network, strips[~apart])) if parts else 0
    if learnt < FEWEST:
        raise NothingSure(f"{learnt} sides have enough letters that are sure to learn from, and it takes {FEWEST}")
    before = reader.network
    after = adapted(before, strips[~apart], strips_of(seed, DRAWN), seed)
    checks, recorded = strips_of(seed, CHECKS, UNSEEN), recorded_legends(db, ids)
    with_record = [place for place, id in enumerate(ids) if apart[place] and id in recorded]
    legends, shown = [recorded[ids[place]] for place in with_record], strips[with_record]
    measured: dict[str, tuple[Callable[[Network], float], int]] = {
        "steady": (lambda network: steadiness(network, strips[apart]), int(apart.sum())),
        "drawn": (lambda network: read_right(network, checks), CHECKS),
        "recorded": (lambda network: share_right(read(network, shown), legends), len(legends)),
    }
    changes = {name: Change(of(before), of(after), count) for name, (of, count) in measured.items() if count}
    fitted = replace(model.transform, reader=np.frombuffer(reader.packed(after), np.uint8))
    return model.fitted(fitted), changes, learnt


def _apart(ids: Sequence[str], seed: int) -> np.ndarray:
    """Which sides (n,) are of coins that are not learnt from."""
    coins = sorted(set(map(coin_of, ids)))
    chosen = set(np.random.default_rng(seed).permutation(coins)[: round(APART * len(coins))])
    return np.array([coin_of(id) in chosen for id in ids], bool)


def _fused(db: Database, refit: bool) -> list[SpaceRecord]:
    """Beside each space of pictures and `legend` one of the same pictures, with the letters of the other reader.

    Letters count as much as they did: how many are sure says how legible sides are only before a reader learns to be.
    """
    found = []
    for space in all_spaces(db):
        if space.model == FUSION and space.sources[1] == LEGEND:
            name, how = f"{space.name}-adapted", Fusion.from_bytes(parameters_of(db, space))
            weights: dict[str, Any] = {"weight": how.weight, "by_face": how.by_face, "seed": how.seed}
            again = refit and space_named(db, name) is not None
            found.append(fuse(db, space.sources[0], ADAPTED, how.method, name, refit=again, **weights).space)
    return found
