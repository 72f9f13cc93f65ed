"""Attacks on the page, each against a running one: other hosts and origins, no token, paths, scripts, Cypher, bombs."""

import contextlib
import http.client
import io
import json
import re
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
import requests

from explore.page.security import POLICY
from page.conftest import Served

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(1)>'


def session(served: Served, person: str = "Anna Krause") -> requests.Session:
    """A client that is signed in, as the page's own scripts are."""
    client = requests.Session()
    client.cookies.set(served.access.cookie, served.cookie(person), domain="127.0.0.1")
    client.headers["Origin"] = served.address
    client.trust_env = False
    return client


def asked(served: Served, path: str, **headers: str) -> tuple[int, str]:
    """The answer to a path that no client has tidied up."""
    connection = http.client.HTTPConnection("127.0.0.1", served.access.port, timeout=30)
    cookie = f"{served.access.cookie}={served.cookie()}"
    connection.request("GET", path, headers={"Cookie": cookie, **headers})
    answer = connection.getresponse()
    return answer.status, answer.read().decode("utf-8", "replace")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example:{port}", "127.0.0.1", ""]
)
def test_another_host_is_refused(served: Served, host: str) -> None:
    status, _ = asked(served, "/api/version", Host=host.format(port=served.access.port))
    assert status == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:{port}"])
def test_another_origin_neither_writes_nor_reads(served: Served, origin: str) -> None:
    client = session(served)
    client.headers["Origin"] = origin.format(port=served.access.port)
    before = len(served.verdicts())
    given = {"kind": "swap-sides", "coins": [served.graph.list_coins()[0].coin]}
    assert client.post(f"{served.address}/api/verdicts", json=given).status_code == 403
    assert client.get(f"{served.address}/api/coins").status_code == 403
    assert len(served.verdicts()) == before


def test_a_form_of_another_page_writes_nothing(served: Served) -> None:
    client = session(served)
    del client.headers["Origin"]
    body = json.dumps({"kind": "swap-sides", "coins": ["x"]})
    assert client.post(f"{served.address}/api/verdicts", data=body).status_code == 403
    client.headers["Origin"] = served.address
    headers = {"Content-Type": "text/plain"}
    assert client.post(f"{served.address}/api/verdicts", data=body, headers=headers).status_code == 415
    files = {"obverse": ("a.png", b"", "image/png")}
    assert client.post(f"{served.address}/api/photographs", files=files).status_code == 415


def test_a_page_of_another_site_gets_no_picture(served: Served) -> None:
    status, _ = asked(served, "/api/coins", **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"})
    assert status == 403


def test_without_a_token_nothing_is_told(served: Served) -> None:
    for path in ("/api/coins", "/coins", "/api/network", "/words", "/pictures/" + "0" * 64 + "/0/cut/96.webp"):
        answer = requests.get(served.address + path, timeout=30)
        assert answer.status_code == 401
        assert "hoard" not in answer.text
    guessed = {served.access.cookie: "guessed"}
    assert requests.get(f"{served.address}/api/coins", cookies=guessed, timeout=30).status_code == 401


def test_a_token_counts_once_and_leaves_the_address(served: Served) -> None:
    address = served.access.address("Anna Krause").replace("/?", "/coins?look=doubtful&")
    first = requests.get(address, allow_redirects=False, timeout=30)
    assert (first.status_code, first.headers["location"]) == (303, "/coins?look=doubtful")
    cookie = first.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=strict", "path=/"))
    again = requests.get(address, allow_redirects=False, timeout=30)
    assert "set-cookie" not in again.headers


def test_a_token_leads_to_no_other_site(served: Served) -> None:
    token = served.access.address("Anna Krause").partition("token=")[2]
    connection = http.client.HTTPConnection("127.0.0.1", served.access.port, timeout=30)
    connection.request("GET", f"//evil.example/?token={token}")
    assert connection.getresponse().headers["location"] == "/evil.example/"


def test_one_more_address_takes_the_key(served: Served) -> None:
    headers = {"Origin": served.address, "Content-Type": "application/json"}
    ask = f"{served.address}/addresses"
    assert requests.post(ask, json={}, headers=headers, timeout=30).status_code == 401
    headers |= {"Authorization": f"Bearer {served.access.key}", "X-Coingraph-As": "M.%20R."}
    address = requests.post(ask, json={}, headers=headers, timeout=30).json()["address"]
    client = requests.Session()
    client.get(address, timeout=30)
    assert client.get(f"{served.address}/api/people", timeout=30).json()["me"]["name"] == "M. R."


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/pictures/../../../../etc/passwd/0/cut/96.webp",
        "/pictures/%2e%2e%2f%2e%2e%2fetc%2fpasswd/0/whole/384.webp",
        "/pictures//etc/passwd/0/whole/384.webp",
        "/pictures/" + "a" * 64 + "/0/whole/384.webp",
        "/uploads/..%2f..%2f/obverse.webp",
        "/uploads/../page.key/obverse.webp",
        "/api/questions/..%2f..%2fcoingraph",
    ],
)
def test_no_path_reaches_a_file(served: Served, path: str) -> None:
    status, text = asked(served, path)
    assert status in (401, 404)
    assert "root:" not in text
    assert "import" not in text


