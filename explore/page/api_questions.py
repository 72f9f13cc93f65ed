"""Questions on the page: the stored ones with their forms, Cypher of one's own, and how healthy the data are."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from coingraph import CoingraphError, Query, queries, stored_query
from errors import BadOption
from explore.page.api_verdicts import body_of, text
from explore.page.site import Site
from explore.page.words import _, counted, ngettext, plural
from explore.tables import cells_of, to_csv

MOST_ROWS, SECONDS = 1000, 20.0
MOST_CARDS, MOST_DRAWN = 300, 2000
LONGEST = 20_000
OWN = ("graph", "csv", "all")  # parameters of the address that are not the question's


def list_questions(site: Site, request: Request) -> dict[str, Any]:
    """The stored questions."""
    return {"version": str(site.gallery.version), "questions": [_described(one) for one in queries()]}


def _described(query: Query) -> dict[str, Any]:
    return {
        "name": query.name,
        "title": query.title,
        "question": query.question,
        "description": query.description,
        "href": f"/questions/{query.name}",
        "parameters": [
            {
                "name": one.name,
                "type": "choice" if "|" in one.type else one.type,
                "default": one.default,
                "required": one.required,
                "description": one.description,
                "least": one.least if one.least > -1e300 else None,
                "most": one.most if one.most < 1e300 else None,
                "choices": one.type.split("|") if "|" in one.type else None,
            }
            for one in query.parameters
        ],
    }


def one_question(site: Site, request: Request) -> dict[str, Any]:
    """The answer to a stored question; where a parameter is missing that must be given, its form alone."""
    query = stored_query(request.path_params["name"])
    given = request.query_params
    values = {name: value for name, value in given.items() if name not in OWN and value != ""}
    values = {name: value for name, value in values.items() if name in {one.name for one in query.parameters}}
    answer: dict[str, Any] = _described(query) | {
        "version": str(site.gallery.version),
        "values": values,
        "sentence": None,
        "columns": [],
        "table": [],
        "every": None,
        "rows": [],
        "total": 0,
        "cards": {},
        "nodes": [],
        "edges": [],
        "cypher": query.cypher,
        "browser": None,
        "csv": f"/api/questions/{query.name}.csv?{urlencode(values)}",
        "missing": None,
    }
    lacking = [one.name for one in query.parameters if one.required and one.name not in values]
    if lacking:
        return answer | {"missing": {"what": "parameters", "parameters": lacking}}
    try:
        result = site.graph.query(query, **values)
    except CoingraphError as error:
        if error.code not in ("NotMadeYet", "NothingLinked"):
            raise
        command = f"coingraph {query.needs[1]}" if query.needs else "coingraph link, coingraph analyze"
        return answer | {"missing": {"what": "edges", "command": command, "message": str(error)}}
    rows, total, alarms = result.rows, result.total or len(result.rows), ""
    every = total if given.get("all") != "1" and len(result.notable) < len(rows) else None
    if every is not None:
        rows, total = result.notable, len(result.notable)
    if result.false_alarms is not None:
        alarms = _(", {number} of them expected to be false alarms").format(number=f"{result.false_alarms:.0f}")
    return (
        answer
        | {
            "sentence": query.told(total, result.coins, result.more and every is None, alarms),
            "every": every,
            "columns": [name for name in query.columns if name != "graph"],
            "table": _table(rows, query.first),
            "rows": rows,
            "total": total,
            "values": result.values,
            "cards": _cards(site, rows),
            "browser": site.browser(site.graph.question_text(query, result.values)),
            "shown": site.graph.show_query(query, values),
        }
        | (_drawn(result.nodes, result.edges) if given.get("graph") == "1" else {})
    )


def question_csv(site: Site, request: Request) -> Response:
    """The rows of a stored question as CSV."""
    query = stored_query(request.path_params["name"])
    known = {one.name for one in query.parameters}
    values = {name: value for name, value in request.query_params.items() if name in known and value != ""}
    return _csv(site.graph.query(query, **values).rows, query.name)


async def cypher(site: Site, request: Request) -> Any:
    """The answer to Cypher of one's own."""
    return await run_in_threadpool(_cypher, site, await body_of(request))


async def cypher_csv(site: Site, request: Request) -> Any:
    """The same as CSV."""
    found = await run_in_threadpool(_cypher, site, await body_of(request))
    return _csv(found["rows"], "cypher")


def _cypher(site: Site, body: dict[str, Any]) -> dict[str, Any]:
    asked, values, limit = text(body, "text", LONGEST) or "", body.get("params") or {}, body.get("limit", MOST_ROWS)
    if not isinstance(values, dict) or not isinstance(limit, int) or not 0 < limit <= MOST_ROWS:
        raise BadOption(f"params is an object, and limit a number from 1 to {MOST_ROWS}")
    found = site.graph.limited_cypher(asked.strip().removesuffix(";"), values, limit, SECONDS)
    return {
        "version": str(site.gallery.version),
        "columns": found.columns,
        "table": _table(found.rows),
        "rows": found.rows,
        "total": len(found.rows),
        "truncated": found.cut,
        "cards": _cards(site, found.rows),
        "cypher": asked,
        "browser": site.browser(asked),
    } | _drawn(found.nodes, found.edges)


def _drawn(nodes: list[dict[str, Any]], edges: list[dict[str, Any]]) -> dict[str, Any]:
    """Nodes and edges for a canvas."""
    shown = [
        {
            "id": node["id"],
            "labels": node["labels"],
            "coin": node["properties"].get("id") if "Coin" in node["labels"] else None,
            "name": str(node["properties"].get("name") or node["properties"].get("id") or node["labels"][0]),
        }
        for node in nodes[:MOST_DRAWN]
    ]
    known = {node["id"] for node in shown}
    return {
        "nodes": shown,
        "edges": [
            {
                "start": one["start"],
                "end": one["end"],
                "type": one["type"],
                "label": one["type"].lower().replace("_", " "),
            }
            for one in edges
            if one["start"] in known and one["end"] in known
        ],
    }


