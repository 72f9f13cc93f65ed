"""What is taken away from the page: verdicts as a table, a result into Neo4j Browser; and names of dies that tell."""

import csv
import io
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from page.conftest import Served, Windows
from page.test_api import Client
from pipeline.verdicts import COLUMNS


@pytest.fixture(scope="module")
def client(served: Served) -> Client:
    return Client(served)


def cypher_of(address: str) -> str:
    """The question that Neo4j Browser begins with at an address."""
    return parse_qs(urlsplit(address).query)["arg"][0]


def test_verdicts_are_taken_away_as_the_table_that_import_reads(client: Client, served: Served, tmp_path: Any) -> None:
    other = Client(served, "Max Ritter")
    ids = [one["id"] for one in client.get("/coins", limit=10, sort="id")["coins"]]
    client.post("/verdicts", {"kind": "same-type", "coins": ids[:2], "note": 'the "same", and more'})
    other.post("/verdicts", {"kind": "not-same-type", "coins": ids[2:4]})
    answer = client.session.get(f"{served.address}/api/verdicts.csv?mine=1", timeout=60)
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8"))))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["author"], row["kind"], row["coin"], row["note"]) for row in rows] == [
        ("Anna Krause", "same-type", ids[0], 'the "same", and more')
    ]
    (tmp_path / "verdicts.csv").write_bytes(client.session.get(f"{served.address}/api/verdicts.csv").content)
    assert served.graph.import_verdicts(tmp_path / "verdicts.csv").total == len(served.verdicts())
    served.forget()


def test_a_community_opens_in_neo4j_browser(client: Client, served: Served) -> None:
    found = client.get("/communities/2")
    rows = served.graph.cypher(cypher_of(found["browser"])).rows
    community = served.graph.community(2)
    assert community and {row["coin"] for row in rows} <= set(community.members)
    assert len(rows) == min(found["size"], 50)


def test_the_dies_of_a_type_open_in_neo4j_browser(client: Client, served: Served) -> None:
    kind = next(one for one in client.get("/dies")["types"] if one["links"])
    found = client.get(f"/dies/{quote(kind['type']['name'], safe='')}")
    rows = served.graph.cypher(cypher_of(found["browser"])).rows
    assert sum(row["coins"] for row in rows) == sum(len(link["coins"]) for link in found["links"])


def test_chosen_coins_open_in_neo4j_browser(client: Client, served: Served) -> None:
    ids = [one["id"] for one in client.get("/coins", limit=40, sort="id")["coins"]]
    rows = served.graph.cypher(cypher_of(client.post("/summary", {"ids": ids})["browser"])).rows
    assert {row["c"]["id"] for row in rows} == set(ids)
    assert any(row["d"] for row in rows)


def test_no_two_dies_of_a_chart_have_one_name(client: Client) -> None:
    foreign = 0
    for kind in client.get("/dies")["types"]:
        found = client.get(f"/dies/{quote(kind['type']['name'], safe='')}")
        names = [die["name"] + (die["other_type"] or "") for face in ("obverse", "reverse") for die in found[face]]
        assert len(set(names)) == len(names)
        for die in (*found["obverse"], *found["reverse"]):
            assert (die["other_type"] is not None) == die["name"].endswith("*")
            foreign += die["other_type"] is not None
    assert foreign, "the hoard holds a die that struck coins of two types"


def test_each_view_has_its_button(windows: Windows, client: Client) -> None:
    kind = next(one for one in client.get("/dies")["types"] if one["links"])
    for path in ("/communities/1", kind["href"], "/network", "/map"):
        page = windows().open(path, "#browser:not([hidden])")
        assert "cmd=edit" in page.get_attribute("#browser", "href"), path
    page = windows().open("/verdicts?mine=1", "#csv")
    page.wait_for_function("document.querySelector('#csv').getAttribute('href') === '/api/verdicts.csv?mine=1'")
