"""Types and dies on the page: what was struck from what."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from coingraph import CoingraphError, DieStudy
from explore.die_chart import draw, ordered_chains
from explore.page import told
from explore.page.site import NotFound, Site, me
from explore.page.words import _, ngettext
from ingest.records import FACES

if TYPE_CHECKING:
    from coingraph import TypeDies

FOREIGN = "*"  # behind the name of a die of another type
KINDS = {"svg": "image/svg+xml", "pdf": "application/pdf"}


def study(site: Site, space: str | None) -> DieStudy | None:
    """The dies of a space, else of the first that has some; None where nobody has looked for any."""

    def read() -> DieStudy | None:
        slugs = [space] if space else [one.space.slug for one in site.graph.spaces()]
        usual = site.graph.default_space() if slugs else None
        for slug in sorted(slugs, key=lambda one: one != usual):
            found = site.graph.die_study(slug)
            if found.dies:
                return found
        return None

    return site.kept_for_runs(("dies", space), read)


def list_types(site: Site, request: Request) -> dict[str, Any]:
    """Every type, with the dies that are known of it."""
    found = study(site, request.query_params.get("space"))
    column = site.gallery.named["type"]
    counts = column.counts(site.gallery.looks["untyped"] | True)
    rows = []
    for name, coins in zip(column.names, counts[:-1], strict=True):
        if not coins:
            continue
        row: dict[str, Any] = {
            "type": told.typed(name),
            "href": f"/dies/{told.quote(name, safe='')}",
            "coins": int(coins),
            "obverse_dies": 0,
            "reverse_dies": 0,
            "links": 0,
            "chains": 0,
            "estimate": dict.fromkeys(FACES),
        }
        if found and (part := _part(found, name)):
            row |= {f"{face}_dies": sum(die.face == face for die in part.dies) for face in FACES}
            row |= {"links": len(part.links), "chains": len({die.chain for die in part.dies})}
            row["estimate"] = {face: _estimate(found.types, name, face) for face in FACES}
        rows.append(row)
    rows.sort(key=lambda row: (-row["links"], -row["coins"], row["type"]["name"]))
    return {
        "version": str(site.gallery.version),
        "space": found and found.space,
        "missing": None if found else {"what": "dies", "command": "coingraph dies"},
        "types": rows,
        "claims": [_claim(face, found.claims[face]) for face in FACES if face in found.claims] if found else [],
    }


def one_type(site: Site, request: Request) -> dict[str, Any]:
    """The chart of a type: its dies, in the order in which few lines cross, the links, and its coins."""
    name = request.path_params["type"]
    known = site.gallery.named["type"]
    if name not in known.names:
        raise NotFound(_("No coin is of the type {type}.").format(type=name))
    found = study(site, request.query_params.get("space"))
    part = found and _part(found, name)
    coins = [site.gallery.ids[row] for row in (known.codes == known.names.index(name)).nonzero()[0]]
    listed = part.coins if part else {}
    cards = site.cards(list(dict.fromkeys([*listed, *coins]))[:500])
    answer: dict[str, Any] = {
        "version": str(site.gallery.version),
        "type": told.typed(name),
        "cards": cards,
        "missing": None if part else {"what": "dies", "command": "coingraph dies"},
        "obverse": [],
        "reverse": [],
        "links": [],
        "pairs": [],
        "browser": None,
        "svg": None,
        "pdf": None,
    }
    if not part:
        return answer
    place = {id: row for chain in ordered_chains(part.dies, part.links) for row, id in _placed(chain)}
    for face in FACES:
        some = [die for die in part.dies if die.face == face]
        some.sort(key=lambda die: (die.chain, place.get(die.id, 10**6), die.number))
        answer[face] = [
            {
                "id": die.id,
                "name": die.name + FOREIGN * (die.type != name),  # numbered within its own type: two may be O1 here
                "other_type": die.type if die.type != name else None,
                "coins": list(die.coins),
                "chain": die.chain,
                "x": row,
                "weight": _weights([part.coins[coin].weight for coin in die.coins if coin in part.coins]),
            }
            for row, die in enumerate(some)
        ]
    by_id = {die.id: die for die in part.dies}
    answer["links"] = [
        {
            "obverse": link.obverse,
            "reverse": link.reverse,
            "coins": sorted(set(by_id[link.obverse].coins) & set(by_id[link.reverse].coins)),
            "sure": True,
        }
        for link in part.links
    ]
    answer["pairs"] = _pairs(site, part, me(request))
    answer["browser"] = site.browser_of("die-links", type=name, space=found.space) if found else None
    address = f"/api/dies/{told.quote(name, safe='')}"
    if part.links:
        answer |= {kind: f"{address}.{kind}" for kind in KINDS}
    return answer


def chart(site: Site, request: Request) -> Response:
    """The chart of a type as a file to print."""
    name, kind = request.path_params["type"], request.path_params["kind"]
    found = study(site, None)
    part = found and _part(found, name)
    if not part or kind not in KINDS:
        raise NotFound(_("No dies of the type {type} are known.").format(type=name))
    with tempfile.TemporaryDirectory() as folder:
        drawn = draw(part, Path(folder) / f"dies.{kind}", name)
        content = drawn.path.read_bytes()
    headers = {"content-disposition": f'attachment; filename="dies.{kind}"'}
    return Response(content, media_type=KINDS[kind], headers=headers)


def _part(found: DieStudy, kind: str) -> DieStudy | None:
    try:
        return found.of_type(kind)
    except CoingraphError:
        return None


def _placed(chain: Any) -> list[tuple[int, str]]:
    return [*enumerate(chain.obverses), *enumerate(chain.reverses)]


def _pairs(site: Site, part: DieStudy, person: str) -> list[dict[str, Any]]:
    """Pairs that speak for one die but were put to two."""
    undecided = part.undecided[:100]
    pairs = {pair.coins: pair for pair in site.graph.pairs([(a, b) for a, b, _face in undecided])} if undecided else {}
    spoken = {number for pair in pairs.values() for number in pair.verdicts}
    said = {one["number"]: one for one in site.verdicts(site.by_number(spoken), person)} if spoken else {}
    rows = []
    for a, b, face in undecided:
        pair = pairs[a, b]
        closer = pair.closer.get(face)
        rows.append(
            {
                "coins": [a, b],
                "face": face,
                "probability": closer.die if closer else None,
                "word": told.word(closer.die if closer else None),
                "verdicts": [said[number] for number in pair.verdicts if number in said],
                "version": pair.version,
            }
        )
    return rows


def _estimate(types: "Sequence[TypeDies]", name: str, face: str) -> dict[str, Any] | None:
    for one in types:
        if one.type == name and one.face == face:
            carter = getattr(one.count, "carter", None)
            if carter is not None:
                return {"dies": carter.dies, "low": carter.low, "high": carter.high, "method": "Carter"}
    return None


def _weights(values: Sequence[float | None]) -> dict[str, Any]:
    known = [value for value in values if value is not None]
    if not known:
        return {"mean": None, "least": None, "most": None, "known": 0}
    return {"mean": sum(known) / len(known), "least": min(known), "most": max(known), "known": len(known)}


def _claim(face: str, claims: Any) -> str:
    text = ngettext("{count} pair of one die by the {side}", "{count} pairs of one die by the {side}", claims.links)
    false = _("about {number} of them expected to be wrong").format(number=f"{claims.false_links:.1f}")
    return f"{text.format(count=f'{claims.links:,}', side=told.side_of(face))}, {false}."


ROUTES: dict[tuple[str, str], Callable[[Site, Request], Any]] = {
    ("GET", "/api/dies"): list_types,
    ("GET", "/api/dies/{type:path}.{kind}"): chart,
    ("GET", "/api/dies/{type:path}"): one_type,
}
