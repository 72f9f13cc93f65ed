"""The report that `run` ends with, as text, JSON and a contact sheet: what is in the graph, its communities, and what
chance would have given."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explore.ingest_report import as_dict as reading_as_dict
from explore.ingest_report import as_text as reading_as_text
from explore.sheets import COMMUNITIES_SHOWN, contact_sheet
from explore.summary import look_rows, trained_text
from explore.tables import false_alarms, table
from ingest.files import whole
from measure.communities import Agreement

if TYPE_CHECKING:
    from pipeline.calibrate import Fitted
    from pipeline.match import MatchReport
    from pipeline.propose import ProposeReport
    from pipeline.run import CommunitySummary, RunResult

SHEET, TEXT = "contact-sheet.png", "report.txt"


def write_report(result: "RunResult", folder: Path) -> None:
    """Write the contact sheet and the text into ``folder``."""
    contact_sheet(result, folder / SHEET)
    with whole(folder / TEXT) as unfinished:
        unfinished.write_text(as_text(result, folder), encoding="utf-8")


def as_dict(result: "RunResult", folder: Path) -> dict[str, Any]:
    """The report as JSON takes it; ``folder`` is where it lies."""
    return {
        "reading": reading_as_dict(result.reading),
        "notes": notes(result),
        "space": result.space,
        "legends": _legends(result),
        "collections": [asdict(c) for c in result.collections],
        "edges": result.edges,
        "analysis": asdict(result.analysis),
        "agreement": asdict(result.agreement) if result.agreement else None,
        "communities": [
            {**_row(summary), "odd": sorted(summary.odd), "members": [coin.coin for coin in summary.coins]}
            for summary in result.communities
        ],
        "alone": result.alone,
        "proposals": result.proposals,
        "to_look_at": look_rows(result),
        "sheet": str(folder / SHEET),
    }


def _legends(result: "RunResult") -> dict[str, Any] | None:
    if result.joined is None:
        return None
    surest = [asdict(one) for one in result.readings]
    return {"letters": result.joined.letters, "weights": result.joined.weights, "surest": surest}


def number_of(community: str) -> str:
    """The number at the end of a community's id."""
    return community.rpartition("/")[2]


def _row(summary: "CommunitySummary") -> dict[str, Any]:
    return {
        "community": number_of(summary.community),
        "coins": len(summary.coins),
        "most typical": ", ".join(coin.coin for coin in summary.coins[:3]),
        "main type": _short(summary.main_type),
        "share": summary.share,
        "by chance": summary.by_chance,
    }


def as_text(result: "RunResult", folder: Path) -> str:
    """The report as a person reads it; ``folder`` is where it lies."""
    analysis, coins = result.analysis, result.coins
    found = sum(len(c.coins) for c in result.communities)
    parts = [
        f"Read from {result.reading.source}:\n{reading_as_text(result.reading)}",
        "In the graph, of all collections:\n" + _table([vars(c) for c in result.collections]),
        f"Edges in {result.went_by.name}: {result.edges['obverse']:,} between obverses, "
        f"{result.edges['reverse']:,} between reverses, {result.edges['coins']:,} between coins (both sides together).",
        f"Communities ({analysis.algorithm} on {analysis.chosen}, modularity {analysis.modularity:.2f}): "
        f"{len(result.communities)} of two coins or more hold {found} of {coins} coins; {result.alone} stand alone.",
        agreement_text(result.agreement, "catalogued types"),
        _communities(result),
        _proposals(result),
        _readings(result),
        "\n".join(notes(result)),
        f"Contact sheet: {folder / SHEET}",
        f"Go on with:\n{next_commands(result)}",
    ]
    return "\n\n".join(part for part in parts if part)


def agreement_text(found: Agreement | None, types: str) -> str:
    """How well the communities agree with ``types`` (said in words), beside chance."""
    if found is None:
        return "No coin has a catalogued type, so nothing says how good the communities are."
    return (
        f"Agreement of the communities with the {types}, {found.coins} coins of {found.types} types: adjusted "
        f"mutual information {found.ami:.2f}; by chance {found.chance:.2f} ({found.chance_low:.2f} to "
        f"{found.chance_high:.2f} in 95 % of {found.shuffles} shuffles)."
    )


