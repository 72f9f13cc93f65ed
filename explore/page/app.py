"""The page as an application: one address a view, the JSON behind it, and the pictures."""

import inspect
import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response

from coingraph import CoingraphError, Graph
from errors import BadOption
from explore.page import api_add, api_coins, api_dies, api_network, api_questions, api_review, api_verdicts
from explore.page.pictures import BadImage, NoSuchPicture
from explore.page.security import HEADERS, Access, Guard
from explore.page.site import NotFound, Site, error_of
from explore.page.words import HERE, _, for_scripts, language, template

FOREVER = {"cache-control": "private, max-age=31536000, immutable"}
NOBODYS_MOMENT = {"cache-control": "private, max-age=60"}
#: What must not stand in a script of a page as it is, though JSON allows it.
ESCAPED = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}
#: Around a page where the graph does not answer.
NO_FRAME: dict[str, Any] = {
    "me": {"name": "", "initials": ""},
    "collection": "",
    "totals": {"coins": 0, "verdicts": 0, "review": 0, "health": 0, "collections": []},
}
#: Each view's address, its template, and what gives its first content.
VIEWS: dict[str, tuple[str, Callable[[Site, Request], Any]]] = {
    "/coins": ("coins.html", api_coins.first_coins),
    "/coins/{id:path}": ("coin.html", api_coins.coin),
    "/compare": ("compare.html", api_coins.compared_first),
    "/review": ("review.html", api_review.review),
    "/network": ("network.html", api_network.nothing),
    "/map": ("map.html", api_network.nothing),
    "/communities/{number:int}": ("community.html", api_network.community),
    "/dies": ("dies.html", api_dies.list_types),
    "/dies/{type:path}": ("die_type.html", api_dies.one_type),
    "/questions": ("questions.html", api_questions.list_questions),
    "/questions/{name}": ("question.html", api_questions.one_question),
    "/verdicts": ("verdicts.html", api_verdicts.list_verdicts),
    "/add": ("add.html", api_add.collections),
    "/health": ("health.html", api_questions.health),
}


class Answer(JSONResponse):
    """JSON, with null for what is no number."""

    def render(self, content: Any) -> bytes:
        return as_json(content).encode()


def as_json(content: Any) -> str:
    """JSON; where it would hold infinities or what is no number, null stands for these."""
    written = partial(json.dumps, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)
    try:
        return written(content)
    except ValueError:
        return written(_finite(content))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def make_app(graph: Graph, access: Access, folder: Path) -> FastAPI:
    """The application for one graph; ``folder`` keeps its pictures."""
    site = Site(graph, access, folder)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, default_response_class=Answer)
    app.add_middleware(Guard, access=access)
    for address, (name, first) in VIEWS.items():
        app.add_api_route(address, _view(site, name, first), include_in_schema=False, response_class=HTMLResponse)
    for routes in (api_coins, api_verdicts, api_review, api_network, api_dies, api_questions, api_add):
        for (method, address), answer in routes.ROUTES.items():
            app.add_api_route(address, _answer(site, answer), methods=[method], response_class=Answer)
    app.add_api_route("/", lambda: RedirectResponse("/coins"), include_in_schema=False)
    app.add_api_route("/words.json", lambda: Answer(for_scripts(), headers=NOBODYS_MOMENT))
    app.add_api_route("/pictures/{sha256}/{shape}/outline.json", _outline(site))
    app.add_api_route("/pictures/{sha256}/{shape}/{kind}/{size:int}.webp", _picture(site))
    app.add_api_route("/signed/{sha256}/{signature}.webp", _signed_picture(site))
    app.add_api_route("/uploads/{ticket}/{face}.webp", _upload(site))
    app.mount("/static", StaticFiles(directory=HERE / "static"), "static")
    _tell_errors(app, site)
    site.warming = [api_review.count_open, api_questions.count_faults]
    app.state.site = site
    return app


def _view(site: Site, name: str, first: Callable[[Site, Request], Any]) -> Callable[[Request], Response]:
    def view(request: Request) -> Response:
        with site.steady():
            state = first(site, request)
            return state if isinstance(state, Response) else _page(site, request, name, state)

    return view


def _page(site: Site, request: Request, name: str, state: Any, status: int = 200) -> Response:
    block = Markup('<script type="application/json" id="state">{}</script>').format(
        Markup(as_json(state).translate(ESCAPED))
    )
    view = name.removesuffix(".html")
    page = template(name).render(lang=language(), view=view, **site.frame(request), state=state, page_json=block)
    return HTMLResponse(page, status)


