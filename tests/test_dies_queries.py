"""The stored questions about geometry and dies, on a hoard whose dies are known."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from coded_dies import VERSION, dies_of, false_friends
from coded_hoard import LAST, CodedHoard
from PIL import Image

from dies.decoys import Judgement
from explore import die_chart, die_table
from explore.die_chart import NoLinks
from graph import die_graph
from graph.communities import latest
from graph.die_graph import Die, link_dies, read_dies
from graph.runs import step
from hoard import read_truth
from ingest.records import FACES
from pipeline.dies import DieStudy, NoDies, _Compared, read_study
from pipeline.verdicts import same_die, undo
from queries.catalogue import run
from queries.stored import stored


def ask(coded: CodedHoard, name: str, **values: Any) -> list[dict[str, Any]]:
    return run(coded.db, stored(name), {"space": "dies", **values}).rows


def test_die_links_count_the_coins_that_both_dies_struck(coded: CodedHoard) -> None:
    coins = [coin for coin in read_truth(coded.truth.folder)["coins"] if len(coin["sides"]) == 2]
    coins = [coin for coin in coins if coin["sides"]["obverse"]["shows"] == "obverse"]
    true = {frozenset(f"hoard/{c['id']}" for c in coins if (c["obverse_die"], c["reverse_die"]) == dies)
            for dies in {(c["obverse_die"], c["reverse_die"]) for c in coins}}  # fmt: skip
    rows = [row for row in ask(coded, "die-links") if not coded.planted("swapped") & set(row["struck"])]
    assert {frozenset(row["struck"]) for row in rows} == true
    assert all(row["coins"] == len(row["struck"]) for row in rows)


def test_die_links_of_a_type_hold_its_coins_only(coded: CodedHoard) -> None:
    kind = coded.truth.types[0]
    rows = ask(coded, "die-links", type=kind)
    catalogued = coded.db.read("MATCH (c:Coin)-[:OF_TYPE]->(:CoinType {name: $kind}) RETURN c.id AS id", kind=kind)
    struck = {coin for row in rows for coin in row["struck"]}
    assert rows and struck <= {row["id"] for row in catalogued}
    assert sum(row["coins"] for row in rows) == rows[0]["among_coins"] == len(struck)
    for row in rows:
        assert row["coins"] <= min(row["obverse_coins"], row["reverse_coins"])
        assert row["expected"] == row["obverse_coins"] * row["reverse_coins"] / row["among_coins"]


@pytest.mark.long
def test_die_links_name_dies_by_their_number_within_the_type(coded: CodedHoard, study: DieStudy) -> None:
    front_of = {coin: die for die in study.dies if die.face == "obverse" for coin in die.coins}
    rows = ask(coded, "die-links")
    for row in rows:
        die = front_of[row["struck"][0]]
        assert row["obverse_die"] == die.name + (
            "" if die.type is None or row["types"] == [die.type] else f" of {die.type}"
        )
    assert any(" of " in row["obverse_die"] for row in rows)  # a mislabelled coin: its die is of another type


def test_the_mule_links_the_chains_of_its_two_types(coded: CodedHoard) -> None:
    (mule,) = coded.planted("mule")
    (row,) = [row for row in ask(coded, "die-links") if mule in row["struck"]]
    chain = [other for other in ask(coded, "die-links") if other["chain"] == row["chain"]]
    assert len({kind for other in chain for kind in other["types"] if kind}) >= 2


def test_the_false_friends_are_the_only_coins_between_two_chains(coded: CodedHoard) -> None:
    (row,) = ask(coded, "die-chains")
    assert {f"{row['coin']}/obverse", f"{row['other']}/obverse"} == set(false_friends(coded.truth))
    assert row["evidence"] == 1 and row["mean"] < -3 and row["speak_for_one_die"] == 1 < row["pairs"]
    assert row["chain"] != row["other_chain"]


def test_a_pair_likelier_of_one_die_than_not_is_left_to_a_person(coded: CodedHoard) -> None:
    (row,) = ask(coded, "die-review")
    assert {f"{row['coin']}/obverse", f"{row['other']}/obverse"} == set(false_friends(coded.truth))
    assert row["why"] == "unsure" and row["probability"] == pytest.approx(0.73, abs=0.01)


def test_a_pair_against_the_catalogue_is_named(coded: CodedHoard) -> None:
    one, two = false_friends(coded.truth)
    with coded.db.atomic() as tx:
        die_graph.write_judgement(tx, {(one, two): 4.0}, {(one, two): "legend"})
    assert [row["why"] for row in ask(coded, "die-review")] == ["legends differ"]
    assert ask(coded, "die-contradictions") == []  # 0.98 is not overwhelming
    (row,) = ask(coded, "die-contradictions", probability=0.9)
    assert f"{row['coin']}/obverse" == one and f"{row['other']}/obverse" == two and row["differs"] == "legend"
    with coded.db.atomic() as tx:
        die_graph.write_judgement(tx, {(one, two): 1.0}, {})
    assert [row["why"] for row in ask(coded, "die-review")] == ["unsure"]


def test_a_clear_pair_that_other_pairs_contradict_is_asked_about_and_no_link(coded: CodedHoard) -> None:
    friends = false_friends(coded.truth)
    edges = "MATCH (a:Obverse)-[e:SAME_DIE]->(b) RETURN a.id AS one, b.id AS two"
    before = coded.db.read(edges)
    with coded.db.atomic() as tx, step(coded.db, "dies", space="dies") as made:
        die_graph.write_judgement(tx, {friends: 4.0}, {})
        assert die_graph.draw_same_die(tx, "obverse", VERSION, made, [friends], []) == 1
        assert die_graph.draw_same_die(tx, "obverse", VERSION, made, [], [friends]) == 0
    assert coded.db.read(edges) == before  # others stay as they were
    assert [row["why"] for row in ask(coded, "die-review")] == ["other pairs"]
    ((coin, other, face),) = die_graph.undecided(coded.db, "dies", VERSION)
    assert {f"{coin}/obverse", f"{other}/obverse"} == set(friends) and face == "obverse"
    assert die_graph.undecided(coded.db, "dies", "another version") == []
    same_die(coded.db, coin, other, "obverse", same=False)
    assert ask(coded, "die-review") == die_graph.undecided(coded.db, "dies", VERSION) == []
    undo(coded.db)
    assert [row["why"] for row in ask(coded, "die-review")] == ["unsure"]
    coded.db.write("MATCH (v:Verdict) DETACH DELETE v")
    with coded.db.atomic() as tx:
        die_graph.write_judgement(tx, {friends: 1.0}, {})
    assert die_graph.undecided(coded.db, "dies", VERSION) == []


def test_only_pairs_of_one_group_are_claimed() -> None:
    odds = {("a", "b"): 5.0, ("a", "c"): 4.0, ("b", "c"): -5.0, ("c", "d"): 1.0, ("d", "e"): 4.0}
    told = {("d", "e"): False, ("x", "y"): False}  # x and y are of another collection
    judged = Judgement(odds, {}, 0.5, 300, odds)
    compared = _Compared(5, 0, judged, told, [["a", "b"], ["c"], ["d"], ["e"]], [])
    assert compared.links == {("a", "b"): 5.0}
    assert compared.apart == {("a", "c"), ("d", "e"), ("x", "y")}
    assert (compared.claims.links, compared.claims.unsure) == (1, 2)  # what a person said is asked no more
    assert compared.claims.false_links == pytest.approx(1 / (1 + np.exp(5)))


def test_dies_are_no_partition(coded: CodedHoard) -> None:
    assert coded.db.read("MATCH (s:DieStudy) RETURN count(s) AS studies") == [{"studies": 2}]
    assert latest(coded.db, "dies", *FACES) is None
    assert latest(coded.db, "dies", *FACES, "both") == LAST


def test_the_coins_that_match_best_are_of_the_same_die(coded: CodedHoard) -> None:
    (mule,) = coded.planted("mule")
    dies = dies_of(coded.truth, "obverse")
    rows = ask(coded, "matched-coins", coin=mule, side="obverse", limit=60)
    same = [row for row in rows if row["inliers"] == 60]
    assert rows[: len(same)] == same and all(row["verified"] for row in same)
    assert {dies[f"{row['coin']}/obverse"] for row in same} == {dies[f"{mule}/obverse"]}


def test_edges_bear_what_match_found(coded: CodedHoard) -> None:
    query = "MATCH (a)-[e:SIMILAR {space: 'dies'}]->(b) RETURN a.id AS a, b.id AS b, e.inliers AS inliers, e.score AS s"
    dies = dies_of(coded.truth, "obverse") | dies_of(coded.truth, "reverse")
    rows = coded.db.read(query)
    assert rows and all((row["inliers"] == 60) == (dies[row["a"]] == dies[row["b"]]) for row in rows)


def test_every_true_die_is_a_die_and_every_pair_of_it_same_die(coded: CodedHoard) -> None:
    for face in ("obverse", "reverse"):
        dies = dies_of(coded.truth, face)  # type: ignore[arg-type]
        found = read_dies(coded.db, "dies", face)  # type: ignore[arg-type]
        assert sorted(len(die.coins) for die in found) == sorted(
            sum(of == die for of in dies.values()) for die in set(dies.values())
        )
    edges = coded.db.read("MATCH (a:Reverse)-[:SAME_DIE]->(b) RETURN a.id AS a, b.id AS b")
    assert edges and all(dies[row["a"]] == dies[row["b"]] for row in edges)


def test_dies_are_counted_by_type(study: DieStudy, coded: CodedHoard) -> None:
    counted = [one for one in study.types if one.face == "obverse"]
    assert {one.type for one in counted} == {*coded.truth.types, None}
    assert sum(one.count.coins for one in counted) == len(dies_of(coded.truth, "obverse"))


# --- dies as publications have them ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def study(coded: CodedHoard) -> DieStudy:
    return read_study(coded.db, "dies")


@pytest.fixture(scope="module")
def kind(coded: CodedHoard) -> str:
    return coded.truth.types[0]


def test_the_study_says_how_many_links_are_expected_to_be_false(study: DieStudy) -> None:
    links = sum(one.links for one in study.claims.values())
    text = " ".join(die_table.types_text(study, 120).split())
    assert f"{links} links of two sides, about 2 of them false; 2 pairs to look at (told by 0 pairs" in text
    assert "few, so this is vague" in text


def test_dies_are_numbered_within_their_type_by_their_coins(study: DieStudy) -> None:
    for face in FACES:
        for kind in {die.type for die in study.dies}:
            some = sorted((d for d in study.dies if (d.face, d.type) == (face, kind)), key=lambda die: die.number)
            assert [die.name for die in some] == [f"{face[0].upper()}{n}" for n in range(1, len(some) + 1)]
            coins = [sum(study.coins[coin].type == kind for coin in die.coins) for die in some]
            assert coins == sorted(coins, reverse=True)


def test_numbering_again_gives_the_same_numbers(study: DieStudy, coded: CodedHoard) -> None:
    with coded.db.atomic() as tx:
        link_dies(tx, "dies")
    assert read_study(coded.db, "dies") == study


def test_a_die_belongs_to_the_type_of_most_of_its_coins(study: DieStudy) -> None:
    for die in study.dies:
        types = Counter(kind for coin in die.coins if (kind := study.coins[coin].type))
        assert die.type == min(types, key=lambda kind: (-types[kind], kind), default=None)


def test_the_study_of_a_type_holds_its_coins_only(study: DieStudy, kind: str) -> None:
    part = study.of_type(kind)
    assert {coin for die in part.dies for coin in die.coins} == set(part.coins)
    assert {coin.type for coin in part.coins.values()} == {kind}
    front = Counter(coin for die in part.dies if die.face == "obverse" for coin in die.coins)
    assert set(front.values()) == {1}


def test_a_type_without_dies_names_those_that_have_some(study: DieStudy, kind: str) -> None:
    with pytest.raises(NoDies, match=kind):
        study.of_type("Nothing at all")


def test_the_table_of_a_type_counts_its_coins_once_by_each_face(study: DieStudy, kind: str) -> None:
    part = study.of_type(kind)
    rows = die_table.combinations(part, kind)
    for face in FACES:
        coins = [row["coins"] for row in rows if row["face"] == face]
        assert sum(coins) == sum(len(die.coins) for die in part.dies if die.face == face)
    weights = [part.coins[coin].weight for coin in rows[0]["struck"]]
    assert rows[0]["mean_g"] == pytest.approx(sum(weights) / len(weights))  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_of_each_type_fits_the_terminal(study: DieStudy, coded: CodedHoard, width: int) -> None:
    for name in coded.truth.types:
        text = die_table.type_text(study.of_type(name), name, width)
        assert max(map(len, text.splitlines())) <= width
    assert max(map(len, die_table.types_text(study, width).splitlines())) <= width


def test_more_than_three_dies_of_one_coin_each_are_folded() -> None:
    dies = [Die("1", "O1", "obverse", "T", 1, ("a", "b"), 1)]
    dies += [Die(str(n), f"O{n}", "obverse", "T", n, (f"c{n}",), n) for n in range(2, 7)]
    assert [line.label for line in die_table.lines(dies, "T")] == ["O1", "O2\u2013O6"]
    assert [line.label for line in die_table.lines(dies[:4], "T")] == ["O1", "O2", "O3", "O4"]


def test_the_counts_by_type_are_numbers(study: DieStudy) -> None:
    for row in die_table.count_rows(study):
        assert all(isinstance(row[name], float | int | None) for name in row if name not in ("type", "face"))


def test_the_chart_of_a_type_shows_every_linked_die_once_by_chains(study: DieStudy, kind: str) -> None:
    part = study.of_type(kind)
    chains = die_chart.ordered_chains(part.dies, part.links)
    shown = [id_ for chain in chains for id_ in (*chain.obverses, *chain.reverses)]
    assert len(shown) == len(set(shown))
    assert set(shown) == {id_ for link in part.links for id_ in (link.obverse, link.reverse)}
    assert [chain.coins for chain in chains] == sorted((chain.coins for chain in chains), reverse=True)


def test_the_chart_names_the_dies_with_their_coins(study: DieStudy, kind: str, tmp_path: Path) -> None:
    svg = die_chart.draw(study, tmp_path / "dies.svg", kind).path.read_text()
    part = study.of_type(kind)
    dies = {die.id: die for die in part.dies}
    drawn = [chain for page in die_chart.pages_of(part, kind) for chain in page.chains]
    wanted = Counter(die_chart.label(dies[id_], kind) for chain in drawn for id_ in (*chain.obverses, *chain.reverses))
    written = Counter(re.findall(r"<!-- ([OR]\d+ \(\d+\).*?) -->", svg))  # beside each text, which is drawn as a path
    assert written == wanted


def test_the_charts_of_all_types_are_pages_of_one_pdf(study: DieStudy, coded: CodedHoard, tmp_path: Path) -> None:
    drawn = die_chart.draw(study, tmp_path / "dies.pdf")
    assert {row["type"] for row in drawn.rows} == set(coded.truth.types)
    pdf = drawn.path.read_bytes()
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") == len(drawn.rows)


def test_the_charts_of_all_types_are_a_picture_each(study: DieStudy, tmp_path: Path) -> None:
    drawn = die_chart.draw(study, tmp_path / "dies.png")
    for row in drawn.rows:
        with Image.open(row["file"]) as picture:
            assert picture.width <= 8.27 * 200 and picture.height <= 11.7 * 200  # A4 at 200 dots an inch


def test_a_space_without_die_links_has_no_chart(coded: CodedHoard, tmp_path: Path) -> None:
    with pytest.raises(NoLinks, match="no obverse die is linked"):
        die_chart.draw(read_study(coded.db, "cameras"), tmp_path / "dies.png")
