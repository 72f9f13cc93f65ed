"""What every layer may say to whoever called it: errors that are meant for a user, and the progress of a step."""

from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Progress:
    """How far a step has come: ``done`` of ``total`` units (None: nobody knows how many). ``ended`` is true at last.

    Or one line for the user, ``said``, such as the name of a file that was skipped; then nothing else is set.
    """

    step: str = ""
    done: int = 0
    total: int | None = None
    unit: str = ""
    said: str = ""
    ended: bool = False


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
def counting(step: str, unit: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Report a step that advances by several units at once: call what the block gets with the number of new units.

    Any thread may call it.
    """
    report, lock, done = _listener.get(), Lock(), 0

    def advance(number: int) -> None:
        nonlocal done
        with lock:
            done += number
            report(Progress(step, done, total, unit))

    report(Progress(step, 0, total, unit))
    try:
        yield advance
    finally:
        report(Progress(step, done, total, unit, ended=True))


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


def with_listener(function: Callable[..., Result]) -> Callable[..., Result]:
    """The function with this thread's listener, to be called in other threads, which start without one."""
    context = copy_context()

    def called(*args: Any) -> Result:
        return context.copy().run(function, *args)

    return called
