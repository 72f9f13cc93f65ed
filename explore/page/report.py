"""A report as one HTML file that opens offline and can be mailed: nothing in it runs, nothing is loaded."""

import base64
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from explore.network import TooManyEdges, make_network
from explore.page import places, told
from explore.page.pictures import BadImage, NoSuchPicture, Pictures
from explore.page.words import HERE, _, language, template
from explore.plots import TooManyCoins
from explore.report import agreement_text, number_of
from ingest.files import whole
from ingest.records import FACES

if TYPE_CHECKING:
    from coingraph import CommunitySummary, Report, Verdict
    from explore.network import Network

LARGE, SMALL = 192, 96  # pixels of a picture on a card, and in the network
RINGS = 10  # communities that have a colour of their own
VERDICTS = 100  # that are listed
WIDE = 1200.0  # of the network's drawing
LEVELS = 3  # of the strength of its edges
STYLES = ("ground.css", "parts.css", "report.css")


@dataclass(frozen=True)
class Written:
    """A report that was written: its file, its size, how many pictures it holds, and how many cannot be read."""

    path: Path
    bytes: int
    pictures: int
    unreadable: int


class _Images:
    """Photographs of a report as `data:` addresses, made and kept as those of the page."""

    def __init__(self, found: "Report", pictures: Pictures):
        self.found, self.pictures = found, pictures
        self.shown = 0
        self.unreadable: set[str] = set()

    def __call__(self, sha256: str | None, size: int = LARGE) -> str | None:
        """The address of a photograph by its checksum; None where there is none, or one that cannot be read."""
        if sha256 not in self.found.photographs:
            return None
        try:
            file = self.pictures.get(*self.found.photographs[sha256], "cut", size)
        except (BadImage, NoSuchPicture, OSError):
            self.unreadable.add(sha256)
            return None
        self.shown += 1
        return "data:image/webp;base64," + base64.b64encode(file.read_bytes()).decode()


def write_report(found: "Report", kept: Path, out: Path) -> Written:
    """Write a report to the file ``out``, whole or not at all; ``kept`` is the folder of the page's pictures."""
    images = _Images(found, Pictures(kept))
    drawn, problem = _network(found, images)
    page = template(
        "report.html"
    ).render(
        lang=language(),
        style=Markup("\n".join((HERE / "static" / name).read_text("utf-8") for name in STYLES)),  # our own files
        found=found,
        summary=as_dict(found),
        image=images,
        faces=[("obverse", _("obverse")), ("reverse", _("reverse"))],
        typed=told.typed,
        word=told.word,
        colours=_colours(found),
        communities=[_community(found, one) for one in found.shown],
        more=found.grouped.communities[len(found.shown) :] if found.grouped else [],
        agreement=agreement_text(found.grouped.agreement, _("catalogued types")) if found.grouped else "",
        drawn=drawn,
        problem=problem,
        thresholds=_thresholds(found),
        verdicts=[_verdict(one, found.overruled) for one in found.verdicts[:VERDICTS]],
        named=[
            (_("Types"), found.traits.types),
            (_("Mints"), found.traits.mints),
            (_("Materials"), found.traits.materials),
        ],
        measures=[
            (_("Weight"), "g", found.traits.weight),
            (_("Diameter"), "mm", found.traits.diameter),
            (_("Year"), "", found.traits.year),
        ],
    )
    with whole(out) as unfinished:
        unfinished.write_text(page, encoding="utf-8")
    return Written(out, out.stat().st_size, images.shown, len(images.unreadable))


def as_dict(found: "Report") -> dict[str, Any]:
    """The figures of a report, as JSON takes them."""
    grouped, partition = found.grouped, found.partition
    return {
        "made": found.made.isoformat(timespec="seconds"),
        "collections": [vars(one) for one in found.collections],
        "coins": found.traits.coins,
        "space": found.space.name if found.space else None,
        "model": found.space.model if found.space else None,
        "edges": found.edges,
        "partition": partition and partition["id"],
        "percentile": partition and partition["percentile"],
        "communities": len(grouped.communities) if grouped else None,
        "alone": grouped.alone if grouped else None,
        "agreement": vars(grouped.agreement) if grouped and grouped.agreement else None,
        "proposals": _rows(found.proposals),
        "doubtful": _rows(found.doubtful),
        "verdicts": by_person(found.verdicts, found.overruled),
        "runs": {one.command: one.id for one in reversed(found.steps)},
        "missing": found.problems,
    }


def _rows(answer: Any) -> int | None:
    return (answer.total or len(answer.rows)) if answer else None


