"""What persons decide on coins: given, listed, taken back, and exchanged as a table."""

import csv
import difflib
import getpass
import os
import re
import secrets
from collections.abc import Collection, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from errors import BadOption, CoingraphError
from graph import deciding
from graph import verdicts as model
from graph.connection import Database
from graph.deciding import Shown
from graph.lock import exclusive
from graph.spaces import default_space
from graph.verdicts import Subject, Verdict
from ingest.files import whole
from ingest.records import FACES, Face
from queries.catalogue import run as run_query
from queries.lookup import find_coin
from queries.stored import stored

#: Seconds that a verdict which changes photographs waits for another step to end.
WAIT = 20
TEXTS = ("note", "type", "face", "instead_of", "space", "run", "undone_by")
COLUMNS = (
    *("id", "number", "kind", "author", "at", "note", "type", "face"),
    *("coin", "obverse", "reverse", "other", "other_obverse", "other_reverse"),
    *("instead_of", "probability", "space", "run", "undone", "undone_at", "undone_by"),
)


class UnknownType(CoingraphError):
    """No coin is of a type of this name."""


class NoProposal(CoingraphError):
    """No type is proposed for a coin, or another one than its own."""


class OneCoin(CoingraphError):
    """A verdict on two coins that are one and the same record."""


class BadVerdict(BadOption):
    """A verdict of no kind, or not on as many coins as its kind is about."""


class NoSide(CoingraphError):
    """A coin has no photograph of this side."""


class BadVerdicts(CoingraphError):
    """A file that holds no verdicts, or one that cannot be read."""


@dataclass(frozen=True)
class History:
    """All verdicts, the latest first; the ``people`` who gave them, and the coins or pairs on which these differ."""

    verdicts: list[Verdict]
    people: int
    undone: int
    disputed: int


@dataclass(frozen=True)
class Imported:
    """What an import brought: verdicts that are new here, known ones that are undone now, and all of the file."""

    new: int
    undone: int
    total: int


def set_type(
    db: Database, coin: str, kind: str, *, new: bool = False, author: str | None = None, note: str | None = None
) -> Verdict:
    """A coin is of the type ``kind``. Raises `UnknownType` for a name that no type has, unless it is a ``new`` one."""
    return decide(db, model.TYPE, [coin], type=kind, new=new, author=author, note=note)


def accept(db: Database, coins: Sequence[str], *, author: str | None = None, note: str | None = None) -> list[Verdict]:
    """The types that are proposed for these coins are right. Raises `NoProposal`; then none is accepted."""
    return _give(db, _on_proposals(db, model.ACCEPT, coins, author, note))


def reject(db: Database, coins: Sequence[str], *, author: str | None = None, note: str | None = None) -> list[Verdict]:
    """The types that are proposed for these coins are wrong. Raises `NoProposal`; then none is rejected."""
    return _give(db, _on_proposals(db, model.REJECT, coins, author, note))


def same_type(
    db: Database, coin: str, other: str, *, same: bool = True, author: str | None = None, note: str | None = None
) -> Verdict:
    """Two coins are of one type, or are not the ``same``. Raises `OneCoin`."""
    kind = model.SAME_TYPE if same else model.NOT_SAME_TYPE
    return decide(db, kind, [coin, other], author=author, note=note)


def same_die(
    db: Database,
    coin: str,
    other: str,
    face: Face,
    *,
    same: bool = True,
    author: str | None = None,
    note: str | None = None,
) -> Verdict:
    """The obverses, or reverses, of two coins are from one die, or are not the ``same``. Raises `OneCoin`, `NoSide`."""
    kind = model.SAME_DIE if same else model.NOT_SAME_DIE
    return decide(db, kind, [coin, other], face=face, author=author, note=note)


def swap_sides(db: Database, coin: str, *, author: str | None = None, note: str | None = None) -> Verdict:
    """What passes for the obverse of a coin is its reverse. Each photograph keeps its vectors; the edges have to be
    drawn again."""
    return decide(db, model.SWAP, [coin], author=author, note=note)


def merge(db: Database, coin: str, other: str, *, author: str | None = None, note: str | None = None) -> Verdict:
    """Two records are one coin: the other one is left out of all that is found and counted. Raises `OneCoin`."""
    return decide(db, model.MERGE, [coin, other], author=author, note=note)


def exclude(db: Database, coin: str, face: Face, *, author: str | None = None, note: str | None = None) -> Verdict:
    """Leave the photograph of a side out of all that is found and counted. Raises `NoSide`."""
    return decide(db, model.EXCLUDE, [coin], face=face, author=author, note=note)


