"""All coins as columns, so that a page filters, counts and sorts them while somebody types.

The columns are read from the graph once, and again where it changed. What is written about coins is found by Neo4j's
full-text index; the rest is arithmetic on arrays.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from errors import BadOption
from graph.coins import ENTITY
from graph.connection import Database
from graph.schema import READ_INDEX, WORDS_INDEX
from ingest.records import ENTITIES
from queries.cards import DECIDED_ALL, FACTS, Version, graph_version, latest_partition, number_of
from queries.record import doubtful_coins
from queries.words import LEAST_PART, begun, slipped, spelt, words_of

#: Facets whose values are names; ``NONE`` is chosen by it.
NAMED = ("collection", "type", "mint", "material", "community")
LOOKS = ("doubtful", "proposed", "untyped", "one-sided", "differ", "verdicts")
RANGES = ("weight", "diameter", "year")
SORTS = ("look", "id", "type", "weight", "diameter", "year", "relevance")
NONE = "~"
BINS = 32
LISTED = 200  # values of a facet that are named, at most
FOUND = 100_000  # nodes that a word may find
WORDS_KEPT = 16  # that were asked last
PART = 0.5  # how well a word fits what only holds it

#: Names beside those of facets by which coins are found.
TOLD_BY = tuple(name for name in ENTITIES if name not in NAMED)
ROW = f"""
RETURN {FACTS}, {", ".join(f"{ENTITY.format(relationship=ENTITIES[name][1])} AS {name}" for name in TOLD_BY)},
       COUNT {{ (c)-[:HAS_SIDE]->() }} AS sides ORDER BY coin
"""
ROWS, SOME_ROWS = f"MATCH (c:Coin) {ROW}", f"UNWIND $coins AS id MATCH (c:Coin {{id: id}}) {ROW}"
GROUP = "MATCH (:Group {name: $name})-[:HOLDS]->(c:Coin) RETURN c.id AS coin"
#: Names of nodes that are columns here, and ids of coins, by their scores: what a word begins all have one.
WORDS = f"""
CALL () {{
  CALL db.index.fulltext.queryNodes('{WORDS_INDEX}', $words, {{limit: $limit}}) YIELD node, score
  RETURN node, score
  UNION ALL
  CALL db.index.fulltext.queryNodes('{READ_INDEX}', $words, {{limit: $limit}}) YIELD node, score
  MATCH (node)<-[:HAS_SIDE]-(coin:Coin)
  RETURN coin AS node, score
}}
WITH node, score, coalesce($columns[labels(node)[0]], 'coin') AS column
RETURN column, score, collect(CASE column WHEN 'coin' THEN node.id ELSE node.name END) AS names ORDER BY score
"""
COLUMNS = {"CoinType": "type"} | {label: name for name, (label, _relationship) in ENTITIES.items()}
#: Coins of which a person says what their type is, or is not: nobody doubts that.
TOLD = """
MATCH (v:Verdict {undone: false})-[:ABOUT]->(c:Coin) WHERE v.kind IN ['type', 'accept', 'reject']
RETURN DISTINCT c.id AS coin
"""
DIFFER = """
MATCH (v:Verdict {undone: false})-[:ABOUT]->(c:Coin) WHERE v.kind IN ['type', 'accept', 'reject']
WITH c, v ORDER BY v.number DESC
WITH c, v.author AS author, collect(v)[0] AS last
WITH c, collect(DISTINCT CASE last.kind WHEN 'reject' THEN 'not ' ELSE '' END + last.type) AS said
WHERE size([one IN said WHERE NOT one STARTS WITH 'not ']) > 1
   OR any(one IN said WHERE 'not ' + one IN said)
