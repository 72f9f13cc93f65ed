"""The network, the map, communities and named groups on the page."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from coingraph import CoingraphError, traits
from errors import BadOption
from explore.maps import make_map
from explore.page import places, told
from explore.page.api_verdicts import body_of, text, texts
from explore.page.site import MOST_IDS, NotFound, Site, me
from explore.page.words import _
from ingest.records import FACES

if TYPE_CHECKING:
    from coingraph import CoinSet

BARS = 48
TYPICAL = 5
MOST_GROUPED = 100_000
#: What is missing, by errors, and what makes it.
MISSING = {
    "NothingLinked": ("edges", "coingraph link"),
    "NoEdges": ("edges", "coingraph link"),
    "NotEmbedded": ("vectors", "coingraph embed"),
    "UnknownSpace": ("vectors", "coingraph embed"),
    "NoUmap": ("umap", "pip install umap-learn"),
}


def nothing(site: Site, request: Request) -> dict[str, Any]:
    """The page asks for its data itself."""
    return {"version": str(site.gallery.version)}


def network(site: Site, request: Request) -> Any:
    """Coins, their places, and all their edges, the strongest first."""
    given = request.query_params
    face = _face(given.get("face", "both"), ("both", *FACES))
    try:
        linked = site.kept_for_runs(
            ("linked", given.get("space"), face),
            lambda: site.graph.linked_coins(given.get("space"), face, percentile=0.0),
        )
    except CoingraphError as error:
        return _missing(site, error)
    coins = linked.coins
    edges = coins.edges
    key = places.key_of("network", coins.coins, edges.first, edges.second, edges.strength)
    arrays = site.places.get(key, lambda: places.lay_out(coins))
    if arrays is None:
        return JSONResponse({"working": True}, 202)
    found = site.kept_for_runs(("steps", key), lambda: places.steps(coins))
    types = _types(site, coins.coins)
    both = (types[edges.first] >= 0) & (types[edges.second] >= 0)
    same = np.where(both, types[edges.first] == types[edges.second], -1)
    cosine = edges.cosine if edges.cosine is not None else np.full(len(edges), np.nan)
    advised = min(found, key=lambda step: abs(step["edges"] - len(coins) * places.PER_COIN / 2), default=None)
    return _nodes(site, coins.coins, arrays["xy"]) | {
        "space": coins.space,
        "face": face,
        "first": edges.first.tolist(),
        "second": edges.second.tolist(),
        "percentile": edges.strength.round(4).tolist(),
        "cosine": _numbers(cosine),
        "same": same.tolist(),
        "histogram": _histogram(cosine, same == 1),
        "percentiles_of": {"least": float(edges.strength[-1]), "most": float(edges.strength[0])},
        "steps": found,
        "advised": advised and advised["percentile"],
        "folded": len(coins) > places.FOLDED,
        "folds": _folds(site, coins.coins),
        "missing": None,
    }


def path(site: Site, request: Request) -> dict[str, Any]:
    """The strongest chain of edges from one coin to another: the sum of the distances to 100 is the least."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    given = request.query_params
    try:
        linked = site.kept_for_runs(
            ("linked", given.get("space"), "both"),
            lambda: site.graph.linked_coins(given.get("space"), "both", percentile=0.0),
        )
    except CoingraphError as error:
        return _missing(site, error)
    coins = linked.coins
    ends = [coins.place.get(site.graph.coin_id(given.get(name, ""))) for name in ("from", "to")]
    least = _number(given.get("percentile", "0"))
    edges = coins.edges.above(least)
    lengths = 100.0 - edges.strength + 1e-3
    answer = {"version": str(site.gallery.version), "coins": [], "steps": [], "missing": {"what": "path"}}
    if None in ends:
        return answer
    graph = coo_array((lengths, (edges.first, edges.second)), shape=(len(coins), len(coins))).tocsr()
    distances, before = dijkstra(graph, directed=False, indices=ends[0], return_predecessors=True)
    if not np.isfinite(distances[ends[1]]):
        return answer
    way = [ends[1]]
    while way[-1] != ends[0]:
        way.append(int(before[way[-1]]))
    way.reverse()
    joined = {
        frozenset((int(a), int(b))): row for row, (a, b) in enumerate(zip(edges.first, edges.second, strict=True))
    }
    cosine = edges.cosine
    steps = []
    for one, two in itertools.pairwise(way):
        row = joined[frozenset((one, two))]
        steps.append(
            {
                "percentile": float(edges.strength[row]),
                "cosine": None if cosine is None else _numbers(cosine[row : row + 1])[0],
            }
        )
    cards = site.cards([coins.coins[row] for row in way])
    return answer | {"coins": list(cards.values()), "steps": steps, "missing": None}


