"""Every route of the page's JSON on a real graph: the coded hoard, whose answers are known."""

import secrets
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image

import coingraph
from graph.pending import decide, finish_interrupted
from page.conftest import Served


class Client:
    """A signed-in client: JSON in, JSON out."""

    def __init__(self, served: Served, person: str = "Anna Krause"):
        self.session = requests.Session()
        self.session.cookies.set(served.access.cookie, served.cookie(person), domain="127.0.0.1")
        self.session.headers["Origin"] = served.address
        self.session.trust_env = False
        self.address = served.address

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        answer = self.session.get(f"{self.address}/api{path}", params=query, timeout=60)
        assert answer.status_code == status, answer.text[:500]
        return answer.json()

    def soon(self, path: str, **query: Any) -> Any:
        """An answer that is being made at first."""
        for _ in range(120):
            answer = self.session.get(f"{self.address}/api{path}", params=query, timeout=60)
            if answer.status_code != 202:
                return answer.json()
        raise AssertionError(f"{path} is never made")

    def post(self, path: str, body: dict[str, Any], status: int = 200, method: str = "POST") -> Any:
        answer = self.session.request(method, f"{self.address}/api{path}", json=body, timeout=60)
        assert answer.status_code == status, answer.text[:500]
        return answer.json()


@pytest.fixture(scope="module")
def client(served: Served) -> Client:
    return Client(served)


def names(facets: Any, name: str) -> dict[str, tuple[int, int]]:
    facet = next(one for one in facets["facets"] if one["name"] == name)
    return {value["value"]: (value["all"], value["shown"]) for value in facet["values"]}


# --- coins ----------------------------------------------------------------------------------------------------------


def test_coins_come_with_those_first_that_need_a_look(client: Client) -> None:
    found = client.get("/coins", limit=100)
    assert found["total"] == found["all"] == len(found["coins"])
    looks = [one["doubtful"] for one in found["coins"]]
    assert looks == sorted(looks, reverse=True)
    assert any(looks)


def test_a_card_tells_who_says_the_type(client: Client) -> None:
    card = next(one for one in client.get("/coins", limit=100)["coins"] if one["type"])
    assert card["source"] == "table"
    assert card["href"] == f"/coins/{card['id']}"
    assert card["pictures"]["obverse"]["stem"].startswith("/pictures/")


def test_several_values_of_a_facet_mean_or(client: Client) -> None:
    kinds = list(names(client.get("/facets"), "type"))[:2]
    both = client.get("/coins", type=kinds)["total"]
    assert both == sum(client.get("/coins", type=kind)["total"] for kind in kinds)


def test_a_facet_counts_by_the_filters_of_the_others(client: Client) -> None:
    kind = next(iter(names(client.get("/facets"), "type")))
    found = client.get("/facets", type=kind)
    kinds, collections = names(found, "type"), names(found, "collection")
    assert all(every == shown for every, shown in kinds.values())
    assert collections["hoard"] == (found["all"], found["total"])


def test_coins_without_a_type_are_a_value_of_the_facet(client: Client) -> None:
    without = client.get("/coins", type="~")["coins"]
    assert without
    assert all(one["type"] is None for one in without)


def test_a_range_keeps_coins_whose_measure_is_known(client: Client) -> None:
    spread = next(one for one in client.get("/facets")["ranges"] if one["name"] == "weight")
    middle = (spread["least"] + spread["most"]) / 2
    coins = client.get("/coins", weight=f"{middle}..", limit=100)["coins"]
    assert coins
    assert all(one["weight"] >= middle for one in coins)
    assert sum(spread["all"]) + spread["lacking"] == client.get("/coins")["all"]


def test_words_are_found_by_beginnings_and_with_slips(client: Client) -> None:
    kind = next(value for value in names(client.get("/facets"), "type") if value != "~")
    word = kind.split()[0]
    wanted = client.get("/coins", type=kind)["total"]
    slip = word[:2] + word[3:] if len(word) > 4 else word
    for typed in (word, word[:3].lower(), word.upper(), slip):
        assert client.get("/coins", q=typed)["total"] >= wanted


