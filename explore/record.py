"""The record of a coin as text and as JSON: facts, who says its type, community, dies, relatives, photographs."""

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from errors import counted
from explore.answers import PERSON, PROPOSED, hit_row, number
from explore.tables import LEAST, MISSING, local_time, sentence, shortened, shown, table
from ingest.records import one_line

if TYPE_CHECKING:
    from queries.record import CoinRecord, Opinion, Proposal

WORDS = ((0.9, "sure"), (0.6, "likely"), (0.4, "undecided"), (0.0, "unlikely"))
SAID = 12  # places of the column that says who


def likely(probability: float) -> str:
    """The word for a probability."""
    return next(word for least, word in WORDS if probability >= least)


def as_dict(record: "CoinRecord") -> dict[str, Any]:
    """The record as JSON takes it; paths are texts."""
    entry = asdict(record.entry)
    entry["pictures"] = {face: str(path) if path else None for face, path in record.entry.pictures.items()}
    fellows = [{"type": kind, "coins": coins} for kind, coins in record.fellows.items()]
    return {
        **entry,
        "facts": record.facts,
        "opinions": [asdict(one) for one in record.opinions],
        "fellows": fellows,
        "dies": [asdict(one) for one in record.dies],
        "relatives": [hit_row(hit) for hit in record.relatives],
        "legends_read": {face: asdict(legend) for face, legend in record.legends.items()},
    }


def as_text(record: "CoinRecord", width: int = 80) -> list[str]:
    """The record as lines of at most ``width`` places; paths stand whole, one a line."""
    entry = record.entry
    name, prefix = entry.coin.rpartition("/")[2], f"{entry.collection}/"
    lines = [*sentence(f"{name} of {entry.collection}: {_type_said(record)}", bold=False)]
    lines += sentence(_facts(record))
    lines += sentence(_place(record))
    said = [_opinion(one, entry.type) for one in record.opinions]
    said += [_proposal(one, entry.type) for one in entry.proposals[:2]]
    longest = [max((len(row[place]) for row in said), default=0) for place in range(4)]
    longest[1] = min(longest[1], max(width - 2 - SAID - sum(longest[2:]) - 4, LEAST))
    for head, type_, *texts in said:
        row = "  ".join(
            f"{one_line(text):{places}}"
            for text, places in zip([shortened(type_, longest[1]), *texts], longest[1:], strict=True)
        )
        lines.append(f"  {one_line(head):{SAID - 1}} {row}"[:width].rstrip())
    if record.dies:
        struck = [
            f"{one.die}, with {_few([other.removeprefix(prefix) for other in one.others])}"
            if one.others
            else f"{one.die}, alone"
            for one in record.dies
        ]
        lines += _block("dies", struck)
    if record.legends:
        texts = [f"{face}: {legend.text}"[: width - SAID] for face, legend in record.legends.items()]
        lines += _block("letters read", texts)
    if record.relatives:
        lines += _block("relatives", _relatives(record, width))
    photographs = [str(path) if path else f"{face}: no file" for face, path in entry.pictures.items()]
    return lines + _block("photographs", [one_line(text) for text in photographs])


def _type_said(record: "CoinRecord") -> str:
    entry = record.entry
    if entry.type is None:
        if not entry.proposals:
            return "no type."
        best = entry.proposals[0]
        return f"no type; {best.type} is proposed ({best.probability:.2f} {likely(best.probability)})."
    who = entry.by or f"the {entry.source or 'table'}"
    others = [one for one in record.opinions if one.type != entry.type]
    text = f"{entry.type}, says {who}"
    if others:
        text += f"; {others[0].by or f'the {others[0].source}'} says {others[0].type}"
    return f"{text}; doubtful." if entry.doubtful else f"{text}."


def _facts(record: "CoinRecord") -> str:
    """Weight, size, axis, and what the table says of metal, authority, mint and date."""
    entry = record.entry

    def unit(value: Any, shape: str, sign: str) -> str:
        known = number(value)
        return f"{shown(known, shape)} {sign}" if isinstance(known, float) else f"{known or MISSING} {sign}"

    measures = [unit(entry.weight, "grams", "g"), unit(entry.diameter, "mm", "mm"), unit(entry.die_axis, "hours", "h")]
    metal = " ".join(filter(None, (entry.named.get("material"), entry.named.get("denomination"))))
    others = [metal, entry.named.get("authority"), entry.named.get("mint"), entry.date]
    return " · ".join([*measures, *(str(one) for one in others if one)])


def _place(record: "CoinRecord") -> str:
    """Where the coin was found, and its community."""
    entry, parts = record.entry, []
    if findspot := entry.named.get("findspot"):
        parts.append(f"Found at {findspot}.")
    if entry.community:
        number = sum(record.fellows.values())
        text = f"Community {entry.community}, with {counted(number, 'other')}"
        types = Counter({kind: coins for kind, coins in record.fellows.items() if kind})
        if types:
            kind, coins = types.most_common(1)[0]
            most = "all" if coins == number else "most" if coins > number / 2 else f"{coins}"
            text += f"; {most} are {kind}"
        parts.append(f"{text}.")
    else:
        parts.append("In no community.")
    return " ".join(parts)


def _opinion(one: "Opinion", counts: str | None) -> tuple[str, str, str, str]:
    """Who says it, the type, when and why, and whether it counts."""
    sign = PERSON if one.source == "person" else " "
    when = local_time(one.at) if one.at and one.source == "person" else ""
    why = f'"{one.note}"' if one.note else ""
    verdict = "counts" if one.type == counts else "differs"
    return f"{sign} {one.by or one.source}", one.type, ", ".join(filter(None, (when, why))), verdict


def _proposal(one: "Proposal", counts: str | None) -> tuple[str, str, str, str]:
    verdict = "" if counts is None else "agrees" if one.type == counts else "differs"
    return (
        f"{PROPOSED} proposed",
        one.type,
        f"{shown(one.probability, 'probability')} {likely(one.probability)}",
        verdict,
    )


def _relatives(record: "CoinRecord", width: int) -> list[str]:
    rows = [hit_row(hit) for hit in record.relatives]
    first = ["coin", "type", "obverse_percentile", "reverse_percentile", "mutual"]
    rows = [{name: row[name] for name in first} for row in rows]
    return [line.removeprefix("  ") for line in table(rows, width - SAID, first).lines]


def _block(head: str, lines: list[str]) -> list[str]:
    """Lines beside a head."""
    return [f"  {head if place == 0 else '':{SAID - 1}} {line}" for place, line in enumerate(lines)]


def _few(names: list[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