def by_person(verdicts: "Sequence[Verdict]", overruled: frozenset[int]) -> list[dict[str, Any]]:
    """How many verdicts each person gave, how many were taken back, and how many somebody else overruled."""
    counts = {name: Counter[str]() for name in sorted({one.author for one in verdicts})}
    for one in verdicts:
        counts[one.author].update(given=1, undone=int(one.undone), overruled=int(one.number in overruled))
    rows = [{"person": name, **dict(count)} for name, count in counts.items()]
    return sorted(rows, key=lambda row: -row["given"])


def _colours(found: "Report") -> dict[str, int]:
    """By the ids of the largest communities the number of their colour."""
    largest = found.grouped.communities[:RINGS] if found.grouped else []
    return {one.community: place for place, one in enumerate(largest, 1)}


def _community(found: "Report", one: "CommunitySummary") -> dict[str, Any]:
    typical, odd = found.chosen(one)
    return {
        "id": one.community,
        "number": number_of(one.community),
        "name": one.name,
        "size": len(one.coins),
        "type": one.main_type,
        "share": one.share,
        "by_chance": one.by_chance,
        "typical": typical,
        "odd": odd,
        "all_odd": len(one.odd),
    }


def _verdict(one: "Verdict", overruled: frozenset[int]) -> dict[str, Any]:
    sentence = told.sentence(one, [coin.rpartition("/")[2] for coin in one.coins])
    return {"verdict": one, "sentence": sentence, "overruled": one.number in overruled}


# --- the network ------------------------------------------------------------------------------------------------------


def _threshold(found: "Report") -> float | None:
    """The percentile from which edges are drawn: that of the communities, else of as many edges as a layout follows."""
    edges = found.linked.coins.edges if found.linked else None
    if edges is None or not len(edges):
        return None
    if found.partition:
        return float(found.partition["percentile"])
    return float(edges.strength[min(int(edges.count * places.PER_COIN / 2), len(edges) - 1)])


def _network(found: "Report", images: _Images) -> tuple[dict[str, Any] | None, str]:
    """The network as its drawing's figures, or why there is none."""
    least = _threshold(found)
    if least is None or found.linked is None or found.linked.coins.edges is None:
        return None, found.problems.get("network", _("No edge joins these coins."))
    coins = replace(found.linked.coins, edges=found.linked.coins.edges.above(least))
    linked = replace(found.linked, coins=coins, chosen=f"percentile {least:.5g} and above")
    try:
        return _drawn(make_network(linked), found, images), ""
    except (TooManyEdges, TooManyCoins):
        return None, _("{count} edges from percentile {percentile} are too many for one drawing.").format(
            count=f"{len(coins.edges or ()):,}", percentile=f"{least:.5g}"
        )


def _drawn(network: "Network", found: "Report", images: _Images) -> dict[str, Any]:
    colours, by_community = _colours(found), network.colour == "community"
    low, span = network.xy.min(0) - 0.7, np.ptp(network.xy, axis=0) + 1.4
    unit = WIDE / span[0]
    xy = (network.xy - low) * unit
    xy[:, 1] = span[1] * unit - xy[:, 1]
    pictured = len(network.dots) == sum(dot.coin in found.cards for dot in network.dots)
    radius = round(float(np.clip(unit * (0.36 if pictured else 0.25), 2, 40)), 1)
    strength = np.argsort(np.argsort(network.weights)) * LEVELS // max(len(network.weights), 1)
    lines = []
    for level in range(LEVELS):
        ends = xy[network.edges[strength == level]].reshape(-1, 4).round(1)
        lines.append("".join("M{:g} {:g}L{:g} {:g}".format(*one) for one in ends))
    nodes = []
    for dot, (x, y) in zip(network.dots, xy.round(1).tolist(), strict=True):
        community = dot.value if by_community else None
        card = found.cards.get(dot.coin) if pictured else None
        sides = [card.pictures[face].sha256 for face in FACES if face in card.pictures] if card else []
        nodes.append(
            {
                "x": x,
                "y": y,
                "colour": colours.get(community or "", 0),
                "community": number_of(community) if community in {one.community for one in found.shown} else None,
                "says": f"{dot.coin}: {dot.line(network.colour)}",
                "image": images(sides[0], SMALL) if sides else None,
            }
        )
    return {
        "width": WIDE,
        "height": round(float(span[1] * unit), 1),
        "radius": radius,
        "lines": lines,
        "nodes": nodes,
        "shows": network.shows,
    }


def _thresholds(found: "Report") -> list[dict[str, Any]]:
    """What is left at thresholds from loose to strict; the one nearest to that of the communities is ``used``."""
    if found.linked is None:
        return []
    steps = places.steps(found.linked.coins)
    least = _threshold(found)
    nearest = None
    with suppress(ValueError):
        nearest = min(steps, key=lambda step: abs(step["percentile"] - (least or 0.0)))
    return [step | {"used": step is nearest} for step in steps]
