"""What all routes of the page share: the graph, the columns of its coins, the pictures, and how errors are told."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request

from coingraph import Card, CoingraphError, Filters, Gallery, Graph, Verdict, stored_query
from errors import BadOption
from explore.page import told
from explore.page.pictures import Pictures
from explore.page.places import Places
from explore.page.security import Access
from explore.page.words import _

NAMED = ("collection", "type", "mint", "material", "community", "look")
RANGES = ("weight", "diameter", "year")
MOST_IDS = 200
MOST_CARDS = 500
MOST_KEPT = 64  # answers
MOST_CARDS_KEPT = 5000
REST = 5.0  # seconds after the last change

#: Errors by what they are called on the page: the code of its answer, and the status.
KNOWN: dict[str, tuple[str, int]] = {
    "UnknownCoin": ("unknown-coin", 404),
    "AmbiguousCoin": ("unknown-coin", 404),
    "UnknownType": ("unknown-type", 409),
    "UnknownVerdict": ("unknown-verdict", 404),
    "UndoneAlready": ("undone-already", 409),
    "NoProposal": ("no-proposal", 409),
    "NoGroup": ("unknown-group", 404),
    "NoPicture": ("not-found", 404),
    "TakenGroup": ("taken", 409),
    "UnknownQuery": ("unknown-question", 404),
    "WritingQuery": ("writing-query", 400),
    "BadQuery": ("bad-query", 400),
    "TooSlow": ("too-slow", 408),
    "NotMadeYet": ("not-made-yet", 409),
    "NothingLinked": ("not-made-yet", 409),
    "NoEdges": ("not-made-yet", 409),
    "NotEmbedded": ("not-made-yet", 409),
    "NoServer": ("no-graph", 503),
    "Busy": ("busy", 503),
    "BadImage": ("bad-image", 400),
    "KnownPhotograph": ("known-photograph", 409),
    "TakenName": ("taken", 409),
}


class NotFound(CoingraphError):
    """There is no such page or picture."""


class Site:
    """One graph behind one page. Its methods may be called by several threads at once."""

    def __init__(self, graph: Graph, access: Access, folder: Path):
        self.graph, self.access, self.folder = graph, access, folder
        self.pictures, self.places = Pictures(folder), Places(folder)
        self._gallery: Gallery | None = None
        self._glance: threading.Timer | None = None
        graph.glances = False  # it takes longer than a verdict: it follows when nobody has decided for a while
        self._reading, self._keeping = threading.Lock(), threading.Lock()
        self._steady = threading.local()
        self._kept: dict[Any, tuple[str, Any]] = {}
        self.ending = threading.Event()
        #: What else is to be read when the page begins.
        self.warming: list[Callable[[Site], object]] = []
        #: How much waits in the views that count it, as it was when they were last asked.
        self.waiting: dict[str, int] = {}

    # --- the coins ---------------------------------------------------------------------------------------------------

    @property
    def gallery(self) -> Gallery:
        """All coins as they are now; in a `steady` block as they were when it first asked."""
        seen: list[Gallery] | None = getattr(self._steady, "seen", None)
        if seen:
            return seen[0]
        with self._reading:
            self._gallery = found = self._gallery.current(self.graph.db) if self._gallery else self.graph.gallery()
        if seen is not None:
            seen.append(found)
        return found

    @contextmanager
    def steady(self) -> Iterator[None]:
        """In the block, on this thread, all coins are those of one moment: one answer asks the graph once for them."""
        self._steady.seen = []
        try:
            yield
        finally:
            self._steady.seen = None

    def cards(self, coins: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Cards by their ids, as JSON; ids of no coin are left out."""
        gallery, found = self.gallery, self.read_cards(coins)
        return {coin: self.card(found[coin], gallery) for coin in coins if coin in found}

    def read_cards(self, coins: Sequence[str]) -> dict[str, Card]:
        """Cards by their ids; those that were read last are kept until the graph changes."""
        kept: dict[str, Card] = self.kept("cards", dict)
        if len(kept) > MOST_CARDS_KEPT:
            kept.clear()
        found = {coin: card for coin in coins if (card := kept.get(coin))}
        if new := [coin for coin in coins if coin not in found]:
            read = self.graph.cards(new, self.gallery.partition)
            kept.update(read)
            found |= read
        return found

    def card(self, one: Card, gallery: Gallery | None = None) -> dict[str, Any]:
        gallery = gallery or self.gallery
        row = gallery.place.get(one.id)
        doubtful, differ = (row is not None and bool(gallery.looks[look][row]) for look in ("doubtful", "differ"))
        return told.card(one, doubtful, differ)

    def kept(self, key: Any, make: Any, version: str | None = None) -> Any:
        """What ``make`` gives, kept until the graph changes."""
        version = version or str(self.gallery.version)
        found = self._kept.get(key)
        if found is None or found[0] != version:
            found = (version, make())
            with self._keeping:
                self._kept[key] = found
                while len(self._kept) > MOST_KEPT:
                    self._kept.pop(next(iter(self._kept)))
        return found[1]

    def centralities(self) -> Any:
        """How central every coin is."""
        return self.kept_for_runs("central", self.graph.centralities)

    def kept_for_runs(self, key: Any, make: Any) -> Any:
        """As `kept`, also when verdicts change: until the next step, or a verdict on photographs."""
        return self.kept(key, make, self.gallery.version.step)

    def changed(self) -> None:
        """Something was written: what `status` shows follows soon."""
        with self._reading:
            if self._glance:
                self._glance.cancel()
            self._glance = threading.Timer(REST, self.graph.keep_glance)
            self._glance.daemon = True
            self._glance.start()

    def signed(self, sha256: str) -> str:
        """Where a picture can be seen by who has this address: from Neo4j Browser."""
        return f"{self.access.origins[0]}/signed/{sha256}/{self.pictures.signature(sha256)}.webp"

    def browser(self, question: str) -> str | None:
        """Where Neo4j Browser shows a question; None where it cannot be told."""
        try:
            return self.graph.browser_url(question)
        except CoingraphError:
            return None

    def browser_of(self, name: str, **values: Any) -> str | None:
        """Where Neo4j Browser shows the answer to a stored question."""
        try:
            return self.browser(self.graph.question_text(stored_query(name), values))
        except CoingraphError:
            return None

    def warm(self) -> None:
        """Read what the first pages need, so that nobody waits for it."""
        steps: list[Callable[[], object]] = [
            lambda: self.cards(self.gallery.ids[:1]),
            lambda: self.gallery.facets(self.graph.db, Filters(text="a")),
            self.centralities,
            *(partial(make, self) for make in self.warming),
            lambda: self.graph.store_image_urls(self.signed),
        ]
        with suppress(CoingraphError):
            for step in steps:
                if self.ending.is_set():
                    return
                step()

    def close(self) -> None:
        """Write what is still to be written."""
        self.ending.set()
        if self._glance:
            self._glance.cancel()
            self.graph.keep_glance()

    # --- verdicts ----------------------------------------------------------------------------------------------------

    def verdicts(self, some: Sequence[Verdict], me: str) -> list[dict[str, Any]]:
        """Verdicts as JSON, in the order given."""
        if not some:
            return []
        there = self.graph.coins_of_verdicts([one.number for one in some])
        present = {one.number: there.get(one.number) or one.coins for one in some}
        cards = self.read_cards(list({coin for coins in present.values() for coin in coins}))
        differing = self.differing
        return [
            told.verdict(one, me, present[one.number], cards, differing["overruled"], differing["all"]) for one in some
        ]

    @property
    def differing(self) -> dict[str, set[int]]:
        """The numbers of ``all`` verdicts that contradict each other, and of those that are ``overruled``."""

        def read() -> dict[str, set[int]]:
            rows = self.graph.query("verdicts-differ", limit=100_000).rows
            overruled = {row["other_number"] for row in rows}
            return {"overruled": overruled, "all": overruled | {row["number"] for row in rows}}

        return self.kept("differing", read)  # type: ignore[no-any-return]

    def by_number(self, numbers: Iterable[int]) -> list[Verdict]:
        wanted = set(numbers)
        return [one for one in self.history() if one.number in wanted] if wanted else []

    def history(self) -> list[Verdict]:
        """All verdicts, the latest first."""
        return self.kept("history", lambda: self.graph.history().verdicts)

    # --- the frame ---------------------------------------------------------------------------------------------------

    def frame(self, request: Request) -> dict[str, Any]:
        """What every page shows around its content."""
        gallery = self.gallery
        collections = gallery.named["collection"]
        counts = collections.counts(gallery.looks["untyped"] | True)
        named = [
            {"name": name, "coins": int(count)} for name, count in zip(collections.names, counts[:-1], strict=True)
        ]
        return {
            "me": {"name": me(request), "initials": told.initials(me(request))},
            "collection": request.query_params.get("collection", ""),
            "totals": {
                "coins": len(gallery),
                "verdicts": gallery.version.verdicts - gallery.version.undone,
                "review": self.waiting.get("review", 0),
                "health": self.waiting.get("health", 0),
                "collections": named,
            },
        }


