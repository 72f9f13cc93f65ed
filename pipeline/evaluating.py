"""A space scored by what the catalogue knows."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from graph.lock import exclusive

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_array

    from graph.connection import Database
    from graph.evaluation_data import CoinVectors, Picture
    from graph.spaces import SpaceRecord
    from measure.evaluated import Evaluation
    from measure.evaluation import Question


def evaluate(
    db: "Database",
    *,
    space: str | None = None,
    label: str = "type",
    face: str = "both",
    confounders: Sequence[str] = (),
    metric: str = "cosine",
    allow_leak: bool = False,
) -> "Evaluation":
    """Score a space (its name or slug; else the one linked last) and keep the figures on a `Run`.

    ``label`` and ``confounders`` are `type`, `collection`, or properties of coins; ``metric`` is that of
    `measure.evaluation.evaluate`. Raises `KnowsTheLabel` for a space that was told the label, unless ``allow_leak``;
    `UnknownProperty`, `NotEmbedded`, `NoLabels`, `NothingToMeasure`.
    """
    from graph.runs import recorded
    from graph.spaces import find_space
    from measure.evaluation import evaluate as measure

    record = find_space(db, space)
    question = _question(db, record, label, face, confounders, allow_leak)
    if metric == "score":
        question = replace(question, scores=_scores(db, record, question.coins, face))
    asked = {"space": record.slug, "label": label, "face": face, "confounders": list(confounders)}
    with exclusive(), recorded(db, "evaluate", asked | {"metric": metric, "allow_leak": allow_leak}) as run:
        found = measure(question, metric)
        run.notes |= found.properties() | {"space": record.slug}
    return found


def _question(
    db: "Database", space: "SpaceRecord", label: str, face: str, confounders: Sequence[str], allow_leak: bool
) -> "Question":
    from graph import evaluation_data as data
    from graph.properties import property_of_coins
    from measure.evaluation import Question
    from measure.leaks import KnowsTheLabel, leak

    fields = data.told_fields(db, space.slug)
    known = leak(fields, data.field_values(db, fields), label, property_of_coins(db, label))
    if known and not allow_leak:
        raise KnowsTheLabel(
            f"{space.name} knows the label: {known}. A score would say nothing of the pictures; choose another --label "
            "or space, or give --allow-leak to see the figures all the same, each of them marked"
        )
    coins = data.read_coins(db, space, face)
    unseen = data.only_unseen(db, space, coins.coins, data.read_labels(db, coins.coins, label))
    return Question(
        space=space.name,
        face=face,
        label=label,
        coins=coins.coins,
        faces=list(coins.faces.values()),
        looks=_looks(coins),
        pieces=coins.pieces,
        labels=unseen.labels,
        confounders={name: data.read_labels(db, coins.coins, name) for name in confounders},
        groupings=data.read_groupings(db, space.slug, coins.coins),
        edges=data.read_stored_edges(db, space.slug, face, coins.coins),
        leak=known,
        left_out_coins=unseen.left_out_coins,
        left_out_classes=unseen.left_out_classes,
    )


def _scores(db: "Database", space: "SpaceRecord", coins: Sequence[str], face: str) -> "list[csr_array]":
    """What `match` gave the pairs of each face, both ways round. Raises `NothingToMeasure` where it looked at none."""
    import numpy as np
    from scipy.sparse import csr_array

    from graph.matches import read_scores
    from graph.related import coin_of
    from ingest.records import FACES
    from measure.retrieval import NothingToMeasure

    place = {coin: row for row, coin in enumerate(coins)}
    found = []
    for one in FACES if face == "both" else [f for f in FACES if f == face]:
        rows = [(place[coin_of(a)], place[coin_of(b)], score) for a, b, score in read_scores(db, space.slug, one)]
        if not rows:
            raise NothingToMeasure(
                f"no {one}s of {space.name} were looked at: run `coingraph match --space {space.name}`"
            )
        a, b, score = (np.array(column) for column in zip(*rows, strict=True))
        pairs = (np.concatenate([score, score]), (np.concatenate([a, b]), np.concatenate([b, a])))
        found.append(csr_array(pairs, shape=(len(coins), len(coins)), dtype=np.float32))
    return found


def _looks(coins: "CoinVectors") -> "list[np.ndarray] | None":
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
            table[rows, 3:] = np.log2([_size(picture) for _, picture in seen])
        whole = ~np.isnan(table).any(1)
        if whole.any():
            table = (table - table[whole].mean(0)) / np.maximum(table[whole].std(0), 1e-9)
        found.append(table)
    return found if any(np.isfinite(table).any() for table in found) else None


def _size(picture: "Picture") -> tuple[float, float]:
    return picture.width, picture.height