def _communities(result: "RunResult") -> str:
    rows = [_row(summary) for summary in result.communities[:COMMUNITIES_SHOWN]]
    if not rows:
        return ""
    if result.agreement is None:  # no types: no columns for them
        rows = [{name: row[name] for name in ("community", "coins", "most typical")} for row in rows]
    left_out = len(result.communities) - len(rows)
    more = f"\n... and {left_out} smaller ones (coingraph query typical-coins)" if left_out else ""
    return _table(rows) + more


def _proposals(result: "RunResult") -> str:
    if not result.proposals:
        return ""
    calibrated = any(row["probability"] is not None for row in result.proposals)
    hidden = set() if calibrated else {"probability"}
    shown = [{k: _short(v) for k, v in row.items() if k not in hidden} for row in result.proposals[:10]]
    return f"Unclassified coins with a proposed type, {len(result.proposals)} of {result.coins}:\n" + _table(shown)


def _readings(result: "RunResult") -> str:
    rows = [
        {"coin": one.coin, "side": one.face, "read": one.text, "sure letters": one.letters, "recorded": one.recorded}
        for one in result.readings
    ]
    parts = ["Legends as they were read, the surest first (a reading, not a record):\n" + _table(rows)] if rows else []
    if (doubtful := result.to_look_at.get("doubtful-legends")) and doubtful.notable:
        shown = ("coin", "side", "recorded", "neighbours_say", "legend_read")
        against = [{name.replace("_", " "): row[name] for name in shown} for row in doubtful.notable]
        parts.append("Recorded otherwise than the sides with the most alike letters:\n" + _table(against))
    return "\n\n".join(parts)


def _table(rows: Sequence[dict[str, Any]]) -> str:
    return "\n".join(table(rows, None).lines)


def _short(value: Any, longest: int = 40) -> Any:
    return f"{value[: longest - 1]}…" if isinstance(value, str) and len(value) > longest else value


def next_commands(result: "RunResult") -> str:
    """Three commands to go on with, about a coin that is there."""
    coin = result.communities[0].coins[0].coin if result.communities else "COIN"
    question = "doubtful-types" if result.agreement else "typical-coins"
    return f"  coingraph find '{coin}'\n  coingraph query {question}\n  coingraph explore"


def notes(result: "RunResult") -> list[str]:
    """What else the user should know, a sentence each."""
    look = result.closer
    sentences = {
        "match": _matched(look.match) if look.match else "",
        "train": trained_text(result),
        "calibrate": _calibrated(look.calibrate) if look.calibrate else "",
        "propose": _proposed(look.propose) if look.propose else "",
    }
    sentences |= {step: f"{step}: {problem}." for step, problem in look.problems.items()}
    found = [said for said in sentences.values() if said]
    embedded = result.embedded
    if embedded.skipped:
        found.append(f"{len(embedded.skipped):,} photographs could not be embedded (a line for each above).")
    if embedded.uncut:
        found.append(
            f"{embedded.uncut:,} coins were not cut out of their photographs, because where they end is not sure: "
            "`coingraph plot cutout` shows them."
        )
    if embedded.outgrown:
        found.append(
            f"{embedded.space.name} was fitted on {embedded.fitted_on:,} sides and there are half as many again: "
            "the same command with --refit would help."
        )
    return found


def _matched(done: "MatchReport") -> str:
    pairs, alike = (sum(getattr(face, name) for face in done.faces) for name in ("total", "verified"))
    return (
        f"{pairs:,} pairs of sides were looked at closely, {alike:,} are verified by geometry "
        f"(`coingraph query matched-coins coin=…` ranks by it, `coingraph dies` tells dies)."
    )


def _calibrated(fitted: "list[Fitted]") -> str:
    said = ", ".join(
        f"{kept.brier:.3f} on {one.edges} ({kept.brier_base:.3f} by the share)" for one in fitted if (kept := one.kept)
    )
    return f"Edges bear the probability that both ends are of one type: Brier score {said}."


def _proposed(done: "ProposeReport") -> str:
    alarms = false_alarms(done.false_alarms if done.doubted else None)
    return (
        f"Of {len(done.found.new):,} coins without a type {len(done.proposed):,} were proposed one, by "
        f"{' and '.join(done.spaces)} (`coingraph query surest-proposals`); of {len(done.found.left_out):,} catalogued "
        f"types {len(done.doubted):,} are likelier wrong than right{alarms} (`coingraph query doubtful-types`). "
        f"Left out in turn, coins of known type get theirs in {done.found.top:.0%} of cases."
    )