def test_nothing_found_says_which_filter_to_drop(client: Client) -> None:
    found = client.get("/facets", q="zzzzzzzz", collection="hoard")
    assert found["total"] == 0
    assert {"filter": "q", "value": "zzzzzzzz", "gives": found["all"]} in found["drop"]


@pytest.mark.parametrize("query", [{"weight": "heavy"}, {"weight": "1..x"}, {"sort": "beauty"}, {"offset": "-1"}])
def test_what_makes_no_sense_is_said_so(client: Client, query: dict[str, str]) -> None:
    assert client.get("/coins", status=400, **query)["error"]["code"] == "bad-request"


@pytest.mark.parametrize("sort", ["id", "-id", "type", "weight", "-weight", "diameter", "year"])
def test_coins_are_sorted(client: Client, sort: str) -> None:
    assert len(client.get("/coins", sort=sort, only="ids")["ids"]) == client.get("/coins")["all"]


def test_suggestions_name_what_holds_the_letters(client: Client) -> None:
    kind = next(value for value in names(client.get("/facets"), "type") if value != "~")
    found = client.get("/suggest", q=kind[:4].lower())["suggestions"]
    assert kind in {one["text"] for one in found}


def test_a_coin_tells_every_voice(client: Client) -> None:
    card = next(one for one in client.get("/coins", limit=100)["coins"] if one["type"] and one["community"])
    found = client.get(f"/coins/{card['id']}")
    assert [voice["counts"] for voice in found["voices"]].count(True) == 1
    assert found["card"]["id"] == card["id"]
    assert found["community"]["number"] == card["community"]
    assert {one["name"] for one in found["centralities"]} == {"pagerank", "degree", "betweenness"}


def test_letters_stand_where_they_were_read(client: Client, served: Served) -> None:
    """Readings begin at the lower left, the strip of the page an eighth of the rim earlier, at six o'clock."""
    coin = client.get("/coins", limit=1)["coins"][0]["id"]
    read = "SET s.legend_read = 'AB', s.legend_confidence = [0.9, 0.6], s.legend_places = [0.25, 0.9]"
    of_coin = "MATCH (:Coin {id: $coin})-[:HAS_SIDE]->(s:Obverse)"
    served.graph.db.write(f"{of_coin} {read}, s.legend_source = s.sha256", coin=coin)
    legend = client.get(f"/coins/{coin}")["legends"]["obverse"]
    served.graph.db.write(f"{of_coin} REMOVE s.legend_read, s.legend_confidence, s.legend_places", coin=coin)
    assert legend["read"] == "AB"
    assert legend["letters"] == [["A", 0.375, 0.9], ["B", 0.025, 0.6]]


def test_an_unknown_coin_is_not_found(client: Client) -> None:
    assert client.get("/coins/nowhere", status=404)["error"]["code"] == "unknown-coin"


def test_a_relative_says_why(client: Client) -> None:
    card = next(one for one in client.get("/coins", limit=100)["coins"] if all(one["pictures"].values()))
    found = client.get(f"/coins/{card['id']}/relatives", top=5)
    assert len(found["rows"]) == 5
    for row in found["rows"]:
        assert row["sentence"]
        assert any(row["faces"].values())
    scores = [row["score"] for row in found["rows"]]
    assert scores == sorted(scores, reverse=True)


def test_relatives_by_one_face_and_in_another_space(client: Client) -> None:
    card = next(one for one in client.get("/coins", limit=100)["coins"] if all(one["pictures"].values()))
    found = client.get(f"/coins/{card['id']}/relatives", top=3, face="reverse", space="cameras")
    assert found["space"]["slug"] == "cameras"
    assert all(row["faces"]["reverse"] for row in found["rows"])


def test_coins_are_compared_in_every_space(client: Client) -> None:
    ids = [one["id"] for one in client.get("/coins", limit=100)["coins"] if all(one["pictures"].values())][:3]
    found = client.get("/pair", coins=",".join(ids), why="1")
    assert [one["id"] for one in found["cards"]] == ids
    assert len(found["pairs"]) == 3
    spaces = {one["space"] for one in found["pairs"][0]["spaces"]}
    assert spaces == {"cameras", "dies"}


