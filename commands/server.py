"""The commands of the embedded server."""

import os
from dataclasses import asdict
from pathlib import Path

import click

from commands.helps import command
from commands.options import common, json_option, opened
from commands.printing import print_json, print_rows


@command()
@common
def up() -> None:
    """Start the embedded Neo4j server, if it does not run, and say how to reach it.

    Every command that needs the graph starts it by itself. COINGRAPH_HEAP=4g and COINGRAPH_PAGECACHE=1g bound its
    memory; NEO4J_URI names another server to use instead.

    \b
    Example:
      coingraph up
      coingraph up --home ~/coins-of-the-museum
    """
    import coingraph

    if os.environ.get("NEO4J_URI"):
        raise click.UsageError("NEO4J_URI names a server, which is used instead; unset it to start the embedded one")
    address = coingraph.up()
    click.echo(f"Neo4j     {address.uri}")
    if server := coingraph.running():
        click.echo(f"Browser   {server.browser}")
    click.echo(f"user      {address.username}\npassword  {address.password}  (in {address.password_file})")


@command()
@common
def down() -> None:
    """Stop the embedded Neo4j server; what it holds stays.

    \b
    Example:
      coingraph down
    """
    import coingraph

    if os.environ.get("NEO4J_URI"):
        raise click.UsageError("NEO4J_URI names a server, which is not ours to stop; unset it to stop the embedded one")
    click.echo("stopped" if coingraph.down() else "not running")


@command()
@json_option()
@common
def status(as_json: bool) -> None:
    """Show the server, its versions, what the graph holds and which spaces cover it. Starts nothing.

    \b
    Example:
      coingraph status
    """
    import coingraph

    found = coingraph.status()
    if as_json:
        print_json(asdict(found))
    elif not found.running:
        click.echo("not running; `coingraph up` starts it")
    else:
        click.echo(f"Neo4j     {found.uri}, version {found.neo4j} {found.edition}")
        click.echo(f"GDS       {found.gds or 'not installed'}\nBrowser   {found.browser}\nuser      {found.username}")
        if found.embedded:
            embedded = found.embedded
            click.echo(f"password  in {embedded.password_file}\nhome      {embedded.home}\nlog       {embedded.log}")
            click.echo(f"process   {embedded.pid}, since {embedded.since}, {embedded.memory:,} MB")
        if found.default_space:
            click.echo(f"space     {found.default_space} is the default (`coingraph spaces default` sets another)")
        if found.outlines.found:
            click.echo(f"cut out   {found.outlines.sure:,} of {found.outlines.found:,} sides looked for")
        for what in found.unfinished:
            click.echo(f"not done  {what}: a command is at it, or was stopped at it, and then the next one finishes it")
        rows = [{"label": name, "nodes": number} for name, number in found.nodes.items()]
        rows_of_types = [{"type": name, "relationships": number} for name, number in found.relationships.items()]
        for table in filter(None, (rows, rows_of_types, [vars(space) for space in found.spaces])):
            click.echo()
            print_rows(table)


@command()
@click.option("--no-open", is_flag=True, help="Print the address instead of opening it.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Where the two files go.")
@common
def browser(no_open: bool, folder: Path | None) -> None:
    """Open Neo4j Browser with a first question in place, and write files to drag into its window.

    The files hold the stored questions as favourites and the colours and captions of coins, types and communities.

    \b
    Example:
      coingraph browser
      coingraph browser --no-open --folder browser-files/
    """
    with opened() as graph:
        favourites, style = graph.browser_files(folder)
        url, address = graph.browser_url(), graph.db.address
    click.echo(url)
    if not os.environ.get("NEO4J_URI"):
        click.echo(f"user {address.username}, password {address.password}")
    click.echo(f"drag into Browser's window: {favourites} (the stored questions)")
    click.echo(f"                            {style} (colours and captions)")
    if not no_open:
        click.launch(url)


COMMANDS = (up, down, status, browser)
