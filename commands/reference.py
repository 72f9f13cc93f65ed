"""docs/commands.md, from what click knows of the commands: `python -m commands.reference > docs/commands.md`."""

import re
from collections.abc import Iterator, Sequence
from inspect import cleandoc

import click

HEAD = """# Commands

`make docs` writes this page from the help of the commands; do not edit it by hand. `-h` after a command shows the same.
"""
EXAMPLES = re.compile(r"^Examples?:\n((?: +.*(?:\n|$))+)", re.MULTILINE)
Option = tuple[str, str]


def commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with the words that call it, from A to Z."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def reference(main: click.Group) -> str:
    """The page: the options of every command once, a section a command, and the stored questions."""
    found = dict(commands(main))
    options = {name: _options(command) for name, command in found.items()}
    shared = set.intersection(*map(set, options.values()))
    common = [option for option in options[next(iter(found))] if option in shared]
    own = {name: [option for option in options[name] if option not in shared] for name in found}
    sections = [_section(name, command, own[name]) for name, command in found.items()]
    return "\n".join([HEAD, f"## Options of every command\n\n{_table(common)}\n", *sections, _questions()])


def _options(command: click.Command) -> list[Option]:
    """How each option is written, and what it does."""
    with click.Context(command, help_option_names=["-h", "--help"]) as context:  # click keeps what it makes
        records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    return [record for record in records if record and record[1]]


def _section(name: str, command: click.Command, options: Sequence[Option]) -> str:
    """What a command does, how it is called, examples, and the options that not every command has."""
    with click.Context(command, help_option_names=["-h", "--help"]) as context:  # click keeps what it makes
        usage = " ".join(["coingraph", name, *command.collect_usage_pieces(context)])
    text = cleandoc(command.help or "").replace("\b\n", "")
    examples = [line.strip() for found in EXAMPLES.findall(text) for line in found.splitlines()]
    block = "\n".join(["```text", f"Usage: {usage}", *(["", *examples] if examples else []), "```"])
    parts = [f"## {name}", EXAMPLES.sub("", text).strip(), block, _table(options)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _questions() -> str:
    """The stored questions, each with what it takes."""
    from coingraph import queries

    rows = [(f"{query.name} {query.takes}".strip(), query.question) for query in queries()]
    return f"## Stored questions\n\nAsk one by `coingraph query NAME`.\n\n{_table(rows)}\n"


def _table(rows: Sequence[Option]) -> str:
    if not rows:
        return ""
    cells = [f"| `{name.replace('|', chr(92) + '|')}` | {said.replace('|', chr(92) + '|')} |" for name, said in rows]
    return "\n".join(["| | |", "| --- | --- |", *cells])


if __name__ == "__main__":
    from cli import main

    click.echo(reference(main), nl=False)