def test_pictures_are_made_anew_in_known_sizes_only(served: Served) -> None:
    client = session(served)
    card = client.get(f"{served.address}/api/coins?limit=1").json()["coins"][0]
    stem = served.address + next(side["stem"] for side in card["pictures"].values() if side)
    picture = client.get(f"{stem}/cut/96.webp")
    assert picture.headers["content-type"] == "image/webp"
    assert picture.content[8:12] == b"WEBP"
    for other in ("cut/97.webp", "cut/100000.webp", "raw/96.webp", "cut/-1.webp"):
        assert client.get(f"{stem}/{other}").status_code == 404


def test_a_signed_picture_is_that_picture_alone(served: Served) -> None:
    card = session(served).get(f"{served.address}/api/coins?limit=1").json()["coins"][0]
    sha256 = next(side["stem"] for side in card["pictures"].values() if side).split("/")[2]
    served.graph.store_image_urls(served.site.signed)
    url = served.graph.db.read("MATCH (s:Side {sha256: $sha256}) RETURN s.image_url AS url", sha256=sha256)[0]["url"]
    assert requests.get(url, timeout=30).content[8:12] == b"WEBP"
    wrong = requests.get(f"{served.address}/signed/{sha256}/{'0' * 32}.webp", timeout=30)
    assert wrong.status_code == 403


def test_what_people_write_never_runs(served: Served) -> None:
    """A script in every text that reaches a page: it comes back as text, or as JSON inside a block that is data."""
    client = session(served, SCRIPT)
    coins = [one.coin for one in served.graph.list_coins()[:2]]
    given: Any = {"kind": "type", "coins": coins[:1], "type": SCRIPT, "new_type": True, "note": IMAGE}
    assert client.post(f"{served.address}/api/verdicts", json=given).status_code == 200
    group: Any = {"name": SCRIPT, "coins": coins}
    assert client.post(f"{served.address}/api/groups", json=group).status_code == 200
    served.graph.db.write("MATCH (c:Coin {id: $id}) SET c.name = $text, c.note = $text, c.date = $text, "
                          "c.columns = coalesce(c.columns, []) + ['note']", id=coins[1], text=SCRIPT)  # fmt: skip
    paths = [
        "/coins?q=<script>alert(1)</script>",
        f"/coins?type={SCRIPT}",
        f"/coins/{coins[0]}",
        f"/coins/{coins[1]}",
        f"/compare?coins={coins[0]},{coins[1]}",
        "/verdicts",
        "/review",
        f"/dies/{SCRIPT}",
        f"/coins/{SCRIPT}",
        f"/questions/{SCRIPT}",
        "/questions/related-coins?coin=<script>alert(1)</script>",
    ]
    for path in paths:
        answer = client.get(served.address + path)
        assert answer.headers["content-security-policy"] == POLICY
        assert not re.search(r"<script>|<img src=x|onerror=alert\(1\)>", answer.text), path
        assert not re.search(r"<script(?![^>]*(src=|application/json))", answer.text), path
        assert not re.search(r"<[^>]+\son\w+=", answer.text), path
    for path in ("/api/verdicts", "/api/people", "/api/groups", f"/api/coins/{coins[1]}"):
        answer = client.get(served.address + path)
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "cypher",
    [
        "CREATE (n:Evil) RETURN n",
        "MATCH (c:Coin) DETACH DELETE c",
        "MATCH (c:Coin) SET c.name = 'x' RETURN c",
        "MATCH (c:Coin) CALL (c) { SET c.x = 1 } RETURN c",
        "CREATE INDEX evil FOR (n:Coin) ON (n.x)",
        "DROP CONSTRAINT coin_id",
        "CREATE USER evil SET PASSWORD 'evilevil'",
        "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line",
        "LOAD CSV FROM 'http://127.0.0.1:1/' AS line RETURN line",
        "CALL dbms.listConfig() YIELD name, value RETURN name, value",
        "MATCH (c:Coin) CALL (c) { LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line } RETURN line",
        "CALL gds.graph.drop('x')",
        "TERMINATE TRANSACTIONS 'neo4j-transaction-1'",
    ],
)
def test_cypher_that_writes_or_looks_elsewhere_is_refused(served: Served, cypher: str) -> None:
    nodes = served.graph.db.read("MATCH (n) RETURN count(n) AS nodes")
    answer = session(served).post(f"{served.address}/api/cypher", json={"text": cypher})
    assert answer.status_code == 400
    assert "root:" not in answer.text
    assert served.graph.db.read("MATCH (n) RETURN count(n) AS nodes") == nodes