def decide(
    db: Database,
    kind: str,
    coins: Sequence[str],
    *,
    face: Face | None = None,
    type: str | None = None,
    new: bool = False,
    author: str | None = None,
    note: str | None = None,
    id: str | None = None,
    seen: int | None = None,
) -> Verdict:
    """A verdict of any ``kind`` (`graph.verdicts.KINDS`) on one coin or two, given once however often it is sent: its
    ``id`` (32 hexadecimal digits) tells that it is the same.

    ``seen`` is how often something was decided on just these coins, or taken back, when the author looked at them.
    Raises what the verdicts of the other functions raise, `BadVerdict`, and `Overtaken` where somebody else has decided
    since.
    """
    pair = kind in model.OF_PAIRS
    if kind not in model.KINDS or len(coins) != 1 + pair or (face not in FACES and kind in model.OF_SIDES):
        raise BadVerdict(f"this is no verdict: {kind!r} on {len(coins)} coins, face {face!r}")
    if id is not None and not re.fullmatch(r"[0-9a-f]{32}", id):
        raise BadVerdict("the id of a verdict is 32 hexadecimal digits")
    for known in model.read_verdicts(db, [id]) if id else ():
        return known
    if kind == model.TYPE:
        type = _known_type(db, type or "", new)
    ids = list(_two(db, *coins)) if pair else [find_coin(db, coins[0])]
    if kind in model.OF_TYPES:
        proposed = deciding.proposed(db, ids[0], type)
        if kind != model.TYPE and proposed is None:
            raise NoProposal(f"no such type is proposed for {ids[0]}, or none but its own; nothing was written")
        shown = proposed or Shown()
        type = type if kind == model.TYPE else shown.type
    else:
        space = default_space(db) if kind in (model.SAME_TYPE, model.NOT_SAME_TYPE) else None
        asked = (model.SAME_DIE, model.NOT_SAME_DIE, model.SAME_TYPE, model.NOT_SAME_TYPE)
        shown = deciding.shown_of_pair(db, ids[0], ids[1], space, face) if kind in asked else Shown()
        type = None
    verdict = _verdict(db, kind, ids, author, note, shown, type=type, face=face if kind in model.OF_SIDES else None)
    return _give(db, [replace(verdict, id=id or verdict.id)], seen)[0]


def history(db: Database) -> History:
    """All verdicts there are."""
    found = model.read_verdicts(db)
    rows = run_query(db, stored("verdicts-differ"), {"limit": 1_000_000}).rows
    return History(
        found[::-1],
        len({one.author for one in found}),
        sum(one.undone for one in found),
        len({(row["coin"], row["other"]) for row in rows}),
    )


def undo(db: Database, number: int | None = None, *, author: str | None = None) -> Verdict:
    """Take a verdict back, by its number; without one, the last that stands. It stays in the history, marked.

    Raises `UnknownVerdict`, `UndoneAlready`.
    """
    one = deciding.find_verdict(model.read_verdicts(db), number)
    with _alone([one]):
        return deciding.take_back(db, one.number, speaker(author))


