"""A space taken away, or put in the place of the one that there was.

A space that is made anew is made beside the old one: as a `Draft`, with a name and a slug of its own, that nobody
finds. Once it stands it takes the old one's place (see `graph.pending`): each side's vector changes in one
transaction, and what the old vectors gave (edges, communities, dies, measures) goes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from graph.connection import Database
from graph.pending import decide, finish
from graph.runs import step
from graph.spaces import (
    NEXT,
    SET_DEFAULT,
    SpaceRecord,
    default_space,
    find_space,
    index_name,
    spaces_by_default,
)
from ingest.records import FACES

if TYPE_CHECKING:
    from graph.runs import Run

#: What a space leaves on sides and coins, each followed by `_` and the space's slug.
PROPERTIES = (
    *("vector", "source", "blank", "text", "without_text", "linked", "hub"),
    *("pagerank", "degree", "eigenvector", "betweenness", "closeness"),
)


def _edges(relationship: str) -> str:
    return f"""
        MATCH ()-[e:{relationship} {{space: $slug}}]->() CALL (e) {{ DELETE e }} IN TRANSACTIONS OF 10000 ROWS
        RETURN count(*) AS removed"""


def _properties(label: str, rows: int) -> str:
    return f"""
        MATCH (n:{label}) WHERE any(key IN $keys WHERE n[key] IS NOT NULL)
        CALL (n) {{ FOREACH (key IN $keys | SET n[key] = null) }} IN TRANSACTIONS OF {rows} ROWS
        RETURN count(*) AS removed"""


# Each removes what was made from a space's vectors in batches, so that a space of any size goes.
MADE_OF_VECTORS = {
    "similar": _edges("SIMILAR"),
    "related": _edges("RELATED"),
    "communities": """
        MATCH (c:Community|Die) WHERE c.id STARTS WITH $slug + '/'
        CALL (c) { DETACH DELETE c } IN TRANSACTIONS OF 1000 ROWS RETURN count(*) AS removed""",
    "partitions": """
        MATCH (p:Partition|DieStudy {space: $slug})
        CALL (p) { DETACH DELETE p } IN TRANSACTIONS RETURN count(*) AS removed""",
    "coin_measures": _properties("Coin", 10_000),
    "matches": """
        MATCH (:Side)-[m:MATCHED]->(:Side) WHERE coalesce(m['score_' + $slug], m['places_' + $slug]) IS NOT NULL
        CALL (m) {
          FOREACH (name IN ['places_', 'places_version_', 'score_'] | SET m[name + $slug] = null)
        } IN TRANSACTIONS OF 10000 ROWS
        RETURN count(*) AS removed""",
    # Sides that an ingest took out of their collection, and may put back: not with vectors of another fit.
    "former_vectors": _properties("FormerSide", 1_000),
}
ITSELF = {
    "vectors": _properties("Side", 1_000),
    "transforms": """
        MATCH (t:Transform) WHERE t.space IN [$slug, $slug + '/places']
        CALL (t) { DELETE t } IN TRANSACTIONS RETURN count(*) AS removed""",
    "spaces": """
        MATCH (s:Space|Draft {slug: $slug})
        CALL (s) { DETACH DELETE s } IN TRANSACTIONS RETURN count(*) AS removed""",
}
LOSING = """
MATCH (s:Side) WHERE s.sha256 IS NOT NULL AND s['source_' + $slug] IS NOT NULL
  AND s['source_' + $slug + $next] IS NULL AND s['blank_' + $slug + $next] IS NULL
