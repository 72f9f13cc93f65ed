"""Everything on a sample hoard, and whether the stored questions find the oddities that were planted in it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from graph.connection import Database
from measure.communities import Agreement, agreement
from pipeline.run import RunResult, run
from queries.catalogue import run as run_query
from queries.stored import stored

if TYPE_CHECKING:
    from hoard import HoardTruth, Plant

#: The stored question that should bring a planted oddity to light.
QUESTIONS = {
    "double": "doubles",
    "miscatalogued": "doubtful-types",
    "swapped": "swapped-sides",
    "mule": "mules",
    "weight_outlier": "outliers",
    "unclassified": "likely-types",
    "one_sided": "one-sided-coins",
    "wrong_legend": "doubtful-legends",
}


@dataclass(frozen=True)
class Finding:
    """Where a planted oddity stands among the rows of its question: ``place`` from 1, None where it is missing."""

    plant: "Plant"
    question: str
    place: int | None
    rows: int


@dataclass(frozen=True)
class Demo:
    """What `run` found in the hoard, the planted oddities, and how well the communities agree with the true types."""

    result: RunResult
    findings: list[Finding]
    agreement: Agreement


def demo(db: Database, folder: Path, coins: int = 60, types: int = 6) -> Demo:
    """Make a sample hoard in ``folder`` and run everything on it. The database must hold nothing else."""
    from hoard import make_hoard

    truth = make_hoard(folder / "hoard", coins, types)
    # Everything here was made by this step, and can be made again.
    result = run(db, folder / "hoard", "hoard", thorough=True, confirm=lambda _: True)
    findings = look_for(db, truth, "hoard", result.space, result.analysis.partition)
    communities = {coin.coin: summary.community for summary in result.communities for coin in summary.coins}
    return Demo(result, findings, true_agreement(truth, "hoard", communities))


def look_for(db: Database, truth: "HoardTruth", collection: str, space: str, partition: str) -> list[Finding]:
    """Ask each plant's question and look for its coins in the answer. ``space`` is the slug."""
    findings = []
    for plant in truth.plants:
        question = stored(QUESTIONS[plant.kind])
        takes = {parameter.name for parameter in question.parameters}
        values = {"space": space, "partition": partition}
        rows = run_query(db, question, {name: value for name, value in values.items() if name in takes}).notable
        wanted = {f"{collection}/{coin}" for coin in plant.coins}
        named = [set(map(str, (row.get("coin"), row.get("other")))) for row in rows]
        # Of a pair both coins must be named in one row.
        place = next((i for i, coins in enumerate(named, 1) if wanted <= coins), None)
        findings.append(Finding(plant, question.name, place, len(rows)))
    return findings


def true_agreement(truth: "HoardTruth", collection: str, communities: dict[str, str]) -> Agreement:
    """How well communities (by coin's id) agree with the types the coins were really struck as, planted coins and all.

    A mule is a type of its own, and so is the community of a coin that has none.
    """
    entries = {f"{collection}/{entry['id']}": entry for entry in truth.entries()}
    types = [f"{entry['type']} / {entry['reverse_type']}" for entry in entries.values()]
    return agreement([communities.get(coin, coin) for coin in entries], types)