def speaker(author: str | None) -> str:
    """Who speaks: as given, else `COINGRAPH_AS`, else the name of the login."""
    named = (author or os.environ.get("COINGRAPH_AS") or "").strip()
    try:
        return named or getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def export_verdicts(db: Database, path: Path, numbers: Collection[int] | None = None) -> int:
    """Write all verdicts, undone ones too, or those of some ``numbers``, as a CSV table; how many."""
    found = [one for one in model.read_verdicts(db) if numbers is None or one.number in numbers]
    with whole(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(_row(one) for one in found)
    return len(found)


def import_verdicts(db: Database, path: Path) -> Imported:
    """Add the verdicts of such a table; those that are here already, by their ids, are not doubled.

    What is undone in the table is undone here. The photographs need not be here: a verdict waits for them. Raises
    `BadVerdicts`; then nothing was written.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadVerdicts(f"{path}: this is no table of verdicts: {error}") from error
    if not rows or not {"id", "kind", "author", "coin"} <= rows[0].keys():
        raise BadVerdicts(f"{path}: this is no table of verdicts; the columns id, kind, author and coin are needed")
    found = [_from_row(path, number, row) for number, row in enumerate(rows, 2)]
    known = {one.id: one.undone for one in model.read_verdicts(db)}
    with _alone(found):
        deciding.insert(db, found)
    new = {one.id for one in found if one.id not in known}
    undone = {one.id for one in found if one.undone and known.get(one.id) is False}
    return Imported(len(new), len(undone), len(found))


# ---------------------------------------------------------------------------------------------------------------------


def _known_type(db: Database, kind: str, new: bool) -> str:
    """The name of a type, without spaces around it. Raises `UnknownType` where no type has it, unless it is ``new``."""
    kind = kind.strip()
    known = deciding.known_types(db)
    if not kind or (kind not in known and not new):
        near = [name for name in known if kind and kind.casefold() in name.casefold()]
        near = near or difflib.get_close_matches(kind, known, n=3, cutoff=0.5)
        there = f"; there is {' or '.join(near[:3])}{', and more' * (len(near) > 3)}" if near else ""
        raise UnknownType(f"no type is called {kind!r}{there}", near=near)
    return kind


def _two(db: Database, coin: str, other: str) -> tuple[str, str]:
    pair = find_coin(db, coin), find_coin(db, other)
    if pair[0] == pair[1]:
        raise OneCoin(f"{coin} and {other} are one record: a verdict on two coins needs two")
    return pair


def _on_proposals(db: Database, kind: str, coins: Sequence[str], author: str | None, note: str | None) -> list[Verdict]:
    found = []
    for id in dict.fromkeys(find_coin(db, coin) for coin in coins):
        shown = deciding.proposed(db, id)
        if shown is None:
            raise NoProposal(f"no type is proposed for {id}, or none but its own; nothing was written")
        found.append(_verdict(db, kind, [id], author, note, shown, type=shown.type))
    return found


def _verdict(
    db: Database,
    kind: str,
    coins: Iterable[str],
    author: str | None,
    note: str | None,
    shown: Shown | None = None,
    *,
    type: str | None = None,
    face: Face | None = None,
) -> Verdict:
    subjects, types = zip(*(deciding.subject_of(db, coin) for coin in coins), strict=True)
    for subject in subjects:
        if face and not subject.of(face):
            raise NoSide(f"{subject.coin} has no photograph of its {face}")
    shown = shown or Shown()
    return Verdict(
        id=secrets.token_hex(16),
        kind=kind,
        author=speaker(author),
        subjects=subjects,
        at=datetime.now(UTC),
        note=(note or "").strip() or None,
        type=type,
        face=face,
        instead_of=types[0] if kind in model.OF_TYPES else None,
        space=shown.space,
        run=shown.run,
        probability=shown.probability,
    )


def _alone(given: Sequence[Verdict]) -> Any:
    """Where photographs change, no other step may be at work on them; else nobody has to wait."""
    return exclusive(WAIT) if any(one.corrects for one in given) else nullcontext()


def _give(db: Database, given: Sequence[Verdict], seen: int | None = None) -> list[Verdict]:
    with _alone(given):
        return deciding.insert(db, given, seen)


def _row(one: Verdict) -> dict[str, Any]:
    row = {name: getattr(one, name) for name in COLUMNS if hasattr(one, name)}
    for subject, before in zip(one.subjects, ("", "other_"), strict=False):
        row |= {f"{before}{face}": subject.of(face) for face in FACES}
    row |= dict(zip(("coin", "other"), one.coins, strict=False))
    row |= {name: row[name].isoformat() for name in ("at", "undone_at") if row[name]}
    return row | {"undone": "yes" if one.undone else "no"}


def _from_row(path: Path, number: int, row: dict[str, Any]) -> Verdict:
    said = {name: (value or "").strip() or None for name, value in row.items() if name}
    try:
        if said["kind"] not in model.KINDS or not said["id"]:
            raise ValueError(f"there is no verdict of the kind {said['kind']!r}, or it has no id")
        pair = said["kind"] in model.OF_PAIRS
        subjects = [_subject(said, "coin", "")] + ([_subject(said, "other", "other_")] if pair else [])
        if said["kind"] in model.OF_TYPES and not said.get("type"):
            raise ValueError("the type is missing")
        if said["kind"] in model.OF_SIDES and said.get("face") not in FACES:
            raise ValueError("the face is neither obverse nor reverse")
        texts: dict[str, Any] = {name: said.get(name) for name in TEXTS}
        return Verdict(
            id=said["id"],
            kind=said["kind"],
            author=said["author"] or "",
            subjects=tuple(subjects),
            at=_time(said.get("at")),
            probability=float(said["probability"] or 0) if said.get("probability") else None,
            undone=said.get("undone") == "yes",
            undone_at=_time(said.get("undone_at")),
            **texts,
        )
    except (KeyError, ValueError) as error:
        raise BadVerdicts(f"{path}, row {number}: {error}; nothing was written") from error


def _time(text: str | None) -> datetime | None:
    time = datetime.fromisoformat(text) if text else None
    return time and time.replace(tzinfo=time.tzinfo or UTC)


def _subject(said: dict[str, Any], coin: str, before: str) -> Subject:
    subject = Subject(said.get(coin) or "", said.get(f"{before}obverse"), said.get(f"{before}reverse"))
    if not subject.coin or not subject.keys:
        raise ValueError(f"the {coin} or the checksums of its photographs are missing")
    return subject
