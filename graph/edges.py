"""Weighted edges between nodes of one label: read as columns, compared with what they should be, and only the
difference written."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

from graph.connection import Database

BATCH = 10_000
WRITERS = 2  # sessions that update at once: properties of different edges have different locks
SAME = 1e-9  # stored numbers closer than this to what they should be are left alone

READ = """
MATCH (a:{label})-[e:{relationship}]->(b:{label}) WHERE e.space = $space
RETURN a.id, collect(b.id), {columns}
"""
CREATE = """
UNWIND $rows AS row
MATCH (a:{label} {{id: row[0]}})
UNWIND row[1] AS edge
MATCH (b:{label} {{id: edge[0]}})
CREATE (a)-[:{relationship} {{key: $space + '|' + row[0] + '|' + edge[0], space: $space, run: $run, {columns}}}]->(b)
"""
UPDATE = """
UNWIND $rows AS row
MATCH ()-[e:{relationship} {{key: row[0]}}]->()
SET {columns}
"""
DELETE = """
UNWIND $rows AS key
MATCH ()-[e:{relationship} {{key: key}}]->()
DELETE e
"""


@dataclass(frozen=True)
class Kind:
    """A type of edges: between nodes of which label it runs (``key`` is the label that has the constraint on id)."""

    relationship: str
    label: str
    key: str
    columns: tuple[str, ...]

    def query(self, template: str, columns: str) -> str:
        return template.format(relationship=self.relationship, label=self.label, columns=columns)


@dataclass(frozen=True)
class Edges:
    """Edges as columns of length m: positions in a sorted list of ids, ``first`` before ``second``, and properties.

    Numbers that are missing are NaN.
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


def read_edges(db: Database, kind: Kind, slug: str, ids: Sequence[str]) -> tuple[Edges, list[str]]:
    """The stored edges of a space between ``ids``, and the keys of those that lead elsewhere."""
    position = {id_: place for place, id_ in enumerate(ids)}
    first: list[int] = []
    second: list[int] = []
    values: list[list[Any]] = [[] for _ in kind.columns]
    stray: list[str] = []
    query = kind.query(READ, ", ".join(f"collect(coalesce(e.{name}, $missing))" for name in kind.columns))
    for start, ends, *columns in db.stream(query, space=slug, missing=float("nan")):
        known = [position.get(end, -1) for end in ends]
        if start not in position or min(known) < 0:
            stray += [f"{slug}|{start}|{end}" for end in ends if start not in position or end not in position]
            chosen = [i for i, place in enumerate(known) if place >= 0 and start in position]
            known, columns = [known[i] for i in chosen], [[column[i] for i in chosen] for column in columns]
        first += [position.get(start, -1)] * len(known)
        second += known
        for all_values, column in zip(values, columns, strict=True):
            all_values += column
    table = {name: np.array(column) for name, column in zip(kind.columns, values, strict=True)}
    return Edges(np.array(first, np.int64), np.array(second, np.int64), table), stray


def write_edges(
    db: Database, kind: Kind, slug: str, ids: Sequence[str], stored: Edges, wanted: Edges, run: str
) -> Changes:
    """Make the stored edges of a space the wanted ones; new ones bear the id of the ``run``."""
    count = max(len(ids), 1)
    old, new = stored.first * count + stored.second, wanted.first * count + wanted.second
    _, in_old, in_new = np.intersect1d(old, new, assume_unique=True, return_indices=True)
    changed = np.zeros(len(in_old), dtype=np.int64)  # bit n: the value of column n
    for bit, name in enumerate(kind.columns):
        changed |= _differ(stored.columns[name][in_old], wanted.columns[name][in_new]).astype(np.int64) << bit
    gone = np.setdiff1d(np.arange(len(old)), in_old, assume_unique=True)
    added = np.setdiff1d(np.arange(len(new)), in_new, assume_unique=True)
    removed = delete_edges(db, kind, [_key(slug, ids, stored, i) for i in gone])
    _update(db, kind, slug, ids, wanted, in_new, changed)
    _create(db, kind, slug, ids, wanted, added, run)
    return Changes(len(added), int(np.count_nonzero(changed)), removed)