RETURN c.id AS coin
UNION
MATCH (c:Coin)-[:HAS_SIDE*0..1]->(one)<-[:ABOUT]-(v:Verdict {undone: false})-[:ABOUT]->(two)
WHERE v.kind IN ['same-type', 'not-same-type', 'same-die', 'not-same-die'] AND one <> two
WITH c, two, replace(v.kind, 'not-', '') AS what, v ORDER BY v.number DESC
WITH c, two, what, v.author AS author, collect(v.kind)[0] AS last
WITH c, two, what, count(DISTINCT last) AS answers WHERE answers > 1
RETURN DISTINCT c.id AS coin
"""


@dataclass(frozen=True)
class Filters:
    """What a gallery shows. Several values of a facet mean "or"; `NONE` stands for coins without any.

    ``ranges`` are least and most, None where open. ``text`` holds words that all must be found.
    """

    chosen: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    text: str = ""
    ids: Sequence[str] | None = None
    group: str | None = None

    def without(self, name: str, value: str | None = None) -> "Filters":
        """The same without a facet, or without one value of it; ``q`` is the text."""
        if name == "q":
            return replace(self, text="")
        kept = [one for one in self.chosen.get(name, ()) if value is not None and one != value]
        chosen = {key: values for key, values in self.chosen.items() if key != name} | ({name: kept} if kept else {})
        return replace(self, chosen=chosen, ranges={key: both for key, both in self.ranges.items() if key != name})

    def each(self) -> Iterable[tuple[str, str | None]]:
        """Every filter that is set, as a name and the value where it has one."""
        yield from ((name, value) for name, values in self.chosen.items() for value in values)
        yield from ((name, None) for name in self.ranges)
        if self.text:
            yield "q", self.text


@dataclass(frozen=True)
class Value:
    """A value of a facet: coins that have it in all, and of those that are shown."""

    value: str
    all: int
    shown: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    """The values of a facet, the commonest first; ``more`` counts those that are not listed."""

    name: str
    values: list[Value]
    more: int = 0


@dataclass(frozen=True)
class Spread:
    """How a measure is spread: ``edges`` (33) of its bins, coins (32) in all and of those shown, how many lack it."""

    name: str
    edges: list[float]
    all: list[int]
    shown: list[int]
    chosen: tuple[float | None, float | None]
    lacking: int

    @property
    def known(self) -> bool:
        return bool(self.edges)


@dataclass(frozen=True)
class Facets:
    """What can be chosen. ``drop``: where nothing is shown, each filter with what is shown without it."""

    total: int
    all: int
    facets: list[Facet]
    spreads: list[Spread]
    drop: list[tuple[str, str | None, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Coded:
    """A column of names: ``codes`` (n,) int32 into ``names``, -1 for none."""

    names: list[str]
    codes: np.ndarray

    @classmethod
    def of(cls, values: Sequence[Any]) -> "Coded":
        texts = [None if value is None else str(value) for value in values]
        names = sorted({text for text in texts if text is not None})
        place = {name: code for code, name in enumerate(names)}
        return cls(names, np.array([-1 if text is None else place[text] for text in texts], np.int32))

    @cached_property
    def folded(self) -> list[str]:
        """The names in small letters."""
        return [name.casefold() for name in self.names]

    def mask(self, values: Sequence[str]) -> np.ndarray:
        """Which coins (n,) have one of the values."""
        wanted = np.zeros(len(self.names) + 1, bool)  # the last place, -1, is that of none
        place = {name: code for code, name in enumerate(self.names)}
        for value in values:
            if value == NONE or value in place:
                wanted[-1 if value == NONE else place[value]] = True
        return wanted[self.codes]

    def counts(self, shown: np.ndarray) -> np.ndarray:
        """Coins by code, those of none last."""
        return np.bincount(self.codes[shown] % (len(self.names) + 1), minlength=len(self.names) + 1)


@dataclass(frozen=True)
class Gallery:
    """All coins (n, sorted by id) as columns, as they were at a ``version``."""

    version: Version
    ids: list[str]
    place: dict[str, int]
    named: dict[str, Coded]
    looks: dict[str, np.ndarray]
    numbers: dict[str, np.ndarray]
    doubts: np.ndarray
    order: np.ndarray
    partition: str | None

    @classmethod
    def read(cls, db: Database) -> "Gallery":
        """Read every coin."""
        version, partition = graph_version(db), latest_partition(db)
        rows = [row.data() for row in db.stream(ROWS, partition=partition)]
        ids = [row["coin"] for row in rows]
        place = {coin: number for number, coin in enumerate(ids)}
        doubtful = [place[coin] for coin in doubtful_coins(db) if coin in place]
        order = np.full(len(ids), len(ids))
        order[doubtful] = np.arange(len(doubtful))
        looks = dict.fromkeys(LOOKS, np.zeros(len(ids), bool))
        blank = cls(version, ids, place, {}, looks, {}, order, order, partition)
        return blank._with(rows)._decided(db, version)

    def current(self, db: Database) -> "Gallery":
        """The same where nothing changed; else read again: after verdicts the coins that they are about alone."""
        version = graph_version(db)
        if version == self.version:
            return self
        before = replace(self.version, verdicts=version.verdicts, undone=version.undone)
        if version != before:
            return Gallery.read(db)
        changed = [row["coin"] for row in db.read(DECIDED_ALL) if row["coin"] in self.place]
        rows = [row.data() for row in db.stream(SOME_ROWS, coins=changed, partition=self.partition)]
        return self._with(rows)._decided(db, version)

    def _with(self, rows: Sequence[Mapping[str, Any]]) -> "Gallery":
        """With new rows in the place of those of the same coins."""
        at = np.array([self.place[row["coin"]] for row in rows], np.intp)
        named = {}
        for name in (*NAMED, *TOLD_BY):
            new = [_named(row, name) for row in rows]
            if len(rows) == len(self.ids):
                named[name] = Coded.of(new)
            else:
                old = self.named[name]
                names = sorted({*old.names, *(one for one in new if one is not None)})
                code = {one: number for number, one in enumerate(names)}
                moved = np.array([*(code[one] for one in old.names), -1], np.int32)[old.codes]
                moved[at] = [-1 if one is None else code[one] for one in new]
                named[name] = Coded(names, moved)
        flags = {
            "proposed": [bool(row["proposal"]) and row["type"] is None for row in rows],
            "untyped": [row["type"] is None for row in rows],
            "one-sided": [row["sides"] == 1 for row in rows],
        }
        looks = dict(self.looks) | {name: _put(self.looks[name], at, values) for name, values in flags.items()}
        numbers = {}
        for name, column in (("weight",) * 2, ("diameter",) * 2, ("from", "date_from"), ("to", "date_to")):
            old_numbers = self.numbers.get(name, np.full(len(self.ids), np.nan))
            numbers[name] = _put(old_numbers, at, [_number(row[column]) for row in rows])
        return replace(self, named=named, looks=looks, numbers=numbers)

    def _decided(self, db: Database, version: Version) -> "Gallery":
        """With what verdicts say of each coin now. Where one is taken back, a doubt is there again."""
        told = self._mask(row["coin"] for row in db.read(TOLD))
        doubts = np.where(told, len(self.ids), self.order)
        found = {
            "doubtful": doubts < len(self.ids),
            "verdicts": self._mask(row["coin"] for row in db.read(DECIDED_ALL) if row["verdicts"]),
            "differ": self._mask(row["coin"] for row in db.read(DIFFER)),
        }
        return replace(self, looks=self.looks | found, doubts=doubts, version=version)

    def __len__(self) -> int:
        return len(self.ids)

    # --- asked -------------------------------------------------------------------------------------------------------

    def select(self, db: Database, filters: Filters, sort: str = "look") -> list[str]:
        """The ids of the coins that pass, in order; ``-`` before a measure begins with the greatest."""
        shown, relevance = self._all_but(db, filters)
        rows = np.flatnonzero(shown)
        return [self.ids[row] for row in rows[self._order(rows, sort, relevance)].tolist()]

    def facets(self, db: Database, filters: Filters) -> Facets:
        """Each facet's counts by the filters of all others."""
        base, _ = self._texts(db, filters)
        masks = self._masks(filters)
        everything = np.ones(len(self), bool)

        def others(name: str) -> np.ndarray:
            kept = [mask for other, mask in masks.items() if other != name]
            return np.logical_and.reduce([base, *kept])

        facets = [self._look_facet(filters, others("look"))]
        for name in NAMED:
            facets.append(self._facet(name, filters, others(name)))
        spreads = [self._spread(name, filters, others(name)) for name in RANGES]
        total = int(np.logical_and.reduce([base, *masks.values()]).sum())
        drop = []
        if not total and len(self):
            for name, value in filters.each():
                gives = int(self._all_but(db, filters.without(name, value))[0].sum())
                drop.append((name, value, gives))
        return Facets(total, int(everything.sum()), facets, spreads, [one for one in drop if one[2]])

    def _all_but(self, db: Database, filters: Filters) -> tuple[np.ndarray, np.ndarray | None]:
        base, relevance = self._texts(db, filters)
        return np.logical_and.reduce([base, *self._masks(filters).values()]), relevance

    def _masks(self, filters: Filters) -> dict[str, np.ndarray]:
        """A mask (n,) for each facet and range that is set."""
        masks = {name: self.named[name].mask(filters.chosen[name]) for name in NAMED if filters.chosen.get(name)}
        if looks := [self.looks[one] for one in filters.chosen.get("look", ()) if one in LOOKS]:
            masks["look"] = np.logical_or.reduce(looks)
        for name, (least, most) in filters.ranges.items():
            low, high = self._span(name)
            with np.errstate(invalid="ignore"):
                above = True if least is None else high >= least
                below = True if most is None else low <= most
            masks[name] = ~np.isnan(low) & above & below
        return masks

    def _texts(self, db: Database, filters: Filters) -> tuple[np.ndarray, np.ndarray | None]:
        """Which coins pass by words, ids and group, and how well the words fit."""
        mask, relevance = np.ones(len(self), bool), None
        if filters.ids is not None:
            mask &= self._mask(filters.ids)
        if filters.group is not None:
            mask &= self._mask(row["coin"] for row in db.read(GROUP, name=filters.group))
        if words := words_of(filters.text):
            relevance = np.zeros(len(self))
            for word in words:
                scores = self.found(db, word)
                mask &= scores > 0
                relevance += scores
        return mask, relevance

    @cached_property
    def found(self) -> Callable[[Database, str], np.ndarray]:
        """`_looked_up` of the words asked last: facets ask what coins have asked, and who types adds words."""
        return lru_cache(WORDS_KEPT)(self._looked_up)

    def _looked_up(self, db: Database, word: str) -> np.ndarray:
        """How well (n,) a word fits each coin, 0 where it does not: itself, a beginning, a part of a name; where no
        coin has any, a part of what else is written, or a slip."""
        scores = np.maximum(self._asked(db, begun(word)), self._holding(word))
        return scores if scores.any() or len(word) < LEAST_PART else self._asked(db, slipped(word))

    def _holding(self, word: str) -> np.ndarray:
        """`PART` (n,) where a name holds a word. Those are at hand; an index would look through all of its terms."""
        scores = np.zeros(len(self))
        if len(word) < LEAST_PART:
            return scores
        for form in spelt(word):
            scores[[form in name for name in self._folded]] = PART
            for column in map(self.named.__getitem__, COLUMNS.values()):
                held = np.array([*(form in name for name in column.folded), False])
                scores[held[column.codes]] = PART
        return scores

    @cached_property
    def _folded(self) -> list[str]:
        """The names of the coins in small letters."""
        return [coin.rpartition("/")[2].casefold() for coin in self.ids]

    def _asked(self, db: Database, words: str) -> np.ndarray:
        """How well (n,) what the index finds fits each coin."""
        scores, best = np.zeros(len(self)), defaultdict[str, dict[str, float]](dict)
        for row in db.read(WORDS, words=words, limit=FOUND, columns=COLUMNS):  # the best come last
            best[row["column"]] |= dict.fromkeys(row["names"], row["score"])
        coins = {self.place[coin]: score for coin, score in best.pop("coin", {}).items() if coin in self.place}
        scores[list(coins)] = list(coins.values())
        for name, found in best.items():
            column = self.named[name]
            by_code = np.array([*(found.get(one, 0.0) for one in column.names), 0.0])
            scores = np.maximum(scores, by_code[column.codes])
        return scores

    def _order(self, rows: np.ndarray, sort: str, relevance: np.ndarray | None) -> np.ndarray:
        name, turned = sort.removeprefix("-"), sort.startswith("-")
        if name not in SORTS:
            raise BadOption(f"coins are not sorted by {name!r}; there is {', '.join(SORTS)}")
        if name == "look":
            typed = self.looks["untyped"][rows]
            return np.lexsort((rows, ~typed, ~self.looks["proposed"][rows], self.doubts[rows]))
        if name == "relevance" and relevance is not None:
            return np.argsort(-relevance[rows], kind="stable")
        if name == "type":
            codes = self.named["type"].codes[rows]
            return np.lexsort((rows, -codes if turned else codes, codes < 0))
        if name in RANGES:
            values = self._span(name)[0][rows]
            return np.lexsort((rows, -values if turned else values, np.isnan(values)))
        return np.argsort(-rows if turned else rows, kind="stable")

    def _span(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """The least and the most (n,) that a measure may be of each coin; NaN where nobody knows."""
        if name not in RANGES:
            raise BadOption(f"there is no measure {name!r}; there is {', '.join(RANGES)}")
        if name != "year":
            return self.numbers[name], self.numbers[name]
        begin, end = self.numbers["from"], self.numbers["to"]
        return np.where(np.isnan(begin), end, begin), np.where(np.isnan(end), begin, end)

    def _look_facet(self, filters: Filters, shown: np.ndarray) -> Facet:
        chosen = filters.chosen.get("look", ())
        values = [
            Value(name, int(mask.sum()), int((mask & shown).sum()), name in chosen) for name, mask in self.looks.items()
        ]
        return Facet("look", values)

    def _facet(self, name: str, filters: Filters, shown: np.ndarray) -> Facet:
        column, chosen = self.named[name], set(filters.chosen.get(name, ()))
        every, some = column.counts(np.ones(len(self), bool)), column.counts(shown)
        names = [*column.names, NONE]
        order = sorted(range(len(names)), key=lambda code: (names[code] not in chosen, -every[code], code))
        order = [code for code in order if every[code]]
        kept = sorted(order[:LISTED], key=lambda code: (-every[code], code))
        values = [Value(names[code], int(every[code]), int(some[code]), names[code] in chosen) for code in kept]
        return Facet(name, values, len(order) - len(kept))

    def _spread(self, name: str, filters: Filters, shown: np.ndarray) -> Spread:
        values = self._span(name)[0]
        known = ~np.isnan(values)
        chosen = filters.ranges.get(name, (None, None))
        if not known.any():
            return Spread(name, [], [], [], chosen, int((~known).sum()))
        low, high = float(values[known].min()), float(values[known].max())
        edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
        every, some = (np.histogram(values[known & mask], edges)[0] for mask in (np.ones(len(self), bool), shown))
        lacking = int((~known & shown).sum())
        return Spread(name, edges.round(6).tolist(), every.tolist(), some.tolist(), chosen, lacking)

    def _mask(self, coins: Iterable[str]) -> np.ndarray:
        mask = np.zeros(len(self), bool)
        mask[[self.place[coin] for coin in coins if coin in self.place]] = True
        return mask


def _named(row: Mapping[str, Any], name: str) -> str | None:
    value = number_of(row[name]) if name == "community" else row[name]
    return None if value is None else str(value)


def _number(value: Any) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return math.nan
    return found if math.isfinite(found) else math.nan


def _put(old: np.ndarray, at: np.ndarray, values: Sequence[Any]) -> np.ndarray:
    new = old.copy()
    new[at] = values
    return new
