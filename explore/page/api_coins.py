"""Coins on the page: galleries, facets, one coin, its relatives, several beside each other."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse

from coingraph import CoingraphError
from errors import BadOption
from explore.page import told
from explore.page.aligning import alignment
from explore.page.api_verdicts import body_of, texts
from explore.page.pictures import MOST_CELLS
from explore.page.site import MOST_CARDS, NotFound, Site, filters_of, me, whole
from explore.page.words import _
from ingest.records import FACES

FIRST = 60
MOST_COMPARED = 6
UNITS = {"weight": "g", "diameter": "mm", "year": ""}
LOOK_WORDS = {
    "doubtful": _("type doubtful"),
    "proposed": _("type proposed"),
    "untyped": _("no type"),
    "one-sided": _("one side only"),
    "differ": _("people differ"),
    "verdicts": _("has verdicts"),
}


def list_coins(site: Site, request: Request) -> dict[str, Any]:
    """A part of the coins that pass the filters, or the ids of all of them."""
    given = request.query_params
    gallery, filters = site.gallery, filters_of(given)
    sort = given.get("sort") or ("relevance" if filters.text else "look")
    ids = gallery.select(site.graph.db, filters, sort)
    answer = {"total": len(ids), "all": len(gallery), "version": str(gallery.version)}
    if given.get("only") == "ids":
        return answer | {"ids": ids}
    offset, limit = whole(given, "offset", 0, 10**9), whole(given, "limit", FIRST, MOST_CARDS)
    return answer | {"offset": offset, "coins": list(site.cards(ids[offset : offset + limit]).values())}


def first_coins(site: Site, request: Request) -> dict[str, Any]:
    """The first coins and the facets: what the page of coins begins with."""
    return {"coins": list_coins(site, request), "facets": facets(site, request)}


def facets(site: Site, request: Request) -> dict[str, Any]:
    """What can be chosen, with counts."""
    gallery, filters = site.gallery, filters_of(request.query_params)
    found = gallery.facets(site.graph.db, filters)

    def value(name: str, one: Any) -> dict[str, Any]:
        label = LOOK_WORDS[one.value] if name == "look" else None if one.value == "~" else one.value
        return {"value": one.value, "label": label, "all": one.all, "shown": one.shown, "chosen": one.chosen}

    return {
        "version": str(gallery.version),
        "total": found.total,
        "all": found.all,
        "facets": [
            {"name": one.name, "values": [value(one.name, each) for each in one.values], "more": one.more}
            for one in found.facets
        ],
        "ranges": [
            {
                "name": one.name,
                "unit": UNITS[one.name],
                "least": one.edges[0] if one.known else None,
                "most": one.edges[-1] if one.known else None,
                "edges": one.edges,
                "all": one.all,
                "shown": one.shown,
                "chosen": list(one.chosen),
                "lacking": one.lacking,
            }
            for one in found.spreads
        ],
        "drop": [{"filter": name, "value": value_, "gives": gives} for name, value_, gives in found.drop],
    }


def suggest(site: Site, request: Request) -> dict[str, Any]:
    """Names that begin as somebody types, or hold it."""
    typed, gallery = request.query_params.get("q", "").casefold().strip(), site.gallery
    found: list[tuple[int, str, str]] = []
    for kind in ("collection", "mint", "type") if typed else ():
        for name in gallery.named[kind].names:
            at = name.casefold().find(typed)
            if at >= 0:
                found.append((min(at, 1), kind, name))
    coins = []
    for coin in gallery.ids if typed else ():
        if typed in coin.casefold():
            coins.append(coin)
            if len(coins) == 8:
                break
    listed = [
        {"kind": kind, "text": name, "href": f"/coins?{kind}={told.quote(name, safe='')}"}
        for _at, kind, name in sorted(found)[: 8 - min(len(coins), 3)]
    ]
    return {"suggestions": [*({"kind": "coin", "text": c, "href": told.address(c)} for c in coins), *listed][:8]}


def coin(site: Site, request: Request) -> dict[str, Any]:
    """All that is known of a coin."""
    id = site.graph.coin_id(request.path_params["id"])
    gallery = site.gallery
    one = site.read_cards([id])[id]
    more = site.graph.coin_details(id, gallery.partition)
    voices: list[dict[str, Any]] = [
        vars(opinion)
        | {
            "type": told.typed(opinion.type),
            "counts": place == 0,
            "agrees": opinion.type == one.type,
            "probability": None,
        }
        for place, opinion in enumerate(more.opinions)
    ]
    for proposal in more.proposals:
        voices.append(
            {
                "type": told.typed(proposal.type),
                "source": "proposed",
                "probability": proposal.probability,
                "like": proposal.like,
                "counts": False,
                "agrees": proposal.type == one.type,
                "by": None,
                "at": None,
                "note": None,
                "verdict": None,
            }
        )
    shown = {"weight", "diameter", "die_axis", "date", "date_from", "date_to", "mint", "material"}
    shown |= {"obverse_legend", "reverse_legend"}
    facts = [{"name": name, "value": value} for name, value in more.facts.items() if name not in shown]
    return {
        "version": str(gallery.version),
        "card": site.card(one, gallery),
        "voices": voices,
        "facts": facts,
        "legends": {face: told.legend(one.legends.get(face), more.read.get(face)) for face in FACES},
        "dies": [
            {
                "face": struck.face,
                "die": struck.die,
                "href": f"/dies/{told.quote(one.type, safe='')}" if one.type else None,
                "others": struck.others,
            }
            for struck in more.dies
        ],
        "community": _community(one, more),
        "centralities": [
            {"name": c.measure, "place": c.place, "of": c.of, "sentence": _central(c.measure, c.place, c.of)}
            for c in site.centralities().of(id)
        ],
        "verdicts": site.verdicts(site.by_number(site.graph.verdicts_on(id)), me(request)),
        "spaces": spaces(site, request)["spaces"],
    }


def _community(one: Any, more: Any) -> dict[str, Any] | None:
    if one.community is None:
        return None
    size, place = sum(more.fellows.values()) + 1, more.place or 0
    return {
        "number": one.community,
        "href": f"/communities/{one.community}",
        "size": size,
        "types": [{"type": name, "coins": coins} for name, coins in more.fellows.items()],
        "place": place or None,
        "sentence": told.in_community(place, size, one.community),
    }


def _central(name: str, place: int, of: int) -> str:
    text = {
        "pagerank": _("Number {place} of {of} by the likeness that leads to it."),
        "betweenness": _("Number {place} of {of} on the shortest ways between other coins."),
        "degree": _("Number {place} of {of} by the number of its links."),
    }.get(name, _("Number {place} of {of} by {name}."))
    return text.format(place=f"{place:,}", of=f"{of:,}", name=name)


def relatives(site: Site, request: Request) -> dict[str, Any]:
    """The coins most like a coin, each with the reasons."""
    given = request.query_params
    id, face, score = (
        site.graph.coin_id(request.path_params["id"]),
        given.get("face", "both"),
        given.get("score", "edge"),
    )
    if face not in ("both", *FACES) or score not in ("edge", "matched"):
        raise BadOption("face is both, obverse or reverse; score is edge or matched")
    known = {one["slug"]: one for one in spaces(site, request)["spaces"]}
    answer: dict[str, Any] = {"version": str(site.gallery.version), "face": face, "score": score, "missing": None}
    try:
        space = site.graph.space(given.get("space") or site.graph.default_space()) if known else None
        if space is None:
            raise CoingraphError
        found = site.graph.relatives(id, space=space.slug, face=face, score=score, top=whole(given, "top", 12, 100))
    except CoingraphError as error:
        if error.code not in ("NotMadeYet", "NothingLinked", "NoSuchSide", "CoingraphError"):
            raise
        what = {"NotMadeYet": "matches", "NoSuchSide": "side"}.get(error.code, "edges")
        command = {"matches": "coingraph match", "edges": "coingraph link"}.get(what)
        return answer | {
            "space": None,
            "head": "",
            "label": False,
            "rows": [],
            "missing": {"what": what, "command": command},
        }
    fields = space.fields
    label = bool(fields) or bool(space.trained_label)
    head = _("No label went into this space.")
    if fields:
        head = _("{columns} went into this space: it proves nothing about them.").format(columns=", ".join(fields))
    elif space.trained_label:
        head = _("This space was trained on {label}.").format(label=space.trained_label)
    cards = site.cards([id, *(pair.coins[1] for pair in found)])
    mine = cards[id]["type"]
    spoken = {number for pair in found for number in pair.verdicts}
    said = {one["number"]: one for one in site.verdicts(site.by_number(spoken), me(request))} if spoken else {}
    rows = []
    for pair in found:
        card = cards.get(pair.coins[1])
        if card is None:
            continue
        theirs = card["type"]
        rows.append(
            {
                "card": card,
                "sentence": told.why(pair),
                "faces": told.faces(pair),
                "score": pair.score,
                "evidence": pair.evidence,
                "probability": pair.probability,
                "word": told.word(pair.probability),
                "same_type": mine["name"] == theirs["name"] if mine and theirs else None,
                "verdicts": [said[number] for number in pair.verdicts if number in said],
                "version": pair.version,
            }
        )
    return answer | {"space": known.get(space.slug), "head": head, "label": label, "rows": rows}


def compared(site: Site, request: Request) -> dict[str, Any]:
    """Two to six coins beside each other, and every pair of them."""
    given = request.query_params
    asked = [coin for coin in given.get("coins", "").split(",") if coin][:MOST_COMPARED]
    found = site.graph.compared(asked, given.get("why") == "1") if len(asked) > 1 else []
    ids = list(dict.fromkeys(site.graph.coin_id(coin) for coin in asked))
    cards = site.cards(ids)
    spoken = {number for pair in found for number in pair.verdicts}
    said = {one["number"]: one for one in site.verdicts(site.by_number(spoken), me(request))} if spoken else {}
    return {
        "version": str(site.gallery.version),
        "cards": [cards[coin] for coin in ids if coin in cards],
        "pairs": [
            {
                "coins": list(pair.coins),
                "faces": told.faces(pair),
                "score": pair.score,
                "probability": pair.probability,
                "word": told.word(pair.probability),
                "sentence": told.why(pair),
                "spaces": [vars(one) for one in pair.everywhere],
                "die": {face: _die(pair, face) for face in FACES},
                "verdicts": [said[number] for number in pair.verdicts if number in said],
                "version": pair.version,
            }
            for pair in found
        ],
    }


def align(site: Site, request: Request) -> Any:
    """How one coin is laid over another."""
    given = request.query_params
    face = given.get("face", "obverse")
    ids = [site.graph.coin_id(given.get(name, "")) for name in ("one", "two")]
    cards = site.read_cards(ids)
    sides = [cards[coin].pictures.get(face) for coin in ids]  # type: ignore[call-overload]
    if sides[0] is None or sides[1] is None:
        raise NotFound(_("One of the two has no such side."))
    key = tuple((side.sha256, side.shape) for side in sides if side)
    return site.kept(("align", key), lambda: alignment(*(site.graph.picture(side.sha256) for side in sides if side)))


async def atlas(site: Site, request: Request) -> Any:
    """Many sides, by their checksums, as cells of one picture."""
    wanted = texts(await body_of(request), "pictures", MOST_CELLS)

    def make() -> Path:
        found = site.graph.pictures(wanted)
        return site.pictures.atlas([found.get(one) for one in wanted])

    return FileResponse(await run_in_threadpool(make), media_type="image/webp")


def _die(pair: Any, face: Any) -> dict[str, float] | None:
    closer = pair.closer.get(face)
    return {"probability": closer.die} if closer and closer.die is not None else None


def compared_first(site: Site, request: Request) -> dict[str, Any]:
    """What the page that compares begins with: the cards alone, unless coins are named that there are not."""
    try:
        return compared(site, request)
    except CoingraphError as error:
        if error.code != "UnknownCoin":
            raise
        return {"version": str(site.gallery.version), "cards": [], "pairs": [], "missing": {"what": str(error)}}


def spaces(site: Site, request: Request) -> dict[str, Any]:
    """The spaces that there are."""

    def read() -> list[dict[str, Any]]:
        usual, linked = site.graph.default_space(), site.graph.linked_spaces()
        return [
            {
                "name": one.space.name,
                "slug": one.space.slug,
                "embedded": one.embedded,
                "sides": one.sides,
                "linked": one.space.slug in linked,
                "default": one.space.slug == usual,
                "calibrated": linked.get(one.space.slug, False),
                "label": ", ".join(one.space.fields) or one.space.trained_label,
            }
            for one in site.graph.spaces()
        ]

    return {"version": str(site.gallery.version), "spaces": site.kept("spaces", read)}


def version(site: Site, request: Request) -> dict[str, Any]:
    """What the graph stands at."""
    found = site.graph.version()
    return {"version": str(found), "coins": found.coins, "verdicts": found.verdicts - found.undone}


def types(site: Site, request: Request) -> dict[str, Any]:
    """Types by a part of their name, the commonest first."""
    typed, column = request.query_params.get("q", "").casefold().replace("u", "v"), site.gallery.named["type"]
    counts = column.counts(site.gallery.looks["untyped"] | True)
    found = [
        (-int(count), name)
        for name, count in zip(column.names, counts, strict=False)
        if typed in name.casefold().replace("u", "v")
    ]
    return {"types": [{**(told.typed(name) or {}), "coins": -count} for count, name in sorted(found)[:20]]}


ROUTES: dict[tuple[str, str], Callable[[Site, Request], Any]] = {
    ("GET", "/api/version"): version,
    ("GET", "/api/coins"): list_coins,
    ("GET", "/api/facets"): facets,
    ("GET", "/api/suggest"): suggest,
    ("GET", "/api/coins/{id:path}/relatives"): relatives,
    ("GET", "/api/coins/{id:path}"): coin,
    ("GET", "/api/pair"): compared,
    ("GET", "/api/align"): align,
    ("POST", "/api/atlas"): atlas,
    ("GET", "/api/spaces"): spaces,
    ("GET", "/api/types"): types,
}
