"""The commands that do everything at once."""

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.helps import command
from commands.options import (
    as_asked,
    asking,
    collection_option,
    common,
    device_option,
    folder_argument,
    json_option,
    opened,
    reading_options,
    refit_option,
    space_option,
)
from commands.printing import print_json, print_lines, say
from commands.server import PASSWORD

if TYPE_CHECKING:
    from coingraph import Finding


@command()
@folder_argument()
@collection_option("The name of this collection in the graph.  [default: the folder's name]")
@reading_options
@space_option("The model (see `embed`) [default: coin-lite2, with legends where they can be read].", what="model")
@device_option
@refit_option("Fit the space again, on all that is there now.")
@click.option("--thorough", is_flag=True, help="Also train, match, calibrate and propose: many times as long.")
@click.option("--report", type=click.Path(path_type=Path, file_okay=False), help="[default: report-COLLECTION]")
@json_option("Print the report as JSON.")
@common
def run(
    folder: Path,
    collection: str | None,
    report: Path | None,
    as_json: bool,
    prune: bool,
    forget: bool,
    yes: bool,
    **options: Any,
) -> None:
    """Do it all: ingest, embed, link, analyze, and report what was found.

    Run it again after a stop and it goes on; run it again when photographs were added and only they are computed.

    \b
    Example:
      coingraph run photographs/
      coingraph run photographs/ --collection museum --metadata coins.csv --type type
    """
    from explore.report import as_dict, write_report
    from explore.summary import summary

    collection = collection or folder.resolve().name

    how = {name: options.pop(name) for name in ("space", "device", "refit", "thorough")}
    report = report or Path(f"report-{''.join(c if c.isalnum() else '-' for c in collection)}")
    with opened(new=True) as graph:
        result = graph.run(folder, collection, confirm=asking(yes), prune=prune, **how, **as_asked(forget, options))
    write_report(result, report)
    if as_json:
        print_json(as_dict(result, report))
    else:
        print_lines(summary(result, report))
        say("Look and decide in your web browser: coingraph explore")


@command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path("demo"))
@click.option("--coins", default=60, show_default=True, type=click.IntRange(20), help="How many coins.")
@click.option("--types", default=6, show_default=True, type=click.IntRange(2), help="Of how many types.")
@common
def demo(folder: Path, coins: int, types: int) -> None:
    """Run everything on a sample hoard, look for the oddities planted in it, and leave the server up.

    The hoard, its database and the report lie in FOLDER, apart from your own coins. Again, it takes seconds.

    \b
    Example:
      coingraph demo
    """
    from explore.report import agreement_text, write_report
    from explore.summary import summary
    from explore.tables import sentence

    # Sample coins must never come among somebody's own.
    os.environ.pop("NEO4J_URI", None)
    os.environ["COINGRAPH_HOME"] = str((folder / "database").resolve())
    with opened(new=True) as graph:
        done = graph.demo(folder, coins, types)
        address = graph.db.address
    write_report(done.result, folder / "report")
    print_lines(summary(done.result, folder / "report"))
    print_lines(sentence(agreement_text(done.agreement, "true types")))
    print_lines(_oddities(done.findings))
    say(f"The server is up at {address.uri}: user {address.username}, password by {PASSWORD}.")
    say("Look and decide in your web browser: coingraph explore; the graph in Neo4j Browser: coingraph browser.")
    activate = f"source '{Path(sys.prefix, 'bin', 'activate')}'; " if sys.prefix != sys.base_prefix else ""
    click.echo(f"For the commands above: {activate}export COINGRAPH_HOME='{os.environ['COINGRAPH_HOME']}'")


def _oddities(findings: "list[Finding]") -> list[str]:
    """A table of the planted oddities, found or not."""
    from explore.tables import table

    rows = [
        {
            "planted": finding.plant.kind.replace("_", " "),
            "coins": ", ".join(finding.plant.coins),
            "found": finding.place is not None,
            "place": f"{finding.place} of {finding.rows}" if finding.place else None,
            "command": f"query {finding.question}",
        }
        for finding in findings
    ]
    found = sum(finding.place is not None for finding in findings)
    lines = table(rows, shutil.get_terminal_size().columns).lines if rows else []
    return [f"{found} of the {len(findings)} oddities planted in the hoard were found:", *lines]


COMMANDS = (run, demo)
