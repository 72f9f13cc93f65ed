"""Provenance: every step that writes leaves a `Run` with its parameters, what it used and what it changed."""

import contextlib
import json
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from graph.connection import Database, NoServer
from graph.lock import exclusive
from graph.migrations import migrate
from graph.pending import settle

#: ``verdicts`` is the number of the last verdict that the step can know of.
START_RUN = """
CREATE (r:Run {id: $id, name: $command, command: $command, parameters: $parameters, started: $started,
               versions: $versions, status: 'running',
               verdicts: COLLECT { MATCH (v:Verdict) RETURN coalesce(max(v.number), 0) }[0]})
"""
LATEST = """
MATCH (r:Run {command: $command, status: 'finished'}) WHERE r.parameters CONTAINS $words
RETURN r.id AS id, r.parameters AS parameters ORDER BY r.started DESC LIMIT 1
"""
MAKER = """
MATCH (r:Run)-[:PRODUCED]->(m {space: $space}) WHERE $label IN labels(m)
RETURN r.id AS id ORDER BY r.started DESC LIMIT 1
"""
FINISHED = """
MATCH (r:Run {status: 'finished'}) WHERE r.command IN $commands
RETURN r.id AS id, r.command AS command, r.parameters AS parameters, r.started AS started, r.versions AS versions
ORDER BY r.started DESC
"""
CHANGED_SINCE = """
MATCH (since:Run {id: $id})
MATCH (r:Run {command: 'link'}) WHERE r.started > since.started AND r.parameters CONTAINS $words
RETURN coalesce(sum(reduce(all = 0, key IN $counts | all + coalesce(r[key], 0))), 0) AS edges
"""
#: What a link counts of edges that are new, and of all that it changed.
NEW = ("written_similar",)
CHANGED = tuple(f"{did}_{edges}" for did in ("written", "updated", "removed") for edges in ("similar", "related"))

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


@dataclass(frozen=True)
class Ran:
    """A step that finished: its run's id, its command, what it was asked, when it began (UTC), with which versions."""

    id: str
    command: str
    parameters: dict[str, Any]
    started: datetime
    versions: dict[str, str]


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


def latest_run(db: Database, command: str, words: str = "") -> tuple[str, dict[str, Any]] | None:
    """The id and the parameters of the latest run of a command that finished; ``words`` stand in its parameters."""
    for row in db.read(LATEST, command=command, words=words):
        return row["id"], json.loads(row["parameters"])
    return None


def finished_runs(db: Database, commands: Sequence[str]) -> list[Ran]:
    """The runs of some commands that finished, the latest first."""
    return [
        Ran(
            row["id"],
            row["command"],
            json.loads(row["parameters"]),
            row["started"].to_native(),
            json.loads(row["versions"]),
        )
        for row in db.read(FINISHED, commands=list(commands))
    ]


def maker_of(db: Database, label: str, slug: str) -> str | None:
    """The id of the run that made the latest `Partition` or `DieStudy` (the ``label``) of a space."""
    return next((row["id"] for row in db.read(MAKER, label=label, space=slug)), None)


def edges_since(db: Database, run: str, slug: str, counts: Sequence[str]) -> int:
    """How many edges of a space links have changed since a run (its id): what they counted as ``counts``."""
    return int(db.read(CHANGED_SINCE, id=run, words=of_space(slug), counts=list(counts))[0]["edges"])


def of_space(slug: str) -> str:
    """How the parameters of a run name a space."""
    return json.dumps({"space": slug})[1:-1]


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