def test_many_sides_come_as_one_picture(client: Client) -> None:
    cards = client.get("/coins", limit=100)["coins"]
    keys = [side["stem"].split("/")[2] for one in cards for side in one["pictures"].values() if side][:40]
    answer = client.session.post(f"{client.address}/api/atlas", json={"pictures": [*keys, "0" * 64]}, timeout=120)
    sheet = Image.open(BytesIO(answer.content))
    assert (sheet.size, sheet.mode) == ((32 * 64, 2 * 64), "RGBA")
    cells = np.asarray(sheet)[..., 3].reshape(2, 64, 32, 64).max((1, 3)).ravel()
    assert (cells[:40] == 255).all()
    assert not cells[40:].any()


def test_two_sides_are_laid_over_each_other(client: Client) -> None:
    coin = next(one["id"] for one in client.get("/coins", limit=100)["coins"] if all(one["pictures"].values()))
    found = client.get("/align", one=coin, two=coin, face="obverse")
    assert len(found["matrix"]) == 6
    if found["how"] == "match":
        np.testing.assert_allclose(found["matrix"], [1, 0, 0, 1, 0, 0], atol=0.01)


@pytest.mark.parametrize("path", ["/version", "/spaces", "/types", "/people", "/status", "/questions", "/communities"])
def test_lists_are_there(client: Client, path: str) -> None:
    assert client.get(path)


# --- verdicts -------------------------------------------------------------------------------------------------------


def test_a_verdict_counts_and_is_taken_back(client: Client) -> None:
    card = next(one for one in client.get("/coins", limit=100)["coins"] if one["proposal"] and not one["type"])
    body = {"kind": "accept", "coins": [card["id"]], "version": card["version"]}
    given = client.post("/verdicts", body)
    after = given["cards"][0]
    assert (after["type"]["name"], after["source"], after["by"]) == (
        card["proposal"]["type"]["name"],
        "person",
        "Anna Krause",
    )
    assert after["version"] == card["version"] + 1
    undone = client.post(f"/verdicts/{given['verdict']['number']}/undo", {})
    assert undone["cards"][0]["type"] is None
    again = client.post(f"/verdicts/{given['verdict']['number']}/undo", {}, status=409)
    assert again["error"]["code"] == "undone-already"


@pytest.mark.parametrize(
    ("kind", "coins", "more"),
    [
        ("same-type", 2, {}),
        ("not-same-type", 2, {}),
        ("same-die", 2, {"face": "obverse"}),
        ("not-same-die", 2, {"face": "reverse"}),
        ("merge", 2, {}),
        ("swap-sides", 1, {}),
        ("exclude", 1, {"face": "reverse"}),
        ("type", 1, {"type": "A type of its own", "new_type": True}),
    ],
)
def test_each_verdict_and_its_undo(client: Client, kind: str, coins: int, more: dict[str, Any]) -> None:
    ids = [one["id"] for one in client.get("/coins", limit=100, sort="id")["coins"] if all(one["pictures"].values())]
    before = client.get("/coins", sort="id", limit=100)["coins"]
    given = client.post("/verdicts", {"kind": kind, "coins": ids[3 : 3 + coins], **more})
    assert given["verdict"]["kind"] == kind
    assert given["verdict"]["sentence"].endswith(".")
    assert given["verdict"]["number"] in {one["number"] for one in client.get("/verdicts")["verdicts"]}
    client.post(f"/verdicts/{given['verdict']['number']}/undo", {})
    after = client.get("/coins", sort="id", limit=100)["coins"]
    plain = ("id", "type", "source", "pictures", "verdicts")
    assert [[one[name] for name in plain] for one in after] == [[one[name] for name in plain] for one in before]


def test_an_unknown_type_names_those_that_are_near(client: Client) -> None:
    card = client.get("/coins", limit=1)["coins"][0]
    kind = next(value for value in names(client.get("/facets"), "type") if value != "~")
    body = {"kind": "type", "coins": [card["id"]], "type": kind[:-1]}
    assert kind in client.post("/verdicts", body, status=409)["error"]["near"]


