"""Scores whose answers are known by hand, and agreement with scikit-learn."""

# mypy: no-strict-optional

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn import metrics

from commands.measure import evaluation_json, of_evaluation
from measure.coinset import CoinSet, PairValues
from measure.communities import agreement
from measure.evaluation import NoLabels, determines, evaluate, leak
from measure.likeness import Likeness, count_pairs, davies_bouldin, silhouettes, whitened
from measure.retrieval import retrieval


def clouds(kinds: int = 4, each: int = 12, seed: int = 1) -> tuple[np.ndarray, list[str | None]]:
    """Vectors of kinds that overlap, and their labels."""
    random = np.random.default_rng(seed)
    codes = np.repeat(np.arange(kinds), each)
    return random.normal(size=(len(codes), 6)) + 1.5 * np.eye(6)[codes], [f"kind {code}" for code in codes]


def made(vectors: np.ndarray | None = None, **columns) -> CoinSet:
    """Obverses with their types, and other columns."""
    known, labels = clouds()
    vectors = known if vectors is None else vectors
    return CoinSet("space", "obverse", [f"c{n}" for n in range(48)], {"obverse": vectors}, {"type": labels} | columns)


# --- likeness -------------------------------------------------------------------------------------------------------


def test_both_sides_count_where_both_coins_have_them():
    nothing = [np.nan, np.nan]
    obverse = np.array([[1.0, 0], [1, 0], [0, 1]])
    reverse = np.array([[1.0, 0], [0, 1], nothing])
    _, near = next(Likeness([obverse, reverse]).blocks())
    assert near[0, 1] == pytest.approx(0.5)  # obverse 1, reverse 0
    assert near[1, 2] == pytest.approx(0)  # by the obverse alone


def test_coins_without_a_common_face_are_no_pair_and_rank_last():
    nothing = [np.nan, np.nan]
    likeness = Likeness([np.array([[1.0, 0], nothing, [1, 1]]), np.array([nothing, [1.0, 0], [1, 1]])])
    assert count_pairs(likeness, ["a", "a", "b"]).same.pairs == 0
    assert retrieval(likeness, ["a", "a", "b"]).r1_micro.value == 0


def _scores(pairs: dict[tuple[int, int], float], count: int) -> csr_array:
    first, second = np.array(list(pairs)).T
    return PairValues.of(count, first, second, np.array(list(pairs.values()))).matrix()


def test_a_pair_nobody_looked_at_gets_the_score_that_its_cosine_predicts():
    angles = np.radians([0, 10, 30, 60, 100])
    vectors = np.stack([np.cos(angles), np.sin(angles)], 1)
    cosines = vectors @ vectors.T
    seen = {pair: 3 * cosines[pair] - 1 for pair in ((0, 1), (1, 2), (2, 3))}
    _, near = next(Likeness([vectors], scores=[_scores(seen, 5)]).blocks())
    assert near[0, 4] == pytest.approx(3 * cosines[0, 4] - 1, abs=1e-5)
    seen[1, 3] = 9.0
    _, near = next(Likeness([vectors], scores=[_scores(seen, 5)]).blocks())
    assert near[1, 3] == near[3, 1] == 9


def test_a_coin_that_is_near_to_all_by_both_faces_is_nearest_to_none():
    vectors = np.vstack([np.ones(11), np.eye(11)])
    vectors[2, 0] = 0.25  # a little like the first of the others
    scores = _scores({(0, one): 1.0 for one in range(1, 12)} | {(1, 2): 0.9}, 12)
    alone = Likeness([vectors], scores=[scores])
    both = Likeness([vectors, vectors], scores=[scores, scores])
    assert next(alone.blocks())[1][1].argmax() == 0
    assert next(both.blocks())[1][1].argmax() == 2
    some = both[np.array([1, 2, 5])]
    assert next(some.blocks())[1][0, 1] == pytest.approx(next(both.blocks())[1][1, 2])


