"""Rows of results as JSON, CSV, or a table for a terminal."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ingest.records import FACES, one_line

if TYPE_CHECKING:
    from queries.catalogue import Result
    from queries.find import Hit

Row = Mapping[str, Any]
AMONG = "among_"  # columns of a query that count the coins (pairs, links) an answer was looked for among
#: Columns of a hit that JSON and CSV have and a table has no room for.
WIDE = ("obverse_rank", "obverse_back_rank", "reverse_rank", "reverse_back_rank", "without_text", "fields")
PICTURES = ("obverse_picture", "reverse_picture")


def to_json(rows: Sequence[Row]) -> str:
    return json.dumps([dict(row) for row in rows], ensure_ascii=False, indent=2, default=str)


def to_csv(rows: Sequence[Row]) -> str:
    """A line of column names and a line for each row; lists as one text, nothing for None."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if rows:
        writer.writerow(_flat(rows[0]))
    writer.writerows(_flat(row).values() for row in rows)
    return text.getvalue()


def to_table(rows: Sequence[Row]) -> str:
    """Columns for a terminal. A text never breaks its line, whatever it holds."""
    from tabulate import tabulate

    shown = [{name: _on_one_line(value) for name, value in _flat(row).items()} for row in rows]
    return tabulate(shown, headers="keys", floatfmt=".4g")


def _flat(row: Row) -> dict[str, Any]:
    """A row without nodes and relationships; lists as one text."""
    return {name: _joined(value) for name, value in row.items() if not isinstance(value, dict)}


def _joined(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return "; ".join(str(part) for part in value if not isinstance(part, dict))
    return "" if value is None else value


def _on_one_line(value: Any) -> Any:
    return one_line(value) if isinstance(value, str) else value


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


def hit_table(hits: Sequence["Hit"]) -> list[dict[str, Any]]:
    """The columns of hits that a terminal has room for: those in which one of them says anything."""
    rows = [hit_row(hit) for hit in hits]
    hidden = {*WIDE, *PICTURES, "among_coins"} | ({"cosine", "percentile", "side"} if hits and hits[0].score else set())
    said = {name for row in rows for name, value in row.items() if value not in (None, [], "")}
    return [{name: value for name, value in row.items() if name in said - hidden} for row in rows]


def heading(result: "Result") -> str:
    """The question of a stored query and the values it was asked with, for the line above a table."""
    values = ", ".join(f"{name}={value}" for name, value in result.values.items() if value != [])
    return one_line(f"{result.query.question} ({values})" if values else result.query.question)


def result_table(result: "Result") -> list[dict[str, Any]]:
    """The rows of a stored query without nodes, relationships and the columns that `footing` tells."""
    return [{name: value for name, value in _flat(row).items() if not name.startswith(AMONG)} for row in result.rows]


def footing(result: "Result") -> str:
    """How many rows there are, and among how many coins, for the line below a table."""
    if not result.rows:
        return "nothing found" + (f" among {result.coins} coins" if result.coins is not None else "")
    among = [f"{value} {name.removeprefix(AMONG)}" for name, value in result.rows[0].items() if name.startswith(AMONG)]
    rows = "1 row" if len(result.rows) == 1 else f"{len(result.rows)} rows"
    usual = {parameter.name: parameter.default for parameter in result.query.parameters}.get("limit")
    if result.values.get("limit") == usual == len(result.rows):  # who gave a limit knows of it
        rows += f" (the most that limit={usual} lets through)"
    return rows + f", among {' and '.join(among)}".replace("_", " ") * bool(among)
