"""Each stored question finds the coins that were planted for it."""

from typing import Any

import pytest
from coded_hoard import CodedHoard
from small_graph import write_graph

from explore.answers import AMONG
from graph.connection import Database
from hoard import read_truth
from queries.catalogue import GRAPH, complete, run
from queries.chance import STANDS_OUT
from queries.header import Query
from queries.stored import catalogue, stored


def ask(coded: CodedHoard, name: str, **values: Any) -> list[dict[str, Any]]:
    return run(coded.db, stored(name), values).rows


def true(coded: CodedHoard, coin: str) -> dict[str, Any]:
    """What a coin really is."""
    return next(entry for entry in read_truth(coded.truth.folder)["coins"] if f"hoard/{entry['id']}" == coin)


def only(coins: set[str]) -> str:
    (coin,) = coins
    return coin


def test_the_coin_most_related_to_a_double_is_the_other(coded: CodedHoard) -> None:
    one, other = sorted(coded.planted("double"))
    first = ask(coded, "related-coins", coin=one)[0]
    assert (first["coin"], first["mutual"], first["evidence"]) == (other, ["obverse", "reverse"], "both sides")


def test_by_the_obverse_a_mule_is_most_related_to_the_type_of_its_obverse(coded: CodedHoard) -> None:
    mule = only(coded.planted("mule"))
    rows = ask(coded, "related-coins", coin=mule, side="obverse", limit=3)
    assert {row["type"] for row in rows} == {true(coded, mule)["type"]}


def test_by_the_reverse_a_mule_is_most_related_to_the_type_of_its_reverse(coded: CodedHoard) -> None:
    mule = only(coded.planted("mule"))
    rows = ask(coded, "related-coins", coin=mule, side="reverse", limit=3)
    assert {row["type"] for row in rows} == {true(coded, mule)["reverse_type"]}


def test_a_one_sided_coin_is_related_by_that_side_only(coded: CodedHoard) -> None:
    rows = ask(coded, "related-coins", coin=only(coded.planted("one_sided")))
    assert {row["evidence"] for row in rows} <= {"obverse only", "reverse only"}


def test_the_unclassified_coin_gets_its_true_type_well_above_chance(coded: CodedHoard) -> None:
    (row,) = ask(coded, "likely-types")
    assert {row["coin"]} == coded.planted("unclassified")
    assert row["likeliest"] == true(coded, row["coin"])["type"]
    assert row["share"] > 0.9 > 0.4 > row["expected"]


def test_neighbours_that_are_not_alike_do_not_vote(coded: CodedHoard) -> None:
    (row,) = ask(coded, "likely-types")
    assert row["of"] == 5 and not row["weak"] and row["score"] >= 80
    (best,) = ask(coded, "likely-types", score=row["score"])
    assert (best["votes"], best["of"]) == (1, 1)


def test_a_type_that_is_proposed_needs_no_vote(coded: CodedHoard) -> None:
    (row,), (alone,) = ask(coded, "likely-types"), ask(coded, "likely-types", score=100)
    assert (alone["votes"], alone["of"], alone["share"]) == (0, 0, None)
    assert (alone["likeliest"], alone["probability"]) == (row["likeliest"], row["probability"])


def test_no_oddity_is_the_most_typical_coin_of_a_community(coded: CodedHoard) -> None:
    typical = {row["coin"] for row in ask(coded, "typical-coins", coins=1)}
    assert typical and not typical & (coded.planted("miscatalogued") | coded.planted("swapped") | coded.planted("mule"))


def test_the_mule_bridges_the_communities_of_its_two_types(coded: CodedHoard) -> None:
    first = ask(coded, "bridges")[0]
    mule = only(coded.planted("mule"))
    assert first["coin"] == mule and first["share_other"] > first["expected"]
    types = {true(coded, first["nearest"])["type"], true(coded, first["nearest_there"])["type"]}
    assert types == {true(coded, mule)["type"], true(coded, mule)["reverse_type"]}


def test_the_community_of_the_miscatalogued_coin_mixes_types(coded: CodedHoard) -> None:
    coin = only(coded.planted("miscatalogued"))
    (wrong,) = {row["type"] for row in ask(coded, "doubtful-types") if row["coin"] == coin}
    right = true(coded, coin)["type"]
    (row,) = [row for row in ask(coded, "mixed-communities") if f"{wrong}: 1" in row["mixes"]]
    assert row["mixes"][0].startswith(right) and row["purity"] > row["expected"]


def test_the_type_of_the_miscatalogued_coin_is_split(coded: CodedHoard) -> None:
    (label,) = {row["type"] for row in ask(coded, "doubtful-types") if {row["coin"]} == coded.planted("miscatalogued")}
    (row,) = [row for row in ask(coded, "split-types", least=1) if row["type"] == label]
    assert row["split_into"][-1].endswith(": 1") and row["communities"] == len(row["split_into"]) >= 2