def test_mahalanobis_distances_are_those_of_whitened_vectors():
    vectors, _ = clouds()
    likeness = Likeness([vectors], metric="mahalanobis")
    _, near = next(likeness.blocks())
    face = likeness.faces[0]
    assert likeness.distance(near)[0, 1:] == pytest.approx(np.linalg.norm(face[1:] - face[0], axis=1), abs=1e-3)
    assert np.cov(whitened(clouds(each=500)[0]).T) == pytest.approx(np.eye(6), abs=0.05)


# --- retrieval ------------------------------------------------------------------------------------------------------


def test_the_same_photograph_twice_is_no_hit_and_in_nobodys_way():
    """Row 1 is row 0 again; without it the nearest of row 0 is the b at 20 degrees."""
    angles = np.radians([0, 0, 30, 20, 80])
    vectors, labels = np.stack([np.cos(angles), np.sin(angles)], 1), ["a", "a", "a", "b", "b"]
    twice = retrieval(Likeness([vectors], np.array([0, 0, 1, 2, 3])), labels)
    assert retrieval(vectors, labels).of_class["a"][0] == pytest.approx(2 / 3)
    assert twice.of_class["a"][0] == 0
    assert twice.r1_micro.chance == pytest.approx(np.mean([1 / 3, 1 / 3, 2 / 4, 1 / 4, 1 / 4]))


def test_a_label_that_only_doubles_share_asks_nothing():
    likeness = Likeness([np.eye(4)], np.array([0, 0, 1, 2]))
    assert retrieval(likeness, ["a", "a", "b", "b"]).queries == 2


# --- pairs, geometry, communities -----------------------------------------------------------------------------------


def test_pairs_are_those_of_scikit_learn():
    vectors, labels = clouds(each=20)
    found = count_pairs(Likeness([vectors]), labels)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    first, second = np.triu_indices(len(labels), 1)
    cosines, same = (unit @ unit.T)[first, second], np.array(labels)[first] == np.array(labels)[second]
    assert found.same.pairs + found.other.pairs == len(cosines)
    assert found.roc_auc == pytest.approx(metrics.roc_auc_score(same, cosines), abs=1e-3)
    assert found.average_precision == pytest.approx(metrics.average_precision_score(same, cosines), abs=1e-3)
    pairs, precision, recall = found.above(0.5)
    assert pairs == pytest.approx((cosines > 0.5).sum(), abs=1)
    assert precision == pytest.approx(same[cosines > 0.5].mean(), abs=1e-2)
    assert recall == pytest.approx((same & (cosines > 0.5)).sum() / same.sum(), abs=1e-2)


def test_silhouettes_are_those_of_scikit_learn():
    vectors, labels = clouds()
    codes = np.unique(labels, return_inverse=True)[1]
    alone = np.arange(len(codes)) // 2 * 2
    alone[:3] = [90, 91, 92]
    alone = np.unique(alone, return_inverse=True)[1]
    for metric in ("cosine", "euclidean"):
        likeness = Likeness([vectors], metric=metric)
        for codes_of, found in zip((codes, alone), silhouettes(likeness, [codes, alone]), strict=True):
            assert found == pytest.approx(metrics.silhouette_samples(vectors, codes_of, metric=metric), abs=1e-4)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert davies_bouldin(Likeness([vectors]), labels)[0] == pytest.approx(
        metrics.davies_bouldin_score(unit, labels), abs=1e-5
    )


def test_agreement_is_that_of_scikit_learn():
    random = np.random.default_rng(5)
    groups, types = random.integers(0, 9, 300), random.integers(0, 5, 300)
    types[groups < 4] = groups[groups < 4]
    found = agreement(groups, types, shuffles=5)
    (_, group_only), (type_only, both) = metrics.pair_confusion_matrix(types, groups)
    assert found.ami == pytest.approx(metrics.adjusted_mutual_info_score(types, groups))
    assert found.ari == pytest.approx(metrics.adjusted_rand_score(types, groups))
    assert (found.homogeneity, found.completeness) == pytest.approx(
        metrics.homogeneity_completeness_v_measure(types, groups)[:2]
    )
    assert found.precision == pytest.approx(both / (both + group_only))
    assert found.recall == pytest.approx(both / (both + type_only))
    assert found.purity == pytest.approx(metrics.cluster.contingency_matrix(types, groups).max(0).sum() / 300)
    assert found.by_chance["precision"] == pytest.approx((both + type_only) / (300 * 299), abs=0.02)