def map_of(site: Site, request: Request) -> Any:
    """The sides of a face on a plane, by t-SNE or UMAP of their vectors."""
    given = request.query_params
    face, method = _face(given.get("face", "obverse"), FACES), given.get("method", "tsne")
    if method not in ("tsne", "umap"):
        raise BadOption("method is tsne or umap")
    try:
        space = site.graph.space(given.get("space"))
        version = site.gallery.version
        key = places.key_of("map", space.slug, space.weights, face, method, version.step, version.coins)

        def make() -> dict[str, np.ndarray]:
            coins: CoinSet = site.graph.coins(space.slug, face=face, colour="type")
            made = make_map(coins, method)
            ids = np.array([dot.coin for dot in made.dots])
            span = float(np.ptp(made.xy, axis=0).max()) or 1.0
            return {"xy": (made.xy - made.xy.min(0)) / span, "coins": ids, "how": np.array(made.how)}

        arrays = site.places.get(key, make)
    except CoingraphError as error:
        return _missing(site, error)
    if arrays is None:
        return JSONResponse({"working": True}, 202)
    nodes = _nodes(site, [str(one) for one in arrays["coins"]], arrays["xy"])
    return nodes | {"space": space.name, "face": face, "how": str(arrays["how"]), "missing": None}


def _nodes(site: Site, ids: Sequence[str], xy: np.ndarray) -> dict[str, Any]:
    """Coins as columns: what a canvas draws and colours by."""
    gallery = site.gallery
    rows = np.array([gallery.place.get(coin, -1) for coin in ids], np.intp)
    cards = site.kept_for_runs(("stems", places.key_of(list(ids))), lambda: _stems(site, ids))
    columns = {}
    for name in ("type", "collection", "mint", "material", "community"):
        column = gallery.named[name]
        codes = np.where(rows >= 0, column.codes[rows], -1)
        used, moved = np.unique(codes[codes >= 0], return_inverse=True)
        codes[codes >= 0] = moved
        columns[name] = {"codes": codes.tolist(), "names": [column.names[code] for code in used]}
    years = np.where(rows >= 0, gallery.numbers["from"][rows], np.nan)
    numbers = columns["community"]["names"]
    return {
        "version": str(gallery.version),
        "ids": list(ids),
        "names": [coin.rpartition("/")[2] for coin in ids],
        "x": xy[:, 0].round(5).tolist(),
        "y": xy[:, 1].round(5).tolist(),
        "types": columns["type"]["codes"],
        "type_names": columns["type"]["names"],
        "collection": columns["collection"]["codes"],
        "collection_names": columns["collection"]["names"],
        "community": [int(numbers[code]) if code >= 0 else 0 for code in columns["community"]["codes"]],
        "columns": {name: columns[name] for name in ("mint", "material")} | {"year": _numbers(years)},
        "stems": [cards.get(coin, ([None, None], None))[0] for coin in ids],
        "mm": [cards.get(coin, ([None, None], None))[1] for coin in ids],
    }


def _stems(site: Site, ids: Sequence[str]) -> dict[str, tuple[list[Any], list[Any] | None]]:
    """Where each coin's two pictures are, and how wide these are in millimetres."""
    found: dict[str, tuple[list[Any], list[Any] | None]] = {}
    for id, one in site.graph.cards(ids, site.gallery.partition).items():
        sides = [told.picture(one.pictures.get(face), one.diameter) for face in FACES]
        found[id] = ([side and side["stem"] for side in sides], [side and side["mm"] for side in sides])
    return found


def _folds(site: Site, ids: Sequence[str]) -> list[dict[str, Any]]:
    """The communities as one coin each."""
    place = {coin: row for row, coin in enumerate(ids)}
    found = site.kept_for_runs("communities", site.graph.communities)
    return [
        {"community": one.number, "coin": place[one.typical], "size": one.size}
        for one in found.found
        if one.typical in place
    ]


def communities(site: Site, request: Request) -> dict[str, Any]:
    """All communities, the largest first."""
    found = site.kept_for_runs("communities", site.graph.communities)
    cards = site.cards([one.typical for one in found.found[:MOST_IDS] if one.typical])
    return {
        "version": str(site.gallery.version),
        "space": found.space,
        "partition": found.partition,
        "percentile": found.percentile,
        "missing": None if found.found else {"what": "communities", "command": "coingraph analyze"},
        "communities": [
            {
                "number": one.number,
                "name": one.name,
                "size": one.size,
                "parts": one.parts,
                "href": f"/communities/{one.number}",
                "types": [{"type": name, "coins": coins} for name, coins in list(one.types.items())[:3]],
                "typical": cards.get(one.typical or ""),
            }
            for one in found.found[:MOST_IDS]
        ],
    }


