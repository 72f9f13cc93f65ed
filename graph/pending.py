"""What was decided and is not done yet.

A step that takes something away, or puts something new in its place, first writes the new beside the old. Then it
decides: one small transaction notes what is to be done as a `Pending` node. Only then it touches the old, in batches,
and each part can be repeated. A step that was killed before it decided has changed nothing; one that was killed
afterwards is finished by the next command that connects.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from graph.connection import Database, Transaction
from graph.lock import Busy, exclusive

if TYPE_CHECKING:
    from graph.runs import Run

DECIDE = "CREATE (p:Pending {id: $id, name: $what, what: $what, facts: $facts, decided: datetime()})"
READ = "MATCH (p:Pending) RETURN p.id AS id, p.what AS what, p.facts AS facts ORDER BY p.decided, id LIMIT 1"
DONE = "MATCH (p:Pending {id: $id}) DELETE p"


def decide(db: "Database | Transaction", what: str, **facts: Any) -> str:
    """Note that ``what`` (a key of `_steps`) is to be done with ``facts``, which JSON can hold; the note's id."""
    note = secrets.token_hex(8)
    db.write(DECIDE, id=note, what=what, facts=json.dumps(facts))
    return note


@contextmanager
def deciding(db: Database, what: str, **facts: Any) -> Iterator[None]:
    """The block does what is decided here; where it does not come to its end, the next command does."""
    note = decide(db, what, **facts)
    yield
    db.write(DONE, id=note)


def finish(db: Database, run: "Run | None" = None) -> list[str]:
    """Do what was decided, the oldest first, and note on ``run`` how much of what was removed; what was done.

    The caller holds the lock.
    """
    done = []
    while decided := db.read(READ):
        step = _steps()[decided[0]["what"]]
        for what, number in (step(db, **json.loads(decided[0]["facts"])) or {}).items():
            if run:
                run.removed(what, number)
        db.write(DONE, id=decided[0]["id"])
        done.append(decided[0]["what"])
    return done


def settle(db: Database) -> None:
    """Leave nothing of a step that was killed: what it had decided is done, and what it had not is taken away."""
    from graph.replacing import sweep_drafts

    finish(db)
    sweep_drafts(db)


def finish_interrupted(db: Database) -> None:
    """Do what a killed step had decided, so that nobody reads half of it; not while another process is at it."""
    if db.read(READ):
        try:
            with exclusive():
                finish(db)
        except Busy:
            pass


def _steps() -> dict[str, Callable[..., dict[str, int] | None]]:
    """What can be decided, by name: functions that may be repeated, and may return how much of what they removed."""
    from graph import link, probabilities, replacing, store, undo

    return {
        "remove space": replacing.carry_out_removal,
        "replace space": replacing.carry_out_replacement,
        "replace edges": link.carry_out_replacement,
        "bring up edges": link.bring_up,
        "bring up probabilities": probabilities.bring_up,
        "forget probabilities": probabilities.carry_out_forgetting,
        "ingest": store.make_planned,
        "collections undo": undo.turn,
        "collections remove": store.delete_collection,
    }