# --- what a space was told ------------------------------------------------------------------------------------------

MINTS = {"1": "Rome", "2": "Rome", "3": "Lugdunum", "4": "Lugdunum", "5": "Rome", "6": "Lugdunum"}


def test_a_field_that_tells_the_label_is_a_leak():
    cities = {coin: f"city of {mint}" for coin, mint in MINTS.items()}
    assert "mint" in leak(["mint"], {"mint": MINTS}, "city", cities)
    assert leak(["city"], {}, "city", cities) == "city went into it"


def test_fields_that_only_together_tell_the_label_are_a_leak():
    first, second = (
        {c: str(n % 2) for n, c in enumerate("abcdefgh")},
        {c: str(n // 4) for n, c in enumerate("abcdefgh")},
    )
    both = {coin: first[coin] + second[coin] for coin in first}
    assert not determines(first, both)
    assert "together" in leak(["first", "second"], {"first": first, "second": second}, "both", both)


def test_a_field_without_two_alike_or_a_label_that_is_nearly_always_the_same_shows_nothing():
    numbers = {coin: coin for coin in MINTS}
    assert not determines(numbers, MINTS)
    nearly = {str(n): "silver" if n else "gold" for n in range(200)}
    assert not determines({str(n): str(n % 20) for n in range(200)}, nearly)


# --- the whole ------------------------------------------------------------------------------------------------------


def test_random_vectors_score_like_chance():
    coins = made(np.random.default_rng(8).normal(size=(48, 6)))
    found = evaluate(coins, "type", looks=[clouds()[0]]).figures
    for name in ("map_macro", "r5_micro", "roc_auc", "average_precision"):
        assert found[name].value == pytest.approx(found[name].chance, abs=0.08)
    assert found["r1_micro"].low < found["r1_micro"].value < found["r1_micro"].high
    assert found["r1_micro"].baseline > 0.5  # here the looks know the answer


def test_a_second_time_gives_the_same():
    assert evaluate(made(), "type") == evaluate(made(), "type")


def test_a_confounder_that_rules_is_seen_beside_chance():
    museums = ["berlin", "london"] * 24
    rows = np.array([[1.0, 0], [0, 1]] * 24) + 0.01 * np.random.default_rng(1).normal(size=(48, 2))
    found = evaluate(made(rows, museum=museums, nothing=["x"] * 48), "type", ["museum", "nothing"])
    (one,) = found.confounders
    assert (one.property, one.macro.value) == ("museum", 1)
    assert one.macro.chance == pytest.approx(23 / 47)
    assert any("nothing tells no two groups" in note for note in found.notes)


def test_a_leak_marks_every_line():
    found = evaluate(made(), "type", leak="type went into it")
    answer = of_evaluation(found)
    assert len(answer.rows) > 5 and all(row["leak"] == "KNOWS THE LABEL" for row in answer.rows)
    assert answer.said.startswith("KNOWS THE LABEL: type went into it.")
    assert evaluation_json(found)["leak"] == "type went into it"


@pytest.mark.parametrize(
    ("labels", "message"), [([None] * 48, "no obverse of the space"), (["a"] * 48, "nothing to tell apart")]
)
def test_without_labels_that_differ_there_is_nothing_to_score(labels, message):
    with pytest.raises(NoLabels, match=message):
        evaluate(made(type=labels), "type")


def test_a_space_trained_on_every_class_is_not_scored():
    with pytest.raises(NoLabels, match="classes it did not see"):
        evaluate(replace(made(), trusted={"type": np.zeros(48, bool)}), "type")
