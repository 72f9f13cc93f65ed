"""The stored questions about geometry and dies, on a hoard whose dies are known."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from coded_dies import dies_of, false_friends
from coded_hoard import LAST, CodedHoard

from explore.die_chart import NoLinks, draw, ordered_chains
from graph.communities import latest
from graph.die_graph import die_links, read_dies, sizes_by_type
from hoard import read_truth
from ingest.records import FACES
from queries.catalogue import run, stored


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


def test_dies_are_counted_by_type(coded: CodedHoard) -> None:
    sizes = sizes_by_type(coded.db, read_dies(coded.db, "dies", "obverse"))
    assert set(sizes) == {*coded.truth.types, None}
    assert sum(map(sum, sizes.values())) == len(dies_of(coded.truth, "obverse"))


def test_the_diagram_shows_every_linked_die_once_by_chains(coded: CodedHoard) -> None:
    dies = [*read_dies(coded.db, "dies", "obverse"), *read_dies(coded.db, "dies", "reverse")]
    links = die_links(coded.db, "dies")
    chains = ordered_chains(dies, links)
    shown = [id_ for chain in chains for id_ in (*chain.obverses, *chain.reverses)]
    assert len(shown) == len(set(shown)) and set(shown) == {
        id_ for link in links for id_ in (link.obverse, link.reverse)
    }
    assert [chain.coins for chain in chains] == sorted((chain.coins for chain in chains), reverse=True)


def test_the_diagram_names_every_linked_die_with_its_coins(coded: CodedHoard, tmp_path: Path) -> None:
    dies = [*read_dies(coded.db, "dies", "obverse"), *read_dies(coded.db, "dies", "reverse")]
    links = die_links(coded.db, "dies")
    svg = draw(dies, links, tmp_path / "dies.svg").read_text()
    linked = {id_ for link in links for id_ in (link.obverse, link.reverse)}
    written = Counter(re.findall(r"<!-- (\d+ \(\d+\)) -->", svg))  # beside each text, which is drawn as a path
    assert written == Counter(f"{die.id.rsplit('/', 1)[-1]} ({len(die.coins)})" for die in dies if die.id in linked)
    assert draw(dies, links, tmp_path / "dies.png").read_bytes().startswith(b"\x89PNG")


def test_a_space_without_die_links_has_no_diagram(coded: CodedHoard, tmp_path: Path) -> None:
    with pytest.raises(NoLinks, match="no obverse die is linked"):
        draw(read_dies(coded.db, "cameras", "obverse"), die_links(coded.db, "cameras"), tmp_path / "dies.png")
