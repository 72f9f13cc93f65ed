"""Words find coins: by their pictures in a space that sees and reads, by their descriptions in a space of words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from errors import CoingraphError
from graph.connection import Database
from graph.derived import FUSION, texts_slug
from graph.sides import texts_of
from graph.spaces import SpaceRecord, all_spaces, default_space, find_space, nearest_in_index, read_vectors
from graph.types import TYPE_OF
from ingest.records import FACES
from queries.find import DESCRIBE
from queries.vectors import CannotRead, encoder_of, of_words

#: What CLIP multiplies cosines with before it takes them for logarithms of probabilities (Radford et al. 2021).
SCALE = 100.0

TYPES = """
MATCH (t:CoinType)
WITH t.name AS type, COUNT { (t)<-[:OF_TYPE]-() } AS coins,
     COUNT { (t)<-[:PROPOSED_TYPE]-(c) WHERE NOT EXISTS { (c)-[:OF_TYPE]->(t) } } AS predicted
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


def space_of_words(db: Database, name: str | None) -> SpaceRecord:
    """The space of this name, which words can be compared with; without one the default space, or else the only such
    space that was made from no other.

    Raises `CannotRead`.
    """
    spaces = {space.slug: space for space in all_spaces(db)}
    all_able = [space for space in spaces.values() if not _why_not(space, spaces)]
    able = [space for space in all_able if not space.sources] or all_able
    if name is not None:
        space = find_space(db, name)
        if reason := _why_not(space, spaces):
            other = f"choose {_names(able)}" if able else "make one with `coingraph embed --space minilm`"
            raise CannotRead(f"space {space.name!r} cannot read words: {reason}; {other}")
        return space
    default = default_space(db)
    able = [space for space in all_able if space.slug == default] or able
    if not able:
        raise CannotRead("no space can read words: make one with `coingraph embed --space minilm` or `clip-vit-b32`")
    if len(able) > 1:
        raise CannotRead(f"several spaces can read words: choose one with --space ({_names(able)})")
    return able[0]


def _why_not(space: SpaceRecord, spaces: Mapping[str, SpaceRecord]) -> str:
    """Why words cannot be compared with a space; nothing where they can. ``spaces`` are all, by slug."""
    from embed.registry import reads_words

    if not space.sources:
        return "" if reads_words(space.model) else f"its model is {space.model}"
    parents = [spaces.get(source) for source in space.sources]
    lost = [source for source, parent in zip(space.sources, parents, strict=True) if parent is None]
    if lost:
        return f"{lost[0]}, which it was made from, is gone"
    *_, last = [parent for parent in parents if parent]
    reason = _why_not(last, spaces)
    if not reason and space.model != FUSION and not texts_slug(last, spaces):
        # CLIP's words lie apart from its pictures: what was fitted on these would not do the same to those.
        reason = f"it was fitted on the pictures of {last.name}, and words lie elsewhere there"
    return reason


def _names(spaces: Sequence[SpaceRecord]) -> str:
    return ", ".join(space.name for space in spaces)


def nearest_to_words(
    db: Database, text: str, space: str | None = None, top: int = 10, side: str = "both"
) -> list[dict[str, Any]]:
    """The sides nearest to what words say, nearest first; with their descriptions where these were compared."""
    record = space_of_words(db, space)
    vector = of_words(db, record, text)
    if not vector.any():
        raise CannotRead(f"{record.name} knows no word of {text!r}")
    texts = texts_slug(record, {one.slug: one for one in all_spaces(db)})
    rows: list[dict[str, Any]] = []
    for face in FACES if side == "both" else [face for face in FACES if face == side]:
        hits = nearest_in_index(db, record.slug, vector, face, top)
        said = texts_of(db, texts, [id for id, _ in hits]) if texts else {}
        found = db.read(DESCRIBE, rows=[{"side": id, "cosine": cosine, "face": face} for id, cosine in hits])
        rows += [row | ({"text": said.get(f"{row['coin']}/{face}")} if texts else {}) for row in found]
    rows.sort(key=lambda row: (-row["cosine"], row["coin"], row["side"]))
    return rows[:top]


# --- types by their names -------------------------------------------------------------------------------------------


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
    """The types in the graph, with how many coins are of each, and how many were predicted to be."""
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
        scaled = (SCALE * _unit(vectors) @ words.T).astype(np.float64)
        probabilities = dict(zip(ids, softmax(scaled, axis=1), strict=True))
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
    advice = f"choose {_names(able)} with --space" if able else "embed with clip-vit-b32"
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
