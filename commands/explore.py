"""The command of the page."""

from pathlib import Path

import click

from commands.decide import by_option
from commands.helps import command
from commands.options import common, opened
from commands.server import open_page


@command()
@click.option("--port", type=click.IntRange(0, 65535), default=7373, show_default=True, help="Where the page listens.")
@by_option
@click.option("--no-open", is_flag=True, help="Print the address instead of opening it.")
@common
def explore(port: int, author: str | None, no_open: bool) -> None:
    """Open the page where coins are seen, compared and decided about. Ctrl-C ends it.

    It answers this machine only. The address that opens signs one person in, once. While the page runs, the same
    command signs in one more, under another name if --as gives one.

    \b
    Example:
      coingraph explore
      coingraph explore --as 'M. R.'
      coingraph explore --port 8000 --no-open
    """
    import coingraph
    from explore.page.serving import running_address, serve

    home, person = coingraph.home_folder(), coingraph.speaker(author)
    address = running_address(home, person)
    if address:
        return _tell(address, no_open, "The page runs already")
    try:
        with opened() as graph:
            graph.prepare()
            serve(graph, Path(home), person, port, lambda address: _tell(address, no_open, "The page"))
    except KeyboardInterrupt:
        click.echo("ended", err=True)


def _tell(address: str, no_open: bool, what: str) -> None:
    """Open an address; where nothing can open it, print it with its token, which is good once."""
    plain = address.partition("?")[0]
    if not no_open and open_page(address):
        click.echo(f"{what}: {plain}  (opened in your web browser; Ctrl-C where it was begun ends it)")
    else:
        click.echo(f"{what}: {address}")
        click.echo("It signs you in once; Ctrl-C where the page was begun ends it.", err=True)


COMMANDS = (explore,)
