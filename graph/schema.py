"""Constraints and indexes of the graph (not those of vectors, which come with their spaces)."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from graph.connection import Database
from ingest.records import ENTITIES

NODE_KEYS = {
    "Coingraph": ("id",),
    "Collection": ("name",),
    "Coin": ("id",),
    "Side": ("id",),
    "CoinType": ("name",),
    **{label: ("name",) for label, _ in ENTITIES.values()},
    "Space": ("name", "slug"),
    "Transform": ("space",),
    "Run": ("id",),
    "Partition": ("id",),
    "Community": ("id",),
    "DieStudy": ("id",),
    "Die": ("id",),
    "Undo": ("run",),
    "Verdict": ("number", "id"),
    "Group": ("name",),
}
#: What is looked up without being unique.
NODE_INDEXES = {
    **{"Undo": "name", "UndoPart": "run", "FormerCoin": "id", "FormerSide": "id"},
    **{"Side": "sha256", "LeftOutSide": "sha256", "MergedCoin": "id"},
}
#: Edges with a key, and what those of a space are found by.
EDGES: dict[str, tuple[str, ...]] = {
    "SIMILAR": ("percentile",),
    "RELATED": ("score", "contrast"),
    "MATCHED": (),
    "DECOY": (),
    "SAME_DIE": (),
}

#: Opinions have a key each; a coin has one type, whose key is the coin's id.
TYPE_KEYS = {"ATTRIBUTED_TO": "key", "OF_TYPE": "coin"}
#: Of the opinions those that come from a verdict.
OPINION_INDEX = "CREATE INDEX {name} IF NOT EXISTS FOR ()-[r:ATTRIBUTED_TO]-() ON (r.verdict)"

#: To fill an index anew costs a third of what it costs to keep it while every entry is written.
REFILLED_SHARE = 0.25
REFILLED_LEAST = 20_000

NODE_INDEX = "CREATE INDEX {name} IF NOT EXISTS FOR (n:{label}) ON (n.{key})"
NODE_KEY = "CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:{label}) REQUIRE n.{key} IS UNIQUE"
EDGE_KEY = "CREATE CONSTRAINT {name} IF NOT EXISTS FOR ()-[r:{type}]-() REQUIRE r.{key} IS UNIQUE"
EDGE_INDEX = "CREATE INDEX {name} IF NOT EXISTS FOR ()-[r:{type}]-() ON (r.space, r.{measure})"
#: What is written about coins, for a search by words: any of these properties of any of these nodes; and on their sides
#: what was read there.
WORDS_INDEX, READ_INDEX = "words_of_coins", "words_on_sides"
FOLDING = "OPTIONS {indexConfig: {`fulltext.analyzer`: 'standard-folding'}}"
READ = f"CREATE FULLTEXT INDEX {READ_INDEX} IF NOT EXISTS FOR (n:Side) ON EACH [n.legend_read] {FOLDING}"
WORDS = f"""
CREATE FULLTEXT INDEX {WORDS_INDEX} IF NOT EXISTS
FOR (n:Coin|CoinType|{"|".join(label for label, _ in ENTITIES.values())})
ON EACH [n.name, n.obverse_legend, n.reverse_legend, n.obverse_description, n.reverse_description,
         n.title, n.reference, n.ruler, n.date]
{FOLDING}
"""
DROP_KEY = "DROP CONSTRAINT {name} IF EXISTS"
DROP_INDEX = "DROP INDEX {name} IF EXISTS"
EXISTING = "SHOW INDEXES YIELD name, owningConstraint AS key RETURN name, key"
COUNT = "MATCH ()-[e:{type}]->() RETURN count(e) AS edges"
AWAIT = "CALL db.awaitIndexes(3600)"


@dataclass(frozen=True)
class EdgeChanges:
    """How many edges of a type are to be written or removed, and how many get other values."""

    replaced: int = 0
    updated: int = 0


def prepare(db: Database) -> None:
    """Create what is missing: every key unique, edges found by space and strength."""
    if _make(db, wanted()):
        db.run_alone(AWAIT)


def wanted() -> dict[str, str]:
    """The constraints and indexes of every graph, by name, each with the Cypher that makes it."""
    found = {
        f"{label}_{key}".lower(): NODE_KEY.format(name=f"{label}_{key}".lower(), label=label, key=key)
        for label, keys in NODE_KEYS.items()
        for key in keys
    }
    for label, key in NODE_INDEXES.items():
        name = f"{label}_{key}".lower()
        found[name] = NODE_INDEX.format(name=name, label=label, key=key)
    for edge in EDGES:
        found |= _edge_key(edge) | _edge_index(edge)
    for edge, key in TYPE_KEYS.items():
        found |= _edge_key(edge, key)
    found |= {WORDS_INDEX: WORDS, READ_INDEX: READ}
    found["attributed_to_verdict"] = OPINION_INDEX.format(name="attributed_to_verdict")
    return found


@contextmanager
def refilled(db: Database, changes: Mapping[str, EdgeChanges]) -> Iterator[None]:
    """While the block writes edges (``changes`` by type), keys and indexes most of whose entries change are not there;
    afterwards all those of these types are, also what a killed process left out."""
    for edge, change in changes.items():
        edges = db.read(COUNT.format(type=edge))[0]["edges"]
        most = max(REFILLED_SHARE * edges, REFILLED_LEAST)
        if change.replaced > most:
            for name in _edge_key(edge):
                db.run_alone(DROP_KEY.format(name=name))
        if change.replaced + change.updated > most:
            for name in _edge_index(edge):
                db.run_alone(DROP_INDEX.format(name=name))
    yield
    with ThreadPoolExecutor(max(len(changes), 1)) as pool:
        made = list(pool.map(lambda edge: _make(db, _edge_index(edge) | _edge_key(edge)), changes))
    if any(made):
        db.run_alone(AWAIT)


def _edge_key(edge: str, key: str = "key") -> dict[str, str]:
    name = f"{edge}_{key}".lower()
    return {name: EDGE_KEY.format(name=name, type=edge, key=key)}


def _edge_index(edge: str) -> dict[str, str]:
    names = {measure: f"{edge}_space_{measure}".lower() for measure in EDGES[edge]}
    return {name: EDGE_INDEX.format(name=name, type=edge, measure=measure) for measure, name in names.items()}


def _make(db: Database, wanted: Mapping[str, str]) -> list[str]:
    """Create what is missing of these, by name; the names. Indexes of edges come first: they fill by themselves.

    Nobody may wait for indexes meanwhile: a key takes a lock at last that `AWAIT` holds.
    """
    existing = {row["name"]: row["key"] for row in db.read(EXISTING)}
    # A server that was killed while it made a key leaves the index without its constraint.
    halves = [
        name for name, query in wanted.items() if query.startswith("CREATE CONSTRAINT") and not existing.get(name)
    ]
    missing = sorted((wanted.keys() - existing.keys()) | set(halves), reverse=True)
    for name in missing:
        if name in existing:
            db.run_alone(DROP_INDEX.format(name=name))
        db.run_alone(wanted[name])
    return missing
