"""The dies of a type as die studies print them: combinations, weights, die axis; and the numbers of dies by type."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from errors import counted
from explore.tables import sentence
from ingest.records import FACES, one_line

if TYPE_CHECKING:
    from dies.estimates import DieCount, Estimate
    from graph.die_graph import Die, StruckCoin
    from pipeline.check_dies import DieCheck
    from pipeline.dies import DieStudy

NONE = "\u2013"
SHOWN = 3  # singletons that have a line each, ids in a line, axes in a line


@dataclass(frozen=True)
class Line:
    """A line or column of the table: a die, or all dies that struck one coin each, folded."""

    label: str
    face: str
    dies: "tuple[Die, ...]"

    @property
    def coins(self) -> list[str]:
        return [coin for die in self.dies for coin in die.coins]


def lines(dies: "Sequence[Die]", kind: str | None) -> list[Line]:
    """The lines of one face, of which more than `SHOWN` dies of one coin each are one; a star: of another type."""
    found: list[Line] = []
    for single, some in groupby(dies, key=lambda die: len(die.coins) == 1 and die.type == kind):
        group = list(some)
        if single and len(group) > SHOWN:
            found.append(Line(f"{group[0].name}{NONE}{group[-1].name}", group[0].face, tuple(group)))
        else:
            found += [Line(die.name + "*" * (die.type != kind), die.face, (die,)) for die in group]
    return found


def combinations(study: "DieStudy", kind: str) -> list[dict[str, Any]]:
    """A row a die of the study of one type: its coins by the dies of the other face, weights, axes. All numbers are
    numbers; None where nothing is known."""
    by_id = {die.id: die for die in study.dies}
    rows = []
    for die in study.dies:
        links = [link for link in study.links if die.id in (link.obverse, link.reverse)]
        other = [(by_id[x.reverse if die.face == "obverse" else x.obverse], x.coins) for x in links]
        weights = _weights(die.coins, study.coins)
        rows.append(
            {
                "die": die.name,
                "face": die.face,
                "type": die.type,
                "chain": die.chain,
                "with": [f"{one.name}{'*' * (one.type != kind)} {coins}" for one, coins in other],
                "coins": len(die.coins),
                "mean_g": sum(weights) / len(weights) if weights else None,
                "from_g": min(weights, default=None),
                "to_g": max(weights, default=None),
                "axis_h": _axes(die.coins, study.coins),
                "struck": list(die.coins),
            }
        )
    return rows


def type_text(study: "DieStudy", kind: str, width: int) -> str:
    """What `dies --type` prints: a sentence, the table of combinations, the dies in all. ``study`` is of this type."""
    faces = {face: lines([die for die in study.dies if die.face == face], kind) for face in FACES}
    pairs = {(link.obverse, link.reverse): link.coins for link in study.links}
    fronts, backs = faces["obverse"], faces["reverse"]
    columns = backs if fronts else []
    body = []
    for line in [*fronts, *backs]:
        between = [sum(pairs.get((a.id, b.id), 0) for a in line.dies for b in back.dies) for back in columns]
        cells = [str(n) if n else NONE for n in between] if line.face == "obverse" else [""] * len(columns)
        body.append((line, cells))
    heads = [column.label for column in columns]
    table = _aligned([["", *heads, *FACTS]] + [[x.label, *cells, *_facts(x, study)] for x, cells in body], -1)
    if max(map(len, table)) > width:  # too many reverse dies for a column each: they stand in the line
        rows = []
        for line, cells in body:
            struck = [(int(n), head) for head, n in zip(heads, cells, strict=True) if n not in ("", NONE)]
            said = [f"{n}\u00d7{head}" for n, head in sorted(struck, key=lambda one: -one[0])]
            rows.append([line.label, " ".join(said), *_facts(line, study)])
        room = max(width - max(map(len, _aligned([[row[0], *row[2:]] for row in rows], -1))) - 3, 12)
        for row in rows:
            row[1] = row[1] if len(row[1]) <= room else row[1][: room - 1] + "\u2026"
        table = _aligned([["", "with", *FACTS], *rows], 1, -1)
    foreign = sorted({f"{d.name} of {d.type or 'no type'}" for d in study.dies if d.type != kind})
    notes = [f"* a die of another type: {one_line(', '.join(foreign))}."] if foreign else []
    return "\n".join([_sentence(study), *sentence(hanging_text(study)), *table, *notes, *_in_all(study, width)])


def check_rows(found: "DieCheck") -> list[dict[str, Any]]:
    """A row a face and limit of `dies --check`."""
    return [
        {
            "face": face,
            "probability": one.probability,
            "links": one.links,
            "expected_false": one.false,
            "decoys_above": one.above,
            "decoys": one.held,
        }
        for face, some in found.limits.items()
        for one in some
    ]


def check_lines(found: "DieCheck") -> list[str]:
    """What `dies --check` says above its table."""
    both = found.both
    text = (
        f"Of {both.pairs:,} pairs of coins compared by both faces, {both.obverse:,} are linked by the obverse, "
        f"{both.reverse:,} by the reverse and {both.both:,} by both"
    )
    if both.times is None or (not both.both and both.expected < 3):
        return sentence(f"{text}: too few to see whether the faces bear each other out.")
    return sentence(f"{text}, where chance gives {both.expected:.1f}: {both.times:.1f} times as many.")


FACTS = ("coins", "mean g", "from, to", "h", "struck")


def _facts(line: Line, study: "DieStudy") -> list[str]:
    weights = _weights(line.coins, study.coins)
    axes = _axes(line.coins, study.coins)
    return [
        str(len(line.coins)),
        f"{sum(weights) / len(weights):.2f}" if weights else NONE,
        f"{min(weights):.2f}, {max(weights):.2f}" if len(weights) > 1 else NONE,
        (", ".join(map(str, axes[:SHOWN])) + " \u2026" * (len(axes) > SHOWN)) if axes else NONE,
        _ids(line.coins, study),
    ]


def _ids(coins: Sequence[str], study: "DieStudy") -> str:
    """Ids without the collection where all are of one; the first two where there are more than `SHOWN`."""
    shared = len({coin.partition("/")[0] for coin in study.coins}) == 1
    names = [one_line(coin.partition("/")[2] if shared and "/" in coin else coin) for coin in sorted(coins)]
    return ", ".join(names if len(names) <= SHOWN else [*names[: SHOWN - 1], f"{len(names) - SHOWN + 1} more"])


def _weights(coins: Sequence[str], known: "dict[str, StruckCoin]") -> list[float]:
    return [weight for coin in coins if (weight := known[coin].weight) is not None]


def _axes(coins: Sequence[str], known: "dict[str, StruckCoin]") -> list[int]:
    return sorted({round(axis) for coin in coins if (axis := known[coin].axis) is not None})


def _aligned(rows: Sequence[Sequence[str]], *left: int) -> list[str]:
    """Columns two spaces apart; to the right but for the first and those that are to the ``left`` (-1: the last)."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    words = {0, *(place % len(widths) for place in left)}
    return [
        "  "
        + "  ".join(
            cell.ljust(size) if place in words else cell.rjust(size)
            for place, (cell, size) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _sentence(study: "DieStudy") -> str:
    seen = {face: sum(die.face == face for die in study.dies) for face in FACES}
    dies = " and ".join(f"{seen[face]:,} {face}" for face in FACES if seen[face])
    linked = {id_ for link in study.links for id_ in (link.obverse, link.reverse)}
    number = len({die.chain for die in study.dies if die.id in linked})
    chains = "One chain" if number == 1 else f"{number:,} chains" if number else "No die links"
    pairs = len(study.undecided)
    doubt = f"{counted(pairs, 'pair is', 'pairs are') if pairs else 'no pair is'} undecided"
    plural = "die" if len(study.dies) == 1 else "dies"
    return f"{counted(len(study.coins), 'coin')} from {dies} {plural}. {chains}; {doubt}."


def claims_text(study: "DieStudy") -> str:
    """`12 links, about 1 of them false; 3 more to look at`, and by how many decoys; nothing of an earlier study."""
    some = study.claims.values()
    if not some:
        return ""
    links, unsure = sum(one.links for one in some), sum(one.unsure for one in some)
    text = f"{counted(links, 'link')} of two sides"
    if links:
        false = sum(one.false_links for one in some)
        text += f", {'fewer than 1' if false < 0.5 else f'about {false:.0f}'} of them false"
    text += f"; {counted(unsure, 'pair')} to look at" if unsure else ""
    told = sum(one.decoys for one in some)
    basis = f"told by {counted(told, 'pair')} that cannot be of one die"
    return f"{text} ({basis}{': few, so this is vague' if any(one.vague for one in some) else ''})."


def hanging_text(study: "DieStudy") -> str:
    """The weak pairs on which chains hang, the first of them by name; nothing where none does."""
    if not study.hanging:
        return ""
    named = [
        f"{_ids([pair.one, pair.other], study).replace(', ', ' and ')} ({pair.face}, {_probability(pair.log_odds)})"
        for pair in study.hanging[:SHOWN]
    ]
    more = len(study.hanging) - len(named)
    whole = "; ".join(named) + (f"; {more:,} more" if more else "")
    return f"Without one weak pair a chain would fall in two: {whole}."


def _probability(log_odds: float) -> str:
    return f"{1 / (1 + math.exp(-log_odds)):.2f}"


def _estimate(one: "Estimate") -> str:
    high = "more" if one.high is None else f"{one.high:.0f}"
    return f"at least {one.low:.0f}" if one.dies is None else f"{one.dies:.1f} ({one.low:.0f} to {high})"


def _in_all(study: "DieStudy", width: int) -> list[str]:
    """The estimates; with room, also Esty's and the coverage."""
    count = {one.face: one.count for one in study.types}
    texts = [f"Dies in all, by Carter: {', '.join(f'{face} {_estimate(one.carter)}' for face, one in count.items())}."]
    if width >= 120:
        esty = ", ".join(f"{face} {_estimate(one.esty)}" for face, one in count.items())
        cover = ", ".join(f"{face} {one.coverage:.0%}".replace("%", " %") for face, one in count.items())
        texts += [f"By Esty: {esty}.", f"Share of the issue struck from dies seen: {cover}."]
    return texts


def count_rows(study: "DieStudy") -> list[dict[str, Any]]:
    """A row a type and face: coins, dies and both estimates, as numbers (None where they are not known)."""
    rows: list[dict[str, Any]] = []
    for one in study.types:
        count = one.count
        rows.append(
            {
                "type": one.type,
                "face": one.face,
                "coins": count.coins,
                "dies": count.dies,
                "once": count.singletons,
                "coverage": count.coverage,
                "coverage_low": count.coverage_low,
                "coverage_high": count.coverage_high,
            }
            | _numbers("carter", count.carter)
            | _numbers("esty", count.esty)
        )
    return rows


def _numbers(name: str, one: "Estimate") -> dict[str, Any]:
    return {name: one.dies, f"{name}_low": one.low, f"{name}_high": one.high}


def types_text(study: "DieStudy", width: int) -> str:
    """What `dies` prints: a sentence and a line a type, with the dies of each face seen, seen once, and in all."""
    kinds = sorted({one.type for one in study.types if one.type})
    counts = {(one.type, one.face): one.count for one in study.types}
    coins = {kind: sum(coin.type == kind for coin in study.coins.values()) for kind in kinds}
    heads = ["type", "coins", "obv", "once", "in all", "rev", "once", "in all"]
    rows = [[*(cell for face in FACES for cell in _cells(counts.get((kind, face))))] for kind in kinds]
    room = max(width - 2 - 7 * 2 - sum(map(len, heads[1:])) - 4, 16)
    names = [_shortened(one_line(kind), room) for kind in kinds]
    table = _aligned(
        [heads, *([name, str(coins[kind]), *row] for name, kind, row in zip(names, kinds, rows, strict=True))]
    )
    without = sum(coin.type is None for coin in study.coins.values())
    notes = [f"{counted(without, 'coin')} without a type: not in the table."] if without else []
    claims = claims_text(study)
    weak = hanging_text(study)
    return "\n".join([_sentence(study), *sentence(claims), *sentence(weak), *(table if kinds else []), *notes])


def _cells(count: "DieCount | None") -> list[str]:
    if count is None:
        return [NONE] * 3
    return [str(count.dies), str(count.singletons), NONE if count.carter.dies is None else f"{count.carter.dies:.1f}"]


def _shortened(name: str, room: int) -> str:
    """A name with its middle left out where it is longer than ``room``."""
    if len(name) <= room:
        return name
    return name[: room // 2] + "\u2026" + name[len(name) - (room - room // 2 - 1) :]
