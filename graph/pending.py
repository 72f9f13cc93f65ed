"""What was decided and is not done yet.

A step that takes something away, or puts something new in its place, first writes the new beside the old. Then it
decides: one small transaction notes what is to be done as a `Pending` node. Only then it touches the old, in batches,
and each part can be repeated. A step that was killed before it decided has changed nothing; one that was killed
afterwards is finished by the next command that connects.
"""

import json
from collections.abc import Callable
from typing import Any

from graph.connection import Database, Transaction
from graph.lock import Busy, exclusive

DECIDE = "CREATE (p:Pending {name: $what, what: $what, facts: $facts, decided: datetime()})"
READ = "MATCH (p:Pending) RETURN elementId(p) AS id, p.what AS what, p.facts AS facts ORDER BY p.decided"
DONE = "MATCH (p:Pending) WHERE elementId(p) = $id DELETE p"


def decide(db: "Database | Transaction", what: str, **facts: Any) -> None:
    """Note that ``what`` (a key of `_steps`) is to be done with ``facts``, which JSON can hold."""
    db.write(DECIDE, what=what, facts=json.dumps(facts))


def finish(db: Database) -> list[str]:
    """Do what was decided, the oldest first; what was done. The caller holds the lock."""
    done = []
    for row in db.read(READ):
        _steps()[row["what"]](db, **json.loads(row["facts"]))
        db.write(DONE, id=row["id"])
        done.append(row["what"])
    return done


def finish_interrupted(db: Database) -> None:
    """Do what a killed step had decided, so that nobody reads half of it; not while another process is at it."""
    if db.read(READ):
        try:
            with exclusive():
                finish(db)
        except Busy:
            pass


def _steps() -> dict[str, Callable[..., None]]:
    """What can be decided, by name, each a function that may be repeated."""
    from graph import store, undo

    return {
        "ingest": store.make_planned,
        "collections undo": undo.turn,
        "collections remove": store.delete_collection,
    }