def test_cypher_ends_in_time_and_in_rows(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explore.page.api_questions.SECONDS", 0.5)
    client = session(served)
    endless = "UNWIND range(1, 100000000) AS a UNWIND range(1, 100000) AS b RETURN sum(a * b) AS s"
    answer = client.post(f"{served.address}/api/cypher", json={"text": endless})
    assert (answer.status_code, answer.json()["error"]["code"]) == (408, "too-slow")
    many = client.post(
        f"{served.address}/api/cypher", json={"text": "UNWIND range(1, 9000) AS a RETURN a", "limit": 10}
    )
    assert (len(many.json()["rows"]), many.json()["truncated"]) == (10, True)


def test_a_picture_bomb_is_refused(served: Served) -> None:
    client = session(served)
    sent: dict[str, Any] = {"files": {"obverse": ("bomb.png", bomb(), "image/png")}, "headers": {"X-Coingraph": "1"}}
    answer = client.post(f"{served.address}/api/photographs", timeout=60, **sent)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad-image")
    assert "pixels" in answer.json()["error"]["message"]


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg onload=alert(1)>", b"#!/bin/sh\nrm -rf /", b"%PDF-1.7"])
def test_what_is_no_picture_is_refused(served: Served, content: bytes) -> None:
    sent: dict[str, Any] = {"files": {"obverse": ("../../evil.png", content)}, "headers": {"X-Coingraph": "1"}}
    answer = session(served).post(f"{served.address}/api/photographs", **sent)
    assert answer.status_code == 400


def test_a_body_that_is_too_large_is_refused(served: Served) -> None:
    client = session(served)
    answer = client.post(f"{served.address}/api/cypher", json={"text": "x" * (3 << 20)})
    assert answer.status_code == 413

    def endless() -> Any:
        yield from (b" " * 65536 for _ in range(64))

    headers = {"Content-Type": "application/json"}
    with contextlib.suppress(requests.ConnectionError):  # the page may hang up in the middle of it
        assert client.post(f"{served.address}/api/cypher", data=endless(), headers=headers).status_code == 413


@pytest.mark.parametrize(
    "body", ["[]", "{", '"x"', "null", '{"kind": 1, "coins": {}}', '{"kind": "type", "coins": [1]}']
)
def test_odd_bodies_are_answered(served: Served, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = session(served).post(f"{served.address}/api/verdicts", data=body, headers=headers)
    assert answer.status_code == 400


def test_the_files_of_the_page_are_its_owners_alone(served: Served, tmp_path: Path) -> None:
    from explore.page.serving import Record, _write

    _write(Record.of(tmp_path), served.access)
    assert Record.of(tmp_path).stat().st_mode & 0o077 == 0


def bomb() -> bytes:
    """A PNG of a few kilobytes that would unfold to 30,000 x 30,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    side = 30_000
    packer, rows = zlib.compressobj(9), io.BytesIO()
    for _ in range(0, side, 1000):
        rows.write(packer.compress(bytes((side // 8 + 1) * 1000)))
    rows.write(packer.flush())
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows.getvalue()) + chunk(b"IEND", b"")
