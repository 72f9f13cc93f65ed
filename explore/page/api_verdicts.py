"""Verdicts on the page: given, taken back, listed. What somebody else decided meanwhile is shown, never overwritten."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from coingraph import CoingraphError, Verdict
from errors import BadOption
from explore.page import told
from explore.page.site import Site, me, whole

LONGEST_NOTE = 2000


async def give(site: Site, request: Request) -> Any:
    """Give a verdict."""
    body = await body_of(request)
    return await run_in_threadpool(_give, site, me(request), body)


async def undo(site: Site, request: Request) -> Any:
    """Take a verdict back."""
    await body_of(request)
    return await run_in_threadpool(_undo, site, me(request), int(request.path_params["number"]))


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object that was sent. Raises `BadOption`."""
    try:
        body = await request.json()
    except (ValueError, RecursionError, UnicodeDecodeError) as error:
        raise BadOption("what was sent is no JSON") from error
    if not isinstance(body, dict):
        raise BadOption("what was sent is no JSON object")
    return body


def text(body: dict[str, Any], name: str, most: int = 1000) -> str | None:
    """A text of what was sent; None for nothing. Raises `BadOption`."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > most or "\x00" in value:
        raise BadOption(f"{name} is a text of at most {most} letters")
    return value


def texts(body: dict[str, Any], name: str, most: int) -> list[str]:
    """A list of texts of what was sent. Raises `BadOption`."""
    value = body.get(name)
    if not isinstance(value, list) or len(value) > most or not all(isinstance(one, str) for one in value):
        raise BadOption(f"{name} is a list of at most {most} texts")
    return value


def _give(site: Site, person: str, body: dict[str, Any]) -> Any:
    coins, kind, seen = texts(body, "coins", 2), text(body, "kind") or "", body.get("version")
    if seen is not None and (isinstance(seen, bool) or not isinstance(seen, int) or seen < 0):
        raise BadOption("version is the number that came with the coin or the pair")
    face: Any = text(body, "face")
    try:
        verdict = site.graph.decide(
            kind,
            coins,
            face=face,
            type=text(body, "type"),
            new=body.get("new_type") is True,
            author=person,
            note=text(body, "note", LONGEST_NOTE),
            id=text(body, "id", 32),
            seen=seen,
        )
    except CoingraphError as error:
        if error.code != "Overtaken":
            raise
        since = error.facts["since"]
        others = sorted(site.by_number(event.number for event in since), key=lambda one: one.number)
        last = next(one for one in others if one.number == since[-1].number)
        answer = _standing(site, person, [site.graph.coin_id(coin) for coin in coins])
        stands = {
            "error": {"code": "conflict", "message": told.conflict(last, since[-1].by, since[-1].undone), "cure": None}
        }
        return JSONResponse(stands | answer | {"stands": site.verdicts(others, person)}, 409)
    site.changed()
    return {"verdict": site.verdicts([verdict], person)[0]} | _standing(site, person, verdict.coins)


def _undo(site: Site, person: str, number: int) -> Any:
    try:
        verdict = site.graph.undo(number, author=person)
    except CoingraphError as error:
        if error.code != "UndoneAlready":
            raise
        known = site.verdicts(site.by_number([number]), person)
        said = {"code": "undone-already", "message": str(error), "cure": None}
        return JSONResponse({"error": said, "verdict": known[0] if known else None}, 409)
    site.changed()
    return {"verdict": site.verdicts([verdict], person)[0]} | _standing(site, person, verdict.coins)


def _standing(site: Site, person: str, coins: Sequence[str]) -> dict[str, Any]:
    """The cards of some coins as they are now, and the version of what was decided on just these."""
    return {
        "cards": list(site.cards(coins).values()),
        "version": str(site.gallery.version),
        "row_version": len(site.graph.decided_on(coins)),
    }


def _chosen(site: Site, request: Request) -> list[Verdict]:
    """The verdicts that the address asks for, the latest first."""
    given, person, some = request.query_params, me(request), site.history()
    differing = site.differing["all"]
    if given.get("differ") == "1":
        some = [one for one in some if one.number in differing]
    if given.get("mine") == "1":
        some = [one for one in some if one.author == person]
    if coin := given.get("coin"):
        numbers = site.graph.verdicts_on(site.graph.coin_id(coin))
        some = [one for one in some if one.number in numbers]
    return some


def list_verdicts(site: Site, request: Request) -> dict[str, Any]:
    """What was decided, the latest first."""
    given, person = request.query_params, me(request)
    every, some = site.history(), _chosen(site, request)
    offset, limit = whole(given, "offset", 0, 10**9), whole(given, "limit", 100, 500)
    return {
        "version": str(site.gallery.version),
        "total": len(some),
        "undone": sum(one.undone for one in every),
        "people": len({one.author for one in every}),
        "differ": len(site.differing["all"]),
        "verdicts": site.verdicts(some[offset : offset + limit], person),
    }


def verdicts_csv(site: Site, request: Request) -> Response:
    """The same as the table that `coingraph verdicts export` writes and `import` reads."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "verdicts.csv"
        site.graph.export_verdicts(table, {one.number for one in _chosen(site, request)})
        content = table.read_bytes()
    headers = {"content-disposition": 'attachment; filename="verdicts.csv"'}
    return Response(content, media_type="text/csv", headers=headers)


def people(site: Site, request: Request) -> dict[str, Any]:
    """Who decided how much."""
    counts: dict[str, int] = {}
    for one in site.history():
        counts[one.author] = counts.get(one.author, 0) + (not one.undone)
    return {
        "me": {"name": me(request), "initials": told.initials(me(request))},
        "people": [
            {"name": name, "initials": told.initials(name), "verdicts": number}
            for name, number in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        ],
    }


ROUTES: dict[tuple[str, str], Callable[[Site, Request], Any]] = {
    ("POST", "/api/verdicts"): give,
    ("POST", "/api/verdicts/{number:int}/undo"): undo,
    ("GET", "/api/verdicts"): list_verdicts,
    ("GET", "/api/verdicts.csv"): verdicts_csv,
    ("GET", "/api/people"): people,
}
