"""Which type a coin is of, from the coins most like it whose type is known, and how sure that is.

The coins most like it vote, each with the odds that the two are of one type (`measure.probability`). A type's votes are
added up and weighed against those of the others and against "none of these", so that all answers together have
probability 1 (a conditional logit, McFadden 1974). Its four numbers are learned on coins of known type, each left out
in turn: once alone, and once with all other coins of its type, so that none of the types is right. How often that is to
be expected of a new coin is the share of known coins that are the only one of their type (Good 1953).

Where tables have legends and letters can be read, a type also gains by how much better the legends of its other coins
are found on the coin than those of all types are: letters tell types apart whose coins look alike.

What the catalogue says of a coin is evidence, too. With a probability, the trust, a record names the coin's type; else
it names another by mistake, each as often as other coins are recorded as that (errors drawn at random, as in a mixture
of two groups). The trust is learned with the four numbers. By Bayes' rule a record that the other coins contradict is
likelier wrong than right only where they contradict it more strongly than records can be trusted. In a second round
each vote counts by the probability that the voter's record is right. Where no near coin votes for the record, it is
asked how much more alike than strangers the coin is to those of its record: of a wrong one it is often like none.

But there are coins that are like none of their type although their record is right, and votes know nothing of these. So
a contradicted record is right with some probability however it is contradicted: the greater the more often the votes
err, and the smaller the more records are contradicted.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace

import numpy as np

from errors import CoingraphError
from measure.coinset import CoinSet
from measure.probability import FOLDS, Reliability, SameType, auroc, fold_of, reliability
from measure.voters import LABEL, NEAREST, NOBODY, Collection, Recorded, Voters

LEAST_COINS = 10
# The votes of a type as they are, no more for the best of them; and how far what is learned may stray from that.
START, LOOSE = np.array([1.0, 0.0, 0.0, 0.0]), 3.0
# The usual share of right records, and of how many records it stands for: so many are needed to learn half of another.
TRUST, WORTH = 0.97, 100
#: Of coins that votes put to another type, the share that is like no other of its own: worn, or of a variety.
ODD = 0.04
LEAST_WEIGHT = 1e-6  # of a vote


class TooFewTypes(CoingraphError):
    """Too few coins of known type to learn from."""


@dataclass(frozen=True)
class Tally:
    """What the voters of q coins say of each type: types (q, t), `NOBODY` where there are fewer; for each the logarithm
    of its votes, its best vote, and the coin that gave this (q, t). ``found`` (q, kinds) is how well the legends of
    each type are found on the coin; NaN where nothing is known of it. ``alike`` (q,) is the logarithm of how many times
    likelier a coin of each coin's record is of its type than a stranger; 0 where nothing is known of it."""

    kinds: np.ndarray
    votes: np.ndarray
    best: np.ndarray
    by: np.ndarray
    found: np.ndarray
    alike: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> "Tally":
        return Tally(**{name: values[rows] for name, values in vars(self).items()})


