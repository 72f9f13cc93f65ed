"""What every layer may say to whoever called it: errors that are meant for a user, and the progress of a step."""

import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class CoingraphError(Exception):
    """Something the user can mend. The message says what is wrong; ``facts`` hold what a cure needs, such as a space.

    The command line prints it without a traceback, with the cure that `commands.cures` has for its ``code``, and exits
    with status 1.
    """

    def __init__(self, message: str = "", **facts: Any):
        super().__init__(message)
        self.facts = facts

    @property
    def code(self) -> str:
        """What kind of error it is: the name of its class."""
        return type(self).__name__


class BadOption(CoingraphError):
    """An option, or a value of one, that makes no sense here. ``option`` is its name, where the message leaves it out.

    The command line exits with status 2.
    """

    option = ""


def counted(number: int, one: str, several: str = "") -> str:
    """Such as ``1 coin``, ``1,200 coins``; ``several`` is the plural where it is not ``one`` with an s."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


@dataclass(frozen=True)
class Progress:
    """How far a step has come: ``done`` of ``total`` units (None: nobody knows how many). ``ended`` is true at last.

    ``kept`` units of it stay, whatever happens; None for a step that is done as a whole or not at all. ``stopped`` is
    true where it ended before it was done. Or one line for the user, ``said``, such as the name of a file that was
    skipped; then nothing else is set but, where the line says what came of a phase, this ``phase`` and its ``seconds``.
    """

    step: str = ""
    done: int = 0
    total: int | None = None
    unit: str = ""
    said: str = ""
    ended: bool = False
    kept: int | None = None
    stopped: bool = False
    phase: str = ""
    seconds: float = 0


class Advance:
    """Call it with the number of new units that a step has done; `keep` says how many more of them are stored.

    Any thread may do either.
    """

    def __init__(self, step: str, unit: str, total: int | None):
        self._report, self._lock = _listener.get(), Lock()
        self._now = Progress(step, 0, total, unit)
        self._report(self._now)

    def __call__(self, number: int) -> None:
        with self._lock:
            self._now = replace(self._now, done=self._now.done + number)
            self._report(self._now)

    def keep(self, number: int) -> None:
        with self._lock:
            self._now = replace(self._now, kept=(self._now.kept or 0) + number)
            self._report(self._now)

    def end(self, stopped: bool) -> None:
        self._report(replace(self._now, ended=True, stopped=stopped))


_listener: ContextVar[Callable[[Progress], object]] = ContextVar("listener", default=lambda progress: None)


@contextmanager
def listening(callback: Callable[[Progress], object]) -> Iterator[None]:
    """Inside the block, ``callback`` gets the progress of every step. Several threads may call it at once.

    Without a listener, progress goes nowhere.
    """
    token = _listener.set(callback)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def counting(step: str, unit: str, total: int | None = None) -> Iterator[Advance]:
    """Report a step that advances by several units at once, through what the block gets."""
    advance = Advance(step, unit, total)
    try:
        yield advance
    except BaseException:
        advance.end(stopped=True)
        raise
    advance.end(stopped=False)


def tracked(items: Iterable[Item], step: str, unit: str, total: int | None = None) -> Iterator[Item]:
    """Give the items one by one, and report each as one unit of the step once it is done."""
    if total is None and isinstance(items, Sized):
        total = len(items)
    with counting(step, unit, total) as advance:
        for item in items:
            yield item
            advance(1)


def say(line: str) -> None:
    """Report one line that is meant for the user."""
    _listener.get()(Progress(said=line))


class Phases:
    """Reports what came of each phase of a long step, and how long it took since the one before."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def ended(self, phase: str, outcome: str) -> None:
        now = time.monotonic()
        _listener.get()(Progress(said=outcome, phase=phase, seconds=now - self._since))
        self._since = now


def with_listener(function: Callable[..., Result]) -> Callable[..., Result]:
    """The function with this thread's listener, to be called in other threads, which start without one."""
    context = copy_context()

    def called(*args: Any) -> Result:
        return context.copy().run(function, *args)

    return called
