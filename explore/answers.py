"""What questions about coins answer, as rows with a sentence: coins like another, stored questions, proposals."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from errors import counted
from explore.tables import Answer, false_alarms
from ingest.records import FACES

if TYPE_CHECKING:
    from pipeline.propose import ProposeReport
    from queries.catalogue import Result
    from queries.find import Hit, Why
    from queries.record import CoinEntry

STANDS_OUT = "stands_out"  # the column that says so of a row, which sentence and table say already
AMONG = "among_"  # columns of a query that count the coins (pairs, links) an answer was looked for among
DOUBTFUL, PROPOSED, PERSON = "?", "~", "✓"
CLOSE = 95.0  # percentile from which two sides count as close
WHY_COLUMNS = (
    *("space", "face", "cosine", "percentile", "rank", "back_rank", "others", "expected_rank"),
    *("edge", "mutual", "probability", "without_text"),
)


# --- coins that are like something ----------------------------------------------------------------------------------


def hit_row(hit: "Hit") -> dict[str, Any]:
    """A hit of `find` in columns, the same ones whatever was looked for.

    ``side`` is what was compared: a face or both; ``cosine`` and ``percentile`` are its, for both sides their means.
    """
    compared = list(hit.faces.values())
    known = [one.percentile for one in compared if one.percentile is not None]
    row: dict[str, Any] = {
        "coin": hit.coin,
        "type": hit.type,
        **hit.columns,
        "side": next(iter(hit.faces)) if len(hit.faces) == 1 else "both",
        "cosine": sum(one.cosine for one in compared) / len(compared),
        "percentile": sum(known) / len(known) if known else None,
        "score": hit.score,
        **{face: one.cosine if (one := hit.faces.get(face)) else None for face in FACES},
        **{f"{face}_percentile": one.percentile if (one := hit.faces.get(face)) else None for face in FACES},
        "evidence": hit.evidence,
        "probability": hit.probability,
        "mutual": [face for face, one in hit.faces.items() if one.mutual],
        "text": hit.text,
        "without_text": hit.without_text,
    }
    for face in FACES:
        likeness = hit.faces.get(face)
        row |= {f"{face}_rank": likeness and likeness.rank, f"{face}_back_rank": likeness and likeness.back_rank}
    pictures = {f"{face}_picture": hit.pictures.get(face) for face in FACES}
    return row | {"fields": list(hit.fields)} | pictures | {"among_coins": hit.among}


#: What JSON and CSV say of a hit beside what a table shows.
WIDE = ("without_text", "fields", "obverse_picture", "reverse_picture", "among_coins", "side", "score", "evidence")
PERCENTILES = tuple(f"{face}_percentile" for face in FACES)
RANKS = tuple(f"{face}_{rank}" for face in FACES for rank in ("rank", "back_rank"))


def like_coin(coin: str, own: str | None, hits: Sequence["Hit"], doubtful: Collection[str], space: str) -> Answer:
    """The coins most like a coin of the graph, whose type is ``own``."""
    rows = [hit_row(hit) for hit in hits]
    calibrated = any(hit.probability is not None for hit in hits)
    first = ["coin", "type", *(["probability"] if calibrated else []), *PERCENTILES, "mutual"]
    among = f"{hits[0].among:,} coins" if hits else ""
    return Answer(
        rows,
        said=_types_of_hits(_name(coin), own, hits),
        none=f"No coin is linked to {_name(coin)}.",
        first=first,
        shown=_marked(rows, doubtful),
        hidden=(*WIDE, *RANKS, *FACES, "cosine", "percentile"),
        heads={"probability": "same type"},
        below=[f"% of pairs that are less alike; {space}, {among}; by chance 50."],
        onward=_after_hits(coin, rows, calibrated) if rows else [],
    )


def _after_hits(coin: str, rows: Sequence[dict[str, Any]], calibrated: bool) -> list[str]:
    both = [*rows, {"coin": coin}]
    nearest = _name(rows[0]["coin"], both)
    return [f"find {_name(coin, both)} --why {nearest}", f"coin {nearest}", *([] if calibrated else ["calibrate"])]


def _types_of_hits(name: str, own: str | None, hits: Sequence["Hit"]) -> str:
    if own is None:
        return f"{name} has no type. {_commonest(hits)}"
    same, number = sum(hit.type == own for hit in hits), len(hits)
    if number == 1:
        return f"The coin nearest to {name} is {'' if same else 'not '}of its type, {own}."
    every = "Both" if number == 2 else f"All {number}"
    said = every if same == number else f"{same} of the {number}" if same else f"None of the {number}"
    return f"{said} coins nearest to {name} {'is' if same in (0, 1) else 'are'} of its type, {own}."


def _commonest(hits: Sequence["Hit"]) -> str:
    types = Counter(hit.type for hit in hits if hit.type)
    if not types:
        return "Nor has any of the nearest coins."
    kind, number = types.most_common(1)[0]
    return f"{number} of the {len(hits)} nearest {'is' if number == 1 else 'are'} {kind}."


def like_photograph(name: str, side: str, hits: Sequence["Hit"], doubtful: Collection[str]) -> Answer:
    """The coins most like a photograph that is not in the graph."""
    rows = [hit_row(hit) for hit in hits]
    by = f"By its {side}" if side != "both" else "By the side that fits best"
    said = _commonest(hits)
    return Answer(
        rows,
        said=f"{name} is new. {by}, {said[:1].lower()}{said[1:]}",
        none=f"Nothing is like {name}.",
        first=["coin", "type", "side", "percentile", "cosine"],
        shown=_marked(rows, doubtful),
        hidden=(*(one for one in WIDE if one != "side"), *RANKS, *FACES, *PERCENTILES, "mutual"),
        below=["% of pairs that are less alike; by chance 50."] if any(row["percentile"] for row in rows) else [],
    )


def like_words(words: str, hits: Sequence["Hit"], doubtful: Collection[str]) -> Answer:
    """The coins that words describe best."""
    rows = [hit_row(hit) for hit in hits]
    return Answer(
        rows,
        said=f'"{words}" is most like these {len(hits)} of {hits[0].among if hits else 0:,} coins.',
        none=f'No coin is like "{words}".',
        first=["coin", "type", "cosine", "text"],
        shown=_marked(rows, doubtful),
        hidden=(*WIDE, *RANKS, *FACES, "mutual", "percentile"),
    )


def of_legend(legend: str, hits: Sequence["Hit"], doubtful: Collection[str]) -> Answer:
    """The coins on which most of a legend was read."""
    rows = [hit_row(hit) for hit in hits]
    return Answer(
        rows,
        said=f'"{legend}" was read best on these {len(hits)} of {hits[0].among if hits else 0:,} coins.',
        none=f'"{legend}" was read on no coin.',
        first=["coin", "type", "side", "cosine", "text"],
        shown=_marked(rows, doubtful),
        hidden=(*(one for one in WIDE if one != "side"), *RANKS, *FACES, *PERCENTILES, "mutual", "percentile"),
        heads={"cosine": "found", "text": "read"},
        below=["found: 1 is each letter in its order, 0 what chance gives; what was read is no record."],
    )


def _marked(rows: Sequence[dict[str, Any]], doubtful: Collection[str]) -> list[dict[str, Any]]:
    return [row | {"type": f"{DOUBTFUL} {row['type']}"} if row["coin"] in doubtful else row for row in rows]


def _name(coin: str, rows: Sequence[dict[str, Any]] = ()) -> str:
    """The id of a coin, as a table of these rows shows it: without the collection, where all are of one."""
    return coin if len({row["coin"].rpartition("/")[0] for row in rows}) > 1 else coin.rpartition("/")[2]


def why(a: str, b: str, compared: "Sequence[Why]", notes: Sequence[str]) -> Answer:
    """How alike two coins are, in a row for each face and space."""
    rows = [
        {name: (vars(one) | {"expected_rank": one.expected_rank})[name] for name in WHY_COLUMNS} for one in compared
    ]
    one, other, most = _name(a), _name(b), max(pair.others for pair in compared)
    return Answer(
        rows,
        said=_agreement(f"{one} and {other}", compared),
        first=["space", "face", "percentile", "cosine", "rank", "back_rank"],
        heads={"rank": "rank", "back_rank": "back"},
        below=[
            f"rank: the place of {other} among {most:,} sides, by likeness to {one}; back: of {one} to {other}.",
            *notes,
        ],
    )


def _agreement(both: str, compared: "Sequence[Why]") -> str:
    """How many spaces hold two coins for alike: by every compared face, or by one."""
    spaces: dict[str, list[bool]] = {}
    for one in compared:
        if one.percentile is not None:
            spaces.setdefault(one.space, []).append(one.percentile >= CLOSE)
    if not spaces:
        return f"{both}: no space that has seen both has edges yet, so that nothing says how alike others are."
    agree = sum(all(faces) for faces in spaces.values())
    partly = [name for name, faces in spaces.items() if any(faces) and not all(faces)]
    where = f"{agree} of {len(spaces)} spaces" if len(spaces) > 1 else f"{next(iter(spaces))}"
    verb = "are" if agree or len(spaces) > 1 else "are not"
    said = f"In {where} {both} {verb} among the closest {100 - CLOSE:g} % of pairs by every side compared"
    said += f"; by one side only in {', '.join(partly)}" if partly else ""
    return f"{said} (by chance: {100 - CLOSE:g} % a side)."


# --- stored questions -----------------------------------------------------------------------------------------------


def of_query(result: "Result", verbose: bool = False, whole: bool = False) -> Answer:
    """The answer to a stored question; with ``verbose`` also what it means and what it was asked with. A table shows
    the rows that stand out from chance, with ``whole`` all of them."""
    query, rows = result.query, result.rows
    every = total = result.total if result.total is not None else len(rows)
    shown, none, below = None, query.told(0, result.coins), []
    if not whole and len(result.notable) < len(rows):
        shown, total = result.notable, len(result.notable)
        number = counted(every, "or more row" if result.more else "row")
        none = f"Nothing stands out: {number}, and chance would give {result.false_alarms or 0:,.1f}. All: --all"
        below = [f"{total:,} of {number}; the others are no more than chance would give. All: --all"]
    notes = []
    if verbose:
        values = ", ".join(f"{name}={value}" for name, value in result.values.items() if value != [])
        notes = [*query.description.splitlines(), f"asked with {values}" if values else ""]
    return Answer(
        rows,
        said=query.told(total, result.coins, result.more and shown is None, false_alarms(result.false_alarms)),
        none=none,
        first=query.first,
        hidden=[name for name in rows[0] if name.startswith(AMONG) or name == STANDS_OUT] if rows else (),
        total=f"{total:,} or more" if result.more and shown is None else total,
        below=below,
        shown=shown,
        notes=[note for note in notes if note],
    )


# --- coins ----------------------------------------------------------------------------------------------------------


def coin_row(entry: "CoinEntry") -> dict[str, Any]:
    """A coin in columns; units are in the names."""
    likely = entry.proposals[0] if entry.proposals else None
    return {
        "coin": entry.coin,
        "type": entry.type,
        "by": entry.by or entry.source,
        "weight_g": number(entry.weight),
        "diameter_mm": number(entry.diameter),
        "mint": entry.named.get("mint"),
        "faces": entry.faces,
        "die_axis_h": number(entry.die_axis),
        "findspot": entry.named.get("findspot"),
        "dies": ", ".join(entry.dies.values()) or None,
        "community": entry.community,
        "doubtful": entry.doubtful,
        "proposed": likely and likely.type,
        "probability": likely and likely.probability,
        "collection": entry.collection,
        **{name: entry.named.get(name) for name in ("authority", "denomination", "material", "provenance")},
        "date": entry.date,
        **{f"{face}_picture": str(path) if (path := entry.pictures.get(face)) else None for face in FACES},
    }


def number(value: Any) -> Any:
    """A value of a table as a number, where it is one."""
    try:
        return float(value) if value is not None else None
    except (TypeError, ValueError):
        return value


def of_coins(entries: Sequence["CoinEntry"], among: int, collections: Sequence[str], wanted: str) -> Answer:
    """A list of coins; ``wanted`` says in words which ones (nothing: all), ``among`` how many there are."""
    rows = [coin_row(entry) for entry in entries]
    where = f"in {' and '.join(collections)}" if collections else "in the graph"
    hidden = ["collection"] if len(set(collections)) == 1 else []
    one = len(rows) == 1
    said = f"{len(rows):,} of {among:,} coins {where} {'has' if one else 'have'} {wanted}."
    none = f"Every coin {where} has a type." if wanted == "no type" else f"No coin {where} has {wanted}."
    if not wanted:
        none = f"There is no coin {where}."
        doubtful, untyped = sum(e.doubtful for e in entries), sum(e.type is None for e in entries)
        said = f"{len(rows):,} coins {where}; {doubtful:,} of doubtful type, {untyped:,} without a type."
    return Answer(
        rows,
        said=said,
        none=none,
        first=["coin", "type", "by", "weight_g", "diameter_mm", "mint", "faces"],
        hidden=[*hidden, "doubtful", "proposed", "probability", *(f"{face}_picture" for face in FACES)],
        shown=[_signed(row, entry) for row, entry in zip(rows, entries, strict=True)],
        order="those that need a look first",
        onward=[f"coin {_name(rows[0]['coin'], rows)}"] if rows else [],
    )


def _signed(row: dict[str, Any], entry: "CoinEntry") -> dict[str, Any]:
    """A row with the sign of its type before it."""
    if entry.type is None:
        return row | {"type": f"{PROPOSED} {row['proposed']}", "by": "proposed"} if entry.proposals else row
    sign = PERSON if entry.source == "person" else DOUBTFUL if entry.doubtful else ""
    return row | {"type": f"{sign} {entry.type}".strip()}


# --- proposals ------------------------------------------------------------------------------------------------------


def of_proposals(report: "ProposeReport") -> Answer:
    """The types that are proposed for coins without one."""
    rows, doubted, without = report.rows(), len(report.doubted), len(report.found.new)
    said = "Every coin has a type"
    if without:
        verb = "has" if len(rows) == 1 else "have"
        said = f"{len(rows):,} of {counted(without, 'coin')} without a type {verb} a proposal"
    types = f"{counted(doubted, 'type')} in the table {'is' if doubted == 1 else 'are'} doubtful"
    types += false_alarms(report.false_alarms if doubted else None)
    kept = report.found.kept
    tried = (
        f"Tried on {kept.number:,} coins of known type: {report.found.top:.0%} right (the commonest type: "
        f"{report.found.commonest:.0%}). Records are taken to be right in {report.found.trust:.0%} of cases."
    ).replace("%", " %")
    closer = f" and geometry of {report.matched:,} pairs" if report.matched else ""
    judged = f"By {', '.join(report.spaces)}{closer}."
    first = ["coin", "type", "probability", "or", "or_probability", "most_like"]
    some = [_name(row["coin"], rows) for row in rows[:1]]
    return Answer(
        rows,
        said=f"{said}; {types}.",
        none=f"{said}; {types}. {tried} {judged}",
        first=first,
        shown=[row | {"type": f"{PROPOSED} {row['type']}"} for row in rows],
        heads={"type": "proposed"},
        order="the surest first",
        below=[tried, judged],
        notes=[f"left aside: {reason}" for reason in report.left_aside],
        onward=[*(f"coin {name}" for name in some), "query doubtful-types"],
        whole=report.as_dict(),
    )
