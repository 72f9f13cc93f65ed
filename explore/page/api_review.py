"""Review on the page: open questions one after the other, each with ready answers."""

from collections.abc import Callable, Sequence
from typing import Any

from starlette.requests import Request

from coingraph import Pair, Question
from explore.page import told
from explore.page.site import Site, whole
from explore.page.words import _
from ingest.records import FACES

#: Which kinds of questions are in which queue.
QUEUES = {
    "all": ("proposal", "doubtful", "same-type", "same-die"),
    "types": ("proposal",),
    "doubtful": ("doubtful",),
    "pairs": ("same-type",),
    "dies": ("same-die",),
}
ANSWERED = {"same-type": "same-type", "not-same-type": "same-type", "same-die": "same-die", "not-same-die": "same-die"}
MOST = 20


def review(site: Site, request: Request) -> dict[str, Any]:
    """The next questions of a queue, and how many are left."""
    given = request.query_params
    queue = given.get("queue", "all")
    open_ = open_questions(site)
    skipped = set(given.get("skip", "").split(",")) if given.get("skip") else set()
    site.waiting["review"] = len(open_)
    some = [one for one in open_ if one.kind in QUEUES.get(queue, QUEUES["all"])]
    later = [one for one in some if one.key in skipped]
    some = [one for one in some if one.key not in skipped] + later
    offset, limit = whole(given, "offset", 0, 10**6), whole(given, "limit", 4, MOST)
    labels = {
        "all": _("All"),
        "types": _("Proposed types"),
        "doubtful": _("Doubtful types"),
        "pairs": _("Pairs of one type"),
        "dies": _("Pairs of one die"),
    }
    return {
        "version": str(site.gallery.version),
        "left": len(some),
        "queues": [
            {"name": name, "label": labels[name], "left": sum(one.kind in kinds for one in open_)}
            for name, kinds in QUEUES.items()
        ],
        "items": _items(site, some[offset : offset + limit]),
    }


def count_open(site: Site) -> None:
    """Count the open questions for the bar."""
    site.waiting["review"] = len(open_questions(site))


def open_questions(site: Site) -> list[Question]:
    """The questions that nobody has answered yet, the most telling first."""
    gallery = site.gallery
    every = site.kept_for_runs("questions", site.graph.review_questions)
    answered = {
        (ANSWERED[one.kind], one.face if ANSWERED[one.kind] == "same-die" else None, frozenset(one.coins))
        for one in site.history()
        if one.kind in ANSWERED and not one.undone
    }
    told_of = {coin for one in site.history() if one.of_a_type and not one.undone for coin in one.coins}

    def is_open(one: Question) -> bool:
        if any(coin not in gallery.place for coin in one.coins):
            return False
        if one.kind in ("proposal", "doubtful"):
            return one.coins[0] not in told_of
        return (one.kind, one.face, frozenset(one.coins)) not in answered

    return [one for one in every if is_open(one)]


def _items(site: Site, some: Sequence[Question]) -> list[dict[str, Any]]:
    cards = site.cards([coin for one in some for coin in one.coins])
    two = [(one.coins[0], one.coins[1]) for one in some if len(one.coins) > 1]
    pairs = {pair.coins: pair for pair in site.graph.pairs(two)} if two else {}
    return [_item(one, cards, pairs.get(one.coins[:2])) for one in some]  # type: ignore[arg-type]


def _item(one: Question, cards: dict[str, dict[str, Any]], pair: Pair | None) -> dict[str, Any]:
    first = cards[one.coins[0]]
    of_pair = one.kind in ("same-type", "same-die")
    version = (pair.version if pair else 0) if of_pair else first["version"]
    about = {"coins": list(one.coins if of_pair else one.coins[:1]), "version": version}
    if one.kind == "proposal":
        question, yes, no = _("Is this its type?"), {"kind": "accept"}, {"kind": "reject"}
        yes["type"] = no["type"] = one.other_type or ""
    elif one.kind == "doubtful":
        question, yes, no = _("Is its type right?"), {"kind": "type"}, {"kind": "type"}
        yes["type"], no["type"] = one.type or "", one.other_type or ""
    elif one.kind == "same-die":
        question = _("The same {side} die?").format(side=told.side_of(one.face or ""))
        yes, no = {"kind": "same-die"}, {"kind": "not-same-die"}
        yes["face"] = no["face"] = one.face or ""
    else:
        question, yes, no = _("The same type?"), {"kind": "same-type"}, {"kind": "not-same-type"}
    return {
        "key": one.key,
        "kind": one.kind,
        "coins": [cards[coin] for coin in one.coins],
        "face": one.face,
        "question": question,
        "reason": reason(one),
        "probability": one.probability,
        "word": told.word(one.probability),
        "faces": told.faces(pair) if pair else dict.fromkeys(FACES),
        "type": told.typed(one.other_type if one.kind in ("proposal", "doubtful") else None),
        "teaches": round(one.teaches, 3),
        "yes": yes | about,
        "no": no | about,
    }


def reason(one: Question) -> str:
    """Why this is asked, in one sentence."""
    if one.kind == "proposal":
        return _("It has no type; the coins most like it say {type}.").format(type=one.other_type)
    if one.kind == "doubtful":
        return _("The record says {type}; the coins most like it say {other}.").format(
            type=one.type, other=one.other_type
        )
    if one.kind == "same-die":
        return {
            "legends differ": _("The photographs say one die, the legends two."),
            "types differ": _("The photographs say one die, the types two."),
            "other pairs": _("This pair is clear, but the other pairs of both dies keep them apart."),
        }.get(one.why or "", _unsure_of_die(one))
    if one.contradicts:
        if one.same:
            return _("The catalogue says one type, the pictures doubt it.")
        return _("The pictures say one type, the catalogue two.")
    if one.probability is None and one.type == one.other_type:
        return _("They are among the most alike, and neither has a type.")
    if one.probability is None:
        return _("They are among the most alike, and one has no type.")
    return _("The pictures leave it open.")


def _unsure_of_die(one: Question) -> str:
    if one.probability is not None and one.probability >= told.SURE:
        return _("Clear by the photographs; it has not been put to one die yet.")
    if one.probability is None or one.probability >= 0.5:
        return _("More likely of one die than not, but not sure.")
    return _("Rather of two dies than of one, but a yes would join all their coins.")


ROUTES: dict[tuple[str, str], Callable[[Site, Request], Any]] = {("GET", "/api/review"): review}
