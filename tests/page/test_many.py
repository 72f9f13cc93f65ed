"""Several people decide at once, by the page and by the library: no verdict is lost, and none is doubled."""

import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from typing import Any

import requests

from page.conftest import Served

EACH = 20


def client(served: Served, person: str) -> requests.Session:
    made = requests.Session()
    made.cookies.set(served.access.cookie, served.cookie(person), domain="127.0.0.1")
    made.headers["Origin"] = served.address
    made.trust_env = False
    return made


def test_two_pages_and_a_command_at_once(served: Served) -> None:
    coins = [one.coin for one in served.graph.list_coins()]
    pairs = list(combinations(coins, 2))
    begun = threading.Barrier(3)
    sent: dict[str, list[str]] = {"Anna": [], "Max": []}

    def decide(person: str, some: list[tuple[str, str]]) -> None:
        session = client(served, person)
        begun.wait()
        for place, pair in enumerate(some):
            id = secrets.token_hex(16)
            body: dict[str, Any] = {"id": id, "kind": "same-type", "coins": list(pair), "version": 0}
            # Every third is sent twice, as a browser does that heard no answer.
            for _ in range(1 + (place % 3 == 0)):
                answer = session.post(f"{served.address}/api/verdicts", json=body, timeout=120)
                assert answer.status_code == 200, answer.text
            sent[person].append(id)

    def command(some: list[tuple[str, str]]) -> None:
        begun.wait()
        for one, two in some:
            served.graph.same_type(one, two, same=False, author="Command")

    with ThreadPoolExecutor(3) as pool:
        jobs = [
            pool.submit(decide, "Anna", pairs[:EACH]),
            pool.submit(decide, "Max", pairs[EACH : 2 * EACH]),
            pool.submit(command, pairs[2 * EACH : 3 * EACH]),
        ]
        for job in jobs:
            job.result()
    found = served.verdicts()
    numbers = [one.number for one in found]
    assert sorted(numbers) == list(range(1, 3 * EACH + 1))
    by = {name: [one.id for one in found if one.author == name] for name in ("Anna", "Max", "Command")}
    assert sorted(by["Anna"]) == sorted(sent["Anna"])
    assert sorted(by["Max"]) == sorted(sent["Max"])
    assert len(by["Command"]) == EACH


def test_of_two_at_once_on_one_pair_the_second_is_told(served: Served) -> None:
    """Both looked at the same state: one is written, the other hears of it and has written nothing."""
    coins = [one.coin for one in served.graph.list_coins()]
    pairs = list(combinations(coins, 2))[-10:]
    begun = threading.Barrier(2)

    def decide(person: str, kind: str) -> list[int]:
        session = client(served, person)
        found = []
        for pair in pairs:
            begun.wait()
            body: dict[str, Any] = {"kind": kind, "coins": list(pair), "version": 0}
            found.append(session.post(f"{served.address}/api/verdicts", json=body, timeout=120).status_code)
        return found

    before = len(served.verdicts())
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(decide, "Anna", "same-type"), pool.submit(decide, "Max", "not-same-type")]
        first, second = (job.result() for job in jobs)
    assert [{one, two} for one, two in zip(first, second, strict=True)] == [{200, 409}] * len(pairs)
    assert len(served.verdicts()) == before + len(pairs)