def delete_edges(db: Database, kind: Kind, keys: list[str]) -> int:
    return db.write_batches(kind.query(DELETE, ""), keys, BATCH)


def _update(
    db: Database, kind: Kind, slug: str, ids: Sequence[str], edges: Edges, rows: np.ndarray, changed: np.ndarray
) -> None:
    """Write the values that changed and no others: after an addition most edges have a new percentile alone."""
    parts: list[tuple[list[str], np.ndarray]] = []
    for pattern in np.unique(changed[changed > 0]).tolist():
        names = [name for bit, name in enumerate(kind.columns) if pattern >> bit & 1]
        chosen = rows[changed == pattern]
        parts += [(names, chosen[start : start + BATCH]) for start in range(0, len(chosen), BATCH)]

    def write(part: tuple[list[str], np.ndarray]) -> None:
        names, chosen = part
        query = kind.query(UPDATE, ", ".join(f"e.{name} = row[{place}]" for place, name in enumerate(names, 1)))
        columns = [_plain(edges.columns[name][chosen]) for name in names]
        keys = [_key(slug, ids, edges, i) for i in chosen]
        db.write(query, rows=list(zip(keys, *columns, strict=True)))
        bar.update(len(chosen))

    with (
        tqdm(total=int(np.count_nonzero(changed)), unit="edge", unit_scale=True, disable=None, desc="updating") as bar,
        ThreadPoolExecutor(WRITERS) as pool,
    ):
        list(pool.map(write, parts))


def _create(
    db: Database, kind: Kind, slug: str, ids: Sequence[str], edges: Edges, chosen: np.ndarray, run: str
) -> None:
    """One batch after the other: several writers at once would lock each other's nodes."""
    columns = ", ".join(f"{name}: edge[{place}]" for place, name in enumerate(kind.columns, 1))
    query = CREATE.format(relationship=kind.relationship, label=kind.key, columns=columns)
    with tqdm(total=len(chosen), unit="edge", unit_scale=True, disable=None, desc=kind.relationship) as bar:
        for rows in _grouped(kind, ids, edges, chosen):
            db.write(query, rows=rows, space=slug, run=run)
            bar.update(sum(len(row[1]) for row in rows))


def _grouped(kind: Kind, ids: Sequence[str], edges: Edges, chosen: np.ndarray) -> Iterator[list[list[Any]]]:
    """Rows ``[id, [[other id, value, …], …]]`` in batches of some `BATCH` edges: each first node is looked up once."""
    chosen = chosen[np.argsort(edges.first[chosen], kind="stable")]
    columns = [_plain(edges.columns[name][chosen]) for name in kind.columns]
    rows: list[list[Any]] = []
    last = size = 0
    for first, second, *values in zip(
        edges.first[chosen].tolist(), edges.second[chosen].tolist(), *columns, strict=True
    ):
        if not rows or first != last:
            if size >= BATCH:
                yield rows
                rows, size = [], 0
            rows.append([ids[first], []])
            last = first
        rows[-1][1].append([ids[second], *values])
        size += 1
    if rows:
        yield rows


def _key(slug: str, ids: Sequence[str], edges: Edges, i: int) -> str:
    return f"{slug}|{ids[edges.first[i]]}|{ids[edges.second[i]]}"


def _differ(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    if old.dtype.kind == "f" and new.dtype.kind == "f":
        return ~(np.isclose(old, new, rtol=0, atol=SAME, equal_nan=True))
    return old != new


def _plain(values: np.ndarray) -> list[Any]:
    """Python values for the driver; NaN, a number that is missing, becomes None."""
    if values.dtype.kind == "f":
        return [None if value != value else value for value in values.tolist()]
    return values.tolist()