def test_the_closest_link_between_places_is_the_double(coded: CodedHoard) -> None:
    (row,) = ask(coded, "linked-places", within=True, pairs=1)
    assert {row["closest"], row["to"]} == coded.planted("double")


@pytest.mark.parametrize("by", ["mint", "findspot"])
def test_links_between_places_fall_short_of_chance_where_types_have_places(coded: CodedHoard, by: str) -> None:
    rows = ask(coded, "linked-places", by=by, within=True, percentile=0)
    assert sum(row["links"] for row in rows) == pytest.approx(rows[0]["among_links"])
    assert rows[0]["times_expected"] > 1


def test_pairs_alike_but_catalogued_apart_all_hold_the_miscatalogued_coin(coded: CodedHoard) -> None:
    rows = ask(coded, "alike-apart")
    coin = only(coded.planted("miscatalogued"))
    assert rows and all(coin in (row["coin"], row["other"]) for row in rows)


def test_the_neighbours_do_not_back_the_label_of_the_miscatalogued_coin(coded: CodedHoard) -> None:
    coin = only(coded.planted("miscatalogued"))
    for row in ask(coded, "alike-apart"):
        wrong, right = ("backs", "other_backs") if row["coin"] == coin else ("other_backs", "backs")
        assert row[wrong] == 0 < row[right]


def test_the_label_of_the_miscatalogued_coin_is_doubted(coded: CodedHoard) -> None:
    row, *more = ask(coded, "doubtful-types")
    assert {row["coin"]} == coded.planted("miscatalogued")
    assert row["neighbours_say"] == true(coded, row["coin"])["type"]
    assert {other["coin"] for other in more} <= coded.planted("mule") | coded.planted("swapped")


def test_the_double_comes_first_among_likely_doubles(coded: CodedHoard) -> None:
    first = ask(coded, "doubles")[0]
    assert {first["coin"], first["other"]} == coded.planted("double")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("doubles", "double"), ("mules", "mule"), ("swapped-sides", "swapped"), ("outliers", "weight_outlier")],
)
def test_what_was_planted_stands_out_from_chance(coded: CodedHoard, name: str, kind: str) -> None:
    found = [{row["coin"], row.get("other", row["coin"])} for row in run(coded.db, stored(name), {}).notable]
    assert coded.planted(kind) in found


def test_likely_doubles_weigh_the_same(coded: CodedHoard) -> None:
    rows, all_rows = ask(coded, "doubles"), ask(coded, "doubles", weighing=100)
    assert all(row["weight"] == pytest.approx(row["other_weight"], rel=0.021) for row in rows)
    assert len(rows) < len(all_rows)


def test_likely_doubles_are_no_pairs_whose_points_do_not_agree(coded: CodedHoard) -> None:
    pair = "MATCH (a:Reverse {id: $a})<-[:HAS_SIDE]-(:Coin), (b:Reverse {id: $b})<-[:HAS_SIDE]-(:Coin)"
    sides = {key: f"{coin}/reverse" for key, coin in zip("ab", sorted(coded.planted("double")), strict=True)}
    found = []
    for verified in (True, False):
        coded.db.write(f"{pair} MERGE (a)-[m:MATCHED]->(b) SET m.verified = $verified", **sides, verified=verified)
        found.append([{row["coin"], row["other"]} for row in ask(coded, "doubles")])
    coded.db.write(f"{pair} MATCH (a)-[m:MATCHED]->(b) DELETE m", **sides)
    assert coded.planted("double") in found[0]
    assert coded.planted("double") not in found[1]


def test_coins_like_no_other_are_in_no_community(coded: CodedHoard) -> None:
    alone = {row["coin"] for row in ask(coded, "coins-of-no-community")}
    assert coded.planted("swapped") | coded.planted("mule") <= alone


def test_the_pairs_most_alike_on_one_side_only_hold_the_mule(coded: CodedHoard) -> None:
    mules = [row for row in ask(coded, "one-side-alike") if row["suggests"] == "mule"]
    assert mules and all(coded.planted("mule") <= {row["coin"], row["other"]} for row in mules)


def test_the_first_die_links_share_a_die_on_one_side_only(coded: CodedHoard) -> None:
    links = [row for row in ask(coded, "one-side-alike") if row["suggests"] == "die link"]
    for row in links[:5]:
        one, other = true(coded, row["coin"]), true(coded, row["other"])
        same = {face for face in ("obverse", "reverse") if one[f"{face}_die"] == other[f"{face}_die"]}
        assert same == {row["alike"]}
    assert len(links) >= 5


def test_the_mule_is_found_with_both_its_types(coded: CodedHoard) -> None:
    (row,) = ask(coded, "mules")
    assert {row["coin"]} == coded.planted("mule")
    what = true(coded, row["coin"])
    assert (row["obverse_of"], row["reverse_of"]) == (what["type"], what["reverse_type"])