def _answer(site: Site, answer: Callable[[Site, Request], Any]) -> Callable[[Request], Any]:
    if inspect.iscoroutinefunction(answer):

        async def waiting(request: Request) -> Response:
            return _sent(await answer(site, request))

        return waiting

    def route(request: Request) -> Response:
        if request.method != "GET":
            return _sent(answer(site, request))
        with site.steady():
            return _sent(answer(site, request))

    return route


def _sent(content: Any) -> Response:
    return content if isinstance(content, Response) else Answer(content)


def _picture(site: Site) -> Callable[..., Response]:
    def picture(sha256: str, shape: str, kind: str, size: int) -> Response:
        photograph, side = site.graph.picture(sha256)
        headers = FOREVER if shape == side.shape else NOBODYS_MOMENT
        return FileResponse(site.pictures.get(photograph, side, kind, size), media_type="image/webp", headers=headers)

    return picture


def _signed_picture(site: Site) -> Callable[..., Response]:
    def picture(sha256: str, signature: str) -> Response:
        if not site.pictures.signed(sha256, signature):
            raise HTTPException(403)
        photograph, side = site.graph.picture(sha256)
        headers = NOBODYS_MOMENT | {"cross-origin-resource-policy": "cross-origin"}
        return FileResponse(site.pictures.get(photograph, side, "cut", 384), media_type="image/webp", headers=headers)

    return picture


def _outline(site: Site) -> Callable[..., Any]:
    def outline(sha256: str, shape: str) -> Response:
        _photograph, side = site.graph.picture(sha256)
        if side.outline is None:
            raise NoSuchPicture
        left, top, width = side.outline.square
        wide, high = side.width, side.height
        return Answer(
            {
                "points": [[round(float(x) / wide, 5), round(float(y) / high, 5)] for x, y in side.outline.polygon],
                "square": [round(left / wide, 5), round(top / wide, 5), round(width / wide, 5)],
                "confidence": side.outline.confidence,
                "source": "found",
            },
            headers=FOREVER if shape == side.shape else NOBODYS_MOMENT,
        )

    return outline


def _upload(site: Site) -> Callable[..., Response]:
    def upload(request: Request, ticket: str, face: str) -> Response:
        return FileResponse(api_add.uploaded(site, request, ticket, face), media_type="image/webp")

    return upload


def _tell_errors(app: FastAPI, site: Site) -> None:
    """Every error as JSON, or as a page where a page was asked for."""

    def told(request: Request, error: dict[str, Any], status: int, **more: Any) -> Response:
        path = request.url.path
        if path.startswith(("/api/", "/pictures/", "/uploads/", "/static/", "/words.json")) or request.method != "GET":
            return Answer({"error": {"cure": None, **error}, **more}, status)
        frame = NO_FRAME if error["code"] in ("no-graph", "internal") else site.frame(request)
        shown = {"error": error, "title": error["message"], "text": error.get("cure") or "", "page_json": ""}
        return HTMLResponse(template("error.html").render(lang=language(), view="error", **shown, **frame), status)

    def broken(request: Request, error: Exception) -> Response:
        message = _("Something went wrong here; the terminal of the page says what.")
        answer = told(request, {"code": "internal", "message": message}, 500)
        answer.headers.update(HEADERS)  # it does not pass the guard
        return answer

    def mendable(request: Request, error: Exception) -> Response:
        assert isinstance(error, CoingraphError)
        said, status = error_of(error)
        return told(request, said, status)

    def bad_option(request: Request, error: Exception) -> Response:
        return told(request, {"code": "bad-request", "message": str(error)}, 400)

    def missing(request: Request, error: Exception) -> Response:
        return told(request, {"code": "not-found", "message": _("There is nothing at this address.")}, 404)

    def refused(request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 400)
        code = {404: "not-found", 405: "bad-request", 403: "foreign-origin"}.get(status, "bad-request")
        return told(request, {"code": code, "message": _("There is nothing at this address.")}, status)

    def unreadable(request: Request, error: Exception) -> Response:
        status = 400 if request.url.path.startswith("/api/") else 404
        return told(request, {"code": "bad-image", "message": str(error)}, status)

    app.add_exception_handler(Exception, broken)
    app.add_exception_handler(CoingraphError, mendable)
    app.add_exception_handler(BadImage, unreadable)
    app.add_exception_handler(BadOption, mendable)
    app.add_exception_handler(NotFound, missing)
    app.add_exception_handler(NoSuchPicture, missing)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, bad_option)


def _plain(value: Any) -> Any:
    """Times and paths as texts, numbers of numpy as numbers."""
    if hasattr(value, "item"):
        return value.item()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
