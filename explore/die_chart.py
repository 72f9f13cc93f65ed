"""Die links as a diagram a type: obverse dies on the left, reverse dies on the right, a line for each pair that struck
coins.

One chain (all that links join) follows another from the top, the one of most coins first. A type takes as many pages of
A4 as it needs; chains of one coin are counted below.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from errors import CoingraphError, counted
from explore import formats, plots
from explore.colours import COLOURS
from explore.plots import Drawn
from ingest.files import whole
from ingest.records import one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from graph.die_graph import Die, DieLink
    from pipeline.dies import DieStudy

PAGE = (7.5, 10.9)  # inches that a figure has on A4, with margins
ROW = 0.24  # inches from one die to the next
HEAD = 0.9  # inches for the title and the line below
GAP = 0.7  # rows between two chains
ROWS = int((PAGE[1] - HEAD) / ROW)  # that a page holds; a chain of more is drawn closer
MOST = 110  # dies of one face in a chain, at most: more cannot be read on a page
#: Where on its line a link's number of coins stands: elsewhere than those of the next lines, which may run close by.
NUMBERS_AT = (0.14, 0.32, 0.5, 0.23, 0.41)
PAPER: Any = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"}


class NoLinks(CoingraphError):
    """There are no die links to draw."""


@dataclass(frozen=True)
class Chain:
    """Dies that links join, ordered so that few lines cross: ids of obverse and of reverse dies, and the coins."""

    obverses: list[str]
    reverses: list[str]
    coins: int

    @property
    def rows(self) -> int:
        return max(len(self.obverses), len(self.reverses))


@dataclass(frozen=True)
class Page:
    """What one page shows: chains of a type, its number among the type's pages, and what is not drawn."""

    kind: str
    number: int
    pages: int
    chains: list[Chain]
    folded: int
    left_out: int


def draw(study: "DieStudy", out: Path, kind: str | None = None) -> Drawn:
    """Draw the die links of one type, or of every type that has some: pages of one PDF, or a PNG or SVG a page.

    Several files are called `dies-1.svg`, `dies-2.svg` for ``out`` `dies.svg`. Raises `NoLinks`, `NoDies`, `BadOutput`.
    """
    formats.checked(out, formats.DIES)
    kinds = [kind] if kind else sorted({coin.type for coin in study.coins.values() if coin.type})
    parts = {name: study.of_type(name) for name in kinds}
    pages = [(parts[name], page) for name in kinds for page in pages_of(parts[name], name)]
    if not pages:
        raise NoLinks("no obverse die is linked to a reverse die")
    rows = [{"file": "", "type": page.kind, "page": page.number, "chains": len(page.chains)} for _, page in pages]
    with plots.styled():
        if out.suffix.lower() == ".pdf":
            from matplotlib.backends.backend_pdf import PdfPages

            with whole(out) as unfinished, PdfPages(unfinished, metadata={"CreationDate": None}) as file:
                for part, page in pages:
                    file.savefig(_figure(part, page))
            files = [out] * len(pages)
        else:
            files = [out] if len(pages) == 1 else [out.with_stem(f"{out.stem}-{n}") for n in range(1, len(pages) + 1)]
            for (part, page), file_ in zip(pages, files, strict=True):
                plots.save(_figure(part, page), file_)
    for row, file_ in zip(rows, files, strict=True):
        row["file"] = str(file_)
    notes = [f"{page.kind}: {page.left_out} chains are too large for a page" for _, page in pages if page.left_out]
    pictures = "" if len(set(files)) == 1 else f", to {files[-1].name}"
    shown = len({page.kind for _, page in pages})
    shows = f"die links of {counted(shown, 'type')} on {counted(len(pages), 'page')}{pictures}"
    return Drawn(files[0], shows, notes, rows)


def pages_of(study: "DieStudy", kind: str) -> Iterator[Page]:
    """The pages of a type: as many chains on each as fit; none where it has no links."""
    every = ordered_chains(study.dies, study.links)
    chains = [chain for chain in every if chain.coins > 1 and chain.rows <= MOST]
    folded, large = sum(chain.coins == 1 for chain in every), sum(chain.rows > MOST for chain in every)
    if not every:
        return
    pages: list[list[Chain]] = [[]]
    for chain in chains:
        if pages[-1] and sum(one.rows + GAP for one in [*pages[-1], chain]) > ROWS:
            pages.append([])
        pages[-1].append(chain)
    for number, some in enumerate(pages, 1):
        yield Page(kind, number, len(pages), some, folded, large)


