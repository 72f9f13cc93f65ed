"""Spaces scored by what the catalogue knows: one by itself, or several side by side."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from errors import CoingraphError

if TYPE_CHECKING:
    import numpy as np

    from graph.connection import Database
    from measure.coinset import CoinSet
    from measure.comparison import Comparison
    from measure.evaluation import Evaluation


class SameSpace(CoingraphError):
    """A space that is to be compared with itself."""


def evaluate(
    db: "Database",
    *,
    space: str | None = None,
    label: str = "type",
    face: str = "both",
    confounders: Sequence[str] = (),
    metric: str = "cosine",
    allow_leak: bool = False,
    collections: Sequence[str] = (),
    with_accepted: bool = False,
) -> "Evaluation":
    """Score a space (its name or slug; else the default space) and keep the figures on a `Run`.

    With ``collections`` on their coins only: each is looked for among these.
    ``label`` and ``confounders`` are `type`, `collection`, or properties of coins; ``metric`` is that of
    `measure.evaluation.evaluate`. Types that somebody accepted from a proposal are no labels, unless ``with_accepted``.
    Raises `KnowsTheLabel` for a space that knows the label, unless ``allow_leak``; `UnknownProperty`, `NotEmbedded`,
    `NoLabels`, `NothingToMeasure`, `NoCollection`.
    """
    from graph.coins import leak_of, read_closer, read_coins
    from graph.runs import step
    from graph.scope import find_scope
    from graph.spaces import find_space
    from ingest.records import FACES
    from measure import evaluation
    from measure.retrieval import NothingToMeasure

    record = find_space(db, space)
    leak = leak_of(db, record, label)
    if leak and not allow_leak:
        raise evaluation.KnowsTheLabel(
            f"{record.name} knows the label: {leak}. A score would say nothing of the pictures; choose another --label "
            "or space, or give --allow-leak to see the figures all the same, each of them marked"
        )
    within = find_scope(db, collections).chosen
    columns = [label, *confounders]
    coins = read_coins(
        db, record, face, columns, accepted=with_accepted, edges=0.0, partitions=None, collections=within
    )
    for one in FACES if metric == "score" else ():
        if one in coins.faces:
            scores = read_closer(db, coins.coins, [f"score_{record.slug}"], [one])
            if not scores:
                raise NothingToMeasure(f"no {one}s of {record.name} were matched", unmatched=record.name)
            coins = replace(coins, closer=[*coins.closer, *scores])
    looks = _looks(coins)
    options = {"space": record.slug, "label": label, "face": face, "confounders": list(confounders)}
    more = {"allow_leak": allow_leak, "with_accepted": with_accepted, "collections": within}
    with step(db, "evaluate", **options, metric=metric, **more) as run:
        found = evaluation.evaluate(coins, label, confounders, metric, leak=leak, looks=looks)
        run.notes |= found.properties() | {"space": record.slug, "collections": within or None}
    return found


def _looks(coins: "CoinSet") -> "list[np.ndarray] | None":
    """Colour and size of each side, every column with mean 0 and deviation 1; None where no picture can be read."""
    import numpy as np

    from graph.server.home import Home
    from ingest.images import mean_colours

    cache = Home.from_environment().path / "looks.npz"
    found = []
    for pictures in coins.pictures.values():
        seen = [(row, picture) for row, picture in enumerate(pictures) if picture and picture.photograph]
        table = np.full((len(pictures), 5), np.nan)
        if seen:
            rows = [row for row, _ in seen]
            table[rows, :3] = mean_colours([p.photograph for _, p in seen if p.photograph], cache)
            table[rows, 3:] = np.log2([(picture.width, picture.height) for _, picture in seen])
        whole = ~np.isnan(table).any(1)
        if whole.any():
            table = (table - table[whole].mean(0)) / np.maximum(table[whole].std(0), 1e-9)
        found.append(table)
    return found if any(np.isfinite(table).any() for table in found) else None


def compare(
    db: "Database",
    spaces: Sequence[str],
    *,
    face: str = "both",
    threshold: Sequence[float] = (),
    percentile: Sequence[float] = (),
    metric: str = "cosine",
) -> "Comparison":
    """Measure spaces (names or slugs) side by side, by type, each with its latest partition; writes nothing.

    With ``face`` both, that is the latest partition of whatever face. Without a ``threshold`` or ``percentile`` the
    networks of the closest 1 % and 0.1 % of all pairs are shown. Raises `SameSpace`, `UnknownSpace`, `NotEmbedded`, and
    what `measure.comparison.compare` raises.
    """
    from graph.coins import past_evaluations, read_coins
    from graph.communities import latest
    from graph.spaces import find_space
    from ingest.records import FACES
    from measure import comparison

    records = [find_space(db, name) for name in spaces]
    slugs = [record.slug for record in records]
    if twice := next((name for name, slug in zip(spaces, slugs, strict=True) if slugs.count(slug) > 1), None):
        raise SameSpace(f"{twice} is named twice: give each space once")
    if not threshold and not percentile:
        percentile = (99.0, 99.9)
    sets = []
    for record in records:
        partition = latest(db, record.slug, face, *(FACES if face == "both" else ()))
        of_set = [partition] if partition else []
        sets.append(read_coins(db, record, face, [comparison.LABEL], trusted=False, partitions=of_set))
    found = comparison.compare(sets, threshold, percentile, metric)
    for record in records:
        runs = past_evaluations(db, record.slug)
        found.evaluations.extend(comparison.PastEvaluation.of(run, record.name) for run in runs)
    return found
