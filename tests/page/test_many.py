"""Several people decide at once, by the page and by the library: no verdict is lost, and none is doubled."""

import random
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from typing import Any

import pytest
import requests

from graph.connection import Database
from page.conftest import Served

#: Gives verdicts as a command does, and tells of each when it is written.
COMMAND = """
import sys, coingraph
with coingraph.open() as graph:
    for line in sys.stdin:
        one, two = line.split()
        print(graph.same_type(one, two, same=False, author="Command").id, flush=True)
"""


def client(served: Served, person: str) -> requests.Session:
    made = requests.Session()
    made.cookies.set(served.access.cookie, served.cookie(person), domain="127.0.0.1")
    made.headers["Origin"] = served.address
    made.trust_env = False
    return made


def pairs_of(served: Served) -> list[tuple[str, str]]:
    return list(combinations([one.coin for one in served.graph.list_coins()], 2))


def decided(served: Served, person: str, some: Sequence[tuple[str, str]]) -> list[str]:
    """What a browser does; every third is sent twice, as by one that heard no answer. The ids that it drew."""
    session, sent = client(served, person), []
    for place, pair in enumerate(some):
        id = secrets.token_hex(16)
        body: dict[str, Any] = {"id": id, "kind": "same-type", "coins": list(pair), "version": 0}
        for _ in range(1 + (place % 3 == 0)):
            answer = session.post(f"{served.address}/api/verdicts", json=body, timeout=120)
            assert answer.status_code == 200, answer.text
        sent.append(id)
    return sent


def by_author(served: Served, author: str) -> list[str]:
    return sorted(one.id for one in served.verdicts() if one.author == author)


def test_two_pages_and_a_command_at_once(served: Served) -> None:
    each, pairs = 10, pairs_of(served)

    def command(some: Sequence[tuple[str, str]]) -> list[str]:
        return [served.graph.same_type(one, two, same=False, author="Command").id for one, two in some]

    with ThreadPoolExecutor(3) as pool:
        anna = pool.submit(decided, served, "Anna", pairs[:each])
        max_ = pool.submit(decided, served, "Max", pairs[each : 2 * each])
        theirs = pool.submit(command, pairs[2 * each : 3 * each])
        sent = {"Anna": anna.result(), "Max": max_.result(), "Command": theirs.result()}
    assert {name: by_author(served, name) for name in sent} == {name: sorted(ids) for name, ids in sent.items()}
    numbers = [one.number for one in served.verdicts()]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    served.forget()


def test_of_two_at_once_on_one_pair_the_second_is_told(served: Served) -> None:
    """Both looked at the same state: one is written, the other hears of it and has written nothing."""
    pairs = pairs_of(served)[-5:]
    begun = threading.Barrier(2)

    def decide(person: str, kind: str) -> list[int]:
        session, found = client(served, person), []
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
    served.forget()


@pytest.mark.soak
def test_a_thousand_verdicts_with_a_command_that_is_killed(served: Served, server: Database) -> None:
    """What the command told of is there, and at most one more: that which it was killed in."""
    each, pairs = 334, pairs_of(served)
    lines = "\n".join(f"{one} {two}" for one, two in pairs[2 * each : 3 * each])
    told: list[str] = []

    def command() -> None:
        with subprocess.Popen([sys.executable, "-c", COMMAND], stdin=-1, stdout=-1, text=True) as process:
            assert process.stdin and process.stdout
            threading.Thread(target=_write, args=(process.stdin, lines), daemon=True).start()
            told.append(process.stdout.readline().strip())
            killing = threading.Timer(random.uniform(5, 60), process.kill)
            killing.start()
            told.extend(line.strip() for line in process.stdout)
            killing.cancel()

    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(decided, served, name, pairs[at : at + each]) for name, at in (("Anna", 0), ("Max", each))]
        killed = pool.submit(command)
        anna, max_ = (job.result() for job in jobs)
        killed.result()
    time.sleep(1)
    assert (by_author(served, "Anna"), by_author(served, "Max")) == (sorted(anna), sorted(max_))
    theirs = by_author(served, "Command")
    assert set(told) <= set(theirs)
    assert len(theirs) <= len(told) + 1
    server.write("MATCH (v:Verdict) DETACH DELETE v")  # to take back a thousand one by one takes minutes


def _write(stdin: Any, lines: str) -> None:
    try:
        stdin.write(lines + "\n")
        stdin.close()
    except OSError:  # the command is gone
        return
