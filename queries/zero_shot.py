"""Types by their names: those in the graph, and those that CLIP gives to pictures without having learnt from any."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from errors import CoingraphError
from graph.connection import Database
from graph.spaces import SpaceRecord, all_spaces, default_space, find_space, read_vectors
from graph.types import TYPE_OF
from ingest.records import FACES
from queries.vectors import CannotRead, encoder_of, names_of

#: What CLIP multiplies cosines with before it takes them for logarithms of probabilities (Radford et al. 2021).
SCALE = 100.0

TYPES = """
MATCH (t:CoinType)
WITH t.name AS type, COUNT { (t)<-[:OF_TYPE]-() } AS coins,
     COUNT {
       MATCH (t)<-[p:PROPOSED_TYPE]-(c) WHERE NOT EXISTS { (c)-[:OF_TYPE]->() }
         AND NOT EXISTS { MATCH (c)-[q:PROPOSED_TYPE]->() WHERE q.probability > p.probability }
     } AS predicted
WHERE coins + predicted > 0
RETURN type, coins, predicted
ORDER BY coins DESC, type
"""
COINS = f"""
UNWIND $ids AS id
MATCH (c:Coin)-[:HAS_SIDE]->(:Side {{id: id}})
RETURN id, c.id AS coin, {TYPE_OF} AS type
"""


class BadLabels(CoingraphError):
    """A file of type names without names, or a sentence that has no place for them."""


@dataclass(frozen=True)
class NamedCoin:
    """What a coin's pictures are most like among given names.

    ``probability`` is the mean of its sides'; ``obverse`` and ``reverse`` are what each side alone is most like.
    """

    coin: str
    label: str
    probability: float
    second: str | None
    second_probability: float | None
    obverse: str | None
    reverse: str | None
    type: str | None


def list_types(db: Database) -> list[dict[str, Any]]:
    """The types in the graph, with how many coins are of each, and how many without a type are likeliest of it."""
    return db.read(TYPES)


def read_labels(file: Path) -> list[str]:
    """Names, one a line; empty lines and lines that begin with # do not count. Raises `BadLabels`."""
    try:
        lines = [line.strip() for line in file.read_text("utf-8-sig").splitlines()]
    except UnicodeDecodeError as error:
        raise BadLabels(f"{file} is not a text in UTF-8") from error
    labels = list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
    if len(labels) < 2:
        raise BadLabels(f"{file} should hold at least two names, one a line")
    return labels


def zero_shot(
    db: Database, labels: Sequence[str], space: str | None = None, template: str = "a coin showing {label}"
) -> list[NamedCoin]:
    """How like each of ``labels`` the pictures are, without a coin of any type to learn from; coins by their ids.

    The softmax over the names of cosines times 100, which is CLIP's own zero-shot use. Raises `CannotRead`.
    """
    from scipy.special import softmax

    if "{label}" not in template:
        raise BadLabels(f"the template {template!r} has no place for the name: write {{label}}")
    record = _space_of_pictures(db, space)
    words = _unit(encoder_of(record).encode([template.replace("{label}", label) for label in labels]))
    scores: dict[str, dict[str, np.ndarray]] = {}
    types: dict[str, str | None] = {}
    for face in FACES:
        ids, vectors = read_vectors(db, record.slug, face)
        cosines = (_unit(vectors) @ words.T).astype(np.float64)
        probabilities = dict(zip(ids, softmax(SCALE * cosines, axis=1), strict=True))
        for row in db.read(COINS, ids=ids):
            scores.setdefault(row["coin"], {})[face] = probabilities[row["id"]]
            types[row["coin"]] = row["type"]
    return [_named(coin, scores[coin], labels, types[coin]) for coin in sorted(scores)]


def _space_of_pictures(db: Database, name: str | None) -> SpaceRecord:
    """The space of this name, made by a model that sees and reads; without a name the default, else the only one.

    Raises `CannotRead`.
    """
    from embed.registry import is_text_model, reads_words

    able = [space for space in all_spaces(db) if reads_words(space.model) and not is_text_model(space.model)]
    advice = f"choose {names_of(able)} with --space" if able else "embed with clip-vit-b32"
    if name is not None:
        space = find_space(db, name)
        if space not in able:
            holds = "descriptions, not pictures" if is_text_model(space.model) else f"vectors of {space.model}"
            raise CannotRead(f"names are given to pictures as CLIP sees them; {space.name!r} holds {holds}: {advice}")
        return space
    default = default_space(db)
    able = [space for space in able if space.slug == default] or able
    if len(able) != 1:
        raise CannotRead(f"{'several spaces see' if able else 'no space sees'} pictures as CLIP does: {advice}")
    return able[0]


def _named(coin: str, sides: dict[str, np.ndarray], labels: Sequence[str], type: str | None) -> NamedCoin:
    mean = np.mean(list(sides.values()), 0)
    first, second = np.argsort(-mean, kind="stable")[:2]
    best = {face: labels[int(scores.argmax())] for face, scores in sides.items()}
    return NamedCoin(
        coin,
        labels[first],
        float(mean[first]),
        labels[second],
        float(mean[second]),
        best.get("obverse"),
        best.get("reverse"),
        type,
    )


def right_names(coins: Sequence[NamedCoin], labels: Sequence[str]) -> tuple[int, int]:
    """Of how many coins the type is among the names, and for how many of them it is the one that was found."""
    names = {label.casefold() for label in labels}
    judged = [coin for coin in coins if coin.type and coin.type.casefold() in names]
    return len(judged), sum((coin.type or "").casefold() == coin.label.casefold() for coin in judged)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
