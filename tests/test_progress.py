"""Steps report how far they are to whoever listens, and nobody else."""

import sys
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest

from commands.terminal import Bars
from errors import Progress, counting, listening, say, tracked, with_listener


def test_items_are_counted_as_they_are_done() -> None:
    heard: list[Progress] = []
    with listening(heard.append):
        assert list(tracked("ab", "reading", "picture")) == ["a", "b"]
    assert [(one.step, one.done, one.total, one.ended) for one in heard] == [
        ("reading", 0, 2, False),
        ("reading", 1, 2, False),
        ("reading", 2, 2, False),
        ("reading", 2, 2, True),
    ]


def test_a_step_that_fails_ends_too() -> None:
    heard: list[Progress] = []
    with listening(heard.append), pytest.raises(ZeroDivisionError), counting("dividing", "coin", 9) as advance:
        advance(4)
        raise ZeroDivisionError
    assert heard[-1] == Progress("dividing", 4, 9, "coin", ended=True)


def test_threads_report_to_the_listener_of_the_thread_that_started_them() -> None:
    heard: list[Progress] = []
    with listening(heard.append), ThreadPoolExecutor(4) as pool, counting("writing", "edge", 100) as advance:
        list(pool.map(advance, [1] * 100))
        list(pool.map(with_listener(say), ["skipped one", "skipped other"]))
        assert list(pool.map(say, ["unheard"])) == [None]
    assert max(one.done for one in heard) == 100
    assert sorted(one.said for one in heard if one.said) == ["skipped one", "skipped other"]


def test_without_a_listener_nothing_happens(capsys: pytest.CaptureFixture[str]) -> None:
    say("skipped one")
    assert list(tracked([1], "reading", "picture")) == [1]
    assert capsys.readouterr() == ("", "")


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_bars_and_lines_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with listening(Bars()):
        for number in tracked(range(3), "reading", "picture"):
            if number == 1:
                say("skipped one")
    shown = terminal.getvalue()
    assert "reading:  33%" in shown and "1/3" in shown
    assert "\rskipped one\n" in shown


def test_elsewhere_only_lines_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", elsewhere := StringIO())
    with listening(Bars()):
        for _ in tracked([1], "reading", "picture"):
            say("skipped one")
    assert elsewhere.getvalue() == "skipped one\n"