def test_where_people_differ_it_is_listed(client: Client, served: Served) -> None:
    other = Client(served, "Max Ritter")
    ids = [one["id"] for one in client.get("/coins", limit=10, sort="-id")["coins"]][:2]
    first = client.post("/verdicts", {"kind": "same-type", "coins": ids, "version": 0})
    refused = other.post("/verdicts", {"kind": "not-same-type", "coins": ids, "version": 0}, status=409)
    assert refused["error"]["code"] == "conflict"
    assert refused["error"]["message"].startswith("Anna Krause has just said: the same type.")
    assert [one["number"] for one in refused["stands"]] == [first["verdict"]["number"]]
    body = {"kind": "not-same-type", "coins": ids, "version": refused["row_version"]}
    second = other.post("/verdicts", body)
    listed = client.get("/verdicts", differ="1")["verdicts"]
    assert {one["number"] for one in listed} == {first["verdict"]["number"], second["verdict"]["number"]}
    assert {one["number"]: one["counts"] for one in listed}[first["verdict"]["number"]] is False
    for given in (first, second):
        client.post(f"/verdicts/{given['verdict']['number']}/undo", {})


def test_a_conflict_names_the_last_event(client: Client, served: Served) -> None:
    """Not the last verdict: here the first one is taken back after a second was given."""
    other, third = Client(served, "Max Ritter"), Client(served, "Ida Rau")
    ids = [one["id"] for one in client.get("/coins", limit=10, sort="id")["coins"]][:2]
    first = client.post("/verdicts", {"kind": "same-type", "coins": ids, "version": 0})
    second = other.post("/verdicts", {"kind": "not-same-type", "coins": ids, "version": first["row_version"]})
    third.post(f"/verdicts/{first['verdict']['number']}/undo", {})
    refused = client.post("/verdicts", {"kind": "same-type", "coins": ids, "version": 1}, status=409)
    assert refused["error"]["message"].startswith("Ida Rau has just taken back: the same type.")
    client.post(f"/verdicts/{second['verdict']['number']}/undo", {})


# --- review, network, map -------------------------------------------------------------------------------------------


def test_review_asks_what_teaches_most_first(client: Client) -> None:
    found = client.get("/review", limit=20)
    assert found["left"] > 0
    teaches = [one["teaches"] for one in found["items"]]
    assert teaches == sorted(teaches, reverse=True)
    assert sum(one["left"] for one in found["queues"][1:]) == found["queues"][0]["left"] == found["left"]


def test_an_answer_is_not_asked_again(client: Client) -> None:
    before = client.get("/review", limit=1)
    item = before["items"][0]
    given = client.post("/verdicts", item["yes"] | {"id": secrets.token_hex(16)})
    after = client.get("/review", limit=20)
    assert after["left"] < before["left"]
    assert item["key"] not in {one["key"] for one in after["items"]}
    client.post(f"/verdicts/{given['verdict']['number']}/undo", {})
    assert client.get("/review", limit=1)["items"][0]["key"] == item["key"]


def test_the_network_comes_whole_and_its_steps_count_right(client: Client) -> None:
    found = client.soon("/network")
    assert found["percentile"] == sorted(found["percentile"], reverse=True)
    assert len(found["ids"]) == len(found["x"]) == len(found["stems"])
    for step in found["steps"]:
        kept = [row for row, percentile in enumerate(found["percentile"]) if percentile >= step["percentile"] - 5e-5]
        assert len(kept) == step["edges"]
        assert len({found[end][row] for row in kept for end in ("first", "second")}) == step["reached"]
    again = client.soon("/network")
    assert again["x"] == found["x"]


def test_a_path_joins_two_coins(client: Client) -> None:
    found = client.soon("/network")
    ends = found["ids"][found["first"][0]], found["ids"][found["second"][0]]
    way = client.get("/network/path", **{"from": ends[0], "to": ends[1]})
    assert [way["coins"][0]["id"], way["coins"][-1]["id"]] == list(ends)
    assert len(way["steps"]) == len(way["coins"]) - 1