def community(site: Site, request: Request) -> dict[str, Any]:
    """One community: what its coins have in common, the most typical and the odd ones, its weakest link."""
    number = int(request.path_params["number"])
    found = site.kept_for_runs(("community", number), lambda: site.graph.community(number))
    if found is None:
        raise NotFound(_("There is no community {number}.").format(number=number))
    weakest = found.weakest
    lines = site.kept_for_runs("communities", site.graph.communities).found
    wanted = [*found.members[:TYPICAL], *found.odd, *(weakest[:2] if weakest else ())]
    cards = site.cards(wanted)
    return {
        "version": str(site.gallery.version),
        "number": number,
        "name": next((one.name for one in lines if one.number == number), ""),
        "size": len(found.members),
        "parts": [{"name": one.name, "size": one.size} for one in found.parts],
        "summary": in_common(site, found.members),
        "typical": [cards[coin] for coin in found.members[:TYPICAL] if coin in cards],
        "odd": [cards[coin] for coin in found.odd if coin in cards],
        "weakest": weakest
        and {"coins": [cards[coin] for coin in weakest[:2] if coin in cards], "percentile": weakest[2]},
        "bridges": [],
        "sentence": _("{size} coins that are more like each other than like the rest.").format(size=len(found.members)),
        "members": f"/coins?community={number}",
        "browser": site.browser_of("community", number=number),
    }


def in_common(site: Site, ids: Sequence[str]) -> dict[str, Any]:
    """What coins have in common: counts of types and the like beside those of all coins, and measures."""
    return asdict(traits(site.gallery, ids))


def summary(site: Site, request: Request) -> dict[str, Any]:
    """What some coins have in common."""
    ids = [one for one in request.query_params.get("ids", "").split(",") if one]
    return _summary(site, ids)


async def summary_of_many(site: Site, request: Request) -> Any:
    """The same for more coins than an address holds."""
    ids = texts(await body_of(request), "ids", MOST_GROUPED)
    return await run_in_threadpool(_summary, site, ids)


def _summary(site: Site, ids: Sequence[str]) -> dict[str, Any]:
    return in_common(site, ids) | {
        "cards": list(site.cards(ids[:12]).values()),
        "version": str(site.gallery.version),
        "browser": site.browser(site.graph.coins_text(ids[:MOST_IDS])),
    }


# --- groups -----------------------------------------------------------------------------------------------------------


def groups(site: Site, request: Request) -> dict[str, Any]:
    """The named groups."""
    return {
        "groups": [vars(one) | {"href": f"/coins?group={told.quote(one.name, safe='')}"} for one in site.graph.groups()]
    }


def group(site: Site, request: Request) -> dict[str, Any]:
    """The coins of a group."""
    name = request.path_params["name"]
    return {"name": name, "ids": site.graph.coins_of_group(name)}


async def keep_group(site: Site, request: Request) -> Any:
    """Name a group of coins."""
    body = await body_of(request)
    name, coins = text(body, "name") or "", texts(body, "coins", MOST_GROUPED)
    replace = body.get("replace") is True
    kept = await run_in_threadpool(site.graph.keep_group, name, coins, by=me(request), replace=replace)
    return {"name": " ".join(name.split()), "coins": kept}


async def remove_group(site: Site, request: Request) -> Any:
    """Forget a group."""
    await run_in_threadpool(site.graph.remove_group, request.path_params["name"])
    return {"removed": request.path_params["name"]}


# ----------------------------------------------------------------------------------------------------------------------


def _missing(site: Site, error: CoingraphError) -> dict[str, Any]:
    if error.code not in MISSING:
        raise error
    what, command = MISSING[error.code]
    return {"version": str(site.gallery.version), "missing": {"what": what, "command": command, "message": str(error)}}


def _types(site: Site, ids: Sequence[str]) -> np.ndarray:
    gallery = site.gallery
    rows = np.array([gallery.place.get(coin, -1) for coin in ids], np.intp)
    return np.where(rows >= 0, gallery.named["type"].codes[rows], -1)


def _histogram(cosine: np.ndarray, same: np.ndarray) -> dict[str, list[float]]:
    known = ~np.isnan(cosine)
    if not known.any():
        return {"edges": [], "all": [], "same": []}
    edges = np.linspace(float(cosine[known].min()), float(cosine[known].max()) + 1e-9, BARS + 1)
    counts = [np.histogram(cosine[mask], edges)[0].tolist() for mask in (known, known & same)]
    return {"edges": edges.round(5).tolist(), "all": counts[0], "same": counts[1]}


def _numbers(values: np.ndarray) -> list[float | None]:
    return [None if value != value else round(float(value), 5) for value in values]


def _face(given: str, known: Sequence[str]) -> Any:
    if given not in known:
        raise BadOption(f"face is {', '.join(known)}, not {given!r}")
    return given


def _number(text_: str) -> float:
    try:
        value = float(text_)
    except ValueError:
        value = float("nan")
    if not 0 <= value <= 100:
        raise BadOption("percentile is a number from 0 to 100")
    return value


ROUTES: dict[tuple[str, str], Callable[[Site, Request], Any]] = {
    ("GET", "/api/network"): network,
    ("GET", "/api/network/path"): path,
    ("GET", "/api/map"): map_of,
    ("GET", "/api/communities"): communities,
    ("GET", "/api/communities/{number:int}"): community,
    ("GET", "/api/summary"): summary,
    ("POST", "/api/summary"): summary_of_many,
    ("GET", "/api/groups"): groups,
    ("POST", "/api/groups"): keep_group,
    ("GET", "/api/groups/{name:path}"): group,
    ("DELETE", "/api/groups/{name:path}"): remove_group,
}
