"""Which type a coin is of, from the coins most like it whose type is known, and how sure that is.

The coins most like it vote, each with the odds that the two are of one type (`measure.probability`). A type's votes are
added up and weighed against those of the others and against "none of these", so that all answers together have
probability 1 (a conditional logit, McFadden 1974). Its three numbers are learned on coins of known type, each left out
in turn: once alone, and once with all other coins of its type, so that none of the types is right. How often that is to
be expected of a new coin is the share of known coins that are the only one of their type (Good 1953).
"""

from collections.abc import Container
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from errors import CoingraphError
from measure.coinset import CoinSet
from measure.neighbours import Histogram, scan, weight
from measure.probability import FOLDS, Reliability, SameType, auroc, fold_of, reliability

NEAREST = 20  # coins of known type that may vote, by each column and then by all
NOBODY = -1
LABEL = "type"


@dataclass(frozen=True)
class Voters:
    """For q coins (places, (q,)) the coins of known type that are most like each: places (q, k), `NOBODY` where there
    are fewer, and the evidence of each pair (q, k, f), NaN where unknown."""

    coins: np.ndarray
    others: np.ndarray
    evidence: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> "Voters":
        return Voters(self.coins[rows], self.others[rows], self.evidence[rows])


class Column:
    """One matrix as unit vectors, and where a cosine stands among those of all pairs."""

    def __init__(self, matrix: np.ndarray):
        length = np.linalg.norm(matrix.astype(np.float64), axis=1)
        self.known = np.isfinite(length) & (length > 0)
        self.unit = np.zeros(matrix.shape, np.float32)
        self.unit[self.known] = matrix[self.known] / length[self.known, None]
        enough = self.known.sum() > 1
        self.histogram = scan(self.unit[self.known], 1).histogram if enough else Histogram.empty()

    def cosines(self, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        """(b, m) float32; NaN where one of the two is not there."""
        found = self.unit[rows] @ self.unit[others].T
        found[~self.known[rows]] = np.nan
        found[:, ~self.known[others]] = np.nan
        return found

    def evidence(self, cosines: np.ndarray) -> np.ndarray:
        """The weight of the cosines' percentiles."""
        unknown = np.isnan(cosines)
        found = weight(self.histogram.percentile(np.where(unknown, 0, cosines)), self.histogram.pairs)
        return np.where(unknown, np.nan, found)


class Collection:
    """Coins with their types, and a look-up of those of known type that are most like some of them.

    ``kinds`` are the types, sorted; ``kind`` (n,) is the place of each coin's type among them, `NOBODY` where it is not
    known. Coins that are not ``fair`` (n,) vote, but nothing is learned from them: a space was trained to know their
    type.
    """

    def __init__(self, coins: CoinSet):
        types = coins.labels[LABEL]
        self.coins, self.pieces, self.closer = coins.coins, coins.pieces, coins.closer
        self.kinds = sorted({kind for kind in types if kind is not None})
        place = {kind: number for number, kind in enumerate(self.kinds)}
        self.kind = np.array([NOBODY if kind is None else place[kind] for kind in types])
        self.fair = coins.trusted.get(LABEL, np.ones(len(coins), bool))
        self.columns = [Column(matrix) for matrix in coins.faces.values()]
        self.labelled = np.flatnonzero(self.kind >= 0)

    @cached_property
    def alone(self) -> np.ndarray:
        """(n,) bool: whether a coin is the only piece of its type."""
        pieces: dict[int, set[int]] = {}
        for kind, piece in zip(self.kind.tolist(), self.pieces.tolist(), strict=True):
            pieces.setdefault(kind, set()).add(piece)
        return np.array([kind >= 0 and len(pieces[kind]) == 1 for kind in self.kind.tolist()], bool)

    def voters(self, coins: np.ndarray, without: np.ndarray | None = None, block: int = 512) -> Voters:
        """The `NEAREST` of each column, together; for each coin those of one type may be left out (``without``, (q,)).

        Neither a coin itself nor, for a coin of known type, one with the same photograph votes.
        """
        without = np.full(len(coins), NOBODY) if without is None else without
        starts = range(0, len(coins), block)
        parts = [self._block(coins[start : start + block], without[start : start + block]) for start in starts]
        most = max((others.shape[1] for others, _ in parts), default=1)
        padded = [(_padded(o, most, NOBODY), _padded(e, most, np.nan)) for o, e in parts]
        if not padded:
            return Voters(coins, np.zeros((0, 1), int), np.zeros((0, 1, len(self.columns) + len(self.closer))))
        others, evidence = (np.concatenate(each) for each in zip(*padded, strict=True))
        return Voters(coins, others, evidence)

    def _block(self, rows: np.ndarray, without: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        known = self.labelled
        cosines = np.stack([column.cosines(rows, known) for column in self.columns], 2)
        typed = self.kind[rows][:, None] >= 0
        barred = (rows[:, None] == known) | (typed & (self.pieces[rows][:, None] == self.pieces[known]))
        barred |= without[:, None] == self.kind[known]
        near = _nearest(np.where(barred[:, :, None], np.nan, cosines))
        most = max(int(near.sum(1).max(initial=0)), 1)
        chosen = np.argsort(~near, axis=1, kind="stable")[:, :most]
        there = np.take_along_axis(near, chosen, 1)
        picked = np.take_along_axis(cosines, chosen[:, :, None], 1)
        evidence = [column.evidence(picked[:, :, i]) for i, column in enumerate(self.columns)]
        evidence += [values.at(rows[:, None], known[chosen]) for values in self.closer]
        together = np.stack(evidence, 2)
        together[~there] = np.nan
        return np.where(there, known[chosen], NOBODY), together


def _nearest(cosines: np.ndarray) -> np.ndarray:
    """(b, m) bool: which of the others are among the `NEAREST` of a column of ``cosines`` (b, m, f)."""
    near = np.zeros(cosines.shape[:2], bool)
    for column in range(cosines.shape[2]):
        values = np.nan_to_num(cosines[:, :, column], nan=-np.inf)
        top = min(NEAREST, values.shape[1])
        if top:
            best = np.argpartition(-values, top - 1, axis=1)[:, :top]
            np.put_along_axis(near, best, np.take_along_axis(near, best, 1) | _finite(values, best), 1)
    return near


def _finite(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    return np.isfinite(np.take_along_axis(values, at, 1))


def _padded(values: np.ndarray, most: int, filler: float) -> np.ndarray:
    width = [(0, 0), (0, most - values.shape[1]), *[(0, 0)] * (values.ndim - 2)]
    return np.pad(values, width, constant_values=filler)


LEAST_COINS = 10
# The votes of a type as they are, no more for the best of them; and how far what is learned may stray from that.
START, LOOSE = np.array([1.0, 0.0, 0.0]), 3.0


class TooFewTypes(CoingraphError):
    """Too few coins of known type to learn from."""


@dataclass(frozen=True)
class Tally:
    """What the voters of q coins say of each type: types (q, t), `NOBODY` where there are fewer; for each the logarithm
    of its votes, its best vote, and the coin that gave this (q, t)."""

    kinds: np.ndarray
    votes: np.ndarray
    best: np.ndarray
    by: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> "Tally":
        return Tally(self.kinds[rows], self.votes[rows], self.best[rows], self.by[rows])


def tally(voters: Voters, log_odds: np.ndarray, kind: np.ndarray) -> Tally:
    """Add up the votes of the `NEAREST` likeliest voters; ``log_odds`` (q, k), ``kind`` (n,) by place."""
    found = [_tallied(odds, others, kind) for odds, others in zip(log_odds, voters.others, strict=True)]
    shape = (len(found), max((len(types) for types in found), default=1) or 1)
    tallied = Tally(np.full(shape, NOBODY), np.zeros(shape), np.zeros(shape), np.full(shape, NOBODY))
    for row, types in enumerate(found):
        for place, (name, votes) in enumerate(types.items()):
            tallied.kinds[row, place], tallied.votes[row, place] = (
                name,
                np.logaddexp.reduce([odds for odds, _ in votes]),
            )
            tallied.best[row, place], tallied.by[row, place] = votes[0]
    return tallied


def _tallied(odds: np.ndarray, others: np.ndarray, kind: np.ndarray) -> dict[int, list[tuple[float, int]]]:
    """The votes for each type, the best first, with the coins that gave them."""
    there = np.flatnonzero(others != NOBODY)
    there = there[np.argsort(-odds[there], kind="stable")[:NEAREST]]
    found: dict[int, list[tuple[float, int]]] = {}
    for name, vote, by in zip(kind[others[there]].tolist(), odds[there].tolist(), others[there].tolist(), strict=True):
        found.setdefault(name, []).append((vote, by))
    return found


class Judge:
    """Tells which type coins are of: learned on coins of known type, each left out alone and with all of its type.

    ``present`` are the voters of the coins to learn from, ``absent`` those without the coins of their type. Of pairs
    with coins that are not ``seen`` (n,) no odds are learned.
    """

    def __init__(self, collection: Collection, present: Voters, absent: Voters, seen: np.ndarray):
        from scipy.optimize import minimize

        self.kind = collection.kind
        truth = self.kind[present.coins]
        pairs = (present.others != NOBODY) & seen[present.others]
        same = truth[:, None] == self.kind[present.others]
        self.same_type = SameType(present.evidence[pairs], same[pairs])
        alone = collection.alone[present.coins]
        new = max(int(alone.sum()), 1) / max(len(truth), 1)
        examples = [
            (self.tallied(present[~alone]), truth[~alone], 1.0),
            (self.tallied(absent), np.full(len(truth), NOBODY), new),
        ]

        def loss(numbers: np.ndarray) -> float:
            self.numbers = numbers
            likely = sum(each * np.log(self._of_right(votes, right)).sum() for votes, right, each in examples)
            return float((((numbers - START) / LOOSE) ** 2).sum() - likely)

        self.numbers = minimize(loss, START, method="BFGS").x

    def tallied(self, voters: Voters) -> Tally:
        log_odds = np.full(voters.others.shape, -np.inf)
        there = voters.others != NOBODY
        log_odds[there] = self.same_type.log_odds(voters.evidence[there])
        return tally(voters, log_odds, self.kind)

    def probabilities(self, votes: Tally) -> np.ndarray:
        """(q, t + 1): of each type of the tally, and last of none of these."""
        from scipy.special import softmax

        sums, best, none = self.numbers
        worth = np.where(votes.kinds != NOBODY, sums * votes.votes + best * votes.best, -np.inf)
        return softmax(np.hstack([worth, np.full((len(worth), 1), none)]), axis=1)

    def _of_right(self, votes: Tally, right: np.ndarray) -> np.ndarray:
        """The probability given to what is right: a type, or none of these where nobody voted for it."""
        found = self.probabilities(votes)
        hit = (votes.kinds == right[:, None]) & (right[:, None] != NOBODY)
        return np.maximum(np.where(hit.any(1), (found[:, :-1] * hit).sum(1), found[:, -1]), 1e-12)


@dataclass(frozen=True)
class Proposal:
    """A type, how probable it is, and the coin of that type that is most like the coin in question."""

    type: str
    probability: float
    like: str


@dataclass(frozen=True)
class Answer:
    """The answer for a coin: types, the likeliest first, and how probable it is that it is none of these."""

    coin: str
    proposals: list[Proposal]
    none: float

    def of(self, kind: str | None) -> float:
        """How probable this type is."""
        return next((one.probability for one in self.proposals if one.type == kind), 0.0)


@dataclass(frozen=True)
class Proposals:
    """Answers for coins without a type (``new``), and for coins whose type others share, each left out (``left_out``).

    ``top`` says how often the likeliest type is right where another coin has it, ``commonest`` what naming the
    commonest type would reach; ``kept`` how reliable the likeliest type's probability is; ``unknown`` how well
    "none of these" tells coins whose whole type was left out from the others (area under the ROC curve, chance 0.5).
    """

    new: list[Answer]
    left_out: list[Answer]
    top: float
    commonest: float
    kept: Reliability
    unknown: float

    def of(self, coins: Container[str] | None) -> "Proposals":
        """The answers for some coins (ids; None: all). What all coins of known type say of them stays."""
        if coins is None:
            return self
        new, left_out = ([one for one in some if one.coin in coins] for some in (self.new, self.left_out))
        return replace(self, new=new, left_out=left_out)


def propose(coins: CoinSet) -> Proposals:
    """Name the type of every coin that has none, and judge by coins that have one how good that is.

    The answers for coins of known type come from fits that saw neither the coin nor any pair it is in. Raises
    `TooFewTypes`, `TooFewPairs`.
    """
    collection = Collection(coins)
    learn = np.flatnonzero((collection.kind >= 0) & collection.fair)
    kinds = len(set(collection.kind[learn].tolist()))
    if kinds < 2 or len(learn) < LEAST_COINS:
        unfair = int(((collection.kind >= 0) & ~collection.fair).sum())
        raise TooFewTypes(
            f"{len(learn)} coins of known type can be learned from, of {kinds} types; {LEAST_COINS} coins and 2 types "
            "are needed. "
            + (
                f"{unfair} more are of types that the space was trained on: go by the --space it was trained from, or "
                "train with a larger --classes-held-out"
                if unfair
                else "Ingest a table that gives the types of more coins"
            )
        )
    kind = collection.kind[learn]
    present, absent = collection.voters(learn), collection.voters(learn, kind)
    fewer = collection.voters(learn, _other_types(kind))
    fold = fold_of(collection.pieces)
    left_out: list[Answer] = []
    none = np.zeros((2, len(learn)))  # where another type was left out, and where their own was
    for one in range(FOLDS):
        out = np.flatnonzero(fold[learn] == one)
        rest = np.flatnonzero(fold[learn] != one)
        judge = Judge(collection, present[rest], absent[rest], fold != one)
        left_out += _answers(collection, judge, present[out])
        for row, voters in enumerate((fewer, absent)):
            none[row, out] = judge.probabilities(judge.tallied(voters[out]))[:, -1]
    judge = Judge(collection, present, absent, np.ones(len(fold), bool))
    new = np.flatnonzero(collection.kind == NOBODY)
    answers = _answers(collection, judge, collection.voters(new)) if len(new) else []
    known = ~collection.alone[learn]
    shared = {collection.coins[row] for row in learn[known].tolist()}
    area = auroc(none[0, known], none[1]) if known.any() else 0.5
    figures = _judged(collection, learn, left_out, shared)
    return Proposals(answers, [answer for answer in left_out if answer.coin in shared], *figures, area)


def _answers(collection: Collection, judge: Judge, voters: Voters) -> list[Answer]:
    votes = judge.tallied(voters)
    found = judge.probabilities(votes)
    answers = []
    for row, coin in enumerate(voters.coins.tolist()):
        types = [
            Proposal(collection.kinds[kind], float(found[row, place]), collection.coins[votes.by[row, place]])
            for place, kind in enumerate(votes.kinds[row].tolist())
            if kind != NOBODY
        ]
        types.sort(key=lambda one: (-one.probability, one.type))
        answers.append(Answer(collection.coins[coin], types, float(found[row, -1])))
    return answers


def _other_types(kind: np.ndarray, seed: int = 1) -> np.ndarray:
    """For each coin the type of another, drawn from those of other types: what is left is as many types as where its
    own is left out, so that their number tells nothing."""
    random = np.random.default_rng(seed)
    return np.array([random.choice(kind[kind != own]) for own in kind])


def _judged(
    collection: Collection, learn: np.ndarray, left_out: list[Answer], shared: set[str]
) -> tuple[float, float, Reliability]:
    """How often the likeliest type is right, the commonest one, and how reliable its probabilities are."""
    kind_of = {collection.coins[row]: collection.kinds[collection.kind[row]] for row in learn}
    likeliest = np.array([answer.proposals[0].probability if answer.proposals else 0.0 for answer in left_out])
    right = np.array([bool(a.proposals) and a.proposals[0].type == kind_of[a.coin] for a in left_out])
    known = np.array([answer.coin in shared for answer in left_out])
    commonest = (int(np.bincount(collection.kind[learn]).max()) - 1) / max(len(learn) - 1, 1)
    top = float(right[known].mean()) if known.any() else 0.0
    return top, commonest, reliability("likeliest type", likeliest, right)
