"""The commands of the embedded server."""

import os
import subprocess
import sys
from pathlib import Path

import click

from commands.helps import command
from commands.options import common, opened

PASSWORD = "coingraph status --password"
OPENING = 5  # seconds that a program may take to say that it cannot open a page


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
    import offline

    if os.environ.get("NEO4J_URI"):
        raise click.UsageError("NEO4J_URI names a server, which is used instead; unset it to start the embedded one")
    address = offline.up()
    click.echo(f"Neo4j     {address.uri}")
    if server := offline.running():
        click.echo(f"Browser   {server.browser}")
    click.echo(f"user      {address.username}\npassword  {PASSWORD}")


@command()
@common
def down() -> None:
    """Stop the embedded Neo4j server; what it holds stays.

    \b
    Example:
      coingraph down
    """
    import offline

    if os.environ.get("NEO4J_URI"):
        raise click.UsageError("NEO4J_URI names a server, which is not ours to stop; unset it to stop the embedded one")
    click.echo("stopped" if offline.down() else "not running")


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
    if no_open:
        click.echo(url)
    elif open_page(url):
        click.echo(f"Opened in your web browser; the user is {address.username}.")
    else:
        click.echo(f"note:  no web browser here; open {url}", err=True)
    if not os.environ.get("NEO4J_URI"):
        click.echo(f"{'cure:  ' if not no_open else 'password: '}{PASSWORD}", err=True)
    click.echo(f"drag into Browser's window: {favourites} (the stored questions)")
    click.echo(f"                            {style} (colours and captions)")


def open_page(url: str) -> bool:
    """Open a page in the person's web browser; False where there is none. What that program prints is not shown."""
    import offline

    if not offline.has_screen():
        return False
    program = "open" if sys.platform == "darwin" else "xdg-open"
    process = subprocess.Popen([program, url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return process.wait(timeout=OPENING) == 0
    except subprocess.TimeoutExpired:  # it stays with the browser that it started
        return True


COMMANDS = (up, down, browser)