@pytest.mark.long
def test_a_map_places_every_side(client: Client) -> None:
    found = client.soon("/map", face="obverse")
    assert len(found["ids"]) == len(found["x"]) == len(found["y"])
    assert 0 <= min(found["x"]) <= max(found["x"]) <= 1


def test_a_group_is_kept_and_forgotten(client: Client) -> None:
    ids = client.get("/coins", only="ids")["ids"][:3]
    assert client.post("/groups", {"name": "odd ones", "coins": ids})["coins"] == 3
    assert client.post("/groups", {"name": "odd ones", "coins": ids}, status=409)["error"]["code"] == "taken"
    assert sorted(client.get("/groups/odd ones")["ids"]) == sorted(ids)
    assert client.get("/coins", group="odd ones")["total"] == 3
    client.post("/groups/odd ones", {}, method="DELETE")
    assert client.get("/groups")["groups"] == []


def test_a_community_names_its_typical_and_its_odd_coins(client: Client) -> None:
    first = client.get("/communities")["communities"][0]
    found = client.get(f"/communities/{first['number']}")
    assert found["size"] == first["size"] == client.get("/coins", community=first["number"])["total"]
    assert found["typical"][0]["id"] == first["typical"]["id"]
    assert found["name"] == first["name"] in [first["types"][0]["type"], first["typical"]["name"]]
    assert found["odd"] and found["parts"] == []
    client.get("/communities/999", status=404)


# --- dies, questions, health ----------------------------------------------------------------------------------------


def test_the_dies_of_a_type(client: Client) -> None:
    kind = next(one for one in client.get("/dies")["types"] if one["links"])
    found = client.get(f"/dies/{kind['type']['name']}")
    assert len(found["obverse"]) == kind["obverse_dies"]
    known = {die["id"] for face in ("obverse", "reverse") for die in found[face]}
    assert all({link["obverse"], link["reverse"]} <= known and link["coins"] for link in found["links"])
    svg = client.session.get(f"{client.address}{found['svg']}", timeout=60)
    assert svg.headers["content-type"].startswith("image/svg+xml")


@pytest.mark.parametrize("name", ["doubtful-types", "die-links", "mixed-communities", "one-sided-coins"])
def test_a_stored_question_answers(client: Client, name: str) -> None:
    known = {one["name"]: one for one in client.get("/questions")["questions"]}
    found = client.get(known[name]["href"])
    assert found["missing"] is None
    assert found["sentence"]
    assert "RETURN" in found["cypher"]
    assert all(set(row) == set(found["columns"]) for row in found["rows"])


def test_a_question_gives_its_graph_and_its_table(client: Client) -> None:
    found = client.get("/questions/alike-apart", graph="1")
    assert found["rows"]
    coins = {node["coin"] for node in found["nodes"] if node["coin"]}
    assert {found["rows"][0]["coin"], found["rows"][0]["other"]} <= coins
    assert found["rows"][0]["coin"] in found["cards"]
    table = client.session.get(f"{client.address}{found['csv']}", timeout=60)
    assert table.headers["content-type"].startswith("text/csv")
    assert len(table.text.splitlines()) == len(found["rows"]) + 1


def test_a_table_is_written_as_on_the_command_line(client: Client) -> None:
    found = client.get("/questions/one-sided-coins")
    columns = {one["name"]: one for one in found["table"]}
    assert columns["lacks"]["texts"] == [row["lacks"] for row in found["rows"]]
    assert "graph" not in columns
    own = client.post("/cypher", {"text": "RETURN 0.123456 AS cosine, true AS same_file, null AS nothing"})["table"]
    assert [(one["head"], one["texts"], one["right"]) for one in own] == [
        ("cosine", ["0.12"], True),
        ("same file", ["yes"], False),
    ]


def test_rows_that_chance_would_give_are_shown_when_asked_for(client: Client) -> None:
    some, every = client.get("/questions/one-side-alike"), client.get("/questions/one-side-alike", all="1")
    assert every["rows"] and every["every"] is None
    assert some["rows"] == [row for row in every["rows"] if row["stands_out"]]
    assert (some["every"] is None) == (len(some["rows"]) == len(every["rows"]))


