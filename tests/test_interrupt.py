"""Ctrl-C ends a command with a sentence, whatever else goes wrong while things are closed."""

import click
from click.testing import CliRunner

from cli import Commands


@click.command()
def midway() -> None:
    try:
        raise KeyboardInterrupt
    finally:
        raise RuntimeError("the session is in the middle of a transaction")


@click.command()
def wrong() -> None:
    raise RuntimeError("no interrupt at all")


GROUP = Commands(commands={"midway": midway, "wrong": wrong})


def test_an_interrupt_is_told_as_one() -> None:
    result = CliRunner().invoke(GROUP, ["midway"])
    assert isinstance(result.exception, SystemExit)
    assert (result.exit_code, "nothing is left half done" in result.stderr) == (130, True)


def test_another_error_is_not() -> None:
    result = CliRunner().invoke(GROUP, ["wrong"])
    assert isinstance(result.exception, RuntimeError)
    assert "stopped" not in result.output
