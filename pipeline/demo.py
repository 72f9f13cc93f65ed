"""The oddities planted in a sample hoard, and whether the stored questions find them."""

from collections.abc import Sequence
from dataclasses import dataclass

from tabulate import tabulate

from graph.connection import Database
from hoard import HoardTruth, Plant
from measure.agreement import Agreement, agreement
from queries.catalogue import run, stored

#: The stored question that should bring a planted oddity to light.
QUESTIONS = {
    "double": "doubles",
    "miscatalogued": "doubtful-types",
    "swapped": "swapped-sides",
    "mule": "mules",
    "weight_outlier": "outliers",
    "unclassified": "likely-types",
    "one_sided": "one-sided-coins",
}


@dataclass(frozen=True)
class Verdict:
    """Where a planted oddity stands among the rows of its question: ``place`` from 1, None where it is missing."""

    plant: Plant
    question: str
    place: int | None
    rows: int

    def row(self) -> dict[str, str]:
        place = f"found, place {self.place} of {self.rows}" if self.place else f"not among {self.rows} rows"
        coins = ", ".join(self.plant.coins)
        return {"planted": self.plant.kind.replace("_", " "), "coins": coins, "coingraph query": self.question} | {
            "outcome": place,
            "what": self.plant.note,
        }


def look_for(db: Database, truth: HoardTruth, collection: str, space: str, partition: str) -> list[Verdict]:
    """Ask each plant's question and look for its coins in the answer. ``space`` is the slug."""
    verdicts = []
    for plant in truth.plants:
        question = stored(QUESTIONS[plant.kind])
        takes = {parameter.name for parameter in question.parameters}
        values = {"space": space, "partition": partition}
        rows = run(db, question, {name: value for name, value in values.items() if name in takes}).rows
        wanted = {f"{collection}/{coin}" for coin in plant.coins}
        named = [set(map(str, (row.get("coin"), row.get("other")))) for row in rows]
        # Of a pair both coins must be named in one row.
        place = next((i for i, coins in enumerate(named, 1) if wanted <= coins), None)
        verdicts.append(Verdict(plant, question.name, place, len(rows)))
    return verdicts


def true_agreement(truth: HoardTruth, collection: str, communities: dict[str, str]) -> Agreement:
    """How well communities (by coin's id) agree with the types the coins were really struck as, planted coins and all.

    A mule is a type of its own, and so is the community of a coin that has none.
    """
    entries = {f"{collection}/{entry['id']}": entry for entry in truth.entries()}
    types = [f"{entry['type']} / {entry['reverse_type']}" for entry in entries.values()]
    return agreement([communities.get(coin, coin) for coin in entries], types)


def as_text(verdicts: Sequence[Verdict]) -> str:
    """A table of the planted oddities, found or not."""
    found = sum(verdict.place is not None for verdict in verdicts)
    rows = [verdict.row() for verdict in verdicts]
    widths = [None, None, None, None, 48]
    return f"Planted oddities: {found} of {len(verdicts)} found\n" + tabulate(rows, headers="keys", maxcolwidths=widths)