def ordered_chains(dies: "Sequence[Die]", links: "Sequence[DieLink]") -> list[Chain]:
    """The chains that have links, the one of most coins first, each side in the order of its partners' mean place."""
    chain_of = {die.id: die.chain for die in dies}
    linked = {id_ for link in links for id_ in (link.obverse, link.reverse)}
    members: dict[int, list[Die]] = defaultdict(list)
    for die in dies:
        if die.id in linked:
            members[die.chain].append(die)
    result = []
    for number in sorted(members):
        inside = [link for link in links if chain_of[link.obverse] == number]
        obverses = [die.id for die in members[number] if die.face == "obverse"]
        reverses = [die.id for die in members[number] if die.face == "reverse"]
        for _ in range(4):
            reverses = _by_partners(reverses, obverses, [(link.reverse, link.obverse) for link in inside])
            obverses = _by_partners(obverses, reverses, [(link.obverse, link.reverse) for link in inside])
        coins = {coin for die in members[number] for coin in die.coins}
        result.append(Chain(obverses, reverses, len(coins)))
    return result


def _by_partners(ids: Sequence[str], others: Sequence[str], links: Sequence[tuple[str, str]]) -> list[str]:
    place = {id_: number / max(len(others) - 1, 1) for number, id_ in enumerate(others)}
    partners: dict[str, list[float]] = defaultdict(list)
    for one, other in links:
        partners[one].append(place[other])
    return sorted(ids, key=lambda id_: sum(partners[id_]) / len(partners[id_]))


def _figure(study: "DieStudy", page: Page) -> "Figure":
    from matplotlib.figure import Figure

    dies = {die.id: die for die in study.dies}
    height = sum(chain.rows + GAP for chain in page.chains)
    figure = Figure(figsize=(PAGE[0], min(max(2.0, ROW * height + HEAD), PAGE[1])), layout="constrained")
    axes = figure.subplots()
    where: dict[str, tuple[float, float]] = {}
    colour: dict[str, str] = {}
    top = 0.0
    for number, chain in enumerate(page.chains):
        for x, side in ((0.0, chain.obverses), (1.0, chain.reverses)):
            for place, id_ in enumerate(side):
                where[id_] = (x, top + chain.rows / len(side) * (place + 0.5))
                colour[id_] = COLOURS[number % len(COLOURS)]
        top += chain.rows + GAP
    small = min(1.0, ROWS / max(height, 1))  # a chain that fills more than a page is drawn closer
    _lines(axes, study.links, where, colour, 7 * small)
    for id_, (x, y) in where.items():
        axes.plot([x], [y], "o", color=colour[id_], markersize=3 + len(dies[id_].coins) ** 0.5)
        axes.text(x + (0.035 if x else -0.035), y, label(dies[id_], page.kind), ha="left" if x else "right",
                  va="center", fontsize=8 * small)  # fmt: skip
    axes.set_xlim(-0.3, 1.3)
    axes.set_ylim(max(top - GAP, 1) + 0.3, -0.3)
    axes.axis("off")
    which = f" ({page.number} of {page.pages})" if page.pages > 1 else ""
    more = f"; {page.folded} coins from dies of their own" if page.folded else ""
    title = f"{one_line(page.kind)}{which}\nobverse dies (coins) and the reverse dies they struck with{more}"
    axes.set_title(title, loc="left", color=plots.FAINT)
    return figure


def label(die: "Die", kind: str) -> str:
    """A die's name and its coins of a type; with its own type where that is another."""
    return f"{die.name} ({len(die.coins)})" + (f" of {one_line(die.type or 'no type')}" if die.type != kind else "")


def _lines(
    axes: "Axes",
    links: "Sequence[DieLink]",
    where: dict[str, tuple[float, float]],
    colour: dict[str, str],
    size: float,
) -> None:
    """A line for each link, with its number of coins above one."""
    drawn = sorted((link for link in links if link.obverse in where), key=lambda link: where[link.obverse][1])
    for number, link in enumerate(drawn):
        (x0, y0), (x1, y1) = where[link.obverse], where[link.reverse]
        axes.plot([x0, x1], [y0, y1], color=colour[link.obverse], linewidth=0.7 + 0.7 * link.coins**0.5, alpha=0.75)
        if link.coins > 1:
            at = NUMBERS_AT[number % len(NUMBERS_AT)]
            axes.text(at, y0 + at * (y1 - y0), str(link.coins), fontsize=size, ha="center", va="center", bbox=PAPER)
