"""What `run` ends with on a terminal: what there is in a few lines, and what to look at, with the command for it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from errors import counted
from explore.tables import sentence, shortened

if TYPE_CHECKING:
    from ingest.records import Face
    from pipeline.run import RunResult
    from queries.catalogue import Result

#: What the coins of a question are, and the command that shows them.
WHAT = {
    "doubtful-types": ("types doubtful", "query doubtful-types"),
    "likely-types": ("without a type", "propose"),
    "doubles": ("may be one coin", "query doubles"),
    "swapped-sides": ("sides swapped?", "query swapped-sides"),
    "mules": ("of two types?", "query mules"),
    "outliers": ("far in weight", "query outliers"),
    "one-sided-coins": ("with one side", "query one-sided-coins"),
    "doubtful-legends": ("legends doubtful", "query doubtful-legends"),
}
A_SIDE: "dict[Face, str]" = {"obverse": "an obverse", "reverse": "a reverse"}
WHICH = 28  # places of the column that names the coins


def look_rows(result: "RunResult") -> list[dict[str, Any]]:
    """What to look at: how many coins, what they are, which ones, and the command; only questions with an answer."""
    return [
        {
            "coins": _number(name, found),
            "what": WHAT[name][0],
            "which": _which(name, found, result.reading.collection),
            "command": WHAT[name][1],
        }
        for name, found in result.to_look_at.items()
        if found.notable
    ]


def _number(name: str, found: "Result") -> int:
    """Coins, of which a row of `doubles` names two."""
    if name == "doubles":
        return len({coin for row in found.notable for coin in (row["coin"], row["other"])})
    all_shown = len(found.notable) == len(found.rows)
    return found.total if all_shown and found.total else len(found.notable)


def _which(name: str, found: "Result", collection: str) -> str:
    rows = found.notable
    first, prefix = rows[0], f"{collection}/"
    if name == "likely-types" and len(rows) == 1:
        return f"{first['coin'].removeprefix(prefix)}: {first['likeliest']}?"
    if name == "outliers" and len(rows) == 1:
        return f"{first['coin'].removeprefix(prefix)}: {first['value']:.2f} g, others {first['median']:.2f}"
    if name == "one-sided-coins" and len(rows) == 1:
        return f"{first['coin'].removeprefix(prefix)}: no {first['lacks']}"
    if name == "doubtful-legends" and len(rows) == 1:
        return f"{first['coin'].removeprefix(prefix)}: {first['neighbours_say']}?"
    pair = ("coin", "other") if name == "doubles" else ("coin",)
    coins = dict.fromkeys(row[key].removeprefix(prefix) for row in rows for key in pair)
    return ", ".join(coins)


def summary(result: "RunResult", folder: Path) -> list[str]:
    """The lines for a terminal; ``folder`` is where the report lies."""
    lines = [line for text in _sentences(result) for line in sentence(text)]
    rows = look_rows(result)
    if rows:
        lines.append(f"{'To look at':{24 + WHICH}}coingraph …")
        lines += [
            f"{row['coins']:>3,}  {row['what']:<17}  {_fitting(row['which']):<{WHICH}}  {row['command']}"
            for row in rows
        ]
    else:
        lines.append("Nothing stands out.")
    return [*lines, f"Report and contact sheet: {folder}/", f"Go on: coingraph {_onward(result, rows)}"]


def _fitting(text: str) -> str:
    """Names as far as there is room for them whole."""
    if len(text) <= WHICH or ", " not in text:
        return shortened(text, WHICH)
    kept, names = "", text.split(", ")
    for place, name in enumerate(names):
        longer = f"{kept}, {name}" if kept else name
        if len(longer) + len(f", {len(names) - place} more") > WHICH:
            return f"{kept}, {len(names) - place} more"
        kept = longer
    return kept


def _sentences(result: "RunResult") -> Iterator[str]:
    counts = result.collections
    coins, both, typed = (sum(getattr(one, name) for one in counts) for name in ("coins", "both_sided", "typed"))
    types = {coin.type for summary in result.communities for coin in summary.coins if coin.type}
    number = result.agreement.types if result.agreement else len(types)
    name = counts[0].collection if len(counts) == 1 else f"{len(counts)} collections"
    with_type = f"{typed:,} with a type ({number:,} types)" if typed else "none with a type"
    yield f"{name}: {coins:,} coins, {both:,} with both sides, {with_type}."
    yield _went_by(result)
    if result.closer.train and result.closer.train.lesson:
        yield trained_text(result)
    if result.readings:
        yield _best_read(result)
    communities, alone = result.communities, result.alone
    held = sum(len(one.coins) for one in communities)
    pure = sum(len({coin.type for coin in one.coins if coin.type}) == 1 for one in communities)
    of_one = f", {pure} of them one type each" if typed else ""
    stand = f"; {counted(alone, 'coin stands', 'coins stand')} alone" if alone else ""
    yield f"{len(communities):,} communities hold {held:,} coins{of_one}{stand}."
    if found := result.agreement:
        chance = f"{found.chance_low:.2f} to {found.chance_high:.2f}"
        yield f"Communities agree with the types to {found.ami:.2f} (by chance {chance})."


def _went_by(result: "RunResult") -> str:
    """The space, and why that one."""
    joined, name = result.joined, result.went_by.name
    if joined is None:
        return f"By {name}, as asked."
    letters = " and ".join(f"{joined.letters[face]:.1f} letters of {side}" for face, side in A_SIDE.items())
    if not any(joined.weights.values()):
        return f"By {name}, pictures alone: only {letters} can be read."
    weights = " and ".join(f"{joined.weights[face]:.0%} on {face}s".replace("%", " %") for face in A_SIDE)
    return f"By {name}: {letters} can be read, so that legends count {weights}."


def trained_text(result: "RunResult") -> str:
    """What was learnt from the coins, and whether that is gone by; nothing where nothing was."""
    if not (trained := result.closer.train):
        return ""
    made, base = trained.derived.space, result.joined.space if result.joined else result.embedded.space
    taken = result.went_by.slug == made.slug
    gain = trained.lesson.gain if trained.lesson else None
    if not gain:
        return f"{made.name} learned from your coins: {made.transform}."
    figure = (
        f"mean average precision of types that it did not see {gain.difference.value:+.3f} "
        f"({gain.difference.low:+.3f} to {gain.difference.high:+.3f})"
    )
    if taken:
        return (
            f"{made.name}, trained on your coins, is the default now: {figure}. "
            f"Back: `coingraph spaces default {base.name}`."
        )
    if gain.better:
        return (
            f"{made.name}, trained on your coins, is better: {figure}. Use it: `coingraph link --space {made.name}` "
            f"and `coingraph spaces default {made.name}`."
        )
    return f"Training on your coins did not surely help: {figure}. {base.name} stays."


def _best_read(result: "RunResult") -> str:
    """The side whose letters are surest, as one example; the report has more."""
    best = result.readings[0]
    coin = best.coin.removeprefix(f"{result.reading.collection}/")
    recorded = f", recorded as {best.recorded}" if best.recorded else ""
    return f"Read best, on the {best.face} of {coin}: {best.text}{recorded}."


def _onward(result: "RunResult", rows: Sequence[dict[str, Any]]) -> str:
    for found in result.to_look_at.values():
        if found.notable:
            return f"coin {found.notable[0]['coin'].rpartition('/')[2]}"
    return f"find {result.communities[0].coins[0].coin.rpartition('/')[2]}" if result.communities else "coins"
