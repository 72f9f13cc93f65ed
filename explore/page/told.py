"""What the page's answers say: dataclasses of the door as JSON, with the sentences that go with them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from embed.legends.letters import Legend
from embed.legends.strip import START
from explore.page.pictures import STRIP_START
from explore.page.words import _, counted
from ingest.outlines import MARGIN
from ingest.records import FACES

if TYPE_CHECKING:
    from coingraph import Card, Pair, SidePicture, Verdict

SURE, LIKELY, UNDECIDED = 0.9, 0.6, 0.4


def typed(name: str | None, legends: Mapping[Any, str | None] | None = None) -> dict[str, Any] | None:
    """A type with the legends of its two sides, where its name or the table tells them."""
    if name is None:
        return None
    front, slash, back = name.partition(" / ")
    if not slash:
        said = legends or {}
        front, back = said.get("obverse") or "", said.get("reverse") or ""
    return {"name": name, "obverse": front or None, "reverse": back or None}


def legend(recorded: str | None, read: Legend | None) -> dict[str, Any]:
    """What a side says by the table, and as it was read: each letter with its place on the strip that the page shows (0
    to 1) and its probability, where places are kept."""
    turned = (START - STRIP_START) / (2 * math.pi)
    seen = zip(read.text, read.places, read.confidence, strict=True) if read and read.places else ()
    letters = [(letter, round((place + turned) % 1, 4), sure) for letter, place, sure in seen]
    return {"recorded": recorded, "read": read.text if read else None, "letters": letters}


def address(coin: str) -> str:
    """Where a coin is shown."""
    return f"/coins/{quote(coin, safe='/')}"


def picture(side: "SidePicture | None", diameter: Any) -> dict[str, Any] | None:
    """Where the pictures of a side are, and how wide they are in millimetres, where the diameter is known."""
    if side is None:
        return None
    cut = side.outline is not None
    wide = float(diameter) if isinstance(diameter, int | float) and diameter > 0 and cut else None
    square = side.outline.square[2] if side.outline else None
    return {
        "stem": f"/pictures/{side.sha256}/{side.shape}",
        "width": side.width,
        "height": side.height,
        "cut": cut,
        "drawn_by": side.drawn_by,
        "mm": wide and round(wide * MARGIN, 3),
        "mm_whole": round(wide * MARGIN * side.width / square, 3) if wide and square else None,
    }


def card(one: "Card", doubtful: bool = False, differ: bool = False) -> dict[str, Any]:
    """A coin as a card shows it."""
    proposal = one.proposal
    plain = ("id", "name", "collection", "source", "by", "weight", "diameter", "die_axis", "date", "mint", "material")
    return {name: getattr(one, name) for name in plain} | {
        "href": address(one.id),
        "type": typed(one.type, one.legends),
        "legends": {face: one.legends.get(face) for face in FACES},
        "year": list(one.years) if one.years else None,
        "pictures": {face: picture(one.pictures.get(face), one.diameter) for face in FACES},
        "proposal": proposal
        and {"type": typed(proposal.type), "probability": proposal.probability, "like": proposal.like},
        "doubtful": doubtful,
        "verdicts": one.verdicts,
        "differ": differ,
        "community": one.community,
        "version": one.version,
    }


def word(probability: float | None) -> str | None:
    """A probability in a word."""
    if probability is None:
        return None
    if probability >= SURE:
        return _("sure")
    if probability > LIKELY:
        return _("likely")
    return _("undecided") if probability >= UNDECIDED else _("unlikely")


def side_of(face: str) -> str:
    return _("obverse") if face == "obverse" else _("reverse")


#: What is told of one face of two coins.
OF_A_FACE = ("cosine", "percentile", "rank", "back_rank", "mutual", "points", "verified", "die")


def faces(pair: "Pair") -> dict[str, Any]:
    """Each face of a pair: likeness, ranks, and what a closer look found."""
    found: dict[str, Any] = dict.fromkeys(FACES)
    for face in FACES:
        like, closer = pair.faces.get(face), pair.closer.get(face)
        if like is None and closer is None:
            continue
        names = ("cosine", "percentile", "rank", "back_rank", "mutual")
        found[face] = {name: getattr(like, name, None) for name in names} | {
            "points": closer.points if closer else None,
            "verified": closer.verified if closer else None,
            "die": closer.die if closer else None,
        }
    return found


def why(pair: "Pair") -> str:
    """Why a coin is a relative, in one sentence."""
    mutually = _("each the other's first")
    ranked = {face: like for face, like in pair.faces.items() if like.rank is not None}
    first = [face for face, like in ranked.items() if like.rank == 1]
    mutual = [face for face in first if ranked[face].back_rank == 1]
    if len(first) == 2:
        text = _("Closest of all by both sides")
        return f"{text}, {mutually}." if len(mutual) == 2 else f"{text}."
    if first:
        text = _("Closest of all by the {side}").format(side=side_of(first[0]))
        return f"{text}, {mutually}." if mutual else f"{text}."
    if ranked:
        best = min(ranked, key=lambda face: ranked[face].rank or 0)
        place = ranked[best].rank
        return _("Number {place} by the {side}.").format(place=place, side=side_of(best))
    percentiles = [like.percentile for like in pair.faces.values() if like.percentile is not None]
    if percentiles:
        return _("Closer than {percent} % of all pairs.").format(percent=f"{max(percentiles):.2f}")
    if any(closer.points for closer in pair.closer.values()):
        return _("Found by points that match, not by likeness.")
    return _("No edge joins these two.")


def verdict(
    one: "Verdict",
    me: str,
    present: Sequence[str],
    cards: Mapping[str, "Card"],
    overruled: Iterable[int],
    differs: Iterable[int],
) -> dict[str, Any]:
    """A verdict: ``present`` are the ids that its coins have now, where they are here."""
    names = [cards[coin].name if coin in cards else coin.rpartition("/")[2] for coin in present]
    plain = ("number", "id", "kind", "author", "note", "face", "probability", "space", "undone", "undone_by", "here")
    return {name: getattr(one, name) for name in plain} | {
        "mine": one.author == me,
        "at": one.at and one.at.isoformat(),
        "undone_at": one.undone_at and one.undone_at.isoformat(),
        "coins": list(present),
        "names": names,
        "hrefs": [address(coin) if coin in cards else None for coin in present],
        "pictures": [_stems(cards.get(coin)) for coin in present],
        "type": typed(one.type),
        "instead_of": typed(one.instead_of),
        "counts": not one.undone and one.number not in set(overruled),
        "differs": one.number in set(differs),
        "sentence": sentence(one, names),
    }


def sentence(one: "Verdict", names: Sequence[str]) -> str:
    """What a verdict says."""
    said = {
        "type": _("{coin} is of the type {type}."),
        "accept": _("{coin} is of the proposed type {type}."),
        "reject": _("{coin} is not of the proposed type {type}."),
        "same-type": _("{coin} and {other} are of one type."),
        "not-same-type": _("{coin} and {other} are not of one type."),
        "same-die": _("The {side} of {coin} and {other} is from one die."),
        "not-same-die": _("The {side} of {coin} and {other} is not from one die."),
        "swap-sides": _("The sides of {coin} are exchanged."),
        "merge": _("{coin} and {other} are one coin."),
        "exclude": _("The {side} of {coin} is left out."),
    }[one.kind]
    other = names[1] if len(names) > 1 else ""
    return said.format(coin=names[0], other=other, type=one.type, side=side_of(one.face or "obverse"))


def says(one: "Verdict") -> str:
    """What a verdict says of coins that are known: after a name and a colon."""
    return {
        "type": _("the type is {type}"),
        "accept": _("the proposed type is right"),
        "reject": _("the proposed type is wrong"),
        "same-type": _("the same type"),
        "not-same-type": _("not the same type"),
        "same-die": _("the same die"),
        "not-same-die": _("not the same die"),
        "swap-sides": _("the sides are exchanged"),
        "merge": _("one coin"),
        "exclude": _("this side is left out"),
    }[one.kind].format(type=one.type)


def conflict(one: "Verdict", by: str, undone: bool) -> str:
    """What is said to somebody whom others overtook: the last of them gave a verdict, or took it back."""
    said = _("{name} has just taken back: {what}.") if undone else _("{name} has just said: {what}.")
    return f"{said.format(name=by, what=says(one))} {_('Nothing of yours was written; look again.')}"


def initials(name: str) -> str:
    """At most three letters for a name."""
    return "".join(part[0] for part in name.replace(".", " ").split()[:3]).upper() or "?"


def in_community(place: int, size: int, number: int) -> str:
    """Where a coin stands in its community."""
    text = _("One of {size} in community {number}").format(size=f"{size:,}", number=number)
    return f"{text}, {_('and its most typical coin')}." if place == 1 else f"{text}."


def left(number: int) -> str:
    return counted("{count} left", "{count} left", number)


def _stems(one: "Card | None") -> list[str | None]:
    sides = one.pictures if one else {}
    return [f"/pictures/{sides[face].sha256}/{sides[face].shape}" if face in sides else None for face in FACES]
