"""The command of the report that can be mailed."""

from pathlib import Path

import click

from commands.helps import command
from commands.options import collections_option, common, json_option, opened, space_option
from commands.printing import print_json


def _page(_ctx: click.Context, _param: click.Parameter, value: Path) -> Path:
    if value.suffix.lower() != ".html":
        raise click.BadParameter(f"a report is .html, as in {value.with_suffix('.html')}")
    value.parent.mkdir(parents=True, exist_ok=True)
    return value


@command()
@click.argument("out", metavar="FILE.html", type=click.Path(path_type=Path, dir_okay=False), callback=_page)
@space_option()
@collections_option()
@json_option("Print the figures of the report as JSON.")
@common
def report(out: Path, space: str | None, collections: tuple[str, ...], as_json: bool) -> None:
    """Write all that was found into one file, which opens offline and can be mailed.

    It shows what the collection holds, its communities with their most typical coins, proposed and doubtful types, the
    network, thresholds and verdicts, and of each figure how it was made. Pictures are inside, and small. Nothing in the
    file runs, and it loads nothing.

    \b
    Example:
      coingraph report museum.html
      coingraph report hoard.html --collection hoard --json
    """
    import coingraph
    from explore.page.report import as_dict, write_report

    with opened(collections) as graph:
        found = graph.report(space, collections)
    written = write_report(found, coingraph.home_folder() / "features", out)
    if as_json:
        size = {"file": str(out), "bytes": written.bytes, "pictures": written.pictures}
        return print_json(as_dict(found) | size | {"unreadable": written.unreadable})
    for part, why in found.problems.items():
        click.echo(f"note: no {part}: {why}", err=True)
    if written.unreadable:
        click.echo(f"note: {written.unreadable:,} photographs cannot be read and are left out", err=True)
    click.echo(f"{out}: {found.traits.coins:,} coins, {written.pictures:,} pictures, {written.bytes / 1e6:.1f} MB")


COMMANDS = (report,)
