"""Who may ask the page what: this machine only, its own addresses only, and only who was given an address.

The address that is opened carries a token, which counts once. A cookie takes its place, and the address is cleaned.
Every request says for which host it is meant and, where it writes, from which page it comes; both must be ours. So no
other page that the person has open can read or write here, also where its name was turned to this machine (DNS
rebinding).
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, unquote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = "127.0.0.1"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "font-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
SAFE = frozenset({"GET", "HEAD"})
#: Bytes of a request: of an upload, and of anything else.
MOST_UPLOADED, MOST_SENT = 256 << 20, 2 << 20
#: What shows nothing of the coins: needed to say that somebody is not signed in.
OPEN = ("/static/", "/words.json", "/favicon.ico")
#: Pictures for Neo4j Browser, each behind a signature of its own.
SIGNED = "/signed/"
#: Where `coingraph explore` asks a page that runs already for one more address, by the page's own key.
ADDRESSES = "/addresses"
UPLOAD = "/api/photographs"
#: A page of ours says by this header that an upload is its own: no form of another page can set it.
OWN_HEADER = "x-coingraph"
NAME_HEADER = "x-coingraph-as"
MOST_SESSIONS = 1000


class TooLarge(Exception):
    """A request that is larger than it may be."""


@dataclass
class Access:
    """The sessions of a page at a port, each with the name of the person, and the tokens that begin one."""

    port: int
    key: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    _tokens: dict[str, str] = field(default_factory=dict)
    _sessions: OrderedDict[str, str] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def origins(self) -> tuple[str, ...]:
        return tuple(f"http://{host}:{self.port}" for host in (LOOPBACK, "localhost"))

    @property
    def cookie(self) -> str:
        """Cookies know no ports: each page has a cookie of its own."""
        return f"coingraph_{self.port}"

    def address(self, person: str) -> str:
        """A new address that signs a person in, once."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._tokens[token] = person
        return f"{self.origins[0]}/?token={token}"

    def sign_in(self, token: str) -> str | None:
        """The value of the cookie of a new session; None for a token that was used or never given."""
        with self._lock:
            person = self._tokens.pop(token, None)
            if person is None:
                return None
            session = secrets.token_urlsafe(32)
            self._sessions[session] = person
            while len(self._sessions) > MOST_SESSIONS:
                self._sessions.popitem(last=False)
        return session

    def person(self, session: str | None) -> str | None:
        """Who has this session."""
        with self._lock:
            return self._sessions.get(session or "")


class Guard:
    """Stands before the page's routes. ``scope["person"]`` is who asks, None for what is open to anybody."""

    def __init__(self, app: ASGIApp, access: Access):
        self.app, self.access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return  # nothing here speaks any other protocol
        headers = Headers(scope=scope)
        refusal, person = self._judged(scope, headers)
        most = MOST_UPLOADED if scope["path"] == UPLOAD else MOST_SENT

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    ours.setdefault(name, value)
                ours.setdefault("cache-control", "no-cache" if scope["path"].startswith("/static/") else "no-store")
            await send(message)

        if refusal is not None:
            await refusal(scope, receive, answer)
            return
        scope["person"] = person
        try:
            await self.app(scope, _limited(receive, most), answer)
        except TooLarge:
            await _refused(413, "too-large", "that is too much to send at once")(scope, receive, answer)

    def _judged(self, scope: Scope, headers: Headers) -> tuple[Response | None, str | None]:
        """What is answered in place of the page, and who asks."""
        origins, path = self.access.origins, scope["path"]
        if f"http://{headers.get('host', '')}" not in origins:
            return _refused(421, "foreign-host", "this page answers to its own address only"), None
        if scope["method"] in SAFE and path.startswith(SIGNED):
            return None, None
        writes = scope["method"] not in SAFE
        origin = headers.get("origin")
        if (origin is not None or writes) and origin not in origins:
            return _refused(403, "foreign-origin", "only the page itself may ask this"), None
        moves = headers.get("sec-fetch-mode") == "navigate" and not writes
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none") and not moves:
            return _refused(403, "foreign-origin", "only the page itself may ask this"), None
        if writes and not _own_content(path, headers):
            return _refused(415, "bad-request", "what is sent must be JSON"), None
        if writes and path == ADDRESSES:
            return self._one_more(headers), None
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > (MOST_UPLOADED if path == UPLOAD else MOST_SENT):
            return _refused(413, "too-large", "that is too much to send at once"), None
        if not writes and (given := _token(scope)) is not None:
            return self._begin(scope, *given), None
        person = self.access.person(_cookie(headers, self.access.cookie))
        if person is None and not path.startswith(OPEN):
            return _signed_out(path), None
        return None, person

    def _one_more(self, headers: Headers) -> Response:
        """One more address, for who has the key of this page: it lies in a file that only its owner can read."""
        given = headers.get("authorization", "").removeprefix("Bearer ")
        if not secrets.compare_digest(given.encode(), self.access.key.encode()):
            return _refused(401, "signed-out", "nobody is signed in here")
        return JSONResponse({"address": self.access.address(unquote(headers.get(NAME_HEADER, "")) or "unknown")})

    def _begin(self, scope: Scope, token: str, rest: Iterable[tuple[str, str]]) -> Response:
        """Sign in by a token, and go to the address without it."""
        session = self.access.sign_in(token)
        query = urlencode(list(rest))
        path = "/" + scope["path"].lstrip("/\\")  # an address that begins with two slashes would be another host's
        response = RedirectResponse(f"{path}?{query}" if query else path, 303)
        if session:
            response.set_cookie(self.access.cookie, session, httponly=True, samesite="strict", path="/")
        return response


def _token(scope: Scope) -> tuple[str, list[tuple[str, str]]] | None:
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    tokens = [value for name, value in pairs if name == "token"]
    return (tokens[0], [pair for pair in pairs if pair[0] != "token"]) if tokens else None


def _cookie(headers: Headers, name: str) -> str | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return found.value if found else None


def _own_content(path: str, headers: Headers) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if path == UPLOAD:
        return kind == "multipart/form-data" and OWN_HEADER in headers
    return kind == "application/json"


def _limited(receive: Receive, most: int) -> Receive:
    """Of a request without a length no more than ``most`` bytes are read."""
    read = 0

    async def counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > most:
            raise TooLarge
        return message

    return counted


def _refused(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": message, "cure": None}}, status)


def _signed_out(path: str) -> Response:
    if path.startswith(("/api/", "/pictures/", "/uploads/")):
        return _refused(401, "signed-out", "nobody is signed in here")
    from explore.page.words import language, template

    return Response(template("signed_out.html").render(view="signed_out", lang=language()), 401, media_type="text/html")
