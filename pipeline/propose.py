"""How probable one type is: on edges, and of every type for coins that have none."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from graph.lock import exclusive

if TYPE_CHECKING:
    from graph.connection import Database
    from graph.spaces import SpaceRecord
    from graph.verdicts import Told
    from measure.proposals import Answer, Proposals


@dataclass(frozen=True)
class ProposeReport:
    """What `propose` found by some spaces (their names), and what it wrote.

    ``matched`` pairs of coins had been looked at by `match`. ``left_aside`` says which spaces it did not go by, and
    why.
    """

    spaces: list[str]
    matched: int
    found: "Proposals"
    types: dict[str, str]
    least: float
    left_aside: list[str]
    written: int
    removed: int

    @property
    def proposed(self) -> "list[Answer]":
        """Coins without a type for which one is probable enough, the surest first."""
        likely = [a for a in self.found.new if a.proposals and a.proposals[0].probability >= self.least]
        return sorted(likely, key=lambda answer: (-answer.proposals[0].probability, answer.coin))

    @property
    def doubted(self) -> "list[Answer]":
        """Coins whose record is likelier wrong than right, the most doubtful first."""
        from graph.types import doubtful

        own = {answer.coin: answer.of(self.types[answer.coin]) for answer in self.found.left_out}
        doubted = [answer for answer in self.found.left_out if doubtful(own[answer.coin])]
        return sorted(doubted, key=lambda answer: (own[answer.coin], answer.coin))

    @property
    def false_alarms(self) -> float:
        """How many of the doubted records are right after all, to be expected."""
        return sum(answer.of(self.types[answer.coin]) for answer in self.doubted)

    def rows(self) -> list[dict[str, Any]]:
        """The proposals, as a table for people."""
        return [
            {
                "coin": answer.coin,
                "type": answer.proposals[0].type,
                "probability": answer.proposals[0].probability,
                "or": answer.proposals[1].type if len(answer.proposals) > 1 else None,
                "or_probability": answer.proposals[1].probability if len(answer.proposals) > 1 else None,
                "none_of_these": answer.none,
                "most_like": answer.proposals[0].like,
            }
            for answer in self.proposed
        ]

    def doubted_rows(self) -> list[dict[str, Any]]:
        rows = []
        for answer in self.doubted:
            own = self.types[answer.coin]
            rather = next((one for one in answer.proposals if one.type != own), None)
            rows.append(
                {
                    "coin": answer.coin,
                    "catalogued": own,
                    "its_probability": answer.of(own),
                    "rather": rather and rather.type,
                    "probability": rather and rather.probability,
                    "most_like": rather and rather.like,
                }
            )
        return rows

    def figures(self) -> dict[str, Any]:
        """What the coins of known type, each left out, say of these probabilities."""
        kept = self.found.kept
        return {
            "coins": kept.number,
            "right": self.found.top,
            "right_by_commonest": self.found.commonest,
            "brier": kept.brier,
            "brier_of_the_share": kept.brier_base,
            "calibration_error": kept.error,
            "auroc_unknown_type": self.found.unknown,
        }

    def as_dict(self) -> dict[str, Any]:
        return {
            "spaces": self.spaces,
            "matched_pairs": self.matched,
            "left_aside": self.left_aside,
            "figures": self.figures(),
            "without_type": len(self.found.new),
            "proposals": self.rows(),
            "trust": self.found.trust,
            "doubtful": self.doubted_rows(),
            "false_alarms_expected": self.false_alarms,
            "written": self.written,
            "removed": self.removed,
        }


def propose(
    db: "Database",
    *,
    spaces: Sequence[str] = (),
    main: str | None = None,
    at_least: float = 0.25,
    trust: float | None = None,
    dry_run: bool = False,
    collections: Sequence[str] = (),
) -> ProposeReport:
    """Propose types of at least a probability for coins that have none, and say which catalogued types are doubtful.

    ``trust`` is the share of records that name the right type, above 0 and at most 1; by default it is estimated.
    With ``collections`` of their coins only: coins of all others vote, and what was proposed for them stays.

    Goes by ``spaces`` (names or slugs); without any by ``main`` (else the default space; where that was taught types,
    the one that it was trained on) and all spaces of words, but those that were told the types. Predictions of an
    earlier run are replaced. Raises `TooFewTypes`, `TooFewPairs`, and `KnowsTheLabel` for a space that was named and
    was told the types.
    """
    from graph.coins import read_voters
    from graph.matches import bring_matches
    from graph.runs import step
    from graph.scope import coins_of, find_scope
    from graph.spaces import find_space
    from graph.types import write_proposals
    from graph.verdicts import told_of_types
    from measure import proposals

    with nullcontext() if dry_run else exclusive():  # from the first look on, so that nobody changes what was read
        records, left_aside = _chosen(db, spaces, main)
        if not (dry_run or spaces or find_space(db, main) == records[0]):  # `match` went by the trained space
            bring_matches(db, records[0].slug)
        scope = find_scope(db, collections)
        kept = coins_of(db, scope.chosen)
        coins = read_voters(db, records)
        told = told_of_types(db)
        found = as_told(proposals.propose(coins, trust, told.held), told).of(kept)
        names, written, removed = [record.name for record in records], 0, 0
        if not dry_run:
            with step(db, "propose", spaces=names, at_least=at_least, trust=trust, collections=scope.chosen) as run:
                slugs = [record.slug for record in records]
                done = write_proposals(db, found.new, found.left_out, at_least, slugs, run.id, kept)
                written, removed = done.written, done.removed
                run.wrote("proposals", written)
                run.removed("proposals", removed)
                run.notes |= {
                    "trust": found.trust,
                    "right": found.top,
                    "brier": found.kept.brier,
                    "brier_base": found.kept.brier_base,
                    "auroc_unknown_type": found.unknown,
                }
    types = {coin: kind for coin, kind in zip(coins.coins, coins.labels["type"], strict=True) if kind is not None}
    return ProposeReport(names, coins.examined, found, types, at_least, left_aside, written, removed)


def as_told(found: "Proposals", told: "Told") -> "Proposals":
    """With what persons said taken for certain, and as few digits as a second run finds again."""
    new, left_out = ([_settled(one, told) for one in some] for some in (found.new, found.left_out))
    return replace(found, new=new, left_out=left_out)


def _settled(answer: "Answer", told: "Told") -> "Answer":
    """Without the types that the coin is not of; of a coin of which persons said a type that type alone is left."""
    left = [one for one in answer.proposals if told.allows(answer.coin, one.type)]
    none = 0.0 if answer.coin in told.held else answer.none
    total = sum(one.probability for one in left) + none or 1.0
    left = [replace(one, probability=_rounded(one.probability / total)) for one in left]
    return replace(answer, proposals=left, none=_rounded(none / total))


def _rounded(probability: float) -> float:
    """With as many digits as a second run finds again."""
    return float(f"{probability:.4g}")


def clear_proposals(db: "Database") -> int:
    """Take all predicted types away; how many."""
    from graph import types
    from graph.runs import step

    with step(db, "propose", clear=True) as run:
        removed = types.clear_proposals(db)
        run.removed("proposals", removed)
    return removed


def _chosen(db: "Database", names: Sequence[str], main: str | None) -> "tuple[list[SpaceRecord], list[str]]":
    """The spaces to go by, and what is to be said of those that were left aside."""
    from embed.registry import is_text_model
    from graph.derived import HEAD
    from graph.spaces import all_spaces, find_space
    from measure.evaluation import KnowsTheLabel
    from pipeline.calibrate import refuse_leak

    if names:
        named = list({record.slug: record for record in (find_space(db, name) for name in names)}.values())
        for record in named:
            refuse_leak(db, record)
        return named, []
    first, left_aside = find_space(db, main), []
    while first.trained_on and first.model == HEAD:  # of the types that it was taught it proves nothing
        taught, first = first, find_space(db, first.sources[0])
        left_aside.append(f"{taught.name}, which was taught types, for {first.name}")
    refuse_leak(db, first)
    kept = [first]
    for record in all_spaces(db):
        if record.slug != first.slug and is_text_model(record.model):
            try:
                refuse_leak(db, record)
                kept.append(record)
            except KnowsTheLabel as error:
                left_aside.append(str(error).partition(". ")[0])
    return kept, left_aside
