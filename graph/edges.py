"""Weighted edges between nodes of one label: read as columns, compared with what they should be, and only the
difference written.

Nodes and edges are addressed by the server's own element ids, which find a record at once where a look-up by key costs
more than to write the edge. They are asked for just before they are used, while no other command may write, and never
stored.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from errors import counting
from graph.connection import Database, Transaction, batches
from graph.schema import EdgeChanges, refilled

BATCH = 10_000
SAME = 1e-9  # stored numbers closer than this to what they should be are left alone
ELEMENT = "element"  # the column of stored edges that holds their element ids

READ = """
MATCH (a:{label})-[e:{relationship}]->(b:{label}) WHERE e.space = $space
RETURN a.id, collect(b.id), collect(elementId(e)), {columns}
"""
ELEMENTS = """
MATCH (n:{key}) WHERE n.id IN $ids
RETURN n.id AS id, elementId(n) AS element
"""
CREATE = """
UNWIND $rows AS row
MATCH (a:{key}) WHERE elementId(a) = row[0]
UNWIND row[2] AS edge
MATCH (b:{key}) WHERE elementId(b) = edge[0]
CREATE (a)-[:{relationship} {{key: row[1] + edge[1], space: $space, run: $run, {columns}}}]->(b)
"""
UPDATE = """
UNWIND $rows AS row
MATCH ()-[e:{relationship}]->() WHERE elementId(e) = row[0]
SET {columns}
"""
DELETE = """
UNWIND $rows AS element
MATCH ()-[e:{relationship}]->() WHERE elementId(e) = element
DELETE e
"""


@dataclass(frozen=True)
class Kind:
    """A type of edges: between nodes of which label it runs (``key`` is the label that has the constraint on id)."""

    relationship: str
    label: str
    key: str
    columns: tuple[str, ...]

    def query(self, template: str, columns: str = "") -> str:
        return template.format(relationship=self.relationship, label=self.label, key=self.key, columns=columns)


SIMILAR = Kind("SIMILAR", "Side", "Side", ("cosine", "percentile", "rank", "mutual"))
RELATED = Kind(
    "RELATED",
    "Coin",
    "Coin",
    ("score", "obverse", "reverse", "obverse_percentile", "reverse_percentile", "evidence", "contrast"),
)


def coin_of(side: str) -> str:
    """The id of the coin that a side (by its id) belongs to."""
    return side.rpartition("/")[0]


@dataclass(frozen=True)
class Edges:
    """Edges as columns of length m: positions in a sorted list of ids, ``first`` before ``second``, and properties.

    Numbers that are missing are NaN. Those that were read have `ELEMENT`, too.
    """

    first: np.ndarray
    second: np.ndarray
    columns: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.first)


@dataclass(frozen=True)
class Changes:
    """How many edges were written, updated and removed."""

    written: int = 0
    updated: int = 0
    removed: int = 0


@dataclass(frozen=True)
class Difference:
    """What has to be done so that the stored edges of a space between ``ids`` become the ``wanted`` ones.

    ``gone`` are element ids; ``updates`` are parts of some `BATCH` edges, each with the names of the columns that
    changed, the element ids and the places among the wanted edges; ``added`` are places, too.
    """

    kind: Kind
    slug: str
    ids: Sequence[str]
    wanted: Edges
    gone: list[str]
    updates: list[tuple[list[str], np.ndarray, np.ndarray]] = field(default_factory=list)
    added: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def changes(self) -> Changes:
        return Changes(len(self.added), sum(len(places) for _, _, places in self.updates), len(self.gone))


def read_edges(db: Database, kind: Kind, slug: str, ids: Sequence[str]) -> tuple[Edges, list[str]]:
    """The stored edges of a space between ``ids``, and the element ids of those that lead elsewhere or are doubles."""
    position = {id_: place for place, id_ in enumerate(ids)}
    first: list[int] = []
    second: list[int] = []
    elements: list[np.ndarray] = []  # as bytes: a list of strings would take thrice the memory
    values: list[list[Any]] = [[] for _ in kind.columns]
    stray: list[str] = []
    query = kind.query(READ, ", ".join(f"collect(coalesce(e.{name}, $missing))" for name in kind.columns))
    for start, ends, handles, *columns in db.stream(query, space=slug, missing=float("nan")):
        known = [position.get(end, -1) for end in ends]
        if start not in position or min(known) < 0 or len(set(known)) < len(known):
            # Of edges that are there twice the first counts.
            chosen = {place: i for i, place in reversed(list(enumerate(known))) if place >= 0 and start in position}
            known, kept = list(chosen), list(chosen.values())
            stray += [handle for i, handle in enumerate(handles) if i not in set(kept)]
            handles, columns = [handles[i] for i in kept], [[column[i] for i in kept] for column in columns]
        first += [position.get(start, -1)] * len(known)
        second += known
        elements.append(np.array(handles, dtype=np.bytes_))
        for all_values, column in zip(values, columns, strict=True):
            all_values += column
    table = {name: np.array(column) for name, column in zip(kind.columns, values, strict=True)}
    table[ELEMENT] = np.concatenate(elements) if elements else np.zeros(0, dtype=np.bytes_)
    return Edges(np.array(first, np.int64), np.array(second, np.int64), table), stray


def difference(
    kind: Kind, slug: str, ids: Sequence[str], stored: Edges, strays: Sequence[str], wanted: Edges
) -> Difference:
    """Compare what `read_edges` found with what should be there: only values that changed are to be written, since
    after an addition most edges have a new percentile alone."""
    count = max(len(ids), 1)
    old, new = stored.first * count + stored.second, wanted.first * count + wanted.second
    _, in_old, in_new = np.intersect1d(old, new, assume_unique=True, return_indices=True)
    changed = np.zeros(len(in_old), dtype=np.int64)  # bit n: the value of column n
    for bit, name in enumerate(kind.columns):
        changed |= _differ(stored.columns[name][in_old], wanted.columns[name][in_new]).astype(np.int64) << bit
    gone = np.setdiff1d(np.arange(len(old)), in_old, assume_unique=True)
    added = np.setdiff1d(np.arange(len(new)), in_new, assume_unique=True)
    updates = []
    for pattern in np.unique(changed[changed > 0]).tolist():
        names = [name for bit, name in enumerate(kind.columns) if pattern >> bit & 1]
        alike = np.flatnonzero(changed == pattern)
        for chosen in np.split(alike, range(BATCH, len(alike), BATCH)):
            updates.append((names, stored.columns[ELEMENT][in_old[chosen]], in_new[chosen]))
    removed = [*strays, *_texts(stored.columns[ELEMENT][gone])]
    return Difference(kind, slug, ids, wanted, removed, updates, added[np.argsort(wanted.first[added], kind="stable")])


def from_nothing(one: Difference, slug: str) -> Difference:
    """What has to be done to write all wanted edges for a space that has none."""
    order = np.argsort(one.wanted.first, kind="stable")
    return Difference(one.kind, slug, one.ids, one.wanted, [], [], order)


def write_differences(db: Database, differences: Sequence[Difference], run: str) -> None:
    """Make the stored edges the wanted ones, in batches; new ones bear the id of the ``run``.

    All at once, so that the server uses more than one core: no two of the ``differences`` may share a node. Within one
    the batches follow each other, as they would wait for each other's nodes.
    """
    touched: dict[str, EdgeChanges] = {}
    for one in differences:
        before, changes = touched.get(one.kind.relationship, EdgeChanges()), one.changes
        touched[one.kind.relationship] = EdgeChanges(
            before.replaced + changes.written + changes.removed, before.updated + changes.updated
        )
    with (
        refilled(db, touched),
        counting("writing", "edge", size(differences)) as advance,
        ThreadPoolExecutor(max(len(differences), 1)) as pool,
    ):
        list(pool.map(lambda one: write_difference(db, one, run, advance), differences))


def size(differences: Sequence[Difference]) -> int:
    """How many edges are to be written, updated or removed."""
    return sum(c.written + c.updated + c.removed for c in (one.changes for one in differences))


def write_difference(
    db: Database | Transaction, one: Difference, run: str, done: Callable[[int], object] = lambda number: None
) -> None:
    """Make the stored edges of one kind the wanted ones; ``done`` hears of each batch how many edges it had."""
    kind = one.kind
    for elements in batches(one.gone, BATCH):
        db.write(kind.query(DELETE), rows=elements)
        done(len(elements))
    for names, handles, places in one.updates:
        query = kind.query(UPDATE, ", ".join(f"e.{name} = row[{place}]" for place, name in enumerate(names, 1)))
        columns = [_plain(one.wanted.columns[name][places]) for name in names]
        db.write(query, rows=list(zip(_texts(handles), *columns, strict=True)))
        done(len(places))
    query = kind.query(CREATE, ", ".join(f"{name}: edge[{place}]" for place, name in enumerate(kind.columns, 2)))
    for rows in _new_rows(db, one):
        db.write(query, rows=rows, space=one.slug, run=run)
        done(sum(len(edges) for *_, edges in rows))


def _new_rows(db: Database | Transaction, one: Difference) -> Iterator[list[list[Any]]]:
    """Rows ``[element, key's begin, [[other element, key's end, value, …], …]]`` in batches of some `BATCH` edges, by
    their first node: each batch changes as few nodes as may be."""
    edges, added = one.wanted, one.added
    nodes = np.unique(np.concatenate([edges.first[added], edges.second[added]])).tolist()
    found = db.read(one.kind.query(ELEMENTS), ids=[one.ids[node] for node in nodes]) if nodes else []
    place = dict(zip((one.ids[node] for node in nodes), nodes, strict=True))
    of_node = {place[row["id"]]: row["element"] for row in found}
    columns = [_plain(edges.columns[name][added]) for name in one.kind.columns]
    rows: list[list[Any]] = []
    last = size = 0
    for first, second, *values in zip(edges.first[added].tolist(), edges.second[added].tolist(), *columns, strict=True):
        if not rows or first != last:
            if size >= BATCH:
                yield rows
                rows, size = [], 0
            rows.append([of_node.get(first), f"{one.slug}|{one.ids[first]}|", []])
            last = first
        rows[-1][2].append([of_node.get(second), one.ids[second], *values])
        size += 1
    if rows:
        yield rows


def _texts(elements: np.ndarray) -> list[str]:
    return elements.astype(np.str_).tolist()


def _differ(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    if old.dtype.kind == "f" and new.dtype.kind == "f":
        return ~(np.isclose(old, new, rtol=0, atol=SAME, equal_nan=True))
    return old != new


def _plain(values: np.ndarray) -> list[Any]:
    """Python values for the driver; NaN, a number that is missing, becomes None."""
    if values.dtype.kind == "f":
        return [None if value != value else value for value in values.tolist()]
    return values.tolist()