def test_a_question_without_its_coin_asks_for_it(client: Client) -> None:
    found = client.get("/questions/related-coins")
    assert found["missing"] == {"what": "parameters", "parameters": ["coin"]}


def test_cypher_of_ones_own(client: Client) -> None:
    text = "MATCH (c:Coin)-[h:HAS_SIDE]->(s) WHERE c.id = $coin RETURN c, h, s, c.id AS coin"
    coin = client.get("/coins", limit=1)["coins"][0]["id"]
    found = client.post("/cypher", {"text": text, "params": {"coin": coin}})
    assert found["columns"] == ["c", "h", "s", "coin"]
    assert {one["coin"] for one in found["nodes"] if one["coin"]} == {coin}
    assert len(found["edges"]) == len(found["rows"])
    assert not any(name.startswith("vector_") for name in found["rows"][0]["s"])
    wrong = client.post("/cypher", {"text": "MATCH (c RETURN c"}, status=400)
    assert wrong["error"]["code"] == "bad-query"


def test_health_names_each_fault_with_its_cure(client: Client) -> None:
    lines = {one["what"]: one for one in client.get("/health")["lines"]}
    assert {"doubtful", "untyped", "one-sided"} <= set(lines)
    for one in lines.values():
        assert one["cure"]
        assert one["number"] > 0


def test_a_photograph_is_seen_and_left(client: Client) -> None:
    disc = np.full((240, 240, 3), 235, np.uint8)
    y, x = np.mgrid[:240, :240]
    disc[np.hypot(x - 120, y - 120) < 90] = (150, 110, 60)
    file = BytesIO()
    Image.fromarray(disc).save(file, "PNG")
    answer = client.session.post(
        f"{client.address}/api/photographs",
        files={"obverse": ("IMG_12.png", file.getvalue())},
        headers={"X-Coingraph": "1"},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    found = answer.json()
    side = found["sides"]["obverse"]
    assert (side["width"], side["height"], side["sure"], found["name"]) == (240, 240, True, "IMG_12")
    assert side["read"] == "", "a bare disc bears no letter"
    assert client.session.get(f"{client.address}{side['picture']}", timeout=60).content[8:12] == b"WEBP"
    client.post(f"/photographs/{found['ticket']}/discard", {})
    assert client.session.get(f"{client.address}{side['picture']}", timeout=60).status_code == 404


def test_only_what_is_proposed_is_accepted(client: Client) -> None:
    card = next(one for one in client.get("/coins", limit=100)["coins"] if one["type"] and not one["proposal"])
    body = {"kind": "accept", "coins": [card["id"]], "type": "A type that nobody proposed"}
    assert client.post("/verdicts", body, status=409)["error"]["code"] == "no-proposal"


def test_a_coin_that_is_merged_is_gone_until_that_is_undone(client: Client) -> None:
    before = client.get("/coins", only="ids", sort="id")["ids"]
    given = client.post("/verdicts", {"kind": "merge", "coins": before[5:7]})
    assert client.get("/coins", only="ids", sort="id")["ids"] == [*before[:6], *before[7:]]
    client.post(f"/verdicts/{given['verdict']['number']}/undo", {})
    assert client.get("/coins", only="ids", sort="id")["ids"] == before


def test_what_other_commands_add_and_remove_is_seen(client: Client, tmp_path: Path) -> None:
    """Also what a command that was killed had decided, and the next one does without a run of its own."""
    Image.new("RGB", (64, 64), (150, 110, 60)).save(tmp_path / "F1_obverse.png")
    before = client.get("/coins")
    with coingraph.open() as other:
        other.ingest(tmp_path, "found")
        added = client.get("/coins", only="ids")
        assert "found/F1" in added["ids"]
        assert client.get("/coins", ids="found/F1")["coins"][0]["id"] == "found/F1"
        decide(other.db, "collections remove", name="found")
        decided = client.get("/coins")["version"]
        finish_interrupted(other.db)
    removed = client.get("/coins")
    assert len({before["version"], added["version"], decided, removed["version"]}) == 4
    assert removed["all"] == before["all"]
    client.get("/coins/found/F1", status=404)
