"""Provenance: every step that writes leaves a `Run` with its parameters, what it used and what it changed."""

import contextlib
import json
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from graph.connection import Database, NoServer
from graph.lock import exclusive
from graph.migrations import migrate
from graph.pending import settle

START_RUN = """
CREATE (r:Run {id: $id, name: $command, command: $command, parameters: $parameters, started: $started,
               versions: $versions, status: 'running'})
"""

FINISH_RUN = """
MATCH (r:Run {id: $id})
SET r += $properties, r.finished = $finished, r.status = $status
"""


@dataclass
class Run:
    """A step under way. ``counts`` become properties such as ``written_coins``; ``notes`` any other property."""

    id: str
    command: str
    counts: Counter[str] = field(default_factory=Counter)
    notes: dict[str, Any] = field(default_factory=dict)

    def wrote(self, what: str, number: int) -> None:
        self.counts[f"written_{what}"] += number

    def removed(self, what: str, number: int) -> None:
        self.counts[f"removed_{what}"] += number


@contextmanager
def step(db: Database, command: str, /, **parameters: Any) -> Iterator[Run]:
    """Do a step that writes: alone, and with a `Run` that keeps its parameters and what became of it.

    The block holds the database's lock (raises `graph.lock.Busy`). The run ends as ``finished`` or ``failed``; that of
    a step that is killed stays ``running``. What an earlier step that was killed left is finished or removed first.
    """
    with exclusive():
        migrate(db)
        settle(db)
        run = _begin(db, command, parameters)
        try:
            yield run
        except BaseException as error:
            if not isinstance(error, NoServer):  # with the server gone this would wait, and fail as well
                with contextlib.suppress(Exception):  # what went wrong first is what the user must hear
                    _finish(db, run, "failed")
            raise
        _finish(db, run, "finished")


def _begin(db: Database, command: str, parameters: dict[str, Any]) -> Run:
    started = datetime.now(UTC)
    run = Run(id=f"{started:%Y%m%dT%H%M%S.%f}-{command}-{secrets.token_hex(3)}", command=command)
    versions = {"coingraph": version("coingraph"), "neo4j": db.capabilities.neo4j, "gds": db.capabilities.gds}
    db.write(
        START_RUN,
        id=run.id,
        command=command,
        parameters=json.dumps(parameters, default=str, sort_keys=True),
        started=started,
        versions=json.dumps(versions),
    )
    return run


def _finish(db: Database, run: Run, status: str) -> None:
    properties = {**run.counts, **run.notes}
    db.write(FINISH_RUN, id=run.id, properties=properties, finished=datetime.now(UTC), status=status)