def me(request: Request) -> str:
    """The name of the person who asks."""
    return str(request.scope.get("person") or "")


def filters_of(given: QueryParams) -> Filters:
    """The filters that an address holds. Raises `BadOption`."""
    chosen = {name: given.getlist(name) for name in NAMED if given.getlist(name)}
    ranges = {}
    for name in RANGES:
        if text := given.get(name):
            least, dots, most = text.partition("..")
            if not dots:
                raise BadOption(f"{name} is a range such as 2.5..4, not {text!r}")
            both = number(name, least), number(name, most)
            if both != (None, None):
                ranges[name] = both
    ids = given.get("ids")
    listed = ids.split(",")[:MOST_IDS] if ids is not None else None
    return Filters(chosen, ranges, given.get("q", "")[:200], listed, given.get("group"))


def number(name: str, text: str) -> float | None:
    """A number of an address; None for nothing. Raises `BadOption`."""
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = float("nan")
    if not abs(found) < 1e12:
        raise BadOption(f"{name} is a number, not {text!r}")
    return found


def whole(given: Mapping[str, str], name: str, usual: int, most: int) -> int:
    """A whole number of an address, from 0 to ``most``. Raises `BadOption`."""
    text = given.get(name)
    if text is None:
        return usual
    if not text.isdigit() or len(text) > 9:
        raise BadOption(f"{name} is a whole number, not {text!r}")
    return min(int(text), most)


def error_of(error: CoingraphError) -> tuple[dict[str, Any], int]:
    """The answer to what somebody can mend, and its status."""
    code, status = KNOWN.get(error.code, ("bad-request", 400))
    if isinstance(error, NotFound):
        code, status = "not-found", 404
    cures = {
        "no-graph": _("Start it with coingraph up. Verdicts are kept here and sent when it is back."),
        "busy": _("Another step is at work on the graph. Try again when it has ended."),
        "writing-query": _("Leave out what writes: CREATE, MERGE, SET, DELETE, REMOVE."),
        "unknown-type": _("Choose one of the types, or say that it is a new one."),
    }
    return {"code": code, "message": str(error), "cure": cures.get(code), "near": error.facts.get("near")}, status
