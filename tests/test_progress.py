"""Steps report how far they are to whoever listens, and nobody else."""

import sys
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from itertools import count

import pytest

from commands.terminal import Bars
from errors import Phases, Progress, counting, listening, say, tracked, with_listener


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
    assert heard[-1] == Progress("dividing", 4, 9, "coin", ended=True, stopped=True)


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


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock is a second after the one before."""
    monkeypatch.setattr("commands.terminal.time.monotonic", count().__next__)


def test_a_terminal_shows_one_line_that_clears_itself(monkeypatch: pytest.MonkeyPatch, slow: None) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with listening(Bars()):
        for number in tracked(range(3), "reading", "picture"):
            if number == 1:
                say("skipped \x1b[2Jone")
    shown = terminal.getvalue()
    assert "reading" in shown and "of 3 pictures" in shown
    assert r"skipped \u001b[2Jone" in shown
    assert shown.endswith("\x1b[2K")  # what erases the line


def test_a_step_that_is_done_at_once_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setattr("commands.terminal.BRIEF", 60)
    with listening(Bars()):
        assert list(tracked(range(3), "reading", "picture")) == [0, 1, 2]
    assert terminal.getvalue() == ""


def test_elsewhere_a_slow_step_is_a_line(monkeypatch: pytest.MonkeyPatch, slow: None) -> None:
    monkeypatch.setattr(sys, "stderr", elsewhere := StringIO())
    with listening(Bars()):
        for _ in tracked(range(9), "reading", "picture"):
            say("skipped one")
    lines = elsewhere.getvalue().splitlines()
    assert [line for line in lines if line != "skipped one"] == ["reading: 0 of 9 pictures"]


def test_a_phase_says_what_came_of_it_and_how_long_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys, "stderr", elsewhere := StringIO())
    clock = iter([0.0, 65.4, 70.0])
    with monkeypatch.context() as timed, listening(Bars()):
        timed.setattr("errors.time.monotonic", lambda: next(clock))
        phases = Phases()
        phases.ended("read", "60 coins")
        phases.ended("embedded", "119 sides")
    read, embedded = elsewhere.getvalue().splitlines()
    assert read == "✓ read       60 coins" + " " * 35 + "1:05"
    assert embedded == "✓ embedded   119 sides" + " " * 34 + "0:04"


@pytest.mark.parametrize(
    ("kept", "sentence"),
    [
        (20, "matching, 20 of 90 pairs are kept; nothing is lost"),
        (0, "matching starts over ("),
    ],
)
def test_only_what_is_stored_is_said_to_be_kept(kept: int, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", StringIO())
    bars = Bars()
    with listening(bars), pytest.raises(KeyboardInterrupt), counting("matching", "pair", 90) as advance:
        advance(30)
        if kept:
            advance.keep(kept)
        raise KeyboardInterrupt
    assert bars.reached()[0].startswith(sentence)


def test_a_step_that_was_done_does_not_start_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", StringIO())
    bars = Bars()
    with listening(bars):
        assert list(tracked("ab", "reading", "picture")) == ["a", "b"]
    assert bars.reached()[0] == "nothing is left half done"
