"""Steps that are killed: after each write that they make."""

from collections.abc import Callable

import numpy as np
import pytest
from test_kill import snapshot_of

from graph.connection import Database
from graph.pending import settle

FEW = 4  #: kills of a step in `make test`; `make soak` kills before each write
MOMENTS = [FEW, pytest.param(None, marks=pytest.mark.soak)]


def kill_after(monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    """Let so many sessions write, then none, as if the process were gone."""
    left = writes
    session = Database._session

    def counted(self: Database, access: str):
        nonlocal left
        left -= access == "WRITE"
        if left < 0:
            raise KeyboardInterrupt
        return session(self, access)

    monkeypatch.setattr(Database, "_session", counted)


def killed_anywhere(
    db: Database, step: Callable[[], object], back: Callable[[], object], moments: int | None = FEW
) -> int:
    """Kill ``step`` before its first write, its last, and some between, ``moments`` in all (None: before each write).

    After each kill and what the next command does first, the graph must be as ``back`` left it, or as the step does.
    Returns how many writes the step makes.
    """
    step()
    new = snapshot_of(db)
    back()
    old = snapshot_of(db)
    assert old != new
    writes = _writes_of(step)
    back()
    for number in range(writes) if moments is None else sorted({*np.linspace(0, writes - 1, moments).astype(int)}):
        with pytest.MonkeyPatch.context() as patch:
            kill_after(patch, int(number))
            with pytest.raises(KeyboardInterrupt):
                step()
        settle(db)
        found = snapshot_of(db)
        assert found in (old, new), f"killed after {number} writes"
        if found == new:
            back()
    step()
    assert snapshot_of(db) == new
    return writes


def _writes_of(step: Callable[[], object]) -> int:
    written = 0
    session = Database._session

    def counted(self: Database, access: str):
        nonlocal written
        written += access == "WRITE"
        return session(self, access)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "_session", counted)
        step()
    return written