RETURN count(s) AS sides
"""
HIDE = "MATCH (s:Space {slug: $slug}) REMOVE s:Space SET s:Draft"
# What was fitted for a draft is there before its node.
DRAFTS = """
MATCH (s:Draft) RETURN s.slug AS slug
UNION MATCH (t:Transform) WHERE t.space ENDS WITH $next RETURN t.space AS slug
"""
DRAFT = "MATCH (s:Draft {slug: $slug}) RETURN s.slug AS slug"
# A side whose picture the new space could not use loses its vector. Each may be repeated: the draft's stay until then.
TAKE_OVER = """
MATCH (s:Side) WHERE any(key IN $keys + $new WHERE s[key] IS NOT NULL)
CALL (s) {
  FOREACH (place IN range(0, size($keys) - 1) | SET s[$keys[place]] = s[$new[place]])
} IN TRANSACTIONS OF 1000 ROWS
"""
DROP_TRANSFORMS = "MATCH (t:Transform) WHERE t.space IN [$slug, $slug + '/places'] DELETE t"
TAKE_TRANSFORM = "MATCH (t:Transform {space: $draft}) SET t.space = $slug"
# The new space keeps the name and the history of the one it replaces.
TAKE_NAME = """
MATCH (new:Draft {slug: $draft})
OPTIONAL MATCH (old:Space {slug: $slug})
OPTIONAL MATCH (run:Run)-[:PRODUCED]->(old)
FOREACH (_ IN CASE WHEN run IS NULL THEN [] ELSE [1] END | MERGE (run)-[:PRODUCED]->(new))
WITH DISTINCT new, old DETACH DELETE old
"""
RENAME = "MATCH (s:Draft {slug: $draft}) SET s.slug = $slug, s.name = $name, s:Space REMOVE s:Draft"


def remove_space(db: Database, name: str) -> SpaceRecord:
    """Remove a space (by name or slug) and all that was made from it; the space that was. Raises `UnknownSpace`.

    From the first moment on nobody finds it; a removal that is killed is finished by the next command. In place of the
    default space the one linked last becomes it.
    """
    space = find_space(db, name)
    others = [slug for slug in spaces_by_default(db) if slug != space.slug]
    was_default = default_space(db) == space.slug
    with step(db, "spaces remove", space=name) as run:
        with db.atomic() as tx:
            tx.write(HIDE, slug=space.slug)
            if was_default:
                tx.write(SET_DEFAULT, slug=others[0] if others else None)
            decide(tx, "remove space", slug=space.slug)
        finish(db, run.removed)
    return space


def draft_of(record: SpaceRecord) -> SpaceRecord:
    """The record under which a space is made beside the one of its name."""
    return replace(record, name=f"{record.name} (being made)", slug=record.slug + NEXT)


@contextmanager
def in_place_of(db: Database, slug: str, name: str, run: "Run") -> Iterator[None]:
    """The draft of a space, which is made in the block, takes the place of the space of this slug afterwards.

    Where there is none the draft becomes it. After an error in the block, or a kill, the old space is as it was, and
    the next step removes the draft.
    """
    yield
    decide(db, "replace space", slug=slug, name=name)
    finish(db, run.removed)


def would_lose(db: Database, slug: str) -> int:
    """How many sides with a picture have a vector in a space and none in its draft."""
    return db.read(LOSING, slug=slug, next=NEXT)[0]["sides"]


def carry_out_removal(db: Database, slug: str) -> dict[str, int]:
    """Remove all of a space, by its slug; how much of what."""
    for face in FACES:
        db.run_alone(f"DROP INDEX {index_name(slug, face)} IF EXISTS")
    return {what: _removed(db, query, slug) for what, query in {**MADE_OF_VECTORS, **ITSELF}.items()}


def carry_out_replacement(db: Database, slug: str, name: str) -> dict[str, int]:
    """Put the draft of a space in its place; how much of what was made from the old one went."""
    draft = slug + NEXT
    removed: dict[str, int] = {}
    if db.read(DRAFT, slug=draft):
        for face in FACES:
            db.run_alone(f"DROP INDEX {index_name(slug, face)} IF EXISTS")
        removed = {what: _removed(db, query, slug) for what, query in MADE_OF_VECTORS.items()}
        db.run_alone(TAKE_OVER, keys=_keys(slug), new=_keys(draft))
        with db.atomic() as tx:
            tx.write(DROP_TRANSFORMS, slug=slug)
            tx.write(TAKE_TRANSFORM, slug=slug, draft=draft)
            tx.write(TAKE_NAME, slug=slug, draft=draft)
            tx.write(RENAME, slug=slug, name=name, draft=draft)
            decide(tx, "remove space", slug=draft)
    return removed


def sweep_drafts(db: Database) -> None:
    """Remove the drafts that a step left behind when it was killed. The caller holds the lock."""
    for row in db.read(DRAFTS, next=NEXT):
        carry_out_removal(db, row["slug"])


def _keys(slug: str) -> list[str]:
    return [f"{name}_{slug}" for name in PROPERTIES]


def _removed(db: Database, query: str, slug: str) -> int:
    return db.run_alone(query, slug=slug, keys=_keys(slug))[0]["removed"]
