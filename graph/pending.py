"""What was decided and is not done yet.

A step that takes something away, or puts something new in its place, first writes the new beside the old. Then it
decides: one small transaction notes what is to be done as a `Pending` node. Only then it touches the old, in batches,
and each part can be repeated. A step that was killed before it decided has changed nothing; one that was killed
afterwards is finished by the next command that connects.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

from graph.connection import Database, Transaction
from graph.lock import Busy, exclusive

#: What can be decided, and the function that does it. It may be repeated, and may return how much of what it removed.
#: Named rather than imported, for these modules decide things and so stand on this one.
STEPS = {
    "remove space": "graph.replacing:carry_out_removal",
    "replace space": "graph.replacing:carry_out_replacement",
    "replace edges": "graph.last_link:replace_edges",
    "bring up edges": "pipeline.link:bring_up",
    "bring up probabilities": "pipeline.calibrate:bring_up",
    "forget probabilities": "graph.last_link:forget_probabilities",
    "ingest": "graph.store:make_planned",
    "collections undo": "graph.undo:turn",
    "collections remove": "graph.store:delete_collection",
}
SWEEP = "graph.replacing:sweep_drafts"

DECIDE = "CREATE (p:Pending {id: $id, name: $what, what: $what, facts: $facts, decided: datetime()})"
READ = "MATCH (p:Pending) RETURN p.id AS id, p.what AS what, p.facts AS facts ORDER BY p.decided, id LIMIT 1"
LIST = "MATCH (p:Pending) RETURN p.what AS what ORDER BY p.decided, p.id"
DONE = "MATCH (p:Pending {id: $id}) DELETE p"


def decide(db: "Database | Transaction", what: str, **facts: Any) -> str:
    """Note that ``what`` (a key of `STEPS`) is to be done with ``facts``, which JSON can hold; the note's id."""
    note = secrets.token_hex(8)
    db.write(DECIDE, id=note, what=what, facts=json.dumps(facts))
    return note


@contextmanager
def deciding(db: Database, what: str, **facts: Any) -> Iterator[None]:
    """The block does what is decided here; where it does not come to its end, the next command does."""
    note = decide(db, what, **facts)
    yield
    db.write(DONE, id=note)


def finish(db: Database, removed: Callable[[str, int], None] | None = None) -> list[str]:
    """Do what was decided, the oldest first, and tell ``removed`` what was taken away and how much; what was done.

    The caller holds the lock.
    """
    done = []
    while decided := db.read(READ):
        step = _function(STEPS[decided[0]["what"]])
        for what, number in (step(db, **json.loads(decided[0]["facts"])) or {}).items():
            if removed:
                removed(what, number)
        db.write(DONE, id=decided[0]["id"])
        done.append(decided[0]["what"])
    return done


def settle(db: Database) -> None:
    """Leave nothing of a step that was killed: what it had decided is done, and what it had not is taken away."""
    finish(db)
    _function(SWEEP)(db)


def unfinished(db: Database) -> list[str]:
    """What is decided and not done, the oldest first."""
    return [row["what"] for row in db.read(LIST)]


def finish_interrupted(db: Database) -> bool:
    """Do what a killed step had decided, so that nobody reads half of it; not while another process is at it.

    Whether there was something to do, and it was done.
    """
    if db.read(READ):
        with suppress(Busy), exclusive():
            return bool(finish(db))
    return False


def _function(place: str) -> Callable[..., dict[str, int] | None]:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
