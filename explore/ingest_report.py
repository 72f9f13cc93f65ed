"""What a reading of a folder found, as a report to read and as one to compute with."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from errors import counted
from ingest.records import SHOWN, CoinRecord, Reading, Skipped, one_line


def types_of(reading: Reading) -> dict[str, int]:
    """Coins of each type, the most frequent first."""
    counts = Counter(coin.type for coin in reading.coins if coin.type)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def one_sided(reading: Reading) -> list[CoinRecord]:
    return [coin for coin in reading.coins if len(coin.sides) == 1]


def as_dict(reading: Reading) -> dict[str, Any]:
    """Everything that the reading found, with paths as texts; ``skipped`` are all files that are not used."""
    alone = one_sided(reading)
    return {
        "source": str(reading.source),
        "collections": dict(sorted(Counter(coin.collection for coin in reading.coins).items())),
        "style": reading.style,
        "coins": len(reading.coins),
        "both_sided": len(reading.coins) - len(alone),
        "one_sided": [{"coin": coin.id, "side": next(iter(coin.sides))} for coin in alone],
        "types": types_of(reading),
        "untyped": sum(coin.type is None for coin in reading.coins),
        "skipped": [_line(item) for item in (*reading.skipped, *reading.views)],
        "further_views": [_line(item) for item in reading.views],
        "misfits": [_line(item) for item in reading.misfits],
        "suggested_pairs": [list(pair) for pair in reading.suggestions],
        "same_pictures": [list(pair) for pair in reading.doubles],
        "split": reading.split,
        "rows_without_pictures": [_line(item) for item in reading.unused_rows],
        "columns": [vars(column) for column in reading.columns],
        "notes": reading.notes,
    }


def as_text(reading: Reading) -> str:
    alone, types = one_sided(reading), types_of(reading)
    collections = sorted({coin.collection for coin in reading.coins})
    coins = len(reading.coins)
    lines = [
        f"{coins:,} coins in {', '.join(collections) or reading.collection}: {coins - len(alone):,} with both sides, "
        f"{len(alone):,} with one",
        f"names: {reading.style or 'nothing tells coin and side'}",
        f"types: {len(types):,}; coins without a type: {sum(coin.type is None for coin in reading.coins):,}",
        *_cut([f"{count:6,}  {name}" for name, count in types.items()]),
    ]
    sections: list[tuple[str, Sequence[str]]] = [
        ("one-sided coins", [f"{coin.name}: {next(iter(coin.sides))} only" for coin in alone]),
        ("suggested pairs (nearly the same name; rename to join)", [f"{a}  -  {b}" for a, b in reading.suggestions]),
        ("misfits (name and folder disagree)", _lines(reading.misfits)),
        ("the same picture twice (both kept)", [f"{a}  =  {b}" for a, b in reading.doubles]),
        ("further views (of a side that another file shows)", _lines(reading.views)),
        ("photographs of several coins, split", [_pieces(item) for item in reading.split]),
        ("rows without pictures", _lines(reading.unused_rows)),
        ("columns of the table", [str(column) for column in reading.columns]),
    ]
    for title, items in sections:
        if items:
            lines += [f"{title}: {len(items):,}", *_cut(items)]
    if reading.skipped:
        lines.append(f"skipped: {len(reading.skipped):,} (named above)")
    if reading.notes:
        lines += ["notes:", *(f"  {one_line(note)}" for note in reading.notes)]
    return "\n".join(lines)


def _pieces(item: dict[str, Any]) -> str:
    pieces = item["pieces"]
    shown = ", ".join(pieces if len(pieces) < 4 else [pieces[0], "...", pieces[-1]])
    return f"{item['picture']}: {counted(item['coins'], 'coin')} ({shown})"


def _lines(items: Iterable[Skipped]) -> list[str]:
    return [str(item) for item in items]


def _line(item: Skipped) -> dict[str, str]:
    return {"path": item.path, "reason": item.reason}


def _cut(items: Sequence[str]) -> list[str]:
    shown = [f"  {one_line(item)}" for item in items[:SHOWN]]
    return shown if len(items) <= SHOWN else [*shown, f"  ... and {len(items) - SHOWN:,} more (--json lists all)"]
