"""Proposals of types from vectors whose types are known."""

from dataclasses import replace

import numpy as np
import pytest

from measure.coinset import CoinSet, PairValues, Written
from measure.probability import geometry_evidence
from measure.proposals import Judge, Proposals, TooFewTypes, propose
from measure.voters import Collection, Legends

COINS, KINDS, DIMENSION = 90, 6, 16


def made(noise: float = 0.35, hidden: int = 10, seed: int = 1) -> tuple[CoinSet, list[str]]:
    """Coins whose two faces are like their type's; the last ``hidden`` have no type, and of the very last six nobody
    knows the type. Their true types come with them."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(2, KINDS + 1, DIMENSION)) / np.sqrt(DIMENSION)
    kind = random.integers(0, KINDS, COINS)
    kind[-6:] = KINDS
    faces = [of_face[kind] + noise * random.normal(size=(COINS, DIMENSION)) / 2 for of_face in centres]
    true = [f"type {number}" for number in kind]
    types = [name if row < COINS - hidden else None for row, name in enumerate(true)]
    names = [f"c{row:03}" for row in range(COINS)]
    matrices = dict(zip(("obverse", "reverse"), faces, strict=True))
    return CoinSet("space", "both", names, matrices, {"type": types}), true


@pytest.fixture(scope="module")
def found() -> Proposals:
    return propose(made()[0])


def test_coins_without_a_type_get_their_true_one(found: Proposals) -> None:
    _, true = made()
    for answer in found.new[:4]:
        assert answer.proposals[0].type == true[int(answer.coin[1:])]
        assert answer.proposals[0].probability > 0.5


def test_coins_of_a_type_nobody_knows_are_rather_none_of_these(found: Proposals) -> None:
    assert min(answer.none for answer in found.new[4:]) > max(answer.none for answer in found.new[:4])


def test_all_answers_together_are_certain(found: Proposals) -> None:
    for answer in found.new + found.left_out + found.hidden:
        assert answer.none + sum(one.probability for one in answer.proposals) == pytest.approx(1)


def test_what_coins_of_known_type_say_of_the_answers(found: Proposals) -> None:
    assert found.top > 0.9 > 0.4 > found.commonest
    assert found.unknown > 0.85 and found.kept.brier < 0.08


def test_vectors_that_know_nothing_are_not_believed() -> None:
    coins, _ = made(noise=50)
    found = propose(coins)
    assert found.top < 0.4 and found.kept.brier < found.kept.brier_base + 0.03
    assert abs(found.unknown - 0.5) < 0.15


def test_the_likest_coin_is_of_the_type_proposed(found: Proposals) -> None:
    _, true = made()
    for answer in found.new:
        for one in answer.proposals:
            assert one.like and true[int(one.like[1:])] == one.type


def test_a_coin_with_one_side_is_judged_by_it() -> None:
    coins, true = made()
    coins.faces["reverse"][COINS - 10] = np.nan
    assert propose(coins).new[0].proposals[0].type == true[COINS - 10]


def looked_at(coins: CoinSet, true: list[str], share: float = 1.0) -> CoinSet:
    """As many inliers as pairs of one type have, for a share of all pairs."""
    first, second = np.triu_indices(COINS, 1)
    looked = np.random.default_rng(3).random(len(first)) < share
    first, second = first[looked], second[looked]
    same = np.array(true)[first] == np.array(true)[second]
    inliers = np.random.default_rng(4).poisson(np.where(same, 20, 5))
    return replace(coins, closer=[PairValues.of(COINS, second, first, geometry_evidence("inliers", inliers))])


def test_geometry_tells_what_vectors_do_not() -> None:
    coins, true = made(noise=2)
    alone, closer = propose(coins), propose(looked_at(coins, true))
    assert closer.top > alone.top + 0.1 and closer.kept.brier < alone.kept.brier
    assert closer.unknown > alone.unknown


def test_where_geometry_did_not_look_it_has_no_say() -> None:
    coins, true = made()
    some = propose(looked_at(coins, true, 0.3))
    assert some.top > 0.9 and some.kept.brier < 0.1
    nowhere = propose(looked_at(coins, true, 0.0))
    assert nowhere.new == propose(coins).new


def test_pairs_that_nobody_looked_at_are_filled_in_and_hubs_taken_away() -> None:
    coins, true = made(noise=1.2)
    kind = np.unique(true, return_inverse=True)[1]
    first, second = np.triu_indices(COINS, 1)
    scores = []
    for face in coins.faces.values():
        unit = face / np.linalg.norm(face, axis=1, keepdims=True)
        cosine = (unit[first] * unit[second]).sum(1)
        looked = cosine > np.quantile(cosine, 0.8)
        alike = kind[first] == kind[second]
        scores.append(PairValues.of(COINS, first[looked], second[looked], (cosine + alike)[looked]))
    assert propose(replace(coins, scores=scores)).top > propose(coins).top + 0.1


def test_no_coin_votes_for_itself_or_its_double() -> None:
    coins, _ = made()
    pieces = np.arange(COINS)
    pieces[1] = pieces[0]
    others = Collection(replace(coins, pieces=pieces)).voters(np.array([0, 1])).others
    assert not set(others.flat) & {0, 1}


def test_with_its_type_left_out_no_coin_of_it_votes() -> None:
    coins, _ = made()
    collection = Collection(coins)
    voters = collection.voters(np.arange(20), collection.kind[:20])
    for coin, others in zip(voters.coins, voters.others, strict=True):
        assert collection.kind[coin] not in collection.kind[others[others >= 0]]


def test_a_label_that_is_wrong_is_found_out() -> None:
    coins, true = made()
    types = coins.labels["type"]
    types[3] = f"type {(int(true[3][-1]) + 1) % KINDS}"
    (answer,) = [one for one in propose(coins).left_out if one.coin == "c003"]
    assert answer.of(types[3]) < 0.2 < 0.6 < answer.of(true[3])


def wrongly(places: list[int]) -> tuple[CoinSet, list[str | None]]:
    """Coins of which some are recorded as another type, not all as the next; and the records of all."""
    coins, true = made()
    types = coins.labels["type"]
    for number, place in enumerate(places):
        types[place] = f"type {(int(true[place][-1]) + 1 + number % (KINDS - 1)) % KINDS}"
    return coins, types


def doubted(found: Proposals, types: list[str | None]) -> set[int]:
    return {int(a.coin[1:]) for a in found.left_out if a.of(types[int(a.coin[1:])]) < 0.5}


def test_records_that_the_others_contradict_are_doubted_and_no_others() -> None:
    coins, types = wrongly([3, 20, 41])
    assert doubted(propose(coins), types) == {3, 20, 41}


def test_a_record_may_be_right_however_clearly_it_is_contradicted() -> None:
    coins, types = wrongly([3, 20, 41])
    own = [answer.of(types[3]) for answer in propose(coins).left_out if answer.coin == "c003"]
    assert 0.01 < own[0] < 0.1  # its coin may be like none of its type


def test_votes_that_know_nothing_cast_no_doubt_on_records() -> None:
    coins, _ = made(noise=50)
    found = propose(coins)
    assert doubted(found, coins.labels["type"]) == set()
    assert np.mean([answer.of(coins.labels["type"][int(answer.coin[1:])]) for answer in found.left_out]) > 0.9


def test_the_share_of_right_records_is_learned() -> None:
    wrong = [3, 14, 25, 36, 47, 58]
    coins, types = wrongly(wrong)
    some, none = propose(coins), propose(made()[0])
    assert some.trust < 0.96 < none.trust
    assert doubted(some, types) == set(wrong)


def test_a_catalogue_without_mistakes_is_not_doubted() -> None:
    coins, types = wrongly([3, 20, 41])
    assert doubted(propose(coins, trust=1), types) == set()
    assert doubted(propose(coins, trust=0.5), types) >= {3, 20, 41}


def test_a_vote_counts_by_the_probability_of_its_record() -> None:
    coins, _ = wrongly([3])
    collection = Collection(coins)
    known = np.flatnonzero(collection.kind >= 0)
    present, absent = collection.recorded(known), collection.voters(known, collection.kind[known])
    everyone = np.ones(COINS, bool)
    full, cut = np.ones(COINS), np.ones(COINS)
    cut[3] = 0.01
    votes = [Judge(collection, present, absent, everyone, weights).recorded(present) for weights in (full, cut)]
    said = [one.best[one.by == 3] for one in votes]
    assert len(said[0]) > len(said[1]) or said[0].max() > said[1].max() + 1
    assert votes[0].alike[3] < 0 < np.delete(votes[0].alike, 3).min()  # a wrong record's coins are as strangers to it


def test_a_record_that_no_neighbour_backs_may_be_right() -> None:
    """Of forty types most are not among those that vote; the record of a coin is then improbable, not impossible."""
    random = np.random.default_rng(5)
    kind = np.repeat(np.arange(40), 4)
    centres = random.normal(size=(40, DIMENSION))
    face = centres[kind] + 0.9 * random.normal(size=(160, DIMENSION))
    types: list[str | None] = [f"type {number}" for number in kind]
    types[0] = "type 30"
    coins = CoinSet("space", "both", [f"c{row:03}" for row in range(160)], {"obverse": face}, {"type": types})
    answers = {answer.coin: answer for answer in propose(coins).left_out}
    far = [a for a in answers.values() if any(one.like is None for one in a.proposals)]
    assert far and all(0 < a.of(types[int(a.coin[1:])]) < 1 for a in far)
    assert min(answers.values(), key=lambda a: a.of(types[int(a.coin[1:])])).coin == "c000"


def read_on(coins: CoinSet, true: list[str], letters: float = 4.0) -> CoinSet:
    """The coins with a legend for each type on record, which is found on every coin of it."""
    random = np.random.default_rng(2)
    kind = np.array([int(name[-1]) for name in true])
    found = letters * np.eye(KINDS + 1)[kind] + random.normal(size=(COINS, KINDS + 1))
    recorded = np.array([-1 if name is None else int(name[-1]) for name in coins.labels["type"]])
    return replace(coins, written=[Written(recorded, found.astype(np.float32))])


def test_legends_tell_types_apart_whose_coins_look_alike() -> None:
    coins, true = made(noise=3)
    alone, read = propose(coins), propose(read_on(coins, true))
    assert read.top > 0.9 > alone.top + 0.2
    assert read.kept.brier < alone.kept.brier / 2
    assert read.unknown > alone.unknown + 0.1  # on coins of a type nobody knows no legend is found


def test_a_record_of_another_legend_than_was_read_is_doubted() -> None:
    coins, types = wrongly([3, 20, 41])
    blurred = replace(coins, faces=made(noise=3)[0].faces)
    assert doubted(propose(blurred), types) == set()
    assert doubted(propose(read_on(blurred, made()[1])), types) == {3, 20, 41}


def test_where_nothing_was_read_legends_say_nothing() -> None:
    coins, true = made()
    bare, plain = propose(replace(read_on(coins, true), written=[])), propose(coins)
    unread = read_on(coins, true)
    unread.written[0].found[:] = 0
    assert bare == plain
    assert propose(unread).top == plain.top
    assert propose(unread).kept.brier == pytest.approx(plain.kept.brier, abs=1e-3)
    rare = Written(np.where(np.arange(COINS) < 2, 0, -1), np.ones((COINS, 1), np.float32))
    with np.errstate(invalid="raise"):
        assert propose(replace(coins, written=[rare])).top == pytest.approx(plain.top, abs=0.1)


def test_legends_that_each_coin_has_for_itself_say_nothing_of_its_type() -> None:
    coins, _ = made()
    found = np.random.default_rng(2).normal(size=(COINS, COINS)).astype(np.float32)
    varied, plain = propose(replace(coins, written=[Written(np.arange(COINS), found)])), propose(coins)
    assert varied.top == plain.top
    assert varied.kept.brier == pytest.approx(plain.kept.brier, abs=1e-3)


def test_the_legend_that_a_coin_itself_has_on_record_is_no_evidence() -> None:
    found = np.arange(6, dtype=np.float32).reshape(3, 2)
    legends = Legends(Written(np.array([0, 1, 1]), found), np.array([0, 0, 1]), 3)
    known = legends.found(np.arange(3))
    assert known[:, 0].tolist() == [1, 2, 5]  # of the other coin, of the other, the better of both
    assert np.isnan(known[2, 1]) and known[:2, 1].tolist() == [1, 3]
    assert np.isnan(known[:, 2]).all()


def test_nothing_is_said_of_the_only_coin_of_its_type() -> None:
    coins, _ = made()
    coins.labels["type"][5] = "unique"
    assert "c005" not in {answer.coin for answer in propose(coins).left_out}


def test_a_few_coins_are_too_few() -> None:
    coins, _ = made(hidden=COINS - 5)
    with pytest.raises(TooFewTypes, match="5 coins of known type"):
        propose(coins)