def test_the_coin_of_odd_weight_is_the_only_outlier(coded: CodedHoard) -> None:
    (row,) = ask(coded, "outliers")
    assert {row["coin"]} == coded.planted("weight_outlier") and row["expected"] < 1e-6


def test_no_coin_is_an_outlier_by_diameter(coded: CodedHoard) -> None:
    assert ask(coded, "outliers", measure="diameter", deviations=5) == []


def test_the_double_is_close_by_its_dies_but_not_by_its_cameras(coded: CodedHoard) -> None:
    rows = ask(coded, "spaces-disagree", limit=100)
    assert coded.planted("double") in [{row["coin"], row["other"]} for row in rows]


def test_spaces_that_know_nothing_of_each_other_agree_by_chance(coded: CodedHoard) -> None:
    row = ask(coded, "spaces-disagree")[0]
    assert row["confirmed"] < 3 * row["expected"]


def test_a_run_tells_the_edges_it_added(coded: CodedHoard) -> None:
    (link,) = coded.db.read("MATCH (r:Run {command: 'link'})-[:PRODUCED]->(:Space {slug: 'dies'}) RETURN r.id AS id")
    edges = coded.db.read("MATCH ()-[e:SIMILAR {space: 'dies'}]->() RETURN count(e) AS n")[0]["n"]
    changes = {row["what"]: (row["added"], row["removed"]) for row in ask(coded, "run-changes", run=link["id"])}
    assert changes["similar"] == (edges, 0)


def test_the_swapped_coin_is_found(coded: CodedHoard) -> None:
    (row,) = ask(coded, "swapped-sides")
    assert {row["coin"]} == coded.planted("swapped") and row["their_type"] == true(coded, row["coin"])["type"]


def test_the_one_sided_coin_is_listed_with_what_it_lacks(coded: CodedHoard) -> None:
    (row,) = ask(coded, "one-sided-coins")
    assert {row["coin"]} == coded.planted("one_sided")
    assert row["has"] in true(coded, row["coin"])["sides"] and row["lacks"] not in true(coded, row["coin"])["sides"]


def test_a_community_is_listed_whole(coded: CodedHoard) -> None:
    rows = ask(coded, "community", number=1)
    assert len(rows) == rows[0]["among_coins"]
    assert len({true(coded, row["coin"])["type"] for row in rows}) == 1


@pytest.mark.long
def test_communities_of_obverses_answer_for_their_coins(coded: CodedHoard) -> None:
    from graph.communities import remove_partition
    from pipeline.analyze import analyze

    partition = analyze(coded.db, space="dies", face="obverse").partition
    try:
        (row,) = ask(coded, "outliers", partition=partition)
        assert {row["coin"]} == coded.planted("weight_outlier")
    finally:
        remove_partition(coded.db, partition)


#: Those of persons (test_verdicts), contradictions (test_dies_queries) and legends (test_legends) find nothing here.
ELSEWHERE = ("verdicts-differ", "die-contradictions", "doubtful-legends", "unrecorded-legends")
OF_COINS = [query for query in catalogue() if query.name not in ELSEWHERE]


@pytest.mark.parametrize("query", OF_COINS, ids=lambda query: query.name)
def test_what_browser_runs_gives_the_same_rows_and_something_to_draw(coded: CodedHoard, query: Query) -> None:
    values = {"coin": only(coded.planted("mule"))} if any(p.type == "coin" for p in query.parameters) else {}
    plain = coded.db.read(query.cypher, **complete(coded.db, query, values))
    assert plain and list(plain[0])[-1] == GRAPH
    assert query.name == "run-changes" or any(column.startswith(AMONG) for column in plain[0])
    assert all(row.pop(GRAPH) for row in plain)
    asked = run(coded.db, query, values).rows
    assert [{name: row[name] for name in row if name != STANDS_OUT} for row in asked] == plain
    assert all((STANDS_OUT in row) == (query.chance is not None) for row in asked)


def test_a_type_with_two_votes_comes_before_one_with_one(db: Database) -> None:
    edges = [("m/a", "m/t1", 81.0), ("m/b", "m/t2", 99.0), ("m/b", "m/t3", 98.0), ("m/b", "m/u1", 97.0)]
    write_graph(db, ["m/a", "m/b", "m/t1", "m/t2", "m/t3", "m/u1"], edges)
    db.write(
        "MATCH (c:Coin) WHERE c.id =~ 'm/[tu].' MERGE (t:CoinType {name: substring(c.id, 2, 1)}) "
        "CREATE (c)-[:OF_TYPE]->(t)"
    )
    rows = run(db, stored("likely-types"), {"space": "pixels"}).rows
    assert [(row["coin"], row["votes"], row["weak"]) for row in rows] == [("m/b", 2, False), ("m/a", 1, True)]
    assert rows[0]["share"] < rows[1]["share"] == 1
