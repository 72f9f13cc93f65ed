"""Die links as a diagram: obverse dies on the left, reverse dies on the right, a line for each pair that struck coins.

One chain (all that links join) follows another from the top, the one of most coins first.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from errors import CoingraphError
from explore import plots
from explore.colours import COLOURS

if TYPE_CHECKING:
    from graph.die_graph import Die, DieLink

MOST = 150  # dies of one face that a diagram can show
ROW = 0.24  # inches from one die to the next
GAP = 0.7  # rows between two chains
FORMATS = (".png", ".svg")
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


def draw(dies: "Sequence[Die]", links: "Sequence[DieLink]", out: Path) -> Path:
    """Draw the links between dies of both faces; where they are too many, the chains of most coins, and it says so.

    Raises `NoLinks`, `BadOutput`.
    """
    plots.checked(out, FORMATS)
    if not links:
        raise NoLinks("no obverse die is linked to a reverse die")
    chains = ordered_chains(dies, links)
    shown: list[Chain] = []
    for chain in chains:
        if shown and sum(max(len(c.obverses), len(c.reverses)) for c in [*shown, chain]) > MOST:
            break
        shown.append(chain)
    _draw({die.id: die for die in dies}, links, shown, len(chains), out)
    return out


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


def _draw(
    dies: "dict[str, Die]", links: "Sequence[DieLink]", chains: Sequence[Chain], all_chains: int, out: Path
) -> None:
    from matplotlib.figure import Figure

    heights = [max(len(chain.obverses), len(chain.reverses)) for chain in chains]
    rows = sum(heights) + GAP * len(heights)
    with plots.styled():
        figure = Figure(figsize=(6.5, max(2.0, ROW * rows + 0.9)))
        axes = figure.subplots()
        where: dict[str, tuple[float, float]] = {}
        colour: dict[str, str] = {}
        top = 0.0
        for number, (chain, height) in enumerate(zip(chains, heights, strict=True)):
            for x, side in ((0.0, chain.obverses), (1.0, chain.reverses)):
                step = height / len(side)
                for place, id_ in enumerate(side):
                    where[id_] = (x, top + step * (place + 0.5))
                    colour[id_] = COLOURS[number % len(COLOURS)]
            top += height + GAP
        drawn = sorted((link for link in links if link.obverse in where), key=lambda link: where[link.obverse][1])
        for number, link in enumerate(drawn):
            (x0, y0), (x1, y1) = where[link.obverse], where[link.reverse]
            axes.plot([x0, x1], [y0, y1], color=colour[link.obverse], linewidth=0.7 + 0.7 * link.coins, alpha=0.75)
            if link.coins > 1:
                at = NUMBERS_AT[number % len(NUMBERS_AT)]
                axes.text(at, y0 + at * (y1 - y0), str(link.coins), fontsize=7, ha="center", va="center", bbox=PAPER)
        for id_, (x, y) in where.items():
            coins = len(dies[id_].coins)
            axes.plot([x], [y], "o", color=colour[id_], markersize=3 + coins**0.5)
            label = f"{id_.rsplit('/', 1)[-1]} ({coins})"
            axes.text(x + (0.035 if x else -0.035), y, label, ha="left" if x else "right", va="center", fontsize=8)
        axes.set_xlim(-0.3, 1.3)
        axes.set_ylim(max(top - GAP, 1) + 0.3, -0.3)
        axes.axis("off")
        left_out = f"; the {len(chains)} chains of most coins of {all_chains}" if len(chains) < all_chains else ""
        axes.set_title(
            f"Obverse dies (coins) and the reverse dies they struck with{left_out}", loc="left", color=plots.FAINT
        )
        plots.save(figure, out)
