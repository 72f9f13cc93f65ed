"""The report `run` ends with: what is in the graph, its communities, and what chance would have given."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from tabulate import tabulate

from explore.contact_sheet import Group, Portrait, contact_sheet
from explore.plots import whole
from explore.reading import as_dict as reading_as_dict
from explore.reading import as_text as reading_as_text
from graph.communities import AnalysisResult
from graph.connection import Database
from graph.overview import CollectionCounts, Member, collection_counts, edge_counts, members
from ingest.records import Reading
from measure.agreement import Agreement, agreement
from queries.catalogue import run as run_query
from queries.catalogue import stored

COMMUNITIES_SHOWN = 12
COINS_SHOWN = 16


@dataclass(frozen=True)
class CommunitySummary:
    """One community: its most central coins, its main type with that type's share inside and among all typed coins.

    ``odd`` are the coins catalogued as something other than a main type that holds at least half of the community.
    """

    community: str
    coins: Sequence[Member]
    main_type: str | None
    share: float | None
    by_chance: float | None
    odd: frozenset[str]

    @classmethod
    def of(cls, community: str, coins: Sequence[Member], everywhere: Counter[str]) -> "CommunitySummary":
        types = Counter(coin.type for coin in coins if coin.type is not None)
        if not types:
            return cls(community, coins, None, None, None, frozenset())
        main, number = min(types.items(), key=lambda item: (-item[1], item[0]))
        share = number / types.total()
        odd = {coin.coin for coin in coins if coin.type not in (None, main)} if share >= 0.5 and number > 1 else set()
        return cls(community, coins, main, share, everywhere[main] / everywhere.total(), frozenset(odd))

    def row(self) -> dict[str, Any]:
        return {
            "community": self.community.rsplit("/", 1)[-1],
            "coins": len(self.coins),
            "most typical": ", ".join(coin.coin for coin in self.coins[:3]),
            "main type": _short(self.main_type),
            "share": self.share,
            "by chance": self.by_chance,
        }


@dataclass(frozen=True)
class Report:
    """What `run` found, as facts. ``reading`` is the folder it read; everything after speaks of the whole graph.

    ``notes`` are what else the user should know, a sentence each.
    """

    reading: Reading
    notes: Sequence[str]
    space: str
    collections: Sequence[CollectionCounts]
    edges: dict[str, int]
    analysis: AnalysisResult
    communities: Sequence[CommunitySummary]
    alone: int
    agreement: Agreement | None
    proposals: Sequence[dict[str, Any]]
    sheet: Path

    @property
    def coins(self) -> int:
        return sum(c.coins for c in self.collections)

    def as_dict(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {
            "reading": reading_as_dict(self.reading),
            "notes": list(self.notes),
            "space": self.space,
            "collections": [asdict(c) for c in self.collections],
            "edges": self.edges,
            "analysis": self.analysis.as_dict(),
            "agreement": asdict(self.agreement) if self.agreement else None,
            "communities": [
                {**summary.row(), "odd": sorted(summary.odd), "members": [coin.coin for coin in summary.coins]}
                for summary in self.communities
            ],
            "alone": self.alone,
            "proposals": list(self.proposals),
            "sheet": str(self.sheet),
        }


def make_report(
    db: Database, reading: Reading, notes: Sequence[str], space: str, analysis: AnalysisResult, folder: Path
) -> Report:
    """Gather the facts and draw the contact sheet into ``folder``. ``space`` is the slug."""
    everyone = members(db, analysis.partition, space)
    typed = [coin for coin in everyone if coin.type is not None]
    everywhere = Counter(coin.type for coin in typed if coin.type is not None)
    together = [coin for coin in everyone if coin.community is not None]
    communities = [
        CommunitySummary.of(str(community), list(coins), everywhere)
        for community, coins in groupby(together, key=lambda coin: coin.community)
    ]
    proposals = run_query(db, stored("likely-types"), {"space": space}).rows
    report = Report(
        reading=reading,
        notes=notes,
        space=space,
        collections=collection_counts(db),
        edges=edge_counts(db, space),
        analysis=analysis,
        communities=communities,
        alone=len(everyone) - len(together),
        agreement=agreement([c.community or c.coin for c in typed], [str(c.type) for c in typed]) if typed else None,
        proposals=proposals,
        sheet=folder / "contact-sheet.png",
    )
    draw(report)
    with whole(folder / "report.txt") as unfinished:
        unfinished.write_text(as_text(report), encoding="utf-8")
    return report


def draw(report: Report) -> None:
    """The contact sheet: the largest communities, the odd coin out framed."""
    groups = []
    for summary in report.communities[:COMMUNITIES_SHOWN]:
        shown = sorted(summary.coins, key=lambda coin: coin.coin not in summary.odd)[:COINS_SHOWN]
        shown.sort(key=lambda coin: coin.coin in summary.odd)
        portraits = [
            Portrait(coin.coin, coin.obverse, coin.reverse, coin.coin in summary.odd, coin.type or "") for coin in shown
        ]
        subtitle = "no coin of a catalogued type"
        if summary.main_type is not None:
            subtitle = f"{summary.main_type}: {summary.share:.0%} of its typed coins ({summary.by_chance:.0%} of all)"
        number = summary.community.rsplit("/", 1)[-1]
        title = f"Community {number}: {len(summary.coins)} coins"
        groups.append(Group(title, subtitle, portraits, len(summary.coins) - len(shown)))
    left_out = len(report.communities) - len(groups)
    found = report.coins - report.alone
    heading = f"{found} of {report.coins} coins in {len(report.communities)} communities, by {report.space}"
    contact_sheet(groups, heading + (f"; the {len(groups)} largest" if left_out else ""), report.sheet)


def as_text(report: Report) -> str:
    """The report as a person reads it."""
    return "\n\n".join(part for part in _parts(report) if part)


def _parts(report: Report) -> list[str]:
    analysis, coins = report.analysis, report.coins
    found = sum(len(c.coins) for c in report.communities)
    return [
        f"Read from {report.reading.source}:\n{reading_as_text(report.reading)}",
        "In the graph, of all collections:\n" + tabulate([vars(c) for c in report.collections], headers="keys"),
        f"Edges in {report.space}: {report.edges['obverse']:,} between obverses, {report.edges['reverse']:,} between "
        f"reverses, {report.edges['coins']:,} between coins (both sides together).",
        f"Communities ({analysis.algorithm} on {analysis.chosen}, modularity {analysis.modularity:.2f}): "
        f"{len(report.communities)} of two coins or more hold {found} of {coins} coins; {report.alone} stand alone.",
        agreement_text(report.agreement, "catalogued types"),
        _communities(report),
        _proposals(report),
        "\n".join(report.notes),
        f"Contact sheet: {report.sheet}",
        f"Go on with:\n{next_commands(report)}",
    ]


def agreement_text(found: Agreement | None, types: str) -> str:
    """How well the communities agree with ``types`` (said in words), beside chance."""
    if found is None:
        return "No coin has a catalogued type, so nothing says how good the communities are."
    return (
        f"Agreement of the communities with the {types}, {found.coins} coins of {found.types} types: adjusted "
        f"mutual information {found.ami:.2f}; by chance {found.chance:.2f} ({found.chance_low:.2f} to "
        f"{found.chance_high:.2f} in 95 % of {found.shuffles} shuffles)."
    )


def _communities(report: Report) -> str:
    rows = [summary.row() for summary in report.communities[:COMMUNITIES_SHOWN]]
    if not rows:
        return ""
    if report.agreement is None:  # no types: no columns for them
        rows = [{name: row[name] for name in ("community", "coins", "most typical")} for row in rows]
    left_out = len(report.communities) - len(rows)
    more = f"\n... and {left_out} smaller ones (coingraph query typical-coins)" if left_out else ""
    return tabulate(rows, headers="keys", floatfmt=".2f", maxcolwidths=60) + more


def _proposals(report: Report) -> str:
    if not report.proposals:
        return ""
    calibrated = any(row["probability"] is not None for row in report.proposals)
    hidden = set() if calibrated else {"probability"}
    shown = [
        {k: _short(v) for k, v in row.items() if k not in hidden and not isinstance(v, list | dict)}
        for row in report.proposals[:10]
    ]
    return f"Unclassified coins with a proposed type, {len(report.proposals)} of {report.coins}:\n" + tabulate(
        shown, headers="keys", floatfmt=".2f"
    )


def _short(value: Any, longest: int = 40) -> Any:
    return f"{value[: longest - 1]}…" if isinstance(value, str) and len(value) > longest else value


def next_commands(report: Report) -> str:
    """Three commands to go on with, about a coin that is there."""
    coin = report.communities[0].coins[0].coin if report.communities else "COIN"
    question = "doubtful-types" if report.agreement else "typical-coins"
    return f"  coingraph find '{coin}'\n  coingraph query {question}\n  coingraph browser"