def _table(rows: list[dict[str, Any]], first: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The columns as a table shows them."""
    return [
        {"name": one.column.name, "head": one.column.head, "right": one.right, "texts": one.plain}
        for one in cells_of(rows, first)
        if one.column.name != "graph"
    ]


def _cards(site: Site, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The cards of all coins that rows name."""
    place = site.gallery.place
    found: dict[str, None] = {}
    for row in rows:
        for value in row.values():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, str) and one in place:
                    found[one] = None
    return site.cards(list(found)[:MOST_CARDS])


def _csv(rows: list[dict[str, Any]], name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return Response(to_csv(rows), media_type="text/csv", headers=headers)


# --- health -----------------------------------------------------------------------------------------------------------


def health(site: Site, request: Request) -> dict[str, Any]:
    """What is wrong or missing in the data, each with how many and what to do."""
    return count_faults(site)


def count_faults(site: Site) -> dict[str, Any]:
    """The same, and counted for the bar."""
    gallery = site.gallery
    found = site.kept("health", site.graph.faults)
    lines = []

    def line(what: str, number: int, sentence: str, cure: str, href: str | None = None, examples: Any = ()) -> None:
        if number:
            shown = list(site.cards(list(examples)[:6]).values()) if href else list(examples)[:6]
            lines.append(
                {"what": what, "number": number, "sentence": sentence, "cure": cure, "href": href, "examples": shown}
            )

    for look in ("doubtful", "proposed", "untyped", "one-sided", "differ"):
        rows = gallery.looks[look].nonzero()[0]
        some = [gallery.ids[row] for row in rows[:6]]
        line(look, len(rows), _looks(look, len(rows)), _cures(look), f"/coins?look={look}", some)
    line(
        "unreadable",
        len(found.unreadable),
        counted("{count} photograph cannot be read.", "{count} photographs cannot be read.", len(found.unreadable)),
        _("Put the file back where it was, or ingest its folder again."),
        None,
        found.unreadable,
    )
    line(
        "not-cut",
        len(found.not_cut),
        counted("{count} side is not cut out.", "{count} sides are not cut out.", len(found.not_cut)),
        _("The whole photograph is used. A plain ground helps."),
        f"/coins?ids={','.join(found.not_cut[:100])}" if found.not_cut else None,
        found.not_cut,
    )
    line(
        "near-miss",
        len(found.near_misses),
        counted(
            "{count} pair of one-sided coins has nearly the same name.",
            "{count} pairs of one-sided coins have nearly the same name.",
            len(found.near_misses),
        ),
        _("Rename one of the two files and ingest the folder again."),
        None,
        [f"{a} · {b}" for a, b in found.near_misses],
    )
    due = [{"sentence": _due(one), "command": _command(one)} for one in found.due]
    site.waiting["health"] = len(lines) + len(due)
    return {"version": str(gallery.version), "lines": lines, "due": due, "waits": bool(lines or due)}


def _looks(look: str, number: int) -> str:
    one, many = {
        "doubtful": plural("{count} coin has a doubtful type.", "{count} coins have a doubtful type."),
        "proposed": plural("{count} coin waits with a proposed type.", "{count} coins wait with a proposed type."),
        "untyped": plural("{count} coin has no type.", "{count} coins have no type."),
        "one-sided": plural("{count} coin has one side only.", "{count} coins have one side only."),
        "differ": plural("People differ on {count} coin.", "People differ on {count} coins."),
    }[look]
    return counted(one, many, number)


def _cures(look: str) -> str:
    return {
        "doubtful": _("Look at each: keep the type, or correct it."),
        "proposed": _("Accept or reject each."),
        "untyped": _("Let types be proposed, or give one."),
        "one-sided": _("Add the other photograph, or see whether its name differs."),
        "differ": _("Compare what was said; the later verdict counts."),
    }[look]


def _due(due: Any) -> str:
    """What is out of date, in a sentence."""
    step = f"{due.step} ({due.space})" if due.space else due.step
    one, many = {
        "sides": plural("{count} side is new for {step}.", "{count} sides are new for {step}."),
        "edges": plural("{count} edge changed since {step}.", "{count} edges changed since {step}."),
        "verdicts": plural("{count} verdict is new for {step}.", "{count} verdicts are new for {step}."),
    }.get(due.since, ("", ""))
    if not due.number or not one:
        return _("{step} is out of date: {since} changed.").format(step=step, since=due.since)
    return ngettext(one, many, due.number).format(count=f"{due.number:,}", step=step)


def _command(due: Any) -> str:
    return f"coingraph {due.step}" + (f" --space {due.space}" if due.space else "")


def status(site: Site, request: Request) -> dict[str, Any]:
    """What the server is, and what the graph holds."""
    version, edition = site.graph.db.version
    found = site.gallery.version
    return {
        "neo4j": f"{version} {edition}",
        "coins": found.coins,
        "verdicts": found.verdicts - found.undone,
        "browser": site.browser(""),
        "version": str(found),
        **site.frame(request),
    }


ROUTES: dict[tuple[str, str], Callable[[Site, Request], Any]] = {
    ("GET", "/api/questions"): list_questions,
    ("GET", "/api/questions/{name}.csv"): question_csv,
    ("GET", "/api/questions/{name}"): one_question,
    ("POST", "/api/cypher"): cypher,
    ("POST", "/api/cypher.csv"): cypher_csv,
    ("GET", "/api/health"): health,
    ("GET", "/api/status"): status,
}
