"""Steps that are killed: after each write that they make."""

from collections.abc import Callable

import pytest
from test_kill import snapshot_of

from graph.connection import Database
from graph.pending import settle


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


def killed_anywhere(db: Database, step: Callable[[], object], back: Callable[[], object], most: int = 80) -> int:
    """Kill ``step`` before its first write, its second, and so on, until it comes to its end; how often.

    After each kill and what the next command does first, the graph must be as ``back`` left it, or as the step does.
    """
    step()
    new = snapshot_of(db)
    back()
    old = snapshot_of(db)
    assert old != new
    for writes in range(most):
        with pytest.MonkeyPatch.context() as patch:
            kill_after(patch, writes)
            try:
                step()
                return writes
            except KeyboardInterrupt:
                pass
        settle(db)
        found = snapshot_of(db)
        assert found in (old, new), f"killed after {writes} writes"
        if found == new:
            back()
    raise AssertionError(f"not at its end after {most} writes")
