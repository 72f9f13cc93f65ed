"""Which rows of a list that accuses stand out: more of them are there than twice what chance would give anyway.

Such a question names the column that tells how many rows, this one and those before it, chance would give (`@chance`).
So of the rows that stand out at most half are expected to be false alarms.
"""

from collections.abc import Mapping, Sequence
from typing import Any

STANDS_OUT = "stands_out"  #: the column that says of a row whether it does
TIMES = 2.0  # as many rows as chance gives, at least


def standing(rows: Sequence[Mapping[str, Any]], column: str, total: int, most: float | None) -> list[bool]:
    """Of each row whether it stands out; rows whose ``column`` is None, of which chance says nothing, do.

    ``total`` is how many rows there are without a limit, for all of which together chance would give ``most``.
    """
    if most is not None and total >= TIMES * most:
        return [True] * len(rows)
    last = max((k for k, row in enumerate(rows, 1) if row[column] is not None and k >= TIMES * row[column]), default=0)
    return [k <= last or row[column] is None for k, row in enumerate(rows, 1)]