def tally(voters: Voters, log_odds: np.ndarray, collection: Collection) -> Tally:
    """Add up the votes of the `NEAREST` likeliest voters; ``log_odds`` (q, k)."""
    kind, legends = collection.kind, collection.found(voters.coins)
    found = [_tallied(odds, others, kind) for odds, others in zip(log_odds, voters.others, strict=True)]
    shape = (len(found), max((len(types) for types in found), default=1) or 1)
    tallied = Tally(
        np.full(shape, NOBODY), np.zeros(shape), np.zeros(shape), np.full(shape, NOBODY), legends, np.zeros(len(found))
    )
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

    ``present`` are the coins to learn from, ``absent`` their voters without the coins of their type. Of pairs
    with coins that are not ``seen`` (n,) no odds are learned. ``weights`` (n,) say how much each coin's vote counts;
    ``trust`` is the share of records that name the right type, learned where it is None.
    """

    def __init__(
        self,
        collection: Collection,
        present: Recorded,
        absent: Voters,
        seen: np.ndarray,
        weights: np.ndarray,
        trust: float | None = None,
    ):
        self.collection, self.kind, self.weights = collection, collection.kind, weights
        self.counts = np.bincount(self.kind[collection.labelled], minlength=len(collection.kinds))
        near = present.voters
        truth = self.kind[near.coins]
        pairs = (near.others != NOBODY) & seen[near.others]
        same = truth[:, None] == self.kind[near.others]
        self.same_type = SameType(near.evidence[pairs], same[pairs])
        alone = collection.alone[near.coins]
        new = max(int(alone.sum()), 1) / max(len(truth), 1)
        votes, record = self.recorded(present[~alone]), truth[~alone]
        far = np.count_nonzero(~(votes.kinds == record[:, None]).any(1)) + 0.5
        self.known = far / (far + new * len(truth))  # how often "none of these" is a known type that nobody votes for
        self._learn(votes, record, self.tallied(absent), new, trust)

    def _learn(self, votes: Tally, record: np.ndarray, absent: Tally, new: float, trust: float | None) -> None:
        """Find the numbers, and the trust, by which the records are most probable."""
        from scipy.optimize import minimize
        from scipy.special import expit, logit

        def loss(numbers: np.ndarray) -> float:
            self.numbers, self.trust = numbers[: len(START)], expit(numbers[-1]) if trust is None else trust
            likely = np.log(np.maximum(self.joint(votes, record).sum(1), 1e-12)).sum()
            likely += new * np.log(np.maximum(self.probabilities(absent)[:, -1], 1e-12)).sum()
            if trust is None:
                likely += WORTH * (TRUST * np.log(self.trust) + (1 - TRUST) * np.log1p(-self.trust))
            return float((((self.numbers - START) / LOOSE) ** 2).sum() - likely)

        start = START if trust is not None else np.append(START, logit(TRUST))
        loss(minimize(loss, start, method="BFGS").x)

    def tallied(self, voters: Voters) -> Tally:
        log_odds = np.full(voters.others.shape, -np.inf)
        there = voters.others != NOBODY
        log_odds[there] = self.same_type.log_odds(voters.evidence[there])
        log_odds[there] += np.log(np.maximum(self.weights[voters.others[there]], LEAST_WEIGHT))
        return tally(voters, log_odds, self.collection)

    def recorded(self, coins: Recorded) -> Tally:
        """The votes for coins of known type, and how alike each is to the coins of its record."""
        usual = np.nanmean(self._odds(coins.strangers), 1)
        weight = np.clip(self.weights[coins.fellows.others], LEAST_WEIGHT, 1)
        odds = weight * self._odds(coins.fellows) + (1 - weight) * usual[:, None]
        there = coins.fellows.others != NOBODY
        own = np.where(there, odds, 0).sum(1) / np.maximum(there.sum(1), 1)
        alike = np.where(there.any(1), np.log(np.maximum(own, 1e-12) / usual), 0)
        return replace(self.tallied(coins.voters), alike=alike)

    def _odds(self, pairs: Voters) -> np.ndarray:
        """(q, k): of each pair that it is of one type; NaN where there is none."""
        odds, there = np.full(pairs.others.shape, np.nan), pairs.others != NOBODY
        odds[there] = np.exp(self.same_type.log_odds(pairs.evidence[there]))
        return odds

    def read(self, votes: Tally) -> np.ndarray:
        """(q, kinds): the logarithm of how many times likelier what was read is on a coin of each type than on any.

        The likelier a type's coin bears a legend that no other of them does, the less their legends say.
        """
        from scipy.special import logsumexp

        if not self.collection.written:
            return np.zeros(votes.found.shape)
        weighed = self.numbers[3] * votes.found
        known = np.isfinite(weighed)
        usual = logsumexp(np.where(known, weighed, -np.inf), axis=1) - np.log(np.maximum(known.sum(1), 1))
        others = np.clip(self.collection.other_legends, 1e-9, 1 - 1e-9)
        told = np.subtract(weighed, usual[:, None], out=np.zeros(weighed.shape), where=known)
        return np.where(known, np.logaddexp(np.log1p(-others) + told, np.log(others)), 0)

    def probabilities(self, votes: Tally) -> np.ndarray:
        """(q, t + 1): of each type of the tally, and last of none of these, whatever the records say."""
        from scipy.special import softmax

        sums, best, none, _ = self.numbers
        worth = sums * votes.votes + best * votes.best + np.take_along_axis(self.read(votes), votes.kinds, 1)
        worth = np.where(votes.kinds != NOBODY, worth, -np.inf)
        return softmax(np.hstack([worth, np.full((len(worth), 1), none)]), axis=1)

    def joint(self, votes: Tally, record: np.ndarray) -> np.ndarray:
        """(q, t + 2): how probable it is that a coin is of a type and that its record (q,) says what it says.

        The types are those of the tally, none of these, and that of the record where nobody voted for it. A row's sum
        is how probable the record is. The type of a record must be that of another coin, too.
        """
        found = self.probabilities(votes)
        near = votes.kinds == record[:, None]
        counts = np.where(votes.kinds == NOBODY, 0, self.counts[votes.kinds])
        others, total = self.counts[record] - 1, self.counts.sum() - 1  # the coin itself does not count
        share = others / np.maximum(total - counts.sum(1), 1)  # of the coins whose type nobody votes for
        weight = share * np.exp(self.numbers[0] * votes.alike + self.read(votes)[np.arange(len(record)), record])
        far = np.where(near.any(1), 0, found[:, -1] * self.known * weight / np.maximum(weight + 1 - share, 1e-12))
        mistaken = (1 - self.trust) * others[:, None] / np.maximum(total - np.hstack([counts, 0 * others[:, None]]), 1)
        whole = np.hstack([found[:, :-1], (found[:, -1] - far)[:, None]]) * mistaken
        whole[:, :-1][near] = self.trust * found[:, :-1][near]
        return np.hstack([whole, self.trust * far[:, None]])

    def weighed(self, votes: Tally, record: np.ndarray) -> np.ndarray:
        """(q, t + 2): how probable each is, by the votes and the record; see `joint`."""
        joint = self.joint(votes, record)
        return joint / np.maximum(joint.sum(1, keepdims=True), 1e-300)

    def right(self, votes: Tally, record: np.ndarray) -> np.ndarray:
        """(q,): how probable it is that the record names the type."""
        found = self.weighed(votes, record)
        return found[:, -1] + np.where(votes.kinds == record[:, None], found[:, :-2], 0).sum(1)


@dataclass(frozen=True)
class Proposal:
    """A type, how probable it is, and the coin of that type that is most like the coin in question; None where no coin
    of that type is among the nearest."""

    type: str
    probability: float
    like: str | None


@dataclass(frozen=True)
class Answer:
    """The answer for a coin: types, the likeliest first, and how probable it is that it is none of these.

    For a coin of known type its record is evidence, too; that type is always among the answers.
    """

    coin: str
    proposals: list[Proposal]
    none: float

    def of(self, kind: str | None) -> float:
        """How probable this type is."""
        return next((one.probability for one in self.proposals if one.type == kind), 0.0)


@dataclass(frozen=True)
class Proposals:
    """Answers for coins without a type (``new``), and for coins whose type others share, each left out: by the other
    coins and the record (``left_out``), and with the record hidden (``hidden``).

    ``trust`` is the share of records that name the right type. With the record hidden, ``top`` says how often the
    likeliest type is right where another coin has it, ``commonest`` what naming the commonest type would reach;
    ``kept`` how reliable the likeliest type's probability is; ``unknown`` how well "none of these" tells coins whose
    whole type was left out from the others (area under the ROC curve, chance 0.5).
    """

    new: list[Answer]
    left_out: list[Answer]
    hidden: list[Answer]
    trust: float
    top: float
    commonest: float
    kept: Reliability
    unknown: float

    def of(self, coins: Container[str] | None) -> "Proposals":
        """The answers for some coins (ids; None: all). What all coins of known type say of them stays."""
        if coins is None:
            return self
        lists = (self.new, self.left_out, self.hidden)
        new, left_out, hidden = ([one for one in some if one.coin in coins] for some in lists)
        return replace(self, new=new, left_out=left_out, hidden=hidden)


def propose(coins: CoinSet, trust: float | None = None, sure: Container[str] = ()) -> Proposals:
    """Name the type of every coin that has none, and judge by coins that have one how good that is.

    ``trust`` is the share of records that name the right type, above 0 and at most 1; None to learn it. The records of
    ``sure`` coins (ids) vote in full. The answers for coins of known type come from fits that saw neither the coin nor
    any pair it is in. Raises `TooFewTypes`, `TooFewPairs`.
    """
    collection = Collection(coins)
    learn = np.flatnonzero((collection.kind >= 0) & collection.fair)
    _check_enough(collection, learn)
    kind, shared = collection.kind[learn], ~collection.alone[learn]
    present, absent = collection.recorded(learn), collection.voters(learn, kind)
    fewer = collection.voters(learn, _other_types(kind))
    fold = fold_of(collection.pieces)

    def judges(weights: np.ndarray) -> Iterator[tuple[np.ndarray, Judge]]:
        """The places of the coins of each fold, and a judge that saw none of them."""
        for one in range(FOLDS):
            rest = np.flatnonzero(fold[learn] != one)
            yield (
                np.flatnonzero(fold[learn] == one),
                Judge(collection, present[rest], absent[rest], fold != one, weights, trust),
            )

    equal = np.ones(len(fold))
    weights = equal.copy()
    for out, judge in judges(equal):
        at = np.array([row for row in out[shared[out]] if collection.coins[learn[row]] not in sure], int)
        weights[learn[at]] = judge.right(judge.recorded(present[at]), kind[at])
    left_out: list[Answer] = []
    hidden: list[Answer] = []
    none = np.zeros((2, len(learn)))  # where another type was left out, and where their own was
    for out, judge in judges(weights):
        votes = judge.recorded(present[out])
        left_out += _answers(collection, learn[out], votes, judge.weighed(votes, kind[out]), kind[out])
        hidden += _answers(collection, learn[out], votes, judge.probabilities(votes))
        for row, voters in enumerate((fewer, absent)):
            none[row, out] = judge.probabilities(judge.tallied(voters[out]))[:, -1]
    judge = Judge(collection, present, absent, np.ones(len(fold), bool), weights, trust)
    new = np.flatnonzero(collection.kind == NOBODY)
    votes = judge.tallied(collection.voters(new))
    answers = _answers(collection, new, votes, judge.probabilities(votes)) if len(new) else []
    having = {collection.coins[row] for row in learn[shared].tolist()}
    kept, top = _judged(collection, learn, hidden, having)
    commonest = (int(np.bincount(kind).max()) - 1) / max(len(learn) - 1, 1)
    area = auroc(none[0, shared], none[1]) if shared.any() else 0.5
    left_out, hidden = ([answer for answer in some if answer.coin in having] for some in (left_out, hidden))
    odd = ODD * (1 - top)
    given = dict(zip(collection.coins, coins.labels[LABEL], strict=True))
    left_out = [_cautious(answer, given[answer.coin], odd / (odd + 1 - judge.trust or 1.0)) for answer in left_out]
    return Proposals(answers, left_out, hidden, float(judge.trust), top, commonest, kept, area)


def _cautious(answer: Answer, record: str | None, odd: float) -> Answer:
    """The answer where the coin may be ``odd``, so that votes say nothing of it and the record alone counts."""
    given = [
        replace(one, probability=(1 - odd) * one.probability + odd * (one.type == record)) for one in answer.proposals
    ]
    given.sort(key=lambda one: (-one.probability, one.type))
    return replace(answer, proposals=given, none=(1 - odd) * answer.none)


def _check_enough(collection: Collection, learn: np.ndarray) -> None:
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


def _answers(
    collection: Collection, coins: np.ndarray, votes: Tally, found: np.ndarray, record: np.ndarray | None = None
) -> list[Answer]:
    """Answers from probabilities: of each type of the tally, of none of these and, where there are records (q,), of the
    type of the record where nobody votes for it."""
    answers, types = [], votes.kinds.shape[1]
    for row, coin in enumerate(coins.tolist()):
        given = [
            Proposal(collection.kinds[kind], float(found[row, place]), collection.coins[votes.by[row, place]])
            for place, kind in enumerate(votes.kinds[row].tolist())
            if kind != NOBODY
        ]
        if record is not None and record[row] not in votes.kinds[row]:
            given.append(Proposal(collection.kinds[record[row]], float(found[row, -1]), None))
        given.sort(key=lambda one: (-one.probability, one.type))
        answers.append(Answer(collection.coins[coin], given, float(found[row, types])))
    return answers


def _other_types(kind: np.ndarray, seed: int = 1) -> np.ndarray:
    """For each coin the type of another, drawn from those of other types: what is left is as many types as where its
    own is left out, so that their number tells nothing."""
    random = np.random.default_rng(seed)
    return np.array([random.choice(kind[kind != own]) for own in kind])


def _judged(
    collection: Collection, learn: np.ndarray, hidden: list[Answer], shared: set[str]
) -> tuple[Reliability, float]:
    """How reliable the likeliest type's probability is, and how often that type is right where others share it."""
    kind_of = {collection.coins[row]: collection.kinds[collection.kind[row]] for row in learn}
    likeliest = np.array([answer.proposals[0].probability if answer.proposals else 0.0 for answer in hidden])
    right = np.array([bool(a.proposals) and a.proposals[0].type == kind_of[a.coin] for a in hidden])
    known = np.array([answer.coin in shared for answer in hidden])
    return reliability("likeliest type", likeliest, right), float(right[known].mean()) if known.any() else 0.0
